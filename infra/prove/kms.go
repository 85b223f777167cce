package prove

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
)

// onKey is a request of KMS about the key of a tenant. Where it would change the key, it is about one that is made for it, with
// the tag of the victim.
type onKey struct {
	does, name string
	body       func(w *World, key string) object // the key of a tenant, by the tenant, or a spare one by its id
	spare      bool
}

func (o onKey) step(by string) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		key := w.keyID(victim)
		if o.spare {
			var err error
			if key, err = w.makeKey(ctx, victim); err != nil {
				return Answer{}, err
			}
			if err := w.asRoot(ctx, "CreateAlias", object{"AliasName": spareAlias(key), "TargetKeyId": key}, nil); err != nil {
				return Answer{}, err
			}
		}
		body, err := json.Marshal(o.body(w, key))
		if err != nil {
			return Answer{}, err
		}
		a, err := w.send(ctx, request{by: by, service: "kms", operation: o.name, body: string(body)})
		if o.spare && err == nil { // a key has fifty aliases at most; this one may be gone, or moved
			_, err = w.send(ctx, request{by: root, service: "kms", operation: "DeleteAlias", body: `{"AliasName":"` + spareAlias(key) + `"}`})
		}
		return a, err
	}
}

func spareAlias(key string) string { return "alias/spare-" + key }

// kmsAttacks ask KMS itself. The sessions of tenants use keys through S3 alone, so each of these is refused, also about the own
// key; root may ask all of it.
func kmsAttacks() []*Attack {
	var all []*Attack
	for _, name := range slices.Sorted(maps.Keys(notGrantedOnKeys)) {
		o := notGrantedOnKeys[name]
		for prefix, by := range map[string]string{"": attacker, "write-": writer, "seed-": seeder} {
			all = append(all, &Attack{
				Name: "kms/" + prefix + name, Does: by + ": " + o.does, Differs: "the caller is root", Layer: IAM, Codes: denied, needs: needs[by], local: true,
				Attempt: o.step(by), Control: o.step(root),
			})
		}
	}
	for name, by := range map[string]string{"service": service, "seed-task": seedTask, "other-role": other, "untagged": untagged} {
		o := notGrantedOnKeys["decrypt"]
		all = append(all, &Attack{
			Name: "kms/" + name + "-decrypts", Does: by + ": " + o.does, Differs: "the caller is root", Layer: IAM, Codes: denied, needs: needs[by], local: true,
			Attempt: o.step(by), Control: o.step(root),
		})
	}
	return all
}

// ofKey is a body with the key's id.
func ofKey(more object) func(*World, string) object {
	return func(_ *World, key string) object {
		body := object{"KeyId": key}
		maps.Copy(body, more)
		return body
	}
}

// decryptNaming is a Decrypt of the victim's ciphertext that names its key.
func decryptNaming(name func(w *World, tenant string) string) func(*World, string) object {
	return func(w *World, _ string) object {
		return object{"CiphertextBlob": w.vault.ciphertexts[victim], "KeyId": name(w, victim)}
	}
}

func decryptOf(tenant string) func(*World, string) object {
	return func(w *World, _ string) object { return object{"CiphertextBlob": w.vault.ciphertexts[tenant]} }
}

func nothing(*World, string) object { return object{} }

const plaintext = "cGxhbnRlZA=="

var notGrantedOnKeys = map[string]onKey{
	"decrypt":              {"Decrypt of another's ciphertext, which names its key itself", "Decrypt", decryptOf(victim), false},
	"decrypt-own":          {"Decrypt of its own ciphertext, not through S3", "Decrypt", decryptOf(attacker), false},
	"decrypt-by-id":        {"Decrypt of another's ciphertext by the key's id", "Decrypt", decryptNaming((*World).keyID), false},
	"decrypt-by-arn":       {"Decrypt by the key's ARN", "Decrypt", decryptNaming((*World).keyARN), false},
	"decrypt-by-alias":     {"Decrypt by the alias", "Decrypt", decryptNaming(func(_ *World, tenant string) string { return aliasOf(tenant) }), false},
	"decrypt-by-alias-arn": {"Decrypt by the alias' ARN", "Decrypt", decryptNaming(func(_ *World, tenant string) string { return kmsARN + aliasOf(tenant) }), false},
	"re-encrypt": {"ReEncrypt of another's ciphertext under the own key", "ReEncrypt", func(w *World, _ string) object {
		return object{"CiphertextBlob": w.vault.ciphertexts[victim], "DestinationKeyId": w.keyID(attacker)}
	}, false},
	"encrypt":         {"Encrypt", "Encrypt", ofKey(object{"Plaintext": plaintext}), false},
	"data-key":        {"GenerateDataKey", "GenerateDataKey", ofKey(object{"KeySpec": "AES_256"}), false},
	"data-key-sealed": {"GenerateDataKeyWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", ofKey(object{"KeySpec": "AES_256"}), false},
	"describe":        {"DescribeKey", "DescribeKey", ofKey(nil), false},
	"list-keys":       {"ListKeys", "ListKeys", nothing, false},
	"list-aliases":    {"ListAliases", "ListAliases", nothing, false},
	"get-policy":      {"GetKeyPolicy", "GetKeyPolicy", ofKey(object{"PolicyName": "default"}), false},
	"list-tags":       {"ListResourceTags", "ListResourceTags", ofKey(nil), false},
	"rotation-status": {"GetKeyRotationStatus", "GetKeyRotationStatus", ofKey(nil), false},
	"enable":          {"EnableKey", "EnableKey", ofKey(nil), false},
	"create-key":      {"CreateKey", "CreateKey", nothing, false},

	"put-policy": {"PutKeyPolicy that lets everybody of the account in", "PutKeyPolicy", ofKey(object{"PolicyName": "default", "Policy": openPolicy}), true},
	"tag":        {"TagResource that gives another's key to the own tenant", "TagResource", ofKey(object{"Tags": []object{{"TagKey": "~tag~", "TagValue": attacker}}}), true},
	"untag":      {"UntagResource", "UntagResource", ofKey(object{"TagKeys": []string{"~tag~"}}), true},
	"disable":    {"DisableKey", "DisableKey", ofKey(nil), true},
	"delete":     {"ScheduleKeyDeletion", "ScheduleKeyDeletion", ofKey(object{"PendingWindowInDays": 7}), true},
	"create-alias": {"CreateAlias for another's key", "CreateAlias", func(_ *World, key string) object {
		return object{"AliasName": "alias/mine-" + key, "TargetKeyId": key}
	}, true},
	"move-alias": {"UpdateAlias that moves an alias to the own key", "UpdateAlias", func(w *World, key string) object {
		return object{"AliasName": spareAlias(key), "TargetKeyId": w.keyID(attacker)}
	}, true},
	"delete-alias": {"DeleteAlias", "DeleteAlias", func(_ *World, key string) object { return object{"AliasName": spareAlias(key)} }, true},
}

const openPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"kms:*","Resource":"*"}]}`
