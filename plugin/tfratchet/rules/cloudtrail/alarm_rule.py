"""Nobody watches the events any more: TFR415."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfratchet.matching import covers as inside
from tfratchet.matching import without_keys
from tfratchet.model import Finding, ModuleCall, Resource, Severity
from tfratchet.rules.attributes import doubt_of_removal, forgotten
from tfratchet.rules.base import Rule, cis, nist, side
from tfratchet.rules.cloudtrail.alarms import ALARM, Unwatched, Watcher, unwatched, watchers
from tfratchet.rules.cloudtrail.terms import Conjunction, event_names, protected_events, words
from tfratchet.rules.judge import boolean, number
from tfratchet.rules.modules import ALARM_SWITCHES, ALARMS, carries, known_module, may_carry, switched_on
from tfratchet.values import Unknown, Value, display

if TYPE_CHECKING:
    from tfratchet.compare import RootPair


class WatchLost(Rule):
    """An alarm, metric filter or EventBridge rule that watches CloudTrail events is removed, disabled or narrowed.

    ## Why

    Without alarms the records of a trail are read after the damage: nobody is told of a sign-in without MFA, a changed
    policy, a stopped trail.

    ## Fires on

    ```hcl
     resource "aws_cloudwatch_log_metric_filter" "trail" {
    -  pattern = "{ ($.eventName = StopLogging) || ($.eventName = DeleteTrail) }"
    +  pattern = "{ ($.eventName = DeleteTrail) }"
     }
    ```

    Also: the filter, its alarm, the alarm's actions, the rule or its targets removed; `is_enabled = false`; a threshold
    raised; an alarm switched off in a baseline module.

    ## Silent on

    ```hcl
    -resource "aws_cloudwatch_log_metric_filter" "all" { pattern = "{ ($.eventName = A) || ($.eventName = B) }" }
    +resource "aws_cloudwatch_log_metric_filter" "each" {
    +  for_each = toset(["A", "B"])
    +  pattern  = "{ $.eventName = ${each.key} }"
    +}
    ```

    What counts is that each event is still watched, as loudly as before, by whichever filter or rule.

    ## Fix

    Put the filter, the alarm and its actions back.
    """

    id = "TFR415"
    title = "watch over CloudTrail events lost"
    family = "cloudtrail"
    severity = Severity.HIGH
    references = (cis("4.2"), cis("4.4"), cis("4.5"), nist("AU-6"))
    fix = "Put the filter, the alarm and its actions back."

    def compare(self, pair: RootPair) -> Iterator[Finding]:
        head = watchers(pair.head)
        base = watchers(pair.base)
        lost: dict[str, list[tuple[Watcher, Unwatched]]] = {}
        for watcher in base:
            near = [w for w in head if _comparable(watcher, w)]
            gone = unwatched(watcher, near, self._partner(pair, watcher))
            if gone is not None:
                # the instances of one block, one finding
                lost.setdefault(without_keys(self._place(pair, watcher)), []).append((watcher, gone))
        for found in lost.values():
            yield self._finding(pair, self._place(pair, found[0][0]), found)
        yield from self._thresholds(pair, base, {w.item.address for ws in lost.values() for w, _ in ws})
        yield from self._modules(pair, {w.item.address for ws in lost.values() for w, _ in ws})

    @staticmethod
    def _partner(pair: RootPair, watcher: Watcher) -> str | None:
        item = watcher.item
        match: Resource | ModuleCall | None
        match = pair.matching.call_for(item) if isinstance(item, ModuleCall) else pair.matching.head_for(item)
        return None if match is None else match.address

    @staticmethod
    def _place(pair: RootPair, watcher: Watcher) -> str:
        """The outermost module call that is gone, else the first of filter, rule and alarm that is, else the item."""
        address = watcher.item.address
        around = [c for a, c in pair.base.calls.items() if inside(a, address) is not None]
        gone = [c.address for c in around if pair.matching.call_for(c) is None]
        if gone:
            return min(gone, key=len)
        for member in watcher.members:
            if isinstance(member, Resource) and pair.matching.head_for(member) is None:
                return member.address
        return address

    def _finding(self, pair: RootPair, address: str, found: list[tuple[Watcher, Unwatched]]) -> Finding:
        silent = [c for _, u in found for c in u.silent]
        quieter = [c for _, u in found for c in u.quieter]
        certain = any(not u.unsure for _, u in found)
        gone = doubt_of_removal(pair, found[0][0].item) if not pair.head.exists else None
        depends: tuple[Unknown, ...] = () if gone is None else (gone,)
        if not certain:
            depends = tuple(dict.fromkeys(x for _, u in found for x in u.unsure))
        told = []
        if silent:
            told.append(f"{'perhaps ' if depends else ''}no longer watched: {_few(silent)}")
        if quieter:
            told.append(f"{'perhaps ' if depends else ''}watched without telling anybody: {_few(quieter)}")
        base_item = pair.base.calls.get(address) or pair.base.resources.get(address)
        head_item = pair.head.calls.get(address) or pair.head.resources.get(address)
        if head_item is None and isinstance(base_item, Resource):
            head_item = pair.matching.head_for(base_item)
        if all(forgotten(pair, w.item.address) for w, _ in found):
            level = Severity.LOW
        else:
            level = Severity.HIGH if _core([*silent, *quieter]) else Severity.MEDIUM
        return self.finding(
            pair,
            head_item.address if head_item is not None else address,
            "; ".join(told),
            side(_few([c for w, _ in found for c in w.pattern.any_of]), base_item.location if base_item else None),
            side("narrowed" if head_item is not None else "removed", head_item.location) if head_item else None,
            severity=level,
            depends_on=depends,
            lost=() if depends and pair.head.exists else tuple(sorted({words(c) for c in [*silent, *quieter]})),
        )

    def gained(self, pair: RootPair) -> Iterator[str]:
        old = {words(c) for w in watchers(pair.base) for c in w.pattern.any_of}
        for watcher in watchers(pair.head):
            yield from (w for c in watcher.pattern.any_of if (w := words(c)) not in old)

    def _thresholds(self, pair: RootPair, base: list[Watcher], told: set[str]) -> Iterator[Finding]:
        """Alarms of watchers that stay and need more events than before."""
        seen: set[str] = set()
        for watcher in base:
            if watcher.item.address in told:
                continue
            alarms = [watcher.item] if getattr(watcher.item, "type", "") == ALARM else watcher.alarms
            for alarm in alarms:
                if not isinstance(alarm, Resource) or alarm.address in seen:
                    continue
                seen.add(alarm.address)
                other = pair.matching.head_for(alarm)
                if other is None:
                    continue
                for name in ("threshold", "evaluation_periods", "datapoints_to_alarm"):
                    before, after = number(alarm.get(name)), number(other.get(name))
                    if before is not None and after is not None and after > before and _greater(alarm):
                        yield self.finding(
                            pair,
                            other.address,
                            f"the alarm needs more than before: {name} {before} → {after}",
                            side(display(alarm.get(name)), alarm.where(name)),
                            side(display(other.get(name)), other.where(name)),
                            severity=Severity.MEDIUM,
                        )

    def _modules(self, pair: RootPair, told: set[str]) -> Iterator[Finding]:
        """Alarms that a registry module makes, by its switches."""
        for address in sorted(pair.base.calls):
            call = pair.base.calls[address]
            if not call.opaque or address in told or not _makes_alarms(pair.base.calls[address]):
                continue
            if switched_on(pair.base, call, ALARMS) is False:
                continue
            other = pair.matching.call_for(call)
            if other is None:
                yield self._module_gone(pair, call)
                continue
            if switched_on(pair.head, other, ALARMS) is False:
                yield self._module_finding(pair, call, other, "all alarms", ())
                continue
            for name in ALARM_SWITCHES:
                before, after = _switch(call, name), _switch(other, name)
                if boolean(before) is not False and boolean(after) is False:
                    yield self._module_finding(pair, call, other, name.removesuffix("_enabled"), ())

    def _module_gone(self, pair: RootPair, call: ModuleCall) -> Finding:
        new = [
            c
            for a, c in sorted(pair.head.calls.items())
            if a not in pair.base.calls and c.opaque and may_carry(c, ALARMS)
        ]
        depends = (Unknown(f"{new[0].address} ({new[0].source})"),) if new else ()
        return self._module_finding(pair, call, None, "all alarms", depends)

    def _module_finding(
        self, pair: RootPair, call: ModuleCall, other: ModuleCall | None, what: str, depends: tuple[Unknown, ...]
    ) -> Finding:
        return self.finding(
            pair,
            other.address if other is not None else call.address,
            f"alarms of {call.source} {'may be' if depends else 'are'} gone: {what}",
            side("on", call.location),
            side("off", other.location) if other is not None else None,
            depends_on=depends,
        )


def _makes_alarms(call: ModuleCall) -> bool:
    if carries(call, ALARMS):
        return True
    # other sources: only what is called after both, by name and source
    text = f"{call.address.rpartition('module.')[2]} {call.source}".lower()
    return known_module(call) is None and "cloudtrail" in text and "alarm" in text


def _switch(call: ModuleCall, name: str) -> Value:
    value = call.arguments.get(name)
    return True if value is None else value


def _comparable(base: Watcher, head: Watcher) -> bool:
    a, b = base.item, head.item
    if isinstance(a, ModuleCall) or isinstance(b, ModuleCall) or a.module != b.module:
        return True
    return a.provider == b.provider


def _greater(alarm: Resource) -> bool:
    operator = alarm.get("comparison_operator")
    return not isinstance(operator, str) or operator.startswith("Greater")


def _core(found: list[Conjunction]) -> bool:
    """True when protected events, sign-ins, the root user or refused calls are among what is lost."""
    names = protected_events() | {"ConsoleLogin"}
    for conjunction in found:
        own = event_names(conjunction)
        if own & names or any("*" in n for n in own):
            return True
        if not own:
            return True  # not about single events: the root user, refused calls, a whole service
    return False


def _few(found: list[Conjunction], limit: int = 6) -> str:
    told = list(dict.fromkeys(words(c) for c in found))
    rest = len(told) - limit
    return ", ".join(told[:limit]) + (f" and {rest} more" if rest > 0 else "")
