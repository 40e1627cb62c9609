# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""HTTP for one service: deadlines, TLS, proxies, pacing, retries, redaction and counters.

This module knows no provider and no Ansible. A read is repeated after any transient error. A write is repeated only if
the service certainly did not act on it: the request was never sent, or the answer was a 429. After any other error the
caller has to find out with a fresh read whether the change was made.
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
from .retry import RateLimitBudget, Repetitions, retry_after
from .session import Session

if TYPE_CHECKING:
    from .._common.context import Context, Stop
    from .connection import Connection

# The maximum size of a decoded body, in bytes.
MAX_BODY = 64 * 1024 * 1024
_CHUNK = 64 * 1024
# The content encodings that are accepted. Others could expand to gigabytes before the size is checked.
_ENCODINGS = ("gzip", "deflate")
# How many errors of one answer a message contains at most.
_MAX_PROBLEMS = 20
# A shorter wait is not announced, in seconds.
_MIN_ANNOUNCED_WAIT = 2.0
# Returns the next step for the operator after an HTTP status with these error codes; empty if there is none.
Advise = Callable[[int, Sequence[str]], str]


@dataclass
class Counters:
    """What a run has cost, for `api` of the result: requests sent, retries among them, and seconds waited.

    The seconds are added up over all worker threads.
    """

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
    """Sends requests to one service; safe for any number of threads.

    service: the name of the service in messages.
    headers: sent with every request; they contain the API key.
    advise: see Advise; only for errors whose next step depends on the service.
    pacer: grants the slots of the rate limit. stop: ends waits and keeps writes from being sent.
    notify: shows a line to the operator at once. secrets: removed from every message.

    Raises LibraryMissing.
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
            # The task sets validate_certs: false. urllib3 would write a warning to stderr with every request.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self.service = service
        self.connection = connection
        self.counters = Counters()
        # How many requests may be sent at most, retries included; None for no limit.
        self.max_requests: int | None = None
        # They contain the API key, so they are in no message and no representation.
        self._headers = {"Accept": "application/json", **headers}
        self._advise = advise
        self._pacer = pacer
        self._stop = stop
        self._notify = notify
        self._secrets = secrets
        # No wait is announced before this time, in monotonic seconds.
        self._quiet_until = 0.0
        # A requests session is not safe for several threads: every thread has its own.
        self._local = threading.local()
        self._sessions: list[Session] = []

    def close(self) -> None:
        for session in self._sessions:
            session.close()
        self._sessions.clear()

    def budget(self) -> RateLimitBudget:
        """A new budget for the waits of one read, or of one change, after answers with 429."""
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
        """Send a GET request and return the JSON object of the answer.

        what: the purpose of the request for messages, such as "read order 123".
        path: the segments below the base URL, not yet quoted.
        absent: the error codes that mean, with a 404, that the object of the path does not exist. Any other 404 means a
        wrong address.
        may_be_list: an empty JSON list counts as an empty object, as some services encode an empty object so.

        Raises ApiError (NotFound if the object does not exist) or Stopped.
        """
        with _absent_as_not_found(absent):
            reply = self._send(what, "GET", self._url(path, query), None, None, self.budget())
        return self._json(what, reply, may_be_list=may_be_list)

    def probe(self, what: str, path: Sequence[object], query: Iterable[tuple[str, object]] = ()) -> Reply:
        """Send a GET request and return the reply, also that of a refusal (a 4xx other than 429).

        For checks of how the service answers. Transient errors are repeated as in `read`. Raises ApiError or Stopped.
        """
        return self._send(what, "GET", self._url(path, query), None, None, self.budget(), returns_refusal=True)

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
        """Send a change and return the JSON object of the answer, an empty one for an empty body.

        what, path, absent: see `read`. body: sent as JSON; None for no body.
        fresh_until: when the read that the change is based on becomes too old, in monotonic seconds.
        budget: the seconds that this change may still wait for a service that answers 429.
        once: send at most one request. After a 429 the method waits and raises StaleRead, so that the caller reads the
        order and decides again.

        Raises StaleRead if the read became too old before the request was sent; Stopped; ApiError. If `error.ambiguous`
        is set, the change may have been made.
        """
        # Encoded once: every attempt sends the same bytes.
        sent = None if body is None else json.dumps(body).encode()
        with _absent_as_not_found(absent):
            reply = self._send(what, method, self._url(path, query), sent, fresh_until, budget, once=once)
        return self._json(what, reply) if reply.body.strip() else {}

    def _url(self, path: Sequence[object], query: Iterable[tuple[str, object]] = ()) -> str:
        # safe="": an ID with a slash must not reach another path.
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
        returns_refusal: bool = False,
    ) -> Reply:
        """Send a request and repeat it where that is allowed; a request with `fresh_until` is a write.

        Every pass of the loop is one request.
        """
        repetitions = Repetitions(self.connection, budget, is_write=fresh_until is not None, once=once)
        while True:
            try:
                reply = self._attempt(what, method, url, body, fresh_until)
                if 200 <= reply.status < 300 or (returns_refusal and 400 <= reply.status < 500 and reply.status != 429):
                    return reply
                error = self._refusal(what, reply)
            except ApiError as failed:
                error = failed
            delay = repetitions.delay(error)
            if delay is None:
                # For the failure of the result, and so for the user who asks why it took so long.
                error.retries, error.waited = repetitions.count, repetitions.waited
                raise error
            if isinstance(error, RateLimited):
                # All threads and forks have to wait. If the shared file cannot be used, the next request fails.
                with suppress(OSError):
                    self._pacer.hold_off(delay)
            self._announce(f"{error.message}; next attempt in {delay:.0f} s", delay)
            self._stop.pause(delay)
            if once:
                # During the wait the order may have changed: the caller has to decide again.
                self.counters.add(waited=delay)
                raise StaleRead(what)
            repetitions.add(delay)
            self.counters.add(retries=1, waited=delay)

    def _attempt(self, what: str, method: str, url: str, body: bytes | None, fresh_until: float | None) -> Reply:
        """Send one request as soon as the rate limit permits. Raises ApiError, StaleRead or Stopped."""
        if self.max_requests is not None and self.counters.requests >= self.max_requests:
            why = f"could not {what}: the limit of {self.max_requests} requests for this task is used up"
            raise ApiError(why, code="too_many_requests")
        # A slot is granted before the request is counted: a stop during the wait costs none.
        try:
            slot = self._pacer.acquire(functools.partial(self._pace, what))
        except OSError as error:
            why = f"the file that all forks share for the rate limit cannot be used ({error.strerror})"
            step = "check the local temporary directory of Ansible (ANSIBLE_LOCAL_TEMP)"
            raise ApiError(f"could not {what}: {why}; {step}", code="rate_limit_file") from None
        self.counters.add(waited=slot.waited)
        # The wait for a slot can be long, so the age of the read is checked after it. A stop ends only writes: a read
        # may still be necessary to find out the result of a write.
        if fresh_until is not None and (self._stop or time.monotonic() > fresh_until):
            slot.cancel()
            raise Stopped(self._stop.reason) if self._stop else StaleRead(what)
        try:
            self.counters.add(requests=1)
            return self._exchange(what, method, url, body)
        finally:
            slot.done()

    def _pace(self, what: str, seconds: float) -> None:
        """Wait for a slot of the rate limit; the pacer calls this. Raises Stopped."""
        self._announce(f"waiting {seconds:.0f} s for the rate limit (next request: {what})", seconds)
        self._stop.pause(seconds)

    def _announce(self, line: str, delay: float) -> None:
        """Announce a wait: one line for all threads that wait at the same time."""
        now = time.monotonic()
        if delay >= _MIN_ANNOUNCED_WAIT and now >= self._quiet_until:
            self._quiet_until = now + delay / 2
            self._notify(line)

    def _exchange(self, what: str, method: str, url: str, body: bytes | None) -> Reply:
        """Send one request and return the reply, whatever its status. Raises NotSent, LostReply or Unreadable."""
        reply = self._reply_or_error(what, method, url, body)
        if isinstance(reply, ApiError):
            raise reply
        return reply

    def _reply_or_error(self, what: str, method: str, url: str, body: bytes | None) -> Reply | ApiError:
        # The error is returned, and raised by the caller outside the `except` clause: raised here, it would be chained
        # to an exception of requests, whose text can contain the URL, the proxy or headers with secrets.
        session = self._session()
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        try:
            with session.open(method, url, headers, body) as response:
                return Reply(response.status_code, response.headers, self._body_unless_refused(what, response))
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return self._network_error(what, error, session.sent)

    def _body_unless_refused(self, what: str, response: requests.Response) -> bytes:
        """The body; of a 4xx an empty one if it is unreadable, as the status alone proves that nothing was done."""
        try:
            return self._body(what, response)
        except (Unreadable, urllib3.exceptions.HTTPError, OSError):
            if 400 <= response.status_code < 500:
                return b""
            raise

    def _body(self, what: str, response: requests.Response) -> bytes:
        """The decoded body. Raises Unreadable, HTTPError of urllib3 or OSError."""
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ("", "identity", *_ENCODINGS):
            # This includes several encodings in a row: each of them can expand the body a thousandfold.
            raise Unreadable(
                f"{self.service} answered the request to {what} in an unsupported content encoding",
                response.status_code,
                "unreadable",
            )
        # By default urllib3 1.26 accepts a body that is shorter than its Content-Length.
        response.raw.enforce_content_length = True
        chunks = []
        size = 0
        while chunk := response.raw.read(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > MAX_BODY:
                raise Unreadable(
                    f"{self.service} answered the request to {what} with more than {MAX_BODY // 2**20} MiB",
                    response.status_code,
                    "unreadable",
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _network_error(self, what: str, error: Exception, sent: bool) -> ApiError:
        kind, why = diagnose(error, sent, self.connection)
        return kind(f"could not {what}: {why}", code=code_of(kind))

    def _refusal(self, what: str, reply: Reply) -> ApiError:
        """The error for a status other than 2xx; its class says whether the service may have acted."""
        # The texts are for the message only. What the error means depends on status and codes.
        several = self._explanation(reply)
        status = reply.status
        codes = tuple(code for code, _message in several if code)
        shown = [", ".join(part for part in problem if part) for problem in several[:_MAX_PROBLEMS]]
        shown += [f"and {len(several) - _MAX_PROBLEMS} more"] if len(several) > _MAX_PROBLEMS else []
        text = f"{self.service} refused to {what} (HTTP {status}{', ' if shown else ''}{'; '.join(shown)})"
        code = codes[0] if codes else None
        if status == 429:
            limited = RateLimited(text, status, code)
            limited.retry_after = retry_after(reply.headers)
            return limited
        if 300 <= status < 400:
            return Refused(f"{text}; redirects are not followed: check api_url", status)
        if status == 404:
            # Until a caller, by the code, takes it for NotFound (_absent_as_not_found).
            return WrongAddress(text, status, code, codes=codes, address=self.connection.base_url)
        if status >= 500:
            return ServerError(text.replace("refused to", "failed to", 1), status, code)
        advice = self._advise(status, codes)
        kind = Denied if status in (401, 403) else Refused
        return kind(f"{text}; {advice}" if advice else text, status, code)

    def _explanation(self, reply: Reply) -> list[tuple[str, str]]:
        """The errors in the body of an answer, as (code, message), printable and without secrets."""
        try:
            found = problems(_loads(reply.body))
        except (ValueError, RecursionError):
            # Such as the HTML page of a CDN (docs/development/reference/certcentral.md 1.2). Secrets are removed first:
            # text_of could remove a part of a secret, and `clean` would not recognize the rest.
            text = text_of(scrub(reply.body.decode("utf-8", "replace"), self._secrets))
            found = [("", f"an answer that is not JSON: {text}")] if text else []
            found = found or ([("", "an answer that is not JSON")] if reply.body.strip() else [])
        return [(self.clean(code), self.clean(message)) for code, message in found]

    def _json(self, what: str, reply: Reply, *, may_be_list: bool = False) -> dict[str, Any]:
        """The JSON object of a successful answer. Raises Unreadable."""
        try:
            data = _loads(reply.body)
        except (ValueError, RecursionError):
            data = None
        if may_be_list and data == []:
            return {}
        if not isinstance(data, dict):
            raise Unreadable(
                f"{self.service} answered the request to {what} with text that is not a JSON object",
                reply.status,
                "unreadable",
            )
        return data

    def clean(self, text: str) -> str:
        """Text from the service for a message: printable, without secrets, of 300 characters at most."""
        return printable(scrub(text, self._secrets), 300)

    def _session(self) -> Session:
        """The session of the current thread."""
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
    """Return a transport for a task; sends nothing.

    The transport shares the rate limit with the other forks of the run. Secrets that are added to the context later
    are removed from messages as well. Raises LibraryMissing.
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
def _absent_as_not_found(codes: Sequence[str]) -> Iterator[None]:
    """Turn WrongAddress into NotFound if every not_found code of the answer is one of `codes`.

    Only then the service itself reports that the object does not exist. A gateway, a wrong path or another service
    answers 404 as well, and a not_found code can be about something else than the object, such as the route.
    """
    try:
        yield
    except WrongAddress as error:
        not_found = {code for code in error.codes if code.partition("|")[0] == "not_found"}
        if not not_found or not not_found.issubset(codes):
            raise
        # Without the advice of WrongAddress to check api_url.
        absent = NotFound(error.refusal, error.http_status, error.code)
        absent.retries, absent.waited = error.retries, error.waited
        raise absent from None


def _loads(body: bytes) -> Any:
    """Parse JSON without the constants NaN and Infinity, which Python accepts by default."""

    def no_constant(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    return json.loads(body, parse_constant=no_constant)
