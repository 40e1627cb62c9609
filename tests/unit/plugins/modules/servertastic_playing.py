# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servertastic's modules against a scripted service, with its answers (docs/development/reference/servertastic.md).

Tokens and keys hold characters that a URL spells otherwise, so that both spellings are searched for in all output.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._http import rate_limit as _pacing
from ansible_collections.certops.orders.plugins.module_utils._http import session
from ansible_collections.certops.orders.plugins.module_utils._http import transport as _http
from ansible_collections.certops.orders.plugins.module_utils._runtime import follow_up
from ansible_collections.certops.orders.plugins.module_utils._runtime import runner as _run
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.plugins.module_utils._servertastic import request_log as _request_log
from ansible_collections.certops.orders.tests.unit.plugins.module_utils import service_of_things
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import (
    Answer,
    Call,
    Service,
    json_answer,
)
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import (
    Unhurried,
    documentation,
    undocumented,
    validated,
)

TOKEN = "sim-0ld/t0ken+of=1"
NEW = "sim-n3w/t0ken+of=2"
OTHER = "sim-0ther/t0ken+of=3"
KEY = "sim-k3y/of+the=account"
SECRETS = sorted({spelled for secret in (TOKEN, NEW, OTHER, KEY) for spelled in (secret, quote(secret, safe=""))})
DOMAIN = "www.example.com"
ADMIN = "admin@example.com"


def digest(token: str = TOKEN) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def ref(token: str = TOKEN) -> str:
    return digest(token)[:8]


# -- times -------------------------------------------------------------------------------------------------------------


def ago(days: float = 0.0, **more: float) -> datetime:
    return datetime.now(timezone.utc) - timedelta(days=days, **more)


def stamp(moment: datetime) -> str:
    """As the service sends a time: without a zone."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def iso(moment: datetime) -> str:
    """As the collection shows a time."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def is_about(text: str, moment: datetime) -> bool:
    """Whether a time that the collection shows is that one, or a few seconds beside it."""
    return abs(datetime.fromisoformat(text.replace("Z", "+00:00")) - moment) < timedelta(seconds=30)


