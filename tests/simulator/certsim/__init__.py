# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stateful simulator of certificate order services, for tests and rehearsals.

Run it with ``PYTHONPATH=tests/simulator python -m certsim``; see ``tests/simulator/README.md``.
"""
