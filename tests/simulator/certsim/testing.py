# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator process for tests, demos and benchmarks."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

_PACKAGE_ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_CONTROL_SECONDS = 30.0


class SimulatorError(RuntimeError):
    """The simulator did not start, or its control interface refused something."""


class Simulator:
    """Runs ``python -m certsim`` on a free port while the context lasts.

    Args:
        arguments: further command line arguments, such as ``"--seed", "demo.yml"``.
        seed: a seed to start from, as a mapping.
        switches: switches to set on the command line.
    """

    def __init__(
        self,
        *arguments: str | os.PathLike[str],
        seed: Mapping[str, Any] | None = None,
        switches: Mapping[str, object] | None = None,
    ) -> None:
        self._arguments = [os.fspath(argument) for argument in arguments]
        self._seed = seed
        self._switches = dict(switches or {})
        self.token = secrets.token_urlsafe(16)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._tls_cert: str | None = None
        self.url = ""

    def __enter__(self) -> Self:
        """Start the process."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the process."""
        self.stop()

    @property
    def api_url(self) -> str:
        """The base URL of CertCentral's API."""
        return f"{self.url}/services/v2"

    @property
    def servertastic_url(self) -> str:
        """The base URL of Servertastic's API; with /v2 behind it, that of the newer generation."""
        return self.url

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._running().pid

    def start(self) -> None:
        """Start the process, and wait until it listens; raise SimulatorError where it does not."""
        self._folder = tempfile.TemporaryDirectory(prefix="certsim-")
        try:
            self._launch(Path(self._folder.name))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the process, and leave nothing behind."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def output(self) -> str:
        """Return what the process has printed."""
        assert self._folder is not None
        return (Path(self._folder.name) / "output").read_text(encoding="utf-8", errors="replace")

    def reset(self, seed: Mapping[str, Any] | None = None) -> None:
        """Start anew from a seed, or from the start seed; forget faults, journal, windows, switches."""
        self.control("POST", "/reset", {} if seed is None else {"seed": seed})

    def journal(self, since: int = 0) -> list[dict[str, Any]]:
        """Return every request that reached the API, or those after entry ``since``."""
        entries: list[dict[str, Any]] = self.control("GET", f"/journal?since={since}")["entries"]
        return entries

    def clear_journal(self) -> None:
        """Forget the requests so far."""
        self.control("DELETE", "/journal")

    def set(self, switches: Mapping[str, object] | None = None, /, **named: object) -> None:
        """Set switches: by a mapping, or as keywords with ``__`` for the dot."""
        renamed = {name.replace("__", "."): value for name, value in named.items()}
        self.control("PUT", "/switches", {**(switches or {}), **renamed})

    def switches(self) -> dict[str, Any]:
        """Return every switch's value."""
        values: dict[str, Any] = self.control("GET", "/switches")
        return values

    def fault(self, kind: str, **parameters: Any) -> None:
        """Arm a fault behind those that are armed."""
        self.control("POST", "/faults", {"kind": kind, **parameters})

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults that are still armed."""
        armed: list[dict[str, Any]] = self.control("GET", "/faults")["faults"]
        return armed

    def clear_faults(self) -> None:
        """Disarm every fault."""
        self.control("DELETE", "/faults")

    def advance(self, duration: float | str) -> str:
        """Let virtual time pass (seconds, or such as "30d"), and return the new time."""
        now: str = self.control("POST", "/clock", {"advance": duration})["now"]
        return now

    def now(self) -> str:
        """Return the virtual time."""
        now: str = self.control("GET", "/clock")["now"]
        return now

    def state(self) -> dict[str, Any]:
        """Return the true state of everything."""
        state: dict[str, Any] = self.control("GET", "/state")
        return state

    def order(self, order_id: int | str, *, provider: str = "certcentral") -> dict[str, Any]:
        """Return the true state of one order."""
        order: dict[str, Any] = self.control("GET", f"/{provider}/orders/{order_id}")
        return order

    def domain(self, domain_id: int, *, provider: str = "certcentral") -> dict[str, Any]:
        """Return the true state of one domain."""
        domains: list[dict[str, Any]] = self.state()[provider]["domains"]
        return next(each for each in domains if each["id"] == domain_id)

    def patch(self, order_id: int | str, *, provider: str = "certcentral", **changes: Any) -> dict[str, Any]:
        """Change an order behind the clients' backs, and return it."""
        order: dict[str, Any] = self.control("PATCH", f"/{provider}/orders/{order_id}", changes)
        return order

    def add(self, *, provider: str = "certcentral", **order: Any) -> dict[str, Any]:
        """Add an order behind the clients' backs, and return it."""
        added: dict[str, Any] = self.control("POST", f"/{provider}/orders", order)
        return added

    def st_orders(self) -> dict[str, dict[str, Any]]:
        """Return the true state of every order of Servertastic, by its token."""
        return {order["token"]: order for order in self.control("GET", "/servertastic/orders")["orders"]}

    def st_account(self, username: str = "reseller") -> dict[str, Any]:
        """Return the true state of an account of Servertastic: its points, and their audit."""
        accounts: list[dict[str, Any]] = self.control("GET", "/servertastic/accounts")["accounts"]
        return next(each for each in accounts if each["username"] == username)

    def outbox(self) -> list[dict[str, Any]]:
        """Return every mail that Servertastic has sent to an administrative contact."""
        mails: list[dict[str, Any]] = self.control("GET", "/servertastic/outbox")["outbox"]
        return mails

    def approve(self, mail: Mapping[str, Any]) -> None:
        """Open the link of a mail, and choose "I approve"."""
        self._send("POST", mail["link"], "choice=approve", {})

    def decline(self, mail: Mapping[str, Any]) -> None:
        """Open the link of a mail, and choose "I do not approve"."""
        self._send("POST", mail["link"], "choice=decline", {})

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Send one request to the control interface; raise SimulatorError where it is refused."""
        content = None if body is None else json.dumps(body)
        answer = self._send(method, f"/_sim{path}", content, {"X-Sim-Token": self.token})
        return json.loads(answer) if answer else None

    def _send(self, method: str, path: str, content: str | None, headers: Mapping[str, str]) -> bytes:
        connection = self._connection()
        try:
            connection.request(method, path, content, dict(headers))
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status >= 400:
            raise SimulatorError(f"{method} {path}: {response.status} {answer.decode(errors='replace')}")
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        address = urlsplit(self.url)
        host = address.hostname or ""
        if self._tls_cert is None:
            return http.client.HTTPConnection(host, address.port, timeout=_CONTROL_SECONDS)
        # Trust the one certificate that the simulator was given, whatever its name and issuer.
        context = ssl.create_default_context(cafile=self._tls_cert)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
        return http.client.HTTPSConnection(host, address.port, timeout=_CONTROL_SECONDS, context=context)

    def _launch(self, folder: Path) -> None:
        ready_file, arguments = folder / "ready.json", ["--port", "0", *self._arguments]
        if self._seed is not None:
            seed_file = folder / "seed.json"
            seed_file.write_text(json.dumps(self._seed), encoding="utf-8")
            arguments += ["--seed", str(seed_file)]
        for name, value in self._switches.items():
            arguments += ["--set", f"{name}={value}"]
        with (folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "certsim", *arguments, "--stop-on-eof", "--ready-file", str(ready_file)],
                # Its end shows the simulator that this process has ended, in whatever way.
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(_PACKAGE_ROOT), "CERTSIM_TOKEN": self.token},
            )
        self._await(ready_file)
        ready = json.loads(ready_file.read_text(encoding="utf-8"))
        self.url, self._tls_cert = ready["url"], ready["tls_cert"]

    def _await(self, ready_file: Path) -> None:
        end = time.monotonic() + _START_SECONDS
        while not ready_file.exists():
            if self._running().poll() is not None:
                raise SimulatorError(f"the simulator ended at once:\n{self.output()}")
            if time.monotonic() > end:
                raise SimulatorError(f"the simulator does not listen after {_START_SECONDS} s:\n{self.output()}")
            time.sleep(0.01)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise SimulatorError("the simulator is not running")
        return self._process
