# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release needs and `make test` can check at once; the session install_proof builds and installs the tarball."""

from __future__ import annotations

import io
import re
import tarfile
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from ansible_collections.certops.orders.tests.tools import install_proof, tree

ROOT = Path(__file__).resolve().parents[3]
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
# In reStructuredText: a directive, or a literal block.
EXAMPLE = re.compile(
    r"^ *\.\. (?:code|code-block|sourcecode|parsed-literal|literalinclude|include)::|::$", re.MULTILINE
)
ADDED = re.compile(r"^ *version_added: (.+)$", re.MULTILINE)


def is_built(name: str) -> bool:
    """Whether ansible-galaxy takes a file into the tarball: it matches patterns with the path and with each folder."""
    paths = [name, *map(str, Path(name).parents)]
    return name != "galaxy.yml" and not any(
        fnmatch(path, pattern) for path in paths for pattern in GALAXY["build_ignore"]
    )


def test_the_tarball_has_only_what_users_need() -> None:
    names = [name for name in tree.known_files(ROOT) if is_built(name)]

    assert install_proof.foreign(names) == []
    assert {"README.md", "meta/runtime.yml", "tests/config.yml", "changelogs/changelog.yaml"} <= set(names)


def test_the_tarball_has_what_docs_ansible_com_reads() -> None:
    built = {name for name in tree.known_files(ROOT) if is_built(name) and name.startswith("docs/")}
    settings = {"docs/docsite/config.yml", "docs/docsite/extra-docs.yml", "docs/docsite/links.yml"}

    extra = yaml.safe_load((ROOT / "docs/docsite/extra-docs.yml").read_text(encoding="utf-8"))
    pages = {f"docs/docsite/rst/{page}.rst" for section in extra["sections"] for page in section["toctree"]}
    assert built == settings | pages


@pytest.mark.parametrize("page", sorted((ROOT / "docs/docsite/rst").glob("*.rst")), ids=lambda page: str(page.name))
def test_pages_for_docs_ansible_com_have_no_examples(page: Path) -> None:
    # No test would run them: the guides, whose examples are tested, are Markdown.
    text = page.read_text(encoding="utf-8")

    assert EXAMPLE.findall(text) == []


@pytest.mark.parametrize("name", ["execution-environment.yml", "decision-environment.yml"])
def test_environments_take_the_tarball_of_this_version(name: str) -> None:
    found = re.findall(r"certops-orders-(.+)\.tar\.gz", (ROOT / name).read_text(encoding="utf-8"))

    assert set(found) == {GALAXY["version"]}


# Where the version of the collection stands besides galaxy.yml, with the text around it.
PLACES = {
    "README.md": r"certops\.orders:==([\d.]+\d)",
    "RELEASING.md": r"git (?:tag -s|push origin) ([\d.]+\d)|certops-orders-([\d.]+\d)\.tar",
    "docs/awx.md": r"certops-orders-ee:([\d.]+\d)",
    "roles/awx_setup/README.md": r"certops-orders-ee:([\d.]+\d)",
    "roles/awx_setup/meta/argument_specs.yml": r"certops-orders-ee:([\d.]+\d)",
    "tests/tools/role_readme.py": r"certops-orders-ee:([\d.]+\d)",
}


@pytest.mark.parametrize(("name", "pattern"), PLACES.items(), ids=PLACES)
def test_pages_and_roles_name_this_version(name: str, pattern: str) -> None:
    found = {match[match.lastindex or 0] for match in re.finditer(pattern, (ROOT / name).read_text(encoding="utf-8"))}

    assert found == {GALAXY["version"]}


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def test_nothing_was_added_after_this_version() -> None:
    files = [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "roles").rglob("argument_specs.yml")]
    versions = {version for file in files for version in ADDED.findall(file.read_text(encoding="utf-8"))}

    assert max(map(numbers, versions)) <= numbers(GALAXY["version"])


def make_tarball(path: Path, *names: str, size: int = 0) -> Path:
    with tarfile.open(path, "w") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = size
            archive.addfile(member, io.BytesIO(bytes(size)))
    return path


@pytest.mark.parametrize(
    ("names", "size", "named"),
    [
        ([*install_proof.FILES, "noxfile.py"], 0, "noxfile.py"),
        (install_proof.FILES[1:], 0, install_proof.FILES[0]),
        ([*install_proof.FILES, "plugins/modules/large.py"], 100_000, str(install_proof.LARGEST)),
    ],
)
def test_a_tarball_that_is_not_as_it_should_be_is_refused(
    tmp_path: Path, names: list[str], size: int, named: str
) -> None:
    with pytest.raises(install_proof.Failure, match=re.escape(named)):
        install_proof.check_tarball(make_tarball(tmp_path / "it.tar.gz", *names, size=size))


def test_plugins_and_roles_are_found_by_their_files() -> None:
    names = ["plugins/modules/order_plan.py", "plugins/modules/__init__.py", "plugins/module_utils/_http/retry.py"]
    names += [
        "plugins/filter/audit_entries.py",
        "roles/order_plan/meta/argument_specs.yml",
        "roles/order_plan/README.md",
    ]

    assert install_proof.documented(names) == {
        "module": ["certops.orders.order_plan"],
        "inventory": [],
        "filter": ["certops.orders.audit_entries"],
        "role": ["certops.orders.order_plan"],
    }
