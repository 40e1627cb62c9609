# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tasks there are: a module, its options, the orders that it meets, and the true state after its change."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

KEY = "sim-storm-key-4f1c9a7be2"
OTHER_KEY = "sim-another-actor"
RESELLER_KEY = "sim-storm-reseller-8d2e77"
NOTE = "Retired with its server, CHG0031337"
MIGRATED = {"origin": "migrated", "valid_till_in_days": 40}
#: An id that no order has.
MISSING_ORDER = 999_999

#: "yes", "waits" (for an approval), "no", or "gone".
Holds = str
Truth = Mapping[str, Any]
#: Orders that a seed may have, but for their ids.
_Kinds = list[dict[str, Any]]


@dataclass
class Subject:
    """What a task is asked to change: how results name it, and how writes about it are known."""

    key: Any
    order_id: str
    paths: tuple[str, ...]


@dataclass
class Task:
    """One task, which is run several times.

    ``holds``: whether what was asked for is so, in a state of the truth. ``once``: its write may be sent once per run.
    ``could``: whether the service allows it in a state, None where the model does not know.
    """

    module: str
    options: dict[str, Any]
    subjects: list[Subject]
    holds: Callable[[Truth, Subject], Holds]
    listed: str = "orders"
    key: str = "order_id"
    once: bool = False
    could: Callable[[Truth, Subject], bool] | None = None
    seed: dict[str, Any] = field(default_factory=dict)
    actions: tuple[str, ...] = ()
    ids_option: str = "order_ids"

    @property
    def is_info(self) -> bool:
        """Whether it only reads."""
        return self.module.endswith("_info")

    def ask(self, subjects: list[Subject]) -> None:
        """Ask for these subjects only."""
        self.subjects = subjects
        tokens = self.seed.get("tokens", {})
        self.options[self.ids_option] = [tokens.get(each.key, each.key) for each in subjects]


def digest(token: str) -> str:
    """Return how results name an order of Servertastic."""
    return hashlib.sha256(token.encode()).hexdigest()


def choose(rng: random.Random) -> Task:
    """Return a random task."""
    makers, weights = zip(*_TASKS, strict=True)
    task: Task = rng.choices(makers, weights)[0](rng)
    task.seed.setdefault("switches", {}).update(_switches(rng, servertastic=task.module.startswith("servertastic")))
    if not task.is_info:
        task.options.update(workers=1, stop_on_failure=rng.random() < 0.1)
        task.options.update(audit_log="audit.log", ticket="CHG1") if rng.random() < 0.6 else None
    task.options.update(retries=rng.choice((0, 1, 3)), timeout=rng.choice((10, 30)))
    return task


#: Switches that change the form of answers, and no rule that the model knows.
_READ_SWITCHES: dict[str, tuple[Any, ...]] = {
    "certcentral.bool_style": ("string", "int"),
    "certcentral.list_row": ("sparse",),
    "certcentral.is_renewed_in": ("list", "detail"),
    "certcentral.is_renewed_omitted_when_false": (True,),
    "certcentral.renewed_shows_as": ("status", "both"),
    "certcentral.empty_list": ("empty_array",),
    "certcentral.empty_certificates": ("empty_array",),
    "certcentral.refusal_status": ("403", "409", "422"),
    "certcentral.error_on_double_cancel": (False,),
    "certcentral.error_on_double_mark": (True,),
    "certcentral.error_on_double_activation": (True,),
    "certcentral.error_on_double_decision": (False,),
    "certcentral.notes_in_detail": (False,),
    "certcentral.reissue_list_has_primary": (True,),
    "certcentral.renewed_order_id_when_none": ("zero",),
    "certcentral.renewal_fields_when_off": ("absent",),
    "rate.retry_after": ("seconds", "date"),
}
_SERVERTASTIC_READ_SWITCHES: dict[str, tuple[Any, ...]] = {
    "servertastic.error_http_status": ("200",),
    "servertastic.cancel_of_cancelled": ("accepted",),
    "servertastic.review_lag_seconds": (0.0,),
    "servertastic.modifications_shape": ("list", "single_object"),
    "servertastic.status_case": ("lower", "mixed"),
    "servertastic.blank_fields": ("null", "absent"),
    "servertastic.refusal_status": ("400", "409"),
    "servertastic.repeat_cancel_request": ("silent", "refused"),
}


