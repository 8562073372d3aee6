"""CKV_TFR_302: people may take a role without MFA.

What: a role whose trust policy lets users, whole accounts or everybody (`AWS` principals that are no role) assume
it without an MFA condition. Services, roles and federated identities are not people here; a trust with
`sts:ExternalId` is for a third party's machine.

Why: the role's permissions are then one stolen access key away, whatever guards the user carries. (Rule TFR302 of
`tfratchet diff` tells when the condition is loosened.)

Bad::

    Principal = { AWS = "arn:aws:iam::123456789012:root" }, Action = "sts:AssumeRole"

Good: the same with `Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_check__ import ResourceCheck
    from tfratchet_checks.__tfr_guard__ import asks_for_mfa
    from tfratchet_checks.__tfr_policy__ import Statement, covers
    from tfratchet_checks.__tfr_values__ import Unresolved, text_of
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_check__ import ResourceCheck
    from __tfr_guard__ import asks_for_mfa
    from __tfr_policy__ import Statement, covers
    from __tfr_values__ import Unresolved, text_of


_NO_PEOPLE = ("role/", "assumed-role/", ":role", "aws_iam_role.", "oidc-provider", "saml-provider")


class TrustWithoutMfa(ResourceCheck):
    """People take a role only with MFA."""

    id = "CKV_TFR_302"
    title = "Ensure roles that people may assume ask for MFA"
    types = ("aws_iam_role",)

    def judge(self) -> Any:
        argument = "assume_role_policy"
        document = self.account.document(self.node, self.block.conf.get(argument))
        if document is None:
            return self.not_for_this()
        unread = "" if document.complete else f"the trust policy could not be read: {document.why}"
        for statement in document.statements:
            if statement.effect == "Deny" or covers(statement, "sts:AssumeRole") is False:
                continue
            who = self._people(statement)
            if who is None or any(c.key == "sts:externalid" for c in statement.conditions):
                continue
            asks = asks_for_mfa(statement)
            allows = statement.effect == "Allow" and covers(statement, "sts:AssumeRole")
            if isinstance(who, Unresolved) or asks is None or not statement.certain or (not allows and not asks):
                unread = unread or f"{statement.label} could not be read to its end"
            elif not asks:
                return self.failed(f"{who} may assume the role without MFA", argument)
        return self.unknown(unread) if unread else self.passed()

    def _people(self, statement: Statement) -> str | Unresolved | None:
        """A principal that may be a person; None when there is none."""
        if statement.not_principals:
            return "everybody but those in NotPrincipal"
        unread: Unresolved | None = None
        for value in (statement.principals or {}).get("AWS", ()):
            text = text_of(value)
            if any(mark in text for mark in _NO_PEOPLE):
                continue
            # Checkov leaves the account id of a root or user principal as an expression; whose it is does not matter.
            if (
                isinstance(value, str)
                or text.endswith((":root", "}:root"))
                or ":user/" in text
                or "aws_iam_user." in text
            ):
                return "everybody" if text == "*" else text
            unread = value
        return unread


check = TrustWithoutMfa()
