"""The engine against an independent implementation: the local simulator of principalmapper 1.1.5.

It runs in an environment of its own, named by TFRATCHET_PMAPPER_PYTHON or in .venv-pmapper. Where it answers otherwise
than AWS documents, docs/decision-engine.md says why. Most differences are *translated*: what AWS documents is written
in a form that the oracle reads the same way, and the answers must still agree. The rest is set aside, by the very
construct. Each translation and each exception must be needed at least once.
"""

from __future__ import annotations

import copy
import functools
import json
import os
import random
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tfratchet.iam.documents import parse_document
from tfratchet.iam.engine.decide import Policies, decide
from tfratchet.iam.engine.policy import CompiledPolicy
from tfratchet.iam.engine.request import Principal, Request

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = 5000
AGREED_AT_LEAST = 2000

Case = dict[str, Any]


@pytest.fixture(scope="module")
def oracle() -> str:
    python = os.environ.get("TFRATCHET_PMAPPER_PYTHON", str(ROOT / ".venv-pmapper" / "bin" / "python"))
    if not Path(python).exists():
        message = "no environment with principalmapper (make test-environments, or TFRATCHET_PMAPPER_PYTHON)"
        if os.environ.get("TFRATCHET_REQUIRE_ALL") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return python


# -- generated policies and questions ---------------------------------------------------------------------------------

ACTIONS = [
    "iam:DetachUserPolicy",
    "iam:CreateAccessKey",
    "iam:GetUser",
    "s3:DeleteObject",
    "s3:GetObject",
    "cloudtrail:StopLogging",
    "kms:DisableKey",
]
PATTERNS = [
    "*",
    "iam:*",
    "iam:Detach*",
    "iam:Get?ser",
    "S3:deleteobject",
    "s3:*Object",
    "cloudtrail:*",
    "*:Get*",
    "kms:*",
]
USERS = ["arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:user/bob"]
ROLE = "arn:aws:iam::123456789012:role/admin"
RESOURCES = [
    *USERS,
    "arn:aws:s3:::logs/2026/a.gz",
    "arn:aws:s3:::Logs/2026/a.gz",
    "arn:aws:s3:::other/x",
    "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main",
    "arn:aws:s3:::logs/alice/x",
    "*",
]
RESOURCE_PATTERNS = [
    "*",
    "arn:aws:iam::*:user/*",
    "arn:aws:iam::123456789012:user/alice",
    "arn:aws:s3:::logs/*",
    "arn:aws:s3:::l?gs/*/a.gz",
    "arn:aws:cloudtrail:*:*:trail/*",
    "arn:aws:s3:::logs/${aws:username}/*",
    "arn:aws:iam::*:user/${aws:username}",
    "arn:aws:s3:::*",
]
MFA, AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
KEYS: dict[str, tuple[list[str], list[str], list[str]]] = {
    # key: operators, values in policies, values in requests
    MFA: (["Bool", "Null"], ["true", "false"], ["true", "false"]),
    AGE: (
        [
            "NumericLessThan",
            "NumericGreaterThan",
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThanEquals",
            "NumericGreaterThanEquals",
            "Null",
        ],
        ["3600", "60", "7200"],
        ["1", "60", "3600", "9000"],
    ),
    "aws:SourceIp": (
        ["IpAddress", "NotIpAddress"],
        ["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"],
        ["10.1.2.3", "192.0.2.9", "203.0.113.1", "2001:db8::1"],
    ),
    "test:Date": (
        [
            "DateGreaterThan",
            "DateLessThan",
            "DateEquals",
            "DateNotEquals",
            "DateLessThanEquals",
            "DateGreaterThanEquals",
        ],
        ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
        ["2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"],
    ),
    "aws:RequestedRegion": (
        [
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "Null",
        ],
        ["eu-west-1", "EU-WEST-1", "eu-*", "us-????-1", ""],
        ["eu-west-1", "us-east-1", "EU-west-1"],
    ),
    "iam:PolicyARN": (
        ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        ["arn:aws:iam::123456789012:policy/guard", "arn:aws:iam::*:policy/*", "arn:aws:iam::aws:policy/A*"],
        ["arn:aws:iam::123456789012:policy/guard", "arn:aws:iam::aws:policy/AdministratorAccess"],
    ),
    "aws:TagKeys": (
        [
            "ForAllValues:StringEquals",
            "ForAnyValue:StringEquals",
            "ForAllValues:StringLike",
            "ForAnyValue:StringLike",
            "ForAllValues:StringNotEquals",
            "ForAnyValue:StringNotLike",
        ],
        ["team", "env", "t*"],
        ["team", "env", "cost"],
    ),
    "test:Binary": (["BinaryEquals"], ["QmluYXJ5"], ["QmluYXJ5", "b3RoZXI="]),
    "aws:username": (
        ["StringEquals", "StringNotEquals", "StringLike"],
        ["alice", "a*", "${aws:PrincipalTag/team}"],
        [],
    ),
    "aws:PrincipalTag/team": (["StringEquals", "StringNotEquals", "StringLike"], ["red", "r*"], []),
}


