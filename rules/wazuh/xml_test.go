package wazuh

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// printXML is the inverse of scan, for elements without faults.
func printXML(w *strings.Builder, e *element) {
	w.WriteString("<" + e.name)
	for _, a := range e.attrs {
		w.WriteString(" " + a.name + `="` + escapeXML.Replace(a.text.s) + `"`)
	}
	w.WriteString(">" + escapeXML.Replace(e.text.s))
	for _, k := range e.kids {
		printXML(w, k)
	}
	w.WriteString("</" + e.name + ">")
}

var escapeXML = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", `"`, "&quot;")

// dump is what an element holds, without places.
func dump(w *strings.Builder, e *element) {
	fmt.Fprintf(w, "(%s", e.name)
	for _, a := range e.attrs {
		fmt.Fprintf(w, " %s=%q", a.name, a.text.s)
	}
	fmt.Fprintf(w, " %q", e.text.s)
	for _, k := range e.kids {
		dump(w, k)
	}
	if e.fault != nil {
		fmt.Fprintf(w, " !%d %s", e.fault.off, e.fault.msg)
	}
	w.WriteString(")")
}

func dumpAll(src string) string {
	var w strings.Builder
	roots, faults := scan(src)
	for _, e := range roots {
		dump(&w, e)
	}
	for _, f := range faults {
		fmt.Fprintf(&w, "!%d %s", f.off, f.msg)
	}
	return w.String()
}

func TestScan(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{`<a>x</a> between <b c='1' d = "2"/>`, `(a "x")(b c="1" d="2" "")`},
		{`<A X="1">t</a>`, `(a x="1" "t")`},
		{"\xef\xbb\xbf<?xml version='1.0'?><a/>", `(a "")`},
		{`<a>p <b>q</b> r</a>`, `(a "p  r"(b "q"))`},
		{`<a>1 &lt; 2 &amp;&amp; x & y &#65;&#x42; &nope; &</a>`, `(a "1 < 2 && x & y AB &nope; &")`},
		{`<a v="&quot;&apos;&gt;">&#0;&#x110000;&#;</a>`, `(a v="\"'>" "&#0;&#x110000;&#;")`},
		{`<a>\<b> \\<c/></a>`, `(a "\\<b> \\\\"(c ""))`},
		{`<a>if 1 < 2 and <3></a>`, `(a "if 1 < 2 and <3>")`},
		{`<a>(?<n>x)(?<!y)(?<=z)</a>`, `(a "(?<n>x)(?<!y)(?<=z)")`},
		{`<!-- <x> --><a>1<!-- <y> -->2<! z !>3</a>`, `(a "123")`},
		{`<!-- a !> <a/> --> `, `(a "")`},
		{`<a><![CDATA[<b> & ]]></a>`, `(a "<b> & ")`},
		{`<a>x`, `(a "x" !0 <a> is not closed)`},
		{`<a><b>x</a><c/>`, `(a ""(b "x" !3 <b> is not closed))(c "")`},
		{`</a><b/>`, `(b "")!0 </a> closes nothing`},
		{`<a></b></a>`, `(a "" !3 </b> closes nothing)`},
		{`<a x></a>`, `(a "" !3 attribute x has no value)`},
		{`<a x=1></a>`, `(a "" !3 the value of attribute x is not in quotes)`},
		{`<a x="1" x="2"></a>`, `(a x="1" "" !9 attribute x is given twice)`},
		{`<a x="1></a>`, `(a "" !3 the value of attribute x has no end)`},
		{`<a <b/></a>`, `(a ""(b "") !0 <a has no >)`},
		{`<a =></a>`, `(a "" !3 <a: an attribute is name="value")`},
		{`<!-- x`, `!0 comment is not closed`},
		{`<!DOCTYPE x SYSTEM "y"><a/>`, `(a "")!0 DOCTYPE is not accepted: rules have no document type and no entities of their own`},
		{`<!DOCTYPE x [<!ENTITY b "c">]><a>&b;</a>`, `(a "&b;")!0 DOCTYPE is not accepted: rules have no document type and no entities of their own`},
		{`<!DOCTYPE x`, `!0 DOCTYPE is not accepted: rules have no document type and no entities of their own!0 DOCTYPE is not closed`},
		{`<group name="g"><rule><if_sid>1</if_sid><rule>2</rule></group>`, `(group name="g" ""(rule ""(if_sid "1") !16 <rule> is not closed before the next <rule>)(rule "2"))`},
		{`<group name="g"><rule><group>h,</group><group name="i"><rule/></group>`,
			`(group name="g" ""(rule ""(group "h,") !16 <rule> is not closed before the next <group>) !0 <group> is not closed before the next <group>)(group name="i" ""(rule ""))`},
	} {
		if got := dumpAll(tt.src); got != tt.want {
			t.Errorf("scan(%q)\n got %s\nwant %s", tt.src, got, tt.want)
		}
	}
}

