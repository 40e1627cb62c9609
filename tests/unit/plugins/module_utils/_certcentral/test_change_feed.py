# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every change is reported once, whichever polls return it: by examples, and by generated histories."""

from __future__ import annotations

import ast
import contextlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._certcentral.change_feed import (
    OVERLAP,
    REACH,
    Memory,
    Poll,
    StateError,
)
from ansible_collections.certops.orders.plugins.module_utils._certcentral.filters import STATUSES
from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import ROW, StatusChange, read_order
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.words import ORDER_STATUSES

SERVICE = "https://www.digicert.com/services/v2"
NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=timezone.utc)
WEEK = 7 * 86400


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def new(lookback: float = 0) -> Memory:
    return Memory.new(SERVICE, NOON, timedelta(seconds=lookback))


def begun(lookback: float = 0) -> Memory:
    """A memory after a first poll, at noon, that showed nothing."""
    memory = new(lookback)
    reported(memory, memory.poll(NOON))
    return memory


def reported(memory: Memory, poll: Poll, *rows: StatusChange) -> list[StatusChange]:
    """Report the new changes among a poll's rows, to its end."""
    if memory.is_new:
        memory.begin(rows, rows, poll)
    fresh = memory.fresh(rows, poll)
    for change in fresh:
        memory.note(change, poll)
    memory.done(poll)
    return fresh


def restarted(memory: Memory) -> Memory:
    return Memory.read(memory.text(), SERVICE)


ISSUED, REISSUE = StatusChange(1, "issued", 5), StatusChange(1, "reissue_pending", 5)
REJECTED = StatusChange(2, "rejected")


# -- what to ask for ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lookback", "seconds"), [(0, 1), (3600, 3601), (WEEK, WEEK - 59)])
def test_the_first_poll_begins_at_the_requested_time(lookback: int, seconds: int) -> None:
    memory = new(lookback)
    poll = memory.poll(NOON)

    assert (poll.seconds, memory.gap(poll), memory.reaches(poll)) == (seconds, "", True)


def test_polls_overlap_and_allow_for_a_late_answer() -> None:
    memory = begun()

    poll = memory.poll(at(300))

    assert poll.seconds == 300 + OVERLAP.total_seconds() + 60 + 1
    assert memory.reaches(poll.answered_at(at(361)))
    assert not memory.gap(poll)


@pytest.mark.parametrize("late", [0, 60, 599])
def test_a_clock_set_back_a_little_loses_nothing(late: int) -> None:
    memory = begun()

    poll = memory.poll(at(-late))

    assert (poll.seconds, memory.gap(poll)) == (OVERLAP.total_seconds() - late + 61, "")


@pytest.mark.parametrize(("memory", "spare"), [(new(), 1), (new(3600), 1), (begun(), 61)])
def test_an_answer_that_is_late_is_asked_for_again(memory: Memory, spare: int) -> None:
    poll = memory.poll(at(300))
    assert memory.reaches(poll.answered_at(at(300 + spare)))
    poll = poll.answered_at(at(301 + spare))
    assert not memory.reaches(poll)

    late = poll.answered - poll.asked
    again = memory.poll(poll.answered, late)

    assert memory.reaches(again.answered_at(again.asked + late))


def test_an_answer_is_never_before_its_question() -> None:
    poll = begun().poll(at(300))

    assert poll.answered_at(at(200)).answered == at(300)


def test_after_seven_days_a_gap_is_reported_once() -> None:
    memory = begun()
    assert not memory.gap(memory.poll(NOON + REACH))
    poll = memory.poll(NOON + REACH + timedelta(seconds=90))
    event = memory.gap_event(poll)["certcentral"]

    assert memory.gap(poll)
    # More cannot be asked for.
    assert (poll.seconds, memory.reaches(poll)) == (WEEK, True)
    assert {name: event[name] for name in ("event", "gap", "reason", "missed_after", "missed_before")} == {
        "event": "gap",
        "gap": True,
        "reason": memory.gap(poll),
        "missed_after": "2026-11-22T12:00:00Z",
        "missed_before": "2026-11-22T12:11:30Z",
    }
    memory.pass_over(poll)
    # Neither by the same poll, nor by one that continues it soon after an error.
    soon = memory.poll(poll.asked + OVERLAP)
    assert (soon.seconds, memory.gap(soon)) == (WEEK, "")
    late = memory.poll(poll.asked + OVERLAP + timedelta(seconds=1))
    assert memory.gap(late)
    assert memory.gap_event(late)["certcentral"]["event_id"] != event["event_id"]


