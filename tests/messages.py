# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences that users read, in one file: tests/messages.yml. All other tests assert outcomes, codes and ids.

After a sentence was changed on purpose, write the file anew and read its diff:

    UPDATE_MESSAGES=1 make unit T=tests/unit/plugins/module_utils/_certcentral/test_messages.py
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_suffix(".yml")
HEADER = """\
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What users read, by subject and situation; written and compared by tests/messages.py.
---
"""


# Hundreds of tests compare, and parsing it takes half a second.
@cache
def known() -> dict[str, dict[str, str]]:
    """The sentences of the file, by subject and situation."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8")) or {}


def check_messages(subject: str, messages: Mapping[str, str]) -> None:
    """Compare all sentences of a subject with those of the file; subject: one for each call in the tests."""
    found = dict(messages)
    if os.environ.get("UPDATE_MESSAGES"):
        _write({**known(), subject: found})
    assert found == known().get(subject, {})


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as a block, line by line."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _write(subjects: Mapping[str, Mapping[str, str]]) -> None:
    text = yaml.dump(
        {name: subjects[name] for name in sorted(subjects)},
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=118,
    )
    FILE.write_text(HEADER + text, encoding="utf-8")
    known.cache_clear()
