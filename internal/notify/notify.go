// Package notify tells systemd how the service is: sd_notify(3) without a library.
//
// What surprised us: RELOADING=1 counts only with the monotonic time beside it (systemd 253), and must be followed by
// READY=1 even if nothing was reloaded, or the unit stays "reloading" until it is killed. And a watchdog that is fed by a
// timer of its own says no more than that the timer works: who feeds it must have seen the service's work go on.
package notify

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Systemd is the service manager that started this process; the zero value is none, to which everything may be told.
type Systemd struct {
	addr *net.UnixAddr
	// Watchdog is the time within which it wants to be told Alive, or it kills this process; 0 is never.
	Watchdog time.Duration
}

// FromEnvironment returns the service manager of this process, and removes the variables that name it, so that
// a child does not speak for the service.
func FromEnvironment() (Systemd, error) {
	s, err := parse(os.Getenv("NOTIFY_SOCKET"), os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID"), os.Getpid())
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		err = errors.Join(err, os.Unsetenv(name))
	}
	return s, err
}

func parse(socket, usec, forPID string, pid int) (s Systemd, err error) {
	switch {
	case socket == "":
		return s, nil
	case socket[0] == '@': // an abstract one: package net takes the same form
	case socket[0] != '/':
		return s, fmt.Errorf("NOTIFY_SOCKET %q: neither a path nor an abstract socket", socket)
	}
	s.addr = &net.UnixAddr{Name: socket, Net: "unixgram"}
	if usec == "" || forPID != "" && forPID != strconv.Itoa(pid) {
		return s, nil
	}
	n, err := strconv.ParseInt(usec, 10, 64)
	if err != nil || n <= 0 || n > 1<<53 {
		return s, fmt.Errorf("WATCHDOG_USEC %q: no time in microseconds", usec)
	}
	s.Watchdog = time.Duration(n) * time.Microsecond
	return s, nil
}

// Ready tells that the service has started, or has ended a reload.
func (s Systemd) Ready(status string) error { return s.send("READY=1", "STATUS="+status) }

// Reloading tells that a reload has begun.
func (s Systemd) Reloading() error {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return fmt.Errorf("read monotonic clock: %w", err)
	}
	return s.send("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", now.Nano()/1000))
}

// Stopping tells that the service stops.
func (s Systemd) Stopping() error { return s.send("STOPPING=1") }

// Alive tells that the work goes on.
func (s Systemd) Alive() error { return s.send("WATCHDOG=1") }

// Status tells people what the service does: one line.
func (s Systemd) Status(text string) error { return s.send("STATUS=" + text) }

func (s Systemd) send(lines ...string) error {
	if s.addr == nil {
		return nil
	}
	c, err := net.DialUnix("unixgram", nil, s.addr)
	if err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	for i, l := range lines {
		lines[i] = strings.ReplaceAll(l, "\n", " ")
	}
	err = c.SetWriteDeadline(time.Now().Add(time.Second)) // systemd may be stopped: the agent goes on
	if err == nil {
		_, err = c.Write([]byte(strings.Join(lines, "\n")))
	}
	if err = errors.Join(err, c.Close()); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return nil
}
