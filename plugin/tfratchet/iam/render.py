"""``data "aws_iam_policy_document"``: what the provider would put into its attribute ``json``.

Checked against the real provider, 3.39 and 5.100 (see the tests): the version is the highest of all that are merged,
lists of one become single values, longer lists are sorted backwards, ``&{x}`` becomes ``${x}``, statements of later
documents take the place of earlier ones with the same ``sid``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tfratchet.iam.json_text import HoleKey, JsonError, read_json
from tfratchet.values import REST_KEY, Choice, JsonText, Rest, Template, Unknown, Value, canonical, is_known

_DEFAULT_VERSION = "2012-10-17"
_ELEMENTS = (
    ("Action", "actions"),
    ("NotAction", "not_actions"),
    ("Resource", "resources"),
    ("NotResource", "not_resources"),
)


def render_policy_document(values: Mapping[str, Value]) -> Value:
    """The ``json`` attribute of the data source with these arguments.

    All known: the JSON text that the provider writes (but for the order of the values of several ``condition`` blocks
    with the same test and variable, which comes from the provider's hashes). Else ``JsonText`` of the same object with
    unknown leaves; a number of statements that is not known stays in the list as ``Rest`` or ``Unknown``.
    """
    merged = _Merged()
    for name in ("source_json", "source_policy_documents"):
        for source in _elements(values.get(name)):
            merged.add_document(source)
    own = [_block(b, _statement) for b in _elements(values.get("statement"))]
    merged.add(values.get("version") or _DEFAULT_VERSION, values.get("policy_id"), own)
    for name in ("override_policy_documents", "override_json"):
        for override in _elements(values.get(name)):
            merged.add_document(override, overrides=True)
    result: dict[str, Any] = {"Version": merged.version}
    if merged.id:
        result["Id"] = merged.id
    if merged.statements:
        result["Statement"] = merged.statements
    return _dump(result) if is_known(result) and not _has_hole_keys(result) else JsonText(result)


def _has_hole_keys(value: Any) -> bool:
    if isinstance(value, dict):
        return any(isinstance(k, HoleKey) or _has_hole_keys(v) for k, v in value.items())
    return isinstance(value, list) and any(_has_hole_keys(v) for v in value)


def _dump(value: Any) -> str:
    """JSON as Go's ``json.MarshalIndent`` writes it."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    for character, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028")):
        text = text.replace(character, escape)
    return text.replace("\u2029", "\\u2029")


class _Merged:
    """The document that is being put together."""

    def __init__(self) -> None:
        self.version: Any = ""
        self.id: Any = None
        self.statements: list[Any] = []

    def add(self, version: Any, policy_id: Any, statements: list[Any]) -> None:
        """Merge one document in; a statement replaces an earlier one with the same ``Sid``."""
        if policy_id:
            self.id = policy_id
        if isinstance(version, Unknown) or isinstance(self.version, Unknown):
            # The highest wins; nothing is higher than the default.
            if _DEFAULT_VERSION in (version, self.version):
                self.version = _DEFAULT_VERSION
            else:
                self.version = version if isinstance(version, Unknown) else self.version
        else:
            self.version = max(self.version, version or "")
        for statement in statements:
            position = self._same_sid(statement)
            if position is None:
                self.statements.append(statement)
            else:
                self.statements[position] = statement

    def _same_sid(self, statement: Any) -> int | None:
        sid = statement.get("Sid") if isinstance(statement, dict) else None
        if not isinstance(sid, str) or not sid:
            return None
        for position, other in enumerate(self.statements):
            if isinstance(other, dict) and other.get("Sid") == sid:
                return position
        return None

    def add_document(self, source: Any, *, overrides: bool = False) -> None:
        """Merge a whole document in: JSON text, known or not."""
        document = _decoded(source)
        if document is None:
            return
        if isinstance(document, dict):
            statements = document.get("Statement")
            listed = statements if isinstance(statements, list) else [] if statements is None else [statements]
            if overrides and any(not isinstance(s, dict) for s in listed):
                self._may_be_replaced(Unknown(canonical(source)))
            self.add(document.get("Version"), document.get("Id"), [_single(s) for s in listed])
            return
        if overrides:
            self._may_be_replaced(document)
        self.statements.append(document)

    def _may_be_replaced(self, by: Unknown) -> None:
        """An override that is not known may replace every statement that has a ``Sid``."""
        for position, statement in enumerate(self.statements):
            if isinstance(statement, dict) and statement.get("Sid"):
                self.statements[position] = Rest(statement, Unknown(f"not overridden by {by.expr}"))


def _elements(value: Any) -> list[Any]:
    """The elements of an argument: a list, a single text (legacy arguments), an unknown list, or nothing."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _decoded(source: Any) -> Any:
    """A source document as an object; the list of its statements as an unknown when it is not known; None: nothing."""
    if source is None or source == "":
        return None
    if isinstance(source, JsonText):
        return source.value if isinstance(source.value, dict) else Unknown(source.expr)
    if isinstance(source, Choice):
        branches = [_statements_of(_decoded(b)) for b in (source.if_true, source.if_false)]
        return Choice(source.condition, branches[0], branches[1])
    if isinstance(source, (str, Template)):
        try:
            value = read_json(source)
        except JsonError:
            # The provider refuses it; what would be there is not known.
            return Unknown(canonical(source))
        if isinstance(value, dict):
            return Unknown(canonical(source)) if any(isinstance(k, HoleKey) for k in value) else value
        return value if isinstance(value, Unknown) else Unknown(canonical(source))
    if isinstance(source, Rest):
        return Unknown(canonical(source))
    return source if isinstance(source, Unknown) else Unknown(canonical(source))


def _statements_of(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    found = document.get("Statement")
    return found if isinstance(found, list) else [] if found is None else [found]


def _single(statement: Any) -> Any:
    """A statement of another document as the provider writes it again: an empty Sid is left out."""
    if not isinstance(statement, dict):
        return statement
    return {k: v for k, v in statement.items() if not (k == "Sid" and v == "")}


def _block(block: Any, convert: Callable[[Mapping[str, Any]], Any]) -> Any:
    if isinstance(block, Rest):
        return Rest(_block(block.value, convert), block.of)
    return convert(block) if isinstance(block, Mapping) else block


def _statement(block: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if block.get("sid"):
        found["Sid"] = block["sid"]
    effect = block.get("effect")
    found["Effect"] = "Allow" if effect is None else effect
    for name, argument in _ELEMENTS:
        replace = argument in ("resources", "not_resources")
        members = _strings(block.get(argument), variables=replace)
        if members != []:
            found[name] = members
    for name, argument in (("Principal", "principals"), ("NotPrincipal", "not_principals")):
        principals = _principals(_elements(block.get(argument)))
        if principals is not None:
            found[name] = principals
    conditions = _conditions(_elements(block.get("condition")))
    if conditions is not None:
        found["Condition"] = conditions
    return found


def _strings(value: Any, *, variables: bool) -> Any:
    """One member as itself, more as a list sorted backwards, unknown members last; an unknown list as itself."""
    if value is None:
        return []
    if isinstance(value, Unknown):
        return value
    members = [_variables(v) if variables else v for v in _elements(value)]
    known = sorted({v for v in members if isinstance(v, str)}, reverse=True)
    others = list({canonical(v): v for v in members if not isinstance(v, str)}.values())
    return known[0] if len(known) == 1 and not others else [*known, *others]


def _variables(value: Any) -> Any:
    """``&{aws:username}`` stands for ``${aws:username}``, which Terraform would take for its own."""
    if isinstance(value, str):
        return value.replace("&{", "${")
    if isinstance(value, Template):
        return Template([p.replace("&{", "${") if isinstance(p, str) else p for p in value.parts])
    return value


def _principals(blocks: list[Any]) -> Any:
    if not blocks:
        return None
    found: dict[str, Any] = {}
    unknown: list[Any] = []
    for block in blocks:
        kind = block.get("type") if isinstance(block, Mapping) else None
        if not isinstance(block, Mapping) or not isinstance(kind, str):
            unknown.append(block)
            continue
        ids = _strings(block.get("identifiers"), variables=True)
        before = found.get(kind)
        found[kind] = ids if before is None else [*_elements(before), *_elements(ids)]
    if unknown:
        found[REST_KEY] = unknown
    elif found == {"*": "*"}:
        return "*"
    return {k: found[k] for k in sorted(found)}


def _conditions(blocks: list[Any]) -> Any:
    if not blocks:
        return None
    found: dict[str, dict[str, Any]] = {}
    unknown: list[Any] = []
    for block in blocks:
        test = block.get("test") if isinstance(block, Mapping) else None
        key = block.get("variable") if isinstance(block, Mapping) else None
        if not isinstance(block, Mapping) or not isinstance(test, str) or key is None:
            unknown.append(block)
            continue
        values = block.get("values")
        members = values if isinstance(values, Unknown) else [_variables(v) for v in _elements(values)]
        if isinstance(key, Unknown):
            key = HoleKey.of(key)
        keys = found.setdefault(test, {})
        before = keys.get(key)
        keys[key] = members if before is None else [*_elements(before), *_elements(members)]
    result: dict[str, Any] = {
        test: {k: _condition_values(keys[k]) for k in sorted(keys)} for test, keys in sorted(found.items())
    }
    if unknown:
        result[REST_KEY] = unknown
    return result


def _condition_values(members: Any) -> Any:
    if isinstance(members, Unknown):
        return members
    known = [v for v in members if isinstance(v, str)]
    others = [v for v in members if not isinstance(v, str)]
    if len(known) == 1 and not others:
        return known[0]
    return [*sorted(known, reverse=True), *others]
