# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcomes of a plan are true: nothing is done that was not verified, and nothing is left out."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._common import outcomes as _orders
from ansible_collections.certops.orders.plugins.module_utils._plans.outcomes import (
    OUTCOMES,
    after_batch,
    continuing,
    message,
    new_run,
    outcomes,
    shortened,
    summary,
)
from ansible_collections.certops.orders.plugins.module_utils._plans.reorder_sheets import sheet
from ansible_collections.certops.orders.plugins.module_utils._plans.verification import (
    changed_since,
    reconciled,
    unverified,
    verified,
)
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._plans.test_plans import A_DIGEST, entry, token

TIME = "2026-11-22T10:42:07Z"
SKIPPED = {"changed": False, "skipped": True}


def row(order_id: int = 1, outcome: str = "changed", **more: Any) -> dict[str, Any]:
    facts = {"before": {"status": "pending"}, "after": {"status": "canceled"}}
    return {"order_id": order_id, "outcome": outcome, "reason": "", **facts, **more}


def came_to(entry: dict[str, Any], *results: dict[str, Any], **more: Any) -> dict[str, Any]:
    (one,) = outcomes([entry], results, time=TIME, **more)
    return one


def record(order: Any = 1, action: str = "cancel", outcome: str = "done", **more: Any) -> dict[str, Any]:
    given = token(action) if order == A_DIGEST else entry(order, action, **more)
    return {**came_to(given), "outcome": outcome}


# -- outcomes ----------------------------------------------------------------------------------------------------------


def test_a_record_is_what_a_report_takes() -> None:
    assert came_to(entry(), {"orders": [row()]}) == {
        "provider": "certcentral",
        "order": "1",
        "name": "www1.example.com",
        "domains": ["www1.example.com"],
        "action": "cancel",
        "outcome": "done",
        "reason": "it is pending",
        "before": "status: pending",
        "after": "status: canceled",
        "contact": "",
        "time": TIME,
    }


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("changed", "done"),
        ("unchanged", "unchanged"),
        ("pending_approval", "pending_approval"),
        ("ineligible", "refused"),
        ("missing", "failed"),
        ("failed", "failed"),
        ("unknown", "unknown"),
        ("not_attempted", "not_attempted"),
    ],
)
def test_every_outcome_of_a_module_has_one_of_a_plan(outcome: str, expected: str) -> None:
    one = came_to(entry(), {"orders": [row(outcome=outcome, reason="because")]})

    assert (one["outcome"], one["reason"]) == (expected, "because")
    assert one["time"] == ("" if expected == "not_attempted" else TIME)


def test_none_is_forgotten() -> None:
    for outcome in _orders.OUTCOMES:
        assert came_to(entry(), {"orders": [row(outcome=outcome)]})["outcome"] in OUTCOMES


@pytest.mark.parametrize(("action", "expected"), [("keep", "left"), ("leave", "left"), ("nothing", "unchanged")])
def test_entries_without_a_change_keep_their_planned_reason(action: str, expected: str) -> None:
    one = came_to(entry(1, action, contact="it@example.com"), {"orders": [row()]})

    assert (one["outcome"], one["reason"], one["time"], one["after"]) == (expected, "it is pending", "", "")
    assert one["contact"] == ("it@example.com" if expected == "left" else "")


def test_a_fact_that_was_read_once_only_is_not_a_change() -> None:
    before = {"revocation_requested": False, "certificates_known": True, "product_type": "ssl_certificate"}
    asked = row(outcome="pending_approval", before=before, after={"revocation_requested": True, "status": "issued"})

    one = came_to(entry(1, "revoke"), {"orders": [asked]})

    assert (one["before"], one["after"]) == ("revocation_requested: no", "revocation_requested: yes")


def test_an_order_without_a_result_gets_the_outcome_of_the_caller() -> None:
    state = {"status": "pending", "n": None, "on": True, "off": False, "names": ["a"]}
    one = came_to(entry(state=state, contact="it@example.com"), SKIPPED, {"orders": [row(2)]})
    assert (one["outcome"], one["before"]) == ("planned", "status: pending; n: none; on: yes; off: no")
    assert one["contact"] == "it@example.com"

    two = came_to(entry(), otherwise="refused", reason="a guard says so")
    assert (two["outcome"], two["reason"]) == ("refused", "a guard says so")


