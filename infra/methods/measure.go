package methods

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/pkg/tenant"
)

// Times are medians.
type Times struct {
	Tenants, Definitions int
	// Roles is set where the account has no room for so many, and nothing was measured.
	Roles int
	// Stores is the time to add the key and the index of one tenant, and IAM to add its roles; 0: it needs none. First is a request without a
	// session: AssumeRole and GetItem. Later is a GetItem with the session.
	Stores, IAM, First, Later time.Duration
}

// How often each is measured, and how many rows one request writes.
const (
	adds     = 9
	firsts   = 31
	laters   = 10 // with each session
	perWrite = 25
)

// Measure measures a method with so many tenants in IAM and in the table. It does not ask localaws for more roles than an account of AWS
// can have.
func Measure(ctx context.Context, m Method, tenants int, definitions []Definition) (t Times, err error) {
	t = Times{Tenants: tenants, Definitions: len(definitions)}
	cost, err := CostOf(m, tenants, definitions)
	if err != nil {
		return t, err
	}
	if cost.Roles+1 > rolesOfAccount.highest() {
		t.Roles = cost.Roles + 1
		return t, nil
	}
	w, err := NewWorld(ctx, m, definitions)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	all := make([]string, tenants)
	for i := range all {
		all[i] = Tenant(i)
	}
	if err := errors.Join(w.iam(all), w.rows(ctx, all)); err != nil {
		return t, err
	}
	if t.First, t.Later, err = w.requests(ctx, all); err != nil {
		return t, err
	}
	t.Stores, t.IAM, err = w.adds(ctx, tenants)
	return t, err
}

// rows puts a row of each tenant into the table.
func (w *World) rows(ctx context.Context, tenants []string) error {
	client := dynamodb.NewFromConfig(w.root())
	for part := range slices.Chunk(tenants, perWrite) {
		var writes []dynamodbtypes.WriteRequest
		for _, t := range part {
			writes = append(writes, dynamodbtypes.WriteRequest{PutRequest: &dynamodbtypes.PutRequest{Item: keyOf(t)}})
		}
		if _, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]dynamodbtypes.WriteRequest{table: writes}}); err != nil {
			return err
		}
	}
	return nil
}

// requests measures the first request of tenants, and later ones, by the first definition.
func (w *World) requests(ctx context.Context, tenants []string) (first, later time.Duration, err error) {
	var firstOnes, laterOnes []time.Duration
	get := func(c aws.Config, tenant string) error {
		_, err := dynamodb.NewFromConfig(c).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(table), Key: keyOf(tenant)})
		return err
	}
	for i := range firsts {
		t := tenants[i*len(tenants)/firsts]
		began := time.Now()
		in, err := w.method.Input(t, &w.definitions[0])
		if err != nil {
			return 0, 0, err
		}
		session, _, err := w.Session(ctx, in)
		if err != nil {
			return 0, 0, err
		}
		if err := get(session, t); err != nil {
			return 0, 0, err
		}
		firstOnes = append(firstOnes, time.Since(began))
		for range laters {
			began := time.Now()
			if err := get(session, t); err != nil {
				return 0, 0, err
			}
			laterOnes = append(laterOnes, time.Since(began))
		}
	}
	return median(firstOnes), median(laterOnes), nil
}

// adds measures how long it takes to add one more tenant.
func (w *World) adds(ctx context.Context, there int) (stores, iam time.Duration, err error) {
	var ofStores, ofIAM []time.Duration
	root := w.root()
	for i := range adds {
		name := Tenant(there + i)
		id, err := tenant.Parse(name)
		if err != nil {
			return 0, 0, err
		}
		began := time.Now()
		if err := errors.Join(provision.TenantKeys(ctx, root, id), provision.Indexes(ctx, root, endpoint, id)); err != nil {
			return 0, 0, err
		}
		ofStores = append(ofStores, time.Since(began))
		began = time.Now()
		roles, err := w.method.OfTenant(name, w.definitions)
		if err != nil {
			return 0, 0, err
		}
		if len(roles) == 0 {
			continue
		}
		if err := provision.Roles(ctx, root, roles, provision.Propagation{}); err != nil {
			return 0, 0, err
		}
		ofIAM = append(ofIAM, time.Since(began))
	}
	return median(ofStores), median(ofIAM), nil
}

func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// MeasureAll measures each method with each number of tenants, with one definition and with all. progress is told what is measured.
func MeasureAll(ctx context.Context, progress io.Writer) ([][]Times, error) {
	definitions, err := Definitions(MaxDefinitions)
	if err != nil {
		return nil, err
	}
	var all [][]Times
	for _, m := range All() {
		var row []Times
		for _, n := range []int{1, MaxDefinitions} {
			for _, tenants := range Tenants {
				fmt.Fprintf(progress, "times of %s, %s, %s\n", m.Name(), plural(tenants, "tenant"), plural(n, "definition"))
				t, err := Measure(ctx, m, tenants, definitions[:n])
				if err != nil {
					return nil, fmt.Errorf("%s, %d tenants, %d definitions: %w", m.Name(), tenants, n, err)
				}
				row = append(row, t)
			}
		}
		all = append(all, row)
	}
	return all, nil
}
