"""Drift of a root module that was just applied: there must be none, by its configuration and by its state."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
import tf_harness

from tfratchet.account.collect import collect
from tfratchet.account.drift.compare import PARTS, compare
from tfratchet.account.drift.run import Sources, roots_of
from tfratchet.account.session import Account


def drift_of(root: tf_harness.Workspace, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What differs between the account at ``endpoint`` and what ``root`` declares."""
    for name, value in {"AWS_ENDPOINT_URL": endpoint, "NO_PROXY": "*", "no_proxy": "*"}.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="eu-central-1")
    facts = collect(Account(session, "eu-central-1"), PARTS)
    state = tmp_path / "shown.json"
    state.write_text(root.run("show", "-json").stdout)
    found = []
    for source in (root.directory, state):
        declared = Sources([str(source)]).read()
        compared = compare(roots_of(declared), facts)
        assert compared.looked_at > 0
        found += [f"{source.name}: {d.rule} {d.message}" for d in compared.differences]
        found += [f"{source.name}: {e.message}" for e in (*compared.errors, *(e for d in declared for e in d.errors))]
    return found
