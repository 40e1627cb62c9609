# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role awx_setup: what it is made of is what AWX takes, and the real modules of awx.awx make it, and unmake it.

The modules talk to a small server that keeps AWX's objects and some of its rules. AWX itself is not here.
`nox -s awx` installs awx.awx; AWX_COLLECTIONS names the folder that it is in.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ansible_collections.certops.orders.plugins.module_utils._http import connection as http_connection
from ansible_collections.certops.orders.plugins.module_utils._role_options.checks import SHAPES
from ansible_collections.certops.orders.tests.integration import support
from ansible_collections.certops.orders.tests.integration.awx.fake_awx import (
    TOKEN,
    FakeAwx,
    answer_errors,
    check_credential_type,
    check_rrule,
    check_survey,
    fake_awx,
    playbooks,
    rendered_message,
)
from ansible_collections.certops.orders.tests.integration.support import PENDING, Controller, Run, Simulator, mentions

ROOT = Path(__file__).resolve().parents[3]
PROJECT = ROOT / "docs" / "awx_project"
COLLECTIONS = os.environ.get("AWX_COLLECTIONS", "")
with_modules = pytest.mark.skipif(
    not (Path(COLLECTIONS) / "ansible_collections" / "awx" / "awx").is_dir() or not COLLECTIONS,
    reason="the collection awx.awx is not here: `nox -s awx` installs it, AWX_COLLECTIONS names its folder",
)

PLAYBOOK = "- import_playbook: certops.orders.awx_setup"
# Of no use as names of anything else, so that a search finds them in all output of a run.
SECRETS = ["sim-Ue3Wd6Ph9Zc2", "sim-Bn8Gy5Ak1Xo4", "sim-Fv2Mj7Sl6Tq9", "sim-Hr4Cw1Ei8Yd3", "xoxb-Lp5Nb9Vg2Uk7"]
READS, WRITES, READS_TOO, WRITES_TOO, SLACK = SECRETS
ROLE_VARIABLES: dict[str, Any] = {
    "awx_setup_image": "registry.example.com/ee:1",
    "awx_setup_project_url": "https://git.example.com/awx.git",
    "awx_setup_digicert_read_key": READS,
    "awx_setup_digicert_write_key": WRITES,
    "awx_setup_servertastic": True,
    "awx_setup_servertastic_read_key": READS_TOO,
    "awx_setup_servertastic_write_key": WRITES_TOO,
    "awx_setup_servertastic_api_url": "https://reseller.example.com",
    "awx_setup_report_dir": "/var/lib/certops/reports",
    "awx_setup_notification_type": "slack",
    "awx_setup_notification_configuration": {"token": SLACK, "channels": ["#certificates"]},
    "awx_setup_extra_vars": {"decommission_domain_max_revocations": 3},
    "awx_setup_labels": "certificates",
    "awx_setup_job_timeout": 7200,
    "awx_setup_scm_update_on_launch": True,
    "awx_setup_requesters": ["Requesters"],
    "awx_setup_approvers": ["Approvers"],
    "awx_setup_operators": ["Operators"],
    "awx_setup__poll_interval": 0,
}
WORKFLOWS = [
    "Cancel stale orders",
    "Decommission domains",
    "Decommission servers",
    "Mark renewed orders",
    "Undo renewed marks",
]
# This one always asks, because its servers are torn down also where no order changes.
ALWAYS = "Decommission servers"
GATE = "certops Nothing to approve"
# Which role, and which entry point of it, a playbook has its options from.
OPTIONS_OF = {
    "cancel_stale_orders.yml": [("cancel_stale_orders", "main")],
    "decommission_domain.yml": [("decommission_domain", "main")],
    "decommission_server.yml": [("decommission_domain", "main")],
    "mark_renewed_orders.yml": [("mark_renewed_orders", "main")],
    "undo_renewed_marks.yml": [("mark_renewed_orders", "undo")],
    "order_report.yml": [("order_report", "main")],
}
# The types of questions whose answers an option takes.
ANSWERS = {"str": {"text", "textarea"}, "path": {"text"}, "int": {"integer"}, "bool": {"multiplechoice"}}


class Yaml(yaml.SafeLoader):
    """With Ansible's mark for text that is not its template."""


class Kept(str):
    """Text that Ansible leaves as it is."""

    __slots__ = ()


Yaml.add_constructor("!unsafe", lambda loader, node: Kept(loader.construct_scalar(node)))


def read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Yaml)


VARIABLES = read(ROOT / "roles" / "awx_setup" / "vars" / "main.yml")
DEFAULTS = read(ROOT / "roles" / "awx_setup" / "defaults" / "main.yml")
TYPES = VARIABLES["awx_setup__credential_types"]
TEMPLATES = [*VARIABLES["awx_setup__workflows"], VARIABLES["awx_setup__report"]]
by_name = pytest.mark.parametrize("template", TEMPLATES, ids=[template["playbook"] for template in TEMPLATES])


