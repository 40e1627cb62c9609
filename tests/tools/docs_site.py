# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the guides of the documentation site, for Sphinx: docs_site.py FOLDER; `nox -s docs_site` does the rest.

The guides are the Markdown pages of `docs/`, whose commands tests run. The site takes them as they are: their order and
chapters are those of `docs/README.md`, which becomes the first page. Links to what the site does not have become links
to the repository, and those to the README of a role links to the reference.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
REPOSITORY = "https://github.com/certops/certops.orders"
INDEX = "README.md"
# Folders of `docs` that the site has, beside the pages themselves.
FOLDERS = ("images", "development/reference")

_LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s]+)(\))")
_PAGE = re.compile(r"\]\(([\w/]+\.md)\)")


def chapters(index: str) -> Iterator[tuple[str, list[str]]]:
    """The chapters of an index page with the pages that their lists link to: (title, names of files)."""
    for chapter in index.split("\n## ")[1:]:
        title, _newline, text = chapter.partition("\n")
        items = [line for line in text.split("\n") if line.startswith("- ")]
        yield title, [match[1] for line in items if (match := _PAGE.search(line))]


def site_link(link: str, folder: str = "docs") -> str:
    """A link of a page in `folder` of the repository, as a page of the site has it.

    link: as in Markdown, relative to the page or absolute; folder: relative to the root of the repository.
    """
    path, hash_sign, anchor = link.partition("#")
    if "://" in link or not path:
        return link
    target = normpath(f"{folder}/{path}")
    role = re.fullmatch(r"roles/(\w+)/README\.md", target)
    if role:
        # The page of a role is made by antsibull-docs, which has no such anchors.
        return f"{'../' * folder.count('/')}reference/{role[1]}_role.rst"
    if any(part == target for part in site_files()):
        return link
    kind = "tree" if (ROOT / target).is_dir() else "blob"
    return f"{REPOSITORY}/{kind}/main/{target}{hash_sign}{anchor}"


def site_files() -> list[str]:
    """The files of `docs` that the site has, relative to the root of the repository."""
    paths = [*DOCS.glob("*.md"), *(path for folder in FOLDERS for path in (DOCS / folder).rglob("*.*"))]
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


def site_page(text: str, folder: str = "docs") -> str:
    """The text of a page for the site."""
    return _LINK.sub(lambda match: f"{match[1]}{site_link(match[2], folder)}{match[3]}", text)


def index_page(text: str) -> str:
    """The first page: the index of the guides, with a tree of contents for each chapter."""
    blocks = [site_page(text).replace(f"]({INDEX}", "](index.md")]
    for title, pages in chapters(text):
        blocks.append(_tree(title, [name[: -len(".md")] for name in pages]))
    blocks.append(_tree("Reference", ["reference/changelog", "Plugins, roles <reference/index>"]))
    return "\n\n".join(blocks)


def _tree(title: str, pages: list[str]) -> str:
    return "\n".join(["```{toctree}", ":hidden:", ":maxdepth: 1", f":caption: {title}", "", *pages, "```", ""])


def write(target: Path) -> None:
    """Write the pages to the folder `target`, which is emptied first, but for what others made there."""
    for name in site_files():
        source, copy = ROOT / name, target / Path(name).relative_to("docs")
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            text = source.read_text(encoding="utf-8")
            copy.write_text(site_page(text, Path(name).parent.as_posix()), encoding="utf-8")
        else:
            shutil.copy2(source, copy)
    (target / INDEX).unlink()
    (target / "index.md").write_text(index_page((DOCS / INDEX).read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
