# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users read where a filter cannot use its input, by situation."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.filter.audit_entries import audit_entries
from ansible_collections.certops.orders.plugins.filter.order_plan_guards import order_plan_guards
from ansible_collections.certops.orders.plugins.filter.order_plan_tokens import order_plan_tokens
from ansible_collections.certops.orders.plugins.filter.order_plan_window import order_plan_window
from ansible_collections.certops.orders.plugins.filter.order_report_of_account import order_report_of_account
from ansible_collections.certops.orders.plugins.filter.order_report_texts import order_report_texts
from ansible_collections.certops.orders.plugins.filter.plan_decommission import plan_decommission
from ansible_collections.certops.orders.plugins.filter.plan_successors import plan_successors
from ansible_collections.certops.orders.plugins.filter.reported_marks import reported_marks
from ansible_collections.certops.orders.plugins.filter.retired_servers import retired_servers
from ansible_collections.certops.orders.tests.messages import check_messages

NAMES = "decommission_server_names"
NOW = "2026-11-22T10:42:05Z"


def refusal(call: Callable[..., Any], *arguments: Any, **more: Any) -> str:
    with pytest.raises(AnsibleFilterError) as error:
        call(*arguments, **more)
    return str(error.value)


def test_messages() -> None:
    report = '{"schema_version": 1, "phase": "plan"}'
    messages = {
        "an audit log that is not a text": refusal(audit_entries, ["a list"]),
        "rows that are not orders": refusal(plan_successors, [{}]),
        "no time of a plan": refusal(plan_decommission, [], {"names": ["a.example"]}, now="noon"),
        "a limit that is not a number": refusal(order_plan_guards, [], "many", kind="decommission_domain"),
        "tokens that are not a list": refusal(order_plan_tokens, None, []),
        "no time of a window": refusal(order_plan_window, "noon"),
        "an account that was not read": refusal(order_report_of_account, "x", [], NOW),
        "a variable without orders": refusal(order_report_of_account, {}, [], NOW, orders_from="my_orders"),
        "an unknown format of a report": refusal(order_report_texts, {"generated_at": NOW}, ["pdf"]),
        "a report of another phase": refusal(reported_marks, report, 7, "www.digicert.com"),
        "names of a server that are not a list": refusal(retired_servers, {"web1": {NAMES: "a.example"}}, ["web1"]),
        "a server that is not a domain name": refusal(retired_servers, {"web1": {}}, ["web1"]),
    }
    check_messages("filters", messages)
