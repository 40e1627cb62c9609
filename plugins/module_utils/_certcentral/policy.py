# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The rules of CertCentral: whether a requested change is allowed for an order, a request or a domain.

Pure functions: no I/O, no clock, no Ansible. Each `decide*` function takes a state and returns a `Decision`:

- CHANGED: send the write, and expect the facts in `after`.
- UNCHANGED: the state is already as requested.
- PENDING_APPROVAL: a request waits for an approver.
- INELIGIBLE: CertCentral does not allow the change; `next_step` names what the operator can do.
- required_fact is set: the runner must read this fact and then call the function again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from .._common.outcomes import CHANGED, INELIGIBLE, PENDING_APPROVAL, UNCHANGED, Decision

if TYPE_CHECKING:
    from .models import Order, Request, User
    from .readers import Annotated, NamedDomains, RenewalSettings, RequestsToDecide, Revocable

# The values of `status` that PUT /order/certificate/{id}/status accepts (9).
CANCELED = "canceled"
RENEWED = "renewed"
NOT_RENEWED = "not_renewed"
TARGETS = (CANCELED, RENEWED, NOT_RENEWED)
# An order can be marked renewed from this many days before its certificate expires
# (docs/development/reference/certcentral.md 4.1).
MARK_WINDOW_DAYS = 90
# The statuses with a documented cancellation (2.3).
_CANCELABLE = ("pending", "waiting_pickup")
# The statuses in which a mark can be set or removed (4.1). A mark can itself show as the status `renewed` (2.2).
_MARKABLE = ("issued", "expired", "renewed")
# The next step for an order that cannot be canceled, by its status (2.3, 4.2, 4.3).
_INSTEAD_OF_CANCEL = {
    "needs_approval": "Use digicert_request to reject the request of the order",
    "processing": "Wait until the order is pending, then cancel the order",
    "needs_csr": "Wait until the order is pending, then cancel the order, or cancel it in the CertCentral console",
    "approved": "Wait until the order is pending or issued, then run the task again",
    "issued": "Use digicert_certificate_revoke to revoke the order",
    "reissue_pending": "Set cancel_reissue: true to cancel only the reissue; the order is then issued again",
    "expired": "There is nothing to cancel",
    "renewed": "If the certificate is still valid, use digicert_certificate_revoke to revoke the order",
    "revoked": "There is nothing to cancel",
    "rejected": "There is nothing to cancel",
    "denied": "There is nothing to cancel",
}
_ONLY_ISSUED = "Only orders that were issued can be marked renewed or not renewed"
# The next step for an order that cannot be marked renewed or not renewed, by its status (2.3, 4.1).
_NOT_MARKABLE = {
    "needs_approval": f"{_ONLY_ISSUED}. If the order is not needed, use digicert_request to reject its request",
    "pending": f"{_ONLY_ISSUED}. If the order is not needed, set status: canceled",
    "waiting_pickup": f"{_ONLY_ISSUED}. If the order is not needed, set status: canceled",
    "reissue_pending": "Complete the reissue, or cancel it with status: canceled and cancel_reissue: true, then run "
    "the task again",
    "revoked": "The status of a revoked order cannot change",
    "rejected": "The status of a rejected order cannot change",
    "denied": "The status of a denied order cannot change",
    "canceled": "The status of a canceled order cannot change",
}
# The next step for an order that cannot be revoked, by its status (2.3, 4.2).
_INSTEAD_OF_REVOKE = {
    "needs_approval": "Use digicert_request to reject the request of the order",
    "pending": "Use digicert_order_status to cancel the order",
    "waiting_pickup": "Use digicert_order_status to cancel the order",
    "processing": "Wait until the order is pending, then use digicert_order_status to cancel the order",
    "needs_csr": "Wait until the order is pending, then use digicert_order_status to cancel the order",
    "approved": "Wait until the order is pending or issued, then run the task again",
    "expired": "There is nothing to revoke",
    "rejected": "No certificate was issued",
    "denied": "No certificate was issued",
    "canceled": "No certificate was issued",
}
_LET_EXPIRE = "use digicert_order_renewal with auto_reissue: false and renewal_emails: false to let the order expire"
# For messages.
AUTO_RENEW_ON = "auto-renew is on, and must be turned off in the CertCentral console, because no API call can do that"
# Orders with these statuses never renew, whatever their settings are.
_NEVER_RENEWS = ("canceled", "rejected", "denied", "revoked")
# The step `revoke` is never sent again after a lost reply: a second call could file a second request.
_STEPS_SENT_ONCE = ("revoke",)
_DEFAULT_NEXT_STEP = "Check the order in the CertCentral console"


