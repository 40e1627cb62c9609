# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stories of the main module: what a task returns, and what it sent."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    APPROVED,
    CANCELED,
    DENIED,
    EVERY_ORDER,
    EXPIRED,
    EXPIRED_MARKED,
    EXPIRED_MIGRATED,
    ISSUED,
    ISSUED_NEAR,
    MARKED,
    MIGRATED,
    MIGRATED_FAR,
    MIGRATED_TOO,
    NEEDS_APPROVAL,
    NEEDS_CSR,
    NEW_WORD,
    NOWHERE,
    PENDING,
    PENDING_THREE,
    PENDING_TOO,
    PROCESSING,
    REISSUE,
    REISSUE_MIGRATED,
    REJECTED,
    RESULT_KEYS,
    REVOKED,
    SEED,
    TRULY_RENEWED,
    WAITING_PICKUP,
    Controller,
    Simulator,
    assert_failure,
    mentions,
    pending,
    seed,
)

# What becomes of every order, by target. What is in neither list is refused.
CHANGED = {
    "canceled": [PENDING, PENDING_TOO, PENDING_THREE, WAITING_PICKUP],
    "renewed": [MIGRATED, MIGRATED_TOO, EXPIRED_MIGRATED],
    "not_renewed": [MARKED, EXPIRED_MARKED],
}
UNMARKED = sorted(set(EVERY_ORDER) - {MARKED, EXPIRED_MARKED, TRULY_RENEWED})
UNCHANGED = {
    "canceled": [CANCELED],
    "renewed": [MARKED, TRULY_RENEWED, EXPIRED_MARKED],
    "not_renewed": UNMARKED,
}


@pytest.mark.parametrize("status", ["canceled", "renewed", "not_renewed"])
def test_every_order_gets_the_outcome_of_the_policy_and_a_second_run_sends_no_write(
    controller: Controller, sim: Simulator, status: str
) -> None:
    run = controller.play(
        """
        - name: Predict
          certops.orders.digicert_order_status: &task
            order_ids: "{{ orders }}"
            status: "{{ status }}"
            note: The integration test
            ineligible: skip
          check_mode: true
          diff: true
        - name: Do
          certops.orders.digicert_order_status: *task
          diff: true
        - name: Do again
          certops.orders.digicert_order_status: *task
          diff: true
        """,
        variables={"orders": EVERY_ORDER, "status": status},
    )
    check, done, again = run.good("Predict"), run.good("Do"), run.good("Do again")
    expected = {
        order: "changed" if order in CHANGED[status] else "unchanged" if order in UNCHANGED[status] else "ineligible"
        for order in EVERY_ORDER
    }

    assert done.outcomes == expected
    assert done.changed
    assert done.effects == done.writes == sorted(f"set {order} {status}" for order in CHANGED[status])
    assert done.summary["changed"] == len(CHANGED[status])
    assert done.summary["total"] == len(EVERY_ORDER)
    refused = [order for order in done.orders if order["outcome"] == "ineligible"]
    assert all(order["reason"] and order["before"] == order["after"] for order in refused)

    # Check mode foretold it, to the letter, and sent nothing.
    assert check.writes == []
    assert check.changed
    assert {**check.shown, "api": None, "msg": None} == {**done.shown, "api": None, "msg": None}

    assert again.writes == []
    assert not again.changed
    assert again.diff == {"before": "", "after": ""}
    assert [order["before"] for order in again.orders] == [order["after"] for order in done.orders]

    # And it is true.
    for order in done.orders:
        truth = sim.order(order["order_id"])
        counts_as_renewed = truth["is_renewed"] or truth["renewed_order_id"] != 0
        assert order["after"] == {"status": truth["status"], "is_renewed": counts_as_renewed}


