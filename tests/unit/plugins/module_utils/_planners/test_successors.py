# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an order has a successor, by the rule for marks; what is not known is never `none`."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import ORIGIN, ROW, Named, Order
from ansible_collections.certops.orders.plugins.module_utils._planners.renewed_marks import plan, successors
from ansible_collections.certops.orders.tests.cases import each

TODAY = date(2026, 11, 22)
OLD, NEW = 1, 2
WWW, ROOT, SHOP = "www.example.com", "example.com", "shop.example.com"


def order(number: int, *, days: int | None = 30, organization: int | None = 12, **facts: Any) -> Order:
    """Return an issued order whose certificate expires in so many days."""
    known: dict[str, Any] = {
        "status": "issued",
        "is_renewed": False,
        "is_migrated": True,
        "common_name": WWW,
        "dns_names": (ROOT, WWW),
        "date_created": datetime(2026, 1, 15, 8, 30, tzinfo=timezone.utc),
        "valid_till": None if days is None else TODAY + timedelta(days=days),
        "product_type": "ssl_certificate",
        "organization": organization and Named(organization, ""),
        "seen": frozenset([ROW, ORIGIN]),
    }
    return Order(number, **{**known, **facts})


def newer(**facts: Any) -> Order:
    return order(NEW, **{"days": 395, **facts})


def named(*names: str, **facts: Any) -> dict[str, Any]:
    """Return the facts of an order with these names only."""
    return {"common_name": names[0] if names else "", "dns_names": names, **facts}


MORE = (ROOT, SHOP, WWW)
# Facts of the old order, facts of the newer one, and the successor: an id, 0 for none, None for not known.
CASES: list[tuple[dict[str, Any], dict[str, Any], int | None]] = [
    ({}, {}, NEW),
    ({}, {"dns_names": MORE}, NEW),
    ({}, {"status": "renewed"}, NEW),
    ({"status": "reissue_pending"}, {}, NEW),
    ({"days": 300}, {}, NEW),
    ({"dns_names": MORE}, {}, 0),
    ({}, {"status": "pending"}, 0),
    ({}, {"status": "revoked"}, 0),
    ({}, {"status": "canceled"}, 0),
    ({}, {"status": "expired", "days": -3}, 0),
    ({}, {"days": 30}, 0),
    ({"order_valid_till": date(2028, 1, 1)}, {}, 0),
    ({}, {"organization": 13}, 0),
    ({}, {"product_type": "client_certificate"}, 0),
    # A fact of the order itself is not known.
    ({"names_known": False}, {"status": "pending"}, None),
    (named(), {"status": "pending"}, None),
    ({"days": None}, {"status": "pending"}, None),
    (named(product_type="client_certificate"), {}, None),
    # The organization is not known, as for DV certificates in lists.
    ({"organization": None}, {"organization": None}, None),
    ({"organization": None}, {}, None),
    ({}, {"organization": None}, None),
    ({"organization": None}, {"organization": None, "status": "pending"}, 0),
    ({"organization": None}, {"organization": None, "dns_names": (WWW,)}, 0),
    # A fact of the other order is not known.
    ({}, named(WWW, names_known=False), None),
    ({}, named(names_known=False), None),
    ({}, named("other.example", names_known=False), 0),
    ({}, {"has_unread_expiry": True}, None),
    ({}, {"product_type": ""}, None),
    # It cannot have renewed an order that ends later, or still be a successor after it has expired.
    ({}, {"organization": None, "days": 20}, 0),
    ({}, {"organization": None, "days": 30}, 0),
    ({"days": -30}, {"organization": None, "days": 0}, None),
    ({"days": -30}, {"organization": None, "days": -1}, 0),
    ({}, named(WWW, names_known=False, status="pending"), 0),
]


@each(("old", "new", "successor"), CASES)
def test_the_successor_of_an_order(old: dict[str, Any], new: dict[str, Any], successor: int | None) -> None:
    orders = [order(OLD, **old), newer(**new)]
    assert successors(orders, TODAY, [OLD]) == {OLD: successor}
    # Whatever has a successor by the rule for marks has one here, and only that.
    marks = [entry for entry in plan(orders, TODAY) if entry["order"] == str(OLD) and entry["action"] == "mark_renewed"]
    assert not marks or successor == NEW


def test_an_order_that_is_listed_twice_with_different_facts_is_not_known() -> None:
    assert successors([order(OLD), newer(), newer(status="revoked")], TODAY, [OLD]) == {OLD: None}
    assert successors([order(OLD), order(OLD, status="renewed"), newer()], TODAY, [OLD]) == {OLD: None}


def test_an_order_that_is_not_among_them_is_not_known() -> None:
    assert successors([newer()], TODAY, [OLD]) == {OLD: None}
