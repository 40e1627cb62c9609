# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CertCentral's JSON as objects: whole, sparse, of the wrong types, hostile; and as results show them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral import models as objects
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    DETAILS,
    ORIGIN,
    ROW,
    Account,
    Certificate,
    Domain,
    Named,
    Note,
    Order,
    Person,
    Request,
    User,
    boolean,
    integer,
    merged,
    read_account,
    read_certificate,
    read_domain,
    read_notes,
    read_order,
    read_request,
    read_user,
    serial,
    with_certificates,
)
from ansible_collections.certops.orders.plugins.module_utils._common.values import utc_text
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.properties import examples

TODAY = date(2026, 3, 1)
UTC = timezone.utc
CSR = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB+w==\n-----END CERTIFICATE REQUEST-----\n"
# What must never come out of a service's text: a new line, an escape sequence, a reversed line.
HOSTILE = "a\nb\x1b[2J\u202ec\u2028"
TAMED = "a\\nb\\x1b[2J\\u202ec\\u2028"

PAGE: dict[str, Any] = {
    "id": 123,
    "status": "issued",
    "is_renewed": False,
    "renewed_order_id": 0,
    "renewal_of_order_id": 99,
    "date_created": "2025-08-19T18:16:07-06:00",
    "order_valid_till": "2027-08-01",
    "certificate": {
        "id": 5,
        "thumbprint": "aa:bb",
        "serial_number": "0a1b",
        "common_name": "WWW.example.com",
        "dns_names": ["www.example.com", "Example.com", "*.example.com"],
        "valid_from": "2025-08-01",
        "valid_till": "2026-03-31",
        "status": "issued",
        "csr": CSR,
    },
    "organization": {"id": "12", "name": "Example Corp", "is_active": "1"},
    "container": {"id": 3, "name": "Retail"},
    "product": {"name_id": "ssl_plus", "name": "Standard SSL", "type": "ssl_certificate"},
    "product_name_id": "ssl_plus",
    "is_multi_year_plan": "1",
    "has_duplicates": True,
    "has_reissues": 0,
    "disable_renewal_notifications": "1",
    "auto_renew": 10,
    "auto_reissue": 1,
    "custom_renewal_message": "Ask Bob",
    "requests": [
        {"id": 1, "type": "new_request", "status": "approved", "date": "2025-08-19T18:16:07+00:00"},
        {"id": 2, "type": "revoke", "status": "pending"},
        {"id": 3, "type": "reissue", "status": "submitted"},
        {"type": "revoke"},
        None,
    ],
    "notes": [{"id": 8, "text": "first"}, "second", {"id": "9"}],
    "user": {"id": "7", "first_name": "Ada", "last_name": "Example", "email": "ada@example.com"},
}


def read(data: Any, source: str = DETAILS) -> Order:
    order = read_order(data, source)
    assert order is not None
    return order


def a_page(**facts: Any) -> Order:
    return read({"id": 123, **facts})


# -- shapes that clients of the service have met -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2027-1-5", date(2027, 1, 5)),
        ("2027-01-05", date(2027, 1, 5)),
        (" 2027-1-05 ", date(2027, 1, 5)),
        ("2027-1-5 03:04:05", date(2027, 1, 5)),
        ("2027-01-05T23:59:59+00:00", date(2027, 1, 5)),
        ("2027-1-512", None),
        ("2027-13-1", None),
        ("0000-00-00", None),
        ("05-JAN-2027", None),
        (20270105, None),
        ({"date": "2027-01-05"}, None),
    ],
)
@pytest.mark.parametrize("source", [DETAILS, ROW])
def test_an_expiry_is_read_or_known_to_be_unread(text: Any, day: date | None, source: str) -> None:
    order = read({"id": 1, "status": "issued", "certificate": {"valid_till": text}}, source)
    assert (order.valid_till, order.has_unread_expiry) == (day, day is None)
    order = read({"id": 1, "status": "issued", "order_valid_till": text}, source)
    assert (order.order_valid_till, order.has_unread_expiry) == (day, day is None)


@pytest.mark.parametrize("nothing", [{}, {"valid_till": None}, {"valid_till": ""}, {"valid_till": []}, []])
def test_no_expiry_is_not_an_unread_one(nothing: Any) -> None:
    assert read({"id": 1, "status": "pending", "certificate": nothing}).has_unread_expiry is False


def test_a_time_without_zeros() -> None:
    assert utc_text(a_page(date_created="2027-1-5 03:04:05").date_created) == "2027-01-05T03:04:05Z"


@pytest.mark.parametrize("spelled", ["new request", "New Request", "new_request", " new  request "])
def test_a_new_request_however_it_is_spelled(spelled: str) -> None:
    assert a_page(requests=[{"id": 1, "type": spelled}]).requests[0].type == "new_request"


@pytest.mark.parametrize(
    ("certificate", "status"),
    [
        ({"serial_number": "0A", "valid_till": "2027-01-05"}, "issued"),
        ({"serial_number": "0A"}, "approved"),
        ({"valid_till": "2027-01-05"}, "approved"),
        ({"id": 5}, "approved"),
        ([], "approved"),
    ],
)
@pytest.mark.parametrize("source", [DETAILS, ROW])
def test_approved_is_issued_where_there_is_a_certificate(certificate: Any, status: str, source: str) -> None:
    assert read({"id": 1, "status": "approved", "certificate": certificate}, source).status == status


def test_other_statuses_stay_whatever_there_is() -> None:
    certificate = {"serial_number": "0A", "valid_till": "2027-01-05"}
    assert read({"id": 1, "status": "revoked", "certificate": certificate}).status == "revoked"


