# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changed lately: docs/development/reference/certcentral.md 4.5."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest
from simulator_client import SEED, Api, code

from certsim.testing import Simulator

PATH = "/order/certificate/status-changes"


@pytest.fixture(autouse=True)
def noon(sim: Simulator) -> None:
    """What expired yesterday did so at midnight: away from it, no window of a test holds that change."""
    sim.set(clock__start=datetime.combine(datetime.now(UTC), time(12), UTC).isoformat())


def changes(api: Api, **window: int) -> list[tuple[int, str]]:
    """Return the order and status of each row, in its order."""
    rows: list[dict[str, Any]] = api.read(PATH, **(window or {"minutes": 10})).get("orders", [])
    return [(row["order_id"], row["status"]) for row in rows]


def test_nothing_has_changed_at_the_start(api: Api) -> None:
    assert api.read(PATH, minutes=1) == {}


def test_what_the_api_changes(sim: Simulator, api: Api) -> None:
    before = changes(api)
    api.put(11, "canceled", "x")
    api.put(19, "canceled", "x")
    api.put(16, "canceled", "x")
    api.put(21, "renewed")
    assert (before, changes(api)) == ([], [(11, "canceled"), (19, "issued")])
    assert sim.journal()[-1]["order_id"] is None


def test_what_approvers_and_revocations_change(life: Api) -> None:
    life.write("/request/420/status", {"status": "approved"})
    life.write("/request/510/status", {"status": "rejected"})
    life.write("/order/certificate/44/revoke", {"skip_approval": True})
    assert changes(life) == [(42, "pending"), (51, "rejected"), (44, "revoked")]


def test_what_happens_behind_the_clients_backs(sim: Simulator, api: Api) -> None:
    sim.patch(11, status="issued")
    sim.patch(20, common_name="other.corp.example")
    sim.add(id=99, status="pending")
    assert changes(api) == [(11, "issued"), (99, "pending")]


@pytest.mark.parametrize(("unit", "length"), [("seconds", 1), ("minutes", 60)])
def test_the_window(sim: Simulator, api: Api, unit: str, length: int) -> None:
    sim.patch(11, status="issued")
    sim.advance(30 * length)
    assert changes(api, **{unit: 20}) == []
    assert changes(api, **{unit: 40}) == [(11, "issued")]


def test_the_longest_window_is_seven_days(sim: Simulator, api: Api) -> None:
    sim.patch(11, status="issued")
    sim.advance("6.9d")
    assert changes(api, minutes=10080) == changes(api, seconds=604800) == [(11, "issued")]
    sim.advance("0.2d")
    assert changes(api, minutes=10080) == []
    for window in ({"minutes": 10081}, {"seconds": 604801}, {"minutes": 1, "seconds": 604801}):
        assert code(api.request("GET", PATH, params=window)) == (400, "time_frame_too_long")


def test_minutes_and_seconds_add_up(sim: Simulator, api: Api) -> None:
    sim.patch(11, status="issued")
    sim.advance(80)
    assert changes(api, minutes=1) == []
    assert changes(api, minutes=1, seconds=10) == []
    assert changes(api, minutes=1, seconds=30) == [(11, "issued")]
    window = {"minutes": 10080, "seconds": 1}
    assert code(api.request("GET", PATH, params=window)) == (400, "time_frame_too_long")


def test_changes_between_two_times(sim: Simulator, api: Api) -> None:
    """Times are Mountain Time; what changed again later is left out (docs/development/reference/certcentral.md 4.5)."""
    sim.reset({**SEED, "clock": "2026-11-10T12:00:00Z"})
    sim.patch(11, status="issued")
    sim.patch(12, status="issued")
    sim.advance("2d")
    sim.patch(12, status="revoked")
    between = "filters[status_last_updated]"
    assert changes(api, **{between: "2026-11-10T04:59:00...2026-11-10T05:01:00"}) == [(11, "issued")]
    assert changes(api, **{between: "2026-11-10T11:59:00...2026-11-10T12:01:00"}) == []
    assert changes(api, **{between: "2026-11-10...2026-11-10"}) == [(11, "issued")]
    assert changes(api, **{between: "2026-11-10...2026-11-12"}) == [(11, "issued"), (12, "revoked")]
    for window, error in (
        ("2026-11-01...2026-11-10", "time_frame_too_long"),
        ("2026-11-01", "invalid_value:status_last_updated"),
        ("2026-11-01...soon", "invalid_value:status_last_updated"),
    ):
        assert code(api.request("GET", PATH, params={between: window})) == (400, error)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({}, "required_param:minutes"),
        ({"minutes": "0"}, "invalid_value:minutes"),
        ({"seconds": "+5"}, "invalid_value:seconds"),
        ({"hours": "1"}, "invalid_value:hours"),
    ],
)
def test_strict_query(api: Api, query: dict[str, str], error: str) -> None:
    assert code(api.request("GET", PATH, params=query)) == (400, error)


