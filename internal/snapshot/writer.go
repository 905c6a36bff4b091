package snapshot

import (
	"encoding/binary"
	"math"

	"github.com/auditpy/auditpy/internal/audit"
)

// Writer appends values to a frame.
type Writer struct{ b []byte }

// Uint writes a number that is not negative.
func (w *Writer) Uint(v uint64) { w.b = binary.AppendUvarint(w.b, v) }

// Int writes a number; small ones are short.
func (w *Writer) Int(v int64) { w.b = binary.AppendVarint(w.b, v) }

// Count writes how many items follow.
func (w *Writer) Count(n int) { w.Uint(uint64(n)) }

// Bool writes a truth value.
func (w *Writer) Bool(v bool) {
	b := byte(0)
	if v {
		b = 1
	}
	w.b = append(w.b, b)
}

// Float writes a number with a fraction.
func (w *Writer) Float(v float64) { w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(v)) }

// Text writes any bytes.
func (w *Writer) Text(s string) {
	w.Count(len(s))
	w.b = append(w.b, s...)
}

// ID writes what names an event.
func (w *Writer) ID(id audit.ID) {
	w.Text(id.Node)
	w.Int(id.Msec)
	w.Uint(id.Serial)
}

// Part writes what fill does as a part that can be passed over.
func (w *Writer) Part(fill func()) {
	at := len(w.b)
	w.b = append(w.b, make([]byte, 8)...)
	fill()
	binary.LittleEndian.PutUint64(w.b[at:], uint64(len(w.b)-at-8))
}
