# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which marks a report contains, and which of them can be undone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import DETAILS, Order
from ansible_collections.certops.orders.plugins.module_utils._planners.undo_marks import (
    ReportRefused,
    marked_by,
    plan_undo,
    run_of,
)
from ansible_collections.certops.orders.plugins.module_utils._plans.document import entries_of
from ansible_collections.certops.orders.plugins.module_utils._reports.data import report_of, to_json
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import check_messages, known
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._planners.readings import answered

HOST = "www.digicert.com"
LONG = "#" * 1000


def an_entry(order: int = 4, **facts: Any) -> dict[str, Any]:
    known = {"provider": "certcentral", "order": str(order), "action": "mark_renewed", "outcome": "done"}
    return {**known, "name": "www.example.com", "domains": ["www.example.com"], **facts}


def a_report(*entries: dict[str, Any], **facts: Any) -> str:
    """Return a report as the role order_report writes it."""
    known = {
        "generated_at": "2026-03-01T12:00:00Z",
        "phase": "apply",
        "account": {"account_id": 7, "api_host": HOST},
        "entries": list(entries),
    }
    return to_json(report_of({**known, **facts}))


def changed(text: str, **facts: Any) -> str:
    return json.dumps({**json.loads(text), **facts})


def marks(text: Any, account_id: Any = 7, api_host: str = HOST) -> list[int]:
    return marked_by(text, account_id, api_host)


# -- reading a report --------------------------------------------------------------------------------------------------


def test_the_marked_orders_of_a_run_are_listed_once_by_id() -> None:
    text = a_report(an_entry(9), an_entry(4), an_entry(4), an_entry(10**18))

    assert marks(text) == [4, 9, 10**18]
    assert marks(a_report()) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"action": "unmark_renewed"},
        {"action": "cancel"},
        {"action": "leave", "outcome": "left"},
        *(
            {"outcome": outcome}
            for outcome in ("planned", "unchanged", "pending_approval", "refused", "left", "failed", "unknown")
        ),
        {"outcome": "not_attempted"},
    ],
)
def test_nothing_else_is_a_mark_that_was_set(facts: dict[str, Any]) -> None:
    assert marks(a_report(an_entry(4), an_entry(9, **facts))) == [4]


@each(
    ("facts", "run"),
    [
        ({"plan_sha256": "ab" * 32}, ("ab" * 32, "2026-03-01T12:00:00Z")),
        ({"plan_sha256": None, "generated_at": None}, ("", "")),
        ({"plan_sha256": 7, "generated_at": ["2026-03-01"]}, ("", "")),
    ],
)
def test_the_run_of_a_report_is_its_digest_and_its_time(facts: dict[str, Any], run: tuple[str, str]) -> None:
    assert run_of(changed(a_report(), **facts)) == run
    with pytest.raises(ReportRefused):
        run_of("[]")


NO_REPORTS: dict[str, Any] = {
    "no text": {"schema_version": 1},
    "no JSON object": "[]",
    "another schema version": '{"schema_version": 2}',
    "no schema version": "{}",
    "a report of a plan": a_report(phase="plan"),
    "no list of entries": changed(a_report(), entries=None),
    "another account": changed(a_report(an_entry()), account={"account_id": 8, "api_host": HOST}),
    "no account": changed(a_report(an_entry()), account=None),
    "another API": changed(a_report(an_entry()), account={"account_id": 7, "api_host": "certcentral.digicert.eu"}),
    "no API": changed(a_report(an_entry()), account={"account_id": 7}),
    "a mark of another provider": changed(a_report(), entries=[{**an_entry(), "provider": "servertastic"}]),
}


def refusal(text: Any, *ours: Any) -> str:
    with pytest.raises(ReportRefused) as error:
        marks(text, *ours)
    return str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "<html>",
        "[]",
        '"text"',
        "[" * 200000,
        '{"schema_version": 1, "schema_version": 1}',
        '{"schema_version": NaN}',
        "{" + " " * (33 << 20) + "}",
    ],
    ids=range(9),
)
def test_what_is_no_json_object_is_refused(text: Any) -> None:
    assert refusal(text)


