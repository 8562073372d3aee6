"""The bucket that holds the log files gets weaker: TFR411."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.controls import CONTROLS, Control, Stronger
from tfratchet.model import Finding, Resource, Severity
from tfratchet.rules.attributes import doubt_of_removal, forgotten, once, weight
from tfratchet.rules.base import Rule, cis, nist, security_hub, side
from tfratchet.rules.cloudtrail.bucket import WRITE, LogBucket, buckets, log_buckets, refers
from tfratchet.rules.cloudtrail.bucket_settings import READERS, BucketSetting
from tfratchet.rules.cloudtrail.policies import policy_losses
from tfratchet.rules.cloudtrail.trails import Lost, changes, kept
from tfratchet.rules.judge import Verdict, boolean, judge
from tfratchet.values import Unknown, Value, display, replace_refs

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

_PUBLIC = (
    "log_bucket_block_public_acls",
    "log_bucket_block_public_policy",
    "log_bucket_ignore_public_acls",
    "log_bucket_restrict_public_buckets",
)
_SEVERITY = {
    "log_bucket_encryption": Severity.LOW,  # S3 encrypts every object since 2023
    "log_bucket_noncurrent_days": Severity.LOW,
    "log_bucket_acl": Severity.HIGH,
    "log_bucket_object_lock": Severity.HIGH,
    "log_bucket_object_lock_mode": Severity.HIGH,
}


class LogBucketWeakened(Rule):
    """The bucket that holds CloudTrail's log files is protected less.

    ## Why

    Whoever can delete, overwrite or read the log files can hide what was done, or learn how the account is built. A
    bucket counts as a log bucket when a trail writes to it, when its policy lets CloudTrail write to it, or when it is
    called after CloudTrail.

    ## Fires on

    ```hcl
     resource "aws_s3_bucket_versioning" "logs" {
       bucket = aws_s3_bucket.logs.id
       versioning_configuration {
    -    status = "Enabled"
    +    status = "Suspended"
       }
     }
    ```

    Also: encryption with a KMS key, public access block, ownership, ACL, object lock, access logging, `force_destroy`,
    an expiration that is new or shorter, a policy that no longer denies what it denied, no longer lets CloudTrail
    write, or opens the bucket to everybody, and a bucket that is removed.

    ## Silent on

    ```hcl
     resource "aws_s3_bucket" "logs" {
    -  versioning { enabled = true }
     }
    +resource "aws_s3_bucket_versioning" "logs" {
    +  bucket = aws_s3_bucket.logs.id
    +  versioning_configuration { status = "Enabled" }
    +}
    ```

    A bucket that goes together with the trail that writes to it is told by TFR401.

    ## Fix

    Put the protection back. Log files should be kept for a year at least.
    """

    id = "TFR411"
    title = "log bucket weakened"
    family = "cloudtrail"
    severity = Severity.HIGH
    references = (cis("3.4"), security_hub("CloudTrail.7"), nist("AU-9"), nist("SI-7"))
    checkov = ("CKV_AWS_18", "CKV_AWS_21", "CKV_AWS_145", "CKV2_AWS_6")
    fix = "Put the protection of the log bucket back."

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for base, head in bucket_pairs(pair):
            if head is None:
                finding = self._removed(pair, base)
                if finding is not None:
                    yield finding
                continue
            if head.call is not None and base.call is None:
                yield self._unread(pair, base, head)
                continue
            found = list(self._settings(pair, base, head))
            if len(found) > 1 and not _same_object(pair, base, head):
                yield self._replaced(pair, base, head, found)
            else:
                yield from found
            yield from self._policies(pair, base, head)

    def _settings(self, pair: RootPair, base: LogBucket, head: LogBucket) -> Iterator[Finding]:
        told: set[str] = set()
        public: list[tuple[Control, BucketSetting, BucketSetting, Verdict]] = []
        for name, read in READERS.items():
            control = CONTROLS[name]
            before, after = read(base), read(head)
            verdict = _verdict(pair, control, before, after, head)
            if verdict is None or (name == "log_bucket_encryption" and "log_bucket_kms" in told):
                continue
            if name.startswith("log_bucket_object_lock_") and "log_bucket_object_lock" in told:
                continue
            told.add(name)
            if name in _PUBLIC:
                public.append((control, before, after, verdict))
            else:
                yield self._setting(pair, control, control.label, before, after, verdict, head)
        if public:
            # One block, one finding.
            labels = ", ".join(c.label for c, _, _, _ in public)
            depends = tuple(dict.fromkeys(u for _, _, _, v in public for u in v.depends_on))
            certain = any(not v.depends_on for _, _, _, v in public)
            control, before, after, _ = next((p for p in public if not p[3].depends_on), public[0])
            verdict = Verdict(() if certain else depends)
            yield self._setting(pair, control, f"public access block ({labels})", before, after, verdict, head)

    def _setting(
        self,
        pair: RootPair,
        control: Control,
        label: str,
        before: BucketSetting,
        after: BucketSetting,
        verdict: Verdict,
        head: LogBucket,
    ) -> Finding:
        level = _severity(control, head) or weight(control, _effective(control, after.value), pair)
        address = after.address or before.address or head.address
        if before.address is not None and after.value is None and not _is_there(pair, before.address):
            address = before.address
        verb = "may be weaker" if verdict.depends_on else "is weaker"
        return self.finding(
            pair,
            address,
            f"{label} {verb}: {before.words} → {after.words} (bucket {head.address})",
            side(before.words, before.location),
            side(after.words, after.location or head.place),
            severity=level,
            depends_on=verdict.depends_on,
        )

    def _unread(self, pair: RootPair, base: LogBucket, head: LogBucket) -> Finding:
        """A bucket that a module makes now that could not be read: it may protect it as well as before, or better."""
        assert head.call is not None  # noqa: S101 (narrowing)
        return self.finding(
            pair,
            head.address,
            f"log bucket {base.address} is now made by a module that could not be read; its protection is not known",
            side(base.address, base.place),
            side(head.call.source, head.place),
            severity=Severity.LOW,
            depends_on=(Unknown(f"{head.address} ({head.call.source})"),),
        )

    def _replaced(self, pair: RootPair, base: LogBucket, head: LogBucket, found: list[Finding]) -> Finding:
        """One finding for a bucket in whose place another one comes that is protected less in several ways."""
        lost = [f.message.partition(" (bucket ")[0] for f in found]
        certain = [f for f in found if not f.depends_on]
        depends = () if certain else tuple(dict.fromkeys(Unknown(x) for f in found for x in f.depends_on))
        return self.finding(
            pair,
            head.address,
            f"another bucket takes the place of log bucket {base.address}, with less protection: {'; '.join(lost)}",
            side(base.address, base.place),
            side(head.address, head.place),
            severity=max(f.severity for f in certain or found),
            depends_on=depends,
        )

    def _policies(self, pair: RootPair, base: LogBucket, head: LogBucket) -> Iterator[Finding]:
        before = [replace_refs(p, pair.matching.identity_of_base) for p, _ in base.policies]
        after = [replace_refs(p, pair.matching.identity_of_head) for p, _ in head.policies]
        if not before and not after:
            return
        writes = any(refers(t.head.bucket, head) for t in kept(pair)) or not any(
            isinstance(c, Lost) and refers(c.base.bucket, base) for c in changes(pair)
        )
        item = head.policies[0][1] if head.policies else base.policies[0][1]
        for loss in policy_losses(before, after, write=WRITE):
            if loss.kind == "delivery" and not writes and after:
                continue  # the trail that wrote to it is gone, and told
            yield self.finding(
                pair,
                item.address,
                f"policy of log bucket {head.address}: {loss.words}",
                side("policy", base.policies[0][1].where("policy")) if base.policies else None,
                side("policy" if after else "no policy", item.where("policy") if after else head.place),
                severity=Severity.HIGH,
                depends_on=loss.depends_on,
            )

    def _removed(self, pair: RootPair, base: LogBucket) -> Finding | None:
        lost = [c for c in changes(pair) if isinstance(c, Lost) and refers(c.base.bucket, base)]
        if lost or (base.resource is None and base.call is None):
            return None
        kept_now = forgotten(pair, base.address)
        fatal = boolean(base.inline.get("force_destroy")) is True
        # The trail writes elsewhere now, so its records go on, and Terraform destroys no bucket that holds files.
        repointed = any(refers(t.base.bucket, base) for t in kept(pair)) and not fatal
        level = Severity.HIGH if base.used else Severity.MEDIUM if fatal else Severity.LOW
        level = Severity.LOW if kept_now or repointed else level
        item = base.resource or base.call
        doubt = doubt_of_removal(pair, item) if item is not None else None
        message = f"log bucket {display(base.name)} is removed"
        message += ", yet kept in the account" if kept_now else ", with the log files in it" if fatal else ""
        return self.finding(
            pair,
            base.address,
            message,
            side(display(base.name), base.place),
            None,
            severity=level,
            depends_on=() if doubt is None else (doubt,),
            lost=(_word(base),),
        )

    def gained(self, pair: RootPair) -> Iterator[str]:
        partners = {b.address for _, b in bucket_pairs(pair) if b is not None}
        yield from (_word(b) for b in log_buckets(pair.head) if b.address not in partners)


def _word(bucket: LogBucket) -> str:
    """A bucket as ``Finding.lost`` tells it: names are unique in the world, if they are known."""
    return f"log bucket {bucket.name}" if isinstance(bucket.name, str) else "log bucket of unknown name"


def _same_object(pair: RootPair, base: LogBucket, head: LogBucket) -> bool:
    """False when Terraform makes a new bucket in the place of the old one."""
    if base.resource is None or head.resource is None:
        return base.resource is head.resource
    return pair.matching.declared_move(base.resource, head.resource)


def _severity(control: Control, head: LogBucket) -> Severity | None:
    if control.name == "log_bucket_force_destroy" and head.call is not None:
        return Severity.LOW  # an argument of a module that could not be read: what it destroys is a guess
    return _SEVERITY.get(control.name)


def _is_there(pair: RootPair, address: str) -> bool:
    return address in pair.head.resources or address in pair.head.calls


def _effective(control: Control, value: Value) -> Value:
    if value is None and control.name in _PUBLIC:
        return False
    return control.default if value is None else value


def _verdict(
    pair: RootPair, control: Control, before: BucketSetting, after: BucketSetting, head: LogBucket
) -> Verdict | None:
    """Whether one setting is weaker. What a module call does not say is not judged, unless it used to say it."""
    if head.call is not None and after.value is None:
        # What a module does by itself is not known: an argument that goes is a loss, perhaps; one never given is none.
        if before.value is None or control.stronger is Stronger.LONGER:
            return None
        found = judge(control, before.value, control.default, pair.matching.same)
        return None if found is None else Verdict((Unknown(f"default of {before.path} in {head.call.source}"),))
    if control.name in _PUBLIC:
        return _public_verdict(pair, control, before, after, head)
    if control.name == "log_bucket_ownership" and before.value is None:
        return None
    if control.name == "log_bucket_ownership" and after.value is None:
        # destroying the controls turns ACLs on again
        return judge(control, before.value, 0, pair.matching.same)
    verdict = judge(control, _effective(control, before.value), _effective(control, after.value), pair.matching.same)
    if control.name == "log_bucket_kms" and verdict is not None and before.value is None:
        return None
    return verdict


def _public_verdict(
    pair: RootPair, control: Control, before: BucketSetting, after: BucketSetting, head: LogBucket
) -> Verdict | None:
    if before.value is None:
        # New buckets have all four since April 2023: a block that switches all of them off takes them away.
        off = all(boolean(READERS[n](head).value) is False for n in _PUBLIC)
        return Verdict() if off and after.value is not None and control.name == _PUBLIC[0] else None
    return judge(control, before.value, False if after.value is None else after.value, pair.matching.same)


def bucket_pairs(pair: RootPair) -> list[tuple[LogBucket, LogBucket | None]]:
    """Every log bucket of base with what it has become; None when it is gone."""
    return once(pair, "log buckets", _pairs)


def _pairs(pair: RootPair) -> list[tuple[LogBucket, LogBucket | None]]:
    base, head = log_buckets(pair.base), buckets(pair.head)
    by_address = {b.resource.address: b for b in head if b.resource is not None}
    by_call = {b.call.address: b for b in head if b.call is not None}
    by_name = {pair.matching.text_of_head(b.name): b for b in head if b.name is not None}
    found: list[tuple[LogBucket, LogBucket | None]] = []
    for bucket in base:
        partner = None
        if bucket.resource is not None:
            match: Resource | None = pair.matching.head_for(bucket.resource)
            partner = by_address.get(match.address) if match is not None else None
        elif bucket.call is not None:
            call = pair.matching.call_for(bucket.call)
            partner = by_call.get(call.address) if call is not None else None
        if partner is None and bucket.name is not None:
            partner = by_name.get(pair.matching.text_of_base(bucket.name))
        if partner is None:
            partner = next(
                (
                    b
                    for change in kept(pair)
                    if refers(change.base.bucket, bucket)
                    for b in head
                    if refers(change.head.bucket, b)
                ),
                None,
            )
        found.append((bucket, partner))
    return found
