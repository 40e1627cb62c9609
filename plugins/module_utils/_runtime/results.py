# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Turns the results of a run into the result of the module: message, list of orders, summary, diff and failure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import ApiError
from .._common.options import MOST_WORKERS, OptionError, within
from .._common.outcomes import (
    CHANGED,
    FAILED,
    INELIGIBLE,
    MISSING,
    NOT_ATTEMPTED,
    OUTCOMES,
    PENDING_APPROVAL,
    UNCHANGED,
    UNKNOWN,
    OrderResult,
)
from .._common.text import plural

if TYPE_CHECKING:
    from .._common.context import Context
    from .._http.transport import Transport

# The maximum length of a result as JSON, in characters. ansible-runner, and so AWX, drops a whole result of more than
# 700,000 characters; the difference is left for the arguments of the task, which are part of the same event.
LONGEST = 500_000
# The environment variable that ansible-runner sets; the controller action passes it to a target.
RUNNER = "AWX_ISOLATED_DATA_DIR"


@dataclass(frozen=True)
class Settings:
    """The options of a run, and the words for its change in the result.

    done: the change as a participle ("canceled"). missing to orders_detail: the module options of these names.
    noun: what is changed. key, listed: the result keys of an order's key and of the list of orders.
    wait: how long to wait for approvals, in seconds. poll: the interval of the reads meanwhile, in seconds.
    """

    done: str
    missing: str = "fail"
    ineligible: str = "fail"
    stop_on_failure: bool = False
    verify: bool = False
    workers: int = 8
    orders_detail: str = "all"
    noun: str = "order"
    key: str = "order_id"
    listed: str = "orders"
    # Returns a key as messages show it.
    label: Callable[[Any], str] = str
    wait: float = 0.0
    poll: float = 0.0
    # Whether all requests use one API key, so that several refusals of the key in a row stop the run.
    one_key: bool = True
    # Whether `wait` applies to acknowledged changes as well, until a read shows them.
    confirm: bool = False
    # besides: adds further values of the module to a result, before its length is checked. longer: the maximum length,
    # in characters, of the part of these values that no cut can shorten.
    besides: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    longer: int = 0

    @classmethod
    def of(cls, params: Mapping[str, Any], done: str, **more: Any) -> Settings:
        """The settings for the options of a task; more: further fields. Raises OptionError for `workers`."""
        within(params, "workers", 1, MOST_WORKERS)
        names = ("missing", "ineligible", "stop_on_failure", "verify", "workers", "orders_detail")
        return cls(done, **{**{name: params[name] for name in names}, **more})

    def order_id(self, key: Any, identity: Mapping[str, Any]) -> Any:
        """The order_id of a `failure`; None if the key is not that of an order and the order is not known."""
        if self.key in ("order_id", "order_digest"):
            return self.label(key) if self.key == "order_digest" else key
        return identity.get("order_id")


def task_result(
    asked: Sequence[Any], results: Mapping[Any, OrderResult], settings: Settings, context: Context, transport: Transport
) -> dict[str, Any]:
    """Return the result of a module that changes orders; asked: the keys of the task, with duplicates."""
    failing = [results[key] for key in dict.fromkeys(asked) if fails(results[key], settings)]
    # The message names the first failure. The order that stopped the run comes before those not attempted for it.
    failing.sort(key=lambda result: result.outcome == NOT_ATTEMPTED)
    counts = Counter(result.outcome for result in results.values())
    # If every order of a list is missing, the list or the API key is probably wrong: fail even with `missing: ok`.
    all_missing = len(results) > 1 and counts[MISSING] == len(results)
    result: dict[str, Any] = {
        "changed": any(result.is_change for result in results.values()),
        "msg": _message(results, counts, failing, all_missing, settings, context.check_mode),
        settings.listed: [results[key].shown(settings.key) for key in asked if _is_listed(results[key], settings)],
        "summary": {"total": len(results), **{outcome: counts[outcome] for outcome in OUTCOMES}},
        "api": transport.counters.shown(),
    }
    if context.diff:
        result["diff"] = _diff([results[key] for key in dict.fromkeys(asked)], settings)
    if failing or all_missing:
        first = failing[0] if failing else next(iter(results.values()))
        failure = first.failure or ApiError(first.reason, code=first.outcome).failure(
            settings.order_id(first.key, first.identity)
        )
        result.update(failed=True, failure=dict(failure))
    if settings.besides:
        result = settings.besides(result)
    return _fitted(result, settings) if RUNNER in context.environ else result


def refuse_too_many(keys: Sequence[Any], settings: Settings, context: Context) -> None:
    """Raise OptionError if ansible-runner would drop the result even if it contained only the keys."""
    length = len(json.dumps(keys)) + settings.longer if RUNNER in context.environ else 0
    if length > LONGEST:
        most = len(keys) * LONGEST // length
        text = f"the result for {len(keys)} {settings.noun}s would be too long for ansible-runner and AWX"
        raise OptionError(f"{text}: use several tasks, each with at most {most} {settings.noun}s")


