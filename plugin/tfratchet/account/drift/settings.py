"""Drift of settings: the account's password policy, and trails with what they record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tfratchet.account.drift.items import Difference, Item, Items, Place
from tfratchet.account.facts import Facts, LiveTrail
from tfratchet.controls import CONTROLS, Control, Stronger
from tfratchet.model import Severity
from tfratchet.rules.judge import boolean, judge, number, surely_set
from tfratchet.values import Unknown, Value, display, is_known, unknowns

_POLICY = tuple(c for c in CONTROLS.values() if c.resource == "aws_iam_account_password_policy")


def _plain(control: Control, value: Value) -> Value:
    """A declared value in the live account's form: a number, a truth."""
    if control.stronger in (Stronger.TRUE, Stronger.FALSE, Stronger.STANCE):
        flag = boolean(value)
        return value if flag is None else flag
    amount = number(value)
    return value if amount is None else int(amount)


def _depends(place: Place, value: Value) -> tuple[str, ...]:
    return (*place.depends, *dict.fromkeys(display(u, 100) for u in unknowns(value)))


def _at(item: Item, path: str) -> Place:
    place = item.place
    return Place(place.root, place.address, item.resource.where(path), place.depends)


# -- password policy -------------------------------------------------------------------------------------------------


def password_differences(declared: Items, facts: Facts, *, everything: bool) -> Iterator[Difference]:
    """The password policy, setting by setting."""
    if not facts.could_read("password_policy"):
        return
    address = f"arn:{facts.partition}:iam::{facts.account}:account-password-policy"
    live = facts.password_policy
    if not declared.password and everything and live is not None:
        yield Difference(
            "TFR672", address, "the password policy is set and declared nowhere", "not declared", "a password policy"
        )
    for item in declared.password:
        wanted = {c.name: _plain(c, item.resource.values.get(c.path, _default(c))) for c in _POLICY}
        known: dict[str, int | bool] = {n: v for n, v in wanted.items() if isinstance(v, (int, bool))}
        remedy = {"kind": "set-password-policy", "values": known}
        if live is None:
            yield Difference(
                "TFR668",
                address,
                "the password policy is declared, and the account has none",
                "a password policy",
                "no password policy",
                item.place,
                severity=Severity.CRITICAL if not item.place.depends else None,
                depends=item.place.depends,
                remedy=remedy,
            )
            continue
        for control in _POLICY:
            value = wanted[control.name]
            if value is None:
                continue  # the provider sends nothing and keeps what is there
            now = live.get(control.name, control.default)
            if isinstance(value, (int, bool)) and _same(control, value, now):
                continue
            if not is_known(value) and judge(control, value, now) is None:
                continue  # whatever the value is, the live one is not weaker
            weaker = judge(control, value, now) is not None
            yield Difference(
                "TFR668",
                address,
                f"{control.label} is {display(now)}; declared is {display(value)}",
                f"{control.name} = {display(value)}",
                f"{control.name} = {display(now)}",
                _at(item, control.path),
                severity=None if weaker else Severity.MEDIUM if control.stronger is Stronger.STANCE else Severity.LOW,
                depends=_depends(item.place, value),
                remedy=remedy if isinstance(value, (int, bool)) else None,
            )


def _default(control: Control) -> Value:
    return None if control.optional_computed else control.default


def _same(control: Control, declared: int | bool, live: Value) -> bool:
    if control.stronger in (Stronger.HIGHER, Stronger.LOWER):
        return int(declared) == int(live) if isinstance(live, (int, bool)) else False
    return declared == live


# -- trails ----------------------------------------------------------------------------------------------------------

