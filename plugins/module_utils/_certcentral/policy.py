# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What CertCentral allows. May this order be canceled, marked renewed, revoked? Pure: no I/O, no clock, no Ansible."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from .._common.outcomes import CHANGED, INELIGIBLE, PENDING_APPROVAL, UNCHANGED, Decision

if TYPE_CHECKING:
    from .models import Order, Request, User
    from .readers import Annotated, NamedDomains, RenewalSettings, RequestsToDecide, Revocable

CANCELED = "canceled"
RENEWED = "renewed"
NOT_RENEWED = "not_renewed"
TARGETS = (CANCELED, RENEWED, NOT_RENEWED)
# docs/development/reference/certcentral.md 4.1: an order may be marked renewed from so many days before its certificate
# expires.
MARK_WINDOW_DAYS = 90
_CANCELABLE = ("pending", "waiting_pickup")
_MARKABLE = ("issued", "expired", "renewed")
# What a person can do instead with an order that cannot be canceled, by its status (2.3, 4.2, 4.3).
_INSTEAD_OF_CANCEL = {
    "needs_approval": "Reject its request with digicert_request instead",
    "processing": "Wait until it is pending, then cancel it",
    "needs_csr": "Wait until it is pending, then cancel it, or cancel it in the CertCentral console",
    "approved": "Wait until it is pending or issued, and ask again",
    "issued": "Revoke it with digicert_certificate_revoke instead",
    "reissue_pending": "Set cancel_reissue to drop only the reissue; the order is then issued again",
    "expired": "Nothing is left to cancel",
    "renewed": "Revoke it with digicert_certificate_revoke instead, if its certificate is still valid",
    "revoked": "Nothing is left to cancel",
    "rejected": "Nothing is left to cancel",
    "denied": "Nothing is left to cancel",
}
_NOT_MARKABLE = {
    "needs_approval": "Only an issued or expired order can carry the mark: reject its request with digicert_request",
    "pending": "Only an issued or expired order can carry the mark: cancel it if it is not wanted",
    "waiting_pickup": "Only an issued or expired order can carry the mark: cancel it if it is not wanted",
    "reissue_pending": "Finish the reissue, or cancel it with status canceled and cancel_reissue, then ask again",
    "revoked": "A revoked order is final",
    "rejected": "A rejected order is final",
    "denied": "A denied order is final",
    "canceled": "A canceled order is final",
}
# The same for one that cannot be revoked (2.3, 4.2).
_INSTEAD_OF_REVOKE = {
    "needs_approval": "Reject its request with digicert_request instead",
    "pending": "Cancel it with digicert_order_status instead",
    "waiting_pickup": "Cancel it with digicert_order_status instead",
    "processing": "Wait until it is pending, then cancel it with digicert_order_status",
    "needs_csr": "Wait until it is pending, then cancel it with digicert_order_status",
    "approved": "Wait until it is pending or issued, and ask again",
    "expired": "Nothing is left to revoke",
    "rejected": "Nothing was ever issued",
    "denied": "Nothing was ever issued",
    "canceled": "Nothing was ever issued",
}
_LET_EXPIRE = "switch off what renews it with digicert_order_renewal"
# Orders that do not live on, whatever their settings say.
_ENDED = ("canceled", "rejected", "denied", "revoked")
# Two requests to revoke would be filed, if the first one's answer was lost.
_ONCE = ("revoke",)
_UNKNOWN_NEXT = "Look at the order in the CertCentral console"


def decide(order: Order, target: str, *, today: date, cancel_reissue: bool, require_migrated: bool) -> Decision:
    """What setting an order to `target` (one of TARGETS) comes to, for every status there is or will be.

    today: the date in UTC. Rules from docs/development/reference/certcentral.md 2.2, 2.3, 4.1 and 9; this is the whole
    machine:

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

    - canceled, "or": with cancel_reissue a reissue in progress is dropped, after which the order is issued; there is
      then nothing left to do.
    - renewed: "nothing" in every status where the order is marked already; "write" only within 90 days of the
      certificate's expiry or after it, and, with require_migrated, only for an order known to be a migrated one.
    - not_renewed: "nothing" in every status where the order is not marked; "write" only where no newer order shows
      that it was truly renewed.
    """
    if not order.status and "details" not in order.seen:
        return Decision(required_fact="details")
    if target == CANCELED:
        return _cancel(order, cancel_reissue)
    if order.is_marked is None:
        # Some answers leave the field out, others leave it out where it is false: ask the other one before deciding.
        for source in ("details", "row"):
            if source not in order.seen:
                return Decision(required_fact=source)
    if target == RENEWED:
        return _mark(order, today, require_migrated)
    return _unmark(order, today)


