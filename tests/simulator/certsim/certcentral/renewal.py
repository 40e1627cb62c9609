# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An order's renewal settings: docs/development/reference/certcentral.md 4.6."""

from __future__ import annotations

from certsim.certcentral import context, errors
from certsim.certcentral.context import Context
from certsim.certcentral.model import Order
from certsim.exchange import Answer

#: The path values that turn the e-mails on and off, by the choices of certcentral.renewal_email_values.
EMAIL_VALUES = {
    "on_off": ("on", "off"),
    "enable_disable": ("enable", "disable"),
    "enabled_disabled": ("enabled", "disabled"),
    "true_false": ("true", "false"),
    "1_0": ("1", "0"),
}

_ENDED = ("canceled", "rejected", "revoked")


def set_emails(call: Context, reference: str, value: str) -> Answer:
    """PUT /order/certificate/{id}/renewal-emails/{value}."""
    call.parameters()
    values = EMAIL_VALUES[call.switch("renewal_email_values")]
    if value not in values:
        raise errors.no_route() if call.switch("renewal_email_refusal") == "404" else errors.invalid_value("status")
    order = _changeable(call, reference)
    call.no_body()
    before, order.disable_renewal_notifications = order.disable_renewal_notifications, value == values[1]
    return context.done(effect=order.disable_renewal_notifications is not before)


def set_message(call: Context, reference: str) -> Answer:
    """PUT /order/certificate/{id}/custom-renewal-message."""
    call.parameters()
    order = _changeable(call, reference)
    message = context.text(call.body("custom_renewal_message"), "custom_renewal_message")
    if message is None:
        raise errors.invalid_value("custom_renewal_message")
    before, order.custom_renewal_message = order.custom_renewal_message, message
    return context.done(effect=message != before)


def set_auto_reissue(call: Context, reference: str) -> Answer:
    """PUT /order/certificate/{id}/auto-reissue."""
    call.parameters()
    order = _changeable(call, reference)
    value = call.body("auto_reissue").get("auto_reissue")
    # True and 1.0 are equal to 1, and are not it.
    if value.__class__ is not int or value not in (0, 1):
        raise errors.invalid_value("auto_reissue")
    before, order.auto_reissue = order.auto_reissue, value
    return context.done(effect=value != before)


def _changeable(call: Context, reference: str) -> Order:
    order = call.order(reference)
    if order.status in _ENDED and call.switch("renewal_settings_of_ended_orders") == "refused":
        raise call.refusal("order_has_ended", f"An order that is {order.status} is not renewed.")
    return order
