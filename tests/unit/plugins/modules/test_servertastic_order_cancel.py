# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Canceling as conversations: each row of docs/development/reference/servertastic.md 5, and each failure."""

from __future__ import annotations

import json
import multiprocessing
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context, Stop
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import OUTCOMES
from ansible_collections.certops.orders.plugins.module_utils._runtime import results as _results
from ansible_collections.certops.orders.plugins.module_utils._servertastic import operations
from ansible_collections.certops.orders.plugins.module_utils._servertastic import request_log as _request_log
from ansible_collections.certops.orders.plugins.module_utils._servertastic.client import Servertastic
from ansible_collections.certops.orders.plugins.module_utils._servertastic.request_log import RequestLog
from ansible_collections.certops.orders.plugins.modules import servertastic_order_cancel as module
from ansible_collections.certops.orders.tests.unit.plugins.modules import playing
from ansible_collections.certops.orders.tests.unit.plugins.modules import servertastic_playing as servertastic
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    HANGS_UP,
    HTML,
    THROTTLED,
    Answer,
    Call,
    Service,
    json_answer,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Converse, failure_of, only
from ansible_collections.certops.orders.tests.unit.plugins.modules.servertastic_playing import (
    ADMIN,
    DOMAIN,
    KEY,
    NEW,
    OTHER,
    TOKEN,
    UNKNOWN_TOKEN,
    Skipping,
    a_record,
    a_review,
    ago,
    audits,
    cancellations,
    cancels,
    digest,
    freeze,
    is_about,
    iso,
    leaks,
    ref,
    refuses,
    reviews,
    shows_tokens,
    stamp,
)

NOT_ISSUED = ["Awaiting Customer Verification", "Awaiting Provider Approval", "Queued"]
RUNNER = {"AWX_ISOLATED_DATA_DIR": "/runner"}
AT_ONCE = [("Order Placed", ""), *((status, DOMAIN) for status in NOT_ISSUED)]
SMARTERTOOLS = ["SmarterMail-Pro", "SMARTERSTATS", "SmarterTrack1", "smartertools", "SmarterBundle"]
validated = partial(playing.validated, module)
play = partial(servertastic.play, module)


def cancel(service: Service, **arguments: Any) -> dict[str, Any]:
    """Cancel the order, which nothing replaces."""
    named = {} if {"order_tokens", "order_digests"} & set(arguments) else {"order_token": TOKEN}
    return play(service, **{**named, "replacement": "none", **arguments})


def request(service: Service, **arguments: Any) -> dict[str, Any]:
    return cancel(service, issued="request", **arguments)


def outcomes(result: Mapping[str, Any]) -> list[str]:
    return [order["outcome"] for order in result["orders"]]


@pytest.fixture
def log(tmp_path: Path) -> str:
    return str(tmp_path / "requests.jsonl")


@pytest.fixture
def skipping(monkeypatch: pytest.MonkeyPatch) -> Skipping:
    return Skipping(monkeypatch)


def events(log: str) -> list[str]:
    return [f"{entry['kind']} {entry['event']}" for entry in map(json.loads, Path(log).read_text().splitlines())]


# -- not configured, and placed but not issued -------------------------------------------------------------------------


def test_an_order_that_is_not_configured_is_cancelled_at_once(conversation: Converse) -> None:
    service = conversation(reviews("Order Placed", domain_name="", admin_contact=None), cancels())

    result = play(service, order_token=TOKEN)

    named = {
        "order_digest": digest(),
        "order_ref": ref(),
        "reseller_order_id": "STR_1001_1",
        "domain_name": "",
        "product_code": "RapidSSL-12",
    }
    assert result == {
        "changed": True,
        "msg": result["msg"],
        "orders": [
            {
                **named,
                "admin_email": "",
                "window_closes": "",
                "management_host": "https://manage.example.com/",
                "outcome": "changed",
                "before": {"order_status": "Order Placed", "requested_at": ""},
                "after": {"order_status": "Cancelled", "requested_at": ""},
                "refund": "unknown",
                "reason": "",
            }
        ],
        "requested_at": {},
        "summary": {"total": 1, **dict.fromkeys(OUTCOMES, 0), "changed": 1},
        "api": {"requests": 2, "retries": 0, "waited": 0.0},
    }


@pytest.mark.parametrize(("status", "domain"), AT_ONCE)
def test_check_mode_returns_the_same_and_sends_nothing(conversation: Converse, status: str, domain: str) -> None:
    foretold = cancel(conversation(reviews(status, domain_name=domain)), check_mode=True)
    made = cancel(conversation(reviews(status, domain_name=domain), cancels()))

    assert foretold["changed"] is made["changed"] is True
    assert foretold["orders"] == made["orders"]
    assert set(foretold) == set(made)
    assert ref() in foretold["msg"]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(("status", "domain"), AT_ONCE)
def test_the_second_run_finds_it_cancelled_and_sends_nothing(
    conversation: Converse, status: str, domain: str, check_mode: bool
) -> None:
    first = cancel(conversation(reviews(status, domain_name=domain), cancels()))
    second = cancel(conversation(reviews("Cancelled", domain_name=domain)), check_mode=check_mode)

    assert (outcomes(first), first["changed"]) == (["changed"], True)
    assert (outcomes(second), second["changed"], "failed" in second) == (["unchanged"], False, False)


@pytest.mark.parametrize("check_mode", [True, False])
def test_diff_mode_shows_the_order_by_its_domain(conversation: Converse, check_mode: bool) -> None:
    result = cancel(conversation(reviews(), *([] if check_mode else [cancels()])), diff=True, check_mode=check_mode)

    assert result["diff"] == {
        "before": f"order {ref()} ({DOMAIN}): order_status: Queued, requested_at: \n",
        "after": f"order {ref()} ({DOMAIN}): order_status: Cancelled, requested_at: \n",
    }


@pytest.mark.parametrize("status", ["order placed", "QUEUED", "awaiting customer verification"])
def test_old_answers_spell_a_status_otherwise(conversation: Converse, status: str) -> None:
    assert outcomes(cancel(conversation(reviews(status), cancels()))) == ["changed"]


# -- issued up to 30 days ago ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("days", [0.0, 12.0, 29.9, 30.02])
def test_an_issued_order_is_refused_with_the_explanation(conversation: Converse, days: float, check_mode: bool) -> None:
    result = cancel(conversation(reviews("Completed", issued=days)), check_mode=check_mode)

    order = only(result)
    assert (outcomes(result), result["changed"]) == (["ineligible"], False)
    assert (failure_of(result)["code"], failure_of(result)["order_id"]) == ("ineligible", ref())
    assert ADMIN in result["msg"]
    assert re.search(r"\bissued\b.*\brequest\b", result["msg"])
    assert is_about(order["window_closes"], ago(days - 30))


@pytest.mark.parametrize("days", [0.0, 12.0, 29.9, 30.02])
def test_a_request_is_sent_where_that_is_asked_for(conversation: Converse, days: float) -> None:
    result = request(conversation(reviews("Completed", issued=days), cancels()))

    order = only(result)
    closes = ago(days - 30)
    assert (outcomes(result), result["changed"], "failed" in result) == (["pending_approval"], True, False)
    assert order["admin_email"] == ADMIN
    assert is_about(order["window_closes"], closes)
    assert (order["before"]["order_status"], order["after"]["order_status"]) == ("Completed", "Completed")
    assert result["requested_at"] == {digest(): order["after"]["requested_at"]}
    assert ADMIN in order["reason"]
    assert f"{closes:%Y-%m-%d}" in order["reason"]
    assert "https://manage.example.com/" in result["msg"]


def test_a_request_in_check_mode_is_foretold_with_the_same_keys(conversation: Converse) -> None:
    foretold = request(conversation(reviews("Completed", issued=3)), check_mode=True)
    made = request(conversation(reviews("Completed", issued=3), cancels()))

    assert foretold["changed"] is made["changed"] is True
    assert outcomes(foretold) == outcomes(made) == ["pending_approval"]
    assert set(foretold) == set(made)
    assert set(only(foretold)) == set(only(made))
    assert only(foretold)["reason"] == only(made)["reason"]
    # Nothing was requested, so that nothing is to be handed in next time.
    assert foretold["requested_at"] == {}


@pytest.mark.parametrize("check_mode", [True, False])
def test_issued_orders_can_be_left_alone(conversation: Converse, check_mode: bool) -> None:
    result = cancel(conversation(reviews("Completed", issued=3)), issued="skip", check_mode=check_mode)

    assert (outcomes(result), result["changed"], "failed" in result) == (["unchanged"], False, False)


