# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Order tokens, which are secrets, and their digests, which identify orders in results."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

from .._common.options import OptionError

# Any printable ASCII without spaces: the format of tokens is not documented.
TOKEN_PATTERN = re.compile(r"[\x21-\x7e]{1,200}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Tokens:
    """The order tokens of a task by digest.

    secrets: the list of texts that the collection redacts. A token is added to it before its first use.
    """

    def __init__(self, secrets: list[str]) -> None:
        self._secrets = secrets
        self._tokens: dict[str, str] = {}
        self._used: set[str] = set()

    def add(self, token: str) -> str:
        """Store a token and return its digest. Raises OptionError if the text cannot be a token."""
        token = token.strip()
        if not TOKEN_PATTERN.fullmatch(token):
            raise OptionError("an order token must have 1 to 200 printable ASCII characters and no spaces")
        digest = hashlib.sha256(token.encode()).hexdigest()
        self._tokens[digest] = token
        return digest

    def secret(self, token: str) -> str:
        """Store a token that an answer contains, redact it from now on, and return its digest."""
        digest = self.add(token)
        self.of(digest)
        return digest

    def of(self, digest: str) -> str:
        """The token of a digest, which is redacted from now on. Raises KeyError for an unknown digest."""
        token = self._tokens[digest]
        if digest not in self._used:
            self._used.add(digest)
            # Redact the URL-encoded spelling too.
            self._secrets.extend({token, quote(token, safe="")})
        return token

    def __contains__(self, digest: object) -> bool:
        return digest in self._tokens


def digest_of(text: str) -> str:
    """Validate and normalize the digest of an order from an option. Raises OptionError."""
    digest = text.strip().lower()
    if not _DIGEST.fullmatch(digest):
        raise OptionError("an order digest must be the full SHA-256 of an order token, which has 64 hexadecimal digits")
    return digest
