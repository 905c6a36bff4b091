package regex

import "testing"

// TestLookbehindOfConditions: where PCRE2 steps back characters of a condition that is not met, or gives up measuring, we refuse.
func TestLookbehindOfConditions(t *testing.T) {
	utf, _ := ParseFlags("u")
	for expr, refused := range map[string]bool{
		`(a)(?<=(?(1)\r\G)x)`:               true,
		`(a)(?<=(?(1)\r|\n)x)`:              false,
		`(?<!(?i:\1){1}|a)(é(?(DEFINE)b)c)`: true,
		`(?<!(?i:\1){1}|a)(éc)`:             false,
		`(?<=a\1)(\1{0}|)`:                  true,
		`(?<=(?=(*COMMIT)a)é)b|c`:           true,
		`(?<=é(*ACCEPT)a)b(*COMMIT)c`:       false,
	} {
		if _, err := Compile(expr, Options{Flags: utf}); (err != nil) != refused {
			t.Errorf("%s: %v, want an error: %v", expr, err, refused)
		}
	}
	if _, err := Compile(`(a)(?<=(?(1)\r\G)x)`, Options{}); err != nil {
		t.Errorf("in bytes: %v", err)
	}
}
