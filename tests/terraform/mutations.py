"""Single edits that weaken a module, and the test or check of this repository that each of them turns red.

``python tests/terraform/mutations.py`` makes every edit on a copy, runs what should catch it, and writes the table
``docs/mutations.md``. ``test_tf_mutations`` does the same edit by edit. An edit that nothing catches is a failure.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import evaluated
import generate
import hcl_blocks
import moto_server
import policy_claims
import provider_mirror
import running_provider
import test_tf_events
import test_tf_log_bucket
import test_tf_selectors
import test_tf_static
import tf_harness

ONE_RUN = "one_run.tftest.hcl"
PAGE = tf_harness.TERRAFORM.parent / "docs" / "mutations.md"


@dataclass(frozen=True)
class Mutation:
    """One edit: ``old`` becomes ``new`` in ``file`` (below ``terraform/``). ``old`` must stand there exactly once."""

    what: str
    file: str
    old: str
    new: str
    check: str
    """``mock FILE RUN``, ``policies GROUP...``, ``bucket TEST WHICH``, ``events``, ``selectors``, ``generated`` or
    ``kept``; see ``catchers``."""

    @property
    def module(self) -> str:
        """The directory of the module, below ``terraform/``."""
        return "baseline" if self.file.startswith("baseline/") else "/".join(self.file.split("/")[:2])


def _validation(condition: str) -> tuple[str, str]:
    """Takes the bite out of a validation: ``old``, ``new``."""
    return f"condition     = {condition}", f"condition     = ({condition}) || true"


def _m(what: str, file: str, edit: tuple[str, str], check: str) -> Mutation:
    place = file if file.startswith("baseline/") else f"modules/{file}"
    return Mutation(what, place, edit[0], edit[1], check)


_PASSWORD, _MFA, _TRAIL = "password-policy/", "mfa-enforcement/", "cloudtrail/"
_BUCKET, _GUARD, _KEYS = "log-bucket/", "detach-guard/", "access-key-hygiene/"
_SOURCE_ARN = '{ StringEquals = { "aws:SourceArn" = var.trail_arn, "s3:x-amz-acl" = "bucket-owner-full-control" } }'

MUTATIONS: tuple[Mutation, ...] = (
    # password-policy
    _m(
        "the floor of the length is no longer validated",
        _PASSWORD + "variables.tf",
        _validation("var.minimum_password_length >= 14 || var.allow_weaker"),
        "mock validation weaker",
    ),
    _m(
        "the floor of the age moves to a year",
        _PASSWORD + "variables.tf",
        ("var.max_password_age <= 90)", "var.max_password_age <= 365)"),
        "mock validation weaker",
    ),
    _m(
        "symbols are no longer sent to the API",
        _PASSWORD + "main.tf",
        ("  require_symbols                = var.require_symbols\n", ""),
        "mock validation defaults_are_the_floors",
    ),
    _m(
        "weaker values pass without a word",
        _PASSWORD + "variables.tf",
        (
            'in a comment beside it why."\n  type        = bool\n  default     = false',
            'in a comment beside it why."\n  type        = bool\n  default     = true',
        ),
        "mock validation weaker",
    ),
    # mfa-enforcement
    _m(
        "BoolIfExists becomes Bool in the deny: long-lived keys pass",
        _MFA + "main.tf",
        (
            'Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }',
            'Condition = { Bool = { "aws:MultiFactorAuthPresent" = "false" } }',
        ),
        "policies mfa",
    ),
    _m(
        "a second key in the condition of the deny",
        _MFA + "main.tf",
        (
            'Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }',
            'Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false", "aws:ViaAWSService" = "false" } }',
        ),
        "policies mfa",
    ),
    _m(
        "NotAction lets CreateAccessKey through",
        _MFA + "main.tf",
        ("    local.catalogue.mfa_self_service,\n", '    local.catalogue.mfa_self_service, ["iam:CreateAccessKey"],\n'),
        "policies mfa",
    ),
    _m(
        "NotAction lets a wildcard through",
        _MFA + "main.tf",
        ("    local.catalogue.mfa_self_service,\n", '    local.catalogue.mfa_self_service, ["iam:List*", "sts:*"],\n'),
        "policies mfa",
    ),
    _m(
        "the deny only reaches some resources",
        _MFA + "main.tf",
        (
            'NotAction = local.not_actions\n        Resource  = "*"\n        Condition = {',
            'NotAction = local.not_actions\n        Resource  = "arn:aws:iam::*:*"\n        Condition = {',
        ),
        "policies mfa",
    ),
    _m(
        "the escape of ${aws:username} is lost",
        _MFA + "main.tf",
        ('iam::*:user/$${aws:username}"', 'iam::*:user/&{aws:username}"'),
        "policies mfa",
    ),
    _m(
        "devices must be named after their user again",
        _MFA + "main.tf",
        (
            'actions   = ["iam:CreateVirtualMFADevice"]\n      resources = ["arn:${local.partition}:iam::*:mfa/*"]',
            'actions   = ["iam:CreateVirtualMFADevice"]\n'
            '      resources = ["arn:${local.partition}:iam::*:mfa/$${aws:username}"]',
        ),
        "policies mfa",
    ),
    _m(
        "self-service reaches other users",
        _MFA + "main.tf",
        (
            '"iam:ListMFADevices", "iam:ResyncMFADevice"]\n      resources = local.own_user',
            '"iam:ListMFADevices", "iam:ResyncMFADevice"]\n      resources = ["*"]',
        ),
        "policies mfa",
    ),
    _m(
        "the service control policy reaches roles",
        _MFA + "main.tf",
        ('iam::*:user/*" }', 'iam::*:*" }'),
        "policies mfa_scp",
    ),
    _m(
        "an empty list of groups is accepted",
        _MFA + "variables.tf",
        _validation("length(var.group_names) + length(var.user_names) > 0"),
        "mock validation nobody_and_wildcards",
    ),
    _m(
        "wildcards are accepted in extra_not_actions",
        _MFA + "variables.tf",
        _validation('alltrue([for action in var.extra_not_actions : can(regex("^[a-z0-9-]+:[A-Za-z0-9]+$", action))])'),
        "mock validation nobody_and_wildcards",
    ),
    _m(
        "protected actions are accepted in extra_not_actions",
        _MFA + "variables.tf",
        _validation(
            "alltrue([for action in var.extra_not_actions : !contains(local.catalogue.refused, lower(action))])"
        ),
        "mock validation protected",
    ),
    _m(
        "groups get self-service twice and never the deny",
        _MFA + "main.tf",
        (
            "  for_each = var.group_names\n\n  group      = each.key\n"
            "  policy_arn = aws_iam_policy.deny_without_mfa.arn",
            "  for_each = var.group_names\n\n  group      = each.key\n  policy_arn = aws_iam_policy.self_service.arn",
        ),
        "mock guard wiring",
    ),
    _m(
        "prevent_destroy goes from the deny",
        _MFA + "main.tf",
        (
            "    # Detaching or deleting it lets everybody in without MFA.\n    prevent_destroy = true\n",
            "    prevent_destroy = false\n",
        ),
        "kept",
    ),
    # cloudtrail
    _m(
        "log files are no longer validated",
        _TRAIL + "main.tf",
        ("enable_log_file_validation    = true", "enable_log_file_validation    = false"),
        "mock trail defaults",
    ),
    _m(
        "the trail loses its key",
        _TRAIL + "main.tf",
        ("  kms_key_id     = local.kms_key_arn\n", ""),
        "mock trail defaults",
    ),
    _m(
        "the key no longer rotates",
        _TRAIL + "kms.tf",
        ("enable_key_rotation     = true", "enable_key_rotation     = false"),
        "mock trail defaults",
    ),
    _m(
        "events no longer reach CloudWatch Logs",
        _TRAIL + "main.tf",
        ('  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.this.arn}:*"\n', ""),
        "mock trail defaults",
    ),
    _m(
        "data events switch management events off",
        _TRAIL + "main.tf",
        ("include_management_events = true", "include_management_events = false"),
        "mock trail organization_and_readers",
    ),
    _m(
        "advanced selectors switch management events off",
        _TRAIL + "main.tf",
        ("    local.management_events,\n", ""),
        "selectors",
    ),
    _m(
        "an advanced selector may take the place of the one for management events",
        _TRAIL + "variables.tf",
        _validation('!contains(keys(var.advanced_data_events), "Management events")'),
        "mock validation management_events_are_the_module_s_own",
    ),
    _m(
        "one region is accepted",
        _TRAIL + "variables.tf",
        _validation("var.is_multi_region_trail || var.allow_weaker"),
        "mock validation weaker",
    ),
    _m(
        "any trail may use the key",
        _TRAIL + "kms.tf",
        (
            '            StringEquals = { "aws:SourceArn" = local.trail_arn }\n            StringLike = {',
            '            StringEquals = { "aws:SourceAccount" = local.account_id }\n            StringLike = {',
        ),
        "mock trail key_policy",
    ),
    _m(
        "readers may delete log files",
        _TRAIL + "reader.tf",
        ('["s3:GetObject", "s3:GetObjectVersion"]', '["s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject"]'),
        "policies reader",
    ),
    # log-bucket
    _m(
        "the TLS statements go",
        _BUCKET + "policy.tf",
        ("      local.tls_statements[local.bucket_arn],\n", ""),
        "policies log_bucket",
    ),
    _m(
        "anybody's trail may write",
        _BUCKET + "policy.tf",
        (_SOURCE_ARN, '{ StringEquals = { "s3:x-amz-acl" = "bucket-owner-full-control" } }'),
        "policies log_bucket",
    ),
    _m(
        "tampering is denied to nobody",
        _BUCKET + "policy.tf",
        ('"aws:PrincipalArn" = sort(principals)', '"aws:PrincipalArn" = "*"'),
        "policies log_bucket",
    ),
    _m(
        "a public bucket policy is accepted",
        _BUCKET + "policy.tf",
        (
            "  bucket = aws_s3_bucket.logs.id\n\n  block_public_acls       = true\n  block_public_policy     = true",
            "  bucket = aws_s3_bucket.logs.id\n\n  block_public_acls       = true\n  block_public_policy     = false",
        ),
        "mock bucket policy",
    ),
    _m(
        "versioning is suspended",
        _BUCKET + "main.tf",
        ('    status     = "Enabled"\n', '    status     = "Suspended"\n'),
        "bucket versioning_and_ownership logs",
    ),
    _m(
        "logs lose their key",
        _BUCKET + "main.tf",
        ('      sse_algorithm     = "aws:kms"\n', '      sse_algorithm     = "AES256"\n'),
        "bucket encryption logs",
    ),
    _m(
        "ACLs count again",
        _BUCKET + "main.tf",
        (
            '    # No ACL counts any more: only the bucket policy does.\n    object_ownership = "BucketOwnerEnforced"',
            '    object_ownership = "ObjectWriter"',
        ),
        "bucket versioning_and_ownership logs",
    ),
    # detach-guard
    _m(
        "an empty list of break-glass principals is accepted",
        _GUARD + "variables.tf",
        _validation("length(var.break_glass_principal_arns) > 0"),
        "mock validation nobody_passes_nobody_is_guarded",
    ),
    _m(
        "the exemption is turned round",
        _GUARD + "main.tf",
        ("condition = { ArnNotLike =", "condition = { ArnLike ="),
        "policies guard",
    ),
    _m(
        "roles are no longer guarded",
        _GUARD + "main.tf",
        ('"user", "group", "role", "policy",', '"user", "group", "policy",'),
        "policies guard",
    ),
    _m(
        "users may detach their own policies",
        _GUARD + "main.tf",
        ('    ["iam:EnableMFADevice"],', '    ["iam:EnableMFADevice", "iam:DetachUserPolicy"],'),
        "policies guard",
    ),
    _m(
        "log files are no longer guarded",
        _GUARD + "main.tf",
        ('"${arn}/*"]', '"${arn}/nothing"]'),
        "policies guard",
    ),
    _m(
        "what Terraform takes away is not told",
        _GUARD + "events.tf",
        (
            "{ eventSource = match.sources, eventName = match.names },",
            "{ eventSource = match.sources, eventName = match.names, "
            'userAgent = [{ anything-but = "Terraform/1.11.4" }] },',
        ),
        "events",
    ),
    _m(
        "IAM policies are no longer watched",
        _GUARD + "events.tf",
        ('if action.group != "signin"]', 'if action.group != "signin" && action.group != "policies"]'),
        "events",
    ),
    _m(
        "a rule tells nobody",
        _GUARD + "events.tf",
        ("arn = one(aws_sns_topic.guard[*].arn) } },", 'arn = "arn:aws:sns:eu-central-1:123456789012:other" } },'),
        "mock guard wiring",
    ),
    _m(
        "alarms wait for the fifth event",
        _GUARD + "alarms.tf",
        ("  threshold           = 1\n", "  threshold           = 5\n"),
        "mock guard wiring",
    ),
    _m(
        "alarms cannot use the key of the topic",
        _GUARD + "topic.tf",
        ('["cloudwatch.amazonaws.com", "events.amazonaws.com"]', '["events.amazonaws.com"]'),
        "mock guard wiring",
    ),
    _m(
        "a program may set off the rules",
        _GUARD + "events.tf",
        (
            '        source      = [{ prefix = "aws." }]\n        detail-type = ["AWS API Call via CloudTrail"]',
            '        detail-type = ["AWS API Call via CloudTrail"]',
        ),
        "events",
    ),
    # access-key-hygiene
    _m(
        "long-lived keys may read objects",
        _KEYS + "main.tf",
        ('"sts:GetCallerIdentity", "sts:GetSessionToken"]', '"sts:GetCallerIdentity", "sts:GetSessionToken", "s3:*"]'),
        "policies keys",
    ),
    _m(
        "a stolen key may add a device",
        _KEYS + "main.tf",
        (
            '"sts:GetCallerIdentity", "sts:GetSessionToken"]',
            '"sts:GetCallerIdentity", "sts:GetSessionToken", "iam:EnableMFADevice"]',
        ),
        "policies keys",
    ),
    _m(
        "keys end before their day and live after it",
        _KEYS + "main.tf",
        ("DateGreaterThan =", "DateLessThan ="),
        "policies keys",
    ),
    _m(
        "any pipeline may take on the audit role",
        _KEYS + "variables.tf",
        ('can(regex("^[^*?]{8,}$", var.audit_oidc.subject))', "true"),
        "mock validation nobody_anybody_old",
    ),
    _m(
        "the audit role may read everything",
        _KEYS + "audit_policy.json",
        ('"cloudtrail:ListTrails"', '"cloudtrail:ListTrails", "s3:GetObject"'),
        "generated",
    ),
    # iam-groups
    _m(
        "a group without a policy is accepted",
        "iam-groups/variables.tf",
        _validation("alltrue([for group in var.groups : length(group.policies) > 0])"),
        "mock validation group_without_policy",
    ),
    # baseline
    _m(
        "hard expiry may lock users out",
        "baseline/variables.tf",
        _validation("!var.hard_expiry || var.mfa.allow_password_change_without_mfa"),
        "mock validation refused",
    ),
    _m(
        "nobody watches the region of the IAM events",
        "baseline/main.tf",
        ("count  = local.home_region == local.global_region ? 0 : 1", "count  = 0"),
        "mock composition every_group_is_guarded",
    ),
)


@dataclass
class Bench:
    """A copy of the modules to make edits on, as source and as provider 3.39.0 can apply it; made once, used often."""

    scratch: Path
    endpoint: str
    program: str
    env: Mapping[str, str]

    def __post_init__(self) -> None:
        shutil.copytree(tf_harness.TERRAFORM, self.source, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        tf_harness.copy_modules(self.copy)
        evaluated.prepare(self.evaluated)
        self._ready: set[Path] = set()

    @property
    def source(self) -> Path:
        """The modules as they are."""
        return self.scratch / "source"

    @property
    def copy(self) -> Path:
        """The modules for provider 3.39.0."""
        return self.scratch / "terraform"

    @property
    def evaluated(self) -> Path:
        """The modules for our own evaluator."""
        return self.scratch / "evaluated"

    def workspace(self, directory: str) -> tf_harness.Workspace:
        """A directory of the copy, initialised (once)."""
        made = tf_harness.Workspace(self.copy / directory, self.program, self.env)
        if made.directory not in self._ready:
            made.init()
            self._ready.add(made.directory)
        return made

    @contextlib.contextmanager
    def edited(self, mutation: Mutation) -> Iterator[None]:
        """Make the edit, and undo it. Raises AssertionError when it cannot be made."""
        before = {}
        for top in (self.source, self.copy, self.evaluated):
            file = top / mutation.file
            before[file] = text = file.read_text()
            if mutation.old in text or top == self.source:
                if text.count(mutation.old) != 1:
                    raise AssertionError(f"{file}: {mutation.old!r} stands there {text.count(mutation.old)} times")
                file.write_text(text.replace(mutation.old, mutation.new))
        try:
            yield
        finally:
            for file, text in before.items():
                file.write_text(text)

    def rendered(self) -> tf_harness.Rendered:
        """What the policies' root renders."""
        return evaluated.render(self.evaluated)


