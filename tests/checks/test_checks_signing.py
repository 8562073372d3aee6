"""Signed checks: Checkov verifies every file against a public key before it loads one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from scanning import CHECKS, FIXTURES, ROOT, read, run_checkov

TOOL = ROOT / "tools" / "sign_checks.py"
ONLY = ("--framework", "terraform", "--check", "CKV_TFR_*", "-o", "json")


def keys(folder: Path, name: str) -> tuple[Path, Path]:
    """A throw-away key pair."""
    from ecdsa import NIST256p, SigningKey

    key = SigningKey.generate(curve=NIST256p)
    private, public = folder / f"{name}.pem", folder / f"{name}.pub.pem"
    private.write_bytes(key.to_pem())
    public.write_bytes(key.verifying_key.to_pem())
    return private, public


def sign(key: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), "--key", str(key), "--out", str(out), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A signed copy and the public key for it."""
    folder = tmp_path_factory.mktemp("signed")
    private, public = keys(folder, "ours")
    done = sign(private, folder / "checks")
    assert done.returncode == 0, done.stderr
    count = sum(1 for p in CHECKS.rglob("*.py"))
    assert done.stdout == f"{count} files signed in {folder / 'checks'}\n"
    return folder / "checks", public


def test_checkov_loads_the_signed_copy(signed: tuple[Path, Path]) -> None:
    copy, public = signed
    target = FIXTURES / "unwatched"
    scan = read(run_checkov("-d", target, *ONLY, "--external-checks-public-key", str(public), checks=copy))
    assert "aws_cloudtrail.main" in scan.failed("CKV_TFR_415")
    assert set(scan.records) == set(read(run_checkov("-d", target, *ONLY)).records)


def test_checkov_refuses_a_changed_file_and_another_key(signed: tuple[Path, Path], tmp_path: Path) -> None:
    copy, _ = signed
    private, other = keys(tmp_path, "other")
    target = FIXTURES / "unwatched" / "organization"
    refused = run_checkov("-d", target, *ONLY, "--external-checks-public-key", str(other), checks=copy)
    assert refused.returncode == 2
    assert "signature verification failed" in refused.stderr

    changed = tmp_path / "changed"
    assert sign(private, changed).returncode == 0
    floors = changed / "tfr_floors.py"
    floors.write_bytes(floors.read_bytes().replace(b'"floor": 14', b'"floor": 4', 1))
    refused = run_checkov("-d", target, *ONLY, "--external-checks-public-key", str(other), checks=changed)
    assert refused.returncode == 2
    assert "tfr_floors.py" in refused.stderr


def test_signing_again_replaces_the_signature(signed: tuple[Path, Path], tmp_path: Path) -> None:
    copy, _ = signed
    private, _ = keys(tmp_path, "new")
    assert sign(private, tmp_path / "again", "--checks", str(copy)).returncode == 0
    for path in CHECKS.glob("*.py"):
        text = (tmp_path / "again" / path.name).read_bytes()
        assert text.count(b"# checkov-digest: ") == 1
        assert text.startswith(path.read_bytes())


def test_what_cannot_be_signed(tmp_path: Path) -> None:
    from ecdsa import NIST384p, SigningKey

    wrong = tmp_path / "wrong.pem"
    wrong.write_bytes(SigningKey.generate(curve=NIST384p).to_pem())
    done = sign(wrong, tmp_path / "out")
    assert done.returncode == 1
    assert "Checkov wants P-256" in done.stderr
    assert sign(tmp_path / "missing.pem", tmp_path / "out").returncode == 1
    private, _ = keys(tmp_path, "good")
    assert "would replace the checks themselves" in sign(private, CHECKS).stderr
    (tmp_path / "full").mkdir()
    assert "holds no checks" in sign(private, tmp_path / "full").stderr


def test_make_sign(tmp_path: Path) -> None:
    make = ["make", "--dry-run", "--no-print-directory", "-C", str(ROOT), "sign"]
    done = subprocess.run([*make, "KEY=k.pem", "OUT=o"], capture_output=True, text=True, check=True)
    assert 'tools/sign_checks.py --key "k.pem" --out "o"' in done.stdout
