# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cancelling an order in each of its states: docs/development/reference/servertastic.md 0 and 5."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from servertastic_client import POINTS, UNISSUED, Reseller, refused, truth

from certsim.testing import Simulator, SimulatorError


def points(sim: Simulator) -> int:
    value: int = sim.st_account()["points"]
    return value


def credits_of(sim: Simulator, token: str) -> list[int]:
    audit = sim.st_account()["audit"]
    return [each["adjustment"] for each in audit if each["order_token"] == f"sim-{token}" and each["adjustment"] > 0]


def last_effect(sim: Simulator) -> Any:
    return sim.journal()[-1]["effect"]


@pytest.mark.parametrize("token", ["unused", *UNISSUED])
def test_not_issued_is_cancelled_at_once(sim: Simulator, reseller: Reseller, token: str) -> None:
    order = sim.st_orders()[f"sim-{token}"]
    answer = reseller.cancel(token)
    assert (answer.status_code, answer.json()) == (200, {"success": f"Order cancelled - {order['reseller_order_id']}"})
    assert last_effect(sim) is True
    assert (truth(sim, token), points(sim)) == ("Cancelled", POINTS + order["points"])
    assert credits_of(sim, token) == [order["points"]]
    assert len(sim.outbox()) == 1


@pytest.mark.parametrize("token", ["unused", *UNISSUED])
def test_a_review_is_stale_for_five_minutes(sim: Simulator, reseller: Reseller, token: str) -> None:
    before = reseller.review(token)
    assert reseller.cancel(token).status_code == 200
    assert reseller.review(token) == before
    sim.advance(295)
    assert reseller.review(token) == before
    sim.advance(10)
    after = reseller.review(token)
    assert after["order_status"] == "Cancelled"
    history = after["modifications"]["modification"]
    assert [each["event_name"] for each in history][-1] == "Order Cancelled"
    assert history[:-1] == before["modifications"]["modification"]


def test_an_unconfigured_order_stays_blank(sim: Simulator, reseller: Reseller) -> None:
    reseller.cancel("unused")
    sim.advance("5m")
    assert reseller.review("unused")["domain_name"] == ""
    reseller.cancel("queued")
    sim.advance("5m")
    assert reseller.review("queued")["domain_name"] == "www.corp.example"


@pytest.mark.parametrize("token", ["issued", "29"])
def test_issued_is_a_request_by_mail(sim: Simulator, reseller: Reseller, token: str) -> None:
    before = reseller.review(token)
    assert reseller.cancel(token).status_code == 200
    assert last_effect(sim) is True
    sim.advance("1h")
    assert reseller.review(token) == before
    assert (truth(sim, token), points(sim)) == ("Completed", POINTS)
    mail = sim.outbox()[-1]
    assert mail["to"] == before["admin_contact"]["email"]
    assert mail["reseller_order_id"] == before["reseller_order_id"]
    assert mail["answered"] is None
    assert f"sim-{token}" not in str(mail)


def test_an_approval_takes_five_minutes(sim: Simulator, reseller: Reseller) -> None:
    reseller.cancel("issued")
    mail = sim.outbox()[-1]
    sim.approve(mail)
    assert sim.outbox()[-1]["answered"] == "approve"
    sim.advance(295)
    assert (truth(sim, "issued"), reseller.status("issued"), points(sim)) == ("Completed", "Completed", POINTS)
    sim.advance(10)
    assert (truth(sim, "issued"), reseller.status("issued"), points(sim)) == ("Cancelled", "Cancelled", POINTS + 80)
    assert credits_of(sim, "issued") == [80]
    record = reseller.read("account/pointsaudit")["record"][-1]
    assert (record["OrderToken"], record["PointsAdjustment"], record["NewPointsTotal"]) == ("sim-issued", 80, 1080)


def test_an_approval_takes_effect_without_a_read(sim: Simulator, reseller: Reseller) -> None:
    reseller.cancel("issued")
    sim.approve(sim.outbox()[-1])
    sim.advance("2d")
    assert refused(reseller.cancel("issued")) == 403
    order = sim.st_orders()["sim-issued"]
    assert order["cancelled_at"][:16] < sim.now()[:16]
    assert sim.st_account()["audit"][-1]["at"] == order["cancelled_at"]


