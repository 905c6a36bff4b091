package sigma

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

func TestLint(t *testing.T) {
	tests := []struct {
		rule string // below the title; line 2 on
		diag string // "" for none
	}{
		{"detection: {s: {Image: x}, t: {Image: y}, condition: s}", `r.yml:3:28: warning: identifier "t" is never used`},
		{"detection: {s: {Image: x}, _t: {Image: y}, condition: 1 of them}", `identifier "_t" is never used`},
		{"detection: {s: {Image: x}, t: {Image: y}, condition: all of them}", ""},
		{"detection: {s: {Image: x}, condition: 1 of them}", ""},
		{"detection: {s: {Image: x}, t: {Image: y}, condition: s and t and not s}", `r.yml:3:54: warning: condition is false whatever`},
		{"detection: {s: {Image: x}, t: {Image: y}, condition: not 1 of s* or s and t or s}", `condition is true whatever`},
		{"detection: {s1: {Image: x}, s2: {Image: y}, condition: 1 of s* and not all of s*}", ""},
		{"detection: {s: {Image: x}, condition: [s, not s]}", `condition is true whatever`},
		{"detection: {s: {Image|base64offset: abc}, condition: s}", "r.yml:3:37: warning: base64offset without contains"},
		{"detection: {s: {Image|base64offset|contains: abc}, condition: s}", ""},
		{"myown: {filter: x}\nfilter: mine\ndetection: {s: {Image: abc}, condition: s}", ""},
		{"detection: {s: [''], condition: s}", "an empty keyword is in every event"},
		{"detection: {s: {Image: [x, null]}, condition: s}", "r.yml:3:28: warning: null in a list"},
		{"detection: {s: {Image|expand: x}, condition: s}", "no effect on a text without a %placeholder%"},
		{"level: urgent\ndetection: {s: {Image: x}, condition: s}", `r.yml:3:8: warning: level "urgent" is not known`},
		{"level: High\ndetection: {s: {Image: x}, condition: s}", ""},
		{"status: done\ndetection: {s: {Image: x}, condition: s}", `r.yml:3:9: warning: status "done" is not known`},
		{"status: test\ndetection: {s: {Image: x}, condition: s}", ""},
		{"name: n\ndetection: {s: {Image: x}, condition: s}\n---\ntitle: U\nname: n\nlogsource: {category: process_creation}\ndetection: {s: {Image: x}, condition: s}",
			`r.yml:7:7: warning: name "n" is already that of the rule at r.yml:1:1`},
	}
	for _, tt := range tests {
		text := "title: T\nlogsource: {category: process_creation}\n" + tt.rule + "\n"
		e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(text)}}, Options{})
		got := fmt.Sprint(diags)
		if len(e.Rules()) == 0 || tt.diag == "" && len(diags) > 0 || tt.diag != "" && (len(diags) != 1 || !strings.Contains(got, tt.diag)) {
			t.Errorf("%s:\n%d rules, %s, want %q", tt.rule, len(e.Rules()), got, tt.diag)
		}
	}
}
