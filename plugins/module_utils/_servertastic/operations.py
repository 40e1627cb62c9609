# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The only operation of Servertastic: it runs a reader, a policy and a writer with the options of a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._common.options import within
from .._http.connection import is_loopback
from .._runtime.observers import observers
from .._runtime.results import Settings
from .._runtime.runner import Run
from .models import order_ref
from .policy import CancelRequest, decide
from .readers import Reviews, claims_of
from .request_log import RequestLog
from .results import longest_waiting, with_cancel_results
from .writers import CancelWriter

if TYPE_CHECKING:
    from .._common.context import Context
    from .._common.outcomes import Decision
    from .client import Servertastic
    from .policy import Subject
    from .request_log import Claim


def cancel_settings(servertastic: Servertastic, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of `cancel` that the options of a cancellation set. Raises OptionError.

    options: all of CANCELLATION.
    """
    # Polls more often than once a minute are for tests.
    shortest = 1 if is_loopback(servertastic.transport.connection.base_url) else 60
    wait = within(options, "wait_timeout", 1, 2592000)
    return {
        "log": RequestLog(options["request_log"]) if options["request_log"] else None,
        "requested": claims_of(options["requested_at"] or {}),
        "wait": wait if options["wait"] else 0,
        "poll": within(options, "poll_interval", shortest, 86400),
        "confirm": options["wait"],
    }


def cancel(
    servertastic: Servertastic,
    digests: Sequence[str],
    *,
    request: CancelRequest,
    log: RequestLog | None,
    requested: Mapping[str, Claim],
    wait: float,
    poll: float,
    confirm: bool,
    options: Mapping[str, Any],
    context: Context,
) -> dict[str, Any]:
    """Cancel orders, or request the approvals of their admin contacts. Irreversible.

    digests: of order tokens that the client holds.
    log: the file with the requests of earlier runs, None for no file.
    requested: the requests of earlier runs by digest, from their results.
    wait: total seconds to wait for approvals, 0 for no wait. poll: seconds between two reads.
    confirm: also wait until a review shows an acknowledged cancellation.
    options: the options that all bulk changes have.
    Returns the result of a task. Raises ApiError, OptionError or Stopped if the run cannot start.
    """
    reader = Reviews(servertastic, log, requested, request.replacement, context.stop)
    settings = Settings.of(
        {**options, "verify": False},
        "canceled",
        key="order_digest",
        label=order_ref,
        wait=wait,
        poll=poll,
        confirm=confirm,
        one_key=False,
        besides=lambda result: with_cancel_results(result, reader, servertastic, datetime.now(timezone.utc)),
        longer=longest_waiting({*digests, *requested}),
    )

    def policy(subject: Subject) -> Decision:
        # Read the clock for each order: the window of 30 days can end during the run.
        return decide(subject, request, now=datetime.now(timezone.utc))

    write = CancelWriter(servertastic, log, reader)
    watching = observers(options, context, settings, len(set(digests)), reader.account_label, None)
    return Run(reader, reader.read, policy, write, settings, context, watching).result(digests)
