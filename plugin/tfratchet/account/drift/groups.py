"""Drift of memberships, permissions boundaries, and the documents of managed policies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from tfratchet.account.drift.items import (
    Difference,
    Member,
    Place,
    arn_of,
    decoded,
    key_of,
)
from tfratchet.account.drift.view import View, differs, fits
from tfratchet.iam.documents import parse_document
from tfratchet.iam.managed import allows
from tfratchet.iam.principals import GROUP, ROLE, USER
from tfratchet.model import Severity


class Groups(View):
    """Compares what reaches people by way of something else."""

    # -- memberships ---------------------------------------------------------------------------------------------

    def memberships(self) -> Iterator[Difference]:
        """Who is in which group."""
        if not (self.readable[USER] and self.readable[GROUP]):
            return
        users, groups = self.facts.users, self.facts.groups
        wanted: dict[tuple[str, str], list[Member]] = {}
        unsure: list[Member] = []
        for one in self.declared.members:
            if one.user.text is not None and one.group.text is not None:
                wanted.setdefault((one.user.text, one.group.text), []).append(one)
            else:
                unsure.append(one)
        there = {(u.name, g) for u in users.values() for g in u.groups}
        for (user, group), found in wanted.items():
            if (user, group) not in there:
                yield self._left(user, group, min(found, key=lambda m: len(m.place.depends)))
        extra = there - wanted.keys()
        for one in unsure:
            if not any(one.user.may_be(u) and one.group.may_be(g) for u, g in there):
                yield Difference(
                    "TFR664",
                    one.place.address,
                    f"nobody is in group {one.group.label} who could be user {one.user.label}",
                    f"user {one.user.label} in group {one.group.label}",
                    "nobody who could be meant",
                    one.place,
                    depends=(*one.place.depends, *(n.label for n in (one.user, one.group) if n.text is None)),
                )
        for user, group in sorted(extra):
            mine = () if group in self.declared.rules_members else self.mine((USER, user), (GROUP, group))
            if (mine is None and not self.everything) or group not in groups:
                continue
            maybe = [m for m in unsure if m.user.may_be(user) and m.group.may_be(group)]
            depends = tuple(dict.fromkeys(n.label for m in maybe for n in (m.user, m.group) if n.text is None))
            depends += () if self.everything else mine or ()
            powerful = any(allows(a, "iam:AttachUserPolicy") is True for a in groups[group].attached)
            yield Difference(
                "TFR665",
                self.arn(USER, user),
                f"user {user} is in group {group}, which is declared nowhere",
                "not declared",
                f"in group {group}",
                severity=Severity.LOW if depends else Severity.HIGH if powerful else None,
                depends=depends,
            )

    def _left(self, user: str, group: str, one: Member) -> Difference:
        there = user in self.facts.users and group in self.facts.groups
        missing = f"user {user}" if user not in self.facts.users else f"group {group}"
        return Difference(
            "TFR664",
            self.arn(USER, user),
            f"user {user} is declared to be in group {group} and is not" + ("" if there else f": no {missing}"),
            f"in group {group}",
            "not in the group" if there else f"no {missing}",
            one.place,
            depends=one.place.depends,
            remedy={"kind": "add-to-group", "user": user, "group": group} if there else None,
        )

    # -- boundaries and documents --------------------------------------------------------------------------------

    def boundaries(self) -> Iterator[Difference]:
        """Permissions boundaries of users and roles."""
        held = {(h.kind, h.holder.text): h for h in self.declared.held if h.route == "boundary"}
        for kind in (USER, ROLE):
            if not self.readable[kind]:
                continue
            for name, live in self.live[kind].items():
                boundary = getattr(live, "boundary", None)
                one = held.get((kind, name))
                if one is None and boundary is None:
                    continue
                if one is None:
                    mine = self.mine((kind, name))
                    if mine is not None or self.everything:
                        yield Difference(
                            "TFR666",
                            live.arn,
                            f"{kind} {name} has permissions boundary {boundary}, which is declared nowhere",
                            "no boundary",
                            str(boundary),
                            severity=Severity.LOW,
                            depends=() if self.everything else mine or (),
                        )
                    continue
                as_declared = boundary is not None and (
                    one.key == key_of(boundary) or (one.key is None and fits(one, key_of(boundary)))
                )
                if not as_declared:
                    arn = None if one.key is None else arn_of(one.key, *self._here())
                    remedy = {"kind": "put-boundary", "holder": kind, "name": name, "policy": arn}
                    yield Difference(
                        "TFR666",
                        live.arn,
                        f"the permissions boundary of {kind} {name} is "
                        + ("gone" if boundary is None else "another than the declared one"),
                        f"boundary {one.policy.label}",
                        boundary or "no boundary",
                        one.place,
                        depends=one.place.depends + (() if one.key is not None else (one.policy.label,)),
                        remedy=remedy if arn else None,
                    )

    def _here(self) -> tuple[str, str, Iterable[str]]:
        return self.facts.account, self.facts.partition, self.facts.policies

    def documents(self) -> Iterator[Difference]:
        """Customer managed policies that are gone, or say something else by hand."""
        if not all(self.readable.values()):
            return
        live = {key_of(p.arn): p for p in self.facts.policies.values()}
        for item, document in self.declared.policies:
            name = item.name.text
            if name is None:
                continue
            found = live.get(("own", name))
            if found is None:
                text, now = f"managed policy {name} is declared and does not exist", "does not exist"
            elif differs(document, parse_document(json.dumps(found.document))):
                text, now = f"managed policy {name} says something else in its default version", found.version
            else:
                continue
            arn = found.arn if found else arn_of(("own", name), *self._here())
            where = item.resource.where("policy") if found else item.place.location
            place = Place(item.place.root, item.place.address, where, item.place.depends)
            wanted = decoded(item.resource.values.get("policy"))
            remedy = {"kind": "put-policy-document", "policy": arn, "document": wanted}
            yield Difference(
                "TFR667",
                arn,
                text,
                f"policy {name}",
                now,
                place,
                depends=item.place.depends,
                remedy=remedy if found is not None and wanted is not None else None,
            )
