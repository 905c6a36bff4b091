package event

import (
	"maps"
	"slices"
)

// View is one language's way to see an event: names and how to get their values. Beside these, EQL knows auditd.data.KEY for any key of a
// record, Wazuh audit.execve.aN for any argument, and Sigma's service auditd any key of a record.
type View struct {
	Name   string
	Fields map[string]Getter
}

// Views returns the views that have a list of names, in the order of the field reference.
func Views() []View {
	return []View{
		{"Sigma, every category", maps.Clone(sigmaProcess)},
		{"Sigma, process_creation", maps.Clone(sigmaExec)},
		{"Sigma, network_connection", maps.Clone(sigmaNetwork)},
		{"Sigma, file_event", maps.Clone(sigmaFile)},
		{"EQL", maps.Clone(ecs)},
		{"Wazuh", maps.Clone(wazuh)},
	}
}

// Names returns the names of v, sorted.
func (v View) Names() []string { return slices.Sorted(maps.Keys(v.Fields)) }

// Unanswered is a field of Sysmon's that no audit record answers.
type Unanswered struct{ Category, Name, Why string }

// AllUnanswered returns what SigmaUnanswerable knows, sorted; Category is empty for all categories.
func AllUnanswered() (out []Unanswered) {
	for _, category := range slices.Sorted(maps.Keys(unanswerable)) {
		for _, name := range slices.Sorted(maps.Keys(unanswerable[category])) {
			out = append(out, Unanswered{category, name, unanswerable[category][name]})
		}
	}
	return out
}
