# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many examples a property is tried with; the environment variable HYPOTHESIS_PROFILE names the profile.

The same examples come in every run: a random failure would hit an unrelated change. `nox -s nightly` rolls dice.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# max_examples is the percentage of what a property asks for, see properties.examples.
PROFILES = {"quick": 10, "all": 100, "nightly": 1000}
for name, percent in PROFILES.items():
    settings.register_profile(
        name,
        max_examples=percent,
        derandomize=name != "nightly",
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "all"))
