# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The format of times in a plan."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from .._common.text import printable
from .errors import PlanError

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def time_of(value: Any) -> datetime:
    """Parse a time of a plan, in UTC. Raises PlanError."""
    try:
        return datetime.strptime(value, _FORMAT).replace(tzinfo=timezone.utc)
    except (TypeError, ValueError):
        raise PlanError(f"{printable(value, 50)} is not a time such as 2026-12-31T12:00:00Z") from None


def time_text(moment: datetime) -> str:
    """Return a time as a plan has it, in UTC and in whole seconds."""
    return moment.astimezone(timezone.utc).strftime(_FORMAT)
