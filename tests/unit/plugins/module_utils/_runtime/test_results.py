# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task returns: which orders it lists, what fails it, its sentence, its counts and its diff."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common import outcomes as _orders
from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError
from ansible_collections.certops.orders.plugins.module_utils._common.options import BULK, OptionError
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import OUTCOMES, OrderResult
from ansible_collections.certops.orders.plugins.module_utils._http.transport import Counters
from ansible_collections.certops.orders.plugins.module_utils._runtime.results import (
    LONGEST,
    Settings,
    fails,
    refuse_too_many,
    task_result,
)


def one(key: int, outcome: str, **facts: Any) -> OrderResult:
    return OrderResult(key, outcome, reason=facts.pop("reason", f"because of {key}"), **facts)


def result_of(*results: OrderResult, asked: list[int] | None = None, **options: Any) -> dict[str, Any]:
    context = Context(check_mode=options.pop("check_mode", False), diff=options.pop("diff", False))
    transport: Any = SimpleNamespace(counters=options.pop("counters", Counters()))
    by_key = {result.key: result for result in results}
    return task_result(asked or list(by_key), by_key, Settings("closed", **options), context, transport)


DOMAINS: dict[str, Any] = {"noun": "domain", "key": "name", "listed": "domains"}


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
    assert result_of(one(1, outcome)).get("failed", False) is fails_by_default
    assert ("failure" in result_of(one(1, outcome))) is fails_by_default


def test_there_is_a_test_for_each_outcome() -> None:
    assert set(OUTCOMES) == {
        value for name, value in vars(_orders).items() if name.isupper() and isinstance(value, str)
    }


def test_the_failure_is_the_one_of_the_first_order_that_failed_in_the_order_asked() -> None:
    first, second = (ApiError(f"no {key}", 400, f"code{key}").failure(key) for key in (1, 2))

    result = result_of(one(1, "failed", failure=first), one(2, "failed", failure=second), asked=[2, 1])

    assert result["failure"] == second
    assert result["failure"] is not second


@pytest.mark.parametrize("outcome", ["ineligible", "missing", "not_attempted"])
def test_an_order_that_failed_without_a_request_has_a_failure_all_the_same(outcome: str) -> None:
    assert result_of(one(5, outcome))["failure"] == {
        "http_status": None,
        "code": outcome,
        "message": "because of 5",
        "order_id": 5,
        "retries": 0,
        "waited": 0.0,
    }


def test_an_order_not_attempted_is_not_the_first_failure() -> None:
    result = result_of(one(1, "not_attempted"), one(2, "failed"), one(3, "ineligible"))

    assert result["failure"]["order_id"] == 2
    assert "order 2: because of 2" in result["msg"]


@pytest.mark.parametrize(("count", "failed"), [(1, False), (2, True), (3, True)])
def test_only_a_list_of_several_can_be_all_missing(count: int, failed: bool) -> None:
    results = [one(key, "missing") for key in range(1, count + 1)]

    assert result_of(*results, missing="ok").get("failed", False) is failed


def test_one_id_given_twice_is_not_a_list_of_which_all_are_missing() -> None:
    assert "failed" not in result_of(one(1, "missing"), asked=[1, 1], missing="ok")


# -- what is returned --------------------------------------------------------------------------------------------------


def test_changed_is_true_where_one_order_was_changed_or_a_write_was_acknowledged() -> None:
    assert result_of(one(1, "unchanged"), one(2, "changed"))["changed"] is True
    assert result_of(one(1, "unknown", acknowledged=True))["changed"] is True
    assert result_of(one(1, "unknown"), one(2, "unchanged"))["changed"] is False


@pytest.mark.parametrize("outcome", ["pending_approval", "failed", "unknown"])
@pytest.mark.parametrize("how", ["counts", "acknowledged"])
def test_changed_is_true_also_where_a_change_waits_or_was_made_by_half(outcome: str, how: str) -> None:
    assert result_of(one(1, outcome), one(2, "unchanged"))["changed"] is False
    assert result_of(one(1, outcome, **{how: True}), one(2, "unchanged"))["changed"] is True


def test_what_waits_because_of_us_is_listed_among_the_changed_and_what_waited_before_is_not() -> None:
    result = result_of(
        one(1, "pending_approval", acknowledged=True), one(2, "pending_approval"), orders_detail="changed"
    )

    assert listed(result) == [1]
    assert result["summary"]["pending_approval"] == 2


