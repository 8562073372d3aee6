"""Reads ``tfratchet.toml`` or ``[tool.tfratchet]`` of ``pyproject.toml``; every mistake is named with its line.

Which version of the file rules is decided in ``from_trees``: the judge's settings come from *base*, so that a change
cannot loosen its own judge; accepted findings (``[[ignore]]``) come from head and new ones are told. The reasons are
in ``docs/configuration.md``.
"""

from __future__ import annotations

import difflib
import importlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from tfratchet.config import Settings
from tfratchet.errors import UserError
from tfratchet.model import Location, Problem, Severity
from tfratchet.tomlplace import line_of

if TYPE_CHECKING:
    from tfratchet.sources.tree import Tree

FILE = "tfratchet.toml"
PYPROJECT = "pyproject.toml"
FAIL_ON = (*(str(s) for s in sorted(Severity)), "never")
NEW_IGNORES = ("accept", "refuse")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that a configuration may use. An empty set is not checked against."""

    rules: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    floors: Mapping[str, type] = field(default_factory=dict)
    """Name of a control → ``int`` or ``bool``."""


@dataclass(frozen=True, slots=True)
class IgnoreEntry:
    """One ``[[ignore]]``: findings of a rule at an address are accepted, for a reason, until a day."""

    rule: str
    address: str
    reason: str
    root: str | None = None
    expires: date | None = None
    location: Location | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Config:
    """What a configuration file says; the defaults are those of no file at all."""

    include: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    floors: Mapping[str, int | bool] = field(default_factory=dict)
    break_glass: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    var_files: tuple[str, ...] = ()
    fail_on: str = "medium"
    new_ignores: str = "accept"
    baseline: str | None = None
    ignore: tuple[IgnoreEntry, ...] = ()

    def settings(
        self, today: date = date(1970, 1, 1), *, include: Iterable[str] = (), break_glass: Iterable[str] = ()
    ) -> Settings:
        """What the rules are told: this, and what the command line adds."""
        return Settings(
            today=today,
            include=frozenset({*self.include, *include}),
            enabled=frozenset(self.enable),
            disabled=frozenset(self.disable),
            severities=self.severity,
            floors=self.floors,
            break_glass=(*self.break_glass, *break_glass),
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that is in force, and what a reader should know about where it came from."""

    config: Config
    new_ignores: frozenset[IgnoreEntry] = frozenset()
    """The entries that the change itself adds."""
    notes: tuple[Problem, ...] = ()
    errors: tuple[Problem, ...] = ()


def parse(text: str, file: str, vocabulary: Vocabulary) -> Config | None:
    """The configuration in ``text`` (of ``file``: its name decides where the table is looked for).

    None when a ``pyproject.toml`` has no ``[tool.tfratchet]``. Raises UserError with file and line for text that is no
    TOML, an unknown key or name (the nearest right one is suggested), a wrong type, or an entry without a reason.
    """
    pyproject = file.rpartition("/")[2] == PYPROJECT
    data: Any = _toml(text, file)
    if pyproject:
        tool = data.get("tool")
        data = tool.get("tfratchet") if isinstance(tool, dict) else None
        if data is None:
            return None
    reader = _Reader(text, file, ("tool", "tfratchet") if pyproject else (), vocabulary)
    return reader.config(data)


def from_file(path: str, vocabulary: Vocabulary) -> Config:
    """The configuration that ``--config`` names. Raises UserError when it cannot be read or is wrong."""
    try:
        with open(path, encoding="utf-8") as handle:
            text = handle.read()
    except OSError as error:
        raise UserError(f"cannot read the configuration: {error.strerror}", where=path) from None
    except UnicodeDecodeError:
        raise UserError("the configuration is not UTF-8", where=path) from None
    config = parse(text, path, vocabulary)
    if config is None:
        raise UserError("has no table [tool.tfratchet]", where=path)
    return config


def from_trees(base: Tree, head: Tree, vocabulary: Callable[[], Vocabulary]) -> Loaded:
    """The configuration for comparing ``base`` with ``head``: settings from base, accepted findings from head.

    ``vocabulary`` is only asked for when there is a file. A file that is wrong is an error of the run (never silently
    no configuration at all).
    """
    base_file, base_text, wrong_base = _side(base)
    head_file, head_text, wrong_head = _side(head)
    ours, wrong_base = (None, wrong_base) if wrong_base else _try(base_text, base_file, base.label, vocabulary)
    if not wrong_head and (base_file, base_text) == (head_file, head_text):
        return Loaded(ours or Config(), errors=(wrong_base,) if wrong_base else ())
    theirs, wrong_head = (None, wrong_head) if wrong_head else _try(head_text, head_file, head.label, vocabulary)
    config = ours or Config()
    if wrong_base or wrong_head:
        return Loaded(config, errors=tuple(e for e in (wrong_base, wrong_head) if e))
    new = theirs or Config()
    added = frozenset(new.ignore) - frozenset(config.ignore)
    notes = _difference(config, new, base_file, head_file)
    return Loaded(replace(config, ignore=new.ignore), added, tuple(notes))


