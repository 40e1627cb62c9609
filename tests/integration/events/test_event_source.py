# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source's life against the simulator: each change is reported once, across restarts, errors and gaps.

It runs here as ansible-rulebook runs it, from its path; tests/eda has the same with the real ansible-rulebook.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import os
import re
import runpy
import stat
import time
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    ISSUED,
    KEY,
    MIGRATED,
    PENDING,
    PENDING_THREE,
    PENDING_TOO,
    REISSUE,
    SECRET_KEY,
    Simulator,
    mentions,
    pending,
    seed,
)

SOURCE = Path(__file__).resolve().parents[3] / "extensions/eda/plugins/event_source/certcentral_orders.py"
LOG = "certops.orders.certcentral_orders"
# Every switch that concerns the list of changes; the first value is the default.
SWITCHES = {
    "certcentral.status_changes_certificate_when_none": ("absent", "null", "zero"),
    "certcentral.status_changes_lag_seconds": ("0.0", "1.5"),
    "certcentral.status_changes_of_expiry": ("true", "false"),
    "certcentral.status_changes_of_marks": ("false", "true"),
    "certcentral.status_changes_order": ("oldest_first", "newest_first", "highest_id_first"),
    "certcentral.status_changes_rows": ("latest", "each"),
}
CASES = [{name: value} for name, values in SWITCHES.items() for value in values[1:]]
CASES += [
    {"certcentral.status_changes_rows": "each", "certcentral.status_changes_order": order}
    for order in ("newest_first", "highest_id_first")
]
CASES += [{"certcentral.list_row": "sparse"}]
CASES += [{"certcentral.empty_list": value} for value in ("empty_array", "bare_array")]

Event = Mapping[str, Any]


class Killed(BaseException):
    """The process is gone."""


class Desk:
    """Where a source puts its events, and the file that remembers the reported ones."""

    def __init__(self, sim: Simulator, folder: Path) -> None:
        self.sim = sim
        self.state = folder / "state.json"
        self.events: list[Event] = []
        self.kill_at: int | None = None

    async def put(self, event: Mapping[str, Any]) -> None:
        """Take an event, as the queue of ansible-rulebook does."""
        (key,) = event
        assert key == "certcentral"
        self.events.append(event["certcentral"])
        if len(self.events) == self.kill_at:
            raise Killed

    def run(self, until: Callable[[], object], *meanwhile: Callable[[], object], **args: Any) -> list[Event]:
        """Run the source until something is true, and stop it; returns the events that were emitted meanwhile.

        meanwhile: what happens, each after the source has polled once more.
        """
        before = len(self.events)
        asyncio.run(self._run(until, meanwhile, args))
        return self.events[before:]

    async def _run(self, until: Callable[[], object], meanwhile: Any, args: dict[str, Any]) -> None:
        source = asyncio.create_task(main()(self, self.args(**args)))
        try:
            for act in meanwhile:
                await self._await(self.polled(2), source)
                act()
            await self._await(until, source)
        finally:
            source.cancel()
            with suppress(asyncio.CancelledError):
                await source
        assert source.cancelled()

    async def _await(self, condition: Callable[[], object], source: asyncio.Task[None]) -> None:
        end = time.monotonic() + 20
        while not condition():
            if source.done():
                await source
                raise AssertionError("the source has ended by itself")
            assert time.monotonic() < end, (self.events, self.sim.journal()[-5:])
            await asyncio.sleep(0.02)

    def args(self, **args: Any) -> dict[str, Any]:
        known = {"state_file": str(self.state), "api_url": self.sim.api_url, "api_key": KEY, "interval": 0.05}
        return {**known, "rate_limit": "none", "retries": 0, **args}

    def polls(self) -> int:
        """How often it has polled, without the request for the 7 days before the first poll."""
        return max(0, sum(entry["path"].endswith("/status-changes") for entry in self.sim.journal()) - 1)

    def lists(self) -> list[dict[str, Any]]:
        """The requests that read orders."""
        return [entry for entry in self.sim.journal() if not entry["path"].endswith("/status-changes")]

    def polled(self, times: int) -> Callable[[], bool]:
        """Whether it has polled so many times more, counted from the first call."""
        began: list[int] = []

        def done() -> bool:
            began.append(self.polls())
            return began[-1] >= began[0] + times

        return done

    def emitted(self, count: int) -> Callable[[], bool]:
        total = len(self.events) + count
        return lambda: len(self.events) >= total

    def remembered(self) -> dict[str, Any]:
        memory: dict[str, Any] = json.loads(self.state.read_text())
        return memory


