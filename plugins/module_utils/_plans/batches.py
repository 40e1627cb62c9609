# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Batches: the order in which a run carries out the entries of a plan, and how many in one module call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._common.providers import PROVIDERS
from .._common.text import printable
from .actions import WRITING, accepts_unknown, entry_key, orders_of, requests_of, sort_key, writes

_PLACES = {name: place for place, name in enumerate(PROVIDERS)}


def batches(
    entries: Iterable[Mapping[str, Any]], size: int = 100, *, first: int = 1, without: Iterable[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Group the entries that change an order into batches, each for one module call.

    size: maximum entries of a batch. first: maximum entries of the first batch, so that a run can stop after one change
    that fails. without: records of entries to leave out. Each batch has `provider`, `action`, `drop_reissue`,
    `accept_unknown`, `entries`, `orders` (ids or digests) and `requests` (request ids: of all entries or of none).
    """
    excluded = {entry_key(one) for one in without}
    ordered = sorted((entry for entry in writes(entries) if entry_key(entry) not in excluded), key=_position)
    groups: list[list[Mapping[str, Any]]] = []
    for entry in ordered:
        # The first five parts of the position are the parameters that one module call shares.
        max_size = first if len(groups) == 1 else size
        if groups and len(groups[-1]) < max_size and _position(groups[-1][0])[:5] == _position(entry)[:5]:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return [_batch(group) for group in groups]


def _position(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the sort key of an entry. Entries with the same first five parts can share a batch."""
    accepts = accepts_unknown(entry)
    kind = (WRITING.index(entry["action"]), bool(entry.get("drop_reissue")), accepts, entry.get("request_id") is None)
    return (_PLACES[entry["provider"]], *kind, *sort_key(entry))


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
    """Return the note for changed orders: the text, the ticket, the AWX job and the plan; 2000 characters at most."""
    parts = (text, ticket, f"AWX job {job}" if job else "", f"plan {sha256[:12]}" if sha256 else "")
    return printable("; ".join(part.strip() for part in parts if part.strip()), 2000)
