# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison of the sides as figures: its matrix, and the estimates in it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Programs that bring the same orders to the same status, by the names in the results.
SIDES = ("uri", "script", "module", "role")
# CertCentral's limits for an API key: requests, seconds (docs/development/reference/certcentral.md 1.4).
WINDOWS = ((100, 5.0), (1000, 180.0))


@dataclass(frozen=True)
class Matrix:
    """What is compared.

    sizes: of the lists of orders, ascending. latencies: of the service, in seconds. shares: of the orders that have to
    change, in percent. cell_seconds: a size that is expected to take longer is estimated instead; never the first two.
    """

    sizes: Sequence[int]
    latencies: Sequence[float]
    shares: Sequence[int]
    cell_seconds: float


WHOLE = Matrix((1, 10, 100, 1000, 10_000), (0.0, 0.15), (0, 10, 100), 60.0)
QUICK = Matrix((1, 3, 100), (0.0,), (0, 100), 6.0)


@dataclass(frozen=True)
class Cell:
    """The cost of one side for a list of orders.

    latency, seconds, cpu: in seconds; seconds are those of the whole run, cpu those of the processor. share: percent of
    the orders that had to change. memory: of all processes together at the peak, in megabytes (a million bytes); an
    estimate has none, as memory grows by steps.
    """

    side: str
    latency: float
    share: int
    orders: int
    seconds: float
    cpu: float
    requests: int
    writes: int
    memory: float | None
    is_estimate: bool = False


def changes(orders: int, share: int) -> int:
    """How many of the orders have to change; share in percent."""
    return orders * share // 100


def sizes(matrix: Matrix, share: int) -> list[int]:
    """The sizes in which such a share is an order at least, or is none on purpose."""
    return [orders for orders in matrix.sizes if not share or changes(orders, share)]


def estimate(measured: Sequence[Cell], orders: int) -> Cell:
    """The cell for so many orders, by two cells or more of the same side for fewer of them, ascending.

    It lies on the line through the last two, so that the cost of a start counts once.
    """
    before, last = measured[-2:]

    def extended(name: str) -> float:
        value, earlier = float(getattr(last, name)), float(getattr(before, name))
        return value + max(0.0, value - earlier) / (last.orders - before.orders) * (orders - last.orders)

    return Cell(
        side=last.side,
        latency=last.latency,
        share=last.share,
        orders=orders,
        seconds=extended("seconds"),
        cpu=extended("cpu"),
        requests=round(extended("requests")),
        writes=changes(orders, last.share),
        memory=None,
        is_estimate=True,
    )


def fastest(requests: int, windows: Sequence[tuple[int, float]] = WINDOWS) -> float:
    """The seconds from the first to the last of so many requests, where each is sent as soon as it is allowed."""
    sent: list[float] = []
    for number in range(requests):
        sent.append(max([0.0, *(sent[number - count] + seconds for count, seconds in windows if number >= count)]))
    return sent[-1] if sent else 0.0


def milliseconds(latency: float) -> str:
    return f"{latency * 1000:.0f} ms"
