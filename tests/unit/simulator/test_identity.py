# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who the caller is: docs/development/reference/certcentral.md 6."""

from __future__ import annotations

import pytest
from simulator_client import Api, code

from certsim.testing import Simulator


def test_account(sim: Simulator, api: Api) -> None:
    assert api.read("/account") == {
        "id": 100001,
        "primary_organization_id": 111111,
        "primary_organization_name": "Example Corp",
        "root_container_id": 1,
        "cert_central_type": "retail",
        "migrated": True,
        "has_auth_key": False,
    }
    sim.reset({"account": {"id": 5, "name": "Northwind"}, "orders": [{"id": 1}]})
    shown = api.read("/account")
    assert (shown["id"], shown["primary_organization_name"], shown["migrated"]) == (5, "Northwind", False)
    sim.reset({"account": {"id": 5, "migrated": True}})
    assert api.read("/account")["migrated"] is True
    assert code(api.request("GET", "/account", params={"colour": "red"})) == (400, "invalid_value:colour")


@pytest.mark.parametrize("value", [True, False])
def test_account_readable(sim: Simulator, api: Api, value: bool) -> None:
    sim.set(certcentral__account_readable=value)
    answer = api.request("GET", "/account")
    assert answer.status_code == (200 if value else 403)
    if not value:
        assert code(answer) == (403, "access_denied|missing_permission")


@pytest.mark.parametrize(("value", "shown"), [("bool", (True, False)), ("string", ("1", "0")), ("int", (1, 0))])
def test_bool_style(sim: Simulator, api: Api, value: str, shown: tuple[object, object]) -> None:
    sim.set(certcentral__bool_style=value)
    account = api.read("/account")
    assert (account["migrated"], account["has_auth_key"]) == shown


@pytest.mark.parametrize(("value", "roles"), [("key", ["View Only"]), ("user", ["Orders"])])
@pytest.mark.parametrize("key", ["sim-readonly", "sim-limited"])
def test_user_me_roles(sim: Simulator, life: Api, value: str, roles: list[str], key: str) -> None:
    sim.set(certcentral__user_me_roles=value)
    api = Api(sim, key)
    assert [role["name"] for role in api.read("/user/me")["access_roles"]] == roles
    assert code(api.put(48, "canceled", "x")) == (403, "access_denied|missing_permission")
    assert life.read("/user/me")["access_roles"] == [{"id": 100, "name": "Orders"}]


def test_users_are_distinguished(sim: Simulator, life: Api) -> None:
    assert (life.read("/user/me")["id"], life.read("/user/me")["username"]) == (7, "admin")
    assert Api(sim, "sim-approver").read("/user/me")["id"] == 8
