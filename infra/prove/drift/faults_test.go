package drift_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"example.com/shiptrack/infra/prove/drift"
)

// between answers requests in localaws' place where answer is not nil.
type between struct {
	behind aws.HTTPClient
	answer func(operation string) *http.Response
}

func (b between) Do(r *http.Request) (*http.Response, error) {
	operation := r.Header.Get("X-Amz-Target")
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
		operation, _, _ = strings.Cut(strings.TrimPrefix(string(text), "Action="), "&")
	}
	switch {
	case strings.Contains(r.URL.Path, "/opensearch/"):
		operation = r.URL.Path
	case r.URL.RawQuery == "encryption=":
		operation = "GetBucketEncryption"
	}
	if a := b.answer(operation); a != nil {
		a.Request = r
		return a, nil
	}
	return b.behind.Do(r)
}

func (k *kit) answering(answer func(operation string) *http.Response) aws.Config {
	config := k.config.Copy()
	config.HTTPClient = between{k.config.HTTPClient, answer}
	return config
}

func inJSON(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(strings.NewReader(body))}
}

func refusedByQuery(code string) *http.Response {
	return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader("<ErrorResponse><Error><Code>" + code + "</Code><Message>said</Message></Error></ErrorResponse>"))}
}

// TestTablePolicyIsNoticed: localaws takes no policy of a table, so its answer is AWS's here.
func TestTablePolicyIsNoticed(t *testing.T) {
	k := newKit(t)
	document := opens("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData")
	r := k.report(k.answering(func(operation string) *http.Response {
		if operation != "DynamoDB_20120810.GetResourcePolicy" {
			return nil
		}
		return inJSON(200, `{"Policy":`+quoted(document)+`,"RevisionId":"1"}`)
	}))
	if told := k.told(r); r.Code() != 1 || !strings.Contains(told, "drift: table TrackingData: its resource policy has the statement Opens: Allow") {
		t.Errorf("code %d:\n%s", r.Code(), told)
	}
	if r.Isolation.Verdict != drift.Broken || !strings.Contains(strings.Join(r.Isolation.Reasons, "\n"), "use dynamodb:GetItem on") {
		t.Errorf("isolation %+v, want BROKEN", r.Isolation)
	}
}

// TestGroupsPoliciesAreTheirUsers: localaws has no groups, so its answer is AWS's here. A policy whose text AWS does not tell is not one that reaches
// nothing.
func TestGroupsPoliciesAreTheirUsers(t *testing.T) {
	k := newKit(t)
	r := k.report(k.answering(func(operation string) *http.Response {
		if operation != "GetAccountAuthorizationDetails" {
			return nil
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(
			`<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated>
			<UserDetailList><member><Path>/</Path><UserName>ana</UserName><GroupList><member>readers</member></GroupList></member>
			<member><Path>/ops/</Path><UserName>ben</UserName><AttachedManagedPolicies><member><PolicyArn>arn:aws:iam::aws:policy/Untold</PolicyArn></member></AttachedManagedPolicies></member>
			<member><Path>/</Path><UserName>eve</UserName></member></UserDetailList>
			<GroupDetailList><member><Path>/</Path><GroupName>readers</GroupName><GroupPolicyList><member><PolicyName>Scan</PolicyName><PolicyDocument>` +
				url.PathEscape(allowing(scan)) + `</PolicyDocument></member></GroupPolicyList></member></GroupDetailList></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>`))}
	}))
	told := k.told(r)
	for _, want := range []string{"drift: user ana: the files do not know it, and it reaches DynamoDB, S3 by group readers, Scan: Allow", "drift: user ops/ben: the files do not know it, and its policies cannot be read: arn:aws:iam::aws:policy/Untold"} {
		if !strings.Contains(told, want) {
			t.Errorf("no %q in\n%s", want, told)
		}
	}
	if len(r.Changes) != 2 || r.Isolation.Verdict != drift.NotShown {
		t.Errorf("%d differences, %s; want 2, NOT SHOWN:\n%s", len(r.Changes), r.Isolation.Verdict, told)
	}
}

// domainOf is what OpenSearch Service tells of a domain as the files have it, with a policy.
func domainOf(policy, enforced string) string {
	return `{"DomainStatus":{"ARN":"arn:aws:es:us-east-1:000000000000:domain/test","DomainName":"test","AccessPolicies":` + quoted(policy) + `,
		"DomainEndpointOptions":{"EnforceHTTPS":` + enforced + `},"NodeToNodeEncryptionOptions":{"Enabled":true},"EncryptionAtRestOptions":{"Enabled":true},
		"AdvancedOptions":{"rest.action.multi.allow_explicit_index":"false"}}}`
}

