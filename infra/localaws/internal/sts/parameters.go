package sts

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

// Limits of AssumeRole (STS API Reference, AssumeRole; IAM User Guide, "IAM and STS quotas").
const (
	minDuration     = 900 // seconds
	defaultDuration = 3600
	maxDuration     = 43200
	chainedDuration = 3600
	maxPolicy       = 2048 // characters
	maxPolicyARNs   = 10
	maxExternalID   = 1224
	maxRoleARN      = 2048
)

var (
	roleARNPattern    = regexp.MustCompile(`^arn:aws:iam::[0-9]{12}:role/[\x21-\x7e]+$`)
	sessionPattern    = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalIDPattern = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)
	policyPattern     = regexp.MustCompile(`^[\x09\x0A\x0D\x20-\x{FF}]+$`)
)

// parameters are those of one AssumeRole request, each held to its pattern.
type parameters struct {
	roleARN        string
	sessionName    string
	duration       time.Duration
	tags           []identity.Tag
	transitiveKeys []string
	policy         string
	policyARNs     []string
	externalID     string
	sourceIdentity string
}

func readParameters(f *api.Form) (*parameters, error) {
	p := &parameters{roleARN: f.Get("RoleArn"), sessionName: f.Get("RoleSessionName")}
	var externalGiven, sourceGiven, policyGiven bool
	p.externalID, externalGiven = f.Take("ExternalId")
	p.sourceIdentity, sourceGiven = f.Take("SourceIdentity")
	p.policy, policyGiven = f.Take("Policy")
	if err := refuseUnsupported(f); err != nil {
		return nil, err
	}
	switch {
	case len(p.roleARN) > maxRoleARN || !roleARNPattern.MatchString(p.roleARN):
		return nil, invalid("%s is invalid", p.roleARN)
	case !sessionPattern.MatchString(p.sessionName):
		return nil, constraint("roleSessionName", p.sessionName, `[\w+=,.@-]{2,64}`)
	case externalGiven && (len(p.externalID) > maxExternalID || !externalIDPattern.MatchString(p.externalID)):
		return nil, constraint("externalId", p.externalID, `[\w+=,.@:\/-]{2,1224}`)
	case sourceGiven && (!sessionPattern.MatchString(p.sourceIdentity) || strings.HasPrefix(p.sourceIdentity, "aws:")):
		return nil, constraint("sourceIdentity", p.sourceIdentity, `[\w+=,.@-]{2,64}`)
	case policyGiven && (utf8.RuneCountInString(p.policy) > maxPolicy || !policyPattern.MatchString(p.policy)):
		return nil, invalid("1 validation error detected: Value at 'policy' failed to satisfy constraint: "+
			"Member must have length between 1 and %d of characters from U+0020 to U+00FF", maxPolicy)
	}
	var err error
	if p.duration, err = readDuration(f); err != nil {
		return nil, err
	}
	if p.policyARNs, err = readPolicyARNs(f); err != nil {
		return nil, err
	}
	if err := p.readTags(f); err != nil {
		return nil, err
	}
	return p, f.CheckRead()
}

// refuseUnsupported refuses parameters that would change who may assume the role and that are not modelled:
// ignoring them could allow too much.
func refuseUnsupported(f *api.Form) error {
	_, serial := f.Take("SerialNumber")
	_, code := f.Take("TokenCode")
	if serial || code {
		return invalid("localaws does not model MFA: SerialNumber and TokenCode are refused")
	}
	return nil
}

func readDuration(f *api.Form) (time.Duration, error) {
	text, ok := f.Take("DurationSeconds")
	if !ok {
		return defaultDuration * time.Second, nil
	}
	seconds, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, api.Errorf(400, "MalformedInput", "DurationSeconds is not a number")
	case seconds < minDuration:
		return 0, invalid("1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy constraint: "+
			"Member must have value greater than or equal to %d", seconds, minDuration)
	case seconds > maxDuration:
		return 0, invalid("1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy constraint: "+
			"Member must have value less than or equal to %d", seconds, maxDuration)
	}
	return time.Duration(seconds) * time.Second, nil
}

func readPolicyARNs(f *api.Form) ([]string, error) {
	// A structure of one member: PolicyArns.member.1.arn.
	var arns []string
	for _, pair := range f.Pairs("PolicyArns", "arn", "arn") {
		arns = append(arns, *pair.First)
	}
	if len(arns) > maxPolicyARNs {
		return nil, invalid("1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d", maxPolicyARNs)
	}
	return arns, nil
}

func (p *parameters) readTags(f *api.Form) error {
	var err error
	if p.tags, err = api.ReadTags(f, "InvalidParameterValue"); err != nil {
		return err
	}
	p.transitiveKeys = f.List("TransitiveTagKeys")
	for i, key := range p.transitiveKeys {
		if identity.FindTag(p.tags, key) < 0 {
			return badValue("The specified transitive tag key must be included in the requested tags.")
		}
		isSame := func(other string) bool { return identity.SameKey(other, key) }
		if slices.ContainsFunc(p.transitiveKeys[:i], isSame) {
			return badValue("Duplicate transitive tag keys found.")
		}
	}
	return nil
}

func invalid(format string, args ...any) error {
	return api.Errorf(400, "ValidationError", format, args...)
}

func constraint(name, value, pattern string) error {
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: "+
		"Member must satisfy regular expression pattern: %s", value, api.Own(name), api.Own(pattern))
}

func badValue(message string) error {
	return api.Errorf(400, "InvalidParameterValue", "%s", api.Own(message))
}
