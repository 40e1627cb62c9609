# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy of the checkout at a path that Ansible's tools accept: `.../ansible_collections/certops/orders`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

NAMESPACE, NAME = "certops", "orders"


def export(checkout: Path, collections: Path) -> Path:
    """Copy what git knows of `checkout` below `collections` and return the collection's folder there.

    Known is what is committed, staged or new; ignored files stay behind, so no cache or old output gets in.
    A former copy is removed first.
    """
    target = collections / "ansible_collections" / NAMESPACE / NAME
    shutil.rmtree(collections, ignore_errors=True)
    for name in known_files(checkout):
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(checkout / name, copy, follow_symlinks=False)
    # Tools ask git which files there are; without a repository of its own they would ask the checkout's,
    # which ignores the place where the copy lies.
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=target, check=True)
    return target


def known_files(checkout: Path) -> list[str]:
    """The files of `checkout` that git has or would take, relative to it."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=checkout,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = sorted(set(filter(None, listing.split("\0"))))
    # A file that was removed but not yet staged is still listed.
    return [name for name in names if (checkout / name).is_symlink() or (checkout / name).is_file()]
