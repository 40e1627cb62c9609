# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""May an order be canceled, and how: docs/development/reference/servertastic.md 5, with all options of a task."""

from __future__ import annotations

import inspect
import itertools
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import (
    CHANGED,
    INELIGIBLE,
    OUTCOMES,
    PENDING_APPROVAL,
    UNCHANGED,
    UNKNOWN,
    Decision,
)
from ansible_collections.certops.orders.plugins.module_utils._servertastic import policy
from ansible_collections.certops.orders.plugins.module_utils._servertastic.models import Adjustment, Review
from ansible_collections.certops.orders.plugins.module_utils._servertastic.policy import (
    CancelRequest,
    Subject,
    refund,
    window_is_over,
)
from ansible_collections.certops.orders.plugins.module_utils._servertastic.request_log import CANCEL, REQUEST, Claim
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.modules.servertastic_playing import NEW, TOKEN, digest
from ansible_collections.certops.orders.tests.unit.plugins.properties import examples

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
DOMAIN = "www.example.com"
ADMIN = "admin@example.com"
NOT_ISSUED = ("Awaiting Customer Verification", "Awaiting Provider Approval", "Queued")
AT_ONCE = ("Order Placed", *NOT_ISSUED)
HELD = ("Roll Back", "Servertastic Review")
UNHEARD_OF = ("", "Suspended", "Invite Available", "Awaiting Configuration", "Canceled", "Complete", "completed?")
SMARTERTOOLS = ("SmarterMail", "smarterstats-5", "SMARTERTRACK", "SmarterTools X", "SmarterBundle")
# docs/development/reference/servertastic.md 4.
REFERENCE = {*AT_ONCE, "Completed", "Cancelled", *HELD}
NONE = CancelRequest(without_replacement=True)
EVERY_REQUEST = [
    CancelRequest(issued, replacement, without, again)
    for issued, replacement, without, again in itertools.product(
        ("fail", "request", "skip"), ("", digest(NEW)), (True, False), (True, False)
    )
]


def a_review(status: str = "Queued", *, days: float | None = None, **facts: Any) -> Review:
    """Return a review; days: since it was issued."""
    completed = None if days is None else NOW - timedelta(days=days)
    defaults = {"domain_name": DOMAIN, "admin_email": ADMIN, "product_code": "RapidSSL-12", "completed_at": completed}
    return Review(digest(), status, **{**defaults, **facts})


def successor(status: str = "Queued", domain_name: str = DOMAIN) -> Review:
    return Review(digest(NEW), status, domain_name=domain_name)


def decide(review: Review, cancel_request: CancelRequest = NONE, **facts: Any) -> Decision:
    return policy.decide(Subject(review, **facts), cancel_request, now=NOW)


def check_decision(decision: Decision) -> None:
    """What every decision owes: a reason, no need of more, and no second sending of a change."""
    assert decision.required_fact == ""
    if decision.outcome == CHANGED:
        assert decision.repeatable is False
        assert decision.steps in (("cancel",), ("request",))
        assert decision.ends == (PENDING_APPROVAL if decision.steps == ("request",) else CHANGED)
        return
    assert decision.reason
    assert not decision.next_step.endswith(".")
    assert (decision.steps, dict(decision.after)) == ((), {})
    if decision.outcome == INELIGIBLE:
        assert decision.next_step


# -- the table ---------------------------------------------------------------------------------------------------------


def test_the_documented_table_names_every_status_of_the_reference() -> None:
    lines = inspect.getdoc(policy.decide).splitlines()  # type: ignore[union-attr]
    first, second, third = (number for number, line in enumerate(lines) if re.fullmatch("=+ +=+", line))
    width = lines[first].index(" ")
    named = ", ".join(line[:width].strip() for line in lines[second + 1 : third])

    for status in REFERENCE:
        assert status in named
    assert first < second
    assert "any other, and SmarterTools" in named


