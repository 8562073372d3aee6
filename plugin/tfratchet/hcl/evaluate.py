"""One call of a module, evaluated on demand: its variables, locals, resources, calls and outputs by name."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from tfratchet.hcl.calls import locate
from tfratchet.hcl.context import Context
from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.expressions import Compiler, compiled
from tfratchet.hcl.inputs import Inputs, newer, shaped
from tfratchet.hcl.instances import Collection, Instance, expand
from tfratchet.hcl.module import Module
from tfratchet.hcl.scope import Lazy, Scope
from tfratchet.hcl.syntax import Attribute, Block, parse_file
from tfratchet.hcl.types import ANY, TypeConstraint, convert, parse_type
from tfratchet.model import Location
from tfratchet.values import REF_CLOSE, REF_OPEN, Unknown, Value, ref

META_ARGUMENTS = frozenset(["source", "version", "count", "for_each", "providers", "depends_on"])


class ModuleInstance:
    """A module with its arguments. Everything in it is evaluated at most once, when something asks for it."""

    def __init__(
        self,
        context: Context,
        module: Module,
        *,
        address: str = "",
        parent: ModuleInstance | None = None,
        arguments: Mapping[str, Attribute] | None = None,
        scope: Scope | None = None,
        literals: Mapping[str, str] | None = None,
        key_path: str = "",
        open_inputs: frozenset[str] = frozenset(),
        before: Inputs | None = None,
    ) -> None:
        self.context = context
        self.budget = context.budget
        self.module = module
        self.address = address
        self.parent = parent
        self.arguments = arguments or {}
        self.caller = scope or Scope(_NoNames(context))
        """The scope in which the arguments are evaluated."""
        self.literals = literals or {}
        """``--var name=value``."""
        self.key_path = key_path
        """Names of the calls that lead here, joined by ``.`` (the key of ``modules.json``)."""
        self.open_inputs = open_inputs
        """Variables with an empty default that are unknown: some caller gives them."""
        self.before = before or Inputs()
        """What base's callers know."""
        self.scope = Scope(self)
        self._values: dict[tuple[str, ...], Any] = {}
        self._running: set[tuple[str, ...]] = set()

    @property
    def depth(self) -> int:
        """0 for the root module."""
        return 0 if self.parent is None else self.parent.depth + 1

    def full(self, address: str) -> str:
        """An address of this module as seen from the root module."""
        return f"{self.address}.{address}" if self.address else address

    # --- names (``scope.Names``) ------------------------------------------------------------------------------------

    def lookup(self, root: str, names: tuple[str, ...]) -> tuple[Value, int]:
        if not names:
            raise EvalError(f"{root!r} is not a name that can be used here")
        if root == "var":
            return self.variable(names[0]), 1
        if root == "local":
            return self.local(names[0]), 1
        if root == "path":
            return self._path(names[0]), 1
        if root == "terraform":
            return Unknown(f"terraform.{names[0]}"), 1
        if root == "module":
            return self.called(names[0]), 1
        if root in ("each", "count", "self"):
            raise EvalError(f"{root}.{names[0]} cannot be used here")
        if root == "data":
            if len(names) < 2:
                raise EvalError("a data source has a type and a name")
            return self.collection("data", names[0], names[1]), 2
        if root == "resource" and len(names) > 1:
            return self.collection("resource", names[0], names[1]), 2  # ``resource.aws_iam_user.bob``
        return self.collection("resource", root, names[0]), 1

    def call(self, name: str, args: list[Any]) -> Value:
        return self.context.call(name, args)

    def report(self, error: EvalError, where: Location | None) -> None:
        self.context.report(error, where)

    def _once(self, key: tuple[str, ...], compute: Any) -> Any:
        """``compute()`` at most once for ``key``. Raises EvalError when it needs itself."""
        if key in self._values:
            return self._values[key]
        if key in self._running:
            raise EvalError(f"{'.'.join(key[:2])} refers to itself")
        self._running.add(key)
        try:
            value = self._values[key] = compute()
        finally:
            self._running.discard(key)
        return value

    def _path(self, name: str) -> Value:
        if name == "cwd":
            return Unknown("path.cwd")
        if name == "root":
            return "."
        if name == "module":
            return posixpath.relpath(self.module.path, self.context.path)
        raise EvalError(f"path has no attribute {name!r}")

    # --- variables and locals ---------------------------------------------------------------------------------------

    def variable(self, name: str) -> Value:
        """The value of ``var.name``. Raises EvalError when it is not declared."""
        block = self.module.variables.get(name)
        if block is None:
            raise EvalError(f"variable {name!r} is not declared")
        return self._once(("var", name), lambda: self._variable(name, block))

    def _variable(self, name: str, block: Block) -> Value:
        constraint = self._constraint(block)
        attributes = block.body.attributes
        value: Any = None
        given = False
        if name in self.literals:
            value, given = self._literal(name, constraint), True
        elif name in self.arguments:
            value, given = compiled(self.arguments[name]).evaluate(self.caller), True
        nullable = "nullable" not in attributes or self.constant(attributes["nullable"]) is not False
        if not given or (value is None and not nullable):
            if "default" not in attributes or name in self.before.required:
                return self._from_outside(name, constraint)
            value = self.constant(attributes["default"])
            if name in self.open_inputs and value in (None, "", [], {}):
                return self._from_outside(name, constraint)
        try:
            return convert(value, constraint)
        except EvalError as error:
            self.report(EvalError(f"variable {name!r}: {error}"), self.origin(("var", name)))
            return value

    def _from_outside(self, name: str, constraint: TypeConstraint) -> Unknown:
        old = self.before.types.get(name)
        return shaped(self.full(f"var.{name}"), newer(old, constraint) if old is not None else None)

    def inputs(self) -> Inputs:
        """What callers of this module know, the values in the tree aside."""
        open_ones = {
            k: b for k, b in self.module.variables.items() if k not in self.arguments and k not in self.literals
        }
        required = frozenset(k for k, b in open_ones.items() if "default" not in b.body.attributes)
        return Inputs(required, {k: self._constraint(b) for k, b in open_ones.items()})

    def _constraint(self, block: Block) -> TypeConstraint:
        attribute = block.body.attributes.get("type")
        if attribute is None:
            return ANY
        found = block.constraint
        if found is None:
            compiler = Compiler(attribute.file)
            found = parse_type(attribute, lambda node: compiler.expression(node, 0)(self._constants()))
            block.constraint = found
        constraint: TypeConstraint = found
        return constraint

    def _constants(self) -> Scope:
        return Scope(_NoNames(self.context))

    def constant(self, attribute: Attribute) -> Any:
        """The value of an expression that may use no names."""
        return compiled(attribute).evaluate(self._constants())

    def _literal(self, name: str, constraint: TypeConstraint) -> Value:
        """``--var``: the text itself for a string, an expression for anything else, as Terraform does."""
        text = self.literals[name]
        if constraint.kind in ("string", "number", "bool", "any"):
            return text
        file = parse_file("--var", f"{name} = {text}\n".encode())
        attribute = file.body.attributes.get(name)
        if file.problems or attribute is None:
            raise EvalError(f"--var {name}: cannot read the value")
        return self.constant(attribute)

    def local(self, name: str) -> Value:
        """The value of ``local.name``. Raises EvalError when it is not declared or refers to itself."""
        attribute = self.module.locals.get(name)
        if attribute is None:
            raise EvalError(f"local value {name!r} is not declared")
        return self._once(("local", name), lambda: compiled(attribute).evaluate(self.scope))

    def origin(self, name: tuple[str, str], hops: int = 20) -> Location | None:
        """Where the value of ``("var", x)`` or ``("local", x)`` was written: a tfvars line, an argument, a default."""
        kind, key = name
        if hops == 0:
            return None
        if kind == "local":
            attribute = self.module.locals.get(key)
            if attribute is None:
                return None
            inner = compiled(attribute).reference
            return (inner and self.origin(inner, hops - 1)) or _location(attribute)
        if key in self.arguments:
            attribute = self.arguments[key]
            inner = compiled(attribute).reference
            return (inner and self.parent and self.parent.origin(inner, hops - 1)) or _location(attribute)
        block = self.module.variables.get(key)
        if block is None or key in self.literals:
            return None
        default = block.body.attributes.get("default")
        return _location(default) if default else Location(block.file.path, block.line)

    # --- resources and modules --------------------------------------------------------------------------------------

    def collection(self, kind: str, resource_type: str, name: str) -> Collection | Instance:
        """What ``type.name`` refers to: an instance, or all instances of a ``count`` or ``for_each``."""
        blocks = self.module.resources if kind == "resource" else self.module.data
        block = blocks.get((resource_type, name))
        if block is None:
            what = "resource" if kind == "resource" else "data source"
            raise EvalError(f"{what} {resource_type}.{name} is not declared")
        prefix = "data." if kind == "data" else ""
        address = self.full(f"{prefix}{resource_type}.{name}")

        def build(key: Any, names: dict[str, Any], instance_address: str, condition: Unknown | None) -> Instance:
            return Instance(self, block, instance_address, self.scope.with_names(names), key, condition)

        found = self._once((kind, resource_type, name), lambda: expand(self, block, address, build))
        return found.single if found.single is not None else found

    def called(self, name: str) -> Lazy:
        """What ``module.name`` refers to."""
        calls = self.calls(name)
        single: Lazy | None = calls.single
        return single if single is not None else calls

    def calls(self, name: str) -> Collection:
        """The instances of a module call. Raises EvalError when it is not declared."""
        block = self.module.calls.get(name)
        if block is None:
            raise EvalError(f"module {name!r} is not declared")
        address = self.full(f"module.{name}")

        def build(key: Any, names: dict[str, Any], instance_address: str, condition: Unknown | None) -> CalledModule:
            return CalledModule(self, block, instance_address, self.scope.with_names(names), key, condition)

        found: Collection = self._once(("module", name), lambda: expand(self, block, address, build))
        return found

    def output(self, name: str) -> Value:
        """The value of an output. Raises EvalError when it is not declared."""
        block = self.module.outputs.get(name)
        if block is None:
            raise EvalError(f"the module has no output {name!r}")
        attribute = block.body.attributes.get("value")
        return self._once(("output", name), lambda: compiled(attribute).evaluate(self.scope) if attribute else None)


