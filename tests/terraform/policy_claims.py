"""What the policies of the modules claim, put to the decision engine.

``claims(documents)`` asks every question and returns the claims that do not hold, as sentences. A test calls it on the
modules as they are, and expects none; the mutation test calls it on weakened modules, and expects some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tfratchet.iam.documents import parse_document
from tfratchet.iam.engine.decide import Policies, decide
from tfratchet.iam.engine.policy import ALLOW_ALL, CompiledPolicy
from tfratchet.iam.engine.request import Principal, Request
from tfratchet.iam.protected import protected_actions

ACCOUNT = "123456789012"
Documents = Mapping[str, str]
Context = Mapping[str, str]

WITH_MFA: Context = {"aws:MultiFactorAuthPresent": "true", "aws:TokenIssueTime": "2026-11-01T00:00:00Z"}
CONSOLE: Context = {"aws:MultiFactorAuthPresent": "false", "aws:TokenIssueTime": "2026-11-01T00:00:00Z"}
LONG_LIVED_KEY: Context = {}
WITHOUT_MFA = {"a console session without MFA": CONSOLE, "a long-lived key": LONG_LIVED_KEY}

ALICE = Principal.user("alice", account=ACCOUNT)
CARL = Principal.user("carl", path="/people/", account=ACCOUNT)
BACKUP = Principal.user("backup", account=ACCOUNT)
BREAK_GLASS = Principal.of_role("break-glass", account=ACCOUNT)
OTHER_ROLES = (Principal.of_role("break-glass-2", account=ACCOUNT), Principal.of_role("admin", account=ACCOUNT))

OWN = {"alice": f"arn:aws:iam::{ACCOUNT}:user/alice", "carl": f"arn:aws:iam::{ACCOUNT}:user/people/carl"}
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
DEVICE = f"arn:aws:iam::{ACCOUNT}:mfa/some-phone"
RESOURCES = {
    "user": BOB,
    "group": f"arn:aws:iam::{ACCOUNT}:group/people",
    "role": f"arn:aws:iam::{ACCOUNT}:role/app",
    "policy": f"arn:aws:iam::{ACCOUNT}:policy/baseline-detach-guard",
    "mfa": DEVICE,
    "account": "*",
    "trail": f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/example",
    "event-data-store": f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:eventdatastore/x",
    "log-bucket": "arn:aws:s3:::example-logs",
    "log-object": f"arn:aws:s3:::example-logs/AWSLogs/{ACCOUNT}/x.json.gz",
    "key": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
    "log-group": f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:/cloudtrail/example",
    "alarm": f"arn:aws:cloudwatch:eu-central-1:{ACCOUNT}:alarm:baseline-iam-policy-changes",
    "rule": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/baseline-guard-policies",
    "topic": f"arn:aws:sns:us-east-1:{ACCOUNT}:baseline-guard",
    "organization": "*",
    "permission-set": "*",
    "config": "*",
}
# What CreateVirtualMFADevice makes is worth nothing until EnableMFADevice ties it to a user.
NOT_GUARDED = {"iam:CreateVirtualMFADevice"}
HARMLESS = (
    ("s3:GetObject", "arn:aws:s3:::app-data/x"),
    ("s3:DeleteObject", "arn:aws:s3:::app-data/x"),
    ("s3:PutBucketPolicy", "arn:aws:s3:::app-data"),
    ("kms:DisableKey", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/99999999-2222-3333-4444-555555555555"),
    ("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:eu-central-1:{ACCOUNT}:alarm:app-latency"),
    ("logs:DeleteLogStream", f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:/app:log-stream:x"),
    ("iam:GetUser", BOB),
    ("iam:CreatePolicy", f"arn:aws:iam::{ACCOUNT}:policy/app"),
    ("ec2:RunInstances", "*"),
)


def _policy(documents: Documents, name: str) -> CompiledPolicy:
    document = parse_document(documents[name])
    if document.problems:
        raise AssertionError(f"{name}: {document.problems}")
    return CompiledPolicy(name, document)


class _Asker:
    """Asks one set of policies and collects the claims that fail."""

    def __init__(self, what: str, policies: Policies) -> None:
        self._what, self._policies = what, policies
        self.failed: list[str] = []

    def expect(
        self, answer: str, who: Principal, action: str, resource: str, context: Context, where: str = ""
    ) -> None:
        found = decide(self._policies, Request.of(who, action, resource, dict(context))).answer
        if found != answer:
            self.failed.append(
                f"{self._what}: {who.name or who.role} {action} on {resource} {where}is {found}, not {answer}"
            )


def _probed() -> Iterator[tuple[str, str]]:
    for action in protected_actions().actions:
        if action.probe:
            yield action.action, RESOURCES[action.resource]


def mfa(documents: Documents) -> Iterable[str]:
    """Self-service works without MFA, everything else is denied; with MFA nothing is."""
    service = protected_actions().mfa_self_service
    guard = _policy(documents, "mfa_deny")
    lone = _Asker("MFA self-service", Policies([_policy(documents, "mfa_self_service"), guard]))
    for who in (ALICE, CARL):
        own = OWN[who.name]
        for where, context in WITHOUT_MFA.items():
            for action in ("iam:EnableMFADevice", "iam:ListMFADevices", "iam:ResyncMFADevice", "iam:GetUser"):
                lone.expect("allowed", who, action, own, context, f"by {where} ")
                lone.expect("denied", who, action, BOB, context, f"by {where} ")
            lone.expect("allowed", who, "iam:CreateVirtualMFADevice", DEVICE, context, f"by {where} ")
            lone.expect("denied", who, "iam:DeactivateMFADevice", own, context, f"by {where} ")
            lone.expect("denied", who, "iam:ChangePassword", own, context, f"by {where} ")
            lone.expect("denied", who, "iam:CreateAccessKey", own, context, f"by {where} ")
        for action in (
            "iam:ChangePassword",
            "iam:DeactivateMFADevice",
            "iam:CreateAccessKey",
            "iam:UploadSSHPublicKey",
        ):
            lone.expect("allowed", who, action, own, WITH_MFA)
            lone.expect("denied", who, action, BOB, WITH_MFA)
    admin = _Asker("MFA guard over full access", Policies([ALLOW_ALL, guard]))
    for action, resource in _probed():
        if action in service:
            continue
        for where, context in WITHOUT_MFA.items():
            admin.expect("denied", ALICE, action, resource, context, f"by {where} ")
        admin.expect("allowed", ALICE, action, resource, WITH_MFA)
    for action, resource in (*HARMLESS, ("sts:AssumeRole", RESOURCES["role"]), ("iam:PassRole", RESOURCES["role"])):
        if action in service:
            continue
        for where, context in WITHOUT_MFA.items():
            admin.expect("denied", ALICE, action, resource, context, f"by {where} ")
            # A further key in the request must not switch the guard off: keys of one condition are ANDed.
            more = {**context, "aws:ViaAWSService": "true", "aws:MultiFactorAuthAge": "1", "aws:SourceIp": "10.0.0.1"}
            admin.expect("denied", ALICE, action, resource, more, f"by {where} through a service ")
        admin.expect("allowed", ALICE, action, resource, WITH_MFA)
    for where, context in WITHOUT_MFA.items():
        admin.expect("allowed", ALICE, "sts:GetSessionToken", "*", context, f"by {where} ")
    return lone.failed + admin.failed


def first_sign_in(documents: Documents) -> Iterable[str]:
    """With allow_password_change_without_mfa a new user can change the password, and nothing more."""
    policies = Policies([_policy(documents, "first_sign_in_deny"), _policy(documents, "first_sign_in_service")])
    ask = _Asker("first sign-in", policies)
    for where, context in WITHOUT_MFA.items():
        ask.expect("allowed", ALICE, "iam:ChangePassword", OWN["alice"], context, f"by {where} ")
        ask.expect("allowed", ALICE, "iam:GetAccountPasswordPolicy", "*", context, f"by {where} ")
        ask.expect("denied", ALICE, "iam:ChangePassword", BOB, context, f"by {where} ")
        ask.expect("denied", ALICE, "iam:CreateAccessKey", OWN["alice"], context, f"by {where} ")
    return ask.failed


def mfa_scp(documents: Documents) -> Iterable[str]:
    """The service control policy stops IAM users without MFA, and no role."""
    ask = _Asker("MFA service control policy", Policies([ALLOW_ALL], scps=[[ALLOW_ALL, _policy(documents, "mfa_scp")]]))
    for where, context in WITHOUT_MFA.items():
        for who in (ALICE, CARL):
            ask.expect("denied", who, "ec2:RunInstances", "*", context, f"by {where} ")
            ask.expect("allowed", who, "iam:EnableMFADevice", OWN[who.name], context, f"by {where} ")
        for who in (BREAK_GLASS, *OTHER_ROLES, BACKUP):
            ask.expect("allowed", who, "ec2:RunInstances", "*", context, f"by {where} ")
    ask.expect("allowed", ALICE, "ec2:RunInstances", "*", WITH_MFA)
    return ask.failed


def _guard(what: str, policies: Policies) -> Iterable[str]:
    ask = _Asker(what, policies)
    for action, resource in _probed():
        expected = "allowed" if action in NOT_GUARDED else "denied"
        for who in (ALICE, CARL, *OTHER_ROLES):
            ask.expect(expected, who, action, resource, WITH_MFA)
        ask.expect("allowed", BREAK_GLASS, action, resource, WITH_MFA)
    for action, resource in HARMLESS:
        ask.expect("allowed", ALICE, action, resource, WITH_MFA)
    for who in (ALICE, CARL):
        for action in ("iam:EnableMFADevice", "iam:CreateAccessKey", "iam:UpdateAccessKey"):
            ask.expect("allowed", who, action, OWN[who.name], WITH_MFA)
        for action in (
            "iam:DeactivateMFADevice",
            "iam:UpdateLoginProfile",
            "iam:DetachUserPolicy",
            "iam:PutUserPolicy",
        ):
            ask.expect("denied", who, action, OWN[who.name], WITH_MFA)
    return ask.failed


def guard(documents: Documents) -> Iterable[str]:
    """Every protected action is denied to all but break-glass; what is harmless is not."""
    return _guard("guard", Policies([ALLOW_ALL, _policy(documents, "guard")]))


def guard_scp(documents: Documents) -> Iterable[str]:
    """The same of the service control policy."""
    scps = [[ALLOW_ALL, _policy(documents, "guard_scp")]]
    return _guard("guard as service control policy", Policies([ALLOW_ALL], scps=scps))


def keys(documents: Documents) -> Iterable[str]:
    """Long-lived keys start sessions and do nothing else; programs' keys end at their day; old sessions are refused."""
    people = _Asker("access keys of people", Policies([ALLOW_ALL, _policy(documents, "keys")]))
    old = {**WITH_MFA, "aws:TokenIssueTime": "2026-01-30T23:59:59Z"}
    for action in ("sts:GetSessionToken", "sts:GetCallerIdentity"):
        people.expect("allowed", ALICE, action, "*", LONG_LIVED_KEY)
    for action, resource in (("s3:GetObject", "arn:aws:s3:::app/x"), ("iam:CreateAccessKey", OWN["alice"])):
        people.expect("denied", ALICE, action, resource, LONG_LIVED_KEY)
        people.expect("allowed", ALICE, action, resource, WITH_MFA)
        people.expect("denied", ALICE, action, resource, old, "in an old session ")
    # A stolen key adds no further device to its user: that would be a way to a session with MFA.
    people.expect("denied", ALICE, "iam:EnableMFADevice", OWN["alice"], LONG_LIVED_KEY)
    people.expect("denied", ALICE, "iam:CreateAccessKey", OWN["alice"], CONSOLE)
    people.expect("denied", ALICE, "iam:CreateAccessKey", BOB, WITH_MFA)
    people.expect("denied", ALICE, "iam:UpdateAccessKey", BOB, WITH_MFA)
    programs = _Asker("access keys of programs", Policies([ALLOW_ALL, _policy(documents, "keys_of_programs")]))
    before, after = {"aws:CurrentTime": "2027-01-30T12:00:00Z"}, {"aws:CurrentTime": "2027-01-31T00:00:01Z"}
    programs.expect("allowed", BACKUP, "s3:PutObject", "arn:aws:s3:::app/x", before, "before its day ")
    programs.expect("denied", BACKUP, "s3:PutObject", "arn:aws:s3:::app/x", after, "after its day ")
    programs.expect("allowed", ALICE, "s3:PutObject", "arn:aws:s3:::app/x", after, "after another's day ")
    programs.expect("allowed", BACKUP, "iam:ListAccessKeys", f"arn:aws:iam::{ACCOUNT}:user/backup", after)
    return people.failed + programs.failed


