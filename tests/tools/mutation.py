# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mutation testing: change the code that decides in many small ways, and list the changes that no test notices.

Usage, in a copy of the checkout below `ansible_collections`: mutation.py --output REPORT [NAME...], where NAME is a
module, such as `approval`, or a package, such as `_planners`; without a name, all of PARTS.
mutmut changes functions only. For each change it runs the tests that reach the function, up to the first failure.
The report is written anew each minute, and at the end, also where SIGINT or SIGTERM ends the run early: it then counts
what was tried, which begins with the changes that few and quick tests reach.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import functools
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import NamedTuple

COLLECTION = Path(__file__).resolve().parents[2]
# mutmut names what it changes after its path, so it runs in the folder from which the tests import.
ABOVE = COLLECTION.parents[2]
PLUGINS = COLLECTION.relative_to(ABOVE) / "plugins" / "module_utils"
TESTS = COLLECTION.relative_to(ABOVE) / "tests" / "unit" / "plugins"
MUTMUT = Path(sys.executable).with_name("mutmut")
# A change that makes a test run without end, or crashes Python, is noticed as well.
KILLED = ("killed", "timeout", "segfault")
NOT_TRIED = ("not checked", "check was interrupted by user")
SEPARATOR = "\u01c1"  # between class and method, in mutmut's names
REPORT_SECONDS = 60


