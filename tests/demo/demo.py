# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make demo`: a person at work with this collection, against a simulated CertCentral on this machine.

Every act runs one of the playbooks beside this file with ansible-playbook, shows what it prints, and then compares
what it was said to do with the simulator's true state and its journal of requests.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Until there is something to stop, Ctrl-C just ends us, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
# What a run that is as it should be does not print.
NOISE = ("[WARNING]", "[DEPRECATION WARNING]", "Traceback")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "simulator")]

from certsim.testing import Simulator  # noqa: E402
from demo.sandbox import Interrupted, Sandbox  # noqa: E402

SEED = ROOT / "tests" / "simulator" / "seeds" / "demo.yml"
# Stays when the demo has ended, so that the report can be looked at.
OUTPUT = ROOT / "tests" / "output" / "demo"
KEY = "sim-admin"
RESELLER_KEY = "sim-reseller"
WIDTH = 88

# What changes something at the service; everything else reads.
WRITES = ("PUT", "POST", "DELETE", "PATCH")

Orders = Mapping[int, Mapping[str, Any]]


# What is shown


class Page:
    """The terminal, or the file, that the story is written to."""

    def __init__(self) -> None:
        self.is_colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        try:
            "✓✗…".encode(sys.stdout.encoding or "ascii")
        except UnicodeEncodeError:
            self.yes, self.no, self.dots = "ok", "NOT SO:", "..."
        else:
            self.yes, self.no, self.dots = "✓", "✗", "…"

    def line(self, text: str = "", style: str = "") -> None:
        # At once: the commands that are shown are to be seen before they run.
        print(f"\033[{style}m{text}\033[0m" if style and self.is_colored else text, flush=True)

    def heading(self, text: str) -> None:
        self.line()
        self.line(text, "1")
        self.line("=" * len(text), "1")

    def tell(self, text: str) -> None:
        for paragraph in text.split("\n\n"):
            self.line(textwrap.fill(" ".join(paragraph.split()), WIDTH))
            self.line()

    def command(self, text: str) -> None:
        self.line(f"  $ {text}", "1;36")

    def output(self, lines: Iterable[str]) -> None:
        self.line()
        for each in lines:
            self.line(f"  {each}".rstrip())
        self.line()

    def claim(self, what: str, held: bool) -> None:
        self.line(f"  {self.yes if held else self.no} {what}", "32" if held else "1;31")


def shortened(output: str, dots: str) -> list[str]:
    """What ansible-playbook printed, with one empty line at most in a row, and of a failed result only its message."""
    lines: list[str] = []
    is_result, is_kept = False, True
    for line in output.strip().splitlines():
        if is_result and re.match(r"    \S", uncolored(line)):
            was_kept, is_kept = is_kept, uncolored(line).startswith("    msg:")
            if was_kept and not is_kept:
                lines.append(f"    {dots}")
        elif not line.strip():
            is_result, is_kept = False, True
        elif uncolored(line).startswith("fatal:"):
            is_result = True
        if is_kept and (line.strip() or (lines and lines[-1])):
            lines.append(line.rstrip())
    return lines


def essential(lines: Iterable[str]) -> list[str]:
    """Of a role's many tasks those that say, change or refuse something."""
    blocks: list[list[str]] = [[]]
    for line in lines:
        if re.match(r"(TASK|PLAY|PLAY RECAP) ", uncolored(line)):
            blocks.append([])
        blocks[-1].append(line)
    dull = re.compile(r"(ok|skipping|included): .*[^>{]$|\s*$")
    kept = [block for block in blocks if not all(dull.match(uncolored(line)) for line in block[1:])]
    return [line for block in kept for line in block]


def without_header(text: str) -> list[str]:
    """A playbook's lines without what is said of its licence."""
    return text[text.index("---") :].splitlines()


def uncolored(text: str) -> str:
    return re.sub(r"\033\[[0-9;]*m", "", text)


# What happens


@dataclass(frozen=True)
class Seen:
    """What one act came to: what Ansible said, what the service's journal says, what is so now and was not before."""

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
class Told:
    """An act that was played, and what was not as told."""

    title: str
    seen: Seen
    broken: list[str]


