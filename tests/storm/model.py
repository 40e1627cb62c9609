# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The promises of every module (README.md), as a model that shares no code with the plugins."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from storm.network import Exchange
from storm.tasks import KEY, MISSING_ORDER, RESELLER_KEY, Subject, Task, Truth

FRESH_SECONDS = 60.0
DENIALS = 3
OUTCOMES = {"changed", "unchanged", "pending_approval", "ineligible", "missing", "failed", "unknown", "not_attempted"}
#: These make a task fail, whatever its options.
FAILING = {"failed", "unknown", "not_attempted"}
#: Faults that make a service return wrong data: what is decided from it is no mistake, as long as nothing is written.
_MISLEADING = {"list_drop", "list_extra", "shift_pages", "stale"}


class Violation(NamedTuple):
    """A promise that was not kept: a word for its kind, and what happened."""

    kind: str
    detail: str


@dataclass
class Run:
    """One run of a task, and what is known of it from outside.

    ``truths``: the state of the services at the start, after each change by others, and once all effects have come.
    ``stopped_at``: how many requests had been sent when a signal came. ``places``: their names in a script.
    ``is_repeat``: nothing was left to do before. ``is_spoiled``: a file could not be
    written any more.
    """

    check_mode: bool = False
    is_calm: bool = False
    is_repeat: bool = False
    was_killed: bool = False
    result: dict[str, Any] | None = None
    traceback: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)
    stopped_at: int | None = None
    is_spoiled: bool = False
    places: dict[int, str] = field(default_factory=dict)
    audit: list[dict[str, Any]] | None = None


def judge(task: Task, run: Run) -> Iterator[Violation]:
    """Find what one run did not keep of the promises."""
    writes = [each for each in run.exchanges if each.is_write]
    if run.traceback:
        yield Violation("traceback", run.traceback)
    if writes and (run.check_mode or task.is_info):
        yield Violation("write in check mode", writes[0].line())
    if run.stopped_at is not None:
        late = [each for each in run.exchanges[run.stopped_at + 1 :] if each.is_write]
        yield from (Violation("write after a stop", each.line()) for each in late)
    yield from _stale(run, writes)
    yield from _denied_too_often(run)
    yield from itertools.chain.from_iterable(_repeated(task, run, each) for each in task.subjects)
    yield from _audited(task, run)
    if run.result is not None:
        yield from _secrets(task, run.result)
        yield from _returned(task, run, run.result)


def _about(subject: Subject, exchange: Exchange) -> bool:
    named = exchange.path.endswith(subject.paths)
    return named and (exchange.entry.provider == "certcentral" or exchange.entry.order_id == subject.order_id)


def writes_about(run: Run, subject: Subject) -> list[Exchange]:
    """Return the writes of a run about one subject."""
    return [each for each in run.exchanges if each.is_write and _about(subject, each)]


def _stale(run: Run, writes: list[Exchange]) -> Iterator[Violation]:
    for write in writes:
        reads = [each for each in run.exchanges[: write.n] if not each.is_write and each.received_status == 200]
        if not any(write.at - each.at <= FRESH_SECONDS + 1 for each in reads):
            yield Violation("write on an old read", write.line())


def _denied_too_often(run: Run) -> Iterator[Violation]:
    """Promise 8: three refusals of the key in a row end the writes; Servertastic's tokens are one key each."""
    denied = 0
    for exchange in run.exchanges:
        if exchange.is_write and denied >= DENIALS:
            yield Violation("continues with a refused key", exchange.line())
        if exchange.received_status not in (401, 403) or exchange.entry.provider != "certcentral":
            denied = 0
        elif exchange.is_write:
            denied += 1


def _repeated(task: Task, run: Run, subject: Subject) -> Iterator[Violation]:
    """Promise 4: what is sent again, and why."""
    paths: dict[str, list[Exchange]] = {}
    for write in writes_about(run, subject):
        paths.setdefault(write.path, []).append(write)
    for path, sent in paths.items():
        counted = [each for each in sent if each.received_status != 429]
        if task.once and len(counted) > 1 and not path.endswith("/status"):
            yield Violation("sent twice", " | ".join(each.line() for each in counted))
        for first, second in itertools.pairwise(sent):
            between = [each for each in run.exchanges[first.n + 1 : second.n] if not each.is_write]
            if first.is_acknowledged:
                yield Violation("double write", f"{first.line()} | {second.line()}")
            elif first.received_status != 429 and not between:
                yield Violation("repeated without a read", f"{first.line()} | {second.line()}")


