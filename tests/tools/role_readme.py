# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes each role's README.md, and docs/roles.md, from meta/argument_specs.yml, or with --check compares them.

role_readme.py [--check] [ROLE ...]; without names, the README.md of all roles.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from antsibull_docs_parser import dom
from antsibull_docs_parser.md import MDFormatter, to_md
from antsibull_docs_parser.parser import Context, parse

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "certops.orders"
# Not all of it is in the README.md of a role, because the tarball has a limit.
PAGE = ROOT / "docs" / "roles.md"
PAGE_URL = "https://github.com/certops/certops.orders/blob/main/docs/roles.md"
# What the first command of a role's README gives for the variables that it needs.
VALUES = {
    "decommission_domain_names": "www.example.com",
    "order_report_dir": "reports",
    # With a plan file and a directory for re-order sheets, the plan can be applied.
    "cancel_stale_orders_plan_path": "stale.json",
    "cancel_stale_orders_report_dir": "reports",
    "decommission_domain_plan_path": "plan.json",
    "decommission_domain_report_dir": "reports",
    "mark_renewed_orders_plan_path": "marks.json",
    "mark_renewed_orders_report_dir": "reports",
    "awx_setup_image": "registry.example.com/certops-orders-ee:0.9.0",
    "awx_setup_project_url": "https://git.example.com/certificates/awx.git",
}
# What tests/integration/docs/test_commands.py does with the first command and the examples of a role.
COMMAND_MARKS = {"awx_setup": "not run: needs AWX"}
EXAMPLE_MARKS = {
    ("cancel_stale_orders", "main"): "runnable",
    ("decommission_domain", "main"): "runnable",
    ("mark_renewed_orders", "main"): "runnable",
}
HEADER = """\
<!--
Copyright (c) 2026 The certops.orders authors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later

Written by tests/tools/role_readme.py from meta/argument_specs.yml.
-->
"""


class Plainly(MDFormatter):
    """As a human author would write it: marks for code, and no escapes but those that are needed."""

    def format_text(self, part: dom.TextPart) -> str:
        return re.sub(r"([<>*_|`\\[\]])", r"\\\1", part.text)

    def format_code(self, part: dom.CodePart) -> str:
        return f"`{part.text}`"

    def format_env_variable(self, part: dom.EnvVariablePart) -> str:
        return f"`{part.name}`"

    def format_module(self, part: dom.ModulePart, url: str | None) -> str:  # noqa: ARG002
        return f"`{part.fqcn}`"

    def format_plugin(self, part: dom.PluginPart, url: str | None) -> str:  # noqa: ARG002
        return f"`{part.plugin.fqcn}`"

    def format_option_name(self, part: dom.OptionNamePart, url: str | None) -> str:  # noqa: ARG002
        return f"`{part.name}`" if part.value is None else f"`{part.name}: {part.value}`"

    def format_option_value(self, part: dom.OptionValuePart) -> str:
        return f"`{part.value}`"

    def format_url(self, part: dom.URLPart) -> str:
        return f"<{part.url}>"

    def format_return_value(self, part: dom.ReturnValuePart, url: str | None) -> str:  # noqa: ARG002
        return f"`{part.name}`"


PLAINLY = Plainly()


def page(role: Path) -> str:
    """The README.md of a role."""
    blocks = [HEADER.rstrip()]
    for entry_point, spec in _specs(role).items():
        blocks += _entry_point(role, entry_point, spec)
    return "\n\n".join(blocks) + "\n"


