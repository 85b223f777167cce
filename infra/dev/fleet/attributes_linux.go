package fleet

import "syscall"

// processAttributes puts a process into a group of its own, so that the terminal's Ctrl-C reaches the demo
// alone, which then stops its parts in order; and ends it with the demo, even where that is killed.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
