# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every switch, under every value that it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from simulator_client import SEED, Api, code

from certsim.testing import Simulator, SimulatorError


@pytest.mark.parametrize(
    ("value", "in_list", "in_detail"), [("both", True, True), ("list", True, False), ("detail", False, True)]
)
def test_is_renewed_in(sim: Simulator, api: Api, value: str, in_list: bool, in_detail: bool) -> None:
    sim.set(certcentral__is_renewed_in=value)
    assert ("is_renewed" in api.row(24)) is in_list
    assert ("is_renewed" in api.get(24).json()) is in_detail


@pytest.mark.parametrize("value", [True, False])
def test_is_renewed_omitted_when_false(sim: Simulator, api: Api, value: bool) -> None:
    sim.set(certcentral__is_renewed_omitted_when_false=value)
    assert ("is_renewed" in api.get(20).json()) is not value
    assert api.get(24).json()["is_renewed"] is True


@pytest.mark.parametrize(
    ("value", "flag", "status"),
    [("flag", True, "issued"), ("status", False, "renewed"), ("both", True, "renewed")],
)
def test_renewed_shows_as(sim: Simulator, api: Api, value: str, flag: bool, status: str) -> None:
    sim.set(certcentral__renewed_shows_as=value)
    for shown in (api.get(24).json(), api.row(24)):
        assert (shown["is_renewed"], shown["status"]) == (flag, status)
    assert api.ids(filters={"status": status, "id": 24}) == [24]
    # The true renewal of order 25 shows as ever.
    assert (api.get(25).json()["is_renewed"], api.get(25).json()["status"]) == (True, "issued")


@pytest.mark.parametrize("value", ["status", "both"])
@pytest.mark.parametrize("status", ["issued", "expired", "revoked", "reissue_pending"])
def test_a_mark_hides_no_status_but_issued_and_expired(sim: Simulator, api: Api, value: str, status: str) -> None:
    sim.set(certcentral__renewed_shows_as=value)
    sim.patch(24, status=status)
    shown = "renewed" if status in ("issued", "expired") else status
    assert api.get(24).json()["status"] == api.row(24)["status"] == shown
    assert api.ids(filters={"status": shown, "id": 24}) == [24]


@pytest.mark.parametrize(
    ("switch", "order_id", "status"),
    [
        ("cancel_needs_approval", 13, "canceled"),
        ("cancel_processing", 14, "canceled"),
        ("cancel_needs_csr", 15, "canceled"),
        ("undo_true_renewal", 25, "not_renewed"),
        ("mark_reissue_pending", 29, "renewed"),
        ("mark_revoked", 18, "renewed"),
    ],
)
@pytest.mark.parametrize("value", ["refused", "accepted"])
def test_transitions(sim: Simulator, api: Api, switch: str, order_id: int, status: str, value: str) -> None:
    sim.set({f"certcentral.{switch}": value})
    before = sim.order(order_id)
    answer = api.put(order_id, status, "x")
    assert answer.status_code == (204 if value == "accepted" else 400)
    assert (sim.order(order_id) == before) is (value == "refused")
    assert sim.journal()[-1]["effect"] is (value == "accepted")


@pytest.mark.parametrize(
    ("switch", "order_id", "status"),
    [
        ("error_on_double_cancel", 16, "canceled"),
        ("error_on_double_mark", 24, "renewed"),
        ("error_on_unmarked_not_renewed", 21, "not_renewed"),
    ],
)
@pytest.mark.parametrize("value", [True, False])
def test_doing_it_twice(sim: Simulator, api: Api, switch: str, order_id: int, status: str, value: bool) -> None:
    sim.set({f"certcentral.{switch}": value})
    before = sim.order(order_id)
    assert api.put(order_id, status, "x").status_code == (400 if value else 204)
    assert sim.order(order_id) == before
    assert sim.journal()[-1]["effect"] is False


@pytest.mark.parametrize("value", [400, 403, 404, 409, 422])
def test_refusal_status(sim: Simulator, api: Api, value: int) -> None:
    sim.set(certcentral__refusal_status=value)
    assert api.put(20, "canceled", "x").status_code == value
    assert api.put(20, "renewed").status_code == value
    assert api.put(20, "not_renewed").status_code == value
    assert code(api.put(11, "canceled")) == (400, "required_param:note")


