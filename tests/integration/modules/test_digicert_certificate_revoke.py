# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A revocation is irreversible: it is requested once, waited for, and reported with all that it ends."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    Controller,
    Simulator,
    assert_failure,
    mentions,
    seed,
)

PLAIN, OTHER, THIRD, FOURTH, COPIES, REISSUE, EXPIRED, REVOKED, PENDING, APPROVAL, CANCELED, LONELY = range(201, 213)
COPY, COPY_TOO, OLD = 7001, 7002, 7003
SERIAL = "0A1B2C3D4E5F"
BOOK: list[dict[str, Any]] = [
    {"id": PLAIN, "common_name": "www.example.com"},
    {"id": OTHER},
    {"id": THIRD},
    {"id": FOURTH},
    {
        "id": COPIES,
        "common_name": "shop.example.com",
        "serial_number": SERIAL,
        "certificate_id": 7000,
        "duplicates": [{"id": COPY, "common_name": "copy.example.com"}, {"id": COPY_TOO, "status": "revoked"}],
        "reissues": [{"id": OLD, "common_name": "old.example.com", "serial_number": "FFEE"}, {"status": "rejected"}],
    },
    {"id": REISSUE, "status": "reissue_pending", "reissues": [{"status": "pending"}]},
    {"id": EXPIRED, "status": "expired"},
    {"id": REVOKED, "status": "revoked"},
    {"id": PENDING, "status": "pending"},
    {"id": APPROVAL, "status": "needs_approval"},
    {"id": CANCELED, "status": "canceled"},
    {"id": LONELY, "certificate_id": 7010},
]
APPROVER = "sim-approver"


def book() -> dict[str, Any]:
    return seed(*BOOK, keys={APPROVER: {"user": "approver", "user_id": 8}})


def revoke(name: str, confirm: bool = True, keywords: Mapping[str, Any] | None = None, **arguments: Any) -> str:
    task = {"comments": "CHG0031337", "confirm": confirm, **arguments}
    return f"- {json.dumps({'name': name, 'certops.orders.digicert_certificate_revoke': task, **(keywords or {})})}\n"


def filed(sim: Simulator, order_id: int) -> list[dict[str, Any]]:
    """The requests to revoke that an order has."""
    return [request for request in sim.order(order_id)["requests"] if request["type"] == "revoke"]


@pytest.mark.parametrize(("value", "lost"), [("comments", False), ("comment", True)])
def test_a_comment_that_is_not_kept_is_warned_of(
    controller: Controller, sim: Simulator, value: str, lost: bool
) -> None:
    """Which spelling of the field is kept is not known (docs/development/reference/certcentral.md 4.2)."""
    sim.reset({**book(), "switches": {"certcentral.revocation_comment": value}})
    tasks = revoke("Ask", order_ids=[PLAIN, OTHER]) + revoke("At once", order_id=THIRD, skip_approval=True)
    run = controller.play(tasks, quiet=False)
    assert run.good("Ask").summary["pending_approval"] == 2
    assert run.good("At once").changed
    requests = [one for order in (PLAIN, OTHER) for one in (filed(sim, order)[0]["id"], order)]
    warnings = run["Ask"].result.get("warnings", [])
    assert [mentions(text, *requests) for text in warnings] == ([True] if lost else [])
    assert "warnings" not in run["At once"].result
    assert [bool(filed(sim, order)[0].get("comments")) for order in (PLAIN, OTHER)] == [not lost] * 2


