package s3_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestTenantReachesItsOwnPrefixAlone(t *testing.T) {
	k := newKit(t, "yellow", "blue")
	yellow, blue := k.session("yellow"), k.session("blue")
	k.must(k.putUnder(k.client(blue), k.keys["blue"], "blue/1/a.pdf", "of blue"))
	own, other := "/"+bucket+"/yellow/1/a.pdf", "/"+bucket+"/blue/1/a.pdf"
	for _, test := range []struct{ method, query, body string }{
		{"PUT", "", "text"}, {"GET", "", ""}, {"HEAD", "", ""}, {"GET", "?partNumber=1", ""}, {"GET", "?response-content-type=text%2Fcsv", ""}, {"DELETE", "", ""},
	} {
		if a := k.ask(test.method, own+test.query, test.body, yellow); a.status > 206 {
			t.Fatalf("control: %s%s: %d %s", test.method, test.query, a.status, a.body)
		}
		a := k.ask(test.method, other+test.query, test.body, yellow)
		if a.status != 403 || test.method != "HEAD" && !strings.Contains(a.body, "is not authorized to perform: s3:") {
			t.Errorf("%s%s of another tenant: %d %s", test.method, test.query, a.status, a.body)
		}
	}
	if got, err := k.get(k.client(blue), "blue/1/a.pdf"); err != nil || got != "of blue" {
		t.Errorf("blue reads %q, %v", got, err)
	}
}

func TestTenantListsItsOwnPrefixAlone(t *testing.T) {
	k := newKit(t)
	for _, key := range []string{"yellow/1", "yellow2/1", "blue/1"} {
		k.must(k.put(k.root, key, "text"))
	}
	yellow := k.session("yellow")
	for _, version := range []string{"", "list-type=2&"} {
		a := k.ask("GET", "/"+bucket+"?"+version+"prefix=yellow%2F", "", yellow)
		if a.status != 200 || strings.Count(a.body, "<Key>") != 1 || !strings.Contains(a.body, "<Key>yellow/1</Key>") {
			t.Errorf("control: %d %s", a.status, a.body)
		}
		for _, query := range []string{"", "prefix=yellow", "prefix=blue%2F", "prefix=", "prefix=yellow2%2F", "Prefix=yellow%2F", "prefix=yellow%2F&prefix=blue%2F", "delimiter=%2F", "start-after=yellow%2F"} {
			if a := k.ask("GET", "/"+bucket+"?"+version+query, "", yellow); a.status < 400 || strings.Contains(a.body, "blue/1") {
				t.Errorf("list with %q: %d %s", query, a.status, a.body)
			}
		}
	}
	for _, target := range []string{"/", "/" + bucket + "?location", "/" + bucket + "?versions&prefix=yellow%2F", "/" + bucket + "?uploads"} {
		k.wants(k.ask("GET", target, "", yellow), 403, "AccessDenied")
		if a := k.ask("GET", target, "", localawstest.Root); a.status == 403 {
			t.Errorf("control: GET %s: %d %s", target, a.status, a.body)
		}
	}
	k.wants(k.ask("HEAD", "/"+bucket, "", yellow), 403, "")
	k.wants(k.ask("HEAD", "/"+bucket, "", localawstest.Root), 200, "")
	k.wants(k.ask("PUT", "/another", "", yellow), 403, "AccessDenied")
	k.wants(k.ask("DELETE", "/"+bucket, "", yellow), 403, "AccessDenied")
}

// TestMissingKeyIsToldToWhoMayListTheBucket alone: a permission to list a prefix does not count.
func TestMissingKeyIsToldToWhoMayListTheBucket(t *testing.T) {
	k := newKit(t)
	yellow := k.session("yellow")
	_, err := k.get(k.client(yellow), "yellow/missing")
	k.denied(err, "s3:ListBucket on resource: arn:aws:s3:::"+bucket+" because no identity-based policy allows")
	k.wants(k.ask("HEAD", "/"+bucket+"/yellow/missing", "", yellow), 403, "")
	k.wants(k.ask("GET", "/"+bucket+"/blue/missing", "", yellow), 403, "AccessDenied")
	k.isMissing("yellow/missing")
	k.wants(k.ask("HEAD", "/"+bucket+"/yellow/missing", "", localawstest.Root), 404, "")
	k.putRoles(strings.Replace(ownDocuments, `"Statement":[`, `"Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"},`, 1))
	_, err = k.get(k.client(yellow), "yellow/missing")
	localawstest.WantFailure(t, err, "NoSuchKey", 404)
	_, err = k.get(k.client(yellow), "blue/missing")
	k.denied(err, "s3:GetObject")
}

