# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""API keys and the accounts behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certsim.certcentral.model import Order
from certsim.exchange import KEY_PREFIX, SeedError

DEFAULT_ACCOUNT = 100001

#: Access roles by name (reference/certcentral.md 1.1).
_ROLES = {"Orders": 100, "Orders, Domains, Organizations": 101, "View Only": 102}

_DEFAULT_KEYS: dict[str, dict[str, Any]] = {
    "sim-admin": {"user": "admin"},
    "sim-readonly": {"user": "auditor", "roles": ["View Only"], "view_only": True},
    "sim-expired": {"user": "former", "expired": True},
}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, which acts as a user of one account (reference/certcentral.md 1.1)."""

    key: str
    user: str
    roles: tuple[str, ...]
    view_only: bool
    expired: bool
    account_id: int
    container_ids: frozenset[int] | None

    def sees(self, order: Order) -> bool:
        """Tell whether the key's containers hold the order."""
        return self.container_ids is None or order.container["id"] in self.container_ids

    def profile(self) -> dict[str, Any]:
        """Return the answer to GET /user/me (reference/certcentral.md 6)."""
        restricted = self.container_ids is not None
        return {
            "id": 7,
            "username": self.user,
            "account_id": self.account_id,
            "first_name": "Ada",
            "last_name": "Example",
            "email": f"{self.user}@example.com",
            "status": "active",
            "type": "standard",
            "access_roles": [{"id": _ROLES.get(role, 199), "name": role} for role in self.roles],
            "is_cert_central": True,
            "is_enterprise": False,
            "is_saml_sso_only": False,
            "has_container_assignments": restricted,
            **({"container_visibility": sorted(self.container_ids or ())} if restricted else {}),
        }


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
    allowed = {"user", "roles", "view_only", "expired", "account_id", "container_ids"}
    unknown = sorted(set(spec) - allowed)
    if unknown:
        raise SeedError(f"key {key}: unknown field {', '.join(unknown)}")
    roles = tuple(spec.get("roles") or ["Orders"])
    containers = spec.get("container_ids")
    return ApiKey(
        key=key,
        user=str(spec.get("user", key.removeprefix(KEY_PREFIX))),
        roles=roles,
        view_only=bool(spec.get("view_only", "View Only" in roles)),
        expired=bool(spec.get("expired", False)),
        account_id=spec.get("account_id", account_id),
        container_ids=None if containers is None else frozenset(containers),
    )