@pytest.mark.parametrize("result", [{"msg": "no API key"}, {"msg": "no API key", "orders": None}])
def test_a_module_that_did_not_begin_failed_for_all(result: dict[str, Any]) -> None:
    records = outcomes([entry(1), entry(2)], [result])

    assert [(one["outcome"], one["reason"]) for one in records] == [("failed", "no API key")] * 2
    assert came_to(entry(), {})["outcome"] == "failed"


def test_rows_are_found_by_digest_and_by_request_as_well() -> None:
    cancelled = row(outcome="pending_approval", order_digest=A_DIGEST, admin_email="it@example.com")
    one = came_to(token(), {"orders": [{**cancelled, "order_id": None}]})
    assert (one["outcome"], one["contact"], one["order"]) == ("pending_approval", "it@example.com", A_DIGEST)

    settled = {"requests": [{**row(outcome="changed", request_id=7), "order_id": None}]}
    two = came_to(entry(1, "reject_request", request_id=7), settled)
    assert (two["outcome"], two["request_id"]) == ("done", 7)


def test_a_record_has_the_request_that_a_revocation_has_filed() -> None:
    filed = row(outcome="pending_approval", revocation_request_id=15041, after={"revocation_requested": True})

    one = came_to(entry(1, "revoke"), {"orders": [row(outcome="changed")]}, {"orders": [filed]})

    assert (one["outcome"], one["request_id"]) == ("pending_approval", 15041)
    assert "request_id" not in came_to(entry(1, "revoke"), {"orders": [row(outcome="failed")]})
    # That of the entry is the one that was approved.
    assert came_to(entry(1, "reject_request", request_id=7), {"orders": [filed]})["request_id"] == 7


def test_steps_come_to_one_outcome() -> None:
    to_expire = entry(1, "lapse")
    noted = {"orders": [row(before={"has_note": False}, after={"has_note": True})]}
    off = {"orders": [row(before={"emails": True, "status": "issued"}, after={"emails": False, "status": "issued"})]}

    one = came_to(to_expire, noted, off)

    assert (one["outcome"], one["before"], one["after"]) == (
        "done",
        "has_note: no; emails: yes",
        "has_note: yes; emails: no",
    )
    assert came_to(to_expire, {"orders": [row(outcome="unchanged")]}, off)["outcome"] == "done"
    refused = {"orders": [row(outcome="ineligible", reason="it is canceled")]}
    assert (came_to(to_expire, noted, refused)["outcome"], came_to(to_expire, noted, refused)["reason"]) == (
        "refused",
        "it is canceled",
    )


def test_an_order_with_auto_renew_needs_manual_review() -> None:
    loud = row(after={"auto_renew": True}, reason="AUTO-RENEW IS ON")

    one = came_to(entry(1, "lapse"), {"orders": [loud]})

    assert (one["outcome"], one["reason"]) == ("left", "AUTO-RENEW IS ON")
    assert came_to(entry(1, "lapse"), {"orders": [{**loud, "outcome": "failed"}]})["outcome"] == "failed"


@pytest.mark.parametrize("outcome", ["changed", "pending_approval"])
def test_in_check_mode_it_stays_planned(outcome: str) -> None:
    one = came_to(entry(), {"orders": [row(outcome=outcome)]}, check_mode=True)
    assert (one["outcome"], one["time"]) == ("planned", "")


def test_outcomes_leave_out_the_certificates_of_a_revocation() -> None:
    facts = {"status": "issued", "certificates": [{"id": 1}], "domains": ["a"]}
    one = came_to(entry(1, "revoke"), {"orders": [row(before=facts, after=facts)]})
    assert (one["before"], one["after"]) == ("status: issued", "status: issued")


def test_no_outcome_contains_a_template() -> None:
    one = came_to(entry(), {"orders": [row(reason="{{ x }}", after={"{{ y }}": "{% z %}"})]})
    assert "{{" not in json.dumps(one)
    assert "{%" not in json.dumps(one)


def test_orders_with_an_outcome_are_left_out() -> None:
    assert [one["order"] for one in outcomes([entry(1), entry(2)], but=[record(1)])] == ["2"]


# -- carrying on -------------------------------------------------------------------------------------------------------


def test_only_orders_that_passed_a_step_continue() -> None:
    entries = [entry(1, "reject_request", request_id=10), entry(2, "reject_request", request_id=20)]

    assert continuing(entries, [SKIPPED]) == {"orders": [1, 2], "requests": [10, 20]}
    step = {"orders": [row(1, "failed"), row(2, "unchanged")]}
    assert continuing(entries, [step]) == {"orders": [2], "requests": [20]}
    assert continuing([token()], []) == {"orders": [A_DIGEST], "requests": []}


