"""``tfratchet diff`` as a whole on real repositories: what is compared, configured, accepted, and how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gitrepo
from tfratchet import cli

PASSWORD = 'resource "aws_iam_account_password_policy" "this" {\n  minimum_password_length = %d\n}\n'
USER = """\
resource "aws_iam_user" "bob" {
  name = "bob"
}

resource "aws_iam_policy" "read" {
  name   = "read"
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}
"""
ATTACHED = """
resource "aws_iam_user_policy_attachment" "bob" {
  user       = aws_iam_user.bob.name
  policy_arn = aws_iam_policy.read.arn
}
"""
ADDRESS = "aws_iam_user_policy_attachment.bob"

Run = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``tfratchet diff --format json`` in a folder: exit code, report (empty without one), stderr."""

    def call(folder: Path, *argv: str) -> tuple[int, dict[str, Any], str]:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["tfratchet", "diff", "--format", "json", *argv])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, json.loads(captured.out) if captured.out else {}, captured.err

    return call


@pytest.fixture
def repo(tmp_path: Path) -> gitrepo.Repo:
    """``infra/`` with a user, an attachment and a password policy, committed."""
    made = gitrepo.make_repo(tmp_path)
    made.commit("base", {"infra/users.tf": USER + ATTACHED, "infra/password.tf": PASSWORD % 20})
    return made


def rules(report: dict[str, Any]) -> list[str]:
    return [f["rule"] for f in report["findings"] if f["suppressed"] is None]


def test_what_is_compared(repo: gitrepo.Repo, run: Run, tmp_path: Path) -> None:
    assert run(repo.path)[0] == 0
    repo.write({"infra/password.tf": PASSWORD % 8})
    assert rules(run(repo.path)[1]) == ["TFR202"]
    assert rules(run(repo.path, "--staged")[1]) == []
    repo.stage()
    repo.write({"infra/users.tf": USER})
    assert rules(run(repo.path / "infra", "--staged")[1]) == ["TFR202"]
    assert sorted(rules(run(repo.path / "infra")[1])) == ["TFR101", "TFR202"]
    repo.commit("change")
    code, report, err = run(tmp_path, "--repo", str(repo.path), "--base", "HEAD~1", "--head", "HEAD", "infra")
    assert (code, err) == (1, "")
    assert sorted(rules(report)) == ["TFR101", "TFR202"]
    assert report["base"] == {"label": "HEAD~1", "commit": repo.git("rev-parse", "HEAD~1")}
    assert report["head"] == {"label": "HEAD", "commit": repo.git("rev-parse", "HEAD")}
    assert report["findings"][0]["base"]["file"].startswith("infra/")
    assert report["summary"]["roots"] == 1


def test_a_branch_is_compared_with_the_merge_base(repo: gitrepo.Repo, run: Run) -> None:
    repo.git("switch", "--quiet", "--create", "topic")
    repo.commit("topic", {"infra/password.tf": PASSWORD % 16})
    repo.git("switch", "--quiet", "main")
    repo.commit("main gets stronger", {"infra/users.tf": USER + ATTACHED + "# more\n", "infra/extra.tf": ""})
    code, report, _ = run(repo.path, "--base", "main", "--merge-base", "--head", "topic")
    assert (code, rules(report)) == (1, ["TFR202"])
    assert report["base"]["label"] == "the merge base with main"


def test_a_bare_repository_and_two_folders(repo: gitrepo.Repo, run: Run, tmp_path: Path) -> None:
    repo.commit("change", {"infra/users.tf": USER})
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(tmp_path / "bare.git"))
    assert rules(run(tmp_path, "--repo", "bare.git", "--base", "HEAD~1", "--head", "HEAD")[1]) == ["TFR101"]
    assert run(tmp_path, "--repo", "bare.git")[0] == 2
    for name, text in {"a": USER + ATTACHED, "b": USER}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(text)
    code, report, _ = run(tmp_path, "--base-dir", "a", "--head-dir", "b")
    assert (code, rules(report)) == (1, ["TFR101"])
    assert report["head"] == {"label": "b", "commit": None}


def test_no_repository_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    code, report, err = run(tmp_path)
    assert (code, report) == (2, {})
    assert err.count("\n") == 1
    assert "not in a git repository" in err
    assert "--base-dir" in err


def test_what_is_broken_is_an_error_beside_the_findings(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"infra/users.tf": USER, "infra/broken.tf": 'resource "aws_iam_user" {{{\n'})
    code, report, err = run(repo.path, "--fail-on", "never")
    assert code == 2
    assert "TFR101" in rules(report)
    assert report["errors"][0]["file"] == "infra/broken.tf"
    assert "tfratchet: error: infra/broken.tf:1:" in err
    assert report["summary"]["exit_code"] == 2


