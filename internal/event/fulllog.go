package event

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	arena "github.com/auditpy/auditpy/internal/text"
)

// FullLog is the text of an event: its records joined by one blank, as Wazuh's collector does, without node=, which
// its decoders cannot read. Its memory is used again.
type FullLog struct {
	// Texts are one or two. The second has in quotes what the first has in hex, and long arguments in one piece: the
	// kernel writes each argument with a blank in hex, and a pattern for text would find none of them. A rule should
	// match if one does, and a negated one only if neither does. Valid until the next Take.
	Texts        []string
	raw, decoded buffer
}

// Take makes l the text of ev. It does not allocate once it has seen an event of that length.
func (l *FullLog) Take(ev *Event) {
	l.Texts = l.Texts[:0]
	l.raw.reset()
	l.decoded.reset()
	if len(ev.Records) == 0 {
		return
	}
	ev.writeRaw(&l.raw)
	ev.writeDecoded(&l.decoded)
	l.Texts = append(l.Texts, arena.View(l.raw))
	if !bytes.Equal(l.raw, l.decoded) {
		l.Texts = append(l.Texts, arena.View(l.decoded))
	}
}

// buffer is text in memory that is used again.
type buffer []byte

func (b *buffer) reset() {
	const keep = 256 << 10
	arena.Poison((*b)[:cap(*b)])
	if cap(*b) > keep {
		*b = nil
	}
	*b = (*b)[:0]
}

func (b *buffer) writeString(s string) { *b = append(*b, s...) }
func (b *buffer) writeByte(c byte)     { *b = append(*b, c) }
func (b *buffer) write(s []byte)       { *b = append(*b, s...) }

// fullLog is FullLog in memory of its own.
func fullLog(dst []string, ev *Event) []string {
	var l FullLog
	l.Take(ev)
	return append(dst, l.Texts...)
}

func (ev *Event) writeRaw(w *buffer) {
	for i := range ev.Records {
		r := &ev.Records[i]
		writeHeader(w, r)
		w.writeString(r.Body)
		writeEnriched(w, r)
	}
}

func (ev *Event) writeDecoded(w *buffer) {
	joined := false
	for i := range ev.Records {
		r := &ev.Records[i]
		switch {
		case r.Type != audit.Execve || ev.Exec == nil:
			writeHeader(w, r)
			writeFields(w, r.Body)
		case !joined:
			writeHeader(w, r)
			writeArgs(w, ev.Exec)
			joined = true
		default:
			continue
		}
		writeEnriched(w, r)
	}
}

func writeHeader(w *buffer, r *audit.Record) {
	if len(*w) > 0 {
		w.writeByte(' ')
	}
	w.writeString("type=")
	w.writeString(r.TypeName())
	w.writeString(" msg=audit(")
	var buf [64]byte
	b := strconv.AppendInt(buf[:0], r.ID.Msec/1000, 10)
	ms := r.ID.Msec % 1000
	b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), ':')
	b = strconv.AppendUint(b, r.ID.Serial, 10)
	w.write(append(b, "): "...))
}

// writeEnriched separates what auditd looked up by the byte that it does.
func writeEnriched(w *buffer, r *audit.Record) {
	if r.Enriched != "" {
		w.writeByte(0x1d)
		w.writeString(r.Enriched)
	}
}

func writeArgs(w *buffer, x *Exec) {
	var buf [24]byte
	if x.Argc >= 0 {
		w.writeString("argc=")
		w.write(strconv.AppendInt(buf[:0], int64(x.Argc), 10))
	}
	for i, arg := range x.Args {
		w.writeString(" a")
		w.write(strconv.AppendInt(buf[:0], int64(i), 10))
		w.writeString(`="`)
		w.writeString(arg)
		w.writeByte('"')
	}
}

// writeFields writes the text of a record with its hex values decoded. All other bytes stay as they are, words that
// are no field too, and are copied in long runs. What stands in msg='…' is fields again.
func writeFields(w *buffer, s string) {
	from, at := 0, 0
	for {
		i := strings.IndexByte(s[at:], '=')
		if i < 0 {
			w.writeString(s[from:])
			return
		}
		value := at + i + 1
		if value < len(s) && s[value] == '"' {
			if n := strings.IndexByte(s[value+1:], '"'); n >= 0 {
				at = value + n + 2
				continue
			}
		}
		key := keyBefore(s[from : value-1])
		if at = value; !mayBeHex(key, s[value:]) {
			continue
		}
		end := valueEnd(s, value)
		w.writeString(s[from:value])
		writeDecodedValue(w, key, s[value:end])
		from, at = end, end
	}
}

// keyBefore is the last word of s.
func keyBefore(s string) string {
	i := len(s)
	for i > 0 && s[i-1] != ' ' && s[i-1] != '\'' {
		i--
	}
	return s[i:]
}

func valueEnd(s string, i int) int {
	for i < len(s) && s[i] != ' ' && s[i] != '\'' {
		i++
	}
	return i
}

// mayBeHex passes over most numbers: their keys end in id, and no text's does.
func mayBeHex(key, value string) bool {
	return len(value) > 1 && isHexDigit(value[0]) && isHexDigit(value[1]) && !strings.HasSuffix(key, "id")
}

func isHexDigit(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' }

func writeDecodedValue(w *buffer, key, value string) {
	start := len(*w)
	w.writeByte('"')
	if !w.writeHex(key, value) {
		*w = (*w)[:start]
		w.writeString(value)
		return
	}
	if key == "proctitle" {
		for text := (*w)[start:]; ; {
			i := bytes.IndexByte(text, 0)
			if i < 0 {
				break
			}
			text[i], text = ' ', text[i+1:]
		}
	}
	w.writeByte('"')
}

// writeHex reports whether the value is in hex, and writes what it stands for.
func (b *buffer) writeHex(key, value string) bool {
	decoded, ok := audit.Field{Key: key, Value: value}.AppendDecoded(*b)
	*b = decoded
	return ok
}
