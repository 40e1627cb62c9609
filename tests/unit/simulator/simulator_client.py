# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulator's tests share: a seed, and a client of the simulated API."""

from __future__ import annotations

from typing import Any

import requests

from certsim.testing import Simulator

#: One order of every kind that the rules distinguish; ids follow no order on purpose.
SEED: dict[str, Any] = {
    "keys": {"sim-emea": {"container_ids": [2]}},
    "orders": [
        {"id": 11, "status": "pending", "common_name": "pending.corp.example"},
        {"id": 12, "status": "waiting_pickup", "common_name": "mail@example.com", "emails": ["mail@example.com"]},
        {"id": 13, "status": "needs_approval"},
        {"id": 14, "status": "processing"},
        {"id": 15, "status": "needs_csr"},
        {"id": 16, "status": "canceled"},
        {"id": 17, "status": "rejected"},
        {"id": 18, "status": "revoked", "origin": "migrated", "valid_till_in_days": 50},
        {"id": 19, "status": "reissue_pending", "valid_till_in_days": 150},
        {
            "id": 20,
            "status": "issued",
            "valid_till_in_days": 40,
            "common_name": "own.corp.example",
            "order_valid_till": None,
        },
        {"id": 21, "status": "issued", "origin": "migrated", "valid_till_in_days": 90},
        {"id": 22, "status": "issued", "origin": "migrated", "valid_till_in_days": 91},
        {"id": 23, "status": "expired", "origin": "migrated", "valid_till_in_days": -30},
        {"id": 24, "status": "issued", "origin": "migrated", "valid_till_in_days": 30, "is_renewed": True},
        {"id": 25, "status": "issued", "origin": "migrated", "valid_till_in_days": 30, "renewed_order_id": 26},
        {"id": 26, "status": "issued", "valid_till_in_days": 390, "renewal_of_order_id": 25},
        {"id": 27, "status": "issued", "valid_till_in_days": -1, "order_valid_till": None},
        {"id": 28, "status": "issued", "product": "ssl_dv_geotrust", "valid_till_in_days": 100},
        {"id": 29, "status": "reissue_pending", "origin": "migrated", "valid_till_in_days": 20},
        {"id": 30, "status": "pending", "container": {"id": 2, "name": "EMEA", "is_active": True}},
        {"id": 31, "status": "quantum_review"},
    ],
}

_EMEA = {"id": 2, "name": "EMEA", "is_active": True}

#: Orders, certificates, requests and domains at every turn of their lives.
LIFE: dict[str, Any] = {
    "keys": {
        "sim-emea": {"container_ids": [2]},
        "sim-approver": {"user": "approver", "user_id": 8},
        "sim-limited": {"user": "boss", "roles": ["View Only"], "user_roles": ["Orders"]},
    },
    "orders": [
        {
            "id": 41,
            "valid_till_in_days": 200,
            "common_name": "multi.corp.example",
            "duplicates": [{}, {"common_name": "other.corp.example", "valid_till_in_days": 10}, {"status": "pending"}],
            "reissues": [{"archived": True}, {"status": "revoked"}],
        },
        {"id": 42, "status": "needs_approval"},
        {"id": 43, "status": "reissue_pending", "reissues": [{"status": "pending"}]},
        {"id": 44, "valid_till_in_days": 200},
        {"id": 45, "status": "revoked", "duplicates": [{}]},
        {"id": 46, "status": "expired"},
        {"id": 47, "requests": [{}, {"type": "duplicate", "status": "pending", "comments": "One more"}]},
        {"id": 48, "status": "pending"},
        {"id": 49, "status": "canceled"},
        {"id": 50, "container": _EMEA, "requests": [{"status": "submitted"}]},
        {"id": 51, "status": "needs_approval", "requests": [{"type": "renewal", "status": "submitted"}]},
        {"id": 52, "status": "rejected"},
    ],
    "domains": [
        {"id": 61, "name": "corp.example"},
        {"id": 62, "name": "corp.example", "organization": {"id": 5, "name": "Other Corp"}, "is_active": False},
        {"id": 63, "name": "emea.example", "container": _EMEA, "validations": []},
    ],
}


class Api:
    """A client of the simulated API that does nothing by itself."""

    def __init__(self, sim: Simulator, key: str | None = "sim-admin") -> None:
        self._sim = sim
        self._key = key
        self._session = requests.Session()
        self._session.trust_env = False

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request to a path below the API's base."""
        headers = {} if self._key is None else {"X-DC-DEVKEY": self._key}
        headers.update(options.pop("headers", {}))
        options = {"timeout": 10, "allow_redirects": False, **options}
        return self._session.request(method, self._sim.api_url + path, headers=headers, **options)

    def get(self, order_id: object, **params: Any) -> requests.Response:
        """Get one order."""
        return self.request("GET", f"/order/certificate/{order_id}", params=params)

    def put(self, order_id: object, status: object, note: object = None, **more: Any) -> requests.Response:
        """Update an order's status."""
        body = {"status": status, **({} if note is None else {"note": note}), **more}
        return self.request("PUT", f"/order/certificate/{order_id}/status", json=body)

    def orders(self, **params: Any) -> requests.Response:
        """List orders; a filter's values are given as ``filters={"id": [1, 2]}``."""
        for name, values in params.pop("filters", {}).items():
            for number, value in enumerate(values if isinstance(values, list) else [values]):
                params[f"filters[{name}][{number}]" if isinstance(values, list) else f"filters[{name}]"] = value
        return self.request("GET", "/order/certificate", params=params)

    def ids(self, **params: Any) -> list[int]:
        """Return the ids of a list, in its order."""
        answer = self.orders(**params)
        assert answer.status_code == 200, answer.text
        return [order["id"] for order in answer.json().get("orders", [])]

    def read(self, path: str, **params: Any) -> dict[str, Any]:
        """Return what a path shows."""
        answer = self.request("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def write(self, path: str, body: object = None) -> requests.Response:
        """PUT something to a path."""
        return self.request("PUT", path, **({} if body is None else {"json": body}))

    def row(self, order_id: int) -> dict[str, Any]:
        """Return the list's row of one order."""
        (row,) = self.orders(filters={"id": order_id}).json()["orders"]
        result: dict[str, Any] = row
        return result


def code(answer: requests.Response) -> tuple[int, str]:
    """Return the status and the error code of an answer."""
    (error,) = answer.json()["errors"]
    assert error["message"]
    return answer.status_code, error["code"]
