# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that applies a plan: what it sends and in which sequence, when it stops, and what becomes of each entry."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._flows import apply as apply_module
from ansible_collections.certops.orders.plugins.module_utils._flows.apply import Apply, ApplyOptions
from ansible_collections.certops.orders.plugins.module_utils._flows.changes import ChangeOptions
from ansible_collections.certops.orders.plugins.module_utils._plans import store
from ansible_collections.certops.orders.plugins.module_utils._plans.errors import PlanError
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._flows.book import (
    DIGEST,
    NAME,
    Book,
    entry,
    opened,
    order,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Unhurried

NOW = datetime(2026, 11, 22, 10, 42, tzinfo=timezone.utc)
SHA256 = "ab" * 32
NOT_ATTEMPTED = "not_attempted"
LIMITS = {"max_changes": 25, "max_revocations": 0, "expected_changes": None}


def apply(
    service: Book,
    folder: Path | None,
    approved: Iterable[dict[str, Any]],
    fresh: Iterable[dict[str, Any]] | None = None,
    *,
    limits: dict[str, Any] | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
    is_approved: bool = True,
    context: dict[str, Any] | None = None,
    servertastic: dict[str, Any] | None = None,
    pages: Sequence[int] = (),
    meanwhile: Callable[[], object] = lambda: None,
    **more: Any,
) -> dict[str, Any]:
    """Apply a plan. pages: of the orders that the fresh plan read. meanwhile: what happens between plan and apply."""
    options = ApplyOptions(
        kind="decommission_domain",
        limits={**LIMITS, **(limits or {})},
        approved=is_approved,
        report_dir=str(folder or ""),
        text="Retired",
        **more,
    )
    changes = ChangeOptions(progress=False, workers=1, servertastic={"replacement": "none", **(servertastic or {})})
    planned = list(approved)
    plans = ({"entries": list(one)} for one in (planned, planned if fresh is None else fresh))
    with opened(service, **(context or {})) as services:
        services.keeps_pages = True
        services.read_orders(pages, details=True)
        services.keeps_pages = False
        meanwhile()
        return Apply(services, *plans, SHA256, options, changes, now=clock).result()


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {one["order"]: one["outcome"] for one in result["outcomes"]}


def cancellations(*order_ids: int) -> list[str]:
    return [f"PUT /order/certificate/{one}/status" for one in order_ids]


def test_all_is_changed_and_verified(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(*(order(number) for number in (1, 2, 3)))

    result = apply(service, tmp_path, [entry(1), entry(2), entry(3)])

    assert outcomes(result) == {"1": "done", "2": "done", "3": "done"}
    assert (result["changed"], result["violations"], result["result"]["failed"]) == (True, [], False)
    assert result["agreed"] == {"execute": 3, "changed": 0, "new": 0}
    assert service.writes == cancellations(1, 2, 3)
    # At last, all orders in one list.
    assert service.sent[-1].startswith("GET /order/certificate?filters[id][0]=1&filters[id][1]=2")
    assert "diff" not in result


def test_a_note_names_ticket_job_and_plan(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1))
    apply(service, tmp_path, [entry(1)], job="4711")
    assert service.bodies == [{"status": "canceled", "note": f"Retired; AWX job 4711; plan {SHA256[:12]}"}]


# -- what keeps a run from beginning -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "variable"),
    [
        ({"max_changes": 1}, "decommission_domain_max_changes"),
        ({"expected_changes": 3}, "decommission_domain_expected_changes"),
        ({"expected_changes": 1}, "decommission_domain_expected_changes"),
    ],
)
def test_a_guard_refuses_everything(
    book: Callable[..., Book], tmp_path: Path, limits: dict[str, int], variable: str
) -> None:
    service = book(order(1), order(2))

    result = apply(service, tmp_path, [entry(1), entry(2)], limits=limits)

    assert outcomes(result) == {"1": "refused", "2": "refused"}
    assert (result["changed"], result["result"]["failed"], service.journal) == (False, True, [])
    assert variable in result["violations"][0]
    assert list(tmp_path.iterdir()) == []


