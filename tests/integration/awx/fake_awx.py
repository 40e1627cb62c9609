# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much of AWX 24.6.1's API as the modules of awx.awx need, with the rules of its that a setup can break.

Not AWX: it keeps objects and refuses what AWX refuses of types of credentials, surveys, schedules, playbooks, edges and
credentials of job templates. An inventory that was deleted stays for a while, as there. It runs nothing.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jinja2 import ChainableUndefined, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

TOKEN = "awx-Kd7Rt2Hs5Nv8"
HIDDEN = "$encrypted$"
# Paths of the API, and what AWX calls one object of each.
KINDS = {
    "organizations": "organization",
    "credential_types": "credential_type",
    "credentials": "credential",
    "notification_templates": "notification_template",
    "execution_environments": "execution_environment",
    "projects": "project",
    "inventories": "inventory",
    "hosts": "host",
    "inventory_sources": "inventory_source",
    "job_templates": "job_template",
    "workflow_job_templates": "workflow_job_template",
    "workflow_job_template_nodes": "workflow_job_template_node",
    "workflow_approval_templates": "workflow_approval_template",
    "schedules": "schedule",
    "instance_groups": "instance_group",
    "labels": "label",
    "teams": "team",
}
# The roles of AWX that an object has, as far as a setup grants them.
ROLES = {
    "organizations": ("execute_role",),
    "projects": ("update_role",),
    "inventories": ("update_role",),
    "job_templates": ("execute_role", "read_role"),
    "workflow_job_templates": ("execute_role", "approval_role", "read_role"),
}
# So often an inventory is listed before AWX has come to delete it (awx/main/models/inventory.py, schedule_deletion).
READS_BEFORE_DELETION = 2
UNIFIED = ("projects", "inventory_sources", "job_templates", "workflow_job_templates")
# What is deleted with an object, and the field that names it.
DELETED_WITH = {
    "inventories": [("hosts", "inventory"), ("inventory_sources", "inventory")],
    "inventory_sources": [("schedules", "unified_job_template")],
    "job_templates": [("schedules", "unified_job_template")],
    "workflow_job_templates": [
        ("workflow_job_template_nodes", "workflow_job_template"),
        ("schedules", "unified_job_template"),
    ],
    "workflow_job_template_nodes": [("workflow_approval_templates", "node")],
}
ASSOCIATIONS = (
    "success_nodes",
    "failure_nodes",
    "always_nodes",
    "credentials",
    "galaxy_credentials",
    "instance_groups",
    "labels",
    "notification_templates_error",
    "notification_templates_success",
    "notification_templates_approvals",
)
# awx/main/constants.py of 24.6.1
FORBIDDEN_VARIABLES = frozenset(
    {
        "VIRTUAL_ENV",
        "PATH",
        "PYTHONPATH",
        "JOB_ID",
        "INVENTORY_ID",
        "INVENTORY_SOURCE_ID",
        "INVENTORY_UPDATE_ID",
        "AD_HOC_COMMAND_ID",
        "REST_API_URL",
        "REST_API_TOKEN",
        "MAX_EVENT_RES",
        "CALLBACK_QUEUE",
        "CALLBACK_CONNECTION",
        "CACHE",
        "JOB_CALLBACK_DEBUG",
        "INVENTORY_HOSTVARS",
        "AWX_HOST",
        "PROJECT_REVISION",
        "SUPERVISOR_CONFIG_PATH",
    }
)
# awx/main/utils/ansible.py of 24.6.1
PLAYBOOK = re.compile(
    r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?include|(ansible\.builtin\.)?import_playbook):\s*?.*?$"
)
SURVEY_TYPES: dict[str, type] = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": str,
    "integer": int,
    "float": float,
}


class Refused(Exception):
    """A request that AWX answers with 400."""


