package tokenvending_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
)

const (
	roleARN   = "arn:aws:iam::000000000000:role/TrackingAccessRole"
	yellowARN = "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@tracking-1"
)

// fakeSTS vends sessions whose access key names their tenant: AKIA-<tenant>-<n>, n counting that tenant's calls.
type fakeSTS struct {
	latency time.Duration

	mu      sync.Mutex
	calls   map[string]int
	last    *sts.AssumeRoleInput
	err     error                               // answered instead, where set
	falsify func(string, *sts.AssumeRoleOutput) // falsifies the answer for a tenant, where set
}

func (f *fakeSTS) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, _ ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	if len(in.Tags) != 1 || aws.ToString(in.Tags[0].Key) != tokenvending.TagKey {
		return nil, fmt.Errorf("fake: tags are %v", in.Tags)
	}
	id := aws.ToString(in.Tags[0].Value)
	n, err := f.count(id, in)
	select {
	case <-time.After(f.latency):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	out := answer(id, n, in)
	if f.falsify != nil {
		f.falsify(id, out)
	}
	return out, nil
}

// count notes a call, and returns its number for the tenant and the error that it will have.
func (f *fakeSTS) count(id string, in *sts.AssumeRoleInput) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls == nil {
		f.calls = map[string]int{}
	}
	f.calls[id]++
	f.last = in
	return f.calls[id], f.err
}

func answer(id string, n int, in *sts.AssumeRoleInput) *sts.AssumeRoleOutput {
	account, role, _ := strings.Cut(strings.Replace(aws.ToString(in.RoleArn), ":iam:", ":sts:", 1), ":role/")
	role = account + ":assumed-role/" + path.Base(role)
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{Arn: aws.String(role + "/" + aws.ToString(in.RoleSessionName))},
		Credentials: &types.Credentials{
			AccessKeyId: aws.String(fmt.Sprintf("AKIA-%s-%d", id, n)), SecretAccessKey: aws.String("secret"),
			SessionToken: aws.String("token-" + id),
			Expiration:   aws.Time(time.Now().Add(time.Duration(aws.ToInt32(in.DurationSeconds)) * time.Second)),
		},
	}
}

// fail makes every following call answer err; nil ends that.
func (f *fakeSTS) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fakeSTS) callsFor(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[id]
}

func (f *fakeSTS) lastInput() *sts.AssumeRoleInput {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

func newMachine(t testing.TB, config tokenvending.Config) *tokenvending.Machine {
	t.Helper()
	if config.RoleARN == "" {
		config.RoleARN = roleARN
	}
	if config.Instance == "" {
		config.Instance = "tracking-1"
	}
	if config.Capacity == 0 {
		config.Capacity = 100
	}
	machine, err := tokenvending.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return machine
}

func as(t testing.TB, id string) context.Context {
	t.Helper()
	parsed, err := tenant.Parse(id)
	if err != nil {
		t.Fatal(err)
	}
	return tenant.NewContext(t.Context(), parsed)
}

// wantKey asserts that the tenant of ctx is given the session with the access key want.
func wantKey(t testing.TB, machine *tokenvending.Machine, ctx context.Context, want string) {
	t.Helper()
	got, err := machine.Retrieve(ctx)
	if err != nil || got.AccessKeyID != want {
		t.Errorf("Retrieve = key %q, error %v, want key %q", got.AccessKeyID, err, want)
	}
}

// wantError asserts that the tenant of ctx is refused with kind.
func wantError(t testing.TB, machine *tokenvending.Machine, ctx context.Context, kind tokenvending.Kind, backedOff bool) {
	t.Helper()
	got, err := machine.Retrieve(ctx)
	var refusal *tokenvending.Error
	if !errors.As(err, &refusal) || refusal.Kind != kind || errors.Is(err, tokenvending.ErrBackoff) != backedOff {
		t.Fatalf("Retrieve = %q, error %v, want kind %v, backed off %v", got.AccessKeyID, err, kind, backedOff)
	}
	if got.HasKeys() {
		t.Fatalf("Retrieve failed with %v and still returned the key %q", err, got.AccessKeyID)
	}
}
