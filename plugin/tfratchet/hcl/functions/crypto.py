"""Hashes and identifiers. What draws random numbers, or needs a private key, is unknown."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any

from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.functions.base import FunctionContext, Module, unknown
from tfratchet.values import Value

FUNCTIONS = Module()
function = FUNCTIONS.function

HASHES = ("md5", "sha1", "sha256", "sha512")


def digest(algorithm: str, content: bytes, in_base64: bool = False) -> str:
    """The digest of some bytes in hexadecimal, or in base64."""
    found = hashlib.new(algorithm, content, usedforsecurity=False)
    return base64.b64encode(found.digest()).decode() if in_base64 else found.hexdigest()


def _declare(name: str, algorithm: str, in_base64: bool) -> None:
    @function(name, "string")
    def _hash(_: FunctionContext, text: Any) -> Value:
        return digest(algorithm, text.encode(), in_base64)


for _algorithm in HASHES:
    _declare(_algorithm, _algorithm, in_base64=False)
for _algorithm in ("sha256", "sha512"):
    _declare(f"base64{_algorithm}", _algorithm, in_base64=True)


_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}


@function("uuidv5", "string", "string")
def _uuidv5(_: FunctionContext, namespace: Any, name: Any) -> Value:
    try:
        return str(uuid.uuid5(_NAMESPACES.get(namespace) or uuid.UUID(namespace), name))
    except ValueError:
        raise EvalError(f"uuidv5: {namespace[:60]!r} is no namespace") from None


@function("uuid", partial=True)
def _uuid(_: FunctionContext) -> Value:
    return unknown("uuid", [])


@function("bcrypt", "string", variadic="number", partial=True)
def _bcrypt(_: FunctionContext, *args: Any) -> Value:
    return unknown("bcrypt", args)


@function("rsadecrypt", "string", "string", partial=True)
def _rsadecrypt(_: FunctionContext, *args: Any) -> Value:
    """Secrets are not decrypted here."""
    return unknown("rsadecrypt", args)
