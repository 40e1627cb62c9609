# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""API keys and the accounts behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from certsim.certcentral.book import OrderBook
from certsim.certcentral.domains import Domain
from certsim.certcentral.model import MIGRATED, Order
from certsim.exchange import KEY_PREFIX, SeedError

DEFAULT_ACCOUNT = 100001

#: Access roles by name (docs/development/reference/certcentral.md 1.1).
_ROLES = {"Orders": 100, "Orders, Domains, Organizations": 101, "View Only": 102}

_DEFAULT_KEYS: dict[str, dict[str, Any]] = {
    "sim-admin": {"user": "admin"},
    "sim-readonly": {"user": "auditor", "roles": ["View Only"], "view_only": True},
    "sim-expired": {"user": "former", "expired": True},
}


_DEFAULT_USER = 7
_ROOT = 1
_ACCOUNT_FIELDS = frozenset(("id", "name", "migrated"))


@dataclass(slots=True)
class Account:
    """An account and all that it has."""

    id: int
    name: str
    migrated: bool | None
    book: OrderBook = field(default_factory=OrderBook)
    domains: dict[int, Domain] = field(default_factory=dict)

    def profile(self) -> dict[str, Any]:
        """Return the answer to GET /account (docs/development/reference/certcentral.md 6), booleans as they are."""
        # An account that holds migrated orders was migrated itself, unless the seed knows better.
        migrated = any(order.origin == MIGRATED for order in self.book) if self.migrated is None else self.migrated
        return {
            "id": self.id,
            "primary_organization_id": 111111,
            "primary_organization_name": self.name,
            "root_container_id": 1,
            "cert_central_type": "retail",
            "migrated": migrated,
            "has_auth_key": False,
        }


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, which acts as a user of one account (docs/development/reference/certcentral.md 1.1)."""

    key: str
    user: str
    user_id: int
    roles: tuple[str, ...]
    user_roles: tuple[str, ...]
    view_only: bool
    expired: bool
    account_id: int
    container_ids: frozenset[int] | None

    def sees(self, thing: Order | Domain) -> bool:
        """Return whether the key's containers hold the order or the domain."""
        return self.container_ids is None or thing.container["id"] in self.container_ids

    def user_fields(self) -> dict[str, Any]:
        """Return the key's user as others' objects show it."""
        email = f"{self.user}@example.com"
        return {"id": self.user_id, "first_name": "Ada", "last_name": "Example", "email": email}

    def profile(self, roles_of: str, visibility: str = "ids") -> dict[str, Any]:
        """Return the answer to GET /user/me (docs/development/reference/certcentral.md 6, 10).

        Args:
            roles_of: whose roles it shows, those of the ``key`` or the ``user``.
            visibility: how the containers show that are visible, as ``ids`` or ``objects``.
        """
        restricted = self.container_ids is not None
        numbers = sorted(self.container_ids or (_ROOT,))
        home = numbers[0]
        visible = [{"id": each, "name": _container_name(each)} if visibility == "objects" else each for each in numbers]
        roles = self.roles if roles_of == "key" else self.user_roles
        return {
            **self.user_fields(),
            "username": self.user,
            "account_id": self.account_id,
            "status": "active",
            "type": "standard",
            "last_login_date": "2026-10-01T12:00:00+00:00",
            "container": {"id": home, "name": _container_name(home), "parent_id": 0 if home == _ROOT else _ROOT},
            "access_roles": [{"id": _ROLES.get(role, 199), "name": role} for role in roles],
            "is_cert_central": True,
            "is_enterprise": False,
            "is_saml_sso_only": False,
            "has_container_assignments": restricted,
            "container_visibility": visible,
        }


def read_accounts(section: Mapping[str, Any]) -> dict[int, Account]:
    """Return the accounts of a seed; the first one is the default of keys, orders and domains.

    Raises:
        SeedError: an account or a field of it is not usable.
    """
    accounts: dict[int, Account] = {}
    for spec in section.get("accounts") or [section.get("account") or {"id": DEFAULT_ACCOUNT}]:
        unknown = sorted(set(spec) - _ACCOUNT_FIELDS)
        if unknown:
            raise SeedError(f"account {spec.get('id')}: unknown field {', '.join(unknown)}")
        accounts[spec["id"]] = Account(spec["id"], str(spec.get("name", "Example Corp")), spec.get("migrated"))
    return accounts


def read_keys(seed: Mapping[str, Any] | None, account_ids: tuple[int, ...]) -> dict[str, ApiKey]:
    """Return the default keys, and those of a seed over them.

    Raises:
        SeedError: a key or a field of it is not usable.
    """
    wanted = {**_DEFAULT_KEYS, **(seed or {})}
    keys = {str(key): _read_key(str(key), spec or {}, account_ids[0]) for key, spec in wanted.items()}
    homeless = [key.key for key in keys.values() if key.account_id not in account_ids]
    if homeless:
        raise SeedError(f"keys of accounts that the seed does not declare: {', '.join(homeless)}")
    return keys


def _read_key(key: str, spec: Mapping[str, Any], account_id: int) -> ApiKey:
    if not key.startswith(KEY_PREFIX):
        raise SeedError(f"a key in the seed does not begin with {KEY_PREFIX}: real keys do not belong here")
    allowed = {"user", "user_id", "roles", "user_roles", "view_only", "expired", "account_id", "container_ids"}
    unknown = sorted(set(spec) - allowed)
    if unknown:
        raise SeedError(f"key {key}: unknown field {', '.join(unknown)}")
    roles = tuple(spec.get("roles") or ["Orders"])
    containers = spec.get("container_ids")
    return ApiKey(
        key=key,
        user=str(spec.get("user", key.removeprefix(KEY_PREFIX))),
        user_id=spec.get("user_id", _DEFAULT_USER),
        roles=roles,
        user_roles=tuple(spec.get("user_roles") or ["Orders"]),
        view_only=bool(spec.get("view_only", "View Only" in roles)),
        expired=bool(spec.get("expired", False)),
        account_id=spec.get("account_id", account_id),
        container_ids=None if containers is None else frozenset(containers),
    )


def _container_name(number: int) -> str:
    """Return a name for the container of a user: INVENTED, as a user's need hold no order that names it."""
    return f"Container {number}"