class Stage:
    """Where the acts are played."""

    def __init__(self, page: Page, sandbox: Sandbox, simulator: Simulator) -> None:
        self._page = page
        self._sandbox = sandbox
        self._simulator = simulator
        # Of the last plan that was shown: what a person copies.
        self._sha256 = ""

    def orders(self) -> dict[Any, dict[str, Any]]:
        """Every order as it truly is: CertCentral's by its id, Servertastic's by its token."""
        theirs = {order["id"]: order for order in self._simulator.state()["certcentral"]["orders"]}
        return {**theirs, **self._simulator.st_orders()}

    def play(self, number: int, act: Act) -> Told:
        self._page.heading(f"{number}. {act.title}")
        self._page.tell(act.story)
        if act.shown:
            self._page.command(f"cat {act.shown}")
            self._page.output(without_header((HERE / act.shown).read_text(encoding="utf-8")))
        seen = self._run(act)
        broken = []
        for what, held in act.claims(seen):
            self._page.claim(what, held)
            if not held:
                broken.append(what)
        broken += [f"{noise} in its output" for noise in NOISE if noise in seen.output]
        return Told(act.title, seen, broken)

    def _run(self, act: Act) -> Seen:
        command = act.command.format(sha256=self._sha256, here=HERE)
        self._page.command(f"ansible-playbook {command}")
        before = self.orders()
        self._simulator.clear_journal()
        additions = {
            "DIGICERT_API_URL": self._simulator.api_url,
            "DIGICERT_API_KEY": KEY,
            "SERVERTASTIC_API_URL": self._simulator.servertastic_url,
            "SERVERTASTIC_API_KEY": RESELLER_KEY,
            "ANSIBLE_FORCE_COLOR" if self._page.is_colored else "ANSIBLE_NOCOLOR": "true",
        }
        finished = self._sandbox.ansible_playbook(command.split(), additions, HERE)
        self._sandbox.check()
        lines = shortened(finished.output, self._page.dots)
        self._page.output(essential(lines) if act.is_long else lines)
        plans = re.findall(r"sha256: ([0-9a-f]{64})", finished.output)
        self._sha256 = plans[-1] if plans else self._sha256
        return Seen(finished.status, finished.output, self._simulator.journal(), changed(before, self.orders()))


