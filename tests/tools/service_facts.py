# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of the services and the tests that cover them: writes docs/service_facts.md, or with --check compares it.

The facts stand in docs/development/service_facts.yml, the switches in the simulator, the sections in
docs/development/reference/. Checked is that every test that is named exists, that every switch has a test of the
simulator, a section with facts and a place on the reference page, that every section with facts is on that page, and
that every section that the code cites has facts. Needs Python 3.11 and PyYAML.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "service_facts.md"
FACTS = ROOT / "docs" / "development" / "service_facts.yml"
REFERENCE = ROOT / "docs" / "development" / "reference"
TESTS = ROOT / "tests"
CODE = ("plugins", "tests/simulator/certsim")
SERVICES = {"certcentral": "DigiCert CertCentral", "servertastic": "Servertastic"}

sys.path.insert(0, str(TESTS / "simulator"))

from certsim import limits  # noqa: E402  (found by the line above)
from certsim.certcentral.switches import SWITCHES as OF_CERTCENTRAL  # noqa: E402
from certsim.servertastic.switches import SWITCHES as OF_SERVERTASTIC  # noqa: E402
from certsim.switches import Switch  # noqa: E402

SWITCHES: list[Switch] = sorted((*limits.SWITCHES, *OF_CERTCENTRAL, *OF_SERVERTASTIC), key=lambda switch: switch.name)
# "reference/certcentral.md 2.1, 4.7" and "reference/certcentral.md 4.1 and 9" cite two sections each.
_CITED = re.compile(r"reference/(\w+)\.md((?:(?:, | and | )\d+(?:\.\d+)?)+)")
_SECTION = re.compile(r"\d+(?:\.\d+)?")
_HEADING = re.compile(r"^#{2,3} ((\d+(?:\.\d+)?)\.? .+)$", re.MULTILINE)

Facts = dict[str, dict[str, list[dict[str, Any]]]]


def facts() -> Facts:
    """The facts by service and section."""
    read: Facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    return read


@cache
def reference(service: str) -> str:
    """The reference page of a service."""
    return (REFERENCE / f"{service}.md").read_text(encoding="utf-8")


