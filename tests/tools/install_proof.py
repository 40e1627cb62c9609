# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proof of install: what `ansible-galaxy collection build` makes is small, complete, and works on its own.

Usage: install_proof.py --output FILE [--require-all] CORE..., where CORE is `requirement=Python,Python`, such as
`ansible-core~=2.21.0=3.13,3.12`: the Pythons that it may run on, of which the first one that the machine has is taken.
A CORE is skipped if the machine has none of its Pythons, or pip cannot install it. With --require-all that is a
failure, except for a pre-release of ansible-core.

For each CORE the tarball is installed into an empty virtual environment with ansible-core and requests, and nothing
else. There, outside the checkout, the documentation of every plugin and role is shown, and every playbook is run by its
full name against the simulator. A warning in any output is a failure.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

COLLECTION = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(COLLECTION / "tests"), str(COLLECTION / "tests" / "simulator")]

from certsim.testing import Simulator  # noqa: E402
from tools import pythons  # noqa: E402

NAME = "certops.orders"
# All that the tarball may hold: folders with all of their files, and single files.
FOLDERS = ("docs/docsite/rst", "extensions/eda", "meta", "playbooks", "plugins", "roles")
FILES = (
    "CHANGELOG.md",
    "COPYING",
    "FILES.json",
    "MANIFEST.json",
    "README.md",
    "changelogs/changelog.yaml",
    # For docs.ansible.com, with the folder rst.
    "docs/docsite/config.yml",
    "docs/docsite/extra-docs.yml",
    "docs/docsite/links.yml",
    "tests/config.yml",
)
LARGEST = 400_000  # bytes
# Of pip's messages where it fails: lines, and characters of each, as one may list all versions that the index has.
LAST_LINES, LONGEST_LINE = 10, 400
KINDS = {"module": "plugins/modules", "inventory": "plugins/inventory", "filter": "plugins/filter"}
# Of Ansible, and of Python.
WARNING = re.compile(r"\[(?:DEPRECATION )?WARNING\]|\w*Warning: ")
# From ansible-core 2.20 on, about a collection inside ansible-core itself when ansible-doc shows a role. From 2.19
# on, about the collection whose absence the role awx_setup reports.
NOT_OURS = re.compile(
    r"\[WARNING\]: Collection at '[^']*/ansible/_protomatter' does not have a MANIFEST\.json [^:]*: [^.]*\."
    r"|\[WARNING\]: Error loading plugin 'awx\.awx\.controller_api': No module named 'ansible_collections\.awx'"
)
# A requirement such as ansible-core>=2.22.0b1,<2.23.
PRERELEASE = re.compile(r"\d(?:a|b|rc)\d")
INVENTORY = {"retire": {"hosts": {"build-01.northwind.example": {"ansible_connection": "local"}}}}

# For mark_renewed_orders: a migrated order, and the one that has renewed it.
RENEWED: list[dict[str, Any]] = [
    {
        "id": 1620,
        "status": "issued",
        "origin": "migrated",
        "valid_till_in_days": 30,
        "common_name": "portal.northwind.example",
    },
    {"id": 1520, "status": "issued", "valid_till_in_days": 300, "common_name": "portal.northwind.example"},
]


class Playbook(NamedTuple):
    """A run of a playbook by its full name.

    variables: FOLDER in a value is replaced with a folder of the run. expected: what the output has to contain, where
    the run ends with an error.
    """

    name: str
    variables: Mapping[str, str]
    expected: str = ""


# In an order in which one run can use what an earlier one left.
PLAYBOOKS = (
    Playbook("check_account", {"check_account_path": "FOLDER/check_account.txt"}),
    Playbook("order_report", {"order_report_dir": "FOLDER/reports"}),
    Playbook(
        "cancel_stale_orders",
        {
            "cancel_stale_orders_phase": "all",
            "cancel_stale_orders_confirm": "true",
            "cancel_stale_orders_report_dir": "FOLDER/stale",
        },
    ),
    Playbook(
        "mark_renewed_orders",
        {
            "mark_renewed_orders_phase": "all",
            "mark_renewed_orders_confirm": "true",
            "mark_renewed_orders_report_dir": "FOLDER/marks",
        },
    ),
    Playbook(
        "undo_renewed_marks",
        {
            "mark_renewed_orders_undo_report": "newest",
            "mark_renewed_orders_report_dir": "FOLDER/marks",
            "mark_renewed_orders_undo_plan_path": "FOLDER/undo.json",
        },
    ),
    Playbook(
        "decommission_domain",
        {
            "decommission_domain_names": "shop.northwind.example",
            "decommission_domain_plan_path": "FOLDER/domain.json",
            "decommission_domain_report_dir": "FOLDER/domain",
        },
    ),
    Playbook("decommission_server", {"decommission_domain_plan_path": "FOLDER/server.json"}),
    # awx.awx is not in an environment with ansible-core only. The session `awx` goes further.
    Playbook(
        "awx_setup",
        {"awx_setup_image": "certops-orders-ee", "awx_setup_project_url": "https://git.example.com/certops.git"},
        expected="ansible-galaxy collection install awx.awx",
    ),
)


