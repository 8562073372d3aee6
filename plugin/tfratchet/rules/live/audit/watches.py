"""Who is told when a guard is taken away: EventBridge rules and alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tfratchet.account.facts import IAM_REGIONS, Facts, Watch
from tfratchet.config import Settings
from tfratchet.iam.protected import protected_actions
from tfratchet.model import Finding, Severity
from tfratchet.rules.base import attack, cis, nist
from tfratchet.rules.cloudtrail.patterns import Pattern, event_pattern, filter_pattern
from tfratchet.rules.cloudtrail.terms import Conjunction, Term, event_names, protected_events
from tfratchet.rules.live.audit.base import AuditRule, account_arn, item, listed

WHAT = "alarms"
_SIGN_IN = "console-sign-in-without-mfa"
# CIS AWS Foundations 5.0, 4.4 and 4.5, less the calls that only add (CreateTrail, StartLogging, CreatePolicy).
_CIS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "iam-policy-changes": (
        "changes of IAM policies",
        "iam.amazonaws.com",
        (
            "DeleteGroupPolicy",
            "DeleteRolePolicy",
            "DeleteUserPolicy",
            "PutGroupPolicy",
            "PutRolePolicy",
            "PutUserPolicy",
            "DeletePolicy",
            "CreatePolicyVersion",
            "DeletePolicyVersion",
            "AttachRolePolicy",
            "DetachRolePolicy",
            "AttachUserPolicy",
            "DetachUserPolicy",
            "AttachGroupPolicy",
            "DetachGroupPolicy",
        ),
    ),
    "cloudtrail-changes": (
        "changes of CloudTrail",
        "cloudtrail.amazonaws.com",
        ("UpdateTrail", "DeleteTrail", "StopLogging"),
    ),
}
_FURTHER = frozenset(["policies", "people", "cloudtrail"])
"""Groups of the protected actions that an account without the modules should know of as well."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """A watch, its pattern read."""

    watch: Watch
    pattern: Pattern

    def hears(self, wanted: Conjunction) -> bool:
        """Whether the pattern surely matches all that ``wanted`` describes."""
        return self.pattern.strength(wanted, frozenset()) == 2


def _heard(facts: Facts) -> list[_Heard]:
    return [
        _Heard(w, event_pattern(w.pattern) if w.kind == "rule" else filter_pattern(w.pattern)) for w in facts.watches
    ]


def _loud(watch: Watch, facts: Facts) -> bool:
    return not silence(watch, facts)


def silence(watch: Watch, facts: Facts) -> str:
    """Why a watch tells nobody; empty when it tells somebody. A topic that could not be read counts as heard."""
    if not watch.enabled:
        return "disabled"
    if not watch.targets:
        return "no target" if watch.kind == "rule" else "no action"
    deaf = [facts.topics.get(target, 1) for target in watch.targets]
    if any(deaf):
        return ""
    return "its topic does not exist" if None in deaf else "its topic has no subscriber"


def call_event(name: str, source: str) -> Conjunction:
    """A call that succeeds, as its event in CloudTrail and EventBridge looks."""
    service = source.partition(".")[0]
    return frozenset(
        {
            Term("eventName", "=", frozenset({name})),
            Term("eventSource", "=", frozenset({source})),
            Term("eventType", "=", frozenset({"AwsApiCall"})),
            Term("eventCategory", "=", frozenset({"Management"})),
            Term("managementEvent", "=", frozenset({"true"})),
            Term("readOnly", "=", frozenset({"false"})),
            Term("errorCode", "not exists"),
            Term("errorMessage", "not exists"),
            Term("event:source", "=", frozenset({f"aws.{service}"})),
            Term("event:detail-type", "=", frozenset({"AWS API Call via CloudTrail"})),
        }
    )


def sign_in_event() -> Conjunction:
    """A user's console sign-in without MFA."""
    return frozenset(
        {
            Term("eventName", "=", frozenset({"ConsoleLogin"})),
            Term("eventSource", "=", frozenset({"signin.amazonaws.com"})),
            Term("eventType", "=", frozenset({"AwsConsoleSignIn"})),
            Term("userIdentity.type", "=", frozenset({"IAMUser"})),
            Term("additionalEventData.MFAUsed", "=", frozenset({"No"})),
            Term("responseElements.ConsoleLogin", "=", frozenset({"Success"})),
            Term("errorMessage", "not exists"),
            Term("event:source", "=", frozenset({"aws.signin"})),
            Term("event:detail-type", "=", frozenset({"AWS Console Sign In via CloudTrail"})),
        }
    )


