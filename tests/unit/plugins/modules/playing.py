# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module against a test service, as an entry point runs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any, Callable

import yaml
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.certops.orders.plugins.module_utils._common.context import Context, Stop
from ansible_collections.certops.orders.plugins.module_utils._common.errors import Stopped
from ansible_collections.certops.orders.plugins.module_utils._runtime.guard import guarded
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import KEY, Conversation, Service

Converse = Callable[..., Conversation]
FAILURE_KEYS = {"http_status", "code", "message", "order_id", "retries", "waited"}
RULES = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")


class Unhurried(Stop):
    """A Stop that does not sleep."""

    def pause(self, _seconds: float) -> None:
        if self:
            raise Stopped(self.reason)


def validated(module: ModuleType, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the arguments as Ansible hands them to a module, and what it has against them."""
    rules = {rule: module.SPEC[rule] for rule in RULES if rule in module.SPEC}
    validation = ModuleArgumentSpecValidator(module.SPEC["argument_spec"], **rules).validate(dict(arguments))
    return validation.validated_parameters, list(validation.error_messages)


@cache
def documentation(module: ModuleType) -> dict[str, Any]:
    """Return the documented keys of a module, and those that Ansible documents for every module."""
    returned: dict[str, Any] = yaml.safe_load(module.RETURN)
    return {**returned, **{name: {} for name in ("changed", "failed", "warnings", "exception", "library")}}


def undocumented(result: Mapping[str, Any], documented: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield what a result has that is not documented; where a part's contents are not listed, they may be anything."""
    for name, value in result.items():
        if name not in documented:
            yield f"{above}{name}"
        for part in value if isinstance(value, list) else [value]:
            below = documented.get(name, {}).get("contains")
            if isinstance(part, dict) and below:
                yield from undocumented(part, below, f"{above}{name}.")


def play(
    module: ModuleType,
    service: Service,
    *,
    check_mode: bool = False,
    diff: bool = False,
    environ: Mapping[str, str] | None = None,
    context: Context | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """Run a module against a service; one worker by default, so that the order of calls is certain."""
    given = {"api_key": KEY, "api_url": service.url, "rate_limit": "none", **arguments}
    if "workers" in module.SPEC["argument_spec"]:
        given.setdefault("workers", 1)
    params, errors = validated(module, given)
    assert errors == []
    context = context or Context(check_mode=check_mode, diff=diff, environ=environ or {}, stop=Unhurried())
    result = guarded(module.run, params, context)
    assert KEY not in repr(result)
    assert all(request.headers["X-DC-DEVKEY"] == KEY for request in service.journal)
    assert result["api"]["requests"] == len(service.journal) if "api" in result else True
    if context.check_mode:
        assert not service.writes
    assert not list(undocumented(result, documentation(module)))
    return result


def only(result: Mapping[str, Any], listed: str = "orders") -> dict[str, Any]:
    """Return the one object of a result."""
    (one,) = result[listed]
    return dict(one)


def failure_of(result: Mapping[str, Any]) -> dict[str, Any]:
    failure: dict[str, Any] = result["failure"]
    assert result["failed"] is True
    assert set(failure) == FAILURE_KEYS
    assert failure["message"]
    assert "Traceback" not in repr(result)
    return failure