def _audited(task: Task, run: Run) -> Iterator[Violation]:
    """Promise 13: every write is on disk before it is sent; each line names its order."""
    if run.audit is None or run.check_mode:
        if run.audit:
            yield Violation("audit log in check mode", json.dumps(run.audit[0]))
        return
    begun = {str(line.get(task.key)) for line in run.audit if line["event"] == "begun"}
    yield from (
        Violation("not in the audit log", str(each.key))
        for each in task.subjects
        if writes_about(run, each) and str(each.key) not in begun
    )
    nameless = [line for line in run.audit if line.get(task.key) is None]
    yield from (Violation("audit line without its order", json.dumps(line)) for line in nameless[:1])
    rows = {} if run.result is None else {row[task.key]: row["outcome"] for row in run.result.get(task.listed, [])}
    names = {line["id"]: line.get(task.key) for line in run.audit if line["event"] == "begun"}
    last = {line["id"]: line["outcome"] for line in run.audit if line["event"] == "completed"}
    for change, key in names.items():
        is_warned = run.is_spoiled and run.result is not None and run.result.get("warnings")
        if key in rows and last.get(change) != rows[key] and not is_warned:
            yield Violation("audit log differs from the result", f"{key}: {last.get(change)}, the result {rows[key]}")


def _secrets(task: Task, result: dict[str, Any]) -> Iterator[Violation]:
    text = json.dumps(result)
    secrets = [KEY, RESELLER_KEY, *task.seed.get("tokens", {}).values()]
    yield from (Violation("secret in the result", text) for secret in secrets if secret in text)


def _returned(task: Task, run: Run, result: dict[str, Any]) -> Iterator[Violation]:
    """Promises 1, 4, 5, 6 and 12: the result, against the truth."""
    rows = result.get(task.listed)
    if task.is_info or rows is None:
        yield from _info(task, run, result)
        return
    if [row[task.key] for row in rows] != [each.key for each in task.subjects]:
        yield Violation("rows missing", f"{[row[task.key] for row in rows]}")
    outcomes = [row["outcome"] for row in rows]
    if {name: outcomes.count(name) for name in OUTCOMES} != {name: result["summary"][name] for name in OUTCOMES}:
        yield Violation("summary is wrong", json.dumps(result["summary"]))
    if not result.get("failed") and FAILING & set(outcomes):
        yield Violation("failure not reported", result["msg"])
    for subject, row in zip(task.subjects, rows, strict=False):
        yield from _row(task, run, result, subject, row)
    again = [each for each in run.exchanges if each.is_write and not each.is_refused]
    if run.is_repeat and (result["changed"] or again):
        yield Violation("does not settle", f"the second calm run changes something: {result['msg']}")
    possible = any(_effect(run, each) or _ambiguous(run, each) for each in task.subjects)
    if result["changed"] and not (run.check_mode or possible):
        yield Violation("changed without a change", result["msg"])


def _effect(run: Run, subject: Subject) -> bool:
    return any(each.entry.effect for each in writes_about(run, subject))


def _ambiguous(run: Run, subject: Subject) -> bool:
    return any(each.is_ambiguous or each.is_acknowledged for each in writes_about(run, subject))


