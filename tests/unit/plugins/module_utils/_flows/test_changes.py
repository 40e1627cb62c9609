# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each action of a plan sends, and with what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.plugins.module_utils._flows.changes import CHANGES, Batch, ChangeOptions, make
from ansible_collections.certops.orders.plugins.module_utils._plans.actions import ACTIONS, WRITING
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._flows.book import (
    DIGEST,
    Book,
    opened,
    order,
)

NOTE = "CHG0031337, retired"
PUT = "PUT /order/certificate/1"
ASKED = [{"id": 55, "type": "new_request", "status": "pending"}]
REISSUE = [{"id": 56, "type": "reissue", "status": "pending"}]
CANCEL = {"status": "canceled", "note": NOTE}
REVOCATION = {"revocation_reason": "cessation_of_operation", "comments": NOTE, "skip_approval": False}
OPTIONS = ChangeOptions(progress=False, workers=1, servertastic={"replacement": "none"})


def batch(action: str, drop_reissue: bool = False, provider: str = "certcentral") -> Batch:
    orders = [1] if provider == "certcentral" else [DIGEST]
    requests = [55] if action == "reject_request" else []
    return Batch(provider, action, orders, requests, drop_reissue, False, note=NOTE)


def carry_out(service: Book, planned: Batch, options: ChangeOptions = OPTIONS, **facts: Any) -> list[dict[str, Any]]:
    """Run all operations of an action."""
    with opened(service, **facts) as services:
        return [make(change, services, planned, options) for change in CHANGES[planned.provider, planned.action]]


def test_every_action_that_writes_has_a_row() -> None:
    assert set(CHANGES) == {
        (provider, action) for provider, known in ACTIONS.items() for action in known if action in WRITING
    }


@pytest.mark.parametrize(
    ("action", "drop", "page", "sent"),
    [
        ("cancel", False, order(1), [(f"{PUT}/status", CANCEL)]),
        (
            "reject_request",
            False,
            order(1, "needs_approval", requests=ASKED),
            [("PUT /request/55/status", {"status": "rejected", "processor_comment": NOTE})],
        ),
        ("drop_reissue", False, order(1, "reissue_pending", requests=REISSUE), [(f"{PUT}/status", CANCEL)]),
        ("mark_renewed", False, order(1, "issued"), [(f"{PUT}/status", {"status": "renewed", "note": NOTE})]),
        (
            "unmark_renewed",
            False,
            order(1, "issued", is_renewed=True),
            [(f"{PUT}/status", {"status": "not_renewed", "note": NOTE})],
        ),
        (
            "lapse",
            False,
            order(1, "issued", auto_reissue=1),
            [
                ("POST /order/certificate/1/note", {"text": NOTE}),
                (f"{PUT}/renewal-emails/off", None),
                (f"{PUT}/auto-reissue", {"auto_reissue": 0}),
            ],
        ),
        (
            "lapse",
            True,
            order(1, "reissue_pending"),
            [
                (f"{PUT}/status", CANCEL),
                ("POST /order/certificate/1/note", {"text": NOTE}),
                (f"{PUT}/renewal-emails/off", None),
            ],
        ),
        ("revoke", False, order(1, "issued"), [(f"{PUT}/revoke", REVOCATION)]),
        ("revoke", True, order(1, "reissue_pending"), [(f"{PUT}/status", CANCEL), (f"{PUT}/revoke", REVOCATION)]),
    ],
)
def test_an_action_sends_its_changes_in_sequence(
    book: Callable[..., Book], action: str, drop: bool, page: dict[str, Any], sent: list[tuple[str, Any]]
) -> None:
    service = book(page, migrated=[1])

    results = carry_out(service, batch(action, drop))

    assert list(zip(service.writes, service.bodies)) == sent
    assert not [result["msg"] for result in results if result.get("failed")]
    # In check mode nothing is sent, and the same is announced.
    again = book(page, migrated=[1])
    assert carry_out(again, batch(action, drop), check_mode=True)
    assert again.writes == []


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize(
    ("action", "page", "write"),
    [
        ("cancel", order(1), f"{PUT}/status"),
        ("reject_request", order(1, "needs_approval", requests=ASKED), "PUT /request/55/status"),
        ("drop_reissue", order(1, "reissue_pending", requests=REISSUE), f"{PUT}/status"),
        ("mark_renewed", order(1, "issued"), f"{PUT}/status"),
        ("unmark_renewed", order(1, "issued", is_renewed=True), f"{PUT}/status"),
    ],
)
def test_only_a_change_that_is_verified_is_followed_by_a_read(
    book: Callable[..., Book], action: str, page: dict[str, Any], write: str, verify: bool
) -> None:
    service = book(page, migrated=[1])
    carry_out(service, replace(batch(action), verify=verify))
    assert (service.sent[-1] != write) is verify