class Part(NamedTuple):
    """Modules of one package, all of them where none are named, and the tests that belong to them."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


PARTS = {
    "_plans": Part(("actions", "approval", "batches", "outcomes", "verification"), ("module_utils/_plans",)),
    "_flows": Part(("apply", "changes", "engine"), ("module_utils/_flows", "modules/test_order_plan.py")),
    "_planners": Part((), ("module_utils/_planners",)),
}


class Mutant(NamedTuple):
    """What the tests make of a change of a file, and the change itself where they do not notice it."""

    file: Path
    status: str
    difference: str


def modules_of(package: str) -> list[Path]:
    files = sorted((ABOVE / PLUGINS / package).glob("[a-z]*.py"))
    return [file.relative_to(ABOVE) for file in files if file.stem in (PARTS[package].modules or (file.stem,))]


def chosen(names: Sequence[str]) -> dict[str, list[Path]]:
    """The files to change, by package."""
    known = {package: modules_of(package) for package in PARTS}
    unknown = set(names).difference(PARTS, (file.stem for files in known.values() for file in files))
    if unknown:
        raise SystemExit(f"{', '.join(sorted(unknown))}: not a module or package of {Path(__file__).name}")
    found = {
        package: [file for file in files if not names or {package, file.stem}.intersection(names)]
        for package, files in known.items()
    }
    return {package: files for package, files in found.items() if files}


class Stop:
    """Passes the first signal that ends this program on to mutmut, whose results are then read as after a whole run.

    mutmut runs in a process group of its own, so Ctrl-C reaches it through us only, and not in the middle of a result.
    """

    def __init__(self) -> None:
        self.number = 0
        self._process: subprocess.Popen[str] | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.number = number
        if self._process:
            self._process.send_signal(signal.SIGINT)

    def run(self, *command: str) -> Iterator[None]:
        """Run a command; yields each minute while it runs. Raises CalledProcessError unless it was stopped."""
        self._process = subprocess.Popen(command, cwd=ABOVE, text=True, process_group=0)
        while True:
            try:
                code = self._process.wait(REPORT_SECONDS)
            except subprocess.TimeoutExpired:
                yield
                continue
            self._process = None
            if code and not self.number:
                raise subprocess.CalledProcessError(code, command)
            return


def mutmut(*arguments: str) -> str:
    command = [str(MUTMUT), *arguments]
    return subprocess.run(command, cwd=ABOVE, check=True, capture_output=True, text=True, process_group=0).stdout


def mutate(package: str, files: Iterable[Path], stop: Stop) -> Iterator[list[Mutant]]:
    """Change files of one package in all ways, and run its tests for each change; yields the results so far."""
    options: dict[str, Iterable[object]] = {
        "source_paths": ["ansible_collections"],
        "only_mutate": files,
        "pytest_add_cli_args_test_selection": [TESTS / tests for tests in PARTS[package].tests],
        "pytest_add_cli_args": ["-pno:cacheprovider"],
    }
    lines = [f"{name} =\n" + "".join(f"    {value}\n" for value in values) for name, values in options.items()]
    (ABOVE / "setup.cfg").write_text("[mutmut]\n" + "".join(lines), encoding="utf-8")
    shutil.rmtree(ABOVE / "mutants", ignore_errors=True)
    for _minute in stop.run(str(MUTMUT), "run"):
        try:
            yield results()
        except subprocess.CalledProcessError:
            # It is just writing the file that we read.
            continue
    yield results()


def results() -> list[Mutant]:
    found = re.findall(r"^ +(\S+): (.+)$", mutmut("results", "--all", "True"), re.MULTILINE)
    return [_mutant(name, status) for name, status in found]


def _mutant(name: str, status: str) -> Mutant:
    """name: that of mutmut, module and function."""
    module, _dot, function = name.rpartition(".")
    file = Path(*module.split(".")).with_suffix(".py")
    if status in (*KILLED, *NOT_TRIED):
        return Mutant(file, status, "")
    changes = _changes(file, function)
    place = f"{file.relative_to(COLLECTION.relative_to(ABOVE))}:{_line(file, function, changes[0][1:])}"
    return Mutant(file, status, "\n".join([f"{place}, {_plain(function)}: {status}", *changes, ""]))


def _plain(function: str) -> str:
    """The name of a function, or of a method, without what mutmut adds to it."""
    return function.rpartition(SEPARATOR)[2].removeprefix("x_").partition("__mutmut_")[0]


def _changes(file: Path, function: str) -> list[str]:
    """The lines that a mutant removes and adds. `mutmut show` would take a second, and there can be hundreds."""
    lines, spans = _changed_file(file)
    original = f"{function.partition('__mutmut_')[0]}__mutmut_orig"
    before, after = (
        [line.replace(name, _plain(name)) for line in lines[spans[name][0] - 1 : spans[name][1]]]
        for name in (original, function)
    )
    difference = difflib.unified_diff(before, after, n=0, lineterm="")
    return [line for line in difference if line.startswith(("-", "+")) and not line.startswith(("---", "+++"))]


@functools.cache
def _changed_file(file: Path) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """The lines of the file in which mutmut has all versions of each function, and where these are."""
    changed = ABOVE / "mutants" / file
    spans = json.loads(changed.with_name(f"{file.name}.spans").read_text(encoding="utf-8"))["spans"]
    return changed.read_text(encoding="utf-8").splitlines(), spans


def _line(file: Path, function: str, removed: str) -> int:
    """The line of a file that a mutant removes; that of its function where the text of the line is not found there."""
    source = (ABOVE / file).read_text(encoding="utf-8")
    name = function.partition("__mutmut_")[0]
    scope: ast.Module | ast.ClassDef = ast.parse(source)
    if SEPARATOR in name:
        _before, of_class, name = name.split(SEPARATOR)
        scope = next(node for node in scope.body if isinstance(node, ast.ClassDef) and node.name == of_class)
    else:
        name = name.removeprefix("x_")
    found = next(node for node in scope.body if isinstance(node, ast.FunctionDef) and node.name == name)
    lines = source.splitlines()[: found.end_lineno]
    numbers = range(found.lineno, len(lines) + 1)
    return next((number for number in numbers if lines[number - 1].strip() == removed.strip()), found.lineno)


def score(label: object, mutants: Sequence[Mutant]) -> str:
    tried = [mutant for mutant in mutants if mutant.status not in NOT_TRIED]
    killed = sum(mutant.status in KILLED for mutant in tried)
    left = f", {len(mutants) - len(tried)} not tried" if len(tried) < len(mutants) else ""
    return f"{label!s:32} {killed:5} of {len(tried):5} killed, {100 * killed / max(len(tried), 1):5.1f} %{left}"


def report(mutants: Sequence[Mutant]) -> str:
    """The changes that no test notices, and the scores of all files and packages."""
    files = dict.fromkeys(mutant.file.relative_to(PLUGINS) for mutant in mutants)
    places = [*files, *dict.fromkeys(file.parent for file in files)]
    scores = [
        score(place, [mutant for mutant in mutants if mutant.file.is_relative_to(PLUGINS / place)]) for place in places
    ]
    return "\n".join([*filter(None, (mutant.difference for mutant in mutants)), *scores, score("all", mutants), ""])


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Mutation testing of planners, approval and the engine.")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    stop, finished, text = Stop(), list[Mutant](), ""
    for package, files in chosen(options.names).items():
        so_far: list[Mutant] = []
        for so_far in mutate(package, files, stop):
            text = report([*finished, *so_far])
            options.output.write_text(text, encoding="utf-8")
        finished += so_far
        if stop.number:
            break
    print(f"\n{text}\nThis report: {options.output}")
    # As a shell reports a program that a signal ends.
    return 128 + stop.number if stop.number else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
