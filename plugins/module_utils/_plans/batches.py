# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The order in which the entries of a plan are carried out, and how many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._common.text import printable
from .actions import CERTCENTRAL, WRITING, accepts_unknown, entry_key, orders_of, requests_of, sort_key, writes


def batches(
    entries: Iterable[Mapping[str, Any]], size: int = 100, *, first: int = 1, told: Iterable[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Entries that change something, in portions of `size` at most that one call can take, the first of `first`.

    told: records of entries that are left out. Each portion has provider, action, drop_reissue, entries, and `orders`:
    their ids, or digests; `requests`: the ids of their requests where they have any, and then all of them.
    """
    over = {entry_key(one) for one in told}
    ordered = sorted((entry for entry in writes(entries) if entry_key(entry) not in over), key=_turn)
    groups: list[list[Mapping[str, Any]]] = []
    for entry in ordered:
        most = first if len(groups) == 1 else size
        if groups and len(groups[-1]) < most and _turn(groups[-1][0])[:5] == _turn(entry)[:5]:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return [_batch(group) for group in groups]


def _turn(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """When an entry's turn comes; entries of the same first five go together."""
    accepts = accepts_unknown(entry)
    kind = (WRITING.index(entry["action"]), bool(entry.get("drop_reissue")), accepts, entry.get("request_id") is None)
    return (entry["provider"] != CERTCENTRAL, *kind, *sort_key(entry))


def _batch(group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first = group[0]
    return {
        "provider": first["provider"],
        "action": first["action"],
        "drop_reissue": bool(first.get("drop_reissue")),
        "accept_unknown": accepts_unknown(first),
        "entries": [dict(entry) for entry in group],
        "orders": orders_of(group),
        "requests": requests_of(group),
    }


def note(text: str, ticket: str, job: str, sha256: str) -> str:
    """The note of an order that is changed: why, the change record, AWX's job, and the plan."""
    parts = (text, ticket, f"AWX job {job}" if job else "", f"plan {sha256[:12]}" if sha256 else "")
    return printable("; ".join(part.strip() for part in parts if part.strip()), 2000)
