# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders are found exactly, at a known cost, and although the list changes while it is read."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    Controller,
    Simulator,
    assert_failure,
    mentions,
    query,
    seed,
)

TODAY = datetime.now(timezone.utc).date()
SHOP = {"id": 3, "name": "Shop"}
OTHER = {"id": 222222, "name": "Other Ltd"}
PLAIN, WILD, DEEP, MULTI, DV, CLIENT, MIGRATED, MARKED, RENEWED, LATE, TODAYS, OLD, APPROVAL, REVOKED = range(101, 115)
BOOK: list[dict[str, Any]] = [
    {"id": PLAIN, "common_name": "Shop.Example.com", "valid_till_in_days": 31, "container": SHOP},
    {"id": WILD, "common_name": "*.shop.example.com", "valid_till_in_days": 30},
    {"id": DEEP, "common_name": "a.b.shop.example.com", "valid_till_in_days": 300},
    {
        "id": MULTI,
        "common_name": "www.example.com",
        "dns_names": ["www.example.com", "shop.example.com", "myshop.example.com"],
        "product": "ssl_multi_domain",
        "valid_till_in_days": 300,
    },
    {"id": DV, "common_name": "dv.example.net", "product": "ssl_dv_geotrust", "valid_till_in_days": 300},
    {
        "id": CLIENT,
        "status": "waiting_pickup",
        "common_name": "Ada Shop",
        "emails": ["ada@shop.example.com"],
        "product": "client_premium",
    },
    {"id": MIGRATED, "origin": "migrated", "valid_till_in_days": 200},
    {"id": MARKED, "origin": "migrated", "valid_till_in_days": 29, "is_renewed": True},
    {"id": RENEWED, "valid_till_in_days": 300, "renewed_order_id": MULTI},
    {"id": LATE, "status": "expired", "valid_till_in_days": -1},
    {"id": TODAYS, "valid_till_in_days": 0, "organization": OTHER},
    {"id": OLD, "status": "pending", "date_created": "2020-02-03T04:05:06+00:00"},
    {"id": APPROVAL, "status": "needs_approval"},
    {"id": REVOKED, "status": "revoked", "valid_till_in_days": 5},
]
EVERY = [order["id"] for order in BOOK]
ISSUED = [PLAIN, WILD, DEEP, MULTI, DV, MIGRATED, MARKED, RENEWED, TODAYS]