def options(playbook: str) -> dict[str, Any]:
    """The options of what a playbook runs."""
    found: dict[str, Any] = {}
    for role, entry_point in OPTIONS_OF[playbook]:
        specs = read(ROOT / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]
        found.update(specs[entry_point]["options"])
    return found


# What it is made of


@pytest.mark.parametrize("one", TYPES, ids=[one["name"] for one in TYPES])
def test_a_credential_sets_what_the_modules_read(one: dict[str, Any]) -> None:
    check_credential_type(one)
    prefix = {"DigiCert CertCentral": "DIGICERT", "Servertastic": "SERVERTASTIC"}[one["name"]]
    variables = one["injectors"]["env"]
    assert set(variables) == {f"{prefix}_{name}" for name in ("API_KEY", "API_URL", "RATE_LIMIT", "READ_ONLY")}
    source = inspect.getsource(http_connection)
    assert all(f"{{prefix}}_{name.partition('_')[2]}" in source for name in variables)
    # Ansible would make something of them, and AWX would then have nothing to fill in.
    assert all(isinstance(template, Kept) for template in variables.values())
    assert [field["id"] for field in one["inputs"]["fields"] if field.get("secret")] == ["api_key"]


def rendered(one: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, str]:
    """The environment that a credential makes, as AWX does it: a switch that is not set is off, other inputs empty."""
    switches = {field["id"]: False for field in one["inputs"]["fields"] if field["type"] == "boolean"}
    sandbox = ImmutableSandboxedEnvironment()
    env = one["injectors"]["env"]
    return {name: sandbox.from_string(template).render({**switches, **inputs}) for name, template in env.items()}


def connected(environment: Mapping[str, str], prefix: str, regions: Mapping[str, str]) -> http_connection.Connection:
    return http_connection.connection(
        {"validate_certs": True, "timeout": 30, "retries": 3, "rate_limit_timeout": 300},
        environment,
        task_environ={},
        prefix=prefix,
        regions=regions,
        rate_limit="100/5",
        writes=True,
    )


def test_inputs_that_are_empty_are_as_if_they_were_not_there() -> None:
    environment = rendered(TYPES[0], {"api_key": "k"})
    assert environment == {
        "DIGICERT_API_KEY": "k",
        "DIGICERT_API_URL": "",
        "DIGICERT_RATE_LIMIT": "",
        "DIGICERT_READ_ONLY": "False",
    }
    regions = {"us": "https://www.example.com"}
    bare = connected({"DIGICERT_API_KEY": "k"}, "DIGICERT", regions)
    assert connected(environment, "DIGICERT", regions) == bare
    assert not bare.read_only


@pytest.mark.parametrize(("one", "prefix"), [(TYPES[0], "DIGICERT"), (TYPES[1], "SERVERTASTIC")])
def test_a_credential_that_reads_refuses_every_change(one: dict[str, Any], prefix: str) -> None:
    inputs = {"api_key": "k", "api_url": "https://api.example.com", "rate_limit": "1/2", "read_only": True}
    found = connected(rendered(one, inputs), prefix, {})
    assert found.read_only == f"{prefix}_READ_ONLY"
    assert (found.base_url, found.windows) == ("https://api.example.com", ((1, 2.0),))


def is_list(variable: str) -> bool:
    (role,) = (name for name in SHAPES if variable.startswith(f"{name}_"))
    return SHAPES[role][variable[len(role) + 1 :]].is_list


@by_name
def test_surveys_ask_for_what_the_playbook_takes(template: dict[str, Any]) -> None:
    check_survey(template["survey"])
    takes = options(template["playbook"])
    for question in template["survey"]["spec"]:
        variable, kind = question["variable"], question["type"]
        if variable.startswith("report_"):
            # An answer is no dictionary: the playbook of the project makes one of several.
            assert variable in (PROJECT / template["playbook"]).read_text(encoding="utf-8")
        elif variable == "decommission_server_hosts":
            text = (ROOT / "playbooks" / template["playbook"]).read_text(encoding="utf-8")
            assert variable in text
        elif takes[variable]["type"] == "raw":
            # Lists and numbers, which the role takes as text.
            assert kind in ("text", "textarea") if is_list(variable) else kind == "integer", variable
        elif "choices" in takes[variable]:
            assert kind == "multiplechoice"
            assert question["choices"] == takes[variable]["choices"]
            assert question["default"] == takes[variable]["default"]
        else:
            assert kind in ANSWERS[takes[variable]["type"]], variable
            if kind == "multiplechoice":
                assert question["choices"] == ["false", "true"]
            # The others ask for what has no default of its own.
            if "default" in question and variable not in ("order_report_title", "mark_renewed_orders_undo_report"):
                assert question["default"] == str(takes[variable]["default"]).lower() or kind == "integer"


