# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The public workflows: what they may do, and that they skip nothing which they are there to run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))
}
DEPLOYMENT = ("docs_site", "deploy")


def steps(workflow: str, job: str) -> list[dict[str, Any]]:
    return list(WORKFLOWS[workflow]["jobs"][job]["steps"])


def commands(workflow: str, job: str) -> str:
    return "\n".join(step.get("run", "") for step in steps(workflow, job))


def actions(workflow: str, job: str) -> dict[str, dict[str, Any]]:
    """The settings of each action of a job, by its name without the version."""
    used = [step for step in steps(workflow, job) if "uses" in step]
    return {step["uses"].partition("@")[0]: step.get("with", {}) for step in used}


JOBS = [(workflow, job) for workflow, content in WORKFLOWS.items() for job in content["jobs"]]


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_actions_are_those_of_github_with_a_version(workflow: str, job: str) -> None:
    used = [step["uses"] for step in steps(workflow, job) if "uses" in step]

    assert [name for name in used if not re.fullmatch(r"actions/[a-z-]+@v\d+", name)] == []


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_only_the_deployment_may_write(workflow: str, job: str) -> None:
    content = WORKFLOWS[workflow]
    allowed = content["jobs"][job].get("permissions", content["permissions"])

    writes = {name for name, access in allowed.items() if access != "read"}
    assert writes == ({"pages", "id-token"} if (workflow, job) == DEPLOYMENT else set())


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_no_test_is_skipped_for_lack_of_a_browser(workflow: str) -> None:
    assert WORKFLOWS[workflow]["env"]["BROWSER_REQUIRED"] == "1"


def test_the_proof_of_install_requires_every_core() -> None:
    job = WORKFLOWS["tests"]["jobs"]["long"]
    arguments = {each["session"]: each["arguments"] for each in job["strategy"]["matrix"]["include"]}

    assert arguments == {"install_proof": "-- --require-all"}
    assert "install_proof" in job["strategy"]["matrix"]["session"]
    assert '-s "${SESSION}" ${ARGUMENTS}' in commands("tests", "long")
    assert steps("tests", "long")[-1]["env"]["ARGUMENTS"] == "${{ matrix.arguments }}"


@pytest.mark.parametrize(
    ("workflow", "job", "action"),
    [("tests", "checks", "actions/upload-artifact"), ("docs_site", "build", "actions/upload-pages-artifact")],
)
def test_the_documentation_site_is_kept(workflow: str, job: str, action: str) -> None:
    assert re.search(r"nox -s .*\bdocs_site\b", commands(workflow, job))
    assert actions(workflow, job)[action]["path"] == "build/docs_site"
