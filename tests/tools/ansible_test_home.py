# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A home folder for ansible-test, so that the user's own is neither needed nor changed."""

from __future__ import annotations

import configparser
import os
from pathlib import Path

# ansible-test fetches pip's bootstrap script for its virtual environments from a host of its own, unless it finds
# it here. Python brings pip along, so this is all that the script has to do; it is the same on every machine.
BOOTSTRAP = "import ensurepip\nensurepip.bootstrap()\n"

# The pip versions that ansible-core asks for: 2.16, 2.18 and 2.19, 2.20 and later.
PIP_VERSIONS = ("23.1.2", "24.2", "25.2")


def prepare(home: Path) -> None:
    """Fill `home`. It may be used again: ansible-test keeps its virtual environments there."""
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in PIP_VERSIONS:
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(BOOTSTRAP, encoding="utf-8")
    _write_pip_config(home / ".config" / "pip" / "pip.conf")


def _write_pip_config(path: Path) -> None:
    """Hand over the user's settings of pip: ansible-test passes on neither PIP_* nor, with another HOME, the files."""
    config = configparser.RawConfigParser()
    user = Path.home()
    config.read([user / ".pip/pip.conf", user / ".config/pip/pip.conf", os.environ.get("PIP_CONFIG_FILE", "")])
    if not config.has_section("global"):
        config.add_section("global")
    for name, value in os.environ.items():
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE":
            config.set("global", name[len("PIP_") :].lower().replace("_", "-"), value)
    path.parent.mkdir(parents=True, exist_ok=True)
    # An index address may hold a password.
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as file:
        config.write(file)