def test_an_unknown_admin_contact_is_reported_as_unknown(conversation: Converse) -> None:
    result = request(conversation(reviews("Completed", issued=3, admin_contact=None), cancels()))

    assert only(result)["admin_email"] == ""
    assert "admin contact" in result["msg"]


# -- issued longer ago, or at an unknown time --------------------------------------------------------------------------


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("days", [30.1, 31.0, 400.0, None])
@pytest.mark.parametrize("issued", ["fail", "request", "skip"])
def test_too_late_is_refused_before_any_write(
    conversation: Converse, days: float | None, issued: str, check_mode: bool
) -> None:
    service = conversation(reviews("Completed", issued=days))

    result = cancel(service, issued=issued, check_mode=check_mode)

    assert (outcomes(result), result["changed"], result["failed"]) == (["ineligible"], False, True)
    assert only(result)["refund"] == "none"
    assert "Servertastic" in result["msg"]


def test_too_late_can_be_skipped(conversation: Converse) -> None:
    result = request(conversation(reviews("Completed", issued=31)), ineligible="skip")

    assert (outcomes(result), "failed" in result) == (["ineligible"], False)


@pytest.mark.parametrize(
    ("days", "outcome"), [((12, 40), "ineligible"), ((40, 12), "ineligible"), ((3, 12), "pending_approval")]
)
def test_of_two_completions_the_earliest_counts(conversation: Converse, days: tuple[int, int], outcome: str) -> None:
    history = [{"timestamp": stamp(ago(one)), "event_name": "Order Completed"} for one in days]
    service = conversation(
        reviews("Completed", modifications={"modification": history}),
        *([cancels()] if outcome == "pending_approval" else []),
    )

    assert outcomes(request(service, ineligible="skip")) == [outcome]


@pytest.mark.parametrize("status", ["Roll Back", "Servertastic Review", "Suspended", ""])
@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("issued", ["fail", "request", "skip"])
def test_what_is_held_or_unknown_is_refused_with_the_reason(
    conversation: Converse, status: str, check_mode: bool, issued: str
) -> None:
    result = cancel(conversation(reviews(status, issued=3)), issued=issued, check_mode=check_mode)

    assert (outcomes(result), result["changed"], result["failed"]) == (["ineligible"], False, True)
    assert status in result["msg"]


@pytest.mark.parametrize("product", SMARTERTOOLS)
@pytest.mark.parametrize("status", ["Order Placed", "Queued", "Completed"])
def test_smartertools_are_refused(conversation: Converse, product: str, status: str) -> None:
    order = {"st_product_code": product, "order_status": status, "order_licenses": {"license": []}}

    result = request(conversation(reviews(answer=json_answer({"success": "Review Order", **order}))))

    assert (outcomes(result), result["failed"]) == (["ineligible"], True)
    assert product in result["msg"]


@pytest.mark.parametrize("issued", ["fail", "request", "skip"])
@pytest.mark.parametrize("days", [None, 3, 60])
def test_what_is_cancelled_stays_so(conversation: Converse, issued: str, days: float | None) -> None:
    result = play(conversation(reviews("Cancelled", issued=days)), order_token=TOKEN, issued=issued)

    assert (outcomes(result), result["changed"], "failed" in result) == (["unchanged"], False, False)


# -- missing, refused, denied ------------------------------------------------------------------------------------------


def test_an_unknown_token_is_missing(conversation: Converse) -> None:
    result = cancel(conversation(reviews(answer=UNKNOWN_TOKEN)))

    assert outcomes(result) == ["missing"]
    assert only(result) == {
        "order_digest": digest(),
        "order_ref": ref(),
        "outcome": "missing",
        "before": {},
        "after": {},
        "reason": only(result)["reason"],
        "refund": "unknown",
    }
    assert "127.0.0.1" in result["msg"]
    assert failure_of(result)["code"] == "missing"


def test_an_unknown_token_can_be_fine(conversation: Converse) -> None:
    result = cancel(conversation(reviews(answer=UNKNOWN_TOKEN)), missing="ok")

    assert (outcomes(result), "failed" in result) == (["missing"], False)


@pytest.mark.parametrize("status", [400, 403, 409, 418])
@pytest.mark.parametrize("http", [0, 200])
def test_a_refused_cancellation_is_reviewed_and_reported_as_failed(
    conversation: Converse, status: int, http: int
) -> None:
    service = conversation(reviews(), cancels(answer=refuses(status, http=http)), reviews())

    result = cancel(service)

    assert (outcomes(result), result["changed"]) == (["failed"], False)
    assert failure_of(result)["http_status"] == status
    assert only(result)["after"]["order_status"] == "Queued"


@pytest.mark.parametrize("http", [0, 200])
def test_a_refusal_because_it_was_canceled_elsewhere_is_unchanged(conversation: Converse, http: int) -> None:
    result = cancel(conversation(reviews(), cancels(answer=refuses(400, http=http)), reviews("Cancelled")))

    assert (outcomes(result), result["changed"], "failed" in result) == (["unchanged"], False, False)


def test_a_refusal_because_it_was_issued_meanwhile_is_reported(conversation: Converse) -> None:
    service = conversation(reviews(), cancels(answer=refuses()), reviews("Completed", issued=0))

    result = cancel(service)

    assert outcomes(result) == ["failed"]
    # The reason has the refusal of the service, and what the policy decides now.
    assert ADMIN in result["msg"]


def test_three_refusals_of_single_orders_are_not_taken_for_a_refused_key(conversation: Converse) -> None:
    """The code for "too late to cancel" is not known (3.3): it may well be 403, and does not predict the next order."""
    tokens = [f"sim-{number}" for number in range(4)]
    refused = [
        call
        for token in tokens[:3]
        for call in (cancels(token, refuses(403, "Forbidden: too late")), reviews(token=token))
    ]
    reviewed = [reviews(token=token) for token in tokens]
    service = conversation(*reviewed, *refused, cancels(tokens[3]))

    result = cancel(service, order_tokens=tokens)

    assert outcomes(result) == ["failed", "failed", "failed", "changed"]


@pytest.mark.parametrize("answer", [HTML, refuses(500, "Internal Server Error"), HANGS_UP])
def test_a_review_that_fails_sends_nothing(conversation: Converse, answer: Answer) -> None:
    result = cancel(conversation(reviews(answer=answer)))

    assert outcomes(result) == ["failed"]
    assert failure_of(result)["order_id"] == ref()


# -- lost replies ------------------------------------------------------------------------------------------------------

LOST = [
    pytest.param(HANGS_UP, id="connection broke"),
    pytest.param(HTML, id="503"),
    pytest.param(refuses(500, "Internal Server Error"), id="500"),
    pytest.param(refuses(500, http=200), id="500 under 200"),
    pytest.param(json_answer({"error": "what"}), id="error of no shape"),
    pytest.param(json_answer({"debug": {}}), id="no success"),
    pytest.param(Answer(200, b"<html>"), id="HTML"),
    pytest.param(Answer(200, b""), id="empty"),
]


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("remembered", [True, False])
def test_a_lost_reply_is_changed_where_a_review_shows_it(
    conversation: Converse, lost: Answer, remembered: bool, log: str
) -> None:
    service = conversation(reviews(), cancels(answer=lost), reviews("Cancelled"))

    result = cancel(service, request_log=log if remembered else None, retries=3)

    assert (outcomes(result), result["changed"], "failed" in result) == (["changed"], True, False)
    assert only(result)["after"]["order_status"] == "Cancelled"


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("remembered", [True, False])
def test_a_lost_reply_is_unknown_where_a_review_does_not_show_it_and_is_never_repeated(
    conversation: Converse, lost: Answer, remembered: bool, log: str
) -> None:
    # It may show yet: it is read again as often as there are waits.
    service = conversation(reviews(), cancels(answer=lost), *[reviews()] * 4)

    result = cancel(service, request_log=log if remembered else None, retries=3)

    assert (outcomes(result), result["failed"]) == (["unknown"], True)
    assert failure_of(result)["order_id"] == ref()
    assert len(cancellations(service)) == 1


def test_an_unknown_outcome_is_not_reported_as_canceled(conversation: Converse) -> None:
    result = cancel(conversation(reviews(), cancels(answer=HANGS_UP), reviews()))

    assert only(result)["after"] == {}
    assert "https://manage.example.com/" not in result["msg"]


def test_a_lost_reply_that_cannot_be_reviewed_is_unknown(conversation: Converse) -> None:
    result = cancel(conversation(reviews(), cancels(answer=HANGS_UP), reviews(answer=HTML)))

    assert outcomes(result) == ["unknown"]
    assert only(result)["after"] == {}


