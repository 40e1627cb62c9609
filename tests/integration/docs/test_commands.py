# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands and examples of the READMEs and guides run against the simulator, or are parsed at least.

A comment on the line above a block states what is done with it; a reader of the rendered page does not see it:

    <!-- runnable -->                     a shell block, a list of tasks or a playbook: it is run
    <!-- runnable: cancel.yml -->         a file that a shell block of the same page uses: it is saved under that name
    <!-- runnable: a.yml with COMMAND --> the same, and the command, which stands in the text of the page, is run
    <!-- not run: REASON -->              it is parsed only; the reason is one of REASONS

A block of shell commands must have one of them. Whatever has none is parsed: YAML and JSON, the names of modules and
roles, their options and variables. Every block runs on a machine of its own; the exports of
the page's earlier blocks hold.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.certops.orders.plugins.module_utils._role_options.checks import (
    PLAYBOOK_VARIABLES,
    known_variables,
)
from ansible_collections.certops.orders.plugins.module_utils._role_options.variables import VARIABLES as ROLES
from ansible_collections.certops.orders.tests.integration.support import KEY, Controller, Simulator, describe

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = "certops.orders."
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "tests" / "simulator" / "README.md",
        *ROOT.glob("roles/*/README.md"),
        *ROOT.glob("docs/*.md"),
    ]
)

# Why a block is not run, and what else holds it.
REASONS = {
    "is the quick start": "test_quick_start.py runs these blocks in order, and compares what they print",
    "needs Ansible Galaxy": "installs the published collection; test_quick_start.py installs it from the checkout",
    "needs PyPI": "installs from pypi.org; the simulator's options are tested in tests/unit/simulator/test_process.py",
    "needs AWX": "an AWX and awx.awx; tests/integration/awx runs the playbook with awx.awx against a fake of AWX",
    "needs a registry": "builds an image with podman or docker and pushes it to a registry",
    "needs ansible-rulebook": "ansible-rulebook and Java; tests/eda runs the same rulebook",
    "needs ServiceNow": "a ServiceNow instance and the collection servicenow.itsm",
    "needs a schedule": "cron, as root; tests/awx_engine runs a job by Debian's cron",
    "needs the directory of a node exporter": "test_order_report.py of the roles uses these variables",
    "rules of Prometheus": "are read by Prometheus; the metrics are those of tests/unit/.../_reports/test_metrics.py",
    "needs jq": "jq; the command was run against the simulator with the cores of both ends",
    "sends a message to Slack": "a workspace of Slack and the collection community.general",
    "sends mail": "a mail server, the collection community.general and, for the other way, S3",
    "connects to names": "looks for a server of a real name; tests/integration/modules/test_served_certificate_info.py",
    "calls CertCentral": "is what users have today: a plain request to the real address of CertCentral",
}
# Collections that an example uses and that are not installed here: their modules cannot be checked.
OTHERS = ("amazon.aws.", "awx.awx.", "community.general.", "servicenow.itsm.")


# -- reading a page ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A fenced block. marker: the text of the comment above it, empty where there is none."""

    page: str
    line: int
    language: str
    text: str
    marker: str

    @property
    def first(self) -> str:
        return self.text.split("\n", 1)[0]

    @property
    def is_shell(self) -> bool:
        return self.language in ("sh", "shell", "bash", "console")

    @property
    def runs(self) -> bool:
        return self.marker == "runnable" or self.command != ""

    @property
    def file(self) -> str:
        """The name under which the page has it saved."""
        return self.marker[len("runnable: ") :].split(" with ")[0] if self.marker.startswith("runnable: ") else ""

    @property
    def command(self) -> str:
        return self.marker.partition(" with ")[2] if self.file else ""

    @property
    def reason(self) -> str:
        return self.marker[len("not run: ") :] if self.marker.startswith("not run: ") else ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


_FENCE = re.compile(r"(?P<indent> *)```(?P<language>\w*)")
_COMMENT = re.compile(r" *<!-- (?P<text>(?:runnable|not run).*) -->")


def blocks_of(page: Path) -> Iterator[Block]:
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        fence = _FENCE.fullmatch(lines[number])
        if fence:
            comment = _COMMENT.fullmatch(lines[number - 1])
            indent = len(fence["indent"])
            end = lines.index(f"{fence['indent']}```", number + 1)
            text = "\n".join(line[indent:] for line in lines[number + 1 : end])
            marker = comment["text"] if comment else ""
            yield Block(str(page.relative_to(ROOT)), number + 1, fence["language"], text, marker)
            number = end
        number += 1


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
SHELL = [block for block in BLOCKS if block.is_shell]
RUNNABLE = [block for block in BLOCKS if block.runs]
_INLINE = re.compile(r"`((?:ansible(?:-[a-z]+)?) [^`]+)`")


