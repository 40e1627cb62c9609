# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""A plan: what is to be done with which order, as one text that a person approves. Pure: no I/O, no clock, no Ansible.

A plan is made by one run and carried out by another, which carries out only what it would plan itself as well. What
stands in it is data wherever it goes: no text of it can be taken for a template.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from .._common.names import dns_name
from .._common.strict_json import NotStrict, read_object
from .._common.text import printable
from .._common.values import ORDER_ID, id_of, is_id
from .actions import ACTIONS, CERTCENTRAL, DROPPING, entry_key, order_label, sort_key
from .errors import PlanError
from .text import inert, listed
from .times import time_of, time_text

SCHEMA_VERSION = 1
GOOD_FOR = timedelta(hours=72)
# The clocks of two controllers may differ by so much.
SLACK = timedelta(minutes=5)
# In characters, and in levels of brackets; a plan of 10,000 orders has some 5 million, and five.
MOST_TEXT = 32 << 20
MOST_DEPTH = 20
_FIELDS = (
    "schema_version",
    "kind",
    "account_id",
    "api_host",
    "names",
    "hosts",
    "entries",
    "created_at",
    "expires_at",
)
# A plan has them only where they say something.
_OPTIONAL_FIELDS = ("notes",)
_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


# -- making and reading ------------------------------------------------------------------------------------------------


def make(
    kind: str,
    account_id: Any,
    api_host: str,
    names: Iterable[str],
    entries: Iterable[Mapping[str, Any]],
    now: datetime,
    *,
    hosts: Iterable[str] = (),
    notes: Iterable[str] = (),
) -> dict[str, Any]:
    """A plan, good for 72 hours.

    kind: of the role that plans. account_id: CertCentral's, None where there is none. entries: in any order, one for
    each order of a provider. now: in UTC. hosts: the servers that are torn down with it. notes: what the approver has
    to know beside the entries. Raises PlanError.
    """
    created = now.astimezone(timezone.utc).replace(microsecond=0)
    return _checked(
        {
            "schema_version": SCHEMA_VERSION,
            "kind": kind,
            "account_id": account_id,
            "api_host": api_host,
            "names": list(names),
            "hosts": list(hosts),
            "notes": list(notes),
            "entries": list(entries),
            "created_at": time_text(created),
            "expires_at": time_text(created + GOOD_FOR),
        }
    )


def canonical(plan: Any) -> str:
    """A plan, or a part of it, as its one text: a line without an end, in plain ASCII."""
    return json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(text: str) -> str:
    """The SHA-256 of a plan's text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(
    given: Any,
    sha256: str | None,
    kind: str,
    account_id: Any,
    api_host: str,
    now: datetime,
    *,
    names: Iterable[str] = (),
    hosts: Iterable[str] = (),
) -> dict[str, Any]:
    """A plan as it was given, a text or a dictionary, checked. Raises PlanError.

    sha256: what was approved, None where nobody said. It is compared with the digest of what is returned here, in its
    canonical form, so that it does not matter on which way the plan came. kind, account_id, api_host: as in `make`, of
    the run that is to carry it out. now: in UTC. names, hosts: of that run as well; the plan has to name all of them.
    """
    data = _parsed(given)
    if data.get("schema_version") != SCHEMA_VERSION or isinstance(data.get("schema_version"), bool):
        version = printable(data.get("schema_version"), 20)
        raise PlanError(f"the plan has schema version {version}, and this is {SCHEMA_VERSION}", "plan_schema")
    plan = _checked(data)
    _compare_digest(plan, sha256)
    _compare_place(plan, {"kind": _kind(kind), "account_id": _account(account_id), "api_host": inert(api_host)})
    _check_times(plan, now)
    _compare_reach(plan, {"hosts": hosts, "names": names})
    return plan


def same_but_for_times(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two plans say the same, each at its own time."""
    times = ("created_at", "expires_at")
    one, other = ({name: value for name, value in plan.items() if name not in times} for plan in (one, other))
    return one == other