def _cancel(order: Order, cancel_reissue: bool) -> Decision:
    if order.status == CANCELED:
        return Decision(UNCHANGED, reason="it is canceled already")
    if order.status in _CANCELABLE:
        return Decision(CHANGED, after={"status": CANCELED})
    if cancel_reissue and order.status == "reissue_pending":
        return Decision(CHANGED, after={"status": "issued"}, reason="it stays issued", done="freed from its reissue")
    if cancel_reissue and order.status == "issued":
        return Decision(UNCHANGED, reason="no reissue is in progress, and an issued order itself can only be revoked")
    return Decision(INELIGIBLE, reason=_is(order), next_step=_INSTEAD_OF_CANCEL.get(order.status, _UNKNOWN_NEXT))


def _mark(order: Order, today: date, require_migrated: bool) -> Decision:
    if order.is_marked:
        return Decision(UNCHANGED, reason="it counts as renewed already")
    if order.status not in _MARKABLE:
        return _unmarkable(order)
    if order.valid_till is None:
        if "details" not in order.seen:
            return Decision(required_fact="details")
        return Decision(INELIGIBLE, reason="it does not say when its certificate expires", next_step=_UNKNOWN_NEXT)
    days = (order.valid_till - today).days
    if days > MARK_WINDOW_DAYS:
        return Decision(
            INELIGIBLE,
            reason=f"its certificate expires in {days} days, on {order.valid_till}",
            next_step=f"Ask again once it is within {MARK_WINDOW_DAYS} days of expiring",
        )
    if require_migrated and not order.is_migrated:
        if "origin" not in order.seen:
            return Decision(required_fact="origin")
        return _not_migrated(order)
    return Decision(CHANGED, after={"is_renewed": True})


def _not_migrated(order: Order) -> Decision:
    if order.is_migrated is None:
        reason = "CertCentral does not tell whether it is a migrated order"
    else:
        reason = "it is not a migrated order"
    return Decision(
        INELIGIBLE,
        reason=reason,
        next_step="Renew it in CertCentral, which links the two orders; only migrated orders take the mark",
    )


def _unmark(order: Order, today: date) -> Decision:
    if not order.is_marked:
        return Decision(UNCHANGED, reason="it does not count as renewed")
    if order.status not in _MARKABLE:
        return _unmarkable(order)
    if order.renewed_order_id is None:
        if "details" not in order.seen:
            return Decision(required_fact="details")
        return Decision(
            INELIGIBLE, reason="it does not say whether a newer order has renewed it", next_step=_UNKNOWN_NEXT
        )
    if order.renewed_order_id:
        return Decision(
            INELIGIBLE,
            reason=f"order {order.renewed_order_id} has truly renewed it",
            next_step="Only a mark set by hand can be taken away",
        )
    after: dict[str, object] = {"is_renewed": False}
    if order.status == "renewed":
        over = order.valid_till is not None and order.valid_till < today
        after["status"] = "expired" if over else "issued"
        if over and order.can_be_reissued(today):
            # How the service shows such an order is not known, so that only the mark tells whether it was done.
            return Decision(CHANGED, after=after, shows={"is_renewed": False})
    return Decision(CHANGED, after=after)


def _unmarkable(order: Order) -> Decision:
    return Decision(INELIGIBLE, reason=_is(order), next_step=_NOT_MARKABLE.get(order.status, _UNKNOWN_NEXT))


def _is(order: Order) -> str:
    return f"its status is {order.status}" if order.status else "its status is not known"


