package kms

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/identity"
)

func dump(t testing.TB, db *bbolt.DB) string {
	t.Helper()
	var all strings.Builder
	if err := db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(name, value []byte) error {
				fmt.Fprintf(&all, "%s=%s\n", name, value)
				return nil
			})
		})
	}); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// tenantDecrypts is the article's statement: kms:Decrypt where the session's tag is that of the key.
const tenantDecrypts = `{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey","kms:DescribeKey"],"Resource":"arn:aws:kms:us-east-1:` + account + `:key/*",
	"Condition":{"StringEquals":{"aws:ResourceTag/TenantID":"${aws:PrincipalTag/TenantID}"}}}`

func TestTenantUsesItsOwnKeyAlone(t *testing.T) {
	k := newKit(t)
	own, other, untagged := k.create("TenantID", "yellow"), k.create("TenantID", "blue"), k.create()
	k.must("CreateAlias", values{"AliasName": "alias/blue", "TargetKeyId": other})
	k.must("CreateAlias", values{"AliasName": "alias/yellow", "TargetKeyId": own})
	seal := func(id string) any {
		return k.must("Encrypt", values{"KeyId": id, "Plaintext": b64(id)})["CiphertextBlob"]
	}
	ownBlob, otherBlob, untaggedBlob := seal(own), seal(other), seal(untagged)
	yellow := session(t, tenantDecrypts)
	yellow.Tags = map[string]string{"TenantID": "yellow"}
	k.as(yellow, func() {
		k.must("Decrypt", values{"CiphertextBlob": ownBlob})
		k.must("GenerateDataKey", values{"KeyId": "alias/yellow", "KeySpec": "AES_256"})
		k.must("DescribeKey", values{"KeyId": own})
		for _, in := range map[string]values{
			"foreign ciphertext": {"CiphertextBlob": otherBlob}, "of a key without tags": {"CiphertextBlob": untaggedBlob},
			"other key by id": {"CiphertextBlob": otherBlob, "KeyId": other}, "other key by ARN": {"CiphertextBlob": otherBlob, "KeyId": arnOf(other)},
			"other key by alias": {"CiphertextBlob": otherBlob, "KeyId": "alias/blue"},
		} {
			k.fails("AccessDeniedException", "kms:Decrypt on arn:aws:kms", "Decrypt", in)
		}
		k.fails("IncorrectKeyException", "", "Decrypt", values{"CiphertextBlob": otherBlob, "KeyId": own})
		k.fails("AccessDeniedException", "", "GenerateDataKey", values{"KeyId": "alias/blue", "KeySpec": "AES_256"})
		for operation, in := range map[string]values{
			"TagResource":   {"KeyId": other, "Tags": []values{{"TagKey": "TenantID", "TagValue": "yellow"}}},
			"UntagResource": {"KeyId": own, "TagKeys": []string{"TenantID"}}, "PutKeyPolicy": {"KeyId": own, "Policy": "{}"},
			"CreateAlias": {"AliasName": "alias/a", "TargetKeyId": own}, "UpdateAlias": {"AliasName": "alias/yellow", "TargetKeyId": other},
			"DeleteAlias": {"AliasName": "alias/blue"}, "ReEncrypt": {"CiphertextBlob": otherBlob, "DestinationKeyId": own},
			"CreateGrant": {"KeyId": own}, "ScheduleKeyDeletion": {"KeyId": other}, "ListKeys": {}, "ListAliases": {}, "CreateKey": {},
			"Encrypt": {"KeyId": own, "Plaintext": b64("x")}, "GenerateRandom": {"NumberOfBytes": 1}, "ListRetirableGrants": {},
		} {
			k.fails("AccessDeniedException", "kms:", operation, in)
		}
	})
	k.fails("UnsupportedOperationException", "CreateGrant", "CreateGrant", values{"KeyId": own}) // root may, and there is none
}

