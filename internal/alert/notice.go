package alert

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/auditpy/auditpy/rules/rule"
)

// Notice is an alert about auditpy itself: no event stands behind it.
type Notice struct {
	Rule  string // what it is about, such as "auditpy-alerts-dropped"
	Title string
	Level rule.Level
	Time  time.Time
	About map[string]any // what encoding/json encodes; stands under auditpy.notice
}

// Seal returns the notice in the form that sinks take. Its id is made of what it says and when.
func (n *Notice) Seal() Envelope {
	about, err := json.Marshal(n.About)
	if err != nil {
		panic("alert: notice " + n.Rule + ": " + err.Error())
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%s", n.Rule, n.Time.UnixNano(), about))
	id := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:20])
	o := &object{b: []byte{'{'}}
	o.str("@timestamp", n.Time.UTC().Format(timeFormat))
	o.open("event", '{')
	o.str("kind", "alert")
	o.str("id", id)
	o.strs("category", []string{"process"})
	o.strs("type", []string{"info"})
	o.strs("action", []string{n.Rule})
	o.close('}')
	o.open("rule", '{')
	o.str("id", n.Rule)
	o.str("name", n.Title)
	o.str("level", n.Level.String())
	o.close('}')
	o.group("auditpy", func() {
		o.key("notice")
		o.b = appendASCII(o.b, string(about))
	})
	o.b = append(o.b, '}')
	text := fmt.Sprintf("%s %s %s\n  about    %s\n  event    alert %s\n", n.Time.UTC().Format(timeFormat),
		strings.ToUpper(n.Level.String()), Escape(n.Title), Escape(string(about)), id)
	return Envelope{ID: id, Time: n.Time.UTC().Truncate(time.Millisecond), Level: n.Level, Rule: n.Rule, JSON: o.b, Text: text}
}

// appendASCII appends JSON with all beyond ASCII escaped. In JSON that can only stand in strings.
func appendASCII(dst []byte, doc string) []byte {
	for _, r := range doc {
		if r >= ' ' && r <= '~' {
			dst = append(dst, byte(r))
			continue
		}
		dst = appendRune(dst, r, string(r))
	}
	return dst
}
