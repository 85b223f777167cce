package kms

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRotationIsASetting(t *testing.T) {
	k := newKit(t)
	id := k.create()
	want := func(on bool, days float64) {
		t.Helper()
		out := k.must("GetKeyRotationStatus", values{"KeyId": id})
		if got, _ := out["RotationPeriodInDays"].(float64); out["KeyRotationEnabled"] != on || got != days || out["KeyId"] != arnOf(id) {
			t.Errorf("status %v, want %v every %v days", out, on, days)
		}
	}
	want(false, 0)
	k.must("EnableKeyRotation", values{"KeyId": id})
	want(true, 365)
	k.must("EnableKeyRotation", values{"KeyId": arnOf(id), "RotationPeriodInDays": 90})
	k.reopen()
	want(true, 90)
	k.must("DisableKey", values{"KeyId": id})
	k.fails("DisabledException", id, "EnableKeyRotation", values{"KeyId": id})
	k.fails("DisabledException", id, "DisableKeyRotation", values{"KeyId": id})
	want(true, 90)
	k.must("ScheduleKeyDeletion", values{"KeyId": id})
	k.fails("KMSInvalidStateException", id, "DisableKeyRotation", values{"KeyId": id})
	want(false, 0)
	k.must("CancelKeyDeletion", values{"KeyId": id})
	want(true, 90)
	k.must("EnableKey", values{"KeyId": id})
	k.must("DisableKeyRotation", values{"KeyId": id})
	want(false, 0)
}

func TestRotationPeriodIsAConditionKey(t *testing.T) {
	k := newKit(t)
	id := k.create()
	k.as(session(t, `{"Effect":"Allow","Action":"kms:EnableKeyRotation","Resource":"*","Condition":{"NumericLessThanEquals":{"kms:RotationPeriodInDays":"100"}}}`), func() {
		k.must("EnableKeyRotation", values{"KeyId": id, "RotationPeriodInDays": 100})
		k.fails("AccessDeniedException", "", "EnableKeyRotation", values{"KeyId": id, "RotationPeriodInDays": 101})
		k.fails("AccessDeniedException", "", "EnableKeyRotation", values{"KeyId": id})
	})
}

func TestKeyPolicyMayHave32KB(t *testing.T) {
	k := newKit(t)
	document := func(size int) string {
		const statement = `{"Version":"2012-10-17","Statement":{"Sid":"%s","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:root"},"Action":"kms:*","Resource":"*"}}`
		return fmt.Sprintf(statement, strings.Repeat("x", size+2-len(statement)))
	}
	id := k.must("CreateKey", values{"Policy": document(32 << 10)})["KeyMetadata"].(values)["KeyId"]
	k.must("PutKeyPolicy", values{"KeyId": id, "Policy": document(32 << 10)})
	k.reopen()
	k.fails("LimitExceededException", "32769 bytes", "PutKeyPolicy", values{"KeyId": id, "Policy": document(32<<10 + 1)})
	if got := k.must("GetKeyPolicy", values{"KeyId": id})["Policy"]; got != document(32<<10) {
		t.Errorf("the policy is %.80s, want the one before", got)
	}
}

func TestNumberOfKeysIsLimited(t *testing.T) {
	k := newKit(t)
	k.s.store.most = 2
	gone := k.create()
	k.create()
	k.fails("LimitExceededException", "There are 2 keys", "CreateKey", values{})
	k.must("ScheduleKeyDeletion", values{"KeyId": gone, "PendingWindowInDays": 7})
	k.fails("LimitExceededException", "There are 2 keys", "CreateKey", values{})
	k.now = k.now.Add(7 * 24 * time.Hour)
	id := k.create() // in the place of the one that went
	k.s.store.most = maxKeys
	k.reopen()
	k.must("DescribeKey", values{"KeyId": id})
	k.fails("NotFoundException", gone, "DescribeKey", values{"KeyId": gone})
}
