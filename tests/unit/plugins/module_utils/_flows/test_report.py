# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report is written completely, for its owner only, under a name that no later run replaces."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import Named, Order
from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._files.secure import UnsafeFile
from ansible_collections.certops.orders.plugins.module_utils._flows import report
from ansible_collections.certops.orders.plugins.module_utils._reports.data import report_of
from ansible_collections.certops.orders.tests.messages import check_messages

NOW = datetime(2026, 11, 22, 10, 42, 5, tzinfo=timezone.utc)
DATA: dict[str, Any] = {"generated_at": "2026-11-22T10:42:05Z", "title": "{{ a }}"}
SHA256 = "0123456789abcdef" * 4
ENTRY = {"provider": "certcentral", "order": "7", "name": "a.example", "action": "cancel", "outcome": "done"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "new" / "reports"


def target(folder: Path, *formats: str, dry: bool = False, basename: str = "weekly") -> report.Target:
    return report.target(str(folder), basename, formats or report.FORMATS, option="order_report_dir", dry=dry)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# -- files -------------------------------------------------------------------------------------------------------------


def test_the_files_are_for_their_owner_and_stay_the_same(folder: Path) -> None:
    old = os.umask(0)
    try:
        written = report.write(report_of(DATA), target(folder))
    finally:
        os.umask(old)
    assert written.changed
    assert written.files == {one: f"{folder}/weekly.{one}" for one in ("html", "json", "csv")}
    assert names(folder) == ["weekly.csv", "weekly.html", "weekly.json"]
    assert {mode(folder), mode(folder.parent)} == {0o700}
    assert {mode(path) for path in folder.iterdir()} == {0o600}
    assert json.loads((folder / "weekly.json").read_text())["title"] == "{{ a }}"
    assert not report.write(report_of(DATA), target(folder)).changed


def test_a_file_that_others_can_read_is_written_again(folder: Path) -> None:
    report.write(report_of(DATA), target(folder, "csv"))
    (folder / "weekly.csv").chmod(0o644)
    assert report.write(report_of(DATA), target(folder, "csv")).changed
    assert mode(folder / "weekly.csv") == 0o600


def test_a_folder_that_exists_keeps_its_mode(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    report.write(report_of(DATA), target(folder, "csv"))
    assert (mode(folder), names(folder)) == (0o755, ["weekly.csv"])


def test_check_mode_writes_nothing_and_shows_what_would_be_written(folder: Path) -> None:
    would = report.write(report_of(DATA), target(folder, dry=True), diff=True)
    assert would.changed
    assert not folder.parent.exists()
    done = report.write(report_of(DATA), target(folder), diff=True)
    assert (would.files, would.headline, would.diffs) == (done.files, done.headline, done.diffs)
    assert not report.write(report_of(DATA), target(folder, dry=True)).changed


def test_a_diff_has_the_text_files_only(folder: Path) -> None:
    report.write(report_of(DATA), target(folder))
    changed = report.write(report_of({**DATA, "entries": [ENTRY]}), target(folder), diff=True)
    by_path = {diff["after_header"]: diff for diff in changed.diffs}
    assert set(by_path) == {f"{folder}/weekly.json", f"{folder}/weekly.csv"}
    csv = by_path[f"{folder}/weekly.csv"]
    assert ('"a.example"' in csv["before"], '"a.example"' in csv["after"]) == (False, True)


@pytest.mark.parametrize("link", ["weekly.json", "weekly.csv"])
def test_a_symbolic_link_is_not_followed(folder: Path, tmp_path: Path, link: str) -> None:
    folder.mkdir(parents=True)
    (tmp_path / "precious").write_text("as it was")
    (folder / link).symlink_to(tmp_path / "precious")
    with pytest.raises((OSError, UnsafeFile)):
        report.write(report_of(DATA), target(folder))
    assert (tmp_path / "precious").read_text() == "as it was"


# -- checked before a change -------------------------------------------------------------------------------------------


def test_a_folder_is_created_when_it_is_checked(folder: Path) -> None:
    report.check_folder(target(folder))
    assert names(folder) == []
    report.check_folder(target(folder / "dry", dry=True))
    assert names(folder) == []


def spoilt(folder: Path, how: str) -> Path:
    """A folder of a report that cannot be written."""
    (folder / "file").parent.mkdir(parents=True)
    (folder / "file").touch()
    if how == "the folder is a file":
        return folder / "file"
    if how == "its parent is a file":
        return folder / "file" / "reports"
    if how == "a report is a folder":
        (folder / "weekly.csv").mkdir()
    if how == "a report is a symbolic link":
        (folder / "weekly.csv").symlink_to(folder / "file")
    if how == "others can write to a report":
        (folder / "weekly.csv").touch()
        (folder / "weekly.csv").chmod(0o666)
    return folder


HOW = (
    *("the folder is a file", "its parent is a file", "a report is a folder", "a report is a symbolic link"),
    "others can write to a report",
)


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize("how", HOW)
def test_what_cannot_be_written_is_found_out_before(folder: Path, how: str, dry: bool) -> None:
    where = target(spoilt(folder, how), dry=dry)
    before = names(folder)
    with pytest.raises(ApiError) as error:
        report.check_folder(where)
    assert error.value.code == "report_file"
    assert names(folder) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
@pytest.mark.parametrize("dry", [True, False])
def test_a_folder_of_others_is_found_out_before(folder: Path, dry: bool) -> None:
    folder.mkdir(parents=True, mode=0o500)
    for where in (folder, folder / "below"):
        with pytest.raises(ApiError):
            report.check_folder(target(where, dry=dry))


@pytest.mark.parametrize("basename", ["../elsewhere", "", ".hidden", "a/b", "a b", "a\n"])
def test_a_name_that_is_no_name_of_a_file_is_refused(folder: Path, basename: str) -> None:
    with pytest.raises(OptionError, match="order_report_basename"):
        target(folder, basename=basename)


def test_a_folder_of_an_unknown_user_is_refused() -> None:
    with pytest.raises(OptionError, match="order_report_dir is ~nosuchuser/reports"):
        target(Path("~nosuchuser/reports"))
    assert target(Path("~/reports")).folder == str(Path.home().resolve() / "reports")


# -- of a flow ---------------------------------------------------------------------------------------------------------

PARAMS: dict[str, Any] = {
    "state": "applied",
    "kind": "decommission_domain",
    "without_approval": False,
    "rehearse": False,
    "print": True,
    "ticket": "CHG1",
    "job": "4711",
    "hosts": ["web1"],
}
OPTIONS: dict[str, Any] = {
    "basename": "",
    "formats": list(report.FORMATS),
    "title": "",
    "contacts": False,
    "orders_from": "",
}
RESULT: dict[str, Any] = {
    "changed": True,
    "sha256": SHA256,
    "account": {"account_id": 7, "api_host": "www.digicert.com"},
    "plan": {"names": ["a.example"], "hosts": ["web1"], "servers": {"web1": ["a.example"]}},
    "orders": [Order(1, "issued"), Order(2, "issued")],
    "outcomes": [ENTRY],
    "result": {"msg": "1 order: 1 done", "failed": False},
}


def run(
    folder: Path | None, *, now: datetime = NOW, check_mode: bool = False, result: Any = None, **more: Any
) -> dict[str, Any]:
    options = {**OPTIONS, "dir": str(folder), **more.pop("options", {})} if folder else None
    variables = more.pop("variables", {})
    given = {name: more.pop(name) for name in ("secrets", "notify") if name in more}
    context = Context(check_mode=check_mode, variables=variables, **given)
    flow = result if callable(result) else lambda *_arguments: {**RESULT, **(result or {})}
    return report.reported(flow, {**PARAMS, "report": options, **more}, context, now)


def read(result: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(result["report"]["files"]["json"]).read_text())
    return content


def test_a_flow_has_its_report_and_no_rows_of_the_account(folder: Path) -> None:
    result = run(folder)
    assert "orders" not in result
    assert {name: result[name] for name in RESULT if name != "orders"} == {
        name: value for name, value in RESULT.items() if name != "orders"
    }
    content = read(result)
    assert (content["title"], content["phase"], content["ticket"], content["job"]) == (
        *("decommission_domain", "apply", "CHG1", "4711"),
    )
    assert (content["account"], content["names"], content["hosts"]) == (RESULT["account"], ["a.example"], ["web1"])
    assert (content["plan_sha256"], content["summary"]) == (SHA256, {"total": 1, "done": 1})
    assert content["at_a_glance"]["orders"] == 2
    assert result["report"]["headline"] == content["headline"]


def test_an_apply_never_replaces_the_report_of_another_one(folder: Path) -> None:
    first, second = run(folder), run(folder, result={"outcomes": []})
    third = run(folder, now=NOW + timedelta(hours=1), without_approval=True)
    paths = [Path(one["report"]["files"]["json"]).name for one in (first, second, third)]
    assert paths == [
        "decommission_domain-apply-20261122T104205Z-0123456789ab.json",
        "decommission_domain-apply-20261122T104205Z-0123456789ab-2.json",
        "decommission_domain-all-20261122T114205Z-0123456789ab.json",
    ]
    assert [read(one)["summary"]["total"] for one in (first, second)] == [1, 0]
    # The latest one has the name without its time.
    assert json.loads((folder / "decommission_domain-apply.json").read_text())["summary"]["total"] == 0


def test_the_report_of_a_plan_stays_until_the_plan_is_another_one(folder: Path) -> None:
    for sha256 in (SHA256, SHA256, "f" * 64):
        run(folder, state="planned", result={"sha256": sha256})
    assert names(folder) == [
        f"decommission_domain-plan{which}.{one}"
        for which in ("-0123456789ab", "-ffffffffffff", "")
        for one in ("csv", "html", "json")
    ]


def test_a_name_of_the_task_is_the_only_one(folder: Path) -> None:
    run(folder, options={"basename": "mine", "formats": ["json"], "title": "The end"})
    assert names(folder) == ["mine.json"]
    assert json.loads((folder / "mine.json").read_text())["title"] == "The end"


def test_orders_of_a_variable_replace_those_of_the_flow(folder: Path) -> None:
    mine = {"orders": [{"order_id": 3}]}
    result = run(folder, options={"orders_from": "mine"}, variables={"mine": mine})
    assert [order["order_id"] for order in read(result)["orders"]] == [3]
    with pytest.raises(OptionError, match="nobody"):
        run(folder, options={"orders_from": "nobody"}, result=pytest.fail)


def test_dates_of_a_variable_are_texts(folder: Path) -> None:
    """YAML reads 2026-11-30 without quotes as a date."""
    mine = {"orders": [{"order_id": 3, "valid_till": date(2026, 11, 30), "notes": [{"date": NOW}]}]}
    for contacts in (False, True):
        result = run(folder, options={"orders_from": "mine", "contacts": contacts}, variables={"mine": mine})
        (order,) = read(result)["orders"]
        assert {**read(result)["order_defaults"], **order}["valid_till"] == "2026-11-30"
    assert order["notes"] == [{"date": NOW.isoformat()}]


@pytest.mark.parametrize(
    "orders", [["no row"], [{"order_id": 3, "names": {"a.example"}}], {"order_id": 3}, "no list", None]
)
def test_a_variable_without_orders_is_refused_before_the_first_change(folder: Path, orders: Any) -> None:
    with pytest.raises(OptionError, match="order_report_orders_from"):
        run(folder, options={"orders_from": "mine"}, variables={"mine": {"orders": orders}}, result=pytest.fail)


def test_orders_with_a_successor_are_not_listed_as_due_without_one(folder: Path) -> None:
    facts: dict[str, Any] = {"product_type": "ssl_certificate", "organization": Named(12, "Corp"), "is_renewed": False}
    orders = [
        Order(number, "issued", common_name=name, valid_till=till, **facts)
        for number, name, till in (
            (1, "a.example", date(2026, 12, 1)),
            (2, "a.example", date(2027, 11, 1)),
            (3, "b.example", date(2026, 12, 1)),
        )
    ]
    result = run(folder, result={"orders": orders})
    assert read(result)["due_without_successor"] == [{"order_id": 3, "successor": "none"}]
    page = Path(result["report"]["files"]["html"]).read_text()
    assert "Due without a successor</a> 1<" in page
    # Of orders of a variable it is not known.
    mine = {"orders": [order.shown(NOW.date()) for order in orders]}
    result = run(folder, options={"orders_from": "mine"}, variables={"mine": mine})
    assert "due_without_successor" not in read(result)


def test_secrets_are_in_no_file(folder: Path) -> None:
    run(folder, secrets=["S3CRET-token"], result={"outcomes": [{**ENTRY, "reason": "it is S3CRET-token"}]})
    assert not [path for path in folder.iterdir() if "S3CRET" in path.read_text()]


@pytest.mark.parametrize("more", [{"rehearse": True}, {"folder": None}, {"check_mode": True}])
def test_without_a_report_nothing_is_written(folder: Path, more: dict[str, Any]) -> None:
    result = run(**{"folder": folder, **more})
    assert "orders" not in result
    assert ("report" in result) == bool(more.get("check_mode"))
    assert not folder.exists()


def test_a_task_that_prints_nothing_prints_no_files(folder: Path) -> None:
    lines: list[str] = []
    for one in (True, False):
        run(folder, check_mode=True, print=one, notify=lines.append)
    assert len(lines) == 4


def test_a_report_that_cannot_be_written_ends_the_run_before_the_first_change(folder: Path) -> None:
    (folder / "decommission_domain-apply.json").mkdir(parents=True)
    with pytest.raises(ApiError, match="decommission_domain_report_dir"):
        run(folder, result=pytest.fail)


def spoil_later(folder: Path) -> Any:
    """A flow while which a report becomes impossible."""

    def flow(*_arguments: Any) -> dict[str, Any]:
        (folder / "decommission_domain-apply.csv").mkdir()
        return dict(RESULT)

    return flow


def test_a_report_that_fails_after_changes_hides_nothing(folder: Path) -> None:
    result = run(folder, result=spoil_later(folder))
    assert (result["failed"], result["changed"], result["failure"]["code"]) == (True, True, "report_file")
    assert (result["outcomes"], result["sha256"]) == ([ENTRY], SHA256)
    # A role that continues after the task has to fail at its end.
    assert result["result"] == {**RESULT["result"], "failed": True, "msg": result["msg"]}
    assert "report" not in result
    # The message of the flow itself is included.
    assert result["msg"].startswith(RESULT["result"]["msg"])


@pytest.mark.parametrize("step", ["flow_data", "report_of", "write", "lasting_name"])
def test_an_unexpected_error_after_changes_hides_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def broken(*_arguments: Any, **_options: Any) -> Any:
        raise TypeError("S3CRET")

    monkeypatch.setattr(report, step, broken)
    result = run(folder)
    assert (result["failed"], result["changed"], result["failure"]["code"]) == (True, True, "report_file")
    assert (result["outcomes"], result["sha256"], result["result"]["failed"]) == ([ENTRY], SHA256, True)
    assert "TypeError" in result["msg"]
    assert "S3CRET" not in str(result)


# -- sentences ---------------------------------------------------------------------------------------------------------


def test_messages(folder: Path) -> None:
    def plain(text: str, place: Path) -> str:
        return text.replace(str(place), "/folder")

    messages = {}
    for number, how in enumerate(HOW):
        place = folder / str(number)
        with pytest.raises(ApiError) as error:
            report.check_folder(target(spoilt(place, how)))
        messages[how] = plain(str(error.value), place)
    with pytest.raises(OptionError) as refused:
        target(folder, basename="../elsewhere")
    messages["a name that is not one of a file"] = str(refused.value)
    late = folder / "late"
    late.mkdir()
    messages["after changes"] = plain(run(late, result=spoil_later(late))["msg"], late)
    mine = {"orders": [{"names": {"a.example"}}]}
    with pytest.raises(OptionError) as refused:
        run(folder, options={"orders_from": "mine"}, variables={"mine": mine}, result=pytest.fail)
    messages["orders with a value that JSON does not have"] = str(refused.value)
    messages["data that is no report"] = run(folder, result={"outcomes": [{**ENTRY, "outcome": "odd"}]})["msg"]
    check_messages("report files", messages)
