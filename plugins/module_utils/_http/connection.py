# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Where a service is and how to reach it: address, key, TLS, proxy, limits; and where a key may go."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from .._common.options import OptionError, within

# Environment variables that forbid every write; the doors hand them on to wherever a module runs.
READ_ONLY_VARIABLES = ("DIGICERT_READ_ONLY", "SERVERTASTIC_READ_ONLY")
KEY_VARIABLES = ("DIGICERT_API_KEY", "SERVERTASTIC_API_KEY")
# A host, or an IPv6 address in brackets, and a port; old versions of urlsplit take "[::1]evil.example" for "::1".
_HOST = re.compile(r"(\[[^\[\]%]+\]|[^\[\]:%]+)(:\d*)?")
# As `requests` itself would read them.
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_KEY = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class Connection:
    """Where a service is and how to speak to it; made by `connection`, which checks it.

    timeout: seconds that one request may take, from connecting to the last byte.
    retries: how often a request that failed is repeated, where repeating is harmless.
    rate_limit_timeout: seconds to wait at most for a service that answers 429.
    """

    base_url: str
    api_key: str = field(repr=False)
    verify: bool | str = True
    proxy: str = field(default="", repr=False)
    timeout: float = 30.0
    retries: int = 3
    windows: tuple[tuple[int, float], ...] = ()
    rate_limit_timeout: float = 300.0
    read_only: str = ""


def connection(
    params: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    task_environ: Mapping[str, str],
    prefix: str,
    regions: Mapping[str, str],
    rate_limit: str,
    writes: bool,
    key_required: bool = True,
) -> Connection:
    """Where to send requests, from a task's options and its environment; nothing is sent here.

    environ: the variables of the process; task_environ: those that the task sets, which come first.
    prefix: of the provider's environment variables. regions: base URLs by `region`, none where a URL is required.
    rate_limit: the default. writes: whether the module can change anything.
    key_required: whether nothing can be done without a key.
    Raises OptionError; its text never holds a key.
    """
    both = {**environ, **task_environ}
    key = _key(params.get("api_key") or both.get(f"{prefix}_API_KEY") or "", prefix, key_required)
    url = params.get("api_url") or both.get(f"{prefix}_API_URL")
    if not (url or regions):
        raise OptionError(f"no address: set api_url, or {prefix}_API_URL in the environment")
    base_url = _base_url(url) if url else regions[params.get("region") or "us"]
    proxy = _proxy(base_url, both)
    # A proxy would be a stranger between us and even a loopback address.
    trusts_anyone = not params["validate_certs"] and bool(proxy or not is_loopback(base_url))
    if key and not params.get("api_key"):
        _keep_key_at_home(params, environ, task_environ, prefix, trusts_anyone)
    if trusts_anyone and writes:
        raise OptionError("validate_certs: false is refused for anything that can change an order; use ca_path instead")
    return Connection(
        base_url=base_url,
        api_key=key,
        verify=params["validate_certs"] and _ca_bundle(params.get("ca_path"), both),
        proxy=proxy,
        timeout=within(params, "timeout", 1, 3600),
        retries=within(params, "retries", 0, 20),
        windows=parse_rate_limit(params.get("rate_limit") or both.get(f"{prefix}_RATE_LIMIT") or rate_limit),
        rate_limit_timeout=within(params, "rate_limit_timeout", 0, 86400),
        read_only=f"{prefix}_READ_ONLY" if _forbidden(prefix, environ, task_environ) else "",
    )


def _key(key: str, prefix: str, required: bool) -> str:
    # A key from a file often ends with a newline, which `requests` would print in its exception.
    key = key.strip()
    if not (key or required):
        return ""
    if not key:
        raise OptionError(f"no API key: set api_key, or {prefix}_API_KEY in the environment")
    if not _KEY.fullmatch(key):
        raise OptionError("the API key has characters that no key has (white space, control or non-ASCII); check it")
    return key


