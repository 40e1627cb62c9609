# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task returns: which orders it lists, what fails it, its sentence, its counts and its diff."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils import _orders
from ansible_collections.certops.orders.plugins.module_utils._errors import ApiError
from ansible_collections.certops.orders.plugins.module_utils._http import Context, Counters
from ansible_collections.certops.orders.plugins.module_utils._options import BULK, OptionError
from ansible_collections.certops.orders.plugins.module_utils._orders import OUTCOMES, OrderResult
from ansible_collections.certops.orders.plugins.module_utils._results import Settings, fails, told


def one(key: int, outcome: str, **facts: Any) -> OrderResult:
    return OrderResult(key, outcome, reason=facts.pop("reason", f"because of {key}"), **facts)


def tell(*results: OrderResult, asked: list[int] | None = None, **options: Any) -> dict[str, Any]:
    context = Context(check_mode=options.pop("check_mode", False), diff=options.pop("diff", False))
    transport: Any = SimpleNamespace(counters=options.pop("counters", Counters()))
    by_key = {result.key: result for result in results}
    return told(asked or list(by_key), by_key, Settings("closed", **options), context, transport)


def listed(result: dict[str, Any]) -> list[int]:
    return [order["order_id"] for order in result["orders"]]


# -- what fails a task -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "fails_by_default", "fails_if_lenient"),
    [
        ("changed", False, False),
        ("unchanged", False, False),
        ("pending_approval", False, False),
        ("ineligible", True, False),
        ("missing", True, False),
        ("failed", True, True),
        ("unknown", True, True),
        ("not_attempted", True, True),
    ],
)
def test_each_outcome_fails_the_task_or_not(outcome: str, fails_by_default: bool, fails_if_lenient: bool) -> None:
    lenient = {"missing": "ok", "ineligible": "skip"}

    assert fails(one(1, outcome), Settings("closed")) is fails_by_default
    assert fails(one(1, outcome), Settings("closed", **lenient)) is fails_if_lenient  # type: ignore[arg-type]
    assert tell(one(1, outcome)).get("failed", False) is fails_by_default
    assert ("failure" in tell(one(1, outcome))) is fails_by_default


def test_there_is_a_test_for_each_outcome() -> None:
    assert set(OUTCOMES) == {
        value for name, value in vars(_orders).items() if name.isupper() and isinstance(value, str)
    }


def test_the_failure_is_the_one_of_the_first_order_that_failed_in_the_order_asked() -> None:
    first, second = (ApiError(f"no {key}", 400, f"code{key}").failure(key) for key in (1, 2))

    result = tell(one(1, "failed", failure=first), one(2, "failed", failure=second), asked=[2, 1])

    assert result["failure"] == second
    assert result["failure"] is not second


@pytest.mark.parametrize("outcome", ["ineligible", "missing", "not_attempted"])
def test_an_order_that_failed_without_a_request_has_a_failure_all_the_same(outcome: str) -> None:
    assert tell(one(5, outcome))["failure"] == {
        "http_status": None,
        "code": outcome,
        "message": "because of 5",
        "order_id": 5,
        "retries": 0,
        "waited": 0.0,
    }


def test_what_was_left_alone_is_not_told_as_the_first_failure() -> None:
    result = tell(one(1, "not_attempted"), one(2, "failed"), one(3, "ineligible"))

    assert result["failure"]["order_id"] == 2
    assert "the first that failed: order 2: because of 2" in result["msg"]


@pytest.mark.parametrize(("count", "failed"), [(1, False), (2, True), (3, True)])
def test_only_a_list_of_several_can_be_all_missing(count: int, failed: bool) -> None:
    results = [one(key, "missing") for key in range(1, count + 1)]

    assert tell(*results, missing="ok").get("failed", False) is failed


def test_one_id_given_twice_is_not_a_list_of_which_all_are_missing() -> None:
    assert "failed" not in tell(one(1, "missing"), asked=[1, 1], missing="ok")


# -- what is returned --------------------------------------------------------------------------------------------------


def test_changed_is_true_where_one_order_was_changed_or_a_write_was_acknowledged() -> None:
    assert tell(one(1, "unchanged"), one(2, "changed"))["changed"] is True
    assert tell(one(1, "unknown", acknowledged=True))["changed"] is True
    assert tell(one(1, "unknown"), one(2, "unchanged"))["changed"] is False


@pytest.mark.parametrize(("detail", "ids"), [("all", [4, 1, 2, 3, 4]), ("changed", [4, 1, 4]), ("none", [4, 4])])
def test_orders_are_listed_in_the_order_asked_as_far_as_wanted_and_failures_always(detail: str, ids: list[int]) -> None:
    result = tell(
        one(1, "changed"),
        one(2, "unchanged"),
        one(3, "ineligible"),
        one(4, "failed"),
        asked=[4, 1, 2, 3, 4],
        orders_detail=detail,
        ineligible="skip",
    )

    assert listed(result) == ids
    # The counts tell of all, and of each once.
    assert (result["summary"]["total"], result["summary"]["failed"], result["summary"]["unchanged"]) == (4, 1, 1)


