# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was requested is remembered: across runs that are killed, beside other jobs, and in no file that is not ours."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.certops.orders.plugins.module_utils._common.values import utc
from ansible_collections.certops.orders.plugins.module_utils._files import secure as _files
from ansible_collections.certops.orders.plugins.module_utils._files.secure import UnsafeFile
from ansible_collections.certops.orders.plugins.module_utils._servertastic.request_log import (
    CANCEL,
    REQUEST,
    Claim,
    RequestLog,
)

ORDER = "a" * 64
OTHER = "b" * 64
KIND = REQUEST
AT = datetime(2026, 1, 31, 12, 0, tzinfo=timezone.utc)
UNCONFIRMED = Claim(KIND, AT, is_confirmed=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "requests.jsonl"


@pytest.fixture
def log(path: Path) -> RequestLog:
    return RequestLog(str(path))


def line(event: str = "claimed", time: Any = "2026-01-31T12:00:00Z", order: str = ORDER, kind: str = KIND) -> str:
    return json.dumps({"time": time, "event": event, "kind": kind, "order_digest": order}) + "\n"


def about_now(time: datetime) -> bool:
    return abs(datetime.now(timezone.utc) - time) < timedelta(seconds=10)


def test_nothing_is_known_before_anything_was_requested_and_no_file_is_made(log: RequestLog, path: Path) -> None:
    assert log.known() == {}
    assert not path.exists()


def test_a_claim_is_known_from_then_on(log: RequestLog, path: Path) -> None:
    assert log.claim(KIND, ORDER, None) is True

    (order, claim) = next(iter(log.known().items()))
    assert order == ORDER
    assert (claim.kind, claim.is_confirmed, claim.is_lost) == (KIND, False, False)
    assert claim.made_at.tzinfo is timezone.utc
    assert about_now(claim.made_at)
    (entry,) = map(json.loads, path.read_text().splitlines())
    assert {name: entry[name] for name in ("event", "kind", "order_digest")} == {
        "event": "claimed",
        "kind": KIND,
        "order_digest": ORDER,
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_claim_is_confirmed_only_by_its_confirmation_and_keeps_its_time(log: RequestLog) -> None:
    log.claim(KIND, ORDER, None)
    claimed = log.known()[ORDER]
    log.confirm(KIND, ORDER)

    assert claimed.is_confirmed is False
    assert log.known() == {ORDER: Claim(KIND, claimed.made_at, is_confirmed=True)}


def test_a_claim_with_a_lost_reply_stays_and_is_not_confirmed(log: RequestLog) -> None:
    log.claim(KIND, ORDER, None)
    claimed = log.known()[ORDER]
    log.lose(KIND, ORDER)

    assert log.known() == {ORDER: Claim(KIND, claimed.made_at, is_confirmed=False, is_lost=True)}


def test_a_claim_that_is_withdrawn_is_forgotten_and_can_be_made_again(log: RequestLog) -> None:
    log.claim(KIND, ORDER, None)
    log.withdraw(KIND, ORDER)

    assert log.known() == {}
    assert log.claim(KIND, ORDER, None) is True


def test_orders_are_apart(log: RequestLog) -> None:
    assert log.claim(KIND, ORDER, None) is True
    assert log.claim(CANCEL, OTHER, None) is True
    log.withdraw(CANCEL, OTHER)

    assert set(log.known()) == {ORDER}


def test_the_kinds_share_an_order_as_they_are_one_call(log: RequestLog) -> None:
    """An order that is issued while it is cancelled gets a mail: a request for it would be the second one."""
    assert log.claim(CANCEL, ORDER, None) is True
    assert log.claim(REQUEST, ORDER, None) is False
    known = log.known()[ORDER]
    assert log.claim(REQUEST, ORDER, known) is True
    # Each kind's own claim is confirmed, and withdrawn.
    log.confirm(CANCEL, ORDER)
    assert (log.known()[ORDER].kind, log.known()[ORDER].is_confirmed) == (REQUEST, False)
    log.withdraw(REQUEST, ORDER)
    assert log.known() == {ORDER: Claim(CANCEL, known.made_at, is_confirmed=True)}


def test_what_is_claimed_already_is_not_claimed_again(log: RequestLog) -> None:
    log.claim(KIND, ORDER, None)
    claimed = log.known()[ORDER]

    assert log.claim(KIND, ORDER, None) is False
    assert log.claim(KIND, ORDER, Claim(KIND, AT, is_confirmed=False)) is False
    # Not even by one who thinks it newer.
    assert log.claim(KIND, ORDER, Claim(KIND, claimed.made_at + timedelta(days=1), is_confirmed=False)) is False


@pytest.mark.parametrize("event", ["confirm", "lose"])
def test_what_was_settled_after_the_caller_read_it_is_not_claimed_again(log: RequestLog, event: str) -> None:
    log.claim(KIND, ORDER, None)
    known = log.known()[ORDER]
    getattr(log, event)(KIND, ORDER)

    assert log.claim(KIND, ORDER, known) is False
    assert log.claim(KIND, ORDER, log.known()[ORDER]) is True


def test_what_the_caller_knows_of_can_be_claimed_again(log: RequestLog) -> None:
    log.claim(KIND, ORDER, None)
    known = log.known()[ORDER]

    assert log.claim(KIND, ORDER, known) is True
    assert log.known()[ORDER].made_at >= known.made_at


def test_a_claim_dated_in_the_future_is_replaced_by_the_one_after_it(log: RequestLog, path: Path) -> None:
    path.write_text(line(time="9999-01-31T12:00:00Z") + line("confirmed"))
    path.chmod(0o600)
    known = log.known()[ORDER]

    assert log.claim(KIND, ORDER, known) is True
    assert about_now(log.known()[ORDER].made_at)
    assert log.claim(KIND, ORDER, known) is False


def test_a_second_claim_that_is_withdrawn_leaves_the_first(log: RequestLog) -> None:
    """A request that was made, made again, and refused: the first mail has been sent all the same."""
    log.claim(KIND, ORDER, None)
    log.confirm(KIND, ORDER)
    first = log.known()
    log.claim(KIND, ORDER, first[ORDER])
    log.withdraw(KIND, ORDER)

    assert log.known() == first
    assert first[ORDER].is_confirmed


# -- what a claim proves -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "counts"),
    [
        (timedelta(days=-300), True),
        (timedelta(0), True),
        # The clocks of hosts that share a log.
        (timedelta(minutes=5), True),
        (timedelta(minutes=5, seconds=1), False),
        (timedelta(days=1), False),
    ],
)
def test_only_what_is_confirmed_and_not_in_the_future_counts(ahead: timedelta, counts: bool) -> None:
    assert Claim(KIND, AT + ahead).counts(AT) is counts
    assert Claim(KIND, AT + ahead).is_future(AT) is not counts
    assert Claim(KIND, AT + ahead, is_confirmed=False).counts(AT) is False


def test_a_young_unsettled_claim_may_be_in_flight() -> None:
    claim = Claim(KIND, AT, is_confirmed=False)

    ages = (-16, -1, 14, 15)
    assert [claim.is_in_flight(AT + timedelta(seconds=age)) for age in ages] == [False, True, True, False]
    assert not Claim(KIND, AT).is_in_flight(AT)
    assert not Claim(KIND, AT, is_confirmed=False, is_lost=True).is_in_flight(AT)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("2026-01-31T12:00:00Z", Claim(KIND, AT)),
        (" 2026-01-31t12:00:00z ", Claim(KIND, AT)),
        ("2026-01-31", Claim(KIND, AT - timedelta(hours=12))),
        ("2026-01-31T14:00:00+02:00 unconfirmed", Claim(KIND, AT, is_confirmed=False, is_lost=True)),
        ("2026-01-31T12:00:00Z Unconfirmed", Claim(KIND, AT, is_confirmed=False, is_lost=True)),
        ("unconfirmed", None),
        ("2026-01-31T12:00:00Z confirmed", None),
        ("", None),
    ],
)
def test_a_claim_is_read_from_a_result(text: str, claim: Claim | None) -> None:
    assert Claim.of_text(text) == claim
    assert claim is None or Claim.of_text(claim.text) == claim


