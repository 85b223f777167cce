package policy

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	search  = "TrackingAccessRole/TrackingAccessPolicyOpenSearch.json"
	objects = "TrackingAccessRole/TrackingAccessPolicyS3.json"
	seed    = "TrackingSeedRole/TrackingSeedPolicy.json"
	domain  = "arn:aws:es:us-east-1:000000000000:domain/test/"
	key     = "arn:aws:kms:us-east-1:000000000000:key/1"
)

func TestEveryPolicyFileParses(t *testing.T) {
	files := 0
	root := filepath.Join("..", "..", "iam")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		files++
		kind := Identity
		if entry.Name() == "trust.json" {
			kind = Trust
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		set, file, _ := strings.Cut(filepath.ToSlash(name), "/")
		mustParse(t, read(t, set, file), kind)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(string(text), "<") {
			if _, err := Parse(text, kind); err == nil {
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
	decrypt := values{tagKey: "yellow", "aws:ResourceTag/TenantID": "yellow", "kms:ViaService": "s3.us-east-1.amazonaws.com"}
	direct := values{tagKey: "yellow", "aws:ResourceTag/TenantID": "yellow"}
	tests := []struct {
		name, file, action, resource string
		request                      values
		article, hardened            Effect
	}{
		{"own key", pooled, "dynamodb:GetItem", table, own, Allow, Allow},
		{"own keys of a batch", pooled, "dynamodb:BatchGetItem", table, own, Allow, Allow},
		{"own key of a query", pooled, "dynamodb:Query", table, own, Allow, Allow},
		{"another tenant's key", pooled, "dynamodb:GetItem", table, other, ImplicitDeny, ImplicitDeny},
		{"a batch of two tenants", pooled, "dynamodb:BatchGetItem", table, two, ImplicitDeny, ImplicitDeny},
		{"no key", pooled, "dynamodb:GetItem", table, yellow, Allow, ImplicitDeny},
		{"unknown keys", pooled, "dynamodb:GetItem", table, values{tagKey: "yellow", leading: nil}, ImplicitDeny, ImplicitDeny},
		{"empty keys", pooled, "dynamodb:GetItem", table, values{tagKey: "yellow", leading: []string{}}, Allow, ImplicitDeny},
		{"neither key nor tag", pooled, "dynamodb:GetItem", table, nil, Allow, ImplicitDeny},
		{"a session without tag", pooled, "dynamodb:GetItem", table, values{leading: []string{"yellow"}}, ImplicitDeny, ImplicitDeny},
		{"a tag that is a star", pooled, "dynamodb:GetItem", table, values{tagKey: "*", leading: []string{"yellow"}}, ImplicitDeny, ImplicitDeny},
		{"a scan", pooled, "dynamodb:Scan", table, own, ImplicitDeny, ExplicitDeny},
		{"PartiQL", pooled, "dynamodb:PartiQLSelect", table, own, ImplicitDeny, ExplicitDeny},
		{"an index", pooled, "dynamodb:Query", table + "/index/byETA", own, ImplicitDeny, ExplicitDeny},
		{"a write", pooled, "dynamodb:PutItem", table, own, ImplicitDeny, ImplicitDeny},
		{"another table", pooled, "dynamodb:GetItem", table + "2", own, ImplicitDeny, ImplicitDeny},

		{"own index", search, "es:ESHttpGet", domain + "yellow-shipments/_search", yellow, Allow, Allow},
		{"another tenant's index", search, "es:ESHttpGet", domain + "blue-shipments/_search", yellow, ImplicitDeny, ImplicitDeny},
		{"an index of yellow2", search, "es:ESHttpGet", domain + "yellow2-shipments/_search", yellow, Allow, ImplicitDeny},
		{"a list of two tenants' indexes", search, "es:ESHttpGet", domain + "yellow-a,blue-a/_search", yellow, Allow, ExplicitDeny},
		{"the list percent-encoded", search, "es:ESHttpGet", domain + "yellow-a%2Cblue-a/_search", yellow, Allow, ExplicitDeny},
		{"the list encoded in lower case", search, "es:ESHttpGet", domain + "yellow-a%2cblue-a/_search", yellow, Allow, ExplicitDeny},
		{"a bulk path", search, "es:ESHttpPut", domain + "yellow-a/_bulk", yellow, Allow, ExplicitDeny},
		{"a session without tag", search, "es:ESHttpGet", domain + "blue-a/_search", nil, ImplicitDeny, ImplicitDeny},
		{"an empty tag", search, "es:ESHttpGet", domain + "-a/_search", values{tagKey: ""}, ImplicitDeny, ImplicitDeny},
		{"a tag that is a star", search, "es:ESHttpGet", domain + "blue-a/_search", values{tagKey: "*"}, ImplicitDeny, ImplicitDeny},

		{"own object", objects, "s3:GetObject", "arn:aws:s3:::tracking/yellow/1001", yellow, Allow, Allow},
		{"another tenant's object", objects, "s3:GetObject", "arn:aws:s3:::tracking/blue/1001", yellow, ImplicitDeny, ImplicitDeny},
		{"an object of yellow2", objects, "s3:GetObject", "arn:aws:s3:::tracking/yellow2/1001", yellow, ImplicitDeny, ImplicitDeny},
		{"own encryption key through S3", objects, "kms:Decrypt", key, decrypt, Allow, Allow},
		{"own encryption key directly", objects, "kms:Decrypt", key, direct, Allow, ImplicitDeny},
		{"encryption key and session without tags", objects, "kms:Decrypt", key, nil, ImplicitDeny, ImplicitDeny},
		{"another tenant's encryption key", objects, "kms:Decrypt", key, values{tagKey: "yellow",
			"aws:ResourceTag/TenantID": "blue", "kms:ViaService": "s3.us-east-1.amazonaws.com"}, ImplicitDeny, ImplicitDeny},
	}
	for _, test := range tests {
		for set, want := range map[string]Effect{article: test.article, hardened: test.hardened} {
			t.Run(test.name+"/"+set, func(t *testing.T) {
				checkEffect(t, fileOf(t, set, test.file),
					&Request{Action: test.action, Resource: test.resource, Context: test.request.context()}, want)
			})
		}
	}
}

func TestSeedPolicyWritesOwnPartitionOnly(t *testing.T) {
	p := fileOf(t, hardened, seed)
	own := values{tagKey: "yellow", leading: []string{"yellow"}}.context()
	checkEffect(t, p, &Request{Action: "dynamodb:PutItem", Resource: table, Context: own}, Allow)
	checkEffect(t, p, &Request{Action: "dynamodb:GetItem", Resource: table, Context: own}, ImplicitDeny)
	other := values{tagKey: "yellow", leading: []string{"yellow", "blue"}}.context()
	checkEffect(t, p, &Request{Action: "dynamodb:BatchWriteItem", Resource: table, Context: other}, ImplicitDeny)
}

// TestTrustFiles assumes TrackingAccessRole with different tags.
func TestTrustFiles(t *testing.T) {
	caller := fileOf(t, hardened, "TrackingServiceRole/AssumePolicy.json")
	tags := func(value string, keys, transitive []string) values {
		return values{"aws:RequestTag/TenantID": value, "aws:TagKeys": keys, "sts:TransitiveTagKeys": transitive}
	}
	tenant, extra := []string{"TenantID"}, []string{"TenantID", "Admin"}
	tests := []struct {
		name, action      string
		request           values
		article, hardened Effect
	}{
		{"tag and transitive", "sts:AssumeRole", tags("yellow", tenant, tenant), Allow, Allow},
		{"TagSession", "sts:TagSession", tags("yellow", tenant, tenant), Allow, Allow},
		{"no tag", "sts:AssumeRole", nil, Allow, ImplicitDeny},
		{"TagSession with an empty tag", "sts:TagSession", tags("", tenant, tenant), Allow, ImplicitDeny},
		{"TagSession with another tag beside it", "sts:TagSession", tags("yellow", extra, tenant), Allow, ImplicitDeny},
		{"TagSession, not transitive", "sts:TagSession", values{"aws:RequestTag/TenantID": "yellow", "aws:TagKeys": tenant}, Allow, ImplicitDeny},
		{"TagSession with another tag only", "sts:TagSession", values{"aws:RequestTag/Admin": "yes", "aws:TagKeys": []string{"Admin"}}, ImplicitDeny, ImplicitDeny},
		{"SetSourceIdentity", "sts:SetSourceIdentity", tags("yellow", tenant, tenant), ImplicitDeny, ImplicitDeny},
	}
	for _, test := range tests {
		for set, want := range map[string]Effect{article: test.article, hardened: test.hardened} {
			trust := Named{Name: "trust", Policy: mustParse(t, read(t, set, "TrackingAccessRole/trust.json"), Trust)}
			r := assume(test.request)
			r.Action = test.action
			if got := DecideTrust(trust, caller, r); got.Effect != want {
				t.Errorf("%s, %s: %+v, want %s; misses: %v", test.name, set, got, want, ExplainTrust(trust, caller, r))
			}
			r.Caller.RoleARN, r.Caller.ARN = roleARN, "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/x"
			if got := DecideTrust(trust, caller, r); got.Effect != ImplicitDeny {
				t.Errorf("%s, %s, by another role: %+v, want ImplicitDeny", test.name, set, got)
			}
		}
	}
}
