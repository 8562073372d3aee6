"""The settings of a log bucket, read from whichever resource holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfratchet.model import Location, ModuleCall, Resource
from tfratchet.rules.cloudtrail.bucket import LogBucket
from tfratchet.rules.judge import boolean, number
from tfratchet.values import Choice, Rest, Unknown, Value, display


@dataclass(frozen=True, slots=True)
class BucketSetting:
    """One setting of a bucket: the value to compare, the words for people, and where it stands."""

    value: Value
    """In the form that the row of the table compares; None when nothing is said."""
    words: str
    item: Resource | ModuleCall | None = None
    path: str = ""

    @property
    def location(self) -> Location | None:
        return None if self.item is None else self.item.where(self.path)

    @property
    def address(self) -> str | None:
        return None if self.item is None else self.item.address


_NOTHING = BucketSetting(None, "not set")
_OWNERSHIP = {"ObjectWriter": 0, "BucketOwnerPreferred": 1, "BucketOwnerEnforced": 2}
_ACL = {"public-read-write": -1, "public-read": 0, "authenticated-read": 1}
_PRIVATE = 2
_LOCK_MODES = {"GOVERNANCE": 1, "COMPLIANCE": 2}


def _first(value: Value) -> Value:
    """The first of the blocks of a name; a dynamic block of unknown number counts as unknown."""
    if isinstance(value, list):
        if not value:
            return None
        return value[0].of if isinstance(value[0], Rest) else value[0]
    return value


def _dig(value: Any, path: str) -> Value:
    """The value at ``a.b.c``, taking the first block of each name; an unknown on the way is the answer."""
    current: Any = _first(value)
    for part in path.split("."):
        if isinstance(current, Unknown):
            return current
        if not isinstance(current, Mapping):
            return None
        current = _first(current.get(part))
    return current


def _found(bucket: LogBucket, inline: str, kind: str, split: str) -> tuple[Value, Resource | ModuleCall | None, str]:
    """A value from the split resource, else from the bucket's own arguments, with where it stands."""
    part = bucket.part(kind)
    if part is not None:
        top = split.partition(".")[0]
        value = _dig(dict(part.values), split)
        return value, part, top
    value = _dig(dict(bucket.inline), inline)
    return value, bucket.resource or bucket.call, inline.partition(".")[0]


def _words(value: Value, unit: str = "") -> str:
    return "not set" if value is None else display(value) + unit


def versioning(bucket: LogBucket) -> BucketSetting:
    """Whether versions are kept."""
    kind = "aws_s3_bucket_versioning"
    value, item, path = _found(bucket, "versioning.enabled", kind, "versioning_configuration.status")
    if value is None and bucket.part(kind) is None:
        # modules take a plain switch, or a map with ``status``
        for name in ("versioning_enabled", "enable_versioning", "versioning"):
            plain = bucket.inline.get(name)
            if plain is not None and not isinstance(plain, (list, Mapping)):
                value, path = plain, name
        status = _dig(dict(bucket.inline), "versioning.status")
        value = status if value is None else value
    return BucketSetting(
        _map_text(value, {"enabled": True, "suspended": False, "disabled": False}), _words(value), item, path
    )


def _map_text(value: Value, table: Mapping[str, Value], other: Value = None) -> Value:
    if isinstance(value, Choice):
        return Choice(value.condition, _map_text(value.if_true, table, other), _map_text(value.if_false, table, other))
    if isinstance(value, str):
        return table.get(value.lower(), table.get(value, value if boolean(value) is not None else other))
    return value


def _algorithm(bucket: LogBucket) -> tuple[Value, Resource | ModuleCall | None, str]:
    block = "server_side_encryption_configuration"
    found = _found(
        bucket,
        f"{block}.rule.apply_server_side_encryption_by_default.sse_algorithm",
        f"aws_s3_bucket_{block}",
        "rule.apply_server_side_encryption_by_default.sse_algorithm",
    )
    if found[0] is None and bucket.call is not None and bucket.inline.get("sse_algorithm") is not None:
        return bucket.inline["sse_algorithm"], bucket.call, "sse_algorithm"
    return found