def after_rows(run: dict[str, Any], *rows: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
    entries = [entry(one["order_id"]) for one in rows]
    return after_batch(run, entries, [{"orders": list(rows)}], time=TIME, check_mode=check_mode)


@pytest.mark.parametrize(
    ("outcome", "proven", "stops"),
    [
        ("changed", True, False),
        ("pending_approval", True, False),
        ("unchanged", False, False),
        ("ineligible", False, False),
        ("failed", False, True),
        ("unknown", False, True),
        ("not_attempted", False, True),
    ],
)
def test_a_run_continues_after_a_verified_change(outcome: str, proven: bool, stops: bool) -> None:
    run = after_rows(new_run(), row(1, outcome, reason="why"))

    assert (run["proven"], bool(run["stopped"])) == (proven, stops)
    later = after_rows(run, row(2))
    assert [one["order"] for one in later["records"]] == ["1", "2"]


def test_later_failures_do_not_stop_it_but_a_module_that_stopped_does() -> None:
    run = after_rows(after_rows(new_run(), row(1)), row(2, "failed", reason="why"), row(3))
    assert (run["proven"], run["stopped"]) == (True, "")

    stopped = after_rows(run, row(4, "failed"), row(5, "not_attempted", reason="the service refused the key"))
    assert stopped["stopped"] == "the service refused the key"
    # Without a reason of its own, that of the entry is used.
    assert after_rows(run, row(6, "not_attempted"))["stopped"] == "it is pending"


def test_a_stopped_run_attempts_nothing() -> None:
    run = after_batch(
        {**new_run(), "stopped": "the window has closed"}, [entry(1)], [SKIPPED], time=TIME, check_mode=False
    )

    assert [(one["outcome"], one["reason"]) for one in run["records"]] == [("not_attempted", "the window has closed")]


def test_an_entry_without_any_result_is_unknown() -> None:
    run = after_batch(new_run(), [entry(1)], [{"orders": []}], time=TIME, check_mode=False)

    assert run["records"][0]["outcome"] == "unknown"
    assert "order 1" in run["stopped"]


# -- reading -----------------------------------------------------------------------------------------------------------


def account_row(order_id: int = 1, status: str = "issued", **more: Any) -> dict[str, Any]:
    return {"order_id": order_id, "status": status, "is_renewed": None, **more}


def request(request_id: int, kind: str, status: str) -> dict[str, Any]:
    return {"request_id": request_id, "type": kind, "status": status}


REISSUE, OLD_REISSUE = request(20, "reissue", "rejected"), request(10, "reissue", "approved")


@pytest.mark.parametrize(
    ("action", "more", "good", "bad"),
    [
        ("cancel", {}, {"status": "canceled"}, {"status": "pending"}),
        ("reject_request", {}, {"status": "rejected"}, {"status": "needs_approval"}),
        ("reject_request", {}, {"status": "denied"}, {"status": "canceled"}),
        (
            "reject_request",
            {"request_id": 7},
            {"status": "issued", "requests": [request(7, "duplicate", "rejected")]},
            {"status": "rejected", "requests": [request(7, "duplicate", "approved")]},
        ),
        ("drop_reissue", {}, {"status": "issued"}, {"status": "reissue_pending"}),
        (
            "drop_reissue",
            {},
            {"status": "issued", "requests": [OLD_REISSUE, REISSUE, request(30, "revoke", "pending")]},
            {"status": "issued", "requests": [OLD_REISSUE, {**REISSUE, "status": "approved"}]},
        ),
        ("mark_renewed", {}, {"is_renewed": True}, {"is_renewed": None}),
        ("unmark_renewed", {}, {"is_renewed": False}, {"is_renewed": None}),
        ("lapse", {}, {"disable_renewal_notifications": True}, {"disable_renewal_notifications": None}),
        (
            "lapse",
            {},
            {"disable_renewal_notifications": True, "auto_reissue": False},
            {"disable_renewal_notifications": True, "auto_reissue": True},
        ),
        ("revoke", {}, {"status": "revoked"}, {"status": "issued"}),
        ("keep", {}, {}, None),
    ],
)
def test_what_an_action_leaves(
    action: str, more: dict[str, Any], good: dict[str, Any], bad: dict[str, Any] | None
) -> None:
    one = entry(1, action, **more)

    assert verified([one], [account_row(2), account_row(**good)]) == []
    if bad is not None:
        assert verified([one], [account_row(**bad)]) == [one]
        assert verified([one], []) == [one]
    # The last row counts.
    assert verified([one], [account_row(status="?"), account_row(**good)]) == []


@pytest.mark.parametrize(
    ("listed", "page", "is_off"),
    [
        (False, None, True),
        (None, False, True),
        (None, None, True),
        (True, None, False),
        (None, True, False),
        (True, False, True),
        (False, True, False),
    ],
)
def test_a_mark_is_removed_where_neither_the_list_nor_the_page_shows_it(
    listed: bool | None, page: bool | None, is_off: bool
) -> None:
    one = record(1, "unmark_renewed")
    rows = [account_row(1, is_renewed=listed), account_row(1, is_renewed=page, requests=[])]

    assert (verified([one], rows) == []) is is_off
    assert (unverified([one], rows)["certcentral"] == []) is is_off
    # The list alone does not decide where it leaves the field out.
    assert (verified([one], rows[:1]) == []) is (listed is False)


def test_what_servertastic_leaves() -> None:
    assert verified([token()], [{"order_digest": A_DIGEST, "order_status": "Cancelled"}]) == []
    assert verified([token()], [{"order_digest": A_DIGEST, "order_status": "Queued"}]) == [token()]


def test_only_what_matters_is_read() -> None:
    records = [
        record(1),
        record(2, outcome="unknown"),
        record(3, outcome="left"),
        record(4, outcome="pending_approval"),
        record(5, outcome="refused"),
        record(6, "keep", "left"),
        record(A_DIGEST),
    ]

    assert unverified(records) == {"certcentral": [1, 2, 3], "servertastic": []}
    assert unverified(records, [account_row(1, "canceled"), account_row(2, "issued")])["certcentral"] == [2, 3]
    assert unverified([{**record(A_DIGEST), "outcome": "left"}]) == {"certcentral": [], "servertastic": [A_DIGEST]}


def test_whether_a_reissue_was_dropped_or_issued_is_read_unless_this_run_dropped_it() -> None:
    rows = [account_row(1), account_row(2)]
    records = [record(1, "drop_reissue"), record(2, "drop_reissue", "left")]

    assert unverified(records, rows)["certcentral"] == [2]
    assert unverified(records, [*rows, account_row(2, requests=[REISSUE])])["certcentral"] == []


@pytest.mark.parametrize(
    ("outcome", "status", "expected"),
    [
        ("done", "canceled", "done"),
        ("done", "pending", "unknown"),
        ("unknown", "canceled", "done"),
        ("unknown", "pending", "unknown"),
        ("failed", "canceled", "failed"),
    ],
)
def test_a_later_read_corrects_the_outcome(outcome: str, status: str, expected: str) -> None:
    (one,) = reconciled([record(outcome=outcome)], [account_row(status=status)])
    assert one["outcome"] == expected


def test_a_change_whose_order_could_not_be_read_again_has_that_as_its_reason() -> None:
    (one,) = reconciled([record()], [], unreadable="the key was refused")
    assert one["outcome"] == "unknown"
    assert "the key was refused" in one["reason"]


def test_what_servertastic_shows_is_too_old_to_correct_anything() -> None:
    rows = [{"order_digest": A_DIGEST, "order_status": "Queued"}]
    assert reconciled([record(A_DIGEST)], rows) == [record(A_DIGEST)]
    rows = [{"order_digest": A_DIGEST, "order_status": "Cancelled"}]
    assert reconciled([{**record(A_DIGEST), "outcome": "left"}], rows, earlier=True)[0]["outcome"] == "done"


def test_what_an_earlier_run_did_is_done() -> None:
    pending = account_row(4, pending_requests=[request(1, "revoke", "pending")])
    records = [record(1, outcome="left"), record(2, outcome="left"), record(3, "keep", "left")]
    records += [record(4, "revoke", "left"), record(5, "revoke", "left")]

    issued = account_row(5, pending_requests=[request(3, "reissue", "pending")])
    found = reconciled(records, [account_row(1, "canceled"), account_row(2), pending, issued], earlier=True)

    assert [one["outcome"] for one in found] == ["done", "left", "left", "pending_approval", "left"]
    # The request that waits is named in every later run as well.
    assert [one.get("request_id") for one in found] == [None, None, None, 1, None]


# -- directly before an order is ended ---------------------------------------------------------------------------------

SHOP, WWW, BOOKS = "shop.example.com", "www.example.com", "xn--bcher-kva.example"
TLS = {"status": "pending", "product": "ssl_plus", "is_migrated": False}
SERIALS = {"status": "issued", "certificates": ["0A", "0B"]}
QUEUED = {"provider": "servertastic", "order": A_DIGEST, "state": {"status": "Queued"}}


@each(
    ("planned", "now", "is_same"),
    [
        ({}, {}, True),
        ({}, {"status": "issued"}, False),
        ({}, {"status": None}, False),
        ({"state": {"status": ""}}, {"status": None}, True),
        ({}, {"product_name_id": "ssl_ev_plus"}, False),
        ({}, {"is_migrated": True}, False),
        # What was not read, or not planned, cannot differ.
        ({}, {"product_name_id": None, "is_migrated": None}, True),
        ({"state": {}}, {"status": "issued"}, True),
        # What has ended as planned needs no call, and any other end is a difference.
        ({}, {"status": "canceled", "domains": [WWW]}, True),
        ({}, {"status": "CANCELED", "domains": [WWW]}, True),
        ({}, {"status": "revoked"}, False),
        ({"action": "revoke"}, {"status": "canceled"}, False),
        ({"action": "revoke"}, {"status": "revoked", "domains": []}, True),
        ({"action": "lapse"}, {}, True),
        ({"action": "lapse"}, {"status": "canceled"}, False),
        # The names.
        ({}, {"domains": [SHOP, WWW]}, False),
        ({"action": "revoke"}, {"domains": [SHOP, WWW]}, False),
        ({"domains": [SHOP, WWW]}, {}, False),
        ({"domains": [SHOP, WWW], "action": "revoke"}, {}, True),
        ({}, {"domains": None}, False),
        ({}, {"domains": [f" {SHOP.upper()}. "]}, True),
        ({"domains": [BOOKS]}, {"domains": ["B\u00dcCHER.example"]}, True),
        ({"domains": [BOOKS]}, {"domains": ["b\u00fccherei.example"]}, False),
        ({"domains": [SHOP, "jane doe"]}, {"common_name": "Jane Doe"}, True),
        ({"domains": [SHOP, "jane doe"]}, {"common_name": "John Doe"}, False),
        ({}, {"common_name": "Jane Doe"}, True),
        ({"domains": [SHOP, "(( x ))"]}, {"domains": [SHOP, "{{ x }}"]}, True),
        # The certificates of a revocation.
        ({"action": "revoke", "state": SERIALS}, {"status": "issued", "serial_number": "0B"}, True),
        ({"action": "revoke", "state": SERIALS}, {"status": "issued", "serial_number": "0C"}, False),
        ({"action": "revoke", "state": SERIALS}, {"status": "issued", "serial_number": None}, False),
        ({"action": "revoke", "state": {"certificates": []}}, {"serial_number": "0A"}, False),
        # Servertastic has other fields.
        (QUEUED, {"order_status": "Queued", "domain_name": SHOP, "domains": [], "status": None}, True),
        (QUEUED, {"order_status": "Completed", "domain_name": SHOP, "domains": []}, False),
        (QUEUED, {"order_status": "Queued", "domain_name": WWW, "domains": [SHOP]}, False),
        (QUEUED, {"order_status": "Queued", "domain_name": None, "domains": [SHOP]}, True),
        (QUEUED, {"order_status": "Cancelled", "domain_name": WWW}, True),
        (QUEUED, {"status": "Queued", "domain_name": SHOP, "domains": []}, False),
    ],
)
def test_an_order_is_ended_only_as_it_was_planned(planned: dict[str, Any], now: dict[str, Any], is_same: bool) -> None:
    one = {**entry(1, domains=[SHOP], state=TLS), **planned}
    page = {"status": "pending", "product_name_id": "ssl_plus", "is_migrated": False, "domains": [SHOP], **now}
    assert (changed_since(one, page) == "") is is_same


# -- summing up --------------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(OUTCOMES)))
def test_a_summary_counts_all(words: list[str]) -> None:
    found = summary([record(number + 1, outcome=word) for number, word in enumerate(words)])

    assert [one["outcome"] for one in found["outcomes"]] == words
    counts = dict(found["result"]["counts"])
    assert counts.pop("total") == sum(counts.values()) == len(words)
    assert found["result"]["failed"] == bool({"failed", "unknown", "not_attempted"} & set(words))


def test_a_run_that_a_guard_stopped_has_failed() -> None:
    refused = summary([record(1, outcome="refused")], ["one", "two"])["result"]

    assert refused["failed"]
    assert "one; two" in refused["msg"]


def test_digests_are_cut_and_requests_are_kept() -> None:
    (one, two) = summary([record(A_DIGEST), record(1, "reject_request", request_id=7)])["outcomes"]
    assert one["order"] == A_DIGEST[:8]
    assert (one.get("request_id"), two["request_id"]) == (None, 7)


def done(order: Any, action: str = "cancel", **more: Any) -> dict[str, Any]:
    """The record of a change that this run has made."""
    return {**record(order, action, **more), "time": TIME}


def waits(order: Any, request_id: int = 0) -> dict[str, Any]:
    more = {"request_id": request_id} if request_id else {}
    return {**record(order, "revoke", "pending_approval"), "time": TIME, **more}


@given(st.lists(st.sampled_from(OUTCOMES)), st.booleans(), st.lists(st.just("a guard"), max_size=2))
def test_a_message_is_short_and_counts_all_that_matters(words: list[str], is_new: bool, violations: list[str]) -> None:
    records = [{**record(number + 1, outcome=word), "time": TIME * is_new} for number, word in enumerate(words)]

    text = message(summary(records)["outcomes"], violations, report="/reports/r.html")

    assert text.count(". ") <= 1
    assert "\n" not in text
    assert text.endswith("/reports/r.html")
    if violations:
        assert "a guard" in text
    else:
        number = re.findall(r"\d+ ", text.partition("first failure")[0])
        counted = Counter(words) if is_new else Counter(word for word in words if word != "done")
        if set(counted) - {"unchanged"}:
            assert {f"{count} " for count in counted.values()} <= set(number)


def test_a_message_names_the_requests_that_wait() -> None:
    text = summary([waits(1, 15041), waits(2, 15042), waits(3), waits(A_DIGEST)])["result"]["msg"]

    assert [word in text for word in ("15041", "15042", A_DIGEST[:8], A_DIGEST[:9])] == [True, True, True, False]


@given(st.lists(st.sampled_from(OUTCOMES), max_size=12), st.integers(0, 12))
def test_what_is_shortened_loses_the_least_urgent_first(words: list[str], limit: int) -> None:
    records = summary([record(number + 1, outcome=word) for number, word in enumerate(words)])["outcomes"]

    every, some = shortened(records, None), shortened(records, limit)

    assert some == every[:limit]
    assert sorted((one["order"], one["outcome"]) for one in every) == sorted(
        (one["order"], one["outcome"]) for one in records
    )
    bad = ("failed", "unknown", "not_attempted")
    is_bad = [one["outcome"] in bad for one in every]
    assert is_bad == sorted(is_bad, reverse=True)
    assert all(("reason" in one) == (one["outcome"] in (*bad, "refused")) for one in every)


def test_what_is_shortened_keeps_the_request() -> None:
    assert shortened([waits(1, 15041)], None) == [
        {
            "provider": "certcentral",
            "order": "1",
            "action": "revoke",
            "outcome": "pending_approval",
            "request_id": 15041,
        }
    ]


@pytest.mark.parametrize("outcome", ["failed", "unknown", "not_attempted"])
def test_a_message_names_the_first_failure(outcome: str) -> None:
    bad = {**record(7, outcome=outcome), "reason": "the service is down"}
    assert "order 7: the service is down" in summary([done(1), bad])["result"]["msg"]


def test_a_sheet_has_what_it_takes_to_order_again() -> None:
    order = {
        "order_id": 1,
        "common_name": "{{ x }}",
        "domains": ["{% y %}", "b.example"],
        "csr": "-----BEGIN",
        "product_name": "Standard SSL",
        "organization_name": "",
        "admin_email": "it@example.com",
        "is_multi_year_plan": False,
    }
    name, text = sheet(order, entry(1), ticket="CHG1", sha256="ab", time=TIME)

    assert name == "reorder-certcentral-1.json"
    assert json.loads(text) == {
        "saved_at": TIME,
        "because": "cancel",
        "ticket": "CHG1",
        "plan_sha256": "ab",
        "provider": "certcentral",
        "order_id": 1,
        "common_name": "(( x ))",
        "domains": ["(% y %)", "b.example"],
        "product_name": "Standard SSL",
        "is_multi_year_plan": False,
        "csr": "-----BEGIN",
    }
    assert sheet({}, token(), ticket="", sha256="", time="")[0] == f"reorder-servertastic-{A_DIGEST}.json"
