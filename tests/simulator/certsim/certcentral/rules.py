# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What PUT /order/certificate/{id}/status does and refuses: docs/development/reference/certcentral.md 4.1 and 9."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from certsim.certcentral import errors
from certsim.certcentral.context import json_object
from certsim.certcentral.model import MARK_WINDOW, MIGRATED, Order
from certsim.switches import Switches

CANCELED, RENEWED, NOT_RENEWED = "canceled", "renewed", "not_renewed"

_CANCELLABLE = {"pending", "waiting_pickup"}
_CANCELLABLE_BY_SWITCH = {
    "needs_approval": "certcentral.cancel_needs_approval",
    "processing": "certcentral.cancel_processing",
    "needs_csr": "certcentral.cancel_needs_csr",
}
_MARKABLE = {"issued", "expired"}
_MARKABLE_BY_SWITCH = {
    "reissue_pending": "certcentral.mark_reissue_pending",
    "revoked": "certcentral.mark_revoked",
}


@dataclass(frozen=True, slots=True)
class StatusChange:
    """The body of a status update, read and checked."""

    status: str
    note: str | None


def read_change(body: bytes, switches: Switches) -> StatusChange:
    """Read the body of a status update. Keys that are not known are ignored, such as send_emails.

    Raises:
        ApiError: it is not a JSON object, has no allowed status, or lacks the note that canceled needs.
    """
    document = json_object(body)
    status, note = document.get("status"), document.get("note")
    if isinstance(status, str) and switches["certcentral.lenient_status"]:
        status = status.lower()
    if not isinstance(status, str) or status not in (CANCELED, RENEWED, NOT_RENEWED):
        raise errors.invalid_value("status")
    if note is not None and not isinstance(note, str):
        raise errors.invalid_value("note")
    if status == CANCELED and not (note or "").strip():
        raise errors.note_required()
    return StatusChange(status, note)


def apply_change(order: Order, change: StatusChange, switches: Switches, now: datetime) -> bool:
    """Change an order as asked, and return whether anything changed.

    Raises:
        ApiError: the transition is refused; the order is as it was.
    """
    rule = {CANCELED: _cancel, RENEWED: _mark, NOT_RENEWED: _unmark}[change.status]
    return rule(order, change.note, switches, now)


def _cancel(order: Order, note: str | None, switches: Switches, now: datetime) -> bool:
    status = order.status_on(now.date())
    if status == "reissue_pending":
        _drop_reissue(order, note, now)
        return True
    if status == CANCELED and not switches["certcentral.error_on_double_cancel"]:
        return False
    if status not in _CANCELLABLE and not _accepted(_CANCELLABLE_BY_SWITCH.get(status), switches):
        raise _refusal(switches, "order_not_cancelable", f"An order that is {status} cannot be canceled.")
    order.set_status(CANCELED, now)
    _keep_note(order, note, switches, now)
    return True


def _drop_reissue(order: Order, note: str | None, now: datetime) -> None:
    """Return the order to issued; the request keeps the note (docs/development/reference/certcentral.md 2.3)."""
    reissues = [request for request in order.requests if request["type"] == "reissue"]
    # The last one is the unfinished one also where it is approved already.
    for request in order.waiting_requests("reissue") or reissues[-1:]:
        request.update(status="rejected", processor_comment=note, date_processed=now.isoformat(timespec="seconds"))
    end_reissue(order, now)


def end_reissue(order: Order, now: datetime) -> None:
    """Return an order to issued, without its pending reissue (docs/development/reference/certcentral.md 2.3)."""
    order.set_status("issued", now)
    for certificate in order.reissues:
        if certificate.status == "pending":
            certificate.status = "rejected"


def _mark(order: Order, note: str | None, switches: Switches, now: datetime) -> bool:
    status = order.status_on(now.date())
    if order.is_renewed:
        if switches["certcentral.error_on_double_mark"]:
            raise _refusal(switches, "order_renewed_already", "The order is renewed already.")
        return False
    if order.origin != MIGRATED:
        raise _refusal(switches, "order_not_migrated", "Only a migrated order can be marked renewed.")
    if status not in _MARKABLE and not _accepted(_MARKABLE_BY_SWITCH.get(status), switches):
        raise _refusal(switches, "order_not_markable", f"An order that is {status} cannot be marked renewed.")
    till = order.certificate.valid_till
    if till is None or till - now.date() > MARK_WINDOW:
        raise _refusal(switches, "order_not_near_expiry", "The certificate is not within 90 days of its expiry.")
    order.set_mark(True, now)
    _keep_note(order, note, switches, now)
    return True


def _unmark(order: Order, note: str | None, switches: Switches, now: datetime) -> bool:
    if order.renewed_order_id and not _accepted("certcentral.undo_true_renewal", switches):
        raise _refusal(switches, "order_truly_renewed", "The order was renewed by another order.")
    if not order.is_renewed:
        if switches["certcentral.error_on_unmarked_not_renewed"]:
            raise _refusal(switches, "order_not_marked", "The order is not marked renewed.")
        return False
    order.renewed_order_id = 0
    order.set_mark(False, now)
    _keep_note(order, note, switches, now)
    return True


def _accepted(switch: str | None, switches: Switches) -> bool:
    return switch is not None and switches[switch] == "accepted"


def _keep_note(order: Order, note: str | None, switches: Switches, now: datetime) -> None:
    if note and switches["certcentral.note_goes_to"] == "notes":
        order.add_note(note, now)


def _refusal(switches: Switches, code: str, message: str) -> errors.ApiError:
    return errors.refused(HTTPStatus(int(switches["certcentral.refusal_status"])), code, message)
