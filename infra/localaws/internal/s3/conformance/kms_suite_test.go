package conformance

import "encoding/base64"

// keys are KMS alone.
var keys = []scenario{
	{"keys of KMS", []step{
		{"create", "CreateKey", "", `{"Description":"d","Tags":[{"TagKey":"TenantID","TagValue":"yellow"}]}`, "200"},
		{"describe", "DescribeKey", "", `{"KeyId":"$id.create"}`, "200"},
		{"describe none", "DescribeKey", "", `{"KeyId":"134f2428-cec1-4b25-a1ae-9048164dba47"}`, "400 NotFoundException"},
		{"tags", "ListResourceTags", "", `{"KeyId":"$id.create"}`, "200"},
		{"tag", "TagResource", "", `{"KeyId":"$id.create","Tags":[{"TagKey":"team","TagValue":"docs"}]}`, "200"},
		{"untag", "UntagResource", "", `{"KeyId":"$id.create","TagKeys":["team"]}`, "200"},
		{"tags again", "ListResourceTags", "", `{"KeyId":"$id.create"}`, "200"},
		{"policies", "ListKeyPolicies", "", `{"KeyId":"$id.create"}`, "200"},
		{"policy of another name", "GetKeyPolicy", "", `{"KeyId":"$id.create","PolicyName":"other"}`, "400 NotFoundException"},
		{"rotation", "GetKeyRotationStatus", "", `{"KeyId":"$id.create"}`, "200"},
		{"alias", "CreateAlias", "", `{"AliasName":"alias/$B","TargetKeyId":"$id.create"}`, "200"},
		{"alias again", "CreateAlias", "", `{"AliasName":"alias/$B","TargetKeyId":"$id.create"}`, "400 AlreadyExistsException"},
		{"alias of AWS", "CreateAlias", "", `{"AliasName":"alias/aws/$B","TargetKeyId":"$id.create"}`, "400 InvalidAliasNameException"},
		{"alias misspelt", "CreateAlias", "", `{"AliasName":"$B","TargetKeyId":"$id.create"}`, "400 ValidationException"},
		{"describe by alias", "DescribeKey", "", `{"KeyId":"alias/$B"}`, "200"},
		{"aliases", "ListAliases", "", `{"KeyId":"$id.create"}`, "200"},
		{"delete alias", "DeleteAlias", "", `{"AliasName":"alias/$B"}`, "200"},
		{"describe by no alias", "DescribeKey", "", `{"KeyId":"alias/$B"}`, "400 NotFoundException"},
		{"disable", "DisableKey", "", `{"KeyId":"$id.create"}`, "200"},
		{"encrypt disabled", "Encrypt", "", `{"KeyId":"$id.create","Plaintext":"aGVsbG8="}`, "400 DisabledException"},
		{"enable", "EnableKey", "", `{"KeyId":"$id.create"}`, "200"},
		{"schedule too soon", "ScheduleKeyDeletion", "", `{"KeyId":"$id.create","PendingWindowInDays":6}`, "400 ValidationException"},
		{"schedule", "ScheduleKeyDeletion", "", `{"KeyId":"$id.create","PendingWindowInDays":7}`, "200"},
		{"describe pending", "DescribeKey", "", `{"KeyId":"$id.create"}`, "200"},
		{"encrypt pending", "Encrypt", "", `{"KeyId":"$id.create","Plaintext":"aGVsbG8="}`, "400 KMSInvalidStateException"},
		{"tag pending", "TagResource", "", `{"KeyId":"$id.create","Tags":[{"TagKey":"team","TagValue":"docs"}]}`, "400 KMSInvalidStateException"},
		{"cancel", "CancelKeyDeletion", "", `{"KeyId":"$id.create"}`, "200"},
		{"describe cancelled", "DescribeKey", "", `{"KeyId":"$id.create"}`, "200"},
		{"unknown", "NoSuchOperation", "", `{}`, "400 UnknownOperationException"},
	}},
	{"ciphertexts of KMS", []step{
		{"create", "CreateKey", "", `{}`, "200"},
		{"other", "CreateKey", "", `{}`, "200"},
		{"encrypt", "Encrypt", "", `{"KeyId":"$id.create","Plaintext":"aGVsbG8=","EncryptionContext":{"a":"b"}}`, "200"},
		{"decrypt", "Decrypt", "", `{"CiphertextBlob":"$blob.encrypt","EncryptionContext":{"a":"b"}}`, "200"},
		{"decrypt with key", "Decrypt", "", `{"KeyId":"$id.create","CiphertextBlob":"$blob.encrypt","EncryptionContext":{"a":"b"}}`, "200"},
		{"decrypt with other key", "Decrypt", "", `{"KeyId":"$id.other","CiphertextBlob":"$blob.encrypt","EncryptionContext":{"a":"b"}}`, "400 IncorrectKeyException"},
		{"decrypt other context", "Decrypt", "", `{"CiphertextBlob":"$blob.encrypt","EncryptionContext":{"a":"c"}}`, "400 InvalidCiphertextException"},
		{"decrypt no context", "Decrypt", "", `{"CiphertextBlob":"$blob.encrypt"}`, "400 InvalidCiphertextException"},
		{"decrypt noise", "Decrypt", "", `{"CiphertextBlob":"aGVsbG8="}`, "400 InvalidCiphertextException"},
		{"re-encrypt", "ReEncrypt", "", `{"CiphertextBlob":"$blob.encrypt","SourceEncryptionContext":{"a":"b"},"DestinationKeyId":"$id.other"}`, "200"},
		{"decrypt again", "Decrypt", "", `{"CiphertextBlob":"$blob.re-encrypt"}`, "200"},
		{"data key", "GenerateDataKey", "", `{"KeyId":"$id.create","KeySpec":"AES_256"}`, "200"},
		{"data key alone", "GenerateDataKeyWithoutPlaintext", "", `{"KeyId":"$id.create","KeySpec":"AES_256"}`, "200"},
		{"data key of both", "GenerateDataKey", "", `{"KeyId":"$id.create","KeySpec":"AES_256","NumberOfBytes":16}`, "400 ValidationException"},
		{"random", "GenerateRandom", "", `{"NumberOfBytes":16}`, "200"},
		{"too much", "Encrypt", "", `{"KeyId":"$id.create","Plaintext":"` + tooMuch + `"}`, "400 ValidationException"},
		{"grant", "CreateGrant", "", `{"KeyId":"$id.create","GranteePrincipal":"arn:aws:iam::000000000000:role/x","Operations":["Decrypt"]}`, "400 UnsupportedOperationException"},
	}},
}

// tooMuch is one byte more than Encrypt takes, in base64.
var tooMuch = base64.StdEncoding.EncodeToString(make([]byte, 4097))