func TestPermissionsOfEachOperation(t *testing.T) {
	k := newKit(t)
	a, b := k.create(), k.create()
	k.must("CreateAlias", values{"AliasName": "alias/a", "TargetKeyId": a})
	blob := k.must("Encrypt", values{"KeyId": a, "Plaintext": b64("x")})["CiphertextBlob"]
	onKey := func(action, id string) string { return "kms:" + action + " " + arnOf(id) + " +policy" }
	onAlias := func(action, name string) string {
		return "kms:" + action + " arn:aws:kms:us-east-1:" + account + ":" + name
	}
	tags := []values{{"TagKey": "TenantID", "TagValue": "y"}}
	for _, row := range []struct {
		operation string
		in        values
		want      []string
	}{
		{"CreateKey", values{}, []string{"kms:CreateKey *"}},
		{"CreateKey", values{"Tags": tags}, []string{"kms:CreateKey *", "kms:TagResource *"}},
		{"Encrypt", values{"KeyId": "alias/a", "Plaintext": b64("x")}, []string{onKey("Encrypt", a)}},
		{"Decrypt", values{"CiphertextBlob": blob}, []string{onKey("Decrypt", a)}},
		{"Decrypt", values{"CiphertextBlob": blob, "KeyId": b}, []string{onKey("Decrypt", b)}},
		{"ReEncrypt", values{"CiphertextBlob": blob, "DestinationKeyId": b}, []string{onKey("ReEncryptFrom", a), onKey("ReEncryptTo", b)}},
		{"GenerateDataKey", values{"KeyId": a, "KeySpec": "AES_256"}, []string{onKey("GenerateDataKey", a)}},
		{"GenerateDataKeyWithoutPlaintext", values{"KeyId": a, "KeySpec": "AES_256"}, []string{onKey("GenerateDataKeyWithoutPlaintext", a)}},
		{"GenerateRandom", values{"NumberOfBytes": 1}, []string{"kms:GenerateRandom *"}},
		{"DescribeKey", values{"KeyId": "alias/a"}, []string{onKey("DescribeKey", a)}},
		{"CreateAlias", values{"AliasName": "alias/b", "TargetKeyId": b}, []string{onAlias("CreateAlias", "alias/b"), onKey("CreateAlias", b)}},
		{"UpdateAlias", values{"AliasName": "alias/a", "TargetKeyId": b}, []string{onAlias("UpdateAlias", "alias/a"), onKey("UpdateAlias", a), onKey("UpdateAlias", b)}},
		{"DeleteAlias", values{"AliasName": "alias/a"}, []string{onAlias("DeleteAlias", "alias/a"), onKey("DeleteAlias", a)}},
		{"ListAliases", values{"KeyId": a}, []string{"kms:ListAliases *"}},
		{"ListKeys", values{}, []string{"kms:ListKeys *"}},
		{"ListGrants", values{"KeyId": a}, []string{onKey("ListGrants", a)}},
		{"RetireGrant", values{"GrantToken": "x"}, []string{"kms:RetireGrant *"}},
		{"CreateCustomKeyStore", values{}, []string{"kms:CreateCustomKeyStore *"}},
		{"TagResource", values{"KeyId": a, "Tags": tags}, []string{onKey("TagResource", a)}},
		{"UntagResource", values{"KeyId": a, "TagKeys": []string{"x"}}, []string{onKey("UntagResource", a)}},
		{"ListResourceTags", values{"KeyId": a}, []string{onKey("ListResourceTags", a)}},
		{"GetKeyPolicy", values{"KeyId": a}, []string{onKey("GetKeyPolicy", a)}},
		{"PutKeyPolicy", values{"KeyId": a, "Policy": ""}, []string{onKey("PutKeyPolicy", a)}},
		{"ListKeyPolicies", values{"KeyId": a}, []string{onKey("ListKeyPolicies", a)}},
		{"GetKeyRotationStatus", values{"KeyId": a}, []string{onKey("GetKeyRotationStatus", a)}},
		{"EnableKeyRotation", values{"KeyId": a}, []string{onKey("EnableKeyRotation", a)}},
		{"EnableKey", values{"KeyId": a}, []string{onKey("EnableKey", a)}},
		{"DisableKey", values{"KeyId": a}, []string{onKey("DisableKey", a)}},
		{"ScheduleKeyDeletion", values{"KeyId": a}, []string{onKey("ScheduleKeyDeletion", a)}},
		{"CancelKeyDeletion", values{"KeyId": a}, []string{onKey("CancelKeyDeletion", a)}},
		{"UpdateKeyDescription", values{"KeyId": a, "Description": ""}, []string{onKey("UpdateKeyDescription", a)}},
	} {
		call, err := k.read(row.operation, row.in)
		if err != nil {
			t.Errorf("%s %v: %v", row.operation, row.in, err)
			continue
		}
		var got []string
		for _, p := range call.Permissions {
			line := p.Action + " " + p.Resource
			if p.KeyPolicy != nil {
				line += " +policy"
			}
			got = append(got, line)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s %v: permissions %q, want %q", row.operation, row.in, got, row.want)
		}
	}
	if _, err := k.read("GetItem", values{}); err == nil || !strings.Contains(err.Error(), "UnknownOperationException") {
		t.Errorf("an operation that KMS does not have: %v", err)
	}
}

