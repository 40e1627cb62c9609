# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Effects that come late, or do not show yet, in bulk runs of every module that changes something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._files.audit_log import entries
from ansible_collections.certops.orders.tests.integration.faults.bulks import BULKS, Bulk, effects, run, start_over
from ansible_collections.certops.orders.tests.integration.support import Simulator

EVERY = pytest.mark.parametrize("name", list(BULKS))


def writes(sim: Simulator, bulk: Bulk) -> int:
    """How many changes were asked for, of the kind that the fault strikes."""
    method, path = bulk.fault.get("method"), bulk.fault.get("path", "").rstrip("$")
    return sum(path in one["path"] and method in (None, one["method"]) for one in sim.journal())


def in_fine_weather(sim: Simulator, bulk: Bulk, log: Path) -> tuple[dict[str, Any], Any, int]:
    """What the run comes to where nothing is late: its result, its effects and its requests that change something."""
    start_over(sim, bulk)
    result = run(sim, bulk, log)
    found = result, effects(sim), writes(sim, bulk)
    log.unlink()
    start_over(sim, bulk)
    return found


@EVERY
@pytest.mark.parametrize("kind", ["error_late", "reset_late"])
@pytest.mark.parametrize("reads", [1, 2])
def test_what_takes_effect_late_is_a_change(sim: Simulator, tmp_path: Path, name: str, kind: str, reads: int) -> None:
    bulk, log = BULKS[name], tmp_path / "audit.jsonl"
    fine, everything, sent = in_fine_weather(sim, bulk, log)
    sim.fault(kind, after_requests=reads, times=1, **bulk.fault)

    result = run(sim, bulk, log, retries=3)

    assert (result["summary"], result["changed"]) == (fine["summary"], True)
    assert not result.get("failed"), result["msg"]
    assert effects(sim) == everything
    if bulk.once:
        assert writes(sim, bulk) == sent
    # The audit log has the same outcome.
    assert {entry["outcome"] for entry in entries(log.read_text())} <= {"changed", "pending_approval"}


@EVERY
def test_what_never_shows_is_unknown_and_settled_by_the_next_run(sim: Simulator, tmp_path: Path, name: str) -> None:
    bulk, log = BULKS[name], tmp_path / "audit.jsonl"
    _fine, everything, sent = in_fine_weather(sim, bulk, log)
    sim.fault("error_late", after_seconds=3600, times=-1, **bulk.fault)

    result = run(sim, bulk, log, retries=2)

    assert (result["failed"], result["summary"]["unknown"]) == (True, 3), result
    assert result["changed"] == (name == "revoked")  # The reissue was dropped before.
    assert result["summary"]["failed"] == 0
    # Of two settings, the second is not sent where what came of the first is not known.
    assert writes(sim, bulk) == (sent if bulk.once else 9)
    assert {entry["outcome"] for entry in entries(log.read_text())} == {"unknown"}
    sim.clear_faults()
    sim.advance(3601)
    again = run(sim, bulk, log)
    assert again["summary"][bulk.outcome] == 3 or name == "renewal"
    assert not again.get("failed"), again["msg"]
    assert effects(sim) == everything


@EVERY
def test_a_lost_answer_and_a_read_of_the_state_before(sim: Simulator, tmp_path: Path, name: str) -> None:
    bulk, log = BULKS[name], tmp_path / "audit.jsonl"
    fine, everything, sent = in_fine_weather(sim, bulk, log)
    sim.fault("reset_after", times=1, **bulk.fault)
    path = "/order/review" if name == "servertastic" else r"/(certificate|domain)/\d+(/note)?$"
    # The first reads after the changes of all three show the account as it was before them.
    # The renewal settings are verified at once, where a read of the state before is no verification.
    sim.fault("stale", writes=9, times=1 if name == "renewal" else 2, path=path)

    result = run(sim, bulk, log, retries=3)

    assert (result["summary"], result["changed"]) == (fine["summary"], True)
    assert not result.get("failed"), result["msg"]
    assert effects(sim) == everything
    if bulk.once:
        assert writes(sim, bulk) == sent