def decide(
    order: Order, target: str, *, today: date, cancel_reissue: bool, require_migrated: bool, only_reissue: bool = False
) -> Decision:
    """Decide whether an order can be set to `target`, for every known and unknown status.

    target: one of TARGETS. today: the date in UTC. cancel_reissue: whether a pending reissue may be dropped.
    require_migrated: mark only orders that are known to be migrated. only_reissue: cancel no order, only its reissue.

    The rules are from docs/development/reference/certcentral.md 2.2, 2.3, 4.1 and 9. The complete state machine:

    ================  ==================  ================  ====================
    status            canceled            renewed           not_renewed
    ================  ==================  ================  ====================
    needs_approval    refuse              refuse            refuse
    pending           write               refuse            refuse
    processing        refuse              refuse            refuse
    waiting_pickup    write               refuse            refuse
    needs_csr         refuse              refuse            refuse
    approved          refuse              refuse            refuse
    issued            refuse, or nothing  write             write
    reissue_pending   refuse, or write    refuse            refuse
    expired           refuse              write             write
    renewed           refuse              nothing           write
    revoked           refuse              refuse            refuse
    rejected          refuse              refuse            refuse
    denied            refuse              refuse            refuse
    canceled          nothing             refuse            refuse
    any other         refuse              refuse            refuse
    ================  ==================  ================  ====================

    - canceled, "or": the second value applies with cancel_reissue. The write drops the pending reissue, and the order
      is then `issued`, in which case nothing is left to do.
    - renewed: "nothing" in every status if the order is already marked. "write" only from 90 days before its
      certificate expires (also after that), and, with require_migrated, only if the order is known to be migrated.
    - not_renewed: "nothing" in every status if the order is not marked. "write" only if no newer order shows that the
      order was really renewed.
    """
    # A list row can lack the status. The details of the order have it.
    if not order.status and "details" not in order.seen:
        return Decision(required_fact="details")
    if target == CANCELED:
        return _cancel(order, cancel_reissue, only_reissue)
    if order.is_marked is None:
        # Either the details or the list row can lack is_renewed, or omit a false value (2.2): read both before
        # the missing field counts as "not marked".
        for source in ("details", "row"):
            if source not in order.seen:
                return Decision(required_fact=source)
    if target == RENEWED:
        return _mark(order, today, require_migrated)
    return _unmark(order, today)


def _cancel(order: Order, cancel_reissue: bool, only_reissue: bool) -> Decision:
    """Decide on the target `canceled` (2.3, 9)."""
    if order.status == CANCELED:
        return Decision(UNCHANGED, reason="the order is already canceled")
    if order.status in _CANCELABLE and only_reissue:
        reason = f"{_status_reason(order)}, and it has no pending reissue"
        return Decision(INELIGIBLE, reason=reason, next_step="The order itself would be canceled: plan again")
    if order.status in _CANCELABLE:
        return Decision(CHANGED, after={"status": CANCELED})
    # The same API call drops a pending reissue, but the order then returns to `issued` (2.3).
    if cancel_reissue and order.status == "reissue_pending":
        reason = "only the pending reissue is canceled"
        return Decision(CHANGED, after={"status": "issued"}, reason=reason, done="returned to the status issued")
    if cancel_reissue and order.status == "issued":
        return Decision(UNCHANGED, reason="the order has no pending reissue, and an issued order can only be revoked")
    return Decision(
        INELIGIBLE, reason=_status_reason(order), next_step=_INSTEAD_OF_CANCEL.get(order.status, _DEFAULT_NEXT_STEP)
    )


