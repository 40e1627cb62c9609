# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cancelling at Servertastic, by real playbooks: every state, the mail and its answer, lost replies, many at once."""

from __future__ import annotations

import copy
import json
import re
import stat
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest

from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.integration.roles.test_order_plan import kill_all_of
from ansible_collections.certops.orders.tests.integration.servertastic_support import (
    ACCOUNT,
    INFO,
    KEY,
    NOT_ISSUED,
    RESULT_KEYS,
    Desk,
    a_time,
    cancel,
    cancels,
    contact,
    date_back,
    days_ago,
    desk,
    digest,
    effects,
    issued,
    named,
    only,
    order,
    outcomes,
    people,
    requests_of,
    seed,
    sim_task,
    statuses,
    tally,
    task,
    token,
)
from ansible_collections.certops.orders.tests.integration.support import Run, Simulator, assert_failure, mentions

# What must not reach a terminal.
RAW = re.compile("[\x00-\x1f\x7f\x80-\x9f\u200b-\u200f\u202a-\u202e\u2028\u2029]")
ORDER_KEYS = {
    "order_digest",
    "order_ref",
    "reseller_order_id",
    "domain_name",
    "product_code",
    "outcome",
    "before",
    "after",
    "refund",
    "admin_email",
    "window_closes",
    "management_host",
    "reason",
}


@pytest.fixture
def table(process: Simulator) -> Iterator[Desk]:
    """Make a machine to run playbooks on, and a simulator that has SEED."""
    with desk(process) as made:
        yield made


