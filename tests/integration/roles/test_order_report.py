# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role order_report writes the same files for the same data, none in check mode, and lets no text play tricks."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    EVERY_ORDER,
    KEY,
    Controller,
    Run,
    Simulator,
    assert_failure,
    mentions,
    seed,
)

TIME = "2026-11-22T10:42:05Z"
ENTRY: dict[str, Any] = {
    "provider": "certcentral",
    "order": "1101",
    "name": "www.example.com",
    "domains": ["example.com", "www.example.com"],
    "action": "cancel",
    "outcome": "done",
    "reason": "pending for 45 days",
    "before": "pending",
    "after": "canceled",
    "contact": "ada@example.com",
    "time": "2026-11-22T10:40:00Z",
}
DATA: dict[str, Any] = {
    "title": "Retire www",
    "generated_at": TIME,
    "phase": "apply",
    "account": {"account_id": 100001, "api_host": "www.digicert.com"},
    "ticket": "CHG0031337",
    "job": "4711",
    "names": ["www.example.com"],
    "plan_sha256": "0" * 64,
    "entries": [ENTRY, {**ENTRY, "order": "1102", "action": "leave", "outcome": "left", "time": ""}],
    "orders": [],
}
PLAY = """
    - hosts: gateway
      gather_facts: false
      roles:
        - role: certops.orders.order_report
"""


def report(controller: Controller, *args: str, play: str = PLAY, rc: int = 0, **variables: Any) -> Run:
    """Run the role. What a report is of comes from a file, as from another role: such text is never a template."""
    controller.write("data.json", json.dumps(variables.pop("data", None)))
    wanted = {"order_report_dir": str(folder(controller)), **variables}
    run = controller.playbook(play, args=args, variables=wanted)
    assert run.rc == rc, run.output
    return run


def given(play: str = PLAY) -> str:
    data = "{{ lookup('ansible.builtin.file', 'data.json') | from_json }}"
    return play.replace(
        "order_report\n", f'order_report\n          vars:\n            order_report_data: "{data}"\n', 1
    )


def folder(controller: Controller) -> Path:
    return controller.desk / "new" / "reports"


def files(controller: Controller) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder(controller).iterdir()}


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def changed(run: Run) -> bool:
    return bool(run["Write the report"].changed)


@pytest.mark.story("order_report")
def test_data_becomes_three_files_that_stay_the_same(controller: Controller) -> None:
    run = report(controller, play=given(), data=DATA)
    assert changed(run)
    assert run.requests == []
    first = files(controller)
    assert set(first) == {"orders-report.html", "orders-report.json", "orders-report.csv"}
    assert {path.stat().st_mode & 0o777 for path in folder(controller).iterdir()} == {0o600}
    assert folder(controller).stat().st_mode & 0o777 == 0o700
    assert "<h1>Retire www</h1>" in first["orders-report.html"]
    read = json.loads(first["orders-report.json"])
    assert read["summary"] == {"total": 2, "left": 1, "done": 1}
    assert [row["order"] for row in table(first["orders-report.csv"])] == ["1101", "1102"]
    written = run["Write the report"].result
    assert mentions(written["headline"], 2, 1)
    paths = [f"{folder(controller)}/orders-report.{kind}" for kind in ("html", "json", "csv")]
    assert list(written["files"].values()) == paths
    # The log names them, for readers of the log alone.
    assert all(f"order_report: report: {path}\n" in run.output for path in paths)

    again = report(controller, play=given(), data=DATA)
    assert not changed(again)
    assert not any(task.result.get("changed") for task in again.tasks)
    assert files(controller) == first


def test_check_mode_writes_nothing_and_shows_what_would_be_written(controller: Controller) -> None:
    run = report(controller, "--check", "--diff", play=given(), data=DATA)
    assert changed(run)
    assert f"order_report: would write: {folder(controller)}/orders-report.csv\n" in run.output
    assert not folder(controller).parent.exists()

    report(controller, play=given(), data=DATA)
    before = files(controller)
    other = {**DATA, "entries": DATA["entries"][:1]}
    run = report(controller, "--check", "--diff", play=given(), data=other)
    assert changed(run)
    assert files(controller) == before
    # The order that is no longer in it.
    assert re.search(r'^-"certcentral","1102"', run.output, re.MULTILINE)
    assert "<html" not in run.output
    assert not changed(report(controller, "--check", play=given(), data=DATA))


