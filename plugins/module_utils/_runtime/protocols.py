# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What the runner needs of a provider: the state of an order, a reader, and a write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .._common.outcomes import Decision
    from .._http.retry import RateLimitBudget
    from .._http.transport import Transport


class State(Protocol):
    """An order as a client returns it."""

    @property
    def name(self) -> str:
        """What people know it by, such as its common name."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a change can alter."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What names it in a result, beside the key that was asked for."""


class Reader(Protocol):
    """The part of a client that a run needs; each raises ApiError or Stopped.

    ONE_BY_ONE: the needs that cost a request for each order.
    """

    ONE_BY_ONE: frozenset[str]

    @property
    def transport(self) -> Transport:
        """Where requests are counted, and the connection is."""

    def read(self, keys: Sequence[Any]) -> dict[Any, Any]:
        """The orders found, of several keys those that come together; a single key left out does not exist."""

    def fetch_fact(self, required_fact: str, orders: Sequence[Any]) -> dict[Any, Any]:
        """The same orders with the fact that a Decision needs."""

    def account_label(self) -> str:
        """The account that was asked, for messages."""


class Write(Protocol):
    def __call__(
        self, state: Any, decision: Decision, /, *, fresh_until: float, budget: RateLimitBudget
    ) -> Decision | None:
        """Send one change, that of the decision's only step; raises ApiError, StaleRead or Stopped.

        Returns what it came to, where that is not what was decided.
        """
