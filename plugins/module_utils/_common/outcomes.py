# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""What a policy decides for an order, and what became of the order: the same words for every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    required_fact: str = ""
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
