# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A temporary place to run Ansible in, with this checkout as an installed collection, and an end to all of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

# Of the caller's environment: what would change what Ansible or the collection does.
_FOREIGN = ("ANSIBLE_", "DIGICERT_", "SERVERTASTIC_", "PYTHON")
_QUIET = {
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
    "ANSIBLE_DEPRECATION_WARNINGS": "false",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_NOCOWS": "true",
    "ANSIBLE_RETRY_FILES_ENABLED": "false",
}
_POLL_INTERVAL = 0.02
_STOP_SECONDS = 5.0


class Interrupted(Exception):
    """The process has to end: Ctrl-C, or a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_status = 128 + number


@dataclass(frozen=True)
class Finished:
    """A command that has ended.

    seconds: from start to end. largest: the memory of its largest process at its peak, in bytes.
    """

    status: int
    output: str
    seconds: float
    largest: int


class Sandbox:
    """A temporary folder that lasts as long as the context, and the commands that are run in it.

    Signals are only noted where they arrive, and raise Interrupted between two steps: so nothing that was started
    can slip away half-known.
    """

    def __init__(self, parent: Path | None = None) -> None:
        """parent: where the temporary folder is made; without it, where the system has them."""
        self._parent = parent
        self._signals: list[int] = []

    def __enter__(self) -> Sandbox:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # What nohup, or a shell's background, has chosen to ignore stays ignored.
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)
        self._temporary = tempfile.TemporaryDirectory(prefix="certops-orders-", dir=self._parent)
        self.folder = Path(self._temporary.name)
        # The simulator's files lie here as well, and it leaves no __pycache__ in the checkout.
        tempfile.tempdir = str(self.folder)
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        collection = self.folder / "collections" / "ansible_collections" / "certops" / "orders"
        collection.parent.mkdir(parents=True)
        collection.symlink_to(ROOT, target_is_directory=True)
        (self.folder / "ansible.cfg").touch()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._temporary.cleanup()

    def check(self) -> None:
        """Raise Interrupted where a signal has come."""
        if self._signals:
            raise Interrupted(self._signals[0])

    def environment(self, additions: Mapping[str, str]) -> dict[str, str]:
        """The caller's environment without what does not belong here, and with Ansible's folders in ours."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {
            **kept,
            **_QUIET,
            "ANSIBLE_COLLECTIONS_PATH": str(self.folder / "collections"),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote"),
            "PYTHONDONTWRITEBYTECODE": "1",
            # Ansible wants UTF-8, whatever the terminal has; elsewhere this locale may not exist.
            **({"LC_ALL": "C.UTF-8"} if sys.platform == "linux" else {}),
            **additions,
        }

    def ansible_playbook(
        self,
        arguments: Sequence[str],
        additions: Mapping[str, str],
        cwd: Path,
        watch: Callable[[int], None] = lambda _pid: None,
    ) -> Finished:
        """Run ansible-playbook of the environment that we run in; see run."""
        program = Path(sys.executable).with_name("ansible-playbook")
        return self.run([str(program), *arguments], additions, cwd, watch)

    def run(
        self,
        command: Sequence[str],
        additions: Mapping[str, str],
        cwd: Path,
        watch: Callable[[int], None] = lambda _pid: None,
    ) -> Finished:
        """Run a command with further environment variables.

        watch: called with the process's id, again and again, while it runs.
        Raises Interrupted, after the command was stopped.
        """
        self.check()
        with (self.folder / "output").open("w+b") as output:
            began = time.monotonic()
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=self.environment(additions),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A terminal's Ctrl-C reaches us alone, and we stop it.
                start_new_session=True,
            )
            try:
                status, usage = self._wait(process, watch)
            except BaseException:
                self._stop(process)
                raise
            seconds = time.monotonic() - began
            output.seek(0)
            text = output.read().decode("utf-8", "replace")
        return Finished(status, text, seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))

    def _wait(self, process: subprocess.Popen[bytes], watch: Callable[[int], None]) -> tuple[int, Any]:
        while True:
            self.check()
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode = os.waitstatus_to_exitcode(status)
                return process.returncode, usage
            watch(process.pid)
            time.sleep(_POLL_INTERVAL)

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        """Stop a command of ours in good order, and by force what has not ended then."""
        if process.returncode is None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        # Ansible's workers have sessions of their own, and finish their request first.
        for pid in self._left_over():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _left_over(self) -> list[int]:
        """The processes that carry our folder in their environment; none where the system has no /proc."""
        mark, found = b"ANSIBLE_HOME=" + os.fsencode(self.folder), []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            # Processes of other users cannot be read, and processes end meanwhile.
            with contextlib.suppress(OSError):
                if mark in environ.read_bytes():
                    found.append(int(environ.parent.name))
        return found

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)
