# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading orders, requests and domains, as conversations with CertCentral."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context, Stop
from ansible_collections.certops.orders.plugins.modules import (
    digicert_domain_info,
    digicert_order_info,
    digicert_request_info,
)
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    NO_SUCH_DOMAIN,
    NO_SUCH_ORDER,
    NO_SUCH_REQUEST,
    VIEW_ONLY,
    Call,
    a_row,
    asks,
    in_days,
    lists,
    reads,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Converse, failure_of, only, play

orders = partial(play, digicert_order_info)
requests = partial(play, digicert_request_info)
domains = partial(play, digicert_domain_info)
SHOW = "include_validation=true&include_dcv=true&include_dcv_expiration_time=true"


def list_of(name: str, query: str, *items: Any) -> Call:
    found = {name: list(items)} if items else {}
    return asks(f"/{name}?{query}" if query else f"/{name}", {**found, "page": {"total": len(items)}})


def list_of_orders(query: str, *items: Any) -> Call:
    found = {"orders": list(items)} if items else {}
    return asks(f"/order/certificate?{query}", {**found, "page": {"total": len(items)}})


PAGE = "sort=order_id&limit=1000&offset=0"


# -- orders ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check_mode", [True, False])
def test_an_order_by_its_id(conversation: Converse, check_mode: bool) -> None:
    result = orders(conversation(reads(7, auto_renew=1)), order_id=7, check_mode=check_mode)
    assert (result["changed"], result["missing"]) == (False, [])
    assert (only(result)["order_id"], only(result)["days_remaining"], only(result)["auto_renew"]) == (7, 30, True)


def test_several_by_their_ids_of_which_one_is_missing(conversation: Converse) -> None:
    result = orders(conversation(lists([2, 9], a_row(2)), reads(9, NO_SUCH_ORDER)), order_ids=[2, 9, 2])
    assert ([one["order_id"] for one in result["orders"]], result["missing"]) == ([2], [9])
    assert "failed" not in result


def test_orders_that_expire_soon(conversation: Converse) -> None:
    rows = [a_row(1, valid_till=in_days(20)), a_row(2, valid_till=in_days(40)), a_row(3, "pending", valid_till=None)]
    service = conversation(list_of_orders(f"filters[status]=issued&{PAGE}", *rows))
    result = orders(service, status=["issued"], expires_within_days=30)
    assert [one["order_id"] for one in result["orders"]] == [1]


IN_UNICODE = {
    "common_name": "MÜNCHEN.field.example",
    "dns_names": ["MÜNCHEN.field.example", "www.münchen.field.example"],
}
IN_DNS = "xn--mnchen-3ya.field.example"


@pytest.mark.parametrize("asked", ["münchen.field.example", IN_DNS, "MÜNCHEN.Field.example."])
@pytest.mark.parametrize("option", ["domain", "common_name"])
def test_a_name_in_unicode_is_found_by_either_spelling(conversation: Converse, asked: str, option: str) -> None:
    other = {"common_name": "field.example", "dns_names": ["field.example"]}
    rows = [{**a_row(2041), "certificate": IN_UNICODE}, {**a_row(1), "certificate": other}]
    result = orders(conversation(list_of_orders(PAGE, *rows)), **{option: asked.rstrip(".")})
    assert (only(result)["order_id"], only(result)["common_name"]) == (2041, IN_DNS)
    assert only(result)["domains"] == [f"www.{IN_DNS}", IN_DNS]


@pytest.mark.parametrize("pattern", ["*.münchen.field.example", "*.XN--MNCHEN-3YA.field.example", "www.*"])
def test_a_name_in_unicode_is_found_by_a_pattern_in_either_spelling(conversation: Converse, pattern: str) -> None:
    other = {"common_name": "field.example", "dns_names": ["field.example"]}
    rows = [{**a_row(2041), "certificate": IN_UNICODE}, {**a_row(1), "certificate": other}]
    result = orders(conversation(list_of_orders(PAGE, *rows)), name_pattern=[pattern])
    assert only(result)["order_id"] == 2041


RETAIL, SHOP = {"container": {"id": 3, "name": "Retail"}}, {"container": {"id": 4, "name": "Shop"}}


def test_several_containers_by_id_are_asked_for_at_once(conversation: Converse) -> None:
    query = f"filters[container_id][0]=3&filters[container_id][1]=4&{PAGE}"
    service = conversation(list_of_orders(query, a_row(1, **RETAIL), a_row(2, **SHOP)))
    result = orders(service, containers=["4", "3"])
    assert [one["order_id"] for one in result["orders"]] == [1, 2]


def test_a_container_by_name_is_found_among_all(conversation: Converse) -> None:
    service = conversation(list_of_orders(PAGE, a_row(1, **RETAIL), a_row(2, **SHOP)))
    assert only(orders(service, containers=["RETAIL"]))["order_id"] == 1


