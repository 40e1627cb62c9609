# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One job by each side: bring N orders to the status `canceled`, of which a share is pending, the others have it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .cells import SIDES, Cell, Matrix, changes, estimate, sizes
from .measure import ROW_HEADING, Bench, Row, ids, print_heading, print_line

PROGRAMS = {"uri": "uri.yml", "script": "sequential.py", "module": "bulk.yml", "role": "flow.yml"}
# The one that the role decommissions; the other sides have the IDs of the orders.
NAME = "gone.example.com"


def compare(bench: Bench, matrix: Matrix) -> list[Cell]:
    """Measure every side for every size, latency and share, except what would take too long."""
    cells: list[Cell] = []
    for latency in matrix.latencies:
        for share in matrix.shares:
            print_heading(f"Side by side, {share} % of the orders have to change", ROW_HEADING)
            for side in SIDES:
                cells += _series(bench, matrix, side, latency, share)
    return cells


def _series(bench: Bench, matrix: Matrix, side: str, latency: float, share: int) -> list[Cell]:
    measured: list[Cell] = []
    estimated: list[Cell] = []
    for orders in sizes(matrix, share):
        expected = estimate(measured, orders) if len(measured) > 1 else None
        # Once a size took too long, so does every larger one.
        if expected and (estimated or expected.seconds > matrix.cell_seconds):
            estimated.append(expected)
            print_line(f"{side:50}{orders:>8}  not run: some {expected.seconds:.0f} s are expected")
        else:
            measured.append(_cell(bench, side, latency, share, orders))
    return measured + estimated


def _cell(bench: Bench, side: str, latency: float, share: int, orders: int) -> Cell:
    changing = changes(orders, share)
    bench.seed({"pending": changing, "canceled": orders - changing}, name=NAME)
    variables: dict[str, Any] = {"order_ids": ids(orders)}
    if side == "role":
        # The guards are on: the number that is meant is stated, and the digest of the plan is passed.
        folder = bench.folder / f"{latency}-{share}-{orders}"
        variables = {"folder": str(folder), "decommission_domain_max_changes": max(changing, 1)}
    row = bench.run(side, PROGRAMS[side], orders, variables=variables, latency=latency)
    _check(bench, row, changing)
    return Cell(
        side=side,
        latency=latency,
        share=share,
        orders=orders,
        seconds=row.seconds,
        cpu=row.cpu,
        requests=row.requests,
        writes=row.writes,
        memory=row.memory,
    )


def _check(bench: Bench, row: Row, changing: int) -> None:
    """The figures of a side that has not done the job are worth nothing."""
    statuses = Counter(order["status"] for order in bench.simulator.state()["certcentral"]["orders"])
    if statuses != {"canceled": row.orders} or row.writes != changing:
        raise SystemExit(f"{row.name}, {row.orders} orders: {dict(statuses)} after {row.writes} writes")
