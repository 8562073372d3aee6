"""Real git repositories for tests: hermetic (no global or system configuration), the same ids in every run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_FIRST_DAY = 1767225600  # 2026-01-01T00:00:00Z; each commit is a minute later


def environment(home: Path) -> dict[str, str]:
    """The environment for a git that sees nothing of this machine's configuration."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return kept | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ann Author",
        "GIT_AUTHOR_EMAIL": "ann@example.com",
        "GIT_COMMITTER_NAME": "Ann Author",
        "GIT_COMMITTER_EMAIL": "ann@example.com",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
    }


class Repo:
    """A repository with a work tree at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._clock = _FIRST_DAY

    def git(self, *args: str, stdin: str | None = None, check: bool = True) -> str:
        """Run git in the work tree; its output without the last newline. Fails loudly when git fails."""
        env = environment(self.path.parent)
        env["GIT_AUTHOR_DATE"] = env["GIT_COMMITTER_DATE"] = f"{self._clock} +0000"
        done = subprocess.run(  # noqa: PLW1510 (checked below, with the output)
            ["git", *args],
            cwd=self.path,
            env=env,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
        )
        if check and done.returncode:
            raise AssertionError(f"git {' '.join(args)} failed in {self.path}:\n{done.stdout}{done.stderr}")
        return done.stdout.removesuffix("\n")

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files of the work tree, folders included; None deletes one. Nothing is staged."""
        for name, content in files.items():
            target = self.path / name
            if content is None:
                target.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def stage(self, *paths: str) -> None:
        """``git add --all`` of these paths, or of everything."""
        self.git("add", "--all", "--", *(paths or (".",)))

    def commit(self, message: str = "change", files: Mapping[str, str | bytes | None] | None = None) -> str:
        """Write ``files``, stage everything, commit (also when nothing changed). Returns the full id."""
        if files:
            self.write(files)
        self.stage()
        self._clock += 60
        self.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", message)
        return self.git("rev-parse", "HEAD")


def make_repo(tmp_path: Path, name: str = "repo", *, sha256: bool = False) -> Repo:
    """A new, empty repository at ``tmp_path / name`` on branch ``main``, without commits."""
    path = tmp_path / name
    path.mkdir(parents=True)
    repo = Repo(path)
    repo.git("init", "--quiet", "--initial-branch=main", *(["--object-format=sha256"] if sha256 else []))
    repo.git("config", "core.autocrlf", "false")
    repo.git("config", "gc.auto", "0")
    return repo
