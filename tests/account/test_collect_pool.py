"""The pool of the collector: bounded, results and errors where they belong, and nothing to wait for at the end."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError

import pytest

from tfratchet.account.collect.pool import Pool


def test_results_and_errors() -> None:
    pool = Pool(4, "test")
    futures = [pool.submit(lambda n: 100 // n, n) for n in (4, 0, 5)]
    assert (futures[0].result(), futures[2].result()) == (25, 20)
    with pytest.raises(ZeroDivisionError):
        futures[1].result()
    pool.stop()


def test_no_more_workers_than_wanted() -> None:
    pool, here, most = Pool(3, "test"), [0], [0]
    lock, full = threading.Lock(), threading.Event()

    def call() -> None:
        with lock:
            here[0] += 1
            most[0] = max(most[0], here[0])
            if here[0] == 3:
                full.set()
        full.wait(30)  # nobody goes on before three are there
        with lock:
            here[0] -= 1

    for future in [pool.submit(call) for _ in range(30)]:
        future.result()
    pool.stop()
    assert most[0] == 3


def test_stop_waits_for_nothing_and_begins_nothing() -> None:
    pool, begun, go_on = Pool(1, "test"), threading.Event(), threading.Event()

    def hang() -> str:
        begun.set()
        go_on.wait(30)
        return "done"

    under_way, waiting = pool.submit(hang), pool.submit(lambda: "never")
    assert begun.wait(30)
    pool.stop()
    assert not under_way.done()
    late = pool.submit(lambda: "never")
    assert late.cancelled()
    go_on.set()
    assert under_way.result(30) == "done"
    with pytest.raises(CancelledError):
        waiting.result(30)
