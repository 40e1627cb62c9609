# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What is saved of an order before it is ended, so that it can be ordered again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .._common.outcomes import INELIGIBLE
from .._common.text import inert_within
from .actions import CERTCENTRAL
from .outcomes import FAILED, UNCHANGED


def sheets(
    entries: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]], *, ticket: str, sha256: str, time: str
) -> dict[str, tuple[str, str]]:
    """Re-order sheets for entries, by order, of those that are among the rows; see `sheet`."""
    known = {str(row.get("order_id") or row.get("order_digest")): row for row in rows}
    more = {"ticket": ticket, "sha256": sha256, "time": time}
    return {entry["order"]: sheet(known[entry["order"]], entry, **more) for entry in entries if entry["order"] in known}


def has_sheet(entry: Mapping[str, Any], saved: bool, differs: str = "") -> dict[str, Any]:
    """What came of saving a sheet, as a module tells of an order: it is one of the steps that are made for it.

    differs: what `changed_since` found.
    """
    key = "order_id" if entry["provider"] == CERTCENTRAL else "order_digest"
    outcome, reason = (UNCHANGED, "") if saved else (FAILED, "nothing was changed, as its details cannot be read")
    if differs:
        outcome, reason = INELIGIBLE, f"changed since it was planned: {differs}; nothing was changed, plan again"
    return {key: entry["order"], "outcome": outcome, "reason": reason}


def sheet(row: Mapping[str, Any], entry: Mapping[str, Any], *, ticket: str, sha256: str, time: str) -> tuple[str, str]:
    """A re-order sheet, as the name of a file and its text: what it takes to order again what was ended by mistake.

    row: of digicert_order_info with details, or of servertastic_order_info.
    """
    names = ("order_id", "order_ref", "order_digest", "reseller_order_id", "status", "order_status", "common_name")
    more = ("domain_name", "domains", "product_name_id", "product_name", "product_code", "organization_id")
    rest = ("organization_name", "container_id", "container_name", "valid_from", "valid_till", "order_valid_till")
    last = ("is_multi_year_plan", "serial_number", "renewal_of_order_id", "expiry_date", "csr")
    told = {
        "saved_at": time,
        "because": entry["action"],
        "ticket": ticket,
        "plan_sha256": sha256,
        "provider": entry["provider"],
        **{name: inert_within(row[name]) for name in (*names, *more, *rest, *last) if row.get(name) not in (None, "")},
    }
    # A digest's first digits, which people are shown, could be those of two orders.
    return f"reorder-{entry['provider']}-{entry['order']}.json", json.dumps(told, indent=1) + "\n"
