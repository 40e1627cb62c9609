# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys, the journal, the clock, and the rest of the control interface."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from simulator_client import SEED, Api, code

from certsim.testing import Simulator, SimulatorError

INVALID_KEY = (403, "access_denied|access_denied_invalid_key")


@pytest.mark.parametrize("key", [None, "sim-", "sim-unknown", "sim-expired", "SIM-admin"])
def test_keys_that_are_not_valid(sim: Simulator, key: str | None) -> None:
    assert code(Api(sim, key).get(11)) == INVALID_KEY


def test_recorded_message_of_an_invalid_key(sim: Simulator) -> None:
    message = "Access denied due to access_denied_invalid_key."
    assert Api(sim, "sim-unknown").get(11).json()["errors"][0]["message"] == message


def test_a_real_key_is_refused_and_not_stored(sim: Simulator) -> None:
    answer = Api(sim, "0123456789ABCDEF-REAL").get(11)
    assert code(answer) == INVALID_KEY
    assert "sim-" in answer.json()["errors"][0]["message"]
    everything = [answer.text, str(answer.headers), json.dumps(sim.journal()), json.dumps(sim.state()), sim.output()]
    assert not [text for text in everything if "0123456789ABCDEF" in text]
    assert sim.journal()[-1]["key"] is None


def test_a_view_only_key_reads_only(sim: Simulator) -> None:
    api = Api(sim, "sim-readonly")
    assert api.request("GET", "/user/me").status_code == 200
    assert api.get(11).status_code == 200
    assert code(api.put(11, "canceled", "x")) == (403, "access_denied|missing_permission")
    assert sim.order(11)["status"] == "pending"


def test_a_container_key_sees_only_its_orders(sim: Simulator) -> None:
    api = Api(sim, "sim-emea")
    assert api.ids() == [30]
    assert api.ids(filters={"id": [11, 30]}) == [30]
    assert code(api.get(11)) == (404, "not_found|order")
    assert code(api.put(11, "canceled", "x")) == (404, "not_found|order")
    assert api.put(30, "canceled", "x").status_code == 204


def test_accounts_are_apart(sim: Simulator) -> None:
    sim.reset(
        {
            "accounts": [{"id": 1}, {"id": 2}],
            "keys": {"sim-one": {"account_id": 1}, "sim-two": {"account_id": 2}},
            "orders": [{"id": 11}, {"id": 12, "account_id": 2}],
        }
    )
    assert (Api(sim, "sim-one").ids(), Api(sim, "sim-two").ids()) == ([11], [12])
    assert code(Api(sim, "sim-one").get(12)) == (404, "not_found|order")


def test_journal(sim: Simulator, api: Api) -> None:
    api.get(11, include_caa_status="true")
    api.put(11, "canceled", "x")
    api.request("PUT", "/order/certificate/12/status", data=b"{")
    Api(sim, "sim-unknown").orders(filters={"id": [11, 12]})
    entries = sim.journal()
    assert [entry["n"] for entry in entries] == [1, 2, 3, 4]
    first, second, third, fourth = entries
    assert (first["method"], first["path"]) == ("GET", "/services/v2/order/certificate/11")
    assert (first["query"], first["body"]) == ([["include_caa_status", "true"]], None)
    assert (first["order_id"], first["status"], first["effect"], first["fault"]) == (11, 200, False, None)
    assert (second["body"], second["status"], second["effect"]) == ({"status": "canceled", "note": "x"}, 204, True)
    assert (third["body"], third["status"], third["order_id"]) == ("{", 400, 12)
    assert (fourth["key"], fourth["status"], fourth["order_id"]) == ("sim-unknown", 403, None)
    assert [entry["n"] for entry in sim.journal(since=3)] == [4]
    sim.clear_journal()
    assert sim.journal() == []


def test_journal_has_both_times(sim: Simulator, api: Api) -> None:
    sim.advance("30d")
    api.get(11)
    (entry,) = sim.journal()
    distance = datetime.fromisoformat(entry["at"]) - datetime.fromisoformat(entry["at_real"])
    assert abs(distance - timedelta(days=30)) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("duration", "seconds"), [(90, 90), (1.5, 1.5), ("5m", 300), ("2h", 7200), ("30d", 2592000), ("-1d", -86400)]
)
def test_clock_advances(sim: Simulator, duration: float | str, seconds: float) -> None:
    before = datetime.fromisoformat(sim.now())
    after = datetime.fromisoformat(sim.advance(duration))
    assert abs((after - before).total_seconds() - seconds) < 1


