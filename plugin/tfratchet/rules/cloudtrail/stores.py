"""Where the records end up: log groups (TFR414), the trail's key (TFR416), event data stores (TFR417)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.controls import controls_of
from tfratchet.model import Finding, ModuleCall, Resource, Root, Severity
from tfratchet.rules.attributes import AttributeRule, Subject, doubt_of_removal, forgotten, presence
from tfratchet.rules.base import Reference, cis, nist, side
from tfratchet.rules.cloudtrail.keys import log_keys
from tfratchet.rules.cloudtrail.policies import policy_losses
from tfratchet.rules.cloudtrail.records import lost_records, records_of
from tfratchet.rules.cloudtrail.trails import kept
from tfratchet.rules.modules import TRAIL, carries
from tfratchet.values import Unknown, Value, canonical, display, replace_refs

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

GROUP = "aws_cloudwatch_log_group"
STORE = "aws_cloudtrail_event_data_store"
WRITE = "kms:GenerateDataKey"


class LogGroupRetentionShortened(AttributeRule):
    """The log group of a trail keeps its events for a shorter time.

    ## Why

    Intrusions are often found after months, and then the events of those months are needed. PCI DSS 10.5.1 asks for
    twelve months of audit history. 0 and no value mean that events are kept for ever.

    ## Fires on

    ```hcl
     resource "aws_cloudwatch_log_group" "cloudtrail" {
    -  retention_in_days = 365
    +  retention_in_days = 30
     }
    ```

    Also a first `retention_in_days` where there was none, and the log group that a trail is moved to.

    ## Silent on

    ```hcl
    -  retention_in_days = 365   # never expires
    ```

    Log groups that no trail writes to, and that are not called after CloudTrail.

    ## Fix

    Keep at least 365 days, or archive the events in the log bucket.
    """

    id = "TFR414"
    title = "log group retention shortened"
    family = "cloudtrail"
    severity = Severity.HIGH
    controls = ("log_group_retention_days",)
    references = (Reference("PCI DSS 4.0", "10.5.1"), nist("AU-11"))
    checkov = ("CKV_AWS_66", "CKV_AWS_338")
    fix = "Set `retention_in_days` to 365 or more."

    def subjects(self, pair: RootPair) -> Iterator[tuple[Subject, Subject]]:
        told: set[str] = set()
        for change in kept(pair):
            before = _group(pair.base, _delivers_to(change.base.item))
            after = _group(pair.head, _delivers_to(change.head.item))
            if before is not None and after is not None:
                told.add(before.address)
                yield Subject(pair.base, before), Subject(pair.head, after)
            if change.base.call is not None and change.head.call is not None:
                yield Subject(pair.base, change.base.call), Subject(pair.head, change.head.call)
        for base, head in pair.matching.pairs(GROUP):
            if base.address not in told and _is_trail_group(pair.base, base):
                yield Subject(pair.base, base), Subject(pair.head, head)


def _delivers_to(item: Resource | ModuleCall) -> Value:
    if isinstance(item, Resource):
        return item.get("cloud_watch_logs_group_arn")
    return item.arguments.get("cloud_watch_logs_group_arn")


def _group(root: Root, value: Value) -> Resource | None:
    """The log group that an ARN names."""
    if isinstance(value, Unknown):
        return next((r for a in value.refs if (r := root.resources.get(a)) is not None and r.type == GROUP), None)
    return None


def _is_trail_group(root: Root, group: Resource) -> bool:
    if "cloudtrail" in f"{group.address}{canonical(group.get('name'))}".lower():
        return True
    values = [t.get("cloud_watch_logs_group_arn") for t in root.managed("aws_cloudtrail")]
    values += [
        c.arguments.get("cloud_watch_logs_group_arn") for c in root.calls.values() if c.opaque and carries(c, TRAIL)
    ]
    return any(isinstance(v, Unknown) and group.address in v.refs for v in values)


class TrailKeyWeakened(AttributeRule):
    """The KMS key that encrypts the log files is protected less.

    ## Why

    Whoever destroys the key destroys the log files, and whoever may use it may read them. The deletion window is the
    time in which a deletion can still be stopped.

    ## Fires on

    ```hcl
     resource "aws_kms_key" "cloudtrail" {
    -  enable_key_rotation     = true
    -  deletion_window_in_days = 30
    +  deletion_window_in_days = 7
     }
    ```

    Also: `is_enabled = false`, a longer rotation period, a policy that no longer denies what it denied, no longer lets
    CloudTrail use the key, or lets everybody use it.

    ## Silent on

    ```hcl
    -  deletion_window_in_days = 30   # the default is 30
    ```

    Keys that no trail uses. A key that is dropped is told by TFR406.

    ## Fix

    Put the rotation, the window and the policy back.
    """

    id = "TFR416"
    title = "KMS key of the trail weakened"
    family = "cloudtrail"
    severity = Severity.HIGH
    controls = tuple(c.name for c in controls_of("TFR416"))
    references = (cis("3.6"), nist("SC-12"), nist("SC-28"))
    checkov = ("CKV_AWS_7",)
    fix = "Put the rotation, the deletion window and the policy of the key back."

    def subjects(self, pair: RootPair) -> Iterator[tuple[Subject, Subject]]:
        for base, head in self._keys(pair):
            yield Subject(pair.base, base), Subject(pair.head, head)
        for change in kept(pair):
            if change.base.call is not None and change.head.call is not None:
                yield change.base, change.head

    @staticmethod
    def _keys(pair: RootPair) -> Iterator[tuple[Resource, Resource]]:
        for key in log_keys(pair.base):
            other = pair.matching.head_for(key)
            if other is not None and presence(pair.head, other) is not False:
                yield key, other

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        yield from super().compare(pair)
        for base, head in self._keys(pair):
            before, old = _policies(pair.base, base)
            after, new = _policies(pair.head, head)
            if not before:
                continue  # the default policy: whatever is written now is no less than it
            renamed = [replace_refs(v, pair.matching.identity_of_base) for v in before]
            now = [replace_refs(v, pair.matching.identity_of_head) for v in after]
            place = new or head
            for loss in policy_losses(renamed, now, write=WRITE):
                yield self.finding(
                    pair,
                    place.address,
                    f"policy of the trail's key: {loss.words}",
                    side("policy", (old or base).where("policy")),
                    side("policy" if after else "no policy", place.where("policy")),
                    severity=Severity.HIGH,
                    depends_on=loss.depends_on,
                )


def _policies(root: Root, key: Resource) -> tuple[list[Value], Resource | None]:
    """The policy of a key: its own, or a separate resource's; with the resource that holds it."""
    found: list[Value] = []
    place: Resource | None = None
    if key.get("policy") is not None:
        found.append(key.get("policy"))
        place = key
    for policy in root.managed("aws_kms_key_policy"):
        value = policy.get("key_id")
        if isinstance(value, Unknown) and key.address in value.refs and policy.get("policy") is not None:
            found.append(policy.get("policy"))
            place = policy
    return found, place


