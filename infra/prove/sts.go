package prove

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// stsAttacks are ways to a session that reaches more than one tenant, or another one.
func stsAttacks() []*Attack {
	good := ofTenant(attacker)
	untagged := good.with("Tags.member.1.Key", "").with("Tags.member.1.Value", "").with("TransitiveTagKeys.member.1", "")
	second := func(key, value string) assumption {
		return good.with("Tags.member.2.Key", key).with("Tags.member.2.Value", value)
	}
	wide := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	refused := []string{"AccessDenied"}
	invalid := []string{"ValidationError", "InvalidParameterValue", "AccessDenied"}
	var all []*Attack
	add := func(name, does, differs string, codes []string, attempt assumption) {
		all = append(all, &Attack{Name: "sts/" + name, Does: does, Differs: differs, Layer: STS, Codes: codes, needs: attempt.needs(), Attempt: step(attempt.request()), Control: step(good.request())})
	}
	add("no-tag", "AssumeRole without any tag", "it has the tag TenantID", refused, untagged)
	add("empty-tag", "an empty tenant", "the tenant has a name", refused, good.emptyTag())
	add("wildcard", "the tenant *", "the tenant has a name", invalid, good.with("Tags.member.1.Value", "*"))
	add("other-key", "the tag Tenant in place of TenantID", "the key is TenantID", refused, good.with("Tags.member.1.Key", "Tenant").with("TransitiveTagKeys.member.1", "Tenant"))
	add("extra-key", "a second tag, Admin", "there is one tag", refused, second("Admin", "yes"))
	add("same-key-in-two-cases", "TenantID and tenantid", "there is one tag", invalid, second("tenantid", victim))
	add("same-key-twice", "TenantID twice", "there is one tag", invalid, second("TenantID", victim))
	add("aws-key", "a tag that begins with aws:", "there is one tag", invalid, second("aws:PrincipalTag/TenantID", victim))
	add("not-transitive", "a tag that a chained session could replace", "the tag is transitive", refused, good.with("TransitiveTagKeys.member.1", ""))
	add("longer", "a session of two hours, twice the role's maximum", "the duration is left out", invalid, good.with("DurationSeconds", "7200"))
	add("seed-task", "TrackingSeedTaskRole assumes TrackingAccessRole", "the caller is TrackingServiceRole", refused, good.with("by", seedTask))
	add("root", "root assumes TrackingAccessRole", "the caller is TrackingServiceRole", refused, good.with("by", root))
	add("own-session", "a tenant's session assumes its role anew, untagged", "the caller is TrackingServiceRole, with the tag", refused, untagged.with("by", attacker))
	add("chained-tag", "a tenant's session overrides its transitive tag", "the caller is TrackingServiceRole", invalid, ofTenant(victim).with("by", attacker))
	add("service-seeds", "TrackingServiceRole assumes TrackingSeedRole", "the role is TrackingAccessRole", refused, good.with("role", "TrackingSeedRole"))
	add("service-becomes-task", "TrackingServiceRole assumes TrackingSeedTaskRole", "the role is TrackingAccessRole", refused, untagged.with("role", "TrackingSeedTaskRole"))
	add("forged-name", "a session name with the separator of ARNs, to pass for another's", "the name is the tenant's", invalid, good.with("RoleSessionName", "blue@prove/admin"))
	seedGood := good.with("role", "TrackingSeedRole").with("by", seedTask)
	seedUntagged := untagged.with("role", "TrackingSeedRole").with("by", seedTask)
	seeds := func(name, does, differs string, codes []string, attempt assumption) {
		all = append(all, &Attack{Name: "sts/seed-" + name, Does: "TrackingSeedTaskRole: " + does, Differs: differs, Layer: STS, Codes: codes, needs: "TrackingSeedRole", Attempt: step(attempt.request()), Control: step(seedGood.request())})
	}
	seeds("no-tag", "AssumeRole of TrackingSeedRole without any tag", "it has the tag TenantID", refused, seedUntagged)
	seeds("empty-tag", "an empty tenant", "the tenant has a name", refused, seedGood.emptyTag())
	seeds("extra-key", "a second tag, Admin", "there is one tag", refused, seedGood.with("Tags.member.2.Key", "Admin").with("Tags.member.2.Value", "yes"))
	seeds("other-key", "the tag Tenant in place of TenantID", "the key is TenantID", refused, seedGood.with("Tags.member.1.Key", "Tenant").with("TransitiveTagKeys.member.1", "Tenant"))
	seeds("not-transitive", "a tag that a chained session could replace", "the tag is transitive", refused, seedGood.with("TransitiveTagKeys.member.1", ""))
	seeds("by-tenant", "a tenant's session assumes TrackingSeedRole", "the caller is TrackingSeedTaskRole", refused, seedUntagged.with("by", attacker))
	return append(all, widened(good.with("Policy", wide)), taskOfRole("TrackingAccessRole"), taskOfRole("TrackingSeedRole"))
}

// widened assumes the role with a session policy that allows everything: it can only take away.
func widened(as assumption) *Attack {
	return &Attack{
		Name: "sts/session-policy", Does: "a session policy that allows everything, and then another's row", Differs: "the row is its own", Layer: IAM, Codes: denied,
		Attempt: through(as, victim), Control: through(as, attacker),
	}
}

func through(as assumption, tenant string) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		caller := "session with a policy of its own for " + tenant
		mine := &World{server: w.server, callers: map[string]aws.Credentials{service: w.callers[service]}}
		if a, err := mine.become(ctx, caller, as); err != nil || !a.ok() {
			return a, err
		}
		return mine.send(ctx, request{by: caller, operation: "GetItem", body: `{"TableName":"TrackingData","Key":` + strings.ReplaceAll(key, "@", tenant) + `}`})
	}
}

// taskOfRole asks the compute service for a task in a role that is assumed for tenants.
func taskOfRole(role string) *Attack {
	task := func(role string) Step {
		return step(request{by: root, service: "localaws", method: "GET", path: "/_localaws/role-credentials?role=" + role + "&session=task"})
	}
	name := role
	if role == "TrackingAccessRole" {
		name = "" // every set has it
	}
	return &Attack{
		needs: name, Name: "sts/task-of-" + role, Does: "a task is started in " + role + ", whose sessions have no tag then", Differs: "the role is TrackingServiceRole", Layer: STS, Codes: []string{"AccessDenied"},
		Attempt: task(role), Control: task(service),
	}
}

// needs is the role of the seed that an assumption is about, if any.
func (a assumption) needs() string {
	if role := strings.TrimPrefix(a.values.Get("RoleArn"), roleARN("")); strings.HasPrefix(role, "TrackingSeed") {
		return role
	}
	return needs[a.by]
}
