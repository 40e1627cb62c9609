# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One simulator for all tests; every test has a home of its own, and starts from the same order book."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from ansible_collections.certops.orders.tests.integration import support
from ansible_collections.certops.orders.tests.integration.support import Controller, Simulator


@pytest.fixture(scope="session", autouse=True)
def foreground() -> None:
    """Let what we start heed SIGINT, which is ignored in whatever a shell runs in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def process() -> Iterator[Simulator]:
    """Run one simulator for the whole session."""
    with support.simulator() as simulator:
        yield simulator


@pytest.fixture
def sim(process: Simulator) -> Simulator:
    """Return the simulator, started anew from SEED."""
    process.reset(support.SEED)
    return process


@pytest.fixture
def other_sim() -> Iterator[Simulator]:
    """Run a second simulator: another host, which must get no request."""
    with support.simulator(seed=support.SEED) as simulator:
        yield simulator


@pytest.fixture
def controller(sim: Simulator) -> Iterator[Controller]:
    """Make a machine to run playbooks on."""
    with support.machine(sim) as controller:
        yield controller


@pytest.fixture(params=["controller", "target"])
def execute_on(request: pytest.FixtureRequest) -> str:
    """Run the test with execute_on=controller and with execute_on=target."""
    return str(request.param)
