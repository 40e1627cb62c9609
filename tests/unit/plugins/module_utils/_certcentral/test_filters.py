# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which orders are meant: criterion by criterion, and what holds for all of them together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral.filters import (
    Criteria,
    Several,
    covers,
    matches,
    server_filters,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    DETAILS,
    ROW,
    Named,
    Order,
    Person,
)
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.unit.plugins.properties import examples

TODAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
# The filter's values that the service is documented to know (docs/development/reference/certcentral.md 2.2).
DOCUMENTED = {"pending", "issued", "rejected", "revoked", "waiting_pickup", "reissue_pending", "canceled"}
STATUSES = [*sorted(DOCUMENTED), "expired", "renewed", "needs_approval", "processing", "denied", "on_hold", ""]
NEVER_SENT = {"valid_till", "domain_name", "is_renewed", "date_created", "product_type", "id", "user_id", "email"}
ADA = Person(7, "Ada Example", "ada@example.com")
MUNICH = ("*.m\u00fcnchen.example", "*.xn--mnchen-3ya.example")


def a_row(**facts: Any) -> Order:
    known: dict[str, Any] = {
        "status": "issued",
        "is_renewed": False,
        "valid_till": TODAY + timedelta(days=30),
        "common_name": "www.example.com",
        "dns_names": ("www.example.com", "api.example.com"),
        "date_created": NOON,
        "product_name_id": "ssl_plus",
        "product_type": "ssl_certificate",
        "organization": Named(12, "Example Corp"),
        "container": Named(3, "Retail"),
        "seen": frozenset([ROW]),
    }
    return Order(id=1, **{**known, **facts})


# -- what the service is asked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("criteria", "filters"),
    [
        (Criteria(), []),
        (Criteria(status=frozenset(["issued"])), [("status", "issued")]),
        (Criteria(status=frozenset(["pending", "issued"])), [("status", "issued"), ("status", "pending")]),
        # issued finds the expired ones, too.
        (Criteria(status=frozenset(["expired"])), [("status", "issued")]),
        (Criteria(status=frozenset(["expired", "issued"])), [("status", "issued")]),
        # A value that is not documented may find nothing, and then no filter may be there that would hide it.
        (Criteria(status=frozenset(["renewed"])), []),
        (Criteria(status=frozenset(["needs_approval", "issued"])), []),
        (Criteria(status=frozenset(["ISSUED"])), []),
        (Criteria(common_name="WWW.example.com"), [("common_name", "WWW.example.com")]),
        (Criteria(container_id=3, organization_id=12), [("container_id", 3), ("organization_id", 12)]),
        (Criteria(product_name_id="ssl_plus"), [("product_name_id", "ssl_plus")]),
        (Criteria(search="example"), [("search", "%example")]),
        (Criteria(origin="migrated"), [("origin", "migrated")]),
        (Criteria(domain="example.com", include_subdomains=True), []),
        (Criteria(expires_from=TODAY, expires_to=TODAY, created_before=NOON), []),
        (Criteria(is_renewed=False), []),
        (Criteria(is_renewed=True), []),
        (Criteria(product_type="ssl_certificate"), []),
        (Criteria(containers=Several(frozenset([4, 3]))), [("container_id", 3), ("container_id", 4)]),
        (Criteria(organizations=Several(frozenset([12]))), [("organization_id", 12)]),
        # There is no filter by name, and one by the ids would lose the orders that the name finds.
        (Criteria(containers=Several(names=frozenset(["retail"]))), []),
        (Criteria(organizations=Several(frozenset([12]), frozenset(["example corp"]))), []),
        (Criteria(name_patterns=("www.*",)), []),
        (Criteria(requester="7"), []),
        (Criteria(created_from=NOON), []),
    ],
)
def test_the_filters_that_are_sent(criteria: Criteria, filters: list[tuple[str, object]]) -> None:
    assert server_filters(criteria) == filters


