package kms

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
	"example.com/shiptrack/infra/localaws/internal/api"
)

// keyless are the operations whose permission is on no key.
var keyless = map[string]bool{
	"kms:CreateKey": true, "kms:TagResource": true, "kms:ListKeys": true, "kms:ListAliases": true, "kms:GenerateRandom": true,
	"kms:ConnectCustomKeyStore": true, "kms:CreateCustomKeyStore": true, "kms:DeleteCustomKeyStore": true, "kms:DescribeCustomKeyStores": true,
	"kms:DisconnectCustomKeyStore": true, "kms:ListRetirableGrants": true, "kms:UpdateCustomKeyStore": true, "kms:RetireGrant": true,
}

// FuzzRead: whatever is read asks for a permission, on a key by that key's policy.
func FuzzRead(f *testing.F) {
	k := newKit(f)
	id := k.create("TenantID", "yellow")
	k.must("CreateAlias", values{"AliasName": "alias/a", "TargetKeyId": id})
	blob := k.must("Encrypt", values{"KeyId": id, "Plaintext": b64("x")})["CiphertextBlob"]
	for operation := range operations {
		for _, in := range []values{
			{"KeyId": id}, {"KeyId": "alias/a", "Plaintext": b64("x"), "EncryptionContext": values{"a": "b"}, "NumberOfBytes": 1}, {"CiphertextBlob": blob, "DestinationKeyId": id},
			{"AliasName": "alias/a", "TargetKeyId": arnOf(id)}, {"KeyId": id, "Tags": []values{{"TagKey": "a", "TagValue": "b"}}, "TagKeys": []string{"a"}, "Policy": "{}"},
		} {
			body, err := json.Marshal(in)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(operation, body)
		}
	}
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		var call *api.Call
		var err error
		alloctest.Bound(t, len(operation)+len(body), func() { call, err = k.s.Read(t.Context(), k.request(operation, body)) })
		if err != nil {
			return
		}
		if len(call.Permissions) == 0 {
			t.Errorf("%s %s: no permission", operation, body)
		}
		for _, p := range call.Permissions {
			onAlias := strings.HasPrefix(p.Resource, "arn:aws:kms:us-east-1:"+account+":alias/")
			if p.KeyPolicy == nil && !onAlias && (p.Resource != "*" || !keyless[p.Action]) {
				t.Errorf("%s %s: %s on %s without a key policy", operation, body, p.Action, p.Resource)
			}
		}
	})
}

// FuzzOpen: no bytes that seal did not make decrypt.
func FuzzOpen(f *testing.F) {
	k := newKit(f)
	id := k.create()
	one := k.s.store.key(id)
	sealed, err := one.seal([]byte("plaintext"), encryptionContext{"a": "b"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:headerSize+nonceSize])
	f.Add(sealed[:headerSize])
	f.Fuzz(func(t *testing.T, ciphertext []byte) {
		var err error
		alloctest.Bound(t, len(ciphertext), func() { _, err = one.open(ciphertext, encryptionContext{"a": "b"}) })
		if err == nil && string(ciphertext) != string(sealed) {
			t.Errorf("%x decrypts", ciphertext)
		}
	})
}
