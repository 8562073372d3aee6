"""TFR307: MFA delete of an S3 bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.model import Finding, Location, Resource, Root, Severity
from tfratchet.rules.base import Rule, attack, cis, nist, side
from tfratchet.values import Unknown, Value

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

_INLINE = "versioning.0.mfa_delete"
_SPLIT = "versioning_configuration.0.mfa_delete"
_ON = (True, "true", "Enabled")


class MfaDeleteOff(Rule):
    """MFA delete of an S3 bucket is switched off.

    ## Why

    With MFA delete, nobody removes a version of an object, or suspends versioning, without a second factor: it keeps
    a stolen key from destroying logs for good. Only the root user can switch it on again.

    ## Fires on

    ```hcl
    # base                               # head
    resource "aws_s3_bucket" "logs" {    # resource "aws_s3_bucket" "logs" {
      versioning {                       #   versioning {
        enabled    = true                #     enabled = true
        mfa_delete = true                #   }
      }                                  # }
    }
    ```

    ## Silent on

    The same setting moved from the inline `versioning` block into `aws_s3_bucket_versioning`, and a bucket that goes
    as a whole.

    ## Fix

    Put `mfa_delete` back. Terraform can only state it, not switch it on: that takes the root user's MFA code.
    """

    id = "TFR307"
    title = "S3 MFA delete switched off"
    family = "mfa"
    severity = Severity.HIGH
    references = (cis("2.1.2"), nist("AU-9"), nist("IA-2(1)"), attack("T1562.008"))
    checkov = ("CKV_TFR_307",)
    fix = "put mfa_delete back"

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for base in pair.base.managed("aws_s3_bucket"):
            before, where = _mfa_delete(pair.base, base)
            if before is None or before in (False, "false", "Disabled"):
                continue
            head = pair.matching.head_for(base)
            if head is None:
                continue
            after, there = _mfa_delete(pair.head, head)
            if after in _ON or pair.matching.same(before, after):
                continue
            unknown = tuple(v for v in (before, after) if isinstance(v, Unknown))
            yield self.finding(
                pair,
                head.address,
                "versions of objects can be deleted without MFA",
                side(before, where),
                side(after, there or head.location),
                depends_on=unknown,
            )


def _mfa_delete(root: Root, bucket: Resource) -> tuple[Value, Location | None]:
    """The setting of a bucket, inline or in its ``aws_s3_bucket_versioning``."""
    inline = bucket.get(_INLINE)
    if inline is not None:
        return inline, bucket.where(_INLINE)
    for versioning in root.managed("aws_s3_bucket_versioning"):
        if belongs_to(versioning, bucket):
            return versioning.get(_SPLIT), versioning.where(_SPLIT)
    return None, bucket.where("versioning")


def belongs_to(part: Resource, bucket: Resource) -> bool:
    """Whether a split ``aws_s3_bucket_*`` resource names this bucket: by its name, or by a reference to it."""
    named = part.get("bucket")
    if named is None:
        return False
    if isinstance(named, Unknown):
        return bucket.address in named.refs or named == bucket.get("bucket")
    return named == bucket.get("bucket")
