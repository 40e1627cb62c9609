# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""May this order be canceled, marked renewed, or have its mark taken away? Pure: no I/O, no clock, no Ansible."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ._orders import CHANGED, INELIGIBLE, UNCHANGED, Decision

if TYPE_CHECKING:
    from ._certcentral import Order

CANCELED = "canceled"
RENEWED = "renewed"
NOT_RENEWED = "not_renewed"
TARGETS = (CANCELED, RENEWED, NOT_RENEWED)

# reference/certcentral.md 4.1: an order may be marked renewed from so many days before its certificate expires.
MARK_WINDOW_DAYS = 90

_CANCELABLE = ("pending", "waiting_pickup")
_MARKABLE = ("issued", "expired", "renewed")

# What a person can do instead with an order that cannot be canceled, by its status (2.3, 4.2, 4.3).
_INSTEAD_OF_CANCEL = {
    "needs_approval": "Reject the request that waits for approval instead",
    "processing": "Wait until it is pending, then cancel it",
    "needs_csr": "Wait until it is pending, then cancel it, or cancel it in the CertCentral console",
    "approved": "Wait until it is pending or issued, and ask again",
    "issued": "Revoke its certificate instead",
    "reissue_pending": "Set cancel_reissue to drop only the reissue; the order is then issued again",
    "expired": "Nothing is left to cancel",
    "renewed": "Revoke its certificate instead, if that is still valid",
    "revoked": "Nothing is left to cancel",
    "rejected": "Nothing is left to cancel",
    "denied": "Nothing is left to cancel",
}
_NOT_MARKABLE = {
    "needs_approval": "Only an issued or expired order can carry the mark: reject its request if it is not wanted",
    "pending": "Only an issued or expired order can carry the mark: cancel it if it is not wanted",
    "waiting_pickup": "Only an issued or expired order can carry the mark: cancel it if it is not wanted",
    "reissue_pending": "Finish the reissue, or cancel it with status canceled and cancel_reissue, then ask again",
    "revoked": "A revoked order is final",
    "rejected": "A rejected order is final",
    "denied": "A denied order is final",
    "canceled": "A canceled order is final",
}
_UNKNOWN_NEXT = "Look at the order in the CertCentral console"


def decide(order: Order, target: str, *, today: date, cancel_reissue: bool, require_migrated: bool) -> Decision:
    """What setting an order to `target` (one of TARGETS) comes to, for every status there is or will be.

    today: the date in UTC. Rules from reference/certcentral.md 2.2, 2.3, 4.1 and 9; this is the whole machine:

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
    if target == CANCELED:
        return _cancel(order, cancel_reissue)
    if order.is_marked is None:
        # Some answers leave the field out, others leave it out where it is false: ask the other one before deciding.
        for source in ("details", "row"):
            if source not in order.seen:
                return Decision(need=source)
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
            return Decision(need="details")
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
            return Decision(need="origin")
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
            return Decision(need="details")
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
        after["status"] = "expired" if order.valid_till and order.valid_till < today else "issued"
    return Decision(CHANGED, after=after)


def _unmarkable(order: Order) -> Decision:
    return Decision(INELIGIBLE, reason=_is(order), next_step=_NOT_MARKABLE.get(order.status, _UNKNOWN_NEXT))


def _is(order: Order) -> str:
    return f"its status is {order.status}" if order.status else "its status is not known"
