# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An event source of ansible-rulebook: each change of the status of a DigiCert CertCentral order is an event."""

from __future__ import annotations

import asyncio
import importlib
import importlib.machinery
import importlib.util
import logging
import math
import os
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, TypeVar

DOCUMENTATION = r"""
---
short_description: Events for DigiCert CertCentral orders whose status changes
description:
  - Asks CertCentral again and again which orders changed their status, and makes an event of every change.
  - Goes on where it was after a restart. CertCentral tells of the last 7 days; whoever was away for longer gets an
    event that says so.
  - An event is a hint. Start plans and notices from it, never a change.
  - Only reads, with the Python library requests.
options:
  state_file:
    description:
      - Where it remembers what was told already. A file of its own for every source, in a folder that exists and
        outlives a restart. It is for its owner alone, and holds no secret.
    type: str
    required: true
  interval:
    description:
      - Seconds between two looks. 60 at least, unless the service is on this machine (a simulator).
    type: float
    default: 300
  statuses:
    description:
      - The statuses to tell of, such as V(issued), V(rejected), V(canceled), V(revoked), V(expired). All where it is
        left out.
    type: list
    elements: str
  lookback:
    description:
      - On the first start, where there is no O(state_file) yet, tell also of the changes of so many seconds before it.
        604800 (7 days) at most.
    type: int
    default: 0
  with_orders:
    description:
      - Read the orders that changed, by lists of 100, and attach each to its event.
    type: bool
    default: true
  api_key:
    description:
      - The key for CertCentral; from the environment variable E(DIGICERT_API_KEY) where it is left out, which is
        better, as nothing then can print it. A key that may only read is enough.
    type: str
  region:
    description:
      - The instance of CertCentral.
    type: str
    choices: [us, eu]
    default: us
  api_url:
    description:
      - Where the API is, instead of O(region); from E(DIGICERT_API_URL) where it is left out. A key from the
        environment goes only to an address from the environment, or to a region.
    type: str
  validate_certs:
    description:
      - Check the service's TLS certificate.
    type: bool
    default: true
  ca_path:
    description:
      - A file or folder of certificate authorities to trust.
    type: str
  timeout:
    description:
      - Seconds that one request may take.
    type: int
    default: 30
  retries:
    description:
      - How often a request that failed is repeated at once, before the source backs off.
    type: int
    default: 3
  rate_limit:
    description:
      - Requests and seconds to stay within, such as V(100/5, 1000/180), or V(none).
    type: str
    default: 100/5, 1000/180
  rate_limit_timeout:
    description:
      - Seconds to wait at most while the service answers that there are too many requests, before the source backs off.
    type: int
    default: 300
"""

EXAMPLES = r"""
- certops.orders.certcentral_orders:
    state_file: /var/lib/certops/events.json
    statuses: [rejected, issued]
"""

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils import (
        _certcentral,
        _certcentral_changes,
        _errors,
        _files,
        _http,
        _options,
        _orders,
    )
    from ansible_collections.certops.orders.plugins.module_utils._certcentral_changes import Memory
    from ansible_collections.certops.orders.plugins.module_utils._certcentral_objects import Order, StatusChange
else:
    # ansible-rulebook runs this file by its path, where neither ansible nor ansible_collections may be there to import.
    _PACKAGE = "certops_orders_module_utils"

    def _shared(name: str) -> Any:
        if _PACKAGE not in sys.modules:
            spec = importlib.machinery.ModuleSpec(_PACKAGE, None, is_package=True)
            spec.submodule_search_locations = [str(Path(__file__).resolve().parents[4] / "plugins" / "module_utils")]
            sys.modules[_PACKAGE] = importlib.util.module_from_spec(spec)
        return importlib.import_module(f"{_PACKAGE}.{name}")

    _certcentral, _certcentral_changes = _shared("_certcentral"), _shared("_certcentral_changes")
    _errors, _files, _http = _shared("_errors"), _shared("_files"), _shared("_http")
    _options, _orders = _shared("_options"), _shared("_orders")

Result = TypeVar("Result")

_LOG = logging.getLogger("certops.orders.certcentral_orders")
_SHORTEST_INTERVAL = 60.0
_LONGEST_BACKOFF = 3600.0
# Orders that are read by one list of ids.
_ORDERS_AT_ONCE = 100
# How often one look saves at most what it has told.
_SAVES = 100
_DEFAULTS: dict[str, Any] = {
    "state_file": None,
    "interval": 300.0,
    "statuses": None,
    "lookback": 0,
    "with_orders": True,
    **{name: option.get("default") for name, option in _options.CERTCENTRAL_OPTIONS.items()},
}
_NUMBERS = ("lookback", "timeout", "retries", "rate_limit_timeout")
_FLAGS = ("with_orders", "validate_certs")
_YES_OR_NO = {"true": True, "yes": True, "false": False, "no": False}