def _fitted(result: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Shorten a result until ansible-runner keeps it; add a warning about what was left out.

    Every order that has changed or failed stays in the result, in the last resort only with its key.
    """
    left_out = []
    length = _length(result)
    for what, shorten in _CUTS:
        if length <= LONGEST:
            break
        shorter = shorten(result, settings)
        # A cut without effect is undone and not reported.
        if _length(shorter) < length:
            result, length = shorter, _length(shorter)
            left_out.append(what)
    if not left_out:
        return result
    text = f"the result was too long for ansible-runner, which would have dropped it: {', '.join(left_out)}"
    advice = f"set orders_detail, or use several tasks with fewer {settings.noun}s"
    return {**result, "warnings": [*result.get("warnings", []), f"{text}; {advice}"]}


def _length(result: dict[str, Any]) -> int:
    return len(json.dumps(result, default=str))


def _without_unchanged(result: dict[str, Any], settings: Settings) -> dict[str, Any]:
    unneeded = (UNCHANGED, *((MISSING,) if settings.missing == "ok" else ()), *(_SKIPPED[settings.ineligible]))
    return {**result, settings.listed: [row for row in result[settings.listed] if row["outcome"] not in unneeded]}


def _without_diff(result: dict[str, Any], settings: Settings) -> dict[str, Any]:  # noqa: ARG001
    return {name: value for name, value in result.items() if name != "diff"}


def _in_short(result: dict[str, Any], settings: Settings) -> dict[str, Any]:
    rows = [{name: row[name] for name in (settings.key, "outcome")} for row in result[settings.listed]]
    return {**result, settings.listed: rows}


def _by_outcome(result: dict[str, Any], settings: Settings) -> dict[str, Any]:
    keys: dict[str, list[Any]] = {}
    for row in result[settings.listed]:
        keys.setdefault(row["outcome"], []).append(row[settings.key])
    return {**result, settings.listed: [], "by_outcome": keys}


_SKIPPED: Mapping[str, tuple[str, ...]] = {"skip": (INELIGIBLE,), "fail": ()}
_CUTS: tuple[tuple[str, Callable[[dict[str, Any], Settings], dict[str, Any]]], ...] = (
    ("unchanged items are left out", _without_unchanged),
    ("the diff is left out", _without_diff),
    ("items are listed only with their outcomes", _in_short),
    ("items are listed by outcome in by_outcome", _by_outcome),
)


def fails(result: OrderResult, settings: Settings) -> bool:
    """Whether the result of an order fails the task, by the options missing and ineligible."""
    if result.outcome == MISSING:
        return settings.missing == "fail"
    if result.outcome == INELIGIBLE:
        return settings.ineligible == "fail"
    return result.outcome in (FAILED, UNKNOWN, NOT_ATTEMPTED)


def _is_listed(result: OrderResult, settings: Settings) -> bool:
    wanted = {"all": True, "changed": result.is_change, "none": False}[settings.orders_detail]
    return wanted or fails(result, settings)


def _message(
    results: Mapping[Any, OrderResult],
    counts: Mapping[str, int],
    failing: list[OrderResult],
    all_missing: bool,
    settings: Settings,
    check_mode: bool,
) -> str:
    if not results:
        return f"the list of {settings.noun}s is empty: nothing to do"
    if len(results) == 1:
        return _message_of_one(next(iter(results.values())), settings, check_mode)
    text = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome])
    text = f"{plural(len(results), settings.noun)} to be {settings.done}: {text}"
    if check_mode:
        text += " (check mode: no change was sent)"
    if all_missing:
        every = f"the task fails if no {settings.noun} of a list exists"
        return f"{text}; {every}: check the list, and that the API key belongs to the right account"
    if failing:
        return f"{text}; first failure: {settings.noun} {settings.label(failing[0].key)}: {failing[0].reason}"
    return text


def _message_of_one(result: OrderResult, settings: Settings, check_mode: bool) -> str:
    order = f"{settings.noun} {settings.label(result.key)}"
    why = f": {result.reason}" if result.reason else ""
    if result.outcome == CHANGED:
        verb = "would be" if check_mode else "was"
        return f"{order} {verb} {result.done or settings.done}{why}"
    if result.outcome == INELIGIBLE:
        return f"{order} cannot be {settings.done}{why}"
    if result.outcome == PENDING_APPROVAL:
        verb = "would wait" if check_mode and result.is_change else "waits"
        return f"{order} {verb} for an approval to be {settings.done}{why}"
    return f"{order} {_OTHER_RESULTS[result.outcome].format(done=settings.done)}{why}"


_OTHER_RESULTS = {
    UNCHANGED: "is unchanged",
    MISSING: "was not found",
    FAILED: "could not be {done}",
    UNKNOWN: "has an unknown result",
    NOT_ATTEMPTED: "was not attempted",
}


def _diff(results: Iterable[OrderResult], settings: Settings) -> dict[str, str]:
    changed = [result for result in results if result.is_change and result.outcome != UNKNOWN]
    return {
        "before": "".join(_diff_line(result, result.before, settings) for result in changed),
        "after": "".join(_diff_line(result, result.after, settings) for result in changed),
    }


def _diff_line(result: OrderResult, facts: Mapping[str, Any] | None, settings: Settings) -> str:
    """'order 7 (www.example.com): status: issued', and one more line for each part that has facts of its own."""
    name = f" ({result.name})" if result.name not in ("", str(result.key)) else ""
    parts = {fact: value for fact, value in (facts or {}).items() if _is_parts(value)}
    text = ", ".join(f"{fact}: {_shown(value)}" for fact, value in (facts or {}).items() if fact not in parts)
    lines = [f"{settings.noun} {settings.label(result.key)}{name}: {text}"]
    for fact, value in parts.items():
        lines += [f"  {fact}: {', '.join(f'{key}: {_shown(item)}' for key, item in part.items())}" for part in value]
    return "".join(f"{line}\n" for line in lines)


def _is_parts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, Mapping) for part in value)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
