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
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from ._names import dns_name
from ._orders import ORDER_ID, id_of, inert_text, is_id, plural, printable, utc
from ._role_options import option_name
from ._strict_json import NotStrict, read_object

SCHEMA_VERSION = 1
GOOD_FOR = timedelta(hours=72)
# The clocks of two controllers may differ by so much.
SLACK = timedelta(minutes=5)
# In characters, and in levels of brackets; a plan of 10,000 orders has some 5 million, and five.
MOST_TEXT = 32 << 20
MOST_DEPTH = 20
# More irreversible changes than these have to be expected, by their exact number, where nobody has approved them.
MANY = 25

CERTCENTRAL, SERVERTASTIC = "certcentral", "servertastic"
CANCEL, REJECT, DROP = "cancel", "reject_request", "drop_reissue"
MARK, UNMARK, LAPSE, REVOKE = "mark_renewed", "unmark_renewed", "lapse", "revoke"
# In the order in which they are carried out, what cannot be undone last.
WRITING = (REJECT, CANCEL, DROP, MARK, UNMARK, LAPSE, REVOKE)
KEEP, LEAVE, NOTHING, WAIT = TOLD = ("keep", "leave", "nothing", "wait")
# What cannot be undone; a reissue may be dropped on the way to another action as well.
IRREVERSIBLE = (REJECT, CANCEL, DROP, REVOKE)
# Kinds of CertCentral products that are TLS certificates; the others belong to people and code.
TLS_PRODUCTS = ("ssl_certificate", "dv_ssl_certificate")
# At Servertastic an issued order is revoked by cancelling it, which its admin contact has to approve.
_ACTIONS = {CERTCENTRAL: (*WRITING, *TOLD), SERVERTASTIC: (CANCEL, REVOKE, *TOLD)}
# In the state of an entry, as its `unknown`: not all of the order's names or certificates are known, and it is ended
# all the same.
ACCEPTED = "accepted"
# The actions that are one of two writes where a reissue has to be dropped first.
_DROPPING = (LAPSE, REVOKE)

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
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


class PlanError(ValueError):
    """A plan cannot be made, or must not be used; the text says why. code: a word for programs."""

    def __init__(self, message: str, code: str = "plan_invalid") -> None:
        super().__init__(message)
        self.code = code


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
            "created_at": _stamp(created),
            "expires_at": _stamp(created + GOOD_FOR),
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
    created, expires = _moment(plan["created_at"]), _moment(plan["expires_at"])
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
                f"the approved plan does not name these {what}: {_listed(beyond)}; plan again, and have that approved",
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
        _moment(data[name])
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
    entries = sorted((_entry(entry) for entry in given), key=_place)
    for before, entry in zip(entries, entries[1:]):
        if _key(before) == _key(entry):
            raise PlanError(f"{_named(entry)} is in the plan twice", "plan_twice")
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
    if provider not in _ACTIONS:
        raise PlanError(f"no provider is called {printable(provider, 50)}")
    if not (ORDER_ID if provider == CERTCENTRAL else _SHA256).fullmatch(order):
        what = "an order id" if provider == CERTCENTRAL else "an order_digest"
        raise PlanError(f"{printable(order, 80)} is not {what} of {provider}")
    if action not in _ACTIONS[provider]:
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
        raise PlanError(f"{_named(entry)}: drop_reissue is neither true nor false")
    if given.get("drop_reissue"):
        if entry["action"] not in _DROPPING or entry["provider"] != CERTCENTRAL:
            raise PlanError(f"{_named(entry)}: drop_reissue goes with {' or '.join(_DROPPING)} only")
        more["drop_reissue"] = True
    request_id = given.get("request_id")
    if request_id is not None:
        if not is_id(request_id):
            raise PlanError(f"{_named(entry)}: request_id is no positive number")
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


def inert(value: Any) -> str:
    """A text that is no template, and of which no decoding makes one: braces and backslashes are replaced."""
    if not isinstance(value, str):
        raise PlanError(f"{printable(value, 50)} is no text")
    return inert_text(value)


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


def _moment(value: Any) -> datetime:
    try:
        return datetime.strptime(value, _STAMP).replace(tzinfo=timezone.utc)
    except (TypeError, ValueError):
        raise PlanError(f"{printable(value, 50)} is no time such as 2026-12-31T12:00:00Z") from None


