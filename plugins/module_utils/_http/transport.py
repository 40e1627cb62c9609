# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""HTTP for one service: deadlines, TLS, proxies, pacing, retries, redaction and counters.

Knows no provider and no Ansible. Reads are repeated after what passes; a write only where it was never sent, or after
a 429: everything else is for the caller to look at with a fresh read.
"""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import quote, urlencode

from .._common.errors import (
    ApiError,
    Denied,
    NotFound,
    RateLimited,
    Refused,
    ServerError,
    StaleRead,
    Stopped,
    Unreadable,
    WrongAddress,
)
from .._common.text import printable, scrub
from .diagnosis import code_of, diagnose
from .error_bodies import problems, text_of
from .libraries import requests, require_libraries, urllib3
from .rate_limit import Pacer, state_file
from .retry import RateLimitBudget, backoff, retry_after, throttle_delay
from .session import Session

if TYPE_CHECKING:
    from .._common.context import Context, Stop
    from .connection import Connection

# What is read of one answer at most, decoded, in bytes.
MAX_BODY = 64 * 1024 * 1024
_CHUNK = 64 * 1024
# What answers may be packed in; others can unpack into gigabytes before we could count them.
_ENCODINGS = ("gzip", "deflate")
# How many errors of one answer are shown.
_PROBLEMS_SHOWN = 20
# A wait shorter than this is not worth a line.
_WORTH_SAYING = 2.0
# The next step after an HTTP status with these error codes, empty where there is none.
Advise = Callable[[int, Sequence[str]], str]


@dataclass
class Counters:
    """What a run has cost: requests sent, of which retries, and seconds waited, added up over the workers."""

    requests: int = 0
    retries: int = 0
    waited: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, requests: int = 0, retries: int = 0, waited: float = 0.0) -> None:
        with self._lock:
            self.requests += requests
            self.retries += retries
            self.waited += waited

    def shown(self) -> dict[str, Any]:
        return {"requests": self.requests, "retries": self.retries, "waited": round(self.waited, 3)}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """One service over HTTP, for any number of threads.

    service: its name for messages. headers: sent with each request, secrets among them.
    advise: the next step after an HTTP status with these error codes, empty where there is none of the service's own.
    notify: shows a line to the operator at once.
    """

    def __init__(
        self,
        service: str,
        connection: Connection,
        *,
        headers: Mapping[str, str],
        advise: Advise,
        pacer: Pacer,
        stop: Stop,
        notify: Callable[[str], None],
        secrets: Sequence[str],
    ) -> None:
        require_libraries()
        if not connection.verify:
            # It was asked for; urllib3 would write a warning to stderr with every request.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self.service = service
        self.connection = connection
        self.counters = Counters()
        # The requests that may be sent at most, retries included; None for any number.
        self.max_requests: int | None = None
        self._headers = {"Accept": "application/json", **headers}
        self._advise = advise
        self._pacer = pacer
        self._stop = stop
        self._notify = notify
        self._secrets = secrets
        self._quiet_until = 0.0
        self._local = threading.local()
        self._sessions: list[Session] = []

    def close(self) -> None:
        for session in self._sessions:
            session.close()
        self._sessions.clear()

    def budget(self) -> RateLimitBudget:
        return RateLimitBudget(self.connection.rate_limit_timeout)

    def read(
        self,
        what: str,
        path: Sequence[object],
        query: Iterable[tuple[str, object]] = (),
        *,
        absent: Sequence[str] = (),
        may_be_list: bool = False,
    ) -> dict[str, Any]:
        """GET a JSON object; `what` says in messages what was asked for ("read order 123").

        absent: the error codes of a 404 that say that the object which the path names does not exist. Any other 404
        is that of a wrong address. may_be_list: an empty JSON list counts as an empty object; some services have no
        other empty one.

        Raises ApiError, or Stopped.
        """
        with _absence(absent):
            reply = self._send(what, "GET", self._url(path, query), None, None, self.budget())
        return self._json(what, reply, may_be_list=may_be_list)

    def probe(self, what: str, path: Sequence[object], query: Iterable[tuple[str, object]] = ()) -> Reply:
        """GET, and return the reply to a refusal (a 4xx) as well: for a check of how the service answers.

        What passes is repeated as in `read`, a 429 as well. Raises ApiError, or Stopped.
        """
        return self._send(what, "GET", self._url(path, query), None, None, self.budget(), takes_refusal=True)

    def write(
        self,
        what: str,
        method: str,
        path: Sequence[object],
        body: Mapping[str, Any] | None,
        *,
        fresh_until: float,
        budget: RateLimitBudget,
        query: Iterable[tuple[str, object]] = (),
        once: bool = False,
        absent: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Send a change, with a JSON body or none; absent: as in `read`.

        fresh_until: when the read that it rests on is too old, in monotonic seconds.
        once: never send it again, whatever happens; after a 429 it is as if the read had become too old meanwhile.

        Raises StaleRead where it was not sent for that reason, Stopped, or ApiError: where `error.ambiguous`, the
        change may have been made.
        """
        sent = None if body is None else json.dumps(body).encode()
        with _absence(absent):
            reply = self._send(what, method, self._url(path, query), sent, fresh_until, budget, once=once)
        return self._json(what, reply) if reply.body.strip() else {}

    def _url(self, path: Sequence[object], query: Iterable[tuple[str, object]] = ()) -> str:
        url = "/".join([self.connection.base_url, *(quote(str(part), safe="") for part in path)])
        encoded = urlencode([(name, str(value)) for name, value in query])
        return f"{url}?{encoded}" if encoded else url

    def _send(
        self,
        what: str,
        method: str,
        url: str,
        body: bytes | None,
        fresh_until: float | None,
        budget: RateLimitBudget,
        once: bool = False,
        takes_refusal: bool = False,
    ) -> Reply:
        """The one loop of attempts; a write is known by its `fresh_until`."""
        repeats = retries = throttled = 0
        waited = 0.0
        error = ApiError(f"{what}: not sent")
        while True:
            try:
                reply = self._attempt(what, method, url, body, fresh_until)
                if 200 <= reply.status < 300 or (takes_refusal and 400 <= reply.status < 500 and reply.status != 429):
                    return reply
                raise self._refusal(what, reply)
            except RateLimited as limited:
                error = limited
                delay = throttle_delay(limited.retry_after, throttled, self.connection.windows)
                throttled += 1
                again = budget.spend(delay)
                if again:
                    # Where the file cannot be used, the next request will say so.
                    with suppress(OSError):
                        self._pacer.hold_off(delay)
            except ApiError as failed:
                error = failed
                delay = backoff(retries)
                again = failed.passing and retries < self.connection.retries and not once
                # Whether a change was made is not ours to guess: the caller reads again.
                again = again and (fresh_until is None or not failed.ambiguous)
                retries += again
            if not again:
                error.retries, error.waited = repeats, waited
                raise error
            self._announce(f"{error.message}; trying again in {delay:.0f} s", delay)
            self._stop.pause(delay)
            if once:
                self.counters.add(waited=delay)
                raise StaleRead(what)
            repeats += 1
            waited += delay
            self.counters.add(retries=1, waited=delay)

    def _attempt(self, what: str, method: str, url: str, body: bytes | None, fresh_until: float | None) -> Reply:
        if self.max_requests is not None and self.counters.requests >= self.max_requests:
            why = f"could not {what}: the {self.max_requests} requests that may be sent at most are used up"
            raise ApiError(why, code="too_many_requests")
        try:
            slot = self._pacer.acquire(functools.partial(self._pace, what))
        except OSError as error:
            why = f"could not {what}: the rate limit cannot be kept, as its file cannot be used ({error.strerror})"
            raise ApiError(why, code="rate_limit_file") from None
        self.counters.add(waited=slot.waited)
        # A stop ends writes; a read may still be needed to tell what became of one.
        if fresh_until is not None and (self._stop or time.monotonic() > fresh_until):
            slot.cancel()
            raise Stopped(self._stop.reason) if self._stop else StaleRead(what)
        try:
            self.counters.add(requests=1)
            return self._exchange(what, method, url, body)
        finally:
            slot.done()

    def _pace(self, what: str, seconds: float) -> None:
        self._announce(f"waiting {seconds:.0f} s to {what}, to stay within the rate limit", seconds)
        self._stop.pause(seconds)

    def _announce(self, line: str, delay: float) -> None:
        """Announce a wait, once for all workers that wait at the same time."""
        now = time.monotonic()
        if delay >= _WORTH_SAYING and now >= self._quiet_until:
            self._quiet_until = now + delay / 2
            self._notify(line)

    def _exchange(self, what: str, method: str, url: str, body: bytes | None) -> Reply:
        """Send once, whatever comes. Raises NotSent, LostReply or Unreadable."""
        reply = self._reply(what, method, url, body)
        if isinstance(reply, ApiError):
            raise reply
        return reply

    def _reply(self, what: str, method: str, url: str, body: bytes | None) -> Reply | ApiError:
        # Returned and not raised: neither an exception's text nor its chain may go on, as both can hold URL, proxy
        # or headers.
        session = self._session()
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        try:
            with session.open(method, url, headers, body) as response:
                return Reply(response.status_code, response.headers, self._explained(what, response))
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return self._network_error(what, error, session.sent)

    def _explained(self, what: str, response: requests.Response) -> bytes:
        """The body; that of a refusal (4xx) may be missing, as the status alone says that nothing was done."""
        try:
            return self._body(what, response)
        except (Unreadable, urllib3.exceptions.HTTPError, OSError):
            if 400 <= response.status_code < 500:
                return b""
            raise

    def _body(self, what: str, response: requests.Response) -> bytes:
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ("", "identity", *_ENCODINGS):
            # Several layers among them, which unpack a thousandfold each.
            raise Unreadable(
                f"{self.service} answered in an encoding that was not asked for when asked to {what}",
                response.status_code,
                "unreadable",
            )
        # urllib3 1.26 takes a body that was cut off for a whole one unless it is told not to.
        response.raw.enforce_content_length = True
        chunks = []
        size = 0
        while chunk := response.raw.read(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > MAX_BODY:
                raise Unreadable(
                    f"{self.service} answered with more than {MAX_BODY // 2**20} MiB when asked to {what}",
                    response.status_code,
                    "unreadable",
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _network_error(self, what: str, error: Exception, sent: bool) -> ApiError:
        kind, why = diagnose(error, sent, self.connection)
        return kind(f"could not {what}: {why}", code=code_of(kind))

    def _refusal(self, what: str, reply: Reply) -> ApiError:
        several = self._explanation(reply)
        status = reply.status
        codes = tuple(code for code, _message in several if code)
        shown = [", ".join(part for part in problem if part) for problem in several[:_PROBLEMS_SHOWN]]
        shown += [f"and {len(several) - _PROBLEMS_SHOWN} more"] if len(several) > _PROBLEMS_SHOWN else []
        text = f"{self.service} refused to {what} (HTTP {status}{', ' if shown else ''}{'; '.join(shown)})"
        code = codes[0] if codes else None
        if status == 429:
            limited = RateLimited(text, status, code)
            limited.retry_after = retry_after(reply.headers)
            return limited
        if 300 <= status < 400:
            return Refused(f"{text}: it points to another address, which is never followed; check api_url", status)
        if status == 404:
            return WrongAddress(text, status, code, codes=codes, address=self.connection.base_url)
        if status >= 500:
            return ServerError(text.replace("refused to", "failed to", 1), status, code)
        advice = self._advise(status, codes)
        kind = Denied if status in (401, 403) else Refused
        return kind(f"{text}; {advice}" if advice else text, status, code)

    def _explanation(self, reply: Reply) -> list[tuple[str, str]]:
        """The errors that an answer tells, as (code, message), fit for a message."""
        try:
            found = problems(_loads(reply.body))
        except (ValueError, RecursionError):
            # A CDN's HTML page, for one (docs/development/reference/certcentral.md 1.2). No secret may lose a part
            # before it is hidden.
            text = text_of(scrub(reply.body.decode("utf-8", "replace"), self._secrets))
            found = [("", f"an answer that is not JSON: {text}")] if text else []
            found = found or ([("", "an answer that is not JSON")] if reply.body.strip() else [])
        return [(self.clean(code), self.clean(message)) for code, message in found]

    def _json(self, what: str, reply: Reply, *, may_be_list: bool = False) -> dict[str, Any]:
        try:
            data = _loads(reply.body)
        except (ValueError, RecursionError):
            data = None
        if may_be_list and data == []:
            return {}
        if not isinstance(data, dict):
            raise Unreadable(
                f"{self.service} answered with something that is not a JSON object when asked to {what}",
                reply.status,
                "unreadable",
            )
        return data

    def clean(self, text: str) -> str:
        """Text from the service, fit for a message."""
        return printable(scrub(text, self._secrets), 300)

    def _session(self) -> Session:
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = Session(self.connection)
            self._sessions.append(session)
        return session


def open_transport(
    service: str,
    connection: Connection,
    context: Context,
    headers: Mapping[str, str],
    advise: Advise,
) -> Transport:
    """A transport for a task, paced together with the other forks of its run; nothing is sent here.

    Raises LibraryMissing. What is added to the context's secrets later is redacted as well.
    """
    shared = state_file(context.state_dir, connection.base_url, connection.api_key, connection.windows)
    return Transport(
        service,
        connection,
        headers=headers,
        advise=advise,
        pacer=Pacer(connection.windows, connection.timeout, shared),
        stop=context.stop,
        notify=context.notify,
        secrets=context.secrets,
    )


@contextmanager
def _absence(codes: Sequence[str]) -> Iterator[None]:
    """Turn a 404 with one of these error codes into NotFound: only then the service said that it has no such object.

    A gateway, a wrong path or another service answers 404 as well; what names something else that was not found, such
    as the route, is not about the object either.
    """
    try:
        yield
    except WrongAddress as error:
        not_found = {code for code in error.codes if code.partition("|")[0] == "not_found"}
        if not not_found or not not_found.issubset(codes):
            raise
        absent = NotFound(error.said, error.http_status, error.code)
        absent.retries, absent.waited = error.retries, error.waited
        raise absent from None


def _loads(body: bytes) -> Any:
    def no_constant(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    return json.loads(body, parse_constant=no_constant)
