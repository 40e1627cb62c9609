# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/benchmarks.md, its chart and its figures: all three from the same results.

The text of the page is in page.md.j2. `nox -s benchmark -- --render` writes page and chart again from the figures.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .cells import SIDES, Cell, changes, fastest, milliseconds

HERE = Path(__file__).resolve().parent
# In a checkout.
PAGE = "docs/benchmarks.md"
CHART = "docs/images/benchmark.svg"
FIGURES = "tests/benchmark/results.json"
LABELS = {"uri": "`uri` loop", "script": "`requests` script", "module": "module", "role": "role"}


@dataclass(frozen=True)
class Results:
    """What a run has measured. machine: as it is shown. cell_seconds: what was expected to take longer is estimated."""

    machine: Mapping[str, Any]
    cell_seconds: float
    cells: Sequence[Cell]


# The figures


def dump(results: Results) -> str:
    """The results as JSON, a line for each cell."""
    cells = ",\n".join(f"    {json.dumps(_rounded(cell))}" for cell in results.cells)
    machine = json.dumps(dict(results.machine), indent=2).replace("\n", "\n  ")
    return f'{{\n  "machine": {machine},\n  "cell_seconds": {results.cell_seconds:g},\n  "cells": [\n{cells}\n  ]\n}}\n'


def _rounded(cell: Cell) -> dict[str, Any]:
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in asdict(cell).items()}


def parse(text: str) -> Results:
    """The results that `dump` has written."""
    content = json.loads(text)
    return Results(content["machine"], content["cell_seconds"], [Cell(**cell) for cell in content["cells"]])


def digest(results: Results) -> str:
    """The SHA-256 of the figures, which the chart carries."""
    return hashlib.sha256(dump(results).encode("utf-8")).hexdigest()


# The page


def render(results: Results) -> str:
    """The page."""
    environment = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    environment.filters["milliseconds"] = milliseconds
    template = environment.get_template("page.md.j2")
    return template.render(
        machine=results.machine,
        cell_seconds=f"{results.cell_seconds:g}",
        latencies=sorted({cell.latency for cell in results.cells}),
        shares=_alternatives(sorted({cell.share for cell in results.cells})),
        table=lambda name, latency=None: _table(results, name, latency),
        digest=digest(results),
    )


def _alternatives(several: Sequence[int]) -> str:
    *others, last = map(str, several)
    return f"{', '.join(others)} or {last}" if others else last


def _table(results: Results, name: str, latency: float | None) -> str:
    """A row for each number of orders and share; a column for each side.

    name: of a field of the cells. latency: of the cells; without one, the cells of the first latency.
    """
    wanted = min(cell.latency for cell in results.cells) if latency is None else latency
    found = {(cell.orders, cell.share, cell.side): cell for cell in results.cells if cell.latency == wanted}
    lines = [f"| orders | to change | {' | '.join(LABELS[side] for side in SIDES)} |", "|---:" * (2 + len(SIDES)) + "|"]
    for orders, share in sorted({key[:2] for key in found}):
        values = [_value(found[orders, share, side], name) for side in SIDES]
        lines.append(f"| {orders:,} | {changes(orders, share):,} | {' | '.join(values)} |")
    return "\n".join(lines)


def _value(cell: Cell, name: str) -> str:
    value = getattr(cell, name)
    if value is None:
        return "-"
    least = _least(value) if name == "requests" else ""
    if cell.is_estimate:
        # More than two digits would look exact.
        return f"*~{_number(float(f'{value:.2g}'))}{least}*"
    return f"{value:,}{least}" if name == "requests" else _number(value)


def _number(value: float) -> str:
    """Two digits of small numbers, whole ones from ten on."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _least(requests: int) -> str:
    """The time that the service's limits allow for so many requests at least, where there is one."""
    seconds = fastest(requests)
    if not seconds:
        return ""
    return f" ({seconds:.0f} s)" if seconds < 60 else f" ({seconds / 60:.0f} min)"


# The chart


def _shown_latency(results: Results) -> float:
    return max(cell.latency for cell in results.cells)


def _panels(results: Results) -> list[int]:
    """The shares that have a panel in the chart: the smallest and the largest one."""
    shares = {cell.share for cell in results.cells}
    return sorted({min(shares), max(shares)})


def series(results: Results, side: str, share: int) -> tuple[list[Cell], list[Cell]]:
    """The cells of a line in the chart: those that were measured, and the estimated ones with the one before them."""
    latency = _shown_latency(results)
    line = [cell for cell in results.cells if (cell.side, cell.share, cell.latency) == (side, share, latency)]
    measured = [cell for cell in line if not cell.is_estimate]
    estimated = [cell for cell in line if cell.is_estimate]
    return measured, [*measured[-1:], *estimated] if estimated else []


# What a color-blind reader can tell apart (Okabe and Ito), and a marker for each.
STYLES = {"uri": ("#d55e00", "o"), "script": ("#0072b2", "s"), "module": ("#007a5a", "^"), "role": ("#9b4f7f", "D")}
HEADER = """<!--
Copyright (c) 2026 The certops.orders authors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later

Written by `nox -s benchmark` from the figures with the SHA-256 {digest}
-->
"""


def draw(results: Results) -> str:
    """The chart as SVG: seconds against orders, a panel for each share.

    The same results make the same chart. Its background is white, so that a dark page shows it as a light one does.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    shares = _panels(results)
    settings = {"svg.fonttype": "none", "svg.hashsalt": "certops.orders", "font.size": 10, "path.simplify": True}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(8, 4), layout="constrained", facecolor="white")
        axes = figure.subplots(1, len(shares), sharey=True, squeeze=False)[0]
        for axis, share in zip(axes, shares):
            _draw_panel(axis, results, share)
        axes[0].set_ylabel(f"seconds (latency {milliseconds(_shown_latency(results))})")
        axes[0].legend(frameon=False, title="hollow: estimated", title_fontsize="small", fontsize="small")
        target = io.StringIO()
        # Without date and version, it changes only with the figures.
        figure.savefig(target, format="svg", metadata={"Creator": None, "Date": None})
    text = "\n".join(line.rstrip() for line in target.getvalue().splitlines()) + "\n"
    return text.replace("<svg ", HEADER.format(digest=digest(results)) + "<svg ", 1)


def _draw_panel(axis: Any, results: Results, share: int) -> None:
    for side in SIDES:
        measured, estimated = series(results, side, share)
        color, marker = STYLES[side]
        for cells, line, face in ((estimated, "--", "white"), (measured, "-", color)):
            axis.plot(
                [cell.orders for cell in cells],
                [cell.seconds for cell in cells],
                line,
                marker=marker,
                color=color,
                markerfacecolor=face,
                label=LABELS[side].replace("`", "") if cells is measured else None,
            )
    axis.set(xscale="log", yscale="log", xlabel="orders", title=f"{share} % of the orders have to change")
    for each in (axis.xaxis, axis.yaxis):
        each.set_major_formatter(lambda value, _position: f"{value:,g}")
    axis.minorticks_off()
    axis.grid(color="#d8dde4", linewidth=0.6)


# All three


def load(checkout: Path) -> Results:
    """The results of the last run."""
    return parse((checkout / FIGURES).read_text(encoding="utf-8"))


def write(checkout: Path, results: Results, *, has_chart: bool) -> None:
    """Write figures, page and chart below a checkout. The chart needs matplotlib."""
    # As they will be read, so that what is shown is rounded once, from the same figures.
    results = parse(dump(results))
    texts = {FIGURES: dump(results), PAGE: render(results), **({CHART: draw(results)} if has_chart else {})}
    for name, text in texts.items():
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
