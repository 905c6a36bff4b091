package event

import (
	"slices"
	"strings"
)

// The words for system calls.
// Source of auditbeat's: aucoalesce/normalizations.yaml of https://github.com/elastic/go-libaudit (Apache-2.0); of the
// endpoint's: https://github.com/elastic/endpoint-package and what Elastic's detection rules ask for.

// words say what an event is.
type words struct {
	category string
	types    []string
	actions  []string // auditbeat's
	endpoint []string // the endpoint's, which tells of what was done and not of what failed
}

// categories are that of auditbeat, and for a module that was loaded also the endpoint's: its rules ask
// process where event.action == "load_module".
func (w words) categories() []string {
	switch {
	case w.category == "":
		return nil
	case slices.Contains(w.endpoint, "load_module"):
		return loading
	}
	return []string{w.category}
}

var loading = []string{"driver", "process"}

var (
	info       = one("info")
	start      = one("start")
	end        = one("end")
	change     = one("change")
	creation   = one("creation")
	deletion   = one("deletion")
	connecting = []string{"connection", "start"}
	traffic    = []string{"connection", "info"}
)

func one(s string) []string { return []string{s} }

var (
	// executed is what each program start has, under all names that rules know it by.
	executed  = words{"process", start, one("executed"), []string{"exec", "process_started", "start"}}
	created   = words{"file", creation, one("opened-file"), one("creation")}
	otherCall = words{category: "process", types: info}
)

// callWords has the calls that are more than otherCall.
var callWords = byCall([]callGroup{
	{executed, "execve execveat"},
	{words{"process", start, nil, one("fork")}, "clone clone3 fork vfork"},
	{words{"process", end, nil, one("end")}, "exit_group"},
	{words{"process", end, one("killed-pid"), nil}, "kill tkill tgkill pidfd_send_signal"},
	{words{"process", change, one("changed-identity-of"), one("uid_change")},
		"setuid setuid32 seteuid setreuid setreuid32 setresuid setresuid32 setfsuid setfsuid32"},
	{words{"process", change, one("changed-identity-of"), one("gid_change")},
		"setgid setgid32 setegid setregid setregid32 setresgid setresgid32 setfsgid setfsgid32"},
	{words{"process", change, nil, one("session_id_change")}, "setsid"},
	{words{"process", change, one("adjusted-scheduling-policy-of"), nil}, "sched_setparam sched_setscheduler sched_setattr"},
	{words{"process", info, one("allocated-memory"), nil}, "mmap mmap2 brk"},

	{words{"network", connecting, one("connected-to"), one("connection_attempted")}, "connect"},
	{words{"network", connecting, one("accepted-connection-from"), one("connection_accepted")}, "accept accept4"},
	{words{"network", start, one("bound-socket"), nil}, "bind"},
	{words{"network", start, one("listen-for-connections"), nil}, "listen"},
	{words{"network", traffic, one("sent-to"), nil}, "send sendto sendmsg sendmmsg"},
	{words{"network", traffic, one("received-from"), nil}, "recv recvfrom recvmsg recvmmsg"},

	{created, "creat"},
	{words{"file", info, one("opened-file"), nil}, "open openat openat2 readlink readlinkat"},
	{words{"file", info, one("read-file"), nil}, "read"},
	{words{"file", change, one("wrote-to-file"), one("modification")}, "write pwrite64 writev pwritev pwritev2"},
	{words{"file", change, []string{"opened-file", "wrote-to-file"}, one("modification")},
		"truncate truncate64 ftruncate ftruncate64 fallocate"},
	{words{"file", creation, one("symlinked"), one("creation")}, "symlink symlinkat"},
	{words{"file", creation, nil, one("creation")}, "link linkat"},
	{words{"file", creation, one("created-directory"), nil}, "mkdir mkdirat"},
	{words{"file", creation, one("make-device"), one("creation")}, "mknod mknodat"},
	{words{"file", change, one("renamed"), one("rename")}, "rename renameat renameat2"},
	{words{"file", deletion, one("deleted"), one("deletion")}, "unlink unlinkat rmdir"},
	{words{"file", change, one("changed-file-permissions-of"), nil}, "chmod fchmod fchmodat fchmodat2"},
	{words{"file", change, one("changed-file-ownership-of"), nil}, "chown chown32 fchown fchown32 fchownat lchown lchown32"},
	{words{"file", change, one("changed-file-attributes-of"), nil},
		"setxattr fsetxattr lsetxattr setxattrat removexattr fremovexattr lremovexattr removexattrat"},
	{words{"file", info, one("changed-timestamp-of"), nil}, "utime utimes futimesat utimensat"},
	{words{"file", info, one("checked-metadata-of"), nil},
		"access faccessat faccessat2 fstatat64 newfstatat statx stat stat64 fstat fstat64 lstat lstat64 getxattr lgetxattr fgetxattr"},
	{words{"file", info, one("checked-filesystem-metadata-of"), nil}, "statfs statfs64 fstatfs fstatfs64"},
	{words{"file", creation, one("mounted"), nil}, "mount"},
	{words{"file", deletion, one("unmounted"), nil}, "umount umount2"},

	{words{"driver", start, one("loaded-kernel-module"), one("load_module")}, "init_module finit_module"},
	{words{"driver", end, one("unloaded-kernel-module"), nil}, "delete_module"},
	{words{"host", change, one("changed-system-time"), nil}, "settimeofday clock_settime clock_settime64 stime adjtimex"},
	{words{"host", change, one("changed-system-name"), nil}, "sethostname setdomainname"},
})

type callGroup struct {
	words
	calls string // names, with blanks between
}

func byCall(groups []callGroup) map[string]words {
	m := make(map[string]words)
	for _, g := range groups {
		for name := range strings.FieldsSeq(g.calls) {
			m[name] = g.words
		}
	}
	return m
}
