# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The promises of the runner, one by one, against a service in memory whose weather each test makes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import (
    ApiError,
    LibraryMissing,
    NotFound,
    Stopped,
)
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import Decision
from ansible_collections.certops.orders.plugins.module_utils._runtime import guard as runtime_guard
from ansible_collections.certops.orders.plugins.module_utils._runtime import runner as _run
from ansible_collections.certops.orders.plugins.module_utils._runtime import workers as _work
from ansible_collections.certops.orders.tests.messages import known
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.service_of_things import (
    LIED,
    TOOK_EFFECT,
    During,
    Late,
    Service,
    Thing,
    Throttled,
    Witness,
    ask_to_close,
    close,
    close_once,
    denied,
    failed,
    final,
    lost,
    never_sent,
    open_things,
    outcomes,
    refused,
    run,
    throttled,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import soon
from ansible_collections.certops.orders.tests.unit.plugins.properties import examples

REASONS = known()["run reasons"]
WAITING = known()["run observers"]["waiting for one order"]


# -- reading and writing -----------------------------------------------------------------------------------------------


def test_one_thing_is_read_by_itself_and_written_once() -> None:
    service = Service(Thing(1))

    result = run(service, [1])

    assert service.journal == [("get", 1), ("write", 1)]
    assert result["changed"] is True
    assert "failed" not in result
    assert result["orders"] == [
        {"order_id": 1, "outcome": "changed", "before": {"state": "open"}, "after": {"state": "closed"}, "reason": ""}
    ]


def test_the_second_time_nothing_is_sent_and_nothing_changes() -> None:
    service = Service(*open_things(3))
    run(service, [1, 2, 3])
    service.journal.clear()

    result = run(service, [1, 2, 3])

    assert service.journal == [("list", (1, 2, 3))]
    assert result["changed"] is False
    assert set(outcomes(result).values()) == {"unchanged"}


def test_several_are_read_together_and_only_those_that_need_it_are_written() -> None:
    service = Service(Thing(1), Thing(2, "closed"), Thing(3, "sealed"), Thing(4))

    result = run(service, [1, 2, 3, 4])

    assert service.journal == [("list", (1, 2, 3, 4)), ("write", 1), ("write", 4)]
    assert outcomes(result) == {1: "changed", 2: "unchanged", 3: "ineligible", 4: "changed"}


def test_250_are_worked_on_in_chunks_of_100_each_read_just_before_it_is_written() -> None:
    service = Service(*open_things(250))

    result = run(service, range(1, 251))

    kinds = [(entry[0], len(entry[1])) if entry[0] == "list" else entry[0] for entry in service.journal]
    assert kinds == [
        *(("list", 100), *["write"] * 100),
        *(("list", 100), *["write"] * 100),
        *(("list", 50), *["write"] * 50),
    ]
    assert result["summary"]["changed"] == 250


def test_a_last_chunk_of_one_is_read_by_itself() -> None:
    service = Service(*open_things(101, state="closed"))

    run(service, range(1, 102))

    assert service.journal == [("list", tuple(range(1, 101))), ("get", 101)]


def test_an_empty_list_is_nothing_to_do() -> None:
    service = Service()

    result = run(service, [])

    assert service.journal == []
    assert (result["changed"], result["orders"], result["summary"]["total"]) == (False, [], 0)


def test_more_orders_than_fit_into_ansible_runner_are_refused_before_any_request() -> None:
    service = Service()
    ids = range(10**8, 10**8 + 50000)

    with pytest.raises(OptionError, match="45454"):
        run(service, ids, environ={"AWX_ISOLATED_DATA_DIR": "/runner"})

    assert service.journal == []


def test_one_that_is_asked_for_twice_is_handled_once_and_reported_twice() -> None:
    service = Service(Thing(1), Thing(2))

    result = run(service, [2, 1, 2])

    assert service.writes == [2, 1]
    assert [order["order_id"] for order in result["orders"]] == [2, 1, 2]
    assert (result["summary"]["total"], result["summary"]["changed"]) == (2, 2)


def test_the_same_id_twice_is_one_and_read_by_itself() -> None:
    service = Service(Thing(1))

    assert len(run(service, [1, 1])["orders"]) == 2
    assert service.journal == [("get", 1), ("write", 1)]


@pytest.mark.parametrize("workers", [2, 8, 64])
def test_many_workers_come_to_the_same_result_as_one(workers: int) -> None:
    def account() -> Service:
        service = Service(
            *(Thing(key, lacks=("detail",) if key % 5 == 0 else ()) for key in range(1, 41)),
            Thing(41, "closed"),
            Thing(42, "sealed"),
        )
        service.left_out = {7, 8}
        service.meets("write", 3, weather=[TOOK_EFFECT, lost()]).meets("write", 4, weather=[failed()])
        service.meets("write", 6, weather=[refused()]).meets("get", 8, weather=[denied()])
        service.meets("fetch_fact", 5, weather=[never_sent()])
        return service

    alone = run(account(), range(1, 45), workers=1)
    together = run(account(), range(1, 45), workers=workers)

    # How long a wait takes is left to chance.
    assert (together["api"].pop("waited"), alone["api"].pop("waited")) < (1.0, 1.0)
    assert together == alone
    assert together["summary"]["missing"] == 2


# -- fetching required facts -------------------------------------------------------------------------------------------


def test_required_facts_are_fetched_together_where_one_request_is_enough() -> None:
    service = Service(Thing(1, lacks=("origin",)), Thing(2), Thing(3, lacks=("origin",)))

    run(service, [1, 2, 3])

    assert service.journal[:2] == [("list", (1, 2, 3)), ("fetch_fact", "origin", (1, 3))]
    assert sorted(service.writes) == [1, 2, 3]


def test_required_facts_are_fetched_one_by_one_where_necessary() -> None:
    service = Service(Thing(1, lacks=("detail", "origin")), Thing(2, lacks=("detail",)))

    run(service, [1, 2])

    assert service.reads == [
        ("list", (1, 2)),
        ("fetch_fact", "detail", (1,)),
        ("fetch_fact", "detail", (2,)),
        ("fetch_fact", "origin", (1,)),
    ]


def test_an_order_with_a_missing_required_fact_fails_and_the_others_do_not() -> None:
    service = Service(Thing(1, lacks=("detail",)), Thing(2, lacks=("detail",)))
    service.meets("fetch_fact", 1, weather=[failed()])

    result = run(service, [1, 2])

    assert outcomes(result) == {1: "failed", 2: "changed"}
    assert result["orders"][0]["before"] == {"state": "open"}
    assert result["failed"] is True


def test_an_order_that_disappears_while_its_details_are_read_is_missing() -> None:
    service = Service(Thing(1, lacks=("detail",)), Thing(2))
    service.meets("fetch_fact", 1, weather=[service.removed(1)])

    assert outcomes(run(service, [1, 2], missing="ok")) == {1: "missing", 2: "changed"}


# -- missing -----------------------------------------------------------------------------------------------------------


def test_a_list_that_leaves_one_out_does_not_prove_that_there_is_none() -> None:
    service = Service(*open_things(3))
    service.left_out = {2}

    result = run(service, [1, 2, 3])

    assert service.reads == [("list", (1, 2, 3)), ("get", 2)]
    assert outcomes(result) == {1: "changed", 2: "changed", 3: "changed"}


@pytest.mark.parametrize(("missing", "failed"), [("fail", True), ("ok", False)])
def test_one_that_is_missing_fails_unless_that_is_fine_and_names_the_account(missing: str, failed: bool) -> None:
    service = Service()

    result = run(service, [9], missing=missing)

    assert service.journal == [("get", 9), ("account",)]
    assert result.get("failed", False) is failed
    assert result["changed"] is False
    assert result["orders"][0] == {
        "order_id": 9,
        "outcome": "missing",
        "before": {},
        "after": {},
        "reason": REASONS["missing"],
    }
    assert "order 9" in result["msg"]
    if failed:
        assert (result["failure"]["code"], result["failure"]["order_id"]) == ("missing", 9)


def test_the_account_is_asked_for_once_however_many_are_missing() -> None:
    service = Service(Thing(1))

    run(service, range(1, 6), workers=8)

    assert service.journal.count(("account",)) == 1


def test_a_list_of_which_all_are_missing_is_a_mistake_even_where_missing_is_fine() -> None:
    result = run(Service(), [8, 9], missing="ok")

    assert result["failed"] is True
    assert result["failure"]["code"] == "missing"


def test_a_list_of_which_some_are_missing_is_fine_where_missing_is_fine() -> None:
    result = run(Service(Thing(1, "closed")), [1, 9], missing="ok")

    assert "failed" not in result


def test_a_run_that_is_stopped_while_it_asks_for_the_account_still_reports() -> None:
    service = Service(Thing(1))
    service.meets("account", weather=[lambda: service.stop.set("enough"), Stopped("enough")])

    result = run(service, [1, 9])

    assert outcomes(result) == {1: "not_attempted", 9: "missing"}
    assert result["orders"][1]["reason"] == REASONS["missing, account unknown"]


# -- ineligible, reads that fail ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ineligible", "failed"), [("fail", True), ("skip", False)])
def test_one_that_cannot_be_changed_is_refused_before_anything_is_sent(ineligible: str, failed: bool) -> None:
    service = Service(Thing(1, "sealed"))

    result = run(service, [1], ineligible=ineligible)

    assert service.writes == []
    assert result.get("failed", False) is failed
    assert "it is sealed. Break the seal" in result["msg"]
    if failed:
        assert result["failure"] == {
            "http_status": None,
            "code": "ineligible",
            "message": "it is sealed. Break the seal",
            "order_id": 1,
            "retries": 0,
            "waited": 0.0,
        }


def test_a_failed_read_fails_its_order_with_the_error_of_the_service() -> None:
    error = failed()
    error.retries, error.waited = 3, 7.25
    service = Service(Thing(1)).meets("get", 1, weather=[error])

    result = run(service, [1])

    assert result["failure"] == {
        "http_status": 502,
        "code": None,
        "message": "the service failed to close it (HTTP 502)",
        "order_id": 1,
        "retries": 3,
        "waited": 7.25,
    }
    assert result["orders"][0]["failure"] == result["failure"]
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == ({}, {})
    assert (service.writes, result["changed"]) == ([], False)


def test_a_failed_list_fails_its_chunk_and_the_next_chunk_continues() -> None:
    service = Service(*open_things(120)).meets("list", weather=[failed()])

    result = run(service, range(1, 121))

    assert (result["summary"]["failed"], result["summary"]["changed"]) == (100, 20)
    assert result["changed"] is True
    assert "order 1: " in result["msg"]


# -- lost replies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [lost, failed])
def test_a_lost_reply_to_a_write_that_took_effect_is_a_change_and_nothing_is_sent_again(loss: Any) -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[TOOK_EFFECT, loss()])

    result = run(service, [1], diff=True)

    assert service.journal == [("get", 1), ("write", 1), ("get", 1)]
    assert result["diff"]["after"] == "order 1 (thing-1.example.com): state: closed\n"
    assert (result["changed"], outcomes(result)) == (True, {1: "changed"})
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == ({"state": "open"}, {"state": "closed"})
    assert result["orders"][0]["reason"] == REASONS["reply lost, change visible"]


