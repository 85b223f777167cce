package prove

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

// Objects of each tenant. @ stands for the tenant.
const (
	document = "@/1001/canary.txt" // under the tenant's own key
	// Objects in the attacker's own prefix that its key did not encrypt.
	underOther    = attacker + "/1001/under-other-key.txt"
	underNobodys  = attacker + "/1001/under-nobodys-key.txt"
	underDisabled = attacker + "/1001/under-disabled-key.txt"
	// An object of victim that attacker's key encrypted: KMS would decrypt it for attacker.
	misplaced = victim + "/1001/under-key-of-" + attacker + ".txt"
)

// vault is what a World has of KMS: each tenant's key by its id, a ciphertext under it that holds the tenant's canary, and keys
// that are nobody's. The keys are made anew in each World, so no attack can hold their ids.
type vault struct {
	keys        map[string]string // by tenant, and by the names below
	ciphertexts map[string]string // by tenant, in base64
}

// Keys that no tenant uses.
const (
	nobodys  = "nobody's" // without a tag
	disabled = "disabled" // the attacker's, by its tag, and disabled
)

// seeded are the tenants of the demonstration, whose documents the seed stores.
var seeded = []string{attacker, victim, "green"}

// stores makes the bucket and a key for each tenant. An account of AWS gets those alone that the services need.
func (w *World) stores(ctx context.Context) error {
	names := crowd
	if w.account != nil {
		names = seeded
	}
	ids, err := withCheck(names)
	if err != nil {
		return err
	}
	if err := provision.Bucket(ctx, w.config(root), w.localized(bucket)); err != nil {
		return err
	}
	if w.account != nil {
		if err := w.account.markBucket(ctx); err != nil {
			return err
		}
	}
	return provision.TaggedKeys(ctx, w.config(root), w.names.Tag, ids...)
}

// withCheck are the tenants of these names, and the two of the isolation check.
func withCheck(names []string) ([]tenant.ID, error) {
	a, b := tenant.IsolationCheck()
	ids := []tenant.ID{a, b}
	for _, name := range names {
		id, err := tenant.Parse(name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// documents makes a document of each of tenants, under its key. An account of AWS gets none: no attack there asks for them.
func (w *World) documents(ctx context.Context, tenants []string) error {
	if err := w.stores(ctx); err != nil || w.account != nil {
		return err
	}
	w.vault = vault{keys: map[string]string{}, ciphertexts: map[string]string{}}
	for _, name := range crowd {
		var described struct{ KeyMetadata struct{ KeyId string } }
		if err := w.asRoot(ctx, "DescribeKey", object{"KeyId": aliasOf(name)}, &described); err != nil {
			return err
		}
		w.vault.keys[name] = described.KeyMetadata.KeyId
	}
	for _, name := range tenants {
		if err := w.putObject(ctx, strings.ReplaceAll(document, "@", name), w.canaries[name], w.keyID(name)); err != nil {
			return err
		}
	}
	return nil
}

// objectsOfOthers are the objects of other tenants, as root lists them.
func (w *World) objectsOfOthers(ctx context.Context) ([]byte, error) {
	a, err := w.send(ctx, request{by: root, service: "s3", method: http.MethodGet, path: inBucket + "?list-type=2"})
	if err != nil || !a.ok() {
		return nil, fmt.Errorf("list: %s %w", a.Message, err)
	}
	var list struct {
		Contents []struct{ Key, ETag, Size string }
	}
	if err := xml.Unmarshal(a.Body, &list); err != nil {
		return nil, err
	}
	var all []byte
	for _, o := range list.Contents {
		if !strings.HasPrefix(o.Key, attacker+"/") {
			all = fmt.Appendf(all, "%q\n", []string{o.Key, o.ETag, o.Size})
		}
	}
	return all, nil
}

// strayDocuments encrypts a text under each key, and makes the keys that are nobody's and the objects under the wrong keys.
func (w *World) strayDocuments(ctx context.Context) error {
	if w.account != nil {
		return nil
	}
	for _, name := range crowd {
		var encrypted struct{ CiphertextBlob string }
		text := base64.StdEncoding.EncodeToString([]byte(w.canaries[name]))
		if err := w.asRoot(ctx, "Encrypt", object{"KeyId": w.keyID(name), "Plaintext": text}, &encrypted); err != nil {
			return err
		}
		w.vault.ciphertexts[name] = encrypted.CiphertextBlob
	}
	for name, tenant := range map[string]string{nobodys: "", disabled: attacker} {
		var err error
		if w.vault.keys[name], err = w.makeKey(ctx, tenant); err != nil {
			return err
		}
	}
	for name, key := range map[string]string{underOther: victim, underNobodys: nobodys, underDisabled: disabled, misplaced: attacker} {
		if err := w.putObject(ctx, name, w.canaries[victim], w.vault.keys[key]); err != nil {
			return err
		}
	}
	return w.asRoot(ctx, "DisableKey", object{"KeyId": w.vault.keys[disabled]}, nil)
}

// makeKey makes a key with the tag of a tenant, or without a tag, and returns its id.
func (w *World) makeKey(ctx context.Context, tenant string) (id string, err error) {
	tags := []object{}
	if tenant != "" {
		tags = append(tags, object{"TagKey": "~tag~", "TagValue": tenant})
	}
	var made struct{ KeyMetadata struct{ KeyId string } }
	err = w.asRoot(ctx, "CreateKey", object{"Tags": tags}, &made)
	return made.KeyMetadata.KeyId, err
}

// asRoot asks KMS.
func (w *World) asRoot(ctx context.Context, operation string, in object, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	a, err := w.send(ctx, request{by: root, service: "kms", operation: operation, body: string(body)})
	if err == nil && !a.ok() {
		err = fmt.Errorf("%s: %s %s", operation, a.Code, a.Message)
	}
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(a.Body, out)
}

func (w *World) putObject(ctx context.Context, name, text, key string) error {
	put := onObject{"", "PUT", "/" + bucket + "/" + name, encryptedUnder(key), text}
	a, err := w.send(ctx, put.of(root, ""))
	if err == nil && !a.ok() {
		err = fmt.Errorf("put %s: %s %s", name, a.Code, a.Message)
	}
	return err
}

// encryptedUnder are the headers of a PutObject under a key: its id, ARN or alias.
func encryptedUnder(key string) []string {
	return []string{"X-Amz-Server-Side-Encryption: aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id: " + key}
}

const kmsARN = "arn:aws:kms:" + region + ":" + account + ":"

func (w *World) keyID(name string) string  { return w.vault.keys[name] }
func (w *World) keyARN(name string) string { return kmsARN + "key/" + w.vault.keys[name] }

// aliasOf is the alias of a tenant's key; empty where name is no tenant.
func aliasOf(name string) string {
	id, err := tenant.Parse(name)
	if err != nil {
		return ""
	}
	return keyalias.Of(id)
}
