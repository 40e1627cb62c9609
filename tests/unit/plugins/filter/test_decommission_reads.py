# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter is a thin wrapper; what it tells is tested with the policy."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.doc_fragments._decommission import ModuleDocFragment
from ansible_collections.certops.orders.plugins.filter import decommission_reads as module
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import ROW, Order
from ansible_collections.certops.orders.plugins.module_utils._planners.decommission_request import (
    Decommission,
    parse_request,
)

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


def called(orders: Any, **wished: Any) -> Any:
    ((name, found),) = module.FilterModule().filters().items()
    assert name == "decommission_reads"
    return found(orders, {"names": [SHOP], **wished})


def test_it_is_documented_as_it_is() -> None:
    returned = yaml.safe_load(module.RETURN)["_value"]["contains"]

    assert yaml.safe_load(module.DOCUMENTATION)["name"] == "decommission_reads"
    assert set(called([])) == set(returned)


def test_the_wishes_are_documented_as_they_are() -> None:
    options = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]["wishes"]["suboptions"]
    defaults = {name: option["default"] for name, option in options.items() if "default" in option}

    assert parse_request({"names": [SHOP], **defaults}) == parse_request({"names": [SHOP]})
    assert set(options) == {name for name in Decommission.__dataclass_fields__ if not name.startswith("_")}


def test_it_tells_what_to_read() -> None:
    orders = [
        an_order("needs_approval", 5),
        an_order("issued", 6),
        an_order("expired", 8, valid_till=date(2026, 1, 1)),
        an_order("pending", 9),
        an_order("issued", 10, common_name="www.example.com"),
    ]

    assert called(orders, names=["Shop.Example.com.", "bücher.example"], on_issued="revoke", mark_renewed=True) == {
        "orders": [orders[0], orders[1], orders[2], orders[3]],
        "details": [5, 9],
        "certificates": [6],
        "origin": [8],
        "names": [SHOP, "xn--bcher-kva.example"],
    }


@pytest.mark.parametrize(
    "orders", [None, "orders", [None], [{"domains": [SHOP]}], [{**an_order(), "domains": 7}], {1: 2}]
)
def test_what_is_no_list_of_orders_is_refused(orders: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="digicert_order_info"):
        called(orders)


@pytest.mark.parametrize("wishes", [None, 7])
def test_what_are_no_wishes_at_all_is_refused(wishes: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="digicert_order_info"):
        module.decommission_reads([], wishes)
