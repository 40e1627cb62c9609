#!/usr/bin/python
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: order_plan
short_description: Write a plan for orders that a person approves, and read it back once it is approved
version_added: 0.1.0
description:
  - A plan says what is to be done with which certificate order, why, and the state that this rests on. It is made by
    one run, approved by a person, and carried out by another run. The role P(certops.orders.order_plan#role) does all
    of this; this module is what reads and writes the files.
  - A plan is one line of JSON in a canonical form, with a SHA-256 that is approved with it. It is good for 72 hours.
  - A plan is read once, and that reading is checked, compared with its SHA-256 and returned. No text in it can be taken
    for a template, wherever it is handed on, since braces and backslashes are replaced by round brackets and slashes.
  - Runs inside the controller process, and speaks to no service.
options:
  state:
    description:
      - V(written) makes a plan of O(entries), and writes it to O(path) where there is one.
      - V(read) returns the plan at O(path), or the one that is handed in as O(plan), after it was checked.
      - V(sheets) saves what it takes to order again, for each of O(orders) that one of O(entries) would end, as a file
        in O(folder). An order that differs in names, status, product or origin from what its entry rests on has no
        sheet, and its outcome is V(ineligible).
    type: str
    choices: [written, read, sheets]
    required: true
  path:
    description:
      - The file of the plan. It is for its owner alone, replaced as a whole, and never written through a symbolic link.
        Folders above it that do not exist are made, for their owner alone.
      - With O(state=written) a plan that stands there, says the same and has not expired is left alone, and returned.
    type: path
  plan:
    description:
      - The plan itself, as text or as a dictionary, where no file survives between two runs.
    type: raw
  sha256:
    description:
      - With O(state=read), the SHA-256 that was approved. A plan that has another one is refused.
      - With O(state=sheets), the one of the plan that is carried out.
    type: str
  kind:
    description:
      - What plans, such as V(decommission_domain). A plan of another kind is refused.
    type: str
  account_id:
    description:
      - The CertCentral account that is planned for, nothing where there is none. A plan for another one is refused.
    type: int
  api_host:
    description:
      - The host of the API that is planned for. A plan for another one is refused.
    type: str
    default: ""
  names:
    description:
      - The names that the plan is about.
      - With O(state=read), those of the run that is to carry it out. A plan that does not name all of them is refused.
    type: list
    elements: str
    default: []
  hosts:
    description:
      - The servers that are torn down with it, as the inventory calls them.
      - With O(state=read), those of the run that is to carry it out. A plan that does not name all of them is refused.
    type: list
    elements: str
    default: []
  notes:
    description:
      - With O(state=written), what the approver has to know beside the entries.
    type: list
    elements: str
    default: []
  entries:
    description:
      - What is to be done with each order, in any order, see P(certops.orders.order_plan#role) for what they hold.
      - Required with O(state=written) and O(state=sheets).
    type: list
    elements: dict
  orders:
    description:
      - Orders as M(certops.orders.digicert_order_info) with its O(certops.orders.digicert_order_info#module:details),
        and M(certops.orders.servertastic_order_info) return them.
    type: list
    elements: dict
  folder:
    description:
      - Where O(state=sheets) puts its files. It is made for its owner alone where it does not exist.
    type: path
  ticket:
    description:
      - The change record, for O(state=sheets).
    type: str
    default: ""
attributes:
  action:
    description: Has an action plugin, so that it runs on the controller.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  check_mode:
    description: Can run in C(check_mode) and predict what would change, without changing it.
    support: full
    details:
      - Makes the same plan and returns it, and writes no file.
  delegation:
    description: Can be used with C(delegate_to).
    support: none
    details:
      - Is refused, except for localhost.
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), when in diff mode.
    support: full
  idempotent:
    description: Run again with the same arguments it changes nothing.
    support: full
    details:
      - A plan that says the same and has not expired is kept, with its times and its SHA-256. A sheet that was saved is
        never replaced.
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
        reason: it is pending, so that it can be cancelled
        state: {status: pending, valid_till: ""}
  register: planned

- name: Show it to whoever approves it
  ansible.builtin.debug:
    msg: "{{ planned.table }}"

- name: Read it back in the run that carries it out
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
      sample: "the plan has expired, at 2026-11-25T10:42:00Z: plan again"
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
    do = {"written": _written, "read": _read, "sheets": _sheets}[params["state"]]
    if params["state"] == "read" and params["path"] and params["plan"] not in (None, ""):
        raise OptionError("a plan is read from path, or handed in as plan, not both")
    try:
        return do(params, context, datetime.now(timezone.utc))
    except PlanError as error:
        return _failed(str(error), error.code)
    except OSError as error:
        return _failed(f"{error.filename or 'a file'} cannot be used: {error.strerror}", "plan_file")
    except UnsafeFile as error:
        return _failed(f"{error.filename} is not used, as {error}", "plan_file")


def _failed(message: str, code: str) -> dict[str, Any]:
    failure = ApiError(message, code=code).failure()
    return {"failed": True, "changed": False, "msg": message, "failure": failure}


def _written(params: Mapping[str, Any], context: Context, now: datetime) -> dict[str, Any]:
    plan = _plan.make(
        **_place(params), **_reach(params), entries=params["entries"] or [], notes=params["notes"], now=now
    )
    path = params["path"]
    if not path:
        return _told(plan, "", changed=False)
    kept, changed = _plan_files.keep(path, plan, now, dry=context.check_mode)
    result = _told(kept, path, changed=changed)
    if not context.diff:
        return result
    after = "".join(f"{line}\n" for line in result["table"])
    before = "" if changed else after
    return {**result, "diff": {"before": before, "after": after, "before_header": path, "after_header": path}}


def _read(params: Mapping[str, Any], _context: Context, now: datetime) -> dict[str, Any]:
    given = _plan_files.content(params["path"]) if params["path"] else params["plan"]
    if params["path"] and not given:
        raise PlanError(f"there is no plan at {params['path']}", "plan_file")
    plan = _plan.read(given, params["sha256"], now=now, **_place(params), **_reach(params))
    return _told(plan, params["path"] or "", changed=False)


def _place(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in ("kind", "account_id", "api_host")}


def _reach(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in ("names", "hosts")}


def _told(plan: dict[str, Any], path: str, changed: bool) -> dict[str, Any]:
    return {**plans_table.told(plan), "changed": changed, "path": path}


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
        "msg": f"{plural(len(new), 're-order sheet')} saved, {len(texts) - len(new)} already there",
        "orders": [has_sheet(one, one["order"] in texts, differs.get(one["order"], "")) for one in entries],
    }
    after = "".join(f"{path}\n" for path in new)
    return {**result, "diff": {"before": "", "after": after}} if context.diff else result


def main() -> None:
    module_main(SPEC, run)


if __name__ == "__main__":
    main()
