# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders, read and updated: docs/development/reference/certcentral.md 2, 3 and 4.1."""

from __future__ import annotations

import re

from certsim.certcentral import context, faults, listing, rules
from certsim.certcentral.context import Context
from certsim.certcentral.model import Order
from certsim.certcentral.switches import parse_filter_names
from certsim.certcentral.view import View
from certsim.exchange import Answer

_REFERENCE = re.compile(r"[0-9A-Fa-f]+")


def get_order(call: Context, reference: str) -> Answer:
    """GET /order/certificate/{id, or serial number or thumbprint of the primary certificate}."""
    parameters = call.parameters("include_caa_status")
    order = _by_print(call, reference) or call.order(reference)
    return context.answer(
        call.view().detail(order, include_caa_status=context.parameter(parameters, "include_caa_status"))
    )


def update_status(call: Context, reference: str) -> Answer:
    """PUT /order/certificate/{id}/status."""
    call.parameters()
    order = call.order(reference)
    change = rules.read_change(call.call.body, call.switches)
    return context.done(effect=rules.apply_change(order, change, call.switches, call.now))


def list_orders(call: Context) -> Answer:
    """GET /order/certificate."""
    query = listing.read_query(call.call.query, is_strict=call.is_strict)
    book, fault, view = call.account.book, call.call.fault, call.view()
    page, total = _select(call, query, view, backwards=faults.reverses(fault))
    shown = faults.bend_page(fault, page, book)
    total += len(shown) - len(page)
    listed = {"total": total, "limit": query.limit, "offset": query.offset}
    body = call.listed("orders", [view.row(order) for order in shown], listed)
    faults.shift_pages(fault, page, book, call.now)
    return context.answer(body)


def _by_print(call: Context, reference: str) -> Order | None:
    """Return the order of a primary certificate, where the reference is not an order's id."""
    book = call.account.book
    if (context.is_id(reference) and book.get(int(reference))) or not _REFERENCE.fullmatch(reference):
        return None
    order = book.by_print(reference)
    return order if order is not None and call.key.sees(order) else None


def _select(call: Context, query: listing.ListQuery, view: View, *, backwards: bool) -> tuple[list[Order], int]:
    """Return the page that is asked for, and how many orders all pages have."""
    book = call.account.book
    filters = {name: values for name, values in query.filters.items() if not _ignores(call, name)}
    window = slice(query.offset, query.offset + query.limit)
    ids = filters.pop("id", None)
    tests = [listing.predicate(name, values, view, call.now) for name, values in filters.items()]
    if call.key.container_ids is not None:
        tests.append(call.key.sees)
    if "origin" in filters and call.switch("origin_filter") == "empty":
        return [], 0
    if not (ids or tests or query.sort or backwards):
        return book.page(query.offset, query.limit), len(book)
    if ids is None:
        orders = [order for order in book if all(test(order) for test in tests)]
    else:
        found = (book.get(order_id) for order_id in listing.ids_of(ids))
        orders = [order for order in found if order is not None and all(test(order) for test in tests)]
    orders = listing.sort_orders(orders, query.sort, view)
    if backwards:
        orders.reverse()
    return orders[window], len(orders)


def _ignores(call: Context, name: str) -> bool:
    if name == "origin" and call.switch("origin_filter") == "ignored":
        return True
    return name in parse_filter_names(call.switch("ignore_filters"))
