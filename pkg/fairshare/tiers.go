// Package fairshare limits what one tenant may ask of one instance of a service, so that no tenant takes the share of the
// others: requests a second, with a burst, and requests in flight. Each tenant has the limits of its tier. It refuses a
// request before any work is done for it, and it never counts the request of one tenant against another.
package fairshare

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/pkg/tenant"
)

// Bounds of a file. A tier's name is a label of metrics, so there are few.
const (
	maxFile     = 64 << 20 // bytes: a million tenants
	maxTiers    = 32
	minRate     = 0.1
	maxRate     = 1_000_000
	maxInFlight = 100_000
	// maxRefill is how many seconds an empty bucket may take to be full again. See Limiter.bucket.
	maxRefill = 60
)

// Tier is what each of its tenants may ask for.
type Tier struct {
	Rate     float64 `json:"rate"`     // requests a second, in the long run
	Burst    int     `json:"burst"`    // requests at once, after a rest
	InFlight int     `json:"inFlight"` // requests that are being answered
}

// Tiers are all tiers, and which tenant is in which. They do not change. The nil Tiers has one tier, "all", without limits.
type Tiers struct {
	byName  map[string]*tier
	of      map[tenant.ID]*tier
	another *tier // of the tenants that are not listed
}

// tier is a Tier with what its answers say of it.
type tier struct {
	Tier
	name, policy           string
	overRate, overInFlight string // the details of refusals
}

// file is the JSON text that Read reads.
type file struct {
	DefaultTier string            `json:"defaultTier"`
	Tiers       map[string]Tier   `json:"tiers"`
	Tenants     map[string]string `json:"tenants"` // the tier of each tenant that is not of DefaultTier
}

// Read reads a file of tiers. The error says on which line, or at which member, the file is wrong.
func Read(path string) (*Tiers, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	tiers, err := parse(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tiers, nil
}

// parse reads the content of a file. It refuses members that it does not know, and one that stands there twice.
func parse(content []byte) (*Tiers, error) {
	var f file
	if err := json.Unmarshal(content, &f, json.RejectUnknownMembers(true)); err != nil {
		return nil, plain(content, err)
	}
	return f.tiers()
}

// plain says where the content is no file of tiers, for whoever wrote it.
func plain(content []byte, err error) error {
	at, pointer := int64(0), jsontext.Pointer("")
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at, pointer, err = syntax.ByteOffset, syntax.JSONPointer, syntax.Err
	} else if meaning, ok := errors.AsType[*json.SemanticError](err); ok {
		at, pointer, err = meaning.ByteOffset, meaning.JSONPointer, meaning.Err
		if err == nil {
			err = fmt.Errorf("a JSON %s cannot stand here", meaning.JSONKind)
		}
	}
	line := 1 + bytes.Count(content[:min(at, int64(len(content)))], []byte("\n"))
	return fmt.Errorf("line %d, %s: %w", line, place(pointer), err)
}

func place(pointer jsontext.Pointer) string {
	if pointer == "" {
		return "the whole"
	}
	return string(pointer)
}

// tierName is the form of a tier's name.
var tierName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// tiers checks all that f says. The error lists all that is wrong, each with its member.
func (f file) tiers() (*Tiers, error) {
	var wrong []string
	fault := func(pointer, format string, args ...any) {
		wrong = append(wrong, pointer+": "+fmt.Sprintf(format, args...))
	}
	t := &Tiers{byName: map[string]*tier{}, of: make(map[tenant.ID]*tier, len(f.Tenants))}
	if len(f.Tiers) > maxTiers {
		fault("/tiers", "has %d tiers, want at most %d", len(f.Tiers), maxTiers)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Tiers)) {
		if !tierName.MatchString(name) {
			fault("/tiers", "%.40q is not the name of a tier: want 1 to 32 of a-z, 0-9 and '-', the first not '-'", name)
		}
		f.Tiers[name].check("/tiers/"+name, fault)
		t.byName[name] = newTier(name, f.Tiers[name])
	}
	if t.another = t.byName[f.DefaultTier]; t.another == nil {
		fault("/defaultTier", "%.40q is none of the tiers", f.DefaultTier)
	}
	for text, name := range f.Tenants {
		id, err := tenant.Parse(text)
		switch {
		case err != nil:
			fault("/tenants", "%.70q: %v", text, err)
		case t.byName[name] == nil:
			fault("/tenants/"+text, "%.40q is none of the tiers", name)
		}
		t.of[id] = t.byName[name]
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return nil, errors.New(strings.Join(wrong[:min(len(wrong), 10)], "; "))
	}
	return t, nil
}

func (t Tier) check(pointer string, fault func(pointer, format string, args ...any)) {
	if !(t.Rate >= minRate && t.Rate <= maxRate) {
		fault(pointer+"/rate", "%v is outside %v to %d requests a second", t.Rate, minRate, int(maxRate))
	} else if t.Burst < 1 || float64(t.Burst) > maxRefill*t.Rate {
		fault(pointer+"/burst", "%d is outside 1 to %d requests, which %v a second bring in a minute", t.Burst, int(maxRefill*t.Rate), t.Rate)
	}
	if t.InFlight < 1 || t.InFlight > maxInFlight {
		fault(pointer+"/inFlight", "%d is outside 1 to %d requests", t.InFlight, maxInFlight)
	}
}

// Of returns the name of the tenant's tier.
func (t *Tiers) Of(id tenant.ID) string {
	if t == nil {
		return "all"
	}
	return t.tierOf(id).name
}

func (t *Tiers) tierOf(id tenant.ID) *tier {
	if listed := t.of[id]; listed != nil {
		return listed
	}
	return t.another
}