class Skipping:
    """Monotonic time that passes only during waits, and the Stop that waits so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = service_of_things.Clock()
        self.stop = service_of_things.Unhurried(self.clock)
        namespace = SimpleNamespace(monotonic=self.clock.monotonic, time=time.time)
        for module in (_run, follow_up, _http, _pacing, session):
            monkeypatch.setattr(module, "time", namespace)

    def context(self, **facts: Any) -> Context:
        return Context(stop=self.stop, **facts)


def freeze(monkeypatch: pytest.MonkeyPatch, module: ModuleType, moment: datetime | None = None) -> datetime:
    """Stop the calendar of a module, and of request logs."""
    frozen = moment or datetime.now(timezone.utc).replace(microsecond=250_000)

    class Frozen(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return frozen.astimezone(tz)

    for where in (module, _request_log):
        monkeypatch.setattr(where, "datetime", Frozen)
    return frozen


# -- calls -------------------------------------------------------------------------------------------------------------


def a_review(
    status: str = "Queued", *, issued: float | None = None, token: str = TOKEN, **facts: Any
) -> dict[str, Any]:
    """Return an order as a review has it (4). issued: days since then; facts of None are left out."""
    events = [{"timestamp": stamp(ago(40)), "event_id": "1", "event_name": "Order Token Generated"}]
    if issued is not None:
        events.append({"timestamp": stamp(ago(issued)), "event_id": "9", "event_name": "Order Completed"})
    fields: dict[str, Any] = {
        "success": "Review Order",
        "order_token": token,
        "reseller_order_id": "STR_1001_1",
        "provider_order_id": "77001",
        "st_product_code": "RapidSSL-12",
        "order_status": status,
        "domain_name": DOMAIN,
        "invite_url": f"https://manage.example.com/token/{token}",
        "admin_contact": {"first_name": "Ada", "email": ADMIN},
        "modifications": {"modification": events},
        **facts,
    }
    return {name: value for name, value in fields.items() if value is not None}


def refuses(status: int = 400, message: str = "Bad Request: this order cannot be cancelled", http: int = 0) -> Answer:
    """Return an error as Servertastic spells it (3.2)."""
    return json_answer({"error": {"code": status, "message": message}}, http or status)


UNKNOWN_TOKEN = refuses(401, "Unauthorized: invalid order token")


def reviews(status: str = "Queued", *, token: str = TOKEN, answer: Answer | None = None, **facts: Any) -> Call:
    reply = answer or json_answer(a_review(status, token=token, **facts))
    return Call("GET", f"/order/review.json?order_token={token}", answer=reply)


def cancels(token: str = TOKEN, answer: Answer | None = None) -> Call:
    """Report the call that cancels, which is a GET."""
    reply = answer or json_answer({"success": "Order cancelled - STR_1001_1"})
    return Call("GET", f"/order/cancel.json?order_token={token}", answer=reply)


def of_account(call: str, data: Mapping[str, Any] | None = None, answer: Answer | None = None, query: str = "") -> Call:
    return Call("GET", f"/{call}.json?api_key={KEY}{query}", answer=answer or json_answer(dict(data or {})))


def audits(*records: Mapping[str, Any], answer: Answer | None = None) -> Call:
    return of_account("account/pointsaudit", {"success": "PointsAudit", "record": list(records)}, answer)


def a_record(points: float = 42, token: str = TOKEN, **facts: Any) -> dict[str, Any]:
    return {
        "Timestamp": stamp(ago(1)),
        "PointsAdjustment": points,
        "NewPointsTotal": "420",
        "Description": f"Order cancelled {token}",
        "OrderDate": stamp(ago(2)),
        "OrderReference": "STR_1001_1",
        "OrderToken": token,
        "Notes": "",
        **facts,
    }


def shows_tokens(used: tuple[str, ...] = (), unused: tuple[str, ...] = (), answer: Answer | None = None) -> Call:
    def several(tokens: tuple[str, ...]) -> dict[str, Any]:
        return {"order_token": [{"token": one, "reseller_unique_reference": f"CHG{one[-1]}"} for one in tokens]}

    listed = {"success": "Order tokens", "unused_tokens": several(unused), "used_tokens": several(used)}
    return of_account("order/showtokens", listed, answer)


# -- and played --------------------------------------------------------------------------------------------------------


def cancellations(service: Service) -> list[str]:
    return [line for line in service.sent if "/cancel.json" in line]


def leaks(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def play(
    module: ModuleType,
    service: Service,
    *,
    check_mode: bool = False,
    diff: bool = False,
    environ: Mapping[str, str] | None = None,
    context: Context | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """Run a module against a service; one worker by default. No secret may show in its output."""
    messages: list[str] = []
    given = {"api_url": service.url, "rate_limit": "none", "retries": 0, **arguments}
    if "workers" in module.SPEC["argument_spec"]:
        given.setdefault("workers", 1)
    params, errors = validated(module, given)
    assert errors == []
    context = context or Context(check_mode=check_mode, diff=diff, environ=environ or {}, stop=Unhurried())
    context.notify = messages.append
    before = len(service.journal)
    sent = len(cancellations(service))
    result = guarded(module.run, params, context)
    shown = [repr(result), json.dumps(result), *messages]
    shown += [
        Path(arguments[name]).read_text() for name in ("request_log", "audit_log") if _is_file(arguments.get(name))
    ]
    assert leaks("\n".join(shown)) == []
    if "api" in result:
        assert result["api"]["requests"] == len(service.journal) - before
    if context.check_mode:
        assert len(cancellations(service)) == sent
    assert not list(undocumented(result, documentation(module)))
    return result


def _is_file(path: str | None) -> bool:
    return bool(path) and Path(str(path)).is_file()
