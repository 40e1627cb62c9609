# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write plugins/module_utils/_role_options/variables.py from the roles' argument specs; --check only compares.

The actions of plans in these argument specs are written from plugins/module_utils/_common/actions.py.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
ACTIONS = ROOT / "plugins" / "module_utils" / "_common" / "actions.py"
SPECS = "roles/*/meta/argument_specs.yml"
# The choices of an option `action`, with all that stands before them.
CHOICES = re.compile(r"(?m)^(?P<start>( +)action:\n(?:\2  .*\n)*?\2  choices:\n)(?P<names>(?:\2    - .*\n)+)")
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
    for path in sorted(root.glob(SPECS)):
        specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        for spec in specs.values():
            for name, option in spec["options"].items():
                found.setdefault(path.parents[1].name, {})[name] = option.get("default")
    return found


def actions(path: Path = ACTIONS) -> list[str]:
    """The actions that plans can have: the constants of the module that are texts, in its sequence."""
    names: list[str] = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            names += ast.literal_eval(node.value)
    return names


def with_actions(spec: str, known: list[str]) -> str:
    """The text of an argument spec with these actions as choices; those that are there keep their place."""

    def choices(found: re.Match[str]) -> str:
        there = re.findall(r"- (.*)", found["names"])
        names = [*(name for name in there if name in known), *(name for name in known if name not in there)]
        return found["start"] + "".join(f"{found[2]}    - {name}\n" for name in names)

    return CHOICES.sub(choices, spec)


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
    known = actions()
    # First, because the variables are written from them.
    files = {path: with_actions(path.read_text(encoding="utf-8"), known) for path in sorted(ROOT.glob(SPECS))}
    if "--check" not in arguments:
        for path, content in files.items():
            path.write_text(content, encoding="utf-8")
    files[FILE] = text()
    if "--check" not in arguments:
        FILE.write_text(files[FILE], encoding="utf-8")
    stale = [path for path, content in files.items() if path.read_text(encoding="utf-8") != content]
    for path in stale:
        print(f"{path.relative_to(ROOT)} is not what the sources say; run {sys.argv[0]}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
