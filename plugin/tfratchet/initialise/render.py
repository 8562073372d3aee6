"""The files of ``tfratchet init``, as text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tfratchet.initialise.found import Found
from tfratchet.initialise.hcl import Expression, HclValue, attributes, quoted
from tfratchet.initialise.snippets import configuration, github, gitlab, pre_commit
from tfratchet.initialise.source import ModuleSource

_GLOBAL_REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
_LENGTH, _AGE = 14, 90
"""Defaults of the baseline's password policy."""

_POLICY = "module.baseline.module.password_policy.aws_iam_account_password_policy.this"
_TRAIL = "module.baseline.module.cloudtrail"
_BUCKET = f"{_TRAIL}.module.log_bucket[0]"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    source: ModuleSource
    root: str
    """Directory of the root module, relative to the repository's top, with '/'."""
    name: str
    region: str
    break_glass: Sequence[str]
    log_bucket: str = ""
    ci: str = "github"
    """``github``, ``gitlab`` or ``none``."""


@dataclass(frozen=True, slots=True)
class Files:
    """What is to be written, and what to say afterwards."""

    module: dict[str, str]
    """The root module: path → text. If one of them exists, nothing is written."""
    beside: dict[str, str]
    """Files that may exist already: then they are left alone and the text is shown."""
    next_steps: list[str]


def partition_of(region: str) -> str:
    """The partition that a region is in."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def render(options: Options, found: Found | None) -> Files:
    """Every file, for this command line and what was found in the account (None: not looked at)."""
    imports = _imports(found)
    module = {f"{options.root}/main.tf": _main(options, found)}
    if imports:
        module[f"{options.root}/imports.tf"] = imports
    beside = {
        f"{options.root}/.gitignore": ".terraform/\n*.tfstate*\n",
        "tfratchet.toml": configuration(options.break_glass),
        ".pre-commit-config.yaml": pre_commit(options.source),
    }
    if options.ci == "github":
        beside[".github/workflows/tfratchet.yml"] = github(options.source, options.root)
    elif options.ci == "gitlab":
        beside[".gitlab-ci.yml"] = gitlab(options.source, options.root)
    return Files(module, beside, _next_steps(options, found, bool(imports)))


def _main(options: Options, found: Found | None) -> str:
    partition = partition_of(options.region)
    global_region = _GLOBAL_REGIONS[partition]
    one_region = options.region == global_region
    providers = f'provider "aws" {{\n  region = {quoted(options.region)}\n}}\n'
    if not one_region:
        providers += (
            "\n# IAM, Organizations and sign-ins report their events only here.\n"
            f'provider "aws" {{\n  alias  = "global"\n  region = {quoted(global_region)}\n}}\n'
        )
    body = attributes(_arguments(options, found, partition), 2)
    data = 'data "aws_caller_identity" "current" {}\n\n' if "data.aws_caller_identity" in body else ""
    target = "aws" if one_region else "aws.global"
    return (
        "# The security baseline of this account. Tighten it freely; tfratchet tells when a change loosens it.\n\n"
        'terraform {\n  required_version = ">= 1.9"\n\n  required_providers {\n    aws = {\n'
        '      source  = "hashicorp/aws"\n      version = ">= 5.0, < 7.0"\n    }\n  }\n}\n\n'
        f"{providers}\n{data}"
        f'module "baseline" {{\n  source = {quoted(options.source.text)}\n\n'
        f"  providers = {{\n    aws        = aws\n    aws.global = {target}\n  }}\n\n{body}}}\n"
    )


def _arguments(options: Options, found: Found | None, partition: str) -> dict[str, HclValue]:
    arguments: dict[str, HclValue] = {"name": options.name}
    trail = found.trail if found else None
    if trail and trail.name != options.name:
        arguments["trail_name"] = trail.name
    if trail and trail.bucket is None:
        arguments["existing_log_bucket_name"] = trail.bucket_name
    elif trail:
        arguments["log_bucket_name"] = trail.bucket_name
    elif options.log_bucket:
        arguments["log_bucket_name"] = options.log_bucket
    else:
        account_id = "${data.aws_caller_identity.current.account_id}"
        arguments["log_bucket_name"] = Expression(f'"{options.name}-cloudtrail-{account_id}"')
    if trail and trail.organization_id:
        arguments["organization_id"] = trail.organization_id
    arguments["break_glass_principal_arns"] = sorted(options.break_glass)
    if found and found.groups:
        arguments["existing_group_names"] = list(found.groups)
    else:
        arguments["groups"] = {
            f"{options.name}-readers": {
                "policies": {"read_only": f"arn:{partition}:iam::aws:policy/ReadOnlyAccess"},
            }
        }
    arguments.update(_password(found))
    settings = _cloudtrail(found)
    if settings:
        arguments["cloudtrail"] = settings
    return arguments


def _password(found: Found | None) -> dict[str, HclValue]:
    """Where the account is stricter than the baseline's defaults it stays so; where it is weaker it becomes them."""
    policy = found.password_policy if found else None
    if policy is None:
        return {}
    arguments: dict[str, HclValue] = {}
    if policy.length > _LENGTH:
        arguments["minimum_password_length"] = policy.length
    if 0 < policy.max_age < _AGE:
        arguments["max_password_age"] = policy.max_age
    if policy.hard_expiry:
        arguments["hard_expiry"] = True
        # The baseline refuses the one without the other: users would be locked out.
        arguments["mfa"] = {"allow_password_change_without_mfa": True}
    return arguments


