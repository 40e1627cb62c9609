# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seed files: what the services hold at the start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from certsim.exchange import SeedError

_NEUTRAL = ("clock", "switches")


def read(path: Path) -> dict[str, Any]:
    """Read one seed file, YAML or JSON (which is YAML, too).

    Raises:
        SeedError: it cannot be read, or holds no mapping.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SeedError(f"cannot read seed {path}: {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise SeedError(f"seed {path} holds no mapping")
    return document


def merge(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Lay seeds over one another: lists are joined, mappings merged, other values replaced."""
    result: dict[str, Any] = {}
    for document in documents:
        for name, value in document.items():
            present = result.get(name)
            if isinstance(present, list) and isinstance(value, list):
                result[name] = present + value
            elif isinstance(present, dict) and isinstance(value, dict):
                result[name] = merge((present, value))
            else:
                result[name] = value
    return result


def split(document: Mapping[str, Any], providers: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Part a seed into the neutral settings and each provider's section.

    What stands at the top and is neither belongs to the first provider.

    Raises:
        SeedError: a provider's section is no mapping.
    """
    neutral = {name: document[name] for name in _NEUTRAL if name in document}
    sections = {name: _section(document, name) for name in providers}
    sections[providers[0]].update(
        {name: value for name, value in document.items() if name not in _NEUTRAL and name not in providers}
    )
    return neutral, sections


def _section(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = document.get(name, {})
    if not isinstance(section, Mapping):
        raise SeedError(f"{name} in a seed is a mapping")
    return dict(section)