// TestDomainIsCompared: localaws describes no domain, so its answer is AWS's here.
func TestDomainIsCompared(t *testing.T) {
	const own = `{"Version":"2012-10-17","Statement":[{"Sid":"DenyOtherAccounts","Effect":"Deny","Principal":{"AWS":"*"},"Action":"es:*","Resource":"arn:aws:es:us-east-1:000000000000:domain/test/*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"000000000000"}}}]}`
	k := newKit(t)
	k.wanted.WithoutSearch, k.wanted.Values.Domain = false, "test"
	for name, c := range map[string]struct {
		status  int
		answer  string
		code    int
		told    string
		verdict drift.Verdict
	}{
		"as the files have it": {200, domainOf(own, "true"), 0, "no drift", drift.Holds},
		"without a policy":     {200, domainOf("", "true"), 1, "its access policy lacks the statement DenyOtherAccounts", drift.Holds},
		"with HTTP":            {200, domainOf(own, "false"), 1, "drift: OpenSearch domain test: HTTPS for each request is off", drift.Holds},
		"opened to a role":     {200, domainOf(opens("es:ESHttpGet", "arn:aws:es:us-east-1:000000000000:domain/test/*"), "true"), 1, "use es:ESHttpGet on arn:aws:es:us-east-1:000000000000:domain/test/", drift.Broken},
		"opened to somebody":   {200, domainOf(strings.Replace(opens("es:ESHttpGet", "arn:aws:es:us-east-1:000000000000:domain/test/*"), "000000000000:role/"+role, "222222222222:root", 1), "true"), 1, "allows something by itself, to arn:aws:iam::222222222222:root", drift.NotShown},
		"not there":            {409, `{"__type":"ResourceNotFoundException","message":"said"}`, 1, "it is not there; --domain names another, and --without-search", drift.Holds},
		"not to be read":       {403, `{"__type":"AccessDeniedException","message":"said"}`, 3, "could not tell: the domain test of OpenSearch Service: AccessDeniedException", drift.NotShown},
	} {
		t.Run(name, func(t *testing.T) {
			r := k.report(k.answering(func(operation string) *http.Response {
				if operation != "/2021-01-01/opensearch/domain/test" {
					return nil
				}
				return inJSON(c.status, c.answer)
			}))
			if told := k.told(r); r.Code() != c.code || !strings.Contains(told, c.told) || r.Isolation.Verdict != c.verdict {
				t.Errorf("code %d; want %d, %s and %q:\n%s", r.Code(), c.code, c.verdict, c.told, told)
			}
		})
	}
}

// TestBucketKeyIsNoticed: localaws has none, so its answer is AWS's here.
func TestBucketKeyIsNoticed(t *testing.T) {
	k := newKit(t)
	r := k.report(k.answering(func(operation string) *http.Response {
		if operation != "GetBucketEncryption" {
			return nil
		}
		a := inJSON(200, `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>`)
		a.Header.Set("Content-Type", "application/xml")
		return a
	}))
	if told := k.told(r); r.Code() != 1 || len(r.Changes) != 1 || !strings.Contains(told, "drift: bucket shiptrack-000000000000: it has a bucket key") {
		t.Errorf("code %d:\n%s", r.Code(), told)
	}
}

func quoted(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }

func TestBoundaryThatWasRemovedIsNoticed(t *testing.T) {
	k := newKit(t)
	k.bound()
	if r := k.report(k.config); r.Code() != 0 || r.Isolation.Verdict != drift.Holds {
		t.Fatalf("control: code %d:\n%s", r.Code(), k.told(r))
	}
	_, err := k.iam().DeleteRolePermissionsBoundary(t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String(role)})
	k.must(err)
	r := k.report(k.config)
	if told := k.told(r); r.Code() != 1 || len(r.Changes) != 1 || !strings.Contains(told, "drift: role TrackingAccessRole: its permissions boundary arn:aws:iam::000000000000:policy/Limits was removed") {
		t.Errorf("code %d:\n%s", r.Code(), told)
	}
	k.wanted.Boundary = ""
	if told := k.told(k.report(k.config)); !strings.Contains(told, "drift: role TrackingServiceRole: it has the permissions boundary arn:aws:iam::000000000000:policy/Limits, which the files do not have") {
		t.Errorf("a boundary that nobody asked for:\n%s", told)
	}
}

