// Package drift compares what an account of AWS has with the files of the project: roles with their policies, boundaries and tags, KMS
// keys, bucket, table and domain with their policies and settings, and who else may reach them. It says in words what differs, and whether tenants are still kept apart by what
// is there. It reads alone, and changes nothing. What it may not read it names: silence never means that nothing changed.
package drift

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/theorem"
)

// Wanted is what the account should have.
type Wanted struct {
	Roles  []localaws.Role
	Values localaws.Values
	Tag    string // the session tag, and the tag of keys, that names a tenant
	Table  string
	// Boundary is the ARN of the permissions boundary of every role; empty: none.
	Boundary string
	// Owned says whose the resources of each store are.
	Owned *theorem.Ownership
	// Tenants have a key each. The two of the isolation check have one always.
	Tenants []string
	// Operators are roles and users that the files do not know, and that may reach the stores: "role/NAME" or "user/NAME", as path.Match has it.
	Operators []string
	// WithoutTLS says that the bucket should have no policy: the one of the files refuses requests without TLS.
	WithoutTLS bool
	// WithoutSearch says that there is no domain of OpenSearch Service.
	WithoutSearch bool
}

// There is what the account has of it.
type There struct {
	Roles   []Role
	Others  []Principal // all other roles, and all users
	Keys    []Key
	AllKeys bool     // no key is missing among Keys
	Stray   []string // ids of keys without an alias, and without a tenant's tag
	Bucket  Bucket
	Table   Table
	Domain  Domain
	// Unread is what could not be read, and why.
	Unread []string
}

// Role is a role of the account.
type Role struct {
	Name     string
	ARN      string
	Absent   bool
	Trust    string
	Inline   map[string]string // documents, by name; nil: they could not be read
	Attached map[string]string // documents, by ARN
	Boundary string            // ARN; empty: none
	Limits   string            // the document of the boundary
	Session  time.Duration     // the longest
	Tags     map[string]string
}

// The kinds of a Principal.
const (
	kindRole = "role"
	kindUser = "user"
)

// Principal is a role or a user that the files do not know.
type Principal struct {
	Kind      string
	Name      string // with its path, as in its ARN
	Trust     string // of a role
	Documents []Document
	Boundary  string // ARN; empty: none
	Limits    string // the document of the boundary
}

// Document is a policy of a Principal: its own, one that is attached, or one of a group.
type Document struct{ Name, Text string }

// Key is a KMS key that carries the tag of a tenant, that an alias of a tenant leads to, or whose description says that it is a tenant's.
type Key struct {
	ID, ARN     string
	State       string // "Enabled", or why it cannot be used
	Description string
	Tags        map[string]string
	Aliases     []string
	Policy      string
	Grants      []string // what each allows, in words
	ofAWS       bool
}

// Bucket is that of the documents.
type Bucket struct {
	Absent     bool
	Policy     string   // empty: none
	Public     []string // settings of the public access block that are off
	Versioning string   // "Enabled", or what it is
	Encryption string   // the algorithm of what is stored without a key of its own; empty: not known
	BucketKey  bool
}

// Table is the one of the shipments.
type Table struct {
	Absent    bool
	ARN       string
	Policy    string // empty: none
	Protected *bool  // against deletion; nil: not known
	Recovers  string // whether it has point-in-time recovery: "ENABLED", or what else; empty: not known
}

// Domain is that of OpenSearch Service.
type Domain struct {
	Absent bool
	ARN    string
	Policy string   // who may search beside the roles; empty: none, or not known
	Off    []string // settings
}

// Read asks the account for all that Compare needs. What it may not read, or could not after the SDK's own attempts, is in
// There.Unread. Its error is one after which every other request fails too: credentials that expired, or a context that ended.
func Read(ctx context.Context, cfg aws.Config, wanted Wanted) (*There, error) {
	r := &reader{cfg: cfg, wanted: wanted, there: &There{}}
	for _, read := range []func(context.Context) error{r.roles, r.others, r.keys, r.bucket, r.table, r.domain} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	return r.there, nil
}

type reader struct {
	cfg    aws.Config
	wanted Wanted
	there  *There
}

// unread notes that what could not be read; it returns err where no other request would be answered either.
func (r *reader) unread(what string, err error) error {
	if err == nil {
		return nil
	}
	if expired(err) {
		return fmt.Errorf("the credentials expired while %s was read; renew them and run the same command again: %w", what, err)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	r.there.Unread = append(r.there.Unread, what+": "+said(err))
	return nil
}

// said is what AWS said, without the SDK's account of how it was asked.
func said(err error) string {
	if failure, ok := errors.AsType[smithy.APIError](err); ok {
		return failure.ErrorCode() + ": " + failure.ErrorMessage()
	}
	return err.Error()
}

func expired(err error) bool {
	failure, ok := errors.AsType[smithy.APIError](err)
	return ok && (failure.ErrorCode() == "ExpiredToken" || failure.ErrorCode() == "ExpiredTokenException")
}

// absent reports whether err says that what was asked for is not there, and otherwise returns it.
func absent(err error, codes ...string) (bool, error) {
	failure, ok := errors.AsType[smithy.APIError](err)
	for _, code := range codes {
		if ok && failure.ErrorCode() == code {
			return true, nil
		}
	}
	return false, err
}
