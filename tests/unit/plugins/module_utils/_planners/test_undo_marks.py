# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which marks a report tells of, and which of them can be turned back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._planners.undo_marks import (
    ReportRefused,
    marked_by,
    plan_undo,
)
from ansible_collections.certops.orders.plugins.module_utils._plans.document import entries_of
from ansible_collections.certops.orders.plugins.module_utils._reports.data import report_of, to_json

HOST = "www.digicert.com"


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


def test_what_a_run_has_marked_is_told_by_id_and_once() -> None:
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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "it is no text"),
        ({"schema_version": 1}, "it is no text"),
        ("", "it is no JSON"),
        ("<html>", "it is no JSON"),
        ("[]", "no object"),
        ('"text"', "no object"),
        ("[" * 200000, "nested too deeply"),
        ('{"schema_version": 1, "schema_version": 1}', "a name twice"),
        ('{"schema_version": 2}', "schema version 2, and this is 1"),
        ('{"schema_version": true}', "schema version True"),
        ('{"schema_version": "1"}', "schema version 1"),
        ("{}", "schema version None"),
        ('{"schema_version": "{{ 7 * 7 }}"}', "schema version {{ 7 \\* 7 }}"),
        (a_report(phase="plan"), "not of a run that has applied"),
        (a_report(phase="report"), "not of a run that has applied"),
        (changed(a_report(), entries=None), "no list of entries"),
        (changed(a_report(), entries={"action": "mark_renewed"}), "no list of entries"),
        (changed(a_report(), entries=["mark_renewed"]), "no list of entries"),
        ('{"schema_version": NaN}', "a number that is none"),
        ("{" + " " * (33 << 20) + "}", "longer than 32 MiB"),
    ],
    ids=range(20),
)
def test_what_is_no_such_report_is_refused(text: Any, words: str) -> None:
    with pytest.raises(ReportRefused, match=words):
        marks(text)


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({"account_id": 8, "api_host": HOST}, "it is of account 8, and this run is for 7"),
        ({"account_id": "8", "api_host": HOST}, "it is of account 8"),
        ({"account_id": " 7", "api_host": HOST}, "it is of account  7"),
        ({"account_id": 7.0, "api_host": HOST}, "it is of account 7.0"),
        ({"account_id": None, "api_host": HOST}, "it is of account none"),
        ({"api_host": HOST}, "it is of account none"),
        (None, "it is of account none"),
        ([7], "it is of account none"),
        ({"account_id": 7, "api_host": "certcentral.digicert.eu"}, "API at certcentral.digicert.eu, and this run asks"),
        ({"account_id": 7}, "API at none"),
        ({"account_id": 7, "api_host": ""}, "API at none"),
    ],
)
def test_a_report_of_elsewhere_is_refused(account: Any, words: str) -> None:
    with pytest.raises(ReportRefused, match=words):
        marks(changed(a_report(an_entry()), account=account))


@pytest.mark.parametrize(("theirs", "ours"), [(7, 7), ("7", 7), (7, "7"), ("7", "7")])
def test_an_account_is_the_same_as_a_number_and_as_a_text(theirs: Any, ours: Any) -> None:
    """A variable on its way through ansible-core 2.16 becomes a text."""
    assert marks(changed(a_report(an_entry()), account={"account_id": theirs, "api_host": HOST}), ours) == [4]


def test_true_is_no_account_and_what_is_unknown_is_no_match() -> None:
    text = changed(a_report(), account={"account_id": True, "api_host": HOST})
    with pytest.raises(ReportRefused, match="it is of account True"):
        marks(text, 1)
    with pytest.raises(ReportRefused, match="this run is for True"):
        marks(changed(a_report(), account={"account_id": 1, "api_host": HOST}), True)
    with pytest.raises(ReportRefused, match="it is of account none"):
        marks(changed(a_report(), account={"account_id": None, "api_host": HOST}), None)
    with pytest.raises(ReportRefused, match="this run asks none"):
        marks(changed(a_report(), account={"account_id": 7, "api_host": ""}), 7, "")


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
    with pytest.raises(ReportRefused, match="which is no order of certcentral"):
        marks(changed(a_report(), entries=[an_entry(9), {**an_entry(), **facts}]))


