# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The rules of Servertastic: whether and how an order can be canceled. Pure functions: no I/O, no clock, no Ansible.

Section numbers in comments refer to docs/development/reference/servertastic.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .._common.outcomes import CHANGED, INELIGIBLE, PENDING_APPROVAL, UNCHANGED, UNKNOWN, Decision
from .._common.values import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .models import Adjustment, Review
    from .request_log import Claim

# Values of order_status in lower case (4).
CANCELLED = "cancelled"
NOT_CONFIGURED = "order placed"
NOT_ISSUED = ("awaiting customer verification", "awaiting provider approval", "queued")
ISSUED = "completed"
# States in which an order can replace another one: configured, and neither canceled nor failed.
_PLACED = (*NOT_ISSUED, ISSUED, "servertastic review")
# A review can be 5 minutes old (docs/development/reference/servertastic.md 4); one minute more is a margin.
SYNC = timedelta(minutes=6)
# Tolerance at the end of the window: the clock of the service can differ, and its times have no time zone (4).
_CLOCK_TOLERANCE = timedelta(hours=1)
# Warn if less of the window than this is left: the approval, too, may have to be within the window (5).
_FEW_DAYS = timedelta(days=3)
# Prefixes of product codes of SmarterTools, which can never be canceled (5).
_SMARTERTOOLS = ("smartermail", "smarterstats", "smartertrack", "smartertools", "smarterbundle")
# The next step for an order in a state where the effect of a cancellation is not known (4).
_NEXT_STEP_IF_HELD = {
    "roll back": "Servertastic failed to place the order; place it again, or contact Servertastic to cancel it",
    "servertastic review": "Servertastic holds the order for manual review; contact Servertastic",
}
_HOW_TO_REPEAT = "set request_again: true, for this order only, to send the cancellation again"
_NO_REFUND = "Contact Servertastic; the order is neither refunded nor credited"


@dataclass(frozen=True)
class CancelRequest:
    """The options of a cancellation.

    issued: what to do with an issued order: fail, request or skip.
    replacement: digest of the order that replaces the canceled one, empty if none is named.
    without_replacement: whether the operator confirms that no order replaces the canceled one.
    again: send a request although an earlier one may have been made.
    """

    issued: str = "fail"
    replacement: str = ""
    without_replacement: bool = False
    again: bool = False


@dataclass(frozen=True)
class Subject:
    """The state of an order that a cancellation depends on.

    claim: the last cancellation of the order that any run was about to send, None if no run is known to have done so.
    is_sent: whether this task sent that cancellation.
    successor: the order that replaces this one, None if none is named or the named order does not exist.
    """

    review: Review
    claim: Claim | None = None
    successor: Review | None = None
    is_sent: bool = False

    @property
    def name(self) -> str:
        return self.review.domain_name

    @property
    def identity(self) -> dict[str, Any]:
        review = self.review
        return {
            "order_ref": review.order_ref,
            "reseller_order_id": review.reseller_order_id,
            "domain_name": review.domain_name,
            "product_code": review.product_code,
            "admin_email": review.admin_email,
            "window_closes": utc_text(review.window_closes),
            "management_host": review.management_host,
        }

    @property
    def facts(self) -> dict[str, Any]:
        return {"order_status": self.review.status, "requested_at": utc_text(self._requested_at)}

    @property
    def _requested_at(self) -> datetime | None:
        """When the service acknowledged a request for the approval of the admin contact, None if it did not."""
        claim = self.claim
        # A cancellation of an order that has been issued in the meantime counts as such a request (5).
        is_request = claim is not None and (claim.is_request or self.review.state == ISSUED)
        return claim.made_at if claim and claim.is_confirmed and is_request else None