some_criteria = st.builds(
    Criteria,
    status=st.frozensets(st.sampled_from(STATUSES), max_size=3),
    domain=st.sampled_from(["", "example.com", "www.example.com"]),
    include_subdomains=st.booleans(),
    common_name=st.sampled_from(["", "www.example.com", "WWW.EXAMPLE.COM"]),
    search=st.sampled_from(["", "example"]),
    expires_from=st.sampled_from([None, TODAY]),
    expires_to=st.sampled_from([None, TODAY, TODAY + timedelta(days=30)]),
    is_renewed=st.sampled_from([None, True, False]),
    container_id=st.sampled_from([None, 3]),
    organization_id=st.sampled_from([None, 12]),
    product_name_id=st.sampled_from(["", "ssl_plus"]),
    product_type=st.sampled_from(["", "ssl_certificate"]),
    created_before=st.sampled_from([None, NOON]),
    created_from=st.sampled_from([None, NOON]),
    name_patterns=st.sampled_from([(), ("www.*",), ("*.example.com", "jane*")]),
    containers=st.sampled_from([Several(), Several(frozenset([3])), Several(names=frozenset(["retail"]))]),
    organizations=st.sampled_from([Several(), Several(frozenset([12]), frozenset(["example corp"]))]),
    requester=st.sampled_from(["", "7", "ada example", "ada@example.com"]),
    origin=st.sampled_from(["", "migrated", "certcentral"]),
)
some_orders = st.builds(
    Order,
    id=st.integers(min_value=1),
    status=st.sampled_from(STATUSES),
    is_renewed=st.sampled_from([None, True, False]),
    valid_till=st.sampled_from([None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=30)]),
    common_name=st.sampled_from(["", "www.example.com", "example.com", "Jane Doe"]),
    dns_names=st.sampled_from([(), ("www.example.com",), ("a.b.example.com", "*.example.com")]),
    date_created=st.sampled_from([None, NOON, NOON - timedelta(seconds=1)]),
    product_name_id=st.sampled_from(["", "ssl_plus", "other"]),
    product_type=st.sampled_from(["", "ssl_certificate", "other"]),
    organization=st.sampled_from([None, Named(None, ""), Named(12, ""), Named(13, ""), Named(13, "Example Corp")]),
    container=st.sampled_from([None, Named(3, ""), Named(4, ""), Named(4, "Retail")]),
    requester=st.sampled_from([None, ADA, Person(7, "", ""), Person(8, "Grace", "grace@example.com")]),
    names_known=st.booleans(),
    seen=st.sets(st.sampled_from([ROW, DETAILS])).map(frozenset),
)
# Options are refused that set both (see test_search.py), so several values come from a list only.
MAY_HAVE_SEVERAL = ("status", "container_id", "organization_id")
thorough = examples(500)


@thorough
@given(some_criteria)
def test_no_filter_is_sent_that_could_lose_an_order(criteria: Criteria) -> None:
    filters = server_filters(criteria)
    names = [name for name, _value in filters]

    assert not NEVER_SENT.intersection(names)
    assert {value for name, value in filters if name == "status"} <= DOCUMENTED
    assert all(value for _name, value in filters)
    # Several values of one name are alternatives.
    assert [name for name in names if names.count(name) > 1 and name not in MAY_HAVE_SEVERAL] == []
    for name, alone, several in (
        ("container_id", criteria.container_id, criteria.containers),
        ("organization_id", criteria.organization_id, criteria.organizations),
    ):
        allowed = {alone, *(() if several.names else several.ids)} - {None}
        assert {value for sent, value in filters if sent == name} == allowed


@thorough
@given(some_orders, some_criteria)
def test_the_status_filter_lets_every_order_through_that_is_meant(order: Order, criteria: Criteria) -> None:
    """By what the service is known to do: issued finds the expired ones, too."""
    asked = {value for name, value in server_filters(criteria) if name == "status"}
    let_through = not asked or order.status in asked or (order.status == "expired" and "issued" in asked)

    assert let_through or matches(order, criteria) is False


# -- the exact check ---------------------------------------------------------------------------------------------------

