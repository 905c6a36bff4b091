package sigma

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRequiredLiterals(t *testing.T) {
	tests := []struct {
		re   string
		want []string
	}{
		{`abc`, []string{"abc"}}, {`a.*bcd`, []string{"bcd"}}, {`-(W|R)\s?x`, []string{"-R", "-W"}}, {`(foo|bar)baz`, []string{"foobaz", "barbaz"}},
		{`^/bin/(ba)?sh$`, []string{"/bin/"}}, {`[0-9]+`, nil}, {`a*`, nil}, {`(a|b*)c?`, nil}, {`(?i)Evil`, []string{"EVIL"}}, {`x{3}y`, []string{"xxxy"}},
	}
	for _, tt := range tests {
		got := requiredLiterals(tt.re)
		slices.Sort(got)
		slices.Sort(tt.want)
		if !slices.EqualFunc(got, tt.want, strings.EqualFold) {
			t.Errorf("requiredLiterals(%q) = %q, want %q", tt.re, got, tt.want)
		}
	}
}

// FuzzRequired: what a regular expression matches has one of its literals.
func FuzzRequired(f *testing.F) {
	f.Add(`-(W|R)\s?x`, "a -R x")
	f.Add(`(foo|ba[rz])+q?`, "xbazq")
	f.Add(`(?i)a(b|)c{2}`, "ACC")
	f.Fuzz(func(t *testing.T, re, s string) {
		r, err := regexp.Compile(re)
		if err != nil || !r.MatchString(s) || folds(s) {
			return
		}
		set := requiredLiterals(re)
		if len(set) == 0 || slices.ContainsFunc(set, func(lit string) bool { return !usable(lit) }) {
			return
		}
		if !slices.ContainsFunc(set, func(lit string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(lit)) }) {
			t.Fatalf("%q matches %q, which has none of %q", re, s, set)
		}
	})
}