// TestSuspensionIsNoDrift: what bin/tenants writes into the boundary of a role is no difference; a boundary that is gone is one.
func TestSuspensionIsNoDrift(t *testing.T) {
	k := newKit(t)
	_, err := k.iam().CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{
		PolicyArn: aws.String("arn:aws:iam::000000000000:policy/TrackingAccessRoleBoundary"), SetAsDefault: true, PolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/TenantID":"acme"}}}]}`),
	})
	k.must(err)
	if r := k.report(k.config); r.Code() != 0 || r.Isolation.Verdict != drift.Holds {
		t.Errorf("code %d:\n%s", r.Code(), k.told(r))
	}
	_, err = k.iam().DeleteRolePermissionsBoundary(t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String(role)})
	k.must(err)
	if told := k.told(k.report(k.config)); !strings.Contains(told, "policy/TrackingAccessRoleBoundary was removed") {
		t.Errorf("without the boundary:\n%s", told)
	}
}

func TestWhatMayNotBeReadIsNamed(t *testing.T) {
	k := newKit(t)
	for operation, want := range map[string]string{
		"GetRole": "could not tell: role TrackingAccessRole: AccessDenied", "ListAttachedRolePolicies": "could not tell: role TrackingSeedRole: AccessDenied",
		"TrentService.GetKeyPolicy": "could not tell: KMS key ", "TrentService.ListGrants": "could not tell: KMS key ", "TrentService.ListKeys": "could not tell: the keys of KMS",
		"TrentService.ListAliases": "could not tell: the aliases of KMS", "GetAccountAuthorizationDetails": "could not tell: the other roles and users of the account",
		"DynamoDB_20120810.DescribeTable": "could not tell: table TrackingData", "DynamoDB_20120810.DescribeContinuousBackups": "could not tell: the backups of table TrackingData",
		"DynamoDB_20120810.GetResourcePolicy": "could not tell: the policy of table TrackingData",
	} {
		t.Run(operation, func(t *testing.T) {
			r := k.report(k.answering(func(asked string) *http.Response {
				switch {
				case asked != operation:
					return nil
				case strings.Contains(asked, "."):
					return inJSON(400, `{"__type":"AccessDeniedException","message":"said"}`)
				}
				return refusedByQuery("AccessDenied")
			}))
			if told := k.told(r); !strings.Contains(told, want) || r.Isolation.Verdict != drift.NotShown || strings.Contains(told, "no drift") {
				t.Errorf("want %q, and isolation not shown:\n%s", want, told)
			}
			if r.Code() != 3 && operation != "TrentService.ListAliases" {
				t.Errorf("code %d, want 3: %+v", r.Code(), r.Changes)
			}
		})
	}
}

// TestWhatIsGoneWhileItIsReadIsNamed: a policy that is deleted between the list and the question is not one that was read.
func TestWhatIsGoneWhileItIsReadIsNamed(t *testing.T) {
	k := newKit(t)
	for _, operation := range []string{"ListRolePolicies", "GetRolePolicy", "ListAttachedRolePolicies"} {
		t.Run(operation, func(t *testing.T) {
			r := k.report(k.answering(func(asked string) *http.Response {
				if asked != operation {
					return nil
				}
				return refusedByQuery("NoSuchEntity")
			}))
			if told := k.told(r); r.Code() != 3 || r.Isolation.Verdict != drift.NotShown || !strings.Contains(told, "could not tell: role TrackingAccessRole: NoSuchEntity") {
				t.Errorf("code %d, want 3, and isolation not shown:\n%s", r.Code(), told)
			}
		})
	}
}

func TestCredentialsThatExpireEndIt(t *testing.T) {
	k := newKit(t)
	_, err := drift.Read(t.Context(), k.answering(func(operation string) *http.Response {
		if operation != "ListRoleTags" {
			return nil
		}
		return refusedByQuery("ExpiredToken")
	}), k.wanted)
	if err == nil || !strings.Contains(err.Error(), "renew them and run the same command again") {
		t.Errorf("%v; want what to do next", err)
	}
}

// TestThrottledAccountIsReadAllTheSame: each third request is throttled, and the SDK asks again.
func TestThrottledAccountIsReadAllTheSame(t *testing.T) {
	k := newKit(t)
	asked, throttled := 0, 0
	config := k.answering(func(operation string) *http.Response {
		if asked++; asked%3 != 0 {
			return nil
		}
		throttled++
		switch {
		case operation == "" || operation == "GetBucketEncryption": // of S3
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: io.NopCloser(strings.NewReader("<Error><Code>SlowDown</Code></Error>"))}
		case strings.Contains(operation, "."):
			return inJSON(400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`)
		}
		return refusedByQuery("Throttling")
	})
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(noDelay)
			o.RateLimiter = unlimited{}
		})
	}
	r := k.report(config)
	if r.Code() != 0 || throttled == 0 {
		t.Errorf("%d were throttled, code %d:\n%s", throttled, r.Code(), k.told(r))
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	k := newKit(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := drift.Read(ctx, k.config, k.wanted); !errors.Is(err, ctx.Err()) {
		t.Errorf("%v, want %v", err, ctx.Err())
	}
}
