# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter is a thin wrapper; what it tells is tested with the policy."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.filter import decommission_probes as module
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import Certificate
from ansible_collections.certops.orders.plugins.module_utils._servertastic.models import Review

SHOP = "shop.example.com"
CERTIFICATE = Certificate(70, "0A", "issued", SHOP, (SHOP, "www.example.com")).shown()


def an_order(**before: Any) -> dict[str, Any]:
    known = {"status": "issued", "revocation_requested": False, "certificates": [CERTIFICATE], **before}
    return {"order_id": 7, "outcome": "pending_approval", "before": known, "after": {}, "reason": ""}


def called(orders: Any, *reviews: Any, **wished: Any) -> Any:
    ((name, found),) = module.FilterModule().filters().items()
    assert name == "decommission_probes"
    return found(orders, {"names": [SHOP], "on_issued": "revoke", **wished}, *reviews)


def test_it_is_documented_as_it_is() -> None:
    returned = yaml.safe_load(module.RETURN)["_value"]["contains"]

    assert yaml.safe_load(module.DOCUMENTATION)["name"] == "decommission_probes"
    assert set(called([an_order()])[0]) == set(returned)


def test_it_tells_where_to_look() -> None:
    review = Review("ab" * 32, "Completed", domain_name=SHOP).shown()
    of_order = {"order": "7", "names": [SHOP, "www.example.com"], "serial_numbers": ["0A"]}
    of_review = {"order": "ab" * 32, "names": [SHOP], "serial_numbers": []}

    assert called([an_order()]) == [of_order]
    assert called([an_order()], [review]) == [of_order, of_review]
    assert called([], [review]) == [of_review]
    assert called([an_order()], [review], on_issued="keep") == []


@pytest.mark.parametrize(
    ("orders", "reviews"),
    [
        (None, []),
        ("orders", []),
        ([None], []),
        ([{"before": {}}], []),
        ([an_order(certificates=["0A"])], []),
        ([], None),
        ([], [None]),
        ([], [{"order_digest": "ab", "domain_name": 7}]),
    ],
)
def test_what_are_no_orders_is_refused(orders: Any, reviews: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="digicert_order_info"):
        called(orders, reviews)
