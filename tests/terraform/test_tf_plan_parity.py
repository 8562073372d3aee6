"""``tfratchet plan`` on real plans says what ``tfratchet diff`` says on the files that they were made from.

Every case of ``tests/cases`` that real terraform with provider 3.39.0 can plan is compared: rule, address and severity.
Where the two cannot agree stands below, with the reason, and is checked: a case that begins to agree has to leave the
list. So is why terraform does not plan the others.

A new case that only one of the two finds fails here: either something is wrong, or it belongs into ``DIFFERENT``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import moto_server
import plan_corpus
import pytest

import gitrepo
from test_cases import run, settings_of
from tfratchet.compare import compare
from tfratchet.config import Settings
from tfratchet.configfile import Config, Loaded
from tfratchet.model import Finding, Snapshot
from tfratchet.pipeline import DiffOptions, open_sides
from tfratchet.plans import run as planrun
from tfratchet.plans.arguments import PlanArguments
from tfratchet.plans.source import Source
from tfratchet.rules import all_rules
from tfratchet.sources.plan import Masks, read, roots

pytestmark = pytest.mark.terraform

_LIFECYCLE = "a plan does not show lifecycle blocks"
_KEPT = "optional and computed: the state keeps what the deleted lines said, and the plan changes nothing"
DIFFERENT = {
    "detach/TFR122/inline_block_of_the_role": _KEPT,
    "guardrail/TFR503/all_ignored": _LIFECYCLE,
    "guardrail/TFR503/prevent_destroy_false": _LIFECYCLE,
    "guardrail/TFR503/prevent_destroy_removed": _LIFECYCLE,
    "guardrail/TFR503/setting_ignored": _LIFECYCLE,
    "password/TFR211/null": _KEPT,
    "password/TFR211/reuse_line_deleted": _KEPT,
    "password/TFR211/several_lines": _KEPT,
    "password/TFR213/block_deleted": _KEPT,
}
"""Cases in which the plan alone cannot say what the files say. With ``--source`` all of them are found."""

REFUSED = {
    r"a module that would have to be downloaded": "no registry and no git server is asked in a test",
    r"a variable without a value": "terraform wants one, the analysis of the files does not",
    r"no root module that the change reaches": "nothing to plan",
    r"does not support resource type|Unsupported (argument|block type|attribute)|to be one of \[ApiCallRate": (
        "newer than provider 3.39.0"
    ),
    r'argument "pgp_key" is required': "required by provider 3.39.0, and no longer",
    r"an organization": "provider 3.39.0 reads its root only of an account whose id it may ask for",
    r"a directory of IAM Identity Center": "its permission sets are read of an account that has one",
    r"NoSuchEntity|no IAM policy found|couldn't find": "a data source reads what the test account does not have",
    r"Reference to undeclared|Incorrect attribute value type": "broken on purpose",
}
"""Why terraform does not plan a case: what it says, and what lies behind it."""


@pytest.fixture(scope="module")
def corpus(
    tmp_path_factory: pytest.TempPathFactory, server_url: str, terraform_program: str, terraform_env: dict[str, str]
) -> plan_corpus.Corpus:
    moto_server.reset(server_url)
    directory = tmp_path_factory.mktemp("corpus")
    batch = plan_corpus.Batch(directory, server_url, terraform_program, terraform_env)
    return batch.run(plan_corpus.folders())


def words(findings: Iterable[Finding]) -> Counter[tuple[str, str, str, str]]:
    return Counter((f.root, f.rule, f.address, str(f.severity)) for f in findings)


def of_plans(jobs: list[plan_corpus.Job], settings: Settings) -> list[Finding]:
    masks = Masks()
    made = [roots(read(json.dumps(job.plan), job.case), job.path, masks) for job in jobs]
    pairs = [(m.base, m.head) for m in made]
    sides = Snapshot("base", [b for b, _ in pairs]), Snapshot("head", [h for _, h in pairs])
    result = compare(*sides, settings, all_rules(), pairs=pairs)
    assert not result.errors
    return list(result.findings)


def test_both_ways_agree(corpus: plan_corpus.Corpus) -> None:
    wrong: dict[str, str] = {}
    for case, jobs in corpus.plans.items():
        of_files = words(run(plan_corpus.CASES / case))
        of_plan = words(of_plans(jobs, settings_of(plan_corpus.CASES / case)))
        if of_files == of_plan and case in DIFFERENT:
            wrong[case] = "agrees now: take it out of DIFFERENT"
        elif of_files != of_plan and case not in DIFFERENT:
            more, less = list((of_plan - of_files).elements()), list((of_files - of_plan).elements())
            wrong[case] = f"only in the plan: {more}; only in the files: {less}"
    assert not wrong, json.dumps(wrong, indent=1)
    assert set(DIFFERENT) <= set(corpus.plans), "a case in DIFFERENT was not planned"


def test_most_cases_are_planned_and_it_is_known_why_others_are_not(corpus: plan_corpus.Corpus) -> None:
    unknown = {c: t for c, t in corpus.refused.items() if not any(re.search(p, t) for p in REFUSED)}
    assert not unknown, json.dumps(unknown, indent=1)
    assert len(corpus.plans) > 300
    # Cases of every family, firing and silent.
    assert {case.split("/")[0] for case in corpus.plans} == {"cloudtrail", "detach", "guardrail", "mfa", "password"}


def test_no_case_is_left_out(corpus: plan_corpus.Corpus) -> None:
    assert set(corpus.plans) | set(corpus.refused) == set(corpus.cases)
    assert not set(corpus.plans) & set(corpus.refused)


@pytest.mark.parametrize("case", sorted(DIFFERENT))
def test_the_source_closes_the_gap(
    corpus: plan_corpus.Corpus, tmp_path: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a plan cannot show is found with ``--source``, in a repository whose HEAD is base."""
    folder = plan_corpus.CASES / case
    repo = gitrepo.make_repo(tmp_path)
    repo.write(_files(folder / "base"))
    repo.commit("base")
    repo.write(_files(folder / "head"))
    (job,) = corpus.plans[case]
    (tmp_path / "plan.json").write_text(json.dumps(job.plan))
    arguments = PlanArguments(plans=[str(tmp_path / "plan.json")], sources=[str(repo.path)], format_name="json")
    assert planrun.run(arguments) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {(f["rule"], f["address"]) for f in findings} == {(f.rule, f.address) for f in run(folder)}
    assert all(f["head"]["file"] and f["head"]["line"] for f in findings)


def test_with_the_source_both_agree_everywhere(corpus: plan_corpus.Corpus) -> None:
    """The files add places and what the plan does not know, and nothing that ``diff`` would not say."""
    wrong: dict[str, str] = {}
    for case, jobs in corpus.plans.items():
        folder = plan_corpus.CASES / case
        sides = open_sides(DiffOptions(base_dir=str(folder / "base"), head_dir=str(folder / "head")))
        inputs, masks = planrun.Inputs(), Masks()
        for job in jobs:
            source = Source(str(folder / "head"), sides=sides, tree=sides.head, path=job.path)
            inputs.plans.append(planrun.planned(read(json.dumps(job.plan), case), case, job.path, masks, source))
        outcome = planrun.compared(inputs, settings_of(folder), Loaded(Config()))
        assert not outcome.result.errors
        of_plan, of_files = words(outcome.result.findings), words(run(folder))
        if {w[:3] for w in of_plan} != {w[:3] for w in of_files}:
            wrong[case] = f"only with the plan: {of_plan - of_files}; only in the files: {of_files - of_plan}"
    assert not wrong, json.dumps(wrong, indent=1)


def _files(folder: Path) -> dict[str, str | bytes | None]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
