package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
)

// CanaryMark begins the argument of a canary: a harmless command whose alert proves that all works from the kernel to the
// sinks. A token of 32 hexadecimal digits follows it.
const (
	CanaryMark = "auditpy-canary-"
	tokenSize  = 32
)

// Receipt says that a sink took the alert of a canary: as far as its protocol tells that it has arrived.
type Receipt struct {
	Token string    `json:"token"`
	Sink  string    `json:"sink"`
	At    time.Time `json:"at"`
}

// receiptsFile is in the state directory. What a receiver does with an alert cannot be read from here, but that it was taken
// from us can be told, and only by who sent it.
const receiptsFile = "canary.json"

// maxReceipts bounds the file: anybody on the host may run a canary.
const maxReceipts = 64

// receipts keeps the newest receipts, for all sinks of an agent.
type receipts struct {
	dir string
	log *slog.Logger

	mu   sync.Mutex
	kept []Receipt // guarded by mu
	told bool      // that they cannot be written; guarded by mu
}

// note keeps a receipt if an alert that a sink took is that of a canary. It may be called on nil.
func (r *receipts) note(sink string, sent []alert.Envelope) {
	if r == nil || r.dir == "" {
		return
	}
	for i := range sent {
		if token, ok := tokenOf(sent[i].JSON); ok {
			r.keep(Receipt{token, sink, time.Now()})
		}
	}
}

func (r *receipts) keep(one Receipt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept = append(r.kept, one); len(r.kept) > maxReceipts {
		r.kept = r.kept[len(r.kept)-maxReceipts:]
	}
	b, err := json.Marshal(r.kept)
	tmp := filepath.Join(r.dir, receiptsFile+".tmp")
	if err = errors.Join(err, os.WriteFile(tmp, append(b, '\n'), 0o600)); err == nil {
		err = os.Rename(tmp, filepath.Join(r.dir, receiptsFile)) // no sync: after a crash nobody waits for it
	}
	if err != nil && !r.told {
		r.log.Warn("receipt of a canary not kept", "err", err)
	}
	r.told = err != nil
}

// tokenOf finds the token in an alert.
func tokenOf(doc []byte) (string, bool) {
	_, rest, found := bytes.Cut(doc, []byte(CanaryMark))
	if !found || len(rest) < tokenSize {
		return "", false
	}
	token := string(rest[:tokenSize])
	return token, strings.Trim(token, "0123456789abcdef") == ""
}

// ReadReceipts returns the newest receipts of the agent with a state directory; none if it keeps none.
func ReadReceipts(dir string) ([]Receipt, error) {
	b, err := os.ReadFile(filepath.Join(dir, receiptsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Receipt
	return all, json.Unmarshal(b, &all)
}
