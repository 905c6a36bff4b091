package sigma

import (
	"encoding/base64"
	"encoding/binary"
	"unicode/utf16"

	"github.com/auditpy/auditpy/rules/rule"
)

// encode returns the texts that stand for s after the encoding modifiers, in order: any of them is
// meant. The text is what s says, not what a shell or YAML would make of it.
func encode(s string, encodings []string, pos rule.Pos) ([]string, error) {
	all := []string{s}
	for _, name := range encodings {
		var next []string
		for _, s := range all {
			if name == "base64offset" {
				next = append(next, base64Offsets(s)...)
				continue
			}
			next = append(next, encodeOne(s, name))
		}
		if all = next; len(all)*len(all[0]) > maxBytes {
			return nil, errorAt(pos, "the text is too long for its encodings")
		}
	}
	for _, s := range all {
		if s == "" {
			return nil, errorAt(pos, "the text is too short to be found in base64")
		}
	}
	return all, nil
}

func encodeOne(s, name string) string {
	switch name {
	case "base64":
		return base64.StdEncoding.EncodeToString([]byte(s))
	case "utf16be":
		return utf16Text(s, binary.BigEndian)
	case "utf16":
		return "\xff\xfe" + utf16Text(s, binary.LittleEndian)
	default: // wide, utf16le
		return utf16Text(s, binary.LittleEndian)
	}
}

func utf16Text(s string, order binary.AppendByteOrder) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

// base64Offsets returns what s becomes inside of a longer base64 text: one form for each position
// in a group of three bytes, without the characters that depend on its neighbours.
func base64Offsets(s string) []string {
	var out []string
	for pad := range 3 {
		enc := base64.StdEncoding.EncodeToString(append(make([]byte, pad), s...))
		begin := (pad*8 + 5) / 6
		end := (pad + len(s)) * 8 / 6
		if begin > end {
			begin = end
		}
		out = append(out, enc[begin:end])
	}
	return out
}
