"""What an act is: one change of a live account that can be read, done, checked and (mostly) undone.

An act knows the *state* that it changes, as plain JSON: the fragment of the account that it touches and nothing else.
Everything that is careful about a run follows from that: the journal keeps the state before; whether an interrupted
call happened is seen by comparing the state with ``target``; undo is refused when the state is not what the act left.

To add an act: a dataclass with ``kind`` and the methods below, named in ``acts/__init__.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from tfratchet.account.session import Account

State = dict[str, Any]
"""JSON: what the act changes, as it is in the account. Never holds a secret."""

ACCOUNT, USER, GROUP, ROLE, TRAIL, POLICY = "account", "user", "group", "role", "trail", "policy"


class RefusedError(Exception):
    """The act cannot be done or undone as things are; the text says why. No call was made."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act is about: what is read again afterwards, and who is protected from it."""

    kind: str
    """``account``, ``user``, ``group``, ``role``, ``trail``, ``policy``."""
    name: str
    """Name, or ARN of a trail or policy."""

    def __str__(self) -> str:
        return "the account" if self.kind == ACCOUNT else f"{self.kind} {self.name.rpartition('/')[2]}"


class Act(ABC):
    """One change. Subclasses are frozen dataclasses; their fields are what the journal keeps of them."""

    kind: ClassVar[str]
    """The word in the journal: ``attach-policy``."""
    needs: ClassVar[tuple[str, ...]]
    """IAM actions that reading, doing and undoing it take."""
    reversible: ClassVar[bool] = True
    limits: ClassVar[str] = ""
    """What undo cannot give back, for the row of the plan."""

    @property
    @abstractmethod
    def subject(self) -> Subject:
        """Whom or what it touches."""

    @abstractmethod
    def what(self) -> str:
        """What it does, for people: ``attach policy X to user bob``."""

    @abstractmethod
    def read(self, account: Account) -> State:
        """The state now. Raises RefusedError when the subject is gone, and botocore's errors."""

    @abstractmethod
    def target(self, before: State) -> State:
        """The state that the act makes of ``before``."""

    @abstractmethod
    def do(self, account: Account, before: State) -> None:
        """Make the call. Raises botocore's errors, and RefusedError before anything is called."""

    def undo(self, account: Account, before: State, after: State) -> None:  # noqa: ARG002
        """Go back from ``after`` to ``before``. Raises as ``do`` does."""
        raise RefusedError("this cannot be undone")

    def resumable(self, before: State, now: State) -> bool:  # noqa: ARG002
        """Whether ``now`` is what a run that died in the middle of ``do`` may leave, and ``do`` can begin again."""
        return False

    def undo_resumable(self, before: State, now: State) -> bool:  # noqa: ARG002
        """The same for ``undo``."""
        return False

    def settled(self, state: State) -> bool:
        """Whether the act has nothing (more) to do."""
        return self.target(state) == state

    def as_json(self) -> dict[str, Any]:
        """For the journal."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return {"kind": self.kind, **{n: list(v) if isinstance(v, tuple) else v for n, v in values.items()}}


def from_fields(kind: type[Act], data: Mapping[str, Any]) -> Act:
    """An act from what ``as_json`` gave."""
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    return kind(**{k: v for k, v in data.items() if k in known})
