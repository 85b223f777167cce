package sts

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// assumption is one AssumeRole request: what was passed, and what comes from the calling session.
type assumption struct {
	*parameters
	request   *api.Request
	role      *identity.Role // nil: there is none
	managed   []*identity.ManagedPolicy
	inherited []identity.Tag // transitive tags of the calling session
	source    string         // source identity: passed or inherited
}

// readAssumeRole reads the request and says what must be allowed by the role's trust policy: AssumeRole;
// TagSession where tags are passed or inherited (a chained session with transitive tags fails on AWS
// where the next role's trust policy lacks it); SetSourceIdentity where there is a source identity (IAM
// User Guide, "Monitor and control actions taken with assumed roles").
func (s *Service) readAssumeRole(r *api.Request) (*api.Call, error) {
	if r.Caller.Kind == identity.Root {
		return nil, api.Errorf(403, "AccessDenied", "Roles may not be assumed by root accounts.")
	}
	p, err := readParameters(r.Form)
	if err != nil {
		return nil, err
	}
	a := &assumption{parameters: p, request: r, source: p.sourceIdentity}
	if err := a.inherit(r.Caller); err != nil {
		return nil, err
	}
	if err := a.checkPolicy(); err != nil {
		return nil, err
	}
	if a.role = s.directory.Snapshot().RoleByARN(p.roleARN); a.role == nil {
		// Answered as a role that does not trust the caller, like AWS does.
		asked := a.permissions(&s.nobody)
		for i := range asked {
			asked[i].Note = "there is no role with this ARN: create it, or correct the ARN"
		}
		return &api.Call{Permissions: asked}, nil
	}
	return &api.Call{
		Permissions: a.permissions(a.role.TrustPolicy()),
		Answer:      func(context.Context) (*api.Response, error) { return a.answer(s) },
	}, nil
}

// inherit takes over the calling session's transitive tags and source identity; neither can be set anew.
func (a *assumption) inherit(caller *identity.Principal) error {
	for _, key := range slices.Sorted(maps.Keys(caller.Tags)) {
		isTransitive := func(k string) bool { return identity.SameKey(k, key) }
		if !slices.ContainsFunc(caller.TransitiveKeys, isTransitive) {
			continue
		}
		if identity.FindTag(a.tags, key) >= 0 {
			return badValue("One of the specified transitive tag keys can't be set because it conflicts with a " +
				"transitive tag key from the calling session.")
		}
		a.inherited = append(a.inherited, identity.Tag{Key: key, Value: caller.Tags[key]})
	}
	if caller.SourceIdentity == "" {
		return nil
	}
	if a.source != "" && a.source != caller.SourceIdentity {
		return api.Errorf(403, "AccessDenied", "The source identity of a session cannot be changed.")
	}
	a.source = caller.SourceIdentity
	return nil
}

// checkPolicy parses the session policy, so that a session never starts with an invalid one.
func (a *assumption) checkPolicy() error {
	if a.policy == "" {
		return nil
	}
	_, err := policy.Parse([]byte(a.policy), policy.Identity)
	if malformed, ok := errors.AsType[*policy.MalformedError](err); ok {
		return api.MalformedPolicy(malformed)
	}
	return err
}

// checkPolicyARNs looks the managed policies up. It is called once everything was allowed: before, it would tell the
// caller which policies exist.
func (a *assumption) checkPolicyARNs(snapshot *identity.Snapshot) error {
	for _, arn := range a.policyARNs {
		m := snapshot.Policy(arn)
		if m == nil {
			return invalid("ARN %s is not valid: localaws has no such managed policy", arn)
		}
		a.managed = append(a.managed, m)
	}
	return nil
}

func (a *assumption) permissions(trust *policy.Named) []api.Permission {
	actions := []string{"sts:AssumeRole"}
	if len(a.tags)+len(a.inherited) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	if a.source != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	permissions := make([]api.Permission, len(actions))
	for i, action := range actions {
		permissions[i] = api.Permission{Action: action, Resource: a.roleARN, Context: a.context(action), Trust: trust}
	}
	return permissions
}

