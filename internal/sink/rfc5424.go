package sink

import (
	"strconv"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
)

const (
	// minMax is the least bound a syslog line is cut to: every header fits, and the JSON of a
	// last resort.
	minMax   = 1024
	maxParam = 64
	maxHost  = 255 // RFC 5424 section 6
	// enterprise is the number set aside for documentation, RFC 5612: we have none of our own.
	enterprise = "32473"
)

// Header is what a syslog line needs beside the alert.
type Header struct {
	Facility Facility
	Host     string // for alerts of this host
	PID      int
}

func (h *Header) host(e *alert.Envelope) string {
	if e.Host == "" {
		return h.Host
	}
	return e.Host
}

// Facility is a syslog facility code.
type Facility int

// The facilities that user space sends with, by code. Kern (0) is the kernel's own.
var facilityNames = [...]string{
	1: "user", 2: "mail", 3: "daemon", 4: "auth", 5: "syslog", 6: "lpr", 7: "news", 8: "uucp", 9: "cron",
	10: "authpriv", 11: "ftp", 16: "local0", 17: "local1", 18: "local2", 19: "local3", 20: "local4",
	21: "local5", 22: "local6", 23: "local7",
}

// ParseFacility returns the facility of a name like "authpriv".
func ParseFacility(name string) (Facility, bool) {
	for i, n := range facilityNames {
		if n != "" && n == name {
			return Facility(i), true
		}
	}
	return 0, false
}

// appendRFC5424 appends the header of RFC 5424, up to the blank before the MSG.
func appendRFC5424(dst []byte, h Header, e *alert.Envelope) []byte {
	dst = append(dst, '<')
	dst = strconv.AppendInt(dst, int64(h.Facility)*8+int64(severity(e)), 10)
	dst = append(dst, ">1 "...)
	dst = appendTime(dst, e.Time)
	dst = append(append(dst, ' '), printable(h.host(e), maxHost)...)
	dst = append(dst, " auditpy "...)
	dst = strconv.AppendInt(dst, int64(h.PID), 10)
	dst = append(dst, " alert [auditpy@"+enterprise...)
	dst = appendParam(dst, "id", e.ID)
	dst = appendParam(dst, "level", e.Level.String())
	dst = appendParam(dst, "rule", e.Rule)
	return append(dst, "] "...)
}

// severity maps critical to 2 (critical), and each lower level to the next: informational is 6.
func severity(e *alert.Envelope) int { return 6 - int(e.Level) }

// appendTime appends t, or the nil value if RFC 3339 has no form for it.
func appendTime(dst []byte, t time.Time) []byte {
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return append(dst, '-')
	}
	return t.AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}
