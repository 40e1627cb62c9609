# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides of the documentation site: every page is in the index, and links lead where the site has something."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.certops.orders.tests.tools.docs_site import (
    DOCS,
    INDEX,
    REPOSITORY,
    chapters,
    index_page,
    site_files,
    site_link,
    write,
)


def index() -> str:
    return (DOCS / INDEX).read_text(encoding="utf-8")


def test_every_page_is_in_the_index_once() -> None:
    listed = [name for _title, names in chapters(index()) for name in names]
    pages = [name[len("docs/") :] for name in site_files() if name.endswith(".md") and name != f"docs/{INDEX}"]
    assert sorted(listed) == sorted(pages)


def test_the_index_becomes_a_tree_of_contents() -> None:
    text = index_page(
        "# Title\n\n## Begin\n\n- [First](first_steps.md): text\n- [Reference](development/reference/a.md)\n"
    )
    assert ":caption: Begin\n\nfirst_steps\ndevelopment/reference/a\n```" in text
    assert ":caption: Reference\n\nreference/changelog\nPlugins, roles <reference/index>\n```" in text


@pytest.mark.parametrize(
    ("link", "folder", "expected"),
    [
        ("approvals.md#rehearse-a-plan", "docs", "approvals.md#rehearse-a-plan"),
        ("#anchor", "docs", "#anchor"),
        ("https://example.com/a.md", "docs", "https://example.com/a.md"),
        ("images/order_report.png", "docs", "images/order_report.png"),
        ("../roles/order_report/README.md", "docs", "reference/order_report_role.rst"),
        ("../tests/simulator/README.md#keys", "docs", f"{REPOSITORY}/blob/main/tests/simulator/README.md#keys"),
        ("awx_project", "docs", f"{REPOSITORY}/tree/main/docs/awx_project"),
        ("development/architecture.md", "docs", f"{REPOSITORY}/blob/main/docs/development/architecture.md"),
        ("../../service_facts.md", "docs/development/reference", "../../service_facts.md"),
    ],
)
def test_links(link: str, folder: str, expected: str) -> None:
    assert site_link(link, folder) == expected


def test_the_pages_are_written(tmp_path: Path) -> None:
    write(tmp_path)

    assert (tmp_path / "index.md").read_text(encoding="utf-8").count("```{toctree}") >= 3
    assert not (tmp_path / INDEX).exists()
    assert (tmp_path / "images" / "life_certcentral.svg").exists()
    assert "../tests/" not in (tmp_path / "rehearsing.md").read_text(encoding="utf-8")
