"""TFR504: calls of modules that were not downloaded, and that hold a guard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tfratchet.model import Finding, ModuleCall, Severity
from tfratchet.rules.base import Rule, attack, nist, side
from tfratchet.rules.judge import boolean, number
from tfratchet.rules.modules import known_module
from tfratchet.values import Unknown, Value, display

if TYPE_CHECKING:
    from tfratchet.compare import RootPair

# Modules that hold a guard: something that no rule about password policies, trails, buckets or alarms compares.
_GUARDS = re.compile(
    r"\btrussworks/(terraform-aws-)?mfa\b"
    r"|\bterraform-aws-modules/(terraform-aws-)?iam\b.*//modules/iam-(group-with-policies|group)\b"
    r"|\b(mfa-enforcement|enforce-mfa|mfa-policy|detach-guard|access-key-hygiene|iam-guard\w*)\b"
    r"|\bcloudposse/(terraform-aws-)?service-control-policies\b"
    r"|\btfratchet\b.*//terraform/baseline\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Argument:
    """An argument that means one thing in whatever module takes it."""

    name: str
    label: str
    default: Value
    """What the modules that have it do when it is not given; None: not known."""
    lower: bool = False
    """True for a number of which less is stricter; else a switch that should be on."""
    severity: Severity = Severity.HIGH


# terraform-aws-modules/iam: iam-assumable-role (role_requires_mfa, mfa_age, max_session_duration) and
# iam-group-with-policies (enable_mfa_enforcement, in older versions with a spelling mistake); documented defaults.
_ARGUMENTS = (
    _Argument("role_requires_mfa", "MFA to assume the role", True),
    _Argument("enable_mfa_enforcement", "enforcement of MFA", True),
    _Argument("enable_mfa_enforcment", "enforcement of MFA", True),
    _Argument("enforce_mfa", "enforcement of MFA", None),
    _Argument("require_mfa", "enforcement of MFA", None),
    _Argument("mfa_required", "enforcement of MFA", None),
    _Argument("mfa_enabled", "enforcement of MFA", None),
    _Argument("mfa_age", "age of MFA in seconds", 86400, lower=True, severity=Severity.MEDIUM),
    _Argument("max_session_duration", "session duration in seconds", 3600, lower=True, severity=Severity.LOW),
)


class BaselineCallWeakened(Rule):
    """A call of a baseline module is removed, repointed, or given weaker arguments.

    ## Why

    What a module of a registry does is not in this repository; its call is. A call that goes takes the guard inside
    the module with it, another source may do less under the same name, and one argument switches the enforcement off.
    (Modules that are local, or that `terraform init` has downloaded, are read: the rules about what is in them tell.
    Password policies and trails of known modules are told by TFR2xx and TFR4xx.)

    ## Fires on

    ```hcl
    # base                                                  # head
    module "people" {                                       # module "people" {
      source = "terraform-aws-modules/iam/aws//modules/     #   source = "terraform-aws-modules/iam/aws//modules/
                iam-group-with-policies"                    #             iam-group-with-policies"
      enable_mfa_enforcement = true                         #   enable_mfa_enforcement = false
    }                                                       # }
    ```

    ## Silent on

    A renamed call with the same source, a newer version, the same module by another address of it (registry or git),
    a call that becomes resources with the same effect.

    ## Fix

    Put the call or the argument back.
    """

    id = "TFR504"
    title = "baseline module call weakened"
    family = "guardrail"
    severity = Severity.HIGH
    references = (nist("CM-3"), nist("CM-5"), attack("T1562.001"))
    fix = "put the call back, with the source and the arguments that it had"

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        for address in sorted(pair.base.calls):
            base = pair.base.calls[address]
            if not base.opaque:
                continue
            head = pair.matching.call_for(base)
            if head is None:
                yield from self._removed(pair, base)
            elif head.opaque:
                yield from self._repointed(pair, base, head)
                for argument in _ARGUMENTS:
                    yield from self._argument(pair, argument, base, head)

    def _removed(self, pair: RootPair, base: ModuleCall) -> Iterator[Finding]:
        if not _GUARDS.search(base.source) or any(_same_module(base, c) for c in _new_calls(pair)):
            return
        if any(not r.destroy and base.address.startswith(r.source) for r in pair.head.removed):
            return
        deleted = not pair.head.exists
        doubt = (Unknown(f"whether what the deleted root module {pair.path} created is destroyed"),) if deleted else ()
        yield self.finding(
            pair,
            base.address,
            f"The call of {base.source} is gone, and with it the guard that the module holds",
            side(base.source, base.location),
            None,
            depends_on=doubt,
            lost=("module", _name_of(base.source)),
        )

    def _repointed(self, pair: RootPair, base: ModuleCall, head: ModuleCall) -> Iterator[Finding]:
        known = _GUARDS.search(base.source) or known_module(base) is not None
        if not known or _same_module(base, head):
            return
        yield self.finding(
            pair,
            head.address,
            "Another module takes the place of a baseline module; what it holds could not be read",
            side(base.source, base.where("source")),
            side(head.source, head.where("source")),
            severity=Severity.MEDIUM,
            depends_on=(Unknown(f"the content of {head.source}"),),
        )

    def _argument(self, pair: RootPair, argument: _Argument, base: ModuleCall, head: ModuleCall) -> Iterator[Finding]:
        if argument.name not in base.arguments and argument.name not in head.arguments:
            return
        before, after = (c.arguments.get(argument.name, argument.default) for c in (base, head))
        weaker = _is_weaker(argument, before, after)
        if weaker is False or pair.matching.same(before, after):
            return
        unknown = tuple(v for v in (before, after) if isinstance(v, Unknown))
        if after is None:
            unknown = (Unknown(f"default of {argument.name} in {head.source}"),)
        yield self.finding(
            pair,
            head.address,
            f"{argument.label} {'may be' if unknown else 'is'} weaker: {display(before)} → "
            + (display(after) if after is not None else "not given"),
            side(before, base.where(argument.name)),
            side(after, head.where(argument.name)),
            severity=argument.severity,
            depends_on=unknown,
        )


def _is_weaker(argument: _Argument, before: Value, after: Value) -> bool | None:
    """Whether ``after`` is weaker; None when it cannot be told."""
    if argument.lower:
        low, high = number(before), number(after)
        return None if low is None or high is None else high > low
    was, is_now = boolean(before), boolean(after)
    if was is False or is_now is True or before is None:
        return False
    return None if was is None or is_now is None else True


def _new_calls(pair: RootPair) -> Iterator[ModuleCall]:
    return (c for c in pair.head.calls.values() if pair.matching.base_call_for(c) is None)


def _same_module(one: ModuleCall, other: ModuleCall) -> bool:
    """The same module, whatever address of it is written."""
    return _name_of(one.source) == _name_of(other.source)


def _name_of(source: str) -> str:
    """``terraform-aws-modules/iam/aws//modules/x`` and the git URL of the same: ``terraform-aws-modules/iam//x``."""
    text = re.sub(r"\?.*$", "", source.lower()).removesuffix(".git")
    text = re.sub(r"^(git::)?(https?://|ssh://)?(git@)?(www\.)?(github\.com|gitlab\.com|bitbucket\.org)[/:]", "", text)
    text = re.sub(r"^(app\.terraform\.io|registry\.terraform\.io)/", "", text).replace(".git//", "//")
    path, _, inner = text.partition("//")
    parts = [re.sub(r"^terraform-[a-z]+-", "", p) for p in path.split("/")]
    return "/".join(parts[:2]) + ("//" + inner if inner else "")
