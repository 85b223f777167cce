package rows

import "syscall"

// ownGroup keeps the terminal's Ctrl-C from the demos: the stage ends them in order.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
