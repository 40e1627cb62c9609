# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The words that every room of the collection shares: orders, decisions, outcomes, text that may be shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

# What became of one order, the same words for every provider.
CHANGED = "changed"
UNCHANGED = "unchanged"
PENDING_APPROVAL = "pending_approval"
INELIGIBLE = "ineligible"
MISSING = "missing"
FAILED = "failed"
UNKNOWN = "unknown"
NOT_ATTEMPTED = "not_attempted"
OUTCOMES = (CHANGED, UNCHANGED, PENDING_APPROVAL, INELIGIBLE, MISSING, FAILED, UNKNOWN, NOT_ATTEMPTED)

# An order's id as a text; requests and accounts have the same.
ORDER_ID = re.compile(r"[1-9][0-9]{0,18}")

# What a template needs, and what an escape needs that a reader of Python or JSON would turn into it; no name of a host
# has any. Jinja's native types read texts as Python, and so does ansible-core before 2.19.
_INERT = str.maketrans({"{": "(", "}": ")", "\\": "/"})

_NO_FACTS: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Decision:
    """What a policy says of one order.

    outcome: what the order will come to (one of OUTCOMES); CHANGED asks for a write.
    ends: the outcome once that write is acknowledged: CHANGED, or PENDING_APPROVAL where someone has to approve it.
    steps: the writes that it takes, in their order, in the client's own words; empty where there is but one.
    after: the facts that the write will change, as they will then be.
    reason: why, a clause without the order's id and without a full stop.
    next_step: the legal next step where the change is refused, a sentence without a full stop.
    need: a fact that has to be read before a decision can be made; the outcome is then of no meaning.
    done: the change as a participle, where that is not the one that was asked for.
    """

    outcome: str = UNCHANGED
    after: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    next_step: str = ""
    need: str = ""
    done: str = ""
    ends: str = CHANGED
    steps: tuple[str, ...] = ()
    # Whether it may be sent again after a lost reply, where a fresh read does not show it; and the steps that may not.
    repeatable: bool = True
    once: tuple[str, ...] = ()
    # The facts that show, in the end, that it was made, where that is not what is told as `after`.
    shows: Mapping[str, Any] = field(default_factory=dict)

    @property
    def expected(self) -> Mapping[str, Any]:
        """The facts that show, in a fresh read, that the change was made."""
        return self.shows or self.after

    @property
    def explanation(self) -> str:
        """Reason and next step in one text."""
        return ". ".join(part for part in (self.reason, self.next_step) if part)


@dataclass(frozen=True)
class OrderResult:
    """What became of one order; `shown` is the form that a task returns.

    key: what the task asked for, most often an order's id. identity: what else names it.
    """

    key: Any
    outcome: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str = ""
    failure: Mapping[str, Any] | None = None
    name: str = ""
    # A write was acknowledged, whatever a later read said.
    acknowledged: bool = False
    # The change as a participle, where that is not the one that was asked for.
    done: str = ""
    # It counts as a change, though its outcome is not CHANGED.
    counts: bool = False
    # What a fresh read would show, where the change was sent and it is not known what came of it.
    expected: Mapping[str, Any] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_change(self) -> bool:
        return self.counts or self.acknowledged or self.outcome == CHANGED

    def shown(self, key: str = "order_id") -> dict[str, Any]:
        result: dict[str, Any] = {
            **self.identity,
            key: self.key,
            "outcome": self.outcome,
            "before": dict(self.before or _NO_FACTS),
            "after": dict(self.after or _NO_FACTS),
            "reason": self.reason,
        }
        if self.failure is not None:
            result["failure"] = dict(self.failure)
        return result


def printable(text: object, limit: int = 500) -> str:
    """Text from outside, made safe for a terminal, a log line and a diff.

    Control, bidirectional and other invisible format characters become escapes, and the text is cut at `limit`
    characters: a name or note from a service is data, and must not forge a line of output.
    """
    shown = str(text)
    # Nearly every text, of which there may be a hundred thousand.
    if len(shown) <= limit and shown.isascii() and shown.isprintable():
        return shown
    shown = "".join(_escaped(char) for char in shown[: limit + 1])
    return shown if len(shown) <= limit else shown[:limit] + "..."


def _escaped(char: str) -> str:
    # Cc control, Cf format (bidirectional overrides among them), Cs lone surrogates, Zl/Zp line separators.
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return char.encode("unicode_escape").decode("ascii")
    return char


def scrub(value: Any, secrets: Iterable[str]) -> Any:
    """`value` (str, list, dict, nested) with no secret left in any text; a dictionary's keys are words of our own."""
    hidden = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
    return _scrubbed(value, hidden) if hidden else value


def _scrubbed(value: Any, hidden: list[str]) -> Any:
    if isinstance(value, str):
        # The shortest one is the last.
        if len(value) < len(hidden[-1]):
            return value
        for secret in hidden:
            value = value.replace(secret, "********")
        return value
    if isinstance(value, Mapping):
        return {key: _scrubbed(item, hidden) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_scrubbed(item, hidden) for item in value]
    return value


def utc(text: str) -> datetime | None:
    """An ISO 8601 time in UTC, which it is taken for where it does not say; None where it is no time."""
    try:
        # Python 3.9 does not know the Z.
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def utc_text(moment: datetime | None) -> str:
    """A time in UTC as results tell it, '2026-12-31T12:00:00Z'; empty for none."""
    return "" if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def whole_number(value: Any) -> int | None:
    """A whole number, without what Ansible has tied to it; None for anything else, as true is not 1."""
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None


def is_id(value: Any) -> bool:
    """Whether it is the id of an order, a request or an account: a whole number from 1 on."""
    return (whole_number(value) or 0) >= 1


def id_of(value: Any) -> int | None:
    """An id, of which ansible-core 2.16 makes a text on its way through variables; None where it is none."""
    if isinstance(value, str):
        return int(value) if ORDER_ID.fullmatch(value) else None
    return whole_number(value) if is_id(value) else None


def inert_text(text: str) -> str:
    """A text that is no template, and of which no decoding makes one: braces and backslashes are replaced."""
    return "".join(text).translate(_INERT)


def inert_within(value: Any) -> Any:
    """Data with every text in it as `inert_text` makes it; the keys of its dictionaries are ours."""
    if isinstance(value, Mapping):
        return {key: inert_within(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [inert_within(item) for item in value]
    return inert_text(value) if isinstance(value, str) else value


def plural(count: int, noun: str) -> str:
    """'1 order', '2 orders'."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