def _switches(rng: random.Random, *, servertastic: bool) -> dict[str, Any]:
    switches = _SERVERTASTIC_READ_SWITCHES if servertastic else _READ_SWITCHES
    chosen = {name: rng.choice(values) for name, values in switches.items() if rng.random() < 0.12}
    if chosen.get("certcentral.is_renewed_in") == "list":
        # Sparse rows lack it: it would show nowhere.
        chosen.pop("certcentral.list_row", None)
    return chosen


def _count(rng: random.Random) -> int:
    return rng.choices((1, 2, 5, 12, 110), (50, 20, 22, 7, 1))[0]


def _order(truth: Truth, subject: Subject) -> dict[str, Any] | None:
    found: dict[str, Any] | None = truth["orders"].get(subject.order_id)
    return found


def _certcentral(rng: random.Random, kinds: _Kinds, weights: list[int]) -> tuple[dict[str, Any], list[int]]:
    """Return a seed of random orders, and the ids to ask for, sometimes one that no order has."""
    orders = [{"id": 1 + number, **rng.choices(kinds, weights)[0]} for number in range(_count(rng))]
    orders.append({"id": 5000, "status": "pending"})
    ids = [order["id"] for order in orders[:-1]] + ([MISSING_ORDER] if rng.random() < 0.08 else [])
    keys = {
        KEY: {"user": "storm", "user_id": 8, "roles": ["Administrator"]},
        OTHER_KEY: {"user": "other", "user_id": 9, "roles": ["Administrator"]},
    }
    return {"keys": keys, "orders": orders}, ids


def _by_order(ids: list[int], *paths: str) -> list[Subject]:
    return [Subject(each, str(each), tuple(f"/order/certificate/{each}/{path}" for path in paths)) for each in ids]


def _connection() -> dict[str, Any]:
    return {"api_key": KEY, "api_url": "http://127.0.0.1:8080/services/v2"}


def _expired_or(order: Mapping[str, Any], status: str) -> bool:
    return order["status"] in (status, "expired")


def _status_task(rng: random.Random) -> Task:
    kinds: _Kinds = [
        {"status": "pending"},
        {"status": "waiting_pickup"},
        {"status": "issued", **MIGRATED},
        {"status": "issued", **MIGRATED, "is_renewed": True},
        {"status": "expired", "origin": "migrated"},
        {"status": "reissue_pending", **MIGRATED},
        {"status": "canceled"},
        {"status": "needs_approval"},
        {"status": "issued", "origin": "certcentral"},
    ]
    target = rng.choice(("canceled", "canceled", "renewed", "not_renewed"))
    weights = [8, 3, 1, 1, 1, 2, 2, 1, 1] if target == "canceled" else [1, 1, 8, 6, 3, 1, 1, 1, 2]
    seed, ids = _certcentral(rng, kinds, weights)
    drops = target == "canceled" and rng.random() < 0.4
    options = {**_connection(), "order_ids": ids, "status": target, "note": NOTE, "verify": rng.random() < 0.4}
    options.update(cancel_reissue=drops, ineligible=rng.choice(("fail", "skip")))

    def holds(truth: Truth, subject: Subject) -> Holds:
        order = _order(truth, subject)
        if order is None:
            return "gone"
        if target == "canceled":
            return "yes" if order["status"] == "canceled" or (drops and _expired_or(order, "issued")) else "no"
        return "yes" if _is_renewed(order) == (target == "renewed") else "no"

    def could(truth: Truth, subject: Subject) -> bool:
        order = _order(truth, subject) or {"status": ""}
        if target == "canceled":
            return order["status"] in ("pending", "waiting_pickup") or (drops and order["status"] == "reissue_pending")
        near = target == "not_renewed" or order.get("origin") == "migrated"
        # The seeds have migrated orders within their 90 days only.
        return near and _expired_or(order, "issued") and not order["renewed_order_id"]

    actions = ("issue", "cancel", "mark", "unmark")
    return Task(
        "digicert_order_status", options, _by_order(ids, "status"), holds, could=could, seed=seed, actions=actions
    )


