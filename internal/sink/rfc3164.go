package sink

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
)

// appendRFC3164 appends the header of RFC 3164, up to the blank before the CONTENT. Its time is that of this host's zone, has no year and no
// parts of a second: the CONTENT has the whole one. A local socket gets no host name: syslog daemons take
// what comes after the time there for the tag, as syslog(3) writes it.
func appendRFC3164(dst []byte, h Header, e *alert.Envelope, local bool) []byte {
	dst = append(dst, '<')
	dst = strconv.AppendInt(dst, int64(h.Facility)*8+int64(severity(e)), 10)
	dst = e.Time.Local().AppendFormat(append(dst, '>'), "Jan _2 15:04:05 ")
	if !local {
		dst = append(append(dst, hostName(h.host(e))...), ' ')
	}
	dst = strconv.AppendInt(append(dst, "auditpy["...), int64(h.PID), 10)
	return append(dst, "]: "...)
}

// hostName replaces what is in no name or address of a host: without structure, receivers guess by characters what is what, and a colon ends a tag.
func hostName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._", r) {
			return r
		}
		return '_'
	}, shorten(s, maxHost))
	return cmp.Or(s, "-")
}
