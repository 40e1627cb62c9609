# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write plugins/module_utils/_role_options/variables.py from the roles' argument specs; --check only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "plugins" / "module_utils" / "_role_options" / "variables.py"
HEADER = '''\
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The options of each role, of all its entry points, with their defaults.

Written by tests/tools/role_variables.py from the roles' meta/argument_specs.yml.
"""

# ruff: noqa: S108 - the defaults of folders

from __future__ import annotations

from typing import Any

'''


def options(root: Path = ROOT) -> dict[str, dict[str, Any]]:
    """The options of each role with their defaults, None where they have none."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(root.glob("roles/*/meta/argument_specs.yml")):
        specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        for spec in specs.values():
            for name, option in spec["options"].items():
                found.setdefault(path.parents[1].name, {})[name] = option.get("default")
    return found


def text() -> str:
    lines = ["VARIABLES: dict[str, dict[str, Any]] = {"]
    for role, several in options().items():
        lines.append(f"    {json.dumps(role)}: {{")
        lines += [f"        {json.dumps(name)}: {_literal(default)}," for name, default in several.items()]
        lines.append("    },")
    return HEADER + "\n".join([*lines, "}"]) + "\n"


def _literal(default: Any) -> str:
    # As the formatter writes it.
    if isinstance(default, list):
        return f"[{', '.join(map(_literal, default))}]"
    if isinstance(default, str):
        return json.dumps(default)
    return repr(default)


def main(arguments: list[str]) -> int:
    if "--check" not in arguments:
        FILE.write_text(text(), encoding="utf-8")
    elif FILE.read_text(encoding="utf-8") != text():
        print(f"{FILE.name} is not what the argument specs say; run {sys.argv[0]}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
