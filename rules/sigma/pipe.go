package sigma

import (
	"fmt"
	"regexp"
)

var aggregation = regexp.MustCompile(`^\s*(count|min|max|avg|sum)\s*\(\s*([^)\s]*)\s*\)\s*(?:by\s+(\S+)\s*)?([<>]=?|=)\s*(\d+)\s*$`)

var comparisons = map[string]string{"<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "=": "eq"}

// legacyPipe says what to write instead of the aggregation after a pipe, which Sigma 2 dropped. It
// is not rewritten: the timespan is often missing, and guessing it would change what is detected.
func legacyPipe(tail string) string {
	const gone = `the part after "|" is not a part of Sigma 2: write a correlation`
	m := aggregation.FindStringSubmatch(tail)
	if m == nil {
		return gone + " (for near: type temporal with rules and a timespan)"
	}
	by := ""
	if m[3] != "" {
		by = fmt.Sprintf("group-by: [%s], ", m[3])
	}
	limit := fmt.Sprintf("%s: %s", comparisons[m[4]], m[5])
	switch {
	case m[1] == "count" && m[2] == "":
		return fmt.Sprintf("%s of type event_count with %sa timespan and condition: {%s}", gone, by, limit)
	case m[1] == "count":
		return fmt.Sprintf("%s of type value_count with %sa timespan and condition: {field: %s, %s}", gone, by, m[2], limit)
	}
	return fmt.Sprintf("%s of type value_%s with %sa timespan and condition: {field: %s, %s}", gone, m[1], by, m[2], limit)
}
