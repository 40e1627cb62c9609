# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: armed in order through the control interface, each applied to the calls that it matches."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from certsim.exchange import Call, OrderId


class Stage(Enum):
    """When a fault strikes, relative to the call taking effect."""

    BEFORE = "the call does not take effect"
    AFTER = "the call takes effect"
    WITHIN = "the provider plays it"
    LATER = "the call takes effect later"
    PAST = "a read is answered from an earlier state"


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault; ``params`` holds each parameter's default, whose type is the parameter's."""

    name: str
    stage: Stage
    doc: str
    params: Mapping[str, Any] = field(default_factory=dict)
    times: int = 1
    method: str | None = None
    path: str | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Fault:
    """An armed fault: it lets ``skip`` matching calls pass, then strikes ``times`` times (-1: without end)."""

    kind: FaultKind
    params: dict[str, Any]
    method: str | None
    path: re.Pattern[str] | None
    order_id: str | None
    skip: int
    times: int

    def matches(self, call: Call, full_path: str, order_id: OrderId | None) -> bool:
        """Return whether the fault is about this call."""
        return (
            (self.method is None or self.method == call.method)
            and (self.path is None or self.path.search(full_path) is not None)
            and (self.order_id is None or self.order_id == str(order_id))
        )

    def as_json(self) -> dict[str, Any]:
        """Return the fault as the control interface shows it."""
        return {
            "kind": self.kind.name,
            "method": self.method,
            "path": self.path.pattern if self.path else None,
            "order_id": self.order_id,
            "skip": self.skip,
            "times": self.times,
            **self.params,
        }


class FaultQueue:
    """The armed faults. The first that matches a call and has nothing to skip strikes it."""

    def __init__(self, kinds: Iterable[FaultKind]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._armed: list[Fault] = []

    def arm(self, wanted: Mapping[str, Any]) -> Fault:
        """Append a fault.

        Raises:
            ValueError: the kind or a parameter is unknown, or a value has the wrong type.
        """
        fault = self._read(dict(wanted))
        self._armed.append(fault)
        return fault

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """Return the faults that are still armed."""
        return [fault.as_json() for fault in self._armed]

    @property
    def wants_past(self) -> bool:
        """Whether a fault is armed that shows earlier states."""
        return any(fault.kind.stage is Stage.PAST for fault in self._armed)

    def take(
        self,
        call: Call,
        full_path: str,
        order_id: OrderId | None,
        own: Collection[FaultKind],
        *,
        has_past: bool = False,
    ) -> Fault | None:
        """Return the fault that strikes this call, and count it down.

        ``own`` are its provider's kinds; ``has_past``: whether the provider has an earlier state to show.
        """
        for fault in self._armed:
            foreign = fault.kind.stage is Stage.WITHIN and fault.kind not in own
            too_early = fault.kind.stage is Stage.PAST and not has_past
            if foreign or too_early or not fault.matches(call, full_path, order_id):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times > 0:
                fault.times -= 1
            if fault.times == 0:
                self._armed.remove(fault)
            return fault
        return None

    def _read(self, wanted: dict[str, Any]) -> Fault:
        name = wanted.pop("kind", None)
        kind = self._kinds.get(str(name))
        if kind is None:
            raise ValueError(f"unknown fault kind {name!r}; there are {', '.join(sorted(self._kinds))}")
        method = wanted.pop("method", kind.method)
        path = wanted.pop("path", kind.path)
        order_id = wanted.pop("order_id", None)
        skip = _typed("skip", 0, wanted.pop("skip", 0))
        times = _typed("times", 1, wanted.pop("times", kind.times))
        if skip < 0 or (times < 1 and times != -1):
            raise ValueError("skip is at least 0, and times at least 1 or -1 (for ever)")
        return Fault(
            kind,
            _params(kind, wanted),
            None if method is None else str(method).upper(),
            None if path is None else _pattern(str(path)),
            None if order_id is None else str(order_id),
            skip,
            times,
        )


def _params(kind: FaultKind, given: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(given) - set(kind.params))
    if unknown:
        raise ValueError(f"fault {kind.name} has no parameter {', '.join(unknown)}; it has {sorted(kind.params)}")
    params = {name: _typed(name, default, given.get(name, default)) for name, default in kind.params.items()}
    for name, allowed in kind.choices.items():
        if params[name] not in allowed:
            raise ValueError(f"{name} is one of {', '.join(allowed)}, not {params[name]!r}")
    if not 200 <= params.get("status", 200) <= 599:
        raise ValueError(f"status is an HTTP status from 200 to 599, not {params['status']}")
    for name, least in (("after_requests", 0), ("writes", 1)):
        if params.get(name, least) < least:
            raise ValueError(f"{name} is at least {least}, not {params[name]}")
    return params


def _typed(name: str, default: Any, value: Any) -> Any:
    """Return value where it has the default's type; None and objects as defaults take anything."""
    if default is None or value is default:
        return value
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if value.__class__ is not default.__class__:
        raise ValueError(f"{name} is of type {type(default).__name__}, not {value!r}")
    if isinstance(value, float) and not 0 < value < math.inf:
        raise ValueError(f"{name} is more than 0")
    return value


def _pattern(path: str) -> re.Pattern[str]:
    try:
        return re.compile(path)
    except re.error as error:
        raise ValueError(f"path is no regular expression: {error}") from error