@pytest.mark.story("digicert_certificate_revoke")
def test_a_request_is_filed_once_and_approved_by_another_module(controller: Controller, sim: Simulator) -> None:
    sim.reset(book())
    approve = f"certops.orders.digicert_request: {{order_id: {PLAIN}, status: approved"
    run = controller.play(
        revoke("Not meant", confirm=False, order_id=PLAIN)
        + revoke("Ask", order_id=PLAIN, reason="superseded")
        + revoke("Ask again", order_id=PLAIN)
        + revoke("Ask with leave", order_id=PLAIN, skip_approval=True)
        + f"- {{name: Approve carelessly, {approve}}}}}\n"
        + f"- {{name: Predict, {approve}}}, check_mode: true}}\n"
        + f"- {{name: Approve, {approve}, confirm: true}}}}\n"
        + revoke("Ask once more", order_id=PLAIN),
    )
    assert_failure(run.bad("Not meant"), code="invalid_option")
    assert "confirm" in run["Not meant"].msg
    assert run["Not meant"].sent == []

    ask = run.good("Ask")
    assert ask.sent == [f"read {PLAIN}", f"reissues of {PLAIN}", f"duplicates of {PLAIN}", f"revoke {PLAIN}"]
    assert ask.requests[-1]["body"] == {
        "comments": "CHG0031337",
        "revocation_reason": "superseded",
        "skip_approval": False,
    }
    (request,) = filed(sim, PLAIN)
    assert ask.changed
    assert ask.summary["pending_approval"] == 1
    assert ask.orders[0]["after"] == {**ask.orders[0]["before"], "revocation_requested": True}
    assert mentions(ask.msg, PLAIN, request["id"])

    for name in ("Ask again", "Ask with leave"):
        again = run.good(name)
        # Only the request itself shows what it is for.
        assert again.sent == [f"read {PLAIN}", f"request {request['id']}"]
        assert not again.changed
        assert again.orders[0]["outcome"] == "pending_approval"
        assert mentions(again.msg, request["id"], "digicert_request")

    careless = run.bad("Approve carelessly")
    assert_failure(careless, code="ineligible")
    assert mentions(careless.msg, request["id"])
    assert "confirm" in careless.msg
    assert careless.writes == run.good("Predict").writes == []
    assert run["Predict"].changed
    assert run.good("Approve").effects == [f"settle {request['id']} approved"]
    assert sim.order(PLAIN)["status"] == "revoked"
    once_more = run.good("Ask once more")
    assert (once_more.changed, once_more.sent, once_more.orders[0]["outcome"]) == (
        False,
        [f"read {PLAIN}"],
        "unchanged",
    )


def test_check_mode_lists_every_certificate_that_the_revocation_ends(controller: Controller, sim: Simulator) -> None:
    sim.reset(book())
    check = revoke("Predict", confirm=False, order_id=COPIES).replace(
        '{"name"', '{"check_mode": true, "diff": true, "name"'
    )
    run = controller.play(check + revoke("Do", order_id=COPIES, skip_approval=True))
    before = run.good("Predict").orders[0]["before"]
    assert run["Predict"].writes == []
    assert [one["certificate_id"] for one in before["certificates"]] == [7000, OLD, COPY]
    assert before["domains"] == ["copy.example.com", "old.example.com", "shop.example.com"]
    for name in before["domains"]:
        assert name in run["Predict"].diff["before"]
    assert run["Predict"].orders[0]["outcome"] == "pending_approval"
    assert mentions(run["Predict"].msg, COPIES)
    assert [one["status"] for one in run.good("Do").orders[0]["after"]["certificates"]] == ["revoked"] * 3
    truth = sim.order(COPIES)
    assert truth["status"] == "revoked"
    assert {one["status"] for one in truth["duplicates"]} == {"revoked"}