@pytest.mark.parametrize("verify", [True, False])
def test_a_note_is_verified_where_changes_are_and_a_renewal_setting_always(
    book: Callable[..., Book], verify: bool
) -> None:
    service = book(order(1, "issued"))
    carry_out(service, replace(batch("lapse"), verify=verify))
    note = service.sent.index("POST /order/certificate/1/note")
    assert service.sent[note + 1].endswith("/note") is verify
    assert service.sent[-1] == "GET /order/certificate/1"


def test_a_revocation_is_verified_and_not_waited_for(book: Callable[..., Book]) -> None:
    service = book(order(1, "issued"))
    carry_out(service, replace(batch("revoke"), verify=False))
    sent = service.sent.index(f"{PUT}/revoke")
    assert service.sent[sent + 1 :] == ["GET /order/certificate/1", "GET /request/901"]


@pytest.mark.parametrize(
    ("action", "first_read"), [("lapse", "GET /order/certificate/1/note"), ("revoke", "GET /order/certificate/1")]
)
def test_a_reissue_that_is_dropped_first_is_verified_before_the_next_step(
    book: Callable[..., Book], action: str, first_read: str
) -> None:
    service = book(order(1, "reissue_pending"))
    carry_out(service, replace(batch(action, drop_reissue=True), verify=False))
    dropped = service.sent.index(f"{PUT}/status")
    assert service.sent[dropped + 1 : dropped + 3] == ["GET /order/certificate/1", first_read]


@pytest.mark.parametrize(("accepted", "count"), [(True, 1), (False, 0)])
def test_an_order_of_which_not_all_certificates_are_known_is_revoked_where_that_is_accepted(
    book: Callable[..., Book], accepted: bool, count: int
) -> None:
    service = book(order(1, "issued", duplicates_count=2))
    carry_out(service, replace(batch("revoke"), accept_unknown=accepted))
    assert service.writes == [f"{PUT}/revoke"] * count


def test_a_request_without_an_id_is_found_by_its_order(book: Callable[..., Book]) -> None:
    service = book(order(1, "needs_approval", requests=ASKED))
    carry_out(service, replace(batch("reject_request"), requests=[]))
    assert service.writes == ["PUT /request/55/status"]


@pytest.mark.parametrize(("action", "review"), [("cancel", "Queued"), ("revoke", "Completed")])
def test_an_order_of_servertastic_is_cancelled(book: Callable[..., Book], action: str, review: str) -> None:
    service = book(review=review)

    (result,) = carry_out(service, batch(action, provider="servertastic"))

    assert service.writes == ["GET /order/cancel.json"]
    assert result["orders"][0]["outcome"] == ("changed" if action == "cancel" else "pending_approval")


def test_an_issued_order_of_servertastic_is_not_cancelled_by_an_action_that_is_no_revocation(
    book: Callable[..., Book],
) -> None:
    service = book(review="Completed")
    (result,) = carry_out(service, batch("cancel", provider="servertastic"))
    assert (service.writes, result["orders"][0]["outcome"]) == ([], "ineligible")


@pytest.mark.parametrize(("replacement", "count"), [("required", 0), ("none", 1)])
def test_the_options_of_servertastic_reach_the_operation(
    book: Callable[..., Book], tmp_path: Path, replacement: str, count: int
) -> None:
    service, log = book(review="Completed"), tmp_path / "requests.jsonl"
    chosen = {"replacement": replacement, "request_log": str(log)}
    for _run in range(2):
        carry_out(service, batch("revoke", provider="servertastic"), replace(OPTIONS, servertastic=chosen))
    # The second run finds the request in the log.
    assert len(service.writes) == count
    assert log.exists() is bool(count)


