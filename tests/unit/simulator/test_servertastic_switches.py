# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every switch of Servertastic, under every value that it has."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servertastic_client import POINTS, Reseller, refused, truth

from certsim.testing import Simulator, SimulatorError

BEGINNING = "2020-01-01 00:00:00"


def put(sim: Simulator, **values: object) -> None:
    sim.set({f"servertastic.{name}": value for name, value in values.items()})


def events(reseller: Reseller, token: str) -> list[str]:
    return [each["event_name"] for each in reseller.review(token)["modifications"]["modification"]]


@pytest.mark.parametrize("value", ["as_code", "200"])
def test_error_http_status(sim: Simulator, reseller: Reseller, value: str) -> None:
    put(sim, error_http_status=value)
    for token, code in (("nobody", 401), ("30", 403)):
        answer = reseller.cancel(token)
        assert answer.status_code == (200 if value == "200" else code)
        assert answer.json()["error"]["code"] == code
        assert sim.journal()[-1]["status"] == answer.status_code
    # What the machinery imposes is an HTTP status all the same.
    sim.fault("status", status=503)
    assert refused(reseller.cancel("queued")) == 503


@pytest.mark.parametrize("value", ["object", "list", "several", "plain"])
def test_error_shape(sim: Simulator, reseller: Reseller, value: str) -> None:
    put(sim, error_shape=value)
    answer = reseller.cancel("30")
    assert answer.status_code == 403
    body = answer.json()
    error = {"object": lambda: body["error"], "list": lambda: body["error"][0], "several": lambda: body["errors"][0]}
    if value == "plain":
        assert body["error"] == "403"
        assert body["message"].startswith("Forbidden: ")
        return
    assert error[value]()["code"] == 403
    assert len(body.get("errors", [1])) == (2 if value == "several" else 1)


@pytest.mark.parametrize("value", ["ignored", "refused"])
def test_unknown_arguments(sim: Simulator, reseller: Reseller, value: str) -> None:
    put(sim, unknown_arguments=value)
    answer = reseller.call("account/review", api_key="sim-reseller", surplus="1")
    assert answer.status_code == (200 if value == "ignored" else 400)


def test_a_trailing_slash_is_nothing(reseller: Reseller) -> None:
    assert reseller.request("GET", "/account/review.json/", params={"api_key": "sim-reseller"}).status_code == 200


@pytest.mark.parametrize("value", [401, 400, 403, 404])
def test_unknown_token_status(sim: Simulator, reseller: Reseller, value: int) -> None:
    put(sim, unknown_token_status=value)
    assert refused(reseller.cancel("nobody")) == value
    assert refused(reseller.call("account/review", api_key="sim-nobody")) == value
    assert refused(reseller.call("order/cancel", order_token="not-simulated")) == value
    assert refused(reseller.cancel("30")) == 403


@pytest.mark.parametrize("value", [400, 403, 404, 409, 422])
def test_refusal_status(sim: Simulator, reseller: Reseller, value: int) -> None:
    put(sim, refusal_status=value)
    for token in ("30", "cancelled", "licence", "odd", "held"):
        assert refused(reseller.cancel(token)) == value
    assert refused(reseller.cancel("nobody")) == 401


@pytest.mark.parametrize("value", [405, 404])
def test_wrong_verb_status(sim: Simulator, reseller: Reseller, value: int) -> None:
    put(sim, wrong_verb_status=value)
    assert refused(reseller.request("POST", "/order/cancel.json", data={"order_token": "sim-queued"})) == value
    assert truth(sim, "queued") == "Queued"


@pytest.mark.parametrize("value", ["refused", "accepted"])
@pytest.mark.parametrize("where", ["data", "params"])
def test_post_cancel(sim: Simulator, reseller: Reseller, value: str, where: str) -> None:
    put(sim, post_cancel=value)
    answer = reseller.request("POST", "/order/cancel.json", **{where: {"order_token": "sim-queued"}})
    assert answer.status_code == (200 if value == "accepted" else 405)
    assert truth(sim, "queued") == ("Cancelled" if value == "accepted" else "Queued")
    entry = sim.journal()[-1]
    assert (entry["order_id"], entry["effect"]) == ("STR_4_4", value == "accepted")
    assert reseller.request("POST", "/order/review.json", data={"order_token": "sim-queued"}).status_code == 405
    assert reseller.cancel("unused").status_code == 200


