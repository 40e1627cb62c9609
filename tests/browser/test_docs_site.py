# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of the documentation site in a real browser: no horizontal scrolling, all headings, no error in the console.

The site is in the folder that DOCS_SITE names, build/docs_site where it names none; `nox -s docs_site` builds it and
runs these tests. Pictures are left where those of test_order_report.py are.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.browser import chromium

pytest.importorskip("playwright.sync_api", reason="needs tests/browser/requirements.txt")

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(os.environ.get("DOCS_SITE") or ROOT / "build" / "docs_site")
OUTPUT = Path(os.environ.get("BROWSER_OUTPUT") or ROOT / "tests" / "output" / "browser")
pytestmark = [
    chromium.needed,
    pytest.mark.skipif(
        not (SITE / "index.html").is_file() and not os.environ.get("DOCS_SITE"),
        reason="needs the documentation site: nox -s docs_site",
    ),
]

WINDOWS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 1000}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
# Pages with the guides that they are made from: the first page, and two with long tables.
GUIDES = {"index": "README", "service_facts": "service_facts", "troubleshooting": "troubleshooting"}
# A page of antsibull-docs, whose tables are the widest.
REFERENCE = "reference/digicert_order_info_module"
SECTIONS = {"Synopsis", "Requirements", "Parameters", "Attributes", "Examples", "Return Values"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with chromium.launched() as browser:
        yield browser


@contextmanager
def opened(browser: Any, page: str, window: str) -> Iterator[chromium.OpenedPage]:
    context = browser.new_context(**WINDOWS[window])
    try:
        opened_page = chromium.OpenedPage(context.new_page())
        opened_page.page.goto((SITE / f"{page}.html").as_uri())
        yield opened_page
        # It loads files of the site only, and all of them are there.
        assert [url for url in opened_page.asked if not url.startswith(SITE.as_uri())] == []
        assert opened_page.console == []
    finally:
        context.close()


def headings(opened_page: chromium.OpenedPage, level: int) -> list[str]:
    """The headings that are shown, without their links."""
    found = opened_page.page.locator(f"article h{level}:visible").all_inner_texts()
    return [text.removesuffix("¶").strip() for text in found]


def written(guide: str, level: int) -> list[str]:
    """The headings of a Markdown page, without markup."""
    text = (ROOT / "docs" / f"{guide}.md").read_text(encoding="utf-8")
    text = re.sub(r"^(```|~~~).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    return [heading.replace("`", "") for heading in re.findall(rf"^{'#' * level} (.+)$", text, re.MULTILINE)]


def check_width(opened_page: chromium.OpenedPage, window: str) -> None:
    assert opened_page.width() <= WINDOWS[window]["viewport"]["width"]
    opened_page.page.evaluate("window.scrollTo(1000, 0)")
    assert opened_page.page.evaluate("window.scrollX") == 0


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("page", GUIDES)
def test_guides(browser: Any, page: str, window: str) -> None:
    with opened(browser, page, window) as opened_page:
        opened_page.page.screenshot(path=OUTPUT / f"docs-{page}-{window}.png")
        check_width(opened_page, window)
        assert headings(opened_page, 1) == written(GUIDES[page], 1) != []
        assert headings(opened_page, 2) == written(GUIDES[page], 2) != []


@pytest.mark.parametrize("window", WINDOWS)
def test_reference(browser: Any, window: str) -> None:
    with opened(browser, REFERENCE, window) as opened_page:
        opened_page.page.screenshot(path=OUTPUT / f"docs-{Path(REFERENCE).name}-{window}.png")
        check_width(opened_page, window)
        assert [title.partition(" ")[0] for title in headings(opened_page, 1)] == ["certops.orders.digicert_order_info"]
        assert set(headings(opened_page, 2)) >= SECTIONS


def test_a_page_that_is_too_wide_is_found(browser: Any) -> None:
    with opened(browser, "index", "desk") as opened_page:
        opened_page.page.add_style_tag(content="article h1{width:2000px}")
        assert opened_page.width() > WINDOWS["desk"]["viewport"]["width"]