def test_only_orders_that_meet_the_other_criteria_are_read_for_their_requester(conversation: Converse) -> None:
    ada = {"id": 7, "first_name": "Ada", "last_name": "Example", "email": "ada@example.com"}
    rows = [a_row(1, **RETAIL), a_row(2, **SHOP), a_row(3, **RETAIL), a_row(4, **RETAIL)]
    service = conversation(
        list_of_orders(f"filters[container_id]=3&{PAGE}", *rows),
        [reads(1, user=ada, **RETAIL), reads(3, user={**ada, "id": 8, "email": "b@example.com"}, **RETAIL), reads(4)],
    )
    order = only(orders(service, containers=["3"], requester="Ada@example.com"))
    assert (order["order_id"], order["requester"], order["requester_email"], order["requester_id"]) == (
        *(1, "Ada Example"),
        *("ada@example.com", 7),
    )


def test_a_domain_in_unicode_is_found_by_either_spelling(conversation: Converse) -> None:
    for asked in ("münchen.example", "xn--mnchen-3ya.example"):
        found = {"domains": [{"id": 5, "name": "MÜNCHEN.example"}], "page": {"total": 1}}
        listed = asks(f"/domain?{SHOW}&limit=1000&offset=0", found)
        (domain,) = domains(conversation(listed), name=asked)["domains"]
        assert (domain["domain_id"], domain["name"]) == (5, "xn--mnchen-3ya.example")


def test_orders_with_details_and_origin(conversation: Converse) -> None:
    service = conversation(
        list_of_orders(f"filters[origin]=migrated&{PAGE}", a_row(1)),
        list_of_orders("filters[id]=1&filters[origin]=certcentral&sort=order_id&limit=1&offset=0"),
        list_of_orders(PAGE, a_row(1), a_row(2)),
        *(reads(1), reads(2)),
    )
    result = orders(service, details=True, include_origin=True)
    assert [(one["order_id"], one["is_migrated"]) for one in result["orders"]] == [(1, True), (2, False)]
    assert all("csr" in one for one in result["orders"])


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ({"order_id": 1, "status": ["issued"]}, "order_id"),
        ({"order_ids": [], "is_renewed": False}, "order_ids"),
        ({"order_id": 0}, "order_id"),
        ({"expires_within_days": -1}, "expires_within_days"),
        ({"workers": 0}, "workers"),
    ],
)
def test_arguments_that_are_refused(conversation: Converse, arguments: Any, option: str) -> None:
    result = orders(conversation(), **arguments)
    assert failure_of(result)["code"] == "invalid_option"
    assert re.search(rf"\b{option}\b", result["msg"])


def test_a_list_that_may_not_be_read(conversation: Converse) -> None:
    result = orders(conversation(asks(f"/order/certificate?{PAGE}", answer=VIEW_ONLY)))
    assert (failure_of(result)["http_status"], result["changed"]) == (403, False)


def test_a_stopped_run_fails_and_returns_no_partial_result(conversation: Converse) -> None:
    stop = Stop()
    stop.set("the run was stopped by SIGTERM")
    service = conversation(list_of_orders(PAGE, a_row(1)))
    result = orders(service, context=Context(stop=stop))
    assert failure_of(result)["code"] == "stopped"
    assert "orders" not in result


# -- requests ----------------------------------------------------------------------------------------------------------

PENDING = {"id": 1, "type": "revoke", "status": "pending", "order": {"id": 7}}
REISSUE = {"id": 2, "type": "reissue", "status": "pending"}
DECIDED = {"id": 3, "type": "revoke", "status": "approved"}


def ids_of(result: Any) -> list[int]:
    return [one["request_id"] for one in result["requests"]]


def test_a_request_by_its_id(conversation: Converse) -> None:
    result = requests(conversation(asks("/request/1", PENDING)), request_id=1)
    assert only(result, "requests")["order_id"] == 7


def test_the_requests_of_an_order(conversation: Converse) -> None:
    service = conversation(reads(7, requests=[REISSUE, DECIDED]))
    result = requests(service, order_id=7, status="approved")
    assert (ids_of(result), only(result, "requests")["order_id"]) == ([3], 7)


def test_requests_of_a_status_and_of_some_types_are_checked(conversation: Converse) -> None:
    listed = asks("/request?filters[status]=pending", {"requests": [PENDING, REISSUE, DECIDED], "page": {"total": 3}})
    assert ids_of(requests(conversation(listed), status="pending", type=["revoke"])) == [1]


@pytest.mark.parametrize("wanted", ["new_request", "new request"])
def test_a_new_request_is_found_however_it_is_spelled(conversation: Converse, wanted: str) -> None:
    spaced = {"id": 9, "type": "new request", "status": "pending"}
    listed = asks("/request", {"requests": [PENDING, spaced], "page": {"total": 2}})
    result = requests(conversation(listed), type=[wanted])
    assert only(result, "requests")["type"] == "new_request"