def _mark(order: Order, today: date, require_migrated: bool) -> Decision:
    """Decide on the target `renewed` (4.1). The checks that need no further read come first."""
    if order.is_marked:
        return Decision(UNCHANGED, reason="the order already counts as renewed")
    if order.status not in _MARKABLE:
        return _refuse_mark(order)
    if order.valid_till is None:
        if "details" not in order.seen:
            return Decision(required_fact="details")
        return Decision(
            INELIGIBLE,
            reason="CertCentral does not return the expiry date of the certificate",
            next_step=_DEFAULT_NEXT_STEP,
        )
    # Negative after the expiry, when the order can still be marked.
    days = (order.valid_till - today).days
    if days > MARK_WINDOW_DAYS:
        return Decision(
            INELIGIBLE,
            reason=f"the certificate expires in {days} days, on {order.valid_till}",
            next_step=f"Run the task again when at most {MARK_WINDOW_DAYS} days remain",
        )
    if require_migrated and not order.is_migrated:
        # No answer has the origin of an order: reading it costs list requests with the origin filter (2.2).
        if "origin" not in order.seen:
            return Decision(required_fact="origin")
        return _not_migrated(order)
    return Decision(CHANGED, after={"is_renewed": True})


def _not_migrated(order: Order) -> Decision:
    """Refuse a mark on an order that is not, or not known to be, migrated."""
    if order.is_migrated is None:
        reason = "CertCentral does not show whether the order is a migrated order"
    else:
        reason = "the order is not a migrated order"
    return Decision(
        INELIGIBLE,
        reason=reason,
        next_step="Renew the order in CertCentral, which links both orders; only migrated orders can be marked renewed "
        "(require_migrated)",
    )


def _unmark(order: Order, today: date) -> Decision:
    """Decide on the target `not_renewed` (2.2, 9)."""
    if not order.is_marked:
        return Decision(UNCHANGED, reason="the order does not count as renewed")
    if order.status not in _MARKABLE:
        return _refuse_mark(order)
    # Only a mark can be removed. The id of a newer order proves a real renewal, and only the details have it (2.2).
    if order.renewed_order_id is None:
        if "details" not in order.seen:
            return Decision(required_fact="details")
        return Decision(
            INELIGIBLE,
            reason="CertCentral does not show whether a newer order renewed this order",
            next_step=_DEFAULT_NEXT_STEP,
        )
    # Never sent for a real renewal, although the service might accept it (2.2).
    if order.renewed_order_id:
        return Decision(
            INELIGIBLE,
            reason=f"order {order.renewed_order_id} renewed this order",
            next_step="Only a mark that was set manually can be removed",
        )
    after: dict[str, object] = {"is_renewed": False}
    if order.status == "renewed":
        # The mark shows as the status (2.2). Without the mark, the order has the status of its certificate.
        has_expired = order.valid_till is not None and order.valid_till < today
        after["status"] = "expired" if has_expired else "issued"
        if has_expired and order.can_be_reissued(today):
            # The status of an order that can be reissued is not known (2.3), so only the mark proves the change.
            return Decision(CHANGED, after=after, shows={"is_renewed": False})
    return Decision(CHANGED, after=after)


def _refuse_mark(order: Order) -> Decision:
    """Refuse to set or remove a mark because of the status of the order."""
    return Decision(
        INELIGIBLE, reason=_status_reason(order), next_step=_NOT_MARKABLE.get(order.status, _DEFAULT_NEXT_STEP)
    )


def _status_reason(order: Order) -> str:
    """The reason of a refusal that depends on the status of the order."""
    return f"the status of the order is {order.status}" if order.status else "the status of the order is unknown"


