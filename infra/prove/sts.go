package prove

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// stsAttacks try to get a session that reaches more than one tenant, or another tenant.
func stsAttacks() []*Attack {
	good := ofTenant(attacker)
	seed := good.with("role", "~seed-role~").with("by", seedTask)
	wide := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	write := good.with("role", "~write-role~")
	all := slices.Concat(tagAttacks("", "", good), tagAttacks("seed-", seedTask+": ", seed), tagAttacks("write-", service+": ", write))
	add := func(name, does, differs string, codes []string, attempt assumption) {
		all = append(all, ofAssumption(name, does, differs, codes, attempt, good))
	}
	add("longer", "a session of two hours, twice the role's maximum", "the duration is left out", invalid, good.with("DurationSeconds", "7200"))
	add("seed-task", "~seed-task-role~ assumes ~access-role~", "the caller is ~service-role~", refused, good.with("by", seedTask))
	add("root", "root assumes ~access-role~", "the caller is ~service-role~", refused, good.with("by", root))
	add("own-session", "a tenant's session assumes its role anew, untagged", "the caller is ~service-role~, with the tag", refused, good.untagged().with("by", attacker))
	add("chained-tag", "a tenant's session overrides its transitive tag", "the caller is ~service-role~", invalid, ofTenant(victim).with("by", attacker))
	add("service-seeds", "~service-role~ assumes ~seed-role~", "the role is ~access-role~", refused, good.with("role", "~seed-role~"))
	add("service-becomes-task", "~service-role~ assumes ~seed-task-role~", "the role is ~access-role~", refused, good.untagged().with("role", "~seed-task-role~"))
	add("other-becomes-service", "another role assumes ~service-role~", "the role is ~access-role~, and the caller ~service-role~", refused, good.untagged().with("role", service).with("by", other))
	add("other-becomes-task", "another role assumes ~seed-task-role~", "the role is ~access-role~, and the caller ~service-role~", refused, good.untagged().with("role", seedTask).with("by", other))
	add("other-becomes-operator", "another role assumes ~operator-role~", "the role is ~access-role~, and the caller ~service-role~", refused, good.untagged().with("role", operator).with("by", other))
	add("service-becomes-operator", "~service-role~ assumes ~operator-role~", "the role is ~access-role~", refused, good.untagged().with("role", operator))
	add("operator-by-tenant", "a tenant's session assumes ~operator-role~", "the role is ~access-role~, and the caller ~service-role~", refused, good.untagged().with("role", operator).with("by", attacker))
	add("operator-by-itself", "~operator-role~ assumes itself", "the role is ~access-role~, and the caller ~service-role~", refused, good.untagged().with("role", operator).with("by", operator))
	add("operator-becomes-tenant", "~operator-role~ assumes ~access-role~", "the caller is ~service-role~", refused, good.with("by", operator))
	add("operator-becomes-service", "~operator-role~ assumes ~service-role~", "the role is ~access-role~, and the caller ~service-role~", refused, good.untagged().with("role", service).with("by", operator))
	add("operator-becomes-other", "~operator-role~ assumes another role", "the role is ~access-role~, and the caller ~service-role~", refused, good.untagged().with("role", other).with("by", operator))
	add("forged-name", "a session name with the separator of ARNs, to pass for another's", "the name is the tenant's", invalid, good.with("RoleSessionName", "blue@prove/admin"))
	all = append(all, ofAssumption("seed-by-tenant", "a tenant's session assumes ~seed-role~", "the caller is ~seed-task-role~", refused, seed.untagged().with("by", attacker), seed))
	all = append(all,
		ofAssumption("write-by-tenant", "a tenant's session assumes ~write-role~", "the caller is ~service-role~", refused, write.untagged().with("by", attacker), write),
		ofAssumption("write-by-root", "root assumes ~write-role~", "the caller is ~service-role~", refused, write.with("by", root), write))
	all = append(all, roleTags()...)
	return append(all, widened(good.with("Policy", wide)), taskOfRole("~access-role~"), taskOfRole("~seed-role~"), taskOfRole("~write-role~"))
}

var (
	refused = []string{"AccessDenied"}
	invalid = []string{"ValidationError", "InvalidParameterValue", "AccessDenied"}
)

func ofAssumption(name, does, differs string, codes []string, attempt, control assumption) *Attack {
	return &Attack{
		Name: "sts/" + name, Does: does, Differs: differs, Layer: STS, Codes: codes, needs: cmp.Or(attempt.needs(), control.needs()),
		Attempt: step(attempt.request()), Control: step(control.request()),
	}
}