def _parsed(given: Any) -> dict[str, Any]:
    """A new dictionary of plain values; nothing of it is checked but that it is JSON."""
    if isinstance(given, Mapping):
        try:
            given = json.dumps(given, allow_nan=False)
        except RecursionError:
            raise PlanError("the plan is nested too deeply") from None
        except (TypeError, ValueError):
            raise PlanError("the plan holds what is no JSON") from None
    if not isinstance(given, str):
        raise PlanError("a plan is a text of JSON, or the dictionary that it stands for")
    try:
        return read_object(given, MOST_TEXT)
    except NotStrict as error:
        raise PlanError(f"the plan {error}") from None


def _compare_digest(data: Mapping[str, Any], sha256: str | None) -> None:
    if sha256 is None:
        return
    approved = sha256.strip().lower()
    if not _SHA256.fullmatch(approved):
        raise PlanError("the plan's SHA-256 has to be 64 hexadecimal digits", "plan_sha256")
    found = digest(canonical(data))
    if found != approved:
        raise PlanError(
            f"this is not the plan that was approved: its SHA-256 is {found}, and {approved} was approved",
            "plan_sha256",
        )


_PLACES = {"kind": "the kind", "account_id": "account", "api_host": "the API at"}


def _compare_place(plan: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    for name, place in _PLACES.items():
        if plan[name] != here[name]:
            there, ours = (printable(one or "none", 100) for one in (plan[name], here[name]))
            raise PlanError(f"the plan is for {place} {there}, and this run for {ours}", f"plan_{name}")


def _check_times(plan: Mapping[str, Any], now: datetime) -> None:
    created, expires = time_of(plan["created_at"]), time_of(plan["expires_at"])
    if created > now + SLACK:
        raise PlanError(f"the plan is from the future: it was made at {plan['created_at']}", "plan_future")
    if not created < expires <= created + GOOD_FOR:
        raise PlanError(f"a plan is good for {GOOD_FOR.days * 24} hours at most, and this one is not so")
    if now >= expires:
        raise PlanError(f"the plan has expired, at {plan['expires_at']}: plan again", "plan_expired")


_REACHED = {"hosts": "servers", "names": "names"}


def _compare_reach(plan: Mapping[str, Any], here: Mapping[str, Iterable[str]]) -> None:
    """Whether nothing is reached that the plan does not name; what has dropped out since it was made does no harm."""
    for name, what in _REACHED.items():
        # A domain name may be spelled in Unicode or as DNS does; the name of a server is what the inventory calls it.
        spelled = dns_name if name == "names" else str
        planned = set(map(spelled, plan[name]))
        beyond = sorted(one for one in {inert(one) for one in here[name]} if spelled(one) not in planned)
        if beyond:
            raise PlanError(
                f"the approved plan does not name these {what}: {listed(beyond)}; plan again, and have that approved",
                f"plan_{name}",
            )


# -- what a plan is made of --------------------------------------------------------------------------------------------


def _checked(data: Mapping[str, Any]) -> dict[str, Any]:
    """A plan in its canonical order. Raises PlanError."""
    _only(data, (*_FIELDS, *_OPTIONAL_FIELDS), "the plan")
    missing = [name for name in _FIELDS if name not in data]
    if missing:
        raise PlanError(f"the plan lacks {missing[0]}")
    for name in ("names", "hosts", "entries", "notes"):
        if not isinstance(data.get(name, []), list):
            raise PlanError(f"{name} of the plan is no list")
    for name in ("created_at", "expires_at"):
        time_of(data[name])
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": _kind(data["kind"]),
        "account_id": _account(data["account_id"]),
        "api_host": inert(data["api_host"]),
        "names": sorted({inert(name) for name in data["names"]}),
        "hosts": sorted({inert(host) for host in data["hosts"]}),
        **({"notes": [inert(note) for note in data["notes"]]} if data.get("notes") else {}),
        "entries": entries_of(data["entries"]),
        "created_at": data["created_at"],
        "expires_at": data["expires_at"],
    }


