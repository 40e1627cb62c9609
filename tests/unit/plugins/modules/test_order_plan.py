# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan files are for their owner alone, whole or not there, and what is read is what was approved."""

from __future__ import annotations

import json
import os
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._plans import document as _plan
from ansible_collections.certops.orders.plugins.module_utils._plans import store as _plan_files
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.plugins.modules import order_plan
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import (
    documentation,
    failure_of,
    undocumented,
    validated,
)

PLACE = {"kind": "decommission_domain", "account_id": 100001, "api_host": "www.digicert.com"}
A_DIGEST = 64 * "a"


def entry(order: int | str = 1, **more: Any) -> dict[str, Any]:
    return {
        "provider": "certcentral",
        "order": str(order),
        "name": "www.example.com",
        "domains": ["www.example.com"],
        "action": "cancel",
        "reason": "it is pending",
        "state": {"status": "pending"},
        **more,
    }


def play(*, check_mode: bool = False, diff: bool = False, **arguments: Any) -> dict[str, Any]:
    params, errors = validated(order_plan, {**PLACE, **arguments})
    assert errors == []
    result = guarded(order_plan.run, params, Context(check_mode=check_mode, diff=diff))
    assert not list(undocumented(result, {**documentation(order_plan), "entries": {}}))
    return result


def write(path: Path, *entries: dict[str, Any], **options: Any) -> dict[str, Any]:
    return play(state="written", path=str(path), names=["www.example.com"], entries=list(entries), **options)


def read(path: Path, **options: Any) -> dict[str, Any]:
    return play(state="read", path=str(path), **options)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a" / "b" / "plan.json"


def test_a_plan_is_written_and_read_back(path: Path) -> None:
    old = os.umask(0)
    try:
        written = write(path, entry(2), entry(1))
    finally:
        os.umask(old)

    assert written["changed"]
    assert written["path"] == str(path)
    assert path.read_text() == written["text"]
    assert written["sha256"] == _plan.digest(path.read_text())
    assert any(line.startswith("  certcentral 2 ") for line in written["table"])
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, path.parents[1])] == [0o600, 0o700, 0o700]
    assert sorted(file.name for file in path.parent.iterdir()) == [".plan.json.lock", "plan.json"]

    again = read(path, sha256=written["sha256"])

    assert not again["changed"]
    assert again["plan"] == written["plan"]
    assert again["sha256"] == written["sha256"]


def test_without_a_path_a_plan_is_only_returned() -> None:
    made = play(state="written", entries=[entry()])

    assert (made["changed"], made["path"]) == (False, "")
    for form in ("plan", "text"):
        assert play(state="read", plan=made[form], sha256=made["sha256"])["plan"] == made["plan"]


def test_a_plan_that_says_the_same_and_is_good_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(path, entry(1), entry(2), diff=True)
    assert first["diff"]["before"] == ""
    assert "  certcentral 1  www.example.com: it is pending\n" in first["diff"]["after"]

    second = write(path, entry(2), entry(1), diff=True)
    assert (second["changed"], second["sha256"]) == (False, first["sha256"])
    assert second["diff"]["before"] == second["diff"]["after"]

    third = write(path, entry(1))
    assert third["changed"]

    # A day after it has expired.
    later = datetime.now(timezone.utc) + timedelta(days=4)
    monkeypatch.setattr(order_plan, "datetime", type("Later", (), {"now": staticmethod(lambda _zone: later)}))
    fourth = write(path, entry(1))
    assert fourth["changed"]
    assert fourth["sha256"] != third["sha256"]


def test_what_is_there_and_is_no_plan_is_replaced(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("{")
    assert write(path, entry())["changed"]
    assert json.loads(path.read_text())["kind"] == "decommission_domain"


def test_in_check_mode_nothing_is_written(path: Path) -> None:
    made = write(path, entry(), check_mode=True, diff=True)

    assert made["changed"]
    assert made["plan"]["entries"] == [entry()]
    assert "cancel" in made["diff"]["after"]
    assert not path.parent.exists()
    write(path, entry())
    assert not write(path, entry(), check_mode=True)["changed"]


def test_a_symbolic_link_is_followed_neither_way(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    path.parent.mkdir(parents=True)
    path.symlink_to(elsewhere)

    for result in (write(path, entry()), read(path), write(path, entry(), check_mode=True)):
        assert failure_of(result)["code"] == "plan_file"
    assert elsewhere.read_text() == "precious"


def test_a_file_that_others_may_write_to_is_not_used(path: Path) -> None:
    write(path, entry())
    path.chmod(0o666)

    for result in (write(path, entry(2)), read(path)):
        assert failure_of(result)["code"] == "plan_file"
        assert str(path) in result["msg"]


def test_a_write_that_fails_leaves_what_was_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = write(path, entry(1))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device", "/somewhere")

    monkeypatch.setattr(os, "fsync", full)

    result = write(path, entry(2))

    assert failure_of(result)["code"] == "plan_file"
    assert "No space left on device" in result["msg"]
    assert path.read_text() == before["text"]
    assert sorted(file.name for file in path.parent.iterdir()) == [".plan.json.lock", "plan.json"]


def test_it_is_on_disk_before_it_is_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(str(Path(f"/proc/self/fd/{descriptor}").resolve()))
    )

    write(path, entry())

    assert synced[0].startswith(f"{path.parent}/.plan.json.")
    assert synced[1:] == [str(path.parent)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"path": "/nowhere/plan.json"}, "plan_file"),
        ({"plan": "{"}, "plan_invalid"),
        ({"plan": {}}, "plan_schema"),
    ],
)
def test_what_cannot_be_read_is_told(arguments: dict[str, Any], code: str) -> None:
    assert failure_of(play(state="read", **arguments))["code"] == code


