package prove

import "strings"

// onObject makes a request of S3: any method on any key, with any headers that name a key, a source or a part.
func (g *generator) onObject() request {
	by := pick(g, attacker, attacker, attacker, writer, writer, seeder)
	if g.tame {
		switch by {
		case attacker:
			return pick(g, onObject{"", "GET", inBucket + "/" + g.objectKey(), nil, ""}, onObject{"", "GET", inBucket + "?list-type=2&prefix=yellow%2F", nil, ""}).of(by, attacker)
		default:
			return onObject{"", "PUT", inBucket + "/" + g.objectKey(), encryptedUnder(ownAlias()), "planted"}.of(by, attacker)
		}
	}
	if g.one(10) {
		by = pick(g, untagged, emptied, loose, looseOne, service, seedTask, other)
	}
	o := onObject{"", pick(g, "GET", "GET", "GET", "HEAD", "PUT", "PUT", "DELETE", "POST"), inBucket, nil, ""}
	if o.method == "GET" && g.one(2) {
		o.path += g.listing()
		return o.of(by, attacker)
	}
	o.path += pick(g, "/", "/", "/", "/", "//", "/./", "/../") + g.objectKey()
	if g.one(8) {
		o.path += "?" + pick(g, "acl", "tagging", "attributes", "versionId=null", "uploads", "partNumber=1", "uploadId=x", "partNumber=1&uploadId=x", "delete", "restore", "x-id=GetObject", "unknown")
	}
	for _, header := range []string{"Range: bytes=0-3", `If-None-Match: "0"`, "If-Match: *", "X-Amz-Checksum-Mode: ENABLED", "X-Amz-Tagging: ~tag~=yellow", "X-Amz-Acl: private"} {
		if g.one(12) {
			o.headers = append(o.headers, header)
		}
	}
	if o.method == "PUT" || o.method == "POST" {
		o.body = pick(g, "planted", "")
		o.headers = append(o.headers, g.encryption()...)
		if g.one(4) {
			o.headers = append(o.headers, "X-Amz-Copy-Source: "+pick(g, "", "/")+bucket+"/"+g.objectKey())
		}
	}
	return o.of(by, attacker)
}

// objectKey is a key as a path has it: of any tenant, sometimes by way of another.
func (g *generator) objectKey() string {
	key := g.tenant() + "/" + pick(g, "1001/canary.txt", "1001/canary.txt", "1001/planted.txt", "1001/", "nobodys.txt", "")
	if g.tame {
		return attacker + "/1001/" + pick(g, "canary.txt", "planted.txt")
	}
	if g.one(5) {
		key = attacker + pick(g, "/../", "/%2e%2e/", "%2F..%2F", "//", "/./../", "%252F..%252F", "/..%5C") + key
	}
	// What no URL holds: the random tenants have blanks, dollars and letters that are not ASCII.
	return strings.NewReplacer(" ", "%20", "?", "%3F", "{", "%7B", "}", "%7D", "е", "%D0%B5").Replace(key)
}

func (g *generator) listing() string {
	list := "?" + pick(g, "list-type=2", "list-type=2", "", "versions", "uploads")
	for _, name := range []string{"prefix", "prefix", "start-after", "marker", "delimiter", "max-keys", "continuation-token", "key-marker"} {
		switch {
		case !g.one(3):
		case name == "max-keys":
			list += "&max-keys=" + pick(g, "0", "1", "2", "x", "-1")
		case name == "delimiter":
			list += "&delimiter=" + pick(g, "%2F", "l", "")
		default:
			list += "&" + name + "=" + strings.ReplaceAll(pick(g, g.objectKey(), g.tenant(), g.tenant()+"/", ""), "%", "%25")
		}
	}
	return strings.NewReplacer(" ", "%20", "{", "%7B", "}", "%7D", "е", "%D0%B5", "?&", "?").Replace(list)
}

func (g *generator) encryption() []string {
	switch g.IntN(5) {
	case 0:
		return nil
	case 1:
		return []string{"X-Amz-Server-Side-Encryption: AES256"}
	case 2:
		return encryptedUnder(aliasOf(pick(g, crowd...)))
	}
	return encryptedUnder(ownAlias())
}
