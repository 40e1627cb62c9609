# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The changes of a plan: which operations of a provider carry out an action. A new action is one function and one row.

Each function changes the orders of one batch, and calls the same operation as the module for that change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable

from .._certcentral import operations as certcentral_operations
from .._common.errors import ApiError, Stopped, unexpected
from .._common.options import CANCELLATION, OptionError, with_defaults
from .._common.providers import PROVIDERS
from .._plans.actions import CANCEL, CERTCENTRAL, DROP, LAPSE, MARK, REJECT, REVOKE, SERVERTASTIC, UNMARK
from .services import WORKERS

if TYPE_CHECKING:
    from .services import Services

REVOCATION_REASON = "cessation_of_operation"


@dataclass(frozen=True)
class Batch:
    """Orders of a plan that one call of an operation can change, and how.

    orders: their ids, or digests. requests: the ids of their requests, of all or of none. drop_reissue: whether a
    pending reissue is dropped first. accept_unknown: whether orders are revoked of which not all certificates are
    known. certificates: the serial numbers that a revocation may end, by order, where the plan has them. note: for the
    service. verify: whether the operation reads the orders again.
    """

    provider: str
    action: str
    orders: Sequence[Any]
    requests: Sequence[int]
    drop_reissue: bool
    accept_unknown: bool
    certificates: Mapping[Any, Sequence[str]] = field(default_factory=dict)
    note: str = ""
    verify: bool = True


@dataclass(frozen=True)
class ChangeOptions:
    """What a flow hands to every change: options of the modules of the same names."""

    audit_log: str | None = None
    ticket: str = ""
    progress: bool = True
    workers: int = WORKERS
    # Those of CANCELLATION that are set.
    servertastic: Mapping[str, Any] = field(default_factory=dict)

    def bulk(self, verify: bool) -> dict[str, Any]:
        """The options that all bulk changes have. An order that cannot be changed is an outcome, not a failure."""
        return {
            "missing": "ok",
            "ineligible": "skip",
            "stop_on_failure": False,
            "verify": verify,
            "workers": self.workers,
            "orders_detail": "all",
            "audit_log": self.audit_log,
            "ticket": self.ticket or None,
            "progress": self.progress,
        }


Change = Callable[["Services", Batch, ChangeOptions], "dict[str, Any]"]


def _set_status(
    services: Services, batch: Batch, options: ChangeOptions, status: str, *, verify: bool, only_reissue: bool = False
) -> dict[str, Any]:
    return certcentral_operations.set_status(
        services.digicert(),
        batch.orders,
        status=status,
        note=batch.note,
        cancel_reissue=only_reissue,
        only_reissue=only_reissue,
        require_migrated=True,
        options=options.bulk(verify),
        context=services.context,
    )


def _cancel(services: Services, batch: Batch, options: ChangeOptions) -> dict[str, Any]:
    return _set_status(services, batch, options, "canceled", verify=batch.verify)


def _mark_renewed(services: Services, batch: Batch, options: ChangeOptions) -> dict[str, Any]:
    return _set_status(services, batch, options, "renewed", verify=batch.verify)


def _unmark_renewed(services: Services, batch: Batch, options: ChangeOptions) -> dict[str, Any]:
    return _set_status(services, batch, options, "not_renewed", verify=batch.verify)


def _drop_reissue(services: Services, batch: Batch, options: ChangeOptions) -> dict[str, Any]:
    return _set_status(services, batch, options, "canceled", verify=batch.verify, only_reissue=True)


def _drop_reissue_first(services: Services, batch: Batch, options: ChangeOptions) -> dict[str, Any]:
    """Drop a reissue that would block what comes next, where the plan says so; the next step rests on it."""
    if not batch.drop_reissue:
        return {"skipped": True}
    return _set_status(services, batch, options, "canceled", verify=True, only_reissue=True)


def _reject_request(services: Services, batch: Batch, options: ChangeOptions) -> dict[str, Any]:
    return certcentral_operations.settle_requests(
        services.digicert(),
        batch.requests or batch.orders,
        by_order=not batch.requests,
        status="rejected",
        comment=batch.note,
        may_revoke=False,
        options=options.bulk(batch.verify),
        context=services.context,
    )


