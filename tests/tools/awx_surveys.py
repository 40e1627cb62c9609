# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes docs/awx_surveys.md, the surveys of roles/awx_setup as AWX shows them; with --check compares it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "awx_surveys.md"
VARIABLES = ROOT / "roles" / "awx_setup" / "vars" / "main.yml"
# What AWX calls the types of answers.
TYPES = {
    "text": "text",
    "textarea": "textarea",
    "integer": "integer",
    "multiplechoice": "multiple choice (single select)",
}
HEAD = """\
<!--
Copyright (c) 2026 The certops.orders authors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later

Written by tests/tools/awx_surveys.py from roles/awx_setup/vars/main.yml.
-->

# The surveys in AWX

What AWX asks for when a user launches a workflow or the report, with the variable and the limits of each answer. An
asterisk marks a required answer. The role `awx_setup` creates these surveys; [the AWX guide](awx.md) has the rest of
the setup.
"""


class Loader(yaml.SafeLoader):
    """Takes the texts that Ansible does not evaluate as texts."""


Loader.add_constructor("!unsafe", lambda _loader, node: node.value)


def rendered() -> str:
    """The page."""
    variables = yaml.load(VARIABLES.read_text(encoding="utf-8"), Loader)
    templates = [*variables["awx_setup__workflows"], variables["awx_setup__report"]]
    return "\n".join([HEAD, *(line for template in templates for line in survey(template))]).rstrip("\n") + "\n"


def survey(template: Mapping[str, Any]) -> Iterator[str]:
    """The lines of one survey."""
    yield f"## {template['name'].partition('}} ')[2]}"
    yield ""
    yield f"{template['description']}. Playbook `{template['playbook']}`."
    yield ""
    for question in template["survey"]["spec"]:
        star = " \\*" if question["required"] else ""
        yield f"**{question['question_name']}**{star}\\"
        yield f"{question['question_description']}.\\"
        yield f"`{question['variable']}`: {'; '.join(answer(question))}"
        yield ""


def answer(question: Mapping[str, Any]) -> Iterator[str]:
    """What can be answered."""
    yield TYPES[question["type"]]
    if question["type"] == "multiplechoice":
        yield ", ".join(f"`{choice}`" for choice in question["choices"])
    unit = "" if question["type"] == "integer" else " characters"
    if "max" in question:
        yield f"{question.get('min', 0)} to {question['max']}{unit}"
    if question.get("default", "") != "":
        yield f"by default `{question['default']}`"


def main() -> int:
    page = rendered()
    if "--check" in sys.argv[1:]:
        if PAGE.read_text(encoding="utf-8") != page:
            print(f"{PAGE} is not what {VARIABLES} says: run {Path(__file__).name}")
            return 1
        return 0
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