# Arguments, the orders, and how many requests that costs.
TABLE: list[tuple[dict[str, Any], list[int], int]] = [
    ({}, EVERY, 1),
    ({"status": ["issued"]}, ISSUED, 1),
    ({"status": ["expired"]}, [LATE], 1),
    ({"status": ["issued", "expired"]}, sorted([*ISSUED, LATE]), 1),
    ({"status": ["needs_approval", "pending"]}, [OLD, APPROVAL], 1),
    ({"domain": "shop.example.com"}, [PLAIN, MULTI], 1),
    ({"domain": "SHOP.example.com."}, [PLAIN, MULTI], 1),
    ({"domain": "*.shop.example.com"}, [WILD], 1),
    ({"domain": "shop.example.com", "include_subdomains": True}, [PLAIN, WILD, DEEP, MULTI], 1),
    ({"domain": "b.shop.example.com", "include_subdomains": True}, [DEEP], 1),
    ({"domain": "op.example.com", "include_subdomains": True}, [], 1),
    ({"common_name": "shop.example.com"}, [PLAIN], 1),
    ({"common_name": "Ada Shop"}, [CLIENT], 1),
    # One more shows that the filter is applied at all.
    ({"search": "shop"}, [PLAIN, WILD, DEEP, CLIENT], 2),
    ({"search": "no such name"}, [], 1),
    ({"origin": "migrated"}, [MIGRATED, MARKED], 2),
    ({"origin": "certcentral", "status": ["expired"]}, [LATE], 2),
    ({"expires_within_days": 30}, [WILD, MARKED, TODAYS, REVOKED], 1),
    ({"expires_within_days": 30, "is_renewed": False, "status": ["issued"]}, [WILD, TODAYS], 1),
    ({"expires_within_days": 0}, [TODAYS], 1),
    ({"expires_before": str(TODAY)}, [LATE], 1),
    ({"expires_before": str(TODAY + timedelta(days=30))}, [MARKED, LATE, TODAYS, REVOKED], 1),
    ({"is_renewed": True}, [MARKED, RENEWED], 1),
    ({"container_id": 3}, [PLAIN], 1),
    ({"organization_id": 222222}, [TODAYS], 1),
    ({"product_name_id": "ssl_multi_domain"}, [MULTI], 1),
    ({"product_type": "client_certificate"}, [CLIENT], 1),
    # The row of a DV order does not contain its organization, so that its own page is read.
    ({"organization_id": 111111, "product_type": "dv_ssl_certificate"}, [DV], 2),
    ({"containers": ["3"]}, [PLAIN], 1),
    ({"containers": ["shop"]}, [PLAIN], 1),
    ({"containers": ["3", "nobody's"]}, [PLAIN], 1),
    ({"containers": ["3", "1"], "expires_within_days": 31, "status": ["issued"]}, [PLAIN, WILD, MARKED, TODAYS], 1),
    # The row of a DV order does not contain its organization, so that its own page is read.
    ({"organizations": ["222222", "4711"]}, [TODAYS], 1),
    ({"organizations": ["OTHER LTD"]}, [TODAYS], 2),
    ({"name_pattern": ["*shop.example.com"], "product_type": "ssl_certificate"}, [PLAIN, WILD, DEEP, MULTI], 1),
    ({"name_pattern": ["ada*", "dv.*"]}, [DV, CLIENT], 1),
    ({"expires_after": str(TODAY + timedelta(days=201))}, [DEEP, MULTI, DV, RENEWED], 1),
    ({"expires_after": str(TODAY + timedelta(days=200)), "is_renewed": False, "origin": "migrated"}, [MIGRATED], 2),
    ({"created_after": "2020-02-04", "status": ["pending"]}, [], 1),
    ({"created_after": "2020-02-03", "status": ["pending"]}, [OLD], 1),
    # Only an order's own page shows who has placed it.
    ({"requester": "ada@example.com", "container_id": 3}, [PLAIN], 2),
    ({"requester": "grace@example.com", "container_id": 3}, [], 2),
    ({"created_before": "2020-02-03"}, [], 1),
    ({"created_before": "2020-02-03T04:05:07Z"}, [OLD], 1),
    ({"created_before": "2020-02-03T04:05:06+00:00"}, [], 1),
    ({"created_before": "2020-02-04", "status": ["pending"]}, [OLD], 1),
    # By ids: in the order of these, each once; a list proves of none that it does not exist.
    ({"order_id": OLD}, [OLD], 1),
    ({"order_ids": [OLD, PLAIN, OLD]}, [OLD, PLAIN], 1),
    ({"order_ids": [OLD, 4711, PLAIN]}, [OLD, PLAIN], 2),
    ({"order_ids": []}, [], 0),
    ({"order_ids": [MARKED, PLAIN], "include_origin": True}, [MARKED, PLAIN], 3),
    ({"order_ids": [OLD, PLAIN], "details": True}, [OLD, PLAIN], 2),
    ({"status": ["issued"], "details": True}, ISSUED, 1 + len(ISSUED)),
    ({"container_id": 3, "include_origin": True}, [PLAIN], 3),
]
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "ids and a filter": ({"order_id": 101, "status": ["issued"]}, "order_id"),
    "both": ({"order_id": 101, "order_ids": [102]}, "order_id"),
    "two expiries": ({"expires_before": "2030-01-01", "expires_within_days": 3}, "expires_before"),
    "a day of yesterday": ({"expires_within_days": -1}, "expires_within_days"),
    "no day": ({"expires_before": "tomorrow"}, "expires_before"),
    "no time": ({"created_before": "noon"}, "created_before"),
    "no domain": ({"domain": "https://www.example.com/"}, "domain"),
    "no workers": ({"workers": 0}, "workers"),
    "a container by both options": ({"containers": ["3"], "container_id": 3}, "container_id"),
    "a status that no order can have": ({"status": ["issued", "cancelled"]}, "cancelled"),
    "the nearest status": ({"status": ["cancelled"]}, "canceled"),
    "subdomains of nothing": ({"include_subdomains": True}, "include_subdomains"),
    "too many workers": ({"workers": 33}, "workers"),
    "a path with a NUL": ({"ca_path": "/tmp/a\0b"}, "ca_path"),
    "an id of 0": ({"order_ids": [0]}, "order_ids"),
}


def info(name: str, arguments: dict[str, Any]) -> str:
    return f"- {json.dumps({'name': name, 'certops.orders.digicert_order_info': arguments})}\n"


