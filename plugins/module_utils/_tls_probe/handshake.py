# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Finds the certificates of the servers of a name: resolves the name and makes a TLS handshake with every address.

Only the handshake is sent, and before it the SMTP commands for STARTTLS. The caller decides which addresses are
permitted. It is asked after the name was resolved, and the connection goes to exactly the address that it permitted:
a second resolution could return a different one.
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
# The maximum number of addresses of one name.
MAX_ADDRESSES = 16
# The maximum number of bytes that are read from a mail server before TLS.
_MAX_RECEIVED = 16 * 1024
# The errors for a name that does not exist and for one without an address; some systems have only the first.
_NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
# A server with an RSA and an ECDSA certificate uses the second one only if the client supports nothing else.
_RSA_ONLY, _ECDSA_ONLY = "aRSA:!eNULL", "aECDSA:!eNULL"


@dataclass(frozen=True)
class Observation:
    """The result for one address.

    address: empty if it is not known. serials: the serial numbers of the certificates that the server uses.
    refuses: whether the server refused the connection, so that no certificate is in use there.
    problem: why the result is incomplete, a clause; empty if it is complete.
    """

    address: str = ""
    serials: tuple[int, ...] = ()
    refuses: bool = False
    problem: str = ""


class _Unclear(Exception):
    """The certificate could not be determined; the text is the reason."""


class _Refused(_Unclear):
    """The connection was refused."""


class _NoHandshake(_Unclear):
    """The server refused the handshake."""


class _Deadline:
    """A time-out for several steps together, in seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left, more than 0. Raises socket.timeout after the deadline."""
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
    """Finds the certificates that the servers of names use; safe for any number of threads.

    seconds: the time-out for one name and port, from the resolution of the name to the last handshake.
    refuse: returns why a connection to an address is not permitted, empty if it is.
    Raises LibraryMissing.
    """

    def __init__(self, seconds: float, refuse: Callable[[Address], str]) -> None:
        if _CRYPTOGRAPHY_TRACE:
            raise LibraryMissing("cryptography", _CRYPTOGRAPHY_TRACE)
        self._seconds = seconds
        self._refuse = refuse

    def observe(self, name: str, port: int, starttls: bool = False) -> list[Observation]:
        """Return an Observation for each address of a name and port; none if the name certainly has no address.

        name: a strict host name in ASCII, without a dot at its end. starttls: whether the port speaks SMTP before TLS.
        """
        deadline = _Deadline(self._seconds)
        try:
            addresses = _addresses(name, deadline)
        except _Unclear as problem:
            return [Observation(problem=str(problem))]
        target, probed = _Target(name, port, starttls), addresses[:MAX_ADDRESSES]
        observations = [
            self._observation(target, address, deadline, len(probed) - number) for number, address in enumerate(probed)
        ]
        if len(probed) < len(addresses):
            many = f"the name has {len(addresses)} addresses, and only {MAX_ADDRESSES} of them were checked"
            observations.append(Observation(problem=many))
        return observations

    def _observation(self, target: _Target, address: Address, deadline: _Deadline, sharers: int) -> Observation:
        refusal = self._refuse(address)
        if refusal:
            return Observation(str(address), problem=refusal)
        try:
            # A share of the time: an address without an answer must not use up the time of the next ones.
            share = _Deadline(deadline.left() / sharers)
        except socket.timeout:
            return Observation(str(address), problem="no time was left to connect to it: set timeout to a higher value")
        return _observe(target, address, share)


# -- names ------------------------------------------------------------------------------------------------------------


def _addresses(name: str, deadline: _Deadline) -> list[Address]:
    """All addresses of a name; none if it does not exist. Raises _Unclear, also after a temporary error of DNS."""
    answers: list[list[Address] | OSError] = []

    def ask() -> None:
        try:
            answers.append(_resolved(name))
        except OSError as error:
            answers.append(error)

    # The resolver of the system has no time-out; if it hangs, its thread is abandoned.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    with _step("resolving the name"):
        asking.join(deadline.left())
        if not answers:
            raise socket.timeout("the resolver hangs")
    answer = answers[0]
    if isinstance(answer, OSError):
        raise _Unclear(f"the name could not be resolved: {_error_text(answer)}") from answer
    return answer


def _resolved(name: str) -> list[Address]:
    """Resolve a name with the resolver of the system. Raises OSError."""
    found: dict[Address, None] = {}
    # With a dot at the end, search domains are not tried. Without it, /etc/hosts is read as well.
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


def _observe(target: _Target, address: Address, deadline: _Deadline) -> Observation:
    """Make a usual handshake, and a second one for a certificate with the other kind of key."""
    try:
        serial, other = _certificate(target, address, deadline)
    except _Refused:
        return Observation(str(address), refuses=True)
    except _Unclear as problem:
        return Observation(str(address), problem=str(problem))
    try:
        another, _same = _certificate(target, address, deadline, other)
    except _NoHandshake:
        # Most servers have only one certificate.
        return Observation(str(address), (serial,))
    except _Unclear as problem:
        return Observation(str(address), (serial,), problem=str(problem))
    return Observation(str(address), tuple(dict.fromkeys((serial, another))))