def _is_renewed(order: Mapping[str, Any]) -> bool:
    return bool(order["is_renewed"] or order["renewed_order_id"])


_ISSUED: _Kinds = [
    {"status": "issued", "valid_till_in_days": 100},
    {"status": "issued", "valid_till_in_days": 100, "duplicates": [{"status": "issued"}]},
    {"status": "reissue_pending", "valid_till_in_days": 100},
    {"status": "revoked"},
    {"status": "pending"},
]


def _revoke_task(rng: random.Random) -> Task:
    seed, ids = _certcentral(rng, _ISSUED, [8, 2, 2, 1, 1])
    skip = rng.random() < 0.5
    options = {**_connection(), "comments": NOTE, "skip_approval": skip, "confirm": True}
    options.update(cancel_reissue=rng.random() < 0.5, ineligible=rng.choice(("fail", "skip")))
    alone = rng.random() < 0.3
    subjects = _by_order(ids, "revoke", "status")
    if alone:
        numbers = {each: 7_000_000 + each for each in ids}
        for order in seed["orders"]:
            order.update({"certificate_id": numbers[order["id"]]} if order["id"] in numbers else {})
        subjects = [Subject(numbers[each], str(each), (f"/certificate/{numbers[each]}/revoke",)) for each in ids]
        for subject in subjects:
            subject.paths += (f"/order/certificate/{subject.order_id}/status",)

    def holds(truth: Truth, subject: Subject) -> Holds:
        order = _order(truth, subject)
        if order is None or (alone and order["serial_number"] is None):
            return "gone"
        if order["status"] == "revoked" or (alone and order["certificate_status"] == "revoked"):
            return "yes"
        waiting = [each for each in order["requests"] if each["type"] == "revoke" and each["status"] == "pending"]
        meant = [each for each in waiting if alone or "certificate" not in each]
        return "waits" if meant else "no"

    name, several = ("certificate_id", "certificate_ids") if alone else ("order_id", "order_ids")
    task = Task("digicert_certificate_revoke", options, subjects, holds, key=name, once=not skip, seed=seed)
    task.ids_option, task.actions = several, ("revoke", "approve", "cancel")
    task.ask(subjects)
    return task


def _note_task(rng: random.Random) -> Task:
    kinds: _Kinds = [{"status": "pending"}, {"status": "issued"}, {"status": "issued", "notes": [NOTE]}]
    seed, ids = _certcentral(rng, kinds, [4, 4, 1])
    options = {**_connection(), "order_ids": ids, "text": NOTE}

    def holds(truth: Truth, subject: Subject) -> Holds:
        order = _order(truth, subject)
        if order is None:
            return "gone"
        return "yes" if any(each["text"] == NOTE for each in order["notes"]) else "no"

    actions = ("issue", "cancel")
    return Task("digicert_order_note", options, _by_order(ids, "note"), holds, once=True, seed=seed, actions=actions)


def _renewal_task(rng: random.Random) -> Task:
    kinds: _Kinds = [
        {"status": "issued"},
        {"status": "issued", "disable_renewal_notifications": True, "auto_reissue": 1},
        {"status": "pending", "custom_renewal_message": "Ask the shop team"},
        {"status": "canceled"},
    ]
    seed, ids = _certcentral(rng, kinds, [4, 3, 2, 1])
    wanted: dict[str, Any] = {"renewal_emails": False}
    wanted.update({"auto_reissue": False} if rng.random() < 0.5 else {})
    wanted.update({"custom_renewal_message": "Retired"} if rng.random() < 0.5 else {})

    def holds(truth: Truth, subject: Subject) -> Holds:
        order = _order(truth, subject)
        if order is None:
            return "gone"
        is_set = order["disable_renewal_notifications"]
        is_set = is_set and not ("auto_reissue" in wanted and order["auto_reissue"])
        return (
            "yes"
            if is_set
            and order["custom_renewal_message"] == wanted.get("custom_renewal_message", order["custom_renewal_message"])
            else "no"
        )

    options = {**_connection(), "order_ids": ids, **wanted}
    # Which word turns them off is not known, so that others are tried (docs/development/reference/certcentral.md 4.6).
    words = [f"renewal-emails/{word}" for word in ("off", "disable", "disabled", "false", "0")]
    subjects = _by_order(ids, *words, "auto-reissue", "custom-renewal-message")
    return Task("digicert_order_renewal", options, subjects, holds, seed=seed, actions=("emails", "cancel"))