def inline_commands() -> list[tuple[str, str]]:
    """The commands of Ansible in the text of a page, between its blocks."""
    texts = {
        str(page.relative_to(ROOT)): re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
        for page in PAGES
    }
    return [(page, command) for page, text in texts.items() for command in _INLINE.findall(text)]


# -- every block is marked, and every reason is one of the table -------------------------------------------------------


def test_every_block_of_commands_is_run_or_has_a_reason() -> None:
    assert [str(block) for block in SHELL if not block.runs and not block.reason] == []


def test_every_reason_is_in_the_table_and_used() -> None:
    assert {block.reason for block in BLOCKS if block.reason} == set(REASONS)


def test_every_marker_stands_above_a_block() -> None:
    comments = [
        line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines() if _COMMENT.fullmatch(line)
    ]

    assert len(comments) == len([block for block in BLOCKS if block.marker])


# -- shell -------------------------------------------------------------------------------------------------------------

_HERE_DOCUMENT = re.compile(r"<<'?(\w+)'?\n(.*?)\n\1(?=\n|$)", re.S)


def commands_of(text: str) -> Iterator[list[str]]:
    """The simple commands of a block, as words."""
    joined = _HERE_DOCUMENT.sub("", text).replace("\\\n", " ")
    for line in joined.split("\n"):
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if re.fullmatch(r"[;&|]+", word):
                if words:
                    yield words
                words = []
            else:
                words.append(word)


def without_assignments(words: list[str]) -> list[str]:
    count = next((n for n, word in enumerate(words) if not re.match(r"[A-Za-z_]\w*=", word)), len(words))
    return words[count:]


ANSIBLE_COMMANDS = [
    (where, command)
    for where, text in [*((str(block), block.text) for block in SHELL), *inline_commands()]
    for command in map(without_assignments, commands_of(text))
    if command and re.fullmatch(r"ansible(-playbook|-inventory|-doc|-galaxy|-vault)?", command[0])
]
# Parses the arguments of each command as the command itself would.
PARSE = """
import importlib, json, sys
names = {"": ("adhoc", "AdHocCLI"), "galaxy": ("galaxy", "GalaxyCLI")}
for where, command in json.load(sys.stdin):
    name = command[0].partition("-")[2]
    module, kind = names.get(name, (name, name.capitalize() + "CLI"))
    cli = getattr(importlib.import_module("ansible.cli." + module), kind)(command)
    cli.init_parser()
    print(where, command, file=sys.stderr)
    cli.parser.parse_args(command[1:])
"""
# And the keywords of tasks and plays.
KEYWORDS = """
import json
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.task import Task
print(json.dumps({kind.__name__: sorted(kind.fattributes) for kind in (Block, Play, Task)}))
"""


def ansible(*command: str, given: str = "") -> str:
    """What a command of this environment prints."""
    program = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(program, input=given, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_syntax_of_every_block_of_commands() -> None:
    for block in SHELL:
        done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, timeout=10, check=False)
        assert (done.returncode, done.stderr) == (0, ""), block
        assert list(commands_of(block.text)), block
        for _end, text in _HERE_DOCUMENT.findall(block.text):
            assert yaml.safe_load(text), block


def test_the_options_of_every_command_of_ansible_exist() -> None:
    assert len(ANSIBLE_COMMANDS) > 20
    ansible("python", "-c", PARSE, given=json.dumps(ANSIBLE_COMMANDS))


def test_what_a_command_names_exists() -> None:
    plugins = {path.stem for path in ROOT.glob("plugins/modules/*.py")}
    names = {
        path.stem for folder in ("playbooks", "extensions/eda/rulebooks") for path in (ROOT / folder).glob("*.yml")
    }
    texts = [*((str(block), block.text) for block in SHELL), *inline_commands()]
    for where, words in ((where, words) for where, text in texts for words in commands_of(text)):
        for word in words:
            if word.startswith(COLLECTION):
                of_role = words[:3] == ["ansible-doc", "-t", "role"]
                known = set(ROLES) if of_role else plugins if words[0] in ("ansible", "ansible-doc") else names
                assert word[len(COLLECTION) :] in known, (where, word)
            if re.match(r"(tests|docs|roles|playbooks)/", word):
                assert (ROOT / word).exists(), (where, word)


