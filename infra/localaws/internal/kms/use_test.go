package kms

import (
	"bytes"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// throughS3 allows the key of the session's tenant through S3 alone, for objects under its own prefix.
const throughS3 = `{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*","Condition":{
	"StringEquals":{"aws:ResourceTag/TenantID":"${aws:PrincipalTag/TenantID}","kms:ViaService":"s3.us-east-1.amazonaws.com"},
	"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::bkt/${aws:PrincipalTag/TenantID}/*"},
	"Null":{"kms:EncryptionContext:aws:s3:arn":"false"}}}`

func TestServiceUsesAKeyForItsCaller(t *testing.T) {
	k := newKit(t)
	own, other := k.create("TenantID", "yellow"), k.create("TenantID", "blue")
	yellow := session(t, throughS3)
	yellow.Tags = map[string]string{"TenantID": "yellow"}
	use := func(action, id, object string) *Use {
		t.Helper()
		u, err := k.s.Use(k.request("", nil), "s3", action, id, map[string]string{"aws:s3:arn": "arn:aws:s3:::bkt/" + object})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	k.as(yellow, func() {
		made := use("GenerateDataKey", own, "yellow/1")
		if !k.allows(made.Permission) || made.KeyARN() != arnOf(own) {
			t.Fatalf("the own key for an own object is denied: %+v", made.Permission)
		}
		plaintext, kept, err := made.NewDataKey()
		if err != nil || len(plaintext) != 32 {
			t.Fatalf("a data key of %d bytes, %v", len(plaintext), err)
		}
		if got, err := use("Decrypt", own, "yellow/1").OpenDataKey(kept); err != nil || !bytes.Equal(got, plaintext) {
			t.Errorf("opened as %x, %v", got, err)
		}
		for name, u := range map[string]*Use{"another object": use("Decrypt", own, "yellow/2"), "another key": use("Decrypt", other, "yellow/1")} {
			if _, err := u.OpenDataKey(kept); err == nil {
				t.Errorf("%s: the data key opens", name)
			}
		}
		for name, p := range map[string]api.Permission{
			"another's key": use("Decrypt", other, "yellow/1").Permission, "another's object": use("Decrypt", own, "blue/1").Permission,
		} {
			if k.allows(p) {
				t.Errorf("%s is allowed", name)
			}
		}
		k.fails("AccessDeniedException", "kms:Decrypt", "Decrypt", values{"CiphertextBlob": kept, "EncryptionContext": values{"aws:s3:arn": "arn:aws:s3:::bkt/yellow/1"}})
	})
	if u := use("Decrypt", own, "yellow/1"); u.Permission.Via != "s3" {
		t.Errorf("asked via %q, want s3", u.Permission.Via)
	}
	k.must("DisableKey", values{"KeyId": own})
	if _, _, err := use("GenerateDataKey", own, "yellow/1").NewDataKey(); !isCode(err, "DisabledException") {
		t.Errorf("a disabled key: %v", err)
	}
	if _, err := use("Decrypt", own, "yellow/1").OpenDataKey(nil); !isCode(err, "DisabledException") {
		t.Errorf("a disabled key: %v", err)
	}
	if _, err := k.s.Use(k.request("", nil), "s3", "Decrypt", "alias/none", nil); !isCode(err, "NotFoundException") {
		t.Errorf("an alias that is not there: %v", err)
	}
}
