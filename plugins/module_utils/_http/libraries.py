# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Imports requests and urllib3 for all other modules, and checks their versions."""

from __future__ import annotations

import re
import sys
import traceback

from .._common.errors import LibraryMissing

try:
    import requests
    import requests.adapters
    import urllib3
    import urllib3.util.ssl_
except ImportError as _error:
    requests = urllib3 = None  # type: ignore[assignment]
    _REQUESTS_TRACE = traceback.format_exc()
    # The missing one can be urllib3: distributions package it separately from requests.
    _MISSING = (_error.name or "requests").partition(".")[0]
else:
    _REQUESTS_TRACE = _MISSING = ""

__all__ = ["OLDEST", "requests", "require_libraries", "urllib3"]

# The oldest versions that are tested (with Python 3.9); long-term distributions ship them.
OLDEST = {"requests": (2, 25, 1), "urllib3": (1, 26, 5)}


def require_libraries() -> None:
    """Raise LibraryMissing if a library is missing or older than in OLDEST."""
    if _REQUESTS_TRACE:
        raise LibraryMissing(_MISSING or "requests", _REQUESTS_TRACE)
    for library, oldest in OLDEST.items():
        version = str(getattr({"requests": requests, "urllib3": urllib3}[library], "__version__", ""))
        numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
        if numbers < oldest:
            needed = ".".join(map(str, oldest))
            why = f"the Python library {library} {version or '(of an unknown version)'} is too old"
            raise LibraryMissing(library, "", f"{why}: install version {needed} or newer for {sys.executable}")