@pytest.mark.parametrize("loss", [lost, failed])
def test_a_lost_write_without_effect_is_sent_again_after_a_fresh_read(loss: Any) -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[loss()])

    result = run(service, [1])

    assert service.journal == [("get", 1), ("write", 1), ("get", 1), ("write", 1)]
    assert outcomes(result) == {1: "changed"}
    assert result["orders"][0]["reason"] == ""


def test_required_facts_are_fetched_again_after_a_lost_reply() -> None:
    service = Service(Thing(1, lacks=("detail",))).meets("write", 1, weather=[lost()])

    run(service, [1])

    assert [entry[0] for entry in service.journal] == ["get", "fetch_fact", "write", "get", "fetch_fact", "write"]


def test_a_repeat_that_is_refused_is_read_again_as_the_first_write_may_have_been_late() -> None:
    service = Service(Thing(1))
    service.meets("write", 1, weather=[lost(), service.changed_elsewhere(1, "closed"), refused()])

    result = run(service, [1])

    assert service.journal == [("get", 1), ("write", 1), ("get", 1), ("write", 1), ("get", 1)]
    assert (result["changed"], outcomes(result)) == (True, {1: "changed"})


def test_a_repeat_that_is_refused_and_shows_no_change_leaves_it_unknown_as_the_first_may_be_late() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[lost(), refused()])

    result = run(service, [1])

    assert len(service.writes) == 2
    assert (result["changed"], outcomes(result)) == (False, {1: "unknown"})
    assert result["failure"]["code"] == "invalid_value"
    assert result["orders"][0]["reason"] == REASONS["reply lost, then refused"]


def test_a_repeat_that_is_refused_is_read_again_until_the_first_shows() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[lost(), refused()])
    service.meets("get", 1, weather=[None, None, None, service.changed_elsewhere(1, "closed")])

    result = run(service, [1])

    assert service.journal == [("get", 1), *[("write", 1), ("get", 1)] * 2, ("get", 1)]
    assert (result["changed"], outcomes(result)) == (True, {1: "changed"})


@pytest.mark.parametrize("policy", ["close", "close_once"])
@pytest.mark.parametrize("reads", [1, 2, 3, 4])
def test_an_effect_that_comes_late_is_a_change_and_nothing_is_done_twice(policy: str, reads: int) -> None:
    # A gateway answers 504, and the service acts some seconds later.
    service = Service(Thing(1)).meets("write", 1, weather=[failed() for _time in range(4)])
    service.meets("get", 1, weather=[None, *[None] * (reads - 1), service.changed_elsewhere(1, "closed")])

    result = run(service, [1], policy=close if policy == "close" else close_once)

    assert len(service.reads) == 1 + reads
    assert len(service.writes) == (reads if policy == "close" else 1)
    assert (result["changed"], result.get("failed", False), outcomes(result)) == (True, False, {1: "changed"})


def test_an_effect_is_a_change_also_where_the_order_can_be_changed_no_more() -> None:
    # The order was ended elsewhere meanwhile.
    service = Service(Thing(1)).meets("write", 1, weather=[TOOK_EFFECT, lost()])
    service.meets("get", 1, weather=[None, service.changed_elsewhere(1, "closed")])

    result = run(service, [1], policy=final)

    assert (result["changed"], result.get("failed", False), outcomes(result)) == (True, False, {1: "changed"})
    assert result["orders"][0]["reason"] == REASONS["reply lost, change visible, order ended"]


def test_a_request_that_shows_waits_also_where_the_order_can_be_changed_no_more() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[TOOK_EFFECT, lost()])
    service.meets("get", 1, weather=[None, service.changed_elsewhere(1, "sealed", asked=True)])

    result = asking(service, [1])

    assert (result["changed"], outcomes(result)) == (True, {1: "pending_approval"})


def test_what_was_refused_and_shows_all_the_same_is_no_change_also_where_the_order_has_ended() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[refused()])
    service.meets("get", 1, weather=[None, service.changed_elsewhere(1, "closed")])

    result = run(service, [1], policy=final)

    assert (result["changed"], outcomes(result)) == (False, {1: "unchanged"})
    assert result["orders"][0]["reason"] == REASONS["refused, but another client made the change"]


def test_the_waits_are_those_of_the_chunk_and_take_15_s_at_most() -> None:
    service = Service(*open_things(40), retries=20)
    for key in range(1, 41):
        service.meets("write", key, weather=[lost() for _time in range(20)])

    result = run(service, range(1, 41), workers=1)

    # Rounded, as a sum of floats is.
    assert 14.9 < round(sum(service.stop.pauses), 9) <= 15.0
    assert service.stop.pauses[:4] == sorted(service.stop.pauses[:4])
    assert len(service.stop.pauses) <= 6
    # All are written before the first wait, and each wait is for all.
    assert service.writes[:80] == list(range(1, 41)) * 2
    assert result["summary"]["unknown"] == 40


def test_the_next_chunk_has_waits_of_its_own() -> None:
    service = Service(*open_things(101))
    for key in (1, 101):
        service.meets("write", key, weather=[lost()])

    run(service, range(1, 102))

    assert len(service.stop.pauses) == 2
    assert all(0.5 <= pause <= 1.0 for pause in service.stop.pauses)


def test_what_was_not_sent_twice_is_not_repeated_where_something_else_would_be_changed() -> None:
    # The request that is decided on is another one by now.
    service = Service(Thing(1, order=7)).meets("write", 1, weather=[lost()])
    service.meets("get", 1, weather=[None, service.changed_elsewhere(1, "open", order=8)])

    assert outcomes(run(service, [1])) == {1: "unknown"}
    assert service.writes == [1]


def test_a_failure_that_is_to_stop_the_others_is_known_before_the_next_is_sent() -> None:
    service = Service(Thing(1), Thing(2)).meets("write", 1, weather=[lost() for _time in range(9)])

    result = run(service, [1, 2], stop_on_failure=True)

    assert set(service.writes) == {1}
    assert outcomes(result) == {1: "unknown", 2: "not_attempted"}


def test_a_stop_ends_the_wait_and_what_was_sent_is_read_all_the_same() -> None:
    service = Service(Thing(1)).meets(
        "write", 1, weather=[TOOK_EFFECT, During(lambda: service.stop.set("enough")), lost()]
    )

    assert outcomes(run(service, [1])) == {1: "changed"}
    assert service.journal == [("get", 1), ("write", 1), ("get", 1)]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_repeats_are_bounded_by_retries_with_a_growing_pause_between_them(retries: int) -> None:
    service = Service(Thing(1), retries=retries).meets("write", 1, weather=[lost() for _time in range(9)])

    result = run(service, [1])

    assert len(service.writes) == retries + 1
    assert service.journal == [("get", 1), *[("write", 1), ("get", 1)] * (retries + 1)]
    assert (result["changed"], outcomes(result)) == (False, {1: "unknown"})
    assert result["orders"][0]["after"] == {}
    assert result["orders"][0]["reason"] == REASONS["reply lost, change not visible"]
    assert result["failure"]["code"] == "reply_lost"
    assert len(service.stop.pauses) == retries + 1
    assert all(2**n / 2 <= pause <= 2**n for n, pause in enumerate(service.stop.pauses))


def test_what_cannot_be_read_after_a_lost_reply_is_unknown_and_not_sent_again() -> None:
    service = (
        Service(Thing(1)).meets("write", 1, weather=[TOOK_EFFECT, lost()]).meets("get", 1, weather=[None, failed()])
    )

    result = run(service, [1])

    assert service.writes == [1]
    assert (result["changed"], result["failed"], outcomes(result)) == (False, True, {1: "unknown"})
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == ({"state": "open"}, {})
    assert result["orders"][0]["reason"] == REASONS["reply lost, then unreadable"]
    assert result["failure"]["code"] == "reply_lost"


def test_an_order_missing_after_a_lost_reply_is_unknown() -> None:
    service = Service(Thing(1))
    service.meets("write", 1, weather=[lost()]).meets("get", 1, weather=[None, service.removed(1)])

    result = run(service, [1])

    assert (service.writes, outcomes(result)) == ([1], {1: "unknown"})
    assert result["orders"][0]["reason"] == REASONS["reply lost, then missing"]


def test_a_change_impossible_after_a_lost_reply_is_unknown_with_a_reason() -> None:
    service = Service(Thing(1))
    service.meets("write", 1, weather=[lost()]).meets("get", 1, weather=[None, service.changed_elsewhere(1, "sealed")])

    result = run(service, [1])

    assert (service.writes, outcomes(result)) == ([1], {1: "unknown"})
    assert result["orders"][0]["reason"] == REASONS["reply lost, then ineligible"]


def test_a_repeat_rests_on_what_was_read_last() -> None:
    service = Service(Thing(1))
    service.meets("write", 1, weather=[lost(), refused()])
    service.meets("get", 1, weather=[None, service.changed_elsewhere(1, "ajar")])
    witness = Witness()

    result = run(service, [1], observer=witness)

    assert [state for what, _key, state in witness.events if what == "announced"] == ["open", "ajar"]
    assert (result["orders"][0]["before"], outcomes(result)) == ({"state": "open"}, {1: "unknown"})


def test_what_needs_no_change_any_more_and_does_not_show_ours_is_unknown_after_a_lost_reply() -> None:
    # A pending order that is issued meanwhile: nothing is left to do, but no cancellation shows either.
    service = Service(Thing(1))
    service.meets("write", 1, weather=[lost()]).meets("get", 1, weather=[None, service.changed_elsewhere(1, "settled")])

    result = run(service, [1])

    assert service.writes == [1]
    assert (result["changed"], outcomes(result)) == (False, {1: "unknown"})
    assert "it is settled already" in result["orders"][0]["reason"]


def test_a_stop_between_a_lost_reply_and_its_repeat_leaves_it_unknown_and_sends_no_second_write() -> None:
    service = Service(Thing(1))
    service.meets("write", 1, weather=[lost()])
    service.meets("get", 1, weather=[None, lambda: service.stop.set("enough")])

    result = run(service, [1])

    assert (service.writes, outcomes(result)) == ([1], {1: "unknown"})
    assert result["failure"]["code"] == "reply_lost"


def test_a_stop_that_keeps_the_fresh_read_from_being_made_leaves_it_unknown() -> None:
    service = Service(Thing(1))
    service.meets("write", 1, weather=[TOOK_EFFECT, lost()]).meets("get", 1, weather=[None, Stopped("enough")])

    assert outcomes(run(service, [1])) == {1: "unknown"}


# -- refusals and what was never sent ----------------------------------------------------------------------------------


