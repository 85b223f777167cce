package tokenvending

import "fmt"

// guarded runs f, which is not ours, and returns an error where f panics or ends its goroutine (runtime.Goexit, which
// testing's FailNow calls). f has a goroutine of its own, since nothing can go on after a Goexit.
func guarded(what string, f func()) error {
	failed := fmt.Errorf("%s ended its goroutine", what)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				failed = fmt.Errorf("%s panicked: %v", what, p)
			}
		}()
		f()
		failed = nil
	}()
	<-done
	return failed
}
