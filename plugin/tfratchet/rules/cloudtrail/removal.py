"""A trail goes as a whole, or comes back under another name: TFR401, TFR418."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.controls import CONTROLS
from tfratchet.model import Finding, Severity
from tfratchet.rules.attributes import lost_words
from tfratchet.rules.base import Rule, cis, security_hub, side
from tfratchet.rules.cloudtrail.records import records_of
from tfratchet.rules.cloudtrail.trails import FEATURES, REFERENCES, Lost, Trail, changes, kept, trails
from tfratchet.values import display

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

_TOLD = (
    "is_multi_region_trail",
    "include_global_service_events",
    "enable_log_file_validation",
    "is_organization_trail",
)


class TrailRemoved(Rule):
    """A trail is gone, and no other trail records what it recorded.

    ## Why

    Without a trail nobody can tell what was done in the account, nor by whom. Removing the trail is the first step of
    many attacks, and an accident of many refactorings.

    ## Fires on

    ```hcl
    -resource "aws_cloudtrail" "main" {
    -  name                  = "main"
    -  s3_bucket_name        = aws_s3_bucket.logs.id
    -  is_multi_region_trail = true
    -}
    ```

    Also: a `count` that becomes 0, a module call that goes, `enabled = false` that reaches a module through its
    `context`. The finding is high instead of critical while another trail still records all management events, and
    only possible when an unknown value (or a module that could not be read) decides. A `removed` block with
    `destroy = false` is low.

    ## Silent on

    ```hcl
    -resource "aws_cloudtrail" "regional" {           # another trail records the same and more
    -  name = "regional"
    -}
     resource "aws_cloudtrail" "organization" {
       is_multi_region_trail = true
       is_organization_trail = true
     }
    ```

    A trail that is replaced by another is compared with it, setting by setting (TFR402 to TFR413).

    ## Fix

    Keep a trail that records all management events in all regions. To move it, add a `moved` block.
    """

    id = "TFR401"
    title = "trail removed"
    family = "cloudtrail"
    severity = Severity.CRITICAL
    references = (cis("3.1"), security_hub("CloudTrail.1"), *REFERENCES)
    checkov = ("CKV_AWS_67", "CKV_AWS_251")
    fix = (
        "Keep a trail that records all management events in all regions; a `moved` block tells that it has only moved."
    )

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for change in changes(pair):
            if isinstance(change, Lost):
                yield self._finding(pair, change)

    def _finding(self, pair: RootPair, change: Lost) -> Finding:
        trail = change.base
        name = display(trail.name) if isinstance(trail.name, str) else trail.address
        if change.forgotten:
            level, message = Severity.LOW, f"trail {name} is no longer managed, yet kept in the account"
        elif change.depends_on is not None:
            level, message = Severity.MEDIUM, f"trail {name} may be gone: {change.why}"
        elif change.left:
            level = Severity.CRITICAL if change.management else Severity.HIGH
            message = f"trail {name} is gone; the trails that remain lack: {'; '.join(_few(change.missing))}"
        else:
            level, message = Severity.CRITICAL, f"trail {name} is gone" + (f": {change.why}" if change.why else "")
        head = pair.head.resources.get(trail.address) or pair.head.calls.get(trail.address)
        return self.finding(
            pair,
            trail.address,
            message,
            side(_told(trail), trail.location),
            side(change.why or "removed", head.location) if head is not None else None,
            severity=level,
            depends_on=(change.depends_on,) if change.depends_on is not None else (),
            lost=() if change.depends_on is not None and pair.head.exists else ("trail", *_words(trail)),
        )

    def gained(self, pair: RootPair) -> Iterator[str]:
        old = {c.head.address for c in kept(pair)}
        for trail in trails(pair.head):
            if trail.address not in old and trail.logs:
                yield "trail"
                yield from _words(trail)


def _words(trail: Trail) -> list[str]:
    words = [w for f in FEATURES for w in lost_words(CONTROLS[f], trail.value(f))]
    return words + [r.words for r in records_of(trail.item, display).records]


def _told(trail: Trail) -> str:
    return ", ".join(f"{n} = {display(trail.value(n))}" for n in _TOLD)


def _few(words: tuple[str, ...], limit: int = 4) -> list[str]:
    rest = len(words) - limit
    return [*words[:limit], f"{rest} more"] if rest > 0 else list(words)


class TrailRenamed(Rule):
    """The same trail under another name: Terraform destroys the one and creates the other.

    ## Why

    The name of a trail cannot be changed: it is destroyed and made anew, and in between no events are recorded. The
    digest chain of the log files ends, too.

    ## Fires on

    ```hcl
     resource "aws_cloudtrail" "main" {
    -  name = "main"
    +  name = "organization"
     }
    ```

    ## Silent on

    ```hcl
    -resource "aws_cloudtrail" "main" { name = "main" }
    +resource "aws_cloudtrail" "all"  { name = "main" }   # with a moved block
    ```

    ## Fix

    Create the new trail first, in a change of its own, and remove the old one in the next.
    """

    id = "TFR418"
    title = "trail renamed: a gap in the records"
    family = "cloudtrail"
    severity = Severity.LOW
    references = REFERENCES
    fix = "Create the new trail in a change of its own, and remove the old one in the next."

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for change in kept(pair):
            before, after = change.base.name, change.head.name
            if not isinstance(before, str) or not isinstance(after, str) or before == after:
                continue
            yield self.finding(
                pair,
                change.head.address,
                f"trail {before} is destroyed and {after} created: no events are recorded in between",
                side(before, change.base.item.where("name")),
                side(after, change.head.item.where("name")),
            )


assert set(_TOLD) <= set(CONTROLS)  # noqa: S101 (the names above are names of rows)