def decide_revocation(
    subject: Revocable,
    *,
    today: date,
    skip_approval: bool,
    cancel_reissue: bool,
    accept_unknown: bool = False,
    approved: Mapping[int, Collection[str]] | None = None,
) -> Decision:
    """Decide whether an order, or one certificate of an order, can be revoked.

    The rules are from docs/development/reference/certcentral.md 2.3 and 4.2.

    today: the date in UTC.
    skip_approval: revoke at once. Otherwise the call files a request for an approver, and the outcome is
    PENDING_APPROVAL. If such a request already waits, no second one is filed.
    cancel_reissue: drop a pending reissue first, which otherwise blocks the revocation.
    accept_unknown: revoke an order even if CertCentral does not list all its announced certificates, or lists a
    certificate without names.
    approved: the serial numbers of the certificates that may end, by order id; of other orders, all may end.
    """
    order, status = subject.order, subject.status
    effective_status = _effective_status(subject, today)
    if not effective_status:
        return Decision(required_fact="certificates")
    # `status` is that of the certificate, if the subject is a certificate. A revoked order has no valid certificate.
    if "revoked" in (status, order.status):
        noun = "order" if subject.key is None else "certificate"
        return Decision(UNCHANGED, reason=f"the {noun} is already revoked")
    if effective_status not in ("issued", "renewed", "reissue_pending"):
        return _refuse_revocation(order, effective_status, today)
    if _is_over(subject, today):
        return _refuse_certificate(subject)
    # An order lists its requests without their certificates (4.3). Each open request to revoke must be read by its own
    # id, to find out whether the request covers the subject.
    if subject.filed and "requests" not in order.seen:
        return Decision(required_fact="requests")
    # A second request would be a duplicate for the approver.
    if subject.requests:
        reason = f"revocation request {subject.requests[0].id} waits for approval"
        next_step = "An approver must approve the request, in the CertCentral console or with digicert_request"
        return Decision(PENDING_APPROVAL, reason=reason, next_step=next_step)
    if effective_status == "reissue_pending" and not cancel_reissue:
        return Decision(
            INELIGIBLE,
            reason=_status_reason(order),
            next_step="Set cancel_reissue: true to cancel the reissue first, or wait until the order is issued",
        )
    if "certificates" not in order.seen:
        # Read, and show in the result, every certificate that the irreversible write ends.
        return Decision(required_fact="certificates")
    return _decide_steps(subject, skip_approval, accept_unknown, approved or {})


def _is_over(subject: Revocable, today: date) -> bool:
    """Whether a certificate was revoked or has expired; a valid order can have such ones, as old reissues."""
    one = subject.certificate
    if one is None:
        return False
    return subject.status not in ("issued", "renewed") or (one.valid_till is not None and one.valid_till < today)


def _refuse_certificate(subject: Revocable) -> Decision:
    reason = f"the status of the certificate is {subject.status or 'unknown'}"
    if subject.certificate and subject.certificate.valid_till:
        reason += f", and its expiry date is {subject.certificate.valid_till}"
    return Decision(INELIGIBLE, reason=reason, next_step="Only valid certificates can be revoked")


def _decide_steps(
    subject: Revocable, skip_approval: bool, accept_unknown: bool, approved: Mapping[int, Collection[str]]
) -> Decision:
    """The decision for an order or certificate whose status allows a revocation. approved: see decide_revocation."""
    serials = {one.serial_number for one in subject.certificates} - {""}
    added = sorted(serials.difference(approved.get(subject.order.id, serials)))
    if added:
        reason = f"certificates that are not in the plan would end: {', '.join(added)}"
        return Decision(INELIGIBLE, reason=reason, next_step="Plan again")
    if subject.unknown and not accept_unknown:
        return Decision(
            INELIGIBLE,
            reason=f"not all certificates of the order are known: {subject.unknown}",
            next_step="Compare the certificates in the CertCentral console, then set "
            "accept_unknown_certificates: true to revoke the order",
        )
    reason = ""
    if subject.unknown:
        reason = (
            f"accept_unknown_certificates is true, and not all certificates of the order are known: {subject.unknown}"
        )
    # A pending reissue blocks the revocation (4.2), so the first of two writes drops the reissue.
    drops_reissue = subject.order.status == "reissue_pending"
    steps = ("drop_reissue", "revoke") if drops_reissue else ("revoke",)
    if skip_approval:
        return Decision(CHANGED, after=_facts_if_revoked(subject), steps=steps, once=_STEPS_SENT_ONCE, reason=reason)
    return Decision(
        CHANGED,
        after=_facts_if_requested(subject),
        steps=steps,
        once=_STEPS_SENT_ONCE,
        ends=PENDING_APPROVAL,
        reason=reason,
    )


