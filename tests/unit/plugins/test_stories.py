# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make test` plays one story of every module and every role."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

COLLECTION = Path(__file__).resolve().parents[3]
# Needs a collection of 30 MB: the session awx, which plays it, is in `make test-all`.
NOT_PLAYED = {"awx_setup"}


def stories() -> Iterator[str]:
    """The names that tests carry as pytest.mark.story."""
    for file in (COLLECTION / "tests" / "integration").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.story":
                yield ast.literal_eval(node.args[0])


def test_every_module_and_role_has_one() -> None:
    names = list(stories())
    modules = {path.stem for path in (COLLECTION / "plugins" / "modules").glob("[!_]*.py")}
    roles = {path.name for path in (COLLECTION / "roles").iterdir()}

    assert set(names) == (modules | roles) - NOT_PLAYED
    assert len(names) == len(set(names))
