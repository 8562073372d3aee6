"""Writes a page for each Checkov check into docs/checks, and their table into docs/checkov.md, from the docstrings.

python tools/checks_docs.py            writes
python tools/checks_docs.py --check    only tells which pages are out of date (exit 1 when there are any)
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHECKS = ROOT / "checks" / "tfratchet_checks"
PAGES = ROOT / "docs" / "checks"
INDEX = ROOT / "docs" / "checkov.md"
START, END = "<!-- checks -->", "<!-- /checks -->"


def pages() -> dict[str, tuple[str, str]]:
    """Id → (what it finds, page in Markdown), in order of the ids."""
    found = {}
    for path in sorted(CHECKS.glob("ckv_tfr_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        head, _, body = (ast.get_docstring(tree) or "").partition("\n\n")
        check, _, title = head.partition(": ")
        title = title.rstrip(".")
        heading = f"# {check}: {title}\n\n{_titles(tree)}\n\n"
        found[check] = (title, f"{heading}{_markdown(body)}\n\nFile: `checks/tfratchet_checks/{path.name}`\n")
    return found


def _titles(tree: ast.Module) -> str:
    """The name of the check in Checkov's report."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "title":
            return f"> {ast.literal_eval(node.value)}"
    raise ValueError("a check without a title")


def _markdown(text: str) -> str:
    out = []
    text = re.sub(r"^(Bad: .*[.]) Good:", r"\1\n\nGood:", text, flags=re.MULTILINE)
    for block in re.split(r"\n\n(?=\S)|\n\n(?=    )", text):
        if block.startswith("    "):
            out.append("```hcl\n" + textwrap.dedent(block).rstrip() + "\n```")
            continue
        joined = re.sub(r"^(What|Why|Bad|Good)::?(?: |$)", r"**\1**: ", " ".join(block.split())).rstrip()
        out.append("\n".join(textwrap.wrap(joined, 120, break_long_words=False, break_on_hyphens=False)))
    # A code block that holds an empty line was split above.
    return "\n\n".join(out).replace("\n```\n\n```hcl\n", "\n\n")


def generated() -> dict[Path, str]:
    """Every file that this program writes, with its text."""
    found = pages()
    lines = ["| check | finds |", "| --- | --- |"]
    lines += [f"| [{check}](checks/{check}.md) | {title} |" for check, (title, _) in found.items()]
    index = INDEX.read_text(encoding="utf-8")
    table = "\n".join(lines)
    files = {PAGES / f"{check}.md": page for check, (_, page) in found.items()}
    return files | {INDEX: f"{index.split(START)[0]}{START}\n{table}\n{END}{index.split(END)[1]}"}


def stale() -> list[Path]:
    """Files that are not as they would be written now, and pages of checks that are gone."""
    files = generated()
    changed = [p for p, text in files.items() if not p.is_file() or p.read_text(encoding="utf-8") != text]
    return changed + [p for p in PAGES.glob("*.md") if p not in files]


def main() -> None:
    """Write the pages, or compare them."""
    old = stale()
    if "--check" in sys.argv[1:]:
        if old:
            sys.exit("out of date (make docs): " + ", ".join(p.relative_to(ROOT).as_posix() for p in old))
        return
    files = generated()
    PAGES.mkdir(exist_ok=True)
    for path in old:
        if path in files:
            path.write_text(files[path], encoding="utf-8")
        else:
            path.unlink()


if __name__ == "__main__":
    main()
