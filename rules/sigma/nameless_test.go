package sigma

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

const nameless = "title: Two Words\nlogsource: {category: process_creation, product: linux}\ndetection: {a: {Image: %}, condition: a}\n"

// TestNameless loads rules without ids and with one title from files of several authors.
func TestNameless(t *testing.T) {
	file := func(name, image string) rule.File {
		return rule.File{Name: name, Data: []byte(strings.ReplaceAll(nameless, "%", image))}
	}
	e, diags := Compile([]rule.File{file("a.yml", "/a"), file("b.yml", "/b"), file("c.yml", "/c")}, Options{})
	if len(diags) > 0 || len(e.rules) != 3 {
		t.Fatalf("%d rules, %v", len(e.rules), diags)
	}
	ids := map[string]bool{}
	for _, m := range e.Rules() {
		ids[m.ID] = true
	}
	if !ids["two-words"] || len(ids) != 3 {
		t.Errorf("ids %v, want the title's and two others", ids)
	}
	again, _ := Compile([]rule.File{file("a.yml", "/a"), file("x/b.yml", "/b")}, Options{})
	if got := again.Rules()[1].ID; !ids[got] {
		t.Errorf("the id of a rule hangs on where it stands: %q, before %v", got, ids)
	}
	_, diags = Compile([]rule.File{file("a.yml", "/a"), file("b.yml", "/b"), file("c.yml", "/b"), file("d.yml", "/a")}, Options{})
	if len(diags) != 2 || !strings.Contains(diags[0].Msg, "already that of the rule at b.yml") || !strings.Contains(diags[1].Msg, "already that of the rule at a.yml") {
		t.Errorf("two doubles: %v", diags)
	}
}

func TestVerbs(t *testing.T) {
	text := "title: T\nid: r\nlogsource: {category: process_creation, product: linux}\ndetection:\n  a: {Image: /sh}\n  b: {Image: /s*}\n  c: {Image|contains: s}\n  d: {Image|startswith: /}\n  e: {Image|endswith: h}\n  f: [k]\n  condition: all of them\n"
	e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(text)}}, Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var got []string
	for _, l := range e.leaves {
		got = append(got, l.says())
	}
	want := "Image is /sh, Image is like /s*, Image contains s, Image starts with /, Image ends with h, any value contains k"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("%s, want %s", s, want)
	}
}
