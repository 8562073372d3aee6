"""``python -m tfratchet.hosting.gitlab CODE REPORT.md REPORT.json``: the note on a merge request, updated in place.

Run by ``ci/gitlab.yml`` when ``TFRATCHET_NOTE_TOKEN`` is set (a project access token with the scope ``api``; the job's
own token may not write notes). Never fails the job: the report is in the log and in the artifacts.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tfratchet.hosting.comment import has_news, is_marked, marker
from tfratchet.hosting.web import Api, ApiError
from tfratchet.report.escape import printable

LIMIT = 1_000_000  # characters of a note
_LOST = "## ⚠️ tfratchet: could not compare\n\nSee the log of the job.\n"


def write(api: Api, project: str, request: str, text: str, *, mark: str, post: bool) -> str:
    """Update our note, or post it when there is none and ``post``. Says what was done. Raises ApiError."""
    me = api.get("user")["id"]
    place = f"projects/{project}/merge_requests/{request}/notes"
    notes: list[dict[str, Any]] = [
        note for note in api.pages(f"{place}?sort=asc&order_by=created_at") if is_marked(note.get("body"), mark)
    ]
    # A note of somebody else that only copies the marker is left alone.
    mine = next((note["id"] for note in notes if (note.get("author") or {}).get("id") == me), None)
    if mine is not None:
        api.call("PUT", f"{place}/{int(mine)}", {"body": text})
        return "the note is updated"
    if not post:
        return "nothing to say, no note"
    # Not tried again: a note that was posted although the answer got lost would be there twice.
    api.call("POST", place, {"body": text}, again=False)
    return "a note is posted"


def main(argv: list[str]) -> int:
    """Write the note; what does not work is told, and is no reason to fail."""
    code, report, data = int(argv[0]), Path(argv[1]), Path(argv[2])
    token, project = os.environ.get("TFRATCHET_NOTE_TOKEN", ""), os.environ.get("CI_MERGE_REQUEST_PROJECT_ID", "")
    request = os.environ.get("CI_MERGE_REQUEST_IID", "")
    if not (token and project.isdigit() and request.isdigit()):
        sys.stdout.write("tfratchet: no note: no token, or no merge request\n")
        return 0
    mark = marker(os.environ.get("CI_JOB_NAME_SLUG", ""))
    text = mark + (report.read_text(encoding="utf-8") if report.exists() else _LOST)
    api = Api(os.environ["CI_API_V4_URL"], {"PRIVATE-TOKEN": token})
    try:
        said = write(api, project, request, text[:LIMIT], mark=mark, post=has_news(data, code))
    except ApiError as error:
        said = f"the note could not be written: {error}"
    sys.stdout.write(f"tfratchet: {printable(said)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
