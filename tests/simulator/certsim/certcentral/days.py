# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Days of a seed, read: each function raises ValueError where the value is not of its form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from certsim.clock import parse_instant
from certsim.fields import whole_number


def _mountain() -> tzinfo:
    try:
        return ZoneInfo("America/Denver")
    except ZoneInfoNotFoundError:
        # A machine without time zones: nearly right for half of the year.
        return timezone(timedelta(hours=-7))


#: The time zone of dates that have none (docs/development/reference/certcentral.md 4.5, 5).
MOUNTAIN = _mountain()


def day(given: object) -> date | None:
    """Return a day."""
    return None if given is None else parse_instant(given).date()


def last_day(seed: Mapping[str, Any], now: datetime) -> date | None:
    """Return the end of a validity, which is given as a day or in days from now."""
    if seed.get("valid_till_in_days") is not None:
        return now.date() + timedelta(days=whole_number(seed["valid_till_in_days"]))
    return day(seed.get("valid_till"))


def add_years(start: date, years: int) -> date:
    """Return the last day of a term of so many years."""
    return start + timedelta(days=365 * years - 1)


def described_day(given: date | None) -> str | None:
    """Return a day in the form of a seed."""
    return None if given is None else given.isoformat()
