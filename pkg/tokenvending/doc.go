// Package tokenvending is a token vending machine: it hands out AWS credentials that are valid for one tenant
// only, as an aws.CredentialsProvider that reads the tenant from the context of the call. It refuses a context
// without a tenant before it sends anything, and it hands out a session only after checking that STS's answer names
// the session that was asked for. It imports this project's package tenant and the AWS SDK alone, and serves other
// products as well: see "Other tenants, other terms".
//
// # How it isolates
//
// Each session comes from sts:AssumeRole with the session tag TenantID=<tenant>, transitive. The role's policy
// compares that tag (aws:PrincipalTag/TenantID) with the data's key, so one role serves every tenant, and a new
// tenant needs no new IAM object. See "Use attribute-based access control with session tags" and "Passing
// session tags in AWS STS" in the IAM User Guide.
//
// # The trap
//
// Set the Machine as Options.Credentials of the service client, after the configuration is loaded:
//
//	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.Credentials = machine })
//
// Never give it to config.WithCredentialsProvider, nor to aws.NewCredentialsCache: both keep the first answer for
// every later call, whatever its context, so the second tenant is served with the first one's credentials.
// Service clients themselves do not wrap Options.Credentials.
//
// The SDK's signer keeps the signing key of one session for each service and region. With the sessions of many tenants it derives a key
// for nearly each request, which costs some microseconds and no correctness. Options.HTTPSignerV4 takes another signer.
//
// # Sessions
//
// Sessions are kept per tenant in a bounded cache. However many requests of a tenant wait, one call is made, and
// it outlives the requests: one that gives up neither cancels it nor waits longer than its own context. In the
// last fifth of its lifetime a session is renewed in the background while it is still handed out; in the last
// ExpiryWindow it is not handed out any more. A failed call is backed off per tenant, from one to thirty seconds;
// until then requests that have no valid session are answered at once with the reason of the failure. While STS
// is away, tenants that have a valid session notice nothing.
//
// A session that Config.Observe could not record (it panicked) is not handed out. Whatever the code of others does in a
// call (it panics, it ends its goroutine), that call ends with an error, and the next request makes another.
//
// An operator can end the sessions of one tenant: a Deny under aws:TokenIssueTime. Whoever notices such a refusal calls Renew, and tries once
// more. Of all requests that notice it at the same time, one replaces the session.
//
// # What STS gets
//
// Calls of STS take turns: at most Config.CallsPerSecond in any second, evenly, and Config.InFlight at a time. When 600
// tenants come at one moment, 600 calls are made, one after the other; each request waits for its tenant's call as long as
// its own context lets it. A call that gets no turn within 30 seconds fails as Unavailable. Where STS throttles
// nevertheless (its quota is the account's, and others use it too), the pace halves, and grows again by a twentieth with
// each call that is answered. A throttled call is sent up to three times, and the SDK's own retries wait for their turn
// too: retries take the place of other calls, and add none.
//
// # Other tenants, other terms
//
// A product has its own type of tenant (MachineOf[uuid.UUID]): Config.FromContext reads it from a context, Config.Text
// spells it. The key of the tag, further tags, a session policy, an external id, a source identity, and a role per tenant
// or tier are settings of the Config. For the names of an identity provider that do not fit (org_aBc), package tenant
// has Encode.
//
// # Clocks
//
// AWS refuses signatures of a machine whose clock is five minutes off or more. The SDK notices that and corrects its
// signatures. Where that does not help, or a session is at its end by our clock as soon as it is vended, the error's kind
// is ClockSkewed: set the clock. It is no alarm, since nobody was refused.
//
// # What CloudTrail shows, and what a session per subject would cost
//
// The session name is <tenant>@<instance>, cut to STS's 64 characters (of the instance alone: a tenant of 63 characters
// leaves no room for it), so the assumed-role ARN of each data event tells the tenant and the
// instance of the service that acted, and the AssumeRole event tells the tags. It does not tell the user: a
// session is shared by all users of a tenant. The application's audit log, which has the subject beside the AWS
// request id, joins the two.
//
// A session per subject (its name <tenant>@<subject>, or sts:SourceIdentity) would put the user into CloudTrail
// itself. It costs one AssumeRole (some 10 to 100 ms, and a share of the account's STS quota per region) for each
// user and instance and hour instead of each tenant and instance and hour, a cache as large as the number of
// active users at about 2 KB each, and a first request that waits for STS for every user instead of for the first
// user of a tenant. It buys no isolation: the tag is the same.
package tokenvending
