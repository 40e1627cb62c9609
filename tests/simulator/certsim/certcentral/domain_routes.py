# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked and done about domains: docs/development/reference/certcentral.md 5."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from certsim.certcentral import context, errors
from certsim.certcentral.context import Context
from certsim.certcentral.days import MOUNTAIN
from certsim.certcentral.domains import Domain
from certsim.certcentral.listing import MAX_LIMIT
from certsim.exchange import Answer

#: The camel case was recorded, and worked (docs/development/reference/certcentral.md 5).
_DETAILS = ("include_validation", "includeValidation", "include_dcv", "include_dcv_expiration_time")
_FILTERS = ("status", "validation", "dcv_method", "include_validation_reuse_status", "search")


def list_domains(call: Context) -> Answer:
    """GET /domain. The keys of sort are not documented: it is accepted, and sorts nothing."""
    parameters, filters = call.query("limit", "offset", "sort", "container_id", *_DETAILS, filters=_FILTERS)
    limit = context.number("limit", parameters.get("limit", str(MAX_LIMIT)), 1, MAX_LIMIT)
    offset = context.number("offset", parameters.get("offset", "0"))
    found = [domain for _number, domain in sorted(call.account.domains.items()) if call.key.sees(domain)]
    if "container_id" in parameters:
        container_id = context.number("container_id", parameters["container_id"])
        found = [domain for domain in found if domain.container["id"] == container_id]
    if call.switch("other_filters") == "works":
        found = [domain for domain in found if _passes(domain, filters)]
    shown = [_show(call, domain, parameters) for domain in found[offset : offset + limit]]
    page = {"total": len(found), "limit": limit, "offset": offset}
    return context.answer(call.listed("domains", shown, page))


def _passes(domain: Domain, filters: dict[str, list[str]]) -> bool:
    """Return whether any value of each filter fits the domain; a bad value raises ApiError."""
    shown = {
        "status": ["active" if domain.is_active else "inactive"],
        "validation": [each["type"] for each in domain.validations],
        "dcv_method": [domain.dcv_method],
    }
    if not set(filters.get("status", ())) <= {"active", "inactive"}:
        raise errors.invalid_value("status")
    words = [word.lower().removeprefix("%") for word in filters.get("search", ())]
    return all(set(values) & set(shown[name]) for name, values in filters.items() if name in shown) and (
        not words or any(word in domain.name.lower() for word in words)
    )


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
        # A string here, as it was recorded (docs/development/reference/certcentral.md 2.1).
        "organization": {**organization, "is_active": "1" if organization["is_active"] else "0"},
        "container": {"id": domain.container["id"], "name": domain.container["name"]},
    }
    if wants["include_validation"] or wants["includeValidation"]:
        shown["validations"] = domain.validations
    if wants["include_dcv"]:
        style = "time" if wants["include_dcv_expiration_time"] else "day"
        expiration = {kind: _expiration(text, style) for kind, text in domain.dcv_expiration.items()}
        shown.update(dcv_method=domain.dcv_method, dcv_expiration=expiration)
    return shown


def _expiration(text: str, style: str) -> str:
    """Return a time in UTC, or its day in Mountain Time; a seed's bare day is such a day, of which 18:00 UTC is one."""
    try:
        moment = datetime.fromisoformat(text if len(text) > len("2026-11-01") else f"{text}T18:00:00+00:00")
    except ValueError:
        return text
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    if style == "time":
        return moment.astimezone(UTC).isoformat(timespec="seconds")
    return moment.astimezone(MOUNTAIN).date().isoformat()
