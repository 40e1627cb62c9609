# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revoking as a conversation with CertCentral: nothing is revoked twice, blindly, or without being meant."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.modules import digicert_certificate_revoke as module
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    HANGS_UP,
    HTML,
    NO_SUCH_ORDER,
    VIEW_ONLY,
    Answer,
    Call,
    Service,
    asks,
    asks_who,
    changes,
    error,
    in_days,
    json_answer,
    reads,
    sets,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Converse, failure_of, only, play

WHY = "CHG0031337, retired"
BODY = {"comments": WHY, "revocation_reason": "unspecified", "skip_approval": False}
FILED = json_answer({"id": 55, "type": "revoke", "status": "pending"}, 201)
WAITS = [{"id": 55, "type": "revoke", "status": "pending"}]
PRIMARY = {"id": 5, "serial_number": "0A", "common_name": "www.example.com", "valid_till": in_days(30)}
DUPLICATE = {"id": 6, "serial_number": "0B", "common_name": "api.example.com", "valid_till": in_days(30)}

asked_to_revoke = partial(play, module, comments=WHY, confirm=True)


def an_order(status: str = "issued", certificate: Any = None, **facts: Any) -> Call:
    return reads(1, json_answer({"id": 1, "status": status, "certificate": certificate or PRIMARY, **facts}))


def request(certificate: Any = None, status: str = "pending") -> Call:
    """GET the request that an order's page names; only the request shows what it is for."""
    known = {"certificate": {"id": certificate}} if certificate else {}
    return asks("/request/55", {"id": 55, "type": "revoke", "status": status, "order": {"id": 1}, **known})


def others(*duplicates: Any) -> list[Call]:
    duplicate = {"certificates": list(duplicates)} if duplicates else {}
    return [
        asks("/order/certificate/1/reissue?show_archived=true"),
        asks("/order/certificate/1/duplicate?show_archived=true", duplicate),
    ]


def revokes(target: str = "/order/certificate/1", answer: Answer = FILED, **body: Any) -> Call:
    return changes(f"{target}/revoke", {**BODY, **body}, answer)


# -- an order ----------------------------------------------------------------------------------------------------------


def test_asking_for_the_revocation_of_an_order_revokes_nothing_yet(conversation: Converse) -> None:
    service = conversation(an_order(), *others(DUPLICATE), revokes())
    result = asked_to_revoke(service, order_id=1, diff=True)

    order = only(result)
    assert (result["changed"], order["outcome"]) == (True, "pending_approval")
    assert "request 55" in result["msg"]
    assert order["after"] == {**order["before"], "revocation_requested": True}
    assert [one["certificate_id"] for one in order["before"]["certificates"]] == [5, 6]
    assert order["before"]["domains"] == ["api.example.com", "www.example.com"]
    assert "serial_number: 0B" in result["diff"]["before"]


@pytest.mark.parametrize(
    ("echo", "lost"),
    [
        ({"comments": WHY}, False),
        ({"comments": WHY.replace(" ", "\n ")}, False),
        ({"comments": WHY[:5]}, True),
        ({"comments": ""}, True),
        ({}, True),
    ],
)
def test_a_comment_that_is_lost_is_warned_of(conversation: Converse, echo: Any, lost: bool) -> None:
    filed = json_answer({"id": 55, "type": "revoke", "status": "pending", **echo}, 201)
    result = asked_to_revoke(conversation(an_order(), *others(), revokes(answer=filed)), order_id=1)
    assert only(result)["outcome"] == "pending_approval"
    warnings = [text for text in result.get("warnings", []) if "comments" in text]
    assert len(warnings) == lost
    if lost:
        assert "request 55 of order 1" in warnings[0]
        assert "digicert_order_note" in warnings[0]


def test_a_revocation_without_approval_keeps_no_comment_and_warns_of_none(conversation: Converse) -> None:
    service = conversation(an_order(), *others(), revokes(answer=changes("").answer, skip_approval=True))
    result = asked_to_revoke(service, order_id=1, skip_approval=True)
    assert (only(result)["outcome"], result.get("warnings", [])) == ("changed", [])


