package kms

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/api"
)

func TestRefusalsAreWordedAsByKMS(t *testing.T) {
	k := newKit(t)
	id := k.create("a", "1")
	k.must("CreateAlias", values{"AliasName": "alias/a", "TargetKeyId": id})
	tag := func(key, value string) values {
		return values{"KeyId": id, "Tags": []values{{"TagKey": key, "TagValue": value}}}
	}
	many := func(n int) []values {
		var tags []values
		for i := range n {
			tags = append(tags, values{"TagKey": fmt.Sprint("k", i), "TagValue": ""})
		}
		return tags
	}
	pairs := values{}
	for i := range 257 {
		pairs[fmt.Sprint(i)] = ""
	}
	for _, row := range []struct {
		code, text, operation string
		in                    values
	}{
		{"ValidationException", "Value null at 'plaintext'", "Encrypt", values{"KeyId": id}},
		{"ValidationException", "less than or equal to 4096", "Encrypt", values{"KeyId": id, "Plaintext": b64(strings.Repeat("x", 4097))}},
		{"ValidationException", "less than or equal to 6144", "Decrypt", values{"CiphertextBlob": b64(strings.Repeat("x", 6145))}},
		{"ValidationException", "without a name", "Encrypt", values{"KeyId": id, "Plaintext": "eA==", "EncryptionContext": values{"": "x"}}},
		{"ValidationException", "more than 256 pairs", "Encrypt", values{"KeyId": id, "Plaintext": "eA==", "EncryptionContext": pairs}},
		{"ValidationException", "more than 8192 bytes", "Encrypt", values{"KeyId": id, "Plaintext": "eA==", "EncryptionContext": values{"a": strings.Repeat("x", 8192)}}},
		{"InvalidKeyUsageException", "RSAES", "Encrypt", values{"KeyId": id, "Plaintext": "eA==", "EncryptionAlgorithm": "RSAES_OAEP_SHA_1"}},
		{"InvalidGrantTokenException", "", "Encrypt", values{"KeyId": id, "Plaintext": "eA==", "GrantTokens": []string{"x"}}},
		{"DryRunOperationException", "would have succeeded", "GenerateDataKey", values{"KeyId": id, "KeySpec": "AES_256", "DryRun": true}},
		{"UnsupportedOperationException", "Nitro", "GenerateDataKey", values{"KeyId": id, "KeySpec": "AES_256", "Recipient": values{}}},
		{"ValidationException", "either number of bytes or key spec", "GenerateDataKey", values{"KeyId": id}},
		{"ValidationException", "either number of bytes or key spec", "GenerateDataKey", values{"KeyId": id, "KeySpec": "AES_256", "NumberOfBytes": 1}},
		{"ValidationException", "enum value set", "GenerateDataKey", values{"KeyId": id, "KeySpec": "AES_512"}},
		{"ValidationException", "NumberOfBytes is required.", "GenerateRandom", values{}},
		{"ValidationException", "Value '0' at 'numberOfBytes'", "GenerateRandom", values{"NumberOfBytes": 0}},
		{"ValidationException", "less than or equal to 1024", "GenerateRandom", values{"NumberOfBytes": 1025}},
		{"SerializationException", "cannot be converted", "GenerateRandom", values{"NumberOfBytes": "1"}},
		{"UnsupportedOperationException", "KeySpec", "CreateKey", values{"KeySpec": "RSA_2048"}},
		{"UnsupportedOperationException", "KeyUsage", "CreateKey", values{"KeyUsage": "SIGN_VERIFY"}},
		{"UnsupportedOperationException", "Origin", "CreateKey", values{"Origin": "EXTERNAL"}},
		{"UnsupportedOperationException", "multi-region", "CreateKey", values{"MultiRegion": true}},
		{"ValidationException", "description", "CreateKey", values{"Description": strings.Repeat("x", 8193)}},
		{"TagException", "reserved", "TagResource", tag("AWS:x", "")},
		{"TagException", "reserved", "TagResource", tag("aw\u017f:x", "")},
		{"ValidationException", "between 1 and 128", "TagResource", tag("", "")},
		{"ValidationException", "tagValue", "TagResource", tag("x", strings.Repeat("x", 257))},
		{"TagException", "not valid", "TagResource", tag("x*", "")},
		{"TagException", "not valid", "TagResource", tag("x", "${aws:PrincipalTag/x}")},
		{"TagException", "not valid", "CreateKey", values{"Tags": []values{{"TagKey": "a\n", "TagValue": ""}}}},
		{"ValidationException", "between 90 and 2560", "EnableKeyRotation", values{"KeyId": id, "RotationPeriodInDays": 89}},
		{"ValidationException", "between 90 and 2560", "EnableKeyRotation", values{"KeyId": id, "RotationPeriodInDays": 2561}},
		{"NotFoundException", "", "EnableKeyRotation", values{"KeyId": "alias/a"}},
		{"LimitExceededException", "more than 32768", "CreateKey", values{"Policy": strings.Repeat(" ", 32<<10+1)}},
		{"LimitExceededException", "more than 32768", "PutKeyPolicy", values{"KeyId": id, "Policy": strings.Repeat(" ", 32<<10+1)}},
		{"TagException", "Duplicate tag keys", "CreateKey", values{"Tags": append(many(1), many(1)...)}},
		{"TagException", "Too many tags", "CreateKey", values{"Tags": many(51)}},
		{"TagException", "Too many tags", "TagResource", values{"KeyId": id, "Tags": many(50)}},
		{"ValidationException", "must start with the prefix", "CreateAlias", values{"AliasName": "a", "TargetKeyId": id}},
		{"ValidationException", "regular expression", "CreateAlias", values{"AliasName": "alias/a:b", "TargetKeyId": id}},
		{"InvalidAliasNameException", "reserved", "CreateAlias", values{"AliasName": "alias/aws/s3", "TargetKeyId": id}},
		{"ValidationException", "Aliases must refer to keys", "CreateAlias", values{"AliasName": "alias/b", "TargetKeyId": "alias/a"}},
		{"AlreadyExistsException", "alias/a already exists", "CreateAlias", values{"AliasName": "alias/a", "TargetKeyId": id}},
		{"NotFoundException", "alias/b is not found", "UpdateAlias", values{"AliasName": "alias/b", "TargetKeyId": id}},
		{"NotFoundException", "alias/b is not found", "DeleteAlias", values{"AliasName": "alias/b"}},
		{"NotFoundException", "No such policy exists", "GetKeyPolicy", values{"KeyId": id, "PolicyName": "other"}},
		{"ValidationException", "limit", "ListKeys", values{"Limit": 1001}},
	} {
		k.fails(row.code, row.text, row.operation, row.in)
	}
	for _, body := range []string{``, `[]`, `{"KeyId":"` + id + `","KeyId":"x"}`, `{"KeyId":"` + id + `"}{}`, `{"KeyId":1}`, "{\"KeyId\":\"\xff\"}"} {
		if _, err := k.readBody("DescribeKey", []byte(body)); !isCode(err, "SerializationException") {
			t.Errorf("body %q: %v, want SerializationException", body, err)
		}
	}
	if _, err := k.readBody("Encrypt", []byte(`{"KeyId":"`+id+`","Plaintext":"eA==","EncryptionContext":{"a":"1","a":"2"}}`)); !isCode(err, "SerializationException") {
		t.Errorf("a context with one name twice: %v, want SerializationException", err)
	}
	if got := k.must("ListResourceTags", values{"KeyId": id})["Tags"].([]any); len(got) != 1 {
		t.Errorf("tags %v: a refused request changed something", got)
	}
}

