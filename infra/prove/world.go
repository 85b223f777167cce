package prove

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
)

// The tenants: one attacks, the other is attacked.
const (
	attacker = "yellow"
	victim   = "blue"
)

const (
	region  = localaws.DefaultRegion
	account = localaws.DefaultAccount
)

// World is a localaws in this process, or an account of AWS, with roles, table, rows and sessions. Each tenant's rows hold a
// canary: a text by which an answer that shows the row is recognised.
type World struct {
	names    Names
	server   *localaws.Server // nil: an account
	account  *Account         // nil: localaws
	foreign  bool             // the store behind localaws is an emulator
	dir      string
	log      *decisions                 // nil: decisions are not kept, or not known
	roles    []localaws.Role            // as they are now
	intended []localaws.Role            // what populate was given; Close clears an account of AWS only after that
	compiled map[string]policy.Policies // of roles, as they are asked for
	canaries map[string]string
	callers  map[string]aws.Credentials
	services *services // nil: none
	vault    vault
}

// Load returns the roles of policies for the account of a World.
func (n Names) Load(policies iam.Source) ([]localaws.Role, error) {
	return policies.Load(n.Values())
}

// NewWorld makes a World with the roles given. Close it.
func NewWorld(ctx context.Context, names Names, roles []localaws.Role) (*World, error) {
	return Target{Names: names}.world(ctx, roles)
}

// newWorld makes a World of localaws alone with rows of tenants; log is nil where decisions are not kept.
func newWorld(ctx context.Context, names Names, roles []localaws.Role, log *decisions, tenants []string) (*World, error) {
	w, err := localWorld(names, log, nil)
	if err != nil {
		return nil, err
	}
	return w, w.populate(ctx, roles, tenants)
}

// populate makes roles, table, rows and sessions; it closes w where it fails.
func (w *World) populate(ctx context.Context, roles []localaws.Role, tenants []string) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	w.canaries, w.intended = map[string]string{}, roles
	for _, step := range []func() error{
		func() error { return w.tables(ctx) }, func() error { return w.fill(ctx, tenants) }, func() error { return w.documents(ctx, tenants) }, func() error { return w.index(ctx, tenants) }, func() error { return w.strangers(ctx) },
		func() error { return w.unguarded(ctx, roles) }, func() error { return w.SetRoles(ctx, roles) }, func() error { return w.enter(ctx) }, func() error { return w.settle(ctx) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// Close ends w.
func (w *World) Close() error {
	err := w.services.Close()
	if w.server != nil {
		err = errors.Join(err, w.server.Close(), os.RemoveAll(w.dir))
	}
	switch {
	case w.account == nil:
	case w.account.existing != nil:
		err = errors.Join(err, w.account.clearOwn(context.Background()))
	case w.intended != nil:
		err = errors.Join(err, w.account.clear(context.Background(), w.intended))
	}
	return err
}

// SetRoles gives the roles new documents. Sessions stay, and the new documents apply to them.
// It does not touch documents that did not change.
func (w *World) SetRoles(ctx context.Context, roles []localaws.Role) error {
	var changed []localaws.Role
	for i, role := range roles {
		if i >= len(w.roles) || w.account != nil && !same(w.roles[i], role) || !alike(w.roles[i], role) {
			changed = append(changed, role)
		} else if err := w.editRole(ctx, w.roles[i], role); err != nil {
			return err
		}
	}
	if err := w.putRoles(ctx, changed); err != nil {
		return err
	}
	w.roles, w.compiled = roles, map[string]policy.Policies{}
	return nil
}

// alike reports whether two roles have the same name and documents of the same names.
func alike(a, b localaws.Role) bool {
	return a.Name == b.Name && (a.Boundary == nil) == (b.Boundary == nil) && slices.EqualFunc(a.Policies, b.Policies, func(a, b localaws.PolicyDocument) bool { return a.Name == b.Name })
}

func same(a, b localaws.Role) bool {
	return alike(a, b) && bytes.Equal(a.Trust, b.Trust) &&
		slices.EqualFunc(a.Policies, b.Policies, func(a, b localaws.PolicyDocument) bool { return bytes.Equal(a.Document, b.Document) })
}

// editRole puts the documents of a role that differ from those before: a mutant has one.
func (w *World) editRole(ctx context.Context, before, role localaws.Role) error {
	if w.account != nil {
		return nil // same
	}
	client := awsiam.NewFromConfig(w.config(root))
	if !bytes.Equal(before.Trust, role.Trust) {
		if _, err := client.UpdateAssumeRolePolicy(ctx, &awsiam.UpdateAssumeRolePolicyInput{RoleName: &role.Name, PolicyDocument: aws.String(string(role.Trust))}); err != nil {
			return err
		}
	}
	if !bytes.Equal(before.Boundary, role.Boundary) {
		if err := putBoundary(ctx, client, role); err != nil {
			return err
		}
	}
	for i, p := range role.Policies {
		if bytes.Equal(before.Policies[i].Document, p.Document) {
			continue
		}
		if _, err := client.PutRolePolicy(ctx, &awsiam.PutRolePolicyInput{RoleName: &role.Name, PolicyName: &p.Name, PolicyDocument: aws.String(string(p.Document))}); err != nil {
			return err
		}
	}
	return nil
}

// putBoundary gives the policy that is role's permissions boundary another document.
func putBoundary(ctx context.Context, client *awsiam.Client, role localaws.Role) error {
	arn := aws.String(policyARN + localaws.BoundaryName(role.Name))
	before, err := client.ListPolicyVersions(ctx, &awsiam.ListPolicyVersionsInput{PolicyArn: arn})
	if err != nil {
		return err
	}
	if _, err := client.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(string(role.Boundary)), SetAsDefault: true}); err != nil {
		return err
	}
	for _, v := range before.Versions { // a policy has five at most
		if _, err := client.DeletePolicyVersion(ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId}); err != nil {
			return err
		}
	}
	return nil
}

