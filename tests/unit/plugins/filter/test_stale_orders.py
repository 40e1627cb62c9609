# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters are thin wrappers; what they plan is tested with the policy."""

from __future__ import annotations

import importlib
from datetime import date, datetime, timezone
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins import filter as filters
from ansible_collections.certops.orders.plugins.doc_fragments._stale_orders import ModuleDocFragment
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import DETAILS, ROW, Order
from ansible_collections.certops.orders.plugins.module_utils._planners.stale_orders import (
    MOST_DAYS,
    StaleCriteria,
    parse_request,
)

TODAY = date(2026, 3, 1)
NAMES = ("plan_stale_orders", "stale_order_reads")


def an_order(order_id: int = 7, status: str = "pending", **facts: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "date_created": datetime(2025, 11, 30, tzinfo=timezone.utc),
        "common_name": "www.example.com",
        "product_type": "ssl_certificate",
        "renewal_of_order_id": 0,
        "seen": frozenset([ROW, DETAILS]),
    }
    return Order(order_id, status, **{**known, **facts}).shown(TODAY)


def called(name: str, orders: Any, **wished: Any) -> Any:
    (found,) = importlib.import_module(f"{filters.__name__}.{name}").FilterModule().filters().items()
    assert found[0] == name
    return found[1](orders, **{"now": "2026-03-01T12:00:00Z", "older_than_days": 90, **wished})


def planned(orders: Any, **wished: Any) -> list[str]:
    return [entry["action"] for entry in called("plan_stale_orders", orders, **{"details": orders, **wished})]


@pytest.mark.parametrize("name", NAMES)
def test_a_filter_is_documented_under_its_own_name(name: str) -> None:
    module = importlib.import_module(f"{filters.__name__}.{name}")
    assert yaml.safe_load(module.DOCUMENTATION)["name"] == name
    assert f"certops.orders.{name}" in module.EXAMPLES
    assert "_value" in yaml.safe_load(module.RETURN)


def test_the_wishes_are_documented_as_they_are() -> None:
    options = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    defaults = {name: option["default"] for name, option in options.items() if "default" in option}
    wishes = parse_request({"now": TODAY})
    assert parse_request({"now": TODAY, **defaults}) == wishes
    assert {*options} == {field for field in StaleCriteria.__dataclass_fields__ if field != "today"} | {"now"}
    assert options["statuses"]["choices"] == list(wishes.statuses)


def test_it_tells_what_to_read() -> None:
    orders = [an_order(9), an_order(7, renewal_of_order_id=4), an_order(8, "issued")]
    assert called("stale_order_reads", orders, details=orders[1:]) == {
        "search": {"status": ["pending", "waiting_pickup", "needs_approval"], "created_before": "2025-12-01"},
        "details": [7, 9],
        "predecessors": [4],
    }
    assert called("stale_order_reads", [], statuses=["pending"], older_than_days=MOST_DAYS) == {
        "search": {"status": ["pending"], "created_before": "1926-03-26"},
        "details": [],
        "predecessors": [],
    }


def test_it_plans() -> None:
    assert planned([an_order()]) == ["cancel"]
    # Details that turned out empty are details all the same.
    assert planned([an_order()], details=[]) == ["leave"]
    with pytest.raises(TypeError, match="details"):
        importlib.import_module(f"{filters.__name__}.plan_stale_orders").plan_stale_orders([], now=TODAY)


@pytest.mark.parametrize(("valid_till", "action"), [(date(2026, 4, 30), "leave"), (date(2026, 5, 1), "cancel")])
def test_it_hands_on_what_they_renew(valid_till: date, action: str) -> None:
    order, older = an_order(renewal_of_order_id=4), an_order(4, "issued", valid_till=valid_till)

    assert planned([order], renewed=[older]) == [action]
    assert planned([order]) == ["leave"]


@pytest.mark.parametrize(
    ("wished", "meant"),
    [
        ({"older_than_days": 91}, False),
        ({"now": date(2026, 3, 1)}, True),
        ({"now": datetime(2026, 3, 1, 12, tzinfo=timezone.utc)}, True),
        ({"now": "2026-02-28"}, False),
        ({"include": ["api.*"]}, False),
        ({"include": ("api.*", "WWW.*")}, True),
        ({"exclude": ["www.*"]}, False),
        ({"statuses": ["needs_approval"]}, False),
    ],
)
def test_it_hands_on_the_wishes(wished: dict[str, Any], meant: bool) -> None:
    assert bool(planned([an_order()], **wished)) is meant
    assert bool(called("stale_order_reads", [an_order()], **wished)["details"]) is meant


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "wished",
    [
        {"now": "tomorrow"},
        {"older_than_days": "90"},
        {"older_than_days": -1},
        {"older_than_days": 0},
        {"older_than_days": True},
        {"older_than_days": None},
        {"include": "www.*"},
        {"exclude": "www.*"},
        {"exclude": None},
        {"statuses": []},
        {"exlude": ["www.*"]},
    ],
)
def test_what_cannot_be_meant_is_refused(name: str, wished: dict[str, Any]) -> None:
    (option,) = wished
    with pytest.raises(AnsibleFilterError, match=option):
        called(name, [an_order()], **{"details": [], **wished})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("orders", "details"),
    [
        ([{}], []),
        ("orders", []),
        (None, []),
        ([None], []),
        ([{**an_order(), "order_id": "7"}], []),
        ([an_order()], [{}]),
        ([an_order()], [{"order_id": 7, "status": "pending"}]),
        ([an_order()], None),
        ([an_order()], "details"),
    ],
)
def test_what_is_no_list_of_orders_is_refused(name: str, orders: Any, details: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"order_id|digicert_order_info"):
        called(name, orders, details=details)
