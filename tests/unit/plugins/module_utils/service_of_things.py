# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service in memory, of things that are open and can be closed, whose weather a test makes.

It stands in for a client, its transport and its policy alike, so that the runner is tested without any provider.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Callable
from unittest import mock

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context, Stop
from ansible_collections.certops.orders.plugins.module_utils._common.errors import (
    ApiError,
    Denied,
    LostReply,
    NotFound,
    NotSent,
    RateLimited,
    Refused,
    ServerError,
    StaleRead,
    Stopped,
)
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import (
    CHANGED,
    INELIGIBLE,
    PENDING_APPROVAL,
    UNCHANGED,
    Decision,
    OrderResult,
)
from ansible_collections.certops.orders.plugins.module_utils._http.connection import Connection
from ansible_collections.certops.orders.plugins.module_utils._http.retry import RateLimitBudget
from ansible_collections.certops.orders.plugins.module_utils._http.transport import Counters
from ansible_collections.certops.orders.plugins.module_utils._runtime import follow_up
from ansible_collections.certops.orders.plugins.module_utils._runtime import runner as _run
from ansible_collections.certops.orders.plugins.module_utils._runtime.observers import Observer
from ansible_collections.certops.orders.plugins.module_utils._runtime.results import Settings

SECRET = "s3cret-key"


@dataclass(frozen=True)
class Thing:
    """An order, for short. lacks: the facts required before anything can be decided.

    asked: whether a request to close it waits for an approval. order: the order that it belongs to, where it is none.
    """

    key: int
    state: str = "open"
    lacks: tuple[str, ...] = ()
    asked: bool = False
    order: int = 0

    @property
    def name(self) -> str:
        return f"thing-{self.key}.example.com"

    @property
    def facts(self) -> dict[str, Any]:
        return {"state": self.state, **({"asked": True} if self.asked else {})}

    @property
    def identity(self) -> dict[str, Any]:
        return {"order_id": self.order} if self.order else {}


def close(thing: Thing) -> Decision:
    """The policy: what is open, or ajar, is closed; what is sealed cannot be; what is settled need not be any more.

    What is barred has to be unbarred first.
    """
    if thing.lacks:
        return Decision(required_fact=thing.lacks[0])
    if thing.state == "barred":
        return Decision(CHANGED, after={"state": "closed"}, steps=("unbar", "close"))
    if thing.state in ("open", "ajar"):
        return Decision(CHANGED, after={"state": "closed"})
    if thing.state in ("closed", "settled"):
        return Decision(UNCHANGED, reason=f"it is {thing.state} already")
    return Decision(INELIGIBLE, reason=f"it is {thing.state}", next_step="Break the seal")


def close_once(thing: Thing) -> Decision:
    return replace(close(thing), repeatable=False)


def final(thing: Thing) -> Decision:
    """The policy for what has ended once it is closed."""
    ended = Decision("ineligible", reason="it has ended")
    return ended if thing.state == "closed" else close(thing)


def ask_to_close(thing: Thing) -> Decision:
    """The same where an approver has to approve it: a request is filed, and one that waits already is left to wait."""
    decision = close(thing)
    if decision.outcome != CHANGED:
        return decision
    if thing.asked:
        return Decision(PENDING_APPROVAL, reason="a request waits", next_step="The approver has to approve it")
    unbarred = {"state": "open"} if thing.state == "barred" else {}
    return replace(decision, after={**unbarred, "asked": True}, ends=PENDING_APPROVAL)


def open_things(count: int, **facts: Any) -> list[Thing]:
    return [Thing(key, **facts) for key in range(1, count + 1)]


class Clock:
    """The runner's `time`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Unhurried(Stop):
    """A Stop that does not sleep, although the clock thinks so."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self._clock = clock

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self:
            raise Stopped(self.reason)
        self._clock.now += seconds


@dataclass
class Wire:
    """What the runner sees of a transport."""

    connection: Connection
    counters: Counters = field(default_factory=Counters)

    def budget(self) -> RateLimitBudget:
        return RateLimitBudget(self.connection.rate_limit_timeout)


@dataclass(frozen=True)
class During:
    """What happens while a write is under way, after it was sent."""

    happens: Callable[[], object]


@dataclass(frozen=True)
class Throttled:
    """The answer to a write is 429, and the wait that it costs makes the read too old."""

    seconds: float


@dataclass(frozen=True)
class Late:
    """The write takes effect after so many more reads of the thing by itself; its reply is lost."""

    reads: int


# What happens to one request: nothing (None), an error to raise, or something that is done first.
Weather = Any


