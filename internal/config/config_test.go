package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestShipped: the shipped file is the default, and mentions every key.
func TestShipped(t *testing.T) {
	text, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := parse("config.yaml", text)
	if err != nil || !reflect.DeepEqual(got, Default()) {
		t.Errorf("config.yaml = %+v, %v, want %+v", got, err, Default())
	}
	var mention func(typ reflect.Type)
	mention = func(typ reflect.Type) {
		for _, m := range members(typ) {
			if key := m.Tag.Get("mapstructure"); !strings.Contains(string(text), key+":") {
				t.Errorf("config.yaml does not mention %q", key)
			}
			if f := m.Type; f.Kind() == reflect.Struct {
				mention(f)
			}
		}
	}
	mention(reflect.TypeFor[Config]())
}

func TestParse(t *testing.T) {
	got, err := parse("c", []byte("limits: {hold: 500ms, bytes_per_event: 2KiB}\nrules: {paths: []}\nsinks: {syslog: {max_bytes: 9000}}\nstate_dir: \"\"\n"))
	want := Default()
	want.Limits.Hold, want.Limits.BytesPerEvent = 500*time.Millisecond, 2048
	want.Rules.Paths = []string{}
	want.Sinks.Syslog.MaxBytes = 9000
	want.StateDir = ""
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("parse = %+v, %v, want %+v", got, err, want)
	}
	for _, empty := range []string{"", "# nothing\n", "---\n", "rules:\nsinks:\n  syslog:\n", "{}"} {
		if got, err := parse("c", []byte(empty)); err != nil || !reflect.DeepEqual(got, Default()) {
			t.Errorf("parse(%q) = %+v, %v, want the default", empty, got, err)
		}
	}
}

