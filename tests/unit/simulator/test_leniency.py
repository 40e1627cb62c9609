# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients send beyond the documentation, and works: docs/development/reference/certcentral.md 1.1, 10."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import LIFE, Api, code

from certsim.testing import Simulator


@pytest.fixture
def lenient(sim: Simulator, api: Api) -> Api:
    """Return a client of the simulator as it is by default."""
    sim.reset({**LIFE, "switches": {"certcentral.unknown_parameters": "ignored"}})
    return api


def test_lenient_is_the_default() -> None:
    with Simulator() as simulator:
        assert simulator.switches()["certcentral.unknown_parameters"] == "ignored"


@pytest.mark.parametrize(
    "path",
    [
        "/order/certificate?content_type=json&offset=&limit=2",
        "/order/certificate?filters[colour]=red&filters[id][]=41&filters[id][]=44&page=1&page=2",
        "/order/certificate/41?colour=red",
        "/order/certificate/41/reissue?colour=red",
        "/order/certificate/41/note?colour=red",
        "/order/certificate/status-changes?minutes=5&hours=1",
        "/request?status=pending&limit=&colour=red",
        "/domain?container_id=&include_validation=True&offset=",
        "/user/me?colour=red",
        "/account?colour=red",
        "/container?colour=red",
        "/organization?container_id=&colour=red",
    ],
)
def test_parameters_that_are_not_known(sim: Simulator, lenient: Api, path: str) -> None:
    assert lenient.request("GET", path).status_code == 200
    sim.set(certcentral__unknown_parameters="refused")
    status, error = code(lenient.request("GET", path))
    assert (status, error.partition(":")[0]) == (400, "invalid_value")


def test_what_is_known_still_counts(lenient: Api) -> None:
    assert lenient.ids(content_type="json", limit=2, filters={"id": [44, 41, 46]}) == [41, 44]
    found = lenient.read("/domain", container_id="", include_validation="True")["domains"]
    assert ([each["id"] for each in found], "validations" in found[0]) == ([61, 62, 63], True)
    # ?status= is in no documentation.
    assert len(lenient.read("/request", status="pending")["requests"]) == len(lenient.read("/request")["requests"])


@pytest.mark.parametrize(
    "path", ["/order/certificate?limit=0", "/order/certificate?filters[id]=eleven", "/domain?limit=x"]
)
def test_what_is_known_and_wrong_is_refused(lenient: Api, path: str) -> None:
    assert lenient.request("GET", path).status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/order/certificate/44/revoke", {"reason": "superseded", "comment": "x"}, 201),
        ("/request/420/status", {"status": "approved", "comment": "x"}, 204),
        ("/domain/61/deactivate", {"now": True}, 204),
        ("/domain/61/deactivate", [1], 204),
        ("/order/certificate/44/auto-reissue", {"auto_reissue": 1, "auto_renew": 1}, 204),
        ("/order/certificate/44/renewal-emails/off", {"status": "off"}, 204),
    ],
)
def test_body_keys_that_are_not_known(sim: Simulator, lenient: Api, path: str, body: Any, status: int) -> None:
    before = sim.state()
    sim.set(certcentral__unknown_parameters="refused")
    if "comment" not in body or "reason" in body:
        assert lenient.write(path, body).status_code == 400
        assert sim.state()["certcentral"] == before["certcentral"]
    sim.set(certcentral__unknown_parameters="ignored")
    assert lenient.write(path, body).status_code == status


@pytest.mark.parametrize(
    "path",
    ["/order/certificate/41", "/user/me", "/account", "/request/420", "/domain/61", "/order/certificate/41/reissue"],
)
def test_a_slash_at_the_end(lenient: Api, path: str) -> None:
    assert lenient.read(path + "/") == lenient.read(path)
    assert lenient.request("GET", path + "//").status_code == 404


def test_writes_take_a_slash_at_the_end(sim: Simulator, lenient: Api) -> None:
    assert lenient.write("/order/certificate/48/status/", {"status": "canceled", "note": "x"}).status_code == 204
    assert (sim.journal()[-1]["order_id"], sim.order(48)["status"]) == (48, "canceled")