def test_another_plan_than_the_approved_one_is_not_returned(path: Path) -> None:
    approved = write(path, entry(1))["sha256"]
    write(path, entry(2))

    result = read(path, sha256=approved)

    assert failure_of(result)["code"] == "plan_sha256"
    assert "plan" not in result


def test_a_plan_that_lacks_a_server_or_a_name_of_the_run_is_not_returned(path: Path) -> None:
    written = write(path, entry(), hosts=["web2", "web1"])
    assert written["plan"]["hosts"] == ["web1", "web2"]
    assert "  web1" in written["table"]
    # A group that has grown needs another plan, and that another approval.
    assert write(path, entry(), hosts=["web1", "web2"])["sha256"] == written["sha256"]
    grown = play(state="written", names=["www.example.com"], entries=[entry()], hosts=["web1", "web2", "web3"])
    assert grown["sha256"] != written["sha256"]

    for form in ({"path": str(path)}, {"plan": written["text"]}, {"plan": written["plan"]}):
        given = {"state": "read", "sha256": written["sha256"], **form}
        assert play(**given, names=["www.example.com"], hosts=["web1"])["plan"] == written["plan"]
        for more, code in (({"hosts": ["web1", "web3"]}, "plan_hosts"), ({"names": ["a.example.com"]}, "plan_names")):
            refused = play(**given, **more)
            assert failure_of(refused)["code"] == code
            assert "plan" not in refused


def test_a_file_that_is_too_large_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, entry())
    monkeypatch.setattr(_plan_files, "MOST_TEXT", 10)
    assert failure_of(read(path))["code"] == "plan_invalid"


def test_a_plan_comes_one_way_only(path: Path) -> None:
    assert failure_of(read(path, plan="{}"))["code"] == "invalid_option"


def test_a_wrong_entry_is_told(path: Path) -> None:
    assert failure_of(write(path, entry(action="delete")))["code"] == "plan_action"
    assert not path.exists()


# -- re-order sheets ---------------------------------------------------------------------------------------------------

ORDER = {"order_id": 1, "status": "pending", "domains": ["www.example.com"], "csr": "-----BEGIN"}
REVIEW = {"order_digest": A_DIGEST, "order_status": "pending", "domain_name": "www.example.com"}


def save(folder: Path, *entries: dict[str, Any], **options: Any) -> dict[str, Any]:
    given = {"orders": [ORDER, REVIEW], "ticket": "CHG1", "sha256": "ab", **options}
    return play(state="sheets", folder=str(folder), entries=list(entries), **given)


def test_two_orders_that_are_shown_alike_have_a_sheet_each(tmp_path: Path) -> None:
    digests = ["abcdef01" + 56 * "0", "abcdef01" + 56 * "1"]

    saved = save(
        tmp_path,
        *(entry(provider="servertastic", order=digest) for digest in digests),
        orders=[{**REVIEW, "order_digest": digest} for digest in digests],
    )

    assert saved["changed"]
    assert len(list(tmp_path.iterdir())) == 2