// putRoles makes or changes roles; those of tasks trust the caller too where w is an account.
func (w *World) putRoles(ctx context.Context, roles []localaws.Role) error {
	if w.account == nil {
		return provision.Roles(ctx, w.config(root), roles, provision.Propagation{})
	}
	admitted := make([]localaws.Role, len(roles))
	for i, role := range roles {
		var err error
		if admitted[i], err = w.account.admit(role); err != nil {
			return err
		}
	}
	return provision.Roles(ctx, w.config(root), admitted, provision.Propagation{Within: propagation, Out: w.account.out})
}

// config is for the SDK's clients: it reaches localaws without a network.
func (w *World) config(caller string) aws.Config {
	if w.account != nil {
		return w.account.config
	}
	c := w.callers[caller]
	return aws.Config{
		Region: region, BaseEndpoint: aws.String("http://" + host), HTTPClient: &http.Client{Transport: w},
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// with is w with one of its callers, to which others can be added.
func (w *World) with(caller string) *World {
	return &World{names: w.names, server: w.server, account: w.account, log: w.log, callers: map[string]aws.Credentials{caller: w.callers[caller]}}
}

// secrets are the texts that no log may hold.
func (w *World) secrets() []string {
	var all []string
	for caller, c := range w.callers {
		if caller != root { // root's key is test/test, and that word is in every log
			all = append(all, c.SecretAccessKey, c.SessionToken)
		}
	}
	return all
}

// decisions is the decision log.
type decisions struct {
	mu   sync.Mutex
	text strings.Builder
	byID map[string][]localaws.Entry
	// asked are the ids of the requests that were answered in this process.
	asked []string
}

// Write takes lines.
func (d *decisions) Write(lines []byte) (int, error) {
	entries, err := entriesOf(lines)
	if err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range entries {
		d.byID[e.RequestID] = append(d.byID[e.RequestID], e)
	}
	return d.text.Write(lines)
}

// entriesOf reads what localaws writes with one Write: one line or more.
func entriesOf(lines []byte) (all []localaws.Entry, err error) {
	for line := range bytes.Lines(lines) {
		var e localaws.Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func (d *decisions) sent(requestID string) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, requestID)
}

func (d *decisions) of(requestID string) []localaws.Entry {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.byID[requestID]
}