class NobodyTold(AuditRule):
    """Nobody is told when a guard is taken away.

    ## Why

    What is undone at night is noticed at the next audit, if at all.

    ## Looks at

    EventBridge rules with their targets (`events:ListRules`, `events:ListTargetsByRule`), and metric filters on the log
    groups of the trails with their alarms (`logs:DescribeMetricFilters`, `cloudwatch:DescribeAlarms`), in the region of
    IAM's events (`us-east-1`), the region that is audited, and the home regions of the trails. A rule elsewhere never
    sees IAM's events. Failed calls may be left out by a watch; callers may not.

    | at `...:alarms["NAME"]` | severity | events |
    | --- | --- | --- |
    | `console-sign-in-without-mfa` | medium | CIS 4.2 |
    | `iam-policy-changes` | medium | CIS 4.4: `DetachUserPolicy`, `PutUserPolicy`, ... |
    | `cloudtrail-changes` | medium | CIS 4.5: `StopLogging`, `DeleteTrail`, `UpdateTrail` |
    | `further-calls` | low | the other protected calls on policies, people and trails |

    ## Fires on

    An account without rules and alarms; a rule for `DetachUserPolicy` in `eu-west-1` only, which never hears of it.

    ## Silent on

    The modules `detach-guard` and `cloudtrail`; a rule for all of `aws.iam` with a target.

    ## Fix

    The module `detach-guard` watches all of them.
    """

    id = "TFR624"
    title = "nobody told of protected calls"
    severity = Severity.MEDIUM
    references = (cis("4.2"), cis("4.4"), cis("4.5"), nist("AU-6"), nist("SI-4"), attack("T1562.008"))
    reads = ("watches", "trails")
    fix = "Watch the calls: the module `detach-guard` has a rule for each."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        if not facts.could_read("watches") or not facts.could_read("trails"):
            return
        heard = [h for h in _heard(facts) if _loud(h.watch, facts)]
        if not any(h.hears(sign_in_event()) for h in heard):
            yield self._tell(facts, _SIGN_IN, "a console sign-in without MFA", ["ConsoleLogin"], 1, Severity.MEDIUM)
        named: set[str] = set()
        for name, (text, source, events) in _CIS.items():
            missing = [e for e in events if not _told(e, source, heard, facts)]
            named.update(events)
            if missing:
                yield self._tell(facts, name, text, missing, len(events), Severity.MEDIUM)
        calls = {(e, a.event_source) for a in protected_actions().actions if a.group in _FURTHER for e in a.events}
        further = sorted(call for call in calls if call[0] not in named)
        missing = [event for event, source in further if not _told(event, source, heard, facts)]
        if missing:
            yield self._tell(facts, "further-calls", "further protected calls", missing, len(further), Severity.LOW)

    def _tell(self, facts: Facts, name: str, text: str, missing: list[str], number: int, severity: Severity) -> Finding:
        some = "" if len(missing) == number else f" ({number - len(missing)} of {number} are watched)"
        return self.found(
            item(account_arn(facts, WHAT), name),
            f"Nobody is told of {text}: {listed(missing, 5)}{some}.",
            "a rule or alarm that tells somebody",
            "none" if not some else f"none for {', '.join(missing)}",
            severity=severity,
            root=facts.account,
        )


