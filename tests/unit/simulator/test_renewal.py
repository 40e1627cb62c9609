# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renewal settings: docs/development/reference/certcentral.md 4.6."""

from __future__ import annotations

import pytest
from simulator_client import Api, code

from certsim.testing import Simulator

ORDER = "/order/certificate/44"
VALUES = [
    ("on_off", "on", "off"),
    ("enable_disable", "enable", "disable"),
    ("enabled_disabled", "enabled", "disabled"),
    ("true_false", "true", "false"),
    ("1_0", "1", "0"),
]


def effect(sim: Simulator, api: Api, path: str, body: object = None) -> bool:
    """PUT something, and return whether that changed anything."""
    answer = api.write(path, body)
    assert (answer.status_code, answer.content) == (204, b"")
    assert sim.journal()[-1]["order_id"] == 44
    changed: bool = sim.journal()[-1]["effect"]
    return changed


@pytest.mark.parametrize(("value", "on", "off"), VALUES)
def test_renewal_email_values(sim: Simulator, life: Api, value: str, on: str, off: str) -> None:
    sim.set(certcentral__renewal_email_values=value)
    assert effect(sim, life, f"{ORDER}/renewal-emails/{on}") is False
    assert effect(sim, life, f"{ORDER}/renewal-emails/{off}") is True
    assert effect(sim, life, f"{ORDER}/renewal-emails/{off}", {}) is False
    assert life.get(44).json()["disable_renewal_notifications"] is True
    assert life.ids(filters={"disable_renewal_notifications": "1"}) == [44]
    assert effect(sim, life, f"{ORDER}/renewal-emails/{on}") is True
    assert life.row(44)["disable_renewal_notifications"] is False
    others = [word for name, *words in VALUES if name != value for word in words]
    assert {life.write(f"{ORDER}/renewal-emails/{word}").status_code for word in [*others, "On"]} == {404}


@pytest.mark.parametrize(("value", "error"), [("404", "not_found|route"), ("400", "invalid_value:status")])
def test_renewal_email_refusal(sim: Simulator, life: Api, value: str, error: str) -> None:
    sim.set(certcentral__renewal_email_refusal=value)
    assert code(life.write(f"{ORDER}/renewal-emails/perhaps")) == (int(value), error)


def test_message(sim: Simulator, life: Api) -> None:
    path = f"{ORDER}/custom-renewal-message"
    assert effect(sim, life, path, {"custom_renewal_message": "Call Ada"}) is True
    assert effect(sim, life, path, {"custom_renewal_message": "Call Ada"}) is False
    assert life.get(44).json()["custom_renewal_message"] == "Call Ada"
    assert effect(sim, life, path, {"custom_renewal_message": ""}) is True
    assert sim.order(44)["custom_renewal_message"] == ""


def test_auto_reissue(sim: Simulator, life: Api) -> None:
    path = f"{ORDER}/auto-reissue"
    assert effect(sim, life, path, {"auto_reissue": 1}) is True
    assert effect(sim, life, path, {"auto_reissue": 1}) is False
    assert life.get(44).json()["auto_reissue"] == 1
    assert effect(sim, life, path, {"auto_reissue": 0}) is True


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("auto-reissue", {}, "auto_reissue"),
        ("auto-reissue", {"auto_reissue": True}, "auto_reissue"),
        ("auto-reissue", {"auto_reissue": "1"}, "auto_reissue"),
        ("auto-reissue", {"auto_reissue": 2}, "auto_reissue"),
        ("auto-reissue", {"auto_reissue": 1, "auto_renew": 1}, "auto_renew"),
        ("custom-renewal-message", {}, "custom_renewal_message"),
        ("custom-renewal-message", {"custom_renewal_message": None}, "custom_renewal_message"),
        ("custom-renewal-message", {"message": "x"}, "message"),
        ("renewal-emails/on", {"status": "on"}, "status"),
    ],
)
def test_strict_body(life: Api, path: str, body: object, name: str) -> None:
    assert code(life.write(f"{ORDER}/{path}", body)) == (400, f"invalid_value:{name}")


def test_there_is_no_auto_renew_endpoint(life: Api) -> None:
    assert code(life.write(f"{ORDER}/auto-renew", {"auto_renew": 1})) == (404, "not_found|route")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("renewal-emails/off", None),
        ("custom-renewal-message", {"custom_renewal_message": "x"}),
        ("auto-reissue", {"auto_reissue": 1}),
    ],
)
@pytest.mark.parametrize("order_id", [45, 49, 52, 999])
@pytest.mark.parametrize(("value", "status"), [("refused", 400), ("accepted", 204)])
def test_renewal_settings_of_ended_orders(
    sim: Simulator, life: Api, path: str, body: object, order_id: int, value: str, status: int
) -> None:
    sim.set(certcentral__renewal_settings_of_ended_orders=value)
    answer = life.write(f"/order/certificate/{order_id}/{path}", body)
    assert answer.status_code == (404 if order_id == 999 else status)
    assert sim.journal()[-1]["effect"] is (answer.status_code == 204)


@pytest.mark.parametrize("value", ["shown", "absent"])
def test_renewal_fields_when_off(sim: Simulator, life: Api, value: str) -> None:
    sim.set(certcentral__renewal_fields_when_off=value)
    off = {"auto_renew": 0, "auto_reissue": 0, "custom_renewal_message": "", "disable_renewal_notifications": False}
    on = {"auto_renew": 10, "auto_reissue": 1, "custom_renewal_message": "x", "disable_renewal_notifications": True}
    shown = life.get(44).json()
    assert {name: shown[name] for name in off if name in shown} == (off if value == "shown" else {})
    sim.patch(44, **on)
    shown = life.get(44).json()
    assert {name: shown[name] for name in on} == on
    assert "disable_renewal_notifications" in life.row(41)
