"""Runs real Terraform, with the real AWS provider 3.39.0, on copies of the modules, against a moto server.

The modules are written for provider 5 and 6. What a copy is changed in, and nothing else:

* the version constraint of the provider becomes ``3.39.0``;
* ``prevent_destroy`` becomes false, unless a test asks for it to stay;
* ``log-bucket/main.tf`` is replaced by its twin (``twins/log_bucket_main.tf``): 3.39.0 has no split bucket resources;
* the ``advanced_event_selector`` block of the trail, which 3.39.0 does not know, becomes an output of the same value;
* the insight ``ApiErrorRateInsight`` leaves the defaults: 3.39.0 only knows ``ApiCallRateInsight``;
* root modules get an override file with endpoints and fake keys for their provider blocks.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl_blocks
import provider_mirror

HERE = Path(__file__).resolve().parent
TERRAFORM = provider_mirror.ROOT / "terraform"
MODULES = (
    "password-policy",
    "mfa-enforcement",
    "cloudtrail",
    "log-bucket",
    "detach-guard",
    "access-key-hygiene",
    "iam-groups",
)
CONSTRAINT = 'version = ">= 5.0, < 7.0"'
TRAIL = "modules/cloudtrail/main.tf"
BUCKET = "modules/log-bucket/main.tf"

_SERVICES = (
    "cloudtrail",
    "cloudwatch",
    "cloudwatchevents",
    "cloudwatchlogs",
    "configservice",
    "ec2",
    "iam",
    "kms",
    "organizations",
    "s3",
    "s3control",
    "sns",
    "sqs",
    "sts",
)


class TerraformError(AssertionError):
    """Terraform ended with an error; the text is its output."""


def provider_settings(endpoint: str) -> str:
    """The body of a provider block that reaches moto at ``endpoint`` and nothing else."""
    lines = [
        'access_key = "testing"',
        'secret_key = "testing"',
        "skip_credentials_validation = true",
        "skip_requesting_account_id  = true",
        "skip_metadata_api_check     = true",
        "skip_region_validation      = true",
        # Without it each plan waits 23 s for an answer that moto does not give.
        "skip_get_ec2_platforms      = true",
        "s3_force_path_style         = true",
        "endpoints {",
        *(f'  {service} = "{endpoint}"' for service in _SERVICES),
        "}",
    ]
    return "".join(f"  {line}\n" for line in lines)


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    if old not in text:
        raise AssertionError(f"{path}: {old!r} is not in it, so the test harness cannot change it")
    path.write_text(text.replace(old, new))


def pin(path: Path) -> None:
    """Set the version constraint of the provider in this file to the version that the tests apply."""
    _replace(path, CONSTRAINT, f'version = "{provider_mirror.APPLIED_VERSION}"')


def copy_modules(target: Path, *, source: Path = TERRAFORM, prevent_destroy: bool = False) -> Path:
    """A copy of ``terraform/`` at ``target``, changed so that provider 3.39.0 can apply it (see above)."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    for file in sorted(target.rglob("*.tf")):
        text = file.read_text()
        if CONSTRAINT in text:
            pin(file)
        if "prevent_destroy = true" in text and not prevent_destroy:
            _replace(file, "prevent_destroy = true", "prevent_destroy = false")
    twin = (HERE / "twins" / "log_bucket_main.tf").read_text()
    if prevent_destroy:
        twin = twin.replace("prevent_destroy = false", "prevent_destroy = true")
    (target / BUCKET).write_text(twin)
    selector_as_output(target / TRAIL)
    for name in ("modules/cloudtrail/variables.tf", "baseline/variables.tf"):
        _replace(target / name, ', "ApiErrorRateInsight"]', "]")
    return target


def selector_as_output(path: Path) -> None:
    """Turn the ``advanced_event_selector`` block of the trail in ``path`` into an output: JSON, in the API's words.

    Every expression of the block stays as it is written; only the two loops become ``for`` expressions.
    """
    source = path.read_bytes()
    (trail,) = (b for b in hcl_blocks.parse(source).of("resource") if b.labels[0] == "aws_cloudtrail")
    (block,) = (b for b in trail.of("dynamic") if b.labels == ("advanced_event_selector",))
    (content,) = block.of("content")
    (fields,) = content.of("dynamic")
    (field,) = fields.of("content")
    arguments = "\n".join(
        f"      {''.join(part.title() for part in name.split('_'))} = {argument.text}"
        for name, argument in field.arguments.items()
    )
    output = f"""
output "harness_selectors" {{
  value = jsonencode([for advanced_event_selector in {_pairs(block.text("for_each"))} : {{
    Name = {content.text("name")}
    FieldSelectors = [for {fields.labels[0]} in {_pairs(fields.text("for_each"))} : {{
{arguments}
    }}]
  }}])
}}
"""
    path.write_bytes(source[: block.start] + source[block.end :] + output.encode())


def _pairs(collection: str) -> str:
    """What a dynamic block's iterator goes through."""
    return f"[for key, value in {collection} : {{ key = key, value = value }}]"


