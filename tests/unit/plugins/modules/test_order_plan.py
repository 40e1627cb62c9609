# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan files are for their owner only, complete or absent, and what is applied is what was approved."""

from __future__ import annotations

import csv
import json
import os
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._plans import document as _plan
from ansible_collections.certops.orders.plugins.module_utils._plans import store as _plan_files
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.plugins.modules import order_plan
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._flows.book import (
    DIGEST,
    TOKEN,
    Book,
    connections,
    entry,
    order,
)
from ansible_collections.certops.orders.tests.unit.plugins.module_utils._flows.test_kinds import tls
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import KEY
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Unhurried, failure_of, validated

PLACE = {"kind": "decommission_domain", "account_id": 100001, "api_host": "www.digicert.com"}
NAME = "www.example.com"


@pytest.fixture
def service() -> Iterator[Book]:
    made = Book(order(1), order(2), order(3))
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a" / "b" / "plan.json"


def play(*, check_mode: bool = False, diff: bool = False, **arguments: Any) -> dict[str, Any]:
    params, errors = validated(order_plan, {**PLACE, "names": [NAME], **arguments})
    assert errors == []
    result = guarded(order_plan.run, params, Context(check_mode=check_mode, diff=diff, stop=Unhurried()))
    assert KEY not in repr(result)
    assert TOKEN not in repr(result)
    return result


def write(path: Path, *entries: dict[str, Any], **options: Any) -> dict[str, Any]:
    return play(state="planned", path=str(path), entries=list(entries), **options)


def apply(service: Book, folder: Path, *entries: dict[str, Any], **options: Any) -> dict[str, Any]:
    given = {
        **connections(service),
        "progress": False,
        "reorder_sheets_dir": str(folder),
        "entries": list(entries),
        **options,
    }
    return play(state="applied", **given)


def orders(result: dict[str, Any]) -> dict[str, str]:
    return {one["order"]: one["outcome"] for one in result["outcomes"]}


# -- planned -----------------------------------------------------------------------------------------------------------


def test_a_plan_is_written(path: Path) -> None:
    old = os.umask(0)
    try:
        written = write(path, entry(2), entry(1))
    finally:
        os.umask(old)

    assert written["changed"]
    assert written["path"] == str(path)
    assert path.read_text() == _plan.canonical(written["plan"])
    assert written["sha256"] == _plan.digest(path.read_text())
    assert written["table"]
    assert orders(written) == {"1": "planned", "2": "planned"}
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, path.parents[1])] == [0o600, 0o700, 0o700]
    assert sorted(file.name for file in path.parent.iterdir()) == [".plan.json.lock", "plan.json"]


def test_without_a_path_a_plan_is_only_returned() -> None:
    made = play(state="planned", entries=[entry()])
    assert (made["changed"], made["path"]) == (False, "")
    assert made["text"] == _plan.canonical(made["plan"])


def test_a_plan_with_the_same_content_that_is_valid_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(path, entry(1), entry(2), diff=True)
    assert first["diff"]["before"] == ""
    assert first["diff"]["after"]

    second = write(path, entry(2), entry(1), diff=True)
    assert (second["changed"], second["sha256"]) == (False, first["sha256"])
    assert second["diff"]["before"] == second["diff"]["after"]

    third = write(path, entry(1))
    assert third["changed"]

    # A day after it has expired.
    later = datetime.now(timezone.utc) + timedelta(days=4)
    monkeypatch.setattr(order_plan, "datetime", type("Later", (), {"now": staticmethod(lambda _zone: later)}))
    fourth = write(path, entry(1))
    assert fourth["changed"]
    assert fourth["sha256"] != third["sha256"]


def test_a_file_that_is_no_plan_is_replaced(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("{")
    assert write(path, entry())["changed"]
    assert json.loads(path.read_text())["kind"] == "decommission_domain"


def test_in_check_mode_nothing_is_written(path: Path) -> None:
    made = write(path, entry(), check_mode=True, diff=True)

    assert made["changed"]
    assert made["plan"]["entries"] == [entry()]
    assert made["diff"]["after"]
    assert not path.parent.exists()
    write(path, entry())
    assert not write(path, entry(), check_mode=True)["changed"]


def test_a_write_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, entry(1))
    before = path.read_text()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device", "/somewhere")

    monkeypatch.setattr(os, "fsync", full)
    result = write(path, entry(2))

    assert failure_of(result)["code"] == "plan_file"
    assert "No space left on device" in result["msg"]
    assert path.read_text() == before
    assert sorted(file.name for file in path.parent.iterdir()) == [".plan.json.lock", "plan.json"]


