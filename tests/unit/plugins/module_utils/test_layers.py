# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What .importlinter, which has the layers, lacks for module_utils: no clock in a policy, and no Ansible needed."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ansible_collections.certops.orders.plugins.module_utils._http import libraries

UTILS = Path(str(libraries.__file__)).parents[1]
COLLECTION = "ansible_collections.certops.orders.plugins"
FILES = sorted(UTILS.glob("_*/*.py"))
MODULES = [file for file in FILES if file.stem != "__init__"]
# What is called as Ansible runs a module; all else works without Ansible.
ENTRY_POINT = UTILS / "_runtime" / "entry_point.py"
# The time is an argument of what decides.
PURE = [
    file
    for file in MODULES
    if file.parent.name in ("_planners", "_plans") or file.stem in ("policy", "verdict", "outcomes", "text", "values")
]
# What they may import from outside; .importlinter only has what they may not.
HARMLESS = {
    "__future__",
    "collections",
    "collections.abc",
    "dataclasses",
    "datetime",
    "fnmatch",
    "hashlib",
    "ipaddress",
    "json",
    "re",
    "textwrap",
    "typing",
    "unicodedata",
}


def test_module_utils_are_packages_of_private_modules() -> None:
    assert sorted(UTILS.glob("*.py")) == []
    for file in FILES:
        assert file.parent.name.startswith("_")
        assert (file.parent / "__init__.py").read_text() == ""
    for file in MODULES:
        assert "PRIVATE" in file.read_text()


def test_imports_within_module_utils_are_relative() -> None:
    # The event source imports them under another name.
    for file in MODULES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                assert not [alias for alias in node.names if alias.name.startswith("ansible_collections")], file
            elif isinstance(node, ast.ImportFrom):
                assert node.level <= 2, file
                assert not str(node.module).startswith("ansible_collections"), file


@pytest.mark.parametrize("file", PURE, ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_what_decides_imports_nothing_that_reaches_out(file: Path) -> None:
    outside = {
        name
        for node in ast.walk(ast.parse(file.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    # The files of plans are written here.
    assert outside <= (HARMLESS | {"os", "pathlib"} if file.stem == "store" else HARMLESS)


@pytest.mark.parametrize("file", PURE, ids=lambda file: f"{file.parent.name}.{file.stem}")
def test_what_decides_reads_no_clock(file: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    called = {function.attr for function in calls if isinstance(function, ast.Attribute)}
    assert called & {"now", "today", "utcnow", "time", "monotonic"} == set()


ELSEWHERE = """
    import importlib, importlib.util, sys

    class NoAnsible:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in ("ansible", "ansible_collections"):
                raise ModuleNotFoundError(name)

    sys.meta_path.insert(0, NoAnsible())
    folder, names = sys.argv[1], sys.argv[2:]
    spec = importlib.util.spec_from_loader("borrowed", None, is_package=True)
    package = importlib.util.module_from_spec(spec)
    package.__path__ = [folder]
    sys.modules["borrowed"] = package
    for name in names:
        importlib.import_module("borrowed." + name)
    from borrowed._certcentral import client
    from borrowed._common import context, options
    params = {name: option.get("default") for name, option in options.CERTCENTRAL_OPTIONS.items()}
    with client.connect({**params, "api_key": "k"}, context.Context(), writes=False) as it:
        print(it.transport.connection.base_url)
    assert not [name for name in sys.modules if name.partition(".")[0] in ("ansible", "ansible_collections")]
"""


def test_an_event_source_can_use_them_without_ansible() -> None:
    names = [f"{file.parent.name}.{file.stem}" for file in MODULES if file != ENTRY_POINT]
    assert {"_common.outcomes", "_http.transport", "_certcentral.client", "_certcentral.policy"} <= set(names)
    command = [sys.executable, "-I", "-W", "error", "-c", textwrap.dedent(ELSEWHERE), str(UTILS), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "https://www.digicert.com/services/v2"


WITHOUT_REQUESTS = """
    import sys
    sys.modules["requests"] = None
    from {collection}.module_utils._certcentral import client
    from {collection}.module_utils._common import context, errors, options
    params = {{name: option.get("default") for name, option in options.CERTCENTRAL_OPTIONS.items()}}
    try:
        client.connect({{**params, "api_key": "k"}}, context.Context(), writes=False)
    except errors.LibraryMissing as error:
        print(error.library, "ModuleNotFoundError" in error.trace)
"""


def test_without_requests_the_modules_import_and_connecting_names_the_missing_library() -> None:
    program = textwrap.dedent(WITHOUT_REQUESTS).format(collection=COLLECTION)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONPATH": str(UTILS.parents[4])},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "requests True"


def test_without_requests_the_reason_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)
    spec = importlib.util.spec_from_file_location(f"{libraries.__name__}_bare", str(libraries.__file__))
    assert spec
    assert spec.loader
    bare = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, bare)
    spec.loader.exec_module(bare)
    assert "requests" in bare._REQUESTS_TRACE
