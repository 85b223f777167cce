package kms

import (
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// operations holds every operation of KMS (2014-11-01), with actions and resources as the Service Authorization Reference,
// "Actions, resources, and condition keys for AWS Key Management Service", lists them. What localaws does not have is
// authorized all the same, so that a denial never depends on what it can do.
var operations map[string]operation

var answered []string

// Operations returns the names of all operations that are answered, in order.
func Operations() []string { return slices.Clone(answered) }

func init() {
	operations = map[string]operation{
		"Encrypt":                         readEncrypt,
		"Decrypt":                         readDecrypt,
		"ReEncrypt":                       readReEncrypt,
		"GenerateDataKey":                 readGenerateDataKey,
		"GenerateDataKeyWithoutPlaintext": readGenerateDataKey,
		"GenerateRandom":                  readGenerateRandom,

		"CreateKey":            readCreateKey,
		"DescribeKey":          readDescribeKey,
		"UpdateKeyDescription": readUpdateKeyDescription,
		"ListKeys":             readListKeys,
		"EnableKey":            readEnableKey,
		"DisableKey":           readDisableKey,
		"ScheduleKeyDeletion":  readScheduleKeyDeletion,
		"CancelKeyDeletion":    readCancelKeyDeletion,
		"EnableKeyRotation":    readEnableKeyRotation,
		"DisableKeyRotation":   readDisableKeyRotation,
		"GetKeyRotationStatus": readGetKeyRotationStatus,

		"GetKeyPolicy":    readGetKeyPolicy,
		"PutKeyPolicy":    readPutKeyPolicy,
		"ListKeyPolicies": readListKeyPolicies,

		"TagResource":      readTagResource,
		"UntagResource":    readUntagResource,
		"ListResourceTags": readListResourceTags,

		"ListGrants": readListGrants,

		"CreateAlias": readCreateAlias,
		"UpdateAlias": readUpdateAlias,
		"DeleteAlias": readDeleteAlias,
		"ListAliases": readListAliases,
	}
	answered = slices.Sorted(maps.Keys(operations))
	for _, name := range []string{
		"CreateGrant", "RevokeGrant", "RetireGrant", "DeleteImportedKeyMaterial", "DeriveSharedSecret",
		"GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "GenerateMac", "GetParametersForImport", "GetPublicKey",
		"ImportKeyMaterial", "ListKeyRotations", "ReplicateKey", "RotateKeyOnDemand", "Sign", "UpdatePrimaryRegion", "Verify", "VerifyMac",
	} {
		operations[name] = readUnsupportedOnKey
	}
	for _, name := range []string{
		"ConnectCustomKeyStore", "CreateCustomKeyStore", "DeleteCustomKeyStore", "DescribeCustomKeyStores", "DisconnectCustomKeyStore",
		"ListRetirableGrants", "UpdateCustomKeyStore",
	} {
		operations[name] = readUnsupported
	}
}

// readUnsupportedOnKey reads an operation on a key that localaws does not have. RetireGrant names a grant by a token, too.
func readUnsupportedOnKey(r *reading) (answer, error) {
	var in struct{ KeyId string }
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if in.KeyId == "" && r.req.Operation == "RetireGrant" {
		return readUnsupported(r)
	}
	t, err := r.key("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	r.onKey(r.req.Operation, t)
	return r.unsupported, nil
}

func readUnsupported(r *reading) (answer, error) {
	r.on(r.req.Operation, "*")
	return r.unsupported, nil
}

func (r *reading) unsupported() (any, error) {
	return nil, unsupported("%s", api.NotServed(r.req.Operation))
}
