# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders out of seeds, and back: the form that seeds, the control interface and its state share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from certsim.clock import parse_instant
from certsim.exchange import KEY_PREFIX, SeedError
from certsim.fields import digest, instant, mapping, number, whole_number
from certsim.servertastic.model import (
    CANCELLED,
    CANCELLED_EVENT,
    COMPLETED,
    COMPLETED_EVENT,
    EVENT_IDS,
    ORDER_PLACED,
    PLACED_EVENT,
    REISSUED_EVENT,
    Modification,
    Order,
    Stale,
)

#: Times that an order has or has not; a seed gives each as `..._at` or `..._days_ago`.
_TIMES = ("ordered", "placed", "completed", "cancelled", "requested", "approved")

_FIELDS = frozenset(
    (
        "token",
        "reseller_order_id",
        "provider_order_id",
        "account",
        "status",
        "st_product_code",
        "points",
        *(f"{name}_at" for name in _TIMES),
        *(f"{name}_days_ago" for name in _TIMES),
        "reissued_at",
        "reissued_days_ago",
        "modifications",
        "reseller_unique_reference",
        "domain_name",
        "additional_sans",
        "server_count",
        "invite_url",
        "end_customer_email",
        "organisation_info",
        "admin_contact",
        "tech_contact",
        "approver_email_address",
        "dv_auth_method",
        "expiry_date",
        "expires_in_days",
        "further_info",
        "stale_status",
        "extra",
    )
)

_DAY = timedelta(days=1)
_VALIDITY = timedelta(days=365)
_CONTACT_DEFAULTS = {"title": "Ms", "first_name": "Ada", "last_name": "Example", "phone": "+44 20 7946 0000"}
_ORGANISATION = {
    "name": "Example Corp",
    "division": "",
    "address": {"city": "Cambridge", "region": "Cambridgeshire", "country": "GB"},
}

#: What a patch to a status takes away: an order that is not issued has no completion, and so on.
_NOT_YET = {
    ORDER_PLACED: ("placed", "completed", "cancelled", "reissued"),
    COMPLETED: ("cancelled",),
    CANCELLED: (),
}
_NOT_ISSUED_YET = ("completed", "cancelled", "reissued")


def build_order(seed: Mapping[str, Any], place: int, now: datetime) -> Order:
    """Return the order that a seed describes; what it leaves out follows from its place in the seed (from 1).

    Raises:
        SeedError: a field is unknown or of a wrong form.
    """
    unknown = sorted(set(seed) - _FIELDS)
    if unknown:
        raise SeedError(f"order {place} of servertastic: unknown field {', '.join(unknown)}")
    try:
        order = _build(seed, place, now)
        if seed.get("stale_status") is not None:
            order.stale = Stale(now, _build(patched(order, {"status": str(seed["stale_status"])}), place, now))
        return order
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise SeedError(f"order {place} of servertastic: {type(error).__name__}: {error}") from error


def describe_order(order: Order) -> dict[str, Any]:
    """Return an order in the form of a seed."""
    return {
        "token": order.token,
        "reseller_order_id": order.reseller_order_id,
        "provider_order_id": order.provider_order_id,
        "account": order.account,
        "status": order.status,
        "st_product_code": order.st_product_code,
        "points": order.points,
        **{f"{name}_at": _iso(getattr(order, f"{name}_at")) for name in _TIMES},
        "reissued_at": [_iso(at) for at in order.reissued_at],
        "modifications": [_describe_modification(each) for each in order.modifications],
        "reseller_unique_reference": order.reseller_unique_reference,
        "domain_name": order.domain_name,
        "additional_sans": order.additional_sans,
        "server_count": order.server_count,
        "invite_url": order.invite_url,
        "end_customer_email": order.end_customer_email,
        "organisation_info": order.organisation_info,
        "admin_contact": order.admin_contact,
        "tech_contact": order.tech_contact,
        "approver_email_address": order.approver_email_address,
        "dv_auth_method": order.dv_auth_method,
        "expiry_date": _iso(order.expiry_date),
        "further_info": order.further_info,
        "extra": order.extra,
    }


