package prove

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/theorem"
)

func ownership(t testing.TB) *theorem.Ownership {
	t.Helper()
	file, err := iam.EmbeddedOwnership()
	if err != nil {
		t.Fatal(err)
	}
	owned, err := Owned(file, namesOf(t).Values())
	if err != nil {
		t.Fatal(err)
	}
	return owned
}

// refutations are those of roles, by the Sid of the statement.
func refutations(t *testing.T, all []localaws.Role) map[string][]theorem.Refutation {
	t.Helper()
	parsed, err := theorem.Roles(all)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := theorem.Prove(account, parsed, ownership(t))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]theorem.Refutation{}
	for _, f := range findings {
		for _, r := range f.Refutations {
			found[r.At.Sid] = append(found[r.At.Sid], r)
		}
	}
	return found
}

func replay(t *testing.T, all []localaws.Role, asked ...theorem.Refutation) []Replayed {
	t.Helper()
	replayed, err := Replay(t.Context(), all, asked)
	if err != nil {
		t.Fatal(err)
	}
	return replayed
}

// under is r with a session that the hardened trust policies vend, where they vend one for the tenant at all.
func under(r theorem.Refutation) theorem.Refutation {
	r.Session.Transitive = []string{"TenantID"}
	r.Session.Name = strings.ReplaceAll(r.Tenant, "/", "-") + "@replay"
	return r
}

// grantedOwn are the actions of the hardened roles, by role and service.
var grantedOwn = map[string]string{
	"TrackingAccessRole dynamodb": "GetItem", "TrackingAccessRole es": "ESHttpGet", "TrackingAccessRole s3": "GetObject", "TrackingAccessRole kms": "Decrypt",
	"TrackingWriteRole s3": "PutObject", "TrackingWriteRole kms": "GenerateDataKey",
	"TrackingSeedRole dynamodb": "PutItem", "TrackingSeedRole es": "ESHttpPut", "TrackingSeedRole s3": "PutObject", "TrackingSeedRole kms": "GenerateDataKey",
}

// own is r about what is its session's own: with r's action where a session of the hardened roles may do that at all.
func own(t *testing.T, r theorem.Refutation) theorem.Refutation {
	if r.Tenant == "" { // it is a task's
		r.Session = theorem.Session{Role: "TrackingAccessRole", By: "TrackingServiceRole"}
	}
	r.Tenant, r.Victim, r.Session.Tags = attacker, attacker, map[string]string{"TenantID": attacker}
	r = under(r)
	service, action, _ := strings.Cut(r.Request.Action, ":")
	if !slices.Contains([]string{"TrackingAccessRole Query", "TrackingAccessRole BatchGetItem", "TrackingSeedRole BatchWriteItem", "TrackingAccessRole ListBucket"}, r.Session.Role+" "+action) {
		action = grantedOwn[r.Session.Role+" "+service]
	}
	keys := map[string][]string{"aws:principaltag/tenantid": {attacker}}
	r.Request = theorem.Request{Action: service + ":" + action, Context: keys}
	switch service {
	case "dynamodb":
		r.Request.Resource, keys["dynamodb:leadingkeys"] = namesOf(t).fill(arn), []string{attacker}
	case "es":
		r.Request.Resource = domainARN + "test/" + attacker + "-shipments/" + map[string]string{"ESHttpGet": "_search", "ESHttpPut": "_doc/1"}[action]
	case "kms":
		r.Request.Resource = kmsARN + "key/any"
		keys["aws:resourcetag/tenantid"], keys["kms:viaservice"], keys["kms:encryptioncontext:aws:s3:arn"] = []string{attacker}, []string{"s3." + region + ".amazonaws.com"}, []string{namesOf(t).fill(ownObject)}
	case "s3":
		r.Request.Resource = namesOf(t).fill(ownObject)
		switch action {
		case "ListBucket":
			r.Request.Resource, keys["s3:prefix"] = namesOf(t).fill(bucketARN), []string{attacker + "/"}
		case "PutObject":
			keys["s3:x-amz-server-side-encryption"] = []string{"aws:kms"}
		}
	}
	return r
}

