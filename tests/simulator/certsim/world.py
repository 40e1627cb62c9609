# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that one simulator process holds, and its reset to the initial state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from certsim import limits, seeds
from certsim import switches as sw
from certsim.clock import Clock, parse_instant
from certsim.effects import Effects
from certsim.exchange import Provider, SeedError
from certsim.faults import FaultKind, FaultQueue
from certsim.journal import Journal
from certsim.limits import Limiter
from certsim.providers import PROVIDERS
from certsim.wire import PLAYS

CLOCK_START = "clock.start"

SWITCHES = (
    sw.text(
        CLOCK_START,
        default="now",
        values="now|ISO 8601 time",
        check=lambda value: value == "now" or parse_instant(value),
        doc="Where the virtual clock starts; setting it sets the clock.",
        reference="(simulator only)",
    ),
    sw.number(
        "latency",
        default=0.0,
        unit="seconds",
        doc="How long every answer takes at least, in real time.",
        reference="(simulator only)",
    ),
)


def declared_switches() -> list[sw.Switch]:
    """Return every switch that there is."""
    return [*SWITCHES, *limits.SWITCHES, *(switch for provider in PROVIDERS for switch in provider.switches)]


def declared_faults() -> list[FaultKind]:
    """Return every kind of fault that there is."""
    neutral = [kind for kind, _play in PLAYS.values()]
    return [*neutral, *(kind for provider in PROVIDERS for kind in provider.fault_kinds)]


class World:
    """The services with their state, and the machinery around them."""

    def __init__(self, seed: Mapping[str, Any] | None = None, settings: Mapping[str, object] | None = None) -> None:
        self.clock = Clock()
        self.switches = sw.Switches(declared_switches())
        self.journal = Journal()
        self.limiter = Limiter(self.switches)
        self.providers: dict[str, Provider] = {
            provider.name: provider(self.clock, self.switches) for provider in PROVIDERS
        }
        self.faults = FaultQueue(declared_faults())
        self.effects = Effects()
        self._seed = dict(seed or {})
        self._settings = dict(settings or {})
        self.reset()

    def reset(self, seed: Mapping[str, Any] | None = None) -> None:
        """Start anew from the start seed, or from the one given.

        The command line's settings outrank the start seed's switches, and are outranked by a given seed's.

        Raises:
            ValueError: the seed or one of its switches is not usable; nothing was reset.
        """
        document = self._seed if seed is None else seed
        neutral, sections = seeds.split(document, tuple(self.providers))
        seeded = _seed_switches(neutral)
        layers = (seeded, self._settings) if seed is None else (self._settings, seeded)
        wanted = self.switches.parse({**layers[0], **layers[1]})
        before, offset = self.switches.values(), self.clock.offset
        self._restart_clock(wanted)
        self.switches.restore_defaults()
        self.switches.update(wanted)
        try:
            states = {name: provider.read_seed(sections[name]) for name, provider in self.providers.items()}
        except SeedError:
            self.switches.update(before)
            self.clock.offset = offset
            raise
        for name, provider in self.providers.items():
            provider.begin(states[name])
        self.faults.clear()
        self.effects.clear()
        self.journal.clear()
        self.limiter.clear()

    def set_switches(self, wanted: Mapping[str, object]) -> None:
        """Set switches at run time; all of them or, on a bad one, none (ValueError)."""
        self.switches.update(wanted)
        if CLOCK_START in wanted:
            self._restart_clock(self.switches.values())

    def _restart_clock(self, values: Mapping[str, Any]) -> None:
        start = values.get(CLOCK_START, "now")
        if start == "now":
            self.clock.follow_real_time()
        else:
            self.clock.set(parse_instant(start))


def _seed_switches(neutral: Mapping[str, Any]) -> dict[str, object]:
    switches = neutral.get("switches", {})
    if not isinstance(switches, Mapping):
        raise SeedError("switches is a mapping of names to values")
    start = {CLOCK_START: neutral["clock"]} if "clock" in neutral else {}
    return {**switches, **start}
