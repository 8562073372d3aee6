"""Step: uploads the SARIF log to GitHub code scanning, compressed and as base64, as its API asks for.

What cannot be uploaded (a fork's token may not, code scanning is not there) is told in a notice and fails nothing.
"""

from __future__ import annotations

import base64
import gzip

from api import ApiError, github
from gh import command, env, needed, say, state, step, switched_on, work


def main() -> None:
    """Upload the log."""
    if not switched_on("INPUT_SARIF", True):
        return
    found, folder = state(), work()
    file = folder / "report.sarif"
    if not file.exists() or not found["ref"]:
        return
    if (folder / "exit-code").read_text(encoding="ascii") == "2":
        # Alerts that are not in the log are closed: a part must not look like the whole.
        command("notice", "nothing is uploaded to code scanning, since not everything could be compared")
        return
    token = env("INPUT_TOKEN")
    if not token:
        command("notice", "nothing is uploaded to code scanning, since there is no token")
        return
    log = base64.b64encode(gzip.compress(file.read_bytes(), mtime=0)).decode("ascii")
    body = {"commit_sha": found["head"], "ref": found["ref"], "sarif": log, "tool_name": "tfratchet"}
    api = github(token)
    try:
        api.call("POST", f"repos/{needed('GITHUB_REPOSITORY')}/code-scanning/sarifs", body)
    except ApiError as error:
        if error.refused:
            hint = "this job may not upload to code scanning (a fork, no 'security-events: write', or not switched on)"
            command("notice", f"{hint}: {error}")
        else:
            command("warning", f"nothing was uploaded to code scanning: {error}")
        return
    say(f"tfratchet: uploaded to code scanning for {found['ref']}")


if __name__ == "__main__":
    step(main)
