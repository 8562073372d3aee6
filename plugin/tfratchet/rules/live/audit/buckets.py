"""The buckets that the trails write to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tfratchet.account.facts import Facts, LiveBucket
from tfratchet.config import Settings
from tfratchet.iam.documents import parse_document
from tfratchet.iam.engine.decide import Policies, decide
from tfratchet.iam.engine.policy import ALLOW_ALL, CompiledPolicy
from tfratchet.iam.engine.request import Principal, Request
from tfratchet.iam.engine.witness import ALWAYS
from tfratchet.model import Finding, Severity
from tfratchet.rules.base import attack, cis, nist, security_hub
from tfratchet.rules.live.audit.base import AuditRule, floor, item, wanted

_BLOCKS = {
    "BlockPublicAcls": "block_public_acls",
    "BlockPublicPolicy": "block_public_policy",
    "IgnorePublicAcls": "ignore_public_acls",
    "RestrictPublicBuckets": "restrict_public_buckets",
}
_READ = "s3:getobject"
_SECURE = "aws:securetransport"


def bucket_arn(facts: Facts, bucket: LiveBucket) -> str:
    """ARN of a bucket."""
    return f"arn:{facts.partition}:s3:::{bucket.name}"


class LogBucketGone(AuditRule):
    """A trail writes to a bucket that does not exist.

    ## Why

    Nothing is recorded; and whoever makes a bucket of that name in another account gets the log files.

    ## Looks at

    `s3:GetBucketVersioning` of each bucket that a trail names: a bucket that does not exist has an error of its own.

    ## Fires on

    A trail whose bucket was deleted.

    ## Silent on

    A bucket of another account, which a note tells.

    ## Fix

    Create the bucket again, or point the trail at another one.
    """

    id = "TFR622"
    title = "log bucket does not exist"
    severity = Severity.CRITICAL
    references = (cis("3.1"), nist("AU-9"), attack("T1562.008"))
    reads = ("trails", "buckets")
    fix = "Create the bucket again, or point the trail at another one."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        for bucket in facts.buckets.values():
            if not bucket.exists:
                yield self.found(
                    bucket_arn(facts, bucket),
                    f"Log bucket {bucket.name} does not exist.",
                    "a bucket",
                    "none",
                    root=facts.account,
                )


class _Lack(NamedTuple):
    """A protection that a bucket lacks."""

    name: str
    severity: Severity
    text: str
    required: str
    live: str


class LogBucketWeak(AuditRule):
    """A protection of a log bucket is off.

    ## Why

    Log files name users, roles, addresses and resources, and they are the evidence: an intruder reads them, then
    deletes them.

    ## Looks at

    Each protection by its own call; one finding each, at `arn:aws:s3:::BUCKET["NAME"]`:

    | name | severity | what is wrong |
    | --- | --- | --- |
    | `public` | critical | everybody may read the objects (the bucket's policy, asked of the decision engine) |
    | `public_access_block` | high | one of the four settings is on neither for the bucket nor for the account |
    | `versioning` | medium | a file that is overwritten or deleted is gone |
    | `retention` | medium | a lifecycle rule deletes files in less than 365 days (PCI DSS 10.5.1) |
    | `secure_transport` | low | the policy does not deny requests without TLS |
    | `access_logging` | low | reading the logs is not logged |
    | `mfa_delete` | low | versions can be deleted without MFA; object lock in mode COMPLIANCE counts instead |

    A bucket of another account (a central log account) is looked at there; a note tells of it.

    ## Fires on

    A log bucket with versioning suspended.

    ## Silent on

    The buckets of the module `log-bucket`; a bucket whose public access is blocked by the account's own setting.

    ## Fix

    The module `log-bucket` has all of them.
    """

    id = "TFR623"
    title = "log bucket not protected"
    severity = Severity.HIGH
    references = (
        cis("2.1.2"),
        cis("3.4"),
        security_hub("CloudTrail.6"),
        security_hub("CloudTrail.7"),
        nist("AU-9"),
        nist("SI-7"),
        attack("T1562.008"),
    )
    reads = ("trails", "buckets")
    fix = "Set the protection; the module `log-bucket` has all of them."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:
        for bucket in facts.buckets.values():
            if not bucket.exists or bucket.foreign:
                continue
            unread = {gap.action for gap in facts.unread if gap.part == f"bucket:{bucket.name}"}
            for lack in _lacks(bucket, facts, settings, unread):
                yield self.found(
                    item(bucket_arn(facts, bucket), lack.name),
                    f"Log bucket {bucket.name}: {lack.text}.",
                    lack.required,
                    lack.live,
                    severity=lack.severity,
                    root=facts.account,
                )


def _lacks(bucket: LiveBucket, facts: Facts, settings: Settings, unread: set[str]) -> Iterator[_Lack]:
    account = facts.public_access_block or {}
    block = bucket.public_access_block or {}
    both = {name: bool(block.get(name) or account.get(name)) for name in _BLOCKS}
    if "s3:GetBucketPolicy" not in unread:
        yield from _policy(bucket, facts, shielded=both["RestrictPublicBuckets"])
    if not {"s3:GetBucketPublicAccessBlock", "s3:GetAccountPublicAccessBlock"} & unread and facts.could_read("buckets"):
        off = [n for n, control in _BLOCKS.items() if not both[n] and wanted(f"log_bucket_{control}", settings)]
        if off:
            yield _Lack(
                "public_access_block",
                Severity.HIGH,
                f"public access is not wholly blocked ({', '.join(off)} off)",
                "public access blocked",
                f"off: {', '.join(off)}",
            )
    if "s3:GetBucketVersioning" not in unread:
        if not bucket.versioning and wanted("log_bucket_versioning", settings):
            yield _Lack("versioning", Severity.MEDIUM, "no versioning", "versioning", "off")
        if not bucket.mfa_delete and bucket.object_lock != "COMPLIANCE":
            yield _Lack(
                "mfa_delete", Severity.LOW, "versions can be deleted without MFA", "MFA delete or object lock", "off"
            )
    if "s3:GetBucketLogging" not in unread and not bucket.logging and wanted("log_bucket_access_logging", settings):
        yield _Lack("access_logging", Severity.LOW, "access to it is not logged", "access logging", "off")
    least = floor("log_bucket_retention_days", settings)
    days = shortest_life(bucket, facts)
    if "s3:GetLifecycleConfiguration" not in unread and days is not None and least and days < int(least):
        yield _Lack(
            "retention",
            Severity.MEDIUM,
            f"log files are deleted after {days} days",
            f"kept for {least} days or more",
            f"{days} days",
        )


def shortest_life(bucket: LiveBucket, facts: Facts) -> int | None:
    """After how many days an enabled lifecycle rule deletes log files; None: none does."""
    trails = [t for t in facts.trails.values() if t.bucket == bucket.name]
    paths = [f"{t.prefix}/AWSLogs/".lstrip("/") for t in trails]
    found = []
    for rule in bucket.lifecycle:
        days = rule.get("Expiration", {}).get("Days")
        prefix = _prefix(rule)
        if rule.get("Status") != "Enabled" or not days or prefix is None:
            continue
        if any(path.startswith(prefix) or prefix.startswith(path) for path in paths):
            found.append(int(days))
    return min(found, default=None)


def _prefix(rule: Mapping[str, Any]) -> str | None:
    """The prefix of a lifecycle rule; None: it is for objects with tags, which log files do not have."""
    chosen = rule.get("Filter") or {}
    both = chosen.get("And") or {}
    if chosen.get("Tag") or both.get("Tags"):
        return None
    return str(rule.get("Prefix") or chosen.get("Prefix") or both.get("Prefix") or "")


def _policy(bucket: LiveBucket, facts: Facts, *, shielded: bool) -> Iterator[_Lack]:
    """What the bucket's policy gives away, or does not deny."""
    policies = (
        []
        if bucket.policy is None
        else [CompiledPolicy(f"policy of {bucket.name}", parse_document(dict(bucket.policy)))]
    )
    arn = f"{bucket_arn(facts, bucket)}/AWSLogs/{facts.account}/probe"
    anybody = Principal(type="Anonymous", arn="", account="")
    if (
        not shielded
        and decide(Policies((), resource=policies), Request(anybody, _READ, arn, ALWAYS)).answer == "allowed"
    ):
        yield _Lack("public", Severity.CRITICAL, "everybody may read it", "readable for those who must", "public")
    plain = {**ALWAYS, _SECURE: ("false",)}
    somebody = Principal("User", f"arn:{facts.partition}:iam::{facts.account}:user/probe", facts.account, "probe")
    answer = decide(Policies((ALLOW_ALL,), resource=policies), Request(somebody, _READ, arn, plain))
    if answer.answer == "allowed":
        yield _Lack(
            "secure_transport", Severity.LOW, "its policy allows requests without TLS", "TLS only", "not denied"
        )