// tagAttacks are those on the tags of a session; good is the correct assumption.
func tagAttacks(prefix, who string, good assumption) []*Attack {
	second := func(key, value string) assumption {
		return good.with("Tags.member.2.Key", key).with("Tags.member.2.Value", value)
	}
	first := func(key, transitive string) assumption {
		return good.with("Tags.member.1.Key", key).with("TransitiveTagKeys.member.1", transitive)
	}
	var all []*Attack
	add := func(name, does, differs string, codes []string, attempt assumption) {
		all = append(all, ofAssumption(prefix+name, who+does, differs, codes, attempt, good))
	}
	add("no-tag", "AssumeRole without any tag", "it has the tag ~tag~", refused, good.untagged())
	add("empty-tag", "an empty tenant", "the tenant has a name", refused, good.emptyTag())
	add("wildcard", "the tenant *", "the tenant has a name", invalid, good.with("Tags.member.1.Value", "*"))
	add("other-key", "the tag Tenant in place of ~tag~", "the key is ~tag~", refused, first("Tenant", "Tenant"))
	add("key-in-other-case", "the tag ~tag-other-case~", "the key is ~tag~", refused, first("~tag-other-case~", "~tag-other-case~"))
	add("tag-in-other-case", "the tag ~tag-other-case~, with ~tag~ transitive", "the key is ~tag~", refused, first("~tag-other-case~", "~tag~"))
	add("transitive-in-other-case", "the tag ~tag~, with ~tag-other-case~ transitive", "the transitive key is ~tag~", refused, first("~tag~", "~tag-other-case~"))
	add("extra-key", "a second tag, Admin", "there is one tag", refused, second("Admin", "yes"))
	add("extra-key-transitive", "a second tag, Admin, and both transitive", "there is one tag", refused, second("Admin", "yes").with("TransitiveTagKeys.member.2", "Admin"))
	add("only-other-transitive", "a second tag, Admin, which alone is transitive", "there is one tag, and it is transitive", refused, second("Admin", "yes").with("TransitiveTagKeys.member.1", "Admin"))
	add("same-key-in-two-cases", "~tag~ and ~tag-other-case~", "there is one tag", invalid, second("~tag-other-case~", victim))
	add("same-key-twice", "~tag~ twice", "there is one tag", invalid, second("~tag~", victim))
	add("aws-key", "a tag that begins with aws:", "there is one tag", invalid, second("aws:PrincipalTag/~tag~", victim))
	add("not-transitive", "a tag that a chained session could replace", "the tag is transitive", refused, good.with("TransitiveTagKeys.member.1", ""))
	add("source-identity", "a source identity, which stays through chaining", "there is none", refused, good.with("SourceIdentity", "admin"))
	add("other-role", "another role of the account asks, which may assume anything by its own policies", "the caller is the one that is trusted", refused, good.with("by", other))
	return slices.Concat(all, twinTags(prefix, who, good), nameAttacks(prefix, who, good))
}

// widened assumes the role with a session policy that allows everything: a session policy can only remove permissions.
func widened(as assumption) *Attack {
	return &Attack{
		Name: "sts/session-policy", Does: "a session policy that allows everything, and then another's row", Differs: "the row is its own", Layer: IAM, Codes: denied,
		Attempt: through(as, victim), Control: through(as, attacker),
	}
}

func through(as assumption, tenant string) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		caller := "session with a policy of its own for " + tenant
		mine := w.with(service)
		if a, err := mine.become(ctx, caller, as); err != nil || !a.ok() {
			return a, err
		}
		return mine.send(ctx, request{by: caller, operation: "GetItem", body: `{"TableName":"~table~","Key":` + strings.ReplaceAll(key, "@", tenant) + `}`})
	}
}

// taskOfRole asks the compute service for a task in a role that is assumed for tenants.
func taskOfRole(role string) *Attack {
	task := func(role string) Step {
		return step(request{by: root, service: "localaws", method: "GET", path: "/_localaws/role-credentials?role=" + role + "&session=task"})
	}
	name := role
	if role == "~access-role~" {
		name = "" // every set has it
	}
	return &Attack{
		needs: name, local: true, Name: "sts/task-of-" + role, Does: "a task is started in " + role + ", whose sessions have no tag then", Differs: "the role is ~service-role~", Layer: STS, Codes: []string{"AccessDenied"},
		Attempt: task(role), Control: task(service),
	}
}

// needs is the role that an assumption uses, where not every set has it.
func (a assumption) needs() string {
	if role := strings.TrimPrefix(a.values.Get("RoleArn"), roleARN("")); role == "~seed-role~" || role == seedTask || role == operator || role == "~write-role~" {
		return role
	}
	return needs[a.by]
}
