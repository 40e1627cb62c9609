# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module as a conversation with CertCentral, its arguments, its documentation, and its entry point."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Callable

import pytest
import yaml
from ansible.module_utils import basic

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import OUTCOMES
from ansible_collections.certops.orders.plugins.module_utils._http import libraries
from ansible_collections.certops.orders.plugins.modules import digicert_order_status as module
from ansible_collections.certops.orders.tests.unit.plugins.modules import playing
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    HANGS_UP,
    HTML,
    KEY,
    NO_SUCH_ORDER,
    THROTTLED,
    VIEW_ONLY,
    Account,
    Answer,
    Call,
    Service,
    a_row,
    an_order,
    asks_who,
    error,
    in_days,
    json_answer,
    lists,
    reads,
    sets,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import FAILURE_KEYS, Converse, Unhurried

Open = Callable[..., Account]
NOTE = "CHG0031337, retired"
validated = partial(playing.validated, module)
play = partial(playing.play, module)


def outcomes(result: Mapping[str, Any]) -> dict[int, str]:
    return {order["order_id"]: order["outcome"] for order in result["orders"]}


def cancel(service: Service, *order_ids: int, **arguments: Any) -> dict[str, Any]:
    asked = {"order_id": order_ids[0]} if len(order_ids) == 1 else {"order_ids": list(order_ids)}
    return play(service, **{**asked, "status": "canceled", "note": NOTE, **arguments})


def mark(service: Service, *order_ids: int, **arguments: Any) -> dict[str, Any]:
    asked = {"order_id": order_ids[0]} if len(order_ids) == 1 else {"order_ids": list(order_ids)}
    return play(service, **{**asked, "status": "renewed", **arguments})


# -- canceling one -----------------------------------------------------------------------------------------------------


def test_canceling_an_order_is_one_read_and_one_write(conversation: Converse) -> None:
    service = conversation(reads(123, status="pending"), sets(123, "canceled", NOTE))

    result = cancel(service, 123)

    assert result == {
        "changed": True,
        "msg": result["msg"],
        "orders": [
            {
                "order_id": 123,
                "outcome": "changed",
                "before": {"status": "pending", "is_renewed": False},
                "after": {"status": "canceled", "is_renewed": False},
                "reason": "",
            }
        ],
        "summary": {"total": 1, **dict.fromkeys(OUTCOMES, 0), "changed": 1},
        "api": {"requests": 2, "retries": 0, "waited": 0.0},
    }
    assert "123" in result["msg"]
    assert service.journal[1].headers["Content-Type"] == "application/json"


def test_canceling_it_again_is_one_read_and_no_change(conversation: Converse) -> None:
    result = cancel(conversation(reads(123, status="canceled")), 123)

    assert (result["changed"], outcomes(result)) == (False, {123: "unchanged"})
    assert "failed" not in result


def test_check_mode_is_the_same_read_and_the_same_prediction(conversation: Converse) -> None:
    result = cancel(conversation(reads(123, status="waiting_pickup")), 123, check_mode=True)

    assert (result["changed"], outcomes(result)) == (True, {123: "changed"})
    assert result["orders"][0]["after"] == {"status": "canceled", "is_renewed": False}


@pytest.mark.parametrize("check_mode", [True, False])
def test_diff_mode_shows_the_order_by_its_name_before_and_after(conversation: Converse, check_mode: bool) -> None:
    calls = [reads(123, status="pending"), *([] if check_mode else [sets(123, "canceled", NOTE)])]

    result = cancel(conversation(*calls), 123, diff=True, check_mode=check_mode)

    assert result["diff"] == {
        "before": "order 123 (www123.example.com): status: pending, is_renewed: false\n",
        "after": "order 123 (www123.example.com): status: canceled, is_renewed: false\n",
    }


def test_an_issued_order_is_refused_before_the_write_with_the_next_step(conversation: Converse) -> None:
    result = cancel(conversation(reads(123, status="issued")), 123)

    assert (result["failed"], result["changed"]) == (True, False)
    assert "digicert_certificate_revoke" in result["msg"]
    assert (result["failure"]["code"], result["failure"]["order_id"]) == ("ineligible", 123)


def test_a_reissue_is_dropped_only_where_that_was_asked_for(conversation: Converse) -> None:
    refused = cancel(conversation(reads(123, status="reissue_pending")), 123, ineligible="skip")
    dropped = cancel(
        conversation(reads(123, status="reissue_pending"), sets(123, "canceled", NOTE)), 123, cancel_reissue=True
    )
    again = cancel(conversation(reads(123, status="issued")), 123, cancel_reissue=True)

    assert (outcomes(refused), refused["changed"]) == ({123: "ineligible"}, False)
    assert dropped["orders"][0]["after"]["status"] == "issued"
    assert (outcomes(again), again["changed"]) == ({123: "unchanged"}, False)


def test_the_note_is_sent_on_one_line_and_without_what_could_hide_in_it(conversation: Converse) -> None:
    service = conversation(reads(1, status="pending"), sets(1, "canceled", "two\\nlines \\u202eeman"))

    cancel(service, 1, note="  two\nlines \u202eeman \n")


