# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays a story: a task in a world of its own, run after run, with what happens before each of its requests."""

from __future__ import annotations

import importlib
import json
import random
import shutil
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context, Stop
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from certsim.exchange import Call
from certsim.limits import Limiter
from certsim.world import World, declared_faults
from storm import clock as virtual
from storm import tasks
from storm.model import Run, Violation, foretold, judge
from storm.network import Exchange, Killed, Network
from storm.tasks import Task, Truth

MODULES = (
    "digicert_account_info",
    "digicert_certificate_revoke",
    "digicert_domain",
    "digicert_domain_info",
    "digicert_order_info",
    "digicert_order_note",
    "digicert_order_renewal",
    "digicert_order_status",
    "digicert_request",
    "digicert_request_info",
    "servertastic_account_info",
    "servertastic_order_cancel",
    "servertastic_order_info",
)
_RULES = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")
#: Effects come so late at most, in virtual seconds; and between two runs of a task passes more than any lag.
_LATEST = 100.0
_PAUSE = 3600.0
_STALE_SECONDS = 60.0
#: Of more orders no earlier states are kept, which takes long.
_MANY = 20
#: Never strikes; the simulator keeps earlier states only while such a fault is armed.
_KEEPS_PAST = {"kind": "stale", "order_id": "none", "times": -1}

#: What happens before a request: a list of {"fault": ...}, {"kill": ...}, {"stop": True}, {"actor": ...} and the like.
Script = dict[str, list[dict[str, Any]]]


class Rates(NamedTuple):
    """How often things happen, for each request."""

    fault: float = 0.3
    kill: float = 0.03
    stop: float = 0.004
    actor: float = 0.06
    close: float = 0.05
    key_dies: float = 0.004
    spoil: float = 0.01


@dataclass
class Story:
    """What one number stands for, and, after it was played, what came of it."""

    seed: str
    task: Task
    check_modes: list[bool]
    calm: int = 2
    script: Script = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)


def invent(seed: str) -> Story:
    """Return the story of a seed, without what happens in it."""
    rng = random.Random(f"story {seed}")
    task = tasks.choose(rng)
    stormy = rng.choice((1, 2, 3, 4, 5))
    check_modes = [rng.random() < 0.15 for _run in range(stormy)]
    # What check mode foretells is compared with what comes.
    calm = [True, False, False] if rng.random() < 0.35 else [False, False]
    return Story(seed, task, check_modes + calm, len(calm))


class Weather:
    """Decides what happens before each request, or repeats a script."""

    def __init__(self, seed: str, rates: Rates, script: Script | None) -> None:
        self._rng = random.Random(f"weather {seed}")
        self._rates = rates
        self._script = script
        self.happened: Script = {}

    def at(self, place: str, *, task: Task, may_be_stale: bool, is_connection: bool) -> list[dict[str, Any]]:
        """Return what happens at a place ("0 GET /account #1": run 0, the first such request)."""
        if self._script is not None:
            drawn = self._script.get(place, [])
        elif is_connection:
            refused = self._rng.random() < self._rates.fault / 4
            drawn = [{"connect": self._rng.choice(("refused", "silent"))}] if refused else []
        else:
            drawn = list(self._drawn(task, may_be_stale))
        if drawn:
            self.happened[place] = drawn
        return drawn

    def _drawn(self, task: Task, may_be_stale: bool) -> Iterator[dict[str, Any]]:
        rng, rates = self._rng, self._rates
        if rng.random() < rates.fault:
            yield {"fault": self._fault(may_be_stale)}
        if rng.random() < rates.actor and task.actions and task.subjects:
            yield {"actor": rng.choice(task.actions), "order": rng.choice(task.subjects).order_id}
        if rng.random() < rates.kill:
            yield {"kill": rng.choice(("before", "after"))}
        if rng.random() < rates.stop:
            yield {"stop": True}
        if rng.random() < rates.close:
            yield {"close": True}
        if rng.random() < rates.key_dies:
            yield {"key_dies": True}
        if rng.random() < rates.spoil:
            yield {"spoil": rng.choice(_FILES)}

    def _fault(self, may_be_stale: bool) -> dict[str, Any]:
        rng = self._rng
        if may_be_stale and rng.random() < 0.25:
            return {"kind": "stale", "writes": rng.choice((1, 1, 2))}
        kind = rng.choice([each for each in _KINDS if rng.random() < _RARE.get(each, 1.0)])
        fault: dict[str, Any] = {"kind": kind}
        if kind in _STATUSES:
            fault["status"] = rng.choice(_STATUSES[kind])
        if fault.get("status") == 429 and rng.random() < 0.5:
            fault["headers"] = {"Retry-After": rng.choice((0, 2, 30))}
        if kind.endswith("_late"):
            soon = rng.random() < 0.5
            fault.update({"after_requests": rng.choice((1, 2, 3))} if soon else {})
            fault.update({} if soon else {"after_seconds": rng.choice((0.5, 2.0, 5.0, 20.0, 90.0))})
        if kind in ("huge_body", "gzip_bomb"):
            fault["mib"] = 65
        if kind == "shift_pages":
            fault["change"] = rng.choice(("add", "replace", "sort"))
        return {**fault, "times": 1}


