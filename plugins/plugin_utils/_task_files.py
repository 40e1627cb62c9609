# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time.

"""Files of tasks that a playbook includes: checked before they are needed.

Ansible reads an included file when it gets there, and a missing file does not even let the run fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.mod_args import ModuleArgsParser

from ansible_collections.certops.orders.plugins.module_utils._common.text import printable

_VAULT = "$ANSIBLE_VAULT"
_BLOCKS = ("block", "rescue", "always")
# A playbook that is started by its full name resolves short names in its own collection as well.
_COLLECTIONS = ("certops.orders", "ansible.legacy")


class NotTasks(Exception):
    """A file that cannot be read as tasks. Its text completes a sentence that begins with the path."""


class _Loader(yaml.SafeLoader):
    """Reads tags of Ansible, such as !vault and !unsafe, as text."""


def _tagged(_loader: yaml.Loader, _suffix: str, node: yaml.Node) -> str:
    return str(node.value)


_Loader.add_multi_constructor("!", _tagged)


def check_task_file(path: Any) -> None:
    """Check that a path is absolute, and that the file can be read as a list of tasks. Raises NotTasks.

    Modules of tasks must be known; their arguments are not checked. The content of a vault file is not checked.
    """
    if not isinstance(path, str) or not Path(path).is_absolute():
        raise NotTasks("is not an absolute path")
    if not Path(path).exists():
        raise NotTasks("does not exist on the controller")
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise NotTasks(f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise NotTasks("cannot be read: it is not UTF-8 text") from None
    if text.startswith(_VAULT):
        return
    try:
        tasks = yaml.load(text, _Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        raise NotTasks(f"is not valid YAML: {_position(error)}") from None
    if not isinstance(tasks, list) or not tasks:
        raise NotTasks("must contain a list of tasks")
    _check_tasks(tasks)


def _check_tasks(tasks: Any, within: str = "", collections: Sequence[str] = _COLLECTIONS) -> None:
    if not isinstance(tasks, list):
        raise NotTasks(f"cannot be read as tasks: {within} must be a list of tasks")
    for place, task in enumerate(tasks, 1):
        number = f"task {place}" + (f" of {within}" if within else "")
        if not isinstance(task, Mapping):
            raise NotTasks(f"cannot be read as tasks: {number} must be a dictionary")
        label = f"{number} ({printable(task['name'], 100)})" if task.get("name") else number
        if "hosts" in task:
            raise NotTasks(f"contains plays, and must contain tasks: {label} has hosts")
        several = [*_listed(task.get("collections")), *collections]
        parts = [part for part in _BLOCKS if part in task]
        for part in parts:
            _check_tasks(task[part] or [], f"{part} of {label}", several)
        if not parts:
            _check_module(task, label, several)


def _check_module(task: Mapping[str, Any], label: str, collections: Sequence[str]) -> None:
    try:
        ModuleArgsParser(dict(task), collection_list=list(collections)).parse()
    except AnsibleError as error:
        # Without the hint that follows, and without the excerpt of the file, which this message is not about.
        reason = str(getattr(error, "message", error)).strip().splitlines()[0].partition(". ")[0]
        raise NotTasks(f"cannot be read as tasks: {label}: {printable(reason, 300).rstrip('.')}") from None


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _position(error: yaml.YAMLError) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or "it cannot be parsed"
    return f"{problem} (line {mark.line + 1}, column {mark.column + 1})" if mark else str(problem)