def test_a_missing_order_names_the_account_that_was_asked(conversation: Converse) -> None:
    service = conversation(reads(9, NO_SUCH_ORDER), asks_who())

    result = cancel(service, 9)

    assert "account 4711" in result["msg"]
    assert (result["failed"], result["failure"]["code"]) == (True, "missing")


def test_a_missing_order_is_accepted_with_missing_ok_even_if_the_account_is_unknown(conversation: Converse) -> None:
    service = conversation(reads(9, NO_SUCH_ORDER), Call("GET", "/user/me", answer=VIEW_ONLY))

    result = cancel(service, 9, missing="ok")

    assert ("failed" in result, result["changed"], outcomes(result)) == (False, False, {9: "missing"})


# -- the mark ----------------------------------------------------------------------------------------------------------


def test_marking_one_reads_it_from_the_migrated_ones_checks_that_filter_and_writes(conversation: Converse) -> None:
    service = conversation(lists([7], 7, origin="migrated"), lists([7], origin="certcentral"), sets(7, "renewed"))

    result = mark(service, 7)

    assert (result["changed"], outcomes(result)) == (True, {7: "changed"})
    assert result["orders"][0]["before"] == {"status": "issued", "is_renewed": False}
    assert result["orders"][0]["after"] == {"status": "issued", "is_renewed": True}


def test_marking_it_again_is_one_read(conversation: Converse) -> None:
    result = mark(conversation(lists([7], a_row(7, is_renewed=True), origin="migrated")), 7)

    assert (result["changed"], outcomes(result)) == (False, {7: "unchanged"})


def test_an_order_that_is_not_migrated_cannot_be_marked(conversation: Converse) -> None:
    service = conversation(lists([7], origin="migrated"), reads(7))

    result = mark(service, 7)

    assert (outcomes(result), result["failed"]) == ({7: "ineligible"}, True)


def test_if_the_service_ignores_the_origin_filter_the_order_is_not_marked(
    conversation: Converse,
) -> None:
    service = conversation(lists([7], 7, origin="migrated"), lists([7], 7, origin="certcentral"))

    result = mark(service, 7)

    assert outcomes(result) == {7: "ineligible"}
    assert "CertCentral" in result["msg"]


def test_without_the_check_of_the_origin_one_is_read_by_itself(conversation: Converse) -> None:
    service = conversation(reads(7, valid_till=in_days(90)), sets(7, "renewed", "seen in CMDB"))

    assert mark(service, 7, require_migrated=False, note="seen in CMDB")["changed"] is True


@pytest.mark.parametrize(("days", "outcome"), [(91, "ineligible"), (90, "changed"), (-400, "changed")])
def test_the_mark_waits_for_the_last_90_days(conversation: Converse, days: int, outcome: str) -> None:
    calls = [reads(7, valid_till=in_days(days)), *([sets(7, "renewed")] if outcome == "changed" else [])]

    assert outcomes(mark(conversation(*calls), 7, require_migrated=False)) == {7: outcome}


def test_taking_the_mark_away_is_one_read_and_one_write(conversation: Converse) -> None:
    service = conversation(reads(7, is_renewed=True, renewed_order_id=0), sets(7, "not_renewed"))

    result = play(service, order_id=7, status="not_renewed")

    assert (result["changed"], outcomes(result)) == (True, {7: "changed"})
    assert result["orders"][0]["after"] == {"status": "issued", "is_renewed": False}


def test_taking_the_mark_away_again_is_one_read(conversation: Converse) -> None:
    assert play(conversation(reads(7)), order_id=7, status="not_renewed")["changed"] is False


def test_an_order_that_was_truly_renewed_keeps_its_mark(conversation: Converse) -> None:
    result = play(conversation(reads(7, is_renewed=True, renewed_order_id=8)), order_id=7, status="not_renewed")

    assert outcomes(result) == {7: "ineligible"}
    assert "order 8" in result["msg"]


def test_details_that_lack_the_mark_are_completed_by_the_list(conversation: Converse) -> None:
    service = conversation(reads(7, is_renewed=None), lists([7], a_row(7, is_renewed=True)), sets(7, "not_renewed"))

    assert outcomes(play(service, order_id=7, status="not_renewed")) == {7: "changed"}


# -- several -----------------------------------------------------------------------------------------------------------


def test_several_of_which_one_is_missing(conversation: Converse) -> None:
    service = conversation(
        lists([3, 1, 2], a_row(1, "pending"), a_row(3, "canceled")),
        reads(2, NO_SUCH_ORDER),
        asks_who(),
        sets(1, "canceled", NOTE),
    )

    result = cancel(service, 3, 1, 2)

    assert list(outcomes(result).items()) == [(3, "unchanged"), (1, "changed"), (2, "missing")]
    assert (result["changed"], result["failed"]) == (True, True)
    # The message names the first failure.
    assert "order 2" in result["msg"]
    assert result["failure"]["order_id"] == 2


