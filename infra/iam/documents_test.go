package iam_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws/policy"
)

const (
	account = "000000000000"
	table   = "arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData"
	tagKey  = "aws:PrincipalTag/TenantID"
	leading = "dynamodb:LeadingKeys"
	access  = "arn:aws:iam::000000000000:role/TrackingAccessRole"
	service = "arn:aws:iam::000000000000:role/TrackingServiceRole"
)

const (
	pooled = "TrackingAccessRole/TrackingAccessPolicyDynamoDB.json"
	search = "TrackingAccessRole/TrackingAccessPolicyOpenSearch.json"
	seed   = "TrackingSeedRole/TrackingSeedPolicy.json"
	domain = "arn:aws:es:us-east-1:000000000000:domain/test/"
)

func TestEveryPolicyFileParses(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" || path == iam.OwnershipFile {
			return err
		}
		files++
		kind := policy.Identity
		if entry.Name() == "trust.json" {
			kind = policy.Trust
		}
		set, file, _ := strings.Cut(filepath.ToSlash(path), "/")
		mustParse(t, read(t, iam.Set(set), file), kind)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(string(text), "<account-id>") { // "<bucket>" alone is legal text of an ARN; LoadRoles refuses it
			if _, err := policy.Parse(text, kind); err == nil {
				t.Errorf("%s parses with its placeholders, want it refused", path)
			}
		}
		return nil
	})
	if err != nil || files < 10 {
		t.Errorf("walked %d files: %v", files, err)
	}
}

