# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX's job engine and injection on a real schedule, that of Debian's cron: not AWX itself, nor its scheduler."""

from __future__ import annotations

from ansible_collections.certops.orders.tests.awx_engine.support import Scheduled, needs_cell, needs_cron


@needs_cell
@needs_cron
def test_a_schedule_marks_renewed_orders_and_its_next_run_has_nothing_to_do(scheduled: Scheduled) -> None:
    check, real, again = scheduled.wait()
    awx = scheduled.awx
    # The launching command printed nothing, in the little environment that cron gives (PWD is the shell's).
    assert scheduled.output() == ""
    environment = scheduled.environment()
    assert set(environment) <= {"HOME", "LOGNAME", "MAILTO", "PATH", "PWD", "SHELL"}
    assert environment["PATH"] == "/usr/bin:/bin"

    assert [job.end for job in (check, real, again)] == [("successful", 0)] * 3, real.stdout
    assert awx.sim.order(1)["is_renewed"] is True
    assert awx.sim.order(3)["is_renewed"] is False
    writes = [entry for entry in awx.sim.journal() if entry["method"] != "GET"]
    assert [entry["path"] for entry in writes] == ["/services/v2/order/certificate/1/status"]
    # The change is reported in one event: predicted in check mode, made, and not made again.
    assert [job.changed_orders() for job in (check, real, again)] == [[1], [1], []]
    for job in (check, real, again):
        assert [event["counter"] for event in job.events] == list(range(1, len(job.events) + 1))
        assert [task for task, result in job.results if not result] == []
    awx.assert_masked()
    awx.assert_nothing_left(check, real, again)
