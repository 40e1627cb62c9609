# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# shellcheck shell=sh
# Print the newest Python that can build our environment; fail with a message where there is none.
# Each candidate is run: a version manager's stand-in for an inactive version exists but fails.

probe='import ensurepip, sys, venv
sys.exit(sys.version_info < (3, 11))'

for version in 3.13 3.12 3.11 3; do
    for python in "python$version" "$HOME"/.pyenv/versions/"$version".*/bin/"python$version"; do
        if "$python" -c "$probe" >/dev/null 2>&1; then
            # The one below an active virtual environment, which may be the very one that we are about to replace.
            "$python" -c 'import sys; print(sys._base_executable)'
            exit 0
        fi
    done
done

echo "No Python 3.11 or newer with venv and ensurepip found (on Debian: apt install python3 python3-venv)." >&2
exit 1