@pytest.mark.parametrize("value", [True, False])
def test_debug_key(sim: Simulator, reseller: Reseller, value: bool) -> None:
    put(sim, debug_key=value)
    for answer in (reseller.call("order/review", order_token="sim-issued"), reseller.cancel("30")):
        assert ("debug" in answer.json()) is value
    assert next(iter(reseller.review("issued"))) == "success"


@pytest.mark.parametrize(("value", "text"), [("same", "Order cancelled - STR_5_5"), ("distinct", None)])
def test_success_text(sim: Simulator, reseller: Reseller, value: str, text: str | None) -> None:
    put(sim, success_text=value)
    success = reseller.cancel("issued").json()["success"]
    assert success.endswith(" - STR_5_5")
    assert (success == "Order cancelled - STR_5_5") is (text is not None)
    assert reseller.cancel("queued").json() == {"success": "Order cancelled - STR_4_4"}


@pytest.mark.parametrize(
    ("value", "status", "mails", "effect"),
    [("re_mails", 200, 3, True), ("silent", 200, 2, False), ("refused", 403, 2, 0)],
)
def test_repeat_cancel_request(
    sim: Simulator, reseller: Reseller, value: str, status: int, mails: int, effect: bool
) -> None:
    put(sim, repeat_cancel_request=value)
    assert reseller.cancel("issued").status_code == 200
    assert reseller.cancel("issued").status_code == status
    assert sim.journal()[-1]["effect"] is bool(effect)
    assert len(sim.outbox()) == mails
    # Any of the links approves, once; approved already, no mail is sent again.
    first, last = sim.outbox()[1], sim.outbox()[-1]
    sim.approve(first)
    with pytest.raises(SimulatorError, match="410"):
        sim.approve(last)
    assert reseller.cancel("issued").status_code == status
    assert len(sim.outbox()) == mails
    sim.advance("5m")
    assert truth(sim, "issued") == "Cancelled"
    assert sim.st_account()["points"] == POINTS + 80


@pytest.mark.parametrize("value", ["refused", "accepted"])
def test_cancel_of_cancelled(sim: Simulator, reseller: Reseller, value: str) -> None:
    put(sim, cancel_of_cancelled=value)
    before = sim.state()["servertastic"]
    assert reseller.cancel("cancelled").status_code == (200 if value == "accepted" else 403)
    assert sim.state()["servertastic"] == before
    assert sim.journal()[-1]["effect"] is False


@pytest.mark.parametrize("refunds", [True, False])
@pytest.mark.parametrize("value", ["refused", "accepted"])
@pytest.mark.parametrize(
    ("token", "cancel", "refund"),
    [
        ("roll-back", "cancel_roll_back", "roll_back_refunds"),
        ("held", "cancel_servertastic_review", "servertastic_review_refunds"),
    ],
)
def test_undocumented_states(
    sim: Simulator, reseller: Reseller, token: str, cancel: str, refund: str, value: str, refunds: bool
) -> None:
    put(sim, **{cancel: value, refund: refunds})
    before = truth(sim, token)
    assert reseller.cancel(token).status_code == (200 if value == "accepted" else 403)
    assert truth(sim, token) == ("Cancelled" if value == "accepted" else before)
    assert sim.st_account()["points"] == POINTS + (100 if refunds and value == "accepted" else 0)


@pytest.mark.parametrize(("value", "end"), [("request", "Cancelled"), ("approval", "Completed")])
def test_window_counts(sim: Simulator, reseller: Reseller, value: str, end: str) -> None:
    put(sim, window_counts=value)
    assert reseller.cancel("29").status_code == 200
    sim.advance("1d")
    if value == "approval":
        with pytest.raises(SimulatorError, match="more than 30 days ago"):
            sim.approve(sim.outbox()[-1])
    else:
        sim.approve(sim.outbox()[-1])
    sim.advance("5m")
    assert truth(sim, "29") == end


