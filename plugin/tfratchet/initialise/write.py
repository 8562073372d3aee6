"""Puts files on disk; what is there already is never overwritten."""

from __future__ import annotations

from pathlib import Path

from tfratchet.errors import UserError
from tfratchet.initialise.render import Files


def write(top: Path, files: Files) -> tuple[list[str], dict[str, str]]:
    """Write ``files`` below ``top``. Returns the paths that were written, and path → text of those that exist, say
    something else, and were left alone. Raises UserError, with nothing written, when the root module is there already.
    """
    taken = [path for path in files.module if (top / path).exists() or (top / path).is_symlink()]
    root = (top / next(iter(files.module))).parent
    if not taken and root.is_dir() and any(root.glob("*.tf")):
        taken = [root.relative_to(top).as_posix()]
    if taken:
        raise UserError(f"{taken[0]} exists already; nothing was written", hint="choose another folder with --root")
    written: list[str] = []
    left: dict[str, str] = {}
    for path, text in {**files.module, **files.beside}.items():
        target = top / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8", newline="\n") as handle:
                handle.write(text)
        except FileExistsError:
            if not _same(target, text):
                left[path] = text
        except OSError as error:
            raise UserError(error.strerror or str(error), where=str(target)) from None
        else:
            written.append(path)
    return written, left


def _same(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False
