# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the calls of Servertastic answer: docs/development/reference/servertastic.md 1 to 4."""

from __future__ import annotations

from typing import Any

import pytest
from servertastic_client import KEY, POINTS, SEED, Reseller, refused

from certsim.testing import Simulator

#: docs/development/reference/servertastic.md 4.
REVIEW_KEYS = {
    "success",
    "reseller_order_id",
    "provider_order_id",
    "st_product_code",
    "reseller_unique_reference",
    "order_status",
    "order_state_further_info",
    "domain_name",
    "san_count",
    "additional_sans",
    "server_count",
    "invite_url",
    "end_customer_email",
    "organisation_info",
    "approver_notified_date",
    "approver_email_address",
    "dv_auth_method",
    "admin_contact",
    "tech_contact",
    "modifications",
    "certificate",
    "pkcs7",
    "expiry_date",
    "reissued_certificates",
    "ca_certs",
    "certificate_list",
}

CALLS: dict[str, dict[str, str]] = {
    "order/review": {"order_token": "sim-queued"},
    "order/cancel": {"order_token": "sim-queued"},
    "order/modifiedorders": {"api_key": KEY, "date": "2020-01-01 00:00:00"},
    "order/expiring": {"api_key": KEY, "days": "60"},
    "order/showtokens": {"api_key": KEY},
    "account/review": {"api_key": KEY},
    "account/pointsaudit": {"api_key": KEY},
}


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["reseller_order_id"] for row in rows]