def test_after_a_refusal_a_read_accepts_the_change_made_elsewhere() -> None:
    service = Service(Thing(1))
    service.meets("write", 1, weather=[service.changed_elsewhere(1, "closed")])

    result = run(service, [1])

    assert service.journal == [("get", 1), ("write", 1), ("get", 1)]
    assert (result["changed"], outcomes(result)) == (False, {1: "unchanged"})
    assert result["orders"][0]["before"] == result["orders"][0]["after"] == {"state": "closed"}
    assert result["orders"][0]["reason"] == REASONS["refused, but another client made the change"]


def test_a_refusal_of_what_is_still_as_it_was_is_a_failure_and_not_repeated() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[refused()])

    result = run(service, [1])

    assert service.journal == [("get", 1), ("write", 1), ("get", 1)]
    assert (result["changed"], result["failed"], outcomes(result)) == (False, True, {1: "failed"})
    assert result["failure"]["http_status"] == 400
    assert result["orders"][0]["after"] == {"state": "open"}


@pytest.mark.parametrize(
    ("then", "situation"),
    [
        (failed(), "refused, then unreadable"),
        ("sealed", "refused, then ineligible"),
        ("gone", "refused, then missing"),
    ],
)
def test_a_refusal_is_a_failure_whatever_is_read_then(then: Any, situation: str) -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[refused()])
    happens = {"gone": service.removed(1), "sealed": service.changed_elsewhere(1, "sealed")}.get(str(then), then)
    service.meets("get", 1, weather=[None, happens])

    result = run(service, [1])

    assert (service.writes, outcomes(result)) == ([1], {1: "failed"})
    assert result["orders"][0]["reason"] == REASONS[situation]
    assert result["failure"]["code"] == "invalid_value"


@pytest.mark.parametrize("missing", ["fail", "ok"])
def test_an_order_removed_between_the_read_and_the_change_is_missing(missing: str) -> None:
    service = Service(Thing(1))
    service.meets("write", 1, weather=[NotFound("the service refused to close it (HTTP 404)", 404)])
    service.meets("get", 1, weather=[None, service.removed(1)])

    result = run(service, [1], missing=missing)

    assert (outcomes(result), result.get("failed", False)) == ({1: "missing"}, missing == "fail")


@pytest.mark.parametrize("problem", [never_sent, throttled])
def test_a_request_that_was_not_sent_fails_without_a_further_read(problem: Any) -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[problem()])

    result = run(service, [1])

    assert service.journal == [("get", 1), ("write", 1)]
    assert (result["changed"], outcomes(result)) == (False, {1: "failed"})
    assert result["orders"][0]["before"] == result["orders"][0]["after"] == {"state": "open"}


@pytest.mark.parametrize("problem", [never_sent, throttled])
def test_a_repeat_that_never_reached_the_service_is_read_again_as_the_first_may_have(problem: Any) -> None:
    service = Service(Thing(1))
    service.meets("write", 1, weather=[lost(), service.changed_elsewhere(1, "closed"), problem()])

    result = run(service, [1])

    assert len(service.writes) == 2
    assert outcomes(result) == {1: "changed"}


def test_the_rate_limit_budget_is_shared_by_the_repeats_of_one_order_only() -> None:
    service = Service(Thing(1), Thing(2)).meets("write", 1, weather=[lost()])

    run(service, [1, 2])

    first, second = service.budget[1]
    assert first is second
    assert service.budget[2] not in ([first], [])


# -- fresh reads -------------------------------------------------------------------------------------------------------


def test_a_write_rests_on_a_read_of_the_last_60_seconds() -> None:
    service = Service(Thing(1))
    service.weather["write", 1] = [During(service.passes(7)), lost()]

    run(service, [1])

    # The time counts anew for the repeat, from before the read that follows a wait.
    assert service.fresh_until == pytest.approx([1060.0, 1067.0 + service.stop.pauses[0]])


def test_a_read_counts_from_before_it_was_sent() -> None:
    service = Service(Thing(1))
    service.meets("get", 1, weather=[service.passes(40)])

    run(service, [1])

    assert service.fresh_until == [1060.0]


def test_what_became_stale_while_others_were_written_is_read_again_together() -> None:
    service = Service(*open_things(10))
    for key in range(1, 11):
        service.weather["write", key] = [During(service.passes(20)), None]

    result = run(service, range(1, 11))

    assert service.reads == [("list", tuple(range(1, 11))), ("list", tuple(range(5, 11))), ("list", (9, 10))]
    assert service.writes == list(range(1, 11))
    assert result["summary"]["changed"] == 10


def test_what_became_stale_and_was_changed_meanwhile_is_not_written() -> None:
    service = Service(Thing(1), Thing(2))
    service.weather["write", 1] = [During(service.passes(61)), During(service.changed_elsewhere(2, "closed")), None]

    result = run(service, [1, 2])

    assert service.writes == [1]
    assert outcomes(result) == {1: "changed", 2: "unchanged"}


def test_a_repeat_that_waited_too_long_is_read_again_before_it_is_sent() -> None:
    service = Service(Thing(1))
    service.weather["write", 1] = [lost(), service.passes(61), None]

    result = run(service, [1])

    assert service.journal == [("get", 1), ("write", 1), ("get", 1), ("get", 1), ("write", 1)]
    assert outcomes(result) == {1: "changed"}


def test_where_reading_them_all_takes_too_long_fewer_are_read_at_a_time() -> None:
    service = Service(*open_things(8, lacks=("detail",)))
    for key in range(1, 9):
        service.meets("fetch_fact", key, weather=[service.passes(10), None] * 20)

    result = run(service, range(1, 9))

    assert result["summary"]["changed"] == 8
    assert sorted(service.writes) == list(range(1, 9))
    assert len(service.reads) < 40


def test_an_order_with_reads_that_are_always_too_old_fails_and_is_never_written() -> None:
    service = Service(Thing(1))
    service.meets("get", 1, weather=[service.passes(61), None] * 200)

    result = run(service, [1])

    assert service.writes == []
    assert len(service.reads) == _run.SLOW_READS == 10
    assert (outcomes(result), result["failed"]) == ({1: "failed"}, True)
    assert result["failure"]["code"] == "stale"


@pytest.mark.parametrize(("times", "outcome"), [(30, "changed"), (31, "failed")])
def test_429_answers_are_given_up_only_at_the_end_of_the_rate_limit_budget(times: int, outcome: str) -> None:
    """rate_limit_timeout is 300 s: as many waits as fit into it are no slow reads."""
    service = Service(Thing(1)).meets("write", 1, weather=[Throttled(10)] * times)

    result = run(service, [1])

    assert outcomes(result) == {1: outcome}
    assert service.writes == [1] * (outcome == "changed")
    assert len(service.reads) == 31
    assert (result.get("failure") or {}).get("http_status") == (429 if outcome == "failed" else None)


@pytest.mark.parametrize("slow", [8, 9])
def test_one_that_is_read_too_slowly_does_not_use_up_the_chances_of_the_next(slow: int) -> None:
    service = Service(Thing(1), Thing(2))
    for key in (1, 2):
        service.meets("get", key, weather=[service.passes(61), None] * slow)
    service.meets("list", weather=[service.passes(61), None])

    assert outcomes(run(service, [1, 2])) == {1: "changed", 2: "changed"}


def test_as_long_as_something_can_be_sent_nothing_is_given_up() -> None:
    service = Service(*open_things(30))
    for key in range(1, 31):
        service.weather["write", key] = [During(service.passes(61)), None]

    assert run(service, range(1, 31))["summary"]["changed"] == 30
    assert len(service.reads) == 30


# -- what ends a run early ---------------------------------------------------------------------------------------------


def test_three_writes_denied_in_a_row_stop_the_run_and_the_rest_is_not_attempted() -> None:
    service = Service(*open_things(300))
    for key in range(1, 301):
        service.meets("write", key, weather=[denied()])

    result = run(service, range(1, 301))

    assert service.writes == [1, 2, 3]
    assert (result["summary"]["failed"], result["summary"]["not_attempted"]) == (3, 297)
    assert result["failure"]["http_status"] == 403
    assert result["orders"][299]["reason"] == REASONS["API key refused"]
    assert ("list", tuple(range(101, 201))) not in service.journal


def test_three_reads_denied_in_a_row_stop_the_run() -> None:
    service = Service(*open_things(400)).meets("list", weather=[denied()] * 3)

    result = run(service, range(1, 401))

    assert len(service.journal) == 3
    assert (result["summary"]["failed"], result["summary"]["not_attempted"]) == (300, 100)


def test_a_list_that_is_denied_once_counts_as_one_denial_however_many_orders_it_was_for() -> None:
    service = Service(*open_things(200)).meets("list", weather=[denied()])

    result = run(service, range(1, 201))

    assert (result["summary"]["failed"], result["summary"]["changed"]) == (100, 100)


def test_a_success_between_denials_lets_the_run_go_on() -> None:
    service = Service(*open_things(12))
    for key in (1, 2, 4, 5, 7, 8, 10, 11):
        service.meets("write", key, weather=[denied()])

    result = run(service, range(1, 13))

    assert service.writes == list(range(1, 13))
    assert result["summary"]["not_attempted"] == 0


def test_other_failures_do_not_stop_the_run_however_many() -> None:
    service = Service(*open_things(9))
    for key in range(1, 9):
        service.meets("write", key, weather=[refused()])

    assert run(service, range(1, 10))["summary"] == {
        "total": 9,
        "changed": 1,
        "unchanged": 0,
        "pending_approval": 0,
        "ineligible": 0,
        "missing": 0,
        "failed": 8,
        "unknown": 0,
        "not_attempted": 0,
    }


def test_with_many_workers_denials_stop_what_has_not_been_sent() -> None:
    service = Service(*open_things(300))
    for key in range(1, 301):
        service.meets("write", key, weather=[denied()])

    result = run(service, range(1, 301), workers=8)

    assert 3 <= len(service.writes) <= 3 + 7
    assert result["summary"]["failed"] == len(service.writes)
    assert result["summary"]["failed"] + result["summary"]["not_attempted"] == 300


@pytest.mark.parametrize(("stop", "written"), [(False, [1, 2, 3]), (True, [1, 2])])
def test_a_failure_stops_the_others_only_if_asked(stop: bool, written: list[int]) -> None:
    service = Service(*open_things(3)).meets("write", 2, weather=[refused()])

    result = run(service, [1, 2, 3], stop_on_failure=stop)

    assert service.writes == written
    if stop:
        assert outcomes(result) == {1: "changed", 2: "failed", 3: "not_attempted"}
        assert "stop_on_failure" in result["orders"][2]["reason"]
    else:
        assert outcomes(result) == {1: "changed", 2: "failed", 3: "changed"}


@pytest.mark.parametrize(
    ("options", "stopped"),
    [
        ({}, True),
        ({"ineligible": "skip"}, False),
    ],
)
def test_what_is_no_failure_does_not_stop_the_others(options: dict[str, Any], stopped: bool) -> None:
    service = Service(Thing(1), Thing(2, "sealed"))

    result = run(service, [1, 2], stop_on_failure=True, **options)

    assert outcomes(result)[1] == ("not_attempted" if stopped else "changed")


