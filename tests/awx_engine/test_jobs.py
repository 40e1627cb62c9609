# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection under AWX's job engine (ansible-runner transmit, worker, process) and its injection of credentials.

This is not AWX itself: no server, no database, no container.
"""

from __future__ import annotations

import hashlib
import json
import signal
import time
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.awx_engine.support import (
    KEY,
    MOST,
    READ_KEY,
    RESELLER_KEY,
    TOKEN,
    Awx,
    Kept,
    needs_cell,
    until,
)

CANCEL = "certops.orders.digicert_order_status"
KEYS = {KEY: {"user": "writes"}, READ_KEY: {"user": "reads", "view_only": True}}
QUIET = {"rate.enabled": False, "servertastic.review_lag_seconds": 0}


def book(*orders: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"switches": QUIET, "keys": KEYS, "orders": list(orders), **more}


def pending(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "status": "pending"} for number in range(1, count + 1)]


def cancel(count: int, **options: Any) -> dict[str, Any]:
    """A task that cancels so many orders."""
    orders = {"order_ids": list(range(1, count + 1)), "status": "canceled", "note": "Not needed any more"}
    return {"name": "Cancel", CANCEL: {**orders, **options}}


def assert_engine_lost_nothing(job: Kept) -> None:
    """Each event has arrived once, in order, and none was emptied."""
    assert [event["counter"] for event in job.events] == list(range(1, len(job.events) + 1))
    assert job.results
    assert [task for task, result in job.results if not result] == []
    assert max(len(str(result)) for _task, result in job.results) < MOST


# Plan, approve, apply


def test_a_plan_is_made_and_carried_out_by_jobs_that_share_nothing_but_artifacts(awx: Awx) -> None:
    awx.sim.reset(
        book(
            {"id": 1, "status": "pending", "common_name": "www.gone.example.com"},
            {"id": 2, "status": "needs_approval", "common_name": "gone.example.com"},
            {"id": 3, "status": "issued", "common_name": "gone.example.com"},
            {"id": 4, "status": "pending", "common_name": "stays.example.com"},
            servertastic={
                "accounts": [{"username": "team", "api_key": RESELLER_KEY, "points": 1000}],
                "orders": [
                    {
                        "token": TOKEN,
                        "reseller_order_id": "R1",
                        "status": "Queued",
                        "domain_name": "shop.gone.example.com",
                        "account": "team",
                    }
                ],
            },
        )
    )
    wanted = {
        "decommission_domain_names_text": "gone.example.com",
        "decommission_domain_include_subdomains": "true",
        "decommission_domain_servertastic_account": True,
        "decommission_domain_report_dir": awx.reports,
        "decommission_domain_deliver_tasks": awx.deliver,
        "decommission_domain_note": "It goes away",
    }
    reads = [awx.certcentral(READ_KEY, read_only=True), awx.servertastic(read_only=True)]
    writes = [awx.certcentral(read_only=False), awx.servertastic()]

    plan = awx.run("decommission_domain", {**wanted, "decommission_domain_phase": "plan"}, credentials=reads)
    assert plan.end == ("successful", 0), plan.stdout
    assert awx.written() == []
    assert set(plan.artifacts) == {"decommission_domain_plan", "decommission_domain_plan_sha256"}
    text = plan.artifacts["decommission_domain_plan"]
    assert plan.artifacts["decommission_domain_plan_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    actions = {entry["order"]: entry["action"] for entry in json.loads(text)["entries"]}
    digest = next(order for order in actions if order not in ("1", "2", "3"))
    assert {order: actions[order] for order in ("1", "2", "3")} == {"1": "cancel", "2": "reject_request", "3": "keep"}

    # As a workflow hands them on: they override what the template says.
    given = {**wanted, "decommission_domain_phase": "apply", **plan.artifacts}
    # In check mode nobody makes the folder, and Servertastic's requests are not predicted where they cannot be logged.
    there = {**given, "decommission_domain_report_dir": "/tmp"}
    check = awx.run("decommission_domain", there, "--check", "--diff", credentials=writes)
    assert check.end == ("successful", 0), check.stdout
    assert awx.written() == []

    real = awx.run("decommission_domain", given, credentials=writes)
    assert real.end == ("successful", 0), real.stdout
    assert awx.sim.order(1)["status"] == "canceled"
    assert awx.sim.order(2)["status"] == "rejected"
    assert awx.sim.order(3)["status"] == "issued"
    assert awx.sim.order(4)["status"] == "pending"
    assert awx.sim.st_orders()[TOKEN]["status"] != "Queued"
    assert digest in json.dumps(real.events)
    # The number of the job is in the note.
    assert str(real.facts["job_env"]["JOB_ID"]) in json.dumps(awx.sim.order(1))
    written = awx.written()

    again = awx.run("decommission_domain", given, credentials=writes)
    assert again.end == ("successful", 0), again.stdout
    assert awx.written() == written

    for job in (plan, check, real, again):
        assert_engine_lost_nothing(job)
        assert "\x1b[0;32m" in job.stdout
        assert job.facts["job_env"]["DIGICERT_API_KEY"] == "*" * 10
    awx.assert_masked()
    awx.assert_nothing_left(plan, check, real, again)


def test_a_guard_that_refuses_is_exit_code_2_and_nothing_is_sent(awx: Awx) -> None:
    stale = [{"id": number, "status": "pending", "created_days_ago": 90} for number in range(1, 4)]
    awx.sim.reset(book(*stale))
    options = {"phase": "all", "confirm": True, "note": "Old", "report_dir": awx.reports, "deliver_tasks": awx.deliver}
    given = {f"cancel_stale_orders_{name}": value for name, value in options.items()}

    refused = awx.run("cancel_stale_orders", {**given, "cancel_stale_orders_max_changes": 2})
    assert refused.end == ("failed", 2), refused.stdout
    assert "3 changes are planned, and max_changes is 2" in refused.stdout
    assert awx.written() == []

    # A key that may only read is refused before anything is sent, too.
    forbidden = awx.run("cancel_stale_orders", given, credentials=[awx.certcentral(read_only=True)])
    assert forbidden.end == ("failed", 2), forbidden.stdout
    assert "DIGICERT_READ_ONLY" in forbidden.stdout
    assert awx.written() == []

    done = awx.run("cancel_stale_orders", given)
    assert done.end == ("successful", 0), done.stdout
    assert [awx.sim.order(number)["status"] for number in (1, 2, 3)] == ["canceled"] * 3
    for job in (refused, forbidden, done):
        assert_engine_lost_nothing(job)
    awx.assert_masked()
    awx.assert_nothing_left(refused, forbidden, done)


# What a job finds where it runs


@needs_cell
def test_a_job_has_another_user_no_terminal_an_empty_home_and_may_not_change_its_project(awx: Awx) -> None:
    awx.sim.reset(book(*pending(1)))
    looks = (
        "id -u; id -g; test -t 0 || echo no input; ls -A $HOME; pwd; env | wc -l; ls -d /proc/[0-9]* | wc -l; "
        "touch /runner/project/x /usr/x 2>&1 || true"
    )
    # A site's own credential type, which hands a key on in a file.
    key_file = {
        "inputs": {"fields": [{"id": "api_key", "type": "string", "secret": True}]},
        "injectors": {"file": {"template": "{{ api_key }}\n"}, "env": {"SITE_KEY_FILE": "{{ tower.filename }}"}},
    }
    credentials = [{"type": "Key in a file", "inputs": {"api_key": KEY}}]
    by_file = "{{ lookup('ansible.builtin.file', lookup('ansible.builtin.env', 'SITE_KEY_FILE')) }}"
    told = {"name": "Look at the file's name", "ansible.builtin.debug": {"msg": "{{ query('env', 'SITE_KEY_FILE') }}"}}
    where = {"api_key": by_file, "api_url": awx.sim.api_url, "rate_limit": "none"}
    playbook = awx.playbook("looks", {"name": "Look", "ansible.builtin.shell": looks}, told, cancel(1, **where))
    job = awx.run(playbook, None, "-vvv", credentials=credentials, types={"Key in a file": key_file})

    assert job.end == ("successful", 0), job.stdout
    lines = job.result("Look")["stdout_lines"]
    variables, processes = lines[5:7]
    assert lines == [
        *("12345", "0", "no input", ".ansible", "/runner/project", variables, processes),
        *(f"touch: cannot touch '{path}': Read-only file system" for path in ("/runner/project/x", "/usr/x")),
    ]
    assert int(variables) < 50
    assert int(processes) < 15
    assert job.result("Look at the file's name")["msg"][0].startswith("/runner/env/")
    assert job.changed_orders() == [1]
    assert awx.sim.order(1)["status"] == "canceled"
    assert_engine_lost_nothing(job)
    awx.assert_masked()
    awx.assert_nothing_left(job)


# What is too long for the engine


def test_ten_thousand_changes_in_check_mode_are_all_told_in_one_event_that_the_engine_keeps(awx: Awx) -> None:
    count = 10_000
    awx.sim.reset(
        {**book(), "generate": {"count": count, "first_id": 200_000_001, "mix": {"pending": 1.0}}},
    )
    numbers = list(range(200_000_001, 200_000_001 + count))
    playbook = awx.playbook("many", cancel(0, order_ids=numbers))
    job = awx.run(playbook, None, "--check", "--diff")

    assert job.end == ("successful", 0), job.stdout[-2000:]
    result = job.result("Cancel")
    assert job.facts["job_env"]["AWX_ISOLATED_DATA_DIR"]
    assert result["summary"]["changed"] == count
    assert 0 < len(str(result)) < MOST
    assert job.changed_orders() == numbers
    assert "too long for ansible-runner" in job.stdout
    assert_engine_lost_nothing(job)
    assert awx.written() == []
    awx.assert_nothing_left(job)


# Ended from outside


# The engine kills Ansible, whose workers have sessions of their own: only the end of their container ends them.
@needs_cell
@pytest.mark.parametrize(
    ("grace", "timeout", "status"),
    [(30.0, 0, "canceled"), (0.1, 0, "canceled"), (30.0, 12, "timeout")],
    ids=["SIGTERM", "SIGKILL", "timeout"],
)
def test_a_job_that_is_ended_sends_nothing_more_and_is_simply_run_again(
    awx: Awx, grace: float, timeout: int, status: str
) -> None:
    count = 400
    awx.sim.reset(book(*pending(count)))
    awx.sim.set(latency=0.1)
    playbook = awx.playbook("bulk", cancel(count, workers=2))
    name = awx.queue(playbook, grace=grace, timeout=timeout)
    with awx.running(name) as (launched,):
        until(lambda: len(awx.written()) > 10)
        if not timeout:
            launched.send_signal(signal.SIGTERM)
    ended = awx.kept(name)
    assert ended.facts["status"] == status
    # What was under way has arrived by now; after that all is still.
    time.sleep(0.3)
    seen = len(awx.sim.journal())
    time.sleep(1)
    assert len(awx.sim.journal()) == seen
    assert 0 < len(awx.written()) < count
    awx.assert_masked()
    awx.assert_nothing_left(ended, was_killed=True)

    awx.sim.set(latency=0)
    again = awx.run(awx.playbook("rest", cancel(count, orders_detail="changed")))
    assert again.end == ("successful", 0), again.stdout
    written = awx.written()
    assert len(written) == len(set(written)) == count
    awx.assert_nothing_left(again)
