# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line."""

from __future__ import annotations

import argparse
import ipaddress
import json
import os
import secrets
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from certsim import seeds
from certsim.faults import Stage
from certsim.server import serve
from certsim.world import World, declared_faults, declared_switches

_TOKEN_VARIABLE = "CERTSIM_TOKEN"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator, and return its exit status."""
    options = _parser().parse_args(arguments)
    if options.list_switches or options.list_faults:
        print(switch_table() if options.list_switches else fault_table())
        return 0
    try:
        world = World(seeds.merge(seeds.read(path) for path in options.seed), dict(options.set))
        listener = _listen(options.host, options.port)
    except (ValueError, OSError) as error:
        print(f"certsim: {error}", file=sys.stderr)
        return 2
    token = os.environ.get(_TOKEN_VARIABLE) or secrets.token_urlsafe(16)
    tls = (options.tls_cert, options.tls_key) if options.tls_cert else None
    url = _url(listener, "https" if tls else "http")

    def ready() -> None:
        _greet(world, url, token)
        if options.ready_file:
            certificate = str(options.tls_cert.resolve()) if tls else None
            content = {"url": url, "control_token": token, "pid": os.getpid(), "tls_cert": certificate}
            _write_ready_file(options.ready_file, content)

    serve(world, listener=listener, token=token, on_ready=ready, tls=tls, stop_on_eof=options.stop_on_eof)
    return 0


def switch_table() -> str:
    """Return every switch as a Markdown table."""
    rows = ["| switch | values | default | meaning | reference |", "|---|---|---|---|---|"]
    for switch in sorted(declared_switches(), key=lambda each: each.name):
        values = switch.values.replace("|", ", ")
        default = str(switch.default).lower() if isinstance(switch.default, bool) else switch.default
        shown = "(none)" if default == "" else f"`{default}`"
        rows.append(f"| `{switch.name}` | {values} | {shown} | {switch.doc} | {switch.reference} |")
    return "\n".join(rows)


def fault_table() -> str:
    """Return every kind of fault as a Markdown table."""
    effect = {Stage.BEFORE: "no", Stage.AFTER: "yes", Stage.WITHIN: "", Stage.LATER: "later", Stage.PAST: ""}
    rows = ["| kind | takes effect | what happens | parameters and their defaults |", "|---|---|---|---|"]
    for kind in sorted(declared_faults(), key=lambda each: each.name):
        params = ", ".join(f"`{name}` {json.dumps(default)}" for name, default in kind.params.items() if name != "body")
        body = "`body`" if "body" in kind.params else ""
        shown = ", ".join(part for part in (params, body) if part)
        rows.append(f"| `{kind.name}` | {effect[kind.stage]} | {kind.doc} | {shown} |")
    return "\n".join(rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="certsim", description="Simulates certificate order services on loopback.")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="0 is a free one (default: %(default)s)")
    parser.add_argument("--seed", type=Path, action="append", default=[], metavar="FILE", help="YAML or JSON")
    parser.add_argument("--set", type=_setting, action="append", default=[], metavar="NAME=VALUE", help="a switch")
    parser.add_argument("--list-switches", action="store_true", help="print every switch, and end")
    parser.add_argument("--list-faults", action="store_true", help="print every kind of fault, and end")
    parser.add_argument("--ready-file", type=Path, metavar="PATH", help="written as JSON once listening")
    parser.add_argument("--stop-on-eof", action="store_true", help="stop when the standard input ends")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve https with this certificate")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="the certificate's key, where it is apart")
    return parser


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name, value


def _listen(host: str, port: int) -> socket.socket:
    """Bind a loopback address.

    Raises:
        ValueError: host is not a loopback address.
        OSError: the port is taken or not ours to take.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise ValueError(f"--host {host}: the simulator binds loopback addresses only, such as 127.0.0.1")
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # Named TCP, or asyncio would not switch Nagle's algorithm off, which costs 40 ms a request.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((str(address), port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise OSError(f"cannot listen on {host} port {port}: {error}") from error
    return listener


def _url(listener: socket.socket, scheme: str) -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _greet(world: World, url: str, token: str) -> None:
    for provider in world.providers.values():
        print(f"{provider.name}: {url}{provider.prefix}")
    print(f"control interface: {url}/_sim/ with the header X-Sim-Token: {token}")
    print(f"Stop it with Ctrl+C, or with: kill {os.getpid()}", flush=True)


def _write_ready_file(path: Path, content: dict[str, object]) -> None:
    """Write it at once and for the owner's eyes only: it holds the token."""
    with NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # mode 0600
        json.dump(content, file)
    Path(file.name).replace(path)