@pytest.mark.parametrize(("detail", "ids"), [("all", [4, 1, 2, 3, 4]), ("changed", [4, 1, 4]), ("none", [4, 4])])
def test_orders_are_listed_in_the_order_asked_as_far_as_wanted_and_failures_always(detail: str, ids: list[int]) -> None:
    result = result_of(
        one(1, "changed"),
        one(2, "unchanged"),
        one(3, "ineligible"),
        one(4, "failed"),
        asked=[4, 1, 2, 3, 4],
        orders_detail=detail,
        ineligible="skip",
    )

    assert listed(result) == ids
    # The counts include all, and each once.
    assert (result["summary"]["total"], result["summary"]["failed"], result["summary"]["unchanged"]) == (4, 1, 1)


def test_the_summary_counts_every_outcome_also_those_that_did_not_occur() -> None:
    summary = result_of(one(1, "changed"), one(2, "changed"), one(3, "missing"))["summary"]

    assert list(summary) == ["total", *OUTCOMES]
    assert {outcome: count for outcome, count in summary.items() if count} == {"total": 3, "changed": 2, "missing": 1}


def test_an_order_that_was_not_read_has_empty_facts_and_only_a_failed_request_has_a_failure() -> None:
    failure = ApiError("no").failure(2)

    result = result_of(one(1, "missing"), one(2, "failed", failure=failure, before={"state": "open"}))

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


def test_what_is_no_order_is_listed_under_its_own_words() -> None:
    domain = {"identity": {"domain_id": 9, "name": "www.example.com"}, "reason": ""}

    result = result_of(OrderResult("www.example.com", "changed", **domain), **DOMAINS)

    assert result["domains"] == [
        {
            "domain_id": 9,
            "name": "www.example.com",
            "outcome": "changed",
            "before": {},
            "after": {},
            "reason": "",
        }
    ]
    assert "orders" not in result


@pytest.mark.parametrize(
    ("key", "identity", "order_id"),
    [
        ("order_id", {}, 5),
        ("order_id", {"order_id": 70, "request_id": 8}, 5),
        ("request_id", {"order_id": 70}, 70),
        ("request_id", {"order_id": None}, None),
        ("request_id", {}, None),
        ("order_digest", {"order_id": 70}, "5"),
    ],
)
def test_a_failure_names_the_order_whatever_was_asked_for(key: str, identity: dict[str, Any], order_id: Any) -> None:
    assert Settings("closed", key=key).order_id(5, identity) == order_id
    assert result_of(one(5, "ineligible", identity=identity), key=key)["failure"]["order_id"] == order_id


def test_of_several_that_are_all_missing_the_failure_is_that_of_the_first() -> None:
    missing = [OrderResult(name, "missing", reason=f"no {name}") for name in ("a.example", "b.example")]

    failure = result_of(*missing, missing="ok", **DOMAINS)["failure"]

    assert (failure["code"], failure["message"], failure["order_id"]) == ("missing", "no a.example", None)


def test_the_result_contains_the_cost() -> None:
    assert result_of(counters=Counters(requests=3, retries=1, waited=1.23456))["api"] == {
        "requests": 3,
        "retries": 1,
        "waited": 1.235,
    }


# -- the sentence ------------------------------------------------------------------------------------------------------


def test_a_key_is_its_label_in_messages_and_itself_in_data() -> None:
    settings: dict[str, Any] = {"key": "order_digest", "label": lambda digest: digest[:4]}
    results = [
        OrderResult("aaaa1111", "changed", {"state": "open"}, {"state": "closed"}, name="a.example"),
        OrderResult("bbbb2222", "failed", reason="no b"),
    ]

    result = result_of(*results, diff=True, **settings)

    assert [order["order_digest"] for order in result["orders"]] == ["aaaa1111", "bbbb2222"]
    assert "order bbbb: no b" in result["msg"]
    assert "bbbb2222" not in result["msg"]
    assert result["diff"]["after"] == "order aaaa (a.example): state: closed\n"
    assert result["failure"]["order_id"] == "bbbb"
    assert "order aaaa " in result_of(results[0], **settings)["msg"]


def test_the_message_of_an_empty_result() -> None:
    result = result_of()

    assert (result["changed"], result["orders"]) == (False, [])
    assert "failed" not in result


# -- the diff ----------------------------------------------------------------------------------------------------------


def test_the_diff_shows_each_changed_order_once_before_and_after_by_its_name() -> None:
    changed = {"before": {"status": "pending", "marked": False}, "after": {"status": "canceled", "marked": False}}

    result = result_of(
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


def test_the_diff_shows_what_waits_or_was_done_by_half_as_far_as_it_is_known() -> None:
    facts = {"before": {"status": "issued"}, "after": {"status": "issued", "asked": True}, "counts": True}

    diff = result_of(
        one(1, "pending_approval", **facts),
        one(2, "failed", **{**facts, "after": {"status": "freed"}}),
        one(3, "unknown", **{**facts, "after": None}),
        one(4, "failed", **{**facts, "counts": False}),
        diff=True,
    )["diff"]

    assert diff == {
        "before": "order 1: status: issued\norder 2: status: issued\n",
        "after": "order 1: status: issued, asked: true\norder 2: status: freed\n",
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Issued", "Issued"),
        (True, "true"),
        (False, "false"),
        (None, "None"),
        (7, "7"),
        ([], "[]"),
        (["a.example", "B.example"], "[a.example, B.example]"),
        ([True, [1, False]], "[true, [1, false]]"),
        (["a", {"id": 1}], "[a, {'id': 1}]"),
    ],
)
def test_the_diff_shows_each_value_on_one_line(value: Any, shown: str) -> None:
    result = one(1, "changed", before={"fact": value}, after={"other": 1, "fact": value})

    assert result_of(result, diff=True)["diff"] == {
        "before": f"order 1: fact: {shown}\n",
        "after": f"order 1: other: 1, fact: {shown}\n",
    }


