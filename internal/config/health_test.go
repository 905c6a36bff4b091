package config

import (
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	for yaml, want := range map[string]string{
		`health: {listen: "127.0.0.1:9465"}`:                     "",
		`health: {listen: "[::1]:9465"}`:                         "",
		`health: {listen: "unix:/run/x"}`:                        "",
		`health: {listen: ":9465"}`:                              "health.listen: \":9465\" is neither",
		`health: {listen: "0.0.0.0:9465"}`:                       "health.listen: 0.0.0.0:9465 is no loopback address",
		`health: {listen: "unix:x"}`:                             `health.listen: "x" is no absolute path`,
		`health: {heartbeat: {file: x}}`:                         `health.heartbeat.file: "x" is no absolute path`,
		`health: {heartbeat: {every: 5s}}`:                       "health.heartbeat.within: 10s is not shorter than every, 5s",
		`health: {heartbeat: {mode: maybe}}`:                     `health.heartbeat.mode: "maybe" is none of auto, on, off`,
		`health: {heartbeat: {mode: on, every: 5s, within: 1s}}`: "",
		`privileges: {drop: false, landlock: false}`:             "",
	} {
		_, err := parse("c", []byte(yaml))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", yaml, err, want)
		}
	}
	h := Heartbeat{}
	if a, b, c := h.Path(""), h.Path("/s"), (&Heartbeat{File: "/f"}).Path(""); a != "" || b != "/s/heartbeat" || c != "/f" {
		t.Errorf("paths %q %q %q", a, b, c)
	}
}
