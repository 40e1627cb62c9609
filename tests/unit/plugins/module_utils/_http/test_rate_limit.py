# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pacer, held against a model of a service that counts requests in rolling windows.

When the service counts a request is unknown: some time between its grant and its answer. No choice of that time,
of latencies, of lost requests and killed forks may let it count too many.
"""

from __future__ import annotations

import heapq
import math
import multiprocessing
import os
import random
import signal
import stat
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._http import rate_limit as _pacing
from ansible_collections.certops.orders.plugins.module_utils._http.rate_limit import Pacer
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import soon
from ansible_collections.certops.orders.tests.unit.plugins.properties import examples

Windows = tuple[tuple[int, float], ...]

THE_SERVICES = ((100, 5.0), (1000, 180.0))
HOLD = 4.0


class Later(Exception):
    """The pacer asks to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def later(seconds: float) -> None:
    raise Later(seconds)


class World:
    """Virtual time, in which workers send requests through pacers and the service notes when it counted each."""

    def __init__(self, pacers: Sequence[Pacer], seed: int, latency: float) -> None:
        self.now = 1000.0
        self.counted: list[float] = []
        self._pacers = pacers
        self._random = random.Random(seed)
        self._latency = latency
        self._events: list[tuple[float, int, Any]] = []
        self._number = 0

    def monotonic(self) -> float:
        return self.now

    def at(self, when: float, event: Any) -> None:
        self._number += 1
        heapq.heappush(self._events, (when, self._number, event))

    def run(self, workers: int, requests: int, lost: float = 0.0, cancelled: float = 0.0) -> float:
        """Seconds that it took to send so many requests; some are never answered, some cancelled before sending."""
        started, todo = self.now, iter(range(requests))
        for worker in range(workers):
            self.at(self.now, self._worker(self._pacers[worker % len(self._pacers)], todo, lost, cancelled))
        while self._events:
            self.now, _number, process = heapq.heappop(self._events)
            assert self._number < 300_000, "no worker makes progress"
            wait = next(process, None)
            if wait is not None:
                assert wait >= 0
                self.at(self.now + wait, process)
        return self.now - started

    def _worker(self, pacer: Pacer, todo: Iterator[int], lost: float, cancelled: float) -> Iterator[float]:
        for _request in todo:
            while True:
                try:
                    slot = pacer.acquire(later)
                    break
                except Later as wanted:
                    yield wanted.seconds
            chance = self._random.random()
            if chance < cancelled:
                slot.cancel()
                continue
            dead = chance < cancelled + lost
            latency = HOLD if dead else self._random.uniform(0, self._latency)
            # At either end more often than chance would have it.
            self.counted.append(self.now + latency * self._random.choice([0, 1, self._random.random()]))
            yield latency
            if not dead:
                slot.done()

    def excess(self, windows: Windows) -> list[tuple[int, float, float]]:
        """Where the service saw more requests in a window than it allows; times are floats, hence the rounding."""
        counted = sorted(self.counted)
        return [
            (limit, seconds, counted[last])
            for limit, seconds in windows
            for last in range(limit, len(counted))
            if counted[last] - counted[last - limit] < seconds - 1e-6
        ]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World([], 1, 0.05)
    monkeypatch.setattr(_pacing, "time", SimpleNamespace(monotonic=made.monotonic))
    return made


windows = st.lists(
    st.tuples(st.integers(1, 12), st.sampled_from([0.1, 0.5, 1.0, 5.0, 7.5])), min_size=1, max_size=3
).map(tuple)


