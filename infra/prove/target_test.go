package prove

import (
	"context"
	"os"
	"sync/atomic"
	"testing"

	"example.com/shiptrack/infra/iam"
)

// limited is a context that is canceled once it was looked at so often.
type limited struct {
	context.Context
	cancel context.CancelFunc
	left   atomic.Int64
}

func newLimited(ctx context.Context, looks int64) *limited {
	ctx, cancel := context.WithCancel(ctx)
	l := &limited{Context: ctx, cancel: cancel}
	l.left.Store(looks)
	return l
}

func (l *limited) look() {
	if l.left.Add(-1) < 0 {
		l.cancel()
	}
}

func (l *limited) Done() <-chan struct{} { l.look(); return l.Context.Done() }
func (l *limited) Err() error            { l.look(); return l.Context.Err() }

// TestWorldThatIsInterruptedLeavesNoFolder: Ctrl-C at the beginning of its setup, in the middle, and near the end.
func TestWorldThatIsInterruptedLeavesNoFolder(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const enough = 1 << 40
	set, whole := roles(t, iam.Hardened), newLimited(t.Context(), enough)
	w, err := NewWorld(whole, namesOf(t), set)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	looks := enough - whole.left.Load()
	for _, after := range []int64{0, looks / 2, looks - 20} {
		if _, err := NewWorld(newLimited(t.Context(), after), namesOf(t), set); err == nil {
			t.Errorf("interrupted at look %d of %d: no error", after, looks)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
