# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mails to admin contacts, and the effect of their links: docs/development/reference/servertastic.md 0 and 5."""

from __future__ import annotations

import html
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from certsim.exchange import Answer, NoSuchLink, link_path
from certsim.servertastic.book import Book
from certsim.servertastic.model import COMPLETED, Mail, Order, fingerprint
from certsim.servertastic.rules import is_in_window
from certsim.switches import Switches

NAME = "servertastic"
APPROVE, DECLINE = "approve", "decline"

_PAGE = "<!doctype html><html lang=en><title>Cancel an order</title><h1>Cancel an order</h1><p>{text}</p>{form}</html>"
_FORM = (
    "<form method=post>"
    f"<button name=choice value={APPROVE}>I approve</button> "
    f"<button name=choice value={DECLINE}>I do not approve</button>"
    "</form>"
)


def describe_mail(mail: Mail, book: Book) -> dict[str, Any]:
    """Return a mail as the control interface shows it: it has no token."""
    order = book.find(mail.token)
    link = link_path(NAME, mail.code)
    return {
        "id": mail.id,
        "at": mail.at.isoformat(timespec="seconds"),
        "to": mail.to,
        "subject": f"Please approve: cancel order {order.reseller_order_id}",
        "text": f"Order {order.reseller_order_id} is to be cancelled. Open this link and choose 'I approve': {link}",
        "reseller_order_id": order.reseller_order_id,
        "order_ref": fingerprint(mail.token),
        "link": link,
        "answered": mail.answered,
    }


def settle(book: Book, switches: Switches, now: datetime) -> None:
    """Carry out the approvals that have had their time: the order is cancelled, its points are credited."""
    lag = timedelta(seconds=switches["servertastic.approval_lag_seconds"])
    for mail in book.mails:
        order = book.find(mail.token)
        if order.approved_at is None or now < order.approved_at + lag:
            continue
        at = order.approved_at + lag
        if order.status == COMPLETED:
            # These five minutes are the synchronisation: a review does not lag once more.
            order.cancel(at, visible_at_once=True)
            book.accounts[order.account].credit(order, at)
        order.requested_at = order.approved_at = None


def follow(book: Book, switches: Switches, now: datetime, code: str, choice: str | None) -> Answer:
    """Answer a reader who opens a mail's link (choice is None), or has chosen there.

    Raises:
        NoSuchLink: no mail has this link.
    """
    mail = next((each for each in book.mails if each.code == code), None)
    if mail is None:
        raise NoSuchLink(f"no mail has the link {code}")
    order = book.find(mail.token)
    closed = _closed(mail, order, switches, now)
    if closed:
        return _page(HTTPStatus.GONE, closed)
    if choice is None:
        return _page(HTTPStatus.OK, f"Cancel order {order.reseller_order_id} for {order.domain_name}?", _FORM)
    if choice not in (APPROVE, DECLINE):
        return _page(HTTPStatus.BAD_REQUEST, "Choose one of the two.", _FORM)
    mail.answered = choice
    if choice == APPROVE:
        order.approved_at = now
        return _page(HTTPStatus.OK, "Thank you. The order will be cancelled within about 5 minutes.")
    order.requested_at = None
    return _page(HTTPStatus.OK, "The order will not be cancelled.")


def _closed(mail: Mail, order: Order, switches: Switches, now: datetime) -> str | None:
    """Return why a link is of no use, or nothing where it is."""
    days = switches["servertastic.approval_link_days"]
    if order.status != COMPLETED or order.requested_at is None or order.approved_at is not None:
        return "There is nothing (more) to approve."
    if days and now >= mail.at + timedelta(days=days):
        return "This link has expired."
    if switches["servertastic.window_counts"] == "approval" and not is_in_window(order, switches, now):
        return "The order was completed more than 30 days ago."
    return None


def _page(status: HTTPStatus, text: str, form: str = "") -> Answer:
    content = _PAGE.format(text=html.escape(text), form=form).encode()
    return Answer(status, content, {"content-type": "text/html; charset=utf-8"})
