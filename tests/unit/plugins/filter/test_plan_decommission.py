# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter is a thin wrapper; what it plans is tested with the policy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.filter import plan_decommission as module
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import (
    DETAILS,
    ROW,
    Certificate,
    Order,
    Request,
)
from ansible_collections.certops.orders.plugins.module_utils._common.values import utc
from ansible_collections.certops.orders.plugins.module_utils._servertastic.models import WINDOW, Review

TODAY = date(2026, 3, 1)
SHOP = "shop.example.com"


def an_order(status: str = "issued", order_id: int = 7, **facts: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "common_name": SHOP,
        "product_type": "ssl_certificate",
        "valid_till": date(2026, 4, 1),
        "is_renewed": False,
        "seen": frozenset([ROW]),
    }
    return Order(order_id, status, **{**known, **facts}).shown(TODAY)


DIGEST = "ab" * 32
CLOSES = "2026-03-01T12:00:00Z"
CERTIFICATE = Certificate(70, "0A", "issued", SHOP, (SHOP,)).shown()
BEFORE = {"status": "issued", "certificates": [CERTIFICATE], "certificates_known": True}
ENDS = {"order_id": 7, "outcome": "pending_approval", "before": BEFORE}


def a_review(**facts: Any) -> dict[str, Any]:
    """Return an issued order whose window closes on the first of March, at noon."""
    closes = utc(CLOSES)
    assert closes is not None
    return Review(DIGEST, "Completed", domain_name=SHOP, completed_at=closes - WINDOW, **facts).shown()


def looked(verdict: str, order: str = "7") -> list[dict[str, Any]]:
    return [{"item": {"order": order, "names": [SHOP]}, "verdict": verdict}]


def called(orders: Any, *, now: str = "2026-03-01T11:00:00Z", read: Any = None, **wished: Any) -> Any:
    ((name, found),) = module.FilterModule().filters().items()
    assert name == "plan_decommission"
    return found(orders, {"names": [SHOP], **wished}, now=now, **(read or {}))


def actions(orders: Any, **more: Any) -> list[str]:
    return [entry["action"] for entry in called(orders, **more)]


def test_it_is_documented_as_it_is() -> None:
    documentation = yaml.safe_load(module.DOCUMENTATION)

    assert documentation["name"] == "plan_decommission"
    assert {*documentation["options"]} == {"_input", "now", "reviews", "details", "certificates", "served"}
    for field in called([an_order()])[0]:
        assert f"C({field})" in module.RETURN


def test_it_plans() -> None:
    read = {"details": [an_order("pending", seen=frozenset([ROW, DETAILS]))]}

    assert actions([an_order("pending")], read=read) == ["cancel"]
    assert actions([an_order("pending")], names=["www.example.com"]) == []
    assert actions([an_order("pending")], protected=["shop.*"]) == ["leave"]


def test_it_hands_on_what_was_read_further() -> None:
    requests = (Request(55, "new_request", "pending"),)
    page = an_order("needs_approval", requests=requests, seen=frozenset([ROW, DETAILS]))

    assert actions([an_order("needs_approval")]) == ["leave"]
    assert actions([an_order("needs_approval")], read={"details": [page]}) == ["reject_request"]


@pytest.mark.parametrize(
    ("certificates", "served", "action"),
    [
        ([ENDS], looked("not_served"), "revoke"),
        ([ENDS], looked("served"), "leave"),
        ([ENDS], looked("unknown"), "leave"),
        ([ENDS], looked("not_served", "8"), "leave"),
        # Two looks at one order, in whatever order.
        ([ENDS], [*looked("served"), *looked("not_served")], "leave"),
        ([ENDS], [*looked("not_served"), *looked("served")], "leave"),
        ([ENDS], [*looked("not_served"), *looked("")], "leave"),
        ([ENDS], [{"item": {"order": "7"}, "failed": True, "msg": "names must be 1 to 500"}], "leave"),
        ([ENDS], [{"skipped": True}], "leave"),
        ([ENDS], [], "leave"),
        ([], looked("not_served"), "leave"),
        # digicert_certificate_revoke reports an order that is missing as well.
        ([ENDS, {"order_id": 8, "outcome": "missing", "before": {}}], looked("not_served"), "revoke"),
        ([{"order_id": 7, "outcome": "missing", "before": {}}], looked("not_served"), "leave"),
    ],
)
def test_it_hands_on_what_would_end_and_what_is_served(certificates: Any, served: Any, action: str) -> None:
    read = {"certificates": certificates, "served": served}

    assert actions([an_order()], on_issued="revoke", read=read) == [action]
    assert actions([an_order()], read=read) == ["keep"]


@pytest.mark.parametrize(
    ("now", "action"),
    [
        ("2026-03-01T11:59:59Z", "revoke"),
        ("2026-03-01T12:00:00Z", "leave"),
        ("2026-03-01T13:59:59+02:00", "revoke"),
        ("2026-03-01T14:00:00+02:00", "leave"),
        # What Jinja's now(utc=true) is as a text.
        ("2026-03-01 11:59:59.123456", "revoke"),
    ],
)
def test_it_plans_orders_of_servertastic(now: str, action: str) -> None:
    read = {"reviews": [a_review()], "served": looked("not_served", DIGEST)}

    assert actions([], on_issued="revoke", now=now, read=read) == [action]
    assert actions([], on_issued="revoke", now=now, read={"reviews": [a_review()]}) == ["leave"]


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC+11")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_from_greenwich")
@pytest.mark.parametrize(("now", "action"), [("2026-03-01T11:59:59", "keep"), ("2026-03-01T12:00:00", "leave")])
def test_a_time_without_a_zone_is_utc_as_documented(now: str, action: str) -> None:
    """The zone of the controller has no say."""
    assert actions([], now=now, read={"reviews": [a_review()]}) == [action]


@pytest.mark.parametrize("now", ["noon", "", None, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_is_refused(now: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="now"):
        called([], now=now)


@pytest.mark.parametrize(
    ("orders", "read"),
    [
        (None, {}),
        ("orders", {}),
        ([None], {}),
        ([{"domains": [SHOP]}], {}),
        ([{"domains": [SHOP], "order_id": 7}], {}),
        ([an_order()], {"details": [{}]}),
        ([an_order()], {"details": None}),
        ([an_order()], {"certificates": ["7"]}),
        ([an_order()], {"certificates": [{"order_id": 7, "before": {"certificates": ["0A"]}}]}),
        ([an_order()], {"served": [{"item": "7"}]}),
        ([an_order()], {"served": [None]}),
        ([], {"reviews": [None]}),
        ([], {"reviews": [{"order_digest": DIGEST, "domain_name": SHOP}]}),
    ],
)
def test_what_cannot_be_planned_is_refused(orders: Any, read: dict[str, Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="digicert_order_info"):
        called(orders, read=read)


def test_an_order_without_an_id_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="order_id"):
        called([{**an_order(), "order_id": None}])
