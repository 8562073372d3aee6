"""TFR306: MFA of a Cognito user pool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.model import Finding, Resource, Severity
from tfratchet.rules.base import Rule, attack, nist, side
from tfratchet.values import Unknown, Value

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

_STRENGTH = {"OFF": 0, "OPTIONAL": 1, "ON": 2}


class CognitoMfaLoosened(Rule):
    """MFA of a Cognito user pool is switched off, made optional, or loses its stronger factor.

    ## Why

    `mfa_configuration = "ON"` makes every user of the pool give a second factor; with `OPTIONAL` the attacker of a
    user who never enrolled needs the password alone; without the argument the provider's default is `OFF`. A pool that
    keeps MFA by text message but loses `software_token_mfa_configuration` falls back on the weaker factor.

    ## Fires on

    ```hcl
    # base                                      # head
    resource "aws_cognito_user_pool" "people" { # resource "aws_cognito_user_pool" "people" {
      mfa_configuration = "ON"                  #   mfa_configuration = "OPTIONAL"
    }                                           # }
    ```

    ## Silent on

    `OPTIONAL` that becomes `ON`, a factor that is added, and a pool that is removed as a whole.

    ## Fix

    Put `mfa_configuration = "ON"` and the software token back.
    """

    id = "TFR306"
    title = "Cognito MFA loosened"
    family = "mfa"
    severity = Severity.HIGH
    references = (nist("IA-2(1)"), nist("IA-2(2)"), attack("T1556.006"))
    checkov = ("CKV_TFR_306",)
    fix = "set mfa_configuration back to what it was, with the same factors"

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for base in pair.base.managed("aws_cognito_user_pool"):
            head = pair.matching.head_for(base)
            if head is None:
                continue
            before, after = _configuration(base), _configuration(head)
            if not pair.matching.same(before, after):
                yield from self._configuration(pair, base, head, before, after)
            elif after != "OFF":
                yield from self._factor(pair, base, head)

    def _configuration(
        self, pair: RootPair, base: Resource, head: Resource, before: Value, after: Value
    ) -> Iterator[Finding]:
        unknown = tuple(v for v in (before, after) if isinstance(v, Unknown))
        low = _STRENGTH.get(after if isinstance(after, str) else "", 0)
        high = _STRENGTH.get(before if isinstance(before, str) else "", 2)
        if low >= high and not (unknown and before != "OFF" and after != "ON"):
            return
        yield self.finding(
            pair,
            head.address,
            "MFA of the user pool is required less strictly than before",
            side(before, base.where("mfa_configuration")),
            side(after, head.where("mfa_configuration")),
            depends_on=unknown,
        )

    def _factor(self, pair: RootPair, base: Resource, head: Resource) -> Iterator[Finding]:
        path = "software_token_mfa_configuration.0.enabled"
        if base.get(path) is True and head.get(path) in (None, False):
            yield self.finding(
                pair,
                head.address,
                "the user pool no longer accepts a software token as second factor",
                side(True, base.where(path)),
                side(head.get(path), head.where(path)),
                severity=Severity.MEDIUM,
            )


def _configuration(pool: Resource) -> Value:
    """``mfa_configuration``, with the provider's default."""
    value = pool.get("mfa_configuration")
    return "OFF" if value is None else value