def decide_revocation(
    subject: Revocable, *, today: date, skip_approval: bool, cancel_reissue: bool, accept_unknown: bool = False
) -> Decision:
    """What revoking an order, or one certificate of it, comes to; rules from docs/development/reference/certcentral.md
    2.3 and 4.2.

    today: the date in UTC. Without skip_approval a request is filed, which somebody has to approve: that ends as
    PENDING_APPROVAL, and a request that waits already is left to wait. An unfinished reissue blocks a revocation; with
    cancel_reissue it is dropped first. accept_unknown: revoke an order also where CertCentral does not list all
    certificates that it announces, or one without names.
    """
    order, status = subject.order, subject.status
    shown = _shown_status(subject, today)
    if not shown:
        return Decision(required_fact="certificates")
    if "revoked" in (status, order.status):
        return Decision(UNCHANGED, reason="it is revoked already")
    if shown not in ("issued", "renewed", "reissue_pending"):
        return _irrevocable(order, shown, today)
    one = subject.certificate
    if one and (status not in ("issued", "renewed") or (one.valid_till is not None and one.valid_till < today)):
        why = f"the certificate is {status}" + (f", and was valid until {one.valid_till}" if one.valid_till else "")
        return Decision(INELIGIBLE, reason=why, next_step="Only an issued one can be revoked")
    if subject.filed and "requests" not in order.seen:
        return Decision(required_fact="requests")
    if subject.requests:
        waits = f"request {subject.requests[0].id} for it waits for an approval"
        return Decision(PENDING_APPROVAL, reason=waits, next_step="Somebody has to approve it, see digicert_request")
    if shown == "reissue_pending" and not cancel_reissue:
        return Decision(
            INELIGIBLE,
            reason=_is(order),
            next_step="Set cancel_reissue to drop the reissue first, or wait until it is issued",
        )
    if "certificates" not in order.seen:
        # What dies with it has to be known, and shown, before it does.
        return Decision(required_fact="certificates")
    return _revocation(subject, skip_approval, accept_unknown)


def _revocation(subject: Revocable, skip_approval: bool, accept_unknown: bool) -> Decision:
    if subject.unknown and not accept_unknown:
        return Decision(
            INELIGIBLE,
            reason=f"what its revocation would end is not known: {subject.unknown}",
            next_step="Compare its certificates in the CertCentral console, and set accept_unknown_certificates to "
            "revoke it all the same",
        )
    why = f"not all that it ends is known, which is accepted: {subject.unknown}" if subject.unknown else ""
    drops = subject.order.status == "reissue_pending"
    steps = ("drop_reissue", "revoke") if drops else ("revoke",)
    if skip_approval:
        return Decision(CHANGED, after=_revoked(subject), steps=steps, once=_ONCE, reason=why)
    return Decision(CHANGED, after=_requested(subject), steps=steps, once=_ONCE, ends=PENDING_APPROVAL, reason=why)


def _shown_status(subject: Revocable, today: date) -> str | None:
    """Its status, expired where a status that lags behind hides that; None where its certificates have to be read."""
    order = subject.order
    if subject.key is not None and "certificates" not in order.seen and not subject.is_primary_of_revoked:
        # A revoked order says nothing of a certificate that is not one of its own.
        return None
    if order.status not in ("issued", "renewed", "expired"):
        return order.status or "unknown"
    expired = order.status == "expired" or (order.valid_till is not None and order.valid_till < today)
    if expired and order.can_be_reissued(today):
        # An annual plan outlives its certificates, of which a duplicate may be valid where the primary one is not.
        if "certificates" not in order.seen:
            return None
        expired = not any(one.valid_till is not None and one.valid_till >= today for one in subject.certificates)
    return "expired" if expired else "issued"


def _irrevocable(order: Order, shown: str, today: date) -> Decision:
    reason = "its certificate has expired" if shown == "expired" != order.status else _is(order)
    next_step = _INSTEAD_OF_REVOKE.get(shown, _UNKNOWN_NEXT)
    if shown == "expired" and order.can_be_reissued(today):
        next_step += f", but the order can be reissued until {order.order_valid_till}: {_LET_EXPIRE}"
    return Decision(INELIGIBLE, reason=reason, next_step=next_step)


def revocation_filed(subject: Revocable, decision: Decision, request: Request | None) -> Decision:
    """What a decision came to, by the service's answer: the request that it filed, None where it revoked at once."""
    if request is None or request.status == "approved":
        return Decision(CHANGED, after=_revoked(subject), steps=decision.steps)
    waits = f"request {request.id} for it waits for an approval"
    return Decision(CHANGED, after=_requested(subject), steps=decision.steps, ends=PENDING_APPROVAL, reason=waits)


