"""One call of the AWS API as CloudTrail recorded it, in one shape whatever the record looked like."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime


class Via(enum.Enum):
    """How a call was made, as far as the record tells. The user agent is what the caller says it is."""

    TERRAFORM = "Terraform"
    CONSOLE = "console"
    SDK = "CLI or SDK"
    SERVICE = "AWS service"
    OTHER = "unknown client"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Actor:
    """Who made the call (``userIdentity``). Empty texts: the record does not say."""

    kind: str = ""
    """``IAMUser``, ``AssumedRole``, ``Root``, ``AWSService``, ``FederatedUser``, ``AWSAccount`` ..."""
    arn: str = ""
    name: str = ""
    """Name of the user or of the role."""
    session: str = ""
    """Name of the role's session: with single sign-on, who it was."""
    issuer: str = ""
    """ARN of the role that the session is of (``sessionContext.sessionIssuer``)."""
    account: str = ""
    mfa: bool | None = None
    """Whether the session was opened with MFA; None for long-lived keys, which cannot say."""
    invoked_by: str = ""
    """The AWS service that made the call for the actor."""
    from_console: bool = False
    """``sessionCredentialFromConsole``: the credentials are those of a console session."""

    def __str__(self) -> str:
        if self.kind == "Root":
            return "the root user"
        if self.kind == "AWSService" or not (self.name or self.arn):
            return f"service {self.invoked_by}" if self.invoked_by else self.kind or "somebody"
        if self.issuer or self.kind == "AssumedRole":
            return f"role {self.name}" + (f" (session {self.session})" if self.session else "")
        return f"user {self.name}" if self.kind == "IAMUser" else f"{self.kind} {self.name or self.arn}".strip()


@dataclass(frozen=True, slots=True)
class Target:
    """What the call was about (``requestParameters``)."""

    kind: str = ""
    """``user``, ``group``, ``role``, ``policy``, ``trail``, ``log-bucket`` ...: as the protected actions call it."""
    name: str = ""
    arn: str = ""
    """Made of the name where the record has none; the path of a user is never in it, as records do not have it."""
    policy: str = ""
    """ARN of the managed policy, or name of the inline one."""
    group: str = ""
    """The group of a membership."""

    def __str__(self) -> str:
        kind = self.kind.removeprefix("log-") if self.kind in ("log-bucket", "log-object") else self.kind
        if not self.name:
            return "the account" if kind == "account" else f"a {kind or 'resource'} that the record does not name"
        return f"{kind} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Event:
    """A recorded call."""

    name: str
    """``DetachUserPolicy``."""
    source: str
    """``iam.amazonaws.com``."""
    time: datetime | None = None
    """Aware (UTC); None when the record has none that can be read."""
    id: str = ""
    region: str = ""
    account: str = ""
    """The account it happened in, twelve digits."""
    actor: Actor = Actor()
    target: Target = Target()
    via: Via = Via.OTHER
    ip: str = ""
    agent: str = ""
    error: str = ""
    """``errorCode``: the call did not succeed."""
    denied_by: str = ""
    """Of a refused call: ``explicit deny`` when a policy denies it, as a guard does."""
    omitted: bool = False
    """The request parameters were left out as too large."""
    omitted_size: int | None = None
    parameters: dict[str, object] = field(default_factory=dict, compare=False)
    """``requestParameters``, as recorded."""
    additional: dict[str, object] = field(default_factory=dict, compare=False)
    """``additionalEventData`` (``MFAUsed`` of a sign-in)."""
    response: dict[str, object] = field(default_factory=dict, compare=False)
    """``responseElements``, only of a sign-in."""

    @property
    def succeeded(self) -> bool:
        """False for an attempt."""
        return not self.error

    @property
    def when(self) -> str:
        """The time for people, to the second."""
        return self.time.strftime("%Y-%m-%d %H:%M:%SZ") if self.time else "an unknown time"
