# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Runs a module that only reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from .._common.errors import ApiError, Stopped
from .workers import pool, signals_stop

if TYPE_CHECKING:
    from .._common.context import Context, Stop
    from .._http.transport import Transport
    from .workers import Map

Item = TypeVar("Item")


def info_result(
    context: Context, transport: Transport, gather: Callable[[Map], dict[str, Any]], workers: int = 8
) -> dict[str, Any]:
    """Return the result of a module that only reads.

    gather: returns the values of the result; its argument is a map over worker threads. If it raises ApiError or
    Stopped, the task fails.
    """
    try:
        with signals_stop(context.stop), pool(workers) as work:
            result = {"changed": False, **gather(work)}
    except ApiError as error:
        result = error.result()
    except Stopped as stopped:
        result = ApiError(str(stopped), code="stopped").result()
    return {**result, "api": transport.counters.shown()}


def warned(result: dict[str, Any], warnings: Sequence[str]) -> dict[str, Any]:
    """A result with the warnings of the task."""
    return {**result, "warnings": list(warnings)} if warnings else result


def until_stopped(items: Iterable[Item], stop: Stop) -> Iterator[Item]:
    """Yield the items; raise Stopped before the next item once the run is stopped."""
    for item in items:
        if stop:
            raise Stopped(stop.reason)
        yield item
