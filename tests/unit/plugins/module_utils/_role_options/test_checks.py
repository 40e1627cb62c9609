# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user sets for a role is taken, or refused by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._role_options import checks as _role_options
from ansible_collections.certops.orders.plugins.module_utils._role_options.checks import (
    OUTPUTS,
    PLAYBOOK_VARIABLES,
    SHAPES,
    check_names,
    check_required,
    known_variables,
    normalized,
    option_name,
)
from ansible_collections.certops.orders.plugins.module_utils._role_options.variables import VARIABLES
from ansible_collections.certops.orders.tests.cases import each
from ansible_collections.certops.orders.tests.tools import role_variables

ROOT = Path(str(_role_options.__file__)).parents[3]
ROLES = sorted(VARIABLES)
# A name with the prefix of a role, and not one of its own, in tasks, playbooks, guides and the project for AWX.
_NAME = re.compile(rf"\b(?:{'|'.join((*ROLES, *PLAYBOOK_VARIABLES))})_[a-z0-9_]+")


def given(role: str, **values: Any) -> dict[str, Any]:
    """The options of a role that are lists or numbers, all but `values` not set."""
    return {**dict.fromkeys(SHAPES[role]), **values}


def read(role: str, **values: Any) -> Any:
    name = next(iter(values))
    return normalized(role, given(role, **values))[name]


# -- names -------------------------------------------------------------------------------------------------------------


def test_the_list_of_options_is_that_of_the_argument_specs() -> None:
    assert role_variables.options() == VARIABLES, "run tests/tools/role_variables.py"
    assert role_variables.main(["--check"]) == 0


@each("role", ROLES)
def test_what_a_role_has_is_known(role: str) -> None:
    file = ROOT / "roles" / role / "defaults" / "main.yml"
    # The roles of plans have their defaults in the argument specs only.
    assert file.exists() == (role in ("awx_setup", "order_report"))
    defaults = yaml.safe_load(file.read_text()) if file.exists() else {}
    artifacts = [f"{kind}_plan{part}" for kind in (role, f"{role}_undo") for part in ("", "_path", "_sha256")]
    mine = [name for name in artifacts if name in VARIABLES[role]]

    check_names(role, [*defaults, *VARIABLES[role], *OUTPUTS.get(role, ()), *mine, f"{role}__own", "other", role])

    if role in ("decommission_domain", "mark_renewed_orders", "cancel_stale_orders"):
        assert mine[:3] == artifacts[:3]
    assert (role != "mark_renewed_orders") or mine == artifacts


@each(
    ("role", "name", "nearest"),
    [
        ("decommission_domain", "decommission_domain_protect", "decommission_domain_protected"),
        ("decommission_domain", "decommission_domain_names_text", "decommission_domain_names"),
        ("decommission_domain", "decommission_domain_zzz", ""),
        ("cancel_stale_orders", "cancel_stale_orders_exlude", "cancel_stale_orders_exclude"),
        ("order_report", "order_report_format", "order_report_formats"),
        ("awx_setup", "awx_setup_extra_var", "awx_setup_extra_vars"),
        ("decommission_server", "decommission_server_before", "decommission_server_before_tasks"),
    ],
)
def test_what_is_not_known_is_refused_with_the_nearest_name(role: str, name: str, nearest: str) -> None:
    with pytest.raises(OptionError) as refusal:
        check_names(role, [*known_variables(role), name])

    named = set(_NAME.findall(str(refusal.value))) - {f"{role}_"}
    assert named == {name, *([nearest] if nearest else [])}
    assert f"certops.orders.{role}" in str(refusal.value)


def test_all_that_is_not_known_is_refused_at_once() -> None:
    with pytest.raises(OptionError, match=r"order_report_a.* order_report_b"):
        check_names("order_report", ["order_report_b", "order_report_a"])


def _texts() -> list[Path]:
    folders = ("roles/*/tasks", "roles/*/vars", "playbooks", "docs", "docs/awx_project/**", "extensions/**")
    files = [file for folder in folders for file in ROOT.glob(f"{folder}/*") if file.suffix in (".yml", ".md")]
    return sorted({*files, ROOT / "README.md"})


