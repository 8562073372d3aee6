"""A JSON API over HTTP, by the standard library. The token goes to the API's own address and nowhere else."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

_TRIES = 3
_AGAIN = (429, 500, 502, 503, 504)
_TIMEOUT = 30.0
PAGE = 100


class ApiError(Exception):
    """What the API said instead of doing it. ``status`` is 0 when it could not be reached."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status or 'no answer'}: {message}")
        self.status = status

    @property
    def refused(self) -> bool:
        """Whether it is about permission: a fork, or a job that was not given it."""
        return self.status in (401, 403, 404)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would take the token along, to whatever address it is sent to."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        return None


class Api:
    """The API at ``address``; ``headers`` go with every request, the token among them."""

    def __init__(self, address: str, headers: Mapping[str, str], pause: float = 1.0) -> None:
        self.address = address.rstrip("/")
        self.headers = {"Content-Type": "application/json", "User-Agent": "tfratchet", **headers}
        self.pause = pause
        self.opener = urllib.request.build_opener(_NoRedirect)

    def get(self, path: str) -> Any:
        """The answer to a GET, as plain data. Raises ApiError."""
        return self.call("GET", path)

    def pages(self, path: str) -> Iterator[Any]:
        """The items of a list that comes in pages. Raises ApiError."""
        page = 1
        while True:
            items = self.get(f"{path}{'&' if '?' in path else '?'}per_page={PAGE}&page={page}")
            yield from items
            if len(items) < PAGE:
                return
            page += 1

    def call(self, method: str, path: str, body: Any = None, *, again: bool = True) -> Any:
        """The answer as plain data. ``again``: try again when the server is at fault. Raises ApiError."""
        for turn in range(_TRIES):
            try:
                return self._once(method, path, body)
            except ApiError as error:  # noqa: PERF203 (trying again is what the loop is for)
                last = turn + 1 == _TRIES
                if last or not again or (error.status and error.status not in _AGAIN):
                    raise
                time.sleep(self.pause * 2**turn)
        raise AssertionError("not reached")

    def _once(self, method: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310 (the address is the one that the CI system sets)
            f"{self.address}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers=dict(self.headers),
        )
        try:
            with self.opener.open(request, timeout=_TIMEOUT) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, _message(error.read(), str(error.reason))) from None
        except OSError as error:
            raise ApiError(0, str(getattr(error, "reason", error))) from None
        try:
            return json.loads(text) if text else None
        except ValueError:
            raise ApiError(0, "the answer is no JSON") from None


def _message(body: bytes, reason: str) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, TypeError, KeyError):
        return reason