_FILES = ("audit.log", "request.log")
_KINDS = [kind.name for kind in declared_faults() if kind.name != "stale"]
_RARE = {"huge_body": 0.01, "gzip_bomb": 0.01, "deep_json": 0.2}
_STATUSES = {
    "status": (400, 401, 403, 404, 409, 422, 429, 429, 429, 500, 501, 502, 503, 503, 504),
    "error_after": (500, 502, 503, 504),
    "error_late": (500, 502, 503, 504, 504),
    "html": (200, 400, 403, 404, 502, 503, 504),
}


class Stage:
    """The world, the network and the clock that stories are played on, one after another."""

    def __init__(self, folder: Path, rates: Rates | None = None) -> None:
        self._modules = {
            name: importlib.import_module(f"ansible_collections.certops.orders.plugins.modules.{name}")
            for name in MODULES
        }
        self.clock = virtual.Clock()
        restore_time = virtual.install(self.clock)
        self._world = World()
        self._world.limiter = Limiter(self._world.switches, self.clock.monotonic)
        self._network = Network(self._world, self.clock)
        self._restore = (restore_time, self._network.install())
        self._folder = folder
        self._rates = rates or Rates()
        self._story = Story("", Task("", {}, [], lambda _truth, _subject: "no"), [])
        self._weather = Weather("", self._rates, None)
        self._run = Run()
        self._stop = Stop()
        self._files: dict[Path, bytes] = {}
        self._kill_after = self._closes = self._is_key_dead = False
        self._wrote_at = -1e9
        self._counts: Counter[str] = Counter()
        self._places: dict[int, str] = {}
        self._others_mails: dict[str, int] = {}
        self._requested_at: dict[str, str] = {}

    def close(self) -> None:
        """Give time and network back."""
        for restore in self._restore:
            restore()

    def play(self, story: Story, script: Script | None = None) -> Story:
        """Play a story from its start; with a script, exactly its events happen."""
        random.seed(story.seed)
        self._story, self._weather = story, Weather(story.seed, self._rates, script)
        self.clock.restart()
        seed = {name: value for name, value in story.task.seed.items() if name != "tokens"}
        self._world.reset(seed)
        self._others_mails, self._requested_at = {}, {}
        self._folder.mkdir(parents=True, exist_ok=True)
        story.runs, story.violations = [], []
        for number, check_mode in enumerate(story.check_modes):
            left = len(story.check_modes) - number
            self._play_run(Run(check_mode=check_mode, is_calm=left <= story.calm, is_repeat=left == 1))
            story.violations += judge(story.task, self._run)
        if story.calm > 2:
            story.violations += foretold(story.task, story.runs[-3], story.runs[-2])
        story.violations += self._doubles()
        story.script = self._weather.happened
        shutil.rmtree(self._folder)
        return story

    # -- one run ---------------------------------------------------------------------------------------------------

    def _play_run(self, run: Run) -> None:
        self._run, self._stop = run, Stop()
        self._counts, self._places = Counter(), run.places
        self._story.runs.append(run)
        self._wrote_at, self._is_key_dead = -1e9, False
        self._world.effects.clear()
        network = self._network
        network.exchanges, network.is_dead = run.exchanges, False
        network.before, network.after, network.connecting = self._before, self._after, self._connecting
        run.truths.append(self._truth())
        audit = self._path("audit.log")
        audit_size = audit.stat().st_size if audit.exists() else 0
        try:
            run.result = self._result()
        except Killed:
            run.was_killed = True
            for path, content in self._files.items():
                path.write_bytes(content)
        except Exception:  # noqa: BLE001 - whatever it is, it is a finding
            run.traceback = traceback.format_exc()
        self._mend()
        self._let_effects_come()
        run.truths.append(self._truth())
        if "audit_log" in self._story.task.options:
            run.audit = _lines(audit.read_bytes()[audit_size:]) if audit.exists() else []
        if run.result is not None:
            self._requested_at = run.result.get("requested_at", self._requested_at)

    def _result(self) -> dict[str, Any]:
        task = self._story.task
        module = self._modules[task.module]
        options = dict(task.options)
        options.update(
            {name: str(self._path(options[name])) for name in ("audit_log", "request_log") if name in options}
        )
        if task.module == "servertastic_order_cancel" and "request_log" not in options:
            options["requested_at"] = self._requested_at
        rules = {rule: module.SPEC[rule] for rule in _RULES if rule in module.SPEC}
        validation = ModuleArgumentSpecValidator(module.SPEC["argument_spec"], **rules).validate(options)
        if validation.error_messages:
            raise ValueError(f"the storm's own mistake: {validation.error_messages}")
        context = Context(check_mode=self._run.check_mode, diff=True, stop=self._stop, task="Storm")
        return guarded(module.run, validation.validated_parameters, context)

    def _path(self, name: str) -> Path:
        return self._folder / name

    def _let_effects_come(self) -> None:
        self.clock.sleep(_LATEST)
        for _time in range(5):
            for provider in self._world.providers.values():
                self._world.effects.settle(self.clock.now(), provider, None)
        self.clock.sleep(_PAUSE)
        if self._story.task.module.startswith("servertastic"):
            # A request to Servertastic carries out the approvals that have had their time.
            self._world.providers["servertastic"].orders()

    # -- what happens at a request ---------------------------------------------------------------------------------

    def _place(self, what: str) -> str:
        """Return a name for this point of the story that stays where others are left out of it."""
        self._counts[what] += 1
        return f"{len(self._story.runs) - 1} {what} #{self._counts[what]}"

    def _before(self, method: str, path: str) -> None:
        faults = self._world.faults
        faults.clear()
        if len(self._story.task.subjects) <= _MANY:
            faults.arm(_KEEPS_PAST)
        self._kill_after = self._closes = False
        if self._run.is_calm:
            return
        stale = method == "GET" and bool(faults.as_json()) and self.clock.monotonic() - self._wrote_at < _STALE_SECONDS
        if self._is_key_dead:
            faults.arm({"kind": "invalid_key"})
        here = self._places[len(self._run.exchanges)] = self._place(f"{method} {path}")
        task = self._story.task
        for event in self._weather.at(here, task=task, may_be_stale=stale, is_connection=False):
            if "fault" in event:
                faults.arm(event["fault"])
            if "actor" in event:
                self._act(event["actor"], event["order"])
                self._run.truths.append(self._truth())
            if "stop" in event and not self._stop:
                self._stop.set("the run was stopped by SIGTERM")
                self._run.stopped_at = len(self._run.exchanges)
            if "spoil" in event:
                self._spoil(event["spoil"])
            self._is_key_dead = self._is_key_dead or "key_dies" in event
            self._closes = self._closes or "close" in event
            self._kill_after = self._kill_after or event.get("kill") == "after"
            if event.get("kill") == "before":
                self._kill()

    def _after(self, exchange: Exchange) -> bool:
        if exchange.entry.effect or exchange.is_write:
            self._wrote_at = self.clock.monotonic()
        if exchange.entry.fault == "shift_pages":
            self._run.truths.append(self._truth())
        if self._kill_after:
            self._kill()
        return self._closes or exchange.entry.fault == "close_idle"

    def _connecting(self) -> None:
        if self._run.is_calm:
            return
        here = self._place("connection")
        for event in self._weather.at(here, task=self._story.task, may_be_stale=False, is_connection=True):
            if event["connect"] == "refused":
                raise ConnectionRefusedError(111, "Connection refused")
            self.clock.sleep(10.0)
            raise TimeoutError("timed out")

    def _spoil(self, name: str) -> None:
        """Put a symbolic link in a file's place: nothing may be written through it."""
        path, aside = self._path(name), self._path(f"{name}.aside")
        if name in self._story.task.options.values() and not path.is_symlink():
            if path.exists():
                path.rename(aside)
            path.symlink_to(aside)
            self._run.is_spoiled = True

    def _mend(self) -> None:
        for name in _FILES:
            path, aside = self._path(name), self._path(f"{name}.aside")
            if path.is_symlink():
                path.unlink()
                if aside.exists():
                    aside.rename(path)

    def _kill(self) -> None:
        self._mend()
        self._network.is_dead = True
        self._files = {path: path.read_bytes() for path in self._folder.iterdir()}
        raise Killed

    # -- the truth, and others who change it -----------------------------------------------------------------------

    def _truth(self) -> Truth:
        certcentral, servertastic = (self._world.providers[name] for name in ("certcentral", "servertastic"))
        is_servertastic = self._story.task.module.startswith("servertastic")
        mails = servertastic.resources()["outbox"] if is_servertastic else []
        return {
            "orders": {} if is_servertastic else {str(each["id"]): each for each in certcentral.orders()},
            "domains": {str(each["id"]): each for each in certcentral.resources()["domains"]},
            "st_orders": {each["reseller_order_id"]: each for each in servertastic.orders()} if is_servertastic else {},
            "mails": [each["reseller_order_id"] for each in mails],
        }

    def _act(self, action: str, order_id: str) -> None:
        """Another actor does something, where the service lets it."""
        if action.startswith("st_"):
            self._act_at_servertastic(action, order_id)
            return
        order = self._truth()["orders"].get(order_id)
        statuses = {"cancel": "canceled", "mark": "renewed", "unmark": "not_renewed"}
        if action == "issue" and order and order["status"] in ("pending", "needs_approval", "waiting_pickup"):
            self._world.providers["certcentral"].patch_order(order_id, {"status": "issued"})
        elif action in statuses:
            body = {"status": statuses[action], "note": "From another user"}
            self._call("PUT", f"/order/certificate/{order_id}/status", body)
        elif action == "revoke":
            self._call("PUT", f"/order/certificate/{order_id}/revoke", {"skip_approval": True})
        elif action == "emails":
            self._call("PUT", f"/order/certificate/{order_id}/renewal-emails/off", None)
        elif action == "domain":
            is_active = self._truth()["domains"][order_id]["is_active"]
            self._call("PUT", f"/domain/{order_id}/{'deactivate' if is_active else 'activate'}", None)
        elif action in ("approve", "reject"):
            for request in order["requests"] if order else []:
                if request["status"] == "pending":
                    body = {"status": "approved" if action == "approve" else "rejected"}
                    self._call("PUT", f"/request/{request['id']}/status", body)

    def _call(self, method: str, path: str, body: Any) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"x-dc-devkey": tasks.OTHER_KEY, "content-type": "application/json"}
        self._world.providers["certcentral"].handle(Call(method, path, [], headers, content))

    def _act_at_servertastic(self, action: str, order_id: str) -> None:
        provider = self._world.providers["servertastic"]
        order = provider.order(order_id)
        if action == "st_complete" and order["status"] in ("Queued", "Awaiting Provider Approval"):
            provider.patch_order(order_id, {"status": "Completed", "completed_at": self.clock.now().isoformat()})
        elif action == "st_cancel":
            before = len(self._truth()["mails"])
            provider.handle(Call("GET", "/order/cancel.json", [("order_token", order["token"])], {}, b""))
            sent = len(self._truth()["mails"]) - before
            self._others_mails[order_id] = self._others_mails.get(order_id, 0) + sent
        elif action == "st_approve":
            for mail in provider.resources()["outbox"]:
                if mail["reseller_order_id"] == order_id and not mail["answered"]:
                    provider.follow_link(mail["link"].rpartition("/")[2], "approve")

    # -- the whole story -------------------------------------------------------------------------------------------

    def _doubles(self) -> Iterator[Violation]:
        """What is there twice in the end, over all runs: notes, requests, mails."""
        truth, task = self._story.runs[-1].truths[-1], self._story.task
        for subject in task.subjects:
            order = truth["orders"].get(subject.order_id)
            notes = [each for each in order["notes"] if each["text"] == tasks.NOTE] if order else []
            if len(notes) > 1 and task.module == "digicert_order_note":
                yield Violation("double effect", f"{subject.key} has {len(notes)} notes")
            if task.module == "digicert_certificate_revoke" and order:
                filed = [each for each in order["requests"] if each.get("comments") == tasks.NOTE]
                if len(filed) > 1:
                    yield Violation("double effect", f"{subject.key} has {len(filed)} requests to revoke it")
            mails = truth["mails"].count(subject.order_id) - self._others_mails.get(subject.order_id, 0)
            # Without a log nothing remembers a request over a kill.
            if mails > 1 and "request_log" in task.options:
                yield Violation("double effect", f"{subject.key}: {mails} mails were sent")


