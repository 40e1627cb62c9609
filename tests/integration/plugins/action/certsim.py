# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""certsim: a task that turns the simulator's knobs from within a play.

- certsim: {reset: true}              the seed that TEST_SEED names, no faults, default switches, an empty journal
- certsim: {reset: {orders: []}}      the same with another seed
- certsim: {switches: {a.b: value}}
- certsim: {fault: {kind: html}}
- certsim: {clear_faults: true}
- certsim: {patch: {id: 1, status: issued}}
- certsim: {add: {id: 1, status: issued}}
- certsim: {advance: 30d}
- certsim: {state: true}              returns `orders` and `domains`, by id
"""

from __future__ import annotations

import http.client
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        for word, value in self._task.args.items():
            result.update(getattr(self, f"_{word}")(value) or {})
        return result

    def _reset(self, value: object) -> None:
        seed = value if isinstance(value, dict) else json.loads(Path(os.environ["TEST_SEED"]).read_text())
        self._control("POST", "/reset", {"seed": seed})

    def _switches(self, value: dict[str, object]) -> None:
        self._control("PUT", "/switches", value)

    def _fault(self, value: dict[str, object]) -> None:
        self._control("POST", "/faults", value)

    def _clear_faults(self, _value: object) -> None:
        self._control("DELETE", "/faults")

    def _patch(self, value: dict[str, Any]) -> None:
        changes = {name: item for name, item in value.items() if name != "id"}
        self._control("PATCH", f"/certcentral/orders/{value['id']}", changes)

    def _add(self, value: dict[str, Any]) -> None:
        self._control("POST", "/certcentral/orders", value)

    def _advance(self, value: object) -> None:
        self._control("POST", "/clock", {"advance": value})

    def _state(self, _value: object) -> dict[str, Any]:
        state = self._control("GET", "/state")
        return {kind: {str(each["id"]): each for each in state["certcentral"][kind]} for kind in ("orders", "domains")}

    def _control(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(os.environ["TEST_SIMULATOR"]).netloc, timeout=30)
        try:
            headers = {"X-Sim-Token": os.environ["TEST_SIMULATOR_TOKEN"]}
            connection.request(method, f"/_sim{path}", None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status >= 400:
            raise RuntimeError(f"{method} /_sim{path}: {response.status} {answer.decode()}")
        return json.loads(answer) if answer else None
