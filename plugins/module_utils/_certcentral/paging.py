# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Lists that are read page by page while the service changes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Callable, TypeVar

from .._common.errors import ApiError, Unreadable
from .models import Domain, Order, Request, integer

SERVICE = "CertCentral"
# The largest page, docs/development/reference/certcentral.md 3.
PAGE = 1000
# So many pages in a row that bring nothing new end a list for good: a total that swings could go on for ever.
_MOST_PAGES_WITHOUT_NEW = 20
Item = TypeVar("Item", Order, Request, Domain)
Page = tuple[list[Item], "int | None"]


def walk_pages(
    fetch: Callable[[int], Page[Item]],
    *,
    overlap: bool,
    limit: int = PAGE,
    short: Callable[[int, int], None] = lambda _came, _total: None,
) -> Iterator[Item]:
    """Every item of a list that is read page by page, each once. Raises ApiError where it moves too fast for that.

    fetch: reads the page that begins at an offset. overlap: begin each page with the last item of the one before, so
    that rows which move up past the place that is read cannot hide others: a page that begins with something unknown
    does not count, and it goes back, by more each time. Without it, it goes back where the total shrinks. Otherwise a
    page that brings nothing new is the end, and so are many of them in a row, whatever the total says.
    limit: the rows of a full page. A total that is reached ends the list, unless the page that reached it was full or
    the total is smaller than what came: a total has been wrong (3), so one request more is made.
    short: called at the end with the number of items and the total, where that is larger.
    """
    seen: set[int] = set()
    offset = furthest = known_total = without_new = 0
    shared = 1 if overlap else 0
    anchored = False
    while True:
        rows, total = fetch(offset)
        if anchored and offset and rows and rows[0].id not in seen:
            without_new += 1
            if without_new > _MOST_PAGES_WITHOUT_NEW:
                raise ApiError(f"a list of {SERVICE} changes faster than it can be read; ask again", code="list_moves")
            shared = max(1, min(len(rows) // 2, 8 * shared))
            offset -= min(offset, shared)
            continue
        fresh = [row for row in {row.id: row for row in rows}.values() if row.id not in seen]
        seen.update(row.id for row in fresh)
        yield from fresh
        back = 0 if total is None else min(offset, max(0, known_total - total))
        known_total = total or 0
        without_new = 0 if fresh else without_new + 1
        if without_new > _MOST_PAGES_WITHOUT_NEW or not (fresh or back or offset < furthest):
            break
        furthest = max(furthest, offset + len(rows))
        if back:
            offset -= back
        elif not rows or not (
            _is_short(len(rows), offset, total) or (fresh and may_go_on(len(rows), offset, total, limit))
        ):
            break
        else:
            again = min(shared, len(rows) - 1)
            anchored = again > 0
            offset += len(rows) - again
    if len(seen) < known_total:
        short(len(seen), known_total)


def _is_short(rows: int, offset: int, total: int | None) -> bool:
    """Whether more is announced than has come."""
    return total is None or offset + rows < total


def may_go_on(rows: int, offset: int, total: int | None, limit: int) -> bool:
    """Whether there may be more although the total is reached: the page was full, or the total is too small."""
    return rows >= limit or (total is not None and offset + rows > total)


def total_of(data: Mapping[str, Any]) -> int | None:
    """How many rows a list has in all, if it says so (3)."""
    page = data.get("page")
    return integer(page.get("total")) if isinstance(page, dict) else None


def rows_of(data: Mapping[str, Any], name: str) -> list[Any]:
    # REC: with no results the key is missing entirely (3).
    rows = data.get(name) or []
    if not isinstance(rows, list):
        raise Unreadable(f"{SERVICE} answered with something that is not a list of {name}", 200, "unreadable")
    return rows
