# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of an order's reissues and duplicates, and downloads: docs/development/reference/certcentral.md 4.7."""

from __future__ import annotations

from http import HTTPStatus

from certsim.certcentral import context, errors, pem
from certsim.certcentral.context import Context
from certsim.certcentral.model import Certificate, Order
from certsim.exchange import Answer

#: The forms of a download that are text; archives and binary ones are not simulated.
_FORMS = ("pem_all", "pem_noroot", "pem_nointermediate")


def list_reissues(call: Context, reference: str) -> Answer:
    """GET /order/certificate/{id}/reissue."""
    parameters = call.parameters("show_archived")
    order = call.order(reference)
    archived = context.parameter(parameters, "show_archived")
    found = [each for each in order.reissues if archived or not each.archived]
    if call.switch("reissue_list_has_primary") and order.certificate.id is not None:
        found.insert(0, order.certificate)
    return _answer(call, order, _listed(call, order, found, "reissue_list"), "reissue")


def list_duplicates(call: Context, reference: str) -> Answer:
    """GET /order/certificate/{id}/duplicate."""
    parameters = call.parameters("show_archived")
    order = call.order(reference)
    archived = context.parameter(parameters, "show_archived")
    found = [each for each in order.duplicates if archived or not each.archived]
    return _answer(call, order, _listed(call, order, found, "duplicate_list"), "duplicate")


def _listed(call: Context, order: Order, found: list[Certificate], switch: str) -> list[Certificate]:
    """Return what a list has of the certificates that it should have."""
    style = call.switch(switch)
    if style == "repeats_primary":
        return [order.certificate for _each in found]
    if style == "short":
        return found[:-1]
    return [] if style == "empty" else found


def _answer(call: Context, order: Order, found: list[Certificate], kind: str) -> Answer:
    view, style = call.view(), call.switch("empty_certificates")
    if not found and style != "empty_array":
        return context.answer([] if style == "bare_array" else {})
    return context.answer({"certificates": [view.copy(order, each, kind) for each in found]})


def download(call: Context, reference: str, form: str) -> Answer:
    """GET /certificate/{id}/download/format/{format}: the certificate of an id or serial number, as PEM."""
    call.parameters()
    order, certificate = find(call, reference)
    return _download(order, certificate, form)


def download_for_platform(call: Context, reference: str, platform: str) -> Answer:
    """GET /certificate/{id}/download/platform/{number}: whatever the platform is, as PEM."""
    if not context.is_id(platform.removeprefix("-")):
        raise errors.invalid_value("platform")
    return download(call, reference, "pem_all")


def download_of_order(call: Context, reference: str, form: str) -> Answer:
    """GET /certificate/download/order/{id}/format/{format}: the order's present certificate, as PEM."""
    call.parameters()
    order = call.order(reference)
    return _download(order, order.certificate, form)


def find(call: Context, reference: str) -> tuple[Order, Certificate]:
    """Return the certificate of an id or a serial number, and its order; or raise ApiError."""
    book = call.account.book
    found = book.by_certificate(int(reference)) if context.is_id(reference) else None
    found = found or book.by_certificate(reference)
    if found is None or not call.key.sees(found[0]):
        raise errors.no_certificate()
    return found


def _download(order: Order, certificate: Certificate, form: str) -> Answer:
    if form not in _FORMS:
        raise errors.invalid_value("format")
    if certificate.serial_number is None:
        raise errors.no_certificate()
    with_chain = form != "pem_nointermediate"
    text = pem.certificate_text(order, certificate) + (pem.issuer_text() if with_chain else "")
    return Answer(HTTPStatus.OK, text.encode(), {**errors.HEADERS, "content-type": "application/x-pem-file"})
