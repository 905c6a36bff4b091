package correlate

import (
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/rules/rule"
)

// maxEvidence bounds the evidence that is kept of one event of a sequence. Of a value an alert shows an excerpt.
const maxEvidence = 16

// keepEvidence returns a copy that is valid for ever.
func keepEvidence(all []rule.Evidence) []rule.Evidence {
	if len(all) == 0 {
		return nil
	}
	kept := make([]rule.Evidence, min(len(all), maxEvidence))
	for i := range kept {
		e := all[i]
		kept[i] = rule.Evidence{Field: e.Field, Value: strings.Clone(e.Excerpt()), Match: strings.Clone(e.Match)}
	}
	return kept
}

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
