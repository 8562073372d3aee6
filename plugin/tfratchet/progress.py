"""One line on a terminal for work that takes longer than a second; nothing anywhere else.

    with Progress("evaluating root modules", total=len(targets), quiet=quiet) as progress:
        for target in targets:
            progress.step(target.path)      # 3/12  infra/prod
            ...

The line goes to stderr, is drawn over itself and wiped at the end, so that neither a report nor an error ever stands
behind it. It is there only when stderr is a terminal, and not with ``quiet``, not when ``CI`` is set,
not for ``TERM=dumb``.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TextIO

from tfratchet.report.escape import printable

DELAY = 1.0
"""Seconds before the line appears."""
INTERVAL = 0.2
"""Seconds between two looks of it."""

_showing = threading.Lock()  # two lines would draw over each other: the outermost one is shown


def wanted(stream: TextIO | None = None) -> bool:
    """Whether this terminal wants a progress line. Continuous integration sets ``CI``, even where it has a terminal."""
    stream = stream or sys.stderr
    try:
        terminal = stream.isatty()
    except ValueError:  # closed
        return False
    ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    return terminal and not ci and os.environ.get("TERM") != "dumb"


class Progress:
    """How far a piece of work is. Everything but ``with`` may be called from any thread.

    ``label``: what is done (``evaluating root modules``). ``total``: how many steps, None when that is not known (yet:
    it may be set later). ``quiet``: never show anything.
    """

    def __init__(self, label: str, total: int | None = None, *, quiet: bool = False) -> None:
        self.label = label
        self.total = total
        self.done = 0
        """Steps so far, the one under way included."""
        self.item = ""
        self._quiet = quiet
        self._shown = False
        self._paused = False
        self._outer = False
        self._width = 0
        self._stop = threading.Event()
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None
        self._start = 0.0
        self._last = 0.0

    def __enter__(self) -> Progress:
        self._start = time.monotonic()
        if not self._quiet and wanted() and _showing.acquire(blocking=False):
            self._outer = True
            self._thread = threading.Thread(target=self._keep_drawing, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is None:
            return
        self._stop.set()
        self._thread.join()
        self._thread = None
        self._wipe()
        if self._outer:
            self._outer = False
            _showing.release()

    def step(self, item: str = "") -> None:
        """One more step, about ``item`` (a name from anywhere: it is made harmless)."""
        with self._lock:
            self.done += 1
            self.item = item
            self._draw_when_due()

    def say(self, label: str, total: int | None = None) -> None:
        """Another piece of work begins, counted from nought."""
        with self._lock:
            self.label, self.total, self.done, self.item = label, total, 0, ""
            self._draw_when_due()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The line is away while something else is written to the terminal, or asked there."""
        with self._lock:
            self._wipe()
            self._paused = True
        try:
            yield
        finally:
            self._paused = False

    def text(self) -> str:
        """The line as it would be drawn now, without the seconds."""
        count = ""
        if self.total is not None:
            count = f" {self.done:,}/{self.total:,}"
        elif self.done:
            count = f" {self.done:,}"
        return printable(f"{self.label}{count}" + (f"  {self.item}" if self.item else ""))

    def _keep_drawing(self) -> None:
        if self._stop.wait(DELAY):
            return
        while True:
            with self._lock:
                self._draw()
            if self._stop.wait(INTERVAL):
                return

    def _draw_when_due(self) -> None:
        """Between two looks of the thread, which may have to wait long for its turn in a busy process."""
        now = time.monotonic()
        if self._thread is not None and now - self._start >= DELAY and now - self._last >= INTERVAL:
            self._draw()

    def _draw(self) -> None:
        if self._paused or self._stop.is_set():
            return
        self._last = time.monotonic()
        seconds = f" {self._last - self._start:.0f} s"
        line = _cut(self.text(), _columns() - len(seconds) - 1) + seconds
        width = _columns_of(line)
        self._write("\r" + line + " " * (self._width - width))
        self._width = width
        self._shown = True

    def _wipe(self) -> None:
        if self._shown:
            self._write("\r" + " " * self._width + "\r")
            self._width = 0
            self._shown = False

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):  # the terminal has gone: the work goes on
            self._stop.set()


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _columns_of(text: str) -> int:
    """Columns that a terminal needs for ``text``."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str, columns: int) -> str:
    """``text`` in no more than ``columns``, so that the line never wraps: a second line could not be wiped."""
    while text and _columns_of(text) > columns:
        text = text[:-1]
    return text
