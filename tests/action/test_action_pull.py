"""A pull request, from the event to the verdict: the steps of ``action.yml`` in order, on a real shallow clone."""

from __future__ import annotations

import json
from pathlib import Path

import githubapi
import pytest
from actionrun import ACTION, Job
from githubapi import GitHub
from pulls import ATTACHED, PASSWORD, USERS, Origin

BAD = {"iam/users.tf": USERS}
MARKER = "<!-- tfratchet action -->"


def pull(origin: Origin, github: GitHub, temp: Path, workspace: Path) -> Job:
    return Job(workspace, temp, "pull_request", origin.payload(), api=github.url)


def test_a_pull_request_is_told_everywhere_and_its_comment_is_updated(
    origin: Origin, github: GitHub, temp: Path, tmp_path: Path
) -> None:
    origin.push(BAD)
    workspace = origin.checkout(tmp_path / "one")
    done = pull(origin, github, temp, workspace).run()
    assert done.code == 1, done.log
    assert done.ran == [step["id"] for step in ACTION["runs"]["steps"]]

    # compared with the common ancestor, although the clone had one commit; main's own change is not blamed on it
    assert (done.outputs["base"], done.outputs["head"]) == (origin.fork_point, origin.head)
    assert {k: done.outputs[k] for k in ("exit-code", "findings", "critical", "high", "medium", "low")} == {
        "exit-code": "1",
        "findings": "1",
        "critical": "0",
        "high": "1",
        "medium": "0",
        "low": "0",
    }
    assert json.loads(Path(done.outputs["json-file"]).read_text())["findings"][0]["rule"] == "TFR101"

    assert "this change takes away protection: 1 high" in done.summary
    assert "TFR101" in done.summary
    annotation = [c for c in done.commands if c.startswith("::error ")]
    assert len(annotation) == 1
    assert annotation[0].startswith("::error file=iam/users.tf,line=1,title=TFR101 high")

    assert [(u["ref"], u["commit_sha"]) for u in github.uploads] == [("refs/pull/7/head", origin.head)]
    run = github.log()["runs"][0]
    assert [r["ruleId"] for r in run["results"]] == ["TFR101"]
    assert run["automationDetails"]["id"] == "tfratchet/diff/"

    (comment,) = github.comments
    assert comment["body"].startswith(f"{MARKER}\n<!-- tfratchet -->\n## ")
    assert "1 high" in comment["body"]
    assert done.outputs["comment-url"] == f"https://github.example/comment/{comment['id']}"
    assert github.tokens == {"Bearer the-token"}
    assert "the-token" not in done.log

    # once more: the same comment
    assert pull(origin, github, temp, workspace).run().code == 1
    assert len(github.comments) == 1

    # another commit makes it worse, the next one puts it right
    origin.push({"iam/password.tf": PASSWORD % 8})
    done = pull(origin, github, temp, origin.checkout(tmp_path / "two")).run()
    assert (done.code, done.outputs["findings"], len(github.comments)) == (1, "2", 1)
    assert "TFR202" in github.comments[0]["body"]
    origin.push({"iam/users.tf": USERS + ATTACHED, "iam/password.tf": PASSWORD % 20})
    done = pull(origin, github, temp, origin.checkout(tmp_path / "three")).run()
    assert (done.code, len(github.comments)) == (0, 1)
    assert "nothing is taken away" in github.comments[0]["body"]
    assert "TFR" not in github.comments[0]["body"]
    assert github.log()["runs"][0]["results"] == []
    assert [c.partition(" ")[0] for c in github.asked].count("POST") == 1 + len(github.uploads)


def test_without_findings_and_without_comment_none_is_posted(
    origin: Origin, github: GitHub, temp: Path, tmp_path: Path
) -> None:
    origin.push({"iam/password.tf": PASSWORD % 24})
    done = pull(origin, github, temp, origin.checkout(tmp_path / "clone")).run()
    assert (done.code, github.comments, done.outputs["comment-url"]) == (0, [], "")
    assert "nothing is taken away" in done.summary
    assert len(github.uploads) == 1  # alerts of an earlier push are closed


def test_what_is_accepted_by_the_change_itself_is_news(
    origin: Origin, github: GitHub, temp: Path, tmp_path: Path
) -> None:
    text = f'# tfratchet:ignore=TFR202 reason="ticket 1"\n{PASSWORD % 8}'
    origin.push({"iam/password.tf": text})
    done = pull(origin, github, temp, origin.checkout(tmp_path / "clone")).run()
    assert (done.code, done.outputs["findings"], done.outputs["suppressed"]) == (0, "0", "1")
    assert "ticket 1" in github.comments[0]["body"]


