# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How orders are read, remembered, requested, canceled and reported, against a service in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context, Stop
from ansible_collections.certops.orders.plugins.module_utils._common.errors import (
    ApiError,
    LostReply,
    NotFound,
    NotSent,
    RateLimited,
    Refused,
    ServerError,
    StaleRead,
    Stopped,
)
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import (
    CHANGED,
    PENDING_APPROVAL,
    Decision,
    OrderResult,
)
from ansible_collections.certops.orders.plugins.module_utils._http.connection import Connection
from ansible_collections.certops.orders.plugins.module_utils._http.retry import RateLimitBudget
from ansible_collections.certops.orders.plugins.module_utils._http.transport import Counters
from ansible_collections.certops.orders.plugins.module_utils._runtime.results import LONGEST, Settings, refuse_too_many
from ansible_collections.certops.orders.plugins.module_utils._runtime.results import task_result as result_of_run
from ansible_collections.certops.orders.plugins.module_utils._runtime.workers import in_turn
from ansible_collections.certops.orders.plugins.module_utils._servertastic import operations
from ansible_collections.certops.orders.plugins.module_utils._servertastic import request_log as _request_log
from ansible_collections.certops.orders.plugins.module_utils._servertastic import results as servertastic_results
from ansible_collections.certops.orders.plugins.module_utils._servertastic.models import (
    Account,
    Adjustment,
    Listed,
    Review,
)
from ansible_collections.certops.orders.plugins.module_utils._servertastic.policy import CancelRequest, Subject
from ansible_collections.certops.orders.plugins.module_utils._servertastic.readers import (
    Reviews,
    asked_digests,
    claims_of,
    unusable,
)
from ansible_collections.certops.orders.plugins.module_utils._servertastic.request_log import (
    CANCEL,
    REQUEST,
    Claim,
    RequestLog,
)
from ansible_collections.certops.orders.plugins.module_utils._servertastic.tokens import Tokens
from ansible_collections.certops.orders.plugins.module_utils._servertastic.writers import CancelWriter
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.modules.servertastic_playing import (
    NEW,
    OTHER,
    TOKEN,
    digest,
    freeze,
    ref,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
EARLIER = NOW - timedelta(days=1)
OLD, SUCCESSOR = digest(), digest(NEW)
CANCELS = Decision(CHANGED, after={"order_status": "Cancelled"}, steps=("cancel",), repeatable=False)
REQUESTS = Decision(
    CHANGED,
    after={"requested_at": "2026-03-01T12:00:00Z"},
    steps=("request",),
    ends=PENDING_APPROVAL,
    repeatable=False,
)


class Wire:
    """The used part of a transport."""

    def __init__(self) -> None:
        self.connection = Connection("https://api2.servertastic.com/v2", "")
        self.counters = Counters()


class Client:
    """A client in memory. weather: what a call raises, by the digest; during: what happens while one is cancelled."""

    def __init__(self, *reviews: Review) -> None:
        self.reviews = {review.order_digest: review for review in reviews}
        self.tokens = Tokens([])
        for token in (TOKEN, OTHER, NEW):
            self.tokens.add(token)
        self.transport = Wire()
        self.has_key = True
        self.weather: dict[str, Exception] = {}
        self.journal: list[str] = []
        self.shown: dict[str, tuple[str, ...]] = {"unused": (NEW,), "used": (TOKEN, OTHER)}
        self.audit: list[Adjustment] | Exception = []
        self.during: Any = None

    def review(self, order: str) -> Review:
        self.journal.append(f"review {order[:8]}")
        if order in self.weather:
            raise self.weather[order]
        if order not in self.reviews:
            raise NotFound("no such token", 401)
        return self.reviews[order]

    def cancel(self, order: str, *, fresh_until: float, budget: RateLimitBudget) -> str:
        assert (fresh_until, type(budget).__name__) == (7.0, "RateLimitBudget")
        self.journal.append(f"cancel {order[:8]}")
        if self.during:
            self.during()
        if order in self.weather:
            raise self.weather[order]
        return "Order cancelled"

    def show_tokens(self) -> dict[str, dict[str, str]]:
        self.journal.append("show tokens")
        return {kind: {self.tokens.add(one): "" for one in several} for kind, several in self.shown.items()}

    def points_audit(self) -> list[Adjustment]:
        self.journal.append("audit")
        if isinstance(self.audit, Exception):
            raise self.audit
        return self.audit

    def account(self) -> Account:
        return Account(420.0, (LISTED,), ())


LISTED = Listed("STR_1", "Completed", "www.example.com", "RapidSSL-12", "", "")


def a_review(status: str = "Queued", order: str = OLD, **facts: Any) -> Review:
    return Review(order, status, domain_name="www.example.com", **facts)


def read_by(
    client: Client, log: RequestLog | None = None, requested: Any = None, replacement: str = "", stop: Any = None
) -> Any:
    reader: Any = Reviews(client, log, requested or {}, replacement, stop)  # type: ignore[arg-type]
    return reader


@pytest.fixture
def log(tmp_path: Path) -> RequestLog:
    return RequestLog(str(tmp_path / "log"))


# -- reading -----------------------------------------------------------------------------------------------------------


def test_an_order_is_reviewed_by_itself() -> None:
    client = Client(a_review())
    reader = read_by(client)

    assert reader.read([OLD]) == {OLD: Subject(a_review())}
    assert reader.read([OLD, SUCCESSOR]) == {}
    assert reader.last == {OLD: Subject(a_review())}
    assert client.journal == [f"review {ref()}"]
    assert reader.transport is client.transport
    assert "api2.servertastic.com" in reader.account_label()
    assert frozenset() == Reviews.ONE_BY_ONE


def test_an_order_that_does_not_exist_is_left_out() -> None:
    reader = read_by(Client())

    assert reader.read([OLD]) == reader.last == {}


def test_any_other_error_is_one() -> None:
    client = Client(a_review())
    client.weather[OLD] = ServerError("no", 503)

    with pytest.raises(ServerError):
        read_by(client).read([OLD])


def test_an_unknown_required_fact_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="certificates"):
        read_by(Client()).fetch_fact("certificates", [])


