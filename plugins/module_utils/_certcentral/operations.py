# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The operations of CertCentral: each runs a reader, a policy and a writer with the options of a task.

Modules call these functions. `options` are the options that all bulk changes have (`BULK` and `WATCHED`). Every
function returns the result of a task, and raises ApiError, OptionError or Stopped if the run cannot start.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Callable

from .._common.options import OptionError, ids
from .._runtime.observers import observers
from .._runtime.results import Settings
from .._runtime.runner import Run
from .models import serial
from .policy import (
    CANCELED,
    RENEWED,
    decide,
    decide_domain,
    decide_note,
    decide_renewal,
    decide_request,
    decide_revocation,
)
from .readers import (
    DomainsById,
    DomainsByName,
    NotedOrders,
    Orders,
    RequestsById,
    RequestsByOrder,
    RevocableCertificates,
    RevocableOrders,
)
from .writers import (
    DomainWriter,
    NoteWriter,
    RenewalWriter,
    RequestWriter,
    RevocationWriter,
    auto_renew_warning,
    comment_lost,
    with_auto_renew_warning,
)

if TYPE_CHECKING:
    from .._common.context import Context
    from .._common.outcomes import Decision
    from .._runtime.protocols import Reader, Write
    from .client import CertCentral

_STATUS_SET = {CANCELED: "canceled", RENEWED: "marked renewed", "not_renewed": "marked not renewed"}


def set_status(
    certcentral: CertCentral,
    order_ids: Sequence[int],
    *,
    status: str,
    note: str | None,
    cancel_reissue: bool,
    require_migrated: bool,
    options: Mapping[str, Any],
    context: Context,
    only_reissue: bool = False,
) -> dict[str, Any]:
    """Set the status of orders.

    status: canceled, renewed or not_renewed. note: for the service, required for canceled.
    cancel_reissue: whether a pending reissue may be dropped.
    require_migrated: mark only orders that are known to be migrated.
    only_reissue: cancel no order, only its reissue.
    """
    policy = partial(
        decide,
        target=status,
        today=_today(),
        cancel_reissue=cancel_reissue,
        require_migrated=require_migrated,
        only_reissue=only_reissue,
    )
    # Read a single order that is to be marked with the origin filter, which also proves that it is migrated.
    alone = len(order_ids) == 1 and status == RENEWED and require_migrated
    read = partial(certcentral.read, for_mark=alone)
    write = partial(certcentral.change_status, target=status, note=note)
    settings = Settings.of(options, _STATUS_SET[status])
    return _run(certcentral, certcentral, policy, write, settings, order_ids, options, context, note=note, read=read)


