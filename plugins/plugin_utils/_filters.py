# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time.

"""What filters share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ansible.errors import AnsibleFilterError


@contextmanager
def refusing() -> Iterator[None]:
    """Let a filter fail in one sentence where a planner cannot take its input."""
    try:
        yield
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from None
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            "the orders must be in the form in which digicert_order_info, digicert_certificate_revoke or "
            f"servertastic_order_info returns them: {error!r}"
        ) from None
