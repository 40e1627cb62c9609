# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Activating and deactivating domains as a conversation with CertCentral."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.modules import digicert_domain as module
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    HANGS_UP,
    NO_SUCH_DOMAIN,
    VIEW_ONLY,
    Call,
    asks,
    asks_who,
    changes,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Converse, failure_of, only, play

SHOW = "include_validation=true&include_dcv=true&include_dcv_expiration_time=true"
sets_state = partial(play, module)


def a_domain(number: int = 4, name: str = "example.com", active: Any = True) -> dict[str, Any]:
    return {"id": number, "name": name, "is_active": active}


def reads_domain(active: Any = True) -> Call:
    return asks(f"/domain/4?{SHOW}", a_domain(active=active))


def lists_domains(*domains: Any) -> Call:
    return asks(f"/domain?{SHOW}&limit=1000&offset=0", {"domains": list(domains), "page": {"total": len(domains)}})


@pytest.mark.parametrize(("state", "verb"), [("active", "activate"), ("inactive", "deactivate")])
def test_a_domain_by_its_id(conversation: Converse, state: str, verb: str) -> None:
    active = state == "active"
    result = sets_state(
        conversation(reads_domain(not active), changes(f"/domain/4/{verb}")), domain_id=4, state=state, diff=True
    )
    assert result["changed"] is True
    assert only(result, "domains")["after"] == {"state": state}
    assert only(result, "domains")["name"] == "example.com"
    assert result["diff"]["after"] == f"domain 4 (example.com): state: {state}\n"

    again = sets_state(conversation(reads_domain(active)), domain_id=4, state=state)
    assert (again["changed"], only(again, "domains")["outcome"]) == (False, "unchanged")

    would = sets_state(conversation(reads_domain(not active)), domain_id=4, state=state, check_mode=True)
    assert (would["changed"], only(would, "domains")["after"]) == (True, {"state": state})


def test_domains_by_name_are_one_list(conversation: Converse) -> None:
    service = conversation(
        lists_domains(a_domain(1, "A.example"), a_domain(2, "b.example", "0"), a_domain(3, "other.example")),
        asks_who(),
        changes("/domain/1/deactivate"),
    )
    result = sets_state(service, names=["a.example", "B.example.", "c.example"], state="inactive", missing="ok")
    outcomes = [(one["name"], one["outcome"]) for one in result["domains"]]
    assert outcomes == [("a.example", "changed"), ("b.example", "unchanged"), ("c.example", "missing")]


def test_a_name_that_is_not_there(conversation: Converse) -> None:
    result = sets_state(conversation(lists_domains(), asks_who()), name="a.example", state="inactive")
    assert only(result, "domains")["outcome"] == "missing"
    assert failure_of(result)["order_id"] is None


def test_a_name_that_several_have_is_refused(conversation: Converse) -> None:
    service = conversation(lists_domains(a_domain(1), a_domain(2)))
    result = sets_state(service, name="example.com", state="inactive")
    assert failure_of(result)["code"] == "ineligible"
    assert re.findall(r"\d+", only(result, "domains")["reason"]) == ["1", "2"]
    assert "domain_id" in result["msg"]


@pytest.mark.parametrize("took_effect", [True, False])
def test_a_switch_is_verified_by_a_read_after_a_lost_reply(conversation: Converse, took_effect: bool) -> None:
    switch = changes("/domain/4/deactivate")
    then = [reads_domain(active=False)] if took_effect else [reads_domain(), switch]
    result = sets_state(conversation(reads_domain(), switch.gets(HANGS_UP), *then), domain_id=4, state="inactive")
    assert (result["changed"], only(result, "domains")["outcome"]) == (True, "changed")


def test_a_read_only_key(conversation: Converse) -> None:
    service = conversation(reads_domain(), changes("/domain/4/deactivate", answer=VIEW_ONLY), reads_domain())
    result = sets_state(service, domain_ids=[4], state="inactive")
    assert (result["changed"], failure_of(result)["http_status"]) == (False, 403)


def test_an_id_that_is_not_there(conversation: Converse) -> None:
    service = conversation(asks(f"/domain/4?{SHOW}", answer=NO_SUCH_DOMAIN), asks_who())
    assert only(sets_state(service, domain_id=4, state="active", missing="ok"), "domains")["outcome"] == "missing"


@pytest.mark.parametrize(
    "arguments",
    [{"domain_id": 0}, {"name": "a b"}, {"names": ["a.example", ""]}],
)
def test_arguments_that_are_refused(conversation: Converse, arguments: Any) -> None:
    result = sets_state(conversation(), state="active", **arguments)
    assert failure_of(result)["code"] == "invalid_option"
    assert all(re.search(rf"\b{option}\b", result["msg"]) for option in arguments)