def decide(subject: Subject, request: CancelRequest, *, now: datetime) -> Decision:
    """Decide whether and how an order can be canceled, for every known and unknown state.

    The rules are from docs/development/reference/servertastic.md 0 and 5.

    now: in UTC. Times of the service are taken as UTC.

    ==============================  =====================================================================
    order_status                    decision
    ==============================  =====================================================================
    Order Placed                    cancel at once (only the API can cancel an order that is not configured)
    Awaiting Customer Verification  cancel at once
    Awaiting Provider Approval      cancel at once
    Queued                          cancel at once
    Completed, up to 30 days ago    by `issued`: refuse, skip, or send a mail that the admin contact approves
    Completed, longer, or no date   refuse: only Servertastic can cancel the order, without a refund
    Cancelled                       nothing to do
    Roll Back, Servertastic Review  refuse
    any other, and SmarterTools     refuse
    ==============================  =====================================================================

    An earlier cancellation that the service never acknowledged, or that is dated in the future, may have been made or
    not. The outcome is then UNKNOWN until a review shows the order as canceled; with `again` it is sent again.
    """
    review = subject.review
    # The first two decisions do not depend on earlier requests.
    if review.state == CANCELLED:
        return Decision(UNCHANGED, reason="the order is already canceled")
    if review.product_code.lower().startswith(_SMARTERTOOLS):
        return _refused(f"{review.product_code} is a SmarterTools product, which cannot be canceled", _NO_REFUND)
    if review.state == ISSUED:
        return _decide_issued(subject, request, now)
    if review.state != NOT_CONFIGURED and review.state not in NOT_ISSUED:
        return _refused(
            _status_reason(review), _NEXT_STEP_IF_HELD.get(review.state, "Check the order on the order management page")
        )
    # An unproven claim stops a second call. `again` applies to claims of earlier runs, never to a claim of this task.
    if subject.claim and not subject.claim.counts(now) and (subject.is_sent or not request.again):
        return _unknown_outcome(
            subject.claim, now, f"If the status of the order is still {review.status} later, {_HOW_TO_REPEAT}"
        )
    if subject.claim and subject.claim.counts(now) and now - subject.claim.made_at < SYNC:
        # For some minutes a review shows a canceled order in its former state.
        return Decision(
            UNCHANGED, reason="the order was canceled a few minutes ago, and Servertastic does not show it yet"
        )
    # repeatable=False: the call is not idempotent, so it is not sent again after a lost reply (5).
    refusal = _refuse_replacement(subject, request)
    return refusal or Decision(CHANGED, after={"order_status": "Cancelled"}, steps=("cancel",), repeatable=False)


def _decide_issued(subject: Subject, request: CancelRequest, now: datetime) -> Decision:
    """Decide on an issued order: the call sends a mail to the admin contact, who must approve the cancellation (5).

    The API does not show a pending request and a second call may send a second mail, so `subject.claim` decides.
    """
    review = subject.review
    # Without the event "Order Completed" the order is outside its window (4).
    closes = review.window_closes
    if closes is None:
        return _refused("the order is issued, and its history does not show the date of issuance", _NO_REFUND)
    issued_on = f"the order was issued on {review.completed_at:%Y-%m-%d}"
    if now - closes >= _CLOCK_TOLERANCE:
        return _refused(f"{issued_on}, more than 30 days ago", _NO_REFUND)
    claim = subject.claim
    # As above, `again` overrides claims of earlier runs only. It also repeats a request that the service acknowledged.
    if claim and (subject.is_sent or not request.again):
        if not claim.counts(now):
            return _unknown_outcome(
                claim, now, f"Ask {_contact(review)} whether the mail arrived; if not, {_HOW_TO_REPEAT}"
            )
        return Decision(
            PENDING_APPROVAL,
            reason=f"the cancellation was requested on {claim.made_at:%Y-%m-%d}; {_approval_steps(review, now)}",
        )
    # The option `issued` applies only to orders without an earlier request.
    if request.issued == "skip":
        return Decision(UNCHANGED, reason=f"{issued_on}, and issued orders are skipped (issued: skip)")
    if request.issued != "request":
        return _refused(
            f"{issued_on}, so {_contact(review)} must approve the cancellation by mail",
            f"Set issued: request to send the mail; this is possible until {closes:%Y-%m-%d}",
        )
    refusal = _refuse_replacement(subject, request)
    if refusal:
        return refusal
    return Decision(
        CHANGED,
        after={"requested_at": utc_text(now)},
        steps=("request",),
        ends=PENDING_APPROVAL,
        reason=_approval_steps(review, now),
        repeatable=False,
        # requested_at comes from the request log of the collection, so only the status proves the change.
        shows={"order_status": "Cancelled"},
    )


