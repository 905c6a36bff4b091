package report

import (
	"fmt"
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// mark is what a text does that is run: whoever looks at the page afterwards can see it in three places.
const mark = "document.documentElement.dataset.pwned=1;document.title='pwned';window.pwned=1"

// hostile are arguments that mean something to whoever reads a page, a sheet or a terminal.
var hostile = []string{
	"<script>" + mark + "</script>",
	"</script><script>" + mark + "</script>",
	"</SCRIPT ><script>" + mark + "//",
	"<!--<script>" + mark + "</script>-->",
	"<!-- <script> -->",
	"--!><script>" + mark + "</script>",
	"]]><script>" + mark + "</script>",
	"<![CDATA[<script>" + mark + "</script>]]>",
	"<img src=x onerror=\"" + mark + "\">",
	"<img src=x onerror=" + mark + "//",
	"\"><img src=x onerror='" + mark + "'>",
	"'><img src=x onerror=\"" + mark + "\">",
	"<svg onload=\"" + mark + "\"></svg>",
	"<svg><script>" + mark + "</script></svg>",
	"<svg><animate onbegin=\"" + mark + "\" attributeName=x dur=1s>",
	"<math><mtext></form><form><mglyph><style></math><img src onerror=\"" + mark + "\">",
	"<iframe srcdoc=\"<script>parent." + mark + "</script>\"></iframe>",
	"<iframe src=\"javascript:" + mark + "\"></iframe>",
	"<object data=\"javascript:" + mark + "\"></object>",
	"<embed src=\"javascript:" + mark + "\">",
	"<a href=\"javascript:" + mark + "\" autofocus onfocus=\"" + mark + "\">x</a>",
	"javascript:" + mark,
	"JaVaScRiPt:" + mark,
	"data:text/html,<script>" + mark + "</script>",
	"<body onload=\"" + mark + "\">",
	"<input autofocus onfocus=\"" + mark + "\">",
	"<details open ontoggle=\"" + mark + "\">",
	"<video><source onerror=\"" + mark + "\"></video>",
	"<marquee onstart=\"" + mark + "\">",
	"<base href=\"https://attacker.example/\">",
	"<meta http-equiv=\"refresh\" content=\"0;url=https://attacker.example/\">",
	"<link rel=stylesheet href=\"https://attacker.example/x.css\">",
	"<style>body{display:none}</style>",
	"</style><style>*{display:none}</style>",
	"</textarea><script>" + mark + "</script>",
	"</title><script>" + mark + "</script>",
	"</noscript><script>" + mark + "</script>",
	"<template><script>" + mark + "</script></template>",
	"{{" + mark + "}}", "${" + mark + "}", "{%" + mark + "%}", "<%= " + mark + " %>", "{data}{script}{style}{policy}",
	"`${" + mark + "}`",
	"\"};" + mark + ";({\"x\":\"", "\\\"};" + mark + "//", "\\", "\\u003cscript\\u003e" + mark + "\\u003c/script\\u003e", "\\x3cscript\\x3e",
	"&lt;script&gt;" + mark + "&lt;/script&gt;", "&#60;script&#62;" + mark, "&amp;lt;",
	"\u2028" + mark + "\u2029", "\u0085" + mark,
	"\x1b[31mred\x1b[0m\x1b]0;title\x07", "\x1b]8;;https://attacker.example\x1b\\link\x1b]8;;\x1b\\", "\x9b31m",
	"abc\u202egpj.exe\u202c", "\u2066\u2067\u2068x\u2069", "\u200b\u200d\ufeff", "\u061c\u200f",
	"nul\x00byte", "\xff\xfe<script>" + mark + "</script>", "\xc0\xbcscript\xc0\xbe" + mark, "\xed\xa0\x80", "\xf4\x90\x80\x80", "+ADw-script+AD4-" + mark,
	"\uff1cscript\uff1e" + mark, "<\x00script>" + mark + "</script>", "<scr\nipt>" + mark, "<\tscript>" + mark + "</script>",
	"\r\n\r\n<script>" + mark + "</script>", "\v\f\b\x7f", "__proto__", "constructor",
	"=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "%s%n%x",
	strings.Repeat("A", 3000) + "<script>" + mark + "</script>",
	strings.Repeat("<script>"+mark+"</script>", 40),
	strings.Repeat("🦀", 600), strings.Repeat("\u0301", 500), "", " ", "'", "''", `"`,
}

var meta = &rule.Meta{
	ID: "0f6a9f0e-3d0b-4f0c-9a35-6a1f3b1c7d02", Title: "A Rule", Level: rule.High, Dialect: "sigma", Description: "What it is\nabout.", Techniques: []string{"T1059.006"},
	References: []string{"javascript:alert(1)", "https://attack.mitre.org/"}, Response: []string{"Look."}, FalsePositives: []string{"Nothing"}, Pos: rule.Pos{File: "rules/a.yml", Line: 1, Col: 1},
}

// sample is an alert with text that an attacker chose wherever one can.
func sample(n int, text string) *alert.Alert {
	shell := &event.Process{PID: 100, PPID: 1, Exe: "/usr/bin/" + text, Args: []string{"sh", text}, UID: 0, EUID: 0, Source: event.FromExec}
	args := []string{"python3", "-c", text}
	p := &event.Process{
		PID: 1000 + n, PPID: 100, Exe: "/usr/bin/python3", Args: args, CWD: "/" + text, TTY: text, User: text, Parent: shell,
		Source: event.FromExec, Start: audit.ID{Msec: int64(n), Serial: uint64(n)},
	}
	ev := &event.Event{ID: audit.ID{Node: text, Msec: 1795290552165 + int64(n)*1000, Serial: uint64(100 + n)}, Complete: true, Process: p}
	ev.Exec = &event.Exec{Args: args, CommandLine: strings.Join(args, " "), Argc: 3, Complete: true}
	id := fmt.Sprintf("alert%05d", n)
	return &alert.Alert{
		ID: id, Time: ev.Time(), Level: rule.High, Rules: []*rule.Meta{meta, {ID: text, Title: text, Dialect: "sigma", Description: text}}, Event: ev,
		Evidence: []rule.Evidence{{Field: "CommandLine", Value: ev.Exec.CommandLine, Match: text}, {Field: text, Value: text, Match: "script"}},
		Incident: alert.Incident{ID: id, Count: 1}, Group: []alert.Value{{Field: text, Value: text}},
	}
}