func isCode(err error, code string) bool {
	e, ok := errors.AsType[*api.Error](err)
	return ok && e.Code == code
}

func TestListsHavePages(t *testing.T) {
	k := newKit(t)
	ids := map[string]bool{}
	for range 5 {
		ids[k.create()] = true
	}
	pages, marker := 0, ""
	for {
		in := values{"Limit": 2}
		if marker != "" {
			in["Marker"] = marker
		}
		out := k.must("ListKeys", in)
		for _, entry := range out["Keys"].([]any) {
			delete(ids, entry.(values)["KeyId"].(string))
		}
		pages++
		if out["Truncated"] == false {
			break
		}
		marker = out["NextMarker"].(string)
	}
	if pages != 3 || len(ids) != 0 {
		t.Errorf("%d pages, and these keys are missing: %v", pages, ids)
	}
}

func TestTagsAndAliasesChange(t *testing.T) {
	k := newKit(t)
	id, other := k.create("TenantID", "yellow"), k.create()
	k.must("TagResource", values{"KeyId": id, "Tags": []values{{"TagKey": "TenantID", "TagValue": "blue"}, {"TagKey": "tenantid", "TagValue": "x"}}})
	k.must("UntagResource", values{"KeyId": id, "TagKeys": []string{"tenantid", "none"}})
	if got := k.must("ListResourceTags", values{"KeyId": id})["Tags"].([]any); len(got) != 1 || got[0].(values)["TagValue"] != "blue" {
		t.Errorf("tags %v, want TenantID=blue", got)
	}
	k.must("CreateAlias", values{"AliasName": "alias/docs", "TargetKeyId": id})
	k.must("UpdateAlias", values{"AliasName": "alias/docs", "TargetKeyId": other})
	if got := k.must("ListAliases", values{"KeyId": other})["Aliases"].([]any); len(got) != 1 || got[0].(values)["AliasName"] != "alias/docs" {
		t.Errorf("aliases of the second key are %v", got)
	}
	if got := k.must("ListAliases", values{"KeyId": id})["Aliases"].([]any); len(got) != 0 {
		t.Errorf("aliases of the first key are %v", got)
	}
	k.must("DeleteAlias", values{"AliasName": "alias/docs"})
	k.fails("NotFoundException", "is not found", "DescribeKey", values{"KeyId": "alias/docs"})
	for i := range maxKeyAliases {
		k.must("CreateAlias", values{"AliasName": fmt.Sprint("alias/", i), "TargetKeyId": id})
	}
	k.fails("LimitExceededException", "50 aliases", "CreateAlias", values{"AliasName": "alias/more", "TargetKeyId": id})
}

// What a request was decided on is what is changed: an alias that names another key by then is left alone.
func TestAliasThatMovedMeanwhileIsNotChanged(t *testing.T) {
	k := newKit(t)
	a, b := k.create(), k.create()
	k.must("CreateAlias", values{"AliasName": "alias/docs", "TargetKeyId": a})
	for operation, in := range map[string]values{"DeleteAlias": {"AliasName": "alias/docs"}, "UpdateAlias": {"AliasName": "alias/docs", "TargetKeyId": a}} {
		call, err := k.read(operation, in)
		if err != nil {
			t.Fatal(err)
		}
		k.must("UpdateAlias", values{"AliasName": "alias/docs", "TargetKeyId": b})
		if _, err := call.Answer(t.Context()); !isCode(err, "NotFoundException") {
			t.Errorf("%s after the alias moved: %v, want NotFoundException", operation, err)
		}
		k.must("UpdateAlias", values{"AliasName": "alias/docs", "TargetKeyId": a})
	}
}