def test_several_of_which_all_are_missing_are_a_mistake(conversation: Converse) -> None:
    service = conversation(lists([1, 2]), reads(1, NO_SUCH_ORDER), asks_who(), reads(2, NO_SUCH_ORDER))

    result = cancel(service, 1, 2, missing="ok")

    assert (result["failed"], result["changed"]) == (True, False)
    assert result["failure"]["code"] == "missing"


def test_several_are_marked_after_one_check_of_their_origin(conversation: Converse) -> None:
    service = conversation(
        lists([1, 2, 3], 1, 2, a_row(3, is_renewed=True)),
        lists([1, 2], 1, origin="migrated"),
        lists([1], origin="certcentral"),
        sets(1, "renewed"),
    )

    result = mark(service, 1, 2, 3)

    assert outcomes(result) == {1: "changed", 2: "ineligible", 3: "unchanged"}


def test_rows_that_lack_what_decides_are_completed_by_the_details(conversation: Converse) -> None:
    service = conversation(
        lists([1, 2], a_row(1, valid_till=None), a_row(2, is_renewed=None)),
        reads(1),
        reads(2, is_renewed=True),
        lists([1], 1, origin="migrated"),
        lists([1], origin="certcentral"),
        sets(1, "renewed"),
    )

    assert outcomes(mark(service, 1, 2)) == {1: "changed", 2: "unchanged"}


def test_rows_contain_no_newer_order_so_each_mark_to_remove_costs_its_details(
    conversation: Converse,
) -> None:
    service = conversation(
        lists([1, 2, 3], a_row(1, is_renewed=True), a_row(2, is_renewed=True), a_row(3)),
        reads(1, is_renewed=True, renewed_order_id=99),
        reads(2, is_renewed=True),
        sets(2, "not_renewed"),
    )

    result = play(service, order_ids=[1, 2, 3], status="not_renewed")

    assert outcomes(result) == {1: "ineligible", 2: "changed", 3: "unchanged"}


def test_a_list_that_ignores_its_filter_brings_others_which_are_left_alone(conversation: Converse) -> None:
    service = conversation(
        lists([1, 2], a_row(77, "pending"), a_row(1, "pending"), a_row(78, "pending")),
        lists([1, 2], offset=3),
        reads(2, status="canceled"),
        sets(1, "canceled", NOTE),
    )

    result = cancel(service, 1, 2)

    assert outcomes(result) == {1: "changed", 2: "unchanged"}


def test_duplicates_are_asked_for_once_and_reported_twice(conversation: Converse) -> None:
    service = conversation(lists([2, 1], a_row(1, "pending"), a_row(2, "canceled")), sets(1, "canceled", NOTE))

    result = cancel(service, 2, 1, 2)

    assert [order["order_id"] for order in result["orders"]] == [2, 1, 2]


def test_an_empty_list_is_fine_and_sends_nothing(conversation: Converse) -> None:
    result = play(conversation(), order_ids=[], status="canceled", note=NOTE)

    assert (result["changed"], result["orders"], "failed" in result) == (False, [], False)


def test_verifying_reads_the_changed_ones_once_more(conversation: Converse) -> None:
    service = conversation(
        lists([1, 2, 3], a_row(1, "pending"), a_row(2, "pending"), a_row(3, "canceled")),
        sets(1, "canceled", NOTE),
        sets(2, "canceled", NOTE),
        lists([1, 2], a_row(1, "canceled"), a_row(2, "pending")),
    )

    result = cancel(service, 1, 2, 3, verify=True)

    assert outcomes(result) == {1: "changed", 2: "unknown", 3: "unchanged"}
    assert (result["changed"], result["failure"]["code"]) == (True, "not_verified")


def test_many_workers_send_the_same_writes(conversation: Converse) -> None:
    ids = list(range(1, 41))
    service = conversation(
        lists(ids, *[a_row(number, "pending") for number in ids]), [sets(number, "canceled", NOTE) for number in ids]
    )

    assert cancel(service, *ids, workers=8)["summary"]["changed"] == 40


@pytest.mark.parametrize(("detail", "listed"), [("all", [1, 2, 3]), ("changed", [1, 3]), ("none", [3])])
def test_only_the_orders_that_are_wanted_and_the_failures_are_listed(
    conversation: Converse, detail: str, listed: list[int]
) -> None:
    service = conversation(
        lists([1, 2, 3], a_row(1, "pending"), a_row(2, "canceled"), a_row(3, "revoked")), sets(1, "canceled", NOTE)
    )

    result = cancel(service, 1, 2, 3, orders_detail=detail)

    assert [order["order_id"] for order in result["orders"]] == listed


# -- what it costs -----------------------------------------------------------------------------------------------------


