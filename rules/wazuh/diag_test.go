package wazuh_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
	"github.com/auditpy/auditpy/rules/wazuh"
)

// good is a rule that must work whatever stands beside it.
const good = `<rule id="100900" level="5"><if_sid>80792</if_sid><field name="audit.exe">/good$</field><description>good</description></rule>`

func TestDiags(t *testing.T) {
	for _, tt := range []struct{ rules, want string }{
		{`<rule id="1" level="3"><description>x</description><matches>x</matches></rule>`, "rules.xml:2:52: error: <matches>: a rule has no such element"},
		{`<rule id="1" level="3" color="red"><description>x</description></rule>`, "rules.xml:2:24: error: <rule>: no attribute color"},
		{`<rule level="3"><description>x</description></rule>`, "rules.xml:2:1: error: <rule>: no id"},
		{`<rule id="x1" level="3"><description>x</description></rule>`, `rules.xml:2:7: error: id="x1": needs a number from 1 to 999999`},
		{`<rule id="1" level="17"><description>x</description></rule>`, `rules.xml:2:14: error: level="17": needs a number from 0 to 16`},
		{`<rule id="1" level="3"><if_sid>80792</if_sid><match>zzz</match></rule>`, "rules.xml:2:1: warning: rule 1 has no description"},
		{`<rule id="100900" level="3"><description>x</description></rule>`, `rules.xml:2:1: error: rule 100900: the id is taken by the rule at rules.xml:1:22; overwrite="yes" would replace that`},
		{`<rule id="1" level="3" overwrite="yes"><if_sid>80792</if_sid><match>zzz</match><description>x</description></rule>`, `rules.xml:2:1: warning: rule 1: overwrite="yes", but there is no such rule to overwrite: it is taken as a new one`},
		{`<rule id="1" level="3"><if_sid>5700</if_sid><match>sshd</match><description>x</description></rule>`, "rules.xml:2:32: error: rule 1: there is no rule 5700 for it to hang under"},
		{`<rule id="1" level="3"><if_sid>5700</if_sid><field name="audit.exe">x</field><description>x</description></rule>`,
			"rules.xml:2:32: warning: rule 1: there is no rule 5700 for it to hang under: as it looks at audit fields, it is asked of all audit events"},
		{`<rule id="1" level="3"><if_sid>2</if_sid><description>x</description></rule><rule id="2" level="3"><x/><description>x</description></rule>`,
			"rules.xml:2:32: error: rule 1: rule 2, under which it hangs, is refused; rules.xml:2:100: error: <x>: a rule has no such element"},
		{`<rule id="1" level="3"><if_sid>2</if_sid><description>x</description></rule><rule id="2" level="3"><if_sid>1</if_sid><description>x</description></rule>`,
			"rules.xml:2:1: error: rule 1: no way leads to it from a rule without parents: rules hang under each other, or under one that is refused; " +
				"rules.xml:2:77: error: rule 2: no way leads to it from a rule without parents: rules hang under each other, or under one that is refused"},
		{`<rule id="1" level="3"><if_sid>80700,2</if_sid><description>x</description></rule><rule id="2" level="3"><if_sid>1</if_sid><description>x</description></rule>`,
			"rules.xml:2:1: error: rule 1: rules that hang under each other lead back to it, or to one above it; rules.xml:2:83: error: rule 2: rules that hang under each other lead back to it, or to one above it"},
		{`<rule id="1" level="3"><if_group>nothing</if_group><description>x</description></rule>`, "rules.xml:2:1: error: rule 1: no rule before it has the group nothing"},
		{`<rule id="1" level="3" frequency="5" timeframe="60"><if_sid>80792</if_sid><description>x</description></rule>`,
			"rules.xml:2:1: error: rule 1: frequency without if_matched_sid or if_matched_group: Wazuh refuses this too"},
		{`<rule id="1" level="3"><if_sid>80792</if_sid><same_user/><description>x</description></rule>`,
			"rules.xml:2:46: error: rule 1: same_ or different_ fields without if_matched_sid or if_matched_group: with what?"},
		{`<rule id="1" level="3" frequency="1"><if_matched_sid>80792</if_matched_sid><description>x</description></rule>`, `rules.xml:2:24: error: frequency="1": needs a number from 2 to 9999`},
		{`<rule id="1" level="3"><match type="pcre2">ab(c</match><description>x</description></rule>`, "rules.xml:2:46: error: <match>: pcre2: missing closing parenthesis"},
		{`<rule id="1" level="3"><regex>a\q</regex><description>x</description></rule>`, `rules.xml:2:32: error: <regex>: osregex: \q means nothing in OS_Regex`},
		{`<rule id="1" level="3"><match type="perl">x</match><description>x</description></rule>`, `rules.xml:2:31: error: <match>: type "perl" is none of osmatch, osregex, pcre2`},
		{`<rule id="1" level="3"><field name="srcip">x</field><description>x</description></rule>`, `rules.xml:2:31: error: <field name="srcip">: Wazuh refuses this name: write <srcip>`},
		{`<rule id="1" level="3"><field name="win.eventdata.image">x</field><description>x</description></rule>`, "rules.xml:2:24: warning: audit events have no field win.eventdata.image: rule 1 never matches"},
		{`<rule id="1" level="3"><decoded_as>sshd</decoded_as><description>x</description></rule>`, "rules.xml:2:24: warning: decoded_as sshd: audit events are decoded as auditd: rule 1 never matches"},
		{`<rule id="1" level="3"><if_fts/><description>x</description></rule>`, "rules.xml:2:24: error: <if_fts> is not supported: what was never seen before is not remembered"},
		{`<rule id="1" level="3"><list field="audit.key">etc/lists/none</list><description>x</description></rule>`,
			`rules.xml:2:24: error: <list>: no list "etc/lists/none": it is looked for beside the rule file, and as Wazuh has it, in the folder above`},
		{`<rule id="1" level="3"><time>noon</time><description>x</description></rule>`, `rules.xml:2:24: error: <time>: "noon" is no part of a day: write 6 pm - 8:30 am`},
		{`<rule id="1" level="3"><weekday>caturday</weekday><description>x</description></rule>`, `rules.xml:2:24: error: <weekday>: "caturday" is no day of the week`},
		{`<rule id="1" level="3"><srcip>10.0.0.300</srcip><description>x</description></rule>`, `rules.xml:2:24: error: <srcip>: "10.0.0.300" is no address and no network`},
		{`<rule id="1" level="3"><options>loud</options><description>x</description></rule>`, `rules.xml:2:24: error: <options>: no option "loud"`},
		{`<rule id="1" level="3"><description>x</rule>`, "rules.xml:2:24: error: <description> is not closed"},
		{`<rule id="1" level="3"><if_sid>80700</if_sid><match type="pcre2">(\w+\s?)+\1~</match><description>x</description></rule>`,
			`rules.xml:2:66: warning: <match>: pcre2: a long subject made for this expression may leave it undecided: it is not regular`},
		{`<rule id="1" level="3"><match>x</match><description>x</description></rule>`, "rules.xml:2:1: warning: rule 1 has no parents and an id below 100000: it is Wazuh's own for other logs: rule 1 never matches"},
		{`<rule id="1" level="3"><if_sid>80700</if_sid><match type="pcre2">(a+)+$</match><description>x</description></rule>`, ""},
	} {
		e, diags := wazuh.Compile([]rule.File{xml("<group name=\"local,\">" + good + "\n" + tt.rules + "\n</group>")}, wazuh.Options{})
		var got []string
		for _, d := range diags {
			got = append(got, d.String())
		}
		if got := strings.Join(got, "; "); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.rules, got, tt.want)
		}
		if got := newStages(t, e).run(lines(t, "exec 0 exe=/bin/good : good")); !slices.Equal(got, []string{"100900"}) {
			t.Errorf("%s\nthe rule beside it: alerts %q", tt.rules, got)
		}
	}
}

