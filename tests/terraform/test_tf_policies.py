"""The circle closes: what the modules render is put to the decision engine and to the probes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import evaluated
import policy_claims
import pytest
import tf_harness

from tfratchet.iam.documents import parse_document
from tfratchet.iam.engine.policy import CompiledPolicy
from tfratchet.iam.probes import Prober, protected_actions

pytestmark = pytest.mark.terraform


@pytest.fixture(scope="module")
def outputs(rendered: tf_harness.Rendered) -> tf_harness.Rendered:
    return rendered


@pytest.mark.parametrize("group", policy_claims.GROUPS)
def test_claims(outputs: tf_harness.Rendered, group: str) -> None:
    assert list(policy_claims.GROUPS[group](outputs.documents)) == []


def test_sizes(outputs: tf_harness.Rendered) -> None:
    assert list(policy_claims.sizes(outputs.documents)) == []
    for group, pattern in outputs.patterns.items():
        assert len(pattern) <= 2048, group


def test_our_own_evaluator_renders_the_same(outputs: tf_harness.Rendered, tmp_path: Path) -> None:
    ours = evaluated.render(evaluated.prepare(tmp_path / "terraform"))
    assert ours.patterns == outputs.patterns
    assert json.loads(ours.selectors) == json.loads(outputs.selectors)
    assert {name: _statements(text) for name, text in ours.documents.items()} == {
        name: _statements(text) for name, text in outputs.documents.items()
    }


def test_other_partitions(tmp_path: Path) -> None:
    """In China every ARN is one of China: in no document is one of ``aws``, which would match nothing there."""
    documents = evaluated.render(evaluated.prepare(tmp_path / "terraform", "aws-cn")).documents
    assert [name for name, text in documents.items() if "arn:aws:" in text] == []
    # These two deny on every resource.
    assert {name for name, text in documents.items() if "arn:aws-cn:" not in text} == {"mfa_deny", "first_sign_in_deny"}


def _statements(document: str) -> dict[str, object]:
    """The statements by Sid: their order has no meaning."""
    return {statement["Sid"]: statement for statement in json.loads(document)["Statement"]}


def test_documents_are_compact(outputs: tf_harness.Rendered) -> None:
    """White space counts in a service control policy."""
    for name, text in outputs.documents.items():
        assert text == json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False), name


def _policy(text: str) -> CompiledPolicy:
    return CompiledPolicy("policy", parse_document(text))


@pytest.mark.parametrize("name", ["guard", "guard_scp"])
def test_probes_of_the_guard(outputs: tf_harness.Rendered, name: str) -> None:
    """Taking the guard away is told for each action that it protects; adding it is no loss."""
    guard = _policy(outputs.documents[name])
    role: Literal["scp", "identity"] = "scp" if name == "guard_scp" else "identity"
    prober = Prober(break_glass=("break-glass", "terraform-apply"))
    lost = {action for loss in prober.document_losses(guard, None, role) for action in loss.actions}
    expected = {action.action for action in protected_actions().actions if action.probe} - policy_claims.NOT_GUARDED
    assert {action.lower() for action in lost} == {action.lower() for action in expected}
    assert prober.document_losses(None, guard, role) == ()


def test_probes_of_the_mfa_policies(outputs: tf_harness.Rendered) -> None:
    """Between the strict and the first-sign-in form nothing protected is lost; without the guard everything is."""
    strict, loose = (_policy(outputs.documents[name]) for name in ("mfa_deny", "first_sign_in_deny"))
    assert Prober().document_losses(strict, loose) == ()
    assert Prober().document_losses(strict, None) != ()


def test_rule_and_alarm_patterns_name_every_protected_event(outputs: tf_harness.Rendered) -> None:
    named = {
        (source, event)
        for pattern in outputs.patterns.values()
        for source in json.loads(pattern)["detail"].get("eventSource", [])
        for event in json.loads(pattern)["detail"]["eventName"]
    }
    for action in protected_actions().actions:
        if action.probe:
            assert {(action.event_source, event) for event in action.events} <= named, action.action
