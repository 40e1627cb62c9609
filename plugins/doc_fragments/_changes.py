# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    # What every module takes that changes orders; the specification is BULK and WATCHED of _options.
    DOCUMENTATION = r"""
options:
  missing:
    description:
      - What it means that what was asked for does not exist, or not for this key.
      - With V(ok) a list of several of which all are missing is a failure nevertheless.
    type: str
    choices: [fail, ok]
    default: fail
  ineligible:
    description:
      - What it means that something is in a state from which this change is not possible.
    type: str
    choices: [fail, skip]
    default: fail
  stop_on_failure:
    description:
      - Change nothing more once one has failed. What is under way is finished.
    type: bool
    default: false
  workers:
    description:
      - How many requests are sent in parallel, 1 to 32.
    type: int
    default: 8
  orders_detail:
    description:
      - Which orders, or whatever is changed, the result lists. What makes the task fail is always listed.
      - A result that would be too long for ansible-runner, and so for AWX, which replaces one of more than 700,000
        characters by nothing, is cut with a warning. What is unchanged goes first, then the diff, then all but the
        outcome; at last C(by_outcome) is a dictionary of what was asked for, by outcome. More than would fit there,
        some 40,000 orders, or fewer where a module tells more of each, are refused within ansible-runner before
        anything is sent.
    type: str
    choices: [all, changed, none]
    default: all
  audit_log:
    description:
      - A file that takes a line of JSON before every change is sent, and another once it is known what became of it,
        each written to disk at once. Where it cannot be written, nothing is sent; check mode says so as well, and
        writes nothing.
      - It is created for its owner alone, and must be a plain file of the user that runs the task which nobody else can
        write to. Several runs may share it, and it can be rotated by renaming
        it, since every line opens it anew. On the controller, unless O(execute_on=target).
      - Costs one request more in a run that changes something, for the account. Read it back with
        P(certops.orders.audit_entries#filter).
    type: path
  ticket:
    description:
      - The change record for O(audit_log), which is not sent anywhere.
    type: str
  progress:
    description:
      - Whether a run that takes longer than some seconds says how far it is, every now and then.
      - Has no effect with O(execute_on=target), where nothing can be said before the end.
    type: bool
    default: true
"""
