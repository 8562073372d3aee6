"""``tfratchet events`` on a folder of log files: seconds and memory of the whole process, beside a tenth of the logs.

``TFRATCHET_BENCH_MB=200 make bench`` makes fewer of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from make_events import make
from run import BIN, Row

MEGABYTES = float(os.environ.get("TFRATCHET_BENCH_MB", "1000"))


def measured(folder: Path) -> tuple[float, float]:
    """Seconds and megabytes of memory of one run: the better of two."""
    runs = []
    for _ in range(2):
        start = time.perf_counter()
        process = subprocess.Popen(
            [BIN / "tfratchet", "events", str(folder), "--fail-on", "never", "--quiet"], stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"tfratchet events ended with {os.waitstatus_to_exitcode(status)}")
        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # ru_maxrss: bytes there, kilobytes elsewhere
        runs.append((time.perf_counter() - start, used.ru_maxrss / unit))
    return min(runs)[0], max(memory for _, memory in runs)


def rows() -> Iterator[Row]:
    """The row of the table."""
    with tempfile.TemporaryDirectory(prefix="tfratchet-bench-") as name:
        small, large = Path(name) / "small", Path(name) / "large"
        make(small, MEGABYTES / 10)
        files, records = make(large, MEGABYTES)
        few, _ = measured(small)
        seconds, memory = measured(large)
    yield Row(
        f"events: {MEGABYTES:,.0f} MB of log files ({files:,} files, {records:,} records), whole process",
        f"{seconds:.1f} s, {memory:,.0f} MB of memory",
        f"a tenth of it {few:.1f} s",
        "1,000 MB on two cores in under 60 s, in under 2,000 MB of memory",
        seconds < 60 * max(MEGABYTES, 1000) / 1000 and memory < 2000,
    )
