"""What can be told of the modules without running them: schema, formatting, structure, what is generated."""

from __future__ import annotations

import subprocess
from pathlib import Path

import generate
import hcl_blocks
import provider_mirror
import provider_schema
import pytest
import schema_check
import tf_harness

TERRAFORM = tf_harness.TERRAFORM
MODULES = [TERRAFORM / "modules" / name for name in tf_harness.MODULES] + [TERRAFORM / "baseline"]
ROOTS = sorted(p for p in [*TERRAFORM.glob("modules/*/examples/*"), *TERRAFORM.glob("examples/*")] if p.is_dir())


@pytest.fixture(scope="module")
def schema(mirror: provider_mirror.Mirror) -> provider_schema.Schema:
    return provider_schema.read(mirror.schema)


def test_modules_fit_provider_6_62(schema: provider_schema.Schema) -> None:
    assert schema_check.check([*MODULES, *ROOTS], schema) == []


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('resource "aws_iam_grope" "x" {}', "no such resource"),
        ('resource "aws_iam_group" "x" {}', "name is required"),
        ('resource "aws_iam_group" "x" {\n  name = "a"\n  nmae = "b"\n}', "unsupported argument nmae"),
        ('resource "aws_iam_group" "x" {\n  name = "a"\n  arn = "b"\n}', "arn can only be read"),
        (
            'resource "aws_cloudtrail" "x" {\n  name = "a"\n  s3_bucket_name = "b"\n  insight_selector = []\n}',
            "is a block",
        ),
        (
            'resource "aws_cloudtrail" "x" {\n  name = "a"\n  s3_bucket_name = "b"\n  kms_key_id {}\n}',
            "unsupported block",
        ),
        (
            'resource "aws_cloudtrail" "x" {\n  name = "a"\n  s3_bucket_name = "b"\n  dynamic "insight_selector" {\n'
            "    for_each = []\n    content {}\n  }\n}",
            "insight_type is required",
        ),
        ('output "x" {\n  value = aws_iam_group.this[0].arrn\n}', "has no attribute arrn"),
        ('output "x" {\n  value = data.aws_region.this.name\n}', "is deprecated"),
        ('resource "aws_s3_bucket" "x" {\n  acl = "private"\n}', "acl is deprecated"),
    ],
)
def test_schema_check_sees_mistakes(tmp_path: Path, schema: provider_schema.Schema, line: str, error: str) -> None:
    (tmp_path / "main.tf").write_text(line)
    found = schema_check.check([tmp_path], schema)
    assert len(found) == 1
    assert error in found[0]


