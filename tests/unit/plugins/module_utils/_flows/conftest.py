# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services for the tests of flows, closed at their end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.tests.unit.plugins.module_utils._flows.book import Book


@pytest.fixture
def book() -> Iterator[Callable[..., Book]]:
    """Make a Book."""
    with ExitStack() as at_the_end:

        def make(*orders: Any, **options: Any) -> Book:
            made = Book(*orders, **options)
            at_the_end.callback(made.close)
            return made

        yield make
