# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Lists that are read page by page while the service changes them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
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


class _Consecutive:
    """The next page begins behind the last row of this one: for a list that rows do not leave while it is read."""

    def is_lost(self, rows: Sequence[Item], offset: int, known: Container[int]) -> bool:  # noqa: ARG002
        """Whether rows between this page and the one before may have been missed."""
        return False

    def step_back(self, rows: Sequence[Item]) -> int:  # noqa: ARG002
        """By how many rows to go back where the place is lost."""
        return 0

    def step(self, rows: Sequence[Item]) -> int:
        """By how many rows to go on."""
        return len(rows)


class _Overlapping(_Consecutive):
    """The next page begins with the last row of this one, for a list that rows can leave while it is read.

    Rows that move up past the place that is read would hide others: a page that begins with an unknown row shows it.
    Then it goes back, by more rows each time.
    """

    def __init__(self) -> None:
        self._overlap = 1
        self._is_anchored = False

    def is_lost(self, rows: Sequence[Item], offset: int, known: Container[int]) -> bool:
        return bool(self._is_anchored and offset and rows and rows[0].id not in known)

    def step_back(self, rows: Sequence[Item]) -> int:
        self._overlap = max(1, min(len(rows) // 2, 8 * self._overlap))
        return self._overlap

    def step(self, rows: Sequence[Item]) -> int:
        shared = min(self._overlap, len(rows) - 1)
        self._is_anchored = shared > 0
        return len(rows) - shared


def walk_pages(
    fetch: Callable[[int], Page[Item]],
    *,
    overlap: bool,
    limit: int = PAGE,
    short: Callable[[int, int], None] = lambda _came, _total: None,
) -> Iterator[Item]:
    """Yield every item of a list that is read page by page, each once.

    fetch: reads the page that begins at an offset, in rows. overlap: whether rows can leave the list meanwhile.
    limit: the rows of a full page. short: called at the end with the number of items and the total, where the total is
    larger. Raises ApiError where the list changes faster than it can be read.

    Where the total shrinks, it goes back by as many rows. A page without a new row is the end, and so are many of them
    in a row, whatever the total says. A total that is reached ends the list, unless the page that reached it was full
    or the total is smaller than what came: a total has been wrong (3), so one more request is made.
    """
    place = _Overlapping() if overlap else _Consecutive()
    known: set[int] = set()
    offset = furthest = known_total = without_new = 0
    while True:
        rows, total = fetch(offset)
        if place.is_lost(rows, offset, known):
            without_new += 1
            if without_new > _MOST_PAGES_WITHOUT_NEW:
                message = f"a list of {SERVICE} changes faster than it can be read; run the task again later"
                raise ApiError(message, code="list_moves")
            offset -= min(offset, place.step_back(rows))
            continue
        fresh = [row for row in {row.id: row for row in rows}.values() if row.id not in known]
        known.update(row.id for row in fresh)
        yield from fresh
        shrunk_by = 0 if total is None else min(offset, max(0, known_total - total))
        known_total = total or 0
        without_new = 0 if fresh else without_new + 1
        if without_new > _MOST_PAGES_WITHOUT_NEW or not (fresh or shrunk_by or offset < furthest):
            break
        furthest = max(furthest, offset + len(rows))
        if shrunk_by:
            offset -= shrunk_by
            continue
        is_short = _is_short(len(rows), offset, total)
        if not rows or not (is_short or (fresh and may_go_on(len(rows), offset, total, limit))):
            break
        offset += place.step(rows)
    if len(known) < known_total:
        short(len(known), known_total)


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
        raise Unreadable(f"{SERVICE} gave an unexpected answer: {name} must be a list", 200, "unreadable")
    return rows
