"""Drift of users, groups and roles: themselves, the policies attached to them, their inline policies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tfratchet.account.drift.items import (
    Difference,
    Held,
    Key,
    arn_of,
    key_of,
    known_names,
)
from tfratchet.account.drift.view import View, by_holder, differs, fits, of_aws, policy_name, surest
from tfratchet.iam.documents import Document, parse_document
from tfratchet.iam.managed import allows
from tfratchet.iam.rewrites import is_guard
from tfratchet.model import Severity


class People(View):
    """Compares people and what they hold themselves."""

    # -- users, groups, roles ------------------------------------------------------------------------------------

    def principals(self) -> Iterator[Difference]:
        """Declared ones that are not there; with ``everything`` those that nobody declares."""
        for kind, declared in self.declared.principals.items():
            if not self.readable[kind]:
                continue
            for item in declared:
                there = [n for n in self.live[kind] if item.name.may_be(n)]
                if not there:
                    depends = item.place.depends + (() if item.name.text is not None else (item.name.label,))
                    yield Difference(
                        "TFR671",
                        self.arn(kind, item.name.label),
                        f"{kind} {item.name.label} is declared and does not exist",
                        f"{kind} {item.name.label}",
                        "does not exist",
                        item.place,
                        depends=depends,
                    )
            if not self.everything or any(i.name.text is None for i in declared):
                continue
            named = known_names(declared)
            for name, live in self.live[kind].items():
                if name not in named and not of_aws(live):
                    yield Difference(
                        "TFR672", live.arn, f"{kind} {name} exists and is declared nowhere", "not declared", "exists"
                    )

    # -- attachments ---------------------------------------------------------------------------------------------

    def attachments(self) -> Iterator[Difference]:
        """Managed policies of users, groups and roles."""
        held = [h for h in self.declared.held if h.route == "attached"]
        exclusive = {h.key for h in held if h.exclusive}
        open_holders = [h for h in held if h.holder.text is None]
        for kind, live in self.live.items():
            if not self.readable[kind]:
                continue
            mine = by_holder(h for h in held if h.kind == kind and h.holder.text is not None)
            for name in sorted({*mine, *live}):
                yield from self._attached(kind, name, mine.get(name, []), open_holders, exclusive)
        for held_by in open_holders:
            yield from self._open_holder(held_by)

    def _attached(
        self, kind: str, name: str, mine: list[Held], open_holders: list[Held], exclusive: set[Key | None]
    ) -> Iterator[Difference]:
        there = {key_of(a): a for a in self.live[kind][name].attached} if name in self.live[kind] else {}
        wanted: dict[Key, list[Held]] = {}
        for one in mine:
            if one.key is not None:
                wanted.setdefault(one.key, []).append(one)
        for key, holdings in wanted.items():
            if key not in there:
                yield self._detached(kind, name, key, surest(holdings))
        extra = {k: a for k, a in there.items() if k not in wanted}
        mine_too = self.mine((kind, name))
        vague = [h for h in mine if h.key is None]
        for one in vague:
            if not any(one.policy.may_be(policy_name(k, one)) for k in extra):
                yield Difference(
                    "TFR660",
                    self.arn(kind, name),
                    f"{kind} {name} does not have policy {one.policy.label}, or it is one that it has anyway",
                    f"policy {one.policy.label}",
                    "no policy that it could be",
                    one.place,
                    depends=(*one.place.depends, one.policy.label),
                )
        unsure = [*vague, *(h for h in open_holders if h.kind == kind)]
        meant = {_only(one, extra) for one in vague}
        for key, arn in extra.items():
            if key in meant:
                continue
            if not (
                (self.everything and not of_aws(self.live[kind][name])) or mine_too is not None or key in exclusive
            ):
                continue
            maybe = [h for h in unsure if h.holder.may_be(name) and (h.key == key or (h.key is None and fits(h, key)))]
            unsure_whose = () if self.everything or key in exclusive else mine_too or ()
            yield self._attached_by_hand(kind, name, key, arn, maybe, unsure_whose)

    def _detached(self, kind: str, name: str, key: Key, held: Held) -> Difference:
        arn = arn_of(key, self.facts.account, self.facts.partition, self.facts.policies)
        exists = name in self.live[kind]
        guard = is_guard(held.document) or is_guard(self._live_document(arn))
        return Difference(
            "TFR660",
            self.arn(kind, name),
            f"policy {held.policy.label} is declared for {kind} {name} and not attached"
            + ("" if exists else f": there is no {kind} of this name")
            + (" (the policy denies something: that is no longer denied)" if guard and exists else ""),
            f"policy {held.policy.label} attached",
            "not attached" if exists else "does not exist",
            held.place,
            depends=held.place.depends,
            remedy={"kind": "attach-policy", "holder": kind, "name": name, "policy": arn} if exists else None,
        )

    def _attached_by_hand(
        self, kind: str, name: str, key: Key, arn: str, maybe: list[Held], whose: tuple[str, ...]
    ) -> Difference:
        depends = tuple(dict.fromkeys(h.policy.label if h.key is None else h.holder.label for h in maybe))
        if (kind, name) in self.declared.vague:
            depends += (f"what {self.declared.vague[kind, name]} attaches, which could not be read",)
        depends += self.maybe_own(kind, name, arn) + whose
        powerful = allows(arn, "iam:AttachUserPolicy") is True
        return Difference(
            "TFR661",
            self.arn(kind, name),
            f"policy {key[1]} is attached to {kind} {name} and declared nowhere",
            "not declared",
            f"policy {key[1]} attached",
            severity=Severity.LOW if depends else Severity.HIGH if powerful else None,
            depends=depends,
        )

    def maybe_own(self, kind: str, name: str, policy: str) -> tuple[str, ...]:
        """What a policy hangs on that a state lists at the principal itself."""
        if policy in self.declared.in_state.get((kind, name), ()):
            return (f"whether the arguments of the {kind} itself declare it, which a state does not tell",)
        return ()

    def _open_holder(self, held: Held) -> Iterator[Difference]:
        """A declared attachment to somebody whose name is not known: is there anybody who could be it?"""
        if not self.readable[held.kind]:
            return
        holders = [live for n, live in self.live[held.kind].items() if held.holder.may_be(n)]
        for live in holders:
            for arn in live.attached:
                if held.key == key_of(arn) or (held.key is None and fits(held, key_of(arn))):
                    return
        yield Difference(
            "TFR660",
            held.place.address,
            f"policy {held.policy.label} is declared for {held.kind} {held.holder.label} and attached to nobody "
            "who could be meant",
            f"policy {held.policy.label} attached",
            "not attached",
            held.place,
            depends=(*held.place.depends, held.holder.label),
        )

    def _live_document(self, arn: str) -> Document | None:
        found = self.facts.policies.get(arn)
        return parse_document(json.dumps(found.document)) if found is not None else None

    # -- inline policies -----------------------------------------------------------------------------------------

    def inline(self) -> Iterator[Difference]:
        """Inline policies of users, groups and roles."""
        held = [h for h in self.declared.held if h.route == "inline"]
        unsure = {h.kind for h in held if h.holder.text is None}
        for kind, live in self.live.items():
            if not self.readable[kind]:
                continue
            mine = by_holder(h for h in held if h.kind == kind and h.holder.text is not None)
            for name in sorted({*mine, *live}):
                there = live[name].inline if name in live else {}
                wanted = {h.policy.text: h for h in mine.get(name, []) if h.policy.text is not None}
                for policy, one in wanted.items():
                    yield from self._inline(kind, name, policy, one, there)
                vague = [h.policy.label for h in mine.get(name, []) if h.policy.text is None]
                for policy in there:
                    mine_too = self.mine((kind, name))
                    if policy in wanted or (mine_too is None and not self.everything):
                        continue
                    depends = tuple(vague) + (("somebody whose name is not known",) if kind in unsure else ())
                    depends += self.maybe_own(kind, name, policy) + (() if self.everything else mine_too or ())
                    yield Difference(
                        "TFR663",
                        self.arn(kind, name),
                        f"{kind} {name} has inline policy {policy}, which is declared nowhere",
                        "not declared",
                        f"inline policy {policy}",
                        severity=Severity.LOW if depends else None,
                        depends=depends,
                    )

    def _inline(self, kind: str, name: str, policy: str, one: Held, there: Mapping[str, Any]) -> Iterator[Difference]:
        wanted = one.written
        remedy = None
        if wanted is not None and name in self.live[kind]:
            remedy = {"kind": "put-inline-policy", "holder": kind, "name": name, "policy": policy, "document": wanted}
        if policy not in there:
            text, live = f"inline policy {policy} of {kind} {name} is declared and not there", "not there"
        elif one.document is not None and differs(one.document, parse_document(json.dumps(there[policy]))):
            text, live = f"inline policy {policy} of {kind} {name} says something else", "another document"
        else:
            return
        yield Difference(
            "TFR662",
            self.arn(kind, name),
            text,
            f"inline policy {policy}",
            live,
            one.place,
            depends=one.place.depends,
            remedy=remedy,
        )


def _only(held: Held, there: Iterable[Key]) -> Key | None:
    """The one policy that a partly known name (``name_prefix``) fits; None when none or several do."""
    if held.policy.pattern is None or held.place.depends:
        return None
    found = [key for key in there if fits(held, key)]
    return found[0] if len(found) == 1 else None
