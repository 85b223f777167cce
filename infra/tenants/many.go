package tenants

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/pkg/tenant"
)

// maxLine bounds a line of a file of tenants, in bytes.
const maxLine = 4096

// ReadFile returns the tenants of a file of JSON lines, each {"tenant": "acme"}. All that is wrong with the file is in the error, a line each:
// nothing is added of a file that is not right as a whole.
func ReadFile(file io.Reader) (all []tenant.ID, err error) {
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 0, maxLine), maxLine)
	first := map[tenant.ID]int{}
	var wrong []error
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		id, err := readLine(lines.Bytes())
		if err == nil && first[id] > 0 {
			err = fmt.Errorf("%s stands in line %d already", id, first[id])
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		first[id] = n
		all = append(all, id)
	}
	if err := lines.Err(); err != nil {
		wrong = append(wrong, err)
	}
	if len(all) == 0 && wrong == nil {
		wrong = append(wrong, errors.New(`it names no tenant: want lines such as {"tenant": "acme"}`))
	}
	return all, errors.Join(wrong...)
}

func readLine(line []byte) (tenant.ID, error) {
	var in struct {
		Tenant string `json:"tenant"`
	}
	if err := json.Unmarshal(line, &in, json.RejectUnknownMembers(true)); err != nil {
		return tenant.ID{}, fmt.Errorf(`want {"tenant": "acme"}: %w`, err)
	}
	return ParseID(in.Tenant)
}

// AddMany adds tenants, up to parallel at a time; progress is told how many are done. Where a tenant itself is the reason (it was removed),
// the others are added all the same. Where anything else fails, no further one is begun. The same call again finishes the work.
func (c *Control) AddMany(ctx context.Context, all []tenant.ID, parallel int, progress func(done, all int)) error {
	known, err := c.records(ctx, all)
	if err != nil {
		return err
	}
	var (
		done    atomic.Int64
		mu      sync.Mutex
		refused []error
		strays  = sync.OnceValues(func() (map[string][]*string, error) { return c.strays(ctx) })
	)
	group, adding := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range all {
		if adding.Err() != nil {
			break
		}
		group.Go(func() error {
			err := about(all[i], c.add(adding, known[i], func(context.Context) (map[string][]*string, error) { return strays() }))
			if errors.Is(err, ErrRemoved) || errors.Is(err, ErrRemoving) || errors.Is(err, ErrBusy) {
				mu.Lock()
				defer mu.Unlock()
				refused = append(refused, err)
				err = nil
			}
			progress(int(done.Add(1)), len(all))
			return err
		})
	}
	return errors.Join(cmp.Or(group.Wait(), ctx.Err()), errors.Join(refused...))
}

// records are those of all, read at once: many are asked for.
func (c *Control) records(ctx context.Context, all []tenant.ID) ([]Record, error) {
	kept := map[tenant.ID]Record{}
	err := c.query(ctx, registry, func(i item) error {
		r, err := readRecord(i)
		kept[r.Tenant] = r
		return err
	})
	records := make([]Record, len(all))
	for i, id := range all {
		records[i] = kept[id]
		records[i].Tenant = id
	}
	return records, err
}
