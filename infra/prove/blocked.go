package prove

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/tenant"
)

// Tenants whose sessions are ended in the permissions boundaries, and beside each one whose are not.
const (
	suspended = "idle"
	active    = "idle-eu" // its id begins with the other's
	revoked   = "robbed"  // at a moment that is to come: its sessions are all older
	renewed   = "renewed" // at a moment long past: its sessions are all younger
)

// The moments of the revocations. They are the same in each run, since they stand in the names of mutants.
var (
	revokedAt = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	renewedAt = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
)

// blocked returns roles with the permissions boundaries that bin/tenants writes where it has ended sessions. A set without a role of the
// control plane has nobody who would write them.
func (n Names) blocked(roles []localaws.Role) ([]localaws.Role, error) {
	if !n.operated {
		return roles, nil
	}
	var blocks []tenants.Block
	for name, b := range map[string]tenants.Block{suspended: {Suspended: true}, revoked: {Before: revokedAt}, renewed: {Before: renewedAt}} {
		id, err := tenant.Parse(name)
		if err != nil {
			return nil, err
		}
		b.Tenant = id
		blocks = append(blocks, b)
	}
	text, err := tenants.Document(n.Tag, blocks)
	if err != nil {
		return nil, err
	}
	roles = slices.Clone(roles)
	for i := range roles {
		if roles[i].Boundary != nil {
			roles[i].Boundary = []byte(text)
		}
	}
	return roles, nil
}

// sessionOf is the caller with a session of a role for a tenant.
func sessionOf(role, tenant string) string {
	if role == "~access-role~" {
		return tenant
	}
	return "a session of " + role + " for " + tenant
}

// blockedSessions are those of the tenants above, by their callers. An account of AWS gets none: nobody's sessions are ended there.
func (w *World) blockedSessions() map[string]assumption {
	all := map[string]assumption{}
	if w.account != nil || !w.names.operated {
		return all
	}
	for role, by := range map[string]string{"~access-role~": service, "~write-role~": service, "~seed-role~": seedTask} {
		for _, name := range []string{suspended, active, revoked, renewed} {
			all[sessionOf(role, name)] = ofTenant(name).with("role", role).with("by", by)
		}
	}
	return all
}

// uses are what a session of each role is there for, in each store.
var uses = map[string]map[string]func(by, tenant string) request{
	"~access-role~": {
		"get-item":   operation{"", "GetItem", `{"TableName":"~table~","Key":` + key + `}`}.of,
		"query":      partitionReads["query"].of,
		"batch-get":  partitionReads["batch-get"].of,
		"get-object": onObject{"", "GET", itsObject, nil, ""}.of,
		"list":       prefixReads["list"].of,
		"search":     search,
	},
	"~write-role~": {"put-object": onObject{"", "PUT", stored, encryptedUnder("@alias"), "planted"}.of},
	"~seed-role~": {
		"put-item":   operation{"", "PutItem", planted}.of,
		"put-object": onObject{"", "PUT", stored, encryptedUnder("@alias"), "planted"}.of,
		"put-doc":    onIndex{"", http.MethodPut, itsPlanted, oneDoc}.of,
	},
}

// blockedAttacks are those of tenants whose sessions are ended, on what is their own. The denial has to be the boundary's.
func blockedAttacks() []*Attack {
	var all []*Attack
	for role, requests := range uses {
		for name, of := range requests {
			add := func(why, differs, blocked, free string) {
				all = append(all, &Attack{
					Name: "boundary/" + why + "-" + strings.Trim(role, "~") + "-" + name, Does: "a session of " + role + " of a tenant that is " + why + ": " + name + " of its own", Differs: differs,
					Layer: IAM, Codes: []string{byBoundary}, needs: role, bounded: true, local: true,
					Attempt: worded(step(of(sessionOf(role, blocked), blocked))), Control: step(of(sessionOf(role, free), free)),
				})
			}
			add("suspended", "another tenant, whose id begins with that one's, is not", suspended, active)
			add("revoked", "the session is younger than the revocation", revoked, renewed)
		}
	}
	get := uses["~access-role~"]["get-item"]
	fresh := func(name string) Step {
		return func(ctx context.Context, w *World) (Answer, error) {
			mine := w.with(service)
			if a, err := mine.become(ctx, name, ofTenant(name)); err != nil || !a.ok() {
				return a, err
			}
			return mine.send(ctx, get(name, name))
		}
	}
	return append(all, &Attack{
		Name: "boundary/suspended-new-session", Does: "a session that is taken after its tenant was suspended: get-item of its own", Differs: "another tenant is not suspended",
		Layer: IAM, Codes: []string{byBoundary}, needs: "~access-role~", bounded: true, local: true, Attempt: worded(fresh(suspended)), Control: fresh(active),
	}, written("everything", "reads another's row", attacker, get(attacker, victim), get(attacker, attacker)),
		written("everything-more", "puts a row of its own: it only reads", attacker, operation{"", "PutItem", planted}.of(attacker, attacker), get(attacker, attacker)))
}

// byBoundary is the code of a denial whose words are those of an explicit Deny in a permissions boundary.
const byBoundary = "explicit deny in a permissions boundary"

// worded gives a denial that says so the code byBoundary.
func worded(do Step) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		a, err := do(ctx, w)
		if !a.ok() && (strings.Contains(a.Message, byBoundary) || bytes.Contains(a.Body, []byte(byBoundary))) {
			a.Code = byBoundary
		}
		return a, err
	}
}

