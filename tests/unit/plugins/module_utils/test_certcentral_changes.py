# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every change is told once, whatever the looks that show it: by examples, and by lives that are made up."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral_changes import (
    OVERLAP,
    REACH,
    Look,
    Memory,
    StateError,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral_objects import ROW, StatusChange, read_order

SERVICE = "https://www.digicert.com/services/v2"
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=timezone.utc)
WEEK = 7 * 86400


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def new(lookback: float = 0) -> Memory:
    return Memory.new(SERVICE, NOON, timedelta(seconds=lookback))


def told(memory: Memory, look: Look, *rows: StatusChange) -> list[StatusChange]:
    """Tell what is new of a look's rows, to its end."""
    fresh = memory.fresh(rows)
    for change in fresh:
        memory.note(change, look)
    memory.done(look)
    return fresh


def restarted(memory: Memory) -> Memory:
    return Memory.read(memory.text(), SERVICE)


ISSUED, REISSUE = StatusChange(1, "issued", 5), StatusChange(1, "reissue_pending", 5)
REJECTED = StatusChange(2, "rejected")


# -- what to ask for ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lookback", "seconds"), [(0, 1), (3600, 3601), (WEEK, WEEK - 59)])
def test_the_first_look_begins_where_it_was_asked_to(lookback: int, seconds: int) -> None:
    look = new(lookback).look(NOON)

    assert (look.seconds, look.gap) == (seconds, "")


def test_nothing_from_before_the_start_is_told_by_the_overlap() -> None:
    memory = new()
    memory.done(memory.look(NOON))

    assert memory.look(at(60)).seconds == 61


def test_looks_overlap() -> None:
    memory = new(3600)
    memory.done(memory.look(NOON))

    assert memory.look(at(300)).seconds == 300 + OVERLAP.total_seconds() + 1


@pytest.mark.parametrize("late", [0, 60, 599])
def test_a_clock_that_goes_back_a_little_loses_nothing(late: int) -> None:
    memory = new(3600)
    memory.done(memory.look(at(0)))

    look = memory.look(at(-late))

    assert (look.seconds, look.gap) == (OVERLAP.total_seconds() - late + 1, "")


def test_after_seven_days_there_is_a_gap_which_is_told_once() -> None:
    memory = new(3600)
    memory.done(memory.look(NOON))
    assert not memory.look(NOON + REACH).gap
    look = memory.look(NOON + REACH + timedelta(seconds=90))
    event = memory.gap_event(look)["certcentral"]

    assert "longer ago than the 7 days" in look.gap
    assert look.seconds == WEEK
    assert {name: event[name] for name in ("event", "gap", "reason", "missed_after", "missed_before")} == {
        "event": "gap",
        "gap": True,
        "reason": look.gap,
        "missed_after": "2026-11-22T12:00:00Z",
        "missed_before": "2026-11-22T12:01:30Z",
    }
    memory.pass_over(look)
    assert (memory.look(look.at).seconds, memory.look(look.at).gap) == (WEEK, "")
    assert memory.gap_event(look)["certcentral"]["event_id"] != event["event_id"]


def test_what_was_told_before_a_gap_is_told_again_where_it_happens_again() -> None:
    memory = new()
    told(memory, memory.look(at(60)), ISSUED)
    look = memory.look(at(60 + WEEK + 3600))
    memory.pass_over(look)

    assert told(memory, look, ISSUED) == [ISSUED]


def test_a_clock_that_went_far_back_is_a_gap_and_all_is_looked_at_again() -> None:
    memory = new()
    told(memory, memory.look(at(WEEK)), ISSUED)
    look = memory.look(NOON)

    assert "the clock stands before" in look.gap
    assert look.seconds == WEEK
    memory.pass_over(look)
    assert told(memory, look, ISSUED, REJECTED) == [REJECTED]
    # What was told in that future does not stay known until it comes.
    assert told(memory, memory.look(at(3600))) == []
    assert told(memory, memory.look(at(7200)), ISSUED) == [ISSUED]