@by_name
def test_answers_have_bounds_and_a_required_one_is_not_empty(template: dict[str, Any]) -> None:
    for question in template["survey"]["spec"]:
        assert question["question_name"][0].isupper()
        assert question["question_description"], question["variable"]
        if question["type"] == "multiplechoice":
            # What each of them means.
            assert all(f"{choice}: " in question["question_description"] for choice in question["choices"])
            continue
        assert question["max"] < 10**6
        if question["required"]:
            assert answer_errors(question, "")
        elif question["type"] != "integer":
            # AWX would refuse an answer that is left empty.
            assert "min" not in question


@by_name
def test_guards_cannot_be_changed_by_the_user_who_launches_a_job(template: dict[str, Any]) -> None:
    asked = {question["variable"] for question in template["survey"]["spec"]}
    guard = re.compile(
        r"_(max_\w+|protected|exclude|shared|phase|confirm|plan\w*|probe\w*|audit_log|report_dir|\w+_tasks)$"
    )
    assert not [variable for variable in asked if guard.search(variable)]


@by_name
def test_templates_set_what_the_playbook_takes(template: dict[str, Any]) -> None:
    takes = options(template["playbook"])
    assert set(template["variables"]) <= set(takes)
    if "phase" in template and template["phase"] != "decommission_server_phase":
        assert {"plan", "apply"} <= set(takes[template["phase"]]["choices"])
    text = (ROOT / "playbooks" / template["playbook"]).read_text(encoding="utf-8")
    assert template.get("phase") != "decommission_server_phase" or "decommission_server_phase" in text


def test_every_playbook_has_a_file_in_the_project_and_a_template() -> None:
    # check_account is for a first contact, from a terminal.
    by_hand = {"awx_setup.yml", "check_account.yml"}
    ours = {path.name for path in (ROOT / "playbooks").glob("*.yml")} - by_hand
    assert (
        ours
        == {template["playbook"] for template in TEMPLATES}
        == {*playbooks(PROJECT)}
        - {
            "project.yml",
            "nothing_to_approve.yml",
        }
    )
    for name in ours:
        (where, play) = read(PROJECT / name)
        assert where["ansible.builtin.import_playbook"] == "project.yml"
        assert play["ansible.builtin.import_playbook"] == f"certops.orders.{name[: -len('.yml')]}"
        tasks = [value for value in play["vars"].values() if "project_dir }}/" in value]
        assert tasks
        assert all((PROJECT / task.partition("/")[2]).is_file() for task in tasks)
        assert set(play["vars"]) <= {*options(name), "decommission_server_teardown_tasks"}
    assert VARIABLES["awx_setup__gate"].endswith(" Nothing to approve")


def test_the_project_has_the_source_of_the_inventory_and_asks_awx_to_install_nothing() -> None:
    path = PROJECT / DEFAULTS["awx_setup_inventory_source_path"]
    assert path.name.endswith("digicert_orders.yml")
    assert read(path)["plugin"] == "certops.orders.digicert_orders"
    # The image has the collection, and an update of a project fails where AWX cannot install what is asked for.
    assert not (PROJECT / "collections").exists()


def test_schedules_have_rules_that_awx_takes() -> None:
    rules = [value for name, value in DEFAULTS.items() if name.endswith("_rrule")]
    assert len(rules) == len(VARIABLES["awx_setup__schedules"]) == 4
    for rule in rules:
        check_rrule(rule)


# What the modules of awx.awx make of it


@pytest.fixture(scope="module")
def first(process: Simulator) -> Iterator[tuple[FakeAwx, Run]]:
    """An AWX that the role has set up, and the run that did it."""
    process.reset(support.SEED)
    with support.machine(process) as controller, fake_awx(PROJECT) as awx:
        add_teams(awx)
        yield awx, setup(controller, awx)


def add_teams(awx: FakeAwx) -> None:
    """The teams of the setup, which the role does not create."""
    default = awx.named("organizations", "Default")["id"]
    for name in ("Requesters", "Approvers", "Operators"):
        awx.make("teams", {"name": name, "organization": default})


@pytest.fixture
def made(first: tuple[FakeAwx, Run]) -> FakeAwx:
    """That AWX, for tests that only read it."""
    return first[0]


@pytest.fixture
def awx(first: tuple[FakeAwx, Run]) -> Iterator[FakeAwx]:
    """One like it, to change."""
    with fake_awx(PROJECT) as other:
        for name in ("objects", "associated", "surveys", "secrets", "pending", "next_id", "granted", "roles"):
            setattr(other, name, copy.deepcopy(getattr(first[0], name)))
        yield other


