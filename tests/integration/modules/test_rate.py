# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests are the currency: budgets counted exactly, and rate limits kept and used, on windows that run faster."""

from __future__ import annotations

import json
import statistics
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from ansible_collections.certops.orders.tests.integration.support import (
    PENDING,
    PENDING_THREE,
    PENDING_TOO,
    Controller,
    Simulator,
    assert_failure,
    mentions,
    pending,
    seed,
)

# CertCentral's 100/5 and 1000/180, forty times as fast.
SCALE = 40
WINDOW = 180 / SCALE
RATE_LIMIT = f"100/{5 / SCALE}, 1000/{WINDOW}"
LIMITED = {"rate.enabled": True, "rate.time_scale": SCALE}
QUICK = "100/0.2"


def times(requests: list[dict[str, Any]]) -> list[float]:
    """When requests arrived, in seconds."""
    return sorted(datetime.fromisoformat(request["at_real"]).timestamp() for request in requests)


# What it costs


def test_ten_thousand_of_thirty_thousand_that_are_as_wanted_cost_101_requests_and_little_memory(
    controller: Controller, sim: Simulator
) -> None:
    mix = {"canceled": 1.0}
    sim.reset({"switches": {"rate.enabled": False}, "generate": {"count": 30_000, "first_id": 1_000_000, "mix": mix}})
    run = controller.play(
        """
        - name: As wanted
          certops.orders.digicert_order_status:
            order_ids: "{{ range(1010000, 1020000) | list }}"
            status: canceled
            note: Once more
            orders_detail: changed
        """
    )
    task = run.good("As wanted")
    assert task.summary["unchanged"] == 10_000
    assert not task.changed
    assert len(task.requests) == task.api["requests"] <= 101
    assert 0 < run.worker_kib < 150 * 1024


def test_marking_costs_a_list_and_an_origin_for_each_hundred_and_one_proof(
    controller: Controller, sim: Simulator
) -> None:
    marked = {"status": "issued", "origin": "migrated", "valid_till_in_days": 10}
    sim.reset(seed(*({"id": number, **marked} for number in range(1, 251))))
    run = controller.play(
        """
        - name: Mark
          certops.orders.digicert_order_status:
            order_ids: "{{ range(1, 251) | list }}"
            status: renewed
            verify: true
        - name: Mark again
          certops.orders.digicert_order_status:
            order_ids: "{{ range(1, 251) | list }}"
            status: renewed
        """
    )
    mark = run.good("Mark")
    lists = [line for line in mark.sent if line.startswith("list")]
    assert len([line for line in lists if line.endswith("migrated")]) == 3
    assert len([line for line in lists if line.endswith("certcentral")]) == 1
    # And three to read, three to verify.
    assert len(lists) == 3 + 1 + 3 + 3
    assert len(mark.requests) == len(lists) + 250
    assert len(run.good("Mark again").requests) == 3


# Staying within the limits


def test_twenty_forks_over_three_hundred_hosts_never_meet_a_429(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*pending(1, 300)))
    sim.set(LIMITED)
    hosts = {f"host{number}": {"its_order": number, "ansible_connection": "local"} for number in range(1, 301)}
    run = controller.play(
        """
        - name: Cancel its order
          certops.orders.digicert_order_status:
            order_id: "{{ its_order }}"
            status: canceled
            note: "{{ inventory_hostname }} goes"
            rate_limit_timeout: 0
        """,
        hosts="all",
        inventory=json.dumps({"all": {"hosts": hosts}}),
        args=["-f", "20"],
        more_env={"DIGICERT_RATE_LIMIT": RATE_LIMIT},
    )
    assert [task.event for task in run.tasks] == ["ok"] * 300
    assert all(task.changed for task in run.tasks)
    assert len(run.requests) == 600
    assert {request["status"] for request in run.requests} == {200, 204}


def test_forks_share_the_limit(controller: Controller, sim: Simulator) -> None:
    # So slow that forks which do not know of each other are refused.
    sim.reset(seed(*pending(1, 12)))
    sim.set({"rate.enabled": True, "rate.limits": "4/0.5"})
    hosts = {f"host{number}": {"its_order": number, "ansible_connection": "local"} for number in range(1, 13)}
    run = controller.play(
        """
        - name: Cancel its order
          certops.orders.digicert_order_status:
            order_id: "{{ its_order }}"
            status: canceled
            note: "{{ inventory_hostname }} goes"
            rate_limit: 4/0.5
        """,
        hosts="all",
        inventory=json.dumps({"all": {"hosts": hosts}}),
        args=["-f", "12"],
    )
    assert len(run.requests) == 24
    assert {request["status"] for request in run.requests} == {200, 204}
    arrivals = times(run.requests)
    assert all(later - sooner >= 0.5 for sooner, later in zip(arrivals, arrivals[4:]))


