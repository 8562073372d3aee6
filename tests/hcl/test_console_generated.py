"""Generated expressions against ``terraform console``: functions and operators put together at random, seed fixed."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from console_oracle import ERROR, UNKNOWN, ask_ours, ask_terraform

WORDS = ["", "a", "b", "ab", "bob", "a,b", "A-b_c", "x/y.json", " x ", "10", "é", "tfé", "%s", "<&>", "line\\nline"]
NUMBERS = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "14",
    "-1",
    "-5",
    "2.5",
    "0.1",
    "1000000",
    "0.333",
    "123456789012345678901234567890",
]

Make = Callable[["Generator", int], str]


class Generator:
    """Draws expressions of a wanted type."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, forms: list[Make], depth: int) -> str:
        return self.random.choice(forms)(self, depth - 1)

    def string(self, depth: int) -> str:
        return f'"{self.random.choice(WORDS)}"' if depth <= 0 else self.pick(STRINGS, depth)

    def number(self, depth: int) -> str:
        return self.random.choice(NUMBERS) if depth <= 0 else self.pick(NUMERIC, depth)

    def small(self, depth: int) -> str:
        return (
            str(self.random.randrange(4))
            if depth <= 0 or self.random.random() < 0.7
            else f"length({self.strings(depth - 1)})"
        )

    def boolean(self, depth: int) -> str:
        return self.random.choice(["true", "false"]) if depth <= 0 else self.pick(BOOLEAN, depth)

    def strings(self, depth: int) -> str:
        if depth <= 0:
            return "[" + ", ".join(self.string(0) for _ in range(self.random.randrange(4))) + "]"
        return self.pick(LISTS, depth)

    def map(self, depth: int) -> str:
        if depth <= 0:
            keys = self.random.sample(["a", "b", "c", "d"], self.random.randrange(4))
            return "{" + ", ".join(f"{k} = {self.string(0)}" for k in keys) + "}"
        return self.pick(MAPS, depth)

    def any(self, depth: int) -> str:
        return self.random.choice([self.string, self.number, self.boolean, self.strings, self.map])(depth)


