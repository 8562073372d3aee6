"""Rules on recorded API calls, TFR640 to TFR646: who took a protection away, when, from where.

What makes the findings is ``account/events/judge.py``; the classes say what each means.
"""

from __future__ import annotations

from typing import ClassVar

from tfratchet.model import Severity
from tfratchet.rules.base import LiveRule, Reference, attack, cis, nist

_AUDIT = (nist("AU-6"), nist("AU-12"))


class EventRule(LiveRule):
    """A rule on recorded calls."""

    family = "events"
    references: ClassVar[tuple[Reference, ...]] = _AUDIT


class TakenAway(EventRule):
    """Somebody took a policy, a group or a boundary off a user, group or role.

    ## Why

    `DetachUserPolicy`, `DetachGroupPolicy` and `DetachRolePolicy` stand in none of the published detection rules of
    Elastic, Sigma and Splunk, yet they are how a guard that denies everything without MFA is lifted. One call is
    enough, and nothing else in the account changes.

    ## Fires on

    ```json
    {"eventName": "DetachUserPolicy", "userIdentity": {"userName": "mallory"},
     "requestParameters": {"userName": "alice", "policyArn": "arn:aws:iam::123456789012:policy/RequireMFA"}}
    ```

    Also `Delete…Policy` (inline policies), `RemoveUserFromGroup`, `DeleteGroup`, `Delete…PermissionsBoundary`,
    `DetachPolicy` of an organization and their likes of permission sets. The finding says who, when, from where and by
    what (Terraform, console, CLI or SDK, an AWS service), whether it was put back later, and, with `--source`, which
    line of Terraform declares what was taken away.

    ## Silent on

    ```json
    {"eventName": "DetachUserPolicy", "errorCode": "AccessDenied"}
    ```

    A call that failed is an attempt: TFR642.

    ## Fix

    Where Terraform declares it, `terraform apply` puts it back. Else attach it again, or declare that it is gone.
    """

    id = "TFR640"
    title = "policy, group or boundary taken off"
    severity = Severity.HIGH
    references = (*_AUDIT, cis("4.4"), attack("T1531"), attack("T1098"))
    fix = "Put it back (terraform apply where it is declared), or declare that it is gone."


class ProtectedCall(EventRule):
    """A protected API call succeeded: logging stopped, a second factor taken, a key or bucket changed.

    ## Why

    Each of these calls can take a part of the security baseline away. Which they are, and why, is said by the list of
    protected actions that the rules, the Checkov checks and the guards of the Terraform modules share.

    ## Fires on

    ```json
    {"eventName": "StopLogging", "requestParameters": {"name": "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main"}}
    ```

    *critical*: logging stopped, a trail or the password policy deleted, an account out of its organization. *high*: a
    second factor taken, a trail narrowed, a key disabled, AdministratorAccess attached. *medium*: what may be routine.
    *low*: what usually is, what strengthens, and calls on buckets that are not known to hold logs (`--log-bucket`).

    ## Silent on

    ```json
    {"eventName": "GetUser"}
    ```

    Calls that take nothing away, and deleted objects that are no log files.

    ## Fix

    Ask whoever made the call, and undo it: `tfratchet drift` says what now differs from the configuration.
    """

    id = "TFR641"
    title = "protected call succeeded"
    severity = Severity.MEDIUM
    references = (*_AUDIT, cis("4.4"), cis("4.5", "3.0"), attack("T1562.008"), attack("T1556.006"))
    fix = "Ask whoever made the call, and undo it; tfratchet drift says what now differs from the configuration."


class Attempt(EventRule):
    """Somebody tried a protected call and was refused.

    ## Why

    A guard that works leaves attempts behind. Somebody who may not detach a policy and tries it is worth a question,
    and many of them are worth an alarm.

    ## Fires on

    ```json
    {"eventName": "DetachUserPolicy", "errorCode": "AccessDenied", "userIdentity": {"userName": "mallory"}}
    ```

    Attempts of the same caller at the same call and target are told once, with their number. *medium* where the call
    would have weighed high or critical, else *low*.

    ## Silent on

    ```json
    {"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}}
    ```

    Failed sign-ins: everybody mistypes a password.

    ## Fix

    Ask the caller. Where it was Terraform, its role lacks a permission that its configuration needs.
    """

    id = "TFR642"
    title = "attempt at a protected call"
    severity = Severity.LOW
    references = (*_AUDIT, attack("T1078"))
    fix = "Ask the caller what was wanted; the call did not succeed."