def test_a_key_sees_the_changes_of_its_own_containers(sim: Simulator, api: Api) -> None:
    for order_id in (11, 30):
        sim.patch(order_id, status="rejected")
    assert changes(api) == [(11, "rejected"), (30, "rejected")]
    assert changes(Api(sim, "sim-emea")) == [(30, "rejected")]


def test_the_form_of_a_row(sim: Simulator, api: Api) -> None:
    sim.patch(11, status="issued")
    number = sim.order(11)["certificate_id"]
    assert api.read(PATH, minutes=1) == {"orders": [{"order_id": 11, "status": "issued", "certificate_id": number}]}


@pytest.mark.parametrize(
    ("value", "shown"), [("absent", {}), ("null", {"certificate_id": None}), ("zero", {"certificate_id": 0})]
)
def test_certificate_when_none(sim: Simulator, api: Api, value: str, shown: dict[str, Any]) -> None:
    sim.set(certcentral__status_changes_certificate_when_none=value)
    api.put(11, "canceled", "x")
    assert api.read(PATH, minutes=1)["orders"] == [{"order_id": 11, "status": "canceled", **shown}]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("latest", [(20, "reissue_pending"), (11, "issued")]), ("each", None)],
)
def test_rows(sim: Simulator, api: Api, value: str, shown: list[tuple[int, str]] | None) -> None:
    sim.set(certcentral__status_changes_rows=value)
    sim.patch(11, status="processing")
    sim.patch(20, status="reissue_pending")
    sim.patch(11, status="issued")
    each = [(11, "processing"), (20, "reissue_pending"), (11, "issued")]
    assert changes(api) == (shown or each)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("oldest_first", [(20, "reissue_pending"), (11, "processing"), (20, "issued")]),
        ("newest_first", [(20, "issued"), (11, "processing"), (20, "reissue_pending")]),
        ("highest_id_first", [(20, "reissue_pending"), (20, "issued"), (11, "processing")]),
    ],
)
def test_order(sim: Simulator, api: Api, value: str, shown: list[tuple[int, str]]) -> None:
    sim.set(certcentral__status_changes_order=value, certcentral__status_changes_rows="each")
    sim.patch(20, status="reissue_pending")
    sim.patch(11, status="processing")
    sim.patch(20, status="issued")
    assert changes(api) == shown


def test_lag(sim: Simulator, api: Api) -> None:
    sim.set(certcentral__status_changes_lag_seconds=300)
    sim.patch(11, status="issued")
    assert changes(api) == []
    sim.advance(299)
    assert changes(api) == []
    sim.advance(2)
    assert changes(api) == [(11, "issued")]
    assert changes(api, seconds=300) == []


@pytest.mark.parametrize(
    ("value", "shows_as", "shown"),
    [(False, "flag", []), (True, "flag", [(21, "issued")]), (True, "status", [(21, "renewed")])],
)
def test_of_marks(sim: Simulator, api: Api, value: bool, shows_as: str, shown: list[tuple[int, str]]) -> None:
    sim.set(certcentral__status_changes_of_marks=value, certcentral__renewed_shows_as=shows_as)
    api.put(21, "renewed")
    assert changes(api) == shown


@pytest.mark.parametrize("rows", ["latest", "each"])
@pytest.mark.parametrize(("value", "shown"), [(True, [(20, "expired")]), (False, [])])
def test_of_expiry(sim: Simulator, api: Api, rows: str, value: bool, shown: list[tuple[int, str]]) -> None:
    sim.set(certcentral__status_changes_of_expiry=value, certcentral__status_changes_rows=rows)
    assert changes(api, minutes=10080) == [(27, "expired")] * value
    sim.advance("41d")
    assert changes(api, minutes=2880) == shown


@pytest.mark.parametrize(("value", "shown"), [("key_absent", {}), ("empty_array", {"orders": []})])
def test_empty_list(sim: Simulator, api: Api, value: str, shown: object) -> None:
    sim.set(certcentral__empty_list=value)
    assert api.read(PATH, minutes=1) == shown
