# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The house keeps its floors: imports go down only, and all below the runner works where Ansible is not installed."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ansible_collections.certops.orders.plugins.module_utils import _http
from ansible_collections.certops.orders.tests.cases import each

UTILS = Path(str(_http.__file__)).parent
COLLECTION = "ansible_collections.certops.orders.plugins"

# From the cellar up; a file may import from its own floor and from those below.
FLOORS = (
    ("_orders", "_options", "_names", "_strict_json", "_role_variables", "_role_options", "_error_bodies"),
    ("_http", "_pacing", "_errors", "_files", "_audit", "_request_log", "_served"),
    ("_certcentral_objects",),
    ("_certcentral", "_certcentral_readers", "_servertastic"),
    (
        "_certcentral_account_check",
        "_certcentral_account_probe",
        "_certcentral_changes",
        "_certcentral_policy",
        "_certcentral_select",
        "_servertastic_policy",
        "_served_policy",
        "_decommission",
        "_stale",
        "_plan",
        "_plan_outcomes",
        "_report",
        "_report_charts",
        "_report_html",
        "_successors",
        "_undo_marks",
    ),
    ("_certcentral_writes", "_servertastic_readers", "_servertastic_writes"),
    (
        "_run",
        "_write_attempt",
        "_results",
        "_observers",
        "_work",
        "_info",
        "_certcentral_find",
        "_plan_files",
        "_servertastic_tell",
    ),
    ("_module",),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
DOOR = len(FLOORS) - 1
PROVIDERS = ("certcentral", "servertastic")
FILES = sorted(file for file in UTILS.glob("*.py"))


def _imports(file: Path) -> tuple[set[str], set[str]]:
    """(files of this folder, other packages) that a file imports, also for types only and inside functions."""
    inside, outside = set(), set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            outside.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level in (0, 1), f"{file.name} climbs out of module_utils"
            if node.level:
                inside.update([node.module] if node.module else [alias.name for alias in node.names])
            else:
                outside.add(str(node.module).partition(".")[0])
    return inside, outside


@each("file", FILES)
def test_a_file_has_a_floor_and_imports_go_down(file: Path) -> None:
    inside, outside = _imports(file)

    assert file.stem in FLOOR, "say in this test on which floor it lives"
    assert {name for name in inside if FLOOR[name] > FLOOR[file.stem]} == set()
    # The runner's floor has doors above; nobody imports the collection by its full name.
    assert "ansible_collections" not in outside
    if FLOOR[file.stem] < DOOR:
        assert "ansible" not in outside


@each("file", FILES)
def test_providers_know_nothing_of_each_other(file: Path) -> None:
    mine = {name for name in PROVIDERS if name in file.stem}
    others = {name for name in _imports(file)[0] for provider in PROVIDERS if provider in name} if mine else set()
    assert all(any(provider in name for provider in mine) for name in others)


NEUTRAL = [file for file in FILES if not any(name in file.stem for name in PROVIDERS)]


@pytest.mark.parametrize("file", NEUTRAL, ids=lambda file: file.stem)
def test_neutral_files_import_no_provider(file: Path) -> None:
    assert {other for other in _imports(file)[0] for provider in PROVIDERS if provider in other} == set()


@each("file", FILES)
def test_only_the_transport_knows_requests(file: Path) -> None:
    if file.stem != "_http":
        assert not {"requests", "urllib3", "http"} & _imports(file)[1]


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
    import borrowed._certcentral as client, borrowed._http as http, borrowed._options as options
    params = {name: option.get("default") for name, option in options.CERTCENTRAL_OPTIONS.items()}
    with client.connect({**params, "api_key": "k"}, http.Context(), writes=False) as it:
        print(it.transport.connection.base_url)
    assert not [name for name in sys.modules if name.partition(".")[0] in ("ansible", "ansible_collections")]
"""


def test_an_event_source_can_use_them_without_ansible() -> None:
    names = [file.stem for file in FILES if FLOOR[file.stem] < DOOR]
    assert {"_orders", "_http", "_certcentral", "_certcentral_policy"} <= set(names)
    command = [sys.executable, "-I", "-W", "error", "-c", textwrap.dedent(ELSEWHERE), str(UTILS), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == "https://www.digicert.com/services/v2"


WITHOUT_REQUESTS = """
    import sys
    sys.modules["requests"] = None
    from importlib import import_module
    http = import_module("{collection}.module_utils._http")
    errors = import_module("{collection}.module_utils._errors")
    client = import_module("{collection}.module_utils._certcentral")
    options = import_module("{collection}.module_utils._options")
    params = {{name: option.get("default") for name, option in options.CERTCENTRAL_OPTIONS.items()}}
    try:
        client.connect({{**params, "api_key": "k"}}, http.Context(), writes=False)
    except errors.LibraryMissing as error:
        print(error.library, "ModuleNotFoundError" in error.trace)
"""


def test_without_requests_the_modules_import_and_connecting_says_what_is_missing() -> None:
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
    spec = importlib.util.spec_from_file_location(f"{COLLECTION}.module_utils._http_bare", UTILS / "_http.py")
    assert spec
    assert spec.loader
    bare = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, bare)
    spec.loader.exec_module(bare)
    assert "requests" in bare._REQUESTS_TRACE


def test_every_file_says_that_it_is_private() -> None:
    for file in FILES:
        assert file.stem.startswith("_")
        assert "PRIVATE" in file.read_text()
