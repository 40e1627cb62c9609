# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Parses and formats ids, whole numbers and times."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

# The id of an order, a request or an account as text.
ORDER_ID = re.compile(r"[1-9][0-9]{0,18}")


def utc(text: str) -> datetime | None:
    """Parse an ISO 8601 time; without a zone it is UTC. Returns it in UTC, or None if it is not a time."""
    try:
        # Before Python 3.11, fromisoformat does not accept Z.
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def utc_text(moment: datetime | None) -> str:
    """Format a time in UTC for a result, such as '2026-12-31T12:00:00Z'; empty for None."""
    return "" if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def whole_number(value: Any) -> int | None:
    """Return a whole number as plain int, without the tags of Ansible; None for any other value, also for a bool."""
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None


def is_id(value: Any) -> bool:
    """Whether a value can be the id of an order, a request or an account: a whole number of 1 or more."""
    return (whole_number(value) or 0) >= 1


def id_of(value: Any) -> int | None:
    """Return an id as number, also from text, which ansible-core 2.16 makes of numbers in variables; else None."""
    if isinstance(value, str):
        return int(value) if ORDER_ID.fullmatch(value) else None
    return whole_number(value) if is_id(value) else None