_FLAGS: Mapping[str, Callable[[LiveTrail], bool | None]] = {
    "enable_logging": lambda t: t.logging,
    "is_multi_region_trail": lambda t: t.multi_region,
    "include_global_service_events": lambda t: t.global_events,
    "enable_log_file_validation": lambda t: t.validation,
    "is_organization_trail": lambda t: t.organization,
}
_TEXTS: Mapping[str, Callable[[LiveTrail], str | None]] = {
    "kms_key_id": lambda t: t.kms_key,
    "cloud_watch_logs_group_arn": lambda t: t.log_group,
    "sns_topic_name": lambda t: t.sns_topic,
    "s3_bucket_name": lambda t: t.bucket,
    "s3_key_prefix": lambda t: t.prefix,
}
_LABELS = {"s3_bucket_name": "log bucket", "s3_key_prefix": "prefix of log files"}
_REMEDIES = {
    "is_multi_region_trail": "multi_region",
    "include_global_service_events": "global_events",
    "enable_log_file_validation": "validation",
}


def trail_differences(declared: Items, facts: Facts, *, everything: bool) -> Iterator[Difference]:
    """Trails, setting by setting, then what they record."""
    if not facts.could_read("trails"):
        return
    seen: set[str] = set()
    for item in declared.trails:
        found = [t for t in facts.trails.values() if item.name.may_be(t.name) and t.arn.split(":")[4] == facts.account]
        seen.update(t.arn for t in found)
        if not found:
            yield Difference(
                "TFR669",
                f"arn:{facts.partition}:cloudtrail:*:{facts.account}:trail/{item.name.label}",
                f"trail {item.name.label} is declared and does not exist",
                f"trail {item.name.label}",
                "does not exist",
                item.place,
                severity=Severity.CRITICAL if not item.place.depends else None,
                depends=item.place.depends + (() if item.name.text is not None else (item.name.label,)),
            )
        else:
            # Of several (one name in two regions, a name that is not known) the most alike is taken for what is meant.
            differences = min(([*_trail(item, trail, facts)] for trail in found), key=len)
            unsure = () if item.name.text is not None else (item.name.label,)
            yield from (replace(d, depends=(*d.depends, *unsure)) for d in differences)
    if everything and not any(i.name.text is None for i in declared.trails):
        for arn, trail in facts.trails.items():
            if arn not in seen:
                yield Difference(
                    "TFR672", arn, f"trail {trail.name} exists and is declared nowhere", "not declared", "exists"
                )


def _trail(item: Item, trail: LiveTrail, facts: Facts) -> Iterator[Difference]:
    where = {"trail": trail.arn, "region": trail.home_region}
    if facts.could_read(f"trail:{trail.name}"):
        yield from _flags(item, trail, where)
        yield from _selectors(item, trail, where)
    part, action = f"trail:{trail.name}", "cloudtrail:DescribeTrails"
    if any(gap.part == part and gap.action == action for gap in facts.unread):
        return  # nothing of it is known but that it is there
    for name, live in _TEXTS.items():
        value = item.resource.values.get(name)
        now = live(trail) or None
        label = CONTROLS[name].label if name in CONTROLS else _LABELS[name]
        if not _text_differs(name, value, now):
            continue
        depends = () if isinstance(value, str) or value is None or surely_set(value) else _depends(item.place, value)
        if name == "kms_key_id" and "alias/" in str(value) and now and "alias/" not in now:
            depends = (f"which key {display(value)} is",)  # CloudTrail tells the key itself
        yield Difference(
            "TFR669",
            trail.arn,
            f"{label} of trail {trail.name} is {now or 'not set'}; declared is {display(value) if value else 'none'}",
            f"{name} = {display(value) if value else 'not set'}",
            f"{name} = {now or 'not set'}",
            _at(item, name),
            severity=Severity.LOW if not value else None,
            depends=item.place.depends + depends,
        )


