// Package availability remembers whether a store answers, and tells the operator of each change. It knows no store and decides
// nothing: requests are tried all the same.
package availability

import (
	"context"
	"log/slog"
	"sync"
)

// Watch is what is known of one store. It is safe for concurrent use.
type Watch struct {
	store  string
	logger *slog.Logger
	mu     sync.Mutex
	away   bool
}

// New returns a Watch of the store of this name, which counts as one that answers. logger takes a line for each change.
func New(store string, logger *slog.Logger) *Watch { return &Watch{store: store, logger: logger} }

// Observe is told how a call ended: nil where the store answered, else why it did not.
func (w *Watch) Observe(ctx context.Context, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err != nil && !w.away:
		w.logger.LogAttrs(ctx, slog.LevelWarn, "a store is away", slog.String("store", w.store), slog.String("error", err.Error()))
	case err == nil && w.away:
		w.logger.LogAttrs(ctx, slog.LevelInfo, "the store answers again", slog.String("store", w.store))
	}
	w.away = err != nil
}

// Away reports whether the last call got no answer.
func (w *Watch) Away() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.away
}