@pytest.mark.story("digicert_order_status")
def test_one_order_is_canceled_once(controller: Controller, sim: Simulator) -> None:
    run = controller.play(
        f"""
        - name: Without a note
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
        - name: Predict
          certops.orders.digicert_order_status: &task
            order_id: {PENDING}
            status: canceled
            note: The server was retired
          check_mode: true
          diff: true
        - name: Cancel
          certops.orders.digicert_order_status: *task
          diff: true
        - name: Cancel again
          certops.orders.digicert_order_status: *task
        """,
    )
    assert run.bad("Without a note").sent == []
    assert "note" in run["Without a note"].msg

    check = run.good("Predict")
    assert check.sent == [f"read {PENDING}"]
    assert mentions(check.msg, PENDING, "canceled")

    cancel = run.good("Cancel")
    assert cancel.sent == [f"read {PENDING}", f"set {PENDING} canceled"]
    assert cancel.requests[1]["body"] == {"status": "canceled", "note": "The server was retired"}
    assert set(cancel.shown) == RESULT_KEYS | {"diff"}
    assert mentions(cancel.msg, PENDING, "canceled")
    # The message of check mode differs from that of the change.
    assert cancel.msg != check.msg
    assert cancel.orders == check.orders
    assert cancel.orders == [
        {
            "order_id": PENDING,
            "outcome": "changed",
            "before": {"status": "pending", "is_renewed": False},
            "after": {"status": "canceled", "is_renewed": False},
            "reason": "",
        }
    ]
    assert cancel.diff == check.diff
    for part, status in (("before", "pending"), ("after", "canceled")):
        assert cancel.diff[part].count("\n") == 1
        assert mentions(cancel.diff[part], PENDING, "www.example.com", "status", status, "is_renewed", "false")
    assert cancel.api == {"requests": 2, "retries": 0, "waited": 0.0}
    assert sim.order(PENDING)["notes"][0]["text"] == "The server was retired"

    again = run.good("Cancel again")
    assert (again.changed, again.sent) == (False, [f"read {PENDING}"])
    assert "diff" not in again.result


def test_an_order_is_marked_unmarked_and_marked_again(controller: Controller, sim: Simulator) -> None:
    run = controller.play(
        f"""
        - name: Mark
          certops.orders.digicert_order_status: &mark
            order_id: {MIGRATED}
            status: renewed
            verify: true
        - name: Mark again
          certops.orders.digicert_order_status: *mark
        - name: Unmark
          certops.orders.digicert_order_status: &unmark
            order_id: {MIGRATED}
            status: not_renewed
        - name: Unmark again
          certops.orders.digicert_order_status: *unmark
        - name: Mark once more, whatever its origin
          certops.orders.digicert_order_status:
            order_id: {MIGRATED}
            status: renewed
            require_migrated: false
            note: By hand
        """,
    )
    assert [task.changed for task in run.tasks] == [True, False, True, False, True]
    # The order is read in the list of migrated ones; that it is not in the other list proves that the filter works.
    read, proof = f"list {MIGRATED} migrated", f"list {MIGRATED} certcentral"
    assert run["Mark"].sent == [read, proof, f"set {MIGRATED} renewed", read]
    assert run["Mark again"].sent == [read]
    assert run["Unmark"].sent == [f"read {MIGRATED}", f"set {MIGRATED} not_renewed"]
    assert run["Unmark"].requests[1]["body"] == {"status": "not_renewed"}
    assert run["Unmark again"].sent == [f"read {MIGRATED}"]
    assert run["Mark once more, whatever its origin"].sent == [f"read {MIGRATED}", f"set {MIGRATED} renewed"]
    assert sim.order(MIGRATED)["is_renewed"]


def test_a_reissue_is_dropped_once_and_its_order_stays(controller: Controller, sim: Simulator) -> None:
    run = controller.play(
        f"""
        - name: Without leave
          certops.orders.digicert_order_status:
            order_id: {REISSUE}
            status: canceled
            note: No longer needed
        - name: Drop
          certops.orders.digicert_order_status: &task
            order_id: {REISSUE}
            status: canceled
            cancel_reissue: true
            note: No longer needed
            verify: true
        - name: Drop again
          certops.orders.digicert_order_status: *task
        """,
    )
    refused = run.bad("Without leave")
    assert_failure(refused, code="ineligible")
    assert "cancel_reissue" in refused.msg
    assert refused.writes == []

    drop = run.good("Drop")
    assert drop.sent == [f"read {REISSUE}", f"set {REISSUE} canceled", f"read {REISSUE}"]
    assert drop.orders[0]["after"] == {"status": "issued", "is_renewed": False}

    again = run.good("Drop again")
    assert (again.changed, again.sent) == (False, [f"read {REISSUE}"])
    assert sim.order(REISSUE)["status"] == "issued"


# What each refusal names: the status or another fact, and the module or option of the next step.
REFUSALS: list[tuple[str, int, tuple[Any, ...]]] = [
    ("canceled", NEEDS_APPROVAL, ("needs_approval", "digicert_request")),
    ("canceled", PROCESSING, ("processing",)),
    ("canceled", NEEDS_CSR, ("needs_csr",)),
    ("canceled", APPROVED, ("approved",)),
    ("canceled", ISSUED, ("issued", "digicert_certificate_revoke")),
    ("canceled", EXPIRED, ("expired",)),
    ("canceled", REVOKED, ("revoked",)),
    ("canceled", REJECTED, ("rejected",)),
    ("canceled", DENIED, ("denied",)),
    ("canceled", NEW_WORD, ("awaiting_attestation",)),
    ("renewed", ISSUED_NEAR, ("migrated",)),
    ("renewed", MIGRATED_FAR, (200, 90)),
    ("renewed", PENDING, ("pending",)),
    ("renewed", REISSUE_MIGRATED, ("reissue_pending", "cancel_reissue")),
    ("renewed", REVOKED, ("revoked",)),
    ("not_renewed", TRULY_RENEWED, (ISSUED,)),
]


