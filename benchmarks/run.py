"""Prints the speed of tfratchet, each number beside Checkov's or beside its own smaller size.

    make bench                      everything
    python benchmarks/run.py NAME   only what has NAME in its name

Another benchmark is one file ``benchmarks/bench_NAME.py`` with ``rows() -> Iterator[Row]``. No test depends on a time:
seconds depend on the machine, so each row says beside what to read it.
"""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BIN = Path(sys.executable).parent

# Checkov's built-in checks on IAM and CloudTrail.
CHECKOV_CHECKS = [
    *(f"CKV_AWS_{n}" for n in (1, 9, 10, 11, 12, 13, 14, 15, 35, 36, 40, 49, 60, 61, 62, 63, 67, 107, 108, 109, 110)),
    *(f"CKV_AWS_{n}" for n in (111, 251, 252, 273, 274)),
    *(f"CKV2_AWS_{n}" for n in (10, 14, 21, 22, 40, 56)),
]


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    beside: str
    wanted: str
    good: bool


def timed(action: Callable[[], object], runs: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """The best time of ``action``, in seconds, after one run that is not counted.

    The best, as other work on the machine can only add to it.
    """
    action()
    times = []
    for _ in range(runs):
        start = clock()
        action()
        times.append(clock() - start)
    return min(times)


def command(argv: Sequence[str | Path], folder: Path, codes: Sequence[int]) -> Callable[[], object]:
    """A process to time; fails when it does not end with one of ``codes``."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(ROOT / ".cache" / "bytecode")  # compiled once, as in any installation

    def run() -> None:
        done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, check=False)
        if done.returncode not in codes:
            raise SystemExit(f"{' '.join(map(str, argv))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")

    return run


def small_change() -> Iterator[Row]:
    """One staged change in a small repository: the whole process, beside Checkov on the same folder."""
    sys.path.insert(0, str(ROOT / "tools"))
    demo = importlib.import_module("demo")
    demo.build()
    demo.run("git", "add", ".").check_returncode()
    ours = timed(command([BIN / "tfratchet", "diff", "--staged"], demo.DEMO, [1]), 9)
    checkov = BIN / "checkov"
    if not checkov.exists():
        raise SystemExit("Checkov is not installed beside tfratchet: make dev")
    argv = [checkov, "-d", ".", "--framework", "terraform", "--quiet", "--compact", "-c", ",".join(CHECKOV_CHECKS)]
    theirs = timed(command(argv, demo.DEMO, [0, 1]), 3)
    yield Row(
        "one staged change, small repository, whole process",
        f"{ours:.3f} s",
        f"Checkov {theirs:.2f} s: 1:{theirs / ours:.1f}",
        "at most 0.35 s, 1:6 or better",
        ours <= 0.35 and theirs / ours >= 6,
    )
    yield Row(
        "the same, 'tfratchet --version' (what Python and imports cost)",
        f"{timed(command([BIN / 'tfratchet', '--version'], demo.DEMO, [0]), 5):.3f} s",
        "",
        "",
        True,
    )


def evaluation() -> Iterator[Row]:
    """Lines of HCL evaluated in a second, on one core: users, groups, attachments, documents, modules."""
    from tfratchet.cli import tune
    from tfratchet.hcl.load import load_root
    from tfratchet.sources.folders import FolderTree

    block = """\
resource "aws_iam_user" "u%(n)d" {
  name          = "user-%(n)d"
  path          = local.path
  force_destroy = false
  tags          = merge(local.tags, { team = format("team-%%03d", %(n)d) })
}

resource "aws_iam_user_policy_attachment" "u%(n)d" {
  for_each   = toset(concat(local.policies, var.more))
  user       = aws_iam_user.u%(n)d.name
  policy_arn = each.value
}

data "aws_iam_policy_document" "d%(n)d" {
  statement {
    effect    = "Allow"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["arn:aws:s3:::bucket-%(n)d/${var.region}/*"]
    condition {
      test     = "Bool"
      variable = "aws:MultiFactorAuthPresent"
      values   = ["true"]
    }
  }
}

resource "aws_iam_policy" "p%(n)d" {
  name   = "policy-%(n)d"
  policy = data.aws_iam_policy_document.d%(n)d.json
}

"""
    common = """\
variable "region" { default = "eu-central-1" }
variable "more" { type = list(string) }
locals {
  path     = "/people/"
  tags     = { owner = "platform" }
  policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/IAMUserChangePassword"]
}
"""
    tune()
    for count in (100, 1000):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "main.tf").write_text(common)
            for start in range(0, count, 50):
                text = "".join(block % {"n": n} for n in range(start, min(start + 50, count)))
                (folder / f"part{start}.tf").write_text(text)
            lines = sum(p.read_text().count("\n") for p in folder.glob("*.tf"))
            seconds = timed(lambda folder=folder: load_root(FolderTree(str(folder)), "."), 3, time.process_time)
            root = load_root(FolderTree(str(folder)), ".")
            assert not root.errors, root.errors
        yield Row(
            f"evaluation of {lines:,} lines ({len(root.resources):,} resources)",
            f"{lines / seconds:,.0f} lines/s",
            f"{seconds:.2f} s of one core",
            "30,000 lines/s or better",
            lines / seconds >= 30_000,
        )


def many_modules() -> Iterator[Row]:
    """One changed file among 100 modules and among 10,000."""
    seconds: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as name:
        for count in (100, 10_000):
            folder = Path(name) / str(count)
            maker = [sys.executable, HERE / "make_modules.py", str(count), folder]
            subprocess.run(maker, check=True, capture_output=True)
            seconds[count] = timed(command([BIN / "tfratchet", "diff", "--staged"], folder, [1]), 5)
            shutil.rmtree(folder)
    yield Row(
        "one changed file, 10,000 modules",
        f"{seconds[10_000]:.3f} s",
        f"100 modules {seconds[100]:.3f} s: {seconds[10_000] / seconds[100]:.2f} times",
        "at most 2 times",
        seconds[10_000] <= 2 * seconds[100],
    )


BENCHMARKS: dict[str, Callable[[], Iterator[Row]]] = {
    "small_change": small_change,
    "evaluation": evaluation,
    "many_modules": many_modules,
}


def main() -> None:
    """Run the benchmarks that the command line names, or all of them; exit with 1 when one misses what is wanted."""
    sys.path.insert(0, str(HERE))
    benchmarks = dict(BENCHMARKS)
    for path in sorted(HERE.glob("bench_*.py")):
        benchmarks[path.stem.removeprefix("bench_")] = importlib.import_module(path.stem).rows
    wanted = sys.argv[1:]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores; best of several runs\n")
    missed = 0
    for name, benchmark in benchmarks.items():
        if wanted and not any(w in name for w in wanted):
            continue
        for row in benchmark():
            mark = "  " if row.good else "!!"
            print(f"{mark} {row.what}: {row.measured}" + (f"   [{row.beside}]" if row.beside else ""), flush=True)
            if row.wanted:
                print(f"     wanted: {row.wanted}", flush=True)
            missed += not row.good
    if missed:
        sys.exit(f"\n{missed} below what is wanted (marked !!)")


if __name__ == "__main__":
    main()
