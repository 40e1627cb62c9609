# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The connection settings of a service (address, key, TLS, proxy, limits), and where an API key may be sent."""

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
from .._common.providers import PROVIDERS

# Environment variables that forbid every write; the controller action passes them to a target.
READ_ONLY_VARIABLES = tuple(f"{one.prefix}_READ_ONLY" for one in PROVIDERS.values())
KEY_VARIABLES = tuple(f"{one.prefix}_API_KEY" for one in PROVIDERS.values())
# A host, or an IPv6 address in brackets, and a port; old versions of urlsplit take "[::1]evil.example" for "::1".
_HOST = re.compile(r"(\[[^\[\]%]+\]|[^\[\]:%]+)(:\d*)?")
# In the order in which `requests` reads them.
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_KEY = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class Connection:
    """The connection settings of a service; made and checked by `connection`.

    verify: whether to verify certificates, or the path of a CA bundle. proxy: its URL, empty for none.
    timeout: for one request, from the connection to the last byte, in seconds.
    retries: how often a failed request is repeated at most, if that is safe.
    windows: the rate limit, as (requests, seconds). rate_limit_timeout: how long to wait after answers with 429, in
    seconds. read_only: the environment variable that forbids writes, empty if none does.
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
    """Return the connection settings from the options and the environment of a task; sends nothing.

    environ: the variables of the process. task_environ: those that the task sets, which take precedence.
    prefix: of the environment variables of the provider. regions: base URLs by `region`; empty if api_url is required.
    rate_limit: the default. writes: whether the module can change anything.
    key_required: whether a missing key is an error.
    Raises OptionError; its text never contains a key.
    """
    both = {**environ, **task_environ}
    key = _key(params.get("api_key") or both.get(f"{prefix}_API_KEY") or "", prefix, key_required)
    url = params.get("api_url") or both.get(f"{prefix}_API_URL")
    if not (url or regions):
        raise OptionError(f"the address of the service is not set: set api_url, or {prefix}_API_URL in the environment")
    base_url = _base_url(url) if url else regions[params.get("region") or "us"]
    proxy = _proxy(base_url, both)
    # With a proxy, even a request to a loopback address leaves the host.
    is_unverified = not params["validate_certs"] and bool(proxy or not is_loopback(base_url))
    if key and not params.get("api_key"):
        _refuse_other_address(params, environ, task_environ, prefix, is_unverified)
    if is_unverified and writes:
        raise OptionError(
            "validate_certs: false is not allowed where orders can be changed: set ca_path to the CA certificates of "
            "the service instead"
        )
    return Connection(
        base_url=base_url,
        api_key=key,
        verify=params["validate_certs"] and _ca_bundle(params.get("ca_path"), both),
        proxy=proxy,
        timeout=within(params, "timeout", 1, 3600),
        retries=within(params, "retries", 0, 20),
        windows=parse_rate_limit(params.get("rate_limit") or both.get(f"{prefix}_RATE_LIMIT") or rate_limit),
        rate_limit_timeout=within(params, "rate_limit_timeout", 0, 86400),
        read_only=f"{prefix}_READ_ONLY" if _is_read_only(prefix, environ, task_environ) else "",
    )


def _key(key: str, prefix: str, required: bool) -> str:
    # A key from a file often ends with a newline, with which `requests` would raise an exception that contains the key.
    key = key.strip()
    if not (key or required):
        return ""
    if not key:
        raise OptionError(f"the API key is not set: set api_key, or {prefix}_API_KEY in the environment")
    if not _KEY.fullmatch(key):
        raise OptionError(
            "the API key contains white space, control characters or non-ASCII characters: check api_key, or "
            f"{prefix}_API_KEY in the environment"
        )
    return key


def _refuse_other_address(
    params: Mapping[str, Any],
    environ: Mapping[str, str],
    task_environ: Mapping[str, str],
    prefix: str,
    is_unverified: bool,
) -> None:
    """Refuse options that would send a key from the environment to another address.

    Extra variables can set the options of a task, but must not send a key of the environment elsewhere. A key in the
    `environment` of the task may be sent to an address of the same `environment`; a key of the process only to an
    address of the process.
    """
    unsafe = [f"{name} is set" for name in ("api_url", "ca_path") if params.get(name)]
    unsafe += ["validate_certs: false is set"] if is_unverified else []
    if not task_environ.get(f"{prefix}_API_KEY"):
        names = (f"{prefix}_API_URL", *_CA_VARIABLES)
        unsafe += [
            f"{name} is set in the environment of the task"
            for name in names
            if task_environ.get(name) != environ.get(name) and task_environ.get(name)
        ]
    if unsafe:
        raise OptionError(
            f"{unsafe[0]}, but the API key comes from {prefix}_API_KEY in the environment. Such a key is sent "
            "only to a built-in region, or to an address that the same environment sets: set api_key as well"
        )


def _is_read_only(prefix: str, environ: Mapping[str, str], task_environ: Mapping[str, str]) -> bool:
    """Whether the process or the task forbids writes; neither can permit what the other forbids."""
    return any(forbids_writes(variables.get(f"{prefix}_READ_ONLY")) for variables in (environ, task_environ))


def _base_url(url: str) -> str:
    """The option api_url without a slash at its end. Raises OptionError if it is not a plain https URL."""
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if host and not _HOST.fullmatch(parts.netloc.rpartition("@")[2]):
        host = None
    if not host or parts.scheme not in ("https", "http") or re.search(r"[\s\\\x00-\x1f\x7f]", url.strip()):
        raise OptionError("api_url is not a valid URL: set it to an address such as https://host/services/v2")
    if "@" in parts.netloc or parts.query or parts.fragment or "?" in url or "#" in url:
        raise OptionError("api_url must not contain user information, a query or a fragment: remove it")
    base_url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    if parts.scheme == "http" and not is_loopback(base_url):
        raise OptionError(
            "api_url must begin with https:// (http:// is allowed only for a loopback address, such as a simulator)"
        )
    return base_url


def is_loopback(base_url: str) -> bool:
    """Whether the address of a service is on this host."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ca_bundle(ca_path: str | None, environ: Mapping[str, str]) -> bool | str:
    """The path of the CA bundle (file or folder), or True for the default of `requests`. Raises OptionError."""
    bundle = ca_path or next((environ[name] for name in _CA_VARIABLES if environ.get(name)), None)
    if bundle and not Path(bundle).exists():
        raise OptionError(
            "the file or folder with CA certificates does not exist: check ca_path, or REQUESTS_CA_BUNDLE and "
            "CURL_CA_BUNDLE in the environment"
        )
    return bundle or True


