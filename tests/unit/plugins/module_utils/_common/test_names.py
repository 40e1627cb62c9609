# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name in Unicode and the same name in punycode are one name, wherever the name comes in."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral.filters import (
    criteria,
    matches,
    server_filters,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    DETAILS,
    ORIGIN,
    ROW,
    Order,
    read_certificate,
    read_domain,
    read_order,
)
from ansible_collections.certops.orders.plugins.module_utils._common import names as _names
from ansible_collections.certops.orders.plugins.module_utils._common.names import dns_name, every_spelling, in_unicode
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    ORDER_FILTERS,
    OptionError,
    domain_name,
)
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission import covering
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission_request import parse_request
from ansible_collections.certops.orders.plugins.module_utils._planners.renewed_marks import plan as successors
from ansible_collections.certops.orders.plugins.module_utils._planners.stale_orders import parse_request as parse_stale
from ansible_collections.certops.orders.plugins.module_utils._plans.document import make, read
from ansible_collections.certops.orders.plugins.module_utils._plans.errors import PlanError
from ansible_collections.certops.orders.plugins.module_utils._servertastic import client as _servertastic
from ansible_collections.certops.orders.plugins.module_utils._tls_probe.verdict import host_name

UTILS = Path(str(_names.__file__)).parents[1]

# What the service answered, and what is asked for: each of the two finds the order.
CASE: dict[str, Any] = {
    "id": 2041,
    "status": "issued",
    "is_renewed": False,
    "date_created": "2026-03-02T09:00:00+00:00",
    "order_valid_till": "2027-03-01",
    "certificate": {
        "id": 20410,
        "serial_number": "000000000000000000000000000007F9",
        "common_name": "MÜNCHEN.field.example",
        "dns_names": ["MÜNCHEN.field.example", "www.münchen.field.example"],
        "valid_from": "2026-09-01",
        "valid_till": "2027-03-01",
        "days_remaining": 90,
    },
    "organization": {"id": 9, "name": "Example Org"},
    "container": {"id": 5, "name": "root"},
    "product": {"name_id": "ssl_multi_domain", "name": "Multi-Domain SSL", "type": "ssl_certificate"},
}
ASKED = ("münchen.field.example", "xn--mnchen-3ya.field.example")
MUNICH = ASKED[1]
WWW = f"www.{MUNICH}"
TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
NONE: dict[str, Any] = {name: option.get("default") for name, option in ORDER_FILTERS.items()}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("münchen.example", "xn--mnchen-3ya.example"),
        (" MÜNCHEN.Example. ", "xn--mnchen-3ya.example"),
        ("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
        ("mu\u0308nchen.example", "xn--mnchen-3ya.example"),
        ("\uff4dünchen\u3002example", "xn--mnchen-3ya.example"),
        ("*.münchen.example", "*.xn--mnchen-3ya.example"),
        ("_sip.münchen.example", "_sip.xn--mnchen-3ya.example"),
        ("straße.example", "xn--strae-oqa.example"),
        # Python in lower case writes another sigma at the end, which is another name.
        ("\u039f\u0394\u039f\u03a3.example", dns_name("\u03bf\u03b4\u03bf\u03c3.example")),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        # A joiner, which belongs to the name and is escaped where it is shown.
        ("\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example", "xn--mgba3gch31f060k.example"),
        ("www.Example.COM", "www.example.com"),
        ("Jörg Müller", "jörg müller"),
        ("\u2603.example", "\u2603.example"),
        ("", ""),
    ],
)
def test_every_name_has_one_spelling(written: str, name: str) -> None:
    assert dns_name(written) == name
    assert dns_name(name) == name


@given(st.text("aüß\u0308\u03a3\u03c3\u03c2éÉ.-*_ \u3002\u200d\uff4d", max_size=12))
def test_the_spelling_is_final(text: str) -> None:
    name = dns_name(text)
    if name.isascii():
        assert dns_name(name) == name
        assert dns_name(in_unicode(name)) == name


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("münchen.example", ["münchen.example", "xn--mnchen-3ya.example"]),
        ("xn--mnchen-3ya.example", ["xn--mnchen-3ya.example", "münchen.example"]),
        ("Example.com", ["Example.com"]),
        ("Jörg Müller", ["Jörg Müller"]),
        ("xn--99999999999.example", ["xn--99999999999.example"]),
    ],
)
def test_every_spelling_of_a_text(text: str, spelled: list[str]) -> None:
    assert every_spelling(text) == spelled


def test_nothing_is_left_to_python_s_own_codecs() -> None:
    for file in UTILS.glob("_*/*.py"):
        texts = [node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)]
        assert not {"punycode", "idna"}.intersection(map(str, texts)), file.name


# -- from a service ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [ROW, DETAILS])
def test_an_order_is_read_with_names_as_dns_spells_them(source: str) -> None:
    order = read_order(CASE, source)

    assert order
    assert (order.common_name, order.domains) == (MUNICH, (WWW, MUNICH))
    assert order.shown(TODAY)["common_name"] == MUNICH
    assert order.shown(TODAY)["domains"] == [WWW, MUNICH]


@pytest.mark.parametrize("name", ["Jörg Müller", "jörg@münchen.example", "\u2603.example", "WWW.Example.com"])
def test_a_common_name_that_is_no_domain_name_in_unicode_stays(name: str) -> None:
    order = read_order({**CASE, "certificate": {"common_name": name}}, ROW)

    assert order
    assert order.common_name == name


