package event

import (
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// fullLog is the text of the event: its records joined by one blank, as Wazuh's collector does, without node=, which
// its decoders cannot read. It has two values. The second has in quotes what the first has in hex, and long arguments
// in one piece: the kernel writes each argument with a blank in hex, and a pattern for text would find none of them.
// A rule should match if one does, and a negated one only if neither does.
func fullLog(dst []string, ev *Event) []string {
	if len(ev.Records) == 0 {
		return dst
	}
	var raw, decoded strings.Builder
	raw.Grow(ev.size())
	ev.writeRaw(&raw)
	dst = append(dst, raw.String())
	decoded.Grow(raw.Len())
	ev.writeDecoded(&decoded)
	if decoded.String() != raw.String() {
		dst = append(dst, decoded.String())
	}
	return dst
}

// size is at least the length of the raw text.
func (ev *Event) size() int {
	const header = 96 // the longest type and time stamp
	n := 0
	for i := range ev.Records {
		n += len(ev.Records[i].Body) + len(ev.Records[i].Enriched) + header
	}
	return n
}

func (ev *Event) writeRaw(w *strings.Builder) {
	for i := range ev.Records {
		r := &ev.Records[i]
		writeHeader(w, r)
		w.WriteString(r.Body)
		writeEnriched(w, r)
	}
}

func (ev *Event) writeDecoded(w *strings.Builder) {
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

func writeHeader(w *strings.Builder, r *audit.Record) {
	if w.Len() > 0 {
		w.WriteByte(' ')
	}
	w.WriteString("type=")
	w.WriteString(r.TypeName())
	w.WriteString(" msg=audit(")
	var buf [64]byte
	b := strconv.AppendInt(buf[:0], r.ID.Msec/1000, 10)
	ms := r.ID.Msec % 1000
	b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), ':')
	b = strconv.AppendUint(b, r.ID.Serial, 10)
	w.Write(append(b, "): "...))
}

// writeEnriched separates what auditd looked up by the byte that it does.
func writeEnriched(w *strings.Builder, r *audit.Record) {
	if r.Enriched != "" {
		w.WriteByte(0x1d)
		w.WriteString(r.Enriched)
	}
}

func writeArgs(w *strings.Builder, x *Exec) {
	var buf [24]byte
	if x.Argc >= 0 {
		w.WriteString("argc=")
		w.Write(strconv.AppendInt(buf[:0], int64(x.Argc), 10))
	}
	for i, arg := range x.Args {
		w.WriteString(" a")
		w.Write(strconv.AppendInt(buf[:0], int64(i), 10))
		w.WriteString(`="`)
		w.WriteString(arg)
		w.WriteByte('"')
	}
}

// writeFields writes the text of a record with its hex values decoded. All other bytes stay as they are, words that
// are no field too.
func writeFields(w *strings.Builder, s string) {
	for {
		i := strings.IndexByte(s, '=')
		if i < 0 {
			w.WriteString(s)
			return
		}
		key := s[strings.LastIndexAny(s[:i], " '")+1 : i]
		w.WriteString(s[:i+1])
		s = writeValue(w, key, s[i+1:])
	}
}

// writeValue writes the value at the start of s and returns what follows it. What stands in msg='…' is fields again.
func writeValue(w *strings.Builder, key, s string) (rest string) {
	if strings.HasPrefix(s, `"`) {
		if i := strings.IndexByte(s[1:], '"'); i >= 0 {
			w.WriteString(s[:i+2])
			return s[i+2:]
		}
	}
	end := strings.IndexAny(s, " '")
	if end < 0 {
		end = len(s)
	}
	writeDecodedValue(w, key, s[:end])
	return s[end:]
}

func writeDecodedValue(w *strings.Builder, key, value string) {
	decoded := audit.Field{Key: key, Value: value}.Decode()
	if decoded == value {
		w.WriteString(value)
		return
	}
	if key == "proctitle" {
		decoded = strings.ReplaceAll(decoded, "\x00", " ")
	}
	w.WriteByte('"')
	w.WriteString(decoded)
	w.WriteByte('"')
}
