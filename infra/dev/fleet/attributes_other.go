//go:build !linux

package fleet

import "syscall"

// processAttributes puts a process into a group of its own, so that the terminal's Ctrl-C reaches the demo
// alone, which then stops its parts in order.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
