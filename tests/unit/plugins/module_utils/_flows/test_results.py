# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A result stays small, and nothing that happened to an order is lost with it."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._flows.results import MOST_FULL, MOST_OUTCOMES, finished
from ansible_collections.certops.orders.plugins.module_utils._plans.outcomes import summary
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._plans.test_outcomes import record
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._plans.test_plans import NOW

SHA256 = 64 * "a"


def result_of(count: int, **more: Any) -> dict[str, Any]:
    records = [record(number, outcome="unchanged") for number in range(1, count)]
    return {**summary([*records, record(count, outcome="failed")]), "violations": [], "sha256": SHA256, **more}


def finish(result: dict[str, Any], folder: Path | None = None, *, check_mode: bool = False, **more: Any) -> Any:
    params = {
        "state": "applied",
        "kind": "decommission_domain",
        "reorder_sheets_dir": str(folder) if folder else None,
        "rehearse": False,
        **more,
    }
    return finished(result, params, Context(check_mode=check_mode), NOW)


@pytest.mark.parametrize("state", ["planned", "applied"])
def test_a_small_result_stays(state: str, tmp_path: Path) -> None:
    result = result_of(MOST_FULL, plan={"entries": MOST_FULL * [{}]})
    assert finish(result, tmp_path, state=state) == result
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("count", [MOST_FULL + 1, MOST_OUTCOMES])
def test_what_became_of_more_orders_is_returned_in_short(count: int, tmp_path: Path) -> None:
    result = result_of(count, plan={"entries": count * [{}]})

    final = finish(result, tmp_path)

    assert {one["order"]: one["outcome"] for one in final["outcomes"]} == {
        one["order"]: one["outcome"] for one in result["outcomes"]
    }
    first, *others = final["outcomes"]
    assert (first["order"], first["outcome"], first["reason"]) == (
        str(count),
        "failed",
        result["outcomes"][-1]["reason"],
    )
    assert {tuple(one) for one in others} == {("provider", "order", "action", "outcome")}
    assert {**final, "outcomes": result["outcomes"], "plan": result["plan"]} == result
    assert list(tmp_path.iterdir()) == []


def test_a_larger_plan_is_not_returned_again(tmp_path: Path) -> None:
    result = result_of(MOST_FULL + 1, plan={"entries": (MOST_FULL + 1) * [{}]}, text="{}", table=["a", "b"])

    final = finish({**result, "path": "/plans/plan.json"}, tmp_path, state="planned")
    assert (final["outcomes"], set(result) - set(final)) == ([], {"plan", "text"})
    assert (final["table"], final["result"]) == (result["table"], result["result"])
    # What is in no file must be in the result.
    assert finish({**result, "path": ""}, tmp_path, state="planned")["text"] == "{}"
    assert list(tmp_path.iterdir()) == []


def test_more_outcomes_are_in_a_file(tmp_path: Path) -> None:
    result = result_of(MOST_OUTCOMES + 1)

    final = finish(result, tmp_path / "report")

    (file,) = (tmp_path / "report").iterdir()
    assert final["outcomes_path"] == str(file)
    assert file.name == "decommission_domain-outcomes-20261122T104207Z-aaaaaaaaaaaa.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text()) == result["outcomes"]
    assert len(final["outcomes"]) == MOST_OUTCOMES
    assert (final["outcomes"][0]["order"], final["outcomes"][0]["outcome"]) == (str(MOST_OUTCOMES + 1), "failed")
    assert final["result"] == result["result"]


def test_runs_of_the_same_second_have_files_of_their_own(tmp_path: Path) -> None:
    finals = [finish(result_of(MOST_OUTCOMES + more), tmp_path) for more in (1, 2, 3)]
    refused = [finish({**result_of(MOST_OUTCOMES + 1), "sha256": ""}, tmp_path) for _again in range(2)]

    start = f"{tmp_path}/decommission_domain-outcomes-20261122T104207Z"
    assert [final["outcomes_path"] for final in (*finals, *refused)] == [
        *(f"{start}-aaaaaaaaaaaa{number}.json" for number in ("", "-2", "-3")),
        *(f"{start}-refused{number}.json" for number in ("", "-2")),
    ]
    assert [len(json.loads(Path(final["outcomes_path"]).read_text())) for final in finals] == [
        MOST_OUTCOMES + more for more in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("has_folder", "more"), [(False, {}), (True, {"check_mode": True}), (True, {"rehearse": True})]
)
def test_without_a_file_all_are_in_the_result_in_short(has_folder: bool, more: dict[str, bool], tmp_path: Path) -> None:
    final = finish(result_of(MOST_OUTCOMES + 1), tmp_path if has_folder else None, **more)

    assert (len(final["outcomes"]), final["outcomes_path"]) == (MOST_OUTCOMES + 1, "")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    final = finish(result_of(MOST_OUTCOMES + 1), tmp_path / "file")

    assert (len(final["outcomes"]), final["outcomes_path"]) == (MOST_OUTCOMES + 1, "")


@pytest.mark.parametrize(("state", "is_named"), [("applied", True), ("planned", False)])
def test_the_message_has_the_report(state: str, is_named: bool) -> None:
    report = {"files": {"html": "/reports/r.html", "csv": "/reports/r.csv"}}

    final = finish(result_of(2, report=report, violations=["a guard"]), state=state)

    assert final["msg"] == final["result"]["msg"]
    assert "/reports/r.html" in final["msg"]
    assert ("a guard" in final["msg"]) is is_named
