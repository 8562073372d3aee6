"""What a trail records gets less: TFR408 (management events), TFR409 (data events), TFR413 (insights)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.controls import CONTROLS
from tfratchet.model import Finding, Location, Resource, Severity
from tfratchet.rules.base import Rule, cis, nist, security_hub, side
from tfratchet.rules.cloudtrail.records import Coverage, Loss, Text, lost_records
from tfratchet.rules.cloudtrail.trails import REFERENCES, Kept, Trail, comparable, coverage, kept, trails
from tfratchet.rules.judge import ModuleDefault, is_weakest
from tfratchet.rules.modules import argument
from tfratchet.values import Rest, Unknown, Value, display

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

_SELECTORS = ("event_selector", "advanced_event_selector", "event_selectors", "advanced_event_selectors")


class RecordsRule(Rule):
    """A class of events is no longer recorded by any trail."""

    family = "cloudtrail"
    severity = Severity.HIGH

    @abstractmethod
    def wanted(self, loss: Loss) -> bool:
        """True for the losses that this rule tells."""

    @abstractmethod
    def weight(self, losses: list[Loss], after: Coverage) -> Severity:
        """The severity of certain losses."""

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for change in kept(pair):
            if not change.base.logs:
                continue
            before = coverage(pair, change.base, of_head=False)
            after = coverage(pair, change.head, of_head=True)
            losses = [x for x in lost_records(before, [after, *self._others(pair, change)]) if self.wanted(x)]
            if losses:
                yield self._finding(pair, change, losses, before, after)

    def _others(self, pair: RootPair, change: Kept) -> Iterator[Coverage]:
        """What the other trails of head record that reach as far as this one."""
        for other in trails(pair.head):
            if other.address == change.head.address or not other.logs or not comparable(change.base, other):
                continue
            reach = ("is_multi_region_trail", "is_organization_trail")
            if all(
                is_weakest(CONTROLS[r], change.base.value(r)) or not is_weakest(CONTROLS[r], other.value(r))
                for r in reach
            ):
                yield coverage(pair, other, of_head=True)

    def _finding(self, pair: RootPair, change: Kept, losses: list[Loss], before: Coverage, after: Coverage) -> Finding:
        certain = [x for x in losses if x.certain]
        told = certain or losses
        depends: tuple[Unknown, ...] = ()
        if not certain:
            depends = tuple(dict.fromkeys([*before.unknowns, *after.unknowns])) or (Unknown("event selectors"),)
        words = list(dict.fromkeys(x.words for x in told))
        rest = len(words) - 6
        text = "; ".join(words[:6]) + (f"; {rest} more" if rest > 0 else "")
        verb = "may no longer be recorded" if depends else "no longer recorded"
        return self.finding(
            pair,
            change.head.address,
            f"{verb}: {text}",
            side(_told(before), _where(change.base)),
            side(_told(after), _where(change.head)),
            severity=self.weight(told, after),
            depends_on=depends,
            details=(*words, "", *(r.words for r in before.records), "", *(r.words for r in after.records)),
        )


def _told(found: Coverage) -> str:
    words = list(dict.fromkeys(r.words for r in found.records))
    rest = len(words) - 6
    return "; ".join(words[:6]) + (f"; {rest} more" if rest > 0 else "") or "nothing"


def _where(trail: Trail) -> Location | None:
    for name in _SELECTORS:
        where = trail.item.where(name)
        if where is not None and where != trail.location:
            return where
        first = trail.item.where(f"{name}.0")
        if first is not None and first != trail.location:
            return first
    return trail.location


class ManagementEventsNarrowed(RecordsRule):
    """Management events are no longer recorded, or not all of them.

    ## Why

    Management events are the calls that change the account: users, policies, keys, networks, the trail itself. They
    can be switched off in ways that no flag shows: advanced selectors of which none selects the category `Management`
    record no management events at all.

    ## Fires on

    ```hcl
       event_selector {
    -    read_write_type = "All"
    +    read_write_type = "WriteOnly"
       }
    ```

    Also: `include_management_events = false`, a longer `exclude_management_event_sources`, an
    `advanced_event_selector` without management events where there was none before.

    ## Silent on

    ```hcl
    -  event_selector {
    -    read_write_type           = "All"
    -    include_management_events = true
    -  }
    ```

    Without selectors a trail records all management events. Basic selectors rewritten as advanced ones are silent
    when they record the same, and so is what another trail of the account records.

    ## Fix

    Record all management events, reads and writes.
    """

    id = "TFR408"
    title = "management events narrowed"
    references = (cis("3.1"), security_hub("CloudTrail.1"), *REFERENCES)
    checkov = ("CKV_AWS_67",)
    fix = "Record all management events, reads and writes, in one selector."

    def wanted(self, loss: Loss) -> bool:
        return loss.management

    def weight(self, losses: list[Loss], after: Coverage) -> Severity:
        left = {r.access for r in after.records if r.management}
        if not left:
            return Severity.CRITICAL
        gone = {x.record.access for x in losses} - left
        return Severity.HIGH if gone else Severity.MEDIUM


class DataEventsNarrowed(RecordsRule):
    """Data events are no longer recorded, or fewer of them.

    ## Why

    Who read which object, who called which function: only data events tell. After a theft they are the only way to
    know what was taken.

    ## Fires on

    ```hcl
    -  event_selector {
    -    data_resource {
    -      type   = "AWS::S3::Object"
    -      values = ["arn:aws:s3"]
    -    }
    -  }
    ```

    Also: fewer ARNs, a narrower prefix, writes only, and a deleted selector block: the trail then goes back to
    management events alone.

    ## Silent on

    ```hcl
    -      values = ["arn:aws:s3:::logs/", "arn:aws:s3:::data/"]
    +      values = ["arn:aws:s3"]   # all buckets
    ```

    ## Fix

    Put the data resources back.
    """

    id = "TFR409"
    title = "data events narrowed"
    references = (cis("3.8"), cis("3.9"), *REFERENCES)
    fix = "Put the data resources back."

    def wanted(self, loss: Loss) -> bool:
        return not loss.management

    def weight(self, losses: list[Loss], after: Coverage) -> Severity:
        left = {r.kind for r in after.records if not r.management}
        gone = {x.record.kind for x in losses} - left
        # CIS asks for object-level events of S3
        return Severity.HIGH if "AWS::S3::Object" in gone else Severity.MEDIUM


class InsightsDropped(Rule):
    """The trail no longer looks for unusual rates of calls or errors.

    ## Why

    Insights point at what no rule foresees: a burst of calls, or of refused ones.

    ## Fires on

    ```hcl
    -  insight_selector {
    -    insight_type = "ApiErrorRateInsight"
    -  }
    ```

    ## Silent on

    ```hcl
    +  dynamic "insight_selector" {
    +    for_each = ["ApiCallRateInsight", "ApiErrorRateInsight"]
    +    content { insight_type = insight_selector.value }
    +  }
    ```

    ## Fix

    Put the insight selectors back.
    """

    id = "TFR413"
    title = "insight selectors dropped"
    family = "cloudtrail"
    severity = Severity.MEDIUM
    references = (nist("AU-6"), nist("AU-12"))
    fix = "Put the insight selectors back."

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for change in kept(pair):
            before, _ = self._types(change.base, pair.matching.text_of_base)
            after, vague = self._types(change.head, pair.matching.text_of_head)
            gone = {k: v for k, v in before.items() if k not in after}
            if not gone:
                continue
            depends = tuple(dict.fromkeys([*vague, *(v for v in gone.values() if isinstance(v, Unknown))]))
            yield self.finding(
                pair,
                change.head.address,
                f"insights no longer looked for: {', '.join(sorted(display(v) for v in gone.values()))}",
                side(
                    ", ".join(sorted(display(v) for v in before.values())), change.base.item.where("insight_selector")
                ),
                side(
                    ", ".join(sorted(display(v) for v in after.values())) or "none",
                    change.head.item.where("insight_selector"),
                ),
                depends_on=depends,
            )

    def _types(self, trail: Trail, text: Text) -> tuple[dict[str, Value], list[Unknown]]:
        """The insight types, and the unknown values that may hold more."""
        if isinstance(trail.item, Resource):
            found = trail.item.values.get("insight_selector")
        else:
            given = argument(trail.item, ("insight_selector", "insight_selectors"))
            found = None if isinstance(given.value, ModuleDefault) else given.value
        types: dict[str, Value] = {}
        vague: list[Unknown] = []
        for block in found if isinstance(found, list) else [] if found is None else [found]:
            inner = block.value if isinstance(block, Rest) else block
            if isinstance(block, Rest):
                vague.append(block.of)
            if isinstance(inner, dict):
                kind = inner.get("insight_type")
                if kind is not None:
                    types[text(kind)] = kind
            elif isinstance(inner, str):
                types[text(inner)] = inner
            elif isinstance(inner, Unknown):
                vague.append(inner)
                types[text(inner)] = inner
        return types, vague
