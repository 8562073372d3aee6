"""``tfratchet audit`` as a real process, against moto as a server; and what goes wrong on the way into an account."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import audit_accounts
import boto3
import jsonschema
import pytest
from audit_accounts import ACCOUNT, REGION, WEAK

from terraform import moto_server

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text())
PROGRAM = Path(sys.executable).parent / "tfratchet"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
# moto cannot give root an MFA device.
ACCEPTED = f"""\
[[ignore]]
rule = "TFR604"
address = "{ROOT}"
reason = "moto has no root"
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server.server(managed_policies=False) as url:
        yield url


@pytest.fixture
def server(endpoint: str) -> str:
    moto_server.reset(endpoint)
    return endpoint


def client(endpoint: str) -> audit_accounts.Client:
    return lambda service: boto3.client(
        service, region_name=REGION, endpoint_url=endpoint, aws_access_key_id="x", aws_secret_access_key="x"
    )


def environment(folder: Path, endpoint: str, **more: str) -> dict[str, str]:
    """A bare one, that leads to ``endpoint`` and nowhere else. Empty values take a variable away."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    env |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "NO_PROXY": "127.0.0.1",
        **more,
    }
    return {k: v for k, v in env.items() if v}


def audit(folder: Path, endpoint: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command, run in ``folder``."""
    env = environment(folder, endpoint, **more)
    command = [PROGRAM, "audit", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def told(output: str) -> set[tuple[str, str]]:
    """(rule, end of the address) of the findings in a JSON report that are not accepted."""
    findings = [f for f in json.loads(output)["findings"] if f["suppressed"] is None]
    return {(f["rule"], re.split(rf":{ACCOUNT}:|:::", f["address"])[-1]) for f in findings}


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The only line on stderr, of a run that failed."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    return done.stderr


# -- whole accounts


def test_weak_account_lists_exactly_its_weaknesses(server: str, tmp_path: Path) -> None:
    audit_accounts.weak(client(server))
    done = audit(tmp_path, server, "--format", "json", "--output", "text=report.txt", "--output", "html=report.html")
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert told(done.stdout) == WEAK
    jsonschema.validate(json.loads(done.stdout), SCHEMA)
    text = (tmp_path / "report.txt").read_text()
    assert "wanted  an MFA device\n          is      none\n" in text
    assert f"looked at account {ACCOUNT} as " in text
    assert "3 users, 2 trails, 2 rules and alarms" in text
    assert "Looked at account" in (tmp_path / "report.html").read_text()


def test_sound_account_is_clean(server: str, tmp_path: Path) -> None:
    audit_accounts.sound(client(server))
    (tmp_path / "tfratchet.toml").write_text(ACCEPTED)
    done = audit(tmp_path, server)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing found, 1 accepted" in done.stdout
    assert "moto has no root" in done.stdout
    assert audit(tmp_path, server, "--config", os.devnull).returncode == 1


def test_configuration_and_thresholds(server: str, tmp_path: Path) -> None:
    audit_accounts.sound(client(server))
    config = tmp_path / "other.toml"
    config.write_text(
        ACCEPTED + "[floors]\nminimum_password_length = 20\naccess_key_max_days = 180\n[severity]\nTFR602 = 'low'\n"
    )
    done = audit(tmp_path, server, "--config", str(config), "--format", "json")
    assert told(done.stdout) == {("TFR602", 'account-password-policy["minimum_password_length"]')}
    assert done.returncode == 0
    assert audit(tmp_path, server, "--config", str(config), "--fail-on", "low").returncode == 1
    config.write_text("floors = 1\n")
    assert "other.toml:1" in one_line(audit(tmp_path, server, "--config", str(config)))


def test_known_findings(server: str, tmp_path: Path) -> None:
    audit_accounts.weak(client(server))
    write = ("--write-baseline", "known.json", "--reason", "ticket 4711", "--owner", "platform")
    assert audit(tmp_path, server, *write).returncode == 0
    known = json.loads((tmp_path / "known.json").read_text())
    assert len(known["findings"]) == len(WEAK)
    assert audit(tmp_path, server, "--baseline", "known.json").returncode == 0
    client(server)("iam").delete_account_password_policy()
    done = audit(tmp_path, server, "--baseline", "known.json", "--format", "json")
    assert told(done.stdout) == {("TFR601", "account-password-policy")}
    both = audit(tmp_path, server, "--baseline", "known.json", *write)
    assert "contradict each other" in one_line(both)


def test_every_format(server: str, tmp_path: Path) -> None:
    client(server)("iam").create_user(UserName="bob")
    names = ["json", "sarif", "github", "markdown", "html", "junit", "gitlab"]
    done = audit(tmp_path, server, *(option for name in names for option in ("--output", f"{name}=report.{name}")))
    assert done.returncode == 1
    assert done.stderr == ""
    for name in names:
        assert "TFR601" in (tmp_path / f"report.{name}").read_text(), name


def test_organization(server: str, tmp_path: Path) -> None:
    organizations = client(server)("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="dev", Email="dev@example.com")
    dev = made["CreateAccountStatus"]["AccountId"]
    done = audit(tmp_path, server, "--org", "--fresh", "--output", "json=report.json")
    assert done.returncode == 1, done.stderr
    assert "looked at 2 accounts: 0 users, 0 trails, 0 rules and alarms" in done.stdout
    findings = json.loads((tmp_path / "report.json").read_text())["findings"]
    assert {f["root"] for f in findings if f["rule"] == "TFR601"} == {ACCOUNT, dev}
    assert audit(tmp_path, server, "--org", "--org-role", "auditor", "--fail-on", "never").returncode == 0


def test_no_organization(server: str, tmp_path: Path) -> None:
    assert "there is no organization" in one_line(audit(tmp_path, server, "--org"))


# -- the way in


def test_profile_and_role(server: str, tmp_path: Path) -> None:
    role = client(server)("iam").create_role(RoleName="auditor", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    (tmp_path / "config").write_text("[profile prod]\nregion = eu-west-1\n")
    (tmp_path / "credentials").write_text("[prod]\naws_access_key_id = x\naws_secret_access_key = x\n")
    no_keys = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    done = audit(tmp_path, server, "--profile", "prod", "--role-arn", role, **no_keys)
    assert done.returncode == 1
    assert f"as arn:aws:sts::{ACCOUNT}:assumed-role/auditor/tfratchet" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        ((), {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no AWS credentials"),
        (("--profile", "nowhere"), {}, "profile (nowhere) could not be found"),
        ((), {"AWS_PROFILE": "nowhere"}, "profile (nowhere) could not be found"),
        ((), {"AWS_SECRET_ACCESS_KEY": ""}, "no AWS credentials"),
        (("--org-role", "x"), {}, "--org-role: is for --org"),
        (("--reason", "x"), {}, "--reason: is for new entries of --write-baseline"),
        (("--format", "xml"), {}, "unknown format 'xml'"),
        (("--baseline", "missing.json"), {}, "missing.json"),
        (("--region", "not a region"), {}, "not a region"),
    ],
)
def test_what_is_wrong_before_anything_is_asked(
    endpoint: str, tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], message: str
) -> None:
    assert message in one_line(audit(tmp_path, endpoint, *arguments, **environment))


def test_no_network(tmp_path: Path) -> None:
    done = audit(tmp_path, "http://127.0.0.1:9")
    assert "check the network" in one_line(done)


def test_boto3_is_not_installed(endpoint: str, tmp_path: Path) -> None:
    (tmp_path / "boto3.py").write_text("raise ImportError('no boto3 here')\n")
    done = audit(tmp_path, endpoint, PYTHONPATH=str(tmp_path))
    assert "this command needs boto3" in one_line(done)
    assert "pip install 'tfratchet[aws]'" in done.stderr


# -- a server in between that refuses single calls


class Between:
    """Hands everything on to moto, but for calls whose body matches a pattern: these get an error of AWS."""

    def __init__(self, target: str, pattern: str, code: str, before: Callable[[], None] = lambda: None) -> None:
        """``before``: what happens before such an error is sent."""
        wrong = re.compile(pattern)

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def _answer(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if wrong.search(f"{self.path} {self.headers.get('X-Amz-Target', '')} {body.decode(errors='replace')}"):
                    before()
                    error = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
                    self._answer(403, error.encode(), "text/xml")
                    return
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
                request = urllib.request.Request(target + self.path, body or None, headers, method=self.command)
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                try:
                    with opener.open(request, timeout=60) as answer:
                        self._answer(answer.status, answer.read(), answer.headers.get("Content-Type", ""))
                except urllib.error.HTTPError as error:
                    self._answer(error.code, error.read(), error.headers.get("Content-Type", ""))

            do_GET = do_POST = do_PUT = do_HEAD = _any  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ExpiredToken", "the credentials have expired"),
        ("InvalidClientTokenId", "AWS does not know these credentials"),
        ("AccessDenied", "AWS refuses GetCallerIdentity"),
    ],
)
def test_credentials_that_aws_does_not_take(endpoint: str, tmp_path: Path, code: str, message: str) -> None:
    with Between(endpoint, "Action=GetCallerIdentity", code) as url:
        assert message in one_line(audit(tmp_path, url))


def test_credentials_that_expire_on_the_way(server: str, tmp_path: Path) -> None:
    audit_accounts.weak(client(server))
    with Between(server, "Action=ListAccessKeys", "ExpiredToken") as url:
        assert "the credentials have expired" in one_line(audit(tmp_path, url))


def test_what_is_refused_is_an_error_beside_the_findings(server: str, tmp_path: Path) -> None:
    audit_accounts.sound(client(server))
    (tmp_path / "tfratchet.toml").write_text(ACCEPTED)
    with Between(server, "Action=GetAccountPasswordPolicy", "AccessDenied") as url:
        done = audit(tmp_path, url)
    assert done.returncode == 2
    assert "password policy not read: iam:GetAccountPasswordPolicy: AWS refuses it (AccessDenied)" in done.stderr
    assert "1 error: not everything was looked at" in done.stdout
    assert "TFR601" not in done.stdout


def test_ctrl_c_waits_for_no_server(server: str, tmp_path: Path) -> None:
    """AWS knows the caller and then does not answer any more. Calls under way would be repeated for minutes."""
    asked, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        go_on.wait(120)

    with Between(server, "Action=GetAccountSummary", "AccessDenied", before=hang) as url:
        process = subprocess.Popen(
            [PROGRAM, "audit"],
            cwd=tmp_path,
            env=environment(tmp_path, url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert asked.wait(60)
            process.send_signal(signal.SIGINT)
            output = process.communicate(timeout=30)
        finally:
            go_on.set()
            process.kill()
    assert process.returncode == 130
    assert output == ("", "")