def _mock(bench: Bench, mutation: Mutation, file: str, run: str) -> str:
    module = bench.workspace(mutation.module)
    _only(module.directory / "tests" / f"{file}.tftest.hcl", run, module.directory / "tests" / ONE_RUN)
    done = module.run("test", "-no-color", f"-filter=tests/{ONE_RUN}", check=False)
    if done.returncode == 0:
        return ""
    # A test that Terraform could not even run would be red for the wrong reason.
    if f'run "{run}"... fail' not in done.stdout:
        raise AssertionError(done.stdout + done.stderr)
    return f"`terraform test`, {mutation.module.split('/')[-1]}/tests/{file}: {run}"


def _only(file: Path, run: str, target: Path) -> None:
    """Write ``file`` with only this ``run`` block to ``target``: the others would cost time and show nothing."""
    source = file.read_bytes()
    others = [block for block in hcl_blocks.parse(source).of("run") if block.labels != (run,)]
    for block in reversed(others):
        source = source[: block.start] + source[block.end :]
    target.write_bytes(source)


def _policies(bench: Bench, mutation: Mutation, *groups: str) -> str:
    failed = policy_claims.claims(bench.rendered().documents, groups)
    return f"decision engine: {failed[0]}" if failed else ""


def _events(bench: Bench, mutation: Mutation) -> str:
    moto_server.reset(bench.endpoint)
    bus = test_tf_events.Bus(bench.endpoint, bench.rendered().patterns)
    events = test_tf_events.protected_events()
    bus.send([*events, *test_tf_events.HARMLESS.values()])
    sent, arrived = (
        {json.dumps(e, sort_keys=True) for e in found}
        for found in (
            [json.loads(event["Detail"]) for event in events],
            bus.received(),
        )
    )
    if sent - arrived:
        return f"`put_events`: {len(sent - arrived)} protected calls do not arrive"
    return f"`put_events`: {len(arrived - sent)} harmless ones arrive" if arrived - sent else ""


