package localaws

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// addGlobalKeys adds the keys of the IAM User Guide, "AWS global condition context keys", that localaws
// knows. They replace what a service may have set under the same name.
func addGlobalKeys(permission *api.Permission, x *exchange, r *http.Request, p *identity.Principal) {
	c := permission.Context
	if account := resourceAccount(permission.Resource, p.Account); account != "" {
		c.Set("aws:ResourceAccount", account)
	}
	c.Set("aws:CurrentTime", x.now.UTC().Format(time.RFC3339))
	c.Set("aws:EpochTime", strconv.FormatInt(x.now.Unix(), 10))
	c.Set("aws:RequestedRegion", x.region)
	c.Set("aws:SecureTransport", strconv.FormatBool(r.TLS != nil))
	c.Set("aws:ViaAWSService", strconv.FormatBool(permission.Via != ""))
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
	for key, value := range p.Tags {
		c.Set("aws:PrincipalTag/"+key, value)
	}
	if p.Kind == identity.IAMUser {
		c.Set("aws:PrincipalArn", p.ARN)
		c.Set("aws:PrincipalType", "User")
		c.Set("aws:username", p.UserName)
		return
	}
	addSessionKeys(c, p)
}

// resourceAccount is the account in the resource's ARN, or the caller's own where there is no resource or where the ARN has none, as in those of
// S3, all of whose buckets are the account's.
func resourceAccount(resource, own string) string {
	if parts := strings.SplitN(resource, ":", 6); len(parts) == 6 && (parts[4] != "" || parts[2] != "s3") {
		return parts[4]
	}
	return own
}

func addSessionKeys(c *policy.Context, p *identity.Principal) {
	c.Set("aws:PrincipalArn", p.RoleARN) // the role's, not the session's
	c.Set("aws:PrincipalType", "AssumedRole")
	c.Set("aws:TokenIssueTime", p.IssuedAt.UTC().Format(time.RFC3339))
	c.Set("aws:MultiFactorAuthPresent", "false") // present with every temporary key
	if p.SourceIdentity != "" {
		c.Set("aws:SourceIdentity", p.SourceIdentity)
	}
}
