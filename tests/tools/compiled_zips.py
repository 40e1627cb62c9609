# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compile each source file only once that Python imports from a zip archive: a third of a module's time on a target.

Ansible sends a module and its module_utils as a zip archive of sources. Python keeps nothing of what it compiles of
one, so a thousand tasks of the tests would compile the same fifty files a thousand times. As `sitecustomize.py` of an
environment, where noxfile.py puts it, this keeps the code in the environment, by the hash of its source. A module
imports, runs and fails as it does without it.
"""

from __future__ import annotations

import _imp
import marshal
import os
import sys
import zipimport
from collections.abc import Callable
from types import CodeType

# Made by noxfile.py. No pathlib here: every process of the environment would import it.
FOLDER = f"{sys.prefix}/compiled_zips"
# A number of our own, as Python has one for its files.
HASH_KEY = 1
# Has this name from Python 3.8 on; it gets the path of a file in an archive, and its content.
PATCHED = "_compile_source"
_compile: Callable[[str, bytes], CodeType] = getattr(zipimport, PATCHED)


def compile_once(path: str, source: bytes) -> CodeType:
    """Return the code of a source file; path: that of the file, which a traceback shows."""
    # Code of one Python is of no use to another one.
    kept = f"{FOLDER}/{_imp.source_hash(HASH_KEY, source).hex()}-{len(source)}-{sys.hexversion:x}"
    try:
        with open(kept, "rb") as file:  # noqa: PTH123
            code: CodeType = marshal.load(file)
    except OSError:
        code = _compile(path, source)
        _keep(code, kept)
    else:
        # The archive of each task has another path.
        _imp._fix_co_filename(code, path)  # type: ignore[attr-defined]
    return code


def _keep(code: CodeType, kept: str) -> None:
    part = f"{kept}.{os.getpid()}"
    try:
        with open(part, "wb") as file:  # noqa: PTH123
            marshal.dump(code, file)
        # In one step, as other processes may read it at this moment.
        os.replace(part, kept)  # noqa: PTH105
    except OSError:
        # The process of a user who may not write here.
        pass


setattr(zipimport, PATCHED, compile_once)
