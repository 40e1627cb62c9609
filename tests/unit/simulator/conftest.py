# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One simulator process for all tests; each test starts from the same seed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parents[1] / "simulator")]

from servertastic_client import SEED as SERVERTASTIC_SEED  # noqa: E402
from servertastic_client import Reseller  # noqa: E402
from simulator_client import LIFE, SEED, Api  # noqa: E402

from certsim.testing import Simulator  # noqa: E402  (found by the line above)


@pytest.fixture(scope="session")
def process() -> Iterator[Simulator]:
    """Run one simulator for the whole session."""
    # Strict, so that a test fails on an unknown parameter; test_leniency.py is about the default.
    with Simulator(switches={"certcentral.unknown_parameters": "refused"}) as simulator:
        yield simulator


@pytest.fixture
def sim(process: Simulator) -> Simulator:
    """Return the simulator, started anew from SEED."""
    process.reset(SEED)
    return process


@pytest.fixture
def api(sim: Simulator) -> Api:
    """Return a client with a key that may do everything."""
    return Api(sim)


@pytest.fixture
def life(sim: Simulator, api: Api) -> Api:
    """Return a client of the simulator, started anew from LIFE."""
    sim.reset(LIFE)
    return api


@pytest.fixture
def reseller(sim: Simulator) -> Reseller:
    """Return a client of the simulated Servertastic, started anew from its SEED."""
    sim.reset(SERVERTASTIC_SEED)
    return Reseller(sim)