class Generator:
    """Policies and questions, always the same for one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, values: list[str], most: int = 3) -> Any:
        chosen = self.random.sample(values, self.random.randint(1, min(most, len(values))))
        return chosen[0] if len(chosen) == 1 and self.random.random() < 0.5 else chosen

    def condition(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key in self.random.sample(list(KEYS), self.random.choice([1, 1, 2])):
            operators, values, _ = KEYS[key]
            operator = self.random.choice(operators)
            if operator != "Null" and self.random.random() < 0.3:
                operator += "IfExists"
            chosen = self.some(["true", "false"], 1) if operator == "Null" else self.some(values, 2)
            found.setdefault(operator, {})[key] = chosen
        return found

    def statement(self, principal: bool = False, plain: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = {"Effect": self.random.choice(["Allow", "Allow", "Deny"])}
        if plain:
            return {"Effect": "Allow", "Action": "*", "Resource": "*"}
        found["NotAction" if self.random.random() < 0.2 else "Action"] = self.some(PATTERNS)
        found["NotResource" if self.random.random() < 0.15 else "Resource"] = self.some(RESOURCE_PATTERNS)
        if self.random.random() < 0.6:
            found["Condition"] = self.condition()
        if principal:
            who = self.random.choice(
                [
                    "*",
                    {"AWS": self.some([*USERS, ROLE])},
                    {"AWS": "arn:aws:iam::123456789012:root"},
                    {"Service": "ec2.amazonaws.com"},
                    {"AWS": "*"},
                ]
            )
            found["NotPrincipal" if self.random.random() < 0.05 and who != "*" else "Principal"] = who
        return found

    def document(self, *, principal: bool = False, open_: float = 0.4) -> dict[str, Any]:
        statements = [self.statement(principal) for _ in range(self.random.randint(1, 3))]
        if not principal and self.random.random() < open_:
            statements.insert(0, self.statement(plain=True))
        return {"Version": "2012-10-17", "Statement": statements}

    def context(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, (_, _, values) in KEYS.items():
            if values and self.random.random() < 0.6:
                found[key] = self.some(values) if key == "aws:TagKeys" else self.random.choice(values)
        return found

    def case(self) -> Case:
        chance = self.random.random
        user = chance() < 0.8
        shared = self.document(principal=True) if chance() < 0.25 else None
        return {
            "principal": self.random.choice(USERS) if user else ROLE,
            "tags": {"team": self.random.choice(["red", "alice"])} if chance() < 0.5 else {},
            "identity": [self.document() for _ in range(self.random.randint(0, 2))],
            "groups": [[self.document()]] if user and chance() < 0.4 else [],
            "boundary": self.document(open_=0.7) if chance() < 0.25 else None,
            "scps": [[self.document(open_=0.8)] for _ in range(self.random.randint(1, 2))] if chance() < 0.25 else None,
            "session": self.document(open_=0.8) if not user and chance() < 0.3 else None,
            "resource_policy": shared,
            "action": self.random.choice(ACTIONS),
            "resource": self.random.choice(RESOURCES[:-1] if shared else RESOURCES),
            "context": self.context(),
        }


# -- where the oracle differs -----------------------------------------------------------------------------------------


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def documents(case: Case) -> Iterator[dict[str, Any]]:
    yield from case["identity"]
    for group in case["groups"]:
        yield from group
    for level in case["scps"] or []:
        yield from level
    yield from (case[n] for n in ("boundary", "session", "resource_policy") if case[n])


Rewrite = Callable[[str, str, list[str], Any, Case], "tuple[str, list[str]] | None"]
"""(operator, key, values of the policy, value of the request or None) to (operator, values), or None: always met."""


def _without_if_exists(operator: str, key: str, values: list[str], found: Any, case: Case) -> Any:
    """With the key in the request, IfExists changes nothing; the oracle forgets the operator then."""
    if operator.endswith("IfExists") and operator.startswith(("Numeric", "Date", "IpAddress", "NotIp")) and found:
        return operator.removesuffix("IfExists"), values
    return operator, values


def _met_without_key(operator: str, key: str, values: list[str], found: Any, case: Case) -> Any:
    """Without the key IfExists is met, and so is a negated operator; the oracle denies it for these operators."""
    forgotten = operator in ("BinaryEqualsIfExists", "StringNotLike") or (
        operator.startswith("ForAnyValue:") and operator.endswith("IfExists")
    )
    return None if forgotten and found is None else (operator, values)


def _one_date(operator: str, key: str, values: list[str], found: Any, case: Case) -> Any:
    """Values are ORed, so the loosest counts; the oracle looks at the first only."""
    if operator.startswith(("DateGreater", "DateLess")) and len(values) > 1:
        return operator, [min(values) if "Greater" in operator else max(values)]
    return operator, values


def _variables(operator: str, key: str, values: list[str], found: Any, case: Case) -> Any:
    """The oracle puts no policy variables into conditions. Without the key there is no equal value."""
    team = case["tags"].get("team", "no value is equal to null")
    return operator, [v.replace("${aws:PrincipalTag/team}", team) for v in values]


REWRITES: dict[str, Rewrite] = {
    "IfExists with numbers, dates and addresses": _without_if_exists,
    "conditions that are met without the key": _met_without_key,
    "several dates": _one_date,
    "variables in conditions": _variables,
}


def _conditions(case: Case, rewrite: Rewrite) -> None:
    for document in documents(case):
        for statement in document["Statement"]:
            found: dict[str, dict[str, Any]] = {}
            for operator, keys in statement.get("Condition", {}).items():
                for key, values in keys.items():
                    told = case["context"].get(key, case["tags"].get("team") if "Tag/" in key else None)
                    told = case["principal"] if key == "aws:username" and ":user/" in case["principal"] else told
                    written = rewrite(operator, key, listed(values), told, case)
                    if written is not None:
                        found.setdefault(written[0], {})[key] = written[1]
            if "Condition" in statement:
                statement["Condition"] = found


def _upper(text: str) -> str:
    return "".join(f"~{c.lower()}" if c.isupper() else c for c in text)


def _resources(case: Case) -> None:
    """Resources are case sensitive; the oracle ignores the case."""
    case["resource"] = _upper(case["resource"])
    for document in documents(case):
        for statement in document["Statement"]:
            for name in ("Resource", "NotResource"):
                if name in statement:
                    statement[name] = [_upper(r) for r in listed(statement[name])]


def _everybody(case: Case) -> None:
    """{"AWS": "*"} is "*"; the oracle takes it for the account."""
    for statement in (case["resource_policy"] or {"Statement": []})["Statement"]:
        if statement.get("Principal") == {"AWS": "*"}:
            statement["Principal"] = "*"


TRANSLATIONS: dict[str, Callable[[Case], None]] = {
    **{name: functools.partial(_conditions, rewrite=rewrite) for name, rewrite in REWRITES.items()},
    "case of resources": _resources,
    "everybody as an ARN": _everybody,
}


def translated(case: Case, names: Iterable[str] = TRANSLATIONS) -> Case:
    found: Case = copy.deepcopy(case)
    for name in names:
        TRANSLATIONS[name](found)
    return found


def _negated_for_any_value(case: Case) -> bool:
    """ "One of the values does not match": the oracle asks whether none does."""
    several = isinstance(case["context"].get("aws:TagKeys"), list)
    return several and any(
        o.startswith("ForAnyValue:StringNot")
        for d in documents(case)
        for s in d["Statement"]
        for o in s.get("Condition", {})
    )


def _not_principal(case: Case) -> bool:
    """AWS warns of it; the engine answers "not known" where the oracle guesses."""
    return any("NotPrincipal" in s for d in documents(case) for s in d["Statement"])


def _role_past_limits(case: Case) -> bool:
    """A resource that names a role does not lift the role's boundary or session policy; the oracle lets it."""
    return bool(case["resource_policy"] and case["principal"] == ROLE and (case["boundary"] or case["session"]))