def test_a_refusal_gives_the_reason_and_the_next_step_before_anything_is_sent(controller: Controller) -> None:
    tasks = "".join(
        f"""
        - name: {status} {order}
          certops.orders.digicert_order_status:
            order_id: {order}
            status: {status}
            note: Please
          check_mode: "{{{{ checking }}}}"
        """
        for status, order, _named in REFUSALS
    )
    real = controller.play(tasks, variables={"checking": False})
    check = controller.play(tasks, variables={"checking": True})
    assert real.writes == check.writes == []
    for status, order, named in REFUSALS:
        refused = real.bad(f"{status} {order}")
        assert_failure(refused, code="ineligible")
        assert refused.failure["order_id"] == order
        assert mentions(refused.msg, order, *named)
        # The message has the reason and the next step, a sentence of its own.
        assert refused.orders[0]["reason"] in refused.msg
        assert ". " in refused.orders[0]["reason"]
        # Check mode fails where the real run does.
        assert check.bad(f"{status} {order}").shown == refused.shown


BAD_ARGUMENTS = {
    "neither order_id nor order_ids": ("{status: canceled, note: x}", "order_id, order_ids"),
    "both": ("{order_id: 1, order_ids: [2], status: canceled, note: x}", "order_id"),
    "an id of 0": ("{order_id: 0, status: renewed}", "order_id"),
    "an id below 0 in a list": ("{order_ids: [1101, -3], status: renewed}", "order_ids"),
    "an id that is no number": ("{order_id: www.example.com, status: renewed}", "order_id"),
    "no status": ("{order_id: 1101}", "status"),
    "a status that is none": ("{order_id: 1101, status: cancelled, note: x}", "status"),
    "no note": ("{order_id: 1101, status: canceled}", "note"),
    "a blank note": ("{order_id: 1101, status: canceled, note: '  '}", "note"),
    "no workers": ("{order_id: 1101, status: renewed, workers: 0}", "workers"),
    "too many workers": ("{order_id: 1101, status: renewed, workers: 65}", "workers"),
    "a timeout of 0": ("{order_id: 1101, status: renewed, timeout: 0}", "timeout"),
    "retries below 0": ("{order_id: 1101, status: renewed, retries: -1}", "retries"),
    "a rate limit that is none": ("{order_id: 1101, status: renewed, rate_limit: fast}", "rate_limit"),
    "a wrong missing": ("{order_id: 1101, status: renewed, missing: skip}", "missing"),
    "an unknown region": ("{order_id: 1101, status: renewed, region: asia}", "region"),
}


def test_bad_arguments_are_named_before_any_request(controller: Controller) -> None:
    run = controller.play(
        "".join(
            f"""
        - name: {name}
          certops.orders.digicert_order_status: {arguments}
        """
            for name, (arguments, _word) in BAD_ARGUMENTS.items()
        ),
    )
    assert run.requests == []
    for name, (_arguments, word) in BAD_ARGUMENTS.items():
        refused = run.bad(name)
        assert word in refused.msg, name
        assert not refused.changed


def test_bulk_reads_by_the_hundred_and_reports_every_id_that_was_asked(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(*pending(1, 150), *[{"id": number, "status": "canceled"} for number in range(151, 251)]))
    run = controller.play(
        """
        - name: Cancel
          certops.orders.digicert_order_status: &task
            order_ids: "{{ range(250, 0, -1) | list + [7, 7] }}"
            status: canceled
            note: Cleaning up
            verify: true
        - name: Cancel again
          certops.orders.digicert_order_status: *task
        """,
    )
    cancel = run.good("Cancel")
    # 3 lists, the writes, and 2 lists to verify.
    assert len(cancel.requests) == cancel.api["requests"] == 3 + 150 + 2
    assert [request["status"] for request in cancel.requests].count(204) == 150
    assert [order["order_id"] for order in cancel.orders] == [*range(250, 0, -1), 7, 7]
    assert cancel.effects == cancel.writes == sorted(f"set {number} canceled" for number in range(1, 151))
    assert cancel.summary["total"] == 250
    assert (cancel.summary["changed"], cancel.summary["unchanged"]) == (150, 100)

    again = run.good("Cancel again")
    assert not again.changed
    assert len(again.requests) == 3
    assert again.writes == []


