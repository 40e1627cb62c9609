# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/benchmarks.md: the page and its chart are those of the figures, and estimates are marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.certops.orders.tests.benchmark import page
from ansible_collections.certops.orders.tests.benchmark.cells import (
    SIDES,
    WHOLE,
    Cell,
    changes,
    estimate,
    fastest,
    sizes,
)

ROOT = Path(__file__).resolve().parents[3]
MACHINE = {
    "date": "2026-11-29",
    "processor": "A processor",
    "processors": 2,
    "memory": 24,
    "load": 0.2,
    "system": "Linux",
    "python": "3.13.0",
    "ansible_core": "2.21.5",
    "requests": "2.34.2",
}
ONE = Cell("script", 0.15, 100, 1, seconds=0.5, cpu=0.2, requests=2, writes=1, memory=18.0)


def cells() -> Iterator[Cell]:
    """The script takes a tenth of a second for an order, the next side twice as long, and so on; 1000 are estimated."""
    for latency in (0.0, 0.15):
        for factor, side in enumerate(SIDES, 1):
            for orders in (10, 1000):
                cost = factor * (orders / 10 + latency)
                cell = replace(ONE, side=side, latency=latency, orders=orders, seconds=cost, cpu=cost / 4)
                cell = replace(cell, requests=factor * orders, writes=orders)
                yield replace(cell, memory=None, is_estimate=True) if orders > 10 else cell


RESULTS = page.Results(MACHINE, 60, list(cells()))


def tables(text: str) -> list[list[list[str]]]:
    """The rows of each table of figures, without its heading."""
    found = re.findall(r"^\| orders .*\n\|[-:|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [[[value.strip() for value in row.strip("|").split("|")] for row in rows.splitlines()] for rows in found]


# The figures


def test_an_estimate_lies_on_the_line_through_the_last_two_sizes() -> None:
    ten = replace(ONE, orders=10, seconds=1.5, cpu=1.0, requests=20, writes=10, memory=19.0)
    hundred = replace(ONE, orders=100, seconds=10.5, cpu=10.0, requests=200, writes=100, memory=28.0)
    thousand = replace(hundred, orders=1000, seconds=100.5, cpu=100.0, requests=2000, writes=1000)
    assert estimate([ONE, ten, hundred], 1000) == replace(thousand, memory=None, is_estimate=True)


def test_an_estimate_is_never_below_the_largest_size_that_was_measured() -> None:
    faster = replace(ONE, orders=10, seconds=0.4)
    assert estimate([ONE, faster], 100).seconds == 0.4


@pytest.mark.parametrize(("orders", "share", "expected"), [(1, 0, 0), (1, 10, 0), (10, 10, 1), (1000, 100, 1000)])
def test_a_share_is_whole_orders(orders: int, share: int, expected: int) -> None:
    assert changes(orders, share) == expected


def test_a_share_that_is_no_order_is_not_measured() -> None:
    assert [sizes(WHOLE, share)[0] for share in WHOLE.shares] == [1, 10, 1]


# As in the table of docs/scaling.md.
@pytest.mark.parametrize(
    ("requests", "seconds"), [(0, 0), (1, 0), (100, 0), (101, 5), (1010, 180), (5050, 900), (10_100, 1800)]
)
def test_the_limits_set_the_least_time(requests: int, seconds: float) -> None:
    assert fastest(requests) == pytest.approx(seconds, abs=5)


# The page


def test_the_page_has_the_figures_of_the_results() -> None:
    requests, *first, seconds, cpu, memory = tables(page.render(RESULTS))
    assert requests == [
        ["10", "10", "10", "20", "30", "40"],
        ["1,000", "1,000", "*~1,000 (45 s)*", "*~2,000 (4 min)*", "*~3,000 (7 min)*", "*~4,000 (10 min)*"],
    ]
    # Those of the first latency.
    assert len(first) == 3
    assert seconds == [
        ["10", "10", "1.1", "2.3", "3.4", "4.6"],
        ["1,000", "1,000", "*~100*", "*~200*", "*~300*", "*~400*"],
    ]
    assert cpu == [
        ["10", "10", "0.29", "0.57", "0.86", "1.1"],
        ["1,000", "1,000", "*~25*", "*~50*", "*~75*", "*~100*"],
    ]
    assert memory == [["10", "10", *["18"] * 4], ["1,000", "1,000", *["-"] * 4]]


def test_the_page_names_the_machine_and_the_bound() -> None:
    text = page.render(RESULTS)
    named = [str(value) for value in MACHINE.values()]
    assert [value for value in named if value not in text] == []
    assert "longer than 60 seconds" in text


def test_the_files_that_the_page_names_exist() -> None:
    paths = re.findall(r"`(tests/[\w./]+)`", page.render(RESULTS))
    assert len(paths) == len(SIDES)
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_the_figures_are_read_as_they_were_written() -> None:
    text = page.dump(RESULTS)
    assert page.dump(page.parse(text)) == text


def test_other_figures_have_another_digest() -> None:
    another = replace(RESULTS, cells=[replace(RESULTS.cells[0], seconds=7.0), *RESULTS.cells[1:]])
    assert page.digest(another) != page.digest(RESULTS)


def test_a_line_of_the_chart_is_dashed_from_the_last_measured_size_on() -> None:
    measured, estimated = page.series(RESULTS, "role", 100)
    assert [cell.orders for cell in measured] == [10]
    assert [cell.orders for cell in estimated] == [10, 1000]
    assert {cell.latency for cell in estimated} == {0.15}


def test_a_line_without_estimates_has_no_dashed_part() -> None:
    measured_only = replace(RESULTS, cells=[replace(cell, is_estimate=False) for cell in RESULTS.cells])
    assert page.series(measured_only, "role", 100)[1] == []


# What is committed


def test_page_and_chart_are_those_of_the_figures() -> None:
    """An edit by hand, or a template that was changed later: `nox -s benchmark -- --render` writes both again."""
    results = page.load(ROOT)
    assert (ROOT / page.FIGURES).read_text(encoding="utf-8") == page.dump(results)
    assert (ROOT / page.PAGE).read_text(encoding="utf-8") == page.render(results)
    assert page.digest(results) in (ROOT / page.CHART).read_text(encoding="utf-8")


def test_the_page_compares_all_sides_in_all_sizes() -> None:
    compared = {(cell.side, cell.latency, cell.share, cell.orders) for cell in page.load(ROOT).cells}
    assert compared == {
        (side, latency, share, orders)
        for side in SIDES
        for latency in WHOLE.latencies
        for share in WHOLE.shares
        for orders in sizes(WHOLE, share)
    }
