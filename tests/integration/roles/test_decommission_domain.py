# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A domain is decommissioned: each of its orders is found, planned, ended after the approval, and verified."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._plans import document as _plan
from ansible_collections.certops.orders.tests.integration.roles.decommission_support import (
    RESELLER_KEY,
    RETIRED,
    STAYS,
    WHO,
    Retire,
    book,
    on,
    order,
    sent,
    short,
    st_order,
    writes,
)
from ansible_collections.certops.orders.tests.integration.roles.test_order_plan import kill_all_of
from ansible_collections.certops.orders.tests.integration.servertastic_support import digest
from ansible_collections.certops.orders.tests.integration.support import SECRET_KEY, Controller, Simulator, mentions

PENDING, WAITING, REJECT, ASKED, PROCESSING, NEEDS_CSR, APPROVED = 11, 12, 13, 14, 15, 16, 17
ISSUED, REISSUE, EXPIRED, MIGRATED, MARKED = 21, 22, 31, 32, 33
REVOKED, REJECTED, DENIED, CANCELED, NEW_WORD, CLIENT, HOSTILE = 41, 42, 43, 44, 45, 51, 52
OTHER, ALIKE = 61, 62
TRAP = "{{ lookup('pipe', 'touch %s') }}"


def of_every_status(trap: Path) -> dict[str, Any]:
    """An account with one order of every status, in which some text is hostile."""
    evil = TRAP % trap
    orders = [
        order(PENDING, "pending", "www", organization={"id": 5, "name": evil}),
        order(WAITING, "waiting_pickup", "api"),
        order(REJECT, "needs_approval", "sso"),
        order(ASKED, "needs_approval", "asked", requests=[{"type": "revoke", "status": "pending"}]),
        order(PROCESSING, "processing", "processing"),
        order(NEEDS_CSR, "needs_csr", "csr"),
        order(APPROVED, "approved", "approved"),
        order(ISSUED, "issued", "shop"),
        order(REISSUE, "reissue_pending", "again"),
        order(EXPIRED, "expired", "old", valid_till_in_days=-5),
        order(MIGRATED, "expired", "older", origin="migrated", valid_till_in_days=-100),
        order(MARKED, "expired", "marked", origin="migrated", valid_till_in_days=-10, is_renewed=True),
        order(REVOKED, "revoked", "revoked", certificate_status="revoked"),
        order(REJECTED, "rejected", "rejected"),
        order(DENIED, "denied", "denied"),
        order(CANCELED, "canceled", "canceled"),
        order(NEW_WORD, "awaiting_attestation", "new"),
        order(CLIENT, "issued", "person", product="client_premium", dns_names=[on("person")]),
        {"id": HOSTILE, "status": "pending", "common_name": evil, "dns_names": [on("evil")]},
        {"id": OTHER, "status": "pending", "common_name": f"www.{STAYS}"},
        {"id": ALIKE, "status": "pending", "common_name": f"not{RETIRED}"},
    ]
    at_servertastic = [
        st_order("queued", "Queued"),
        st_order("issued", "Completed", completed_days_ago=10, admin_contact={"email": f"{evil}@example.com"}),
        st_order("other", "Queued", f"www.{STAYS}"),
    ]
    return book(*orders, at_servertastic=at_servertastic)


ACTIONS = {
    PENDING: "cancel",
    WAITING: "cancel",
    REJECT: "reject_request",
    ASKED: "leave",
    PROCESSING: "leave",
    NEEDS_CSR: "leave",
    APPROVED: "leave",
    ISSUED: "keep",
    REISSUE: "drop_reissue",
    EXPIRED: "nothing",
    MIGRATED: "mark_renewed",
    MARKED: "nothing",
    **dict.fromkeys((REVOKED, REJECTED, DENIED, CANCELED), "nothing"),
    **dict.fromkeys((NEW_WORD, CLIENT, HOSTILE), "leave"),
}
EFFECTS = [
    f"settle {REJECT}0 rejected",
    f"set {PENDING} canceled",
    f"set {WAITING} canceled",
    f"set {REISSUE} canceled",
    f"set {MIGRATED} renewed",
    "cancel queued",
]
# The requests of a planning run, and no others.
READS = [
    *WHO,
    "list ",
    *(f"read {order_id}" for order_id in (PENDING, WAITING, REJECT, ASKED, REISSUE)),
    *(f"list {EXPIRED},{MIGRATED}", f"list {EXPIRED},{MIGRATED} migrated", f"list {MIGRATED} certcentral"),
]
AT_SERVERTASTIC = ["showtokens", "review issued", "review other", "review queued"]
BOTH = {"mark_renewed": True, "servertastic_account": True}


