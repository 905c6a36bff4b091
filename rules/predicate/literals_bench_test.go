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

// syllables writes i in a made-up language, so that any number of different words exists.
func syllables(i int) string {
	var b strings.Builder
	for i += 400; i > 0; i /= 20 {
		b.WriteByte("bcdfghklmnprstvwxzjq"[i%20])
		b.WriteByte("aeiou"[i%5])
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
		b.WriteString(benchWords[r.IntN(len(benchWords))] + []string{" --", "_", "=", " /"}[r.IntN(4)] + syllables(r.IntN(8000)+1<<20) + ",")
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
			b.Run(fmt.Sprintf("needles=%d/bytes=%d/none", count, size), func(b *testing.B) { benchFind(b, l, benchValue(size)) })
			b.Run(fmt.Sprintf("needles=%d/bytes=%d/some", count, size), func(b *testing.B) {
				benchFind(b, l, benchValue(size, needles[3], needles[4], needles[6]))
			})
		}
	}
}

func benchFind(b *testing.B, l *Literals, value string) {
	b.ReportAllocs()
	ids := make([]int32, 0, 100)
	n := 0
	for b.Loop() {
		n = len(l.Find(ids, value))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(value)), "ns/byte")
	b.ReportMetric(float64(n), "ids")
}