// TestPrint: what is printed loads as the same.
func TestPrint(t *testing.T) {
	want := Default()
	want.Rules.Placeholders = []Placeholder{{"Administrators", []string{"root", "a\"b"}}}
	want.Rules.LogSources = []LogSource{{SigmaSource{"windows", "network_connection", ""}, SigmaSource{Product: "linux"}}}
	want.Rules.Paths, want.Log.Level, want.Limits.Hold = []string{"/a b", "/\u00e9\"\n"}, "warn", 1500*time.Millisecond
	got, err := parse("c", want.AppendYAML(nil))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("parse of the printed %s = %+v, %v", want.AppendYAML(nil), got, err)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		yaml string
		want []string // all of them
	}{
		{"sources: {}", []string{`c:1: sources: unknown key; there are source, rules`}},
		{"source:\n  kin: auto", []string{"c:2: source.kin: unknown key; there are kind, also"}},
		{"Source: {kind: auto}", []string{"c:1: Source: unknown key"}}, // viper alone would take it
		{"source: {kind: log}", []string{`c:1: source.kind: "log" is none of auto, file, netlink, stdin`}},
		{"source: {kind: file, also: [netlink, log]}", []string{`c:1: source.also[1]: "log" is none of file, netlink, stdin, socket`}},
		{"source: {kind: file, also: netlink}", []string{"source.also: want a list"}},
		{"source: {kind: file, also: [netlink, file]}", []string{"c: source.also: file is named twice"}},
		{"source: {also: [netlink]}", []string{"c: source.also: kind auto chooses one source"}},
		{"source: {file: 5}", []string{`c:1: source.file: "5" is not text`}},
		{"source: {install_rules: \"true\"}", []string{`source.install_rules: "true" is not true or false`}},
		{"source: auto", []string{`c:1: source: want keys below it, such as "kind"`}},
		{"limits: {hold: 2}", []string{`c:1: limits.hold: "2" is no duration: want a number with a unit`}},
		{"limits: {hold: \"2\"}", []string{`limits.hold: "2" is no duration`}},
		{"limits: {hold: -2s}", []string{"limits.hold: -2s is not longer than 0s"}},
		{"limits: {open_events: many}", []string{`limits.open_events: "many" is not a whole number`}},
		{"limits: {open_events: 1.5}", []string{`limits.open_events: "1.5" is not a whole number`}},
		{"limits: {open_events: 0}", []string{"limits.open_events: 0 is not between 1"}},
		{"limits: {open_events: [1]}", []string{"limits.open_events: a list is not a whole number"}},
		{"spool: {max_bytes: 5MB}", []string{`spool.max_bytes: "5MB" is no size`}},
		{"spool: {max_bytes: 99999999999GiB}", []string{`spool.max_bytes: "99999999999GiB" is no size`}},
		{"spool: {max_bytes: 0}", []string{"spool.max_bytes: 0 is less than 16MiB"}},
		{"spool: {max_bytes: {}}", []string{"spool.max_bytes: a mapping is no size"}},
		{"rules: {paths: /etc}", []string{"rules.paths: want a list"}},
		{"rules: {paths: [1]}", []string{`rules.paths[0]: "1" is not text`}},
		{"log: {level: info}\nlog: {level: warn}", []string{"c:2: log: stands at line 1 already"}},
		{"log: &a {level: info}", []string{"log: anchors and aliases are not supported"}},
		{"log: {level: info}\n---\nlog: {level: warn}", []string{"document: there may be only one"}},
		{"sinks: {syslog: {network: udp}}", []string{`c: sinks.syslog.address: "/dev/log" is no host:port`}},
		{"sinks: {syslog: {address: log}}", []string{`"log" is no absolute path`}},
		{"sinks: {stdout: {enabled: false}, syslog: {enabled: false}}", []string{"c: sinks: none is enabled"}},
		{"sinks: {syslog: {network: tcp, address: \"10.0.0.1:514\"}}", []string{`c: sinks.syslog.allow_plaintext: tcp would send alerts to "10.0.0.1:514" unencrypted`}},
		{"sinks: {syslog: {network: relp, address: \"siem:2514\"}}", []string{"sinks.syslog.allow_plaintext: relp"}},
		{"sinks: {syslog: {network: tls, address: \"siem:6514\", tls: {ca_file: ca.pem}}}", []string{`sinks.syslog.tls.ca_file: "ca.pem" is no absolute path`}},
		{"sinks: {syslog: {network: tls, address: \"siem:6514\", tls: {cert_file: /c}}}", []string{"sinks.syslog.tls.key_file: a certificate and its key"}},
		{"sinks: {syslog: {network: tls, address: \"siem:6514\", tls: {pins: [abc]}}}", []string{`sinks.syslog.tls.pins[0]: "abc" is no SHA-256`}},
		{"sinks: {syslog: {network: tls, address: \":6514\"}}", []string{`":6514" is no host:port, which network tls needs`}},
		{"sinks: {syslog: {replay_bytes: 0}}", []string{"sinks.syslog.replay_bytes: 0 is less than 1"}},
		{"sinks: {forward: [{name: a}]}", []string{"sinks.forward[0].network: missing"}},
		{"sinks: {forward: [{name: A/b, network: unix, address: /x}]}", []string{`sinks.forward[0].name: "A/b" is none`}},
		{"sinks: {forward: [{name: a, network: unix, address: /x}, {name: a, network: unix, address: /y}]}", []string{`sinks.forward[1].name: there are two of "a"`}},
		{"sinks: {forward: [{enabled: true}]}", []string{"c:1: sinks.forward[0].enabled: unknown key; there are name, network"}},
		{"sinks: {forward: [{framing: crlf}]}", []string{`sinks.forward[0].framing: "crlf" is none of octet-counting, lf`}},
		{"sinks: {file: {enabled: true, path: x}}", []string{`sinks.file.path: "x" is no absolute path`}},
		{"- a", []string{"c:1: document: want keys below it"}},
		{"a: [", []string{"c: line 1: "}},
		{"source: {kind: x, from: y}\nlog: {level: z}", []string{"source.kind", "source.from", "c:2: log.level"}}, // all at once
	}
	for _, tt := range tests {
		_, err := parse("c", []byte(tt.yaml))
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("parse(%q) error = %v, want %q in it", tt.yaml, err, want)
			}
		}
	}
}

