"""Writes docs/comparison.md: what each tool says about the same changes. Really runs what can be run.

    python tools/comparison.py [--jobs 2] [NAME ...]

For each folder of ``tests/comparison`` (``base``, ``head``, ``title.txt``): one run of Checkov with all its built-in
checks and ours on base, one on head, and one ``tfratchet diff``. With names only these are run and printed, and the
page stays as it is. Needs the environment that ``make dev`` makes; no network.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAIRS = ROOT / "tests" / "comparison"
PAGE = ROOT / "docs" / "comparison.md"
START, END = "<!-- table -->", "<!-- /table -->"
OURS = "CKV_TFR_"


@dataclass(frozen=True)
class Verdicts:
    """What a state scanner says about head that it does not say about base, and the other way round."""

    new: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One change and what was said about it."""

    name: str
    title: str
    builtin: Verdicts
    ours: Verdicts
    diff: tuple[str, ...]

    @property
    def loss(self) -> bool:
        """False for a change that takes nothing away."""
        return not self.title.startswith("No loss")


def failures(folder: Path) -> set[tuple[str, str]]:
    """(check, resource) of every failed check, built-in and ours. Raises RuntimeError when Checkov did not run."""
    command = [sys.executable, "-m", "tfratchet", "scan", str(folder), "--", "--framework", "terraform", "-o", "json"]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("CKV_", "CHECKOV_", "BC_"))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=ROOT)
    if done.returncode not in (0, 1) or "[ERROR]" in done.stderr:
        raise RuntimeError(f"Checkov failed on {folder}:\n{done.stderr}")
    data = json.loads(done.stdout)
    return {(r["check_id"], r["resource"]) for r in data.get("results", {}).get("failed_checks", ())}


def findings(pair: Path) -> tuple[str, ...]:
    """Rules and severities that ``tfratchet diff`` reports. Raises RuntimeError when it could not compare."""
    command = [sys.executable, "-m", "tfratchet", "diff", "--format", "json"]
    command += ["--base-dir", str(pair / "base"), "--head-dir", str(pair / "head")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"tfratchet diff failed on {pair}:\n{done.stderr}")
    found = json.loads(done.stdout)["findings"]
    return tuple(dict.fromkeys(f"{f['rule']} {f['severity']}" for f in found))


def compare(name: str) -> Row:
    """Run everything on one pair."""
    pair = PAIRS / name
    base, head = failures(pair / "base"), failures(pair / "head")

    def verdicts(ours: bool) -> Verdicts:
        def ids(items: set[tuple[str, str]]) -> tuple[str, ...]:
            return tuple(sorted({check for check, _ in items if check.startswith(OURS) is ours}))

        return Verdicts(ids(head - base), ids(base - head))

    title = (pair / "title.txt").read_text(encoding="utf-8").strip()
    return Row(name, title, verdicts(ours=False), verdicts(ours=True), findings(pair))


def names() -> list[str]:
    """Every pair, in order."""
    return sorted(p.name for p in PAIRS.iterdir() if (p / "title.txt").is_file())


def line(row: Row) -> str:
    """The row of the table for one pair."""
    cells = [row.title]
    for verdicts in (row.builtin, row.ours):
        new = "**new:** " + ", ".join(verdicts.new) if verdicts.new else ""
        gone = "greener: " + ", ".join(verdicts.gone) if verdicts.gone else ""
        cells.append("; ".join(filter(None, (new, gone))) or "silent")
    cells.append(", ".join(row.diff) or "silent")
    return "| " + " | ".join(cells) + " |"


def table(rows: list[Row]) -> str:
    """The table, and what it adds up to."""
    losses = [r for r in rows if r.loss]
    count = len(losses)

    def says(which: str) -> int:
        return sum(bool(getattr(r, which).new) for r in losses)

    def greener(which: str) -> int:
        return sum(bool(getattr(r, which).gone) and not getattr(r, which).new for r in losses)

    lines = [
        "| change | Checkov, built-in checks | Checkov, our checks | `tfratchet diff` |",
        "| --- | --- | --- | --- |",
        *map(line, rows),
        "",
        f"Of {count} changes that take something away, Checkov's built-in checks say something new about "
        f"{says('builtin')} and only turn greener on {greener('builtin')}; together with ours they say something new "
        f"about {sum(bool(r.builtin.new or r.ours.new) for r in losses)}; `tfratchet diff` reports "
        f"{sum(bool(r.diff) for r in losses)}. Of {len(rows) - count} changes that take nothing away `tfratchet diff` "
        f"reports {sum(bool(r.diff) for r in rows if not r.loss)}.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the pairs, and write the page or print the rows."""
    parser = argparse.ArgumentParser(description="Compare what the tools say about the same changes.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these pairs, printed")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    known = names()
    wrong = [n for n in options.names if n not in known]
    if wrong:
        sys.exit(f"no such pair: {', '.join(wrong)}")
    with ThreadPoolExecutor(options.jobs) as pool:
        rows = list(pool.map(compare, options.names or known))
    if options.names:
        print("\n".join(map(line, rows)))
        return
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.split(START)[0], page.split(END)[1]
    PAGE.write_text(f"{before}{START}\n{table(rows)}\n{END}{after}", encoding="utf-8")
    print(f"{len(rows)} changes compared, {PAGE.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
