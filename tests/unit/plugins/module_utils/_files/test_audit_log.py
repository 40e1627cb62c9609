# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit log can be read back, whatever became of the run that wrote it."""

from __future__ import annotations

import json
import os
import socket
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._files import audit_log as _audit
from ansible_collections.certops.orders.plugins.module_utils._files.audit_log import (
    AuditLog,
    caller_supplied,
    entries,
    new_change,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def test_a_change_is_a_line_before_and_a_line_after(path: Path) -> None:
    log = AuditLog(str(path), {"ticket": "CHG1"})
    change = new_change()

    log.begin(change, order_id=7, after={"status": "canceled"})
    (begun,) = map(json.loads, path.read_text().splitlines())
    log.complete(change, outcome="changed")
    _begun, completed = map(json.loads, path.read_text().splitlines())

    assert datetime.fromisoformat(begun.pop("time").replace("Z", "+00:00")).utcoffset() is not None
    assert begun.pop("user")
    assert begun == {
        "event": "begun",
        "id": change,
        "host": socket.gethostname(),
        "ticket": "CHG1",
        "order_id": 7,
        "after": {"status": "canceled"},
    }
    assert completed.pop("time").endswith("Z")
    assert completed == {"event": "completed", "id": change, "outcome": "changed"}


def test_it_reads_back_as_one_entry_for_each_change(path: Path) -> None:
    log = AuditLog(str(path), {})
    first, second = new_change(), new_change()
    log.begin(first, order_id=1, after={"status": "canceled"})
    log.begin(second, order_id=2, after={"status": "canceled"})
    log.begin(second, order_id=2, after={"status": "canceled"})
    log.complete(second, outcome="failed", after={"status": "pending"}, reason="refused")

    one, two = entries(path.read_text())

    assert (one["order_id"], one["completed"], one["attempts"]) == (1, False, 1)
    assert "outcome" not in one
    assert (two["order_id"], two["completed"], two["attempts"]) == (2, True, 2)
    assert (two["outcome"], two["after"], two["reason"]) == ("failed", {"status": "pending"}, "refused")
    assert two["time"] <= two["completed_time"]


@pytest.mark.parametrize("line", ["", "no JSON", '{"event": "begun", "id"', "[1]", "7", "[" * 100_000, '{"a": 1}'])
def test_a_line_that_is_none_is_left_out(line: str) -> None:
    text = f'{line}\n{{"event": "begun", "id": "a", "order_id": 1}}\n{line}'

    assert [entry["order_id"] for entry in entries(text)] == [1]


def test_what_was_begun_before_the_log_was_rotated_is_not_begun_here() -> None:
    assert entries('{"event": "completed", "id": "a", "outcome": "changed"}') == []


def test_two_changes_never_have_the_same_id() -> None:
    assert len({new_change() for _time in range(1000)}) == 1000


def test_the_user_is_the_systems_and_not_the_environments(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    AuditLog(str(path), {}).begin("a")

    assert json.loads(path.read_text())["user"] != "somebody-else"


def test_a_user_id_without_a_name_is_logged_as_a_number(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown_user(_number: int) -> Any:
        raise KeyError

    monkeypatch.setattr(_audit.pwd, "getpwuid", unknown_user)
    AuditLog(str(path), {}).begin("a")

    assert json.loads(path.read_text())["user"] == str(os.geteuid())


def test_only_the_job_variables_of_awx_are_logged() -> None:
    variables = {"awx_job_id": 7, "awx_user_name": "ann\n\u202e", "tower_job_id": 7, "awx_password": "x", "other": 1}

    assert caller_supplied(variables) == {"awx_job_id": "7", "awx_user_name": "ann\\n\\u202e", "tower_job_id": "7"}
    assert caller_supplied({"awx_job_id": None, "awx_user_name": ""}) == {}
