# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults about when a call takes effect, and about reads that show an earlier state, over both services."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from servertastic_client import POINTS, Reseller, truth
from simulator_client import Api, code

from certsim.testing import Simulator, SimulatorError


def cancel(api: Api, order_id: int = 11, **options: Any) -> requests.Response:
    """Cancel an order."""
    body = {"status": "canceled", "note": "x"}
    return api.request("PUT", f"/order/certificate/{order_id}/status", json=body, **options)


def listed(api: Api, order_id: int) -> str:
    """Return the status that a list shows of an order."""
    (row,) = api.request("GET", f"/order/certificate?filters[id]={order_id}").json()["orders"]
    status: str = row["status"]
    return status


def test_error_late(sim: Simulator, api: Api) -> None:
    sim.fault("error_late", method="PUT", after_seconds=600)
    assert cancel(api).status_code == 504
    assert (sim.journal()[-1]["fault"], sim.journal()[-1]["effect"]) == ("error_late", False)
    assert (api.get(11).json()["status"], sim.order(11)["status"]) == ("pending", "pending")
    sim.advance(600)
    assert api.get(11).json()["status"] == "canceled"
    assert [entry["effect"] for entry in sim.journal()] == [True, False, False]


def test_its_time_comes_without_a_request(sim: Simulator, api: Api) -> None:
    sim.fault("error_late", after_seconds=600)
    cancel(api)
    sim.advance("10m")
    assert sim.order(11)["status"] == "canceled"
    assert sim.journal()[-1]["effect"] is True


@pytest.mark.parametrize("requests_before", [1, 3])
def test_after_so_many_requests(sim: Simulator, api: Api, requests_before: int) -> None:
    sim.fault("error_late", method="PUT", status=502, after_requests=requests_before)
    assert cancel(api).status_code == 502
    # Another order's do not count.
    for _time in range(5):
        api.get(20)
    sim.advance("1d")
    shown = [api.get(11).json()["status"] if n % 2 else listed(api, 11) for n in range(requests_before + 1)]
    assert shown == ["pending"] * requests_before + ["canceled"]


def test_a_call_that_names_no_order(sim: Simulator, life: Api) -> None:
    sim.fault("error_late", method="PUT", after_requests=1)
    assert life.request("PUT", "/domain/61/deactivate").status_code == 504
    assert life.request("GET", "/domain/61").json()["is_active"] is True
    assert life.request("GET", "/domain/61").json()["is_active"] is False


@pytest.mark.parametrize("kind", ["reset_late", "hang_late"])
def test_no_answer(sim: Simulator, api: Api, kind: str) -> None:
    sim.fault(kind, method="PUT", after_requests=1, **({"seconds": 0.3} if kind == "hang_late" else {}))
    with pytest.raises((requests.ConnectionError, requests.ReadTimeout)):
        cancel(api, timeout=0.2)
    assert sim.journal()[-1]["status"] is None
    assert [api.get(11).json()["status"] for _time in range(2)] == ["pending", "canceled"]


def test_what_comes_late_can_come_to_nothing(sim: Simulator, api: Api) -> None:
    sim.fault("error_late", method="PUT", after_requests=1)
    cancel(api)
    assert cancel(api).status_code == 204
    assert code(cancel(api))[0] == 400
    assert [entry["effect"] for entry in sim.journal()] == [False, True, False]


def test_a_reset_of_the_simulator_forgets_what_is_postponed(sim: Simulator, api: Api) -> None:
    sim.fault("error_late", after_seconds=1)
    cancel(api)
    sim.reset()
    sim.reset({"orders": [{"id": 11, "status": "pending"}]})
    sim.advance(60)
    assert sim.order(11)["status"] == "pending"


@pytest.mark.parametrize("token", ["queued", "issued"])
def test_late_at_servertastic(sim: Simulator, reseller: Reseller, token: str) -> None:
    mails = len(sim.outbox())
    sim.set(servertastic__review_lag_seconds=0)
    sim.fault("error_late", path="/order/cancel", after_requests=1)
    assert reseller.cancel(token).status_code == 504
    assert reseller.status(token) == {"queued": "Queued", "issued": "Completed"}[token]
    assert (truth(sim, token), len(sim.outbox())) == ({"queued": "Queued", "issued": "Completed"}[token], mails)
    assert reseller.status(token) == {"queued": "Cancelled", "issued": "Completed"}[token]
    assert len(sim.outbox()) == mails + (token == "issued")
    assert sim.st_account()["points"] == POINTS + (100 if token == "queued" else 0)


def test_stale(sim: Simulator, api: Api) -> None:
    sim.fault("stale", times=2)
    # It waits for a write.
    assert api.get(11).json()["status"] == "pending"
    assert cancel(api).status_code == 204
    assert sim.order(11)["status"] == "canceled"
    assert (api.get(11).json()["status"], listed(api, 11)) == ("pending", "pending")
    assert sim.journal()[-1]["fault"] == "stale"
    assert (api.get(11).json()["status"], listed(api, 11)) == ("canceled", "canceled")


def test_stale_by_several_writes(sim: Simulator, api: Api) -> None:
    sim.fault("stale", writes=2, times=3)
    cancel(api, 11)
    cancel(api, 30)
    assert [api.get(order_id).json()["status"] for order_id in (11, 30)] == ["pending", "pending"]
    cancel(api, 29)
    assert [api.get(order_id).json()["status"] for order_id in (30, 30)] == ["pending", "canceled"]


def test_a_write_meets_no_stale_state(sim: Simulator, reseller: Reseller) -> None:
    sim.set(servertastic__review_lag_seconds=0)
    sim.fault("stale", times=-1)
    assert reseller.cancel("queued").status_code == 200
    assert (reseller.status("queued"), truth(sim, "queued")) == ("Queued", "Cancelled")
    assert reseller.cancel("verification").status_code == 200
    assert (reseller.status("queued"), reseller.status("verification")) == (
        "Cancelled",
        "Awaiting Customer Verification",
    )
    sim.clear_faults()
    assert reseller.status("verification") == "Cancelled"


@pytest.mark.parametrize(
    ("kind", "params"),
    [("error_late", {"after_requests": -1}), ("error_late", {"after_seconds": 0.0}), ("stale", {"writes": 0})],
)
def test_what_cannot_be_armed(sim: Simulator, kind: str, params: dict[str, Any]) -> None:
    with pytest.raises(SimulatorError):
        sim.fault(kind, **params)
