# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller action: action plugins on a real Task, with a made-up module, and with a real one over HTTP."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible import template as templating
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.task import Task
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import shell_loader
from ansible.release import __version__ as ansible_version
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

from ansible_collections.certops.orders.plugins.action import digicert_order_status, order_plan
from ansible_collections.certops.orders.plugins.module_utils._common.context import Context
from ansible_collections.certops.orders.plugins.module_utils._common.errors import LibraryMissing
from ansible_collections.certops.orders.plugins.module_utils._common.options import OptionError
from ansible_collections.certops.orders.plugins.module_utils._http.connection import KEY_VARIABLES, READ_ONLY_VARIABLES
from ansible_collections.certops.orders.plugins.module_utils._reports import html
from ansible_collections.certops.orders.plugins.module_utils._runtime.results import RUNNER
from ansible_collections.certops.orders.plugins.plugin_utils._controller_action import controller_action
from ansible_collections.certops.orders.tests.messages import check_messages
from ansible_collections.certops.orders.tests.unit.plugins.modules.conversation import KEY, Conversation, reads, sets

NOTE = "CHG0031337, retired"
# Whether this is an ansible-core with the validation and the templates of before 2.19.
BEFORE_2_19 = tuple(map(int, ansible_version.split(".")[:2])) < (2, 19)
FORBIDDING = ("1", "yes", "true", "on", "anything")
NOT_FORBIDDING = ("0", "no", "false", "off", " No ", "")


class Vaulted:
    """An inline vault value, as ansible-core 2.16 to 2.18 hand it over."""

    __ENCRYPTED__ = True

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


class Witness:
    """The `run` of a module, which keeps what it was given."""

    def __init__(self, **result: Any) -> None:
        self._result = result or {"changed": False, "msg": "seen"}
        self.params: dict[str, Any] = {}
        self.context = Context()
        self.calls = 0

    def __call__(self, params: dict[str, Any], context: Context) -> dict[str, Any]:
        self.params, self.context = params, context
        self.calls += 1
        return self._result