@pytest.mark.parametrize(
    ("text", "situation"),
    [
        *((text, situation) for situation, text in NO_REPORTS.items()),
        (a_report(phase="report"), "a report of a plan"),
        (changed(a_report(), entries={"action": "mark_renewed"}), "no list of entries"),
        (changed(a_report(), entries=["mark_renewed"]), "no list of entries"),
        (changed(a_report(an_entry()), account={"account_id": "8", "api_host": HOST}), "another account"),
        (changed(a_report(an_entry()), account={"account_id": None, "api_host": HOST}), "no account"),
        (changed(a_report(an_entry()), account={"api_host": HOST}), "no account"),
        (changed(a_report(an_entry()), account=[7]), "no account"),
        (changed(a_report(an_entry()), account={"account_id": 7, "api_host": ""}), "no API"),
    ],
)
def test_what_is_no_such_report_is_refused(text: Any, situation: str) -> None:
    assert refusal(text) == known()["marks to undo"][situation]


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"schema_version": True}, "True"),
        ({"schema_version": "1"}, "1"),
        ({"schema_version": "{{ 7 * 7 }}"}, "{{ 7 * 7 }}"),
        ({"account": {"account_id": " 7", "api_host": HOST}}, "account  7"),
        ({"account": {"account_id": 7.0, "api_host": HOST}}, "account 7.0"),
    ],
)
def test_values_of_another_type_are_refused(facts: dict[str, Any], shown: str) -> None:
    assert shown in refusal(changed(a_report(an_entry()), **facts))


def test_a_long_value_is_cut_in_a_refusal() -> None:
    entries = [{**an_entry(), "order": LONG}]
    account = {"account_id": LONG, "api_host": HOST}
    host = {"account_id": 7, "api_host": LONG}
    cases = (
        (refusal(changed(a_report(), schema_version=LONG)), 20),
        (refusal(changed(a_report(), entries=entries)), 50),
        (refusal(changed(a_report(), account=account)), 20),
        (refusal(a_report(), LONG), 20),
        (refusal(changed(a_report(), account=host)), 100),
        (refusal(a_report(), 7, LONG), 100),
        (action_and_reason(a_row(status=LONG), a_page(status=LONG))[1], 50),
    )
    for message, limit in cases:
        assert message.count("#") == limit


@pytest.mark.parametrize(("theirs", "ours"), [(7, 7), ("7", 7), (7, "7"), ("7", "7")])
def test_an_account_is_the_same_as_a_number_and_as_a_text(theirs: Any, ours: Any) -> None:
    """A variable on its way through ansible-core 2.16 becomes a text."""
    assert marks(changed(a_report(an_entry()), account={"account_id": theirs, "api_host": HOST}), ours) == [4]


def test_true_is_no_account_and_what_is_unknown_is_no_match() -> None:
    for account_id, host in ((True, HOST), (None, HOST), (7, "")):
        theirs = {"account_id": account_id, "api_host": host}
        assert refusal(changed(a_report(), account=theirs), account_id, host)
    with pytest.raises(ReportRefused):
        marks(changed(a_report(), account={"account_id": True, "api_host": HOST}), 1)
    with pytest.raises(ReportRefused):
        marks(changed(a_report(), account={"account_id": 1, "api_host": HOST}), True)


@pytest.mark.parametrize(
    "facts",
    [
        {"order": "{{ 7 * 7 }}"},
        {"order": "4; 5"},
        {"order": "0"},
        {"order": "-4"},
        {"order": "\u0664"},
        {"order": "4\n"},
        {"order": "1" * 20},
        {"order": 4},
        {"order": None},
        {"provider": "servertastic"},
        {"provider": None},
    ],
)
def test_a_mark_of_what_is_no_order_is_refused(facts: dict[str, Any]) -> None:
    assert refusal(changed(a_report(), entries=[an_entry(9), {**an_entry(), **facts}]))


# -- turning back ------------------------------------------------------------------------------------------------------


def a_row(order_id: int = 4, **facts: Any) -> Order:
    """Return an order as a list has it. facts: of the JSON."""
    certificate = {"common_name": "www.example.com", "dns_names": ["www.example.com"], "valid_till": "2026-04-01"}
    return answered(order_id, **{"status": "issued", "is_renewed": True, "certificate": certificate, **facts})


def a_page(order_id: int = 4, **facts: Any) -> Order:
    """Return an order as its own page has it. facts: of the JSON."""
    return a_row(order_id, **{"source": DETAILS, **facts})


def action_and_reason(row: Order | None, page: Order | None) -> tuple[str, str]:
    (entry,) = plan_undo([4], [row] if row else [], [page] if page else [])
    # What order_plan takes.
    assert entries_of([entry])[0]["order"] == entry["order"] == "4"
    return entry["action"], entry["reason"]


