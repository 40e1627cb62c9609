# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seeds, secrets in the journal, and the control interface of Servertastic."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from servertastic_client import KEY, POINTS, SEED, Reseller, ref, refused, truth
from simulator_client import SEED as CERTCENTRAL_SEED
from simulator_client import Api

from certsim.testing import Simulator, SimulatorError

REAL = "Zq7Yx2Wv9Kj4Real"


def test_journal(sim: Simulator, reseller: Reseller) -> None:
    reseller.call("order/review", order_token="sim-queued")
    reseller.cancel("queued")
    reseller.call("order/expiring", api_key=KEY, days=30)
    reseller.call("order/review", order_token="sim-nobody")
    review, cancel, listed, unknown = sim.journal()
    assert {entry["provider"] for entry in sim.journal()} == {"servertastic"}
    assert (review["method"], review["path"]) == ("GET", "/order/review.json")
    assert review["query"] == [["order_token", ref("sim-queued")]]
    assert (review["order_id"], review["key"], review["effect"]) == ("STR_4_4", None, False)
    assert (cancel["order_id"], cancel["status"], cancel["effect"]) == ("STR_4_4", 200, True)
    assert listed["query"] == [["api_key", ref(KEY)], ["days", "30"]]
    assert (listed["order_id"], listed["key"]) == (None, "reseller")
    assert (unknown["order_id"], unknown["key"], unknown["status"]) == (None, None, 401)


#: Requests that hold a secret wherever a client may have put it.
LEAKS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/order/review.json?order_token=SECRET", {}),
    ("GET", "/v2/order/cancel.json?order_token=SECRET", {}),
    ("GET", "/account/review.json?api_key=SECRET", {}),
    ("GET", "/order/modifiedorders.json?api_key=SECRET&date=SECRET", {}),
    ("GET", "/order/expiring.json?api_key=SECRET&days=SECRET", {}),
    ("GET", "/order/review.json?token=SECRET", {}),
    ("GET", "/order/review.json?SECRET", {}),
    ("GET", "/order/review.json?SECRET=1", {}),
    ("GET", "/order/review?order_token=SECRET", {}),
    ("GET", "/order/review.json/SECRET", {}),
    ("GET", "/token/SECRET", {}),
    ("GET", "/SECRET.json", {}),
    ("GET", "/order/review.json", {"headers": {"X-Token": "SECRET"}}),
    ("POST", "/order/cancel.json", {"data": "order_token=SECRET"}),
    ("POST", "/order/cancel.json", {"data": '{"order_token": "SECRET"}'}),
    ("POST", "/order/cancel.json", {"data": "SECRET"}),
]


@pytest.mark.parametrize("post_cancel", ["refused", "accepted"])
@pytest.mark.parametrize(("method", "path", "options"), LEAKS)
@pytest.mark.parametrize("secret", ["sim-issued", KEY, REAL])
def test_the_journal_holds_no_secret(
    sim: Simulator,
    reseller: Reseller,
    secret: str,
    method: str,
    path: str,
    options: dict[str, Any],
    post_cancel: str,
) -> None:
    sim.set(servertastic__post_cancel=post_cancel)
    filled = {
        name: dict.fromkeys(value, secret) if isinstance(value, dict) else value.replace("SECRET", secret)
        for name, value in options.items()
    }
    answer = reseller.request(method, path.replace("SECRET", secret), **filled)
    (entry,) = sim.journal()
    assert entry["status"] == answer.status_code
    assert secret not in json.dumps(sim.journal())
    assert secret not in sim.output()
    if secret == REAL:
        refused(answer)
        assert REAL not in answer.text + str(answer.headers) + json.dumps(sim.state())


@pytest.mark.parametrize("name", ["order/review", "order/cancel"])
def test_a_real_token_is_refused(reseller: Reseller, name: str) -> None:
    answer = reseller.call(name, order_token=REAL)
    assert refused(answer) == 401
    assert "sim-" in answer.json()["error"]["message"]


@pytest.mark.parametrize("secret", ["sim-ü+/=& %", "sim-\x00", "sim-{{ 7 }}", "sim-" + "x" * 5000])
def test_strange_tokens(sim: Simulator, reseller: Reseller, secret: str) -> None:
    sim.add(provider="servertastic", token=secret, status="Queued", reseller_order_id="STR_new")
    assert reseller.call("order/cancel", order_token=secret).status_code == 200
    assert sim.st_orders()[secret]["status"] == "Cancelled"
    entry = sim.journal()[-1]
    assert (entry["order_id"], entry["query"]) == ("STR_new", [["order_token", ref(secret)]])


