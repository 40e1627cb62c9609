# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Changes as a run writes them, where that is not simply a call of the client; see `Write` in _run."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import Refused
from .client import certificate_path, order_path
from .policy import CANCELED, revocation_filed

if TYPE_CHECKING:
    from .._common.outcomes import Decision
    from .._http.retry import RateLimitBudget
    from .client import CertCentral
    from .readers import Annotated, NamedDomains, RenewalSettings, RequestsToDecide, Revocable


class RevocationWriter:
    """Drops a reissue, or revokes.

    A revocation without approval is answered with nothing, and its comment is not kept, as is documented (4.2).
    """

    def __init__(self, certcentral: CertCentral, *, reason: str, comments: str, skip_approval: bool) -> None:
        self._certcentral = certcentral
        # The requests that were filed without our comment, as (order, request).
        self.without_comment: list[tuple[int, int]] = []
        self._comments = comments
        self._reason = reason
        self._skip_approval = skip_approval

    def __call__(
        self, subject: Revocable, decision: Decision, *, fresh_until: float, budget: RateLimitBudget
    ) -> Decision | None:
        order = subject.order
        if decision.steps == ("drop_reissue",):
            self._certcentral.change_status(
                order,
                decision,
                target=CANCELED,
                note=self._comments,
                fresh_until=fresh_until,
                budget=budget,
            )
            return None
        if subject.certificate:
            certificate = subject.certificate.id or subject.certificate.serial_number
            path, what = certificate_path(certificate), f"revoke certificate {certificate} of order {order.id}"
        else:
            path, what = order_path(order.id), f"revoke order {order.id}"
        request = self._certcentral.revoke(
            path,
            what,
            reason=self._reason,
            comments=self._comments,
            skip_approval=self._skip_approval,
            fresh_until=fresh_until,
            budget=budget,
        )
        if request and request.status != "approved" and not request.is_undecided:
            raise Refused(f"CertCentral set the request to {what} to {request.status} at once", 201, request.status)
        if request and not request.is_comment_kept:
            self.without_comment.append((order.id, request.id))
        return revocation_filed(subject, decision, request)


def comment_lost(result: dict[str, Any], requests: Collection[tuple[int, int]]) -> dict[str, Any]:
    """A result with a warning for the requests, as (order, request), whose comment CertCentral did not keep."""
    if not requests:
        return result
    several = ", ".join(f"request {request} of order {order}" for order, request in sorted(requests))
    warning = (
        f"CertCentral did not keep comments as they were sent, so that approvers do not see them: {several}; add them "
        "as a note with digicert_order_note"
    )
    return {**result, "warnings": [*result.get("warnings", []), warning]}


class RenewalWriter:
    """Sets one of an order's renewal settings."""

    def __init__(self, certcentral: CertCentral) -> None:
        self._set: dict[str, Callable[..., None]] = {
            "renewal_emails": certcentral.set_renewal_emails,
            "auto_reissue": certcentral.set_auto_reissue,
            "custom_renewal_message": certcentral.set_renewal_message,
        }

    def __call__(
        self, subject: RenewalSettings, decision: Decision, *, fresh_until: float, budget: RateLimitBudget
    ) -> None:
        (step,) = decision.steps
        self._set[step](subject.order.id, decision.after[step], fresh_until=fresh_until, budget=budget)


def with_auto_renew_warning(result: dict[str, Any], renewed: Collection[int]) -> dict[str, Any]:
    """A result with a warning for the orders whose auto-renew is on, which no call can switch off (4.6)."""
    if not renewed:
        return result
    return {**result, "warnings": [*result.get("warnings", []), auto_renew_warning(renewed)]}


def auto_renew_warning(renewed: Collection[int]) -> str:
    several = ", ".join(map(str, sorted(set(renewed))))
    return f"auto-renew is on, and only a person can switch it off, in the CertCentral console: order {several}"


class RequestWriter:
    """Approves or rejects the request that a decision was made on."""

    def __init__(self, certcentral: CertCentral, status: str, comment: str | None) -> None:
        self._certcentral = certcentral
        self._status = status
        self._comment = comment

    def __call__(
        self, subject: RequestsToDecide, _decision: Decision, *, fresh_until: float, budget: RateLimitBudget
    ) -> None:
        if subject.request:
            self._certcentral.settle_request(
                subject.request,
                status=self._status,
                comment=self._comment,
                fresh_until=fresh_until,
                budget=budget,
            )


class DomainWriter:
    """Activates or deactivates the one domain of a name."""

    def __init__(self, certcentral: CertCentral, active: bool) -> None:
        self._certcentral = certcentral
        self._active = active

    def __call__(
        self, subject: NamedDomains, _decision: Decision, *, fresh_until: float, budget: RateLimitBudget
    ) -> None:
        (domain,) = subject.domains
        self._certcentral.set_domain(domain, active=self._active, fresh_until=fresh_until, budget=budget)


class NoteWriter:
    """Adds a note."""

    def __init__(self, certcentral: CertCentral, text: str) -> None:
        self._certcentral = certcentral
        self._text = text

    def __call__(self, subject: Annotated, _decision: Decision, *, fresh_until: float, budget: RateLimitBudget) -> None:
        self._certcentral.add_note(subject.order_id, self._text, fresh_until=fresh_until, budget=budget)