// written is an attack of a session while the operator has written a boundary that allows everything and denies nothing.
func written(name, does, by string, attempt, control request) *Attack {
	const all = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	under := func(q request) Step {
		return func(ctx context.Context, w *World) (a Answer, err error) {
			kept := w.roles[slices.IndexFunc(w.roles, func(r localaws.Role) bool { return r.Name == w.names.fill("~access-role~") })].Boundary
			defer func() {
				if failure := w.writeBoundary(ctx, string(kept)); err == nil {
					err = failure
				}
			}()
			if err := w.writeBoundary(ctx, all); err != nil {
				return a, err
			}
			return w.send(ctx, q)
		}
	}
	return &Attack{
		Name: "boundary/operator-writes-" + name, Does: operator + " writes a boundary that allows everything; then " + by + " " + does, Differs: "it reads its own row", Layer: IAM, Codes: denied,
		needs: operator, local: true, Spoils: Roles, Attempt: under(attempt), Control: under(control),
	}
}

// writeBoundary has the operator put a document into the boundary of the role that reads, as bin/tenants does.
func (w *World) writeBoundary(ctx context.Context, text string) error {
	for _, values := range []url.Values{
		{"Action": {"CreatePolicyVersion"}, "PolicyDocument": {text}, "SetAsDefault": {"true"}},
		{"Action": {"ListPolicyVersions"}},
	} {
		a, err := w.send(ctx, toPolicy(operator, "~access-role~Boundary", values))
		if err != nil || !a.ok() {
			return fmt.Errorf("%s: %s: %s %w", values.Get("Action"), a.Code, a.Message, err)
		}
		for id := range oldVersions(string(a.Body)) {
			if a, err := w.send(ctx, toPolicy(operator, "~access-role~Boundary", url.Values{"Action": {"DeletePolicyVersion"}, "VersionId": {id}})); err != nil || !a.ok() {
				return fmt.Errorf("delete version %s: %s: %s %w", id, a.Code, a.Message, err)
			}
		}
	}
	return nil
}

// oldVersions are the versions that an answer lists and that are not the default.
func oldVersions(list string) map[string]bool {
	all := map[string]bool{}
	for _, member := range strings.Split(list, "<member>")[1:] {
		_, rest, _ := strings.Cut(member, "<VersionId>")
		if id, _, _ := strings.Cut(rest, "</VersionId>"); strings.Contains(member, "<IsDefaultVersion>false<") {
			all[id] = true
		}
	}
	return all
}

// toPolicy is a request of IAM about a managed policy.
func toPolicy(by, name string, values url.Values) request {
	values = maps.Clone(values)
	values.Set("Version", "2010-05-08")
	values.Set("PolicyArn", policyARN+name)
	return request{by: by, service: "iam", body: values.Encode()}
}

const issuedAt = "aws:TokenIssueTime"

// blockedPolicies are evaluated requests under the boundary of each role: the very second of a revocation cannot be met by a request.
func blockedPolicies() []*Attack {
	stamp := func(at time.Time) string { return at.Format(time.RFC3339) }
	of := func(control ask, name, at string) ask {
		return control.with(func(q *ask) {
			q.tenant, q.resource = name, strings.ReplaceAll(q.resource, "/"+attacker+"/", "/"+name+"/")
			conditionKey(issuedAt, at)(q)
		})
	}
	var all []*Attack
	for name, does := range map[string]ask{
		"access": ofObject("~access-role~", "s3:GetObject", nil), "write": ofObject("~write-role~", "s3:PutObject", map[string]string{sseKey: "aws:kms"}), "seed": ofObject("~seed-role~", "s3:PutObject", map[string]string{sseKey: "aws:kms"}),
	} {
		add := func(what, differs string, attempt, control ask) {
			all = append(all, &Attack{
				Name: "policy/boundary-" + name + "-" + what, Does: does.role + ": " + strings.ReplaceAll(what, "-", " "), Differs: differs, Layer: IAM, Codes: denied,
				needs: does.role, bounded: true, local: true, evaluated: true, Attempt: evaluated(attempt), Control: evaluated(control),
			})
		}
		young := stamp(revokedAt.Add(time.Hour))
		add("suspended", "another tenant, whose id begins with that one's, is not", of(does, suspended, young), of(does, active, young))
		add("suspended-not-in-capitals", "it is a tenant whose id is in capitals", of(does, suspended, young), of(does, strings.ToUpper(suspended), young))
		add("suspended-not-admin", "it is a tenant called Admin", of(does, suspended, young), of(does, "Admin", young))
		add("suspended-not-star", "it is a tenant called *, were there one", of(does, suspended, young), of(does, "*", young))
		add("revoked-a-second-before", "it is the second itself", of(does, revoked, stamp(revokedAt.Add(-time.Second))), of(does, revoked, stamp(revokedAt)))
		add("revoked-without-a-time", "it is no session of STS, which has no time", of(does, revoked, stamp(revokedAt.Add(-time.Second))), of(does, revoked, ""))
		add("renewed-a-second-before", "it is the second itself", of(does, renewed, stamp(renewedAt.Add(-time.Second))), of(does, renewed, stamp(renewedAt)))
		add("renewed-without-a-time", "it is no session of STS, which has no time", of(does, renewed, stamp(renewedAt.Add(-time.Second))), of(does, renewed, ""))
		old := stamp(renewedAt.Add(-time.Second))
		for block, who := range map[string]string{"revoked": revoked, "renewed": renewed} {
			for what, differs := range map[string]struct{ tenant, is string }{
				"not-in-capitals": {strings.ToUpper(who), "whose id is in capitals"}, "not-admin": {"Admin", "called Admin"}, "not-star": {"*", "called *, were there one"}, "not-another": {active, "that is not"},
			} {
				add(block+"-"+what, "it is a tenant "+differs.is, of(does, who, old), of(does, differs.tenant, old))
			}
		}
	}
	return all
}
