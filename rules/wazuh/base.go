package wazuh

import (
	_ "embed" // the base rules

	"github.com/auditpy/auditpy/rules/rule"
)

//go:embed base.xml
var baseXML []byte

//go:embed base_any.xml
var baseAny []byte

//go:embed base_keyed.xml
var baseKeyed []byte

// auditKeys is the list that tells what an audit rule's key means, and builtinKeys what it says where the user has none:
// the keys that Wazuh's documentation proposes.
const (
	auditKeys   = "etc/lists/audit-keys"
	builtinKeys = "audit-wazuh-w:write\naudit-wazuh-r:read\naudit-wazuh-a:attribute\naudit-wazuh-x:execute\naudit-wazuh-c:command\n"
)

// auditRoot is the rule that all audit events come under. It is asked after all other rules without parents: in Wazuh,
// where it comes before them, none of those would ever see an audit event.
const auditRoot = 80700

// baseName is the name of files that are none.
const baseName = "<base>"

// baseFiles are the rules that others build on.
func (c *compiler) baseFiles() []rule.File {
	command := rule.File{Name: baseName, Data: baseAny}
	if c.own {
		command.Data = baseKeyed
	}
	return []rule.File{{Name: baseName, Data: baseXML}, command}
}
