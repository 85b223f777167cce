package kms

import (
	"fmt"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// keyPolicyFor lets root keep the key, and principal decrypt under it.
func keyPolicyFor(principal string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"kms:PutKeyPolicy","Resource":"*"},
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%[1]s:root"},"Action":"kms:GetKeyPolicy","Resource":"*"},
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%[1]s:root"},"Action":"kms:Encrypt","Resource":"*"},
		{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"kms:DescribeKey","Resource":"*"}]}`, account, principal)
}

const reader = "arn:aws:iam::" + account + ":role/Reader"

func TestKeyPolicyThatNamesNobodyIsRefused(t *testing.T) {
	k := newKit(t)
	for _, missing := range []string{
		"arn:aws:iam::" + account + ":role/Missing", "arn:aws:iam::" + account + ":role/reader", "arn:aws:iam::" + account + ":user/Reader",
		"arn:aws:sts::" + account + ":assumed-role/Missing/s", "AROAMISSINGMISSINGMIS",
	} {
		k.fails("MalformedPolicyDocumentException", "invalid principals", "CreateKey", values{"Policy": keyPolicyFor(missing)})
	}
	for _, there := range []string{reader, readerID, "arn:aws:sts::" + account + ":assumed-role/Reader/s", "arn:aws:iam::999999999999:role/Other"} {
		k.must("CreateKey", values{"Policy": keyPolicyFor(there)})
	}
}

// TestKeyPolicyIsBoundToTheRoleNotToItsName: KMS Developer Guide, "Key policies in AWS KMS": a role that was deleted and made anew
// is another principal, and the key policy shows the unique id.
func TestKeyPolicyIsBoundToTheRoleNotToItsName(t *testing.T) {
	k := newKit(t)
	id := k.must("CreateKey", values{"Policy": keyPolicyFor(reader)})["KeyMetadata"].(map[string]any)["KeyId"].(string)
	describe := func() (err error) {
		k.as(session(t, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`), func() { _, err = k.do("DescribeKey", values{"KeyId": id}) })
		return err
	}
	shown := func() string { return k.must("GetKeyPolicy", values{"KeyId": id})["Policy"].(string) }
	if err := describe(); err != nil || shown() != keyPolicyFor(reader) {
		t.Errorf("the role that is named: %v, policy %s", err, shown())
	}
	k.addRole("Reader", "AROAANEWANEWANEWANEWA")
	if got := shown(); got != keyPolicyFor(readerID) {
		t.Errorf("policy of a role that is gone: %s", got)
	}
	caller := session(t, `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`)
	caller.RoleID, caller.UserID = "AROAANEWANEWANEWANEWA", "AROAANEWANEWANEWANEWA:s"
	k.as(caller, func() { k.fails("AccessDeniedException", "", "DescribeKey", values{"KeyId": id}) })
	k.must("PutKeyPolicy", values{"KeyId": id, "Policy": keyPolicyFor(reader)})
	k.as(caller, func() { k.must("DescribeKey", values{"KeyId": id}) })
}

// TestKeyPolicyOfAnEarlierVersionIsBoundWhenItIsRead: once, to who has the name then.
func TestKeyPolicyOfAnEarlierVersionIsBoundWhenItIsRead(t *testing.T) {
	k := newKit(t)
	id := k.must("CreateKey", values{"Policy": keyPolicyFor(reader)})["KeyMetadata"].(map[string]any)["KeyId"].(string)
	if err := k.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(keysBucket)
		record := string(b.Get([]byte(id)))
		start := strings.Index(record, `,"principals":`)
		end := start + strings.IndexByte(record[start:], '}') + 1
		return b.Put([]byte(id), []byte(record[:start]+record[end:]))
	}); err != nil {
		t.Fatal(err)
	}
	k.reopen()
	if got := k.must("GetKeyPolicy", values{"KeyId": id})["Policy"]; got != keyPolicyFor(reader) {
		t.Errorf("policy %s", got)
	}
	k.addRole("Reader", "AROAANEWANEWANEWANEWA")
	k.reopen()
	if got := k.must("GetKeyPolicy", values{"KeyId": id})["Policy"]; got != keyPolicyFor(readerID) {
		t.Errorf("policy after the role was made anew: %s", got)
	}
}