def test_the_replacement_is_reviewed_with_it() -> None:
    client = Client(a_review(), a_review("Completed", SUCCESSOR))

    subject = read_by(client, replacement=SUCCESSOR).read([OLD])[OLD]

    assert subject.successor == a_review("Completed", SUCCESSOR)
    assert client.journal == [f"review {ref()}", f"review {ref(NEW)}"]


def test_a_replacement_may_be_missing_or_the_order_itself() -> None:
    client = Client(a_review())

    assert read_by(client, replacement=SUCCESSOR).read([OLD])[OLD].successor is None
    assert read_by(client, replacement=OLD).read([OLD])[OLD].successor is None
    assert len(client.journal) == 3


def test_no_replacement_is_read_where_the_order_is_missing() -> None:
    client = Client(a_review("Completed", SUCCESSOR))

    assert read_by(client, replacement=SUCCESSOR).read([OLD]) == {}
    assert client.journal == [f"review {ref()}"]


HANDED_IN = Claim(REQUEST, EARLIER)


def test_what_is_remembered_comes_from_the_log_before_what_is_handed_in(log: RequestLog) -> None:
    handed_in = {OLD: HANDED_IN, SUCCESSOR: HANDED_IN}
    log.claim(REQUEST, OLD, None)
    reader = read_by(Client(a_review(), a_review(order=SUCCESSOR)), log, handed_in)

    assert reader.read([OLD])[OLD].claim == log.known()[OLD]
    assert reader.read([SUCCESSOR])[SUCCESSOR].claim == HANDED_IN


def test_what_this_task_has_sent_counts_before_what_is_remembered(log: RequestLog) -> None:
    log.claim(REQUEST, OLD, None)
    reader = read_by(Client(a_review()), log, {OLD: HANDED_IN})
    reader.sent[OLD] = Claim(REQUEST, NOW)

    subject = reader.read([OLD])[OLD]

    assert (subject.claim, subject.is_sent) == (Claim(REQUEST, NOW), True)