def _lines(content: bytes) -> list[dict[str, Any]]:
    found = []
    for line in content.decode().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            # Of a run that was killed while it wrote.
            continue
    return found


def shrink(stage: Stage, story: Story, kind: str) -> Story:
    """Return the same story with as little in it as still shows a violation of the kind."""
    best, size = story, len(story.task.subjects) // 2
    while size:
        keys = [each.key for each in best.task.subjects]
        halves = [keys[:start] + keys[start + size :] for start in range(0, len(keys), size)]
        smaller = (_attempt(stage, best, kind, subjects=fewer) for fewer in halves if fewer)
        found = next((each for each in smaller if each), None)
        best, size = (found, min(size, len(found.task.subjects) // 2)) if found else (best, size // 2)
    for number in reversed(range(len(best.check_modes) - best.calm)):
        best = _attempt(stage, best, kind, without_run=number) or best
    for place, events in list(best.script.items()):
        for number in reversed(range(len(events))):
            fewer_events = [event for position, event in enumerate(best.script[place]) if position != number]
            best = _attempt(stage, best, kind, script={**best.script, place: fewer_events}) or best
    return best


def _attempt(
    stage: Stage,
    story: Story,
    kind: str,
    *,
    script: Script | None = None,
    subjects: list[Any] | None = None,
    without_run: int | None = None,
) -> Story | None:
    """Play a story with less in it; None where it then shows no violation of the kind."""
    copy = invent(story.seed)
    keys = [each.key for each in story.task.subjects] if subjects is None else subjects
    if len(keys) < len(copy.task.subjects):
        copy.task.ask([each for each in copy.task.subjects if each.key in keys])
    copy.check_modes, happens = list(story.check_modes), dict(script or story.script)
    if without_run is not None:
        del copy.check_modes[without_run]
        happens = {
            _moved(place, without_run): events for place, events in happens.items() if _run_of(place) != without_run
        }
    stage.play(copy, happens)
    copy.script = happens
    return copy if any(each.kind == kind for each in copy.violations) else None


def _run_of(place: str) -> int:
    return int(place.partition(" ")[0])


def _moved(place: str, without_run: int) -> str:
    number, _space, rest = place.partition(" ")
    return f"{int(number) - (int(number) > without_run)} {rest}"


def described(story: Story) -> str:
    """Return a readable story: the task, and each run with its requests and what became of the orders."""
    task = story.task
    hidden = {"api_key", "api_url", task.ids_option}
    options = {name: value for name, value in task.options.items() if name not in hidden}
    lines = [f"seed {story.seed}: {task.module} {options}", f"  switches {task.seed['switches']}"]
    for number, run in enumerate(story.runs):
        what = "check mode, " if run.check_mode else ""
        lines.append(f"  run {number} ({what}{'calm' if run.is_calm else 'stormy'})")
        for exchange in run.exchanges:
            events = story.script.get(run.places.get(exchange.n, ""), [])
            others = [event for event in events if "fault" not in event]
            lines.append(f"    {exchange.line()}{f' {others}' if others else ''}")
        lines.append(f"    {'KILLED' if run.was_killed else _rows(task, run)}")
    return "\n".join([*lines, *(f"  VIOLATION {each.kind}: {each.detail}" for each in story.violations)])


def _rows(task: Task, run: Run) -> str:
    if run.result is None:
        return run.traceback
    rows = [
        f"{row[task.key]}={row['outcome']} ({row['reason'][:160]})"
        for row in run.result.get(task.listed, [])[:6]
        if "outcome" in row
    ]
    failed = "failed" if run.result.get("failed") else "ok"
    return f"{failed}, changed={run.result['changed']}: {'; '.join(rows) or run.result.get('msg')}"