def test_a_long_comment_is_compared_whole(conversation: Converse) -> None:
    why = "x" * 3000
    for echo in (why, why[:-1]):
        filed = json_answer({"id": 55, "type": "revoke", "status": "pending", "comments": echo}, 201)
        call = changes("/order/certificate/1/revoke", {**BODY, "comments": why}, filed)
        result = play(module, conversation(an_order(), *others(), call), comments=why, confirm=True, order_id=1)
        assert bool(result.get("warnings")) is (echo != why)


def test_asking_again_while_it_waits_files_no_second_request(conversation: Converse) -> None:
    result = asked_to_revoke(conversation(an_order(requests=WAITS), request()), order_id=1)
    assert (result["changed"], only(result)["outcome"]) == (False, "pending_approval")
    assert "failed" not in result
    assert result["api"]["requests"] == 2


def test_a_request_for_one_certificate_does_not_stand_for_the_order(conversation: Converse) -> None:
    service = conversation(an_order(requests=WAITS), request(6), *others(DUPLICATE), revokes())
    result = asked_to_revoke(service, order_id=1)
    assert (result["changed"], only(result)["outcome"]) == (True, "pending_approval")
    assert only(result)["before"]["revocation_requested"] is False


def test_a_request_that_is_decided_on_between_two_reads_does_not_wait(conversation: Converse) -> None:
    service = conversation(an_order(requests=WAITS), request(status="rejected"), *others(), revokes())
    assert asked_to_revoke(service, order_id=1)["changed"] is True


@pytest.mark.parametrize("status", ["expired", "revoked"])
def test_what_requests_are_for_does_not_matter_where_nothing_can_be_revoked(
    conversation: Converse, status: str
) -> None:
    result = asked_to_revoke(conversation(an_order(status, requests=WAITS)), order_id=1)
    assert only(result)["outcome"] == {"expired": "ineligible", "revoked": "unchanged"}[status]


def test_a_request_that_the_key_may_not_read_fails_and_files_nothing(conversation: Converse) -> None:
    service = conversation(an_order(requests=WAITS), asks("/request/55", answer=VIEW_ONLY))
    result = asked_to_revoke(service, order_id=1)
    assert (failure_of(result)["http_status"], only(result)["outcome"]) == (403, "failed")
    assert service.writes == []


def test_an_approver_revokes_at_once(conversation: Converse) -> None:
    body = {"skip_approval": True, "revocation_reason": "key_compromise"}
    service = conversation(an_order(), *others(), revokes(answer=Answer(204, headers=()), **body))
    result = asked_to_revoke(service, order_id=1, skip_approval=True, reason="key_compromise")
    assert (result["changed"], only(result)["outcome"]) == (True, "changed")
    assert only(result)["after"]["certificates"][0]["status"] == "revoked"


def test_what_is_revoked_already_costs_one_read(conversation: Converse) -> None:
    result = asked_to_revoke(conversation(an_order("revoked")), order_id=1)
    assert (result["changed"], only(result)["outcome"]) == (False, "unchanged")


@pytest.mark.parametrize("skip_approval", [True, False])
def test_check_mode_lists_the_certificates_that_would_end_and_sends_nothing(
    conversation: Converse, skip_approval: bool
) -> None:
    service = conversation(an_order(), *others(DUPLICATE))
    result = asked_to_revoke(service, order_id=1, check_mode=True, confirm=False, skip_approval=skip_approval)
    order = only(result)
    assert result["changed"] is True
    assert order["outcome"] == ("changed" if skip_approval else "pending_approval")
    assert [one["certificate_id"] for one in order["before"]["certificates"]] == [5, 6]


@pytest.mark.parametrize(
    ("status", "named"),
    [
        ("pending", "digicert_order_status"),
        ("needs_approval", "digicert_request"),
        ("expired", ""),
        ("reissue_pending", "cancel_reissue"),
    ],
)
def test_what_cannot_be_revoked_is_refused_with_the_next_step(conversation: Converse, status: str, named: str) -> None:
    result = asked_to_revoke(conversation(an_order(status)), order_id=1)
    assert failure_of(result)["code"] == "ineligible"
    assert named in result["msg"]