def pages(count: int) -> int:
    return -(-count // 100)


@pytest.mark.exhaustive
@pytest.mark.parametrize("count", [1, 2, 100, 101, 250])
@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("verify", [True, False])
def test_canceling_costs_a_read_for_each_hundred_and_the_writes(
    account: Open, count: int, part: int, verify: bool
) -> None:
    to_change = {0: 0, 1: 1, 2: count}[part]
    service = account(an_order(n, "pending" if n <= to_change else "canceled") for n in range(1, count + 1))

    result = play(service, order_ids=list(range(1, count + 1)), status="canceled", note=NOTE, verify=verify, workers=4)

    assert result["summary"]["changed"] == len(service.writes) == to_change
    assert len(service.journal) == pages(count) + to_change + (pages(to_change) if verify else 0)


@pytest.mark.exhaustive
@pytest.mark.parametrize("count", [1, 2, 100, 101, 250])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_marking_costs_the_check_of_the_origin_besides_but_only_for_what_would_be_marked(
    account: Open, count: int, part: int
) -> None:
    to_change = {0: 0, 1: 1, 2: count}[part]
    ids = range(1, count + 1)
    service = account((an_order(n, is_renewed=n > to_change) for n in ids), migrated=ids)

    result = play(service, order_ids=list(ids), status="renewed", workers=4)

    assert result["summary"]["changed"] == len(service.writes) == to_change
    # One more shows whether the service knows the filter; a single order is read through it.
    origin = (pages(to_change) + 1 if to_change else 0) if count > 1 else to_change
    assert len(service.journal) == pages(count) + origin + to_change
    assert len(service.journal) <= (pages(count) + 1) + to_change + pages(count)


@pytest.mark.parametrize("count", [2, 101, 250])
def test_the_second_run_costs_its_reads_alone(account: Open, count: int) -> None:
    ids = list(range(1, count + 1))
    service = account((an_order(n) for n in ids), migrated=ids)
    play(service, order_ids=ids, status="renewed", workers=4)
    service.journal.clear()

    result = play(service, order_ids=ids, status="renewed")

    assert (result["changed"], result["summary"]["unchanged"]) == (False, count)
    assert len(service.journal) == pages(count)


def test_each_row_that_lacks_what_decides_costs_one_more(account: Open) -> None:
    ids = list(range(1, 121))
    service = account((an_order(n, is_renewed=True) for n in ids), migrated=ids)
    service.lacks = ("is_renewed",)

    result = play(service, order_ids=ids, status="renewed", workers=4)

    assert (result["changed"], len(service.journal)) == (False, 2 + 120)


def test_a_service_that_ignores_the_filter_by_id_still_gives_the_right_result(account: Open) -> None:
    service = account(an_order(n, "pending") for n in range(1, 31))
    service.filters_ids = False

    result = cancel(service, 3, 4, 40)

    assert outcomes(result) == {3: "changed", 4: "changed", 40: "missing"}
    assert service.writes == ["PUT /order/certificate/3/status", "PUT /order/certificate/4/status"]


# -- bad weather -------------------------------------------------------------------------------------------------------

INVALID_KEY = error(403, "access_denied|access_denied_invalid_key", "Access denied due to access_denied_invalid_key.")


def failure_of(result: Mapping[str, Any], order_id: int | None = 1) -> dict[str, Any]:
    failure: dict[str, Any] = result["failure"]
    assert result["failed"] is True
    assert set(failure) == FAILURE_KEYS
    assert failure["order_id"] == order_id
    assert failure["message"]
    assert "Traceback" not in repr(result)
    return failure


@pytest.mark.parametrize(
    ("answer", "http_status", "code", "words"),
    [
        pytest.param(INVALID_KEY, 403, "access_denied|access_denied_invalid_key", "api_key", id="invalid key"),
        pytest.param(error(401), 401, None, "401", id="401"),
        pytest.param(error(400, "bad", "Bad."), 400, "bad", "Bad.", id="400"),
        pytest.param(json_answer({}, 302, Location="https://evil.example.com/"), 302, None, "302", id="redirect"),
        pytest.param(Answer(200, b"<html>hello</html>"), 200, "unreadable", "order 1", id="html"),
        pytest.param(json_answer([1]), 200, "unreadable", "order 1", id="a list"),
        pytest.param(json_answer({"id": 2, "status": "pending"}), 200, "unreadable", "order 1", id="another order"),
        pytest.param(json_answer({"status": "pending"}), 200, "unreadable", "order 1", id="no order"),
        pytest.param(error(501), 501, None, "501", id="501"),
    ],
)
def test_such_an_answer_to_a_read_fails_at_once_with_its_text(
    conversation: Converse, answer: Answer, http_status: int, code: str | None, words: str
) -> None:
    result = cancel(conversation(reads(1, answer)), 1)

    failure = failure_of(result)
    assert (failure["http_status"], failure["code"], failure["retries"]) == (http_status, code, 0)
    assert words in failure["message"]
    assert failure["message"] in result["msg"]
    assert result["changed"] is False


@pytest.mark.parametrize(
    ("answer", "http_status", "code"),
    [
        *[pytest.param(error(status, "oops"), status, "oops", id=str(status)) for status in (500, 502, 503, 504)],
        pytest.param(HTML, 503, None, id="503 in HTML"),
        pytest.param(HANGS_UP, None, "reply_lost", id="hangs up"),
        pytest.param(Answer(200, b'{"id": 1, "status": "pending"}', cut=True), None, "reply_lost", id="truncated"),
    ],
)
def test_a_read_is_repeated_after_what_passes_and_fails_when_it_does_not_pass(
    conversation: Converse, answer: Answer, http_status: int | None, code: str | None
) -> None:
    fine = cancel(conversation(reads(1, answer), reads(1, answer), reads(1, status="canceled")), 1, retries=2)
    result = cancel(conversation(*[reads(1, answer)] * 3), 1, retries=2)

    assert (outcomes(fine), fine["api"]["retries"]) == ({1: "unchanged"}, 2)
    failure = failure_of(result)
    assert (failure["http_status"], failure["code"], failure["retries"]) == (http_status, code, 2)
    assert failure["waited"] == result["api"]["waited"] > 0


@pytest.mark.parametrize(("retry_after", "least", "most"), [("7", 7.0, 7.35), (None, 5.0, 7.5)])
@pytest.mark.parametrize("write", [True, False])
def test_a_429_is_waited_out_as_long_as_the_service_asks_or_else_5_seconds(
    conversation: Converse, retry_after: str | None, least: float, most: float, write: bool
) -> None:
    busy = error(429, "request_limit_exceeded", **({"Retry_After": retry_after} if retry_after else {}))
    write_calls = [sets(1, "canceled", NOTE, busy), sets(1, "canceled", NOTE)]
    calls = [reads(1, status="pending"), *write_calls] if write else [reads(1, busy), reads(1, status="canceled")]

    result = cancel(conversation(*calls), 1)

    assert result["changed"] is write
    assert result["api"]["retries"] == 1
    assert least <= result["api"]["waited"] <= most


def test_a_busy_service_exhausts_the_rate_limit_budget_and_nothing_is_changed(conversation: Converse) -> None:
    service = conversation(reads(1, status="pending"), *[sets(1, "canceled", NOTE, THROTTLED)] * 2)

    result = cancel(service, 1, rate_limit_timeout=9)

    failure = failure_of(result)
    assert (failure["http_status"], failure["code"]) == (429, "request_limit_exceeded")
    assert (result["changed"], outcomes(result)) == (False, {1: "failed"})


def test_a_read_only_key_fails_at_the_write_and_verifies_that_nothing_changed(conversation: Converse) -> None:
    service = conversation(reads(1, status="pending"), sets(1, "canceled", NOTE, VIEW_ONLY), reads(1, status="pending"))

    result = cancel(service, 1)

    failure = failure_of(result)
    assert (failure["http_status"], failure["code"]) == (403, "access_denied|missing_permission")
    assert (result["changed"], result["orders"][0]["after"]["status"]) == (False, "pending")


def test_a_read_only_key_is_tried_on_three_orders_of_300(account: Open) -> None:
    service = account(an_order(n, "pending") for n in range(1, 301))
    service.view_only = True

    result = play(service, order_ids=list(range(1, 301)), status="canceled", note=NOTE)

    assert len(service.writes) == 3
    assert (result["summary"]["failed"], result["summary"]["not_attempted"]) == (3, 297)
    assert failure_of(result)["http_status"] == 403


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(HANGS_UP, id="hangs up"),
        pytest.param(error(500), id="500"),
        pytest.param(HTML, id="HTML"),
        pytest.param(Answer(200, b"<html>", ()), id="unreadable"),
        pytest.param(Answer(200, b'{"a": 1}', cut=True), id="truncated"),
    ],
)
@pytest.mark.parametrize("took_effect", [True, False])
def test_an_ambiguous_write_is_verified_and_repeated_only_where_it_was_lost(
    conversation: Converse, answer: Answer, took_effect: bool
) -> None:
    calls = [reads(1, status="pending"), sets(1, "canceled", NOTE, answer)]
    if took_effect:
        calls += [reads(1, status="canceled")]
    else:
        calls += [reads(1, status="pending"), sets(1, "canceled", NOTE)]

    result = cancel(conversation(*calls), 1)

    assert (result["changed"], outcomes(result)) == (True, {1: "changed"})
    # Only a change that no reply has acknowledged has a reason.
    assert bool(result["orders"][0]["reason"]) is took_effect