EMPTY_LISTS: dict[str, Any] = {
    "id": 123,
    "certificate": [],
    "product": [],
    "organization": [],
    "container": [],
    "requests": [[], {"id": 1, "order": [], "certificate": [], "requester": []}],
    "notes": [],
}


def test_an_empty_list_instead_of_an_object_means_no_data() -> None:
    order = read({**EMPTY_LISTS, "status": "issued"})
    assert (order.primary, order.organization, order.container, order.product_name_id) == (None, None, None, "")
    assert [request.shown()["order_id"] for request in order.requests] == [123]
    assert read_domain({"id": 4, "organization": [], "container": [], "dcv_expiration": []}) == Domain(
        4, "", None, dcv_expiration={}
    )


@pytest.mark.parametrize("visible", [[5, "6"], [{"id": 5, "name": "A"}, {"id": "6"}]])
def test_visible_containers_are_ids_or_objects(visible: Any) -> None:
    assert read_user({"has_container_assignments": True, "container_visibility": visible}).container_ids == (5, 6)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("2027-1-15", "2027-01-15"), ("2027-01-15T20:00:00-07:00", "2027-01-16"), ("soon", ""), (None, "")],
)
def test_the_expiry_of_domain_control_is_a_day_in_utc(value: Any, shown: str) -> None:
    domain = read_domain({"id": 4, "dcv_expiration": {"ov": value}})
    assert domain is not None
    assert domain.shown()["dcv_expiration"] == {"ov": shown}


# -- an order ----------------------------------------------------------------------------------------------------------


def test_an_order_s_own_page() -> None:
    assert read(PAGE) == Order(
        id=123,
        status="issued",
        is_renewed=False,
        renewed_order_id=0,
        valid_till=date(2026, 3, 31),
        common_name="WWW.example.com",
        is_migrated=None,
        seen=frozenset([DETAILS]),
        dns_names=("www.example.com", "Example.com", "*.example.com"),
        date_created=datetime(2025, 8, 20, 0, 16, 7, tzinfo=UTC),
        valid_from=date(2025, 8, 1),
        order_valid_till=date(2027, 8, 1),
        certificate_id=5,
        serial_number="0A1B",
        product_name_id="ssl_plus",
        product_name="Standard SSL",
        product_type="ssl_certificate",
        organization=Named(12, "Example Corp"),
        container=Named(3, "Retail"),
        is_multi_year_plan=True,
        has_duplicates=True,
        has_reissues=False,
        duplicates_count=1,
        reissues_count=0,
        disable_renewal_notifications=True,
        certificate_status="issued",
        thumbprint="AABB",
        csr=CSR,
        renewal_of_order_id=99,
        auto_renew=True,
        auto_reissue=True,
        custom_renewal_message="Ask Bob",
        requester=Person(7, "Ada Example", "ada@example.com"),
        requests=(
            Request(1, "new_request", "approved", "2025-08-19T18:16:07Z", order_id=123),
            Request(2, "revoke", "pending", order_id=123),
            Request(3, "reissue", "submitted", order_id=123),
        ),
        notes=(Note(8, "first"), Note(9, "")),
    )


def test_a_row_has_nothing_that_only_the_page_has() -> None:
    row, page = read(PAGE, ROW), read(PAGE)
    only_the_page_has = {
        "certificate_status": "",
        "thumbprint": "",
        "csr": "",
        "renewal_of_order_id": None,
        "auto_renew": None,
        "auto_reissue": None,
        "custom_renewal_message": None,
        "requests": (),
        "notes": None,
    }
    assert row == replace(page, seen=frozenset([ROW]), **only_the_page_has)


def test_a_row_with_almost_no_fields() -> None:
    assert read({"id": 1}, ROW) == Order(1, "", seen=frozenset([ROW]), names_known=False)


@pytest.mark.parametrize("data", [None, [], "x", 7, {}, {"id": None}, {"id": True}, {"id": "x"}, {"id": 1.5}])
@pytest.mark.parametrize("source", [ROW, DETAILS])
def test_what_has_no_id_is_no_order(data: Any, source: str) -> None:
    assert read_order(data, source) is None


