# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The plan document: which action for which order, as one canonical JSON text that an approver approves.

Pure: no I/O, no clock, no Ansible. One run makes a plan, and a later run carries out the entries that a fresh plan has
as well. A plan comes from a file or from a user, so `read` trusts nothing in it. All strings of a plan are inert: none
of them can be evaluated as a Jinja template.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from .._common.names import dns_name
from .._common.providers import PROVIDERS
from .._common.strict_json import NotStrict, read_object
from .._common.text import printable
from .._common.values import id_of, is_id
from .actions import ACTIONS, DROP, DROPPING, entry_key, order_label, sort_key
from .errors import PlanError
from .text import inert, listed
from .times import time_of, time_text

SCHEMA_VERSION = 1
GOOD_FOR = timedelta(hours=72)
# Maximum difference between the clocks of two controllers.
SLACK = timedelta(minutes=5)
# Maximum characters and nesting levels of a plan. A plan of 10,000 orders has about 5 million characters and 5 levels.
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
# Only present if they are not empty, so that one plan has exactly one text.
_OPTIONAL_FIELDS = ("servers", "notes")
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
    servers: Mapping[str, Iterable[str]] | None = None,
    notes: Iterable[str] = (),
) -> dict[str, Any]:
    """Make a plan that is valid for 72 hours. Raises PlanError.

    kind: the kind of plan, one for each role. account_id: the CertCentral account, None for a plan without CertCentral.
    names: the names that the plan is for. entries: in any order, one for each order of a provider. now: in UTC. hosts:
    the servers that are torn down with the plan. servers: the names of each of them, where they are known; its servers
    need not be in hosts. notes: what the approver must know in addition to the entries.
    """
    # Plans have times in whole seconds.
    created = now.astimezone(timezone.utc).replace(microsecond=0)
    return _check(
        {
            "schema_version": SCHEMA_VERSION,
            "kind": kind,
            "account_id": account_id,
            "api_host": api_host,
            "names": list(names),
            "hosts": list(hosts),
            "servers": {host: list(several) for host, several in (servers or {}).items()},
            "notes": list(notes),
            "entries": list(entries),
            "created_at": time_text(created),
            "expires_at": time_text(created + GOOD_FOR),
        }
    )


def canonical(plan: Any) -> str:
    """Return a plan, or a part of it, as canonical JSON: sorted keys, ASCII, one line without a line feed."""
    return json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def digest(text: str) -> str:
    """Return the SHA-256 of a plan's canonical text, in hexadecimal."""
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
    servers: Mapping[str, Iterable[str]] | None = None,
) -> dict[str, Any]:
    """Check a plan and return it in its canonical order. Raises PlanError.

    given: the plan as JSON text or as a dictionary. sha256: the digest that was approved, None for no comparison. It is
    compared with the digest of the canonical text, so other white space or another order of keys does not matter. kind,
    account_id, api_host: as in `make`, of the run that carries the plan out; they must be the same. now: in UTC. names,
    hosts, servers: of that run; the plan must have all of them, and each name of a server for the same server.
    """
    # The order of the checks is the order of importance for the user: not the approved plan, not this target, too old.
    plan = parsed(given)
    _compare_digest(plan, sha256)
    _compare_target(plan, {"kind": _kind(kind), "account_id": _account(account_id), "api_host": inert(api_host)})
    check_times(plan, now)
    _compare_scope(plan, {"hosts": [*hosts, *(servers or ())], "names": names})
    _compare_servers(plan.get("servers", {}), _servers(servers or {}))
    return plan


def orders_of(given: Any, sha256: str | None) -> list[str]:
    """Return the order of each entry of a plan, if its digest is the approved one. Raises PlanError.

    given, sha256: as in `read`, which has to check the rest before anything is changed.
    """
    plan = parsed(given)
    _compare_digest(plan, sha256)
    return [str(entry["order"]) for entry in plan["entries"]]


