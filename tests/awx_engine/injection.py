# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX's own rendering of credentials, by awx-plugins-interfaces; the only file that knows its private names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import HIDDEN_PASSWORD, inject_credential

HIDDEN = HIDDEN_PASSWORD


@dataclass(frozen=True)
class Injected:
    """What credentials add to a job.

    env: its environment variables. safe_env: those that AWX keeps in its database instead. args: arguments of
    ansible-playbook.
    """

    env: dict[str, str] = field(default_factory=dict)
    safe_env: dict[str, str] = field(default_factory=dict)
    args: list[str] = field(default_factory=list)


def inject(
    types: Mapping[str, Mapping[str, Any]], credentials: Sequence[Mapping[str, Any]], private_data_dir: Path
) -> Injected:
    """Render credentials (`type`, `inputs`) by the injectors of their types (`inputs`, `injectors`).

    A file injector writes into the folder `env` of private_data_dir, which has to be there.
    """
    injected = Injected()
    for credential in credentials:
        definition = types[credential["type"]]
        managed = ManagedCredentialType(
            namespace="certops",
            kind="cloud",
            name=credential["type"],
            managed=False,
            inputs=dict(definition["inputs"]),
            injectors=dict(definition["injectors"]),
        )
        inputs = Credential(dict(credential["inputs"]))
        inject_credential(
            managed, inputs, injected.env, injected.safe_env, injected.args, str(private_data_dir.resolve())
        )
    return injected