def test_only_what_is_issued_or_not_known_waits(log: RequestLog) -> None:
    issued = NOW - timedelta(days=3)
    unconfirmed = replace(HANDED_IN, is_confirmed=False)
    handed_in = {
        "issued": HANDED_IN,
        "issued, not confirmed": unconfirmed,
        "issued, too late": unconfirmed,
        "cancelled": HANDED_IN,
        "cancelled, not confirmed": unconfirmed,
        "queued": HANDED_IN,
        "queued, not confirmed": unconfirmed,
        "queued, in the future": Claim(REQUEST, NOW + timedelta(days=1)),
        "not read": HANDED_IN,
    }
    reviews = [
        a_review(
            {"i": "Completed", "c": "Cancelled", "q": "Queued"}[name[0]],
            name,
            completed_at=issued - timedelta(days=30 * ("late" in name)),
        )
        for name in [*handed_in, "issued, never requested"]
        if name != "not read"
    ]
    client = Client(*reviews)
    for name in client.reviews:
        client.tokens._tokens[name] = name
    reader = read_by(client, log, handed_in)
    for name in client.reviews:
        reader.read([name])

    assert reader.waiting(NOW) == {
        "issued": "2026-02-28T12:00:00Z",
        "issued, not confirmed": "2026-02-28T12:00:00Z unconfirmed",
        "queued, not confirmed": "2026-02-28T12:00:00Z unconfirmed",
        "queued, in the future": "2026-03-02T12:00:00Z",
        "not read": "2026-02-28T12:00:00Z",
    }
    # And the next task takes them for what they are.
    read = claims_of({digest(name): text for name, text in reader.waiting(NOW).items()})
    assert read[digest("issued")] == HANDED_IN
    assert not read[digest("queued, not confirmed")].counts(NOW)
    assert not read[digest("queued, in the future")].counts(NOW)


class Answering(Stop):
    """The reader waits, and after so many pauses the other job gets its answer."""

    def __init__(self, log: RequestLog, after: int, event: str = "confirm") -> None:
        super().__init__()
        self.pauses: list[float] = []
        self._log, self._after, self._event = log, after, event

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) == self._after:
            getattr(self._log, self._event)(REQUEST, OLD)


@pytest.mark.parametrize(("event", "confirmed"), [("confirm", True), ("lose", False), ("withdraw", None)])
def test_the_answer_that_another_job_is_about_to_get_is_waited_for(
    log: RequestLog, event: str, confirmed: bool | None
) -> None:
    log.claim(REQUEST, OLD, None)
    stop = Answering(log, 3, event)

    claim = read_by(Client(a_review()), log, stop=stop).read([OLD])[OLD].claim

    assert (claim and claim.is_confirmed) is confirmed
    assert stop.pauses == [0.5] * 3


def test_an_answer_that_never_comes_is_waited_for_once_and_not_for_long(log: RequestLog) -> None:
    log.claim(REQUEST, OLD, None)
    stop = Answering(log, 1000)
    read_by(Client(a_review()), log, stop=stop).read([OLD])

    assert sum(stop.pauses) == 15


def test_an_old_claim_is_not_waited_for(log: RequestLog, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as then:
        freeze(then, _request_log, datetime.now(timezone.utc) - timedelta(minutes=1))
        log.claim(REQUEST, OLD, None)
    stop = Answering(log, 1)

    claim = read_by(Client(a_review()), log, stop=stop).read([OLD])[OLD].claim

    assert (claim.is_confirmed, stop.pauses) == (False, [])


def test_a_stop_ends_the_wait(log: RequestLog) -> None:
    log.claim(REQUEST, OLD, None)
    stop = Stop()
    stop.set("a signal")

    with pytest.raises(Stopped):
        read_by(Client(a_review()), log, stop=stop).read([OLD])


@pytest.mark.parametrize(
    "given", [{OLD: "yesterday"}, {OLD: None}, {OLD: ""}, {OLD: "unconfirmed"}, {"abc": "2026-01-31"}]
)
def test_what_is_handed_in_is_checked(given: Any) -> None:
    with pytest.raises(OptionError):
        claims_of(given)


def test_an_unreadable_log_is_reported_as_such(log: RequestLog, tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ApiError, match=log.path) as is_link:
        read_by(Client(a_review()), log).read([OLD])
    (tmp_path / "log").unlink()
    (tmp_path / "log").touch(0o666)
    (tmp_path / "log").chmod(0o666)
    with pytest.raises(ApiError, match=log.path) as is_writable:
        read_by(Client(a_review()), log).read([OLD])

    for raised in (is_link, is_writable):
        assert (raised.value.code, raised.value.ambiguous, raised.value.passing) == ("request_log", False, False)
    assert is_link.value.message != is_writable.value.message
    assert "No space left on device" in unusable(log, OSError(28, "No space left on device")).message


# -- which orders ------------------------------------------------------------------------------------------------------

NOTHING = {"order_token": None, "order_tokens": None, "order_digests": None, "tokens": None}


def asked(client: Client, **params: Any) -> list[str]:
    return asked_digests({**NOTHING, **params}, client)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("params", "orders", "calls"),
    [
        ({"order_token": TOKEN}, [OLD], 0),
        ({"order_tokens": [NEW, f" {TOKEN}", NEW]}, [SUCCESSOR, OLD, SUCCESSOR], 0),
        ({"order_tokens": []}, [], 0),
        ({"order_digests": []}, [], 0),
        ({"order_digests": [SUCCESSOR, OLD.upper(), SUCCESSOR]}, [SUCCESSOR, OLD, SUCCESSOR], 1),
        ({"tokens": "all"}, [SUCCESSOR, OLD, digest(OTHER)], 1),
        ({"tokens": "unused"}, [SUCCESSOR], 1),
        ({"tokens": "used"}, [OLD, digest(OTHER)], 1),
    ],
)
def test_orders_are_asked_for_by_token_by_digest_or_all(params: Any, orders: list[str], calls: int) -> None:
    client = Client()

    assert asked(client, **params) == orders
    assert client.journal == ["show tokens"] * calls


