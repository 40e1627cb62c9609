# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Checks names, ports and addresses for a probe, and derives the verdicts from its observations. Pure functions.

A verdict decides whether a certificate may be revoked, so every uncertain case is UNKNOWN.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TYPE_CHECKING, Any

from .._common.names import LIBRARY_MISSING, is_convertible
from .._common.options import OptionError, domain_name
from .._common.text import plural, printable

if TYPE_CHECKING:
    from .handshake import Address, Observation

SERVED = "served"
UNKNOWN = "unknown"
UNRESOLVED = "unresolved"
NOT_SERVED = "not_served"
# The most important one first: the verdict of a task is the first one that occurs.
VERDICTS = (SERVED, UNKNOWN, UNRESOLVED, NOT_SERVED)
MAX_NAMES = 500
# The ports with TLS from the first byte on, and those with SMTP and STARTTLS. Other ports are refused, so that the
# module cannot be used as a port scanner.
TLS_PORTS = (443, 636, 465, 853, 990, 993, 995, 5061, 8443)
SMTP_PORTS = (25, 587)
PORTS = (*TLS_PORTS, *SMTP_PORTS)
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
# The resolver of the system takes such names for addresses: 2130706433 and 0x7f.1 are 127.0.0.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_SERIAL = re.compile(r"[0-9A-Fa-f]{1,128}", re.ASCII)
_THIS_NETWORK = ip_network("0.0.0.0/8")
# The metadata services of clouds, which return credentials, as far as no other rule covers them (169.254.169.254, which
# most clouds use, is link-local): AWS (its prefix for such services), Alibaba, Oracle, Azure, Google.
_METADATA = tuple(map(ip_network, ("fd00:ec2::/32", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd20:ce::254")))
# The prefixes of NAT64 and of IPv4-translated addresses: the last 32 bits are an IPv4 address.
_TRANSLATED = tuple(map(ip_network, ("64:ff9b::/96", "::ffff:0:0:0/96")))


def host_name(text: str) -> tuple[str, str]:
    """Return (name as DNS spells it, ""), or (text, why it cannot be probed)."""
    try:
        name = domain_name(text, "name")
    except OptionError:
        return printable(text), "it is not a host name" if is_convertible(text) else LIBRARY_MISSING
    if name.startswith("*."):
        return name, "a wildcard cannot be checked: set names to the host names that it is used for"
    if not _HOST.fullmatch(name) or _NUMBER.fullmatch(name.rpartition(".")[2]):
        return name, "it is not a host name"
    return name, ""


def serial(text: str) -> int:
    """Parse a hexadecimal serial number, with or without colons and leading zeros. Raises OptionError."""
    digits = re.sub(r"[:\s]", "", text)
    if not _SERIAL.fullmatch(digits) or int(digits, 16) == 0:
        raise OptionError("serial_numbers must be hexadecimal numbers, in quotation marks in YAML, such as '0A1B2C3D'")
    return int(digits, 16)


def shown(number: int) -> str:
    """Format a serial number as upper-case hexadecimal digits, without leading zeros."""
    return f"{number:X}"


def ports(asked: Sequence[int]) -> list[int]:
    """Return the ports to probe, each once. Raises OptionError for a port that is not in PORTS."""
    if not asked or any(isinstance(port, bool) or port not in PORTS for port in asked):
        allowed = ", ".join(map(str, sorted(PORTS)))
        raise OptionError(f"ports must contain at least one port, and only these: {allowed}")
    return list(dict.fromkeys(asked))


# -- addresses --------------------------------------------------------------------------------------------------------


def address_refusal(address: Address) -> str:
    """Return why a connection to an address is not permitted, a clause; empty if it is.

    The names come from certificates, and the owner of a name chooses its addresses: these must not be this host, its
    neighbors on the link or the metadata service of a cloud. Private addresses are permitted, as servers to be retired
    have them.
    """
    for one in (address, *_inside(address)):
        kind = _kind(one)
        if kind:
            return f"connections to {kind} are not allowed"
    return ""


def _kind(address: Address) -> str:
    """The kind of an address that is never permitted; empty for any other."""
    kinds = {
        "a loopback address": address.is_loopback,
        "a link-local address": address.is_link_local,
        "a multicast address": address.is_multicast,
        # Linux takes these addresses for the local host.
        "an unspecified address": address.is_unspecified or address in _THIS_NETWORK,
        "the metadata service of a cloud": any(address in network for network in _METADATA),
        "a reserved address": address.is_reserved and not any(_inside(address)),
    }
    return next((kind for kind, true in kinds.items() if true), "")


def _inside(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address contains, by any mechanism of mapping or translation."""
    if not isinstance(address, IPv6Address):
        return
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in _TRANSLATED):
        yield last
    yield from (one for one in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if one)


# -- verdicts ---------------------------------------------------------------------------------------------------------


def verdict_of(observations: Sequence[Observation], sought: Collection[int]) -> tuple[str, str]:
    """Return the verdict on a name and port, and the reason.

    observations: of all its addresses. sought: the serial numbers in question; empty for any.
    """
    for observation in observations:
        found = [number for number in observation.serials if number in sought]
        if found:
            return SERVED, f"{observation.address} serves {shown(found[0])}"
    problems = [_at(observation, observation.problem) for observation in observations if observation.problem]
    if problems:
        return UNKNOWN, "; ".join(problems)
    if not observations:
        # With split DNS, the name can have an address inside the network of its users.
        return (
            UNRESOLVED,
            "the name does not resolve on this controller; with split DNS, it can still be in use elsewhere",
        )
    if not sought and any(observation.serials for observation in observations):
        # A missing serial number of an order must not have the verdict that its certificate is not in use.
        return UNKNOWN, "a certificate is served, but serial_numbers is empty, so that it cannot be compared"
    return NOT_SERVED, "; ".join(_at(observation, _other(observation)) for observation in observations)


def _at(observation: Observation, what: str) -> str:
    return f"{observation.address}: {what}" if observation.address else what


def _other(observation: Observation) -> str:
    return "the connection is refused" if observation.refuses else "another certificate is served"


def result_row(
    name: str, port: int, verdict: tuple[str, str], observations: Iterable[Observation] = ()
) -> dict[str, Any]:
    """Return the result of a name and port, as the task lists it."""
    known = list(observations)
    return {
        "name": name,
        "port": port,
        "verdict": verdict[0],
        "reason": verdict[1],
        "serial_numbers": [
            shown(number) for number in sorted({one for observation in known for one in observation.serials})
        ],
        "addresses": [observation.address for observation in known if observation.address],
    }


def task_summary(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the result of the task from the results of all names and ports."""
    counts = {verdict: sum(one["verdict"] == verdict for one in results) for verdict in VERDICTS}
    present = [verdict for verdict in VERDICTS if counts[verdict]]
    text = ", ".join(f"{counts[verdict]} {verdict}" for verdict in present)
    return {"msg": f"{plural(len(results), 'check')}: {text}", "verdict": present[0], "results": list(results)}