def _keep_key_at_home(
    params: Mapping[str, Any],
    environ: Mapping[str, str],
    task_environ: Mapping[str, str],
    prefix: str,
    trusts_anyone: bool,
) -> None:
    """Refuse whatever would lead a key from the environment away: extra variables can reach a task.

    A key that the task's own `environment:` sets may go where that says; the process's key only where the process says.
    """
    away = [name for name in ("api_url", "ca_path") if params.get(name)]
    away += ["validate_certs: false"] if trusts_anyone else []
    if not task_environ.get(f"{prefix}_API_KEY"):
        names = (f"{prefix}_API_URL", *_CA_VARIABLES)
        away += [
            f"{name} in its environment"
            for name in names
            if task_environ.get(name) != environ.get(name) and task_environ.get(name)
        ]
    if away:
        raise OptionError(
            f"the task sets {away[0]}, and the key comes from {prefix}_API_KEY: a key from the environment goes only "
            f"to a built-in region, or to where the same environment says; set api_key on the task as well"
        )


def _forbidden(prefix: str, environ: Mapping[str, str], task_environ: Mapping[str, str]) -> bool:
    """Either can forbid, neither can allow what the other forbids."""
    return any(forbids_writes(variables.get(f"{prefix}_READ_ONLY")) for variables in (environ, task_environ))


def _base_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if host and not _HOST.fullmatch(parts.netloc.rpartition("@")[2]):
        host = None
    if not host or parts.scheme not in ("https", "http") or re.search(r"[\s\\\x00-\x1f\x7f]", url.strip()):
        raise OptionError("api_url is not a URL such as https://host/services/v2")
    if "@" in parts.netloc or parts.query or parts.fragment or "?" in url or "#" in url:
        raise OptionError("api_url must not hold user information, a query or a fragment")
    base_url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    if parts.scheme == "http" and not is_loopback(base_url):
        raise OptionError("api_url must be https: plain http is for a loopback address only (a simulator)")
    return base_url


def is_loopback(base_url: str) -> bool:
    """Whether a service is on this machine."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ca_bundle(ca_path: str | None, environ: Mapping[str, str]) -> bool | str:
    """A CA bundle (file or folder), or True for the one that `requests` brings."""
    bundle = ca_path or next((environ[name] for name in _CA_VARIABLES if environ.get(name)), None)
    if bundle and not Path(bundle).exists():
        raise OptionError("the CA bundle does not exist: check ca_path, or REQUESTS_CA_BUNDLE in the environment")
    return bundle or True


def _proxy(base_url: str, environ: Mapping[str, str]) -> str:
    """The proxy for https from the environment; plain http goes to loopback only, and never through a proxy."""
    if base_url.startswith("http://"):
        return ""
    named = {name.lower(): value for name, value in sorted(environ.items()) if name.lower().endswith("_proxy")}
    proxy = named.get("https_proxy") or named.get("all_proxy") or ""
    host = urlsplit(base_url).netloc
    if not proxy or proxy_bypass_environment(host, {"no": named.get("no_proxy", "")}):
        return ""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not re.search(r"\s", proxy)
    except ValueError:
        fits = False
    if not fits:
        raise OptionError("the proxy of HTTPS_PROXY or ALL_PROXY must be host:port, or an http:// or https:// address")
    return proxy


def forbids_writes(value: str | None) -> bool:
    """What a variable such as DIGICERT_READ_ONLY says; anything but an explicit no forbids."""
    return (value or "").strip().lower() not in ("", "0", "no", "false", "off")


def parse_rate_limit(text: str) -> tuple[tuple[int, float], ...]:
    """'100/5, 1000/180' -> ((100, 5.0), (1000, 180.0)), requests in any stretch of seconds; 'none' -> ().

    Raises OptionError where the text is neither.
    """
    if text.strip().lower() == "none":
        return ()
    windows = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6}(?:\.\d{1,6})?)\s*", part, re.ASCII)
        if not match or int(match.group(1)) < 1 or float(match.group(2)) <= 0:
            raise OptionError(
                "rate_limit must be 'none' or requests/seconds, several separated by commas, such as '100/5, 1000/180'"
            )
        windows.append((int(match.group(1)), float(match.group(2))))
    return tuple(windows)
