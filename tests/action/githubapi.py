"""GitHub's API for tests: a server on loopback that keeps comments and SARIF uploads."""

from __future__ import annotations

import base64
import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

BOT = {"login": "github-actions[bot]", "type": "Bot"}


@dataclass
class GitHub:
    """What the server holds, and what it was asked."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    me: dict[str, str] | None = None
    """Who asks; None for the token of a workflow, which may not ask who it is."""
    refuses: dict[str, int] = field(default_factory=dict)
    """Status by the start of "METHOD path" for what is not allowed."""
    broken: dict[str, int] = field(default_factory=dict)
    """How many times an answer to "METHOD path" is 502."""

    def add(self, body: str, user: dict[str, str] = BOT) -> int:
        """A comment that is there already; gives its id."""
        self.comments.append({"id": 1000 + len(self.comments), "body": body, "user": user})
        return int(self.comments[-1]["id"])

    def log(self, upload: int = -1) -> dict[str, Any]:
        """An uploaded SARIF log, unpacked."""
        found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(self.uploads[upload]["sarif"])))
        return found

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and body for a request."""
        call = f"{method} {urlsplit(path).path}"
        self.asked.append(call)
        for start, status in self.refuses.items():
            if call.startswith(start):
                return status, {"message": "Resource not accessible by integration"}
        if self.broken.get(call, 0):
            self.broken[call] -= 1
            return 502, None
        query = parse_qs(urlsplit(path).query)
        if call == "GET /user":
            return (200, self.me) if self.me else (403, {"message": "Resource not accessible by integration"})
        if call == "GET /repos/acme/infra/issues/7/comments":
            size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
            assert size <= 100
            return 200, self.comments[size * (page - 1) : size * page]
        if call == "POST /repos/acme/infra/issues/7/comments":
            return 201, self._shown(self.add(body["body"], self.me or BOT))
        found = re.fullmatch(r"PATCH /repos/acme/infra/issues/comments/(\d+)", call)
        if found:
            next(c for c in self.comments if c["id"] == int(found[1]))["body"] = body["body"]
            return 200, self._shown(int(found[1]))
        if call == "POST /repos/acme/infra/code-scanning/sarifs":
            self.uploads.append(body)
            return 202, {"id": "47177e22"}
        return 404, {"message": "Not Found"}

    def _shown(self, number: int) -> dict[str, Any]:
        comment = next(c for c in self.comments if c["id"] == number)
        assert len(comment["body"]) <= 65_536
        return {**comment, "html_url": f"https://github.example/comment/{number}"}


_State = TypeVar("_State", bound="Any")


def _handler(state: Any) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            state.tokens.add(self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN", ""))
            status, answer = state.answer(self.command, self.path, body)
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"{state.url}/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET: Callable[..., None] = _any  # noqa: N815
        do_POST: Callable[..., None] = _any  # noqa: N815
        do_PATCH: Callable[..., None] = _any  # noqa: N815
        do_PUT: Callable[..., None] = _any  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def serve(state: _State) -> Iterator[_State]:
    """A server on a free port of loopback that answers with ``state``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