EXCEPTIONS = {f.__name__: f for f in (_negated_for_any_value, _not_principal, _role_past_limits)}


# -- the comparison ---------------------------------------------------------------------------------------------------


def ours(case: Case) -> str:
    def compiled(document: dict[str, Any]) -> CompiledPolicy:
        return CompiledPolicy("p", parse_document(document))

    name = case["principal"].rpartition("/")[2]
    make = Principal.user if ":user/" in case["principal"] else Principal.of_role
    principal = make(name, account="123456789012")
    tagged = Principal(principal.type, principal.arn, principal.account, principal.name, principal.role, case["tags"])
    policies = Policies(
        identity=[compiled(d) for d in case["identity"]] + [compiled(d) for g in case["groups"] for d in g],
        boundary=[compiled(case["boundary"])] if case["boundary"] else None,
        scps=None if case["scps"] is None else [[compiled(d) for d in level] for level in case["scps"]],
        session=[compiled(case["session"])] if case["session"] else None,
        resource=[compiled(case["resource_policy"])] if case["resource_policy"] else None,
        # Roles and keys: their own policy must allow it.
        resource_decides=bool(case["resource_policy"]) and case["resource"].split(":")[2] in ("iam", "kms"),
    )
    return decide(policies, Request.of(tagged, case["action"], case["resource"], case["context"])).answer