def test_digests_are_checked_before_anything_is_asked() -> None:
    client = Client()
    with pytest.raises(OptionError):
        asked(client, order_digests=[OLD, "abc"])

    assert client.journal == []


# -- cancelling --------------------------------------------------------------------------------------------------------


def cancel(writer: CancelWriter, decision: Decision, **facts: Any) -> None:
    status = "Completed" if decision is REQUESTS else "Queued"
    writer(Subject(a_review(status), **facts), decision, fresh_until=7.0, budget=RateLimitBudget(0))


def entries(log: RequestLog) -> list[str]:
    path = Path(log.path)
    return (
        [line.split('"event": "')[1].split('"')[0] for line in path.read_text().splitlines()] if path.exists() else []
    )


def confirmed(writer: CancelWriter) -> dict[str, tuple[str, bool]]:
    """What the task has sent: its kind, and whether that was acknowledged."""
    return {order: (claim.kind, claim.is_confirmed) for order, claim in writer._reader.sent.items()}


both = pytest.mark.parametrize(("decision", "kind"), [(CANCELS, CANCEL), (REQUESTS, REQUEST)])


@both
def test_a_change_is_claimed_before_it_is_sent_and_confirmed_after(
    log: RequestLog, decision: Decision, kind: str
) -> None:
    client = Client()
    claims: list[list[str]] = []
    client.during = lambda: claims.append(entries(log))
    writer = CancelWriter(client, log, read_by(client))  # type: ignore[arg-type]

    cancel(writer, decision)

    assert claims == [["claimed"]]
    assert entries(log) == ["claimed", "confirmed"]
    assert log.known()[OLD].is_confirmed
    assert confirmed(writer) == {OLD: (kind, True)}


@both
def test_without_a_log_it_is_sent_all_the_same(decision: Decision, kind: str) -> None:
    client = Client()
    writer = CancelWriter(client, None, read_by(client))  # type: ignore[arg-type]

    cancel(writer, decision)

    assert client.journal == [f"cancel {ref()}"]
    assert confirmed(writer) == {OLD: (kind, True)}


@both
@pytest.mark.parametrize(
    ("error", "stands"),
    [
        (StaleRead("old"), False),
        (Stopped("a signal"), False),
        (NotSent("no connection"), False),
        (RateLimited("slowly", 429), False),
        (Refused("no", 400), False),
        (LostReply("gone"), True),
        (ServerError("oh", 503), True),
    ],
)
@pytest.mark.parametrize("has_log", [True, False])
def test_what_may_have_been_made_is_remembered_and_what_was_not_is_withdrawn(
    log: RequestLog, decision: Decision, kind: str, error: Exception, stands: bool, has_log: bool
) -> None:
    client = Client()
    client.weather[OLD] = error
    writer = CancelWriter(client, log if has_log else None, read_by(client))  # type: ignore[arg-type]

    with pytest.raises(type(error)):
        cancel(writer, decision)

    assert entries(log) == ["claimed", "lost" if stands else "withdrawn"] * has_log
    assert confirmed(writer) == ({OLD: (kind, False)} if stands else {})
    assert [claim.is_confirmed for claim in log.known().values()] == [False] * (stands and has_log)