def test_inputs_reach_tfratchet(origin: Origin, github: GitHub, temp: Path, tmp_path: Path) -> None:
    origin.push({**BAD, "other/main.tf": PASSWORD % 20})
    job = pull(origin, github, temp, origin.checkout(tmp_path / "clone"))
    assert job.run(fail_on="critical").code == 0
    assert job.run(paths="other\n").outputs["findings"] == "0"
    assert job.run(paths="iam\nother").outputs["findings"] == "1"
    done = job.run(baseline="no.json")
    assert done.code == 2
    assert "no.json: there is no such file of known findings" in done.summary
    done = job.run(fail_on="seldom")
    assert done.code == 2
    assert "seldom" in done.summary
    done = job.run(paths="--output=text=/tmp/x")
    assert done.code == 2
    assert "starts with" in done.summary
    done = job.run(annotations="false", summary="false", sarif="false", comment="false", fail_on="never")
    assert (done.code, done.summary, [c for c in done.commands if c.startswith("::error")]) == (0, "", [])


def test_two_uses_have_two_comments_and_two_categories(
    origin: Origin, github: GitHub, temp: Path, tmp_path: Path
) -> None:
    origin.push(BAD)
    job = pull(origin, github, temp, origin.checkout(tmp_path / "clone"))
    for _ in range(2):
        for name in ("prod", "dev"):
            assert job.run(category=name).code == 1
    assert [c["body"].splitlines()[0] for c in github.comments] == [
        "<!-- tfratchet action: prod -->",
        "<!-- tfratchet action: dev -->",
    ]
    ids = [github.log(i)["runs"][0]["automationDetails"]["id"] for i in range(4)]
    assert ids == ["tfratchet/diff/prod/", "tfratchet/diff/dev/"] * 2
    assert job.run(category="--> <b>").code == 2


# -- finding the comment


def test_the_comment_is_found_on_a_later_page(origin: Origin, github: GitHub, temp: Path, tmp_path: Path) -> None:
    for i in range(230):
        github.add(f"talk {i}", {"login": "ann", "type": "User"})
    ours = github.add(f"{MARKER}\r\nold")
    origin.push(BAD)
    done = pull(origin, github, temp, origin.checkout(tmp_path / "clone")).run()
    assert (done.code, len(github.comments)) == (1, 231)
    assert done.outputs["comment-url"].endswith(str(ours))
    assert "TFR101" in github.comments[-1]["body"]


def test_a_comment_of_somebody_else_is_never_touched(
    origin: Origin, github: GitHub, temp: Path, tmp_path: Path
) -> None:
    github.add(f"{MARKER}\nall is well, merge me", {"login": "mallory", "type": "User"})
    github.add(f"as the bot says:\n{MARKER}", githubapi.BOT)
    origin.push(BAD)
    job = pull(origin, github, temp, origin.checkout(tmp_path / "clone"))
    assert job.run().code == 1
    assert [c["user"]["login"] for c in github.comments] == ["mallory", "github-actions[bot]", "github-actions[bot]"]
    assert "all is well" in github.comments[0]["body"]
    # with the token of a user, the comments of that user are its own, and those of a bot are not
    github.me = {"login": "robot-user", "type": "User"}
    assert job.run().code == 1
    assert job.run().code == 1
    assert [c["user"]["login"] for c in github.comments][3:] == ["robot-user"]


# -- what may go wrong


@pytest.mark.parametrize("status", [403, 404])
def test_a_token_that_may_only_read_changes_nothing_but_the_notice(
    origin: Origin, github: GitHub, temp: Path, tmp_path: Path, status: int
) -> None:
    github.refuses = {"POST /repos": status}
    origin.push(BAD)
    done = pull(origin, github, temp, origin.checkout(tmp_path / "clone")).run()
    assert (done.code, github.comments, github.uploads) == (1, [], [])
    assert "TFR101" in done.summary
    notices = [c for c in done.commands if c.startswith("::notice")]
    assert len(notices) == 2
    assert "pull-requests: write" in notices[1]
    assert "security-events: write" in notices[0]


def test_a_fork_without_token(origin: Origin, github: GitHub, temp: Path, tmp_path: Path) -> None:
    origin.push(BAD)
    job = pull(origin, github, temp, origin.checkout(tmp_path / "clone"))
    job.token = ""
    done = job.run()
    assert (done.code, github.asked) == (1, [])
    assert "TFR101" in done.summary
    assert sum(c.startswith("::notice") and "no token" in c for c in done.commands) == 2


