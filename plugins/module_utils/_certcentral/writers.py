# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Writers of changes that are more than one method of the client; see `Write` in _runtime/protocols.py."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import Refused
from .client import certificate_path, order_path
from .policy import AUTO_RENEW_ON, CANCELED, revocation_filed

if TYPE_CHECKING:
    from .._common.outcomes import Decision
    from .._http.retry import RateLimitBudget
    from .client import CertCentral
    from .readers import Annotated, NamedDomains, RenewalSettings, RequestsToDecide, Revocable


class RevocationWriter:
    """Sends one step of a revocation: drops a pending reissue, or revokes (4.2).

    without_comment: the filed requests that lack the comment, as (order id, request id). A revocation without approval
    has no request, and the service does not store its comment.
    """

    def __init__(self, certcentral: CertCentral, *, reason: str, comments: str, skip_approval: bool) -> None:
        self._certcentral = certcentral
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
            message = f"CertCentral did not accept the request to {what}: the status of the request is {request.status}"
            raise Refused(message, 201, request.status)
        if request and not request.is_comment_kept:
            self.without_comment.append((order.id, request.id))
        return revocation_filed(subject, decision, request)


def comment_lost(result: dict[str, Any], requests: Collection[tuple[int, int]]) -> dict[str, Any]:
    """Add a warning to a result about requests that lack their comment. requests: as (order id, request id)."""
    if not requests:
        return result
    texts = ", ".join(f"request {request} of order {order}" for order, request in sorted(requests))
    warning = (
        f"CertCentral did not store the comments, so approvers do not see them: {texts}; use digicert_order_note to "
        "add the comments as a note"
    )
    return {**result, "warnings": [*result.get("warnings", []), warning]}


class RenewalWriter:
    """Sets one renewal setting of an order (4.6)."""

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
    """Add a warning to a result about orders with auto-renew on, which no API call can switch off (4.6)."""
    if not renewed:
        return result
    return {**result, "warnings": [*result.get("warnings", []), auto_renew_warning(renewed)]}


def auto_renew_warning(renewed: Collection[int]) -> str:
    """The warning about orders with auto-renew on. renewed: their ids."""
    ids = sorted(set(renewed))
    orders = f"order{'' if len(ids) == 1 else 's'} {', '.join(map(str, ids))}"
    return f"{AUTO_RENEW_ON}: {orders}"


class RequestWriter:
    """Approves or rejects a request (4.3)."""

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
    """Activates or deactivates a domain (5)."""

    def __init__(self, certcentral: CertCentral, active: bool) -> None:
        self._certcentral = certcentral
        self._active = active

    def __call__(
        self, subject: NamedDomains, _decision: Decision, *, fresh_until: float, budget: RateLimitBudget
    ) -> None:
        (domain,) = subject.domains
        self._certcentral.set_domain(domain, active=self._active, fresh_until=fresh_until, budget=budget)


class NoteWriter:
    """Adds a note to an order (4.4)."""

    def __init__(self, certcentral: CertCentral, text: str) -> None:
        self._certcentral = certcentral
        self._text = text

    def __call__(self, subject: Annotated, _decision: Decision, *, fresh_until: float, budget: RateLimitBudget) -> None:
        self._certcentral.add_note(subject.order_id, self._text, fresh_until=fresh_until, budget=budget)
