"""Rules about passwords of single users: login profiles (TFR212) and Cognito user pools (TFR213)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.controls import Control, controls_of
from tfratchet.model import Resource, Severity
from tfratchet.rules.attributes import AttributeRule, Setting, Subject
from tfratchet.rules.base import Reference, attack, nist
from tfratchet.rules.judge import number

if TYPE_CHECKING:
    from tfratchet.compare import RootPair


def _pairs(pair: RootPair, kind: str) -> Iterator[tuple[Subject, Subject]]:
    for base, head in pair.matching.pairs(kind):
        if base.managed and head.managed:
            yield Subject(pair.base, base), Subject(pair.head, head)


class LoginProfileWeakened(AttributeRule):
    """A console user no longer has to change the first password, or gets a shorter one.

    ## Why

    The first password is made by Terraform, stands in its state, and passes through whoever hands it over. As long as
    it need not be changed, all of these can sign in as the user.

    ## Fires on

    ```hcl
     resource "aws_iam_user_login_profile" "alice" {
       user                    = aws_iam_user.alice.name
    -  password_reset_required = true
    +  password_reset_required = false
     }
    ```

    Also a smaller `password_length`. A deleted `password_reset_required` counts: the provider keeps the old value for
    this user, but a profile made anew comes without it.

    ## Silent on

    ```hcl
    -resource "aws_iam_user_login_profile" "alice" { ... }   # alice can no longer sign in at all
    ```

    ## Fix

    Set `password_reset_required = true` and leave `password_length` at 20.
    """

    id = "TFR212"
    title = "login profile weakened"
    family = "password"
    severity = Severity.HIGH
    controls = tuple(c.name for c in controls_of("TFR212"))
    references = (nist("IA-5(1)"), Reference("ISO 27001:2022", "A.5.17"), attack("T1078"))
    fix = "Set `password_reset_required = true`, and leave `password_length` at 20 or more."

    def subjects(self, pair: RootPair) -> Iterator[tuple[Subject, Subject]]:
        return _pairs(pair, "aws_iam_user_login_profile")

    def weight_of(self, pair: RootPair, control: Control, before: Setting, after: Setting) -> Severity:
        level = super().weight_of(pair, control, before, after)
        # a deleted line: latent, the provider keeps the value in the state
        return level if after.given or control.name == "password_length" else Severity.MEDIUM


class UserPoolPasswordPolicyWeakened(AttributeRule):
    """The password policy of a Cognito user pool is weaker.

    ## Why

    The passwords of a user pool are guessed from the internet, by machines, at any hour.

    ## Fires on

    ```hcl
     resource "aws_cognito_user_pool" "main" {
       password_policy {
    -    minimum_length    = 12
    +    minimum_length    = 8
    -    require_symbols   = true
    +    require_symbols   = false
       }
     }
    ```

    A block that goes is compared with the default of AWS (8 characters, all four kinds, 7 days). A block that is
    *added* is too: what it leaves out (`require_symbols`) is sent as false.

    ## Silent on

    ```hcl
    -resource "aws_cognito_user_pool" "main" { ... }   # the pool itself goes, with its users
    ```

    ## Fix

    Put the stronger value back.
    """

    id = "TFR213"
    title = "user pool password policy weakened"
    family = "password"
    severity = Severity.HIGH
    controls = tuple(c.name for c in controls_of("TFR213"))
    references = (nist("IA-5(1)"), Reference("ISO 27001:2022", "A.5.17"), attack("T1110"))
    fix = "Put the stronger value back into `password_policy`."

    def subjects(self, pair: RootPair) -> Iterator[tuple[Subject, Subject]]:
        for base, head in _pairs(pair, "aws_cognito_user_pool"):
            yield _Pool(base.root, base.item), _Pool(head.root, head.item)


class _Pool(Subject):
    """A user pool: inside a block, a flag that is left out is false; without the block, AWS's defaults rule."""

    def setting(self, control: Control) -> Setting:
        found = super().setting(control)
        assert isinstance(self.item, Resource)  # noqa: S101 (narrowing)
        if found.given or not self.item.blocks("password_policy"):
            # 0 days of validity is what an unset argument looks like to the provider: the default rules then
            if control.name == "cognito_temporary_password_validity_days" and number(found.value) == 0:
                return Setting(control.default, False, found.location, found.origin)
            return found
        return Setting(False if isinstance(control.default, bool) else control.default, False, found.location)
