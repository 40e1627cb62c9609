# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked and done about domains: reference/certcentral.md 5."""

from __future__ import annotations

from typing import Any

from certsim.certcentral import context, errors
from certsim.certcentral.context import Context
from certsim.certcentral.domains import Domain
from certsim.certcentral.listing import MAX_LIMIT
from certsim.exchange import Answer

#: The camel case was recorded, and worked (reference/certcentral.md 5).
_DETAILS = ("include_validation", "includeValidation", "include_dcv")


def list_domains(call: Context) -> Answer:
    """GET /domain. Which filters it has, no source tells: none is known here."""
    parameters = call.parameters("limit", "offset", "container_id", *_DETAILS)
    limit = context.number("limit", parameters.get("limit", str(MAX_LIMIT)), 1, MAX_LIMIT)
    offset = context.number("offset", parameters.get("offset", "0"))
    found = [domain for _number, domain in sorted(call.account.domains.items()) if call.key.sees(domain)]
    if "container_id" in parameters:
        container_id = context.number("container_id", parameters["container_id"])
        found = [domain for domain in found if domain.container["id"] == container_id]
    shown = [_show(call, domain, parameters) for domain in found[offset : offset + limit]]
    page = {"total": call.total(len(found)), "limit": limit, "offset": offset}
    return context.answer({**call.empty("domains", shown), "page": page})


def get_domain(call: Context, reference: str) -> Answer:
    """GET /domain/{id}."""
    parameters = call.parameters(*_DETAILS)
    return context.answer(_show(call, _find(call, reference), parameters))


def activate(call: Context, reference: str) -> Answer:
    """PUT /domain/{id}/activate."""
    return _set_active(call, reference, active=True)


def deactivate(call: Context, reference: str) -> Answer:
    """PUT /domain/{id}/deactivate."""
    return _set_active(call, reference, active=False)


def _set_active(call: Context, reference: str, *, active: bool) -> Answer:
    call.parameters()
    domain = _find(call, reference)
    call.no_body()
    if domain.is_active is active:
        if call.switch("error_on_double_activation"):
            word = "active" if active else "inactive"
            raise call.refusal(f"domain_{word}_already", f"The domain is {word} already.")
        return context.done(effect=False)
    domain.is_active = active
    return context.done(effect=True)


def _find(call: Context, reference: str) -> Domain:
    domain = call.account.domains.get(int(reference)) if context.is_id(reference) else None
    if domain is None or not call.key.sees(domain):
        raise errors.no_domain()
    return domain


def _show(call: Context, domain: Domain, parameters: dict[str, str]) -> dict[str, Any]:
    wants = {name: context.parameter(parameters, name) for name in _DETAILS}
    organization = domain.organization
    shown: dict[str, Any] = {
        "id": domain.id,
        "is_active": call.view().flag(domain.is_active),
        "name": domain.name,
        "date_created": domain.date_created.isoformat(timespec="seconds"),
        # A string here, as it was recorded (reference/certcentral.md 2.1).
        "organization": {**organization, "is_active": "1" if organization["is_active"] else "0"},
        "container": {"id": domain.container["id"], "name": domain.container["name"]},
    }
    if wants["include_validation"] or wants["includeValidation"]:
        shown["validations"] = domain.validations
    if wants["include_dcv"]:
        shown.update(dcv_method=domain.dcv_method, dcv_expiration=domain.dcv_expiration)
    return shown
