# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""References between code and contributor pages: cited sections, links, paths and names of tests exist."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.certops.orders.tests.tools.service_facts import SERVICES, anchor
from ansible_collections.certops.orders.tests.tools.service_facts import anchors as sections

ROOT = Path(__file__).resolve().parents[3]
DEVELOPMENT = ROOT / "docs" / "development"
UTILS = ROOT / "plugins" / "module_utils"
PAGES = sorted(
    [
        *(ROOT / name for name in ("CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md")),
        ROOT / "docs" / "service_facts.md",
        *(ROOT / ".github").rglob("*.md"),
        *DEVELOPMENT.rglob("*.md"),
    ]
)

# What a user reads; its links are checked as well.
LINKING = sorted(
    {
        *PAGES,
        ROOT / "README.md",
        ROOT / "tests" / "simulator" / "README.md",
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("roles/*/README.md"),
        *ROOT.glob("docs/docsite/rst/*.rst"),
    }
)

_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_NUMBERS = r"\d+(?:\.\d+)?(?:(?:, section |, | and | to )\d+(?:\.\d+)?)*"
# "docs/development/reference/certcentral.md 2.1, 4.7", also with a comma or the word section before the number.
_CITED = re.compile(rf"reference/(\w+)\.md(?:(?:, sections? |, | )({_NUMBERS}))?")
# "(2.1)" or "(section 4)" in a file that cites one page only.
_SHORT = re.compile(rf"(?<= )\((?:sections? )?({_NUMBERS})\)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
# A file of this repository by its full address.
_ADDRESS = re.compile(r"https://github\.com/certops/certops\.orders/(?:blob|tree)/main/([^\s)>\"']+)")
_PATH = re.compile(r"`((?:changelogs|docs|extensions|meta|playbooks|plugins|roles|tests)/[\w./*-]+|_[a-z_]+/[\w.*]*)`")
_TEST = re.compile(r"`(test_\w+)`")


def files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".json", ".md", ".py", ".yml") and path.is_file() and path != Path(__file__):
                yield path


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", text)


def texts(path: Path) -> str:
    """The comments and strings of a Python file."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    return "\n".join(token.string for token in tokens if token.type in (tokenize.COMMENT, tokenize.STRING))


def unknown_sections(text: str) -> list[str]:
    cited = _CITED.findall(text)
    return [
        f"{service} {number}"
        for service, several in cited
        for number in numbers(several)
        if service not in SERVICES or number not in sections(service)
    ]


def short_citations(path: Path) -> list[tuple[str, str]]:
    """(service, section) of the numbers in parentheses in a file that cites one page only."""
    text = texts(path)
    services = {service for service, _numbers in _CITED.findall(text)}
    if len(services) != 1:
        return []
    (service,) = services
    return [(service, number) for several in _SHORT.findall(text) for number in numbers(several)]


def test_every_cited_section_exists() -> None:
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in files("docs", "extensions", "plugins", "tests")
        if (found := unknown_sections(path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


def test_every_section_that_is_cited_in_short_exists() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {service} {number}"
        for path in files("extensions", "plugins", "tests/simulator")
        if path.suffix == ".py"
        for service, number in short_citations(path)
        if number not in sections(service)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("docs/development/reference/certcentral.md 2.1, 4.7", []),
        ("reference/servertastic.md 0 and 5", []),
        ("reference/servertastic.md, section 3.2", []),
        ("reference/certcentral.md", []),
        ("reference/certcentral.md 2.1, 4.9", ["certcentral 4.9"]),
        ("reference/certcentral.md, section 12", ["certcentral 12"]),
        ("reference/another.md 1", ["another 1"]),
    ],
)
def test_a_section_that_does_not_exist_is_noticed(text: str, wrong: list[str]) -> None:
    assert unknown_sections(text) == wrong


def test_citations_have_the_path_of_the_page() -> None:
    short = re.compile(r"(?<!docs/development/)(?<!development/)\breference/(?:certcentral|servertastic)\.md")
    # The tools match both forms.
    tools = ROOT / "tests" / "tools"
    wrong = [
        str(path.relative_to(ROOT))
        for path in files("extensions", "plugins", "tests")
        if tools not in path.parents and short.search(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def anchors(page: Path) -> set[str]:
    titles = _HEADING.findall(page.read_text(encoding="utf-8"))
    return set(map(anchor, titles))


def broken_links(page: Path) -> Iterator[str]:
    text = page.read_text(encoding="utf-8")
    relative = [(page.parent, link) for link in _LINK.findall(text) if "://" not in link]
    for folder, link in [*relative, *((ROOT, path) for path in _ADDRESS.findall(text))]:
        path, _hash, anchor = link.partition("#")
        target = (folder / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("page", LINKING, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_into_the_repository_lead_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_the_readme_has_full_addresses_only() -> None:
    links = _LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(links) > 20
    assert [link for link in links if not link.startswith("https://")] == []


def test_the_readme_has_the_sections_that_a_certified_collection_needs() -> None:
    titles = re.findall(r"^## (.+)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert titles == [
        "Description",
        "Requirements",
        "Installation",
        "Use Cases",
        "Testing",
        "Support",
        "Release Notes and Roadmap",
        "Related Information",
        "License Information",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_exist(page: Path) -> None:
    """Paths that begin with an underscore are relative to plugins/module_utils."""
    wrong = []
    for path in _PATH.findall(page.read_text(encoding="utf-8")):
        folder = UTILS if path.startswith("_") else ROOT
        if not list(folder.glob(path.rstrip("/"))):
            wrong.append(path)
    assert wrong == []


def test_the_tests_that_the_security_page_names_exist() -> None:
    names = set(_TEST.findall((ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    found = {
        node.name
        for path in files("tests")
        if path.name.startswith("test_") and path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert len(names) > 20
    assert sorted(names - found) == []
