"""A small runner: takes ``action.yml`` as it is and runs its steps in order, as GitHub does with a composite action."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

import gitrepo

ROOT = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
REPOSITORY = "acme/infra"


def installed(temp: Path, action: Path = ROOT) -> Path:
    """Prepare ``RUNNER_TEMP`` as an earlier use of the action in the same job leaves it; a test of its own installs."""
    place = temp / "tfratchet-venv"
    venv.create(place, with_pip=False, symlinks=True)
    packages = next((place / "lib").glob("python*/site-packages"))
    paths = [ROOT / "plugin", ROOT / "checks", sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    (packages / "dev.pth").write_text("".join(f"{p}\n" for p in paths))
    (place / "tfratchet-installed-from").write_text(str(action))
    return temp


@dataclass
class Done:
    """How a job ended."""

    code: int = 0
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)

    @property
    def commands(self) -> list[str]:
        """The lines that the runner acts on: those that no ``stop-commands`` covers."""
        found, stopped = [], ""
        for line in self.log.splitlines():
            text = line.lstrip()
            if stopped:
                stopped = "" if text == f"::{stopped}::" else stopped
            elif text.startswith("::stop-commands::"):
                stopped = text.removeprefix("::stop-commands::")
            elif text.startswith("::") or "##[" in line:
                found.append(text)
        return found


@dataclass
class Job:
    """One job: a checked-out repository, an event, and the action."""

    workspace: Path
    temp: Path
    name: str
    payload: Mapping[str, Any]
    api: str = "http://127.0.0.1:9"  # nobody listens there
    token: str = "the-token"
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self, **inputs: str) -> Done:
        """Run every step; the first that fails ends the job."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert given.keys() <= ACTION["inputs"].keys(), given
        event = self.temp / "event.json"
        event.write_text(json.dumps(self.payload), encoding="utf-8")
        known = {"github.token": self.token}
        for name, declared in ACTION["inputs"].items():
            known[f"inputs.{name}"] = given.get(name, _expand(declared.get("default", ""), known))
        env = gitrepo.environment(self.temp) | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_API_URL": self.api,
            "GITHUB_EVENT_NAME": self.name,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            "no_proxy": "*",
            **self.env,
        }
        done = Done()
        for step in ACTION["runs"]["steps"]:
            self._step(step, env, known, done)
            if done.code:
                break
        done.outputs = {
            name: _expand(declared["value"], known, missing="") for name, declared in ACTION["outputs"].items()
        }
        return done

    def _step(self, step: Mapping[str, Any], env: Mapping[str, str], known: dict[str, str], done: Done) -> None:
        output, summary = self.temp / "output", self.temp / "summary.md"
        output.write_text("")
        summary.write_text("")
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        own = {name: _expand(value, known) for name, value in step.get("env", {}).items()}
        assert step["shell"] == "bash"
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={**env, **own, **files},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
        done.ran.append(step["id"])
        done.code = ended.returncode
        done.log += ended.stdout
        done.summary += summary.read_text(encoding="utf-8")
        for name, value in _outputs(output.read_text(encoding="utf-8")).items():
            known[f"steps.{step['id']}.outputs.{name}"] = value


def _expand(text: str, known: Mapping[str, str], missing: str | None = None) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] in known:
            return known[match[1]]
        assert match[1].startswith("steps."), f"{match[1]} is no input"
        assert missing is not None or ".outputs." in match[1]
        return missing or ""

    return _EXPRESSION.sub(value, str(text))


def _outputs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, here, end = line.partition("<<")
        if not here:
            name, _, found_value = line.partition("=")
            found[name] = found_value
            continue
        found[name] = "\n".join(iter(lambda: next(lines), end))
    return found