def test_a_reissue_is_dropped_first(conversation: Converse) -> None:
    service = conversation(an_order("reissue_pending"), *others(), sets(1, "canceled", WHY), revokes())
    result = asked_to_revoke(service, order_id=1, cancel_reissue=True)
    assert only(result)["after"]["status"] == "issued"
    assert only(result)["outcome"] == "pending_approval"


def test_a_reissue_that_was_dropped_where_the_revocation_is_refused_counts_as_a_change(conversation: Converse) -> None:
    service = conversation(
        *(an_order("reissue_pending"), *others(), sets(1, "canceled", WHY)),
        *(revokes(answer=VIEW_ONLY), an_order(), *others()),
    )
    result = asked_to_revoke(service, order_id=1, cancel_reissue=True)
    assert (result["changed"], only(result)["outcome"]) == (True, "failed")
    assert failure_of(result)["http_status"] == 403


@pytest.mark.parametrize("lost", [HANGS_UP, HTML, Answer(200, b'{"id": 55', cut=True), json_answer({"errors": []})])
def test_a_revocation_with_a_lost_reply_is_not_filed_again_where_it_was_filed(
    conversation: Converse, lost: Answer
) -> None:
    service = conversation(an_order(), *others(), revokes(answer=lost), an_order(requests=WAITS), request())
    result = asked_to_revoke(service, order_id=1)
    assert (result["changed"], only(result)["outcome"]) == (True, "pending_approval")


@pytest.mark.parametrize("skip_approval", [True, False])
def test_a_revocation_with_a_lost_reply_that_never_shows_is_unknown_and_sent_once(
    conversation: Converse, skip_approval: bool
) -> None:
    polls = [an_order(), *others()] * 4
    service = conversation(an_order(), *others(), revokes(answer=HANGS_UP, skip_approval=skip_approval), *polls)
    result = asked_to_revoke(service, order_id=1, skip_approval=skip_approval, retries=3)
    assert (only(result)["outcome"], result["changed"], result["api"]["retries"]) == ("unknown", False, 0)
    assert len(service.writes) == 1


def test_a_revocation_that_takes_effect_late_is_a_change(conversation: Converse) -> None:
    late = [an_order(), *others(), an_order(requests=WAITS), request()]
    service = conversation(an_order(), *others(), revokes(answer=error(504)), *late)
    result = asked_to_revoke(service, order_id=1)
    assert (result["changed"], only(result)["outcome"]) == (True, "pending_approval")


def test_a_429_does_not_count_as_sent(conversation: Converse) -> None:
    service = conversation(an_order(), *others(), revokes(answer=error(429, "request_limit_exceeded")), revokes())
    result = asked_to_revoke(service, order_id=1)
    assert (result["changed"], only(result)["outcome"]) == (True, "pending_approval")


def test_what_cannot_be_read_after_a_lost_reply_is_unknown(conversation: Converse) -> None:
    service = conversation(an_order(), *others(), revokes(answer=HANGS_UP), reads(1, VIEW_ONLY))
    result = asked_to_revoke(service, order_id=1)
    assert only(result)["outcome"] == "unknown"
    assert failure_of(result)["order_id"] == 1


def test_a_read_only_key_revokes_nothing(conversation: Converse) -> None:
    service = conversation(an_order(), *others(), revokes(answer=VIEW_ONLY), an_order(), *others())
    result = asked_to_revoke(service, order_id=1)
    assert (result["changed"], failure_of(result)["http_status"]) == (False, 403)


def test_several_of_which_one_is_missing(conversation: Converse) -> None:
    missing = reads(2, NO_SUCH_ORDER)
    service = conversation(an_order(requests=WAITS), missing, [request(), asks_who()])
    result = asked_to_revoke(service, order_ids=[1, 2], missing="ok")
    assert [order["outcome"] for order in result["orders"]] == ["pending_approval", "missing"]


# -- what would end is not all known -----------------------------------------------------------------------------------