# -- every state ------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A row of the reference's table: what comes of an order in check mode, in truth, and once more.

    sent: the requests of the real run; that of the others has no cancellation. refunds: in the three runs. named: what
    the reason names.
    """

    outcome: str
    again: str
    sent: bool
    refunds: tuple[str, str, str]
    named: tuple[Any, ...] = ()
    options: dict[str, Any] = {}  # noqa: RUF012

    @property
    def fails(self) -> bool:
        return self.outcome in ("ineligible", "failed")


AT_ONCE = Row("changed", "unchanged", True, ("pending", "credited", "credited"))
UNKNOWN = ("unknown",) * 3
NOTHING = ("none",) * 3
REQUEST = {"issued": "request"}
ASKED = Row("pending_approval", "pending_approval", True, ("pending",) * 3, ("I approve",), REQUEST)


def refused(*named: Any, refunds: tuple[str, str, str] = UNKNOWN, **options: Any) -> Row:
    return Row("ineligible", "ineligible", False, refunds, named, options)


ROWS = {
    "unused": AT_ONCE,
    **dict.fromkeys(NOT_ISSUED, AT_ONCE),
    "fresh": ASKED,
    "issued": ASKED,
    "late": ASKED,
    "twice_lately": ASKED,
    "issued: fail": refused("admin@issued.example.com", "issued", "request"),
    "issued: skip": Row("unchanged", "unchanged", False, UNKNOWN, (), {"issued": "skip"}),
    "old": refused(30, "Servertastic", refunds=NOTHING, **REQUEST),
    "older": refused(30, "Servertastic", refunds=NOTHING, **REQUEST),
    "older: skip": refused(30, refunds=NOTHING, issued="skip"),
    "twice": refused(30, refunds=NOTHING, **REQUEST),
    "cancelled": Row("unchanged", "unchanged", False, ("credited",) * 3),
    "rolled_back": refused("Roll Back", "Servertastic"),
    "reviewed": refused("Servertastic Review"),
    "novel": refused("Awaiting Payment"),
    "undated": refused("Servertastic", **REQUEST),
    "licence": refused("SmarterMail-100", **REQUEST),
    "unused_licence": refused("SmarterStats-Pro"),
}
# The refund of these follows neither from the audit nor from the 30 days.
UNSETTLED = ("undated", "licence", "unused_licence")


@pytest.fixture(scope="module")
def rows(process: Simulator) -> Run:
    """Do everything with every order, in one playbook: in check mode, then in truth, and once more."""
    with desk(process) as made:
        tasks = []
        for number, (name, row) in enumerate(ROWS.items()):
            options = {**row.options, "request_log": str(made.desk / f"requests{number}.jsonl"), "diff": True}
            plain = name.partition(":")[0]
            if plain != name:
                # This order was there before, and is to be as it was.
                tasks.append(sim_task(f"{name}: begin", reset=True))
            tasks += [
                cancel(f"{name}: check", plain, check=True, **options),
                cancel(f"{name}: real", plain, **options),
                cancel(f"{name}: again", plain, **options),
            ]
        return made.run(*tasks)


@each("name", ROWS)
def test_a_row(rows: Run, name: str) -> None:
    row, plain = ROWS[name], name.partition(":")[0]
    check, real, again = (rows[f"{name}: {word}"] for word in ("check", "real", "again"))
    for done in (check, real, again):
        assert done.failed == row.fails, done.result
        assert set(done.shown) == RESULT_KEYS | {"diff"} | ({"failure"} if row.fails else set())
        assert set(only(done)) == ORDER_KEYS | ({"failure"} if row.outcome == "failed" else set())
        assert named(only(done)) == plain
        assert token(plain) not in json.dumps(done.result)

    review, audit = f"review {plain}", "audit"
    assert requests_of(check) == [review, audit]
    assert requests_of(real) == ([review, f"cancel {plain}", audit] if row.sent else [review, audit])
    assert requests_of(again) == [review, audit]
    assert effects(real) == ([f"cancel {plain}"] if row.sent else [])

    assert [only(done)["outcome"] for done in (check, real, again)] == [row.outcome, row.outcome, row.again]
    assert [done.changed for done in (check, real, again)] == [row.sent, row.sent, False]
    if plain not in UNSETTLED:
        assert tuple(only(done)["refund"] for done in (check, real, again)) == row.refunds
    assert mentions(only(real)["reason"], *row.named)
    assert only(real)["reason"] or row.outcome == "changed"

    # Check mode foretells all but the money, and the second at which a mail is sent.
    foretold, came = copy.deepcopy(only(check)), copy.deepcopy(only(real))
    assert foretold["before"] == came["before"]
    if row.outcome == "pending_approval":
        sent = [a_time(one["after"].pop("requested_at")) for one in (foretold, came)]
        assert timedelta() <= sent[1] - sent[0] < timedelta(minutes=1)
    for one in (foretold, came):
        del one["refund"]
    assert foretold == came


def test_the_diff_of_what_is_cancelled_and_of_what_is_requested(rows: Run) -> None:
    ref = digest("queued")[:8]
    diff = rows["queued: real"].diff
    for part, status in (("before", "Queued"), ("after", "Cancelled")):
        assert diff[part].count("\n") == 1
        assert mentions(diff[part], ref, "queued.example.com", "order_status", status)
    assert rows["queued: again"].diff == rows["old: real"].diff == {"before": "", "after": ""}
    when = only(rows["issued: real"])["after"]["requested_at"]
    assert mentions(rows["issued: real"].diff["after"], "Completed", "requested_at", when)


def test_the_message_of_a_request_names_the_approver_the_action_and_the_deadline(rows: Run) -> None:
    real = rows["issued: real"]
    one = only(real)
    closes = a_time(one["window_closes"])
    assert abs(closes - datetime.now(timezone.utc) - timedelta(days=20)) < timedelta(minutes=10)
    assert one["admin_email"] == "admin@issued.example.com"
    assert one["admin_email"] in one["reason"]
    assert mentions(one["reason"], f"{closes:%Y-%m-%d}")
    assert one["management_host"] == "https://orders.reseller.example/"
    assert mentions(real.msg, "I approve", one["management_host"])
    assert real.requested_at == {digest("issued"): one["after"]["requested_at"]}
    # Without the names and the dates the reasons are the same, but for the warning of an order with few days left.
    texts = {name: re.sub(r"\S+@\S+|\d\S*", "", only(rows[f"{name}: real"])["reason"]) for name in ("fresh", "late")}
    assert texts["fresh"] == re.sub(r"\S+@\S+|\d\S*", "", one["reason"]) != texts["late"]
    # Of two completions the earlier one counts.
    closes = a_time(only(rows["twice_lately: real"])["window_closes"])
    assert abs(closes - datetime.now(timezone.utc) - timedelta(days=10)) < timedelta(minutes=10)


def test_an_order_that_can_no_longer_be_canceled_is_reported_with_its_own_failure(rows: Run) -> None:
    for name in ("old", "rolled_back", "licence"):
        done = rows[f"{name}: real"]
        assert_failure(done, code="ineligible")
        assert done.failure["order_id"] == digest(name)[:8]
        assert done.summary["ineligible"] == 1


def test_up_to_an_hour_beyond_the_30_days_the_service_refuses(table: Desk) -> None:
    # Clocks differ, and the service sends no time zone.
    options = {"issued": "request", "request_log": str(table.log)}
    run = table.run(
        cancel("Ask", "late_by_a_bit", **options),
        cancel("Ask again", "late_by_a_bit", **options),
        sim_task("Another day", switches={"servertastic.refusal_status": "422"}),
        cancel("Ask another day", "late_by_a_bit", **options),
    )
    for name, status in (("Ask", 403), ("Ask again", 403), ("Ask another day", 422)):
        assert_failure(run.bad(name), code=str(status), http_status=status)
        assert requests_of(run[name])[:2] == ["review late_by_a_bit", "cancel late_by_a_bit"]
        assert cancels(run[name]) == {"late_by_a_bit": 1}
        assert not run[name].changed
        assert run[name].requested_at == {}
    assert [entry["event"] for entry in table.entries] == ["claimed", "withdrawn"] * 3


@pytest.mark.story("servertastic_order_cancel")
def test_without_a_log_and_without_a_key(table: Desk) -> None:
    run = table.run(
        cancel("Cancel", "queued"),
        cancel("Ask", "issued", issued="request"),
        cancel("Too late", "old"),
        api_key="",
    )
    assert requests_of(run) == ["review queued", "cancel queued", "review issued", "cancel issued", "review old"]
    assert [only(done)["refund"] for done in run.tasks] == ["unknown", "unknown", "none"]
    # The refund is unknown: the message names where to ask for it.
    assert run["Cancel"].msg != run["Ask"].msg
    assert "refund" in run["Cancel"].msg


def test_on_the_target(table: Desk) -> None:
    log, audit = (str(table.home / name) for name in ("requests.jsonl", "audit.jsonl"))
    files = {"request_log": log, "audit_log": audit}
    run = table.run(
        cancel("Predict", "queued", check=True, diff=True, **files),
        cancel("Cancel", "queued", diff=True, **files),
        cancel("Cancel again", "queued", **files),
        cancel("Ask", "issued", issued="request", **files),
        cancel("Ask again", "issued", issued="request", **files),
        cancel("Too late", "old", **files),
        execute_on="target",
    )
    assert [only(done)["outcome"] for done in run.tasks] == [
        *("changed", "changed", "unchanged"),
        *("pending_approval", "pending_approval", "ineligible"),
    ]
    assert [done.changed for done in run.tasks] == [True, True, False, True, False, False]
    assert run["Cancel"].diff == run["Predict"].diff != {"before": "", "after": ""}
    assert effects(run) == ["cancel issued", "cancel queued"]
    assert cancels(run) == {"issued": 1, "queued": 1}
    assert [only(done)["refund"] for done in run.tasks][1:] == ["credited", "credited", "pending", "pending", "none"]


def test_several_at_once_through_the_target_with_tokens_only(table: Desk) -> None:
    run = table.run(
        cancel("Several", "queued", "old", "nowhere", "queued", ineligible="skip", missing="ok"),
        execute_on="target",
        api_key="",
    )
    done = run.good("Several")
    # In the order asked for; what is given twice is handled once and returned twice.
    assert [one["outcome"] for one in done.orders] == ["changed", "ineligible", "missing", "changed"]
    assert [one["order_digest"] for one in done.orders] == list(map(digest, ("queued", "old", "nowhere", "queued")))
    assert done.summary["total"] == 3
    assert cancels(run) == {"queued": 1}


# -- the mail ---------------------------------------------------------------------------------------------------------


def test_the_mail_is_sent_to_the_admin_contact_and_the_order_is_canceled_once_approved(table: Desk) -> None:
    options = {"issued": "request", "request_log": str(table.log)}
    sim = table.sim
    asked = table.run(cancel("Ask", "issued", **options)).good("Ask")
    (mail,) = sim.outbox()
    assert mail["to"] == only(asked)["admin_email"] == "admin@issued.example.com"
    assert mail["reseller_order_id"] == "issued"
    assert statuses(sim, "issued") == ["Completed"]
    before = sim.st_account()["points"]

    sim.approve(mail)
    # The systems take five minutes.
    run = table.run(
        cancel("Not yet", "issued", **options),
        sim_task("Five minutes pass", advance="5m"),
        cancel("Now", "issued", **options),
        cancel("Once more", "issued", **options),
    )
    assert only(run.good("Not yet"))["outcome"] == "pending_approval"
    assert mentions(only(run["Not yet"])["reason"], only(asked)["after"]["requested_at"][:10])
    assert only(run.good("Now"))["outcome"] == "unchanged"
    assert only(run["Now"])["refund"] == only(run["Once more"])["refund"] == "credited"
    assert run["Now"].requested_at == {}
    assert cancels(run) == {}
    assert statuses(sim, "issued") == ["Cancelled"]
    assert sim.st_account()["points"] == before + 100
    assert len(sim.outbox()) == 1


def test_a_declined_request_is_repeated_only_with_request_again(table: Desk) -> None:
    options = {"issued": "request", "request_log": str(table.log)}
    table.run(cancel("Ask", "issued", **options))
    (mail,) = table.sim.outbox()
    table.sim.decline(mail)
    run = table.run(
        cancel("Still waits, for all that is known", "issued", **options),
        cancel("Ask again", "issued", **options, request_again=True),
        cancel("And wait", "issued", **options),
    )
    assert [done.changed for done in run.tasks] == [False, True, False]
    assert {only(done)["outcome"] for done in run.tasks} == {"pending_approval"}
    assert cancels(run) == {"issued": 1}
    assert len(table.sim.outbox()) == 2
    assert statuses(table.sim, "issued") == ["Completed"]


def test_wait_until_the_approvers_have_answered(process: Simulator) -> None:
    quick = {"servertastic.approval_lag_seconds": 0}
    book = seed(
        issued("friendly", **contact("yes")),
        issued("friendly_too", **contact("yes")),
        issued("unfriendly", **contact("no")),
        issued("absent", **contact("admin")),
        order("queued", "Queued"),
        switches=quick,
    )
    waiting = {"issued": "request", "wait": True, "poll_interval": 1}
    with desk(process, book) as made, people(process):
        log = {"request_log": str(made.log)}
        run = made.run(
            cancel("One", "friendly", wait_timeout=20, **waiting, **log),
            cancel("Once more", "friendly", wait_timeout=20, **waiting, **log),
            cancel("No approver answers", "absent", wait_timeout=2, **waiting, **log),
            cancel("The approver refuses", "unfriendly", wait_timeout=2, **waiting, **log),
            cancel("Several", "friendly_too", "absent", "queued", wait_timeout=3, **waiting, **log),
            cancel("Only predict", "absent", wait_timeout=20, check=True, **waiting),
        )
    one = run.good("One")
    assert one.changed
    assert outcomes(one) == {"friendly": "changed"}
    assert only(one)["after"]["order_status"] == "Cancelled"
    assert only(one)["refund"] == "credited"
    assert one.requested_at == {}
    assert cancels(one) == {"friendly": 1}
    assert outcomes(run.good("Once more")) == {"friendly": "unchanged"}
    assert requests_of(run["Once more"]) == ["review friendly", "audit"]

    # A slow approval is not a failure.
    assert outcomes(run.good("No approver answers")) == {"absent": "pending_approval"}
    assert list(run["No approver answers"].requested_at) == [digest("absent")]
    # A refusal by the approver does not show anywhere.
    assert outcomes(run.good("The approver refuses")) == {"unfriendly": "pending_approval"}

    several = run.good("Several")
    assert outcomes(several) == {"friendly_too": "changed", "absent": "pending_approval", "queued": "changed"}
    assert several.changed
    assert list(several.requested_at) == [digest("absent")]
    assert requests_of(run["Only predict"]) == ["review absent", "audit"]
    assert cancels(run) == {"friendly": 1, "absent": 1, "unfriendly": 1, "friendly_too": 1, "queued": 1}
    waits = [line for line in run.output.splitlines() if "servertastic_order_cancel" in line]
    assert any(mentions(line, 3) for line in waits)


def test_the_window_closes_while_it_waits(process: Simulator) -> None:
    with desk(process, seed(issued("late", 30.03, requested_days_ago=3))) as made:
        # Remembered, and by now it is past 30 days, and an hour.
        process.patch(token("late"), provider="servertastic", completed_days_ago=31)
        run = made.run(
            cancel("Ask", "late", issued="request", requested_at={digest("late"): days_ago(3)}),
            cancel("Let be", "late", requested_at={digest("late"): days_ago(3)}, ineligible="skip"),
        )
    assert_failure(run.bad("Ask"), code="ineligible")
    assert mentions(run["Ask"].msg, 30)
    assert outcomes(run.good("Let be")) == {"late": "ineligible"}
    assert cancels(run) == {}


# -- what is remembered -----------------------------------------------------------------------------------------------


def test_the_second_night_sends_no_mail(table: Desk) -> None:
    names = ("issued", "fresh", "late", "queued", "old")
    night = cancel("Night", *names, issued="request", request_log=str(table.log), ineligible="skip")
    first, second = (table.run(night).good("Night") for _night in range(2))
    assert outcomes(first) == {
        **dict.fromkeys(names[:3], "pending_approval"),
        "queued": "changed",
        "old": "ineligible",
    }
    assert first.changed
    assert outcomes(second) == {**outcomes(first), "queued": "unchanged"}
    assert not second.changed
    assert cancels(second) == {}
    assert set(first.requested_at) == set(second.requested_at)
    assert set(second.requested_at) == {digest(name) for name in names[:3]}
    assert len(table.sim.outbox()) == 3

    # It is for its owner alone, and remembers digests and times, and nothing else.
    assert stat.S_IMODE(table.log.stat().st_mode) == 0o600
    assert {name for entry in table.entries for name in entry} == {"time", "event", "kind", "order_digest"}
    assert "sim-" not in table.log.read_text()
    logged = sorted((entry["kind"], entry["event"], entry["order_digest"]) for entry in table.entries)
    assert logged == sorted(
        (kind, event, digest(name))
        for kind, several in (("request", names[:3]), ("cancel", names[3:4]))
        for name in several
        for event in ("claimed", "confirmed")
    )


def test_check_mode_leaves_no_file(table: Desk) -> None:
    audit = table.desk / "audit.jsonl"
    options = {"issued": "request", "request_log": str(table.log), "audit_log": str(audit)}
    run = table.run(cancel("Predict", "issued", "queued", check=True, **options))
    assert run.good("Predict").changed
    assert effects(run) == []
    assert not table.log.exists()
    assert not audit.exists()


def test_a_log_that_is_not_safe_sends_nothing(table: Desk) -> None:
    elsewhere = table.write("elsewhere.jsonl", "")
    (table.desk / "link.jsonl").symlink_to(elsewhere)
    table.write("open.jsonl", "").chmod(0o666)
    names = ("link.jsonl", "open.jsonl", "none/there.jsonl")
    tasks = [
        cancel(f"{which} {name}", which, issued="request", request_log=str(table.desk / name))
        for name in names
        for which in ("issued", "queued")
    ]
    run = table.run(*tasks)
    for done in run.tasks:
        assert_failure(done, code="request_log")
        assert mentions(done.msg, table.desk / done.name.split()[1])
        assert not done.changed
    assert cancels(run) == {}
    assert elsewhere.read_text() == ""


def test_a_log_with_lines_that_are_none(table: Desk) -> None:
    line = {"time": days_ago(2), "event": "claimed", "kind": "request", "order_digest": digest("issued")}
    junk = ["{", "[]", "null", json.dumps({**line, "order_digest": digest("late")})[:-9]]
    lines = [json.dumps({**line, "event": event}) for event in ("claimed", "confirmed")]
    table.write("requests.jsonl", "\n".join([junk[0], *lines, *junk[1:]])).chmod(0o600)
    run = table.run(cancel("Night", "issued", "late", issued="request", request_log=str(table.log)))
    assert run.good("Night").requested_at[digest("issued")] == line["time"]
    assert cancels(run) == {"late": 1}
    # What was cut off is ended, so that the next line can be read.
    run = table.run(cancel("Night", "issued", "late", issued="request", request_log=str(table.log)))
    assert cancels(run) == {}


def test_two_jobs_at_once_send_one_mail(table: Desk) -> None:
    # Slow enough that both have read before either writes.
    table.sim.set(latency=0.2)
    names = ("issued", "late", "fresh")
    night = cancel("Night", *names, "queued", issued="request", request_log=str(table.log), workers=4)
    playbook = f"- hosts: gateway\n  gather_facts: false\n  tasks:\n    {night}\n"
    jobs = [table.start(playbook) for _job in range(2)]
    outputs = [job.communicate(timeout=60)[0] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0], outputs
    assert "WARNING" not in "".join(outputs)
    results = [done.result for done in table.recorded().all("Night")]

    sent = [request for request in table.sim.journal() if request["path"].endswith("cancel.json")]
    assert tally(request["order_id"] for request in sent) == dict.fromkeys((*names, "queued"), 1)
    assert len(table.sim.outbox()) == 3
    for result in results:
        by_name = {one["reseller_order_id"]: one["outcome"] for one in result["orders"]}
        assert {by_name[name] for name in names} == {"pending_approval"}
        assert by_name["queued"] in ("changed", "unchanged")
        assert set(result["requested_at"]) == {digest(name) for name in names}
    # Each was sent by one of them.
    assert len([one for result in results for one in result["orders"] if one["outcome"] == "changed"]) == 1


@pytest.mark.parametrize("fault", ["hang", "hang_after"])
@pytest.mark.parametrize("name", ["queued", "issued"])
def test_killed_between_claim_and_answer_it_is_unknown_and_repeated_only_with_request_again(
    table: Desk, name: str, fault: str
) -> None:
    options: dict[str, Any] = {"issued": "request", "request_log": str(table.log)}
    table.sim.fault(fault, path="cancel")
    job = table.start(f"- hosts: gateway\n  gather_facts: false\n  tasks:\n    {cancel('Killed', name, **options)}\n")
    try:
        while table.sim.faults() and job.poll() is None:
            time.sleep(0.05)
    finally:
        kill_all_of(job.pid)
        job.communicate(timeout=60)
    assert [entry["event"] for entry in table.entries] == ["claimed"]
    date_back(table.log)

    run = table.run(
        cancel("Predict", name, check=True, **options),
        cancel("Night", name, **options),
        cancel("Again", name, request_again=True, **options),
        cancel("After that", name, **options),
    )
    if name == "queued" and fault == "hang_after":
        # The review shows it.
        assert all(outcomes(done) == {name: "unchanged"} for done in run.tasks)
        assert cancels(run) == {}
        return
    for title in ("Predict", "Night"):
        assert_failure(run.bad(title), code="unconfirmed")
        assert outcomes(run[title]) == {name: "unknown"}
        assert requests_of(run[title]) == [f"review {name}"]
    assert run.good("Again").changed
    assert cancels(run) == {name: 1}
    assert outcomes(run.good("After that")) == {name: "unchanged" if name == "queued" else "pending_approval"}


def test_what_is_dated_in_the_future_is_unknown(table: Desk) -> None:
    line = {"time": days_ago(-1), "kind": "request", "order_digest": digest("issued")}
    lines = [json.dumps({**line, "event": event}) for event in ("claimed", "confirmed")]
    table.write("requests.jsonl", "\n".join(lines)).chmod(0o600)
    handed_in = {digest("late"): days_ago(-1), digest("queued"): f"{days_ago(1)} unconfirmed"}
    run = table.run(
        cancel("Night", "issued", issued="request", request_log=str(table.log)),
        cancel("Without a file", "late", "queued", issued="request", requested_at=handed_in),
    )
    assert outcomes(run.bad("Night")) == {"issued": "unknown"}
    # The time of the entry.
    assert mentions(run["Night"].msg, line["time"][:10])
    assert outcomes(run.bad("Without a file")) == {"late": "unknown", "queued": "unknown"}
    assert run["Without a file"].requested_at == handed_in
    assert cancels(run) == {}


def test_what_one_run_returns_the_next_one_takes(table: Desk) -> None:
    first = table.run(cancel("Night", "issued", "late", "queued", issued="request")).good("Night")
    kept = first.requested_at
    assert set(kept) == {digest("issued"), digest("late")}
    run = table.run(
        cancel("Next night", "issued", "late", "queued", issued="request", requested_at=kept),
        cancel("Another spelling", "issued", issued="request", requested_at={digest("issued").upper(): "2026-01-31"}),
        cancel("Once more", "issued", issued="request", requested_at=kept, request_again=True),
        cancel("No time", "issued", issued="request", requested_at={digest("issued"): "yesterday"}),
        cancel("Without a memory", "issued", issued="request"),
    )
    night = run.good("Next night")
    assert not night.changed
    assert night.requested_at == kept
    assert outcomes(night) == {"issued": "pending_approval", "late": "pending_approval", "queued": "unchanged"}
    assert run.good("Another spelling").requested_at == {digest("issued"): "2026-01-31T00:00:00Z"}
    assert run.good("Once more").changed
    assert a_time(run["Once more"].requested_at[digest("issued")]) >= a_time(kept[digest("issued")])
    assert_failure(run.bad("No time"), code="invalid_option")
    # Without any memory there is a second mail: Servertastic does not report it.
    assert run.good("Without a memory").changed
    assert cancels(run) == {"issued": 2}


# -- the order that replaces it ---------------------------------------------------------------------------------------

SITE = {"domain_name": "www.example.com"}
# The order that replaces another one, and what the refusal names; None for no refusal.
REPLACEMENTS: dict[str, tuple[dict[str, Any] | None, tuple[str, ...] | None]] = {
    "placed": (order("placed", "Queued", **SITE), None),
    "verified": (order("verified", "Awaiting Provider Approval", **SITE), None),
    "running": (issued("running", 1, **SITE), None),
    "shouted": (order("shouted", "Awaiting Customer Verification", domain_name="WWW.Example.COM"), None),
    "at_review": (order("at_review", "Servertastic Review", **SITE), None),
    "only_bought": (order("only_bought"), ("Order Placed",)),
    "elsewhere": (order("elsewhere", "Queued"), ("elsewhere.example.com", "www.example.com")),
    "gone": (order("gone", "Cancelled", **SITE), ("Cancelled",)),
    "back": (order("back", "Roll Back", **SITE), ("Roll Back",)),
    "novel": (order("novel", "Awaiting Payment", **SITE), ("Awaiting Payment",)),
    "stranger": (None, ("replacement_order_token",)),
    "site": (None, ()),
}


def test_the_new_order_is_placed_first(process: Simulator) -> None:
    old = order("site", "Awaiting Provider Approval", **SITE)
    book = seed(old, *(new for new, _named in REPLACEMENTS.values() if new))
    whom = {"order_token": token("site")}
    tasks = []
    for name in REPLACEMENTS:
        new = {**whom, "replacement_order_token": token(name)}
        tasks += [
            sim_task(f"{name}: begin", reset=True),
            task(f"{name}: check", new, check_mode=True),
            task(f"{name}: real", new),
        ]
    with desk(process, book) as made:
        run = made.run(*tasks, api_key="")
    for name, (_new, refusal) in REPLACEMENTS.items():
        check, real = run[f"{name}: check"], run[f"{name}: real"]
        reviews = ["review site"] if name == "site" else ["review site", f"review {name if _new else 'a stranger'}"]
        assert requests_of(check) == reviews
        assert check.failed == real.failed == (refusal is not None), real.result
        if refusal is not None:
            assert_failure(real, code="ineligible")
            assert mentions(real.msg, *refusal)
            assert requests_of(real) == reviews
        else:
            assert requests_of(real) == [*reviews, "cancel site"]
            assert real.changed


def test_manual_review_is_never_entered_without_confirmation(table: Desk) -> None:
    old = {"order_token": token("queued")}
    run = table.run(
        task("No option is set", old),
        task("Of an issued one", {"order_token": token("issued"), "issued": "request"}),
        # It has no domain that could be held.
        task("Of one without a domain", {"order_token": token("unused")}),
        task("There is none", {**old, "replacement": "none"}),
        task("Settled before", {"order_token": token("cancelled")}),
        api_key="",
    )
    for name in ("No option is set", "Of an issued one"):
        assert_failure(run.bad(name), code="ineligible")
        assert mentions(run[name].msg, "replacement_order_token", "replacement", "none")
    assert run.good("Of one without a domain").changed
    assert run.good("There is none").changed
    assert not run.good("Settled before").changed
    assert cancels(run) == {"unused": 1, "queued": 1}


def test_an_issued_order_too_takes_its_replacement(process: Simulator) -> None:
    book = seed(issued("old_site", **SITE), order("new_site", "Queued", **SITE), order("unused"))
    with desk(process, book) as made:
        options = {"order_token": token("old_site"), "issued": "request", "request_log": str(made.log)}
        run = made.run(
            task("Not placed", {**options, "replacement_order_token": token("unused")}),
            task("Placed", {**options, "replacement_order_token": token("new_site")}),
            task("Again", {**options, "replacement_order_token": token("new_site")}),
            task(
                "Both options are set", {**options, "replacement_order_token": token("unused"), "replacement": "none"}
            ),
            task("Of several", {"order_tokens": [token("old_site")], "replacement_order_token": token("new_site")}),
            api_key="",
        )
    assert_failure(run.bad("Not placed"), code="ineligible")
    assert run.good("Placed").changed
    assert outcomes(run.good("Again")) == {"old_site": "pending_approval"}
    assert outcomes(run.good("Both options are set")) == {"old_site": "pending_approval"}
    assert_failure(run.bad("Of several"), code="invalid_option")
    assert cancels(run) == {"old_site": 1}


# -- digests, points --------------------------------------------------------------------------------------------------


def test_a_plan_names_orders_without_their_tokens(table: Desk) -> None:
    plan = {"order_digests": [digest("queued").upper(), digest("unused"), digest("issued")], "replacement": "none"}
    run = table.run(
        task("By the plan", {**plan, "issued": "skip"}),
        task("Again", {**plan, "issued": "skip"}),
        task("Of no order", {**plan, "order_digests": [digest("nowhere"), digest("issued")]}),
        task("No digest", {**plan, "order_digests": [digest("queued")[:8]]}),
        task("None at all", {**plan, "order_digests": []}),
        task("Without a key", plan, environment={"SERVERTASTIC_API_KEY": ""}),
        task("With another one", {**plan, "api_key": "sim-nobody"}),
    )
    done = run.good("By the plan")
    assert outcomes(done) == {"queued": "changed", "unused": "changed", "issued": "unchanged"}
    assert requests_of(done)[0] == "tokens"
    assert requests_of(done)[-1] == "audit"
    assert len(done.requests) == done.api["requests"] == 1 + 3 + 2 + 1
    assert [one["order_digest"] for one in done.orders] == [digest(name) for name in ("queued", "unused", "issued")]
    assert not run.good("Again").changed
    assert len(run["Again"].requests) == 1 + 3 + 1
    # One of the plan is missing from the account: the others are reviewed all the same.
    assert_failure(run.bad("Of no order"), code="missing")
    assert outcomes(run["Of no order"]) == {digest("nowhere")[:8]: "missing", "issued": "ineligible"}
    assert requests_of(run["Of no order"]) == ["tokens", "review issued", "audit"]
    assert_failure(run.bad("No digest"), code="invalid_option")
    assert mentions(run["No digest"].msg, 64)
    assert run.good("None at all").orders == []
    assert run["None at all"].requests == []
    assert run.bad("Without a key").requests == []
    assert run.bad("With another one").failed
    assert cancels(run) == {"queued": 1, "unused": 1}


def test_the_audit_shows_the_refund_of_the_points(process: Simulator) -> None:
    book = seed(
        order("queued", "Queued"),
        order("provider", "Awaiting Provider Approval"),
        issued("issued", requested_days_ago=1, approved_days_ago=1, **contact("nobody")),
        issued("waits"),
        issued("old", 40),
        order("settled", "Cancelled"),
        order("unsettled", "Cancelled"),
        accounts=[
            {
                "username": "team",
                "api_key": KEY,
                "audit": [
                    {"adjustment": -100, "days_ago": 9, "order_token": token("settled")},
                    {"adjustment": 100, "days_ago": 8, "order_token": token("settled")},
                    {"adjustment": -100, "days_ago": 9, "order_token": token("unsettled")},
                    {"adjustment": 500, "days_ago": 7, "description": "bought"},
                ],
            }
        ],
    )
    with desk(process, book) as made:
        run = made.run(
            cancel("At once", "queued", "settled", "unsettled", "issued"),
            cancel("Requested", "waits", issued="request"),
            cancel("Too late", "old", ineligible="skip"),
            sim_task("It comes later", switches={"servertastic.audit_lag_seconds": 3600}),
            cancel("It does not show yet", "provider"),
            sim_task("An hour passes", advance="1h"),
            cancel("Now it does", "provider"),
            sim_task("The audit is broken", fault={"kind": "status", "status": 400, "path": "pointsaudit"}),
            cancel("The audit fails", "queued"),
            sim_task("The audit is something else", fault={"kind": "html", "status": 200, "path": "pointsaudit"}),
            cancel("The audit is unreadable", "queued"),
        )
    refunds = {named(one): one["refund"] for one in run.good("At once").orders}
    assert refunds == {"queued": "credited", "settled": "credited", "unsettled": "unknown", "issued": "credited"}
    assert only(run.good("Requested"))["refund"] == "pending"
    assert only(run.good("Too late"))["refund"] == "none"
    assert only(run.good("It does not show yet"))["refund"] == "pending"
    assert only(run.good("Now it does"))["refund"] == "credited"
    # That is no failure of a cancellation.
    for name in ("The audit fails", "The audit is unreadable"):
        assert only(run.good(name))["refund"] == "unknown"


# -- reviews that lag behind ------------------------------------------------------------------------------------------


def test_a_review_that_is_five_minutes_old(process: Simulator) -> None:
    book = seed(
        order("queued", "Queued"),
        order("provider", "Awaiting Provider Approval"),
        # These are cancelled, and the review does not know it.
        order("by_hand", "Cancelled", stale_status="Queued"),
        issued("issued_meanwhile", 0.001, stale_status="Awaiting Provider Approval"),
        switches={"servertastic.review_lag_seconds": 300},
    )
    with desk(process, book) as made:
        log = {"request_log": str(made.log)}
        run = made.run(
            cancel("With a log", "queued", **log),
            cancel("With a log, again", "queued", **log),
            cancel("Without", "provider"),
            cancel("Without, again", "provider"),
            cancel("Cancelled by hand", "by_hand"),
            cancel("Issued meanwhile", "issued_meanwhile", **log),
            sim_task("Five minutes pass", advance="301s"),
            cancel("With a log, later", "queued", **log),
            cancel("Without, later", "provider"),
            cancel("Cancelled by hand, later", "by_hand"),
            cancel("Issued meanwhile, later", "issued_meanwhile", **log),
        )
    assert outcomes(run.good("With a log")) == {"queued": "changed"}
    again = run.good("With a log, again")
    assert outcomes(again) == {"queued": "unchanged"}
    assert not again.changed
    assert only(again)["before"]["order_status"] == "Queued"
    assert cancels(again) == {}

    # Without one, it is asked for again, and refused; nothing comes of it.
    assert outcomes(run.good("Without")) == {"provider": "changed"}
    assert_failure(run.bad("Without, again"), code="403", http_status=403)
    assert not run["Without, again"].changed
    assert_failure(run.bad("Cancelled by hand"), code="403", http_status=403)
    assert effects(run["Without, again"]) == effects(run["Cancelled by hand"]) == []
    assert cancels(run["Without, again"]) == {"provider": 1}

    # What was issued a minute ago, and does not show it, gets a mail that was not asked for: the module cannot know.
    assert cancels(run["Issued meanwhile"]) == {"issued_meanwhile": 1}

    for name in ("With a log, later", "Without, later", "Cancelled by hand, later"):
        assert list(outcomes(run.good(name)).values()) == ["unchanged"]
        assert only(run[name])["before"]["order_status"] == "Cancelled"
        assert cancels(run[name]) == {}
    assert only(run["Issued meanwhile, later"])["before"]["order_status"] == "Completed"
    assert cancels(run["Issued meanwhile, later"]) == {}


def test_wait_until_it_shows(process: Simulator) -> None:
    book = seed(*(order(name, "Queued") for name in ("soon", "never", "lost")), switches={"latency": 0})
    waiting = {"wait": True, "poll_interval": 1}
    with desk(process, book) as made:
        run = made.run(
            sim_task("A second", switches={"servertastic.review_lag_seconds": 1.5}),
            cancel("Soon", "soon", wait_timeout=20, **waiting),
            sim_task("An hour", switches={"servertastic.review_lag_seconds": 3600}),
            cancel("Never", "never", wait_timeout=2, **waiting),
            sim_task("Its reply is lost", fault={"kind": "reset_after", "path": "cancel"}),
            sim_task("Some seconds", switches={"servertastic.review_lag_seconds": 1.5}),
            cancel("Lost", "lost", wait_timeout=20, **waiting),
        )
    soon, never, lost = run.good("Soon"), run.bad("Never"), run.good("Lost")
    assert outcomes(soon) == {"soon": "changed"}
    assert outcomes(lost) == {"lost": "changed"}
    assert only(soon)["after"]["order_status"] == "Cancelled"
    assert 2 <= requests_of(soon).count("review soon") <= 4
    assert outcomes(never) == {"never": "unknown"}
    assert_failure(never, code="not_verified")
    assert never.changed
    # The message about the lost reply names the loss.
    assert only(lost)["reason"] != only(soon)["reason"]
    assert cancels(run) == {"soon": 1, "never": 1, "lost": 1}


# -- lost replies -----------------------------------------------------------------------------------------------------

LOST = {
    "reset_before": {"kind": "reset_before"},
    "reset_after": {"kind": "reset_after"},
    "hang": {"kind": "hang"},
    "hang_after": {"kind": "hang_after"},
    "500 before": {"kind": "status", "status": 500},
    "503 before": {"kind": "html"},
    "500 after": {"kind": "error_after", "status": 500},
    "cut": {"kind": "truncated_json"},
    "not JSON": {"kind": "not_json"},
    "deep": {"kind": "deep_json"},
    "HTML as 200": {"kind": "html", "status": 200},
    "slow headers": {"kind": "drip_headers"},
}
TAKES_EFFECT = {"reset_after", "hang_after", "500 after", "cut", "not JSON", "deep", "slow headers"}
CERTAIN = {
    "429": ({"kind": "status", "status": 429, "headers": {"Retry-After": "0"}, "times": -1}, "failed", 429),
    "redirect": ({"kind": "redirect"}, "failed", 302),
    "400": ({"kind": "status", "status": 400}, "failed", 400),
    "401": ({"kind": "status", "status": 401}, "failed", 401),
    "404": ({"kind": "status", "status": 404}, "failed", 404),
}


@pytest.fixture(scope="module")
def lost(process: Simulator) -> Run:
    """Lose every reply to a cancellation in every way, with and without a log, of either kind of order."""
    log = "{{ playbook_dir }}/requests.jsonl"
    orders = [
        each
        for number in range(len(LOST) + len(CERTAIN))
        for each in (order(f"queued{number}", "Queued"), issued(f"issued{number}"))
    ]
    tasks = []
    for number, (name, fault) in enumerate({**LOST, **{name: row[0] for name, row in CERTAIN.items()}}.items()):
        for kind, more in (("queued", {}), ("issued", {"issued": "request", "request_log": log})):
            options = {"timeout": 1, "retries": 2, "rate_limit_timeout": 1, **more}
            tasks += [
                sim_task(f"{name}, {kind}: begin", clear_faults=True, fault={"times": 1, **fault, "path": "cancel"}),
                cancel(f"{name}, {kind}: strike", f"{kind}{number}", **options),
                sim_task(f"{name}, {kind}: end", clear_faults=True),
                cancel(f"{name}, {kind}: again", f"{kind}{number}", **options),
            ]
    with desk(process, seed(*orders)) as made:
        return made.run(*tasks, api_key="")


@pytest.mark.parametrize("name", LOST)
def test_after_a_lost_reply_it_is_reviewed_and_never_sent_twice(lost: Run, name: str) -> None:
    number = list(LOST).index(name)
    queued, asked = lost[f"{name}, queued: strike"], lost[f"{name}, issued: strike"]
    # A cancellation may show yet; whether a mail was sent never does, so that one review is enough.
    for done, kind, reads in ((queued, "queued", 1 if name in TAKES_EFFECT else 3), (asked, "issued", 1)):
        review = f"review {kind}{number}"
        assert requests_of(done) == [review, f"cancel {kind}{number}", *[review] * reads]
    again = lost[f"{name}, queued: again"]
    if name in TAKES_EFFECT:
        assert outcomes(queued) == {f"queued{number}": "changed"}
        assert only(queued)["reason"]
        assert cancels(again) == {}
    else:
        # The outcome is unknown; the next task reads it, and cancels the order.
        assert outcomes(queued) == {f"queued{number}": "unknown"}
        assert queued.failed
        assert cancels(again) == {f"queued{number}": 1}
    assert only(again)["after"]["order_status"] == "Cancelled"

    # Whether a mail was sent does not show: there is no second one, and nothing reports that there was one.
    assert outcomes(asked) == {f"issued{number}": "unknown"}
    assert asked.failed
    assert list(asked.requested_at) == [digest(f"issued{number}")]
    night = lost.bad(f"{name}, issued: again")
    assert_failure(night, code="unconfirmed")
    assert outcomes(night) == {f"issued{number}": "unknown"}
    assert "request_again" in night.msg
    assert requests_of(night) == [f"review issued{number}"]
    assert set(night.requested_at) == set(asked.requested_at)


@pytest.mark.parametrize("name", CERTAIN)
def test_after_a_plain_no_it_can_be_asked_again_by_the_next_task_only(lost: Run, name: str) -> None:
    number = len(LOST) + list(CERTAIN).index(name)
    _fault, outcome, status = CERTAIN[name]
    for kind in ("queued", "issued"):
        done = lost.bad(f"{name}, {kind}: strike")
        assert outcomes(done) == {f"{kind}{number}": outcome}
        assert done.failure["http_status"] == status
        assert not done.changed
        assert done.requested_at == {}
        assert effects(done) == []
        if name != "429":
            assert cancels(done) == {f"{kind}{number}": 1}
        again = lost.good(f"{name}, {kind}: again")
        assert again.changed
        assert cancels(again) == {f"{kind}{number}": 1}


def test_a_429_is_waited_for_and_the_order_reviewed_anew(table: Desk) -> None:
    table.sim.fault("status", status=429, headers={"Retry-After": "0"}, path="cancel", times=2)
    run = table.run(cancel("Cancel", "queued"), api_key="")
    done = run.good("Cancel")
    assert done.changed
    assert requests_of(done) == ["review queued", "cancel queued"] * 3
    assert effects(done) == ["cancel queued"]


def test_connection_refused(table: Desk) -> None:
    nowhere = {"api_url": "http://127.0.0.1:9", "api_key": KEY, "retries": 1}
    run = table.run(
        cancel("One", "queued", **nowhere),
        cancel("Several", "queued", "issued", **nowhere),
        task("By digest", {**nowhere, "order_digests": [digest("queued")]}),
    )
    for done in run.tasks:
        assert_failure(done, code="connection_failed")
    assert run["Several"].summary["failed"] == 2
    assert run.requests == []


# -- many -------------------------------------------------------------------------------------------------------------

MANY = 500


@pytest.fixture
def crowd(process: Simulator) -> Iterator[Desk]:
    """Make orders of which some are cancelled at once, some want a mail, and the rest is left alone."""
    kinds = ["Queued"] * 6 + ["Order Placed"] * 2 + ["Completed", "Cancelled"]
    orders = [order(f"n{number}", kinds[number % 10], st_product_code="RapidSSL") for number in range(MANY)]
    with desk(process, seed(*orders)) as made:
        yield made


def test_500_orders_with_8_workers(crowd: Desk) -> None:
    whom = {"order_tokens": "{{ tokens }}", "replacement": "none", "issued": "request", "workers": 8}
    options = {**whom, "orders_detail": "changed", "request_log": str(crowd.log)}
    variables = {"tokens": [token(f"n{number}") for number in range(MANY)]}
    run = crowd.run(
        task("Predict", options, check_mode=True), task("Many", options), task("Again", options), variables=variables
    )
    tenth = MANY // 10
    wanted = {"total": MANY, "changed": 8 * tenth, "unchanged": tenth, "pending_approval": tenth}
    check, many, again = run.good("Predict"), run.good("Many"), run.good("Again")
    assert {name: count for name, count in many.summary.items() if count} == wanted
    assert check.summary == many.summary
    # One review and one cancellation each, and once the audit.
    assert len(check.requests) == check.api["requests"] == MANY + 1
    assert len(many.requests) == many.api["requests"] == MANY + 9 * tenth + 1
    assert set(cancels(many).values()) == {1}
    assert len(many.orders) == 9 * tenth
    assert {one["refund"] for one in many.orders if one["outcome"] == "changed"} == {"credited"}
    assert len(many.requested_at) == tenth
    # None of those that are listed changed, so that nothing is asked of the account.
    assert len(again.requests) == MANY
    assert {name: count for name, count in again.summary.items() if count} == {
        "total": MANY,
        "unchanged": 9 * tenth,
        "pending_approval": tenth,
    }
    assert not again.changed
    assert set(again.requested_at) == set(many.requested_at)


def test_many_at_a_polite_pace(crowd: Desk) -> None:
    variables = {"tokens": [token(f"n{number}") for number in range(50)]}
    options = {"order_tokens": "{{ tokens }}", "replacement": "none", "issued": "skip", "rate_limit": "50/1"}
    run = crowd.run(task("Politely", options), variables=variables)
    done = run.good("Politely")
    assert done.summary["changed"] == 40
    assert len(done.requests) == done.api["requests"] == 50 + 40 + 1
    # In no second more than 50, as the service counts.
    times = sorted(a_time(request["at_real"]).timestamp() for request in done.requests)
    assert all(later - earlier > 0.99 for earlier, later in zip(times, times[50:]))
    assert done.api["waited"] > 0


def test_the_pace_is_polite_by_default(table: Desk) -> None:
    names = ("queued", "customer", "provider", "unused")
    run = table.run(cancel("Cancel", *names), api_key="", more_env={"SERVERTASTIC_RATE_LIMIT": None})
    assert run.good("Cancel").summary["changed"] == 4
    times = sorted(a_time(request["at_real"]).timestamp() for request in run.requests)
    assert all(later - earlier > 0.99 for earlier, later in zip(times, times[5:]))


def test_stop_on_failure_and_what_was_not_attempted(table: Desk) -> None:
    table.sim.fault("status", status=400, path="cancel", order_id="customer")
    run = table.run(
        cancel("Stop", "customer", "provider", "queued", stop_on_failure=True, workers=1),
        cancel("Go on", "old", "provider", "queued", workers=1),
        api_key="",
    )
    assert outcomes(run.bad("Stop"))["customer"] == "failed"
    assert set(outcomes(run["Stop"]).values()) == {"failed", "not_attempted"}
    assert cancels(run["Stop"]) == {"customer": 1}
    assert outcomes(run.bad("Go on")) == {"old": "ineligible", "provider": "changed", "queued": "changed"}


# -- unknown tokens ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["401", "400", "403", "404"])
def test_a_token_that_is_not_known(table: Desk, status: str) -> None:
    run = table.run(
        sim_task("Switch", switches={"servertastic.unknown_token_status": status}),
        cancel("One", "nowhere"),
        cancel("One, ok", "nowhere", missing="ok"),
        cancel("Among others", "queued", "nowhere", missing="ok"),
        cancel("All of them", "nowhere", "neverland", missing="ok"),
        # The order number is not the token.
        task("Its number", {"order_token": "queued", "replacement": "none"}),
        task("Blank", {"order_token": " ", "replacement": "none"}),
        task("None", {"order_tokens": [], "replacement": "none"}),
        api_key="",
    )
    is_missing = status == "401"
    if is_missing:
        assert_failure(run.bad("One"), code="missing")
        assert outcomes(run.good("One, ok")) == {digest("nowhere")[:8]: "missing"}
        assert outcomes(run.good("Among others")) == {"queued": "changed", digest("nowhere")[:8]: "missing"}
        assert_failure(run.bad("All of them"), code="missing")
        assert set(outcomes(run["All of them"]).values()) == {"missing"}
    else:
        # Another status may mean anything.
        for name in ("One", "One, ok", "Among others", "All of them"):
            assert_failure(run.bad(name), code=status, http_status=int(status))
        assert outcomes(run["Among others"]) == {"queued": "changed", digest("nowhere")[:8]: "failed"}
    assert run.bad("Its number").failed
    assert_failure(run.bad("Blank"), code="invalid_option")
    assert not run.good("None").changed
    assert cancels(run) == {"queued": 1}
    assert {only(run[name])["refund"] for name in ("One", "One, ok")} == {"unknown"}


def test_refusals_of_single_orders_do_not_stop_the_others(process: Simulator) -> None:
    # Each token is a key of its own: three refused ones do not predict the next.
    edges = [f"edge{number}" for number in range(4)]
    with desk(
        process, seed(*(issued(name, 30.02) for name in edges), order("queued", "Queued"), order("unused"))
    ) as made:
        process.set({"servertastic.unknown_token_status": "403"})
        run = made.run(
            cancel("Cancels are refused", *edges, "queued", issued="request", workers=1),
            cancel("Reviews are refused", *(f"nobody{number}" for number in range(4)), "unused", workers=1),
        )
    for name, last in (("Cancels are refused", "queued"), ("Reviews are refused", "unused")):
        done = run.bad(name)
        assert outcomes(done)[last] == "changed"
        assert done.summary["failed"] == 4
        assert done.summary["not_attempted"] == 0


def test_hostile_words_of_the_service_forge_no_line(table: Desk) -> None:
    hostile = "m\nok: [gateway]\r\x1b[2J\u202e"
    body = {"error": {"code": hostile, "message": hostile}}
    for path, status in (("review", 200), ("review", 400), ("cancel", 200)):
        table.sim.fault("status", status=status, path=path, body=body)
    run = table.run(
        *(cancel(name, "queued", retries=0) for name in ("Under 200", "As an error", "Of the cancellation")), api_key=""
    )
    for done in run.tasks:
        assert done.failed
        assert not RAW.search(json.dumps(done.result, ensure_ascii=False))
    assert outcomes(run["Of the cancellation"]) == {"queued": "unknown"}
    assert "\nok: [gateway]\r" not in run.output
    assert not RAW.search(run.output.replace("\n", ""))


# -- who may, and who watches -----------------------------------------------------------------------------------------


def test_read_only_forbids_it(table: Desk, execute_on: str) -> None:
    run = table.run(
        cancel("Of the process", "queued", request_log=str(table.home / "log.jsonl")),
        cancel("Nothing to do", "cancelled"),
        cancel("Only predict", "queued", check=True),
        execute_on=execute_on,
        more_env={"SERVERTASTIC_READ_ONLY": "1"},
    )
    assert_failure(run.bad("Of the process"), code="read_only")
    assert "SERVERTASTIC_READ_ONLY" in run["Of the process"].msg
    assert not run.good("Nothing to do").changed
    assert_failure(run.bad("Only predict"), code="read_only")
    assert cancels(run) == {}
    assert not (table.home / "log.jsonl").exists()
    if execute_on == "controller":
        run = table.run(
            cancel("Of the task", "queued", environment={"SERVERTASTIC_READ_ONLY": "yes"}),
            # Another service's.
            cancel("Of CertCentral", "queued", environment={"DIGICERT_READ_ONLY": "1"}),
        )
        assert_failure(run.bad("Of the task"), code="read_only")
        assert run.good("Of CertCentral").changed


def test_module_defaults_of_the_group(table: Desk) -> None:
    defaults = {"api_url": table.sim.servertastic_url + "/v2", "api_key": KEY, "rate_limit": "none"}
    run = table.playbook(
        f"""
