"""Writes a signed copy of the Checkov checks, for ``checkov --external-checks-public-key``.

    python tools/sign_checks.py --key private.pem --out signed/ [--checks checks/tfratchet_checks]

The key is an ECDSA key on the curve P-256 in PEM form (``openssl ecparam -name prime256v1 -genkey -noout``). Every .py
file of the copy gets one last line, ``# checkov-digest: <signature>``: the signature (ECDSA with SHA-256, DER, in
lower-case hexadecimal) of all bytes before that line. Files that are no Python are not copied: they are not verified.
Needs the package ecdsa, which comes with Checkov.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from pathlib import Path

TRAILER = b"# checkov-digest: "
CHECKS = Path(__file__).resolve().parents[1] / "checks" / "tfratchet_checks"


def body(text: bytes) -> bytes:
    """What is signed: the file without an old signature, ending with a newline."""
    lines = text.splitlines(keepends=True)
    while lines and lines[-1].startswith(TRAILER):
        lines.pop()
    joined = b"".join(lines)
    return joined if not joined or joined.endswith(b"\n") else joined + b"\n"


def sign(checks: Path, out: Path, key_file: Path) -> int:
    """Write the signed copy; returns the number of files. Raises ValueError for a key of another kind."""
    from ecdsa import NIST256p, SigningKey
    from ecdsa.util import sigencode_der

    key = SigningKey.from_pem(key_file.read_text(encoding="utf-8"), hashfunc=hashlib.sha256)
    if key.curve != NIST256p:
        raise ValueError(f"{key_file} is a key on the curve {key.curve.name}; Checkov wants P-256")
    files = sorted(p for p in checks.rglob("*.py") if "__pycache__" not in p.parts)
    if out.exists():
        shutil.rmtree(out)
    for file in files:
        text = body(file.read_bytes())
        signature = key.sign_deterministic(text, hashfunc=hashlib.sha256, sigencode=sigencode_der)
        target = out / file.relative_to(checks)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text + TRAILER + signature.hex().encode() + b"\n")
    return len(files)


def main() -> None:
    """Read the command line, and sign."""
    parser = argparse.ArgumentParser(description="Write a signed copy of the Checkov checks.")
    parser.add_argument("--key", type=Path, required=True, help="private key, ECDSA P-256, PEM")
    parser.add_argument("--out", type=Path, required=True, help="folder of the signed copy (replaced when it is there)")
    parser.add_argument("--checks", type=Path, default=CHECKS, help="folder of the checks")
    options = parser.parse_args()
    if options.out.resolve() in (options.checks.resolve(), *options.checks.resolve().parents):
        sys.exit(f"--out {options.out} would replace the checks themselves")
    if options.out.exists() and not (options.out / "__init__.py").is_file():
        sys.exit(f"--out {options.out} is there and holds no checks: name a new folder")
    try:
        count = sign(options.checks, options.out, options.key)
    except (OSError, ValueError) as error:
        sys.exit(f"cannot sign: {error}")
    print(f"{count} files signed in {options.out}")


if __name__ == "__main__":
    main()
