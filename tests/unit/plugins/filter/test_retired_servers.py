# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names to retire come from the inventory, and a name that a remaining server has as well remains."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.certops.orders.plugins.filter import retired_servers as module
from ansible_collections.certops.orders.plugins.module_utils._role_options.variables import VARIABLES
from ansible_collections.certops.orders.tests.messages import check_messages

PLAYBOOK = Path(module.__file__).parents[2] / "playbooks" / "decommission_server.yml"
NAMES = "decommission_server_names"
retired_servers = module.FilterModule().filters()["retired_servers"]


def test_it_is_documented_as_it_is() -> None:
    documentation = yaml.safe_load(module.DOCUMENTATION)
    assert documentation["name"] == "retired_servers"
    assert {*documentation["options"]} == {"_input", "hosts", "if_true", "subdomains", "options"}
    assert "certops.orders.retired_servers" in module.EXAMPLES
    result = retired_servers({"www.example.com": {}}, ["www.example.com"])
    assert {*yaml.safe_load(module.RETURN)["_value"]["contains"]} == {*result}


def test_names_are_the_inventory_names_or_those_of_the_variable() -> None:
    hostvars = {
        "Shop.Example.com": {},
        "web2": {NAMES: ["www.example.com.", "BÜCHER.example.com", "*.apps.example.com"]},
        "web3": {NAMES: ("www.example.com", "10.example.com")},
        "other.example.com": {},
    }

    result = retired_servers(hostvars, ["web2", "Shop.Example.com", "web3"])

    assert result == {
        "names": [
            "*.apps.example.com",
            "10.example.com",
            "shop.example.com",
            "www.example.com",
            "xn--bcher-kva.example.com",
        ],
        "kept_names": [],
        "hosts": ["Shop.Example.com", "web2", "web3"],
        "servers": {
            "Shop.Example.com": ["shop.example.com"],
            "web2": ["*.apps.example.com", "www.example.com", "xn--bcher-kva.example.com"],
            "web3": ["10.example.com", "www.example.com"],
        },
        "left": [],
        "problems": [],
    }


@pytest.mark.parametrize("value", [False, None, 1, "true", {}])
def test_names_of_a_host_that_does_not_count_stay_and_so_do_those_that_it_shares(value: Any) -> None:
    hostvars = {
        "web1": {NAMES: ["a.example.com", "both.example.com"], "gone": True},
        "web3": {NAMES: ["Both.example.com.", "c.example.com"], "gone": value},
        "web2": {NAMES: ["d.example.com"]},
    }
    kept = ["both.example.com", "c.example.com", "d.example.com"]

    result = retired_servers(hostvars, ["web1", "web3", "web2"], if_true="gone")

    assert result == {
        "names": ["a.example.com"],
        "kept_names": kept,
        "hosts": ["web1"],
        "servers": {"web1": ["a.example.com"]},
        "left": ["web2", "web3"],
        "problems": [],
    }


def test_a_subdomain_of_a_name_that_stays_also_stays_with_subdomains() -> None:
    hostvars = {"example.com": {"gone": True}, "shop.example.com": {}}

    result = retired_servers(hostvars, [*hostvars], if_true="gone", subdomains=True)

    assert result == {
        "names": ["example.com"],
        "kept_names": ["*.shop.example.com", "shop.example.com"],
        "hosts": ["example.com"],
        "servers": {"example.com": ["example.com"]},
        "left": ["shop.example.com"],
        "problems": [],
    }
    assert retired_servers(hostvars, [*hostvars], if_true="gone")["kept_names"] == ["shop.example.com"]


@pytest.mark.parametrize(
    ("host", "variables"),
    [
        ("web2", {}),
        ("192.0.2.7", {}),
        ("web 2.example.com", {}),
        ("2001:db8::7", {}),
        ("a.example.com", {NAMES: []}),
        ("a.example.com", {NAMES: "b.example.com"}),
        ("a.example.com", {NAMES: {"b.example.com": 1}}),
        ("web2", {NAMES: ["www.example.com", "{{ evil }}"]}),
        ("web2", {NAMES: ["www.example.com/x"]}),
        # As text each of them would be a name.
        ("web2", {NAMES: [None]}),
        ("web2", {NAMES: ["www.example.com", 7]}),
    ],
)
def test_what_is_no_domain_name_is_refused_with_its_host(host: str, variables: dict[str, Any]) -> None:
    hostvars = {"good.example.com": {}, host: variables}
    with pytest.raises(AnsibleFilterError, match=NAMES) as refused:
        retired_servers(hostvars, ["good.example.com", host])
    assert host in str(refused.value)


OPTIONS = {
    "phase": "plan",
    "hosts": "retire",
    "teardown_tasks": "",
    "before_tasks": "",
    "after_tasks": "",
    "reserved": [],
}
RESERVED = [f"decommission_domain_{name}" for name in ("hosts", "names", "phase", "rehearse", "servers", "kept_names")]


def test_the_playbook_reserves_variables_that_exist() -> None:
    """A pattern of the playbook with another name would reserve nothing."""
    patterns = re.findall(r"'\^(\w+_)\(([\w|]+)\)\$'", PLAYBOOK.read_text(encoding="utf-8"))
    reserved = {prefix + name for prefix, names in patterns for name in names.split("|")}
    known = {name for role in ("decommission_domain", "order_plan") for name in VARIABLES[role]}
    assert {*RESERVED} < reserved <= known


def problems(hostvars: dict[str, dict[str, Any]], **options: Any) -> list[str]:
    found = retired_servers(hostvars, [*hostvars], options={**OPTIONS, **options})
    if found["problems"]:
        assert not any(value for name, value in found.items() if name != "problems")
    messages: list[str] = found["problems"]
    return messages


def test_options_are_checked_and_each_mistake_has_its_message(tmp_path: Path) -> None:
    good = tmp_path / "tasks.yml"
    good.write_text("- ping:")
    one = {"a.example.com": {}}

    assert retired_servers(one, [*one], options=OPTIONS) == retired_servers(one, [*one])
    for phase in ("plan", "apply", "all"):
        assert not problems(one, phase=phase, teardown_tasks=str(good), before_tasks=str(good), after_tasks=str(good))
    relative = dict.fromkeys(("teardown_tasks", "before_tasks", "after_tasks"), "x.yml")
    messages = {
        "reserved": problems(one, reserved=RESERVED),
        "no phase": problems(one, phase="destroy\x1b"),
        "no text": problems(one, phase=["apply"]),
        "no hosts": problems({}, hosts="retire:!retire"),
        "no pattern": problems({}, hosts=""),
        "apply without a file": problems(one, phase="apply"),
        "all without a file": problems(one, phase="all"),
        "relative paths": problems(one, **relative),
        "no names": problems({"web1": {}, "b.example.com": {NAMES: []}, **one}),
        "several": problems({"web1": {}}, phase="destroy", teardown_tasks="/nowhere/tasks.yml"),
    }
    each = {f"{what} {place}": text for what, several in messages.items() for place, text in enumerate(several, 1)}
    check_messages("retired_servers", each)
    assert {what: len(several) for what, several in messages.items() if len(several) > 1} == {
        "reserved": 6,
        "relative paths": 3,
        "no names": 2,
        "several": 3,
    }