def test_no_rate_window(sim: Simulator, reseller: Reseller) -> None:
    sim.set({"rate.limits": "2/500"})
    assert {reseller.call("account/review", api_key=KEY).status_code for _time in range(9)} == {200}
    sim.reset(CERTCENTRAL_SEED)
    sim.set({"rate.limits": "2/500"})
    assert [Api(sim).get(11).status_code for _time in range(3)] == [200, 200, 429]


def test_both_services_at_once(sim: Simulator) -> None:
    sim.reset({**CERTCENTRAL_SEED, **SEED})
    assert Api(sim).get(11).status_code == 200
    assert Reseller(sim).cancel("queued").status_code == 200
    assert [entry["provider"] for entry in sim.journal()] == ["certcentral", "servertastic"]
    assert [entry["key"] for entry in sim.journal()] == ["sim-admin", None]


def test_defaults_of_a_seed(sim: Simulator) -> None:
    sim.reset({"servertastic": {"orders": [{}, {"status": "Completed"}]}})
    first, second = sim.control("GET", "/servertastic/orders")["orders"]
    assert (first["token"], first["reseller_order_id"], first["status"]) == ("sim-token-1", "STR_1_1", "Order Placed")
    assert (second["token"], second["provider_order_id"]) == ("sim-token-2", "70000002")
    assert sim.st_account() == {
        "username": "reseller",
        "api_key": KEY,
        "points": 1000,
        "audit": sim.st_account()["audit"],
    }
    again = [Reseller(sim).call("order/review", order_token="sim-token-2").json()["certificate"] for _time in range(2)]
    assert again[0] == again[1] != ""


def test_defaults_for_every_order(sim: Simulator) -> None:
    defaults = {"status": "Queued", "points": 5, "account": "two"}
    sim.reset(
        {
            "servertastic": {
                "accounts": [{"username": "one"}, {"username": "two"}],
                "defaults": defaults,
                "orders": [{}, {"account": "one"}],
            }
        }
    )
    assert [order["account"] for order in sim.st_orders().values()] == ["two", "one"]
    assert len(sim.st_account("two")["audit"]) == 1
    assert sim.add(provider="servertastic")["points"] == 5


def test_state_is_a_seed(sim: Simulator, reseller: Reseller) -> None:
    reseller.cancel("queued")
    reseller.cancel("unused")
    state = sim.state()["servertastic"]
    sim.reset({"servertastic": {"accounts": state["accounts"], "orders": state["orders"]}})
    again = sim.state()["servertastic"]
    assert again["orders"] == state["orders"]
    assert again["accounts"] == state["accounts"]
    assert [mail["to"] for mail in again["outbox"]] == [mail["to"] for mail in state["outbox"]]


def test_listing_of_a_kind(sim: Simulator, reseller: Reseller) -> None:
    assert reseller.review("issued")
    state = sim.state()
    for provider, kind in (("servertastic", "orders"), ("servertastic", "accounts"), ("certcentral", "domains")):
        assert sim.control("GET", f"/{provider}/{kind}") == {kind: state[provider][kind]}
    for path in ("/servertastic/domains", "/certcentral/outbox", "/nobody/orders"):
        with pytest.raises(SimulatorError, match="404"):
            sim.control("GET", path)


@pytest.mark.parametrize("path", ["servertastic/orders", "servertastic/outbox", "servertastic/accounts"])
def test_control_wants_the_token(sim: Simulator, path: str) -> None:
    assert requests.get(f"{sim.url}/_sim/{path}", timeout=5).status_code == 403


def test_an_order_by_its_id_or_token(sim: Simulator, reseller: Reseller) -> None:
    assert reseller.review("issued")
    by_id = sim.order("STR_5_5", provider="servertastic")
    assert by_id == sim.order("sim-issued", provider="servertastic") == sim.st_orders()["sim-issued"]