def test_a_pending_order_that_is_issued_while_its_cancelation_is_lost_is_unknown(conversation: Converse) -> None:
    # With cancel_reissue an issued order needs nothing, which must not be taken for our doing.
    service = conversation(reads(1, status="pending"), sets(1, "canceled", NOTE, HANGS_UP), reads(1, status="issued"))

    result = cancel(service, 1, cancel_reissue=True)

    assert (result["changed"], outcomes(result)) == (False, {1: "unknown"})


def test_a_lost_mark_is_verified_among_the_migrated_orders(conversation: Converse) -> None:
    service = conversation(
        lists([7], 7, origin="migrated"),
        lists([7], origin="certcentral"),
        sets(7, "renewed", answer=HANGS_UP),
        lists([7], a_row(7, is_renewed=True), origin="migrated"),
    )

    assert outcomes(mark(service, 7)) == {7: "changed"}


def test_what_cannot_be_read_after_a_lost_reply_is_unknown(conversation: Converse) -> None:
    service = conversation(
        reads(1, status="pending"), sets(1, "canceled", NOTE, error(502)), *[reads(1, error(503))] * 2
    )

    result = cancel(service, 1, retries=1)

    assert (result["changed"], outcomes(result)) == (False, {1: "unknown"})
    assert failure_of(result)["http_status"] == 502


