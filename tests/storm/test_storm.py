# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A minute of the storm, the same one each time, and that the model sees what it is there for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storm import model, stage, tasks

SEED = "minute"
SECONDS = 60.0
#: What the minute has at most, and on a busy machine at least.
MOST, LEAST = 400, 40


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stage.Stage]:
    """The stage that all stories are played on."""
    playing = stage.Stage(tmp_path_factory.mktemp("storm") / "story")
    yield playing
    playing.close()


def test_the_promises_are_kept_for_a_minute(storm: stage.Stage) -> None:
    """Stories of one seed, as many as a minute has room for."""
    until = time.monotonic() + SECONDS
    for number in range(MOST):
        if number >= LEAST and time.monotonic() > until:
            break
        story = storm.play(stage.invent(f"{SEED}.{number}"))
        if story.violations:
            kind = story.violations[0].kind
            pytest.fail(stage.described(stage.shrink(storm, story, kind)), pytrace=False)


def test_a_story_is_the_same_each_time(storm: stage.Stage) -> None:
    """A seed determines everything, and so does the script of the events."""
    for number in range(8):
        first = storm.play(stage.invent(f"again.{number}"))
        second = storm.play(stage.invent(f"again.{number}"))
        third = storm.play(stage.invent(f"again.{number}"), first.script)
        assert _lines(first) == _lines(second) == _lines(third)


def _lines(story: stage.Story) -> list[str]:
    return [exchange.line() for run in story.runs for exchange in run.exchanges]


# The model is tried on what a module must not do: the result of each of these runs is falsified.


def _story(storm: stage.Stage, module: str, outcome: str) -> tuple[tasks.Task, model.Run]:
    """A calm run of a module about one order that ended so."""
    for number in range(2000):
        story = stage.invent(f"model.{number}")
        if story.task.module != module or len(story.task.subjects) != 1:
            continue
        story.check_modes, story.calm = [False, False], 2
        run = storm.play(story).runs[0]
        rows = (run.result or {}).get(story.task.listed, [])
        if [row["outcome"] for row in rows] == [outcome] and not story.violations:
            return story.task, run
    raise AssertionError(f"no story of {module} ends as {outcome}")


def _kinds(task: tasks.Task, run: model.Run) -> set[str]:
    return {violation.kind for violation in model.judge(task, run)}


def _set_result(run: model.Run, outcome: str, **more: Any) -> None:
    """Replace the outcome in the result."""
    assert run.result
    (row,) = next(rows for rows in run.result.values() if isinstance(rows, list) and rows and "outcome" in rows[0])
    run.result["summary"][row["outcome"]] -= 1
    run.result["summary"][outcome] += 1
    row["outcome"] = outcome
    run.result.update(more)
    run.audit = None


def test_the_model_sees_an_unreported_change(storm: stage.Stage) -> None:
    task, run = _story(storm, "digicert_order_status", "changed")
    assert not _kinds(task, run)
    _set_result(run, "failed", failed=True, changed=False)
    assert "unreported change" in _kinds(task, run)


def test_the_model_sees_a_success_without_effect(storm: stage.Stage) -> None:
    task, run = _story(storm, "digicert_order_status", "ineligible")
    _set_result(run, "changed", failed=False, changed=True)
    run.exchanges.clear()
    assert {"success without effect", "changed without a change"} <= _kinds(task, run)


def test_the_model_sees_a_write_in_check_mode(storm: stage.Stage) -> None:
    task, run = _story(storm, "digicert_order_status", "changed")
    run.check_mode = True
    assert "write in check mode" in _kinds(task, run)


def test_the_model_sees_that_check_mode_foretells_otherwise(storm: stage.Stage) -> None:
    task, run = _story(storm, "digicert_order_status", "changed")
    other = model.Run(check_mode=True, is_calm=True, result=json.loads(json.dumps(run.result)))
    assert not list(model.foretold(task, other, run))
    _set_result(other, "unchanged")
    assert {each.kind for each in model.foretold(task, other, run)} == {"check mode foretells otherwise"}


def test_the_model_sees_what_is_sent_twice(storm: stage.Stage) -> None:
    task, run = _story(storm, "digicert_order_note", "changed")
    run.exchanges.append(run.exchanges[-1])
    assert {"sent twice", "double write"} <= _kinds(task, run)


def test_the_model_sees_a_secret(storm: stage.Stage) -> None:
    task, run = _story(storm, "servertastic_order_cancel", "changed")
    (token,) = task.seed["tokens"].values()
    assert run.result
    run.result["msg"] += token
    assert _kinds(task, run) == {"secret in the result"}


def test_the_model_sees_a_write_on_an_old_read(storm: stage.Stage) -> None:
    task, run = _story(storm, "digicert_order_status", "changed")
    for exchange in run.exchanges:
        exchange.at += 100.0 if exchange.is_write else 0.0
    assert "write on an old read" in _kinds(task, run)


def test_the_model_sees_that_a_rerun_does_not_settle(storm: stage.Stage) -> None:
    task, run = _story(storm, "digicert_order_status", "changed")
    run.is_repeat = True
    assert "does not settle" in _kinds(task, run)


def test_the_model_sees_a_missing_line_of_the_audit_log(storm: stage.Stage) -> None:
    task, run = _story(storm, "digicert_order_status", "changed")
    run.audit = []
    assert "not in the audit log" in _kinds(task, run)


def test_the_stage_leaves_time_and_network_as_they_were(tmp_path: Path) -> None:
    """Tests that come after it in the same process meet the real ones."""
    import urllib3.util.connection

    before = urllib3.util.connection.create_connection
    stage.Stage(tmp_path).close()
    assert urllib3.util.connection.create_connection is before