def test_clock_can_be_set(sim: Simulator) -> None:
    assert sim.control("POST", "/clock", {"set": "2030-01-02T03:04:05Z"})["now"].startswith("2030-01-02T03:04:05")
    assert sim.now().startswith("2030-01-02")
    sim.set({"clock.start": "now"})
    assert not sim.now().startswith("2030-01-02")


@pytest.mark.parametrize("body", [{}, {"advance": "soon"}, {"advance": True}, {"set": "soon"}, {"advance": "9" * 30}])
def test_bad_clock(sim: Simulator, body: dict[str, Any]) -> None:
    with pytest.raises(SimulatorError, match="400"):
        sim.control("POST", "/clock", body)


def test_seed_sets_clock_and_switches(sim: Simulator) -> None:
    sim.reset(
        {
            "clock": "2026-01-31",
            "switches": {"certcentral.bool_style": "int"},
            "orders": [{"id": 1, "valid_till": "2026-02-01"}],
        }
    )
    assert Api(sim).get(1).json()["certificate"]["days_remaining"] == 1
    assert Api(sim).get(1).json()["is_renewed"] == 0


def test_order_changed_behind_the_clients_back(sim: Simulator, api: Api) -> None:
    assert sim.patch(11, status="issued", valid_till_in_days=10, origin="migrated")["status"] == "issued"
    assert api.get(11).json()["certificate"]["days_remaining"] == 10
    assert api.ids(filters={"origin": "migrated", "id": 11}) == [11]
    sim.patch(11, serial_number="AB12")
    assert api.get("AB12").json()["id"] == 11
    sim.patch(11, common_name="other.corp.example")
    assert api.get(11).json()["certificate"]["dns_names"] == ["other.corp.example"]
    sim.patch(24, is_renewed=False)
    assert api.get(24).json()["is_renewed"] is False


def test_a_patch_keeps_what_is_stored(sim: Simulator, api: Api) -> None:
    assert sim.patch(27, valid_till_in_days=40)["status"] == "issued"
    assert sim.patch(25, renewed_order_id=0)["is_renewed"] is False
    sim.patch(20, status="reissue_pending")
    assert api.put(20, "canceled", "x").status_code == 204
    assert sim.order(20)["requests"][-1]["processor_comment"] == "x"


@pytest.mark.parametrize("note", ["\ud800", "\u202e", "\x00", "{{ 7 * 7 }}", "ä" * 5000])
def test_strange_text_passes_through(sim: Simulator, api: Api, note: str) -> None:
    assert api.put(11, "canceled", note).status_code == 204
    assert api.get(11).json()["notes"][0]["text"] == note
    assert sim.journal()[0]["body"]["note"] == note
    assert sim.order(11)["notes"][0]["text"] == note


def test_order_added_behind_the_clients_back(sim: Simulator, api: Api) -> None:
    assert sim.add(id=5, status="pending")["status"] == "pending"
    assert api.ids(limit=2) == [5, 11]


def test_state_is_a_seed(sim: Simulator, api: Api) -> None:
    api.put(11, "canceled", "x")
    orders = sim.state()["certcentral"]["orders"]
    assert [order["id"] for order in orders] == sorted(order["id"] for order in SEED["orders"])
    sim.reset({"orders": orders})
    assert sim.state()["certcentral"]["orders"] == orders


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/certcentral/orders/999", None, 404),
        ("GET", "/certcentral/orders/abc", None, 404),
        ("GET", "/nobody/orders/11", None, 404),
        ("PATCH", "/certcentral/orders/999", {}, 404),
        ("PATCH", "/certcentral/orders/11", {"id": 12}, 400),
        ("PATCH", "/certcentral/orders/11", {"colour": "red"}, 400),
        ("PATCH", "/certcentral/orders/11", {"valid_till": "soon"}, 400),
        ("PATCH", "/certcentral/orders/11", {"account_id": 5}, 400),
        ("PATCH", "/certcentral/orders/11", [], 400),
        ("POST", "/certcentral/orders", {"id": 11}, 400),
        ("POST", "/certcentral/orders", {"status": "pending"}, 400),
        ("POST", "/certcentral/orders", {"id": "eleven"}, 400),
        ("POST", "/certcentral/orders", {"id": 5, "origin": "mars"}, 400),
        ("POST", "/reset", {"orders": []}, 400),
        ("GET", "/journal?since=x", None, 400),
        ("PUT", "/journal", {}, 405),
        ("GET", "/no_such", None, 404),
    ],
)
def test_control_refuses(sim: Simulator, method: str, path: str, body: object, status: int) -> None:
    before = sim.state()["certcentral"]
    with pytest.raises(SimulatorError, match=f": {status} "):
        sim.control(method, path, body)
    assert sim.state()["certcentral"] == before


