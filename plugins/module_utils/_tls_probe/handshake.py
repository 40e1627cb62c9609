# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The certificates that a name serves: resolve it, and shake hands with every address that it has.

Nothing is sent but the handshake, and what SMTP needs to get there. Which addresses may be talked to is for the caller
to say; it is asked after the name was resolved, and the address that it was asked about is the one connected to.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Callable, Union

from .._common.errors import LibraryMissing
from .._common.text import printable

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
except ImportError:
    _CRYPTOGRAPHY_TRACE = traceback.format_exc()
else:
    _CRYPTOGRAPHY_TRACE = ""
Address = Union[IPv4Address, IPv6Address]
# How many addresses of one name are looked at.
MAX_ADDRESSES = 16
# What is read of a mail server's words at most, in bytes, before it is given up.
_MAX_TALK = 16 * 1024
# For a name that does not exist, and for one that has no address; not every system knows the second.
_NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
# Servers with a certificate for each kind of key show the other one only to those who ask for nothing else.
_RSA_ONLY, _ECDSA_ONLY = "aRSA:!eNULL", "aECDSA:!eNULL"


@dataclass(frozen=True)
class Observation:
    """What was seen at one address.

    address: empty where none was found out. serials: of the certificates that it serves.
    refuses: whether it refused the connection, so that nothing is served there.
    problem: why not all could be seen, a clause; empty where all was.
    """

    address: str = ""
    serials: tuple[int, ...] = ()
    refuses: bool = False
    problem: str = ""


class _Unclear(Exception):
    """It cannot be told what is served; the text says why."""


class _Refused(_Unclear):
    """Nobody listens there."""


class _NoHandshake(_Unclear):
    """There is a server, and it does not agree to our handshake."""


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, more than 0. Raises socket.timeout where there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise socket.timeout("the time is up")
        return left


@dataclass(frozen=True)
class _Target:
    name: str
    port: int
    starttls: bool


class Prober:
    """Looks at what names serve, for any number of threads.

    seconds: for one name and port in all, from resolving the name to the last handshake.
    refuse: says why an address must not be talked to, nothing where it may.
    Raises LibraryMissing.
    """

    def __init__(self, seconds: float, refuse: Callable[[Address], str]) -> None:
        if _CRYPTOGRAPHY_TRACE:
            raise LibraryMissing("cryptography", _CRYPTOGRAPHY_TRACE)
        self._seconds = seconds
        self._refuse = refuse

    def look(self, name: str, port: int, starttls: bool = False) -> list[Observation]:
        """Return what each address of a name serves on a port; nothing where the name does not resolve for good.

        name: a strict host name in ASCII, without a dot at its end. starttls: whether it speaks SMTP first.
        """
        deadline = _Deadline(self._seconds)
        try:
            addresses = _addresses(name, deadline)
        except _Unclear as problem:
            return [Observation(problem=str(problem))]
        target, near = _Target(name, port, starttls), addresses[:MAX_ADDRESSES]
        sights = [self._sight(target, address, deadline, len(near) - number) for number, address in enumerate(near)]
        if len(near) < len(addresses):
            many = f"it has {len(addresses)} addresses, of which only {MAX_ADDRESSES} are looked at"
            sights.append(Observation(problem=many))
        return sights

    def _sight(self, target: _Target, address: Address, deadline: _Deadline, sharers: int) -> Observation:
        refusal = self._refuse(address)
        if refusal:
            return Observation(str(address), problem=refusal)
        try:
            # One that does not answer must not use up the time of those after it.
            share = _Deadline(deadline.left() / sharers)
        except socket.timeout:
            return Observation(str(address), problem="there was no time left to look at it")
        return _look_at(target, address, share)


# -- names ------------------------------------------------------------------------------------------------------------


def _addresses(name: str, deadline: _Deadline) -> list[Address]:
    """All addresses of a name, none where there is no such name. Raises _Unclear, also where that may change soon."""
    answers: list[list[Address] | OSError] = []

    def ask() -> None:
        try:
            answers.append(_resolved(name))
        except OSError as error:
            answers.append(error)

    # The system's resolver knows no deadline; one that hangs is left behind.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    with _step("resolving its name"):
        asking.join(deadline.left())
        if not answers:
            raise socket.timeout("the resolver hangs")
    answer = answers[0]
    if isinstance(answer, OSError):
        raise _Unclear(f"its name could not be resolved: {_said(answer)}") from answer
    return answer


