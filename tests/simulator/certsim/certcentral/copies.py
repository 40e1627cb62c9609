# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Duplicates and reissues of an order, in the form of a seed (docs/development/reference/certcentral.md 4.7)."""

from __future__ import annotations

import base64
import hashlib
import textwrap
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from certsim import fields
from certsim.certcentral import days
from certsim.certcentral.model import Certificate
from certsim.clock import parse_instant

#: docs/development/reference/certcentral.md 2.3.
STATUSES = ("issued", "pending", "rejected", "revoked")

#: The first ids of an order's duplicates and reissues: beyond those of every order's primary certificate.
_FIRST_ID = 10_000_000_000
_OFFSET = {"duplicates": 0, "reissues": 50}

_FIELDS = frozenset(
    (
        "id",
        "serial_number",
        "thumbprint",
        "common_name",
        "dns_names",
        "status",
        "valid_from",
        "valid_till",
        "valid_till_in_days",
        "date_created",
        "csr",
        "archived",
    )
)


def build_copies(kind: str, seed: Mapping[str, Any], primary: Certificate, created: datetime, now: datetime) -> Any:
    """Return the duplicates or the reissues that an order's seed gives, filled in after the primary certificate."""
    default_status = "revoked" if seed.get("status") == "revoked" else "issued"
    return [
        _build(
            {"status": default_status, **given}, _FIRST_ID + 100 * seed["id"] + _OFFSET[kind] + n, primary, created, now
        )
        for n, given in enumerate(seed.get(kind) or [])
    ]


def describe_copy(certificate: Certificate) -> dict[str, Any]:
    """Return a duplicate or a reissue in the form of a seed."""
    return {
        "id": certificate.id,
        "serial_number": certificate.serial_number,
        "thumbprint": certificate.thumbprint,
        "common_name": certificate.common_name,
        "dns_names": certificate.dns_names,
        "status": certificate.status,
        "valid_from": days.described_day(certificate.valid_from),
        "valid_till": days.described_day(certificate.valid_till),
        "date_created": certificate.date_created and certificate.date_created.isoformat(timespec="seconds"),
        "csr": certificate.csr,
        "archived": certificate.archived,
    }


def csr_of(order_id: int, certificate: Certificate) -> str:
    """Return the request that a certificate was made from; where none was given, text in its form that is none."""
    if certificate.csr is not None:
        return certificate.csr
    seed = f"csr {order_id} {certificate.id}"
    noise = b"".join(hashlib.sha256(f"{seed} {part}".encode()).digest() for part in range(16))
    lines = textwrap.wrap(base64.b64encode(noise).decode(), 64)
    return "\n".join(("-----BEGIN CERTIFICATE REQUEST-----", *lines, "-----END CERTIFICATE REQUEST-----", ""))


def _build(
    given: Mapping[str, Any], default_id: int, primary: Certificate, created: datetime, now: datetime
) -> Certificate:
    unknown = sorted(set(given) - _FIELDS)
    if unknown:
        raise ValueError(f"a certificate has no {', '.join(unknown)}")
    if given["status"] not in STATUSES:
        raise ValueError(f"a certificate's status is one of {', '.join(STATUSES)}, not {given['status']!r}")
    number = fields.whole_number(given.get("id") or default_id)
    common_name = str(given.get("common_name", primary.common_name))
    names = given.get("dns_names", [common_name] if "common_name" in given else primary.dns_names)
    certificate = Certificate(
        common_name=common_name,
        dns_names=[str(name) for name in names],
        emails=[],
        id=number,
        status=given["status"],
        date_created=parse_instant(given.get("date_created") or created),
        csr=given.get("csr"),
        archived=bool(given.get("archived", False)),
    )
    # Before issuance there is no serial number and no validity (docs/development/reference/certcentral.md 2.1).
    issued = given["status"] in ("issued", "revoked")
    certificate.serial_number = given.get("serial_number") or (fields.digest("serial", number, 32) if issued else None)
    certificate.thumbprint = given.get("thumbprint") or (fields.digest("thumbprint", number, 40) if issued else None)
    certificate.valid_till = days.last_day(given, now) or (primary.valid_till if issued else None)
    certificate.valid_from = days.day(given.get("valid_from")) or _valid_from(certificate.valid_till, primary)
    return certificate


def _valid_from(valid_till: date | None, primary: Certificate) -> date | None:
    """Return the primary certificate's first day, or one that is before this certificate's last."""
    if valid_till is None or primary.valid_from is None or primary.valid_from <= valid_till:
        return valid_till and primary.valid_from
    return valid_till - timedelta(days=365)