def test_an_incomplete_answer_is_a_gap_and_its_changes_are_still_reported() -> None:
    memory = begun()
    poll = memory.poll(at(300))
    cut = poll.answered_at(at(302), is_whole=False)

    assert (bool(memory.gap(poll)), bool(memory.gap(cut))) == (False, True)
    event = memory.gap_event(cut)["certcentral"]
    assert (event["missed_after"], event["missed_before"]) == ("2026-11-22T12:00:00Z", "2026-11-22T12:05:02Z")
    memory.pass_over(cut)
    # After an error it is asked for once more.
    assert memory.poll(at(310)).begin < poll.begin + timedelta(seconds=11)
    assert memory.fresh([ISSUED], cut) == [ISSUED]
    memory.done(cut)
    assert not memory.gap(memory.poll(at(600)))


@pytest.mark.parametrize(("late", "gap"), [(8, False), (9, True)])
def test_a_late_answer_near_seven_days_is_a_gap(late: int, gap: bool) -> None:
    memory = begun()

    poll = memory.poll(NOON + REACH - timedelta(seconds=8))

    assert not memory.gap(poll)
    poll = poll.answered_at(poll.asked + timedelta(seconds=late))
    assert bool(memory.gap(poll)) is gap
    assert memory.reaches(poll)


def test_a_change_reported_before_a_gap_is_reported_again_when_it_happens_again() -> None:
    memory = begun()
    reported(memory, memory.poll(at(60)), ISSUED)
    poll = memory.poll(at(60 + WEEK + 3600))
    memory.pass_over(poll)
    memory.done(poll)

    assert reported(memory, memory.poll(at(WEEK + 7200)), ISSUED) == [ISSUED]


@pytest.mark.parametrize("back", [1261, 2000, 3 * 86400])
def test_a_clock_set_far_back_is_a_gap_and_repeats_nothing(back: int) -> None:
    before = StatusChange(9, "rejected")
    memory = new()
    memory.begin([before], [], memory.poll(NOON))
    reported(memory, memory.poll(at(300)), ISSUED)
    reported(memory, memory.poll(at(86400)), REISSUE)
    poll = memory.poll(at(86400 + 660 - back))

    assert memory.gap(poll)
    assert poll.seconds == WEEK
    memory.pass_over(poll)
    assert reported(memory, poll, before, REISSUE, REJECTED) == [REJECTED]
    later = memory.poll(poll.asked + timedelta(minutes=5))
    assert not memory.gap(later)
    assert reported(memory, later, REISSUE, REJECTED) == []


def test_a_clock_set_back_before_the_first_poll_does_not_report_the_week_before() -> None:
    memory = new()

    poll = memory.poll(at(-3600))

    assert (poll.seconds, bool(memory.gap(poll))) == (1, True)


@pytest.mark.parametrize("step", [3600, 6 * 86400])
def test_a_clock_set_forward_repeats_nothing(step: int) -> None:
    memory = begun()
    reported(memory, memory.poll(at(300)), ISSUED)
    reported(memory, memory.poll(at(600)), REJECTED)

    poll = memory.poll(at(900 + step))

    assert (memory.gap(poll), poll.seconds > step) == ("", True)
    assert reported(memory, poll, ISSUED, REJECTED) == []


# -- what is new -------------------------------------------------------------------------------------------------------


def test_a_change_in_two_polls_is_reported_once() -> None:
    memory = begun()

    assert reported(memory, memory.poll(at(60)), ISSUED, REJECTED) == [ISSUED, REJECTED]
    assert reported(memory, memory.poll(at(120)), ISSUED, REJECTED) == []


def test_an_order_that_changes_back_is_reported_again() -> None:
    memory = begun()

    assert reported(memory, memory.poll(at(60)), ISSUED) == [ISSUED]
    assert reported(memory, memory.poll(at(120)), REISSUE) == [REISSUE]
    assert reported(memory, memory.poll(at(180)), ISSUED) == [ISSUED]
    assert reported(memory, memory.poll(at(240)), ISSUED) == []


