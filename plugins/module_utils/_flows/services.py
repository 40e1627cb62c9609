# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The services that a flow uses: their clients, opened from the options of a task, and the reads of a flow."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from .._certcentral import client as certcentral_client
from .._certcentral.search import Finder
from .._common.errors import ApiError, Stopped
from .._common.options import OptionError, with_defaults
from .._common.providers import CERTCENTRAL, PROVIDERS, SERVERTASTIC, connection_option
from .._runtime.runner import FRESH_FOR
from .._runtime.workers import pool

if TYPE_CHECKING:
    from .._certcentral.client import CertCentral
    from .._certcentral.models import Order
    from .._common.context import Context
    from .._servertastic.client import Servertastic
    from .._servertastic.models import Review

Found = TypeVar("Found")
# The options of a task with the connections of its services.
OPTIONS: dict[str, dict[str, Any]] = {
    "servertastic_tokens": {"type": "list", "elements": "str", "default": [], "no_log": True},
    **{connection_option(name): {"type": "dict", "options": one.options} for name, one in PROVIDERS.items()},
}
# Requests that are under way at a time.
WORKERS = 8
# The maximum age of a page that counts as read directly before, in seconds. The other half of FRESH_FOR is for the
# changes of a batch.
PAGE_FRESH_FOR = FRESH_FOR / 2


@dataclass
class Services:
    """The clients of a flow, and what it reads by them.

    certcentral, servertastic: None for a service that the flow does not use. digests: of the order tokens that the task
    has; other Servertastic orders are found by the account. messages: why a read failed, for the result. keeps_pages:
    whether pages that are read count for `recent_pages`.
    """

    context: Context
    certcentral: CertCentral | None = None
    servertastic: Servertastic | None = None
    digests: frozenset[str] = frozenset()
    messages: list[str] = field(default_factory=list)
    keeps_pages: bool = False
    # The pages of orders that were read, and when this began, in monotonic seconds.
    _pages: dict[int, tuple[float, Order]] = field(default_factory=dict, repr=False)

    def digicert(self) -> CertCentral:
        """The client of CertCentral. Raises OptionError where the flow was opened without it."""
        if self.certcentral is None:
            raise OptionError(
                "a change of a CertCentral order is planned, and the task has no connection to CertCentral"
            )
        return self.certcentral

    def reseller(self) -> Servertastic:
        """The client of Servertastic. Raises OptionError where the flow was opened without it."""
        if self.servertastic is None:
            raise OptionError(
                "a change of a Servertastic order is planned, and the task has no connection to Servertastic"
            )
        return self.servertastic

    def cost(self) -> dict[str, Any]:
        """The requests, retries and waits of all clients."""
        shown = [client.transport.counters.shown() for client in (self.certcentral, self.servertastic) if client]
        return {name: sum(one[name] for one in shown) for name in ("requests", "retries", "waited")}

    def warnings(self, more: Sequence[str] = ()) -> dict[str, Any]:
        """The warnings of the clients, and more, each once, as the key of a result; nothing where there are none."""
        of_client = self.certcentral.warnings if self.certcentral else ()
        warnings = [*dict.fromkeys([*of_client, *more])]
        return {"warnings": warnings} if warnings else {}

    @contextmanager
    def finder(
        self, workers: int = WORKERS, progress: Callable[[str], None] = lambda _noun: None, **options: bool
    ) -> Iterator[Finder]:
        """A finder of CertCentral orders with at most so many requests at a time. progress, options: of Finder."""
        with pool(min(WORKERS, workers)) as work:
            yield Finder(self.digicert(), work, self.context.stop, progress=progress, **options)

    def read_orders(
        self, order_ids: Sequence[int], progress: Callable[[str], None] = lambda _noun: None, **options: bool
    ) -> list[Order]:
        """CertCentral orders by id, without those that do not exist. Raises ApiError or Stopped.

        progress, options: of Finder.
        """
        if not order_ids:
            return []
        began = time.monotonic()
        with self.finder(len(order_ids), progress, **options) as finder:
            orders = finder.by_ids(order_ids)[0]
        if self.keeps_pages and options.get("details"):
            self._pages.update((order.id, (began, order)) for order in orders)
        return orders

    def read_reviews(
        self, digests: Sequence[str], progress: Callable[[str], None] = lambda _noun: None
    ) -> list[Review]:
        """Servertastic orders by digest, without those whose token is not known. Raises ApiError or Stopped.

        progress: of `reviewed`.
        """
        if not (digests and self.servertastic):
            return []
        from .._servertastic.results import reviewed

        with pool(min(WORKERS, len(digests))) as work:
            found = reviewed(self.servertastic, digests, work, self.context.stop, progress)
        return [review for review in found.values() if review]

    def orders(self, order_ids: Sequence[int]) -> list[dict[str, Any]]:
        """Rows of CertCentral orders as the list has them.

        An order that does not exist has no row, and none has where the read fails: what rests on a row is then unknown.
        """
        return self._order_rows(order_ids, details=False)

    def pages(self, order_ids: Sequence[int]) -> list[dict[str, Any]]:
        """Rows of CertCentral orders with what their own pages say; missing as in `orders`."""
        return self._order_rows(order_ids, details=True)

    def recent_pages(self, order_ids: Sequence[int]) -> list[dict[str, Any]]:
        """Rows of CertCentral orders as `pages` has them, each at most PAGE_FRESH_FOR old.

        They are not read again if a plan of this task has read all of them meanwhile. Each page counts once.
        """
        oldest = time.monotonic() - PAGE_FRESH_FOR
        known = [self._pages.pop(order) for order in order_ids if order in self._pages]
        recent = [page for began, page in known if began >= oldest]
        # All or none: a read of the others could take long.
        return _rows(recent) if len(recent) == len(order_ids) else self.pages(order_ids)

    def _order_rows(self, order_ids: Sequence[int], *, details: bool) -> list[dict[str, Any]]:
        if not self.certcentral:
            return []
        return _rows(self._if_read(lambda: self.read_orders(order_ids, details=details)))

    def reviews(self, digests: Sequence[str]) -> list[dict[str, Any]]:
        """Rows of Servertastic orders; none where the read fails."""

        def read() -> list[Review]:
            self.know_tokens(digests)
            return self.read_reviews(digests)

        return [review.shown() for review in self._if_read(read)]

    def _if_read(self, read: Callable[[], list[Found]]) -> list[Found]:
        """What was read; nothing where the read fails, whose reason is then a message."""
        try:
            return read()
        except (ApiError, OptionError, Stopped) as error:
            self.messages.append(str(error))
            return []

    def know_tokens(self, digests: Sequence[str]) -> None:
        """Read the tokens of the account where the task does not have those of these orders. Raises ApiError."""
        if self.servertastic and not all(digest in self.servertastic.tokens for digest in digests):
            self.servertastic.show_tokens()


