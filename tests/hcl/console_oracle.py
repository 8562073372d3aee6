"""``terraform console`` as the oracle of expressions: many of them in one process."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from memtree import MemTree
from tfratchet.hcl.context import Context
from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.evaluate import evaluate_expression
from tfratchet.hcl.functions.jsontext import encode
from tfratchet.hcl.module import Parser
from tfratchet.hcl.scope import Limits
from tfratchet.values import is_known

ERROR = "error"
UNKNOWN = "unknown"

FILES = {
    "a.txt": b"hi",
    "d/b.tf": b"x",
    "d/e/c.tf": b"y",
    "d/.h.tf": b"",
    "bin": b"\xff\xfe",
    "xa.txt": b"",
    "greeting.tftpl": b"Hello ${name}%{ for x in list },${x}%{ endfor }!\n",
}


def ask_terraform(
    program: str,
    expressions: Sequence[str],
    directory: Path,
    files: Mapping[str, bytes] = FILES,
    unknown: Collection[int] = (),
) -> list[str]:
    """What terraform says to each expression: the JSON text of its value, ``ERROR``, or ``UNKNOWN``.

    ``unknown``: numbers of those that are probably unknown and are asked one by one, which spares time.
    """
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    lines = [f'  r{i} = try(jsonencode([{e}]), "{ERROR}")\n' for i, e in enumerate(expressions)]
    (directory / "main.tf").write_text("locals {\n" + "".join(lines) + "}\n", encoding="utf-8")
    suspects = [n for n in range(len(expressions)) if n in unknown]
    others = [n for n in range(len(expressions)) if n not in unknown]
    found = dict(zip(others, _answers(program, others, directory), strict=True))
    for number in suspects:
        found[number] = _answers(program, [number], directory)[0]
    answers = [found[n] for n in range(len(expressions))]
    return [a if a in (ERROR, UNKNOWN) else a[1:-1] for a in answers]


def _answers(program: str, numbers: list[int], directory: Path) -> list[str]:
    """One console prints one value; where that is unknown, halves are asked until the unknown one stands alone."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_")} | {
        "TF_CLI_CONFIG_FILE": os.devnull,
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
    }
    question = "base64encode(jsonencode([" + ", ".join(f"local.r{n}" for n in numbers) + "]))\n"
    run = subprocess.run(
        [program, "console", "-no-color"],
        cwd=directory, input=question, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r'^"([A-Za-z0-9+/=]*)"$', run.stdout, re.MULTILINE)
    if found:
        answers: list[str] = json.loads(base64.b64decode(found[1]))
        return answers
    if "Error" in run.stderr or "known after apply" not in run.stdout:
        raise AssertionError(f"terraform console: {run.stdout[-2000:]}{run.stderr[-2000:]}")
    if len(numbers) == 1:
        return [UNKNOWN]
    middle = len(numbers) // 2
    return _answers(program, numbers[:middle], directory) + _answers(program, numbers[middle:], directory)


def ask_ours(expression: str, files: Mapping[str, bytes] = FILES) -> str:
    """What our evaluator says to an expression, in the same words."""
    context = Context(MemTree({**files, "main.tf": b""}), ".", Parser(), Limits())
    try:
        value = evaluate_expression(expression, context)
    except EvalError:
        return ERROR
    return encode(value) if is_known(value) else UNKNOWN