def test_the_diff_has_a_line_for_each_part_that_has_facts_of_its_own() -> None:
    def facts(status: str) -> dict[str, Any]:
        parts = [{"id": 1, "names": ["a.example", "b.example"], "status": status}, {"id": 2, "ended": status != "old"}]
        return {"status": status, "certificates": parts, "domains": ["a.example"]}

    result = one(7, "changed", name="a.example", before=facts("old"), after=facts("new"))

    assert result_of(result, diff=True)["diff"] == {
        "before": "order 7 (a.example): status: old, domains: [a.example]\n"
        "  certificates: id: 1, names: [a.example, b.example], status: old\n"
        "  certificates: id: 2, ended: false\n",
        "after": "order 7 (a.example): status: new, domains: [a.example]\n"
        "  certificates: id: 1, names: [a.example, b.example], status: new\n"
        "  certificates: id: 2, ended: true\n",
    }


@pytest.mark.parametrize(
    ("key", "name", "shown"),
    [
        ("a.example", "a.example", "domain a.example: "),
        ("a.example", "", "domain a.example: "),
        ("a.example", "b.example", "domain a.example (b.example): "),
        (7, "7", "domain 7: "),
        (7, "a.example", "domain 7 (a.example): "),
    ],
)
def test_the_diff_does_not_repeat_a_name(key: Any, name: str, shown: str) -> None:
    result = OrderResult(key, "changed", {"state": "active"}, {"state": "inactive"}, name=name)

    assert result_of(result, diff=True, **DOMAINS)["diff"]["after"] == f"{shown}state: inactive\n"


def test_without_a_change_the_diff_is_empty_and_without_diff_mode_there_is_none() -> None:
    assert result_of(one(1, "unchanged"), diff=True)["diff"] == {"before": "", "after": ""}
    assert "diff" not in result_of(one(1, "changed"))


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


def test_the_settings_that_are_no_options_are_given_and_come_before_them() -> None:
    params = {name: option["default"] for name, option in BULK.items()}

    assert Settings.of(params, "closed", verify=True, wait=60, poll=5, **DOMAINS) == Settings(
        "closed", verify=True, noun="domain", key="name", listed="domains", wait=60, poll=5
    )


def test_the_settings_default_to_what_the_options_default_to() -> None:
    assert Settings.of({name: option["default"] for name, option in BULK.items()}, "closed") == Settings("closed")


@pytest.mark.parametrize(("workers", "fine"), [(0, False), (1, True), (32, True), (33, False), (-1, False)])
def test_there_are_1_to_32_workers(workers: int, fine: bool) -> None:
    params = {**{name: option["default"] for name, option in BULK.items()}, "workers": workers}
    if fine:
        assert Settings.of(params, "closed").workers == workers
    else:
        with pytest.raises(OptionError, match="workers"):
            Settings.of(params, "closed")


# -- what fits into ansible-runner's events ----------------------------------------------------------------------------

RUNNER = {"AWX_ISOLATED_DATA_DIR": "/runner/artifacts/1"}
FACTS = {"status": "pending", "is_renewed": False}


def result_in_runner(*results: OrderResult, diff: bool = False, environ: Any = None, **options: Any) -> dict[str, Any]:
    transport: Any = SimpleNamespace(counters=Counters())
    context = Context(diff=diff, environ=RUNNER if environ is None else environ)
    by_key = {result.key: result for result in results}
    return task_result(list(by_key), by_key, Settings("closed", **options), context, transport)


def several(outcome: str, first: int, count: int) -> list[OrderResult]:
    return [one(key, outcome, before=FACTS, after=FACTS) for key in range(first, first + count)]


def length(result: dict[str, Any]) -> int:
    return len(json.dumps(result))


def test_a_result_that_fits_is_left_as_it_is() -> None:
    results = several("changed", 1, 300)

    assert result_in_runner(*results) == result_in_runner(*results, environ={})