@pytest.mark.parametrize("answer", [INVALID_KEY, HTML, Answer(200, b'{"orders": 5}'), Answer(200, b'{"orders": [')])
def test_a_list_that_cannot_be_read_fails_each_of_its_orders(conversation: Converse, answer: Answer) -> None:
    result = cancel(conversation(lists([1, 2], answer=answer)), 1, 2, retries=0)

    assert outcomes(result) == {1: "failed", 2: "failed"}
    assert failure_of(result)["http_status"] == answer.status


def test_rows_of_an_odd_shape_are_read_as_far_as_they_go(conversation: Converse) -> None:
    rows = [
        None,
        {"id": "1", "status": "issued", "is_renewed": "1", "organization": [], "certificate": []},
        {"status": "pending"},
        {"id": 2, "status": "issued", "is_renewed": 0, "certificate": None},
    ]

    service = conversation(lists([1, 2], *rows), reads(1, is_renewed=True), sets(1, "not_renewed"))

    result = play(service, order_ids=[1, 2], status="not_renewed")

    assert result["orders"][0]["before"]["is_renewed"] is True
    assert outcomes(result) == {1: "changed", 2: "unchanged"}


def test_a_hostile_name_cannot_forge_a_line_of_the_diff(conversation: Converse) -> None:
    order = an_order(1, "pending")
    order["certificate"]["common_name"] = "a\norder 2: status: \u202e{{ lookup('pipe', 'id') }}"

    result = cancel(conversation(reads(1, json_answer(order))), 1, check_mode=True, diff=True)

    assert result["diff"]["before"].count("\n") == 1
    assert "\u202e" not in repr(result["diff"])


def test_an_environment_that_forbids_writing_is_obeyed(conversation: Converse) -> None:
    service = conversation(reads(1, status="pending"))
    context = Context(environ={"DIGICERT_READ_ONLY": "1"}, stop=Unhurried())

    result = cancel(service, 1, context=context)

    assert failure_of(result)["code"] == "read_only"


def test_a_key_from_the_environment_does_not_go_to_the_address_on_the_task(conversation: Converse) -> None:
    service = conversation()
    context = Context(environ={"DIGICERT_API_KEY": KEY}, stop=Unhurried())

    result = cancel(service, 1, context=context, api_key=None)

    assert failure_of(result, order_id=None)["code"] == "invalid_option"


def test_key_and_address_from_the_environment_go_together(conversation: Converse) -> None:
    service = conversation(reads(1, status="canceled"))
    context = Context(environ={"DIGICERT_API_KEY": f"{KEY}\n", "DIGICERT_API_URL": service.url}, stop=Unhurried())

    assert cancel(service, 1, context=context, api_key=None, api_url=None)["changed"] is False


# -- arguments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"order_id": 1, "status": "canceled"}, "note"),
        ({"status": "canceled", "note": "x"}, "one of the following is required: order_id, order_ids"),
        ({"order_id": 1, "order_ids": [1], "status": "renewed"}, "mutually exclusive"),
        ({"order_id": 1}, "missing required arguments: status"),
        ({"order_id": 1, "status": "cancelled", "note": "x"}, "value of status must be one of"),
        ({"order_id": 1, "status": "CANCELED", "note": "x"}, "value of status must be one of"),
        ({"order_id": "one", "status": "renewed"}, "order_id"),
        ({"order_ids": [1, "two"], "status": "renewed"}, "order_ids"),
        ({"order_id": 1, "status": "renewed", "missing": "skip"}, "value of missing must be one of"),
        ({"order_id": 1, "status": "renewed", "colour": "red"}, "colour"),
    ],
)
def test_arguments_that_ansible_refuses(arguments: dict[str, Any], words: str) -> None:
    _params, errors = validated(arguments)

    assert len(errors) == 1
    assert words in errors[0]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ({"order_id": 0, "status": "renewed"}, "order_id"),
        ({"order_id": -5, "status": "renewed"}, "order_id"),
        ({"order_ids": [5, 0], "status": "renewed"}, "order_ids"),
        ({"order_id": 1, "status": "canceled", "note": ""}, "note"),
        ({"order_id": 1, "status": "canceled", "note": " \n\t"}, "note"),
        ({"order_id": 1, "status": "renewed", "workers": 0}, "workers"),
        ({"order_id": 1, "status": "renewed", "workers": 33}, "workers"),
        ({"order_id": 1, "status": "renewed", "retries": -1}, "retries"),
        ({"order_id": 1, "status": "renewed", "rate_limit": "fast"}, "rate_limit"),
        (
            {"order_id": 1, "status": "renewed", "api_url": "https://gw.example.com", "validate_certs": False},
            "validate_certs",
        ),
    ],
)
def test_arguments_that_the_module_refuses_before_any_request(
    conversation: Converse, arguments: dict[str, Any], option: str
) -> None:
    result = play(conversation(), **arguments)

    assert failure_of(result, order_id=None)["code"] == "invalid_option"
    assert re.search(rf"\b{option}\b", result["msg"])