def _flags(item: Item, trail: LiveTrail, where: Mapping[str, str]) -> Iterator[Difference]:
    for name, live in _FLAGS.items():
        control = CONTROLS[name]
        value = _plain(control, item.resource.values.get(name, control.default))
        now = live(trail)
        if now is None or value == now or (not is_known(value) and judge(control, value, now) is None):
            continue
        weaker = judge(control, value, now) is not None
        remedy: Mapping[str, Any] | None = None
        if name == "enable_logging" and value is True:
            remedy = {"kind": "start-logging", **where}
        elif name in _REMEDIES and value is True:
            values = {_REMEDIES[name]: True} | ({"global_events": True} if name == "is_multi_region_trail" else {})
            remedy = {"kind": "update-trail", **where, "values": values}
        critical = weaker and name == "enable_logging"
        yield Difference(
            "TFR669",
            trail.arn,
            f"{control.label} of trail {trail.name} is {display(now)}; declared is {display(value)}",
            f"{name} = {display(value)}",
            f"{name} = {display(now)}",
            _at(item, name),
            severity=Severity.CRITICAL if critical else None if weaker else Severity.LOW,
            depends=_depends(item.place, value),
            remedy=remedy,
        )


def _text_differs(name: str, value: Value, now: str | None) -> bool:
    if isinstance(value, Unknown):
        if now is None:
            return True  # declared is something, as far as one can see
        parts = getattr(value, "parts", ())
        return any(isinstance(p, str) and p.rstrip(":*") not in now for p in parts)
    wanted = value if isinstance(value, str) and value else None
    if wanted is None or now is None:
        return wanted is not now
    if name in ("kms_key_id", "sns_topic_name", "cloud_watch_logs_group_arn"):
        # A name, an id and an ARN may all name the same thing.
        wanted, now = (t.removesuffix(":*").rpartition("/")[2].rpartition(":")[2] for t in (wanted, now))
    return wanted != now


# -- what a trail records --------------------------------------------------------------------------------------------

DEFAULT: Sequence[Mapping[str, Any]] = ({"ReadWriteType": "All", "IncludeManagementEvents": True},)
_FIELDS = {
    "equals": "Equals",
    "not_equals": "NotEquals",
    "starts_with": "StartsWith",
    "not_starts_with": "NotStartsWith",
    "ends_with": "EndsWith",
    "not_ends_with": "NotEndsWith",
}


def _selectors(item: Item, trail: LiveTrail, where: Mapping[str, str]) -> Iterator[Difference]:
    basic, advanced = item.resource.blocks("event_selector"), item.resource.blocks("advanced_event_selector")
    vague = [u for block in (*basic, *advanced) for u in unknowns(block)]
    name = "advanced_event_selector" if advanced else "event_selector"
    wanted_basic = [basic_api(b) for b in basic if isinstance(b, dict)]
    wanted_advanced = [advanced_api(b) for b in advanced if isinstance(b, dict)]
    if not basic and not advanced:
        wanted_basic = [dict(s) for s in DEFAULT]
    live = canonical_selectors(trail.event_selectors, trail.advanced_selectors)
    if not vague:
        if live != canonical_selectors(wanted_basic, wanted_advanced):
            remedy = {"kind": "put-event-selectors", **where, "event_selectors": wanted_basic}
            yield Difference(
                "TFR670",
                trail.arn,
                f"trail {trail.name} does not record what is declared",
                told(wanted_basic, wanted_advanced),
                told(trail.event_selectors, trail.advanced_selectors),
                _at(item, name),
                depends=item.place.depends,
                remedy={**remedy, "advanced": wanted_advanced},
            )
    elif bool(trail.advanced_selectors) != bool(advanced):
        yield Difference(
            "TFR670",
            trail.arn,
            f"trail {trail.name} has another kind of event selectors than is declared",
            f"{name} (partly unknown)",
            told(trail.event_selectors, trail.advanced_selectors),
            _at(item, name),
            depends=(*item.place.depends, *dict.fromkeys(display(u, 100) for u in vague)),
        )
    yield from _insights(item, trail, where)


