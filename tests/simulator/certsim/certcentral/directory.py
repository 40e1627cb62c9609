# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers and organizations, as other clients read them (docs/development/reference/certcentral.md 6).

Both are what the account's orders and domains name. Fields of a container beyond id, name and is_active are INVENTED
after those of the user's container (docs/development/reference/certcentral.md 10).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from certsim.certcentral import context, errors
from certsim.certcentral.context import Context
from certsim.certcentral.listing import MAX_LIMIT
from certsim.exchange import Answer

_ROOT = 1


def list_containers(call: Context) -> Answer:
    """GET /container."""
    call.parameters("limit", "offset")
    return context.answer(call.listed("containers", list(_containers(call).values())))


def get_container(call: Context, reference: str) -> Answer:
    """GET /container/{id}."""
    call.parameters()
    return context.answer(_pick(_containers(call), reference, "container"))


def list_organizations(call: Context) -> Answer:
    """GET /organization."""
    parameters = call.parameters("limit", "offset", "container_id", "include_validation")
    limit = context.number("limit", parameters.get("limit", str(MAX_LIMIT)), 1, MAX_LIMIT)
    offset = context.number("offset", parameters.get("offset", "0"))
    found = list(_organizations(call).values())
    if "container_id" in parameters:
        number = context.number("container_id", parameters["container_id"])
        found = [each for each in found if each["container"]["id"] == number]
    page = {"total": len(found), "limit": limit, "offset": offset}
    return context.answer(call.listed("organizations", found[offset : offset + limit], page))


def get_organization(call: Context, reference: str) -> Answer:
    """GET /organization/{id}."""
    call.parameters("include_validation")
    return context.answer(_pick(_organizations(call), reference, "organization"))


def _containers(call: Context) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for thing in _things(call):
        given = thing.container
        parent = {} if given["id"] == _ROOT else {"parent_id": _ROOT}
        found.setdefault(given["id"], {"is_active": True, **parent, **given})
    return dict(sorted(found.items()))


def _organizations(call: Context) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for thing in _things(call):
        given = thing.organization
        if given is not None and "id" in given:
            container = {"id": thing.container["id"], "name": thing.container["name"]}
            found.setdefault(given["id"], {"status": "active", "is_active": True, "container": container, **given})
    return dict(sorted(found.items()))


def _things(call: Context) -> Iterator[Any]:
    """Yield what the key sees of all that has a container and an organization."""
    for thing in (*call.account.book, *call.account.domains.values()):
        if call.key.sees(thing):
            yield thing


def _pick(found: dict[int, dict[str, Any]], reference: str, kind: str) -> dict[str, Any]:
    thing = found.get(int(reference)) if context.is_id(reference) else None
    if thing is None:
        raise errors.nothing_of(kind)
    return thing
