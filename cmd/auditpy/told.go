package main

import (
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/rules/rule"
)

// mostTold bounds a diag: a rule may quote an expression, or name a field, of a megabyte.
const mostTold = 1000

// told is a diag as it is printed, on one line. Its end stays: what is wrong stands behind what is quoted.
func told(d rule.Diag) string {
	s := alert.Escape(d.String())
	if len(s) <= mostTold {
		return s
	}
	return clip(s, mostTold/2) + strings.ToValidUTF8(s[len(s)-mostTold/2:], "")
}

// clip cuts printable text to a number of bytes and whole characters.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