ANSWERS: list[tuple[dict[str, Any], dict[str, Any], bool | None]] = [
    ({}, {}, True),
    ({"status": frozenset(["issued", "pending"])}, {}, True),
    ({"status": frozenset(["expired"])}, {}, False),
    ({"domain": "api.example.com"}, {}, True),
    ({"domain": "example.com"}, {}, False),
    ({"domain": "example.com", "include_subdomains": True}, {}, True),
    ({"domain": "ample.com", "include_subdomains": True}, {}, False),
    ({"domain": "example.com", "include_subdomains": True}, {"dns_names": ("*.example.com",), "common_name": ""}, True),
    ({"domain": "www.example.com"}, {"common_name": "WWW.Example.com", "dns_names": ()}, True),
    ({"domain": "www.example.com"}, {"common_name": "", "dns_names": ("WWW.EXAMPLE.COM",)}, True),
    ({"common_name": "WWW.EXAMPLE.com"}, {}, True),
    ({"common_name": "api.example.com"}, {}, False),
    ({"common_name": "Jane Doe"}, {"common_name": "jane doe"}, True),
    ({"container_id": 3}, {}, True),
    ({"container_id": 4}, {}, False),
    ({"container_id": 3}, {"container": None}, None),
    ({"container_id": 3}, {"container": Named(None, "Retail")}, None),
    ({"organization_id": 12}, {}, True),
    ({"organization_id": 13}, {}, False),
    ({"organization_id": 12}, {"organization": None}, None),
    ({"product_name_id": "ssl_plus"}, {}, True),
    ({"product_name_id": "other"}, {}, False),
    ({"product_name_id": "ssl_plus"}, {"product_name_id": ""}, None),
    ({"product_type": "ssl_certificate"}, {}, True),
    ({"product_type": "other"}, {}, False),
    ({"product_type": "ssl_certificate"}, {"product_type": ""}, None),
    ({"is_renewed": False}, {}, True),
    ({"is_renewed": True}, {}, False),
    ({"is_renewed": True}, {"status": "renewed"}, True),
    ({"is_renewed": False}, {"status": "renewed"}, False),
    ({"is_renewed": True}, {"is_renewed": None}, None),
    ({"is_renewed": False}, {"is_renewed": None}, None),
    ({"expires_to": TODAY + timedelta(days=30)}, {}, True),
    ({"expires_to": TODAY + timedelta(days=29)}, {}, False),
    ({"expires_from": TODAY + timedelta(days=30)}, {}, True),
    ({"expires_from": TODAY + timedelta(days=31)}, {}, False),
    ({"expires_from": TODAY, "expires_to": TODAY}, {"valid_till": TODAY}, True),
    *(
        ({"expires_to": TODAY}, {"valid_till": None, "status": status}, None)
        for status in ("issued", "expired", "renewed", "reissue_pending", "revoked")
    ),
    *(
        ({"expires_to": TODAY}, {"valid_till": None, "status": status}, False)
        for status in ("pending", "canceled", "rejected", "needs_approval")
    ),
    ({"created_before": NOON}, {}, False),
    ({"created_before": NOON + timedelta(seconds=1)}, {}, True),
    ({"created_before": NOON}, {"date_created": None}, None),
    ({"created_from": NOON}, {}, True),
    ({"created_from": NOON + timedelta(seconds=1)}, {}, False),
    ({"created_from": NOON}, {"date_created": None}, None),
    ({"created_from": NOON, "created_before": NOON}, {}, False),
    ({"created_from": NOON, "created_before": NOON + timedelta(seconds=1)}, {}, True),
    ({"name_patterns": ("api.*",)}, {}, True),
    ({"name_patterns": ("*.example.com",)}, {"common_name": "WWW.Example.com", "dns_names": ()}, True),
    ({"name_patterns": ("example.com", "*.org")}, {}, False),
    ({"name_patterns": ("jane*",)}, {"common_name": "Jane Doe", "dns_names": ()}, True),
    *(
        ({"name_patterns": (pattern,)}, {"common_name": "", "dns_names": ("www.xn--mnchen-3ya.example",)}, True)
        for pattern in MUNICH
    ),
    ({"name_patterns": ("example.com",)}, {"names_known": False}, None),
    ({"name_patterns": ("api.*",)}, {"names_known": False}, True),
    ({"containers": Several(frozenset([3, 4]))}, {}, True),
    ({"containers": Several(frozenset([4]))}, {}, False),
    ({"containers": Several(names=frozenset(["retail"]))}, {}, True),
    ({"containers": Several(frozenset([4]), frozenset(["retail"]))}, {}, True),
    ({"containers": Several(frozenset([4]), frozenset(["ret"]))}, {}, False),
    ({"containers": Several(frozenset([3]))}, {"container": None}, None),
    ({"containers": Several(frozenset([3]))}, {"container": Named(None, "Retail")}, None),
    ({"containers": Several(names=frozenset(["other"]))}, {"container": Named(None, "Retail")}, False),
    ({"containers": Several(names=frozenset(["retail"]))}, {"container": Named(3, "")}, None),
    ({"organizations": Several(names=frozenset(["example corp"]))}, {}, True),
    ({"organizations": Several(frozenset([13]))}, {}, False),
    ({"organizations": Several(frozenset([13]))}, {"organization": None}, None),
    *(({"requester": wanted}, {"requester": ADA}, True) for wanted in ("7", "ada example", "ada@example.com")),
    *(({"requester": wanted}, {"requester": ADA}, False) for wanted in ("8", "ada", "grace@example.com")),
    ({"requester": "7"}, {}, None),
    ({"requester": "7"}, {"requester": Person(None, "Ada Example", "")}, None),
    ({"requester": "7", "container_id": 4}, {}, False),
    ({"search": "whatever", "origin": "migrated"}, {}, True),
    # One that is certainly not meant need not be read, whatever else is not known of it.
    ({"created_before": NOON, "container_id": 4}, {"date_created": None}, False),
]