NAMED = {**PRIMARY, "dns_names": ["www.example.com"], "thumbprint": "AA"}
REPEATED = [{**NAMED, "id": 7001, "status": "issued"}, {**NAMED, "id": 7002, "status": "issued"}]
TLS = {"product": {"name_id": "ssl_multi_domain", "type": "ssl_certificate"}}
# Of each, what the reason names: the announced and the listed number, or a serial number.
SHORT: list[tuple[dict[str, Any], list[Any], list[Any], list[str]]] = [
    # duplicates_repeat_primary.json, duplicates_short.json
    ({"has_duplicates": True, "duplicates_count": 2}, [], REPEATED, ["2", "0"]),
    ({"has_duplicates": True, "duplicates_count": 2}, [], [DUPLICATE], ["2", "1"]),
    ({"has_duplicates": "1", "duplicates_count": "2"}, [], [DUPLICATE], ["2", "1"]),
    ({"has_duplicates": False, "duplicates_count": 1}, [], [], ["1", "0"]),
    ({"has_reissues": True}, [], [], ["1", "0"]),
    ({"has_reissues": True, "reissues_count": 2}, REPEATED, [], ["2", "0"]),
    ({"reissues_count": 1, "duplicates_count": 1}, [DUPLICATE], [DUPLICATE], ["2", "1"]),
    ({"duplicates_count": "two"}, [], [DUPLICATE], []),
    ({}, [], [{"id": 6, "serial_number": "0B"}], ["0B"]),
    ({}, [{**DUPLICATE, "dns_names": None}], [], ["0B"]),
    ({}, [], [{"status": "issued", "common_name": "x.example.com"}], []),
]


def lists_of(reissues: list[Any], duplicates: list[Any]) -> list[Call]:
    several = {"reissue": reissues, "duplicate": duplicates}
    return [
        asks(f"/order/certificate/1/{kind}?show_archived=true", {"certificates": listed} if listed else {})
        for kind, listed in several.items()
    ]


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(("facts", "reissues", "duplicates", "named"), SHORT)
def test_an_order_of_which_not_all_certificates_are_known_is_not_revoked(
    conversation: Converse, facts: Any, reissues: Any, duplicates: Any, named: list[str], check_mode: bool
) -> None:
    service = conversation(an_order(certificate=NAMED, **TLS, **facts), *lists_of(reissues, duplicates))
    result = asked_to_revoke(service, order_id=1, check_mode=check_mode)

    order = only(result)
    assert (order["outcome"], order["before"]["certificates_known"]) == ("ineligible", False)
    assert re.findall(r"\b[0-9][0-9A-F]*\b", order["reason"]) == named
    assert "accept_unknown_certificates" in order["reason"]
    assert result["failed"] is True


@pytest.mark.parametrize(("facts", "reissues", "duplicates"), [one[:3] for one in SHORT])
def test_an_order_is_revoked_all_the_same_where_that_is_accepted(
    conversation: Converse, facts: Any, reissues: Any, duplicates: Any
) -> None:
    """A key that is compromised has a deadline."""
    service = conversation(an_order(certificate=NAMED, **TLS, **facts), *lists_of(reissues, duplicates), revokes())
    order = only(asked_to_revoke(service, order_id=1, accept_unknown_certificates=True))

    assert (order["outcome"], order["before"]["certificates_known"]) == ("pending_approval", False)


def test_archived_and_revoked_certificates_count(conversation: Converse) -> None:
    duplicates = [{**DUPLICATE, "archived": "1"}, {"id": 7, "serial_number": "0C", "status": "revoked"}]
    service = conversation(an_order(duplicates_count=2, certificate=NAMED, **TLS), *lists_of([], duplicates), revokes())
    order = only(asked_to_revoke(service, order_id=1))

    assert (order["outcome"], order["before"]["certificates_known"]) == ("pending_approval", True)
    assert [one["serial_number"] for one in order["before"]["certificates"]] == ["0A", "0B"]


def test_a_single_certificate_is_revoked_whatever_else_its_order_has(conversation: Converse) -> None:
    service = conversation(an_order(duplicates_count=2), *others(DUPLICATE), revokes("/certificate/6"))
    assert only(asked_to_revoke(service, order_id=1, certificate_id=6))["outcome"] == "pending_approval"


def test_a_certificate_that_a_short_list_lacks_is_not_missing(conversation: Converse) -> None:
    service = conversation(an_order(duplicates_count=2), *others(DUPLICATE))
    result = asked_to_revoke(service, order_id=1, certificate_id=9, missing="ok")

    assert only(result)["outcome"] == "failed"
    assert failure_of(result)["code"] == "certificates_unknown"


