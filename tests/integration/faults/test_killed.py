# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bulk run that is killed (-9) at any of its requests, before or after it takes effect, over both services.

The next run converges, and nothing has been done twice. The modules run as they are, each in a process of its own; that
of the roles, with Ansible around them, is in test_order_plan.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._files.audit_log import entries
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.tests.integration.faults.bulks import (
    BULKS,
    effects,
    killed,
    params_of,
    run,
    start_over,
)
from ansible_collections.certops.orders.tests.integration.support import Simulator


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
        assert killed(sim, kind, request, guarded, bulk.module.run, params_of(bulk, sim, log), Context())
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
