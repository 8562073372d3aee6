"""Syntax nodes to closures: each expression is compiled once to a function from a scope to a value.

Values are partial (see ``tfratchet.values``). An error inside an expression (a name that is not declared, a wrong
type) becomes an unknown value of that part and a note, except inside ``try`` and ``can``, which need the error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tree_sitter import Node

from tfratchet.hcl import collections as coll
from tfratchet.hcl import templates
from tfratchet.hcl.access import Step, add_member, apply_steps, truth
from tfratchet.hcl.convert import EvalError, binary, choose, parse_number, unary
from tfratchet.hcl.scope import LimitError, Scope
from tfratchet.hcl.syntax import MAX_NESTING, Attribute, SourceFile
from tfratchet.model import Location
from tfratchet.values import Rest, Unknown, Value, is_known

Evaluator = Callable[[Scope], Any]


class Compiled:
    """A compiled expression.

    ``reference`` is ("var" | "local", name) when the expression is nothing but that, so that a value can be traced to
    where it was written.
    """

    __slots__ = ("evaluate", "reference")

    def __init__(self, evaluate: Evaluator, reference: tuple[str, str] | None = None) -> None:
        self.evaluate = evaluate
        self.reference = reference


def compiled(attribute: Attribute) -> Compiled:
    """The compiled expression of an attribute (cached in it). Raises EvalError when it cannot be read."""
    if attribute.compiled is None:
        compiler = Compiler(attribute.file)
        evaluate = compiler.expression(attribute.node, 0)
        attribute.compiled = Compiled(evaluate, _plain_reference(attribute))
    found: Compiled = attribute.compiled
    return found


def _plain_reference(attribute: Attribute) -> tuple[str, str] | None:
    text = attribute.file.text(attribute.node).strip()
    for prefix in ("var.", "local."):
        rest = text[len(prefix) :]
        if text.startswith(prefix) and rest.replace("_", "a").replace("-", "a").isalnum():
            return prefix[:-1], rest
    return None


class Compiler:
    """Compiles the expressions of one source file."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.json = file.is_json

    # --- expressions ------------------------------------------------------------------------------------------------

    def expression(self, node: Node, depth: int) -> Evaluator:
        """Compile an ``expression`` node."""
        return self.sequence(node.children, depth)

    def sequence(self, nodes: Sequence[Node], depth: int) -> Evaluator:
        """Compile a first term and the accesses behind it: ``aws_iam_user.this["a"].name``."""
        nodes = [n for n in nodes if n.type != "comment"]
        if not nodes:
            return self.broken("empty expression")
        first = nodes[0]
        if first.type == "(":
            term = self.expression(nodes[1], depth + 1) if len(nodes) > 1 else self.broken("( without )")
            rest = nodes[3:]
        elif first.type == "variable_expr":
            return self.traversal(self.file.text(first), self.steps(nodes[1:], depth), nodes)
        else:
            term = self.term(first, depth)
            rest = nodes[1:]
        if not rest:
            return term
        steps = self.steps(rest, depth)
        source = self.source(nodes)
        where = self.where(first)

        def evaluate(scope: Scope) -> Any:
            try:
                return apply_steps(term(scope), steps, scope)
            except EvalError as error:
                return failed(error, scope, source, where)

        return evaluate

    def source(self, nodes: Sequence[Node]) -> str:
        """The text of some neighbouring nodes, white space folded."""
        content = self.file.content[nodes[0].start_byte : nodes[-1].end_byte]
        return " ".join(content.decode("utf-8", "replace").split())

    def where(self, node: Node) -> Location:
        """Where a node stands."""
        return Location(self.file.path, node.start_point[0] + 1)

    def broken(self, message: str) -> Evaluator:
        """An expression that cannot be read."""
        error = EvalError(message)
        where = Location(self.file.path, 1)

        def evaluate(scope: Scope) -> Any:
            return failed(error, scope, message, where)

        return evaluate

    def term(self, node: Node, depth: int) -> Evaluator:
        """Compile one term."""
        if depth > MAX_NESTING:
            raise LimitError(f"expression nested more than {MAX_NESTING} deep")
        method = getattr(self, "t_" + node.type, None)
        if method is None:
            return self.broken(f"cannot read {self.source([node])[:60]!r}")
        result: Evaluator = method(node, depth + 1)
        return result

    def t_expression(self, node: Node, depth: int) -> Evaluator:
        return self.expression(node, depth)

    def t_literal_value(self, node: Node, depth: int) -> Evaluator:
        child = node.children[0]
        value: Value
        if child.type == "numeric_lit":
            value = parse_number(self.file.text(child))
        elif child.type == "bool_lit":
            value = self.file.text(child) == "true"
        elif child.type == "null_lit":
            value = None
        else:
            return self.t_string_lit(child, depth)
        return lambda _: value

    def t_string_lit(self, node: Node, _depth: int) -> Evaluator:
        text = self.file.text(node)[1:-1]
        if self.json:
            return templates.json_string(self, node)
        value = templates.unescape(text)
        return lambda _: value

    def t_template_expr(self, node: Node, depth: int) -> Evaluator:
        if self.json and node.children and node.children[0].type == "quoted_template":
            return templates.json_string(self, node)
        return templates.compile_template(self, node.children[0], depth)

    def t_collection_value(self, node: Node, depth: int) -> Evaluator:
        return self.term(node.children[0], depth)

    def t_tuple(self, node: Node, depth: int) -> Evaluator:
        nodes = [c for c in node.named_children if c.type == "expression"]
        elements = [self.expression(c, depth) for c in nodes]
        # Terraform 0.11 wrote lists in lists as ["${var.list}"] and meant one flat list.
        wrapped = [self.file.text(c).startswith('"${') for c in nodes]
        if not any(wrapped):
            return lambda scope: [element(scope) for element in elements]

        def evaluate(scope: Scope) -> Any:
            built: list[Any] = []
            for element, splice in zip(elements, wrapped, strict=True):
                value = element(scope)
                if splice and isinstance(value, list):
                    built.extend(value)
                else:
                    built.append(value)
            return built

        return evaluate

    def t_object(self, node: Node, depth: int) -> Evaluator:
        members: list[tuple[str | Evaluator, Evaluator]] = []
        for element in node.named_children:
            if element.type == "object_elem":
                parts = [c for c in element.named_children if c.type == "expression"]
                if len(parts) == 2:
                    members.append((self.object_key(parts[0], depth), self.expression(parts[1], depth)))

        def evaluate(scope: Scope) -> Any:
            result: dict[str, Any] = {}
            for key, value in members:
                if isinstance(key, str):
                    result[key] = value(scope)
                else:
                    add_member(result, key(scope), value(scope))
            return result

        return evaluate

    def object_key(self, node: Node, depth: int) -> str | Evaluator:
        """A bare word is its own name; anything else is an expression."""
        children = [c for c in node.children if c.type != "comment"]
        if len(children) == 1 and children[0].type in ("variable_expr", "literal_value"):
            child = children[0].children[0]
            if children[0].type == "variable_expr" or child.type in ("bool_lit", "null_lit", "numeric_lit"):
                return self.file.text(child)
        return self.expression(node, depth)

    def t_function_call(self, node: Node, depth: int) -> Evaluator:
        name = self.file.text(node.children[0])
        arguments: list[Evaluator] = []
        expand = False
        for child in node.named_children[1:]:
            if child.type == "function_arguments":
                arguments.extend(self.expression(c, depth) for c in child.named_children if c.type == "expression")
                expand = any(c.type == "ellipsis" for c in child.named_children)
        source = self.source([node])
        where = self.where(node)
        if name in ("try", "can"):
            return call_try(name, arguments, source, where)

        def evaluate(scope: Scope) -> Any:
            module = scope.module
            module.budget.step()
            args = [argument(scope) for argument in arguments]
            try:
                if expand and args:
                    last = args.pop()
                    if isinstance(last, list):
                        args.extend(last)
                    elif isinstance(last, Unknown):
                        args.append(Rest(Unknown(f"{last.expr}[*]"), last))
                    else:
                        raise EvalError("'...' needs a list")
                return module.call(name, args)
            except EvalError as error:
                return failed(error, scope, source, where)

        return evaluate

    def t_conditional(self, node: Node, depth: int) -> Evaluator:
        chain = self.chain(node)
        if chain is None:
            return self.broken(f"cannot read {self.source([node])[:60]!r}")
        if len(chain) > MAX_NESTING:
            raise LimitError(f"a chain of more than {MAX_NESTING} conditionals")
        *pairs, (last, _) = [
            (self.expression(first, depth), self.expression(second, depth) if second is not None else None)
            for first, second in chain
        ]
        source = self.source([node])
        where = self.where(node)

        def evaluate(scope: Scope, start: int = 0) -> Any:
            for position in range(start, len(pairs)):
                predicate, value = pairs[position]
                try:
                    condition = truth(predicate(scope))
                except EvalError as error:
                    return failed(error, scope, source, where)
                if value is None or condition is None:
                    return failed(EvalError("the condition is null"), scope, source, where)
                if isinstance(condition, Unknown):
                    return choose(condition.expr, value(scope), evaluate(scope, position + 1))
                if condition:
                    return value(scope)
            return last(scope)

        return evaluate

    def chain(self, node: Node) -> list[tuple[Node, Node | None]] | None:
        """``a ? x : b ? y : z`` as [(a, x), (b, y), (z, None)].

        The grammar nests such a chain to the left, as ``(a ? x : b) ? y : z``; HCL means the other way round.
        """
        behind: list[tuple[Node, Node]] = []
        while True:
            parts = [c for c in node.named_children if c.type == "expression"]
            if len(parts) != 3:
                return None
            predicate, value, otherwise = parts
            behind.append((value, otherwise))
            inner = [c for c in predicate.children if c.type != "comment"]
            if len(inner) != 1 or inner[0].type != "conditional":
                break
            node = inner[0]
        pairs: list[tuple[Node, Node | None]] = []
        for value, otherwise in reversed(behind):
            pairs.append((predicate, value))
            predicate = otherwise
        pairs.append((predicate, None))
        return pairs

    def t_operation(self, node: Node, depth: int) -> Evaluator:
        inner = node.children[0]
        children = [c for c in inner.children if c.type != "comment"]
        source = self.source([node])
        where = self.where(node)
        if inner.type == "unary_operation":
            operator = children[0].type
            operand = self.sequence(children[1:], depth)

            def evaluate_unary(scope: Scope) -> Any:
                try:
                    return unary(operator, operand(scope))
                except EvalError as error:
                    return failed(error, scope, source, where)

            return evaluate_unary
        position = next((i for i, c in enumerate(children) if c.type in _BINARY), 0)
        if not position:
            return self.broken(f"cannot read {source[:60]!r}")
        operator = children[position].type
        left = self.sequence(children[:position], depth)
        right = self.sequence(children[position + 1 :], depth)

        def evaluate(scope: Scope) -> Any:
            try:
                return binary(operator, left(scope), right(scope))
            except EvalError as error:
                return failed(error, scope, source, where)

        return evaluate

    def t_for_expr(self, node: Node, depth: int) -> Evaluator:
        return coll.compile_for(self, node.children[0], depth)

    # --- accesses ---------------------------------------------------------------------------------------------------

    def steps(self, nodes: Sequence[Node], depth: int) -> list[Step]:
        """Compile the accesses behind a term."""
        steps: list[Step] = []
        for node in nodes:
            kind = node.type
            if kind == "get_attr":
                steps.append(("attr", self.file.text(node.children[-1])))
            elif kind == "index":
                inner = node.children[0]
                if inner.type == "legacy_index":
                    index = int(self.file.text(inner).lstrip(". ") or "0")
                    steps.append(("index", lambda _, index=index: index))
                else:
                    steps.append(("index", self.expression(inner.children[1], depth + 1)))
            elif kind == "splat":
                inner = node.children[0]
                behind = self.steps(inner.children[1:], depth)
                if inner.type == "attr_splat":
                    # ``.*`` takes only attributes along: an index behind it picks from the resulting list.
                    along = 0
                    while along < len(behind) and behind[along][0] == "attr":
                        along += 1
                    steps.append(("splat", behind[:along]))
                    steps.extend(behind[along:])
                else:
                    steps.append(("splat", behind))
        return steps

    def traversal(self, root: str, steps: list[Step], nodes: Sequence[Node]) -> Evaluator:
        """Compile a reference: ``var.users``, ``module.x.out[0].y``, ``each.value.name``."""
        names: list[str] = []
        for kind, argument in steps:
            if kind != "attr":
                break
            names.append(argument)
        given = tuple(names)
        source = self.source(nodes)
        where = self.where(nodes[0])

        def evaluate(scope: Scope) -> Any:
            try:
                if root in scope.names:
                    return apply_steps(scope.names[root], steps, scope)
                value, used = scope.module.lookup(root, given)
                return apply_steps(value, steps[used:], scope) if used < len(steps) else value
            except EvalError as error:
                return failed(error, scope, source, where)

        return evaluate


_BINARY = frozenset(["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||"])


# What ``try`` and ``can`` may swallow, as Terraform would; everything else is always reported.
_RECOVERABLE = ("evaluation", "missing")


def failed(error: EvalError, scope: Scope, source: str, where: Location) -> Unknown:
    """What stands for an expression that failed: raised again in ``try``, else an unknown value and a note."""
    if scope.strict and error.kind in _RECOVERABLE:
        raise error
    scope.module.report(error, where)
    return Unknown(source)


def call_try(name: str, arguments: list[Evaluator], source: str, where: Location) -> Evaluator:
    """``try(a, b, ...)`` and ``can(a)``."""

    def evaluate(scope: Scope) -> Any:
        strict = scope.as_strict()
        problem: EvalError = EvalError(f"{name} needs an argument")
        for argument in arguments:
            try:
                value = argument(strict)
            except EvalError as error:
                if error.kind not in _RECOVERABLE:
                    return failed(error, scope, source, where)
                problem = error
                continue
            if name == "can":
                return True if is_known(value) or isinstance(value, (list, dict)) else Unknown(source)
            return value
        return False if name == "can" else failed(problem, scope, source, where)

    return evaluate