def setup(
    controller: Controller,
    awx: FakeAwx,
    *,
    rc: int = 0,
    check: bool = False,
    env: Mapping[str, str] | None = None,
    **more: Any,
) -> Run:
    """Run the playbook; warnings of awx.awx about its own age are ignored."""
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([os.environ["ANSIBLE_COLLECTIONS_PATH"], COLLECTIONS]),
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
        "CONTROLLER_HOST": awx.url,
        "CONTROLLER_OAUTH_TOKEN": TOKEN,
        **(env or {}),
    }
    args = ["--check"] if check else []
    run = controller.playbook(PLAYBOOK, env=environment, args=args, variables={**ROLE_VARIABLES, **more}, timeout=900)
    assert run.rc == rc, run.output
    return run


def changes(run: Run) -> list[str]:
    """The tasks that changed something."""
    return [task.name for task in run.tasks if task.result.get("changed") and not task.is_item]


@with_modules
def test_all_of_it_is_made(made: FakeAwx) -> None:
    plans = [f"certops {name} ({phase})" for name in WORKFLOWS for phase in ("apply", "plan")]
    assert made.snapshot() == {
        "organizations": ["Default"],
        "credential_types": ["DigiCert CertCentral", "Galaxy", "Machine", "Servertastic"],
        "credentials": [
            "Ansible Galaxy",
            *(
                f"certops {of} ({may})"
                for of in ("CertCentral", "Servertastic")
                for may in ("can change orders", "read-only")
            ),
        ],
        "notification_templates": ["certops notifications"],
        "execution_environments": ["certops"],
        "projects": ["certops"],
        "inventories": ["certops", "certops orders"],
        "hosts": ["localhost"],
        "inventory_sources": ["certops orders"],
        "job_templates": sorted([*plans, "certops Order report", GATE]),
        "labels": ["certificates"],
        "teams": ["Approvers", "Operators", "Requesters"],
        "workflow_job_templates": [f"certops {name}" for name in WORKFLOWS],
        "workflow_job_template_nodes": [
            f"certops {name}/{node}"
            for name in WORKFLOWS
            for node in ("apply", "approval", "nothing_to_approve", "plan")
            if (name, node) != (ALWAYS, "nothing_to_approve")
        ],
        "workflow_approval_templates": [f"certops {name} (approval)" for name in WORKFLOWS],
        "schedules": [
            f"certops {name} (schedule)"
            for name in ("Cancel stale orders", "Mark renewed orders", "Order report", "orders")
        ],
    }