def test_single_certificates_by_id_and_serial_number(controller: Controller, sim: Simulator) -> None:
    sim.reset(book())
    alone = {"skip_approval": True}
    run = controller.play(
        revoke("A copy of an unknown order", certificate_id=COPY, **alone)
        + revoke("A copy", certificate_id=COPY, order_id=COPIES, **alone)
        + revoke("A copy again", certificate_id=COPY, order_id=COPIES, **alone)
        + revoke("One that is revoked", certificate_id=COPY_TOO, order_id=COPIES, **alone)
        + revoke("One of another order", certificate_id=COPY, order_id=PLAIN, **alone)
        + revoke("By serial number", serial_number="0a:1b:2c:3d:4e:5f", **alone)
        + revoke("By serial number again", serial_numbers=[SERIAL, "FFEE"], order_id=COPIES, **alone)
        + revoke("No serial number", serial_number="0x12", **alone)
        + revoke("Several of different orders", certificate_ids=[7010, 4711], missing="ok", **alone),
    )
    assert_failure(run.bad("A copy of an unknown order"), code="missing")
    copy = run.good("A copy")
    assert copy.effects == copy.writes == [f"revoke certificate {COPY}"]
    assert copy.orders[0]["order_id"] == COPIES
    assert copy.orders[0]["certificate_id"] == COPY
    assert copy.orders[0]["before"]["domains"] == ["copy.example.com"]
    for name in ("A copy again", "One that is revoked"):
        assert run.good(name).writes == []
        assert run[name].orders[0]["outcome"] == "unchanged"
    assert_failure(run.bad("One of another order"), code="missing")
    assert run.good("By serial number").effects == ["revoke certificate 7000"]
    again = run.good("By serial number again")
    assert [one["outcome"] for one in again.orders] == ["unchanged", "changed"]
    assert again.effects == [f"revoke certificate {OLD}"]
    assert_failure(run.bad("No serial number"), code="invalid_option")
    several = run.good("Several of different orders")
    assert [one["outcome"] for one in several.orders] == ["changed", "missing"]
    # The order is left active, with nothing that is valid.
    assert sim.order(COPIES)["status"] == "issued"
    assert run.effects == sorted(f"revoke certificate {one}" for one in (COPY, 7000, OLD, 7010))


def test_a_request_for_one_certificate_is_none_for_another(controller: Controller, sim: Simulator) -> None:
    # An order's page does not show which certificate a request is for; the request itself does.
    sim.reset(book())
    run = controller.play(
        revoke("One", certificate_id=COPY, order_id=COPIES)
        + revoke("Another", certificate_id=OLD, order_id=COPIES, reason="key_compromise")
        + revoke("Both again", certificate_ids=[COPY, OLD], order_id=COPIES)
        + revoke("The order", order_id=COPIES)
        + revoke("The order again", order_id=COPIES)
        + revoke("The rest", certificate_id=7000, order_id=COPIES)
    )
    assert run.good("One").effects == [f"revoke certificate {COPY}"]
    assert run.good("Another").effects == [f"revoke certificate {OLD}"]
    assert run.good("Both again").writes == []
    # Nor is it one for the whole order; one for the order is for all of it.
    assert run.good("The order").effects == [f"revoke {COPIES}"]
    for name in ("The order again", "The rest"):
        assert run.good(name).writes == []
        assert run[name].orders[0]["outcome"] == "pending_approval"
    first, second, last = filed(sim, COPIES)
    assert [request["certificate"]["id"] for request in (first, second)] == [COPY, OLD]
    assert "certificate" not in last
    assert mentions(run["The order again"].msg, last["id"])
    listed = [f"read {COPIES}", *(f"request {request['id']}" for request in (first, second, last))]
    assert run["The order again"].sent == listed


def test_a_reissue_is_dropped_first_and_only_with_leave(controller: Controller, sim: Simulator, tmp_path: Path) -> None:
    sim.reset(book())
    log = tmp_path / "audit.jsonl"
    run = controller.play(
        revoke("Without leave", order_id=REISSUE)
        + revoke("Revoke", order_id=REISSUE, cancel_reissue=True, skip_approval=True, audit_log=str(log))
        + revoke("Again", order_id=REISSUE, cancel_reissue=True, skip_approval=True, audit_log=str(log))
    )
    refused = run.bad("Without leave")
    assert_failure(refused, code="ineligible")
    assert "cancel_reissue" in refused.msg
    done = run.good("Revoke")
    sent = [line for line in done.sent if line != "user"]
    assert sent[-2:] == [f"set {REISSUE} canceled", f"revoke {REISSUE}"]
    assert done.effects == [f"revoke {REISSUE}", f"set {REISSUE} canceled"]
    assert run.good("Again").writes == []
    assert sim.order(REISSUE)["status"] == "revoked"
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    # Each of the two writes is announced, and their outcome is logged.
    assert [line["event"] for line in lines] == ["begun", "begun", "completed"]
    assert {line["id"] for line in lines} == {lines[0]["id"]}
    assert lines[-1]["outcome"] == "changed"