// TestUndecided: a pattern that takes too much work is told, and costs no other rule its match.
func TestUndecided(t *testing.T) {
	e, _ := wazuh.Compile([]rule.File{group(good + `<rule id="100001" level="12"><match type="pcre2">(\w+\s?)+\1~</match><description>x</description></rule>`)}, wazuh.Options{})
	s := newStages(t, e)
	got := s.run(lines(t, "exec 0 exe=/bin/good : good ~ "+strings.Repeat("a", 1<<17)))
	if !slices.Equal(got, []string{"100900"}) {
		t.Errorf("alerts %q, want 100900", got)
	}
	if u := e.Undecided(nil); len(u) != 1 || u[0].Count != 1 || u[0].Field != "full_log" || len(u[0].Rules) != 1 || u[0].Rules[0].ID != "100001" {
		t.Errorf("undecided %+v, want rule 100001 once", u)
	}
}

// TestOnLimit: a rule that says so holds where a pattern took too many steps and all else holds.
func TestOnLimit(t *testing.T) {
	const rules = `<rule id="100001" level="12"><field name="audit.exe">/bin/%s$</field><match type="pcre2">(\w+\s?)+\1~</match><info>on_limit: alert</info><description>x</description></rule>`
	for exe, want := range map[string]string{"good": "100001", "other": "100900"} {
		e, _ := wazuh.Compile([]rule.File{group(good + fmt.Sprintf(rules, exe))}, wazuh.Options{})
		got := newStages(t, e).run(lines(t, "exec 0 exe=/bin/good : good ~ "+strings.Repeat("a", 1<<17)))
		if !slices.Equal(got, []string{want}) {
			t.Errorf("%s: alerts %q, want %s", exe, got, want)
		}
	}
}

