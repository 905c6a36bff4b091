package predicate

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestLiterals(t *testing.T) {
	needles := []Needle{
		0: {"a", Anywhere}, 1: {"ab", AtStart}, 2: {"b\x00", AtEnd}, 3: {"Ab", Whole},
		4: {"/Python3", AtEnd}, 5: {"/python3", AtEnd}, 6: {"/python3", Anywhere}, 7: {"python3 -c", Anywhere},
		8: {"/usr/bin/", AtStart}, 9: {"/usr/bin/python3", Whole}, 10: {"\xff\xfeé", Anywhere}, 11: {"É", Anywhere},
		12: {" -e", AtEnd}, 13: {"@[", Anywhere}, 14: {"n3", AtEnd}, 15: {"é", Whole},
	}
	tests := []struct {
		value string
		want  []int32
	}{
		{"", nil},
		{"A", []int32{0}},
		{"AB", []int32{0, 1, 3}},
		{"aB\x00", []int32{0, 1, 2}},
		{"b", nil},
		{"/usr/bin/PYTHON3", []int32{4, 5, 6, 8, 9, 14}},
		{"/usr/bin/python3 -C x", []int32{6, 7, 8}},
		{"x/usr/bin/python3", []int32{4, 5, 6, 14}},
		{"/usr/bin/python3x", []int32{6, 8}},
		{"\xff\xfe\xc3\xa9", []int32{10}},
		{"é", []int32{15}},
		{"\xc3\x89\xc3", []int32{11}},
		{"-e -e", []int32{12}},
		{"-e -e ", nil},
		{"`{", nil}, // @[ with another bit
		{"@[", []int32{13}},
		{strings.Repeat("a", 1000), []int32{0}},
	}
	l := CompileLiterals(needles)
	for _, tt := range tests {
		if got := l.Find(nil, tt.value); !slices.Equal(got, tt.want) {
			t.Errorf("Find(%q) = %v, want %v", tt.value, got, tt.want)
		}
	}
}

// TestLiteralsPlaces has needles of one place only: so what Find reads is limited on one side or on both.
func TestLiteralsPlaces(t *testing.T) {
	tests := []struct {
		places []Place
		want   []int32 // in a value that has the text anywhere, then at the start, at the end, and alone
	}{
		{[]Place{AtStart}, []int32{0, 1, 0, 1}},
		{[]Place{AtEnd}, []int32{0, 0, 1, 1}},
		{[]Place{Whole}, []int32{0, 0, 0, 1}},
		{[]Place{AtStart, AtEnd}, []int32{0, 1, 1, 2}},
		{[]Place{AtEnd, Whole}, []int32{0, 0, 1, 2}},
	}
	pad := strings.Repeat("_", 50)
	for _, tt := range tests {
		for _, text := range []string{"a", "xy", "dev", "/dev", "/dev/tcp/", "Q/dev/tcp/192.0.2.1/443"} {
			var needles []Needle
			for _, p := range tt.places {
				needles = append(needles, Needle{text, p})
			}
			l := CompileLiterals(needles)
			for i, value := range []string{pad + text + pad, text + pad, pad + text, text} {
				if got := l.Find(nil, value); len(got) != int(tt.want[i]) {
					t.Errorf("places %v: Find(%q) = %v, want %d ids", tt.places, value, got, tt.want[i])
				}
			}
		}
	}
}

func TestLiteralsEmpty(t *testing.T) {
	if got := CompileLiterals(nil).Find([]int32{7}, "value"); !slices.Equal(got, []int32{7}) {
		t.Errorf("no needles: Find = %v, want the 7 of the caller", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("CompileLiterals accepted an empty text")
		}
	}()
	CompileLiterals([]Needle{{"a", Anywhere}, {"", AtEnd}})
}

