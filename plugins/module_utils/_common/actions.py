# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The actions that a plan can have, each as one row: what plans, messages, tables and reports know about it."""

from __future__ import annotations

from dataclasses import dataclass

CANCEL, REJECT, DROP = "cancel", "reject_request", "drop_reissue"
MARK, UNMARK, LAPSE, REVOKE = "mark_renewed", "unmark_renewed", "lapse", "revoke"
KEEP, LEAVE, NOTHING, WAIT = "keep", "leave", "nothing", "wait"


@dataclass(frozen=True)
class Action:
    """What an action is called, and what it does.

    label: in reports and in the table of a plan. place: of its group in the table, from the top. to_do, changed: the
    words of messages, before and after the change; empty for an action that changes no order. heading: in the table,
    where that is longer than the label. is_irreversible: whether the change cannot be undone. drops_reissue: whether a
    pending reissue can be dropped first, in a write of its own. ended: the statuses of an order that the action has
    ended, in lower case.
    """

    label: str
    place: int
    to_do: str = ""
    changed: str = ""
    heading: str = ""
    is_irreversible: bool = False
    drops_reissue: bool = False
    ended: tuple[str, ...] = ()


# Those that change an order come first, in the sequence in which a run carries them out.
ACTIONS: dict[str, Action] = {
    REJECT: Action(
        "reject the request", 3, "to reject", "rejected", is_irreversible=True, ended=("rejected", "denied")
    ),
    CANCEL: Action(
        *("cancel", 2, "to cancel", "canceled"),
        is_irreversible=True,
        ended=("canceled", "cancelled"),
    ),
    DROP: Action(
        *("drop the reissue", 4, "to drop a reissue", "with the reissue dropped"),
        heading="drop the reissue, keep the order",
        is_irreversible=True,
    ),
    MARK: Action("mark renewed", 7, "to mark renewed", "marked renewed"),
    UNMARK: Action("remove the renewed mark", 6, "to unmark", "unmarked"),
    LAPSE: Action("let expire", 5, "to let expire", "set to expire", drops_reissue=True),
    REVOKE: Action(
        *("revoke", 1, "to revoke", "revoked"),
        is_irreversible=True,
        drops_reissue=True,
        ended=("revoked", "cancelled"),
    ),
    # The order stays as it is.
    KEEP: Action("keep (report only)", 9),
    LEAVE: Action("manual review", 8),
    # No change is necessary.
    NOTHING: Action("nothing to do", 11),
    WAIT: Action("wait for a later run", 10),
}
