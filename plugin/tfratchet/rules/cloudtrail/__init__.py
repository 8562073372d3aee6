"""Rules of the family cloudtrail."""

from tfratchet.rules.cloudtrail.alarm_rule import WatchLost
from tfratchet.rules.cloudtrail.bucket_rule import LogBucketWeakened
from tfratchet.rules.cloudtrail.removal import TrailRemoved, TrailRenamed
from tfratchet.rules.cloudtrail.selectors import DataEventsNarrowed, InsightsDropped, ManagementEventsNarrowed
from tfratchet.rules.cloudtrail.settings import (
    CloudWatchDropped,
    GlobalEventsOff,
    KeyDropped,
    LoggingOff,
    NotificationDropped,
    OneRegionOnly,
    OrganizationTrailOff,
    ValidationOff,
)
from tfratchet.rules.cloudtrail.stores import EventDataStoreWeakened, LogGroupRetentionShortened, TrailKeyWeakened

__all__ = [
    "CloudWatchDropped",
    "DataEventsNarrowed",
    "EventDataStoreWeakened",
    "GlobalEventsOff",
    "InsightsDropped",
    "KeyDropped",
    "LogBucketWeakened",
    "LogGroupRetentionShortened",
    "LoggingOff",
    "ManagementEventsNarrowed",
    "NotificationDropped",
    "OneRegionOnly",
    "OrganizationTrailOff",
    "TrailKeyWeakened",
    "TrailRemoved",
    "TrailRenamed",
    "ValidationOff",
    "WatchLost",
]
