# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report of what is given, or of the account, as a conversation with CertCentral."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.certops.orders.plugins.doc_fragments import _certcentral, _report_filters
from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.plugins.modules import order_report as module
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    VIEW_ONLY,
    Call,
    a_row,
    asks,
    asks_who,
    error,
    in_days,
    reads,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import (
    Converse,
    documentation,
    failure_of,
    play,
    undocumented,
    validated,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.test_every_module import example_tasks

reports = partial(play, module, retries=0)
TIME = "2026-11-22T10:42:05Z"
DATA = {"generated_at": TIME, "title": "Retire www", "account": {"account_id": 7}}


def a_list(*orders: Any) -> Call:
    page = {"orders": list(orders), "page": {"total": len(orders)}}
    return asks("/order/certificate?sort=order_id&limit=1000&offset=0", page)


def alone(folder: Path, *, variables: Any = None, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
    """Run the module without a service."""
    params, errors = validated(module, {"dir": str(folder), **arguments})
    assert errors == []
    result = guarded(module.run, params, Context(variables=variables or {}, check_mode=check_mode))
    assert not list(undocumented(result, documentation(module)))
    return result


def content(result: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(Path(result["files"]["json"]).read_text())
    return read


def test_the_account_becomes_a_report(conversation: Converse, tmp_path: Path) -> None:
    given = {"dir": str(tmp_path), "title": "All", "ticket": "CHG1", "job": "3", "generated_at": TIME}
    calls = [asks_who(), asks("/account", {"id": 4711}), a_list(a_row(1), a_row(2))]
    service = conversation(*calls)
    result = reports(service, **given)
    assert (result["changed"], result["msg"]) == (True, result["headline"])
    read = content(result)
    assert read["account"] == {"account_id": 4711, "api_host": service.url.split("/")[2]}
    assert (read["title"], read["ticket"], read["job"], read["generated_at"]) == ("All", "CHG1", "3", TIME)
    assert [order["order_id"] for order in read["orders"]] == [1, 2]
    # The same account at the same time is the same report, but for the port of the service.
    again = content(reports(conversation(*calls), **given))
    assert {**again, "account": read["account"]} == read


def test_a_restricted_key_knows_its_account_by_its_user(conversation: Converse, tmp_path: Path) -> None:
    service = conversation(asks_who(), asks("/account", answer=VIEW_ONLY), a_list(a_row(1)))
    assert content(reports(service, dir=str(tmp_path)))["account"]["account_id"] == 4711


def test_an_account_that_cannot_be_read_leaves_no_file(conversation: Converse, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    result = reports(conversation(asks("/user/me", answer=error(500))), dir=str(folder))
    assert (failure_of(result)["http_status"], result["changed"]) == (500, False)
    assert not folder.exists()


@pytest.mark.parametrize("how", ["orders", "orders_from"])
@pytest.mark.parametrize("data", [None, DATA])
def test_what_is_given_is_not_read(tmp_path: Path, how: str, data: Any) -> None:
    orders = [{"order_id": 5, "status": "issued"}]
    given: dict[str, Any] = {"orders": orders} if how == "orders" else {"orders_from": "mine"}
    result = alone(tmp_path, data=data, title="Mine", **given, variables={"mine": {"orders": orders}})
    assert result["api"]["requests"] == 0
    read = content(result)
    assert [order["order_id"] for order in read["orders"]] == [5]
    assert read["account"]["account_id"] == (7 if data else None)
    assert read["title"] == ("Retire www" if data else "Mine")


def test_dates_of_given_orders_are_texts(tmp_path: Path) -> None:
    order = {"order_id": 5, "status": "issued", "valid_till": date(2026, 11, 30)}
    for given in ({"orders": [order]}, {"data": {**DATA, "orders": [order]}}):
        (read,) = content(alone(tmp_path, **given))["orders"]
        assert read["valid_till"] == "2026-11-30"
    result = alone(tmp_path, data={**DATA, "orders": [{**order, "valid_till": {1}}]})
    assert failure_of(result)["code"] == "report_data"


# -- orders that filters select ---------------------------------------------------------------------------------------

CORP = {"id": 12, "name": "Example Corp"}
ADA = {"id": 7, "first_name": "Ada", "last_name": "Example", "email": "ada@example.com"}


def an_order_for(number: int, days: int, name: str = "", **facts: Any) -> dict[str, Any]:
    """Return a row of the list with all facts that decide about a successor."""
    name = name or f"www{number}.example.com"
    certificate = {"common_name": name, "dns_names": [name], "valid_till": in_days(days), "serial_number": "0A1B"}
    product = {"name_id": "ssl_plus", "name": "Standard SSL", "type": "ssl_certificate"}
    more = {"certificate": certificate, "product": product, "organization": CORP}
    return {**a_row(number), **more, "container": {"id": 3, "name": "Retail"}, **facts}


WWW = "www.example.com"
ROWS = [
    an_order_for(1, 20, WWW),
    an_order_for(2, 30),
    an_order_for(3, 61),
    an_order_for(4, 40, is_renewed=True),
    an_order_for(5, 50, organization=[]),
    an_order_for(6, 50, status="revoked"),
    # The successor of order 1 is in another container, and is not due itself.
    an_order_for(7, 400, WWW, container={"id": 4, "name": "Shop"}),
    an_order_for(8, 300, "www5.example.com", organization=[]),
    an_order_for(9, 80, status="reissue_pending"),
]
ACCOUNT = [asks_who(), asks("/account", {"id": 4711}), a_list(*ROWS)]


def table(result: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path(result["files"]["csv"]).read_text(encoding="utf-8"))))


def test_orders_that_are_due_without_a_successor_are_a_table(conversation: Converse, tmp_path: Path) -> None:
    filters = {"expires_within_days": 60, "without_successor": True}
    result = reports(conversation(*ACCOUNT), dir=str(tmp_path), filters=filters)
    rows = table(result)
    assert [(row["order_id"], row["successor"]) for row in rows] == [("2", "none"), ("5", "unknown")]
    assert rows[0] == {
        "order_id": "2",
        "common_name": "www2.example.com",
        "status": "issued",
        "serial_number": "0A1B",
        "expires": in_days(30),
        "days_remaining": "30",
        "organization": "Example Corp",
        "container": "Retail",
        "product": "Standard SSL",
        "requester": "unknown",
        "auto_renew": "unknown",
        "successor": "none",
    }
    read = content(result)
    assert read["filters"] == filters
    assert [order["order_id"] for order in read["orders"]] == [2, 5]
    assert [order["order_id"] for order in read["due_without_successor"]] == [2, 5]


@pytest.mark.parametrize("filters", ["expires_within_days=60, without_successor=true", '{"container_id": 3}'])
def test_filters_can_be_a_text(conversation: Converse, tmp_path: Path, filters: str) -> None:
    assert reports(conversation(*ACCOUNT), dir=str(tmp_path), filters=filters)["changed"]


def test_every_order_of_a_selection_has_its_successor(conversation: Converse, tmp_path: Path) -> None:
    result = reports(conversation(*ACCOUNT), dir=str(tmp_path), filters={"expires_within_days": 60})
    found = {row["order_id"]: row["successor"] for row in table(result)}
    assert found == {"1": "7", "2": "none", "4": "marked renewed", "5": "unknown", "6": "none"}
    # A revoked order is not in use.
    assert [order["order_id"] for order in content(result)["due_without_successor"]] == [2, 5]


def test_without_filters_the_orders_due_within_90_days_are_listed(conversation: Converse, tmp_path: Path) -> None:
    read = content(reports(conversation(*ACCOUNT), dir=str(tmp_path)))
    assert len(read["orders"]) == len(ROWS)
    due = read["due_without_successor"]
    assert [(row["order_id"], row["successor"]) for row in due] == [
        *((2, "none"), (3, "none"), (5, "unknown"), (9, "none")),
    ]
    assert "filters" not in read


def test_only_the_selected_orders_are_read_in_full(conversation: Converse, tmp_path: Path) -> None:
    """What has a successor by the list is not read, and what has one by its own page is left out."""
    pages = [
        reads(2, **{**ROWS[1], "id": 2}, user=ADA, auto_renew=1),
        reads(5, **{**ROWS[4], "id": 5, "organization": CORP}, user=ADA, renewed_order_id=8),
    ]
    filters = {"expires_within_days": 60, "without_successor": True}
    given = {"dir": str(tmp_path), "filters": filters, "details": True, "contacts": True}
    (row,) = table(reports(conversation(*ACCOUNT, pages), **given))
    assert (row["order_id"], row["requester"], row["auto_renew"]) == ("2", "Ada Example <ada@example.com>", "yes")


def test_the_requester_is_read_of_orders_without_a_successor_only(conversation: Converse, tmp_path: Path) -> None:
    pages = [reads(2, **{**ROWS[1], "id": 2}, user=ADA), reads(5, **{**ROWS[4], "id": 5}, user={**ADA, "id": 8})]
    filters = {"expires_within_days": 60, "without_successor": True, "requester": "7"}
    result = reports(conversation(*ACCOUNT, pages), dir=str(tmp_path), filters=filters)
    assert [row["order_id"] for row in table(result)] == ["2"]


def test_a_filter_that_only_the_service_applies_has_a_list_of_its_own(conversation: Converse, tmp_path: Path) -> None:
    query = "filters[origin]=migrated&sort=order_id&limit=1000&offset=0"
    found = {"orders": [ROWS[0], ROWS[1]], "page": {"total": 2}}
    works = "filters[id]=1&filters[origin]=certcentral&sort=order_id&limit=1&offset=0"
    lists = [asks(f"/order/certificate?{query}", found), asks(f"/order/certificate?{works}", {"page": {"total": 0}})]
    given = {"dir": str(tmp_path), "filters": {"origin": "migrated", "without_successor": True}}
    assert [row["order_id"] for row in table(reports(conversation(*ACCOUNT, *lists), **given))] == ["2"]


def test_a_restricted_key_finds_no_successor_elsewhere(conversation: Converse, tmp_path: Path) -> None:
    me = {"id": 5, "account_id": 4711, "has_container_assignments": True, "container_visibility": [3]}
    service = conversation(asks("/user/me", me), *ACCOUNT[1:])
    result = reports(service, dir=str(tmp_path), filters={"expires_within_days": 60})
    (warning,) = result["warnings"]
    assert re.findall(r"\d+", warning) == ["3"]


def test_only_the_formats_that_are_chosen_are_written(tmp_path: Path) -> None:
    result = alone(tmp_path, data=DATA, formats=["html", "csv"], basename="weekly")
    assert sorted(result["files"]) == ["csv", "html"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["weekly.csv", "weekly.html"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_task_prints_its_headline_and_files_unless_it_must_not(tmp_path: Path, check_mode: bool) -> None:
    lines: list[str] = []
    context = Context(check_mode=check_mode, notify=lines.append)
    for one in (True, False):
        params, _errors = validated(module, {"dir": str(tmp_path), "data": DATA, "print": one})
        result = guarded(module.run, params, context)
    verb = "would write" if check_mode else "report"
    assert lines == [result["headline"], *(f"{verb}: {path}" for path in result["files"].values())]


# -- metrics -----------------------------------------------------------------------------------------------------------


def test_metrics_are_written_for_every_user_and_stay_the_same(conversation: Converse, tmp_path: Path) -> None:
    path = tmp_path / "certops.prom"
    given = {"dir": str(tmp_path / "reports"), "generated_at": TIME, "metrics_path": str(path)}
    calls = [asks_who(), asks("/account", {"id": 4711}), a_list(a_row(1), a_row(2))]
    old = os.umask(0o077)
    try:
        result = reports(conversation(*calls), **given)
    finally:
        os.umask(old)
    assert (result["changed"], result["metrics_path"]) == (True, str(path))
    assert str(path) not in result["files"].values()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.endswith(".prom")] == ["certops.prom"]
    assert 'certops_orders{account="4711",status="issued"} 2\n' in path.read_text()
    before = path.stat().st_mtime_ns
    data = {**DATA, "orders": [{"order_id": 1}]}
    arguments = {"data": data, "metrics_path": str(path)}
    assert alone(tmp_path / "reports", check_mode=True, **arguments)["changed"]
    assert path.stat().st_mtime_ns == before
    assert alone(tmp_path / "reports", **arguments)["changed"]
    assert not alone(tmp_path / "reports", **arguments)["changed"]
    # A monitor that cannot read the file is a change as well.
    path.chmod(0o600)
    assert alone(tmp_path / "reports", **arguments)["changed"]


@pytest.mark.parametrize(
    "filters", [{"expires_within_days": 60, "without_successor": True}, {"status": ["revoked"]}, {"container_id": 99}]
)
def test_metrics_are_of_the_account_whatever_is_selected(
    conversation: Converse, tmp_path: Path, filters: dict[str, Any]
) -> None:
    placed = "2026-11-12T10:42:05Z"
    pending = an_order_for(10, 0, status="pending", certificate={"common_name": "new.example.com"}, date_created=placed)
    calls = [*ACCOUNT[:2], a_list(*ROWS, pending)]
    given = {"dir": str(tmp_path / "reports"), "generated_at": TIME, "metrics_path": str(tmp_path / "certops.prom")}

    def measured(**more: Any) -> str:
        reports(conversation(*calls), **given, **more)
        return (tmp_path / "certops.prom").read_text()

    whole = measured()
    assert 'certops_orders{account="4711",status="issued"} 7\n' in whole
    assert 'within_days="90"} 4\n' in whole
    assert re.search(r"certops_oldest_pending_order_age_seconds\S* 864000\n", whole)
    assert measured(filters=filters) == whole


def test_metrics_know_the_successors_that_the_pages_of_selected_orders_show(
    conversation: Converse, tmp_path: Path
) -> None:
    page = reads(5, **{**ROWS[4], "id": 5, "organization": CORP}, user=ADA, renewed_order_id=8)
    given = {"dir": str(tmp_path / "reports"), "metrics_path": str(tmp_path / "certops.prom"), "details": True}
    reports(conversation(*ACCOUNT, page), **given, filters={"name_pattern": ["www5.*"], "expires_within_days": 60})
    text = (tmp_path / "certops.prom").read_text()
    assert 'within_days="90"} 3\n' in text
    assert 'certops_orders{account="4711",status="issued"} 7\n' in text


def test_the_last_runs_are_those_with_a_report_beside_it(tmp_path: Path) -> None:
    entry = {"provider": "certcentral", "order": "7", "action": "cancel", "outcome": "done", "time": TIME}
    for name, kind, phase, time, outcome in (
        ("decommission_domain-apply", "decommission_domain", "apply", TIME, "failed"),
        ("decommission_domain-all", "decommission_domain", "apply", "2026-11-23T00:00:00Z", "done"),
        # The report of an earlier run, which is there under its lasting name only.
        ("mark_renewed_orders-apply-20261122T000000Z-0123456789ab", "mark_renewed_orders", "apply", TIME, "done"),
        ("cancel_stale_orders-plan", "cancel_stale_orders", "plan", TIME, "planned"),
    ):
        data = {**DATA, "kind": kind, "phase": phase, "generated_at": time, "entries": [{**entry, "outcome": outcome}]}
        alone(tmp_path, data=data, basename=name)
    (tmp_path / "other-apply.json").write_text("no JSON")
    (tmp_path / "folder-apply.json").mkdir()
    path = tmp_path / "certops.prom"
    alone(tmp_path, data=DATA, metrics_path=str(path))
    runs = [line for line in path.read_text().splitlines() if line.startswith("certops_last_run_orders")]
    assert {line for line in runs if not line.endswith(" 0")} == {
        'certops_last_run_orders{account="7",kind="decommission_domain",outcome="done"} 1'
    }
    # The run that a report is about is the last one of its kind, although its file is called otherwise.
    own = {**DATA, "kind": "decommission_domain", "phase": "apply", "generated_at": "2026-11-24T00:00:00Z"}
    alone(tmp_path, data={**own, "entries": [{**entry, "outcome": "unknown"}]}, metrics_path=str(path))
    assert 'kind="decommission_domain",outcome="unknown"} 1\n' in path.read_text()
    assert 'kind="decommission_domain",outcome="done"} 0\n' in path.read_text()


@pytest.mark.parametrize("how", ["no directory", "a symbolic link", "a directory", "writable for others"])
def test_metrics_that_cannot_be_written_are_found_out_before_the_account_is_read(tmp_path: Path, how: str) -> None:
    path = tmp_path / "exporter" / "certops.prom"
    if how != "no directory":
        path.parent.mkdir()
    if how == "a symbolic link":
        path.symlink_to(tmp_path / "precious")
    if how == "a directory":
        path.mkdir()
    if how == "writable for others":
        path.touch()
        path.chmod(0o666)
    result = alone(tmp_path / "reports", metrics_path=str(path))
    assert (failure_of(result)["code"], result.get("api")) == ("report_file", None)
    assert not (tmp_path / "reports").exists()
    assert not (tmp_path / "precious").exists()


# By situation, as in tests/messages.yml.
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a time that is not one": ({"generated_at": "yesterday"}, "report_data"),
    "data without a time": ({"data": {}}, "report_data"),
    "an outcome that is not one": (
        {"data": {**DATA, "entries": [{"action": "cancel", "outcome": "odd"}]}},
        "report_data",
    ),
    "a variable without orders": ({"orders_from": "my_orders"}, "report_data"),
    "a directory of an unknown user": ({"dir": "~nosuchuser/reports", "data": DATA}, "invalid_option"),
    "metrics of an unknown user": ({"metrics_path": "~nosuchuser/a.prom", "data": DATA}, "invalid_option"),
    "a path with a NUL": ({"dir": "/tmp/\0", "data": DATA}, "invalid_option"),
    "metrics in a directory that does not exist": ({"metrics_path": "/nowhere/a.prom", "data": DATA}, "report_file"),
    "metrics in a path with a NUL": ({"metrics_path": "/tmp/\0", "data": DATA}, "invalid_option"),
    "the account on a host": ({"execute_on": "target"}, "invalid_option"),
    "filters of orders that are given": ({"filters": {"status": ["issued"]}, "orders": []}, "invalid_option"),
    "a file that is not ours": ({"dir": "/proc/1", "data": DATA}, "report_file"),
}


@pytest.mark.parametrize("situation", WRONG)
def test_what_is_wrong_is_refused(tmp_path: Path, situation: str) -> None:
    arguments, code = WRONG[situation]
    folder = tmp_path / "reports"
    result = alone(folder, **arguments)
    assert failure_of(result)["code"] == code
    assert not folder.exists()


def test_messages(tmp_path: Path) -> None:
    situations = [name for name, (arguments, _code) in WRONG.items() if "/proc/1" not in arguments.values()]
    check_messages("order_report", {name: alone(tmp_path, **WRONG[name][0])["msg"] for name in situations})


# -- what every module owes --------------------------------------------------------------------------------------------


def test_the_documentation_has_exactly_the_options_of_the_spec() -> None:
    own = yaml.safe_load(module.DOCUMENTATION)["options"]
    shared: dict[str, Any] = {}
    for fragment in (_certcentral, _report_filters):
        shared.update(yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"])
    # As Ansible merges them: what the module has comes before what the fragment has.
    options = {name: {**shared.get(name, {}), **own.get(name, {})} for name in {**shared, **own}}
    assert compared(options, "suboptions") == compared(module.SPEC["argument_spec"], "options")


def compared(options: Any, nested: str) -> dict[str, Any]:
    keys = ("type", "elements", "default", "choices", "required")
    return {
        name: {
            **{key: option[key] for key in keys if key in option},
            **({"nested": compared(option[nested], nested)} if nested in option else {}),
        }
        for name, option in options.items()
    }


def test_every_example_has_arguments_that_the_module_takes() -> None:
    ours = [
        task["certops.orders.order_report"]
        for task in example_tasks(yaml.safe_load(module.EXAMPLES))
        if "certops.orders.order_report" in task
    ]
    assert ours
    assert [validated(module, arguments)[1] for arguments in ours] == [[]] * len(ours)