def test_formatting(terraform_program: str, terraform_env: dict[str, str]) -> None:
    done = subprocess.run(
        [terraform_program, "fmt", "-check", "-recursive", "-diff", str(TERRAFORM)],
        env=terraform_env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_generated_files_are_in_step() -> None:
    stale = [str(path) for path, text in generate.generated().items() if not path.is_file() or path.read_text() != text]
    assert stale == [], "run python tests/terraform/generate.py"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_module_structure(module: Path) -> None:
    """HashiCorp's standard module structure; every variable typed and described, every output described."""
    names = {path.name for path in module.iterdir()}
    assert {"main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md", "tests"} <= names
    if module.name != "baseline":
        assert (module / "examples").is_dir()
    for variable in hcl_blocks.read(module / "variables.tf").of("variable"):
        assert variable.text("type"), variable.labels
        assert len(variable.text("description")) > 12, variable.labels
        # With a default of null, null is a value of its own; everywhere else it must mean the default.
        assert (variable.text("default") == "null") != (variable.text("nullable") == "false"), variable.labels
    for output in hcl_blocks.read(module / "outputs.tf").of("output"):
        assert len(output.text("description")) > 12, output.labels
    (settings,) = hcl_blocks.read(module / "versions.tf").of("terraform")
    assert settings.text("required_version") == '">= 1.9"'
    assert tf_harness.CONSTRAINT in (module / "versions.tf").read_text()


def test_tags_wherever_they_can_be(schema: provider_schema.Schema) -> None:
    without = [
        f"{module.name}: {'.'.join(block.labels)}"
        for module in MODULES
        for file in sorted(module.glob("*.tf"))
        for block in hcl_blocks.read(file).of("resource")
        if "tags" in schema["resource"][block.labels[0]] and block.text("tags") != "var.tags"
    ]
    assert without == []


def test_no_trap_of_exclusive_or_counted_attachments() -> None:
    """Attachments are single resources under ``for_each``: nothing exclusive, nothing re-indexed."""
    for file in sorted(TERRAFORM.rglob("*.tf")):
        for block in hcl_blocks.read(file).of("resource"):
            kind = block.labels[0]
            assert not kind.endswith("_exclusive"), file
            assert kind not in ("aws_iam_policy_attachment", "aws_iam_group_membership"), file
            if kind.endswith("policy_attachment") or kind == "aws_iam_user_group_membership":
                assert "count" not in block.arguments, f"{file}: {block.labels}"
                assert "for_each" in block.arguments, f"{file}: {block.labels}"


def test_arns_are_partition_aware() -> None:
    """No module writes ``arn:aws:``: it would be wrong in China and GovCloud."""
    for module in MODULES:
        for file in sorted(module.glob("*.tf")):
            lines = [line for line in file.read_text().splitlines() if "description" not in line and "arn:aws:" in line]
            assert lines == [], file


KEPT = {
    "password-policy": {"aws_iam_account_password_policy.this"},
    "mfa-enforcement": {"aws_iam_policy.deny_without_mfa", "aws_organizations_policy.deny_without_mfa"},
    "cloudtrail": {"aws_cloudtrail.this", "aws_cloudwatch_log_group.this", "aws_kms_key.this"},
    "log-bucket": {"aws_s3_bucket.access", "aws_s3_bucket.logs"},
    "detach-guard": {"aws_iam_policy.guard", "aws_organizations_policy.guard"},
    "access-key-hygiene": {"aws_iam_policy.keys"},
    "iam-groups": set(),
}


def kept(module: Path) -> set[str]:
    """The resources of a module that have ``prevent_destroy``."""
    return {
        ".".join(block.labels)
        for file in module.glob("*.tf")
        for block in hcl_blocks.read(file).of("resource")
        if any(inner.text("prevent_destroy") == "true" for inner in block.of("lifecycle"))
    }


@pytest.mark.parametrize("name", tf_harness.MODULES)
def test_prevent_destroy_stands_where_the_loss_is_the_incident(name: str) -> None:
    assert kept(TERRAFORM / "modules" / name) == KEPT[name]


# Settings of the real log bucket that neither a mock nor provider 3.39.0 can show, by resource and path.
BUCKET_SETTINGS = {
    "aws_s3_bucket_versioning.logs": {"versioning_configuration.status": '"Enabled"'},
    "aws_s3_bucket_versioning.access": {"versioning_configuration.status": '"Enabled"'},
    "aws_s3_bucket_ownership_controls.logs": {"rule.object_ownership": '"BucketOwnerEnforced"'},
    "aws_s3_bucket_ownership_controls.access": {"rule.object_ownership": '"BucketOwnerEnforced"'},
    "aws_s3_bucket_server_side_encryption_configuration.logs": {
        "rule.apply_server_side_encryption_by_default.sse_algorithm": '"aws:kms"',
        "rule.apply_server_side_encryption_by_default.kms_master_key_id": "var.kms_key_arn",
    },
    "aws_s3_bucket_server_side_encryption_configuration.access": {
        "rule.apply_server_side_encryption_by_default.sse_algorithm": '"AES256"'
    },
    "aws_s3_bucket_lifecycle_configuration.logs": {"rule.status": '"Enabled"'},
    "aws_s3_bucket_lifecycle_configuration.access": {"rule.status": '"Enabled"'},
    "aws_s3_bucket_object_lock_configuration.logs": {
        "rule.default_retention.mode": "var.object_lock_mode",
        "rule.default_retention.days": "var.object_lock_days",
    },
    "aws_s3_bucket_logging.logs": {
        "target_bucket": "local.own_access_bucket ? aws_s3_bucket.access[0].id : var.access_log_bucket_name"
    },
}


def bucket_settings(file: Path) -> dict[str, dict[str, str]]:
    """The settings named in ``BUCKET_SETTINGS``, as they stand in ``file``."""
    found: dict[str, dict[str, str]] = {}
    for block in hcl_blocks.read(file).of("resource"):
        address = ".".join(block.labels)
        for path in BUCKET_SETTINGS.get(address, {}):
            *parents, name = path.split(".")
            inner = block
            for parent in parents:
                inner = next(iter(inner.of(parent)), hcl_blocks.Block("missing", (), 0, 0, 0))
            found.setdefault(address, {})[path] = inner.text(name)
    return found


def test_log_bucket_settings() -> None:
    assert bucket_settings(TERRAFORM / tf_harness.BUCKET) == BUCKET_SETTINGS
