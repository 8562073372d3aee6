"""What the checks have in common: how they are registered, how they answer, and that they are never silent.

A check answers with ``self.passed()``, ``self.failed(why)``, ``self.unknown(why)`` or ``self.not_for_this()``. What
could not be worked out is UNKNOWN with a line in Checkov's log, never a pass. An exception is a defect of the check:
Checkov logs it as an error, and nothing here hides it.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.data.base_check import BaseDataCheck
from checkov.terraform.checks.module.base_module_check import BaseModuleCheck
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_account__ import Account, Node
    from tfratchet_checks.__tfr_values__ import ADDRESS, Block
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_account__ import Account, Node
    from __tfr_values__ import ADDRESS, Block

log = logging.getLogger("tfratchet_checks")

IAM = CheckCategories.IAM
LOGGING = CheckCategories.LOGGING
GENERAL = CheckCategories.GENERAL_SECURITY

_GUIDE = "docs/checks/{}.md"


class Judge:
    """The part that resource, data and module checks share. ``judge`` is what a check writes."""

    id: ClassVar[str]
    title: ClassVar[str]
    """What should be so, as Checkov words its checks: ``Ensure ...``."""
    types: ClassVar[Sequence[str]]
    categories: ClassVar[Sequence[Any]] = (IAM,)

    # Set by Checkov's own classes.
    entity_path: str
    entity_type: str
    graph: Any
    details: list[str]
    evaluated_keys: list[str]

    account: Account
    block: Block
    """The body of the resource that is being judged."""
    node: Node
    """The resource that is being judged, as a node of the account."""

    @abstractmethod
    def judge(self) -> Any:
        """The verdict on one resource, data source or module call: on ``self.block``, in ``self.account``."""

    def run_on(self, conf: dict[str, Any], kind: str, type_: str) -> Any:
        """Find the place of ``conf`` in the account, and judge it."""
        self.account = Account.of(self.graph)
        self.block = block = Block(conf)
        address = str(conf.get(ADDRESS) or "")
        path = self.entity_path.rpartition(f":{type_}:")[0]
        known = ("data." if kind == "data" else "") + type_
        node = self.account.find(known, address, path) if address else None
        if node is None:
            # No graph, or not in it: judged by itself; what depends on others says so.
            node = Node(-1, kind, type_, address.rpartition(".")[2], address, block, path, path.rpartition("/")[0])
            self.account = Account(known=False)
        self.node = node
        return self.judge()

    def passed(self) -> Any:
        """Everything that the check asks for is there."""
        return CheckResult.PASSED

    def failed(self, why: str, *arguments: str) -> Any:
        """Something is missing or wrong; ``why`` is shown below the result, ``arguments`` name where it stands."""
        self.evaluated_keys = list(arguments)
        changed = [a for a in arguments if self.node.block.changed(a)]
        self.details.append(why + (f" (this plan changes {', '.join(changed)})" if changed else ""))
        return CheckResult.FAILED

    def unknown(self, why: str) -> Any:
        """The configuration alone does not say; a line in the log tells what was missing."""
        short = " ".join(why.split())[:200]
        log.warning("%s is not decided for %s (%s): %s", self.id, self.node.address, self.node.file, short)
        return CheckResult.UNKNOWN

    def not_for_this(self) -> Any:
        """The check does not speak about this resource."""
        return CheckResult.UNKNOWN


class ResourceCheck(Judge, BaseResourceCheck):  # type: ignore[misc]
    """A check of managed resources."""

    def __init__(self) -> None:
        super().__init__(
            name=self.title,
            id=self.id,
            categories=self.categories,
            supported_resources=self.types,
            guideline=_GUIDE.format(self.id),
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> Any:
        return self.run_on(conf, "resource", self.entity_type)


class DataCheck(Judge, BaseDataCheck):  # type: ignore[misc]
    """A check of data sources."""

    def __init__(self) -> None:
        super().__init__(
            name=self.title,
            id=self.id,
            categories=self.categories,
            supported_data=self.types,
            guideline=_GUIDE.format(self.id),
        )

    def scan_data_conf(self, conf: dict[str, Any]) -> Any:
        return self.run_on(conf, "data", self.entity_type)


class ModuleCheck(Judge, BaseModuleCheck):  # type: ignore[misc]
    """A check of module calls."""

    types = ("module",)

    def __init__(self) -> None:
        super().__init__(name=self.title, id=self.id, categories=self.categories, guideline=_GUIDE.format(self.id))

    def scan_module_conf(self, conf: dict[str, Any]) -> Any:
        return self.run_on(conf, "module", "module")


__all__ = ["GENERAL", "IAM", "LOGGING", "Block", "DataCheck", "Judge", "ModuleCheck", "ResourceCheck"]
