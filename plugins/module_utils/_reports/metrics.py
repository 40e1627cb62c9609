# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The metrics of a report, in the text format of Prometheus. Only counts and times: no name, no order, no contact.

Pure: no I/O, no clock, no Ansible.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from .._common.text import printable
from .._common.values import id_of
from .data import OUTCOMES, Report, moment
from .figures import HORIZONS, due_within, due_without_successor, oldest_pending

_MAX_LABEL = 100


class Metric(NamedTuple):
    """A gauge. samples: pairs of labels and value."""

    name: str
    help: str
    samples: Sequence[tuple[Mapping[str, object], float]]


@dataclass(frozen=True)
class Run:
    """A run that applied a plan of a kind.

    counts: its orders by outcome. finished_at: in UTC. account: the id and the API host of its account.
    """

    kind: str
    finished_at: datetime
    counts: Mapping[str, int]
    account: tuple[int | None, str] = (None, "")


def run_of(report: Report) -> Run | None:
    """Return the run that a report is about, None if it did not apply a plan of a known kind."""
    is_run = report.phase == "apply" and report.kind
    return Run(report.kind, report.generated_at, report.counts, account_of(report)) if is_run else None


def account_of(report: Report) -> tuple[int | None, str]:
    """Return the id and the API host of the account of a report."""
    return report.account_id, report.api_host


def run_of_json(text: str) -> Run | None:
    """Return the run that a report is about, from its JSON file; None if it did not, or if it is no such file."""
    try:
        read = json.loads(text)
        summary = read["summary"]
        counts = {outcome: int(summary.get(outcome, 0)) for outcome in OUTCOMES}
        finished_at, kind, phase = moment(read["generated_at"]), read["kind"], read["phase"]
        account = id_of(read["account"].get("account_id")), str(read["account"].get("api_host") or "")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None
    is_run = phase == "apply" and isinstance(kind, str) and kind
    return Run(kind, finished_at, counts, account) if is_run and finished_at else None


def last_of_each_kind(runs: Iterable[Run]) -> list[Run]:
    """Return the last run of each kind, sorted by kind."""
    by_time = sorted(runs, key=lambda run: run.finished_at)
    return [run for _kind, run in sorted({run.kind: run for run in by_time}.items())]


def to_metrics(report: Report, runs: Iterable[Run] = ()) -> str:
    """Return the metrics of a report and of the last runs, as a Prometheus text file."""
    account = {} if report.account_id is None else {"account": report.account_id}
    return "".join(
        line
        for metric in _metrics(report, list(runs))
        if metric.samples
        for line in (
            f"# HELP {metric.name} {metric.help}\n",
            f"# TYPE {metric.name} gauge\n",
            *(f"{metric.name}{_labels({**account, **labels})} {_number(value)}\n" for labels, value in metric.samples),
        )
    )


def _metrics(report: Report, runs: Sequence[Run]) -> Iterator[Metric]:
    yield Metric("certops_report_timestamp_seconds", "Time of the report.", [({}, report.generated_at.timestamp())])
    # The report of a run can lack the orders of the account. Zero orders would then be wrong.
    if report.orders or not report.entries:
        yield from _account_metrics(report)
    yield Metric(
        "certops_last_run_timestamp_seconds",
        "Time of the last run that applied a plan, by kind of the plan.",
        [({"kind": run.kind}, run.finished_at.timestamp()) for run in runs],
    )
    yield Metric(
        "certops_last_run_orders",
        "Orders of the last run that applied a plan, by kind of the plan and outcome.",
        # All outcomes: an alert on a failure ends with the next run.
        [({"kind": run.kind, "outcome": one}, run.counts.get(one, 0)) for run in runs for one in OUTCOMES],
    )


def _account_metrics(report: Report) -> Iterator[Metric]:
    yield Metric(
        "certops_orders",
        "Orders of the account, by status.",
        [({"status": status}, count) for status, count in report.overview(0).statuses],
    )
    due = due_within(due_without_successor(report))
    yield Metric(
        "certops_orders_due_without_successor",
        "Orders in use that expire within a number of days without a successor.",
        [({"within_days": days}, count) for days, count in zip(HORIZONS, due)],
    )
    yield Metric(
        "certops_oldest_pending_order_age_seconds",
        "Age of the oldest order that waits for its certificate, 0 if there is none.",
        [({}, oldest_pending(report).total_seconds())],
    )


def _labels(labels: Mapping[str, object]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: object) -> str:
    return printable(value, _MAX_LABEL).replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value))
