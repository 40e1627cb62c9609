# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin util is PRIVATE to the collection: it can change at any time.

"""The controller action: calls `run` of a module in the process of the controller, so that the API key stays there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from ansible import constants, errors
from ansible.module_utils.basic import missing_required_lib
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible.module_utils.common.warnings import get_deprecation_messages, get_warning_messages
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context, Stop
from ansible_collections.certops.orders.plugins.module_utils._common.errors import ApiError
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._common.providers import PROVIDERS, connection_option
from ansible_collections.certops.orders.plugins.module_utils._common.text import scrub
from ansible_collections.certops.orders.plugins.module_utils._http.connection import (
    KEY_VARIABLES,
    READ_ONLY_VARIABLES,
    forbids_writes,
)
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.plugins.module_utils._runtime.results import RUNNER
from ansible_collections.certops.orders.plugins.plugin_utils._masking import mask

# From ansible-core 2.19 on, a template that is only an omitted value has no placeholder.
_OMITTED: Any = getattr(errors, "AnsibleValueOmittedError", ())
_RULES = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")

display = Display()


def controller_action(module: ModuleType) -> type[ActionBase]:
    """Return the action plugin for a module of this collection; module: has SPEC and `run`."""

    class ActionModule(ActionBase):
        TRANSFERS_FILES = False
        _supports_async = True  # _refuse_async fails with a message that names an alternative
        _requires_connection = False

        def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
            result: dict[str, Any] = super().run(tmp, task_vars)
            result.update(_TaskRun(self, module, task_vars or {}).result())
            return result

    return ActionModule


class _TaskRun:
    """The run of one task."""

    def __init__(self, action: Any, module: ModuleType, task_vars: dict[str, Any]) -> None:
        self._action = action
        self._task = action._task
        self._module = module
        self._task_vars = task_vars
        self._name = module.__name__.rpartition(".")[2]
        self._is_controller_only = getattr(module, "CONTROLLER_ONLY", False)

    def result(self) -> dict[str, Any]:
        """Return the result of the task: from the controller or, with execute_on: target, from the target."""
        arguments = self._with_connections(_decrypted(self._task.args))
        try:
            self._refuse_async()
            self._refuse_timeout()
            if hasattr(self._module, "arguments"):
                extra = load_extra_vars(self._action._loader)
                arguments = self._module.arguments(arguments, self._task_vars, self._templated, extra)
            # A module that is for the controller only refuses it itself, as it does not always need the service.
            has_choice = "execute_on" in self._module.SPEC["argument_spec"] and not self._is_controller_only
            if arguments.get("execute_on") == "target" and has_choice:
                return self._on_target(arguments)
            self._refuse_delegation()
        except OptionError as error:
            return _refusal(str(error))
        return self._on_controller(arguments)

    def _on_controller(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Validate the arguments as AnsibleModule does, and call `run` of the module."""
        spec = self._module.SPEC
        rules = {rule: spec[rule] for rule in _RULES if rule in spec}
        messages = _ValidationMessages()
        validation = ModuleArgumentSpecValidator(spec["argument_spec"], **rules).validate(arguments)
        if validation.error_messages:
            # A message contains invalid values: remove secrets, which can also be in the wrong option.
            errors = scrub("; ".join(map(self._error_message, validation.errors)), self._secrets(arguments))
            return {**_refusal(errors), **messages.new()}
        context = Context(
            check_mode=self._task.check_mode,
            diff=self._task.diff,
            environ=os.environ,
            task_environ=self._task_environ(),
            state_dir=constants.DEFAULT_LOCAL_TMP,
            notify=self._show_line,
            show=self._show_lines,
            stop=Stop(os.getppid()),
            task=self._task.get_name(),
            variables=self._task_vars,
        )
        result = guarded(self._module.run, validation.validated_parameters, context)
        mask([*self._secrets(arguments), *context.secrets])
        if "library" in result:
            result["msg"] = missing_required_lib(result.pop("library"))
        return {**result, **messages.new()}

    def _with_connections(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments, with the `module_defaults` of the action groups beneath their connections, key by key.

        ansible-core applies the defaults of a group to the modules of the group. A task that uses both services is in
        neither; without this, a default of the play would be replaced silently by a key from the environment.
        """
        for name, provider in PROVIDERS.items():
            option = connection_option(name)
            spec = self._module.SPEC["argument_spec"].get(option, {}).get("options", {})
            defaults = self._group_defaults(provider.group) if spec else {}
            known = {name: value for name, value in defaults.items() if name in spec and not _is_omitted(value)}
            own = arguments.get(option) or {}
            # Anything but a dictionary is refused or converted by the validation.
            if known and isinstance(own, Mapping):
                arguments = {**arguments, option: {**known, **own}}
        return arguments

    def _group_defaults(self, group: str) -> dict[str, Any]:
        # The innermost ones come last, and replace those of the same group as a whole.
        defaults: dict[str, Any] = {}
        for several in self._task.module_defaults or []:
            defaults = several.get(f"group/certops.orders.{group}", defaults)
        return _decrypted(self._action._templar.template(defaults)) if defaults else {}

    def _templated(self, value: Any) -> Any:
        """The value of a variable with all templates resolved, None for the placeholder of an omitted option."""
        try:
            resolved = _decrypted(self._action._templar.template(value))
        except _OMITTED:
            return None
        return None if _is_omitted(resolved) else resolved

    def _secrets(self, arguments: Mapping[str, Any]) -> list[str]:
        """The keys and tokens that the task sets, in connections as well."""
        return list(_secrets_of(arguments, self._module.SPEC["argument_spec"]))

    def _error_message(self, error: Any) -> str:
        # AnsibleModule adds this prefix to the message for an unsupported parameter.
        unsupported = f"Unsupported parameters for ({self._name}) module: "
        return f"{unsupported}{error.msg}" if isinstance(error, UnsupportedError) else str(error.msg)

    def _on_target(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Run the module on the target, with the arguments of the task. Raises OptionError if a key would leak."""
        if not self._secrets(arguments):
            raise OptionError(
                "execute_on: target sends the API key to the target host. A key from the environment of the controller "
                "is never sent there: set api_key in the task"
            )
        task_environ = self._task_environ()
        keys = [name for name in KEY_VARIABLES if task_environ.get(name)]
        if keys:
            raise OptionError(
                f"execute_on: target would expose {keys[0]} of the environment of the task on the target host: set it "
                "to an empty value in this task, which uses api_key"
            )
        forbidding = {name: "1" for name in READ_ONLY_VARIABLES if forbids_writes(os.environ.get(name))}
        # The result of the target passes through ansible-runner on the controller, so the module has to know of it.
        runner = {RUNNER: os.environ[RUNNER]} if RUNNER in os.environ else {}
        if forbidding or runner:
            # Appended, as the last value of a variable takes precedence: a task cannot permit what the controller
            # forbids.
            self._task.environment = [*_environment_list(self._task.environment), {**forbidding, **runner}]
        result: dict[str, Any] = self._action._execute_module(module_args=arguments, task_vars=self._task_vars)
        return result

    def _task_environ(self) -> dict[str, str]:
        """The `environment` of the task with all templates resolved, as a module would get it."""
        variables: dict[str, Any] = {}
        self._action._compute_environment_string(variables)
        return {name: str(value) for name, value in variables.items()}

    def _refuse_async(self) -> None:
        if self._task.async_val:
            raise OptionError(
                f"{self._name} does not support async: pass a list, which the module processes in parallel"
            )

    def _refuse_timeout(self) -> None:
        # Ansible ends a task in the middle of a call, and with it the results of the changes that were made.
        if self._task.timeout and "audit_log" in self._module.SPEC["argument_spec"]:
            raise OptionError(
                f"{self._name} does not support a time-out of the task, which would lose the results of its changes: "
                "set timeout: 0 in this task"
            )

    def _refuse_delegation(self) -> None:
        delegated = self._task.delegate_to
        if delegated and delegated not in constants.LOCALHOST:
            has_choice = "execute_on" in self._module.SPEC["argument_spec"] and not self._is_controller_only
            target = ", or set execute_on: target to run the module on that host" if has_choice else ""
            raise OptionError(
                f"{self._name} runs on the controller, so that delegate_to has no effect: remove it{target}"
            )

    def _show_line(self, line: str) -> None:
        self._show_lines([f"{self._name}: {line}"])

    def _show_lines(self, lines: Sequence[str]) -> None:
        # At once, so that no line of another fork comes between. A task with no_log shows nothing of its run.
        if not self._task.no_log:
            display.display("\n".join(lines))


def _secrets_of(arguments: Any, spec: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(arguments, Mapping):
        return
    for name, rule in spec.items():
        value = arguments.get(name)
        if value and rule.get("no_log"):
            yield from map(str, value if isinstance(value, list) else [value])
        elif "options" in rule:
            yield from _secrets_of(value, rule["options"])


def _refusal(message: str) -> dict[str, Any]:
    return ApiError(message, code="invalid_option").result()


class _ValidationMessages:
    """The warnings and deprecations of a validation.

    ansible-core before 2.19 collects them in the process for the result of a module; later versions show them.
    """

    def __init__(self) -> None:
        self._before = len(get_warning_messages()), len(get_deprecation_messages())

    def new(self) -> dict[str, Any]:
        """The messages since this object was made, as keys of a result."""
        warnings, deprecations = self._before
        new = {"warnings": get_warning_messages()[warnings:], "deprecations": get_deprecation_messages()[deprecations:]}
        return {name: list(messages) for name, messages in new.items() if messages}


def _is_omitted(value: Any) -> bool:
    """Whether a default is not set. ansible-core before 2.19 removes its placeholder from arguments of tasks only."""
    return value is None or (isinstance(value, str) and value.startswith("__omit_place_holder__"))


def _decrypted(value: Any) -> Any:
    """A value with inline vault strings decrypted; ansible-core 2.16 to 2.18 pass them on encrypted."""
    if getattr(value, "__ENCRYPTED__", False):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _decrypted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decrypted(item) for item in value]
    return value


def _environment_list(environment: Any) -> list[Any]:
    """The `environment` of a task as a list of dictionaries or templates."""
    return environment if isinstance(environment, list) else [environment] if environment else []
