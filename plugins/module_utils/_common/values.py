# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Ids, whole numbers and times, as they are read from outside and returned in results."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

# An order's id as a text; requests and accounts have the same.
ORDER_ID = re.compile(r"[1-9][0-9]{0,18}")


def utc(text: str) -> datetime | None:
    """An ISO 8601 time in UTC, which it is taken for where it does not say; None where it is no time."""
    try:
        # Python 3.9 does not know the Z.
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def utc_text(moment: datetime | None) -> str:
    """A time in UTC as results tell it, '2026-12-31T12:00:00Z'; empty for none."""
    return "" if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def whole_number(value: Any) -> int | None:
    """A whole number, without what Ansible has tied to it; None for anything else, as true is not 1."""
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None


def is_id(value: Any) -> bool:
    """Whether it is the id of an order, a request or an account: a whole number from 1 on."""
    return (whole_number(value) or 0) >= 1


def id_of(value: Any) -> int | None:
    """An id, of which ansible-core 2.16 makes a text on its way through variables; None where it is none."""
    if isinstance(value, str):
        return int(value) if ORDER_ID.fullmatch(value) else None
    return whole_number(value) if is_id(value) else None
