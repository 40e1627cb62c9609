# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time.

"""Secret masking of ansible-core, for keys and tokens that ansible-core does not know to be secret.

ansible-core 2.22 and later hides registered texts in all that it shows. It knows only options that are documented as
secret, and validate-modules of ansible-core 2.16 refuses that documentation. A key can also come from the environment,
and a token from the service.
"""

from __future__ import annotations

from collections.abc import Iterable


def mask(secrets: Iterable[str]) -> None:
    """Have ansible-core hide these texts from now on; no effect before ansible-core 2.22."""
    try:
        from ansible.module_utils.secrets import register_secrets
    except ImportError:
        return
    register_secrets(secrets)