def log_bucket(documents: Documents) -> Iterable[str]:
    """TLS only, nobody but administrators changes it, and CloudTrail writes for this trail alone."""
    policy = _policy(documents, "log_bucket")
    ask = _Asker("log bucket", Policies([ALLOW_ALL], resource=[policy]))
    secure = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
    bucket, item = RESOURCES["log-bucket"], RESOURCES["log-object"]
    for who in (ALICE, BREAK_GLASS):
        for action, resource in (("s3:GetObject", item), ("s3:ListBucket", bucket)):
            ask.expect("allowed", who, action, resource, secure)
            ask.expect("denied", who, action, resource, {**secure, "aws:SecureTransport": "false"}, "without TLS ")
            ask.expect("denied", who, action, resource, {**secure, "s3:TlsVersion": "1.1"}, "with TLS 1.1 ")
    for action, resource in (
        ("s3:DeleteObject", item),
        ("s3:DeleteObjectVersion", item),
        ("s3:PutBucketPolicy", bucket),
        ("s3:PutBucketVersioning", bucket),
        ("s3:PutBucketPublicAccessBlock", bucket),
        ("s3:PutLifecycleConfiguration", bucket),
    ):
        ask.expect("denied", ALICE, action, resource, secure)
        ask.expect("allowed", BREAK_GLASS, action, resource, secure)
    service = _Asker("log bucket", Policies([], resource=[policy], resource_decides=True))
    cloudtrail = Principal.service("cloudtrail.amazonaws.com")
    write = {**secure, "s3:x-amz-acl": "bucket-owner-full-control"}
    trail, other = (f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/{name}" for name in ("example", "other"))
    service.expect("allowed", cloudtrail, "s3:PutObject", item, {**write, "aws:SourceArn": trail})
    service.expect("allowed", cloudtrail, "s3:GetBucketAcl", bucket, {**secure, "aws:SourceArn": trail})
    for context in ({**write, "aws:SourceArn": other}, write):
        service.expect("denied", cloudtrail, "s3:PutObject", item, context, "for another trail ")
    service.expect("denied", cloudtrail, "s3:PutObject", f"{bucket}/elsewhere", {**write, "aws:SourceArn": trail})
    return ask.failed + service.failed


def reader(documents: Documents) -> Iterable[str]:
    """Readers read logs, and can do none of the protected actions."""
    ask = _Asker("log reader", Policies([_policy(documents, "reader")]))
    decrypt = {"kms:EncryptionContext:aws:cloudtrail:arn": RESOURCES["trail"]}
    ask.expect("allowed", ALICE, "cloudtrail:LookupEvents", "*", WITH_MFA)
    ask.expect("allowed", ALICE, "s3:GetObject", RESOURCES["log-object"], WITH_MFA)
    ask.expect("allowed", ALICE, "kms:Decrypt", RESOURCES["key"], decrypt)
    ask.expect("denied", ALICE, "kms:Decrypt", RESOURCES["key"], WITH_MFA, "outside of CloudTrail ")
    ask.expect("denied", ALICE, "s3:GetObject", "arn:aws:s3:::app-data/x", WITH_MFA)
    for action, resource in _probed():
        ask.expect("denied", ALICE, action, resource, WITH_MFA)
    return ask.failed


GROUPS: Mapping[str, Callable[[Documents], Iterable[str]]] = {
    "mfa": mfa,
    "first_sign_in": first_sign_in,
    "mfa_scp": mfa_scp,
    "guard": guard,
    "guard_scp": guard_scp,
    "keys": keys,
    "log_bucket": log_bucket,
    "reader": reader,
}

# Limits of AWS: characters of a managed policy without white space, of a service control policy and of a bucket policy.
LIMITS = {"mfa_scp": 5120, "guard_scp": 5120, "log_bucket": 20480}


def sizes(documents: Documents) -> Iterable[str]:
    """Every document is within its limit; managed policies are the rest."""
    for name, text in documents.items():
        limit = LIMITS.get(name, 6144)
        if len(text) > limit:
            yield f"{name}: {len(text)} characters, {limit} are allowed"


def claims(documents: Documents, groups: Sequence[str] = ()) -> list[str]:
    """Every claim that does not hold (of these groups; of all when none is given)."""
    failed = [sentence for name in groups or GROUPS for sentence in GROUPS[name](documents)]
    return failed + list(sizes(documents))
