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
def refusing(name: str) -> Iterator[None]:
    """Let the filter `name` fail in one sentence where a planner cannot take what it was given."""
    try:
        yield
    except ValueError as error:
        raise AnsibleFilterError(f"{name}: {error}") from None
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(f"{name} needs orders as modules return them: {error!r}") from None
