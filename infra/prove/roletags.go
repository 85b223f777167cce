package prove

import (
	"context"
	"errors"
	"net/url"
)

// roleTags are attacks that use a tag of the role itself. A session has the role's tags unless it passes its own: if
// TrackingAccessRole were tagged with the other tenant, a session without a tag would be a session of that tenant.
func roleTags() []*Attack {
	get := operation{"", "GetItem", `{"TableName":"~table~","Key":` + key + `}`}
	own := ofTenant(attacker)
	read := func(tenant string) Step {
		return func(ctx context.Context, w *World) (Answer, error) {
			fresh := w.with(service)
			if a, err := fresh.become(ctx, attacker, own); err != nil || !a.ok() {
				return a, err
			}
			return fresh.send(ctx, get.of(attacker, tenant))
		}
	}
	return []*Attack{
		{
			Name: "sts/role-tag", Does: "AssumeRole without a tag of a role that is tagged with " + victim, Differs: "a tag is passed", Layer: STS, Codes: refused, Spoils: Roles,
			Attempt: underRoleTag(step(own.untagged().request())), Control: underRoleTag(step(own.request())),
		}, {
			Name: "sts/role-tag-overridden", Does: attacker + "'s session of a role that is tagged with " + victim + " reads " + victim + "'s row", Differs: "the row is its own", Layer: IAM, Codes: denied, Spoils: Roles,
			Attempt: underRoleTag(read(victim)), Control: underRoleTag(read(attacker)),
		},
	}
}

// underRoleTag runs do while TrackingAccessRole has the tag TenantID with the other tenant's id.
func underRoleTag(do Step) Step {
	ask := func(ctx context.Context, w *World, action string, values url.Values) error {
		values.Set("Action", action)
		values.Set("Version", "2010-05-08")
		values.Set("RoleName", "~access-role~")
		a, err := w.send(ctx, request{by: root, service: "iam", body: values.Encode()})
		if err == nil && !a.ok() {
			err = errors.New(action + ": " + a.Code + ": " + a.Message)
		}
		return err
	}
	return func(ctx context.Context, w *World) (a Answer, err error) {
		if err := ask(ctx, w, "TagRole", url.Values{"Tags.member.1.Key": {"~tag~"}, "Tags.member.1.Value": {victim}}); err != nil {
			return a, err
		}
		defer func() { err = errors.Join(err, ask(ctx, w, "UntagRole", url.Values{"TagKeys.member.1": {"~tag~"}})) }()
		return do(ctx, w)
	}
}