def parsed(given: Any) -> dict[str, Any]:
    """Check a plan without its times and without a run, and return it in its canonical order. Raises PlanError.

    given: as in `read`.
    """
    data = _parse(given)
    # Before the other checks, as their messages would mislead for another schema. To Python, true equals 1.
    if data.get("schema_version") != SCHEMA_VERSION or isinstance(data.get("schema_version"), bool):
        version = printable(data.get("schema_version"), 20)
        raise PlanError(
            f"the plan has the schema version {version}, and this collection needs {SCHEMA_VERSION}: plan again",
            "plan_schema",
        )
    return _check(data)


def check_times(plan: Mapping[str, Any], now: datetime) -> None:
    """Raise PlanError if a plan is not valid at this time. plan: as `parsed` returns it. now: in UTC."""
    created, expires = time_of(plan["created_at"]), time_of(plan["expires_at"])
    # A later time of creation would extend the validity of the plan.
    if created > now + SLACK:
        raise PlanError(
            f"the plan was created in the future, at {plan['created_at']}: check the clocks of the controllers",
            "plan_future",
        )
    # A plan that was edited to be valid for longer is refused.
    if not created < expires <= created + GOOD_FOR:
        raise PlanError(f"the plan must be valid for at most {GOOD_FOR.days * 24} hours: plan again")
    if now >= expires:
        raise PlanError(f"the plan expired at {plan['expires_at']}: plan again", "plan_expired")


def approved_digest(sha256: str) -> str:
    """Return the digest that was approved as `digest` writes it. Raises PlanError if it is not a SHA-256."""
    # A digest from a survey or a chat can have white space and uppercase letters.
    approved = sha256.strip().lower()
    if not _SHA256.fullmatch(approved):
        raise PlanError("the approved SHA-256 must have 64 hexadecimal digits", "plan_sha256")
    return approved