def extra_variables(command: list[str]) -> Iterator[str]:
    for flag, value in zip(command, command[1:]):
        if flag in ("-e", "--extra-vars") and not value.startswith("@"):
            yield value.partition("=")[0]


def unknown(names: Mapping[str, Any] | list[str]) -> list[str]:
    """Those that have the prefix of a role, or of the playbook, and are none of its variables."""
    prefixes = sorted({*ROLES, *PLAYBOOK_VARIABLES}, key=len, reverse=True)
    roles = {name: next((one for one in prefixes if str(name).startswith(f"{one}_")), "") for name in names}
    return [name for name, role in roles.items() if role and name not in known_variables(role)]


def test_the_variables_of_every_command_are_known() -> None:
    playbooks = [one for one in ANSIBLE_COMMANDS if one[1][0] != "ansible-doc"]
    given = [(where, command[1], name) for where, command in playbooks for name in extra_variables(command)]

    assert len(given) > 10
    for where, playbook, name in given:
        assert unknown([name]) == [], where
        # What is of no role is read by the playbook itself.
        file = ROOT / "playbooks" / f"{playbook[len(COLLECTION) :]}.yml"
        assert name.startswith((*ROLES, *PLAYBOOK_VARIABLES)) or name in file.read_text(encoding="utf-8"), (where, name)


# -- YAML, JSON and Python ---------------------------------------------------------------------------------------------


@lru_cache
def keywords() -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = json.loads(ansible("python", "-c", KEYWORDS))
    return kinds


