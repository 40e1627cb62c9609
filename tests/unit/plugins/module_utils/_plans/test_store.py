# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan that may be approved is found by its digest as long as it is valid, whatever is planned after it."""

from __future__ import annotations

import os
import stat
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._files.secure import UnsafeFile
from ansible_collections.certops.orders.plugins.module_utils._plans.document import GOOD_FOR, canonical, digest, make
from ansible_collections.certops.orders.plugins.module_utils._plans.errors import PlanError
from ansible_collections.certops.orders.plugins.module_utils._plans.store import Saved, find, keep, kept_path
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._plans.test_plans import NOW, entry

HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plans" / "web.json"


def a_plan(*orders: int, now: datetime = NOW, kind: str = "decommission_domain") -> dict[str, Any]:
    return make(kind, 100001, "www.digicert.com", ["www.example.com"], [entry(order) for order in orders], now)


def sha256_of(plan: dict[str, Any]) -> str:
    return digest(canonical(plan))


def save(path: Path, *orders: int, now: datetime = NOW, dry: bool = False, **more: Any) -> Saved:
    return keep(str(path), a_plan(*orders, now=now, **more), now, dry=dry)


def plans_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if not file.name.startswith("."))


def test_another_plan_that_is_valid_is_kept_beside_its_successor(path: Path) -> None:
    first, second = save(path, 1), save(path, 2, now=NOW + HOUR)

    digests = [sha256_of(saved.plan) for saved in (first, second)]
    kept = path.with_name(f"web.{digests[0][:12]}.json")
    assert (first.kept, second.kept) == ("", str(kept))
    assert [file.read_text() for file in (path, kept)] == [canonical(second.plan), canonical(first.plan)]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert find(str(path), digests[0]) == (str(kept), canonical(first.plan))
    assert find(str(path), f" {digests[1].upper()}\n") == (str(path), canonical(second.plan))
    assert find(str(path), None)[0] == str(path)


def test_of_another_kind_as_well(path: Path) -> None:
    first = save(path, 1)
    second = save(path, 1, kind="cancel_stale_orders")
    assert find(str(path), sha256_of(first.plan))[0] == second.kept


def test_the_same_plan_stays_and_one_that_has_expired_is_not_kept(path: Path) -> None:
    first = save(path, 1)

    assert save(path, 1, now=NOW + HOUR) == Saved(first.plan, changed=False)
    assert save(path, 2, now=NOW + GOOD_FOR).kept == ""
    assert plans_in(path.parent) == ["web.json"]


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_what_is_no_plan_is_replaced(text: str, path: Path) -> None:
    path.parent.mkdir()
    path.write_text(text)

    assert save(path, 1).kept == ""
    assert plans_in(path.parent) == ["web.json"]


def test_check_mode_names_what_would_be_kept_and_writes_nothing(path: Path) -> None:
    assert save(path, 1, dry=True).kept == ""
    assert not path.parent.exists()
    first = save(path, 1)
    before = {file: file.read_text() for file in path.parent.iterdir()}

    saved = save(path, 2, dry=True)

    assert (saved.changed, saved.kept) == (True, kept_path(str(path), sha256_of(first.plan)))
    assert {file: file.read_text() for file in path.parent.iterdir()} == before


def test_a_kept_plan_is_not_written_again_but_corrected(path: Path) -> None:
    first = save(path, 1)
    kept = Path(save(path, 2).kept)
    times = kept.stat().st_mtime_ns

    path.write_text(canonical(first.plan))
    assert save(path, 3).kept == str(kept)
    assert kept.stat().st_mtime_ns == times

    path.write_text(canonical(first.plan))
    kept.write_text("{")
    save(path, 4)
    assert kept.read_text() == canonical(first.plan)


def test_nothing_is_replaced_where_the_plan_cannot_be_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = save(path, 1)
    kept = Path(kept_path(str(path), sha256_of(first.plan)))
    kept.symlink_to(path)
    with pytest.raises(OSError, match=kept.name):
        save(path, 2)
    kept.unlink()
    kept.write_text("")
    kept.chmod(0o666)
    with pytest.raises(UnsafeFile):
        save(path, 2)
    kept.unlink()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            save(path, 2)

    assert plans_in(path.parent) == ["web.json"]
    assert path.read_text() == canonical(first.plan)


@pytest.mark.parametrize(
    ("name", "kept"), [("plan.json", "plan.aaaaaaaaaaaa.json"), ("plan", "plan.aaaaaaaaaaaa.json")]
)
def test_the_name_of_a_kept_plan(name: str, kept: str) -> None:
    assert kept_path(f"/plans/{name}", 64 * "a") == f"/plans/{kept}"


def test_a_plan_that_was_not_approved_is_not_found(path: Path) -> None:
    first = save(path, 1)
    approved = sha256_of(first.plan)
    kept = Path(save(path, 2).kept)
    # Its name alone is no proof.
    kept.write_text(canonical(a_plan(3)))

    with pytest.raises(PlanError) as error:
        find(str(path), approved)
    assert error.value.code == "plan_sha256"
    assert all(text in str(error.value) for text in (str(path), str(kept), approved))

    path.unlink()
    for sha256 in (approved, None):
        with pytest.raises(PlanError) as error:
            find(str(path), sha256)
        assert error.value.code == "plan_file"
    kept.write_text(canonical(first.plan))
    assert find(str(path), approved)[0] == str(kept)
    path.write_text("{")
    assert find(str(path), approved)[0] == str(kept)
    assert find(str(path), 64 * "0") == (str(path), "{")
    with pytest.raises(PlanError) as error:
        find(str(path), "approved")
    assert error.value.code == "plan_sha256"


def test_kept_plans_that_expired_long_ago_are_removed_and_nothing_else(path: Path) -> None:
    first = save(path, 1)
    kept = Path(save(path, 2).kept)
    others = {
        "web.json.bak": canonical(first.plan),
        # The name has another digest, or none, or is that of another path.
        "web.aaaaaaaaaaaa.json": canonical(first.plan),
        "web.bbbbbbbbbbbb.json": "{",
        f"webb.{sha256_of(first.plan)[:12]}.json": canonical(first.plan),
    }
    for name, text in others.items():
        path.with_name(name).write_text(text)
    path.with_name("web.cccccccccccc.json").mkdir()

    save(path, 3, now=NOW + 2 * GOOD_FOR - HOUR)
    assert kept.exists()
    save(path, 4, now=NOW + 2 * GOOD_FOR)

    assert not kept.exists()
    assert {*others, "web.cccccccccccc.json"} < set(plans_in(path.parent))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40)), max_size=8))
def test_every_plan_that_was_saved_and_is_valid_is_found_by_its_digest(steps: list[tuple[int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, now, saved = Path(folder) / "plan.json", NOW, [save(Path(folder) / "plan.json", 1).plan]
        for order, hours in steps:
            now += hours * HOUR
            saved.append(save(path, order, now=now).plan)

            valid = [plan for plan in saved if plan["expires_at"] > f"{now:%Y-%m-%dT%H:%M:%SZ}"]
            assert [find(str(path), sha256_of(plan))[1] for plan in valid] == [canonical(plan) for plan in valid]
