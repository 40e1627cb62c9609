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
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, TypeVar

DOCUMENTATION = r"""
---
short_description: Event source for status changes of DigiCert CertCentral orders
description:
  - Polls CertCentral for orders whose status changed, and emits an event for every change.
  - After a restart, the source continues where it stopped. CertCentral returns the changes of at most the last 7 days.
    If the source was stopped for a longer time, it emits an event that reports the gap.
  - An event is only a hint. Use it to start plans and notifications, and never to start a change.
  - The source only reads. It needs the Python library requests.
options:
  state_file:
    description:
      - Path of the file in which the source records the events that it has emitted. Every source needs its own file, in
        an existing directory that survives a restart. The file is accessible to its owner only, and contains no
        secrets.
    type: str
    required: true
  interval:
    description:
      - Time in seconds between two polls. The value must be between 60 and 302400. For a service on the same machine,
        such as a simulator, values below 60 are allowed as well.
    type: float
    default: 300
  statuses:
    description:
      - The new statuses to emit events for, in the spelling of CertCentral, for example V(issued), V(rejected),
        V(canceled), V(revoked) or V(expired). If this option is not set, the source emits events for all statuses.
    type: list
    elements: str
  lookback:
    description:
      - On the first start, when O(state_file) does not exist, also emit events for the changes in this number of
        seconds before the start. The maximum is 604800 (7 days).
    type: int
    default: 0
  with_orders:
    description:
      - Whether to read the changed orders, in lists of 100, and to add each order to its event.
    type: bool
    default: true
  api_key:
    description:
      - The CertCentral API key. A read-only API key is sufficient.
      - If this option is not set, the source uses the value of E(DIGICERT_API_KEY). This is recommended, because the
        API key then cannot appear in any output.
    type: str
  region:
    description:
      - The CertCentral instance that hosts the account.
    type: str
    choices: [us, eu]
    default: us
  api_url:
    description:
      - The base URL of the service. It overrides O(region).
      - If this option is not set, the source uses the value of E(DIGICERT_API_URL). An API key from the environment is
        sent only to a built-in O(region), or to the address in E(DIGICERT_API_URL).
    type: str
  validate_certs:
    description:
      - Whether to validate the TLS certificate of the service.
    type: bool
    default: true
  ca_path:
    description:
      - Path of a file or directory with the CA certificates to trust.
    type: str
  timeout:
    description:
      - Maximum duration of one API request in seconds.
    type: int
    default: 30
  retries:
    description:
      - How often to repeat a failed API request before the source waits for a longer time.
    type: int
    default: 3
  rate_limit:
    description:
      - The rate limits to stay within, as C(requests/seconds). Separate several limits by commas. V(none) turns off
        rate limiting.
    type: str
    default: 100/5, 1000/180
  rate_limit_timeout:
    description:
      - Maximum time in seconds to wait while CertCentral answers that there are too many API requests (HTTP status
        429), before the source waits for a longer time.
    type: int
    default: 300
  feedback:
    description:
      - Whether to record an event only after ansible-rulebook confirms that its rule engine has the event. Requires the
        persistence of ansible-rulebook. A stop or a kill then loses no event. The source must have its own name in the
        rulebook.
    type: bool
    default: false
"""

EXAMPLES = r"""
- certops.orders.certcentral_orders:
    state_file: /var/lib/certops/events.json
    statuses: [rejected, issued]
"""

if TYPE_CHECKING:
    from ansible_collections.certops.orders.plugins.module_utils._certcentral import change_feed as _change_feed
    from ansible_collections.certops.orders.plugins.module_utils._certcentral import client as _client
    from ansible_collections.certops.orders.plugins.module_utils._certcentral import filters as _filters
    from ansible_collections.certops.orders.plugins.module_utils._certcentral.change_feed import Memory, Poll
    from ansible_collections.certops.orders.plugins.module_utils._certcentral.models import Order, StatusChange
    from ansible_collections.certops.orders.plugins.module_utils._common import context as _context
    from ansible_collections.certops.orders.plugins.module_utils._common import errors as _errors
    from ansible_collections.certops.orders.plugins.module_utils._common import options as _options
    from ansible_collections.certops.orders.plugins.module_utils._common import text as _text
    from ansible_collections.certops.orders.plugins.module_utils._files import secure as _secure
    from ansible_collections.certops.orders.plugins.module_utils._http import connection as _connection