@both
def test_what_another_job_was_faster_to_claim_is_not_sent(log: RequestLog, decision: Decision, kind: str) -> None:
    log.claim(kind, OLD, None)
    client = Client()
    writer = CancelWriter(client, log, read_by(client))  # type: ignore[arg-type]

    with pytest.raises(StaleRead):
        cancel(writer, decision)

    assert (client.journal, entries(log), confirmed(writer)) == ([], ["claimed"], {})


@both
def test_what_is_known_of_can_be_made_again(log: RequestLog, decision: Decision, kind: str) -> None:
    log.claim(kind, OLD, None)
    writer = CancelWriter(Client(), log, read_by(Client()))  # type: ignore[arg-type]

    cancel(writer, decision, claim=log.known()[OLD])

    assert entries(log) == ["claimed", "claimed", "confirmed"]


@both
def test_nothing_is_sent_where_it_cannot_be_remembered(tmp_path: Path, decision: Decision, kind: str) -> None:
    assert kind
    client = Client()
    for path in (tmp_path / "none" / "log", tmp_path):
        with pytest.raises(ApiError) as raised:
            cancel(CancelWriter(client, RequestLog(str(path)), read_by(client)), decision)  # type: ignore[arg-type]
        assert raised.value.code == "request_log"

    assert client.journal == []


@both
@pytest.mark.parametrize("error", [None, Refused("no", 400)])
def test_a_log_that_breaks_meanwhile_hides_nothing(
    log: RequestLog, decision: Decision, kind: str, error: Exception | None
) -> None:
    client = Client()
    client.during = lambda: Path(log.path).chmod(0o666)
    client.weather = {OLD: error} if error else {}
    writer = CancelWriter(client, log, read_by(client))  # type: ignore[arg-type]

    if error:
        with pytest.raises(Refused):
            cancel(writer, decision)
    else:
        cancel(writer, decision)

    Path(log.path).chmod(0o600)
    # The claim stands, and proves nothing: the next run has to ask.
    assert [(claim.kind, claim.is_confirmed) for claim in log.known().values()] == [(kind, False)]
    (warning,) = writer._reader.warnings
    assert log.path in warning
    assert f"order {ref()}" in warning
    assert task_result(client, {"msg": "", "orders": []}, writer._reader)["warnings"] == [warning]


# -- results -----------------------------------------------------------------------------------------------------------


def result_of(outcome: str, order: str = OLD, **facts: Any) -> dict[str, Any]:
    return {
        "msg": "it was so",
        "orders": [{"order_digest": order, "outcome": outcome, "after": {"order_status": "Cancelled"}, **facts}],
    }


def task_result(client: Client, result: Mapping[str, Any], reader: Any = None) -> dict[str, Any]:
    return servertastic_results.with_cancel_results(dict(result), reader or read_by(client), client, NOW)  # type: ignore[arg-type]


def test_the_largest_accepted_input_fits_into_ansible_runner_though_all_orders_wait() -> None:
    most = 2906
    digests = [digest(str(number)) for number in range(most + 1)]
    client = Client()
    reader = read_by(client, requested=dict.fromkeys(digests[:most], replace(HANDED_IN, is_confirmed=False)))
    settings = Settings(
        "cancelled",
        key="order_digest",
        besides=lambda result: task_result(client, result, reader),
        longer=servertastic_results.longest_waiting(digests[:most]),
    )
    context = Context(environ={"AWX_ISOLATED_DATA_DIR": "/runner"})
    results = {digest: OrderResult(digest, "pending_approval", acknowledged=True) for digest in digests[:most]}

    refuse_too_many(digests[:most], settings, context)
    result = result_of_run(digests[:most], results, settings, context, client.transport)  # type: ignore[arg-type]

    assert len(json.dumps(result)) < LONGEST + 2000
    assert (len(result["requested_at"]), result["by_outcome"]) == (most, {"pending_approval": digests[:most]})
    with pytest.raises(OptionError, match=f"\\b{most}\\b"):
        refuse_too_many(digests, replace(settings, longer=servertastic_results.longest_waiting(digests)), context)


