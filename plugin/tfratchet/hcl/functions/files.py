"""Functions that read files of the compared tree, and the arithmetic of paths.

Where the machine would come in (the working directory, a home directory) the result is unknown, so nothing depends
on the machine that runs this. ``abspath`` gives ``path.cwd`` and the rest of the path; such a path can be read again.
"""

from __future__ import annotations

import base64
import posixpath
import re
from functools import lru_cache
from typing import Any

from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.functions.base import FunctionContext, Module, check_count, pieces, unknown
from tfratchet.hcl.functions.crypto import HASHES, digest
from tfratchet.hcl.functions.encoding import utf8
from tfratchet.values import REST_KEY, SetValue, Template, Unknown, Value

FUNCTIONS = Module()
function = FUNCTIONS.function

_CWD = Unknown("path.cwd")


def _readable(path: Any) -> str | None:
    """A path relative to the root module, or None when it is not known. Raises EvalError."""
    if isinstance(path, Template) and path.parts[0] == _CWD:
        behind = path.parts[1:]
        path = "." + "".join(p for p in behind if isinstance(p, str)) if _all_text(behind) else path
    if isinstance(path, Unknown):
        return "." if path == _CWD else None
    if not path:
        raise EvalError("a path must not be empty", "missing")
    return str(path)


def _all_text(parts: Any) -> bool:
    return all(isinstance(p, str) for p in parts)


@function("file", "string", partial=True)
def _file(context: FunctionContext, path: Any) -> Value:
    found = _readable(path)
    return unknown("file", [path]) if found is None else utf8(context.read_file(found), f"file {found!r}")


@function("filebase64", "string", partial=True)
def _filebase64(context: FunctionContext, path: Any) -> Value:
    found = _readable(path)
    return unknown("filebase64", [path]) if found is None else base64.b64encode(context.read_file(found)).decode()


@function("fileexists", "string", partial=True)
def _fileexists(context: FunctionContext, path: Any) -> Value:
    found = _readable(path)
    return unknown("fileexists", [path]) if found is None else context.file_exists(found)


def _declare(name: str, algorithm: str, in_base64: bool) -> None:
    @function(name, "string", partial=True)
    def _hash(context: FunctionContext, path: Any) -> Value:
        found = _readable(path)
        return unknown(name, [path]) if found is None else digest(algorithm, context.read_file(found), in_base64)


for _algorithm in HASHES:
    _declare(f"file{_algorithm}", _algorithm, in_base64=False)
for _algorithm in ("sha256", "sha512"):
    _declare(f"filebase64{_algorithm}", _algorithm, in_base64=True)


@function("templatefile", "string", "map", partial=True)
def _templatefile(context: FunctionContext, path: Any, variables: Any) -> Value:
    found = _readable(path)
    if found is None or isinstance(variables, Unknown):
        return unknown("templatefile", [path, variables])
    source = utf8(context.read_file(found), f"file {found!r}")
    return _rendered("templatefile", context, source, variables, found)


@function("templatestring", "string", "map", partial=True)
def _templatestring(context: FunctionContext, source: Any, variables: Any) -> Value:
    if isinstance(source, Unknown) or isinstance(variables, Unknown):
        return unknown("templatestring", [source, variables])
    return _rendered("templatestring", context, source, variables, "templatestring")


def _rendered(name: str, context: FunctionContext, source: str, variables: dict[str, Value], path: str) -> Value:
    try:
        return context.render_template(source, {k: v for k, v in variables.items() if k != REST_KEY}, path)
    except EvalError as error:
        if REST_KEY not in variables or error.kind == "limit":
            raise
        return unknown(name, [path, variables])  # what is missing may be among the unknown variables


# Sets of files -------------------------------------------------------------------------------------------------------


@function("fileset", "string", "string", partial=True)
def _fileset(context: FunctionContext, directory: Any, pattern: Any) -> Value:
    found = _readable(directory)
    if found is None or isinstance(pattern, Unknown):
        return unknown("fileset", [directory, pattern])
    # Terraform joins both and cleans the result, so ".." in a pattern leads out of the directory.
    joined = _clean(f"{found}/{pattern}")
    fixed = joined.split("/")[:-1]
    wild = next((i for i, part in enumerate(fixed) if re.search(r"[*?\[{\\]", part)), len(fixed))
    start = "/".join(fixed[:wild]) or ("/" if joined.startswith("/") else ".")
    matches = _glob("/".join(joined.split("/")[wild:]))
    files = [f for f in context.list_files(start) if matches.fullmatch(f)]
    check_count(len(files), context)
    return SetValue.of([posixpath.relpath(posixpath.join(start, f), found) for f in files])


