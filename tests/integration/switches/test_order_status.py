# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unknown behavior of CertCentral is a switch of the simulator: the module is right under every setting of each."""

from __future__ import annotations

import pytest

from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.integration.support import (
    CANCELED,
    EXPIRED_MARKED,
    EXPIRED_MIGRATED,
    ISSUED_NEAR,
    MARKED,
    MIGRATED,
    MIGRATED_TOO,
    NEEDS_APPROVAL,
    NEEDS_CSR,
    PENDING,
    PENDING_THREE,
    PENDING_TOO,
    PROCESSING,
    REISSUE,
    REISSUE_MIGRATED,
    REVOKED,
    TRULY_RENEWED,
    WAITING_PICKUP,
    Run,
    Simulator,
    Task,
    machine,
)
from ansible_collections.certops.orders.tests.integration.support import SEED as ORDER_BOOK

BOOL = ("true", "false")
REFUSED = ("refused", "accepted")
SWITCHES = {
    "certcentral.bool_style": ("bool", "string", "int"),
    "certcentral.cancel_needs_approval": REFUSED,
    "certcentral.cancel_needs_csr": REFUSED,
    "certcentral.cancel_processing": REFUSED,
    "certcentral.dv_organization": ("empty_list", "object", "absent"),
    "certcentral.empty_list": ("key_absent", "empty_array", "bare_array"),
    "certcentral.error_on_double_cancel": BOOL,
    "certcentral.error_on_double_mark": BOOL,
    "certcentral.error_on_unmarked_not_renewed": BOOL,
    "certcentral.ignore_filters": ("", "id", "origin", "all"),
    "certcentral.is_renewed_in": ("both", "list", "detail"),
    "certcentral.is_renewed_omitted_when_false": BOOL,
    "certcentral.lenient_status": BOOL,
    "certcentral.list_row": ("full", "sparse"),
    "certcentral.mark_lag_seconds": ("0", "3600"),
    "certcentral.mark_reissue_pending": REFUSED,
    "certcentral.mark_revoked": REFUSED,
    "certcentral.note_goes_to": ("notes", "nowhere"),
    "certcentral.origin_filter": ("works", "ignored", "empty"),
    "certcentral.refusal_status": ("400", "403", "404", "409", "422"),
    "certcentral.renewed_order_id_when_none": ("absent", "zero"),
    "certcentral.renewed_shows_as": ("flag", "status", "both"),
    "certcentral.undo_true_renewal": REFUSED,
}
# The defaults are one case; then every other value by itself, and those together that make the truth hardest to see.
CASES: dict[str, dict[str, str]] = {
    "defaults": {},
    **{f"{name.partition('.')[2]}={value}": {name: value} for name, values in SWITCHES.items() for value in values[1:]},
    "all the worst": {
        "certcentral.bool_style": "string",
        "certcentral.ignore_filters": "id",
        "certcentral.is_renewed_in": "detail",
        "certcentral.is_renewed_omitted_when_false": "true",
        "certcentral.list_row": "sparse",
        "certcentral.renewed_order_id_when_none": "zero",
        "certcentral.renewed_shows_as": "status",
        "certcentral.empty_list": "empty_array",
        "certcentral.error_on_double_mark": "true",
    },
    "a mark shows in lists only, where it is true": {
        "certcentral.is_renewed_in": "list",
        "certcentral.is_renewed_omitted_when_false": "true",
    },
}
# Where the origin filter is of no use, it cannot be known which orders are migrated ones.
ORIGIN_UNKNOWN = {"ignore_filters=origin", "ignore_filters=all", "origin_filter=ignored", "origin_filter=empty"}
# Where the id filter is of no use, the list of migrated orders does not show all that were asked for: to be left out
# of it proves nothing, and an order that is left out is refused.
ORIGIN_UNSURE = {"ignore_filters=id", "all the worst"}
MARK_INVISIBLE = {"mark_lag_seconds=3600"}

CANCELS = [PENDING_TOO, PENDING_THREE, WAITING_PICKUP, REISSUE, CANCELED]
MARKS = [MIGRATED_TOO, EXPIRED_MIGRATED, MARKED, TRULY_RENEWED]
UNMARKS = [MARKED, EXPIRED_MARKED]
NEVER = {
    "canceled": [NEEDS_APPROVAL, NEEDS_CSR, PROCESSING, ISSUED_NEAR, REVOKED],
    "renewed": [ISSUED_NEAR, REISSUE_MIGRATED, REVOKED],
    "not_renewed": [TRULY_RENEWED, ISSUED_NEAR],
}
# What the service would do here is not for us to try.
SERVICE_ALLOWS_MORE = [name for name in CASES if name.endswith("=accepted")] + ["defaults", "all the worst"]


