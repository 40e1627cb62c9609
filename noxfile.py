# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks and tests of this collection, a session each; `nox -l` lists them.

`make test` runs the session `quick`; `make test-all` runs that and every other one that is not left out by default,
three at a time (tests/tools/sessions.py).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import antsibull_nox
import nox
import yaml

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tests"))

from tools import ansible_test_home, covered, pythons, sessions, tree  # noqa: E402

REQUIREMENTS = ROOT / "tests" / "requirements"
SIMULATOR = ROOT / "tests" / "simulator"


class Core(NamedTuple):
    """A line of ansible-core that we test with, on the first of `pythons` that the machine has."""

    requirement: str
    pythons: tuple[str, ...]
    targets: tuple[str, ...]  # the Pythons its modules may meet, from our oldest on
    integration: tuple[str, ...]  # the folders of tests/integration that are tested whole
    skip_sanity: tuple[str, ...] = ()


# The oldest line that we support on its oldest Python, then the newest one for each Python from 3.11 on.
# What every module promises is tried on each of them. Stories of modules run on the newest one. What has not to do with
# Ansible (faults, switches, the event source) runs on the oldest one, which is quicker, and so do roles, in a session
# of their own. Of the modules each core plays the stories (pytest.mark.story).
CORES = {
    "2.16": Core(
        "ansible-core~=2.16.0",
        ("3.10", "3.11", "3.12"),
        ("3.9", "3.10", "3.11", "3.12"),
        ("contract", "faults", "switches", "events"),
    ),
    "2.19": Core(
        "ansible-core~=2.19.0", ("3.11", "3.12", "3.13"), ("3.9", "3.10", "3.11", "3.12", "3.13"), ("contract",)
    ),
    "2.21": Core(
        "ansible-core~=2.21.0",
        ("3.13", "3.12", "3.14"),
        ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14"),
        ("contract", "modules", "docs"),
    ),
}
# Between those lines; not among the defaults. The public workflows run them, and so does a release.
FURTHER = {
    "2.18": Core(
        "ansible-core~=2.18.0",
        ("3.11", "3.12", "3.13"),
        ("3.9", "3.10", "3.11", "3.12", "3.13"),
        ("contract",),
    ),
    "2.20": Core(
        "ansible-core~=2.20.0",
        ("3.12", "3.13", "3.14"),
        ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14"),
        ("contract",),
    ),
}
# Looking ahead; not among the defaults. Its pylint cannot be installed yet.
PRERELEASES = {
    "2.22rc": Core(
        "ansible-core>=2.22.0b1,<2.23",
        ("3.13", "3.14"),
        ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14"),
        ("contract", "modules"),
        ("pylint",),
    ),
}
# Of Red Hat's certification checker (ansible-collections/partner-certification-checker). Versions of its other tools
# are in tests/requirements/certification.txt.
CHECKER_CORE, CHECKER_PYTHON = "ansible-core==2.16.0", "3.12"
OLDEST_TARGET = "3.9"
OLDEST, BETWEEN, NEWEST = "2.16", "2.19", "2.21"
# Needs a collection that only its own session has.
OF_AWX = "tests/integration/awx"
# Needs the documentation site, which the session docs_site builds.
OF_DOCS_SITE = "tests/browser/test_docs_site.py"
ROLES, DECOMMISSION = "tests/integration/roles", "test_decommission_*.py"
STORIES = ("-m", "story", f"--ignore={OF_AWX}")
# A process for each CPU; PYTEST_XDIST_AUTO_NUM_WORKERS sets another number, and 0 is pytest's own process alone. The
# tests of one file run one after the other, as they share what they start.
PARALLEL = ("-n", "auto", "--dist", "loadfile")
# The plugins' lines and branches that tests reach.
COVERAGE = ("--cov", "--cov-branch", "--cov-report=term-missing", "--cov-fail-under=95")
UNMARKED = ("-m", "not exhaustive")
# Of `ansible-test sanity`: what an edit breaks most often.
QUICK_SANITY = ("validate-modules", "import", "compile")
# Programs of their own, beside the tests.
CHECKED = ("benchmark", "demo", "simulator", "storm", "tools")
# Tools that write files or parts of them, and compare these with --check.
GENERATORS = ("awx_surveys", "coverage_of_api", "module_returns", "role_readme", "role_variables")
# Plugins that never run on a target; their tests have a folder of the same name.
CONTROLLER_ONLY = ("action", "callback", "filter", "inventory", "plugin_utils")

