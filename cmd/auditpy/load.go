package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/auditpy/auditpy/internal/agent"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/rulefile"
	"github.com/auditpy/auditpy/rules/builtin"
	"github.com/auditpy/auditpy/rules/rule"
)

// loader reads the configuration and the rules of the agent, at its start and again when it is told to.
type loader struct {
	file string // as the user named it; empty: the default, if it is there
	kind string // of the source: the command line counts for more than the file

	room int64 // that the bound of memory has for the rules
}

// load reads all anew.
func (l *loader) load() (*agent.Loaded, error) {
	cfg, err := loadConfig(l.file)
	if err != nil {
		return nil, err
	}
	cfg.Source.Kind = l.kind
	return l.rules(&cfg)
}

// rules reads the rules. What is wrong with one is a diag, also that others may write its file: the rest is used. It is an error
// if none is left; what was loaded is returned all the same.
func (l *loader) rules(cfg *config.Config) (*agent.Loaded, error) {
	var files []rule.File
	if cfg.Rules.Builtin {
		files = builtin.Files()
	}
	read, err := rulefile.ReadTrusted(existing(cfg))
	files = append(files, read...)
	set, diags, room := loadWithRoom(files, optionsOf(cfg))
	loaded := &agent.Loaded{Config: *cfg, Rules: set, Hash: hashOf(files), Diags: append(unreadable(err), diags...)}
	if len(set.Rules()) == 0 {
		return loaded, errors.New("no rule loads: nothing to look for")
	}
	addRoom(room - l.room)
	l.room = room
	return loaded, nil
}

// unreadable makes diags of the errors of files.
func unreadable(err error) (diags []rule.Diag) {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			diags = append(diags, unreadable(e)...)
		}
		return diags
	}
	return []rule.Diag{{Pos: rule.Pos{File: "rules"}, Fatal: true, Msg: err.Error()}}
}

// hashOf names a set of rules: the same files give the same hash, wherever they lie.
func hashOf(files []rule.File) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%d\n", len(f.Data))
		h.Write(f.Data)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}
