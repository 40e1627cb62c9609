# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module returns that only reads: what it found, or why not, and always what that cost."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context, Stop
from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError, Denied, Stopped
from ansible_collections.certops.orders.plugins.module_utils._http.transport import Counters
from ansible_collections.certops.orders.plugins.module_utils._runtime.info_runner import info_result, until_stopped
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import soon


def run_gather(gather: Callable[[Any], Any], context: Context | None = None, **options: Any) -> dict[str, Any]:
    transport: Any = SimpleNamespace(counters=options.pop("counters", Counters()))
    return info_result(context or Context(), transport, gather, **options)


def raising(error: Exception) -> Callable[[Any], Any]:
    def gather(_work: Any) -> Any:
        raise error

    return gather


def test_the_result_contains_the_data_and_its_cost() -> None:
    counters = Counters(requests=2)

    def gather(_work: Any) -> dict[str, Any]:
        counters.add(requests=1, retries=1, waited=0.5)
        return {"msg": "1 thing found", "things": [7]}

    assert run_gather(gather, counters=counters) == {
        "changed": False,
        "msg": "1 thing found",
        "things": [7],
        "api": {"requests": 3, "retries": 1, "waited": 0.5},
    }


def test_check_mode_makes_no_difference() -> None:
    def gather(_work: Any) -> dict[str, Any]:
        return {"msg": "nothing found"}

    assert run_gather(gather, Context(check_mode=True, diff=True)) == run_gather(gather)


def test_a_failed_request_fails_the_task_with_the_error_of_the_service() -> None:
    error = Denied("the service refused to list the things (HTTP 403)", 403, "access_denied")
    error.retries, error.waited = 1, 2.5

    assert run_gather(raising(error), counters=Counters(requests=2, retries=1, waited=2.5)) == {
        "changed": False,
        "failed": True,
        "msg": "the service refused to list the things (HTTP 403)",
        "failure": {
            "http_status": 403,
            "code": "access_denied",
            "message": "the service refused to list the things (HTTP 403)",
            "order_id": None,
            "retries": 1,
            "waited": 2.5,
        },
        "api": {"requests": 2, "retries": 1, "waited": 2.5},
    }


def test_a_stop_fails_the_task_and_names_its_cause() -> None:
    result = run_gather(raising(Stopped("enough")), counters=Counters(requests=1))

    assert (result["changed"], result["failed"], result["msg"]) == (False, True, "enough")
    assert (result["failure"]["code"], result["failure"]["message"]) == ("stopped", "enough")
    assert result["api"]["requests"] == 1


def test_an_unexpected_error_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_gather(raising(ZeroDivisionError()))


@pytest.mark.parametrize(("workers", "alone"), [(1, True), (2, False)])
def test_so_many_workers_help_to_gather_as_are_given(workers: int, alone: bool) -> None:
    def gather(work: Any) -> dict[str, Any]:
        threads = set(work(lambda _number: threading.current_thread(), [(number,) for number in range(20)]))
        return {"alone": threads == {threading.current_thread()}, "threads": len(threads)}

    result = run_gather(gather, workers=workers)

    assert result["alone"] is alone
    assert 1 <= result["threads"] <= workers


def test_an_error_in_a_worker_is_the_tasks_failure() -> None:
    def gather(work: Any) -> dict[str, Any]:
        return {"things": work(raising(ApiError("no such thing", 404, "not_found")), [(1,), (2,)])}

    assert run_gather(gather)["failure"]["code"] == "not_found"


@pytest.fixture
def handlers() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("handlers")
def test_a_signal_ends_the_gathering_between_two_things() -> None:
    context, gathered = Context(), []

    def gather(_work: Any) -> dict[str, Any]:
        for thing in until_stopped(range(100), context.stop):
            gathered.append(thing)
            if thing == 2:
                os.kill(os.getpid(), signal.SIGTERM)
                assert soon(lambda: bool(context.stop))
        return {"msg": "all found"}

    result = run_gather(gather, context)

    assert gathered == [0, 1, 2]
    assert (result["failed"], result["failure"]["code"]) == (True, "stopped")
    assert "SIGTERM" in result["msg"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


# -- until stopped -----------------------------------------------------------------------------------------------------


def test_until_it_is_stopped_everything_passes_in_its_order() -> None:
    assert list(until_stopped(iter("abc"), Stop())) == ["a", "b", "c"]
    assert list(until_stopped([], Stop())) == []


def test_after_a_stop_not_even_the_first_passes() -> None:
    stop = Stop()
    stop.set("enough")

    with pytest.raises(Stopped, match=r"^enough$"):
        list(until_stopped([1, 2], stop))


def test_a_stop_comes_between_two_and_no_more_is_asked_for_than_that() -> None:
    stop, taken = Stop(), []

    def source() -> Iterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    passing = until_stopped(source(), stop)
    assert [next(passing), next(passing)] == [0, 1]
    stop.set("enough")
    with pytest.raises(Stopped, match=r"^enough$"):
        next(passing)

    assert taken == [0, 1, 2]
