# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of a seed, read: each function raises ValueError where the value is not of its form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from certsim.clock import parse_instant


def whole_number(given: Any) -> int:
    """Return a whole number."""
    if isinstance(given, bool) or not isinstance(given, int):
        raise ValueError(f"{given!r} is no whole number")
    return given


def mapping(given: Any) -> dict[str, Any] | None:
    """Return a copy of a mapping."""
    return None if given is None else dict(given)


def day(given: object) -> date | None:
    """Return a day."""
    return None if given is None else parse_instant(given).date()


def last_day(seed: Mapping[str, Any], now: datetime) -> date | None:
    """Return the end of a validity, which is given as a day or in days from now."""
    if seed.get("valid_till_in_days") is not None:
        return now.date() + timedelta(days=whole_number(seed["valid_till_in_days"]))
    return day(seed.get("valid_till"))


def digest(kind: str, number: int, length: int) -> str:
    """Return hexadecimal digits that are the same each time."""
    return hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:length].upper()


def described_day(given: date | None) -> str | None:
    """Return a day in the form of a seed."""
    return None if given is None else given.isoformat()