def test_another_certificate_is_another_change() -> None:
    memory = begun()
    reported(memory, memory.poll(at(60)), ISSUED)
    other = StatusChange(1, "issued", 6)

    assert reported(memory, memory.poll(at(120)), other) == [other]


@pytest.mark.parametrize(("days", "news"), [(6.9, []), (7.1, [ISSUED])])
def test_the_last_reported_change_is_not_new_as_long_as_a_poll_can_return_it(
    days: float, news: list[StatusChange]
) -> None:
    memory = begun()
    reported(memory, memory.poll(at(60)), ISSUED)
    reported(memory, memory.poll(at(days * 86400)))

    assert reported(memory, memory.poll(at(days * 86400 + 3600)), ISSUED) == news


def test_what_happened_before_the_first_start_is_known_and_what_happened_since_is_not() -> None:
    memory, other = new(), StatusChange(3, "issued")
    poll = memory.poll(at(60))
    memory.begin([ISSUED, REISSUE, REJECTED], [REISSUE, other], poll)

    assert reported(memory, poll, REISSUE, other) == [REISSUE, other]
    assert reported(memory, memory.poll(at(360)), REISSUE, REJECTED, other) == []
    assert reported(memory, memory.poll(at(660)), ISSUED, REJECTED) == [ISSUED]


def test_a_service_that_lists_every_change_is_understood() -> None:
    memory = begun()

    assert reported(memory, memory.poll(at(60)), ISSUED, REJECTED, REISSUE) == [ISSUED, REJECTED, REISSUE]
    assert reported(memory, memory.poll(at(200)), ISSUED, REJECTED, REISSUE, ISSUED) == [ISSUED]
    assert reported(memory, memory.poll(at(700)), REISSUE, ISSUED) == []
    assert reported(memory, memory.poll(at(800)), ISSUED) == []
    assert reported(memory, memory.poll(at(860)), ISSUED, REISSUE) == [REISSUE]


def test_in_whatever_order_it_lists_them() -> None:
    memory, other = begun(), StatusChange(1, "issued", 6)

    assert reported(memory, memory.poll(at(60)), ISSUED) == [ISSUED]
    assert reported(memory, memory.poll(at(120)), REISSUE, ISSUED) == [REISSUE]
    assert reported(memory, memory.poll(at(180)), other, REISSUE, ISSUED) == [other]
    assert reported(memory, memory.poll(at(240)), other, REISSUE) == []
    assert reported(memory, memory.poll(at(300)), other) == []


def test_a_row_for_each_certificate_is_reported_once() -> None:
    memory, other = begun(), StatusChange(1, "issued", 6)

    assert reported(memory, memory.poll(at(60)), ISSUED, other) == [ISSUED, other]
    for number, rows in enumerate([(other, ISSUED), (ISSUED, other), (ISSUED,), (other,)], start=2):
        assert reported(memory, memory.poll(at(60 * number)), *rows) == []


def test_an_answer_that_was_long_in_coming_is_not_forgotten_too_early() -> None:
    memory = begun()
    poll = memory.poll(at(1000)).answered_at(at(1300))

    assert reported(memory, poll, ISSUED) == [ISSUED]
    for time in (1360, 1660, 1900):
        assert reported(memory, memory.poll(at(time)), ISSUED) == []


def test_a_half_reported_poll_continues_after_a_restart_with_the_same_ids() -> None:
    memory = begun()
    poll = memory.poll(at(60))
    ids = [memory.event(change, poll, None, NOON.date())["certcentral"]["event_id"] for change in (ISSUED, REJECTED)]
    memory.note(ISSUED, poll)
    again = restarted(memory)
    later = again.poll(at(90))

    assert again.fresh([ISSUED, REJECTED], later) == [REJECTED]
    assert again.event(REJECTED, later, None, NOON.date())["certcentral"]["event_id"] == ids[1]
    assert len(set(ids)) == 2