else:
    # ansible-rulebook runs this file by its path, and may have no packages ansible and ansible_collections. So the
    # module_utils are imported by path under a package name of their own.
    _PACKAGE = "certops_orders_module_utils"

    def _import_module_util(name: str) -> Any:
        if _PACKAGE not in sys.modules:
            spec = importlib.machinery.ModuleSpec(_PACKAGE, None, is_package=True)
            spec.submodule_search_locations = [str(Path(__file__).resolve().parents[4] / "plugins" / "module_utils")]
            sys.modules[_PACKAGE] = importlib.util.module_from_spec(spec)
        return importlib.import_module(f"{_PACKAGE}.{name}")

    _change_feed = _import_module_util("_certcentral.change_feed")
    _client = _import_module_util("_certcentral.client")
    _filters = _import_module_util("_certcentral.filters")
    _context = _import_module_util("_common.context")
    _errors = _import_module_util("_common.errors")
    _options = _import_module_util("_common.options")
    _text = _import_module_util("_common.text")
    _secure = _import_module_util("_files.secure")
    _connection = _import_module_util("_http.connection")

Result = TypeVar("Result")

_LOG = logging.getLogger("certops.orders.certcentral_orders")
_SHORTEST_INTERVAL = 60.0
_LONGEST_BACKOFF = 3600.0
# How often a poll repeats the request if the response came late.
_LATE_RETRIES = 2
# Seconds to wait for the confirmation of an event before a warning.
_FEEDBACK_WARNING_AFTER = 600.0
# Maximum orders in one list request.
_ORDERS_PER_LIST = 100
# Maximum writes of the state file in one poll.
_MAX_SAVES = 100
_DEFAULTS: dict[str, Any] = {
    "state_file": None,
    "interval": 300.0,
    "statuses": None,
    "lookback": 0,
    "with_orders": True,
    "feedback": False,
    **{name: option.get("default") for name, option in _options.CERTCENTRAL_OPTIONS.items()},
}
_NUMBERS = ("lookback", "timeout", "retries", "rate_limit_timeout")
_FLAGS = ("with_orders", "validate_certs", "feedback")
# A template in a rulebook can pass numbers and booleans as strings.
_NUMBER = re.compile(r"\s*[0-9]+(?:\.[0-9]+)?\s*")
_YES_OR_NO = {"true": True, "yes": True, "false": False, "no": False}
# The argument that ansible-rulebook adds with feedback: a queue of the events that its rule engine has accepted.
_FEEDBACK_QUEUE = "eda_feedback_queue"