def test_variables_and_var_files(repo: gitrepo.Repo, run: Run) -> None:
    text = PASSWORD.replace("%d", "var.length") + 'variable "length" {\n  type = number\n}\n'
    repo.commit("base", {"infra/password.tf": text, "infra/prod.tfvars": "length = 20\n"})
    repo.write({"infra/prod.tfvars": "length = 10\n"})
    _, report, _ = run(repo.path / "infra", "--var-file", "prod.tfvars")
    assert [(f["rule"], f["variant"]) for f in report["findings"]] == [("TFR202", "infra/prod.tfvars")]
    repo.write({"infra/password.tf": text.replace("var.length", "var.length - 8")})
    _, report, _ = run(repo.path, "--var", "length=20")
    assert any(f["rule"] == "TFR202" and f["head"]["value"].startswith("12") for f in report["findings"])


# -- configuration


def test_settings_of_base_count_and_a_change_cannot_loosen_them(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"infra/users.tf": USER, "tfratchet.toml": 'disable = ["detach"]\nfail_on = "never"\n'})
    code, report, _ = run(repo.path)
    assert (code, rules(report)) == (1, ["TFR101"])
    assert any("this change itself edits the settings" in n["message"] for n in report["notes"])
    assert run(repo.path, "--config", "tfratchet.toml")[0] == 0
    repo.commit("change")
    repo.write({"infra/password.tf": PASSWORD % 8})
    code, report, _ = run(repo.path)
    assert (code, rules(report), report["summary"]["fail_on"]) == (0, ["TFR202"], "never")
    assert run(repo.path, "--fail-on", "high")[0] == 1


def test_severities_paths_and_exclusions(repo: gitrepo.Repo, run: Run) -> None:
    config = 'exclude = ["infra/sand*"]\n[severity]\nTFR202 = "low"\n'
    repo.commit("base", {"tfratchet.toml": config, "infra/sandbox/a.tf": PASSWORD % 20, "other/a.tf": PASSWORD % 20})
    repo.write({"infra/sandbox/a.tf": PASSWORD % 8, "other/a.tf": PASSWORD % 8, "infra/password.tf": PASSWORD % 8})
    _, report, _ = run(repo.path)
    assert [(f["root"], f["severity"]) for f in report["findings"]] == [("infra", "low"), ("other", "low")]
    _, report, _ = run(repo.path, "other")
    assert [f["root"] for f in report["findings"]] == ["other"]


def test_a_broken_configuration_is_no_configuration_but_an_error(repo: gitrepo.Repo, run: Run) -> None:
    repo.write({"infra/users.tf": USER, "tfratchet.toml": "fail_onn = 1\n"})
    code, report, err = run(repo.path)
    assert (code, rules(report)) == (2, ["TFR101"])
    assert "tfratchet.toml:1: unknown key 'fail_onn' (did you mean 'fail_on'?)" in err


# -- accepted findings


def test_a_comment_accepts(repo: gitrepo.Repo, run: Run) -> None:
    comment = '# tfratchet:ignore=TFR202 reason="old application" expires=2027-01-31\n'
    repo.write({"infra/password.tf": comment + PASSWORD % 8})
    code, report, _ = run(repo.path, "--today", "2027-01-31")
    assert (code, rules(report)) == (0, [])
    accepted = {"reason": "old application", "expires": "2027-01-31", "by": "comment"}
    assert report["findings"][0]["suppressed"] == accepted
    code, report, _ = run(repo.path, "--today", "2027-02-01")
    assert (code, rules(report)) == (1, ["TFR202"])
    assert any("expired on 2027-01-31" in n["message"] for n in report["notes"])


def test_a_commit_trailer_accepts_a_deleted_block(repo: gitrepo.Repo, run: Run) -> None:
    message = f'Bob no longer reads\n\nTfratchet-Ignore: TFR101 {ADDRESS} reason="ticket 7"\n'
    repo.commit(message, {"infra/users.tf": USER})
    code, report, _ = run(repo.path, "--base", "HEAD~1", "--head", "HEAD")
    assert (code, report["findings"][0]["suppressed"]["by"]) == (0, "trailer")


def test_an_entry_of_the_configuration_accepts_unless_new_ones_are_refused(repo: gitrepo.Repo, run: Run) -> None:
    entry = f'[[ignore]]\nrule = "TFR101"\naddress = "{ADDRESS}"\nreason = "ticket 7"\n'
    repo.write({"infra/users.tf": USER, "tfratchet.toml": entry})
    code, report, _ = run(repo.path, "--staged")
    assert (code, report["findings"]) == (0, [])
    code, report, _ = run(repo.path)
    assert (code, report["findings"][0]["suppressed"]["by"]) == (0, "config")
    assert any("this change itself brings the config" in n["message"] for n in report["notes"])

    repo.git("stash", "--quiet", "--include-untracked")
    repo.commit("stricter", {"tfratchet.toml": 'new_ignores = "refuse"\n'})
    repo.write({"infra/users.tf": USER, "tfratchet.toml": 'new_ignores = "refuse"\n' + entry})
    code, report, _ = run(repo.path)
    assert (code, rules(report)) == (1, ["TFR101"])
    assert any("does not hold before it is merged" in n["message"] for n in report["notes"])