def _unknown_outcome(claim: Claim, now: datetime, next_step: str) -> Decision:
    """The decision if an earlier cancellation may have been made or not."""
    started_at = f"{claim.made_at:%Y-%m-%d %H:%M} UTC"
    if claim.is_future(now):
        reason = f"a cancellation is recorded for {started_at}, which is in the future, so the record proves nothing"
    else:
        reason = f"a cancellation was started on {started_at} and never acknowledged, so it may have been made or not"
    # A later review with this status proves that the cancellation was made.
    return Decision(UNKNOWN, reason=reason, next_step=next_step, shows={"order_status": "Cancelled"})


def _approval_steps(review: Review, now: datetime) -> str:
    """What the admin contact must do and by when, for messages."""
    closes = review.window_closes or now
    text = f'{_contact(review)} must open the link in the mail and choose "I approve" by {closes:%Y-%m-%d}'
    if closes - now < _FEW_DAYS:
        text += ", which is soon: the cancellation may be refused after that date"
    return text


def _contact(review: Review) -> str:
    """The admin contact for messages. A review can lack the address."""
    return review.admin_email or "the admin contact (address unknown)"


def _refuse_replacement(subject: Subject, request: CancelRequest) -> Decision | None:
    """Refuse if the order that replaces this one is missing or unsuitable; None if the cancellation can proceed.

    A new order that is placed after the cancellation is held for manual review (0), so it must be placed first.
    """
    review, successor = subject.review, subject.successor
    place_first = "Place the new order first: an order that is placed after the cancellation is held for manual review"
    # An order without a domain name is not configured, so nothing needs a replacement.
    if not request.replacement:
        if request.without_replacement or not review.domain_name:
            return None
        return _refused(
            f"the order is for {review.domain_name}, and no replacement order is named",
            f"{place_first}. Set replacement_order_token to the token of the new order, or set replacement: none if "
            "the domain needs no certificate anymore",
        )
    if request.replacement == review.order_digest:
        reason = "replacement_order_token is the token of the order itself"
        return _refused(reason, "Set replacement_order_token to the token of the new order")
    if successor is None:
        return _refused("the replacement order does not exist", "Check replacement_order_token")
    if successor.state not in _PLACED:
        return _refused(f"the status of the replacement order is {successor.status or 'unknown'}", place_first)
    if successor.domain_name != review.domain_name:
        new, old = _domain_clause(successor), _domain_clause(review)
        return _refused(f"the replacement order {new}, and the order {old}", place_first)
    return None


def _domain_clause(review: Review) -> str:
    return f"is for {review.domain_name}" if review.domain_name else "has no domain"


def refund(outcome: str, digest: str, window_is_over: bool, audit: Iterable[Adjustment] | None) -> str:
    """The state of the points of an order: credited, pending, none or unknown.

    The states are from docs/development/reference/servertastic.md 5.

    outcome: the outcome of the order in this task. digest: of the token of the order. window_is_over: see below.
    audit: the points audit, None if it could not be read.
    The state is never guessed: `credited` needs a record of the audit, `none` follows from the 30 days.
    """
    if audit is not None and any(one.order_digest == digest and one.points > 0 for one in audit):
        return "credited"
    # Without a record in the audit: no credit is possible after the window, and otherwise the record can be late.
    if window_is_over:
        return "none"
    if audit is None:
        return "unknown"
    return "pending" if outcome in (CHANGED, PENDING_APPROVAL) else "unknown"


def window_is_over(review: Review, now: datetime) -> bool:
    """Whether the 30 days of an issued order are over, after which no points are credited (0). now: in UTC."""
    # An issued order without a date of issuance counts as outside its window (4).
    closes = review.window_closes
    return review.state == ISSUED and (closes is None or now - closes >= _CLOCK_TOLERANCE)


def _refused(reason: str, next_step: str) -> Decision:
    return Decision(INELIGIBLE, reason=reason, next_step=next_step)


def _status_reason(review: Review) -> str:
    """The reason of a refusal that depends on the status of the order."""
    return f"the status of the order is {review.status}" if review.status else "the status of the order is unknown"
