# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The request of a decommission: the names, the protected names, and how to end issued orders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from .._common.names import LIBRARY_MISSING, is_convertible, spellings
from .._common.options import OptionError, domain_name
from .._common.providers import PROVIDERS
from .._plans.actions import KEEP, LAPSE, REVOKE, TLS_PRODUCTS
from .scope import OPTIONS as SCOPE_OPTIONS
from .scope import Scope, scope_of

_ID = re.compile("|".join(provider.order_pattern.pattern for provider in PROVIDERS.values()))
_PATTERN = re.compile(r"(?:[a-z0-9_*?.-]|\[!?[a-z0-9_.-]+\])+")
_GLOB = re.compile(r"[*?\[\]]")


# -- the request -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Decommission:
    """The names to decommission, and the rules for their orders. `parse_request` makes and checks it.

    names: in lower case, as DNS spells them. on_issued: KEEP, LAPSE or REVOKE. product_types: of CertCentral. shared:
    order ids and digests of orders that may end although they cover other names or wildcards. accept_unknown: ids of
    orders that may end although not all of their names or certificates are known. protected: patterns of names whose
    orders are never changed; kept_names: additional patterns that the role sets, which may match no name. names_in_use:
    the names that stay in use with a replacement certificate; replacements: ids and digests of the orders that replace
    them. waiver: the user's reason to revoke certificates without a probe, or with a name that does not resolve and
    without an approval. unapproved: whether the plan is applied without an approval. scope: the orders that may be
    changed.
    """

    names: frozenset[str]
    include_subdomains: bool = False
    on_issued: str = KEEP
    product_types: frozenset[str] = frozenset(TLS_PRODUCTS)
    shared: frozenset[str] = frozenset()
    accept_unknown: frozenset[str] = frozenset()
    protected: tuple[str, ...] = ()
    kept_names: tuple[str, ...] = ()
    names_in_use: frozenset[str] = frozenset()
    replacements: frozenset[str] = frozenset()
    mark_renewed: bool = False
    probe: bool = True
    waiver: str = ""
    unapproved: bool = False
    scope: Scope = field(default_factory=Scope)
    _parents: frozenset[str] = field(default=frozenset(), init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_parents", frozenset(parent_name(name) for name in self.names))

    def is_decommissioned(self, name: str) -> bool:
        """Return whether a name is to be decommissioned."""
        return self._is_among(name, self.names)

    def affects(self, name: str) -> bool:
        """Return whether a name of an order covers a name to decommission, as a wildcard does."""
        return self.is_decommissioned(name) or (name.startswith("*.") and name[2:] in self._parents)

    def is_replaced(self, name: str) -> bool:
        """Return whether a name stays in use with a replacement certificate, which can be a wildcard."""
        return self._is_among(name, self.names_in_use) or f"*.{parent_name(name)}" in self.names_in_use

    def protector(self, name: str) -> str:
        """Return the pattern that protects a name, or a name that a wildcard covers; an empty string if there is none.

        A pattern such as b*cher.example matches the Unicode and the DNS spelling of a name. A pattern such as
        *.pay.example.com also protects pay.example.com.
        """
        spelled, patterns = spellings(name), (*self.protected, *self.kept_names)
        return next((pattern for pattern in patterns if any(_protects(pattern, one) for one in spelled)), "")

    def _is_among(self, name: str, names: frozenset[str]) -> bool:
        if name in names:
            return True
        parent = name if self.include_subdomains else ""
        while parent:
            parent = parent_name(parent)
            if parent in names:
                return True
        return False


def parse_request(options: Mapping[str, Any]) -> Decommission:
    """Read the request from the options of the role; names get the spelling of DNS. Raises ValueError with the reason.

    Lists must be lists and booleans must be booleans: to Python a string is a list of letters, and "false" is true.
    """
    known = {one.name for one in fields(Decommission) if one.init} - {"scope"} | set(SCOPE_OPTIONS)
    unknown = sorted(str(name) for name in set(options) - known)
    if unknown:
        raise ValueError(f"{_variable(unknown[0])} is not an option of the role decommission_domain")
    names, include_subdomains = _names_to_decommission(options)
    on_issued = options.get("on_issued", KEEP)
    if on_issued not in (KEEP, LAPSE, REVOKE):
        raise ValueError(f"{_variable('on_issued')} must be {KEEP}, {LAPSE} or {REVOKE}")
    probe, waiver = _probe_or_waiver(options)
    request = Decommission(
        names=names,
        include_subdomains=include_subdomains,
        on_issued=str(on_issued),
        product_types=frozenset(_texts(options, "product_types", TLS_PRODUCTS)),
        shared=_ids(options, "shared"),
        accept_unknown=_ids(options, "accept_unknown"),
        protected=tuple(_pattern(text) for text in _texts(options, "protected")),
        kept_names=tuple(_pattern(text) for text in _texts(options, "kept_names")),
        names_in_use=_names(options, "names_in_use"),
        replacements=_ids(options, "replacements"),
        mark_renewed=_boolean(options, "mark_renewed", False),
        probe=probe,
        waiver=waiver,
        unapproved=_boolean(options, "unapproved", False),
        scope=scope_of(options, "decommission_domain"),
    )
    # A misspelled name would end the certificate of a name that stays in use.
    not_listed = sorted(
        one
        for one in request.names_in_use
        if not request.is_decommissioned(one) and f"*.{parent_name(one)}" not in names
    )
    if not_listed:
        raise ValueError(
            f"{_variable('names_in_use')} contains {not_listed[0]}, which {_variable('names')} does not cover"
        )
    return request


def _names_to_decommission(options: Mapping[str, Any]) -> tuple[frozenset[str], bool]:
    """Return the names, and whether their subdomains are included. Raises ValueError."""
    names = _names(options, "names")
    if not names:
        raise ValueError(f"{_variable('names')} must contain at least one name")
    include_subdomains = _boolean(options, "include_subdomains", False)
    top_level = sorted(name for name in names if "." not in name.replace("*.", "", 1))
    if include_subdomains and top_level:
        raise ValueError(
            f"{_variable('names')} contains {top_level[0]}, and {_variable('include_subdomains')} would include all "
            "domains below it: list the names to decommission"
        )
    return names, include_subdomains


def _probe_or_waiver(options: Mapping[str, Any]) -> tuple[bool, str]:
    """Return whether servers are probed before a revocation, and the waiver. Raises ValueError without either."""
    probe, waiver = _boolean(options, "probe", True), options.get("waiver", "")
    if not isinstance(waiver, str):
        raise ValueError(f"{_variable('waiver')} must be a text")
    if not probe and not waiver.strip():
        raise ValueError(
            f"{_variable('probe')} is false, so certificates that are still served could be revoked: set "
            f"{_variable('waiver')} to the reason why no probe is necessary"
        )
    return probe, waiver.strip()


def _variable(option: str) -> str:
    """Return the variable of the role decommission_domain that sets an option."""
    return f"decommission_domain_{'probe_waiver' if option == 'waiver' else option}"


def _texts(options: Mapping[str, Any], option: str, default: Iterable[str] = ()) -> list[str]:
    given = options.get(option, default)
    values = list(given) if isinstance(given, (list, tuple)) else None
    if values is None or not all(isinstance(one, (str, int)) and not isinstance(one, bool) for one in values):
        raise ValueError(f"{_variable(option)} must be a list of texts")
    texts = [str(one).strip() for one in values]
    if not all(texts):
        raise ValueError(f"{_variable(option)} must not contain an empty text")
    return texts


def _ids(options: Mapping[str, Any], option: str) -> frozenset[str]:
    """Read order ids and digests. The error does not quote another value, because it can be an order token."""
    values = [text.lower() for text in _texts(options, option)]
    if not all(map(_ID.fullmatch, values)):
        raise ValueError(f"{_variable(option)} contains a value that is neither an order ID nor a full order_digest")
    return frozenset(values)


def _names(options: Mapping[str, Any], option: str) -> frozenset[str]:
    try:
        return frozenset(domain_name(text, _variable(option)) for text in _texts(options, option))
    except OptionError as error:
        raise ValueError(str(error)) from None


def _boolean(options: Mapping[str, Any], option: str, default: bool) -> bool:
    given = options.get(option, default)
    if given is not True and given is not False:
        raise ValueError(f"{_variable(option)} must be true or false")
    return bool(given)


def _pattern(text: str) -> str:
    """Return a pattern in lower case, with each Unicode label as DNS spells it. Raises ValueError."""
    if not is_convertible(text):
        raise ValueError(f"{_variable('protected')}: {LIBRARY_MISSING}")
    labels = text.rstrip(".").split(".")
    try:
        spelled = ".".join(label.lower() if label.isascii() else domain_name(label, "protected") for label in labels)
    except OptionError:
        spelled = ""
    if "" in labels or not _PATTERN.fullmatch(spelled) or not _can_match(spelled):
        raise ValueError(
            f"{_variable('protected')} contains a pattern that matches no domain name. Write *.example.com for all "
            "names below example.com, and do not use * in a label with non-ASCII letters"
        )
    return spelled


def _can_match(pattern: str) -> bool:
    try:
        fnmatchcase("", pattern)
    except re.error:
        # Older versions of Python raise an error for a range such as [z-a].
        return False
    return True


def _protects(pattern: str, name: str) -> bool:
    # Most wildcard certificates are also valid for the parent name, even if the order does not list it.
    wildcard_parent = name[2:] if name.startswith("*.") else ""
    return any(
        fnmatchcase(name, form)
        or bool(wildcard_parent and (fnmatchcase(wildcard_parent, form) or _may_match_below(form, wildcard_parent)))
        for form in (pattern, *([pattern[2:]] if pattern.startswith("*.") else []))
    )


def _may_match_below(pattern: str, parent: str) -> bool:
    """Return whether a pattern can match a name one label below `parent`, the names that a wildcard covers."""
    found = [match.start() for match in _GLOB.finditer(pattern)]
    if not found:
        return parent_name(pattern) == parent
    # The fixed text before the first and after the last wildcard character decides; the rest can match anything.
    head, tail, below = pattern[: found[0]], pattern[found[-1] + 1 :], f".{parent}"
    if tail.endswith(below):
        # The pattern ends below the parent: what remains must fit into one label.
        return "." not in tail[: -len(below)] and "." not in head
    return below.endswith(tail) and ("." not in head or parent.startswith(parent_name(head)))


def parent_name(name: str) -> str:
    return name.partition(".")[2]
