# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who the caller is: docs/development/reference/certcentral.md 6."""

from __future__ import annotations

from certsim.certcentral import context, errors
from certsim.certcentral.context import Context
from certsim.exchange import Answer


def user_me(call: Context) -> Answer:
    """GET /user/me."""
    call.parameters()
    return context.answer(call.key.profile(call.switch("user_me_roles"), call.switch("container_visibility")))


def account(call: Context) -> Answer:
    """GET /account."""
    call.parameters()
    if not call.switch("account_readable"):
        raise errors.missing_permission()
    flag = call.view().flag
    profile = call.account.profile()
    return context.answer({**profile, **{name: flag(profile[name]) for name in ("migrated", "has_auth_key")}})