@pytest.fixture
def trap(controller: Controller) -> Path:
    """Return a file that comes into being where a text is taken for a template."""
    return controller.home / "trapped"


@pytest.fixture
def retire(controller: Controller, sim: Simulator, trap: Path) -> Iterator[Retire]:
    sim.reset(of_every_status(trap))
    yield Retire(controller, sim)
    assert not trap.exists()


def by_text(wanted: Mapping[int, str]) -> dict[str, str]:
    return {str(name): word for name, word in wanted.items()}


def truth(sim: Simulator) -> dict[str, dict[str, Any]]:
    """Every order as it truly is, by its id or token."""
    state = sim.state()
    return {str(one["id"]): one for one in state["certcentral"]["orders"]} | sim.st_orders()


# -- planning ----------------------------------------------------------------------------------------------------------


def test_a_view_only_key_plans_over_both_services_and_fails_before_anything_is_touched(retire: Retire) -> None:
    view_only = {"DIGICERT_API_KEY": "sim-readonly"}
    plan, apply = retire.steps(retire.step("plan", env=view_only, **BOTH), retire.step("apply", env=view_only, **BOTH))

    assert plan.actions == by_text(ACTIONS) | {digest("queued"): "cancel", digest("issued"): "keep"}
    assert plan.outcomes[str(PENDING)] == "planned"
    # What is read in parallel comes in any order.
    assert sorted(sent(plan)) == sorted(READS + AT_SERVERTASTIC)
    assert sent(apply) == WHO[:1]
    assert apply["Make or apply the plan"].failure["code"] == "read_only"
    assert not apply.succeeded
    assert not retire.effects
    assert retire.path.exists()


def test_names_are_found_in_every_spelling_and_a_restricted_key_reports_its_limits(
    retire: Retire, sim: Simulator
) -> None:
    sim.reset(
        book(
            {"id": 1, "status": "pending", "common_name": "xn--bcher-kva.example.com", "container": {"id": 2}},
            {"id": 2, "status": "pending", "common_name": f"WWW.{RETIRED.upper()}", "container": {"id": 2}},
            {"id": 3, "status": "pending", "common_name": RETIRED, "container": {"id": 2}},
            {"id": 4, "status": "pending", "common_name": on("unlisted"), "container": {"id": 3}},
            {"id": 5, "status": "pending", "common_name": "bücher.example.org", "container": {"id": 2}},
            at_servertastic=[st_order("loud", "Queued", f"API.{RETIRED}".upper())],
        )
    )
    names = ["BÜCHER.example.com.", f"{RETIRED.upper()}.", "Bücher.example.org"]
    emea = {"DIGICERT_API_KEY": "sim-emea"}

    all_of_them, no_subdomains = retire.steps(
        retire.step("plan", env=emea, names=names, servertastic_account=True),
        retire.step("plan", names=names, include_subdomains=False, protected=["*.EXAMPLE.com."], plan_path=None),
    )

    assert all_of_them.actions == {**dict.fromkeys("1235", "cancel"), digest("loud"): "cancel"}
    assert all_of_them.plan["names"] == [RETIRED, "xn--bcher-kva.example.com", "xn--bcher-kva.example.org"]
    assert all_of_them.entries["2"]["domains"] == [f"www.{RETIRED}"]
    assert any(mentions(line, "containers", 2) for line in all_of_them.output.splitlines())
    assert no_subdomains.actions == {"1": "leave", "3": "leave", "5": "cancel"}
    assert not retire.effects


# -- plan, approve, apply ----------------------------------------------------------------------------------------------


