# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters are thin wrappers; what they plan is tested with the policies."""

from __future__ import annotations

import importlib
import json
from datetime import date
from typing import Any, Callable

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins import filter as filters
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    DETAILS,
    ORIGIN,
    ROW,
    Named,
    Order,
)

TODAY = date(2026, 3, 1)
NAMES = ["plan_successors", "plan_undone_marks", "reported_marks", "successors_reads"]


def load(name: str) -> Callable[..., Any]:
    found: dict[str, Callable[..., Any]] = (
        importlib.import_module(f"{filters.__name__}.{name}").FilterModule().filters()
    )
    assert list(found) == [name]
    return found[name]


def an_order(order_id: int, valid_till: date, *, seen: tuple[str, ...] = (ROW, ORIGIN), **facts: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "status": "issued",
        "is_renewed": False,
        "common_name": "www.example.com",
        "product_type": "ssl_certificate",
        "organization": Named(1, "Example"),
        "valid_till": valid_till,
        "is_migrated": False,
        "seen": frozenset(seen),
    }
    return Order(order_id, **{**known, **facts}).shown(TODAY)


OLD = an_order(4, date(2026, 4, 1), is_migrated=True)
NEW = an_order(9, date(2026, 9, 1))
MARKED = an_order(4, date(2026, 4, 1), is_migrated=True, is_renewed=True)
PAGE = an_order(4, date(2026, 4, 1), seen=(DETAILS,), is_renewed=True, renewed_order_id=0)
REVOKED = an_order(9, date(2026, 9, 1), status="revoked")


@pytest.mark.parametrize("name", NAMES)
def test_a_filter_is_documented_under_its_own_name(name: str) -> None:
    module = importlib.import_module(f"{filters.__name__}.{name}")
    assert yaml.safe_load(module.DOCUMENTATION)["name"] == name
    assert f"certops.orders.{name}" in module.EXAMPLES
    assert "_value" in yaml.safe_load(module.RETURN)
    assert callable(load(name))


def test_it_plans() -> None:
    successors, reads = load("plan_successors"), load("successors_reads")

    assert [(entry["order"], entry["action"]) for entry in successors([NEW, OLD])] == [("4", "mark_renewed")]
    assert reads([NEW, OLD]) == []
    assert successors([OLD]) == successors([]) == reads([]) == []


def test_it_plans_with_what_was_read_whole() -> None:
    successors, reads = load("plan_successors"), load("successors_reads")
    orders = [REVOKED, MARKED]

    assert reads(orders) == [4]
    assert [entry["action"] for entry in successors(orders)] == ["leave"]
    assert [entry["action"] for entry in successors(orders, pages=[PAGE])] == ["unmark_renewed"]
    assert successors(orders, [{**PAGE, "renewed_order_id": 9}]) == []


def test_marks_of_expired_orders_only_where_that_is_asked_for() -> None:
    orders = [REVOKED, an_order(4, date(2026, 2, 1), is_migrated=True, is_renewed=True)]

    assert load("successors_reads")(orders) == load("plan_successors")(orders) == []
    assert load("successors_reads")(orders, undo_expired=True) == [4]
    assert [entry["action"] for entry in load("plan_successors")(orders, undo_expired=True)] == ["leave"]


@pytest.mark.parametrize(
    "orders",
    [
        [{}],
        "orders",
        None,
        [None],
        [{**OLD, "domains": None}],
        [{**OLD, "domains": "www.example.com"}],
        [{**OLD, "domains": [["www.example.com"]]}],
        [{**OLD, "order_id": "4"}],
        [{**OLD, "order_id": True}],
        [{**OLD, "order_id": 0}],
        [[]],
    ],
)
@pytest.mark.parametrize("name", ["plan_successors", "successors_reads"])
def test_what_cannot_be_planned_is_refused(name: str, orders: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"order_id|digicert_order_info|domains"):
        load(name)(orders)


@pytest.mark.parametrize("pages", [None, [None], [{}], "pages"])
def test_pages_that_are_no_orders_are_refused(pages: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="digicert_order_info"):
        load("plan_successors")([OLD, NEW], pages)


def test_it_reads_a_report() -> None:
    report = {
        "schema_version": 1,
        "phase": "apply",
        "account": {"account_id": 7, "api_host": "www.digicert.com"},
        "entries": [{"provider": "certcentral", "order": "4", "action": "mark_renewed", "outcome": "done"}],
    }
    marks = load("reported_marks")

    assert marks(json.dumps(report), account_id=7, api_host="www.digicert.com") == [4]
    with pytest.raises(AnsibleFilterError, match="account 7"):
        marks(json.dumps(report), account_id=8, api_host="www.digicert.com")


def test_it_plans_to_turn_marks_back() -> None:
    undone = load("plan_undone_marks")

    assert [entry["action"] for entry in undone([4], [MARKED], [PAGE])] == ["unmark_renewed"]
    with pytest.raises(AnsibleFilterError, match="digicert_order_info"):
        undone([4], [None], [])
    with pytest.raises(AnsibleFilterError, match="digicert_order_info"):
        undone(None, [], [])
