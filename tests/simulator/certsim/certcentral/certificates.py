# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of an order's reissues and duplicates: reference/certcentral.md 4.7."""

from __future__ import annotations

from certsim.certcentral import context
from certsim.certcentral.context import Context
from certsim.certcentral.model import Certificate, Order
from certsim.exchange import Answer


def list_reissues(call: Context, reference: str) -> Answer:
    """GET /order/certificate/{id}/reissue."""
    parameters = call.parameters("show_archived")
    order = call.order(reference)
    archived = context.parameter(parameters, "show_archived")
    found = [each for each in order.reissues if archived or not each.archived]
    if call.switch("reissue_list_has_primary") and order.certificate.id is not None:
        found.insert(0, order.certificate)
    return _answer(call, order, _listed(call, order, found, "reissue_list"))


def list_duplicates(call: Context, reference: str) -> Answer:
    """GET /order/certificate/{id}/duplicate."""
    parameters = call.parameters("show_archived")
    order = call.order(reference)
    archived = context.parameter(parameters, "show_archived")
    found = [each for each in order.duplicates if archived or not each.archived]
    return _answer(call, order, _listed(call, order, found, "duplicate_list"))


def _listed(call: Context, order: Order, found: list[Certificate], switch: str) -> list[Certificate]:
    """Return what a list has of the certificates that it should have."""
    style = call.switch(switch)
    if style == "repeats_primary":
        return [order.certificate for _each in found]
    if style == "short":
        return found[:-1]
    return [] if style == "empty" else found


def _answer(call: Context, order: Order, found: list[Certificate]) -> Answer:
    view = call.view()
    if not found and call.switch("empty_certificates") == "key_absent":
        return context.answer({})
    return context.answer({"certificates": [view.copy(order, each) for each in found]})
