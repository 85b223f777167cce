package localaws

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"time"

	"golang.org/x/sync/semaphore"
)

// Anybody can send bodies: the root key is no secret. These bounds, in bytes, hold however many do.
const (
	// smallBody is what a connection may send without a share of the budget: far above the usual request. The number of
	// connections bounds how much that is in all.
	smallBody = 16 << 10
	// bodyBudget is how much of larger bodies is held at one time, each from its first byte to its answer. One of the
	// largest fits. What is read from a body takes up to nine times its size.
	bodyBudget = 20 << 20
	// unsignedBudget is the same for bodies that come without a signature: whoever holds it takes nothing from those who sign.
	unsignedBudget = 1 << 20
)

const (
	bodyTime = 5 * time.Second        // from the header of a request to the end of its body
	turnTime = 250 * time.Millisecond // how long a larger body waits for its share of the budget
	tidyTime = time.Second            // from the last larger body to when its memory goes back to the system
)

// intake reads bodies. It is safe for concurrent use.
type intake struct {
	budget *semaphore.Weighted
	tidy   *time.Timer
}

func newIntake(budget int64) intake {
	tidy := time.AfterFunc(tidyTime, debug.FreeOSMemory)
	tidy.Stop()
	return intake{semaphore.NewWeighted(budget), tidy}
}

// read reads a body of size bytes (-1: unknown), which may have limit bytes. The caller calls release when it needs neither the body nor what
// it has read from it any more.
func (i intake) read(ctx context.Context, from io.Reader, size, limit int64) (body []byte, release func(), err error) {
	if size > limit {
		return nil, nil, errTooLarge()
	}
	release = func() {}
	if size > smallBody {
		if release, err = i.share(ctx, size); err != nil {
			return nil, nil, err
		}
	}
	if size >= 0 {
		body = make([]byte, size)
		_, err = io.ReadFull(from, body)
	} else {
		body, release, err = i.readChunks(ctx, from, limit)
	}
	if err != nil {
		release()
		return nil, nil, unreadable(err)
	}
	return body, release, nil
}

// readChunks reads a body of unknown length: beyond a small one it has a share for the largest.
func (i intake) readChunks(ctx context.Context, from io.Reader, limit int64) (body []byte, release func(), err error) {
	release = func() {}
	small := min(limit, smallBody)
	body, err = io.ReadAll(io.LimitReader(from, small+1))
	switch {
	case err != nil || int64(len(body)) <= small:
		return body, release, err
	case limit <= smallBody:
		return nil, release, errTooLarge()
	}
	if release, err = i.share(ctx, limit); err != nil {
		return nil, func() {}, err
	}
	rest, err := io.ReadAll(io.LimitReader(from, limit-int64(len(body))+1))
	if err == nil && int64(len(body)+len(rest)) > limit {
		err = errTooLarge()
	}
	return append(body, rest...), release, err
}

// share takes n bytes of the budget. If they do not become free soon it refuses the request with an error that SDKs retry.
func (i intake) share(ctx context.Context, n int64) (release func(), err error) {
	soon, cancel := context.WithTimeout(ctx, turnTime)
	defer cancel()
	if i.budget.Acquire(soon, n) == nil {
		return func() {
			i.budget.Release(n)
			i.tidy.Reset(tidyTime)
		}, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, refusal(unavailable, "localaws holds as many large requests as it can: try again.")
}

func errTooLarge() error {
	return refusal(tooLarge, "The request is larger than the service accepts.")
}

func unreadable(err error) error {
	if _, known := errors.AsType[*refused](err); known || errors.Is(err, context.Canceled) {
		return err
	}
	return refusal(malformed, "The request body could not be read.")
}