def test_all_requests(conversation: Converse) -> None:
    listed = asks("/request", {"requests": [PENDING, REISSUE, DECIDED], "page": {"total": 3}})
    assert ids_of(requests(conversation(listed))) == [1, 2, 3]


@pytest.mark.parametrize(("argument", "target"), [("request_id", "/request/1"), ("order_id", "/order/certificate/1")])
def test_what_does_not_exist_has_no_requests(conversation: Converse, argument: str, target: str) -> None:
    result = requests(
        conversation(asks(target, answer=NO_SUCH_REQUEST if argument == "request_id" else NO_SUCH_ORDER)),
        **{argument: 1},
    )
    assert (result["requests"], "failed" in result) == ([], False)
    refused = requests(conversation(), **{argument: 0})
    assert failure_of(refused)["code"] == "invalid_option"
    assert argument in refused["msg"]


# -- domains -----------------------------------------------------------------------------------------------------------

DOMAINS = [
    {"id": 1, "name": "Example.com", "is_active": True, "container": {"id": 3}},
    {"id": 2, "name": "www.example.com", "is_active": "0", "container": {"id": 4}},
    {"id": 3, "name": "example.org"},
]


@pytest.mark.parametrize(
    ("arguments", "filters", "found"),
    [
        ({}, "", [1, 2, 3]),
        ({"name": "EXAMPLE.com."}, "&filters[search]=example.com", [1]),
        ({"name": "example.com", "include_subdomains": True}, "", [1, 2]),
        ({"is_active": True}, "&filters[status]=active", [1]),
        ({"is_active": False}, "&filters[status]=inactive", [2]),
        (
            {"is_active": False, "name": "www.example.com"},
            "&filters[status]=inactive&filters[search]=www.example.com",
            [2],
        ),
    ],
)
def test_domains(conversation: Converse, arguments: Any, filters: str, found: list[int]) -> None:
    """Filters may be ignored: what they let through is checked."""
    listed = asks(f"/domain?{SHOW}{filters}&limit=1000&offset=0", {"domains": DOMAINS, "page": {"total": 3}})
    result = domains(conversation(listed), **arguments)
    assert [one["domain_id"] for one in result["domains"]] == found


@pytest.mark.parametrize("there", [True, False])
def test_a_search_that_finds_nothing_proves_nothing(conversation: Converse, there: bool) -> None:
    searched = asks(f"/domain?{SHOW}&filters[search]=example.com&limit=1000&offset=0", {"page": {"total": 0}})
    listed = DOMAINS[not there :]
    whole = asks(f"/domain?{SHOW}&limit=1000&offset=0", {"domains": listed, "page": {"total": len(listed)}})
    result = domains(conversation(searched, whole), name="example.com")
    assert [one["domain_id"] for one in result["domains"]] == ([1] if there else [])


def test_domains_of_another_container_are_left_out(conversation: Converse) -> None:
    target = f"/domain?{SHOW}&container_id=3&limit=1000&offset=0"
    listed = asks(target, {"domains": DOMAINS, "page": {"total": 3}})
    result = domains(conversation(listed), container_id=3)
    assert [one["domain_id"] for one in result["domains"]] == [1, 3]


def test_a_domain_by_its_id(conversation: Converse) -> None:
    result = domains(conversation(asks(f"/domain/1?{SHOW}", DOMAINS[0])), domain_id=1)
    assert only(result, "domains")["name"] == "example.com"
    result = domains(conversation(asks(f"/domain/1?{SHOW}", answer=NO_SUCH_DOMAIN)), domain_id=1)
    assert result["domains"] == []


@pytest.mark.parametrize(
    ("arguments", "option"),
    [({"domain_id": 0}, "domain_id"), ({"name": "a b"}, "name"), ({"include_subdomains": True}, "include_subdomains")],
)
def test_domains_that_cannot_be_meant(conversation: Converse, arguments: Any, option: str) -> None:
    result = domains(conversation(), **arguments)
    assert failure_of(result)["code"] == "invalid_option"
    assert re.search(rf"\b{option}\b", result["msg"])


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages(conversation: Converse) -> None:
    request, domain = asks("/request/1", PENDING), asks(f"/domain/1?{SHOW}", DOMAINS[0])
    check_messages(
        "digicert info modules",
        {
            "order_id with filters": orders(conversation(), order_id=1, status=["issued"])["msg"],
            "one request found": requests(conversation(request), request_id=1)["msg"],
            "one domain found": domains(conversation(domain), domain_id=1)["msg"],
            "include_subdomains without name": domains(conversation(), include_subdomains=True)["msg"],
        },
    )
