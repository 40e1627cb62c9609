# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The small comparison of `nox -s benchmark` runs, every side does its job, and a page is made of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ansible_collections.certops.orders.tests.benchmark import page
from ansible_collections.certops.orders.tests.benchmark.cells import QUICK, SIDES

BENCHMARK = Path(page.__file__).with_name("benchmark.py")


def test_the_small_comparison_runs(tmp_path: Path) -> None:
    output = tmp_path / "benchmark.json"
    # The two smallest sizes only, so that a slow machine takes no longer.
    command = [sys.executable, str(BENCHMARK), "--quick", "--cell-seconds=0", "--output", str(output)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    results = page.load(tmp_path / "quick")
    assert (tmp_path / "quick" / page.PAGE).read_text(encoding="utf-8") == page.render(results)
    sizes = {(cell.side, cell.orders): cell.is_estimate for cell in results.cells}
    assert sizes == {(side, orders): orders == QUICK.sizes[-1] for side in SIDES for orders in QUICK.sizes}
    changed = {(cell.side, cell.share): cell for cell in results.cells if cell.orders == 3}
    assert {key: cell.writes for key, cell in changed.items()} == {
        (side, share): 3 if share else 0 for side in SIDES for share in QUICK.shares
    }
    assert [changed[side, 100].requests for side in ("uri", "script", "module")] == [6, 6, 4]