// TestKMSIsAskedForTheCaller: first the permission of S3, then whether the object is there, then that of KMS, then the state of the key.
func TestKMSIsAskedForTheCaller(t *testing.T) {
	k := newKit(t, "yellow", "blue")
	yellow, blue := k.tenant("yellow"), k.tenant("blue")
	k.must(k.putUnder(yellow, k.keys["yellow"], "yellow/1", "text"))
	if got, err := k.get(yellow, "yellow/1"); err != nil || got != "text" {
		t.Fatalf("control: %q, %v", got, err)
	}
	k.must(k.putUnder(k.root, k.keys["blue"], "yellow/planted", "under the key of blue"))
	_, err := k.get(yellow, "yellow/planted")
	k.denied(err, "kms:Decrypt on resource: arn:aws:kms:us-east-1:000000000000:key/"+k.keys["blue"])
	if _, err := yellow.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String("yellow/planted")}); err != nil {
		t.Errorf("HEAD needs no key: %v", err)
	}
	_, err = yellow.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String("yellow/planted"), ChecksumMode: "ENABLED"})
	if _, status := localawstest.Failure(err); status != 403 {
		t.Errorf("HEAD with the checksum: %v, want 403", err)
	}
	_, err = k.get(blue, "yellow/planted")
	k.denied(err, "s3:GetObject")
	k.denied(k.putUnder(yellow, k.keys["blue"], "yellow/2", "x"), "kms:GenerateDataKey")
	k.denied(k.putUnder(yellow, k.keys["yellow"], "blue/2", "x"), "s3:PutObject")
	k.isMissing("yellow/2")

	admin := k.kms(localawstest.Root)
	_, err = admin.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: aws.String(k.keys["yellow"])})
	k.must(err)
	_, err = k.get(yellow, "yellow/1")
	localawstest.WantFailure(t, err, "KMS.DisabledException", 400)
	localawstest.WantFailure(t, k.putUnder(yellow, k.keys["yellow"], "yellow/2", "x"), "KMS.DisabledException", 400)
	_, err = k.get(blue, "yellow/1")
	k.denied(err, "s3:GetObject")
	_, err = admin.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: aws.String(k.keys["yellow"]), PendingWindowInDays: aws.Int32(7)})
	k.must(err)
	_, err = k.get(yellow, "yellow/1")
	localawstest.WantFailure(t, err, "KMS.KMSInvalidStateException", 400)
	localawstest.WantFailure(t, k.putUnder(k.root, "alias/none", "yellow/2", "x"), "KMS.NotFoundException", 400)
	localawstest.WantFailure(t, k.putUnder(k.root, "11111111-2222-3333-4444-555555555555", "yellow/2", "x"), "KMS.NotFoundException", 400)
}

func TestPoliciesSeeTheKeyOfAnObjectAsItsARN(t *testing.T) {
	k := newKit(t, "yellow", "blue")
	arn := "arn:aws:kms:us-east-1:000000000000:key/" + k.keys["yellow"]
	k.putRoles(strings.Replace(ownDocuments, `"Statement":[`, `"Statement":[{"Effect":"Deny","Action":"s3:PutObject","Resource":"*",
		"Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"`+arn+`"}}},`, 1))
	yellow := k.tenant("yellow")
	_, err := k.kms(localawstest.Root).CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: aws.String("alias/own"), TargetKeyId: aws.String(k.keys["yellow"])})
	k.must(err)
	for _, name := range []string{k.keys["yellow"], arn, "alias/own", "arn:aws:kms:us-east-1:000000000000:alias/own"} {
		if err := k.putUnder(yellow, name, "yellow/1", "x"); err != nil {
			t.Errorf("under %s: %v", name, err)
		}
	}
	k.denied(k.putUnder(yellow, k.keys["blue"], "yellow/1", "x"), "explicit deny")
	k.denied(k.put(yellow, "yellow/1", "x"), "explicit deny")
}

func TestDecisionsSayWhatPoliciesMayAskFor(t *testing.T) {
	k := newKit(t, "yellow")
	yellow := k.tenant("yellow")
	k.must(k.putUnder(yellow, k.keys["yellow"], "yellow/1", "x"))
	entries := k.l.Entries(t)
	find := func(action string) localaws.Entry {
		i := slices.IndexFunc(entries, func(e localaws.Entry) bool { return e.Action == action })
		if i < 0 {
			t.Fatalf("%s is not logged", action)
		}
		return entries[i]
	}
	for action, want := range map[string]map[string]string{
		"s3:PutObject": {
			"s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256", "s3:x-amz-server-side-encryption": "aws:kms", "aws:ResourceAccount": "000000000000",
			"s3:ResourceAccount": "000000000000", "aws:ViaAWSService": "false", "s3:x-amz-content-sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
		},
		"kms:GenerateDataKey": {
			"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::" + bucket + "/yellow/1", "kms:EncryptionContextKeys": "aws:s3:arn",
			"kms:CallerAccount": "000000000000", "aws:ViaAWSService": "true", "aws:ResourceTag/TenantID": "yellow", "aws:PrincipalTag/TenantID": "yellow",
		},
	} {
		e := find(action)
		for key, value := range want {
			if got, _ := e.Context.Get(key); len(got) != 1 || got[0] != value {
				t.Errorf("%s: %s is %v, want %s", action, key, got, value)
			}
		}
		if _, has := e.Context.Get("s3:signatureAge"); has || e.Operation != "PutObject" {
			t.Errorf("%s: %+v, want the operation PutObject, and no signatureAge without a link", action, e)
		}
	}
}