@each("status", [*AT_ONCE, *map(str.upper, AT_ONCE), " queued "])
@each("cancel_request", EVERY_REQUEST)
def test_an_unissued_order_is_canceled_at_once_whatever_the_options_for_issued_ones(
    status: str, cancel_request: CancelRequest
) -> None:
    decision = decide(a_review(status), cancel_request, successor=successor() if cancel_request.replacement else None)

    check_decision(decision)
    if not (cancel_request.replacement or cancel_request.without_replacement):
        assert decision.outcome == INELIGIBLE
        return
    assert (decision.outcome, decision.steps, decision.ends) == (CHANGED, ("cancel",), CHANGED)
    assert dict(decision.after) == {"order_status": "Cancelled"}


@each("days", [0, 1, 26.9, 29.9, 30, 30.04])
@each("cancel_request", EVERY_REQUEST)
@each("requested", [True, False])
def test_an_issued_order_is_decided_by_the_options(days: float, cancel_request: CancelRequest, requested: bool) -> None:
    decision = decide(
        a_review("Completed", days=days),
        cancel_request,
        claim=Claim(REQUEST, NOW - timedelta(hours=20)) if requested else None,
        successor=successor() if cancel_request.replacement else None,
    )

    check_decision(decision)
    replaced = cancel_request.replacement or cancel_request.without_replacement
    if requested and not cancel_request.again:
        assert decision.outcome == PENDING_APPROVAL
        assert "2026-02-28" in decision.reason
        assert ADMIN in decision.reason
    elif cancel_request.issued == "skip":
        assert decision.outcome == UNCHANGED
    elif cancel_request.issued == "fail" or not replaced:
        assert decision.outcome == INELIGIBLE
    else:
        assert (decision.outcome, decision.steps, decision.ends) == (CHANGED, ("request",), PENDING_APPROVAL)
        assert dict(decision.after) == {"requested_at": "2026-03-01T12:00:00Z"}


@each("days", [30.05, 30.1, 31, 365, 5000, None])
@each("cancel_request", EVERY_REQUEST)
@each("requested", [True, False])
def test_too_late_is_refused_whatever_the_options(
    days: float | None, cancel_request: CancelRequest, requested: bool
) -> None:
    decision = decide(
        a_review("Completed", days=days),
        cancel_request,
        claim=Claim(REQUEST, NOW - timedelta(days=2)) if requested else None,
        successor=successor(),
    )

    check_decision(decision)
    assert decision.outcome == INELIGIBLE
    assert "Servertastic" in decision.next_step
    # The day of issuance, if it is known.
    issued = "" if days is None else f"{NOW - timedelta(days=days):%Y-%m-%d}"
    assert issued in decision.reason


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        (timedelta(0), CHANGED),
        (timedelta(minutes=59, seconds=59), CHANGED),
        (timedelta(hours=1), INELIGIBLE),
        (timedelta(hours=1, seconds=1), INELIGIBLE),
        (timedelta(hours=-2.4), CHANGED),
        (timedelta(hours=2.4), INELIGIBLE),
    ],
)
def test_an_hour_of_slack(late: timedelta, outcome: str) -> None:
    review = a_review("Completed", completed_at=NOW - timedelta(days=30) - late)

    assert decide(review, CancelRequest("request", without_replacement=True)).outcome == outcome
    assert window_is_over(review, NOW) == (outcome == INELIGIBLE)


@pytest.mark.parametrize(("days", "warned"), [(0, False), (26.9, False), (27.1, True), (29.9, True), (30.02, True)])
@pytest.mark.parametrize("requested", [None, Claim(REQUEST, NOW - timedelta(hours=1))])
def test_the_last_days_are_worth_a_word(days: float, warned: bool, requested: Claim | None) -> None:
    def reason(days: float) -> str:
        options = CancelRequest("request", without_replacement=True)
        return decide(a_review("Completed", days=days), options, claim=requested).reason

    assert (len(reason(days)) > len(reason(0))) == warned
    assert f"{NOW - timedelta(days=days - 30):%Y-%m-%d}" in reason(days)


def test_the_approver_is_named_or_reported_as_unknown() -> None:
    for cancel_request in (NONE, CancelRequest("request", without_replacement=True)):
        assert ADMIN in decide(a_review("Completed", days=1), cancel_request).explanation
        unknown = decide(a_review("Completed", days=1, admin_email=""), cancel_request).explanation
        assert "admin contact" in unknown
        assert ADMIN not in unknown