def anchor(title: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


@cache
def anchors(service: str) -> dict[str, str]:
    """The anchors of the numbered sections of a reference page, by number."""
    return {number: anchor(title) for title, number in _HEADING.findall(reference(service))}


@cache
def functions(path: Path) -> dict[str, str]:
    """The test functions of a file with their source, decorators included."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            found[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
    return found


@cache
def tests_of_switches() -> dict[str, list[str]]:
    """The tests of the simulator that name each switch, by the switch's name."""
    found: dict[str, list[str]] = {switch.name: [] for switch in SWITCHES}
    for path in sorted((TESTS / "unit" / "simulator").glob("test_*.py")):
        if path.stem == "test_service_facts":
            continue
        for name, source in functions(path).items():
            for switch, tests in found.items():
                if _names(source, switch):
                    tests.append(f"{path.stem}::{name}")
    return found


def _names(source: str, switch: str) -> bool:
    service, _dot, name = switch.partition(".")
    # A name of several words is specific enough, also at the end of a test's own name.
    alone = rf"|(?<![a-z]){name}(?![a-z_])" if "_" in name else ""
    return re.search(rf"\b{service}(?:__|\.){name}\b{alone}", source) is not None


def sections(reference: str) -> Iterator[tuple[str, str]]:
    """(service, section) of a switch's reference, such as "certcentral 2.2, 3"."""
    service, _blank, numbers = reference.partition(" ")
    if service in SERVICES:
        yield from ((service, number) for number in _SECTION.findall(numbers))


def cited() -> Iterator[tuple[Path, str, str]]:
    """(file, service, section) of what the code cites."""
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for service, numbers in _CITED.findall(path.read_text(encoding="utf-8")):
                for number in _SECTION.findall(numbers):
                    yield path, service, number


def disagreements(known: Facts) -> list[str]:
    """What the list contains and the repository does not have, or the other way round."""
    return [
        *_facts_without_tests(known),
        *_switches_without_facts(known),
        *_unknown_sections(known),
        *_gaps_of_reference(known),
    ]


def _facts_without_tests(known: Facts) -> Iterator[str]:
    for service, by_section in known.items():
        for section, several in by_section.items():
            for fact in several:
                place = f"{service} {section}, {fact['fact']!r}"
                if bool(fact.get("tests")) is bool(fact.get("untested")):
                    yield f"{place}: name its tests, or say in untested why there are none"
                for test in fact.get("tests", ()):
                    path, _colons, name = test.partition("::")
                    if not (TESTS / path).is_file() or name not in functions(TESTS / path):
                        yield f"{place}: there is no test {test}"


def _switches_without_facts(known: Facts) -> Iterator[str]:
    tests = tests_of_switches()
    for switch in SWITCHES:
        if not tests[switch.name]:
            yield f"no test of the simulator names the switch {switch.name}"
        for service, section in sections(switch.reference):
            if section not in known.get(service, {}):
                yield f"the switch {switch.name} refers to {service} {section}, of which there is no fact"


def _unknown_sections(known: Facts) -> Iterator[str]:
    for path, service, section in cited():
        if service in known and not any(f"{each}.".startswith(f"{section}.") for each in known[service]):
            yield f"{path.relative_to(ROOT)} cites {service} {section}, of which there is no fact"


def _gaps_of_reference(known: Facts) -> Iterator[str]:
    for service, by_section in known.items():
        for section in by_section:
            if section not in anchors(service):
                yield f"there are facts of {service} {section}, and {service}.md has no such section"
    names = {switch.name for switch in SWITCHES}
    for switch in SWITCHES:
        for service in {service for service, _section in sections(switch.reference)}:
            if f"`{switch.name}`" not in reference(service):
                yield f"the switch {switch.name} is not on the page {service}.md"
    for service in SERVICES:
        for name in set(re.findall(rf"`((?:{service}|rate)\.[a-z_]+)`", reference(service))):
            if name not in names:
                yield f"{service}.md names a switch {name}, which the simulator does not have"


def page(known: Facts) -> str:
    """The page of the documentation."""
    return "\n".join([*_head(), *_facts(known), *_switches()]) + "\n"


def _head() -> list[str]:
    return [
        "<!--",
        # The copyright and the license, copied from this file.
        *(line.removeprefix("# ") for line in Path(__file__).read_text(encoding="utf-8").splitlines()[:3]),
        "",
        "Generated by tests/tools/service_facts.py, and compared by its --check.",
        "-->",
        "",
        "# Service facts and the tests that cover them",
        "",
        "The sections are those of the reference pages, which the code cites:",
        *(
            f"[{title}](development/reference/{service}.md){end}"
            for (service, title), end in zip(SERVICES.items(), (" and", "."), strict=True)
        ),
        "A fact is *open* if no source settles it: the simulator has a switch for it, and the collection is correct",
        "with each of its values. Paths are relative to `tests/`.",
    ]


def _facts(known: Facts) -> Iterator[str]:
    for service, title in SERVICES.items():
        yield from ("", f"## {title}", "", "| Section | Fact | Open | Tests |", "|---|---|---|---|")
        for section, several in known[service].items():
            for fact in several:
                tests = ", ".join(f"`{test}`" for test in fact.get("tests", ()))
                shown = tests or f"None: {fact['untested']}"
                link = f"[{section}](development/reference/{service}.md#{anchors(service).get(section, '')})"
                yield f"| {link} | {_cell(fact['fact'])} | {_cell(fact.get('open', ''))} | {shown} |"


def _switches() -> Iterator[str]:
    yield from ("", "## Switches of the simulator", "")
    yield "[The simulator's README](../tests/simulator/README.md#switches) has their values, defaults and meanings, and"
    yield "describes how to set one. The tests are in `unit/simulator/`."
    yield from ("", "| Switch | Section | Tests |", "|---|---|---|")
    tests = tests_of_switches()
    for switch in SWITCHES:
        names = ", ".join(f"`{test}`" for test in tests[switch.name])
        yield f"| `{switch.name}` | {_cell(switch.reference)} | {names} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    """Write or check the page; returns the exit status."""
    known = facts()
    wrong = disagreements(known)
    if "--check" not in arguments:
        PAGE.write_text(page(known), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page(known):
        wrong.append(f"{PAGE.relative_to(ROOT)} is not up to date: run tests/tools/service_facts.py")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