@with_modules
def test_what_awx_is_to_fill_in_arrives_as_it_is(made: FakeAwx) -> None:
    host = json.loads(made.named("hosts", "localhost")["variables"])
    assert host["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"
    for one in TYPES:
        assert made.named("credential_types", one["name"])["injectors"] == one["injectors"]


@with_modules
def test_keys_are_where_they_belong_and_nowhere_else(first: tuple[FakeAwx, Run]) -> None:
    made, run = first
    kept = {made.objects["credentials"][number]["name"]: inputs for number, inputs in made.secrets.items() if inputs}
    assert kept == {
        "certops CertCentral (read-only)": {"api_key": READS, "read_only": True},
        "certops CertCentral (can change orders)": {"api_key": WRITES},
        "certops Servertastic (read-only)": {
            "api_key": READS_TOO,
            "api_url": "https://reseller.example.com",
            "read_only": True,
        },
        "certops Servertastic (can change orders)": {"api_key": WRITES_TOO, "api_url": "https://reseller.example.com"},
    }
    shown = run.output + json.dumps([task.result for task in run.tasks])
    assert not [secret for secret in SECRETS if secret in shown]


@with_modules
def test_only_what_carries_out_has_keys_that_write(made: FakeAwx) -> None:
    for one in made.snapshot()["job_templates"]:
        may = "can change orders" if one.endswith(" (apply)") else "read-only"
        has = made.linked("job_templates", one, "credentials")
        both = [f"certops CertCentral ({may})", f"certops Servertastic ({may})"]
        assert has == {"certops Order report": both[:1], GATE: []}.get(one, both)
    source = made.named("inventory_sources", "certops orders")
    assert made.objects["credentials"][source["credential"]]["name"] == "certops CertCentral (read-only)"


@with_modules
@pytest.mark.parametrize("name", [f"certops {name}" for name in WORKFLOWS])
def test_a_workflow_continues_only_after_success(made: FakeAwx, name: str) -> None:
    nodes = "workflow_job_template_nodes"
    asks = name == f"certops {ALWAYS}"
    after_plan = f"{name}/{'approval' if asks else 'nothing_to_approve'}"
    assert made.linked(nodes, f"{name}/plan", "success_nodes") == [after_plan]
    assert made.linked(nodes, f"{name}/approval", "success_nodes") == [f"{name}/apply"]
    # The only job whose failure is none: it says that there is something to approve.
    failed = [key for key, linked in made.associated.items() if key[2] in ("always_nodes", "failure_nodes") and linked]
    gates = {made.named(nodes, f"certops {one}/nothing_to_approve")["id"] for one in WORKFLOWS if one != ALWAYS}
    assert {key[1:] for key in failed} == {(gate, "failure_nodes") for gate in gates}
    if not asks:
        assert made.linked(nodes, f"{name}/nothing_to_approve", "failure_nodes") == [f"{name}/approval"]
        gate = made.named("job_templates", GATE)
        assert made.named(nodes, f"{name}/nothing_to_approve")["unified_job_template"] == gate["id"]
        assert (gate["playbook"], gate["allow_simultaneous"]) == ("nothing_to_approve.yml", True)
    assert made.named("workflow_approval_templates", f"{name} (approval)")["timeout"] == 72000
    # While an approval waits, the next request is planned.
    assert made.named("workflow_job_templates", name)["allow_simultaneous"] is True
    assert made.linked("workflow_job_templates", name, "labels") == ["certificates"]
    for phase in ("plan", "apply"):
        runs = made.named(nodes, f"{name}/{phase}")["unified_job_template"]
        template = made.named("job_templates", f"{name} ({phase})")
        assert runs == template["id"]
        variables = json.loads(template["extra_vars"])
        assert phase in [value for key, value in variables.items() if key.endswith("_phase")]
        assert variables["decommission_domain_max_revocations"] == 3
        assert "/var/lib/certops/reports" in variables.values()
        # The user who launches it sets no variables but those of the survey.
        assert not template.get("ask_variables_on_launch")
        assert template["timeout"] == 7200
        assert made.linked("job_templates", template["name"], "labels") == ["certificates"]
    assert made.survey("workflow_job_templates", name) == made.survey("job_templates", f"{name} (plan)") != []
    assert made.survey("job_templates", f"{name} (apply)") == []


@with_modules
@pytest.mark.parametrize("name", [f"certops {name}" for name in WORKFLOWS])
def test_one_failure_is_one_notification(made: FakeAwx, name: str) -> None:
    def notified(kind: str, one: str) -> list[str]:
        events = ("error", "success", "approvals")
        return [event for event in events if made.linked(kind, one, f"notification_templates_{event}")]

    assert notified("workflow_job_templates", name) == ["approvals"]
    assert notified("job_templates", f"{name} (plan)") == ["error"]
    assert notified("job_templates", f"{name} (apply)") == ["error", "success"]
    # Its failure is no error.
    assert notified("job_templates", GATE) == []


@with_modules
def test_notifications_have_the_counts_and_the_digest_where_awx_gives_them(made: FakeAwx) -> None:
    messages = made.named("notification_templates", "certops notifications")["messages"]
    facts = {"id": 7, "name": "certops Cancel stale orders (apply)", "status": "successful"}
    summary = f"1 canceled. 2 unchanged (plan {64 * 'a'})"
    job = {"job": {**facts, "artifacts": {"order_plan_summary": summary}}, "url": "https://awx.example.com/7"}
    for event in ("error", "success"):
        text = messages[event]["message"]
        assert mentions(rendered_message(text, job), 7, summary, "https://awx.example.com/7")
        # A job that failed before it had a plan, and an update of a project, which has no artifacts.
        for none in ({**facts, "artifacts": {}}, facts):
            assert mentions(rendered_message(text, {**job, "job": none}), 7, "https://awx.example.com/7")
    text = messages["workflow_approval"]["running"]["message"]
    waits = {
        "approval_node_name": "certops Cancel stale orders (approval)",
        "workflow_url": "https://awx.example.com/9",
    }
    assert mentions(rendered_message(text, waits), *waits.values())


@with_modules
def test_teams_have_the_roles_of_the_guide(made: FakeAwx) -> None:
    jobs = sorted([GATE, *(f"certops {name} ({phase})" for name in WORKFLOWS for phase in ("apply", "plan"))])
    assert made.grants("Requesters") == [
        "execute_role: certops Cancel stale orders",
        "execute_role: certops Decommission domains",
        "execute_role: certops Decommission servers",
        "execute_role: certops Mark renewed orders",
        "execute_role: certops Order report",
        "execute_role: certops Undo renewed marks",
        *(f"read_role: {job}" for job in jobs),
    ]
    assert made.grants("Approvers") == [
        *(f"approval_role: certops {name}" for name in WORKFLOWS),
        *(f"read_role: {job}" for job in jobs),
    ]
    assert made.grants("Operators") == [
        "execute_role: Default",
        "update_role: certops",
        "update_role: certops orders",
    ]


@with_modules
def test_the_second_time_nothing_changes(controller: Controller, awx: FakeAwx) -> None:
    run = setup(controller, awx)
    assert changes(run) == []
    # AWX is asked only to update the project.
    project = awx.named("projects", "certops")["id"]
    assert awx.writes == [("POST", f"/api/v2/projects/{project}/update/")]


@with_modules
def test_objects_that_are_no_longer_requested_are_deleted(controller: Controller, awx: FakeAwx) -> None:
    rule = {"awx_setup_cancel_stale_orders_rrule": ""}
    run = setup(controller, awx, awx_setup_unattended=["mark_renewed_orders", "decommission_server"], **rule)
    assert changes(run) == [
        "Create the node of the phase plan",
        "Delete the approval node",
        "Create the node that finds out whether there is something to approve",
        "Delete the approval node",
        "Create the schedules",
    ]
    nodes = "workflow_job_template_nodes"
    assert awx.linked(nodes, "certops Decommission servers/plan", "success_nodes") == [
        "certops Decommission servers/apply"
    ]
    for name, after in (("Mark renewed orders", "apply"), ("Cancel stale orders", "approval")):
        gate = f"certops {name}/nothing_to_approve"
        assert awx.linked(nodes, f"certops {name}/plan", "success_nodes") == [gate]
        assert awx.linked(nodes, gate, "failure_nodes") == [f"certops {name}/{after}"]
    assert "certops Mark renewed orders/approval" not in awx.snapshot()[nodes]
    assert "certops Cancel stale orders (schedule)" not in awx.snapshot()["schedules"]


BUSY = [
    {"id": 41, "type": "workflow_job", "name": "certops Cancel stale orders", "status": "running"},
    {"id": 42, "type": "job", "name": "certops Decommission domains (apply)", "status": "pending"},
    {"id": 43, "type": "inventory_update", "name": "certops orders - certops orders", "status": "waiting"},
    {"id": 44, "type": "project_update", "name": "certops", "status": "running"},
]


@with_modules
@pytest.mark.parametrize("job", BUSY, ids=[job["type"] for job in BUSY])
def test_nothing_is_taken_away_while_an_approval_waits_or_a_job_runs(
    controller: Controller, awx: FakeAwx, job: dict[str, Any]
) -> None:
    awx.jobs = [job, {**BUSY[0], "id": 40, "name": "of others"}, {**BUSY[1], "id": 39, "status": "successful"}]
    run = setup(controller, awx, rc=2, awx_setup_state="absent")
    refused = run.bad("Check that no job runs, and no workflow waits for an approval").msg
    assert mentions(refused, job["name"], job["id"])
    assert not mentions(refused, "of others")
    assert awx.writes == []


@with_modules
def test_all_of_it_is_taken_away_and_nothing_of_others(controller: Controller, awx: FakeAwx) -> None:
    # Another account's credential keeps the type that both have.
    certcentral = awx.named("credential_types", "DigiCert CertCentral")["id"]
    awx.make("credentials", {"name": "another", "credential_type": certcentral, "inputs": {}})
    setup(controller, awx, awx_setup_state="absent")
    assert awx.snapshot() == {
        "organizations": ["Default"],
        "credential_types": ["DigiCert CertCentral", "Galaxy", "Machine"],
        "credentials": ["Ansible Galaxy", "another"],
        # AWX deletes a label with the last object that has it.
        "labels": ["certificates"],
        "teams": ["Approvers", "Operators", "Requesters"],
    }
    before = len(awx.writes)
    again = setup(controller, awx, awx_setup_state="absent")
    assert changes(again) == []
    assert len(awx.writes) == before


@with_modules
def test_check_mode_predicts_the_changes_and_changes_nothing(controller: Controller, awx: FakeAwx) -> None:
    assert changes(setup(controller, awx, check=True)) == []
    rrule = {"awx_setup_order_report_rrule": ""}
    assert changes(setup(controller, awx, check=True, **rrule)) == ["Create the schedules"]
    assert "Delete the workflows" in changes(setup(controller, awx, check=True, awx_setup_state="absent"))
    assert awx.writes == []


@with_modules
def test_inventories_that_awx_has_yet_to_delete_are_waited_for(controller: Controller, awx: FakeAwx) -> None:
    """One that is found by its name meanwhile would take with it what is made in it."""
    doomed = awx.named("inventories", "certops")["id"]
    awx.answer("DELETE", f"/api/v2/inventories/{doomed}/", {}, {})
    setup(controller, awx)
    assert awx.named("inventories", "certops")["id"] != doomed
    assert awx.named("hosts", "localhost")["inventory"] == awx.named("inventories", "certops")["id"]
    # One more that was taken away a moment ago is not taken away once more.
    awx.answer("DELETE", f"/api/v2/inventories/{awx.named('inventories', 'certops orders')['id']}/", {}, {})
    setup(controller, awx, awx_setup_state="absent")
    assert "inventories" not in awx.snapshot()


@with_modules
def test_names_that_another_organization_has_are_refused(controller: Controller, awx: FakeAwx) -> None:
    other = awx.make("organizations", {"name": "Others"})
    awx.make("inventories", {"name": "certops", "organization": other["id"]})
    run = setup(controller, awx, rc=2)
    assert mentions(run.bad("Check that no other organization uses these names").msg, "Others", "certops")
    assert awx.writes == []


@with_modules
def test_servertastic_takes_a_folder_that_outlives_a_job(controller: Controller) -> None:
    default = DEFAULTS["awx_setup_report_dir"]
    with fake_awx(PROJECT) as bare:
        run = setup(controller, bare, rc=2, awx_setup_report_dir=default)
        msg = run.bad("Validate the report directory for Servertastic").msg
        assert mentions(msg, "awx_setup_report_dir", default, "docs/awx.md")
        assert bare.writes == []


@with_modules
def test_without_servertastic_reports_may_stay_in_the_job(controller: Controller, awx: FakeAwx) -> None:
    default = DEFAULTS["awx_setup_report_dir"]
    setup(controller, awx, awx_setup_servertastic=False, awx_setup_report_dir=default)
    variables = json.loads(awx.named("job_templates", "certops Decommission domains (apply)")["extra_vars"])
    assert variables["decommission_domain_report_dir"] == default


@with_modules
def test_a_credential_without_a_key_must_exist(controller: Controller, awx: FakeAwx) -> None:
    keys = {"awx_setup_digicert_write_key": "", "awx_setup_servertastic_read_key": ""}
    assert changes(setup(controller, awx, **keys)) == []
    with fake_awx(PROJECT) as bare:
        add_teams(bare)
        run = setup(controller, bare, rc=2, **keys)
        assert bare.writes == []
    for variable, name in (
        ("awx_setup_digicert_write_key", "certops CertCentral (can change orders)"),
        ("awx_setup_servertastic_read_key", "certops Servertastic (read-only)"),
    ):
        assert f"{variable} is empty, and AWX has no credential {name}: " in " ".join(run.output.split())
    assert not mentions(run.output, "awx_setup_digicert_read_key")
    assert not [secret for secret in SECRETS if secret in run.output]


@with_modules
def test_an_unreachable_awx_and_a_refusing_one_are_distinguished(controller: Controller, awx: FakeAwx) -> None:
    run = setup(controller, awx, rc=2, env={"CONTROLLER_HOST": "http://127.0.0.1:9"})
    msg = run.bad("Fail if AWX cannot be reached").msg
    assert mentions(msg, "Connection refused", "CONTROLLER_HOST", "http://127.0.0.1:9")
    assert not mentions(msg, "CONTROLLER_OAUTH_TOKEN")
    run = setup(controller, awx, rc=2, env={"CONTROLLER_OAUTH_TOKEN": "another"})
    msg = run.bad("Fail if AWX cannot be reached").msg
    assert mentions(msg, 401, "CONTROLLER_OAUTH_TOKEN")
    assert awx.writes == []


def test_without_the_collection_awx_awx_the_message_names_it(controller: Controller) -> None:
    # Ansible itself warns of it as well.
    run = controller.playbook(PLAYBOOK, variables=ROLE_VARIABLES, quiet=False)
    assert run.rc == 2
    msg = run.bad("Fail if AWX cannot be reached").msg
    assert mentions(msg, "awx.awx", "ansible-galaxy collection install")
    assert not mentions(msg, "CONTROLLER_HOST")


@pytest.mark.parametrize(
    ("missing", "variable"),
    [
        ({"awx_setup_image": ""}, "awx_setup_image"),
        ({"awx_setup_project_url": None}, "awx_setup_project_url"),
        ({"awx_setup_servertastic_api_url": " "}, "awx_setup_servertastic_api_url"),
        ({"awx_setup_notification_configuration": {}}, "awx_setup_notification_configuration"),
        ({"awx_setup_prefix": ""}, "awx_setup_prefix"),
        ({"awx_setup_prefix": " ", "awx_setup_image": "", "awx_setup_state": "absent"}, "awx_setup_prefix"),
        ({"awx_setup_organization": "", "awx_setup_state": "absent"}, "awx_setup_organization"),
    ],
)
def test_a_variable_that_is_missing_is_named_before_awx_is_asked(
    controller: Controller, missing: dict[str, Any], variable: str
) -> None:
    # Without awx.awx, so that nothing could be asked.
    run = controller.playbook(PLAYBOOK, variables={**ROLE_VARIABLES, **missing})
    assert run.rc == 2
    named = set(re.findall(r"(awx_setup_\w+) is empty: set it to ", run.output))
    assert named == {variable}
    assert not [task for task in run.tasks if task.name == "Read the version of AWX"]


# And what AWX would do with it


def artifacts(run: Run) -> dict[str, Any]:
    """What the job hands to the next one of its workflow."""
    (line,) = re.findall(r"^\s*RUN: (\{.*\})$", run.output, re.MULTILINE)
    found: dict[str, Any] = json.loads(line)
    return found


@with_modules
def test_the_project_plans_and_applies_with_the_variables_of_the_objects(
    controller: Controller, sim: Simulator, made: FakeAwx
) -> None:
    shutil.copytree(PROJECT, controller.desk, dirs_exist_ok=True)
    answers = {
        question["variable"]: question["default"]
        for question in made.survey("workflow_job_templates", "certops Decommission domains")
        if "default" in question
    }
    answers["decommission_domain_names"] = "www.example.com\n"

    def job(phase: str, **more: Any) -> Run:
        template = made.named("job_templates", f"certops Decommission domains ({phase})")
        (name, *_others) = made.linked("job_templates", template["name"], "credentials")
        credential = made.named("credentials", name)
        kind = made.objects["credential_types"][credential["credential_type"]]
        inputs = {
            **made.secrets[credential["id"]],
            "api_key": support.KEY,
            "api_url": sim.api_url,
            "rate_limit": "none",
        }
        folder = {"decommission_domain_report_dir": str(controller.desk / "reports")}
        variables = {
            **json.loads(template["extra_vars"]),
            **folder,
            "decommission_domain_servertastic_account": False,
            **more,
            **answers,
        }
        env = {**rendered(kind, inputs), "ANSIBLE_SHOW_CUSTOM_STATS": "1"}
        return controller.playbook(f"- import_playbook: {template['playbook']}", env=env, variables=variables)

    plan = job("plan")
    assert plan.rc == 0, plan.output
    assert plan.writes == []
    handed = artifacts(plan)
    assert set(handed) == {
        "decommission_domain_plan",
        "decommission_domain_plan_sha256",
        "order_plan_changes",
        "order_plan_summary",
    }
    assert handed["order_plan_changes"] == 1
    assert mentions(handed["order_plan_summary"], handed["decommission_domain_plan_sha256"])
    text = handed["decommission_domain_plan"]
    assert handed["decommission_domain_plan_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert plan["Print that the report is not delivered"].msg
    applied = job("apply", **handed)
    assert applied.rc == 0, applied.output
    assert f"set {PENDING} canceled" in applied.writes


def test_the_answers_of_the_report_are_its_filters(controller: Controller, sim: Simulator) -> None:
    shop = {"container": {"id": 2, "name": "EMEA", "is_active": True}, "common_name": "shop.example.com"}
    sim.reset(
        support.seed(
            {"id": 1, "status": "issued", "valid_till_in_days": 30, "order_valid_till": None, **shop},
            {"id": 2, "status": "pending", **shop},
            {"id": 3, "status": "revoked", **shop},
            {"id": 4, "status": "issued", "common_name": "www.example.com", "valid_till_in_days": 200},
        )
    )
    shutil.copytree(PROJECT, controller.desk, dirs_exist_ok=True)
    spec = VARIABLES["awx_setup__report"]["survey"]["spec"]
    defaults = {question["variable"]: question["default"] for question in spec if "default" in question}
    # An integer without an answer.
    nothing = {**defaults, "report_expires_within_days": ""}

    def reported(**answers: Any) -> list[str]:
        assert set(answers) <= {question["variable"] for question in spec}
        variables = {**nothing, **answers, "order_report_dir": str(controller.desk / "reports")}
        run = controller.playbook("- import_playbook: order_report.yml", variables=variables)
        assert run.rc == 0, run.output
        report = json.loads((controller.desk / "reports" / "orders-report.json").read_text(encoding="utf-8"))
        return sorted(str(order["order_id"]) for order in report["orders"])

    assert reported() == ["1", "2", "3", "4"]
    both = {"report_containers": "emea", "report_statuses": "issued, pending"}
    assert reported(**both) == ["1", "2"]
    asked = len(sim.journal())
    requested = {**both, "report_requester": "ada@example.com", "order_report_details": "true"}
    assert reported(**requested, report_created_before="2100-01-01", report_product="") == ["1", "2"]
    assert [call["path"].rpartition("/")[2] for call in sim.journal()[asked:]][-2:] in (["1", "2"], ["2", "1"])
    assert reported(report_expires_within_days=60, report_name_pattern="*.example.com") == ["1"]
    assert reported(report_product="ssl_plus_of_others", report_organizations="") == []