def test_a_lost_reply_of_a_missing_order_is_unknown(conversation: Converse) -> None:
    assert outcomes(cancel(conversation(reviews(), cancels(answer=HANGS_UP), reviews(answer=UNKNOWN_TOKEN)))) == [
        "unknown"
    ]


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("remembered", [True, False])
def test_a_lost_reply_to_a_request_is_unknown_as_nothing_could_show_it(
    conversation: Converse, lost: Answer, remembered: bool, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(monkeypatch, operations)
    completed = partial(reviews, "Completed", issued=3)
    service = conversation(completed(), cancels(answer=lost), completed())

    result = request(service, request_log=log if remembered else None, retries=3)

    # What we remember of it ourselves is no sign that it arrived.
    assert (outcomes(result), result["failed"]) == (["unknown"], True)
    assert list(result["requested_at"]) == [digest()]


@pytest.mark.parametrize("remembered", [True, False])
def test_a_lost_reply_to_a_request_made_again_is_never_repeated(
    conversation: Converse, remembered: bool, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(monkeypatch, operations)
    completed = partial(reviews, "Completed", issued=3)
    service = conversation(completed(), cancels(answer=HANGS_UP), completed())

    result = request(service, request_log=log if remembered else None, request_again=True, retries=3)

    assert outcomes(result) == ["unknown"]
    assert len(cancellations(service)) == 1


@pytest.mark.parametrize("remembered", [True, False])
def test_a_lost_reply_to_a_request_is_changed_where_it_is_cancelled_by_then(
    conversation: Converse, remembered: bool, log: str
) -> None:
    service = conversation(reviews("Completed", issued=3), cancels(answer=HANGS_UP), reviews("Cancelled", issued=3))

    result = request(service, request_log=log if remembered else None)

    assert (outcomes(result), result["changed"], "failed" in result) == (["changed"], True, False)
    assert result["requested_at"] == {}


# -- what was never acknowledged ---------------------------------------------------------------------------------------

STATES = [pytest.param("Queued", None, id="queued"), pytest.param("Completed", 3, id="issued")]


def remember(log: str, status: str, *events: str, time: datetime | None = None) -> None:
    """Write what a run that was killed leaves, or one whose clock was wrong."""
    kind = "request" if status == "Completed" else "cancel"
    entry = {"time": iso(time or ago(hours=1)), "kind": kind, "order_digest": digest()}
    path = Path(log)
    path.touch(0o600)
    path.write_text("".join(json.dumps({**entry, "event": event}) + "\n" for event in events))


def is_unknown(result: Mapping[str, Any]) -> None:
    """Nothing is known: the task fails, reports it for the order, and names the next step."""
    assert (outcomes(result), result["changed"], result["failed"]) == (["unknown"], False, True)
    order = only(result)
    assert (order["after"], order["refund"]) == ({}, "unknown")
    assert order["failure"] == failure_of(result)
    assert (failure_of(result)["code"], failure_of(result)["order_id"]) == ("unconfirmed", ref())
    assert "request_again" in order["reason"]
    assert order["reason"] in result["msg"]


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("memory", ["log", "handed in"])
@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(("status", "issued"), STATES)
def test_the_night_after_a_lost_reply_sends_nothing_and_claims_nothing(
    conversation: Converse,
    lost: Answer,
    memory: str,
    check_mode: bool,
    status: str,
    issued: float | None,
    log: str,
) -> None:
    review = partial(reviews, status, issued=issued)
    first = request(
        conversation(review(), cancels(answer=lost), review()), request_log=log if memory == "log" else None
    )
    given = {"request_log": log} if memory == "log" else {"requested_at": first["requested_at"]}

    # Whatever night it is, and whatever is to be done with issued orders.
    for options in ({}, {"issued": "skip"}, {"issued": "fail"}, {"ineligible": "skip", "missing": "ok"}):
        second = cancel(conversation(review()), **{**given, "issued": "request", **options}, check_mode=check_mode)
        is_unknown(second)
        # The log has its own time, which may be of the second before.
        assert [text.partition(" ")[2] for text in second["requested_at"].values()] == ["unconfirmed"]

    assert first["requested_at"][digest()].endswith("Z unconfirmed")
    again = request(
        conversation(review(), *([] if check_mode else [cancels()])), request_again=True, check_mode=check_mode, **given
    )
    assert (outcomes(again), again["changed"]) == (["pending_approval" if issued else "changed"], True)
    if not check_mode:
        # What is acknowledged is known from then on.
        given = {"request_log": log} if memory == "log" else {"requested_at": again["requested_at"]}
        third = request(conversation(review() if issued else reviews("Cancelled")), **given)
        assert (outcomes(third), third["changed"]) == (["pending_approval" if issued else "unchanged"], False)


@pytest.mark.parametrize(("status", "issued"), STATES)
@pytest.mark.parametrize("memory", ["log", "handed in"])
def test_a_review_that_shows_it_cancelled_ends_the_doubt(
    conversation: Converse, status: str, issued: float | None, memory: str, log: str
) -> None:
    remember(log, status, "claimed")
    given = {"request_log": log} if memory == "log" else {"requested_at": {digest(): iso(ago(1)) + " unconfirmed"}}

    result = request(conversation(reviews("Cancelled", issued=issued)), **given)

    assert (outcomes(result), result["changed"], result["requested_at"]) == (["unchanged"], False, {})
    assert "failed" not in result


@pytest.mark.parametrize(("status", "issued"), STATES)
def test_a_run_that_was_killed_between_claim_and_answer_leaves_it_unknown(
    conversation: Converse, status: str, issued: float | None, log: str
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_arguments: Any, **_more: Any) -> str:
        raise Killed

    review = partial(reviews, status, issued=issued)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Servertastic, "cancel", kill)
        with pytest.raises(Killed):
            request(conversation(review()), request_log=log)
    assert [event.split()[1] for event in events(log)] == ["claimed"]

    is_unknown(request(conversation(review()), request_log=log))


@pytest.mark.parametrize(("status", "issued"), STATES)
@pytest.mark.parametrize("memory", ["log", "handed in"])
def test_what_is_dated_in_the_future_proves_nothing(
    conversation: Converse, status: str, issued: float | None, memory: str, log: str
) -> None:
    tomorrow = ago(-1)
    remember(log, status, "claimed", "confirmed", time=tomorrow)
    given = {"request_log": log} if memory == "log" else {"requested_at": {digest(): iso(tomorrow)}}

    result = request(conversation(reviews(status, issued=issued)), **given)

    is_unknown(result)
    assert f"{tomorrow:%Y-%m-%d}" in result["msg"]
    again = request(conversation(reviews(status, issued=issued), cancels()), request_again=True, **given)
    assert (outcomes(again), again["changed"]) == (["pending_approval" if issued else "changed"], True)
    if issued:
        given = given if memory == "log" else {"requested_at": again["requested_at"]}
        assert outcomes(request(conversation(reviews(status, issued=issued)), **given)) == ["pending_approval"]


def test_an_order_that_is_issued_while_its_cancellation_was_lost_gets_no_second_mail(
    conversation: Converse, log: str
) -> None:
    request(conversation(reviews(), cancels(answer=HANGS_UP), reviews()), request_log=log)

    is_unknown(request(conversation(reviews("Completed", issued=0)), request_log=log))


def test_an_order_that_was_issued_before_it_was_cancelled_waits_for_its_approval(
    conversation: Converse, log: str
) -> None:
    """The review was some minutes old: what was acknowledged has become a mail."""
    request(conversation(reviews(), cancels()), request_log=log)

    result = request(conversation(reviews("Completed", issued=0)), request_log=log)

    assert (outcomes(result), result["changed"]) == (["pending_approval"], False)


def test_one_that_is_unknown_does_not_keep_the_others(conversation: Converse, log: str) -> None:
    remember(log, "Queued", "claimed", "lost")
    service = conversation(reviews(), reviews(token=NEW), cancels(NEW))

    result = cancel(service, order_tokens=[TOKEN, NEW], request_log=log)

    assert (outcomes(result), result["changed"], result["failed"]) == (["unknown", "changed"], True, True)
    assert failure_of(result)["order_id"] == ref()


def test_what_is_unknown_is_no_change_and_has_no_line_in_diff_and_audit_log(
    conversation: Converse, log: str, tmp_path: Path
) -> None:
    remember(log, "Queued", "claimed", "lost")

    result = cancel(conversation(reviews()), request_log=log, diff=True, audit_log=str(tmp_path / "audit"))

    is_unknown(result)
    assert result["diff"] == {"before": "", "after": ""}
    assert not (tmp_path / "audit").exists()


@pytest.mark.parametrize(("status", "issued"), STATES)
def test_what_is_unknown_is_waited_for_until_a_review_shows_it(
    conversation: Converse, skipping: Skipping, status: str, issued: float | None, log: str
) -> None:
    remember(log, status, "claimed", "lost")
    review = partial(reviews, status, issued=issued)
    service = conversation(review(), review(), reviews(answer=HTML), reviews("Cancelled", issued=issued))

    result = request(service, request_log=log, wait=True, context=skipping.context())

    # The change of the run before, and none of this one.
    assert (outcomes(result), result["changed"], "failed" in result) == (["unchanged"], False, False)
    assert (only(result)["after"]["order_status"], "failure" in only(result)) == ("Cancelled", False)
    assert skipping.stop.pauses == [60, 60, 60]


def test_what_is_unknown_and_does_not_show_in_time_stays_so(
    conversation: Converse, skipping: Skipping, log: str
) -> None:
    remember(log, "Queued", "claimed", "lost")
    service = conversation(*[reviews()] * 3)

    is_unknown(cancel(service, request_log=log, wait=True, wait_timeout=120, context=skipping.context()))


def test_another_job_that_asks_again_while_an_approval_is_waited_for_is_no_failure(
    conversation: Converse, skipping: Skipping, log: str
) -> None:
    completed = partial(reviews, "Completed", issued=3)
    remember(log, "Completed", "claimed", "confirmed")
    service = conversation(completed(), completed(), reviews("Cancelled", issued=3))
    pause = skipping.stop.pause

    def meanwhile(seconds: float) -> None:
        if len(skipping.stop.pauses) == 0:
            remember(log, "Completed", "claimed", "confirmed", "claimed", "lost")
        pause(seconds)

    skipping.stop.pause = meanwhile  # type: ignore[method-assign]

    assert outcomes(request(service, request_log=log, wait=True, context=skipping.context())) == ["unchanged"]


# -- no answer but 429 -------------------------------------------------------------------------------------------------


def test_after_429_the_order_is_reviewed_before_it_is_cancelled(conversation: Converse, log: str) -> None:
    service = conversation(reviews(), cancels(answer=THROTTLED), reviews(), cancels())

    result = cancel(service, request_log=log)

    assert outcomes(result) == ["changed"]
    assert result["api"]["waited"] > 0
    assert events(log) == ["cancel claimed", "cancel withdrawn", "cancel claimed", "cancel confirmed"]


def test_429_without_end_is_a_failure_and_nothing_is_remembered(conversation: Converse, log: str) -> None:
    service = conversation(reviews("Completed", issued=3), cancels(answer=THROTTLED))

    result = request(service, request_log=log, rate_limit_timeout=0)

    assert (outcomes(result), result["failed"], result["requested_at"]) == (["failed"], True, {})
    assert RequestLog(log).known() == {}


# -- a review that is five minutes old ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Order Placed", *NOT_ISSUED])
def test_a_stale_review_does_not_cancel_twice_where_it_is_remembered(
    conversation: Converse, status: str, log: str
) -> None:
    cancel(conversation(reviews(status), cancels()), request_log=log)

    for check_mode in (True, False):
        second = cancel(conversation(reviews(status)), request_log=log, check_mode=check_mode)
        assert (outcomes(second), second["changed"], "failed" in second) == (["unchanged"], False, False)


def test_once_a_review_must_show_it_an_order_that_was_not_cancelled_is_cancelled(
    conversation: Converse, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        freeze(then, operations, ago(hours=1))
        cancel(conversation(reviews(), cancels()), request_log=log)

    assert outcomes(cancel(conversation(reviews(), cancels()), request_log=log)) == ["changed"]


def test_a_stale_review_without_memory_cancels_again_and_a_refusal_is_reported(conversation: Converse) -> None:
    service = conversation(reviews(), cancels(answer=refuses(400, "already cancelled")), reviews())

    result = cancel(service)

    assert (outcomes(result), result["changed"]) == (["failed"], False)


@pytest.mark.parametrize("stale", ["Queued", "Awaiting Provider Approval"])
def test_a_lost_reply_and_a_stale_review_are_unknown_and_the_next_run_does_not_report_a_cancellation(
    conversation: Converse, stale: str, log: str
) -> None:
    first = cancel(conversation(reviews(stale), cancels(answer=HANGS_UP), reviews(stale)), request_log=log)
    second = cancel(conversation(reviews(stale)), request_log=log)

    assert outcomes(first) == ["unknown"]
    # It was not acknowledged: that it was cancelled would be a guess.
    is_unknown(second)


# -- what was requested is remembered ----------------------------------------------------------------------------------


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("issued", ["request", "fail", "skip"])
def test_the_second_night_sends_no_mail(conversation: Converse, log: str, check_mode: bool, issued: str) -> None:
    first = request(conversation(reviews("Completed", issued=3), cancels()), request_log=log)
    second = cancel(conversation(reviews("Completed", issued=4)), issued=issued, request_log=log, check_mode=check_mode)

    assert events(log) == ["request claimed", "request confirmed"]
    assert (outcomes(second), second["changed"], "failed" in second) == (["pending_approval"], False, False)
    assert list(second["requested_at"]) == list(first["requested_at"]) == [digest()]
    assert ADMIN in second["msg"]
    assert only(second)["before"] == only(second)["after"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_handed_in_is_remembered_and_handed_out(conversation: Converse, check_mode: bool) -> None:
    first = request(conversation(reviews("Completed", issued=3), cancels()))
    second = request(
        conversation(reviews("Completed", issued=4)), requested_at=first["requested_at"], check_mode=check_mode
    )

    assert (outcomes(second), second["changed"]) == (["pending_approval"], False)
    assert second["requested_at"] == first["requested_at"]


def test_what_is_handed_in_is_read_in_any_zone_and_case(conversation: Converse) -> None:
    given = {digest().upper(): "2026-01-31T12:00:00+02:00"}

    result = request(conversation(reviews("Completed", issued=3)), requested_at=given)

    assert result["requested_at"] == {digest(): "2026-01-31T10:00:00Z"}


@pytest.mark.parametrize("time", ["yesterday", "", None, {}])
def test_a_time_that_is_none_is_refused(conversation: Converse, time: Any) -> None:
    result = request(conversation(), requested_at={digest(): time})

    assert failure_of(result)["code"] == "invalid_option"


def test_a_request_that_is_handed_in_by_less_than_a_digest_is_refused_and_not_forgotten(conversation: Converse) -> None:
    result = request(conversation(), requested_at={ref(): "2026-01-31T12:00:00Z"})

    assert failure_of(result)["code"] == "invalid_option"


@pytest.mark.parametrize("answer", [HTML, refuses(500, "Internal Server Error")])
def test_what_is_handed_in_is_handed_out_also_where_a_review_fails(conversation: Converse, answer: Answer) -> None:
    """Else one bad night would make the next one send a second mail."""
    given = {digest(): "2026-01-31T12:00:00Z"}

    result = request(conversation(reviews(answer=answer)), requested_at=given)

    assert outcomes(result) == ["failed"]
    assert result["requested_at"] == given


def test_what_is_handed_in_is_handed_out_also_where_the_run_is_stopped(conversation: Converse) -> None:
    given = {digest(): "2026-01-31T12:00:00Z"}
    stop = Stop()
    stop.set("a signal")

    result = request(conversation(), requested_at=given, context=Context(stop=stop))

    assert outcomes(result) == ["not_attempted"]
    assert result["requested_at"] == given


def test_what_is_handed_in_for_an_order_that_was_approved_is_not_handed_out(conversation: Converse) -> None:
    result = request(conversation(reviews("Cancelled", issued=3)), requested_at={digest(): "2026-01-31T12:00:00Z"})

    assert (outcomes(result), result["requested_at"]) == (["unchanged"], {})


@pytest.mark.parametrize("handed_in", [True, False])
def test_a_request_can_be_made_again(conversation: Converse, log: str, handed_in: bool) -> None:
    first = request(conversation(reviews("Completed", issued=3), cancels()), request_log=None if handed_in else log)
    memory = {"requested_at": first["requested_at"]} if handed_in else {"request_log": log}

    again = request(conversation(reviews("Completed", issued=4), cancels()), request_again=True, **memory)

    assert (outcomes(again), again["changed"]) == (["pending_approval"], True)
    assert list(again["requested_at"]) == [digest()]
    if not handed_in:
        assert events(log) == ["request claimed", "request confirmed"] * 2


def test_a_request_that_is_refused_is_forgotten(conversation: Converse, log: str) -> None:
    completed = partial(reviews, "Completed", issued=3)
    first = request(conversation(completed(), cancels(answer=refuses()), completed()), request_log=log)
    second = request(conversation(completed(), cancels()), request_log=log)

    assert (outcomes(first), first["requested_at"], outcomes(second)) == (["failed"], {}, ["pending_approval"])


def test_a_request_made_again_that_is_refused_does_not_forget_the_first(conversation: Converse, log: str) -> None:
    completed = partial(reviews, "Completed", issued=3)
    request(conversation(completed(), cancels()), request_log=log)
    request(conversation(completed(), cancels(answer=refuses()), completed()), request_log=log, request_again=True)

    third = request(conversation(completed()), request_log=log)

    assert (outcomes(third), third["changed"]) == (["pending_approval"], False)


def test_orders_that_are_not_listed_are_remembered_all_the_same(conversation: Converse) -> None:
    first = request(conversation(reviews("Completed", issued=3), cancels()), orders_detail="none")
    second = request(
        conversation(reviews("Completed", issued=4)), orders_detail="none", requested_at=first["requested_at"]
    )

    assert first["orders"] == second["orders"] == []
    assert second["summary"]["pending_approval"] == 1
    assert list(first["requested_at"]) == [digest()]
    assert second["requested_at"] == first["requested_at"]


@pytest.mark.parametrize(
    ("event", "outcome"), [("confirm", "pending_approval"), ("lose", "unknown"), (None, "unknown")]
)
def test_a_request_of_another_job_meanwhile_is_detected(
    conversation: Converse, log: str, event: str | None, outcome: str
) -> None:
    class Raced(RequestLog):
        """Between our review and our claim, another job claims."""

        def claim(self, kind: str, digest: str, known: Any) -> bool:  # pylint: disable=redefined-outer-name
            if known is None:
                assert RequestLog.claim(self, kind, digest, None)
                if event:
                    getattr(self, event)(kind, digest)
            return RequestLog.claim(self, kind, digest, known)

    service = conversation(reviews("Completed", issued=3), reviews("Completed", issued=3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "RequestLog", Raced)
        result = request(service, request_log=log)

    assert (outcomes(result), result["changed"]) == ([outcome], False)
    assert cancellations(service) == []


def _a_job(url: str, log: str, results: Any) -> None:
    from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Unhurried

    arguments = {"api_url": url, "rate_limit": "none", "request_log": log, "replacement": "none", "issued": "request"}
    params, _errors = validated({**arguments, "order_token": TOKEN})
    results.put(module.run(params, Context(stop=Unhurried()))["changed"])


class Issued(Service):
    """Shows every order as issued, and cancels whatever it is asked to."""

    def answer(self, request: Any) -> Answer:
        return json_answer(
            {"success": "Order cancelled"} if "cancel" in request.target else a_review("Completed", issued=3)
        )


def test_of_several_jobs_at_once_one_sends_the_mail(log: str) -> None:
    service = Issued()
    fork = multiprocessing.get_context("fork")
    results = fork.Queue()
    try:
        jobs = [fork.Process(target=_a_job, args=(service.url, log, results)) for _number in range(4)]
        for job in jobs:
            job.start()
        changed = [results.get(timeout=30) for _job in jobs]
        for job in jobs:
            job.join()
    finally:
        service.close()

    assert sorted(changed) == [False, False, False, True]
    assert len(cancellations(service)) == 1


def unusable(log: str, how: str) -> str:
    path = Path(log)
    if how == "link":
        path.symlink_to(path.parent / "elsewhere")
    elif how == "folder":
        path.mkdir()
    elif how == "writable by others":
        path.touch()
        path.chmod(0o666)
    else:
        return str(path / "no" / "such" / "folder")
    return log


@pytest.mark.parametrize("how", ["link", "folder", "writable by others", "no folder"])
@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("state", [("Queued", None), ("Completed", 3)])
def test_nothing_is_sent_where_it_cannot_be_remembered(
    conversation: Converse, log: str, how: str, check_mode: bool, state: tuple[str, float | None]
) -> None:
    service = conversation(reviews(state[0], issued=state[1]))

    result = request(service, request_log=unusable(log, how), check_mode=check_mode)

    assert (outcomes(result), result["changed"]) == (["failed"], False)
    assert failure_of(result)["code"] == "request_log"
    assert cancellations(service) == []


def test_a_log_that_cannot_be_written_after_the_request_is_no_failure(
    conversation: Converse, log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: str, _line: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_request_log._files, "append_line", full)

    result = request(conversation(reviews("Completed", issued=3), cancels()), request_log=log)

    assert outcomes(result) == ["pending_approval"]
    assert events(log) == ["request claimed"]
    # The next run cannot know that it was acknowledged, unless it is handed in.
    (warning,) = result["warnings"]
    assert log in warning
    assert "No space left on device" in warning
    assert not result["requested_at"][digest()].endswith("unconfirmed")


def test_check_mode_makes_no_log(conversation: Converse, log: str) -> None:
    request(conversation(reviews("Completed", issued=3)), request_log=log, check_mode=True)

    assert not Path(log).exists()


# -- waiting -----------------------------------------------------------------------------------------------------------


def test_what_is_cancelled_at_once_is_waited_for_until_it_shows(conversation: Converse, skipping: Skipping) -> None:
    service = conversation(reviews(), cancels(), reviews(), reviews(), reviews("Cancelled"))

    result = cancel(service, wait=True, context=skipping.context())

    assert (outcomes(result), result["changed"], "failed" in result) == (["changed"], True, False)
    assert skipping.stop.pauses == [60, 60, 60]
    assert only(result)["after"]["order_status"] == "Cancelled"


def test_a_review_that_fails_while_it_is_waited_for_is_no_end(conversation: Converse, skipping: Skipping) -> None:
    service = conversation(
        reviews(), cancels(), reviews(answer=HTML), reviews(answer=UNKNOWN_TOKEN), reviews("Cancelled")
    )

    assert outcomes(cancel(service, wait=True, context=skipping.context())) == ["changed"]


def test_what_does_not_show_in_time_is_unknown(conversation: Converse, skipping: Skipping) -> None:
    service = conversation(reviews(), cancels(), *[reviews()] * 3)

    result = cancel(service, wait=True, wait_timeout=150, context=skipping.context())

    assert (outcomes(result), result["changed"], result["failed"]) == (["unknown"], True, True)
    assert failure_of(result)["order_id"] == ref()
    assert skipping.stop.pauses == [60, 60, 30]


def test_what_is_cancelled_in_memory_is_waited_for_as_well(
    conversation: Converse, skipping: Skipping, log: str
) -> None:
    service = conversation(reviews(), cancels(), reviews(), reviews("Cancelled"))

    assert outcomes(cancel(service, wait=True, request_log=log, context=skipping.context())) == ["changed"]


def test_a_lost_reply_is_waited_for_until_it_shows(conversation: Converse, skipping: Skipping) -> None:
    service = conversation(reviews(), cancels(answer=HANGS_UP), reviews(), reviews(), reviews("Cancelled"))

    result = cancel(service, wait=True, context=skipping.context())

    assert (outcomes(result), result["changed"], "failed" in result) == (["changed"], True, False)
    assert "failure" not in only(result)


def test_a_lost_reply_that_never_shows_stays_unknown(conversation: Converse, skipping: Skipping) -> None:
    service = conversation(reviews(), cancels(answer=HANGS_UP), reviews(), reviews(), reviews())

    result = cancel(service, wait=True, wait_timeout=120, context=skipping.context())

    assert (outcomes(result), result["failed"]) == (["unknown"], True)
    assert only(result)["after"] == {}


@pytest.mark.parametrize("memory", ["log", "none"])
def test_an_approval_is_detected(conversation: Converse, skipping: Skipping, log: str, memory: str) -> None:
    completed = partial(reviews, "Completed", issued=3)
    service = conversation(completed(), cancels(), completed(), completed(), reviews("Cancelled", issued=3))

    result = request(service, wait=True, request_log=log if memory == "log" else None, context=skipping.context())

    assert (outcomes(result), result["changed"], "failed" in result) == (["changed"], True, False)
    assert only(result)["after"]["order_status"] == "Cancelled"
    assert result["requested_at"] == {}


@pytest.mark.parametrize("memory", ["log", "none"])
def test_an_approval_that_does_not_come_in_time_stays_pending(
    conversation: Converse, skipping: Skipping, log: str, memory: str
) -> None:
    completed = partial(reviews, "Completed", issued=3)
    service = conversation(completed(), cancels(), completed(), completed())

    result = request(
        service,
        wait=True,
        wait_timeout=120,
        request_log=log if memory == "log" else None,
        context=skipping.context(),
    )

    assert (outcomes(result), result["changed"], "failed" in result) == (["pending_approval"], True, False)
    assert list(result["requested_at"]) == [digest()]


@pytest.mark.parametrize("memory", ["log", "handed in"])
def test_a_request_made_again_is_waited_for(conversation: Converse, skipping: Skipping, log: str, memory: str) -> None:
    completed = partial(reviews, "Completed", issued=3)
    given = {"request_log": log} if memory == "log" else {"requested_at": {digest(): iso(ago(1))}}
    if memory == "log":
        request(conversation(completed(), cancels()), **given)
    service = conversation(completed(), cancels(), completed(), reviews("Cancelled", issued=3))

    result = request(service, wait=True, request_again=True, context=skipping.context(), **given)

    assert (outcomes(result), result["changed"], "failed" in result) == (["changed"], True, False)


@pytest.mark.parametrize("memory", ["log", "handed in"])
def test_an_approval_of_an_older_request_is_waited_for_and_is_not_our_change(
    conversation: Converse, skipping: Skipping, log: str, memory: str
) -> None:
    completed = partial(reviews, "Completed", issued=3)
    given = {"request_log": log} if memory == "log" else {"requested_at": {digest(): iso(ago(1))}}
    if memory == "log":
        request(conversation(completed(), cancels()), **given)

    result = request(
        conversation(completed(), completed(), reviews("Cancelled", issued=3)),
        wait=True,
        context=skipping.context(),
        **given,
    )

    assert (outcomes(result), result["changed"], "failed" in result) == (["unchanged"], False, False)


def test_a_window_that_closes_while_the_approval_is_waited_for_is_a_failure(
    conversation: Converse, skipping: Skipping, log: str
) -> None:
    # The review of a later run, as if days had gone by.
    service = conversation(reviews("Completed", issued=29), cancels(), reviews("Completed", issued=31))

    result = request(service, wait=True, request_log=log, context=skipping.context())

    assert outcomes(result) == ["failed"]
    assert failure_of(result)["code"] == "not_approved"


@pytest.mark.parametrize("memory", ["log", "none"])
def test_a_lost_request_with_a_failed_review_is_not_taken_for_canceled_while_waiting(
    conversation: Converse, skipping: Skipping, log: str, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(monkeypatch, operations)
    completed = partial(reviews, "Completed", issued=3)
    service = conversation(completed(), cancels(answer=HANGS_UP), reviews(answer=HTML), completed(), completed())

    result = request(
        service,
        wait=True,
        wait_timeout=120,
        request_log=log if memory == "log" else None,
        context=skipping.context(),
    )

    assert outcomes(result) == ["unknown"]


@pytest.mark.parametrize("memory", ["log", "none"])
def test_a_lost_request_that_is_approved_while_it_is_waited_for_is_changed(
    conversation: Converse, skipping: Skipping, log: str, memory: str
) -> None:
    completed = partial(reviews, "Completed", issued=3)
    service = conversation(
        completed(), cancels(answer=HANGS_UP), completed(), completed(), reviews("Cancelled", issued=3)
    )

    result = request(service, wait=True, request_log=log if memory == "log" else None, context=skipping.context())

    assert (outcomes(result), result["changed"], "failed" in result) == (["changed"], True, False)


def test_a_stop_while_it_is_waited_for_leaves_it_as_it_is(conversation: Converse, log: str) -> None:
    class Interrupted(Stop):
        def pause(self, seconds: float) -> None:
            self.set("a signal")
            super().pause(seconds)

    result = request(
        conversation(reviews("Completed", issued=3), cancels()),
        wait=True,
        request_log=log,
        context=Context(stop=Interrupted()),
    )

    assert outcomes(result) == ["pending_approval"]


def test_check_mode_does_not_wait(conversation: Converse, skipping: Skipping) -> None:
    cancel(conversation(reviews()), wait=True, context=skipping.context(check_mode=True))

    assert skipping.stop.pauses == []


def test_a_short_interval_is_for_a_simulator_only() -> None:
    real = "https://api2.servertastic.com"
    result = servertastic.guarded(
        module.run,
        validated({"api_url": real, "order_token": TOKEN, "poll_interval": 59})[0],
        Context(),
    )

    assert failure_of(result)["code"] == "invalid_option"
    assert all(text in result["msg"] for text in ("poll_interval", "60", "86400"))


@pytest.mark.parametrize(
    ("option", "value"), [("poll_interval", 0), ("wait_timeout", 0), ("wait_timeout", 2592001), ("workers", 65)]
)
def test_bounds(conversation: Converse, option: str, value: int) -> None:
    result = cancel(conversation(), **{option: value})

    assert option in failure_of(result)["message"]


# -- the replacement ---------------------------------------------------------------------------------------------------


def replaced(status: str = "Queued", **facts: Any) -> Call:
    return reviews(status, token=NEW, **{"reseller_order_id": "STR_2002_1", **facts})


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("old", [("Queued", None), ("Completed", 3)])
def test_no_replacement_option_is_refused_where_there_is_a_domain(
    conversation: Converse, old: tuple[str, float | None], check_mode: bool
) -> None:
    service = conversation(reviews(old[0], issued=old[1]))

    result = play(service, order_token=TOKEN, issued="request", check_mode=check_mode)

    assert (outcomes(result), result["failed"]) == (["ineligible"], True)
    assert DOMAIN in result["msg"]
    assert "replacement_order_token" in result["msg"]


@pytest.mark.parametrize("status", [*NOT_ISSUED, "Completed", "completed"])
@pytest.mark.parametrize("old", [("Queued", None), ("Completed", 3)])
def test_the_old_order_is_cancelled_once_the_new_one_is_placed(
    conversation: Converse, old: tuple[str, float | None], status: str
) -> None:
    new = replaced(status, issued=0 if "ompleted" in status else None, domain_name=DOMAIN.upper())
    service = conversation(reviews(old[0], issued=old[1]), new, cancels())

    result = play(service, order_token=TOKEN, replacement_order_token=NEW, issued="request")

    assert (outcomes(result), result["changed"]) == (["pending_approval" if old[1] else "changed"], True)


WRONG = [
    pytest.param({"status": "Order Placed"}, "Order Placed", id="not placed"),
    pytest.param({"status": "Cancelled"}, "Cancelled", id="cancelled"),
    pytest.param({"status": "Roll Back"}, "Roll Back", id="rolled back"),
    pytest.param({"status": "On Hold"}, "On Hold", id="unheard of"),
    pytest.param({"status": ""}, "replacement", id="no status"),
    pytest.param({"domain_name": "example.com"}, " example.com", id="another domain"),
    pytest.param({"domain_name": ""}, DOMAIN, id="no domain"),
    pytest.param({"answer": UNKNOWN_TOKEN}, "replacement_order_token", id="missing"),
]


@pytest.mark.parametrize(("facts", "named"), WRONG)
@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("old", [("Queued", None), ("Completed", 3)])
def test_a_replacement_that_is_not_placed_for_the_domain_keeps_the_old_one(
    conversation: Converse, facts: dict[str, Any], named: str, check_mode: bool, old: tuple[str, float | None]
) -> None:
    service = conversation(reviews(old[0], issued=old[1]), replaced(**facts))

    result = play(service, order_token=TOKEN, replacement_order_token=NEW, issued="request", check_mode=check_mode)

    assert (outcomes(result), result["failed"], result["changed"]) == (["ineligible"], True, False)
    assert named in result["msg"]


def test_a_given_replacement_is_reviewed_even_with_replacement_none(conversation: Converse) -> None:
    result = play(
        conversation(reviews(), replaced("Cancelled")),
        order_token=TOKEN,
        replacement_order_token=NEW,
        replacement="none",
    )

    assert outcomes(result) == ["ineligible"]


@pytest.mark.parametrize("domain", [DOMAIN, ""])
def test_an_order_does_not_replace_itself(conversation: Converse, domain: str) -> None:
    service = conversation(reviews("Order Placed" if not domain else "Queued", domain_name=domain))

    result = play(service, order_token=TOKEN, replacement_order_token=TOKEN)

    assert outcomes(result) == ["ineligible"]
    # The replacement was not reviewed.
    assert result["api"]["requests"] == 1


@pytest.mark.parametrize("answer", [UNKNOWN_TOKEN, json_answer(a_review("Cancelled", token=NEW))])
def test_a_replacement_that_is_no_order_keeps_also_an_order_without_a_domain(
    conversation: Converse, answer: Answer
) -> None:
    """It was named, and is not placed for the same domain: "only if" (issue 4, item 2)."""
    service = conversation(reviews("Order Placed", domain_name=""), replaced(answer=answer))

    assert outcomes(play(service, order_token=TOKEN, replacement_order_token=NEW)) == ["ineligible"]


def test_a_replacement_that_cannot_be_reviewed_keeps_the_old_one(conversation: Converse) -> None:
    result = play(conversation(reviews(), replaced(answer=HTML)), order_token=TOKEN, replacement_order_token=NEW)

    assert outcomes(result) == ["failed"]
    assert failure_of(result)["http_status"] == 503


def test_a_cancelled_order_needs_no_replacement(conversation: Converse) -> None:
    assert outcomes(play(conversation(reviews("Cancelled")), order_token=TOKEN)) == ["unchanged"]


def test_one_replacement_is_for_one_order() -> None:
    assert validated({"order_tokens": [TOKEN], "replacement_order_token": NEW})[1]
    assert validated({"order_digests": [digest()], "replacement_order_token": NEW})[1]


# -- refunds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "refund"),
    [
        ([a_record(-42), a_record(42)], "credited"),
        ([a_record("42.0")], "credited"),
        ([a_record(-42)], "pending"),
        ([a_record(42, OTHER)], "pending"),
        ([a_record(0)], "pending"),
        ([], "pending"),
    ],
)
def test_a_canceled_order_is_credited_according_to_the_audit(
    conversation: Converse, records: list[dict[str, Any]], refund: str
) -> None:
    result = cancel(conversation(reviews(), cancels(), audits(*records)), api_key=KEY)

    assert only(result)["refund"] == refund
    assert ("https://manage.example.com/" in result["msg"]) == (refund != "credited")
    assert result["api"]["requests"] == 3


def test_what_was_requested_is_pending(conversation: Converse) -> None:
    result = request(conversation(reviews("Completed", issued=3), cancels(), audits(a_record(-42))), api_key=KEY)

    assert only(result)["refund"] == "pending"


@pytest.mark.parametrize("records", [[a_record(-42)], []])
def test_the_refund_of_an_earlier_cancellation_is_unknown_without_an_audit_record(
    conversation: Converse, records: list[dict[str, Any]]
) -> None:
    result = cancel(conversation(reviews("Cancelled"), audits(*records)), api_key=KEY)

    assert only(result)["refund"] == "unknown"


def test_an_earlier_cancellation_is_credited_according_to_the_audit(conversation: Converse) -> None:
    result = cancel(conversation(reviews("Cancelled"), audits(a_record())), api_key=KEY)

    assert only(result)["refund"] == "credited"


def test_too_late_is_no_refund(conversation: Converse) -> None:
    result = cancel(conversation(reviews("Completed", issued=31), audits(a_record(-42))), api_key=KEY)

    assert only(result)["refund"] == "none"


@pytest.mark.parametrize("answer", [UNKNOWN_TOKEN, HTML, HANGS_UP])
def test_an_audit_that_cannot_be_read_is_no_failure_and_no_guess(conversation: Converse, answer: Answer) -> None:
    result = cancel(conversation(reviews(), cancels(), audits(answer=answer)), api_key=KEY)

    assert (outcomes(result), only(result)["refund"], "failed" in result) == (["changed"], "unknown", False)


def test_without_a_key_a_refund_is_unknown(conversation: Converse) -> None:
    assert only(cancel(conversation(reviews(), cancels())))["refund"] == "unknown"


@pytest.mark.parametrize("calls", [[reviews(answer=UNKNOWN_TOKEN)], [reviews(answer=HTML)]])
def test_no_audit_is_read_where_it_shows_no_refund(conversation: Converse, calls: list[Call]) -> None:
    result = cancel(conversation(*calls), api_key=KEY)

    assert only(result)["refund"] == "unknown"


# -- several, and by digest --------------------------------------------------------------------------------------------


def test_several_orders_are_returned_in_the_given_order_with_repetitions(conversation: Converse) -> None:
    service = conversation(
        reviews(),
        reviews("Cancelled", token=NEW),
        reviews("Roll Back", token=OTHER),
        cancels(),
    )

    result = cancel(service, order_tokens=[TOKEN, NEW, f" {TOKEN}\n", OTHER], ineligible="skip")

    assert outcomes(result) == ["changed", "unchanged", "changed", "ineligible"]
    assert [order["order_ref"] for order in result["orders"]] == [ref(), ref(NEW), ref(), ref(OTHER)]
    assert result["summary"]["total"] == 3


def test_one_that_fails_does_not_stop_the_others(conversation: Converse) -> None:
    service = conversation(reviews(answer=HTML), reviews(token=NEW), cancels(NEW))

    result = cancel(service, order_tokens=[TOKEN, NEW])

    assert (outcomes(result), result["changed"], result["failed"]) == (["failed", "changed"], True, True)
    assert f"order {ref()}" in result["msg"]


def test_one_that_fails_stops_the_others_where_that_is_asked_for(conversation: Converse) -> None:
    service = conversation(reviews(answer=UNKNOWN_TOKEN))

    result = cancel(service, order_tokens=[TOKEN, NEW], stop_on_failure=True)

    assert outcomes(result) == ["missing", "not_attempted"]


def test_no_orders_are_nothing_to_do(conversation: Converse) -> None:
    result = cancel(conversation(), order_tokens=[])

    assert (result["orders"], result["changed"], "failed" in result) == ([], False, False)


def test_orders_are_named_by_digest_alone(conversation: Converse) -> None:
    service = conversation(shows_tokens(used=(TOKEN, OTHER), unused=(NEW,)), reviews(), cancels(), audits())

    result = cancel(service, order_digests=[digest().upper()], api_key=KEY)

    assert (outcomes(result), only(result)["order_digest"]) == (["changed"], digest())


def test_no_digests_are_nothing_to_do(conversation: Converse) -> None:
    assert cancel(conversation(), order_digests=[], api_key=KEY)["orders"] == []


def test_digests_take_a_key(conversation: Converse) -> None:
    result = cancel(conversation(), order_digests=[digest()])

    assert failure_of(result)["code"] == "invalid_option"
    assert "SERVERTASTIC_API_KEY" in result["msg"]


@pytest.mark.parametrize("text", ["", "abc", digest()[:-1], f"{digest()[:-1]}g", TOKEN])
def test_what_is_no_digest_is_refused(conversation: Converse, text: str) -> None:
    result = cancel(conversation(), order_digests=[text], api_key=KEY)

    assert failure_of(result)["code"] == "invalid_option"


def test_a_digest_of_no_order_of_the_account_fails_and_nothing_else_is_cancelled(conversation: Converse) -> None:
    service = conversation(shows_tokens(used=(OTHER,)))

    result = cancel(service, order_digests=[digest()], api_key=KEY)

    assert (result["failed"], result["changed"]) == (True, False)
    assert ref() in result["msg"]


@pytest.mark.parametrize("answer", [UNKNOWN_TOKEN, HTML, HANGS_UP, refuses(400), refuses(403, http=200)])
def test_tokens_that_cannot_be_listed_are_a_failure_of_the_task(conversation: Converse, answer: Answer) -> None:
    result = cancel(conversation(shows_tokens(answer=answer)), order_digests=[digest()], api_key=KEY)

    assert (failure_of(result)["order_id"], result["changed"]) == (None, False)
    assert "tokens" in result["msg"]


# -- what forbids it, and who watches ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [("Queued", None), ("Completed", 3)])
def test_a_read_only_variable_keeps_everything_from_being_sent(
    conversation: Converse, log: str, state: tuple[str, float | None]
) -> None:
    result = request(
        conversation(reviews(state[0], issued=state[1])), request_log=log, environ={"SERVERTASTIC_READ_ONLY": "1"}
    )

    assert (outcomes(result), result["changed"]) == (["failed"], False)
    assert failure_of(result)["code"] == "read_only"
    assert not Path(log).exists()


def test_the_audit_log_names_the_order_without_its_secret(conversation: Converse, tmp_path: Path) -> None:
    audit = tmp_path / "audit.jsonl"

    request(conversation(reviews("Completed", issued=3), cancels()), audit_log=str(audit), ticket="CHG0031337")

    begin, complete = map(json.loads, audit.read_text().splitlines())
    assert (begin["order_digest"], begin["name"]) == (digest(), DOMAIN)
    assert "127.0.0.1" in begin["account"]
    assert complete["outcome"] == "pending_approval"


@pytest.mark.parametrize("echoed", [TOKEN, servertastic.quote(TOKEN, safe="")])
@pytest.mark.parametrize("status", ["Queued", "Completed"])
def test_an_echoed_token_shows_nowhere(
    conversation: Converse, tmp_path: Path, log: str, echoed: str, status: str
) -> None:
    names = ("reseller_order_id", "provider_order_id", "st_product_code", "order_state_further_info")
    echo = dict.fromkeys(names, f"{echoed} {echoed}")
    echoing = a_review(status, issued=3, admin_contact={"email": f"{echoed}@example.com"}, **echo)
    audit = tmp_path / "audit.jsonl"
    service = conversation(
        reviews(answer=json_answer(echoing)),
        cancels(answer=refuses(400, f"Bad Request: {echoed} cannot be cancelled")),
        reviews(answer=json_answer(echoing)),
    )

    result = request(service, audit_log=str(audit), request_log=log, diff=True)

    assert outcomes(result) == ["failed"]
    assert leaks(audit.read_text()) == []


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"error": {"code": TOKEN, "message": TOKEN}}),
        json_answer({"error": {"code": f"\x1b[31m{TOKEN}", "message": TOKEN}}, 400),
        json_answer({"error": {"code": "400", "message": TOKEN}}),
        json_answer({"success": f"Order cancelled - {TOKEN}"}),
        Answer(302, b"", (("Location", f"https://evil.example/?order_token={TOKEN}"),)),
        Answer(500, f"<html>{TOKEN}".encode()),
    ],
)
def test_a_token_in_an_answer_shows_nowhere(conversation: Converse, answer: Answer, tmp_path: Path) -> None:
    review = json_answer(a_review("Queued"))
    calls = [reviews(answer=review), cancels(answer=answer)]
    if b"success" not in answer.body:
        calls.append(reviews(answer=review))

    cancel(conversation(*calls), audit_log=str(tmp_path / "audit.jsonl"), diff=True)


