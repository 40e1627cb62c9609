# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The virtual clock: what the simulated services believe the time to be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(-?\d+(?:\.\d+)?)\s*([smhd]?)")


def parse_duration(value: object) -> timedelta:
    """Read seconds (a number) or a number with a unit of s, m, h or d (``"30d"``).

    Raises:
        ValueError: value is neither.
    """
    match = _DURATION.fullmatch(str(value).strip())
    if match is None or isinstance(value, bool):
        raise ValueError(f"{value!r} is no duration: give seconds, or a number with one of s, m, h, d such as '30d'")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2] or "s"])


def parse_instant(value: object) -> datetime:
    """Read an ISO 8601 date or time (also as YAML parses it) as an aware time in UTC.

    Raises:
        ValueError: value is neither.
    """
    if isinstance(value, datetime):
        instant = value
    elif isinstance(value, date):
        instant = datetime(value.year, value.month, value.day, tzinfo=UTC)
    else:
        instant = datetime.fromisoformat(str(value).strip())
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def real_now() -> datetime:
    """Return the real time in UTC."""
    return datetime.now(UTC)


class Clock:
    """Runs at the real pace from a start that can be chosen, and can be advanced."""

    def __init__(self, real: Callable[[], datetime] | None = None) -> None:
        self._real = real or real_now
        self.offset = timedelta()

    def now(self) -> datetime:
        """Return the virtual time in UTC."""
        return self._real() + self.offset

    def real_now(self) -> datetime:
        """Return the real time in UTC."""
        return self._real()

    def advance(self, duration: timedelta) -> None:
        """Let duration (also a negative one) pass at once."""
        self.offset += duration

    def set(self, instant: datetime) -> None:
        """Make it instant now."""
        self.offset = instant - self._real()

    def follow_real_time(self) -> None:
        """Drop every change: the virtual time is the real one again."""
        self.offset = timedelta()
