# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences about the variables of roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._role_options.checks import (
    SHAPES,
    check_extra,
    check_names,
    normalized,
)
from ansible_collections.certops.orders.tests.messages import check_messages


def refusal(check: Callable[..., object], *arguments: Any) -> str:
    with pytest.raises(OptionError) as caught:
        check(*arguments)
    return str(caught.value)


def unknown(role: str, *names: str) -> str:
    return refusal(check_names, role, names)


def value(role: str, **given: Any) -> str:
    return refusal(normalized, role, {**dict.fromkeys(SHAPES[role]), **given})


def test_messages() -> None:
    check_messages(
        "role options",
        {
            "a misspelled variable": unknown("decommission_domain", "decommission_domain_protect"),
            "a variable that resembles none": unknown("decommission_domain", "decommission_domain_zzz"),
            "two unknown variables": unknown("order_report", "order_report_a", "order_report_format"),
            "a variable of a playbook": unknown("decommission_server", "decommission_server_before"),
            "an internal variable": refusal(check_extra, "order_plan", ["order_plan__done", "order_plan_path"]),
            "a word in a list of numbers": value("decommission_domain", probe_ports="443, https"),
            "a port out of range": value("decommission_domain", probe_ports=[65536]),
            "a word instead of a number": value("decommission_domain", max_changes="many"),
            "a number that is too large": value("cancel_stale_orders", limit=26),
            "an invalid domain name": value("decommission_domain", names="a.example, b_!.example"),
            "a list in a list": value("decommission_domain", protected=["a.example", ["b"]]),
            "an empty element": value("decommission_domain", protected=["a.example", " "]),
            "an unknown format": value("order_report", formats="html, pdf"),
            "a token that is not text": value("decommission_domain", servertastic_tokens=["sim-1", {"a": "sim-2"}]),
            "a role that passes other options": refusal(normalized, "order_report", {}),
        },
    )
