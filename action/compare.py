"""Step: runs ``tfratchet diff`` and keeps its reports in files. Findings do not end the job here: ``verdict`` does.

Text from the compared files is printed only where the runner takes no command from it, or as the annotations that
tfratchet itself makes harmless.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from gh import StepError, command, env, lines, output, quoted, repository_folder, say, state, step, switched_on, work
from history import environment

SEVERITIES = ("critical", "high", "medium", "low")
CATEGORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")
REPORTS = {"json": "report.json", "sarif": "report.sarif", "markdown": "report.md", "text": "report.txt"}


def arguments(folder: Path, base: str, head: str) -> list[str]:
    """The command line of tfratchet. ``-I``: nothing is imported from the folder that is compared."""
    argv = [sys.executable, "-I", "-m", "tfratchet", "diff", "--base", base, "--head", head, "--format", "github"]
    for name, file in REPORTS.items():
        argv += ["--output", f"{name}={folder / file}"]
    for option in ("config", "baseline", "fail-on"):
        value = env(f"INPUT_{option.upper().replace('-', '_')}")
        if value:
            argv.append(f"--{option}={value}")
    for option in ("include", "var-file"):
        argv += [f"--{option}={item}" for item in lines(f"INPUT_{option.upper().replace('-', '_')}")]
    return [*argv, *lines("INPUT_PATHS")]


def category() -> str:
    """What tells several uses of the action in one workflow apart; empty for the only one."""
    name = env("INPUT_CATEGORY")
    if name and not CATEGORY.fullmatch(name):
        raise StepError("the input category may hold letters, digits, '.', '_' and '-'")
    return name


def run(folder: Path, base: str, head: str) -> tuple[int, str]:
    """Exit code and error text of tfratchet, after its annotations and its report were printed."""
    annotations = switched_on("INPUT_ANNOTATIONS", True)
    done = subprocess.run(
        arguments(folder, base, head),
        cwd=repository_folder(),
        env={k: v for k, v in environment().items() if k != "INPUT_TOKEN"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
    )
    report = folder / REPORTS["text"]
    with quoted("tfratchet: the report"):
        sys.stdout.write(report.read_text(encoding="utf-8") if report.exists() else "")
        sys.stdout.write(done.stderr)
    if annotations:
        sys.stdout.write(done.stdout)
        sys.stdout.flush()
    return (done.returncode if done.returncode in (0, 1) else 2), done.stderr.strip()


def told(title: str, text: str) -> str:
    """A report in place of the one that tfratchet could not write. The text is shown as it is."""
    body = f"<pre>{html.escape(text[:4000])}</pre>\n" if text else ""
    return f"<!-- tfratchet -->\n## {title}\n\n{body}"


def counts(folder: Path) -> dict[str, Any]:
    """The summary of the JSON report; zeros without one."""
    file = folder / REPORTS["json"]
    found: dict[str, Any] = {"findings": 0, "suppressed": 0, "by_severity": {}}
    if file.exists():
        found = json.loads(file.read_text(encoding="utf-8"))["summary"]
    return found


def categorise(file: Path, name: str) -> None:
    """Give the SARIF log its category: an upload takes the place of the last one with the same category only."""
    if name and file.exists():
        log = json.loads(file.read_text(encoding="utf-8"))
        for item in log["runs"]:
            details = item.setdefault("automationDetails", {"id": "tfratchet/"})
            details["id"] = f"{details['id'].rstrip('/')}/{name}/"
        file.write_text(json.dumps(log, indent=2).replace("<", "\\u003c") + "\n", encoding="utf-8")


def main() -> None:
    """Compare; write down the exit code."""
    folder, found = work(), state()
    code, error = 2, found["error"]
    if found["skip"] and not error:
        code = 0
        text = told("✅ tfratchet: nothing to compare", f"{found['skip']}")
        (folder / REPORTS["markdown"]).write_text(text, encoding="utf-8")
    elif not error:
        try:
            name = category()
            code, error = run(folder, found["base"], found["head"])
            categorise(folder / REPORTS["sarif"], name)
        except StepError as wrong:
            error = str(wrong)
    if not (folder / REPORTS["markdown"]).exists():
        command("error", f"could not compare: {error}")
        text = told("⚠️ tfratchet: could not compare", error)
        (folder / REPORTS["markdown"]).write_text(text, encoding="utf-8")
    (folder / "exit-code").write_text(str(code), encoding="ascii")
    summary = counts(folder)
    output("exit-code", code)
    output("findings", summary["findings"])
    output("suppressed", summary["suppressed"])
    for severity in SEVERITIES:
        output(severity, summary["by_severity"].get(severity, 0))
    for name, file in REPORTS.items():
        output(f"{name}-file", folder / file if (folder / file).exists() else "")
    say(f"tfratchet: exit code {code}")


if __name__ == "__main__":
    os.environ.pop("PYTHONPATH", None)
    step(main)