def test_what_the_collection_itself_sets_or_prints_is_known() -> None:
    filters = {path.stem for path in (ROOT / "plugins" / "filter").glob("*.py")}
    strange: set[tuple[str, str]] = set()
    for path in _texts():
        for name in set(_NAME.findall(path.read_text(encoding="utf-8"))) - filters:
            (role,) = (one for one in (*ROLES, *PLAYBOOK_VARIABLES) if name.startswith(f"{one}_"))
            # The end of a word such as decommission_domain_ stands for all of them.
            if not name.startswith(f"{role}__") and name not in known_variables(role):
                strange.add((str(path.relative_to(ROOT)), name))

    # The last one is a kind of plan.
    assert sorted(one for one in strange if one[1] != "mark_renewed_orders_undo") == []


def test_options_are_called_as_the_user_sets_them() -> None:
    assert option_name("decommission_domain", "max_changes") == "decommission_domain_max_changes"
    assert option_name("mark_renewed_orders_undo", "max_changes") == "mark_renewed_orders_max_changes"
    assert option_name("of_our_own", "max_changes") == option_name("", "max_changes") == "order_plan_max_changes"


# -- values ------------------------------------------------------------------------------------------------------------


@each("role", ROLES)
def test_every_list_and_number_is_raw_in_the_argument_specs_and_read_here(role: str) -> None:
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    options = {name: option for spec in specs.values() for name, option in spec["options"].items()}
    own = [name for name, option in options.items() if option["type"] == "list" and option["elements"] != "dict"]
    assert own + [name for name, option in options.items() if option["type"] == "int"] == []

    shapes = {f"{role}_{name}": shape for name, shape in SHAPES.get(role, {}).items()}
    assert set(shapes) <= set(options)
    raw = {name for name, option in options.items() if option["type"] == "raw" and not name.endswith("_plan")}
    # A plan, and filters, which the module order_report reads: a dictionary or a text.
    assert raw - {"order_plan_document", "order_report_filters"} == set(shapes)
    for name, shape in shapes.items():
        words = " ".join(options[name]["description"])
        assert ("List or text" if shape.is_list else "whole number") in words, name
        assert all(f"V({choice})" in words for choice in shape.choices)
        assert (
            isinstance(options[name].get("default", []), list if shape.is_list else int)
            or "default" not in options[name]
        )
        assert ("no_log" in options[name]) <= shape.is_secret


@each(
    "text",
    [
        "a.example",
        "a.example,b.example",
        " a.example ,\n b.example\r\n\n",
        "a.example\nb.example\n",
        "a.example b.example",
        '["a.example", "b.example"]',
        ["a.example", " b.example"],
        ("a.example",),
    ],
)
def test_a_list_is_text_too(text: Any) -> None:
    assert read("decommission_domain", names=text) in (["a.example"], ["a.example", "b.example"])
    assert len(read("decommission_domain", names=text)) == (2 if "b.ex" in str(text) else 1)


@each(
    ("role", "values", "expected"),
    [
        ("decommission_domain", {"probe_ports": "443\n8443"}, [443, 8443]),
        ("decommission_domain", {"probe_ports": 8443}, [8443]),
        ("decommission_domain", {"probe_ports": ["443", 8443]}, [443, 8443]),
        ("decommission_domain", {"probe_ports": "  "}, [443]),
        ("decommission_domain", {"probe_ports": []}, []),
        ("decommission_domain", {"shared": [123, "456"]}, ["123", "456"]),
        ("decommission_domain", {"shared": 123}, ["123"]),
        ("decommission_domain", {"max_changes": "40 "}, 40),
        ("decommission_domain", {"max_changes": ""}, 25),
        ("decommission_domain", {"max_changes": 0}, 0),
        ("decommission_domain", {"expected_changes": ""}, None),
        ("decommission_domain", {"expected_changes": None}, None),
        ("decommission_domain", {"expected_changes": "0"}, 0),
        ("decommission_domain", {"names": ""}, []),
        ("cancel_stale_orders", {"include": "[ab]*.example.com"}, ["[ab]*.example.com"]),
        ("cancel_stale_orders", {"include": ""}, ["*"]),
        ("cancel_stale_orders", {"include": []}, []),
        ("cancel_stale_orders", {"limit": "25"}, 25),
        ("awx_setup", {"galaxy_credentials": "Ansible Galaxy"}, ["Ansible Galaxy"]),
        (
            "awx_setup",
            {"galaxy_credentials": "Ansible Galaxy\nOur hub, Another"},
            ["Ansible Galaxy", "Our hub", "Another"],
        ),
        ("order_report", {"formats": "html,csv"}, ["html", "csv"]),
    ],
)
def test_values_are_read_whatever_they_came_as(role: str, values: dict[str, Any], expected: Any) -> None:
    assert read(role, **values) == expected


