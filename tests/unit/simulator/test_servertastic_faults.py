# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on Servertastic's calls, above all on the GET that writes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import pytest
import requests
from servertastic_client import KEY, Reseller, refused, truth
from simulator_client import SEED as CERTCENTRAL_SEED
from simulator_client import Api

from certsim.testing import Simulator

#: What each kind does to a cancellation: whether it takes effect, and the HTTP status that the caller sees.
KINDS: list[tuple[str, dict[str, Any], bool, int | None]] = [
    ("status", {"status": 429, "headers": {"Retry-After": 2}}, False, 429),
    ("status", {"status": 502}, False, 502),
    ("error_after", {"status": 500}, True, 500),
    ("error_after", {"status": 504}, True, 504),
    ("html", {}, False, 503),
    ("html", {"status": 200}, False, 200),
    ("truncated_json", {}, True, 200),
    ("not_json", {}, True, 200),
    ("deep_json", {"depth": 1000}, True, 200),
    ("huge_body", {"mib": 1}, True, 200),
    ("gzip_bomb", {"mib": 1}, True, 200),
    ("redirect", {}, False, 302),
    ("drip", {"bytes_per_second": 5000}, True, 200),
    ("drip_headers", {"bytes_per_second": 5000}, True, 200),
    ("close_idle", {}, True, 200),
]


@pytest.mark.parametrize(("kind", "params", "effect", "status"), KINDS)
@pytest.mark.parametrize("token", ["queued", "issued"])
def test_a_get_that_writes(
    sim: Simulator, reseller: Reseller, token: str, kind: str, params: dict[str, Any], effect: bool, status: int
) -> None:
    sim.fault(kind, path="/order/cancel", **params)
    assert reseller.review(token)
    answer = reseller.cancel(token)
    entry = sim.journal()[-1]
    assert (answer.status_code, entry["status"]) == (status, status)
    assert (entry["fault"], entry["effect"]) == (kind, effect)
    if token == "queued":
        assert truth(sim, token) == ("Cancelled" if effect else "Queued")
    assert len(sim.outbox()) == (2 if effect and token == "issued" else 1)


@pytest.mark.parametrize(
    ("kind", "effect"), [("reset_before", False), ("reset_after", True), ("hang", False), ("hang_after", True)]
)
@pytest.mark.parametrize("token", ["queued", "issued"])
def test_a_lost_reply(sim: Simulator, reseller: Reseller, token: str, kind: str, effect: bool) -> None:
    sim.fault(kind, path="/order/cancel", **({"seconds": 0.5} if "hang" in kind else {}))
    with pytest.raises((requests.ConnectionError, requests.ReadTimeout)):
        reseller.request("GET", "/order/cancel.json", params={"order_token": f"sim-{token}"}, timeout=0.2)
    entry = sim.journal()[-1]
    assert (entry["status"], entry["fault"], entry["effect"]) == (None, kind, effect)
    if token == "queued":
        assert truth(sim, token) == ("Cancelled" if effect else "Queued")
    assert len(sim.outbox()) == (2 if effect and token == "issued" else 1)


def test_an_imposed_error_is_the_services_own(sim: Simulator, reseller: Reseller) -> None:
    for status in (400, 401, 403, 429, 500, 503):
        sim.fault("status", status=status)
        assert refused(reseller.cancel("queued")) == status


def test_aim_at_an_order(sim: Simulator, reseller: Reseller) -> None:
    sim.fault("status", status=502, order_id="STR_5_5", times=-1)
    assert reseller.cancel("queued").status_code == 200
    assert reseller.cancel("issued").status_code == 502
    assert reseller.call("account/review", api_key=KEY).status_code == 200
    sim.clear_faults()
    sim.fault("status", status=502, path=r"^/v2/order/cancel\.json$")
    assert reseller.cancel("issued").status_code == 200
    assert Reseller(sim, "/v2").cancel("issued").status_code == 502


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("order/review", {"order_token": "sim-Zq7+Yx/2="}),
        ("order/cancel", {"order_token": "sim-Zq7+Yx/2="}),
        ("account/review", {"api_key": "sim-Zq7+Yx/2="}),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 500])
def test_echo_token(sim: Simulator, reseller: Reseller, name: str, arguments: dict[str, str], status: int) -> None:
    sim.fault("echo_token", status=status)
    answer = reseller.call(name, **arguments)
    assert refused(answer) == status
    (secret,) = arguments.values()
    message = answer.json()["error"]["message"]
    assert secret in message
    assert quote_plus(secret) in message
    assert sim.journal()[-1]["fault"] == "echo_token"


def test_a_real_token_is_not_echoed(sim: Simulator, reseller: Reseller) -> None:
    sim.fault("echo_token")
    assert "not-simulated" not in reseller.call("order/review", order_token="not-simulated").text


def test_the_faults_of_one_service_do_not_strike_the_other(sim: Simulator, reseller: Reseller) -> None:
    sim.fault("echo_key")
    assert reseller.cancel("queued").status_code == 200
    assert [fault["kind"] for fault in sim.faults()] == ["echo_key"]
    sim.reset(CERTCENTRAL_SEED)
    sim.fault("echo_token")
    assert Api(sim).get(11).status_code == 200
    assert [fault["kind"] for fault in sim.faults()] == ["echo_token"]


def test_latency(sim: Simulator, reseller: Reseller) -> None:
    sim.set(latency=0.1)
    assert reseller.cancel("queued").elapsed.total_seconds() >= 0.1