def _difference(config: Config, new: Config, base_file: str, head_file: str) -> list[Problem]:
    """A note when the change edits the settings that it is judged by."""
    changed = [f.name for f in fields(Config) if f.name != "ignore" and getattr(config, f.name) != getattr(new, f.name)]
    if not changed:
        return []
    file = head_file or base_file
    details = []
    for name in changed:
        before, after = getattr(config, name), getattr(new, name)
        if isinstance(before, tuple) and isinstance(after, tuple):
            plus, minus = sorted(set(after) - set(before)), sorted(set(before) - set(after))
            text = ", ".join([f"+{x}" for x in plus] + [f"-{x}" for x in minus])
            details.append(f"{name}: {text or 'another order'}")
        elif isinstance(before, Mapping):
            keys = sorted(k for k in {*before, *after} if before.get(k) != after.get(k))
            details.append(f"{name}: {', '.join(keys)}")
        else:
            details.append(f"{name}: {before or 'none'} to {after or 'none'}")
    text = "this change itself edits the settings of tfratchet ({}); what base says holds until it is merged"
    return [Problem("config", text.format("; ".join(details)), Location(file, 1))]


def _side(tree: Tree) -> tuple[str, str, Problem | None]:
    try:
        return (*_find(tree), None)
    except UserError as error:
        return "", "", Problem("config", f"{error} [{tree.label}]")


def _try(
    text: str, file: str, label: str, vocabulary: Callable[[], Vocabulary]
) -> tuple[Config | None, Problem | None]:
    try:
        return (parse(text, file, vocabulary()) if file else None), None
    except UserError as error:
        return None, Problem("config", f"{error} [{label}]")


def _find(tree: Tree) -> tuple[str, str]:
    """Name and text of the configuration file of a tree; two empty strings when there is none."""
    from tfratchet.sources.tree import TreeError

    for name in (FILE, PYPROJECT):
        try:
            content = tree.read(name)
        except TreeError as error:
            if error.kind == "missing":
                continue
            raise UserError(str(error), where=name) from None
        if name == PYPROJECT and b"tfratchet" not in content:
            continue
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise UserError("the configuration is not UTF-8", where=name) from None
        if name == FILE or _has_table(text):
            return name, text
    return "", ""


def _has_table(text: str) -> bool:
    """True when a pyproject.toml seems to hold our table: a dependency of that name is none."""
    return (
        re.search(r"^\s*\[+\s*tool\s*\.\s*tfratchet\b|^\s*tfratchet\s*=|tool\.tfratchet", text, re.MULTILINE)
        is not None
    )


def _toml(text: str, file: str) -> dict[str, Any]:
    tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        line = re.search(r"\(at line (\d+), column \d+\)", message)
        where = f"{file}:{line[1]}" if line else file
        raise UserError(f"not valid TOML: {re.sub(r' *[(]at line.*', '', message)}", where=where) from None
    except RecursionError:
        raise UserError("nested too deeply", where=file) from None
    return data