@pytest.mark.parametrize("arguments", [{"order_id": 1}, {"order_id": 1, "certificate_id": 104}])
def test_a_pending_order_with_the_id_of_a_certificate_is_not_issued(conversation: Converse, arguments: Any) -> None:
    """pending_with_certificate_id.json."""
    page = an_order("pending", {"id": 104, "common_name": "e.field.example", "dns_names": ["e.field.example"]}, **TLS)
    service = conversation(page, *([] if len(arguments) == 1 else others()))
    result = asked_to_revoke(service, **arguments)

    assert only(result)["outcome"] == "ineligible"
    assert "digicert_order_status" in result["msg"]


# -- waiting -----------------------------------------------------------------------------------------------------------


def test_waiting_for_the_approval_polls_until_it_is_given(conversation: Converse) -> None:
    service = conversation(
        *(an_order(), *others(), revokes()),
        *(an_order(requests=WAITS), request(), an_order("revoked")),
    )
    result = asked_to_revoke(service, order_id=1, wait=True)
    assert (result["changed"], only(result)["outcome"]) == (True, "changed")


def test_a_request_that_is_rejected_while_it_is_waited_for_is_a_failure(conversation: Converse) -> None:
    rejected = an_order(requests=[{"id": 55, "type": "revoke", "status": "rejected"}])
    service = conversation(an_order(), *others(), revokes(), rejected, *others())
    result = asked_to_revoke(service, order_id=1, wait=True)
    assert failure_of(result)["code"] == "not_approved"


# -- single certificates -----------------------------------------------------------------------------------------------


def searches(name: str, value: Any, *rows: Any) -> Call:
    target = f"/order/certificate?filters[{name}]={value}&sort=order_id&limit=2&offset=0"
    return asks(target, {"orders": list(rows)} if rows else {})


ROW = {"id": 1, "status": "issued", "certificate": PRIMARY}


@pytest.mark.parametrize(
    ("arguments", "lookup", "target"),
    [
        ({"certificate_id": 5}, searches("certificate_id", 5, ROW), "/certificate/5"),
        ({"certificate_ids": [5]}, searches("certificate_id", 5, ROW), "/certificate/5"),
        ({"serial_number": "0a"}, searches("serial_number", "0A", ROW), "/certificate/5"),
        ({"serial_numbers": ["0a:"]}, searches("serial_number", "0A", ROW), "/certificate/5"),
        ({"certificate_id": 6}, searches("certificate_id", 6, ROW), "/certificate/6"),
        ({"serial_number": "0B", "order_id": 1}, None, "/certificate/6"),
    ],
)
def test_a_single_certificate(conversation: Converse, arguments: Any, lookup: Call | None, target: str) -> None:
    calls = [lookup] if lookup else []
    service = conversation(*calls, an_order(), *others(DUPLICATE), revokes(target))
    certificate = only(asked_to_revoke(service, **arguments))
    assert certificate["outcome"] == "pending_approval"
    assert (certificate["order_id"], certificate["certificate_id"]) == (1, int(target[-1]))
    assert certificate["before"]["domains"] == [{"5": "www.example.com", "6": "api.example.com"}[target[-1]]]


@pytest.mark.parametrize(
    ("asked_for", "outcome"), [(None, "pending_approval"), (6, "pending_approval"), (5, "changed")]
)
def test_a_single_certificate_while_a_request_waits(
    conversation: Converse, asked_for: int | None, outcome: str
) -> None:
    calls = [*others(DUPLICATE), request(asked_for)]
    does = [revokes("/certificate/6", Answer(204, headers=()), skip_approval=True)] if outcome == "changed" else []
    service = conversation(an_order(requests=WAITS), *calls, *does)
    result = asked_to_revoke(service, certificate_id=6, order_id=1, skip_approval=True)
    assert (result["changed"], only(result)["outcome"]) == (bool(does), outcome)


def test_an_unknown_certificate(conversation: Converse) -> None:
    service = conversation(searches("certificate_id", 9), asks_who())
    result = asked_to_revoke(service, certificate_id=9)
    assert (only(result)["outcome"], only(result)["certificate_id"]) == ("missing", 9)
    assert failure_of(result)["order_id"] is None


