# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The options that modules share, and functions that check their values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .names import LIBRARY_MISSING, dns_name, is_convertible
from .text import printable
from .values import is_id

CERTCENTRAL_OPTIONS: dict[str, dict[str, Any]] = {
    "api_key": {"type": "str", "no_log": True},
    "region": {"type": "str", "choices": ["us", "eu"], "default": "us"},
    "api_url": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 3},
    "rate_limit": {"type": "str"},
    "rate_limit_timeout": {"type": "int", "default": 300},
}
SERVERTASTIC_OPTIONS: dict[str, dict[str, Any]] = {
    name: option for name, option in CERTCENTRAL_OPTIONS.items() if name != "region"
}
EXECUTE_ON: dict[str, dict[str, Any]] = {
    "execute_on": {"type": "str", "choices": ["controller", "target"], "default": "controller"},
}
ORDER_IDS: dict[str, dict[str, Any]] = {
    "order_id": {"type": "int"},
    "order_ids": {"type": "list", "elements": "int"},
}
ORDER_TOKENS: dict[str, dict[str, Any]] = {
    "order_token": {"type": "str", "no_log": True},
    "order_tokens": {"type": "list", "elements": "str", "no_log": True},
    # A digest is no secret: the token cannot be computed from it.
    "order_digests": {"type": "list", "elements": "str", "no_log": False},
}
# The options that select orders.
ORDER_FILTERS: dict[str, dict[str, Any]] = {
    "status": {"type": "list", "elements": "str"},
    "domain": {"type": "str"},
    "include_subdomains": {"type": "bool", "default": False},
    "common_name": {"type": "str"},
    "name_pattern": {"type": "list", "elements": "str"},
    "search": {"type": "str"},
    "expires_before": {"type": "str"},
    "expires_after": {"type": "str"},
    "expires_within_days": {"type": "int"},
    "is_renewed": {"type": "bool"},
    "origin": {"type": "str", "choices": ["migrated", "certcentral"]},
    "container_id": {"type": "int"},
    "containers": {"type": "list", "elements": "str"},
    "organization_id": {"type": "int"},
    "organizations": {"type": "list", "elements": "str"},
    "product_name_id": {"type": "str"},
    "product_type": {"type": "str"},
    "created_before": {"type": "str"},
    "created_after": {"type": "str"},
    "requester": {"type": "str"},
}
# The options of every module that changes orders.
BULK: dict[str, dict[str, Any]] = {
    "missing": {"type": "str", "choices": ["fail", "ok"], "default": "fail"},
    "ineligible": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
    "stop_on_failure": {"type": "bool", "default": False},
    "verify": {"type": "bool", "default": False},
    "workers": {"type": "int", "default": 8},
    "orders_detail": {"type": "str", "choices": ["all", "changed", "none"], "default": "all"},
}
# The options for the observers of a run.
WATCHED: dict[str, dict[str, Any]] = {
    "audit_log": {"type": "path"},
    "ticket": {"type": "str"},
    "progress": {"type": "bool", "default": True},
}
# How Servertastic orders are canceled.
CANCELLATION: dict[str, dict[str, Any]] = {
    "replacement": {"type": "str", "choices": ["required", "none"], "default": "required"},
    "request_log": {"type": "path"},
    "requested_at": {"type": "dict"},
    "request_again": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 600},
    "poll_interval": {"type": "int", "default": 60},
}
# What every module has that changes something at CertCentral.
CERTCENTRAL_CHANGE: dict[str, dict[str, Any]] = {**CERTCENTRAL_OPTIONS, **EXECUTE_ON, **BULK, **WATCHED}
# The maximum of the option workers: requests that are sent at the same time.
MOST_WORKERS = 32
# The options that are paths.
PATHS = ("audit_log", "ca_path", "dir", "metrics_path", "path", "reorder_sheets_dir", "request_log")
_DOMAIN = re.compile(r"(?:\*\.)?(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*", re.ASCII)


class OptionError(Exception):
    """An option of the task, or an environment variable, is not valid."""


def ids(params: Mapping[str, Any], one: str, several: str) -> list[int]:
    """Return the ids of a task, in its order and with duplicates. Raises OptionError for an id below 1.

    one, several: the names of the two options, such as order_id and order_ids.
    """
    asked: list[int] = params[several] if params.get(several) is not None else [params[one]]
    if not all(map(is_id, asked)):
        given = several if params.get(several) is not None else one
        raise OptionError(f"{given}: an ID is a whole number of 1 or more")
    return asked


def domain_names(params: Mapping[str, Any], one: str, several: str) -> list[str]:
    """Return the domain names of a task as DNS spells them; one, several: see `ids`. Raises OptionError."""
    asked: list[str] = params[several] if params.get(several) is not None else [params[one]]
    return [domain_name(text, several if params.get(several) is not None else one) for text in asked]


def domain_name(text: str, option: str) -> str:
    """Return a domain name as DNS spells it: in lower case, without a dot at the end. Raises OptionError."""
    if not is_convertible(text):
        raise OptionError(f"{option}: {LIBRARY_MISSING}")
    name = dns_name(text)
    if not _DOMAIN.fullmatch(name) or len(name) > 253:
        raise OptionError(f"{option}: this is not a valid domain name. Use a form such as www.example.com")
    return name


def known_words(asked: Sequence[str], known: Sequence[str], option: str) -> list[str]:
    """Return the values of a filter. Raises OptionError for an unknown value, with the most similar known value."""
    for word in asked:
        if word not in known:
            near = difflib.get_close_matches(word.strip().lower().replace(" ", "_"), known, n=1, cutoff=0.5)
            nearest = f" Did you mean {near[0]}?" if near else ""
            wrong = f"{printable(word, 60)!r} is not a valid value."
            raise OptionError(f"{option}: {wrong}{nearest} Valid values are {', '.join(known)}")
    return list(asked)


def text_of(params: Mapping[str, Any], option: str, required: bool) -> str | None:
    """Return a text for the service, on one line and without control characters; None if it is empty.

    Raises OptionError if the option is required and empty.
    """
    text = (params[option] or "").strip()
    if required and not text:
        raise OptionError(f"{option} is required and must not be empty")
    # An escape has ten characters at most, such as \U0001f600.
    return printable(text, limit=10 * len(text)) if text else None


def with_defaults(given: Mapping[str, Any], spec: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return all options of a specification: as given, or with their default where they are missing or None."""
    return {name: given.get(name) if given.get(name) is not None else one.get("default") for name, one in spec.items()}


def refuse_nul(params: Mapping[str, Any]) -> None:
    """Raise OptionError if an option that is a path contains a NUL character."""
    for option in PATHS:
        if "\0" in str(params.get(option) or ""):
            raise OptionError(f"{option} contains a NUL character, which is not allowed in a path: correct it")


def within(params: Mapping[str, Any], option: str, least: int, most: int) -> int:
    """Return a whole number from the options. Raises OptionError if it is not from `least` to `most`."""
    value: int = params[option]
    if isinstance(value, bool) or not least <= value <= most:
        raise OptionError(f"{option} must be between {least} and {most}")
    return value