def story(name: str, switches: dict[str, str]) -> str:
    """The main transitions under one setting, as tasks; each change is asked for twice."""
    tasks = [f"- {{name: '{name}: begin', certsim: {{reset: true, switches: {switches}}}}}"]
    for title, arguments in {
        "cancel one": f"order_id: {PENDING}, status: canceled, note: One",
        "cancel several": f"order_ids: {CANCELS}, status: canceled, note: Several, cancel_reissue: true",
        "mark one": f"order_id: {MIGRATED}, status: renewed",
        "mark several": f"order_ids: {MARKS}, status: renewed",
        "unmark several": f"order_ids: {UNMARKS}, status: not_renewed",
    }.items():
        skip = ", ineligible: skip, workers: 2" if "several" in title else ""
        for again in ("", " again"):
            tasks.append(
                f"- {{name: '{name}: {title}{again}', certops.orders.digicert_order_status: {{{arguments}{skip}}}}}"
            )
    for status, orders in NEVER.items():
        if name in SERVICE_ALLOWS_MORE:
            arguments = f"order_ids: {orders}, status: {status}, note: Never, ineligible: skip, workers: 2"
            tasks.append(f"- {{name: '{name}: never {status}', certops.orders.digicert_order_status: {{{arguments}}}}}")
    tasks.append(f"- {{name: '{name}: end', certsim: {{state: true}}}}")
    return "\n".join(tasks)


@pytest.fixture(scope="module")
def stories(process: Simulator) -> Run:
    """Run all stories, one after the other, in one playbook."""
    process.reset(ORDER_BOOK)
    with machine(process) as controller:
        return controller.play("\n".join(story(name, switches) for name, switches in CASES.items()))


@each("name", CASES)
def test_the_main_transitions_are_right(stories: Run, name: str) -> None:
    def task(title: str) -> Task:
        return stories[f"{name}: {title}"]

    orders = task("end").orders
    assert task("cancel one").changed
    assert task("cancel one").effects == [f"set {PENDING} canceled"]
    assert task("cancel several").outcomes == {**dict.fromkeys(CANCELS, "changed"), CANCELED: "unchanged"}
    assert task("cancel several").effects == [f"set {order} canceled" for order in sorted(CANCELS[:-1])]
    assert [orders[str(order)]["status"] for order in (PENDING, *CANCELS)] == [
        *["canceled"] * 4,
        "issued",
        "canceled",
    ]

    if name in ORIGIN_UNKNOWN:
        assert_failed_as_ineligible(task("mark one"))
        expected = {**dict.fromkeys(MARKS[:2], "ineligible"), **dict.fromkeys(MARKS[2:], "unchanged")}
    elif name in ORIGIN_UNSURE:
        expected = {order: task("mark several").outcomes[order] for order in MARKS[:2]}
        assert set(expected.values()) <= {"changed", "ineligible"}
        expected.update(dict.fromkeys(MARKS[2:], "unchanged"))
    else:
        assert task("mark one").changed
        assert orders[str(MIGRATED)]["is_renewed"]
        expected = {**dict.fromkeys(MARKS[:2], "changed"), **dict.fromkeys(MARKS[2:], "unchanged")}
    assert task("mark several").outcomes == expected
    assert task("mark several").writes == task("mark several").effects
    assert {order: orders[str(order)]["is_renewed"] for order in MARKS[:2]} == {
        order: expected[order] == "changed" for order in MARKS[:2]
    }

    assert task("unmark several").outcomes == dict.fromkeys(UNMARKS, "changed")
    assert [orders[str(order)]["is_renewed"] for order in UNMARKS] == [False, False]


@each("name", SERVICE_ALLOWS_MORE)
def test_what_the_policy_refuses_is_not_even_tried(stories: Run, name: str) -> None:
    for status, never in NEVER.items():
        task = stories[f"{name}: never {status}"]
        expected = dict.fromkeys(never, "ineligible")
        if status == "not_renewed":
            expected[ISSUED_NEAR] = "unchanged"
        assert task.outcomes == expected
        assert task.writes == []


def assert_failed_as_ineligible(task: Task) -> None:
    assert task.failed
    assert task.outcomes == {MIGRATED: "ineligible"}
    assert task.writes == []


@each("name", [name for name in CASES if name not in MARK_INVISIBLE])
def test_the_second_run_sends_no_write(stories: Run, name: str) -> None:
    again = [task for task in stories.tasks if task.name.startswith(f"{name}: ") and task.name.endswith(" again")]
    assert len(again) == 5
    for task in again:
        assert task.writes == [], task.name
        assert not task.changed


def test_a_change_that_shows_late_is_made_again_and_does_no_harm(stories: Run) -> None:
    # Nothing distinguishes a mark that is not visible yet from none: this is the price, and it has no effect.
    (name,) = MARK_INVISIBLE
    again = stories[f"{name}: mark one again"]
    assert again.writes == [f"set {MIGRATED} renewed"]
    assert again.effects == []