def test_a_plan_is_on_disk_before_it_has_its_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: synced.append(str(Path(f"/proc/self/fd/{descriptor}").resolve()))
    )
    write(path, entry())
    assert synced[0].startswith(f"{path.parent}/.plan.json.")
    assert synced[1:] == [str(path.parent)]


def test_a_wrong_entry_is_refused(path: Path) -> None:
    assert failure_of(write(path, entry(action="delete")))["code"] == "plan_action"
    assert not path.exists()


@pytest.mark.parametrize("check_mode", [False, True])
def test_without_print_nothing_is_printed_and_notices_are_warnings(
    path: Path, service: Book, check_mode: bool, tmp_path: Path
) -> None:
    service.user.update(has_container_assignments=True, container_visibility=[{"id": 2}])
    printed: list[str] = []

    def make(print_it: bool) -> dict[str, Any]:
        given = {"kind": "decommission_domain", "state": "planned", "path": str(path), "print": print_it}
        asked = {"request": {"names": [NAME]}, "report": {"dir": str(tmp_path / "reports")}}
        params, errors = validated(order_plan, {**given, **asked, **connections(service)})
        assert errors == []
        context = Context(check_mode=check_mode, stop=Unhurried(), notify=printed.append, show=printed.extend)
        return guarded(order_plan.run, params, context)

    write(path, entry(9))
    quiet = make(print_it=False)
    assert (printed, quiet.get("failed")) == ([], None), quiet
    restricted, kept = quiet["warnings"]
    assert "containers" in restricted
    assert "is still valid" in kept

    path.unlink()
    write(path, entry(9))
    loud = make(print_it=True)
    # The name of the file that is kept has the digest of the other plan.
    assert [restricted, kept.rpartition("/")[0]] == [printed[0], printed[1].rpartition("/")[0]]
    assert "warnings" not in loud


def test_a_plan_announces_what_its_guards_would_refuse() -> None:
    made = play(state="planned", entries=[entry(1), entry(2)], max_changes=1)
    assert "decommission_domain_max_changes" in made["violations"][0]
    assert not made.get("failed")


def test_the_servers_of_a_plan_are_part_of_its_digest(path: Path) -> None:
    written = write(path, entry(), hosts=["web2", "web1"])
    assert written["plan"]["hosts"] == ["web1", "web2"]
    assert write(path, entry(), hosts=["web1", "web2"])["sha256"] == written["sha256"]
    grown = play(state="planned", entries=[entry()], hosts=["web1", "web2", "web3"])
    assert grown["sha256"] != written["sha256"]


@pytest.mark.parametrize("window", [{"not_before": "later"}, {"not_before": "2026-12-02", "not_after": "2026-12-01"}])
@pytest.mark.parametrize("state", ["planned", "applied"])
def test_a_window_that_is_not_valid_is_refused(service: Book, state: str, window: dict[str, str]) -> None:
    result = play(state=state, entries=[entry()], **connections(service), **window)
    assert failure_of(result)["code"]
    assert service.journal == []


def test_the_results_of_300_orders_are_small(path: Path, tmp_path: Path) -> None:
    many = Book(*(order(number) for number in range(1, 301)))
    entries = [entry(number) for number in range(1, 301)]
    report = {"dir": str(tmp_path / "reports")}

    made = write(path, *entries, report=report, max_changes=300)
    given = {"path": str(path), "sha256": made["sha256"], "report": report, "max_changes": 300}
    done = apply(many, tmp_path, *entries, **given)

    many.close()
    assert done["result"]["counts"]["done"] == len(orders(done)) == 300
    # The outcomes are the result of a second task of a role, which sets them as a fact.
    printed = [made, made["outcomes"], done, done["outcomes"]]
    assert sum(len(json.dumps(one)) for one in printed) < 100_000


# -- a plan from a request ---------------------------------------------------------------------------------------------


def request_of(service: Book, **request: Any) -> dict[str, Any]:
    return {**connections(service), "request": {"names": [NAME], **request}}