def _requested(subject: Revocable) -> dict[str, Any]:
    # A reissue is dropped before, which leaves the order issued.
    dropped = subject.key is None and subject.order.status == "reissue_pending"
    return {"revocation_requested": True, **({"status": "issued"} if dropped else {})}


def _revoked(subject: Revocable) -> dict[str, Any]:
    certificates = [{**one.shown(), "status": "revoked"} for one in subject.certificates]
    return {"status": "revoked", "revocation_requested": False, "certificates": certificates}


def decide_request(subject: RequestsToDecide, target: str, *, may_revoke: bool) -> Decision:
    """What setting a request to `target`, approved or rejected, comes to (docs/development/reference/certcentral.md
    4.3).

    may_revoke: whether one that asks for a revocation may be approved, which is for ever.
    """
    request = subject.request
    if request is None:
        return Decision(INELIGIBLE, reason="the order has no request", next_step="There is nothing to decide on")
    if len(subject.undecided) > 1:
        several = ", ".join(f"{one.id} ({one.type})" for one in subject.undecided)
        return Decision(INELIGIBLE, reason=f"several requests wait: {several}", next_step="Name one with request_id")
    if request.status == target:
        return Decision(UNCHANGED, reason=f"request {request.id} is {target} already")
    if not request.is_undecided:
        return Decision(
            INELIGIBLE,
            reason=f"request {request.id} ({request.type}) is {request.status}",
            next_step="Only a request that waits can be approved or rejected",
        )
    if target == "approved" and request.type == "revoke" and not may_revoke:
        return Decision(
            INELIGIBLE,
            reason=f"request {request.id} asks for a revocation, which is for ever",
            next_step="Set confirm to approve it",
        )
    return Decision(CHANGED, after={"status": target}, reason=f"request {request.id} ({request.type})")


def decide_domain(subject: NamedDomains, *, active: bool) -> Decision:
    """What making a domain active or inactive comes to (docs/development/reference/certcentral.md 5)."""
    states = {domain.is_active for domain in subject.domains}
    wanted = "active" if active else "inactive"
    if states == {active}:
        return Decision(UNCHANGED, reason=f"it is {wanted} already")
    if len(subject.domains) > 1:
        ids = ", ".join(str(domain.id) for domain in subject.domains)
        return Decision(INELIGIBLE, reason=f"several domains have this name: {ids}", next_step="Name one by domain_id")
    if None in states:
        return Decision(INELIGIBLE, reason="it does not say whether it is active", next_step=_UNKNOWN_NEXT)
    return Decision(CHANGED, after={"state": wanted})


def decide_renewal(subject: RenewalSettings, wanted: Mapping[str, Any]) -> Decision:
    """What the renewal settings of an order come to (docs/development/reference/certcentral.md 4.6).

    wanted: those of renewal_emails, auto_reissue and custom_renewal_message that are asked for.
    """
    order, facts = subject.order, subject.facts
    if order.status in _ENDED:
        return Decision(INELIGIBLE, reason=_is(order), next_step="It does not renew any more")
    after = {name: value for name, value in wanted.items() if facts[name] != value}
    loud = "AUTO-RENEW IS ON, and only a person can switch it off, in the CertCentral console"
    reason = loud if facts["auto_renew"] else ""
    if after:
        return Decision(CHANGED, after=after, steps=tuple(after), reason=reason)
    return Decision(UNCHANGED, reason=reason or "it is set so already")


def decide_note(subject: Annotated) -> Decision:
    """What adding a note comes to (docs/development/reference/certcentral.md 4.4): it is added once."""
    if subject.has_note:
        return Decision(UNCHANGED, reason="it has this note already")
    return Decision(CHANGED, after={"has_note": True}, repeatable=False)


def may_write(user: User, read_only: str) -> bool | None:
    """Whether a key may change anything, None where that is not known (docs/development/reference/certcentral.md 1.1,
    6).

    read_only: the variable that forbids it, or nothing. A role restricts a key to GET where it is View Only; whether
    the roles that are told are those of the key, or of its user, is not known.
    """
    if read_only or user.roles == ("View Only",):
        return False
    return True if user.roles else None
