package prove

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws"
)

// fill writes each tenant's canary into two rows: 1001, which all have, and one that only this tenant has. It changes
// nothing else in them.
func (w *World) fill(ctx context.Context, tenants []string) error {
	for _, tenant := range tenants {
		if w.canaries[tenant] == "" {
			w.canaries[tenant] = "canary-" + tenant + "-" + rand.Text()
		}
		for _, shipment := range []string{"1001", "of-" + tenant} {
			set := fmt.Sprintf(`{"TableName":"%s","Key":{"~partition~":{"S":"%s"},"~sort~":{"S":"%s"}},"UpdateExpression":"SET Canary = :c","ExpressionAttributeValues":{":c":{"S":"%s"}}}`, table, tenant, shipment, w.canaries[tenant])
			if a, err := w.send(ctx, request{by: root, operation: "UpdateItem", body: set}); err != nil || !a.ok() {
				return fmt.Errorf("write the row of %s: %s %w", tenant, a.Message, err)
			}
		}
	}
	return nil
}

// The callers.
const (
	root     = "root"
	service  = "~service-role~"
	seedTask = "~seed-task-role~"
	seeder   = "a session of ~seed-role~ for " + attacker
	other    = "Other" // a role of the account that its own policies let assume any role
	untagged = "a session of ~access-role~ without a tag"
	emptied  = "a session of ~access-role~ with an empty tag"
	loose    = "a session of ~seed-role~ without a tag"
	looseOne = "a session of ~write-role~ without a tag"
)

// tables makes the pooled table, with an index that no policy grants, and another table.
func (w *World) tables(ctx context.Context) error {
	indexed := `{"TableName":"~table~","BillingMode":"PAY_PER_REQUEST",` + w.markTable() + `
		"AttributeDefinitions":[{"AttributeName":"~partition~","AttributeType":"S"},{"AttributeName":"~sort~","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"~partition~","KeyType":"HASH"},{"AttributeName":"~sort~","KeyType":"RANGE"}],
		"GlobalSecondaryIndexes":[{"IndexName":"~table-index~","KeySchema":[{"AttributeName":"~partition~","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]}`
	if a, err := w.send(ctx, request{by: root, operation: "CreateTable", body: indexed}); err != nil || !a.ok() {
		return fmt.Errorf("create the table: %s %w", a.Message, err)
	}
	return errors.Join(provision.Table(ctx, w.config(root), w.localized(table)), provision.Table(ctx, w.config(root), "Billing"))
}

// strangers makes the role Other, and starts a task in it.
func (w *World) strangers(ctx context.Context) error {
	role := localaws.Role{
		Name:     other,
		Trust:    []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Policies: []localaws.PolicyDocument{{Name: "AssumeAny", Document: []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}`)}},
	}
	if err := w.putRoles(ctx, []localaws.Role{role}); err != nil {
		return err
	}
	return w.startTask(ctx, other)
}

// unguarded gets sessions that the trust policies refuse: for a moment it replaces them by policies that trust every role
// of the account. The attacks then show what the permission policies alone would do with such a session.
func (w *World) unguarded(ctx context.Context, roles []localaws.Role) error {
	open := slices.Clone(roles)
	for i := range open {
		open[i].Trust = []byte(w.localized(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`))
	}
	if err := w.SetRoles(ctx, open); err != nil {
		return err
	}
	tagless := ofTenant(attacker).untagged().with("by", other)
	for caller, as := range map[string]assumption{
		untagged: tagless, emptied: ofTenant(attacker).emptyTag().with("by", other), loose: tagless.with("role", "~seed-role~"), looseOne: tagless.with("role", "~write-role~"),
	} {
		if as.needs() != "" && !has(roles, w.names.fill(as.needs())) {
			continue
		}
		if err := w.mustBecome(ctx, caller, as); err != nil {
			return err
		}
	}
	return nil
}

// mustBecome is become, and fails where the session is refused.
func (w *World) mustBecome(ctx context.Context, caller string, as assumption) error {
	return w.eventually(ctx, 1, func() error {
		if a, err := w.become(ctx, caller, as); err != nil || !a.ok() {
			return fmt.Errorf("no session for %s: %s %w", w.names.fill(caller), a.Message, err)
		}
		return nil
	})
}

// startTask adds a task in role as a caller, with the credentials that a compute service gets for it. In an account of
// AWS it assumes the role, which trusts the caller there (see admit).
func (w *World) startTask(ctx context.Context, role string) error {
	if w.account != nil {
		task := ofTenant(attacker).untagged().with("role", role).with("by", root).with("RoleSessionName", "task")
		return w.mustBecome(ctx, role, task)
	}
	return w.takeTask(ctx, role)
}

// takeTask asks localaws' compute service.
func (w *World) takeTask(ctx context.Context, role string) error {
	a, err := w.send(ctx, request{by: root, service: "localaws", method: http.MethodGet, path: "/_localaws/role-credentials?role=" + role + "&session=task"})
	if err != nil {
		return err
	}
	var c struct{ AccessKeyId, SecretAccessKey, Token string }
	if err := json.Unmarshal(a.Body, &c); err != nil || c.AccessKeyId == "" {
		return fmt.Errorf("no task in %s: %s", w.names.fill(role), a.Message)
	}
	w.callers[role] = aws.Credentials{AccessKeyID: c.AccessKeyId, SecretAccessKey: c.SecretAccessKey, SessionToken: c.Token}
	return nil
}

// enter gets the sessions: those of the tasks as a compute service does, those of tenants as the tasks do.
func (w *World) enter(ctx context.Context) error {
	for _, task := range []string{service, seedTask, operator} {
		if _, there := w.callers[task]; there || !has(w.roles, w.names.fill(task)) || w.account != nil && (w.account.existing != nil || task == operator) {
			continue // one that is there runs already, or is not to be had
		}
		if err := w.startTask(ctx, task); err != nil {
			return err
		}
	}
	sessions := w.blockedSessions()
	maps.Copy(sessions, map[string]assumption{
		writer: ofTenant(attacker).with("role", "~write-role~"), attacker: ofTenant(attacker), victim: ofTenant(victim), twin: ofTenant(twin), longerTwin: ofTenant(longerTwin), seeder: ofTenant(attacker).with("role", "~seed-role~").with("by", seedTask),
	})
	for caller, assumption := range sessions {
		if _, known := w.callers[assumption.by]; !known || assumption.needs() != "" && !has(w.roles, w.names.fill(assumption.needs())) {
			continue
		}
		if err := w.mustBecome(ctx, caller, assumption); err != nil {
			return err
		}
	}
	return nil
}

// become makes caller a caller, with the session that as gets.
func (w *World) become(ctx context.Context, caller string, as assumption) (Answer, error) {
	a, err := w.send(ctx, as.request())
	if err != nil || !a.ok() {
		return a, err
	}
	field := func(name string) string {
		_, rest, _ := strings.Cut(string(a.Body), "<"+name+">")
		value, _, _ := strings.Cut(rest, "</"+name+">")
		return value
	}
	w.callers[caller] = aws.Credentials{AccessKeyID: field("AccessKeyId"), SecretAccessKey: field("SecretAccessKey"), SessionToken: field("SessionToken")}
	return a, nil
}