def test_revocations_have_a_guard_of_their_own(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1, "issued"))
    planned = [entry(1, "revoke", state={"status": "issued", "certificates": ["01"]})]
    assert outcomes(apply(service, tmp_path, planned)) == {"1": "refused"}
    assert service.journal == []
    assert outcomes(apply(service, tmp_path, planned, limits={"max_revocations": 1})) == {"1": "pending_approval"}


@pytest.mark.parametrize(("is_approved", "refused"), [(True, False), (False, True)])
def test_many_irreversible_changes_without_approval_need_their_number(
    book: Callable[..., Book], tmp_path: Path, is_approved: bool, refused: bool
) -> None:
    several = range(1, 27)
    service = book(*map(order, several))
    result = apply(
        service, tmp_path, [entry(one) for one in several], limits={"max_changes": 30}, is_approved=is_approved
    )
    assert bool(result["violations"]) is refused
    assert len(service.writes) == (0 if refused else 26)


@pytest.mark.parametrize(("action", "refused"), [("cancel", True), ("mark_renewed", False)])
def test_an_end_needs_a_folder_for_its_sheet(book: Callable[..., Book], action: str, refused: bool) -> None:
    service = book(order(1, "pending" if action == "cancel" else "issued"), migrated=[1])
    result = apply(service, None, [entry(1, action)])
    assert outcomes(result) == {"1": "refused" if refused else "done"}
    assert bool(service.journal) is not refused
    if refused:
        assert [one["reason"] for one in result["outcomes"]] == result["violations"]
        assert result["violations"][0].startswith("decommission_domain_report_dir ")


def test_a_window_that_never_opens_is_an_error_before_anything_is_sent(
    book: Callable[..., Book], tmp_path: Path
) -> None:
    service = book(order(1))
    with pytest.raises(PlanError, match="decommission_domain_not_after"):
        apply(service, tmp_path, [entry(1)], not_before="2026-11-23", not_after="2026-11-22")
    assert service.journal == []


def test_a_rehearsal_checks_the_guards_and_sends_nothing(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1))
    assert outcomes(apply(service, tmp_path, [entry(1)], rehearse=True)) == {"1": "planned"}
    refused = apply(service, tmp_path, [entry(1)], rehearse=True, limits={"max_changes": 0})
    assert outcomes(refused) == {"1": "refused"}
    assert (service.journal, list(tmp_path.iterdir())) == ([], [])


# -- what was not approved ---------------------------------------------------------------------------------------------


def test_only_what_is_the_same_in_both_plans_is_changed(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1), order(2), order(3))
    fresh = [entry(1), entry(2, domains=["pay.example.com"]), entry(3)]

    result = apply(service, tmp_path, [entry(1), entry(2)], fresh)

    assert outcomes(result) == {"1": "done", "2": "left", "3": "left"}
    assert result["agreed"] == {"execute": 1, "changed": 1, "new": 1}
    assert service.writes == cancellations(1)


@pytest.mark.parametrize(("status", "outcome"), [("canceled", "done"), ("issued", "left")])
def test_what_an_earlier_run_did_is_done(book: Callable[..., Book], tmp_path: Path, status: str, outcome: str) -> None:
    service = book(order(1), order(2, status))
    result = apply(service, tmp_path, [entry(1), entry(2)], [entry(1)])
    assert outcomes(result) == {"1": "done", "2": outcome}
    assert service.writes == cancellations(1)


# -- the sequence ------------------------------------------------------------------------------------------------------