def copy_of(directory: Path) -> Path:
    """The top of the copy of ``terraform/`` that ``directory`` is in."""
    return next(parent for parent in [directory, *directory.parents] if (parent / "modules").is_dir())


def lift_prevent_destroy(directory: Path) -> None:
    """Set ``prevent_destroy`` to false in the whole copy that ``directory`` is in."""
    for file in sorted(copy_of(directory).rglob("*.tf")):
        text = file.read_text()
        if "prevent_destroy = true" in text:
            file.write_text(text.replace("prevent_destroy = true", "prevent_destroy = false"))


def write_provider_override(directory: Path, endpoint: str) -> None:
    """Point every provider block of a root module at ``endpoint``."""
    aliases = [
        block.text("alias")
        for file in sorted(directory.glob("*.tf"))
        if not file.name.endswith("_override.tf")
        for block in hcl_blocks.read(file).of("provider")
        if block.labels == ("aws",)
    ]
    blocks = [
        'provider "aws" {\n' + (f"  alias = {alias}\n" if alias else "") + provider_settings(endpoint) + "}\n"
        for alias in aliases
    ]
    if not blocks:
        raise AssertionError(f"{directory} has no provider block to point at the test server")
    (directory / "harness_override.tf").write_text("\n".join(blocks))


@dataclass(frozen=True)
class Workspace:
    """A root module to run terraform in."""

    directory: Path
    program: str
    env: Mapping[str, str]

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``terraform`` here. Raises TerraformError when it fails and ``check`` is set."""
        # These tests talk to loopback only: a proxy of the machine must not see it.
        env = dict(self.env) | {"NO_PROXY": "*", "no_proxy": "*"}
        command = [self.program, *arguments]
        done = subprocess.run(command, cwd=self.directory, env=env, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise TerraformError(f"terraform {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def init(self) -> None:
        """``terraform init``."""
        self.run("init", "-no-color", "-backend=false")

    def validate(self) -> Sequence[Mapping[str, Any]]:
        """``terraform validate``; returns the warnings."""
        done = self.run("validate", "-json", check=False)
        report: dict[str, Any] = json.loads(done.stdout)
        if not report["valid"]:
            raise TerraformError(json.dumps(report["diagnostics"], indent=1))
        warnings: list[Mapping[str, Any]] = report["diagnostics"]
        return warnings

    def plan(self, *arguments: str) -> dict[str, Any]:
        """``terraform plan``, as the JSON of the plan."""
        self.run("plan", "-no-color", "-lock=false", "-out=plan.bin", *arguments)
        plan: dict[str, Any] = json.loads(self.run("show", "-json", "plan.bin").stdout)
        return plan

    def apply(self, *arguments: str) -> None:
        """``terraform apply`` without a question."""
        self.run("apply", "-no-color", "-auto-approve", "-lock=false", *arguments)

    def is_unchanged(self) -> tuple[bool, str]:
        """Whether a further plan is empty, and what it says."""
        done = self.run("plan", "-no-color", "-lock=false", "-detailed-exitcode", check=False)
        return done.returncode == 0, done.stdout + done.stderr

    def destroy(self) -> None:
        """``terraform destroy`` without a question."""
        self.run("destroy", "-no-color", "-auto-approve", "-lock=false")

    def outputs(self) -> dict[str, Any]:
        """The outputs' values."""
        found = json.loads(self.run("output", "-json").stdout)
        return {name: output["value"] for name, output in found.items()}

    def resources(self) -> list[str]:
        """Addresses in the state."""
        return self.run("state", "list").stdout.split()


MakeWorkspace = Callable[..., Workspace]
"""``make(root, prevent_destroy=False)``: an example of a fresh copy, initialised."""
MakeModule = Callable[[str], Workspace]
"""``make(directory)``: a module of the session's copy, initialised."""


@dataclass(frozen=True)
class Rendered:
    """What ``roots/policies`` renders."""

    documents: Mapping[str, str]
    patterns: Mapping[str, str]
    selectors: str
    """Advanced selectors of a trail: JSON, as the API wants it but for fields that are null."""


def add_policies_root(copy: Path, endpoint: str) -> Path:
    """Put ``roots/policies`` into a copy of ``terraform/``."""
    root = copy / "roots" / "policies"
    shutil.copytree(HERE / "roots" / "policies", root)
    pin(root / "main.tf")
    write_provider_override(root, endpoint)
    return root


def render_policies(copy: Path, endpoint: str, program: str, env: Mapping[str, str]) -> Rendered:
    """Plan ``roots/policies`` in a copy of ``terraform/``, with the real provider, and return its outputs."""
    workspace = Workspace(add_policies_root(copy, endpoint), program, env)
    workspace.init()
    outputs = workspace.plan("-refresh=false")["planned_values"]["outputs"]
    return Rendered(*(outputs[name]["value"] for name in ("documents", "event_patterns", "selectors")))


def actions(plan: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a plan does, by address; what stays as it is left out."""
    return {
        change["address"]: change["change"]["actions"]
        for change in plan.get("resource_changes", [])
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }


def clean_environment() -> dict[str, str]:
    """The environment of this process without credentials and settings of AWS and Terraform."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_"))}