@lru_cache(maxsize=64)
def _glob(pattern: str) -> Any:
    """A pattern as a regular expression: ``*``, ``?``, ``[a-z]``, ``{a,b}``, and ``**`` for whole path parts."""
    import re2

    parts = pattern.split("/")
    text = ""
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if part == "**":
            text += ".*" if last else "(?:[^/]+/)*"
        else:
            text += _glob_part(part) + ("" if last else "/")
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    try:
        return re2.compile(text, options)
    except re2.error:
        raise EvalError(f"fileset: invalid pattern {pattern[:60]!r}") from None


_GLOB_TOKEN = re.compile(
    r"(?P<star>\*+)|(?P<one>\?)|(?P<set>\[\^?(?:\\.|[^\]\\])+\])|\\(?P<escaped>.)|(?P<mark>[{},])|(?P<bad>[\[\\])|(?P<text>.)",
    re.DOTALL,
)


def _glob_part(part: str) -> str:
    text = ""
    depth = 0
    for token in _GLOB_TOKEN.finditer(part):
        kind, found = str(token.lastgroup), token[0]
        if kind == "star":
            text += "[^/]*"
        elif kind == "one":
            text += "[^/]"
        elif kind == "set":
            text += ("[^/" if found[1] == "^" else "[") + found[2 if found[1] == "^" else 1 :].replace("[", "\\[")
        elif kind == "bad":
            raise EvalError(f"fileset: invalid pattern {part[:60]!r}")
        elif kind == "mark" and (found == "{" or depth):
            depth += {"{": 1, "}": -1, ",": 0}[found]
            text += {"{": "(?:", "}": ")", ",": "|"}[found]
        else:
            text += re.escape(token["escaped"] or found)
    if depth:
        raise EvalError(f"fileset: invalid pattern {part[:60]!r}")
    return text


# Paths ---------------------------------------------------------------------------------------------------------------


def _clean(path: str) -> str:
    """Go's filepath.Clean."""
    cleaned = posixpath.normpath(path) if path else "."
    return cleaned[1:] if cleaned.startswith("//") else cleaned


@function("dirname", "string", partial=True)
def _dirname(_: FunctionContext, path: Any) -> Value:
    if isinstance(path, str):
        return _clean(path[: path.rfind("/") + 1])
    if isinstance(path, Template) and isinstance(path.parts[-1], str) and "/" in path.parts[-1].rstrip("/"):
        *before, last = path.parts
        return (
            pieces([*before, str(last)[: str(last).rstrip("/").rfind("/")]])
            if _plain(last)
            else unknown("dirname", [path])
        )
    return unknown("dirname", [path])


@function("basename", "string", partial=True)
def _basename(_: FunctionContext, path: Any) -> Value:
    if isinstance(path, str):
        if not path:
            return "."
        return path.rstrip("/").rsplit("/", 1)[-1] or "/"
    if isinstance(path, Template) and isinstance(path.parts[-1], str) and "/" in path.parts[-1].rstrip("/"):
        return path.parts[-1].rstrip("/").rsplit("/", 1)[-1]
    return unknown("basename", [path])


def _plain(text: Any) -> bool:
    """A piece of a path that Clean would not change."""
    return isinstance(text, str) and not re.search(r"//|/\.{1,2}(/|$)|/$", text)


@function("abspath", "string", partial=True)
def _abspath(_: FunctionContext, path: Any) -> Value:
    if isinstance(path, str):
        cleaned = _clean(path)
        if cleaned.startswith("/"):
            return cleaned
        if not cleaned.startswith(".."):
            return _CWD if cleaned == "." else Template([_CWD, "/" + cleaned])
        return unknown("abspath", [cleaned])
    if path == _CWD or (isinstance(path, Template) and path.parts[0] == _CWD and all(map(_plain, path.parts[1:]))):
        return path
    return unknown("abspath", [path])


@function("pathexpand", "string", partial=True)
def _pathexpand(_: FunctionContext, path: Any) -> Value:
    if isinstance(path, str) and not path.startswith("~"):
        return path
    if isinstance(path, Template) and isinstance(path.parts[0], str) and not path.parts[0].startswith("~"):
        return path
    return unknown("pathexpand", [path])