TRAPS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # The row of a DV order, for one.
    *(({"organization": odd}, {"organization": None}) for odd in ([], None, "", "Example", 12, [{"id": 1}])),
    ({"organization": {}}, {"organization": Named(None, "")}),
    ({"organization": {"id": "12", "name": None}}, {"organization": Named(12, "")}),
    ({"organization": {"id": "twelve", "name": HOSTILE}}, {"organization": Named(None, TAMED)}),
    ({"container": []}, {"container": None}),
    ({"container": {"id": 3, "name": ["x"]}}, {"container": Named(3, "['x']")}),
    *(({"product": odd}, {"product_name": "", "product_name_id": ""}) for odd in ([], None, "ssl_plus")),
    ({"product": {"name_id": "ssl_plus"}}, {"product_name_id": "ssl_plus"}),
    ({"product_name_id": "other", "product": {"name_id": "ssl_plus"}}, {"product_name_id": "other"}),
    ({"product": {"name": HOSTILE, "type": HOSTILE}}, {"product_name": TAMED, "product_type": TAMED}),
    ({"certificate": {"dns_names": ["a.b", "", None, 7, ["c.d"], "e.f"]}}, {"dns_names": ("a.b", "e.f")}),
    *(({"certificate": {"dns_names": odd}}, {"dns_names": ()}) for odd in (None, "a.b", {"a": "b"}, 7)),
    ({"certificate": {"dns_names": [HOSTILE]}}, {"dns_names": (TAMED,)}),
    ({"certificate": {"id": "5"}}, {"certificate_id": 5}),
    ({"certificate": {"serial_number": "0a:1B"}}, {"serial_number": "0A1B"}),
    *(
        ({"certificate": {"serial_number": odd, "thumbprint": odd}}, {"serial_number": "", "thumbprint": ""})
        for odd in (None, "", "xyz", 12, "a" * 129, "0a\n1b", [])
    ),
    ({"certificate": {"csr": CSR}}, {"csr": CSR}),
    ({"certificate": {"csr": "MIIB"}}, {"csr": "MIIB"}),
    *(
        ({"certificate": {"csr": odd}}, {"csr": ""})
        for odd in (None, "", 7, ["MIIB"], "{{ x }}", "MIIB\x1b[2J", "a\u202e", "a.b", "a" * 20001)
    ),
    *(({"is_multi_year_plan": yes}, {"is_multi_year_plan": True}) for yes in ("1", 1, True)),
    *(({"is_multi_year_plan": no}, {"is_multi_year_plan": False}) for no in ("0", 0, False)),
    ({"is_multi_year_plan": None}, {"is_multi_year_plan": None}),
    *(({"auto_renew": on}, {"auto_renew": True}) for on in (1, "1", 10, "10", True, "yes")),
    *(({"auto_renew": off}, {"auto_renew": False}) for off in (0, "0", False, None, "", "false")),
    *(({"auto_reissue": on}, {"auto_reissue": True}) for on in (1, "1", True)),
    *(({"auto_reissue": off}, {"auto_reissue": False}) for off in (0, "0", False, None, "")),
    *(({"disable_renewal_notifications": yes}, {"disable_renewal_notifications": True}) for yes in (1, "1", True)),
    *(({"disable_renewal_notifications": no}, {"disable_renewal_notifications": False}) for no in (0, None, "", "x")),
    ({"custom_renewal_message": HOSTILE}, {"custom_renewal_message": TAMED}),
    ({"custom_renewal_message": None}, {"custom_renewal_message": ""}),
    ({"user": {"id": 7, "last_name": HOSTILE}}, {"requester": Person(7, TAMED, "")}),
    ({"user": {"email": HOSTILE}}, {"requester": Person(None, "", TAMED)}),
    *(({"user": odd}, {"requester": None}) for odd in (None, {}, [], "x", 7, {"id": None, "email": ""})),
    ({"renewal_of_order_id": "9"}, {"renewal_of_order_id": 9}),
    ({"renewal_of_order_id": "x"}, {"renewal_of_order_id": 0}),
    *(({"requests": odd, "notes": odd}, {"requests": (), "notes": ()}) for odd in (None, {}, "x", 7, [None, 7, []])),
    ({"date_created": "2014-08-19T18:16:07+00:00"}, {"date_created": datetime(2014, 8, 19, 18, 16, 7, tzinfo=UTC)}),
    ({"date_created": "2014-08-19T18:16:07Z"}, {"date_created": datetime(2014, 8, 19, 18, 16, 7, tzinfo=UTC)}),
    ({"date_created": "2014-08-19 18:16:07"}, {"date_created": datetime(2014, 8, 19, 18, 16, 7, tzinfo=UTC)}),
    ({"date_created": "2014-08-19"}, {"date_created": datetime(2014, 8, 19, tzinfo=UTC)}),
    # The first moment of all, east of Greenwich, was not in any year.
    *(({"date_created": odd}, {"date_created": None}) for odd in (None, "", "soon", [], "0001-01-01T00:00:00+01:00")),
    *(({"order_valid_till": odd}, {"order_valid_till": None}) for odd in (None, "", "soon", [], "2026-02-30")),
    ({"certificate": {"valid_from": "2026-02-03T10:00:00Z"}}, {"valid_from": date(2026, 2, 3)}),
]


@each(("fields", "understood"), TRAPS)
def test_type_traps(fields: dict[str, Any], understood: dict[str, Any]) -> None:
    order = a_page(**fields)
    assert {name: getattr(order, name) for name in understood} == understood


@pytest.mark.parametrize("odd", ["MIIB\x1c", "MIIB\x85", "MIIB\u2028", "MIIB\x0b"])
def test_a_csr_has_no_control_characters(odd: str) -> None:
    assert a_page(certificate={"csr": odd}).csr == ""


@pytest.mark.parametrize(
    ("common_name", "dns_names", "domains"),
    [
        ("WWW.example.com", ["b.example.com", "A.example.com"], ("a.example.com", "b.example.com", "www.example.com")),
        ("*.example.com", ["example.com"], ("*.example.com", "example.com")),
        ("www.example.com", ["www.EXAMPLE.com"], ("www.example.com",)),
        ("Jane Doe", [], ()),
        ("Jane A. Doe", [], ()),
        ("jane@example.com", [], ()),
        ("Example Corp.", ["example.com"], ("example.com",)),
        ("https://example.com/", [], ()),
        ("localhost", [], ()),
        ("", [], ()),
    ],
)
def test_the_domains_of_an_order(common_name: str, dns_names: list[str], domains: tuple[str, ...]) -> None:
    assert a_page(certificate={"common_name": common_name, "dns_names": dns_names}).domains == domains


@pytest.mark.parametrize(
    ("status", "certificate", "shown"),
    [
        ("issued", {"id": 5}, "issued"),
        ("issued", {"serial_number": "0a"}, "issued"),
        ("issued", {"id": 5, "status": None}, "issued"),
        ("issued", {"id": 5, "status": "revoked"}, "revoked"),
        ("revoked", {"id": 5}, "revoked"),
        ("revoked", {"id": 5, "status": "issued"}, "issued"),
        ("reissue_pending", {"id": 5}, "issued"),
        ("expired", {"id": 5}, "issued"),
        ("pending", {}, None),
        ("issued", {"serial_number": "none"}, None),
        ("issued", [], None),
    ],
)
def test_the_primary_certificate_and_its_status(status: str, certificate: Any, shown: str | None) -> None:
    order = a_page(status=status, certificate=certificate)
    assert (order.primary.status if order.primary else None) == shown


