"""Step: shows the report on the page of the workflow run. Needs no permission, so it works for forks as well."""

from __future__ import annotations

import os

from gh import command, env, step, switched_on, work

LIMIT = 1024 * 1024  # bytes a step; GitHub shows nothing of a longer one


def main() -> None:
    """Append the report to the summary of this step."""
    path = env("GITHUB_STEP_SUMMARY")
    if not path or not switched_on("INPUT_SUMMARY", True):
        return
    text = (work() / "report.md").read_text(encoding="utf-8") + "\n"
    used = os.path.getsize(path) if os.path.exists(path) else 0
    if used + len(text.encode()) > LIMIT:
        command("notice", "the report does not fit into the summary any more: see the log")
        return
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    step(main)
