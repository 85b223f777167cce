package tokenvending

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// maxTries is how often a call is sent that STS throttles.
const maxTries = 3

// answered is STS's answer to a call that was sent at sent.
type answered struct {
	out       *sts.AssumeRoleOutput
	requestID string
	sent      time.Time
}

// errParameters says that what the Config's functions gave is no request for STS.
var errParameters = errors.New("the session cannot be asked for")

// ask sends the call for id, when its turn comes. Where STS throttles it is sent again, in its turn: a retry takes the
// place of another call and adds none to what STS gets in a second.
func (m *MachineOf[ID]) ask(ctx context.Context, id ID) (answered, error) {
	in, err := m.request(ctx, id)
	if err != nil {
		return answered{}, err
	}
	queue, cancel := context.WithTimeout(ctx, queueTimeout)
	defer cancel()
	if err := m.pace.enter(queue); err != nil {
		return answered{}, fmt.Errorf("no call of STS ended within %v: %w", queueTimeout, err)
	}
	defer m.pace.leave()
	var a answered
	for try := 1; ; try++ {
		if late := m.pace.turn(queue); late != nil {
			return a, errors.Join(fmt.Errorf("no turn within %v: %w", queueTimeout, late), err)
		}
		a, err = m.send(ctx, in)
		if !isThrottled(err) {
			m.pace.answered()
			return a, err
		}
		m.pace.throttled(a.sent, time.Now())
		if try == maxTries {
			return a, err
		}
	}
}

// send sends the call once, with the SDK's own retries of what is no throttling.
func (m *MachineOf[ID]) send(ctx context.Context, in *sts.AssumeRoleInput) (answered, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	a := answered{sent: time.Now()}
	out, err := m.config.STS.AssumeRole(ctx, in, func(o *sts.Options) { o.Retryer = &inTurn{Retryer: o.Retryer, pace: m.pace} })
	var failed *awshttp.ResponseError
	switch {
	case errors.As(err, &failed):
		a.requestID = failed.ServiceRequestID()
	case err == nil && out != nil:
		a.out = out
		a.requestID, _ = awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	}
	return a, err
}

// inTurn lets the SDK's retries wait for their turn, too, and leaves those of throttled calls to ask. It is made for one
// operation, whose attempts follow one another.
type inTurn struct {
	aws.Retryer
	pace  *pace
	began bool
}

// IsErrorRetryable is the SDK's Retryer.
func (r *inTurn) IsErrorRetryable(err error) bool {
	return !isThrottled(err) && r.Retryer.IsErrorRetryable(err)
}

// GetAttemptToken is the SDK's RetryerV2; it asks before each attempt. The first one has had its turn.
func (r *inTurn) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	release := func(error) error { return nil }
	if !r.began {
		r.began = true
		return release, nil
	}
	return release, r.pace.turn(ctx)
}

// request is what is asked of STS for id.
func (m *MachineOf[ID]) request(ctx context.Context, id ID) (*sts.AssumeRoleInput, error) {
	role, text := m.roleARN(id), m.config.Text(id)
	if err := errors.Join(CheckRoleARN(role), checkText(text)); err != nil {
		return nil, fmt.Errorf("%w: %w", errParameters, err)
	}
	in := &sts.AssumeRoleInput{
		RoleArn:           &role,
		RoleSessionName:   aws.String(m.sessionName(id)),
		DurationSeconds:   aws.Int32(int32(m.config.Duration / time.Second)),
		Tags:              []types.Tag{{Key: &m.config.TagKey, Value: &text}},
		TransitiveTagKeys: []string{m.config.TagKey},
	}
	if m.config.Terms == nil {
		return in, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	terms, err := m.config.Terms(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("terms of the session: %w", err)
	}
	terms.addTo(in)
	return in, nil
}

// addTo puts t into in; what is empty is left out.
func (t Terms) addTo(in *sts.AssumeRoleInput) {
	for _, key := range slices.Sorted(maps.Keys(t.Tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(key), Value: aws.String(t.Tags[key])})
		in.TransitiveTagKeys = append(in.TransitiveTagKeys, key)
	}
	for _, arn := range t.PolicyARNs {
		in.PolicyArns = append(in.PolicyArns, types.PolicyDescriptorType{Arn: aws.String(arn)})
	}
	in.Policy, in.ExternalId, in.SourceIdentity = orNil(t.Policy), orNil(t.ExternalID), orNil(t.SourceIdentity)
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