def test_order_changed_behind_the_clients_back(sim: Simulator, reseller: Reseller) -> None:
    def patch(token: str, **changes: object) -> dict[str, Any]:
        return sim.patch(f"sim-{token}", provider="servertastic", **changes)

    assert patch("queued", status="Completed")["completed_at"][:16] == sim.now()[:16]
    assert reseller.status("queued") == "Completed"
    assert reseller.review("queued")["modifications"]["modification"][-1]["event_name"] == "Order Completed"
    patch("queued", completed_days_ago=31)
    assert reseller.cancel("queued").status_code == 403
    patch("queued", completed_days_ago=29, domain_name="new.corp.example")
    assert reseller.review("queued")["domain_name"] == "new.corp.example"
    assert reseller.cancel("queued").status_code == 200
    assert patch("queued", status="Order Placed")["completed_at"] is None
    assert reseller.review("queued")["domain_name"] == ""
    assert patch("unused", status="Awaiting Provider Approval")["placed_at"][:16] == sim.now()[:16]
    assert patch("29", status="Queued")["modifications"][-1]["event_name"] == "Order Placed"
    patch("issued", admin_contact={"email": "it@corp.example"}, further_info="Patience")
    shown = reseller.review("issued")
    assert (shown["admin_contact"]["email"], shown["order_state_further_info"]) == ("it@corp.example", "Patience")
    assert patch("issued", status="Cancelled")["cancelled_at"][:16] == sim.now()[:16]
    # Behind the clients' backs means: no account is credited.
    assert sim.st_account()["points"] == POINTS


def test_a_request_ends_when_the_state_of_its_order_is_patched(sim: Simulator, reseller: Reseller) -> None:
    reseller.cancel("issued")
    mail = sim.outbox()[-1]
    sim.patch("sim-issued", provider="servertastic", status="Queued")
    with pytest.raises(SimulatorError, match="410"):
        sim.approve(mail)


def test_a_state_that_changes_after_the_approval(sim: Simulator, reseller: Reseller) -> None:
    reseller.cancel("issued")
    sim.approve(sim.outbox()[-1])
    sim.patch("sim-issued", provider="servertastic", status="Roll Back")
    sim.advance("5m")
    assert truth(sim, "issued") == "Roll Back"
    assert sim.st_account()["points"] == POINTS


def test_order_added_behind_the_clients_back(sim: Simulator, reseller: Reseller) -> None:
    added = sim.add(provider="servertastic", status="Queued", points=30)
    assert (added["token"], added["reseller_order_id"]) == ("sim-token-17", "STR_17_17")
    sim.add(provider="servertastic", token="sim-token-19", reseller_order_id="STR_18_18")
    assert sim.add(provider="servertastic")["token"] == "sim-token-20"
    assert reseller.status("token-17") == "Queued"
    assert sim.st_account()["points"] == POINTS - 230
    assert reseller.cancel("token-17").status_code == 200
    assert sim.st_account()["points"] == POINTS - 200


def test_a_review_that_lags_behind_an_issuance(sim: Simulator, reseller: Reseller) -> None:
    seed = {"token": "sim-a", "status": "Completed", "completed_days_ago": 0, "stale_status": "Queued"}
    sim.reset({"servertastic": {"orders": [seed]}})
    shown = reseller.review("a")
    assert (shown["order_status"], shown["certificate"], shown["expiry_date"]) == ("Queued", "", "")
    assert [each["event_name"] for each in shown["modifications"]["modification"]] == ["Order Placed"]
    assert reseller.cancel("a").status_code == 200
    assert (truth(sim, "a"), len(sim.outbox())) == ("Completed", 1)
    sim.advance("5m")
    assert reseller.status("a") == "Completed"
    sim.patch("sim-a", provider="servertastic", status="Cancelled", stale_status="Completed")
    assert reseller.status("a") == "Completed"
    sim.advance("5m")
    assert reseller.status("a") == "Cancelled"


def test_modifications_of_a_seed(sim: Simulator, reseller: Reseller) -> None:
    history = [
        {"event_name": "Order Completed", "days_ago": 31},
        {"event_name": "Order Completed", "timestamp": "2026-01-02 03:04:05 GMT", "event_id": 77},
        {"event_name": "order completed", "days_ago": 1},
        {"event_name": "Something", "timestamp": "2026-01-02 03:04:05"},
    ]
    sim.reset({"servertastic": {"orders": [{"token": "sim-a", "status": "Completed", "modifications": history}]}})
    shown = reseller.review("a")["modifications"]["modification"]
    assert [each["event_id"] for each in shown] == [2, 77, 99, 99]
    assert [each["timestamp"] for each in shown[1::2]] == ["2026-01-02 03:04:05 GMT", "2026-01-02 03:04:05"]
    # What cannot be read, and what is spelt otherwise, does not open the window.
    assert reseller.cancel("a").status_code == 403


def test_canceled_without_being_configured(sim: Simulator, reseller: Reseller) -> None:
    sim.reset({"servertastic": {"orders": [{"token": "sim-a", "status": "Cancelled", "placed_at": None}]}})
    shown = reseller.review("a")
    assert (shown["order_status"], shown["domain_name"]) == ("Cancelled", "")