# -- files that were not written as they should be ---------------------------------------------------------------------


@pytest.mark.parametrize("torn", [1, 20, 60, 100])
def test_a_torn_last_line_is_no_entry_and_spoils_none(log: RequestLog, path: Path, torn: int) -> None:
    path.write_text(line() + line(order=OTHER)[:torn])

    assert set(log.known()) == {ORDER}
    assert log.claim(KIND, OTHER, None) is True
    assert set(log.known()) == {ORDER, OTHER}


@pytest.mark.parametrize(
    "text",
    [
        "\n",
        "[]\n",
        "7\n",
        '"claimed"\n',
        "null\n",
        "{}\n",
        "[" * 100_000 + "\n",
        "1" * 10_000 + "\n",
        '{"kind": "request"}\n',
        line(time=None),
        line(time="yesterday"),
        line(time=""),
        line(event="claims"),
        line(kind="Request"),
        line(event="confirmed"),
        line(event="withdrawn"),
        line(event="lost"),
        "\x00\n",
        "\ufffd\n",
    ],
)
def test_what_is_no_entry_is_passed_over(log: RequestLog, path: Path, text: str) -> None:
    path.write_text(text)
    assert log.known() == {}
    path.write_text(text + line(order=OTHER))
    assert log.known() == {OTHER: UNCONFIRMED}


