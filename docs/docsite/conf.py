# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sphinx's configuration of the documentation site; `nox -s docs_site` builds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "certops.orders"
project_copyright = "The certops.orders authors"
html_title = "certops.orders"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
# Links to a heading have the form that GitHub gives them.
myst_heading_anchors = 4
default_role = "any"

html_theme = "furo"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_theme_options = {
    "source_repository": "https://github.com/certops/certops.orders/",
    "top_of_page_buttons": [],
}
pygments_style = "default"
pygments_dark_style = "github-dark"
highlight_language = "yaml+jinja"

_ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
# The pages of Ansible that antsibull-docs refers to by their labels. Their inventory would need the network.
ANSIBLE_PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
_BUILTIN = "ansible_collections.ansible.builtin."


def resolve_ansible_page(_app: Sphinx, _env: object, node: nodes.Element, text: nodes.Node) -> nodes.Node | None:
    """Make a link of a reference to a page of Ansible; None for any other reference, which is then an error."""
    label = str(node["reftarget"])
    page = ANSIBLE_PAGES.get(label)
    if label.startswith(_BUILTIN):
        page = f"collections/ansible/builtin/{label[len(_BUILTIN) :]}.html"
    return nodes.reference("", "", text, refuri=f"{_ANSIBLE}/{page}", internal=False) if page else None


def remove_contents(_app: Sphinx, page: nodes.document) -> None:
    """Remove the list of contents of a page; the theme shows one beside each page, and refuses a second one."""
    for topic in list(page.findall(nodes.topic)):
        if "contents" in topic["classes"]:
            topic.parent.remove(topic)


def setup(app: Sphinx) -> None:
    """Register both."""
    app.connect("missing-reference", resolve_ansible_page)
    app.connect("doctree-read", remove_contents)
