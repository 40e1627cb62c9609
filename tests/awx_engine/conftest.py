# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One simulator for all tests, and a place to launch jobs for each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.certops.orders.tests.awx_engine.support import (
    KEY,
    NO_CELL,
    Awx,
    Scheduled,
    credential_types,
    find_cron,
    kill_all_with,
)
from certsim.testing import Simulator


@pytest.fixture(scope="session")
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder whose path is short, as ansible-core keeps Unix sockets in its TMPDIR."""
    with tempfile.TemporaryDirectory(prefix="certops-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def awx(tmp_path: Path, sim: Simulator) -> Iterator[Awx]:
    """Where a test has failed, what it has started does not outlive it."""
    yield Awx(tmp_path, sim, credential_types())
    kill_all_with(str(tmp_path))


@pytest.fixture(scope="session")
def scheduled() -> Iterator[Scheduled]:
    """Jobs on a schedule, with a simulator of their own."""
    temporary = tempfile.TemporaryDirectory(prefix="certops-", dir="/tmp", ignore_cleanup_errors=True)
    with temporary as folder, Simulator() as simulator:
        migrated = {"status": "issued", "origin": "migrated", "valid_till_in_days": 30}
        orders = [
            {"id": 1, "common_name": "shop.example.com", **migrated},
            {"id": 2, "common_name": "shop.example.com", "status": "issued", "valid_till_in_days": 300},
            {"id": 3, "common_name": "lonely.example.com", **migrated},
        ]
        keys = {KEY: {"user": "writes"}}
        simulator.reset({"switches": {"rate.enabled": False}, "keys": keys, "orders": orders})
        scheduled = Scheduled(Awx(Path(folder), simulator, credential_types()))
        try:
            yield scheduled
        finally:
            scheduled.stop()


@pytest.fixture(scope="session", autouse=True)
def _started(request: pytest.FixtureRequest) -> None:
    """The schedule's minute passes while other tests run."""
    wanted = any("scheduled" in getattr(item, "fixturenames", ()) for item in request.session.items)
    if wanted and not NO_CELL and find_cron():
        request.getfixturevalue("scheduled")