@each(("wanted", "facts", "answer"), ANSWERS)
def test_whether_an_order_is_meant(wanted: dict[str, Any], facts: dict[str, Any], answer: bool | None) -> None:
    assert matches(a_row(**facts), Criteria(**wanted)) is answer
    if answer is None:
        # Once everything was read, what is left out is not so; but what is not marked is not renewed.
        whole = a_row(**facts, seen=frozenset([ROW, DETAILS]))
        assert matches(whole, Criteria(**wanted)) is (wanted.get("is_renewed") is False)


@pytest.mark.parametrize(("sources", "known"), [([ROW], False), ([DETAILS], False), ([ROW, DETAILS], True)])
def test_a_mark_that_one_answer_leaves_out_may_be_in_the_other(sources: list[str], known: bool) -> None:
    order = a_row(is_renewed=None, seen=frozenset(sources))
    assert (matches(order, Criteria(is_renewed=True)) is False) is known
    assert (matches(order, Criteria(is_renewed=False)) is True) is known


@thorough
@given(some_orders, some_criteria)
def test_what_was_read_whole_is_meant_or_not(order: Order, criteria: Criteria) -> None:
    whole = replace(order, seen=frozenset([ROW, DETAILS]))

    assert matches(whole, criteria) in (True, False)
    # Reading more of it settles what was open, and overturns nothing.
    row = replace(order, seen=frozenset([ROW]))
    assert matches(row, criteria) in (None, matches(whole, criteria))


@pytest.mark.parametrize(
    ("names", "domain", "alone", "below"),
    [
        ((), "example.com", False, False),
        (("example.com",), "example.com", True, True),
        (("www.example.com",), "example.com", False, True),
        (("*.example.com",), "example.com", False, True),
        (("*.example.com",), "*.example.com", True, True),
        (("badexample.com",), "example.com", False, False),
        (("example.com.evil.org",), "example.com", False, False),
        (("a.b.example.com", "other.org"), "example.com", False, True),
        (("example.com",), "www.example.com", False, False),
    ],
)
def test_covering(names: tuple[str, ...], domain: str, alone: bool, below: bool) -> None:
    assert covers(names, domain) is alone
    assert covers(names, domain, include_subdomains=True) is below
