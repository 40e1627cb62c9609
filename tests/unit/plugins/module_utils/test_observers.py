# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit log sees every change before it is sent; the progress line is seldom, and right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils import _observers
from ansible_collections.certops.orders.plugins.module_utils._audit import AuditLog
from ansible_collections.certops.orders.plugins.module_utils._http import Context
from ansible_collections.certops.orders.plugins.module_utils._observers import Auditor, Progress, observers
from ansible_collections.certops.orders.plugins.module_utils._orders import OrderResult
from ansible_collections.certops.orders.plugins.module_utils._results import Settings
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.service_of_things import (
    Service,
    Thing,
    lost,
    run,
)

# -- the audit log -----------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def auditor(path: Path, account: Any = lambda: 100) -> Auditor:
    return Auditor(AuditLog(str(path), {"ticket": "CHG1"}), Settings("closed"), account, "no longer needed")


def test_a_change_is_on_disk_before_it_is_sent_and_completed_after_it(path: Path) -> None:
    class Watchful(Service):
        def write(self, *args: Any, **kwargs: Any) -> None:
            (begun,) = lines(path)
            assert (begun["event"], begun["order_id"], begun["account"], begun["ticket"]) == ("begun", 1, 100, "CHG1")
            assert (begun["before"]["state"], begun["after"]["state"]) == ("open", "closed")
            assert begun["note"] == "no longer needed"
            super().write(*args, **kwargs)

    run(Watchful(Thing(1)), [1], observer=auditor(path))

    begun, completed = lines(path)
    assert (completed["event"], completed["id"]) == ("completed", begun["id"])
    assert (completed["outcome"], completed["after"]["state"]) == ("changed", "closed")


def test_what_is_not_sent_is_not_in_it(path: Path) -> None:
    run(Service(Thing(1, "closed"), Thing(2, "sealed")), [1, 2, 3], observer=auditor(path))

    assert lines(path) == []


def test_a_repeat_is_announced_again_as_the_same_change(path: Path) -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[lost()])

    run(service, [1], observer=auditor(path))

    told = lines(path)
    assert [line["event"] for line in told] == ["begun", "begun", "completed"]
    assert len({line["id"] for line in told}) == 1


def test_where_it_cannot_be_written_nothing_is_sent(path: Path) -> None:
    path.mkdir()
    service = Service(Thing(1))

    result = run(service, [1], observer=auditor(path))

    assert service.writes == []
    assert (result["changed"], result["failed"], result["failure"]["code"]) == (False, True, "audit_log")
    assert str(path) in result["msg"]
    assert "nothing was sent" in result["msg"]
    assert "warnings" not in result


def test_where_others_may_write_to_it_nothing_is_sent(path: Path) -> None:
    path.touch()
    path.chmod(0o666)
    service = Service(Thing(1))

    result = run(service, [1], observer=auditor(path))

    assert service.writes == []
    assert "others may write to it" in result["msg"]


def test_a_change_that_was_made_and_cannot_be_completed_in_the_log_is_a_change_and_a_warning(path: Path) -> None:
    class Spoiling(Service):
        def write(self, *args: Any, **kwargs: Any) -> None:
            super().write(*args, **kwargs)
            path.unlink()
            path.mkdir()

    result = run(Spoiling(Thing(1)), [1], observer=auditor(path))

    assert (result["changed"], result.get("failed", False)) == (True, False)
    (warning,) = result["warnings"]
    assert warning.startswith("order 1 is changed, but the audit log")


def test_the_account_is_asked_for_once_and_only_where_something_is_sent(path: Path) -> None:
    asked: list[int] = []

    def account() -> int:
        asked.append(1)
        return 100

    watching = auditor(path, account)
    run(Service(Thing(1, "closed")), [1], observer=watching)
    assert asked == []
    run(Service(Thing(1), Thing(2)), [1, 2], observer=watching, workers=2)
    assert asked == [1]


# -- progress ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(_observers.time, "monotonic", lambda: now[0])
    return now


def settle(progress: Progress, numbers: Any, outcome: str = "changed") -> None:
    for number in numbers:
        progress.settled(OrderResult(number, outcome))


def test_a_short_run_says_nothing(clock: list[float]) -> None:
    said: list[str] = []
    progress = Progress(100, said.append)
    clock[0] += 9.9
    settle(progress, range(100))

    assert said == []


def test_a_long_run_says_how_far_it_is_at_a_sane_rhythm(clock: list[float]) -> None:
    said: list[str] = []
    progress = Progress(2000, said.append)
    for second in range(100):
        clock[0] += 1
        settle(progress, range(second * 10, second * 10 + 8))
        settle(progress, [second * 10 + 8], "unchanged")
        settle(progress, [second * 10 + 9], "failed" if second % 2 else "unknown")

    assert said == [
        "91 of 2000 orders done, 73 changed, 9 failed; about 3 min left",
        "391 of 2000 orders done, 313 changed, 39 failed; about 3 min left",
        "691 of 2000 orders done, 553 changed, 69 failed; about 2 min left",
        "991 of 2000 orders done, 793 changed, 99 failed; about 2 min left",
    ]


def test_an_order_that_is_settled_twice_is_counted_once(clock: list[float]) -> None:
    said: list[str] = []
    progress = Progress(3, said.append)
    settle(progress, [1])
    clock[0] += 20
    settle(progress, [1], "unknown")

    assert said == ["1 of 3 orders done, 0 changed, 1 failed; about 40 s left"]


def test_the_last_order_needs_no_line(clock: list[float]) -> None:
    said: list[str] = []
    progress = Progress(1, said.append)
    clock[0] += 20
    settle(progress, [1])

    assert said == []


# -- who watches -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "check_mode", "watching"),
    [
        ({}, False, [Progress]),
        ({"progress": False}, False, []),
        ({"audit_log": "/x"}, False, [Progress, Auditor]),
        ({"audit_log": "/x"}, True, [Progress]),
    ],
)
def test_the_options_say_who_watches(options: dict[str, Any], check_mode: bool, watching: list[type]) -> None:
    params = {"audit_log": None, "ticket": None, "progress": True, **options}

    found = observers(params, Context(check_mode=check_mode), Settings("closed"), 1, lambda: 1, None)

    assert [one.__class__ for one in found] == watching


def test_the_log_tells_task_ticket_and_what_awx_said(path: Path) -> None:
    params = {"audit_log": str(path), "ticket": "CHG1", "progress": False}
    context = Context(task="Cancel\nit", variables={"awx_job_id": 7})
    (watching,) = observers(params, context, Settings("closed"), 1, lambda: 1, None)

    run(Service(Thing(1)), [1], observer=watching)

    begun = lines(path)[0]
    assert (begun["task"], begun["ticket"], begun["caller_supplied"]) == ("Cancel\\nit", "CHG1", {"awx_job_id": "7"})