# -- turning back ------------------------------------------------------------------------------------------------------


def a_row(order_id: int = 4, **facts: Any) -> dict[str, Any]:
    known = {"order_id": order_id, "status": "issued", "is_renewed": True, "valid_till": "2026-04-01"}
    return {**known, "common_name": "www.example.com", "domains": ["www.example.com"], **facts}


def a_page(order_id: int = 4, **facts: Any) -> dict[str, Any]:
    return {**a_row(order_id), "renewed_order_id": 0, **facts}


def told(row: dict[str, Any] | None, page: dict[str, Any] | None) -> tuple[str, str]:
    (entry,) = plan_undo([4], [row] if row else [], [page] if page else [])
    # What order_plan takes.
    assert entries_of([entry])[0]["order"] == entry["order"] == "4"
    return entry["action"], entry["reason"]


def test_a_mark_that_is_still_there_is_taken_away() -> None:
    assert plan_undo([4], [a_row()], [a_page()]) == [
        {
            "provider": "certcentral",
            "order": "4",
            "name": "www.example.com",
            "domains": ["www.example.com"],
            "action": "unmark_renewed",
            "reason": "the report says that its run has marked it renewed",
            "state": {"status": "issued", "valid_till": "2026-04-01"},
        }
    ]


@pytest.mark.parametrize(
    ("row", "page", "action", "words"),
    [
        ({"is_renewed": None}, {}, "unmark_renewed", "the report says"),
        ({}, {"is_renewed": None}, "unmark_renewed", "the report says"),
        ({"status": "renewed", "is_renewed": None}, {"status": "renewed"}, "unmark_renewed", "the report says"),
        ({"status": "expired"}, {"status": "expired"}, "unmark_renewed", "the report says"),
        ({"is_renewed": False}, {"is_renewed": False}, "nothing", "not count as renewed any more"),
        ({"is_renewed": None}, {"is_renewed": None}, "nothing", "not count as renewed any more"),
        ({"is_renewed": "yes"}, {"is_renewed": 1}, "nothing", "not count as renewed any more"),
        ({"is_renewed": True}, {"is_renewed": False}, "leave", "it changed while it was read"),
        ({"is_renewed": False}, {"is_renewed": True}, "leave", "it changed while it was read"),
        ({"status": "expired"}, {}, "leave", "it changed while it was read"),
        ({"status": "revoked"}, {"status": "revoked"}, "leave", "its status is revoked"),
        ({"status": "reissue_pending"}, {"status": "reissue_pending"}, "leave", "its status is reissue_pending"),
        ({"status": ""}, {"status": ""}, "leave", "its status is not known"),
        ({}, {"renewed_order_id": 9}, "leave", "order 9 has truly renewed it meanwhile"),
        ({}, {"renewed_order_id": None}, "leave", "does not say whether an order has truly renewed it"),
        ({}, {"renewed_order_id": False}, "leave", "does not say whether an order has truly renewed it"),
        ({}, {"renewed_order_id": "{{ 7 * 7 }}"}, "leave", "does not say whether an order has truly renewed it"),
    ],
)
def test_every_clause(row: dict[str, Any], page: dict[str, Any], action: str, words: str) -> None:
    came_to, reason = told(a_row(**row), a_page(**page))

    assert came_to == action
    assert words in reason


@pytest.mark.parametrize(("row", "page"), [(None, None), (a_row(), None), (None, a_page())])
def test_what_is_not_found_is_left_to_a_person(row: dict[str, Any] | None, page: dict[str, Any] | None) -> None:
    assert told(row, page) == ("leave", "there is no such order, or not for this key")


def test_each_order_is_planned_once_by_its_id_and_no_other_one_is() -> None:
    rows, pages = [a_row(5), a_row(4), a_row(9)], [a_page(9), a_page(5), a_page(4)]

    assert [entry["order"] for entry in plan_undo([9, 4, 9], rows, pages)] == ["4", "9"]
    assert plan_undo([], rows, pages) == []


def test_what_was_undone_leaves_nothing_to_do() -> None:
    (entry,) = plan_undo([4], [a_row(is_renewed=False)], [a_page(is_renewed=False)])

    assert entry["action"] == "nothing"