class Service:
    """The things, and every request for them, in order, in `journal`.

    weather: what the next requests of a kind meet, by ("write", key), ("get", key), ("list",), ("fetch_fact", key) or
    ("account",): each a list that is used up from the front, of None (fine), an exception to raise, something to call
    first, and, for writes, LIED, a Late, a During, or TOOK_EFFECT, followed by the exception to raise nevertheless.
    left_out: keys that lists do not return. willing: keys of what needs no approval, although one is asked for;
    unwilling: of what needs one, although none is. made: what was closed, or requested to be, in order; unbarred: too.
    """

    ONE_BY_ONE = frozenset(["detail"])

    def __init__(self, *things: Thing, retries: int = 3, read_only: str = "") -> None:
        self.things = {thing.key: thing for thing in things}
        self.clock = Clock()
        self.stop = Unhurried(self.clock)
        self.transport: Any = Wire(
            Connection("https://things.example.com", SECRET, retries=retries, read_only=read_only)
        )
        self.weather: dict[tuple[Any, ...], list[Weather]] = defaultdict(list)
        self.left_out: set[int] = set()
        self.willing: set[int] = set()
        self.unwilling: set[int] = set()
        self.journal: list[tuple[Any, ...]] = []
        self.made: list[int] = []
        self.unbarred: list[int] = []
        self.messages: list[str] = []
        self.fresh_until: list[float] = []
        self.budget: dict[int, list[RateLimitBudget]] = defaultdict(list)
        self._postponed: list[tuple[int, int, Decision]] = []
        self._lock = threading.Lock()

    # -- what a test sets up ---------------------------------------------------------------------------------------

    def meets(self, *kind: Any, weather: Iterable[Weather]) -> Service:
        self.weather[kind] += weather
        return self

    def changed_elsewhere(self, key: int, state: str, **facts: Any) -> Callable[[], None]:
        """Return a happening: another user changes the thing."""

        def happens() -> None:
            self.things[key] = replace(self.things[key], state=state, **facts)

        return happens

    def approves(self, *keys: int) -> Callable[[], None]:
        """Return a happening: the approver approves the requests to close these."""

        def happens() -> None:
            for key in keys:
                self.things[key] = replace(self.things[key], state="closed", asked=False)

        return happens

    def rejects(self, *keys: int) -> Callable[[], None]:
        def happens() -> None:
            for key in keys:
                self.things[key] = replace(self.things[key], asked=False)

        return happens

    def removed(self, key: int) -> Callable[[], None]:
        def happens() -> None:
            self.things.pop(key, None)

        return happens

    def passes(self, seconds: float) -> Callable[[], None]:
        def happens() -> None:
            self.clock.now += seconds

        return happens

    @property
    def writes(self) -> list[int]:
        return [entry[1] for entry in self.journal if entry[0] == "write"]

    @property
    def reads(self) -> list[tuple[Any, ...]]:
        return [entry for entry in self.journal if entry[0] != "write"]

    def comes_true(self, key: int | None = None) -> None:
        """What is late takes effect, as far as it still can: all, or that of a thing which is read."""
        waiting, self._postponed = self._postponed, []
        for reads, one, decision in waiting:
            if key is not None and (one != key or reads > 0):
                self._postponed.append((reads - (one == key), one, decision))
            else:
                with suppress(Refused):
                    self._make(one, decision)

    # -- the client ------------------------------------------------------------------------------------------------

    def read(self, keys: Sequence[int]) -> dict[int, Thing]:
        if len(keys) == 1:
            self._request("get", keys[0])
            return {key: self.things[key] for key in keys if key in self.things}
        self._request("list", entry=("list", tuple(keys)))
        return {key: self.things[key] for key in keys if key in self.things and key not in self.left_out}

    def fetch_fact(self, need: str, things: Sequence[Thing]) -> dict[int, Thing]:
        keys = tuple(thing.key for thing in things)
        self._request("fetch_fact", *keys[:1], entry=("fetch_fact", need, keys))
        if need in self.ONE_BY_ONE and keys[0] not in self.things:
            raise NotFound("there is no such thing", 404)
        return {
            thing.key: replace(thing, lacks=tuple(lack for lack in thing.lacks if lack != need)) for thing in things
        }

    def account_label(self) -> str:
        self._request("account")
        return "account 7"

    def write(
        self, state: Thing, decision: Decision, *, fresh_until: float, budget: RateLimitBudget
    ) -> Decision | None:
        """As the transport does it: nothing is sent after a stop, nor on an old read."""
        assert decision.outcome == CHANGED
        assert len(decision.steps) < 2
        with self._lock:
            weather = self._next(("write", state.key))
        # What happens while the request waits for its turn.
        while callable(weather):
            weather()
            weather = self._next(("write", state.key))
        if self.stop:
            raise Stopped(self.stop.reason)
        if isinstance(weather, Throttled):
            if not budget.spend(weather.seconds):
                raise RateLimited("too many requests", 429)
            self.clock.now += weather.seconds
            raise StaleRead("close it")
        if self.clock.monotonic() > fresh_until:
            # Nothing was sent, so that the weather is still to come.
            self.weather["write", state.key].insert(0, weather)
            raise StaleRead("close it")
        with self._lock:
            self.fresh_until.append(fresh_until)
            self.budget[state.key].append(budget)
            self.journal.append(("write", state.key, *decision.steps))
            if weather is TOOK_EFFECT:
                self._make(state.key, decision)
                weather = self._next(("write", state.key))
            if isinstance(weather, Late):
                self._postponed.append((weather.reads, state.key, decision))
                weather = lost()
        while isinstance(weather, During):
            weather.happens()
            weather = self._next(("write", state.key))
        if isinstance(weather, Exception):
            raise weather
        return None if weather is LIED else self._make(state.key, decision)

    def _make(self, key: int, decision: Decision) -> Decision | None:
        """Make one step; returns what it came to where that is not what was decided."""
        current = self.things.get(key)
        if current is None:
            raise NotFound("there is no such thing", 404)
        if decision.steps == ("unbar",):
            if current.state != "barred":
                raise Refused("it is not barred", 400)
            self.things[key] = replace(current, state="open")
            self.unbarred.append(key)
            return None
        if current.state not in ("open", "ajar") or current.asked:
            raise Refused("it is not open", 400)
        self.made.append(key)
        if (decision.ends == PENDING_APPROVAL or key in self.unwilling) and key not in self.willing:
            self.things[key] = replace(current, asked=True)
            if key not in self.unwilling:
                return None
            return Decision(CHANGED, after={"asked": True}, ends=PENDING_APPROVAL, reason="it needs a manual review")
        self.things[key] = replace(current, state="closed")
        return (
            Decision(CHANGED, after={"state": "closed"}, reason="no approval was needed")
            if key in self.willing
            else None
        )

    def _request(self, *kind: Any, entry: tuple[Any, ...] | None = None) -> None:
        with self._lock:
            self.journal.append(entry or kind)
            if kind[0] == "get":
                self.comes_true(kind[1])
            weather = self._next(kind)
        while callable(weather):
            weather()
            weather = self._next(kind)
        if isinstance(weather, Exception):
            raise weather

    def _next(self, kind: tuple[Any, ...]) -> Weather:
        return self.weather[kind].pop(0) if self.weather[kind] else None