// TestGroupsOfMany: thousands of rules that hang under all of a group before them take memory for the links that there may
// be, and those that are refused are nobody's parents.
func TestGroupsOfMany(t *testing.T) {
	const n = 6000
	var b strings.Builder
	fmt.Fprintf(&b, "<group name=\"a,\">%s", good)
	for i := range n {
		fmt.Fprintf(&b, "<rule id=\"%d\" level=\"5\"><if_group>a</if_group><match>never</match><description>x</description></rule>", 200_000+i)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	e, diags := wazuh.Compile([]rule.File{xml(b.String() + "</group>")}, wazuh.Options{})
	runtime.ReadMemStats(&after)
	if most := uint64(400 << 20); after.TotalAlloc-before.TotalAlloc > most {
		t.Errorf("allocated %d bytes, want at most %d", after.TotalAlloc-before.TotalAlloc, most)
	}
	if len(diags) == 0 || len(diags)+len(e.Rules()) < n {
		t.Errorf("%d rules load, %d diags: want each of %d rules loaded or told", len(e.Rules()), len(diags), n)
	}
	if got := newStages(t, e).run(lines(t, "exec 0 exe=/bin/good : good")); !slices.Equal(got, []string{"100900"}) {
		t.Errorf("alerts %q", got)
	}
}

// TestManyFields: a rule compares a few fields, however often it names one.
func TestManyFields(t *testing.T) {
	const text = `<rule id="1" level="3"><if_matched_sid>80792</if_matched_sid><same_field>%s</same_field><description>x</description></rule>`
	var names []string
	for i := range 33 {
		names = append(names, fmt.Sprintf("audit.execve.a%d", i))
	}
	for _, tt := range []struct{ fields, want string }{
		{strings.Repeat("audit.pid,", 1000) + strings.Join(names[1:], ","), "[rules.xml:1:83: error: <same_field>: more than 32 fields are compared]"},
		{strings.Repeat("audit.pid,", 1000), "[]"},
		{strings.Join(names[1:], ","), "[]"},
	} {
		_, diags := wazuh.Compile([]rule.File{group(fmt.Sprintf(text, tt.fields))}, wazuh.Options{})
		if got := fmt.Sprint(diags); got != tt.want {
			t.Errorf("%d bytes of fields: %s, want %s", len(tt.fields), got, tt.want)
		}
	}
}

// TestNever: rules for other logs are told in a line, not one by one.
func TestNever(t *testing.T) {
	var b strings.Builder
	b.WriteString("<group name=\"sshd,\">\n")
	for i := range 7 {
		fmt.Fprintf(&b, "<rule id=\"%d\" level=\"5\"><decoded_as>sshd</decoded_as><description>x</description></rule>\n", 5700+i)
	}
	e, diags := wazuh.Compile([]rule.File{xml(b.String() + good + "</group>")}, wazuh.Options{})
	if want := "rules.xml:2:27: warning: 7 of 8 rules never match, this is the first: decoded_as sshd: audit events are decoded as auditd"; len(diags) != 1 || diags[0].String() != want {
		t.Errorf("diags %v\nwant %s", diags, want)
	}
	if got := newStages(t, e).run(lines(t, "exec 0 exe=/bin/good : good")); !slices.Equal(got, []string{"100900"}) {
		t.Errorf("alerts %q", got)
	}
}