def _effective_status(subject: Revocable, today: date) -> str | None:
    """The status that decides on a revocation; None if the certificates of the order must be read first.

    An order can have the status `issued` after its certificate has expired, and `expired` although a duplicate is still
    valid. So the status is corrected here by the dates of the certificates (2.3, 8).
    """
    order = subject.order
    if subject.key is not None and "certificates" not in order.seen and not subject.is_primary_of_revoked:
        # The certificate might not belong to the order, and then the status of the order is meaningless. Only the
        # primary certificate of a revoked order needs no further read.
        return None
    if order.status not in ("issued", "renewed", "expired"):
        return order.status or "unknown"
    expired = order.status == "expired" or (order.valid_till is not None and order.valid_till < today)
    if expired and order.can_be_reissued(today):
        # An annual plan is longer than its certificates (8), and a duplicate can outlive the primary certificate.
        if "certificates" not in order.seen:
            return None
        expired = not any(one.valid_till is not None and one.valid_till >= today for one in subject.certificates)
    return "expired" if expired else "issued"


def _refuse_revocation(order: Order, effective_status: str, today: date) -> Decision:
    """Refuse a revocation because of the status, or because every certificate has expired."""
    # If only the dates prove the expiry, the status of the order would be a confusing reason.
    reason = "the certificate has expired" if effective_status == "expired" != order.status else _status_reason(order)
    next_step = _INSTEAD_OF_REVOKE.get(effective_status, _DEFAULT_NEXT_STEP)
    if effective_status == "expired" and order.can_be_reissued(today):
        # The certificate has expired, but a reissue could make a new one for the rest of the plan (8).
        next_step += f", but the order can be reissued until {order.order_valid_till}; {_LET_EXPIRE}"
    return Decision(INELIGIBLE, reason=reason, next_step=next_step)


def revocation_filed(subject: Revocable, decision: Decision, request: Request | None) -> Decision:
    """The decision after the answer of the service to a revocation (4.2).

    request: the request that the call filed, None if the service revoked at once.
    """
    # An account can approve requests to revoke at once (4.2).
    if request is None or request.status == "approved":
        return Decision(CHANGED, after=_facts_if_revoked(subject), steps=decision.steps)
    reason = f"revocation request {request.id} waits for approval"
    return Decision(
        CHANGED,
        after=_facts_if_requested(subject),
        steps=decision.steps,
        ends=PENDING_APPROVAL,
        reason=reason,
        identity={"revocation_request_id": request.id},
    )


def _facts_if_requested(subject: Revocable) -> dict[str, Any]:
    """The facts that change if a request to revoke is filed."""
    # The step before dropped the pending reissue, after which the order is `issued`.
    dropped = subject.key is None and subject.order.status == "reissue_pending"
    return {"revocation_requested": True, **({"status": "issued"} if dropped else {})}


def _facts_if_revoked(subject: Revocable) -> dict[str, Any]:
    """The facts that change if the service revokes at once."""
    certificates = [{**one.shown(), "status": "revoked"} for one in subject.certificates]
    return {"status": "revoked", "revocation_requested": False, "certificates": certificates}


