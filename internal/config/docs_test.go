package config

import (
	"os"
	"regexp"
	"testing"
)

var example = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestDocs: each example of docs/sinks.md is a configuration that loads.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/sinks.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := example.FindAllSubmatch(text, -1)
	for _, e := range examples {
		if _, err := parse("docs/sinks.md", e[1]); err != nil {
			t.Errorf("%v in\n%s", err, e[1])
		}
	}
	if len(examples) < 7 {
		t.Errorf("%d examples found", len(examples))
	}
}