# -- what is new -------------------------------------------------------------------------------------------------------


def test_what_two_looks_show_is_told_once() -> None:
    memory = new()

    assert told(memory, memory.look(at(60)), ISSUED, REJECTED) == [ISSUED, REJECTED]
    assert told(memory, memory.look(at(120)), ISSUED, REJECTED) == []


def test_an_order_that_changes_back_is_told_again() -> None:
    memory = new()

    assert told(memory, memory.look(at(60)), ISSUED) == [ISSUED]
    assert told(memory, memory.look(at(120)), REISSUE) == [REISSUE]
    assert told(memory, memory.look(at(180)), ISSUED) == [ISSUED]
    assert told(memory, memory.look(at(240)), ISSUED) == []


def test_another_certificate_is_another_change() -> None:
    memory = new()
    told(memory, memory.look(at(60)), ISSUED)
    other = StatusChange(1, "issued", 6)

    assert told(memory, memory.look(at(120)), other) == [other]


def test_the_same_status_after_the_overlap_is_another_change() -> None:
    memory = new()
    told(memory, memory.look(at(60)), ISSUED)
    told(memory, memory.look(at(1200)))

    assert told(memory, memory.look(at(1260)), ISSUED) == [ISSUED]


def test_a_service_that_lists_every_change_is_understood() -> None:
    memory = new()

    assert told(memory, memory.look(at(60)), ISSUED, REJECTED, REISSUE) == [ISSUED, REJECTED, REISSUE]
    assert told(memory, memory.look(at(120)), ISSUED, REJECTED, REISSUE, ISSUED) == [ISSUED]
    assert told(memory, memory.look(at(700)), REISSUE, ISSUED) == []
    assert told(memory, memory.look(at(760)), ISSUED, REISSUE) == [REISSUE]


def test_what_is_told_half_goes_on_after_a_restart_with_the_same_ids() -> None:
    memory = new()
    look = memory.look(at(60))
    ids = [memory.event(change, look, None, NOON.date())["certcentral"]["event_id"] for change in (ISSUED, REJECTED)]
    memory.note(ISSUED, look)
    again = restarted(memory)
    later = again.look(at(90))

    assert again.fresh([ISSUED, REJECTED]) == [REJECTED]
    assert again.event(REJECTED, later, None, NOON.date())["certcentral"]["event_id"] == ids[1]
    assert len(set(ids)) == 2


def test_every_event_has_an_id_of_its_own() -> None:
    memory = new()
    ids = []
    for number, changes in enumerate([(ISSUED, REISSUE, ISSUED, REJECTED), (REISSUE,), (ISSUED,)], start=1):
        look = memory.look(at(60 * number))
        for change in changes:
            ids.append(memory.event(change, look, None, NOON.date())["certcentral"]["event_id"])
            memory.note(change, look)
        memory.done(look)

    assert len(set(ids)) == 6
    other = Memory.new("https://certcentral.digicert.eu/services/v2", NOON, timedelta())
    assert other.event(ISSUED, other.look(at(60)), None, NOON.date())["certcentral"]["event_id"] not in ids


STATUSES = st.sampled_from(["pending", "issued", "reissue_pending", "revoked"])
LIVES = st.lists(st.tuples(st.integers(1, 2000), st.integers(1, 3), STATUSES), max_size=30)
LOOKS = st.lists(st.tuples(st.integers(1, 2000), st.booleans()), min_size=1, max_size=30)