def main() -> Callable[..., Awaitable[None]]:
    """The source's entry point, as ansible-rulebook finds it."""
    entry: Callable[..., Awaitable[None]] = runpy.run_path(str(SOURCE))["main"]
    return entry


def brief(events: list[Event]) -> list[tuple[int, str]]:
    return [(event["order_id"], event["status"]) for event in events]


def logged(caplog: pytest.LogCaptureFixture, level: int, *names: object) -> list[str]:
    """The messages that the source has logged at a level, and that mention each of these."""
    records = [record for record in caplog.records if record.name == LOG and record.levelno == level]
    return [message for message in (record.getMessage() for record in records) if mentions(message, *names)]


@pytest.fixture
def desk(sim: Simulator, tmp_path: Path) -> Desk:
    return Desk(sim, tmp_path)


# -- one event for each change ----------------------------------------------------------------------------------------


def test_a_change_is_reported_once_with_its_order(desk: Desk) -> None:
    (event,) = desk.run(desk.polled(4), lambda: desk.sim.patch(PENDING, status="rejected"))

    assert {name: event[name] for name in ("event", "gap", "order_id", "status", "certificate_id")} == {
        "event": "status_change",
        "gap": False,
        "order_id": PENDING,
        "status": "rejected",
        "certificate_id": None,
    }
    assert len(event["event_id"]) == 32
    assert event["changed_after"] < event["changed_before"]
    assert {name: event["order"][name] for name in ("order_id", "status", "common_name", "domains")} == {
        "order_id": PENDING,
        "status": "rejected",
        "common_name": "www.example.com",
        "domains": ["www.example.com"],
    }


def test_changes_before_the_first_start_are_not_reported(desk: Desk) -> None:
    desk.sim.patch(PENDING, status="rejected")
    desk.sim.advance(5)

    assert desk.run(desk.polled(4)) == []


def test_with_lookback_earlier_changes_are_reported(desk: Desk) -> None:
    desk.sim.patch(PENDING, status="rejected")
    desk.sim.advance("6d")
    desk.sim.patch(PENDING_TOO, status="issued")
    desk.sim.advance("0.9d")

    assert brief(desk.run(desk.emitted(2), lookback=604800)) == [(PENDING, "rejected"), (PENDING_TOO, "issued")]
    assert desk.run(desk.polled(2), lookback=604800) == []


def test_only_watched_statuses_are_reported_and_read(desk: Desk) -> None:
    def change() -> None:
        desk.sim.patch(PENDING, status="rejected")
        desk.sim.patch(PENDING_TOO, status="processing")

    events = desk.run(desk.polled(4), change, statuses=["Rejected", "revoked"])

    assert brief(events) == [(PENDING, "rejected")]
    (read,) = desk.lists()
    assert dict(read["query"])["filters[id]"] == str(PENDING)


def test_orders_are_read_only_where_that_is_wanted(desk: Desk) -> None:
    (event,) = desk.run(desk.emitted(1), lambda: desk.sim.patch(PENDING, status="rejected"), with_orders=False)

    assert event["order"] is None
    assert desk.lists() == []


def test_a_change_of_an_unreadable_order_is_reported_without_the_order(desk: Desk) -> None:
    desk.sim.fault("list_drop", times=-1)

    (event,) = desk.run(desk.emitted(1), lambda: desk.sim.patch(PENDING, status="rejected"))

    assert (event["order_id"], event["order"]) == (PENDING, None)


def test_unrequested_rows_are_not_taken_for_the_order(desk: Desk) -> None:
    desk.sim.set(certcentral__ignore_filters="id")

    events = desk.run(desk.emitted(1), lambda: desk.sim.patch(PENDING, status="rejected"))

    assert [event["order"] and event["order"]["order_id"] for event in events] == [PENDING]


def test_many_changes_are_read_a_hundred_at_a_time_and_saved_a_hundred_times_at_most(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sim.reset(seed(*pending(1000, 250)))
    desk.run(desk.polled(2))
    for number in range(1000, 1250):
        desk.sim.patch(number, status="issued")
    saved: list[str] = []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda path, target: (saved.append(str(target)), replace(path, target))[1])

    events = desk.run(desk.emitted(250), interval=5)

    assert brief(events) == [(number, "issued") for number in range(1000, 1250)]
    assert all(event["order"]["order_id"] == event["order_id"] for event in events)
    assert [len(entry["query"]) - 3 for entry in desk.lists()] == [100, 100, 50]
    assert 50 <= len(saved) <= 101


