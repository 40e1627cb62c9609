# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of changes in messages, such as "canceled" in "order 7 was canceled"."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ansible_collections.certops.orders.plugins.module_utils._certcentral import operations
from ansible_collections.certops.orders.plugins.module_utils._certcentral.client import CertCentral
from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.tests.messages import check_messages

COMMON: dict[str, Any] = {
    "options": {
        **dict.fromkeys(("missing", "ineligible"), "fail"),
        **dict.fromkeys(("stop_on_failure", "verify"), False),
        "workers": 8,
        "orders_detail": "all",
    },
    "context": Context(),
}


def test_messages(client: CertCentral, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Callable[..., Any], keys: list[Any], **options: Any) -> str:
        call(client, keys, **options, **COMMON)
        return texts.pop()

    def keep(*arguments: Any, **_options: Any) -> dict[str, Any]:
        settings = arguments[4]
        texts.append(f"{settings.noun} was {settings.done}")
        return {}

    texts: list[str] = []
    monkeypatch.setattr(operations, "_run", keep)
    status = {"note": None, "cancel_reissue": False, "require_migrated": True}
    revoke = {
        **dict.fromkeys(("order_id", "reason", "comments"), ""),
        **dict.fromkeys(("skip_approval", "cancel_reissue", "accept_unknown"), False),
        **dict.fromkeys(("wait", "poll"), 1),
    }
    settle = {"comment": None, "may_revoke": False}
    check_messages(
        "certcentral changes",
        {
            "cancel": change(operations.set_status, [1], status="canceled", **status),
            "mark renewed": change(operations.set_status, [1], status="renewed", **status),
            "mark not renewed": change(operations.set_status, [1], status="not_renewed", **status),
            "revoke an order": change(operations.revoke, [1], key="order_id", **revoke),
            "revoke a certificate": change(operations.revoke, ["0A"], key="serial_number", **revoke),
            "approve a request": change(operations.settle_requests, [1], by_order=False, status="approved", **settle),
            "reject by order": change(operations.settle_requests, [1], by_order=True, status="rejected", **settle),
            "add a note": change(operations.add_note, [1], text="x"),
            "set renewal": change(operations.set_renewal, [1], wanted={}),
            "activate a domain": change(operations.set_domains, [1], by_id=True, active=True),
            "deactivate a domain": change(operations.set_domains, ["a.example"], by_id=False, active=False),
        },
    )