def test_a_bad_option_is_raised_for_the_entry_point() -> None:
    params, _errors = validated({"order_id": 0, "status": "renewed"})

    with pytest.raises(OptionError):
        module.run(params, Context())


# -- documentation -----------------------------------------------------------------------------------------------------

FRAGMENTS = "ansible_collections.certops.orders.plugins.doc_fragments"


def documented_options() -> dict[str, Any]:
    """Return the options of the module's own documentation and of the fragments it extends."""
    documentation = yaml.safe_load(module.DOCUMENTATION)
    options = dict(documentation["options"])
    for name in documentation["extends_documentation_fragment"]:
        file, _dot, part = name.removeprefix("certops.orders.").partition(".")
        fragment = importlib.import_module(f"{FRAGMENTS}.{file}").ModuleDocFragment
        more = yaml.safe_load(getattr(fragment, part.upper() or "DOCUMENTATION")).get("options", {})
        assert not set(options) & set(more)
        options.update(more)
    return options


def test_the_documentation_has_exactly_the_options_of_the_spec() -> None:
    documented = {
        name: {key: option[key] for key in ("type", "elements", "default", "choices", "required") if key in option}
        for name, option in documented_options().items()
    }
    specified = {
        name: {key: value for key, value in option.items() if key != "no_log"}
        for name, option in module.SPEC["argument_spec"].items()
    }

    assert documented == specified
    assert module.SPEC["argument_spec"]["api_key"]["no_log"] is True


def example_tasks(entries: Any) -> Iterator[dict[str, Any]]:
    for entry in entries:
        if "tasks" in entry:
            yield from example_tasks(entry["tasks"])
        else:
            yield entry


def test_every_example_has_arguments_that_the_module_takes() -> None:
    tasks = list(example_tasks(yaml.safe_load(module.EXAMPLES)))
    ours = [task["certops.orders.digicert_order_status"] for task in tasks if "ansible.builtin.debug" not in task]

    assert len(ours) == len(tasks) - 1 >= 7
    assert {arguments["status"] for arguments in ours} == {"canceled", "renewed", "not_renewed"}
    for arguments in ours:
        templated = {"order_ids": [1]} if "{{" in str(arguments.get("order_ids")) else {}
        assert validated({**arguments, **templated})[1] == []
    assert all(task["name"] for task in tasks)


