# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several threads work side by side, their results keep their order, and a signal ends them well."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Stop
from ansible_collections.certops.orders.plugins.module_utils._runtime import workers as _work
from ansible_collections.certops.orders.plugins.module_utils._runtime.waiting import Waits
from ansible_collections.certops.orders.plugins.module_utils._runtime.workers import in_turn, pool, signals_stop
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import soon


def numbers(count: int) -> list[tuple[int]]:
    return [(number,) for number in range(count)]


# -- the threads -------------------------------------------------------------------------------------------------------


def test_in_turn_calls_with_each_and_returns_what_they_returned() -> None:
    assert in_turn(lambda one, other: one - other, [(5, 3), (3, 5)]) == [2, -2]
    assert in_turn(lambda: 1, []) == []


@pytest.mark.parametrize("workers", [0, 1])
def test_one_worker_is_the_thread_that_asks(workers: int) -> None:
    with pool(workers) as work:
        threads = work(lambda _number: threading.current_thread(), numbers(3))

    assert threads == [threading.current_thread()] * 3


def test_several_work_at_the_same_time() -> None:
    together = threading.Barrier(4, timeout=10)

    with pool(4) as work:
        places = work(lambda _number: together.wait(), numbers(4))

    assert sorted(places) == [0, 1, 2, 3]


def test_no_more_work_at_the_same_time_than_there_are_workers() -> None:
    lock, busy, most = threading.Lock(), [0], [0]
    together = threading.Barrier(3, timeout=10)

    def one(_number: int) -> None:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        together.wait()
        with lock:
            busy[0] -= 1

    with pool(3) as work:
        work(one, numbers(21))

    assert most == [3]


def test_results_keep_their_order_whichever_worker_finishes_first() -> None:
    def slower_at_first(number: int) -> int:
        time.sleep(0.02 if number == 0 else 0)
        return number

    with pool(4) as work:
        assert work(slower_at_first, numbers(8)) == list(range(8))
        assert work(slower_at_first, []) == []


def test_what_takes_longer_than_a_glance_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_work, "_WAKE_INTERVAL", 0.005)

    def slow(number: int) -> int:
        time.sleep(0.05)
        return number

    with pool(2) as work:
        assert work(slow, numbers(3)) == [0, 1, 2]


@pytest.mark.parametrize("workers", [1, 4])
def test_an_error_of_one_is_raised_where_it_was_asked_for(workers: int) -> None:
    with pool(workers) as work, pytest.raises(ZeroDivisionError):
        work(lambda number: 1 // number, numbers(3))


@pytest.mark.parametrize("workers", [1, 4])
def test_after_an_error_nothing_more_is_begun(workers: int) -> None:
    begun: list[int] = []

    def failing(number: int) -> None:
        begun.append(number)
        raise ZeroDivisionError

    with pool(workers) as work, pytest.raises(ZeroDivisionError):
        work(failing, numbers(100))

    assert sorted(begun) == list(range(len(begun)))
    assert 1 <= len(begun) <= workers


def test_where_no_further_thread_can_be_started_the_others_do_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def limited(thread: threading.Thread) -> None:
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    together = threading.Barrier(2, timeout=10)

    with pool(4) as work:
        assert work(lambda number: together.wait() * 0 + number, numbers(10)) == list(range(10))
    assert len(started) == 2


def test_without_any_thread_it_is_an_error_and_nothing_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    called: list[int] = []
    with pool(4) as work, pytest.raises(RuntimeError):
        work(called.append, numbers(10))
    assert called == []


# -- the signals -------------------------------------------------------------------------------------------------------

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def handlers() -> Iterator[list[Any]]:
    """As a shell in the foreground leaves them."""
    before = [signal.signal(signal.SIGINT, signal.default_int_handler), signal.signal(signal.SIGTERM, signal.SIG_DFL)]
    yield [signal.getsignal(number) for number in SIGNALS]
    for number, handler in zip(SIGNALS, before):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_sets_the_stop_and_the_handlers_come_back(number: signal.Signals, handlers: list[Any]) -> None:
    stop = Stop()

    with signals_stop(stop):
        assert not stop
        os.kill(os.getpid(), number)
        assert soon(lambda: bool(stop))

    assert number.name in stop.reason
    assert [signal.getsignal(number) for number in SIGNALS] == handlers


def test_the_handlers_come_back_after_an_error(handlers: list[Any]) -> None:
    with pytest.raises(ZeroDivisionError), signals_stop(Stop()):
        raise ZeroDivisionError

    assert [signal.getsignal(number) for number in SIGNALS] == handlers


@pytest.mark.usefixtures("handlers")
def test_a_signal_that_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = Stop()

    with signals_stop(stop):
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL

    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_another_thread_than_the_main_one_leaves_signals_alone(handlers: list[Any]) -> None:
    handlers_of_thread: list[Any] = []

    def work() -> None:
        with signals_stop(Stop()):
            handlers_of_thread.extend(signal.getsignal(number) for number in SIGNALS)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert handlers_of_thread == handlers


# -- waits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 2, 4, 21])
def test_the_waits_grow_and_take_15_s_at_most(most: int) -> None:
    slept: list[float] = []
    waits = Waits(slept.append, lambda number: 2.0**number, most)

    number = 0
    while not waits.are_over(number):
        waits.sleep(waits.next(number))
        number += 1

    assert slept == [1.0, 2.0, 4.0, 8.0][:most]
    assert sum(slept) <= 15.0


def test_who_comes_when_nothing_is_left_still_has_a_second_chance() -> None:
    waits = Waits(lambda _seconds: None, lambda _number: 60.0, 4)

    assert [waits.next(0), waits.next(0)] == [15.0, 0.0]
    assert [waits.are_over(number) for number in (0, 1, 2)] == [False, False, True]


def test_a_stop_ends_a_wait_and_is_no_error() -> None:
    stop = Stop()
    waits = Waits(stop.pause, lambda _number: 15.0, 4)
    threading.Timer(0.1, stop.set, ["enough"]).start()
    began = time.monotonic()

    waits.sleep(waits.next(0))

    assert time.monotonic() - began < 5.0
