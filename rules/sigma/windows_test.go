package sigma

import (
	"testing"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// TestOverride: a rule for Python's connections on Windows, evaluated here because the configuration says so.
func TestOverride(t *testing.T) {
	text := `title: T
id: r
logsource: {product: windows, category: network_connection}
detection:
  selection:
    Initiated: 'true'
    Image|contains|all: ['\python', '.exe']
  filter_local: {DestinationIp: 127.0.0.1, SourceIp: 127.0.0.1}
  condition: selection and not 1 of filter_*
`
	files := []rule.File{{Name: "r.yml", Data: []byte(text)}}
	if e, diags := Compile(files, Options{}); len(e.Rules()) != 0 || len(diags) != 1 || !diags[0].Fatal {
		t.Errorf("without an override: %v", diags)
	}
	o := Options{Sources: []Override{{From: Source{Product: "windows", Category: "network_connection"}, To: Source{Product: "linux", Category: "network_connection"}}}}
	e, diags := Compile(files, o)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for saddr, want := range map[string]int{"02000035080808080000000000000000": 1, "02000FA07F0000010000000000000000": 0} {
		for _, exe := range []string{"/usr/bin/python3.11", "/usr/bin/curl"} {
			ev := connecting(t, exe, saddr)
			proctree.New(proctree.Options{}).Annotate(ev)
			if exe != "/usr/bin/python3.11" {
				want = 0
			}
			if got := e.Eval(nil, ev); len(got) != want {
				t.Errorf("%s to %s: %d matches, want %d", exe, saddr, len(got), want)
			}
		}
	}
}

func connecting(t *testing.T, exe, saddr string) *event.Event {
	t.Helper()
	a := assemble.New(assemble.Options{})
	for _, line := range []string{
		`type=SYSCALL msg=audit(5.000:1): arch=c000003e syscall=42 success=yes exit=0 a0=3 a1=1 a2=10 a3=0 items=0 ppid=1 pid=50 uid=0 comm="x" exe="` + exe + `" key=(null)`,
		"type=SOCKADDR msg=audit(5.000:1): saddr=" + saddr,
		`type=PROCTITLE msg=audit(5.000:1): proctitle="x"`,
	} {
		r, err := audit.ParseLine(line)
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range a.Add(nil, r) {
			return ev.Clone()
		}
	}
	t.Fatal("no event")
	return nil
}
