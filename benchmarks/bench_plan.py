"""``tfratchet plan`` on a plan of 100 MB: time and memory of the whole process, beside a tenth of it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import make_plan
from run import BIN, Row

_MEGABYTES = (10, 100)


def _measured(plan: Path) -> tuple[float, float]:
    """Seconds and mebibytes of one run, of which a process of its own keeps count."""
    program = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], capture_output=True, text=True)\n"
        "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    start = time.perf_counter()
    argv = [sys.executable, "-c", program, str(BIN / "tfratchet"), "plan", str(plan)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    code, memory = done.stdout.split()
    if code != "1":
        raise SystemExit(f"tfratchet plan ended with {code}: one attachment and one policy of the plan are lost")
    return seconds, int(memory) / 1024


def rows() -> Iterator[Row]:
    """One row for time, one for memory."""
    best: dict[int, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for size in _MEGABYTES:
            plan = Path(name) / f"{size}.json"
            make_plan.write(plan, size)
            found = [_measured(plan) for _ in range(2)]
            best[size] = min(found)[0], max(memory for _, memory in found)
            plan.unlink()
    small, large = (best[size] for size in _MEGABYTES)
    yield Row(
        "a plan of 100 MB, whole process",
        f"{large[0]:.1f} s",
        f"10 MB {small[0]:.1f} s",
        "at most 10 s",
        large[0] <= 10,
    )
    yield Row(
        "the same, memory",
        f"{large[1]:.0f} MiB",
        f"10 MB {small[1]:.0f} MiB",
        "at most 1,024 MiB",
        large[1] <= 1024,
    )