def _insights(item: Item, trail: LiveTrail, where: Mapping[str, str]) -> Iterator[Difference]:
    blocks = item.resource.blocks("insight_selector")
    kinds = [b.get("insight_type") if isinstance(b, dict) else None for b in blocks]
    wanted = sorted(k for k in kinds if isinstance(k, str))
    vague = len(wanted) != len(kinds)
    missing = sorted(set(wanted) - set(trail.insights))
    more = [] if vague else sorted(set(trail.insights) - set(wanted))
    if missing or more:
        yield Difference(
            "TFR670",
            trail.arn,
            f"trail {trail.name} records "
            + (
                f"no insights of type {', '.join(missing)}"
                if missing
                else f"insights nobody declares: {', '.join(more)}"
            ),
            f"insights: {', '.join(wanted) or 'none'}",
            f"insights: {', '.join(trail.insights) or 'none'}",
            _at(item, "insight_selector"),
            severity=Severity.MEDIUM if missing else Severity.LOW,
            depends=item.place.depends,
            remedy={"kind": "put-insight-selectors", **where, "insights": missing} if missing else None,
        )


def basic_api(block: Mapping[str, Any]) -> dict[str, Any]:
    """An ``event_selector`` block as the API writes it."""
    return {
        "ReadWriteType": block.get("read_write_type") or "All",
        "IncludeManagementEvents": boolean(block.get("include_management_events", True)) is not False,
        "DataResources": [
            {"Type": r.get("type", ""), "Values": list(r.get("values") or [])}
            for r in block.get("data_resource") or ()
            if isinstance(r, dict)
        ],
        "ExcludeManagementEventSources": list(block.get("exclude_management_event_sources") or []),
    }


def advanced_api(block: Mapping[str, Any]) -> dict[str, Any]:
    """An ``advanced_event_selector`` block as the API writes it."""
    return {
        "Name": block.get("name") or "",
        "FieldSelectors": [
            {"Field": f.get("field", ""), **{api: list(f[n]) for n, api in _FIELDS.items() if f.get(n)}}
            for f in block.get("field_selector") or ()
            if isinstance(f, dict)
        ],
    }


def canonical_selectors(basic: Sequence[Mapping[str, Any]], advanced: Sequence[Mapping[str, Any]]) -> object:
    """Selectors in a form in which equal means the same: order and names make no difference."""
    if not basic and not advanced:
        basic = DEFAULT
    plain = sorted(
        str(
            (
                s.get("ReadWriteType") or "All",
                s.get("IncludeManagementEvents", True),
                sorted((r.get("Type", ""), sorted(r.get("Values") or [])) for r in s.get("DataResources") or ()),
                sorted(s.get("ExcludeManagementEventSources") or []),
            )
        )
        for s in basic
    )
    fields = sorted(
        str(
            sorted(
                (f.get("Field", ""), sorted((k, sorted(v)) for k, v in f.items() if k != "Field" and v))
                for f in s.get("FieldSelectors") or ()
            )
        )
        for s in advanced
    )
    return (plain, fields)


def told(basic: Sequence[Mapping[str, Any]], advanced: Sequence[Mapping[str, Any]]) -> str:
    """Selectors for people."""
    words: list[str] = []
    for s in basic or (() if advanced else DEFAULT):
        if s.get("IncludeManagementEvents", True):
            without = ", ".join(s.get("ExcludeManagementEventSources") or [])
            kind = str(s.get("ReadWriteType") or "All") + (f", without {without}" if without else "")
            words.append(f"management events ({kind})")
        words += [f"data events of {r.get('Type')}" for r in s.get("DataResources") or ()]
        if not words:
            words.append("nothing")
    for s in advanced:
        fields: list[str] = []
        for f in s.get("FieldSelectors") or ():
            fields += [f"{f.get('Field')} {k} {', '.join(v)}" for k, v in f.items() if k != "Field" and v]
        words.append(" and ".join(fields))
    return "; ".join(words)
