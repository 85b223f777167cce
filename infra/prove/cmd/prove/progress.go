package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progress writes a line for every tenth that is done, where that takes longer than a second.
func progress(out io.Writer, what string) func(done, all int) {
	var mu sync.Mutex
	told, tenth := time.Now(), 0
	return func(done, all int) {
		mu.Lock()
		defer mu.Unlock()
		if now := 10 * done / all; now > tenth && time.Since(told) > time.Second {
			told, tenth = time.Now(), now
			fmt.Fprintf(out, "prove: %d of %d %s\n", done, all, what)
		}
	}
}
