"""``tfratchet plan`` with known findings, on plans of real terraform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tfratchet.errors import UserError
from tfratchet.plans.arguments import PlanArguments
from tfratchet.plans.run import run

PLANS = Path(__file__).parents[1] / "fixtures" / "plans"


def plan(name: str, **more: str) -> int:
    return run(PlanArguments([str(PLANS / f"{name}.json")], quiet=True, format_name="json", **more))  # type: ignore[arg-type]


def test_what_is_written_of_a_plan_is_accepted_in_it_and_in_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert plan("head") == 1
    assert plan("head", write_baseline="known.json", reason="ticket 1", owner="me") == 0
    assert plan("head", baseline="known.json") == 0
    entries = json.loads((tmp_path / "known.json").read_text())["findings"]
    capsys.readouterr()
    assert plan("removed", baseline="known.json") == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    accepted = {f["fingerprint"] for f in found if f["suppressed"]}
    assert accepted <= {e["fingerprint"] for e in entries}
    assert any(f["rule"] == "TFR201" and not f["suppressed"] for f in found)


def test_by_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plan("head", write_baseline="known.json", reason="ticket 1", owner="me")
    (tmp_path / "tfratchet.toml").write_text('baseline = "known.json"\n')
    assert plan("head") == 0
    (tmp_path / "known.json").write_text("{")
    with pytest.raises(UserError, match=r"known.json:1: not valid JSON"):
        plan("head")


def test_wrong_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="is for new entries"):
        plan("head", reason="x")
    with pytest.raises(UserError, match="cannot read the known findings"):
        plan("head", baseline="no.json")
