# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file of tasks is checked before it is included: what Ansible would refuse later is refused at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.certops.orders.plugins.plugin_utils._task_files import NotTasks, check_task_file
from ansible_collections.certops.orders.tests.messages import check_messages

# Without names of collections, which are resolved where Ansible has set up its loader; see the stories of the playbook.
GOOD = {
    "short names, and other ways to name a module": """
- ping:
- name: Look for a file
  stat: {path: /x}
- shell: echo {{ inventory_hostname }}
  args: {chdir: /}
  register: done
  failed_when: done.rc > 1
- local_action: ping
- action: ping
- meta: noop
- include_tasks: more.yml
- import_role: {name: more}
""",
    "tags of Ansible": """
- copy:
    dest: /x
    content: !unsafe "{{ text }}"
- copy:
    dest: /y
    content: !vault |
      $ANSIBLE_VAULT;1.1;AES256
      6162
""",
    "blocks": """
- block:
    - ping:
  rescue:
    - block: [{ping: }]
      always: []
""",
    "collections of a task": "- {collections: [ansible.builtin], ping: }\n- {collections: ansible.legacy, ping: }",
    "a vault": "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
}
BAD = {
    "nothing": "",
    "an empty list": "[]",
    "a dictionary": "ping:",
    "a text in the list": "- ping",
    "no YAML": "- ping:\n- a: b: c",
    "no YAML at all": "- \x00",
    "two documents": "- ping:\n---\n- ping:",
    "plays": "- hosts: all\n  tasks: [{ping: }]",
    "no module": "- name: Nothing\n  when: true",
    "two modules": "- ping:\n  debug: {}",
    "an unknown module": "- ping:\n- name: Take it away\n  community.nowhere.remove: {name: web}",
    "an unknown module in a block": "- block:\n    - ping:\n  rescue:\n    - nowhere:",
    "a block that is not a list": "- block: ping",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_a_file_that_ansible_includes_is_accepted(text: str, tmp_path: Path) -> None:
    path = tmp_path / "tasks.yml"
    path.write_text(text)
    check_task_file(str(path))


def test_what_cannot_be_included_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "tasks.yml"
    messages = {}
    for what, text in BAD.items():
        path.write_text(text)
        messages[what] = refusal(str(path))
    path.write_bytes(b"- ping:  # \xff")
    messages["no text"] = refusal(str(path))
    messages["a folder"] = refusal(str(tmp_path))
    messages["no file"] = refusal(str(tmp_path / "none.yml"))
    messages["a relative path"] = refusal("tasks.yml")
    messages["no path"] = refusal(["/tasks.yml"])
    check_messages("task_files", messages)


def refusal(path: Any) -> str:
    with pytest.raises(NotTasks) as error:
        check_task_file(path)
    return str(error.value)
