# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several jobs at once with one key: nothing but the service's refusals keeps them within its limits."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import pytest

from ansible_collections.certops.orders.tests.awx_engine.support import KEY, Awx

JOBS, EACH = 4, 500
# CertCentral's 100/5 and 1000/180, twenty times as fast.
SCALE = 20
WINDOWS = ((100, 5 / SCALE), (1000, 180 / SCALE))
LEAST_SHARE = 0.9


def fastest(requests: int, windows: Sequence[tuple[int, float]]) -> float:
    """The seconds from the first to the last of so many requests, where each is sent as soon as it is allowed."""
    sent: list[float] = []
    for number in range(requests):
        sent.append(max([0.0, *(sent[number - count] + seconds for count, seconds in windows if number >= count)]))
    return sent[-1]


@pytest.mark.parametrize("refused_count", [False, True], ids=["refused ones are free", "refused ones count"])
def test_four_jobs_of_500_orders_with_one_key_finish_and_use_what_is_allowed(
    awx: Awx, refused_count: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    switches = {"rate.enabled": True, "rate.time_scale": SCALE, "rate.count_refused": refused_count}
    orders = [{"id": number, "status": "pending"} for number in range(1, JOBS * EACH + 1)]
    awx.sim.reset({"switches": switches, "keys": {KEY: {"user": "writes"}}, "orders": orders})
    credential = awx.certcentral(rate_limit=", ".join(f"{count}/{seconds:g}" for count, seconds in WINDOWS))
    names = []
    for number in range(JOBS):
        task = {
            "name": "Cancel",
            "certops.orders.digicert_order_status": {
                "order_ids": list(range(1 + number * EACH, 1 + (number + 1) * EACH)),
                "status": "canceled",
                "note": "Not needed any more",
            },
        }
        names.append(awx.queue(awx.playbook(f"bulk{number}", task), credentials=[credential]))
    with awx.running(*names):
        pass

    jobs = [awx.kept(name) for name in names]
    assert [job.end for job in jobs] == [("successful", 0)] * JOBS
    assert [len(job.changed_orders()) for job in jobs] == [EACH] * JOBS
    assert len(awx.written()) == JOBS * EACH

    journal = awx.sim.journal()
    refused = Counter(entry["status"] for entry in journal)[429]
    served = sorted(datetime.fromisoformat(entry["at_real"]) for entry in journal if entry["status"] != 429)
    seconds = (served[-1] - served[0]).total_seconds()
    share = fastest(len(served), WINDOWS) / seconds
    waited = [job.result("Cancel")["api"]["waited"] for job in jobs]
    message = (
        f"{JOBS} jobs, one key, refused requests {'count' if refused_count else 'are free'}: {len(served)} requests in "
        f"{seconds * SCALE:.0f} s of CertCentral's time, {share:.1%} of the allowed rate, {refused} refused; "
        f"the threads of a job waited {min(waited):.0f} to {max(waited):.0f} s"
    )
    with capsys.disabled():
        sys.stdout.write(f"\n{message}\n")
    assert refused > 0
    if not refused_count:
        assert share >= LEAST_SHARE
    awx.assert_nothing_left(*jobs)
