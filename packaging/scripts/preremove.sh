#!/bin/sh
# Before the files go. deb: remove|upgrade …; rpm: 0 removal, 1 upgrade. Never fails the removal.
set -u

case "$1" in
remove | 0) ;;
*) exit 0 ;;
esac

if command -v systemctl >/dev/null 2>&1; then
	[ ! -d /run/systemd/system ] || systemctl stop auditpy.service || true
	systemctl disable auditpy.service >/dev/null 2>&1 || true
fi
exit 0
