package sts

import (
	"testing"
	"unicode/utf8"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
	"example.com/shiptrack/infra/localaws/internal/api"
)

// FuzzParameters: what AssumeRole takes is within AWS's patterns.
func FuzzParameters(f *testing.F) {
	const least = "RoleArn=arn:aws:iam::000000000000:role/A&RoleSessionName=session"
	f.Add(least)
	f.Add(least + "&DurationSeconds=900&ExternalId=ab&SourceIdentity=ana&PolicyArns.member.1.arn=arn:aws:iam::000000000000:policy/P")
	f.Add(least + "&Tags.member.1.Key=TenantID&Tags.member.1.Value=yellow&TransitiveTagKeys.member.1=TenantID&Policy=%7B%7D")
	f.Fuzz(func(t *testing.T, text string) {
		var p *parameters
		var err error
		alloctest.Bound(t, len(text), func() {
			var form *api.Form
			if form, err = api.ParseForm(text); err == nil {
				p, err = readParameters(form)
			}
		})
		if err != nil {
			return
		}
		if !sessionPattern.MatchString(p.sessionName) || len(p.roleARN) > maxRoleARN || len(p.policyARNs) > maxPolicyARNs ||
			utf8.RuneCountInString(p.policy) > maxPolicy || p.duration.Seconds() < minDuration || p.duration.Seconds() > maxDuration {
			t.Errorf("%q is taken as %+v", text, p)
		}
	})
}