def test_every_event_has_an_id_of_its_own() -> None:
    memory = begun()
    ids = []
    for number, changes in enumerate([(ISSUED, REISSUE, ISSUED, REJECTED), (REISSUE,), (ISSUED,)], start=1):
        poll = memory.poll(at(60 * number))
        for change in changes:
            ids.append(memory.event(change, poll, None, NOON.date())["certcentral"]["event_id"])
            memory.note(change, poll)
        memory.done(poll)

    assert len(set(ids)) == 6
    other = Memory.new("https://certcentral.digicert.eu/services/v2", NOON, timedelta())
    assert other.event(ISSUED, other.poll(at(60)), None, NOON.date())["certcentral"]["event_id"] not in ids


NEWS = st.tuples(st.integers(1, 2000), st.integers(1, 3), st.sampled_from(["pending", "issued", "revoked"]))
POLLS = st.tuples(st.integers(1, 2000), st.booleans(), st.integers(0, 300), st.integers(-5000, 5000))


@given(
    life=st.lists(NEWS, max_size=30),
    polls=st.lists(POLLS, min_size=1, max_size=30),
    lag=st.integers(0, int(OVERLAP.total_seconds()) - 2),
    rows=st.sampled_from(["latest", "oldest first", "newest first"]),
    steps=st.booleans(),
)
# Lag and lateness together were more than reads overlap: the last change was in no answer.
@example(
    life=[(1, 1, "pending"), (737, 1, "issued")],
    polls=[(1335, False, 0, 0), (65, False, 65, 0)],
    lag=598,
    rows="latest",
    steps=False,
)
def test_any_history_of_changes_is_reported_once(life: Any, polls: Any, lag: int, rows: str, steps: bool) -> None:
    """Changes at some times, that show after a lag, and reads at other times: some after a restart, some answered late.

    Lag and lateness together are less than reads overlap. steps: the clock is set meanwhile, forward and back.
    """
    lag = min(lag, int(OVERLAP.total_seconds()) - 2 - max(late for _wait, _restart, late, _step in polls))
    history, now = [], 0
    had: set[tuple[int, str]] = set()
    for wait, order_id, status in life:
        now += wait
        # One that goes back and forth within minutes is reported less often, as the guide says.
        if (order_id, status) not in had:
            had.add((order_id, status))
            history.append((now, StatusChange(order_id, status)))
    memory, now, clock, events = begun(), 0, 0, []
    for wait, restart, late, step in [*polls, (100_000, False, 0, 0)]:
        now += wait
        if restart:
            memory = restarted(memory)
        elif steps:
            clock += step
            memory.set_back(timedelta(seconds=max(0, -step)))
        poll = memory.poll(at(now + clock))
        now += late
        poll = poll.answered_at(at(now + clock))
        shown = [change for time, change in history if now - poll.seconds <= time <= now - lag]
        if rows == "latest":
            shown = list({row.order_id: row for row in shown}.values())
        assert not memory.gap(poll)
        events += reported(memory, poll, *(reversed(shown) if rows == "newest first" else shown))

    for order_id in (1, 2, 3):
        happened = [change.status for _time, change in history if change.order_id == order_id]
        statuses = [change.status for change in events if change.order_id == order_id]
        if rows != "latest":
            assert set(statuses) == set(happened)
            # Where the clock goes forward, one of several rows may come twice.
            assert steps or len(statuses) == len(happened)
        else:
            assert statuses[-1:] == happened[-1:]
            # Nothing is made up, and nothing comes before its time.
            left = iter(happened)
            assert all(status in left for status in statuses)


# -- contents of an event ----------------------------------------------------------------------------------------------


def test_an_event_has_the_order_as_the_module_shows_it() -> None:
    memory, order = new(), read_order({"id": 1, "status": "issued", "certificate": {"common_name": "a.example"}}, ROW)
    assert order is not None
    event = memory.event(ISSUED, memory.poll(at(59)), order, NOON.date())["certcentral"]

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


def test_the_statuses_that_are_known_are_those_of_the_documentation() -> None:
    assert set(STATUSES) == set(ORDER_STATUSES)


