"""git, for a clone that may be shallow: brings the commits that a comparison needs, and no more of the history."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path

from gh import SHA, StepError

_FIRST, _ROUNDS = 50, 6


def environment(*config: tuple[str, str]) -> dict[str, str]:
    """The environment for git, and for tfratchet, which runs git; ``config`` is added to what is set already."""
    env = dict(os.environ) | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}
    count = int(env.get("GIT_CONFIG_COUNT") or 0)
    # In a container the files belong to somebody else; who runs this action trusts this clone.
    for i, (key, value) in enumerate((("safe.directory", "*"), *config), count):
        env |= {f"GIT_CONFIG_KEY_{i}": key, f"GIT_CONFIG_VALUE_{i}": value, "GIT_CONFIG_COUNT": str(i + 1)}
    return env


class History:
    """The history of a checked-out repository. ``token`` is used only when the clone's own access does not do."""

    def __init__(self, folder: Path, *, server: str = "", repository: str = "", token: str = "") -> None:
        self.folder = folder
        self.server = server.rstrip("/")
        self.token = token
        if not folder.is_dir():
            raise StepError(f"there is no folder {folder}: check the input working-directory")
        if self._git("rev-parse", "--git-dir").returncode:
            raise StepError(f"{folder} is no git repository: run actions/checkout before this action")
        self.remote = f"{self.server}/{repository}"
        if "origin" in self.git("remote").split():
            self.remote = "origin"

    def git(self, *args: str) -> str:
        """The output of git. Raises StepError with its message."""
        done = self._git(*args)
        if done.returncode:
            raise StepError(f"git {args[0]}: {' '.join(done.stderr.split()) or done.returncode}")
        return done.stdout.strip()

    def _git(self, *args: str, config: tuple[tuple[str, str], ...] = ()) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *args],
            cwd=self.folder,
            env=environment(*config),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )

    # -- what is there

    def has(self, commit: str) -> bool:
        """Whether the commit is in the clone."""
        return self._git("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0

    def resolve(self, revision: str) -> str | None:
        """The commit that a revision names, or None."""
        done = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return done.stdout.strip() if done.returncode == 0 and SHA.fullmatch(done.stdout.strip()) else None

    def _boundary(self) -> set[str]:
        """The commits whose parents are not there; empty in a whole clone."""
        path = self.folder / self.git("rev-parse", "--git-path", "shallow")
        return set(path.read_text(encoding="ascii").split()) if path.exists() else set()

    # -- what is brought

    def bring(self, commits: list[str], *spare: str) -> None:
        """Fetch the commits that are missing; by their ids, else by the references ``spare``. Raises StepError."""
        missing = [c for c in commits if not self.has(c)]
        if not missing:
            return
        error = self._fetch(*missing)
        for reference in spare:
            if all(self.has(c) for c in missing):
                return
            self._fetch(reference)
        missing = [c for c in missing if not self.has(c)]
        if missing:
            raise StepError(f"the commit {missing[0]} cannot be fetched: {error or 'it is not there'}")

    def branch(self, name: str) -> str | None:
        """The newest commit of a branch of the remote, fetched; None when there is none."""
        done = self._git("check-ref-format", f"refs/heads/{name}")
        if done.returncode or self._fetch(f"refs/heads/{name}"):
            return None
        return self.resolve("FETCH_HEAD")

    def _fetch(self, *what: str, depth: str | None = None) -> str:
        """Fetch; the message when it does not work.

        In a shallow clone a new commit comes alone: ``--depth=1`` cuts nothing off that is there, while ``--deepen``
        would bring the whole history of a commit that hangs together with nothing here.
        """
        argv = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules"]
        if depth or self._boundary():
            argv.append(depth or "--depth=1")
        argv += ["--", self.remote, *what]
        done = self._git(*argv)
        if done.returncode and self.token and self._with_token():
            done = self._git(*argv, config=self._with_token())
        return " ".join(done.stderr.split()) if done.returncode else ""

    def _with_token(self) -> tuple[tuple[str, str], ...]:
        """The header for this server, for a checkout that keeps no credentials; never part of a command line."""
        address = self._git("remote", "get-url", self.remote).stdout.strip() or self.remote
        if not self.server or not address.startswith(f"{self.server}/"):
            return ()
        header = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        return ((f"http.{self.server}/.extraheader", f"AUTHORIZATION: basic {header}"),)

    def merge_base(self, one: str, other: str) -> str:
        """The best common ancestor, the same that a whole clone gives. Raises StepError when there is none."""
        for turn in range(_ROUNDS + 2):
            done = self._git("merge-base", one, other)
            boundary = self._boundary()
            if done.returncode == 0:
                found = done.stdout.split()[0]
                # Where a history is cut, a better ancestor may be behind the cut: then it is not known yet.
                between = set(self.git("rev-list", one, other, f"^{found}").split())
                if not between & boundary:
                    return found
            if not boundary:
                raise StepError(f"{one} and {other} have no common ancestor")
            depth = f"--deepen={_FIRST << turn}" if turn < _ROUNDS else "--unshallow"
            error = self._fetch(one, other, depth=depth)
            if error:
                raise StepError(f"the history cannot be fetched: {error}; or use fetch-depth: 0 with actions/checkout")
        raise StepError("the history stays shallow: use fetch-depth: 0 with actions/checkout")