func TestDeleteObjectsDecidesEachKey(t *testing.T) {
	k := newKit(t)
	yellow := k.session("yellow")
	for _, key := range []string{"yellow/1", "yellow/2", "yellow/3", "blue/1"} {
		k.must(k.put(k.root, key, "text"))
	}
	ask := func(c localawstest.Credentials, body string) answer {
		return k.ask("POST", "/"+bucket+"?delete", body, c, "Content-Md5", md5Of(body))
	}
	objects := func(keys ...string) string {
		return "<Delete><Object><Key>" + strings.Join(keys, "</Key></Object><Object><Key>") + "</Key></Object></Delete>"
	}
	k.l.ResetLog()
	a := ask(yellow, objects("yellow/1", "blue/1", "yellow/none", "yellow/../blue/1"))
	if a.status != 200 || strings.Count(a.body, "<Deleted>") != 3 || strings.Count(a.body, "<Error>") != 1 || !strings.Contains(a.body, "<Key>blue/1</Key><Code>AccessDenied</Code>") {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if n := len(k.l.Entries(t)); n != 4 {
		t.Errorf("%d decisions are logged, want 4", n)
	}
	k.isMissing("yellow/1")
	k.holds("blue/1", "text")
	k.wants(ask(yellow, strings.Replace(objects("yellow/2"), "</Key>", "</Key><VersionId>null</VersionId>", 1)), 200, "AccessDenied")
	k.holds("yellow/2", "text")
	if a := ask(yellow, strings.Replace(objects("yellow/2"), "<Object>", "<Quiet>true</Quiet><Object>", 1)); a.status != 200 || strings.Contains(a.body, "Deleted") {
		t.Errorf("quiet: %d %s", a.status, a.body)
	}
	many := make([]string, 1001)
	for i := range many {
		many[i] = "yellow/x"
	}
	for name, body := range map[string]string{
		"two keys":     "<Delete><Object><Key>yellow/3</Key><Key>blue/1</Key></Object></Delete>",
		"no key":       "<Delete><Object></Object></Delete>",
		"nothing":      "<Delete></Delete>",
		"text":         "<Delete>x<Object><Key>yellow/3</Key></Object></Delete>",
		"another root": "<Remove><Object><Key>yellow/3</Key></Object></Remove>",
		"1,001 keys":   objects(many...),
		"an element":   "<Delete><Object><Key>yellow/3</Key><Name>blue/1</Name></Object></Delete>",
		"no XML":       "yellow/3",
		"an entity":    `<!DOCTYPE d [<!ENTITY e "yellow/3">]><Delete><Object><Key>&e;</Key></Object></Delete>`,
		"a condition":  "<Delete><Object><Key>yellow/3</Key><ETag>x</ETag></Object></Delete>",
	} {
		if a := ask(yellow, body); a.status < 400 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	body := objects("yellow/3")
	k.wants(k.ask("POST", "/"+bucket+"?delete", body, yellow), 400, "InvalidRequest")
	k.wants(k.ask("POST", "/"+bucket+"?delete", body, yellow, "Content-Md5", md5Of("x")), 400, "BadDigest")
	k.wants(k.ask("POST", "/"+bucket, body, yellow, "Content-Md5", md5Of(body)), 501, "NotImplemented")
	k.holds("yellow/3", "text")
	k.wants(ask(yellow, objects(many[:1000]...)), 200, "")
}

// TestBypassingGovernanceTakesAPermission: no object is locked, so the header changes nothing but who may send it.
func TestBypassingGovernanceTakesAPermission(t *testing.T) {
	k := newKit(t)
	const header = "X-Amz-Bypass-Governance-Retention"
	const body = "<Delete><Object><Key>yellow/2</Key></Object></Delete>"
	single := func(c localawstest.Credentials, value string) answer {
		return k.ask("DELETE", "/"+bucket+"/yellow/1", "", c, header, value)
	}
	batch := func(c localawstest.Credentials) answer {
		return k.ask("POST", "/"+bucket+"?delete", body, c, header, "true", "Content-Md5", md5Of(body))
	}
	k.must(k.put(k.root, "yellow/1", "text"))
	k.must(k.put(k.root, "yellow/2", "text"))
	yellow := k.session("yellow")
	k.wants(single(yellow, "true"), 403, "AccessDenied")
	k.wants(batch(yellow), 200, "AccessDenied")
	k.holds("yellow/1", "text")
	k.holds("yellow/2", "text")
	k.wants(k.ask("PUT", "/"+bucket+"/yellow/1", "x", localawstest.Root, header, "true"), 501, "NotImplemented")
	k.wants(single(yellow, "false"), 204, "")

	k.must(k.put(k.root, "yellow/1", "text"))
	k.putRoles(strings.Replace(ownDocuments, `"s3:DeleteObject"`, `"s3:DeleteObject","s3:BypassGovernanceRetention"`, 1))
	yellow = k.session("yellow")
	k.wants(single(yellow, "true"), 204, "")
	if a := batch(yellow); a.status != 200 || strings.Contains(a.body, "<Error>") {
		t.Errorf("with the permission: %d %s", a.status, a.body)
	}
	k.isMissing("yellow/1")
	k.isMissing("yellow/2")
}
