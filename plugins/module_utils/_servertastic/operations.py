# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The one change of Servertastic: which reader, policy and writer make it, with which settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._runtime.observers import observers
from .._runtime.results import Settings
from .._runtime.runner import Run
from .models import order_ref
from .policy import CancelRequest, decide
from .readers import Reviews
from .results import longest_waiting, with_cancel_results
from .writers import CancelWriter

if TYPE_CHECKING:
    from .._common.context import Context
    from .._common.outcomes import Decision
    from .client import Servertastic
    from .policy import Subject
    from .request_log import Claim, RequestLog


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
    """Cancel orders, or ask their admin contacts to approve it. Irreversible.

    digests: of the tokens that the client knows. log, requested: what earlier runs requested, from a file and as they
    returned it. wait, poll: seconds to wait for approvals in all, and between two reads; 0 for no wait. confirm: wait
    also for a cancellation that was acknowledged, until it shows. options: those that all bulk changes have.
    Returns the result of a task. Raises ApiError, OptionError or Stopped where the run cannot begin.
    """
    reader = Reviews(servertastic, log, requested, request.replacement, context.stop)
    settings = Settings.of(
        {**options, "verify": False},
        "cancelled",
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
        # The window of 30 days may end while the run goes on.
        return decide(subject, request, now=datetime.now(timezone.utc))

    write = CancelWriter(servertastic, log, reader)
    watching = observers(options, context, settings, len(set(digests)), reader.account_label, None)
    return Run(reader, reader.read, policy, write, settings, context, watching).result(digests)
