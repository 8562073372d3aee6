"""SARIF: the structure that the standard and GitHub ask for, held by hand."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest

import fakes
from tfratchet.model import Certainty, Location, Problem, Severity, Side, Suppression
from tfratchet.report import ReportOptions, render
from tfratchet.report.finish import rules_by_id

HOSTILE = "a</script>|`x`\n::error::b\x1b[2J [go](http://evil) {0} \u202e\udcff"


def run(*args: Any, **more: Any) -> dict[str, Any]:
    text = render("sarif", fakes.outcome(*args, **more), ReportOptions(rules=rules_by_id()))
    log = json.loads(text)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (got,) = log["runs"]
    _check(got)
    assert isinstance(got, dict)
    return got


def _check(got: dict[str, Any]) -> None:
    """What the schema requires of the parts that are used."""
    driver = got["tool"]["driver"]
    assert driver["name"] == "tfratchet"
    ids = [r["id"] for r in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        assert set(rule) <= {
            "id",
            "shortDescription",
            "fullDescription",
            "help",
            "defaultConfiguration",
            "properties",
        }
        assert rule["shortDescription"]["text"]
    for result in got["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        assert len(result["locations"]) == 1
        assert all(isinstance(v, str) for v in result["partialFingerprints"].values())
        for place in [*result["locations"], *result.get("relatedLocations", [])]:
            physical = place["physicalLocation"]
            assert physical["artifactLocation"]["uri"].isascii()
            assert not physical["artifactLocation"]["uri"].startswith("/")
            assert physical.get("region", {"startLine": 1})["startLine"] >= 1
        for item in result["suppressions"]:
            assert item["kind"] in {"inSource", "external"}
    (invocation,) = got["invocations"]
    assert isinstance(invocation["executionSuccessful"], bool)


def test_every_rule_has_help_from_its_page() -> None:
    rules = run()["tool"]["driver"]["rules"]
    assert [r["id"] for r in rules] == list(rules_by_id())
    for rule in rules:
        assert rule["help"]["markdown"].startswith(f"# {rule['id']}: ")
        assert rule["help"]["text"].startswith(rule["fullDescription"]["text"])
        assert "security" in rule["properties"]["tags"]


def test_a_result_in_full() -> None:
    finding = fakes.finding()
    (got,) = run([finding])["results"]
    assert got["ruleId"] == "TFR101"
    assert got["level"] == "error"
    assert got["message"]["text"] == (
        "bob stays and no longer has require-mfa. Before: require-mfa. After: not attached."
    )
    place = got["locations"][0]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "users.tf", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 4},
    }
    assert place["logicalLocations"][0]["fullyQualifiedName"] == finding.address
    assert got["relatedLocations"][0]["physicalLocation"]["region"] == {"startLine": 12}
    assert got["partialFingerprints"]["tfratchet/v1"] == finding.fingerprint
    assert got["suppressions"] == []


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.CRITICAL, "error"), (Severity.HIGH, "error"), (Severity.MEDIUM, "warning"), (Severity.LOW, "note")],
)
def test_levels(severity: Severity, level: str) -> None:
    assert run([fakes.finding(severity=severity)])["results"][0]["level"] == level


def test_fingerprints_are_stable_under_line_moves_and_never_there_twice() -> None:
    one = fakes.finding()
    moved = fakes.finding(
        base=Side("require-mfa", Location("users.tf", 99)), head=Side("not attached", Location("x.tf", 1))
    )
    first, second = (r["partialFingerprints"] for r in run([one, moved])["results"])
    assert first["tfratchet/v1"] == second["tfratchet/v1"]
    assert first["primaryLocationLineHash"] == f"{one.fingerprint}:1"
    assert second["primaryLocationLineHash"] == f"{one.fingerprint}:2"


def test_what_is_gone_stands_where_it_stood_and_without_any_place_at_its_root() -> None:
    gone, nowhere = (
        run([fakes.finding(**more)])["results"][0]
        for more in ({"head": None}, {"head": None, "base": Side("x"), "root": "infra"})
    )
    assert gone["locations"][0]["physicalLocation"]["region"] == {"startLine": 12}
    assert gone["message"]["text"].endswith("After: gone.")
    assert nowhere["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "infra"
    assert "relatedLocations" not in nowhere


def test_suppressions() -> None:
    by_comment = fakes.finding(suppressed=Suppression("ticket 1", "2027-01-31", "comment"))
    by_config = fakes.finding(address="b", suppressed=Suppression("known", None, "config"))
    got = {r["suppressions"][0]["kind"]: r["suppressions"][0] for r in run([by_comment, by_config])["results"]}
    assert got["inSource"]["justification"] == "ticket 1 (until 2027-01-31)"
    assert got["external"] == {"kind": "external", "status": "accepted", "justification": "known"}


def test_errors_make_the_run_unsuccessful() -> None:
    got = run([], [Problem("move", "moved")], [Problem("syntax", "broken", Location("a.tf", 3))])["invocations"][0]
    assert got["executionSuccessful"] is False
    assert [(n["level"], n["message"]["text"]) for n in got["toolExecutionNotifications"]] == [
        ("error", "broken"),
        ("note", "moved"),
    ]
    assert run()["invocations"][0] == {"executionSuccessful": True, "toolExecutionNotifications": []}


def test_a_possible_finding_says_so_and_an_unknown_rule_is_declared() -> None:
    got = run([fakes.finding(rule="TFR999", certainty=Certainty.POSSIBLE, depends_on=("var.x",))])
    assert got["results"][0]["properties"]["certainty"] == "possible"
    assert "(possible: depends on var.x)" in got["results"][0]["message"]["text"]
    assert got["tool"]["driver"]["rules"][-1]["id"] == "TFR999"


def test_text_of_the_tree_stays_text() -> None:
    place = Location(f"dir/{HOSTILE}", 3)
    nasty = fakes.finding(
        title=HOSTILE,
        address=HOSTILE,
        message=HOSTILE,
        base=Side(HOSTILE, place),
        head=Side(HOSTILE, place),
        root=HOSTILE,
        variant=HOSTILE,
        fix=HOSTILE,
        depends_on=(HOSTILE,),
        certainty=Certainty.POSSIBLE,
        suppressed=Suppression(HOSTILE, HOSTILE, "comment"),
        rule="TFR998",
    )
    outcome = fakes.outcome([nasty], [Problem("x", HOSTILE, place)], [Problem("y", HOSTILE, place)])
    text = render("sarif", outcome, ReportOptions())
    assert text.isascii()
    assert "<" not in text
    assert "\\u001b" not in text
    got = json.loads(text)["runs"][0]
    assert "\u202e" not in json.dumps(got, ensure_ascii=False)
    _check(got)
    messages = [got["results"][0]["message"]["text"], got["results"][0]["relatedLocations"][0]["message"]["text"]]
    messages += [n["message"]["text"] for n in got["invocations"][0]["toolExecutionNotifications"]]
    for message in messages:
        assert "](" not in message
        assert "\n" not in message
        assert "{{0}}" in message
    uri = got["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri, errors="surrogateescape") == place.file
    assert ":" not in uri