def test_a_folder_that_is_there_keeps_its_mode(controller: Controller) -> None:
    folder(controller).mkdir(parents=True, mode=0o755)
    folder(controller).chmod(0o755)
    report(controller, play=given(), data=DATA, order_report_formats=["csv"])
    assert folder(controller).stat().st_mode & 0o777 == 0o755
    assert set(files(controller)) == {"orders-report.csv"}


def test_without_data_the_account_is_read(sim: Simulator, controller: Controller) -> None:
    run = report(controller, order_report_title="All of it", order_report_generated_at=TIME, awx_job_id=4711)
    assert run.sent == ["user", "account", "list "]
    written = files(controller)
    read = json.loads(written["orders-report.json"])
    assert [order["order_id"] for order in read["orders"]] == sorted(EVERY_ORDER)
    assert (read["phase"], read["title"], read["job"]) == ("report", "All of it", "4711")
    assert read["account"] == {"account_id": 100001, "api_host": sim.url[7:]}
    assert read["at_a_glance"]["by_status"]["issued"] == 7
    assert [row["order_id"] for row in table(written["orders-report.csv"])] == [
        str(number) for number in sorted(EVERY_ORDER)
    ]
    assert 'id="by-status' in written["orders-report.html"]

    again = report(controller, order_report_title="All of it", order_report_generated_at=TIME, awx_job_id=4711)
    assert not changed(again)


def test_one_command_writes_what_is_due_without_a_successor(sim: Simulator, controller: Controller) -> None:
    due = {"valid_till_in_days": 30, "order_valid_till": None}
    sim.reset(
        seed(
            {"id": 9001, "common_name": "a.due.example", **due},
            {"id": 9002, "common_name": "b.due.example", **due},
            {"id": 9003, "common_name": "b.due.example", "valid_till_in_days": 190},
            {"id": 9004, "common_name": "c.due.example", "valid_till_in_days": 70},
        )
    )
    filters = "expires_within_days=60 without_successor=true name_pattern=*.due.example"
    given: dict[str, Any] = {"order_report_filters": filters, "order_report_formats": "csv"}
    play = "- import_playbook: certops.orders.order_report"
    run = report(controller, play=play, **given)
    assert run.sent == ["user", "account", "list "]
    (row,) = table(files(controller)["orders-report.csv"])
    assert (row["order_id"], row["successor"], row["requester"]) == ("9001", "none", "unknown")

    more = {"order_report_details": True, "order_report_contacts": True}
    run = report(controller, play=play, **given, **more)
    assert len(run.sent) == 4
    (row,) = table(files(controller)["orders-report.csv"])
    assert (row["requester"], row["auto_renew"]) == ("Ada Example <ada@example.com>", "no")


def test_filters_of_orders_that_are_given_are_refused(controller: Controller) -> None:
    run = report(controller, play=given(), rc=2, data=DATA, order_report_filters={"status": ["issued"]})
    assert_failure(run["Write the report"], code="invalid_option")
    run = report(controller, rc=2, order_report_filters={"stauts": ["issued"]})
    assert "stauts" in run["Write the report"].msg
    assert not folder(controller).exists()


def test_the_collections_playbook_writes_the_report(controller: Controller) -> None:
    run = report(controller, play="- import_playbook: certops.orders.order_report")
    assert mentions(run["Write the report"].msg, len(EVERY_ORDER))
    assert len(files(controller)) == 3


def test_without_data_the_time_is_the_present_one_in_all_files(controller: Controller) -> None:
    report(controller, "--diff")
    written = files(controller)
    time = json.loads(written["orders-report.json"])["generated_at"]
    assert f'<time datetime="{time}">' in written["orders-report.html"]
    assert time > TIME[:4]


def test_a_key_that_is_refused_ends_the_run_before_anything_is_written(controller: Controller) -> None:
    run = controller.playbook(
        PLAY, variables={"order_report_dir": str(folder(controller))}, env={"DIGICERT_API_KEY": "sim-nobody"}
    )
    assert run.rc != 0
    assert not folder(controller).exists()


HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "</style></title></svg><h1>owned</h1>",
    "{{ lookup('ansible.builtin.pipe', 'touch {desk}/owned') }}{% raw %}",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "a\r\nb\x1b[2J\u202eelpmaxe\u2066\u200b",
    "]]><!--",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("source", ["data", "account"])