def _request_task(rng: random.Random) -> Task:
    revoke = {"type": "revoke", "status": "pending"}
    kinds: _Kinds = [{"status": "needs_approval"}, {"status": "issued", "requests": [revoke]}, {"status": "pending"}]
    seed, ids = _certcentral(rng, kinds, [6, 3, 1])
    target, by_order = rng.choice(("approved", "rejected")), rng.random() < 0.5
    options: dict[str, Any] = {**_connection(), "status": target, "comment": NOTE, "confirm": True}
    # A request's id is ten times its order's.
    subjects = [Subject(each if by_order else 10 * each, str(each), (f"/request/{10 * each}/status",)) for each in ids]

    def holds(truth: Truth, subject: Subject) -> Holds:
        order = _order(truth, subject)
        if order is None:
            return "gone"
        meant = [each for each in order["requests"] if each["id"] == 10 * int(subject.order_id)]
        return "yes" if any(each["status"] == target for each in meant) else "no"

    name = "order_id" if by_order else "request_id"
    task = Task("digicert_request", options, subjects, holds, listed="requests", key=name, seed=seed)
    task.ids_option, task.actions = f"{name}s", ("approve", "reject")
    task.ask(subjects)
    return task


def _domain_task(rng: random.Random) -> Task:
    seed, _ids = _certcentral(rng, [{"status": "issued"}], [1])
    count = _count(rng)
    seed["domains"] = [{"id": 1 + n, "name": f"d{n}.example", "is_active": rng.random() < 0.7} for n in range(count)]
    state, by_name = rng.choice(("active", "inactive")), rng.random() < 0.5
    verb = "activate" if state == "active" else "deactivate"
    subjects = [
        Subject(each["name"] if by_name else each["id"], str(each["id"]), (f"/domain/{each['id']}/{verb}",))
        for each in seed["domains"]
    ]

    def holds(truth: Truth, subject: Subject) -> Holds:
        domain = truth["domains"].get(subject.order_id)
        return "gone" if domain is None else "yes" if domain["is_active"] == (state == "active") else "no"

    options = {**_connection(), "state": state}
    task = Task("digicert_domain", options, subjects, holds, listed="domains", seed=seed, actions=("domain",))
    task.key, task.ids_option = ("name", "names") if by_name else ("domain_id", "domain_ids")
    task.ask(subjects)
    return task


def _servertastic(rng: random.Random) -> tuple[dict[str, Any], dict[str, str]]:
    kinds: _Kinds = [
        {},
        {"status": "Queued"},
        {"status": "Awaiting Provider Approval"},
        {"status": "Completed", "completed_days_ago": 5},
        {"status": "Completed", "completed_days_ago": 40},
        {"status": "Cancelled"},
    ]
    count = min(_count(rng), 12)
    orders = [
        {"token": f"sim-token-{rng.getrandbits(48):012x}", **rng.choices(kinds, [3, 3, 1, 6, 1, 1])[0]}
        for _number in range(count)
    ]
    accounts = [{"username": "reseller", "api_key": RESELLER_KEY, "points": 1000}]
    seed = {"servertastic": {"accounts": accounts, "orders": orders}}
    return seed, {digest(order["token"]): order["token"] for order in orders}


def _reseller() -> dict[str, Any]:
    return {"api_key": RESELLER_KEY, "api_url": "http://127.0.0.1:8080"}


