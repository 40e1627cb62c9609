# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated services. A new one is a package of its own and a line here."""

from __future__ import annotations

from certsim.certcentral.service import CertCentral
from certsim.exchange import Provider
from certsim.servertastic.service import Servertastic

#: The first one's seed keys may stand at the top of a seed file, the others' under their name.
PROVIDERS: tuple[type[Provider], ...] = (CertCentral, Servertastic)
