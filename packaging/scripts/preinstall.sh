#!/bin/sh
# Before the files are unpacked. deb: install|upgrade [old version]; rpm: 1 first, 2 upgrade.
# Nothing here may fail the installation.
set -u

# The user comes before the files, since /etc/auditpy belongs to its group.
if ! getent passwd auditpy >/dev/null 2>&1; then
	if command -v useradd >/dev/null 2>&1; then
		useradd --system --user-group --no-create-home --home-dir /var/lib/auditpy \
			--shell /usr/sbin/nologin --comment "auditpy agent" auditpy ||
			echo "auditpy: cannot create the user auditpy; the service will not start without it" >&2
	else
		echo "auditpy: no useradd here: create the system user auditpy before you start the service" >&2
	fi
fi

# The unit names the group that may read the audit log on most hosts; systemd starts nothing with a group that is not there.
if ! getent group adm >/dev/null 2>&1 && command -v groupadd >/dev/null 2>&1; then
	groupadd --system adm || true
fi

# Back from where the removal of the deb put them, so that dpkg finds its configuration files again.
for f in /etc/audit/rules.d/40-auditpy.rules /etc/audit/rules.d/zz-auditpy-doctor.rules /etc/audit/plugins.d/auditpy.conf; do
	if [ -f "$f.removed" ] && [ ! -e "$f" ]; then
		mv "$f.removed" "$f" || true
	fi
done
exit 0