def test_only_orders_of_the_scope_are_ended_and_the_others_are_shown(retire: Retire, sim: Simulator) -> None:
    emea = {"id": 2, "name": "EMEA"}
    sim.reset(
        book(
            order(1, "pending", "www", container=emea),
            order(2, "pending", "api"),
            order(3, "pending", "labs", container=emea, organization={"id": 5, "name": "Labs"}),
            order(4, "revoked", "old"),
            at_servertastic=[st_order("queued", "Queued")],
        )
    )
    # 111111 is the organization of an order of a seed that names none.
    scope = {"containers": "EMEA,Misspelled", "organizations": [111111], "servertastic_account": True}

    plan, apply = retire.steps(retire.step("plan", **scope), retire.step("apply", **scope))

    others = {"2": "leave", "3": "leave", "4": "nothing", digest("queued"): "leave"}
    assert plan.actions == {"1": "cancel", **others}
    assert "decommission_domain_containers" in plan.reasons["2"]
    assert mentions(plan.reasons["3"], "Labs", "decommission_domain_organizations")
    assert mentions(plan.reasons[digest("queued")], "decommission_domain_organizations")
    assert mentions(plan.plan["notes"][0], "decommission_domain_containers", "misspelled")
    assert not {"read 2", "read 3"} & set(sent(plan))
    assert apply.outcomes == {
        "1": "done",
        **dict.fromkeys(("2", "3", short("queued")), "left"),
        "4": "unchanged",
    }
    assert writes(apply) == ["set 1 canceled"]


@pytest.mark.story("decommission_domain")
def test_it_is_planned_approved_done_and_done_already(retire: Retire, sim: Simulator) -> None:
    before = truth(sim)
    plan = retire.plan(variables=BOTH)

    # The approver gets the plan, and a workflow passes it on.
    shown = plan["Make or apply the plan"].result["table"]
    assert "\n".join(shown) in plan.output
    assert any(mentions(line, len(EFFECTS), len(ACTIONS) + 2) for line in shown)
    assert mentions("\n".join(shown), retire.sha256, retire.path)
    stats = json.loads(plan.output.partition("RUN: ")[2])
    assert stats["decommission_domain_plan_sha256"] == retire.sha256
    assert stats["decommission_domain_plan_path"] == str(retire.path)
    # What comes from a service is a text, and is never evaluated as a template.
    assert plan.entries[str(HOSTILE)]["name"].startswith("(( lookup('pipe'")
    # A plan has the same text, whichever machine writes it.
    text = retire.path.read_text()
    assert _plan.digest(text) == retire.sha256
    assert _plan.canonical(json.loads(text)) == text
    assert (plan.plan["account_id"], f"http://{plan.plan['api_host']}") == (100001, sim.url)

    apply = retire.apply(variables=BOTH)

    done = [order_id for order_id, action in ACTIONS.items() if action not in ("keep", "leave", "nothing")]
    assert apply.outcomes == {
        **{str(name): "unchanged" if action == "nothing" else "left" for name, action in ACTIONS.items()},
        **dict.fromkeys(map(str, done), "done"),
        short("queued"): "done",
        short("issued"): "left",
    }
    assert retire.effects == Counter(EFFECTS)
    _the_first_change_is_verified_and_nothing_ends_without_a_sheet(sent(apply))
    assert sorted(path.name for path in retire.report_dir.glob("reorder-*")) == sorted(
        [
            *(f"reorder-certcentral-{one}.json" for one in (PENDING, WAITING, REJECT)),
            f"reorder-servertastic-{digest('queued')}.json",
        ]
    )
    # The account is as planned, and nothing else of it has changed.
    after = truth(sim)
    assert [after[str(one)]["status"] for one in (PENDING, WAITING, REJECT, REISSUE)] == [
        "canceled",
        "canceled",
        "rejected",
        "issued",
    ]
    assert after[str(MIGRATED)]["is_renewed"] is True
    assert after["sim-tok-queued"]["status"] == "Cancelled"
    changed = {name for name, one in after.items() if one != before[name]}
    assert changed == {*map(str, done), "sim-tok-queued"}

    again, anew = retire.steps(retire.step("apply", **BOTH), retire.step("plan", **BOTH))

    assert {again.outcomes[str(one)] for one in done} == {"done"}
    # The reason is that it was done before, and not that of the plan.
    for one in (str(done[0]), short("queued")):
        assert again.records[one]["reason"] != apply.records[one]["reason"]
    assert not set(anew.actions.values()) - {"keep", "leave", "nothing"}
    assert writes(again) + writes(anew) == []

    assert (
        retire.report("apply")["plan_sha256"]
        == json.loads((retire.report_dir / f"reorder-certcentral-{PENDING}.json").read_text())["plan_sha256"]
    )
    _nothing_secret_is_left_behind(retire, plan.output, apply.output, again.output)