def test_the_reported_failure_is_the_one_that_stopped_the_run_not_an_order_left_out() -> None:
    result = run(Service(Thing(1), Thing(2, "sealed")), [1, 2], stop_on_failure=True)

    assert (result["failure"]["order_id"], result["failure"]["code"]) == (2, "ineligible")
    assert "order 2: it is sealed. Break the seal" in result["msg"]


def test_a_stop_before_the_first_read_leaves_everything_alone() -> None:
    service = Service(*open_things(2))
    service.stop.set("enough")

    result = run(service, [1, 2])

    assert service.journal == []
    assert outcomes(result) == {1: "not_attempted", 2: "not_attempted"}
    assert (result["failed"], result["failure"]["code"]) == (True, "not_attempted")


def test_a_read_that_is_stopped_leaves_its_order_not_attempted() -> None:
    service = Service(Thing(1), Thing(2))
    service.left_out = {2}
    service.meets("get", 2, weather=[lambda: service.stop.set("enough"), Stopped("enough")])

    result = run(service, [1, 2])

    assert outcomes(result) == {1: "not_attempted", 2: "not_attempted"}
    assert {order["reason"] for order in result["orders"]} == {"enough"}


@pytest.fixture
def handlers() -> Iterator[None]:
    """As a shell in the foreground leaves them; in the background it has SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler), signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, before[0])
    signal.signal(signal.SIGTERM, before[1])


@pytest.mark.usefixtures("handlers")
def test_a_signal_that_is_ignored_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    service = Service(*open_things(3))
    service.weather["write", 2] = [During(lambda: os.kill(os.getpid(), signal.SIGINT)), None]

    assert run(service, range(1, 4))["summary"]["changed"] == 3
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.usefixtures("handlers")
def test_a_signal_lets_the_write_under_way_finish_and_sends_no_other(number: signal.Signals, workers: int) -> None:
    service = Service(*open_things(200))
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}

    def interrupt() -> None:
        os.kill(os.getpid(), number)
        assert soon(lambda: bool(service.stop))

    service.weather["write", 5] = [During(interrupt), None]

    result = run(service, range(1, 201), workers=workers)

    assert outcomes(result)[5] == "changed"
    assert result["summary"]["changed"] == len(service.writes) < 200
    assert result["summary"]["changed"] + result["summary"]["not_attempted"] == 200
    assert number.name in result["orders"][199]["reason"]
    assert result["changed"] is True
    assert result["failed"] is True
    assert {name: signal.getsignal(name) for name in before} == before


def test_signals_are_left_alone_outside_the_main_thread() -> None:
    service = Service(Thing(1))
    before = [signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)]
    meanwhile: list[Any] = []
    service.weather["write", 1] = [
        During(lambda: meanwhile.extend([signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)])),
        None,
    ]
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(run(service, [1])))
    thread.start()
    thread.join()

    assert outcomes(results[0]) == {1: "changed"}
    assert meanwhile == before


def test_signal_handlers_are_put_back_even_after_a_crash() -> None:
    service = Service(Thing(1)).meets("get", 1, weather=[ZeroDivisionError()])
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(ZeroDivisionError):
        run(service, [1])

    assert signal.getsignal(signal.SIGTERM) is before


def test_an_unforeseen_error_ends_the_run_and_nothing_else_is_sent() -> None:
    service = Service(*open_things(100))
    service.weather["write", 1] = [ZeroDivisionError()]
    for key in range(2, 5):
        service.weather["write", key] = [During(lambda: soon(lambda: bool(service.stop))), None]

    result = run(service, range(1, 101), workers=4)

    assert len(service.writes) <= 4
    assert (result["failed"], outcomes(result)[1]) == (True, "unknown")
    assert "ZeroDivisionError" in result["orders"][0]["reason"]
    assert {outcomes(result)[key] for key in range(5, 101)} == {"not_attempted"}


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (Service().meets("write", 2, weather=[ZeroDivisionError()]), ["changed", "unknown", "not_attempted"]),
        # The read of the verification.
        (Service().meets("list", weather=[None, ZeroDivisionError()]), ["changed"] * 3),
    ],
)
def test_an_unforeseen_error_hides_no_change_that_was_made(service: Service, expected: list[str]) -> None:
    service.things = {key: Thing(key) for key in (1, 2, 3)}

    result = run(service, [1, 2, 3], workers=1, verify=True)

    assert (result["changed"], [*outcomes(result).values()]) == (True, expected)


class TimedOut(BaseException):
    """What Ansible raises in the main thread when the time of a task is over."""


def test_the_time_out_of_a_task_lets_no_thread_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service(*open_things(100))

    original = _work.wait

    def wait(futures: list[Any], **options: Any) -> Any:
        if not futures:
            return original(futures, **options)
        assert soon(lambda: len(service.writes) >= 1)
        raise TimedOut

    monkeypatch.setattr(_work, "wait", wait)
    for key in range(1, 101):
        service.weather["write", key] = [During(lambda: soon(lambda: bool(service.stop))), None]

    with pytest.raises(TimedOut):
        run(service, range(1, 101), workers=4)

    assert 1 <= len(service.writes) <= 4


# -- check mode, read only, verify -------------------------------------------------------------------------------------


def test_check_mode_reads_the_same_decides_the_same_and_writes_nothing() -> None:
    def account() -> Service:
        return Service(Thing(1), Thing(2, "closed"), Thing(3, "sealed"), Thing(4, lacks=("detail",)))

    really, only_check = account(), account()
    real = run(really, [1, 2, 3, 4, 5], diff=True)
    check = run(only_check, [1, 2, 3, 4, 5], diff=True, check_mode=True)

    assert only_check.journal == really.reads
    assert check["orders"] == real["orders"]
    assert check["diff"] == real["diff"]
    assert (check["changed"], check["failed"], check["failure"]) == (True, True, real["failure"])
    assert check.keys() == real.keys()
    assert check["msg"] != real["msg"]


def test_check_mode_stops_where_the_real_run_would() -> None:
    things = (Thing(1), Thing(2, "sealed"))

    real = run(Service(*things), [1, 2], stop_on_failure=True)
    check = run(Service(*things), [1, 2], stop_on_failure=True, check_mode=True)

    assert check["orders"] == real["orders"]
    assert outcomes(check) == {1: "not_attempted", 2: "ineligible"}
    assert check["changed"] is False


def test_check_mode_does_not_verify_what_was_not_done() -> None:
    service = Service(Thing(1))

    result = run(service, [1], check_mode=True, verify=True)

    assert service.journal == [("get", 1)]
    assert outcomes(result) == {1: "changed"}


@pytest.mark.parametrize("check_mode", [True, False])
def test_where_writing_is_forbidden_a_change_fails_also_in_check_mode(check_mode: bool) -> None:
    service = Service(Thing(1), Thing(2, "closed"), read_only="THINGS_READ_ONLY")

    result = run(service, [1, 2], check_mode=check_mode)

    assert service.writes == []
    assert outcomes(result) == {1: "failed", 2: "unchanged"}
    assert (result["changed"], result["failure"]["code"]) == (False, "read_only")
    assert "THINGS_READ_ONLY" in result["failure"]["message"]


def test_verifying_reads_what_was_changed_once_more_and_only_that() -> None:
    service = Service(*open_things(3), Thing(4, "closed"))

    result = run(service, [1, 2, 3, 4], verify=True)

    assert service.reads == [("list", (1, 2, 3, 4)), ("list", (1, 2, 3))]
    assert result["summary"]["changed"] == 3


def test_verifying_250_takes_three_more_reads() -> None:
    service = Service(*open_things(250))

    run(service, range(1, 251), verify=True)

    assert [len(entry[1]) for entry in service.reads] == [100, 100, 50, 100, 100, 50]


def test_a_change_that_does_not_show_is_unknown_though_it_was_acknowledged() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[LIED])

    result = run(service, [1], verify=True)

    assert outcomes(result) == {1: "unknown"}
    assert result["orders"][0]["after"] == {"state": "open"}
    assert result["orders"][0]["reason"] == REASONS["verified, not visible"]
    assert (result["failed"], result["failure"]["code"]) == (True, "not_verified")
    # Acknowledged is changed, whatever is read later.
    assert result["changed"] is True


def test_another_change_than_ours_does_not_verify_it() -> None:
    service = Service(Thing(1))
    service.meets("get", 1, weather=[None, service.changed_elsewhere(1, "settled")])

    result = run(service, [1], verify=True)

    assert outcomes(result) == {1: "unknown"}
    assert result["orders"][0]["after"] == {"state": "settled"}


@pytest.mark.parametrize(
    ("check", "situation", "http_status"),
    [
        (failed(), "verified, unreadable", 502),
        (Stopped("the run was stopped by SIGTERM"), "verified, stopped", None),
        ("gone", "verified, not visible", None),
    ],
)
def test_a_change_that_cannot_be_read_back_is_unknown(check: Any, situation: str, http_status: int | None) -> None:
    service = Service(Thing(1))
    service.meets("get", 1, weather=[None, service.removed(1) if check == "gone" else check])

    result = run(service, [1], verify=True)

    assert service.journal == [("get", 1), ("write", 1), ("get", 1)]
    assert outcomes(result) == {1: "unknown"}
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == ({"state": "open"}, {})
    assert result["orders"][0]["reason"] == REASONS[situation]
    assert result["failure"]["http_status"] == http_status
    assert result["changed"] is True


def test_verifying_asks_for_what_a_list_leaves_out_and_for_what_decides() -> None:
    service = Service(*open_things(3, lacks=("origin",)))
    service.meets("write", 3, weather=[During(lambda: service.left_out.add(2)), None])

    result = run(service, [1, 2, 3], verify=True)

    read_back = service.journal[service.journal.index(("write", 3)) + 1 :]
    assert read_back[0] == ("list", (1, 2, 3))
    assert ("get", 2) in read_back
    assert result["summary"]["changed"] == 3


def test_without_verify_the_acknowledgement_is_believed() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[LIED])

    assert outcomes(run(service, [1])) == {1: "changed"}
    assert service.journal == [("get", 1), ("write", 1)]


def test_a_change_verified_after_a_lost_reply_is_not_verified_twice() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[TOOK_EFFECT, lost()])

    result = run(service, [1], verify=True)

    assert service.journal == [("get", 1), ("write", 1), ("get", 1)]
    assert outcomes(result) == {1: "changed"}


# -- who watches -------------------------------------------------------------------------------------------------------


def test_every_write_is_announced_before_it_is_sent_and_every_order_settled_once() -> None:
    service = Service(Thing(1), Thing(2, "closed"), Thing(3), Thing(4))
    service.meets("write", 3, weather=[lost()]).meets("write", 4, weather=[TOOK_EFFECT, lost()])
    witness = Witness()
    write = service.write

    def watched(state: Thing, decision: Any, **limits: Any) -> Any:
        assert ("announced", state.key, state.state) in witness.events
        witness.events.append(("sent", state.key, ""))
        return write(state, decision, **limits)

    service.write = watched  # type: ignore[method-assign]
    run(service, [1, 2, 3, 4, 5], observer=witness)

    assert witness.events == [
        ("settled", 5, "missing"),
        ("settled", 2, "unchanged"),
        *[("announced", 1, "open"), ("sent", 1, ""), ("settled", 1, "changed")],
        *[("announced", 3, "open"), ("sent", 3, "")],
        *[("announced", 4, "open"), ("sent", 4, "")],
        # Those whose replies were lost, after a wait for both.
        *[("announced", 3, "open"), ("sent", 3, ""), ("settled", 3, "changed")],
        ("settled", 4, "changed"),
    ]


def test_a_write_that_cannot_be_announced_is_not_sent() -> None:
    class Mute(Witness):
        def announced(self, key: Any, state: Any, decision: Any) -> None:  # noqa: ARG002
            raise ApiError("the log cannot be written", code="audit_log")

    service = Service(Thing(1), Thing(2))

    result = run(service, [1, 2], observer=Mute())

    assert service.writes == []
    assert outcomes(result) == {1: "failed", 2: "failed"}
    assert result["failure"]["code"] == "audit_log"


def test_what_was_stopped_is_not_announced() -> None:
    witness = Witness()

    run(Service(Thing(1), Thing(2, "sealed")), [1, 2], stop_on_failure=True, observer=witness)

    assert witness.events == [("settled", 2, "ineligible"), ("settled", 1, "not_attempted")]


@pytest.mark.parametrize(("check_mode", "read_only"), [(True, ""), (False, "THINGS_READ_ONLY")])
def test_what_will_not_be_sent_is_not_announced(check_mode: bool, read_only: str) -> None:
    witness = Witness()

    run(Service(*open_things(2), read_only=read_only), [1, 2], check_mode=check_mode, observer=witness)

    assert [entry[0] for entry in witness.events] == ["settled", "settled"]


def test_the_watcher_sees_each_order_of_a_stopped_run_settled_once() -> None:
    service = Service(*open_things(250)).meets("write", 2, weather=[refused()])
    witness = Witness()

    run(service, range(1, 251), observer=witness, stop_on_failure=True)

    assert sorted(key for what, key, _outcome in witness.events if what == "settled") == list(range(1, 251))


@pytest.mark.parametrize("unreadable", [True, False])
def test_the_observer_gets_only_that_a_change_could_not_be_verified(unreadable: bool) -> None:
    service = Service(Thing(1), Thing(2)).meets("write", 2, weather=[LIED])
    if unreadable:
        service.meets("list", weather=[None, failed()])
    witness = Witness()

    run(service, [1, 2], verify=True, observer=witness)

    later = [entry for entry in witness.events if entry[0] == "settled"]
    assert later[:2] == [("settled", 1, "changed"), ("settled", 2, "changed")]
    assert later[2:] == [("settled", key, "unknown") for key in ([1, 2] if unreadable else [2])]


def test_a_run_without_a_watcher_is_fine() -> None:
    assert outcomes(run(Service(Thing(1)), [1], observer=None)) == {1: "changed"}


# -- changes of several steps ------------------------------------------------------------------------------------------


def test_a_change_of_two_steps_is_two_writes_on_one_read_and_one_result() -> None:
    service = Service(Thing(1, "barred"))

    result = run(service, [1])

    assert service.journal == [("get", 1), ("write", 1, "unbar"), ("write", 1, "close")]
    assert service.fresh_until == [1060.0, 1060.0]
    assert result["orders"] == [
        {"order_id": 1, "outcome": "changed", "before": {"state": "barred"}, "after": {"state": "closed"}, "reason": ""}
    ]
    assert result["changed"] is True


def test_each_step_is_announced_before_it_is_sent_and_both_share_their_rate_limit_budget() -> None:
    service = Service(Thing(1, "barred"))
    witness = Witness()
    events_by_then: list[int] = []
    service.weather["write", 1] = [During(lambda: events_by_then.append(len(witness.events))), None] * 2

    run(service, [1], observer=witness)

    assert witness.events == [("announced", 1, "barred"), ("announced", 1, "barred"), ("settled", 1, "changed")]
    assert events_by_then == [1, 2]
    first, second = service.budget[1]
    assert first is second


def test_check_mode_foretells_all_steps_and_sends_none() -> None:
    really, only_check = Service(Thing(1, "barred")), Service(Thing(1, "barred"))

    real, check = run(really, [1], diff=True), run(only_check, [1], diff=True, check_mode=True)

    assert only_check.journal == [("get", 1)]
    assert (check["orders"], check["diff"], check["changed"]) == (real["orders"], real["diff"], True)


def test_of_several_steps_none_is_sent_on_an_old_read() -> None:
    service = Service(Thing(1, "barred"))
    service.weather["write", 1] = [service.passes(61), None]

    result = run(service, [1])

    assert service.journal == [("get", 1), ("get", 1), ("write", 1, "unbar"), ("write", 1, "close")]
    assert outcomes(result) == {1: "changed"}


@pytest.mark.parametrize("problem", [refused, denied, never_sent, throttled])
def test_a_failed_second_step_is_reported_as_half_a_change(problem: Any) -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=[None, problem()])

    result = run(service, [1], diff=True, orders_detail="changed")

    assert service.journal == [("get", 1), ("write", 1, "unbar"), ("write", 1, "close"), ("get", 1)]
    assert (result["changed"], result["failed"], outcomes(result)) == (True, True, {1: "failed"})
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == ({"state": "barred"}, {"state": "open"})
    assert result["failure"]["code"] == problem().code
    assert result["diff"] == {
        "before": "order 1 (thing-1.example.com): state: barred\n",
        "after": "order 1 (thing-1.example.com): state: open\n",
    }


@pytest.mark.parametrize("loss", [lost, failed])
def test_a_second_step_that_is_lost_without_effect_is_sent_again_without_the_first(loss: Any) -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=[None, loss()])

    result = run(service, [1])

    assert service.journal == [
        *(("get", 1), ("write", 1, "unbar"), ("write", 1, "close")),
        *(("get", 1), ("write", 1)),
    ]
    assert outcomes(result) == {1: "changed"}
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == ({"state": "barred"}, {"state": "closed"})


def test_a_second_step_that_is_lost_and_took_effect_is_a_change() -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=[None, TOOK_EFFECT, lost()])

    result = run(service, [1])

    assert service.journal[-1] == ("get", 1)
    assert len(service.writes) == 2
    assert (result["changed"], outcomes(result)) == (True, {1: "changed"})
    assert result["orders"][0]["reason"] == REASONS["reply lost, change visible"]


@pytest.mark.parametrize(
    ("weather", "again"),
    [
        ([TOOK_EFFECT, lost()], [("write", 1)]),
        ([lost()], [("write", 1, "unbar"), ("write", 1, "close")]),
    ],
)
def test_after_a_first_step_that_was_lost_what_is_left_to_do_is_done(weather: list[Any], again: list[Any]) -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=weather)

    result = run(service, [1])

    assert service.journal == [("get", 1), ("write", 1, "unbar"), ("get", 1), *again]
    assert outcomes(result) == {1: "changed"}
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == ({"state": "barred"}, {"state": "closed"})


def test_a_first_step_verified_after_a_lost_reply_is_a_change_even_if_the_second_fails() -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=[TOOK_EFFECT, lost(), refused()])

    result = run(service, [1])

    assert (service.unbarred, service.made) == ([1], [])
    assert (result["changed"], outcomes(result)) == (True, {1: "failed"})
    assert result["orders"][0]["after"] == {"state": "open"}


def test_a_first_step_with_a_lost_reply_that_does_not_show_is_unknown() -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=[lost(), refused()])

    result = run(service, [1])

    assert (result["changed"], outcomes(result)) == (False, {1: "unknown"})


def test_a_first_step_that_is_acknowledged_after_a_loss_is_lost_no_more() -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=[lost(), None, refused()])

    result = run(service, [1])

    assert (service.unbarred, service.made) == ([1], [])
    assert (result["changed"], outcomes(result)) == (True, {1: "failed"})


def unbar_and_close_once(thing: Thing) -> Decision:
    decision = close(thing)
    return replace(decision, steps=decision.steps or ("close",), once=("close",))


def test_of_several_steps_only_those_that_must_not_be_sent_twice_are_sent_once() -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=[lost(), None, lost()])

    result = run(service, [1], policy=unbar_and_close_once)

    assert [entry[2] for entry in service.journal if entry[0] == "write"] == ["unbar", "unbar", "close"]
    assert (result["changed"], outcomes(result)) == (True, {1: "unknown"})
    assert result["orders"][0]["reason"] == REASONS["reply lost, sent only once"]


@pytest.mark.parametrize("problem", [refused, lost, never_sent])
@pytest.mark.parametrize("unread", [failed(), Stopped("enough")])
def test_half_a_change_that_cannot_be_read_is_unknown_and_a_change(problem: Any, unread: Exception) -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=[None, problem()])
    service.meets("get", 1, weather=[None, unread])

    result = run(service, [1], diff=True)

    assert (result["changed"], result["failed"], outcomes(result)) == (True, True, {1: "unknown"})
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == ({"state": "barred"}, {})
    assert str(unread) in result["orders"][0]["reason"]
    # What it is now is not known, so that there is nothing to show.
    assert result["diff"] == {"before": "", "after": ""}


@pytest.mark.parametrize("problem", [refused(), lost(), NotFound("the service refused to close it (HTTP 404)", 404)])
def test_half_a_change_of_an_order_that_is_missing_then_is_unknown_and_a_change(problem: Exception) -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=[None, problem])
    service.meets("get", 1, weather=[None, service.removed(1)])

    result = run(service, [1], missing="ok")

    assert (result["changed"], outcomes(result)) == (True, {1: "unknown"})
    assert result["orders"][0]["before"] == {"state": "barred"}
    assert result["orders"][0]["reason"] != str(problem)


def test_half_a_change_that_was_completed_elsewhere_is_a_change() -> None:
    service = Service(Thing(1, "barred"))
    service.weather["write", 1] = [None, service.changed_elsewhere(1, "closed"), refused()]

    result = run(service, [1])

    assert (result["changed"], result.get("failed", False), outcomes(result)) == (True, False, {1: "changed"})
    assert result["orders"][0]["after"] == {"state": "closed"}


def test_half_a_change_that_became_impossible_is_a_failure_and_a_change() -> None:
    service = Service(Thing(1, "barred"))
    service.weather["write", 1] = [None, service.changed_elsewhere(1, "sealed"), refused()]

    result = run(service, [1])

    assert (result["changed"], outcomes(result)) == (True, {1: "failed"})
    assert result["orders"][0]["after"] == {"state": "sealed"}
    assert result["orders"][0]["reason"] == REASONS["refused, then ineligible"]


@pytest.mark.parametrize("retries", [0, 3])
def test_before_a_second_step_an_order_with_a_stale_read_is_read_again(retries: int) -> None:
    service = Service(Thing(1, "barred"), retries=retries)
    service.weather["write", 1] = [During(service.passes(61)), None, None]

    result = run(service, [1])

    assert service.journal[:3] == [("get", 1), ("write", 1, "unbar"), ("get", 1)]
    assert result["changed"] is True
    if retries:
        assert service.journal[3:] == [("write", 1)]
        assert outcomes(result) == {1: "changed"}
    else:
        # Whether that is one more attempt or not: half of it was made, and the result must not call it untouched.
        (order,) = result["orders"]
        assert (order["outcome"], order["after"]) in [("changed", {"state": "closed"}), ("failed", {"state": "open"})]
        assert order["reason"] or order["outcome"] == "changed"


def test_a_stop_between_two_steps_is_reported_as_half_a_change() -> None:
    service = Service(Thing(1, "barred"))
    service.weather["write", 1] = [During(lambda: service.stop.set("enough")), None]

    result = run(service, [1], diff=True)

    assert service.writes == [1]
    assert service.things[1].state == "open"
    assert (result["changed"], outcomes(result)) == (True, {1: "failed"})
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == ({"state": "barred"}, {"state": "open"})
    assert "enough" in result["orders"][0]["reason"]
    assert result["diff"]["after"] == "order 1 (thing-1.example.com): state: open\n"


def test_a_second_step_that_cannot_be_announced_is_not_sent_and_the_first_counts() -> None:
    class Full(Witness):
        def announced(self, key: Any, state: Any, decision: Any) -> None:
            if self.events:
                raise ApiError("the disk is full", code="audit_log")
            super().announced(key, state, decision)

    service = Service(Thing(1, "barred"))

    result = run(service, [1], observer=Full())

    assert service.writes == [1]
    assert (result["changed"], outcomes(result), result["failure"]["code"]) == (True, {1: "failed"}, "audit_log")
    assert result["orders"][0]["after"] == {"state": "open"}


def test_verifying_a_change_of_two_steps_checks_its_final_state() -> None:
    service = Service(Thing(1, "barred"), Thing(2, "barred")).meets("write", 2, weather=[None, LIED])

    result = run(service, [1, 2], verify=True)

    assert outcomes(result) == {1: "changed", 2: "unknown"}
    assert result["orders"][1]["after"] == {"state": "open"}


def test_half_a_change_is_not_verified_as_if_it_were_whole() -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=[None, refused()])

    result = run(service, [1], verify=True)

    assert outcomes(result) == {1: "failed"}
    assert result["failure"]["code"] == "invalid_value"


# -- changes that need an approval -------------------------------------------------------------------------------------


def asking(service: Service, asked: list[int], **options: Any) -> dict[str, Any]:
    return run(service, asked, policy=ask_to_close, **options)


def test_a_request_that_is_filed_is_a_change_that_waits() -> None:
    service = Service(Thing(1))

    result = asking(service, [1], diff=True, orders_detail="changed")

    assert service.journal == [("get", 1), ("write", 1)]
    assert (result["changed"], result.get("failed", False)) == (True, False)
    assert result["orders"] == [
        {
            "order_id": 1,
            "outcome": "pending_approval",
            "before": {"state": "open"},
            "after": {"state": "open", "asked": True},
            "reason": "",
        }
    ]
    assert result["diff"] == {
        "before": "order 1 (thing-1.example.com): state: open\n",
        "after": "order 1 (thing-1.example.com): state: open, asked: true\n",
    }


def test_a_request_that_waits_already_is_left_to_wait_and_is_no_change() -> None:
    service = Service(Thing(1))
    asking(service, [1])
    service.journal.clear()

    result = asking(service, [1], diff=True)

    assert service.journal == [("get", 1)]
    assert (result["changed"], outcomes(result)) == (False, {1: "pending_approval"})
    assert "a request waits. The approver has to approve it" in result["msg"]
    assert result["diff"] == {"before": "", "after": ""}
    assert asking(service, [1], orders_detail="changed")["orders"] == []


def test_check_mode_foretells_that_it_will_wait() -> None:
    things = (Thing(1), Thing(2, asked=True), Thing(3, "barred"))
    only_check = Service(*things)

    real = asking(Service(*things), [1, 2, 3], diff=True)
    check = asking(only_check, [1, 2, 3], diff=True, check_mode=True, wait=60, poll=1)

    assert only_check.journal == [("list", (1, 2, 3))]
    assert (check["orders"], check["diff"]) == (real["orders"], real["diff"])
    assert (check["changed"], check["summary"]["pending_approval"]) == (True, 3)
    assert (only_check.messages, only_check.stop.pauses) == ([], [])


@pytest.mark.parametrize("asked", [False, True])
def test_check_mode_distinguishes_a_new_request_from_a_waiting_one(asked: bool) -> None:
    result = asking(Service(Thing(1, asked=asked)), [1], check_mode=True)

    assert outcomes(result) == {1: "pending_approval"}
    assert result["changed"] is not asked


def test_what_has_to_be_done_before_a_request_is_done_and_the_request_waits() -> None:
    service = Service(Thing(1, "barred"))

    result = asking(service, [1])

    assert service.journal == [("get", 1), ("write", 1, "unbar"), ("write", 1, "close")]
    assert outcomes(result) == {1: "pending_approval"}
    assert result["orders"][0]["after"] == {"state": "open", "asked": True}


@pytest.mark.parametrize("state", ["open", "barred"])
def test_what_needed_no_approval_after_all_was_changed(state: str) -> None:
    service = Service(Thing(1, state))
    service.willing = {1}

    result = asking(service, [1])

    assert outcomes(result) == {1: "changed"}
    assert result["orders"][0]["after"] == {"state": "closed"}
    assert result["orders"][0]["reason"] == "no approval was needed"


@pytest.mark.parametrize("state", ["open", "barred"])
def test_what_needs_an_approval_after_all_waits(state: str) -> None:
    service = Service(Thing(1, state))
    service.unwilling = {1}

    result = run(service, [1])

    assert (result["changed"], outcomes(result)) == (True, {1: "pending_approval"})
    assert result["orders"][0]["after"]["asked"] is True
    assert result["orders"][0]["reason"] == "it needs a manual review"


def test_a_request_with_a_lost_reply_is_found_and_not_filed_twice() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[TOOK_EFFECT, lost()])

    result = asking(service, [1], diff=True)

    assert service.journal == [("get", 1), ("write", 1), ("get", 1)]
    assert (result["changed"], outcomes(result)) == (True, {1: "pending_approval"})
    assert result["orders"][0]["reason"] == REASONS["reply lost, change visible"]
    assert result["diff"]["after"] == "order 1 (thing-1.example.com): state: open, asked: true\n"


def test_a_request_that_was_lost_is_filed_again() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[lost()])

    result = asking(service, [1])

    assert service.journal == [("get", 1), ("write", 1), ("get", 1), ("write", 1)]
    assert outcomes(result) == {1: "pending_approval"}


def test_a_lost_reply_to_a_request_that_needed_no_approval_is_a_change() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[TOOK_EFFECT, lost()])
    service.willing = {1}

    result = asking(service, [1])

    assert service.made == [1]
    assert (result["changed"], outcomes(result)) == (True, {1: "changed"})
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == ({"state": "open"}, {"state": "closed"})


def test_a_request_filed_elsewhere_meanwhile_waits_and_is_no_change() -> None:
    service = Service(Thing(1))
    service.weather["write", 1] = [service.changed_elsewhere(1, "open", asked=True)]

    result = asking(service, [1])

    assert service.journal == [("get", 1), ("write", 1), ("get", 1)]
    assert (result["changed"], outcomes(result)) == (False, {1: "pending_approval"})
    assert result["orders"][0]["reason"] == REASONS["refused, but another client made the change"]


def test_half_a_change_with_a_request_filed_elsewhere_waits_and_is_a_change() -> None:
    service = Service(Thing(1, "barred"))
    service.weather["write", 1] = [None, service.changed_elsewhere(1, "open", asked=True)]

    result = asking(service, [1])

    assert (result["changed"], outcomes(result)) == (True, {1: "pending_approval"})
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == (
        {"state": "barred"},
        {"state": "open", "asked": True},
    )


def test_verifying_finds_the_request_that_waits() -> None:
    service = Service(Thing(1), Thing(2), Thing(3, asked=True)).meets("write", 2, weather=[LIED])

    result = asking(service, [1, 2, 3], verify=True)

    assert service.reads == [("list", (1, 2, 3)), ("list", (1, 2))]
    assert outcomes(result) == {1: "pending_approval", 2: "unknown", 3: "pending_approval"}
    assert result["failure"]["code"] == "not_verified"


def test_what_was_approved_before_it_could_be_verified_was_changed() -> None:
    service = Service(Thing(1))
    service.meets("get", 1, weather=[None, service.approves(1)])

    result = asking(service, [1], verify=True)

    assert (outcomes(result), result.get("failed", False)) == ({1: "changed"}, False)
    assert result["orders"][0]["after"] == {"state": "closed"}


# -- waiting for an approval -------------------------------------------------------------------------------------------


def test_waiting_polls_until_the_request_is_approved() -> None:
    service = Service(Thing(1))
    service.meets("get", 1, weather=[None, None, None, service.approves(1)])

    result = asking(service, [1], wait=3600, poll=30, diff=True)

    assert service.journal == [("get", 1), ("write", 1), *[("get", 1)] * 3]
    assert service.stop.pauses == [30, 30, 30]
    assert service.messages == [WAITING]
    assert (result["changed"], outcomes(result)) == (True, {1: "changed"})
    assert (result["orders"][0]["before"], result["orders"][0]["after"]) == ({"state": "open"}, {"state": "closed"})
    assert result["orders"][0]["reason"] == REASONS["approved while waiting"]
    assert result["diff"]["after"] == "order 1 (thing-1.example.com): state: closed\n"


def test_what_waited_before_and_is_approved_meanwhile_is_no_change_of_ours() -> None:
    service = Service(Thing(1, asked=True))
    service.meets("get", 1, weather=[None, service.approves(1)])

    result = asking(service, [1], wait=60, poll=5)

    assert service.writes == []
    assert (result["changed"], outcomes(result)) == (False, {1: "unchanged"})
    assert result["orders"][0]["after"] == {"state": "closed"}
    assert result["orders"][0]["reason"] == REASONS["approved while waiting"]


@pytest.mark.parametrize("ours", [True, False])
def test_what_is_rejected_meanwhile_fails(ours: bool) -> None:
    service = Service(Thing(1, asked=not ours))
    service.meets("get", 1, weather=[None, service.rejects(1)])

    result = asking(service, [1], wait=60, poll=5)

    assert (result["failed"], outcomes(result)) == (True, {1: "failed"})
    # A request that this task filed was filed, whatever the approver made of it.
    assert result["changed"] is ours
    assert result["orders"][0]["after"] == {"state": "open"}
    assert result["orders"][0]["reason"] == REASONS["rejected while waiting"]
    assert (result["failure"]["code"], result["failure"]["order_id"]) == ("not_approved", 1)


@pytest.mark.parametrize(("happens", "after"), [("gone", {}), ("sealed", {"state": "sealed"})])
def test_what_can_no_longer_be_approved_fails(happens: str, after: dict[str, str]) -> None:
    service = Service(Thing(1))
    event = service.removed(1) if happens == "gone" else service.changed_elsewhere(1, "sealed", asked=False)
    service.meets("get", 1, weather=[None, event])

    result = asking(service, [1], wait=60, poll=5)

    assert (outcomes(result), result["failure"]["code"]) == ({1: "failed"}, "not_approved")
    assert result["orders"][0]["after"] == after


def test_after_the_timeout_the_request_stays_pending() -> None:
    service = Service(Thing(1))

    result = asking(service, [1], wait=70, poll=30)

    # The last pause is cut short, and followed by a last poll.
    assert service.stop.pauses == [30, 30, 10]
    assert service.journal[2:] == [("get", 1)] * 3
    assert (result["changed"], result.get("failed", False)) == (True, False)
    assert outcomes(result) == {1: "pending_approval"}


def test_a_stop_ends_the_waiting_and_leaves_the_request() -> None:
    service = Service(Thing(1), Thing(2))
    service.meets("get", 2, weather=[lambda: service.stop.set("enough")])

    result = asking(service, [1, 2], wait=3600, poll=30)

    assert service.journal[-2:] == [("get", 1), ("get", 2)]
    assert len(service.stop.pauses) == 2
    assert outcomes(result) == {1: "pending_approval", 2: "pending_approval"}
    assert "failed" not in result


@pytest.mark.parametrize("unread", [failed(), denied(), Stopped("enough")])
def test_a_failed_poll_is_followed_by_another(unread: Exception) -> None:
    service = Service(Thing(1))
    service.meets("get", 1, weather=[None, unread, service.approves(1)])

    result = asking(service, [1], wait=3600, poll=30)

    assert len(service.stop.pauses) == 2
    assert outcomes(result) == {1: "changed"}


@pytest.mark.parametrize("workers", [1, 4])
def test_each_order_is_polled_as_long_as_it_waits(workers: int) -> None:
    service = Service(*open_things(4), Thing(5, "closed"), Thing(6, "sealed"))
    service.meets("get", 2, weather=[service.approves(2)])
    service.meets("get", 3, weather=[None, service.rejects(3)])
    service.meets("get", 4, weather=[None, None, service.approves(4)])

    result = asking(service, [1, 2, 3, 4, 5, 6], wait=100, poll=20, workers=workers)

    polls = [entry[1] for entry in service.journal if entry[0] == "get"]
    assert {key: polls.count(key) for key in range(1, 7)} == {1: 5, 2: 1, 3: 2, 4: 3, 5: 0, 6: 0}
    assert [("4 orders" in line, "100 s" in line) for line in service.messages] == [(True, True)]
    found = ["pending_approval", "changed", "failed", "changed", "unchanged", "ineligible"]
    assert list(outcomes(result).values()) == found


def test_those_of_all_chunks_are_waited_for_together() -> None:
    service = Service(*open_things(101))
    service.meets("get", 101, weather=[None, service.approves(*range(1, 102))])

    result = asking(service, list(range(1, 102)), wait=60, poll=5)

    assert [("101 orders" in line, "60 s" in line) for line in service.messages] == [(True, True)]
    assert result["summary"]["changed"] == 101


@pytest.mark.parametrize("state", ["closed", "sealed"])
def test_where_nothing_waits_there_is_no_waiting(state: str) -> None:
    service = Service(Thing(1, state))

    asking(service, [1], wait=3600, poll=30)

    assert (service.journal, service.stop.pauses, service.messages) == ([("get", 1)], [], [])


def test_required_facts_are_fetched_while_waiting_too() -> None:
    service = Service(Thing(1, lacks=("detail",)))
    service.meets("get", 1, weather=[None, service.approves(1)])

    result = asking(service, [1], wait=60, poll=5)

    assert [entry[0] for entry in service.journal] == ["get", "fetch_fact", "write", "get", "fetch_fact"]
    assert outcomes(result) == {1: "changed"}


def test_what_was_approved_is_verified_as_a_change_and_what_still_waits_as_a_request() -> None:
    service = Service(Thing(1), Thing(2))
    service.meets("get", 1, weather=[service.approves(1)])

    result = asking(service, [1, 2], wait=10, poll=10, verify=True)

    assert service.journal[-1] == ("list", (1, 2))
    assert outcomes(result) == {1: "changed", 2: "pending_approval"}


def test_what_was_rejected_is_not_verified_as_if_it_were_a_change() -> None:
    service = Service(Thing(1))
    service.meets("get", 1, weather=[None, service.rejects(1)])

    result = asking(service, [1], wait=60, poll=5, verify=True)

    assert (outcomes(result), result["failure"]["code"]) == ({1: "failed"}, "not_approved")
    assert result["changed"] is True


def test_the_watcher_sees_what_an_approval_made_of_it() -> None:
    service = Service(Thing(1), Thing(2))
    service.meets("get", 1, weather=[service.approves(1)]).meets("get", 2, weather=[service.rejects(2)])
    witness = Witness()

    asking(service, [1, 2], wait=60, poll=5, observer=witness)

    assert [entry for entry in witness.events if entry[0] == "settled"] == [
        *(("settled", 1, "pending_approval"), ("settled", 2, "pending_approval")),
        *(("settled", 1, "changed"), ("settled", 2, "failed")),
    ]


# -- what must not be sent twice, and what shows late ------------------------------------------------------------------


def test_what_must_not_be_sent_twice_is_unknown_where_a_fresh_read_does_not_show_it() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[lost()])

    result = run(service, [1], policy=close_once)

    # It is polled as long as others, which are sent again.
    assert service.journal == [("get", 1), ("write", 1), *[("get", 1)] * 4]
    assert (result["changed"], result["failed"], outcomes(result)) == (False, True, {1: "unknown"})
    assert result["orders"][0]["reason"] == REASONS["reply lost, sent only once"]
    assert result["failure"]["code"] == "reply_lost"


@pytest.mark.parametrize("state", ["sealed", "settled"])
def test_so_it_is_where_something_else_shows_instead(state: str) -> None:
    service = Service(Thing(1))
    service.meets("write", 1, weather=[lost()]).meets("get", 1, weather=[None, service.changed_elsewhere(1, state)])

    assert outcomes(run(service, [1], policy=close_once)) == {1: "unknown"}
    assert service.writes == [1]


def test_what_must_not_be_sent_twice_is_a_change_where_it_shows() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[TOOK_EFFECT, lost()])

    result = run(service, [1], policy=close_once)

    assert (service.writes, result["changed"], outcomes(result)) == ([1], True, {1: "changed"})


@pytest.mark.parametrize("problem", [refused, never_sent, throttled])
def test_what_certainly_was_not_done_is_a_failure_also_where_it_must_not_be_sent_twice(problem: Any) -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[problem()])

    result = run(service, [1], policy=close_once)

    assert (service.writes, result["changed"], outcomes(result)) == ([1], False, {1: "failed"})


def test_a_change_that_is_to_be_confirmed_is_waited_for_until_it_shows() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[LIED])
    service.meets("get", 1, weather=[None, None, failed(), service.changed_elsewhere(1, "closed")])

    result = run(service, [1], confirm=True, wait=3600, poll=30)

    assert service.journal == [("get", 1), ("write", 1), *[("get", 1)] * 3]
    assert service.stop.pauses == [30, 30, 30]
    assert service.messages == [WAITING]
    assert (result["changed"], outcomes(result)) == (True, {1: "changed"})
    assert result["orders"][0]["after"] == {"state": "closed"}


def test_what_needs_no_confirmation_is_not_waited_for() -> None:
    service = Service(Thing(1))

    run(service, [1], wait=3600, poll=30)

    assert (service.journal, service.messages) == ([("get", 1), ("write", 1)], [])


def test_a_change_that_never_shows_is_unknown_though_it_was_acknowledged() -> None:
    service = Service(Thing(1), Thing(2)).meets("write", 1, weather=[LIED])
    witness = Witness()

    result = run(service, [1, 2], confirm=True, wait=60, poll=30, observer=witness)

    assert [entry for entry in service.journal if entry[0] == "get"] == [("get", 1), ("get", 2), ("get", 1)]
    assert (result["changed"], outcomes(result)) == (True, {1: "unknown", 2: "changed"})
    assert result["failure"]["code"] == "not_verified"
    assert witness.events[-1] == ("settled", 1, "unknown")


def test_a_stop_while_a_change_is_to_be_confirmed_leaves_it_unknown() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[LIED])
    service.meets("get", 1, weather=[None, lambda: service.stop.set("enough")])

    result = run(service, [1], confirm=True, wait=60, poll=30)

    assert len(service.stop.pauses) == 2
    assert (result["changed"], outcomes(result)) == (True, {1: "unknown"})


@pytest.mark.parametrize("first_poll", [None, failed()])
def test_a_lost_change_that_shows_late_is_a_change(first_poll: Any) -> None:
    service = Service(Thing(1), retries=0).meets("write", 1, weather=[lost()])
    service.meets("get", 1, weather=[None, first_poll, service.changed_elsewhere(1, "closed")])

    result = run(service, [1], policy=close_once, confirm=True, wait=60, poll=30)

    assert service.writes == [1]
    assert (result["changed"], result.get("failed", False), outcomes(result)) == (True, False, {1: "changed"})
    assert result["orders"][0]["after"] == {"state": "closed"}
    assert "failure" not in result["orders"][0]
    # Nor does it keep an outdated message.
    assert result["orders"][0]["reason"] == REASONS["reply lost, change visible"]


def test_a_lost_change_that_never_shows_stays_unknown() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[lost()])

    result = run(service, [1], policy=close_once, confirm=True, wait=60, poll=30)

    assert service.stop.pauses[-2:] == [30, 30]
    assert (result["changed"], outcomes(result)) == (False, {1: "unknown"})
    assert result["failure"]["code"] == "reply_lost"


def test_another_change_than_ours_does_not_confirm_it() -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[LIED])
    service.meets("get", 1, weather=[None, service.changed_elsewhere(1, "settled")])

    assert outcomes(run(service, [1], confirm=True, wait=30, poll=30)) == {1: "unknown"}


def test_a_failure_is_not_waited_for() -> None:
    service = Service(Thing(1), Thing(2, "closed")).meets("write", 1, weather=[refused()])

    run(service, [1, 2], confirm=True, wait=60, poll=30)

    assert (service.stop.pauses, service.messages) == ([], [])


# -- what is no order --------------------------------------------------------------------------------------------------

THINGS: dict[str, Any] = {"noun": "thing", "key": "thing_id", "listed": "things"}


def test_a_thing_is_listed_by_its_own_key_and_with_what_else_names_it() -> None:
    result = run(Service(Thing(1, order=70)), [1], diff=True, **THINGS)

    assert result["things"] == [
        {
            "order_id": 70,
            "thing_id": 1,
            "outcome": "changed",
            "before": {"state": "open"},
            "after": {"state": "closed"},
            "reason": "",
        }
    ]
    assert "orders" not in result
    assert "thing 1 " in result["msg"]
    assert result["diff"]["after"] == "thing 1 (thing-1.example.com): state: closed\n"


@pytest.mark.parametrize(
    ("weather", "options", "code"),
    [
        ({("write", 1): [refused()]}, {}, "invalid_value"),
        ({("write", 1): [lost()], ("get", 1): [None, failed()]}, {}, "reply_lost"),
        ({("write", 1): [LIED]}, {"verify": True}, "not_verified"),
        ({("get", 1): [None, Stopped("enough")]}, {"verify": True}, "not_verified"),
        ({("fetch_fact", 1): [denied()]}, {}, "access_denied"),
    ],
)
def test_the_failure_of_a_thing_names_its_order(weather: Any, options: dict[str, Any], code: str) -> None:
    service = Service(Thing(1, order=70, lacks=("detail",)))
    service.weather.update(weather)

    result = run(service, [1], **THINGS, **options)

    assert (result["failure"]["code"], result["failure"]["order_id"]) == (code, 70)
    assert result["things"][0]["failure"] == result["failure"]


def test_so_does_that_of_one_that_cannot_be_changed_or_was_not_approved() -> None:
    sealed, rejected = Service(Thing(1, "sealed", order=70)), Service(Thing(1, order=70))
    rejected.meets("get", 1, weather=[None, rejected.rejects(1)])

    assert run(sealed, [1], **THINGS)["failure"]["order_id"] == 70
    assert asking(rejected, [1], wait=60, poll=5, **THINGS)["failure"]["order_id"] == 70


@pytest.mark.parametrize(("there", "code"), [(True, "access_denied"), (False, "missing")])
def test_of_a_thing_that_was_never_read_the_order_is_not_known(there: bool, code: str) -> None:
    service = Service(Thing(1, order=70)).meets("get", 1, weather=[denied()]) if there else Service()

    result = run(service, [1], **THINGS)

    assert (result["failure"]["code"], result["failure"]["order_id"]) == (code, None)
    assert "order_id" not in result["things"][0]


@pytest.mark.parametrize("noun", ["thing", "order"])
def test_what_ends_a_run_names_what_it_was_about(noun: str) -> None:
    settings = {**THINGS, "noun": noun}
    stopped = run(Service(Thing(1), Thing(2, "sealed")), [1, 2], stop_on_failure=True, **settings)
    refused_keys = Service(*open_things(4))
    for key in range(1, 4):
        refused_keys.meets("write", key, weather=[denied()])

    assert noun in stopped["things"][0]["reason"]
    assert "stop_on_failure" in stopped["things"][0]["reason"]
    denials = run(refused_keys, [1, 2, 3, 4], **settings)
    assert f"3 {noun}s" in denials["things"][3]["reason"]


def test_waiting_reports_its_target() -> None:
    service = Service(Thing(1), Thing(2))

    asking(service, [1, 2], wait=60, poll=60, **THINGS)

    assert [("2 things" in line, "60 s" in line) for line in service.messages] == [(True, True)]


# -- what keeps a run from beginning -----------------------------------------------------------------------------------


def guarded(happens: Any, secrets: list[str] | None = None) -> dict[str, Any]:
    def module(params: Any, context: Context) -> Any:
        assert params == {"asked": 1}
        context.secrets.extend(secrets or [])
        if isinstance(happens, Exception):
            raise happens
        return happens

    return runtime_guard.guarded(module, {"asked": 1}, Context())


def test_an_option_that_is_wrong_is_a_failed_result() -> None:
    result = guarded(OptionError("workers must be 1 to 64"))

    assert result == {
        "failed": True,
        "changed": False,
        "msg": "workers must be 1 to 64",
        "failure": {
            "http_status": None,
            "code": "invalid_option",
            "message": "workers must be 1 to 64",
            "order_id": None,
            "retries": 0,
            "waited": 0.0,
        },
    }


def test_a_library_that_is_missing_is_named_for_the_entry_point() -> None:
    result = guarded(LibraryMissing("requests", "Traceback: no module"))

    assert (result["failed"], result["changed"], result["library"]) == (True, False, "requests")
    assert result["exception"] == "Traceback: no module"
    assert result["failure"]["code"] == "library_missing"


def test_no_secret_is_left_anywhere_in_a_result() -> None:
    result = guarded(
        {"msg": "a s3cret-key b", "orders": [{"reason": ["s3cret-key", 5, None]}], "api": {"n": 1.5}},
        secrets=["s3cret-key"],
    )

    assert "s3cret-key" not in repr(result)
    assert result["orders"] == [{"reason": ["********", 5, None]}]
    assert result["api"] == {"n": 1.5}


@pytest.mark.parametrize("key", ["fail", "failed", "changed", "msg", "orders"])
def test_a_key_that_is_one_of_our_own_words_does_not_turn_a_failure_into_a_success(key: str) -> None:
    result = guarded({"failed": True, "changed": False, "msg": f"{key} is refused", "orders": []}, secrets=[key])

    assert result == {"failed": True, "changed": False, "msg": "******** is refused", "orders": []}


def test_a_secret_is_scrubbed_from_what_keeps_a_run_from_beginning_too() -> None:
    assert "s3cret-key" not in repr(guarded(OptionError("bad value s3cret-key"), secrets=["s3cret-key"]))


# -- any weather at all ------------------------------------------------------------------------------------------------

PROBLEMS = {"lost": lost, "failed": failed, "refused": refused, "denied": denied, "never_sent": never_sent}
write_weather = st.lists(
    st.sampled_from(
        [
            "fine",
            "took_effect",
            *PROBLEMS,
            "late_0",
            "late_1",
            "late_4",
            "throttled",
            "waits",
            "sealed",
            "settled",
            "gone",
        ]
    ),
    max_size=5,
)
read_weather = st.lists(
    st.sampled_from(["fine", "fine", "failed", "never_sent", "gone", "sealed", "settled"]), max_size=5
)


def brew(service: Service, key: int, kinds: list[str], *, write: bool) -> list[Any]:
    """Return a service's weather from the words of the strategies above."""
    brewed: list[Any] = []
    for kind in kinds:
        if kind == "took_effect":
            brewed += [TOOK_EFFECT, lost()]
        elif kind.startswith("late"):
            brewed.append(Late(int(kind[5:])))
        elif kind == "waits":
            brewed.append(service.passes(61))
        elif kind == "gone":
            brewed += [service.removed(key), *([refused()] if write else [])]
        elif kind in ("sealed", "settled"):
            brewed += [_if_open(service, key, kind), *([refused()] if write else [])]
        else:
            brewed.append({**PROBLEMS, "throttled": throttled}[kind]() if kind != "fine" else None)
    return brewed


