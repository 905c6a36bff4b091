package alert

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// TestPeer: who is at the other end of a shell is what one needs to know first.
func TestPeer(t *testing.T) {
	peer := event.Peer{Address: netip.MustParseAddrPort("192.0.2.7:4444"), Initiated: true}
	in := [3]event.Stream{{Copied: true, From: 3, Peer: peer}}
	tests := map[string]struct {
		streams    *event.Streams
		text, json string
	}{
		"nothing known":     {nil, "", ""},
		"on standard input": {&event.Streams{Std: in}, "; connected to 192.0.2.7:4444: standard input is that connection", `"destination":{"ip":"192.0.2.7","port":4444}`},
		"before":            {&event.Streams{Peer: peer}, "; connected to 192.0.2.7:4444\n", `"destination":{"ip":"192.0.2.7","port":4444}`},
		"accepted":          {&event.Streams{Peer: event.Peer{Address: peer.Address}}, "; accepted from 192.0.2.7:4444\n", `"source":{"ip":"192.0.2.7","port":4444}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := &Alert{ID: "x", Rules: []*rule.Meta{{Title: "r"}}, Event: &event.Event{
				Exec: &event.Exec{Args: []string{"sh"}, CommandLine: "sh"}, Process: &event.Process{Exe: "/bin/sh", Streams: tt.streams},
			}}
			text, json := string(a.AppendText(nil)), string(a.AppendJSON(nil))
			if !strings.Contains(text, tt.text) || tt.text == "" && strings.Contains(text, "192.0.2.7") {
				t.Errorf("text is %s, want %q in it", text, tt.text)
			}
			if !strings.Contains(json, tt.json) || tt.json == "" && strings.Contains(json, "destination") {
				t.Errorf("JSON is %s, want %q in it", json, tt.json)
			}
		})
	}
}
