# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Revoking an order's certificates, all or one of them: docs/development/reference/certcentral.md 4.2."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from certsim.certcentral import context, errors
from certsim.certcentral.certificates import find
from certsim.certcentral.context import Context
from certsim.certcentral.model import Certificate, Order
from certsim.exchange import Answer

#: How one public client spells the reasons (docs/development/reference/certcentral.md 4.2).
_SNAKE_CASE = ("unspecified", "key_compromise", "affiliation_change", "superseded", "cessation_of_operation")
_COMMON = ("unspecified", "superseded")

#: Statuses of orders that have certificates to revoke.
_REVOCABLE = ("issued", "expired")


def revoke_order(call: Context, reference: str) -> Answer:
    """PUT /order/certificate/{id}/revoke: every certificate of the order."""
    call.parameters()
    order = call.order(reference)
    wanted = _read(call)
    if order.status == "revoked":
        return _again(call)
    _check_order(call, order)
    return _revoke(call, order, None, wanted)


def revoke_certificate(call: Context, reference: str) -> Answer:
    """PUT /certificate/{certificate id or serial number}/revoke: this one alone."""
    call.parameters()
    order, certificate = find(call, reference)
    wanted = _read(call)
    if certificate.status == "revoked" or order.status == "revoked":
        return _again(call)
    _check_order(call, order)
    if not certificate.is_issued:
        raise call.refusal("certificate_not_revocable", f"A certificate that is {certificate.status} is not revoked.")
    if certificate.is_expired(call.now.date()):
        _check_expiry(call)
    return _revoke(call, order, certificate, wanted)


def approve(call: Context, order: Order, request: dict[str, Any]) -> None:
    """Do what an approved request to revoke asked for."""
    certificate = _named(order, request)
    if certificate is not None or "certificate" not in request:
        _carry_out(call, order, certificate)


def _carry_out(call: Context, order: Order, certificate: Certificate | None) -> None:
    """Revoke one certificate of an order, or (None) the order with all that it has."""
    for each in [certificate] if certificate else order.certificates():
        if each.is_issued:
            each.status = "revoked"
    today = call.now.date()
    alive = [each for each in order.certificates() if each.is_issued and not each.is_expired(today)]
    if certificate is None or (not alive and call.switch("revoke_last_certificate") == "order_revoked"):
        order.set_status("revoked", call.now)


def _revoke(call: Context, order: Order, certificate: Certificate | None, wanted: dict[str, Any]) -> Answer:
    """Revoke at once where no approval is needed, else file the request for one."""
    if call.switch("revoke_while_pending") == "refused" and _waits(order, certificate):
        raise call.refusal("revocation_pending", "A request to revoke waits for its approval.")
    if wanted["skip_approval"]:
        if call.switch("skip_approval") == "refused":
            raise errors.invalid_approver()
        _carry_out(call, order, certificate)
        return context.done(effect=True)
    at_once = call.switch("auto_approve_revocation")
    request = call.account.book.add_request(
        order,
        {
            "date": call.stamp(),
            "type": "revoke",
            "status": "approved" if at_once else "pending",
            "requester": call.key.user_fields(),
            **{name: wanted[name] for name in ("comments", "revocation_reason") if wanted[name] is not None},
            **({} if certificate is None else {"certificate": {"id": certificate.id}}),
        },
    )
    if at_once:
        _carry_out(call, order, certificate)
    shown = {name: request[name] for name in ("id", "date", "type", "status", "requester")}
    # The answer echoes what is kept, under the name that the samples have.
    if wanted["comments"] is not None:
        shown["comments"] = wanted["comments"]
    return context.answer(shown, HTTPStatus.CREATED, effect=True)


def _read(call: Context) -> dict[str, Any]:
    """Return the body, read strictly."""
    document = call.body("comments", "comment", "skip_approval", "revocation_reason")
    given = {name: context.text(document, name) for name in ("comments", "comment")}
    reason = context.text(document, "revocation_reason")
    allowed = {"snake_case": _SNAKE_CASE, "common_only": _COMMON}.get(call.switch("revocation_reasons"))
    if reason is not None and allowed is not None and reason not in allowed:
        raise errors.invalid_value("revocation_reason")
    return {
        "comments": given[call.switch("revocation_comment")],
        "skip_approval": context.boolean(document, "skip_approval"),
        "revocation_reason": reason,
    }


def _check_order(call: Context, order: Order) -> None:
    status = order.status_on(call.now.date())
    if status == "reissue_pending":
        raise call.refusal("order_has_pending_reissue", "The order's reissue must be canceled first.")
    if status not in _REVOCABLE:
        raise call.refusal("order_not_revocable", f"An order that is {status} cannot be revoked.")
    today = call.now.date()
    live = [each for each in order.certificates() if each.is_issued]
    if status == "expired" or (live and all(each.is_expired(today) for each in live)):
        _check_expiry(call)


def _check_expiry(call: Context) -> None:
    if call.switch("revoke_expired") == "refused":
        raise call.refusal("certificate_expired", "The certificate has expired.")


def _waits(order: Order, certificate: Certificate | None) -> bool:
    """Return whether a request waits that covers the same certificate, or the same order."""
    waiting = order.waiting_requests("revoke")
    return any("certificate" not in request or _named(order, request) is certificate for request in waiting)


def _named(order: Order, request: dict[str, Any]) -> Certificate | None:
    """Return the certificate that a request names; a request for the whole order names none."""
    named = request.get("certificate", {}).get("id")
    return next((each for each in order.certificates() if named is not None and each.id == named), None)


def _again(call: Context) -> Answer:
    if call.switch("error_on_double_revoke"):
        raise call.refusal("revoked_already", "It is revoked already.")
    return context.done(effect=False)
