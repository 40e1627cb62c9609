# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bulk run that is killed (-9) at any of its requests, before or after it takes effect, over both services.

The next run converges, and nothing has been done twice. The modules run as they are, each in a process of its own; that
of the roles, with Ansible around them, is in test_order_plan.py.
"""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._files.audit_log import entries
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.tests.integration.faults.bulks import (
    BULKS,
    Bulk,
    effects,
    params_of,
    run,
    start_over,
)
from ansible_collections.certops.orders.tests.integration.support import Simulator


def killed(sim: Simulator, bulk: Bulk, params: dict[str, Any], kind: str, request: int) -> bool:
    """Run it in a process of its own, and kill that at a request; False where it has no such request."""
    sim.fault(kind, skip=request)
    process = multiprocessing.get_context("fork").Process(target=guarded, args=(bulk.module.run, params, Context()))
    process.start()
    until = time.monotonic() + 60
    while process.is_alive() and sim.faults() and time.monotonic() < until:
        time.sleep(0.01)
    was_met = not sim.faults()
    process.kill()
    process.join(60)
    sim.clear_faults()
    return was_met


@pytest.mark.parametrize("kind", ["hang", "hang_after"])
@pytest.mark.parametrize("name", list(BULKS))
def test_killed_at_every_request_it_converges_and_does_nothing_twice(
    sim: Simulator, tmp_path: Path, name: str, kind: str
) -> None:
    bulk = BULKS[name]
    start_over(sim, bulk)
    whole = run(sim, bulk, tmp_path / "whole.jsonl")
    assert not whole.get("failed"), whole["msg"]
    everything, requests = effects(sim), len(sim.journal())
    assert set(everything.values()) == {1}

    for request in range(requests):
        start_over(sim, bulk)
        log = tmp_path / f"{request}.jsonl"
        assert killed(sim, bulk, params_of(bulk, sim, log), kind, request)
        done = effects(sim)
        # What was done stands in the audit log.
        begun = entries(log.read_text()) if log.exists() else []
        assert sum(done.values()) <= sum(entry["attempts"] for entry in begun)

        result = run(sim, bulk, log)

        assert not result.get("failed"), result["msg"]
        assert effects(sim) == everything
        assert result["changed"] == (done != everything)
        again = run(sim, bulk, log)
        assert again["summary"][bulk.outcome] == 3
        assert (again["changed"], effects(sim)) == (False, everything)
