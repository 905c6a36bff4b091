package event

import (
	"maps"
	"slices"

	"github.com/auditpy/auditpy/internal/audit"
)

// Names are the names of each view, for the test that no accessor is dead.
func Names() map[string][]string {
	list := func(parts ...map[string]Getter) []string { return slices.Sorted(maps.Keys(merge(parts...))) }
	return map[string][]string{
		"process_creation":   list(sigmaProcess, sigmaExec),
		"network_connection": list(sigmaProcess, sigmaNetwork),
		"file_event":         list(sigmaProcess, sigmaFile),
		"ecs":                list(ecs),
		"wazuh":              list(wazuh),
	}
}

// Unanswerable is the table of SigmaUnanswerable.
func Unanswerable() map[string]map[string]string { return unanswerable }

// RecordWords are the types that have words.
func RecordWords() []audit.Type { return slices.Sorted(maps.Keys(recordWords)) }

// CallWords are the calls that have words.
func CallWords() []string { return slices.Sorted(maps.Keys(callWords)) }

// InlineCode and WithoutStrings are what the fields of these names are made by.
var (
	InlineCode     = inlineCode
	WithoutStrings = withoutStrings
)
