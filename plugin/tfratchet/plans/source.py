"""What the source of a plan adds: places in files, values that the plan does not know, and losses that no plan shows.

A plan holds no places, no ``lifecycle`` blocks, and nothing of what a deleted line used to say: the state keeps its
value. So the root module is read from its folder as well, and in a git repository its base too, as ``tfratchet diff``
does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tfratchet.config import Settings
from tfratchet.errors import UserError
from tfratchet.hcl.load import load_root
from tfratchet.hcl.module import Parser, load_module, read_variables, variable_files
from tfratchet.matching import without_keys
from tfratchet.model import Finding, Location, Problem, Resource, Root, Severity
from tfratchet.values import REF_OPEN, Unknown

if TYPE_CHECKING:
    from tfratchet.pipeline import Sides
    from tfratchet.sources.plan import Document
    from tfratchet.sources.tree import SourceTree

INVISIBLE = ("TFR211", "TFR503", "TFR504")
"""Rules on what no plan shows: a deleted line whose value the state keeps, ``lifecycle``, arguments of module calls."""


@dataclass
class Source:
    """The folder that a plan was made from."""

    directory: str
    """As the user typed it."""
    sides: Sides | None = None
    """Both versions of the repository; None when the folder is in none."""
    tree: SourceTree | None = None
    path: str = "."
    """The root module in the tree."""
    notes: list[Problem] = field(default_factory=list)
    _parser: Parser = field(default_factory=Parser)
    _variables: dict[str, str] = field(default_factory=dict)
    _head: dict[str, Resource] = field(default_factory=dict)
    _base: dict[str, Resource] = field(default_factory=dict)

    def load(self, document: Document) -> None:
        """Read the root module, with the variables of the plan where the tree does not give them."""
        if self.tree is None:
            raise AssertionError("a source is opened before it is loaded")
        self._variables = _variables(self.tree, self.path, self._parser, document)
        self._head = self._resources(self.tree)
        if self.sides is not None:
            self._base = self._resources(self.sides.base)
        if not self._head:
            text = f"{self.directory} declares nothing that tfratchet looks at: is it the folder of this plan?"
            self.notes.append(Problem("source", text))

    def _resources(self, tree: SourceTree) -> dict[str, Resource]:
        root = load_root(tree, self.path, parser=self._parser, variables=self._variables)
        found = dict(root.resources)
        for address, resource in root.resources.items():
            # An instance that cannot be told from the files stands where its block stands.
            found.setdefault(without_keys(address), resource)
        return found

    # -- places and values

    def in_head(self, resource: Resource) -> Resource:
        """A resource of head with its places, and with what the files say of values that the plan does not know.

        Not with its ``lifecycle`` block: what base had there is for the comparison of the files (``invisible``).
        """
        found = self._find(self._head, resource)
        if found is None:
            return resource
        return _placed(replace(resource, values=self._filled(resource, found)), found)

    def in_base(self, root: Root, moved: Mapping[str, str]) -> Root:
        """A root module of the state with the places of what it holds: in base, or in head where base cannot be read.

        ``moved``: what is called otherwise in head.
        """
        placed = {}
        for address, resource in root.resources.items():
            found = self._find(self._base, resource)
            if found is None and self.sides is None:
                found = self._find(self._head, resource) or self._head.get(without_keys(moved.get(address, address)))
            placed[address] = resource if found is None else _placed(resource, found)
        return replace(root, resources=placed)

    @staticmethod
    def _find(known: Mapping[str, Resource], resource: Resource) -> Resource | None:
        found = known.get(resource.address) or known.get(without_keys(resource.address))
        return found if found is not None and found.type == resource.type else None

    @staticmethod
    def _filled(resource: Resource, found: Resource) -> dict[str, Any]:
        if found.address != resource.address or found.symbolic:
            return dict(resource.values)
        own = f"{REF_OPEN}{resource.address}"
        values = dict(resource.values)
        for name, value in values.items():
            # What refers to the resource itself is an unknown that the plan could tell nothing about.
            if isinstance(value, Unknown) and value.expr.startswith(own) and found.values.get(name) is not None:
                values[name] = found.values[name]
        return values

    # -- what a plan does not show

    def invisible(self, settings: Settings, head: Root) -> tuple[list[Finding], list[Problem]]:
        """Findings between base and head of the source that no plan shows, and errors of that comparison.

        ``head``: what there will be. The findings are those of ``tfratchet diff``. Without a repository: nothing, and
        a note that says so.
        """
        if self.sides is None:
            text = (
                f"{self.directory} is in no git repository, so what a plan does not show was not looked at: deleted "
                "lines whose value the state keeps, lifecycle blocks, arguments of module calls"
            )
            self.notes.append(Problem("source", text))
            return [], []
        from tfratchet import pipeline
        from tfratchet.pipeline import DiffOptions

        if not self.sides.changes:
            text = (
                f"the source is the same in {self.sides.base_label} and in the working tree: what a plan does not show "
                "could not have changed; name the version before with --base REV"
            )
            self.notes.append(Problem("source", text))
            return [], []
        if not self._base and not self._head:
            return [], []  # the folder holds nothing; a note says so
        options = DiffOptions(paths=[self.path], variables=self._variables, settings=settings)
        outcome = pipeline.diff(options, self.sides)
        own = [f for f in outcome.result.findings if f.root == self.path and f.variant is None]
        found = [self._kept(f, head) or f for f in own if f.rule in INVISIBLE or self._kept(f, head)]
        return found, list(outcome.result.errors)

    def _kept(self, finding: Finding, head: Root) -> Finding | None:
        """A loss that the plan does not carry out, as the provider keeps what a deleted line said; None for others."""
        before, after = self._base.get(finding.address), self._head.get(finding.address)
        planned = head.resources.get(finding.address)
        if finding.rule in INVISIBLE or before is None or after is None or planned is None:
            return None
        if not any(planned.values.get(n) and n not in after.values for n in before.values):
            return None
        text = f"{finding.message}. {_KEPT}"
        return replace(finding, message=text, severity=min(finding.severity, Severity.MEDIUM))


_KEPT = (
    "This plan does not carry it out: the state keeps what the deleted lines said, and a new account would not have it"
)


def open_source(directory: str, base: str | None, merge_base: bool) -> Source:
    """The folder of a plan. ``base``: the version before, in its git repository (HEAD when None).

    Raises UserError when it is no folder, or when ``base`` cannot be read.
    """
    import os

    from tfratchet.pipeline import DiffOptions, open_sides
    from tfratchet.sources.folders import FolderTree
    from tfratchet.sources.git import Repository
    from tfratchet.sources.process import GitError
    from tfratchet.sources.tree import TreeError

    if not os.path.isdir(directory):
        raise UserError(f"'{directory}' is not a folder", where="--source")
    try:
        repository = Repository.open(directory)
    except GitError:
        repository = None
    if repository is None or repository.top is None:
        if base is not None or merge_base:
            raise UserError(f"'{directory}' is in no git repository", where="--base")
        try:
            return Source(directory, tree=FolderTree(directory))
        except TreeError as error:
            raise UserError(str(error), where="--source") from None
    repository.close()
    sides = open_sides(DiffOptions(repo=directory, base=base or "HEAD", merge_base=merge_base))
    path = "." if sides.prefix in ("", ".") else sides.prefix
    return Source(directory, sides=sides, tree=sides.head, path=path)


def _placed(resource: Resource, found: Resource) -> Resource:
    locations: dict[str, Location] = dict(found.locations)
    return replace(resource, location=found.location, locations=locations, origins=found.origins)


def _variables(tree: SourceTree, path: str, parser: Parser, document: Document) -> dict[str, str]:
    """The variables of the plan that the tree gives no value or another one, as ``--var`` texts.

    Sensitive ones stay out: what they hold must not get into a report.
    """
    declared = load_module(tree, path, parser).variables
    assigned, _ = read_variables(tree, variable_files(tree, path), parser)
    described = document.configuration.get("variables")
    found: dict[str, str] = {}
    for name, given in document.variables.items():
        about = described.get(name) if isinstance(described, dict) else None
        about = about if isinstance(about, dict) else {}
        value = given.get("value") if isinstance(given, dict) else None
        block = declared.get(name)
        if block is None or name in assigned or value is None or about.get("sensitive") or _same(about, value):
            continue
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, (str, int)):
            found[name] = str(value)
        elif "type" in block.body.attributes and isinstance(value, (list, dict)):
            text = json.dumps(value, default=str)
            found[name] = text.replace("${", "$${").replace("%{", "%%{")
    return found


def _same(about: Mapping[str, Any], value: Any) -> bool:
    return "default" in about and about["default"] == value
