# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection: it can change at any time.

"""The entry point of a module that Ansible runs on a host (execute_on: target)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._common.context import Context, Stop
from .guard import guarded

# The file descriptor of the pipe that returns the result to Ansible.
_STDOUT = 1


def main(spec: Mapping[str, Any], run: Callable[[Mapping[str, Any], Context], dict[str, Any]]) -> None:
    """Read the arguments, run the module, and return its result to Ansible; does not return.

    spec: the arguments of AnsibleModule. run: the function of the module that returns the result.
    """
    module = AnsibleModule(**spec)
    # A host is not notified when a job is canceled: only its connection ends.
    stop = Stop(os.getppid(), pipe=_STDOUT)
    # pylint: disable-next=protected-access
    context = Context(check_mode=module.check_mode, diff=module._diff, environ=os.environ, stop=stop)
    result = guarded(run, module.params, context)
    if "library" in result:
        result["msg"] = missing_required_lib(result.pop("library"))
    for warning in result.pop("warnings", []):
        module.warn(warning)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
