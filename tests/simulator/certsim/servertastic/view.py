# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the API shows orders, points and tokens: docs/development/reference/servertastic.md 3.1 and 4."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from certsim.servertastic.accounts import Account, Record
from certsim.servertastic.build import certificate_of
from certsim.servertastic.model import (
    COMPLETED_EVENT,
    EVENT_IDS,
    REISSUED_EVENT,
    REQUESTED_EVENT,
    SERVERTASTIC_REVIEW,
    Modification,
    Order,
)
from certsim.switches import Switches

# INVENTED.
_WAITS = "A cancellation request awaits the approval of the administrative contact."

#: Fields that are blank until configuration, and until issuance (docs/development/reference/servertastic.md 4).
_BLANK_CONTACT = dict.fromkeys(("title", "first_name", "last_name", "phone", "email"), "")
_BLANK_ORGANISATION = {"name": "", "division": "", "address": {"city": "", "region": "", "country": ""}}


class View:
    """Things as they show at one moment, under the switches as they are."""

    def __init__(self, switches: Switches, now: datetime) -> None:
        self._switches = switches
        self._now = now
        self._lag = timedelta(seconds=self._switch("review_lag_seconds"))

    def known(self, order: Order) -> Order:
        """Return an order as the service's database has it, which may lag behind."""
        stale = order.stale
        return stale.known if stale is not None and self._now < stale.since + self._lag else order

    def status(self, order: Order) -> str:
        """Return a status as it is spelt."""
        case = self._switch("status_case")
        if case == "lower":
            return order.status.lower()
        if case == "mixed":
            return "ServerTastic Review" if order.status == SERVERTASTIC_REVIEW else order.status.capitalize()
        return order.status

    def review(self, order: Order) -> dict[str, Any]:
        """Return a known order as order/review and order/modifiedorders show it."""
        if order.is_smartertools:
            return self._licence(order)
        shown = {
            **self._ids(order),
            "order_status": self.status(order),
            "order_state_further_info": self._further_info(order),
            **self._configuration(order),
            **self._modifications(order),
            **self._certificates(order),
            **order.extra,
        }
        return _without_blanks(shown, self._switch("blank_fields"))

    def row(self, order: Order) -> dict[str, Any]:
        """Return a known order as order/expiring and account/review list it."""
        return {
            "reseller_order_id": order.reseller_order_id,
            "order_status": self.status(order),
            "order_date": self.stamp(order.ordered_at),
            "domain_name": order.domain_name if order.is_configured else "",
            "order_points": self.points(order.points),
            "expiry_date": self.stamp(order.expiry_date),
            "st_product_code": order.st_product_code,
        }

    def record(self, record: Record, total: int) -> dict[str, Any]:
        """Return a change of points as account/pointsaudit lists it; total is what there was after it."""
        return {
            "Timestamp": self.stamp(record.at),
            "PointsAdjustment": self.points(record.adjustment),
            "NewPointsTotal": self.points(total),
            "Description": record.description,
            "OrderDate": self.stamp(record.order_date),
            "OrderReference": record.order_reference,
            "OrderToken": record.order_token,
            "Notes": record.notes,
        }

    def audit(self, account: Account) -> list[dict[str, Any]]:
        """Return the changes of an account's points that show already."""
        shown, total = [], account.opening
        for record in self._visible(account):
            total += record.adjustment
            shown.append(self.record(record, total))
        return shown

    def purchased_points(self, account: Account) -> object:
        """Return an account's points as they show."""
        return self.points(account.opening + sum(record.adjustment for record in self._visible(account)))

    def points(self, value: int) -> object:
        """Return points as they show."""
        return str(value) if self._switch("points_as_string") else value

    def stamp(self, at: datetime | str | None) -> str:
        """Return a time as it shows; none is blank."""
        if at is None or isinstance(at, str):
            return at or ""
        style = self._switch("timestamps_zone")
        if style == "iso":
            return at.isoformat(timespec="seconds")
        return (at + timedelta(hours=style == "plus_one_none")).strftime("%Y-%m-%d %H:%M:%S")

    def wrapped(self, name: str, wrapper: str, rows: list[Any], shape: str) -> dict[str, Any]:
        """Return a list under its name, in the shape of a switch; an empty one in that of empty_lists."""
        style, form = self._switch(shape), self._switch("empty_lists")
        if not rows and form != "empty_list":
            return {} if form == "key_absent" else {name: ""}
        if style == "list":
            return {name: rows}
        return {name: {wrapper: rows[0] if style == "single_object" and len(rows) == 1 else rows}}

    def bare(self, name: str, rows: list[Any], shape: str) -> dict[str, Any]:
        """Return a list that has no wrapper."""
        form = self._switch("empty_lists")
        if not rows and form != "empty_list":
            return {} if form == "key_absent" else {name: ""}
        return {name: rows[0] if self._switch(shape) == "single_object" and len(rows) == 1 else rows}

    def _switch(self, name: str) -> Any:
        return self._switches[f"servertastic.{name}"]

    def _shows_request(self, order: Order, where: str) -> bool:
        requested = order.requested_at
        return (
            requested is not None and self._switch("request_shown_in") == where and self._now >= requested + self._lag
        )

    def _ids(self, order: Order) -> dict[str, Any]:
        echo = {"order_token": order.token} if self._switch("echo_token_in_review") else {}
        return {
            **echo,
            "reseller_order_id": order.reseller_order_id,
            "provider_order_id": order.provider_order_id if order.is_configured else "",
            "st_product_code": order.st_product_code,
            "reseller_unique_reference": order.reseller_unique_reference,
        }

    def _licence(self, order: Order) -> dict[str, Any]:
        """Return what a review has of a SmarterTools order (docs/development/reference/servertastic.md 4)."""
        licences = [{"license_key": f"SIM-{order.reseller_order_id}"}] if order.completed_at else []
        ids = self._ids(order)
        return {
            **ids,
            "order_status": self.status(order),
            **self.wrapped("order_licenses", "license", licences, "orders_shape"),
        }

    def _further_info(self, order: Order) -> str:
        return _WAITS if self._shows_request(order, "further_info") else order.further_info

    def _configuration(self, order: Order) -> dict[str, Any]:
        """Return what is blank until the order is configured."""
        configured = order.is_configured
        contact_shown = configured and self._switch("admin_contact_shown")
        return {
            "domain_name": order.domain_name if configured else "",
            "san_count": len(order.additional_sans),
            "additional_sans": ",".join(order.additional_sans) if configured else "",
            "server_count": order.server_count,
            "invite_url": order.invite_url,
            "end_customer_email": order.end_customer_email,
            "organisation_info": order.organisation_info if configured else _BLANK_ORGANISATION,
            "approver_notified_date": self.stamp(order.placed_at),
            "approver_email_address": order.approver_email_address if configured else "",
            "dv_auth_method": order.dv_auth_method if configured else "",
            "admin_contact": order.admin_contact if contact_shown else _BLANK_CONTACT,
            "tech_contact": order.tech_contact if configured else _BLANK_CONTACT,
        }

    def _history(self, order: Order) -> list[Modification]:
        history = list(order.modifications)
        if self._switch("reissue_adds_completed"):
            history = [_as_completion(each) if each.event_name == REISSUED_EVENT else each for each in history]
        if order.requested_at is not None and self._shows_request(order, "modification"):
            history.append(Modification(EVENT_IDS[REQUESTED_EVENT], REQUESTED_EVENT, order.requested_at))
        return history

    def _modifications(self, order: Order) -> dict[str, Any]:
        if not self._switch("modifications_shown"):
            return {}
        rows = [
            {"timestamp": self.stamp(each.timestamp), "event_id": each.event_id, "event_name": each.event_name}
            for each in self._history(order)
        ]
        return self.wrapped("modifications", "modification", rows, "modifications_shape")

    def _certificates(self, order: Order) -> dict[str, Any]:
        """Return what is blank until the order is issued, by older and newer keys."""
        issued = order.completed_at is not None
        text = certificate_of(order) if issued else ""
        return {
            "certificate": text,
            "pkcs7": text.replace("CERTIFICATE", "PKCS7"),
            "expiry_date": self.stamp(order.expiry_date) if issued else "",
            "reissued_certificates": {"certificate_info": [{"certificate": text} for _at in order.reissued_at]},
            "ca_certs": {"certificate_info": [{"type": "INTERMEDIATE", "certificate": text}] if issued else []},
            **self._certificate_list(order, issued=issued),
        }

    def _certificate_list(self, order: Order, *, issued: bool) -> dict[str, Any]:
        style = self._switch("certificate_list")
        if style == "absent":
            return {}
        if not issued or style == "empty":
            return {"certificate_list": []}
        expiration = None if style == "null_expiration" else self.stamp(order.expiry_date)
        return {"certificate_list": [{"expiration_date": expiration, "common_name": order.domain_name}]}

    def _visible(self, account: Account) -> Iterable[Record]:
        lag = timedelta(seconds=self._switch("audit_lag_seconds"))
        return (record for record in account.audit if record.at + lag <= self._now)


def _as_completion(reissue: Modification) -> Modification:
    return Modification(EVENT_IDS[COMPLETED_EVENT], COMPLETED_EVENT, reissue.timestamp)


def _without_blanks(shown: dict[str, Any], style: str) -> dict[str, Any]:
    """Return a review with its blank fields in the given form."""
    if style == "empty_string":
        return shown
    if style == "absent":
        return {name: value for name, value in shown.items() if value != "" and value is not _BLANK_CONTACT}
    return {name: None if value == "" or value is _BLANK_CONTACT else value for name, value in shown.items()}