def test_a_request_is_planned_by_the_services(service: Book, path: Path) -> None:
    made = play(state="planned", path=str(path), **request_of(service))
    assert (made["plan"]["account_id"], made["plan"]["names"]) == (4711, [NAME])
    assert len(made["outcomes"]) == 3
    assert made["api"]["requests"] == len(service.journal)
    assert service.writes == []
    # The same account is the same plan.
    assert not play(state="planned", path=str(path), **request_of(service))["changed"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"request": {"nmaes": [NAME]}}, "decommission_domain_nmaes"),
        ({"request": {"names": [NAME], "certcentral": False}}, "service"),
        ({"request": {}, "kind": "of_my_own"}, "cancel_stale_orders"),
        ({"request": {"names": [NAME]}, "servertastic_tokens": ["two words"]}, "token"),
    ],
)
@pytest.mark.parametrize("state", ["planned"])
def test_a_request_that_cannot_be_planned_is_refused(
    service: Book, state: str, arguments: dict[str, Any], word: str
) -> None:
    result = play(state=state, **{**connections(service), **arguments})
    assert failure_of(result)["code"] == "invalid_option"
    assert word in result["msg"]
    assert service.writes == []


def test_a_request_and_entries_exclude_each_other() -> None:
    assert validated(order_plan, {**PLACE, "state": "planned"})[1]
    assert validated(order_plan, {**PLACE, "state": "planned", "request": {}, "entries": []})[1]
    assert validated(order_plan, {**PLACE, "state": "read", "entries": []})[1]


# -- applied -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["path", "text", "plan"])
def test_an_approved_plan_is_applied(service: Book, path: Path, tmp_path: Path, form: str) -> None:
    made = write(path, entry(1), entry(2), entry(DIGEST))
    given = {"path": {"path": str(path)}, "text": {"plan": path.read_text()}, "plan": {"plan": made["plan"]}}[form]
    more = {"servertastic": {"replacement": "none"}, "servertastic_tokens": [TOKEN]}

    result = apply(service, tmp_path, entry(1), entry(2), entry(DIGEST), sha256=made["sha256"], **given, **more)

    assert orders(result) == {"1": "done", "2": "done", DIGEST[:8]: "done"}
    assert (result["changed"], result["sha256"]) == (True, made["sha256"])
    assert result["api"]["requests"] == len(service.journal)
    assert len(service.writes) == 3


def test_in_check_mode_an_approved_plan_changes_nothing(service: Book, path: Path, tmp_path: Path) -> None:
    made = write(path, entry(1))
    result = apply(
        service, tmp_path / "sheets", entry(1), path=str(path), sha256=made["sha256"], check_mode=True, diff=True
    )
    assert (orders(result), result["changed"], service.writes) == ({"1": "planned"}, True, [])
    assert result["diff"]["before"] != result["diff"]["after"]
    assert not (tmp_path / "sheets").exists()


def refused(service: Book, tmp_path: Path, **options: Any) -> str:
    """Apply what is refused; nothing is sent, and no sheet is saved. Returns why."""
    result = apply(service, tmp_path / "sheets", entry(1), **options)
    assert set(orders(result).values()) == {"refused"}
    assert (result["changed"], result["result"]["failed"], result["agreed"]["execute"]) == (False, True, 0)
    assert (service.journal, (tmp_path / "sheets").exists()) == ([], False)
    (why,) = result["violations"]
    return str(why)


def test_another_plan_than_the_approved_one_is_not_applied(service: Book, path: Path, tmp_path: Path) -> None:
    approved = write(path, entry(1))["sha256"]
    # While that is valid, the next plan would keep it beside the file.
    path.unlink()
    write(path, entry(2))
    assert refused(service, tmp_path, path=str(path), sha256=approved)


@pytest.mark.parametrize("given", [{"path": "/nowhere/plan.json"}, {"plan": "{"}, {"plan": {"schema_version": 2}}])
def test_a_plan_that_cannot_be_read_is_not_applied(service: Book, tmp_path: Path, given: dict[str, Any]) -> None:
    assert refused(service, tmp_path, sha256="ab" * 32, **given)


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "cancel_stale_orders"},
        {"account_id": 100002},
        {"api_host": "certcentral.digicert.eu"},
        {"hosts": ["web1", "web3"]},
        {"names": ["a.example.com"]},
    ],
)
def test_a_plan_for_something_else_is_not_applied(
    service: Book, path: Path, tmp_path: Path, other: dict[str, Any]
) -> None:
    made = write(path, entry(1), hosts=["web2", "web1"])
    assert refused(service, tmp_path, path=str(path), sha256=made["sha256"], **other)