def test_the_primary_certificate_has_all_names_and_the_expiry() -> None:
    domains = ("*.example.com", "example.com", "www.example.com")
    assert read(PAGE).primary == Certificate(
        *(5, "0A1B", "issued", "WWW.example.com", domains, date(2026, 3, 31)), thumbprint="AABB"
    )


def test_the_undecided_requests_of_an_order() -> None:
    assert [request.id for request in read(PAGE).undecided] == [2, 3]


# -- how an order is shown ---------------------------------------------------------------------------------------------

ROW_KEYS = {
    *("order_id", "status", "is_renewed", "common_name", "domains", "domains_known", "certificate_id"),
    *(
        "serial_number",
        "date_created",
        "valid_from",
        "valid_till",
        "days_remaining",
        "order_valid_till",
        "is_multi_year_plan",
    ),
    *("product_name_id", "product_name", "product_type", "organization_id", "organization_name", "container_id"),
    *("container_name", "has_duplicates", "has_reissues", "disable_renewal_notifications"),
}
PAGE_KEYS = {
    *("certificate_status", "thumbprint", "csr", "renewed_order_id", "renewal_of_order_id", "auto_renew"),
    *("auto_reissue", "custom_renewal_message", "requests", "pending_requests", "notes"),
    *("requester", "requester_email", "requester_id"),
}


def test_an_order_is_shown_whole() -> None:
    shown = read(PAGE).shown(TODAY)
    assert shown == {
        "order_id": 123,
        "status": "issued",
        "is_renewed": False,
        "common_name": "WWW.example.com",
        "domains": ["*.example.com", "example.com", "www.example.com"],
        "domains_known": True,
        "certificate_id": 5,
        "serial_number": "0A1B",
        "date_created": "2025-08-20T00:16:07Z",
        "valid_from": "2025-08-01",
        "valid_till": "2026-03-31",
        "days_remaining": 30,
        "order_valid_till": "2027-08-01",
        "is_multi_year_plan": True,
        "product_name_id": "ssl_plus",
        "product_name": "Standard SSL",
        "product_type": "ssl_certificate",
        "organization_id": 12,
        "organization_name": "Example Corp",
        "container_id": 3,
        "container_name": "Retail",
        "has_duplicates": True,
        "has_reissues": False,
        "disable_renewal_notifications": True,
        "certificate_status": "issued",
        "thumbprint": "AABB",
        "csr": CSR,
        "renewed_order_id": 0,
        "renewal_of_order_id": 99,
        "auto_renew": True,
        "auto_reissue": True,
        "custom_renewal_message": "Ask Bob",
        "requests": [
            {"request_id": 1, "type": "new_request", "status": "approved", "date": "2025-08-19T18:16:07Z"},
            {"request_id": 2, "type": "revoke", "status": "pending", "date": ""},
            {"request_id": 3, "type": "reissue", "status": "submitted", "date": ""},
        ],
        "pending_requests": [
            {"request_id": 2, "type": "revoke", "status": "pending", "date": ""},
            {"request_id": 3, "type": "reissue", "status": "submitted", "date": ""},
        ],
        "requester": "Ada Example",
        "requester_email": "ada@example.com",
        "requester_id": 7,
        "notes": ["first", ""],
    }


@pytest.mark.parametrize(
    ("sources", "keys"),
    [
        ([ROW], ROW_KEYS),
        ([ROW, ORIGIN], ROW_KEYS | {"is_migrated"}),
        ([DETAILS], ROW_KEYS | PAGE_KEYS),
        ([ROW, DETAILS, ORIGIN], ROW_KEYS | PAGE_KEYS | {"is_migrated"}),
    ],
)
@pytest.mark.parametrize("data", [PAGE, {"id": 1}])
def test_the_keys_shown_depend_on_the_sources_read_and_not_on_the_data(
    sources: list[str], keys: set[str], data: Any
) -> None:
    shown = replace(read(data), seen=frozenset(sources)).shown(TODAY)
    assert set(shown) == keys
    json.dumps(shown)


def test_an_empty_order_is_shown_without_invented_values() -> None:
    shown = read({"id": 1}, ROW).shown(TODAY)
    nothing = {name: value for name, value in shown.items() if value not in (None, "", [])}
    assert nothing == {"order_id": 1, "is_multi_year_plan": False, "domains_known": False}


@pytest.mark.parametrize(("day", "left"), [("2026-03-31", 30), ("2026-03-01", 0), ("2026-02-28", -1), (None, None)])
def test_the_days_that_remain(day: str | None, left: int | None) -> None:
    assert a_page(certificate={"valid_till": day}).shown(TODAY)["days_remaining"] == left


@pytest.mark.parametrize(("is_migrated"), [True, False, None])
def test_the_origin_is_shown_as_it_was_found_out(is_migrated: bool | None) -> None:
    assert Order(1, "issued", is_migrated=is_migrated, seen=frozenset([ORIGIN])).shown(TODAY)["is_migrated"] is (
        is_migrated
    )


# -- the other things --------------------------------------------------------------------------------------------------


def test_a_request_whole() -> None:
    asked = read_request(
        {
            "id": "55",
            "type": "revoke",
            "status": "pending",
            "date": "2026-03-01T10:00:00-07:00",
            "order": {"id": "7"},
            "certificate": {"id": 5},
            "requester": {"id": 1, "first_name": "Ann", "last_name": "O\u202eX"},
            "comments": HOSTILE,
        }
    )
    assert asked == Request(55, "revoke", "pending", "2026-03-01T17:00:00Z", 7, 5, "Ann O\\u202eX", TAMED)
    assert (asked.name, asked.facts) == ("revoke", {"status": "pending"})
    assert asked.identity == {"request_id": 55, "order_id": 7, "type": "revoke"}
    brief = {"request_id": 55, "type": "revoke", "status": "pending", "date": "2026-03-01T17:00:00Z"}
    assert asked.brief() == brief
    assert asked.shown() == {**brief, "order_id": 7, "requester": "Ann O\\u202eX", "comments": TAMED}