@pytest.mark.parametrize("headers", [{}, {"X-Sim-Token": "wrong"}, {"X-Sim-Token": "ä".encode()}])
@pytest.mark.parametrize("path", ["journal", "state", "clock", "faults", "switches", "certcentral/orders/11"])
def test_control_wants_the_token(sim: Simulator, path: str, headers: dict[str, Any]) -> None:
    assert requests.get(f"{sim.url}/_sim/{path}", headers=headers, timeout=5).status_code == 403


def test_reset_forgets_everything(sim: Simulator, api: Api) -> None:
    sim.set({"rate.limits": "1/500", "certcentral.bool_style": "int"})
    sim.fault("status", times=-1, skip=50)
    sim.advance("30d")
    assert api.put(11, "canceled", "x").status_code == 204
    sim.reset(SEED)
    assert (sim.journal(), sim.faults(), sim.switches()["certcentral.bool_style"]) == ([], [], "bool")
    assert abs(datetime.fromisoformat(sim.now()) - datetime.now().astimezone()) < timedelta(seconds=5)
    assert api.get(11).json()["status"] == "pending"


@pytest.mark.parametrize(
    "seed",
    [
        {"colour": "red"},
        {"orders": [{"id": 1}, {"id": 1}]},
        {"orders": [{"id": 1, "account_id": 5}]},
        {"orders": ["pending"]},
        {"orders": 5},
        {"keys": {"real-key": {}}},
        {"keys": {"sim-x": {"colour": "red"}}},
        {"keys": {"sim-x": {"account_id": 5}}},
        {"switches": {"no.such": 1}},
        {"switches": []},
        {"clock": "soon"},
        {"generate": {"count": "many"}},
        {"generate": {"colour": "red"}},
        {"certcentral": []},
        {"account": {"id": 1, "colour": "red"}},
        {"domains": [{"id": 1}]},
        {"domains": [{"id": 1, "name": "a.example", "colour": "red"}]},
        {"domains": [{"id": "one", "name": "a.example"}]},
        {"domains": [{"id": 1, "name": "a.example"}, {"id": 1, "name": "b.example"}]},
        {"domains": [{"id": 1, "name": "a.example", "account_id": 5}]},
        {"domains": 5},
    ],
)
def test_bad_seed_changes_nothing(sim: Simulator, seed: dict[str, Any]) -> None:
    sim.set(latency=0.001)
    sim.advance("30d")
    before = sim.state()["certcentral"]
    day = sim.now()[:10]
    with pytest.raises(SimulatorError, match="400"):
        sim.reset({"switches": {"latency": 0.002}, **seed})
    assert sim.state()["certcentral"] == before
    assert sim.switches()["latency"] == 0.001
    assert sim.now()[:10] == day


def test_generated_orders_are_the_same_each_time(sim: Simulator) -> None:
    seed = {"generate": {"count": 300, "first_id": 5000, "mix": {"issued": 0.5, "pending": 0.5}, "seed": 3}}
    seed["generate"].update(migrated=0.5, renewed=0.5)
    sim.reset(seed)
    orders = sim.state()["certcentral"]["orders"]
    assert [order["id"] for order in orders] == list(range(5000, 5300))
    assert {order["status"] for order in orders} == {"issued", "pending"}
    assert any(order["is_renewed"] for order in orders)
    assert any(order["origin"] == "migrated" and order["status"] == "issued" for order in orders)
    sim.reset(seed)
    names = [order["common_name"] for order in orders]
    assert [order["common_name"] for order in sim.state()["certcentral"]["orders"]] == names


def test_sections_by_provider(sim: Simulator) -> None:
    sim.reset({"certcentral": {"orders": [{"id": 1}]}})
    assert Api(sim).ids() == [1]
