// Package rule is the vocabulary that all rule dialects share.
package rule

import (
	"cmp"
	"fmt"
)

// File is one rule file, read by the caller: rules/ does no I/O.
type File struct {
	Name string // as the user knows it; stands in positions
	Data []byte
	List string // not empty: this is no file of rules but the CDB list that Wazuh rules know by this name
	// Shipped: it comes with the program. Wazuh rules of such files are a tree of their own, for in one tree an event comes
	// down to one rule: ours would hide the user's.
	Shipped bool
}

// Pos is a place in a rule file.
type Pos struct {
	File      string
	Line, Col int // from 1; 0 if unknown
}

func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Compare orders positions by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// Level is a severity in Sigma's words.
type Level uint8

// The levels, the lowest first. A rule without a level is Informational.
const (
	Informational Level = iota
	Low
	Medium
	High
	Critical
)

var levelNames = [...]string{"informational", "low", "medium", "high", "critical"}

func (l Level) String() string { return levelNames[l] }

// ParseLevel is the inverse of String.
func ParseLevel(s string) (Level, bool) {
	for i, name := range levelNames {
		if s == name {
			return Level(i), true
		}
	}
	return 0, false
}

// Meta is what an alert tells about a rule. It is immutable after load.
type Meta struct {
	ID          string // unique among the loaded rules
	Title       string
	Description string
	Author      string
	Level       Level
	Severity    int    // on the dialect's own scale: Wazuh's level, from 0 to 16; else 0
	Dialect     string // "sigma", "wazuh" or "eql"
	Tags        []string
	Techniques  []string // MITRE ATT&CK ids: T1059.006
	Tactics     []string // TA0002
	Risk        int      // from 1 to 100; 0 if the rule does not say
	// Needs is what audit rules must record so that the rule can hold, for people: the names of Atom; of EQL "exec" for
	// executions, ECS categories such as "file" and "network", "call" for a system call by its name; a|b for either. Empty: it
	// is not known, or nothing in particular.
	Needs []string
	// Signals is the same for package coverage: something of each must be recorded.
	Signals []Signal
	// Never says why no audit event can satisfy the rule: it loads, and is never evaluated. Empty: one may.
	Never          string
	References     []string
	FalsePositives []string
	Response       []string // what to do about an alert
	Pos            Pos
}

// Match says that a rule holds for an event.
type Match struct {
	Rule     *Meta
	Evidence []Evidence
	Parts    []Part  // what it contributes to correlations
	Stages   []Stage // the terms of sequences that the event satisfies
	Silent   bool    // it raises no alert of its own: a correlation or a sequence asks for it only
	// Plan, if there is one, decides what matched and whether it is silent: it depends on what matched before.
	Plan *Plan
}

// Diag is what is wrong with a rule.
type Diag struct {
	Pos   Pos
	Fatal bool // this rule was left out
	Msg   string
}

func (d Diag) String() string {
	if d.Fatal {
		return fmt.Sprintf("%s: error: %s", d.Pos, d.Msg)
	}
	return fmt.Sprintf("%s: warning: %s", d.Pos, d.Msg)
}

// Explanation says why a rule does or does not hold for an event.
type Explanation struct {
	Rule  *Meta
	Holds bool
	Rows  []Row // as the rule's log source sees the event; empty: not at all
}

// Row is one row with the answers to all that a rule asks about it.
type Row struct {
	Name  string // what the row is: the type of a record, or the category
	Holds bool
	Lines []Line
}

// Line is one part of a condition, the whole first and then what it is made of.
type Line struct {
	Depth  int
	Text   string // "and", "or", "not", or a test in the rule's own words
	Holds  bool
	Values []string // of the field that is tested
}