def test_data_of_the_service_cannot_forge_a_line(conversation: Converse) -> None:
    forged = "\x1b[31m\u202e\nok: [localhost]"
    names = ("reseller_order_id", "st_product_code", "domain_name", "order_status")
    order = a_review(**{name: forged for name in names if name != "order_status"})
    order.update(order_status=forged, admin_contact={"email": forged}, invite_url="https://manage.example\u202e.com/x")

    result = cancel(conversation(reviews(answer=json_answer(order))), diff=True)

    assert outcomes(result) == ["ineligible"]
    assert [text for text in strings(result) if {"\x1b", "\u202e"} & set(text)] == []


def test_a_management_page_cannot_forge_a_line(conversation: Converse) -> None:
    service = conversation(reviews(invite_url="https://manage.exa\u202emple.com\x1b(0/token/1"), cancels())

    result = cancel(service)

    assert [text for text in strings(result) if {"\x1b", "\u202e"} & set(text)] == []


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Manage.Example.com:8443/token/x", "https://manage.example.com/"),
        ("javascript:alert(1)", ""),
        ("https://[", ""),
        ("", ""),
        (None, ""),
        (["https://manage.example.com/"], ""),
    ],
)
def test_only_the_host_of_the_management_page_is_shown(conversation: Converse, url: Any, host: str) -> None:
    result = cancel(conversation(reviews(invite_url=url), cancels()))

    assert only(result)["management_host"] == host
    assert ("https://" in result["msg"]) == bool(host)
    assert host in result["msg"]


