package wazuh

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// clockSpan is a part of the day, in minutes from midnight; it may go over midnight.
type clockSpan struct {
	from, to int // both included
	not      bool
}

func (s clockSpan) holds(t time.Time) bool {
	m := t.Hour()*60 + t.Minute()
	in := m >= s.from && m <= s.to
	if s.from > s.to {
		in = m >= s.from || m <= s.to
	}
	return in != s.not
}

var clockTime = regexp.MustCompile(`^([0-9]{1,2})(?::([0-9]{2}))? ?([apAP][mM])?$`)

// parseTime reads a part of the day: 6 pm - 8:30 am, 18:00-08:30; a ! before it means the rest of the day.
// Source: https://documentation.wazuh.com/current/user-manual/ruleset/ruleset-xml-syntax/rules.html#time.
func parseTime(s string) (clockSpan, error) {
	rest, not := strings.CutPrefix(strings.TrimSpace(s), "!")
	a, b, ok := strings.Cut(rest, "-")
	if !ok {
		return clockSpan{}, fmt.Errorf("%q is no part of a day: write 6 pm - 8:30 am", s)
	}
	from, err := minutes(a)
	if err != nil {
		return clockSpan{}, err
	}
	to, err := minutes(b)
	return clockSpan{from, to, not}, err
}

func minutes(s string) (int, error) {
	s = strings.TrimSpace(s)
	m := clockTime.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is no time of day: write 8:30 am or 18:00", s)
	}
	h, _ := strconv.Atoi(m[1])
	min, _ := strconv.Atoi(m[2])
	switch half := strings.ToLower(m[3]); {
	case min > 59 || h > 23 || half != "" && (h > 12 || h == 0):
		return 0, fmt.Errorf("%q is no time of day", s)
	case half == "am" && h == 12:
		h = 0
	case half == "pm" && h < 12:
		h += 12
	}
	return h*60 + min, nil
}

var dayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// parseDays reads days of the week: names or their first three letters, weekdays, weekends, monday - friday, several
// with commas or blanks between; a ! before them means the others.
func parseDays(s string) (days [7]bool, err error) {
	rest, not := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), "!")
	words := strings.FieldsFunc(strings.ReplaceAll(rest, "-", " - "), func(r rune) bool { return r == ',' || strings.ContainsRune(blanks, r) })
	for i := 0; i < len(words); i++ {
		if i+2 < len(words) && words[i+1] == "-" {
			err = addDays(&days, words[i], words[i+2])
			i += 2
		} else {
			err = addDays(&days, words[i], "")
		}
		if err != nil {
			return days, err
		}
	}
	if len(words) == 0 {
		return days, fmt.Errorf("no day of the week")
	}
	for i := range days {
		days[i] = days[i] != not
	}
	return days, nil
}

func addDays(days *[7]bool, from, to string) error {
	switch {
	case to == "" && strings.HasPrefix(from, "weekday"):
		return addDays(days, "monday", "friday")
	case to == "" && strings.HasPrefix(from, "weekend"):
		return addDays(days, "saturday", "sunday")
	case to == "":
		to = from
	}
	a, err := dayOf(from)
	if err != nil {
		return err
	}
	b, err := dayOf(to)
	if err != nil {
		return err
	}
	for days[a] = true; a != b; days[a] = true {
		a = (a + 1) % 7
	}
	return nil
}

func dayOf(s string) (int, error) {
	for i, name := range dayNames {
		if s == name || s == name[:3] {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%q is no day of the week", s)
}