def _only(data: Mapping[str, Any], names: Sequence[str], what: str) -> None:
    strange = [name for name in data if name not in names]
    if strange:
        raise PlanError(f"{what} has {printable(strange[0], 50)}, which nobody knows")


def _key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["provider"], entry["order"]


def _place(entry: Mapping[str, Any]) -> tuple[str, int, str]:
    # Ids as numbers, digests as they are.
    return entry["provider"], len(entry["order"]), entry["order"]


def _named(entry: Mapping[str, Any]) -> str:
    return f"order {shown_order(entry)}"


def told(plan: Mapping[str, Any]) -> dict[str, Any]:
    """What a task tells of a plan: itself, its one text with its SHA-256, and its table for people."""
    text, changes = canonical(plan), plural(len(writes(plan["entries"])), "change")
    return {
        "msg": f"the plan has {changes} among {plural(len(plan['entries']), 'order')}",
        "plan": plan,
        "text": text,
        "sha256": digest(text),
        "table": table(plan),
    }


def shown_order(entry: Mapping[str, Any]) -> str:
    """An order as it is told to people: its id, or the first digits of its digest."""
    return str(entry["order"])[:8] if entry["provider"] == SERVERTASTIC else str(entry["order"])


def writes(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The entries that change something."""
    return [entry for entry in entries if entry["action"] in WRITING]


# -- before anything is done -------------------------------------------------------------------------------------------


def agreed(
    approved: Iterable[Mapping[str, Any]], fresh: Iterable[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """What may be done: what stands both in the approved plan's entries and in those of a fresh planning.

    Returns the fresh entries to execute; approved ones that have changed meanwhile, with a reason that says how; and
    fresh ones that nobody has approved. Only entries that change something are told.
    """
    theirs = {_key(entry): entry for entry in entries_of(approved)}
    ours = {_key(entry): entry for entry in entries_of(fresh)}
    execute, changed, new = [], [], []
    for key, entry in theirs.items():
        if entry["action"] not in WRITING:
            continue
        now = ours.get(key)
        why = _differs(entry, now)
        if why or now is None:
            changed.append({**entry, "reason": f"changed since it was approved: {why}"})
        else:
            execute.append(now)
    for key, entry in ours.items():
        if entry["action"] in WRITING and theirs.get(key, {}).get("action") not in WRITING:
            new.append({**entry, "reason": f"not in the approved plan: {entry['reason']}"})
    return execute, changed, new


def _differs(approved: Mapping[str, Any], now: Mapping[str, Any] | None) -> str:
    """In what a fresh planning differs from an approved entry, nothing where it does not."""
    if now is None:
        return "it is not found any more"
    if now["action"] != approved["action"]:
        return f"{approved['action']} was approved, and now it would be {now['action']}: {now['reason']}"
    drops, dropped = now.get("drop_reissue", False), approved.get("drop_reissue", False)
    if drops and not dropped:
        return "a reissue is under way, and dropping it was not approved"
    if now["domains"] != approved["domains"]:
        return f"it was for {_listed(approved['domains'])}, and is for {_listed(now['domains'])}"
    before, after = dict(approved["state"]), dict(now["state"])
    if dropped and not drops and before.get("status") == "reissue_pending" and after.get("status") == "issued":
        # A run that was interrupted has dropped the reissue.
        before["status"] = "issued"
    if _is_surer(before, after):
        # Somebody has looked since, or could resolve more names, which is more than was approved.
        for state in (before, after):
            state.pop("served", None)
            state.pop("unresolved", None)
    # As text, since Python takes 1 for true.
    facts = sorted(name for name in {*before, *after} if _exactly(before, name) != _exactly(after, name))
    if facts:
        return "; ".join(f"{name} was {_told(before, name)} and is {_told(after, name)}" for name in facts)
    if approved.get("request_id") != now.get("request_id"):
        return "another request waits for its approval"
    return ""


def _is_surer(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether more is known of what is served than when it was approved, or as much."""
    order = ("waived", "unresolved", "not_served")
    was, now = before.get("served"), after.get("served")
    if was not in order or now not in order:
        return False
    hidden = set(after.get("unresolved") or ()).difference(before.get("unresolved") or ())
    return order.index(now) > order.index(was) or (was == now and not hidden)


def _exactly(facts: Mapping[str, Any], name: str) -> str | None:
    return canonical(facts[name]) if name in facts else None


def _told(facts: Mapping[str, Any], name: str) -> str:
    return printable(shown(facts[name]), 100) if name in facts else "not said"


def shown(value: Any) -> str:
    """A fact for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)


def is_irreversible(entry: Mapping[str, Any]) -> bool:
    """Whether an entry, carried out, cannot be undone; marks and renewal settings can be set back."""
    return entry["action"] in IRREVERSIBLE or bool(entry.get("drop_reissue"))


def guards(
    entries: Iterable[Mapping[str, Any]], limits: Mapping[str, Any], *, kind: str = "", approved: bool = False
) -> list[str]:
    """Why entries are too many, or too harmful, to be carried out; nothing where they are not.

    limits: max_changes, max_revocations, and expected_changes, None where it is not set. kind: of the plan, which tells
    what the options are called. approved: whether the plan was, or will be, approved before it is carried out.
    """
    changes = writes(entries)
    revocations = sum(entry["action"] == REVOKE for entry in changes)
    irreversible = sum(map(is_irreversible, changes))
    expected, count = limits.get("expected_changes"), len(changes)
    max_changes, max_revocations, exactly = (
        option_name(kind, name) for name in ("max_changes", "max_revocations", "expected_changes")
    )
    planned = f"{plural(count, 'change')} {'is' if count == 1 else 'are'} planned"
    reasons = []
    if count > limits["max_changes"]:
        reasons.append(f"{planned}, and {max_changes} is {limits['max_changes']}")
    if revocations > limits["max_revocations"]:
        what = (
            f"{plural(revocations, 'revocation')} {'is' if revocations == 1 else 'are'} planned, which is irreversible"
        )
        reasons.append(f"{what}, and {max_revocations} is {limits['max_revocations']}")
    if expected is not None and expected != count:
        reasons.append(f"{planned}, and {exactly} is {expected}, which has to be exact")
    if expected is None and irreversible > MANY and not approved:
        among = f" among {plural(count, 'change')}" if count > irreversible else ""
        what = f"{irreversible} irreversible changes{among} are planned"
        reasons.append(f"{what}, and {exactly} is not set: set it to {count} to confirm")
    return reasons


def window(now: datetime, not_before: str | None, not_after: str | None) -> str | None:
    """Why nothing may be changed at this time, None where it may. Raises PlanError.

    now: in UTC. not_before, not_after: ISO 8601, in UTC where they do not say; nothing for no limit.
    """
    opens, closes = _limit(not_before, "not_before"), _limit(not_after, "not_after")
    if opens and closes and opens >= closes:
        raise PlanError("the window never opens: not_after is not later than not_before")
    if opens and now < opens:
        return (
            f"the window has not opened yet: it is {now.strftime(_STAMP)}, and not_before is {opens.strftime(_STAMP)}"
        )
    if closes and now >= closes:
        return f"the window has closed: it is {_stamp(now)}, and not_after is {_stamp(closes)}"
    return None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime(_STAMP)


def _limit(text: str | None, name: str) -> datetime | None:
    if not text:
        return None
    moment = moment_of(text)
    if moment is None:
        raise PlanError(f"{name} is no time such as 2026-12-31T22:00:00Z")
    return moment


def moment_of(value: Any) -> datetime | None:
    """An ISO 8601 time in UTC, None where it is none."""
    text = str(value).strip()
    return utc(text[:-1] + "Z" if text.endswith("z") else text)


def batches(
    entries: Iterable[Mapping[str, Any]], size: int = 100, *, first: int = 1, told: Iterable[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Entries that change something, in portions of `size` at most that one call can take, the first of `first`.

    told: records of entries that are left out. Each portion has provider, action, drop_reissue, entries, and `orders`:
    their ids, or digests; `requests`: the ids of their requests where they have any, and then all of them.
    """
    over = {_key(one) for one in told}
    ordered = sorted((entry for entry in writes(entries) if _key(entry) not in over), key=_turn)
    groups: list[list[Mapping[str, Any]]] = []
    for entry in ordered:
        most = first if len(groups) == 1 else size
        if groups and len(groups[-1]) < most and _turn(groups[-1][0])[:5] == _turn(entry)[:5]:
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return [_batch(group) for group in groups]


def _turn(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """When an entry's turn comes; entries of the same first five go together."""
    accepts = _accepts_unknown(entry)
    kind = (WRITING.index(entry["action"]), bool(entry.get("drop_reissue")), accepts, entry.get("request_id") is None)
    return (entry["provider"] != CERTCENTRAL, *kind, *_place(entry))


def _batch(group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first = group[0]
    return {
        "provider": first["provider"],
        "action": first["action"],
        "drop_reissue": bool(first.get("drop_reissue")),
        "accept_unknown": _accepts_unknown(first),
        "entries": [dict(entry) for entry in group],
        "orders": orders_of(group),
        "requests": requests_of(group),
    }


def _accepts_unknown(entry: Mapping[str, Any]) -> bool:
    return bool(entry["state"].get("unknown") == ACCEPTED)


def orders_of(entries: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The ids of entries' orders, or their digests, as modules take them."""
    return [int(entry["order"]) if entry["provider"] == CERTCENTRAL else entry["order"] for entry in entries]


def requests_of(entries: Iterable[Mapping[str, Any]]) -> list[int]:
    """The ids of entries' requests, where they have any."""
    return [entry["request_id"] for entry in entries if entry.get("request_id") is not None]


def note(text: str, ticket: str, job: str, sha256: str) -> str:
    """The note of an order that is changed: why, the change record, AWX's job, and the plan."""
    parts = (text, ticket, f"AWX job {job}" if job else "", f"plan {sha256[:12]}" if sha256 else "")
    return printable("; ".join(part.strip() for part in parts if part.strip()), 2000)


# -- telling -----------------------------------------------------------------------------------------------------------

_COUNTED = {
    CANCEL: "cancel",
    REJECT: "reject the request",
    DROP: "drop the reissue, and keep the order",
    LAPSE: "let lapse",
    REVOKE: "REVOKE, which is for ever",
    MARK: "mark renewed",
    UNMARK: "take the renewed mark away",
    KEEP: "keep, told only",
    LEAVE: "leave to a person",
    NOTHING: "nothing to do",
    WAIT: "wait for a later run",
}
_NAMES_TOLD = 20


def table(plan: Mapping[str, Any]) -> list[str]:
    """A plan as lines for the person who is to approve it: how many of each action, each server, then each order."""
    entries: Sequence[Mapping[str, Any]] = plan["entries"]
    counts = Counter(entry["action"] for entry in entries)
    account = f"account {plan['account_id']}" if plan["account_id"] is not None else "no CertCentral account"
    lines = [
        f"Plan {plan['kind']}, {account}, {printable(plan['api_host'] or 'no host', 200)}",
        f"made {plan['created_at']}, good until {plan['expires_at']}",
    ]
    if plan["names"]:
        lines.append(f"names: {_listed(plan['names'])}")
    lines += [f"note: {printable(text, 2000)}" for text in plan.get("notes", ())]
    lines.append(f"{plural(len(writes(entries)), 'change')} among {plural(len(entries), 'order')}")
    lines += [f"{counts[action]:7d}  {_COUNTED[action]}" for action in (*WRITING, *TOLD) if counts[action]]
    hidden = sum(entry["state"].get("served") == "unresolved" for entry in writes(entries))
    if hidden:
        lines.append(f"{hidden:7d}  of the revocations although a name does not resolve from this controller")
    if plan["hosts"]:
        # Every one of them, as they stand nowhere else.
        lines += ["", f"tear down {plural(len(plan['hosts']), 'server')}:"]
        lines += [f"  {printable(host, 253)}" for host in plan["hosts"]]
    for action in (*reversed(WRITING), *TOLD):
        several = [entry for entry in entries if entry["action"] == action]
        if several:
            lines += ["", f"{action}:", *(_line(entry) for entry in several)]
    return lines


def _line(entry: Mapping[str, Any]) -> str:
    others = [name for name in entry["domains"] if name != entry["name"]]
    name = printable(entry["name"] or "(no name)", 253)
    also = f" (also {_listed(others)})" if others else ""
    drops = "; its reissue is dropped first" if entry.get("drop_reissue") else ""
    reason = printable(entry["reason"], 500)
    return f"  {entry['provider']} {shown_order(entry)}  {name}{also}: {reason}{drops}"


def _listed(names: Sequence[str]) -> str:
    told = ", ".join(printable(name, 253) for name in names[:_NAMES_TOLD])
    more = len(names) - _NAMES_TOLD
    return f"{told} and {more} more" if more > 0 else told