def test_a_certificate_that_its_order_does_not_have(conversation: Converse) -> None:
    service = conversation(an_order(), *others(), asks_who())
    result = asked_to_revoke(service, certificate_id=9, order_id=1)
    assert only(result)["outcome"] == "missing"


def test_a_certificate_that_is_not_in_a_revoked_order_is_missing(conversation: Converse) -> None:
    """The list has a row that was not asked for, or the task names another order."""
    row = {**ROW, "status": "revoked"}
    service = conversation(searches("certificate_id", 9, row), an_order("revoked"), *others(), asks_who())
    assert only(asked_to_revoke(service, certificate_id=9))["outcome"] == "missing"
    service = conversation(an_order("revoked"), *others(), asks_who())
    assert only(asked_to_revoke(service, certificate_id=9, order_id=1))["outcome"] == "missing"


def test_the_present_certificate_of_a_revoked_order_is_revoked(conversation: Converse) -> None:
    service = conversation(an_order("revoked"))
    assert only(asked_to_revoke(service, certificate_id=5, order_id=1))["outcome"] == "unchanged"


def test_a_single_certificate_is_read_again_after_a_lost_reply(conversation: Converse) -> None:
    service = conversation(
        *(an_order(), *others(DUPLICATE), revokes("/certificate/6", HANGS_UP, skip_approval=True)),
        *(an_order(), *others({**DUPLICATE, "status": "revoked"})),
    )
    result = asked_to_revoke(service, certificate_id=6, order_id=1, skip_approval=True)
    assert (result["changed"], only(result)["outcome"]) == (True, "changed")


# -- arguments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ({"order_id": 1, "confirm": False}, "confirm"),
        ({"order_id": 0}, "order_id"),
        ({"order_ids": [1, -1]}, "order_ids"),
        ({"order_id": 0, "certificate_id": 5}, "order_id"),
        ({"certificate_id": 0}, "certificate_id"),
        ({"certificate_ids": [5, 0]}, "certificate_ids"),
        ({"serial_number": "xyz"}, "serial_number"),
        ({"serial_number": ""}, "serial_number"),
        ({"serial_numbers": ["0A", "../1"]}, "serial_numbers"),
        ({"order_id": 1, "comments": " \n"}, "comments"),
        ({"order_id": 1, "wait_timeout": 0}, "wait_timeout"),
        ({"order_id": 1, "poll_interval": 0}, "poll_interval"),
    ],
)
def test_arguments_that_the_module_refuses_before_any_request(
    conversation: Converse, arguments: Any, option: str
) -> None:
    result = asked_to_revoke(conversation(), **arguments)
    assert failure_of(result)["code"] == "invalid_option"
    assert re.search(rf"\b{option}\b", result["msg"])


def test_a_429_while_filing_is_waited_out(conversation: Converse) -> None:
    busy = error(429, "request_limit_exceeded", Retry_After="7")
    service: Service = conversation(an_order(), *others(), revokes(answer=busy), revokes())
    assert only(asked_to_revoke(service, order_id=1))["outcome"] == "pending_approval"


def test_a_request_that_cannot_be_found_does_not_make_its_order_missing(conversation: Converse) -> None:
    service = conversation(an_order(requests=WAITS), asks("/request/55", answer=error(404, "not_found|request", "no")))
    result = asked_to_revoke(service, order_id=1, missing="ok")
    assert result["orders"][0]["outcome"] == "failed"


def test_an_incomplete_request_is_completed_from_its_order(conversation: Converse) -> None:
    service = conversation(an_order(requests=WAITS), asks("/request/55", {"id": 55}))
    assert asked_to_revoke(service, order_id=1)["orders"][0]["outcome"] == "pending_approval"


def test_messages(conversation: Converse) -> None:
    check_messages(
        "digicert_certificate_revoke",
        {
            "not confirmed": asked_to_revoke(conversation(), order_id=1, confirm=False)["msg"],
            "serial_number invalid": asked_to_revoke(conversation(), serial_number="xyz")["msg"],
            "serial_numbers invalid": asked_to_revoke(conversation(), serial_numbers=["0A", "xyz"])["msg"],
        },
    )