def _told(event: str, source: str, heard: list[_Heard], facts: Facts) -> bool:
    """Whether somebody hears of an event of a service (``iam.amazonaws.com``)."""
    wanted = call_event(event, source)
    home = IAM_REGIONS.get(facts.partition) if source == "iam.amazonaws.com" else None
    return any(h.hears(wanted) for h in heard if h.watch.kind != "rule" or home is None or h.watch.region == home)


class SilentWatch(AuditRule):
    """A rule or alarm about protected calls tells nobody.

    ## Why

    It is there, so everybody relies on it, and nobody hears it.

    ## Looks at

    The same calls as `TFR624`, and `sns:ListSubscriptionsByTopic`: a rule that is disabled or has no target; a metric
    filter without alarm; an alarm whose actions are off or that has none; topics of this account that do not exist, or
    that nobody has subscribed to (a subscription that is not confirmed does not count).

    ## Fires on

    A rule for `StopLogging` that is disabled, or without target; a metric filter whose alarm has its actions
    switched off.

    ## Silent on

    Rules about anything else; a silent one beside another that hears the same events.

    ## Fix

    Enable it and give it a target: a topic that somebody subscribes to.
    """

    id = "TFR625"
    title = "alarm that tells nobody"
    severity = Severity.HIGH
    references = (cis("4.2"), cis("4.4"), cis("4.5"), nist("AU-6"), attack("T1562.008"))
    reads = ("watches", "trails")
    fix = "Enable the rule or alarm, and give it a target."

    def check(self, facts: Facts, settings: Settings) -> Iterator[Finding]:  # noqa: ARG002
        if not facts.could_read("watches"):
            return
        heard = _heard(facts)
        loud = [h for h in heard if _loud(h.watch, facts)]
        names = protected_events()
        for one in heard:
            guards = [c for c in one.pattern.any_of if event_names(c) & names or "ConsoleLogin" in event_names(c)]
            others = [h for h in loud if _takes_the_place(h.watch, one.watch, facts)]
            live = silence(one.watch, facts)
            if not live or not guards or _heard_anyway(guards, others):
                continue
            what = "EventBridge rule" if one.watch.kind == "rule" else "alarm"
            events = sorted({e for c in guards for e in event_names(c)})
            yield self.found(
                watch_arn(facts, one.watch),
                f"{what[0].upper()}{what[1:]} {one.watch.name} ({one.watch.region}) looks for {listed(events)} and "
                f"tells nobody: {live}.",
                "enabled, with a target",
                live,
                root=facts.account,
            )


def _heard_anyway(guards: list[Conjunction], others: list[_Heard]) -> bool:
    """Whether ``others`` hear each of the protected events that a pattern names (of one service, where two have it)."""
    looks: dict[str, list[Conjunction]] = {"ConsoleLogin": [sign_in_event()]}
    for action in protected_actions().actions:
        for event in action.events:
            if event != "ConsoleLogin":
                looks.setdefault(event, []).append(call_event(event, action.event_source))
    names = {name for conjunction in guards for name in event_names(conjunction) if name in looks}
    return all(any(h.hears(look) for h in others for look in looks[name]) for name in names)


def _takes_the_place(loud: Watch, silent: Watch, facts: Facts) -> bool:
    """Whether ``loud`` hears the events of the regions that ``silent`` is about.

    A metric filter looks at a trail, a rule at one region; what an alarm is about are IAM's events above all.
    """
    if loud.kind != "rule" or loud.region == silent.region:
        return True
    return silent.kind != "rule" and loud.region == IAM_REGIONS.get(facts.partition)


def watch_arn(facts: Facts, watch: Watch) -> str:
    """ARN of a rule or alarm."""
    service, kind = ("events", "rule/") if watch.kind == "rule" else ("cloudwatch", "alarm:")
    return f"arn:{facts.partition}:{service}:{watch.region}:{facts.account}:{kind}{watch.name}"