def patched(order: Order, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the seed of an order with changes; its times follow its status, and its history its times."""
    before = describe_order(order)
    changes = dict(changes)
    status = changes.get("status", order.status)
    if status != order.status:
        for name in _NOT_YET.get(status, _NOT_ISSUED_YET):
            before.pop(f"{name}_at")
        for name in _reached(status):
            if not before.get(f"{name}_at") and f"{name}_at" not in changes:
                # It has just happened, unless the changes know better.
                changes = {f"{name}_days_ago": 0, **changes}
    if any(name == "status" or name.endswith(("_at", "_days_ago")) for name in changes):
        del before["modifications"]
    if status != order.status or any(name.startswith("completed_") for name in changes):
        del before["expiry_date"]
    return {**before, **changes}


def _reached(status: str) -> tuple[str, ...]:
    """Return the times that an order must have whose status becomes this one."""
    if status == CANCELLED:
        # Also what was never configured can be cancelled.
        return ("cancelled",)
    return {ORDER_PLACED: (), COMPLETED: ("placed", "completed")}.get(status, ("placed",))


def _build(seed: Mapping[str, Any], place: int, now: datetime) -> Order:
    token = str(seed.get("token") or f"{KEY_PREFIX}token-{place}")
    if not token.startswith(KEY_PREFIX):
        raise ValueError(f"its token does not begin with {KEY_PREFIX}: real tokens do not belong here")
    status = str(seed.get("status", ORDER_PLACED))
    times = _times(seed, status, now)
    domain = str(seed.get("domain_name") or f"host-{place}.corp.example")
    reissued = _reissued(seed, now)
    completed = times["completed"]
    return Order(
        token=token,
        reseller_order_id=str(seed.get("reseller_order_id") or f"STR_{place}_{place}"),
        account=str(seed["account"]),
        status=status,
        st_product_code=str(seed.get("st_product_code", "RapidSSL")),
        points=whole_number(seed.get("points", 100)),
        ordered_at=times["ordered"] or now,
        placed_at=times["placed"],
        completed_at=completed,
        cancelled_at=times["cancelled"],
        reissued_at=reissued,
        modifications=_modifications(seed, times, reissued, now),
        provider_order_id=str(seed.get("provider_order_id") or 70_000_000 + place),
        reseller_unique_reference=str(seed.get("reseller_unique_reference") or f"ref-{place}"),
        domain_name=domain,
        additional_sans=[str(name) for name in seed.get("additional_sans", [])],
        server_count=whole_number(seed.get("server_count", 1)),
        invite_url=str(seed.get("invite_url", f"https://orders.reseller.example/token/{token}")),
        end_customer_email=str(seed.get("end_customer_email", f"customer@{domain}")),
        organisation_info=mapping(seed.get("organisation_info")) or dict(_ORGANISATION),
        admin_contact=_contact(seed.get("admin_contact"), f"admin@{domain}"),
        tech_contact=_contact(seed.get("tech_contact"), f"tech@{domain}"),
        approver_email_address=str(seed.get("approver_email_address", f"hostmaster@{domain}")),
        dv_auth_method=str(seed.get("dv_auth_method", "Email")),
        expiry_date=_expiry(seed, completed, now),
        further_info=str(seed.get("further_info", "")),
        requested_at=times["requested"],
        approved_at=times["approved"],
        extra=dict(seed.get("extra", {})),
    )


def _times(seed: Mapping[str, Any], status: str, now: datetime) -> dict[str, datetime | None]:
    """Return an order's times: those given, and those that its status needs, a day apart."""
    times = {name: instant(seed, name, now) for name in _TIMES}
    if status == COMPLETED and times["completed"] is None:
        times["completed"] = now - 10 * _DAY
    if status == CANCELLED and times["cancelled"] is None:
        times["cancelled"] = now - _DAY
    if times["placed"] is None and status != ORDER_PLACED:
        later = times["completed"] or times["cancelled"] or now - _DAY
        # An order that was cancelled before it was configured has `placed_at: null`.
        never = status == CANCELLED and "placed_at" in seed
        times["placed"] = None if never else later - _DAY
    if times["ordered"] is None:
        times["ordered"] = (times["placed"] or times["cancelled"] or now - 2 * _DAY) - _DAY
    return times


def _reissued(seed: Mapping[str, Any], now: datetime) -> list[datetime]:
    days = seed.get("reissued_days_ago")
    if days is not None:
        return [now - number(each) * _DAY for each in days]
    return [parse_instant(each) for each in seed.get("reissued_at") or []]


def _modifications(
    seed: Mapping[str, Any], times: Mapping[str, datetime | None], reissued: list[datetime], now: datetime
) -> list[Modification]:
    if seed.get("modifications") is not None:
        return [_read_modification(each, now) for each in seed["modifications"]]
    known = (
        (PLACED_EVENT, times["placed"]),
        (COMPLETED_EVENT, times["completed"]),
        *((REISSUED_EVENT, at) for at in reissued),
        (CANCELLED_EVENT, times["cancelled"]),
    )
    return [Modification(EVENT_IDS[event], event, at) for event, at in known if at is not None]


def _read_modification(given: Mapping[str, Any], now: datetime) -> Modification:
    unknown = sorted(set(given) - {"event_id", "event_name", "timestamp", "days_ago"})
    if unknown:
        raise ValueError(f"unknown field {', '.join(unknown)} of a modification")
    name = str(given["event_name"])
    timestamp: datetime | str
    if given.get("days_ago") is not None:
        timestamp = now - number(given["days_ago"]) * _DAY
    else:
        try:
            timestamp = parse_instant(given["timestamp"])
        except ValueError:
            timestamp = str(given["timestamp"])
    return Modification(whole_number(given.get("event_id", EVENT_IDS.get(name, 99))), name, timestamp)


def _describe_modification(given: Modification) -> dict[str, Any]:
    at = given.timestamp
    shown = at if isinstance(at, str) else at.isoformat()
    return {"event_id": given.event_id, "event_name": given.event_name, "timestamp": shown}


def _contact(given: Mapping[str, Any] | None, email: str) -> dict[str, Any]:
    return {**_CONTACT_DEFAULTS, "email": email, **(given or {})}


def _expiry(seed: Mapping[str, Any], completed: datetime | None, now: datetime) -> datetime | None:
    if seed.get("expires_in_days") is not None:
        return now + number(seed["expires_in_days"]) * _DAY
    if seed.get("expiry_date") is not None:
        return parse_instant(seed["expiry_date"])
    return None if completed is None else completed + _VALIDITY


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def certificate_of(order: Order) -> str:
    """Return what stands for the order's certificate: deterministic text in the form of PEM."""
    body = "\n".join(digest(f"certificate {part}", order.reseller_order_id, 64) for part in range(4))
    return f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"
