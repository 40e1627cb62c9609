# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Re-order sheets: the facts of an order that are saved before it is ended, so that it can be ordered again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .._common.outcomes import INELIGIBLE
from .._common.providers import PROVIDERS, rows_by_order
from .._common.text import inert_within
from .outcomes import FAILED, UNCHANGED

# The facts of a sheet that are of the run, and not of the order.
_OF_RUN = ("saved_at", "because", "ticket", "plan_sha256", "status", "order_status")


def sheets(
    entries: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]], *, ticket: str, sha256: str, time: str
) -> dict[str, tuple[str, str]]:
    """Return the re-order sheets of the entries that have a row, by order; see `sheet`."""
    known = rows_by_order(rows)
    more = {"ticket": ticket, "sha256": sha256, "time": time}
    return {entry["order"]: sheet(known[entry["order"]], entry, **more) for entry in entries if entry["order"] in known}


def has_sheet(entry: Mapping[str, Any], saved: bool, differs: str = "") -> dict[str, Any]:
    """Return the result of saving a sheet, as a row of a module's result: it is the first step for the order.

    saved: whether the order has a sheet. differs: the difference that `changed_since` found.
    """
    key = PROVIDERS[entry["provider"]].order_key
    outcome, reason = (
        (UNCHANGED, "") if saved else (FAILED, "the order was not changed, because its details could not be read")
    )
    if differs:
        outcome, reason = INELIGIBLE, f"the order changed after the plan ({differs}) and was not ended: plan again"
    return {key: entry["order"], "outcome": outcome, "reason": reason}


def same_order(one: str, other: str) -> bool:
    """Return whether two sheets have the same facts of their order, whenever and for whichever plan they were saved."""
    try:
        before, now = ({**json.loads(text), **dict.fromkeys(_OF_RUN)} for text in (one, other))
    except (ValueError, TypeError):
        # Another file has the name of a sheet.
        return False
    return before == now


def sheet(row: Mapping[str, Any], entry: Mapping[str, Any], *, ticket: str, sha256: str, time: str) -> tuple[str, str]:
    """Return a re-order sheet as file name and JSON text. It has what is needed to place the order again.

    row: a row of digicert_order_info with details, or of servertastic_order_info.
    """
    names = ("order_id", "order_ref", "order_digest", "reseller_order_id", "status", "order_status", "common_name")
    more = ("domain_name", "domains", "product_name_id", "product_name", "product_code", "organization_id")
    rest = ("organization_name", "container_id", "container_name", "valid_from", "valid_till", "order_valid_till")
    last = ("is_multi_year_plan", "serial_number", "renewal_of_order_id", "expiry_date", "csr")
    facts = {
        "saved_at": time,
        "because": entry["action"],
        "ticket": ticket,
        "plan_sha256": sha256,
        "provider": entry["provider"],
        **{name: inert_within(row[name]) for name in (*names, *more, *rest, *last) if row.get(name) not in (None, "")},
    }
    # The full digest: two orders could have the same first digits, which order_label shows.
    return f"reorder-{entry['provider']}-{entry['order']}.json", json.dumps(facts, indent=1) + "\n"