def test_hostile_names_stay_names(sim: Simulator, controller: Controller, source: str) -> None:
    names = [name.replace("{desk}", str(controller.desk)) for name in HOSTILE]
    if source == "data":
        entries = [{**ENTRY, "order": str(n), "name": name, "reason": name} for n, name in enumerate(names)]
        data = {**DATA, "title": names[0], "ticket": names[1], "names": names, "entries": entries}
        report(controller, play=given(), data=data)
        rows = [row["name"] for row in table(files(controller)["orders-report.csv"])]
        shown = [entry["name"] for entry in json.loads(files(controller)["orders-report.json"])["entries"]]
    else:
        due = {"status": "issued", "valid_till_in_days": 30}
        sim.reset(seed(*({**due, "id": 7000 + n, "common_name": name} for n, name in enumerate(names))))
        report(controller)
        rows = [row["common_name"] for row in table(files(controller)["orders-report.csv"])]
        shown = [order["common_name"] for order in json.loads(files(controller)["orders-report.json"])["orders"]]
        # The client has made them printable.
        names[6] = names[6].encode("unicode_escape").decode()

    # A program gets the original text.
    assert shown == names
    page = files(controller)["orders-report.html"]
    assert not re.search(r"<(script|img|!--)|onerror=alert\(1\)>", page)
    assert page.count("<h1") == page.count("<style") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert re.findall(r'(?:href|src)="(?!#)([^"]*)', page) == ["orders-report.json", "orders-report.csv"]
    assert not (controller.desk / "owned").exists()
    assert not [row for row in rows if row.startswith(("=", "+", "-", "@", "\t", "\r"))]
    for text in files(controller).values():
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u200b\u202e\u2066]", text)


def test_contacts_are_there_only_when_asked_for(controller: Controller) -> None:
    report(controller, play=given(), data={**DATA, "ticket": "asked by bob@example.com"})
    assert not [name for name, text in files(controller).items() if "@example.com" in text]
    report(controller, play=given(), data=DATA, order_report_contacts=True)
    assert all("ada@example.com" in text for text in files(controller).values())


def test_metrics_are_for_a_monitor(controller: Controller) -> None:
    path = controller.desk / "certops.prom"
    wanted = {"order_report_metrics_path": str(path), "order_report_generated_at": TIME}
    assert changed(report(controller, "--check", **wanted))
    assert not path.exists()
    host = controller.sim.api_url.split("/")[2]
    stale = {**DATA, "kind": "cancel_stale_orders", "account": {"account_id": 100001, "api_host": host}}
    report(controller, play=given(), data=stale, order_report_basename="stale-apply")
    # A run of another account with a report in the same folder.
    report(controller, play=given(), data={**DATA, "kind": "decommission_domain"}, order_report_basename="other-apply")
    run = report(controller, **wanted)
    assert run["Write the report"].result["metrics_path"] == str(path)
    assert path.stat().st_mode & 0o777 == 0o644
    lines = path.read_text().splitlines()
    assert 'certops_orders{account="100001",status="issued"} 7' in lines
    assert 'certops_last_run_orders{account="100001",kind="cancel_stale_orders",outcome="done"} 1' in lines
    assert not [line for line in lines if "decommission_domain" in line]
    assert not changed(report(controller, **wanted))


def test_the_report_is_handed_on(controller: Controller) -> None:
    tasks = controller.write(
        "deliver.yml",
        """
- name: Deliver
  ansible.builtin.debug:
    msg: "{{ order_report_headline }} {{ order_report_changed }} {{ order_report_files }}"
""",
    )
    paths = {kind: f"{folder(controller)}/weekly.{kind}" for kind in ("html", "csv")}
    wanted = {
        "order_report_deliver_tasks": str(tasks),
        "order_report_basename": "weekly",
        "order_report_formats": ["html", "csv"],
    }
    assert report(controller, "--check", play=given(), data=DATA, **wanted).all("Deliver") == []
    run = report(controller, play=given(), data=DATA, **wanted)
    headline = run["Deliver"].msg.removesuffix(f" True {paths}")
    assert headline != run["Deliver"].msg
    assert mentions(headline, 2, 1)
    assert " False " in report(controller, play=given(), data=DATA, **wanted)["Deliver"].msg


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"order_report_formats": ["pdf"]}, "order_report_formats"),
        ({"order_report_basename": "../elsewhere"}, "order_report_basename"),
        ({"data": {**DATA, "generated_at": "yesterday"}}, "generated_at"),
        ({"data": {**DATA, "entries": [{**ENTRY, "outcome": "odd"}]}}, "outcome"),
        ({"data": {**DATA, "entries": [{**ENTRY, "token": "secret"}]}}, "token"),
        ({"order_report_dir": None}, "order_report_dir"),
    ],
)
def test_wrong_options_are_reported(controller: Controller, wrong: dict[str, Any], message: str) -> None:
    controller.write("data.json", json.dumps(wrong.get("data", DATA)))
    variables = {"order_report_dir": str(folder(controller)), **wrong}
    variables.pop("data", None)
    if variables["order_report_dir"] is None:
        del variables["order_report_dir"]
    run = controller.playbook(given(), variables=variables)
    assert run.rc != 0
    assert message in next(task for task in run.tasks if task.failed).result["msg"]
    assert not folder(controller).exists() or not files(controller)