@pytest.mark.parametrize(
    ("fields", "understood"),
    [
        ({}, Request(1, "", "")),
        ({"requester": []}, Request(1, "", "")),
        ({"requester": {"first_name": None, "last_name": "Doe"}}, Request(1, "", "", requester="Doe")),
        ({"requester": {"first_name": 7}}, Request(1, "", "", requester="7")),
        ({"order": [], "certificate": "x", "date": "soon"}, Request(1, "", "")),
        ({"order": {"id": 0}}, Request(1, "", "")),
        ({"type": ["x"], "status": None}, Request(1, "['x']", "")),
    ],
)
def test_a_request_that_is_odd(fields: dict[str, Any], understood: Request) -> None:
    assert read_request({"id": 1, **fields}) == understood


def test_the_order_of_a_request_is_its_own_field_or_the_order_it_was_read_from() -> None:
    inside, alone = read_request({"id": 1}, 7), read_request({"id": 1, "order": {"id": 8}}, 7)
    assert inside is not None
    assert alone is not None
    assert (inside.order_id, alone.order_id) == (7, 8)


@pytest.mark.parametrize(
    ("status", "waits"),
    [("pending", True), ("submitted", True), ("approved", False), ("rejected", False), ("", False), ("PENDING", False)],
)
def test_a_request_waits_until_the_approver_decided(status: str, waits: bool) -> None:
    assert Request(1, "revoke", status).is_undecided is waits


@pytest.mark.parametrize("reader", [read_request, read_domain])
@pytest.mark.parametrize("data", [None, [], "x", 7, {}, {"id": None}, {"id": True}, {"id": "x"}])
def test_what_has_no_id_is_nothing(reader: Any, data: Any) -> None:
    assert reader(data) is None


# -- which names and which certificates are known ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("certificate", "count", "known"),
    [
        ({"dns_names": ["a.test", "b.test"]}, None, True),
        ({"dns_names": ["a.test", "b.test"]}, 2, True),
        ({"dns_names": ["a.test", "b.test"]}, "2", True),
        ({"dns_names": []}, 0, True),
        ({"dns_names": ["a.test", "b.test"]}, 3, False),
        ({"dns_names": ["a.test", "A.test"]}, "2", False),
        ({"dns_names": ["a.test"]}, "many", False),
        ({"dns_names": ["a.test"]}, True, False),
        ({}, None, False),
        ({"dns_names": None}, None, False),
        ({"dns_names": "a.test"}, None, False),
        ({"dns_names": {"0": "a.test"}}, None, False),
        ({"dns_names": ["a.test", None]}, None, False),
        ({"dns_names": ["a.test", ["b.test"]]}, None, False),
        ({"dns_names": ["a.test", ""]}, None, False),
        ([], None, False),
        (None, None, False),
    ],
)
@pytest.mark.parametrize("source", [ROW, DETAILS])
def test_whether_all_names_of_an_order_are_known(certificate: Any, count: Any, known: bool, source: str) -> None:
    more = {} if count is None else {"number_of_sans": count}
    order = read({"id": 1, "status": "pending", "certificate": certificate, **more}, source)

    assert order.names_known is known
    assert order.shown(TODAY)["domains_known"] is known


def test_a_row_does_not_lend_its_page_what_it_knows_of_names() -> None:
    row = read({"id": 1, "certificate": {"common_name": "a.test", "dns_names": ["a.test"]}}, ROW)
    page = read({"id": 1, "certificate": {"common_name": "a.test", "dns_names": None}})

    assert merged(page, row, DETAILS).names_known is False
    assert merged(row, page, DETAILS).names_known is True


@pytest.mark.parametrize(
    ("fields", "announced", "has"),
    [
        ({}, 0, None),
        ({"has_duplicates": False, "duplicates_count": 0}, 0, False),
        ({"has_duplicates": "0", "duplicates_count": "0"}, 0, False),
        ({"duplicates_count": 0}, 0, None),
        ({"has_duplicates": True}, 1, True),
        ({"has_duplicates": "1", "duplicates_count": "3"}, 3, True),
        ({"duplicates_count": 2}, 2, True),
        # They contradict one another: there may be some.
        ({"has_duplicates": False, "duplicates_count": 2}, 2, True),
        ({"has_duplicates": True, "duplicates_count": 0}, 1, True),
        ({"has_duplicates": None, "duplicates_count": None}, 0, None),
        ({"has_duplicates": "maybe"}, None, None),
        ({"has_duplicates": False, "duplicates_count": "two"}, None, None),
        ({"duplicates_count": -1}, None, None),
        ({"duplicates_count": True}, None, None),
        ({"duplicates_count": [1, 2]}, None, None),
    ],
)
@pytest.mark.parametrize("kind", ["duplicates", "reissues"])
def test_how_many_certificates_an_order_announces(
    fields: dict[str, Any], announced: int | None, has: bool | None, kind: str
) -> None:
    order = a_page(**{name.replace("duplicates", kind): value for name, value in fields.items()})

    assert getattr(order, f"{kind}_count") == announced
    assert order.shown(TODAY)[f"has_{kind}"] is has


