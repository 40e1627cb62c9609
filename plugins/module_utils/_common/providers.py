# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The providers of orders, each as one row: what options, plans, messages, tables and reports know about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Callable

from . import actions
from .actions import CANCEL, KEEP, LEAVE, NOTHING, REVOKE, WAIT
from .options import CERTCENTRAL_OPTIONS, SERVERTASTIC_OPTIONS
from .values import ORDER_ID

CERTCENTRAL, SERVERTASTIC = "certcentral", "servertastic"


@dataclass(frozen=True)
class Provider:
    """What a provider is called, how it is connected to, and how its orders are named and read.

    label: in messages and reports. group: the action group whose `module_defaults` belong to the connection. prefix: of
    its environment variables. options: of the connection. order_key, status_key: the keys of an order and its status in
    results. an_order: what `order_key` is, in messages. order_pattern: how a plan spells an order. order_type: what
    options of modules have it as. shown_digits: how many characters of it are shown, None for all. waiting: the message
    about one order whose action needs an approval, and about several. waiting_key: the key of a record with the number
    that the message names. actions: those that a plan can have. ended: the status, in lower case, of an order that any
    action has ended; empty where it depends on the action. shows_changes: whether a read directly after a change shows
    it.
    """

    label: str
    group: str
    prefix: str
    options: Mapping[str, Mapping[str, Any]]
    order_key: str
    status_key: str
    an_order: str
    order_pattern: re.Pattern[str]
    order_type: Callable[[str], Any]
    waiting: tuple[str, str]
    waiting_key: str
    shown_digits: int | None = None
    actions: tuple[str, ...] = tuple(actions.ACTIONS)
    ended: str = ""
    shows_changes: bool = True


# In the sequence in which a run changes their orders.
PROVIDERS: dict[str, Provider] = {
    CERTCENTRAL: Provider(
        label="CertCentral",
        group="digicert",
        prefix="DIGICERT",
        options=CERTCENTRAL_OPTIONS,
        order_key="order_id",
        status_key="status",
        an_order="an order ID",
        order_pattern=ORDER_ID,
        order_type=int,
        waiting=(
            "{count} revocation request{orders} waits for approval in CertCentral",
            "{count} revocation requests{orders} wait for approval in CertCentral",
        ),
        waiting_key="request_id",
    ),
    # Orders are named by the SHA-256 of the order token, since the token itself is a secret.
    SERVERTASTIC: Provider(
        label="Servertastic",
        group="servertastic",
        prefix="SERVERTASTIC",
        options=SERVERTASTIC_OPTIONS,
        order_key="order_digest",
        status_key="order_status",
        an_order="an order_digest",
        order_pattern=re.compile("[0-9a-f]{64}"),
        order_type=str,
        waiting=(
            "{count} cancellation at Servertastic{orders} waits for the admin contact to approve by mail",
            "{count} cancellations at Servertastic{orders} wait for the admin contacts to approve by mail",
        ),
        waiting_key="order",
        shown_digits=8,
        # The revocation of an issued order is a cancellation that the admin contact must approve.
        actions=(CANCEL, REVOKE, KEEP, LEAVE, NOTHING, WAIT),
        ended="cancelled",
        # A review is minutes old.
        shows_changes=False,
    ),
}


def connection_option(provider: str) -> str:
    """Return the name of the option with the connection to a provider."""
    return f"{provider}_connection"


def order_of(row: Mapping[str, Any]) -> str:
    """Return the order of a row of any provider, as a plan spells it; an empty string without one."""
    return next((str(row[one.order_key]) for one in PROVIDERS.values() if row.get(one.order_key)), "")


def rows_by_order(rows: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the rows of any provider by order; for several rows of one order the last one counts."""
    return {order_of(row): row for row in rows}
