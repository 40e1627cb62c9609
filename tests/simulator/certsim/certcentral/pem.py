# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that can be read as X.509 and verify nowhere: their keys and signatures are noise.

They have the names, validity and serial number of the order's certificate, the same each time.
"""

from __future__ import annotations

import base64
import hashlib
import textwrap
from datetime import date

from certsim.certcentral.model import Certificate, Order

_ISSUER = "Example Simulated TLS CA"
_BOOLEAN_TRUE = b"\x01\x01\xff"
_NULL = b"\x05\x00"
_SEQUENCE, _SET, _INTEGER, _BITS, _OCTETS, _OID, _TEXT = 0x30, 0x31, 0x02, 0x03, 0x04, 0x06, 0x0C
_UTC_TIME, _GENERALIZED_TIME, _DNS_NAME, _EXTENSIONS, _VERSION = 0x17, 0x18, 0x82, 0xA3, 0xA0
_COMMON_NAME, _ALT_NAMES, _BASIC_CONSTRAINTS = b"\x55\x04\x03", b"\x55\x1d\x11", b"\x55\x1d\x13"
_RSA, _SHA256_RSA = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"


def certificate_text(order: Order, certificate: Certificate) -> str:
    """Return a certificate of an order as PEM; it has to be issued."""
    first, last = certificate.valid_from, certificate.valid_till
    if certificate.serial_number is None or last is None:
        raise ValueError(f"order {order.id}: the certificate is not issued")
    serial = int(certificate.serial_number, 16)
    names = [name for name in certificate.dns_names if name.isascii()]
    return _pem(serial, certificate.common_name, names, first or last, last)


def issuer_text() -> str:
    """Return the certificate of the authority as PEM."""
    return _pem(1, _ISSUER, [], date(2021, 4, 14), date(2041, 4, 13), is_authority=True)


def _pem(serial: int, name: str, names: list[str], first: date, last: date, *, is_authority: bool = False) -> str:
    algorithm = _der(_SEQUENCE, _der(_OID, _SHA256_RSA), _NULL)
    extensions = [_extension(_BASIC_CONSTRAINTS, _der(_SEQUENCE, _BOOLEAN_TRUE if is_authority else b""))]
    if names:
        extensions.append(_extension(_ALT_NAMES, _der(_SEQUENCE, *(_der(_DNS_NAME, each.encode()) for each in names))))
    content = _der(
        _SEQUENCE,
        _der(_VERSION, _integer(2)),
        _integer(serial),
        algorithm,
        _name(_ISSUER),
        _der(_SEQUENCE, _time(first, "000000"), _time(last, "235959")),
        _name(name),
        _public_key(f"{serial} {name}"),
        _der(_EXTENSIONS, _der(_SEQUENCE, *extensions)),
    )
    signature = _der(_BITS, b"\x00", _noise(f"signature {serial} {name}", 256))
    text = base64.b64encode(_der(_SEQUENCE, content, algorithm, signature)).decode()
    return "\n".join(("-----BEGIN CERTIFICATE-----", *textwrap.wrap(text, 64), "-----END CERTIFICATE-----", ""))


def _public_key(seed: str) -> bytes:
    """Return an RSA key of 2048 bits whose modulus is noise: odd, and of full length."""
    modulus = int.from_bytes(_noise(f"key {seed}", 256)) | 1 | 1 << 2047
    key = _der(_SEQUENCE, _integer(modulus), _integer(65537))
    return _der(_SEQUENCE, _der(_SEQUENCE, _der(_OID, _RSA), _NULL), _der(_BITS, b"\x00", key))


def _name(text: str) -> bytes:
    # 64 characters are the longest that a common name may have.
    attribute = _der(_SEQUENCE, _der(_OID, _COMMON_NAME), _der(_TEXT, text[:64].encode()))
    return _der(_SEQUENCE, _der(_SET, attribute))


def _extension(oid: bytes, value: bytes) -> bytes:
    return _der(_SEQUENCE, _der(_OID, oid), _der(_OCTETS, value))


def _time(day: date, clock: str) -> bytes:
    if day.year < 2050:
        return _der(_UTC_TIME, f"{day:%y%m%d}{clock}Z".encode())
    return _der(_GENERALIZED_TIME, f"{day:%Y%m%d}{clock}Z".encode())


def _integer(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(size))) + size + content


def _noise(seed: str, length: int) -> bytes:
    blocks = range(length // 32 + 1)
    return b"".join(hashlib.sha256(f"{seed} {block}".encode()).digest() for block in blocks)[:length]