@each("status", ["Cancelled", "CANCELLED", " cancelled"])
@each("cancel_request", EVERY_REQUEST)
@each("product", ["RapidSSL-12", *SMARTERTOOLS])
def test_what_is_cancelled_stays_so(status: str, cancel_request: CancelRequest, product: str) -> None:
    decision = decide(a_review(status, days=3, product_code=product), cancel_request, claim=Claim(REQUEST, NOW))

    check_decision(decision)
    assert decision.outcome == UNCHANGED


@each("status", [*HELD, *UNHEARD_OF, "ROLL BACK", "ServerTastic Review"])
@each("cancel_request", EVERY_REQUEST)
def test_a_held_or_unknown_status_is_refused_whatever_the_options(status: str, cancel_request: CancelRequest) -> None:
    decision = decide(a_review(status, days=3), cancel_request, claim=Claim(REQUEST, NOW), successor=successor())

    check_decision(decision)
    assert decision.outcome == INELIGIBLE
    assert decision.reason.endswith(f" {status}" if status.strip() else "")


def test_what_is_held_has_a_next_step_of_its_own() -> None:
    steps = {status: decide(a_review(status)).next_step for status in (*HELD, "Suspended")}

    assert len(set(steps.values())) == 3


@each("product", SMARTERTOOLS)
@each("status", sorted(REFERENCE - {"Cancelled"}))
@each("issued", ["fail", "request", "skip"])
def test_smartertools_are_refused_in_every_state(product: str, status: str, issued: str) -> None:
    decision = decide(a_review(status, days=3, product_code=product), CancelRequest(issued, without_replacement=True))

    check_decision(decision)
    assert decision.outcome == INELIGIBLE
    assert product in decision.reason


def test_what_only_sounds_like_smartertools_is_none() -> None:
    assert decide(a_review(product_code="NotSmarterMail")).outcome == CHANGED


# -- a review is some minutes old --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", AT_ONCE)
@pytest.mark.parametrize(
    ("seconds", "outcome"), [(0, UNCHANGED), (299, UNCHANGED), (359, UNCHANGED), (360, CHANGED), (86400, CHANGED)]
)
def test_what_was_just_cancelled_is_left_alone_until_it_must_show(status: str, seconds: int, outcome: str) -> None:
    decision = decide(a_review(status), claim=Claim(CANCEL, NOW - timedelta(seconds=seconds)))

    check_decision(decision)
    assert decision.outcome == outcome


@pytest.mark.parametrize("cancel_request", EVERY_REQUEST)
def test_what_was_acknowledged_and_shows_as_issued_has_become_a_request(cancel_request: CancelRequest) -> None:
    """It was issued before it was cancelled, so that the admin contact has a mail already (5)."""
    decision = decide(a_review("Completed", days=0), replace(cancel_request, again=False), claim=Claim(CANCEL, NOW))

    assert decision.outcome == PENDING_APPROVAL


# -- what was never acknowledged ---------------------------------------------------------------------------------------

DOUBTFUL = {
    "not confirmed": Claim(REQUEST, NOW - timedelta(days=2), is_confirmed=False),
    "lost": Claim(CANCEL, NOW - timedelta(hours=1), is_confirmed=False, is_lost=True),
    "in the future": Claim(REQUEST, NOW + timedelta(days=1)),
    "in the far future, not confirmed": Claim(CANCEL, datetime.max.replace(tzinfo=timezone.utc), is_confirmed=False),
}


@pytest.mark.parametrize("claim", DOUBTFUL.values(), ids=DOUBTFUL)
@pytest.mark.parametrize("status", [*AT_ONCE, "Completed"])
@pytest.mark.parametrize("cancel_request", EVERY_REQUEST)
@pytest.mark.parametrize("is_sent", [True, False])
def test_what_was_never_acknowledged_is_unknown_unless_it_is_made_again(
    claim: Claim, status: str, cancel_request: CancelRequest, is_sent: bool
) -> None:
    days = 3 if status == "Completed" else None
    facts = {"successor": successor() if cancel_request.replacement else None}
    decision = decide(a_review(status, days=days), cancel_request, claim=claim, is_sent=is_sent, **facts)

    if cancel_request.again and not is_sent:
        assert decision == decide(a_review(status, days=days), cancel_request, **facts)
        return
    check_decision(decision)
    assert decision.outcome == UNKNOWN
    assert f"{claim.made_at:%Y-%m-%d %H:%M} UTC" in decision.reason
    assert "request_again" in decision.next_step
    assert (ADMIN in decision.next_step) == (status == "Completed")
    # A review that shows it cancelled ends the doubt.
    assert dict(decision.expected) == {"order_status": "Cancelled"}
    assert decide(a_review("Cancelled"), cancel_request, claim=claim).outcome == UNCHANGED


