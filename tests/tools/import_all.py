# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Import every Python file of the collection's folders named, on whatever Python this is.

Must itself run on the oldest Python of a target, where the tools that would find this out do not install.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(folders: list[str]) -> int:
    files = sorted(file for folder in folders for file in Path(folder).rglob("*.py"))
    for file in files:
        module = ".".join(file.with_suffix("").parts)
        importlib.import_module(f"ansible_collections.certops.orders.{module}")
    print(f"{len(files)} files imported on Python {sys.version.split()[0]}")
    return 0 if files else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