class Host:
    """What would run a module elsewhere: `_execute_module` of an action, which keeps what it was given."""

    def __init__(self, action: ActionBase) -> None:
        self._action = action
        self.arguments: dict[str, Any] | None = None
        self.task_vars: dict[str, Any] | None = None
        self.environ: dict[str, str] = {}

    def __call__(self, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        self.arguments, self.task_vars = module_args, task_vars
        self._action._compute_environment_string(self.environ)
        return {"changed": True, "msg": "done over there"}


SPEC: dict[str, Any] = {
    "argument_spec": {
        "api_key": {"type": "str", "no_log": True},
        "execute_on": {"type": "str", "choices": ["controller", "target"], "default": "controller"},
        "order_ids": {"type": "list", "elements": "int"},
        "status": {"type": "str", "choices": ["canceled", "renewed"]},
        "note": {"type": "str", "aliases": ["comment"]},
        "settings": {"type": "dict"},
    },
    "required_if": [("status", "canceled", ["note"])],
    "supports_check_mode": True,
}


def made_up(run: Any, spec: dict[str, Any] | None = None) -> ModuleType:
    module = ModuleType("ansible_collections.made.up.plugins.modules.tidy_orders")
    vars(module).update(SPEC=spec or SPEC, run=run)
    return module


def action_of(
    plugin: type[ActionBase],
    arguments: Mapping[str, Any],
    *,
    environment: Any = None,
    play_environment: dict[str, str] | None = None,
    variables: dict[str, Any] | None = None,
    **words: Any,
) -> ActionBase:
    """Return the action plugin on a task with these arguments; `words` are the task's own, such as delegate_to."""
    task = Task()
    task.args = dict(arguments)
    task.environment = environment
    if play_environment is not None:
        task._parent = Block(play=Play())
        task._parent.environment = [play_environment]
    for name, value in {"check_mode": False, "diff": False, **words}.items():
        setattr(task, name, value)
    loader = DataLoader()
    return plugin(
        task=task,
        connection=SimpleNamespace(_shell=shell_loader.get("sh")),
        play_context=None,
        loader=loader,
        templar=templating.Templar(loader=loader, variables=variables or {}),
        shared_loader_obj=None,
    )


def pass_through(run: Any, spec: dict[str, Any] | None = None, **task: Any) -> dict[str, Any]:
    """Return what a task with the made-up module ends in."""
    return action_of(controller_action(made_up(run, spec)), task.pop("arguments", {}), **task).run()


def send(task_vars: dict[str, Any] | None = None, **task: Any) -> tuple[dict[str, Any], Host]:
    """Return what a task with execute_on: target ends in, and the host that it was sent to."""
    run = Witness()
    arguments = {"execute_on": "target", **task.pop("arguments", {"api_key": KEY})}
    action: Any = action_of(controller_action(made_up(run)), arguments, **task)
    host = Host(action)
    action._execute_module = host
    result = action.run(task_vars=task_vars)
    assert run.calls == 0, "the module ran on the controller"
    return result, host


def template(text: str) -> str:
    """A template of the playbook's author: ansible-core 2.19 and later leave all others alone."""
    trusted: str = getattr(templating, "trust_as_template", str)(text)
    return trusted


def assert_refused(result: Mapping[str, Any], *words: str) -> None:
    """Assert that it is a failed result that has these words, with a failure for a program to read."""
    assert result["failed"] is True
    assert result["changed"] is False
    for word in words:
        assert word in result["msg"]
    assert result["failure"] == {
        "http_status": None,
        "code": "invalid_option",
        "message": result["msg"],
        "order_id": None,
        "retries": 0,
        "waited": 0.0,
    }


@pytest.fixture(autouse=True)
def _bare_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the machine's own settings out."""
    process = ("DIGICERT_API_URL", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", RUNNER)
    for name in (*READ_ONLY_VARIABLES, *KEY_VARIABLES, *process):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the lines that the operator at the terminal reads."""
    lines: list[str] = []
    monkeypatch.setattr(Display, "display", lambda _self, msg, *_args, **_options: lines.append(msg))
    return lines


# -- what a run is given -----------------------------------------------------------------------------------------------


def test_a_module_runs_with_its_validated_arguments_and_its_result_is_the_tasks() -> None:
    run = Witness(changed=True, msg="done", orders=[{"order_id": 1}])

    result = pass_through(run, arguments={"order_ids": ["12", 13], "status": "canceled", "comment": NOTE})

    assert result == {"changed": True, "msg": "done", "orders": [{"order_id": 1}]}
    assert run.params["order_ids"] == [12, 13]
    assert run.params["note"] == NOTE
    assert run.params["execute_on"] == "controller"
    assert run.params["settings"] is None


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("diff", [True, False])
def test_check_mode_and_diff_are_handed_on(check_mode: bool, diff: bool) -> None:
    run = Witness()
    pass_through(run, check_mode=check_mode, diff=diff)
    assert (run.context.check_mode, run.context.diff) == (check_mode, diff)


def test_tasks_inherit_the_compiled_page_of_a_report() -> None:
    html.template.cache_clear()

    # As Ansible does before it starts the first task.
    importlib.reload(order_plan)

    assert html.template.cache_info().currsize == 1


def test_the_state_lies_in_the_folder_that_all_forks_share(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Witness()
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", "/private/ansible-local-1")
    pass_through(run)
    assert run.context.state_dir == "/private/ansible-local-1"


def test_messages_of_a_run_are_shown_at_once_with_the_modules_name(shown: list[str]) -> None:
    def run(_params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.notify("waiting 30 s for CertCentral")
        return {"shown": list(shown)}

    assert pass_through(run)["shown"] == ["tidy_orders: waiting 30 s for CertCentral"]
    shown.clear()
    assert pass_through(run, no_log=True)["shown"] == []


@pytest.mark.parametrize(("no_log", "printed"), [(False, ["Plan\n  account  1"]), (True, [])])
def test_a_table_is_shown_at_once_as_it_is_except_with_no_log(
    no_log: bool, printed: list[str], shown: list[str]
) -> None:
    def run(_params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.show(["Plan", "  account  1"])
        return {"shown": list(shown)}

    assert pass_through(run, no_log=no_log)["shown"] == printed


def test_the_tasks_environment_and_that_of_the_process_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Witness()
    monkeypatch.setenv("OF_THE_PROCESS", "process")
    monkeypatch.setenv("OF_BOTH", "process")

    pass_through(
        run,
        environment=[{"OF_BOTH": template("{{ name }}"), "NUMBER": 7, "NOTHING": ""}],
        play_environment={"OF_BOTH": "play", "OF_THE_PLAY": "play"},
        variables={"name": "task"},
    )

    assert run.context.task_environ == {"OF_BOTH": "task", "OF_THE_PLAY": "play", "NUMBER": "7", "NOTHING": ""}
    assert run.context.environ["OF_THE_PROCESS"] == "process"
    assert run.context.environ["OF_BOTH"] == "process"
    assert "OF_THE_PLAY" not in run.context.environ
    assert "OF_THE_PLAY" not in os.environ


def test_a_task_without_environment_sets_nothing() -> None:
    run = Witness()
    pass_through(run)
    assert run.context.task_environ == {}


def test_inline_vault_values_are_decrypted_wherever_they_are() -> None:
    run = Witness()

    pass_through(
        run,
        arguments={
            "api_key": Vaulted(KEY),
            "order_ids": [Vaulted("12"), 13],
            "settings": {"deep": [{"deeper": Vaulted("secret")}], "plain": 1},
        },
    )

    assert run.params["api_key"] == KEY
    assert run.params["api_key"].__class__ is str
    assert run.params["order_ids"] == [12, 13]
    assert run.params["settings"] == {"deep": [{"deeper": "secret"}], "plain": 1}


# -- forbidden task keywords -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("execute_on", ["controller", "target"])
def test_async_is_refused(execute_on: str) -> None:
    run = Witness()
    result = pass_through(run, arguments={"execute_on": execute_on, "api_key": KEY}, async_val=60)
    assert_refused(result, "tidy_orders", "async")
    assert run.calls == 0


def test_a_time_out_is_refused_where_the_results_of_changes_would_be_lost() -> None:
    service = Witness()
    assert_refused(pass_through(service, {"argument_spec": {"audit_log": {"type": "path"}}}, timeout=60), "timeout: 0")
    assert not pass_through(service, {"argument_spec": {}}, timeout=60).get("failed")
    assert not pass_through(service, {"argument_spec": {"audit_log": {"type": "path"}}}, timeout=0).get("failed")


def test_delegating_to_another_host_is_refused() -> None:
    run = Witness()
    result = pass_through(run, delegate_to="server1")
    assert_refused(result, "tidy_orders", "delegate_to", "execute_on: target")
    assert run.calls == 0


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_delegating_to_this_host_changes_nothing(host: str) -> None:
    run = Witness()
    result = pass_through(run, delegate_to=host)
    assert result == {"changed": False, "msg": "seen"}
    assert run.calls == 1


def test_delegating_what_runs_on_the_target_is_fine() -> None:
    result, host = send(delegate_to="server1")
    assert result == {"changed": True, "msg": "done over there"}
    assert host.arguments == {"execute_on": "target", "api_key": KEY}


# -- validation --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"note": NOTE, "statsu": "canceled"}, ("Unsupported parameters for (tidy_orders) module: statsu", "note")),
        ({"status": "canceled"}, ("status is canceled", "missing", "note")),
        ({"status": "revoked"}, ("status", "canceled, renewed", "revoked")),
        ({"order_ids": ["twelve"]}, ("order_ids", "unable to convert to int")),
        ({"execute_on": "elsewhere"}, ("execute_on", "elsewhere")),
    ],
    ids=["typo", "missing note", "no such choice", "no number", "no such place"],
)
def test_a_wrong_option_is_named_in_a_failed_result(arguments: dict[str, Any], words: tuple[str, ...]) -> None:
    run = Witness()
    result = pass_through(run, arguments=arguments)
    assert_refused(result, *words)
    assert run.calls == 0


def test_several_wrong_options_are_reported_at_once() -> None:
    result = pass_through(Witness(), arguments={"status": "canceled", "nte": NOTE})
    assert_refused(result, "Unsupported parameters for (tidy_orders) module: nte", "; ", "missing: note")


@pytest.mark.parametrize(
    ("rules", "arguments", "words"),
    [
        ({"mutually_exclusive": [("a", "b")]}, {"a": "1", "b": "1"}, "mutually exclusive: a|b"),
        ({"required_together": [("a", "b")]}, {"a": "1"}, "required together: a, b"),
        ({"required_one_of": [("a", "b")]}, {}, "one of the following is required: a, b"),
        ({"required_if": [("a", "1", ["b"])]}, {"a": "1"}, "a is 1 but all of the following are missing: b"),
        ({"required_by": {"a": ["b"]}}, {"a": "1"}, "missing parameter(s) required by 'a': b"),
    ],
    ids=lambda value: next(iter(value), "none") if isinstance(value, dict) else "",
)
def test_every_rule_of_a_spec_counts(rules: dict[str, Any], arguments: dict[str, str], words: str) -> None:
    spec = {"argument_spec": {"a": {"type": "str"}, "b": {"type": "str"}}, "supports_check_mode": True, **rules}
    assert_refused(pass_through(Witness(), spec, arguments=arguments), words)
    assert pass_through(Witness(), spec, arguments={"a": "2", "b": "1"}).get("failed", False) is (
        "mutually_exclusive" in rules
    )


# Each text once in a process: the display shows no warning twice.
@pytest.mark.parametrize(("fails", "old"), [(False, "old_fine"), (True, "old_wrong")])
def test_a_warning_of_the_validation_is_shown_once(
    fails: bool, old: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DEPRECATION_WARNINGS", True)
    deprecated = [{"name": old, "version": "9.0.0", "collection_name": "certops.orders"}]
    spec = {"argument_spec": {"note": {"type": "str", "aliases": [old], "deprecated_aliases": deprecated}}}
    arguments = {"note": NOTE, old: NOTE, **({"typo": 1} if fails else {})}

    result = pass_through(Witness(), spec, arguments=arguments)
    again = pass_through(Witness(), spec, arguments={"note": NOTE})

    displayed = " ".join(capsys.readouterr().err.split())
    assert result.get("failed", False) is fails
    assert again == {"changed": False, "msg": "seen"}
    # Later versions show what a validation warns of, instead of collecting it for the result.
    if BEFORE_2_19:
        assert result["warnings"] == [f"Both option note and its alias {old} are set."]
        assert [deprecation["version"] for deprecation in result["deprecations"]] == ["9.0.0"]
        assert old in result["deprecations"][0]["msg"]
        assert displayed == ""
    else:
        assert {"warnings", "deprecations"} & set(result) == set()
        assert displayed.count(f"Both option note and its alias {old} are set.") == 1
        assert displayed.count(f"Alias '{old}' is deprecated") == 1


# -- how a run can end -------------------------------------------------------------------------------------------------


def test_what_keeps_a_run_from_beginning_is_a_failed_result() -> None:
    def run(_params: Mapping[str, Any], _context: Context) -> dict[str, Any]:
        raise OptionError("order_ids is wrong")

    assert_refused(pass_through(run), "order_ids is wrong")


def test_a_missing_library_is_reported_in_ansibles_words() -> None:
    def run(_params: Mapping[str, Any], _context: Context) -> dict[str, Any]:
        raise LibraryMissing("requests", "Traceback: no requests")

    result = pass_through(run)

    assert result["failed"] is True
    assert result["msg"].startswith("Failed to import the required Python library (requests) on ")
    assert result["exception"] == "Traceback: no requests"
    assert result["failure"]["code"] == "library_missing"
    assert "library" not in result


def test_no_secret_is_left_in_a_result() -> None:
    def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.secrets.append(params["api_key"])
        return {"msg": f"refused {KEY}", "orders": [{"reason": f"{KEY}, {KEY}"}]}

    result = pass_through(run, arguments={"api_key": KEY})

    assert result == {"msg": "refused ********", "orders": [{"reason": "********, ********"}]}


def test_no_secret_is_left_where_a_run_could_not_begin() -> None:
    def run(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.secrets.append(params["api_key"])
        raise OptionError(f"not a key: {KEY}")

    assert_refused(pass_through(run, arguments={"api_key": Vaulted(KEY)}), "not a key: ********")


# -- modules that use both services ------------------------------------------------------------------------------------

SUBOPTIONS = {"api_key": {"type": "str", "no_log": True}, "api_url": {"type": "str"}, "retries": {"type": "int"}}
BOTH: dict[str, Any] = {
    "argument_spec": {
        "certcentral_connection": {"type": "dict", "options": SUBOPTIONS},
        "servertastic_connection": {"type": "dict", "options": SUBOPTIONS},
    },
    "supports_check_mode": True,
}
DIGICERT, SERVERTASTIC = "group/certops.orders.digicert", "group/certops.orders.servertastic"


def connect(defaults: list[dict[str, Any]], arguments: Mapping[str, Any] | None = None, **task: Any) -> dict[str, Any]:
    """Return what a module that uses both services is given, where it sets anything."""
    run = Witness()
    pass_through(run, BOTH, arguments=arguments or {}, module_defaults=defaults, **task)
    assert run.calls == 1
    return {
        name: {key: value for key, value in options.items() if value is not None}
        for name, options in run.params.items()
        if options is not None
    }


def test_defaults_of_both_action_groups_are_beneath_the_connections() -> None:
    defaults = [{DIGICERT: {"api_key": "of digicert"}, SERVERTASTIC: {"api_key": "of servertastic"}}]
    assert connect(defaults) == {
        "certcentral_connection": {"api_key": "of digicert"},
        "servertastic_connection": {"api_key": "of servertastic"},
    }


def test_an_option_of_the_task_wins_key_by_key() -> None:
    defaults = [{DIGICERT: {"api_key": "of the play", "api_url": "https://a.example", "retries": 1}}]
    arguments = {"certcentral_connection": {"api_key": "of the task", "retries": 0}}
    assert connect(defaults, arguments) == {
        "certcentral_connection": {"api_key": "of the task", "api_url": "https://a.example", "retries": 0}
    }


def test_the_innermost_defaults_of_a_group_win_as_a_whole() -> None:
    defaults = [
        {DIGICERT: {"api_key": "of the play", "retries": 5}, SERVERTASTIC: {"retries": 7}},
        {DIGICERT: {"api_key": "of the block"}},
    ]
    assert connect(defaults) == {
        "certcentral_connection": {"api_key": "of the block"},
        "servertastic_connection": {"retries": 7},
    }


def test_defaults_are_templated_and_decrypted() -> None:
    # Later versions of ansible-core decrypt them first.
    vaulted: Any = Vaulted("of a vault") if BEFORE_2_19 else "of a vault"
    defaults = [{DIGICERT: {"api_key": template("{{ key }}")}, SERVERTASTIC: {"api_key": vaulted}}]
    assert connect(defaults, variables={"key": "of a variable"}) == {
        "certcentral_connection": {"api_key": "of a variable"},
        "servertastic_connection": {"api_key": "of a vault"},
    }


def test_a_default_is_not_replaced_by_a_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGICERT_API_KEY", "of the process")
    found = connect([{DIGICERT: {"api_key": "of the play"}}], environment=[{"DIGICERT_API_KEY": "of the task"}])
    assert found == {"certcentral_connection": {"api_key": "of the play"}}


@pytest.mark.parametrize("defaults", [[], [{}], [{DIGICERT: {}}], [{DIGICERT: {"execute_on": "target", "note": "x"}}]])
def test_defaults_that_are_no_options_of_a_connection_are_left_out(defaults: list[dict[str, Any]]) -> None:
    assert connect(defaults) == {}
    given = {"servertastic_connection": {"retries": 2}}
    assert connect(defaults, given) == given


def test_a_default_that_is_omitted_is_none() -> None:
    # Of a task's own arguments ansible-core removes what is omitted.
    defaults = [{DIGICERT: {"api_key": template("{{ none_is_set | default(omit) }}"), "retries": 2}}]
    found = connect(defaults, variables={"omit": "__omit_place_holder__0"})
    assert found == {"certcentral_connection": {"retries": 2}}


def test_a_variable_that_is_omitted_is_none() -> None:
    run = Witness()
    module = made_up(run)
    vars(module)["arguments"] = lambda given, variables, resolve, _extra: {
        **given,
        "note": resolve(variables["note"]) or "none",
    }
    omit = ansible_omit()
    action = action_of(controller_action(module), {"api_key": KEY}, variables={"omit": omit})

    action.run(task_vars={"note": template("{{ none_is_set | default(omit) }}")})
    assert run.params["note"] == "none"


def ansible_omit() -> Any:
    """What ansible-core puts into the variable omit."""
    try:
        from ansible._internal._templating._utils import Omit
    except ImportError:
        return "__omit_place_holder__0"
    return Omit


def test_a_module_can_take_its_arguments_from_the_variables_of_its_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_extra_vars, "extra_vars", {"mine": 1}, raising=False)
    run = Witness()
    module = made_up(run)

    def of_variables(
        given: Mapping[str, Any], variables: Mapping[str, Any], resolve: Any, extra: Mapping[str, Any]
    ) -> dict[str, Any]:
        assert extra == {"mine": 1}
        values = {name: resolve(value) for name, value in variables.items()}
        if "wrong" in values:
            raise OptionError("wrong is not an option")
        return {**given, **{name: value for name, value in values.items() if value is not None}}

    vars(module)["arguments"] = of_variables
    task_vars = {"note": template("{{ text }}"), "api_key": "__omit_place_holder__0"}
    action = action_of(controller_action(module), {"api_key": KEY}, variables={"text": "gone"})

    action.run(task_vars=task_vars)
    assert (run.params["api_key"], run.params["note"]) == (KEY, "gone")
    assert_refused(action.run(task_vars={"wrong": 1}), "wrong")
    assert run.calls == 1


def test_a_module_without_connections_has_no_defaults_added() -> None:
    run = Witness()
    pass_through(run, module_defaults=[{DIGICERT: {"api_key": "of the play"}}])
    assert run.params["api_key"] is None


def test_a_secret_of_a_connection_is_not_in_a_message() -> None:
    arguments = {"certcentral_connection": {"api_key": KEY, "retries": KEY}}
    result = pass_through(Witness(), BOTH, arguments=arguments)
    # Before 2.19, the message has the type of a value that is not a number, and not the value.
    assert_refused(result, "retries", "str" if BEFORE_2_19 else "********")
    assert KEY not in repr(result)
    default = [{SERVERTASTIC: {"api_key": KEY, "retries": KEY}}]
    assert KEY not in repr(pass_through(Witness(), BOTH, module_defaults=default))


@pytest.mark.parametrize(
    ("task", "word"),
    [({"delegate_to": "web1"}, "delegate_to"), ({"async_val": 60}, "async")],
    ids=["delegate", "async"],
)
def test_a_plan_is_made_on_the_controller_only(task: dict[str, Any], word: str, shown: list[str]) -> None:
    arguments = {"state": "planned", "kind": "decommission_domain", "entries": []}
    result = action_of(order_plan.ActionModule, arguments, **task).run(task_vars={})
    assert_refused(result, "order_plan", word)
    assert "execute_on" not in result["msg"]
    assert shown == []


def test_a_plan_does_not_run_on_a_target() -> None:
    arguments = {"state": "planned", "kind": "decommission_domain", "entries": [], "execute_on": "target"}
    action: Any = action_of(order_plan.ActionModule, arguments)
    host = action._execute_module = Host(action)
    assert_refused(action.run(task_vars={}), "execute_on")
    assert host.arguments is None


# -- on the target -----------------------------------------------------------------------------------------------------


def test_on_the_target_the_module_gets_the_arguments_decrypted_and_validates_them_itself() -> None:
    arguments = {"api_key": Vaulted(KEY), "order_ids": [Vaulted("12")], "typo": 1}

    result, host = send(arguments=arguments, task_vars={"inventory_hostname": "server1"})

    assert result == {"changed": True, "msg": "done over there"}
    assert host.arguments == {"execute_on": "target", "api_key": KEY, "order_ids": ["12"], "typo": 1}
    assert host.task_vars == {"inventory_hostname": "server1"}


@pytest.mark.parametrize("arguments", [{}, {"api_key": ""}, {"api_key": None}, {"api_key": Vaulted("")}])
def test_the_key_of_the_process_is_never_sent_to_a_target(
    arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGICERT_API_KEY", KEY)

    result, host = send(arguments=arguments)

    assert_refused(result, "execute_on: target", "api_key")
    assert host.arguments is None


@pytest.mark.parametrize("name", KEY_VARIABLES)
def test_a_key_in_the_tasks_environment_is_not_sent_to_a_target(name: str) -> None:
    result, host = send(environment=[{name: template("{{ key }}")}], variables={"key": KEY})

    assert_refused(result, name, "execute_on: target")
    assert host.arguments is None
    assert KEY not in repr(result)


def test_a_key_in_the_plays_environment_can_be_emptied_by_the_task() -> None:
    refused, not_called = send(play_environment={"DIGICERT_API_KEY": KEY})
    assert_refused(refused, "DIGICERT_API_KEY")
    assert not_called.arguments is None

    result, host = send(play_environment={"DIGICERT_API_KEY": KEY}, environment=[{"DIGICERT_API_KEY": ""}])
    assert result["msg"] == "done over there"
    assert host.environ == {"DIGICERT_API_KEY": ""}


@pytest.mark.parametrize("value", FORBIDDING)
@pytest.mark.parametrize("name", READ_ONLY_VARIABLES)
@pytest.mark.parametrize(
    ("environment", "rest"),
    [
        (None, {}),
        ({}, {}),
        ({"LANG": "C"}, {"LANG": "C"}),
        ([{"LANG": "C"}, {"TZ": "UTC"}], {"LANG": "C", "TZ": "UTC"}),
        ("task allows", {}),
        (template("{{ settings }}"), {"LANG": "C"}),
    ],
    ids=["none", "empty", "dict", "list", "task allows", "template"],
)
def test_what_the_controller_forbids_is_forbidden_on_the_target(
    environment: Any, rest: dict[str, str], name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    environment = [{name: "0"}] if environment == "task allows" else environment

    result, host = send(environment=environment, variables={"settings": {name: "no", "LANG": "C"}})

    assert result["msg"] == "done over there"
    # Not its own spelling: what forbids is not for the other side to judge.
    assert host.environ == {**rest, name: "1"}


def test_what_forbids_comes_after_the_words_of_task_and_play(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGICERT_READ_ONLY", "yes")

    host = send(environment=[{"DIGICERT_READ_ONLY": "0"}], play_environment={"DIGICERT_READ_ONLY": "no"})[1]

    assert host._action._task.environment[-1] == {"DIGICERT_READ_ONLY": "1"}
    assert host.environ == {"DIGICERT_READ_ONLY": "1"}
    assert os.environ["DIGICERT_READ_ONLY"] == "yes"


@pytest.mark.parametrize("forbids", [False, True])
def test_a_target_gets_the_variable_of_ansible_runner(forbids: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWX_ISOLATED_DATA_DIR", "/runner/artifacts/1")
    monkeypatch.setenv("DIGICERT_READ_ONLY", "1" if forbids else "0")

    host = send(environment=[{"LANG": "C"}])[1]

    forbidden = {"DIGICERT_READ_ONLY": "1"} if forbids else {}
    assert host.environ == {"LANG": "C", "AWX_ISOLATED_DATA_DIR": "/runner/artifacts/1", **forbidden}


@pytest.mark.parametrize("value", NOT_FORBIDDING)
def test_the_controller_cannot_allow_what_the_task_forbids_on_the_target(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGICERT_READ_ONLY", value)

    host = send(environment=[{"DIGICERT_READ_ONLY": "1"}])[1]

    assert host.environ == {"DIGICERT_READ_ONLY": "1"}
    assert host._action._task.environment == [{"DIGICERT_READ_ONLY": "1"}]


# -- the real ones -----------------------------------------------------------------------------------------------------


@pytest.fixture
def certcentral(monkeypatch: pytest.MonkeyPatch) -> Iterator[Conversation]:
    """An account with one pending order, which is read and canceled; the process has its key and URL."""
    service = Conversation(reads(123, status="pending"), sets(123, "canceled", NOTE))
    monkeypatch.setenv("DIGICERT_API_KEY", KEY)
    monkeypatch.setenv("DIGICERT_API_URL", service.url)
    yield service
    service.close()


def cancel(arguments: Mapping[str, Any] | None = None, **task: Any) -> dict[str, Any]:
    """Cancel the order by the real action plugin; an argument that is ... is left out."""
    given = {"order_id": 123, "status": "canceled", "note": NOTE, "rate_limit": "none", **(arguments or {})}
    given = {name: value for name, value in given.items() if value is not ...}
    result: dict[str, Any] = action_of(digicert_order_status.ActionModule, given, **task).run(task_vars={})
    assert KEY not in repr(result)
    return result


def test_the_real_module_cancels_through_its_action_plugin(certcentral: Conversation) -> None:
    result = cancel()

    certcentral.ends()
    assert result["changed"] is True
    assert [order["outcome"] for order in result["orders"]] == ["changed"]
    assert "diff" not in result
    assert all(request.headers["X-DC-DEVKEY"] == KEY for request in certcentral.journal)


def test_the_real_module_takes_the_key_and_the_url_of_the_task(
    certcentral: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGICERT_API_KEY", "key-of-the-process")
    monkeypatch.setenv("DIGICERT_API_URL", "http://127.0.0.1:1/nobody")

    result = cancel(environment=[{"DIGICERT_API_KEY": KEY, "DIGICERT_API_URL": certcentral.url}])

    assert result["changed"] is True
    certcentral.ends()
    assert all(request.headers["X-DC-DEVKEY"] == KEY for request in certcentral.journal)


@pytest.mark.parametrize("name", ["DIGICERT_API_URL", "REQUESTS_CA_BUNDLE"])
def test_the_task_cannot_lead_the_key_of_the_process_away(certcentral: Conversation, name: str) -> None:
    result = cancel(environment=[{name: "https://elsewhere.example"}])
    assert_refused(result, name, "DIGICERT_API_KEY")
    assert certcentral.journal == []


def test_the_real_module_only_reads_in_check_mode(certcentral: Conversation) -> None:
    result = cancel(check_mode=True, diff=True)

    assert result["changed"] is True
    assert "status: canceled" in result["diff"]["after"]
    assert certcentral.writes == []


@pytest.mark.parametrize(
    ("process", "task"), [("0", "1"), ("no", "1"), ("", "1"), (None, "1"), ("1", "0"), ("1", ""), ("1", None)]
)
def test_process_and_task_can_each_forbid_and_neither_can_allow(
    certcentral: Conversation, process: str | None, task: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if process is not None:
        monkeypatch.setenv("DIGICERT_READ_ONLY", process)

    result = cancel(environment=[{} if task is None else {"DIGICERT_READ_ONLY": task}])

    assert result["failed"] is True
    assert result["failure"]["code"] == "read_only"
    assert certcentral.writes == []


def test_false_values_of_read_only_in_process_and_task_forbid_nothing(
    certcentral: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGICERT_READ_ONLY", "0")
    assert cancel(environment=[{"DIGICERT_READ_ONLY": "off"}])["changed"] is True
    certcentral.ends()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"noet": NOTE}, ("Unsupported parameters for (digicert_order_status) module: noet",)),
        ({"note": ...}, ("status is canceled", "missing: note")),
        ({"note": " "}, ("note",)),
        ({"order_id": 0}, ("order_id",)),
        ({"api_url": "https://elsewhere.example"}, ("api_url", "DIGICERT_API_KEY")),
    ],
    ids=["typo", "no note", "empty note", "no such order", "a key that would leave"],
)
def test_the_real_module_refuses_wrong_options_before_any_request(
    certcentral: Conversation, arguments: dict[str, Any], words: tuple[str, ...]
) -> None:
    assert_refused(cancel(arguments), *words)
    assert certcentral.journal == []


def test_a_key_that_is_also_in_another_option_is_not_shown() -> None:
    result = pass_through(Witness(), arguments={"api_key": KEY, "status": KEY, "order_ids": [1]})

    assert result["failed"]
    assert KEY not in repr(result)
    assert "********" in result["msg"]


def test_messages() -> None:
    def refusal(result: dict[str, Any]) -> str:
        assert_refused(result)
        return str(result["msg"])

    no_choice = {**SPEC, "argument_spec": {"note": {"type": "str"}}}
    check_messages(
        "controller action",
        {
            "async": refusal(pass_through(Witness(), async_val=60)),
            "timeout": refusal(
                pass_through(Witness(), {**SPEC, "argument_spec": {"audit_log": {"type": "path"}}}, timeout=60)
            ),
            "delegate_to": refusal(pass_through(Witness(), delegate_to="server1")),
            "delegate_to, always on the controller": refusal(
                pass_through(Witness(), {**no_choice, "required_if": []}, delegate_to="server1")
            ),
            "target without api_key": refusal(send(arguments={})[0]),
            "target with a key in the environment": refusal(send(environment=[{"DIGICERT_API_KEY": KEY}])[0]),
        },
    )
