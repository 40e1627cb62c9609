# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo`: an operator at work with this collection, against a simulated CertCentral on this machine.

Every act runs one of the playbooks beside this file, or one of the collection's, with ansible-playbook, shows the
essential lines of its output, and then compares the expected effect with the simulator's state and its journal of
requests. The demo fails if an expectation does not hold, or if it prints more than MAX_LINES lines.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

sys.dont_write_bytecode = True
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Until there is something to stop, Ctrl-C ends the demo without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
# What a correct run does not print.
NOISE = ("[WARNING]", "[DEPRECATION WARNING]", "Traceback")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "simulator")]

from certsim.testing import Simulator  # noqa: E402
from demo.sandbox import Interrupted, Sandbox  # noqa: E402

SEED = ROOT / "tests" / "simulator" / "seeds" / "demo.yml"
# Stays when the demo has ended, so that the reports can be opened.
OUTPUT = ROOT / "tests" / "output" / "demo"
KEY = "sim-admin"
RESELLER_KEY = "sim-reseller"
WIDTH = 100
# A newcomer reads all of it, or none.
MAX_LINES = 250

# The methods that change something at CertCentral.
WRITES = ("PUT", "POST", "DELETE", "PATCH")

Orders = Mapping[Any, Mapping[str, Any]]
# What is checked, and whether it holds.
Check = tuple[str, bool]


# What is shown


class Page:
    """The terminal, or the file, that the demo prints to. lines: how many it has printed."""

    def __init__(self) -> None:
        self.is_colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        self.lines = 0
        try:
            "✓✗".encode(sys.stdout.encoding or "ascii")
        except UnicodeEncodeError:
            self.yes, self.no = "ok", "FAILED:"
        else:
            self.yes, self.no = "✓", "✗"

    def line(self, text: str = "", style: str = "") -> None:
        self.lines += text.count("\n") + 1
        # Flush: a command is shown before it runs.
        print(f"\033[{style}m{text}\033[0m" if style and self.is_colored else text, flush=True)

    def heading(self, text: str) -> None:
        self.line()
        self.line(f"=== {text} ===", "1")

    def paragraphs(self, text: str) -> None:
        for paragraph in text.split("\n\n"):
            self.line(textwrap.fill(" ".join(paragraph.split()), WIDTH))

    def command(self, text: str) -> None:
        self.line(f"  $ {text}", "1;36")

    def output(self, lines: Iterable[str]) -> None:
        for each in lines:
            self.line(f"  {each}".rstrip())

    def checks(self, checked: list[Check]) -> None:
        """Everything that holds in one paragraph, and a line for everything that does not."""
        held = [what for what, holds in checked if holds]
        if held:
            text = f"  {self.yes} checked: {'; '.join(held)}"
            self.line(textwrap.fill(text, WIDTH, subsequent_indent=" " * 4), "32")
        for what, holds in checked:
            if not holds:
                self.line(f"  {self.no} {what}", "1;31")


_HEADER = re.compile(r"(?P<kind>TASK|PLAY RECAP|PLAY|RUNNING HANDLER)\b(?: \[.*\])?[ *]*$")
_RESULT = re.compile(r"(?P<status>ok|changed|skipping|included|fatal): .*")


def essential(output: str, is_long: bool) -> list[str]:
    """Of what ansible-playbook printed: the tasks and their results, the errors and the counts of localhost.

    is_long: only messages and errors. Messages of ansible.builtin.debug are shown as text, not as YAML.
    """
    lines: list[str] = []
    for header, body in _blocks(output):
        if header["kind"] == "PLAY RECAP":
            counts = [re.sub(" {2,}", " ", line) for line in body if uncolored(line).startswith("localhost ")]
            lines += [] if is_long else counts
        elif header["kind"] != "PLAY":
            shown = _results(body, is_long)
            lines += shown if is_long else [header.string, *shown]
    return lines


