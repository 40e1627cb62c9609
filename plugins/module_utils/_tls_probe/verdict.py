# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What may be looked at, and what it means: names, ports, addresses, serial numbers, verdicts. Pure functions.

A verdict decides whether a certificate may be revoked, so whatever is not certain is UNKNOWN.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TYPE_CHECKING, Any

from .._common.names import LIBRARY_MISSING, is_convertible
from .._common.options import OptionError, domain_name
from .._common.text import printable

if TYPE_CHECKING:
    from .handshake import Address, Observation

SERVED = "served"
UNKNOWN = "unknown"
UNRESOLVED = "unresolved"
NOT_SERVED = "not_served"
# From what matters most on.
VERDICTS = (SERVED, UNKNOWN, UNRESOLVED, NOT_SERVED)
MAX_NAMES = 500
# Where TLS is spoken from the first byte on, and where SMTP comes before it. Others are refused, so that nobody's names
# turn this into a way to knock at doors.
TLS_PORTS = (443, 636, 465, 853, 990, 993, 995, 5061, 8443)
SMTP_PORTS = (25, 587)
PORTS = (*TLS_PORTS, *SMTP_PORTS)
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
# The system reads such names as addresses: 2130706433 and 0x7f.1 are 127.0.0.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_SERIAL = re.compile(r"[0-9A-Fa-f]{1,128}", re.ASCII)
_THIS_NETWORK = ip_network("0.0.0.0/8")
# Where clouds tell a machine its secrets, and which no other rule covers: 169.254.169.254, which most of them use, is
# link-local. AWS (a prefix of its own for such services), Alibaba, Oracle, Azure, Google.
_METADATA = tuple(map(ip_network, ("fd00:ec2::/32", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd20:ce::254")))
# Translators lead from these to the IPv4 address in their last 32 bits.
_TRANSLATED = tuple(map(ip_network, ("64:ff9b::/96", "::ffff:0:0:0/96")))


def host_name(text: str) -> tuple[str, str]:
    """(name, "") as DNS spells it, or (text, why it cannot be looked at)."""
    try:
        name = domain_name(text, "name")
    except OptionError:
        return printable(text), "this is not a host name" if is_convertible(text) else LIBRARY_MISSING
    if name.startswith("*."):
        return name, "a wildcard stands for names that nobody can list"
    if not _HOST.fullmatch(name) or _NUMBER.fullmatch(name.rpartition(".")[2]):
        return name, "this is not a host name"
    return name, ""


def serial(text: str) -> int:
    """A serial number from its hexadecimal form, with or without colons and leading zeros. Raises OptionError."""
    digits = re.sub(r"[:\s]", "", text)
    if not _SERIAL.fullmatch(digits) or int(digits, 16) == 0:
        raise OptionError("serial_numbers must be hexadecimal, such as 0A1B2C3D; quote them in YAML")
    return int(digits, 16)


def shown(number: int) -> str:
    """A serial number in upper-case hexadecimal form, without leading zeros."""
    return f"{number:X}"


def ports(asked: Sequence[int]) -> list[int]:
    """The ports to look at, each once. Raises OptionError for one where no server should be looked at."""
    if not asked or any(isinstance(port, bool) or port not in PORTS for port in asked):
        allowed = ", ".join(map(str, sorted(PORTS)))
        raise OptionError(f"ports must be of these, at least one: {allowed}")
    return list(dict.fromkeys(asked))


# -- addresses --------------------------------------------------------------------------------------------------------


def address_refusal(address: Address) -> str:
    """Why an address must not be talked to, a clause; empty where it may.

    Names come from certificates, and whoever owns a name decides where it leads: not to this machine, its neighbours on
    the link, or what a cloud tells it alone. Private addresses are allowed: there are the servers to be retired.
    """
    for one in (address, *_inside(address)):
        kind = _kind(one)
        if kind:
            return f"{kind} is never connected to"
    return ""


def _kind(address: Address) -> str:
    kinds = {
        "a loopback address": address.is_loopback,
        "a link-local address": address.is_link_local,
        "a multicast address": address.is_multicast,
        # Linux takes them for this machine.
        "an unspecified address": address.is_unspecified or address in _THIS_NETWORK,
        "a cloud's metadata service": any(address in network for network in _METADATA),
        "a reserved address": address.is_reserved and not any(_inside(address)),
    }
    return next((kind for kind, true in kinds.items() if true), "")


def _inside(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address may lead to."""
    if not isinstance(address, IPv6Address):
        return
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in _TRANSLATED):
        yield last
    yield from (one for one in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if one)


# -- verdicts ---------------------------------------------------------------------------------------------------------


def judged(sights: Sequence[Observation], sought: Collection[int]) -> tuple[str, str]:
    """The verdict on a name and port from what its addresses showed, and the reason."""
    for observation in sights:
        found = [number for number in observation.serials if number in sought]
        if found:
            return SERVED, f"{observation.address} serves {shown(found[0])}"
    problems = [_at(observation, observation.problem) for observation in sights if observation.problem]
    if problems:
        return UNKNOWN, "; ".join(problems)
    if not sights:
        # Inside the network of those who use it, it may have an address all the same.
        return UNRESOLVED, "it does not resolve from this controller, which split DNS looks like as well"
    if not sought and any(observation.serials for observation in sights):
        # An order whose serial numbers got lost must not look like one that is not in use.
        return UNKNOWN, "something is served, and serial_numbers does not say what is looked for"
    return NOT_SERVED, "; ".join(_at(observation, _other(observation)) for observation in sights)


def _at(observation: Observation, what: str) -> str:
    return f"{observation.address}: {what}" if observation.address else what


def _other(observation: Observation) -> str:
    return "the connection is refused" if observation.refuses else "another certificate is served"


def told(name: str, port: int, verdict: tuple[str, str], sights: Iterable[Observation] = ()) -> dict[str, Any]:
    """One result, as a task returns it."""
    seen = list(sights)
    return {
        "name": name,
        "port": port,
        "verdict": verdict[0],
        "reason": verdict[1],
        "serial_numbers": [
            shown(number) for number in sorted({one for observation in seen for one in observation.serials})
        ],
        "addresses": [observation.address for observation in seen if observation.address],
    }


def summed_up(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The whole answer of a task."""
    counts = {verdict: sum(one["verdict"] == verdict for one in results) for verdict in VERDICTS}
    there = [verdict for verdict in VERDICTS if counts[verdict]]
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in there)
    return {"msg": f"{len(results)} looked at: {said}", "verdict": there[0], "results": list(results)}