HOSTILE = [
    "{{ lookup('pipe', 'id') }}",
    """'{{ lookup("pipe","id") }}'""",
    '["{{ x }}"]',
    "'{' '{ x }}'",
    r"'\x7b\x7b x }}'",
    r"'\N{LEFT CURLY BRACKET}\173 x'",
    "{% x %}{#",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_of_an_event_is_a_template_nor_is_what_is_read_in_it(name: str) -> None:
    data = {
        "id": 1,
        "status": "issued",
        "certificate": {"common_name": name, "dns_names": [name]},
        "organization": {"id": 1, "name": name},
    }
    memory = new()
    change = StatusChange(1, name)
    order = read_order(data, ROW)
    assert order is not None
    assert name in order.common_name
    event = memory.event(change, memory.poll(at(1)), order, NOON.date())["certcentral"]

    texts = [event["status"], event["order"]["common_name"], *event["order"]["domains"]]
    assert event["order"]["domains"]
    assert not set("{}\\") & set(json.dumps(texts, ensure_ascii=False).replace('\\"', ""))
    # As Jinja's native types read them, with which ansible-rulebook hands values on: as Python, where they can be.
    for text in texts:
        read = text
        with contextlib.suppress(ValueError, SyntaxError):
            read = str(ast.literal_eval(text))
        assert not any(sign in read for sign in "{\\")


# -- what outlives a restart -------------------------------------------------------------------------------------------


def test_it_is_the_same_after_a_restart() -> None:
    memory = new(60)
    assert restarted(memory).is_new
    reported(memory, memory.poll(at(60)), ISSUED, REJECTED)

    assert not restarted(memory).is_new
    assert restarted(memory).text() == memory.text()
    assert json.loads(memory.text())["service"] == SERVICE


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "{}",
        "null",
        '{"schema_version": 2}',
        "[" * 100000,
        *(
            json.dumps({"schema_version": 2, "service": SERVICE, "since": since, "told": entries})
            for since, entries in [
                ("", {}),
                (1, {}),
                ("0001-01-01T00:00:00Z", {}),
                ("9999-12-31T23:59:59Z", {}),
                ("2026-01-01", []),
                ("2026-01-01", {"a": []}),
                ("2026-01-01", {"1": 1}),
                ("2026-01-01", {"1": [["issued", None]]}),
                ("2026-01-01", {"1": [["issued", "x", 1]]}),
                ("2026-01-01", {"1": [["issued", None, "x"]]}),
                ("2026-01-01", {"1": [["issued", None, float("inf")]]}),
                ("2026-01-01", {"1": [["issued", None, 10**30]]}),
            ]
        ),
    ],
)
def test_what_no_source_has_written_is_not_read(text: str) -> None:
    with pytest.raises(StateError):
        Memory.read(text, SERVICE)


def test_what_another_one_has_written_is_not_read() -> None:
    with pytest.raises(StateError, match="https://elsewhere"):
        Memory.read(new().text(), "https://elsewhere/services/v2")
    with pytest.raises(StateError):
        Memory.read(new().text().replace('"schema_version":2', '"schema_version":1'), SERVICE)


def test_twenty_thousand_changes_of_a_week_are_a_small_file() -> None:
    memory = begun()
    poll = memory.poll(at(60))
    for number in range(20_000):
        memory.note(StatusChange(10**8 + number, "reissue_pending", 10**9 + number), poll)

    assert len(memory.text()) < 1_300_000


# -- messages ----------------------------------------------------------------------------------------------------------


def test_messages() -> None:
    memory = begun()
    poll = memory.poll(at(300))
    text = new().text()

    def unreadable(text: str, service: str = SERVICE) -> str:
        with pytest.raises(StateError) as caught:
            Memory.read(text, service)
        return str(caught.value)

    check_messages(
        "certcentral change feed",
        {
            "gap, more than 7 days": memory.gap(memory.poll(NOON + REACH + timedelta(seconds=90))),
            "gap, incomplete answer": memory.gap(poll.answered_at(at(302), is_whole=False)),
            "gap, clock set back": memory.gap(memory.poll(at(-86400))),
            "state file, invalid": unreadable("{}"),
            "state file, other service": unreadable(text, "https://elsewhere/services/v2"),
            "state file, other version": unreadable(text.replace('"schema_version":2', '"schema_version":1')),
        },
    )