def _the_first_change_is_verified_and_nothing_ends_without_a_sheet(requests: list[str]) -> None:
    changes = [at for at, line in enumerate(requests) if line in EFFECTS]
    assert len(changes) == len(EFFECTS)
    first, second = changes[:2]
    assert requests[first] == f"settle {REJECT}0 rejected"
    assert f"request {REJECT}0" in requests[first + 1 : second]
    # The page that the fresh plan has just read is that of the sheet.
    for order_id, write in (
        (PENDING, "set {} canceled"),
        (WAITING, "set {} canceled"),
        (REJECT, "settle {}0 rejected"),
    ):
        assert requests[: requests.index(write.format(order_id))].count(f"read {order_id}") == 1


def _nothing_secret_is_left_behind(retire: Retire, *outputs: str) -> None:
    tokens = [one["token"] for one in retire.sim.st_orders().values()]
    texts = {**retire.left_behind, **{f"output {number}": text for number, text in enumerate(outputs)}}
    assert any(path.endswith("servertastic-requests.jsonl") for path in texts)
    for where, text in texts.items():
        for secret in (SECRET_KEY, RESELLER_KEY, *tokens):
            assert secret not in text, f"{where} has {secret}"


def test_only_what_still_stands_in_both_is_done(retire: Retire) -> None:
    plan, apply = retire.steps(
        retire.step("plan"),
        # One that was issued, one whose names are others, and one that was requested anew.
        retire.patch(PENDING, status="issued", valid_till_in_days=300),
        retire.patch(WAITING, dns_names=[on("api"), on("more")]),
        [{"name": "New", "certsim": {"add": order(71, "pending", "new-one")}}],
        retire.step("apply"),
    )

    assert plan.actions[str(WAITING)] == "cancel"
    assert [apply.outcomes[order] for order in (str(PENDING), str(WAITING), "71")] == ["left"] * 3
    assert [apply.actions[order] for order in (str(PENDING), str(WAITING), "71")] == ["keep", "cancel", "cancel"]
    reasons = {name: one["reason"] for name, one in apply.records.items()}
    assert mentions(reasons[str(WAITING)], on("api"), on("more"))
    # Each has as its reason that it differs from the approved plan, and not the reason of the fresh one.
    assert not [name for name in (str(PENDING), str(WAITING), "71") if reasons[name] == apply.reasons[name]]
    assert writes(apply) == [f"settle {REJECT}0 rejected", f"set {REISSUE} canceled"]
    assert not set(apply.entries) & {str(OTHER), str(ALIKE)}


