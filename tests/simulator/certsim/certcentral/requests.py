# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests of orders, and their approvers' decisions: docs/development/reference/certcentral.md 4.3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from certsim.certcentral import context, errors, revocation, rules
from certsim.certcentral.context import Context
from certsim.certcentral.model import WAITING, Order
from certsim.exchange import Answer

#: docs/development/reference/certcentral.md 2.3.
STATUSES = ("submitted", "pending", "approved", "rejected")

#: Orders that no decision brings back.
_ENDED = ("canceled", "rejected", "revoked")

#: docs/development/reference/certcentral.md 4.3.
_FILTERS = ("status", "type", "container_id", "search")

Test = Callable[[Order, dict[str, Any]], bool]

_USER_FIELDS = ("id", "first_name", "last_name", "email")


def list_requests(call: Context) -> Answer:
    """GET /request."""
    paging = call.switch("request_list_paging")
    # The keys of sort are not documented: it is accepted, and sorts nothing.
    pages = ("limit", "offset") if paging == "paged" else ()
    parameters, filters = call.query("sort", *pages, filters=_FILTERS)
    tests = [] if call.switch("other_filters") == "ignored" else _tests(filters)
    found = [
        (order, request)
        for order, request in call.account.book.requests()
        if call.key.sees(order) and all(test(order, request) for test in tests)
    ]
    limit, offset = len(found), 0
    if paging == "paged":
        most = call.switch("request_page_limit")
        limit = context.number("limit", parameters.get("limit", str(most)), 1, most)
        offset = context.number("offset", parameters.get("offset", "0"))
    page = {"total": len(found), "limit": limit, "offset": offset}
    rows = [_show(call, *each) for each in found[offset : offset + limit]]
    return context.answer(call.listed("requests", rows, None if paging == "whole_without_page" else page))


def _tests(filters: dict[str, list[str]]) -> list[Test]:
    """Return the tests of a list's filters: any value of each suffices. A bad value raises ApiError."""
    statuses, kinds = set(filters.get("status", STATUSES)), {_plain(kind) for kind in filters.get("type", ())}
    if not statuses <= set(STATUSES):
        raise errors.invalid_value("status")
    containers = {context.number("container_id", value) for value in filters.get("container_id", ())}
    words = [value.lower().removeprefix("%") for value in filters.get("search", ())]
    tests: list[Test] = [lambda _order, request: request["status"] in statuses]
    if kinds:
        tests.append(lambda _order, request: request["type"] in kinds)
    if containers:
        tests.append(lambda order, _request: order.container["id"] in containers)
    if words:
        tests.append(lambda order, _request: any(word in order.certificate.common_name.lower() for word in words))
    return tests


def _plain(kind: str) -> str:
    return kind.replace(" ", "_")


def get_request(call: Context, reference: str) -> Answer:
    """GET /request/{id}."""
    call.parameters()
    return context.answer(_show(call, *_find(call, reference)))


def decide(call: Context, reference: str) -> Answer:
    """PUT /request/{id}/status."""
    call.parameters()
    order, request = _find(call, reference)
    document = call.body("status", "processor_comment")
    status, comment = document.get("status"), context.text(document, "processor_comment")
    if status not in STATUSES:
        raise errors.invalid_value("status")
    if request["status"] not in WAITING:
        if call.switch("error_on_double_decision"):
            raise call.refusal("request_processed_already", f"The request is {request['status']} already.")
        return context.done(effect=False)
    if status in WAITING:
        effect, request["status"] = request["status"] != status, status
        return context.done(effect=effect)
    if status == "approved" and call.switch("approve_own_request") == "refused" and _is_own(call, order, request):
        raise errors.invalid_approver()
    _settle(call, order, request, status)
    request.update(status=status, date_processed=call.stamp(), processor=call.key.user_fields())
    if comment is not None:
        request["processor_comment"] = comment
    return context.done(effect=True)


def _settle(call: Context, order: Order, request: dict[str, Any], status: str) -> None:
    """Do to the order what a decision about one of its requests brings."""
    kind, approved = request["type"], status == "approved"
    if kind in ("new_request", "renewal") and order.status not in _ENDED:
        order.set_status("pending" if approved else "rejected", call.now)
    elif kind == "reissue" and not approved and order.status == "reissue_pending":
        rules.end_reissue(order, call.now)
    elif kind == "revoke" and approved:
        revocation.approve(call, order, request)


def _find(call: Context, reference: str) -> tuple[Order, dict[str, Any]]:
    found = call.account.book.by_request(int(reference)) if context.is_id(reference) else None
    if found is None or not call.key.sees(found[0]):
        raise errors.no_request()
    return found


def _is_own(call: Context, order: Order, request: dict[str, Any]) -> bool:
    requester: dict[str, Any] = request.get("requester") or order.user
    return bool(requester["id"] == call.key.user_id)


def _show(call: Context, order: Order, request: dict[str, Any]) -> dict[str, Any]:
    """Return a request as the API shows it; the service's object of the order has more fields than this."""
    requester = request.get("requester") or order.user
    shown = {
        "id": request["id"],
        "date": request["date"],
        "type": call.view().request_type(request),
        "status": request["status"],
        "requester": {
            name: requester[name] for name in ("id", "first_name", "last_name", "email") if name in requester
        },
        "order": {
            "id": order.id,
            "status": call.view().status(order),
            "certificate": {
                "common_name": order.certificate.common_name,
                "dns_names": order.certificate.dns_names,
            },
            "product": {name: order.product[name] for name in ("name_id", "name", "type")},
        },
    }
    for name in ("comments", "processor_comment", "date_processed", "processor", "certificate"):
        if request.get(name) is not None:
            shown[name] = request[name]
    return shown