class EventDataStoreWeakened(AttributeRule):
    """An event data store of CloudTrail Lake is removed, or records or keeps less.

    ## Why

    What an event data store did not record, or no longer keeps, cannot be had afterwards.

    ## Fires on

    ```hcl
     resource "aws_cloudtrail_event_data_store" "main" {
    -  retention_period               = 2555
    +  retention_period               = 90
    +  termination_protection_enabled = false
     }
    ```

    Also: one region only, no member accounts, the KMS key dropped, ingestion suspended, narrower selectors.

    ## Silent on

    ```hcl
    +  retention_period = 2555   # the default
    ```

    ## Fix

    Put the setting back.
    """

    id = "TFR417"
    title = "event data store weakened"
    family = "cloudtrail"
    severity = Severity.HIGH
    controls = tuple(c.name for c in controls_of("TFR417"))
    references = (nist("AU-9"), nist("AU-11"), Reference("PCI DSS 4.0", "10.5.1"))
    checkov = ("CKV_AWS_294",)
    fix = "Put the setting of the event data store back."

    def subjects(self, pair: RootPair) -> Iterator[tuple[Subject, Subject]]:
        for base, head in pair.matching.pairs(STORE):
            if presence(pair.base, base) is not False and presence(pair.head, head) is not False:
                yield Subject(pair.base, base), Subject(pair.head, head)

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        yield from super().compare(pair)
        for base, head in pair.matching.pairs(STORE):
            losses = lost_records(
                records_of(base, pair.matching.text_of_base), [records_of(head, pair.matching.text_of_head)]
            )
            if losses:
                certain = any(x.certain for x in losses)
                words = "; ".join(dict.fromkeys(x.words for x in losses if x.certain or not certain))
                yield self.finding(
                    pair,
                    head.address,
                    f"{'no longer' if certain else 'perhaps no longer'} recorded: {words}",
                    side("selectors", base.where("advanced_event_selector")),
                    side("selectors", head.where("advanced_event_selector")),
                    depends_on=() if certain else (Unknown("event selectors"),),
                )
        for base in pair.base.managed(STORE):
            other = pair.matching.head_for(base)
            if presence(pair.base, base) is False:
                continue
            if other is None or presence(pair.head, other) is False:
                left_alone = forgotten(pair, base.address)
                message = f"event data store {display(base.get('name'))} is removed"
                yield self.finding(
                    pair,
                    base.address,
                    message + (", yet kept in the account" if left_alone else ""),
                    side(display(base.get("name")), base.location),
                    None,
                    severity=Severity.LOW if left_alone else Severity.HIGH,
                    depends_on=tuple(d for d in (doubt_of_removal(pair, base),) if d is not None),
                    lost=(f"event data store {display(base.get('name'))}",),
                )

    def gained(self, pair: RootPair) -> Iterator[str]:
        for store in pair.head.managed(STORE):
            if pair.matching.base_for(store) is None:
                yield f"event data store {display(store.get('name'))}"
