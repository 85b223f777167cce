package prove

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"example.com/shiptrack/infra/localaws"
	"golang.org/x/sync/errgroup"
)

// roundSize is how many requests a pair of Worlds gets before it is made anew: a round can be repeated by itself.
const roundSize = 10_000

// Search is the result of a random search for a counterexample to one property: no tenant receives, changes, or learns the
// existence of another tenant's row. Each request goes to two Worlds that differ only in the rows of other tenants. The
// answers have to be the same, byte for byte, and must not hold a canary. No other tenant's row may change.
type Search struct {
	Seed     uint64
	Requests int
	Answered int      // of Requests: those that were allowed; without them a search shows nothing
	Leaks    []string // counterexamples, each shrunk to the smallest request that still is one
}

// SearchFor makes n requests, on all processors. The same seed makes the same requests; progress is told how many are done.
func SearchFor(ctx context.Context, names Names, roles []localaws.Role, seed uint64, n int, progress func(done, all int)) (*Search, error) {
	found := &Search{Seed: seed, Requests: n}
	var mu sync.Mutex
	var next, done atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range 2 * runtime.GOMAXPROCS(0) { // half of them wait for their disk
		group.Go(func() error {
			for first := int(next.Add(roundSize)) - roundSize; first < n; first = int(next.Add(roundSize)) - roundSize {
				size := min(roundSize, n-first)
				answered, leak, err := round(ctx, names, roles, rand.New(rand.NewPCG(seed, uint64(first))), size)
				if err != nil {
					return err
				}
				mu.Lock()
				found.Answered += answered
				if leak != "" {
					found.Leaks = append(found.Leaks, leak)
				}
				mu.Unlock()
				progress(int(done.Add(int64(size))), n)
			}
			return nil
		})
	}
	return found, group.Wait()
}

// pair is two Worlds: full has the rows of all tenants, bare those of the attacker alone.
type pair struct {
	full, bare *World
	foreign    []byte // the rows of others in full
}

func newPair(ctx context.Context, names Names, roles []localaws.Role) (_ *pair, err error) {
	t := new(pair)
	if t.full, err = newWorld(ctx, names, roles, nil, crowd); err != nil {
		return nil, err
	}
	if t.bare, err = newWorld(ctx, names, roles, nil, []string{attacker}); err != nil {
		return nil, errors.Join(err, t.full.Close())
	}
	t.foreign, err = t.others(ctx)
	if err != nil {
		err = errors.Join(err, t.Close())
	}
	return t, err
}

// Close ends both.
func (t *pair) Close() error { return errors.Join(t.full.Close(), t.bare.Close()) }

// others are the rows of other tenants, as root reads them.
func (t *pair) others(ctx context.Context) ([]byte, error) {
	scan := request{by: root, operation: "Scan", body: `{"TableName":"~table~","ConsistentRead":true,"FilterExpression":"~partition~ <> :own","ExpressionAttributeValues":{":own":{"S":"yellow"}}}`}
	a, err := t.full.send(ctx, scan)
	if err != nil || !a.ok() {
		return nil, fmt.Errorf("scan: %s %w", a.Message, err)
	}
	var rows struct{ Items json.RawMessage }
	if err := json.Unmarshal(a.Body, &rows); err != nil {
		return nil, err
	}
	objects, err := t.full.objectsOfOthers(ctx)
	if err != nil {
		return nil, err
	}
	documents, err := t.full.documentsOfOthers(ctx)
	return slices.Concat(rows.Items, objects, documents), err
}

// round makes size requests and returns how many were answered, and the first counterexample.
func round(ctx context.Context, names Names, roles []localaws.Role, random *rand.Rand, size int) (answered int, leak string, err error) {
	t, err := newPair(ctx, names, roles)
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	g := &generator{Rand: random}
	for range size {
		q := g.request()
		ok, why, err := t.try(ctx, q)
		if err != nil {
			return answered, "", err
		}
		if ok {
			answered++
		}
		if why != "" {
			smallest, why := shrink(ctx, names, roles, q, why)
			return answered, names.fill(fmt.Sprintf("%s: %s", smallest, why)), nil
		}
	}
	return answered, "", ctx.Err()
}

// try sends q to both, and says what is wrong with the answers.
func (t *pair) try(ctx context.Context, q request) (answered bool, wrong string, err error) {
	a, err := t.full.send(ctx, q)
	if err != nil {
		return false, "", err
	}
	b, err := t.bare.send(ctx, q)
	if err != nil {
		return false, "", err
	}
	for tenant, canary := range t.full.canaries {
		if tenant != attacker && bytes.Contains(a.Body, []byte(canary)) {
			return a.ok(), "the answer tells a row of " + tenant, nil
		}
	}
	if a.Status != b.Status || !bytes.Equal(t.full.plain(a.Body), t.bare.plain(b.Body)) {
		return a.ok(), fmt.Sprintf("the answer depends on other tenants' rows: %d %s, without them %d %s", a.Status, a.Body, b.Status, b.Body), nil
	}
	if a.ok() && q.writes() {
		now, err := t.others(ctx)
		if err != nil || !bytes.Equal(now, t.foreign) {
			return true, "other tenants' rows are not what they were", err
		}
	}
	return a.ok(), "", nil
}

// plain removes the legitimate differences between the answers of two Worlds: the attacker's canary, and of S3 the ids of requests
// and keys, the times, and the ETags, which depend on the key.
func (w *World) plain(body []byte) []byte {
	body = bytes.ReplaceAll(body, []byte(w.canaries[attacker]), []byte("own"))
	body = took.ReplaceAll(body, nil)
	return keyIDs.ReplaceAll(varying.ReplaceAll(body, []byte("<$1/>")), []byte("key/id"))
}

// took is what differs between two indexes that hold the same: how long a search took, and the index's own id.
var took = regexp.MustCompile(`"took":[0-9]+,|"uuid":"[^"]*"`)

// keyIDs are those of KMS keys, which a denial names: each World makes its own.
var keyIDs = regexp.MustCompile(`key/[0-9a-f-]{36}`)

var varying = regexp.MustCompile(`<(RequestId|HostId|LastModified|ETag|UploadId)>[^<]*</(?:RequestId|HostId|LastModified|ETag|UploadId)>`)

// writes reports whether q may change what is stored.
func (q request) writes() bool {
	return writes[q.operation] || (q.service == "s3" || q.service == "es") && q.method != http.MethodGet && q.method != http.MethodHead
}

// String is for people.
func (q request) String() string {
	if q.service == "s3" || q.service == "es" {
		return fmt.Sprintf("%s %s by %s with %q %s", q.method, q.path, q.by, q.headers, q.body)
	}
	return fmt.Sprintf("%s by %s with %s", q.operation, q.by, q.body)
}

var writes = map[string]bool{
	"PutItem": true, "UpdateItem": true, "DeleteItem": true, "BatchWriteItem": true, "TransactWriteItems": true,
	"ExecuteStatement": true, "BatchExecuteStatement": true, "ExecuteTransaction": true,
}
