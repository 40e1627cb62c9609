# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers for the tests of modules, closed at their end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import Account, Call, Conversation


@pytest.fixture
def conversation() -> Iterator[Callable[..., Conversation]]:
    """Make a Conversation of the calls given; at the end of the test it must have gone exactly so."""
    with ExitStack() as at_the_end:
        made: list[Conversation] = []

        def make(*calls: Call | list[Call]) -> Conversation:
            server = Conversation(*calls)
            made.append(server)
            at_the_end.callback(server.close)
            return server

        yield make
        for server in made:
            server.ends()


@pytest.fixture
def account() -> Iterator[Callable[..., Account]]:
    """Make an Account."""
    with ExitStack() as at_the_end:

        def make(*arguments: Any, **options: Any) -> Account:
            server = Account(*arguments, **options)
            at_the_end.callback(server.close)
            return server

        yield make