// context returns the keys of the IAM User Guide, "IAM and AWS STS condition context keys". Request tags
// are the ones that were passed; inherited ones are the caller's principal tags. The Service Authorization Reference
// lists no session name for sts:TagSession.
func (a *assumption) context(action string) *policy.Context {
	c := new(policy.Context)
	if action != "sts:TagSession" {
		c.Set("sts:RoleSessionName", a.sessionName)
	}
	if a.externalID != "" {
		c.Set("sts:ExternalId", a.externalID)
	}
	if a.source != "" {
		c.Set("sts:SourceIdentity", a.source)
	}
	keys := make([]string, 0, len(a.tags))
	for _, tag := range a.tags {
		c.Set("aws:RequestTag/"+tag.Key, tag.Value)
		keys = append(keys, tag.Key)
	}
	if len(keys) > 0 {
		c.SetAll("aws:TagKeys", keys)
	}
	if len(a.transitiveKeys) > 0 {
		c.SetAll("sts:TransitiveTagKeys", a.transitiveKeys)
	}
	if a.role != nil {
		for _, tag := range a.role.Tags {
			c.Set("aws:ResourceTag/"+tag.Key, tag.Value)
			c.Set("iam:ResourceTag/"+tag.Key, tag.Value)
		}
	}
	return c
}

type assumeRoleResult struct {
	Credentials struct {
		AccessKeyId, SecretAccessKey, SessionToken string
		Expiration                                 string
	}
	AssumedRoleUser  struct{ AssumedRoleId, Arn string }
	PackedPolicySize int    // percent
	SourceIdentity   string `xml:",omitempty"`
}

// answer issues the session; it is called once everything was allowed. The role's own maximum is checked
// here: before, it would tell the caller that the role exists.
func (a *assumption) answer(s *Service) (*api.Response, error) {
	if err := a.checkDuration(); err != nil {
		return nil, err
	}
	if err := a.checkPolicyARNs(s.directory.Snapshot()); err != nil {
		return nil, err
	}
	tags := append(slices.Clone(a.tags), a.inherited...)
	packed, err := packedSize(a.policy, a.policyARNs, tags)
	if err != nil {
		return nil, err
	}
	if packed > 100 {
		return nil, packedTooLarge(packed, a.policy != "" || len(a.policyARNs) > 0)
	}
	transitive := slices.Clone(a.transitiveKeys)
	for _, tag := range a.inherited {
		transitive = append(transitive, tag.Key)
	}
	now := a.request.Now
	credentials, err := s.sessions.Issue(identity.Grant{
		Role: a.role, SessionName: a.sessionName, Tags: tags, TransitiveKeys: transitive, Policy: a.policy,
		Managed: a.managed, SourceIdentity: a.source, Chained: a.request.Caller.Kind == identity.Session, IssuedAt: now, Expires: now.Add(a.duration),
	})
	if errors.Is(err, identity.ErrTooLarge) { // of many characters that JSON writes as two
		return nil, packedTooLarge(101, true)
	}
	if err != nil {
		return nil, err
	}
	result := assumeRoleResult{PackedPolicySize: packed, SourceIdentity: a.source}
	result.Credentials.AccessKeyId = credentials.AccessKeyID
	result.Credentials.SecretAccessKey = credentials.SecretAccessKey
	result.Credentials.SessionToken = credentials.SessionToken
	result.Credentials.Expiration = credentials.Expires.Format(time.RFC3339)
	result.AssumedRoleUser.AssumedRoleId = a.role.ID + ":" + a.sessionName
	result.AssumedRoleUser.Arn = "arn:aws:sts::" + a.request.Account + ":assumed-role/" + a.role.Name + "/" + a.sessionName
	return respond(a.request, result)
}

// checkDuration: an assumption by a session is role chaining, one by a user is not.
func (a *assumption) checkDuration() error {
	if a.duration > time.Duration(a.role.MaxSession)*time.Second {
		return invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	if a.request.Caller.Kind == identity.Session && a.duration > chainedDuration*time.Second {
		return invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	return nil
}
