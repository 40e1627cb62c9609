#!/bin/sh
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs cron in the foreground, with one table and none of the machine's own. The first process of new namespaces:
#
# unshare --mount --pid --fork --kill-child cron_cell.sh TABLE CRON

set -eu
mount -t proc proc /proc
mount -t tmpfs certops /run
mount -t tmpfs certops /var/spool
mount -t tmpfs -o mode=755 certops /etc/cron.d
# What a system adds to the environment of every session is none of cron's.
for file in /etc/crontab /etc/environment /etc/default/locale; do
    if [ -e "$file" ]; then
        mount --bind /dev/null "$file"
    fi
done
mkdir -p /var/spool/cron/crontabs
cp "$1" /etc/cron.d/certops
chmod 644 /etc/cron.d/certops
exec "$2" -f