func TestRefutationsOfTheArticleAreReplayed(t *testing.T) {
	article, hardened := roles(t, iam.Article), roles(t, iam.Hardened)
	found := refutations(t, article)
	if got, want := slices.Sorted(maps.Keys(found)), []string{"ListOwnPrefix", "OwnIndexes", "ReadOwnPrefix", "WriteOwnPrefix"}; !slices.Equal(got, want) {
		t.Fatalf("refuted: %v, want %v", got, want)
	}
	for sid, asked := range found {
		for _, r := range asked {
			mustAllow(t, sid, replay(t, article, r, own(t, r)), true, true)
			denied := replay(t, hardened, under(r), own(t, r))
			mustAllow(t, sid+" under the hardened policies", denied, false, true)
			layer := STS // which refuses a tenant's id with a slash
			if sid == "OwnIndexes" {
				layer = IAM
			}
			if denied[0].Layer != layer || denied[1].Layer != IAM {
				t.Errorf("%s: denied by %s: %s; want %s", sid, denied[0].Layer, denied[0].Decided, layer)
			}
		}
	}
}

// mustAllow wants requests to be sent and to be decided as told.
func mustAllow(t *testing.T, name string, got []Replayed, want ...bool) {
	t.Helper()
	for i, r := range got {
		if r.How != Sent || r.Allowed != want[i] || r.Decided == "" || r.Sent == "" {
			t.Errorf("%s: %s of %s for %s: %s, allowed %t, by %s %q, sent %q, because %q; want allowed %t", name, r.Request.Action, r.Request.Resource, r.Tenant, r.How, r.Allowed, r.Layer, r.Decided, r.Sent, r.Why, want[i])
		}
	}
}

type fields = map[string]any

// edited is roles with each statement of a Sid changed; change returns what stands in its place.
func edited(t *testing.T, all []localaws.Role, sid string, change func(fields) []fields) []localaws.Role {
	t.Helper()
	out, changed := slices.Clone(all), false
	for i := range out {
		out[i].Policies = slices.Clone(out[i].Policies)
		for j, p := range out[i].Policies {
			var document struct {
				Version   string
				Statement []fields
			}
			if err := json.Unmarshal(p.Document, &document); err != nil {
				t.Fatal(err)
			}
			var statements []fields
			for _, s := range document.Statement {
				if s["Sid"] == sid {
					changed = true
					statements = append(statements, change(s)...)
				} else {
					statements = append(statements, s)
				}
			}
			document.Statement = statements
			text, err := json.Marshal(document)
			if err != nil {
				t.Fatal(err)
			}
			out[i].Policies[j].Document = text
		}
	}
	if !changed {
		t.Fatalf("no statement is called %s", sid)
	}
	return out
}

// with returns a change that sets an element of a statement; nil takes it away.
func with(element string, value any) func(fields) []fields {
	return func(s fields) []fields {
		if value == nil {
			delete(s, element)
		} else {
			s[element] = value
		}
		return []fields{s}
	}
}

// withoutKey returns a change that takes one condition away.
func withoutKey(operator, key string) func(fields) []fields {
	return func(s fields) []fields {
		delete(s["Condition"].(fields)[operator].(fields), key)
		if len(s["Condition"].(fields)[operator].(fields)) == 0 {
			delete(s["Condition"].(fields), operator)
		}
		return []fields{s}
	}
}

func instead(s ...fields) func(fields) []fields {
	return func(fields) []fields { return s }
}

