# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The interfaces between the runner and a provider: the state of an order, a reader, and a write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .._common.outcomes import Decision
    from .._http.retry import RateLimitBudget
    from .._http.transport import Transport


class State(Protocol):
    """An order as a client reads it."""

    @property
    def name(self) -> str:
        """The name for messages, such as the common name."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """The values that a change can alter, for `before` and `after` of the result."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """The ids of the order in a result, in addition to the key of the task."""


class Reader(Protocol):
    """The part of a client that a run uses; every method raises ApiError or Stopped.

    ONE_BY_ONE: the facts (Decision.required_fact) that cost one request for each order.
    """

    ONE_BY_ONE: frozenset[str]

    @property
    def transport(self) -> Transport:
        """The transport, with the request counters and the connection."""

    def read(self, keys: Sequence[Any]) -> dict[Any, Any]:
        """Read orders and return those that were found, by key.

        For several keys, the result can lack an order that exists; for a single key, the order does not exist then.
        """

    def fetch_fact(self, required_fact: str, orders: Sequence[Any]) -> dict[Any, Any]:
        """Return the same orders, by key, with the fact that a Decision requires."""

    def account_label(self) -> str:
        """The name of the account for messages."""


class Write(Protocol):
    """The function that sends a change."""

    def __call__(
        self, state: Any, decision: Decision, /, *, fresh_until: float, budget: RateLimitBudget
    ) -> Decision | None:
        """Send the change of a decision with one step. Raises ApiError, StaleRead or Stopped.

        fresh_until: when the read of `state` becomes too old, in monotonic seconds. budget: for waits after a 429.
        Returns the decision that the service carried out, if it differs from the given one; else None.
        """
