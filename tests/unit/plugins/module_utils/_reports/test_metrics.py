# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of a report are right, Prometheus can read the metrics, and no name is in them."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._reports import figures
from ansible_collections.certops.orders.plugins.module_utils._reports.data import OUTCOMES, report_of, to_json
from ansible_collections.certops.orders.plugins.module_utils._reports.html import to_html
from ansible_collections.certops.orders.plugins.module_utils._reports.metrics import (
    Run,
    last_of_each_kind,
    run_of,
    run_of_json,
    to_metrics,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._reports.test_reports import data, entry, order

TIME = datetime(2026, 11, 22, 10, 42, 5, tzinfo=timezone.utc)
ACCOUNT = {"account_id": 7, "api_host": "www.digicert.com"}
RUNS = [Run("decommission_domain", TIME - timedelta(hours=2), {"done": 12, "failed": 1})]
ORDERS = [
    *(order(n, valid_till=f"2026-11-{n}") for n in range(20, 31)),
    order(40, valid_till="2026-12-22"),
    order(41, valid_till="2027-01-21"),
    order(42, valid_till="2027-02-20"),
    order(43, valid_till="2027-02-21"),
    order(44, valid_till="2026-11-23", is_renewed=True),
    order(45, valid_till="2026-11-23", status="revoked"),
    order(46, valid_till="", status="pending", date_created="2026-11-20T10:42:05Z"),
    order(47, valid_till="", status="needs_approval", date_created="2026-11-12T10:42:05Z"),
    order(48, valid_till="", status="pending", date_created=None),
    order(49, valid_till="", status="rejected", date_created="2026-01-01T00:00:00Z"),
]


def metrics(**more: Any) -> str:
    return to_metrics(report_of(data(account=ACCOUNT, entries=[], orders=ORDERS, **more)), RUNS)


# -- figures -----------------------------------------------------------------------------------------------------------


def test_orders_are_due_by_their_date_and_renewal() -> None:
    due = figures.due_without_successor(report_of(data(orders=ORDERS)))
    assert [row["order_id"] for row in due] == [*range(22, 31), 40, 41, 42]
    assert [row["days_remaining"] for row in due] == [*range(9), 30, 60, 90]
    assert figures.due_within(due) == (8, 10, 11, 12)


def test_a_row_that_is_due_has_the_facts_of_its_order() -> None:
    names = {"organization_name": "Org", "container_id": 5, "product_name": "", "product_name_id": "ssl_basic"}
    row = order(1, serial_number="0A", auto_renew=True, valid_till="2026-12-01T00:00:00Z", **names)
    assert figures.due_without_successor(report_of(data(orders=[row]))) == [
        {
            "order_id": 1,
            "common_name": "host-1.example.com",
            "status": "issued",
            "serial_number": "0A",
            "auto_renew": True,
            "expires": "2026-12-01",
            "days_remaining": 9,
            "organization": "Org",
            "container": "5",
            "product": "ssl_basic",
        }
    ]


DUE = {"order_id": 1, "common_name": "a.example.com", "status": "issued", "serial_number": "0A", "successor": "none"}


def a_due_order(order_id: int, expires: str | None = "2026-11-30", **more: Any) -> dict[str, Any]:
    named = {"organization": "Org", "container": "unknown", "product": "Basic", "requester": "unknown"}
    return {**DUE, **named, "order_id": order_id, "expires": expires, "auto_renew": "unknown", **more}


def test_the_orders_due_are_those_of_the_report_where_successors_were_searched() -> None:
    due = [
        a_due_order(3, "2026-12-22", auto_renew=True),
        a_due_order(2),
        *(a_due_order(10 + n, expires) for n, expires in enumerate(("2026-11-21", "2027-02-21", None))),
    ]
    orders = [order(n, organization_name="Org", valid_till="2026-11-30") for n in (2, 3, 4)]
    report = report_of(data(orders=orders, entries=[], account=ACCOUNT, due_without_successor=due))

    found = figures.due_without_successor(report)

    assert found == [
        {
            "order_id": 2,
            "common_name": "a.example.com",
            "status": "issued",
            "serial_number": "0A",
            "auto_renew": None,
            "expires": "2026-11-30",
            "days_remaining": 8,
            "organization": "Org",
            "container": "",
            "product": "Basic",
        },
        {**found[0], "order_id": 3, "auto_renew": True, "expires": "2026-12-22", "days_remaining": 30},
    ]
    assert [group.due for group in figures.groups(report, found, "organization")] == [(0, 2, 2, 2)]
    # The page and the metrics have the same orders as the data.
    assert values(to_metrics(report), "certops_orders_due_without_successor") == {
        f"within_days={days}": count for days, count in ((7, 0), (30, 2), (60, 2), (90, 2))
    }
    assert "Due without a successor</a> 2<" in to_html(report)
    assert figures.due_without_successor(report_of(data(orders=orders, due_without_successor=[]))) == []


def test_groups_with_the_most_due_orders_are_first() -> None:
    soon, later, far = "2026-11-25", "2027-02-01", "2028-01-01"
    orders = [
        *(order(n, organization_name="Many", valid_till=far) for n in range(5)),
        *(order(10 + n, organization_name="Later", valid_till=later) for n in range(2)),
        order(20, organization_name="Soon", valid_till=soon),
        order(21, organization_name=None, organization_id=0, valid_till=far),
        order(22, valid_till=far),
    ]
    report = report_of(data(orders=orders))
    due = figures.due_without_successor(report)
    assert [(group.name, group.orders, group.due) for group in figures.groups(report, due, "organization")] == [
        ("Later", 2, (0, 0, 0, 2)),
        ("Soon", 1, (1, 1, 1, 1)),
        ("Many", 5, (0, 0, 0, 0)),
        ("", 1, (0, 0, 0, 0)),
        ("0", 1, (0, 0, 0, 0)),
    ]
    assert figures.groups(report, due, "container") == []


@pytest.mark.parametrize(
    ("placed", "age"), [([], 0), ([None, "soon"], 0), (["2026-11-21T10:42:05Z"], 86400), (["2027-01-01T00:00:00Z"], 0)]
)
def test_the_oldest_pending_order_has_an_age(placed: list[Any], age: int) -> None:
    orders = [order(n, status="pending", date_created=time) for n, time in enumerate(placed)]
    assert figures.oldest_pending(report_of(data(orders=orders))).total_seconds() == age


# -- the text ----------------------------------------------------------------------------------------------------------

LABEL = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
LINES = (
    r"# HELP (?P<help>certops_[a-z_]+) [^\\\n]+",
    r"# TYPE (?P<type>certops_[a-z_]+) gauge",
    rf"(?P<sample>certops_[a-z_]+)(?:\{{{LABEL}(?:,{LABEL})*\}})? \d+",
)


def check_grammar(text: str) -> None:
    """The text format: of each metric one HELP, one TYPE, and then all of its samples, each of them once."""
    assert text.endswith("\n")
    lines = text.splitlines()
    found = [re.fullmatch("|".join(LINES), line) for line in lines]
    assert None not in found, [line for line, match in zip(lines, found) if match is None]
    kinds = [(match.lastgroup, match[str(match.lastgroup)]) for match in found if match]
    names = list(dict.fromkeys(name for _kind, name in kinds))
    expected = [(kind, name) for name in names for kind in ("help", "type", "sample")]
    assert list(dict.fromkeys(kinds)) == expected
    assert [kinds.count((kind, name)) for name in names for kind in ("help", "type")] == [1, 1] * len(names)
    samples = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(set(samples)) == len(samples)


def values(text: str, name: str) -> dict[str, int]:
    """The samples of a metric, by their labels without the account."""
    found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\d+)$", text, re.MULTILINE)
    return {re.sub('^account="7",?', "", labels).replace('"', ""): int(value) for labels, value in found}