def test_sheets_are_saved_once(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    entries = [entry(1), entry(2), entry(provider="servertastic", order=A_DIGEST)]

    first = save(folder, *entries, diff=True)

    assert first["changed"]
    assert [(one.get("order_id"), one.get("order_digest"), one["outcome"]) for one in first["orders"]] == [
        ("1", None, "unchanged"),
        ("2", None, "failed"),
        (None, A_DIGEST, "unchanged"),
    ]
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == ["reorder-certcentral-1.json", f"reorder-servertastic-{A_DIGEST}.json"]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert first["diff"] == {"before": "", "after": "".join(f"{file}\n" for file in files)}
    assert json.loads(files[0].read_text())["ticket"] == "CHG1"

    # What an order was before it was ended is not replaced by what is left of it.
    again = save(folder, *entries, orders=[{"order_id": 1, "status": "canceled"}, REVIEW])
    assert not again["changed"]
    assert json.loads(files[0].read_text())["csr"] == "-----BEGIN"


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"domains": ["pay.example.com", "www.example.com"]}, ("www.example.com", "pay.example.com, www")),
        ({"domains": []}, ("www.example.com", "none")),
        ({"status": "issued"}, ("status", "pending", "issued")),
        ({"product_name_id": "ssl_ev_plus"}, ("product", "ssl_plus", "ssl_ev_plus")),
        ({"is_migrated": True}, ("is_migrated", "no", "yes")),
    ],
)
def test_an_order_that_is_not_as_its_plan_says_is_not_ended(tmp_path: Path, facts: Any, shown: tuple[str, ...]) -> None:
    """What makes the sheet is read just before the end, and compared with what the plan rests on."""
    state = {"status": "pending", "product": "ssl_plus", "is_migrated": False}
    order = {**ORDER, "product_name_id": "ssl_plus", "is_migrated": False}
    alike, other = entry(1, state=state), entry(2, state=state)

    saved = save(tmp_path, alike, other, orders=[order, {**order, "order_id": 2, **facts}])

    assert [(one["order_id"], one["outcome"]) for one in saved["orders"]] == [("1", "unchanged"), ("2", "ineligible")]
    assert all(value in saved["orders"][1]["reason"] for value in shown)
    assert [file.name for file in tmp_path.iterdir()] == ["reorder-certcentral-1.json"]


@pytest.mark.parametrize(
    ("action", "status"), [("cancel", "canceled"), ("reject_request", "rejected"), ("revoke", "revoked")]
)
def test_an_order_that_has_ended_meanwhile_is_left_to_the_module_that_ends_it(
    tmp_path: Path, action: str, status: str
) -> None:
    more = {"request_id": 7} if action == "reject_request" else {}
    saved = save(tmp_path, entry(action=action, **more), orders=[{**ORDER, "status": status}])

    assert saved["orders"][0]["outcome"] == "unchanged"


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({}, "unchanged"),
        # The names of other certificates stand in the plan as well.
        ({"domains": ["www.example.com", "copy.example.com"]}, "unchanged"),
        ({"domains": ["pay.example.com"]}, "ineligible"),
        ({"serial_number": "0C"}, "ineligible"),
        ({"serial_number": ""}, "ineligible"),
    ],
)
def test_a_revocation_is_compared_with_the_certificates_of_its_plan(tmp_path: Path, facts: Any, outcome: str) -> None:
    state = {"status": "issued", "certificates": ["0A", "0B"]}
    planned = entry(action="revoke", state=state, domains=["copy.example.com", "www.example.com"])
    order = {**ORDER, "status": "issued", "serial_number": "0A", **facts}

    assert save(tmp_path, planned, orders=[order])["orders"][0]["outcome"] == outcome


def test_in_check_mode_no_sheet_is_saved(tmp_path: Path) -> None:
    result = save(tmp_path / "report", entry(), check_mode=True)

    assert result["changed"]
    assert result["orders"][0]["outcome"] == "unchanged"
    assert not (tmp_path / "report").exists()


# -- the module itself -------------------------------------------------------------------------------------------------


def test_the_documentation_has_exactly_the_options_of_the_spec() -> None:
    documented = {
        name: {key: value for key, value in option.items() if key != "description"}
        for name, option in yaml.safe_load(order_plan.DOCUMENTATION)["options"].items()
    }
    assert documented == order_plan.SPEC["argument_spec"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"state": "written"},
        {"state": "read"},
        {"state": "sheets", "entries": [], "folder": "/x"},
        {"state": "sheets", "entries": [], "orders": []},
    ],
)
def test_each_state_has_what_it_needs(arguments: dict[str, Any]) -> None:
    assert validated(order_plan, {**PLACE, **arguments})[1]


def test_every_example_has_arguments_that_the_module_takes() -> None:
    tasks = [task["certops.orders.order_plan"] for task in yaml.safe_load(order_plan.EXAMPLES) if len(task) > 2]
    assert tasks
    assert all(not validated(order_plan, arguments)[1] for arguments in tasks)


def test_the_module_runs_what_its_specification_says(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[Any] = []
    monkeypatch.setattr(order_plan, "module_main", lambda *arguments: called.append(arguments))
    order_plan.main()
    assert called == [(order_plan.SPEC, order_plan.run)]


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, entry())
    linked, folder = tmp_path / "linked.json", tmp_path / "sheets"
    linked.symlink_to(path)
    messages = {
        "a plan is written": write(path, entry()),
        "no file": read(tmp_path / "other.json"),
        "a file that cannot be opened": read(tmp_path),
        "a symbolic link": read(linked),
        "path and plan": read(path, plan="{}"),
        "sheets are saved": save(folder, entry()),
        "sheets are there": save(folder, entry()),
    }
    monkeypatch.setattr(_plan_files, "MOST_TEXT", 10)
    messages["a file that is too large"] = read(path)
    check_messages(
        "module order_plan",
        {situation: result["msg"].replace(str(tmp_path), "/folder") for situation, result in messages.items()},
    )