@pytest.mark.parametrize("approval", ["request", "approval"])
def test_window_counts_in_time(sim: Simulator, reseller: Reseller, approval: str) -> None:
    put(sim, window_counts=approval)
    reseller.cancel("29")
    sim.approve(sim.outbox()[-1])
    sim.advance("1d")
    assert truth(sim, "29") == "Cancelled"


@pytest.mark.parametrize(("value", "counted"), [(False, 1), (True, 2)])
def test_reissue_adds_completed(sim: Simulator, reseller: Reseller, value: bool, counted: int) -> None:
    put(sim, reissue_adds_completed=value)
    assert events(reseller, "reissued").count("Order Completed") == counted
    assert len(events(reseller, "reissued")) == 3
    assert refused(reseller.cancel("reissued")) == 403


@pytest.mark.parametrize("adds", [True, False])
@pytest.mark.parametrize("value", ["first", "last"])
def test_window_from(sim: Simulator, reseller: Reseller, value: str, adds: bool) -> None:
    put(sim, window_from=value, reissue_adds_completed=adds)
    assert reseller.cancel("reissued").status_code == (200 if adds and value == "last" else 403)
    assert reseller.cancel("issued").status_code == 200


@pytest.mark.parametrize("value", [0, 60, 300, 3600])
def test_approval_lag_seconds(sim: Simulator, reseller: Reseller, value: int) -> None:
    put(sim, approval_lag_seconds=value)
    reseller.cancel("issued")
    sim.approve(sim.outbox()[-1])
    if value:
        sim.advance(value - 5)
        assert reseller.status("issued") == "Completed"
        sim.advance(10)
    assert reseller.status("issued") == "Cancelled"


@pytest.mark.parametrize("value", [0, 7])
def test_approval_link_days(sim: Simulator, reseller: Reseller, value: int) -> None:
    put(sim, approval_link_days=value)
    reseller.cancel("issued")
    sim.advance("8d")
    if value:
        with pytest.raises(SimulatorError, match="expired"):
            sim.approve(sim.outbox()[-1])
        reseller.cancel("issued")
    sim.approve(sim.outbox()[-1])
    sim.advance("5m")
    assert truth(sim, "issued") == "Cancelled"


@pytest.mark.parametrize("value", [0, 60, 300])
def test_review_lag_seconds(sim: Simulator, reseller: Reseller, value: int) -> None:
    put(sim, review_lag_seconds=value)
    reseller.cancel("queued")
    if value:
        sim.advance(value - 5)
        assert reseller.status("queued") == "Queued"
        sim.advance(10)
    assert reseller.status("queued") == "Cancelled"


@pytest.mark.parametrize("value", ["nowhere", "further_info", "modification"])
def test_request_shown_in(sim: Simulator, reseller: Reseller, value: str) -> None:
    put(sim, request_shown_in=value)
    before = reseller.review("issued")
    reseller.cancel("issued")
    assert reseller.review("issued") == before
    sim.advance("5m")
    after = reseller.review("issued")
    assert after["order_status"] == "Completed"
    assert {key for key in after if after[key] != before[key]} == {
        "nowhere": set(),
        "further_info": {"order_state_further_info"},
        "modification": {"modifications"},
    }[value]
    sim.decline(sim.outbox()[-1])
    assert reseller.review("issued") == before


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("as_documented", ["Order Placed", "Servertastic Review", "Roll Back", "Completed"]),
        ("lower", ["order placed", "servertastic review", "roll back", "completed"]),
        ("mixed", ["Order placed", "ServerTastic Review", "Roll back", "Completed"]),
    ],
)
def test_status_case(sim: Simulator, reseller: Reseller, value: str, shown: list[str]) -> None:
    put(sim, status_case=value)
    assert [reseller.status(token) for token in ("unused", "held", "roll-back", "issued")] == shown
    rows = reseller.read("account/review")["active_orders"]["active_order"]
    assert shown[0] in {row["order_status"] for row in rows}
    assert shown[0] in {
        row["order_status"] for row in reseller.read("order/modifiedorders", date=BEGINNING)["orders"]["order"]
    }
    assert reseller.cancel("unused").status_code == 200