// TestScanBounds: what is hostile is refused, in no more than linear time.
func TestScanBounds(t *testing.T) {
	deep := strings.Repeat("<a>", 1<<16)
	if got := dumpAll(deep); !strings.Contains(got, "nested deeper") {
		t.Error("nesting has no bound")
	}
	for _, src := range []string{
		strings.Repeat("<!x!>", 1<<18), "<a>" + strings.Repeat("&lt;", 1<<18), "<a>" + strings.Repeat("(?<", 1<<18),
		"<a>" + strings.Repeat(`\<`, 1<<18), strings.Repeat("<a x='1' x='1'>", 1<<15), "<a " + strings.Repeat(`b="1" `, 1<<16),
	} {
		scan(src)
	}
}

func TestTextPlaces(t *testing.T) {
	src := "<a>\n  x&amp;y<!-- c -->z\n</a>"
	roots, _ := scan(src)
	s, tx := newSource("f", src), roots[0].text
	trimmed := tx.trimLayout()
	if trimmed.s != "x&yz" {
		t.Fatalf("text %q", trimmed.s)
	}
	for i, want := range []string{"f:2:3", "f:2:4", "f:2:9", "f:2:20"} {
		if got := s.pos(trimmed.offset(i)).String(); got != want {
			t.Errorf("place of %q = %s, want %s", trimmed.s[i:i+1], got, want)
		}
	}
	if got := s.pos(len(src) + 9); got.Line != 3 {
		t.Errorf("place behind the end = %v", got)
	}
	for in, want := range map[string]string{" a ": " a ", "\n a ": "a ", " a\n ": " a", "\n": "", "": "", " ": " "} {
		if got := (&text{s: in}).trimLayout(); got.s != want {
			t.Errorf("trimLayout(%q) = %q, want %q", in, got.s, want)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"<a b='c'>d<e/>&lt;</a>", `<group name="x,"><rule id="1"><match>\<a</match></rule></group>`, "<!-- - !> <![CDATA[x]]>", "<a>(?<n>&#x41;"} {
		f.Add(s)
	}
	if data, err := os.ReadFile("base.xml"); err == nil {
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, src string) {
		roots, faults := scan(src)
		var before, printed strings.Builder
		for _, e := range roots {
			check(t, src, e)
			dump(&before, e)
			printXML(&printed, e)
		}
		if strings.Contains(before.String(), " !") || len(faults) > 0 {
			return
		}
		if after := dumpAll(printed.String()); after != before.String() {
			t.Errorf("scan(%q)\n  = %s, prints as\n%q, which is\n    %s", src, before.String(), printed.String(), after)
		}
	})
}

// check holds each place to the file.
func check(t *testing.T, src string, e *element) {
	if !strings.HasPrefix(strings.ToLower(src[e.off:]), "<"+e.name) {
		t.Errorf("<%s> is not at %d of %q", e.name, e.off, src)
	}
	for i := range len(e.text.s) {
		if at := e.text.offset(i); at >= len(src) || src[at] != e.text.s[i] && src[at] != '&' {
			t.Errorf("byte %d of %q is not at %d of %q", i, e.text.s, at, src)
		}
	}
	for _, k := range e.kids {
		check(t, src, k)
	}
}