def test_of_many_changes_each_one_that_is_wanted_is_saved(desk: Desk) -> None:
    desk.sim.reset(seed(*pending(1000, 400)))
    desk.run(desk.polled(2))
    for number in range(1000, 1400):
        desk.sim.patch(number, status="rejected" if number % 20 == 0 else "processing")
    desk.kill_at = 15
    with pytest.raises(Killed):
        desk.run(lambda: False, statuses=["REJECTED"])
    desk.kill_at = None

    after = desk.run(desk.polled(3), statuses=["rejected"])

    assert len(after) == 6
    assert [event["event_id"] for event in after[:1]] == [desk.events[14]["event_id"]]
    assert len({event["event_id"] for event in desk.events}) == 20


@pytest.mark.parametrize("case", CASES, ids=lambda case: ", ".join(f"{name}={case[name]}" for name in case))
def test_every_undocumented_variant_of_the_list_of_changes(desk: Desk, case: dict[str, str]) -> None:
    desk.sim.set(case)
    acts = [
        lambda: desk.sim.patch(PENDING, status="rejected"),
        lambda: desk.sim.patch(ISSUED, status="reissue_pending"),
        lambda: desk.sim.patch(ISSUED, status="issued"),
        lambda: desk.sim.patch(PENDING_TOO, status="issued"),
    ]
    # Until the lag is over, where there is one.
    calm = functools.partial(time.sleep, 1.6 if "lag" in str(case) else 0)
    acts = [step for act in acts for step in (act, calm)]

    events = desk.run(desk.polled(4), *acts)

    assert brief(events) == [
        (PENDING, "rejected"),
        (ISSUED, "reissue_pending"),
        (ISSUED, "issued"),
        (PENDING_TOO, "issued"),
    ]
    assert events[0]["certificate_id"] is None
    assert isinstance(events[-1]["certificate_id"], int)
    assert len({event["event_id"] for event in events}) == 4


# -- restarts ----------------------------------------------------------------------------------------------------------


def test_a_restart_loses_nothing_and_repeats_nothing(desk: Desk) -> None:
    first = desk.run(desk.emitted(1), lambda: desk.sim.patch(PENDING, status="rejected"))
    desk.sim.patch(PENDING_TOO, status="issued")
    second = desk.run(desk.polled(3))
    third = desk.run(desk.polled(3))
    fourth = desk.run(desk.emitted(1), lambda: desk.sim.patch(REISSUE, status="issued"))

    assert [brief(events) for events in (first, second, third, fourth)] == [
        [(PENDING, "rejected")],
        [(PENDING_TOO, "issued")],
        [],
        [(REISSUE, "issued")],
    ]


def test_a_kill_between_emitting_and_saving_repeats_one_event_with_the_same_id(desk: Desk) -> None:
    desk.run(desk.polled(2))
    for order_id in (PENDING, PENDING_TOO, PENDING_THREE):
        desk.sim.patch(order_id, status="issued")
    desk.kill_at = 2
    with pytest.raises(Killed):
        desk.run(lambda: False)
    killed = list(desk.events)
    desk.kill_at = None

    after = desk.run(desk.polled(3))

    assert brief(killed) == [(PENDING, "issued"), (PENDING_TOO, "issued")]
    assert brief(after) == [(PENDING_TOO, "issued"), (PENDING_THREE, "issued")]
    assert after[0]["event_id"] == killed[1]["event_id"]
    assert len({event["event_id"] for event in desk.events}) == 3


def test_after_an_error_the_run_continues_at_the_same_change(desk: Desk) -> None:
    desk.sim.reset(seed(*pending(1000, 150)))
    desk.run(desk.polled(2))
    for number in range(1000, 1150):
        desk.sim.patch(number, status="issued")
    desk.sim.fault("status", status=500, path="/order/certificate/?$", skip=1, times=2)

    assert brief(desk.run(desk.emitted(150))) == [(number, "issued") for number in range(1000, 1150)]
    assert desk.run(desk.polled(3)) == []


