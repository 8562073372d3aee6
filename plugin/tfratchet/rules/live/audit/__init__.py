"""What is wrong in a live account: ``tfratchet audit``. TFR601 to TFR629."""

from tfratchet.rules.live.audit.buckets import LogBucketGone, LogBucketWeak
from tfratchet.rules.live.audit.keys import NeverUsedKey, OldKey, SecondKey, UnusedKey, UnusedPassword
from tfratchet.rules.live.audit.mfa import RootKeys, RootWithoutMfa, UserWithoutMfa
from tfratchet.rules.live.audit.password import NoPasswordPolicy, WeakPasswordPolicy
from tfratchet.rules.live.audit.policies import DirectPolicy, NoMfaGuard
from tfratchet.rules.live.audit.trail_records import ManagementEvents, NoInsights
from tfratchet.rules.live.audit.trails import (
    DeliveryError,
    NoKey,
    NoLogGroup,
    NotEverywhere,
    NoTrail,
    NoValidation,
    TrailStopped,
)
from tfratchet.rules.live.audit.watches import NobodyTold, SilentWatch

__all__ = [
    "DeliveryError",
    "DirectPolicy",
    "LogBucketGone",
    "LogBucketWeak",
    "ManagementEvents",
    "NeverUsedKey",
    "NoInsights",
    "NoKey",
    "NoLogGroup",
    "NoMfaGuard",
    "NoPasswordPolicy",
    "NoTrail",
    "NoValidation",
    "NobodyTold",
    "NotEverywhere",
    "OldKey",
    "RootKeys",
    "RootWithoutMfa",
    "SecondKey",
    "SilentWatch",
    "TrailStopped",
    "UnusedKey",
    "UnusedPassword",
    "UserWithoutMfa",
    "WeakPasswordPolicy",
]
