# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine of plans: what a plan is made from, when one needs an approval, and the results of both states."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._flows import apply as apply_module
from ansible_collections.certops.orders.plugins.module_utils._flows import engine, kinds
from ansible_collections.certops.orders.plugins.module_utils._plans.document import canonical, digest
from ansible_collections.certops.orders.plugins.module_utils._plans.errors import PlanError
from ansible_collections.certops.orders.plugins.module_utils._runtime import results as runtime_results
from ansible_collections.certops.orders.plugins.modules import order_plan
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.messages import check_messages, known
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._flows.book import (
    DIGEST,
    NAME,
    TOKEN,
    Book,
    connections,
    entry,
    order,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._flows.test_kinds import tls
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import KEY
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Unhurried, validated

NOW = datetime(2026, 11, 22, 10, 42, tzinfo=timezone.utc)
LATER = {"not_before": "2026-11-23"}


class Frozen(datetime):
    """A clock that stands at NOW."""

    @classmethod
    def now(cls, _zone: Any = None) -> datetime:
        return NOW


class Run:
    """One call of the engine. lines: what it notified the operator of. tables: what it printed."""

    def __init__(self, state: str, *entries: dict[str, Any], **given: Any) -> None:
        self.lines: list[str] = []
        self.tables: list[list[str]] = []
        facts = {name: given.pop(name) for name in ("check_mode", "diff", "environ", "stop") if name in given}
        source = {} if "request" in given else {"entries": list(entries)}
        params, errors = validated(
            order_plan, {"state": state, "kind": "decommission_domain", "names": [NAME], **source, **given}
        )
        assert errors == []
        output: dict[str, Any] = {"notify": self.lines.append, "show": lambda lines: self.tables.append([*lines])}
        context = Context(**{"stop": Unhurried(), **facts, **output})
        self.result = getattr(engine, state)(params, context, NOW)

    @property
    def outcomes(self) -> dict[str, str]:
        return {one["order"]: one["outcome"] for one in self.result["outcomes"]}


def plan(*entries: dict[str, Any], **given: Any) -> Run:
    return Run("planned", *entries, **given)


def apply(service: Book, folder: Path | None, *entries: dict[str, Any], **given: Any) -> Run:
    options = {
        **connections(service),
        "progress": False,
        "reorder_sheets_dir": str(folder) if folder else None,
        **given,
    }
    return Run("applied", *entries, **options)


def approve(*entries: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Plan entries; returns the options that apply the plan."""
    made = plan(*entries, **given).result
    return {"plan": made["plan"], "sha256": made["sha256"]}


# -- a plan ------------------------------------------------------------------------------------------------------------


def test_a_plan_of_entries_is_returned_with_its_table(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    place = {"account_id": 7, "api_host": "www.digicert.com"}
    given: dict[str, Any] = {"notes": ["a note"], "hosts": ["web1"], "diff": True, "reorder_sheets_dir": "/reports"}
    made = plan(entry(1), entry(2, "keep"), path=str(path), **given, **place)

    result, table = made.result, made.result["table"]
    assert json.loads(path.read_text()) == result["plan"]
    assert (result["sha256"], result["path"]) == (digest(path.read_text()), str(path))
    assert {name: result["plan"][name] for name in (*place, "names", "hosts", "notes")} == {
        **place,
        "names": [NAME],
        "hosts": ["web1"],
        "notes": ["a note"],
    }
    assert (result["changed"], result["violations"], result["account"], result["orders"]) == (True, [], place, [])
    assert made.outcomes == {"1": "planned", "2": "left"}
    assert result["msg"] == result["result"]["msg"]
    assert made.tables == [table]
    after = "".join(f"{line}\n" for line in table)
    assert result["diff"] == {"before": "", "after": after, "before_header": str(path), "after_header": str(path)}
    # For the approver: how to apply this plan.
    assert f"  decommission_domain_plan_sha256={result['sha256']}" in table
    assert f"  decommission_domain_plan_path={path}" in table

    same = plan(entry(1), entry(2, "keep"), path=str(path), **given, **place)
    assert (same.result["changed"], same.result["diff"]["before"]) == (False, same.result["diff"]["after"])


def test_a_plan_is_printed_and_compared_only_where_it_is_asked_for(tmp_path: Path) -> None:
    quiet = plan(entry(1), path=str(tmp_path / "plan.json"), print=False)
    assert (quiet.tables, "diff" in quiet.result) == ([], False)
    unsaved = plan(entry(1), diff=True).result
    assert "diff" not in unsaved
    assert (unsaved["path"], unsaved["plan"]["api_host"], unsaved["plan"]["account_id"]) == ("", "", None)


def test_the_table_has_the_limits_and_what_they_would_refuse() -> None:
    limits = {"max_changes": 1, "max_revocations": 3, "expected_changes": 2, "not_after": "2026-11-24"}
    made = plan(entry(1), entry(2), reorder_sheets_dir="/reports", **limits)
    text = "\n".join(made.result["table"])
    (violation,) = made.result["violations"]
    assert "decommission_domain_max_changes" in violation
    assert violation in text
    for name, value in {"max_revocations": 3, "expected_changes": 2, "not_after": "2026-11-24"}.items():
        assert re.search(rf"decommission_domain_{name} +{value}\n", text)
    # An approver confirms the number of changes.
    many = plan(*(entry(number) for number in range(1, 27)), max_changes=30, reorder_sheets_dir="/reports")
    assert many.result["violations"] == []


@pytest.mark.parametrize(
    ("action", "more", "variables"),
    [
        ("cancel", {"reorder_sheets_dir": None, "not_after": "2020-01-01"}, ["report_dir", "not_after"]),
        ("cancel", {"reorder_sheets_dir": None}, ["report_dir"]),
        ("mark_renewed", {"reorder_sheets_dir": None}, []),
        ("cancel", {"not_after": "2020-01-01"}, ["not_after"]),
        # The window opens, or closes, after the approval.
        ("cancel", LATER, []),
        ("cancel", {"not_after": "2026-11-23"}, []),
    ],
)
def test_what_would_keep_a_plan_from_being_applied_is_in_it(
    action: str, more: dict[str, Any], variables: list[str]
) -> None:
    made = plan(entry(1, action), **{"reorder_sheets_dir": "/reports", **more})
    violations = made.result["violations"]

    found = [re.findall(r"decommission_domain_(?:report_dir|not_before|not_after)", text) for text in violations]
    assert found == [[f"decommission_domain_{variable}"] for variable in variables]
    shown = [line[4:] for line in made.result["table"] if line.startswith("  - ")]
    assert shown == violations
    # The window with its time.
    assert all("2020-01-01" in text for text in violations if "not_after" in text)


@pytest.mark.parametrize("more", [{}, {"check_mode": True}, {"rehearse": True}])
def test_a_plan_that_is_still_valid_is_kept(tmp_path: Path, more: dict[str, bool]) -> None:
    path = tmp_path / "plan.json"
    plan(entry(1), path=str(path))
    before = path.read_text()

    later = plan(entry(2), path=str(path), **more)

    kept = tmp_path / f"plan.{digest(before)[:12]}.json"
    situation = "a plan that would be kept" if more else "a plan that is kept"
    assert [line.replace(str(tmp_path), "/plans").replace(kept.name, "kept.json") for line in later.lines] == [
        known()["plan engine"][situation]
    ]
    assert (kept.exists(), path.read_text() == before) == (not more, bool(more))
    # A rehearsal changes nothing, in check mode a change is announced.
    assert later.result["changed"] is ("rehearse" not in more)


@pytest.mark.parametrize("window", [{"not_before": "soon"}, {"not_before": "2026-12-02", "not_after": "2026-12-01"}])
@pytest.mark.parametrize("state", ["planned", "applied"])
def test_a_window_that_is_not_valid_is_an_error_with_the_name_of_its_option(
    state: str, window: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(PlanError, match="decommission_domain_not_before"):
        Run(state, entry(1), path=str(tmp_path / "plan.json"), **window)
    assert list(tmp_path.iterdir()) == []


# -- what a plan is made from ------------------------------------------------------------------------------------------


def test_a_request_is_planned_from_both_services(book: Callable[..., Book]) -> None:
    service = book(order(1))
    given = {**connections(service), "servertastic_tokens": [TOKEN]}

    made = plan(request={"names": [NAME]}, **given)

    assert (made.result["plan"]["account_id"], made.result["plan"]["api_host"]) == (4711, service.url.split("/")[2])
    assert made.result["account"]["account_id"] == 4711
    assert [one.id for one in made.result["orders"]] == [1]
    assert any("review.json" in line for line in service.sent)
    assert any(line.startswith("GET /order/certificate") for line in service.sent)
    assert made.result["api"]["requests"] == len(service.journal)


def test_the_table_has_the_options_of_a_request(book: Callable[..., Book]) -> None:
    made = plan(request={"names": [NAME], "on_issued": "lapse"}, **connections(book(order(1))))
    assert re.search(r"decommission_domain_on_issued +lapse\n", "\n".join(made.result["table"]))


def test_the_operator_learns_which_orders_a_key_does_not_read(book: Callable[..., Book]) -> None:
    service = book(order(1))
    service.user.update(has_container_assignments=True, container_visibility=[{"id": 2}, {"id": 3}])
    (line,) = plan(request={"names": [NAME]}, **connections(service)).lines
    assert "2, 3" in line


def test_a_request_is_planned_and_applied_by_one_task(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(tls(1))
    done = apply(service, tmp_path, request={"names": [NAME]}, without_approval=True)
    assert (done.outcomes, done.result["account"]["account_id"]) == ({"1": "done"}, 4711)
    assert done.result["plan"]["entries"][0]["action"] == "cancel"


@each(
    ("given", "is_approved", "approved"),
    [
        ({"kind": kinds.UNDO}, True, ["1", "2"]),
        # The orders of a plan that is not the approved one are not those that were approved.
        ({"kind": kinds.UNDO, "sha256": "ab" * 32}, True, None),
        ({"kind": kinds.UNDO, "without_approval": True}, False, None),
        ({"kind": "mark_renewed_orders"}, True, None),
    ],
)
def test_only_an_undo_is_planned_for_the_orders_of_its_approved_plan(
    given: dict[str, Any],
    is_approved: bool,
    approved: list[str] | None,
    book: Callable[..., Book],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service, seen = book(), []

    def planned(*_arguments: Any, **options: Any) -> kinds.Planned:
        seen.append(options["approved"])
        return kinds.Planned([entry(1, "unmark_renewed"), entry(2, "leave")])

    monkeypatch.setattr(kinds, "plan", planned)
    kind = {"kind": given["kind"], "request": {}}
    made = plan(**kind, **connections(service)).result
    plan_of_it = {"plan": made["plan"], "sha256": made["sha256"]} if is_approved else {}
    apply(service, tmp_path, **{**kind, **plan_of_it, **given})
    assert seen == [None, approved]


def test_a_key_that_may_only_read_can_plan_and_not_apply(book: Callable[..., Book], tmp_path: Path) -> None:
    service, environ = book(tls(1)), {"DIGICERT_READ_ONLY": "1"}
    given = {"request": {"names": [NAME]}, "environ": environ}
    assert plan(**connections(service), **given).outcomes == {"1": "planned"}
    with pytest.raises(ApiError) as refused:
        apply(service, tmp_path, without_approval=True, **given)
    assert refused.value.code == "read_only"
    assert service.writes == []


def test_a_connection_that_is_not_safe_for_changes_is_not_opened_for_them(tmp_path: Path) -> None:
    unsafe = {"api_key": KEY, "api_url": "https://certcentral.example", "validate_certs": False}
    with pytest.raises(OptionError, match="validate_certs"):
        Run("applied", entry(1), **approve(entry(1)), reorder_sheets_dir=str(tmp_path), certcentral_connection=unsafe)


@pytest.mark.parametrize(
    ("request_of", "tokens", "uses"),
    [
        ({}, [], ["certcentral"]),
        ({"servertastic_account": True}, [], ["certcentral", "servertastic"]),
        ({"certcentral": False}, [TOKEN], ["servertastic"]),
        ({"certcentral": True}, [TOKEN], ["certcentral", "servertastic"]),
    ],
)
def test_a_request_opens_the_services_that_it_uses(
    request_of: dict[str, Any], tokens: list[str], uses: list[str], book: Callable[..., Book]
) -> None:
    service = book(order(1))
    plan(request={"names": [NAME], **request_of}, **{**connections(service), "servertastic_tokens": tokens})
    sent = {"servertastic" if ".json" in line else "certcentral" for line in service.sent}
    assert sorted(sent) == uses


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"request": {"certcentral": False}}, "servertastic_account"),
        ({"request": {}, "kind": "of_my_own"}, "decommission_domain, "),
        ({"request": {"nmaes": []}}, "decommission_domain: .*nmaes"),
    ],
)
def test_a_request_that_cannot_be_planned_is_an_error(
    given: dict[str, Any], message: str, book: Callable[..., Book]
) -> None:
    service = book()
    with pytest.raises(OptionError, match=message):
        plan(**connections(service), **given)
    assert service.writes == []


def test_entries_of_a_plan_need_no_connection_and_those_that_are_applied_their_own(
    book: Callable[..., Book], tmp_path: Path
) -> None:
    both = [entry(1), entry(DIGEST)]
    assert plan(*both).outcomes == {"1": "planned", DIGEST[:8]: "planned"}
    service = book(order(1))
    only = {**connections(service), "servertastic_connection": None}
    assert Run("applied", both[0], reorder_sheets_dir=str(tmp_path), **approve(both[0]), **only).outcomes == {
        "1": "done"
    }
    # That of Servertastic is not named, and the environment has no key.
    with pytest.raises(OptionError):
        Run("applied", *both, reorder_sheets_dir=str(tmp_path), **approve(*both), **only)


def test_the_limit_of_a_runner_is_not_that_of_a_batch(
    book: Callable[..., Book], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime_results, "LONGEST", 5)
    several = [entry(number) for number in range(1, 5)]
    environ = {"AWX_ISOLATED_DATA_DIR": "/runner/artifacts/1", "DIGICERT_READ_ONLY": ""}
    done = apply(book(*map(order, range(1, 5))), tmp_path, *several, **approve(*several), environ=environ)
    assert set(done.outcomes.values()) == {"done"}
    # Other variables stay.
    environ["DIGICERT_READ_ONLY"] = "1"
    done = apply(book(*map(order, range(1, 5))), tmp_path, *several, **approve(*several), environ=environ)
    assert done.outcomes == {"1": "failed", **dict.fromkeys("234", "not_attempted")}


# -- which plan is applied ---------------------------------------------------------------------------------------------

SHA256 = 64 * "a"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "without_approval"),
        ({"path": "/plan.json"}, "sha256"),
        ({"path": "/plan.json", "sha256": ""}, "sha256"),
        ({"plan": "{}"}, "sha256"),
        ({"sha256": SHA256}, "plan"),
        ({"sha256": SHA256, "plan": {}}, "plan"),
        ({"sha256": SHA256, "plan": ""}, "plan"),
        ({"sha256": SHA256, "plan": "{}", "path": "/plan.json"}, "path"),
        ({"without_approval": True, "plan": "{}"}, "plan"),
        ({"without_approval": True, "sha256": SHA256}, "sha256"),
    ],
)
def test_a_task_names_an_approved_plan_or_says_that_there_is_none(
    given: dict[str, Any], message: str, book: Callable[..., Book], tmp_path: Path
) -> None:
    service = book(order(1))
    with pytest.raises(OptionError, match=message):
        apply(service, tmp_path, entry(1), **given)
    assert service.journal == []


def test_an_empty_plan_and_digest_beside_without_approval_are_not_set(
    book: Callable[..., Book], tmp_path: Path
) -> None:
    done = apply(book(order(1)), tmp_path, entry(1), without_approval=True, plan={}, sha256="")
    assert done.outcomes == {"1": "done"}


def test_without_an_approval_the_plan_of_now_is_saved_printed_and_applied(
    book: Callable[..., Book], tmp_path: Path
) -> None:
    service, path = book(order(1), order(2)), tmp_path / "plans" / "plan.json"
    given = {"path": str(path), "without_approval": True}

    done = apply(service, tmp_path / "sheets", entry(1), entry(2), **given)

    assert done.outcomes == {"1": "done", "2": "done"}
    assert done.result["agreed"] == {"execute": 2, "changed": 0, "new": 0}
    assert (done.result["changed"], done.result["violations"], done.result["path"]) == (True, [], str(path))
    assert canonical(json.loads(path.read_text())) == path.read_text()
    assert digest(path.read_text()) == done.result["sha256"]
    assert service.bodies[0]["note"].endswith(f"plan {done.result['sha256'][:12]}")
    assert done.tables == [done.result["table"]]
    # No second run has to apply it.
    assert not any(done.result["sha256"] in line and "=" in line for line in done.result["table"])
    assert done.result["api"]["requests"] == len(service.journal)


@pytest.mark.parametrize("more", [{}, {"rehearse": True}])
def test_without_a_change_of_an_order_only_the_file_changes(
    more: dict[str, bool], book: Callable[..., Book], tmp_path: Path
) -> None:
    path = tmp_path / "plan.json"
    given = {"path": str(path), "without_approval": True, **more}
    first, second = (apply(book(), tmp_path, entry(1, "keep"), **given) for _run in range(2))
    assert (first.result["changed"], second.result["changed"]) == (not more, False)
    assert path.exists() is not bool(more)
    # An approved plan was saved by another run.
    approved = apply(book(), tmp_path, entry(1, "keep"), **approve(entry(1, "keep")))
    assert (approved.result["changed"], approved.result["path"], approved.tables) == (False, "", [])


@pytest.mark.parametrize("is_approved", [False, True])
def test_only_without_an_approval_many_changes_need_their_number(
    is_approved: bool, book: Callable[..., Book], tmp_path: Path
) -> None:
    several = [entry(number) for number in range(1, 27)]
    service = book(*map(order, range(1, 27)))
    given = approve(*several) if is_approved else {"without_approval": True}

    done = apply(service, tmp_path, *several, max_changes=30, **given)

    assert set(done.outcomes.values()) == {"done" if is_approved else "refused"}
    assert bool(done.result.get("failed")) is not is_approved
    assert ["expected_changes" in one for one in done.result["violations"]] == ([] if is_approved else [True])
    # The table has it already.
    table = "\n".join(done.result.get("table", ()))
    assert all(one in table for one in done.result["violations"])


def test_an_approved_plan_is_found_under_its_path(book: Callable[..., Book], tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    made = plan(entry(1), path=str(path)).result
    done = apply(book(order(1)), tmp_path, entry(1), path=str(path), sha256=made["sha256"])
    assert (done.outcomes, done.result["path"], done.result["sha256"]) == ({"1": "done"}, str(path), made["sha256"])
    assert done.result["changed"] is True


def test_the_digest_of_a_result_is_that_of_the_approved_plan(book: Callable[..., Book], tmp_path: Path) -> None:
    given = approve(entry(1))
    done = apply(book(order(1)), tmp_path, entry(1), entry(2), **given)
    assert (done.outcomes, done.result["sha256"]) == ({"1": "done", "2": "left"}, given["sha256"])
    assert done.result["msg"] == done.result["result"]["msg"]


def test_another_plan_than_the_approved_one_is_refused(book: Callable[..., Book], tmp_path: Path) -> None:
    service, given = book(order(1)), {**approve(entry(1)), "sha256": approve(entry(2))["sha256"]}
    done = apply(service, tmp_path, entry(1), **given)
    assert (done.outcomes, done.result["failure"]["code"]) == ({"1": "refused"}, "plan_sha256")
    assert service.journal == []


def test_a_plan_that_is_refused_is_refused_for_each_order(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(order(1))
    given = approve(entry(1), hosts=["web1"])

    done = apply(service, tmp_path, entry(1), entry(2, "keep"), **given, hosts=["web2"])

    result = done.result
    (why,) = result["violations"]
    assert result["failure"]["code"] == "plan_hosts"
    assert result["failure"]["message"] == why
    assert [(one["outcome"], one["reason"]) for one in result["outcomes"] if one["order"] == "1"] == [("refused", why)]
    assert result["agreed"] == {"execute": 0, "changed": 0, "new": 0}
    assert (result["failed"], result["changed"], result["sha256"], result["path"]) == (True, False, "", "")
    assert result["result"]["failed"] is True
    assert result["msg"] == result["result"]["msg"]
    assert result["api"] == {"requests": 0, "retries": 0, "waited": 0}
    assert service.journal == []


@pytest.mark.parametrize(
    ("then", "now", "code"),
    [
        ({"kind": "cancel_stale_orders"}, {}, "plan_kind"),
        ({"account_id": 7}, {"account_id": 8}, "plan_account_id"),
        ({"api_host": "a.example"}, {"api_host": "b.example"}, "plan_api_host"),
        ({}, {"names": ["b.example"]}, "plan_names"),
        ({}, {"hosts": ["web1"]}, "plan_hosts"),
        ({"hosts": ["web1"], "servers": {"web2": [NAME]}}, {"servers": {"web1": [NAME]}}, "plan_servers"),
    ],
)
def test_what_an_approved_plan_is_for_is_compared(
    then: dict[str, Any], now: dict[str, Any], code: str, book: Callable[..., Book], tmp_path: Path
) -> None:
    done = apply(book(order(1)), tmp_path, entry(1), **approve(entry(1), **then), **now)
    assert (done.outcomes, done.result["failure"]["code"]) == ({"1": "refused"}, code)


# -- options of an apply -----------------------------------------------------------------------------------------------


def test_the_options_of_a_task_reach_its_changes(
    book: Callable[..., Book], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_module, "datetime", Frozen)
    service, log = book(*map(order, range(1, 5))), tmp_path / "audit.jsonl"
    several = [entry(number) for number in range(1, 5)]
    given = {"note": "Retired", "ticket": "CHG7", "job": "4711", "audit_log": str(log), "batch_size": 2}

    done = apply(service, tmp_path, *several, **approve(*several), **given)

    note = f"Retired; CHG7; AWX job 4711; plan {done.result['sha256'][:12]}"
    assert {body["note"] for body in service.bodies} == {note}
    assert "CHG7" in log.read_text()
    sheet = json.loads((tmp_path / "reorder-certcentral-4.json").read_text())
    facts = {"ticket": "CHG7", "plan_sha256": done.result["sha256"], "saved_at": "2026-11-22T10:42:00Z"}
    assert {name: sheet[name] for name in facts} == facts
    # The first one alone, then batches of two.
    sent = [line for line in service.sent if line.startswith("PUT ")]
    third, fourth = map(service.sent.index, sent[2:])
    assert fourth > third + 1


def test_options_of_servertastic_reach_its_changes(book: Callable[..., Book], tmp_path: Path) -> None:
    service = book(review="Completed")
    revoked = entry(DIGEST, "revoke", state={"status": "Completed"})
    given = {**approve(revoked), "max_revocations": 1, "servertastic_tokens": [TOKEN]}
    assert apply(service, tmp_path, revoked, **given).outcomes == {DIGEST[:8]: "refused"}
    waits = apply(service, tmp_path, revoked, **given, servertastic={"replacement": "none"})
    assert waits.outcomes == {DIGEST[:8]: "pending_approval"}


@pytest.mark.parametrize(
    ("more", "outcome", "fails"),
    [
        ({"rehearse": True}, "planned", False),
        ({"rehearse": True, **LATER}, "refused", True),
        (LATER, "not_attempted", True),
        ({"not_after": "2026-11-22"}, "not_attempted", True),
        ({"reorder_sheets_dir": None}, "refused", True),
        ({"max_changes": 0}, "refused", True),
    ],
)
def test_what_keeps_a_change_from_being_made(
    more: dict[str, Any],
    outcome: str,
    fails: bool,
    book: Callable[..., Book],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = book(order(1))
    monkeypatch.setattr(apply_module, "datetime", Frozen)

    done = Run(
        "applied",
        entry(1),
        **{**connections(service), "reorder_sheets_dir": str(tmp_path), **approve(entry(1)), **more},
    )

    assert done.outcomes == {"1": outcome}
    assert (bool(done.result.get("failed")), done.result["changed"], service.writes) == (fails, False, [])


def test_warnings_of_an_apply_are_in_the_result(book: Callable[..., Book], tmp_path: Path) -> None:
    service, stop = book(order(1)), Unhurried()
    service.after = lambda said: stop.set("a test") if said.startswith("PUT") else None
    done = apply(service, tmp_path, entry(1), **approve(entry(1)), stop=stop)
    (warning,) = done.result["warnings"]
    assert "a test" in warning
    assert "warnings" not in plan(entry(1)).result


# -- sentences ---------------------------------------------------------------------------------------------------------


def test_messages(tmp_path: Path) -> None:
    path = str(tmp_path / "plan.json")
    kept = digest(canonical(plan(entry(1), path=path).result["plan"]))[:12]

    def line(**more: bool) -> str:
        return (
            plan(entry(2), path=path, **more).lines[0].replace(str(tmp_path), "/plans").replace(f"plan.{kept}", "kept")
        )

    messages = {"a plan that would be kept": line(check_mode=True), "a plan that is kept": line()}
    check_messages("plan engine", messages)
