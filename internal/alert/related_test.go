package alert

import (
	"reflect"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/rules/rule"
)

func related(n int, node string) *Alert {
	a := sampleAlert("x")
	for i := range n {
		a.Related = append(a.Related, Related{ID: audit.ID{Node: node, Msec: 1795250967999 + int64(i), Serial: uint64(i + 1)}, Rule: a.Rules[1]})
	}
	return a
}

func TestRelated(t *testing.T) {
	a := related(1, "web-1")
	a.Related = append(a.Related, Related{ID: audit.ID{Msec: 1795250968000, Serial: 2}, Rule: a.Rules[0], Evidence: []rule.Evidence{{Field: "f", Value: "v", Match: "v*"}}})
	a.Unlisted = 3
	m := document(t, a.AppendJSON(nil))
	want := []any{
		map[string]any{"node": "web-1", "@timestamp": "2026-11-21T08:49:27.999Z", "sequence": 1.0, "rule": "r2"},
		map[string]any{"@timestamp": "2026-11-21T08:49:28.000Z", "sequence": 2.0, "rule": "r1",
			"evidence": []any{map[string]any{"field": "f", "value": "v", "match": "v*"}}},
	}
	if got := at(m, "auditpy.related"); !reflect.DeepEqual(got, want) || at(m, "auditpy.related_unlisted") != 3.0 {
		t.Errorf("related = %v, unlisted %v, want %v", got, at(m, "auditpy.related_unlisted"), want)
	}
	if m = document(t, sampleAlert("x").AppendJSON(nil)); at(m, "auditpy.related") != nil {
		t.Errorf("an alert of one event has related = %v", at(m, "auditpy.related"))
	}
}

// TestRelatedIsBounded: long names make no alert that a sink refuses, and what is left out is counted.
func TestRelatedIsBounded(t *testing.T) {
	a := related(MaxRelated, strings.Repeat("\x01", 255))
	a.Unlisted = 10
	b := a.AppendJSON(nil)
	if len(b) > maxRelated+8<<10 {
		t.Errorf("the alert has %d bytes", len(b))
	}
	m := document(t, b)
	if n := len(at(m, "auditpy.related").([]any)); n == 0 || at(m, "auditpy.related_unlisted") != float64(MaxRelated+10-n) {
		t.Errorf("%d listed, %v unlisted", n, at(m, "auditpy.related_unlisted"))
	}
}

func TestGroup(t *testing.T) {
	a := related(1, "")
	a.Group = []Value{{"User", "al ice\n"}, {"process.entity_id", strings.Repeat("x", 999)}}
	got, _ := at(document(t, a.AppendJSON(nil)), "auditpy.correlation.group").([]any)
	want := map[string]any{"field": "User", "value": "al ice\n"}
	if len(got) != 2 || !reflect.DeepEqual(got[0], want) || len(got[1].(map[string]any)["value"].(string)) > 300 {
		t.Errorf("group = %v", got)
	}
	if text, want := string(a.AppendText(nil)), "  group    User 'al ice\\x0a', process.entity_id xxx"; !strings.Contains(text, want) {
		t.Errorf("text lacks %q:\n%s", want, text)
	}
	if at(document(t, sampleAlert("x").AppendJSON(nil)), "auditpy.correlation") != nil {
		t.Error("an alert of one event has a group")
	}
}

func TestRelatedText(t *testing.T) {
	a := related(3, "")
	a.Related = append(a.Related, Related{ID: a.Related[2].ID, Rule: &rule.Meta{ID: "another rule, the same event"}})
	many := related(MaxRelated, "")
	many.Unlisted = 100
	for want, a := range map[string]*Alert{
		"  related  3 events: serials 1 2 3\n":  a,
		"  related  1 event: serials 1\n":       related(1, ""),
		" 31 32 and 324 more\n":                 many,
		"  related  356 events: serials 1 2 3 ": many,
	} {
		if got := string(a.AppendText(nil)); !strings.Contains(got, want) {
			t.Errorf("text lacks %q:\n%s", want, got)
		}
	}
	if got := string(sampleAlert("x").AppendText(nil)); strings.Contains(got, "related") {
		t.Errorf("an alert of one event tells of others:\n%s", got)
	}
}