EVENT_SOURCE = "extensions/eda/plugins/event_source/certcentral_orders.py"

NOTES = ROOT / ".nox" / "covered"
VERSIONS = """
import importlib.metadata, platform
print("Python", platform.python_version(), end="")
try:
    print(", ansible-core", importlib.metadata.version("ansible-core"), end="")
except importlib.metadata.PackageNotFoundError:
    pass
"""

nox.needs_version = ">=2025.5.1"
nox.options.reuse_existing_virtualenvs = True
# pip and not uv, as uv does not read pip's configuration, where a site names its own package index.
nox.options.default_venv_backend = "virtualenv"
# Set in a git hook, where they would point git at the wrong repository in the copies that the sessions work in.
for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
    os.environ.pop(name, None)

antsibull_nox.load_antsibull_nox_toml()
# antsibull-nox chooses its own defaults while it loads, so ours come after.
nox.options.sessions = list(sessions.SESSIONS)


def _python_of(core: Core) -> str | bool:
    version = pythons.first(core.pythons)
    # False is "no environment": the session then skips itself, see _require_python.
    return pythons.find(version) or False if version else False


def _choose(core_id: str, core: Core) -> nox.param:
    return nox.param(_python_of(core), core, id=core_id)


on_each_core = nox.parametrize(
    ("python", "core"), [_choose(*item) for item in {**CORES, **FURTHER, **PRERELEASES}.items()]
)


# What sessions share


def _require_python(session: nox.Session, wanted: tuple[str, ...]) -> None:
    if not session.python:
        session.skip(f"needs Python {' or '.join(wanted)}; this machine has none that runs")


def _install(session: nox.Session, *requirements: str | Path) -> None:
    """Install packages (strings) and lists of packages (paths)."""
    arguments: list[str] = []
    for item in requirements:
        arguments += ["-r", str(item)] if isinstance(item, Path) else [item]
    session.install(*arguments)


def _note(session: nox.Session, about: str = "") -> None:
    """Tell the report at the end which Python and ansible-core this session really has."""
    versions = str(session.run("python", "-c", VERSIONS, silent=True, log=False)).strip()
    covered.note(NOTES, session.name, versions + about)


def _pytest(session: nox.Session, *arguments: str, about: str = "", part: str = "", profile: str = "") -> None:
    """Run tests; the report at the end reads their results. profile: of Hypothesis, where it is not the session's."""
    _note(session, about)
    results = f"--junitxml={covered.results(NOTES, session.name, part)}"
    session.run("python", "-m", "pytest", results, *arguments, env={"HYPOTHESIS_PROFILE": profile} if profile else None)


def _enter_copy(session: nox.Session) -> Path:
    """Work in a copy of the checkout where Ansible looks for collections, and keep Ansible's settings to ourselves."""
    scratch = Path(session.create_tmp()).resolve()
    collection = tree.export(ROOT, scratch / "collections")
    settings = scratch / "ansible.cfg"
    settings.touch()
    for name in [name for name in os.environ if name.startswith("ANSIBLE_")]:
        session.env[name] = None
    session.env.update(
        ANSIBLE_COLLECTIONS_PATH=str(scratch / "collections"),
        ANSIBLE_CONFIG=str(settings),
        ANSIBLE_HOME=str(scratch / "ansible_home"),
        # Left to discovery, a "target" on this machine would be some other Python, without our requirements.
        ANSIBLE_PYTHON_INTERPRETER=str(Path(session.bin) / "python"),
    )
    session.chdir(collection)
    return collection


def _import_from(session: nox.Session, *folders: Path) -> None:
    session.env["PYTHONPATH"] = os.pathsep.join(map(str, folders))


def _compile_zips_once(session: nox.Session) -> None:
    """Save the modules of the tests' playbooks a third of their time, see tests/tools/compiled_zips.py."""
    where = 'import sys, sysconfig; print(sys.prefix, sysconfig.get_path("purelib"), sep="\\n")'
    prefix, packages = map(Path, str(session.run("python", "-c", where, silent=True, log=False)).splitlines())
    (prefix / "compiled_zips").mkdir(exist_ok=True)
    shutil.copyfile(ROOT / "tests" / "tools" / "compiled_zips.py", packages / "sitecustomize.py")


