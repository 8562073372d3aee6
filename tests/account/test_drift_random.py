"""Random configurations against random accounts: what differs is told, exactly that, whatever the two look like."""

from __future__ import annotations

import json
from dataclasses import dataclass

from drift_cases import ACCOUNT, IAM, MFA, group, named, policy, root_of, user
from hypothesis import given, settings
from hypothesis import strategies as st

from tfratchet.account.acts import AddToGroup, AttachPolicy, from_json
from tfratchet.account.drift.compare import compare
from tfratchet.account.facts import Facts

USERS = ("u1", "u2", "u3")
GROUPS = ("g1", "g2")
POLICIES = ("p1", "p2", "p3")

root_of("")  # sets the recursion limit before hypothesis looks at it

attachments = st.frozensets(
    st.tuples(st.sampled_from([("user", u) for u in USERS] + [("group", g) for g in GROUPS]), st.sampled_from(POLICIES))
)
memberships = st.frozensets(st.tuples(st.sampled_from(USERS), st.sampled_from(GROUPS)))


@dataclass(frozen=True)
class Side:
    """Who has what."""

    attached: frozenset[tuple[tuple[str, str], str]]
    members: frozenset[tuple[str, str]]


sides = st.builds(Side, attachments, memberships)


def configuration(side: Side, created: frozenset[str], style: int) -> str:
    """Terraform that declares ``side``; the users and groups in ``created`` are resources, the others only names."""
    parts = [
        f'resource "aws_iam_policy" "{p}" {{\n  name = "{p}"\n  policy = jsonencode({json.dumps(MFA)})\n}}\n'
        for p in POLICIES
    ]
    for kind, names in (("user", USERS), ("group", GROUPS)):
        parts += [f'resource "aws_iam_{kind}" "{n}" {{\n  name = "{n}"\n}}\n' for n in names if n in created]

    def ref(kind: str, name: str) -> str:
        return f"aws_iam_{kind}.{name}.name" if name in created and style % 2 else f'"{name}"'

    if style < 2:
        parts += [
            f'resource "aws_iam_{kind}_policy_attachment" "{name}_{p}" {{\n'
            f"  {kind} = {ref(kind, name)}\n  policy_arn = aws_iam_policy.{p}.arn\n}}\n"
            for (kind, name), p in sorted(side.attached)
        ]
    else:  # the same by for_each
        for kind in ("user", "group"):
            pairs = {f"{n}-{p}": {"n": n, "p": p} for (k, n), p in sorted(side.attached) if k == kind}
            parts.append(
                f'resource "aws_iam_{kind}_policy_attachment" "all" {{\n  for_each = {json.dumps(pairs)}\n'
                f"  {kind} = each.value.n\n"
                f'  policy_arn = "arn:aws:iam::{ACCOUNT}:policy/${{each.value.p}}"\n}}\n'
            )
    parts += [
        f'resource "aws_iam_user_group_membership" "{u}_{g}" {{\n  user = {ref("user", u)}\n'
        f"  groups = [{ref('group', g)}]\n}}\n"
        for u, g in sorted(side.members)
    ]
    return "".join(parts)


def account(side: Side) -> Facts:
    def arns(kind: str, name: str) -> tuple[str, ...]:
        return tuple(sorted(f"{IAM}:policy/{p}" for who, p in side.attached if who == (kind, name)))

    return Facts(
        ACCOUNT,
        users=named(
            *(
                user(n, attached=arns("user", n), groups=tuple(sorted(g for u, g in side.members if u == n)))
                for n in USERS
            )
        ),
        groups=named(*(group(n, attached=arns("group", n)) for n in GROUPS)),
        policies={f"{IAM}:policy/{p}": policy(p, MFA) for p in POLICIES},
    )


@settings(max_examples=150)
@given(sides, sides, st.frozensets(st.sampled_from(USERS + GROUPS)), st.integers(0, 3), st.booleans())
def test_exactly_what_differs_is_told(
    wanted: Side, there: Side, created: frozenset[str], style: int, everything: bool
) -> None:
    found = compare([root_of(configuration(wanted, created, style))], account(there), everything=everything)
    assert found.errors == []
    told = {(d.rule, d.message) for d in found.differences}

    def known(kind: str, name: str) -> bool:
        return everything or name in created

    expected = {
        ("TFR660", f"policy {p} is declared for {k} {n} and not attached (the policy denies something: "
         "that is no longer denied)")
        for (k, n), p in wanted.attached - there.attached
    }  # fmt: skip
    expected |= {
        ("TFR661", f"policy {p} is attached to {k} {n} and declared nowhere")
        for (k, n), p in there.attached - wanted.attached
        if known(k, n)
    }
    expected |= {
        ("TFR664", f"user {u} is declared to be in group {g} and is not") for u, g in wanted.members - there.members
    }
    expected |= {
        ("TFR665", f"user {u} is in group {g}, which is declared nowhere")
        for u, g in there.members - wanted.members
        if known("user", u) or known("group", g)
    }
    if everything:
        expected |= {
            ("TFR672", f"{k} {n} exists and is declared nowhere")
            for k, names in (("user", USERS), ("group", GROUPS))
            for n in names
            if n not in created
        }
    assert told == expected
    assert not any(d.depends for d in found.differences)

    # -- and each remedy is an act that puts exactly this back
    remedies = [from_json(d.remedy) for d in found.differences if d.remedy is not None]
    assert {(a.holder, a.name, a.policy) for a in remedies if isinstance(a, AttachPolicy)} == {
        (k, n, f"{IAM}:policy/{p}") for (k, n), p in wanted.attached - there.attached
    }
    assert {(a.user, a.group) for a in remedies if isinstance(a, AddToGroup)} == wanted.members - there.members
