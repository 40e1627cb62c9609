# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The kinds of plans: what each reads of the services, and which planner decides. A new kind is one function, one row.

The functions raise ApiError or Stopped where a read fails, and ValueError where the request is not valid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import urlsplit

from .._certcentral import operations
from .._certcentral.filters import criteria
from .._certcentral.models import CERTIFICATES
from .._certcentral.policy import may_write, why_read_only
from .._certcentral.readers import RevocableOrders
from .._common.errors import ApiError
from .._common.options import ORDER_FILTERS, OptionError, with_defaults
from .._common.providers import CERTCENTRAL, SERVERTASTIC
from .._common.values import utc_text
from .._planners import decommission, renewed_marks, stale_orders, undo_marks
from .._planners.decommission_facts import Ending
from .._planners.decommission_request import parse_request as parse_decommission
from .._planners.decommission_rules import ReadFacts
from .._planners.scope import narrowed, scope_of
from .._planners.scope import notes as notes_of_scope
from .._plans.actions import REVOKE
from .._runtime.observers import ReadProgress
from . import undo_reports
from .changes import ChangeOptions
from .services import WORKERS

if TYPE_CHECKING:
    from .._certcentral.models import Domain, Order
    from .._certcentral.readers import Revocable
    from .._servertastic.models import Review
    from .services import Services

Row = Mapping[str, Any]


# The kind that plans the orders of an earlier run; it is applied to those of the approved plan.
UNDO = "mark_renewed_orders_undo"


@dataclass(frozen=True)
class Planned:
    """What a kind of plan decided.

    account: `account_id` and `api_host` of the CertCentral account, empty without one. names: the domain names of the
    plan. notes: for the approver. orders: of the account, for a report. messages: for the log of the run.
    """

    entries: Sequence[dict[str, Any]]
    account: Mapping[str, Any] = field(default_factory=dict)
    names: Sequence[str] = ()
    notes: Sequence[str] = ()
    orders: Sequence[Order] = ()
    messages: Sequence[str] = ()


class Reads:
    """The reads of one plan. Each raises ApiError or Stopped.

    now: in UTC. writes: whether the plan will be applied by the same key, which then has to be allowed to. approved:
    the orders of the approved plan, None if there is none.
    """

    def __init__(
        self, services: Services, now: datetime, *, writes: bool, approved: Sequence[str] | None = None
    ) -> None:
        self._services = services
        self.approved = approved
        self.now = now
        self._writes = writes
        self._progress = ReadProgress(services.context.notify)
        self.messages: list[str] = []

    def account(self) -> dict[str, Any]:
        """`account_id` and `api_host` of the key's account. Raises ApiError where a key may only read, and must not."""
        certcentral = self._services.digicert()
        user = certcentral.me()
        account_id = user.account_id or certcentral.readable_account().get("account_id")
        connection = certcentral.transport.connection
        if self._writes and may_write(user, connection.read_only) is False:
            why = why_read_only(user, connection.read_only)
            raise ApiError(f"the API key of user {user.username} cannot make changes, because {why}", code="read_only")
        containers = user.shown().get("container_ids")
        if containers:
            several = ", ".join(map(str, containers))
            self.messages.append(
                f"the API key is restricted to the containers {several}: the plan has no orders of other containers"
            )
        return {"account_id": account_id, "api_host": urlsplit(connection.base_url).netloc}

    def orders(self, *, include_origin: bool = False, **filters: Any) -> list[Order]:
        """The orders of the account; filters: options of digicert_order_info."""
        wanted = criteria(with_defaults(filters, ORDER_FILTERS), self.now)
        with self._services.finder(progress=self._progress, include_origin=include_origin) as finder:
            return list(finder.matching(wanted))

    def by_ids(self, order_ids: Sequence[int], **options: bool) -> list[Order]:
        """Orders by id. options: `details` or `include_origin`."""
        return self._services.read_orders(order_ids, progress=self._progress, **options)

    def certificates(self, order_ids: Sequence[int]) -> list[Ending]:
        """What a revocation of these orders would end; it runs in check mode."""
        if not order_ids:
            return []
        reader = RevocableOrders(self._services.digicert(), self._progress)
        result = operations.revoke(
            self._services.digicert(),
            order_ids,
            key="order_id",
            order_id=None,
            reason="unspecified",
            comments="a read of what would end",
            skip_approval=False,
            cancel_reissue=True,
            accept_unknown=False,
            wait=0,
            poll=30,
            # It counts changes, and nothing changes here.
            options=ChangeOptions(progress=False).bulk(verify=False),
            context=replace(self._services.context, check_mode=True, diff=False),
            reader=reader,
        )
        return [_ending(row["order_id"], reader.last.get(row["order_id"]), row["reason"]) for row in result["orders"]]

    def domains(self) -> list[Domain]:
        """The domains of the account."""
        return list(self._services.digicert().domains())

    def reviews(self, *, account: bool) -> list[Review]:
        """The Servertastic orders of the task's tokens, and with `account` all orders of the account."""
        servertastic = self._services.servertastic
        digests = sorted(self._services.digests)
        if account and servertastic:
            shown = servertastic.show_tokens()
            digests += [digest for kind in ("unused", "used") for digest in shown[kind]]
        return self._services.read_reviews(digests, self._progress)

    def probe(self, one: Row, ports: Sequence[int], timeout: float) -> dict[str, Any]:
        """What servers present under the names of an order; what cannot be probed has no verdict."""
        # Few plans probe, and the parser of certificates takes long to load.
        from .._tls_probe.probe import probe

        self._progress("server of an order")
        try:
            stop = self._services.context.stop
            return probe(one["names"], ports, one["serial_numbers"], timeout=timeout, workers=WORKERS, stop=stop)
        except OptionError as error:
            return {"msg": str(error), "verdict": "unknown", "results": []}