def _if_open(service: Service, key: int, state: str) -> Any:
    def happens() -> None:
        if key in service.things and service.things[key].state == "open":
            service.changed_elsewhere(key, state)()

    return happens


def _check_reported_changes(service: Service, result: dict[str, Any]) -> None:
    """The task reports what it did; what it cannot know is unknown."""
    service.comes_true()
    found = outcomes(result)
    not_approved = {one["order_id"] for one in result["orders"] if one.get("failure", {}).get("code") == "not_approved"}
    for key, outcome in found.items():
        if outcome == "changed":
            # Where the rest was done elsewhere, a part of it.
            assert key in (*service.made, *service.unbarred)
        elif outcome == "pending_approval" or key in not_approved:
            assert key in service.made
        elif outcome != "unknown" and not (key in service.things and service.things[key].asked):
            assert key not in service.made
    touched = {*service.made, *service.unbarred}
    visible = {key for key in touched if key in service.things and service.things[key].state in ("open", "closed")}
    assert result["changed"] or {found[key] for key in visible} <= {"unknown"}
    assert not result["changed"] or touched


accounts = st.lists(
    st.sampled_from(["open", "open", "open", "barred", "barred", "closed", "sealed", "settled", "absent"]), max_size=7
)
options = st.fixed_dictionaries(
    {
        "missing": st.sampled_from(["fail", "ok"]),
        "ineligible": st.sampled_from(["fail", "skip"]),
        "stop_on_failure": st.booleans(),
        "verify": st.booleans(),
        "workers": st.sampled_from([1, 1, 1, 4]),
        "policy": st.sampled_from([close, ask_to_close]),
        "wait": st.sampled_from([0, 0, 20]),
        "poll": st.just(10),
    }
)


