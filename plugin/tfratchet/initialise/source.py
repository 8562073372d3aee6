"""Where the modules come from: pinned, or not at all."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from tfratchet.errors import UserError

# Nothing that a shell, YAML or Terraform could take for anything but text: the URL goes into all three.
_GIT = re.compile(
    r"git::(?P<url>(?:https|ssh|file)://[\w.@:/~+-]+?|[\w.-]+@[\w.-]+:[\w./~+-]+?)//(?P<folder>[\w./-]+)\?ref=(?P<ref>[\w./-]+)"
)
_REGISTRY = re.compile(r"([a-z0-9.-]+\.[a-z]+/)?[\w-]+/[\w-]+/[\w-]+")


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """The ``source`` argument of the call, and what follows from it for pip and pre-commit."""

    text: str
    repository: str = ""
    """URL of the git repository, or ``""`` for a local folder."""
    ref: str = ""
    """Tag or commit."""

    @property
    def requirement(self) -> str:
        """What pip installs in a pipeline: the same revision as the modules."""
        from tfratchet import __version__

        url = self.repository
        if re.match(r"^[^:/]+@[^:/]+:", url):  # scp-like: pip wants a URL
            url = "ssh://" + url.replace(":", "/", 1)
        return f"tfratchet @ git+{url}@{self.ref}" if url else f"tfratchet=={__version__}"


def parse(text: str) -> ModuleSource:
    """Read ``--source``. Raises UserError when it is not pinned, or no source of a module that is known here."""
    if text.startswith(("./", "../", "/")):
        return ModuleSource(text)
    if found := _GIT.fullmatch(text):
        return ModuleSource(text, found["url"], found["ref"])
    if text.startswith("git::"):
        raise UserError(
            "the source is not pinned, or no URL",
            where="--source",
            hint="git::URL//terraform/baseline?ref=TAG or commit",
        )
    if _REGISTRY.fullmatch(text):
        raise UserError(
            "a registry source needs a version beside it",
            where="--source",
            hint="use git::URL//terraform/baseline?ref=TAG",
        )
    raise UserError(
        f"{text!r} is no source of a module",
        where="--source",
        hint="git::https://.../tfratchet.git//terraform/baseline?ref=TAG, or a folder that begins with ./ or ../",
    )


def installed() -> ModuleSource | None:
    """The source that this installation came from, when pip got it from git: the modules of the same commit."""
    try:
        text = distribution("tfratchet").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    record: dict[str, Any] = json.loads(text) if text else {}
    commit = record.get("vcs_info", {}).get("commit_id")
    url = record.get("url", "")
    if not commit or not url:
        return None
    return ModuleSource(f"git::{url}//terraform/baseline?ref={commit}", url, commit)


def choose(text: str | None) -> ModuleSource:
    """``--source``, or where this installation came from. Raises UserError when neither says it."""
    if text:
        return parse(text)
    found = installed()
    if found is None:
        raise UserError(
            "it is not known where the modules come from",
            where="--source",
            hint="give git::URL OF THE TFRATCHET REPOSITORY//terraform/baseline?ref=TAG",
        )
    return found