@pytest.mark.parametrize("timestamp", ["9999-12-31 23:59:59", "9999-12-01 23:30:00", "0001-01-01 00:00:00"])
def test_a_time_at_the_end_of_all_times_is_no_crash(conversation: Converse, timestamp: str) -> None:
    history = {"modification": [{"timestamp": timestamp, "event_name": "Order Completed"}]}

    result = request(conversation(reviews("Completed", modifications=history)), check_mode=True)

    assert outcomes(result)[0] in ("ineligible", "pending_approval")


# -- arguments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "  ", "two words", "umlaut-\u00fc", "x" * 201, "nul\x00"])
def test_an_invalid_token_is_refused_without_showing_it(conversation: Converse, token: str) -> None:
    for arguments in ({"order_token": token}, {"order_token": TOKEN, "replacement_order_token": token or " "}):
        result = play(conversation(), **arguments)
        assert failure_of(result)["code"] == "invalid_option"
        assert not token.strip() or token not in repr(result)


def test_an_address_is_required() -> None:
    params, errors = validated({"order_token": TOKEN})

    result = servertastic.guarded(module.run, params, Context())

    assert errors == []
    assert "SERVERTASTIC_API_URL" in failure_of(result)["message"]


def test_one_way_of_naming_orders_is_required() -> None:
    assert validated({})[1]
    assert validated({"order_token": TOKEN, "order_tokens": [TOKEN]})[1]
    assert validated({"order_tokens": [TOKEN], "order_digests": [digest()]})[1]