def kms(bucket: LogBucket) -> BucketSetting:
    """The algorithm, when it is one with a KMS key."""
    value, item, path = _algorithm(bucket)
    return BucketSetting(_only_kms(value), _words(value), item, path)


def _only_kms(value: Value) -> Value:
    if isinstance(value, Choice):
        return Choice(value.condition, _only_kms(value.if_true), _only_kms(value.if_false))
    return None if isinstance(value, str) and not value.startswith("aws:kms") else value


def encryption(bucket: LogBucket) -> BucketSetting:
    """The algorithm, whichever."""
    value, item, path = _algorithm(bucket)
    return BucketSetting(value, _words(value), item, path)


def _public(flag: str) -> Callable[[LogBucket], BucketSetting]:
    def read(bucket: LogBucket) -> BucketSetting:
        part = bucket.part("aws_s3_bucket_public_access_block")
        if part is not None:
            value = part.get(flag)
            return BucketSetting(False if value is None else value, _words(value), part, flag)
        if bucket.call is not None and bucket.call.arguments.get(flag) is not None:
            value = bucket.call.arguments[flag]
            return BucketSetting(value, _words(value), bucket.call, flag)
        return _NOTHING

    return read


def ownership(bucket: LogBucket) -> BucketSetting:
    """Who owns the objects, as a number: 2 the bucket owner, ACLs off."""
    part = bucket.part("aws_s3_bucket_ownership_controls")
    if part is None:
        return _NOTHING
    value = _dig(dict(part.values), "rule.object_ownership")
    return BucketSetting(_map_text(value, dict(_OWNERSHIP)), _words(value), part, "rule")


def acl(bucket: LogBucket) -> BucketSetting:
    """The canned ACL, as a number: 2 private, lower more public."""
    value, item, path = _found(bucket, "acl", "aws_s3_bucket_acl", "acl")
    known: dict[str, Value] = dict(_ACL)
    ranked = _map_text(value, known, other=_PRIVATE)
    return BucketSetting(_PRIVATE if ranked is None else ranked, _words(value), item, path)


def _lock(bucket: LogBucket) -> tuple[Value, Resource | ModuleCall | None, str]:
    part = bucket.part("aws_s3_bucket_object_lock_configuration")
    if part is not None:
        return dict(part.values), part, "rule"
    return (
        _first(bucket.inline.get("object_lock_configuration")),
        bucket.resource or bucket.call,
        ("object_lock_configuration"),
    )


def object_lock(bucket: LogBucket) -> BucketSetting:
    """Whether objects are locked by default."""
    block, item, path = _lock(bucket)
    if block is None:
        flag = bucket.inline.get("object_lock_enabled")
        return BucketSetting(flag, _words(flag), item, "object_lock_enabled")
    if isinstance(block, Unknown):
        return BucketSetting(block, _words(block), item, path)
    return BucketSetting(True, "enabled", item, path)


def lock_mode(bucket: LogBucket) -> BucketSetting:
    """GOVERNANCE (1) or COMPLIANCE (2)."""
    block, item, path = _lock(bucket)
    value = _dig(block, "rule.default_retention.mode") if block is not None else None
    return BucketSetting(_map_text(value, dict(_LOCK_MODES)), _words(value), item, path)


def lock_days(bucket: LogBucket) -> BucketSetting:
    """How long objects are locked by default, in days."""
    block, item, path = _lock(bucket)
    days = _dig(block, "rule.default_retention.days") if block is not None else None
    years = _dig(block, "rule.default_retention.years") if block is not None else None
    if days is None and years is not None:
        amount = number(years)
        days = years if amount is None else int(amount) * 365
    return BucketSetting(days, _words(days, " days") if days is not None else "not set", item, path)


def _rules(bucket: LogBucket) -> tuple[Sequence[Any], Resource | ModuleCall | None, str]:
    part = bucket.part("aws_s3_bucket_lifecycle_configuration")
    if part is not None:
        return part.blocks("rule"), part, "rule"
    for name in ("lifecycle_rule", "lifecycle_rules"):
        found = bucket.inline.get(name)
        if found is not None:
            return found if isinstance(found, list) else [found], bucket.resource or bucket.call, name
    return (), bucket.resource or bucket.call, "lifecycle_rule"


