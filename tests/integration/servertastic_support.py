# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the integration tests of Servertastic share: orders that are called by their names, a desk, and approvers."""

from __future__ import annotations

import hashlib
import json
import tempfile
import textwrap
import threading
import typing
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ansible_collections.certops.orders.tests.integration.support import Controller, Conversation, Run, Simulator, Task

KEY = "sim-reseller"
CANCEL = "certops.orders.servertastic_order_cancel"
INFO = "certops.orders.servertastic_order_info"
ACCOUNT = "certops.orders.servertastic_account_info"
RESULT_KEYS = {"changed", "msg", "orders", "requested_at", "summary", "api"}

NOT_ISSUED = {
    "customer": "Awaiting Customer Verification",
    "provider": "Awaiting Provider Approval",
    "queued": "Queued",
}
HELD = {"rolled_back": "Roll Back", "reviewed": "Servertastic Review", "novel": "Awaiting Payment"}


def order(name: str, status: str = "Order Placed", **more: Any) -> dict[str, Any]:
    """An order of a seed. What the service calls it, its token and its domain contain its name."""
    domain = f"{name.replace('_', '-')}.example.com"
    return {"token": token(name), "reseller_order_id": name, "status": status, "domain_name": domain, **more}


def issued(name: str, days_ago: float = 10, **more: Any) -> dict[str, Any]:
    return order(name, "Completed", completed_days_ago=days_ago, **more)


def token(name: str) -> str:
    return f"sim-tok-{name}"


def digest(name: str) -> str:
    """What a result calls the order of this name."""
    return hashlib.sha256(token(name).encode()).hexdigest()


def seed(*orders: Mapping[str, Any], switches: Mapping[str, Any] | None = None, **section: Any) -> dict[str, Any]:
    """A seed of these orders, whose reviews show at once what is true."""
    return {
        "switches": {"servertastic.review_lag_seconds": 0, **(switches or {})},
        "servertastic": {"orders": list(orders), **section},
    }


# One order or more of every kind there is.
ORDERS = (
    order("unused"),
    *(order(name, status) for name, status in NOT_ISSUED.items()),
    issued("fresh", 0.01),
    issued("issued"),
    issued("late", 29.9),
    issued("late_by_a_bit", 30.02),
    issued("old", 30.1),
    issued("older", 400),
    issued("undated", modifications=[]),
    # Issued long ago, and once more the other day.
    issued(
        "twice",
        5,
        modifications=[
            {"event_name": "Order Completed", "days_ago": 5},
            {"event_name": "Order Completed", "days_ago": 40},
        ],
    ),
    issued(
        "twice_lately",
        20,
        modifications=[
            {"event_name": "Order Completed", "days_ago": 20},
            {"event_name": "Order Completed", "days_ago": 3},
        ],
    ),
    order("cancelled", "Cancelled"),
    *(order(name, status) for name, status in HELD.items()),
    issued("licence", st_product_code="SmarterMail-100"),
    order("unused_licence", st_product_code="SmarterStats-Pro"),
)
SEED = seed(*ORDERS)

_DESCRIPTIONS = {
    "/order/review.json": "review {}",
    "/order/cancel.json": "cancel {}",
    "/order/showtokens.json": "tokens",
    "/order/modifiedorders.json": "modified",
    "/order/expiring.json": "expiring",
    "/account/review.json": "account",
    "/account/pointsaudit.json": "audit",
}


def requests_of(task: Conversation) -> list[str]:
    """The requests of a task or a run in short, in order of arrival: "review queued", "cancel queued", "audit"."""
    return [_describe(request) for request in task.requests]


def _describe(request: Mapping[str, Any]) -> str:
    assert request["method"] == "GET"
    return _DESCRIPTIONS[request["path"]].format(request["order_id"] or "a stranger")


def effects(task: Conversation) -> list[str]:
    """Those that changed something or sent a mail, sorted."""
    return sorted(_describe(request) for request in task.requests if request["effect"])


def cancels(task: Conversation) -> Counter[str]:
    """How often each order was asked to be cancelled, whatever came of it."""
    return Counter(line.split()[1] for line in requests_of(task) if line.startswith("cancel "))


def outcomes(task: Task) -> dict[str, str]:
    """By the names of the orders; an unread one is named by its order_ref."""
    return {named(one): one["outcome"] for one in task.orders}


def named(one: Mapping[str, Any]) -> str:
    return str(one.get("reseller_order_id") or one["order_ref"])


def only(task: Task) -> dict[str, Any]:
    """The result of a task about its only order."""
    (one,) = task.orders
    assert isinstance(one, dict)
    return one


def a_time(text: str) -> datetime:
    return datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)


def days_ago(days: float) -> str:
    """The time as a result shows it."""
    return (datetime.now(timezone.utc) - timedelta(days=days)).isoformat(timespec="seconds").replace("+00:00", "Z")