TOOK_EFFECT = "it took effect"
LIED = "acknowledged, but nothing was done"


def lost() -> ApiError:
    return LostReply("could not close it: the connection broke", code="reply_lost")


def failed() -> ApiError:
    return ServerError("the service failed to close it (HTTP 502)", 502)


def refused() -> ApiError:
    return Refused("the service refused to close it (HTTP 400)", 400, "invalid_value")


def denied() -> ApiError:
    return Denied("the service refused to close it (HTTP 403)", 403, "access_denied")


def never_sent() -> ApiError:
    return NotSent("could not close it: the connection failed", code="connection_failed")


def throttled() -> ApiError:
    return RateLimited("the service refused to close it (HTTP 429)", 429, "request_limit_exceeded")


class Witness(Observer):
    """Notes what it sees, in the service's journal order."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[str, Any, str]] = []
        self._lock = threading.Lock()

    def announced(self, key: Any, state: Any, decision: Decision) -> None:  # noqa: ARG002
        with self._lock:
            self.events.append(("announced", key, state.state))

    def settled(self, result: OrderResult) -> None:
        with self._lock:
            self.events.append(("settled", result.key, result.outcome))


def run(
    service: Service,
    asked: Sequence[int],
    *,
    check_mode: bool = False,
    diff: bool = False,
    observer: Observer | None = None,
    policy: Callable[[Thing], Decision] = close,
    environ: Mapping[str, str] | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Close what is asked for; one worker by default, so that the order of requests is certain."""
    settings = Settings("closed", **{"workers": 1, **options})
    context = Context(
        check_mode=check_mode, diff=diff, stop=service.stop, notify=service.messages.append, environ=environ or {}
    )
    with mock.patch.object(_run, "time", service.clock), mock.patch.object(follow_up, "time", service.clock):
        return _run.Run(
            service, service.read, policy, service.write, settings, context, [observer] if observer else []
        ).result(asked)


def outcomes(result: dict[str, Any]) -> dict[int, str]:
    return {order["order_id"]: order["outcome"] for order in result["orders"]}