def test_metrics_are_the_figures_of_the_report() -> None:
    text = metrics()
    check_grammar(text)
    assert values(text, "certops_orders") == {
        "status=issued": 16,
        "status=pending": 2,
        "status=needs_approval": 1,
        "status=rejected": 1,
        "status=revoked": 1,
    }
    assert list(values(text, "certops_orders_due_without_successor").items()) == [
        ("within_days=7", 8),
        ("within_days=30", 10),
        ("within_days=60", 11),
        ("within_days=90", 12),
    ]
    assert values(text, "certops_oldest_pending_order_age_seconds") == {"": 10 * 86400}
    assert values(text, "certops_report_timestamp_seconds") == {"": int(TIME.timestamp())}
    run = values(text, "certops_last_run_orders")
    assert {labels: count for labels, count in run.items() if count} == {
        "kind=decommission_domain,outcome=done": 12,
        "kind=decommission_domain,outcome=failed": 1,
    }
    assert len(run) == len(OUTCOMES)
    assert values(text, "certops_last_run_timestamp_seconds") == {
        "kind=decommission_domain": int(TIME.timestamp()) - 7200
    }


def test_a_library_of_prometheus_reads_the_metrics() -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="needs tests/requirements/unit.txt")
    hostile = order(60, status='a"b\\c\nd\u202e{}', valid_till="")
    text = to_metrics(report_of(data(account=ACCOUNT, entries=[], orders=[*ORDERS, hostile])), RUNS)
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    assert {family.type for family in families.values()} == {"gauge"}
    assert all(family.documentation for family in families.values())
    statuses = {one.labels["status"]: one.value for one in families["certops_orders"].samples}
    assert statuses['a"b\\c\\nd\\u202e{}'] == 1
    assert statuses["issued"] == 16
    assert {one.labels["account"] for family in families.values() for one in family.samples} == {"7"}


