# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report's page in a real browser: it is silent, accessible in every dress, quick, and runs no injected script.

Pictures of it are left in the folder that BROWSER_OUTPUT names, tests/output/browser where it names none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._reports.data import report_of
from ansible_collections.certops.orders.plugins.module_utils._reports.html import to_html
from ansible_collections.certops.orders.tests.browser import chromium, sample

pytest.importorskip("playwright.sync_api", reason="needs tests/browser/requirements.txt")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs tests/browser/requirements.txt")

pytestmark = chromium.needed
OUTPUT = Path(os.environ.get("BROWSER_OUTPUT") or Path(__file__).resolve().parents[1] / "output" / "browser")

DESK = {"width": 1200, "height": 1000}
PHONE = {"width": 390, "height": 844}
DRESSES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": DESK},
    "dark": {"color_scheme": "dark", "viewport": DESK},
    "phone": {"color_scheme": "light", "viewport": PHONE, "is_mobile": True, "has_touch": True},
    "phone-dark": {"color_scheme": "dark", "viewport": PHONE, "is_mobile": True, "has_touch": True},
    "contrast": {"color_scheme": "light", "viewport": DESK, "forced_colors": "active"},
}
REPORTS: dict[str, dict[str, Any]] = {
    "apply": sample.report(),
    "plan": {**sample.report(planned=30), "phase": "plan"},
    "account": {**sample.report(), "phase": "report", "entries": []},
    "empty": {**sample.report(0), "entries": []},
    "refused": sample.refused(),
    "selection": sample.selection(),
}
FILES = {"html": "report.html", "csv": "report.csv", "json": "report.json"}
# A wide font and a narrow one; where the machine lacks one, the browser takes another.
FONTS = ('"DejaVu Sans", Verdana, sans-serif', '"Liberation Sans Narrow", "DejaVu Serif", Times, serif')
HOSTILE = [
    "<script>document.title='owned'</script>",
    "\"><img src=//evil.example/x onerror=document.title='owned'>",
    "</style></title></svg></table><style>body{display:none}</style>",
    "<svg onload=document.title='owned'>",
    "javascript:document.title='owned'",
    "https://evil.example/",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "\u202egnp.exe\u2066\x00\x1b[2J",
    "x" * 600,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with chromium.launched() as browser:
        yield browser


class OpenedPage(chromium.OpenedPage):
    """An open page of a report."""

    def violations(self) -> list[str]:
        found = axe.Axe().run(self.page).response["violations"]
        return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@contextmanager
def opened(browser: Any, folder: Path, data: Mapping[str, Any], dress: Mapping[str, Any]) -> Iterator[OpenedPage]:
    file = folder / "report.html"
    file.write_text(to_html(report_of(data), FILES), encoding="utf-8")
    context = browser.new_context(**dress)
    try:
        opened_page = OpenedPage(context.new_page())
        opened_page.page.goto(file.as_uri())
        yield opened_page
        # Whatever was done to it, it loads itself and no more, and has nothing to complain of.
        assert opened_page.asked == [file.as_uri()]
        assert opened_page.console == []
    finally:
        context.close()


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("report", REPORTS)
def test_it_is_silent_and_accessible(browser: Any, tmp_path: Path, report: str, dress: str) -> None:
    with opened(browser, tmp_path, REPORTS[report], DRESSES[dress]) as opened_page:
        # Nothing to scroll sideways.
        width = opened_page.page.evaluate("document.documentElement.scrollWidth")
        assert width <= DRESSES[dress]["viewport"]["width"]
        opened_page.page.screenshot(path=OUTPUT / f"{report}-{dress}.png")
        if report == "apply":
            opened_page.page.screenshot(path=OUTPUT / f"{report}-{dress}-whole.png", full_page=True)
        assert opened_page.violations() == []


def test_hostile_text_does_nothing(browser: Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, sample.hostile(HOSTILE), DRESSES["light"]) as opened_page:
        assert "owned" not in opened_page.page.title()[:20]
        assert opened_page.page.evaluate("document.scripts.length + document.images.length") == 0
        assert opened_page.page.evaluate("getComputedStyle(document.body).display") == "block"
        hrefs = opened_page.page.evaluate("[...document.links].map(link => link.getAttribute('href'))")
        assert {href for href in hrefs if not href.startswith("#")} == {"report.csv", "report.json"}
        assert "\\u202egnp.exe" in opened_page.page.inner_text("main")
        assert opened_page.page.evaluate("document.documentElement.scrollWidth") <= DESK["width"]
        assert opened_page.violations() == []


def test_an_injected_script_is_not_run(browser: Any, tmp_path: Path) -> None:
    page = to_html(report_of(sample.report(10)))
    bad = "<script>document.title='owned'</script><style>h1{display:none}</style><img src='http://127.0.0.1:9/'>"
    file = tmp_path / "bad.html"
    file.write_text(page.replace("<main>", "<main>" + bad), encoding="utf-8")
    context = browser.new_context()
    opened_page = OpenedPage(context.new_page())
    opened_page.page.goto(file.as_uri())
    assert opened_page.page.title() != "owned"
    assert opened_page.page.locator("h1").is_visible()
    # The policy, and not luck: the browser reports that it refused each of them.
    assert len([line for line in opened_page.console if "Content Security Policy" in line]) == 3
    context.close()


# Every text that is wider than what it is in. The headings of a phone's tables, which only screen readers have, do not
# count.
CLIPPED = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const hidden = text.parentElement.closest("thead");
    if (!text.data.trim() || (hidden && getComputedStyle(hidden).clipPath !== "none")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) {
      for (let around = text.parentElement; around !== document.documentElement; around = around.parentElement) {
        const style = getComputedStyle(around);
        // What scrolls may be wider than it shows.
        if (style.overflowX === "auto") break;
        if (style.display === "inline") continue;
        const outer = around.getBoundingClientRect();
        if (box.left < outer.left - 1 || box.right > outer.right + 1) found.push([text.data, around.tagName]);
      }
    }
  }
  // A picture would scale its text, and cut it.
  return found.concat([...document.querySelectorAll("svg text")].map(text => [text.textContent, "svg"]));
}"""


# Every number and date in more than one line.
BROKEN = """() => [...document.querySelectorAll("td.number, .tiles strong, time, time + .pill")].filter(each => {
  const range = document.createRange();
  range.selectNodeContents(each);
  return new Set([...range.getClientRects()].filter(box => box.width).map(box => box.bottom)).size > 1;
}).map(each => each.textContent)"""


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("dress", ["light", "phone"])
@pytest.mark.parametrize("report", ["account", "apply"])
def test_numbers_of_five_digits_are_not_clipped(
    browser: Any, tmp_path: Path, report: str, dress: str, font: str
) -> None:
    data = sample.large(report)
    # The policy of the page would refuse the other font.
    with opened(browser, tmp_path, data, {**DRESSES[dress], "bypass_csp": True}) as opened_page:
        opened_page.page.add_style_tag(content=f"*{{font-family:{font} !important}}")
        shown = opened_page.page.inner_text("body")
        assert "21,084" in shown
        assert opened_page.page.evaluate(CLIPPED) == []
        assert opened_page.page.evaluate(BROKEN) == []
        # Beside such numbers there is still a column for names, and not for letters.
        widths = opened_page.page.evaluate(
            "[...document.querySelectorAll('.numbers th:first-child')].map(e => e.offsetWidth)"
        )
        assert min(widths, default=150) > 120
        assert opened_page.page.evaluate("document.documentElement.scrollWidth") <= DRESSES[dress]["viewport"]["width"]
        opened_page.page.screenshot(
            path=OUTPUT / f"five-digits-{report}-{dress}-{FONTS.index(font)}.png", full_page=True
        )


def test_a_text_that_is_clipped_is_found(browser: Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, REPORTS["account"], {**DRESSES["light"], "bypass_csp": True}) as opened_page:
        opened_page.page.add_style_tag(content=".number{display:block;width:1ch!important;padding:0!important}")
        assert len(opened_page.page.evaluate(CLIPPED)) > 10


def _busy(session: Any) -> float:
    """The seconds that the page's main thread has worked."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def test_ten_thousand_orders_open_in_a_second(browser: Any, tmp_path: Path) -> None:
    data = sample.report(orders=10_000, planned=10_000)
    with opened(browser, tmp_path, data, DRESSES["light"]) as opened_page:
        assert (tmp_path / "report.html").stat().st_size < 5_000_000
        # Its own time, however busy the machine is with something else.
        session = opened_page.page.context.new_cdp_session(opened_page.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = _busy(session)
        opened_page.page.reload()
        took = _busy(session) - before
        opened_page.asked = opened_page.asked[:1]
        assert 0 < took < 1, took
        # The last of them can be reached and read.
        last = opened_page.page.locator("#irreversible tbody tr").last
        last.scroll_into_view_if_needed()
        assert last.is_visible()


def test_it_prints_on_white(browser: Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, REPORTS["apply"], DRESSES["dark"]) as opened_page:
        opened_page.page.pdf(path=OUTPUT / "apply.pdf", format="A4", print_background=True)
        opened_page.page.emulate_media(media="print")
        assert opened_page.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert opened_page.page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(26, 35, 48)"
    assert (OUTPUT / "apply.pdf").stat().st_size > 10_000
