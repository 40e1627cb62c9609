# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What providers see of HTTP: a call, an answer, and the contract that a provider fulfils."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from certsim.clock import Clock
    from certsim.faults import Fault, FaultKind
    from certsim.switches import Switch, Switches

#: Only keys that begin so are accepted, so that a real key pasted by mistake is not stored.
KEY_PREFIX = "sim-"

OrderId = int | str


@dataclass(frozen=True, slots=True)
class Call:
    """One request; ``path`` is what follows the provider's prefix."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    fault: Fault | None = None

    def struck_by(self, fault: Fault) -> Call:
        """Return this call with a fault that the provider itself plays."""
        return replace(self, fault=fault)


@dataclass(slots=True)
class Answer:
    """One response; ``effect``: whether the call changed the provider's state."""

    status: int
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    effect: bool = False


def encode(value: Any) -> bytes:
    """Return value as compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


class SeedError(ValueError):
    """A seed or an order given to the control interface is not usable."""


class NoSuchOrder(LookupError):
    """The control interface was asked for an order that does not exist."""


class NoSuchLink(LookupError):
    """A link was opened that no mail of the service contains."""


def link_path(provider: str, code: str) -> str:
    """Return where the control interface serves a link of a mail that a service has sent."""
    return f"/_sim/{provider}/links/{code}"


class Provider(Protocol):
    """A simulated service. Orders in and out of it have the form of its seed."""

    name: str
    prefix: str
    rate_limited: bool
    switches: Sequence[Switch]
    fault_kinds: Sequence[FaultKind]

    def __init__(self, clock: Clock, switches: Switches) -> None:
        """Begin with nothing."""

    def read_seed(self, section: Mapping[str, Any]) -> Any:
        """Return the state that a seed describes, and change nothing; or raise SeedError."""

    def begin(self, state: Any) -> None:
        """Replace all state by one that ``read_seed`` returned."""

    def holding(self) -> Any:
        """Return all state, as ``begin`` takes it."""

    def caller(self, call: Call) -> str | None:
        """Return a name of the caller that is fit for the journal and the rate windows."""

    def order_id(self, call: Call) -> OrderId | None:
        """Return the order that the call names, as the journal and faults call it."""

    def journaled(self, call: Call) -> Call:
        """Return the call as the journal may hold it: without what is secret in its path, query and body."""

    def handle(self, call: Call) -> Answer:
        """Answer a call."""

    def error(self, status: int) -> Answer:
        """Return the service's own error answer for a status that the machinery imposes, such as 429."""

    def orders(self) -> list[dict[str, Any]]:
        """Return the true state of every order."""

    def resources(self) -> dict[str, list[dict[str, Any]]]:
        """Return the true state of what there is beside orders, by kind in the plural; often nothing."""

    def follow_link(self, code: str, choice: str | None) -> Answer:
        """Answer a reader who opens the link of a mail, or has made a choice there; or raise NoSuchLink."""

    def order(self, order_id: str) -> dict[str, Any]:
        """Return the true state of one order, or raise NoSuchOrder."""

    def add_order(self, seed: Mapping[str, Any]) -> dict[str, Any]:
        """Add an order behind the clients' backs, and return it; or raise SeedError."""

    def patch_order(self, order_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change an order behind the clients' backs, and return it; or raise NoSuchOrder or SeedError."""
