package localaws

import (
	"container/list"
	"context"
	"net/http"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// A request of 200 bytes may have an answer of 16 MiB, and a client need not read it. These bounds, in bytes, hold however
// many such requests there are.
const (
	// makingShare is how much the answers that are being made may have for each processor, each counted with the most that
	// it can have: the largest answer fits. Making one takes up to six times its size, and waits for no client.
	makingShare = 16 << 20
	// sendingBudget is how much is held of larger answers that are made, until their clients have read them.
	sendingBudget = 48 << 20
	// smallAnswer is what an answer may have without a share of sendingBudget.
	smallAnswer = 16 << 10
)

// outflow makes answers, and holds them until their clients have read them. It is safe for concurrent use.
type outflow struct {
	most   int64
	making *semaphore.Weighted

	mu      sync.Mutex
	held    int       // bytes of waiting
	waiting list.List // of *sending, the one that has waited longest for its client first
}

type sending struct {
	bytes int
	cut   func() // makes its Write return
}

func newOutflow() *outflow {
	most := int64(runtime.GOMAXPROCS(0)) * makingShare
	return &outflow{most: most, making: semaphore.NewWeighted(most)}
}

// answer returns the answer to call.
func (o *outflow) answer(ctx context.Context, call *api.Call) (*api.Response, error) {
	most := min(call.MostBytes, o.most)
	if err := o.making.Acquire(ctx, most); err != nil {
		return nil, err
	}
	defer o.making.Release(most)
	return call.Answer(ctx)
}

// send writes body. Where there is no room for it, the answers whose clients have let them wait longest are broken off: not
// this one, since what was asked for may be carried out.
func (o *outflow) send(w http.ResponseWriter, connection *http.ResponseController, body []byte) {
	if len(body) > smallAnswer {
		defer o.done(o.hold(len(body), func() { _ = connection.SetWriteDeadline(time.Now()) }))
	}
	_, _ = w.Write(body) // a caller that went away needs no answer
}

// hold makes room for an answer, or for what is held of one that is sent piece by piece. The caller calls done when it is sent.
func (o *outflow) hold(bytes int, cut func()) *list.Element {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held += bytes
	for e := o.waiting.Front(); e != nil && o.held > sendingBudget; e = o.waiting.Front() {
		o.remove(e)
		e.Value.(*sending).cut()
	}
	return o.waiting.PushBack(&sending{bytes, cut})
}

func (o *outflow) done(e *list.Element) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.remove(e)
}

// progress says that the client has read what was sent, and so begins to wait again. It calls extend, unless the answer was broken off.
func (o *outflow) progress(e *list.Element, extend func()) (goOn bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if e.Value.(*sending).bytes == 0 {
		return false
	}
	o.waiting.MoveToBack(e)
	extend()
	return true
}

// remove does nothing where e is removed already.
func (o *outflow) remove(e *list.Element) {
	s := e.Value.(*sending)
	o.held -= s.bytes
	s.bytes = 0
	o.waiting.Remove(e)
}
