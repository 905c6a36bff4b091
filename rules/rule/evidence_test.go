package rule

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("A", 100_000) + "connect(" + strings.Repeat("B", 50_000)
	for _, tt := range []struct {
		value      string
		start, end int
		has, not   []string
	}{
		{value: "short", has: []string{"short"}, not: []string{"bytes"}},
		{long, 100_000, 100_008, []string{"Aconnect(B", "[+99876 bytes]...A", "B...[+"}, nil},
		{long, 0, 0, []string{"AAA...[+149752 bytes]"}, []string{"connect"}},
		{long, len(long) - 3, len(long), []string{"[+149752 bytes]...B"}, []string{"B...["}},
		{long, 0, len(long), []string{"AAA...[+149752 bytes]"}, nil},
	} {
		e := Evidence{Value: tt.value, Start: tt.start, End: tt.end}
		got := e.Excerpt()
		for _, s := range tt.has {
			if !strings.Contains(got, s) {
				t.Errorf("Excerpt of %d:%d = %q, want %q in it", tt.start, tt.end, got, s)
			}
		}
		for _, s := range tt.not {
			if strings.Contains(got, s) {
				t.Errorf("Excerpt of %d:%d = %q, want no %q in it", tt.start, tt.end, got, s)
			}
		}
	}
}

// FuzzExcerpt: an excerpt is short, cuts no character, has what matched if that is short, and is its own.
func FuzzExcerpt(f *testing.F) {
	f.Add(strings.Repeat("é", 300)+"x"+strings.Repeat("\xff", 300), 600, 601)
	f.Fuzz(func(t *testing.T, value string, start, end int) {
		if start < 0 || end < start || end > len(value) {
			return
		}
		e := Evidence{Value: value, Start: start, End: end}
		got := e.Excerpt()
		if len(got) > MaxExcerpt+maxMarks {
			t.Errorf("%d bytes", len(got))
		}
		if utf8.ValidString(value) && !utf8.ValidString(got) {
			t.Errorf("Excerpt of %q %d:%d = %q", value, start, end, got)
		}
		if end-start < MaxExcerpt-16 && !strings.Contains(got, value[start:end]) {
			t.Errorf("Excerpt of %q %d:%d = %q, which lacks the match", value, start, end, got)
		}
		if again := (&Evidence{Value: got}).Excerpt(); again != got {
			t.Errorf("Excerpt of %q = %q", got, again)
		}
	})
}
