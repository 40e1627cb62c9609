# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of bad weather, and what comes of each."""

from __future__ import annotations

from typing import Any, NamedTuple


class Kind(NamedTuple):
    """A kind of weather, and what comes of it with one retry.

    read: the failure (code, HTTP status) and the number of requests where every read is struck.
    once: the outcome and the number of writes where the first write is struck; always: where every one is.
    """

    fault: dict[str, Any]
    read: tuple[str | None, int | None, int]
    once: tuple[str, int]
    always: tuple[str, int]


# The service has not acted: it is read, and asked once more. It may yet act on the last request.
REPEATED = {"once": ("changed", 2), "always": ("unknown", 2)}
# It has acted: a read shows it.
DONE = {"once": ("changed", 1), "always": ("changed", 1)}
# It has refused.
REFUSED = {"once": ("failed", 1), "always": ("failed", 1)}
SIMULATED = "simulated_fault"

KINDS = {
    "500": Kind({"kind": "status", "status": 500}, (SIMULATED, 500, 2), **REPEATED),
    "502": Kind({"kind": "status", "status": 502}, (SIMULATED, 502, 2), **REPEATED),
    "503": Kind({"kind": "status", "status": 503}, (SIMULATED, 503, 2), **REPEATED),
    "504": Kind({"kind": "status", "status": 504}, (SIMULATED, 504, 2), **REPEATED),
    "501": Kind({"kind": "status", "status": 501}, (SIMULATED, 501, 1), **REPEATED),
    "500 after the change": Kind({"kind": "error_after", "status": 500}, (SIMULATED, 500, 2), **DONE),
    "503 as HTML": Kind({"kind": "html"}, (None, 503, 2), **REPEATED),
    "200 as HTML": Kind({"kind": "html", "status": 200}, ("unreadable", 200, 1), **REPEATED),
    "JSON cut": Kind({"kind": "truncated_json"}, ("unreadable", 200, 1), **DONE),
    "no JSON": Kind({"kind": "not_json"}, ("unreadable", 200, 1), **DONE),
    "deep JSON": Kind({"kind": "deep_json"}, ("unreadable", 200, 1), **DONE),
    "reset before": Kind({"kind": "reset_before"}, ("reply_lost", None, 2), **REPEATED),
    "reset after": Kind({"kind": "reset_after"}, ("reply_lost", None, 2), **DONE),
    "hang before": Kind({"kind": "hang"}, ("reply_lost", None, 2), **REPEATED),
    "hang after": Kind({"kind": "hang_after"}, ("reply_lost", None, 2), **DONE),
    "slow headers": Kind({"kind": "drip_headers"}, ("reply_lost", None, 2), **DONE),
    "redirect": Kind({"kind": "redirect"}, (None, 302, 1), **REFUSED),
    "400": Kind({"kind": "status", "status": 400}, (SIMULATED, 400, 1), **REFUSED),
    "401": Kind({"kind": "status", "status": 401}, (SIMULATED, 401, 1), **REFUSED),
    "403": Kind({"kind": "status", "status": 403}, ("access_denied|missing_permission", 403, 1), **REFUSED),
    "404, no route": Kind({"kind": "wrong_address"}, ("not_found|route", 404, 1), **REFUSED),
    "404 as HTML": Kind({"kind": "wrong_address", "answer": "html"}, (None, 404, 1), **REFUSED),
    "400 as HTML": Kind({"kind": "html", "status": 400}, (None, 400, 1), **REFUSED),
}
# Those where an answer is waited for in vain, so that the wait has to be a short one.
SLOW = ("hang before", "hang after", "slow headers")