class SourceError(Exception):
    """The source cannot start, because an argument or the state file is not valid. A retry cannot succeed."""


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put an event on the queue for every change until canceled. Raises SourceError if the source cannot start."""
    context = _context.Context(environ=os.environ, notify=lambda line: _LOG.info("%s", line))
    try:
        params = _params(args)
        with ExitStack() as resources:
            client = resources.enter_context(_client.connect(params, context, writes=False))
            _check_interval(params["interval"], client.transport.connection.base_url)
            state = _State(params["state_file"], client.transport.connection.base_url)
            await state.open(resources, min(params["interval"], 5.0), timedelta(seconds=params["lookback"]))
            await _Source(queue, params, context, client, state).run()
    except _errors.LibraryMissing as error:
        raise SourceError(f"{error.message} on the host where ansible-rulebook runs") from None
    except _options.OptionError as error:
        raise SourceError(_text.scrub(str(error), context.secrets)) from None
    finally:
        context.stop.set("the event source has ended")


class _State:
    """The memory of a source, and the state file that keeps it over a restart."""

    def __init__(self, path: str, service: str) -> None:
        self._path = path
        self._service = service
        self._is_saved = True
        self.memory: Memory = _change_feed.Memory.new(service, _now(), timedelta())

    async def open(self, resources: ExitStack, pause: float, lookback: timedelta) -> None:
        """Lock the state file until `resources` closes, and read it. Raises SourceError.

        pause: seconds between attempts to lock. lookback: how far a new state file reaches back.
        """
        try:
            await self._lock(resources, pause)
            text = _secure.read_text(self._path)
            if text:
                self.memory = _change_feed.Memory.read(text, self._service)
            else:
                self.memory = _change_feed.Memory.new(self._service, _now(), lookback)
                # Written at once: a restart continues from here, and an unwritable folder is an error at the start.
                _secure.replace(self._path, self.memory.text())
                # A warning, for an operator who has lost the state file.
                _LOG.warning(
                    "state_file %s is new: events are created for changes %s",
                    self._path,
                    "from now on" if not lookback else f"of the last {lookback.total_seconds():.0f} seconds",
                )
        except OSError as error:
            raise SourceError(f"state_file {self._path} cannot be used: {error.strerror}") from None
        except (_secure.UnsafeFile, _change_feed.StateError) as error:
            raise SourceError(f"state_file {self._path} cannot be used: {error}") from None

    async def _lock(self, resources: ExitStack, pause: float) -> None:
        is_logged = False
        while True:
            try:
                resources.enter_context(_secure.locked(_secure.beside(self._path), wait=False))
            except BlockingIOError:
                if not is_logged:
                    _LOG.warning(
                        "state_file %s is in use by another source: waiting until that source ends", self._path
                    )
                is_logged = True
                await asyncio.sleep(pause)
            else:
                return

    def save(self) -> None:
        """Write the state file. A failure is logged once and does not stop the source."""
        try:
            _secure.replace(self._path, self.memory.text())
        except (OSError, _secure.UnsafeFile) as error:
            why = getattr(error, "strerror", None) or error
            if self._is_saved:
                _LOG.error(
                    "state_file %s cannot be written (%s): after a restart, events would be repeated", self._path, why
                )
            self._is_saved = False
        else:
            self._is_saved = True


class _Source:
    def __init__(
        self,
        queue: asyncio.Queue[Any],
        params: Mapping[str, Any],
        context: _context.Context,
        client: _client.CertCentral,
        state: _State,
    ) -> None:
        self._queue = queue
        self._interval: float = params["interval"]
        self._statuses: frozenset[str] | None = params["statuses"]
        self._with_orders: bool = params["with_orders"]
        self._feedback: asyncio.Queue[Any] | None = params["feedback"]
        self._has_gap = False
        self._clock_offset = _clock_offset()
        self._context = context
        self._client = client
        self._state = state

    async def run(self) -> None:
        failures = 0
        while True:
            try:
                await self._poll()
            except _errors.ApiError as error:
                failures += 1
                delay = backoff(self._interval, failures)
                self._log_failure(error, delay)
            else:
                if failures:
                    _LOG.warning("CertCentral answers again")
                failures = 0
                delay = self._interval
            await asyncio.sleep(delay)

    def _log_failure(self, error: _errors.ApiError, delay: float) -> None:
        why = "check the API key and its permission to read orders: " if isinstance(error, _errors.Denied) else ""
        line = _text.scrub(f"{why}{error.message}", self._context.secrets)
        level = logging.ERROR if why else logging.WARNING
        memory = self._state.memory
        assurance = "" if self._has_gap or memory.gap(memory.poll(_now())) else "no event is lost, "
        _LOG.log(level, "%s; %snext poll in %.0f s", line, assurance, delay)

    async def _poll(self) -> None:
        """Poll CertCentral once and deliver all new events. Raises ApiError; events delivered before stay recorded."""
        memory = self._state.memory
        poll, changes = await self._fetch_changes()
        gap = memory.gap(poll)
        if gap:
            self._has_gap = True
            _LOG.error("events may be missing: %s", gap)
            await self._put(memory.gap_event(poll))
            memory.pass_over(poll)
            await self._save()
        fresh = memory.fresh(changes, poll)
        step = max(1, math.ceil(sum(map(self._is_wanted, fresh)) / _MAX_SAVES))
        delivered = 0
        for chunk in _chunks(fresh):
            orders = await self._read([change for change in chunk if self._is_wanted(change)])
            for change in chunk:
                if not self._is_wanted(change):
                    memory.note(change, poll)
                    continue
                await self._put(memory.event(change, poll, orders.get(change.order_id), _now().date()))
                memory.note(change, poll)
                delivered += 1
                if delivered % step == 0:
                    await self._save()
        memory.done(poll)
        self._has_gap = False
        await self._save()

    async def _fetch_changes(self) -> tuple[Poll, list[StatusChange]]:
        """Fetch the changes since the last poll. Repeats the request if a late response does not reach back so far."""
        memory, status_changes = self._state.memory, self._client.status_changes
        previous_offset, self._clock_offset = self._clock_offset, _clock_offset()
        if previous_offset - self._clock_offset > timedelta(seconds=1):
            memory.set_back(previous_offset - self._clock_offset)
        # The week comes first, so that a change between the two requests counts as new.
        reach = int(_change_feed.REACH.total_seconds())
        week, _whole = await self._in_thread(status_changes, reach) if memory.is_new else ([], True)
        latency = timedelta()
        for _attempt in range(1 + _LATE_RETRIES):
            poll = memory.poll(_now(), latency)
            changes, is_whole = await self._in_thread(status_changes, poll.seconds)
            poll = poll.answered_at(_now(), is_whole)
            if memory.reaches(poll):
                break
            latency = poll.answered - poll.asked
        if memory.is_new:
            memory.begin(week, changes, poll)
        return poll, changes

    def _is_wanted(self, change: StatusChange) -> bool:
        return self._statuses is None or change.status.lower() in self._statuses

    async def _put(self, event: dict[str, Any]) -> None:
        """Deliver an event. If the delivery or the next save is canceled, a restart delivers the event again."""
        await self._queue.put(_text.scrub(event, self._context.secrets))
        if self._feedback is None:
            return
        answer = asyncio.ensure_future(self._feedback.get())
        try:
            while not (await asyncio.wait({answer}, timeout=_FEEDBACK_WARNING_AFTER))[0]:
                _LOG.warning("still waiting for ansible-rulebook to confirm an event (option feedback)")
        finally:
            answer.cancel()

    async def _save(self) -> None:
        await self._in_thread(self._state.save)

    async def _read(self, changes: list[StatusChange]) -> dict[int, Order]:
        order_ids = {change.order_id for change in changes}
        if not (order_ids and self._with_orders):
            return {}
        filters = [("id", order_id) for order_id in sorted(order_ids)]
        rows, _total = await self._in_thread(lambda: self._client.page(filters, limit=len(filters)))
        return {row.id: row for row in rows if row.id in order_ids}

    async def _in_thread(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """Run a blocking call in a thread, so that other sources continue. If canceled, wait for the call to end."""
        work: asyncio.Future[Result] = asyncio.ensure_future(asyncio.to_thread(call, *arguments))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # A thread cannot be canceled: `stop` ends its waits, and a request ends at its own deadline.
            self._context.stop.set("the event source is being stopped")
            await asyncio.gather(work, return_exceptions=True)
            raise


def backoff(interval: float, failures: int) -> float:
    """Return seconds until the next poll after consecutive failures, with jitter; at most an hour or the interval."""
    longest = max(interval, _LONGEST_BACKOFF)
    return random.uniform(0.75, 1.0) * min(longest, interval * 2.0 ** min(failures, 20))  # noqa: S311


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)


def _clock_offset() -> timedelta:
    """Return how far the wall clock is ahead of the monotonic clock. It also grows while the machine is suspended."""
    return timedelta(seconds=round(time.time() - time.monotonic()))


def _chunks(changes: list[StatusChange]) -> Iterator[list[StatusChange]]:
    for start in range(0, len(changes), _ORDERS_PER_LIST):
        yield changes[start : start + _ORDERS_PER_LIST]


# -- arguments ---------------------------------------------------------------------------------------------------------


def _params(args: Mapping[str, Any]) -> dict[str, Any]:
    """Check the arguments and return them as the client accepts them. Raises OptionError without argument values.

    feedback becomes the queue of ansible-rulebook, or None.
    """
    unknown = sorted(str(name) for name in set(args) - set(_DEFAULTS) - {_FEEDBACK_QUEUE})
    if unknown:
        raise _options.OptionError(f"unknown option: {', '.join(unknown)}")
    params = {**_DEFAULTS, **{name: value for name, value in args.items() if name in _DEFAULTS and value is not None}}
    for name in _NUMBERS:
        params[name] = _whole_number(name, params[name])
    for name in _FLAGS:
        params[name] = _flag(name, params[name])
    params["interval"] = _number("interval", params["interval"])
    if not 0 <= params["lookback"] <= _change_feed.REACH.total_seconds():
        raise _options.OptionError("lookback must be between 0 and 604800 seconds")
    for name in ("state_file", "api_key", "api_url", "ca_path", "rate_limit", "region"):
        if not isinstance(params[name], (str, type(None))):
            raise _options.OptionError(f"{name} must be text")
    if params["region"] not in _client.REGIONS:
        raise _options.OptionError(f"region must be one of {', '.join(_client.REGIONS)}")
    params["state_file"] = _state_file(params["state_file"])
    params["statuses"] = _statuses(params["statuses"])
    if params["feedback"] and args.get(_FEEDBACK_QUEUE) is None:
        raise _options.OptionError(
            "feedback needs a newer ansible-rulebook, which confirms events: update it, or set feedback to false"
        )
    params["feedback"] = args[_FEEDBACK_QUEUE] if params["feedback"] else None
    return params


def _check_interval(interval: float, base_url: str) -> None:
    shortest = 0.01 if _connection.is_loopback(base_url) else _SHORTEST_INTERVAL
    if not shortest <= interval <= _change_feed.REACH.total_seconds() / 2:
        raise _options.OptionError(f"interval must be between {_SHORTEST_INTERVAL:.0f} and 302400 seconds")


def _state_file(value: str | None) -> str:
    try:
        path = Path(value or "").expanduser()
    except RuntimeError:
        raise _options.OptionError(
            "state_file begins with ~, but the home directory of that user is not known: set an absolute path"
        ) from None
    if not value:
        raise _options.OptionError("state_file is required: set it to the path of a file that only this source uses")
    if path.name in ("", "..") or "\0" in value:
        raise _options.OptionError("state_file must be the path of a file")
    return str(path)


def _number(name: str, value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    raise _options.OptionError(f"{name} must be a number")


def _whole_number(name: str, value: Any) -> int:
    number = _number(name, value)
    if not number.is_integer():
        raise _options.OptionError(f"{name} must be a whole number")
    return int(number)


def _flag(name: str, value: Any) -> bool:
    flag = value if isinstance(value, bool) else _YES_OR_NO.get(str(value).strip().lower())
    if flag is None:
        raise _options.OptionError(f"{name} must be true or false")
    return flag


def _statuses(value: Any) -> frozenset[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one.strip() for one in value):
        raise _options.OptionError(
            "statuses must be a list of order statuses, such as issued; omit it for all statuses"
        )
    statuses = frozenset(status.strip().lower() for status in value)
    unknown = statuses.difference(_filters.STATUSES)
    if unknown:
        listed = ", ".join(_text.printable(status, 50) for status in sorted(unknown))
        known = ", ".join(_filters.STATUSES)
        _LOG.warning("statuses: CertCentral may never report %s; the known statuses are %s", listed, known)
    return statuses