@pytest.mark.parametrize("status", ["needs_approval", "pending", "waiting_pickup", "canceled", "rejected", "", "new"])
def test_the_id_of_a_certificate_alone_does_not_make_an_order_issued(status: str) -> None:
    """pending_with_certificate_id.json: what an order asks for has an id, and a platform, before it is issued."""
    certificate = {"id": 104, "common_name": "e.field.example", "signature_hash": "sha256", "key_size": 2048}
    order = a_page(status=status, certificate=certificate)
    shown = order.shown(TODAY)

    assert not order.was_issued
    assert (shown["certificate_id"], shown["certificate_status"], shown["serial_number"]) == (None, "", "")
    assert order.primary is not None
    assert order.primary.status == "pending"


@pytest.mark.parametrize(
    ("status", "certificate"),
    [
        ("issued", {"id": 104}),
        ("renewed", {"id": 104}),
        ("expired", {"id": 104}),
        ("reissue_pending", {"id": 104}),
        ("pending", {"id": 104, "serial_number": "0A"}),
        ("processing", {"id": 104, "thumbprint": "0A"}),
        ("approved", {"id": 104, "valid_till": "2026-12-31"}),
    ],
)
def test_what_shows_that_an_order_was_issued(status: str, certificate: dict[str, Any]) -> None:
    order = a_page(status=status, certificate=certificate)

    assert order.was_issued
    assert order.shown(TODAY)["certificate_id"] == 104


PRIMARY = {"id": 5, "serial_number": "0A", "thumbprint": "AA", "common_name": "a.test", "dns_names": ["a.test"]}
AGAIN = {**PRIMARY, "id": 7001}
ONE = {"id": 6, "serial_number": "0B", "common_name": "b.test", "dns_names": ["b.test"], "status": "issued"}
TWO = {"id": 7, "serial_number": "0C", "common_name": "c.test", "dns_names": ["c.test"], "status": "issued"}
TLS = {"product": {"name_id": "ssl_plus", "type": "ssl_certificate"}}


@pytest.mark.parametrize(
    ("listed", "count", "named"),
    [
        ([], 0, None),
        ([ONE], 0, None),
        ([ONE], 1, None),
        ([ONE, TWO], 2, None),
        # Rows of every state count, archived ones as well.
        ([ONE, {**TWO, "status": "revoked", "archived": "1"}], 2, None),
        ([ONE, {"id": 8, "status": "pending", "common_name": "d.test"}], 2, None),
        ([ONE, {"id": 8, "status": "rejected"}], 2, None),
        # The announced and the listed number.
        # duplicates_repeat_primary.json, duplicates_short.json
        ([AGAIN, {**AGAIN, "id": 7002}], 2, ["2", "0"]),
        ([ONE], 2, ["2", "1"]),
        ([], 1, ["1", "0"]),
        ([PRIMARY], 1, ["1", "0"]),
        # The same one by another id, in another spelling, or by its thumbprint alone.
        ([ONE, {**ONE, "id": 61, "serial_number": "0b"}], 2, ["2", "1"]),
        ([{"id": 9, "thumbprint": "aa", "common_name": "a.test"}], 1, ["1", "0"]),
        ([ONE, {"common_name": "x.test"}], 2, ["2", "1"]),
        # A certificate or a count that cannot be read.
        ([ONE, None, "0B", 7], 1, []),
        ([ONE], None, []),
        # The serial number of one without names.
        ([{"id": 6, "serial_number": "0B"}], 1, ["0B"]),
        ([{**ONE, "dns_names": None}], 1, ["0B"]),
        ([{**ONE, "dns_names": "b.test"}], 1, ["0B"]),
        ([{**ONE, "dns_names": ["b.test", 7]}], 1, ["0B"]),
        ([{**ONE, "dns_names": ["b.test", 7], "status": "revoked"}], 1, None),
        ([{**ONE, "common_name": "Jane Doe", "dns_names": []}], 1, ["0B"]),
        # Twice, and not alike.
        ([{**PRIMARY, "dns_names": ["pay.test"]}], 0, ["0A"]),
        ([ONE, {**ONE, "dns_names": ["pay.test"]}], 1, ["0B"]),
    ],
)
@pytest.mark.parametrize("kind", ["duplicate", "reissue"])
def test_certificates_are_compared_with_what_their_order_announces(
    listed: list[Any], count: Any, named: list[str] | None, kind: str
) -> None:
    announces = {f"{kind}s_count": "?" if count is None else count}
    order = a_page(status="issued", certificate=PRIMARY, **TLS, **announces)
    certificates = [read_certificate(item) for item in listed]
    lists = {"reissues": (), "duplicates": (), f"{kind}s": certificates}

    found = with_certificates(order, **lists).unknown

    assert bool(found) is (named is not None)
    assert re.findall(r"\b[0-9][0-9A-F]*\b", found) == (named or [])


def test_a_certificate_in_both_lists_does_not_stand_for_two() -> None:
    order = a_page(status="issued", certificate=PRIMARY, duplicates_count=1, reissues_count=1, **TLS)
    one, two = read_certificate(ONE), read_certificate(TWO)

    assert with_certificates(order, [one], [two]).unknown == ""
    assert re.findall(r"\d+", with_certificates(order, [one], [one]).unknown) == ["2", "1"]


def test_names_of_users_are_not_names_of_servers() -> None:
    """An order of client certificates has no DNS names, and is revoked all the same."""
    certificate = {"id": 5, "serial_number": "0A", "common_name": "Jane Doe", "dns_names": None}
    order = a_page(status="issued", certificate=certificate, product={"type": "client_certificate"})

    assert with_certificates(order, [], []).unknown == ""


