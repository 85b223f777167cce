package load

import (
	"encoding/binary"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// clock is a timer of the kernel. Go's own timers wake an idle process up to a millisecond late, because they end an epoll_wait, which
// counts milliseconds: requests went out half a millisecond late in the median, two at a time.
type clock struct{ timer *os.File }

func newClock(apart time.Duration) (*clock, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	c := &clock{os.NewFile(uintptr(fd), "timerfd")}
	each := unix.NsecToTimespec(apart.Nanoseconds())
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: each, Value: each}, nil); err != nil {
		c.stop()
		return nil, os.NewSyscallError("timerfd_settime", err)
	}
	return c, nil
}

// wait returns how many ticks have passed since the last call, when it is one or more.
func (c *clock) wait() (uint64, error) {
	var passed [8]byte
	if _, err := c.timer.Read(passed[:]); err != nil {
		return 0, err
	}
	return binary.NativeEndian.Uint64(passed[:]), nil
}

func (c *clock) stop() { _ = c.timer.Close() } // nothing is written
