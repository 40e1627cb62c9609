# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name in Unicode and the same in punycode are one name, however it was ordered and however the service shows it."""

from __future__ import annotations

import pytest

from ansible_collections.certops.orders.tests.integration.modules.test_digicert_order_info import info
from ansible_collections.certops.orders.tests.integration.support import Controller, Simulator, seed

# The first value is the default.
SWITCHES = {"certcentral.idn_names": ("as_ordered", "unicode", "punycode")}
IN_UNICODE, IN_DNS = "münchen.field.example", "xn--mnchen-3ya.field.example"


def test_every_value_is_tested(sim: Simulator) -> None:
    assert sim.switches()["certcentral.idn_names"] == SWITCHES["certcentral.idn_names"][0]


@pytest.mark.parametrize("value", SWITCHES["certcentral.idn_names"])
def test_orders_are_found_by_either_spelling(value: str, controller: Controller, sim: Simulator) -> None:
    sim.reset(
        seed(
            {"id": 1, "status": "issued", "common_name": IN_UNICODE.upper()},
            {"id": 2, "status": "issued", "common_name": IN_DNS},
            {"id": 3, "status": "issued", "common_name": "www.example.com", "dns_names": [f"www.{IN_UNICODE}"]},
            {"id": 4, "status": "issued", "common_name": "other.field.example"},
        )
    )
    sim.set({"certcentral.idn_names": value})
    found = {
        f"{kind} {asked}": (arguments, ids)
        for asked in (IN_UNICODE, IN_DNS, IN_UNICODE.upper())
        for kind, arguments, ids in (
            ("domain", {"domain": asked}, [1, 2]),
            ("below", {"domain": asked, "include_subdomains": True}, [1, 2, 3]),
            ("common name", {"common_name": asked}, [1, 2]),
            ("search", {"search": asked}, [1, 2]),
        )
    }

    run = controller.play("".join(info(name, arguments) for name, (arguments, _ids) in found.items()))

    for name, (_arguments, ids) in found.items():
        task = run.good(name)
        assert [order["order_id"] for order in task.orders] == ids, name
        # One in ASCII keeps its case.
        assert {order["common_name"].lower() for order in task.orders} <= {IN_DNS, "www.example.com"}