@examples(600)
@given(accounts, options, st.booleans(), st.integers(0, 3), st.data())
def test_with_any_faults_the_result_is_true_and_nothing_is_written_twice(
    account: list[str], chosen: dict[str, Any], check_mode: bool, retries: int, data: st.DataObject
) -> None:
    lacks = data.draw(st.lists(st.sampled_from([(), (), ("detail",), ("origin",)]), min_size=7, max_size=7))
    things = {key: state for key, state in enumerate(account, 1) if state != "absent"}
    service = Service(*(Thing(key, state, lacks[key - 1]) for key, state in things.items()), retries=retries)
    service.left_out = data.draw(st.sets(st.integers(1, 7)))
    # What is settled after a request that was lost may be so by this request or without it, and which one is unknown.
    never = "settled" if chosen["policy"] is ask_to_close else ""
    for key in things:
        for kind, strategy in (("write", write_weather), ("get", read_weather), ("fetch_fact", read_weather)):
            words = [word for word in data.draw(strategy) if word != never]
            service.weather[kind, key] = brew(service, key, words, write=kind == "write")
    service.meets("list", weather=data.draw(st.lists(st.sampled_from([None, None, failed()]), max_size=3)))
    asked = data.draw(st.permutations(range(1, len(account) + 1)))
    witness = Witness()

    result = run(service, asked, check_mode=check_mode, observer=witness, **chosen)

    # Each one that was asked for is reported, in the order asked.
    assert [order["order_id"] for order in result["orders"]] == list(asked)
    assert sum(result["summary"].values()) - result["summary"]["total"] == result["summary"]["total"] == len(asked)
    found = outcomes(result)
    if check_mode:
        assert service.writes == []
        assert not [entry for entry in witness.events if entry[0] == "announced"]
    else:
        _check_reported_changes(service, result)
    # No write without a read of the same thing since the last one, and never more than retries allow.
    for key in things:
        story = [
            entry[2:] or ("close",) if entry[0] == "write" else ()
            for entry in service.journal
            if key in entry[1:] or (entry[0] == "list" and key in entry[1])
        ]
        in_a_row = {(one, other) for one, other in zip(story, story[1:]) if one and other}
        assert in_a_row <= {(("unbar",), ("close",))}
        assert max(story.count(("unbar",)), story.count(("close",))) <= retries + 1
        assert len(set(map(id, service.budget[key]))) <= 1
    for effects in (service.made, service.unbarred):
        assert len(effects) == len(set(effects))

    # In fine weather the second run has nothing to do where the first one reported success.
    service.weather.clear()
    service.left_out.clear()
    service.journal.clear()
    service.stop = type(service.stop)(service.clock)
    done = [key for key, outcome in found.items() if outcome in ("changed", "unchanged") and not check_mode]
    again = run(service, done, policy=chosen["policy"])
    if all(key in service.things for key in done):
        assert service.writes == []
        assert again["changed"] is False
        assert set(outcomes(again).values()) <= {"unchanged"}