class FakeAwx:
    """The objects, by their path and id, and what was asked for: the method and the path of each request.

    repository: the folder that stands for the project's repository.
    """

    def __init__(self, repository: Path) -> None:
        self.repository = repository
        self.objects: dict[str, dict[int, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.associated: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], dict[str, Any]] = {}
        self.secrets: dict[int, dict[str, Any]] = {}
        self.pending: dict[int, int] = {}
        # What has been started and has not ended: `id`, `type`, `name` and `status`.
        self.jobs: list[dict[str, Any]] = []
        # The ids of the teams that have a role, by the role's id, and what each role is of.
        self.granted: dict[int, list[int]] = {}
        self.roles: dict[int, tuple[str, int, str]] = {}
        self.requests: list[tuple[str, str]] = []
        self.next_id = 1
        self.url = ""
        self.make("organizations", {"name": "Default"})
        self.make("credential_types", {"name": "Machine", "kind": "ssh", "inputs": {}, "injectors": {}})
        galaxy = self.make("credential_types", {"name": "Galaxy", "kind": "galaxy", "inputs": {}, "injectors": {}})
        self.make("credentials", {"name": "Ansible Galaxy", "credential_type": galaxy["id"], "inputs": {}})
        self.own = self.snapshot()

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [request for request in self.requests if request[0] != "GET"]

    def snapshot(self) -> dict[str, list[str]]:
        """The names of all objects, by kind."""
        return {kind: sorted(self._label(one) for one in of.values()) for kind, of in self.objects.items() if of}

    def named(self, kind: str, name: str) -> dict[str, Any]:
        """The only object of this name; a node's is its workflow's and its own identifier."""
        (found,) = (one for one in self.objects[kind].values() if self._label(one) == name)
        return found

    def linked(self, kind: str, name: str, association: str) -> list[str]:
        """The names of what an object is associated with."""
        found = self.associated.get((kind, self.named(kind, name)["id"], association), [])
        return sorted(self._label(self._any(one)) for one in found)

    def survey(self, kind: str, name: str) -> list[dict[str, Any]]:
        spec: list[dict[str, Any]] = self.surveys.get((kind, self.named(kind, name)["id"]), {}).get("spec", [])
        return spec

    def grants(self, team: str) -> list[str]:
        """The roles that a team has, as `role: object`."""
        number = self.named("teams", team)["id"]
        roles = [self.roles[role] for role, teams in self.granted.items() if number in teams]
        return sorted(f"{field}: {self._label(self.objects[kind][of])}" for kind, of, field in roles)

    def _label(self, one: Mapping[str, Any]) -> str:
        if "identifier" in one:
            workflow = self.objects["workflow_job_templates"][one["workflow_job_template"]]
            return f"{workflow['name']}/{one['identifier']}"
        return str(one["name"])

    def _any(self, number: int) -> dict[str, Any]:
        return next(of[number] for of in self.objects.values() if number in of)

    # Requests

    def answer(self, method: str, path: str, query: Mapping[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """The status and the answer of a request."""
        self.requests.append((method, path))
        parts = path.strip("/").split("/")[2:]
        other = self._other(method, parts, query, body)
        if other is not None:
            return other
        if len(parts) == 1:
            if method == "GET":
                if parts[0] == "inventories":
                    self._come_to_delete()
                return 200, self._page(list(self.objects[parts[0]].values()), query)
            return 201, self._shown(parts[0], self._create(parts[0], body))
        kind, number = parts[0], int(parts[1])
        if number not in self.objects[kind]:
            return 404, {"detail": "Not found."}
        if len(parts) == 2:
            return self._one(method, kind, number, body)
        return self._below(method, kind, number, parts[2], body)

    def _other(
        self, method: str, parts: list[str], query: Mapping[str, str], body: dict[str, Any]
    ) -> tuple[int, Any] | None:
        """The answer to a request for what is none of the objects."""
        if parts == ["config"]:
            return 200, {"version": "24.6.1"}
        if parts[0] == "project_updates":
            project = self.objects["projects"][int(parts[1])]
            return 200, {
                "id": 1,
                "status": "successful",
                "finished": "now",
                "failed": False,
                "scm_revision": "1",
                **project,
            }
        if parts[0] == "unified_jobs":
            return 200, self._page([{**job, "url": f"/api/v2/unified_jobs/{job['id']}/"} for job in self.jobs], query)
        if parts[0] == "roles":
            return self._role(method, int(parts[1]), body)
        if parts[0] == "unified_job_templates":
            return 200, self._page([one for kind in UNIFIED for one in self.objects[kind].values()], query)
        return None

    def _role(self, method: str, number: int, body: Mapping[str, Any]) -> tuple[int, Any]:
        teams = self.granted.setdefault(number, [])
        if method == "POST":
            teams.append(body["id"])
            return 204, {}
        return 200, self._page([self.objects["teams"][team] for team in teams], {})

    def _roles(self, kind: str, one: Mapping[str, Any]) -> dict[str, Any]:
        """An object's own roles, each with an id that it keeps."""
        found = {}
        for field in ROLES.get(kind, ()):
            known = {role: number for number, role in self.roles.items()}
            number = known.get((kind, one["id"], field), 1000 + len(self.roles))
            self.roles[number] = kind, one["id"], field
            found[field] = {"id": number}
        return found

    def _one(self, method: str, kind: str, number: int, body: dict[str, Any]) -> tuple[int, Any]:
        one = self.objects[kind][number]
        if method == "PATCH":
            self._check(kind, {**one, **body})
            self._write(kind, one, body)
        if method == "DELETE" and kind == "inventories":
            if number in self.pending:
                raise Refused("Inventory is already pending deletion.")
            self.pending[number] = READS_BEFORE_DELETION
            one["pending_deletion"] = True
            return 202, {}
        if method == "DELETE":
            self._delete(kind, number)
            return 204, {}
        return 200, self._shown(kind, one)

    def _below(self, method: str, kind: str, number: int, what: str, body: dict[str, Any]) -> tuple[int, Any]:
        one = self.objects[kind][number]
        if what == "survey_spec":
            if method == "POST":
                check_survey(body)
                self.surveys[kind, number] = body
            return 200, self.surveys.get((kind, number), {})
        if what == "update" and kind == "projects":
            one["playbooks"] = playbooks(self.repository)
            return 202, {"url": f"/api/v2/project_updates/{number}/"}
        if what == "create_approval_template":
            approval = self.make("workflow_approval_templates", {**body, "node": number})
            one["unified_job_template"] = approval["id"]
            return 201, self._shown("workflow_approval_templates", approval)
        if what not in ASSOCIATIONS:
            return 404, {"detail": "Not found."}
        linked = self.associated.setdefault((kind, number, what), [])
        if method == "GET":
            return 200, self._page([self._any(other) for other in linked], {})
        if body.get("disassociate"):
            linked.remove(body["id"])
        else:
            self._check_link(kind, number, what, body["id"])
            linked.append(body["id"])
        return 204, {}

    # Objects

    def make(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        number = self.next_id
        self.next_id += 1
        one = {
            "id": number,
            "type": KINDS[kind],
            "url": f"/api/v2/{kind}/{number}/",
            "organization": None,
            "managed": False,
        }
        self.objects[kind][number] = one
        self._write(kind, one, body)
        return one

    def _create(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        names = ("name", "identifier", "organization", "inventory", "workflow_job_template", "unified_job_template")
        same = {
            name: body[name]
            for name in names
            if name in body and (name != "unified_job_template" or kind == "schedules")
        }
        if any(all(one.get(name) == value for name, value in same.items()) for one in self.objects[kind].values()):
            raise Refused(f"{KINDS[kind]} with these already exists: {same}")
        self._check(kind, body)
        return self.make(kind, body)

    def _write(self, kind: str, one: dict[str, Any], body: Mapping[str, Any]) -> None:
        one.update({name: value for name, value in body.items() if name not in ("id", "url", "type", "managed")})
        if kind == "inventories":
            one["kind"] = one.get("kind") or ""
            one.setdefault("pending_deletion", False)
        if kind == "inventory_sources":
            one["organization"] = self.objects["inventories"][one["inventory"]]["organization"]
        if kind == "job_templates" and "project" in one:
            one["organization"] = self.objects["projects"][one["project"]]["organization"]
        if kind == "credentials":
            secret = {field["id"] for field in self._fields(one) if field.get("secret")}
            given = body.get("inputs", {})
            self.secrets.setdefault(one["id"], {}).update({k: v for k, v in given.items() if v != HIDDEN})
            one["inputs"] = {k: HIDDEN if k in secret else v for k, v in one["inputs"].items()}
        if kind == "notification_templates":
            hidden = {"token", "password"}
            one["notification_configuration"] = {
                k: HIDDEN if k in hidden else v for k, v in one["notification_configuration"].items()
            }

    def _fields(self, credential: Mapping[str, Any]) -> list[dict[str, Any]]:
        fields: list[dict[str, Any]] = self.objects["credential_types"][credential["credential_type"]]["inputs"].get(
            "fields", []
        )
        return fields

    def _come_to_delete(self) -> None:
        for number, reads in list(self.pending.items()):
            self.pending[number] = reads - 1
            if not reads:
                del self.pending[number]
                self._delete("inventories", number)

    def _delete(self, kind: str, number: int) -> None:
        if any(job["name"] == self.objects[kind][number].get("name") for job in self.jobs):
            raise Refused("Resource is being used by running jobs.")
        users = [one for one in self.objects["credentials"].values() if one["credential_type"] == number]
        if kind == "credential_types" and users:
            raise Refused("Credential types that are in use cannot be deleted.")
        for other, field in DELETED_WITH.get(kind, []):
            for one in [one for one in self.objects[other].values() if one.get(field) == number]:
                self._delete(other, one["id"])
        del self.objects[kind][number]
        for linked in self.associated.values():
            if number in linked:
                linked.remove(number)

    def _shown(self, kind: str, one: Mapping[str, Any]) -> dict[str, Any]:
        related: dict[str, Any] = {
            "survey_spec": f"{one['url']}survey_spec/",
            "update": f"{one['url']}update/",
        }
        approval = self.objects["workflow_approval_templates"].get(one.get("unified_job_template", 0))
        if approval:
            related["unified_job_template"] = approval["url"]
        hidden = {"playbooks", "node"}
        shown = {name: value for name, value in one.items() if name not in hidden}
        organization = self.objects["organizations"].get(one.get("organization") or 0)
        summary: dict[str, Any] = {"organization": {"name": organization["name"]}} if organization else {}
        kinds = [name for name, of_kind in KINDS.items() if of_kind == one.get("type")]
        summary["object_roles"] = self._roles(kinds[0], one) if kinds else {}
        return {"scm_revision": "1", **shown, "related": related, "summary_fields": summary} if kind else shown

    def _page(self, rows: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
        found = [self._shown("any", one) for one in rows if all(self._matches(one, *term) for term in query.items())]
        return {"count": len(found), "next": None, "previous": None, "results": found}

    def _matches(self, one: Mapping[str, Any], name: str, value: str) -> bool:
        field, _separator, of_it = name.partition("__")
        if of_it == "in":
            return str(one.get(field)) in value.split(",")
        if of_it:
            return bool(one.get(field) and self._any(one[field])[of_it] == value)
        return str(one.get(name)) == value

    # What AWX refuses

    def _check(self, kind: str, one: Mapping[str, Any]) -> None:
        if kind == "credential_types":
            check_credential_type(one)
        if kind == "credentials":
            unknown = set(one.get("inputs", {})) - {field["id"] for field in self._fields(one)}
            if unknown:
                raise Refused(f"Additional properties are not allowed ({unknown} was unexpected)")
        if kind == "job_templates" and one["playbook"] not in self.objects["projects"][one["project"]].get(
            "playbooks", []
        ):
            raise Refused("Playbook not found for project.")
        if kind == "notification_templates":
            check_messages(one.get("messages") or {})
        if kind == "schedules":
            check_rrule(one["rrule"])
            self._check_answers(one)

    def _check_answers(self, schedule: Mapping[str, Any]) -> None:
        number = schedule["unified_job_template"]
        surveys = [survey for (_kind, of), survey in self.surveys.items() if of == number]
        asked = {question["variable"] for survey in surveys for question in survey["spec"] if question["required"]}
        if asked - set(schedule.get("extra_data", {})):
            raise Refused(f"value missing: {asked}")

    def _check_link(self, kind: str, number: int, what: str, other: int) -> None:
        if kind == "job_templates" and what == "credentials":
            credentials = self.objects["credentials"]
            has = [credentials[one]["credential_type"] for one in self.associated[kind, number, what]]
            if credentials[other]["credential_type"] in has:
                raise Refused("Cannot assign multiple credentials of the same type.")
        if what.endswith("_nodes"):
            nodes = self.objects["workflow_job_template_nodes"]
            if nodes[other]["workflow_job_template"] != nodes[number]["workflow_job_template"]:
                raise Refused("A node of another workflow.")


def check_credential_type(one: Mapping[str, Any]) -> None:
    """awx/main/fields.py: the inputs' form, and injectors with allowed names that use nothing but the inputs."""
    fields = one["inputs"].get("fields", [])
    allowed = {
        "type",
        "format",
        "choices",
        "id",
        "label",
        "help_text",
        "multiline",
        "secret",
        "ask_at_runtime",
        "default",
    }
    for field in fields:
        if set(field) - allowed or not {"id", "label"} <= set(field):
            raise Refused(f"inputs: {field}")
        if field["type"] not in ("string", "boolean") or (field["type"] == "boolean" and "secret" in field):
            raise Refused(f"secret not allowed for boolean type: {field}")
    if len({field["id"] for field in fields}) < len(fields):
        raise Refused("field IDs must be unique")
    if set(one["injectors"]) - {"env", "file", "extra_vars"}:
        raise Refused("injectors")
    example = {field["id"]: "EXAMPLE" for field in fields}
    for name, template in one["injectors"].get("env", {}).items():
        if name.startswith("ANSIBLE_") or name in FORBIDDEN_VARIABLES or not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise Refused(f"Environment variable {name} is not allowed to be used in credentials.")
        try:
            ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(template).render(example)
        except TemplateError as error:
            raise Refused(f"{name} uses an undefined field ({error})") from None


def check_survey(spec: Mapping[str, Any]) -> None:
    """awx/api/views: the form of a survey, and defaults that fit their questions."""
    if not (isinstance(spec.get("name"), str) and isinstance(spec.get("description"), str) and spec.get("spec")):
        raise Refused("survey")
    variables = [question["variable"] for question in spec["spec"]]
    if len(set(variables)) < len(variables):
        raise Refused(f"'variable' duplicated: {variables}")
    for question in spec["spec"]:
        if not isinstance(question["question_name"], str) or not isinstance(question["required"], bool):
            raise Refused(f"survey question {question}")
        default = question.get("default", "")
        if default != "" and not isinstance(default, SURVEY_TYPES[question["type"]]):
            raise Refused(f"Default value of {question}")
        if question["type"] == "multiplechoice" and default and default not in question["choices"]:
            raise Refused(f"Default choice must be answered from the choices listed: {question}")
        if any(not isinstance(question.get(limit, 0), int) for limit in ("min", "max")):
            raise Refused(f"limit of {question}")
        if "default" in question and answer_errors(question, default):
            raise Refused(f"Default value of {question}: {answer_errors(question, default)}")


def answer_errors(question: Mapping[str, Any], answer: Any) -> list[str]:
    """awx/main/models/mixins.py: what is wrong with an answer to a question of a survey."""
    if question["type"] == "multiplechoice":
        return [] if answer in question["choices"] else ["not one of the choices"]
    size = answer if question["type"] in ("integer", "float") else len(answer)
    if size < question.get("min", size):
        return [f"too small: at least {question['min']}"]
    return [f"too large: no more than {question['max']}"] if size > question.get("max", size) else []


def check_messages(messages: Mapping[str, Any]) -> None:
    """awx/api/serializers.py: messages of one line, which use nothing but what a job or an approval has."""
    approvals = messages.get("workflow_approval") or {}
    several = [*(one for name, one in messages.items() if name != "workflow_approval"), *approvals.values()]
    if set(messages) - {"started", "success", "error", "workflow_approval"}:
        raise Refused("Event invalid")
    if set(approvals) - {"running", "approved", "timed_out", "denied"}:
        raise Refused("Workflow Approval event invalid")
    for one in several:
        if set(one) - {"message", "body"} or "\n" in one.get("message", ""):
            raise Refused(f"Messages cannot contain newlines: {one}")
        for text in one.values():
            rendered_message(text, JOB_STUB, strict=True)


# What AWX tries a message with; artifacts are those of no job in particular.
JOB_STUB: dict[str, Any] = {
    "job": {"id": 5, "name": "Stub Job", "status": "running", "artifacts": {}},
    "job_friendly_name": "Job",
    "url": "https://towerhost/#/jobs/playbook/1010",
    "approval_status": "approved",
    "approval_node_name": "Approve Me",
    "workflow_url": "https://towerhost/#/jobs/workflow/1010",
    "job_metadata": "{}",
}


def rendered_message(text: str, context: Mapping[str, Any], *, strict: bool = False) -> str:
    """The text of a message. strict: as AWX does when it is saved, and not when it is sent."""
    undefined = StrictUndefined if strict else ChainableUndefined
    try:
        return ImmutableSandboxedEnvironment(undefined=undefined).from_string(text).render(context)
    except TemplateError as error:
        raise Refused(f"Unable to render message '{text}': {error}") from None


def check_rrule(rrule: str) -> None:
    """awx/api/serializers.py: one DTSTART with a zone, and rules with an interval."""
    starts = re.findall(r"DTSTART(?:;[^:]+)?:[0-9]+T[0-9]+Z?", rrule)
    if len(starts) != 1 or (";" not in starts[0] and not starts[0].endswith("Z")):
        raise Refused("Valid DTSTART required in rrule.")
    rules = re.findall(r"RRULE:\S*", rrule)
    if not rules or any("INTERVAL=" not in rule for rule in rules):
        raise Refused("INTERVAL required in rrule")


def playbooks(repository: Path) -> list[str]:
    """The files that AWX takes for playbooks."""
    found = []
    for path in repository.rglob("*.yml"):
        inside = path.relative_to(repository)
        if {"roles", "tasks", "group_vars", "host_vars"} & set(inside.parts):
            continue
        if any(PLAYBOOK.match(line) for line in path.read_text(encoding="utf-8").splitlines()):
            found.append(str(inside))
    return sorted(found)


class _Handler(BaseHTTPRequestHandler):
    awx: FakeAwx
    protocol_version = "HTTP/1.1"
    # Headers and body in one packet.
    wbufsize = -1

    def handle_any(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send(401, {"detail": "Authentication credentials were not provided."})
            return
        try:
            self._send(*self.awx.answer(self.command, url.path, dict(parse_qsl(url.query)), body))
        except Refused as error:
            self._send(400, {"__all__": [str(error)], "error": str(error)})

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def _send(self, status: int, answer: Any) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.send_header("Content-Length", "0" if status == 204 else str(len(data)))
        self.end_headers()
        if status != 204:
            self.wfile.write(data)

    def log_message(self, *_arguments: Any) -> None:
        """Log nothing."""


@contextmanager
def fake_awx(repository: Path) -> Iterator[FakeAwx]:
    """Run it on a port of its own."""
    awx = FakeAwx(repository)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"awx": awx}))
    awx.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield awx
    finally:
        server.shutdown()
        server.server_close()
