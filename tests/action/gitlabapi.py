"""GitLab's API for tests: keeps the notes of one merge request. Served by ``githubapi.serve``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

NOTES = "/projects/12/merge_requests/7/notes"


@dataclass
class GitLab:
    """What the server holds, and what it was asked."""

    url: str = ""
    notes: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    status: int = 200

    def add(self, body: str, author: int = 1) -> None:
        self.notes.append({"id": 500 + len(self.notes), "body": body, "author": {"id": author}})

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        place = urlsplit(path).path
        self.asked.append(f"{method} {place}")
        if self.status != 200:
            return self.status, {"message": "no\x1b[31m"}
        if (method, place) == ("GET", "/user"):
            return 200, {"id": 1}
        if (method, place) == ("GET", NOTES):
            query = parse_qs(urlsplit(path).query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return 200, self.notes[size * (page - 1) : size * page]
        if (method, place) == ("POST", NOTES):
            self.add(body["body"])
            return 201, self.notes[-1]
        if method == "PUT" and place.startswith(f"{NOTES}/"):
            note = next(n for n in self.notes if n["id"] == int(place.rpartition("/")[2]))
            note["body"] = body["body"]
            return 200, note
        return 404, {"message": "404 Not Found"}
