# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults that only CertCentral's own code can play: lists that lie, and errors in its envelope."""

from __future__ import annotations

from datetime import datetime

from certsim.certcentral import errors
from certsim.certcentral.accounts import ApiKey
from certsim.certcentral.book import OrderBook
from certsim.certcentral.build import build_order, describe_order
from certsim.certcentral.model import Order
from certsim.faults import Fault, FaultKind, Stage

_LIST = r"/order/certificate/?$"

SHIFT_PAGES = "shift_pages"
LIST_EXTRA = "list_extra"
LIST_DROP = "list_drop"
ECHO_KEY = "echo_key"
WRONG_ADDRESS = "wrong_address"
INVALID_KEY = "invalid_key"

KINDS = (
    FaultKind(
        SHIFT_PAGES,
        Stage.WITHIN,
        "Right after this page the pages shift: an order is added before it, its first one removed "
        "or replaced by a new one of the highest id (all for good), or this page is sorted the other way round "
        "(change: add, remove, replace, sort).",
        {"change": "add"},
        choices={"change": ("add", "remove", "replace", "sort")},
        method="GET",
        path=_LIST,
    ),
    FaultKind(
        LIST_EXTRA,
        Stage.WITHIN,
        "The list has rows that were not asked for.",
        {"count": 1},
        method="GET",
        path=_LIST,
    ),
    FaultKind(
        LIST_DROP,
        Stage.WITHIN,
        "The list silently lacks some ids (or its first count rows where no ids are given).",
        {"ids": [], "count": 1},
        method="GET",
        path=_LIST,
    ),
    FaultKind(
        ECHO_KEY,
        Stage.WITHIN,
        "An error whose message contains the caller's key: proves that a client redacts it.",
        {"status": 400},
    ),
    FaultKind(
        WRONG_ADDRESS,
        Stage.WITHIN,
        "404 that is not about an object, as at a wrong address: not_found|route, not_found alone, or what a gateway "
        "or another service answers (answer: route, not_found, html, json, text, empty).",
        {"answer": "route"},
        choices={"answer": tuple(errors.WRONG_ADDRESS)},
        times=-1,
    ),
    FaultKind(INVALID_KEY, Stage.WITHIN, "403 as for a key that is not valid (any more).", times=-1),
)


def raise_error(fault: Fault, key: ApiKey) -> None:
    """Raise the ApiError that a fault answers a call with; faults about lists have none."""
    if fault.kind.name == INVALID_KEY:
        raise errors.invalid_key()
    if fault.kind.name == WRONG_ADDRESS:
        raise errors.WRONG_ADDRESS[fault.params["answer"]]
    if fault.kind.name == ECHO_KEY:
        # Only a key of the seed comes here, never one that may be real.
        raise errors.ApiError(fault.params["status"], "access_denied", f"The key {key.key} may not do this.")


def reverses(fault: Fault | None) -> bool:
    """Return whether the fault sorts this page the other way round."""
    return fault is not None and fault.kind.name == SHIFT_PAGES and fault.params["change"] == "sort"


def bend_page(fault: Fault | None, page: list[Order], book: OrderBook) -> list[Order]:
    """Return the orders of a page with what the fault adds or drops."""
    if fault is None:
        return page
    if fault.kind.name == LIST_EXTRA:
        asked = {order.id for order in page}
        strangers = (order for order in book if order.id not in asked)
        return page + [order for order, _number in zip(strangers, range(fault.params["count"]), strict=False)]
    if fault.kind.name == LIST_DROP:
        dropped = set(fault.params["ids"]) or {order.id for order in page[: fault.params["count"]]}
        return [order for order in page if order.id not in dropped]
    return page


def shift_pages(fault: Fault | None, page: list[Order], book: OrderBook, now: datetime) -> None:
    """Add an order before a page that was just served, or remove or replace the page's first one."""
    if fault is None or fault.kind.name != SHIFT_PAGES or not page:
        return
    if fault.params["change"] in ("remove", "replace"):
        book.remove(page[0])
    if fault.params["change"] == "add":
        # It sorts before the page by id.
        book.put(_likeness(page[0], book.first_id() - 1, now))
    elif fault.params["change"] == "replace":
        book.put(_likeness(page[0], max(book.last_id(), page[0].id) + 1, now))


def _likeness(order: Order, order_id: int, now: datetime) -> Order:
    """Return an order that passes the same filters, but for what finds a single one."""
    likeness = describe_order(order, now.date())
    for name in ("certificate_id", "serial_number", "thumbprint", "requests", "duplicates", "reissues"):
        del likeness[name]
    return build_order({**likeness, "id": order_id, "date_created": now}, now)
