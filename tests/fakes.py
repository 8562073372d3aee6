"""Outcomes and sides built by hand, for tests of what comes before and after the comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tfratchet.compare import Result
from tfratchet.model import Certainty, Finding, Location, Problem, Severity, Side
from tfratchet.more import More
from tfratchet.pipeline import Compared, Outcome, Sides, Statistics
from tfratchet.sources.changes import Change
from tfratchet.sources.tree import TreeError


class FakeTree:
    """A tree in memory: ``FakeTree({"a.tf": "..."})``."""

    def __init__(self, files: Mapping[str, str | bytes], label: str = "memory") -> None:
        self.files = {p: c.encode() if isinstance(c, str) else c for p, c in files.items()}
        self.label = label

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise TreeError(f"{path}: no such file")
        return self.files[path]

    def exists(self, path: str) -> bool:
        return path in self.files

    def listdir(self, directory: str) -> Sequence[str]:
        return sorted({p.removeprefix(f"{directory}/") for p in self.files if p.rpartition("/")[0] == directory})

    def walk(self, directory: str) -> Sequence[str]:
        return sorted(p for p in self.files if directory == "." or p.startswith(f"{directory}/"))


def sides(base: Mapping[str, str | bytes], head: Mapping[str, str | bytes], **more: Any) -> Sides:
    """Two folders in memory; what differs is listed."""
    names = sorted({*base, *head})
    changes = [
        Change("M", n if n in base else None, n if n in head else None) for n in names if base.get(n) != head.get(n)
    ]
    defaults: dict[str, Any] = {"base_label": "HEAD", "head_label": "WORKTREE", "changes": changes}
    return Sides(base=FakeTree(base, "HEAD"), head=FakeTree(head, "WORKTREE"), **{**defaults, **more})  # type: ignore[arg-type]


def finding(**more: Any) -> Finding:
    """A certain high finding of TFR101 in the root module at the top."""
    defaults: dict[str, Any] = {
        "rule": "TFR101",
        "title": "policy detached from user",
        "family": "detach",
        "severity": Severity.HIGH,
        "certainty": Certainty.CERTAIN,
        "address": 'aws_iam_user_policy_attachment.mfa["bob"]',
        "message": "bob stays and no longer has require-mfa",
        "base": Side("require-mfa", Location("users.tf", 12)),
        "head": Side("not attached", Location("users.tf", 4)),
        "fix": "Put the attachment back.",
    }
    return Finding(**{**defaults, **more})


def outcome(
    findings: Iterable[Finding] = (),
    notes: Iterable[Problem] = (),
    errors: Iterable[Problem] = (),
    more: More | None = None,
    **counted: Any,
) -> Outcome:
    """HEAD against the working tree, two root modules; ``counted``: fields of the statistics."""
    told = more or More()
    return Outcome(
        base=Compared("HEAD", "1234567890abcdef1234567890abcdef12345678"),
        head=Compared("WORKTREE"),
        result=Result(list(findings), list(notes), list(errors), lambda: told),
        statistics=Statistics(**{"roots": 2, "resources": 14, "unknown": 3, "files": 5, "changed": 1, **counted}),
    )
