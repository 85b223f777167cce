package s3_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/localaws/localawstest"
)

const readerARN = "arn:aws:iam::000000000000:role/NotesReader"

// statement is a bucket policy of one statement.
func statement(effect, principal, action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"One","Effect":"` + effect + `","Principal":` + principal + `,"Action":"` + action + `","Resource":"` + resource + `"}]}`
}

func (k *kit) putPolicy(document string) error {
	_, err := k.root.PutBucketPolicy(k.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: &document})
	return err
}

func TestBucketPolicyOpensAPrefix(t *testing.T) {
	k := newKit(t)
	for _, key := range []string{"blue/1", "green/1"} {
		k.must(k.put(k.root, key, "of "+key))
	}
	yellow := k.tenant("yellow")
	_, err := k.get(yellow, "blue/1")
	k.denied(err, "no identity-based policy allows")
	k.must(k.putPolicy(statement("Allow", `{"AWS":"`+readerARN+`"}`, "s3:GetObject", "arn:aws:s3:::"+bucket+"/blue/*")))
	if got, err := k.get(yellow, "blue/1"); err != nil || got != "of blue/1" {
		t.Errorf("under a policy that opens blue/: %q, %v", got, err)
	}
	_, err = k.get(yellow, "green/1")
	k.denied(err, "because no ")
	k.l.Restart(t) // it is kept
	if got, err := k.get(yellow, "blue/1"); err != nil || got != "of blue/1" {
		t.Errorf("after a restart: %q, %v", got, err)
	}
	_, err = k.root.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: aws.String(bucket)})
	k.must(err)
	_, err = k.get(yellow, "blue/1")
	k.denied(err, "no identity-based policy allows")
}

func TestBucketPolicyDenies(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "yellow/1", "text"))
	k.must(k.put(k.root, "yellow/2", "text"))
	yellow := k.tenant("yellow")
	k.must(k.putPolicy(statement("Deny", `"*"`, "s3:*", "arn:aws:s3:::"+bucket+"/yellow/1")))
	_, err := k.get(yellow, "yellow/1")
	k.denied(err, "with an explicit deny in a resource-based policy")
	_, err = k.get(yellow, "yellow/2")
	k.must(err)
	a := k.ask("POST", "/"+bucket+"?delete", `<Delete><Object><Key>yellow/1</Key></Object><Object><Key>yellow/2</Key></Object></Delete>`, k.session("yellow"), "Content-Md5", md5Of(`<Delete><Object><Key>yellow/1</Key></Object><Object><Key>yellow/2</Key></Object></Delete>`))
	if a.status != 200 || strings.Count(a.body, "<Error>") != 1 || !strings.Contains(a.body, "<Deleted><Key>yellow/2</Key>") {
		t.Errorf("DeleteObjects: %d %s; want one denied, one deleted", a.status, a.body)
	}
	// Nobody locks the account's root out of its policy.
	k.must(k.putPolicy(statement("Deny", `"*"`, "s3:*", "arn:aws:s3:::"+bucket)))
	_, err = k.root.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	k.denied(err, "with an explicit deny in a resource-based policy")
	k.must(k.putPolicy(statement("Deny", `"*"`, "s3:*", "arn:aws:s3:::"+bucket+"/none")))
}

func TestBucketPolicyIsReadBackOrRefused(t *testing.T) {
	k := newKit(t)
	_, err := k.root.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: aws.String(bucket)})
	localawstest.WantFailure(t, err, "NoSuchBucketPolicy", 404)
	document := statement("Allow", `{"AWS":"`+readerARN+`"}`, "s3:GetObject", "arn:aws:s3:::"+bucket+"/blue/*")
	k.must(k.putPolicy(document))
	got, err := k.root.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: aws.String(bucket)})
	if err != nil || *got.Policy != document {
		t.Errorf("got %v, %v; want what was put", got, err)
	}
	for _, action := range []string{"*", "S3:GetObject", "s3:Get*"} { // controls
		k.must(k.putPolicy(strings.ReplaceAll(document, "s3:GetObject", action)))
	}
	status, err := k.root.GetBucketPolicyStatus(t.Context(), &s3.GetBucketPolicyStatusInput{Bucket: aws.String(bucket)})
	if err != nil || aws.ToBool(status.PolicyStatus.IsPublic) {
		t.Errorf("status %+v, %v; want not public", status, err)
	}
	for name, test := range map[string]struct {
		document, code string
		status         int
	}{
		"another bucket":   {strings.ReplaceAll(document, bucket, "another"), "MalformedPolicy", 400},
		"a prefix of it":   {strings.ReplaceAll(document, bucket+"/", bucket+"2/"), "MalformedPolicy", 400},
		"another service":  {strings.ReplaceAll(document, "s3:GetObject", "dynamodb:GetItem"), "MalformedPolicy", 400},
		"nobody":           {strings.ReplaceAll(document, "NotesReader", "Nobody"), "MalformedPolicy", 400},
		"no policy":        {`{"Version":"2012-10-17"}`, "MalformedPolicy", 400},
		"no principal":     {strings.ReplaceAll(document, `"Principal":{"AWS":"`+readerARN+`"},`, ""), "MalformedPolicy", 400},
		"everybody at all": {statement("Allow", `"*"`, "s3:GetObject", "arn:aws:s3:::"+bucket+"/*"), "AccessDenied", 403},
	} {
		t.Run(name, func(t *testing.T) { localawstest.WantFailure(t, k.putPolicy(test.document), test.code, test.status) })
	}
	k.wants(k.ask("GET", "/"+bucket+"?policy", "", k.session("yellow")), 403, "AccessDenied")
}

func TestPolicyForEverybodyIsPublicWithoutFixedValues(t *testing.T) {
	k := newKit(t)
	for name, test := range map[string]struct {
		condition string
		public    bool
	}{
		"no condition":               {`{}`, true},
		"TLS":                        {`{"Bool":{"aws:SecureTransport":"true"}}`, true},
		"a tag":                      {`{"StringEquals":{"aws:PrincipalTag/TenantID":"yellow"}}`, true},
		"an account":                 {`{"StringEquals":{"aws:SourceAccount":"000000000000"}}`, false},
		"an organization":            {`{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`, false},
		"an organization and TLS":    {`{"StringEquals":{"aws:principalorgid":"o-1"},"Bool":{"aws:SecureTransport":"true"}}`, false},
		"any organization":           {`{"StringLike":{"aws:PrincipalOrgID":"*"}}`, true},
		"an organization if any":     {`{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}}`, true},
		"all but an organization":    {`{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}`, true},
		"none of the organizations":  {`{"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-1"}}`, true},
		"any with an organization":   {`{"Null":{"aws:PrincipalOrgID":"false"}}`, true},
		"a variable":                 {`{"StringEquals":{"aws:SourceAccount":"${aws:PrincipalAccount}"}}`, true},
		"addresses":                  {`{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.1","2001:db8::/32"]}}`, false},
		"addresses, one of them all": {`{"IpAddress":{"aws:SourceIp":["192.0.2.1","0.0.0.0/0"]}}`, true},
		"half of the addresses":      {`{"IpAddress":{"aws:SourceIp":"::/1"}}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			document := strings.Replace(statement("Allow", `"*"`, "s3:GetObject", "arn:aws:s3:::"+bucket+"/*"), `"Sid":"One"`, `"Condition":`+test.condition, 1)
			if test.public {
				localawstest.WantFailure(t, k.putPolicy(document), "AccessDenied", 403)
			} else {
				k.must(k.putPolicy(document))
			}
		})
	}
}