func TestRefutationsOfWeakenedPoliciesAreReplayed(t *testing.T) {
	table := "arn:aws:dynamodb:" + region + ":" + account + ":table/"
	allow := func(action, resource string) fields {
		return fields{"Sid": "Planted", "Effect": "Allow", "Action": action, "Resource": resource}
	}
	also := func(more fields) func(fields) []fields {
		return func(s fields) []fields { return []fields{s, more} }
	}
	for name, tc := range map[string]struct {
		sid, refuted string
		change       func(fields) []fields
		actions      []string // that have to be among the refuted; none: any
	}{
		"reads of any partition":         {"ReadOwnPartition", "ReadOwnPartition", with("Condition", nil), nil},
		"reads by Query alone":           {"ReadOwnPartition", "Planted", instead(allow("dynamodb:Query", table+"TrackingData")), nil},
		"batches of any partition":       {"ReadOwnPartition", "Planted", also(allow("dynamodb:BatchGetItem", table+"TrackingData")), []string{"dynamodb:BatchGetItem"}},
		"writes into any partition":      {"WriteOwnPartition", "WriteOwnPartition", with("Condition", nil), nil},
		"updates of any partition":       {"WriteOwnPartition", "Planted", also(allow("dynamodb:UpdateItem", table+"TrackingData")), nil},
		"checks of any partition":        {"WriteOwnPartition", "Planted", also(allow("dynamodb:ConditionCheckItem", table+"TrackingData")), nil},
		"batched writes everywhere":      {"WriteOwnPartition", "Planted", also(allow("dynamodb:BatchWriteItem", table+"TrackingData")), nil},
		"an index by Query":              {"DenyIndexes", "Planted", instead(allow("dynamodb:Query", table+"*/index/*")), []string{"dynamodb:Query"}},
		"Scan":                           {"DenyWhatNamesNoKey", "Planted", instead(allow("dynamodb:Scan", table+"TrackingData")), []string{"dynamodb:Scan"}},
		"PartiQL":                        {"DenyWhatNamesNoKey", "Planted", instead(allow("dynamodb:PartiQLSelect", table+"TrackingData")), []string{"dynamodb:PartiQLSelect"}},
		"everything of DynamoDB":         {"DenyWhatNamesNoKey", "Planted", instead(allow("dynamodb:*", table+"TrackingData")), nil},
		"a table's deletion":             {"ReadOwnPartition", "Planted", also(allow("dynamodb:DeleteTable", table+"TrackingData")), []string{"dynamodb:DeleteTable"}},
		"a task's own reads":             {"AssumeForATenant", "Planted", also(allow("dynamodb:GetItem", table+"TrackingData")), nil},
		"any index by GET":               {"SearchOwnIndex", "SearchOwnIndex", with("Resource", "arn:aws:es:"+region+":"+account+":domain/test/*/_search"), nil},
		"documents into any index":       {"IndexOwnDocuments", "IndexOwnDocuments", with("Resource", "arn:aws:es:"+region+":"+account+":domain/test/*"), nil},
		"any object":                     {"ReadOwnPrefix", "ReadOwnPrefix", with("Resource", "arn:aws:s3:::"+namesOf(t).bucket+"/*"), nil},
		"objects of longer names":        {"ReadOwnPrefix", "ReadOwnPrefix", with("Resource", "arn:aws:s3:::"+namesOf(t).bucket+"/${aws:PrincipalTag/TenantID}*"), nil},
		"writes of any object":           {"WriteOwnPrefix", "WriteOwnPrefix", with("Resource", "arn:aws:s3:::"+namesOf(t).bucket+"/*"), nil},
		"deletions of any object":        {"ReadOwnPrefix", "Planted", also(allow("s3:DeleteObject", "arn:aws:s3:::"+namesOf(t).bucket+"/*")), nil},
		"a list without prefix":          {"ListOwnPrefix", "ListOwnPrefix", with("Condition", nil), nil},
		"keys of all, through S3":        {"DecryptWithOwnKey", "DecryptWithOwnKey", withoutKey("StringEquals", "aws:PrincipalTag/TenantID"), nil},
		"keys of all, from KMS itself":   {"DecryptWithOwnKey", "DecryptWithOwnKey", with("Condition", nil), nil},
		"data keys of all, through S3":   {"EncryptWithOwnKey", "EncryptWithOwnKey", withoutKey("StringEquals", "aws:PrincipalTag/TenantID"), nil},
		"data keys of all, from KMS":     {"EncryptWithOwnKey", "EncryptWithOwnKey", with("Condition", nil), nil},
		"any partition from one address": {"ReadOwnPartition", "ReadOwnPartition", with("Condition", fields{"IpAddress": fields{"aws:SourceIp": "198.51.100.0/24"}}), nil},
		"any partition of one agent":     {"ReadOwnPartition", "ReadOwnPartition", with("Condition", fields{"StringLike": fields{"aws:UserAgent": "agent-*"}}), nil},
		"any partition over TLS":         {"ReadOwnPartition", "ReadOwnPartition", with("Condition", fields{"Bool": fields{"aws:SecureTransport": "true"}}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hardened := roles(t, iam.Hardened)
			weak := edited(t, hardened, tc.sid, tc.change)
			asked := refutations(t, weak)[tc.refuted]
			if len(asked) == 0 {
				t.Fatalf("the theorem does not refute %s", tc.refuted)
			}
			n := len(asked)
			mustAllow(t, "weakened", replay(t, weak, asked...), slices.Repeat([]bool{true}, n)...)
			denied := replay(t, hardened, append(asked, own(t, asked[0]))...)
			mustAllow(t, "hardened", denied, append(slices.Repeat([]bool{false}, n), true)...)
			var actions []string
			for i, r := range asked {
				actions = append(actions, r.Request.Action)
				if denied[i].Layer != IAM {
					t.Errorf("%s is denied by %s: %s", r.Request.Action, denied[i].Layer, denied[i].Decided)
				}
			}
			for _, action := range tc.actions {
				if !slices.Contains(actions, action) {
					t.Errorf("refuted with %v, want %s", actions, action)
				}
			}
		})
	}
}

