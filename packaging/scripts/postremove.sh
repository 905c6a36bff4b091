#!/bin/sh
# After the files are gone. deb: remove|purge|upgrade …; rpm: 0 removal, 1 upgrade. Never fails the removal.
set -u

auditd_runs() {
	pid=$(cat /run/auditd.pid 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = auditd ]
}

# dpkg keeps configuration files until the purge, but these would go on acting: the kernel would record for nobody (also by
# what auditpy doctor --fix printed, under the name that it proposes), auditd would start what is not there. Under this name
# none is read.
set_aside() {
	for f in /etc/audit/rules.d/40-auditpy.rules /etc/audit/rules.d/zz-auditpy-doctor.rules /etc/audit/plugins.d/auditpy.conf; do
		[ ! -f "$f" ] || mv "$f" "$f.removed" || true
	done
}

# augenrules clears old rules only if a file of the host says -D, so ours go by their keys first.
unload_rules() {
	if command -v auditctl >/dev/null 2>&1; then
		for key in auditpy_self auditpy_exec auditpy_connect auditpy_accept auditpy_stdio auditpy_fix auditpy_hb; do
			auditctl -D -k "$key" >/dev/null 2>&1 || true
		done
	fi
	if auditd_runs && command -v augenrules >/dev/null 2>&1; then
		augenrules --load >/dev/null 2>&1 ||
			echo "auditpy: augenrules --load reported an error; if the rules are locked (-e 2), ours stay until the next boot" >&2
	fi
}

# The drop-in that the installation made; others are the administrator's.
forget_drop_in() {
	rm -f /etc/systemd/system/auditpy.service.d/log.conf
	rmdir /etc/systemd/system/auditpy.service.d 2>/dev/null || true
}

forget_unit() {
	[ ! -d /run/systemd/system ] || systemctl daemon-reload || true
}

case "$1" in
remove)
	set_aside
	forget_drop_in
	unload_rules
	forget_unit
	;;
0)
	rm -f /etc/audit/rules.d/zz-auditpy-doctor.rules
	forget_drop_in
	unload_rules
	forget_unit
	;;
purge)
	rm -f /etc/audit/rules.d/40-auditpy.rules.removed /etc/audit/rules.d/zz-auditpy-doctor.rules.removed /etc/audit/plugins.d/auditpy.conf.removed
	rm -rf /var/lib/auditpy
	if getent passwd auditpy >/dev/null 2>&1 && command -v userdel >/dev/null 2>&1; then
		userdel auditpy || true
	fi
	;;
esac
exit 0
