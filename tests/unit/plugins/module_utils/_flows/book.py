# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both services on a loopback port, as far as a flow needs them, and entries of plans for their orders."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.providers import PROVIDERS
from ansible_collections.certops.orders.plugins.module_utils._flows.services import Services, open_services
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    DONE,
    KEY,
    NO_SUCH_ORDER,
    Account,
    Answer,
    Request,
    an_order,
    error,
    json_answer,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import Unhurried
from ansible_collections.certops.orders.tests.unit.plugins.modules.servertastic_playing import a_review

TOKEN = "sim-t0ken"
DIGEST = hashlib.sha256(TOKEN.encode()).hexdigest()
NAME = "www.example.com"


class Book(Account):
    """CertCentral's orders, and one order of Servertastic.

    user: what the key's user is. refuses: the beginnings of requests, such as "PUT /order/certificate/2/", that are
    answered with an error. status: of that. duplicates: further certificates of orders. after: called with each request
    that was answered.
    """

    def __init__(self, *orders: Mapping[str, Any], migrated: Sequence[int] = (), review: str = "Queued") -> None:
        self.user: dict[str, Any] = {"id": 5, "username": "robot", "account_id": 4711}
        self.notes: dict[int, list[str]] = {}
        self.review = review
        self.refuses: tuple[str, ...] = ()
        self.status = 400
        self.duplicates: dict[int, list[dict[str, Any]]] = {}
        self.after: Callable[[str], None] = lambda _request: None
        # Changes of an order stay here: a parameter of a test can be used again.
        super().__init__(deepcopy([*orders]), migrated=migrated)

    def answer(self, request: Request) -> Answer:
        line = f"{request.method} {request.target}"
        if any(map(line.startswith, self.refuses)):
            return error(self.status, "simulated", "refused")
        answer = self._answer(request)
        self.after(line)
        return answer

    def _answer(self, request: Request) -> Answer:
        parts = urlsplit(request.target)
        steps = parts.path.strip("/").split("/")
        if parts.path == "/user/me":
            return json_answer(self.user)
        if steps[0] == "domain":
            return json_answer({"domains": [], "page": {"total": 0, "limit": 1000, "offset": 0}})
        if steps[0] == "request":
            return self._request(int(steps[1]), request)
        if steps[-1].endswith(".json"):
            return self._reseller(steps[-1])
        if len(steps) == 4:
            order = self.orders.get(int(steps[2]))
            return self._of_order(order, steps[3], request) if order else NO_SUCH_ORDER
        if len(steps) == 5:
            self.orders[int(steps[2])]["disable_renewal_notifications"] = steps[4] == "off"
            return DONE
        if steps == ["order", "certificate"]:
            return self._found(parse_qsl(parts.query))
        return super().answer(request)

    def _found(self, query: list[tuple[str, str]]) -> Answer:
        """Without a filter by id, all orders of the account."""
        if any(name.startswith("filters[id]") for name, _value in query):
            return self._list(query)
        self.filters_ids = False
        try:
            return self._list(query)
        finally:
            self.filters_ids = True

    def _of_order(self, order: dict[str, Any], what: str, request: Request) -> Answer:
        if what == "status":
            return self._set(order, request.body["status"])
        if what == "note":
            notes = self.notes.setdefault(order["id"], [])
            if request.method == "POST":
                notes.append(request.body["text"])
                return json_answer({"id": len(notes), "text": notes[-1]}, 201)
            return json_answer({"notes": [{"id": number, "text": text} for number, text in enumerate(notes, 1)]})
        if what == "auto-reissue":
            order["auto_reissue"] = request.body["auto_reissue"]
            return DONE
        if what == "revoke":
            order["requests"] = [{"id": 900 + order["id"], "type": "revoke", "status": "pending"}]
            return json_answer({"id": 900 + order["id"], "type": "revoke", "status": "pending", **request.body}, 201)
        return json_answer({"certificates": self.duplicates.get(order["id"], [])} if what == "duplicate" else {})

    def _request(self, number: int, request: Request) -> Answer:
        order, found = next(
            (order, one) for order in self.orders.values() for one in order.get("requests", ()) if one["id"] == number
        )
        if request.method == "PUT":
            found["status"], order["status"] = request.body["status"], "rejected"
            return DONE
        return json_answer({**found, "order": {"id": order["id"]}})

    def _reseller(self, call: str) -> Answer:
        if call == "cancel.json":
            self.review = "Cancelled" if self.review == "Queued" else self.review
            return json_answer({"success": "Order cancelled - STR_1001_1"})
        if call == "review.json":
            return json_answer(a_review(self.review, token=TOKEN, issued=2 if self.review == "Completed" else None))
        if call == "showtokens.json":
            listed = {"order_token": [{"token": TOKEN, "reseller_unique_reference": "CHG1"}]}
            return json_answer({"success": "Order tokens", "unused_tokens": {"order_token": []}, "used_tokens": listed})
        return json_answer({"success": "PointsAudit", "record": []})

    @property
    def writes(self) -> list[str]:
        """Requests for a change, with those of Servertastic, which are a GET."""
        return [line.partition("?")[0] for line in self.sent if not line.startswith("GET ") or "/cancel.json" in line]

    @property
    def bodies(self) -> list[Any]:
        return [request.body for request in self.journal if request.method != "GET"]


def connections(service: Book) -> dict[str, Any]:
    """Return the options that connect a task to both services."""
    certcentral = {"api_key": KEY, "api_url": service.url, "rate_limit": "none", "retries": 0}
    return {
        "certcentral_connection": certcentral,
        "servertastic_connection": dict(certcentral),
        "servertastic_tokens": [],
    }


@contextmanager
def opened(service: Book, *, tokens: Sequence[str] = (TOKEN,), **facts: Any) -> Iterator[Services]:
    """Open both services; facts: of the context."""
    context = Context(**{"stop": Unhurried(), **facts})
    params = {**connections(service), "servertastic_tokens": tokens}
    with open_services(params, context, PROVIDERS, writes=True) as services:
        yield services


def order(order_id: int, status: str = "pending", **facts: Any) -> dict[str, Any]:
    """Return an order's own page, with the name of an entry."""
    page = an_order(order_id, status, disable_renewal_notifications=False, **facts)
    page["certificate"].update(common_name=NAME, id=order_id * 10, serial_number=f"0{order_id}")
    return page


def entry(order_id: int | str = 1, action: str = "cancel", **facts: Any) -> dict[str, Any]:
    """Return an entry of a plan."""
    status = {"cancel": "pending", "reject_request": "needs_approval"}.get(action, "issued")
    return {
        "provider": "servertastic" if order_id == DIGEST else "certcentral",
        "order": str(order_id),
        "name": NAME,
        "domains": [NAME],
        "action": action,
        "reason": "a test",
        "state": {"status": "Queued" if order_id == DIGEST else status},
        **({"request_id": 55} if action == "reject_request" else {}),
        **facts,
    }
