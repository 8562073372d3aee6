"""Whether an EventBridge rule or a metric filter with an alarm watches an event of CloudTrail."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from tfratchet_checks.__tfr_account__ import Account, Node
    from tfratchet_checks.__tfr_policy__ import matches
    from tfratchet_checks.__tfr_rendered__ import RenderedTextError, parse_rendered
    from tfratchet_checks.__tfr_values__ import Unresolved, as_texts, is_expression, text_of, unwrap
else:  # Checkov loads each file on its own, from wherever the folder lies
    from __tfr_account__ import Account, Node
    from __tfr_policy__ import matches
    from __tfr_rendered__ import RenderedTextError, parse_rendered
    from __tfr_values__ import Unresolved, as_texts, is_expression, text_of, unwrap

_NAME_TERM = re.compile(r"\$\.eventName\s*=\s*\\?\"?([\w*]+)")
_SOURCE_TERM = re.compile(r"\$\.eventSource\s*=\s*\\?\"?([\w.*-]+)")


def watched(account: Account, service: str, event: str) -> bool | None:
    """Whether something acts on an event (``iam``, ``DetachUserPolicy``); None when that could not be worked out."""
    answers = [_rule(account, rule, service, event) for rule in account.of_type("aws_cloudwatch_event_rule")]
    answers += [_filter(account, f, service, event) for f in account.of_type("aws_cloudwatch_log_metric_filter")]
    if True in answers:
        return True
    return None if None in answers else False


def _rule(account: Account, rule: Node, service: str, event: str) -> bool | None:
    enabled, state = rule.block.flag("is_enabled"), rule.block.text("state")
    if enabled is False or state == "DISABLED":
        return False
    pattern = _pattern(rule.block.conf.get("event_pattern"))
    if pattern is None:
        return False
    found = _matches_pattern(pattern, service, event)
    if not found:
        return found
    targets = account.of_type("aws_cloudwatch_event_target")
    named = [t for t in targets if _names(account, t, "rule", rule, "name", "id", "arn")]
    if named:
        return None if isinstance(enabled, Unresolved) or isinstance(state, Unresolved) else True
    return None if any(isinstance(t.block.text("rule"), Unresolved) for t in targets) else False


def _pattern(value: Any) -> Any:
    """The event pattern as an object, an ``Unresolved``, or None when it is not set."""
    value = unwrap(value)
    if isinstance(value, str) and value.strip():
        try:
            return parse_rendered(value) if "jsonencode(" in value else json.loads(value)
        except (RenderedTextError, ValueError):
            return Unresolved(value)
    return value or None


def _matches_pattern(pattern: Any, service: str, event: str) -> bool | None:
    if not isinstance(pattern, dict):
        return None
    detail = unwrap(pattern.get("detail", {}))
    if not isinstance(detail, dict):
        return None
    answers = [
        _field(pattern.get("source"), f"aws.{service}"),
        _field(pattern.get("detail-type"), "AWS API Call via CloudTrail"),
        _field(detail.get("eventSource"), f"{service}.amazonaws.com"),
        _field(detail.get("eventName"), event),
    ]
    if False in answers:
        return False
    return None if None in answers else True


def _field(wanted: Any, value: str) -> bool | None:
    """Whether a field of an event pattern accepts a value; a field that is absent accepts all."""
    if wanted is None:
        return True
    if isinstance(wanted, str):
        wanted = [wanted]
    if not isinstance(wanted, list):
        return None
    unknown = False
    for item in map(unwrap, wanted):
        if isinstance(item, str):
            texts = as_texts(item) or []
            if value in texts:
                return True
            unknown = unknown or any(isinstance(t, Unresolved) for t in texts)
        elif isinstance(item, dict):
            answer = _operator(item, value)
            if answer:
                return True
            unknown = unknown or answer is None
    return None if unknown else False


def _operator(item: dict[str, Any], value: str) -> bool | None:
    for name, operand in ((n, unwrap(o)) for n, o in item.items()):
        if name == "prefix" and isinstance(operand, str):
            return value.startswith(operand)
        if name == "suffix" and isinstance(operand, str):
            return value.endswith(operand)
        if name == "wildcard" and isinstance(operand, str):
            return matches(operand, value)
        if name == "equals-ignore-case" and isinstance(operand, str):
            return value.lower() == operand.lower()
        if name == "anything-but":
            texts = as_texts(operand) or []
            if not isinstance(operand, dict) and all(isinstance(t, str) for t in texts):
                return value not in texts
    return None


def _filter(account: Account, node: Node, service: str, event: str) -> bool | None:
    # Checkov takes a pattern for an expression and keeps only its first term, so the source is read first.
    text = node.source()
    if "$.event" not in text:
        text = str(unwrap(node.block.conf.get("pattern")) or "")
    names = [n for n in _NAME_TERM.findall(text) if matches(n, event)]
    # A pattern without names that asks for the service's events takes them all.
    whole = not _NAME_TERM.search(text) and any(
        matches(s, f"{service}.amazonaws.com") for s in _SOURCE_TERM.findall(text)
    )
    if not names and not whole:
        mangled = "$.eventName :" in text or "$.eventSource :" in text
        return None if mangled or (is_expression(text) and "$.event" not in text) else False
    metrics = {t.text("name") for t in node.block.blocks("metric_transformation")}
    answers = []
    for alarm in account.of_type("aws_cloudwatch_metric_alarm"):
        metric = alarm.block.text("metric_name")
        if metric not in metrics and not _names(account, alarm, "metric_name", node, "name", "id"):
            answers.append(None if isinstance(metric, Unresolved) else False)
        elif alarm.block.flag("actions_enabled") is False or not alarm.block.has("alarm_actions"):
            answers.append(False)
        else:
            answers.append(True)
    if True in answers:
        return True
    return None if None in answers else False


def _names(account: Account, node: Node, argument: str, target: Node, *attributes: str) -> bool:
    """True when an argument of ``node`` is, or refers to, another resource."""
    value = node.block.text(argument)
    if value is None:
        return False
    if isinstance(value, Unresolved) and target in account.refers(node, value, target.type):
        return True
    text = text_of(value)
    own = [target.block.text(a) for a in attributes]
    return any(v is not None and text == text_of(v) for v in own)