@pytest.mark.parametrize(("value", "hours"), [("utc_none", 0), ("iso", 0), ("plus_one_none", 1)])
def test_timestamps_zone(sim: Simulator, reseller: Reseller, value: str, hours: int) -> None:
    put(sim, timestamps_zone=value)
    true = datetime.fromisoformat(sim.st_orders()["sim-issued"]["completed_at"]).replace(microsecond=0)
    shown = reseller.review("issued")["modifications"]["modification"][1]["timestamp"]
    if value == "iso":
        assert datetime.fromisoformat(shown) == true
        assert shown.endswith("+00:00")
    else:
        assert shown == (true + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S")
    assert reseller.read("account/pointsaudit")["record"][0]["Timestamp"].endswith("+00:00") is (value == "iso")


@pytest.mark.parametrize("value", [True, False])
def test_modifications_shown(sim: Simulator, reseller: Reseller, value: bool) -> None:
    put(sim, modifications_shown=value)
    assert ("modifications" in reseller.review("issued")) is value
    assert reseller.cancel("issued").status_code == 200


@pytest.mark.parametrize("value", ["wrapped", "list", "single_object"])
def test_modifications_shape(sim: Simulator, reseller: Reseller, value: str) -> None:
    put(sim, modifications_shape=value)
    one, two = reseller.review("queued")["modifications"], reseller.review("issued")["modifications"]
    if value == "list":
        assert (len(one), len(two)) == (1, 2)
        return
    assert len(two["modification"]) == 2
    (only,) = [one["modification"]] if value == "single_object" else one["modification"]
    assert only["event_name"] == "Order Placed"


@pytest.mark.parametrize("value", ["wrapped", "list", "single_object"])
def test_orders_shape(sim: Simulator, reseller: Reseller, value: str) -> None:
    put(sim, orders_shape=value)
    one = reseller.read("order/expiring", days=60)["orders"]
    many = reseller.read("order/modifiedorders", date=BEGINNING)["orders"]
    active = reseller.read("account/review")["active_orders"]
    if value == "list":
        assert (len(one), len(many), len(active)) == (1, 15, 7)
    else:
        assert len(many["order"]) == 15
        (only,) = [one["order"]] if value == "single_object" else one["order"]
        assert only["reseller_order_id"] == "STR_9_9"
    assert len(reseller.read("account/pointsaudit")["record"]) == 16
    (record,) = [reseller.read("account/pointsaudit", api_key="sim-other")["record"]]
    assert isinstance(record, dict) is (value == "single_object")


@pytest.mark.parametrize("value", ["wrapped", "list", "single_object"])
def test_showtokens_shape(sim: Simulator, reseller: Reseller, value: str) -> None:
    put(sim, showtokens_shape=value)
    shown = reseller.read("order/showtokens")
    one, many = shown["unused_tokens"], shown["used_tokens"]
    if value == "list":
        assert (len(one), len(many)) == (1, 14)
        return
    assert len(many["order_token"]) == 14
    (only,) = [one["order_token"]] if value == "single_object" else one["order_token"]
    assert only["token"] == "sim-unused"


@pytest.mark.parametrize("value", ["empty_list", "key_absent", "empty_string"])
def test_empty_lists(sim: Simulator, reseller: Reseller, value: str) -> None:
    put(sim, empty_lists=value)
    sim.reset({"switches": {"servertastic.empty_lists": value}, "servertastic": {"orders": [{"account": "reseller"}]}})
    sim.control("POST", "/reset", {"seed": {"switches": {"servertastic.empty_lists": value}}})
    lists = [
        (reseller.read("order/modifiedorders", date=BEGINNING), "orders", "order"),
        (reseller.read("order/expiring"), "orders", "order"),
        (reseller.read("order/showtokens"), "unused_tokens", "order_token"),
        (reseller.read("order/showtokens"), "used_tokens", "order_token"),
        (reseller.read("account/review"), "active_orders", "active_order"),
        (reseller.read("account/review"), "completed_orders", "completed_order"),
        (reseller.read("account/pointsaudit"), "record", None),
    ]
    sim.add(provider="servertastic", token="sim-unused")
    lists.append((reseller.review("unused"), "modifications", "modification"))
    for shown, name, wrapper in lists:
        if value == "key_absent":
            assert name not in shown
        elif value == "empty_string":
            assert shown[name] == ""
        else:
            assert shown[name] == ([] if wrapper is None else {wrapper: []})


@pytest.mark.parametrize("value", ["empty_string", "null", "absent"])
def test_blank_fields(sim: Simulator, reseller: Reseller, value: str) -> None:
    put(sim, blank_fields=value)
    shown = reseller.review("unused")
    for name in ("domain_name", "expiry_date", "provider_order_id", "order_state_further_info"):
        assert shown.get(name, "absent") == {"empty_string": "", "null": None, "absent": "absent"}[value]
    if value == "empty_string":
        assert shown["admin_contact"]["email"] == ""
    else:
        assert shown.get("admin_contact") is None
    assert reseller.review("issued")["domain_name"] == "host-5.corp.example"


@pytest.mark.parametrize("value", ["present", "empty", "null_expiration", "absent"])
def test_certificate_list(sim: Simulator, reseller: Reseller, value: str) -> None:
    put(sim, certificate_list=value)
    shown = reseller.review("issued")
    if value == "absent":
        assert "certificate_list" not in shown
    elif value == "empty":
        assert shown["certificate_list"] == []
    else:
        (only,) = shown["certificate_list"]
        assert only["expiration_date"] == (shown["expiry_date"] if value == "present" else None)
    assert shown["expiry_date"]


@pytest.mark.parametrize("value", [True, False])
def test_admin_contact_shown(sim: Simulator, reseller: Reseller, value: bool) -> None:
    put(sim, admin_contact_shown=value)
    email = reseller.review("issued")["admin_contact"]["email"]
    assert email == ("admin@host-5.corp.example" if value else "")
    reseller.cancel("issued")
    assert sim.outbox()[-1]["to"] == "admin@host-5.corp.example"


@pytest.mark.parametrize("value", [True, False])
def test_echo_token_in_review(sim: Simulator, reseller: Reseller, value: bool) -> None:
    put(sim, echo_token_in_review=value)
    assert reseller.review("issued").get("order_token") == ("sim-issued" if value else None)


@pytest.mark.parametrize("value", [True, False])
def test_account_review_has_completed(sim: Simulator, reseller: Reseller, value: bool) -> None:
    put(sim, account_review_has_completed=value)
    assert ("completed_orders" in reseller.read("account/review")) is value


@pytest.mark.parametrize(("value", "kind"), [(True, str), (False, int)])
def test_points_as_string(sim: Simulator, reseller: Reseller, value: bool, kind: type) -> None:
    put(sim, points_as_string=value)
    record = reseller.read("account/pointsaudit")["record"][0]
    (row,) = reseller.read("order/expiring")["orders"]["order"]
    shown: list[Any] = [
        reseller.read("account/review")["purchased_points"],
        record["PointsAdjustment"],
        record["NewPointsTotal"],
        row["order_points"],
    ]
    assert [type(each) for each in shown] == [kind] * 4
    assert int(shown[0]) == POINTS


@pytest.mark.parametrize("value", [0, 300])
def test_audit_lag_seconds(sim: Simulator, reseller: Reseller, value: int) -> None:
    put(sim, audit_lag_seconds=value)

    def shown() -> tuple[int, int]:
        records = reseller.read("account/pointsaudit")["record"]
        points: int = reseller.read("account/review")["purchased_points"]
        assert records[-1]["NewPointsTotal"] == points
        return points, len([each for each in records if each["OrderToken"] == "sim-queued"])

    reseller.cancel("queued")
    if value:
        sim.advance(value - 5)
        assert shown() == (POINTS, 1)
        sim.advance(10)
    assert shown() == (POINTS + 100, 2)


def test_no_switch_is_forgotten(sim: Simulator) -> None:
    tests = Path(__file__).read_text(encoding="utf-8")
    names = [name.partition(".")[2] for name in sim.switches() if name.startswith("servertastic.")]
    assert len(names) > 30
    assert [name for name in names if f"{name}=" not in tests and f'"{name}"' not in tests] == []