// TestPolicyFiles shows what the article's policies grant, and what the hardened ones refuse.
func TestPolicyFiles(t *testing.T) {
	yellow := values{tagKey: "yellow"}
	own := values{tagKey: "yellow", leading: []string{"yellow"}}
	other := values{tagKey: "yellow", leading: []string{"blue"}}
	two := values{tagKey: "yellow", leading: []string{"yellow", "blue"}}
	tests := []struct {
		name, file, action, resource string
		request                      values
		article, hardened            policy.Effect
	}{
		{"own key", pooled, "dynamodb:GetItem", table, own, policy.Allow, policy.Allow},
		{"own keys of a batch", pooled, "dynamodb:BatchGetItem", table, own, policy.Allow, policy.Allow},
		{"own key of a query", pooled, "dynamodb:Query", table, own, policy.Allow, policy.Allow},
		{"another tenant's key", pooled, "dynamodb:GetItem", table, other, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a batch of two tenants", pooled, "dynamodb:BatchGetItem", table, two, policy.ImplicitDeny, policy.ImplicitDeny},
		{"no key", pooled, "dynamodb:GetItem", table, yellow, policy.Allow, policy.ImplicitDeny},
		{"unknown keys", pooled, "dynamodb:GetItem", table, values{tagKey: "yellow", leading: nil}, policy.ImplicitDeny, policy.ImplicitDeny},
		{"empty keys", pooled, "dynamodb:GetItem", table, values{tagKey: "yellow", leading: []string{}}, policy.Allow, policy.ImplicitDeny},
		{"neither key nor tag", pooled, "dynamodb:GetItem", table, nil, policy.Allow, policy.ImplicitDeny},
		{"a session without tag", pooled, "dynamodb:GetItem", table, values{leading: []string{"yellow"}}, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a tag that is a star", pooled, "dynamodb:GetItem", table, values{tagKey: "*", leading: []string{"yellow"}}, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a scan", pooled, "dynamodb:Scan", table, own, policy.ImplicitDeny, policy.ExplicitDeny},
		{"PartiQL", pooled, "dynamodb:PartiQLSelect", table, own, policy.ImplicitDeny, policy.ExplicitDeny},
		{"an index", pooled, "dynamodb:Query", table + "/index/byETA", own, policy.ImplicitDeny, policy.ExplicitDeny},
		{"a write", pooled, "dynamodb:PutItem", table, own, policy.ImplicitDeny, policy.ImplicitDeny},
		{"another table", pooled, "dynamodb:GetItem", table + "2", own, policy.ImplicitDeny, policy.ImplicitDeny},

		{"own index", search, "es:ESHttpGet", domain + "yellow-shipments/_search", yellow, policy.Allow, policy.Allow},
		{"another tenant's index", search, "es:ESHttpGet", domain + "blue-shipments/_search", yellow, policy.ImplicitDeny, policy.ImplicitDeny},
		{"an index of yellow2", search, "es:ESHttpGet", domain + "yellow2-shipments/_search", yellow, policy.Allow, policy.ImplicitDeny},
		{"the index of a twin", search, "es:ESHttpGet", domain + "yellow-eu-shipments/_search", yellow, policy.Allow, policy.ImplicitDeny},
		{"a list of two tenants' indexes", search, "es:ESHttpGet", domain + "yellow-shipments,blue-shipments/_search", yellow, policy.Allow, policy.ExplicitDeny},
		{"the list percent-encoded", search, "es:ESHttpGet", domain + "yellow-shipments%2Cblue-shipments/_search", yellow, policy.Allow, policy.ExplicitDeny},
		{"the list encoded in lower case", search, "es:ESHttpGet", domain + "yellow-shipments%2cblue-shipments/_search", yellow, policy.Allow, policy.ExplicitDeny},
		{"a bulk path", search, "es:ESHttpPut", domain + "yellow-shipments/_bulk", yellow, policy.Allow, policy.ImplicitDeny},
		{"terms of several documents", search, "es:ESHttpGet", domain + "yellow-shipments/_mtermvectors", yellow, policy.Allow, policy.ImplicitDeny},
		{"an alias", search, "es:ESHttpPut", domain + "yellow-shipments/_alias/blue-planted", yellow, policy.Allow, policy.ImplicitDeny},
		{"settings", search, "es:ESHttpPut", domain + "yellow-shipments/_settings", yellow, policy.Allow, policy.ImplicitDeny},
		{"a document of its own", search, "es:ESHttpPut", domain + "yellow-shipments/_doc/1001", yellow, policy.Allow, policy.ImplicitDeny},
		{"a session without tag", search, "es:ESHttpGet", domain + "blue-shipments/_search", nil, policy.ImplicitDeny, policy.ImplicitDeny},
		{"an empty tag", search, "es:ESHttpGet", domain + "-shipments/_search", values{tagKey: ""}, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a tag that is a star", search, "es:ESHttpGet", domain + "blue-shipments/_search", values{tagKey: "*"}, policy.ImplicitDeny, policy.ImplicitDeny},
	}
	for _, test := range tests {
		for set, want := range map[iam.Set]policy.Effect{iam.Article: test.article, iam.Hardened: test.hardened} {
			t.Run(test.name+"/"+string(set), func(t *testing.T) {
				checkEffect(t, fileOf(t, set, test.file),
					&policy.Request{Action: test.action, Resource: test.resource, Context: test.request.context()}, want)
			})
		}
	}
}

func TestSeedPolicyWritesDocumentsOfItsOwnIndexOnly(t *testing.T) {
	for _, test := range []struct {
		name, action, path, tag string
		want                    policy.Effect
	}{
		{"own document", "es:ESHttpPut", "yellow-shipments/_doc/1001", "yellow", policy.Allow},
		{"another's", "es:ESHttpPut", "blue-shipments/_doc/1001", "yellow", policy.ImplicitDeny},
		{"a twin's", "es:ESHttpPut", "yellow-eu-shipments/_doc/1001", "yellow", policy.ImplicitDeny},
		{"the index", "es:ESHttpPut", "yellow-shipments", "yellow", policy.ImplicitDeny},
		{"the mapping", "es:ESHttpPut", "yellow-shipments/_mapping", "yellow", policy.ImplicitDeny},
		{"reading", "es:ESHttpGet", "yellow-shipments/_doc/1001", "yellow", policy.ImplicitDeny},
		{"deleting", "es:ESHttpDelete", "yellow-shipments/_doc/1001", "yellow", policy.ImplicitDeny},
		{"no tag", "es:ESHttpPut", "-shipments/_doc/1001", "", policy.ImplicitDeny},
		{"a star", "es:ESHttpPut", "blue-shipments/_doc/1001", "*", policy.ImplicitDeny},
	} {
		keys := values{}
		if test.tag != "" {
			keys[tagKey] = test.tag
		}
		t.Run(test.name, func(t *testing.T) {
			checkEffect(t, fileOf(t, iam.Hardened, "TrackingSeedRole/TrackingSeedPolicyOpenSearch.json"),
				&policy.Request{Action: test.action, Resource: domain + test.path, Context: keys.context()}, test.want)
		})
	}
}

func TestSeedPolicyWritesOwnPartitionOnly(t *testing.T) {
	p := fileOf(t, iam.Hardened, seed)
	own := values{tagKey: "yellow", leading: []string{"yellow"}}.context()
	checkEffect(t, p, &policy.Request{Action: "dynamodb:PutItem", Resource: table, Context: own}, policy.Allow)
	checkEffect(t, p, &policy.Request{Action: "dynamodb:GetItem", Resource: table, Context: own}, policy.ImplicitDeny)
	other := values{tagKey: "yellow", leading: []string{"yellow", "blue"}}.context()
	checkEffect(t, p, &policy.Request{Action: "dynamodb:BatchWriteItem", Resource: table, Context: other}, policy.ImplicitDeny)
}

// TestTrustFiles assumes TrackingAccessRole with different tags.
func TestTrustFiles(t *testing.T) {
	caller := fileOf(t, iam.Hardened, "TrackingServiceRole/AssumePolicy.json")
	tags := func(value string, keys, transitive []string) values {
		return values{"aws:RequestTag/TenantID": value, "aws:TagKeys": keys, "sts:TransitiveTagKeys": transitive}
	}
	longest := strings.Repeat("t", 63)
	tenant, extra := []string{"TenantID"}, []string{"TenantID", "Admin"}
	called := func(name, value string) values { // STS has the name in its request for AssumeRole alone
		named := tags(value, tenant, tenant)
		named["sts:RoleSessionName"] = name
		return named
	}
	tests := []struct {
		name, action      string
		request           values
		article, hardened policy.Effect
	}{
		{"tag and transitive", "sts:AssumeRole", called("yellow@task", "yellow"), policy.Allow, policy.Allow},
		{"tag of 63 characters", "sts:AssumeRole", called(longest+"@", longest), policy.Allow, policy.Allow},
		{"a reserved tenant", "sts:AssumeRole", called("check.a@task", "check.a"), policy.Allow, policy.Allow},
		{"TagSession of a reserved tenant", "sts:TagSession", tags("check.a", tenant, tenant), policy.Allow, policy.Allow},
		{"the session name of another", "sts:AssumeRole", called("blue@task", "yellow"), policy.Allow, policy.ImplicitDeny},
		{"the session name of a twin", "sts:AssumeRole", called("acme-eu@task", "acme"), policy.Allow, policy.ImplicitDeny},
		{"no session name", "sts:AssumeRole", tags("yellow", tenant, tenant), policy.Allow, policy.ImplicitDeny},
		{"a tag with a hyphen", "sts:AssumeRole", called("acme-eu@task", "acme-eu"), policy.Allow, policy.Allow},
		{"TagSession with a slash", "sts:TagSession", tags("acme/eu", tenant, tenant), policy.Allow, policy.ImplicitDeny},
		{"TagSession with an underscore", "sts:TagSession", tags("acme_eu", tenant, tenant), policy.Allow, policy.ImplicitDeny},
		{"TagSession with an at", "sts:TagSession", tags("acme@eu", tenant, tenant), policy.Allow, policy.ImplicitDeny},
		{"TagSession with a blank", "sts:TagSession", tags("acme eu", tenant, tenant), policy.Allow, policy.ImplicitDeny},
		{"TagSession with a hyphen", "sts:TagSession", tags("acme-eu", tenant, tenant), policy.Allow, policy.Allow},
		{"TagSession", "sts:TagSession", tags("yellow", tenant, tenant), policy.Allow, policy.Allow},
		{"no tag", "sts:AssumeRole", nil, policy.Allow, policy.ImplicitDeny},
		{"TagSession with an empty tag", "sts:TagSession", tags("", tenant, tenant), policy.ImplicitDeny, policy.ImplicitDeny},
		{"TagSession with another tag beside it", "sts:TagSession", tags("yellow", extra, tenant), policy.Allow, policy.ImplicitDeny},
		{"TagSession, not transitive", "sts:TagSession", values{"aws:RequestTag/TenantID": "yellow", "aws:TagKeys": tenant}, policy.Allow, policy.ImplicitDeny},
		{"TagSession with another tag only", "sts:TagSession", values{"aws:RequestTag/Admin": "yes", "aws:TagKeys": []string{"Admin"}}, policy.ImplicitDeny, policy.ImplicitDeny},
		{"SetSourceIdentity", "sts:SetSourceIdentity", tags("yellow", tenant, tenant), policy.ImplicitDeny, policy.ImplicitDeny},
	}
	for _, test := range tests {
		for set, want := range map[iam.Set]policy.Effect{iam.Article: test.article, iam.Hardened: test.hardened} {
			trust := policy.Named{Name: "trust", Policy: mustParse(t, read(t, set, "TrackingAccessRole/trust.json"), policy.Trust)}
			r := &policy.Request{
				Action: test.action, Resource: access, Context: test.request.context(),
				Caller: policy.Caller{ARN: "arn:aws:sts::000000000000:assumed-role/TrackingServiceRole/task", RoleARN: service, Account: account},
			}
			if got := policy.DecideTrust(trust, caller, r); got.Effect != want {
				t.Errorf("%s, %s: %+v, want %s; misses: %v", test.name, set, got, want, policy.ExplainTrust(trust, caller, r))
			}
			r.Caller.RoleARN, r.Caller.ARN = access, "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/x"
			if got := policy.DecideTrust(trust, caller, r); got.Effect != policy.ImplicitDeny {
				t.Errorf("%s, %s, by another role: %+v, want ImplicitDeny", test.name, set, got)
			}
		}
	}
}

// TestResourcesSpellNamesInFull: ids may hold a hyphen, so a pattern that ends behind the tenant and a hyphen is another
// tenant's too.
func TestResourcesSpellNamesInFull(t *testing.T) {
	open := regexp.MustCompile(`\$\{aws:PrincipalTag/TenantID\}[^/"]*\*`)
	err := fs.WalkDir(os.DirFS(string(iam.Hardened)), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(os.DirFS(string(iam.Hardened)), path)
		if pattern := open.Find(text); pattern != nil {
			t.Errorf("%s has %s, which also matches tenants whose ids begin so", path, pattern)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !open.MatchString(read(t, iam.Article, search)) {
		t.Error("the article's pattern is not found by the same look")
	}
}
