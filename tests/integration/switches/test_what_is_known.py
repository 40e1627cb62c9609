# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No end rests on less than is known: lists that leave names or certificates out, under every value of a switch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.roles.decommission_support import (
    WHO,
    Retire,
    book,
    on,
    order,
    sent,
)
from ansible_collections.certops.orders.tests.integration.support import Controller, Simulator, mentions

# The first value of each is its default.
SWITCHES = {
    "certcentral.list_names": ("all", "fewer", "null", "absent", "text"),
    "certcentral.duplicate_list": ("whole", "repeats_primary", "short", "empty"),
    "certcentral.reissue_list": ("whole", "repeats_primary", "short", "empty"),
    "certcentral.copy_names": ("all", "null", "absent"),
    "certcentral.certificate_id_before_issue": ("false", "true"),
}
PENDING, SECRET, REJECT, HIDDEN, PLAIN, COPIES, REISSUED, REISSUE = range(11, 19)
PAY = "pay.example.org"


def account() -> dict[str, Any]:
    return book(
        order(PENDING, "pending", "pending", dns_names=[on("pending"), on("www.pending")]),
        # The last name, which a list may leave out, is protected.
        order(SECRET, "pending", "secret", dns_names=[on("secret"), PAY]),
        order(REJECT, "needs_approval", "reject"),
        # A list that leaves the last name out does not show that it covers a name to decommission.
        {
            "id": HIDDEN,
            "status": "pending",
            "common_name": "www.other.org",
            "dns_names": ["www.other.org", on("hidden")],
        },
        order(PLAIN, "issued", "plain"),
        order(COPIES, "issued", "copies", duplicates=[{"common_name": on("copy1")}, {"common_name": on("copy2")}]),
        order(REISSUED, "issued", "reissued", reissues=[{"common_name": on("old1")}, {"common_name": on("old2")}]),
        order(REISSUE, "reissue_pending", "reissue"),
    )


ACTIONS = {
    PENDING: "cancel",
    SECRET: "leave",
    REJECT: "reject_request",
    HIDDEN: "leave",
    **dict.fromkeys((PLAIN, COPIES, REISSUED, REISSUE), "revoke"),
}
REVOKE = {"on_issued": "revoke", "probe": False, "probe_waiver": "The data centre is gone", "protected": [PAY]}
# One page for each end that is planned; with that of a revocation its reissues and duplicates are read.
PAGES = (PENDING, REJECT)
REVOCATIONS = (PLAIN, COPIES, REISSUED, REISSUE)


def reads_of(*pages: int) -> list[str]:
    lists = [f"{kind} of {one}" for one in REVOCATIONS for kind in ("reissues", "duplicates")]
    return sorted([*WHO, "list ", *(f"read {one}" for one in (*pages, *REVOCATIONS)), *lists])


@pytest.fixture
def retire(controller: Controller, sim: Simulator) -> Retire:
    sim.reset(account())
    return Retire(controller, sim)


# Each value of a switch in one of them; the orders that are left because of it.
CASES: list[tuple[dict[str, str], tuple[int, ...]]] = [
    ({"certificate_id_before_issue": "true"}, ()),
    ({"list_names": "fewer", "duplicate_list": "repeats_primary", "reissue_list": "short"}, (COPIES, REISSUED)),
    ({"list_names": "null", "duplicate_list": "short", "reissue_list": "empty"}, (COPIES, REISSUED)),
    ({"list_names": "absent", "duplicate_list": "empty", "reissue_list": "repeats_primary"}, (COPIES, REISSUED)),
    ({"list_names": "text", "copy_names": "null"}, (COPIES, REISSUED)),
    ({"copy_names": "absent"}, (COPIES, REISSUED)),
]


def test_every_value_of_a_switch_is_played() -> None:
    played = {(f"certcentral.{name}", value) for switches, _left in CASES for name, value in switches.items()}
    assert played == {(name, value) for name, (_default, *values) in SWITCHES.items() for value in values}


@pytest.mark.parametrize("several", [CASES[:3], CASES[3:]])
def test_a_plan_is_right_whatever_lists_leave_out(
    retire: Retire, several: list[tuple[dict[str, str], tuple[int, ...]]]
) -> None:
    tasks = []
    defaults = {name: values[0] for name, values in SWITCHES.items()}
    for given, _left in several:
        switches = {**defaults, **{f"certcentral.{name}": value for name, value in given.items()}}
        tasks += [[{"name": "Set switches", "certsim": {"switches": switches}}], retire.step("plan", **REVOKE)]
    plans = retire.steps(*tasks)

    assert len(plans) == len(several)
    for plan, (given, left) in zip(plans, several):
        wanted = {**ACTIONS, **dict.fromkeys(left, "leave")}
        assert plan.actions == {str(one): action for one, action in wanted.items()}, (given, plan.reasons)
        assert mentions(plan.reasons[str(SECRET)], PAY)
        assert all("certificate" in plan.reasons[str(one)] for one in left)
        if "list_names" not in given:
            assert sorted(sent(plan)) == reads_of(*PAGES)
    assert not retire.effects


def test_what_is_accepted_is_marked_and_revoked_and_a_protected_name_still_wins(retire: Retire, sim: Simulator) -> None:
    sim.set({"certcentral.duplicate_list": "empty"})
    variables = {**REVOKE, "accept_unknown": [COPIES, SECRET], "max_revocations": 4}
    plan, apply = retire.steps(retire.step("plan", **variables), retire.step("apply", **variables))

    assert plan.actions == {str(one): action for one, action in ACTIONS.items()}
    assert plan.entries[str(COPIES)]["state"]["unknown"] == "accepted"
    assert mentions(plan.reasons[str(COPIES)], "decommission_domain_accept_unknown")
    assert [one for one in plan.entries.values() if "unknown" in one["state"]] == [plan.entries[str(COPIES)]]
    assert apply.outcomes[str(COPIES)] == "pending_approval"
    assert f"revoke {COPIES}" in retire.effects
    assert not any(str(SECRET) in line for line in retire.effects)


def test_the_module_revokes_no_order_of_which_it_does_not_know_all(controller: Controller, sim: Simulator) -> None:
    sim.reset(account())
    cases = [
        (switch, value)
        for switch in ("duplicate_list", "reissue_list")
        for value in ("repeats_primary", "short", "empty")
    ]
    tasks: list[dict[str, Any]] = []
    for switch, value in cases:
        given = {"order_id": COPIES if switch == "duplicate_list" else REISSUED, "comments": "Gone", "confirm": True}
        called = f"{switch} {value}"
        module = "certops.orders.digicert_certificate_revoke"
        tasks += [
            {"name": "Begin", "certsim": {"reset": account(), "switches": {f"certcentral.{switch}": value}}},
            {"name": f"{called}: refused", module: given, "ignore_errors": True},
            {"name": f"{called}: accepted", module: {**given, "accept_unknown_certificates": True}},
        ]
    run = controller.play(json.dumps(tasks))

    for switch, value in cases:
        refused, accepted = (run[f"{switch} {value}: {word}"] for word in ("refused", "accepted"))
        order = refused.result["orders"][0]
        assert (order["outcome"], order["before"]["certificates_known"]) == ("ineligible", False)
        assert refused.writes == []
        assert accepted.result["orders"][0]["outcome"] == "pending_approval"