def test_a_hostile_status_stays_a_label() -> None:
    text = metrics(generated_at="2026-11-22T10:42:05Z")
    names = ('x"} 1\ncertops_orders{status="y', "\\", '"', "\u2028", "x" * 5000, "")
    hostile = to_metrics(report_of(data(orders=[order(n, status=name) for n, name in enumerate(names)], entries=[])))
    check_grammar(hostile)
    assert len(values(hostile, "certops_orders")) == len(names)
    assert len(hostile) < len(text) + 1000


def test_no_name_is_in_the_metrics() -> None:
    found = to_metrics(report_of(data(account=ACCOUNT, kind="cancel_stale_orders", ticket="CHG1", names=["a.example"])))
    check_grammar(found)
    assert not re.search(r"example|CHG1|Ada|1101", found)


def test_without_an_account_there_is_no_label_for_it() -> None:
    text = to_metrics(report_of(data(orders=[], entries=[])))
    check_grammar(text)
    assert "account" not in text.replace("Orders of the account", "")
    assert values(text, "certops_orders_due_without_successor") == {f"within_days={n}": 0 for n in (7, 30, 60, 90)}


def test_a_run_without_orders_does_not_count_an_account() -> None:
    text = to_metrics(report_of(data(orders=[], kind="cancel_stale_orders")))
    assert "certops_orders" not in text


# -- runs --------------------------------------------------------------------------------------------------------------


def test_a_run_is_read_from_its_report() -> None:
    report = report_of(data(kind="mark_renewed_orders", entries=[entry(), entry(outcome="failed")]))
    run = run_of(report)
    assert run == Run("mark_renewed_orders", TIME, {"failed": 1, "done": 1})
    again = run_of_json(to_json(report))
    assert again
    assert {outcome: count for outcome, count in again.counts.items() if count} == run.counts
    assert (again.kind, again.finished_at, again.account) == (run.kind, run.finished_at, run.account)


@pytest.mark.parametrize("more", [{"phase": "plan"}, {"phase": "report"}, {"kind": ""}])
def test_what_applied_no_plan_is_no_run(more: dict[str, Any]) -> None:
    report = report_of(data(**{"kind": "mark_renewed_orders", **more}))
    assert run_of(report) is None
    assert run_of_json(to_json(report)) is None


FILE: dict[str, Any] = {
    "kind": "a",
    "phase": "apply",
    "generated_at": "2026-11-22T10:42:05Z",
    "summary": {"done": 1},
    "account": {"account_id": 7, "api_host": "www.digicert.com"},
}
NO_FILES = [
    *("", "{", "[]", "7", "null", '"text"', "{}"),
    *(json.dumps({**FILE, name: None}) for name in FILE),
    *(json.dumps({key: FILE[key] for key in FILE if key != name}) for name in FILE),
    json.dumps({**FILE, "summary": {"done": "many"}}),
    json.dumps({**FILE, "summary": [1]}),
    json.dumps({**FILE, "summary": {"done": float("inf")}}),
    "[" * 100_000,
    json.dumps({**FILE, "kind": ["a"]}),
    json.dumps({**FILE, "generated_at": "yesterday"}),
]


@pytest.mark.parametrize("text", NO_FILES)
def test_what_is_no_report_is_no_run(text: str) -> None:
    assert run_of_json(json.dumps(FILE))
    assert run_of_json(text) is None


def test_the_last_run_of_each_kind_counts() -> None:
    runs = [Run("b", TIME, {}), Run("a", TIME, {}), Run("a", TIME + timedelta(hours=1), {"done": 1})]
    for given in (runs, runs[::-1]):
        assert last_of_each_kind(given) == [runs[2], runs[0]]