def _resolved(name: str) -> list[Address]:
    found: dict[Address, None] = {}
    # With the dot no search domain comes before the name itself; without it, /etc/hosts is asked, too.
    for spelling in (f"{name}.", name):
        try:
            rows = socket.getaddrinfo(spelling, None, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            if error.errno not in _NO_SUCH_NAME:
                raise
            continue
        found.update(dict.fromkeys(ip_address(str(row[4][0])) for row in rows))
    return list(found)


# -- one address ------------------------------------------------------------------------------------------------------


def _look_at(target: _Target, address: Address, deadline: _Deadline) -> Observation:
    """Shake hands as everybody does, and once more for a certificate with the other kind of key."""
    try:
        serial, other = _certificate(target, address, deadline)
    except _Refused:
        return Observation(str(address), refuses=True)
    except _Unclear as problem:
        return Observation(str(address), problem=str(problem))
    try:
        another, _same = _certificate(target, address, deadline, other)
    except _NoHandshake:
        # Most servers have a certificate for one kind of key only.
        return Observation(str(address), (serial,))
    except _Unclear as problem:
        return Observation(str(address), (serial,), problem=str(problem))
    return Observation(str(address), tuple(dict.fromkeys((serial, another))))


def _certificate(target: _Target, address: Address, deadline: _Deadline, ciphers: str = "") -> tuple[int, str]:
    """The serial number of the certificate, and the ciphers of those that have the other kind of key.

    Raises _Unclear.
    """
    with _connect(address, target.port, deadline) as plain:
        if target.starttls:
            with _step("STARTTLS"):
                _ask_for_tls(plain, deadline)
        with _step("the TLS handshake", _NoHandshake):
            plain.settimeout(deadline.left())
            # The time-out is one for the whole handshake, however slowly its bytes come.
            with _context(ciphers).wrap_socket(plain, server_hostname=target.name) as secured:
                shown = secured.getpeercert(binary_form=True)
    return _read(shown or b"")


def _connect(address: Address, port: int, deadline: _Deadline) -> socket.socket:
    plain = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        with _step("connecting"):
            plain.settimeout(deadline.left())
            plain.connect((str(address), port))
    except BaseException as error:
        plain.close()
        if isinstance(error.__cause__, ConnectionRefusedError):
            raise _Refused("it refuses the connection") from error
        raise
    return plain


@cache
def _context(ciphers: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # We are to find out whose certificate it is, not to trust it: one that has expired, or is of a private authority,
    # is served as well. Nothing is sent over the connection, and nothing received from it is believed.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if ciphers:
        # From TLS 1.3 on, ciphers do not say which kind of key.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    return context


def _read(certificate: bytes) -> tuple[int, str]:
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        return parsed.serial_number, _ECDSA_ONLY if isinstance(parsed.public_key(), RSAPublicKey) else _RSA_ONLY
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise _Unclear("its certificate cannot be read") from error


# -- SMTP -------------------------------------------------------------------------------------------------------------


def _ask_for_tls(plain: socket.socket, deadline: _Deadline) -> None:
    """Speak SMTP (RFC 5321, RFC 3207) up to where the handshake begins. Raises _Unclear, or OSError."""
    here = ip_address(plain.getsockname()[0])
    mail = _Mail(plain, deadline)
    mail.hears("220")
    mail.replies(f"EHLO [{here}]" if here.version == 4 else f"EHLO [IPv6:{here}]")
    if "STARTTLS" not in [line.partition(" ")[0].upper() for line in mail.hears("250")]:
        raise _Unclear("the mail server does not offer STARTTLS")
    mail.replies("STARTTLS")
    mail.hears("220")
    if mail.unread:
        raise _Unclear("the mail server goes on in plain text")


class _Mail:
    """What is said to a mail server and what it answers; raises _Unclear, or OSError."""

    def __init__(self, plain: socket.socket, deadline: _Deadline) -> None:
        self._plain = plain
        self._deadline = deadline
        self.unread = b""
        self._talk = 0

    def replies(self, words: str) -> None:
        self._plain.settimeout(self._deadline.left())
        self._plain.sendall(f"{words}\r\n".encode("ascii"))

    def hears(self, code: str) -> list[str]:
        """The lines of an answer, without their code, which has to be this one."""
        lines = [self._line()]
        while lines[-1][3:4] == "-":
            lines.append(self._line())
        if lines[-1][:3] != code:
            raise _Unclear(f"the mail server answers {printable(lines[-1][:3])!r} where {code} is due")
        return [line[4:].strip() for line in lines]

    def _line(self) -> str:
        while b"\n" not in self.unread:
            self._plain.settimeout(self._deadline.left())
            more = self._plain.recv(1024)
            self._talk += len(more)
            if not more or self._talk > _MAX_TALK:
                raise _Unclear("the mail server talks too much" if more else "the mail server closed the connection")
            self.unread += more
        line, _newline, self.unread = self.unread.partition(b"\n")
        return line.decode("ascii", "replace").rstrip("\r")


# -- what can go wrong ------------------------------------------------------------------------------------------------


@contextmanager
def _step(what: str, kind: type[_Unclear] = _Unclear) -> Iterator[None]:
    """Turn what the system says of a step into words of ours.

    kind: of what goes wrong, unless it is the time.
    """
    try:
        yield
    except socket.timeout as error:
        raise _Unclear(f"{what} took too long") from error
    except OSError as error:
        raise kind(f"{what} failed: {_said(error)}") from error


def _said(error: OSError) -> str:
    """The reason of an error, without Python's part of it."""
    reason = getattr(error, "reason", None)
    said = str(reason).replace("_", " ").lower() if reason else error.strerror or type(error).__name__
    return printable(re.sub(r" \(_ssl\.c:\d+\)$", "", said), limit=100)