def test_review_of_an_issued_order(sim: Simulator, reseller: Reseller) -> None:
    shown = reseller.review("issued")
    assert set(shown) == REVIEW_KEYS
    assert shown["success"] == "Review Order"
    assert (shown["reseller_order_id"], shown["order_status"]) == ("STR_5_5", "Completed")
    assert shown["domain_name"] == "host-5.corp.example"
    assert shown["admin_contact"]["email"] == "admin@host-5.corp.example"
    placed, completed = shown["modifications"]["modification"]
    assert set(placed) == {"timestamp", "event_id", "event_name"}
    assert completed["event_name"] == "Order Completed"
    stored = sim.st_orders()["sim-issued"]
    assert completed["timestamp"] == stored["completed_at"][:19].replace("T", " ")
    assert shown["certificate_list"][0]["expiration_date"] == shown["expiry_date"]
    assert shown["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    # The address of the management page holds the token; nothing else does.
    assert shown.pop("invite_url").endswith("/token/sim-issued")
    assert "sim-issued" not in str(shown)


def test_review_before_issuance(reseller: Reseller) -> None:
    shown = reseller.review("queued")
    assert (shown["domain_name"], shown["certificate"], shown["expiry_date"]) == ("www.corp.example", "", "")
    assert shown["certificate_list"] == []
    assert [each["event_name"] for each in shown["modifications"]["modification"]] == ["Order Placed"]


def test_review_before_configuration(reseller: Reseller) -> None:
    shown = reseller.review("unused")
    assert set(shown) == REVIEW_KEYS
    assert shown["order_status"] == "Order Placed"
    blank = ("provider_order_id", "domain_name", "approver_email_address", "expiry_date")
    assert [shown[name] for name in blank] == [""] * 4
    assert shown["admin_contact"]["email"] == shown["tech_contact"]["email"] == ""
    assert shown["modifications"] == {"modification": []}
    assert shown["invite_url"].endswith("/token/sim-unused")


def test_review_of_a_licence(reseller: Reseller) -> None:
    shown = reseller.review("licence")
    assert set(shown) == {
        "success",
        "reseller_order_id",
        "provider_order_id",
        "st_product_code",
        "reseller_unique_reference",
        "order_status",
        "order_licenses",
    }
    assert len(shown["order_licenses"]["license"]) == 1


@pytest.mark.parametrize("token", ["cancelled", "roll-back", "held", "odd"])
def test_status_as_it_is(reseller: Reseller, token: str) -> None:
    words = {order["token"]: order.get("status") for order in SEED["servertastic"]["orders"]}
    assert reseller.status(token) == words[f"sim-{token}"]


def test_a_token_of_any_account_is_enough(reseller: Reseller) -> None:
    assert reseller.review("other")["reseller_order_id"] == "STR_16_16"


def test_modified_orders(sim: Simulator, reseller: Reseller) -> None:
    since = reseller.read("order/modifiedorders", date="2020-01-01 00:00:00")
    assert since["success"] == "Modified Orders"
    assert since["data_accuracy"]
    rows = since["orders"]["order"]
    assert len(rows) == 15
    assert "success" not in rows[0]
    assert {key for key in REVIEW_KEYS if key != "success"} == set(rows[4])
    moment = sim.now()[:19].replace("T", " ")
    sim.advance(2)
    reseller.cancel("queued")
    assert reseller.read("order/modifiedorders", date=moment)["orders"]["order"] == []
    sim.advance("5m")
    (row,) = reseller.read("order/modifiedorders", date=moment)["orders"]["order"]
    assert (row["reseller_order_id"], row["order_status"]) == ("STR_4_4", "Cancelled")


def test_expiring(sim: Simulator, reseller: Reseller) -> None:
    shown = reseller.read("order/expiring", days=60)
    assert shown["success"] == "Expiring Orders"
    (row,) = shown["orders"]["order"]
    assert set(row) == {
        "reseller_order_id",
        "order_status",
        "order_date",
        "domain_name",
        "order_points",
        "expiry_date",
        "st_product_code",
    }
    assert row["reseller_order_id"] == "STR_9_9"
    assert reseller.read("order/expiring")["orders"]["order"] == [row]
    assert reseller.read("order/expiring", days=19)["orders"]["order"] == []
    assert len(reseller.read("order/expiring", days=3650)["orders"]["order"]) == 7
    sim.patch("STR_9_9", provider="servertastic", status="Cancelled")
    assert reseller.read("order/expiring", days=60)["orders"]["order"] == []


def test_show_tokens(sim: Simulator, reseller: Reseller) -> None:
    shown = reseller.read("order/showtokens")
    assert shown["success"] == "Order tokens"
    unused, used = (shown[name]["order_token"] for name in ("unused_tokens", "used_tokens"))
    assert unused == [{"token": "sim-unused", "reseller_unique_reference": "ref-1"}]
    assert len(used) == 14
    assert "sim-other" not in str(shown)
    reseller.cancel("unused")
    sim.advance("5m")
    shown = reseller.read("order/showtokens")
    assert (len(shown["unused_tokens"]["order_token"]), len(shown["used_tokens"]["order_token"])) == (0, 15)
    assert reseller.read("order/showtokens", api_key="sim-other")["used_tokens"]["order_token"] == [
        {"token": "sim-other", "reseller_unique_reference": "ref-16"}
    ]


def test_account_review(reseller: Reseller) -> None:
    shown = reseller.read("account/review")
    assert (shown["success"], shown["purchased_points"]) == ("Reseller Overview", POINTS)
    active, completed = shown["active_orders"]["active_order"], shown["completed_orders"]["completed_order"]
    assert {row["order_status"] for row in completed} == {"Completed"}
    assert {row["order_status"] for row in active} == {
        "Order Placed",
        "Awaiting Customer Verification",
        "Awaiting Provider Approval",
        "Queued",
        "Roll Back",
        "Servertastic Review",
        "Quantum Review",
    }
    assert (len(active), len(completed)) == (7, 7)
    assert not set(names(active)) & set(names(completed))


def test_points_audit(reseller: Reseller) -> None:
    shown = reseller.read("account/pointsaudit")
    assert shown["success"] == "PointsAudit"
    records = shown["record"]
    assert {frozenset(record) for record in records} == {
        frozenset(
            (
                "Timestamp",
                "PointsAdjustment",
                "NewPointsTotal",
                "Description",
                "OrderDate",
                "OrderReference",
                "OrderToken",
                "Notes",
            )
        )
    }
    assert records[-1]["NewPointsTotal"] == POINTS
    for before, after in zip(records, records[1:], strict=False):
        assert before["Timestamp"] <= after["Timestamp"]
        assert before["NewPointsTotal"] + after["PointsAdjustment"] == after["NewPointsTotal"]
    assert [record["PointsAdjustment"] for record in records if record["OrderToken"] == "sim-cancelled"] == [-100, 100]
    assert {record["PointsAdjustment"] for record in records} == {-70, -80, -100, 100}
    # Only this call links a reference to a token.
    assert [record["OrderReference"] for record in records if record["OrderToken"] == "sim-queued"] == ["STR_4_4"]


def test_a_given_audit(sim: Simulator, reseller: Reseller) -> None:
    audit = [{"adjustment": 500, "days_ago": 3, "description": "Bought"}, {"adjustment": -20, "notes": "By hand"}]
    sim.reset({"servertastic": {"accounts": [{"points": 480, "audit": audit}], "orders": [{}]}})
    first, second = reseller.read("account/pointsaudit")["record"]
    assert (first["NewPointsTotal"], first["Description"], first["OrderToken"], first["OrderDate"]) == (
        500,
        "Bought",
        "",
        "",
    )
    assert (second["NewPointsTotal"], second["Notes"]) == (480, "By hand")
    assert sim.st_account()["points"] == 480


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("base", ["", "/v2"])
def test_both_generations(sim: Simulator, reseller: Reseller, base: str, name: str) -> None:
    assert reseller.call("order/review", order_token="sim-issued").status_code == 200
    answer = Reseller(sim, base).call(name, **CALLS[name])
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert sim.journal()[-1]["path"] == f"{base}/{name}.json"


@pytest.mark.parametrize("name", CALLS)
def test_the_suffix_on_either_segment(reseller: Reseller, name: str) -> None:
    service, call = name.split("/")
    assert reseller.request("GET", f"/{service}.json/{call}", params=CALLS[name]).status_code == 200


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
def test_wrong_verbs(sim: Simulator, reseller: Reseller, name: str, method: str) -> None:
    assert reseller.request(method, f"/{name}.json", params=CALLS[name]).status_code == 405
    assert sim.journal()[-1]["effect"] is False


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/order/review",
        "/order/review.xml",
        "/order.xml/review",
        "/v3/order/review.json",
        "/order/review.json//",
        "/order/list.json",
        "/order/place.json",
        "/account/cancel.json",
        "/ssl/order.json/review",
        "/token/sim-issued",
        "/services/v2x",
    ],
)
def test_no_such_call(reseller: Reseller, path: str) -> None:
    assert refused(reseller.request("GET", path, params={"order_token": "sim-issued"})) == 404


