# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences about a run: its result, the reason for each order, warnings and progress."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context, Stop
from ansible_collections.certops.orders.plugins.module_utils._common.errors import LibraryMissing, NotFound, Stopped
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._common.outcomes import Decision, OrderResult
from ansible_collections.certops.orders.plugins.module_utils._files.audit_log import AuditLog
from ansible_collections.certops.orders.plugins.module_utils._http.transport import Counters
from ansible_collections.certops.orders.plugins.module_utils._runtime import observers, runner
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.plugins.module_utils._runtime.observers import Auditor, Progress
from ansible_collections.certops.orders.plugins.module_utils._runtime.results import (
    RUNNER,
    Settings,
    refuse_too_many,
    task_result,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.workers import signals_stop
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.module_utils.service_of_things import (
    LIED,
    TOOK_EFFECT,
    During,
    Service,
    Thing,
    ask_to_close,
    close,
    close_once,
    denied,
    failed,
    final,
    lost,
    open_things,
    refused,
    run,
)

DOMAINS: dict[str, Any] = {"noun": "domain", "key": "name", "listed": "domains"}
CONFIRMED: dict[str, Any] = {"confirm": True, "wait": 60, "poll": 5}
IN_RUNNER = {RUNNER: "/runner/artifacts/1"}


def one(key: Any, outcome: str, reason: str = "because", **facts: Any) -> OrderResult:
    return OrderResult(key, outcome, reason=reason, **facts)


def result_of(*results: OrderResult, environ: Any = None, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    """The result of a task in which these are the results of its orders."""
    transport: Any = SimpleNamespace(counters=Counters())
    context = Context(check_mode=check_mode, diff=True, environ=environ or {})
    by_key = {result.key: result for result in results}
    return task_result(list(by_key), by_key, Settings("canceled", **options), context, transport)


def msg(*results: OrderResult, **options: Any) -> str:
    text: str = result_of(*results, **options)["msg"]
    return text


def refusal(count: int) -> str:
    with pytest.raises(OptionError) as caught:
        refuse_too_many(list(range(10**8, 10**8 + count)), Settings("canceled"), Context(environ=IN_RUNNER))
    return str(caught.value)


def shortened(**outcomes: int) -> str:
    """The warning for a result that is too long for ansible-runner, with this number of orders of each outcome."""
    facts = {"status": "pending", "is_renewed": False}
    several = [(outcome, number) for outcome, count in outcomes.items() for number in range(count)]
    results = [one(10**6 + key, outcome, before=facts, after=facts) for key, (outcome, _n) in enumerate(several)]
    (warning,) = result_of(*results, environ=IN_RUNNER)["warnings"]
    return str(warning)


def test_messages_of_results() -> None:
    check_messages(
        "run results",
        {
            "changed": msg(one(1, "changed", "")),
            "changed, with a reason": msg(one(1, "changed")),
            "changed, in check mode": msg(one(1, "changed", ""), check_mode=True),
            "changed in another way": msg(one(1, "changed", "", done="rejected")),
            "unchanged": msg(one(1, "unchanged")),
            "pending_approval": msg(one(1, "pending_approval")),
            "pending_approval of this run": msg(one(1, "pending_approval", "", acknowledged=True)),
            "pending_approval, in check mode": msg(one(1, "pending_approval", "", counts=True), check_mode=True),
            "ineligible": msg(one(1, "ineligible")),
            "missing": msg(one(1, "missing")),
            "failed": msg(one(1, "failed")),
            "unknown": msg(one(1, "unknown")),
            "not_attempted": msg(one(1, "not_attempted")),
            "changed, a domain": msg(one("a.example", "changed", ""), **DOMAINS),
            "none": msg(),
            "no domain": msg(**DOMAINS),
            "several": msg(one(1, "changed"), one(2, "unchanged"), one(3, "unchanged")),
            "several, in check mode": msg(one(1, "changed"), one(2, "unchanged"), check_mode=True),
            "several, some failed": msg(one(1, "changed"), one(2, "not_attempted"), one(3, "failed")),
            "several, all missing": msg(one(1, "missing"), one(2, "missing"), missing="ok"),
            "several domains, all missing": msg(one("a", "missing"), one("b", "missing"), **DOMAINS),
            "too many for ansible-runner": refusal(50000),
            "result shortened": shortened(unchanged=5000, changed=2000),
            "result shortened to ids": shortened(unchanged=10, changed=30000),
        },
    )


# -- the reason for one order ------------------------------------------------------------------------------------------


def reason(service: Service, *asked: int, **options: Any) -> str:
    """The reason for the last order of a run."""
    return str(run(service, asked or [1], **options)["orders"][-1]["reason"])


def met(write: list[Any], get: list[Any] | None = None, state: str = "open", **options: Any) -> str:
    """The reason for an order whose requests meet this weather."""
    service = Service(Thing(1, state)).meets("write", 1, weather=write)
    service.meets("get", 1, weather=[None, *(get or [])])
    for number, happens in enumerate(service.weather["get", 1]):
        if happens == "gone":
            service.weather["get", 1][number] = service.removed(1)
        elif isinstance(happens, str):
            service.weather["get", 1][number] = service.changed_elsewhere(1, happens)
    return reason(service, **options)


def denied_often(noun: str) -> str:
    service = Service(*open_things(4))
    for key in range(1, 4):
        service.meets("write", key, weather=[denied()])
    return reason(service, 1, 2, 3, 4, noun=noun)


def too_slow() -> str:
    service = Service(Thing(1))
    service.meets("get", 1, weather=[service.passes(runner.FRESH_FOR + 1), None] * runner.SLOW_READS)
    return reason(service)


def stopped_while_reading() -> str:
    service = Service(Thing(1))
    return reason(service.meets("account", weather=[Stopped("the run was stopped by SIGTERM")]), 1, 9)


def stopped_by_a_bug() -> str:
    service = Service(Thing(1)).meets("write", 1, weather=[KeyError("a bug")])
    run(service, [1])
    return service.stop.reason


def stopped_by_a_signal() -> str:
    stop = Stop()
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with signals_stop(stop):
        os.kill(os.getpid(), signal.SIGTERM)
    signal.signal(signal.SIGTERM, before)
    return stop.reason


def half() -> str:
    service = Service(Thing(1, "barred"))
    service.weather["write", 1] = [During(lambda: service.stop.set("the run was stopped by SIGTERM")), None]
    return reason(service)


def half_and_stale() -> str:
    service = Service(Thing(1, "barred"), retries=0)
    service.weather["write", 1] = [During(service.passes(runner.FRESH_FOR + 1)), None]
    return reason(service)


def approval(happens: str) -> str:
    service = Service(Thing(1))
    event = {"approved": service.approves(1), "rejected": service.rejects(1)}[happens]
    service.meets("get", 1, weather=[None, event])
    return reason(service, policy=ask_to_close, wait=60, poll=5)


def unconfirmed() -> str:
    """An earlier run may have made the change, and a later read shows it."""
    unknown = Decision("unknown", reason="an earlier run got no reply", shows={"state": "closed"})
    service = Service(Thing(1))
    service.meets("get", 1, weather=[None, service.changed_elsewhere(1, "closed")])
    return reason(service, policy=lambda one: close(one) if one.state == "closed" else unknown, **CONFIRMED)


def test_messages_of_reasons() -> None:
    verifying = {"verify": True}
    check_messages(
        "run reasons",
        {
            "missing": reason(Service(), 9),
            "missing, account unknown": stopped_while_reading(),
            "read-only": reason(Service(Thing(1), read_only="DIGICERT_READ_ONLY")),
            "refused": met([refused()]),
            "refused, then unreadable": met([refused()], [failed()]),
            "refused, then ineligible": met([refused()], ["sealed"]),
            "refused, then missing": met([refused()], ["gone"]),
            "refused, but another client made the change": met([refused()], ["closed"]),
            "reply lost, change visible": met([TOOK_EFFECT, lost()]),
            "reply lost, change visible, order ended": met([TOOK_EFFECT, lost()], ["closed"], policy=final),
            "reply lost, change not visible": met([lost() for _time in range(9)]),
            "reply lost, sent only once": met([lost()], policy=close_once),
            "reply lost, then refused": met([lost(), refused()]),
            "reply lost, then unreadable": met([TOOK_EFFECT, lost()], [failed()]),
            "reply lost, then missing": met([lost()], ["gone"]),
            "reply lost, then ineligible": met([lost()], ["sealed"]),
            "half of the change, stopped": half(),
            "half of the change, read too old": half_and_stale(),
            "reads too old": too_slow(),
            "verified, not visible": met([LIED], **verifying),
            "verified, unreadable": met([None], [failed()], **verifying),
            "verified, stopped": met([None], [Stopped("the run was stopped by SIGTERM")], **verifying),
            "approved while waiting": approval("approved"),
            "rejected while waiting": approval("rejected"),
            "change of an earlier run": unconfirmed(),
            "API key refused": denied_often("order"),
            "API key refused, domains": denied_often("domain"),
            "stop_on_failure": reason(Service(Thing(3), Thing(2, "sealed")), 2, 3, stop_on_failure=True),
            "stopped by a signal": stopped_by_a_signal(),
            "stopped by a bug": stopped_by_a_bug(),
        },
    )


# -- observers and the guard -------------------------------------------------------------------------------------------


def audited(path: Path, happens: Any = None) -> dict[str, Any]:
    """The result of a run with an audit log; happens: before the result of its change is written."""

    class Changing(Service):
        def write(self, *args: Any, **kwargs: Any) -> Any:
            super().write(*args, **kwargs)
            if happens:
                happens()

    auditor = Auditor(AuditLog(str(path), {}), Settings("closed"), lambda: 7, None)
    return run(Changing(Thing(1)), [1], observer=auditor)


def progress(noun: str, seconds: float) -> str:
    """The line after the first of three results."""
    lines: list[str] = []
    now = [1000.0]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(observers.time, "monotonic", lambda: now[0])
        watching = Progress(3, lines.append, noun)
        now[0] += seconds
        watching.settled(OrderResult(1, "failed"))
    (line,) = lines
    return line


def waiting(count: int) -> str:
    service = Service(*open_things(count))
    run(service, list(range(1, count + 1)), policy=ask_to_close, wait=3600, poll=1800)
    (line,) = service.messages
    return line


def too_old() -> str:
    def module(*_arguments: Any) -> Any:
        raise LibraryMissing("requests", "", "the Python library requests is too old")

    text: str = guarded(module, {}, Context())["msg"]
    return text


def test_messages_of_observers(tmp_path: Path) -> None:
    path, folder = tmp_path / "audit.jsonl", tmp_path / "folder"
    folder.mkdir()

    def spoil() -> None:
        path.unlink()
        path.mkdir()

    def shown(text: str) -> str:
        return text.replace(str(tmp_path), "/var/log")

    check_messages(
        "run observers",
        {
            "audit log cannot be written": shown(audited(folder)["orders"][0]["reason"]),
            "result not in the audit log": shown(audited(path, spoil)["warnings"][0]),
            "progress": progress("order", 20),
            "progress, domains": progress("domain", 200),
            "waiting for one order": waiting(1),
            "waiting for several": waiting(2),
            "library too old": too_old(),
        },
    )


def test_a_change_of_a_missing_order_is_reported_as_missing() -> None:
    missing = NotFound("the service refused to close it (HTTP 404)", 404)
    assert met([missing], ["gone"]) == reason(Service(), 9)
