# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from ansible_collections.certops.orders.plugins.module_utils._reports import html
from ansible_collections.certops.orders.plugins.modules import order_plan
from ansible_collections.certops.orders.plugins.plugin_utils._controller_action import controller_action

ActionModule = controller_action(order_plan)
# Ansible loads this plugin before it starts the tasks, so that all of them inherit the compiled page.
html.template()
