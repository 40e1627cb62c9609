# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""May this Servertastic order be cancelled, and how? Pure: no I/O, no clock, no Ansible."""

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

CANCELLED = "cancelled"
NOT_CONFIGURED = "order placed"
NOT_ISSUED = ("awaiting customer verification", "awaiting provider approval", "queued")
ISSUED = "completed"
# What an order that replaces another one may be: placed, beyond its token, and not on its way out.
_PLACED = (*NOT_ISSUED, ISSUED, "servertastic review")
# The service reads its own database, which is so much older than the truth (docs/development/reference/servertastic.md
# 4).
SYNC = timedelta(minutes=6)
# Its clock may differ from ours, and it says no time zone.
_SLACK = timedelta(hours=1)
# Whether the approval, too, has to fall into the window is not known (5), so the last days are worth a word.
_LATE = timedelta(days=3)
# Products of SmarterTools, which can never be cancelled (5).
_SMARTERTOOLS = ("smartermail", "smarterstats", "smartertrack", "smartertools", "smarterbundle")
_HELD = {
    "roll back": "Placing it failed at Servertastic; place it again, or contact Servertastic to have it cancelled",
    "servertastic review": "Servertastic holds it for a review; contact Servertastic",
}
_AGAIN = "set request_again to true, for this order alone, to send it again"
_REFUND = "Contact Servertastic; there is no refund and no credit any more"


@dataclass(frozen=True)
class CancelRequest:
    """What the task asks for.

    issued: fail, request or skip. replacement: digest of the order that replaces this one; without_replacement: that
    there is none. again: send a request although one was made.
    """

    issued: str = "fail"
    replacement: str = ""
    without_replacement: bool = False
    again: bool = False


