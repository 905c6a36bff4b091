package agent

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/alert"
)

func TestToken(t *testing.T) {
	token := strings.Repeat("0f", tokenSize/2)
	for doc, want := range map[string]string{
		`{"command_line":"/bin/true auditpy-canary-` + token + `"}`: token,
		`{"command_line":"auditpy-canary-` + token[1:] + `"}`:       "",
		`auditpy-canary-` + token[:20]:                              "",
		`{}`:                                                        "",
	} {
		got, ok := tokenOf([]byte(doc))
		if ok != (want != "") || ok && got != want {
			t.Errorf("token of %s: %q, %v, want %q", doc, got, ok, want)
		}
	}
}

// TestReceipts: of each sink, the newest only, and nothing of other alerts.
func TestReceipts(t *testing.T) {
	dir := t.TempDir()
	r := &receipts{dir: dir, log: slog.New(slog.DiscardHandler)}
	for i := range maxReceipts + 5 {
		r.note("file", []alert.Envelope{{JSON: []byte(`{}`)}, {JSON: fmt.Appendf(nil, `"%s%032x"`, CanaryMark, i)}})
	}
	all, err := ReadReceipts(dir)
	if err != nil || len(all) != maxReceipts || all[maxReceipts-1].Token != fmt.Sprintf("%032x", maxReceipts+4) || all[0].Sink != "file" {
		t.Errorf("%d receipts, %v, %v", len(all), all, err)
	}
	if info, err := os.Stat(dir + "/" + receiptsFile); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if all, err := ReadReceipts(t.TempDir()); all != nil || err != nil {
		t.Errorf("%v, %v", all, err)
	}
	(*receipts)(nil).note("file", []alert.Envelope{{JSON: []byte(CanaryMark)}})
}