def test_a_reissue_that_is_dropped_counts_although_the_revocation_fails(controller: Controller, sim: Simulator) -> None:
    sim.reset(book())
    sim.fault("status", status=400, method="PUT", path="/revoke$")
    task = revoke("Revoke", order_id=REISSUE, cancel_reissue=True)
    run = controller.play(task + task.replace('"Revoke"', '"Again"'))
    half = run.bad("Revoke")
    assert_failure(half, code="simulated_fault", http_status=400)
    assert half.effects == [f"set {REISSUE} canceled"]
    assert half.changed
    assert (half.orders[0]["before"]["status"], half.orders[0]["after"]["status"]) == ("reissue_pending", "issued")
    assert run.good("Again").effects == [f"revoke {REISSUE}"]


# The status, and the module to use instead.
REFUSALS = {
    EXPIRED: ("expired",),
    PENDING: ("pending", "digicert_order_status"),
    APPROVAL: ("needs_approval", "digicert_request"),
    CANCELED: ("canceled",),
}


def test_what_cannot_be_revoked_is_refused_with_the_next_step(controller: Controller, sim: Simulator) -> None:
    sim.reset(book())
    run = controller.play(
        "".join(revoke(str(order_id), order_id=order_id) for order_id in REFUSALS)
        + revoke("Skip", order_ids=[*REFUSALS, REVOKED], ineligible="skip")
    )
    for order_id, named in REFUSALS.items():
        refused = run.bad(str(order_id))
        assert_failure(refused, code="ineligible")
        assert mentions(refused.msg, order_id, *named)
    assert run.good("Skip").summary == {**run["Skip"].summary, "ineligible": 4, "unchanged": 1}
    assert run.writes == []


def test_no_second_request_is_filed_for_a_reply_that_was_lost(controller: Controller, sim: Simulator) -> None:
    sim.reset(book())
    sim.fault("reset_after", order_id=PLAIN, method="PUT")
    sim.fault("error_after", status=502, order_id=OTHER, method="PUT")
    sim.fault("reset_before", order_id=THIRD, method="PUT")
    sim.fault("reset_after", order_id=FOURTH, method="PUT")
    run = controller.play(
        revoke("Ask", order_ids=[PLAIN, OTHER, THIRD], retries=1)
        + revoke("At once", order_id=FOURTH, skip_approval=True)
        + revoke("Again", order_ids=[PLAIN, OTHER, THIRD, FOURTH])
    )
    # It is sent once: where it does not show, the next run finds out.
    ask = run.bad("Ask")
    assert ask.outcomes == {PLAIN: "pending_approval", OTHER: "pending_approval", THIRD: "unknown"}
    assert ask.changed
    assert ask.writes == [f"revoke {PLAIN}", f"revoke {OTHER}", f"revoke {THIRD}"]
    assert [len(filed(sim, order_id)) for order_id in (PLAIN, OTHER, THIRD, FOURTH)] == [1, 1, 1, 0]
    assert run.good("At once").orders[0]["outcome"] == "changed"
    assert run["At once"].writes == [f"revoke {FOURTH}"]
    assert run.good("Again").writes == [f"revoke {THIRD}"]


# Waiting for an approval


def ask(sim: Simulator, method: str, path: str, body: Mapping[str, Any]) -> None:
    """Ask the service as an approver does."""
    connection = http.client.HTTPConnection(urlsplit(sim.url).netloc, timeout=30)
    try:
        headers = {"X-DC-DEVKEY": APPROVER, "Content-Type": "application/json"}
        connection.request(method, f"/services/v2{path}", json.dumps(body), headers)
        response = connection.getresponse()
        assert response.status == 204, response.read()
    finally:
        connection.close()