def providers(request: Row, tokens: Sequence[str]) -> set[str]:
    """The providers whose orders a request plans. tokens: of Servertastic orders of the task. Raises OptionError."""
    used = {
        CERTCENTRAL: request.get("certcentral", True),
        SERVERTASTIC: request.get("servertastic_account") or tokens,
    }
    if not any(used.values()):
        raise OptionError(
            "the request uses no service: set certcentral or servertastic_account in it, or set servertastic_tokens"
        )
    return {provider for provider, is_used in used.items() if is_used}


def _ending(order_id: int, state: Revocable | None, reason: str) -> Ending:
    """What a revocation would end. state: what was read of the order, None if that failed."""
    if state is None:
        return Ending(order_id, reason=reason)
    if CERTIFICATES not in state.order.seen:
        return Ending(order_id, requests=state.requests, reason=reason)
    return Ending(order_id, state.order, state.certificates, state.requests, reason)


def _decommission_domain(request: Row, reads: Reads) -> Planned:
    options = {name: value for name, value in request.items() if name not in _OF_FLOW}
    wanted = parse_decommission(options)
    account = reads.account() if request.get("certcentral", True) else {}
    if account and wanted.include_subdomains:
        decommission.check_reach(reads.domains(), wanted)
    orders, today = reads.orders() if account else [], reads.now.date()
    found = decommission.covering(orders, wanted, today)
    first = decommission.to_read(found, wanted, today)
    pages = reads.by_ids(first["details"], details=True)
    more = decommission.to_read(found, wanted, today, pages) if first["details"] else first
    details = [*pages, *reads.by_ids(more["origin"], include_origin=True)]
    certificates = reads.certificates(more["certificates"])
    reviews = reads.reviews(account=bool(request.get("servertastic_account")))
    ports, timeout = request.get("probe_ports") or [443], request.get("probe_timeout") or 10
    to_probe = decommission.to_probe(certificates, reviews, wanted) if wanted.on_issued == REVOKE else []
    probes = [{"item": one, **reads.probe(one, ports, timeout)} for one in to_probe]
    facts = ReadFacts(
        now=reads.now,
        details=details,
        certificates=certificates,
        served=decommission.verdicts(probes),
        unresolved=decommission.unresolved(probes),
    )
    return Planned(
        decommission.plan(found, reviews, wanted, facts),
        account,
        names=sorted(wanted.names),
        notes=[
            *decommission.notes(orders, reviews, wanted),
            *(notes_of_scope(wanted.scope, orders) if account else ()),
        ],
        orders=orders,
        messages=reads.messages,
    )


def _cancel_stale_orders(request: Row, reads: Reads) -> Planned:
    wanted = stale_orders.parse_request({**request, "now": utc_text(reads.now)})
    account = reads.account()
    orders = reads.orders(**stale_orders.search(wanted))
    pages = reads.by_ids(stale_orders.to_read(orders, wanted), details=True)
    renewed = reads.by_ids(stale_orders.predecessors(pages))
    entries = stale_orders.plan(orders, wanted, details=pages, renewed=renewed)
    notes = notes_of_scope(wanted.scope, orders, stale_orders.outside(orders, wanted, pages))
    return Planned(entries, account, notes=notes, messages=reads.messages)


def _mark_renewed_orders(request: Row, reads: Reads) -> Planned:
    undo_expired, scope = bool(request.get("undo_expired")), scope_of(request, "mark_renewed_orders")
    account = reads.account()
    orders, today = reads.orders(include_origin=True), reads.now.date()
    pages = reads.by_ids(renewed_marks.to_read(orders, today, undo_expired=undo_expired), details=True)
    found = renewed_marks.plan(orders, today, pages, undo_expired=undo_expired, with_unmarked=True)
    entries, left_out = narrowed(found, [*orders, *pages], scope)
    notes = notes_of_scope(scope, orders, left_out)
    return Planned(entries, account, notes=notes, orders=orders, messages=reads.messages)


def _undo_marks(request: Row, reads: Reads) -> Planned:
    scope = scope_of(request, "mark_renewed_orders")
    if reads.approved is None:
        source = undo_reports.find(str(request.get("report") or ""), str(request.get("folder") or ""))
        account = reads.account()
        marked, notes = undo_reports.marked(source, account["account_id"], account["api_host"])
    else:
        # Since the approval, another run can have replaced the latest report, or have become the newest one.
        account, marked, notes = reads.account(), sorted(map(int, reads.approved)), []
    rows, pages = reads.by_ids(marked), reads.by_ids(marked, details=True)
    entries, left_out = narrowed(undo_marks.plan_undo(marked, rows, pages), [*rows, *pages], scope)
    notes = [*notes, *notes_of_scope(scope, rows, left_out)]
    return Planned(entries, account, notes=notes, messages=reads.messages)


# Options of the request of decommission_domain that its planner does not know.
_OF_FLOW = ("certcentral", "servertastic_account", "probe_ports", "probe_timeout")
KINDS: dict[str, Callable[[Row, Reads], Planned]] = {
    "decommission_domain": _decommission_domain,
    "cancel_stale_orders": _cancel_stale_orders,
    "mark_renewed_orders": _mark_renewed_orders,
    UNDO: _undo_marks,
}


def plan(
    kind: str, request: Row, services: Services, now: datetime, *, writes: bool, approved: Sequence[str] | None = None
) -> Planned:
    """Read the services and make the entries of a plan. Raises ApiError, Stopped or ValueError.

    approved: the orders of the approved plan, None if there is none.
    """
    return KINDS[kind](request, Reads(services, now, writes=writes, approved=approved))
