package audit

import (
	"slices"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	tests := []struct {
		key  string
		want []string
	}{
		{"", nil},
		{"(null)", nil},
		{"exec", []string{"exec"}},
		{"exec\x01susp activity", []string{"exec", "susp activity"}},
		{"a\x01b\x01c", []string{"a", "b", "c"}},
		{"\x01a\x01\x01b\x01", []string{"a", "b"}},
		{"\x01", nil},
		{"(null)\x01a", []string{"(null)", "a"}}, // only a whole value stands for no key
		{"a\xff\x01\x02", []string{"a\xff", "\x02"}},
	}
	for _, tt := range tests {
		if got := slices.Collect(Keys(tt.key)); !slices.Equal(got, tt.want) {
			t.Errorf("Keys(%q) = %q, want %q", tt.key, got, tt.want)
		}
	}
}

func TestKeysStops(t *testing.T) {
	for k := range Keys("a\x01b") {
		if k != "a" {
			t.Errorf("Keys went on to %q", k)
		}
		break
	}
}

func TestKeysAllocs(t *testing.T) {
	key, n := "exec\x01network", 0
	if got := testing.AllocsPerRun(100, func() {
		for k := range Keys(key) {
			n += len(k)
		}
	}); got != 0 {
		t.Errorf("Keys: %v allocations", got)
	}
}

// FuzzKeys holds Keys to: nothing but 0x01 is lost.
func FuzzKeys(f *testing.F) {
	f.Add("exec\x01network\x01")
	f.Add("(null)")
	f.Fuzz(func(t *testing.T, key string) {
		got := strings.Join(slices.Collect(Keys(key)), "")
		if want := strings.ReplaceAll(key, "\x01", ""); got != want && key != "(null)" {
			t.Errorf("Keys(%q) = %q joined, want %q", key, got, want)
		}
	})
}

func BenchmarkKeys(b *testing.B) {
	for name, key := range map[string]string{"none": "(null)", "one": "susp_activity", "three": "exec\x01network\x01susp"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for range Keys(key) {
				}
			}
		})
	}
}
