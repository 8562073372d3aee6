"""IP networks, by the arithmetic of Terraform's own library."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from tfratchet.hcl.convert import EvalError
from tfratchet.hcl.functions.base import FunctionContext, Module
from tfratchet.values import Value

FUNCTIONS = Module()
function = FUNCTIONS.function

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(prefix: str) -> _Network:
    """A network from its CIDR text; bits behind the mask are cleared, zeros before a decimal number are harmless."""
    if "/" not in prefix or re.search(r"/\D", prefix):
        raise EvalError(f"{prefix[:60]!r} is no network in CIDR notation")
    text = re.sub(r"(?<![0-9a-fA-F:])0+(?=\d)", "", prefix) if ":" not in prefix else prefix
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise EvalError(f"invalid network: {error}") from None


def _made(like: _Network, address: int, length: int) -> str:
    kind = ipaddress.IPv4Network if like.version == 4 else ipaddress.IPv6Network
    return _go_text(kind((address, length)))


def _go_text(network: _Network) -> str:
    return f"{_address_text(network.network_address)}/{network.prefixlen}"


def _address_text(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Go shortens only runs of two or more zero groups, as RFC 5952 asks; so does Python."""
    return str(address)


@function("cidrhost", "string", "whole")
def _cidrhost(_: FunctionContext, prefix: Any, number: Any) -> Value:
    network = _network(prefix)
    size = network.num_addresses
    if not -size <= number < size:
        raise EvalError(f"cidrhost: {prefix} has no host {number}")
    return _address_text(network[number])


@function("cidrnetmask", "string")
def _cidrnetmask(_: FunctionContext, prefix: Any) -> Value:
    network = _network(prefix)
    if network.version != 4:
        raise EvalError("cidrnetmask: only IPv4 networks have a netmask")
    return str(network.netmask)


@function("cidrsubnet", "string", "whole", "whole")
def _cidrsubnet(_: FunctionContext, prefix: Any, bits: Any, number: Any) -> Value:
    network = _network(prefix)
    length = network.prefixlen + bits
    if bits < 0 or length > network.max_prefixlen:
        raise EvalError(f"cidrsubnet: {prefix} cannot be extended by {bits} bits")
    if not 0 <= number < 2**bits:
        raise EvalError(f"cidrsubnet: {bits} bits cannot hold the number {number}")
    return _made(network, int(network.network_address) + (number << (network.max_prefixlen - length)), length)


@function("cidrsubnets", "string", variadic="whole")
def _cidrsubnets(_: FunctionContext, prefix: Any, *bits: Any) -> Value:
    network = _network(prefix)
    end = int(network.network_address) + network.num_addresses
    address = int(network.network_address)
    subnets: list[Any] = []
    for extension in bits:
        length = network.prefixlen + extension
        if extension < 1 or length > network.max_prefixlen or extension > 32:
            raise EvalError(f"cidrsubnets: {prefix} cannot be extended by {extension} bits")
        size = 1 << (network.max_prefixlen - length)
        address = -(-address // size) * size  # the next address where a network of this size may begin
        if address + size > end:
            raise EvalError(f"cidrsubnets: {prefix} is too small")
        subnets.append(_made(network, address, length))
        address += size
    return subnets