def changed(before: Orders, after: Orders) -> dict[int, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    return {key: (before[key], after[key]) for key in before if before[key] != after[key]}


Claims = Iterable[tuple[str, bool]]


@dataclass(frozen=True)
class Act:
    title: str
    story: str
    command: str
    claims: Callable[[Seen], Claims]
    shown: str = ""
    # Whether it runs a role, whose many tasks are not all worth a line.
    is_long: bool = False


# The story


def cost(seen: Seen, reads: int, writes: int) -> Claims:
    """What the service must have been asked, by its own journal."""
    told = f"the service saw {times(reads, 'read')} and {times(writes, 'write') if writes else 'no write'}"
    yield told, (len(seen.reads), len(seen.writes)) == (reads, writes)


def times(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def nothing_changed(seen: Seen) -> Claims:
    yield "no order has changed", not seen.changes


def status_changes(seen: Seen, keys: Iterable[int], was: Iterable[str], now: str) -> bool:
    """Whether exactly these orders have changed, and in this way."""
    allowed = set(was)
    return set(seen.changes) == set(keys) and all(
        old["status"] in allowed and new["status"] == now for old, new in seen.changes.values()
    )


def mark_changes(seen: Seen, keys: Iterable[int], now: bool) -> bool:
    """Whether exactly these orders have changed, and only in whether they count as renewed."""
    return set(seen.changes) == set(keys) and all(
        old["is_renewed"] is not now and new["is_renewed"] is now and old["status"] == new["status"]
        for old, new in seen.changes.values()
    )


def notes_of(order: Mapping[str, Any]) -> str:
    return " ".join(note["text"] for note in order["notes"])


def check_mode(seen: Seen) -> Claims:
    yield "Ansible predicts the change", seen.status == 0 and "changed=1" in uncolored(seen.output)
    yield "the diff shows both orders before and after", uncolored(seen.output).count("status: canceled") == 2
    yield from nothing_changed(seen)
    yield from cost(seen, reads=1, writes=0)


def real_run(seen: Seen) -> Claims:
    yield "Ansible reports the change", seen.status == 0 and "changed=1" in uncolored(seen.output)
    yield "1101 and 1102 are canceled, and no other order", status_changes(seen, (1101, 1102), ["pending"], "canceled")
    noted = [notes_of(now) for _was, now in seen.changes.values()]
    yield "both carry the note", len(noted) == 2 and all("CHG0031337" in note for note in noted)
    yield from cost(seen, reads=1, writes=2)


def second_run(seen: Seen) -> Claims:
    yield "Ansible reports ok, not changed", seen.status == 0 and "changed=0" in uncolored(seen.output)
    yield from nothing_changed(seen)
    yield from cost(seen, reads=1, writes=0)


def refusal(seen: Seen) -> Claims:
    yield "the playbook fails, as it should (exit status 2)", seen.status == 2
    said = "order 1501 cannot be canceled: its status is issued. Revoke it with digicert_certificate_revoke instead"
    yield "it says why, and what to do instead", said in uncolored(seen.output)
    yield "the API key is nowhere in what it says", KEY not in seen.output
    yield from nothing_changed(seen)
    yield from cost(seen, reads=1, writes=0)


def mark(seen: Seen) -> Claims:
    yield "Ansible reports the change", seen.status == 0 and "changed=1" in uncolored(seen.output)
    yield "1601, 1602 and 1603 count as renewed, nothing else changed", mark_changes(seen, (1601, 1602, 1603), True)
    # The orders, the migrated ones among them, whether that filter can be trusted, and the verification.
    yield from cost(seen, reads=4, writes=3)


def undo(seen: Seen) -> Claims:
    yield "Ansible reports the change", seen.status == 0 and "changed=1" in uncolored(seen.output)
    yield "1603 does not count as renewed any more, nothing else changed", mark_changes(seen, (1603,), False)
    yield from cost(seen, reads=1, writes=1)


def drop(seen: Seen) -> Claims:
    yield "Ansible reports the change", seen.status == 0 and "changed=1" in uncolored(seen.output)
    yield "2001 is issued again, nothing else changed", status_changes(seen, (2001,), ["reissue_pending"], "issued")
    yield from cost(seen, reads=1, writes=1)


# What becomes of the orders of the servers that go away.
RETIRED = {
    1103: "canceled",
    1105: "canceled",
    1201: "rejected",
    1502: "issued",
    "sim-blog": "Cancelled",
    "sim-www-new": "Cancelled",
}


def planned(seen: Seen) -> Claims:
    yield "Ansible reports no failure", seen.status == 0
    said = uncolored(seen.output)
    yield "the plan holds 6 changes", "6 changes among 10 orders" in said
    yield "1501 also covers northwind.example, which stays, and is left", "1501" in said and "which stay" in said
    yield (
        "it says what would keep it from being applied",
        "6 changes are planned, and decommission_domain_max_changes is 4" in said,
    )
    yield "no token is in what it says", "sim-blog" not in seen.output
    yield from nothing_changed(seen)


def guarded(seen: Seen) -> Claims:
    yield "the playbook fails, as it should (exit status 2)", seen.status == 2
    said = uncolored(seen.output)
    yield "it says why", "nothing was changed: 6 changes are planned, and decommission_domain_max_changes is 4" in said
    yield "no server was touched", "Stop the service" not in said
    yield from nothing_changed(seen)


def retired(seen: Seen) -> Claims:
    yield "Ansible reports no failure", seen.status == 0
    came_to = {key: new.get("status") for key, (_old, new) in seen.changes.items()}
    yield "6 orders are as planned, and no other has changed", came_to == RETIRED
    lapsed = seen.changes.get(1502, ({}, {}))[1]
    yield "1502 lapses: no more renewal e-mails, and a note", "CHG0031339" in str(lapsed.get("notes"))
    sheets = sorted(file.name for file in OUTPUT.glob("reorder-*.json"))
    yield "what it takes to order again is saved", len(sheets) == 5
    yield "there is a report", (OUTPUT / "decommission_domain-apply.html").exists()


def again(seen: Seen) -> Claims:
    yield "Ansible reports no failure", seen.status == 0
    yield "all of it was done already", "it was done already" in report_of_last_run()
    yield from nothing_changed(seen)
    yield "the service saw no write", not seen.writes and not any(entry["effect"] for entry in seen.journal)


def report_of_last_run() -> str:
    report = OUTPUT / "decommission_domain-apply.json"
    return report.read_text(encoding="utf-8") if report.exists() else ""


_SERVERS = "-i servers.yml certops.orders.decommission_server -e @retire.yml"
_APPLY = (
    f"{_SERVERS} -e decommission_server_phase=apply -e decommission_server_teardown_tasks={{here}}/teardown.yml "
    "-e decommission_domain_plan_sha256={sha256}"
)

ACTS = (
    Act(
        "Look before you leap",
        """A failed automation has left two pending orders behind. What would happen, if they were to be canceled?
        Check mode tells, and the diff shows it order by order.""",
        "cancel.yml --check --diff",
        check_mode,
        shown="cancel.yml",
    ),
    Act("The real run", "The same playbook, without --check.", "cancel.yml", real_run),
    Act(
        "The second run changes nothing",
        "Orders are read before they are written: what is canceled already is left alone.",
        "cancel.yml",
        second_run,
    ),
    Act(
        "A mistake is refused before it is sent",
        """Order 1501 is the website's, and issued. CertCentral cannot cancel that. This playbook has to fail, and to
        say what to do instead.""",
        "cancel_www.yml",
        refusal,
    ),
    Act(
        "Migrated orders are marked renewed",
        """Three orders came from a legacy console, and their successors are in place. Marked renewed, they are no
        longer listed as due. The task first makes sure that they are migrated ones and within 90 days of expiring,
        and reads them once more at the end.""",
        "mark_renewed.yml --diff",
        mark,
    ),
    Act("One mark is undone", "The third one was a mistake.", "undo_mark.yml --diff", undo),
    Act(
        "A reissue is dropped, and the certificate stays",
        "Somebody has begun to reissue order 2001, which is not needed any more.",
        "drop_reissue.yml --diff",
        drop,
    ),
    Act(
        "Servers go away: a plan for their orders",
        """Four servers go away. Which orders do they leave behind, at CertCentral and at Servertastic, and what is to
        become of each? The plan changes nothing. It ends with a table for whoever is to approve it.""",
        _SERVERS,
        planned,
        shown="retire.yml",
        is_long=True,
    ),
    Act(
        "A guard stops it",
        """The plan was approved, and is carried out, by its SHA-256. But it has more changes than were allowed, so
        that nothing happens at all, not to an order and not to a server.""",
        _APPLY,
        guarded,
        is_long=True,
    ),
    Act(
        "Approved, torn down, retired",
        """Six changes are meant. The servers are torn down first; then the account is planned anew, and what
        stands in both plans is done: the first change is looked at before the second is made, and what it takes to
        order again is saved before an order ends. At last the account is read once more.""",
        f"{_APPLY} -e decommission_domain_max_changes=6",
        retired,
        is_long=True,
    ),
    Act(
        "The same once more",
        "As after a run that was interrupted: what is done already is seen, and not done twice.",
        f"{_APPLY} -e decommission_domain_max_changes=6",
        again,
        is_long=True,
    ),
)


def introduce(page: Page, simulator: Simulator, orders: Orders) -> None:
    page.heading("certops.orders: CertCentral orders in playbooks")
    counts = Counter(order["status"] for order in orders.values())
    migrated = sum(order["origin"] == "migrated" for order in orders.values())
    page.tell(
        f"""The account is that of Northwind Example, a company that does not exist, in a simulated CertCentral that
        runs on this machine until the demo ends. No request leaves it. It has {len(orders)} orders, {migrated} of
        them migrated from a legacy console:

        {", ".join(f"{count} {status}" for status, count in counts.most_common())}.

        You are an administrator of that account, and of one of the reseller Servertastic, simulated as well. The
        playbooks are in tests/demo, and the keys are in the environment:"""
    )
    page.command("cd tests/demo")
    page.command(f"export DIGICERT_API_URL={simulator.api_url} DIGICERT_API_KEY={KEY}")
    page.command(f"export SERVERTASTIC_API_URL={simulator.servertastic_url} SERVERTASTIC_API_KEY={RESELLER_KEY}")


def conclude(page: Page, told: list[Told]) -> int:
    """The summary; returns the exit status."""
    page.heading("What the service saw")
    title_width = max(len(each.title) for each in told)
    page.line(f"    {'':{title_width}}  reads  writes  orders changed")
    for each in told:
        seen = each.seen
        counts = f"{len(seen.reads):5}  {len(seen.writes):6}  {len(seen.changes):14}"
        page.claim(f"{each.title:{title_width}}  {counts}", not each.broken)
    seens = [each.seen for each in told]
    reads, writes, changes = (sum(len(getattr(s, name)) for s in seens) for name in ("reads", "writes", "changes"))
    page.line(f"    {'In all':{title_width}}  {reads:5}  {writes:6}  {changes:14}")
    broken = [f"{each.title}: not so: {what}" for each in told for what in each.broken]
    page.line()
    if broken:
        for what in broken:
            page.line(what, "1;31")
        return 1
    page.tell(
        """Everything is as told, by the simulator's true state and by its journal of requests. The same
        playbooks work with a real account: leave DIGICERT_API_URL out, and give your own key.

        The report of the last run stays where it is; open it in a browser:"""
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
            # Whoever read has had enough; nothing more can be told, not even at exit.
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