class SourceError(Exception):
    """The source cannot start: an argument or the state file is not right, and waiting will not change that."""


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put an event on the queue for every change, until it is cancelled. Raises SourceError where it cannot start."""
    context = _http.Context(environ=os.environ, say=lambda line: _LOG.info("%s", line))
    try:
        params = _params(args)
        with ExitStack() as held:
            client = held.enter_context(_certcentral.connect(params, context, writes=False))
            _check_interval(params["interval"], client.transport.connection.base_url)
            state = _State(params["state_file"], client.transport.connection.base_url)
            await state.open(held, min(params["interval"], 5.0), timedelta(seconds=params["lookback"]))
            await _Source(queue, params, context, client, state).run()
    except _errors.LibraryMissing as error:
        raise SourceError(f"the Python library {error.library} is missing where ansible-rulebook runs") from None
    except _options.OptionError as error:
        raise SourceError(_orders.scrub(str(error), context.secrets)) from None
    finally:
        context.stop.set("the event source has ended")


class _State:
    """The memory of a source and the file that it outlives a restart in."""

    def __init__(self, path: str, service: str) -> None:
        self._path = path
        self._service = service
        self._is_saved = True
        self.memory: Memory = _certcentral_changes.Memory.new(service, _now(), timedelta())

    async def open(self, held: ExitStack, pause: float, lookback: timedelta) -> None:
        """Take the file for as long as `held` lasts, and read it. Raises SourceError."""
        try:
            await self._lock(held, pause)
            text = _files.read_text(self._path)
            if text:
                self.memory = _certcentral_changes.Memory.read(text, self._service)
            else:
                self.memory = _certcentral_changes.Memory.new(self._service, _now(), lookback)
                # From now on a restart goes on from here, and a folder that cannot be written to is told at once.
                _files.replace(self._path, self.memory.text())
        except OSError as error:
            raise SourceError(f"state_file {self._path} cannot be used: {error.strerror}") from None
        except (_files.UnsafeFile, _certcentral_changes.StateError) as error:
            raise SourceError(f"state_file {self._path} is not used: {error}") from None

    async def _lock(self, held: ExitStack, pause: float) -> None:
        told = False
        while True:
            try:
                held.enter_context(_files.locked(_files.beside(self._path), wait=False))
            except BlockingIOError:
                if not told:
                    _LOG.warning("state_file %s is another source's; waiting until that one ends", self._path)
                told = True
                await asyncio.sleep(pause)
            else:
                return

    def save(self) -> None:
        """Write it down, in one piece with what comes before it: nothing can be cancelled in between."""
        try:
            _files.replace(self._path, self.memory.text())
        except (OSError, _files.UnsafeFile) as error:
            why = getattr(error, "strerror", None) or error
            if self._is_saved:
                _LOG.error("state_file %s cannot be written (%s): a restart would repeat events", self._path, why)
            self._is_saved = False
        else:
            self._is_saved = True


class _Source:
    def __init__(
        self,
        queue: asyncio.Queue[Any],
        params: Mapping[str, Any],
        context: _http.Context,
        client: _certcentral.CertCentral,
        state: _State,
    ) -> None:
        self._queue = queue
        self._interval: float = params["interval"]
        self._statuses: frozenset[str] | None = params["statuses"]
        self._with_orders: bool = params["with_orders"]
        self._context = context
        self._client = client
        self._state = state

    async def run(self) -> None:
        failures = 0
        while True:
            try:
                await self._look()
            except _errors.ApiError as error:
                failures += 1
                delay = backoff(self._interval, failures)
                self._complain(error, delay)
            else:
                if failures:
                    _LOG.warning("CertCentral answers again")
                failures = 0
                delay = self._interval
            await asyncio.sleep(delay)

    def _complain(self, error: _errors.ApiError, delay: float) -> None:
        why = "check the API key, and that it may read orders: " if isinstance(error, _errors.Denied) else ""
        line = _orders.scrub(f"{why}{error.message}", self._context.secrets)
        level = logging.ERROR if why else logging.WARNING
        _LOG.log(level, "%s; no event is lost, looking again in %.0f s", line, delay)

    async def _look(self) -> None:
        """Tell all that is new. Raises ApiError; what was told until then stays told."""
        memory = self._state.memory
        look = memory.look(_now())
        if look.gap:
            _LOG.error("events may be missing: %s", look.gap)
            await self._put(memory.gap_event(look))
            memory.pass_over(look)
            self._state.save()
        fresh = memory.fresh(await self._in_thread(self._client.status_changes, look.seconds))
        step = max(1, math.ceil(len(fresh) / _SAVES))
        told = 0
        for several in _chunks(fresh):
            orders = await self._read([change for change in several if self._is_wanted(change)])
            for change in several:
                if not self._is_wanted(change):
                    memory.note(change, look)
                    continue
                await self._put(memory.event(change, look, orders.get(change.order_id), _now().date()))
                memory.note(change, look)
                told += 1
                if told % step == 0:
                    self._state.save()
        memory.done(look)
        self._state.save()

    def _is_wanted(self, change: StatusChange) -> bool:
        return self._statuses is None or change.status in self._statuses

    async def _put(self, event: dict[str, Any]) -> None:
        await self._queue.put(_orders.scrub(event, self._context.secrets))

    async def _read(self, changes: list[StatusChange]) -> dict[int, Order]:
        wanted = {change.order_id for change in changes}
        if not (wanted and self._with_orders):
            return {}
        filters = [("id", order_id) for order_id in sorted(wanted)]
        rows, _total = await self._in_thread(lambda: self._client.page(filters, limit=len(filters)))
        return {row.id: row for row in rows if row.id in wanted}

    async def _in_thread(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """Ask without keeping the other sources waiting."""
        work: asyncio.Future[Result] = asyncio.ensure_future(asyncio.to_thread(call, *arguments))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # A thread cannot be cancelled: it wakes up where it waits, and a request ends by its own deadline.
            self._context.stop.set("the event source is being stopped")
            await asyncio.gather(work, return_exceptions=True)
            raise


def backoff(interval: float, failures: int) -> float:
    """Seconds until the next look after so many failures in a row, jittered; an hour at most, or the interval."""
    longest = max(interval, _LONGEST_BACKOFF)
    return random.uniform(0.75, 1.0) * min(longest, interval * 2.0 ** min(failures, 20))  # noqa: S311


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)


def _chunks(changes: list[StatusChange]) -> Iterator[list[StatusChange]]:
    for start in range(0, len(changes), _ORDERS_AT_ONCE):
        yield changes[start : start + _ORDERS_AT_ONCE]


# -- arguments ---------------------------------------------------------------------------------------------------------


def _params(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as the client takes them. Raises OptionError; its text holds no value."""
    unknown = sorted(str(name) for name in set(args) - set(_DEFAULTS))
    if unknown:
        raise _options.OptionError(f"no such argument: {', '.join(unknown)}")
    params = {**_DEFAULTS, **{name: value for name, value in args.items() if value is not None}}
    for name in _NUMBERS:
        params[name] = int(_number(name, params[name]))
    for name in _FLAGS:
        params[name] = _flag(name, params[name])
    params["interval"] = _number("interval", params["interval"])
    if not 0 <= params["lookback"] <= _certcentral_changes.REACH.total_seconds():
        raise _options.OptionError("lookback must be 0 to 604800, in seconds")
    for name in ("state_file", "api_key", "api_url", "ca_path", "rate_limit", "region"):
        if not isinstance(params[name], (str, type(None))):
            raise _options.OptionError(f"{name} must be text")
    if not params["state_file"]:
        raise _options.OptionError("state_file is required: a file that only this source writes")
    if params["region"] not in _certcentral.REGIONS:
        raise _options.OptionError(f"region must be one of {', '.join(_certcentral.REGIONS)}")
    params["state_file"] = str(Path(params["state_file"]).expanduser())
    return {**params, "statuses": _statuses(params["statuses"])}


def _check_interval(interval: float, base_url: str) -> None:
    shortest = 0.01 if _options.is_loopback(base_url) else _SHORTEST_INTERVAL
    if not shortest <= interval <= _certcentral_changes.REACH.total_seconds() / 2:
        raise _options.OptionError(f"interval must be {_SHORTEST_INTERVAL:.0f} to 302400, in seconds")


def _number(name: str, value: Any) -> float:
    # A template in a rulebook may hand it on as text.
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise _options.OptionError(f"{name} must be a number")
    return number


def _flag(name: str, value: Any) -> bool:
    flag = value if isinstance(value, bool) else _YES_OR_NO.get(str(value).strip().lower())
    if flag is None:
        raise _options.OptionError(f"{name} must be true or false")
    return flag


def _statuses(value: Any) -> frozenset[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(status, str) for status in value):
        raise _options.OptionError("statuses must be a list of words, such as issued; leave it out for all")
    return frozenset(status.strip().lower() for status in value)