def test_a_clock_that_is_some_minutes_ahead_is_no_future() -> None:
    claim = Claim(REQUEST, NOW + timedelta(minutes=5))

    assert decide(a_review("Completed", days=3), claim=claim).outcome == PENDING_APPROVAL


@pytest.mark.parametrize(
    ("status", "claim", "requested_at"),
    [
        ("Completed", Claim(REQUEST, NOW), "2026-03-01T12:00:00Z"),
        ("Completed", Claim(CANCEL, NOW), "2026-03-01T12:00:00Z"),
        ("Queued", Claim(REQUEST, NOW), "2026-03-01T12:00:00Z"),
        ("Queued", Claim(CANCEL, NOW), ""),
        ("Completed", Claim(REQUEST, NOW, is_confirmed=False), ""),
        ("Completed", None, ""),
    ],
)
def test_only_an_acknowledged_request_is_a_fact(status: str, claim: Claim | None, requested_at: str) -> None:
    assert Subject(a_review(status), claim).facts == {"order_status": status, "requested_at": requested_at}


def test_what_was_just_cancelled_needs_no_word_of_a_replacement() -> None:
    assert decide(a_review(), CancelRequest(), claim=Claim(CANCEL, NOW)).outcome == UNCHANGED


# -- the replacement ---------------------------------------------------------------------------------------------------

NAMED = CancelRequest("request", replacement=digest(NEW))
both_states = pytest.mark.parametrize("review", [a_review(), a_review("Completed", days=3)])


@both_states
def test_no_replacement_option_is_refused_where_there_is_a_domain(review: Review) -> None:
    decision = decide(review, CancelRequest("request"))

    check_decision(decision)
    assert decision.outcome == INELIGIBLE
    assert DOMAIN in decision.reason
    assert "replacement_order_token" in decision.next_step
    assert "replacement: none" in decision.next_step


def test_no_replacement_option_is_needed_where_there_is_no_domain() -> None:
    assert decide(a_review("Order Placed", domain_name=""), CancelRequest()).outcome == CHANGED


@both_states
@pytest.mark.parametrize("status", [*NOT_ISSUED, "Completed", "QUEUED"])
def test_a_placed_order_for_the_same_domain_replaces_it(review: Review, status: str) -> None:
    assert decide(review, NAMED, successor=successor(status)).outcome == CHANGED


@both_states
@pytest.mark.parametrize(
    ("new", "named"),
    [
        (None, ""),
        (successor("Order Placed"), "Order Placed"),
        (successor("Cancelled"), "Cancelled"),
        (successor("Roll Back"), "Roll Back"),
        (successor("Suspended"), "Suspended"),
        (successor(""), ""),
        (successor(domain_name=""), DOMAIN),
        (successor(domain_name="example.com"), " example.com"),
        (successor(domain_name="www.example.com.evil"), "www.example.com.evil"),
    ],
)
@pytest.mark.parametrize("without", [True, False])
def test_what_is_not_placed_for_the_same_domain_replaces_nothing(
    review: Review, new: Review | None, named: str, without: bool
) -> None:
    decision = decide(review, replace(NAMED, without_replacement=without), successor=new)

    check_decision(decision)
    assert decision.outcome == INELIGIBLE
    assert named in decision.reason


@pytest.mark.parametrize("domain", [DOMAIN, ""])
def test_an_order_does_not_replace_itself(domain: str) -> None:
    decision = decide(a_review(domain_name=domain), CancelRequest(replacement=digest()))

    assert decision.outcome == INELIGIBLE
    # Also if a successor was read.
    assert decision == decide(a_review(domain_name=domain), CancelRequest(replacement=digest()), successor=successor())