func TestConditionKeysOfARequest(t *testing.T) {
	k := newKit(t)
	id := k.create("TenantID", "yellow", "Team", "a", "team", "b")
	k.must("CreateAlias", values{"AliasName": "alias/y", "TargetKeyId": id})
	k.must("CreateAlias", values{"AliasName": "alias/x", "TargetKeyId": id})
	keysOf := func(operation string, in values) map[string]string {
		call, err := k.read(operation, in)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		call.Permissions[0].Context.Each(func(name string, values []string, unknown bool) {
			if all[name] = strings.Join(values, ","); unknown {
				all[name] = "unknown"
			}
		})
		return all
	}
	got := keysOf("GenerateDataKey", values{"KeyId": "alias/y", "KeySpec": "AES_256", "EncryptionContext": values{"aws:s3:arn": "arn:b", "A": "1", "a": "2"}})
	for name, want := range map[string]string{
		"kms:CallerAccount": account, "aws:ResourceTag/TenantID": "yellow", "aws:ResourceTag/Team": "unknown", "kms:ResourceAliases": "alias/x,alias/y",
		"kms:RequestAlias": "alias/y", "kms:EncryptionContext:aws:s3:arn": "arn:b", "kms:EncryptionContext:A": "unknown",
		"kms:EncryptionContextKeys": "A,a,aws:s3:arn", "kms:KeySpec": "SYMMETRIC_DEFAULT", "kms:MultiRegion": "false",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	got = keysOf("Encrypt", values{"KeyId": id, "Plaintext": b64("x")})
	for _, name := range []string{"kms:RequestAlias", "kms:EncryptionContextKeys", "kms:ViaService"} {
		if value, has := got[name]; has {
			t.Errorf("%s is %q in a request that does not have it", name, value)
		}
	}
	got = keysOf("CreateKey", values{"Tags": []values{{"TagKey": "TenantID", "TagValue": "blue"}}})
	if got["aws:RequestTag/TenantID"] != "blue" || got["aws:TagKeys"] != "TenantID" {
		t.Errorf("CreateKey with a tag has %v", got)
	}
	if got = keysOf("ScheduleKeyDeletion", values{"KeyId": id}); got["kms:ScheduleKeyDeletionPendingWindowInDays"] != "30" {
		t.Errorf("ScheduleKeyDeletion has %v", got)
	}
}

func TestKeyPolicyGuardsItsKey(t *testing.T) {
	k := newKit(t)
	id := k.create()
	blob := values{"CiphertextBlob": k.must("Encrypt", values{"KeyId": id, "Plaintext": b64("x")})["CiphertextBlob"]}
	all := session(t, `{"Effect":"Allow","Action":"kms:*","Resource":"*"}`)
	none := session(t, `{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`)
	denied := session(t, `{"Effect":"Deny","Action":"kms:*","Resource":"*"}`)
	const (
		role     = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:role/Reader"},"Action":"kms:Decrypt","Resource":"*"}`
		rootOnly = `{"Sid":"root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"kms:*","Resource":"*"%s}`
		deny     = `{"Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*","Condition":{"StringNotEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}}`
	)
	policyOf := func(statements ...string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	onlyRoot := fmt.Sprintf(rootOnly, `,"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::`+account+`:root"}}`)
	put := func(p string) {
		k.must("PutKeyPolicy", values{"KeyId": id, "Policy": p, "BypassPolicyLockoutSafetyCheck": true})
	}
	callers := map[string]*identity.Principal{"all": all, "none": none, "denied": denied}
	mays := func(name string, want map[string]bool) {
		for who, may := range want {
			k.as(callers[who], func() {
				if _, err := k.do("Decrypt", blob); (err == nil) != may {
					t.Errorf("%s: %s decrypts: %v, want allowed %v", name, who, err, may)
				}
			})
		}
	}
	mays("the default policy", map[string]bool{"all": true, "none": false, "denied": false})
	put(policyOf(onlyRoot))
	mays("root alone", map[string]bool{"all": false, "none": false, "denied": false})
	put(policyOf(onlyRoot, role))
	mays("the role named", map[string]bool{"all": true, "none": true, "denied": false})
	put(policyOf(fmt.Sprintf(rootOnly, ""), deny))
	mays("denied but through S3", map[string]bool{"all": false, "none": false, "denied": false})
	k.must("PutKeyPolicy", values{"KeyId": id, "Policy": policyOf(fmt.Sprintf(rootOnly, ""))})
	mays("as at first", map[string]bool{"all": true, "none": false, "denied": false})

	k.fails("MalformedPolicyDocumentException", "will not allow you to update", "PutKeyPolicy", values{"KeyId": id, "Policy": policyOf(role)})
	k.fails("MalformedPolicyDocumentException", "", "PutKeyPolicy", values{"KeyId": id, "Policy": "{}"})
	k.fails("MalformedPolicyDocumentException", "for IAM policies only", "PutKeyPolicy", values{"KeyId": id, "Policy": policyOf(
		fmt.Sprintf(rootOnly, `,"Condition":{"StringEquals":{"AWS:ResourceTag/TenantID":"x"}}`))})
	k.fails("MalformedPolicyDocumentException", "will not allow you to update", "CreateKey", values{"Policy": policyOf(role)})
	k.must("CreateKey", values{"Policy": policyOf(role), "BypassPolicyLockoutSafetyCheck": true})
	k.as(session(t, `{"Effect":"Allow","Action":"kms:CreateKey","Resource":"*"}`), func() {
		k.must("CreateKey", values{}) // whose policy is KMS's own: that it locks out whoever may not change it is no mistake
		k.fails("MalformedPolicyDocumentException", "will not allow you to update", "CreateKey", values{"Policy": policyOf(fmt.Sprintf(rootOnly, ""))})
	})
	if got := k.must("GetKeyPolicy", values{"KeyId": id}); got["Policy"] != policyOf(fmt.Sprintf(rootOnly, "")) || got["PolicyName"] != "default" {
		t.Errorf("GetKeyPolicy answers %v", got)
	}
}

func TestDeniedPolicyOfRootIsDenied(t *testing.T) {
	k := newKit(t)
	id := k.create()
	k.must("PutKeyPolicy", values{"KeyId": id, "BypassPolicyLockoutSafetyCheck": true, "Policy": `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:role/Reader"},"Action":"kms:*","Resource":"*"}]}`})
	k.fails("AccessDeniedException", "kms:DescribeKey", "DescribeKey", values{"KeyId": id})
	k.as(session(t, `{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`), func() { k.must("DescribeKey", values{"KeyId": id}) })
}

// allowedBy is what a policy of one statement decides about the first permission of a call.
func allowedBy(t *testing.T, k *kit, statement, operation string, in values) bool {
	t.Helper()
	allowed := false
	k.as(session(t, statement), func() {
		call, err := k.read(operation, in)
		if err != nil {
			t.Fatal(err)
		}
		allowed = k.allows(call.Permissions[0])
	})
	return allowed
}

func TestAliasInResourceIsNotTheKey(t *testing.T) {
	k := newKit(t)
	id := k.create()
	k.must("CreateAlias", values{"AliasName": "alias/a", "TargetKeyId": id})
	const onAlias = `{"Effect":"Allow","Action":"kms:*","Resource":"arn:aws:kms:us-east-1:` + account + `:alias/a"}`
	if allowedBy(t, k, onAlias, "DescribeKey", values{"KeyId": "alias/a"}) {
		t.Error("a statement on the alias allows an operation on the key")
	}
	if !allowedBy(t, k, onAlias, "DeleteAlias", values{"AliasName": "alias/a"}) { // control
		t.Error("a statement on the alias does not allow an operation on the alias")
	}
	byAlias := `{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"kms:RequestAlias":"alias/a"}}}`
	if !allowedBy(t, k, byAlias, "DescribeKey", values{"KeyId": "alias/a"}) || allowedBy(t, k, byAlias, "DescribeKey", values{"KeyId": id}) {
		t.Error("kms:RequestAlias is not there exactly where the request names the alias")
	}
}
