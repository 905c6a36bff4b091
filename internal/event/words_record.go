package event

import "github.com/auditpy/auditpy/internal/audit"

// Types of records that have words. Source: include/uapi/linux/audit.h; lib/audit-records.h of audit-userspace.
const (
	login     audit.Type = 1006
	userAuth  audit.Type = 1100
	userLogin audit.Type = 1112
	avc       audit.Type = 1400
)

// The words for records other than a system call's are auditbeat's: source as for callWords. Those of AVC are found by
// ofAVC.
func auth(types []string, action string) words {
	return words{"authentication", types, one(action), nil}
}
func iam(action string, types ...string) words { return words{"iam", types, one(action), nil} }
func host(types []string, action string) words { return words{"host", types, one(action), nil} }
func proc(types []string, action string) words { return words{"process", types, one(action), nil} }
func conf(action string) words                 { return words{"configuration", change, one(action), nil} }
func only(action string) words                 { return words{actions: one(action)} }

var (
	apparmor = only("violated-apparmor-policy")
	selinux  = only("violated-selinux-policy")
)

var recordWords = map[audit.Type]words{
	login:     auth(start, "changed-login-id-to"),
	userAuth:  auth(info, "authenticated"),
	1101:      auth(info, "was-authorized"), // USER_ACCT
	1103:      auth(info, "acquired-credentials"),
	1104:      auth(info, "disposed-credentials"),
	1105:      auth(info, "started-session"),
	1106:      auth(info, "ended-session"),
	1109:      auth(info, "error"), // USER_ERR
	1110:      auth(info, "refreshed-credentials"),
	userLogin: auth(start, "logged-in"),
	1113:      auth(end, "logged-out"),
	1126:      auth(info, "authenticated-to-group"),

	1102: iam("modified-user-account", "user", "change"),
	1108: iam("changed-password", "user", "change"), // USER_CHAUTHTOK
	1114: iam("added-user-account", "user", "creation"),
	1115: iam("deleted-user-account", "user", "deletion"),
	1116: iam("added-group-account-to", "group", "creation"),
	1117: iam("deleted-group-account-from", "group", "deletion"),
	1132: iam("modified-group-account", "group", "change"),
	1133: iam("changed-group-password", "group", "change"),
	1135: iam("locked-account", "user", "info"),
	1136: iam("unlocked-account", "user", "info"),
	2301: iam("assigned-user-role-to", "user", "change"),
	2302: iam("removed-user-role-from", "user", "change"),
	2311: iam("modified-role", "change"),

	1119: proc(change, "changed-group"),
	1123: proc(start, "ran-command"), // USER_CMD: sudo
	1125: proc(change, "changed-user-id"),
	1130: proc(start, "started-service"),
	1131: proc(end, "stopped-service"),
	1200: proc(start, "started-audit"),
	1201: proc(end, "shutdown-audit"),
	1202: proc(end, "aborted-auditd-startup"),
	1205: proc(change, "rotated-audit-logs"),
	1206: proc(change, "resumed-audit-logging"),
	1701: proc(end, "crashed-program"), // ANOM_ABEND
	2000: proc(info, "initialized-audit-subsystem"),

	1127: host(start, "booted-system"),
	1128: host(end, "shutdown-system"),
	1129: host(change, "changed-to-runlevel"),

	1111: conf("changed-configuration"),
	1203: conf("changed-auditd-configuration"),
	1305: conf("changed-audit-configuration"), // CONFIG_CHANGE
	1325: conf("loaded-firewall-rule-to"),
	1328: conf("changed-audit-feature"),
	1403: {"configuration", one("access"), one("loaded-selinux-policy"), nil},
	1404: conf("changed-selinux-enforcement"),
	1405: conf("changed-selinux-boolean"),

	1107: only("access-permission"),
	1124: only("typed"), // USER_TTY
	1319: only("typed"), // TTY
	1326: only("violated-seccomp-policy"),
	1700: only("changed-promiscuous-mode-on-device"),
	1702: only("used-suspicious-link"),
	avc:  selinux, // or apparmor
}