class CalledModule(Lazy):
    """One instance of a module call, seen by its caller: attributes are outputs."""

    __slots__ = ("address", "block", "caller", "condition", "instance", "key", "scope")

    def __init__(
        self, caller: ModuleInstance, block: Block, address: str, scope: Scope, key: Any, condition: Unknown | None
    ) -> None:
        super().__init__(f"{REF_OPEN}{address}{REF_CLOSE}")
        self.caller = caller
        self.block = block
        self.address = address
        self.scope = scope
        self.key = key
        self.condition = condition
        self.instance = _instance(caller, block, address, scope)
        """The evaluated module, or None for an opaque call."""

    def attribute(self, name: str) -> Value:
        if self.instance is None:
            return ref(self.address, f".{name}")
        return self.instance.output(name)

    def materialise(self) -> Value:
        if self.instance is None:
            return self
        return {name: self.instance.output(name) for name in sorted(self.instance.module.outputs)}


def _instance(caller: ModuleInstance, block: Block, address: str, scope: Scope) -> ModuleInstance | None:
    name = block.labels[0]
    key_path = f"{caller.key_path}.{name}" if caller.key_path else name
    path = locate(caller, block, key_path)
    if path is None:
        return None
    arguments = {k: a for k, a in block.body.attributes.items() if k not in META_ARGUMENTS}
    return ModuleInstance(
        caller.context,
        caller.context.module(path),
        address=address,
        parent=caller,
        arguments=arguments,
        scope=scope,
        key_path=key_path,
    )


class _NoNames:
    """Where no names may be used: defaults, var files."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.budget = context.budget

    def lookup(self, root: str, names: tuple[str, ...]) -> tuple[Value, int]:
        raise EvalError(f"{'.'.join((root, *names))} cannot be used here")

    def call(self, name: str, args: list[Any]) -> Value:
        return self.context.call(name, args)

    def report(self, error: EvalError, where: Location | None) -> None:
        self.context.report(error, where)


def _location(attribute: Attribute) -> Location:
    return Location(attribute.file.path, attribute.line)


def evaluate_expression(text: str, context: Context) -> Value:
    """The value of an expression that uses no names of a module (``terraform console`` in an empty directory).

    Raises EvalError when Terraform would refuse it.
    """
    file = parse_file("expression.tf", f"value = {text}\n".encode())
    attribute = file.body.attributes.get("value")
    if file.problems or attribute is None:
        raise EvalError(file.problems[0].message if file.problems else "not an expression")
    module = ModuleInstance(context, Module(context.path))
    return compiled(attribute).evaluate(Scope(module, strict=True))