def test_a_list_may_be_empty_and_have_duplicates(controller: Controller) -> None:
    run = controller.play(
        f"""
        - name: Nothing
          certops.orders.digicert_order_status:
            order_ids: []
            status: canceled
            note: Nobody
        - name: The same thrice
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, "{PENDING}", {PENDING}]
            status: canceled
            note: Enough
          diff: true
        """,
    )
    nothing = run.good("Nothing")
    assert (nothing.changed, nothing.orders, nothing.sent) == (False, [], [])
    assert nothing.summary["total"] == 0

    thrice = run.good("The same thrice")
    assert thrice.sent == [f"read {PENDING}", f"set {PENDING} canceled"]
    assert len(thrice.orders) == 3
    assert thrice.orders[0] == thrice.orders[1] == thrice.orders[2]
    assert thrice.summary["total"] == thrice.summary["changed"] == 1
    assert thrice.diff["after"].count("\n") == 1


def test_missing_orders(controller: Controller) -> None:
    run = controller.play(
        f"""
        - name: One
          certops.orders.digicert_order_status:
            order_id: {NOWHERE}
            status: renewed
        - name: One, and that is fine
          certops.orders.digicert_order_status:
            order_id: {NOWHERE}
            status: renewed
            missing: ok
        - name: One of several
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {NOWHERE}]
            status: canceled
            note: Gone
        - name: One of several, and that is fine
          certops.orders.digicert_order_status:
            order_ids: [{PENDING_TOO}, {NOWHERE}]
            status: canceled
            note: Gone
            missing: ok
        - name: All of several
          certops.orders.digicert_order_status:
            order_ids: [{NOWHERE}, {NOWHERE + 1}]
            status: canceled
            note: Gone
            missing: ok
        - name: Not for this key
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
            note: Elsewhere
            api_key: sim-emea
            api_url: "{{{{ url }}}}"
        """,
        variables={"url": controller.sim.api_url},
    )
    one = run.bad("One")
    assert_failure(one, code="missing")
    assert mentions(one.msg, NOWHERE, 100001)
    assert one.outcomes == {NOWHERE: "missing"}
    assert one.orders[0]["before"] == one.orders[0]["after"] == {}

    fine = run.good("One, and that is fine")
    assert not fine.changed
    assert fine.outcomes == {NOWHERE: "missing"}

    several = run.bad("One of several")
    assert several.outcomes == {PENDING: "changed", NOWHERE: "missing"}
    assert several.changed
    assert several.failure["order_id"] == NOWHERE
    # A list that leaves an order out proves nothing: it is asked for by itself.
    assert several.about(NOWHERE) == [f"read {NOWHERE}"]

    assert run.good("One of several, and that is fine").outcomes == {PENDING_TOO: "changed", NOWHERE: "missing"}
    assert_failure(run.bad("All of several"), code="missing")
    assert run["All of several"].outcomes == {NOWHERE: "missing", NOWHERE + 1: "missing"}
    assert run.bad("Not for this key").outcomes == {PENDING: "missing"}


def test_orders_detail_lists_what_was_asked_for_and_always_what_failed(controller: Controller) -> None:
    run = controller.play(
        "".join(
            f"""
        - name: {detail}
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {CANCELED}, {ISSUED}]
            status: canceled
            note: Some of it
            orders_detail: {detail}
          check_mode: true
        - name: {detail}, skipping
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {CANCELED}, {ISSUED}]
            status: canceled
            note: Some of it
            orders_detail: {detail}
            ineligible: skip
          check_mode: true
        """
            for detail in ("all", "changed", "none")
        ),
    )
    listed = {task.name: list(task.outcomes) for task in run.tasks}
    assert listed == {
        "all": [PENDING, CANCELED, ISSUED],
        "all, skipping": [PENDING, CANCELED, ISSUED],
        "changed": [PENDING, ISSUED],
        "changed, skipping": [PENDING],
        "none": [ISSUED],
        "none, skipping": [],
    }
    assert {task.failed for task in run.tasks if "skipping" in task.name} == {False}
    assert {task.summary["ineligible"] for task in run.tasks} == {1}