def ask(python: str, cases: list[Case]) -> list[str]:
    worker = Path(__file__).with_name("pmapper_worker.py")
    done = subprocess.run([python, str(worker)], input=json.dumps(cases), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert len(answers) == len(cases)
    return [{True: "allowed", False: "denied"}.get(a, a) for a in answers]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    generator = Generator(20261124)
    return [generator.case() for _ in range(QUESTIONS)]


@pytest.fixture(scope="module")
def answers(cases: list[Case]) -> list[str]:
    return [ours(case) for case in cases]


def test_engine_agrees_with_the_oracle(oracle: str, cases: list[Case], answers: list[str]) -> None:
    theirs = ask(oracle, [translated(case) for case in cases])
    agreed = {"allowed": 0, "denied": 0}
    excepted = dict.fromkeys(EXCEPTIONS, 0)
    for case, our, their in zip(cases, answers, theirs, strict=True):
        reasons = [name for name, test in EXCEPTIONS.items() if test(case)]
        if not reasons:
            assert our == their, f"we say {our}, the oracle {their}: {json.dumps(case)}"
            agreed[our] += 1
        elif our != their:
            excepted[reasons[0]] += 1
    assert sum(agreed.values()) >= AGREED_AT_LEAST
    assert min(agreed.values()) >= 1000
    assert all(excepted.values()), f"exceptions that are not needed: {excepted}"


def test_each_translation_is_needed(oracle: str, cases: list[Case], answers: list[str]) -> None:
    """Without it there are questions to which the oracle answers otherwise."""
    plain = [(c, a) for c, a in zip(cases, answers, strict=True) if not any(test(c) for test in EXCEPTIONS.values())]
    plain = plain[:1500]
    variants = [translated(case, [n for n in TRANSLATIONS if n != name]) for name in TRANSLATIONS for case, _ in plain]
    theirs = ask(oracle, variants)
    for number, name in enumerate(TRANSLATIONS):
        found = theirs[number * len(plain) : (number + 1) * len(plain)]
        assert any(our != their for (_, our), their in zip(plain, found, strict=True)), name
