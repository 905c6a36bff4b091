package main

import (
	"compress/gzip"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "update the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"auditpy": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code": code, "gzip": compress, "binary": binary, "unescape": unescape, "crlf": crlf,
		},
	})
}

// code runs auditpy and wants an exit code: code 2 scan FILE.
func code(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec("auditpy", args[1:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("auditpy %q: exit code %s, want %s", args[1:], got, args[0])
	}
}

// compress writes a file gzipped, whole or cut off: gzip FROM TO [cut].
func compress(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(z.Close())
	text := b.String()
	if len(args) > 2 {
		text = text[:len(text)*2/3]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// binary writes a file that is no text: binary FILE.
func binary(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00"+strings.Repeat("\x00\x1b[31m\n", 1000)), 0o600))
}

// crlf ends lines with a carriage return too: crlf FROM TO.
func crlf(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.ReplaceAll(ts.ReadFile(args[0]), "\n", "\r\n")), 0o600))
}

// unescape replaces ␝ by the byte 0x1d and cuts the last newline off: a torn line.
func unescape(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.TrimSuffix(strings.ReplaceAll(ts.ReadFile(args[0]), "␝", "\x1d"), "\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}
