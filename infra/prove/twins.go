package prove

import "strings"

// Twins are tenants of which one's id begins with the other's. Each must be as strange to the other as any tenant.
const (
	twin       = "acme"
	longerTwin = "acme-eu"
)

// twinReads are requests that a twin may make for its own partition.
var twinReads = map[string]operation{
	"get-item":  {"GetItem of its twin's row", "GetItem", `{"TableName":"~table~","Key":` + key + `}`},
	"query":     {"Query of its twin's partition", "Query", query("~partition~ = :t", `"ExpressionAttributeValues":{":t":{"S":"@"}}`)},
	"batch-get": {"BatchGetItem of its twin's row", "BatchGetItem", `{"RequestItems":{"~table~":{"Keys":[` + key + `]}}}`},
}

// twinAttacks are those of each twin on the other's partition.
func twinAttacks() []*Attack {
	var all []*Attack
	for name, o := range twinReads {
		add := func(prefix, by, theirs string) {
			all = append(all, &Attack{
				Name: "dynamodb/" + prefix + name, Does: by + ": " + o.does + ", " + theirs, Differs: "the partition is its own", Layer: IAM, Codes: denied,
				Attempt: step(o.of(by, theirs)), Control: step(o.of(by, by)),
			})
		}
		add("twin-", twin, longerTwin)
		add("longer-twin-", longerTwin, twin)
	}
	return all
}

// delimiters are the characters that separate a tenant from the rest in a name of AWS. STS takes each of them in a tag.
var delimiters = map[string]string{"slash": "/", "underscore": "_", "at": "@", "blank": " "}

// twinTags ask for a session of a tenant whose id is that of another, a delimiter, and more: such a tenant's names lie among
// the other's. The control has a hyphen there, which ids may hold.
func twinTags(prefix, who string, good assumption) []*Attack {
	named := func(tenant, session string) assumption {
		return good.with("Tags.member.1.Value", tenant).with("RoleSessionName", session)
	}
	var all []*Attack
	for name, delimiter := range delimiters {
		tenant := strings.Replace(longerTwin, "-", delimiter, 1)
		for suffix, session := range map[string]string{"": tenant + "@prove", "-under-name-of-twin": twin + "@prove"} {
			if strings.ContainsAny(session, "/ ") {
				continue // no session name of STS
			}
			all = append(all, ofAssumption(prefix+"twin-with-"+name+suffix, who+"the tenant "+tenant+", called "+session,
				"a hyphen stands in place of the delimiter", refused, named(tenant, session), named(longerTwin, longerTwin+"@prove")))
		}
	}
	return all
}

// nameAttacks ask for a session whose name is not the tenant's: CloudTrail would tell another tenant's deeds.
func nameAttacks(prefix, who string, good assumption) []*Attack {
	var all []*Attack
	add := func(name, does string, attempt, control assumption) {
		all = append(all, ofAssumption(prefix+name, who+does, "the name is the tenant's", refused, attempt, control))
	}
	called := func(name string) assumption { return good.with("RoleSessionName", name) }
	add("name-of-other", "the session name of "+victim, called(victim+"@prove"), good)
	add("name-without-tenant", "a session name without a tenant", called("Admin"), good)
	add("name-is-tenant-alone", "a session name that is the tenant's id, without what ends it", called(attacker), good)
	add("name-in-other-case", "the session name in capitals", called(strings.ToUpper(attacker)+"@prove"), good)
	add("name-behind-another", "a session name with the tenant behind another name", called(victim+"@"+attacker+"@prove"), good)
	short, long := good.with("Tags.member.1.Value", twin), good.with("Tags.member.1.Value", longerTwin)
	add("name-of-longer-twin", "the tenant "+twin+" under the session name of "+longerTwin, short.with("RoleSessionName", longerTwin+"@prove"), short.with("RoleSessionName", twin+"@prove"))
	add("name-of-shorter-twin", "the tenant "+longerTwin+" under the session name of "+twin, long.with("RoleSessionName", twin+"@prove"), long.with("RoleSessionName", longerTwin+"@prove"))
	return all
}
