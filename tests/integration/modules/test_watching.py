# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit log, on the controller and on the target, and how it is read back."""

from __future__ import annotations

import stat
from pathlib import Path

from ansible_collections.certops.orders.tests.integration.support import ISSUED, PENDING, PENDING_TOO, Controller

CANCEL = f"""
    - name: Predict
      certops.orders.digicert_order_status: &cancel
        order_ids: [{PENDING}, {PENDING_TOO}, {ISSUED}]
        status: canceled
        note: No longer needed
        ineligible: skip
        audit_log: "{{{{ log }}}}"
        ticket: CHG0031337
      check_mode: true
    - name: Cancel
      certops.orders.digicert_order_status: *cancel
    - name: Cancel again
      certops.orders.digicert_order_status: *cancel
    - name: Read it back
      ansible.builtin.debug:
        msg: "{{{{ lookup('ansible.builtin.file', log) | certops.orders.audit_entries }}}}"
"""


def test_every_change_is_in_the_audit_log_and_nothing_else(
    controller: Controller, execute_on: str, tmp_path: Path
) -> None:
    log = tmp_path / "audit.jsonl"
    variables = {"log": str(log), "awx_job_id": 7, "awx_user_name": "ann"}

    run = controller.play(CANCEL, execute_on=execute_on, variables=variables)

    assert run.good("Predict").writes == []
    assert run.good("Cancel").outcomes == {PENDING: "changed", PENDING_TOO: "changed", ISSUED: "ineligible"}
    # One request more reads the account; none where nothing is sent.
    assert [request["path"].endswith("/user/me") for request in run["Cancel"].requests].count(True) == 1
    assert len(run.good("Cancel again").requests) == 1
    entries = sorted(run.good("Read it back").msg, key=lambda entry: int(entry["order_id"]))
    assert [entry["order_id"] for entry in entries] == sorted([PENDING, PENDING_TOO])
    for entry in entries:
        assert (entry["completed"], entry["outcome"], entry["attempts"]) == (True, "changed", 1)
        assert (entry["before"]["status"], entry["after"]["status"]) == ("pending", "canceled")
        assert (entry["ticket"], entry["note"]) == ("CHG0031337", "No longer needed")
        assert isinstance(entry["account"], int)
    if execute_on == "controller":
        assert {entry["task"] for entry in entries} == {"Cancel"}
        assert entries[0]["caller_supplied"] == {"awx_job_id": "7", "awx_user_name": "ann"}
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "sim-" not in log.read_text(encoding="utf-8")


def test_where_the_log_cannot_be_written_nothing_is_sent(
    controller: Controller, execute_on: str, tmp_path: Path
) -> None:
    log = tmp_path / "audit.jsonl"
    log.touch()
    log.chmod(0o666)

    run = controller.play(
        f"""
        - name: Predict
          certops.orders.digicert_order_status: &cancel
            order_id: {PENDING}
            status: canceled
            note: No longer needed
            audit_log: "{{{{ log }}}}"
          check_mode: true
          ignore_errors: true
        - name: Cancel
          certops.orders.digicert_order_status: *cancel
        """,
        execute_on=execute_on,
        variables={"log": str(log)},
    )

    foretold, task = run.bad("Predict"), run.bad("Cancel")
    assert (foretold.failure["code"], foretold.msg in task.msg) == ("audit_log", True)
    assert task.writes == []
    assert task.failure["code"] == "audit_log"
    assert str(log) in task.msg