@pytest.mark.parametrize("new", [None, successor("Cancelled"), successor("Order Placed"), successor("Roll Back")])
def test_a_replacement_that_is_named_has_to_be_placed_also_where_there_is_no_domain_yet(new: Review | None) -> None:
    assert decide(a_review("Order Placed", domain_name=""), NAMED, successor=new).outcome == INELIGIBLE


# -- for any order at all ----------------------------------------------------------------------------------------------

TEXTS = st.sampled_from(["", DOMAIN, ADMIN]) | st.text(max_size=12)
MOMENTS = st.none() | st.datetimes(timezones=st.just(timezone.utc)) | st.just(NOW)
CLAIMS = st.none() | st.builds(
    Claim, st.sampled_from([REQUEST, CANCEL]), MOMENTS.filter(bool), is_confirmed=st.booleans(), is_lost=st.booleans()
)
REVIEWS = st.builds(
    Review,
    order_digest=st.sampled_from([digest(), digest(NEW)]),
    status=st.sampled_from([*REFERENCE, *UNHEARD_OF]) | st.text(max_size=12),
    product_code=st.sampled_from([*SMARTERTOOLS, "RapidSSL-12"]) | st.text(max_size=12),
    domain_name=TEXTS,
    admin_email=TEXTS,
    completed_at=MOMENTS,
)
CANCEL_REQUESTS = st.builds(
    CancelRequest,
    issued=st.sampled_from(["fail", "request", "skip"]),
    replacement=st.sampled_from(["", digest(), digest(NEW)]),
    without_replacement=st.booleans(),
    again=st.booleans(),
)
LAST = Review(digest(), "Completed", completed_at=datetime(9999, 12, 31, 23, 59, tzinfo=timezone.utc))
NEARLY_LAST = replace(LAST, completed_at=datetime(9999, 12, 1, 23, 30, tzinfo=timezone.utc))


@pytest.mark.exhaustive
@examples(500)
@given(
    review=REVIEWS,
    cancel_request=CANCEL_REQUESTS,
    claim=CLAIMS,
    new=st.none() | REVIEWS,
    now=st.datetimes(timezones=st.just(timezone.utc)) | st.just(NOW),
)
@example(LAST, CancelRequest("request", without_replacement=True), None, None, NOW)
@example(NEARLY_LAST, CancelRequest("request", without_replacement=True), None, None, NOW)
def test_a_decision_is_made_for_every_order_and_changes_only_what_may_be_changed(
    review: Review,
    cancel_request: CancelRequest,
    claim: Claim | None,
    new: Review | None,
    now: datetime,
) -> None:
    subject = Subject(review, claim, new)

    decision = policy.decide(subject, cancel_request, now=now)

    check_decision(decision)
    assert decision.outcome in OUTCOMES
    assert isinstance(window_is_over(review, now), bool)
    assert all(isinstance(value, str) for value in (*subject.identity.values(), *subject.facts.values(), subject.name))
    assert review.product_code not in ("", *SMARTERTOOLS) or decision.outcome != CHANGED or not review.product_code
    if decision.outcome != CHANGED:
        return
    status = review.status.strip().lower()
    assert not review.product_code.lower().startswith(policy._SMARTERTOOLS)
    assert status in {one.lower() for one in (*AT_ONCE, "Completed")}
    if status == "completed":
        assert cancel_request.issued == "request"
        assert review.completed_at is not None
        assert now - review.completed_at < timedelta(days=30, hours=1)
    assert claim is None or cancel_request.again or (status != "completed" and claim.counts(now))
    if review.domain_name:
        assert cancel_request.without_replacement or cancel_request.replacement
    if cancel_request.replacement:
        assert new is not None
        assert new.domain_name == review.domain_name


def test_the_facts_and_the_identity_of_a_subject() -> None:
    review = a_review("Completed", days=3, reseller_order_id="STR_1", management_host="https://manage.example.com/")
    subject = Subject(review, Claim(REQUEST, NOW))

    assert subject.name == DOMAIN
    assert subject.facts == {"order_status": "Completed", "requested_at": "2026-03-01T12:00:00Z"}
    assert subject.identity == {
        "order_ref": digest(TOKEN)[:8],
        "reseller_order_id": "STR_1",
        "domain_name": DOMAIN,
        "product_code": "RapidSSL-12",
        "admin_email": ADMIN,
        "window_closes": "2026-03-28T12:00:00Z",
        "management_host": "https://manage.example.com/",
    }
    assert Subject(a_review()).identity["window_closes"] == Subject(a_review()).facts["requested_at"] == ""