func TestLiteralsSize(t *testing.T) {
	types := map[reflect.Type]int{
		reflect.TypeFor[Literals](): headerBytes, reflect.TypeFor[needle](): needleBytes, reflect.TypeFor[spot](): spotBytes,
	}
	for typ, want := range types {
		if got := int(typ.Size()); got != want {
			t.Errorf("%v has %d bytes, Size counts %d", typ, got, want)
		}
	}
	for _, width := range []int{1, 2, 3, 4, 12} {
		for _, count := range []int{1, 100, 256, 5000} {
			bytes := 0
			var needles []Needle
			for i := range count {
				n := Needle{fmt.Sprintf("%0*d", width, i), Anywhere}
				needles = append(needles, n)
				bytes += len(n.Text)
			}
			if got := CompileLiterals(needles).Size(); got > 64*bytes+52<<10 {
				t.Errorf("%d needles of %d bytes take %d bytes", count, width, got)
			}
		}
	}
}

// TestLiteralsCrowd: the scarcest bytes of these are the same, so needles must spread over their other windows.
func TestLiteralsCrowd(t *testing.T) {
	var needles []Needle
	for i := range 10_000 {
		needles = append(needles, Needle{fmt.Sprintf("%s.zqxj.example", syllables(i)), AtEnd})
	}
	l, most := CompileLiterals(needles), uint32(0)
	for b := range len(l.buckets) - 1 {
		most = max(most, l.buckets[b+1]-l.buckets[b])
	}
	if most > 40 {
		t.Errorf("%d needles share a bucket", most)
	}
}

func TestLiteralsNoAllocation(t *testing.T) {
	l := CompileLiterals([]Needle{{"socket", Anywhere}, {"python", AtStart}, {"c", AtEnd}, {"-", Anywhere}})
	ids := make([]int32, 0, 4)
	if n := testing.AllocsPerRun(100, func() { l.Find(ids, "python3 -c import socket;socket -c") }); n != 0 {
		t.Errorf("Find allocates %v times", n)
	}
}

func TestLiteralsConcurrent(t *testing.T) {
	l := CompileLiterals([]Needle{{"socket", Anywhere}, {"python", AtStart}, {"c", AtEnd}})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if got := l.Find(nil, "python3 -c SOCKET"); !slices.Equal(got, []int32{0, 1}) {
					t.Errorf("Find = %v, want [0 1]", got)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzLiterals(f *testing.F) {
	f.Add("a\nba\naba\n>ab\n<ba\n=aba", "xABA", uint8(0))
	f.Add("/python3\n</python3\n=\xff\x00\n>\x80", "/usr/bin/python3", uint8(0))
	f.Add("0123\n12\n<3210\n>0\n=00000", "012301230123", uint8(3))
	f.Add("aaaa\naaaaa\n<aaa\n>aaaaaaa\na\naa", "aaaaaaaaaaaaaaa", uint8(1))
	f.Fuzz(func(t *testing.T, lines, value string, letters uint8) {
		if len(lines)*len(value) > 1<<16 {
			return
		}
		needles := needlesOf(lines, int(letters))
		value = fewer(value, int(letters))
		got := CompileLiterals(needles).Find([]int32{-1}, value)
		if want := naiveFind([]int32{-1}, needles, value); !slices.Equal(got, want) {
			t.Errorf("%q: Find(%q) = %v, want %v", needles, value, got, want)
		}
	})
}

// needlesOf reads a needle a line; <, >, = in front ask for the end, the start, the whole.
func needlesOf(lines string, letters int) (needles []Needle) {
	for line := range strings.SplitSeq(lines, "\n") {
		place := Place(1 + strings.IndexByte("><=", (line + " ")[0]))
		if place != Anywhere {
			line = line[1:]
		}
		if line != "" {
			needles = append(needles, Needle{fewer(line, letters), place})
		}
	}
	return needles
}

// fewer maps s to so few letters that needles overlap; some differ in one bit, or in case only.
func fewer(s string, letters int) string {
	if letters == 0 {
		return s
	}
	b := []byte(s)
	for i := range b {
		b[i] = "aAbB@`\x00 \x80\xa0[{"[int(b[i])%min(letters, 12)]
	}
	return string(b)
}

func naiveFind(dst []int32, needles []Needle, value string) []int32 {
	value = foldASCII(value)
	for i, n := range needles {
		test := [...]func(s, t string) bool{
			strings.Contains, strings.HasPrefix, strings.HasSuffix, func(s, t string) bool { return s == t },
		}[n.Place]
		if test(value, foldASCII(n.Text)) {
			dst = append(dst, int32(i))
		}
	}
	return dst
}
