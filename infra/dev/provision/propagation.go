package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
)

// Propagation is how long it may take until what IAM has made is known everywhere. In AWS that is seconds, and a minute at times (IAM User
// Guide, "Changes that I make are not always immediately visible"). In localaws it is nothing: the zero Propagation.
type Propagation struct {
	Within time.Duration
	Every  time.Duration // between two tries; a second where 0
	Out    io.Writer     // says what is waited for, once; nil: nowhere
}

// until carries out do until it succeeds, or fails with an error that is not of propagation, or for Within.
func (p Propagation) until(ctx context.Context, do func() error) error {
	err := do()
	if err == nil || p.Within == 0 || !lags(err) {
		return err
	}
	if p.Out != nil {
		fmt.Fprintf(p.Out, "provision: IAM may not know yet what was just made; trying again for %s: %v\n", p.Within, err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.Within)
	defer cancel()
	tick := time.NewTicker(cmp.Or(p.Every, time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("%w, for %s", err, p.Within)
			}
			return ctx.Err()
		case <-tick.C:
		}
		if err = do(); err == nil || !lags(err) {
			return err
		}
	}
}

// notYet is an error of a program that was started, whose words are those of propagation.
type notYet struct{ error }

func (n notYet) Unwrap() error { return n.error }

// lags reports whether err may be over when IAM has caught up.
func lags(err error) bool {
	if _, ok := errors.AsType[notYet](err); ok {
		return true
	}
	if _, ok := errors.AsType[*iamtypes.NoSuchEntityException](err); ok {
		return true
	}
	failure, ok := errors.AsType[smithy.APIError](err)
	return ok && failure.ErrorCode() == "MalformedPolicyDocument" && strings.Contains(failure.ErrorMessage(), invalidPrincipal)
}

// invalidPrincipal is IAM's word for a trust policy that names a role or user which it does not know.
const invalidPrincipal = "Invalid principal in policy"
