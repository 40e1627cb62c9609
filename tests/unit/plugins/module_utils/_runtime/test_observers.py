# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit log sees every change before it is sent; the progress line is seldom, and right."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import NotFound
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import CHANGED, Decision, OrderResult
from ansible_collections.certops.orders.plugins.module_utils._files.audit_log import AuditLog
from ansible_collections.certops.orders.plugins.module_utils._runtime import observers as _observers
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.plugins.module_utils._runtime.observers import (
    AuditCheck,
    Auditor,
    Progress,
    observers,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.results import Settings
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.service_of_things import (
    Service,
    Thing,
    ask_to_close,
    lost,
    refused,
    run,
)

# -- the audit log -----------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def auditor(path: Path, account: Any = lambda: 100, **settings: Any) -> Auditor:
    return Auditor(AuditLog(str(path), {"ticket": "CHG1"}), Settings("closed", **settings), account, "no longer needed")


def test_a_change_is_on_disk_before_it_is_sent_and_completed_after_it(path: Path) -> None:
    class Watchful(Service):
        def write(self, *args: Any, **kwargs: Any) -> Any:
            (begun,) = lines(path)
            assert (begun["event"], begun["order_id"], begun["account"], begun["ticket"]) == ("begun", 1, 100, "CHG1")
            assert (begun["before"]["state"], begun["after"]["state"]) == ("open", "closed")
            assert begun["note"] == "no longer needed"
            return super().write(*args, **kwargs)

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

    written = lines(path)
    assert [line["event"] for line in written] == ["begun", "begun", "completed"]
    assert len({line["id"] for line in written}) == 1


def test_where_it_cannot_be_written_nothing_is_sent(path: Path) -> None:
    path.mkdir()
    service = Service(Thing(1))

    result = run(service, [1], observer=auditor(path))

    assert service.writes == []
    assert (result["changed"], result["failed"], result["failure"]["code"]) == (False, True, "audit_log")
    assert str(path) in result["msg"]
    assert "warnings" not in result


def test_where_others_may_write_to_it_nothing_is_sent(path: Path) -> None:
    path.touch()
    path.chmod(0o666)
    service = Service(Thing(1))

    result = run(service, [1], observer=auditor(path))

    assert service.writes == []
    assert (result["failed"], result["failure"]["code"]) == (True, "audit_log")


def test_a_change_that_was_made_and_cannot_be_completed_in_the_log_is_a_change_and_a_warning(path: Path) -> None:
    class Spoiling(Service):
        def write(self, *args: Any, **kwargs: Any) -> Any:
            super().write(*args, **kwargs)
            path.unlink()
            path.mkdir()

    result = run(Spoiling(Thing(1)), [1], observer=auditor(path))

    assert (result["changed"], result.get("failed", False)) == (True, False)
    (warning,) = result["warnings"]
    assert all(word in warning for word in ("order 1", "changed", str(path)))


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


def test_each_step_of_a_change_is_announced_as_that_change(path: Path) -> None:
    service = Service(Thing(1, "barred")).meets("write", 1, weather=[None, refused()])

    run(service, [1], observer=auditor(path))

    written = lines(path)
    assert [line["event"] for line in written] == ["begun", "begun", "completed"]
    assert len({line["id"] for line in written}) == 1
    assert (written[2]["outcome"], written[2]["after"]) == ("failed", {"state": "open"})


def test_a_request_is_completed_once_it_is_filed_and_again_once_it_is_approved(path: Path) -> None:
    service = Service(Thing(1))
    service.meets("get", 1, weather=[None, service.approves(1)])

    run(service, [1], policy=ask_to_close, wait=60, poll=5, observer=auditor(path))

    begun, filed, approved = lines(path)
    assert begun["after"] == {"state": "open", "asked": True}
    assert (filed["outcome"], approved["outcome"]) == ("pending_approval", "changed")
    assert approved["after"] == {"state": "closed"}
    assert len({line["id"] for line in (begun, filed, approved)}) == 1


def test_what_is_no_order_is_named_by_its_own_key_and_with_its_order(path: Path) -> None:
    words = {"noun": "thing", "key": "thing_id", "listed": "things"}

    run(Service(Thing(1, order=70)), [1], observer=auditor(path, **words), **words)

    begun = lines(path)[0]
    assert (begun["thing_id"], begun["order_id"], begun["name"]) == (1, 70, "thing-1.example.com")


def test_what_is_asked_for_by_its_name_is_named_once(path: Path) -> None:
    words = {"noun": "thing", "key": "name", "listed": "things"}

    run(Service(Thing(1)), [1], observer=auditor(path, **words), **words)

    begun, completed = lines(path)
    assert (begun["name"], completed["outcome"]) == (1, "changed")
    assert "order_id" not in begun


def test_what_has_a_name_among_its_ids_is_named_once(path: Path) -> None:
    class Named(Thing):
        @property
        def identity(self) -> dict[str, Any]:
            return {"thing_id": self.key, "name": self.name}

    words = {"noun": "thing", "key": "thing_id", "listed": "things"}

    run(Service(Named(1)), [1], observer=auditor(path, **words), **words)

    begun = lines(path)[0]
    assert (begun["thing_id"], begun["name"]) == (1, "thing-1.example.com")


def test_a_warning_names_what_is_no_order(path: Path) -> None:
    class Spoiling(Service):
        def write(self, *args: Any, **kwargs: Any) -> Any:
            super().write(*args, **kwargs)
            path.unlink()
            path.mkdir()

    words: dict[str, Any] = {"noun": "thing", "key": "thing_id", "listed": "things", "label": "number {}".format}
    result = run(Spoiling(Thing(1)), [1], observer=auditor(path, **words), **words)

    assert "thing number 1" in result["warnings"][0]


def rehearse(path: Path, service: Service, *ids: int, **more: Any) -> dict[str, Any]:
    """Run in check mode, as a module does."""
    params = {"audit_log": str(path), "ticket": None, "progress": False}
    (watching,) = observers(params, Context(check_mode=True), Settings("closed"), 1, lambda: 1, None)
    return guarded(lambda *_any: run(service, ids, observer=watching, check_mode=True, **more), {}, Context())


def spoil(path: Path, how: str) -> Path:
    if how == "no folder":
        return path.parent / "none" / path.name
    if how == "a folder":
        path.mkdir()
    else:
        path.touch()
        path.chmod(0o666)
    return path


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("how", ["no folder", "a folder", "open to others"])
def test_check_mode_refuses_in_the_same_words(how: str, workers: int, path: Path) -> None:
    path = spoil(path, how)

    foretold = rehearse(path, Service(Thing(1), Thing(2)), 1, 2, workers=workers)
    real = run(Service(Thing(1)), [1], observer=auditor(path))

    assert (foretold["changed"], foretold["failed"], foretold["failure"]["code"]) == (False, True, "audit_log")
    assert str(path) in foretold["msg"]
    assert real["orders"][0]["reason"] == foretold["msg"]


def test_check_mode_refuses_nothing_where_nothing_would_be_sent(path: Path) -> None:
    path.mkdir()

    result = rehearse(path, Service(Thing(1, "closed"), Thing(2, "sealed")), 1, 2, ineligible="skip")

    assert (result["changed"], result.get("failed", False)) == (False, False)


def test_check_mode_foretells_a_change_where_the_log_could_be_written_and_leaves_no_trace(path: Path) -> None:
    result = rehearse(path, Service(Thing(1)), 1)

    assert (result["changed"], result.get("failed", False)) == (True, False)
    assert not list(path.parent.iterdir())


# -- progress ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(_observers.time, "monotonic", lambda: now[0])
    return now


def settle(progress: Progress, numbers: Any, outcome: str = "changed") -> None:
    for number in numbers:
        progress.settled(OrderResult(number, outcome))


def numbers(line: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", line)]


def test_a_short_run_reports_no_progress(clock: list[float]) -> None:
    messages: list[str] = []
    progress = Progress(100, messages.append)
    clock[0] += 9.9
    settle(progress, range(100))

    assert messages == []


def test_a_long_run_reports_its_progress_at_sane_intervals(clock: list[float]) -> None:
    messages: list[str] = []
    progress = Progress(2000, messages.append)
    for second in range(100):
        clock[0] += 1
        settle(progress, range(second * 10, second * 10 + 8))
        settle(progress, [second * 10 + 8], "unchanged")
        settle(progress, [second * 10 + 9], "failed" if second % 2 else "unknown")

    # Done, in total, changed, failed, and the minutes that are left.
    assert [numbers(line) for line in messages] == [
        [91, 2000, 73, 9, 3],
        [391, 2000, 313, 39, 3],
        [691, 2000, 553, 69, 2],
        [991, 2000, 793, 99, 2],
    ]


def test_an_order_that_is_settled_twice_is_counted_once(clock: list[float]) -> None:
    messages: list[str] = []
    progress = Progress(3, messages.append)
    settle(progress, [1])
    clock[0] += 20
    settle(progress, [1], "unknown")

    assert [numbers(line) for line in messages] == [[1, 3, 0, 1, 40]]


def test_progress_is_counted_in_what_is_changed(clock: list[float]) -> None:
    messages: list[str] = []
    progress = Progress(3, messages.append, "domain")
    clock[0] += 20
    settle(progress, ["a.example", "b.example"])

    assert [numbers(line) for line in messages] == [[1, 3, 1, 0, 40]]
    assert "3 domains" in messages[0]


def test_the_last_order_needs_no_line(clock: list[float]) -> None:
    messages: list[str] = []
    progress = Progress(1, messages.append)
    clock[0] += 20
    settle(progress, [1])

    assert messages == []


# -- who watches -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "check_mode", "watching"),
    [
        ({}, False, [Progress]),
        ({"progress": False}, False, []),
        ({"audit_log": "/x"}, False, [Progress, Auditor]),
        ({"audit_log": "/x"}, True, [Progress, AuditCheck]),
    ],
)
def test_the_options_select_the_observers(options: dict[str, Any], check_mode: bool, watching: list[type]) -> None:
    params = {"audit_log": None, "ticket": None, "progress": True, **options}

    found = observers(params, Context(check_mode=check_mode), Settings("closed"), 1, lambda: 1, None)

    assert [one.__class__ for one in found] == watching


def test_observers_use_the_noun_and_the_key_of_the_settings(clock: list[float], path: Path) -> None:
    messages: list[str] = []
    params = {"audit_log": str(path), "ticket": None, "progress": True}
    settings = Settings("closed", noun="domain", key="domain_id", listed="domains")
    watching = observers(params, Context(notify=messages.append), settings, 2, lambda: 1, None)
    clock[0] += 20
    for one in watching:
        one.announced(7, Thing(7), Decision(CHANGED))
        one.settled(OrderResult(7, CHANGED))

    assert [numbers(line) for line in messages] == [[1, 2, 1, 0, 20]]
    assert "2 domains" in messages[0]
    assert [line.get("domain_id") for line in lines(path)] == [7, 7]


def test_the_log_contains_task_ticket_and_awx_variables(path: Path) -> None:
    params = {"audit_log": str(path), "ticket": "CHG1", "progress": False}
    context = Context(task="Cancel\nit", variables={"awx_job_id": 7})
    (watching,) = observers(params, context, Settings("closed"), 1, lambda: 1, None)

    run(Service(Thing(1)), [1], observer=watching)

    begun = lines(path)[0]
    assert (begun["task"], begun["ticket"], begun["caller_supplied"]) == ("Cancel\\nit", "CHG1", {"awx_job_id": "7"})


# -- each line by itself -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weather", [[None], [refused()], [lost() for _time in range(9)]])
def test_each_line_alone_names_its_order(path: Path, weather: list[Any]) -> None:
    words = {"noun": "thing", "key": "thing_id", "listed": "things"}
    service = Service(Thing(1, order=70)).meets("write", 1, weather=weather)

    run(service, [1], observer=auditor(path, **words), **words)

    named = {(line["thing_id"], line["order_id"], line["name"], line["account"]) for line in lines(path)}
    assert named == {(1, 70, "thing-1.example.com", 100)}
    assert lines(path)[-1]["event"] == "completed"


def test_a_line_names_its_order_also_where_the_order_is_missing(path: Path) -> None:
    words = {"noun": "thing", "key": "thing_id", "listed": "things"}
    service = Service(Thing(1, order=70))
    service.meets("write", 1, weather=[service.removed(1), NotFound("no such thing", 404)])

    run(service, [1], observer=auditor(path, **words), **words)

    completed = lines(path)[-1]
    assert (completed["event"], completed["outcome"]) == ("completed", "missing")
    assert (completed["thing_id"], completed["order_id"]) == (1, 70)


def test_what_is_not_known_is_unknown_in_it_too(path: Path) -> None:
    service = Service(Thing(1)).meets("write", 1, weather=[lost() for _time in range(9)])

    result = run(service, [1], observer=auditor(path))

    completed = lines(path)[-1]
    assert (completed["outcome"], completed["after"]) == ("unknown", None)
    assert completed["reason"] == result["orders"][0]["reason"]