def date_back(log: Path) -> None:
    """Make all lines of a request log 20 seconds older: of a claim younger than 15, the reply may still come."""
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    for entry in entries:
        entry["time"] = (a_time(entry["time"]) - timedelta(seconds=20)).isoformat().replace("+00:00", "Z")
    log.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries), encoding="utf-8")


def task(name: str, arguments: Mapping[str, Any], module: str = CANCEL, **keywords: Any) -> str:
    """A task, in JSON, which is YAML."""
    return "- " + json.dumps({"name": name, module: dict(arguments), **keywords})


def cancel(name: str, *orders: str, **options: Any) -> str:
    """A task that cancels an order, or several, by their names; `check` and `diff` are the task's own."""
    keywords = {f"{word}_mode" if word == "check" else word: options.pop(word) for word in _WORDS & set(options)}
    whom = {"order_token": token(orders[0])} if len(orders) == 1 else {"order_tokens": [token(one) for one in orders]}
    return task(name, {**whom, "replacement": "none", **options}, **keywords)


_WORDS = {"check", "diff", "environment"}


def sim_task(name: str, **words: Any) -> str:
    """A task of the plugin certsim."""
    return task(name, words, "certsim")


class Desk(Controller):
    """A machine whose environment names Servertastic's address and key."""

    def __init__(self, folder: Path, sim: Simulator) -> None:
        super().__init__(folder, sim)
        self.env.update(
            SERVERTASTIC_API_URL=sim.servertastic_url,
            SERVERTASTIC_API_KEY=KEY,
            SERVERTASTIC_RATE_LIMIT="none",
        )

    @property
    def log(self) -> Path:
        """Where tasks of the tests remember their requests."""
        return self.desk / "requests.jsonl"

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def play(
        self,
        tasks: str,
        *,
        execute_on: str = "controller",
        hosts: str = "gateway",
        keywords: str = "",
        api_key: str = KEY,
        **options: Any,
    ) -> Run:
        """Run tasks as Controller.play does; an empty api_key is none."""
        defaults: dict[str, Any] = {"execute_on": execute_on}
        if execute_on == "target":
            # Nothing of our environment gets there.
            defaults.update(api_url=self.sim.servertastic_url, rate_limit="none")
            defaults.update({"api_key": api_key} if api_key else {})
        play = [
            f"- hosts: {hosts}",
            "  gather_facts: false",
            "  ignore_errors: true",
            "  module_defaults:",
            f"    group/certops.orders.servertastic: {json.dumps(defaults)}",
            textwrap.indent(textwrap.dedent(keywords).strip("\n"), "  "),
            "  tasks:",
            textwrap.indent(textwrap.dedent(tasks).strip("\n"), "    "),
        ]
        env = {"SERVERTASTIC_API_KEY": api_key or None}
        run = self.playbook("\n".join(line for line in play if line), env=env, **options)
        assert run.rc == 0, run.output
        return run

    def run(self, *tasks: str, **options: Any) -> Run:
        return self.play("\n".join(tasks), **options)

    def recorded(self) -> Run:
        """What came of the runs that were only started."""
        return self._make_run(0, "")


@contextmanager
def desk(sim: Simulator, book: Mapping[str, Any] | None = None) -> typing.Iterator[Desk]:
    """A Desk that is gone afterwards, and the simulator anew from a seed."""
    book = SEED if book is None else book
    sim.reset(book)
    with tempfile.TemporaryDirectory(prefix="certops-", dir="/tmp") as folder:
        made = Desk(Path(folder), sim)
        made.write("seed.json", json.dumps(book))
        yield made


@contextmanager
def people(sim: Simulator, *, after: Sequence[str] = ()) -> typing.Iterator[None]:
    """Admin contacts at their mailboxes: yes@... approves every request, no@... refuses, others do not answer.

    after: an answer is followed by the passing of such times.
    """
    stopped = threading.Event()

    def answer() -> None:
        while not stopped.wait(0.02):
            for mail in sim.outbox():
                who = mail["to"].partition("@")[0]
                if mail["answered"] or who not in ("yes", "no"):
                    continue
                (sim.approve if who == "yes" else sim.decline)(mail)
                for time in after:
                    sim.advance(time)

    at_work = threading.Thread(target=answer, daemon=True)
    at_work.start()
    try:
        yield
    finally:
        stopped.set()
        at_work.join()


def contact(who: str) -> dict[str, Any]:
    """An order's admin contact, for `people`."""
    return {"admin_contact": {"email": f"{who}@example.com"}}


def statuses(sim: Simulator, *names: str) -> list[str]:
    """What orders truly are."""
    found = sim.st_orders()
    return [str(found[token(name)]["status"]) for name in names]


def tally(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words))
