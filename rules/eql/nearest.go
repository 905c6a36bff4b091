package eql

import (
	"strings"

	"github.com/auditpy/auditpy/internal/event"
)

// unknownField says what is wrong with a field that no event has.
func unknownField(name string) string {
	if isUnrecorded(name) && nearestField(name) == "" {
		return name + " is a field of Elastic's that no audit record tells: it is never there; write ?" + name + " if that is meant"
	}
	if best := nearestField(name); best != "" {
		return name + " is no field of an audit event; did you mean " + best + "?"
	}
	return name + " is no field of an audit event"
}

// nearestField is the field whose name needs the fewest changes, "" if that is many.
func nearestField(name string) string {
	best := nearest(name, event.ECSNames())
	if distance(strings.ToLower(name), strings.ToLower(best)) > max(1, len(name)/6) {
		return ""
	}
	return best
}

// nearest is the one of names that needs the fewest changes, the first of them.
func nearest(name string, names []string) (best string) {
	least := -1
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n)); least < 0 || d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is Levenshtein's, in bytes; names over 100 bytes count as far away.
func distance(a, b string) int {
	if len(a) > 100 || len(b) > 100 {
		return 100
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := last
			if a[i] != b[j] {
				change++
			}
			last = row[j+1]
			row[j+1] = min(change, row[j]+1, last+1)
		}
	}
	return row[len(b)]
}
