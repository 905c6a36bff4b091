package correlate

import (
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/rules/rule"
)

// maxEvidence bounds the evidence that is kept of one event of a sequence. Of a value an alert shows an excerpt.
const maxEvidence = 16

func sizeOf(all []rule.Evidence) int {
	n := 0
	for i := range all {
		n += 48 + len(all[i].Value)
	}
	return n
}

// groupValues gives the values of a group or a key the names of their fields.
func groupValues(names, values []string) []alert.Value {
	var vs []alert.Value
	for i, v := range values[:min(len(values), len(names))] {
		vs = append(vs, alert.Value{Field: names[i], Value: v})
	}
	return vs
}
