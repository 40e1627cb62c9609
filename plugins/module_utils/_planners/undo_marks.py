# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Plan to remove the renewed marks that a run has set according to its report. Pure: no I/O, no clock, no Ansible.

A report is a file that anyone may have changed, so only order ids are taken from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._certcentral.models import DETAILS, Order
from .._common.strict_json import NotStrict, read_object
from .._common.text import printable
from .._common.values import ORDER_ID, id_of
from .._plans.actions import CERTCENTRAL, LEAVE, MARK, NOTHING, UNMARK
from .._plans.document import MOST_TEXT
from .._reports.data import SCHEMA_VERSION
from .renewed_marks import MARKABLE, entry


class ReportRefused(ValueError):
    """A report cannot be used. The message has the reason."""


class OtherReport(ReportRefused):
    """A report is of another account, of another host, or of another version of the collection."""


def marked_by(text: Any, account_id: Any, api_host: str) -> list[int]:
    """Return the sorted ids of the orders that the run of a report has marked renewed. Raises ReportRefused.

    text: the JSON report that the role order_report wrote for a run that applied a plan. account_id, api_host: the
    account of this run; the report must be for the same account.
    """
    report = _parse(text)
    version = report.get("schema_version")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise OtherReport(
            f"it has the schema version {printable(version, 20)}, and this collection needs {SCHEMA_VERSION}"
        )
    if report.get("phase") != "apply":
        raise ReportRefused("it is not the report of a run that applied a plan")
    _check_account(report.get("account"), account_id, api_host)
    entries = report.get("entries")
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ReportRefused("it contains no list of entries")
    marks = [one for one in entries if (one.get("action"), one.get("outcome")) == (MARK, "done")]
    return sorted({_id(one) for one in marks})


def run_of(text: Any) -> tuple[str, str]:
    """Return the digest of the plan that the run of a report applied, and the time of the report; empty if not known.

    Raises ReportRefused for a text that is not a report.
    """
    report = _parse(text)
    digest, time = report.get("plan_sha256"), report.get("generated_at")
    return (digest if isinstance(digest, str) else "", time if isinstance(time, str) else "")


def plan_undo(order_ids: Iterable[int], orders: Iterable[Order], pages: Iterable[Order]) -> list[dict[str, Any]]:
    """Return a plan entry for each order id. A mark is removed only if it is still set and no order is a true renewal.

    orders: these orders as the list has them now; pages: the same orders read with details. Both are needed, because
    lists and details can differ.
    """
    rows = {row.id: row for row in orders}
    pages_by_id = {page.id: page for page in pages if DETAILS in page.seen}
    return [_undo_entry(one, rows.get(one), pages_by_id.get(one)) for one in sorted(set(order_ids))]


def _undo_entry(order_id: int, row: Order | None, page: Order | None) -> dict[str, Any]:
    if row is None or page is None:
        known = row or page or Order(order_id, status="")
        return entry(known, LEAVE, "the order does not exist, or the API key cannot read it")
    marks = (row.is_marked, page.is_marked)
    if True not in marks:
        return entry(page, NOTHING, "the order is not marked renewed")
    if False in marks or row.status != page.status:
        return entry(page, LEAVE, "the order changed while it was read: plan again")
    if page.status not in MARKABLE:
        return entry(page, LEAVE, f"the status of the order is {printable(page.status, 50) or 'not known'}")
    newer = page.renewed_order_id
    if newer is None:
        return entry(page, LEAVE, "it is not known whether another order has renewed the order in CertCentral")
    if newer:
        return entry(page, LEAVE, f"order {newer} has renewed the order in CertCentral, so this is not a mark")
    return entry(page, UNMARK, "the run of the report marked the order renewed")


def _parse(text: Any) -> dict[str, Any]:
    if not isinstance(text, str):
        raise ReportRefused("it is not a text")
    try:
        return read_object(text, MOST_TEXT)
    except NotStrict as error:
        raise ReportRefused(f"it {error}: use the JSON file of a report") from None


def _check_account(place: Any, account_id: Any, api_host: str) -> None:
    reported = place if isinstance(place, dict) else {}
    number = id_of(account_id)
    # Two unknown accounts do not count as the same account.
    if number is None or id_of(reported.get("account_id")) != number:
        report_value, run_value = (
            printable(reported.get("account_id") or "none", 20),
            printable(account_id or "none", 20),
        )
        raise OtherReport(f"it is for account {report_value}, and this run is for {run_value}")
    if not api_host or reported.get("api_host") != api_host:
        report_value = printable(reported.get("api_host") or "none", 100)
        raise OtherReport(
            f"it is for the API host {report_value}, and this run is for {printable(api_host or 'none', 100)}"
        )


def _id(one: Mapping[str, Any]) -> int:
    provider, order = one.get("provider"), one.get("order")
    if provider != CERTCENTRAL or not isinstance(order, str) or not ORDER_ID.fullmatch(order):
        raise ReportRefused(f"it contains a mark of {printable(order, 50)}, which is not an order of {CERTCENTRAL}")
    return int(order)