def because(situation: str) -> str:
    """Return the reason of a plan entry as tests/messages.yml has it, see test_messages."""
    return known()["marks to undo"][situation]


def test_a_mark_that_is_still_there_is_taken_away() -> None:
    assert plan_undo([4], [a_row()], [a_page()]) == [
        {
            "provider": "certcentral",
            "order": "4",
            "name": "www.example.com",
            "domains": ["www.example.com"],
            "action": "unmark_renewed",
            "reason": because("a mark to remove"),
            "state": {"status": "issued", "valid_till": "2026-04-01"},
        }
    ]


@pytest.mark.parametrize(
    ("row", "page", "situation"),
    [
        ({"is_renewed": None}, {}, "a mark to remove"),
        ({}, {"is_renewed": None}, "a mark to remove"),
        ({"status": "renewed", "is_renewed": None}, {"status": "renewed"}, "a mark to remove"),
        ({"status": "expired"}, {"status": "expired"}, "a mark to remove"),
        ({"is_renewed": False}, {"is_renewed": False}, "no mark"),
        ({"is_renewed": None}, {"is_renewed": None}, "no mark"),
        ({"is_renewed": "yes"}, {"is_renewed": 2}, "no mark"),
        ({"is_renewed": True}, {"is_renewed": False}, "an order that changed"),
        ({"is_renewed": False}, {"is_renewed": True}, "an order that changed"),
        ({"status": "expired"}, {}, "an order that changed"),
        ({"status": "revoked"}, {"status": "revoked"}, "a revoked order"),
        ({"status": "reissue_pending"}, {"status": "reissue_pending"}, "an order with a pending reissue"),
        ({"status": ""}, {"status": ""}, "no status"),
        ({}, {"renewed_order_id": 9}, "a true renewal"),
        ({}, {"renewed_order_id": "nine"}, "an unknown renewal"),
        ({}, {"renewed_order_id": False}, "an unknown renewal"),
        ({}, {"renewed_order_id": "{{ 7 * 7 }}"}, "an unknown renewal"),
    ],
)
def test_every_clause(row: dict[str, Any], page: dict[str, Any], situation: str) -> None:
    actions = {"a mark to remove": "unmark_renewed", "no mark": "nothing"}

    assert action_and_reason(a_row(**row), a_page(**page)) == (actions.get(situation, "leave"), because(situation))


@pytest.mark.parametrize(("row", "page"), [(None, None), (a_row(), None), (None, a_page()), (a_row(), a_row())])
def test_a_missing_order_needs_manual_review(row: Order | None, page: Order | None) -> None:
    assert action_and_reason(row, page) == ("leave", because("no such order"))
    (entry,) = plan_undo([4], [row] if row else [], [page] if page else [])
    known = row or page
    assert (entry["name"], entry["state"]["status"]) == ((known.common_name, known.status) if known else ("", ""))


def test_each_order_is_planned_once_by_its_id_and_no_other_one_is() -> None:
    rows, pages = [a_row(5), a_row(4), a_row(9)], [a_page(9), a_page(5), a_page(4)]

    assert [entry["order"] for entry in plan_undo([9, 4, 9], rows, pages)] == ["4", "9"]
    assert plan_undo([], rows, pages) == []


def test_what_was_undone_leaves_nothing_to_do() -> None:
    (entry,) = plan_undo([4], [a_row(is_renewed=False)], [a_page(is_renewed=False)])

    assert entry["action"] == "nothing"


def test_messages() -> None:
    entries = {
        "a mark to remove": action_and_reason(a_row(), a_page()),
        "no mark": action_and_reason(a_row(is_renewed=False), a_page(is_renewed=False)),
        "no such order": action_and_reason(None, None),
        "an order that changed": action_and_reason(a_row(), a_page(is_renewed=False)),
        "a revoked order": action_and_reason(a_row(status="revoked"), a_page(status="revoked")),
        "an order with a pending reissue": action_and_reason(
            a_row(status="reissue_pending"), a_page(status="reissue_pending")
        ),
        "no status": action_and_reason(a_row(status=""), a_page(status="")),
        "a true renewal": action_and_reason(a_row(), a_page(renewed_order_id=9)),
        "an unknown renewal": action_and_reason(a_row(), a_page(renewed_order_id="nine")),
    }
    refusals = {situation: refusal(text) for situation, text in NO_REPORTS.items()}
    check_messages(
        "marks to undo", {**refusals, **{situation: reason for situation, (_action, reason) in entries.items()}}
    )