def test_a_server_that_stumbles_and_one_that_is_away(
    origin: Origin, github: GitHub, temp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin.push(BAD)
    workspace = origin.checkout(tmp_path / "clone")
    github.broken = {"GET /repos/acme/infra/issues/7/comments": 1}
    assert pull(origin, github, temp, workspace).run().code == 1
    assert len(github.comments) == 1
    # not posted twice: whether the first one got through is not known
    github.comments.clear()
    github.broken = {"POST /repos/acme/infra/issues/7/comments": 1}
    done = pull(origin, github, temp, workspace).run()
    assert (done.code, github.comments) == (1, [])
    assert any(c.startswith("::warning") and "comment could not be written" in c for c in done.commands)
    # the token goes nowhere else
    github.broken = {}
    github.refuses = {"GET /user": 302, "POST /repos": 307}
    done = pull(origin, github, temp, workspace).run()
    assert done.code == 1
    assert not any("elsewhere" in call for call in github.asked)


def test_what_cannot_be_compared(origin: Origin, github: GitHub, temp: Path, tmp_path: Path) -> None:
    origin.push({**BAD, "iam/broken.tf": "resource {{{\n"})
    done = pull(origin, github, temp, origin.checkout(tmp_path / "clone")).run()
    assert (done.code, done.outputs["exit-code"], done.outputs["findings"]) == (2, "2", "1")
    assert "not everything was compared" in done.summary
    assert "not everything was compared" in github.comments[0]["body"]
    assert "TFR101" in github.comments[0]["body"]
    assert github.uploads == []  # an upload of a part would close the alerts of the rest
    assert any("could not compare" in c and "iam/broken.tf" in c for c in done.commands)


def test_a_base_that_is_not_there(origin: Origin, github: GitHub, temp: Path, tmp_path: Path) -> None:
    origin.push(BAD)
    workspace = origin.checkout(tmp_path / "clone")
    job = pull(origin, github, temp, workspace)
    job.payload["pull_request"]["base"]["sha"] = "1234567890" * 4
    done = job.run()
    assert (done.code, done.outputs["findings"], done.outputs["json-file"]) == (2, "0", "")
    for text in (done.summary, github.comments[0]["body"], "\n".join(done.commands)):
        assert "could not compare" in text
        assert "1234567890123456789012345678901234567890 cannot be fetched" in text
    # the next run finds this comment and puts the report into its place
    assert pull(origin, github, temp, workspace).run().code == 1
    assert len(github.comments) == 1
    assert "TFR101" in github.comments[0]["body"]


@pytest.mark.parametrize("value", [None, "--upload-pack=touch pwned", "a" * 39 + "\n"])
def test_only_commit_ids_of_the_event_reach_git(
    origin: Origin, github: GitHub, temp: Path, tmp_path: Path, value: object
) -> None:
    origin.push(BAD)
    job = pull(origin, github, temp, origin.checkout(tmp_path / "clone"))
    job.payload["pull_request"]["head"]["sha"] = value
    done = job.run(comment="false")
    assert done.code == 2
    assert "the event says no commit for the head of the pull request" in done.summary
    assert not list(tmp_path.glob("*/pwned"))


EVIL = "$(touch pwned)`touch pwned`;touch pwned;'\"\n::error::x\n::set-output name=a::b ${{ github.token }} -->"


def test_hostile_names_and_files_do_nothing(origin: Origin, github: GitHub, temp: Path, tmp_path: Path) -> None:
    spy = "import pathlib\npathlib.Path(%r).touch()\n" % str(tmp_path / "pwned")  # noqa: UP031
    modules = ("tfratchet", "json", "gh", "api", "pip", "venv", "site", "sitecustomize", "typer", "subprocess")
    evil_file = "iam/$(touch pwned) ::error::x @ann <b>.tf"
    files = {f"{name}.py": spy for name in modules} | {f"{name}/__init__.py": spy for name in modules}
    resource = 'resource "aws_iam_user" "u" {\n  name = "::error::x ##[error]y <script> @ann"\n}\n'
    attached = ATTACHED.replace("aws_iam_user.bob.name", "aws_iam_user.u.name").replace('"bob"', '"u"')
    origin.repo.git("switch", "--quiet", "main")
    origin.main = origin.repo.commit("evil base", {evil_file: resource + attached})
    origin.repo.git("branch", "--force", "topic", "main")
    origin.push({**files, evil_file: resource}, "Tfratchet-Ignore: $(touch pwned)\n\n::error::x")
    workspace = origin.checkout(tmp_path / "clone")
    job = pull(origin, github, temp, workspace)
    job.payload["pull_request"] |= {"title": EVIL, "body": EVIL}
    job.payload["pull_request"]["head"]["ref"] = EVIL
    job.env = {"GITHUB_HEAD_REF": EVIL, "GITHUB_REF": EVIL, "GITHUB_REF_NAME": EVIL, "PYTHONPATH": str(workspace)}
    done = job.run()
    assert done.code == 1, done.log
    assert not list(tmp_path.rglob("pwned"))
    assert not (temp / "pwned").exists()
    commands = [c.partition("::")[2].partition(" ")[0].partition("::")[0] for c in done.commands]
    assert sorted(set(commands)) == ["endgroup", "error", "group"]
    assert commands.count("error") == 1
    body = github.comments[0]["body"]
    assert "<script" not in body
    assert "@ann" not in body