def _selectors(bench: Bench, mutation: Mutation) -> str:
    moto_server.reset(bench.endpoint)
    found = test_tf_selectors.put(bench.endpoint, test_tf_selectors.request(bench.rendered().selectors))
    return next((f"`put_event_selectors`: {line}" for line in test_tf_selectors.wrong(found)), "")


def _bucket(bench: Bench, mutation: Mutation, test: str, which: str) -> str:
    moto_server.reset(bench.endpoint)
    module = test_tf_log_bucket.arguments(bench.source / tf_harness.BUCKET)
    try:
        test_tf_log_bucket.CALLS[test](test_tf_log_bucket.client(bench.endpoint), module, which)
    except AssertionError:
        return f"S3 calls: {test.replace('_', ' ')} of the bucket for {which}"
    return ""


def _generated(bench: Bench, mutation: Mutation) -> str:
    expected = generate.generated()[tf_harness.TERRAFORM / mutation.file]
    return "`make docs-check`" if (bench.source / mutation.file).read_text() != expected else ""


def _kept(bench: Bench, mutation: Mutation) -> str:
    name = mutation.module.split("/")[-1]
    lost = test_tf_static.KEPT[name] - test_tf_static.kept(bench.source / mutation.module)
    return f"`prevent_destroy`: {', '.join(sorted(lost))}" if lost else ""