def test_a_plan_is_carried_out_only_if_it_is_the_one_that_was_approved(retire: Retire) -> None:
    plan = retire.plan(variables={"plan_path": None})
    text = json.loads(plan.output.partition("RUN: ")[2])["decommission_domain_plan"]
    assert hashlib.sha256(text.encode()).hexdigest() == retire.sha256
    whole = json.loads(text)
    assert _plan.canonical(whole) == text

    def made(hours: float, **changes: Any) -> dict[str, Any]:
        facts = {name: whole[name] for name in ("kind", "account_id", "api_host", "names", "entries")}
        return _plan.make(**{**facts, **changes}, now=datetime.now(timezone.utc) - timedelta(hours=hours))

    def handed_in(plan: Mapping[str, Any], as_text: bool = False, sha256: str = "") -> list[dict[str, Any]]:
        text = _plan.canonical(plan)
        given = {"plan": text if as_text else plan, "plan_sha256": sha256 or _plan.digest(text), "plan_path": None}
        return retire.step("apply", **given)

    # A byte of its file is another one.
    retire.path.parent.mkdir()
    retire.path.touch(mode=0o600)
    retire.path.write_text(_plan.canonical(whole).replace('"status":"pending"', '"status":"qending"', 1))
    only = [entry for entry in whole["entries"] if entry["order"] == str(PENDING)]
    wrong = {
        "plan_account_id": [handed_in(made(1, account_id=7))],
        "plan_api_host": [handed_in(made(1, api_host="www.digicert.eu"))],
        "plan_kind": [handed_in(made(1, kind="cancel_stale_orders"))],
        "plan_expired": [handed_in(made(72.1))],
        "plan_future": [handed_in(made(-1))],
        "plan_sha256": [
            handed_in({**whole, "names": ["gone.example.net"]}, sha256=retire.sha256),
            handed_in(whole, sha256=64 * "0"),
            handed_in(whole, sha256="mine"),
            retire.step("apply", plan_sha256=retire.sha256),
        ],
    }
    codes = [code for code, steps in wrong.items() for _step in steps]
    *refused, unapproved, by_its_text, by_itself = retire.steps(
        *(step for steps in wrong.values() for step in steps),
        retire.step("apply", plan=whole, plan_sha256="", plan_path=None),
        handed_in(made(71, entries=only), as_text=True),
        handed_in(whole),
    )

    assert [step.plan_code for step in refused] == codes
    for step in refused:
        # The reason of the module is that of the run.
        assert step["Make or apply the plan"].failure["message"] in step.refusal
    # Without the digest nothing is compared.
    assert unapproved.refused_by == "Make or apply the plan"
    assert {tuple(writes(step)) for step in (*refused, unapproved)} == {()}
    assert writes(by_its_text) == [f"set {PENDING} canceled"]
    assert sorted(writes(by_itself)) == sorted(set(EFFECTS[:4]) - {f"set {PENDING} canceled"})
    assert by_itself.outcomes[str(PENDING)] == "done"


def test_check_mode_changes_nothing_and_predicts_the_result(retire: Retire, sim: Simulator) -> None:
    before = truth(sim)
    retire.plan(variables=BOTH)
    reports = set(retire.report_dir.iterdir())

    apply = retire.apply(variables=BOTH, args=["--check", "--diff"])

    assert apply.succeeded
    changing = {name for name, action in apply.actions.items() if action not in ("keep", "leave", "nothing")}
    assert len(changing) == len(EFFECTS)
    assert {apply.outcomes[name if len(name) < 9 else name[:8]] for name in changing} == {"planned"}
    diff = [line for line in apply.output.splitlines() if mentions(line[1:], PENDING, on("www"))]
    assert any(line.startswith("-") and mentions(line, "status", "pending") for line in diff)
    assert any(line.startswith("+") and mentions(line, "status", "canceled") for line in diff)
    assert writes(apply) == []
    assert truth(sim) == before
    assert set(retire.report_dir.iterdir()) == reports


def test_the_results_of_300_orders_are_small_and_name_each_of_them(retire: Retire, sim: Simulator, trap: Path) -> None:
    count = 300
    orders = [{"id": number, "status": "pending", "common_name": RETIRED} for number in range(1, count + 1)]
    sim.reset({**of_every_status(trap), "orders": orders})

    plan, apply = retire.steps(*(retire.step(phase, max_changes=count) for phase in ("plan", "apply")))

    assert set(apply.outcomes.values()) == {"done"}
    assert set(apply.outcomes) == set(map(str, range(1, count + 1)))
    assert sum(line.startswith("  cancel  ") for line in plan["Make or apply the plan"].table) == 50
    entries = json.loads(retire.path.read_text())["entries"]
    assert {entry["action"] for entry in entries} == {"cancel"}
    own = [task for step in (plan, apply) for task in step.tasks if task.name != "Outcomes"]
    assert sum(len(json.dumps(task.result)) for task in own) < 100_000
    assert len(own) <= 25


def test_at_once_by_the_playbook_where_that_is_confirmed(retire: Retire, sim: Simulator) -> None:
    given = {
        "decommission_domain_names": [RETIRED, on("www")],
        "decommission_domain_phase": "all",
        "decommission_domain_report_dir": str(retire.report_dir),
    }
    sim.add(id=81, status="pending", common_name=RETIRED)
    outcomes = "- {hosts: localhost, gather_facts: false, tasks: [{debug: {var: order_plan_outcomes}, name: Outcomes}]}"
    playbook = ["certops.orders.decommission_domain"]

    unconfirmed = retire.controller.playbook(outcomes, args=playbook, variables=given)
    assert unconfirmed.rc == 2
    assert "confirm" in unconfirmed["Make or apply the plan"].msg
    assert not retire.effects

    confirmed = retire.controller.playbook(
        outcomes, args=playbook, variables={**given, "decommission_domain_confirm": True}
    )
    assert confirmed.rc == 0, confirmed.output
    found = {one["order"]: one["outcome"] for one in confirmed["Outcomes"].order_plan_outcomes}
    assert found == {str(PENDING): "done", "81": "done"}
    assert retire.effects == Counter([f"set {PENDING} canceled", "set 81 canceled"])