def _awx_collection(session: nox.Session) -> Path:
    """Return a folder of collections that has awx.awx, from the last package that brings it."""
    # Beside the environments, and not the one of the session of that name.
    folder = ROOT / ".nox" / "awx_collection"
    # It asks for Python 3.12, its files do not.
    wanted = ("--no-deps", "--only-binary=:all:", "--python-version=3.12", "ansible==13.8.0")
    package = folder / "ansible-13.8.0-py3-none-any.whl"
    if not package.exists():
        session.run("python", "-m", "pip", "download", "--quiet", *wanted, "--dest", str(folder))
    with zipfile.ZipFile(package) as wheel:
        names = [name for name in wheel.namelist() if name.startswith("ansible_collections/awx/awx/")]
        wheel.extractall(folder, names)
    return folder


def _mypy(session: nox.Session, collection: Path, *parts: str) -> None:
    # From above ansible_collections: mypy takes the working directory for the root of all packages.
    root = collection.parents[2]
    session.chdir(root)
    config, cache = f"--config-file={collection / 'mypy.ini'}", f"--cache-dir={root.parent / 'mypy'}"
    session.run("mypy", config, cache, *(str((collection / part).relative_to(root)) for part in parts))
    session.chdir(collection)


def _import_contracts(session: nox.Session, collection: Path) -> None:
    """Check that imports go down the layers only (.importlinter)."""
    above = collection.parents[2]
    session.run("lint-imports", "--no-cache", str(collection / ".importlinter"), env={"PYTHONPATH": str(above)})


def _sanity(session: nox.Session, controller: str, targets: Sequence[str], *arguments: str) -> None:
    """Run `ansible-test sanity` in the copy of the checkout, with the modules on Python `targets`."""
    scratch = Path(session.create_tmp()).resolve()
    ansible_test_home.prepare(scratch / "home")
    real_pythons = pythons.link(targets, scratch / "pythons")
    session.run(
        "ansible-test",
        "sanity",
        "--color=no",
        f"--controller=origin:python=venv/{controller}",
        *(f"--target-python={version}" for version in targets),
        *arguments,
        env={
            "HOME": str(scratch / "home"),
            "PATH": os.pathsep.join([*(session.bin_paths or []), str(real_pythons), *pythons.path_without_shims()]),
        },
    )


# What an edit needs


@nox.session
def quick(session: nox.Session) -> None:
    """Lint, types, unit tests, one story per module and role, some sanity tests. With arguments: only those tests."""
    _install(session, REQUIREMENTS / "quick.txt")
    collection = _enter_copy(session)
    _import_from(session, collection / "tests" / "simulator")
    session.env["CERTSIM_PYTHON"] = sys.executable
    if session.posargs:
        _pytest(session, *PARALLEL, *session.posargs)
        return
    session.run("ruff", "check", "--no-cache", ".")
    session.run("ruff", "format", "--check", "--no-cache", ".")
    _import_contracts(session, collection)
    _mypy(session, collection, "noxfile.py", "plugins", EVENT_SOURCE, *(f"tests/{part}" for part in CHECKED))
    session.env["HYPOTHESIS_PROFILE"] = "quick"
    # For `make test-all`, which runs these tests on this core only here (tests/tools/sessions.py).
    measured = COVERAGE if os.environ.get("QUICK_COVERAGE") else ()
    _pytest(session, *PARALLEL, *UNMARKED, *measured, "tests/unit/docs", "tests/unit/plugins", part="unit")
    _pytest(session, *PARALLEL, *STORIES, "tests/integration", part="stories")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    _sanity(session, version, [version], *(f"--test={test}" for test in QUICK_SANITY))


# Checks that read