@dataclass(frozen=True)
class Subject:
    """An order that may be cancelled.

    claim: the last cancellation of it that was about to be sent, by whichever run, as far as is remembered; is_sent:
    whether it was sent by this very task. successor: the order that replaces it, None where none is named, or the one
    that is named does not exist.
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
        """When the mail to the admin contact was asked for, where the service acknowledged that."""
        claim = self.claim
        # What was sent for an order that was issued by then has become such a request (5).
        is_request = claim is not None and (claim.is_request or self.review.state == ISSUED)
        return claim.made_at if claim and claim.is_confirmed and is_request else None


def decide(subject: Subject, request: CancelRequest, *, now: datetime) -> Decision:
    """What cancelling an order comes to, for every state there is or will be
    (docs/development/reference/servertastic.md 0 and 5).

    now: in UTC. Times that the service tells are taken for UTC.
    A cancellation that was about to be sent before, and was never acknowledged (or is dated in the future), may have
    been made or not. Until a review shows the order cancelled that is unknown, unless it is to be sent `again`.

    ==============================  =====================================================================
    order_status                    what happens
    ==============================  =====================================================================
    Order Placed                    cancelled at once (nothing is configured, only the API can)
    Awaiting Customer Verification  cancelled at once
    Awaiting Provider Approval      cancelled at once
    Queued                          cancelled at once
    Completed, up to 30 days ago    by `issued`: refused, left alone, or a mail that the admin contact approves
    Completed, longer, or unknown   refused: only Servertastic can, without a refund
    Cancelled                       nothing
    Roll Back, Servertastic Review  refused
    any other, and SmarterTools     refused
    ==============================  =====================================================================
    """
    review = subject.review
    if review.state == CANCELLED:
        return Decision(UNCHANGED, reason="it is cancelled already")
    if review.product_code.lower().startswith(_SMARTERTOOLS):
        return _refused(f"{review.product_code} is a product of SmarterTools, which cannot be cancelled", _REFUND)
    if review.state == ISSUED:
        return _decide_issued(subject, request, now)
    if review.state != NOT_CONFIGURED and review.state not in NOT_ISSUED:
        return _refused(_is(review), _HELD.get(review.state, "Look at it on the order management page"))
    if subject.claim and not subject.claim.counts(now) and (subject.is_sent or not request.again):
        return _unknown(subject.claim, now, f"If a later review still shows it {review.status}, {_AGAIN}")
    if subject.claim and subject.claim.counts(now) and now - subject.claim.made_at < SYNC:
        # A cancelled order goes on looking as it was for some minutes.
        return Decision(UNCHANGED, reason="this was asked for some minutes ago, which the service is slow to show")
    refusal = _replacement(subject, request)
    return refusal or Decision(CHANGED, after={"order_status": "Cancelled"}, steps=("cancel",), repeatable=False)


def _decide_issued(subject: Subject, request: CancelRequest, now: datetime) -> Decision:
    review = subject.review
    closes = review.window_closes
    if closes is None:
        return _refused("it is issued, and its history does not say when", _REFUND)
    issued_on = f"it was issued on {review.completed_at:%Y-%m-%d}"
    if now - closes >= _SLACK:
        return _refused(f"{issued_on}, more than 30 days ago", _REFUND)
    claim = subject.claim
    if claim and (subject.is_sent or not request.again):
        if not claim.counts(now):
            return _unknown(claim, now, f"Ask {_contact(review)} whether the mail came; if it did not, {_AGAIN}")
        return Decision(
            PENDING_APPROVAL,
            reason=f"its cancellation was requested on {claim.made_at:%Y-%m-%d}; {_approval(review, now)}",
        )
    if request.issued == "skip":
        return Decision(UNCHANGED, reason=f"{issued_on}, and issued orders are left alone")
    if request.issued != "request":
        return _refused(
            f"{issued_on}: cancelling it takes the approval of {_contact(review)}, who gets a mail",
            f"Set issued to request to send it; it is possible until {closes:%Y-%m-%d}",
        )
    refusal = _replacement(subject, request)
    if refusal:
        return refusal
    return Decision(
        CHANGED,
        after={"requested_at": utc_text(now)},
        steps=("request",),
        ends=PENDING_APPROVAL,
        reason=_approval(review, now),
        repeatable=False,
        # What we remember of it ourselves proves nothing.
        shows={"order_status": "Cancelled"},
    )


def _unknown(claim: Claim, now: datetime, next_step: str) -> Decision:
    """The decision where it is not known whether an earlier request was made."""
    at = f"{claim.made_at:%Y-%m-%d %H:%M} UTC"
    if claim.is_future(now):
        why = f"its cancellation is recorded for {at}, which is in the future, so that the record proves nothing"
    else:
        why = f"its cancellation was started on {at} and never acknowledged, so that it may have been made or not"
    # By this a later review shows that it was made.
    return Decision(UNKNOWN, reason=why, next_step=next_step, shows={"order_status": "Cancelled"})


def _approval(review: Review, now: datetime) -> str:
    """Who has to do what, and until when."""
    closes = review.window_closes or now
    told = f"{_contact(review)} has to open the link in the mail and choose I approve, by {closes:%Y-%m-%d}"
    if closes - now < _LATE:
        told += "; few days are left, and the approval may have to fall into them as well"
    return told


def _contact(review: Review) -> str:
    return review.admin_email or "the admin contact, whose address the service does not show,"


def _replacement(subject: Subject, request: CancelRequest) -> Decision | None:
    """Why the replacement is not as it should be, None where it is: it has to be placed first (section 0)."""
    review, successor = subject.review, subject.successor
    place_first = "Place the new order first: placed after the cancellation, it is held for a manual review"
    if not request.replacement:
        if request.without_replacement or not review.domain_name:
            return None
        return _refused(
            f"it is for {review.domain_name}, and nothing is said of an order that replaces it",
            f"{place_first}. Name it by replacement_order_token, or say replacement: none where the name goes away",
        )
    if request.replacement == review.order_digest:
        return _refused("it is named as its own replacement", "Name the order that replaces it")
    if successor is None:
        return _refused("the order that replaces it does not exist", "Check replacement_order_token")
    if successor.state not in _PLACED:
        return _refused(f"the order that replaces it is {successor.status or 'in an unknown state'}", place_first)
    if successor.domain_name != review.domain_name:
        new, old = successor.domain_name or "no domain yet", review.domain_name or "no domain yet"
        return _refused(f"the order that replaces it is for {new}, not for {old}", place_first)
    return None


def refund(outcome: str, digest: str, window_is_over: bool, audit: Iterable[Adjustment] | None) -> str:
    """credited, pending, none or unknown: what has become of the points of an order
    (docs/development/reference/servertastic.md 5).

    outcome: of the task. audit: the points audit, None where it could not be read. Never a guess: credited is what the
    audit says, none is what the rules say.
    """
    if audit is not None and any(one.order_digest == digest and one.points > 0 for one in audit):
        return "credited"
    if window_is_over:
        return "none"
    if audit is None:
        return "unknown"
    return "pending" if outcome in (CHANGED, PENDING_APPROVAL) else "unknown"


def window_is_over(review: Review, now: datetime) -> bool:
    """Whether an issued order cannot be cancelled any more, so that nothing is credited, ever."""
    closes = review.window_closes
    return review.state == ISSUED and (closes is None or now - closes >= _SLACK)


def _refused(reason: str, next_step: str) -> Decision:
    return Decision(INELIGIBLE, reason=reason, next_step=next_step)


def _is(review: Review) -> str:
    return f"its status is {review.status}" if review.status else "its status is not known"
