"""From identifiers back to references: an ARN of a resource of the same plan becomes ``aws_iam_policy.x.arn`` again.

A configuration that is read from its files refers to resources, a state has their ARNs, and the ARN of what is created
again is not known. Written as references all three are the same value, and rules see which resource is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tfratchet.iam.render import render_policy_document
from tfratchet.sources.plan.document import Entry
from tfratchet.values import JsonText, Template, Unknown, Value, ref

# Identifiers that others refer to and that are no ARNs.
_IDS = {
    "aws_kms_key": "key_id",
    "aws_cognito_user_pool": "id",
    "aws_organizations_policy": "id",
    "aws_organizations_organizational_unit": "id",
    "aws_organizations_account": "id",
}
DOCUMENT = "aws_iam_policy_document"


class Identifiers:
    """The identifiers of the managed resources of one side."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._refs: dict[str, Unknown | None] = {}
        for entry in entries:
            if not entry.managed or not entry.values:
                continue
            for name in ("arn", _IDS.get(entry.type, "")):
                value = entry.values.get(name)
                if isinstance(value, str) and len(value) >= 8 and not _hidden(entry.sensitive, name):
                    found = ref(entry.address, f".{name}")
                    # Twice the same: it does not tell which of them is meant.
                    self._refs[value] = found if self._refs.get(value, found) == found else None

    def symbolic(self, value: Any) -> Any:
        """The same value with identifiers, where they are a whole text, as references."""
        if isinstance(value, str):
            found = self._refs.get(value)
            if found is None and value.endswith(":*"):
                # The trail's argument wants the ARN of a log group with this behind it.
                group = self._refs.get(value[:-2])
                return value if group is None else Template([group, ":*"])
            return found or value
        if isinstance(value, dict):
            return {k: self.symbolic(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.symbolic(v) for v in value]
        return value


def _hidden(sensitive: Any, name: str) -> bool:
    return sensitive is True or (isinstance(sensitive, dict) and sensitive.get(name) is True)


class Documents:
    """Policy documents that are read only at apply: rendered as far as they are known, and put where they are used."""

    def __init__(self, pending: Mapping[str, Mapping[str, Value]]) -> None:
        """``pending``: arguments of the data sources that are not read yet, by address."""
        self._pending = pending
        self._rendered: dict[str, Value] = {}
        self._names = {ref(address, f".{n}").expr: address for address in pending for n in ("json", "minified_json")}

    def __bool__(self) -> bool:
        return bool(self._names)

    def of(self, address: str) -> Value:
        """The document of a data source."""
        if address not in self._rendered:
            self._rendered[address] = ref(address, ".json")  # a document that is made of itself ends here
            arguments = self.filled(dict(self._pending[address]))
            self._rendered[address] = render_policy_document(arguments)
        return self._rendered[address]

    def filled(self, value: Any) -> Any:
        """The same value with documents in place of references to them."""
        if isinstance(value, Unknown) and not isinstance(value, (Template, JsonText)):
            address = self._names.get(value.expr)
            return value if address is None else self.of(address)
        if isinstance(value, dict):
            return {k: self.filled(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.filled(v) for v in value]
        return value
