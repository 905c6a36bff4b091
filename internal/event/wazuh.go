package event

import (
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// The view of Wazuh 4: what its audit decoders make of an event, under their names.
// Source: https://github.com/wazuh/wazuh/blob/v4.14.7/ruleset/decoders/0040-auditd_decoders.xml.
//
// Where the decoders lose something we do not: arguments in hex and behind the eighth, names in hex, and the paths
// after the first of their kind. A field has all values then, and a rule matches if one does.

// Wazuh returns the getter of a field, by its name in any case. It returns nil for a name it does not know.
func Wazuh(name string) Getter {
	name = strings.ToLower(name)
	if get, ok := wazuh[name]; ok {
		return get
	}
	if num, ok := strings.CutPrefix(name, "audit.execve.a"); ok {
		return argument(num)
	}
	return nil
}

var wazuh = merge(wazuhRecords, wazuhPaths, wazuhOurs, wazuhStreams, asWritten(
	"arch", "syscall", "success", "exit", "ppid", "pid", "auid", "uid", "gid", "euid", "suid", "fsuid", "egid", "sgid",
	"fsgid", "tty", "exe", "subj", "op", "list", "res", "dev", "prom", "old_prom", "enforcing", "old_enforcing", "acct",
	"old-auid", "old-ses",
))

// asWritten are the fields with the records' own name and value: a system call is a number.
func asWritten(keys ...string) map[string]Getter {
	m := make(map[string]Getter)
	for _, key := range keys {
		m["audit."+key] = ofField(key)
	}
	return m
}

var wazuhRecords = map[string]Getter{
	"full_log":          fullLog,
	"audit.type":        recordTypes, // stock rules expect the first, converted ones EXECVE
	"audit.id":          text(func(ev *Event) string { return strconv.FormatUint(ev.ID.Serial, 10) }),
	"audit.session":     ofField("ses"),
	"audit.command":     ofField("comm"),
	"audit.key":         wazuhKeys,
	"audit.execve.argc": text(argc),
	"audit.cwd":         text((*Event).cwd),
	"audit.srcip":       text(loginAddress), // what older decoders call srcip
	"srcip":             either(ofSide(source, ip), text(loginAddress)),
	"srcport":           ofSide(source, port),
	"dstip":             ofSide(destination, ip),
	"dstport":           ofSide(destination, port),
	"hostname":          text(node),
	"location":          text(location),
	"user":              either(said("acct"), of(self, userName)), // dstuser, else srcuser, as Wazuh's element does
	"dstuser":           said("acct"),
	"srcuser":           of(self, userName),
}

var wazuhPaths = map[string]Getter{
	"audit.file.name":       names(false),
	"audit.file.inode":      ofPaths(false, "inode"),
	"audit.file.mode":       ofPaths(false, "mode"),
	"audit.directory.name":  names(true),
	"audit.directory.inode": ofPaths(true, "inode"),
	"audit.directory.mode":  ofPaths(true, "mode"),
	"audit.inode":           either(ofPaths(false, "inode"), ofPaths(true, "inode")),
	"audit.mode":            either(ofPaths(false, "mode"), ofPaths(true, "mode")),
}

// wazuhOurs are names that Wazuh does not have, for what it does not know.
var wazuhOurs = map[string]Getter{
	"audit.command_line":        ownCommandLine,
	"audit.parent.exe":          images(parent),
	"audit.parent.command":      of(parent, comm),
	"audit.parent.command_line": of(parent, commandLine),
	"audit.parent.cwd":          of(parent, workDir),
	"audit.parent.pid":          parentID,
	"audit.parent.uid":          of(parent, numberOf(uid)),
	"audit.ancestor.exe":        ancestorImages,
}

// location is where Wazuh would have read the event: the node, if it has a name, and the usual file.
func location(ev *Event) string {
	const file = "/var/log/audit/audit.log"
	if ev.ID.Node == "" {
		return file
	}
	return ev.ID.Node + "->" + file
}

// wazuhKeys says null for an event without a key, as the decoder does: rules negate that.
func wazuhKeys(dst []string, ev *Event) []string {
	if key, ok := ev.field("key"); ok && key == null {
		return append(dst, "null")
	}
	return keys(dst, ev)
}

func argc(ev *Event) string {
	if ev.Exec == nil {
		return ""
	}
	return number(ev.Exec.Argc)
}

// argument makes the getter of audit.execve.aN; nil if num is no number as the kernel writes it.
func argument(num string) Getter {
	n, err := strconv.ParseUint(num, 10, 31)
	if err != nil || num != "0" && num[0] == '0' {
		return nil
	}
	key := "a" + num
	return func(dst []string, ev *Event) []string {
		switch {
		case ev.Exec == nil:
			return dst
		case !ev.Exec.Complete:
			return ev.loggedArgument(dst, key)
		case n < uint64(len(ev.Exec.Args)):
			return append(dst, ev.Exec.Args[n])
		}
		return dst
	}
}

// loggedArgument looks for an argument in the records: where one is lost, those behind it have moved in Exec.Args.
func (ev *Event) loggedArgument(dst []string, key string) []string {
	for i := range ev.Records {
		r := &ev.Records[i]
		if r.Type != audit.Execve {
			continue
		}
		for f := range r.Fields {
			if f.Key != key {
				continue
			}
			if f.Quoted {
				return append(dst, f.Value)
			}
			return append(dst, audit.DecodeHex(f.Value))
		}
	}
	return dst
}

// names is the name of each path as it was logged, and as an absolute and clean one if that is another: touch
// ../etc/cron.d/x must not escape a rule on /etc/cron.d.
func names(directories bool) Getter {
	return func(dst []string, ev *Event) []string {
		for i := range ev.Records {
			r := &ev.Records[i]
			if !isPath(r, directories) {
				continue
			}
			name, ok := loggedName(r)
			if !ok {
				continue
			}
			dst = append(dst, name)
			if clean := ev.pathName(r); clean != "" && clean != name {
				dst = append(dst, clean)
			}
		}
		return dst
	}
}

func ofPaths(directories bool, key string) Getter {
	return func(dst []string, ev *Event) []string {
		for i := range ev.Records {
			if r := &ev.Records[i]; isPath(r, directories) {
				value, _ := r.Field(key)
				dst = appendText(dst, value)
			}
		}
		return dst
	}
}

// isPath tells directories from other files by their mode, which is S_IFDIR in octal; what does not exist has none
// and passes for a file.
func isPath(r *audit.Record, directory bool) bool {
	if r.Type != audit.Path {
		return false
	}
	mode, _ := r.Field("mode")
	return strings.HasPrefix(mode, "04") == directory
}
