# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be probed, and what it means: tables, and properties of the verdict."""

from __future__ import annotations

import itertools
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._common import names
from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._tls_probe.handshake import Observation
from ansible_collections.certops.orders.plugins.module_utils._tls_probe.verdict import (
    NOT_SERVED,
    PORTS,
    SERVED,
    SMTP_PORTS,
    TLS_PORTS,
    UNKNOWN,
    UNRESOLVED,
    VERDICTS,
    address_refusal,
    host_name,
    ports,
    result_row,
    serial,
    shown,
    task_summary,
    verdict_of,
)
from ansible_collections.certops.orders.plugins.modules.served_certificate_info import run
from ansible_collections.certops.orders.tests.messages import check_messages, known

# -- addresses --------------------------------------------------------------------------------------------------------

REFUSED = {
    "127.0.0.1": "a loopback address",
    "127.255.255.254": "a loopback address",
    "::1": "a loopback address",
    "169.254.0.1": "a link-local address",
    "169.254.169.254": "a link-local address",
    "169.254.170.2": "a link-local address",
    "fe80::1": "a link-local address",
    "fe80::1%eth0": "a link-local address",
    "fe80::a9fe:a9fe": "a link-local address",
    "224.0.0.1": "a multicast address",
    "239.255.255.250": "a multicast address",
    "ff02::1": "a multicast address",
    "0.0.0.0": "an unspecified address",
    "0.1.2.3": "an unspecified address",
    "::": "an unspecified address",
    "100.100.100.200": "the metadata service of a cloud",
    "168.63.129.16": "the metadata service of a cloud",
    "192.0.0.192": "the metadata service of a cloud",
    "fd00:ec2::254": "the metadata service of a cloud",
    "fd00:ec2::23": "the metadata service of a cloud",
    "fd20:ce::254": "the metadata service of a cloud",
    "240.0.0.1": "a reserved address",
    "255.255.255.255": "a reserved address",
    "::127.0.0.1": "a reserved address",
    "64:ff9b:1::7f00:1": "a reserved address",
    # The same in disguise.
    "::ffff:127.0.0.1": "a loopback address",
    "::ffff:169.254.169.254": "a link-local address",
    "::ffff:100.100.100.200": "the metadata service of a cloud",
    "::ffff:0.0.0.0": "an unspecified address",
    "::ffff:0:127.0.0.1": "a loopback address",
    "64:ff9b::127.0.0.1": "a loopback address",
    "64:ff9b::a9fe:a9fe": "a link-local address",
    "2002:7f00:1::": "a loopback address",
    "2002:a9fe:a9fe::1": "a link-local address",
    "2001:0:7f00:1::": "a loopback address",
    "2001:0:5db8:d822:8000:63bf:80ff:fffe": "a loopback address",
}
ALLOWED = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.201",
    "192.0.2.7",
    "93.184.216.34",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "fd00::1",
    "fc00::7",
    "2001:db8::7",
    "2606:2800:220:1::1",
    "::ffff:10.0.0.1",
    "64:ff9b::5db8:d822",
    "2002:5db8:d822::1",
    "2001:0:5db8:d822:8000:63bf:a247:27dd",
]


def test_an_address_that_is_refused() -> None:
    messages = known()["served certificates"]
    refusals = {address: address_refusal(ip_address(address)) for address in REFUSED}
    assert refusals == {address: messages[kind] for address, kind in REFUSED.items()}


@pytest.mark.parametrize("address", ALLOWED)
def test_an_address_that_is_allowed(address: str) -> None:
    assert address_refusal(ip_address(address)) == ""


DISGUISES = {
    "mapped": lambda number: 0xFFFF << 32 | number,
    "translated": lambda number: 0xFFFF << 48 | number,
    "NAT64": lambda number: 0x64FF9B << 96 | number,
    "6to4": lambda number: 0x2002 << 112 | number << 80,
}