# -- refunds -----------------------------------------------------------------------------------------------------------


def adjusted(points: float = 42.0, token: str = TOKEN) -> Adjustment:
    return Adjustment("2026-03-01T12:00:00Z", points, None, "", "STR_1", digest(token))


CREDITED = [adjusted(-42), adjusted()]
NOT_CREDITED = [adjusted(-42), adjusted(42, NEW), adjusted(0)]


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("over", [True, False])
def test_a_refund_is_credited_according_to_the_audit(outcome: str, over: bool) -> None:
    assert refund(outcome, digest(), over, CREDITED) == "credited"
    assert refund(outcome, digest(), over, iter(CREDITED)) == "credited"


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("audit", [None, [], NOT_CREDITED])
def test_too_late_is_none_whether_or_not_the_audit_can_be_read(outcome: str, audit: Any) -> None:
    assert refund(outcome, digest(), True, audit) == "none"


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("audit", [None, [], NOT_CREDITED])
def test_pending_is_only_what_the_audit_could_still_show(outcome: str, audit: Any) -> None:
    waits = audit is not None and outcome in (CHANGED, PENDING_APPROVAL)

    assert refund(outcome, digest(), False, audit) == ("pending" if waits else "unknown")


@pytest.mark.parametrize("status", sorted(REFERENCE - {"Completed"}))
def test_only_a_window_of_an_issued_order_is_over(status: str) -> None:
    assert window_is_over(a_review(status, days=400), NOW) is False
    assert window_is_over(a_review("Completed"), NOW) is True


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages() -> None:
    def cancel(review: Review, options: CancelRequest = NONE, **facts: Any) -> str:
        return decide(review, options, **facts).explanation

    def replaced(new: Review | None, review: Review | None = None) -> str:
        return cancel(review or a_review(), NAMED, successor=new)

    issued, late = a_review("Completed", days=3), a_review("Completed", days=31)
    request = CancelRequest("request", without_replacement=True)
    lost, future = DOUBTFUL["lost"], DOUBTFUL["in the future"]
    check_messages(
        "servertastic policy",
        {
            "canceled": cancel(a_review("Cancelled")),
            "SmarterTools": cancel(a_review(product_code="SmarterMail")),
            **{f"status {one or 'missing'}": cancel(a_review(one)) for one in (*HELD, "Suspended", "")},
            "just canceled": cancel(a_review(), claim=Claim(CANCEL, NOW)),
            "never acknowledged": cancel(a_review(), claim=lost),
            "acknowledged in the future": cancel(a_review(), claim=future),
            "issued, issued=fail": cancel(issued),
            "issued, issued=fail, no address": cancel(replace(issued, admin_email="")),
            "issued, issued=skip": cancel(issued, CancelRequest("skip")),
            "issued, issued=request": cancel(issued, request),
            "issued, issued=request, few days left": cancel(a_review("Completed", days=29), request),
            "issued, issued=request, no address": cancel(replace(issued, admin_email=""), request),
            "issued, requested": cancel(issued, claim=Claim(REQUEST, NOW)),
            "issued, never acknowledged": cancel(issued, claim=lost),
            "issued, never acknowledged, no address": cancel(replace(issued, admin_email=""), claim=lost),
            "issued, more than 30 days ago": cancel(late),
            "issued, no date": cancel(a_review("Completed")),
            "no replacement named": cancel(a_review(), CancelRequest()),
            "its own replacement": cancel(a_review(), CancelRequest(replacement=digest())),
            "replacement does not exist": replaced(None),
            "replacement not placed": replaced(successor("Roll Back")),
            "replacement without a status": replaced(successor("")),
            "replacement without a domain": replaced(successor(domain_name="")),
            "replacement for another domain": replaced(successor(domain_name="example.com")),
            "replacement for an order without a domain": replaced(successor(), a_review("Queued", domain_name="")),
        },
    )