def test_a_certificate_and_a_domain_are_read_alike() -> None:
    certificate, domain = read_certificate(CASE["certificate"]), read_domain({"id": 3, "name": "MÜNCHEN.example."})

    assert certificate
    assert domain
    assert (certificate.common_name, certificate.domains) == (MUNICH, (WWW, MUNICH))
    assert domain.name == "xn--mnchen-3ya.example"


def test_servertastic_s_orders_are_read_alike() -> None:
    sans = ["www.MÜNCHEN.example", "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example"]
    review = _servertastic._review("0" * 64, "t", {"domain_name": "MÜNCHEN.example", "additional_sans": sans})
    (listed,) = _servertastic._orders([{"domain_name": "MÜNCHEN.example"}], "order")

    assert review.domain_name == listed.domain_name == "xn--mnchen-3ya.example"
    assert review.domains == (
        "www.xn--mnchen-3ya.example",
        "xn--mgba3gch31f060k.example",
        "xn--mnchen-3ya.example",
    )


# -- from the user -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [*ASKED, "MÜNCHEN.field.example", MUNICH.upper()])
@pytest.mark.parametrize("stored", ["MÜNCHEN.field.example", "münchen.field.example", MUNICH, MUNICH.upper()])
def test_filters_find_an_order_by_either_spelling(asked: str, stored: str) -> None:
    order = read_order({**CASE, "certificate": {"common_name": stored, "dns_names": [stored]}}, ROW)

    assert order
    for wanted in ({"domain": asked}, {"common_name": asked}):
        found = criteria({**NONE, **wanted}, NOW)
        assert matches(order, found) is True
        # Which spelling the service compares is not known.
        assert server_filters(found) == []


@pytest.mark.parametrize("asked", ASKED)
def test_a_search_is_made_in_both_spellings(asked: str) -> None:
    found = criteria({**NONE, "search": asked}, NOW)

    assert sorted(server_filters(found)) == sorted(("search", f"%{name}") for name in ASKED)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("stored", ASKED)
def test_planners_find_a_name_by_either_spelling(asked: str, stored: str) -> None:
    row = read_order({"id": 7, "certificate": {"dns_names": [stored]}}, ROW)
    assert row

    assert covering([row], parse_request({"names": [asked]}), NOW.date()) == [row]
    assert parse_request({"names": [asked]}).names == {MUNICH}


@pytest.mark.parametrize("pattern", [*ASKED, "*.field.example", "m*nchen.field.example", "m?nchen.*", "xn--*"])
def test_a_name_is_protected_by_either_spelling(pattern: str) -> None:
    criteria = parse_request({"names": ["x.example"], "protected": [pattern]})

    assert criteria.protector(MUNICH)


@pytest.mark.parametrize("pattern", ["m*nchen.field.example", "münchen.field.example"])
def test_a_wildcard_over_a_protected_name_is_protected(pattern: str) -> None:
    assert parse_request({"names": ["x.example"], "protected": [pattern]}).protector(f"*.{MUNICH}")


@pytest.mark.parametrize("old", ASKED)
@pytest.mark.parametrize("new", ASKED)
def test_a_successor_has_the_same_name_in_either_spelling(old: str, new: str) -> None:
    def answer(order_id: int, name: str, valid_till: str) -> Order:
        certificate = {"common_name": name, "dns_names": [name], "valid_till": valid_till}
        facts = {"product": {"type": "ssl_certificate"}, "organization": {"id": 9}, "is_renewed": False}
        order = read_order({"id": order_id, "status": "issued", "certificate": certificate, **facts}, ROW)
        assert order
        return replace(order, is_migrated=order_id == 1, seen=frozenset([ROW, ORIGIN]))

    (entry,) = successors([answer(1, old, "2026-12-08"), answer(2, new, "2027-03-08")], date(2026, 11, 28))

    assert (entry["action"], entry["domains"]) == ("mark_renewed", [MUNICH])


@pytest.mark.parametrize("planned", ASKED)
@pytest.mark.parametrize("applied", ASKED)
def test_an_approved_plan_names_a_name_in_either_spelling(planned: str, applied: str) -> None:
    plan = make("retire", 1, "host", [planned], [], NOW)

    assert read(plan, None, "retire", 1, "host", NOW, names=[applied])["names"] == [planned]
    with pytest.raises(PlanError, match=r"\bnames\b"):
        read(plan, None, "retire", 1, "host", NOW, names=["xn--bcher-kva.example"])


@pytest.mark.parametrize("asked", ASKED)
def test_a_probe_resolves_the_spelling_of_dns(asked: str) -> None:
    assert host_name(asked) == (MUNICH, "")


# -- without the library -----------------------------------------------------------------------------------------------


def test_without_the_library_names_in_unicode_are_refused_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_names, "_idna", None)

    assert domain_name("XN--MNCHEN-3YA.example", "name") == "xn--mnchen-3ya.example"
    for refused in (
        lambda: domain_name("münchen.example", "name"),
        lambda: parse_request({"names": ["a.example"], "protected": ["*.münchen.example"]}),
        lambda: parse_stale({"now": "2026-11-28", "exclude": ["münchen.*"]}),
    ):
        with pytest.raises((OptionError, ValueError), match="Python library idna"):
            refused()
    assert "idna" in host_name("münchen.example")[1]
    # A name from a service stays as it is, which is no domain name to any planner.
    order = read_order(CASE, ROW)
    assert order
    assert order.domains == ("münchen.field.example", "www.münchen.field.example")