// TestForward: what an item leaves out is as in sinks.syslog; addresses of this host need no encryption.
func TestForward(t *testing.T) {
	const text = `sinks:
  syslog: {enabled: false, max_bytes: 2KiB}
  forward:
    - {name: a, network: udp, address: "127.0.0.2:514"}
    - {name: b, network: tcp, address: "[::ffff:127.0.0.1]:514", framing: lf, protocol: rfc3164, format: cef}
    - {name: c, network: relp, address: "siem:2514", allow_plaintext: true, timeout: 1s}
    - {name: d, network: relp+tls, address: "siem:2514", tls: {ca_file: /ca.pem, pins: [` + pin + `]}}
`
	got, err := parse("c", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	a, b, c, d := local, local, local, local
	a.Network, a.Address = "udp", "127.0.0.2:514"
	b.Network, b.Address, b.Framing, b.Protocol, b.Format = "tcp", "[::ffff:127.0.0.1]:514", "lf", "rfc3164", "cef"
	c.Network, c.Address, c.AllowPlaintext, c.Timeout = "relp", "siem:2514", true, time.Second
	d.Network, d.Address, d.TLS.CAFile, d.TLS.Pins = "relp+tls", "siem:2514", "/ca.pem", []string{pin}
	if want := []Forward{{"a", a}, {"b", b}, {"c", c}, {"d", d}}; !reflect.DeepEqual(got.Sinks.Forward, want) {
		t.Errorf("forward = %+v\nwant %+v", got.Sinks.Forward, want)
	}
	again, err := parse("c", got.AppendYAML(nil))
	if err != nil || !reflect.DeepEqual(again, got) {
		t.Errorf("parse of the printed %s = %+v, %v", got.AppendYAML(nil), again, err)
	}
}

// TestH6Bombs: a file made to exhaust memory or time is refused at once.
func TestH6Bombs(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'z'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	for name, text := range map[string]string{
		"aliases":     bomb,
		"deep lists":  "sinks: " + strings.Repeat("[", 100_000),
		"deep maps":   strings.Repeat("{a: ", 100_000),
		"deep blocks": strings.Repeat("- ", 100_000) + "x",
		"a long key":  strings.Repeat("k", 1<<20-10) + ": 1",
		"a long list": "rules: {paths: [" + strings.Repeat("5,", 1<<18) + "]}",
		"many keys":   strings.Repeat("log: {}\n", 1<<16),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := processorTime(t)
		_, err := parse("c", []byte(text))
		runtime.ReadMemStats(&after)
		if d := processorTime(t) - begin; err == nil || d > 5*time.Second {
			t.Errorf("%s: error %.100v after %v", name, err, d)
		}
		if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 512 {
			t.Errorf("%s: %d MiB allocated", name, mib)
		}
	}
}

// processorTime is what this process has used: others on the machine make it no longer.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const pin = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"

func TestLoadFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(name, []byte("log: {level: warn}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if cfg, err := Load(name); err != nil || cfg.Log.Level != "warn" {
		t.Errorf("Load = %+v, %v", cfg, err)
	}
	if err := os.Chmod(name, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(name); err == nil || !strings.Contains(err.Error(), "may write it (mode 0666): chmod go-w") {
		t.Errorf("Load of a file that all may write: error = %v", err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("Load of a folder: error = %v", err)
	}
	if _, err := Load(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("Load of no file: error = %v", err)
	}
}

// FuzzParse: whatever the file holds, there is a valid Config or an error that names the file.
func FuzzParse(f *testing.F) {
	f.Add([]byte("source: {kind: auto}\nlimits: {hold: 2s}"))
	f.Add([]byte("a: &x [*x]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, err := parse("file", text)
		if err != nil && !strings.HasPrefix(err.Error(), "file:") {
			t.Fatalf("parse(%q) error = %v: does not name the file", text, err)
		}
		if err == nil && (cfg.Limits.Hold <= 0 || cfg.Limits.OpenEvents <= 0 || cfg.Spool.MaxBytes <= 0) {
			t.Fatalf("parse(%q) = %+v", text, cfg)
		}
	})
}
