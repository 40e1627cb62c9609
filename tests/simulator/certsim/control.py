# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control interface under ``/_sim/``: what tests and rehearsals turn and read."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from certsim.clock import parse_duration
from certsim.exchange import NoSuchLink, NoSuchOrder, Provider, encode
from certsim.world import World

TOKEN_HEADER = "X-Sim-Token"

Endpoint = Callable[[Request], Awaitable[Response]]


class Control:
    """The endpoints, on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def journal(self, request: Request) -> Response:
        """GET: every request (``?since=N``: those after entry N). DELETE: forget them."""
        if request.method == "DELETE":
            self._world.journal.clear()
            return Response(status_code=HTTPStatus.NO_CONTENT)
        since = int(request.query_params.get("since", "0"))
        return _json({"entries": self._world.journal.as_json(max(since, 0))})

    async def state(self, _request: Request) -> Response:
        """GET: the clock and every provider's orders, and what else it has, as they truly are."""
        providers = {
            name: {"orders": provider.orders(), **provider.resources()}
            for name, provider in self._world.providers.items()
        }
        return _json({"clock": self._world.clock.now().isoformat(), **providers})

    async def orders(self, request: Request) -> Response:
        """POST: add an order (in the form of a seed's) behind the clients' backs."""
        added = self._provider(request).add_order(await _mapping(request))
        return _json(added, HTTPStatus.CREATED)

    async def listing(self, request: Request) -> Response:
        """GET: all orders of a provider, or all that it has of another kind, as they truly are."""
        provider, kind = self._provider(request), request.path_params["kind"]
        things = {"orders": provider.orders(), **provider.resources()}
        if kind not in things:
            raise NoSuchOrder(f"{provider.name} has no {kind}; there are {', '.join(things)}")
        return _json({kind: things[kind]})

    async def link(self, request: Request) -> Response:
        """GET: the page behind the link of a mail. POST ``choice=...``: the choice of its reader."""
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        choice = form.get("choice", [""])[0] if request.method == "POST" else None
        answer = self._provider(request).follow_link(request.path_params["code"], choice)
        return Response(answer.content, answer.status, answer.headers)

    async def order(self, request: Request) -> Response:
        """GET: one order as it truly is. PATCH: change it behind the clients' backs."""
        provider, order_id = self._provider(request), request.path_params["order_id"]
        if request.method == "PATCH":
            return _json(provider.patch_order(order_id, await _mapping(request)))
        return _json(provider.order(order_id))

    async def clock(self, request: Request) -> Response:
        """GET: the virtual time. POST ``{"advance": "30d"}`` or ``{"set": "2026-..."}``: change it."""
        if request.method == "POST":
            wanted = await _mapping(request)
            if set(wanted) == {"advance"}:
                self._world.clock.advance(_duration(wanted["advance"]))
            elif set(wanted) == {"set"}:
                self._world.set_switches({"clock.start": wanted["set"]})
            else:
                raise ValueError('give either {"advance": DURATION} or {"set": TIME}')
        return _json({"now": self._world.clock.now().isoformat()})

    async def faults(self, request: Request) -> Response:
        """GET: the armed faults. POST: arm one more. DELETE: disarm all."""
        if request.method == "POST":
            return _json(self._world.faults.arm(await _mapping(request)).as_json(), HTTPStatus.CREATED)
        if request.method == "DELETE":
            self._world.faults.clear()
        return _json({"faults": self._world.faults.as_json()})

    async def switches(self, request: Request) -> Response:
        """GET: every switch's value. PUT: set some of them."""
        if request.method == "PUT":
            self._world.set_switches(await _mapping(request))
        return _json(self._world.switches.values())

    async def reset(self, request: Request) -> Response:
        """POST: start anew from the start seed, or from ``{"seed": {...}}``."""
        wanted = await _mapping(request) if await request.body() else {}
        if set(wanted) - {"seed"}:
            raise ValueError('give nothing or {"seed": {...}}')
        self._world.reset(wanted.get("seed"))
        return _json({"now": self._world.clock.now().isoformat()})

    def _provider(self, request: Request) -> Provider:
        name = request.path_params["provider"]
        if name not in self._world.providers:
            raise NoSuchOrder(f"no provider {name}; there are {', '.join(self._world.providers)}")
        return self._world.providers[name]


def routes(world: World, token: str) -> list[Route]:
    """Return the control interface's routes.

    Each wants the token in the header X-Sim-Token, but for the links of mails: a browser opens them as they are.
    """
    control = Control(world)
    table: tuple[tuple[str, Endpoint, list[str]], ...] = (
        ("/journal", control.journal, ["GET", "DELETE"]),
        ("/state", control.state, ["GET"]),
        ("/{provider}/orders", control.orders, ["POST"]),
        ("/{provider}/orders/{order_id}", control.order, ["GET", "PATCH"]),
        ("/{provider}/{kind}", control.listing, ["GET"]),
        ("/clock", control.clock, ["GET", "POST"]),
        ("/faults", control.faults, ["GET", "POST", "DELETE"]),
        ("/switches", control.switches, ["GET", "PUT"]),
        ("/reset", control.reset, ["POST"]),
    )
    links = Route("/{provider}/links/{code}", _answering(control.link), methods=["GET", "POST"])
    guarded = [
        Route(path, _guarded(_answering(endpoint), world, token), methods=methods) for path, endpoint, methods in table
    ]
    return [links, *guarded]


def _guarded(endpoint: Endpoint, world: World, token: str) -> Endpoint:
    """Want the token."""

    async def guarded(request: Request) -> Response:
        given = request.headers.get(TOKEN_HEADER, "")
        if not secrets.compare_digest(given.encode(), token.encode()):
            return _refusal(HTTPStatus.FORBIDDEN, f"the header {TOKEN_HEADER} must carry the token printed at start")
        # What was to take effect by now has done so, for every reader.
        world.effects.settle(world.clock.now())
        return await endpoint(request)

    return guarded


def _answering(endpoint: Endpoint) -> Endpoint:
    """Answer the errors that an endpoint raises as JSON."""

    async def answering(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (NoSuchOrder, NoSuchLink) as error:
            return _refusal(HTTPStatus.NOT_FOUND, str(error))
        except ValueError as error:
            return _refusal(HTTPStatus.BAD_REQUEST, str(error))

    return answering


def _refusal(status: HTTPStatus, message: str) -> Response:
    return _json({"error": message}, status)


def _json(value: Any, status: int = HTTPStatus.OK) -> Response:
    # In ASCII: a journaled body may hold what UTF-8 cannot, such as half a surrogate pair.
    return Response(encode(value), status, media_type="application/json")


def _duration(value: object) -> timedelta:
    try:
        return parse_duration(value)
    except OverflowError as error:
        raise ValueError(f"{value!r} is too long") from error


async def _mapping(request: Request) -> dict[str, Any]:
    document = json.loads(await request.body() or b"null")
    if not isinstance(document, dict):
        raise ValueError("the body must be a JSON object")
    return document
