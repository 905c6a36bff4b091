package event

import (
	"maps"
	"slices"
	"strings"
)

// The view of EQL: names of the Elastic Common Schema, and those of auditbeat and of Elastic's endpoint where rules use
// them. An event carries the words of both, since rules are written for either; so event.action and its like have many
// values.
// Source: https://www.elastic.co/docs/reference/ecs/ecs-field-reference;
// https://www.elastic.co/docs/reference/beats/auditbeat/exported-fields-auditd;
// https://github.com/elastic/endpoint-package for the fields named Ext.

// ECS returns the getter of a field. It returns nil for a name it does not know, and for what no audit record tells:
// leaders of sessions, capabilities, the environment, hashes, host names, protocols.
//
// All values are text: pids and ports are decimal digits, booleans are true and false.
func ECS(name string) Getter {
	if get, ok := ecs[name]; ok {
		return get
	}
	if key, ok := strings.CutPrefix(name, "auditd.data."); ok && isKey(key) {
		return ofField(key)
	}
	return nil
}

// ECSNames returns the names that ECS knows, sorted, but for the fields of records below auditd.data.
func ECSNames() []string { return slices.Sorted(maps.Keys(ecs)) }

// ecs is put together of its parts, so that each has its file.
var ecs = merge(ecsProcess, ecsParent, ecsUser, ecsFile, ecsNetwork, ecsEvent, ecsAuditd, ecsData, ecsStreams, ecsLineage)

func merge(parts ...map[string]Getter) map[string]Getter {
	all := make(map[string]Getter)
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

// isKey reports whether s can be the key of a field in a record.
func isKey(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return s != ""
}
