# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fault that only Servertastic's own code can play."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from certsim.exchange import Call
from certsim.faults import Fault, FaultKind, Stage
from certsim.servertastic import errors

ECHO_TOKEN = "echo_token"

KINDS = (
    FaultKind(
        ECHO_TOKEN,
        Stage.WITHIN,
        "Servertastic: an error whose message contains the caller's order token or API key as it was sent, "
        "and in the call's address: proves that a client redacts it.",
        {"status": int(HTTPStatus.BAD_REQUEST)},
    ),
)


def raise_error(fault: Fault | None, call: Call, secret: str) -> None:
    """Raise the ApiError that a fault answers a call with."""
    if fault is not None and fault.kind.name == ECHO_TOKEN:
        # Only what begins with sim- comes here, never what may be real.
        address = f"{call.path}?{urlencode(call.query)}"
        raise errors.ApiError(fault.params["status"], f"{secret} is not known here ({call.method} {address}).")
