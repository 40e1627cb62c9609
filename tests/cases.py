# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Matrices of cases inside one test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from inspect import Signature, signature
from typing import Any, Callable

Test = Callable[..., None]


def each(names: str | Sequence[str], values: Iterable[Any]) -> Callable[[Test], Test]:
    """Run a test for each of `values`, like pytest.mark.parametrize but as one test, whose fixtures are made once.

    For matrices of dozens of cases, where pytest's work for each id takes longer than the case. Several decorators
    make the product. The error of the first case that fails names its values.
    """
    keys = (names,) if isinstance(names, str) else tuple(names)
    rows = [(row,) if isinstance(names, str) else tuple(row) for row in values]

    def decorate(test: Test) -> Test:
        def run_all(**more: Any) -> None:
            for row in rows:
                case = dict(zip(keys, row))
                try:
                    test(**case, **more)
                except Exception as error:
                    raise AssertionError(f"with {case}") from error

        run_all.__name__, run_all.__doc__, run_all.__module__ = test.__name__, test.__doc__, test.__module__
        # What is left are fixtures.
        others = [one for one in signature(test).parameters.values() if one.name not in keys]
        run_all.__signature__ = Signature(others)  # type: ignore[attr-defined]
        return run_all

    return decorate