@pytest.mark.parametrize("value", [True, False])
def test_lenient_status(sim: Simulator, api: Api, value: bool) -> None:
    sim.set(certcentral__lenient_status=value)
    assert api.put(11, "CANCELED", "x", send_emails=False).status_code == (204 if value else 400)


@pytest.mark.parametrize(
    ("value", "found"),
    [("", [11]), ("status", [11, 20]), ("id", [11, 30]), ("id, status", None), ("all", None)],
)
def test_ignore_filters(sim: Simulator, api: Api, value: str, found: list[int] | None) -> None:
    sim.set(certcentral__ignore_filters=value)
    everything = [order["id"] for order in SEED["orders"]]
    assert api.ids(filters={"id": [11, 20], "status": "pending"}) == (everything if found is None else found)


@pytest.mark.parametrize(
    ("value", "unknown", "mixed"), [("matches", [23, 27], [11, 23, 27, 30]), ("empty", [], [11, 30]), ("refused", 0, 0)]
)
def test_unknown_status_filter(sim: Simulator, api: Api, value: str, unknown: object, mixed: object) -> None:
    sim.set(certcentral__unknown_status_filter=value)
    for wanted, found in (("expired", unknown), (["pending", "expired"], mixed)):
        if found == 0:
            assert code(api.orders(filters={"status": wanted})) == (400, "invalid_value:status")
        else:
            assert api.ids(filters={"status": wanted}) == found
    # These are documented, and issued finds expired orders as ever.
    assert api.ids(filters={"status": ["pending", "canceled"]}) == [11, 16, 30]
    assert set(api.ids(filters={"status": "issued"})) > {20, 23, 27}


@pytest.mark.parametrize(("value", "found"), [("works", [21]), ("ignored", [20, 21]), ("empty", [])])
def test_origin_filter(sim: Simulator, api: Api, value: str, found: list[int]) -> None:
    sim.set(certcentral__origin_filter=value)
    assert api.ids(filters={"id": [20, 21], "origin": "migrated"}) == found


@pytest.mark.parametrize(("value", "key"), [("key_absent", False), ("empty_array", True), ("bare_array", False)])
def test_empty_list(sim: Simulator, api: Api, value: str, key: bool) -> None:
    sim.set(certcentral__empty_list=value)
    answer = api.orders(filters={"id": 999}).json()
    assert ("orders" in answer) is key
    assert (answer == []) is (value == "bare_array")


@pytest.mark.parametrize(
    ("value", "organization"),
    [("empty_list", []), ("object", {"id": 111111, "name": "Example Corp"}), ("absent", None)],
)
def test_dv_organization(sim: Simulator, api: Api, value: str, organization: object) -> None:
    sim.set(certcentral__dv_organization=value)
    assert api.row(28).get("organization") == organization
    assert api.row(20)["organization"]["id"] == 111111


@pytest.mark.parametrize(("value", "true", "false"), [("bool", True, False), ("string", "1", "0"), ("int", 1, 0)])
def test_bool_style(sim: Simulator, api: Api, value: str, true: object, false: object) -> None:
    sim.set(certcentral__bool_style=value)
    shown = [api.get(24).json()["is_renewed"], api.row(24)["is_renewed"], api.get(20).json()["is_renewed"]]
    assert [(type(flag), flag) for flag in shown] == [(type(flag), flag) for flag in (true, true, false)]


@pytest.mark.parametrize(("value", "shown"), [("absent", None), ("zero", 0)])
def test_renewed_order_id_when_none(sim: Simulator, api: Api, value: str, shown: int | None) -> None:
    sim.set(certcentral__renewed_order_id_when_none=value)
    assert api.get(24).json().get("renewed_order_id") == shown
    assert api.get(25).json()["renewed_order_id"] == 26


@pytest.mark.parametrize("value", ["full", "sparse"])
def test_list_row(sim: Simulator, api: Api, value: str) -> None:
    sim.set(certcentral__list_row=value)
    row = api.row(24)
    assert ("is_renewed" in row) is (value == "full")
    assert ("valid_till" in row["certificate"]) is (value == "full")
    assert "is_renewed" in api.get(24).json()


