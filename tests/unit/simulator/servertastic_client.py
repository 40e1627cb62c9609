# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the simulator's Servertastic share: a seed, and a client of the simulated API."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any

import requests

from certsim.testing import Simulator

KEY = "sim-reseller"
POINTS = 1000

UNISSUED = ("verification", "provider", "queued")

#: One order of every kind that the rules distinguish, by its token without sim-.
SEED: dict[str, Any] = {
    "servertastic": {
        "accounts": [{"username": "reseller", "api_key": KEY, "points": POINTS}, {"username": "other"}],
        "orders": [
            {"token": "sim-unused", "points": 70},
            {"token": "sim-verification", "status": "Awaiting Customer Verification"},
            {"token": "sim-provider", "status": "Awaiting Provider Approval"},
            {"token": "sim-queued", "status": "Queued", "domain_name": "www.corp.example"},
            {"token": "sim-issued", "status": "Completed", "completed_days_ago": 10, "points": 80},
            {"token": "sim-29", "status": "Completed", "completed_days_ago": 29.9},
            {"token": "sim-30", "status": "Completed", "completed_days_ago": 30.1},
            {"token": "sim-no-event", "status": "Completed", "completed_days_ago": 1, "modifications": []},
            {
                "token": "sim-reissued",
                "status": "Completed",
                "completed_days_ago": 40,
                "reissued_days_ago": [5],
                "expires_in_days": 20,
            },
            {"token": "sim-cancelled", "status": "Cancelled"},
            {"token": "sim-roll-back", "status": "Roll Back"},
            {"token": "sim-held", "status": "Servertastic Review"},
            {"token": "sim-licence", "status": "Completed", "st_product_code": "SmarterMail-100"},
            {"token": "sim-odd", "status": "Quantum Review"},
            {"token": "sim-requested", "status": "Completed", "requested_days_ago": 2},
            {"token": "sim-other", "status": "Queued", "account": "other"},
        ],
    }
}


class Reseller:
    """A client of the simulated API that does nothing by itself."""

    def __init__(self, sim: Simulator, base: str = "") -> None:
        self._sim = sim
        self._base = base
        self._session = requests.Session()
        self._session.trust_env = False

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request to a path below the API's base."""
        options = {"timeout": 10, "allow_redirects": False, **options}
        return self._session.request(method, self._sim.servertastic_url + self._base + path, **options)

    def call(self, name: str, **arguments: object) -> requests.Response:
        """GET ``order/review`` and the like as JSON."""
        return self.request("GET", f"/{name}.json", params=arguments)

    def cancel(self, token: str) -> requests.Response:
        """Cancel an order."""
        return self.call("order/cancel", order_token=f"sim-{token}")

    def review(self, token: str) -> dict[str, Any]:
        """Review an order."""
        return self._read("order/review", order_token=f"sim-{token}")

    def read(self, name: str, **arguments: object) -> dict[str, Any]:
        """Return what a call of an account answers."""
        return self._read(name, **{"api_key": KEY, **arguments})

    def status(self, token: str) -> str:
        """Return the status that a review shows."""
        status: str = self.review(token)["order_status"]
        return status

    def _read(self, name: str, **arguments: object) -> dict[str, Any]:
        answer = self.call(name, **arguments)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        assert next(iter(result)) == "success"
        return result


def refused(answer: requests.Response) -> int:
    """Return the status of an error, which is in its body as well."""
    (error,) = answer.json().values()
    assert set(error) == {"code", "message"}
    assert error["code"] == answer.status_code
    assert error["message"].startswith(HTTPStatus(answer.status_code).phrase)
    return answer.status_code


def truth(sim: Simulator, token: str) -> str:
    """Return an order's true status."""
    status: str = sim.st_orders()[f"sim-{token}"]["status"]
    return status


def ref(secret: str) -> str:
    """Return what stands for a secret in the journal."""
    return f"sha256:{hashlib.sha256(secret.encode()).hexdigest()[:8]}"
