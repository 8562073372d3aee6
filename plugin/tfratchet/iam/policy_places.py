"""Where policies stand in a root module, and what they are about: what the search for lost guards goes over."""

from __future__ import annotations

from collections.abc import Iterator

from tfratchet.iam.documents import Document, Statement, canonical_text, parse_document
from tfratchet.iam.protected import protected_actions
from tfratchet.model import Location, Resource, Root
from tfratchet.values import Unknown

# Identity policies: what somebody may do. Others say who may use the resource that they stand in.
IDENTITY = {
    "aws_iam_policy": "policy",
    "aws_iam_user_policy": "policy",
    "aws_iam_group_policy": "policy",
    "aws_iam_role_policy": "policy",
    "aws_ssoadmin_permission_set_inline_policy": "inline_policy",
}
SCP = "aws_organizations_policy"
ROLES = "aws_iam_role"
TRUST = "assume_role_policy"
_ARGUMENTS = ("policy", "access_policy", "access_policies", "resource_policy")
_MAX_ACTIONS = 30
_WITHOUT_MFA = "aws:multifactorauth"


def identity_policies(root: Root) -> Iterator[Resource]:
    """Identity policies of a root module: resources, and document data sources that no resource of it uses."""
    documents = list(root.data("aws_iam_policy_document"))
    used: set[str] = set()
    for resource in root.managed():
        for argument in (*_ARGUMENTS, TRUST, "content", "inline_policy") if documents else ():
            value = resource.get(argument)
            if isinstance(value, (str, Unknown)):
                used.add(canonical_text(parse_document(value)))
        if resource.type in IDENTITY:
            yield resource
    sources: set[str] = set()
    for document in documents:
        for argument in ("source_policy_documents", "override_policy_documents", "source_json", "override_json"):
            value = document.get(argument)
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, (str, Unknown)):
                    sources.add(canonical_text(parse_document(part)))
    for document in documents:
        text = canonical_text(parse_document(document.get("json")))
        if text not in used and text not in sources:
            yield document


def argument_of(resource: Resource) -> str:
    """The argument of an identity policy that holds its document."""
    return IDENTITY.get(resource.type, "json")


def resource_argument(resource: Resource) -> str | None:
    """The argument that holds the policy of a resource (a bucket, a key, a queue), if it has one."""
    if resource.type in IDENTITY or resource.type == SCP:
        return None
    return next((a for a in _ARGUMENTS if isinstance(resource.get(a), (str, Unknown))), None)


def other_actions(base: Document, head: Document | None, *, everything: bool = False) -> tuple[str, ...]:
    """Actions, protected ones left out, that a Deny or an Allow with an MFA condition names in either document; of a
    wildcard one action that it matches. ``everything``: those of every statement.
    """
    known = protected_actions().by_name
    found: dict[str, None] = {}
    for statement in (*base.statements, *(head.statements if head is not None else ())):
        guards = statement.effect != "Allow" or any(
            isinstance(c.key, str) and c.key.startswith(_WITHOUT_MFA) for c in statement.conditions
        )
        if not guards and not everything:
            continue
        for action in statement.actions or ():
            if isinstance(action, str) and ":" in action:
                name = action.replace("*", "TfratchetProbe").replace("?", "x")
                if name.lower() not in known or everything:
                    found.setdefault(name)
            elif action == "*" and everything:
                found.setdefault("tfratchet:Probe")
    return tuple(list(found)[:_MAX_ACTIONS])


def statement_location(root: Root, resource: Resource, argument: str, statement: Statement | None) -> Location | None:
    """Where a statement stands: in the document data source that the argument was rendered from, else the argument."""
    if statement is not None:
        value = resource.get(argument)
        documents = [resource] if resource.type == "aws_iam_policy_document" else []
        documents += [d for d in root.data("aws_iam_policy_document") if d is not resource and d.get("json") == value]
        for document in documents:
            found = document.locations.get(f"statement.{statement.index}")
            if found is not None:
                return found
    return resource.where(argument)