@pytest.mark.parametrize(("value", "notes"), [("notes", ["x"]), ("nowhere", [])])
def test_note_goes_to(sim: Simulator, api: Api, value: str, notes: list[str]) -> None:
    sim.set(certcentral__note_goes_to=value)
    api.put(11, "canceled", "x")
    assert [note["text"] for note in sim.order(11)["notes"]] == notes


def test_mark_lag(sim: Simulator, api: Api) -> None:
    sim.set(certcentral__mark_lag_seconds=300)
    for status, before, after in (("renewed", False, True), ("not_renewed", True, False)):
        assert api.put(21, status).status_code == 204
        assert api.get(21).json()["is_renewed"] is before
        assert api.ids(filters={"id": 21, "is_renewed": str(int(after))}) == []
        sim.advance("5m")
        assert api.get(21).json()["is_renewed"] is after
    assert api.get(24).json()["is_renewed"] is True


@pytest.mark.parametrize(
    ("value", "shown"), [("all", ...), ("fewer", []), ("null", None), ("absent", "none"), ("text", "")]
)
def test_list_names(sim: Simulator, api: Api, value: str, shown: Any) -> None:
    """Rows may leave names out, of which the order's own page has all."""
    names = api.get(20).json()["certificate"]["dns_names"]
    assert len(names) == 1
    sim.set(certcentral__list_names=value)
    listed = api.row(20)["certificate"].get("dns_names", "none")
    assert listed == {"all": names, "text": names[0]}.get(value, shown)
    assert api.row(20)["number_of_sans"] == 1
    assert api.get(20).json()["certificate"]["dns_names"] == names


@pytest.mark.parametrize("value", [True, False])
def test_certificate_id_before_issue(sim: Simulator, api: Api, value: bool) -> None:
    sim.set(certcentral__certificate_id_before_issue=value)
    issued = api.get(24).json()["certificate"]
    for shown in (api.get(11).json(), api.row(11)):
        assert ("id" in shown["certificate"]) is value
        assert "serial_number" not in shown["certificate"]
    assert issued["id"] == sim.order(24)["certificate_id"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"certcentral.no_such": 1},
        {"certcentral.bool_style": "roman"},
        {"certcentral.lenient_status": "perhaps"},
        {"certcentral.ignore_filters": "id,colour"},
        {"certcentral.mark_lag_seconds": -1},
        {"certcentral.request_page_limit": 0},
        {"certcentral.request_page_limit": "1.5"},
        {"rate.limits": "100"},
        {"rate.limits": "0/5"},
        {"rate.time_scale": 0},
        {"rate.time_scale": "nan"},
        {"latency": "long"},
        {"clock.start": "tomorrow"},
    ],
)
def test_bad_switches_change_nothing(sim: Simulator, wanted: dict[str, Any]) -> None:
    before = sim.switches()
    with pytest.raises(SimulatorError, match="400"):
        sim.set({"latency": 1, **wanted})
    assert sim.switches() == before


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("list", '{"errors":[{"code":"not_found|order","message":"The specified order was not found."}]}'),
        ("object", '{"errors":{"code":"not_found|order","message":"The specified order was not found."}}'),
        ("plain", '{"error":"not_found|order","message":"The specified order was not found."}'),
        ("text", "not_found|order: The specified order was not found."),
    ],
)
def test_error_body(sim: Simulator, api: Api, value: str, body: str) -> None:
    sim.set(certcentral__error_body=value)
    answer = api.get(999)
    assert (answer.status_code, answer.text) == (404, body)


def test_error_body_several(sim: Simulator, api: Api) -> None:
    sim.set(certcentral__error_body="several")
    assert [error["code"] for error in api.get(999).json()["errors"]] == ["not_found|order", "see_also"]


@pytest.mark.parametrize(("value", "total"), [("exact", 21), ("too_small", 1), ("too_large", 26)])
def test_page_total(sim: Simulator, api: Api, value: str, total: int) -> None:
    sim.set(certcentral__page_total=value)
    answer = api.orders().json()
    assert (len(answer["orders"]), answer["page"]["total"]) == (21, total)


def test_no_switch_is_forgotten(sim: Simulator) -> None:
    tests = "".join(file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    names = [name.partition(".")[2] for name in sim.switches() if name.startswith("certcentral.")]
    assert [name for name in names if name not in tests] == []
