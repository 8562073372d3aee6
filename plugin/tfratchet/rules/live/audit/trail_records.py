"""What the trails record: management events, insights."""

from __future__ import annotations

from collections.abc import Iterator

from tfratchet.account.facts import Facts, LiveTrail
from tfratchet.account.snapshot import trail_resource
from tfratchet.config import Settings
from tfratchet.model import Finding, Severity
from tfratchet.rules.base import cis, nist, security_hub
from tfratchet.rules.cloudtrail.records import MANAGEMENT, Coverage, Record, lost_records, records_of
from tfratchet.rules.live.audit.base import AuditRule
from tfratchet.rules.live.audit.trails import all_read, everywhere, own, recording
from tfratchet.values import canonical

_EVERYTHING = Coverage(tuple(Record(MANAGEMENT, access, "") for access in ("ReadOnly", "WriteOnly")))


class ManagementEvents(AuditRule):
    """Management events are not recorded, or in part only.

    ## Why

    They are the calls that change the account: policies, users, trails.

    ## Looks at

    `cloudtrail:GetEventSelectors`, which Terraform's plan does not show when they were reset by hand. All trails that
    log are taken together. **high** when calls that write are left out; **medium** when only reads are, or single
    sources (`ExcludeManagementEventSources`: KMS is often left out because of its number).

    ## Fires on

    `IncludeManagementEvents` false; `ReadWriteType` `WriteOnly`; advanced selectors without `eventCategory =
    Management`; KMS among the excluded sources.

    ## Silent on

    Trails that record everything together, one the reads and one the writes.

    ## Fix

    Let one trail record all management events. `tfratchet remediate` restores the selectors.
    """

    id = "TFR618"
    title = "management events not recorded"
    severity = Severity.HIGH
    references = (cis("3.1"), security_hub("CloudTrail.1"), nist("AU-2"), nist("AU-12"))
    reads = ("trails",)
    fix = "Record management events of all sources, reads and writes."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        trails = everywhere(facts) or recording(facts)
        if not trails or not all_read(facts):
            return
        coverages = [coverage(t) for t in trails]
        lost = {loss.record.access for loss in lost_records(_EVERYTHING, coverages)}
        if not lost:
            return
        partly = {r.access for c in coverages for r in c.records if r.management} & lost
        for trail, own_part in zip(trails, coverages, strict=True):
            writes = "WriteOnly" in lost - partly
            yield self.found(
                trail.arn,
                f"Trail {trail.name} records {_recorded(own_part)}, and no other trail the rest.",
                "all management events",
                _recorded(own_part),
                severity=Severity.HIGH if writes else Severity.MEDIUM,
                root=facts.account,
            )


def coverage(trail: LiveTrail) -> Coverage:
    """What a trail records."""
    return records_of(trail_resource(trail), canonical)


def _recorded(found: Coverage) -> str:
    """What of the management events is recorded, for people."""
    words = sorted({r.words for r in found.records if r.management})
    return "; ".join(words) if words else "no management events"


class NoInsights(AuditRule):
    """A trail has no Insights.

    ## Why

    Insights point at unusual numbers of calls and of errors. They cost extra.

    ## Looks at

    `cloudtrail:GetInsightSelectors`.

    ## Fires on

    A trail that logs, without insight selectors.

    ## Silent on

    An account where one of the trails has them.

    ## Fix

    Add the insight selectors `ApiCallRateInsight` and `ApiErrorRateInsight`.
    """

    id = "TFR619"
    title = "no insights"
    severity = Severity.LOW
    references = (nist("AU-6"), nist("SI-4"))
    reads = ("trails",)
    fix = "Add insight selectors, or accept the finding: they cost extra."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        trails = [t for t in recording(facts) if own(t, facts)]
        if not all_read(facts) or any(t.insights for t in recording(facts)):
            return
        for trail in trails:
            yield self.found(
                trail.arn, f"Trail {trail.name} has no insight selectors.", "insights", "none", root=facts.account
            )