RowReader = Callable[[Services, Sequence[Any]], "list[dict[str, Any]]"]
# How the orders of a provider are read: the read with the fewest requests first, and the next one for those orders that
# the rows so far do not settle.
ROWS: dict[str, tuple[RowReader, ...]] = {
    CERTCENTRAL: (Services.orders, Services.pages),
    SERVERTASTIC: (Services.reviews,),
}
# How orders are read that were never issued, before they are ended; all others are read by the last one of ROWS.
RECENT_ROWS: dict[str, RowReader] = {CERTCENTRAL: Services.recent_pages, SERVERTASTIC: Services.reviews}


def _rows(orders: Iterable[Order]) -> list[dict[str, Any]]:
    today = datetime.now(timezone.utc).date()
    return [order.shown(today) for order in orders]


@contextmanager
def open_services(
    params: Mapping[str, Any], context: Context, providers: Collection[str], *, writes: bool
) -> Iterator[Services]:
    """Open the clients that a flow uses; nothing is sent here.

    params: the connections and `servertastic_tokens` of the task. providers: those that the flow uses. writes: whether
    it may send changes. Raises OptionError or LibraryMissing.
    """
    with ExitStack() as resources:
        services = Services(context)
        if CERTCENTRAL in providers:
            options = connection_options(params, CERTCENTRAL)
            services.certcentral = resources.enter_context(certcentral_client.connect(options, context, writes=writes))
        if SERVERTASTIC in providers:
            # Loaded where it is used: Ansible compiles each file of a collection in each run, and most runs do not.
            from .._servertastic import client as servertastic_client

            options = connection_options(params, SERVERTASTIC)
            opened = servertastic_client.connect(options, context, writes=writes)
            services.servertastic = resources.enter_context(opened)
            tokens = params.get("servertastic_tokens") or ()
            services.digests = frozenset(opened.tokens.add(token) for token in tokens)
        yield services


def connection_options(params: Mapping[str, Any], provider: str) -> dict[str, Any]:
    """The options of a connection, each as the task sets it or else with its default. Raises OptionError."""
    option, spec = connection_option(provider), PROVIDERS[provider].options
    given = params.get(option) or {}
    unknown = sorted(set(given) - set(spec))
    if unknown:
        raise OptionError(f"{option}.{unknown[0]} is not an option; known are {', '.join(spec)}")
    return with_defaults(given, spec)