@contextmanager
def approver(sim: Simulator, plan: dict[int, str]) -> Iterator[None]:
    """An approver who decides on the requests to revoke of some orders, as soon as they wait.

    plan: approved or rejected, by order.
    """
    over = threading.Event()

    def decide() -> None:
        left = dict(plan)
        while left and not over.wait(0.1):
            for order_id in list(left):
                for request in filed(sim, order_id):
                    ask(sim, "PUT", f"/request/{request['id']}/status", {"status": left.pop(order_id)})

    thread = threading.Thread(target=decide)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_an_approval_is_waited_for(controller: Controller, sim: Simulator) -> None:
    sim.reset(book())
    waiting = {"wait": True, "poll_interval": 1, "wait_timeout": 20}
    with approver(sim, {PLAIN: "approved", OTHER: "rejected", FOURTH: "approved"}):
        run = controller.play(
            revoke("Approved and rejected", order_ids=[PLAIN, OTHER], **waiting)
            + revoke("No decision", order_id=THIRD, **{**waiting, "wait_timeout": 1})
            + revoke("Check", keywords={"check_mode": True}, order_id=THIRD, **waiting)
            + revoke("Single", certificate_id=900000000 + FOURTH, order_id=FOURTH, **waiting),
        )
    own = [request for request in run.requests if request["key"] != APPROVER]

    both = run.bad("Approved and rejected")
    assert_failure(both, code="not_approved")
    approved, rejected = both.orders
    assert (approved["outcome"], rejected["outcome"]) == ("changed", "failed")
    assert approved["after"]["status"] == "revoked"
    assert rejected["after"]["revocation_requested"] is False
    assert rejected["failure"]["order_id"] == both.failure["order_id"] == OTHER
    assert both.changed

    undecided = run.good("No decision")
    assert undecided.changed
    assert undecided.orders[0]["outcome"] == "pending_approval"
    assert undecided.summary["pending_approval"] == 1
    assert not run.good("Check").changed
    assert run.good("Single").orders[0]["outcome"] == "changed"
    assert [request["method"] for request in own].count("PUT") == 4
    waits = [line for line in run.output.splitlines() if "digicert_certificate_revoke" in line]
    assert any(mentions(line, 2, 20) for line in waits)


def test_a_key_without_the_permission_to_approve_is_reported(controller: Controller, sim: Simulator) -> None:
    sim.reset(book())
    sim.set({"certcentral.skip_approval": "refused"})
    run = controller.play(revoke("At once", order_id=PLAIN, skip_approval=True) + revoke("Ask", order_id=PLAIN))
    refused = run.bad("At once")
    assert_failure(refused, code="access_denied|invalid_approver", http_status=403)
    assert refused.effects == []
    assert not refused.changed
    assert run.good("Ask").effects == [f"revoke {PLAIN}"]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "order_id"),
    "order and certificate lists": ({"order_ids": [1], "certificate_id": 2}, "order_ids"),
    "two kinds": ({"serial_number": "AB", "certificate_id": 2}, "certificate_id"),
    "both orders": ({"order_id": 1, "order_ids": [2]}, "order_id"),
    "a blank comment": ({"order_id": 1, "comments": " "}, "comments"),
    "an id of 0": ({"certificate_ids": [0]}, "certificate_ids"),
    "no reason that there is": ({"order_id": 1, "reason": "superceded"}, "reason"),
    "no time to wait": ({"order_id": 1, "wait": True, "wait_timeout": 0}, "wait_timeout"),
    "no time between": ({"order_id": 1, "wait": True, "poll_interval": 0}, "poll_interval"),
}


def test_bad_arguments_are_named_before_any_request(controller: Controller) -> None:
    run = controller.play("".join(revoke(name, **arguments) for name, (arguments, _word) in BAD.items()))
    for name, (_arguments, word) in BAD.items():
        assert_failure(run.bad(name), code="invalid_option")
        assert word in run[name].msg, name
    assert run.requests == []