@pytest.mark.parametrize(
    "section",
    [
        {"colour": "red"},
        {"orders": [{"colour": "red"}]},
        {"orders": ["Queued"]},
        {"orders": 5},
        {"orders": [{"token": REAL}]},
        {"orders": [{"token": "sim-a"}, {"token": "sim-a"}]},
        {"orders": [{"reseller_order_id": "STR_1"}, {"reseller_order_id": "STR_1"}]},
        {"orders": [{"account": "nobody"}]},
        {"orders": [{"points": "many"}]},
        {"orders": [{"completed_days_ago": "long"}]},
        {"orders": [{"completed_days_ago": True}]},
        {"orders": [{"placed_at": "soon"}]},
        {"orders": [{"admin_contact": "Ada"}]},
        {"orders": [{"modifications": [{"event_name": "x"}]}]},
        {"orders": [{"modifications": [{"event_name": "x", "days_ago": 1, "colour": "red"}]}]},
        {"orders": [{"expires_in_days": "x"}]},
        {"orders": [{"reissued_days_ago": 5}]},
        {"accounts": [{"username": "a", "colour": "red"}]},
        {"accounts": [{"username": "a", "api_key": REAL}]},
        {"accounts": [{"username": "a"}, {"username": "a"}]},
        {"accounts": [{"username": "a", "api_key": "sim-x"}, {"username": "b", "api_key": "sim-x"}]},
        {"accounts": [{"points": "many"}]},
        {"accounts": [{"audit": [{}]}]},
        {"accounts": [{"audit": [{"adjustment": 1, "colour": "red"}]}]},
        {"accounts": [{"audit": [{"adjustment": 1, "order_token": REAL}]}]},
        {"accounts": ["a"]},
        [],
    ],
)
def test_bad_seed_changes_nothing(sim: Simulator, reseller: Reseller, section: object) -> None:
    reseller.cancel("queued")
    before = sim.state()
    with pytest.raises(SimulatorError, match="400") as caught:
        sim.reset({"orders": [{"id": 99}], "servertastic": section})
    assert REAL not in str(caught.value)
    after = sim.state()
    assert {name: after[name] for name in ("certcentral", "servertastic")} == {
        name: before[name] for name in ("certcentral", "servertastic")
    }


def test_a_bad_seed_of_the_other_service_changes_nothing(sim: Simulator, reseller: Reseller) -> None:
    assert reseller.review("issued")
    before = sim.state()["servertastic"]
    with pytest.raises(SimulatorError, match="400"):
        sim.reset({"orders": [{"colour": "red"}], "servertastic": {"orders": []}})
    assert sim.state()["servertastic"] == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/servertastic/orders/STR_0_0", None, 404),
        ("PATCH", "/servertastic/orders/STR_0_0", {}, 404),
        ("PATCH", "/servertastic/orders/STR_5_5", {"colour": "red"}, 400),
        ("PATCH", "/servertastic/orders/STR_5_5", {"token": "sim-new"}, 400),
        ("PATCH", "/servertastic/orders/STR_5_5", {"reseller_order_id": "STR_0_0"}, 400),
        ("PATCH", "/servertastic/orders/STR_5_5", {"account": "nobody"}, 400),
        ("POST", "/servertastic/orders", {"token": "sim-issued"}, 400),
        ("POST", "/servertastic/orders", {"reseller_order_id": "STR_5_5"}, 400),
        ("POST", "/servertastic/orders", {"account": "nobody"}, 400),
        ("POST", "/servertastic/orders", {"token": REAL}, 400),
        ("POST", "/servertastic/outbox", {}, 405),
        ("DELETE", "/servertastic/links/abc", None, 405),
    ],
)
def test_control_refuses(sim: Simulator, reseller: Reseller, method: str, path: str, body: object, status: int) -> None:
    assert reseller.review("issued")
    before = sim.state()["servertastic"]
    with pytest.raises(SimulatorError, match=f": {status} ") as caught:
        sim.control(method, path, body)
    assert REAL not in str(caught.value)
    assert sim.state()["servertastic"] == before


def test_reset_forgets_everything(sim: Simulator, reseller: Reseller) -> None:
    reseller.cancel("issued")
    sim.approve(sim.outbox()[-1])
    sim.reset(SEED)
    sim.advance("5m")
    assert truth(sim, "issued") == "Completed"
    assert len(sim.outbox()) == 1
    sim.reset(CERTCENTRAL_SEED)
    assert (sim.st_orders(), sim.outbox(), sim.st_account()["points"]) == ({}, [], 1000)
