#!/bin/sh
# After the files are in place. deb: configure [old version]; rpm: 1 first, 2 upgrade.
# Nothing here may fail the installation: there may be no systemd, no auditd, no kernel audit.
set -u

case "$1" in
configure) if [ -z "${2:-}" ]; then first=yes; else first=no; fi ;;
1) first=yes ;;
2) first=no ;;
*) exit 0 ;; # deb: abort-upgrade and its like: all is as it was
esac

auditd_runs() {
	pid=$(cat /run/auditd.pid 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = auditd ]
}

load_rules() {
	if ! auditd_runs; then
		echo "auditpy: auditd is not running: the audit rules are loaded when it starts"
	elif ! command -v augenrules >/dev/null 2>&1; then
		echo "auditpy: no augenrules here: load /etc/audit/rules.d/40-auditpy.rules with auditctl -R" >&2
	elif ! augenrules --load >/dev/null 2>&1; then
		echo "auditpy: augenrules --load reported an error; if the rules are locked (-e 2), they load at the next boot" >&2
	fi
}

# deb-systemd-invoke asks policy-rc.d, by which images are built without starting anything.
service() {
	if command -v deb-systemd-invoke >/dev/null 2>&1; then
		deb-systemd-invoke "$1" auditpy.service
	else
		systemctl "$1" auditpy.service
	fi || echo "auditpy: the service did not $1; see: systemctl status auditpy" >&2
}

start_service() {
	if ! command -v systemctl >/dev/null 2>&1; then
		echo "auditpy: no systemd here: start it with: auditpy run --config /etc/auditpy/config.yaml"
		return
	fi
	[ "$first" = no ] || systemctl enable auditpy.service >/dev/null 2>&1 || true
	if [ ! -d /run/systemd/system ]; then
		echo "auditpy: systemd is not running: the service starts at the next boot"
		return
	fi
	systemctl daemon-reload || true
	if [ "$first" = yes ]; then
		service start
	else
		systemctl try-restart auditpy.service || true
	fi
}

# The unit reads the log as a member of the group adm. Where auditd gives it another group, or only root may read it, a
# drop-in of ours says so; one that somebody else put there stays.
read_log() {
	conf=/etc/audit/auditd.conf dir=/etc/systemd/system/auditpy.service.d
	[ -r "$conf" ] && [ ! -e "$dir/log.conf" ] || return 0
	group=$(sed -n 's/^[[:space:]]*log_group[[:space:]]*=[[:space:]]*\([^[:space:]]*\).*/\1/p' "$conf" | tail -n 1)
	case "${group:-root}" in
	adm) return 0 ;;
	root | 0)
		mkdir -p "$dir" && cp /usr/share/doc/auditpy/examples/read-log-of-root.conf "$dir/log.conf" || return 0
		echo "auditpy: only root may read the audit log, so the service may read any file: better set log_group = adm in $conf, and remove $dir/log.conf"
		;;
	*)
		mkdir -p "$dir" && printf '# Made when auditpy was installed: log_group of %s.\n[Service]\nSupplementaryGroups=%s\n' "$conf" "$group" >"$dir/log.conf" || true
		;;
	esac
}

load_rules
read_log
start_service
exit 0