class ParametersOmitted(EventRule):
    """The parameters of a protected call were left out of the record as too large.

    ## Why

    CloudTrail leaves `requestParameters` out of a record when they are too large. A policy that is padded with white
    space gets there without any other effect, so that the record does not say whose policy was changed and to what.
    That is a known way to hide.

    ## Fires on

    ```json
    {"eventName": "PutUserPolicy",
     "requestParameters": {"omitted": true, "originalSize": 131122, "reason": "requestParameters too large"}}
    ```

    ## Silent on

    ```json
    {"eventName": "DeleteAccountPasswordPolicy", "requestParameters": null}
    ```

    A call without parameters, and calls that are not protected.

    ## Fix

    Read the policies of the account as they are now (`tfratchet drift`, `tfratchet audit`): the record cannot tell.
    """

    id = "TFR643"
    title = "parameters of a protected call omitted"
    severity = Severity.HIGH
    references = (*_AUDIT, nist("AU-3"), attack("T1562.008"))
    fix = "Compare the account with its configuration (tfratchet drift): the record does not say what was changed."


class BreakGlassUsed(EventRule):
    """A break-glass principal made protected calls.

    ## Why

    The guards spare the break-glass principals (`break_glass` in `tfratchet.toml`), so that somebody can still act when
    everything else is locked. Its use should be rare, and known to everybody concerned.

    ## Fires on

    ```toml
    break_glass = ["arn:aws:iam::*:role/break-glass"]
    ```

    One finding for each session, with the number of its protected calls; the calls themselves are told as well and
    marked.

    ## Silent on

    ```json
    {"eventName": "ListUsers", "userIdentity": {"arn": "arn:aws:sts::123456789012:assumed-role/break-glass/bob"}}
    ```

    Calls of theirs that are not protected.

    ## Fix

    Make sure that the use is accounted for, and that what was changed is put back.
    """

    id = "TFR644"
    title = "break-glass principal used"
    severity = Severity.MEDIUM
    references = (*_AUDIT, nist("AC-6(9)"), attack("T1078"))
    fix = "Make sure that this use is accounted for, and put back what it changed."


class SignInWithoutMfa(EventRule):
    """A user or root signed in to the console without MFA.

    ## Why

    A password alone was enough. Whoever has it has the account.

    ## Fires on

    ```json
    {"eventName": "ConsoleLogin", "userIdentity": {"type": "IAMUser", "userName": "alice"},
     "responseElements": {"ConsoleLogin": "Success"}, "additionalEventData": {"MFAUsed": "No"}}
    ```

    *critical* for the root user. Only *possible* when the record does not say whether MFA was used.

    ## Silent on

    ```json
    {"eventName": "ConsoleLogin", "userIdentity": {"type": "AssumedRole"}, "additionalEventData": {"MFAUsed": "No"}}
    ```

    Sign-ins through an identity provider, which has asked for the second factor itself: AWS always records "No" there.

    ## Fix

    Give the user an MFA device, and attach a policy that denies everything without MFA.
    """

    id = "TFR645"
    title = "console sign-in without MFA"
    severity = Severity.HIGH
    references = (*_AUDIT, cis("4.2"), nist("IA-2(1)"), attack("T1078"))
    fix = "Give the user an MFA device, and attach a policy that denies everything without MFA."


class LoggingGap(EventRule):
    """A trail was stopped or deleted: for some time its events were not written.

    ## Why

    What happened in the gap stands in no log file of that trail. Only the event history (90 days, management events)
    still has it, which nobody can switch off.

    ## Fires on

    ```json
    {"eventName": "StopLogging", "eventTime": "2026-11-20T09:00:00Z", "requestParameters": {"name": "main"}}
    {"eventName": "StartLogging", "eventTime": "2026-11-20T09:35:00Z", "requestParameters": {"name": "main"}}
    ```

    *critical* when nothing that was read says that logging was started again.

    ## Silent on

    ```json
    {"eventName": "StopLogging", "errorCode": "AccessDenied"}
    ```

    ## Fix

    Start logging again, and read the gap from the event history: `tfratchet events --since … --until …`.
    """

    id = "TFR646"
    title = "gap in the record of events"
    severity = Severity.HIGH
    references = (*_AUDIT, nist("AU-5"), cis("4.5"), attack("T1562.008"))
    fix = "Start logging again, and read the gap from the event history (tfratchet events without a source)."
