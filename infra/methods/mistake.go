package methods

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// asking is how a session is asked for when a request of own's user is served, who is after other's data.
type asking struct {
	name string
	ask  func(m Method, own, other string, d *Definition) (*sts.AssumeRoleInput, error)
}

// askings are the right way, and three mistakes of the code that asks.
var askings = []asking{
	{"no mistake", func(m Method, own, _ string, d *Definition) (*sts.AssumeRoleInput, error) { return m.Input(own, d) }},
	{"the tenant is forgotten", func(m Method, own, _ string, d *Definition) (*sts.AssumeRoleInput, error) {
		in, err := m.Input("", d)
		if err == nil {
			in.RoleSessionName, in.Policy, in.Tags, in.TransitiveTagKeys = aws.String(own+"@methods"), nil, nil, nil
		}
		return in, err
	}},
	// A check of ids would have refused it.
	{"the tenant is `*`", func(m Method, own, _ string, d *Definition) (*sts.AssumeRoleInput, error) {
		in, err := m.Input("*", d)
		if err == nil {
			in.RoleSessionName = aws.String(own + "@methods")
		}
		return in, err
	}},
	{"the tenant is another", func(m Method, _, other string, d *Definition) (*sts.AssumeRoleInput, error) { return m.Input(other, d) }},
}

// Attacks are the requests for another tenant's data, with the sessions of each way to ask.
func (w *World) Attacks(ctx context.Context) ([]Outcome, error) {
	var all []Outcome
	for _, c := range askings {
		o, err := w.outcome(ctx, c)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}