def _certificate(target: _Target, address: Address, deadline: _Deadline, ciphers: str = "") -> tuple[int, str]:
    """The serial number of the certificate, and the ciphers to request one with the other kind of key.

    ciphers: those of the handshake; empty for the default. Raises _Unclear.
    """
    with _connect(address, target.port, deadline) as plain:
        if target.starttls:
            with _step("STARTTLS"):
                _start_tls(plain, deadline)
        with _step("the TLS handshake", _NoHandshake):
            plain.settimeout(deadline.left())
            # Python applies the time-out of the socket to the whole handshake, not to each read.
            with _context(ciphers).wrap_socket(plain, server_hostname=target.name) as secured:
                shown = secured.getpeercert(binary_form=True)
    return _read(shown or b"")


def _connect(address: Address, port: int, deadline: _Deadline) -> socket.socket:
    """Open a TCP connection. Raises _Unclear; _Refused if the server refuses it."""
    plain = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        with _step("the connection"):
            plain.settimeout(deadline.left())
            plain.connect((str(address), port))
    except BaseException as error:
        plain.close()
        if isinstance(error.__cause__, ConnectionRefusedError):
            raise _Refused("it refused the second connection") from error
        raise
    return plain


@cache
def _context(ciphers: str) -> ssl.SSLContext:
    """A TLS context that accepts any certificate; ciphers: empty for the default."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The probe identifies the certificate and does not have to trust it: an expired one, or one of a private CA, is in
    # use as well. Nothing is sent over the connection, and nothing that it returns is used.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if ciphers:
        # In TLS 1.3, a cipher suite does not determine the kind of key.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    return context


def _read(certificate: bytes) -> tuple[int, str]:
    """The serial number of a certificate, and the ciphers for the other kind of key. Raises _Unclear."""
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        return parsed.serial_number, _ECDSA_ONLY if isinstance(parsed.public_key(), RSAPublicKey) else _RSA_ONLY
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise _Unclear("the certificate cannot be parsed") from error


# -- SMTP -------------------------------------------------------------------------------------------------------------


def _start_tls(plain: socket.socket, deadline: _Deadline) -> None:
    """Send the SMTP commands up to the TLS handshake (RFC 5321, RFC 3207). Raises _Unclear or OSError."""
    here = ip_address(plain.getsockname()[0])
    mail = _SmtpClient(plain, deadline)
    mail.expect("220")
    mail.send(f"EHLO [{here}]" if here.version == 4 else f"EHLO [IPv6:{here}]")
    if "STARTTLS" not in [line.partition(" ")[0].upper() for line in mail.expect("250")]:
        raise _Unclear("the mail server does not offer STARTTLS")
    mail.send("STARTTLS")
    mail.expect("220")
    # Text before the handshake could have been injected into the connection.
    if mail.unread:
        raise _Unclear("the mail server sent plain text after its answer to STARTTLS")


class _SmtpClient:
    """The SMTP commands to a mail server and its send. Raises _Unclear or OSError."""

    def __init__(self, plain: socket.socket, deadline: _Deadline) -> None:
        self._plain = plain
        self._deadline = deadline
        self.unread = b""
        self._received = 0

    def send(self, words: str) -> None:
        self._plain.settimeout(self._deadline.left())
        self._plain.sendall(f"{words}\r\n".encode("ascii"))

    def expect(self, code: str) -> list[str]:
        """Read a reply and return its lines without the code. Raises _Unclear if the code is another one."""
        lines = [self._line()]
        # A hyphen after the code: more lines follow.
        while lines[-1][3:4] == "-":
            lines.append(self._line())
        if lines[-1][:3] != code:
            raise _Unclear(f"the mail server answered {printable(lines[-1][:3])!r} instead of {code}")
        return [line[4:].strip() for line in lines]

    def _line(self) -> str:
        while b"\n" not in self.unread:
            self._plain.settimeout(self._deadline.left())
            more = self._plain.recv(1024)
            self._received += len(more)
            if not more or self._received > _MAX_RECEIVED:
                raise _Unclear(
                    f"the mail server sent more than {_MAX_RECEIVED >> 10} KiB"
                    if more
                    else "the mail server closed the connection"
                )
            self.unread += more
        line, _newline, self.unread = self.unread.partition(b"\n")
        return line.decode("ascii", "replace").rstrip("\r")


# -- errors ------------------------------------------------------------------------------------------------


@contextmanager
def _step(what: str, kind: type[_Unclear] = _Unclear) -> Iterator[None]:
    """Turn an OSError in a step into _Unclear with a message.

    what: the step. kind: the class for any error other than a time-out.
    """
    try:
        yield
    except socket.timeout as error:
        raise _Unclear(f"{what} timed out") from error
    except OSError as error:
        raise kind(f"{what} failed: {_error_text(error)}") from error


def _error_text(error: OSError) -> str:
    """The reason of an error, without the source position that Python adds to errors of OpenSSL."""
    reason = getattr(error, "reason", None)
    text = str(reason).replace("_", " ").lower() if reason else error.strerror or type(error).__name__
    return printable(re.sub(r" \(_ssl\.c:\d+\)$", "", text), limit=100)