def test_certificates_that_share_an_id_and_differ_in_their_serial_numbers_are_two() -> None:
    order = a_page(status="issued", certificate=PRIMARY, duplicates_count=1, **TLS)
    known = with_certificates(order, [], [read_certificate({**ONE, "id": 5})])

    assert (known.unknown, [one.serial_number for one in known.certificates]) == ("", ["0A", "0B"])


def test_a_page_without_notes_leaves_them_unknown() -> None:
    without = {name: value for name, value in PAGE.items() if name != "notes"}
    assert read(without).notes is None
    assert read(without).shown(TODAY)["notes"] is None
    assert read({**PAGE, "notes": []}).shown(TODAY)["notes"] == []


def test_notes_are_long_and_tame() -> None:
    notes = read_notes({"notes": [{"id": 1, "text": "x" * 9000}, {"text": HOSTILE}, {}, None, "x"]})
    assert notes == (Note(1, "x" * 9000), Note(None, "a b\\x1b[2J\\u202ec"), Note(None, ""))
    assert read_notes({}) == read_notes({"notes": {"text": "x"}}) == ()


def test_a_certificate() -> None:
    data = {"id": "5", "serial_number": "0a:1b", "common_name": "A.example.com", "dns_names": ["b.example.com"]}
    certificate = read_certificate({**data, "valid_till": "2026-03-31", "status": "revoked"})
    domains = ("a.example.com", "b.example.com")
    assert certificate == Certificate(5, "0A1B", "revoked", "A.example.com", domains, date(2026, 3, 31))
    assert certificate.shown() == {
        "certificate_id": 5,
        "serial_number": "0A1B",
        "status": "revoked",
        "domains": ["a.example.com", "b.example.com"],
        "valid_till": "2026-03-31",
    }


@pytest.mark.parametrize(
    ("data", "status"), [(None, "issued"), ("", "issued"), ("approved", "issued"), ("pending", "pending"), (7, "7")]
)
def test_the_status_of_a_certificate(data: Any, status: str) -> None:
    certificate = read_certificate({"serial_number": "0a", "status": data})
    assert certificate is not None
    assert (certificate.status, certificate.shown()["valid_till"]) == (status, "")


def test_a_status_that_only_ends_like_approved_is_left_as_it_is() -> None:
    certificate = read_certificate({"id": 1, "status": "disapproved"})
    assert certificate is not None
    assert certificate.status == "disapproved"


def test_a_domain() -> None:
    domain = read_domain(
        {
            "id": "4",
            "name": "Example.COM",
            "is_active": "1",
            "date_created": "2026-01-02T03:04:05+00:00",
            "organization": {"id": 12, "name": "Example Corp", "is_active": "1"},
            "container": {"id": 3, "name": "Retail"},
            "validations": [
                {"type": "ov", "status": "active", "validated_until": "2026-12-31T00:00:00+00:00", "name": "OV"},
                {"type": None},
                "ev",
            ],
            "dcv_method": "dns-txt-token",
            "dcv_expiration": {"ov": "2026-12-31", "ev": None},
        }
    )
    assert domain is not None
    assert (domain.name, domain.facts) == ("example.com", {"state": "active"})
    assert domain.identity == {"domain_id": 4, "name": "example.com"}
    assert domain.shown() == {
        "domain_id": 4,
        "name": "example.com",
        "is_active": True,
        "date_created": "2026-01-02T03:04:05Z",
        "organization_id": 12,
        "organization_name": "Example Corp",
        "container_id": 3,
        "container_name": "Retail",
        "validations": [
            {"type": "ov", "status": "active", "validated_until": "2026-12-31T00:00:00Z"},
            {"type": "", "status": "", "validated_until": ""},
        ],
        "dcv_method": "dns-txt-token",
        "dcv_expiration": {"ov": "2026-12-31", "ev": ""},
    }


@pytest.mark.parametrize("odd", [None, [], "x", 7])
def test_a_domain_of_which_nothing_can_be_read(odd: Any) -> None:
    names = ("organization", "container", "validations", "dcv_expiration", "date_created", "is_active")
    domain = read_domain({"id": 4, **dict.fromkeys(names, odd)})
    assert domain == Domain(4, "", None, dcv_expiration={})
    shown = domain.shown()
    assert (shown["organization_id"], shown["container_name"], shown["validations"]) == (None, "", [])
    assert domain.facts == {"state": "unknown"}
    assert Domain(4, "x", False).facts == {"state": "inactive"}
    assert Domain(4, "x", False).shown()["dcv_expiration"] == {}


def test_a_hostile_domain_is_tame() -> None:
    domain = read_domain({"id": 4, "name": HOSTILE, "dcv_method": HOSTILE, "dcv_expiration": {HOSTILE: "2026-01-01"}})
    assert domain is not None
    assert domain.name == TAMED.lower()
    assert domain.shown()["dcv_expiration"] == {TAMED: "2026-01-01"}


@pytest.mark.parametrize(
    ("data", "container_ids"),
    [
        ({}, None),
        ({"container_visibility": [3]}, None),
        ({"has_container_assignments": False, "container_visibility": [3]}, None),
        ({"has_container_assignments": True, "container_visibility": [3, "4", None, "x"]}, (3, 4)),
        ({"has_container_assignments": "1", "container_visibility": 3}, ()),
    ],
)
def test_the_containers_that_a_user_is_restricted_to(data: Any, container_ids: tuple[int, ...] | None) -> None:
    assert read_user(data).container_ids == container_ids


def test_a_user() -> None:
    roles = [{"id": 1, "name": "Administrator"}, {"name": None}, "x", {"name": HOSTILE}]
    data = {"id": "5", "account_id": 12, "username": HOSTILE, "status": "active", "access_roles": roles}
    user = read_user({**data, "has_container_assignments": True, "container_visibility": [3]})
    assert user == User(12, TAMED, ("Administrator", TAMED), 5, "active", (3,))
    assert user.shown() == {
        "user_id": 5,
        "username": TAMED,
        "status": "active",
        "roles": ["Administrator", TAMED],
        "container_ids": [3],
    }
    assert read_user({}) == User(None, "", ())
    assert read_user({}).shown()["container_ids"] is None