@nox.session
def lint(session: nox.Session) -> None:
    """Spelling, YAML, and ansible-lint's production profile; ruff and mypy belong to `quick`."""
    _install(session, REQUIREMENTS / "lint.txt")
    _enter_copy(session)
    session.run("codespell")
    session.run("yamllint", "--strict", ".")
    # It looks up the modules that a playbook names.
    paths = (session.env["ANSIBLE_COLLECTIONS_PATH"], str(_awx_collection(session)))
    session.run("ansible-lint", env={"ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(map(str, paths))})
    _note(session)


@nox.session(python=pythons.find(CHECKER_PYTHON) or False, default=False)
def certification_lint(session: nox.Session) -> None:
    """ansible-lint and galaxy-importer with the versions of Red Hat's certification checker; an error fails."""
    _require_python(session, (CHECKER_PYTHON,))
    _install(session, CHECKER_CORE, REQUIREMENTS / "certification.txt")
    collection = _enter_copy(session)
    # Without awx.awx, which the checker does not install either.
    session.run("ansible-lint", "--profile=production")
    build = collection.parents[2].parent / "build"
    session.run("ansible-galaxy", "collection", "build", "--force", "--output-path", str(build))
    session.chdir(build)
    settings = {"GALAXY_IMPORTER_CONFIG": str(collection / "tests" / "galaxy-importer.cfg")}
    tarball = next(build.glob("*.tar.gz")).name
    # It ends with 0 whatever it finds.
    log = str(session.run("python", "-m", "galaxy_importer.main", tarball, env=settings, silent=True))
    found = [line for line in log.splitlines() if line.startswith(("ERROR", "WARNING"))]
    if found:
        session.error("galaxy-importer: " + "\n".join(found))
    _note(session)


@nox.session
def reuse(session: nox.Session) -> None:
    """Every file has copyright and license information."""
    _install(session, REQUIREMENTS / "reuse.txt")
    _enter_copy(session)
    session.run("reuse", "lint")
    _note(session)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation of plugins and the changelog are well-formed, and references lead somewhere."""
    _install(session, REQUIREMENTS / "docs.txt")
    _enter_copy(session)
    session.run(
        "antsibull-docs",
        "lint-collection-docs",
        "--plugin-docs",
        "--validate-collection-refs=self",
        "--disallow-unknown-collection-refs",
        ".",
    )
    session.run("antsibull-changelog", "lint")
    _note(session)


def _build_docs_site(session: nox.Session, source: Path, site: Path) -> None:
    reference = source / "reference"
    reference.mkdir(parents=True)
    # antsibull-docs wants a folder that only its owner can write to.
    reference.chmod(0o755)
    generate = ("antsibull-docs", "collection", "--use-current", "--fail-on-error", "--squash-hierarchy")
    session.run(*generate, "--cleanup=everything", "--dest-dir", str(reference), "certops.orders")
    session.run("python", "tests/tools/docs_site.py", str(source))
    shutil.rmtree(site, ignore_errors=True)
    # The cache of Sphinx stays out of the site.
    options = ("--fail-on-warning", "--keep-going", "--quiet", "--conf-dir", "docs/docsite", "--doctree-dir")
    session.run("sphinx-build", *options, str(source.parent / "cache"), str(source), str(site))


@nox.session(default=False)
def docs_site(session: nox.Session) -> None:
    """The documentation site, in build/docs_site: the guides and, by antsibull-docs, changelog and reference.

    Some of its pages are then opened in a real browser, where there is one.
    """
    _install(session, REQUIREMENTS / "docs_site.txt", ROOT / "tests" / "browser" / "requirements.txt")
    copy = _enter_copy(session)
    site = ROOT / "build" / "docs_site"
    # Ansible finds no roles below two folders ansible_collections, as in a checkout that lies where Ansible looks.
    with tempfile.TemporaryDirectory() as scratch:
        collection = tree.export(ROOT, Path(scratch) / "collections")
        session.env["ANSIBLE_COLLECTIONS_PATH"] = str(collection.parents[2])
        session.chdir(collection)
        _build_docs_site(session, Path(scratch) / "source", site)
        session.chdir(copy)
    session.env.update(BROWSER_OUTPUT=str(ROOT / "tests" / "output" / "browser"), DOCS_SITE=str(site))
    _pytest(session, OF_DOCS_SITE)


@nox.session
def generated(session: nox.Session) -> None:
    """Generated files and parts of files are up to date; the unit tests of the simulator check its service facts."""
    _install(session, "antsibull-docs-parser", "PyYAML")
    for tool in GENERATORS:
        session.run("python", f"tests/tools/{tool}.py", "--check")
    _note(session)


# Tests that run


@nox.session
@on_each_core
def unit(session: nox.Session, core: Core) -> None:
    """Unit tests, and the part of the plugins that they reach. With arguments: only those tests."""
    _require_python(session, core.pythons)
    _install(session, REQUIREMENTS / "unit.txt", core.requirement)
    _enter_copy(session)
    if session.posargs:
        _pytest(session, *PARALLEL, *session.posargs)
    elif core is CORES[NEWEST]:
        _cover(session)
    else:
        # module_utils do not meet Ansible: the session `target` tries them on the oldest Python, the newest core here.
        _pytest(session, *PARALLEL, "--ignore=tests/unit/plugins/module_utils", "tests/unit/plugins")


def _cover(session: nox.Session) -> None:
    """Measure what plugins the tests reach; then matrices and all examples, which measured take three times as long."""
    _pytest(session, *PARALLEL, *UNMARKED, *COVERAGE, "tests/unit/plugins", part="covered", profile="quick")
    _pytest(session, *PARALLEL, *sessions.UNMEASURED)


def _enter_integration(session: nox.Session, core: Core) -> None:
    _require_python(session, core.pythons)
    _install(session, REQUIREMENTS / "integration.txt", SIMULATOR / "requirements.txt", core.requirement)
    _compile_zips_once(session)
    collection = _enter_copy(session)
    # Not the collection, which pytest.ini lets only pytest find: modules that run on this machine inherit the
    # variable, and would find what Ansible failed to send them.
    _import_from(session, collection / "tests" / "simulator")
    # The simulator wants a newer Python than the oldest ansible-core has: that of nox itself, which brings its needs.
    session.env["CERTSIM_PYTHON"] = sys.executable


@nox.session
@on_each_core
def integration(session: nox.Session, core: Core) -> None:
    """Real playbooks by real ansible-playbook, against the simulator. With arguments: only those tests."""
    _enter_integration(session, core)
    if session.posargs:
        _pytest(session, *PARALLEL, *session.posargs)
        return
    folders = [f"tests/integration/{folder}" for folder in core.integration]
    _pytest(session, *PARALLEL, *folders)
    if core is not CORES[NEWEST]:
        # `quick` plays all stories on the newest core, `role_stories` those of the roles on the oldest one.
        rest = [f"--ignore={folder}" for folder in (*folders, ROLES)]
        _pytest(session, *PARALLEL, *STORIES, *rest, "tests/integration", part="stories")


@nox.session(python=_python_of(CORES[OLDEST]))
@nox.parametrize("files", [nox.param(DECOMMISSION, id="decommission"), nox.param("", id="others")])
def role_stories(session: nox.Session, files: str) -> None:
    """All stories of the roles and their playbooks, in two parts that run side by side."""
    _enter_integration(session, CORES[OLDEST])
    folder = Path(ROLES)
    chosen = sorted(map(str, folder.glob(files))) if files else [f"--ignore-glob=*/{DECOMMISSION}", ROLES]
    _pytest(session, *PARALLEL, *(session.posargs or chosen))


@nox.session
@on_each_core
def sanity(session: nox.Session, core: Core) -> None:
    """`ansible-test sanity`, without an ignore file, on this controller and every target Python of the machine."""
    _require_python(session, core.pythons)
    _install(session, REQUIREMENTS / "sanity.txt", core.requirement)
    _enter_copy(session)
    controller = next(version for version in core.pythons if pythons.find(version) == session.python)
    targets = [version for version in core.targets if pythons.find(version)]
    skipped = (f"--skip-test={test}" for test in core.skip_sanity)
    _sanity(session, controller, targets, *skipped, *session.posargs)
    _note(session, "".join([f", modules on {', '.join(targets)}", *(f", {option}" for option in session.posargs)]))


@nox.session(python=pythons.find(OLDEST_TARGET) or False)
def target(session: nox.Session) -> None:
    """The part that runs on targets, on the oldest Python that a target may have.

    No ansible-core that we support installs there, but its module_utils are what a controller sends there:
    they come from the newest one, without the rest of its requirements.
    """
    _require_python(session, (OLDEST_TARGET,))
    # With the oldest `requests` that we ask for, and the urllib3 that was its companion.
    _install(session, REQUIREMENTS / "unit.txt", "requests==2.25.1", "urllib3==1.26.5")
    newest = list(CORES.values())[-1].requirement
    session.install("--no-deps", "--no-compile", "--ignore-requires-python", newest)
    collection = _enter_copy(session)
    _import_from(session, collection.parents[2])
    session.run("python", "-W", "error", "tests/tools/import_all.py", "plugins/module_utils", "plugins/modules")
    ignored = [f"--ignore=tests/unit/plugins/{kind}" for kind in CONTROLLER_ONLY]
    _pytest(
        session,
        *PARALLEL,
        *(session.posargs or [*ignored, *UNMARKED, "tests/unit/plugins"]),
        profile="quick",
        about=" (module_utils only), requests 2.25.1",
    )


@nox.session
def simulator(session: nox.Session) -> None:
    """The simulator behaves as the documentation of the services describes."""
    _install(session, REQUIREMENTS / "unit.txt", SIMULATOR / "requirements.txt")
    collection = _enter_copy(session)
    _import_from(session, collection / "tests" / "simulator")
    _pytest(session, *PARALLEL, *(session.posargs or ["tests/unit/simulator"]))


@nox.session
def demo(session: nox.Session) -> None:
    """`make demo` works, and its text is correct."""
    _install(session, ROOT / "tests" / "demo" / "requirements.txt")
    _enter_copy(session)
    session.run("python", "tests/demo/demo.py")
    _note(session)


@nox.session
def browser(session: nox.Session) -> None:
    """Reports in a real browser, where there is one; the pictures are left in tests/output/browser."""
    _install(session, REQUIREMENTS / "unit.txt", ROOT / "tests" / "browser" / "requirements.txt")
    _enter_copy(session)
    session.env["BROWSER_OUTPUT"] = str(ROOT / "tests" / "output" / "browser")
    _pytest(session, *(session.posargs or [f"--ignore={OF_DOCS_SITE}", "tests/browser"]))


@nox.session
def execution_environment(session: nox.Session) -> None:
    """The build contexts of both environments can be made, and have the requirements of the collection."""
    _install(session, "ansible-builder", "ansible-core>=2.19,<2.22")
    collection = _enter_copy(session)
    galaxy = ("ansible-galaxy", "collection")
    session.run(*galaxy, "build", "--output-path", "build")
    for kind in ("decision", "execution"):
        session.run("ansible-builder", "create", "--file", f"{kind}-environment.yml", "--context", f"context/{kind}")
    needed = str(session.run("ansible-builder", "introspect", str(collection.parents[2]), silent=True))
    if "requests>=2.25.1" not in needed or "system: []" not in needed:
        session.error(f"ansible-builder sees other needs than the collection has:\n{needed}")
    # As the image's own build does it, from the context alone; but the other collections are on Ansible Galaxy, which a
    # test does not need.
    for kind in ("decision", "execution"):
        session.chdir(collection / "context" / kind / "_build")
        required = yaml.safe_load(Path("requirements.yml").read_text(encoding="utf-8"))["collections"]
        own = [one["name"] for one in required if one.get("type") == "file"]
        target = collection.parents[2].parent / f"installed_{kind}"
        session.env["ANSIBLE_COLLECTIONS_PATH"] = str(target)
        session.run(*galaxy, "install", *own, "--collections-path", str(target))
        session.run("ansible-doc", "--type", "module", "certops.orders.digicert_order_status", silent=True)
    _note(session)


@nox.session
def eda(session: nox.Session) -> None:
    """The example rulebooks, by the real ansible-rulebook, where there is Java 17 or newer, which it needs."""
    _install(session, REQUIREMENTS / "eda.txt", SIMULATOR / "requirements.txt")
    collection = _enter_copy(session)
    _import_from(session, collection / "tests" / "simulator")
    _pytest(session, *(session.posargs or ["tests/eda"]))


@nox.session
def awx(session: nox.Session) -> None:
    """The role awx_setup, by the real modules of awx.awx against a fake of AWX's API; AWX itself is not here."""
    _install(session, REQUIREMENTS / "integration.txt", SIMULATOR / "requirements.txt", CORES[BETWEEN].requirement)
    _compile_zips_once(session)
    collection = _enter_copy(session)
    _import_from(session, collection / "tests" / "simulator")
    session.env["CERTSIM_PYTHON"] = sys.executable
    session.env["AWX_COLLECTIONS"] = str(_awx_collection(session))
    _pytest(session, *PARALLEL, *(session.posargs or [OF_AWX]))


@nox.session
def awx_engine(session: nox.Session) -> None:
    """AWX's job engine and credential injection on a schedule, not AWX itself; reports what the machine lacks."""
    _install(session, REQUIREMENTS / "awx_engine.txt", SIMULATOR / "requirements.txt")
    collection = _enter_copy(session)
    _import_from(session, collection / "tests" / "simulator")
    _pytest(session, *(session.posargs or ["tests/awx_engine"]))


@nox.session
def molecule(session: nox.Session) -> None:
    """The scenarios of the roles, against the simulator; the integration tests go further."""
    _install(session, SIMULATOR / "requirements.txt", "molecule>=26.10", "ansible-core>=2.19,<2.22", "requests")
    collection = _enter_copy(session)
    _import_from(session, collection / "tests" / "simulator")
    session.env["CERTSIM_PYTHON"] = str(Path(session.bin) / "python")
    session.run("molecule", "test", "--all")
    _note(session)


@nox.session(default=False)
def install_proof(session: nox.Session) -> None:
    """The tarball is small, installs beside ansible-core and requests only, and works, on each core of the machine.

    With arguments: --require-all, which makes a skipped core a failure, and the cores, see
    tests/tools/install_proof.py. The table is left in tests/output/install_proof.txt.
    """
    _install(session, SIMULATOR / "requirements.txt")
    _enter_copy(session)
    cores = {**CORES, **FURTHER, **PRERELEASES}
    wanted = list(session.posargs)
    if all(argument.startswith("--") for argument in wanted):
        wanted += [f"{cores[name].requirement}={','.join(cores[name].pythons)}" for name in sorted(cores)]
    output = ROOT / "tests" / "output" / "install_proof.txt"
    session.run("python", "tests/tools/install_proof.py", "--output", str(output), *wanted)
    _note(session)


@nox.session(default=False)
def nightly(session: nox.Session) -> None:
    """The properties by chance, with ten times the examples; every other session repeats the same ones."""
    _install(session, REQUIREMENTS / "unit.txt", CORES[NEWEST].requirement)
    _enter_copy(session)
    session.env["HYPOTHESIS_PROFILE"] = "nightly"
    _pytest(session, *PARALLEL, *(session.posargs or ["-m", "hypothesis", "tests/unit/plugins"]))


def _enter_storm(session: nox.Session) -> None:
    _install(session, REQUIREMENTS / "integration.txt", SIMULATOR / "requirements.txt", CORES[NEWEST].requirement)
    collection = _enter_copy(session)
    _import_from(session, collection.parents[2], collection / "tests" / "simulator")


@nox.session
def storm_minute(session: nox.Session) -> None:
    """A minute of the storm, the same in every run, and the tests of its model of the promises."""
    _enter_storm(session)
    _pytest(session, *(session.posargs or ["tests/storm"]))


@nox.session(default=False)
def storm(session: nox.Session) -> None:
    """10,000 task runs under faults, lost replies, another actor and kills; with arguments: those of storm.py."""
    _enter_storm(session)
    session.run("python", "tests/storm/storm.py", *session.posargs)


@nox.session(default=False)
def benchmark(session: nox.Session) -> None:
    """Requests, seconds and memory; writes docs/benchmarks.md. With arguments: those of benchmark.py."""
    _install(session, REQUIREMENTS / "benchmark.txt", SIMULATOR / "requirements.txt")
    collection = _enter_copy(session)
    _import_from(session, collection / "tests" / "simulator")
    output = ROOT / "tests" / "output" / "benchmark.json"
    where = ("--output", str(output), "--checkout", str(ROOT))
    session.run("python", "tests/benchmark/benchmark.py", *where, *session.posargs)


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """The changes of planners, approval and the engine of plans that no test notices; with arguments: of these modules.

    The report is left in tests/output/mutation.txt, also where the run is ended early.
    """
    _install(session, REQUIREMENTS / "mutation.txt")
    _enter_copy(session)
    session.env["HYPOTHESIS_PROFILE"] = "quick"
    output = ROOT / "tests" / "output" / "mutation.txt"
    # After Ctrl-C it needs a while to write what it has.
    session.run("python", "tests/tools/mutation.py", "--output", str(output), *session.posargs, interrupt_timeout=120)
