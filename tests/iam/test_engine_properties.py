"""Properties of documents and decisions, over generated policies."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tfratchet.iam.documents import canonical_text, equal, parse_document
from tfratchet.iam.engine.decide import Policies, decide
from tfratchet.iam.engine.policy import CompiledPolicy
from tfratchet.iam.engine.request import Principal, Request
from tfratchet.iam.engine.strings import encode, glob, match, meet
from tfratchet.iam.render import render_policy_document
from tfratchet.values import JsonText, Template, Unknown

# No test depends on how fast the machine is.
EXAMPLES = settings(deadline=None, max_examples=int(os.environ.get("TFRATCHET_EXAMPLES", "200")))

ACTIONS = ["iam:DetachUserPolicy", "iam:GetUser", "s3:DeleteObject", "cloudtrail:StopLogging"]
PATTERNS = ["*", "iam:*", "iam:Detach*", "s3:Delete?bject", "cloudtrail:StopLogging", "IAM:GETUSER"]
RESOURCES = ["*", "arn:aws:iam::*:user/*", "arn:aws:iam::123456789012:user/${aws:username}", "arn:aws:s3:::logs/*"]
NAMES = ["arn:aws:iam::123456789012:user/alice", "arn:aws:iam::123456789012:user/bob", "arn:aws:s3:::logs/a"]
CONDITIONS = [
    ("BoolIfExists", "aws:MultiFactorAuthPresent", ["false", "true"]),
    ("Bool", "aws:MultiFactorAuthPresent", ["false", "true"]),
    ("Null", "aws:MultiFactorAuthAge", ["false", "true"]),
    ("NumericGreaterThan", "aws:MultiFactorAuthAge", ["60", "3600"]),
    ("StringNotEquals", "aws:RequestedRegion", ["eu-west-1", "us-east-1"]),
    ("StringLikeIfExists", "aws:RequestedRegion", ["eu-*", "us-east-1"]),
    ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.0.2.0/24"]),
    ("ArnNotLike", "aws:PrincipalArn", ["arn:aws:iam::*:user/bob", "arn:aws:iam::*:role/*"]),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["team", "env"]),
    ("ForAllValues:StringLike", "aws:TagKeys", ["t*", "env"]),
]


def lists(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True)


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Deny")) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": draw(st.sampled_from(effects))}
    found[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(lists(PATTERNS))
    found[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(lists(RESOURCES))
    conditions: dict[str, dict[str, list[str]]] = {}
    for operator, key, values in draw(st.lists(st.sampled_from(CONDITIONS), max_size=2)):
        conditions.setdefault(operator, {})[key] = draw(lists(values))
    if conditions:
        found["Condition"] = conditions
    return found


documents = st.builds(
    lambda s: {"Version": "2012-10-17", "Statement": s}, st.lists(statements(), min_size=1, max_size=4)
)
requests = st.builds(
    Request.of,
    st.sampled_from([Principal.user(n, account="123456789012") for n in ("alice", "bob")]),
    st.sampled_from(ACTIONS),
    st.sampled_from(NAMES),
    st.fixed_dictionaries(
        {},
        optional={
            "aws:MultiFactorAuthPresent": st.sampled_from(["true", "false"]),
            "aws:MultiFactorAuthAge": st.sampled_from(["1", "600", "9999"]),
            "aws:RequestedRegion": st.sampled_from(["eu-west-1", "us-east-1"]),
            "aws:SourceIp": st.sampled_from(["10.1.1.1", "203.0.113.1"]),
            "aws:TagKeys": st.lists(st.sampled_from(["team", "env", "cost"]), max_size=2),
        },
    ),
)


def compiled(document: Any) -> CompiledPolicy:
    return CompiledPolicy("p", parse_document(JsonText(document)))


@st.composite
def rewritten(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    """The same document in other words."""

    def words(value: list[str], fold: bool = False) -> Any:
        shuffled = draw(st.permutations(value)) + ([value[0]] if draw(st.booleans()) else [])
        if fold and draw(st.booleans()):
            shuffled = [v.upper() for v in shuffled]
        return shuffled[0] if len(shuffled) == 1 and draw(st.booleans()) else shuffled

    found = []
    for statement in draw(st.permutations(document["Statement"])):
        body: dict[str, Any] = {"Effect": statement["Effect"]}
        if draw(st.booleans()):
            body["Sid"] = draw(st.sampled_from(["A", "B", ""]))
        for name in ("Action", "NotAction", "Resource", "NotResource"):
            if name in statement:
                body[name] = words(statement[name], fold=name.endswith("Action"))
        if "Condition" in statement:
            body["Condition"] = {
                (o.lower() if draw(st.booleans()) else o): {
                    (k.upper() if draw(st.booleans()) else k): words(v) for k, v in keys.items()
                }
                for o, keys in statement["Condition"].items()
            }
        if len(statement.get("Action", [])) > 1 and draw(st.booleans()):
            # one statement an action
            found += [{**body, "Action": a} for a in statement["Action"]]
        else:
            found.append(body)
    single = len(found) == 1 and draw(st.booleans())
    return {"Statement": found[0] if single else found, "Version": "2012-10-17"}


@EXAMPLES
@given(st.data())
def test_rewriting_changes_nothing(data: st.DataObject) -> None:
    document = data.draw(documents)
    other = data.draw(rewritten(document))
    left, right = parse_document(json.dumps(document)), parse_document(json.dumps(other))
    assert equal(left, right) is True
    assert canonical_text(left) == canonical_text(right)
    request = data.draw(requests)
    assert [decide(Policies([CompiledPolicy("p", d)]), request).answer for d in (left, right)] in (
        ["allowed"] * 2,
        ["denied"] * 2,
    )


@EXAMPLES
@given(documents, documents, requests)
def test_equal_documents_answer_alike(one: Any, other: Any, request: Request) -> None:
    left, right = parse_document(JsonText(one)), parse_document(JsonText(other))
    if equal(left, right):
        answers = {decide(Policies([CompiledPolicy("p", d)]), request).answer for d in (left, right)}
        assert len(answers) == 1


@EXAMPLES
@given(documents, statements(effects=("Deny",)), requests)
def test_a_deny_more_never_allows(document: Any, more: Any, request: Request) -> None:
    before = decide(Policies([compiled(document)]), request)
    after = decide(Policies([compiled({**document, "Statement": [*document["Statement"], more]})]), request)
    assert not (before.answer == "denied" and after.answer == "allowed")
    if before.answer == "allowed" and after.answer == "denied":
        assert after.explicit
        assert after.by is not None
        assert after.by.index == len(document["Statement"])


@EXAMPLES
@given(documents, documents, requests)
def test_a_boundary_never_allows(document: Any, boundary: Any, request: Request) -> None:
    before = decide(Policies([compiled(document)]), request)
    after = decide(Policies([compiled(document)], boundary=[compiled(boundary)]), request)
    assert not (before.answer == "denied" and after.answer == "allowed")


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in _leaves(v, (*path, k))]
    if isinstance(value, list):
        return [path, *(p for i, v in enumerate(value) for p in _leaves(v, (*path, i)))]
    return [path]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {k: _replaced(v, path[1:], new) if k == path[0] else v for k, v in value.items()}
    return [_replaced(v, path[1:], new) if i == path[0] else v for i, v in enumerate(value)]


@EXAMPLES
@given(st.data(), documents, requests)
def test_an_unknown_never_contradicts(data: st.DataObject, document: Any, request: Request) -> None:
    """Whatever leaf, list, or part of a string is not known: the answer is the concrete one, or "not known"."""
    path = data.draw(st.sampled_from(_leaves(document["Statement"])))
    leaf: Any = document["Statement"]
    for step in path:
        leaf = leaf[step]
    new: Any = Unknown("var.x")
    if isinstance(leaf, str) and data.draw(st.booleans()):
        start, end = sorted(data.draw(st.tuples(st.integers(0, len(leaf)), st.integers(0, len(leaf)))))
        new = Template([leaf[:start], Unknown("var.x"), leaf[end:]])
    vague = {**document, "Statement": _replaced(document["Statement"], path, new)}
    concrete = decide(Policies([compiled(document)]), request).answer
    assert decide(Policies([compiled(vague)]), request).answer in (concrete, "not_known")


@EXAMPLES
@given(documents)
def test_render_and_read_again(document: Any) -> None:
    """A document data source with the same statements means the same as the JSON."""
    names = {"Action": "actions", "NotAction": "not_actions", "Resource": "resources", "NotResource": "not_resources"}
    blocks = []
    for statement in document["Statement"]:
        block: dict[str, Any] = {names[k]: v for k, v in statement.items() if k in names}
        block["effect"] = statement["Effect"]
        for name in ("resources", "not_resources"):
            if name in block:
                block[name] = [v.replace("${", "&{") for v in block[name]]
        block["condition"] = [
            {"test": o, "variable": k, "values": v}
            for o, keys in statement.get("Condition", {}).items()
            for k, v in keys.items()
        ]
        blocks.append(block)
    text = render_policy_document({"statement": blocks})
    assert isinstance(text, str)
    assert equal(parse_document(text), parse_document(JsonText(document))) is True


texts = st.text(alphabet="ab:/*?", max_size=8)


@EXAMPLES
@given(texts, st.text(alphabet="ab:/", max_size=8))
def test_glob_against_regular_expressions(pattern: str, text: str) -> None:
    import re

    wanted = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    assert glob(pattern, text) is (re.fullmatch(wanted, text) is not None)


@EXAMPLES
@given(texts, texts)
def test_meet_is_matched_by_both(left: str, right: str) -> None:
    found = meet(left, right)
    if found is not None:
        assert glob(left, found)
        assert glob(right, found)
    elif "*" not in right and "?" not in right:
        assert not glob(left, right)


@EXAMPLES
@given(texts, st.text(alphabet="ab:/", max_size=6), st.text(alphabet="ab:/", max_size=4), st.data())
def test_match_with_a_hole_agrees_with_every_value(pattern: str, text: str, value: str, data: st.DataObject) -> None:
    """What is certain with a hole is true for each value of it."""
    at = data.draw(st.integers(0, len(text)))
    vague = encode(Template([text[:at], Unknown("var.hole"), text[at:]]))
    concrete = text[:at] + value + text[at:]
    answer = match(pattern, vague)
    assert answer is None or answer is glob(pattern, concrete)
    start = data.draw(st.integers(0, len(pattern)))
    hollow = encode(Template([pattern[:start], Unknown("var.hole"), pattern[start:]]))
    answer = match(hollow, concrete)
    assert answer is None or answer is glob(pattern[:start] + value + pattern[start:], concrete)