def _cloudtrail(found: Found | None) -> dict[str, HclValue]:
    trail = found.trail if found else None
    if trail is None:
        return {}
    settings: dict[str, HclValue] = {}
    if trail.key_prefix:
        settings["key_prefix"] = trail.key_prefix
    if trail.bucket and trail.bucket.access_logs_to:
        settings["access_log_bucket_name"] = trail.bucket.access_logs_to
    if trail.bucket and trail.bucket.locked:
        # A bucket with object lock that is declared without it would be replaced.
        settings["object_lock_days"] = trail.bucket.lock_days or 1
        settings["object_lock_mode"] = trail.bucket.lock_mode or "GOVERNANCE"
    if trail.data_events:
        settings["data_events"] = {kind: list(values) for kind, values in trail.data_events.items()}
    if trail.advanced:
        settings["advanced_data_events"] = {
            name: {key: {k: list(v) for k, v in test.items()} for key, test in fields.items()}
            for name, fields in trail.advanced.items()
        }
    return settings


def _found_resources(found: Found) -> dict[str, str]:
    """Address in the baseline → id, of everything that exists."""
    wanted: dict[str, str] = {}
    if found.password_policy:
        wanted[_POLICY] = "iam-account-password-policy"  # the only id there is
    trail = found.trail
    if trail is None:
        return wanted
    wanted[f"{_TRAIL}.aws_cloudtrail.this"] = trail.arn
    if trail.bucket and trail.bucket.exists:
        wanted[f"{_BUCKET}.aws_s3_bucket.logs"] = trail.bucket_name
        if trail.bucket.has_policy:
            wanted[f"{_BUCKET}.aws_s3_bucket_policy.logs"] = trail.bucket_name
        if trail.bucket.has_access_block:
            wanted[f"{_BUCKET}.aws_s3_bucket_public_access_block.logs"] = trail.bucket_name
    # Only what has the name that the module gives: anything else is replaced by something new and stays beside it.
    if _same_log_group(found):
        wanted[f"{_TRAIL}.aws_cloudwatch_log_group.this"] = f"/cloudtrail/{trail.name}"
    if _same_role(found):
        wanted[f"{_TRAIL}.aws_iam_role.delivery"] = f"cloudtrail-{trail.name}"
    return wanted


def _same_log_group(found: Found) -> bool:
    return found.trail is not None and found.trail.log_group_arn.endswith(
        f":log-group:/cloudtrail/{found.trail.name}:*"
    )


def _same_role(found: Found) -> bool:
    return found.trail is not None and found.trail.role_arn.endswith(f":role/cloudtrail-{found.trail.name}")


def _imports(found: Found | None) -> str:
    resources = _found_resources(found) if found else {}
    if not found or not resources:
        return ""
    head = (
        f"# What account {found.account_id} holds already: taken over, not made anew. These blocks can go after the\n"
        "# first apply.\n\n"
    )
    return head + "\n".join(
        f"import {{\n  to = {address}\n  id = {quoted(identity)}\n}}\n" for address, identity in resources.items()
    )


def _next_steps(options: Options, found: Found | None, imports: bool) -> list[str]:
    steps = [f"Read {options.root}/main.tf. The role that runs Terraform must be in break_glass_principal_arns."]
    if found and found.groups:
        steps.append(
            "existing_group_names holds the groups of the account. After the first apply their members can do nothing "
            "without MFA but add a device. Put groups of programs, which cannot hold one, into groups_without_mfa as "
            "well. Users in no group are not reached."
        )
    else:
        steps.append("Put your own groups into groups; the one that is there is a placeholder.")
    if found and (found.password_policy is None or not found.password_policy.max_age):
        steps.append(f"Passwords expire from now on: whoever has one older than {_AGE} days must change it.")
    steps += _steps_for_the_trail(found) if found and found.trail else []
    if found:
        steps += [note[0].upper() + note[1:] + "." for note in found.notes]
    steps.append("Add a backend: without one, the state stays on this machine.")
    plan = f"terraform -chdir={options.root} init && terraform -chdir={options.root} plan"
    wanted = "it must import what was found, and destroy nothing" if imports else "it must destroy nothing"
    steps.append(f"{plan}: {wanted}. Then apply.")
    if options.ci != "none" and not options.source.repository:
        steps.append(f"In the pipeline, say where pip gets tfratchet from: it asks for {options.source.requirement}.")
    if options.source.repository:
        steps.append(
            f"terraform -chdir={options.root} get, wherever tfratchet diff runs: of modules that are not downloaded it "
            "only sees the arguments."
        )
    steps.append("pre-commit install, and commit tfratchet.toml first: settings count from the next change on.")
    return steps


def _steps_for_the_trail(found: Found) -> list[str]:
    trail = found.trail
    if trail is None:
        return []
    steps = []
    if trail.kms_key_arn:
        steps.append(f"The trail gets a key of its own. Keep {trail.kms_key_arn}: older logs need it.")
    if trail.log_group_arn and not _same_log_group(found):
        steps.append(
            f"The trail gets a log group of its own. Keep {trail.log_group_arn.removesuffix(':*')} for older events."
        )
    if trail.bucket and trail.bucket.exists:
        steps.append(
            f"Policy and lifecycle of bucket {trail.bucket_name} are replaced: logs stay for ever unless "
            "cloudtrail.retention_days says otherwise. Move statements that others need (other trails, access for "
            "auditors) elsewhere first."
        )
    return steps
