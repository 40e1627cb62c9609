# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders that outlive their certificates: they go on, whatever the service calls them and whatever status it shows."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.roles.decommission_support import Retire, book, order
from ansible_collections.certops.orders.tests.integration.roles.test_mark_renewed_orders import Marks, migrated
from ansible_collections.certops.orders.tests.integration.support import Controller, Simulator, seed

# The first value is the default.
SWITCHES = {
    "certcentral.annual_plans": ("true", "false"),
    "certcentral.plan_flag": ("absent", "shown"),
    "certcentral.status_of_reissuable": ("issued", "expired"),
}
VALUES = [{}, *({name: value} for name, values in SWITCHES.items() for value in values[1:])]
LATE, VALID, OVER = 71, 72, 73


def test_every_value_is_tested(sim: Simulator) -> None:
    assert {name: str(sim.switches()[name]).lower() for name in SWITCHES} == {
        name: values[0] for name, values in SWITCHES.items()
    }


@pytest.mark.parametrize("switches", VALUES, ids=lambda switches: "-".join(map(str, switches.values())) or "default")
def test_an_order_with_an_expired_certificate_stays_active(
    switches: dict[str, Any], controller: Controller, sim: Simulator
) -> None:
    sim.reset(
        book(
            order(LATE, "issued", "late", valid_till_in_days=-27),
            order(VALID, "issued", "valid", valid_till_in_days=10),
            order(OVER, "expired", "over", valid_till_in_days=-27),
            switches=switches,
        )
    )
    retire = Retire(controller, sim)
    stays_active = switches.get("certcentral.annual_plans") != "false"

    revoke, to_expire, done = retire.steps(
        retire.step("plan", on_issued="revoke", probe=False, probe_waiver="Gone", plan_path=None),
        retire.step("plan", on_issued="lapse"),
        retire.step("apply", on_issued="lapse"),
    )

    late = {"revoke": "leave", "lapse": "lapse"} if stays_active else dict.fromkeys(("revoke", "lapse"), "nothing")
    assert revoke.actions == {str(LATE): late["revoke"], str(VALID): "revoke", str(OVER): "nothing"}
    assert to_expire.actions == {str(LATE): late["lapse"], str(VALID): "lapse", str(OVER): "nothing"}
    # The reason has the day until which the order can be reissued.
    assert bool(re.search(r"\b\d{4}-\d\d-\d\d\b", revoke.reasons[str(LATE)])) is stays_active
    assert done.succeeded, done.output
    set_to_expire = [LATE, VALID] if stays_active else [VALID]
    assert retire.effects == Counter(what for one in set_to_expire for what in (f"note {one}", f"emails {one} off")), (
        done.output
    )


@pytest.mark.parametrize(
    "switches", VALUES[:3], ids=lambda switches: "-".join(map(str, switches.values())) or "default"
)
def test_a_successor_counts_until_the_order_ends(
    switches: dict[str, Any], controller: Controller, sim: Simulator
) -> None:
    names = ("shop.example.com", "late.example.com")
    sim.reset(
        {
            **seed(
                *(migrated(at, name, 30) for at, name in enumerate(names, 1)),
                # Its certificate expires before that of the order that it renews, and the order does not.
                {"id": 11, "status": "issued", "valid_till_in_days": 10, "common_name": names[0]},
                # None of its certificates is valid.
                {"id": 12, "status": "issued", "valid_till_in_days": -1, "common_name": names[1]},
            ),
            "switches": switches,
        }
    )

    run = Marks(controller, sim)("plan")

    assert run.rc == 0, run.output
    entries = run["Make or apply the plan"].result["plan"]["entries"]
    marked = {entry["order"]: entry["state"]["successor"] for entry in entries if entry["action"] == "mark_renewed"}
    assert marked == ({} if switches.get("certcentral.annual_plans") == "false" else {"1": 11})
