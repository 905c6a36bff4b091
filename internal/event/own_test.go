package event_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// variedEvent is one of many events of which some records are alike.
func variedEvent(t *testing.T, rng *rand.Rand) *event.Event {
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	stamp := "msg=audit(1.000:1): "
	lines := []string{
		"type=SYSCALL " + stamp + "arch=c000003e syscall=" + pick("59", "2") + " success=" + pick("yes", "no") + " exit=" + pick("0", "-2") +
			" a0=" + pick("1", "2") + " a1=1 a2=2 a3=" + pick("0", "f") + " items=1 ppid=" + pick("1", "2") + " pid=" + pick("3", "4") +
			" auid=1 uid=" + pick("0", "1") + " gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=" + pick("pts0", "(none)") + " ses=1" +
			pick("", " a0=77") + ` comm="x" exe=` + pick(`"/bin/ls"`, "2F612062") + pick("", " subj=a") + " key=" + pick("(null)", `"k"`) + pick("", "\x1dUID=\"root\""),
		"type=CWD " + stamp + `cwd="` + pick("/", "/srv") + `"`,
		"type=PATH " + stamp + "item=0 name=" + pick(`"/bin/ls"`, `"ls"`, `"./ls"`, "2F612062", "(null)") + " inode=" + pick("1", "2") + " mode=0100755 nametype=" + pick("NORMAL", "CREATE"),
		"type=SOCKADDR " + stamp + "saddr=" + pick("0200115C08080808", "0100"),
		"type=PROCTITLE " + stamp + "proctitle=" + pick(`"ls"`, "6C73002D6C"),
	}
	if rng.IntN(2) == 0 {
		args := "type=EXECVE " + stamp + "argc=2 a0=" + pick(`"ls"`, `"cat"`)
		if rng.IntN(2) == 0 {
			lines = append(lines, args, "type=EXECVE "+stamp+"a1="+pick(`"-l"`, `"-a"`))
		} else {
			lines = append(lines, args+" a1="+pick(`"-l"`, `"-a"`))
		}
	}
	return eventOf(t, lines...)
}

// TestOwnText: where the text of a record comes again, so do all values of the fields that it is said to decide.
func TestOwnText(t *testing.T) {
	names := []string{
		"type", "syscall", "SYSCALL", "success", "exit", "a0", "a1", "a2", "a3", "items", "ppid", "pid", "uid", "UID", "tty", "comm", "exe", "subj", "key",
		"cwd", "name", "inode", "mode", "nametype", "saddr", "proctitle", "argc", "cmdline",
	}
	rng, known, again := rand.New(rand.NewPCG(3, 4)), make(map[string]string), 0
	for range 4000 {
		ev := variedEvent(t, rng)
		for i := range ev.Records {
			a, b, ok := ev.OwnText(i)
			if !ok || !ev.Settled(i) {
				continue
			}
			key := fmt.Sprintf("%v|%s|%s", ev.Records[i].Type, a, b)
			is := ownValues(ev, i, names)
			if was, ok := known[key]; ok {
				again++
				if was != is {
					t.Fatalf("%s\nsaid %s\nsays %s", key, was, is)
				}
			}
			known[key] = is
		}
	}
	if again < 4000 {
		t.Errorf("%d records came again, want many", again)
	}
}

// ownValues are those of the fields that the record's own text decides.
func ownValues(ev *event.Event, rec int, names []string) (all string) {
	typ := ev.Records[rec].Type
	for _, name := range names {
		if event.IsOwn(typ, name) {
			all += fmt.Sprintf(" %s=%q", name, event.SigmaAuditd(name)(nil, ev, rec))
		}
	}
	if typ != audit.Syscall {
		all += fmt.Sprintf(" %q", event.RecordValues(nil, ev, rec))
	}
	var texts event.Texts
	texts.Take(ev, rec, false)
	return all + fmt.Sprintf(" %q", texts.List)
}