class Failure(Exception):
    """The proof does not hold."""


class Result(NamedTuple):
    """A row of the table.

    core: the version that was installed, or the requirement that was skipped; skipped: why, first a summary in a line.
    """

    core: str
    python: str
    plugins: int = 0
    playbooks: int = 0
    seconds: float = 0
    skipped: str = ""

    def cells(self) -> tuple[str, ...]:
        if self.skipped:
            return (f"{self.core} skipped: {self.skipped.splitlines()[0]}", self.python, "", "", "")
        return (self.core, self.python, str(self.plugins), str(self.playbooks), f"{self.seconds:.0f}")


HEADINGS = ("ansible-core", "Python", "documented", "playbooks", "seconds")


# The tarball


def foreign(names: Iterable[str]) -> list[str]:
    """Those of the files that are not meant for users."""
    folders = tuple(f"{folder}/" for folder in FOLDERS)
    return [name for name in names if name not in FILES and not name.startswith(folders)]


def check_tarball(tarball: Path) -> list[str]:
    """The files in `tarball`; raises Failure where one of them is not meant for users, or the size is over LARGEST."""
    with tarfile.open(tarball) as archive:
        names = sorted(member.name for member in archive.getmembers() if member.isfile())
    surplus = foreign(names)
    if surplus:
        raise Failure(f"the tarball has files that no user needs, see build_ignore in galaxy.yml: {', '.join(surplus)}")
    missing = sorted(set(FILES) - set(names))
    if missing:
        raise Failure(f"the tarball lacks {', '.join(missing)}")
    if tarball.stat().st_size > LARGEST:
        raise Failure(f"the tarball has {tarball.stat().st_size} bytes, {LARGEST} are allowed")
    return names


def documented(names: Iterable[str]) -> dict[str, list[str]]:
    """The full names of the plugins and roles among the files of the tarball, by their kind."""
    found: dict[str, list[str]] = {kind: [] for kind in (*KINDS, "role")}
    for name in names:
        path = Path(name)
        for kind, folder in KINDS.items():
            if str(path.parent) == folder and path.suffix == ".py" and path.stem != "__init__":
                found[kind].append(f"{NAME}.{path.stem}")
        if path.match("roles/*/meta/argument_specs.yml"):
            found["role"].append(f"{NAME}.{path.parts[1]}")
    return found


def check_playbooks(names: Iterable[str]) -> None:
    """Raise Failure where PLAYBOOKS and the playbooks of the tarball differ."""
    shipped = {Path(name).stem for name in names if Path(name).match("playbooks/*.yml")}
    different = shipped.symmetric_difference(playbook.name for playbook in PLAYBOOKS)
    if different:
        raise Failure(f"PLAYBOOKS of {Path(__file__).name} does not agree about {', '.join(sorted(different))}")


# An environment