@pytest.mark.parametrize(
    ("outcome", "asks"),
    [
        ("changed", True),
        ("unchanged", True),
        ("pending_approval", True),
        ("ineligible", True),
        ("missing", False),
        ("failed", False),
        ("unknown", False),
        ("not_attempted", False),
    ],
)
@pytest.mark.parametrize("has_key", [True, False])
def test_the_audit_is_read_once_where_it_can_show_a_refund(outcome: str, asks: bool, has_key: bool) -> None:
    client = Client()
    client.has_key = has_key

    one = task_result(client, result_of(outcome))["orders"][0]

    assert client.journal == ["audit"] * (asks and has_key)
    assert one["order_ref"] == ref()
    assert one["refund"] == ("pending" if has_key and outcome in ("changed", "pending_approval") else "unknown")


@pytest.mark.parametrize("trouble", [ServerError("no", 503), Stopped("a signal"), Refused("no", 400)])
def test_an_unreadable_audit_leaves_the_refund_unknown(trouble: Exception) -> None:
    client = Client()
    client.audit = trouble

    assert task_result(client, result_of("changed"))["orders"][0]["refund"] == "unknown"


def test_results_of_several_orders_use_one_audit_and_the_last_review() -> None:
    client = Client(a_review("Completed", SUCCESSOR))
    client.audit = [Adjustment("", 42.0, None, "", "", OLD)]
    reader = read_by(client)
    reader.read([SUCCESSOR])
    orders = [*result_of("changed")["orders"], *result_of("ineligible", SUCCESSOR)["orders"]]

    result = task_result(client, {"msg": "two", "orders": orders}, reader)

    assert [one["refund"] for one in result["orders"]] == ["credited", "none"]
    assert client.journal == [f"review {ref(NEW)}", "audit"]
    assert result["msg"] == "two"


def test_what_waits_is_handed_out_also_where_no_order_is_listed() -> None:
    client = Client(a_review("Completed", SUCCESSOR, completed_at=NOW - timedelta(days=3)))
    reader = read_by(client, requested={SUCCESSOR: HANDED_IN})
    reader.read([SUCCESSOR])
    writer = CancelWriter(client, None, reader)  # type: ignore[arg-type]
    cancel(writer, REQUESTS)

    result = task_result(client, {"msg": "none", "orders": []}, reader)

    assert result["requested_at"] == {OLD: "2026-03-01T12:00:00Z", SUCCESSOR: "2026-02-28T12:00:00Z"}
    assert result["api"] == {"requests": 0, "retries": 0, "waited": 0.0}
    assert "audit" not in client.journal


@pytest.mark.parametrize("host", ["https://manage.example.com/", "", None])
@pytest.mark.parametrize(
    ("outcome", "status", "is_reported"),
    [
        ("changed", "Cancelled", True),
        ("unchanged", "cancelled", True),
        ("unchanged", "Completed", False),
        ("pending_approval", "Completed", True),
        ("ineligible", "Completed", False),
        ("failed", "Queued", False),
    ],
)
def test_manual_steps_are_reported(host: str | None, outcome: str, status: str, is_reported: bool) -> None:
    facts = {} if host is None else {"management_host": host}

    msg = task_result(Client(), result_of(outcome, after={"order_status": status}, **facts))["msg"]

    assert (msg != "it was so") == is_reported
    assert ("https://manage.example.com/" in msg) == (is_reported and bool(host))


def test_nothing_is_left_to_do_where_it_is_credited() -> None:
    client = Client()
    client.audit = [Adjustment("", 42.0, None, "", "", OLD)]

    assert task_result(client, result_of("changed"))["msg"] == "it was so"


def reviewed(client: Client, orders: list[str], stop: Stop | None = None) -> dict[str, Any]:
    return servertastic_results.reviewed_results(client, orders, in_turn, stop or Stop())  # type: ignore[arg-type]


def test_orders_are_returned_once_each_in_the_requested_order() -> None:
    client = Client(a_review(), a_review("Completed", SUCCESSOR))

    result = reviewed(client, [SUCCESSOR, OLD, digest(OTHER), SUCCESSOR])

    assert [one["order_digest"] for one in result["orders"]] == [SUCCESSOR, OLD]
    assert result["missing"] == [digest(OTHER)]
    assert len(client.journal) == 3