def test_bytes_that_are_no_text_are_passed_over(log: RequestLog, path: Path) -> None:
    path.write_bytes(b"\xff\xfe\n" + line().encode())

    assert log.known() == {ORDER: UNCONFIRMED}


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.000Z",
        "2026-01-31T12:00:00+00:00",
        "2026-01-31 12:00:00",
        "2026-01-31T14:00:00+02:00",
    ],
)
def test_times_are_shown_in_utc(log: RequestLog, path: Path, time: str) -> None:
    path.write_text(line(time=time))

    known = log.known()[ORDER]
    assert known == UNCONFIRMED
    assert known.made_at.utcoffset() == timedelta(0)


@given(st.text())
def test_any_text_is_a_time_or_none(text: str) -> None:
    time = utc(text)

    assert time is None or time.tzinfo is not None


# -- files that are not ours -------------------------------------------------------------------------------------------


def every_use(log: RequestLog) -> list[Any]:
    return [
        log.known,
        lambda: log.claim(KIND, ORDER, None),
        lambda: log.confirm(KIND, ORDER),
        lambda: log.lose(KIND, ORDER),
        lambda: log.withdraw(KIND, ORDER),
    ]


def test_a_link_is_not_followed(log: RequestLog, path: Path) -> None:
    elsewhere = path.parent / "elsewhere"
    elsewhere.write_text(line())
    path.symlink_to(elsewhere)

    for use in every_use(log):
        with pytest.raises(OSError) as raised:  # noqa: PT011  the number shows the cause
            use()
        assert raised.value.errno == errno.ELOOP
    assert elsewhere.read_text() == line()


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_what_others_may_write_to_is_not_used(log: RequestLog, path: Path, mode: int) -> None:
    path.write_text(line())
    path.chmod(mode)

    for use in every_use(log):
        with pytest.raises(UnsafeFile):
            use()


def test_a_file_of_another_user_is_not_used(log: RequestLog, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(line())
    me = os.geteuid()
    monkeypatch.setattr(_files.os, "geteuid", lambda: me + 1)

    for use in every_use(log):
        with pytest.raises(UnsafeFile):
            use()


def test_what_is_no_plain_file_is_not_used(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for use in every_use(RequestLog(str(tmp_path / "pipe"))):
        with pytest.raises((UnsafeFile, OSError)):
            use()
    for use in every_use(RequestLog(str(tmp_path))):
        with pytest.raises((UnsafeFile, OSError)):
            use()


def test_a_missing_folder_is_reported_on_the_first_write(tmp_path: Path) -> None:
    log = RequestLog(str(tmp_path / "none" / "log"))

    with pytest.raises(FileNotFoundError):
        log.claim(KIND, ORDER, None)


# -- several at once ---------------------------------------------------------------------------------------------------


def _claim(path: str, start: Any, results: Any) -> None:
    start.wait()
    results.put([RequestLog(path).claim(KIND, ORDER, None) for _attempt in range(5)])


def test_of_several_jobs_at_once_one_claims(path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    start, results = fork.Event(), fork.Queue()
    jobs = [fork.Process(target=_claim, args=(str(path), start, results)) for _number in range(6)]
    for job in jobs:
        job.start()
    start.set()
    won = [claimed for _job in jobs for claimed in results.get(timeout=30)]
    for job in jobs:
        job.join()

    assert won.count(True) == 1
    assert len(path.read_text().splitlines()) == 1


def _claim_many(path: str, name: int) -> None:
    log = RequestLog(path)
    for number in range(30):
        assert log.claim(KIND, f"{name}-{number}", None)
        log.confirm(KIND, f"{name}-{number}")


def test_jobs_for_different_orders_do_not_disturb_each_other(log: RequestLog, path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    jobs = [fork.Process(target=_claim_many, args=(str(path), name)) for name in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()

    assert [job.exitcode for job in jobs] == [0] * 4
    assert len(log.known()) == 120
    assert len(path.read_text().splitlines()) == 240


def test_no_claim_is_made_while_another_job_holds_the_file(log: RequestLog, path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    start, results = fork.Event(), fork.Queue()
    job = fork.Process(target=_claim, args=(str(path), start, results))
    # Before the file is held, or it would hold it as well.
    job.start()
    with _files.locked(str(path)) as file:
        start.set()
        job.join(0.3)
        assert job.is_alive()
        file.append(line().rstrip())
    assert results.get(timeout=10) == [False] * 5
    job.join()
    assert set(log.known()) == {ORDER}
