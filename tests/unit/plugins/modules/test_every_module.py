# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module owes: documentation that is its specification, examples that it takes, and an entry point."""

from __future__ import annotations

import importlib
import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible.module_utils import basic

from ansible_collections.certops.orders.plugins import modules
from ansible_collections.certops.orders.plugins.module_utils._common.options import PATHS
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import KEY
from ansible_collections.certops.orders.tests.unit.plugins.modules.playing import validated

COLLECTION = "ansible_collections.certops.orders.plugins"
NAMES = sorted(file.stem for folder in modules.__path__ for file in Path(folder).glob("digicert_*.py"))
MODULES = {name: importlib.import_module(f"{COLLECTION}.modules.{name}") for name in NAMES}
every_module = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)


def documented_options(module: ModuleType) -> dict[str, Any]:
    """Return the options of a module's own documentation and of the fragments it extends."""
    documentation = yaml.safe_load(module.DOCUMENTATION)
    options = dict(documentation.get("options", {}))
    for name in documentation["extends_documentation_fragment"]:
        file, _dot, part = name.removeprefix("certops.orders.").partition(".")
        fragment = importlib.import_module(f"{COLLECTION}.doc_fragments.{file}").ModuleDocFragment
        more = yaml.safe_load(getattr(fragment, part.upper() or "DOCUMENTATION")).get("options", {})
        assert not set(options) & set(more)
        options.update(more)
    return options


@pytest.mark.parametrize(
    "module",
    [pytest.param(module, id=name) for name, module in MODULES.items()],
)
def test_the_documentation_has_exactly_the_options_of_the_spec(module: ModuleType) -> None:
    documented = {
        name: {key: option[key] for key in ("type", "elements", "default", "choices", "required") if key in option}
        for name, option in documented_options(module).items()
    }
    specified = {
        name: {key: value for key, value in option.items() if key != "no_log"}
        for name, option in module.SPEC["argument_spec"].items()
    }

    assert documented == specified
    assert module.SPEC["argument_spec"]["api_key"]["no_log"] is True
    assert module.SPEC["supports_check_mode"] is True


def test_every_path_of_a_module_is_checked_for_a_nul() -> None:
    folders = [file.stem for folder in modules.__path__ for file in Path(folder).glob("[a-z]*.py")]
    specs = [importlib.import_module(f"{COLLECTION}.modules.{name}").SPEC["argument_spec"] for name in folders]
    paths = {name for spec in specs for name, option in spec.items() if option.get("type") == "path"}
    assert paths == set(PATHS)


def example_tasks(entries: Any) -> Iterator[dict[str, Any]]:
    for entry in entries:
        blocks = [entry[name] for name in ("tasks", "block", "rescue", "always") if name in entry]
        for block in blocks:
            yield from example_tasks(block)
        if not blocks:
            yield entry


@every_module
def test_every_example_has_arguments_that_the_module_takes(module: ModuleType) -> None:
    name = f"certops.orders.{module.__name__.rpartition('.')[2]}"
    tasks = list(example_tasks(yaml.safe_load(module.EXAMPLES)))
    ours = [task[name] or {} for task in tasks if name in task]

    assert ours
    assert all(task["name"] for task in tasks)
    for arguments in ours:
        spec = module.SPEC["argument_spec"]
        stand_in = {"int": 1, "list": [1]}
        given = {
            option: stand_in.get(spec[option]["type"], value) if "{{" in str(value) else value
            for option, value in arguments.items()
        }
        assert validated(module, given)[1] == []


@every_module
def test_the_samples_are_of_the_type_that_is_documented(module: ModuleType) -> None:
    types: dict[str, Any] = {"str": str, "int": int, "bool": bool, "float": (int, float), "dict": dict, "list": list}

    def walk(entries: dict[str, Any]) -> None:
        for name, entry in entries.items():
            assert entry["description"], name
            assert entry["returned"], name
            if entry.get("sample") is not None:
                assert isinstance(entry["sample"], types[entry["type"]]), name
            walk(entry.get("contains", {}))

    walk(yaml.safe_load(module.RETURN))


def exits(
    run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **arguments: Any
) -> dict[str, Any]:
    given = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", given)
    # From ansible-core 2.19 on.
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    with pytest.raises(SystemExit) as exited:
        run()
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert exited.value.code == 1
    assert printed["failed"] is True
    assert KEY not in json.dumps(printed)
    return printed


@every_module
def test_the_entry_point_refuses_an_unknown_option(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = exits(module.main, monkeypatch, capsys, colour="red", api_key=KEY)
    assert any(words in printed["msg"] for words in ("colour", "missing required", "is required"))


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@every_module
def test_a_module_is_a_program(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run() -> None:
        runpy.run_module(module.__name__, run_name="__main__")

    assert exits(run, monkeypatch, capsys, colour="red", api_key=KEY)["msg"]
