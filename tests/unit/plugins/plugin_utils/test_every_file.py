# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every Python file of the plugins is imported: one without any test counts as uncovered, instead of not at all."""

from __future__ import annotations

import importlib
from pathlib import Path

from ansible_collections.certops.orders.plugins.plugin_utils import _controller_action
from ansible_collections.certops.orders.tests.cases import each

PLUGINS = Path(str(_controller_action.__file__)).parents[1]
# Documentation only, which coverage leaves out as well (.coveragerc).
FILES = sorted(
    file.relative_to(PLUGINS) for file in PLUGINS.rglob("*.py") if file.relative_to(PLUGINS).parts[0] != "doc_fragments"
)


def test_there_are_files_of_every_kind() -> None:
    assert {file.parts[0] for file in FILES} >= {"action", "module_utils", "modules", "plugin_utils"}


@each("file", FILES)
def test_a_file_can_be_imported(file: Path) -> None:
    name = ".".join(("ansible_collections.certops.orders.plugins", *file.with_suffix("").parts))

    imported = importlib.import_module(name)

    assert Path(str(imported.__file__)) == PLUGINS / file
