package fidelity

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

const sigma = `title: Works
logsource: {category: process_creation, product: linux}
detection: {a: {Image|endswith: /nc}, condition: a}
---
title: Degraded
logsource: {category: process_creation, product: linux}
detection: {a: {Image|endswith: /nd}, b: {IntegrityLevel: High}, condition: 1 of them}
---
title: Never
logsource: {product: linux, service: sshd}
detection: {a: [x], condition: a}
---
title: Refused
logsource: {category: process_creation, product: linux}
detection: {a: {Image|endswith: /nc}, timeframe: 5m, condition: a | count() > 1}
`

const elastic = `[rule]
name = "KQL"
type = "query"
language = "kuery"
query = "x : y"
rule_id = "5124e65f-df97-4471-8dcb-8e3953b3ea97"
`

const wazuh = `<group name="audit,">
  <rule id="100200" level="3">
    <if_sid>80792</if_sid>
    <field name="audit.command">nc</field>
    <description>Works</description>
  </rule>
  <rule id="100201" level="3">
    <if_sid>80792</if_sid>
    <field name="audit.nothing">nc</field>
    <description>Never</description>
  </rule>
  <rule id="100202" level="3">
    <if_sid>100201</if_sid>
    <description>Child of never</description>
  </rule>
</group>
`

func TestOf(t *testing.T) {
	files := []rule.File{{Name: "a.yml", Data: []byte(sigma)}, {Name: "b.toml", Data: []byte(elastic)}, {Name: "c.xml", Data: []byte(wazuh)}}
	set, diags := rules.Load(files)
	r := Of(files, set.Rules(), diags)
	var got []string
	for _, one := range r.Rules {
		got = append(got, fmt.Sprintf("%s %s %v", one.File, one.Status, one.Loads))
	}
	want := "a.yml works true, a.yml degraded true, a.yml cannot true, a.yml cannot false, b.toml cannot false, c.xml works true, c.xml cannot true, c.xml cannot true"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("%s\nwant %s\n%v", s, want, diags)
	}
	if r.Files != 3 || r.Total != 8 || r.Works != 2 || r.Degraded != 1 || r.Cannot != 5 {
		t.Errorf("%+v", r)
	}
	for _, reason := range r.Reasons {
		if reason.Count == 0 || reason.At == "" {
			t.Errorf("reason %+v", reason)
		}
	}
}

func TestGeneral(t *testing.T) {
	for _, tt := range []struct{ reason, want string }{
		{`field "A b" is unanswerable`, "field … is unanswerable"},
		{"process.env_vars is a field that no audit record tells: it is never there; write ?process.env_vars if that is meant", "… is a field that no audit record tells: it is never there"},
		{"rules of type query (KQL or Lucene) are not supported: it is left out", "rules of type query (KQL or Lucene) are not supported"},
		{"audit events have no field ms-graph.x", "audit events have no field …"},
		{"timeframe is no longer a part of a rule (Sigma 2): write a correlation", "timeframe is no longer a part of a rule (Sigma 2)"},
	} {
		if got := general(tt.reason); got != tt.want {
			t.Errorf("general(%q) = %q, want %q", tt.reason, got, tt.want)
		}
	}
}
