package doctor

import (
	"fmt"
	"io"
	"strings"
)

// colours of terminals, by status.
var colours = [...]string{"\x1b[32m", "\x1b[33m", "\x1b[35m", "\x1b[31m"}

// Print writes the report for people: each check on a line, and below it what to do. Escape makes text of rules and logs
// printable.
func (r *Report) Print(w io.Writer, coloured bool, escape func(string) string) error {
	var b strings.Builder
	for _, c := range r.Checks {
		word := fmt.Sprintf("%-11s", c.Status)
		if coloured {
			word = colours[c.Status] + word + "\x1b[0m"
		}
		fmt.Fprintf(&b, "%s  %s: %s\n", word, escape(c.Name), escape(c.What))
		if c.Do != "" {
			fmt.Fprintf(&b, "%13s-> %s\n", "", escape(c.Do))
		}
		if c.Name == "detections" {
			r.blind(&b, escape)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// blind writes the detections that see less than they could. Those that can never hold are for rules lint to tell.
func (r *Report) blind(b *strings.Builder, escape func(string) string) {
	for _, d := range r.Detections {
		if d.Status == "unrelated" {
			continue
		}
		fmt.Fprintf(b, "%13s%s: %s (%s, %s)\n", "", d.Status, escape(d.Title), escape(d.ID), d.Level)
		for _, why := range d.Why {
			fmt.Fprintf(b, "%15s%s\n", "", escape(why))
		}
	}
}
