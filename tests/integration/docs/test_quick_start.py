# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quick start of README.md: its commands run in order in one shell, and print what the page shows.

Only what needs a network is replaced: the clone is a copy of this checkout, and this environment takes the place of the
virtual environment and of what pip installs. The text block below a shell block must be its output, apart from the
port, the token and process id of the simulator, and spaces at the end of lines.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ansible_collections.certops.orders.tests.integration.support import simulator_python

ROOT = Path(__file__).resolve().parents[3]
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUICK_START = README[README.index("## Quick start") : README.index("## Use Cases")]
# The commands, and the output below them where it is shown.
_LINES = r"((?:(?!```).*\n)*)"
_BLOCK = re.compile(rf"<!-- not run: is the quick start -->\n```shell\n{_LINES}```\n(?:\n```text\n{_LINES}```\n)?")
BLOCKS = _BLOCK.findall(QUICK_START)
_END = "-- end of a block --"
_STOP = re.search(r"`(kill [^`]+)`", QUICK_START)

# What stands for the network, and what waits as long as a reader would.
PRELUDE = r"""
trap 'kill $(jobs -p) 2> /dev/null || :' EXIT
git() {
    test "$1" = clone && cp -R "$TREE" "$(basename "$2" .git)"
}
python3() {
    case "$*" in
        "-m venv certops-venv") mkdir -p certops-venv/bin && touch certops-venv/bin/activate ;;
        "-m pip install "*) test -f "${@: -1}" ;;
        *) exec "$CERTSIM_PYTHON" "$@" ;;
    esac
}
wait_for_simulator() {
    for _ in $(seq 200); do
        (: < "/dev/tcp/127.0.0.1/$PORT") 2> /dev/null && return
        sleep 0.1
    done
    return 1
}
"""


def normalized(output: str) -> str:
    output = re.sub(r"X-Sim-Token: \S+", "X-Sim-Token: TOKEN", output)
    output = re.sub(r"kill \d+", "kill PID", output)
    return "\n".join(line.rstrip() for line in output.strip("\n").split("\n"))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def printed(tmp_path: Path) -> list[str]:
    """What each block prints, with the port of the page."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "__pycache__", "output", "build"))
    port = free_port()
    lines = [PRELUDE]
    for text, _output in BLOCKS:
        lines.append(text.replace("8080", str(port)))
        lines.append("wait_for_simulator" if text.endswith("&\n") else "")
        lines.append(f"echo '{_END}'")
    assert _STOP
    script = "\n".join([*lines, _STOP[1]])
    env = {
        "CERTSIM_PYTHON": simulator_python(),
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORT": str(port),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TREE": str(tree),
    }
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=tmp_path,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.replace(str(port), "8080").split(f"{_END}\n")


def test_the_commands_print_what_the_page_shows(printed: list[str]) -> None:
    assert f"certops.orders:{GALAXY['version']} was installed successfully" in printed[0]
    for (text, shown), output in zip(BLOCKS[1:], printed[1:]):
        assert normalized(output) == normalized(shown), text


def test_the_page_clones_the_repository_of_the_collection() -> None:
    assert BLOCKS[0][0].split("\n")[0] == f"git clone {GALAXY['repository']}.git"
