# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of properties share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis.strategies import SearchStrategy


def examples(number: int, **more: Any) -> settings:
    """Settings for `number` examples, or the profile's percentage of them (tests/unit/conftest.py)."""
    return settings(max_examples=max(1, number * settings().max_examples // 100), **more)


class _AllMet(Exception):
    """Everything that was waited for has occurred."""


def assert_occur(
    wanted: Iterable[str],
    strategy: SearchStrategy[Any],
    occurring: Callable[[Any], Iterable[str]],
    *,
    least: int,
    among: Iterable[str] | None = None,
) -> None:
    """Assert that examples of a strategy have all of `wanted`, so that properties of them are not about nothing.

    occurring: what an example has. least: the number of examples to check; more, until all of `wanted` have occurred,
    as how soon a rare one comes differs between versions of hypothesis. among: what may occur, by default `wanted`.
    """
    possible = set(wanted if among is None else among)
    met: set[str] = set()
    seen = 0

    @settings(max_examples=20_000, phases=(Phase.generate,), deadline=None)
    @given(strategy)
    def meet(example: Any) -> None:
        nonlocal seen
        met.update(occurring(example))
        seen += 1
        assert met <= possible
        if seen >= least and met >= set(wanted):
            raise _AllMet

    with pytest.raises(_AllMet):
        meet()
