#!/bin/sh
# Copyright (c) 2026 The certops.orders authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What a container is to a job, without one: a root of its own in which all is read-only but three folders in memory,
# no process but its own, a user id that nobody else has, and next to no environment. The first process of new namespaces:
#
# unshare --mount --pid --fork --kill-child cell.sh FOLDER USER PATH BINDS COMMAND...
#
# FOLDER: becomes the root, and has what was left behind in `left` once the command has ended.
# BINDS: SOURCE=TARGET, several with a line break between them; the command sees SOURCE as TARGET and cannot change it.

set -eu
folder=$1 user=$2 path=$3 binds=$4
shift 4
root=$folder/root

show() {
    [ -e "$root$2" ] || mkdir -p "$root$2"
    mount --rbind "$1" "$root$2"
    mount -o remount,bind,ro "$root$2"
}

memory() {
    mkdir -p "$root$1"
    mount -t tmpfs -o "mode=$2,uid=$3,gid=0" certops "$root$1"
}

umask 022
mkdir "$root"
mount -t tmpfs -o mode=755 certops "$root"
for name in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$name" ]; then
        cp -P "/$name" "$root/$name"
    elif [ -d "/$name" ]; then
        show "/$name" "/$name"
    fi
done
show /usr /usr
show /etc /etc
mkdir "$root/dev" "$root/proc"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
memory /dev/shm 1777 0
memory /tmp 1777 0
memory /home/runner 700 "$user"
memory /runner 700 "$user"
printf '%s\n' "$binds" | while IFS='=' read -r source target; do
    show "$source" "$target"
done
# An execution environment's entry point gives its user a name, without which ansible-core finds no home; root has one, but
# of this machine.
if [ "$user" = 0 ]; then name=root; else name=runner; fi
{
    grep -v "^$name:" /etc/passwd
    printf '%s:x:%s:0::/home/runner:/bin/sh\n' "$name" "$user"
} >"$folder/passwd"
chmod 644 "$folder/passwd"
show "$folder/passwd" /etc/passwd
mount -o remount,ro "$root"

files() {
    (cd "$root" && find home/runner tmp dev/shm -xdev -mindepth 1 -printf 'file /%p\n' | sort)
}

files >"$folder/before"
# Background commands read nothing unless they are told to.
exec 3<&0
trap 'kill -TERM "$worker"' TERM
chroot "$root" setpriv --reuid="$user" --regid=0 --clear-groups --no-new-privs --bounding-set=-all \
    env -i PATH="$path" HOME=/home/runner LC_ALL=C.UTF-8 "$@" <&3 &
worker=$!
exec 3<&- </dev/null
# A signal ends the wait, not the worker.
code=0
while kill -0 "$worker" 2>/dev/null; do
    wait "$worker" && code=0 || code=$?
done

{
    files | comm -13 "$folder/before" -
    for process in "$root"/proc/[0-9]*; do
        # But for this script, and what has ended meanwhile.
        if [ "$process" != "$root/proc/1" ] && [ -e "$process" ]; then
            printf 'process %s\n' "$(tr '\0' ' ' 2>/dev/null <"$process/cmdline")"
        fi
    done
} >"$folder/left.tmp"
mv "$folder/left.tmp" "$folder/left"
exit "$code"
