# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shared parts of the modules' RETURN: tests/tools/module_returns.py."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.certops.orders.tests.tools import module_returns

MODULE = '''\
DOCUMENTATION = r"""
module: a_module
"""

RETURN = r"""
orders:
  description: Old.
  type: list
  contains: &order
    order_id:
      # An integer.
      type: int
      description: >-
        Old, on
        two lines.
      sample: 1

summary:
  sample: {total: 1}
  description: Old.
canceled:
  contains: *order
"""
'''
FRAGMENTS = """\
---
# Comments stay in this file.

all:
  modules: ["a_*"]
  return:
    summary:
      description:
        - New.
      returned: always

    # Of the next entry.

    orders:
      contains: &result
        order_id:
          description: New.
other:
  modules: [another]
  return:
    summary:
      description: Of another module.
results:
  modules: [b_module, a_module]
  return:
    orders:
      contains: *result
    msg:
      description: Added.
      returned: always
"""
GENERATED = '''\
DOCUMENTATION = r"""
module: a_module
"""

RETURN = r"""
orders:
  description: Old.
  type: list
  contains: &order
    order_id:
      # An integer.
      type: int
      description: New.
      sample: 1

summary:
  sample: {total: 1}
  description:
    - New.
  returned: always
canceled:
  contains: *order
msg:
  description: Added.
  returned: always
"""
'''


def test_the_modules_agree_with_the_fragments(capsys: pytest.CaptureFixture[str]) -> None:
    status = module_returns.main(["--check"])
    assert status == 0, capsys.readouterr().out


def test_a_fragment_replaces_what_it_has_and_leaves_everything_else() -> None:
    assert module_returns.generated("a_module", MODULE, FRAGMENTS) == GENERATED
    assert module_returns.generated("a_module", GENERATED, FRAGMENTS) == GENERATED
    assert module_returns.generated("c_module", MODULE, FRAGMENTS) == MODULE


def test_a_key_that_is_added_under_an_alias_has_the_indentation_of_its_place() -> None:
    bare = 'RETURN = r"""\norders:\n  contains:\n    outcome:\n      type: str\n"""\n'
    text = module_returns.generated("b_module", bare, FRAGMENTS)
    block = text.partition('r"""')[2].rpartition('"""')[0]
    assert yaml.safe_load(block)["orders"]["contains"] == {
        "outcome": {"type": "str"},
        "order_id": {"description": "New."},
    }


def test_a_module_without_the_block_is_an_error() -> None:
    with pytest.raises(ValueError, match="a_module has no block RETURN"):
        module_returns.generated("a_module", 'RETURN = """\n"""\n', FRAGMENTS)


def test_a_module_that_differs_is_shown_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, fragments = tmp_path / "a_module.py", tmp_path / "fragments.yml"
    module.write_text(MODULE)
    fragments.write_text(FRAGMENTS)
    for name, value in {"ROOT": tmp_path, "MODULES": tmp_path, "FRAGMENTS": fragments}.items():
        monkeypatch.setattr(module_returns, name, value)

    assert module_returns.main(["--check"]) == 1
    assert module.read_text() == MODULE
    shown = capsys.readouterr().out
    assert "\n-  description: Old.\n+  description:\n+    - New.\n" in shown
    assert "RETURN differs from fragments.yml" in shown

    assert module_returns.main([]) == 0
    assert module.read_text() == GENERATED
    assert module_returns.main(["--check"]) == 0
