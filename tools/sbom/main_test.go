package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"runtime/debug"
	"testing"
	"time"
)

// TestBill: each module once, the standard library too, and the same bytes each time.
func TestBill(t *testing.T) {
	info := &debug.BuildInfo{
		GoVersion: "go1.26.8", Main: debug.Module{Path: "example.org/a"},
		Deps: []*debug.Module{
			{Path: "example.org/c", Version: "v2.0.0+incompatible", Sum: "h1:x"},
			{Path: "example.org/b", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/fork", Version: "v1.0.1"}},
		},
		Settings: []debug.BuildSetting{{Key: "GOARCH", Value: "arm64"}, {Key: "-ldflags", Value: "-s"}},
	}
	s := subject{"1.2.3", "00ff", time.Unix(1, 0).UTC()}
	b := billOf(info, s)
	var refs []string
	for _, c := range b.Components {
		refs = append(refs, c.Ref)
	}
	want := []string{"pkg:golang/example.org/c@v2.0.0%2Bincompatible", "pkg:golang/example.org/fork@v1.0.1", "pkg:golang/std@1.26.8"}
	if len(refs) != 3 || refs[0] != want[0] || refs[1] != want[1] || refs[2] != want[2] {
		t.Errorf("components %q, want %q", refs, want)
	}
	if c := b.Metadata.Component; c.Version != "1.2.3" || c.Hashes[0].Content != "00ff" || len(c.Properties) != 1 || b.Metadata.Timestamp != "1970-01-01T00:00:01Z" {
		t.Errorf("metadata %+v", b.Metadata)
	}
	if !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(b.Serial) {
		t.Errorf("serial %q", b.Serial)
	}
	one, _ := json.Marshal(b)
	two, _ := json.Marshal(billOf(info, s))
	if !bytes.Equal(one, two) {
		t.Error("two bills of one binary differ")
	}
	s.version = "1.2.4"
	if billOf(info, s).Serial == b.Serial {
		t.Error("two bills have one serial number")
	}
}
