# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an order has a successor, by the rule for marks; what is not known is never `none`."""

from __future__ import annotations

from typing import Any

from ansible_collections.certops.orders.plugins.module_utils._planners.renewed_marks import plan, successors
from ansible_collections.certops.orders.tests.cases import each

OLD, NEW = 1, 2


def order(number: int, **facts: Any) -> dict[str, Any]:
    return {
        "order_id": number,
        "status": "issued",
        "is_renewed": False,
        "is_migrated": True,
        "common_name": "www.example.com",
        "domains": ["example.com", "www.example.com"],
        "domains_known": True,
        "date_created": "2026-01-15T08:30:00Z",
        "valid_till": "2026-12-22",
        "days_remaining": 30,
        "order_valid_till": "",
        "product_type": "ssl_certificate",
        "organization_id": 12,
        **facts,
    }


def newer(**facts: Any) -> dict[str, Any]:
    return order(NEW, **{"valid_till": "2027-12-22", "days_remaining": 395, **facts})


MORE = ["example.com", "shop.example.com", "www.example.com"]
# Facts of the old order, facts of the newer one, and the successor: an id, 0 for none, None for not known.
CASES: list[tuple[dict[str, Any], dict[str, Any], int | None]] = [
    ({}, {}, NEW),
    ({}, {"domains": MORE}, NEW),
    ({}, {"status": "renewed"}, NEW),
    ({"status": "reissue_pending"}, {}, NEW),
    ({"days_remaining": 300}, {}, NEW),
    ({"domains": MORE}, {}, 0),
    ({}, {"status": "pending"}, 0),
    ({}, {"status": "revoked"}, 0),
    ({}, {"status": "canceled"}, 0),
    ({}, {"status": "expired", "days_remaining": -3}, 0),
    ({}, {"valid_till": "2026-12-22"}, 0),
    ({"order_valid_till": "2028-01-01"}, {}, 0),
    ({}, {"organization_id": 13}, 0),
    ({}, {"product_type": "client_certificate"}, 0),
    # A fact of the order itself is not known.
    ({"domains_known": False}, {"status": "pending"}, None),
    ({"domains": []}, {"status": "pending"}, None),
    ({"valid_till": ""}, {"status": "pending"}, None),
    ({"product_type": "client_certificate", "domains": []}, {}, None),
    # The organization is not known, as for DV certificates in lists.
    ({"organization_id": None}, {"organization_id": None}, None),
    ({"organization_id": None}, {}, None),
    ({}, {"organization_id": None}, None),
    ({"organization_id": None}, {"organization_id": None, "status": "pending"}, 0),
    ({"organization_id": None}, {"organization_id": None, "domains": ["www.example.com"]}, 0),
    # A fact of the other order is not known.
    ({}, {"domains_known": False, "domains": ["www.example.com"]}, None),
    ({}, {"domains_known": False, "domains": []}, None),
    ({}, {"domains_known": False, "domains": ["other.example"]}, 0),
    ({}, {"order_valid_till": "soon"}, None),
    ({}, {"domains_known": False, "domains": ["www.example.com"], "status": "pending"}, 0),
]


@each(("old", "new", "successor"), CASES)
def test_the_successor_of_an_order(old: dict[str, Any], new: dict[str, Any], successor: int | None) -> None:
    orders = [order(OLD, **old), newer(**new)]
    assert successors(orders, [OLD]) == {OLD: successor}
    # Whatever has a successor by the rule for marks has one here, and only that.
    marks = [entry for entry in plan(orders) if entry["order"] == str(OLD) and entry["action"] == "mark_renewed"]
    assert not marks or successor == NEW


def test_an_order_that_is_listed_twice_with_different_facts_is_not_known() -> None:
    assert successors([order(OLD), newer(), newer(status="revoked")], [OLD]) == {OLD: None}
    assert successors([order(OLD), order(OLD, status="renewed"), newer()], [OLD]) == {OLD: None}


def test_an_order_that_is_not_among_them_is_not_known() -> None:
    assert successors([newer()], [OLD]) == {OLD: None}
