# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""JSON that went through many hands: read in one way only, or not at all."""

from __future__ import annotations

import json
from typing import Any


class NotStrict(ValueError):
    """What is wrong with a text, to be said behind what it is: "the plan" is nested too deeply."""


def read_object(text: str, most: int) -> dict[str, Any]:
    """The one object that a text is, of at most so many characters. Raises NotStrict."""
    if len(text) > most:
        raise NotStrict(f"is longer than {most >> 20} MiB")
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse_constant)
    except RecursionError:
        raise NotStrict("is nested too deeply") from None
    except NotStrict:
        raise
    except ValueError as error:
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotStrict(f"is no JSON{where}") from None
    if not isinstance(data, dict):
        raise NotStrict("is JSON, but no object")
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers of a JSON text could take two values of one name each in its own way."""
    data = dict(pairs)
    if len(data) != len(pairs):
        raise NotStrict("has a name twice in one object")
    return data


def _refuse_constant(_word: str) -> None:
    raise NotStrict("holds a number that is none")
