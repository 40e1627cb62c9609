# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection under AWX's job engine (ansible-runner transmit, worker, process) and its injection of credentials.

This is not AWX itself: no server, no database, no container.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
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
    engine_in_cell,
    needs_cell,
    processes_with,
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
            domains=[{"id": 1, "name": "example.com"}],
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
        "decommission_domain_names": "gone.example.com",
        "decommission_domain_include_subdomains": "true",
        "decommission_domain_servertastic_account": True,
        "decommission_domain_report_dir": awx.reports,
        "decommission_domain_deliver_tasks": awx.deliver,
        "decommission_domain_note": "It is retired",
    }
    reads = [awx.certcentral(READ_KEY, read_only=True), awx.servertastic(read_only=True)]
    writes = [awx.certcentral(read_only=False), awx.servertastic()]

    plan = awx.run("decommission_domain", {**wanted, "decommission_domain_phase": "plan"}, credentials=reads)
    assert plan.end == ("successful", 0), plan.stdout
    assert awx.written() == []
    handed = {"decommission_domain_plan", "decommission_domain_plan_sha256"}
    assert set(plan.artifacts) == {*handed, "order_plan_changes", "order_plan_summary"}
    assert plan.artifacts["decommission_domain_plan_sha256"] in plan.artifacts["order_plan_summary"]
    # Whatever the tasks that deliver the report print, the table comes last.
    table = plan.results[-1]
    assert table[0].endswith("Print the plan as the last result")
    (made,) = (result for task, result in plan.results if task.endswith("Make or apply the plan"))
    assert table[1]["msg"] == made["table"]
    # The workflow asks for an approval where this job fails.
    gate = awx.run("nothing_to_approve", plan.artifacts, credentials=[])
    assert gate.end == ("failed", 2), gate.stdout
    text = plan.artifacts["decommission_domain_plan"]
    assert plan.artifacts["decommission_domain_plan_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    actions = {entry["order"]: entry["action"] for entry in json.loads(text)["entries"]}
    digest = next(order for order in actions if order not in ("1", "2", "3"))
    assert {order: actions[order] for order in ("1", "2", "3")} == {"1": "cancel", "2": "reject_request", "3": "keep"}

    # As a workflow hands them on: they override the settings of the template.
    given = {**wanted, "decommission_domain_phase": "apply", **plan.artifacts}
    # In check mode the folder is not made, and Servertastic's requests are not predicted where they cannot be logged.
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

    # Once all is done, the next plan has no changes, and nothing is to be approved.
    nothing = awx.run("decommission_domain", {**wanted, "decommission_domain_phase": "plan"}, credentials=reads)
    assert nothing.artifacts["order_plan_changes"] == 0
    gate = awx.run("nothing_to_approve", nothing.artifacts, credentials=[])
    assert gate.end == ("successful", 0), gate.stdout

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
    assert "cancel_stale_orders_max_changes" in refused.stdout
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


# The last one is as OpenShift gives them.
@needs_cell
@pytest.mark.parametrize("user", [0, 12345, 1000910000])
def test_a_job_may_be_any_user_and_has_an_empty_home_and_may_not_change_its_project(awx: Awx, user: int) -> None:
    awx.sim.reset(book(*pending(1)))
    script = (
        "id -u; id -g; ls -A $HOME; pwd; env | wc -l; ls -d /proc/[0-9]* | wc -l; "
        "touch /runner/project/x /usr/x 2>&1 || true"
    )
    # A site's own credential type, which hands a key on in a file.
    key_file = {
        "inputs": {"fields": [{"id": "api_key", "type": "string", "secret": True}]},
        "injectors": {"file": {"template": "{{ api_key }}\n"}, "env": {"SITE_KEY_FILE": "{{ tower.filename }}"}},
    }
    credentials = [{"type": "Key in a file", "inputs": {"api_key": KEY}}]
    by_file = "{{ lookup('ansible.builtin.file', lookup('ansible.builtin.env', 'SITE_KEY_FILE')) }}"
    debug = {"name": "Show the file's name", "ansible.builtin.debug": {"msg": "{{ query('env', 'SITE_KEY_FILE') }}"}}
    where = {"api_key": by_file, "api_url": awx.sim.api_url, "rate_limit": "none"}
    playbook = awx.playbook(
        "script", {"name": "Run the script", "ansible.builtin.shell": script}, debug, cancel(1, **where)
    )
    job = awx.run(playbook, None, "-vvv", credentials=credentials, types={"Key in a file": key_file}, user=user)

    assert job.end == ("successful", 0), job.stdout
    lines = job.result("Run the script")["stdout_lines"]
    variables, processes = lines[4:6]
    assert lines == [
        *(str(user), "0", ".ansible", "/runner/project", variables, processes),
        *(f"touch: cannot touch '{path}': Read-only file system" for path in ("/runner/project/x", "/usr/x")),
    ]
    assert int(variables) < 50
    assert int(processes) < 15
    assert job.result("Show the file's name")["msg"][0].startswith("/runner/env/")
    assert job.changed_orders() == [1]
    assert awx.sim.order(1)["status"] == "canceled"
    assert_engine_lost_nothing(job)
    awx.assert_masked()
    awx.assert_nothing_left(job)


# ansible-runner gives Ansible a terminal of its own, which no user sees; Ansible gives its workers none.
def test_the_collection_works_where_there_is_no_terminal(awx: Awx) -> None:
    awx.sim.reset(book(*pending(1)))
    # The terminal of a process's session, whatever its input is.
    terminal = "if true </dev/tty; then echo a terminal; else echo none; fi 2>/dev/null"
    message = "{{ lookup('ansible.builtin.pipe', '" + terminal + "') }}"
    debug = {"name": "Show the terminal", "ansible.builtin.debug": {"msg": message}}
    job = awx.run(awx.playbook("terminal", debug, cancel(1), title=message))

    assert job.end == ("successful", 0), job.stdout
    (play,) = (event["event_data"]["name"] for event in job.events if event["event"] == "playbook_on_play_start")
    assert play == "a terminal"
    assert job.result("Show the terminal")["msg"] == "none"
    assert job.changed_orders() == [1]
    awx.assert_nothing_left(job)


# What is too long for the engine


def test_ten_thousand_changes_in_check_mode_are_reported_in_one_event_that_the_engine_keeps(awx: Awx) -> None:
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
    # A warning explains why the result is short, and the option for that.
    assert "ansible-runner" in job.stdout
    assert "orders_detail" in job.stdout
    assert_engine_lost_nothing(job)
    assert awx.written() == []
    awx.assert_nothing_left(job)


def test_a_role_that_changes_many_orders_reports_each_change_once(awx: Awx) -> None:
    count = 300
    awx.sim.reset(book(*({**order, "created_days_ago": 90} for order in pending(count))))
    options = {"phase": "all", "confirm": True, "note": "Old", "report_dir": awx.reports, "deliver_tasks": awx.deliver}
    options = {**options, "max_changes": count, "expected_changes": count}
    job = awx.run("cancel_stale_orders", {f"cancel_stale_orders_{name}": value for name, value in options.items()})

    assert job.end == ("successful", 0), job.stdout[-2000:]
    assert job.changed_orders() == list(range(1, count + 1))
    # All of it is one task, and has one event.
    (applied,) = (result for task, result in job.results if task.endswith("Make or apply the plan"))
    assert len(applied["outcomes"]) == count
    assert sum(len(json.dumps(event)) for event in job.events) < 15_000 * count
    awx.assert_masked()
    awx.assert_nothing_left(job)


# Ended from outside. The engine kills Ansible, whose workers have sessions of their own: they end with their container,
# and where they have none, only because the collection sees that Ansible has gone.


COUNT, WORKERS = 400, 2
SOME = 10
GRACE = 30.0

with_and_without_cell = pytest.mark.parametrize(
    "cell", [pytest.param(True, marks=needs_cell, id="in a cell"), pytest.param(False, id="without a cell")]
)


def bulk(awx: Awx) -> str:
    """A playbook that has much to do."""
    awx.sim.reset(book(*pending(COUNT)))
    awx.sim.set(latency=0.1)
    return awx.playbook("bulk", cancel(COUNT, workers=WORKERS))


def wait_for_some(awx: Awx, launched: subprocess.Popen[bytes]) -> None:
    """Wait until a job has done something, or has ended; from then on it is too slow to do everything."""
    until(lambda: len(awx.written()) > SOME or launched.poll() is not None)
    awx.sim.set(latency=0.4)


def assert_nothing_more_is_sent(awx: Awx, ended: Kept) -> None:
    """Whatever still works for a job that has ended finishes what is under way, and ends, too."""
    written = len(awx.written())
    until(lambda: not processes_with(str(awx.folder)))
    assert len(awx.written()) - written <= WORKERS
    assert 0 < len(awx.written()) < COUNT
    awx.assert_masked()
    awx.assert_nothing_left(ended, was_killed=True)


def assert_rest_is_done(awx: Awx, cell: bool) -> None:
    """The same job once more does what is left, and nothing twice."""
    awx.sim.set(latency=0)
    again = awx.run(awx.playbook("rest", cancel(COUNT, orders_detail="changed")), cell=cell)
    assert again.end == ("successful", 0), again.stdout
    written = awx.written()
    assert len(written) == len(set(written)) == COUNT
    awx.assert_nothing_left(again)


@with_and_without_cell
def test_a_cancelled_job_ends_by_sigterm_alone_sends_nothing_more_and_is_simply_run_again(awx: Awx, cell: bool) -> None:
    name = awx.queue(bulk(awx), cell=cell, grace=GRACE)
    with awx.running(name) as (launched,):
        wait_for_some(awx, launched)
        launched.send_signal(signal.SIGTERM)
    ended = awx.kept(name)
    assert ended.end == ("canceled", 254)
    assert 0 < ended.facts["ended_after"] < GRACE
    assert_nothing_more_is_sent(awx, ended)
    assert_rest_is_done(awx, cell)


@needs_cell
def test_an_engine_that_ignores_sigterm_is_killed_and_its_job_can_be_run_again(awx: Awx) -> None:
    name = awx.queue(bulk(awx), grace=0.5)
    with awx.running(name) as (launched,):
        wait_for_some(awx, launched)
        os.kill(engine_in_cell(launched), signal.SIGSTOP)
        launched.send_signal(signal.SIGTERM)
    ended = awx.kept(name)
    # It had no time to report its end, nor its cell to check what is left: that one no other signal ends.
    assert ended.end == ("error", None)
    assert ended.facts["left"] is None
    assert_nothing_more_is_sent(awx, ended)
    assert_rest_is_done(awx, cell=True)


@with_and_without_cell
def test_a_job_that_timed_out_sends_nothing_more_and_can_be_run_again(awx: Awx, cell: bool) -> None:
    playbook = bulk(awx)
    # The time begins with Ansible's start, and may be over before the first order where the machine is busy.
    for timeout in (8, 16, 32, 64):
        name = awx.queue(playbook, cell=cell, timeout=timeout)
        with awx.running(name) as (launched,):
            wait_for_some(awx, launched)
        ended = awx.kept(name)
        assert ended.end == ("timeout", 254)
        if awx.written():
            break
    assert_nothing_more_is_sent(awx, ended)
    assert_rest_is_done(awx, cell)