def test_elsewhere_nothing_is_cut() -> None:
    result = result_in_runner(*several("changed", 1, 10000), environ={})

    assert length(result) > LONGEST
    assert "warnings" not in result


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("unchanged", "changed", "diff", "left_out"),
    [
        (5000, 2000, False, ["unchanged"]),
        (0, 2000, True, ["diff"]),
        (5000, 2000, True, ["unchanged", "diff"]),
        (0, 8000, False, ["short"]),
        (10, 8000, False, ["unchanged", "short"]),
        (0, 30000, False, ["short", "by_outcome"]),
        (
            10,
            30000,
            True,
            ["unchanged", "diff", "short", "by_outcome"],
        ),
    ],
)
def test_the_least_important_rows_are_cut_first(unchanged: int, changed: int, diff: bool, left_out: list[str]) -> None:
    failed = [one(10**6, "failed", before=FACTS)]

    result = result_in_runner(
        *several("unchanged", 1, unchanged), *several("changed", 10**5, changed), *failed, diff=diff
    )

    assert length(result) <= LONGEST
    assert ("diff" in result) is (diff and "diff" not in left_out)
    assert ("by_outcome" in result) is ("by_outcome" in left_out)
    assert {tuple(row) for row in result["orders"]} <= {("order_id", "outcome")} or "short" not in left_out
    # The warning has no word about what was not there.
    (warning,) = result["warnings"]
    assert "orders_detail" in warning
    assert [word in warning for word in ("unchanged", "diff", "by_outcome")] == [
        word in left_out for word in ("unchanged", "diff", "by_outcome")
    ]
    assert result["summary"]["total"] == unchanged + changed + 1
    outcomes = {row["order_id"]: row["outcome"] for row in result["orders"]}
    outcomes.update({key: outcome for outcome, keys in result.get("by_outcome", {}).items() for key in keys})
    # Every change, and what failed, is reported in this one event.
    assert outcomes == {**dict.fromkeys(range(10**5, 10**5 + changed), "changed"), 10**6: "failed"}


@pytest.mark.parametrize(("digits", "most"), [(9, 45454), (5, 71428)])
def test_so_many_that_not_even_their_keys_fit_are_refused(digits: int, most: int) -> None:
    settings, first = Settings("closed", noun="certificate"), 10 ** (digits - 1)

    refuse_too_many(range_of(first, most), settings, Context(environ=RUNNER))
    refuse_too_many(range_of(first, 10**5), settings, Context())
    with pytest.raises(OptionError) as caught:
        refuse_too_many(range_of(first, most + 1), settings, Context(environ=RUNNER))

    assert re.findall(r"\d+", str(caught.value)) == [str(most + 1), str(most)]
    assert "certificates" in str(caught.value)


def test_additional_keys_of_a_module_count_and_are_not_cut() -> None:
    waiting = {str(key): "2026-01-31T12:00:00Z" for key in range(10000)}

    def besides(result: dict[str, Any]) -> dict[str, Any]:
        for row in result["orders"]:
            row["more"] = "x" * 100
        return {**result, "waiting": waiting, "warnings": ["its own"]}

    result = result_in_runner(*several("changed", 1, 3000), besides=besides)

    assert length(result) <= LONGEST
    assert result["waiting"] == waiting
    assert [row["outcome"] for row in result["orders"]] == ["changed"] * 3000
    own, cut = result["warnings"]
    assert own == "its own"
    assert "orders_detail" in cut
    # Where it fits, and where nothing is cut, it is there in full.
    for few in (result_in_runner(one(1, "changed"), besides=besides), result_of(one(1, "changed"), besides=besides)):
        assert (few["orders"][0]["more"], few["waiting"], few["warnings"]) == ("x" * 100, waiting, ["its own"])


def test_additional_keys_of_a_module_leave_space_for_fewer_rows() -> None:
    keys = range_of(10**8, 22727)

    refuse_too_many(keys, Settings("closed", longer=11 * 22727), Context(environ=RUNNER))
    with pytest.raises(OptionError, match="22727"):
        refuse_too_many([*keys, 1], Settings("closed", longer=11 * 22728), Context(environ=RUNNER))


def range_of(first: int, count: int) -> list[int]:
    return list(range(first, first + count))


@pytest.mark.exhaustive
def test_the_largest_accepted_input_is_reported_in_full() -> None:
    result = result_in_runner(*several("changed", 10**8, 45454))

    assert length(result) <= LONGEST + 1000
    assert result["by_outcome"] == {"changed": range_of(10**8, 45454)}


def test_what_the_task_ignores_counts_as_unchanged() -> None:
    results = [*several("ineligible", 1, 3000), *several("missing", 5000, 3000), *several("changed", 9000, 10)]

    lenient = result_in_runner(*results, ineligible="skip", missing="ok")
    strict = result_in_runner(*results)

    assert len(lenient["orders"]) == 10
    assert len(strict["orders"]) == 6010