def _proxy(base_url: str, environ: Mapping[str, str]) -> str:
    """The proxy for https from the environment; plain http is for a loopback address, never through a proxy."""
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
        raise OptionError(
            "the proxy in HTTPS_PROXY or ALL_PROXY is not valid: set it to host:port, or to an address that begins "
            "with http:// or https://"
        )
    return proxy


def forbids_writes(value: str | None) -> bool:
    """Whether the value of a variable such as DIGICERT_READ_ONLY forbids writes: any but an explicit no does."""
    return (value or "").strip().lower() not in ("", "0", "no", "false", "off")


def parse_rate_limit(text: str) -> tuple[tuple[int, float], ...]:
    """Parse the option rate_limit: '100/5, 1000/180' -> ((100, 5.0), (1000, 180.0)); 'none' -> ().

    Each pair is a number of requests and the length of a rolling window in seconds. Raises OptionError.
    """
    if text.strip().lower() == "none":
        return ()
    windows = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6}(?:\.\d{1,6})?)\s*", part, re.ASCII)
        if not match or int(match.group(1)) < 1 or float(match.group(2)) <= 0:
            raise OptionError(
                "rate_limit must be 'none', or one or more limits of the form requests/seconds, separated by commas, "
                "such as '100/5, 1000/180'"
            )
        windows.append((int(match.group(1)), float(match.group(2))))
    return tuple(windows)
