package notify

import (
	"net"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		socket, usec, pid string
		name              string
		watchdog          time.Duration
		bad               bool
	}{
		{"", "5", "1", "", 0, false},
		{"/run/n", "", "", "/run/n", 0, false},
		{"@n", "30000000", "", "@n", 30 * time.Second, false},
		{"/run/n", "30000000", "7", "/run/n", 30 * time.Second, false},
		{"/run/n", "30000000", "8", "/run/n", 0, false}, // of another process
		{"run/n", "", "", "", 0, true},
		{"vsock:2:1", "", "", "", 0, true},
		{"/run/n", "0", "", "/run/n", 0, true},
		{"/run/n", "-1", "", "/run/n", 0, true},
		{"/run/n", "99999999999999999999", "", "/run/n", 0, true},
	} {
		s, err := parse(tt.socket, tt.usec, tt.pid, 7)
		name := ""
		if s.addr != nil {
			name = s.addr.Name
		}
		if name != tt.name || s.Watchdog != tt.watchdog || err != nil != tt.bad {
			t.Errorf("parse(%q, %q, %q) = %q, %v, %v", tt.socket, tt.usec, tt.pid, name, s.Watchdog, err)
		}
	}
}

func TestSend(t *testing.T) {
	for _, name := range []string{filepath.Join(t.TempDir(), "n"), "@auditpy-notify-test"} {
		peer, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		t.Setenv("NOTIFY_SOCKET", name)
		s, err := FromEnvironment()
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			err  error
			want string
		}{
			{s.Ready("12 rules\nSTOPPING=1"), `^READY=1\nSTATUS=12 rules STOPPING=1$`},
			{s.Reloading(), `^RELOADING=1\nMONOTONIC_USEC=[1-9]\d*$`},
			{s.Alive(), `^WATCHDOG=1$`},
			{s.Status("x"), `^STATUS=x$`},
			{s.Stopping(), `^STOPPING=1$`},
		} {
			buf := make([]byte, 256)
			n, err := peer.Read(buf)
			if err != nil || tt.err != nil || !regexp.MustCompile(tt.want).Match(buf[:n]) {
				t.Errorf("%q: %v, %v, want %s", buf[:n], err, tt.err, tt.want)
			}
		}
	}
}

// TestNobody: without systemd all is told to nobody, and a systemd that is gone is an error, not a wait.
func TestNobody(t *testing.T) {
	var none Systemd
	if err := none.Ready(""); err != nil {
		t.Error(err)
	}
	gone, err := parse(filepath.Join(t.TempDir(), "n"), "", "", 1)
	if err != nil || gone.Alive() == nil {
		t.Errorf("a socket that is not there: %v, and no error", err)
	}
}
