package s3_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/s3/s3test"
)

func TestFailuresMapToTheirKind(t *testing.T) {
	for _, test := range []struct {
		name     string
		status   int
		code     string
		want     problem.Kind
		decision audit.Decision
		away     bool
	}{
		{"a denial is an alarm", 403, "AccessDenied", problem.Denied, audit.Deny, false},
		{"an unknown key", 403, "InvalidAccessKeyId", problem.Denied, audit.Deny, false},
		{"throttled", 503, "SlowDown", problem.Unavailable, audit.Failed, true},
		{"its own failure", 500, "InternalError", problem.Unavailable, audit.Failed, true},
		{"expired session", 400, "ExpiredToken", problem.Unavailable, audit.Failed, true},
		{"no such bucket", 404, "NoSuchBucket", problem.Internal, audit.Failed, false},
		{"the key is disabled", 400, "KMS.DisabledException", problem.Internal, audit.Failed, false},
	} {
		for _, do := range []struct {
			name string
			call func(k kit) error
		}{
			{"Find", func(k kit) error {
				_, err := k.Find(awscalltest.As(t, "yellow"), shipmentID(t, "1001"), named(t, "pod.pdf"))
				return err
			}},
			{"Open", func(k kit) error {
				_, err := k.Open(awscalltest.As(t, "yellow"), shipmentID(t, "1001"), documents.Info{Name: named(t, "pod.pdf"), ETag: `"1"`}, nil)
				return err
			}},
			{"Put", func(k kit) error {
				_, err := k.put(t, awscalltest.As(t, "yellow"), "1001", "pod.pdf", "x")
				return err
			}},
		} {
			t.Run(test.name+"/"+do.name, func(t *testing.T) {
				k := newKit(t)
				k.bucket.Refuse(func(s3test.Call) (int, string) { return test.status, test.code })
				err := do.call(k)
				awscalltest.WantKind(t, err, test.want)
				record := k.trail.Last(t)
				if record.Decision != test.decision || !strings.Contains(record.Reason, test.code) {
					t.Errorf("audited %+v, want %s and the code", record, test.decision)
				}
				if detail := problem.From(err).Detail; strings.Contains(detail, "AWS") || strings.Contains(detail, test.code) {
					t.Errorf("the caller is told %q", detail)
				}
				if k.outage.Away() != test.away || len(k.bucket.Calls()) != 1 {
					t.Errorf("away: %t, want %t; %d calls, want 1", k.outage.Away(), test.away, len(k.bucket.Calls()))
				}
			})
		}
	}
}

func TestBucketThatDoesNotAnswerIsAwayUntilItDoes(t *testing.T) {
	k, yellow := newKit(t), awscalltest.As(t, "yellow")
	k.bucket.Refuse(func(s3test.Call) (int, string) { panic(http.ErrAbortHandler) })
	_, err := k.Find(yellow, shipmentID(t, "1001"), named(t, "pod.pdf"))
	awscalltest.WantKind(t, err, problem.Unavailable)
	if problem.From(err).RetryAfter == 0 || !k.outage.Away() {
		t.Errorf("%v, away: %t; want RetryAfter, and away", err, k.outage.Away())
	}
	k.bucket.Refuse(func(s3test.Call) (int, string) { return 0, "" })
	_, err = k.Find(yellow, shipmentID(t, "1001"), named(t, "pod.pdf"))
	awscalltest.WantKind(t, err, problem.NotFound)
	if k.outage.Away() {
		t.Error("away although it answered")
	}
}

// A stream can be read once: were it sent again, what was read before would be missing.
func TestPutIsNeverSentTwice(t *testing.T) {
	k := newKitThatTries(t, 3)
	k.bucket.Refuse(func(s3test.Call) (int, string) { return 503, "SlowDown" })
	_, err := k.Put(awscalltest.As(t, "yellow"), shipmentID(t, "1001"), documents.Upload{
		Name: named(t, "pod.pdf"), Type: documents.PDF, Size: 1, Body: strings.NewReader("x"),
	})
	awscalltest.WantKind(t, err, problem.Unavailable)
	if len(k.bucket.Calls()) != 1 || !strings.Contains(err.Error(), "SlowDown") || strings.Contains(err.Error(), "retry") {
		t.Errorf("%d calls, %v; want one, and no attempt at another", len(k.bucket.Calls()), err)
	}
}

// cut is a body whose client is gone after some bytes.
type cut struct{ content io.Reader }

func (c cut) Read(p []byte) (int, error) {
	n, err := c.content.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func TestBodyThatEndsEarlyStoresNothingAndIsNoOutage(t *testing.T) {
	k, yellow := newKit(t), awscalltest.As(t, "yellow")
	_, err := k.Put(yellow, shipmentID(t, "1001"), documents.Upload{
		Name: named(t, "pod.pdf"), Type: documents.PDF, Size: 1 << 20, Body: cut{strings.NewReader(strings.Repeat("x", 1<<19))},
	})
	awscalltest.WantKind(t, err, problem.Invalid)
	if k.outage.Away() || k.trail.Last(t).Decision != audit.Failed {
		t.Errorf("away: %t, audited %+v", k.outage.Away(), k.trail.Last(t))
	}
	_, err = k.Find(yellow, shipmentID(t, "1001"), named(t, "pod.pdf"))
	awscalltest.WantKind(t, err, problem.NotFound)
}

func TestSlowClientIsNoOutage(t *testing.T) {
	k, yellow := newKit(t), awscalltest.As(t, "yellow")
	ctx, cancel := context.WithCancelCause(yellow)
	defer cancel(nil)
	read, write := io.Pipe()
	defer func() { _ = write.Close() }()
	go func() { // begins to send, and then sends no more
		_, _ = write.Write([]byte("x"))
		cancel(context.DeadlineExceeded)
		_ = write.CloseWithError(context.DeadlineExceeded) // as a server's own deadline ends the read
	}()
	_, err := k.Put(ctx, shipmentID(t, "1001"), documents.Upload{Name: named(t, "pod.pdf"), Type: documents.PDF, Size: 1 << 20, Body: read})
	awscalltest.WantKind(t, err, problem.Timeout)
	if k.outage.Away() {
		t.Error("away although the client was slow")
	}
}

func TestOnlyNewReplacesNothing(t *testing.T) {
	k, yellow := newKit(t), awscalltest.As(t, "yellow")
	upload := func(content string) error {
		_, err := k.Put(yellow, shipmentID(t, "1001"), documents.Upload{
			Name: named(t, "pod.pdf"), Type: documents.PDF, Size: int64(len(content)), Body: strings.NewReader(content), OnlyNew: true,
		})
		return err
	}
	if err := upload("first"); err != nil {
		t.Fatal(err)
	}
	awscalltest.WantKind(t, upload("second"), problem.PreconditionFailed)
	if got := k.trail.Last(t); got.Decision != audit.Allow {
		t.Errorf("audited %+v, want no alarm", got)
	}
	if got := k.content(t, yellow, "1001", "pod.pdf", nil); got != "first" {
		t.Errorf("stored is %q", got)
	}
}