catchers: dict[str, Callable[..., str]] = {
    "mock": _mock,
    "policies": _policies,
    "events": _events,
    "bucket": _bucket,
    "selectors": _selectors,
    "kept": _kept,
    "generated": _generated,
}


def caught_by(mutation: Mutation, bench: Bench) -> str:
    """Make the edit and return what goes red; an empty string when nothing does."""
    kind, *arguments = mutation.check.split()
    with bench.edited(mutation):
        return catchers[kind](bench, mutation, *arguments)


def row(mutation: Mutation) -> str:
    """The start of the mutation's line in the table: without what went red."""
    return f"| {mutation.file} | {mutation.what} |"


def main() -> int:
    """Run every mutation and write the page."""
    program = shutil.which("terraform")
    if program is None:
        sys.stderr.write("terraform is not on PATH\n")
        return 2
    mirror = provider_mirror.ensure()
    lines, survived = [], 0
    with (
        moto_server.server() as endpoint,
        running_provider.environment(mirror, provider_mirror.environment(mirror)) as env,
        tempfile.TemporaryDirectory() as scratch,
    ):
        bench = Bench(Path(scratch), endpoint, program, env)
        for mutation in MUTATIONS:
            found = caught_by(mutation, bench)
            survived += not found
            lines.append(f"{row(mutation)} {found or '**nothing**'} |")
            sys.stderr.write(f"{mutation.what}: {found or 'SURVIVED'}\n")
    PAGE.write_text(
        "# Mutations of the modules\n\n"
        "Each line is one edit that weakens a module, and the first test or check of this repository that goes red\n"
        "because of it. `make test` makes every edit again, on a copy. This page is written by\n"
        "`python tests/terraform/mutations.py`.\n\n"
        f"{len(MUTATIONS)} edits, {survived} of them caught by nothing.\n\n"
        "| file | edit | what goes red first |\n| --- | --- | --- |\n" + "\n".join(lines) + "\n"
    )
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
