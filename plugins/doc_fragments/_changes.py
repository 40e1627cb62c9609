# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection: it can change at any time.

from __future__ import annotations


class ModuleDocFragment:
    # Options of every module that changes something. Their specifications are BULK and WATCHED.
    DOCUMENTATION = r"""
options:
  missing:
    description:
      - What to do if an item of the task (an order, certificate, request or domain) does not exist, or is not visible
        to the credentials of the task.
      - V(fail) makes the task fail. V(ok) reports the outcome V(missing), and the task does not fail.
      - If a task names several items and all of them are missing, the task fails even with V(ok).
    type: str
    choices: [fail, ok]
    default: fail
  ineligible:
    description:
      - What to do if the state of an item does not allow the change.
      - V(fail) makes the task fail. V(skip) reports the outcome V(ineligible), and the task does not fail.
    type: str
    choices: [fail, skip]
    default: fail
  stop_on_failure:
    description:
      - Whether to stop after the first failure. The module then starts no further change. It completes the changes that
        are in progress.
    type: bool
    default: false
  workers:
    description:
      - Maximum number of API requests to send in parallel.
      - The value must be between 1 and 32.
    type: int
    default: 8
  orders_detail:
    description:
      - Which items the result lists. V(all) lists every item, V(changed) lists the changed items, and V(none) lists no
        item. The result always lists the items that make the task fail.
      - ansible-runner, and therefore AWX, discards a result of more than 700,000 characters. If the result is too long
        for ansible-runner, the module shortens the result and adds a warning. It first leaves out the unchanged items,
        then the diff, and then everything except the outcome of each item. In the last step it returns C(by_outcome),
        a dictionary that groups the IDs of the items by outcome.
      - If even C(by_outcome) would be too long, the task fails under ansible-runner before it sends anything. The limit
        is about 40,000 orders. It is lower for modules that return more for each order.
    type: str
    choices: [all, changed, none]
    default: all
  audit_log:
    description:
      - Path of a file to which the module appends a line of JSON before it sends each change, and another line when it
        knows the outcome. The module writes each line to disk immediately.
      - If the module cannot write to the file, it sends no change. Check mode makes the same test, and does not write
        to the file.
      - The module creates the file with access for its owner only. An existing file must be a regular file that belongs
        to the user who runs the task, and no other user must be able to write to it.
      - Several runs can share the file. To rotate the file, rename it. The module opens the file again for each line.
      - The file is on the controller, except with O(execute_on=target).
      - A run that changes something needs one more API request, which reads the account.
      - To read the file, use P(certops.orders.audit_entries#filter).
    type: path
  ticket:
    description:
      - The change record to write to O(audit_log). It is not sent to the service.
    type: str
  progress:
    description:
      - Whether to show the progress of a run that takes longer than 10 seconds, about every 30 seconds.
      - This option has no effect with O(execute_on=target), because a module on a target cannot show messages before it
        ends.
    type: bool
    default: true
"""