def revocable(params: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return what a task revokes: the kind of its keys, as in `revoke`, and the keys. Raises OptionError.

    params: order_id, certificate_id and serial_number, and order_ids, certificate_ids and serial_numbers.
    """
    if params["order_id"] is not None:
        ids(params, "order_id", "order_ids")
    for one, many in (("certificate_id", "certificate_ids"), ("serial_number", "serial_numbers")):
        if params[one] is None and params[many] is None:
            continue
        if one == "certificate_id":
            return one, ids(params, one, many)
        serials = [serial(text) for text in (params[many] if params[many] is not None else [params[one]])]
        if not all(serials):
            option = many if params[many] is not None else one
            raise OptionError(f"{option} must be hexadecimal digits, with or without colons")
        return one, serials
    return "order_id", ids(params, "order_id", "order_ids")


def revoke(
    certcentral: CertCentral,
    keys: Sequence[Any],
    *,
    key: str,
    order_id: int | None,
    reason: str,
    comments: str,
    skip_approval: bool,
    cancel_reissue: bool,
    accept_unknown: bool,
    wait: float,
    poll: float,
    options: Mapping[str, Any],
    context: Context,
    approved: Mapping[int, Collection[str]] | None = None,
    reader: RevocableOrders | None = None,
) -> dict[str, Any]:
    """Revoke orders with all their certificates, or single certificates. Irreversible.

    key: the kind of `keys`: order_id, certificate_id or serial_number.
    order_id: the order of the certificates, None to search it.
    reason: the revocation reason, comments: the text for the approver (docs/development/reference/certcentral.md 4.2).
    skip_approval: revoke at once, without a request. cancel_reissue: drop a pending reissue first.
    accept_unknown: revoke an order even if its certificates may be incomplete.
    wait: total seconds to wait for approvals, 0 for no wait. poll: seconds between two reads.
    approved: the serial numbers of the certificates that may end, by order id; of other orders, all may end.
    reader: keeps what was read, for a caller that needs it.
    """
    if reader is None:
        reader = RevocableOrders(certcentral) if key == "order_id" else RevocableCertificates(certcentral, order_id)
    policy = partial(
        decide_revocation,
        today=_today(),
        skip_approval=skip_approval,
        cancel_reissue=cancel_reissue,
        accept_unknown=accept_unknown,
        approved=approved,
    )
    write = RevocationWriter(certcentral, reason=reason, comments=comments, skip_approval=skip_approval)
    noun = "order" if key == "order_id" else "certificate"
    settings = Settings.of(options, "revoked", noun=noun, key=key, wait=wait, poll=poll)
    result = _run(certcentral, reader, policy, write, settings, keys, options, context, note=comments)
    return comment_lost(result, write.without_comment)


def settle_requests(
    certcentral: CertCentral,
    ids: Sequence[int],
    *,
    by_order: bool,
    status: str,
    comment: str | None,
    may_revoke: bool,
    options: Mapping[str, Any],
    context: Context,
) -> dict[str, Any]:
    """Approve or reject requests.

    ids: order ids with by_order, otherwise request ids. status: approved or rejected.
    may_revoke: whether a request to revoke may be approved.
    """
    reader = RequestsByOrder(certcentral) if by_order else RequestsById(certcentral)
    noun = "order" if by_order else "request"
    settings = Settings.of(options, status, noun=noun, key=f"{noun}_id", listed="requests")
    policy = partial(decide_request, target=status, may_revoke=may_revoke)
    write = RequestWriter(certcentral, status, comment)
    return _run(certcentral, reader, policy, write, settings, ids, options, context, note=comment)


def add_note(
    certcentral: CertCentral, order_ids: Sequence[int], *, text: str, options: Mapping[str, Any], context: Context
) -> dict[str, Any]:
    """Add a note to orders that do not have it yet."""
    reader, write = NotedOrders(certcentral, text), NoteWriter(certcentral, text)
    settings = Settings.of(options, "annotated")
    return _run(certcentral, reader, decide_note, write, settings, order_ids, options, context, note=text)


def set_renewal(
    certcentral: CertCentral,
    order_ids: Sequence[int],
    *,
    wanted: Mapping[str, Any],
    options: Mapping[str, Any],
    context: Context,
) -> dict[str, Any]:
    """Set renewal settings of orders.

    wanted: the values by option of digicert_order_renewal, without options that are not set.
    """
    reader = Orders(certcentral)
    settings = Settings.of(
        options,
        "updated",
        verify=True,
        besides=lambda result: with_auto_renew_warning(result, reader.auto_renewing),
        longer=len(auto_renew_warning(order_ids)),
    )
    policy, write = partial(decide_renewal, wanted=wanted), RenewalWriter(certcentral)
    return _run(certcentral, reader, policy, write, settings, order_ids, options, context)


def set_domains(
    certcentral: CertCentral,
    domains: Sequence[Any],
    *,
    by_id: bool,
    active: bool,
    options: Mapping[str, Any],
    context: Context,
) -> dict[str, Any]:
    """Activate or deactivate domains. domains: ids with by_id, otherwise names as A-labels."""
    reader = DomainsById(certcentral) if by_id else DomainsByName(certcentral)
    key, done = "domain_id" if by_id else "name", "activated" if active else "deactivated"
    settings = Settings.of(options, done, noun="domain", key=key, listed="domains")
    policy, write = partial(decide_domain, active=active), DomainWriter(certcentral, active)
    return _run(certcentral, reader, policy, write, settings, domains, options, context)


def _today() -> date:
    return datetime.now(timezone.utc).date()


def _run(
    certcentral: CertCentral,
    reader: Reader,
    policy: Callable[[Any], Decision],
    write: Write,
    settings: Settings,
    keys: Sequence[Any],
    options: Mapping[str, Any],
    context: Context,
    *,
    note: str | None = None,
    read: Callable[[Sequence[Any]], dict[Any, Any]] | None = None,
) -> dict[str, Any]:
    """Run a change and return its result.

    note: for the audit log. read: replaces the reader's own `read` for the first read of each chunk.
    """
    watching = observers(options, context, settings, len(set(keys)), certcentral.account_id, note)
    return Run(reader, read or reader.read, policy, write, settings, context, watching).result(keys)