@each(
    ("role", "values", "words"),
    [
        (
            "decommission_domain",
            {"probe_ports": "443, https"},
            ("decommission_domain_probe_ports", "element 2", "'https'"),
        ),
        (
            "decommission_domain",
            {"probe_ports": [443, 65536]},
            ("decommission_domain_probe_ports", "element 2", "'65536'", "65535"),
        ),
        ("decommission_domain", {"probe_ports": [True]}, ("element 1", "'True'")),
        (
            "decommission_domain",
            {"max_changes": "many"},
            ("decommission_domain_max_changes", "'many'"),
        ),
        ("decommission_domain", {"max_changes": -1}, ("'-1'", "0")),
        ("decommission_domain", {"max_changes": 2.5}, ("'2.5'",)),
        ("decommission_domain", {"max_changes": "9" * 5000}, ("decommission_domain_max_changes",)),
        ("decommission_domain", {"names": "a.example, b_!.example"}, ("element 2", "'b_!.example'")),
        ("decommission_domain", {"names": {"a": 1}}, ("decommission_domain_names", "element 1", "{'a': 1}")),
        ("decommission_domain", {"protected": ["a.example", ["b"]]}, ("decommission_domain_protected", "element 2")),
        (
            "decommission_domain",
            {"protected": ["a.example", " "]},
            ("decommission_domain_protected", "element 2"),
        ),
        ("decommission_domain", {"protected": [None]}, ("element 1", "'None'")),
        (
            "order_report",
            {"formats": "html, pdf"},
            ("order_report_formats", "element 2", "'pdf'", "html, json, csv"),
        ),
        ("cancel_stale_orders", {"limit": 26}, ("'26'", "25")),
        ("cancel_stale_orders", {"older_than_days": "99999999999"}, ("'99999999999'", "36500")),
        ("cancel_stale_orders", {"predecessor_days": 36501}, ("'36501'", "36500")),
    ],
)
def test_an_error_names_the_variable_and_the_element(role: str, values: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(OptionError) as refusal:
        read(role, **values)
    assert all(word in str(refusal.value) for word in words)


@each("given", [None, "", "  ,\n", [], ()])
def test_a_list_that_must_not_be_empty_is_refused_by_name(given: Any) -> None:
    with pytest.raises(OptionError, match=r"^decommission_domain_names is empty: set it to "):
        check_required("decommission_domain", {"names": given})


@each("given", ["a.example", ["a.example"], 7])
def test_a_list_that_is_not_empty_is_taken(given: Any) -> None:
    check_required("decommission_domain", {"names": given, "protected": None})


def test_a_token_is_not_shown() -> None:
    with pytest.raises(OptionError) as refusal:
        read("decommission_domain", servertastic_tokens=["fine", {"token": "sim-secret"}])

    assert "decommission_domain_servertastic_tokens" in str(refusal.value)
    assert "element 2" in str(refusal.value)
    assert "sim-secret" not in str(refusal.value)


def test_a_role_hands_over_all_of_its_lists_and_numbers() -> None:
    with pytest.raises(OptionError, match="formats"):
        normalized("order_report", {})
    # The other roles have their options from the module order_plan, see tests of _flows/role_task.py.
    for role in ("order_report", "awx_setup"):
        lines = [f'  {name}: "{{{{ {role}_{name} }}}}"' for name in SHAPES[role]]
        text = (ROOT / "roles" / role / "vars" / "main.yml").read_text()
        assert "\n".join([f"{role}__raw:", *lines, f"{role}__options: "]) in text
