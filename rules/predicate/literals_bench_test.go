package predicate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// The words of command lines, benign and not; needles are made of them, so that they nearly match often.
var benchWords = strings.Fields(`/usr/bin/ /bin/sh /tmp/ /dev/tcp/ /etc/passwd /var/log/ curl wget bash python3 perl ruby
	base64 chmod chown systemctl crontab iptables useradd nohup mkfifo import socket subprocess spawn eval exec
	--output --reverse -decode --data http:// https:// .onion .sh .py .service id_rsa authorized_keys ld.so.preload
	docker kubectl mount nsenter insmod tar gzip find grep sed awk xargs setuid history passwd shadow`)

// syllables returns a word of a made-up language that has a million, another one for each i.
func syllables(i int) string {
	i = i * 610_639 % 1_000_000
	var b strings.Builder
	for range 2 {
		b.WriteByte("bcdfghklmnprstvwxzjq"[i%20])
		b.WriteByte("aeiou"[i/20%5])
		b.WriteByte("lmnrstkpxz"[i/100%10])
		i /= 1000
	}
	return b.String()
}

// benchNeedles are made like the literals of real rules: a fifth are paths that end a value, and one in
// a hundred each has three and two bytes.
func benchNeedles(count int) []Needle {
	r := rand.New(rand.NewPCG(1, 2))
	word := func() string { return benchWords[r.IntN(len(benchWords))] }
	needles := make([]Needle, count)
	for i := range needles {
		switch {
		case i%5 == 0:
			needles[i] = Needle{"/" + syllables(i), AtEnd}
		case i%100 == 1:
			needles[i] = Needle{" -" + string(rune('a'+r.IntN(26))), Anywhere}
		case i%100 == 2:
			needles[i] = Needle{fmt.Sprintf("%c%d", "%^~$"[r.IntN(4)], r.IntN(10)), Anywhere}
		case i%2 == 0:
			needles[i] = Needle{word() + syllables(i), Anywhere}
		default:
			needles[i] = Needle{syllables(i) + " " + word(), Anywhere}
		}
	}
	return needles
}

// benchValue has words and syllables, but no needle if all of them fit.
func benchValue(size int, needles ...Needle) string {
	r := rand.New(rand.NewPCG(3, uint64(size)))
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(benchWords[r.IntN(len(benchWords))] + []string{" --", "_", "=", " /"}[r.IntN(4)] + syllables(r.IntN(500_000)+500_000) + ",")
		if len(needles) > 0 && b.Len() > size/2 {
			b.WriteString(needles[0].Text + "/")
			needles = needles[1:]
		}
	}
	return b.String()[:size]
}

func BenchmarkLiterals(b *testing.B) {
	for _, count := range []int{10, 300, 3000, 30_000} {
		needles := benchNeedles(count)
		l := CompileLiterals(needles)
		for _, size := range []int{20, 200, 2000} {
			name := fmt.Sprintf("needles=%d/bytes=%d", count, size)
			none, some := benchValue(size), benchValue(size, needles[3], needles[4], needles[6])
			b.Run(name+"/none", func(b *testing.B) { benchFind(b, none, l.Find) })
			b.Run(name+"/some", func(b *testing.B) { benchFind(b, some, l.Find) })
			b.Run(name+"/naive", func(b *testing.B) { benchFind(b, none, patternsOf(needles)) })
		}
	}
}

// patternsOf is the naive loop: one Pattern after the other.
func patternsOf(needles []Needle) func(dst []int32, value string) []int32 {
	patterns := make([]*Pattern, len(needles))
	for i, n := range needles {
		glob := map[Place]string{Anywhere: "*%*", AtStart: "%*", AtEnd: "*%", Whole: "%"}[n.Place]
		var parts []Part
		for _, c := range glob {
			parts = append(parts, map[rune]Part{'*': {Kind: Run}, '%': {Kind: Literal, Text: n.Text}}[c])
		}
		patterns[i] = Compile(parts, true)
	}
	return func(dst []int32, value string) []int32 {
		for i, p := range patterns {
			if p.Match(value) {
				dst = append(dst, int32(i))
			}
		}
		return dst
	}
}

func benchFind(b *testing.B, value string, find func(dst []int32, value string) []int32) {
	b.ReportAllocs()
	ids := make([]int32, 0, 100)
	n := 0
	for b.Loop() {
		n = len(find(ids, value))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(value)), "ns/byte")
	b.ReportMetric(float64(n), "ids")
}

func BenchmarkCompileLiterals(b *testing.B) {
	needles, bytes := benchNeedles(100_000), 0
	for _, n := range needles {
		bytes += len(n.Text)
	}
	b.ReportAllocs()
	for b.Loop() {
		CompileLiterals(needles)
	}
	b.ReportMetric(float64(CompileLiterals(needles).Size())/float64(bytes), "B/byte")
}
