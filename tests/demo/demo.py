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
KEY = "sim-admin"
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
    changes: dict[int, tuple[Mapping[str, Any], Mapping[str, Any]]]

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

    def orders(self) -> dict[int, dict[str, Any]]:
        """Every order as it truly is."""
        return {order["id"]: order for order in self._simulator.state()["certcentral"]["orders"]}

    def play(self, number: int, act: Act) -> Told:
        self._page.heading(f"{number}. {act.title}")
        self._page.tell(act.story)
        if act.shown:
            self._page.command(f"cat {act.shown}")
            self._page.output(without_header((HERE / act.shown).read_text(encoding="utf-8")))
        self._page.command(f"ansible-playbook {act.command}")
        seen = self._run(act)
        self._page.output(shortened(seen.output, self._page.dots))
        broken = []
        for what, held in act.claims(seen):
            self._page.claim(what, held)
            if not held:
                broken.append(what)
        broken += [f"{noise} in its output" for noise in NOISE if noise in seen.output]
        return Told(act.title, seen, broken)

    def _run(self, act: Act) -> Seen:
        before = self.orders()
        self._simulator.clear_journal()
        additions = {
            "DIGICERT_API_URL": self._simulator.api_url,
            "DIGICERT_API_KEY": KEY,
            "ANSIBLE_FORCE_COLOR" if self._page.is_colored else "ANSIBLE_NOCOLOR": "true",
        }
        finished = self._sandbox.ansible_playbook(act.command.split(), additions, HERE)
        self._sandbox.check()
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


def bulk(seen: Seen) -> Claims:
    ended = (1103, 1104, 1105, 1106, 1401, 1402)
    allowed = ("pending", "waiting_pickup")
    yield "Ansible reports the change", seen.status == 0 and "changed=1" in uncolored(seen.output)
    yield (
        "the 6 that could be canceled are canceled, no other changed",
        status_changes(seen, ended, allowed, "canceled"),
    )
    # All orders in one, then the one that this did not find, and whose account it is.
    yield from cost(seen, reads=3, writes=6)


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
        "A whole row of servers is decommissioned",
        """18 servers go away, with 28 orders in every state there is. One task for all: what can be canceled is,
        the rest is left alone and reported with the reason.""",
        "-i servers.yml decommission.yml",
        bulk,
        shown="decommission.yml",
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

        You are an administrator of that account. The playbooks are in tests/demo, and the key is in the environment:"""
    )
    page.command("cd tests/demo")
    page.command(f"export DIGICERT_API_URL={simulator.api_url} DIGICERT_API_KEY={KEY}")


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
        playbooks work with a real account: leave DIGICERT_API_URL out, and give your own key."""
    )
    return 0


def perform(page: Page, sandbox: Sandbox) -> int:
    with Simulator("--seed", str(SEED)) as simulator:
        sandbox.check()
        stage = Stage(page, sandbox, simulator)
        introduce(page, simulator, stage.orders())
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
