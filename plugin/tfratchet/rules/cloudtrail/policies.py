"""What a resource policy (of a log bucket, of a key) loses: guards, the right of CloudTrail to write, privacy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tfratchet.iam.documents import parse_document
from tfratchet.iam.engine.strings import covers, encode
from tfratchet.iam.normal_form import Atom, atoms
from tfratchet.iam.statements import Document
from tfratchet.values import Unknown, Value

CLOUDTRAIL = "cloudtrail.amazonaws.com"
_SERVICE = f'Service: "{CLOUDTRAIL}"'
_BUCKET = re.compile(r"(?:\$\{[^}]*\}|arn:[^:]*:s3:::(?:\$\{[^}]*\}|[^/$])*)(?=/|$)")
_WHOLE = re.compile("^\u27e6[^\u27e7]*\u27e7(?:\\[[^\\]]*\\])?\\.arn$")
_PUBLIC = ('AWS: "*"', '*: "*"')
# A condition on one of these keeps a policy for everybody from being public (S3 user guide, "The meaning of public").
_NARROWING = (
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceip",
    "aws:userid",
    "aws:principalarn",
    "kms:calleraccount",
    "kms:viaservice",
    "s3:dataaccesspointaccount",
)


@dataclass(frozen=True, slots=True)
class PolicyLoss:
    """One thing that a policy no longer does, or newly allows."""

    words: str
    kind: str
    """``guard``, ``delivery`` or ``public``."""
    depends_on: tuple[Unknown, ...] = ()


def policy_losses(base: list[Value], head: list[Value], *, write: str) -> list[PolicyLoss]:
    """What head's policies lack or newly allow. ``write`` is the action by which CloudTrail uses the resource.

    Several documents for one resource are taken together: only the last one applied is in force, yet which one that
    is the configuration does not say.
    """
    before, after = [parse_document(v) for v in base], [parse_document(v) for v in head]
    old: frozenset[Atom] = frozenset().union(*(atoms(d) for d in before))
    new: frozenset[Atom] = frozenset().union(*(atoms(d) for d in after))
    vague = tuple(dict.fromkeys(u for d in (*before, *after) for u in d.unknowns))
    opaque = any(a.effect == "opaque" for a in new)
    found: list[PolicyLoss] = []
    denied = [a for a in old if a.effect == "Deny" and not _denied(a, new)]
    if denied:
        sure = any(not a.when for a in denied) and not any(_doubtful(d) for d in after)
        words = ", ".join(sorted({_words(a) for a in denied})[:4])
        found.append(PolicyLoss(f"no longer denied: {words}", "guard", () if sure else vague))
    if _writes(old, write) and not _writes(new, write):
        depends = vague if opaque else ()
        found.append(PolicyLoss("CloudTrail may no longer write to it", "delivery", depends))
    if any(a.effect == "opaque" for a in old) and not after:
        found.append(PolicyLoss("removed (what it said is not known)", "guard", vague))
    public = sorted({_words(a) for a in new if _is_public(a)} - {_words(a) for a in old if _is_public(a)})
    if public:
        found.append(PolicyLoss(f"open to everybody: {', '.join(public[:4])}", "public"))
    return found


def lets_cloudtrail(value: Value, write: str) -> bool:
    """True when a policy document lets CloudTrail do ``write``, by its name: what everybody may do tells nothing."""
    return _writes(atoms(parse_document(value)), write, (_SERVICE,))


def _writes(found: Iterable[Atom], write: str, who: Iterable[str] = (_SERVICE, *_PUBLIC)) -> bool:
    return any(a.effect == "Allow" and a.principal in who and _matches(a.action, write) for a in found)


def _matches(action: str, wanted: str) -> bool:
    text = action.strip('"')
    return covers(encode(text).lower(), encode(wanted).lower())


def _denied(wanted: Atom, found: Iterable[Atom]) -> bool:
    """True when a Deny of ``found`` denies all that ``wanted`` denies: no more conditions, no fewer actions."""
    for other in found:
        if other.effect != "Deny" or (other.when and other.when != wanted.when):
            continue
        if not set(other.conditions) <= set(wanted.conditions):
            continue
        if other.principal not in (wanted.principal, *_PUBLIC):
            continue
        if _part(other.action, wanted.action) and _part(_relative(other.resource), _relative(wanted.resource)):
            return True
    return False


def _part(wide: str, narrow: str) -> bool:
    if wide == narrow:
        return True
    if wide.startswith("not [") or narrow.startswith("not ["):
        return False
    return covers(encode(wide.strip('"')), encode(narrow.strip('"')))


def _doubtful(document: Document) -> bool:
    """True when a document may deny more than it shows. Unknown names of its own resource are no doubt."""
    if document.opaque is not None or document.choices:
        return True
    for statement in document.statements:
        if statement.effect == "Allow":
            continue
        leaves: list[object] = [statement.effect, *(p for _, p in statement.principals or ())]
        leaves += [*(statement.actions or ()), *(v for c in statement.conditions for v in c.values)]
        if statement.maybe is not None or any(isinstance(leaf, Unknown) for leaf in leaves):
            return True
    return False


def _relative(resource: str) -> str:
    """A resource of a bucket's policy without the bucket: ``/*`` for ``"arn:aws:s3:::logs/*"``, however it is named.

    The policy belongs to the bucket, so its name says nothing; a literal ARN that becomes a reference is no change.
    """
    text = resource.strip('"')
    if _WHOLE.match(text):
        return ""
    bucket = _BUCKET.match(text)
    return text[bucket.end() :] if bucket is not None else text


def _is_public(atom: Atom) -> bool:
    if atom.effect != "Allow" or atom.principal not in _PUBLIC or atom.unknown:
        return False
    return not any(key in c.lower() for c in atom.conditions for key in _NARROWING)


def _words(atom: Atom) -> str:
    text = atom.action.strip('"')
    return text + (f" if {' and '.join(atom.conditions)}" if atom.conditions else "")