def test_a_plan_that_expired_is_not_applied(
    service: Book, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = write(path, entry(1))
    later = datetime.now(timezone.utc) + timedelta(days=4)
    monkeypatch.setattr(order_plan, "datetime", type("Later", (), {"now": staticmethod(lambda _zone: later)}))
    assert refused(service, tmp_path, path=str(path), sha256=made["sha256"])


def test_a_file_that_is_too_large_is_not_read(
    service: Book, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = write(path, entry())
    monkeypatch.setattr(_plan_files, "MOST_TEXT", 10)
    assert refused(service, tmp_path, path=str(path), sha256=made["sha256"])


def test_a_plan_comes_from_one_place_only(service: Book, path: Path, tmp_path: Path) -> None:
    made = write(path, entry(1))
    result = apply(service, tmp_path, entry(1), path=str(path), plan=path.read_text(), sha256=made["sha256"])
    assert failure_of(result)["code"] == "invalid_option"
    assert service.journal == []


def test_a_symbolic_link_is_followed_neither_way(service: Book, path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    path.parent.mkdir(parents=True)
    path.symlink_to(elsewhere)

    for result in (
        write(path, entry()),
        write(path, entry(), check_mode=True),
        apply(service, tmp_path, entry(), path=str(path), sha256="ab" * 32),
    ):
        assert failure_of(result)["code"] == "plan_file"
    assert elsewhere.read_text() == "precious"
    assert service.journal == []


def test_a_file_that_others_may_write_to_is_not_used(service: Book, path: Path, tmp_path: Path) -> None:
    made = write(path, entry())
    path.chmod(0o666)
    for result in (write(path, entry(2)), apply(service, tmp_path, entry(), path=str(path), sha256=made["sha256"])):
        assert failure_of(result)["code"] == "plan_file"
        assert str(path) in result["msg"]
    assert service.journal == []


def test_without_a_connection_no_change_of_that_service_begins(path: Path, tmp_path: Path) -> None:
    made = write(path, entry(1))
    given = {"path": str(path), "sha256": made["sha256"], "reorder_sheets_dir": str(tmp_path)}
    assert failure_of(play(state="applied", entries=[entry(1)], **given))["code"]


# -- the module itself -------------------------------------------------------------------------------------------------


def test_the_module_refuses_to_run_on_a_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans, re-order sheets and both API keys would be there; the action plugin calls `run` on the controller."""
    called: list[Any] = []
    monkeypatch.setattr(order_plan, "module_main", lambda *arguments: called.append(arguments))
    order_plan.main()
    ((spec, run),) = called
    assert spec == order_plan.SPEC
    with pytest.raises(OptionError, match="controller"):
        run({}, Context())


# -- the module itself -------------------------------------------------------------------------------------------------


def test_every_example_has_arguments_that_the_module_takes() -> None:
    examples = [task["certops.orders.order_plan"] for task in yaml.safe_load(order_plan.EXAMPLES)]
    assert {example["state"] for example in examples} == {"planned", "applied"}
    for example in examples:
        assert validated(order_plan, example)[1] == []


def test_the_documentation_has_the_options_of_the_specification() -> None:
    spec = order_plan.SPEC["argument_spec"]
    documented = yaml.safe_load(order_plan.DOCUMENTATION)["options"]
    for name, option in documented.items():
        facts = {key: value for key, value in option.items() if key not in ("description", "suboptions")}
        assert facts == {key: value for key, value in spec[name].items() if key not in ("no_log", "options")}
        assert set(option.get("suboptions", {})) == set(spec[name].get("options", {}))
    # Those come from a fragment of documentation.
    assert set(spec) - set(documented) == {"certcentral_connection", "servertastic_connection"}


@pytest.mark.parametrize("no", ["no", "false", False])
def test_options_of_servertastic_are_converted(no: Any) -> None:
    given = {"request_again": no, "wait": no, "wait_timeout": "60", "request_log": "~/log"}
    params, errors = validated(order_plan, {**PLACE, "state": "planned", "entries": [], "servertastic": given})
    assert errors == []
    assert params["servertastic"] == {
        "request_again": False,
        "wait": False,
        "wait_timeout": 60,
        "request_log": str(Path("~/log").expanduser()),
        "replacement": "required",
        "requested_at": None,
        "poll_interval": 60,
    }


# -- sentences ---------------------------------------------------------------------------------------------------------


def test_messages_of_plan_files(service: Book, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = write(path, entry())
    linked = tmp_path / "linked.json"
    linked.symlink_to(path)

    def message(given: Path, **more: Any) -> str:
        result = apply(service, tmp_path / "sheets", entry(), path=str(given), sha256=made["sha256"], **more)
        why = result["msg"] if "failure" in result else result["result"]["msg"]
        return str(why).replace(str(tmp_path), "/folder").replace(made["sha256"][:12], 12 * "a")

    with pytest.raises(OptionError) as on_target:
        order_plan.refuse({}, Context())
    elsewhere = play(state="planned", entries=[entry()], execute_on="target")
    messages: dict[str, str] = {
        "a plan is written": write(path, entry())["msg"],
        "no file": message(tmp_path / "other.json"),
        "a file that cannot be opened": message(tmp_path),
        "a symbolic link": message(linked),
        "path and plan": message(path, plan="{}"),
        "a run on a target": str(on_target.value),
        "execute_on target": failure_of(elsewhere)["message"],
    }
    monkeypatch.setattr(_plan_files, "MOST_TEXT", 10)
    messages["a file that is too large"] = message(path)
    check_messages("module order_plan, files", messages)


def test_messages(service: Book, path: Path, tmp_path: Path) -> None:
    def failed(**given: Any) -> str:
        result = apply(service, tmp_path, entry(1), **given)
        assert result["failed"]
        return str(result["msg"]).replace(str(tmp_path), "/folder")

    write(path, entry(1))
    messages = {
        "no approved plan": failed(),
        "no digest": failed(path=str(path)),
        "two plans": failed(path=str(path), plan="{}", sha256="ab" * 32),
        "an approval that is not wanted": failed(without_approval=True, sha256="ab" * 32),
        "no API key": failed(
            path=str(path), sha256="ab" * 32, certcentral_connection=None, servertastic_connection=None
        ),
        "an unknown kind": str(play(state="planned", kind="stale", request={"a": 1}, **connections(service))["msg"]),
        "no service": str(
            play(state="planned", request={"certcentral": False, "names": [NAME]}, **connections(service))["msg"]
        ),
        "a report that does not exist": str(
            play(
                state="planned",
                kind="mark_renewed_orders_undo",
                request={"report": "/nowhere/report.json"},
                **connections(service),
            )["msg"]
        ),
    }
    check_messages("module order_plan", messages)


# -- reports -----------------------------------------------------------------------------------------------------------


def test_the_id_of_a_revocation_request_is_in_every_later_report(tmp_path: Path) -> None:
    service = Book(tls(1, "issued"))
    request = {"names": [NAME], "on_issued": "revoke", "probe": False, "waiver": "The network is gone"}
    common = {
        "reorder_sheets_dir": str(tmp_path),
        "report": {"dir": str(tmp_path)},
        "request": request,
        "max_revocations": 1,
    }
    common.update(connections(service), progress=False)
    approved = play(state="planned", **common)
    # The second apply changes nothing, since the request of the first one waits; nor does a later plan.
    runs = [
        *(play(state="applied", plan=approved["plan"], sha256=approved["sha256"], **common) for _turn in range(2)),
        play(state="planned", **common),
    ]
    service.close()

    assert [orders(run) for run in runs] == [{"1": "pending_approval"}, {"1": "pending_approval"}, {"1": "left"}]
    assert service.writes == ["PUT /order/certificate/1/revoke"]
    for run in runs:
        assert [one["request_id"] for one in run["outcomes"]] == [901]
        files = {name: Path(path).read_text() for name, path in run["report"]["files"].items()}
        assert [one["request_id"] for one in json.loads(files["json"])["entries"]] == [901]
        assert [row["request_id"] for row in csv.DictReader(files["csv"].splitlines())] == ["901"]
        assert "request 901" in files["html"]