STRINGS: list[Make] = [
    lambda g, d: f"upper({g.string(d)})",
    lambda g, d: f"lower({g.string(d)})",
    lambda g, d: f"title({g.string(d)})",
    lambda g, d: f"trimspace({g.string(d)})",
    lambda g, d: f"trim({g.string(d)}, {g.string(0)})",
    lambda g, d: f"trimprefix({g.string(d)}, {g.string(0)})",
    lambda g, d: f"trimsuffix({g.string(d)}, {g.string(0)})",
    lambda g, d: f"strrev({g.string(d)})",
    lambda g, d: f"chomp({g.string(d)})",
    lambda g, d: f"indent({g.small(0)}, {g.string(d)})",
    lambda g, d: f"substr({g.string(d)}, {g.small(0)}, {g.small(0)})",
    lambda g, d: f"replace({g.string(d)}, {g.string(0)}, {g.string(d)})",
    lambda g, d: f'replace({g.string(d)}, "/[a-c]+/", "<$0>")',
    lambda g, d: f"join({g.string(0)}, {g.strings(d)})",
    lambda g, d: f'format("%s-%s", {g.string(d)}, {g.string(d)})',
    lambda g, d: f'format("%v/%q", {g.any(d)}, {g.string(d)})',
    lambda g, d: f'format("%6.2f|%05d|%e", {g.number(d)}, {g.small(d)}, {g.number(0)})',
    lambda g, d: f"jsonencode({g.any(d)})",
    lambda g, d: f"yamlencode({g.any(d)})",
    lambda g, d: f"jsondecode(jsonencode({g.string(d)}))",
    lambda g, d: f"yamldecode(yamlencode({g.string(d)}))",
    lambda g, d: f"base64decode(base64encode({g.string(d)}))",
    lambda g, d: f"urlencode({g.string(d)})",
    lambda g, d: f"md5({g.string(d)})",
    lambda g, d: f"tostring({g.number(d)})",
    lambda g, d: f"coalesce({g.string(d)}, {g.string(0)}, \"z\")",
    lambda g, d: f"element({g.strings(d)}, {g.small(d)})",
    lambda g, d: f"lookup({g.map(d)}, {g.string(0)}, {g.string(d)})",
    lambda g, d: f'"<${{{g.string(d)}}}>"',
    lambda g, d: f"({g.boolean(d)} ? {g.string(d)} : {g.string(d)})",
    lambda g, d: f"try({g.strings(d)}[{g.small(0)}], {g.string(d)})",
    lambda g, d: f"basename({g.string(d)})",
    lambda g, d: f"dirname({g.string(d)})",
    lambda g, d: f'cidrsubnet("10.0.0.0/8", 8, {g.small(d)})',
]  # fmt: skip
NUMERIC: list[Make] = [
    *[lambda g, d, o=o: f"({g.number(d)} {o} {g.number(d)})" for o in "+-"],  # type: ignore[misc]
    # Not by zero (infinity is refused here), and with 512 bits (terraform's length() and parseint() have 64).
    *[lambda g, d, o=o: f"(1.0 * {g.number(d)} {o} (abs({g.number(d)}) + 1))" for o in "*/%"],  # type: ignore[misc]
    lambda g, d: f"-(abs({g.number(d)}) + 1)",  # no zero: it has no sign here
    lambda g, d: f"abs({g.number(d)})",
    lambda g, d: f"ceil({g.number(d)})",
    lambda g, d: f"floor({g.number(d)})",
    lambda g, d: f"max({g.number(d)}, {g.number(d)})",
    lambda g, d: f"min({g.number(d)}, {g.number(d)}, {g.number(0)})",
    lambda g, d: f"sum([{g.number(d)}, {g.number(d)}])",
    lambda g, d: f"length({g.strings(d)})",
    lambda g, d: f"length({g.string(d)})",
    lambda g, d: f"tonumber({g.string(d)})",
    lambda g, d: f"parseint({g.string(d)}, 16)",
    lambda g, d: f"pow({g.small(d)}, {g.small(d)})",
    lambda g, d: f"signum({g.small(d)} - 2)",
    lambda g, d: f"jsondecode(jsonencode({g.number(d)}))",
    lambda g, d: f"index({g.strings(d)}, {g.string(0)})",
]
BOOLEAN: list[Make] = [
    *[lambda g, d, o=o: f"({g.number(d)} {o} {g.number(d)})" for o in ("<", "<=", ">", ">=", "==", "!=")],  # type: ignore[misc]
    *[lambda g, d, o=o: f"({g.boolean(d)} {o} {g.boolean(d)})" for o in ("&&", "||", "==", "!=")],  # type: ignore[misc]
    lambda g, d: f"!{g.boolean(0)}",
    lambda g, d: f"({g.string(d)} == {g.string(d)})",
    lambda g, d: f"contains({g.strings(d)}, {g.string(0)})",
    lambda g, d: f"startswith({g.string(d)}, {g.string(0)})",
    lambda g, d: f"endswith({g.string(d)}, {g.string(0)})",
    lambda g, d: f"strcontains({g.string(d)}, {g.string(0)})",
    lambda g, d: f"can(tonumber({g.string(d)}))",
    lambda g, d: f"alltrue([{g.boolean(d)}, {g.boolean(d)}])",
    lambda g, d: f"anytrue([{g.boolean(d)}, {g.boolean(d)}])",
    lambda g, d: f"tobool({g.string(0)})",
]
LISTS: list[Make] = [
    lambda g, d: f"concat({g.strings(d)}, {g.strings(d)})",
    lambda g, d: f"flatten([{g.strings(d)}, [{g.strings(d)}]])",
    lambda g, d: f"distinct({g.strings(d)})",
    lambda g, d: f"compact({g.strings(d)})",
    lambda g, d: f"sort({g.strings(d)})",
    lambda g, d: f"reverse({g.strings(d)})",
    lambda g, d: f"slice({g.strings(d)}, 0, {g.small(0)})",
    lambda g, d: f"split({g.string(0)}, {g.string(d)})",
    lambda g, d: f"keys({g.map(d)})",
    lambda g, d: f"values({g.map(d)})",
    lambda g, d: f"tolist(toset({g.strings(d)}))",
    lambda g, d: f"tolist(setunion({g.strings(d)}, {g.strings(d)}))",
    lambda g, d: f"tolist(setintersection({g.strings(d)}, {g.strings(d)}))",
    lambda g, d: f"tolist(setsubtract({g.strings(d)}, {g.strings(d)}))",
    lambda g, d: f"[for p in setproduct({g.strings(0)}, {g.strings(0)}) : join(\"-\", p)]",
    lambda g, d: f"[for s in {g.strings(d)} : upper(s) if s != \"\"]",
    lambda g, d: f"[for c in chunklist({g.strings(d)}, 2) : join(\"+\", c)]",
    lambda g, d: f'formatlist("%s:%s", {g.string(d)}, {g.strings(d)})',
    lambda g, d: f'regexall("[a-c]+", {g.string(d)})',
    lambda g, d: f"coalescelist({g.strings(d)}, [\"z\"])",
    lambda g, d: f"matchkeys({g.strings(0)}, {g.strings(0)}, {g.strings(d)})",
    lambda g, d: f"jsondecode(jsonencode({g.strings(d)}))",
]  # fmt: skip
MAPS: list[Make] = [
    lambda g, d: f"merge({g.map(d)}, {g.map(d)})",
    lambda g, d: f"zipmap(distinct({g.strings(d)}), distinct({g.strings(d)}))",
    lambda g, d: f"{{for k, v in {g.map(d)} : upper(k) => lower(v)}}",
    lambda g, d: f'{{for k, v in {{for s in {g.strings(d)} : lower(s) => s...}} : k => join("/", v)}}',
    lambda g, d: f'{{for k, v in transpose({{x = {g.strings(d)}, y = {g.strings(d)}}}) : k => join("/", v)}}',
    lambda g, d: f"tomap({g.map(d)})",
    lambda g, d: f"jsondecode(jsonencode({g.map(d)}))",
    lambda g, d: f"yamldecode(yamlencode({g.map(d)}))",
]


@pytest.mark.terraform
@pytest.mark.parametrize("seed", range(int(os.environ.get("TFRATCHET_SEEDS", "4"))))
def test_generated_expressions(seed: int, terraform_program: str, tmp_path: Path) -> None:
    generator = Generator(seed)
    expressions = list(dict.fromkeys(generator.any(1 + n % 3) for n in range(220)))
    answers = [ask_ours(e) for e in expressions]
    unknown = [n for n, answer in enumerate(answers) if answer == UNKNOWN]
    expected = ask_terraform(terraform_program, expressions, tmp_path, unknown=unknown)
    wrong = [
        f"{expression}\n    terraform: {theirs[:300]}\n    ours:      {ours[:300]}"
        for expression, ours, theirs in zip(expressions, answers, expected, strict=True)
        if ours != theirs
    ]
    assert not wrong, "\n".join(wrong)
    outcomes = Counter(a if a in (ERROR, UNKNOWN) else "value" for a in answers)
    assert outcomes["value"] > 100  # most expressions must have a value, or the comparison says little
