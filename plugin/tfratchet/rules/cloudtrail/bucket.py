"""Log buckets: which buckets hold CloudTrail's log files, and what protects them.

A bucket is described by one resource (the inline arguments of provider 3) or by many (``aws_s3_bucket_versioning`` and
its like, linked by ``bucket``), and often only the latter are in the configuration while the bucket itself is made
elsewhere. A ``LogBucket`` is all of it together, so that going from the one form to the other changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tfratchet.model import Location, ModuleCall, Resource, Root
from tfratchet.rules.cloudtrail.policies import lets_cloudtrail
from tfratchet.rules.modules import BUCKET, TRAIL, carries
from tfratchet.values import Template, Unknown, Value, canonical

BUCKET_TYPE = "aws_s3_bucket"
PARTS = (
    "aws_s3_bucket_acl",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_object_lock_configuration",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
)
WRITE = "s3:PutObject"
_POLICY_ARGUMENTS = ("policy", "bucket_policy", "bucket_policies")
_CALLED = ("cloudtrail", "cloud-trail", "cloud_trail")


@dataclass
class LogBucket:
    """A bucket with everything that the configuration says about it."""

    name: Value
    """The value that names it."""
    resource: Resource | None = None
    call: ModuleCall | None = None
    """The module that could not be read and creates it."""
    parts: dict[str, list[Resource]] = field(default_factory=dict)
    """Split resources by type."""
    used: bool = False
    """True when a trail writes to it, or its policy lets CloudTrail do so; False when only its name says so."""

    @property
    def address(self) -> str:
        """Address of the bucket, else of the first resource that describes it."""
        if self.resource is not None:
            return self.resource.address
        if self.call is not None:
            return self.call.address
        return min(r.address for found in self.parts.values() for r in found)

    @property
    def place(self) -> Location | None:
        """Where the bucket itself (or what describes it) stands."""
        return next((i.location for i in self.items), None)

    @property
    def items(self) -> Iterator[Resource | ModuleCall]:
        """Every resource (or call) that describes it."""
        if self.resource is not None:
            yield self.resource
        if self.call is not None:
            yield self.call
        for kind in sorted(self.parts):
            yield from self.parts[kind]

    @property
    def inline(self) -> Mapping[str, Any]:
        """The arguments of the bucket itself (or of the call that creates it)."""
        if self.resource is not None:
            return self.resource.values
        return self.call.arguments if self.call is not None else {}

    def part(self, kind: str) -> Resource | None:
        """The split resource of a type, if there is one."""
        found = self.parts.get(kind)
        return found[0] if found else None

    @property
    def policies(self) -> list[tuple[Value, Resource | ModuleCall]]:
        """Its policy documents, each with where it stands."""
        found: list[tuple[Value, Resource | ModuleCall]] = []
        for item in self.items:
            if isinstance(item, ModuleCall):
                given = [item.arguments.get(n) for n in _POLICY_ARGUMENTS]
                found += [(p, item) for g in given for p in (g if isinstance(g, list) else [g]) if p not in (None, "")]
                continue
            policy = item.get("policy")
            if policy is not None and policy != "" and item.type in (BUCKET_TYPE, "aws_s3_bucket_policy"):
                found.append((policy, item))
        return found


def buckets(root: Root) -> list[LogBucket]:
    """Every bucket that a root module says anything about."""
    found: list[LogBucket] = []
    by_address: dict[str, LogBucket] = {}
    by_name: dict[str, LogBucket] = {}
    for resource in root.managed(BUCKET_TYPE):
        bucket = LogBucket(resource.get("bucket"), resource)
        found.append(bucket)
        by_address[resource.address] = bucket
        if bucket.name is not None:
            by_name.setdefault(canonical(bucket.name), bucket)
    for part in root.managed(*PARTS):
        name = part.get("bucket")
        if name is None:
            continue
        owner = _owner(name, by_address, by_name)
        if owner is None:
            owner = LogBucket(name, call=_call_of(root, name))
            by_name[canonical(name)] = owner
            found.append(owner)
        owner.parts.setdefault(part.type, []).append(part)
    known = {b.call.address for b in found if b.call is not None}
    for address in sorted(root.calls):
        call = root.calls[address]
        if call.opaque and address not in known and _is_bucket_module(root, call):
            bucket = LogBucket(Unknown(f"bucket of {address}"), call=call)
            found.append(bucket)
            by_name[canonical(bucket.name)] = bucket
    return found


def _is_bucket_module(root: Root, call: ModuleCall) -> bool:
    """True for a module that makes a log bucket: known, named by a trail, or called after both."""
    if carries(call, BUCKET):
        return True
    if any(isinstance(v, Unknown) and call.address in v.refs for v in trail_buckets(root)):
        return True
    text = f"{call.address.rpartition('module.')[2]} {call.source}".lower()
    return _is_called(text) and ("bucket" in text or "s3" in text) and not carries(call, TRAIL)


def _owner(name: Value, by_address: dict[str, LogBucket], by_name: dict[str, LogBucket]) -> LogBucket | None:
    owner = by_name.get(canonical(name))
    if owner is None and isinstance(name, Unknown) and not isinstance(name, Template) and len(name.refs) == 1:
        owner = by_address.get(name.refs[0])
    return owner


def _call_of(root: Root, name: Value) -> ModuleCall | None:
    if isinstance(name, Unknown) and len(name.refs) == 1:
        call = root.calls.get(name.refs[0])
        return call if call is not None and call.opaque else None
    return None


def _is_called(text: str) -> bool:
    lower = text.lower()
    return any(word in lower for word in _CALLED)


def trail_buckets(root: Root) -> Iterator[Value]:
    """What the trails of a root module name as their log bucket."""
    for trail in root.managed("aws_cloudtrail"):
        yield trail.get("s3_bucket_name")
    for call in root.calls.values():
        if call.opaque and carries(call, TRAIL):
            yield call.arguments.get("s3_bucket_name")


def log_buckets(root: Root) -> list[LogBucket]:
    """The buckets that hold log files of CloudTrail: a trail writes to them, their policy lets CloudTrail write to
    them, or (when neither is to be seen here) they are called after CloudTrail.
    """
    every = buckets(root)
    written = [v for v in trail_buckets(root) if v is not None]
    for bucket in every:
        made_for_it = bucket.call is not None and carries(bucket.call, BUCKET)
        bucket.used = (
            made_for_it
            or any(refers(v, bucket) for v in written)
            or any(lets_cloudtrail(policy, WRITE) for policy, _ in bucket.policies)
        )
    used = [b for b in every if b.used]
    return used + [b for b in every if not b.used and _named_after(b, used)]


def refers(value: Value, bucket: LogBucket) -> bool:
    """True when a value names a bucket."""
    if value is None:
        return False
    if bucket.name is not None and canonical(value) == canonical(bucket.name):
        return True
    if not isinstance(value, Unknown) or isinstance(value, Template) or len(value.refs) != 1:
        return False
    if bucket.resource is not None:
        return value.refs[0] == bucket.resource.address
    return bucket.call is not None and value.refs[0] == bucket.call.address


def _named_after(bucket: LogBucket, used: Iterable[LogBucket]) -> bool:
    """True for a bucket called after CloudTrail that is not beside a surer one (whose access log it may hold)."""
    own = bucket.resource.name if bucket.resource is not None else bucket.call.source if bucket.call is not None else ""
    named = isinstance(bucket.name, (str, Template)) and _is_called(canonical(bucket.name))
    if not named and not _is_called(own) and not _is_called(bucket.address):
        return False
    module = _module_of(bucket)
    return not any(_module_of(other) == module for other in used)


def _module_of(bucket: LogBucket) -> str:
    if bucket.resource is not None:
        return bucket.resource.module
    if bucket.call is not None:
        return bucket.call.address.rpartition("module.")[0].rstrip(".")
    return next((r.module for found in bucket.parts.values() for r in found), "")