@given(st.ip_addresses(v=4), st.sampled_from(sorted(DISGUISES)))
def test_a_disguise_neither_helps_nor_harms(address: IPv4Address, disguise: str) -> None:
    hidden = IPv6Address(DISGUISES[disguise](int(address)))
    assert address_refusal(hidden) == address_refusal(address)


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("www.example.com", "www.example.com"),
        (" WWW.Example.com. ", "www.example.com"),
        ("web01", "web01"),
        ("3com.com", "3com.com"),
        ("1.2.3.4.example", "1.2.3.4.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_name_is_spelled_as_dns_does(text: str, name: str) -> None:
    assert host_name(text) == (name, "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a..b",
        "www_1.example.com",
        "-a.example",
        "a-.example",
        "a b.example",
        "a/b.example",
        "www.example.com:443",
        "127.0.0.1",
        "192.0.2.7",
        "2130706433",
        "0x7f.1",
        "127.0.0.0x",
        "\uff11\uff12\uff17.0.0.1",
        "::1",
        "[::1]",
        "a%25.example",
        "user@example.com",
        f"{'a' * 64}.example",
        f"{'a.' * 130}example",
    ],
)
def test_an_invalid_host_name_cannot_be_probed(text: str) -> None:
    assert host_name(text)[1]


def test_a_wildcard_cannot_be_probed() -> None:
    name, refusal = host_name("*.Example.com")
    assert name == "*.example.com"
    assert "wildcard" in refusal


def test_a_name_that_would_forge_a_line_is_shown_harmless() -> None:
    assert host_name("a\nb\x1b[2J")[0] == "a\\nb\\x1b[2J"


# -- serial numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["0A1B", "a1b", "A1B", "0:A1:B", "00:00:0a:1b", " 0A 1B ", "0" * 40 + "A1B"])
def test_a_serial_number_is_one_however_it_is_written(text: str) -> None:
    assert serial(text) == 0xA1B
    assert shown(serial(text)) == "A1B"


@pytest.mark.parametrize("text", ["", ":", "0", "00:00", "0x1B", "xyz", "-1", "1.0", "1e+10", "\uff211", "F" * 129])
def test_what_is_no_serial_number_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="serial_numbers"):
        serial(text)


@given(st.integers(min_value=1, max_value=2**159))
def test_a_serial_number_survives(number: int) -> None:
    assert serial(shown(number)) == serial(f"{number:040x}") == number


# -- ports ------------------------------------------------------------------------------------------------------------


def test_ports() -> None:
    assert ports([8443, 443, 8443]) == [8443, 443]
    assert ports(list(PORTS)) == list(PORTS)
    assert set(TLS_PORTS).isdisjoint(SMTP_PORTS)


@pytest.mark.parametrize("asked", [[], [22], [80], [443, 6379], [0], [-1], [65536], [True]])
def test_other_ports_are_refused(asked: list[int]) -> None:
    with pytest.raises(OptionError, match=r"ports.* 25, 443, 465, 587, 636"):
        ports(asked)


# -- verdicts ---------------------------------------------------------------------------------------------------------

WANTED = 0xA1B
SERVING = Observation("192.0.2.1", (WANTED,))
BOTH = Observation("192.0.2.2", (7, WANTED), problem="STARTTLS timed out")
OTHER = Observation("192.0.2.3", (7,))
REFUSING = Observation("192.0.2.4", refuses=True)
SILENT = Observation("192.0.2.5", problem="connecting timed out")
HALF = Observation("192.0.2.6", (7,), problem="handshake timed out")
NAMELESS = Observation(problem="DNS timed out")
EVERY = (SERVING, BOTH, OTHER, REFUSING, SILENT, HALF, NAMELESS)


@pytest.mark.parametrize(
    ("sights", "verdict", "addresses"),
    [
        ([], UNRESOLVED, ""),
        ([OTHER], NOT_SERVED, "3"),
        ([REFUSING], NOT_SERVED, "4"),
        ([OTHER, REFUSING], NOT_SERVED, "34"),
        ([SERVING], SERVED, "1"),
        ([SILENT, OTHER, BOTH], SERVED, "2"),
        ([OTHER, SILENT], UNKNOWN, "5"),
        ([HALF], UNKNOWN, "6"),
        ([NAMELESS], UNKNOWN, ""),
    ],
)
def test_the_verdict_on_a_name(sights: list[Observation], verdict: str, addresses: str) -> None:
    found, reason = verdict_of(sights, {WANTED, 0xFFF})
    assert found == verdict
    # The reason names the addresses on which the verdict rests.
    assert "".join(number for number in "123456" if f"192.0.2.{number}" in reason) == addresses
    assert ("A1B" in reason) is (verdict == SERVED)
    assert all(sight.problem in reason for sight in sights if verdict == UNKNOWN)