def _annotate(services: Services, batch: Batch, options: ChangeOptions) -> dict[str, Any]:
    return certcentral_operations.add_note(
        services.digicert(),
        batch.orders,
        text=batch.note,
        options=options.bulk(batch.verify),
        context=services.context,
    )


def _stop_renewal(services: Services, batch: Batch, options: ChangeOptions) -> dict[str, Any]:
    return certcentral_operations.set_renewal(
        services.digicert(),
        batch.orders,
        wanted={"renewal_emails": False, "auto_reissue": False},
        options=options.bulk(batch.verify),
        context=services.context,
    )


def _revoke(services: Services, batch: Batch, options: ChangeOptions) -> dict[str, Any]:
    return certcentral_operations.revoke(
        services.digicert(),
        batch.orders,
        key="order_id",
        order_id=None,
        reason=REVOCATION_REASON,
        comments=batch.note,
        skip_approval=False,
        cancel_reissue=batch.drop_reissue,
        accept_unknown=batch.accept_unknown,
        approved=batch.certificates,
        wait=0,
        poll=30,
        options=options.bulk(verify=True),
        context=services.context,
    )


def _servertastic_settings(services: Services, options: ChangeOptions) -> dict[str, Any]:
    """Return the keyword arguments of the cancellation that the options set. Raises OptionError."""
    from .._servertastic import operations as servertastic_operations

    chosen = with_defaults(options.servertastic, CANCELLATION)
    return servertastic_operations.cancel_settings(services.reseller(), chosen)


def _cancel_at_servertastic(services: Services, batch: Batch, options: ChangeOptions) -> dict[str, Any]:
    # Most runs do not use Servertastic, see open_services.
    from .._servertastic import operations as servertastic_operations
    from .._servertastic.policy import CancelRequest

    chosen = with_defaults(options.servertastic, CANCELLATION)
    services.know_tokens(batch.orders)
    issued = "request" if batch.action == REVOKE else "fail"
    return servertastic_operations.cancel(
        services.reseller(),
        batch.orders,
        request=CancelRequest(issued, "", chosen["replacement"] == "none", chosen["request_again"]),
        **_servertastic_settings(services, options),
        options=options.bulk(verify=False),
        context=services.context,
    )


# The operations of each action, in their sequence: the next one runs for the orders for which the one before succeeded.
CHANGES: dict[tuple[str, str], tuple[Change, ...]] = {
    (CERTCENTRAL, CANCEL): (_cancel,),
    (CERTCENTRAL, REJECT): (_reject_request,),
    (CERTCENTRAL, DROP): (_drop_reissue,),
    (CERTCENTRAL, MARK): (_mark_renewed,),
    (CERTCENTRAL, UNMARK): (_unmark_renewed,),
    (CERTCENTRAL, LAPSE): (_drop_reissue_first, _annotate, _stop_renewal),
    (CERTCENTRAL, REVOKE): (_drop_reissue_first, _revoke),
    (SERVERTASTIC, CANCEL): (_cancel_at_servertastic,),
    (SERVERTASTIC, REVOKE): (_cancel_at_servertastic,),
}
# Checks of the options that changes of a provider need: what is not valid must not be found out after others were made.
_CHECKS: dict[str, Callable[[Services, ChangeOptions], object]] = {SERVERTASTIC: _servertastic_settings}


def check_options(services: Services, entries: Iterable[Mapping[str, Any]], options: ChangeOptions) -> None:
    """Check the options that the changes of these entries need. Raises OptionError."""
    for provider in {entry["provider"] for entry in entries}.intersection(_CHECKS):
        _CHECKS[provider](services, options)


def make(change: Change, services: Services, batch: Batch, options: ChangeOptions) -> dict[str, Any]:
    """Run one operation; what keeps it from beginning is its result, as that of a task that failed."""
    try:
        return change(services, batch, options)
    except (ApiError, OptionError, Stopped) as error:
        return {"failed": True, "changed": False, "msg": str(error)}
    except Exception as error:  # noqa: BLE001 - perhaps after a request was sent: what the run changed must be reported
        why = unexpected(error)
        services.context.stop.set(why)
        key = PROVIDERS[batch.provider].order_key
        rows = [{key: order, "outcome": "unknown", "reason": why} for order in batch.orders]
        return {"failed": True, "changed": False, "orders": rows}
