# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ASGI application and the server process around it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from certsim import control
from certsim.exchange import Answer, Call, Provider
from certsim.faults import Fault, Stage
from certsim.journal import Entry, parsed_body
from certsim.wire import PLAYS, Wire, read_body
from certsim.world import World

_KEEP_ALIVE_SECONDS = 75


class ProviderApp:
    """The ASGI application of one provider, with the limits, faults and journal around it."""

    def __init__(self, world: World, provider: Provider) -> None:
        self._world = world
        self._provider = provider

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; it is journaled, and counted in its windows, when it arrives."""
        call = self._call(scope, await read_body(receive))
        entry = self._enter(call)
        wire = Wire(scope, receive, send, on_status=entry.answered)
        refusal = self._rate_limit(entry)
        latency = self._world.switches["latency"]
        if latency and await wire.pause(latency):
            return
        if refusal is not None:
            await wire.reply(refusal)
        else:
            await self._respond(wire, call, entry)

    async def _respond(self, wire: Wire, call: Call, entry: Entry) -> None:
        fault = self._fault(call, entry)
        if fault is None:
            await wire.reply(self._handle(call, entry))
            return
        entry.fault = fault.kind.name
        if fault.kind.stage is Stage.WITHIN:
            await wire.reply(self._handle(call.struck_by(fault), entry))
            return
        answer = self._struck(call, entry, fault)
        if "status" in fault.params:
            answer = self._provider.error(fault.params["status"])
        _kind, play = PLAYS[fault.kind.name]
        await play(wire, fault.params, answer)

    def _fault(self, call: Call, entry: Entry) -> Fault | None:
        """Carry out what was postponed until now, and return the fault that strikes this call."""
        effects, faults = self._world.effects, self._world.faults
        effects.keeps_past = faults.wants_past
        effects.settle(self._world.clock.now(), self._provider, entry.order_id)
        path, own = self._provider.prefix + call.path, self._provider.fault_kinds
        return faults.take(call, path, entry.order_id, own, has_past=effects.has_past(self._provider))

    def _struck(self, call: Call, entry: Entry, fault: Fault) -> Answer:
        """Return the service's answer to a call that a fault strikes, which takes effect or not."""
        stage = fault.kind.stage
        if stage is Stage.AFTER:
            return self._handle(call, entry)
        if stage is Stage.PAST:
            return self._world.effects.handle_in_the_past(self._provider, call, fault.params["writes"])
        if stage is Stage.LATER:
            self._world.effects.postpone(self._provider, call, entry, fault.params, self._world.clock.now())
        return Answer(HTTPStatus.OK)

    def _handle(self, call: Call, entry: Entry) -> Answer:
        return self._world.effects.handle(self._provider, call, entry)

    def _rate_limit(self, entry: Entry) -> Answer | None:
        counted = entry.key and self._provider.rate_limited
        wait = self._world.limiter.admit(f"{entry.provider} {entry.key}") if counted else None
        if wait is None:
            return None
        answer = self._provider.error(HTTPStatus.TOO_MANY_REQUESTS)
        retry_after = self._world.limiter.retry_after(wait)
        if retry_after is not None:
            answer.headers = {**answer.headers, "retry-after": retry_after}
        return answer

    def _call(self, scope: Scope, body: bytes) -> Call:
        return Call(
            method=scope["method"],
            path=scope["path"][len(self._provider.prefix) :],
            query=parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )

    def _enter(self, call: Call) -> Entry:
        clock, shown = self._world.clock, self._provider.journaled(call)
        entry = Entry(
            n=self._world.journal.next_number(),
            at=clock.now().isoformat(timespec="milliseconds"),
            at_real=clock.real_now().isoformat(timespec="milliseconds"),
            provider=self._provider.name,
            method=call.method,
            path=self._provider.prefix + shown.path,
            query=shown.query,
            body=parsed_body(shown.body),
            key=self._provider.caller(call),
            order_id=self._provider.order_id(call),
        )
        self._world.journal.add(entry)
        return entry


def build_app(world: World, token: str) -> Starlette:
    """Return the application: the control interface and every provider under its prefix."""
    routes: list[BaseRoute] = [Mount("/_sim", routes=control.routes(world, token))]
    # The longest prefix first, so that a provider at "/" does not swallow the others.
    for provider in sorted(world.providers.values(), key=lambda each: -len(each.prefix)):
        routes.append(Mount(provider.prefix, app=ProviderApp(world, provider)))
    return Starlette(routes=routes)


class TransportProtocol(H11Protocol):
    """Hands the transport out in the scope: ASGI itself cannot reset a connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note the transport where each request's scope takes its state from."""
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class SimulatorServer(uvicorn.Server):
    """Reports when it listens, and stops at once, whatever hangs."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None], *, stop_on_eof: bool) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._stop_on_eof = stop_on_eof

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, and report it."""
        await super().startup(sockets)
        if self._stop_on_eof:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._read_stdin)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drop every connection, kept alive or hung, and stop."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop at the first SIGINT or SIGTERM."""
        # uvicorn's own raises the signal again after the shutdown, which would spoil the exit status.
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._stop) for number in handled}
        yield
        for number, handler in before.items():
            signal.signal(number, handler)

    def _read_stdin(self) -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self.should_exit = True

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.should_exit = True


def serve(
    world: World,
    *,
    listener: socket.socket,
    token: str,
    on_ready: Callable[[], None],
    tls: tuple[Path, Path | None] | None = None,
    stop_on_eof: bool = False,
) -> None:
    """Serve on a bound socket until SIGINT or SIGTERM; tls is the certificate's and the key's file.

    With stop_on_eof, also until the standard input ends: a pipe's ends with the process that holds it.
    """
    options: dict[str, Any] = {}
    if tls is not None:
        options = {"ssl_certfile": tls[0], "ssl_keyfile": tls[1]}
    config = uvicorn.Config(
        build_app(world, token),
        http=TransportProtocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
        **options,
    )
    SimulatorServer(config, on_ready, stop_on_eof=stop_on_eof).run(sockets=[listener])
