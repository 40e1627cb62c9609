# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: each kind ends in a clear message, no write is made twice, and `changed` is the truth.

How every module, digicert_order_status included, takes each kind for its reads and its write is in
contract/test_every_module.py. Here are bulks, one order of which is struck, and the kinds with a story of their own.
"""

from __future__ import annotations

import json
import socket

import pytest

from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.integration.faults.kinds import KINDS, SLOW
from ansible_collections.certops.orders.tests.integration.support import (
    ISSUED,
    KEY,
    MIGRATED,
    MIGRATED_TOO,
    PENDING,
    PENDING_THREE,
    PENDING_TOO,
    Controller,
    Simulator,
    Task,
    assert_failure,
    machine,
    mentions,
    pending,
    seed,
)

# A bulk of three, the second of which is struck.
FIRST, STRUCK, LAST = 1, 2, 3


def base(name: str) -> int:
    return 1000 * (1 + list(KINDS).index(name))


@pytest.fixture(scope="module")
def bulks(process: Simulator) -> dict[str, Task]:
    """What came of each kind. The kinds are hosts of one play, so that they need not wait for one another."""
    with machine(process) as controller:
        controller.sim.reset(seed(*(order for name in KINDS for order in pending(base(name) + 1, 3))))
        for name, kind in KINDS.items():
            controller.sim.fault(**kind.fault, order_id=base(name) + STRUCK, method="PUT", times=1)
        gateway = json.loads((controller.desk / "inventory.yml").read_text())["all"]["hosts"]["gateway"]
        # Where an answer is waited for in vain, the wait is short.
        hosts = {
            name.replace(" ", "_"): {**gateway, "base": base(name), "seconds": 1 if name in SLOW else 30}
            for name in KINDS
        }
        run = controller.play(
            """
        - name: Bulk
          certops.orders.digicert_order_status:
            order_ids: "{{ range((base | int) + 1, (base | int) + 4) | list }}"
            status: canceled
            note: Storm
            retries: 1
            timeout: "{{ seconds }}"
            """,
            hosts="all",
            keywords="strategy: free",
            inventory=json.dumps({"all": {"hosts": hosts}}),
            args=["-f", "20", "-vvv"],
        )
    tasks = {task.host: task for task in run.all("Bulk")}
    for name in KINDS:
        # The hosts' requests are mixed: each kind's are known by its orders.
        orders = range(base(name), base(name) + 1000)
        tasks[name.replace(" ", "_")].requests = [request for request in run.requests if request["order_id"] in orders]
    return {name: tasks[name.replace(" ", "_")] for name in KINDS}


@each("name", KINDS)
def test_one_struck_write_of_a_bulk_leaves_the_others_alone(bulks: dict[str, Task], name: str) -> None:
    first, struck, last = (base(name) + order for order in (FIRST, STRUCK, LAST))
    outcome, writes = KINDS[name].once
    task = bulks[name]
    assert task.outcomes == {first: "changed", struck: outcome, last: "changed"}
    assert task.changed
    assert task.failed == (outcome == "failed")
    for order_id, expected in ((first, 1), (struck, writes), (last, 1)):
        assert task.about(order_id).count(f"set {order_id} canceled") == expected
        assert task.effects.count(f"set {order_id} canceled") == (task.outcomes[order_id] == "changed")
    # Never twice in a row without a read.
    assert f"set {struck} canceled, set {struck} canceled" not in ", ".join(task.about(struck))


# A list that cannot be read


def test_a_bulk_with_an_unreadable_list_changes_nothing_and_continues_when_it_is_readable(
    controller: Controller,
) -> None:
    tasks = []
    for name, kind in KINDS.items():
        fault = json.dumps({**kind.fault, "path": "/order/certificate$", "method": "GET", "times": 1})
        tasks.append(
            f"""
        - certsim: {{fault: {fault}}}
        - name: "{name}"
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {PENDING_TOO}]
            status: canceled
            note: Storm
            retries: 0
            timeout: {1 if name in SLOW else 30}
        """
        )
    again = f"""
        - certsim: {{fault: {{kind: html, path: "/order/certificate$", method: GET, times: 1}}}}
        - name: After a pause
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {PENDING_TOO}]
            status: canceled
            note: Sun
            retries: 1
        """
    run = controller.play("".join([*tasks, again]))
    for name, kind in KINDS.items():
        code, http_status, _requests = kind.read
        task = run.bad(name)
        assert_failure(task, code=code, http_status=http_status)
        assert task.sent == [f"list {PENDING},{PENDING_TOO}"], name
        assert task.outcomes == {PENDING: "failed", PENDING_TOO: "failed"}
        assert not task.changed
    after = run.good("After a pause")
    assert after.summary["changed"] == 2
    assert (after.api["requests"], after.api["retries"]) == (4, 1)
    assert 0 < after.api["waited"] < 5


# Kinds with a story of their own


@pytest.mark.parametrize("kind", ["huge_body", "gzip_bomb"])
def test_an_answer_of_100_mb_is_an_error_and_not_a_full_memory(controller: Controller, kind: str) -> None:
    controller.sim.fault(kind, order_id=PENDING, method="GET")
    controller.sim.fault(kind, order_id=PENDING_TOO, method="PUT")
    controller.sim.fault(kind, path="/order/certificate$", method="GET")
    run = controller.play(
        f"""
        - name: Read
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Flood
        - name: Write
          certops.orders.digicert_order_status:
            order_id: {PENDING_TOO}
            status: canceled
            note: Flood
        - name: List
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {PENDING_THREE}]
            status: canceled
            note: Flood
        """
    )
    for name in ("Read", "List"):
        assert_failure(run.bad(name), code="unreadable", http_status=200)
        assert mentions(run[name].msg, 64)
        assert len(run[name].sent) == 1
    assert run.good("Write").changed
    assert run["Write"].sent == [f"read {PENDING_TOO}", f"set {PENDING_TOO} canceled", f"read {PENDING_TOO}"]
    assert run.worker_kib < 300 * 1024


def test_a_slow_body_ends_with_the_timeout_however_it_drips(controller: Controller) -> None:
    controller.sim.fault("drip", order_id=PENDING, method="GET", times=-1, bytes_per_second=20)
    run = controller.play(
        f"""
        - name: Drip
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Drop by drop
            timeout: 1
            retries: 0
        """
    )
    assert_failure(run.bad("Drip"), code="reply_lost")
    assert mentions(run["Drip"].msg, 1)
    assert len(run.requests) == 1


def test_a_kept_connection_that_the_service_closes_is_no_failure(controller: Controller) -> None:
    controller.sim.fault("close_idle", order_id=PENDING, method="GET", seconds=0.01)
    run = controller.play(
        f"""
        - name: Cancel
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Idle
        """
    )
    assert run.good("Cancel").changed
    assert run.effects == [f"set {PENDING} canceled"]


def test_what_cannot_be_known_is_unknown(controller: Controller) -> None:
    # The reply to the change is lost, and then the order cannot be read: the first read is let through.
    for order_id in (PENDING, PENDING_TOO):
        controller.sim.fault(
            "status", status=503, order_id=order_id, method="GET", times=-1, skip=int(order_id == PENDING)
        )
        controller.sim.fault("reset_after", order_id=order_id, method="PUT")
    run = controller.play(
        f"""
        - name: One
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Dark
            retries: 0
        - name: Several
          certops.orders.digicert_order_status:
            order_ids: [{PENDING_TOO}, {PENDING_THREE}]
            status: canceled
            note: Dark
            retries: 0
        """
    )
    one = run.bad("One")
    assert one.outcomes == {PENDING: "unknown"}
    assert one.orders[0]["after"] == {}
    assert_failure(one, code="reply_lost")
    # Beside the lost reply, it has why the order cannot be read.
    assert mentions(one.msg, 503)
    assert not one.changed
    several = run.bad("Several")
    assert several.outcomes == {PENDING_TOO: "unknown", PENDING_THREE: "changed"}
    assert several.changed
    assert several.summary["unknown"] == 1
    for order_id in (PENDING, PENDING_TOO):
        assert run.about(order_id).count(f"set {order_id} canceled") == 1


def test_lost_replies_to_marks_are_verified_by_a_read(controller: Controller) -> None:
    controller.sim.fault("reset_after", order_id=MIGRATED, method="PUT")
    controller.sim.fault("reset_before", order_id=MIGRATED_TOO, method="PUT")
    run = controller.play(
        f"""
        - name: Mark
          certops.orders.digicert_order_status:
            order_ids: [{MIGRATED}, {MIGRATED_TOO}]
            status: renewed
            retries: 1
        """
    )
    assert run.good("Mark").summary["changed"] == 2
    assert run.effects == [f"set {MIGRATED} renewed", f"set {MIGRATED_TOO} renewed"]
    assert run.writes == [f"set {MIGRATED} renewed"] + [f"set {MIGRATED_TOO} renewed"] * 2


def test_wrong_lists_are_detected(controller: Controller) -> None:
    controller.sim.fault("list_extra", count=3)
    controller.sim.fault("list_drop", ids=[PENDING_TOO])
    run = controller.play(
        f"""
        - name: Unrequested rows
          certops.orders.digicert_order_status: &task
            order_ids: [{PENDING_TOO}, {PENDING}, {ISSUED}]
            status: canceled
            note: Liar
            ineligible: skip
          check_mode: true
        - name: A row that is not there
          certops.orders.digicert_order_status: *task
        """
    )
    listed = f"list {PENDING_TOO},{PENDING},{ISSUED}"
    assert run.good("Unrequested rows").sent == [listed]
    assert run["Unrequested rows"].orders == run["A row that is not there"].orders
    assert run.good("A row that is not there").sent[:2] == [listed, f"read {PENDING_TOO}"]
    assert run.effects == [f"set {PENDING} canceled", f"set {PENDING_TOO} canceled"]


def test_connection_refused(controller: Controller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/services/v2"
    run = controller.play(
        f"""
        - name: One
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Hello?
            retries: 1
            api_key: {KEY}
            api_url: {url}
        - name: Several
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {PENDING_TOO}]
            status: canceled
            note: Hello?
            retries: 0
            api_key: {KEY}
            api_url: {url}
        """
    )
    for task, retries in zip(run.tasks, (1, 0)):
        assert_failure(task, code="connection_failed")
        assert task.failure["retries"] == task.api["retries"] == retries
        assert not task.changed
