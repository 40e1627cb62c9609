# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""HTTP for one service: deadlines, TLS, proxies, pacing, retries, redaction and counters.

Knows no provider and no Ansible. Reads are repeated after what passes; a write only where it was never sent, or after
a 429: everything else is for the caller to look at with a fresh read.
"""

from __future__ import annotations

import errno
import functools
import http.client
import io
import json
import os
import random
import re
import select
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import quote, urlencode, urlsplit

from ._error_bodies import problems, text_of
from ._errors import (
    ApiError,
    Denied,
    LibraryMissing,
    LostReply,
    NotFound,
    NotSent,
    RateLimited,
    Refused,
    ServerError,
    StaleRead,
    Stopped,
    Unreadable,
    Untrusted,
    WrongAddress,
)
from ._orders import printable, scrub
from ._pacing import Pacer, state_file

try:
    import requests
    import requests.adapters
    import urllib3
    import urllib3.util.ssl_
except ImportError as _error:
    requests = urllib3 = None  # type: ignore[assignment]
    _REQUESTS_TRACE = traceback.format_exc()
    # Which one it is: urllib3 is packaged by itself where a distribution takes it out of requests.
    _MISSING = (_error.name or "requests").partition(".")[0]
else:
    _REQUESTS_TRACE = _MISSING = ""

if TYPE_CHECKING:
    import ssl

    from ._options import Connection

# The oldest libraries that are known to work (tested with Python 3.9); long-lived distributions have these.
OLDEST = {"requests": (2, 25, 1), "urllib3": (1, 26, 5)}
# What is read of one answer at most, decoded, in bytes.
MAX_BODY = 64 * 1024 * 1024
_CHUNK = 64 * 1024
# What answers may be packed in; others can unpack into gigabytes before we could count them.
_ENCODINGS = ("gzip", "deflate")
_CONNECT_TIMEOUT = 10.0
LONGEST_BACKOFF = 60.0
# How often to try again at most while the longest of the windows passes.
_POLLS_PER_WINDOW = 15
# How long a sleep goes on at most once the run is stopped, in seconds.
_BLINK = 0.1
# What the system says of a network that does not lead there.
_NETWORK_ERRORS = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ECONNRESET, errno.EADDRNOTAVAIL)
# How many errors of one answer are shown.
_PROBLEMS_SHOWN = 20
# A wait shorter than this is not worth a line.
_WORTH_SAYING = 2.0


# The next step after an HTTP status with these error codes, empty where there is none.
Advise = Callable[[int, Sequence[str]], str]


class Stop:
    """Ends a run early: sleeps wake up and no further write is sent.

    Without any lock, as a signal's handler sets it, which may interrupt whoever holds one.
    """

    def __init__(self, parent: int | None = None, pipe: int | None = None) -> None:
        """parent: the process that wants the run; pipe: where its answer goes; None where nobody has to be there."""
        self._reason = ""
        self._parent = parent
        self._pipe = pipe

    def __bool__(self) -> bool:
        return bool(self.reason)

    @property
    def reason(self) -> str:
        # Whoever kills Ansible, as ansible-runner does to cancel a job, does not reach its workers.
        if self._parent and not self._reason and (os.getppid() != self._parent or _nobody_reads(self._pipe)):
            self._reason = "Ansible, which wanted it, has ended"
        return self._reason

    def set(self, reason: str) -> None:
        self._reason = self._reason or reason

    def pause(self, seconds: float) -> None:
        """Sleep. Raises Stopped where the run is stopped meanwhile."""
        until = time.monotonic() + seconds
        while not self.reason and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _BLINK))
        if self.reason:
            raise Stopped(self.reason)


def _nobody_reads(pipe: int | None) -> bool:
    """Whether the other end of a pipe or a connection is closed; never of a file."""
    if pipe is None:
        return False
    poll = select.poll()
    poll.register(pipe, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _pipe, events in poll.poll(0))


@dataclass
class Context:
    """What a door hands to a run.

    environ: the variables of the process that options fall back to; task_environ: those that the task sets itself,
    which come first. state_dir: a private folder that all forks of the run share.
    say: shows a line to the person at the terminal, now. secrets: what must not appear in any result; runs add to it.
    task: its name. variables: of the play, where the door knows them.
    """

    check_mode: bool = False
    diff: bool = False
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    task_environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    state_dir: str | None = None
    say: Callable[[str], None] = lambda _line: None
    stop: Stop = field(default_factory=Stop)
    secrets: list[str] = field(default_factory=list, repr=False)
    task: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Patience:
    """The seconds that are left to wait for a service which answers 429."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.spent = 0.0

    def spend(self, seconds: float) -> bool:
        """Whether so long a wait is still within bounds; if so it is taken off."""
        if self.spent + seconds > self._seconds:
            return False
        self.spent += seconds
        return True


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
    say: shows a line to the person at the terminal, now.
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
        say: Callable[[str], None],
        secrets: Sequence[str],
    ) -> None:
        _require_libraries()
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
        self._say = say
        self._secrets = secrets
        self._quiet_until = 0.0
        self._local = threading.local()
        self._sessions: list[_Session] = []

    def close(self) -> None:
        for session in self._sessions:
            session.close()
        self._sessions.clear()

    def patience(self) -> Patience:
        return Patience(self.connection.rate_limit_timeout)

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
            reply = self._send(what, "GET", self._url(path, query), None, None, self.patience())
        return self._json(what, reply, may_be_list=may_be_list)

    def probe(self, what: str, path: Sequence[object], query: Iterable[tuple[str, object]] = ()) -> Reply:
        """GET, and return the reply to a refusal (a 4xx) as well: for a check of how the service answers.

        What passes is repeated as in `read`, a 429 as well. Raises ApiError, or Stopped.
        """
        return self._send(what, "GET", self._url(path, query), None, None, self.patience(), takes_refusal=True)

    def write(
        self,
        what: str,
        method: str,
        path: Sequence[object],
        body: Mapping[str, Any] | None,
        *,
        fresh_until: float,
        patience: Patience,
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
            reply = self._send(what, method, self._url(path, query), sent, fresh_until, patience, once=once)
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
        patience: Patience,
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
                again = patience.spend(delay)
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
            self._tell(f"{error.message}; trying again in {delay:.0f} s", delay)
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
        self._tell(f"waiting {seconds:.0f} s to {what}, to stay within the rate limit", seconds)
        self._stop.pause(seconds)

    def _tell(self, line: str, delay: float) -> None:
        """Announce a wait, once for all workers that wait at the same time."""
        now = time.monotonic()
        if delay >= _WORTH_SAYING and now >= self._quiet_until:
            self._quiet_until = now + delay / 2
            self._say(line)

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
        kind, why = _diagnosis(error, sent, self.connection)
        return kind(f"could not {what}: {why}", code=_code_of(kind))

    def _refusal(self, what: str, reply: Reply) -> ApiError:
        several = self._explanation(reply)
        status = reply.status
        codes = tuple(code for code, _message in several if code)
        said = [", ".join(part for part in problem if part) for problem in several[:_PROBLEMS_SHOWN]]
        said += [f"and {len(several) - _PROBLEMS_SHOWN} more"] if len(several) > _PROBLEMS_SHOWN else []
        text = f"{self.service} refused to {what} (HTTP {status}{', ' if said else ''}{'; '.join(said)})"
        code = codes[0] if codes else None
        if status == 429:
            limited = RateLimited(text, status, code)
            limited.retry_after = _retry_after(reply.headers)
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
            # A CDN's HTML page, for one (reference/certcentral.md 1.2). No secret may lose a part before it is hidden.
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

    def _session(self) -> _Session:
        session: _Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = _Session(self.connection)
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
        say=context.say,
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


def _require_libraries() -> None:
    """Raises LibraryMissing where a library is not there, or is older than what is known to work."""
    if _REQUESTS_TRACE:
        raise LibraryMissing(_MISSING or "requests", _REQUESTS_TRACE)
    for library, oldest in OLDEST.items():
        version = str(getattr({"requests": requests, "urllib3": urllib3}[library], "__version__", ""))
        numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
        if numbers < oldest:
            needed = ".".join(map(str, oldest))
            why = f"the Python library {library} {version or '(of an unknown version)'} is too old: {needed} or newer"
            raise LibraryMissing(library, "", f"{why} is needed by {sys.executable}")


class _Session:
    """A requests.Session of one thread that keeps a deadline for the whole of a request."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._deadline = _Deadline()
        self._session = requests.Session()
        # Even where it does not follow, requests reads a redirect's whole body and parses where it points to.
        self._session.get_redirect_target = lambda _response: None  # type: ignore[assignment]
        # .netrc would add an Authorization header; proxies and CA bundle are given with each request.
        self._session.trust_env = False
        self._session.headers["User-Agent"] = "certops.orders (Ansible collection)"
        self._session.headers["Accept-Encoding"] = "gzip, deflate"
        adapter = _adapter(self._deadline, bool(connection.verify))
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def open(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> requests.Response:
        timeout = self._connection.timeout
        self._deadline.until = time.monotonic() + timeout
        self._deadline.sent = False
        proxy = self._connection.proxy
        # Without a scheme requests 2.25 takes the host for one.
        proxies = {"https": proxy if "://" in proxy else f"http://{proxy}"} if proxy else {}
        # A cookie that one answer sets must not follow the key about.
        self._session.cookies.clear()
        return self._session.request(
            method,
            url,
            headers=dict(headers),
            data=body,
            timeout=(min(_CONNECT_TIMEOUT, timeout), timeout),
            allow_redirects=False,
            stream=True,
            verify=self._connection.verify,
            proxies=proxies,
        )

    @property
    def sent(self) -> bool:
        """Whether anything of the last request may have left for the service."""
        return self._deadline.sent

    def close(self) -> None:
        self._session.close()


class _Deadline:
    """When the request under way must have ended, in monotonic seconds, and whether it is on its way by now."""

    until = float("inf")
    sent = False

    def left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise socket.timeout("the deadline of the request has passed")
        return left


class _BoundedSocket(io.RawIOBase):
    """A socket's bytes, each wait for which ends with the deadline: the read time-out of requests restarts with each
    byte, so that a service which drips would hold us for ever."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: _Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, deadline: _Deadline, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_BoundedSocket(self.fp.detach(), sock, deadline))


def backoff(attempt: int) -> float:
    """Seconds to wait before another attempt, jittered; `attempt` counts from 0."""
    return random.uniform(0.5, 1.0) * min(LONGEST_BACKOFF, 2.0**attempt)  # noqa: S311


def throttle_delay(retry_after: float | None, throttled: int, windows: Sequence[tuple[int, float]]) -> float:
    """Seconds to send nothing after a 429, jittered.

    retry_after: seconds that the service asks for; None where it does not say. throttled: how many 429s came before
    for the same request. windows: the rate limit, as (requests, seconds).

    Without Retry-After the wait doubles from the length of the shortest window (5 s, reference/certcentral.md 1.4) to a
    small part of the longest: other jobs may have used that up, and no answer tells when it has room again.
    """
    if retry_after is not None:
        # At least 1 s, also for "Retry-After: 0", which would be repeated without an end.
        return max(1.0, retry_after) * random.uniform(1.0, 1.05)  # noqa: S311
    lengths = [seconds for _limit, seconds in windows] or [5.0, 180.0]
    shortest = min(lengths)
    longest = min(LONGEST_BACKOFF, max(2 * shortest, max(lengths) / _POLLS_PER_WINDOW))
    return min(longest, shortest * 2.0**throttled) * random.uniform(1.0, 1.5)  # noqa: S311


def _adapter(deadline: _Deadline, verify: bool) -> requests.adapters.HTTPAdapter:
    """An adapter for requests with TLS 1.2 or newer, whose connections keep the deadline and note what was sent."""
    # Static, or Python 3.14 would hand the connection to it as well.
    response_class = staticmethod(functools.partial(_BoundedResponse, deadline=deadline))

    class Noting:
        # Only here is it certain: urllib3 says ProxyError, too, where a connection by a proxy breaks after the request.
        def connect(self) -> None:
            deadline.sent = False
            super().connect()  # type: ignore[misc]
            deadline.sent = True

        def request(self, *args: Any, **kwargs: Any) -> None:
            deadline.sent = True
            super().request(*args, **kwargs)  # type: ignore[misc]

    class BoundedHTTP(Noting, urllib3.connection.HTTPConnection):
        pass

    class BoundedHTTPS(Noting, urllib3.connection.HTTPSConnection):
        pass

    BoundedHTTP.response_class = BoundedHTTPS.response_class = response_class  # type: ignore[assignment]

    class HTTPPool(urllib3.HTTPConnectionPool):
        ConnectionCls = BoundedHTTP

    class HTTPSPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = BoundedHTTPS

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, ssl_context=_tls(verify), **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": HTTPPool, "https": HTTPSPool}

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(proxy, ssl_context=_tls(verify), **kwargs)
            manager.pool_classes_by_scheme = {"http": HTTPPool, "https": HTTPSPool}
            return manager

    return Adapter()


def _tls(verify: bool) -> ssl.SSLContext:
    import ssl

    context = urllib3.util.ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verify else ssl.CERT_NONE)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _loads(body: bytes) -> Any:
    def no_constant(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    return json.loads(body, parse_constant=no_constant)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a Retry-After header, a number or a date (RFC 9110 10.2.3); None where it says nothing usable."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _causes(error: BaseException) -> list[BaseException]:
    """An exception and what it wraps: requests and urllib3 nest by argument, by `reason` and by context."""
    found: list[BaseException] = []
    todo: list[Any] = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            todo += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return found


def _diagnosis(error: Exception, sent: bool, connection: Connection) -> tuple[type[ApiError], str]:
    """What a network exception means for the request, and why in words without any of its own text."""
    import ssl

    causes = _causes(error)

    def caused_by(*kinds: Any) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    timed_out = caused_by(urllib3.exceptions.TimeoutError, socket.timeout)
    # Before 1.26.9 urllib3 keeps its own CertificateError elsewhere.
    mismatch = any(type(cause).__name__ == "CertificateError" for cause in causes)
    if caused_by(ssl.SSLCertVerificationError) or mismatch:
        host = _host_and_port(connection.base_url)
        return Untrusted, f"the TLS certificate of {host} does not verify; check ca_path and the host of api_url"
    if not sent:
        return NotSent, _no_connection(causes, timed_out, connection)
    if timed_out:
        return LostReply, f"no complete answer within {connection.timeout:g} s"
    if caused_by(urllib3.exceptions.DecodeError):
        return Unreadable, "the answer's encoding cannot be read"
    return LostReply, "the connection broke before the answer was complete"


def _no_connection(causes: Sequence[BaseException], timed_out: bool, connection: Connection) -> str:
    """Why no connection came about: host and port, what happened, and the next step."""
    import ssl

    def caused_by(*kinds: Any) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    service = _host_and_port(connection.base_url)
    if connection.proxy:
        proxy = _host_and_port(connection.proxy)
        peer, check = f"the proxy {proxy}", "check HTTPS_PROXY and NO_PROXY"
    else:
        peer, check = service, "check api_url and the network"
    # A proxy that was reached answers for what lies behind it.
    tunnel = any(isinstance(cause, OSError) and "Tunnel connection failed" in str(cause) for cause in causes)
    if connection.proxy and tunnel:
        return f"{peer} refused the connection to {service}; {check}"
    if caused_by(socket.gaierror):
        return f"the name of {peer} cannot be resolved; {check}, and DNS on this host"
    if caused_by(ConnectionRefusedError):
        return f"{peer} refused the connection; {check}"
    # In urllib3 1.26 a NewConnectionError is also a time-out, hence this order.
    if timed_out and not (caused_by(urllib3.exceptions.NewConnectionError) and not caused_by(socket.timeout)):
        wait = min(_CONNECT_TIMEOUT, connection.timeout)
        return f"the connection to {peer} timed out after {wait:g} s; {check}"
    if caused_by(ssl.SSLError):
        return f"the TLS connection to {service} failed; check ca_path, and that the service speaks TLS 1.2 or newer"
    number = next((cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno), None)
    why = f" ({os.strerror(number)})" if number in _NETWORK_ERRORS else ""
    return f"the connection to {peer} failed{why}; {check}"


def _host_and_port(url: str) -> str:
    """Where a URL leads, without anything else that stands in it."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _code_of(kind: type[ApiError]) -> str:
    return {NotSent: "connection_failed", Untrusted: "certificate_not_trusted", Unreadable: "unreadable"}.get(
        kind, "reply_lost"
    )
