package predicate

import (
	"slices"
	"testing"
)

func TestOwners(t *testing.T) {
	var b OwnersBuilder
	b.Add(Needle{Text: "python"}, 1)
	b.Add(Needle{Text: "python"}, 2)
	b.Add(Needle{Text: "/tmp/", Place: AtStart}, 3)
	b.Add(Needle{}, 4)
	o := b.Owners()
	var ids []int32
	for value, want := range map[string][]int32{
		"":                nil,
		"bash":            nil,
		"/usr/bin/PYTHON": {1, 2},
		"x/tmp/python":    {1, 2},
		"/tmp/python":     {1, 2, 3},
		"/tmp/x":          {3},
		"a long ſ":        {1, 2, 3},
	} {
		got := o.Append(nil, value, &ids)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("Append(%q) = %v, want %v", value, got, want)
		}
	}
	if got := o.OfAny(); !slices.Equal(got, []int32{4}) {
		t.Errorf("OfAny() = %v", got)
	}
}

func TestNoOwners(t *testing.T) {
	var b OwnersBuilder
	b.Add(Needle{}, 1)
	o := b.Owners()
	var ids []int32
	if got := o.Append(nil, "a value ſ", &ids); got != nil || o.Reads("a value") {
		t.Errorf("Append = %v of no literals", got)
	}
}