def test_the_summary_counts_every_outcome_also_those_that_did_not_occur() -> None:
    summary = tell(one(1, "changed"), one(2, "changed"), one(3, "missing"))["summary"]

    assert list(summary) == ["total", *OUTCOMES]
    assert {outcome: count for outcome, count in summary.items() if count} == {"total": 3, "changed": 2, "missing": 1}


def test_an_order_that_was_not_read_has_empty_facts_and_only_a_failed_request_has_a_failure() -> None:
    failure = ApiError("no").failure(2)

    result = tell(one(1, "missing"), one(2, "failed", failure=failure, before={"state": "open"}))

    assert result["orders"] == [
        {"order_id": 1, "outcome": "missing", "before": {}, "after": {}, "reason": "because of 1"},
        {
            "order_id": 2,
            "outcome": "failed",
            "before": {"state": "open"},
            "after": {},
            "reason": "because of 2",
            "failure": failure,
        },
    ]


def test_the_cost_is_told() -> None:
    assert tell(counters=Counters(requests=3, retries=1, waited=1.23456))["api"] == {
        "requests": 3,
        "retries": 1,
        "waited": 1.235,
    }


# -- the sentence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "check_mode", "sentence"),
    [
        (one(1, "changed", reason=""), False, "order 1 was closed"),
        (one(1, "changed", reason=""), True, "order 1 would be closed"),
        (one(1, "changed", reason="it stays open inside"), False, "order 1 was closed: it stays open inside"),
        (one(1, "ineligible"), False, "order 1 cannot be closed: because of 1"),
        (one(1, "unchanged"), False, "order 1 (unchanged): because of 1"),
        (one(1, "unknown"), False, "order 1 (unknown): because of 1"),
    ],
)
def test_of_a_single_order_the_sentence_tells_what_became_of_it(
    result: OrderResult, check_mode: bool, sentence: str
) -> None:
    assert tell(result, check_mode=check_mode)["msg"] == sentence


def test_of_several_orders_the_sentence_counts_what_occurred() -> None:
    several = [one(1, "changed"), one(2, "unchanged"), one(3, "unchanged")]

    assert tell(*several)["msg"] == "3 orders to be closed: 1 changed, 2 unchanged"
    assert tell(*several, check_mode=True)["msg"] == (
        "3 orders to be closed: 1 changed, 2 unchanged (check mode, nothing was sent)"
    )


def test_of_several_that_failed_the_sentence_tells_the_first() -> None:
    assert tell(one(1, "changed"), one(2, "failed"), one(3, "failed"))["msg"] == (
        "3 orders to be closed: 1 changed, 2 failed; the first that failed: order 2: because of 2"
    )


def test_of_a_list_that_is_all_missing_the_sentence_says_what_to_check() -> None:
    assert tell(one(1, "missing"), one(2, "missing"))["msg"] == (
        "2 orders to be closed: 2 missing; a list of which every order is missing is a mistake: check the ids, and "
        "the key's account"
    )


def test_of_nothing_the_sentence_says_so() -> None:
    result = tell()

    assert (result["msg"], result["changed"], result["orders"]) == ("no orders were given, nothing to do", False, [])
    assert "failed" not in result


# -- the diff ----------------------------------------------------------------------------------------------------------


def test_the_diff_shows_each_changed_order_once_before_and_after_by_its_name() -> None:
    changed = {"before": {"status": "pending", "marked": False}, "after": {"status": "canceled", "marked": False}}

    result = tell(
        one(2, "changed", name="www.example.com", **changed),
        one(1, "unchanged", **changed),
        one(3, "changed", **changed),
        asked=[3, 2, 1, 3],
        diff=True,
    )

    assert result["diff"] == {
        "before": "order 3: status: pending, marked: false\n"
        "order 2 (www.example.com): status: pending, marked: false\n",
        "after": "order 3: status: canceled, marked: false\n"
        "order 2 (www.example.com): status: canceled, marked: false\n",
    }


def test_without_a_change_the_diff_is_empty_and_without_diff_mode_there_is_none() -> None:
    assert tell(one(1, "unchanged"), diff=True)["diff"] == {"before": "", "after": ""}
    assert "diff" not in tell(one(1, "changed"))


# -- the settings ------------------------------------------------------------------------------------------------------


def test_the_settings_are_taken_from_the_options_of_the_same_name() -> None:
    params = {
        "missing": "ok",
        "ineligible": "skip",
        "stop_on_failure": True,
        "verify": True,
        "workers": 3,
        "orders_detail": "none",
        "something_else": 1,
    }

    assert Settings.of(params, "closed") == Settings("closed", "ok", "skip", True, True, 3, "none")


def test_the_settings_default_to_what_the_options_default_to() -> None:
    assert Settings.of({name: option["default"] for name, option in BULK.items()}, "closed") == Settings("closed")


@pytest.mark.parametrize(("workers", "fine"), [(0, False), (1, True), (64, True), (65, False), (-1, False)])
def test_there_are_1_to_64_workers(workers: int, fine: bool) -> None:
    params = {**{name: option["default"] for name, option in BULK.items()}, "workers": workers}
    if fine:
        assert Settings.of(params, "closed").workers == workers
    else:
        with pytest.raises(OptionError, match=r"^workers must be 1 to 64$"):
            Settings.of(params, "closed")
