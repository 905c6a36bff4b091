package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostile moves the cursor, sets the title of the window, ends a line, turns the direction of text, and is no UTF-8.
const hostile = "\x1b]0;title\x07\x1b[2J\x9b31m\r\u202e\u2028\u0085\x00\x7f\xff end"

// TestT8Terminal: whatever stands in a log, a rule or a file name, no command writes it to a terminal raw.
func TestT8Terminal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.ReplaceAll(hostile, "\x00", ""))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	log, bad, good, none := filepath.Join(dir, "audit.log"), filepath.Join(dir, "bad.yml"), filepath.Join(dir, "good.yml"), filepath.Join(dir, "none\x1b[2J")
	for name, text := range map[string]string{
		log: hostileLog(), bad: "title: x\n" + strings.ReplaceAll(hostile, "\x00", "") + ": [\n",
		good: "title: \"T\\e[2J\\u202e\"\nid: \"\\e]0;x\\a\"\nauthor: \"\\e[31m\"\nlogsource: {category: process_creation, product: linux}\ndetection: {\"s\\e[2J\": {Image|contains: bin}, condition: 1 of s*}\nlevel: high\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	commands := [][]string{
		{"events", "--stats", log}, {"events", "--format", "text", log}, {"rules", "lint", bad}, {"rules", "list", good}, {"rules", "list", dir},
		{"rules", "explain", "--rules", good, "--rule", "\x1b]0;x\a", log}, {"scan", none}, {none}, {"config", "--config", bad},
		{"run", "--config", bad}, {"scan", "--rules", bad, log}, {"scan", log, log}, {"scan", "--format", hostile, log},
	}
	for _, format := range []string{"text", "json", "ocsf", "asim", "cef", "syslog"} {
		commands = append(commands, []string{"scan", "--stats", "--format", format, "--rules", good, log})
	}
	for _, args := range commands {
		var out, errs bytes.Buffer
		code := run(args, strings.NewReader(""), &out, &errs)
		if out.Len()+errs.Len() == 0 || slices.Contains(args, "--stats") && args[0] == "scan" && code != exitFound {
			t.Errorf("%q: exit code %d, %.200q, %.200q", args, code, out.String(), errs.String())
		}
		for _, text := range []string{out.String(), errs.String()} {
			if i := strings.IndexFunc(text, raw); i >= 0 {
				t.Errorf("%q wrote a raw character: %q", args, text[max(0, i-100):min(len(text), i+40)])
			}
		}
	}
}

// raw reports what a terminal may act on, and what is no UTF-8.
func raw(r rune) bool {
	return r != '\n' && r != '\t' && unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// hostileLog has hostile text in each field that user space chooses, and in lines that are no record.
func hostileLog() string {
	h := strings.ToUpper(hex.EncodeToString([]byte(hostile)))
	var b strings.Builder
	for i, node := range []string{"", "node=web\x1b[2J "} {
		stamp := fmt.Sprintf("msg=audit(1795250000.000:%d): ", 7+i)
		fmt.Fprintf(&b, "%stype=SYSCALL %sarch=c000003e syscall=59 success=yes exit=0 ppid=5 pid=6 auid=0 uid=0 euid=0 tty=%s ses=2 comm=%s exe=%s key=%s\n", node, stamp, h, h,
			strings.ToUpper(hex.EncodeToString([]byte("/bin/"+hostile))), h)
		fmt.Fprintf(&b, "%stype=EXECVE %sargc=3 a0=%s a1=\"-c\" a2=%s\n%stype=CWD %scwd=%s\n", node, stamp, h, h, node, stamp, h)
		fmt.Fprintf(&b, "%stype=PATH %sitem=0 name=%s inode=1 dev=fd:01 mode=0100755 nametype=NORMAL\n%stype=PROCTITLE %sproctitle=%s\n", node, stamp, h, node, stamp, h)
	}
	b.WriteString("type=USER_CMD msg=audit(1795250001.000:20): pid=1 uid=0 auid=0 ses=1 msg='op=\x1b[2J exe=\"\x1b]0;x\x07\" res=success'\x1dUID=\"ro\x1b[2Jot\"\n")
	b.WriteString("no record: " + strings.ReplaceAll(hostile, "\r", "") + "\ntype=\x1b[2J msg=audit(1.000:1): x\n")
	return b.String()
}
