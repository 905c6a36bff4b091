package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/auditpy/auditpy/internal/agent"
	"github.com/auditpy/auditpy/internal/source"
)

// netlinkFile is the FILE that is the kernel's audit multicast group.
const netlinkFile = "netlink:"

// How long a live source waits before it says that nothing came, and how long an event may stay open then.
const (
	idle = 100 * time.Millisecond
	hold = 2 * time.Second
)

// openFollow follows a log that is written, from its start.
func (in *input) openFollow(name string) error {
	f, err := source.Follow(name, source.FollowOptions{FromStart: true, Idle: idle, AnyOwner: true})
	if err != nil {
		return err
	}
	in.src, in.live = f, true
	return nil
}

// openTail follows one file or named pipe for a person, from its start.
func (in *input) openTail(name string) error {
	t, err := source.OpenTail(name, idle)
	if err != nil {
		return err
	}
	in.src, in.live = t, true
	return nil
}

// openNetlink reads the records that the kernel sends from now on; it changes no audit rule.
func (in *input) openNetlink() error {
	n, err := source.OpenMulticast(source.NetlinkOptions{Idle: idle})
	if err != nil {
		return withHint(err)
	}
	in.src, in.live = n, true
	return nil
}

// runLive runs l until the person has seen enough: that is no error.
func (in *input) runLive(ctx context.Context, l *agent.Loop) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { _ = in.users.Run(ctx) })
	err := errors.Join(l.Run(ctx), in.src.Close())
	cancel()
	wg.Wait()
	return err
}
