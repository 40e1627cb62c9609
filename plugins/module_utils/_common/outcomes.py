# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The decision of a policy for an order, and the result for that order; the same outcomes for every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The outcomes of an order; they are values of `outcome` in results.
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
    """The decision of a policy for one order.

    outcome: one of OUTCOMES; CHANGED means that a write has to be sent.
    ends: the outcome after that write is acknowledged: CHANGED, or PENDING_APPROVAL if an approval is required.
    steps: the names of the writes of the change, in their order, as the client defines them; empty for a single write.
    after: the facts that the write changes, with their new values.
    reason: a clause without the id of the order and without a full stop.
    next_step: what the operator can do if the change is refused, a sentence without a full stop.
    required_fact: a fact to read before a decision is possible; the outcome then has no meaning.
    done: the change as a participle, if it differs from Settings.done.
    identity: ids that the change has created, such as of a request that waits for approval.
    """

    outcome: str = UNCHANGED
    after: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    next_step: str = ""
    required_fact: str = ""
    done: str = ""
    ends: str = CHANGED
    steps: tuple[str, ...] = ()
    # repeatable: whether the write may be sent again after a lost reply, if a fresh read does not show it. once: the
    # steps that may not.
    repeatable: bool = True
    once: tuple[str, ...] = ()
    # The facts that prove the change in a read, if they differ from `after` of the result.
    shows: Mapping[str, Any] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)

    @property
    def expected(self) -> Mapping[str, Any]:
        """The facts that prove, in a fresh read, that the change was made."""
        return self.shows or self.after

    @property
    def explanation(self) -> str:
        """Reason and next step as one text."""
        return ". ".join(part for part in (self.reason, self.next_step) if part)


@dataclass(frozen=True)
class OrderResult:
    """The result for one order; `shown` returns it as a task does.

    key: the key of the task, usually the id of the order. identity: its other ids. name: such as the common name.
    before, after: the facts before and after the change; None if they are not known. failure: see ApiError.failure.
    """

    key: Any
    outcome: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str = ""
    failure: Mapping[str, Any] | None = None
    name: str = ""
    # Whether a write was acknowledged, whatever a later read shows.
    acknowledged: bool = False
    # The change as a participle, if it differs from Settings.done.
    done: str = ""
    # Whether the result is a change for Ansible although its outcome is not CHANGED.
    counts: bool = False
    # The facts that would prove the change in a read, if it was sent with an unknown result.
    expected: Mapping[str, Any] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_change(self) -> bool:
        """Whether this result makes the task `changed`."""
        return self.counts or self.acknowledged or self.outcome == CHANGED

    def shown(self, key: str = "order_id") -> dict[str, Any]:
        """Return the row of a task's result; key: the name of the key in it."""
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
