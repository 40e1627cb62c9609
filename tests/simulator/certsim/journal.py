# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal: every request that reached a simulated service, in order of arrival."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Entry:
    """One request and what became of it; ``status`` is None where nothing was answered."""

    n: int
    at: str
    at_real: str
    provider: str
    method: str
    path: str
    query: list[tuple[str, str]]
    body: Any
    key: str | None
    order_id: int | str | None
    status: int | None = None
    fault: str | None = None
    effect: bool = False

    def answered(self, status: int) -> None:
        """Note the HTTP status that the caller gets to see."""
        self.status = status


class Journal:
    """Entries numbered from 1."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def next_number(self) -> int:
        """Return the number that the next entry must carry."""
        return len(self._entries) + 1

    def add(self, entry: Entry) -> None:
        """Append an entry; its outcome is filled in later, on the same object."""
        self._entries.append(entry)

    def last(self) -> Entry:
        """Return the newest entry."""
        return self._entries[-1]

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def as_json(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the entries with a number greater than since."""
        return [asdict(entry) for entry in self._entries[since:]]


def parsed_body(body: bytes) -> Any:
    """Return a request body as JSON where it is, else as text; None where it is empty."""
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