def test_three_thousand_requests_use_what_the_limits_allow_and_not_more(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*pending(1, 3000)))
    sim.set(LIMITED)
    run = controller.play(
        f"""
        - name: Cancel
          certops.orders.digicert_order_status:
            order_ids: "{{{{ range(1, 3001) | list }}}}"
            status: canceled
            note: All of them
            orders_detail: none
            rate_limit: {RATE_LIMIT}
            # Pacing is no waiting for a service that refuses.
            rate_limit_timeout: 0
        """
    )
    task = run.good("Cancel")
    assert task.summary["changed"] == 3000
    assert len(task.requests) == 3030
    assert {request["status"] for request in task.requests} == {200, 204}
    assert task.api["waited"] > 0
    # From each request to the thousandth after it, the window that binds has passed, and not much more; in the middle,
    # as a machine that is busy with other things may be too slow for the bursts.
    arrivals = times(task.requests)
    spans = [later - sooner for sooner, later in zip(arrivals, arrivals[1000:])]
    assert min(spans) >= WINDOW - 0.005
    assert WINDOW / statistics.median(spans) >= 0.95


# When the service refuses nevertheless


def test_a_429_is_waited_for_with_and_without_retry_after(controller: Controller) -> None:
    # What headers each order's reads and writes are refused with.
    refused = {PENDING: {}, PENDING_TOO: {"Retry-After": "1"}, PENDING_THREE: {"Retry-After": "no date"}}
    for order_id, headers in refused.items():
        for method in ("GET", "PUT"):
            controller.sim.fault("status", status=429, headers=headers, order_id=order_id, method=method)
    run = controller.play(
        "".join(
            f"""
        - name: Refused {order_id}
          certops.orders.digicert_order_status:
            order_id: {order_id}
            status: canceled
            note: Later
            retries: 0
            rate_limit: {QUICK}
        """
            for order_id in refused
        ),
    )
    for order_id in refused:
        task = run.good(f"Refused {order_id}")
        assert task.sent == [f"read {order_id}"] * 2 + [f"set {order_id} canceled"] * 2
        assert task.effects == [f"set {order_id} canceled"]
        assert (task.api["requests"], task.api["retries"]) == (4, 2)
        first, second, third, fourth = times(task.requests)
        pause = 0.95 if order_id == PENDING_TOO else 0.2
        assert second - first >= pause
        assert fourth - third >= pause
        assert 2 * pause <= task.api["waited"] < 2 * pause + 3


def test_retry_after_may_be_a_date(controller: Controller) -> None:
    soon = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=3)
    controller.sim.fault("status", status=429, headers={"Retry-After": format_datetime(soon, usegmt=True)})
    run = controller.play(
        f"""
        - name: Cancel
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Then
        """
    )
    assert run.good("Cancel").sent == [f"read {PENDING}", f"read {PENDING}", f"set {PENDING} canceled"]
    assert times(run.requests)[1] >= soon.timestamp()


def test_the_rate_limit_budget_ends(controller: Controller) -> None:
    controller.sim.fault("status", status=429, order_id=PENDING, method="GET", times=-1)
    controller.sim.fault("status", status=429, order_id=PENDING_TOO, method="PUT", times=-1)
    controller.sim.fault(
        "status", status=429, order_id=PENDING_THREE, method="GET", times=-1, headers={"Retry-After": "3600"}
    )
    run = controller.play(
        f"""
        - name: Read
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Later
            rate_limit: {QUICK}
            rate_limit_timeout: 1
        - name: Write
          certops.orders.digicert_order_status:
            order_id: {PENDING_TOO}
            status: canceled
            note: Later
            rate_limit: {QUICK}
            rate_limit_timeout: 1
        - name: An hour is too long
          certops.orders.digicert_order_status:
            order_id: {PENDING_THREE}
            status: canceled
            note: Later
            rate_limit: {QUICK}
        """
    )
    for task in run.tasks:
        assert_failure(task, code="request_limit_exceeded", http_status=429)
        assert "429" in task.msg
        assert not task.changed
    assert 0.2 <= run["Read"].failure["waited"] <= 1
    assert 2 <= len(run["Read"].sent) <= 4
    assert run["Read"].failure["retries"] == len(run["Read"].sent) - 1
    assert len(run["Write"].writes) >= 2
    assert run["An hour is too long"].sent == [f"read {PENDING_THREE}"]
    assert run["An hour is too long"].failure["waited"] == 0
    assert run.effects == []


def test_a_wait_for_the_rate_limit_window_is_reported(controller: Controller) -> None:
    run = controller.play(
        f"""
        - name: Slowly
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: No hurry
            rate_limit: 1/2.2
            rate_limit_timeout: 0
        """
    )
    assert run.good("Slowly").changed
    waits = [line for line in run.output.splitlines() if mentions(line, PENDING, "canceled")]
    assert any("rate limit" in line and mentions(line, 2) for line in waits)
    first, second = times(run.requests)
    assert 2.2 <= second - first < 6
    assert run["Slowly"].api["retries"] == 0
