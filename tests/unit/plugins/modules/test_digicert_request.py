# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Approving and rejecting requests as a conversation with CertCentral."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.modules import digicert_request as module
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    DONE,
    HANGS_UP,
    NO_SUCH_ORDER,
    NO_SUCH_REQUEST,
    Answer,
    Call,
    asks,
    asks_who,
    changes,
    error,
    reads,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Converse, failure_of, only, play

settles = partial(play, module)
NOT_YOURS = error(403, "access_denied|invalid_approver")


def a_request(status: str = "pending", kind: str = "reissue", number: int = 55) -> Call:
    data = {"id": number, "type": kind, "status": status, "order": {"id": 1}}
    return asks(f"/request/{number}", data)


def answers(status: str, comment: str | None = None, answer: Answer = DONE, number: int = 55) -> Call:
    body = {"status": status, **({"processor_comment": comment} if comment else {})}
    return changes(f"/request/{number}/status", body, answer)


def the_requests(**states: tuple[str, str]) -> Call:
    listed = [{"id": int(name[1:]), "type": kind, "status": status} for name, (kind, status) in states.items()]
    return reads(1, requests=listed)


def test_a_request_is_approved(conversation: Converse) -> None:
    result = settles(
        conversation(a_request(), answers("approved", "fine")), request_id=55, status="approved", comment="fine"
    )
    assert result["changed"] is True
    request = only(result, "requests")
    assert request == {
        "request_id": 55,
        "order_id": 1,
        "type": "reissue",
        "outcome": "changed",
        "before": {"status": "pending"},
        "after": {"status": "approved"},
        "reason": request["reason"],
    }


def test_approving_it_again_is_one_read(conversation: Converse) -> None:
    result = settles(conversation(a_request("approved")), request_id=55, status="approved")
    assert (result["changed"], only(result, "requests")["outcome"]) == (False, "unchanged")


def test_check_mode_predicts(conversation: Converse) -> None:
    result = settles(conversation(a_request(kind="revoke")), request_id=55, status="approved", check_mode=True)
    assert (result["changed"], only(result, "requests")["after"]) == (True, {"status": "approved"})


@pytest.mark.parametrize("confirm", [True, False])
def test_a_revocation_is_approved_only_where_that_is_meant(conversation: Converse, confirm: bool) -> None:
    calls = [answers("approved")] if confirm else []
    service = conversation(a_request(kind="revoke"), *calls)
    result = settles(service, request_id=55, status="approved", confirm=confirm)
    assert result["changed"] is confirm
    assert confirm or "confirm" in result["msg"]


def test_what_was_decided_otherwise_is_refused(conversation: Converse) -> None:
    result = settles(conversation(a_request("approved")), request_id=55, status="rejected")
    assert failure_of(result)["code"] == "ineligible"
    assert failure_of(result)["order_id"] == 1


@pytest.mark.parametrize("took_effect", [True, False])
def test_a_decision_is_verified_by_a_read_after_a_lost_reply(conversation: Converse, took_effect: bool) -> None:
    then = [a_request("rejected")] if took_effect else [a_request(), answers("rejected")]
    service = conversation(a_request(), answers("rejected", answer=HANGS_UP), *then)
    result = settles(service, request_id=55, status="rejected")
    assert (result["changed"], only(result, "requests")["outcome"]) == (True, "changed")


def test_a_user_without_the_permission_to_approve_is_reported(conversation: Converse) -> None:
    service = conversation(a_request(), answers("approved", answer=NOT_YOURS), a_request())
    result = settles(service, request_id=55, status="approved")
    assert (failure_of(result)["code"], result["changed"]) == ("access_denied|invalid_approver", False)


def test_a_request_that_does_not_exist(conversation: Converse) -> None:
    service = conversation(asks("/request/55", answer=NO_SUCH_REQUEST), asks_who())
    assert only(settles(service, request_id=55, status="approved"), "requests")["outcome"] == "missing"


def test_several_requests(conversation: Converse) -> None:
    service = conversation(a_request(number=1), a_request("rejected", number=2), answers("rejected", number=1))
    result = settles(service, request_ids=[1, 2], status="rejected")
    assert [one["outcome"] for one in result["requests"]] == ["changed", "unchanged"]


# -- by their orders ---------------------------------------------------------------------------------------------------


def test_the_request_of_an_order(conversation: Converse) -> None:
    service = conversation(
        the_requests(r9=("new_request", "approved"), r2=("reissue", "submitted")), answers("rejected", number=2)
    )
    result = settles(service, order_id=1, status="rejected")
    assert (result["changed"], only(result, "requests")["request_id"]) == (True, 2)


@pytest.mark.parametrize(
    ("states", "ids"),
    [({}, []), ({"r1": ("reissue", "pending"), "r2": ("revoke", "pending")}, ["1", "2"])],
)
def test_an_order_without_exactly_one_matching_request_is_ineligible(
    conversation: Converse, states: Any, ids: list[str]
) -> None:
    result = settles(conversation(the_requests(**states)), order_id=1, status="rejected", ineligible="skip")
    assert (result["changed"], only(result, "requests")["outcome"]) == (False, "ineligible")
    assert re.findall(r"\d+", only(result, "requests")["reason"]) == ids


def test_the_orders_of_several(conversation: Converse) -> None:
    service = conversation(the_requests(r2=("reissue", "rejected")), reads(3, NO_SUCH_ORDER), asks_who())
    result = settles(service, order_ids=[1, 3], status="rejected", missing="ok")
    assert [(one["order_id"], one["outcome"]) for one in result["requests"]] == [(1, "unchanged"), (3, "missing")]


@pytest.mark.parametrize("argument", ["request_id", "order_id"])
def test_ids_have_to_be_positive(conversation: Converse, argument: str) -> None:
    result = settles(conversation(), status="approved", **{argument: 0})
    assert failure_of(result)["code"] == "invalid_option"
    assert argument in result["msg"]
