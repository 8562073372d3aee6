"""What the parts of the collector share: a bounded pool of workers, pages, and what happens when AWS says no."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, TypeVar

import botocore.exceptions as aws

from tfratchet.account.collect.pool import Pool
from tfratchet.account.facts import Unread
from tfratchet.account.session import WORKERS, Account, error_code, refused, told_error

if TYPE_CHECKING:
    from tfratchet.progress import Progress

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def utc(when: datetime | None) -> datetime | None:
    """A time of botocore, in UTC: it gives local ones."""
    return None if when is None else when.astimezone(timezone.utc)


class Reader:
    """Asks one account. A refused call is written down in ``unread`` and gives the default; every other error of AWS
    (expired credentials, throttling without end, no network) ends the run as a UserError.

    Two pools: parts wait for single calls, so both in one pool could wait for each other for ever.
    """

    def __init__(self, account: Account, progress: Progress | None = None) -> None:
        self.account = account
        self.progress = progress
        self._unread: dict[tuple[str, str], Unread] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._parts = Pool(8, "part")
        self._calls = Pool(WORKERS, "call")

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._parts.stop()
        self._calls.stop()

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What could not be read, in a fixed order."""
        with self._lock:
            return tuple(self._unread[key] for key in sorted(self._unread))

    def client(self, service: str, region: str | None = None) -> Any:
        """A client, as ``Account.client`` gives it."""
        return self.account.client(service, region)

    def ask(
        self,
        part: str,
        action: str,
        call: Callable[[], _Result],
        default: _Result,
        *,
        absent: tuple[str, ...] = (),
    ) -> _Result:
        """The answer of ``call``, or ``default`` when AWS refuses it (an ``Unread`` of ``part``) or answers with one of
        the codes in ``absent`` (there is nothing, which is an answer).

        ``action``: as IAM writes it. Raises UserError for any other error.
        """
        try:
            return call()
        except (aws.BotoCoreError, aws.ClientError) as error:
            if error_code(error) in absent:
                return default
            if refused(error):
                self.missing(part, action, f"AWS refuses it ({error_code(error)})")
                return default
            raise told_error(error, f"reading {part.replace('_', ' ')}") from error

    def pause(self, seconds: float) -> bool:
        """Wait, as a part does for AWS. False: at once, since the run has ended meanwhile."""
        return not self._ended.wait(seconds)

    def missing(self, part: str, action: str, reason: str) -> None:
        """Write down that something of ``part`` could not be read."""
        with self._lock:
            self._unread.setdefault((part, action), Unread(part, action, reason))

    def pages(self, client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
        """Everything of a paginated operation: the items under ``key`` of each page."""
        found: list[Any] = []
        for page in client.get_paginator(operation).paginate(**arguments):
            found += page.get(key, ())
        return found

    def start(self, part: Callable[[], _Result]) -> Future[_Result]:
        """Run a part beside the others."""
        return self._parts.submit(part)

    def each(self, items: Iterable[_Item], call: Callable[[_Item], _Result]) -> Iterator[_Result]:
        """``call`` for each item, ``WORKERS`` at once, results in order. The first error ends the others."""
        futures = [self._calls.submit(self._counted, call, item) for item in items]
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        failed = next((f for f in done if f.exception() is not None), None)
        if failed is not None:
            for future in futures:
                future.cancel()
            failed.result()
        return (future.result() for future in futures)

    def _counted(self, call: Callable[[_Item], _Result], item: _Item) -> _Result:
        result = call(item)
        if self.progress is not None:
            self.progress.step()
        return result
