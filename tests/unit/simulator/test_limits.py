# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rate windows: docs/development/reference/certcentral.md 1.4."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from simulator_client import Api, code

from certsim import limits
from certsim.switches import Switches
from certsim.testing import Simulator


class FakeTime:
    """A monotonic clock that stands still."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def limiter(fake_time: FakeTime) -> Callable[..., limits.Limiter]:
    def build(**values: object) -> limits.Limiter:
        switches = Switches(limits.SWITCHES)
        switches.update({f"rate.{name}": value for name, value in values.items()})
        return limits.Limiter(switches, fake_time)

    return build


def test_windows_roll(limiter: Callable[..., limits.Limiter], fake_time: FakeTime) -> None:
    limit = limiter(limits="2/5")
    assert limit.admit("a") is None
    fake_time.now += 3
    assert limit.admit("a") is None
    assert limit.admit("a") == pytest.approx(2)
    assert limit.admit("b") is None
    fake_time.now += 2
    assert limit.admit("a") is None
    assert limit.admit("a") == pytest.approx(3)


def test_every_window_counts(limiter: Callable[..., limits.Limiter], fake_time: FakeTime) -> None:
    limit = limiter(limits="2/5,3/60")
    assert [limit.admit("a"), limit.admit("a")] == [None, None]
    fake_time.now += 5
    assert limit.admit("a") is None
    assert limit.admit("a") == pytest.approx(55)


def test_default_limits(limiter: Callable[..., limits.Limiter], fake_time: FakeTime) -> None:
    limit = limiter()
    admitted = 0
    for _time in range(60):
        admitted += sum(limit.admit("a") is None for _time in range(150))
        fake_time.now += 5
    # 300 s hold two windows of 180 s in part: 1000 at once in the first 50 s, 1000 more from 180 s on.
    assert admitted == 2000


@pytest.mark.parametrize(("value", "wait"), [(True, 5.0), (False, 1.0)])
def test_count_refused(limiter: Callable[..., limits.Limiter], fake_time: FakeTime, value: bool, wait: float) -> None:
    limit = limiter(limits="1/5", count_refused=value)
    limit.admit("a")
    fake_time.now += 4
    assert limit.admit("a") == pytest.approx(1)
    assert limit.admit("a") == pytest.approx(wait)


def test_time_scale(limiter: Callable[..., limits.Limiter], fake_time: FakeTime) -> None:
    limit = limiter(limits="1/5", time_scale=100)
    limit.admit("a")
    assert limit.admit("a") == pytest.approx(0.05)
    fake_time.now += 0.051
    assert limit.admit("a") is None


def test_disabled(limiter: Callable[..., limits.Limiter]) -> None:
    limit = limiter(limits="1/5", enabled=False)
    assert [limit.admit("a") for _time in range(9)] == [None] * 9


def test_429(sim: Simulator, api: Api) -> None:
    sim.set({"rate.limits": "3/5", "rate.time_scale": 10})
    answers = [api.get(11) for _time in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert code(answers[-1]) == (429, "request_limit_exceeded")
    assert "Retry-After" not in answers[-1].headers
    assert sim.journal()[-1]["status"] == 429
    assert Api(sim, "sim-readonly").get(11).status_code == 200
    time.sleep(0.5)
    assert api.get(11).status_code == 200


def test_refused_writes_have_no_effect(sim: Simulator, api: Api) -> None:
    sim.set({"rate.limits": "1/5"})
    assert [api.put(order_id, "canceled", "x").status_code for order_id in (11, 12)] == [204, 429]
    assert sim.order(12)["status"] == "waiting_pickup"


def test_limits_come_before_faults(sim: Simulator, api: Api) -> None:
    sim.set({"rate.limits": "1/5"})
    sim.fault("status", skip=1)
    assert [api.get(11).status_code, api.get(11).status_code] == [200, 429]
    assert len(sim.faults()) == 1


@pytest.mark.parametrize("value", ["none", "seconds", "date"])
def test_retry_after(sim: Simulator, api: Api, value: str) -> None:
    sim.set({"rate.limits": "1/5", "rate.retry_after": value})
    api.get(11)
    header = api.get(11).headers.get("Retry-After")
    if value == "none":
        assert header is None
    elif value == "seconds":
        assert header == "5"
    else:
        assert header is not None
        assert 4 <= (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds() <= 7


def test_latency(sim: Simulator, api: Api) -> None:
    sim.set(latency=0.2)
    begin = time.monotonic()
    assert api.get(11).status_code == 200
    assert time.monotonic() - begin >= 0.2