def entries_of(given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Entries as a plan holds them, in its order, whatever the order they came in. Raises PlanError."""
    entries = sorted((_entry(entry) for entry in given), key=sort_key)
    for before, entry in zip(entries, entries[1:]):
        if entry_key(before) == entry_key(entry):
            raise PlanError(f"{order_label(entry)} is in the plan twice", "plan_twice")
    return entries


_ENTRY = ("provider", "order", "name", "domains", "action", "reason", "state")
_OPTIONAL = ("drop_reissue", "request_id", "contact")


def _entry(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise PlanError("an entry of the plan is no dictionary")
    _only(given, (*_ENTRY, *_OPTIONAL), "an entry")
    missing = [name for name in _ENTRY if given.get(name) is None]
    if missing:
        raise PlanError(f"an entry lacks {missing[0]}")
    provider, order, action = inert(given["provider"]), inert(given["order"]), inert(given["action"])
    if provider not in ACTIONS:
        raise PlanError(f"no provider is called {printable(provider, 50)}")
    if not (ORDER_ID if provider == CERTCENTRAL else _SHA256).fullmatch(order):
        what = "an order id" if provider == CERTCENTRAL else "an order_digest"
        raise PlanError(f"{printable(order, 80)} is not {what} of {provider}")
    if action not in ACTIONS[provider]:
        raise PlanError(f"order {order[:19]}: {provider} has no action {printable(action, 50)}", "plan_action")
    if not isinstance(given["domains"], list):
        raise PlanError(f"order {order[:19]}: domains is no list")
    entry = {
        "provider": provider,
        "order": order,
        "name": inert(given["name"]),
        "domains": sorted({inert(name) for name in given["domains"]}),
        "action": action,
        "reason": inert(given["reason"]),
        "state": _state(given["state"]),
    }
    return {**entry, **_optional(given, entry)}


def _optional(given: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry has only where it says something."""
    more: dict[str, Any] = {}
    if given.get("drop_reissue") not in (None, True, False):
        raise PlanError(f"{order_label(entry)}: drop_reissue is neither true nor false")
    if given.get("drop_reissue"):
        if entry["action"] not in DROPPING or entry["provider"] != CERTCENTRAL:
            raise PlanError(f"{order_label(entry)}: drop_reissue goes with {' or '.join(DROPPING)} only")
        more["drop_reissue"] = True
    request_id = given.get("request_id")
    if request_id is not None:
        if not is_id(request_id):
            raise PlanError(f"{order_label(entry)}: request_id is no positive number")
        more["request_id"] = request_id
    if given.get("contact"):
        more["contact"] = inert(given["contact"])
    return more


def _state(given: Any, depth: int = 0) -> Any:
    """Facts as they are compared: texts, whole numbers, true, false and nothing, in lists and dictionaries."""
    if depth == 0 and not isinstance(given, Mapping):
        raise PlanError("the state of an entry is no dictionary")
    if depth > MOST_DEPTH:
        raise PlanError("the state of an entry is nested too deeply")
    if isinstance(given, Mapping):
        return {inert(name): _state(value, depth + 1) for name, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [_state(value, depth + 1) for value in given]
    if isinstance(given, str):
        return inert(given)
    if given is None or isinstance(given, bool):
        return given
    if isinstance(given, int):
        # Without what Ansible has tied to it.
        return int(given)
    raise PlanError("the state of an entry holds what is neither text, whole number, true, false nor nothing")


def _kind(value: Any) -> str:
    kind = inert(value)
    if not _KIND.fullmatch(kind):
        raise PlanError("the kind of a plan is a word of small letters, digits and _")
    return kind


def _account(value: Any) -> int | None:
    """An account's id, None where there is no account."""
    if value in (None, ""):
        return None
    found = id_of(value)
    if found is None:
        raise PlanError("the account's id is no positive number")
    return found


def _only(data: Mapping[str, Any], names: Sequence[str], what: str) -> None:
    strange = [name for name in data if name not in names]
    if strange:
        raise PlanError(f"{what} has {printable(strange[0], 50)}, which nobody knows")