class _Reader:
    """Turns plain data into a Config; knows where in the text a key stands."""

    def __init__(self, text: str, file: str, table: tuple[str, ...], vocabulary: Vocabulary) -> None:
        self.text = text
        self.file = file
        self.table = table
        self.vocabulary = vocabulary

    def config(self, data: Any) -> Config:
        data = self.mapping((), data)
        self.known((), data, [f.name for f in fields(Config)], "key")
        voc = self.vocabulary
        rules = voc.rules | voc.families if voc.rules else frozenset[str]()
        readers: dict[str, Callable[[str, Any], Any]] = {
            "include": lambda k, v: self.names(k, v, voc.groups, "rule group"),
            "enable": lambda k, v: self.names(k, v, rules, "rule or family"),
            "disable": lambda k, v: self.names(k, v, rules, "rule or family"),
            "severity": self.severity,
            "floors": self.floors,
            "break_glass": self.strings,
            "paths": self.strings,
            "exclude": self.strings,
            "var_files": self.strings,
            "fail_on": lambda k, v: self.choice((k,), v, FAIL_ON),
            "new_ignores": lambda k, v: self.choice((k,), v, NEW_IGNORES),
            "baseline": lambda k, v: self.string((k,), v),
            "ignore": self.ignores,
        }
        return Config(**{key: readers[key](key, value) for key, value in data.items()})

    # -- what values may be

    def mapping(self, path: Sequence[str | int], value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(path, "a table", value)
        return value

    def string(self, path: Sequence[str | int], value: Any) -> str:
        if not isinstance(value, str):
            raise self.wrong(path, "a string", value)
        if not value.strip():
            raise self.error(path, f"{_name(path)} is empty")
        return value

    def strings(self, key: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self.wrong((key,), "a list of strings", value)
        return tuple(self.string((key, i), v) for i, v in enumerate(value))

    def names(self, key: str, value: Any, allowed: frozenset[str], kind: str) -> tuple[str, ...]:
        found = self.strings(key, value)
        if allowed:
            self.known((key,), found, allowed, kind)
        return found

    def choice(self, path: Sequence[str | int], value: Any, allowed: Sequence[str]) -> str:
        text = self.string(path, value)
        self.known(path, (text,), allowed, "value")
        return text

    def severity(self, key: str, value: Any) -> Mapping[str, Severity]:
        table = self.mapping((key,), value)
        if self.vocabulary.rules:
            self.known((key,), table, self.vocabulary.rules, "rule")
        levels = [str(s) for s in sorted(Severity)]
        return {rule: Severity[self.choice((key, rule), level, levels).upper()] for rule, level in table.items()}

    def floors(self, key: str, value: Any) -> Mapping[str, int | bool]:
        table = self.mapping((key,), value)
        floors = self.vocabulary.floors
        if floors:
            self.known((key,), table, floors, "floor")
        for name, floor in table.items():
            wanted = floors.get(name)
            if wanted is bool and not isinstance(floor, bool):
                raise self.wrong((key, name), "true or false", floor)
            if wanted is int and (isinstance(floor, bool) or not isinstance(floor, int)):
                raise self.wrong((key, name), "a whole number", floor)
            if not isinstance(floor, (int, bool)):
                raise self.wrong((key, name), "a whole number, true or false", floor)
        return dict(table)

    def ignores(self, key: str, value: Any) -> tuple[IgnoreEntry, ...]:
        if not isinstance(value, list):
            raise self.wrong((key,), "tables: write [[ignore]]", value)
        entries = []
        for i, item in enumerate(value):
            table = self.mapping((key, i), item)
            self.known((key, i), table, [f.name for f in fields(IgnoreEntry) if f.name != "location"], "key")
            for needed in ("rule", "address", "reason"):
                if needed not in table:
                    raise self.error(
                        (key, i), f"this [[ignore]] has no {needed}; rule, address and reason are required"
                    )
            rule = self.string((key, i, "rule"), table["rule"])
            if self.vocabulary.rules:
                self.known((key, i, "rule"), (rule,), self.vocabulary.rules, "rule")
            root = table.get("root")
            line = self.line((key, i))
            entries.append(
                IgnoreEntry(
                    rule=rule,
                    address=self.string((key, i, "address"), table["address"]),
                    reason=self.string((key, i, "reason"), table["reason"]),
                    root=None if root is None else self.string((key, i, "root"), root),
                    expires=self.day((key, i, "expires"), table.get("expires")),
                    location=Location(self.file, line) if line else None,
                )
            )
        return tuple(entries)

    def day(self, path: Sequence[str | int], value: Any) -> date | None:
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise self.wrong(path, "a day such as 2027-01-31", value)

    # -- errors, with their place

    def known(self, path: Sequence[str | int], names: Iterable[str], allowed: Iterable[str], kind: str) -> None:
        """Raise for the first name that is not allowed, with the nearest right one."""
        allowed = list(allowed)
        for name in names:
            if name not in allowed:
                close = difflib.get_close_matches(name, allowed, n=1, cutoff=0.5)
                upper = name.upper()
                if not close and upper in allowed:
                    close = [upper]
                hint = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(sorted(allowed))}"
                place = (*path, name) if kind in ("key", "floor", "rule") else path
                raise self.error(place, f"unknown {kind} '{name}'", hint)

    def wrong(self, path: Sequence[str | int], wanted: str, value: Any) -> UserError:
        kinds = {
            bool: "a boolean",
            str: "a string",
            int: "a number",
            float: "a number",
            list: "a list",
            dict: "a table",
        }
        return self.error(path, f"{_name(path)} must be {wanted}, not {kinds.get(type(value), 'a date or time')}")

    def error(self, path: Sequence[str | int], message: str, hint: str = "") -> UserError:
        line = self.line(path)
        return UserError(message, where=f"{self.file}:{line}" if line else self.file, hint=hint)

    def line(self, path: Sequence[str | int]) -> int | None:
        """The line where a key stands (TOML readers give none): found by its table header and name."""
        names = (*self.table, *path)
        while names:
            found = line_of(self.text, names)
            if found:
                return found
            names = names[:-1]
        return None


def _name(path: Sequence[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the configuration"
