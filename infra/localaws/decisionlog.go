package localaws

import (
	"cmp"
	"io"
	"slices"
	"sync"
)

// decisionLog writes entries, and keeps the newest in memory.
type decisionLog struct {
	out io.Writer // nil: no log is written or kept

	mu     sync.Mutex
	recent recent
	next   *batch // what the next Write has; nil: nothing yet

	writing sync.Mutex // held for each Write
}

// batch are whole lines that are written with one Write.
type batch struct {
	text    []byte
	written bool // decisionLog.writing guards it
}

func newDecisionLog(out io.Writer) *decisionLog {
	return &decisionLog{out: out, recent: recent{maxLines: RecentDecisions, maxBytes: RecentBytes}}
}

// write returns the line that is written, nil where there is no log. No answer overtakes its line: write returns when the line is
// with the operating system.
func (l *decisionLog) write(e *Entry) []byte {
	if l.out == nil {
		return nil
	}
	line := e.line(cmp.Or(e.limit, MaxLine))
	b := l.add(recentLine{requestID: e.RequestID, callerID: e.CallerRequestID, originID: e.OriginRequestID, text: line})
	l.writing.Lock()
	defer l.writing.Unlock()
	if !b.written { // by the write of another line that waited for the same Write
		l.end()
		b.written = true
		_, _ = l.out.Write(b.text) // a full disk must not change the answer
	}
	return line
}

// add returns the batch that the line is in. Lines that come while another batch is written share the next.
func (l *decisionLog) add(line recentLine) *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recent.add(line)
	if l.next == nil {
		l.next = &batch{text: slices.Clip(line.text)}
	} else {
		l.next.text = append(l.next.text, line.text...)
	}
	return l.next
}

// end has later lines begin another batch.
func (l *decisionLog) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = nil
}

// of returns the newest lines on a request, oldest first, each as it was written.
func (l *decisionLog) of(id string) [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recent.of(id)
}

// How much of the decision log a Server keeps in memory, for GET /_localaws/decisions: the newest lines, up to a number
// of lines and a number of bytes.
const (
	RecentDecisions = 4096
	RecentBytes     = 16 << 20
)

// recent are the newest lines of a decision log. It is not safe for concurrent use.
type recent struct {
	maxLines, maxBytes int
	lines              []recentLine
	bytes              int
}

type recentLine struct {
	requestID, callerID, originID string
	text                          []byte
}

func (r *recent) add(line recentLine) {
	r.lines = append(r.lines, line)
	r.bytes += cap(line.text)
	for len(r.lines) > r.maxLines || r.bytes > r.maxBytes {
		r.bytes -= cap(r.lines[0].text)
		r.lines[0] = recentLine{} // the array behind lines would hold its text
		r.lines = r.lines[1:]
	}
}

func (r *recent) of(id string) [][]byte {
	var found [][]byte
	for i := range r.lines {
		if isRequest(id, r.lines[i].requestID, r.lines[i].callerID, r.lines[i].originID) {
			found = append(found, r.lines[i].text)
		}
	}
	return found
}
