# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Annual plans: a 199-day certificate in a one-year order (docs/development/reference/certcentral.md 8)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from simulator_client import Api

from certsim.testing import Simulator

TODAY = date(2026, 11, 28)
CHANGES = "/order/certificate/status-changes"
NEW: dict[str, Any] = {"id": 1, "status": "issued"}


def day(number: int) -> str:
    return (TODAY + timedelta(days=number)).isoformat()


def changes(api: Api) -> list[tuple[int, str]]:
    return [(row["order_id"], row["status"]) for row in api.read(CHANGES, minutes=10080).get("orders", [])]


def shown(sim: Simulator, api: Api, **order: Any) -> dict[str, Any]:
    seeded = {**NEW, **order}
    sim.reset({"clock": f"{TODAY}T12:00:00Z", "switches": sim.switches(), "orders": [seeded]})
    page, row = api.get(seeded["id"]).json(), api.row(seeded["id"])
    assert page.get("order_valid_till") == row.get("order_valid_till")
    return dict(page)


@pytest.mark.parametrize(
    ("order", "first", "ends"),
    [
        ({}, -48, 316),
        ({"valid_till_in_days": 198}, 0, 364),
        ({"valid_till_in_days": 0}, -198, 166),
        ({"valid_till_in_days": 10, "product": "ssl_dv_geotrust"}, -188, 176),
        ({"valid_till_in_days": 10, "validity_years": 3}, -188, 906),
        ({"valid_till_in_days": 10, "valid_from": day(-20)}, -20, 344),
        ({"status": "reissue_pending", "valid_till_in_days": 10}, -188, 176),
        # Longer certificates, older ones, and whatever is not public TLS.
        ({"valid_till_in_days": 199}, 199 - 365, None),
        ({"valid_till_in_days": 10, "valid_from": day(-200)}, -200, None),
        ({"valid_till_in_days": -100}, -465, None),
        ({"valid_till_in_days": 10, "origin": "migrated"}, 10 - 365, None),
        ({"valid_till_in_days": 10, "product": "private_ssl_plus"}, 10 - 365, None),
        ({"valid_till_in_days": 10, "product": "client_premium"}, 10 - 365, None),
        ({"valid_till_in_days": -10, "status": "expired"}, -10 - 365, None),
        # Whatever the seed.
        ({"valid_till_in_days": 10, "order_valid_till": day(12)}, -188, 12),
        ({"valid_till_in_days": 10, "order_valid_till": None}, -188, None),
    ],
)
def test_which_orders_are_plans(sim: Simulator, api: Api, order: dict[str, Any], first: int, ends: int | None) -> None:
    page = shown(sim, api, **order)

    assert page["certificate"]["valid_from"] == day(first)
    assert page.get("order_valid_till") == (None if ends is None else day(ends))
    assert "is_multi_year_plan" not in page


def test_subscriptions_have_no_plans(sim: Simulator, api: Api) -> None:
    sim.set(certcentral__annual_plans=False)

    assert "order_valid_till" not in shown(sim, api, valid_till_in_days=10)
    assert shown(sim, api, valid_till_in_days=-1)["status"] == "expired"


@pytest.mark.parametrize(("value", "flag"), [("absent", None), ("shown", "1")])
def test_plan_flag(sim: Simulator, api: Api, value: str, flag: str | None) -> None:
    sim.set(certcentral__plan_flag=value)

    assert shown(sim, api).get("is_multi_year_plan") == flag
    assert "is_multi_year_plan" not in shown(sim, api, valid_till_in_days=300)


@pytest.mark.parametrize("value", ["issued", "expired"])
def test_status_of_reissuable(sim: Simulator, api: Api, value: str) -> None:
    """A certificate that has expired in an order that has not."""
    sim.set(certcentral__status_of_reissuable=value)

    page = shown(sim, api, valid_till_in_days=-27)

    assert (page["status"], page["certificate"]["days_remaining"]) == (value, -27)
    assert api.ids(filters={"status": "expired"}) == ([1] if value == "expired" else [])
    assert changes(api) == []
    sim.advance("140d")
    assert api.get(1).json()["status"] == "expired"
    assert changes(api) == ([(1, "expired")] if value == "issued" else [])


@pytest.mark.parametrize("duplicate_valid", [True, False])
def test_a_plan_without_a_valid_certificate_has_nothing_to_revoke(
    sim: Simulator, api: Api, duplicate_valid: bool
) -> None:
    shown(sim, api, valid_till_in_days=-5, duplicates=[{"valid_till_in_days": 1 if duplicate_valid else -1}])

    answer = api.write("/order/certificate/1/revoke", {"skip_approval": True})

    assert answer.status_code == (204 if duplicate_valid else 400)


def test_a_patch_of_the_certificate_leaves_the_plan(sim: Simulator, api: Api) -> None:
    shown(sim, api, valid_till_in_days=10)

    sim.patch(1, valid_till_in_days=-3)

    page = api.get(1).json()
    assert (page["status"], page["order_valid_till"]) == ("issued", day(176))