def decide_request(subject: RequestsToDecide, target: str, *, may_revoke: bool) -> Decision:
    """Decide whether a request can be set to `target` (docs/development/reference/certcentral.md 4.3).

    target: `approved` or `rejected`. may_revoke: whether a request to revoke may be approved, which is irreversible.
    """
    request = subject.request
    if request is None:
        return Decision(
            INELIGIBLE, reason="the order has no request", next_step="There is nothing to approve or reject"
        )
    # Never choose between open requests: each can be about another certificate.
    if len(subject.undecided) > 1:
        several = ", ".join(f"{one.id} ({one.type})" for one in subject.undecided)
        return Decision(
            INELIGIBLE,
            reason=f"several requests of the order wait for approval: {several}",
            next_step="Set request_id to one of these requests",
        )
    if request.status == target:
        return Decision(UNCHANGED, reason=f"request {request.id} is already {target}")
    if not request.is_undecided:
        return Decision(
            INELIGIBLE,
            reason=f"the status of request {request.id} ({request.type}) is {request.status or 'unknown'}",
            next_step="Only requests that wait for approval can be approved or rejected",
        )
    if target == "approved" and request.type == "revoke" and not may_revoke:
        return Decision(
            INELIGIBLE,
            reason=f"request {request.id} is for a revocation, which is irreversible",
            next_step="Set confirm: true to approve the request",
        )
    return Decision(CHANGED, after={"status": target}, reason=f"request {request.id} ({request.type})")


def decide_domain(subject: NamedDomains, *, active: bool) -> Decision:
    """Decide whether a domain can be made active or inactive (docs/development/reference/certcentral.md 5).

    Several domains can have the same name. If they all have the requested state, nothing is left to do; otherwise the
    name is ambiguous, and the operator must name a domain by its id.
    """
    states = {domain.is_active for domain in subject.domains}
    target = "active" if active else "inactive"
    if states == {active}:
        return Decision(UNCHANGED, reason=f"the domain is already {target}")
    if len(subject.domains) > 1:
        ids = ", ".join(str(domain.id) for domain in subject.domains)
        return Decision(
            INELIGIBLE,
            reason=f"several domains have this name: {ids}",
            next_step="Set domain_id to one of these domains",
        )
    # Without a known state, a write would be a guess.
    if None in states:
        return Decision(
            INELIGIBLE,
            reason="CertCentral does not show whether the domain is active",
            next_step="Check the domain in the CertCentral console",
        )
    return Decision(CHANGED, after={"state": target})


def decide_renewal(subject: RenewalSettings, wanted: Mapping[str, Any]) -> Decision:
    """Decide which renewal settings of an order must be written (docs/development/reference/certcentral.md 4.6).

    wanted: the requested values by name: renewal_emails, auto_reissue, custom_renewal_message; only those to set.
    """
    order, facts = subject.order, subject.facts
    # Whether the service accepts settings of an ended order is not known (4.6), and they have no effect.
    if order.status in _NEVER_RENEWS:
        return Decision(
            INELIGIBLE, reason=_status_reason(order), next_step="An order with this status is never renewed"
        )
    after = {name: value for name, value in wanted.items() if facts[name] != value}
    # No API call switches auto-renew off (4.6), so every result of such an order must warn.
    reason = AUTO_RENEW_ON if facts["auto_renew"] else ""
    if after:
        return Decision(CHANGED, after=after, steps=tuple(after), reason=reason)
    return Decision(UNCHANGED, reason=reason or "the renewal settings are already as requested")


def decide_note(subject: Annotated) -> Decision:
    """Decide whether a note must be added; the same text is added once (docs/development/reference/certcentral.md 4.4).

    A note is not sent again after a lost reply, because a second call could add a second note.
    """
    if subject.has_note:
        return Decision(UNCHANGED, reason="the order already has this note")
    return Decision(CHANGED, after={"has_note": True}, repeatable=False)


def may_write(user: User, read_only: str) -> bool | None:
    """Whether an API key can send changes; None if unknown (docs/development/reference/certcentral.md 1.1, 6).

    read_only: the name of the environment variable that forbids changes, empty if none is set.
    A key with the role View Only can send GET requests only. Whether `GET /user/me` returns the roles of the key or of
    its user is not known.
    """
    if read_only or user.roles == ("View Only",):
        return False
    return True if user.roles else None


def why_read_only(user: User, read_only: str) -> str:
    """Return why an API key cannot send changes, for which `may_write` is false."""
    return f"{read_only} is set" if read_only else f"the role of the user is {', '.join(user.roles)}"
