# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The browser of this machine.

Where it has none, tests are skipped, unless BROWSER_REQUIRED is set, as in the public workflow: then they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PATH = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = bool(os.environ.get("BROWSER_REQUIRED"))
needed = pytest.mark.skipif(PATH is None and not REQUIRED, reason="needs a browser: Debian's package chromium")
# It must not request anything outside by itself; as root it has no sandbox.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-gpu", "--disable-quic"]
QUIET += ["--disable-sync", "--no-first-run", *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@contextmanager
def launched() -> Iterator[Any]:
    """The browser, by playwright."""
    assert PATH, "BROWSER_REQUIRED is set, and there is no browser: Debian's package chromium"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


class OpenedPage:
    """An open page, its console messages, and its requests."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.console: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.console.append(message.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def width(self) -> int:
        """The width of the page in pixels; it scrolls horizontally where this is more than its window has."""
        return int(self.page.evaluate("document.documentElement.scrollWidth"))
