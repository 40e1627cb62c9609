# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The error of the plan modules."""

from __future__ import annotations


class PlanError(ValueError):
    """A plan cannot be made, or must not be used. code: the error code of the failure, for programs."""

    def __init__(self, message: str, code: str = "plan_invalid") -> None:
        super().__init__(message)
        self.code = code
