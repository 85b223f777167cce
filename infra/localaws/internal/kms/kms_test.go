package kms

import (
	"encoding/base64"
	"maps"
	"strings"
	"testing"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestCiphertextDecryptsUnderItsContextAlone(t *testing.T) {
	k := newKit(t)
	id, other := k.create(), k.create()
	context := values{"aws:s3:arn": "arn:aws:s3:::b/yellow/1", "a": ""}
	sealed := k.must("Encrypt", values{"KeyId": id, "Plaintext": b64("bill of lading"), "EncryptionContext": context})
	if sealed["KeyId"] != arnOf(id) {
		t.Errorf("Encrypt answers KeyId %v, want %s", sealed["KeyId"], arnOf(id))
	}
	blob := sealed["CiphertextBlob"]
	for _, keyID := range []any{nil, id, arnOf(id)} {
		in := values{"CiphertextBlob": blob, "EncryptionContext": maps.Clone(context)}
		if keyID != nil {
			in["KeyId"] = keyID
		}
		if got := k.must("Decrypt", in); got["Plaintext"] != b64("bill of lading") || got["KeyId"] != arnOf(id) {
			t.Errorf("Decrypt with KeyId %v: %v", keyID, got)
		}
	}
	for _, wrong := range map[string]values{
		"none": {}, "less": {"a": ""}, "another value": {"aws:s3:arn": "arn:aws:s3:::b/blue/1", "a": ""},
		"another case": {"AWS:s3:arn": "arn:aws:s3:::b/yellow/1", "a": ""}, "more": {"aws:s3:arn": "arn:aws:s3:::b/yellow/1", "a": "", "b": ""},
		"moved bytes": {"aws:s3:arnarn:aws:s3:::b/yellow/1": "", "a": ""},
	} {
		k.fails("InvalidCiphertextException", "", "Decrypt", values{"CiphertextBlob": blob, "EncryptionContext": wrong})
	}
	k.fails("IncorrectKeyException", "", "Decrypt", values{"CiphertextBlob": blob, "EncryptionContext": context, "KeyId": other})
	k.fails("InvalidCiphertextException", "", "Decrypt", values{"CiphertextBlob": b64("no ciphertext")})
}

func TestReEncryptMovesToAnotherKeyAndContext(t *testing.T) {
	k := newKit(t)
	from, to := k.create(), k.create()
	blob := k.must("Encrypt", values{"KeyId": from, "Plaintext": b64("x"), "EncryptionContext": values{"a": "1"}})["CiphertextBlob"]
	moved := k.must("ReEncrypt", values{
		"CiphertextBlob": blob, "SourceEncryptionContext": values{"a": "1"}, "DestinationKeyId": to, "DestinationEncryptionContext": values{"b": "2"},
	})
	if moved["SourceKeyId"] != arnOf(from) || moved["KeyId"] != arnOf(to) {
		t.Errorf("ReEncrypt answers %v", moved)
	}
	got := k.must("Decrypt", values{"CiphertextBlob": moved["CiphertextBlob"], "EncryptionContext": values{"b": "2"}})
	if got["Plaintext"] != b64("x") || got["KeyId"] != arnOf(to) {
		t.Errorf("Decrypt of what was moved: %v", got)
	}
	k.fails("InvalidCiphertextException", "", "ReEncrypt", values{"CiphertextBlob": blob, "DestinationKeyId": to})
	k.fails("IncorrectKeyException", "", "ReEncrypt", values{"CiphertextBlob": blob, "SourceKeyId": to, "DestinationKeyId": to, "SourceEncryptionContext": values{"a": "1"}})
}

func TestDataKeysOpenAsTheyWereMade(t *testing.T) {
	k := newKit(t)
	id := k.create()
	for size, in := range map[int]values{32: {"KeySpec": "AES_256"}, 16: {"KeySpec": "AES_128"}, 1024: {"NumberOfBytes": 1024}} {
		in["KeyId"] = id
		made := k.must("GenerateDataKey", in)
		got := k.must("Decrypt", values{"CiphertextBlob": made["CiphertextBlob"]})
		if plain, _ := base64.StdEncoding.DecodeString(made["Plaintext"].(string)); len(plain) != size || got["Plaintext"] != made["Plaintext"] {
			t.Errorf("%v: %d bytes, opened as %v", in, len(plain), got)
		}
		if _, has := k.must("GenerateDataKeyWithoutPlaintext", in)["Plaintext"]; has {
			t.Errorf("GenerateDataKeyWithoutPlaintext hands out the plaintext")
		}
	}
	if got := k.must("GenerateRandom", values{"NumberOfBytes": 7})["Plaintext"].(string); len(got) != 12 {
		t.Errorf("GenerateRandom of 7 bytes: %q", got)
	}
}

func TestKeyIsNamedByIDARNAndAlias(t *testing.T) {
	k := newKit(t)
	id := k.create()
	k.must("CreateAlias", values{"AliasName": "alias/docs", "TargetKeyId": id})
	for _, name := range []string{id, arnOf(id), "alias/docs", "arn:aws:kms:us-east-1:" + account + ":alias/docs"} {
		if got := k.must("DescribeKey", values{"KeyId": name})["KeyMetadata"].(values)["KeyId"]; got != id {
			t.Errorf("%s is key %v, want %s", name, got, id)
		}
	}
	const unknown = "1234abcd-12ab-34cd-56ef-1234567890ab"
	for name, text := range map[string]string{
		unknown: "Key '" + arnOf(unknown) + "' does not exist", "fake": "Invalid keyId 'fake'", strings.ToUpper(id): "Invalid keyId",
		"alias/none": "Alias arn:aws:kms:us-east-1:000000000000:alias/none is not found.",
		strings.Replace(arnOf(id), "us-east-1", "eu-west-1", 1): "Invalid arn eu-west-1",
		strings.Replace(arnOf(id), account, "111111111111", 1):  "does not exist",
		strings.Replace(arnOf(id), ":kms:", ":sqs:", 1):         "Invalid arn",
	} {
		k.fails("NotFoundException", text, "DescribeKey", values{"KeyId": name})
	}
	k.fails("NotFoundException", "Invalid keyId 'alias/docs'", "DisableKey", values{"KeyId": "alias/docs"})
	k.fails("ValidationException", "Value null at 'keyId'", "DescribeKey", values{})
}

func TestKeyStates(t *testing.T) {
	k := newKit(t)
	id := k.create()
	blob := k.must("Encrypt", values{"KeyId": id, "Plaintext": b64("x")})["CiphertextBlob"]
	named, open := values{"KeyId": id}, values{"CiphertextBlob": blob}
	state := func() any { return k.must("DescribeKey", named)["KeyMetadata"].(values)["KeyState"] }

	k.must("DisableKey", named)
	k.fails("DisabledException", arnOf(id)+" is disabled.", "Decrypt", open)
	k.fails("DisabledException", "", "GenerateDataKey", values{"KeyId": id, "KeySpec": "AES_256"})
	k.must("EnableKey", named)
	k.must("Decrypt", open)

	k.fails("KMSInvalidStateException", "", "CancelKeyDeletion", named)
	k.fails("ValidationException", "between 7 and 30", "ScheduleKeyDeletion", values{"KeyId": id, "PendingWindowInDays": 6})
	k.must("ScheduleKeyDeletion", values{"KeyId": id, "PendingWindowInDays": 7})
	if got := state(); got != "PendingDeletion" {
		t.Errorf("state %v, want PendingDeletion", got)
	}
	for operation, in := range map[string]values{
		"Decrypt": open, "Encrypt": {"KeyId": id, "Plaintext": b64("x")}, "EnableKey": named, "DisableKey": named, "ScheduleKeyDeletion": named,
		"TagResource": {"KeyId": id, "Tags": []values{{"TagKey": "a", "TagValue": "b"}}}, "UntagResource": {"KeyId": id, "TagKeys": []string{"a"}},
		"CreateAlias": {"AliasName": "alias/a", "TargetKeyId": id}, "UpdateKeyDescription": {"KeyId": id, "Description": "d"},
	} {
		k.fails("KMSInvalidStateException", arnOf(id)+" is pending deletion.", operation, in)
	}
	k.must("CancelKeyDeletion", named)
	if got := state(); got != "Disabled" {
		t.Errorf("state %v after CancelKeyDeletion, want Disabled", got)
	}
}

func TestKeyIsGoneAfterItsWaitingPeriod(t *testing.T) {
	k := newKit(t)
	id, other := k.create(), k.create()
	k.must("CreateAlias", values{"AliasName": "alias/docs", "TargetKeyId": id})
	blob := k.must("Encrypt", values{"KeyId": id, "Plaintext": b64("x")})["CiphertextBlob"]
	k.must("ScheduleKeyDeletion", values{"KeyId": id, "PendingWindowInDays": 7})
	k.now = k.now.AddDate(0, 0, 7).Add(-1)
	k.must("DescribeKey", values{"KeyId": id})
	k.now = k.now.Add(1)
	k.fails("NotFoundException", "does not exist", "DescribeKey", values{"KeyId": id})
	k.fails("NotFoundException", "is not found", "DescribeKey", values{"KeyId": "alias/docs"})
	k.fails("NotFoundException", "", "CancelKeyDeletion", values{"KeyId": id})
	k.fails("AccessDeniedException", "does not exist in this Region", "Decrypt", values{"CiphertextBlob": blob})
	if got := k.must("ListKeys", values{})["Keys"].([]any); len(got) != 1 {
		t.Errorf("keys %v, want the other alone", got)
	}
	k.must("CreateAlias", values{"AliasName": "alias/docs", "TargetKeyId": other}) // the name is free
	k.reopen()
	if got := k.must("DescribeKey", values{"KeyId": "alias/docs"})["KeyMetadata"].(values)["KeyId"]; got != other {
		t.Errorf("the alias names %v, want %s", got, other)
	}
	if strings.Contains(dump(t, k.db), id) {
		t.Error("the key is still on disk")
	}
}

func TestKeysLiveOnAfterARestart(t *testing.T) {
	k := newKit(t)
	id := k.create("TenantID", "yellow")
	k.must("CreateAlias", values{"AliasName": "alias/docs", "TargetKeyId": id})
	blob := k.must("Encrypt", values{"KeyId": id, "Plaintext": b64("x")})["CiphertextBlob"]
	k.reopen()
	if got := k.must("Decrypt", values{"CiphertextBlob": blob, "KeyId": "alias/docs"}); got["Plaintext"] != b64("x") {
		t.Errorf("after a restart: %v", got)
	}
	if got := k.must("ListResourceTags", values{"KeyId": id})["Tags"].([]any); len(got) != 1 {
		t.Errorf("tags %v, want one", got)
	}
}