def test_secrets_are_marked_as_such() -> None:
    hidden = {name for name, option in module.SPEC["argument_spec"].items() if option.get("no_log")}

    assert hidden == {"api_key", "order_token", "order_tokens", "replacement_order_token"}


# -- many --------------------------------------------------------------------------------------------------------------


class Reseller(Service):
    """Has orders by token, and cancels them at once."""

    def __init__(self, tokens: list[str]) -> None:
        self.statuses = dict.fromkeys(tokens, "Queued")
        super().__init__()

    def answer(self, request: Any) -> Answer:
        path, _question, query = request.target.partition("?order_token=")
        if path == "/order/cancel.json":
            self.statuses[query] = "Cancelled"
            return json_answer({"success": "Order cancelled - STR"})
        return json_answer(a_review(self.statuses[query], token=query))


@pytest.mark.exhaustive
@pytest.mark.parametrize(("count", "remembered"), [(500, False), (120, True)])
def test_many_orders_with_eight_workers_are_each_cancelled_once(log: str, count: int, remembered: bool) -> None:
    tokens = [f"sim-{number}" for number in range(count)]
    memory = {"request_log": log} if remembered else {}
    service = Reseller(tokens)
    try:
        result = cancel(service, order_tokens=tokens, workers=8, orders_detail="none", **memory)
        again = cancel(service, order_tokens=tokens, workers=8, orders_detail="none", **memory)
    finally:
        service.close()

    assert result["summary"]["changed"] == again["summary"]["unchanged"] == count
    assert sorted(cancellations(service)) == sorted(f"GET /order/cancel.json?order_token={token}" for token in tokens)
    assert again["api"]["requests"] == count


