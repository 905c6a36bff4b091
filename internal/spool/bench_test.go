package spool

import (
	"bytes"
	"fmt"
	"testing"
)

// One synced batch of 600-byte frames an iteration, as measured in five queue libraries.
func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 64} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			q := open(b, b.TempDir(), Options{MaxBytes: 16 << 20})
			batch := make([][]byte, n)
			for i := range batch {
				batch[i] = bytes.Repeat([]byte("x"), 600)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := q.AppendBatch(0, batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}

func BenchmarkPeekAck(b *testing.B) {
	q := open(b, b.TempDir(), Options{MaxBytes: 64 << 20})
	batch := make([][]byte, 1000)
	for i := range batch {
		batch[i] = bytes.Repeat([]byte("x"), 600)
	}
	b.ReportAllocs()
	for b.Loop() {
		if q.Len() == 0 {
			b.StopTimer()
			if err := q.AppendBatch(0, batch); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		if _, err := q.Peek(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := q.Ack(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	data := appendHeader(nil)
	for len(data) < 1<<20 {
		data = appendFrame(data, bytes.Repeat([]byte("x"), 600))
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		scan(data, headerSize)
	}
}
