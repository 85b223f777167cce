package localaws

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"example.com/shiptrack/infra/localaws/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// addGlobalKeys adds the keys of the IAM User Guide, "AWS global condition context keys", that localaws
// knows. They replace what a service may have set under the same name.
func addGlobalKeys(c *policy.Context, x *exchange, r *http.Request, p *identity.Principal) {
	c.Set("aws:CurrentTime", x.now.UTC().Format(time.RFC3339))
	c.Set("aws:EpochTime", strconv.FormatInt(x.now.Unix(), 10))
	c.Set("aws:RequestedRegion", x.region)
	c.Set("aws:SecureTransport", strconv.FormatBool(r.TLS != nil))
	c.Set("aws:ViaAWSService", "false")
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		c.Set("aws:SourceIp", host)
	}
	if agent := r.UserAgent(); agent != "" {
		c.Set("aws:UserAgent", agent)
	}
	if p.Kind == identity.Service {
		c.Set("aws:PrincipalIsAWSService", "true")
		c.Set("aws:PrincipalServiceName", p.ARN)
		return
	}
	c.Set("aws:PrincipalIsAWSService", "false")
	c.Set("aws:PrincipalAccount", p.Account)
	c.Set("aws:userid", p.UserID)
	if p.Kind == identity.Root {
		c.Set("aws:PrincipalArn", p.ARN)
		c.Set("aws:PrincipalType", "Account")
		return
	}
	addSessionKeys(c, p)
}

func addSessionKeys(c *policy.Context, p *identity.Principal) {
	c.Set("aws:PrincipalArn", p.RoleARN) // the role's, not the session's
	c.Set("aws:PrincipalType", "AssumedRole")
	c.Set("aws:TokenIssueTime", p.IssuedAt.UTC().Format(time.RFC3339))
	c.Set("aws:MultiFactorAuthPresent", "false") // present with every temporary key
	if p.SourceIdentity != "" {
		c.Set("aws:SourceIdentity", p.SourceIdentity)
	}
	for key, value := range p.Tags {
		c.Set("aws:PrincipalTag/"+key, value)
	}
}
