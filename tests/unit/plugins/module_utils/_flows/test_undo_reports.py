# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which reports of a folder that several runs share have the marks to remove."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._flows import undo_reports
from ansible_collections.certops.orders.plugins.module_utils._reports.data import report_of, to_json
from ansible_collections.certops.orders.tests.messages import check_messages

HOST = "www.digicert.com"
ONE, TWO, THREE = (digit * 64 for digit in "abc")


def write(
    folder: Path,
    time: str,
    digest: str,
    *marked: int,
    kind: str = "mark_renewed_orders",
    phase: str = "apply",
    account_id: int = 7,
    more: str = "",
) -> Path:
    """Write the report of a run under its lasting name and as the latest one, as `report.write` does."""
    entries = [
        {
            "provider": "certcentral",
            "order": str(order),
            "action": "mark_renewed",
            "outcome": "done",
            "name": "www.example.com",
            "domains": ["www.example.com"],
        }
        for order in marked
    ]
    text = to_json(
        report_of(
            {
                "generated_at": f"2026-11-{time[6:8]}T{time[9:11]}:00:00Z",
                "phase": "apply",
                "account": {"account_id": account_id, "api_host": HOST},
                "plan_sha256": digest,
                "entries": entries,
            }
        )
    )
    (folder / f"{kind}-{phase}.json").write_text(text)
    path = folder / f"{kind}-{phase}-{time}-{digest[:12]}{more}.json"
    path.write_text(text)
    return path


def marks(given: str, folder: Path | str) -> tuple[list[int], list[str]]:
    return undo_reports.marked(undo_reports.find(given, str(folder)), 7, HOST)


def refusal(given: str, folder: Path | str) -> str:
    with pytest.raises(OptionError) as error:
        marks(given, folder)
    return str(error.value).replace(str(folder), "/reports") if str(folder) else str(error.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Runs of several nights: the newest one has marked nothing, and another account uses the same folder."""
    write(tmp_path, "20261101T020000Z", ONE, 1, 2)
    write(tmp_path, "20261102T020000Z", ONE, 3, more="-2")
    write(tmp_path, "20261103T020000Z", TWO, 4, phase="all")
    write(tmp_path, "20261104T020000Z", THREE, 5, account_id=8)
    write(tmp_path, "20261105T020000Z", THREE, 6, kind="decommission_domain")
    (tmp_path / f"mark_renewed_orders-apply-20261031T020000Z-{12 * 'd'}.json").write_text("no report")
    write(tmp_path, "20261107T020000Z", 64 * "e")
    return tmp_path


def test_the_newest_run_that_marked_an_order_of_the_account(folder: Path) -> None:
    found, notes = marks("newest", folder)
    assert found == [4]
    assert f"all-20261103T020000Z-{TWO[:12]}" in notes[0]


def test_a_newer_report_that_cannot_be_read_may_have_the_newest_marks(folder: Path) -> None:
    damaged = folder / f"mark_renewed_orders-apply-20261106T020000Z-{12 * 'd'}.json"
    damaged.write_text("no report")

    assert damaged.name in refusal("newest", folder)
    found, notes = marks(str(folder / "mark_renewed_orders-apply.json"), "")
    assert found == []
    assert damaged.name in notes[0]


@pytest.mark.parametrize("digits", [12, 30, 64])
def test_all_runs_that_applied_a_plan(folder: Path, digits: int) -> None:
    assert marks(ONE[:digits], folder) == ([1, 2, 3], [])


def test_a_plan_of_another_role_by_its_digest(tmp_path: Path) -> None:
    write(tmp_path, "20261105T020000Z", THREE, 6, kind="decommission_domain")
    assert marks(THREE, tmp_path) == ([6], [])


def test_a_report_of_another_run_names_the_one_with_marks(folder: Path) -> None:
    found, notes = marks(str(folder / "mark_renewed_orders-apply.json"), "")
    assert found == []
    assert f"all-20261103T020000Z-{TWO[:12]}" in notes[0]


@pytest.mark.parametrize("given", ["f" * 64, "newest"])
def test_what_no_report_is_of_is_refused(tmp_path: Path, given: str) -> None:
    assert "mark_renewed_orders_undo_report" in refusal(given, tmp_path)


def test_a_path_of_an_unknown_user_is_refused() -> None:
    assert "mark_renewed_orders_undo_report is ~nosuchuser/a.json" in refusal("~nosuchuser/a.json", "")
    assert "mark_renewed_orders_report_dir is /reports, and the home" in refusal("newest", "~nosuchuser/reports")


def test_sentences(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty, without = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("without")
    write(without, "20261107T020000Z", ONE)
    damaged = tmp_path_factory.mktemp("damaged")
    path = write(damaged, "20261107T020000Z", ONE)
    path.write_text("no report")
    unknown = marks(str(write(damaged, "20261106T020000Z", TWO)), "")[1][0].replace(str(damaged), "/reports")
    alone = marks(str(without / "mark_renewed_orders-apply.json"), "")[1][0].replace(str(without), "/reports")
    other = marks(str(folder / "mark_renewed_orders-apply.json"), "")[1][0].replace(str(folder), "/reports")
    check_messages(
        "reports to undo",
        {
            "an empty value": refusal(" ", ""),
            "no folder": refusal("newest", ""),
            "a folder without reports": refusal("newest", empty),
            "an unknown digest": refusal("f" * 64, folder).replace("f" * 64, "(a digest)"),
            "a digest that only begins alike": refusal(ONE[:12] + "0", folder).replace(ONE, "(the digest)"),
            "no report with marks": refusal("newest", without),
            "the newest": marks("newest", folder)[1][0].replace(str(folder), "/reports"),
            "a report of another run": other,
            "no other report": alone,
            "a newest report that cannot be read": refusal("newest", damaged),
            "another report that cannot be read": unknown,
            "a file that does not exist": refusal("/nowhere/report.json", ""),
        },
    )
