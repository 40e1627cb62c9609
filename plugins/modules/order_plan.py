#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: order_plan
short_description: Make a plan of changes to certificate orders, and apply the approved plan
version_added: 0.9.0
description:
  - A plan lists changes to certificate orders. For each order it contains the action, the reason, and the state of the
    order that the action is based on. One run makes the plan, an approver approves it, and another run applies it.
  - The roles P(certops.orders.decommission_domain#role), P(certops.orders.cancel_stale_orders#role) and
    P(certops.orders.mark_renewed_orders#role) call this module by way of the role P(certops.orders.order_plan#role).
  - A plan is one line of JSON in a canonical form. The approver approves the plan together with its SHA-256 digest. A
    plan is valid for 72 hours. The module validates exactly the content that it read, once.
  - In all texts of a plan, braces are replaced by parentheses, and backslashes by slashes. Ansible can therefore not
    take a text of a plan for a template.
  - The module runs on the controller only. Plans, re-order sheets and the keys of both services would otherwise be
    copied to another host.
options:
  state:
    description:
      - V(planned) reads the services, decides what to do with each order, and returns the plan. If O(path) is set, the
        module writes the plan to that file. It changes no order.
      - V(applied) makes the plan once more and applies what is the same in the approved plan and in the new one. The
        module checks the guards, saves a re-order sheet for each order that it is going to end, changes one order first
        and the others in batches, and reads all orders again.
    type: str
    choices: [planned, applied]
    required: true
  kind:
    description:
      - The kind of the plan. A plan of another kind is not applied.
      - With O(request), one of V(decommission_domain), V(cancel_stale_orders), V(mark_renewed_orders) and
        V(mark_renewed_orders_undo). With O(entries), any name of lower case letters, digits and underscores.
    type: str
    required: true
  request:
    description:
      - What to plan, by the options of the role that makes plans of this kind, without their prefix. The module reads
        what it needs from the services.
      - Exactly one of O(request) and O(entries) is required.
    type: dict
  entries:
    description:
      - The planned action for each order, in any sequence. See P(certops.orders.order_plan#role) for the form of an
        entry. The module does not read the services for the plan.
    type: list
    elements: dict
  account_id:
    description:
      - With O(entries), the ID of the CertCentral account that the plan is for. Do not set this option if there is no
        CertCentral account. A plan for another account is not applied.
    type: int
  api_host:
    description:
      - With O(entries), the host name of the API that the plan is for. A plan for another host is not applied.
    type: str
    default: ""
  names:
    description:
      - With O(entries), the domain names that the plan is about. An approved plan that does not contain all of them is
        not applied.
    type: list
    elements: str
    default: []
  hosts:
    description:
      - The servers that are retired together with the orders, by their inventory host names. An approved plan that does
        not contain all of them is not applied.
    type: list
    elements: str
    default: []
  servers:
    description:
      - The names of each server that is retired together with the orders, as lists by inventory host names. These
        servers need not be in O(hosts).
      - With O(state=applied), an approved plan that does not contain each name for the same server is refused.
    type: dict
    default: {}
  notes:
    description:
      - With O(entries), information for the approver in addition to the entries.
    type: list
    elements: str
    default: []
  path:
    description:
      - Path of the plan file. The file is accessible to its owner only. The module always replaces the whole file, and
        never writes through a symbolic link. It creates missing parent directories with access for their owner only.
      - With O(state=planned), an existing plan that has the same content and has not expired stays unchanged, and is
        returned.
      - With O(state=applied), the file of the approved plan; with O(without_approval=true), the file that the module
        writes the plan to before it applies it.
    type: path
  plan:
    description:
      - With O(state=applied), the approved plan itself, as text or as a dictionary. Use this option if no file survives
        between the two runs. Mutually exclusive with O(path).
    type: raw
  sha256:
    description:
      - With O(state=applied), the SHA-256 digest of the approved plan. Required with O(path) and O(plan). A plan that
        has another digest is not applied.
    type: str
  without_approval:
    description:
      - With O(state=applied), whether to apply the plan that the module makes now, without an approval. Mutually
        exclusive with O(plan) and O(sha256).
    type: bool
    default: false
  max_changes:
    description:
      - The maximum number of changes in the plan. If the plan has more, nothing is changed. With O(state=planned), the
        result has what the guards would refuse.
    type: int
    default: 25
  max_revocations:
    description:
      - The maximum number of revocations in the plan, which are irreversible. If the plan has more, nothing is changed.
    type: int
    default: 0
  expected_changes:
    description:
      - The exact number of changes in the plan. If the plan has another number, nothing is changed.
      - Required with O(without_approval=true) if more than 25 changes of the plan are irreversible.
    type: int
  not_before:
    description:
      - The time before which nothing is changed, in ISO 8601 format. UTC, if it has no offset.
    type: str
    default: ""
  not_after:
    description:
      - The time from which on no further batch is changed, in ISO 8601 format. UTC, if it has no offset.
    type: str
    default: ""
  batch_size:
    description:
      - The maximum number of orders that are changed at a time.
    type: int
    default: 100
  rehearse:
    description:
      - With O(state=applied), whether to check all guards and change nothing.
    type: bool
    default: false
  reorder_sheets_dir:
    description:
      - Path of the directory for the re-order sheets. A re-order sheet is a file with what is needed to order a
        certificate again. If the directory does not exist, the module creates it with access for its owner only, with
        O(state=applied).
      - A plan that ends an order is not applied without this option.
      - If the names, status, product or origin of an order differ from the state in its entry, the module saves no
        sheet, and does not end the order.
    type: path
  report:
    description:
      - The report of the run, see M(certops.orders.order_report). Before anything is read or changed, the module
        creates the directory, and fails if a file of the report cannot be written. With O(rehearse=true) there is no
        report.
      - The latest report is named C(kind-phase), such as C(decommission_domain-apply.html), where the phase is V(plan),
        V(apply), or V(all) without an approved plan. The next run replaces it. A second set of files is named
        C(kind-phase-digest) for a plan and C(kind-phase-time-digest) for the other phases, such as
        C(decommission_domain-apply-20261122T104205Z-1f0c9a7e52d5.html). No later apply replaces it. The digest is the
        first 12 digits of the SHA-256 digest of the plan.
      - If the report cannot be written after orders were changed, the task fails, and returns everything else.
    type: dict
    suboptions:
      dir:
        description:
          - Path of the directory for the files.
        type: path
        required: true
      basename:
        description:
          - Name of the files without the extension, instead of both names above.
        type: str
        default: ""
      formats:
        description:
          - The files to write.
        type: list
        elements: str
        choices: [html, json, csv]
        default: [html, json, csv]
      title:
        description:
          - Title of the report. The kind of the plan, if this option is not set.
        type: str
        default: ""
      contacts:
        description:
          - Whether the report has contact data.
        type: bool
        default: false
      orders_from:
        description:
          - Name of the variable in which a task has registered the result of M(certops.orders.digicert_order_info), for
            the overview of the account. Not needed where the module reads the orders of the account itself.
        type: str
        default: ""
  role:
    description:
      - For the roles of this collection, which consist of one task with this module. The module then has its other
        options from the variables of the role, with their texts for lists and numbers, and refuses unknown variables
        that begin with the name of the role. What fails after the plan was made does not fail the task; RV(role) has
        what the role does next.
    type: dict
    suboptions:
      name:
        description:
          - The role. Its variables, without the prefix, are the options of this module.
        type: str
        choices: [order_plan, decommission_domain, mark_renewed_orders, cancel_stale_orders]
        required: true
      deliver_tasks:
        description:
          - Path of the task file that delivers the report. Set from the variable of the role.
        type: str
        default: ""
      fail:
        description:
          - Whether the role fails at its end. Set from the variable of the role.
        type: bool
        default: true
  note:
    description:
      - The text of the note that is sent with each change. O(ticket), O(job) and the first digits of the SHA-256 digest
        of the plan are added.
    type: str
    default: ""
  ticket:
    description:
      - The change record to write to the re-order sheets, the notes of orders and O(audit_log).
    type: str
    default: ""
  job:
    description:
      - The ID of the AWX job, for the notes of orders.
    type: str
    default: ""
  servertastic:
    description:
      - Options for Servertastic orders, see M(certops.orders.servertastic_order_cancel).
    type: dict
    suboptions:
      replacement:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:replacement).
        type: str
        choices: [required, none]
        default: required
      request_log:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:request_log). Without it, a later run does not know
            which requests were sent.
        type: path
      requested_at:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:requested_at).
        type: dict
      request_again:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:request_again).
        type: bool
        default: false
      wait:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:wait).
        type: bool
        default: false
      wait_timeout:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:wait_timeout).
        type: int
        default: 600
      poll_interval:
        description:
          - See O(certops.orders.servertastic_order_cancel#module:poll_interval).
        type: int
        default: 60
  servertastic_tokens:
    description:
      - The order tokens of the Servertastic orders. Without them, the module reads the tokens of the account.
    type: list
    elements: str
    default: []
  audit_log:
    description:
      - Path of the audit log, see O(certops.orders.digicert_order_status#module:audit_log).
    type: path
  progress:
    description:
      - Whether to show the progress of a run that takes longer than 10 seconds.
    type: bool
    default: true
  print:
    description:
      - Whether to print the plan as a table, and the result in a sentence or two. Both are then in the log also if the
        results of tasks are not shown. The result has the same lines in RV(table) and RV(msg).
      - With O(state=applied), the table is printed only where there is no approved plan, before the first change.
      - Set this option to V(false) if the output of Ansible must stay in the format of its callback plugin, for example
        JSON. The module then prints no progress and no waits either, and other messages are C(warnings) of the result.
        A task with C(no_log) prints nothing.
    type: bool
    default: true
  execute_on:
    description:
      - The module runs on the controller only. V(target) is refused, because plans, re-order sheets and the keys of
        both services would be on that host.
    type: str
    choices: [controller, target]
    default: controller
extends_documentation_fragment:
  - certops.orders._connections
attributes:
  action:
    description: Indicates that this module has an action plugin. The module runs on the controller.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying files.
    support: full
    details:
      - Check mode makes and returns the same plan. It writes no file.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: none
    details:
      - Delegation to a host other than localhost is refused.
  diff_mode:
    description: Returns details on what has changed, or would change in C(check_mode), when in diff mode.
    support: full
  idempotent:
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
    details:
      - A plan that has the same content and has not expired stays unchanged, with its times and its SHA-256 digest. A
        saved re-order sheet is never replaced.
seealso:
  - module: certops.orders.digicert_order_status
author:
  - The certops.orders authors (@certops)
"""

EXAMPLES = r"""
- name: Make the plan, and show it to the approver
  certops.orders.order_plan:
    state: planned
    kind: cancel_stale_orders
    request:
      older_than_days: 90
      exclude: ["*.shop.example.com"]
    path: /var/lib/certops/plans/stale.json
    reorder_sheets_dir: /var/lib/certops/reports
  register: planned

- name: Apply the approved plan
  certops.orders.order_plan:
    state: applied
    kind: cancel_stale_orders
    request:
      older_than_days: 90
      exclude: ["*.shop.example.com"]
    path: /var/lib/certops/plans/stale.json
    sha256: "{{ approved_sha256 }}"
    reorder_sheets_dir: /var/lib/certops/reports
    ticket: CHG0042
  register: applied

- name: Make a plan from entries of your own
  certops.orders.order_plan:
    state: planned
    kind: web42
    account_id: 100001
    api_host: www.digicert.com
    names: [www.example.com]
    entries:
      - provider: certcentral
        order: "123456789"
        name: www.example.com
        domains: [www.example.com]
        action: cancel
        reason: the order is pending and can be canceled
        state: {status: pending, valid_till: ""}
  register: planned
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: "planned: 1 change among 3 orders (1 to cancel)"
plan:
  description:
    - The plan that was made in this run. With O(state=planned), the one in the file if that is the same.
    - A plan of more than 50 entries is not returned. It is in the file, or in RV(text).
  returned: when a plan of at most 50 entries was made
  type: dict
  contains:
    schema_version:
      description: Version of the plan format.
      type: int
      returned: always
      sample: 1
    kind:
      description: The kind of the plan.
      type: str
      returned: always
      sample: decommission_domain
    account_id:
      description: ID of the CertCentral account. V(none) if the plan has no CertCentral account.
      type: int
      returned: always
      sample: 100001
    api_host:
      description: Host name of the API.
      type: str
      returned: always
      sample: www.digicert.com
    names:
      description: The domain names of the plan, sorted.
      type: list
      elements: str
      returned: always
      sample: [www.example.com]
    hosts:
      description: The servers that are retired with the plan, sorted.
      type: list
      elements: str
      returned: always
      sample: []
    servers:
      description: The names of each server whose names are known, as lists by inventory host names.
      type: dict
      returned: when names of servers are known
      sample: {web2: [www.example.com]}
    notes:
      description: Information for the approver in addition to the entries.
      type: list
      elements: str
      returned: when there are notes
      sample: []
    entries:
      description: The planned action for each order, sorted.
      type: list
      elements: dict
      returned: always
    created_at:
      description: Time at which the plan was created, in ISO 8601 format and UTC.
      type: str
      returned: always
      sample: "2026-11-22T10:42:00Z"
    expires_at:
      description: Time until which the plan can be applied, in ISO 8601 format and UTC.
      type: str
      returned: always
      sample: "2026-11-25T10:42:00Z"
sha256:
  description:
    - SHA-256 digest of the canonical text of the plan, and of the plan file. With O(state=applied), that of the plan
      that is applied; empty if the approved plan was refused.
  returned: when a plan was made
  type: str
  sample: 1f0c9a7e52d5f1f0a3f4b6c7d8e9fa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f
text:
  description:
    - The canonical text of the plan.
    - Before ansible-core 2.19, a template converts it to a dictionary. O(plan) accepts both.
  returned: with O(state=planned) and without O(path), when a plan was made
  type: str
table:
  description:
    - The plan as a table for the approver, as a list of lines. It has the account, the options and the guards; the
      servers to retire; the orders by action, those whose change is irreversible first; the counts; what the guards
      refuse; and the SHA-256 digest and the variables that apply the plan.
    - All orders with an irreversible change are in the table, with all of their names. Of other groups it has the first
      50 orders.
  returned: when a plan was made, except for the one that an approved plan is compared with
  type: list
  elements: str
  sample: ["Plan decommission_domain", "  account      100001"]
path:
  description: Path of the plan file. Empty if there is none.
  returned: when a plan was made
  type: str
  sample: /var/lib/certops/plans/web42.json
requested_at:
  description:
    - The times of the requests that were sent to Servertastic in this run, by order digest. They can be set as
      O(servertastic.requested_at) of a later run.
  returned: when requests were sent to Servertastic
  type: dict
  sample: {1f0c9a7e52d5f1f0a3f4b6c7d8e9fa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f: "2026-11-22T10:43:12Z"}
account:
  description: The CertCentral account and the API host of the plan. Empty without CertCentral.
  returned: when a plan was made
  type: dict
  contains:
    account_id:
      description: ID of the CertCentral account.
      type: int
      returned: always
      sample: 100001
    api_host:
      description: Host name of the API.
      type: str
      returned: always
      sample: www.digicert.com
violations:
  description:
    - What the guards refuse. With O(state=applied), nothing was changed if there is one.
    - With O(state=planned), also a missing O(reorder_sheets_dir) for orders that the plan ends, and an O(not_after) in
      the past.
  returned: when a plan was made
  type: list
  elements: str
  sample: []
agreed:
  description: The comparison of the approved plan with the new one.
  returned: when a plan was made, with O(state=applied)
  type: dict
  contains:
    execute:
      description: The number of changes that are the same in both plans.
      type: int
      returned: always
      sample: 1
    changed:
      description: The number of approved changes whose orders have changed since. They are not made.
      type: int
      returned: always
      sample: 0
    new:
      description: The number of changes that only the new plan has. They are not made.
      type: int
      returned: always
      sample: 0
outcomes_path:
  description:
    - Path of the file with all outcomes, a JSON list. RV(outcomes) then has the first 500 in short, failures first.
    - Empty without O(reorder_sheets_dir) and in check mode. RV(outcomes) then has all of them in short.
  returned: with O(state=applied), when there are more than 500 outcomes
  type: str
  sample: /var/lib/certops/reports/cancel_stale_orders-outcomes-20261122T104205Z-1f0c9a7e52d5.json
outcomes:
  description:
    - What became of each entry, in the form that the role P(certops.orders.order_report#role) accepts.
    - With more than 50 entries and O(state=applied), in short, failures first. An element then has C(provider),
      C(order), C(action), C(outcome), C(request_id), and, if it failed, is unknown, was refused or not attempted,
      C(reason). The report has all facts.
    - With more than 50 entries and O(state=planned), the list is empty, because the plan has all entries.
  returned: when a plan was made
  type: list
  elements: dict
  contains:
    provider:
      description: V(certcentral) or V(servertastic).
      type: str
      returned: always
      sample: certcentral
    order:
      description: ID of the CertCentral order, or the first digits of the digest of the Servertastic order.
      type: str
      returned: always
      sample: "123456789"
    name:
      description: The common name of the order.
      type: str
      returned: always
      sample: www.example.com
    domains:
      description: All names of the order.
      type: list
      elements: str
      returned: always
      sample: [www.example.com]
    action:
      description: The action of the entry.
      type: str
      returned: always
      sample: cancel
    outcome:
      description:
        - V(planned) if the change can be made. V(done), V(unchanged), V(pending_approval), V(failed), V(unknown) and
          V(not_attempted) are those of the modules.
        - V(refused) if a guard or the service's rules do not allow the change.
        - V(left) if the order needs manual review or has changed since the approval. V(waiting) if a later run can
          change it.
      type: str
      returned: always
      sample: done
    request_id:
      description: ID of the request that was rejected, or of the revocation request that waits for approval.
      type: int
      returned: when there is one
      sample: 15041
    reason:
      description: The reason for the outcome.
      type: str
      returned: always
      sample: the order is pending and can be canceled
    before:
      description: The facts before the change.
      type: str
      returned: always
      sample: "status: pending"
    after:
      description: The facts after the change. Empty if nothing was changed.
      type: str
      returned: always
      sample: "status: canceled"
    contact:
      description: Who has to act. Empty if that is not known.
      type: str
      returned: always
      sample: ""
    time:
      description: The time of the change in ISO 8601 format and UTC. Empty if nothing was changed.
      type: str
      returned: always
      sample: "2026-11-22T10:43:12Z"
result:
  description: The summary of the outcomes.
  returned: when a plan was made
  type: dict
  contains:
    counts:
      description: The number of entries by outcome, and their C(total).
      type: dict
      returned: always
      sample: {total: 3, left: 0, failed: 0, unknown: 0, refused: 0, pending_approval: 0, not_attempted: 0, planned: 0,
        done: 1, waiting: 0, unchanged: 2}
    failed:
      description: Whether a change failed, is unknown or was not attempted, or a guard refused the plan.
      type: bool
      returned: always
      sample: false
    msg:
      description: The result in a sentence or two.
      type: str
      returned: always
      sample: 1 canceled. 2 unchanged
report:
  description: The report of the run.
  returned: success, with O(report) and without O(rehearse=true)
  type: dict
  contains:
    files:
      description:
        - The paths of the files, by their format. Of the two names, those which no later apply replaces.
        - In check mode, the paths of the files that would be written.
      type: dict
      returned: always
      sample:
        html: /var/lib/certops/reports/decommission_domain-apply-20261122T104205Z-1f0c9a7e52d5.html
    headline:
      description: The report in one sentence, without a full stop.
      type: str
      returned: always
      sample: "3 orders: 1 for manual review, 2 done"
    changed:
      description: Whether the content of a file changed. The C(changed) of the task does not count it.
      type: bool
      returned: always
      sample: true
role:
  description: What the role does after the task.
  returned: with O(role), when a plan was made
  type: dict
  contains:
    continue:
      description: Whether the role delivers a report or fails.
      type: bool
      returned: always
      sample: false
    deliver:
      description: Whether there is a report, and a task file that delivers it.
      type: bool
      returned: always
      sample: false
    deliver_tasks:
      description: Path of the task file that delivers the report.
      type: str
      returned: always
      sample: ""
    print:
      description: Whether the role prints the table of the plan once more, after the report was delivered.
      type: bool
      returned: always
      sample: false
    fail:
      description: Whether the role fails at its end.
      type: bool
      returned: always
      sample: false
ansible_stats:
  description:
    - Data for notifications and for the next job of a workflow, as C(ansible.builtin.set_stats) sets it. The message
      with the SHA-256 digest of the plan and, with O(state=planned), the number of changes, the digest, and the path of
      the plan, or the plan itself if there is no file.
  returned: with O(role), when a plan was made
  type: dict
  contains:
    data:
      description: The variables, whose names begin with O(kind) or C(order_plan).
      type: dict
      returned: always
      sample: {decommission_domain_plan_path: /var/lib/certops/plans/web42.json}
    per_host:
      description: Always V(false).
      type: bool
      returned: always
      sample: false
    aggregate:
      description: Always V(false).
      type: bool
      returned: always
      sample: false
api:
  description: The cost of the task.
  returned: when a plan was made
  type: dict
  contains:
    requests:
      description: The number of requests that were sent.
      type: int
      returned: always
      sample: 4
    retries:
      description: The number of requests that were repeated.
      type: int
      returned: always
      sample: 0
    waited:
      description: Seconds that the task waited for rate limits and before retries.
      type: float
      returned: always
      sample: 0.0
diff:
  description: The changes to the plan file or to the orders, as text before and after.
  returned: in diff mode, when a plan was made
  type: dict
failure:
  description: Details of the error. What goes wrong with single orders is in RV(outcomes).
  returned: when no plan was made, the approved plan was refused, or the report could not be written, except when
    Ansible rejects an option
  type: dict
  contains:
    http_status:
      description: HTTP status of the answer. V(none) without an answer.
      type: int
      returned: always
      sample: null
    code:
      description: Error code of the service, or of this collection, for example V(plan_file),
        V(report_file), or V(read_only).
      type: str
      returned: always
      sample: plan_file
    message:
      description: The error message.
      type: str
      returned: always
      sample: "/var/lib/certops/plans/web42.json cannot be used: Permission denied"
    order_id:
      description: ID of the order, if the error is about one.
      type: int
      returned: always
      sample: null
    retries:
      description: The number of times that the request was repeated.
      type: int
      returned: always
      sample: 0
    waited:
      description: Seconds that the task waited before it failed.
      type: float
      returned: always
      sample: 0.0
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError
from ansible_collections.certops.orders.plugins.module_utils._common.options import (
    CANCELLATION,
    EXECUTE_ON,
    OptionError,
)
from ansible_collections.certops.orders.plugins.module_utils._files.secure import UnsafeFile, file_problem
from ansible_collections.certops.orders.plugins.module_utils._flows import engine, report, results, role_task, services
from ansible_collections.certops.orders.plugins.module_utils._plans.approval import GUARDS
from ansible_collections.certops.orders.plugins.module_utils._plans.errors import PlanError
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        "state": {"type": "str", "choices": ["planned", "applied"], "required": True},
        "kind": {"type": "str", "required": True},
        "request": {"type": "dict"},
        "entries": {"type": "list", "elements": "dict"},
        "account_id": {"type": "int"},
        "api_host": {"type": "str", "default": ""},
        "names": {"type": "list", "elements": "str", "default": []},
        "hosts": {"type": "list", "elements": "str", "default": []},
        "servers": {"type": "dict", "default": {}},
        "notes": {"type": "list", "elements": "str", "default": []},
        "path": {"type": "path"},
        "print": {"type": "bool", "default": True},
        "plan": {"type": "raw"},
        "sha256": {"type": "str"},
        "without_approval": {"type": "bool", "default": False},
        **GUARDS,
        "batch_size": {"type": "int", "default": 100},
        "rehearse": {"type": "bool", "default": False},
        "reorder_sheets_dir": {"type": "path"},
        "report": {"type": "dict", "options": report.OPTIONS},
        "role": {"type": "dict", "options": role_task.OPTIONS},
        "note": {"type": "str", "default": ""},
        "ticket": {"type": "str", "default": ""},
        "job": {"type": "str", "default": ""},
        "audit_log": {"type": "path"},
        "progress": {"type": "bool", "default": True},
        "servertastic": {"type": "dict", "options": CANCELLATION},
        **EXECUTE_ON,
        **services.OPTIONS,
    },
    "mutually_exclusive": [("request", "entries")],
    "required_one_of": [("request", "entries")],
    "supports_check_mode": True,
}

# Called by the controller action with the arguments of the task, before they are validated.
arguments = role_task.arguments
# Refuses execute_on: target itself, see _controller_action.py.
CONTROLLER_ONLY = True


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Make a plan, or apply one; returns the result of the task."""
    if params["execute_on"] != "controller":
        raise OptionError(
            "order_plan runs on the controller only, because plans, re-order sheets and the keys of both services "
            "would be on that host: remove execute_on. Where only that host reaches a service, set HTTPS_PROXY on the "
            "controller to a proxy that reaches it, or run Ansible on that host"
        )
    handle = {"planned": engine.planned, "applied": engine.applied}[params["state"]]
    now = datetime.now(timezone.utc)
    if not params["print"]:
        context = context.quiet()
    try:
        result = results.finished(report.reported(handle, params, context, now), params, context, now)
        if params["print"]:
            context.show([result["msg"]])
        if context.notices:
            result["warnings"] = [*result.get("warnings", ()), *context.notices]
        return role_task.result_for_role(result, params, check_mode=context.check_mode)
    except PlanError as error:
        return ApiError(str(error), code=error.code).result()
    except (OSError, UnsafeFile) as error:
        return ApiError(file_problem(error), code="plan_file").result()


def refuse(_params: Mapping[str, Any], _context: Context) -> dict[str, Any]:
    """What runs on a target, where the plan, the re-order sheets and both API keys would be. Raises OptionError."""
    raise OptionError(
        "order_plan runs on the controller only: call it as certops.orders.order_plan, whose action plugin does that"
    )


def main() -> None:
    module_main(SPEC, refuse)


if __name__ == "__main__":
    main()
