// Package report shows many alerts at once: as a page for a browser, as SARIF, as CSV, and on a terminal.
//
// What surprised us: a log of one noisy host gives tens of thousands of alerts, and a page that draws them all takes a minute; so
// the page draws only what is on the screen, and a Page keeps a bounded number, the worst ones. And everything that an attacker wrote
// ends up in front of a browser or a spreadsheet, which both run what they read.
//
// The invariants: text from a log becomes data, never code (escaped by package alert first, in JSON that cannot end its script
// element, shown by textContent, under a policy that runs one script by its hash); what was left out is counted and said; the same
// alerts give the same bytes. Nothing here keeps an event: strings that outlive a call are cloned or encoded.
package report

import (
	"encoding/json"
	"strconv"

	"github.com/auditpy/auditpy/rules/rule"
)

// About is what a report says of the scan that made it.
type About struct {
	Version string   // of auditpy
	Sources []string // what was read, as the user named it
	Records uint64
	Events  uint64
	// Problems are what could not be read or loaded: a report of half a log must not look like one of the whole.
	Problems []string
}

// maxRules bounds the rules that one alert lists.
const maxRules = 32

// catalog numbers the rules that reports refer to. There are no more than were loaded.
type catalog struct {
	index map[*rule.Meta]int
	rules []*rule.Meta
}

func (c *catalog) number(m *rule.Meta) int {
	i, ok := c.index[m]
	if ok {
		return i
	}
	if c.index == nil {
		c.index = make(map[*rule.Meta]int)
	}
	i = len(c.rules)
	c.index[m] = i
	c.rules = append(c.rules, m)
	return i
}

// mustJSON encodes what has no value that JSON lacks. Of ASCII it escapes <, > and &, and the line separators of JavaScript.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("report: " + err.Error())
	}
	return b
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