def test_every_filter_is_exact_and_costs_what_it_should(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    run = controller.play("".join(info(f"case {index}", case[0]) for index, case in enumerate(TABLE)))
    for index, (arguments, ids, requests) in enumerate(TABLE):
        task = run.good(f"case {index}")
        assert [order["order_id"] for order in task.orders] == ids, arguments
        assert len(task.requests) == task.api["requests"] == requests, (arguments, task.sent)
        assert task.missing == [one for one in arguments.get("order_ids", []) if one == 4711]
        assert not task.changed
        assert mentions(task.msg, len(ids))


def test_bad_arguments_are_named_before_any_request(controller: Controller) -> None:
    run = controller.play("".join(info(name, arguments) for name, (arguments, _word) in BAD.items()))
    for name, (_arguments, word) in BAD.items():
        assert_failure(run.bad(name), code="invalid_option")
        assert mentions(run[name].msg, word)
    assert run.requests == []


@pytest.mark.story("digicert_order_info")
def test_an_order_is_returned_in_one_form(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    tasks = info("Row", {"order_ids": [PLAIN, CLIENT]}) + info("Whole", {"order_id": APPROVAL, "details": True})
    run = controller.play(tasks + info("Origin", {"order_ids": [MARKED, PLAIN], "include_origin": True}))
    plain, client = run.good("Row").orders
    (approval,) = run.good("Whole").orders
    till = TODAY + timedelta(days=31)
    assert plain == {
        **plain,
        "common_name": "Shop.Example.com",
        "domains": ["shop.example.com"],
        "certificate_id": 900000000 + PLAIN,
        "valid_till": str(till),
        "days_remaining": 31,
        "organization_id": 111111,
        "container_id": 3,
        "container_name": "Shop",
        "is_renewed": False,
    }
    assert client == {
        **client,
        "domains": [],
        "certificate_id": None,
        "serial_number": "",
        "valid_till": "",
        "days_remaining": None,
    }
    assert approval["pending_requests"] == approval["requests"]
    assert [request["request_id"] for request in approval["requests"]] == [APPROVAL * 10]
    assert [order["is_migrated"] for order in run.good("Origin").orders] == [True, False]


def test_all_orders_cost_a_request_for_each_thousand(controller: Controller) -> None:
    costs = {0: 1, 1: 1, 999: 1, 1000: 2, 1001: 2, 2500: 3}
    tasks = []
    for count in costs:
        book = seed(generate={"count": count, "first_id": 1000, "mix": {"pending": 1.0}})
        tasks += [f"- {json.dumps({'certsim': {'reset': book}})}\n", info(f"{count} orders", {})]
    run = controller.play("".join(tasks))
    for count, requests in costs.items():
        task = run.good(f"{count} orders")
        assert [order["order_id"] for order in task.orders] == list(range(1000, 1000 + count))
        assert [query(request) for request in task.requests] == [
            {"limit": "1000", "offset": str(1000 * page)} for page in range(requests)
        ]


# What happens after the first, and after the second page; a list without filters loses an order only with the account.
SHIFTS = [
    (filtered, change, page)
    for filtered in (True, False)
    for change in ("add", "remove", "replace", "sort")
    for page in (0, 1)
    if filtered or change in ("add", "remove")
]


def test_pages_that_shift_lose_and_repeat_no_order(controller: Controller) -> None:
    count, first = 2500, 1000
    book = seed(generate={"count": count, "first_id": first, "mix": {"pending": 1.0}})
    controller.write("seed.json", json.dumps(book))
    tasks = []
    for filtered, change, page in SHIFTS:
        fault = {"kind": "shift_pages", "change": change, "skip": page}
        tasks.append(f"- {json.dumps({'certsim': {'reset': True, 'fault': fault}})}\n")
        tasks.append(info(f"{filtered} {change} {page}", {"status": ["pending"]} if filtered else {}))
    run = controller.play("".join(tasks))
    for filtered, change, page in SHIFTS:
        task = run.good(f"{filtered} {change} {page}")
        found = [order["order_id"] for order in task.orders]
        assert len(found) == len(set(found)), task.name
        assert set(found) >= set(range(first, first + count)), task.name
        assert len(task.requests) <= 12, task.name


def test_filters_that_the_service_ignores_are_applied_locally_or_reported(
    controller: Controller, sim: Simulator
) -> None:
    sim.reset(seed(*BOOK))
    sim.set({"certcentral.ignore_filters": "all"})
    found = [case for case in TABLE if not {"search", "origin", "include_origin"} & set(case[0])]
    tasks = "".join(info(f"case {index}", case[0]) for index, case in enumerate(found))
    tasks += info("Search", {"search": "shop"}) + info("Origin", {"origin": "migrated"})
    run = controller.play(tasks + info("All", {"include_origin": True}))
    for index, (arguments, ids, _requests) in enumerate(found):
        assert [order["order_id"] for order in run.good(f"case {index}").orders] == ids, arguments
    for name in ("Search", "Origin", "All"):
        assert_failure(run.bad(name), code="filter_ignored", http_status=200)
        assert "orders" not in run[name].result


def test_an_order_that_leaves_the_account_meanwhile_is_not_returned(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    not_found = {"errors": [{"code": "not_found|order", "message": "The specified order was not found."}]}
    sim.fault("status", status=404, body=not_found, order_id=MULTI, method="GET")
    task = controller.play(info("Whole", {"status": ["issued"], "details": True})).good("Whole")
    assert [order["order_id"] for order in task.orders] == [order for order in ISSUED if order != MULTI]
    assert task.missing == [MULTI]
    assert mentions(task.msg, len(ISSUED) - 1, MULTI)


def test_wrong_lists_are_detected(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    sim.fault("list_extra", count=3, times=2)
    sim.fault("list_drop", ids=[OLD])
    run = controller.play(
        info("Strangers", {"order_ids": [OLD, PLAIN]})
        + info("Strangers among those that are meant", {"container_id": 3})
        + info("One is left out", {"order_ids": [OLD, PLAIN]})
    )
    for task, ids in zip(run.tasks, ([OLD, PLAIN], [PLAIN], [OLD, PLAIN])):
        assert [order["order_id"] for order in task.orders] == ids
        assert not task.failed
    assert run["One is left out"].sent == [f"list {OLD},{PLAIN}", f"read {OLD}"]
    assert run["One is left out"].missing == []
