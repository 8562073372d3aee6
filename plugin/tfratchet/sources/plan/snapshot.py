"""From a plan to root modules: the state that it starts from, what it makes of it, and the state before it drifted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tfratchet.model import ModuleCall, Moved, Problem, Removed, Resource, Root
from tfratchet.sources.plan.configuration import Configuration, module_instances
from tfratchet.sources.plan.document import Change, Document, Entry, clean
from tfratchet.sources.plan.identifiers import DOCUMENT, Documents, Identifiers
from tfratchet.sources.plan.values import Converter, Masks, nested_blocks
from tfratchet.values import Value
from tfratchet.wanted import wanted


@dataclass(frozen=True, slots=True)
class PlanRoots:
    """The sides of one plan."""

    base: Root
    """The state that the plan starts from: what there is."""
    head: Root
    """What there will be."""
    recorded: Root | None
    """The state as Terraform had last left it, when something has changed since outside of Terraform; else None."""
    reasons: Mapping[str, str]
    """``action_reason`` by address (of base and of head)."""
    changed: int
    """Resources that the plan changes."""
    unknown: int
    """Values of head that are known only after apply."""


Fill = Callable[[Resource], Resource]


def roots(document: Document, path: str, masks: Masks, fill: Fill = lambda resource: resource) -> PlanRoots:
    """The sides of a plan. ``path``: what to call the root module. ``fill``: adds to a resource of head what the plan
    does not say. Raises UserError for values that are nested too deeply.
    """
    changes = [c for c in document.changes if not c.deposed]
    sides = _Sides(document, changes)
    configuration = Configuration(document.configuration, sides.head.keys())
    blocks = nested_blocks([*sides.base.values(), *sides.head.values()])
    converter = Converter(document.label, masks, configuration, blocks)
    base = _Builder(converter, configuration, sides.before, path).root(sides.base)
    head = _Builder(converter, configuration, {}, path, fill).root(sides.head)
    recorded = None
    if sides.recorded is not None:
        recorded = _Builder(converter, configuration, sides.before, path).root(sides.recorded)
    head = replace(
        head,
        moved=tuple(Moved(c.previous_address, c.address) for c in changes if c.previous_address),
        removed=tuple(Removed(c.address, destroy=False) for c in changes if _forgotten(c)),
        errors=tuple(Problem("source", f"{document.label}: {text}") for text in document.problems),
        notes=(*_deposed(document), *_kept_by_the_state(changes, configuration)),
    )
    return PlanRoots(
        base=base,
        head=head,
        recorded=recorded,
        reasons=_reasons(changes),
        changed=sum(not {"no-op", "read"} & set(c.actions) for c in changes),
        unknown=converter.unknown,
    )


def _forgotten(change: Change) -> bool:
    return "forget" in change.actions and change.after.values is None


def _reasons(changes: list[Change]) -> dict[str, str]:
    found: dict[str, str] = {}
    for change in changes:
        if change.reason and not change.reason.startswith("read_"):
            found[change.address] = change.reason
            if change.previous_address:
                found.setdefault(change.previous_address, change.reason)
    return found


def _deposed(document: Document) -> list[Problem]:
    found = []
    for change in document.changes:
        if change.deposed and _is_wanted(change.before):
            text = (
                f"{change.address} has a second object, left over from a replacement that was interrupted (deposed "
                f"{change.deposed}); the plan destroys it, and it was not compared"
            )
            found.append(Problem("plan", text))
    return found


_SETTINGS = "aws_iam_account_password_policy"
# Its arguments that are optional and computed: the provider keeps what the state has when their line is deleted.
_KEPT = (
    "require_lowercase_characters",
    "require_uppercase_characters",
    "require_numbers",
    "require_symbols",
    "max_password_age",
    "password_reuse_prevention",
    "hard_expiry",
)


def _kept_by_the_state(changes: list[Change], configuration: Configuration) -> list[Problem]:
    """What holds only because nobody has deleted it in the account: whether this change deleted the line, a plan does
    not say.
    """
    found = []
    for change in changes:
        block = configuration.block(change.address)
        if change.after.type != _SETTINGS or change.before.values is None or block is None:
            continue
        values = change.after.values or {}
        names = [n for n in _KEPT if values.get(n) not in (None, False, 0) and not block.sets((n,))]
        if names:
            verb = "stands" if len(names) == 1 else "stand"
            text = (
                f"{change.address}: {', '.join(names)} {verb} in the state and not in the configuration; whether this "
                "change deleted the line is not in the plan, --source DIR would tell"
            )
            found.append(Problem("plan", text))
    return found


def _is_wanted(entry: Entry) -> bool:
    values = entry.values or {}
    names = [n for n, v in values.items() if v not in (None, "")]
    if isinstance(entry.unknown, dict):
        names += entry.unknown
    return wanted(entry.type, names, managed=entry.managed)


class _Sides:
    """The entries of each side by address, without those that no rule looks at."""

    def __init__(self, document: Document, changes: list[Change]) -> None:
        prior = {e.address: e for e in document.prior if _is_wanted(e)}
        relevant = [c for c in changes if _is_wanted(c.before) or _is_wanted(c.after)]
        touched = {c.address for c in relevant}
        self.before = {c.previous_address: c.address for c in relevant if c.previous_address}
        """Addresses of base that are called otherwise in the configuration."""
        self.base = {a: e for a, e in prior.items() if a not in touched}
        self.head = dict(self.base)
        for address in self.before.keys() - touched:
            self.head.pop(address, None)
        for change in relevant:
            if change.before.values is not None:
                address = change.previous_address or change.address
                self.base[address] = replace(change.before, address=address)
            if change.after.values is not None:
                self.head[change.address] = change.after
        if document.configuration:
            # A data source that the configuration no longer has may still stand in the state.
            known = Configuration(document.configuration, ())
            gone = [a for a, e in self.head.items() if not e.managed and known.block(a) is None]
            for address in gone:
                del self.head[address]
        self.recorded = self._recorded(document)

    def _recorded(self, document: Document) -> dict[str, Entry] | None:
        """Base before what happened outside of Terraform."""
        names = {new: old for old, new in self.before.items()}
        entries = dict(self.base)
        drifted = False
        for change in document.drift:
            if change.deposed or not change.after.managed or change.before.values == change.after.values:
                continue
            if not (_is_wanted(change.before) or _is_wanted(change.after)):
                continue
            drifted = True
            address = names.get(change.address, change.previous_address or change.address)
            if change.before.values is None:
                entries.pop(address, None)
            else:
                entries[address] = replace(change.before, address=address)
        return entries if drifted else None


def _is_pending(entry: Entry) -> bool:
    """A policy document that is read only at apply."""
    return entry.type == DOCUMENT and not entry.managed and not isinstance((entry.values or {}).get("json"), str)


class _Builder:
    """Builds the resources of one side."""

    def __init__(
        self,
        converter: Converter,
        configuration: Configuration,
        renamed: Mapping[str, str],
        path: str,
        fill: Fill = lambda resource: resource,
    ) -> None:
        self.converter = converter
        self.configuration = configuration
        self.renamed = renamed
        self.path = path
        self.fill = fill

    def root(self, entries: Mapping[str, Entry]) -> Root:
        identifiers = Identifiers(entries.values())
        built = {address: self._resource(entry, identifiers) for address, entry in entries.items()}
        pending = {a: built[a].values for a, entry in entries.items() if _is_pending(entry)}
        documents = Documents(pending)
        if documents:
            for address, resource in built.items():
                values: dict[str, Value] = documents.filled(dict(resource.values))
                if address in pending:
                    values["json"] = documents.of(address)
                built[address] = replace(resource, values=values)
        return Root(
            self.path,
            resources={a: self.fill(r) for a, r in built.items()},
            calls=self._calls({e.module for e in entries.values() if e.module}),
        )

    def _calls(self, modules: set[str]) -> dict[str, ModuleCall]:
        """The calls of the modules that resources stand in. Their arguments are not in a plan."""
        found = {}
        for address in dict.fromkeys(a for module in sorted(modules) for a in module_instances(module)):
            call = self.configuration.call(address)
            # Of a call that is gone the source is not known: it is like no other call.
            source = clean(call.get("source")) or f"(unknown source of {address})"
            found[address] = ModuleCall(address, source, clean(call.get("version_constraint")), {})
        return found

    def _resource(self, entry: Entry, identifiers: Identifiers) -> Resource:
        block = self.configuration.block(self.renamed.get(entry.address, entry.address))
        values: dict[str, Any] = self.converter.values(entry, block)
        if entry.managed:
            values = identifiers.symbolic(values)
        return Resource(
            address=entry.address,
            type=entry.type,
            name=entry.name,
            values=values,
            managed=entry.managed,
            module=entry.module,
            key=entry.key,
            provider=block.provider if block is not None else "",
        )