def documented_keys(entries: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield each documented return value as a path, and when it is returned."""
    for name, entry in entries.items():
        path = f"{above}{name}"
        yield path, entry.get("returned", "always")
        below = entry.get("contains")
        if below is None and isinstance(entry.get("sample"), dict):
            below = {key: {"returned": "sometimes"} for key in entry["sample"]}
        yield from documented_keys(below or {}, f"{path}.")


def returned_keys(value: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, item in value.items():
        path = f"{above}{name}"
        yield path
        for one in item if isinstance(item, list) else [item]:
            if isinstance(one, dict):
                yield from returned_keys(one, f"{path}.")


def test_what_is_returned_is_documented_and_what_is_documented_is_returned(conversation: Converse) -> None:
    results = [
        cancel(conversation(reads(1, status="pending"), sets(1, "canceled", NOTE)), 1, diff=True),
        cancel(conversation(reads(1, INVALID_KEY)), 1),
        cancel(conversation(lists([1, 2], a_row(1, "issued")), reads(2, NO_SUCH_ORDER), asks_who()), 1, 2),
        play(conversation(), order_ids=[], status="renewed", diff=True),
    ]
    documented = dict(documented_keys(yaml.safe_load(module.RETURN)))
    # An order's failure is documented as "as RV(failure)".
    documented.update({f"orders.failure.{name}": "sometimes" for name in FAILURE_KEYS})
    # What Ansible itself documents for every module.
    common = {"changed", "failed"}

    returned = [set(returned_keys(result)) - common for result in results]

    assert set().union(*returned) == set(documented)
    for path, when in documented.items():
        if when in ("always", "when the arguments are valid") and "." not in path:
            assert all(path in keys for keys in returned), path
        elif when == "always" and path.startswith("orders."):
            assert all(path.split(".")[1] in order for result in results for order in result["orders"]), path


def test_the_samples_are_of_the_type_that_is_documented() -> None:
    types: dict[str, Any] = {"str": str, "int": int, "bool": bool, "float": float, "dict": dict, "list": list}

    def walk(entries: Mapping[str, Any]) -> None:
        for name, entry in entries.items():
            assert entry["description"], name
            if "sample" in entry:
                assert isinstance(entry["sample"], types[entry["type"]]), name
            walk(entry.get("contains", {}))

    walk(yaml.safe_load(module.RETURN))


# -- as a module -------------------------------------------------------------------------------------------------------


def run_as_module(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: dict[str, Any],
    environment: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, Any]]:
    """Run the module's main() as Ansible does, in this process; returns its exit code and what it printed."""
    given = json.dumps({"ANSIBLE_MODULE_ARGS": {"rate_limit": "none", **arguments}}).encode()
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", given)
    # From ansible-core 2.19 on.
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    for variable in ("DIGICERT_API_KEY", "DIGICERT_API_URL", "DIGICERT_READ_ONLY"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in (environment or {}).items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as exited:
        module.main()
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return int(exited.value.code or 0), printed


def test_run_as_module_a_change_is_reported_to_ansible(
    conversation: Converse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = conversation(reads(1, status="pending"), sets(1, "canceled", NOTE))
    arguments = {"api_key": KEY, "api_url": service.url, "order_id": 1, "status": "canceled", "note": NOTE}

    code, result = run_as_module(monkeypatch, capsys, {**arguments, "_ansible_diff": True})

    assert (code, result["changed"], outcomes(result)) == (0, True, {1: "changed"})
    assert "status: canceled" in result["diff"]["after"]
    assert KEY not in repr(result)


def test_run_as_module_check_mode_is_check_mode(
    conversation: Converse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = conversation(reads(1, status="pending"))
    arguments = {"api_key": KEY, "api_url": service.url, "order_id": 1, "status": "canceled", "note": NOTE}

    code, result = run_as_module(monkeypatch, capsys, {**arguments, "_ansible_check_mode": True})

    assert (code, result["changed"], outcomes(result)) == (0, True, {1: "changed"})
    assert "diff" not in result


def test_run_as_module_a_failure_fails_and_still_reports_every_order(
    conversation: Converse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = conversation(lists([1, 2], a_row(1, "revoked"), a_row(2, "canceled")))
    arguments = {"api_key": KEY, "api_url": service.url, "order_ids": [1, 2], "status": "canceled", "note": NOTE}

    code, result = run_as_module(monkeypatch, capsys, arguments)

    assert (code, result["failed"], result["changed"]) == (1, True, False)
    assert outcomes(result) == {1: "ineligible", 2: "unchanged"}
    assert result["failure"]["code"] == "ineligible"


def test_run_as_module_key_and_address_come_from_the_environment(
    conversation: Converse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = {"order_id": 1, "status": "not_renewed"}
    without = run_as_module(monkeypatch, capsys, arguments)
    service = conversation(reads(1))
    environment = {"DIGICERT_API_KEY": KEY, "DIGICERT_API_URL": service.url}
    with_both = run_as_module(monkeypatch, capsys, arguments, environment)

    assert without[0] == 1
    assert all(name in without[1]["msg"] for name in ("api_key", "DIGICERT_API_KEY"))
    assert (with_both[0], with_both[1]["changed"]) == (0, False)


def test_run_as_module_a_missing_library_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(libraries, "_REQUESTS_TRACE", "Traceback: no requests")

    code, result = run_as_module(monkeypatch, capsys, {"api_key": KEY, "order_ids": [], "status": "renewed"})

    assert (code, result["failed"], result["changed"]) == (1, True, False)
    assert "requests" in result["msg"]
    assert "library" not in result


def test_run_as_module_wrong_arguments_are_ansibles_to_refuse(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, result = run_as_module(monkeypatch, capsys, {"api_key": KEY, "order_id": 1, "status": "canceled"})

    assert (code, result["failed"]) == (1, True)
    assert "note" in result["msg"]


NAME = "ansible_collections.certops.orders.plugins.modules.digicert_order_status"
WITHOUT_REQUESTS = f"import runpy, sys; sys.modules['requests'] = None; runpy.run_module({NAME!r}, run_name='__main__')"


@pytest.mark.parametrize(
    ("how", "code"),
    [(["-m", NAME], 0), (["-c", WITHOUT_REQUESTS], 1)],
)
def test_as_a_program_it_works_and_reports_a_missing_requests_library(how: list[str], code: int) -> None:
    arguments = {"api_key": KEY, "order_ids": [], "status": "renewed"}

    done = subprocess.run(
        [sys.executable, *how],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )

    result = json.loads(done.stdout)
    # From ansible-core 2.22 on, this is how AnsibleModule names to the controller what the controller is to hide.
    result.pop("_ansible_new_secrets", None)
    assert (done.returncode, result.get("failed", False)) == (code, bool(code))
    assert KEY not in json.dumps(result) + done.stderr
    if code:
        assert "requests" in result["msg"]
        assert result["failure"]["code"] == "library_missing"