def test_two_sources_do_not_share_a_state(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    async def both() -> None:
        first = asyncio.create_task(main()(desk, desk.args()))
        await desk._await(desk.polled(2), first)
        second = asyncio.create_task(main()(desk, desk.args()))
        # The first one has logged that the state is new, and the second one that it waits for the first.
        await desk._await(lambda: len(logged(caplog, logging.WARNING, desk.state)) > 1, second)
        desk.sim.patch(PENDING, status="rejected")
        await desk._await(desk.emitted(1), first)
        first.cancel()
        desk.sim.patch(PENDING_TOO, status="rejected")
        await desk._await(desk.emitted(1), second)
        await desk._await(desk.polled(3), second)
        second.cancel()
        done = await asyncio.gather(first, second, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in done)

    asyncio.run(both())

    assert brief(desk.events) == [(PENDING, "rejected"), (PENDING_TOO, "rejected")]


def test_a_new_or_empty_state_file_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.run(desk.polled(2))
    assert len(logged(caplog, logging.WARNING, desk.state)) == 1
    desk.run(desk.polled(2))
    assert len(logged(caplog, logging.WARNING, desk.state)) == 1
    desk.state.write_text("")
    desk.run(desk.polled(2))
    assert len(logged(caplog, logging.WARNING, desk.state)) == 2


def test_the_state_is_for_its_owner_alone(desk: Desk) -> None:
    desk.run(desk.polled(2))

    assert stat.S_IMODE(desk.state.stat().st_mode) == 0o600
    assert sorted(file.name for file in desk.state.parent.iterdir()) == [".state.json.lock", "state.json"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda state: state.write_text("{}"), "state_file"),
        (lambda state: state.write_text("precious"), "state_file"),
        # The reasons of the operating system are part of the message.
        (lambda state: state.symlink_to("/etc/hostname"), "symbolic links"),
        (lambda state: (state.touch(), state.chmod(0o666)), "state_file"),
        (lambda state: state.mkdir(), "state_file"),
        (lambda state: state.parent.rmdir(), "No such file or directory"),
    ],
)
def test_a_state_file_that_is_not_its_own_is_left_alone(
    desk: Desk, tmp_path: Path, spoil: Callable[[Path], object], reason: str
) -> None:
    desk.state = tmp_path / "states" / "state.json"
    desk.state.parent.mkdir()
    spoil(desk.state)
    before = desk.state.read_bytes() if desk.state.is_file() else b""

    with pytest.raises(Exception, match=reason) as caught:
        desk.run(lambda: False)

    assert type(caught.value).__name__ == "SourceError"
    assert mentions(caught.value, "state_file", desk.state)
    assert (desk.state.read_bytes() if desk.state.is_file() else b"") == before
    assert desk.sim.journal() == []


def test_the_state_of_another_service_is_not_used(desk: Desk, other_sim: Simulator) -> None:
    desk.run(desk.polled(2))

    with pytest.raises(Exception, match=re.escape(str(desk.state))) as caught:
        desk.run(lambda: False, api_url=other_sim.api_url)
    assert type(caught.value).__name__ == "SourceError"
    assert other_sim.journal() == []


def test_a_full_disk_stops_nothing_and_is_logged_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.run(desk.polled(2))
    fsync = os.fsync

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    events = desk.run(desk.polled(3), lambda: desk.sim.patch(PENDING, status="rejected"))
    monkeypatch.setattr(os, "fsync", fsync)

    assert brief(events) == [(PENDING, "rejected")]
    assert caplog.text.count("No space left on device") == 1
    # Which is the price.
    assert brief(desk.run(desk.polled(3))) == [(PENDING, "rejected")]


# -- gaps --------------------------------------------------------------------------------------------------------------