def test_an_account() -> None:
    account = read_account({"id": "12", "primary_organization_id": 8, "primary_organization_name": HOSTILE})
    assert account == Account(12, 8, TAMED, None, "")
    assert account.shown() == {
        "account_id": 12,
        "organization_id": 8,
        "organization_name": TAMED,
        "root_container_id": None,
        "type": "",
    }


# -- merging -----------------------------------------------------------------------------------------------------------


def test_merging_fills_gaps_and_overrules_nothing() -> None:
    page = Order(1, "", False, 0, None, "", seen=frozenset([DETAILS]), certificate_id=5)
    row = Order(
        *(1, "issued", True, 9, TODAY, "www", True, frozenset([ROW, ORIGIN])),
        certificate_id=6,
        has_duplicates=True,
        organization=Named(1, "x"),
    )
    both = merged(page, row, DETAILS)

    assert both == replace(
        page,
        valid_till=TODAY,
        common_name="www",
        is_migrated=True,
        has_duplicates=True,
        organization=Named(1, "x"),
        seen=frozenset([DETAILS, ROW, ORIGIN]),
    )


def test_merging_with_nothing_notes_that_it_was_asked() -> None:
    assert merged(Order(1, "issued"), None, ROW) == Order(1, "issued", seen=frozenset([ROW]))


# -- single values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "number"),
    [
        *[(7, 7), ("7", 7), (" 7 ", 7), (0, 0), ("0", 0), (-7, -7), ("9" * 19, int("9" * 19))],
        *[(odd, None) for odd in (True, False, None, "", "-7", "7.0", 7.0, "\u0667", "\u00b2", "9" * 20, [], {}, "7a")],
    ],
)
def test_a_whole_number(value: Any, number: int | None) -> None:
    assert integer(value) == number


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        *[(yes, True) for yes in (True, 1, "1", "true", " TRUE ", 1.0)],
        *[(no, False) for no in (False, 0, "0", "false", "False", 0.0)],
        *[(odd, None) for odd in (None, "", "yes", "on", 2, 10, -1, [], {}, [True])],
    ],
)
def test_a_truth_value(value: Any, truth: bool | None) -> None:
    assert boolean(value) is truth


@pytest.mark.parametrize(
    ("value", "text"),
    [("0a1b", "0A1B"), ("0A:1b", "0A1B"), (" 0a ", "0A"), ("f" * 128, "F" * 128), ("f" * 129, ""), ("0g", ""), (1, "")],
)
def test_a_serial_number(value: Any, text: str) -> None:
    assert serial(value) == text


def test_times_are_shown_in_seconds_and_utc() -> None:
    moment = datetime(2026, 3, 1, 1, 2, 3, 456, tzinfo=timezone(timedelta(hours=-7)))
    assert utc_text(objects._moment(moment.isoformat())) == "2026-03-01T08:02:03Z"
    assert utc_text(None) == objects._text(None) == ""


# -- whatever comes ----------------------------------------------------------------------------------------------------

texts = st.text(max_size=8)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts, st.dates().map(str))
names = st.sampled_from(
    [*PAGE, *PAGE["certificate"], "name", "order", "requester", "validations", "page", "dcv_expiration"]
)
anything = st.recursive(
    scalars,
    lambda deeper: st.one_of(st.lists(deeper, max_size=4), st.dictionaries(names, deeper, max_size=6)),
    max_leaves=20,
)
objects_of_json = st.dictionaries(names, anything, max_size=12)


INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def texts_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for item in pair for text in texts_of(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts_of(item)]
    return [value] if isinstance(value, str) else []


@examples(150)
@given(objects_of_json, anything, st.sampled_from([ROW, DETAILS]))
def test_any_json_at_all_is_read_and_what_is_shown_of_it_is_tame(data: dict[str, Any], odd: Any, source: str) -> None:
    for reader in (read_request, read_certificate, read_domain):
        reader(odd)
    things: list[Any] = [read_user(data), read_account(data), read_request({**data, "id": 1})]
    things += [read_certificate({**data, "id": 1}), read_domain({**data, "id": 1})]
    order = read_order({**data, "id": 1}, source)
    assert order is not None
    read_order(odd, source)

    for shown in (order.shown(TODAY), *(thing.shown() for thing in things)):
        json.dumps(shown)
        # A certificate request has line breaks.
        assert not INVISIBLE.intersection(map(category, "".join(texts_of({**shown, "csr": ""}))))
    assert order.facts["is_renewed"] in (True, False)


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages() -> None:
    def unknown(listed: list[Any], count: Any) -> str:
        order = a_page(status="issued", certificate=PRIMARY, **TLS, duplicates_count=count)
        return with_certificates(order, [], [read_certificate(item) for item in listed]).unknown

    both = a_page(status="issued", certificate=PRIMARY, duplicates_count=1, reissues_count=1, **TLS)
    check_messages(
        "certcentral certificates",
        {
            "number unreadable": unknown([ONE], "?"),
            "list too short": unknown([ONE], 2),
            "both lists too short": with_certificates(both, *[[read_certificate(ONE)]] * 2).unknown,
            "no id and no serial number": unknown([ONE, {}], 1),
            "names unreadable": unknown([{**ONE, "dns_names": None}], 1),
            "no names": unknown([{"id": 6, "serial_number": "0B"}], 1),
            "different names": unknown([ONE, {**ONE, "dns_names": ["pay.test"]}], 1),
        },
    )