def test_a_request_of_an_earlier_day(sim: Simulator, reseller: Reseller) -> None:
    (mail,) = sim.outbox()
    sim.approve(mail)
    sim.advance("5m")
    assert reseller.status("requested") == "Cancelled"


def test_a_declined_request_changes_nothing(sim: Simulator, reseller: Reseller) -> None:
    reseller.cancel("issued")
    sim.decline(sim.outbox()[-1])
    sim.advance("1d")
    assert (truth(sim, "issued"), points(sim)) == ("Completed", POINTS)
    with pytest.raises(SimulatorError, match="410"):
        sim.approve(sim.outbox()[-1])
    assert reseller.cancel("issued").status_code == 200
    sim.approve(sim.outbox()[-1])
    sim.advance("5m")
    assert truth(sim, "issued") == "Cancelled"


@pytest.mark.parametrize("token", ["30", "no-event", "reissued", "cancelled", "roll-back", "held", "licence", "odd"])
def test_refusals_change_nothing(sim: Simulator, reseller: Reseller, token: str) -> None:
    before = sim.state()["servertastic"]
    assert refused(reseller.cancel(token)) == 403
    assert last_effect(sim) is False
    assert sim.state()["servertastic"] == before


@pytest.mark.parametrize("status", ["Order Placed", "Queued", "Completed", "Cancelled"])
@pytest.mark.parametrize("product", ["SmarterStats", "SmarterTrack-5", "SmarterTools", "SmarterBundle", "smartermail"])
def test_licences_are_never_cancelled(sim: Simulator, reseller: Reseller, status: str, product: str) -> None:
    sim.add(provider="servertastic", token="sim-new", status=status, st_product_code=product)
    assert refused(reseller.cancel("new")) == 403


def test_the_window_closes_while_time_passes(sim: Simulator, reseller: Reseller) -> None:
    sim.advance("2h")
    assert reseller.cancel("29").status_code == 200
    sim.advance("1h")
    assert refused(reseller.cancel("29")) == 403
    assert reseller.cancel("issued").status_code == 200


def test_a_cancelled_order_is_final(sim: Simulator, reseller: Reseller) -> None:
    reseller.cancel("queued")
    assert refused(reseller.cancel("queued")) == 403
    assert credits_of(sim, "queued") == [100]


def test_the_link_as_a_browser_has_it(sim: Simulator, reseller: Reseller) -> None:
    reseller.cancel("issued")
    link = sim.url + sim.outbox()[-1]["link"]
    page = requests.get(link, timeout=5)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "I approve" in page.text
    assert "sim-issued" not in page.text
    # Opening the link does not approve: mail scanners do that, too.
    sim.advance("1h")
    assert truth(sim, "issued") == "Completed"
    assert requests.post(link, data={"choice": "perhaps"}, timeout=5).status_code == 400
    assert requests.post(link, timeout=5).status_code == 400
    assert requests.post(link, data={"choice": "approve"}, timeout=5).status_code == 200
    assert requests.get(link, timeout=5).status_code == 410
    assert requests.post(link, data={"choice": "decline"}, timeout=5).status_code == 410
    assert len([entry for entry in sim.journal() if "links" in entry["path"]]) == 0
    sim.advance("5m")
    assert truth(sim, "issued") == "Cancelled"


def test_links_that_no_mail_has(sim: Simulator, reseller: Reseller) -> None:
    assert reseller.review("issued")
    for path in ("servertastic/links/abc", "certcentral/links/abc", "nobody/links/abc"):
        assert requests.get(f"{sim.url}/_sim/{path}", timeout=5).status_code == 404
        assert requests.post(f"{sim.url}/_sim/{path}", data={"choice": "approve"}, timeout=5).status_code == 404


def test_a_hostile_domain_in_the_page(sim: Simulator, reseller: Reseller) -> None:
    sim.patch("sim-issued", provider="servertastic", domain_name="<script>alert(1)</script>")
    reseller.cancel("issued")
    assert "<script>" not in requests.get(sim.url + sim.outbox()[-1]["link"], timeout=5).text