def test_an_account_of_ten_thousand_orders(sim: Simulator, controller: Controller) -> None:
    orders = ({"id": number, "status": "issued", "valid_till_in_days": number % 390} for number in range(1, 10_001))
    sim.reset(seed(*orders))
    run = report(controller)
    assert len(run.sent) < 15
    assert (folder(controller) / "orders-report.html").stat().st_size < 200_000
    assert len(table(files(controller)["orders-report.csv"])) == 10_000


# -- the module --------------------------------------------------------------------------------------------------------

TASKS = """
    - hosts: gateway
      gather_facts: false
      ignore_errors: true
      module_defaults:
        group/certops.orders.digicert:
          api_key: "{{ the_key }}"
          api_url: "{{ the_url }}"
          execute_on: "{{ where }}"
      tasks:
        - name: Predict
          certops.orders.order_report: &options {dir: "{{ folder }}", generated_at: "2026-11-22T10:42:05Z"}
          check_mode: true
          diff: true
        - name: Write
          certops.orders.order_report: *options
          diff: true
        - name: Again
          certops.orders.order_report: *options
        - name: Find
          certops.orders.digicert_order_info: {order_ids: [1, 2]}
          register: mine
        - name: Of these
          certops.orders.order_report: {dir: "{{ folder }}", basename: mine, orders_from: mine}
        - name: Elsewhere
          certops.orders.order_report: *options
          delegate_to: server1
        - name: Later
          certops.orders.order_report: *options
          async: 60
          poll: 0
        - name: A wrong option
          certops.orders.order_report: {dir: "{{ folder }}", format: html}
"""


def module_run(controller: Controller, sim: Simulator, where: str) -> Run:
    variables = {"the_key": KEY, "the_url": sim.api_url, "where": where, "folder": str(folder(controller))}
    run = controller.playbook(TASKS, args=["-vvv"], env={"DIGICERT_API_KEY": None}, variables=variables)
    assert run.rc == 0, run.output
    assert not [name for name, text in files(controller).items() if KEY in text]
    return run


def test_the_module_foretells_in_check_mode_and_needs_the_controller(controller: Controller, sim: Simulator) -> None:
    run = module_run(controller, sim, "controller")
    check, write, again = run.good("Predict"), run.good("Write"), run.good("Again")
    assert check.sent == write.sent == ["user", "account", "list "]
    assert {request["key"] for request in run.requests} == {KEY}
    assert (check.changed, write.changed, again.changed) == (True, True, False)
    names = ("files", "headline", "msg", "diff")
    assert {name: check.result[name] for name in names} == {name: write.result[name] for name in names}
    assert {Path(diff["after_header"]).suffix for diff in write.result["diff"]} == {".json", ".csv"}
    assert write.api["requests"] == 3
    assert run.good("Of these").sent == []
    for name, words in (
        ("Elsewhere", ["delegate_to"]),
        ("Later", ["async"]),
        ("A wrong option", ["format", "formats"]),
    ):
        refused = run.bad(name)
        assert_failure(refused, code="invalid_option")
        assert mentions(refused.msg, *words)
        assert "execute_on: target" not in refused.msg
        assert refused.sent == []


def test_where_only_a_host_reaches_the_service_the_orders_are_read_before(
    controller: Controller, sim: Simulator
) -> None:
    run = module_run(controller, sim, "target")
    for name in ("Predict", "Write", "Again"):
        refused = run.bad(name)
        assert_failure(refused, code="invalid_option")
        assert mentions(refused.msg, "execute_on", "digicert_order_info", "orders_from")
        assert refused.sent == []
    assert run.good("Of these").changed
    assert set(files(controller)) == {"mine.html", "mine.json", "mine.csv"}