def same_but_for_times(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two plans are the same except for their times."""
    times = ("created_at", "expires_at")
    one, other = ({name: value for name, value in plan.items() if name not in times} for plan in (one, other))
    return one == other


def _parse(given: Any) -> dict[str, Any]:
    """Parse a plan into a new dictionary of JSON values. Checks nothing else."""
    if isinstance(given, Mapping):
        try:
            # Through JSON, so that a dictionary is checked as strictly as a text.
            given = json.dumps(given, allow_nan=False)
        except RecursionError:
            raise PlanError("the plan is nested too deeply") from None
        except (TypeError, ValueError):
            raise PlanError("the plan contains a value that JSON does not have") from None
    if not isinstance(given, str):
        raise PlanError("the plan must be a JSON text or a dictionary")
    try:
        return read_object(given, MOST_TEXT)
    except NotStrict as error:
        raise PlanError(f"the plan {error}") from None


def _compare_digest(data: Mapping[str, Any], sha256: str | None) -> None:
    """Raise PlanError if the plan is not the one that was approved."""
    if sha256 is None:
        return
    approved = approved_digest(sha256)
    found = digest(canonical(data))
    if found != approved:
        raise PlanError(
            f"this plan was not approved: its SHA-256 is {found}, and the approved one is {approved}. "
            "Pass the approved plan, or have this plan approved",
            "plan_sha256",
        )


# How a message names each of the facts that the plan and the run must share.
_TARGETS = {"kind": "the kind", "account_id": "account", "api_host": "the API host"}


def _compare_target(plan: Mapping[str, Any], actual: Mapping[str, Any]) -> None:
    """Raise PlanError if the plan is for another role, account or API. actual: the values of this run."""
    for name, label in _TARGETS.items():
        if plan[name] != actual[name]:
            planned, own = (printable(one or "none", 100) for one in (plan[name], actual[name]))
            raise PlanError(f"the plan is for {label} {planned}, and this run is for {own}: plan again", f"plan_{name}")


_SCOPES = {"hosts": "servers", "names": "names"}


def _compare_scope(plan: Mapping[str, Any], actual: Mapping[str, Iterable[str]]) -> None:
    """Raise PlanError if this run has a name or a server that the plan does not have.

    A name or server that only the plan has is allowed: it was removed from the run after the approval.
    """
    for name, what in _SCOPES.items():
        # Domain names are compared in the spelling of DNS, servers by their inventory name.
        spelled = dns_name if name == "names" else str
        planned = set(map(spelled, plan[name]))
        extra = sorted(one for one in {inert(one) for one in actual[name]} if spelled(one) not in planned)
        if extra:
            raise PlanError(
                f"the approved plan does not contain these {what}: {listed(extra)}; plan again, and have the new plan "
                "approved",
                f"plan_{name}",
            )


def _compare_servers(planned: Mapping[str, Sequence[str]], actual: Mapping[str, Sequence[str]]) -> None:
    """Raise PlanError if a server of this run has a name that the plan has for other servers only.

    planned, actual: the names of each server.
    """
    extra = []
    for host in sorted(actual):
        approved = set(map(dns_name, planned.get(host, ())))
        moved = [name for name in actual[host] if dns_name(name) not in approved]
        if moved:
            extra.append(f"{listed([host])} ({listed(moved)})")
    if extra:
        raise PlanError(
            f"the approved plan does not contain these names for these servers: {', '.join(extra)}; plan again, and "
            "have the new plan approved",
            "plan_servers",
        )


# -- the parts of a plan -----------------------------------------------------------------------------------------------


def _check(data: Mapping[str, Any]) -> dict[str, Any]:
    """Check the fields of a plan and return it in its canonical order. Raises PlanError."""
    # An unknown key could carry a meaning that this version would silently ignore.
    _reject_unknown_keys(data, (*_FIELDS, *_OPTIONAL_FIELDS), "the plan")
    missing = [name for name in _FIELDS if name not in data]
    if missing:
        raise PlanError(f"the plan has no {missing[0]}")
    for name in ("names", "hosts", "entries", "notes"):
        if not isinstance(data.get(name, []), list):
            raise PlanError(f"{name} of the plan must be a list")
    servers = _servers(data.get("servers", {}))
    # time_of raises PlanError for a time that is not valid.
    for name in ("created_at", "expires_at"):
        time_of(data[name])
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": _kind(data["kind"]),
        "account_id": _account(data["account_id"]),
        "api_host": inert(data["api_host"]),
        # Sorted and without duplicates, so that equal plans have equal digests.
        "names": sorted({inert(name) for name in data["names"]}),
        "hosts": sorted({inert(host) for host in data["hosts"]} | set(servers)),
        **({"servers": servers} if servers else {}),
        **({"notes": [inert(note) for note in data["notes"]]} if data.get("notes") else {}),
        "entries": entries_of(data["entries"]),
        "created_at": data["created_at"],
        "expires_at": data["expires_at"],
    }


def _servers(given: Any) -> dict[str, list[str]]:
    """Check the names of each server and return them in their canonical form. Raises PlanError."""
    if not isinstance(given, Mapping):
        raise PlanError("servers of the plan must be a dictionary: the list of names of each server")
    found: dict[str, list[str]] = {}
    for host, names in given.items():
        name = inert(host)
        if not isinstance(names, (list, tuple)):
            raise PlanError(f"the names of the server {printable(name, 253)} must be a list")
        found[name] = sorted({inert(one) for one in [*found.get(name, ()), *names]})
    return {host: found[host] for host in sorted(found)}


def entries_of(given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Check entries and return them as a plan has them, in its order. Raises PlanError."""
    entries = sorted((_entry(entry) for entry in given), key=sort_key)
    # Two actions for one order would contradict each other.
    for before, entry in zip(entries, entries[1:]):
        if entry_key(before) == entry_key(entry):
            raise PlanError(f"{order_label(entry)} is in the plan more than once", "plan_twice")
    return entries


# The required and the optional keys of an entry.
_ENTRY = ("provider", "order", "name", "domains", "action", "reason", "state")
_OPTIONAL = ("drop_reissue", "request_id", "contact", "organization")


def _entry(given: Any) -> dict[str, Any]:
    """Check one entry and return it in its canonical form. Raises PlanError."""
    if not isinstance(given, Mapping):
        raise PlanError("an entry of the plan must be a dictionary")
    _reject_unknown_keys(given, (*_ENTRY, *_OPTIONAL), "an entry of the plan")
    missing = [name for name in _ENTRY if given.get(name) is None]
    if missing:
        raise PlanError(f"an entry of the plan has no {missing[0]}")
    provider, order, action = inert(given["provider"]), inert(given["order"]), inert(given["action"])
    if provider not in ACTIONS:
        raise PlanError(f"an entry of the plan has the unknown provider {printable(provider, 50)}")
    if not PROVIDERS[provider].order_pattern.fullmatch(order):
        raise PlanError(f"{printable(order, 80)} is not {PROVIDERS[provider].an_order} of {provider}")
    if action not in ACTIONS[provider]:
        raise PlanError(f"order {order[:19]}: {provider} has no action {printable(action, 50)}", "plan_action")
    if not isinstance(given["domains"], list):
        raise PlanError(f"order {order[:19]}: domains must be a list")
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
    """Check and return the optional keys of an entry, without those that are empty."""
    more: dict[str, Any] = {}
    if given.get("drop_reissue") not in (None, True, False):
        raise PlanError(f"{order_label(entry)}: drop_reissue must be true or false")
    # Only some actions consist of two writes, the first of which drops a pending reissue.
    if given.get("drop_reissue"):
        if entry["action"] not in DROPPING or DROP not in ACTIONS[entry["provider"]]:
            raise PlanError(f"{order_label(entry)}: drop_reissue needs the action {' or '.join(DROPPING)}")
        more["drop_reissue"] = True
    # The request to reject, for the action reject_request; for others the request that waits for approval.
    request_id = given.get("request_id")
    if request_id is not None:
        if not is_id(request_id):
            raise PlanError(f"{order_label(entry)}: request_id must be a positive number")
        more["request_id"] = request_id
    # For display only: neither decides whether an entry is still the approved one.
    more.update({name: inert(given[name]) for name in ("contact", "organization") if given.get(name)})
    return more


def _state(given: Any, depth: int = 0) -> Any:
    """Check and copy the state of an entry: strings, integers, booleans and null, in lists and dictionaries.

    Floating-point numbers are refused. Raises PlanError.
    """
    if depth == 0 and not isinstance(given, Mapping):
        raise PlanError("the state of an entry must be a dictionary")
    # A limit, because the function is recursive.
    if depth > MOST_DEPTH:
        raise PlanError("the state of an entry is nested too deeply")
    if isinstance(given, Mapping):
        return {inert(name): _state(value, depth + 1) for name, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [_state(value, depth + 1) for value in given]
    if isinstance(given, str):
        return inert(given)
    # Before the integers, because bool is a subclass of int.
    if given is None or isinstance(given, bool):
        return given
    if isinstance(given, int):
        # A plain integer, without the tags that ansible-core attaches to values.
        return int(given)
    raise PlanError("the state of an entry can contain only texts, whole numbers, true, false and null")


def _kind(value: Any) -> str:
    kind = inert(value)
    if not _KIND.fullmatch(kind):
        raise PlanError("the kind of a plan must be a word of lowercase letters, digits and underscores")
    return kind


def _account(value: Any) -> int | None:
    """Return an account id, None for no account. Raises PlanError."""
    if value in (None, ""):
        return None
    found = id_of(value)
    if found is None:
        raise PlanError("account_id must be a positive number")
    return found


def _reject_unknown_keys(data: Mapping[str, Any], names: Sequence[str], what: str) -> None:
    """Raise PlanError if a dictionary has other keys than these."""
    unknown = [name for name in data if name not in names]
    if unknown:
        raise PlanError(f"{what} has the unknown key {printable(unknown[0], 50)}")