def test_one_order_that_fails_stops_the_others_only_when_asked(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed({"id": 1, "status": "issued"}, *pending(2, 219)))
    run = controller.play(
        """
        - name: Stop
          certops.orders.digicert_order_status:
            order_ids: "{{ range(1, 221) | list }}"
            status: canceled
            note: Careful
            stop_on_failure: true
            workers: 1
        - name: Go on
          certops.orders.digicert_order_status:
            order_ids: "{{ range(1, 221) | list }}"
            status: canceled
            note: Careless
        """
    )
    stop = run.bad("Stop")
    assert stop.writes == []
    assert stop.summary["not_attempted"] == 219
    assert stop.failure["order_id"] == 1
    assert not stop.changed

    go_on = run.bad("Go on")
    assert go_on.changed
    assert go_on.summary["changed"] == 219
    assert list(go_on.outcomes) == list(range(1, 221))


def test_verify_reports_a_change_that_does_not_show(controller: Controller, sim: Simulator) -> None:
    # The mark was made, and it is invisible for an hour.
    sim.set({"certcentral.mark_lag_seconds": 3600})
    run = controller.play(
        f"""
        - name: Believe
          certops.orders.digicert_order_status:
            order_id: {MIGRATED}
            status: renewed
        - name: Verify
          certops.orders.digicert_order_status:
            order_ids: [{MIGRATED_TOO}, {EXPIRED_MIGRATED}]
            status: renewed
            verify: true
        """,
    )
    assert run.good("Believe").outcomes == {MIGRATED: "changed"}
    verify = run.bad("Verify")
    assert verify.outcomes == {MIGRATED_TOO: "unknown", EXPIRED_MIGRATED: "unknown"}
    # It was acknowledged, so it was this task.
    assert verify.changed
    assert_failure(verify, code="not_verified")


def test_an_order_with_a_story_of_thirty_days(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed({"id": 1, "status": "issued", "origin": "migrated", "valid_till_in_days": 95}))
    task = """
        - name: Mark
          certops.orders.digicert_order_status:
            order_id: 1
            status: renewed
        """
    far = controller.play(task).bad("Mark")
    assert_failure(far, code="ineligible")
    assert mentions(far.msg, 95)
    sim.patch(1, valid_till_in_days=90)
    assert controller.play(task).good("Mark").changed


def test_a_loop_over_orders_works_too_and_costs_two_requests_each(controller: Controller) -> None:
    run = controller.play(
        f"""
        - name: Cancel
          certops.orders.digicert_order_status:
            order_id: "{{{{ item }}}}"
            status: canceled
            note: One by one
          loop: [{PENDING}, {PENDING_TOO}]
          register: canceled
        - name: Use what is known by now
          ansible.builtin.debug:
            msg: "{{{{ canceled.results | map(attribute='orders') | flatten | map(attribute='outcome') }}}}"
        """,
    )
    assert [task.changed for task in run.all("Cancel")] == [True, True]
    assert run.writes == [f"set {PENDING} canceled", f"set {PENDING_TOO} canceled"]
    assert len(run.requests) == 4
    assert run["Use what is known by now"].msg == ["changed", "changed"]


def test_controller_and_target_return_the_same(controller: Controller) -> None:
    tasks = f"""
        - name: Cancel several
          certops.orders.digicert_order_status:
            order_ids: [{PENDING}, {CANCELED}, {ISSUED}, {NOWHERE}]
            status: canceled
            note: Both ways
            workers: 1
          diff: true
        - name: Fail
          certops.orders.digicert_order_status:
            order_id: {ISSUED}
            status: canceled
            note: Both ways
        - name: Mark
          certops.orders.digicert_order_status:
            order_id: {MIGRATED}
            status: renewed
            note: Both ways
          diff: true
          check_mode: true
        - name: A wrong option value
          certops.orders.digicert_order_status:
            order_id: {MIGRATED}
            status: renewed
            workers: 99
        - name: A missing note
          certops.orders.digicert_order_status:
            order_id: {PENDING}
            status: canceled
        - name: Denied
          certops.orders.digicert_order_status:
            order_id: {PENDING_TOO}
            status: canceled
            note: Both ways
            api_key: sim-readonly
            api_url: "{{{{ url }}}}"
        """
    results = {}
    for execute_on in ("controller", "target"):
        controller.sim.reset(SEED)
        run = controller.play(tasks, execute_on=execute_on, variables={"url": controller.sim.api_url})
        results[execute_on] = {task.name: (task.shown, task.sent) for task in run.tasks}
    # On a target Ansible itself refuses wrong arguments, and knows of no failure dictionary.
    assert results["controller"]["A missing note"][0].pop("failure")["code"] == "invalid_option"
    assert results["controller"] == results["target"]
    assert len(results["controller"]) == 6