def test_without_serial_numbers_nothing_is_known_not_to_be_served() -> None:
    assert verdict_of([OTHER, REFUSING], set())[0] == UNKNOWN
    assert verdict_of([REFUSING], set())[0] == NOT_SERVED
    assert verdict_of([], set())[0] == UNRESOLVED


@pytest.mark.parametrize("count", [1, 2, 3])
def test_not_served_requires_every_address_to_agree(count: int) -> None:
    for sights in itertools.product(EVERY, repeat=count):
        verdict = verdict_of(sights, {WANTED})[0]
        serving = any(WANTED in sight.serials for sight in sights)
        certain = all(not sight.problem for sight in sights)

        assert verdict == (SERVED if serving else NOT_SERVED if certain else UNKNOWN)
        assert verdict_of(sights[::-1], {WANTED})[0] == verdict


def test_a_result_contains_the_observations() -> None:
    verdict = verdict_of([BOTH, REFUSING, NAMELESS], {WANTED})
    assert result_row("www.example.com", 443, verdict, [BOTH, REFUSING, NAMELESS]) == {
        "name": "www.example.com",
        "port": 443,
        "verdict": SERVED,
        "reason": verdict[1],
        "serial_numbers": ["7", "A1B"],
        "addresses": ["192.0.2.2", "192.0.2.4"],
    }


@given(st.lists(st.sampled_from(VERDICTS), min_size=1))
def test_the_verdict_on_all_is_the_one_that_matters_most(verdicts: list[str]) -> None:
    results = [result_row("www.example.com", 443, (verdict, "")) for verdict in verdicts]
    assert task_summary(results)["verdict"] == min(verdicts, key=VERDICTS.index)


def test_the_summary_of_all_names() -> None:
    results = [result_row("a", 443, (verdict, "")) for verdict in (NOT_SERVED, SERVED, NOT_SERVED)]
    summary = task_summary(results)
    assert (summary["verdict"], summary["results"]) == (SERVED, results)
    assert f"1 {SERVED}, 2 {NOT_SERVED}" in summary["msg"]


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(**options: Any) -> str:
        params = {"names": ["www.example.com"], "serial_numbers": [], "ports": [443], "timeout": 10, "workers": 8}
        with pytest.raises(OptionError) as caught:
            run({**params, **options}, Context())
        return str(caught.value)

    def reason(*sights: Observation, sought: int | None = WANTED) -> str:
        return verdict_of(sights, {sought} if sought else set())[1]

    def summary(*verdicts: str) -> str:
        text: str = task_summary([result_row("a", 443, (verdict, "")) for verdict in verdicts])["msg"]
        return text

    def in_unicode() -> str:
        with monkeypatch.context() as patched:
            patched.setattr(names, "_idna", None)
            return host_name("münchen.example")[1]

    kinds = {kind: address for address, kind in REFUSED.items()}
    check_messages(
        "served certificates",
        {
            "no name": refusal(names=[]),
            "an invalid serial number": refusal(serial_numbers=["xyz"]),
            "a port that is not permitted": refusal(ports=[22]),
            "an IP address": host_name("192.0.2.7")[1],
            "a wildcard": host_name("*.example.com")[1],
            "a name in Unicode without idna": in_unicode(),
            **{kind: address_refusal(ip_address(address)) for kind, address in kinds.items()},
            "served": reason(OTHER, SERVING),
            "not served": reason(OTHER, REFUSING),
            "unknown": reason(OTHER, SILENT, NAMELESS),
            "no serial number to compare": reason(OTHER, sought=None),
            "unresolved": reason(),
            "summary": summary(NOT_SERVED, SERVED, NOT_SERVED),
            "summary of one": summary(UNRESOLVED),
        },
    )