@pytest.mark.parametrize("name", CALLS)
def test_arguments_are_required(reseller: Reseller, name: str) -> None:
    for missing in CALLS[name]:
        rest = {each: value for each, value in CALLS[name].items() if each != missing}
        if missing == "days":
            assert reseller.call(name, **rest).status_code == 200
            continue
        for arguments in (rest, {**rest, missing: ""}):
            answer = reseller.call(name, **arguments)
            assert refused(answer) == 400
            assert answer.json()["error"]["message"] == f"Bad Request: {missing} is required."


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("value", ["ignored", "refused"])
def test_arguments_that_a_call_does_not_have(sim: Simulator, reseller: Reseller, name: str, value: str) -> None:
    sim.set({"servertastic.unknown_arguments": value})
    # An order that is cancelled once is refused the second time.
    good, repeated = ({200}, {200, 403}) if value == "ignored" else ({400}, {400})
    first = reseller.call(name, **CALLS[name], st="1")
    assert first.status_code in good
    assert reseller.call(name, **CALLS[name], reseller_order_id="STR_4_4").status_code in repeated
    twice = [*CALLS[name].items(), *CALLS[name].items()]
    assert reseller.request("GET", f"/{name}.json", params=twice).status_code in repeated


def test_the_key_is_not_a_token_and_the_other_way_round(reseller: Reseller) -> None:
    assert refused(reseller.call("order/review", api_key=KEY)) == 400
    assert refused(reseller.call("account/review", order_token="sim-issued")) == 400
    assert refused(reseller.call("order/review", order_token=KEY)) == 401
    assert refused(reseller.call("account/review", api_key="sim-issued")) == 401


@pytest.mark.parametrize("name", CALLS)
def test_unknown_credentials(reseller: Reseller, name: str) -> None:
    arguments = dict(CALLS[name])
    arguments[next(iter(arguments))] = "sim-nobody"
    assert refused(reseller.call(name, **arguments)) == 401


def test_the_id_is_not_the_token(reseller: Reseller) -> None:
    assert refused(reseller.call("order/cancel", order_token="STR_4_4")) == 401


@pytest.mark.parametrize("date", ["2026-01-01", "yesterday", "2026-13-01 00:00:00", "2026-01-01T00:00:00Z"])
def test_bad_dates(reseller: Reseller, date: str) -> None:
    assert refused(reseller.call("order/modifiedorders", api_key=KEY, date=date)) == 400


@pytest.mark.parametrize("days", ["-1", "1.5", "many", "9" * 30, "٣"])
def test_bad_days(reseller: Reseller, days: str) -> None:
    assert refused(reseller.call("order/expiring", api_key=KEY, days=days)) == 400