def _entry_point(role: Path, name: str, spec: Mapping[str, Any]) -> Iterator[str]:
    main = name == "main"
    yield f"# {COLLECTION}.{role.name}" if main else f"## Entry point `{name}`"
    yield f"{spec['short_description']}."
    yield from islice(_paragraphs(spec.get("description")), 2)
    playbook = ROOT / "playbooks" / f"{role.name}.yml"
    if main and playbook.exists():
        yield "As a playbook:"
        mark = COMMAND_MARKS.get(role.name, "runnable")
        yield f"<!-- {mark} -->\n```sh\n{command(role.name, spec['options'])}\n```"
    if "examples" in spec:
        yield "## Examples"
        mark = EXAMPLE_MARKS.get((role.name, name), "")
        yield (f"<!-- {mark} -->\n" if mark else "") + f"```yaml\n{spec['examples'].rstrip()}\n```"
    yield "## Variables"
    entry_point_option = "" if main else f"-e {name} "
    anchor = _title(role.name, name).replace(",", "").replace(" ", "-")
    yield (
        f"[What the role does in full, and a sentence for each variable]({PAGE_URL}#{anchor}). "
        f"`ansible-doc -t role {entry_point_option}{COLLECTION}.{role.name}` shows all of it."
    )


def _title(role: str, entry_point: str) -> str:
    return role if entry_point == "main" else f"{role}, entry point {entry_point}"


def all_roles(roles: Sequence[Path]) -> str:
    """The page with what all roles do, and with their variables."""
    blocks = [HEADER.rstrip(), "# The roles and their variables"]
    blocks += ["`ansible-doc -t role certops.orders.decommission_domain` shows the variables of a role in full."]
    for role in roles:
        for name, spec in _specs(role).items():
            blocks += [f"## {_title(role.name, name)}", *_paragraphs(spec.get("description"))]
            blocks += ["\n".join(_table(spec["options"]))]
    return "\n\n".join(blocks) + "\n"


def _specs(role: Path) -> dict[str, Any]:
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = specs["argument_specs"]
    return found


def command(role: str, options: Mapping[str, Any]) -> str:
    """The playbook of a role with all that it needs."""
    needed = [name for name, option in options.items() if option.get("required") or name in VALUES]
    arguments = "".join(f" -e {name}={VALUES[name]}" for name in needed)
    return f"ansible-playbook {COLLECTION}.{role}{arguments}"


def _table(options: Mapping[str, Any]) -> Iterator[str]:
    yield "| Variable | Meaning | Type | Default |"
    yield "| --- | --- | --- | --- |"
    for name, of in options.items():
        kind = _kind(of)
        default = "required" if of.get("required") else f"`{json.dumps(of['default'])}`" if "default" in of else ""
        words = list(_paragraphs(of.get("description")))[:1]
        if "choices" not in of:
            # A long cell cannot be read.
            words = [_first_sentence(paragraph) for paragraph in words]
        else:
            words.append("One of " + ", ".join(f"`{choice}`" for choice in of["choices"]) + ".")
        yield f"| `{name}` | {' '.join(words)} | {kind} | {default} |"


def _first_sentence(paragraph: str) -> str:
    return re.split(r"(?<=[.]) (?=[A-Z`])", paragraph, maxsplit=1)[0]


def _kind(option: Mapping[str, Any]) -> str:
    """The type of an option; of one that a role reads itself, what its description begins with."""
    if option["type"] != "raw":
        return str(option["type"]) + (f" of {option['elements']}" if "elements" in option else "")
    words = " ".join(option["description"])
    return "list or text" if "List or text." in words else "int" if "A whole number;" in words else "raw"


def _paragraphs(description: str | list[str] | None) -> Iterator[str]:
    for text in [description] if isinstance(description, str) else description or []:
        paragraphs = parse([" ".join(text.split())], Context(role_entrypoint="main"))
        yield to_md(paragraphs, formatter=PLAINLY).strip()


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    names = [argument for argument in arguments if not argument.startswith("-")]
    every = sorted(path.parents[1] for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"))
    roles = [ROOT / "roles" / name for name in names] or every
    stale = []
    for file, text in [(PAGE, all_roles(every)), *((role / "README.md", page(role)) for role in roles)]:
        if check and (not file.exists() or file.read_text(encoding="utf-8") != text):
            stale.append(str(file.relative_to(ROOT)))
        elif not check:
            file.write_text(text, encoding="utf-8")
    if stale:
        print(f"not what meta/argument_specs.yml says: {', '.join(stale)}; run {sys.argv[0]}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