def test_an_hour_of_slack_is_given_and_no_more(conversation: Converse, monkeypatch: pytest.MonkeyPatch) -> None:
    now = freeze(monkeypatch, operations)
    for late, outcome in ((timedelta(minutes=59), "ineligible"), (timedelta(minutes=61), "ineligible")):
        history = [{"timestamp": stamp(now - timedelta(days=30) - late), "event_name": "Order Completed"}]
        result = cancel(conversation(reviews("Completed", modifications=history)), issued="skip", ineligible="skip")
        assert outcomes(result) == ["unchanged" if late < timedelta(hours=1) else outcome]


# -- what fits into ansible-runner's events ----------------------------------------------------------------------------


def test_so_many_that_all_their_requests_would_not_fit_are_refused(conversation: Converse) -> None:
    tokens = [f"sim-{number}" for number in range(2907)]
    result = cancel(conversation(), order_tokens=tokens, environ=RUNNER)
    assert failure_of(result)["code"] == "invalid_option"
    assert "2906" in result["msg"]


def test_requests_that_were_handed_in_are_counted_as_well(conversation: Converse) -> None:
    earlier = {digest(str(number)): "2026-01-31T12:00:00Z" for number in range(6000)}
    result = cancel(conversation(), requested_at=earlier, environ=RUNNER)
    assert failure_of(result)["code"] == "invalid_option"


def test_additional_keys_count_where_a_result_has_to_fit(
    conversation: Converse, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = conversation(reviews("Completed", issued=3), cancels())
    monkeypatch.setattr(_results, "LONGEST", 1000)
    result = request(service, environ=RUNNER)
    assert list(result["requested_at"]) == [digest()]
    assert only(result) == {"order_digest": digest(), "outcome": "pending_approval"}