@examples(80)
@given(
    windows=windows,
    seed=st.integers(0, 2**32),
    latency=st.sampled_from([0.0, 0.01, 0.3, HOLD]),
    workers=st.integers(1, 10),
    lost=st.sampled_from([0.0, 0.0, 0.1]),
    cancelled=st.sampled_from([0.0, 0.2]),
)
def test_the_service_never_counts_too_many(
    windows: Windows, seed: int, latency: float, workers: int, lost: float, cancelled: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        world = World([Pacer(windows, HOLD)], seed, latency)
        patch.setattr(_pacing, "time", SimpleNamespace(monotonic=world.monotonic))
        world.run(workers, 50, lost, cancelled)

    assert world.excess(windows) == []


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(windows=windows, seed=st.integers(0, 2**32), latency=st.sampled_from([0.01, 4.0]))
def test_pacers_that_share_a_file_are_one(tmp_path: Path, windows: Windows, seed: int, latency: float) -> None:
    path = tmp_path / f"{seed}"
    path.unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        world = World([Pacer(windows, HOLD, str(path)) for _fork in range(4)], seed, latency)
        patch.setattr(_pacing, "time", SimpleNamespace(monotonic=world.monotonic))
        world.run(8, 60, 0.05, 0.1)

    assert world.excess(windows) == []


def test_the_model_notices_a_pacer_that_lets_one_too_many_through() -> None:
    world = World([], 1, 0.0)
    world.counted = [0.0, 0.1, 4.99, 5.1]
    assert world.excess(((2, 5.0),)) == [(2, 5.0, 4.99)]
    assert world.excess(((2, 4.9),)) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("latency", [0.0, 0.02, 0.15])
@pytest.mark.parametrize("limits", [THE_SERVICES, ((100, 5.0),), ((10, 0.5),)])
def test_at_least_95_percent_of_what_is_allowed_is_used(limits: Windows, latency: float, world: World) -> None:
    pacer = Pacer(limits, HOLD)
    requests = 3000
    world._pacers, world._latency = [pacer], latency if limits[0][1] > 1 else latency / 10
    took = world.run(20, requests)

    assert world.excess(limits) == []
    assert _least(requests, limits) / took >= 0.95


def _least(requests: int, limits: Windows) -> float:
    """How long so many requests take at least, if each is sent as soon as the limits allow."""
    sent: list[float] = []
    for number in range(requests):
        sent.append(max((sent[number - limit] + seconds for limit, seconds in limits if number >= limit), default=0.0))
    return sent[-1]


def test_no_windows_no_waits() -> None:
    pacer = Pacer((), HOLD)
    for _request in range(1000):
        slot = pacer.acquire(later)
        slot.done()
        slot.cancel()
    pacer.hold_off(1000)
    assert pacer.acquire(later).waited == 0


def test_how_long_was_waited(world: World) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        world.now += seconds

    pacer = Pacer(((1, 5.0),), HOLD)
    first = pacer.acquire(pause)
    world.now += 1
    first.done()
    world.now += 2
    second = pacer.acquire(pause)

    assert first.waited == 0
    assert second.waited == sum(pauses) == pytest.approx(3)


@pytest.mark.usefixtures("world")
def test_a_pause_may_be_given_up() -> None:
    pacer = Pacer(((1, 5.0),), HOLD)
    pacer.acquire(later)
    with pytest.raises(Later):
        pacer.acquire(later)
    # Giving up took no slot.
    assert len(pacer._storage._state.stamps) == 1


def test_a_slot_counts_from_the_answer(world: World) -> None:
    pacer = Pacer(((1, 5.0),), HOLD)
    slot = pacer.acquire(later)
    world.now += 4
    slot.done()
    world.now += 4.9
    with pytest.raises(Later):
        pacer.acquire(later)
    world.now += 0.2
    pacer.acquire(later)


def test_an_answer_after_the_hold_was_over_counts_from_then(world: World) -> None:
    pacer = Pacer(((1, 5.0),), HOLD)
    slot = pacer.acquire(later)
    world.now += HOLD + 5.1
    other = pacer.acquire(later)
    other.cancel()
    slot.done()
    with pytest.raises(Later):
        pacer.acquire(later)


@pytest.mark.usefixtures("world")
def test_a_slot_given_back_is_free_at_once() -> None:
    pacer = Pacer(((1, 5.0),), HOLD)
    pacer.acquire(later).cancel()
    pacer.acquire(later)


@pytest.mark.usefixtures("world")
def test_while_all_slots_are_in_flight_it_checks_again_soon() -> None:
    pacer = Pacer(((1, 5.0),), HOLD)
    pacer.acquire(later)
    with pytest.raises(Later) as caught:
        pacer.acquire(later)
    assert caught.value.seconds < 0.1


@pytest.mark.parametrize("shared", [False, True])
def test_hold_off_delays_every_request_for_the_full_time(shared: bool, world: World, tmp_path: Path) -> None:
    path = str(tmp_path / "pace") if shared else None
    pacer = Pacer(((100, 5.0),), HOLD, path)
    others = [Pacer(((100, 5.0),), HOLD, path) for _fork in range(2)] if shared else [pacer]
    pacer.hold_off(60)
    # A shorter one, and none, take nothing away.
    pacer.hold_off(10)
    pacer.hold_off(0)
    waits = set()
    for other in others * 20:
        with pytest.raises(Later) as caught:
            other.acquire(later)
        waits.add(caught.value.seconds)

    assert min(waits) >= 60
    assert max(waits) <= 66
    assert len(waits) == len(others) * 20, "they would all come back at once"
    world.now += 59.9
    with pytest.raises(Later):
        others[0].acquire(later)
    world.now += 0.2
    others[0].acquire(later)


def test_old_slots_are_forgotten(world: World, tmp_path: Path) -> None:
    pacer = Pacer(((3, 1.0), (50, 5.0)), HOLD, str(tmp_path / "pace"))
    world._pacers = [pacer]
    world.run(3, 500)
    assert (tmp_path / "pace").stat().st_size <= 8 * 51


# -- threads and processes, in real time -----------------------------------------------------------------------------


def _excess(counted: Sequence[float], limits: Windows) -> list[Any]:
    world = World([], 1, 0)
    world.counted = list(counted)
    return world.excess(limits)


def test_threads_share_a_pacer() -> None:
    limits = ((20, 0.2), (50, 0.6))
    pacer = Pacer(limits, 5.0)
    counted: list[float] = []

    def work() -> None:
        for _request in range(15):
            slot = pacer.acquire(time.sleep)
            counted.append(time.monotonic())
            time.sleep(0.001)
            slot.done()

    threads = [threading.Thread(target=work) for _worker in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(counted) == 150
    assert _excess(counted, limits) == []


def _fork_at_work(path: str, limits: Windows, requests: int, results: Any) -> None:
    pacer = Pacer(limits, 5.0, path)
    chance = random.Random(os.getpid())
    counted = []
    for _request in range(requests):
        slot = pacer.acquire(time.sleep)
        time.sleep(chance.uniform(0, 0.002))
        counted.append(time.monotonic())
        time.sleep(chance.uniform(0, 0.002))
        slot.done()
    results.put(counted)


def test_forks_share_a_pacer_by_its_file(tmp_path: Path) -> None:
    limits = ((40, 0.3), (150, 1.2))
    fork = multiprocessing.get_context("fork")
    results = fork.SimpleQueue()
    path = str(tmp_path / "pace")
    forks = [fork.Process(target=_fork_at_work, args=(path, limits, 15, results)) for _fork in range(20)]
    for process in forks:
        process.start()
    counted = [when for _fork in forks for when in results.get()]
    for process in forks:
        process.join()

    assert len(counted) == 300
    assert _excess(counted, limits) == []


def _in_a_fork(work: Any) -> int:
    """The status with which a fork ends that does this."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def test_the_slot_of_a_killed_fork_expires(world: World, tmp_path: Path) -> None:
    path = str(tmp_path / "pace")

    def be_killed() -> None:
        Pacer(((1, 5.0),), HOLD, path).acquire(later)
        os.kill(os.getpid(), signal.SIGKILL)

    assert os.WTERMSIG(_in_a_fork(be_killed)) == signal.SIGKILL
    pacer = Pacer(((1, 5.0),), HOLD, path)
    # Its request may have been counted until the hold was over.
    world.now += HOLD + 4.9
    with pytest.raises(Later):
        pacer.acquire(later)
    world.now += 0.2
    pacer.acquire(later)


def test_the_lock_of_a_killed_fork_is_free(tmp_path: Path) -> None:
    path = str(tmp_path / "pace")

    def be_killed() -> None:
        with Pacer(((5, 5.0),), HOLD, path)._storage.open():
            os.kill(os.getpid(), signal.SIGKILL)

    assert os.WTERMSIG(_in_a_fork(be_killed)) == signal.SIGKILL
    assert Pacer(((5, 5.0),), HOLD, path).acquire(later).waited == 0


@pytest.mark.usefixtures("world")
def test_a_hold_off_applies_to_another_process(tmp_path: Path) -> None:
    path = str(tmp_path / "pace")
    _in_a_fork(lambda: Pacer(((5, 5.0),), HOLD, path).hold_off(60))
    with pytest.raises(Later) as caught:
        Pacer(((5, 5.0),), HOLD, path).acquire(later)
    assert caught.value.seconds >= 60


# -- the file --------------------------------------------------------------------------------------------------------


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        Pacer(((5, 5.0),), HOLD, str(tmp_path / "pace")).acquire(later)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "pace").stat().st_mode) == 0o600


@pytest.mark.parametrize("target", ["existing", "dangling"])
def test_a_symlink_is_not_followed(target: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    if target == "existing":
        elsewhere.write_text("precious")
    (tmp_path / "pace").symlink_to(elsewhere)
    with pytest.raises(OSError, match="symbolic links"):
        Pacer(((5, 5.0),), HOLD, str(tmp_path / "pace")).acquire(later)
    assert not elsewhere.exists() or elsewhere.read_text() == "precious"


_double = struct.Struct("d").pack
FAR = 1e300
SPOILT = {
    "empty": b"",
    "cut in the head": b"\x00\x01\x02",
    "cut in a slot": _double(0) + _double(1000) + b"\x00",
    "closed without end": _double(FAR),
    "closed till infinity": _double(math.inf),
    "closed till no number": _double(math.nan),
    "a slot that is never answered": _double(0) + _double(FAR) * 5,
    "infinite slots": _double(0) + _double(math.inf) * 5,
    "slots that are no numbers": _double(0) + _double(math.nan) * 5,
    "slots out of order": _double(0) + _double(1003) + _double(3) + _double(math.nan) + _double(1000),
    "text": b"closed until the service wants to be asked again ...... \n" * 56,
    "ones": b"\xff" * 800,
}


@pytest.mark.parametrize("content", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_file_is_survived(content: bytes, world: World, tmp_path: Path) -> None:
    """Whatever is in it, the windows are kept from here on, and no wait is endless."""
    path = tmp_path / "pace"
    path.write_bytes(content)
    limits = ((2, 5.0), (4, 20.0))
    world._pacers = [Pacer(limits, HOLD, str(path)), Pacer(limits, HOLD, str(path))]
    took = world.run(3, 12)

    assert world.excess(limits) == []
    # 40 s by the limits, and at most what an unanswered slot costs.
    assert took < 40 + HOLD + 20 + 5


def test_a_file_that_a_killed_fork_left_too_long_is_survived(world: World, tmp_path: Path) -> None:
    """It was killed after writing fewer slots than there had been, and before the rest was cut off."""
    path = tmp_path / "pace"
    limits = ((2, 5.0),)
    pacer = Pacer(limits, HOLD, str(path))
    world._pacers = [pacer]
    world.run(2, 4)
    path.write_bytes(path.read_bytes() + _double(world.now - 1) * 3)
    world.counted.clear()
    took = world.run(2, 6)

    assert world.excess(limits) == []
    assert took < 20


def test_a_deleted_folder_is_an_error_of_its_own(tmp_path: Path) -> None:
    pacer = Pacer(((5, 5.0),), HOLD, str(tmp_path / "gone" / "pace"))
    with pytest.raises(OSError, match="gone"):
        pacer.acquire(later)


def test_a_slot_of_a_deleted_file_is_released_silently(tmp_path: Path) -> None:
    """What the service answered must not be lost over it."""
    pacer = Pacer(((5, 5.0),), HOLD, str(tmp_path / "run" / "pace"))
    (tmp_path / "run").mkdir()
    answered, unsent = pacer.acquire(later), pacer.acquire(later)
    (tmp_path / "run" / "pace").unlink()
    (tmp_path / "run").rmdir()
    answered.done()
    unsent.cancel()


def test_files_are_closed(tmp_path: Path) -> None:
    pacer = Pacer(((500, 5.0),), HOLD, str(tmp_path / "pace"))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _request in range(50):
        pacer.acquire(later).done()
    assert soon(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before)