def _blocks(output: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    """Each header of a play or task, and the lines below it."""
    header: re.Match[str] | None = None
    body: list[str] = []
    for line in output.splitlines():
        found = _HEADER.match(uncolored(line))
        if found:
            if header:
                yield header, body
            header, body = found, []
        elif uncolored(line).strip():
            body.append(line)
    if header:
        yield header, body


def _results(body: list[str], is_long: bool) -> list[str]:
    """The lines of a task's results that are shown."""
    shown: list[str] = []
    number = 0
    while number < len(body):
        line, number = body[number], number + 1
        result = _RESULT.match(uncolored(line))
        is_error = uncolored(line).startswith("[ERROR]")
        # Below a result is its value as YAML, below an error its place in a file.
        details = list(takewhile(lambda each: not _RESULT.match(uncolored(each)), body[number:]))
        if result or is_error:
            number += len(details)
        if is_error:
            shown += wrapped(uncolored(line))
        elif result is None:
            shown.append(line)
        elif result["status"] == "ok" and details:
            message = yaml.safe_load(uncolored("\n".join(details))).get("msg", details)
            shown += [part for each in ([message] if isinstance(message, str) else message) for part in wrapped(each)]
        elif result["status"] in ("ok", "changed") and not is_long:
            shown.append(line)
    return shown


def wrapped(line: str) -> list[str]:
    """A line in parts that fit; each but the first is indented further. A path stays whole."""
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    parts = textwrap.wrap(line, WIDTH - 2, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return parts or [""]


def without_header(text: str) -> list[str]:
    """A playbook's lines without its license header."""
    return text[text.index("---") :].splitlines()


def uncolored(text: str) -> str:
    return re.sub(r"\033\[[0-9;]*m", "", text)


# What happens


@dataclass(frozen=True)
class Observed:
    """What one act did: Ansible's output, the service's journal, and the orders before and after that differ."""

    status: int
    output: str
    journal: list[dict[str, Any]]
    changes: dict[Any, tuple[Mapping[str, Any], Mapping[str, Any]]]

    @property
    def writes(self) -> list[dict[str, Any]]:
        return [entry for entry in self.journal if entry["method"] in WRITES]

    @property
    def reads(self) -> list[dict[str, Any]]:
        return [entry for entry in self.journal if entry["method"] not in WRITES]


@dataclass(frozen=True)
class Act:
    """A step of the demo. files: those that are shown before the command.

    is_long: it runs a role, whose tasks show only messages and errors.
    """

    title: str
    story: str
    command: str
    checks: Callable[[Observed], Iterable[Check]]
    files: tuple[str, ...] = ()
    is_long: bool = False


@dataclass(frozen=True)
class Played:
    """An act that has run: how many checks were made, and those that failed."""

    title: str
    checks: int
    failed: list[str]


class Stage:
    """Where the acts are played."""

    def __init__(self, page: Page, sandbox: Sandbox, simulator: Simulator) -> None:
        self._page = page
        self._sandbox = sandbox
        self._simulator = simulator
        # Of the last plan that was shown: what an approver copies.
        self._sha256 = ""

    def orders(self) -> dict[Any, dict[str, Any]]:
        """Every order in the simulator's state: CertCentral's by its id, Servertastic's by its token."""
        certcentral = {order["id"]: order for order in self._simulator.state()["certcentral"]["orders"]}
        return {**certcentral, **self._simulator.st_orders()}

    def play(self, number: int, act: Act) -> Played:
        self._page.heading(f"{number}. {act.title}")
        if act.story:
            self._page.paragraphs(act.story)
        for file in act.files:
            self._page.command(f"cat {file}")
            self._page.output(without_header((HERE / file).read_text(encoding="utf-8")))
        observed = self._run(act)
        checks = list(act.checks(observed))
        self._page.checks(checks)
        failed = [what for what, holds in checks if not holds]
        failed += [f"{noise} in its output" for noise in NOISE if noise in observed.output]
        if failed:
            self._page.line("  All of Ansible's output:")
            self._page.output(observed.output.splitlines())
        return Played(act.title, len(checks), failed)

    def _run(self, act: Act) -> Observed:
        arguments = act.command.format(sha256=self._sha256).split()
        self._page.command(continued(["ansible-playbook", *arguments]))
        before = self.orders()
        self._simulator.clear_journal()
        additions = {
            "DIGICERT_API_URL": self._simulator.api_url,
            "DIGICERT_API_KEY": KEY,
            "SERVERTASTIC_API_URL": self._simulator.servertastic_url,
            "SERVERTASTIC_API_KEY": RESELLER_KEY,
            "ANSIBLE_FORCE_COLOR" if self._page.is_colored else "ANSIBLE_NOCOLOR": "true",
        }
        finished = self._sandbox.ansible_playbook(arguments, additions, HERE)
        self._sandbox.check()
        self._page.output(essential(finished.output, act.is_long))
        plans = re.findall(r"sha-?256\W+([0-9a-f]{64})\b", uncolored(finished.output), re.IGNORECASE)
        self._sha256 = plans[-1] if plans else self._sha256
        return Observed(finished.status, finished.output, self._simulator.journal(), changed(before, self.orders()))


def continued(words: list[str]) -> str:
    """A command, with a backslash at the end of each line but the last."""
    lines = [words[0]]
    for number, word in enumerate(words[1:], start=1):
        # An option stays on one line with its value.
        unit = f"{word} {words[number + 1]}" if word in ("-e", "-i") else word
        is_value = words[number - 1] in ("-e", "-i")
        if not is_value and len(lines[-1]) + len(unit) > WIDTH - 8:
            lines[-1] += " \\"
            lines.append(f"      {word}")
        else:
            lines[-1] += f" {word}"
    return "\n".join(lines)


def changed(before: Orders, after: Orders) -> dict[Any, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    return {key: (before[key], after[key]) for key in before if before[key] != after[key]}


# What is checked


def cost(observed: Observed, reads: int, writes: int) -> Iterator[Check]:
    """The number of requests, by the service's own journal."""
    text = f"the service got {times(reads, 'read')} and {times(writes, 'write') if writes else 'no write'}"
    yield text, (len(observed.reads), len(observed.writes)) == (reads, writes)


def times(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def ended(observed: Observed, changes: int) -> Iterator[Check]:
    """Whether Ansible reports success, and so many changed tasks."""
    holds = observed.status == 0 and f"changed={changes} " in uncolored(observed.output)
    yield f"changed={changes}", holds


def nothing_changed(observed: Observed) -> Iterator[Check]:
    yield "no order has changed", not observed.changes


def nothing_written(observed: Observed) -> Iterator[Check]:
    # A cancellation at Servertastic is a GET.
    yield "the services got no write", not any(entry["effect"] for entry in observed.journal)


def status_changes(observed: Observed, keys: Iterable[int], was: str, now: str) -> bool:
    """Whether exactly these orders have changed, from one status to the other."""
    return set(observed.changes) == set(keys) and all(
        (old["status"], new["status"]) == (was, now) for old, new in observed.changes.values()
    )


def mark_changes(observed: Observed, keys: Iterable[int]) -> bool:
    """Whether exactly these orders have changed, and only in that they now count as renewed."""
    return set(observed.changes) == set(keys) and all(
        not old["is_renewed"] and new["is_renewed"] and old["status"] == new["status"]
        for old, new in observed.changes.values()
    )


def notes_of(order: Mapping[str, Any]) -> str:
    return " ".join(note["text"] for note in order["notes"])


def check_mode(observed: Observed) -> Iterator[Check]:
    yield from ended(observed, changes=1)
    yield "the diff shows both orders", uncolored(observed.output).count("status: canceled") == 2
    yield from nothing_changed(observed)
    yield from cost(observed, reads=1, writes=0)


def real_run(observed: Observed) -> Iterator[Check]:
    yield from ended(observed, changes=1)
    is_so = status_changes(observed, (1101, 1102), "pending", "canceled")
    yield "only 1101 and 1102 are canceled", is_so
    noted = [notes_of(now) for _was, now in observed.changes.values()]
    yield "both have the note", len(noted) == 2 and all("CHG0031337" in note for note in noted)
    yield from cost(observed, reads=1, writes=2)


def second_run(observed: Observed) -> Iterator[Check]:
    yield from ended(observed, changes=0)
    yield from nothing_changed(observed)
    yield from cost(observed, reads=1, writes=0)


def refusal(observed: Observed) -> Iterator[Check]:
    yield "exit status 2", observed.status == 2
    text = uncolored(observed.output)
    yield "the message names the right module", "1501" in text and "digicert_certificate_revoke" in text
    yield "the API key is not shown", KEY not in observed.output
    yield from nothing_changed(observed)
    yield from cost(observed, reads=1, writes=0)


def mark(observed: Observed) -> Iterator[Check]:
    yield from ended(observed, changes=1)
    is_so = mark_changes(observed, (1601, 1602, 1603))
    yield "only 1601, 1602 and 1603 have changed", is_so
    # The orders, the migrated ones among them, whether that filter can be trusted, and the verification.
    yield from cost(observed, reads=4, writes=3)


def correct(observed: Observed) -> Iterator[Check]:
    yield from ended(observed, changes=2)
    mark_of_1603 = [order["is_renewed"] for order in observed.changes.get(1603, ())]
    status_of_2001 = [order["status"] for order in observed.changes.get(2001, ())]
    yield "only 1603 and 2001 have changed", set(observed.changes) == {1603, 2001}
    yield (
        "1603 is not marked, 2001 is issued",
        (mark_of_1603, status_of_2001)
        == (
            [True, False],
            ["reissue_pending", "issued"],
        ),
    )
    yield from cost(observed, reads=2, writes=2)


# The status of the orders of the four servers when they are retired.
RETIRED = {
    1103: "canceled",
    1105: "canceled",
    1201: "rejected",
    1502: "issued",
    "sim-blog": "Cancelled",
    "sim-www-new": "Cancelled",
}


def planned(observed: Observed) -> Iterator[Check]:
    yield "no failure", observed.status == 0
    plan = read_json("plan.json")
    actions = {entry["order"]: entry["action"] for entry in plan.get("entries", ())}
    changes = [action for action in actions.values() if action not in ("keep", "leave")]
    yield "the plan has 6 changes among 10 orders", (len(changes), len(actions)) == (6, 10)
    names = plan.get("servers", {}).get("web-07")
    yield "each server has its names beside it", names == ["api.northwind.example", "www.northwind.example"]
    yield "1501 is left, as it also covers a name that stays", actions.get("1501") == "leave"
    yield "no order token is shown", "sim-blog" not in observed.output
    yield from nothing_changed(observed)
    yield from nothing_written(observed)


def guarded(observed: Observed) -> Iterator[Check]:
    yield "exit status 2", observed.status == 2
    text = uncolored(observed.output)
    yield "the message names the limit", bool(re.search(r"decommission_domain_max_changes\D+4\b", text))
    yield "no server was torn down", "Stop the service" not in text
    yield from nothing_changed(observed)
    yield from nothing_written(observed)


def retired(observed: Observed) -> Iterator[Check]:
    yield "no failure", observed.status == 0
    statuses = {key: new.get("status") for key, (_old, new) in observed.changes.items()}
    yield "the 6 orders are as planned, and no other has changed", statuses == RETIRED
    expires = observed.changes.get(1502, ({}, {}))[1]
    yield "1502 will expire: no renewal e-mails, and a note", "CHG0031339" in str(expires.get("notes"))
    yield "the data to order again is saved", len(list(OUTPUT.glob("reorder-*.json"))) == 5
    yield "the report is written", (OUTPUT / "decommission_domain-apply.html").exists()


def again(observed: Observed) -> Iterator[Check]:
    yield "no failure", observed.status == 0
    outcomes = {entry["outcome"] for entry in read_json("decommission_domain-apply.json").get("entries", ())}
    yield "every change is reported as done or unchanged", outcomes == {"done", "unchanged", "left"}
    yield from nothing_changed(observed)
    yield from nothing_written(observed)


def audited(observed: Observed) -> Iterator[Check]:
    yield "no failure", observed.status == 0
    text = uncolored(observed.output)
    yield "every changed order has a line with its ticket", text.count("CHG0031339") >= len(RETIRED)
    log = OUTPUT / "audit.jsonl"
    yield "no order token is in the file", log.exists() and "sim-blog" not in log.read_text(encoding="utf-8")


def read_json(name: str) -> dict[str, Any]:
    """A file that the playbook has written; empty where it does not exist."""
    file = OUTPUT / name
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


# The acts

_PLAN = "-i servers.yml certops.orders.decommission_server -e @retire.yml"
_APPLY = f"{_PLAN} -e decommission_server_phase=apply -e decommission_domain_plan_sha256={{sha256}}"

ACTS = (
    Act(
        "Preview in check mode what cancel.yml would change",
        "A failed automation has left two pending orders behind. The diff shows each order.",
        "cancel.yml --check --diff",
        check_mode,
        files=("cancel.yml",),
    ),
    Act("Run cancel.yml: two orders are canceled", "", "cancel.yml", real_run),
    Act("Run cancel.yml again: nothing changes", "", "cancel.yml", second_run),
    Act(
        "Run cancel_www.yml: an illegal change is refused before it is sent",
        "CertCentral cannot cancel the website's order, which is issued. The message names the next step.",
        "cancel_www.yml",
        refusal,
    ),
    Act(
        "Run mark_renewed.yml: migrated orders are marked renewed",
        """Three orders were migrated from a legacy console and renewed in CertCentral. Marked renewed, they are no
        longer listed as due. The task verifies that they are migrated and expire within 90 days.""",
        "mark_renewed.yml",
        mark,
    ),
    Act(
        "Run corrections.yml: a mark is removed, and an unfinished reissue is canceled",
        "The order whose reissue is canceled keeps its certificate.",
        "corrections.yml --diff",
        correct,
    ),
    Act(
        "Run the playbook decommission_server: plan the end of the orders of four servers",
        """The plan covers CertCentral and Servertastic, and changes nothing. Its table is for the approver; the
        approval is the plan's SHA-256.""",
        _PLAN,
        planned,
        files=("retire.yml",),
        is_long=True,
    ),
    Act(
        "Apply the plan with a limit of 4 changes: a guard stops all of it",
        "The approved plan has 6 changes. No order is changed, and no server is torn down.",
        _APPLY,
        guarded,
        is_long=True,
    ),
    Act(
        "Apply the approved plan: tear the servers down, retire their orders",
        """After the teardown, a fresh plan is made, and the entries that are in both plans are applied. The data to
        order again is saved before an order ends. Finally, the orders are read again and the report is written.""",
        f"{_APPLY} -e decommission_domain_max_changes=6",
        retired,
        is_long=True,
    ),
    Act(
        "Apply the plan again, as after an interrupted run: nothing changes",
        "",
        f"{_APPLY} -e decommission_domain_max_changes=6",
        again,
        is_long=True,
    ),
    Act(
        "Run audit.yml: read the audit log",
        "Each change was on disk before it was sent, and has an outcome.",
        "audit.yml",
        audited,
        is_long=True,
    ),
)


def introduce(page: Page, simulator: Simulator, orders: Orders) -> None:
    page.heading("certops.orders: certificate orders in playbooks")
    counts = Counter(order["status"] for order in orders.values())
    page.paragraphs(
        f"""The account of the fictitious company Northwind Example is in a simulator of CertCentral and Servertastic,
        which runs on this machine until the demo ends. No request leaves this machine. It has {len(orders)} orders
        at CertCentral: {", ".join(f"{count} {status}" for status, count in counts.most_common(4))} and others.

        The demo shows the essential lines of Ansible's output. The playbooks are in tests/demo, and the keys are in the
        environment:"""
    )
    page.command("cd tests/demo")
    page.command(f"export DIGICERT_API_URL={simulator.api_url} DIGICERT_API_KEY={KEY}")
    page.command(f"export SERVERTASTIC_API_URL={simulator.servertastic_url} SERVERTASTIC_API_KEY={RESELLER_KEY}")


def conclude(page: Page, played: list[Played]) -> int:
    """Print the summary, and return the exit status."""
    page.line()
    failed = [f"{each.title}: {what}" for each in played for what in each.failed]
    # These, and the three that follow.
    if not failed and page.lines + 3 > MAX_LINES:
        failed.append(f"the demo prints {page.lines + 3} lines; the limit is {MAX_LINES}")
    if failed:
        for what in failed:
            page.line(f"FAILED: {what}", "1;31")
        return 1
    page.paragraphs(
        f"All {sum(each.checks for each in played)} checks hold. The same playbooks work with a real account: unset "
        "DIGICERT_API_URL, and use your own key. The reports stay; open this one in a browser:"
    )
    page.line(f"  {OUTPUT / 'decommission_domain-apply.html'}", "1")
    return 0


def perform(page: Page, sandbox: Sandbox) -> int:
    shutil.rmtree(OUTPUT, ignore_errors=True)
    with Simulator("--seed", str(SEED)) as simulator:
        sandbox.check()
        stage = Stage(page, sandbox, simulator)
        introduce(page, simulator, {key: order for key, order in stage.orders().items() if isinstance(key, int)})
        return conclude(page, [stage.play(number, act) for number, act in enumerate(ACTS, start=1)])


def main() -> int:
    page = Page()
    with Sandbox() as sandbox:
        try:
            return perform(page, sandbox)
        except BrokenPipeError:
            # The reader of our output has ended; nothing can be printed, not even at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except Exception:
            # A terminal's Ctrl-C ends the simulator too, so that anything may have failed before we noticed.
            try:
                sandbox.check()
            except Interrupted as interrupted:
                print(f"\ninterrupted by {interrupted}, everything is stopped", file=sys.stderr)
                return interrupted.exit_status
            raise


if __name__ == "__main__":
    sys.exit(main())