- hosts: gateway
  gather_facts: false
  module_defaults:
    group/certops.orders.servertastic: {json.dumps(defaults)}
  tasks:
    {cancel("Cancel", "queued")}
    {task("Review", {"order_token": token("queued")}, INFO)}
    {task("Account", {}, ACCOUNT)}
        """,
        env={"SERVERTASTIC_API_URL": None, "SERVERTASTIC_API_KEY": None, "SERVERTASTIC_RATE_LIMIT": None},
    )
    assert run.rc == 0, run.output
    assert [request["path"] for request in run.requests] == [
        f"/v2/{path}.json"
        for path in ("order/review", "order/cancel", "account/pointsaudit", "order/review", "account/review")
    ]
    assert run["Cancel"].changed
    assert run["Review"].orders[0]["order_status"] == "Cancelled"


def test_the_audit_log_has_a_line_before_and_after(table: Desk) -> None:
    path = table.desk / "audit.jsonl"
    table.sim.fault("reset_before", path="cancel", order_id="provider")
    run = table.run(
        cancel("Retire", "queued", "issued", "provider", "old", issued="request", audit_log=str(path), ticket="CHG42"),
        cancel("Again", "queued", audit_log=str(path)),
        task("Read it back", {"msg": f"{{{{ lookup('file', '{path}') | certops.orders.audit_entries }}}}"}, "debug"),
        api_key="",
    )
    assert set(outcomes(run.bad("Retire")).values()) == {"changed", "pending_approval", "unknown", "ineligible"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "sim-" not in path.read_text()
    entries = {entry["reseller_order_id"]: entry for entry in run["Read it back"].msg}
    # What is refused, or is so already, is not announced.
    assert set(entries) == {"queued", "issued", "provider"}
    assert {name: entry["outcome"] for name, entry in entries.items()} == {
        "queued": "changed",
        "issued": "pending_approval",
        "provider": "unknown",
    }
    for name, entry in entries.items():
        assert entry["order_digest"] == digest(name)
        assert entry["completed"]
        assert entry["attempts"] == 1
        assert (entry["ticket"], entry["task"]) == ("CHG42", "Retire")
        assert entry["domain_name"] == entry["name"] == f"{name}.example.com"
        assert mentions(entry["account"], "127.0.0.1")
    assert entries["queued"]["before"]["order_status"] == "Queued"
    assert entries["queued"]["after"]["order_status"] == "Cancelled"


def test_without_its_line_nothing_is_sent(table: Desk) -> None:
    run = table.run(
        cancel("No such folder", "queued", "issued", issued="request", audit_log=str(table.desk / "none" / "audit")),
        api_key="",
    )
    assert_failure(run.bad("No such folder"), code="audit_log")
    assert run["No such folder"].summary["failed"] == 2
    assert cancels(run) == {}


def test_wrong_options_are_reported_before_any_request(table: Desk) -> None:
    wrong = {
        "A poll that is too quick": {"poll_interval": 59, "wait": True, "api_url": "https://192.0.2.1", "api_key": KEY},
        "No poll": {"poll_interval": 0},
        "No time": {"wait_timeout": 0, "wait": True},
        "Workers": {"workers": 65},
        "A choice": {"issued": "maybe"},
        "An option": {"verify": True},
        "A limit": {"rate_limit": "fast"},
        "Plain http": {"api_url": "http://192.0.2.1", "api_key": KEY},
        "A host of the task, and a key of the environment": {"api_url": "https://192.0.2.1"},
        "Not verified": {"api_url": "https://192.0.2.1", "api_key": KEY, "validate_certs": False},
        "Two kinds": {"order_digests": [digest("queued")]},
    }
    run = table.run(
        *(cancel(name, "queued", **options) for name, options in wrong.items()),
        task("No order", {"replacement": "none"}),
        task("No address", {"order_token": token("queued")}, environment={"SERVERTASTIC_API_URL": ""}),
    )
    for done in run.tasks:
        assert_failure(done, code="invalid_option")
    assert run.requests == []
    assert "SERVERTASTIC_API_URL" in run["No address"].msg
