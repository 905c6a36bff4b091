package sigma

import (
	"fmt"
	"regexp"
	"strings"
)

var aggregation = regexp.MustCompile(`^\s*(count|min|max|avg|sum)\s*\(\s*([^)\s]*)\s*\)\s*(?:by\s+(\S+)\s*)?([<>]=?|=)\s*(\d+)\s*$`)

var comparisons = map[string]string{"<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "=": "eq"}

// legacyPipe says what to write instead of the aggregation after a pipe, which Sigma 2 dropped. It
// is not rewritten: the timespan is often missing, and guessing it would change what is detected.
func legacyPipe(head, tail string, timeframe *node) string {
	const gone = `the part after "|" is not a part of Sigma 2: write a correlation`
	span := "a timespan"
	if timeframe != nil && timeframe.scalar() {
		span = "timespan: " + timeframe.text
	}
	if near, ok := strings.CutPrefix(strings.TrimSpace(tail), "near "); ok {
		return fmt.Sprintf("%s of type temporal with %s, rules: one for %s and one for each of %s",
			gone, span, strings.TrimSpace(head), strings.TrimSpace(near))
	}
	m := aggregation.FindStringSubmatch(tail)
	if m == nil {
		return fmt.Sprintf("%s, such as event_count, with group-by, %s and a condition", gone, span)
	}
	by := ""
	if m[3] != "" {
		by = fmt.Sprintf("group-by: [%s], ", m[3])
	}
	kind, field := "value_"+m[1], "field: "+m[2]+", "
	switch {
	case m[1] == "count" && m[2] == "":
		kind, field = "event_count", ""
	case m[1] == "min" || m[1] == "max": // one event decides: no correlation is needed
		return fmt.Sprintf(`the part after "|" is not a part of Sigma 2, and no correlation knows %s: compare %s in the rule itself`, m[1], m[2])
	}
	return fmt.Sprintf("%s of type %s with %s%s and condition: {%s%s: %s}", gone, kind, by, span, field, comparisons[m[4]], m[5])
}