def values(data: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping of a document, however deep."""
    if isinstance(data, Mapping):
        yield data
    for one in data.values() if isinstance(data, Mapping) else data if isinstance(data, list) else ():
        yield from values(one)


def tasks_of(items: Any) -> Iterator[Mapping[str, Any]]:
    """The tasks of a list of plays and tasks, those of blocks as well."""
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, Mapping) or not ("name" in item or "hosts" in item):
            continue
        if "hosts" in item:
            assert set(item) <= set(keywords()["Play"]) | {"hosts"}, item
        lists = [
            item[key]
            for key in ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always")
            if key in item
        ]
        for several in lists:
            yield from tasks_of(several)
        if "hosts" not in item and "block" not in item:
            yield item


def module_of(task: Mapping[str, Any]) -> str:
    (name,) = (key for key in task if key not in keywords()["Task"] and not key.startswith("with_"))
    assert "." in name, f"{name} is not a full name"
    return str(name)


YAML = [(block, list(yaml.safe_load_all(block.text))) for block in BLOCKS if block.language == "yaml"]


@lru_cache
def documentation() -> dict[str, Any]:
    """The options of every module that an example uses and that is here."""
    tasks = [task for _block, documents in YAML for document in documents for task in tasks_of(document)]
    names = sorted({module_of(task) for task in tasks})
    here = [name for name in names if not name.startswith(OTHERS)]
    found = json.loads(ansible("ansible-doc", "--json", "--type", "module", *here))
    assert sorted(found) == here
    return {name: page["doc"] for name, page in found.items()}


def check_options(given: Mapping[str, Any], options: Mapping[str, Any], where: str) -> None:
    named = {alias: option for name, option in options.items() for alias in (name, *option.get("aliases", ()))}
    assert set(given) <= set(named), where
    for name, option in options.items():
        assert not option.get("required") or {name, *option.get("aliases", ())} & set(given), (where, name)
    for name, value in given.items():
        option = named[name]
        if option.get("choices") and "{{" not in str(value):
            assert set(value if isinstance(value, list) else [value]) <= set(option["choices"]), (where, name)
        for one in value if isinstance(value, list) else [value]:
            if option.get("suboptions") and isinstance(one, Mapping):
                check_options(one, option["suboptions"], f"{where} {name}")


def test_modules_and_their_options_exist() -> None:
    checked = 0
    for block, documents in YAML:
        for task in (task for document in documents for task in tasks_of(document)):
            module = module_of(task)
            if module.startswith(OTHERS):
                assert block.reason, block
                continue
            arguments = task[module] or {}
            if module in ("ansible.builtin.debug", "ansible.builtin.set_fact"):
                continue
            check_options(arguments, documentation()[module]["options"], f"{block} {task['name']}")
            checked += 1
    assert checked > 15


def roles_of(data: Any) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The roles that a document uses, the entry point of each and its variables."""
    for one in values(data):
        if "role" in one:
            yield one["role"], "main", one.get("vars", {})
        for name in ("ansible.builtin.include_role", "ansible.builtin.import_role"):
            if name in one:
                yield one[name]["name"], one[name].get("tasks_from", "main"), one.get("vars", {})


def test_roles_and_their_variables_exist() -> None:
    used = 0
    for block, documents in YAML:
        for one in values(documents):
            assert unknown(one) == [], block
        for role, entry_point, given in roles_of(documents):
            name = role[len(COLLECTION) :]
            specs = yaml.safe_load((ROOT / "roles" / name / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
            options = specs["argument_specs"][entry_point]["options"]
            # A variable that is passed on to another role of this collection is one of that.
            assert [key for key in given if key.startswith(f"{name}_") and key not in options] == [], block
            for key in set(given) & set(options):
                choices = options[key].get("choices")
                assert not choices or "{{" in str(given[key]) or given[key] in choices, (block, key)
            used += 1
    assert used > 5


def test_inventories_of_the_collection_have_options_that_exist() -> None:
    plugin = f"{COLLECTION}digicert_orders"
    files = [
        (block, one) for block, documents in YAML for one in documents if isinstance(one, Mapping) and "plugin" in one
    ]
    options = json.loads(ansible("ansible-doc", "--json", "--type", "inventory", plugin))[plugin]["doc"]["options"]

    assert files
    for block, one in files:
        assert one["plugin"] == plugin, block
        check_options(one, options, str(block))


def test_json_and_python_are_read() -> None:
    others = {block.language for block in BLOCKS if not block.is_shell} - {"yaml", "json", "python", "text", ""}
    assert others == set()
    for block in BLOCKS:
        if block.language == "json":
            json.loads(block.text)
        if block.language == "python":
            compile(block.text, str(block), "exec")


# -- what is run -------------------------------------------------------------------------------------------------------

# What a reader puts into a placeholder, and where the simulator of the test differs from the reader's.
_DIGEST = '"$(grep -oE "\\b[0-9a-f]{64}\\b" "$TRANSCRIPT" | tail -n 1)"'
# A folder of the reader's is one of the test.
FOLDERS = ("/var/lib/certops", "/srv/ansible")
# The variables that an example takes as given.
GIVEN: dict[str, Any] = {
    "stale_order_ids": [1101, 1102],
    "order_ids": [1101, 1102],
    "vaulted_order_token": "sim-tok-old",
    "vaulted_new_order_token": "sim-tok-new",
    "vaulted_order_tokens": ["sim-tok-old", "sim-tok-queued"],
    "retired_reseller_order_ids": ["STR_1_1"],
    # Of the plan that the same playbook has made.
    "approved_sha256": "{{ order_plan_result.sha256 }}",
    "decommission_domain_plan_sha256": "{{ (order_plan_result | default({})).sha256 | default('') }}",
}
SHOP = {"common_name": "shop.example.com"}
OLD = {"origin": "migrated", "status": "issued", "valid_till_in_days": 30}
BOOK: dict[str, Any] = {
    "switches": {"rate.enabled": False, "servertastic.review_lag_seconds": 0},
    "orders": [
        {"id": 123456789, "status": "pending", "common_name": "www.example.com", "created_days_ago": 10},
        {"id": 1101, "status": "pending", "common_name": "a.example.com", "created_days_ago": 100},
        {"id": 1102, "status": "pending", "common_name": "b.example.com", "created_days_ago": 200},
        {"id": 1201, "status": "pending", **SHOP},
        {"id": 1202, "status": "needs_approval", **SHOP},
        {"id": 1203, "status": "issued", "valid_till_in_days": 200, **SHOP},
        {"id": 1301, "common_name": "old.example.com", **OLD},
        {
            "id": 1302,
            "status": "issued",
            "common_name": "old.example.com",
            "valid_till_in_days": 350,
            "created_days_ago": 2,
            "renewal_of_order_id": 1301,
        },
    ],
    "domains": [{"id": 1, "name": "example.com"}],
    "servertastic": {
        "orders": [
            {"token": "sim-tok-old", "status": "Completed", "completed_days_ago": 10, "domain_name": "www.example.com"},
            {"token": "sim-tok-new", "status": "Queued", "domain_name": "www.example.com"},
            {"token": "sim-tok-queued", "status": "Queued", "domain_name": "blog.example.com"},
        ]
    },
}
MIGRATED = {"orders": [{"id": number, **OLD} for number in (123456789, 123456790)]}
ISSUED = {"orders": [{"id": 123456789, "status": "issued", "valid_till_in_days": 100, **SHOP}]}
# Where the example is about orders of other kinds.
# One that is cancelled at once; an issued one waits for the answer of its admin contact.
NOT_ISSUED = {"orders": [{"token": "sim-tok-old", "status": "Queued", "domain_name": "www.example.com"}]}
NOT_ISSUED["orders"].append({"token": "sim-tok-new", "status": "Queued", "domain_name": "www.example.com"})
# Nothing issued, which would be probed at the servers of real names before it is revoked.
UNISSUED = {"orders": [order for order in BOOK["orders"] if order["status"] != "issued"]}
# The shop has an order of each status that the example ends.
WAITING = {"orders": [*BOOK["orders"], {"id": 1204, "status": "waiting_pickup", **SHOP}]}
SEEDS: dict[str, dict[str, Any]] = {
    "- name: Find the orders of the shop": WAITING,
    "docs/decommission_server.md export DIGICERT_API_KEY=...": UNISSUED,
    "- name: Mark the old orders renewed": MIGRATED,
    "- name: Revoke all certificates of an order whose key is compromised": ISSUED,
    "- name: Cancel the order of a retired name": {"servertastic": NOT_ISSUED},
    "- name: Cancel the old order once the new one is placed": {"servertastic": NOT_ISSUED},
    "- name: Read the orders of the account": {"servertastic": NOT_ISSUED},
}
# What a block changes at the service, by its first line, with its page where several begin alike.
EFFECTS: dict[str, list[str]] = {
    "docs/use_cases.md export DIGICERT_API_KEY=...": ["set 123456789 canceled"],
    "docs/decommission_server.md export DIGICERT_API_KEY=...": [
        "set 1201 canceled",
        "set 123456789 canceled",
        "settle 12020 rejected",
    ],
    "docs/rehearsing.md ansible-playbook certops.orders.cancel_stale_orders "
    "-e cancel_stale_orders_older_than_days=90": [],
    "- name: Cancel an order, with an audit log": ["set 1101 canceled"],
    "- name: Cancel the stale orders": ["set 1101 canceled", "set 1102 canceled"],
    "- name: Revoke all certificates of an order whose key is compromised": ["revoke 123456789"],
    "- name: Find the orders of the shop": [
        "revoke 1203",
        "set 1201 canceled",
        "set 1204 canceled",
        "settle 12020 rejected",
    ],
    "ansible-playbook certops.orders.decommission_domain -e decommission_domain_names=shop.example.com \\": [
        "set 1201 canceled",
        "settle 12020 rejected",
    ],
    "ansible-playbook certops.orders.cancel_stale_orders -e cancel_stale_orders_older_than_days=90 \\": [
        "set 1101 canceled",
        "set 1102 canceled",
    ],
    "ansible-playbook certops.orders.mark_renewed_orders -e mark_renewed_orders_phase=all "
    "-e mark_renewed_orders_confirm=true \\": ["set 1301 renewed"],
    "- name: Cancel the order of a retired name": ["GET /order/cancel.json"],
    "- name: Mark the old orders renewed": ["set 123456789 renewed", "set 123456790 renewed"],
    "ansible-playbook certops.orders.cancel_stale_orders -e cancel_stale_orders_plan_path=stale.json \\": [
        "set 1101 canceled",
        "set 1102 canceled",
    ],
    "- name: Cancel the orders": ["set 1101 canceled", "set 1102 canceled"],
    "- name: Cancel the old order once the new one is placed": ["GET /order/cancel.json"],
    "- name: Read the orders of the account": ["GET /order/cancel.json"],
    "- name: Request the cancellation of issued orders, once": ["GET /order/cancel.json", "GET /order/cancel.json"],
    "export S=http://127.0.0.1:8080/services/v2 T=http://127.0.0.1:8080 C=http://127.0.0.1:8080/_sim": [
        "set 1602 renewed"
    ],
    "# The approver reads the table or the report, and approves the SHA-256 digest of the plan.": [
        "set 1101 canceled",
        "set 1102 canceled",
    ],
    "# plan.yml. A view-only key is enough.": ["set 1201 canceled", "settle 12020 rejected"],
    "# A view-only key is enough.": ["set 1301 renewed"],
    'curl -s "$T/order/cancel.json?order_token=sim-www-old"': ["GET /order/cancel.json"],
}


def of_block(table: Mapping[str, Any], block: Block, default: Any) -> Any:
    return table.get(f"{block.page} {block.first}", table.get(block.first, default))


def book(block: Block) -> dict[str, Any]:
    """What the service has before a block is run: the demo's orders where the page starts the simulator with them."""
    if any("seeds/demo.yml" in other.text for other in SHELL if other.page == block.page):
        demo = (ROOT / "tests" / "simulator" / "seeds" / "demo.yml").read_text(encoding="utf-8")
        return {**yaml.safe_load(demo), "switches": BOOK["switches"]}
    return {**BOOK, **of_block(SEEDS, block, {})}


# One poll a second instead of one a minute, which the module allows for a service on this machine.
QUICK = {"certops.orders.servertastic_order_cancel": {"poll_interval": 1}}
# The servers of a page are this machine.
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


class Reader:
    """A user who follows a page, on a machine where the simulator is the service."""

    def __init__(self, controller: Controller, sim: Simulator, block: Block) -> None:
        self.folder, self.sim, self.block = controller.home / "reader", sim, block
        self.transcript = controller.desk / "transcript"
        self.programs = Path(sys.executable).parent
        self.env = {
            **controller.env,
            "PATH": f"{self.programs}:{controller.env['PATH']}",
            "TRANSCRIPT": str(self.transcript),
            "SERVERTASTIC_API_URL": sim.servertastic_url,
            "SERVERTASTIC_API_KEY": "sim-reseller",
        }
        self._write("teardown", self.folder / "tasks" / "teardown.yml", "- ansible.builtin.debug:\n    msg: gone\n")
        self._write("group", self.folder / "inventory" / "group_vars" / "all.yml", json.dumps(LOCAL))
        for other in BLOCKS:
            if other.page == block.page and other.file:
                self._write(other.file, self.folder / other.file, other.text + "\n")

    def _write(self, _what: str, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.here(text), encoding="utf-8")

    def here(self, text: str) -> str:
        for folder in FOLDERS:
            text = text.replace(folder, str(self.folder))
        for placeholder, value in (
            ("API_KEY=...", f"API_KEY={KEY}"),
            ("plan_sha256=...", f"plan_sha256={_DIGEST}"),
            ("http://127.0.0.1:8080", self.sim.url),
            ("X-Sim-Token: rehearsal", f"X-Sim-Token: {self.sim.token}"),
            ("curl -s ", "curl -sS --fail --noproxy '*' "),
        ):
            text = text.replace(placeholder, value)
        return text

    def run(self) -> str:
        """Run the block, and return what was printed."""
        if self.block.command:
            text = self.block.command
        elif self.block.is_shell:
            text = self.block.text
        else:
            items = yaml.safe_load(self.block.text)
            play = {"hosts": "localhost", "gather_facts": False, "module_defaults": QUICK, "tasks": items}
            self._write("play", self.folder / "example.yml", json.dumps(items if "hosts" in items[0] else [play]))
            self._write("variables", self.folder / "given.yml", json.dumps(GIVEN))
            text = "ansible-playbook example.yml -e @given.yml"
        return self._bash(self.here("\n".join([*self._exports(), text])))

    def _exports(self) -> list[str]:
        earlier = [one for one in SHELL if one.page == self.block.page and one.line < self.block.line and one.runs]
        return [line for one in earlier for line in one.text.split("\n") if line.startswith("export ")]

    def _bash(self, script: str) -> str:
        with self.transcript.open("w", encoding="utf-8") as output:
            done = subprocess.run(
                ["bash", "-eu", "-o", "pipefail", "-c", script],
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=300,
                check=False,
            )
        printed = self.transcript.read_text(encoding="utf-8")
        assert done.returncode == 0, printed
        return printed


@pytest.mark.parametrize("block", RUNNABLE, ids=str)
def test_what_is_marked_runnable_works_as_printed(block: Block, controller: Controller, sim: Simulator) -> None:
    sim.reset(book(block))

    printed = Reader(controller, sim, block).run()

    assert "Traceback" not in printed
    assert "WARNING" not in printed, printed
    effects = [describe(entry) for entry in sim.journal() if entry["effect"]]
    assert sorted(effects) == of_block(EFFECTS, block, []), printed
