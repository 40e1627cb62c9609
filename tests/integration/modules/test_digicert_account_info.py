# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account and the user of a key, and whether it may change anything."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.certops.orders.tests.integration.support import (
    Controller,
    Simulator,
    assert_failure,
    mentions,
    seed,
)

KEYS = {
    "sim-team": {"user": "team", "user_id": 8, "container_ids": [5, 2]},
    "sim-both": {"user": "both", "roles": ["View Only", "Orders"], "view_only": False},
}


def info(name: str, environment: dict[str, str] | None = None, **arguments: Any) -> str:
    keywords = {"environment": environment} if environment else {}
    return f"- {json.dumps({'name': name, 'certops.orders.digicert_account_info': arguments, **keywords})}\n"


@pytest.mark.story("digicert_account_info")
def test_the_key_its_user_and_its_account_are_returned(controller: Controller, sim: Simulator) -> None:
    sim.reset(seed(keys=KEYS, account={"id": 4711, "name": "Example Ltd"}))
    url = {"api_url": sim.api_url}
    run = controller.play(
        info("Admin", require_write=True, rate_limit="100/5, 1000/180")
        + info("Team", api_key="sim-team", **url)
        + info("Auditor", api_key="sim-readonly", **url)
        + info("Auditor who has to write", api_key="sim-readonly", require_write=True, **url)
        + info("Both", api_key="sim-both", require_write=True, **url)
        + info("Former", api_key="sim-expired", **url)
        + info("Read only", {"DIGICERT_READ_ONLY": "1"})
        + info("Read only, and has to write", {"DIGICERT_READ_ONLY": "1"}, require_write=True),
    )
    admin = run.good("Admin")
    assert admin.sent == ["user", "account"]
    assert mentions(admin.msg, "admin", "Orders", 4711)
    assert admin.user == {
        "user_id": 7,
        "username": "admin",
        "status": "active",
        "roles": ["Orders"],
        "container_ids": None,
    }
    assert admin.account == {
        "account_id": 4711,
        "organization_id": 111111,
        "organization_name": "Example Ltd",
        "root_container_id": 1,
        "type": "retail",
    }
    assert admin.limits == [{"requests": 100, "seconds": 5.0}, {"requests": 1000, "seconds": 180.0}]
    assert (admin.api_url, admin.may_write) == (sim.api_url, True)
    assert run.good("Team").user["container_ids"] == [2, 5]
    assert run.good("Auditor").may_write is False
    for name, why in {
        "Auditor who has to write": "View Only",
        "Read only, and has to write": "DIGICERT_READ_ONLY",
    }.items():
        assert_failure(run.bad(name), code="read_only")
        assert why in run[name].msg
        assert run[name].user["username"]
    assert run.good("Both").may_write is True
    assert_failure(run.bad("Former"), code="access_denied|access_denied_invalid_key", http_status=403)
    assert run.good("Read only").may_write is False
    assert run.writes == []


def test_an_account_that_may_not_be_read_is_known_by_its_id(controller: Controller, sim: Simulator) -> None:
    sim.set({"certcentral.account_readable": False})
    run = controller.play(info("Who"))
    assert run.good("Who").account == {"account_id": 100001}