def past(days: float) -> str:
    return (datetime.now(timezone.utc) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def age(desk: Desk, days: float) -> None:
    """Let the state be older, with all that it remembers."""
    desk.state.write_text(json.dumps({**desk.remembered(), "since": past(days), "told": {}}))


@pytest.mark.parametrize(("days", "gap"), [(6.99, False), (7.1, True), (40, True)])
def test_a_pause_of_more_than_seven_days_is_reported_as_a_gap(
    desk: Desk, caplog: pytest.LogCaptureFixture, days: float, gap: bool
) -> None:
    desk.run(desk.polled(2))
    age(desk, days)
    desk.sim.patch(PENDING, status="rejected")
    desk.sim.advance("6.9d")

    events = desk.run(desk.polled(3))

    assert [event["gap"] for event in events] == [*[True] * gap, False]
    assert brief(events[-1:]) == [(PENDING, "rejected")]
    assert bool(logged(caplog, logging.ERROR)) is gap
    if gap:
        assert events[0]["event"] == "gap"
        assert events[0]["missed_after"] < events[0]["missed_before"]
    assert desk.run(desk.polled(3)) == []


def test_a_gap_is_reported_once_when_the_service_answers(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.run(desk.polled(2))
    age(desk, 8)
    desk.sim.patch(PENDING, status="rejected")
    desk.sim.fault("status", status=503, times=3)
    # After the gap is reported, and before the change is.
    desk.sim.fault("status", status=500, path="/order/certificate/?$", times=2)

    events = desk.run(desk.emitted(2))

    assert [event["event"] for event in events] == ["gap", "status_change"]
    assert [len(logged(caplog, logging.WARNING, status)) for status in (503, 500)] == [3, 2]
    assert len(logged(caplog, logging.ERROR)) == 1
    # Without a gap the message of the same error adds that no event is lost.
    desk.sim.fault("status", status=503)
    desk.run(desk.polled(3))
    *in_gap, without = (re.sub(r"\d+", "", text) for text in logged(caplog, logging.WARNING, 503))
    assert [text == without for text in in_gap] == [False] * 3


def test_an_answer_that_comes_too_late_for_seven_days_is_a_gap(desk: Desk) -> None:
    desk.run(desk.polled(2))
    age(desk, 7 - 3 / 86400)
    desk.sim.fault("status", status=429, headers={"Retry-After": "5"})

    (gap,) = desk.run(desk.emitted(1))

    assert gap["event"] == "gap"


def test_an_answer_that_comes_late_is_asked_for_again(desk: Desk) -> None:
    desk.sim.fault("status", status=429, headers={"Retry-After": "2"}, path="seconds=1$|status-changes", skip=1)

    def change() -> None:
        desk.sim.patch(PENDING, status="rejected")

    desk.run(desk.polled(4))

    asked = [int(dict(entry["query"])["seconds"]) for entry in desk.sim.journal() if entry["query"]]
    # The 7 days, the first poll, which 429 delays, and again with room for that.
    assert asked[:2] == [604800, 1]
    assert 3 <= asked[3] <= 10
    assert brief(desk.run(desk.emitted(1), change)) == [(PENDING, "rejected")]


def test_a_kill_after_a_gap_event_repeats_it_with_the_same_id(desk: Desk) -> None:
    desk.run(desk.polled(2))
    age(desk, 8)
    desk.kill_at = 1
    with pytest.raises(Killed):
        desk.run(lambda: False)
    desk.kill_at = None

    (again,) = desk.run(desk.polled(2))

    assert (again["gap"], again["event_id"]) == (True, desk.events[0]["event_id"])


def test_a_clock_set_back_is_a_gap_and_repeats_nothing(desk: Desk) -> None:
    desk.sim.patch(ISSUED, status="reissue_pending")
    desk.sim.advance("3d")
    desk.run(desk.emitted(1), lambda: desk.sim.patch(REISSUE, status="issued"))
    memory = desk.remembered()
    desk.state.write_text(json.dumps({**memory, "since": past(-1)}))
    desk.sim.patch(PENDING, status="rejected")

    gap, change = desk.run(desk.polled(3))

    assert (gap["event"], gap["gap"]) == ("gap", True)
    assert gap["reason"]
    # Nothing from before the first start either.
    assert brief([change]) == [(PENDING, "rejected")]


@pytest.mark.parametrize("step", [-2000, -100_000, 10_000])
def test_a_clock_that_is_set_while_it_runs_loses_and_repeats_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    real, clock = time.time, [0]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.fromtimestamp(real() + clock[0], tz)

    def set_it() -> None:
        clock[0] = step
        desk.sim.patch(PENDING, status="rejected")

    source = main()
    monkeypatch.setitem(source.__globals__, "datetime", Clock)
    monkeypatch.setattr(time, "time", lambda: real() + clock[0])
    monkeypatch.setitem(globals(), "main", lambda: source)

    events = desk.run(desk.polled(4), lambda: desk.sim.patch(REISSUE, status="issued"), set_it)

    assert brief(events) == [(REISSUE, "issued"), (PENDING, "rejected")]


# -- errors ------------------------------------------------------------------------------------------------------------

FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 404},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
    {"kind": "html"},
    {"kind": "truncated_json"},
    {"kind": "reset_before"},
    {"kind": "deep_json"},
    {"kind": "redirect"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}")
def test_no_error_that_passes_ends_it_or_loses_an_event(
    desk: Desk, caplog: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    def break_it() -> None:
        desk.sim.fault(**fault, times=2)
        desk.sim.patch(PENDING, status="rejected")

    def warnings() -> list[str]:
        """The warnings, without the one of a state file that is new."""
        return [text for text in logged(caplog, logging.WARNING) if not mentions(text, desk.state)]

    # One for each failure, and one when the service answers again.
    events = desk.run(lambda: len(warnings()) == 3, break_it, rate_limit_timeout=0)

    assert brief(events) == [(PENDING, "rejected")]
    first, second, recovery = (re.sub(r"\d+", "", text) for text in warnings())
    assert first == second != recovery
    assert logged(caplog, logging.ERROR) == []


def test_a_service_that_is_away_is_waited_for_longer_and_longer(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float, result: Any = None) -> Any:
        if seconds > 1:
            waits.append(seconds)
        return await sleep(min(seconds, 0.02), result)

    monkeypatch.setattr(asyncio, "sleep", noted)
    desk.sim.fault("status", status=503, times=-1)
    desk.run(desk.polled(12), interval=10.0)

    # Twice as long each time, with some chance, and an hour at most.
    least = [min(3600, 10 * 2.0**number) * 0.75 for number in range(1, len(waits) + 1)]
    assert len(waits) >= 11
    assert all(low <= wait <= low / 0.75 for low, wait in zip(least, waits))
    assert len({wait / low for low, wait in zip(least, waits)}) > 5
    assert len(logged(caplog, logging.WARNING, 503)) == len(waits)


@pytest.mark.parametrize("key", ["sim-expired", "sim-unknown"])
def test_a_wrong_key_is_reported_clearly_and_retried(desk: Desk, caplog: pytest.LogCaptureFixture, key: str) -> None:
    assert desk.run(desk.polled(3), api_key=key) == []

    assert len(logged(caplog, logging.ERROR, 403)) >= 2
    assert logged(caplog, logging.WARNING, 403) == []
    assert key not in caplog.text


def test_a_key_that_may_only_read_is_enough(desk: Desk) -> None:
    change = desk.run(desk.emitted(1), lambda: desk.sim.patch(PENDING, status="rejected"), api_key="sim-readonly")

    assert brief(change) == [(PENDING, "rejected")]


def test_it_ends_soon_where_the_service_hangs(desk: Desk) -> None:
    desk.sim.fault("hang", seconds=30, times=-1)
    began = time.monotonic()

    desk.run(lambda: time.monotonic() > began + 0.5, timeout=2)

    assert time.monotonic() < began + 5


# -- what comes from outside ------------------------------------------------------------------------------------------


def test_hostile_names_stay_text(desk: Desk) -> None:
    hostile = "{{ lookup('pipe', 'id') }}\x1b[31m\u202e{% x %}"

    def change() -> None:
        desk.sim.patch(PENDING, status="rejected", common_name=hostile, dns_names=[hostile])
        desk.sim.patch(PENDING_TOO, status="{{ 7 * 7 }}")

    events = desk.run(desk.emitted(2), change)

    name = events[0]["order"]["common_name"]
    assert name.startswith("(( lookup('pipe', 'id') ))")
    assert not {"\x1b", "\u202e", "{", "\\"} & set(name)
    assert events[1]["status"] == "(( 7 * 7 ))"


def test_the_key_is_in_nothing_that_it_leaves_behind(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def change() -> None:
        desk.sim.fault("echo_key", times=2)
        desk.sim.patch(MIGRATED, status="revoked", common_name=f"{SECRET_KEY}.example")

    events = desk.run(desk.emitted(1), change, api_key=SECRET_KEY)

    assert brief(events) == [(MIGRATED, "revoked")]
    assert logged(caplog, logging.WARNING, 400)
    # Sent in capitals or not, and however a log line is made of it.
    for text in (json.dumps(events), caplog.text, desk.state.read_text(), repr(caplog.records)):
        assert SECRET_KEY not in text


def test_it_never_writes(desk: Desk) -> None:
    desk.run(desk.emitted(1), lambda: desk.sim.patch(PENDING, status="rejected"))

    assert {entry["method"] for entry in desk.sim.journal()} == {"GET"}


def test_a_key_from_the_environment_is_sent_only_to_the_url_of_the_environment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGICERT_API_KEY", SECRET_KEY)
    with pytest.raises(Exception, match="DIGICERT_API_KEY") as caught:
        desk.run(lambda: False, api_key=None)
    assert type(caught.value).__name__ == "SourceError"
    assert desk.sim.journal() == []

    monkeypatch.setenv("DIGICERT_API_URL", desk.sim.api_url)
    desk.run(desk.polled(2), api_key=None, api_url=None)
    assert {entry["key"] for entry in desk.sim.journal()} == {SECRET_KEY}