def _servertastic_task(rng: random.Random) -> Task:
    seed, tokens = _servertastic(rng)
    issued = rng.choice(("request", "request", "request", "fail", "skip"))
    options = {**_reseller(), "replacement": "none", "issued": issued, "ineligible": rng.choice(("fail", "skip"))}
    # Without a log nothing remembers a request over a kill.
    options.update({"request_log": "request.log"} if rng.random() < 0.85 else {})
    if rng.random() < 0.25:
        options.update(wait=True, wait_timeout=600, poll_interval=60)
    references = {each: f"STR_{1 + number}_{1 + number}" for number, each in enumerate(tokens)}
    subjects = [Subject(each, references[each], ("/order/cancel.json",)) for each in tokens]

    def holds(truth: Truth, subject: Subject) -> Holds:
        order = truth["st_orders"].get(subject.order_id)
        if order is None:
            return "gone"
        if order["status"] == "Cancelled" or (issued == "skip" and order["status"] == "Completed"):
            return "yes"
        return "waits" if order["requested_at"] else "no"

    def could(truth: Truth, subject: Subject) -> bool:
        order = truth["st_orders"].get(subject.order_id)
        return bool(order) and order["status"] in ("Order Placed", "Queued", "Awaiting Provider Approval")

    seed["tokens"] = tokens
    task = Task("servertastic_order_cancel", options, subjects, holds, key="order_digest", once=True, seed=seed)
    task.could, task.ids_option, task.actions = could, "order_tokens", ("st_cancel", "st_approve", "st_complete")
    task.ask(subjects)
    return task


def _info_task(rng: random.Random) -> Task:
    kinds: _Kinds = [{"status": "pending"}, {"status": "issued", **MIGRATED}, {"status": "needs_approval"}]
    seed, ids = _certcentral(rng, kinds, [2, 4, 1])
    seed["domains"] = [{"id": 1, "name": "shop.example"}]
    choices: list[tuple[str, dict[str, Any]]] = [
        ("digicert_order_info", {"order_ids": ids, "workers": 1, "details": rng.random() < 0.3}),
        ("digicert_order_info", {"status": ["issued"], "workers": 1, "include_origin": rng.random() < 0.5}),
        ("digicert_account_info", {"require_write": rng.random() < 0.5}),
        ("digicert_domain_info", {}),
        ("digicert_request_info", {"status": "pending"}),
        ("digicert_request_info", {"order_id": ids[0]}),
    ]
    module, options = rng.choice(choices)
    subjects = _by_order(ids) if "order_ids" in options else []
    return Task(module, {**_connection(), **options}, subjects, _exists, seed=seed, actions=("issue", "cancel"))


def _exists(truth: Truth, subject: Subject) -> Holds:
    return "yes" if subject.order_id in truth["orders"] or subject.order_id in truth["st_orders"] else "gone"


def _reseller_info_task(rng: random.Random) -> Task:
    seed, tokens = _servertastic(rng)
    choices: list[tuple[str, dict[str, Any]]] = [
        ("servertastic_order_info", {"order_tokens": list(tokens.values()), "workers": 1}),
        ("servertastic_order_info", {"tokens": "all", "workers": 1}),
        ("servertastic_account_info", {"audit": True}),
    ]
    module, options = rng.choice(choices)
    references = {each: f"STR_{1 + number}_{1 + number}" for number, each in enumerate(tokens)}
    subjects = [Subject(each, references[each], ()) for each in tokens] if "order_tokens" in options else []
    task = Task(module, {**_reseller(), **options}, subjects, _exists, key="order_digest", seed=seed)
    task.seed["tokens"], task.ids_option = tokens, "order_tokens"
    return task


_TASKS: tuple[tuple[Callable[[random.Random], Task], int], ...] = (
    (_status_task, 26),
    (_revoke_task, 18),
    (_servertastic_task, 22),
    (_note_task, 9),
    (_renewal_task, 9),
    (_request_task, 9),
    (_domain_task, 7),
    (_info_task, 5),
    (_reseller_info_task, 3),
)