def test_a_stop_ends_the_review() -> None:
    stop = Stop()
    stop.set("a signal")

    with pytest.raises(Stopped, match="a signal"):
        reviewed(Client(a_review()), [OLD], stop)


def test_the_results_of_lists_and_the_account() -> None:
    client: Any = Client()
    client.audit = [Adjustment("", 42.0, None, "", "", OLD)]

    listed, account = (
        servertastic_results.listed_results([LISTED]),
        servertastic_results.account_result(client, audit=False),
    )
    assert listed == {"msg": listed["msg"], "orders": [LISTED.shown()], "missing": []}
    assert account == {
        "msg": account["msg"],
        "points": 420.0,
        "active_orders": [LISTED.shown()],
        "completed_orders": [],
    }
    assert servertastic_results.account_result(client, audit=True)["audit"] == [client.audit[0].shown()]


@pytest.mark.parametrize(("points", "shown"), [(None, []), (0.0, ["0"]), (42.5, ["42.5"]), (1234567.0, ["1234567"])])
def test_points_are_shown_without_needless_digits(
    points: float | None, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client: Any = Client()
    monkeypatch.setattr(client, "account", lambda: Account(points, (), ()))

    assert re.findall(r"[\d.]+", servertastic_results.account_result(client, audit=False)["msg"]) == shown


# -- messages ----------------------------------------------------------------------------------------------------------


class Kept:
    """A run that only names its change."""

    def __init__(self, _reader: Any, _read: Any, _policy: Any, _write: Any, settings: Settings, *_more: Any) -> None:
        self._settings = settings

    def result(self, _digests: Any) -> dict[str, Any]:
        return {"msg": f"{self._settings.noun} was {self._settings.done}"}


def test_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    # Relative, for messages without the name of a temporary folder.
    log = RequestLog("none/requests.log")

    def next_steps(outcome: str, status: str, **facts: Any) -> str:
        result = task_result(Client(), result_of(outcome, after={"order_status": status}, **facts))
        return result["msg"].removeprefix("it was so; ")

    def points(number: float | None) -> str:
        client: Any = Client()
        monkeypatch.setattr(client, "account", lambda: Account(number, (), ()))
        return servertastic_results.account_result(client, audit=False)["msg"]

    def done() -> str:
        """How a cancellation is called in messages."""
        monkeypatch.setattr(operations, "Run", Kept)
        names = ("missing", "ineligible", "stop_on_failure", "audit_log", "orders_detail", "progress")
        options: dict[str, Any] = {**dict.fromkeys(names), "workers": 1}
        more: dict[str, Any] = {"requested": {}, "wait": 0, "poll": 1, "confirm": False, "context": Context()}
        client: Any = Client()
        return operations.cancel(client, [], request=CancelRequest(), log=None, options=options, **more)["msg"]

    with pytest.raises(OptionError) as requested_at:
        claims_of({OLD: "yesterday"})
    with pytest.raises(ApiError) as unreadable:
        read_by(Client(a_review()), log).read([OLD])
    reader = read_by(Client())
    writer = CancelWriter(Client(), log, reader)  # type: ignore[arg-type]
    writer._log_event(RequestLog.confirm, CANCEL, OLD)
    monkeypatch.setattr(log, "claim", lambda *_arguments: False)
    with pytest.raises(StaleRead) as claimed:
        writer._claim(CANCEL, OLD, None)
    page = {"management_host": "https://manage.example.com/"}
    check_messages(
        "servertastic results",
        {
            "change": done(),
            "account": reader.account_label(),
            "next steps, canceled": next_steps("changed", "Cancelled", **page),
            "next steps, requested": next_steps("pending_approval", "Completed", **page),
            "next steps, unknown page": next_steps("changed", "Cancelled"),
            "none found": servertastic_results.listed_results([])["msg"],
            "one found": servertastic_results.listed_results([LISTED])["msg"],
            "two found": reviewed(Client(a_review(), a_review(order=SUCCESSOR)), [OLD, SUCCESSOR])["msg"],
            "points": points(42.5),
            "points unknown": points(None),
            "requested_at invalid": str(requested_at.value),
            "request log unusable": unreadable.value.message,
            "request log not updated": reader.warnings[0],
            "requested by another job": str(claimed.value),
        },
    )
