"""What all module instances of one root module share: the tree, the budget, what was read, what went wrong."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

from tfratchet.hcl import functions
from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.module import Module, Parser, join, load_module
from tfratchet.hcl.scope import Budget, Lazy, Limits, Scope
from tfratchet.hcl.templates import compile_text
from tfratchet.model import Location, Problem
from tfratchet.sources.tree import Tree, TreeError
from tfratchet.values import Template, Unknown, Value

_NOTES = ("evaluation", "missing")
MAX_PROBLEMS = 200


class Context:
    """Shared state of the evaluation of one root module."""

    def __init__(
        self, tree: Tree, path: str, parser: Parser, limits: Limits, opaque: frozenset[str] = frozenset()
    ) -> None:
        self.tree = tree
        self.path = path
        self.parser = parser
        self.budget = Budget(limits)
        self.errors: dict[tuple[str, Location | None], Problem] = {}
        self.notes: dict[tuple[str, Location | None], Problem] = {}
        self.files_read: set[str] = set()
        self.opaque: frozenset[str] = opaque
        """Addresses (without instance keys) of calls that are not to be followed."""
        self.manifest: dict[str, Any] | None = None
        """Cache of ``modules.json``: what ``terraform init`` has downloaded, by key."""
        self._modules: dict[str, Module] = {}
        self._templates: dict[tuple[str, str], Callable[[Scope], Any]] = {}
        self.functions = _Functions(self)

    def module(self, path: str) -> Module:
        """The module in a directory of the tree, parsed once."""
        if path not in self._modules:
            module = self._modules[path] = load_module(self.tree, path, self.parser)
            self.files_read.update(module.files)
            for problem in module.problems:
                self.add(problem)
        return self._modules[path]

    def add(self, problem: Problem) -> None:
        """Take note of a problem: an error, or a note when the value has simply become unknown."""
        into = self.notes if problem.kind in _NOTES else self.errors
        if len(into) < MAX_PROBLEMS:
            into.setdefault((problem.message, problem.location), problem)

    def report(self, error: EvalError, where: Location | None) -> None:
        """Take note of an error of the evaluation."""
        self.add(Problem(error.kind, str(error), where))

    def call(self, name: str, args: list[Any]) -> Value:
        """A function call. Raises EvalError."""
        for position, arg in enumerate(args):
            if isinstance(arg, Lazy):
                args[position] = arg.materialise()
        # Terraform 0.11 had these two instead of [...] and {...}; old versions of a configuration still do.
        if name == "list":
            return args
        if name == "map" and len(args) % 2 == 0:
            return functions.call("zipmap", [args[::2], args[1::2]], self.functions)
        return functions.call(name, args, self.functions)

    # --- files the configuration reads ------------------------------------------------------------------------------

    def resolve(self, path: Value) -> str:
        """A path as the configuration writes it (relative to the root module) to a path of the tree."""
        if isinstance(path, Template) and isinstance(path.parts[0], Unknown) and path.parts[0].expr == "path.cwd":
            rest = path.parts[1:]
            if all(isinstance(p, str) for p in rest):
                path = "." + "".join(p for p in rest if isinstance(p, str))
        if not isinstance(path, str):
            raise EvalError("the path is not known")
        found = None if path.startswith(("/", "~")) else join(self.path, path)
        if found is None:
            raise EvalError(f"{path!r} is outside of the compared tree; it was not read", "outside")
        return found

    def read(self, path: str) -> bytes:
        """The content of a file that the configuration names. Raises EvalError."""
        found = self.resolve(path)
        self.files_read.add(found)
        try:
            return self.tree.read(found)
        except TreeError as error:
            raise EvalError(str(error), error.kind) from None

    def render(self, source: str, variables: dict[str, Value], path: str) -> Value:
        """A template with its variables."""
        key = (path, source)
        if key not in self._templates:
            self._templates[key] = compile_text(source, path)
        return self._templates[key](Scope(_TemplateNames(self), dict(variables), strict=True))


class _TemplateNames:
    """Inside a template file only its variables and functions are known."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.budget = context.budget

    def lookup(self, root: str, names: tuple[str, ...]) -> tuple[Value, int]:
        raise EvalError(f"the template has no variable {'.'.join((root, *names[:1]))!r}")

    def call(self, name: str, args: list[Any]) -> Value:
        return self.context.call(name, args)

    def report(self, error: EvalError, where: Location) -> None:
        self.context.report(error, where)


class _Functions:
    """What functions may ask for (``functions.FunctionContext``)."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.max_elements = context.budget.limits.elements

    def read_file(self, path: str) -> bytes:
        return self._context.read(path)

    def file_exists(self, path: str) -> bool:
        found = self._context.resolve(path)
        self._context.files_read.add(found)
        return self._context.tree.exists(found)

    def list_files(self, directory: str) -> list[str]:
        found = self._context.resolve(directory)
        self._context.files_read.add(found + "/**")
        return [posixpath.relpath(p, found) for p in self._context.tree.walk(found)]

    def render_template(self, source: str, variables: dict[str, Value], path: str) -> Value:
        return self._context.render(source, variables, path)