def _shortest(bucket: LogBucket, block: str, days: Sequence[str]) -> BucketSetting:
    """The shortest time after which a rule of the bucket deletes log files; None: never."""
    rules, item, path = _rules(bucket)
    best: Value = None
    for index, rule in enumerate(rules):
        inner = rule.value if isinstance(rule, Rest) else rule
        if isinstance(inner, Unknown):
            return BucketSetting(inner, _words(inner), item, path)
        if not isinstance(inner, Mapping) or not _applies(inner):
            continue
        amount = _days(inner, block, days)
        if isinstance(rule, Rest) and amount is not None:
            return BucketSetting(rule.of, _words(rule.of), item, path)
        if amount is None:
            continue
        if isinstance(amount, Unknown):
            return BucketSetting(amount, _words(amount, " days"), item, f"{path}.{index}")
        if best is None or amount < best:
            best = amount
    where = next((i for i, r in enumerate(rules) if isinstance(r, Mapping) and _days(r, block, days) == best), 0)
    words = "never expire" if best is None else f"expire after {best} days"
    return BucketSetting(best, words, item, path if best is None else f"{path}.{where}")


def _days(rule: Mapping[str, Any], block: str, names: Sequence[str]) -> Any:
    if _dig(rule, f"{block}.date") is not None:
        return 1
    for name in names:
        value = _dig(rule, f"{block}.{name}")
        if isinstance(value, Unknown):
            return value
        amount = number(value)
        if amount is not None and amount > 0:
            return int(amount)
    return None


def _applies(rule: Mapping[str, Any]) -> bool:
    """False for a rule that is off, or is limited to objects with tags (log files have none)."""
    status = rule.get("status")
    if isinstance(status, str) and status.lower() in ("disabled", "suspended"):
        return False
    if boolean(rule.get("enabled")) is False:
        return False
    tagged = rule.get("tags") or _dig(rule, "filter.tag") or _dig(rule, "filter.and.tags")
    return not isinstance(tagged, Mapping) or not tagged


def retention(bucket: LogBucket) -> BucketSetting:
    """After how many days log files expire; None: never."""
    return _shortest(bucket, "expiration", ("days",))


def noncurrent(bucket: LogBucket) -> BucketSetting:
    """After how many days earlier versions expire; None: never."""
    return _shortest(bucket, "noncurrent_version_expiration", ("noncurrent_days", "days"))


def access_logging(bucket: LogBucket) -> BucketSetting:
    """The bucket that the access log goes to."""
    value, item, path = _found(bucket, "logging.target_bucket", "aws_s3_bucket_logging", "target_bucket")
    if value is None and bucket.call is not None:
        for name in ("access_log_bucket_name", "log_bucket", "log_target_bucket"):
            if bucket.inline.get(name) is not None:
                return BucketSetting(bucket.inline[name], _words(bucket.inline[name]), bucket.call, name)
    return BucketSetting(value, _words(value), item, path)


def force_destroy(bucket: LogBucket) -> BucketSetting:
    """Whether the bucket may be destroyed with the log files in it."""
    value = bucket.inline.get("force_destroy")
    return BucketSetting(value, _words(value), bucket.resource or bucket.call, "force_destroy")


READERS: Mapping[str, Callable[[LogBucket], BucketSetting]] = {
    "log_bucket_versioning": versioning,
    "log_bucket_kms": kms,
    "log_bucket_encryption": encryption,
    "log_bucket_block_public_acls": _public("block_public_acls"),
    "log_bucket_block_public_policy": _public("block_public_policy"),
    "log_bucket_ignore_public_acls": _public("ignore_public_acls"),
    "log_bucket_restrict_public_buckets": _public("restrict_public_buckets"),
    "log_bucket_ownership": ownership,
    "log_bucket_acl": acl,
    "log_bucket_object_lock": object_lock,
    "log_bucket_object_lock_mode": lock_mode,
    "log_bucket_object_lock_days": lock_days,
    "log_bucket_retention_days": retention,
    "log_bucket_noncurrent_days": noncurrent,
    "log_bucket_access_logging": access_logging,
    "log_bucket_force_destroy": force_destroy,
}
"""How each row of the table is read."""