@settings(deadline=None)
@given(life=LIVES, looks=LOOKS, lag=st.integers(0, int(OVERLAP.total_seconds()) - 2), each=st.booleans())
def test_any_life_is_told_once(life: Any, looks: Any, lag: int, each: bool) -> None:
    """Changes at some times, that show after a lag, and looks at other times, some after a restart."""
    history: list[tuple[int, StatusChange]] = []
    now, current = 0, {}
    had: set[tuple[int, str]] = set()
    for wait, order_id, status in life:
        now += wait
        # One that goes back and forth within minutes is told less often, as the guide says.
        if current.get(order_id) != status and (order_id, status) not in had:
            had.add((order_id, status))
            current[order_id] = status
            history.append((now, StatusChange(order_id, status)))
    memory, now, events = new(), 0, []
    for wait, restart in [*looks, (100_000, False)]:
        now += wait
        memory = restarted(memory) if restart else memory
        look = memory.look(at(now))
        rows = [change for time, change in history if now - look.seconds <= time <= now - lag]
        if not each:
            rows = list({row.order_id: row for row in rows}.values())
        events += told(memory, look, *rows)

    for order_id in (1, 2, 3):
        happened = [change.status for _time, change in history if change.order_id == order_id]
        heard = [change.status for change in events if change.order_id == order_id]
        if each:
            assert heard == happened
        else:
            assert heard[-1:] == happened[-1:]
            # Nothing is made up, and nothing comes before its time.
            left = iter(happened)
            assert all(status in left for status in heard)


# -- what an event says ------------------------------------------------------------------------------------------------


def test_an_event_has_the_order_as_the_module_shows_it() -> None:
    memory, order = new(), read_order({"id": 1, "status": "issued", "certificate": {"common_name": "a.example"}}, ROW)
    assert order is not None
    event = memory.event(ISSUED, memory.look(at(59)), order, NOON.date())["certcentral"]

    assert event.pop("event_id")
    assert event == {
        "event": "status_change",
        "gap": False,
        "order_id": 1,
        "status": "issued",
        "certificate_id": 5,
        "changed_after": "2026-11-22T11:59:59Z",
        "changed_before": "2026-11-22T12:00:59Z",
        "order": order.shown(NOON.date()),
    }


def test_no_text_of_an_event_is_a_template() -> None:
    name = "{{ lookup('pipe', 'id') }}.example"
    data = {
        "id": 1,
        "status": "issued",
        "certificate": {"common_name": name, "dns_names": ["{% x %}", "a{#b"]},
        "organization": {"id": 1, "name": "{{{ x"},
    }
    memory = new()
    change = StatusChange(1, "{{ status }}")
    told_text = json.dumps(memory.event(change, memory.look(at(1)), read_order(data, ROW), NOON.date()))

    assert not any(opening in told_text for opening in ("{{ ", "{%", "{#", "{{{"))
    assert "lookup('pipe', 'id')" in told_text


# -- what outlives a restart -------------------------------------------------------------------------------------------


def test_it_is_the_same_after_a_restart() -> None:
    memory = new(60)
    told(memory, memory.look(at(60)), ISSUED, REJECTED)

    assert restarted(memory).text() == memory.text()
    assert json.loads(memory.text())["service"] == SERVICE


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "{}",
        "null",
        '{"schema_version": 1}',
        "[" * 100000,
        *(
            json.dumps({"schema_version": 1, "service": SERVICE, "begin": begin, "since": begin, "told": told_of})
            for begin, told_of in [
                ("", {}),
                (1, {}),
                ("2026-01-01", []),
                ("2026-01-01", {"a": 1}),
                ("2026-01-01", {"1": ["2026-01-01", [["issued"]]]}),
                ("2026-01-01", {"1": ["2026-01-01", [["issued", "x"]]]}),
            ]
        ),
    ],
)
def test_what_no_source_has_written_is_not_read(text: str) -> None:
    with pytest.raises(StateError, match="not what an event source has written"):
        Memory.read(text, SERVICE)


def test_what_another_one_has_written_is_not_read() -> None:
    with pytest.raises(StateError, match="about another service than https://elsewhere"):
        Memory.read(new().text(), "https://elsewhere/services/v2")
    with pytest.raises(StateError, match="another version"):
        Memory.read(new().text().replace('"schema_version":1', '"schema_version":2'), SERVICE)
