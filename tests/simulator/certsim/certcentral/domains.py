# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A domain as it truly is, and in the form of a seed: docs/development/reference/certcentral.md 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from certsim import fields
from certsim.clock import parse_instant
from certsim.exchange import SeedError

_FIELDS = frozenset(
    (
        "id",
        "name",
        "is_active",
        "account_id",
        "organization",
        "container",
        "validations",
        "dcv_method",
        "dcv_expiration",
        "date_created",
    )
)

_ORGANIZATION = {
    "id": 111111,
    "status": "active",
    "name": "Example Corp",
    "display_name": "Example Corp",
    "is_active": True,
}
_CONTAINER = {"id": 1, "name": "Example Corp"}
_OV = {"type": "ov", "name": "OV", "description": "Normal Organization Validation", "status": "active"}


@dataclass(slots=True)
class Domain:
    """One domain; its fields are those of its seed."""

    id: int
    name: str
    account_id: int
    date_created: datetime
    organization: dict[str, Any]
    container: dict[str, Any]
    is_active: bool = True
    validations: list[dict[str, Any]] = field(default_factory=list)
    dcv_method: str = "email"
    dcv_expiration: dict[str, str] = field(default_factory=dict)


def build_domain(seed: Mapping[str, Any], now: datetime) -> Domain:
    """Return the domain that a seed describes; what it leaves out is filled in.

    Raises:
        SeedError: a field is unknown, missing, or of a wrong form.
    """
    unknown = sorted(set(seed) - _FIELDS)
    if unknown:
        raise SeedError(f"domain {seed.get('id')}: unknown field {', '.join(unknown)}")
    try:
        return _build(seed, now)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise SeedError(f"domain {seed.get('id')}: {type(error).__name__}: {error}") from error


def describe_domain(domain: Domain) -> dict[str, Any]:
    """Return a domain in the form of a seed."""
    return {**asdict(domain), "date_created": domain.date_created.isoformat(timespec="seconds")}


def _build(seed: Mapping[str, Any], now: datetime) -> Domain:
    created = seed.get("date_created")
    validated_at, validated_until = now - timedelta(days=30), now + timedelta(days=335)
    usual = {
        "date_created": validated_at.isoformat(timespec="seconds"),
        "validated_until": validated_until.isoformat(timespec="seconds"),
    }
    until = validated_until.date().isoformat()
    return Domain(
        id=fields.whole_number(seed["id"]),
        name=str(seed["name"]),
        account_id=fields.whole_number(seed["account_id"]),
        date_created=now - timedelta(days=60) if created is None else parse_instant(created),
        organization={**_ORGANIZATION, **(seed.get("organization") or {})},
        container={**_CONTAINER, **(seed.get("container") or {})},
        is_active=bool(seed.get("is_active", True)),
        validations=[{**_OV, **usual, **each} for each in seed.get("validations", [{}])],
        dcv_method=str(seed.get("dcv_method", "email")),
        dcv_expiration=dict(seed.get("dcv_expiration", {"ev": until, "ov": until})),
    )
