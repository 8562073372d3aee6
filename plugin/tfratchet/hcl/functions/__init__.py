"""Every function of Terraform 1.11, over partially known values. Nothing is executed, no time and no random is read.

The functions are grouped by meaning; a group is imported when the first of its functions is called.
"""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING

from tfratchet.hcl.convert import EvalError, over_choices
from tfratchet.values import Unknown, Value

if TYPE_CHECKING:
    from tfratchet.hcl.functions.base import Function, FunctionContext

_GROUPS = {
    "conversions": "ephemeralasnull issensitive nonsensitive sensitive tobool tolist tomap tonumber toset tostring",
    "crypto": "base64sha256 base64sha512 bcrypt md5 rsadecrypt sha1 sha256 sha512 uuid uuidv5",
    "dates": "formatdate plantimestamp timeadd timecmp timestamp",
    "encoding": "base64decode base64encode base64gzip csvdecode textdecodebase64 textencodebase64 urlencode",
    "files": "abspath basename dirname file filebase64 filebase64sha256 filebase64sha512 fileexists filemd5 fileset "
    "filesha1 filesha256 filesha512 pathexpand templatefile templatestring",
    "formatting": "format formatlist",
    "jsontext": "jsondecode jsonencode",
    "lists": "alltrue anytrue chunklist coalesce coalescelist compact concat contains distinct element flatten index "
    "length matchkeys one reverse slice sort",
    "maps": "keys lookup merge transpose values zipmap",
    "network": "cidrhost cidrnetmask cidrsubnet cidrsubnets",
    "numbers": "abs ceil floor log max min parseint pow range signum sum",
    "regexes": "regex regexall",
    "sets": "setintersection setproduct setsubtract setunion",
    "strings": "chomp endswith indent join lower replace split startswith strcontains strrev substr title trim "
    "trimprefix trimspace trimsuffix upper",
    "yamltext": "yamldecode yamlencode",
}
_GROUP_OF = {name: group for group, names in _GROUPS.items() for name in names.split()}
_LOADED: dict[str, Function] = {}

NAMES = frozenset(_GROUP_OF) | {"try", "can"}
"""Names of all functions. ``try`` and ``can`` are the evaluator's: they see expressions, not values."""


def call(name: str, args: list[Value], context: FunctionContext) -> Value:
    """The value of ``name(args...)``; ``args`` may hold ``Rest`` where a partly unknown list was expanded.

    Where nothing of the result is known it is an ``Unknown`` whose expression is the call. Raises EvalError for what
    Terraform would refuse (kind ``evaluation``, or the kind of the file error) and for limits (kind ``limit``).
    """
    name = name.removeprefix("core::")
    function = _LOADED.get(name)
    if function is None:
        if name.startswith("provider::"):
            from tfratchet.hcl.functions.base import unknown

            return unknown(name, args)
        function = load(name)
    try:
        if any(isinstance(arg, Unknown) for arg in args):
            return over_choices(lambda chosen: function(chosen, context), args, name)
        return function(args, context)
    except RecursionError:
        raise EvalError(f"{name}: the value is nested too deeply", "limit") from None


def load(name: str) -> Function:
    """The function of this name. Raises EvalError when there is none."""
    group = _GROUP_OF.get(name)
    if group is None:
        near = difflib.get_close_matches(name, NAMES, 1)
        raise EvalError(f"there is no function {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    module = importlib.import_module(f"tfratchet.hcl.functions.{group}")
    _LOADED.update(module.FUNCTIONS)
    return _LOADED[name]
