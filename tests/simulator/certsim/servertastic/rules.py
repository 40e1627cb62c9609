# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cancellation does in each state of an order: docs/development/reference/servertastic.md 5."""

from __future__ import annotations

from datetime import datetime

from certsim.servertastic.context import Context
from certsim.servertastic.model import (
    CANCEL_WINDOW,
    CANCELLED,
    COMPLETED,
    COMPLETED_EVENT,
    NOT_ISSUED,
    REISSUED_EVENT,
    ROLL_BACK,
    SERVERTASTIC_REVIEW,
    Order,
)
from certsim.switches import Switches

#: States without documentation of a cancellation: the switches that let it pass, and that credit it.
_BY_SWITCH = {
    ROLL_BACK: ("cancel_roll_back", "roll_back_refunds"),
    SERVERTASTIC_REVIEW: ("cancel_servertastic_review", "servertastic_review_refunds"),
}


def cancel(call: Context, order: Order) -> tuple[str, bool]:
    """Cancel an order, or ask for the approval of that; return the text of success, and whether anything changed.

    Raises:
        ApiError: it is refused; the order is as it was.
    """
    text = f"Order cancelled - {order.reseller_order_id}"
    if order.is_smartertools:
        raise call.refusal("an order of SmarterTools cannot be cancelled.")
    if order.status == CANCELLED:
        if call.switch("cancel_of_cancelled") == "refused":
            raise call.refusal("the order is cancelled already.")
        return text, False
    if order.status == COMPLETED:
        waits = f"Cancellation request sent - {order.reseller_order_id}"
        return text if call.switch("success_text") == "same" else waits, _request(call, order)
    credit = order.status in NOT_ISSUED
    if not credit:
        if order.status not in _BY_SWITCH:
            raise call.refusal(f"an order that is {order.status} cannot be cancelled.")
        accepted, refunds = _BY_SWITCH[order.status]
        if call.switch(accepted) == "refused":
            raise call.refusal(f"an order that is {order.status} cannot be cancelled.")
        credit = call.switch(refunds)
    order.cancel(call.now, visible_at_once=False)
    if credit:
        call.book.accounts[order.account].credit(order, call.now)
    return text, True


def is_in_window(order: Order, switches: Switches, now: datetime) -> bool:
    """Return whether an issued order was completed within the last 30 days; one without that event was not."""
    counting = {COMPLETED_EVENT}
    if switches["servertastic.reissue_adds_completed"]:
        counting.add(REISSUED_EVENT)
    completions = [
        each.timestamp
        for each in order.modifications
        if each.event_name in counting and isinstance(each.timestamp, datetime)
    ]
    if not completions:
        return False
    begin = min(completions) if switches["servertastic.window_from"] == "first" else max(completions)
    return begin + CANCEL_WINDOW > now


def _request(call: Context, order: Order) -> bool:
    """Mail the administrative contact of an issued order, and return whether that was done."""
    if not is_in_window(order, call.switches, call.now):
        raise call.refusal("an order that was completed more than 30 days ago cannot be cancelled.")
    if order.requested_at is not None:
        repeated = call.switch("repeat_cancel_request")
        if repeated == "refused":
            raise call.refusal("the cancellation of the order awaits its approval already.")
        if repeated == "silent" or order.approved_at is not None:
            return False
    else:
        order.requested_at = call.now
    call.book.send(order, call.now)
    return True
