#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: order_plan
short_description: Write and read plans for certificate orders
version_added: 0.1.0
description:
  - A plan lists changes to certificate orders. For each order it contains the action, the reason, and the state of the
    order that the action is based on. One run makes the plan, an approver approves it, and another run applies it. The
    role P(certops.orders.order_plan#role) does all of this. This module reads and writes the files of that role.
  - A plan is one line of JSON in a canonical form. The approver approves the plan together with its SHA-256 digest. A
    plan is valid for 72 hours.
  - The module reads a plan once. It validates exactly the content that it read, compares it with the SHA-256 digest,
    and returns it.
  - In all texts of a plan, braces are replaced by parentheses, and backslashes by slashes. Ansible can therefore not
    take a text of a plan for a template.
  - The module runs inside the controller process, and does not connect to a service.
options:
  state:
    description:
      - V(written) makes a plan from O(entries). If O(path) is set, the module writes the plan to that file.
      - V(read) validates and returns the plan in the file O(path), or the plan in O(plan).
      - V(sheets) saves re-order sheets. A re-order sheet is a file in O(folder) with what is needed to order a
        certificate again. The module saves one for each order in O(orders) that an entry in O(entries) would end. If
        the names, status, product or origin of an order differ from the state in its entry, the module saves no sheet,
        and the outcome of the order is V(ineligible).
    type: str
    choices: [written, read, sheets]
    required: true
  path:
    description:
      - Path of the plan file. The file is accessible to its owner only. The module always replaces the whole file, and
        never writes through a symbolic link. It creates missing parent directories with access for their owner only.
      - With O(state=written), an existing plan that has the same content and has not expired stays unchanged, and is
        returned.
    type: path
  plan:
    description:
      - The plan itself, as text or as a dictionary. Use this option if no file survives between the two runs.
      - With O(state=read), exactly one of O(path) and O(plan) is required.
    type: raw
  sha256:
    description:
      - With O(state=read), the approved SHA-256 digest. A plan with a different digest is refused.
      - With O(state=sheets), the SHA-256 digest of the plan that is applied.
    type: str
  kind:
    description:
      - The kind of the plan, for example V(decommission_domain). With O(state=read), a plan of another kind is refused.
      - Required with O(state=written) and O(state=read).
    type: str
  account_id:
    description:
      - The ID of the CertCentral account that the plan is for. Do not set this option if there is no CertCentral
        account. With O(state=read), a plan for another account is refused.
    type: int
  api_host:
    description:
      - The host name of the API that the plan is for. With O(state=read), a plan for another host is refused.
    type: str
    default: ""
  names:
    description:
      - With O(state=written), the domain names that the plan is about.
      - With O(state=read), the domain names of the run that applies the plan. A plan that does not contain all of them
        is refused.
    type: list
    elements: str
    default: []
  hosts:
    description:
      - With O(state=written), the servers that are retired together with the orders, by their inventory host names.
      - With O(state=read), the servers of the run that applies the plan. A plan that does not contain all of them is
        refused.
    type: list
    elements: str
    default: []
  notes:
    description:
      - With O(state=written), information for the approver in addition to the entries.
    type: list
    elements: str
    default: []
  entries:
    description:
      - The planned action for each order, in any sequence. See P(certops.orders.order_plan#role) for the form of an
        entry.
      - Required with O(state=written) and O(state=sheets).
    type: list
    elements: dict
  orders:
    description:
      - The orders, in the form in which M(certops.orders.servertastic_order_info) or
        M(certops.orders.digicert_order_info) returns them. The latter needs its option
        O(certops.orders.digicert_order_info#module:details).
      - Required with O(state=sheets).
    type: list
    elements: dict
  folder:
    description:
      - Path of the directory for the re-order sheets. If the directory does not exist, the module creates it with
        access for its owner only.
      - Required with O(state=sheets).
    type: path
  ticket:
    description:
      - With O(state=sheets), the change record to write to the re-order sheets.
    type: str
    default: ""
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
- name: Write a plan
  certops.orders.order_plan:
    state: written
    path: /var/lib/certops/plans/web42.json
    kind: decommission_domain
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

- name: Show the plan to the approver
  ansible.builtin.debug:
    msg: "{{ planned.table }}"

- name: Read the approved plan in the run that applies it
  certops.orders.order_plan:
    state: read
    path: /var/lib/certops/plans/web42.json
    sha256: "{{ approved_sha256 }}"
    kind: decommission_domain
    account_id: 100001
    api_host: www.digicert.com
  register: approved
"""

RETURN = r"""
msg:
  description: A summary of the result in one sentence, or the error message when the task fails.
  returned: always
  type: str
  sample: the plan has 1 change among 3 orders
plan:
  description: The plan.
  returned: success, except with O(state=sheets)
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
  description: SHA-256 digest of the canonical text of the plan, and of the plan file.
  returned: success, except with O(state=sheets)
  type: str
  sample: 1f0c9a7e52d5f1f0a3f4b6c7d8e9fa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f
text:
  description:
    - The canonical text of the plan.
    - Before ansible-core 2.19, a template converts it to a dictionary. O(plan) accepts both.
  returned: success, except with O(state=sheets)
  type: str
table:
  description: The plan as a table for display, as a list of lines.
  returned: success, except with O(state=sheets)
  type: list
  elements: str
  sample: ["1 change among 3 orders"]
path:
  description: Path of the plan file. Empty if there is none.
  returned: success, except with O(state=sheets)
  type: str
  sample: /var/lib/certops/plans/web42.json
orders:
  description: The orders of O(entries), with O(state=sheets).
  returned: success, with O(state=sheets)
  type: list
  elements: dict
  contains:
    order_id:
      description: ID of the CertCentral order.
      type: str
      returned: for CertCentral orders
      sample: "123456789"
    order_digest:
      description: SHA-256 digest of the token of the Servertastic order.
      type: str
      returned: for Servertastic orders
      sample: 1f0c9a7e52d5f1f0a3f4b6c7d8e9fa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f
    outcome:
      description:
        - V(unchanged) if the order has a re-order sheet now.
        - V(ineligible) if the order differs from what its entry is based on.
        - V(failed) if the order is not in O(orders).
      type: str
      returned: always
      sample: unchanged
    reason:
      description: Why the order has no re-order sheet. Empty if it has one.
      type: str
      returned: always
      sample: ""
diff:
  description: The changes to the plan file or the re-order sheets, as text before and after.
  returned: in diff mode, on success
  type: dict
failure:
  description: Details of the error.
  returned: when the task fails, except when Ansible rejects an option
  type: dict
  contains:
    http_status:
      description: Always V(none).
      type: int
      returned: always
      sample: null
    code:
      description: An error code of this collection, for example V(plan_expired), V(plan_sha256), or V(plan_file).
      type: str
      returned: always
      sample: plan_expired
    message:
      description: The error message.
      type: str
      returned: always
      sample: "the plan expired at 2026-11-25T10:42:00Z: plan again"
    order_id:
      description: Always V(none).
      type: int
      returned: always
      sample: null
    retries:
      description: Always V(0).
      type: int
      returned: always
      sample: 0
    waited:
      description: Always V(0).
      type: float
      returned: always
      sample: 0.0
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._common.text import plural
from ansible_collections.certops.orders.plugins.module_utils._common.values import utc_text
from ansible_collections.certops.orders.plugins.module_utils._files.secure import UnsafeFile
from ansible_collections.certops.orders.plugins.module_utils._plans import document as _plan
from ansible_collections.certops.orders.plugins.module_utils._plans import store as _plan_files
from ansible_collections.certops.orders.plugins.module_utils._plans import table as plans_table
from ansible_collections.certops.orders.plugins.module_utils._plans.errors import PlanError
from ansible_collections.certops.orders.plugins.module_utils._plans.reorder_sheets import has_sheet, sheets
from ansible_collections.certops.orders.plugins.module_utils._plans.verification import changed_since
from ansible_collections.certops.orders.plugins.module_utils._runtime.entry_point import main as module_main

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._common.context import Context

SPEC: dict[str, Any] = {
    "argument_spec": {
        "state": {"type": "str", "choices": ["written", "read", "sheets"], "required": True},
        "path": {"type": "path"},
        "plan": {"type": "raw"},
        "sha256": {"type": "str"},
        "kind": {"type": "str"},
        "account_id": {"type": "int"},
        "api_host": {"type": "str", "default": ""},
        "names": {"type": "list", "elements": "str", "default": []},
        "hosts": {"type": "list", "elements": "str", "default": []},
        "notes": {"type": "list", "elements": "str", "default": []},
        "entries": {"type": "list", "elements": "dict"},
        "orders": {"type": "list", "elements": "dict"},
        "folder": {"type": "path"},
        "ticket": {"type": "str", "default": ""},
    },
    "required_if": [
        ("state", "written", ("kind", "entries")),
        ("state", "read", ("kind",)),
        ("state", "read", ("path", "plan"), True),
        ("state", "sheets", ("entries", "orders", "folder")),
    ],
    "supports_check_mode": True,
}


def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Write or read a plan, or save re-order sheets; returns the result of the task."""
    handler = {"written": _written, "read": _read, "sheets": _sheets}[params["state"]]
    if params["state"] == "read" and params["path"] and params["plan"] not in (None, ""):
        raise OptionError("path and plan are mutually exclusive: set one of them")
    try:
        return handler(params, context, datetime.now(timezone.utc))
    except PlanError as error:
        return ApiError(str(error), code=error.code).result()
    except OSError as error:
        message = f"{error.filename or 'a file'} cannot be used: {error.strerror}"
        return ApiError(message, code="plan_file").result()
    except UnsafeFile as error:
        return ApiError(f"{error.filename} is not used, because {error}", code="plan_file").result()


def _written(params: Mapping[str, Any], context: Context, now: datetime) -> dict[str, Any]:
    plan = _plan.make(
        **_target(params), **_scope(params), entries=params["entries"] or [], notes=params["notes"], now=now
    )
    path = params["path"]
    if not path:
        return _plan_result(plan, "", changed=False)
    saved, changed = _plan_files.keep(path, plan, now, dry=context.check_mode)
    result = _plan_result(saved, path, changed=changed)
    if not context.diff:
        return result
    after = "".join(f"{line}\n" for line in result["table"])
    before = "" if changed else after
    return {**result, "diff": {"before": before, "after": after, "before_header": path, "after_header": path}}


def _read(params: Mapping[str, Any], _context: Context, now: datetime) -> dict[str, Any]:
    given = _plan_files.content(params["path"]) if params["path"] else params["plan"]
    if params["path"] and not given:
        raise PlanError(f"the plan file {params['path']} does not exist: make a plan first", "plan_file")
    plan = _plan.read(given, params["sha256"], now=now, **_target(params), **_scope(params))
    return _plan_result(plan, params["path"] or "", changed=False)


def _target(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in ("kind", "account_id", "api_host")}


def _scope(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in ("names", "hosts")}


def _plan_result(plan: dict[str, Any], path: str, changed: bool) -> dict[str, Any]:
    return {**plans_table.plan_result(plan), "changed": changed, "path": path}


def _sheets(params: Mapping[str, Any], context: Context, now: datetime) -> dict[str, Any]:
    entries = _plan.entries_of(params["entries"])
    plan = {"ticket": params["ticket"], "sha256": params["sha256"] or ""}
    rows = {str(row.get("order_id") or row.get("order_digest")): row for row in params["orders"]}
    differs = {one["order"]: changed_since(one, rows[one["order"]]) for one in entries if one["order"] in rows}
    texts = sheets(
        [one for one in entries if not differs.get(one["order"])], params["orders"], **plan, time=utc_text(now)
    )
    new = _plan_files.save_new(params["folder"], dict(texts.values()), dry=context.check_mode)
    result = {
        "changed": bool(new),
        "msg": f"{plural(len(new), 're-order sheet')} saved, {len(texts) - len(new)} already saved",
        "orders": [has_sheet(one, one["order"] in texts, differs.get(one["order"], "")) for one in entries],
    }
    after = "".join(f"{path}\n" for path in new)
    return {**result, "diff": {"before": "", "after": after}} if context.diff else result


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
