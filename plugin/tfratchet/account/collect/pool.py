"""A pool of workers that nobody has to wait for: Ctrl-C and errors end a run at once, whatever is still under way.

The threads of ``concurrent.futures`` are joined when Python ends, so a server that does not answer would keep a process
for minutes after Ctrl-C. Nothing here changes anything in an account, so a call may be left alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class Pool:
    """``size`` daemon threads at most, started when there is work for them."""

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._stopped = False

    def submit(self, call: Callable[..., _Result], *arguments: Any) -> Future[_Result]:
        """Have ``call`` done. After ``stop`` the future is cancelled."""
        future: Future[_Result] = Future()
        with self._lock:
            if self._stopped:
                future.cancel()
                return future
            self._work.put((future, lambda: call(*arguments)))
            if len(self._threads) < self._size:
                name = f"{self._name}-{len(self._threads)}"
                self._threads.append(threading.Thread(target=self._run, name=name, daemon=True))
                self._threads[-1].start()
        return future

    def stop(self) -> None:
        """Begin nothing new, and wait for nothing."""
        with self._lock:
            self._stopped = True
            for _ in self._threads:
                self._work.put(None)

    def _run(self) -> None:
        while True:
            item = self._work.get()
            if item is None:
                return
            future, call = item
            if self._stopped or not future.set_running_or_notify_cancel():
                future.cancel()
                continue
            try:
                result = call()
            except BaseException as error:  # noqa: BLE001 (it belongs to whoever asks for the result)
                future.set_exception(error)
            else:
                future.set_result(result)