# -- interrupted -------------------------------------------------------------------------------------------------------

KILLED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "revoke": (
        {"on_issued": "revoke", "probe": False, "probe_waiver": "The network is gone", "max_revocations": 3, **BOTH},
        [
            f"settle {REJECT}0 rejected",
            f"set {PENDING} canceled",
            f"set {WAITING} canceled",
            f"set {MIGRATED} renewed",
            f"revoke {ISSUED}",
            f"set {REISSUE} canceled",
            f"revoke {REISSUE}",
            "cancel queued",
            "cancel issued",
        ],
    ),
    "lapse": (
        {"on_issued": "lapse"},
        [
            f"note {ISSUED}",
            f"emails {ISSUED} off",
            f"auto-reissue {ISSUED} 0",
            f"set {REISSUE} canceled",
            f"note {REISSUE}",
            f"emails {REISSUE} off",
        ],
    ),
}


def interrupted(retire: Retire, variables: Mapping[str, Any], kind: str) -> bool:
    """Apply, and kill it at its next change, if it makes one."""
    armed = ({"method": "PUT"}, {"method": "POST"}, {"path": r"order/cancel\.json"})
    for which in armed:
        retire.sim.fault(kind, **which)
    process = retire.controller.start(retire.playbook(retire.step("apply", **variables)))
    try:
        while len(retire.sim.faults()) == len(armed) and process.poll() is None:
            time.sleep(0.05)
        return len(retire.sim.faults()) < len(armed)
    finally:
        kill_all_of(process.pid)
        output = process.communicate(timeout=60)[0]
        retire.sim.clear_faults()
        # A mail of which it is not known whether it was sent makes the run fail at its end.
        assert "fatal" not in output or "request_again" in output, output


@pytest.mark.parametrize("on_issued", KILLED)
def test_killed_at_every_change_it_converges_with_one_effect_each(
    on_issued: str, retire: Retire, sim: Simulator
) -> None:
    variables, expected = KILLED[on_issued]
    if on_issued == "lapse":
        sim.reset(
            book(
                order(ISSUED, "issued", "shop", auto_reissue=1, is_multi_year_plan=True),
                order(REISSUE, "reissue_pending", "again"),
            )
        )
    planned = retire.plan(variables=variables)

    # Just before a change takes effect, and then after each of them, before the answer comes.
    assert interrupted(retire, variables, "hang")
    assert retire.effects == Counter()
    killed = 0
    while interrupted(retire, variables, "hang_after"):
        killed += 1
        assert retire.effects.total() == killed
    assert retire.effects == Counter(expected)

    apply = retire.apply(variables=variables)

    assert writes(apply) == []
    changing = [name for name, action in planned.actions.items() if action not in ("keep", "leave", "nothing")]
    entries = {entry["order"]: entry for entry in retire.report("apply")["entries"]}
    came_to = {name: entries[name if len(name) < 9 else name[:8]]["outcome"] for name in changing}
    waits = {str(ISSUED), str(REISSUE)} if on_issued == "revoke" else set()
    expected_outcomes = {name: "pending_approval" if name in waits else "done" for name in changing}
    # Nothing shows whether the mail was sent: that run was killed before it was acknowledged.
    unknown = {digest("issued"): "unknown"} if on_issued == "revoke" else {}
    assert came_to == {**expected_outcomes, **unknown}
    assert retire.effects == Counter(expected)
    assert len(sim.outbox()) == (on_issued == "revoke")
    if unknown:
        assert "request_again" in entries[short("issued")]["reason"]
        sim.approve(sim.outbox()[0])
        sim.advance("10m")
        assert retire.apply(variables=variables).outcomes[short("issued")] == "done"