def _row(task: Task, run: Run, result: dict[str, Any], subject: Subject, row: dict[str, Any]) -> Iterator[Violation]:
    outcome, writes = row["outcome"], writes_about(run, subject)
    description = f"{subject.key} is {outcome} ({row['reason']}), changed={result['changed']}"
    states = [task.holds(truth, subject) for truth in run.truths]
    effect, ambiguous = _effect(run, subject), any(each.is_ambiguous for each in writes)
    if effect and (outcome == "unchanged" or not (result["changed"] or outcome == "unknown")):
        yield Violation("unreported change", description)
    if not effect and outcome in ("failed", "ineligible", "missing", "not_attempted"):
        counted = [each for each in writes if each.received_status != 429]
        if counted and counted[-1].is_ambiguous:
            yield Violation("not unknown after an ambiguous write", description)
    # What was acknowledged, or may have arrived, is ours where it is so in the end, even if another change was faster.
    arrived = ambiguous or any(each.is_acknowledged for each in writes)
    is_true = {"unchanged": "yes" in states, "pending_approval": bool({"yes", "waits"} & set(states))}
    is_true["changed"] = run.check_mode or effect or (arrived and "yes" in states)
    is_true["pending_approval"] |= run.check_mode
    if not is_true.get(outcome, True):
        yield Violation("success without effect", f"{description}; in truth {states}")
    # By a certificate's id, only the list finds an order.
    unlisted = task.key == "certificate_id" and any(each.entry.fault in _MISLEADING for each in run.exchanges)
    is_there = subject.key != MISSING_ORDER and "gone" not in states and not (unlisted or _denied(task, run))
    if outcome == "missing" and is_there:
        yield Violation("missing although it is there", description)
    if outcome == "unknown" and not writes and task.module != "servertastic_order_cancel":
        yield Violation("unknown without a write", description)
    could = task.could and all(task.could(truth, subject) for truth in run.truths)
    is_misled = any(each.entry.fault in _MISLEADING for each in run.exchanges)
    if outcome == "ineligible" and could and not is_misled:
        yield Violation("refused although it is allowed", description)
    if run.is_calm and outcome in FAILING and not (_claimed(task, outcome) or _excused(task, result, row, writes)):
        yield Violation("calm run fails", f"{description}; in truth {states}")


def _excused(task: Task, result: dict[str, Any], row: dict[str, Any], writes: list[Exchange]) -> bool:
    """Whether an order may fail without a fault: the service refuses it, or another one stopped the run."""
    if row["outcome"] == "not_attempted":
        others = {each["outcome"] for each in result[task.listed]}
        return task.options["stop_on_failure"] and bool(others - {"not_attempted", "changed", "unchanged"})
    return bool(writes) and writes[-1].is_refused


def foretold(task: Task, checked: Run, real: Run) -> Iterator[Violation]:
    """Promise 2: what check mode predicts, and what the same task then does; nothing happens between them."""
    if checked.result is None or real.result is None or "wait" in task.options:
        return
    refused = [each for each in real.exchanges if each.is_write and each.is_refused]
    rows = checked.result.get(task.listed, []), real.result.get(task.listed, [])
    if set(checked.result) != set(real.result) and not refused:
        yield Violation("check mode returns other keys", str(set(checked.result) ^ set(real.result)))
    for before, after in zip(*rows, strict=False):
        if (before.get("outcome"), set(before)) != (after.get("outcome"), set(after)) and not refused:
            yield Violation("check mode foretells otherwise", f"{before} | {after}")


def _denied(task: Task, run: Run) -> bool:
    """Whether a fault answered as the service does of what does not exist: Servertastic's 401 has no other meaning."""
    return task.module.startswith("servertastic") and any(
        each.received_status in (400, 401, 403, 404) for each in run.exchanges
    )


def _claimed(task: Task, outcome: str) -> bool:
    """Whether it may stay unknown: a request that was sent, or claimed, and never confirmed (promise 5)."""
    return task.module == "servertastic_order_cancel" and outcome == "unknown"


def _info(task: Task, run: Run, result: dict[str, Any]) -> Iterator[Violation]:
    if run.is_calm and result.get("failed") and not (task.subjects and _all_missing(task, run)):
        yield Violation("calm run fails", str(result.get("msg")))
    for subject in task.subjects if task.is_info else []:
        states = {task.holds(truth, subject) for truth in run.truths}
        if subject.key in result.get("missing", []) and states == {"yes"} and not _denied(task, run):
            yield Violation("missing although it is there", str(subject.key))


def _all_missing(task: Task, run: Run) -> bool:
    return all(task.holds(truth, each) == "gone" for truth in run.truths for each in task.subjects)
