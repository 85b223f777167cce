package prove

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// writer is the session that stores documents: it cannot read them.
const writer = "a session of ~write-role~ for " + attacker

// onObject is a request of S3. In path and headers @ stands for the tenant whose prefix it names, and @alias for that tenant's key.
type onObject struct {
	does, method, path string
	headers            []string
	body               string
}

func (o onObject) of(by, tenant string) request {
	fill := strings.NewReplacer("@alias", aliasOf(tenant), "@", tenant)
	q := request{by: by, service: "s3", method: o.method, path: fill.Replace(o.path), body: o.body}
	for _, header := range o.headers {
		q.headers = append(q.headers, fill.Replace(header))
	}
	return q
}

// of S3: a HEAD has no body that says more.
var forbidden = []string{"AccessDenied", "403"}

// s3Attacks are those on the documents: reads by the session that reads, writes by the one that writes, and all else by either.
func s3Attacks() []*Attack {
	var all []*Attack
	for _, name := range slices.Sorted(maps.Keys(prefixReads)) {
		all = append(all, ofPrefix(name, attacker, prefixReads[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(prefixWrites)) {
		all = append(all, ofPrefix("write-"+name, writer, prefixWrites[name]), ofPrefix("seed-"+name, seeder, prefixWrites[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(notGrantedOnObjects)) {
		all = append(all, ofStranger(name, attacker, notGrantedOnObjects[name]), ofStranger("write-"+name, writer, notGrantedOnObjects[name]))
	}
	return append(all, slices.Concat(flatKeys(), objectTwins(), strayObjects(), wrongKeys(), readers(), deletions(), uploads(), presignedObjects())...)
}

func ofPrefix(name, by string, o onObject) *Attack {
	return &Attack{
		Name: "s3/" + name, Does: by + ": " + o.does, Differs: "the prefix is its own", Layer: IAM, Codes: forbidden, needs: needs[by], local: true, onlyOwn: true,
		Attempt: step(o.of(by, victim)), Control: step(o.of(by, attacker)),
	}
}

func ofStranger(name, by string, o onObject) *Attack {
	spoils := Nothing
	if o.method == http.MethodDelete {
		spoils = Tables
	}
	return &Attack{
		Name: "s3/" + name, Does: by + ": " + o.does, Differs: asRoot, Layer: IAM, Codes: forbidden, needs: needs[by], local: true, by: by,
		Attempt: step(o.of(by, victim)), Control: step(o.of(root, victim)), Spoils: spoils, onlyOwn: !strings.HasPrefix(o.does, "PutBucket") && !strings.HasPrefix(o.does, "CreateBucket"),
	}
}

const (
	inBucket   = "/" + bucket
	itsObject  = inBucket + "/" + document
	encodedDoc = inBucket + "/@%2F1001%2Fcanary.txt"
)

var prefixReads = map[string]onObject{
	"get-object":         {"GetObject of another's document", "GET", itsObject, nil, ""},
	"get-x-id":           {"GetObject as the SDK's presigned links name it", "GET", itsObject + "?x-id=GetObject", nil, ""},
	"get-encoded-slash":  {"GetObject whose slashes are encoded", "GET", encodedDoc, nil, ""},
	"get-encoded-letter": {"GetObject with an encoded letter in the key", "GET", inBucket + "/@/1001/%63anary.txt", nil, ""},
	"get-range":          {"GetObject of the first bytes", "GET", itsObject, []string{"Range: bytes=0-3"}, ""},
	"get-last-bytes":     {"GetObject of the last bytes", "GET", itsObject, []string{"Range: bytes=-4"}, ""},
	"get-checksum":       {"GetObject with its checksum", "GET", itsObject, []string{"X-Amz-Checksum-Mode: ENABLED"}, ""},
	"get-not-changed":    {"GetObject if it has another ETag", "GET", itsObject, []string{`If-None-Match: "0"`}, ""},
	"head-object":        {"HeadObject", "HEAD", itsObject, nil, ""},
	"head-checksum":      {"HeadObject with its checksum", "HEAD", itsObject, []string{"X-Amz-Checksum-Mode: ENABLED"}, ""},
	"get-response-type":  {"GetObject with another Content-Type of the answer", "GET", itsObject + "?response-content-type=text%2Fhtml", nil, ""},
	"list":               {"ListObjectsV2 of another's prefix", "GET", inBucket + "?list-type=2&prefix=@%2F", nil, ""},
	"list-v1":            {"ListObjects of another's prefix", "GET", inBucket + "?prefix=@%2F", nil, ""},
	"list-shipment":      {"ListObjectsV2 of one shipment", "GET", inBucket + "?list-type=2&prefix=@%2F1001%2F&max-keys=1", nil, ""},
	"list-folders":       {"ListObjectsV2 of the common prefixes", "GET", inBucket + "?list-type=2&prefix=@%2F&delimiter=%2F", nil, ""},
	"list-after":         {"ListObjectsV2 that starts after a key", "GET", inBucket + "?list-type=2&prefix=@%2F&start-after=@%2F0", nil, ""},
	"list-none":          {"ListObjectsV2 of no key at all: it would tell whether the prefix is there", "GET", inBucket + "?list-type=2&prefix=@%2F&max-keys=0", nil, ""},
}

// stored is where the writes put something: the object of nobody else.
const stored = inBucket + "/@/1001/planted.txt"

func ownAlias() string { return aliasOf(attacker) }

var prefixWrites = map[string]onObject{
	"put-object":        {"PutObject into another's prefix, under its own key", "PUT", stored, encryptedUnder(ownAlias()), "planted"},
	"put-under-theirs":  {"PutObject into another's prefix, under that tenant's key", "PUT", stored, encryptedUnder("@alias"), "planted"},
	"put-encoded-slash": {"PutObject whose slashes are encoded", "PUT", inBucket + "/@%2F1001%2Fplanted.txt", encryptedUnder(ownAlias()), "planted"},
}

// notGrantedOnObjects are requests that no session of a tenant may make, in its own prefix as little as in another's.
var notGrantedOnObjects = map[string]onObject{
	"delete-object":     {"DeleteObject", "DELETE", inBucket + "/@/1001/nobodys.txt", nil, ""},
	"get-tagging":       {"GetObjectTagging", "GET", itsObject + "?tagging", nil, ""},
	"put-tagging":       {"PutObjectTagging", "PUT", itsObject + "?tagging", nil, `<Tagging><TagSet><Tag><Key>~tag~</Key><Value>yellow</Value></Tag></TagSet></Tagging>`},
	"get-acl":           {"GetObjectAcl", "GET", itsObject + "?acl", nil, ""},
	"get-attributes":    {"GetObjectAttributes", "GET", itsObject + "?attributes", []string{"X-Amz-Object-Attributes: ETag,ObjectSize"}, ""},
	"get-version":       {"GetObject with a version id", "GET", itsObject + "?versionId=null", nil, ""},
	"list-versions":     {"ListObjectVersions", "GET", inBucket + "?versions&prefix=@%2F", nil, ""},
	"list-uploads":      {"ListMultipartUploads", "GET", inBucket + "?uploads&prefix=@%2F", nil, ""},
	"list-all":          {"ListObjectsV2 without a prefix", "GET", inBucket + "?list-type=2", nil, ""},
	"list-empty-prefix": {"ListObjectsV2 with an empty prefix", "GET", inBucket + "?list-type=2&prefix=", nil, ""},
	"list-shorter":      {"ListObjectsV2 with a prefix that all tenants of a letter share", "GET", inBucket + "?list-type=2&prefix=b", nil, ""},
	"list-no-slash":     {"ListObjectsV2 with the tenant's id alone, which other ids begin with", "GET", inBucket + "?list-type=2&prefix=" + attacker, nil, ""},
	"head-bucket":       {"HeadBucket", "HEAD", inBucket, nil, ""},
	"list-buckets":      {"ListBuckets", "GET", "/", nil, ""},
	"get-location":      {"GetBucketLocation", "GET", inBucket + "?location", nil, ""},
	"get-encryption":    {"GetBucketEncryption", "GET", inBucket + "?encryption", nil, ""},
	"put-encryption": {"PutBucketEncryption", "PUT", inBucket + "?encryption", nil,
		`<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`},
	"get-public-access": {"GetPublicAccessBlock", "GET", inBucket + "?publicAccessBlock", nil, ""},
	"create-bucket":     {"CreateBucket", "PUT", "/mine-" + account, nil, ""},
	"copy": {"CopyObject of another's document into the own prefix", "PUT", inBucket + "/" + attacker + "/1001/copied.txt",
		append(encryptedUnder(ownAlias()), "X-Amz-Copy-Source: "+bucket+"/"+document), ""},
	"copy-leading-slash": {"CopyObject, the source with a slash before it", "PUT", inBucket + "/" + attacker + "/1001/copied.txt",
		append(encryptedUnder(ownAlias()), "X-Amz-Copy-Source: /"+bucket+"/"+document), ""},
	"copy-encoded": {"CopyObject, the source encoded", "PUT", inBucket + "/" + attacker + "/1001/copied.txt",
		append(encryptedUnder(ownAlias()), "X-Amz-Copy-Source: "+bucket+"%2F@%2F1001%2Fcanary.txt"), ""},
	"put-public":       {"PutObject with an ACL for everybody", "PUT", stored, append(encryptedUnder(ownAlias()), "X-Amz-Acl: bucket-owner-full-control"), "planted"},
	"put-tagged":       {"PutObject with tags", "PUT", stored, append(encryptedUnder(ownAlias()), "X-Amz-Tagging: ~tag~=yellow"), "planted"},
	"put-unencrypted":  {"PutObject into the own prefix without a key", "PUT", inBucket + "/" + attacker + "/1001/planted.txt", nil, "planted"},
	"put-under-stores": {"PutObject into the own prefix under the store's key", "PUT", inBucket + "/" + attacker + "/1001/planted.txt", []string{"X-Amz-Server-Side-Encryption: AES256"}, "planted"},
	"put-under-other":  {"PutObject into the own prefix under another's key", "PUT", inBucket + "/" + attacker + "/1001/planted.txt", encryptedUnder("@alias"), "planted"},
}

// flatKeys are keys with dots and slashes. S3's keys are flat: none of them is another's document, and a store that resolved
// them would answer it. IAM allows those that begin with the own prefix.
func flatKeys() []*Attack {
	var all []*Attack
	own := onObject{"", "GET", itsObject, nil, ""}.of(attacker, attacker)
	for name, path := range map[string]string{
		"dots": "/yellow/../blue/1001/canary.txt", "dots-encoded": "/yellow/%2e%2e/blue/1001/canary.txt", "dots-and-slash-encoded": "/yellow%2F..%2Fblue%2F1001%2Fcanary.txt",
		"dots-encoded-twice": "/yellow/%252e%252e/blue/1001/canary.txt", "slash-encoded-twice": "/yellow%252F..%252Fblue%252F1001%252Fcanary.txt", "dots-behind-two-slashes": "/yellow//../../blue/1001/canary.txt",
		"dots-of-one": "/yellow/./../blue/1001/canary.txt", "backslash": "/yellow/..%5Cblue/1001/canary.txt", "slash-before": "//blue/1001/canary.txt", "slashes-doubled": "/blue//1001/canary.txt",
		"dots-above-bucket": "/../" + bucket + "/blue/1001/canary.txt", "own-then-bucket": "/yellow/../../" + bucket + "/blue/1001/canary.txt", "other-case": "/Blue/1001/canary.txt", "semicolon": "/yellow/;/../blue/1001/canary.txt",
		"plus": "/yellow/+/../blue/1001/canary.txt", "trailing-slash": "/blue/1001/canary.txt/",
	} {
		all = append(all, &Attack{
			Name: "s3/key-" + name, Does: attacker + ": GetObject of " + path, Differs: "the key is as it was stored", Layer: Request, local: true,
			Codes:   append(slices.Clone(forbidden), "NoSuchKey", "InvalidURI", "InvalidArgument"),
			Attempt: step(request{by: attacker, service: "s3", method: http.MethodGet, path: inBucket + path}), Control: step(own),
		})
	}
	twice := func(name, does string, attempt request) {
		all = append(all, &Attack{
			Name: "s3/" + name, Does: does, Differs: "it stands there once", Layer: Request, Codes: append(slices.Clone(forbidden), "InvalidArgument", "InvalidRequest", "SignatureDoesNotMatch", "NotImplemented"), local: true,
			Attempt: step(attempt), Control: step(own),
		})
	}
	twice("prefix-twice", attacker+": a list with the own prefix and another's", request{by: attacker, service: "s3", method: http.MethodGet, path: inBucket + "?list-type=2&prefix=yellow%2F&prefix=blue%2F"})
	twice("prefix-encoded-name", attacker+": a list with the own prefix, and another's whose name is encoded", request{by: attacker, service: "s3", method: http.MethodGet, path: inBucket + "?list-type=2&prefix=yellow%2F&%70refix=blue%2F"})
	twice("subresource-unknown", attacker+": GetObject of its own document with a sub-resource that S3 does not have", request{by: attacker, service: "s3", method: http.MethodGet, path: inBucket + "/yellow/1001/canary.txt?everything"})
	twice("copy-source-in-query", writer+": PutObject whose query names a source", onObject{"", "PUT", inBucket + "/yellow/1001/planted.txt?X-Amz-Copy-Source=" + bucket + "%2Fblue%2F1001%2Fcanary.txt", encryptedUnder(ownAlias()), "x"}.of(writer, attacker))
	return all
}

// objectTwins are attacks of tenants of which one's id begins with the other's.
func objectTwins() []*Attack {
	var all []*Attack
	for name, o := range map[string]onObject{
		"get": {"GetObject of its twin's document", "GET", itsObject, nil, ""}, "list": {"ListObjectsV2 of its twin's prefix", "GET", inBucket + "?list-type=2&prefix=@%2F", nil, ""},
	} {
		add := func(prefix, by, theirs string) {
			all = append(all, &Attack{
				Name: "s3/" + prefix + name, Does: by + ": " + o.does + ", " + theirs, Differs: "the prefix is its own", Layer: IAM, Codes: forbidden, local: true, onlyOwn: true,
				Attempt: step(o.of(by, theirs)), Control: step(o.of(by, by)),
			})
		}
		add("twin-", twin, longerTwin)
		add("longer-twin-", longerTwin, twin)
	}
	return all
}

// readers are callers that may not read at all.
func readers() []*Attack {
	var all []*Attack
	for name, o := range map[string]onObject{
		"reads": {"GetObject", "GET", itsObject, nil, ""}, "lists": {"ListObjectsV2", "GET", inBucket + "?list-type=2&prefix=@%2F", nil, ""},
	} {
		for who, by := range map[string]string{"untagged": untagged, "empty-tag": emptied, "service": service, "seed-task": seedTask, "seed": seeder, "write": writer, "other-role": other} {
			all = append(all, &Attack{
				Name: "s3/" + who + "-" + name, Does: by + ": " + o.does, Differs: "the caller is " + attacker + "'s session", Layer: IAM, Codes: forbidden, needs: needs[by], local: true, onlyOwn: by != other,
				Attempt: step(o.of(by, attacker)), Control: step(o.of(attacker, attacker)),
			})
		}
	}
	for name, by := range map[string]string{"write-untagged-writes": looseOne, "seed-untagged-stores": loose} {
		own := map[string]string{looseOne: writer, loose: seeder}[by]
		o := onObject{"PutObject", "PUT", stored, encryptedUnder(ownAlias()), "planted"}
		all = append(all, &Attack{
			Name: "s3/" + name, Does: by + ": PutObject", Differs: "the session has the tag", Layer: IAM, Codes: forbidden, needs: needs[own], local: true,
			Attempt: step(o.of(by, attacker)), Control: step(o.of(own, attacker)),
		})
	}
	put := onObject{"PutObject into its own prefix: it only reads", "PUT", stored, encryptedUnder(ownAlias()), "planted"}
	return append(all, &Attack{
		Name: "s3/put-own", Does: attacker + ": " + put.does, Differs: "the caller is the session that writes", Layer: IAM, Codes: forbidden, needs: needs[writer], local: true,
		Attempt: step(put.of(attacker, attacker)), Control: step(put.of(writer, attacker)),
	})
}

// deletions are DeleteObjects: each key is decided on its own, and a denial stands in an answer that is 200.
func deletions() []*Attack {
	deleted := func(by, key string) Step {
		body := `<Delete><Object><Key>` + key + `</Key></Object></Delete>`
		sum := md5.Sum([]byte(body))
		do := step(onObject{"", "POST", inBucket + "?delete", []string{"Content-Md5: " + base64.StdEncoding.EncodeToString(sum[:])}, body}.of(by, ""))
		return func(ctx context.Context, w *World) (Answer, error) {
			a, err := do(ctx, w)
			if _, rest, denied := strings.Cut(string(a.Body), "<Error><Key>"); denied && a.ok() {
				_, rest, _ = strings.Cut(rest, "<Code>")
				a.Status = http.StatusForbidden
				a.Code, _, _ = strings.Cut(rest, "</Code>")
			}
			return a, err
		}
	}
	var all []*Attack
	for prefix, by := range map[string]string{"": attacker, "write-": writer} {
		for name, key := range map[string]string{"delete-objects": victim + "/1001/nobodys.txt", "delete-objects-own": attacker + "/1001/nobodys.txt"} {
			all = append(all, &Attack{
				Name: "s3/" + prefix + name, Does: by + ": DeleteObjects of " + key, Differs: "the caller is root", Layer: IAM, Codes: forbidden, needs: needs[by], local: true,
				Attempt: deleted(by, key), Control: deleted(root, key),
			})
		}
	}
	return all
}

// strayObjects lie in the own prefix, under keys that are not the tenant's: S3 allows them, and KMS must not.
func strayObjects() []*Attack {
	own := onObject{"", "GET", itsObject, nil, ""}.of(attacker, attacker)
	var all []*Attack
	add := func(name, object, does string, codes ...string) {
		for how, headers := range map[string][]string{"": nil, "-range": {"Range: bytes=0-3"}} {
			all = append(all, &Attack{
				Name: "s3/" + name + how, Does: attacker + ": GetObject in its own prefix of " + does, Differs: "its own key encrypted it", Layer: IAM, Codes: codes, local: true,
				Attempt: step(onObject{"", "GET", inBucket + "/" + object, headers, ""}.of(attacker, "")), Control: step(own),
			})
		}
	}
	add("under-other-key", underOther, "what another's key encrypted", forbidden...)
	add("under-nobodys-key", underNobodys, "what a key without a tag encrypted", forbidden...)
	add("under-disabled-key", underDisabled, "what its own key encrypted, which is disabled", "KMS.DisabledException")
	all = append(all, &Attack{
		Name: "s3/misplaced", Does: attacker + ": GetObject in another's prefix of what its own key encrypted", Differs: "the prefix is its own", Layer: IAM, Codes: forbidden, local: true,
		Attempt: step(onObject{"", "GET", inBucket + "/" + misplaced, nil, ""}.of(attacker, "")), Control: step(own),
	})
	return all
}

// wrongKeys are PutObjects into the own prefix under a key that is not the tenant's, in each way to name a key.
func wrongKeys() []*Attack {
	var all []*Attack
	for caller, by := range map[string]string{"write": writer, "seed": seeder} {
		for name, key := range map[string]func(w *World, tenant string) string{
			"id": (*World).keyID, "arn": (*World).keyARN, "alias": func(_ *World, tenant string) string { return aliasOf(tenant) },
			"alias-arn": func(_ *World, tenant string) string { return kmsARN + aliasOf(tenant) },
		} {
			put := func(tenant string) Step {
				return func(ctx context.Context, w *World) (Answer, error) {
					return w.send(ctx, onObject{"", "PUT", inBucket + "/yellow/1001/planted.txt", encryptedUnder(key(w, tenant)), "planted"}.of(by, ""))
				}
			}
			all = append(all, &Attack{
				Name: "s3/" + caller + "-key-by-" + name, Does: by + ": PutObject into its own prefix under another's key, by its " + strings.ReplaceAll(name, "-", " "), Differs: "the key is its own", Layer: IAM, Codes: forbidden, needs: needs[by], local: true,
				Attempt: put(victim), Control: put(attacker),
			})
		}
	}
	return all
}
