# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests are listed, and decided on once; the two modules of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    Controller,
    Simulator,
    assert_failure,
    mentions,
    query,
    seed,
)

WAITS, WAITS_TOO, REJECTED, DECIDED, SEVERAL, REVOCATION, REISSUE = range(301, 308)
BOOK: list[dict[str, Any]] = [
    {"id": WAITS, "status": "needs_approval"},
    {"id": WAITS_TOO, "status": "needs_approval"},
    {"id": REJECTED, "status": "rejected"},
    {"id": DECIDED, "status": "pending"},
    {
        "id": SEVERAL,
        "status": "reissue_pending",
        "requests": [
            {"type": "new_request", "status": "approved"},
            {"type": "reissue", "status": "pending"},
            {"type": "duplicate", "status": "submitted", "comments": "One more"},
        ],
    },
    {"id": REVOCATION, "requests": [{"type": "revoke", "status": "pending"}]},
    {"id": REISSUE, "status": "reissue_pending"},
]


def request(name: str, module: str = "request", **arguments: Any) -> str:
    return f"- {json.dumps({'name': name, f'certops.orders.digicert_{module}': arguments})}\n"


def info(name: str, **arguments: Any) -> str:
    return request(name, "request_info", **arguments)


@pytest.mark.story("digicert_request")
def test_an_order_that_needs_approval_is_got_rid_of(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    note = {"status": "canceled", "note": "No longer needed"}
    run = controller.play(
        request("Cancel", "order_status", order_id=WAITS, **note)
        + request("Reject", order_id=WAITS, status="rejected", comment="CHG0031337\nretired")
        + request("Reject again", order_id=WAITS, status="rejected", comment="Once more")
        + request("Approve after all", order_id=WAITS, status="approved"),
    )
    assert_failure(run.bad("Cancel"), code="ineligible")
    assert mentions(run["Cancel"].msg, "digicert_request")
    reject = run.good("Reject")
    assert reject.sent == [f"read {WAITS}", f"settle {WAITS}0 rejected"]
    assert reject.requests[1]["body"] == {"status": "rejected", "processor_comment": r"CHG0031337\nretired"}
    assert mentions(reject.msg, WAITS)
    (one,) = reject.result["requests"]
    assert (one["request_id"], one["order_id"], one["type"], one["outcome"]) == (
        WAITS * 10,
        WAITS,
        "new_request",
        "changed",
    )
    assert (one["before"], one["after"]) == ({"status": "pending"}, {"status": "rejected"})
    assert sim.order(WAITS)["status"] == "rejected"
    again = run.good("Reject again")
    assert (again.changed, again.sent) == (False, [f"read {WAITS}"])
    late = run.bad("Approve after all")
    assert_failure(late, code="ineligible")
    assert mentions(late.msg, f"{WAITS}0", "new_request", "rejected")
    assert late.writes == []


def test_requests_are_decided_on_by_id_and_by_order(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    run = controller.play(
        request(
            "By order", order_ids=[WAITS, REJECTED, DECIDED, 4711], status="rejected", missing="ok", ineligible="skip"
        )
        + request("By id", request_ids=[WAITS_TOO * 10, WAITS_TOO * 10], status="approved")
        + request("Of several", order_id=SEVERAL, status="rejected")
        + request("One of several", request_id=SEVERAL * 10 + 1, status="rejected")
        + request("The other", order_id=SEVERAL, status="approved")
        + request("Carelessly", request_id=REVOCATION * 10, status="approved")
        + request("No revocation", request_id=REVOCATION * 10, status="rejected")
        + request("A reissue", order_id=REISSUE, status="rejected")
        + request("Nowhere", request_id=4711, status="rejected")
        + request("No id", status="rejected")
        + request("Two ids", order_id=1, request_id=1, status="rejected")
        + request("Another word", order_id=1, status="denied")
    )
    by_order = run.good("By order")
    assert [one["outcome"] for one in by_order.result["requests"]] == ["changed", "unchanged", "ineligible", "missing"]
    assert by_order.effects == [f"settle {WAITS}0 rejected"]
    by_id = run.good("By id")
    assert by_id.effects == by_id.writes == [f"settle {WAITS_TOO}0 approved"]
    assert sim.order(WAITS_TOO)["status"] == "pending"
    assert by_id.summary["total"] == 1
    several = run.bad("Of several")
    assert_failure(several, code="ineligible")
    assert mentions(several.msg, f"{SEVERAL}1", "reissue", f"{SEVERAL}2", "duplicate", "request_id")
    assert several.writes == []
    assert run.good("One of several").effects == [f"settle {SEVERAL}1 rejected"]
    # The only one that is left.
    assert run.good("The other").effects == [f"settle {SEVERAL}2 approved"]
    assert_failure(run.bad("Carelessly"), code="ineligible")
    assert "confirm" in run["Carelessly"].msg
    assert run.good("No revocation").effects == [f"settle {REVOCATION}0 rejected"]
    assert sim.order(REVOCATION)["status"] == "issued"
    assert run.good("A reissue").effects == [f"settle {REISSUE}1 rejected"]
    assert sim.order(REISSUE)["status"] == "issued"
    assert_failure(run.bad("Nowhere"), code="missing")
    for name in ("No id", "Two ids", "Another word"):
        assert_failure(run.bad(name), code="invalid_option")
        assert run[name].sent == []


def test_an_approver_who_made_the_request_may_be_refused(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    sim.set({"certcentral.approve_own_request": "refused"})
    run = controller.play(request("Approve", order_id=WAITS, status="approved"))
    assert_failure(run.bad("Approve"), code="access_denied|invalid_approver", http_status=403)
    assert run["Approve"].failure["order_id"] == WAITS
    assert not run["Approve"].changed


@pytest.mark.story("digicert_request_info")
def test_requests_are_found(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*BOOK))
    run = controller.play(
        info("All")
        + info("Pending", status="pending")
        + info("Revocations", status="pending", type=["revoke"])
        + info("Of an order", order_id=SEVERAL, status="submitted")
        + info("One", request_id=WAITS * 10)
        + info("None", request_id=4711)
        + info("Both", request_id=1, order_id=1)
    )
    every = [one["request_id"] for one in run.good("All").result["requests"]]
    assert every == [3010, 3020, 3030, 3040, 3050, 3051, 3052, 3060, 3070, 3071]
    assert run["All"].sent == ["requests"]
    assert [one["request_id"] for one in run.good("Pending").result["requests"]] == [3010, 3020, 3051, 3060, 3071]
    assert query(run["Pending"].requests[0]) == {"filters[status]": "pending"}
    (revocation,) = run.good("Revocations").result["requests"]
    assert (revocation["order_id"], revocation["requester"]) == (REVOCATION, "Ada Example")
    (submitted,) = run.good("Of an order").result["requests"]
    assert (submitted["comments"], run["Of an order"].sent) == ("One more", [f"read {SEVERAL}"])
    assert run.good("One").sent == [f"request {WAITS}0"]
    assert run.good("None").result["requests"] == []
    assert_failure(run.bad("Both"), code="invalid_option")


def test_many_requests_cost_a_request_for_each_thousand(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(generate={"count": 2200, "first_id": 1000, "mix": {"pending": 1.0}}))
    task = controller.play(info("All")).good("All")
    assert [one["request_id"] for one in task.result["requests"]] == list(range(10000, 32000, 10))
    assert len(task.requests) == 3
