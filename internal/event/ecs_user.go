package event

import "github.com/auditpy/auditpy/internal/audit"

// Users and groups in ECS. Source: https://www.elastic.co/docs/reference/ecs/ecs-user and ecs-group. For a system call user is who runs the process (uid), as auditbeat has it; the endpoint says
// user.Ext.real for the same. For a login it is who logs in.

var ecsUser = map[string]Getter{
	"user.id":                 text(userID),
	"user.name":               text(nameOfUser),
	"user.effective.id":       ownID(audit.CallEUID, euid),
	"user.effective.name":     of(self, effectiveUser),
	"user.saved.id":           saidID("suid"),
	"user.filesystem.id":      saidID("fsuid"),
	"user.audit.id":           either(ownID(audit.CallAUID, auid), saidID("auid")),
	"user.audit.name":         named("AUID"),
	"user.Ext.real.id":        ownID(audit.CallUID, uid),
	"user.Ext.real.name":      of(self, userName),
	"user.group.id":           ownID(audit.CallGID, gid),
	"user.group.name":         of(self, groupName),
	"user.effective.group.id": ownID(audit.CallEGID, egid),
	"user.target.id":          text(targetID),
	"user.target.name":        text(targetName),
	"group.id":                ownID(audit.CallGID, gid),
	"group.name":              either(of(self, groupName), named("GID")),
	"group.Ext.real.id":       ownID(audit.CallGID, gid),
	"group.Ext.real.name":     of(self, groupName),
}

// userID is of the process, or of who logs in: the account the program names, else the login the kernel knows.
func userID(ev *Event) string {
	if ev.Call != nil || ev.Process != nil {
		return first(ownID(audit.CallUID, uid), ev)
	}
	if !ev.isLogin() {
		return ev.fieldID("uid")
	}
	for _, key := range []string{"id", "auid", "uid"} {
		if id := ev.fieldID(key); id != "" {
			return id
		}
	}
	return ""
}

// nameOfUser is userID's name. A login that failed has an account's name only, and perhaps of no account at all.
func nameOfUser(ev *Event) string {
	if ev.Process != nil {
		return ev.Process.User
	}
	if !ev.isLogin() {
		return ev.lookedUp("UID")
	}
	if acct, _ := ev.inner("acct"); acct != "" && acct != "?" {
		return acct
	}
	for _, key := range []string{"ID", "AUID", "UID"} {
		if name := ev.lookedUp(key); name != "" {
			return name
		}
	}
	return ""
}

// isLogin reports whether the event is of ECS's category authentication.
func (ev *Event) isLogin() bool {
	for i := range ev.Records {
		if w, ok := recordWords[ev.Records[i].Type]; ok && w.category == "authentication" {
			return true
		}
	}
	return false
}

// isAccount reports whether the event is about an account of category iam.
func (ev *Event) isAccount() bool {
	for i := range ev.Records {
		if w, ok := recordWords[ev.Records[i].Type]; ok && w.category == "iam" {
			return true
		}
	}
	return false
}

func targetID(ev *Event) string {
	if !ev.isAccount() {
		return ""
	}
	return ev.fieldID("id")
}

func targetName(ev *Event) string {
	if !ev.isAccount() {
		return ""
	}
	if acct, _ := ev.inner("acct"); acct != "" && acct != "?" {
		return acct
	}
	return ev.lookedUp("ID")
}

// first is the first value of a field, or "".
func first(get Getter, ev *Event) string {
	var buf [1]string
	if values := get(buf[:0], ev); len(values) > 0 {
		return values[0]
	}
	return ""
}
