# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Named switches: one for each behaviour that no source settles, and for the neutral machinery."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_BOOLS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}


class UnknownSwitch(ValueError):
    """A switch was named that does not exist."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch: its values in words, its default, what it does and where the doubt comes from."""

    name: str
    values: str
    default: Any
    doc: str
    reference: str
    parse: Callable[[object], Any]


def choice(name: str, values: Iterable[str], *, default: str, doc: str, reference: str) -> Switch:
    """Declare a switch that takes one of some words."""
    allowed = tuple(values)

    def parse(value: object) -> str:
        if str(value) not in allowed:
            raise ValueError(f"{name} is one of {', '.join(allowed)}, not {value!r}")
        return str(value)

    return Switch(name, "|".join(allowed), default, doc, reference, parse)


def boolean(name: str, *, default: bool, doc: str, reference: str) -> Switch:
    """Declare a switch that is true or false."""

    def parse(value: object) -> bool:
        word = str(value).lower()
        if word not in _BOOLS:
            raise ValueError(f"{name} is true or false, not {value!r}")
        return _BOOLS[word]

    return Switch(name, "true|false", default, doc, reference, parse)


def number(
    name: str, *, default: float, doc: str, reference: str, above: float | None = None, unit: str = "number"
) -> Switch:
    """Declare a switch that takes a number of at least 0, or greater than ``above``."""

    def parse(value: object) -> float:
        try:
            result = float(str(value))
        except ValueError as error:
            raise ValueError(f"{name} is a number, not {value!r}") from error
        too_small = result < 0 if above is None else result <= above
        if too_small or not math.isfinite(result):
            raise ValueError(f"{name} is out of range: {value!r}")
        return result

    return Switch(name, unit, default, doc, reference, parse)


def whole_number(name: str, *, default: int, doc: str, reference: str, least: int = 0) -> Switch:
    """Declare a switch that takes a whole number of at least ``least``."""

    def parse(value: object) -> int:
        digits = str(value)
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 9) or int(digits) < least:
            raise ValueError(f"{name} is a whole number of at least {least}, not {value!r}")
        return int(digits)

    return Switch(name, "whole number", default, doc, reference, parse)


def text(name: str, *, default: str, doc: str, reference: str, values: str, check: Callable[[str], object]) -> Switch:
    """Declare a switch that takes text which ``check`` accepts without a ValueError."""

    def parse(value: object) -> str:
        try:
            check(str(value))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        return str(value)

    return Switch(name, values, default, doc, reference, parse)


class Switches:
    """The present values of all switches."""

    def __init__(self, declared: Iterable[Switch]) -> None:
        self._declared = {switch.name: switch for switch in declared}
        self._values = {name: switch.default for name, switch in self._declared.items()}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def declared(self) -> list[Switch]:
        """Return every switch, sorted by name."""
        return [self._declared[name] for name in sorted(self._declared)]

    def values(self) -> dict[str, Any]:
        """Return every switch's present value."""
        return dict(self._values)

    def parse(self, wanted: Mapping[str, object]) -> dict[str, Any]:
        """Return wanted with every value parsed, changing nothing.

        Raises:
            UnknownSwitch: a name is not declared.
            ValueError: a value does not suit its switch.
        """
        unknown = sorted(set(wanted) - set(self._declared))
        if unknown:
            raise UnknownSwitch(f"unknown switch: {', '.join(unknown)} (see --list-switches)")
        return {name: self._declared[name].parse(value) for name, value in wanted.items()}

    def update(self, wanted: Mapping[str, object]) -> None:
        """Set the switches that are named; all of them or, on a bad one, none."""
        self._values.update(self.parse(wanted))

    def restore_defaults(self) -> None:
        """Set every switch to its default."""
        self._values = {name: switch.default for name, switch in self._declared.items()}
