# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""Runs a module: turns its exceptions into failed results and removes secrets from the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from .._common.errors import ApiError, LibraryMissing, Stopped
from .._common.options import OptionError, refuse_nul
from .._common.text import scrub

if TYPE_CHECKING:
    from .._common.context import Context


def guarded(
    run: Callable[[Mapping[str, Any], Context], dict[str, Any]], params: Mapping[str, Any], context: Context
) -> dict[str, Any]:
    """Call `run` of a module and return its result, for the controller action and the entry point.

    OptionError, ApiError, Stopped and LibraryMissing become a failed result. To a result with `library` the caller has
    to add the message, as the text for a missing library is that of Ansible.
    """
    try:
        refuse_nul(params)
        result = run(params, context)
    except OptionError as error:
        result = ApiError(str(error), code="invalid_option").result()
    except ApiError as error:
        result = error.result()
    except Stopped as error:
        result = ApiError(str(error), code="stopped").result()
    except LibraryMissing as error:
        code = "library_too_old" if error.is_old else "library_missing"
        result = ApiError(error.message, code=code).result()
        if not error.is_old:
            # The caller replaces the message by that of Ansible's missing_required_lib.
            result.update(library=error.library, exception=error.trace)
    scrubbed: dict[str, Any] = scrub(result, context.secrets)
    return scrubbed
