# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this folder share: a key that must not show, all that an error shows, answers of CertCentral."""

from __future__ import annotations

import json
import time
import traceback
from dataclasses import dataclass
from typing import Any, Protocol

import responses

from ansible_collections.certops.orders.plugins.module_utils._common import context as common_context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError
from ansible_collections.certops.orders.plugins.module_utils._common.options import CERTCENTRAL_OPTIONS
from ansible_collections.certops.orders.plugins.module_utils._http import retry as http_retry
from ansible_collections.certops.orders.plugins.module_utils._http import transport as _http

KEY = "sim-KEY-that-nobody-may-see"
# docs/development/reference/certcentral.md 2.3, the older spelling of rejected, and the status that the
# console shows (2.2).
ORDER_STATUSES = (
    "needs_approval",
    "pending",
    "processing",
    "waiting_pickup",
    "needs_csr",
    "approved",
    "issued",
    "reissue_pending",
    "expired",
    "renewed",
    "revoked",
    "rejected",
    "denied",
    "canceled",
)


class Waits(Protocol):
    waits: list[float]
    skipped: float

    def monotonic(self) -> float:
        """The time as the waits have moved it."""


@dataclass
class Wire:
    """A transport with what surrounds it."""

    transport: _http.Transport
    stop: common_context.Stop
    clock: Waits
    lines: list[str]

    def read(self, **query: object) -> dict[str, Any]:
        return self.transport.read("read order 7", ("order", "certificate", 7), query.items())

    def write(self, fresh_for: float = 60.0, budget: float = 300.0) -> dict[str, Any]:
        return self.transport.write(
            "set order 7 to canceled",
            "PUT",
            ("order", "certificate", 7, "status"),
            {"status": "canceled", "note": "no longer needed"},
            fresh_until=self.clock.monotonic() + fresh_for,
            budget=http_retry.RateLimitBudget(budget),
        )

    @property
    def cost(self) -> dict[str, Any]:
        return self.transport.counters.shown()


def all_that_shows(error: BaseException) -> str:
    """Every text that could reach a user, a log or a result from an exception, and from all that it drags along."""
    texts: list[str] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None:
            continue
        texts += [str(one), repr(one), repr(one.args), "".join(traceback.format_exception(type(one), one, None))]
        texts.append(repr(vars(one)))
        if isinstance(one, ApiError):
            texts.append(json.dumps(one.failure(7)))
        todo += [one.__cause__, one.__context__]
    return "\n".join(texts)


def soon(condition: Any, seconds: float = 5.0) -> bool:
    """Whether it comes true in time; for what another thread is about to do."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.002)
    return False


# -- CertCentral ------------------------------------------------------------------------------------------------------

BASE = "https://www.digicert.com/services/v2"
DEFAULTS = {name: option.get("default") for name, option in CERTCENTRAL_OPTIONS.items()}
PARAMS = {**DEFAULTS, "rate_limit": "none", "retries": 0}

Query = dict[str, str]


class Conversation:
    """What the service is going to be asked and what it answers."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self._mock = mock

    def get(self, path: str, answer: Any, status: int = 200, query: Query | None = None) -> None:
        matchers = [responses.matchers.query_param_matcher(query or {})]
        body = answer if isinstance(answer, (str, bytes)) else json.dumps(answer)
        self._mock.add("GET", f"{BASE}/{path}", body=body, status=status, match=matchers)

    def list(self, answer: Any, *ids: int, offset: int = 0, **filters: str) -> None:
        """Rows of these ids, and no other filters than these, are asked for."""
        shown = {f"filters[id][{index}]": str(number) for index, number in enumerate(ids)}
        if len(ids) == 1:
            shown = {"filters[id]": str(ids[0])}
        shown.update({f"filters[{name}]": value for name, value in filters.items()})
        query = {**shown, "sort": "order_id", "limit": str(len(ids)), "offset": str(offset)}
        self.get("order/certificate", answer, query=query)

    def put(self, path: str, body: Any, status: int = 204, answer: Any = None, method: str = "PUT") -> None:
        """A change; where it has no body, none may come."""
        matchers = [responses.matchers.json_params_matcher(body), responses.matchers.query_param_matcher({})]
        keywords = {} if answer is None else {"json": answer}
        self._mock.add(method, f"{BASE}/{path}", status=status, match=matchers, **keywords)

    def post(self, path: str, body: Any, status: int = 201, answer: Any = None) -> None:
        self.put(path, body, status, answer, "POST")


def absent(kind: str = "order") -> dict[str, Any]:
    """The body of a 404 about an object that does not exist (1.3)."""
    return {"errors": [{"code": f"not_found|{kind}", "message": f"The specified {kind} was not found."}]}


def rows(*orders: Any, **page: Any) -> dict[str, Any]:
    return {"orders": list(orders), **({"page": page} if page else {})}


def row(number: int, status: str = "pending", **more: Any) -> dict[str, Any]:
    return {"id": number, "status": status, **more}


def sending() -> dict[str, Any]:
    """Return what a write needs beside its own arguments."""
    return {"fresh_until": _http.time.monotonic() + 60, "budget": http_retry.RateLimitBudget(0)}
