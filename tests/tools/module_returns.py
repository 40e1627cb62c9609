# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what several modules share of their RETURN from module_returns.yml, or with --check compares it.

Ansible has documentation fragments for options only. A fragment here is a part of a RETURN: what it has replaces what
the modules have at the same place, everything else in the modules stays as it is. What a module lacks is added.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "plugins" / "modules"
FRAGMENTS = Path(__file__).with_suffix(".yml")
# The block is raw, so that YAML reads the text as it stands in the file.
_RETURN = re.compile(r'^RETURN = r"""\n(.*?)^"""$', re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A mapping in block style, with the lines of the document that it stands in."""

    lines: list[str]
    node: yaml.MappingNode

    @property
    def start(self) -> yaml.Mark:
        """Where its first key is. The mapping itself begins at its anchor if it has one, on the line above."""
        mark: yaml.Mark = self.node.value[0][0].start_mark
        return mark

    def entries(self) -> Iterator[tuple[str, Entry]]:
        """The keys of the mapping, each with its lines, which run to the next key."""
        ends = [key.start_mark.line for key, _value in self.node.value[1:]]
        for (key, value), end in zip(self.node.value, [*ends, self.node.end_mark.line]):
            lines = self.lines[key.start_mark.line : end]
            is_block = isinstance(value, yaml.MappingNode) and not value.flow_style
            yield key.value, Entry(lines, Block(self.lines, value) if is_block else None)

    def moved_to(self, other: Block, lines: list[str]) -> list[str]:
        """Lines of this block with the indentation of another one, without blank lines and comments."""
        before, after = self.start.column, other.start.column
        return [" " * after + line[before:] for line in lines if line.strip() and not line.lstrip().startswith("#")]


class Entry(NamedTuple):
    """A key of a mapping: its lines, and its value if that is a mapping in block style."""

    lines: list[str]
    block: Block | None


def parsed(text: str) -> Block:
    """The mapping that a YAML document holds."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode):
        message = "the document must be a mapping"
        raise TypeError(message)
    return Block(text.splitlines(keepends=True), node)


def merged(own: Block, shared: Block) -> list[str]:
    """The lines of `own` with everything that `shared` has; mappings are merged key by key."""
    left = dict(shared.entries())
    lines: list[str] = []
    for name, entry in own.entries():
        other = left.pop(name, None)
        if other is None:
            lines += entry.lines
        elif entry.block and other.block:
            body = entry.block.node.end_mark.line - entry.block.start.line
            lines += [*entry.lines[:-body], *merged(entry.block, other.block)]
        else:
            lines += shared.moved_to(own, other.lines)
    for other in left.values():
        lines += shared.moved_to(own, other.lines)
    return lines


def fragments_of(module: str, source: str) -> Iterator[Block]:
    """The fragments whose list of modules has a pattern for this one, in their order."""
    for _name, fragment in parsed(source).entries():
        parts = dict(fragment.block.entries()) if fragment.block else {}
        (patterns,) = yaml.safe_load("".join(parts["modules"].lines)).values()
        if any(fnmatchcase(module, pattern) for pattern in patterns) and (shared := parts["return"].block):
            yield shared


def generated(module: str, text: str, source: str) -> str:
    """The text of a module's file with its fragments in RETURN."""
    found = _RETURN.search(text)
    if not found:
        message = f'{module} has no block RETURN = r"""'
        raise ValueError(message)
    block = found[1]
    for shared in fragments_of(module, source):
        block = "".join(merged(parsed(block), shared))
    return text[: found.start(1)] + block + text[found.end(1) :]


def main(arguments: Sequence[str]) -> int:
    """Write or check the modules; returns the exit status."""
    source = FRAGMENTS.read_text(encoding="utf-8")
    stale = False
    for path in sorted(MODULES.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        wanted = generated(path.stem, text, source)
        if "--check" not in arguments:
            path.write_text(wanted, encoding="utf-8")
        elif text != wanted:
            stale = True
            name = str(path.relative_to(ROOT))
            lines = text.splitlines(keepends=True), wanted.splitlines(keepends=True)
            sys.stdout.writelines(difflib.unified_diff(*lines, name, f"{name}, from {FRAGMENTS.name}"))
    if stale:
        print(f"RETURN differs from {FRAGMENTS.relative_to(ROOT)}: edit that file, then run {sys.argv[0]}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