def test_one_order_is_changed_and_verified_before_the_others(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(*(order(number) for number in (1, 2, 3)))
    apply(service, tmp_path, [entry(1), entry(2), entry(3)])
    first, second = map(service.sent.index, cancellations(1, 2))
    between = service.sent[first + 1 : second]
    assert "GET /order/certificate/1" in between or any("filters[id]=1" in line for line in between)


def test_a_first_change_that_fails_stops_the_run(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(*(order(number) for number in (1, 2, 3)))
    service.refuses = ("PUT /order/certificate/1/",)

    result = apply(service, tmp_path, [entry(1), entry(2), entry(3)])

    assert outcomes(result) == {"1": "failed", "2": "not_attempted", "3": "not_attempted"}
    assert (result["changed"], result["result"]["failed"]) == (False, True)
    assert service.writes == cancellations(1)


def test_until_a_change_succeeds_orders_are_changed_one_by_one(book: Callable[..., Book], tmp_path: Path) -> None:
    several = range(1, 6)
    # The first two are as they should be, which proves nothing.
    service = book(*(order(number, "canceled" if number < 3 else "pending") for number in several))
    service.refuses = ("PUT /order/certificate/3/",)

    result = apply(service, tmp_path, map(entry, several))

    assert outcomes(result) == {"1": "unchanged", "2": "unchanged", "3": "failed", **dict.fromkeys("45", NOT_ATTEMPTED)}
    assert service.writes == cancellations(3)


def test_once_a_change_has_succeeded_orders_are_changed_together(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1, "canceled"), *map(order, range(2, 6)))

    result = apply(service, tmp_path, map(entry, range(1, 6)))

    assert outcomes(result) == {"1": "unchanged", **dict.fromkeys("2345", "done")}
    writes = [number for number, line in enumerate(service.sent) if line in cancellations(2, 3, 4, 5)]
    # Between the first and the second one orders are read, between the others nothing is.
    assert writes[1] - writes[0] > 1
    assert [writes[2] - writes[1], writes[3] - writes[2]] == [1, 1]
    # All are verified at last only.
    assert len(service.sent) - writes[3] == 2


def test_a_later_change_that_fails_does_not_stop_the_others(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(*(order(number) for number in (1, 2, 3)))
    service.refuses = ("PUT /order/certificate/2/",)
    result = apply(service, tmp_path, [entry(1), entry(2), entry(3)])
    assert outcomes(result) == {"1": "done", "2": "failed", "3": "done"}
    assert (result["changed"], result["result"]["failed"]) == (True, True)


def test_the_window_is_checked_before_each_batch(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(*(order(number) for number in (1, 2, 3, 4)))
    new_run = [NOW]
    # The window closes once the second batch, of one order, was sent.
    service.after = lambda line: new_run.append(NOW + timedelta(hours=2)) if line == cancellations(3)[0] else None

    result = apply(
        service,
        tmp_path,
        [entry(number) for number in (1, 2, 3, 4)],
        batch_size=1,
        clock=lambda: new_run[-1],
        not_after="2026-11-22T11:00:00Z",
    )

    assert outcomes(result) == {"1": "done", "2": "done", "3": "done", "4": "not_attempted"}
    assert service.writes == cancellations(1, 2, 3)


@pytest.mark.parametrize("window", [{"not_before": "2026-11-23"}, {"not_after": "2026-11-22T10:42:00Z"}])
def test_outside_the_window_nothing_is_changed(
    book: Callable[..., Book], tmp_path: Path, window: dict[str, str]
) -> None:
    service = book(order(1))
    result = apply(service, tmp_path, [entry(1)], **window)
    assert outcomes(result) == {"1": "not_attempted"}
    assert (service.writes, list(tmp_path.iterdir())) == ([], [])


def test_a_signal_stops_the_run_after_what_was_sent(book: Callable[..., Book], tmp_path: Path) -> None:
    service, stop = book(*(order(number) for number in (1, 2, 3))), Unhurried()
    service.after = lambda line: stop.set("a test") if line == cancellations(1)[0] else None

    result = apply(service, tmp_path, [entry(1), entry(2), entry(3)], context={"stop": stop})

    assert service.writes == cancellations(1)
    found = outcomes(result)
    assert (found["2"], found["3"]) == ("not_attempted", "not_attempted")
    # What was acknowledged is reported as a change, with the warning that it is not verified.
    assert (result["changed"], found["1"]) == (True, "done")
    assert "a test" in result["warnings"][0]


def test_the_parameters_of_an_entry_reach_its_change(book: Callable[..., Book], tmp_path: Path) -> None:
    several = [{"id": number, "type": "new_request", "status": "pending"} for number in (54, 55)]
    service = book(
        order(1, "needs_approval", requests=several),
        order(2, "reissue_pending"),
        order(3, "issued", duplicates_count=2),
        order(4, "issued", duplicates_count=2),
    )
    planned = [
        entry(1, "reject_request"),
        entry(2, "revoke", drop_reissue=True, state={"status": "reissue_pending"}),
        entry(3, "revoke"),
        entry(4, "revoke", state={"status": "issued", "unknown": "accepted"}),
    ]

    result = apply(service, tmp_path, planned, limits={"max_revocations": 3})

    assert outcomes(result) == {"1": "done", "2": "pending_approval", "3": "refused", "4": "pending_approval"}
    assert sorted(service.writes) == [
        *(f"PUT /order/certificate/{number}" for number in ("2/revoke", "2/status", "4/revoke")),
        "PUT /request/55/status",
    ]


# -- re-order sheets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["cancel", "reject_request", "revoke"])
def test_an_end_has_its_sheet_before_it_is_sent(book: Callable[..., Book], tmp_path: Path, action: str) -> None:
    planned = entry(1, action)
    page = order(1, planned["state"]["status"], requests=[{"id": 55, "type": "new_request", "status": "pending"}])
    service = book({**page, "requests": [] if action == "revoke" else page["requests"]})
    saved: list[list[str]] = []

    def note(line: str) -> None:
        if not line.startswith("GET "):
            saved.append([file.name for file in (tmp_path / "sheets").iterdir()])

    service.after = note
    apply(service, tmp_path / "sheets", [planned], limits={"max_revocations": 1})

    assert saved == [["reorder-certcentral-1.json"]]


@pytest.mark.parametrize(
    ("earlier", "files"),
    [
        ({}, ["reorder-certcentral-1.json"]),
        # The order was reissued after an earlier run had saved its sheet and did not end it.
        (
            {"common_name": "old.example.com"},
            [f"reorder-certcentral-1.{SHA256[:12]}.json", "reorder-certcentral-1.json"],
        ),
    ],
)
def test_a_sheet_has_what_is_ended_now(
    book: Callable[..., Book], tmp_path: Path, earlier: dict[str, str], files: list[str]
) -> None:
    apply(book(order(1)), tmp_path, [entry(1)])
    sheet = tmp_path / "reorder-certcentral-1.json"
    sheet.write_text(json.dumps({**json.loads(sheet.read_text()), "plan_sha256": "00", "saved_at": "", **earlier}))
    before = sheet.read_text()

    apply(book(order(1)), tmp_path, [entry(1)])

    assert sorted(file.name for file in tmp_path.iterdir()) == files
    assert sheet.read_text() == before
    assert json.loads((tmp_path / files[0]).read_text())["common_name"] == NAME


@each("text", ["[]", "{", "no sheet"])
def test_another_file_under_the_name_of_a_sheet_is_kept(book: Callable[..., Book], tmp_path: Path, text: str) -> None:
    (tmp_path / "reorder-certcentral-1.json").write_text(text)
    assert outcomes(apply(book(order(1)), tmp_path, [entry(1)])) == {"1": "done"}
    assert (tmp_path / "reorder-certcentral-1.json").read_text() == text
    (tmp_path / f"reorder-certcentral-1.{SHA256[:12]}.json").unlink()


def test_an_order_of_servertastic_has_a_sheet_under_its_digest(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book()
    result = apply(service, tmp_path, [entry(DIGEST)])
    assert [one["outcome"] for one in result["outcomes"]] == ["done"]
    assert [file.name for file in tmp_path.iterdir()] == [f"reorder-servertastic-{DIGEST}.json"]


def test_a_change_that_can_be_undone_has_no_sheet(book: Callable[..., Book], tmp_path: Path) -> None:
    apply(book(order(1, "issued"), migrated=[1]), tmp_path, [entry(1, "mark_renewed")])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "facts", [{"status": "issued"}, {"certificate": {"common_name": "pay.example.com", "dns_names": ["x.example.com"]}}]
)
def test_an_order_that_changed_since_the_plan_is_not_ended(
    book: Callable[..., Book], tmp_path: Path, facts: dict[str, Any]
) -> None:
    service = book(order(1), {**order(2), **facts}, order(3))
    result = apply(service, tmp_path, [entry(1), entry(2), entry(3)])
    assert outcomes(result) == {"1": "done", "2": "refused", "3": "done"}
    assert service.writes == cancellations(1, 3)
    assert sorted(file.name for file in tmp_path.iterdir() if "-2." in file.name) == []


def test_an_order_of_servertastic_that_changed_since_the_plan_is_not_ended(
    book: Callable[..., Book], tmp_path: Path
) -> None:
    service = book()
    result = apply(service, tmp_path, [entry(DIGEST, domains=["pay.example.com"])])
    assert (outcomes(result), service.writes) == ({DIGEST[:8]: "refused"}, [])
    assert list(tmp_path.iterdir()) == []


def test_the_own_page_of_each_order_is_read_before_it_is_ended(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(*map(order, (1, 2, 3)))
    apply(service, tmp_path, map(entry, (1, 2, 3)))
    # The last two are canceled by one call, which lists them.
    last = [service.sent.index(f"GET /order/certificate/{number}") for number in (2, 3)]
    assert max(last) < service.sent.index(cancellations(2)[0])


# The cancellation of one order begins with a read of its page.
@pytest.mark.parametrize(("action", "reads"), [("cancel", 2), ("reject_request", 1)])
def test_a_page_that_the_plan_has_just_read_is_that_of_the_sheet(
    book: Callable[..., Book], tmp_path: Path, action: str, reads: int
) -> None:
    planned = entry(1, action)
    requests = [{"id": 55, "type": "new_request", "status": "pending"}]
    service = book(order(1, planned["state"]["status"], requests=requests if action == "reject_request" else []))
    result = apply(service, tmp_path, [planned], pages=[1])
    assert outcomes(result) == {"1": "done"}
    before = service.sent[: service.sent.index(service.writes[0])]
    assert before.count("GET /order/certificate/1") == reads
    assert [file.name for file in tmp_path.iterdir()] == ["reorder-certcentral-1.json"]


def test_a_certificate_that_an_order_got_after_the_plan_read_its_page_is_not_revoked(
    book: Callable[..., Book], tmp_path: Path
) -> None:
    planned = entry(1, "revoke")
    service = book(order(1, "issued"))

    def reissue() -> None:
        service.orders[1]["certificate"] = {"common_name": NAME, "dns_names": [NAME, "live.example.com"]}

    options: dict[str, Any] = {"limits": {"max_revocations": 1}, "pages": [1]}
    result = apply(service, tmp_path, [planned], meanwhile=reissue, **options)
    assert (outcomes(result), service.writes) == ({"1": "refused"}, [])
    assert "live.example.com" in result["outcomes"][0]["reason"]


def test_a_duplicate_that_was_issued_after_the_plan_is_not_revoked(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1, "issued", has_duplicates=True))
    other = {"id": 77, "serial_number": "0B", "status": "issued", "common_name": NAME, "dns_names": [NAME]}
    service.duplicates[1] = [other]
    limits = {"max_revocations": 1}

    def revoke(*certificates: str) -> dict[str, Any]:
        state = {"status": "issued", "certificates": list(certificates)}
        return apply(service, tmp_path, [entry(1, "revoke", state=state)], limits=limits)

    result = revoke("01")
    assert (outcomes(result), service.writes) == ({"1": "refused"}, [])
    assert "0B" in result["outcomes"][0]["reason"]
    assert outcomes(revoke("01", "0B")) == {"1": "pending_approval"}


@each("drops", [entry(1, "drop_reissue"), entry(1, "lapse", drop_reissue=True)])
@each("status", ["pending", "waiting_pickup"])
def test_an_order_of_which_only_a_reissue_may_end_is_not_canceled(
    book: Callable[..., Book], tmp_path: Path, drops: dict[str, Any], status: str
) -> None:
    service = book(order(1, status))

    result = apply(service, tmp_path, [drops])

    assert (outcomes(result), service.writes, result["changed"]) == ({"1": "refused"}, [], False)
    assert service.orders[1]["status"] == status


def test_a_request_of_another_order_is_not_rejected(book: Callable[..., Book], tmp_path: Path) -> None:
    requests = [{"id": 80, "type": "new_request", "status": "pending"}]
    own = [{"id": 70, "type": "new_request", "status": "pending"}]
    service = book(order(7, "needs_approval", requests=own), order(8, "needs_approval", requests=requests))

    result = apply(service, tmp_path, [entry(7, "reject_request", request_id=80)])

    assert (outcomes(result), service.writes) == ({"7": "refused"}, [])
    assert "80" in result["outcomes"][0]["reason"]
    assert list(tmp_path.iterdir()) == []


def test_an_order_that_cannot_be_read_is_not_ended(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(2))
    result = apply(service, tmp_path, [entry(1)])
    assert (outcomes(result), service.writes) == ({"1": "failed"}, [])


@pytest.mark.parametrize("unsafe", ["a file", "open to others", "too large"])
def test_without_a_place_for_sheets_nothing_is_ended(
    book: Callable[..., Book], tmp_path: Path, unsafe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, folder = book(order(1), order(2)), tmp_path / "sheets"
    if unsafe == "a file":
        folder.write_text("")
    elif unsafe == "too large":
        folder.mkdir()
        (folder / "reorder-certcentral-1.json").write_text("{'a': 1}")
        monkeypatch.setattr(store, "MOST_TEXT", 3)
    else:
        folder.mkdir()
        (folder / "reorder-certcentral-1.json").symlink_to(tmp_path / "elsewhere")
    result = apply(service, folder, [entry(1), entry(2)])
    assert (outcomes(result), service.writes) == ({"1": "failed", "2": "not_attempted"}, [])
    assert str(folder) in next(one["reason"] for one in result["outcomes"] if one["order"] == "1")


def test_a_change_that_a_list_does_not_show_is_verified_on_the_own_page(
    book: Callable[..., Book], tmp_path: Path
) -> None:
    service = book(*(order(number, "issued", is_renewed=True) for number in (1, 2, 3)), migrated=[1, 2, 3])
    service.lacks = ("is_renewed",)
    result = apply(service, tmp_path, [entry(number, "unmark_renewed") for number in (1, 2, 3)])
    assert outcomes(result) == {"1": "done", "2": "done", "3": "done"}


def test_orders_are_changed_one_by_one_until_a_change_is_verified(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1, "issued"), order(2), order(3))
    service.refuses = ("PUT /order/certificate/2/",)
    result = apply(service, tmp_path, [entry(1), entry(2), entry(3)])
    assert outcomes(result) == {"1": "refused", "2": "failed", "3": "not_attempted"}
    assert cancellations(3)[0] not in service.writes


def test_a_signal_stops_a_run_before_its_next_order(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1), order(2))
    service.after = lambda line: os.kill(os.getpid(), signal.SIGTERM) if line == cancellations(1)[0] else None
    result = apply(service, tmp_path, [entry(1), entry(2)])
    assert (outcomes(result)["2"], service.writes) == ("not_attempted", cancellations(1))
    assert "SIGTERM" in "".join(result["warnings"])


# -- check mode, diff mode ---------------------------------------------------------------------------------------------


def test_check_mode_sends_nothing_and_saves_nothing(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1), order(2))
    result = apply(service, tmp_path / "sheets", [entry(1), entry(2)], context={"check_mode": True, "diff": True})
    assert outcomes(result) == {"1": "planned", "2": "planned"}
    assert (result["changed"], service.writes, list(tmp_path.iterdir())) == (True, [], [])
    assert result["diff"]["before"] != result["diff"]["after"]


def test_diff_mode_has_all_changes(book: Callable[..., Book], tmp_path: Path) -> None:
    result = apply(book(order(1), order(2)), tmp_path, [entry(1), entry(2)], context={"diff": True})
    assert result["diff"]["before"].count("pending") == result["diff"]["after"].count("canceled") == 2
    # An action without a sheet has one step only.
    marked = apply(book(order(1, "issued"), migrated=[1]), None, [entry(1, "mark_renewed")], context={"diff": True})
    assert marked["diff"]["before"] != marked["diff"]["after"]


# -- verification ------------------------------------------------------------------------------------------------------


def test_a_change_that_a_later_read_does_not_show_is_unknown(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1), order(2))

    def undo(line: str) -> None:
        if line == cancellations(2)[0]:
            service.orders[1]["status"] = "pending"

    service.after = undo
    result = apply(service, tmp_path, [entry(1), entry(2)])
    assert outcomes(result) == {"1": "unknown", "2": "done"}
    assert (result["changed"], result["result"]["failed"]) == (True, True)


