package tenants

import (
	"context"

	"example.com/shiptrack/pkg/tenant"
)

// Blocked is a tenant with its block.
type Blocked struct {
	Tenant tenant.ID `json:"tenant"`
	Block  `json:",inline"`
}

// Report says how things stand.
type Report struct {
	Tenants  map[State]int `json:"tenants"`
	Blocks   []Blocked     `json:"blocks"`
	Document int           `json:"boundaryCharacters"` // of each permissions boundary, as IAM counts them
	IAM      IAMCount      `json:"iam"`
}

// Report looks how things stand. It forgets blocks that are over, and brings the boundaries to what is left.
func (c *Control) Report(ctx context.Context) (Report, error) {
	r := Report{Tenants: map[State]int{}, Blocks: []Blocked{}}
	now, err := c.now(ctx)
	if err != nil {
		return r, err
	}
	if err := c.enforce(ctx, now); err != nil {
		return r, err
	}
	if err := c.query(ctx, registry, func(i item) error {
		r.Tenants[State(stringOf(i, "state"))]++
		return nil
	}); err != nil {
		return r, err
	}
	blocks, err := c.blocks(ctx)
	if err != nil {
		return r, err
	}
	for _, b := range blocks {
		r.Blocks = append(r.Blocks, Blocked{b.Tenant, b})
	}
	text, err := Document(KeyTag, blocks)
	if err != nil {
		return r, err
	}
	r.Document = size(text)
	r.IAM, err = c.CountIAM(ctx)
	return r, err
}