func TestRefutationsThatNoClientCanSendAreSimulatedAndSaySo(t *testing.T) {
	hardened := roles(t, iam.Hardened)
	for name, tc := range map[string]struct {
		sid    string
		change func(fields) []fields
		why    string
	}{
		"a time that is not now":   {"ReadOwnPartition", with("Condition", fields{"DateGreaterThan": fields{"aws:CurrentTime": "2090-01-01T00:00:00Z"}}), "aws:currenttime"},
		"a service of AWS":         {"DecryptWithOwnKey", with("Condition", fields{"StringEquals": fields{"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}), "sqs.us-east-1.amazonaws.com"},
		"two keys of a GetItem":    {"ReadOwnPartition", with("Condition", fields{"ForAnyValue:StringEquals": fields{"dynamodb:LeadingKeys": "${aws:PrincipalTag/TenantID}"}}), "GetItem names one key"},
		"another's name of itself": {"ReadOwnPartition", with("Condition", fields{"StringEquals": fields{"aws:userid": "AROAOTHER:yellow@session"}}), "aws:userid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			weak := edited(t, hardened, tc.sid, tc.change)
			asked := refutations(t, weak)[tc.sid]
			if len(asked) == 0 {
				t.Fatalf("the theorem does not refute %s", tc.sid)
			}
			for allowed, under := range map[bool][]localaws.Role{true: weak, false: hardened} {
				for _, r := range replay(t, under, asked...) {
					if r.How != Simulated || r.Allowed != allowed || r.Layer != IAM || !strings.Contains(r.Why, tc.why) || r.Sent != "" {
						t.Errorf("%s, allowed %t, %q because %q; want simulated, allowed %t, because of %q", r.How, r.Allowed, r.Decided, r.Why, allowed, tc.why)
					}
				}
			}
		})
	}
	nonsense := theorem.Refutation{Session: theorem.Session{Role: "TrackingAccessRole", By: "TrackingServiceRole"}, Request: theorem.Request{Action: "s3:*", Resource: "nonsense"}}
	if got := replay(t, hardened, under(nonsense))[0]; got.How != NotReplayed || got.Allowed || got.Why == "" {
		t.Errorf("nonsense: %+v, want not replayed, and why", got)
	}
}