def test_what_an_earlier_run_did_is_read_from_the_page_and_the_review(
    book: Callable[..., Book], tmp_path: Path
) -> None:
    service = book(order(1), order(2, "issued"), review="Cancelled")
    earlier = [entry(2, "drop_reissue", state={"status": "reissue_pending"}), entry(DIGEST)]

    result = apply(service, tmp_path, [entry(1), *earlier], [entry(1)])

    assert outcomes(result) == {"1": "done", "2": "done", DIGEST[:8]: "done"}
    # The list does not have its requests.
    assert "GET /order/certificate/2" in service.sent


def test_entries_without_a_change_are_reported(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1))
    result = apply(service, tmp_path, [entry(1, "leave"), entry(2, "keep"), entry(3, "nothing"), entry(4, "wait")])
    assert outcomes(result) == {"1": "left", "2": "left", "3": "unchanged", "4": "waiting"}
    assert (result["changed"], service.journal) == (False, [])


def test_a_result_of_a_runner_does_not_shorten_what_the_engine_reads(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(*(order(number) for number in range(1, 4)))
    environ = {"AWX_ISOLATED_DATA_DIR": "/runner/artifacts/1"}
    result = apply(service, tmp_path, [entry(number) for number in range(1, 4)], context={"environ": environ})
    assert set(outcomes(result).values()) == {"done"}


def test_changes_that_cannot_be_read_afterwards_are_unknown_for_that_reason(
    book: Callable[..., Book], tmp_path: Path
) -> None:
    service = book(order(1), order(2))
    service.after = lambda line: setattr(service, "refuses", ("GET",)) if line == cancellations(2)[0] else None

    result = apply(service, tmp_path, [entry(1), entry(2)])

    assert outcomes(result) == {"1": "unknown", "2": "unknown"}
    # Not that a read does not show it: there was none.
    assert all("simulated" in one["reason"] for one in result["outcomes"])
    assert result["changed"] is True


@each(
    ("status", "outcome", "is_changed"),
    [("canceled", "done", True), ("pending", "unknown", False)],
)
def test_an_effect_that_a_read_shows_is_a_change_whatever_was_answered(
    book: Callable[..., Book],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
    outcome: str,
    is_changed: bool,
) -> None:
    service = book(order(1))

    def lost(*_arguments: Any) -> dict[str, Any]:
        service.orders[1]["status"] = status
        rows = [{"order_id": 1, "outcome": "unknown", "reason": "no answer"}]
        return {"changed": False, "orders": rows, "warnings": ["the answer was lost"]}

    monkeypatch.setitem(apply_module.CHANGES, ("certcentral", "cancel"), (lost,))
    result = apply(service, tmp_path / status, [entry(1)])
    assert (outcomes(result), result["changed"]) == ({"1": outcome}, is_changed)
    assert result["warnings"] == ["the answer was lost"]
    assert result["outcomes"][0]["time"] == "2026-11-22T10:42:00Z"


def test_warnings_of_all_batches_are_in_the_result(
    book: Callable[..., Book], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warns(_services: Any, batch: Any, _options: Any) -> dict[str, Any]:
        rows = [{"order_id": one, "outcome": "unchanged", "reason": ""} for one in batch.orders]
        return {"changed": False, "orders": rows, "warnings": [f"order {one}" for one in batch.orders]}

    monkeypatch.setitem(apply_module.CHANGES, ("certcentral", "cancel"), (warns,))
    result = apply(book(order(1), order(2)), tmp_path, [entry(1), entry(2)])
    assert result["warnings"] == ["order 1", "order 2"]


# -- what must not hide changes ----------------------------------------------------------------------------------------


def test_a_defect_in_a_change_stops_the_run_and_is_unknown(
    book: Callable[..., Book], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_arguments: Any) -> dict[str, Any]:
        raise KeyError("secret text")

    service = book(order(1), order(2, "issued"), order(3, "issued"))
    monkeypatch.setitem(apply_module.CHANGES, ("certcentral", "lapse"), (defect,))

    result = apply(service, tmp_path, [entry(1), entry(2, "lapse"), entry(3, "lapse", drop_reissue=True)])

    assert outcomes(result) == {"1": "done", "2": "unknown", "3": "not_attempted"}
    assert (result["changed"], result["result"]["failed"]) == (True, True)
    assert "KeyError" in repr(result["outcomes"])
    assert "secret text" not in repr(result)


@pytest.mark.parametrize("method", ["_save_sheets", "_verified"])
def test_a_defect_beside_the_changes_hides_none(
    method: str, book: Callable[..., Book], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = book(order(1), order(2))
    original = getattr(Apply, method)

    def defect(self: Apply, *arguments: Any) -> Any:
        if service.writes:
            raise ZeroDivisionError
        return original(self, *arguments)

    monkeypatch.setattr(Apply, method, defect)

    result = apply(service, tmp_path, [entry(1), entry(2)])

    assert outcomes(result) == {"1": "done", "2": "not_attempted" if method == "_save_sheets" else "done"}
    assert result["changed"] is True
    assert "ZeroDivisionError" in repr(result)


def test_a_defect_after_a_change_does_not_make_it_one_that_was_not_attempted(
    book: Callable[..., Book], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = book(order(1), order(2), order(3))
    original = apply_module.after_batch

    def defect(*arguments: Any, **options: Any) -> dict[str, Any]:
        if len(service.writes) == 3 and arguments[2]:
            raise ZeroDivisionError
        return original(*arguments, **options)

    monkeypatch.setattr(apply_module, "after_batch", defect)

    result = apply(service, tmp_path, [entry(1), entry(2), entry(3), entry(4)], batch_size=2)

    assert outcomes(result) == {"1": "done", "2": "unknown", "3": "unknown", "4": "not_attempted"}
    assert result["changed"] is True


@each("value", [[1, 2], "a text", {"a": 1}, None])
def test_a_plan_by_hand_may_have_any_value_in_its_state(
    book: Callable[..., Book], tmp_path: Path, value: object
) -> None:
    service = book(order(1, "reissue_pending"))
    state = {"status": "reissue_pending", "unresolved": value, "certificates": value}
    result = apply(service, tmp_path, [entry(1, "drop_reissue", state=state)])
    assert result["outcomes"][0]["outcome"] in ("done", "unknown")
    assert (service.writes, result["changed"]) == (cancellations(1), True)


def test_the_key_is_not_used_after_three_refusals_in_a_row_in_small_batches(
    book: Callable[..., Book], tmp_path: Path
) -> None:
    service = book(*(order(number) for number in range(1, 8)))
    service.status = 403
    service.refuses = tuple(f"PUT /order/certificate/{number}/" for number in range(2, 8))

    result = apply(service, tmp_path, [entry(number) for number in range(1, 8)], batch_size=1)

    assert service.writes == cancellations(1, 2, 3, 4)
    found = outcomes(result)
    assert [found[str(number)] for number in range(1, 8)] == ["done", *3 * ["failed"], *3 * ["not_attempted"]]


def test_refusals_of_servertastic_do_not_count_as_those_of_a_key(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(*(order(number) for number in range(1, 6)))
    # Of an order token each: a refusal of one does not predict the others.
    service.status = 403
    service.refuses = ("GET /order/cancel.json", *(f"PUT /order/certificate/{number}/" for number in (4, 5)))
    plan = [*(entry(number) for number in range(1, 6)), entry(DIGEST)]

    found = outcomes(apply(service, tmp_path, plan, batch_size=1))

    assert [found[str(number)] for number in range(1, 6)] == ["done", "done", "done", "failed", "failed"]
    assert found[DIGEST[:8]] == "failed"
    assert service.writes[-1] == "GET /order/cancel.json"


def test_a_rehearsal_outside_of_the_window_is_refused(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1))
    result = apply(service, tmp_path, [entry(1)], rehearse=True, not_before="2026-11-23")
    assert result["result"]["failed"] is True
    assert outcomes(result) == {"1": "refused"}
    assert "decommission_domain_not_before" in result["violations"][0]
    assert service.journal == []


def test_options_of_servertastic_are_checked_before_the_first_change(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1))
    with pytest.raises(OptionError, match="wait_timeout"):
        apply(service, tmp_path, [entry(1), entry(DIGEST)], servertastic={"wait_timeout": 0})
    assert service.writes == []


def test_requests_at_servertastic_are_returned_for_a_later_run(book: Callable[..., Book], tmp_path: Path) -> None:
    waits = entry(DIGEST, "revoke", state={"status": "Completed"})
    log = {"request_log": str(tmp_path / "requests.jsonl")}
    result = apply(book(review="Completed"), tmp_path, [waits], limits={"max_revocations": 1}, servertastic=log)
    assert outcomes(result) == {DIGEST[:8]: "pending_approval"}
    assert set(result["requested_at"]) == {DIGEST}
