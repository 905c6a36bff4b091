package main

import (
	"regexp"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// engine is an expression that was compiled. Not decided: it gave up.
type engine interface {
	match(subject string) (yes, decided bool)
}

// peer is a way to compile expressions.
type peer struct {
	name    string
	compile func(pattern, flags string) (engine, error)
}

var peers = []peer{
	{"package regexp", compileStd},
	{"regexp2, timeout 250 ms", compile2},
}

type std struct{ *regexp.Regexp }

func compileStd(pattern, flags string) (engine, error) {
	re, err := regexp.Compile(prefix(flags) + pattern)
	return std{re}, err
}

// prefix sets flags within an expression. No other flags than these three are asked for.
func prefix(flags string) string {
	if flags = strings.Trim(flags, "xnUu"); flags == "" {
		return ""
	}
	return "(?" + flags + ")"
}

func (s std) match(subject string) (yes, decided bool) { return s.MatchString(subject), true }

type two struct{ *regexp2.Regexp }

func compile2(pattern, flags string) (engine, error) {
	re, err := regexp2.Compile(prefix(flags)+pattern, regexp2.None)
	if err != nil {
		return nil, err
	}
	regexp2.SetTimeoutCheckPeriod(2 * time.Millisecond)
	re.MatchTimeout = 250 * time.Millisecond
	return two{re}, nil
}

func (t two) match(subject string) (yes, decided bool) {
	yes, err := t.MatchString(subject)
	return yes, err == nil
}