def test_a_request_at_servertastic_is_repeated_where_that_is_wanted(book: Callable[..., Book], tmp_path: Path) -> None:
    service, log = book(review="Completed"), str(tmp_path / "requests.jsonl")
    for again in (False, False, True):
        chosen = {"replacement": "none", "request_log": log, "request_again": again}
        carry_out(service, batch("revoke", provider="servertastic"), replace(OPTIONS, servertastic=chosen))
    assert len(service.writes) == 2


@pytest.mark.parametrize(("name", "value"), [("wait_timeout", 0), ("poll_interval", 0), ("poll_interval", 86401)])
def test_options_of_servertastic_that_cannot_be_used_are_the_result(
    book: Callable[..., Book], name: str, value: int
) -> None:
    service = book()
    options = replace(OPTIONS, servertastic={**OPTIONS.servertastic, name: value})
    (result,) = carry_out(service, batch("cancel", provider="servertastic"), options)
    assert (result["failed"], result["changed"], service.writes) == (True, False, [])
    assert name in result["msg"]


@each("action", ["cancel", "mark_renewed"])
def test_a_reissue_is_dropped_only_where_the_plan_says_so(book: Callable[..., Book], action: str) -> None:
    service = book(order(1, "reissue_pending", requests=REISSUE), migrated=[1])
    (result,) = carry_out(service, batch(action, drop_reissue=True))
    assert (service.writes, result["orders"][0]["outcome"]) == ([], "ineligible")


@each(("drop", "writes"), [(True, [f"{PUT}/status", f"{PUT}/revoke"]), (False, [])])
def test_a_reissue_that_comes_between_is_dropped_by_the_revocation_itself(
    book: Callable[..., Book], drop: bool, writes: list[str]
) -> None:
    service = book(order(1, "reissue_pending"))
    with opened(service) as services:
        make(CHANGES["certcentral", "revoke"][-1], services, batch("revoke", drop), OPTIONS)
    assert service.writes == writes


def test_a_mark_is_set_on_migrated_orders_only(book: Callable[..., Book]) -> None:
    service = book(order(1, "issued"))
    (result,) = carry_out(service, batch("mark_renewed"))
    assert (service.writes, result["orders"][0]["outcome"]) == ([], "ineligible")


def test_what_keeps_an_operation_from_beginning_is_its_result(book: Callable[..., Book]) -> None:
    service = book(order(1))
    service.refuses = ("GET ",)
    (result,) = carry_out(service, batch("cancel"))
    assert (result.get("failed"), result["changed"], service.writes) == (True, False, [])


def test_a_defect_is_a_failure_and_leaves_each_order_unknown(book: Callable[..., Book]) -> None:
    def defect(*_arguments: Any) -> dict[str, Any]:
        raise KeyError

    with opened(book()) as services:
        result = make(defect, services, batch("cancel"), OPTIONS)
        assert services.context.stop.reason
    (row,) = result.pop("orders")
    assert (result, row["order_id"], row["outcome"]) == ({"failed": True, "changed": False}, 1, "unknown")
    assert "KeyError" in row["reason"]


def test_every_change_is_in_the_audit_log_with_its_ticket(book: Callable[..., Book], tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    carry_out(book(order(1)), batch("cancel"), replace(OPTIONS, audit_log=str(log), ticket="CHG7"))
    assert "CHG7" in log.read_text()


@pytest.mark.parametrize("action", ["cancel", "lapse", "revoke"])
def test_where_the_environment_forbids_writes_nothing_is_sent(book: Callable[..., Book], action: str) -> None:
    service = book(order(1, "pending" if action == "cancel" else "issued"))
    results = carry_out(service, batch(action), environ={"DIGICERT_READ_ONLY": "1"})
    assert service.writes == []
    # The first step of others may have nothing to do.
    assert next(result for result in results if not result.get("skipped"))["failed"]