class Environment:
    """A virtual environment in `folder`, with a home of its own; commands run outside the checkout."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder = folder
        self.bin = folder / "venv" / "bin"
        self.desk = folder / "desk"
        self.desk.mkdir(parents=True)
        subprocess.run([python, "-m", "venv", str(folder / "venv")], check=True)
        # pip finds the package index as it does for the caller.
        kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        self.env = {
            **kept,
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_DEPRECATION_WARNINGS": "true",
            "ANSIBLE_NOCOLOR": "true",
        }

    def pip(self, *requirements: str) -> str:
        """Install packages; returns why that failed, with the last lines of pip's messages, or an empty string."""
        command = [str(self.bin / "pip"), "install", "--quiet", "--disable-pip-version-check", *requirements]
        # With the caller's home, where pip's configuration may be.
        env = {**self.env, "HOME": str(Path.home())}
        done = subprocess.run(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False
        )
        if done.returncode == 0:
            return ""
        lines = [line[:LONGEST_LINE] for line in done.stdout.strip().splitlines()[-LAST_LINES:]]
        return "\n".join([f"pip ended with {done.returncode}", *lines])

    def run(self, *command: str, env: Mapping[str, str] | None = None, expected: str = "") -> str:
        """Run one of Ansible's programs and return its output.

        expected: what the output has to contain; the command then has to fail. Raises Failure on a warning as well.
        """
        done = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.desk,
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        text = NOT_OURS.sub("", " ".join(done.stdout.split()))
        warning = WARNING.search(text)
        if warning:
            raise Failure(f"{' '.join(command)} warns: {text[warning.start() :][:500]}")
        if bool(done.returncode) != bool(expected) or expected not in text:
            raise Failure(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def version(self) -> str:
        """The version of ansible-core."""
        found = re.search(r"\[core ([^]]+)]", self.run("ansible", "--version"))
        return found[1] if found else "?"


def show_documentation(environment: Environment, plugins: Mapping[str, Sequence[str]]) -> int:
    """Show the documentation of all plugins and roles; returns how many."""
    for kind, names in plugins.items():
        shown = environment.run("ansible-doc", "--type", kind, *names)
        missing = [name for name in names if name.upper() not in shown.upper()]
        if missing:
            raise Failure(f"ansible-doc does not show {', '.join(missing)}")
    return sum(map(len, plugins.values()))


def run_playbooks(environment: Environment) -> int:
    """Run all playbooks against a simulator of their own; returns how many."""
    inventory = environment.desk / "inventory.yml"
    inventory.write_text(yaml.safe_dump(INVENTORY), encoding="utf-8")
    seed = yaml.safe_load((COLLECTION / "tests" / "simulator" / "seeds" / "demo.yml").read_text(encoding="utf-8"))
    with Simulator(seed={**seed, "orders": [*seed["orders"], *RENEWED]}) as sim:
        env = {"DIGICERT_API_KEY": "sim-admin", "DIGICERT_API_URL": sim.api_url}
        for playbook in PLAYBOOKS:
            variables = [
                f"--extra-vars={name}={value.replace('FOLDER', str(environment.desk))}"
                for name, value in playbook.variables.items()
            ]
            command = ("ansible-playbook", "-i", str(inventory), f"{NAME}.{playbook.name}", *variables)
            environment.run(*command, env=env, expected=playbook.expected)
    return len(PLAYBOOKS)


# All of it


def build(environment: Environment) -> Path:
    """Build the tarball as a release does, with ansible-core of `environment`."""
    environment.run("ansible-galaxy", "collection", "build", "--output-path", str(environment.desk), str(COLLECTION))
    return next(environment.desk.glob("*.tar.gz"))


def prove(core: str, folder: Path, tarball: Path | None) -> tuple[Result, Path | None]:
    """Prove the install with one CORE of the command line; the first one builds the tarball, which is returned."""
    requirement, _separator, versions = core.rpartition("=")
    version = pythons.first(versions.split(","))
    if not version:
        return Result(requirement, "", skipped=f"needs Python {versions}"), tarball
    begun = time.monotonic()
    environment = Environment(folder, str(pythons.find(version)))
    error = environment.pip(requirement, "requests")
    if error:
        return Result(requirement, version, skipped=error), tarball
    tarball = tarball or build(environment)
    names = check_tarball(tarball)
    check_playbooks(names)
    environment.run("ansible-galaxy", "collection", "install", str(tarball))
    plugins = show_documentation(environment, documented(names))
    playbooks = run_playbooks(environment)
    return Result(environment.version(), version, plugins, playbooks, time.monotonic() - begun), tarball


def table(results: Sequence[Result], tarball: Path | None) -> str:
    """The results as a table; below it the size of the tarball, and why cores were skipped."""
    rows = [HEADINGS, *(result.cells() for result in results)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    if tarball:
        lines.append(f"{tarball.name}: {tarball.stat().st_size / 1000:.0f} kB, {len(check_tarball(tarball))} files")
    lines += [f"{result.core} skipped: {result.skipped}" for result in results if result.skipped]
    return "\n".join(lines) + "\n"


def required(result: Result) -> bool:
    """Whether --require-all refuses that this core is skipped: it is no pre-release."""
    return not PRERELEASE.search(result.core)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--require-all", action="store_true")
    parser.add_argument("cores", nargs="+")
    options = parser.parse_args(arguments)
    results: list[Result] = []
    tarball = None
    # Short, as ansible-core keeps Unix sockets below it.
    with tempfile.TemporaryDirectory(prefix="certops-", dir="/tmp") as folder:
        for number, core in enumerate(options.cores):
            try:
                result, tarball = prove(core, Path(folder) / str(number), tarball)
            except Failure as failure:
                print(f"{core}: {failure}", file=sys.stderr)
                return 1
            print("  ".join(filter(None, result.cells())), flush=True)
            results.append(result)
        shown = table(results, tarball)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(shown, encoding="utf-8")
    print(f"\n{shown}", end="")
    missing = [result for result in results if result.skipped and required(result)] if options.require_all else []
    for result in missing:
        print(f"--require-all: {result.core} was skipped: {result.skipped}", file=sys.stderr)
    # A run that only skipped proves nothing.
    return 1 if missing or all(result.skipped for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
