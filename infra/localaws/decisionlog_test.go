package localaws

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// slowDisk takes the first Write when it is opened, and the others at once.
type slowDisk struct {
	opened chan struct{}
	mu     sync.Mutex
	writes []string
}

func (d *slowDisk) Write(p []byte) (int, error) {
	<-d.opened
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes = append(d.writes, string(p))
	return len(p), nil
}

// Lines that come while one is written share the next Write: whole, each once, in the order in which they are kept. No write returns before its
// line is written.
func TestLinesThatWaitAreWrittenTogether(t *testing.T) {
	disk := &slowDisk{opened: make(chan struct{})}
	log := newDecisionLog(disk)
	var writers sync.WaitGroup
	write := func(id string) {
		writers.Go(func() {
			line := string(log.write(&Entry{RequestID: id}))
			disk.mu.Lock()
			defer disk.mu.Unlock()
			if !strings.Contains(strings.Join(disk.writes, ""), line) {
				t.Errorf("the write of %s returned before its line was written", id)
			}
		})
	}
	begun := func(lines int) bool { // the first waits for the disk, the others for their turn
		log.mu.Lock()
		defer log.mu.Unlock()
		return len(log.recent.lines) == lines && (lines > 1 || log.next == nil)
	}
	write("first")
	for !begun(1) {
		runtime.Gosched()
	}
	for i := range 20 {
		write(fmt.Sprint("later", i))
	}
	for !begun(21) {
		runtime.Gosched()
	}
	close(disk.opened)
	writers.Wait()
	var kept bytes.Buffer
	for _, line := range log.recent.lines {
		kept.Write(line.text)
	}
	if written := strings.Join(disk.writes, ""); written != kept.String() || strings.Count(written, "\n") != 21 {
		t.Errorf("written are %s, kept are %s", written, kept.String())
	}
	if len(disk.writes) != 2 || strings.Count(disk.writes[0], "\n") != 1 {
		t.Errorf("written in pieces %q, want one for the first line and one for all others", disk.writes)
	}
}
