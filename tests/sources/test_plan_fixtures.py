"""Nine plans of real terraform (provider 3.39.0 against moto), and exactly what each of them takes away.

Their sources stand beside them: ``base`` was applied, then each of the others was planned. ``drift`` is a plan of
``base`` after a policy was detached and the password policy was weakened by hand.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tfratchet.plans.arguments import PlanArguments
from tfratchet.plans.run import run

PLANS = Path(__file__).parents[1] / "fixtures" / "plans"
USER = "aws_iam_user.this"
PASSWORD = "aws_iam_account_password_policy.this"
TRAIL = "aws_cloudtrail.this"
ATTACHED = "aws_iam_user_policy_attachment.mfa"
DIRECT = "aws_iam_user_policy_attachment.carol_direct"
GUARD = "aws_iam_policy.require_mfa"

EXPECTED: dict[str, list[tuple[str, str, str]]] = {
    "create": [],
    "noop": [],
    "moved": [],
    "replace": [],
    "destroy": [
        ("TFR106", "low", f'{USER}["alice"]'),
        ("TFR106", "low", f'{USER}["bob"]'),
        ("TFR106", "low", f'{USER}["carol"]'),
        ("TFR201", "critical", PASSWORD),
        ("TFR401", "critical", TRAIL),
    ],
    "head": [
        ("TFR101", "critical", DIRECT),
        ("TFR101", "high", f'{ATTACHED}["bob"]'),
        ("TFR101", "high", f'{ATTACHED}["carol"]'),
        ("TFR202", "high", PASSWORD),
        ("TFR206", "high", PASSWORD),
        ("TFR207", "high", PASSWORD),
        ("TFR301", "high", GUARD),
        ("TFR304", "critical", GUARD),
        ("TFR402", "critical", TRAIL),
        ("TFR403", "high", TRAIL),
        ("TFR405", "high", TRAIL),
    ],
    "removed": [("TFR109", "low", DIRECT), ("TFR201", "critical", PASSWORD)],
    "drift": [
        ("TFR101", "low", f'{ATTACHED}["bob"]'),
        *((rule, "low", PASSWORD) for rule in ("TFR202", "TFR203", "TFR204", "TFR205", "TFR206", "TFR207")),
        ("TFR208", "low", PASSWORD),
        ("TFR209", "low", PASSWORD),
        ("TFR304", "low", GUARD),
    ],
    "drift_refresh_only": [
        ("TFR101", "high", f'{ATTACHED}["bob"]'),
        *((rule, "high", PASSWORD) for rule in ("TFR202", "TFR203", "TFR204", "TFR205", "TFR206", "TFR207")),
        ("TFR208", "high", PASSWORD),
        ("TFR209", "medium", PASSWORD),
        ("TFR304", "critical", GUARD),
    ],
}


def report(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    monkeypatch.chdir(PLANS)
    code = run(PlanArguments(plans=[f"{name}.json"], format_name="json"))
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    worst = {severity for _, severity, _ in EXPECTED[name]}
    assert code == (1 if worst - {"low"} else 0)
    return found


def test_all_of_them_are_here() -> None:
    assert {p.stem for p in PLANS.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_exactly_these_findings(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = report(name, capsys, monkeypatch)
    findings = [(f["rule"], f["severity"], f["address"]) for f in found["findings"]]  # type: ignore[attr-defined]
    assert sorted(findings) == sorted(EXPECTED[name])
    assert all(f["certainty"] == "certain" and f["root"] == "." for f in found["findings"])  # type: ignore[attr-defined]
    assert found["errors"] == []


def messages(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    found = report(name, capsys, monkeypatch)
    return {f"{f['rule']} {f['address']}": f["message"] for f in found["findings"]}  # type: ignore[attr-defined]


def test_the_reason_of_terraform_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    told = messages("head", capsys, monkeypatch)
    assert told[f"TFR101 {DIRECT}"].endswith("Terraform's reason: no block in the configuration declares it any more")
    assert told[f'TFR101 {ATTACHED}["bob"]'].endswith("Terraform's reason: its key is no longer in for_each")
    assert "Terraform's reason" not in told[f"TFR402 {TRAIL}"]  # an update has none


def test_what_was_done_by_hand_is_told_as_such(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for message in messages("drift", capsys, monkeypatch).values():
        assert message.endswith("This was done outside of Terraform; this plan puts it back")
    for message in messages("drift_refresh_only", capsys, monkeypatch).values():
        assert message.endswith("This was done outside of Terraform, and this plan does not put it back")


def test_what_only_the_state_keeps_is_a_note(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of ``password_reuse_prevention`` was deleted, and the plan keeps 24."""
    notes = report("head", capsys, monkeypatch)["notes"]
    assert [n["message"].split(";")[0] for n in notes] == [  # type: ignore[attr-defined]
        f"{PASSWORD}: password_reuse_prevention stands in the state and not in the configuration"
    ]
    assert report("noop", capsys, monkeypatch)["notes"] == []


def test_with_the_source_findings_have_places(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A source outside of any repository: head's places, base's too where a block is in both."""
    folder = tmp_path / "infra"
    folder.mkdir()
    for file in (PLANS / "head").glob("*.tf"):
        (folder / file.name).write_text(file.read_text())
    monkeypatch.chdir(tmp_path)
    assert run(PlanArguments(plans=[str(PLANS / "head.json")], sources=["infra"], format_name="json")) == 1
    found = json.loads(capsys.readouterr().out)
    places = {(f["rule"], f["address"]): (f["head"] or f["base"]) for f in found["findings"]}
    text = (folder / "main.tf").read_text().splitlines()
    for rule, address, line in (
        ("TFR202", PASSWORD, "minimum_password_length        = 8"),
        ("TFR402", TRAIL, "enable_logging             = false"),
        ("TFR301", GUARD, "policy = jsonencode({"),
    ):
        assert places[rule, address]["file"] == "main.tf"
        assert text[places[rule, address]["line"] - 1].strip() == line
    assert any("in no git repository" in n["message"] for n in found["notes"])
