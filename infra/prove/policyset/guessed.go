package policyset

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

var otherVariable = regexp.MustCompile(`\$\{[^}]*\}`)

// starred is a text with * in place of its variables.
func starred(text string) string { return otherVariable.ReplaceAllString(text, "*") }

// bareActions are those that have no resource: AWS's Service Authorization Reference, of the services that policies of tenants use most.
var bareActions = []string{
	"s3:ListAllMyBuckets", "dynamodb:ListTables", "sqs:ListQueues", "sns:ListTopics", "secretsmanager:ListSecrets", "secretsmanager:GetRandomPassword",
	"ssm:DescribeParameters", "kinesis:ListStreams", "states:ListStateMachines", "events:ListEventBuses", "kms:ListKeys", "kms:ListAliases", "kms:GenerateRandom", "lambda:ListFunctions", "logs:DescribeLogGroups", "cloudwatch:PutMetricData",
	"xray:PutTraceSegments", "xray:PutTelemetryRecords",
}

// makingActions make a thing, and touch none that is there. Others of that name do: ec2:CreateTags tags what is another's, and
// rds:CreateDBSnapshot copies it.
var makingActions = []string{
	"sqs:CreateQueue", "sns:CreateTopic", "secretsmanager:CreateSecret", "kms:CreateKey", "dynamodb:CreateTable", "lambda:CreateFunction", "logs:CreateLogGroup",
	"kinesis:CreateStream", "states:CreateStateMachine",
}

// itemActions always name keys of items: DynamoDB Developer Guide, "Using IAM policy conditions for fine-grained access control".
var itemActions = []string{
	"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
	"dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem",
}

// grant reads one resource of a statement.
func (g *guess) grant(service string, actions []string, arn, key, owner string, at theorem.Place) {
	if arn == "*" {
		rest := slices.DeleteFunc(slices.Clone(actions), func(name string) bool {
			bare := slices.ContainsFunc(bareActions, func(known string) bool { return strings.EqualFold(known, name) })
			if bare && !slices.Contains(g.bare, name) {
				g.bare = append(g.bare, name)
				g.notef("%s has no resource: it is taken to show no tenant's data", name)
			}
			return bare
		})
		if len(rest) == 0 {
			return
		}
		actions, arn = rest, "arn:aws:"+service+":*:*:*"
		if service == "s3" {
			arn = "arn:aws:s3:::*"
		}
	}
	if strings.Count(arn, g.variable()) == 1 {
		g.byName(service, arn)
		return
	}
	access := theorem.Access{Actions: actions, Owner: "everybody"}
	if key != "" {
		access.Key, access.Owner = key, owner
		if strings.EqualFold(key, "dynamodb:LeadingKeys") {
			access.Actions, access.Always = itemActions, true
		}
	} else {
		g.notef("%s grants %s on %s and does not look at the tag: it is taken to be everybody's; say \"nobody\" where no tenant's data is there", at, strings.Join(actions, ", "), arn)
	}
	if access.Owner != "everybody" && strings.ContainsRune(access.Owner, '*') && !strings.Contains(access.Owner, "{owner}") {
		return
	}
	g.add(service, pattern(starred(arn)), access)
}

// byName reads an ARN that the tag stands in.
func (g *guess) byName(service, arn string) {
	access := theorem.Access{Actions: []string{service + ":*"}, Owner: pattern(g.owner(arn))}
	whole := ""
	switch {
	case service == "secretsmanager" && strings.HasSuffix(access.Owner, "{owner}-??????"):
		// Secrets Manager puts a hyphen and six characters behind a name: so the whole name is spelled.
		access.Delimiters = &whole
	case strings.HasSuffix(access.Owner, "{owner}"):
		slash := "/"
		access.Delimiters = &slash
		g.notef("%q: nothing stands behind the tenant, and its name is taken to have no slash", access.Owner)
	}
	g.add(service, pattern(starred(g.between(arn))), access)
}

// between is an ARN in which a wildcard right behind the tag is one with it.
func (g *guess) between(arn string) string {
	return strings.ReplaceAll(arn, g.variable()+"*", g.variable())
}

// pattern is an ARN for every region and account, since the name tells the owner.
func pattern(arn string) string {
	segments := strings.SplitN(arn, ":", 6)
	if len(segments) == 6 && segments[2] != "s3" {
		segments[3], segments[4] = "*", "*"
	}
	return strings.Join(segments, ":")
}

// add adds an access to a resource, after what is known of it.
func (g *guess) add(service, arn string, access theorem.Access) {
	i := slices.IndexFunc(g.resources, func(r *guessed) bool { return r.ARN == arn })
	if i < 0 {
		i = len(g.resources)
		g.resources = append(g.resources, &guessed{service, theorem.Resource{ARN: arn}})
	}
	r := g.resources[i]
	for j := range r.Access {
		known := &r.Access[j]
		if known.Key == access.Key && known.Owner == access.Owner {
			for _, name := range access.Actions {
				if !slices.Contains(known.Actions, name) {
					known.Actions = append(known.Actions, name)
				}
			}
			return
		}
	}
	access.Actions = slices.Clone(access.Actions)
	r.Access = append(r.Access, access)
}

var storeNames = map[string]string{
	"dynamodb": "DynamoDB", "s3": "S3", "kms": "KMS", "sqs": "SQS", "sns": "SNS", "secretsmanager": "Secrets Manager", "logs": "Logs",
	"lambda": "Lambda", "execute-api": "API Gateway", "ssm": "SSM", "es": "OpenSearch",
}

// stores are the resources by service; of one service, those first whose ARN says more.
func (g *guess) stores() []theorem.Store {
	var all []theorem.Store
	slices.SortStableFunc(g.resources, func(a, b *guessed) int { return cmp.Compare(plain(b.ARN), plain(a.ARN)) })
	services := []string{}
	for _, r := range g.resources {
		if !slices.Contains(services, r.service) {
			services = append(services, r.service)
		}
	}
	slices.Sort(services)
	for _, service := range services {
		s := theorem.Store{Name: cmp.Or(storeNames[service], service)}
		if service == "dynamodb" {
			for _, r := range g.resources { // an index that a policy names by its tenant
				if r.namesIndex() {
					r.order()
					s.Resources = append(s.Resources, r.Resource)
				}
			}
			s.Resources = append(s.Resources, theorem.Resource{ARN: "arn:aws:dynamodb:*:*:table/*/index/*", Access: []theorem.Access{{Actions: []string{"dynamodb:Query", "dynamodb:Scan", "dynamodb:*"}, Owner: "everybody"}}})
			g.notef("indexes of tables are taken to show every tenant's rows: where an index has the tenant as its partition key, say so as of the table")
		}
		for _, r := range g.resources {
			if r.service == service && !r.namesIndex() {
				r.order()
				s.Resources = append(s.Resources, r.Resource)
			}
		}
		all = append(all, s)
	}
	if len(g.bare) > 0 && len(all) > 0 {
		all = append(all, theorem.Store{Name: "no resource", Resources: []theorem.Resource{{ARN: "*", Access: []theorem.Access{{Actions: g.bare, Owner: "nobody"}}}}})
	}
	return all
}

// namesIndex reports whether r is of a table's indexes alone, each of which is the tenant's whom the name of the table tells.
func (r *guessed) namesIndex() bool {
	_, after, _ := strings.Cut(r.ARN, "/index/")
	return r.service == "dynamodb" && after != "" && !slices.ContainsFunc(r.Access, func(a theorem.Access) bool { return a.Key != "" || !strings.Contains(a.Owner, "{owner}") })
}

// order puts first what names actions, and last what names all of a service: the first that names an action counts.
func (r *guessed) order() {
	slices.SortStableFunc(r.Access, func(a, b theorem.Access) int { return cmp.Compare(broad(&a), broad(&b)) })
}

func broad(a *theorem.Access) int {
	n := 0
	if slices.ContainsFunc(a.Actions, func(name string) bool { return strings.HasSuffix(name, ":*") }) {
		n = 2
	}
	if a.Owner == "everybody" {
		n++
	}
	return n
}

// plain is how many characters of an ARN are no wildcards.
func plain(arn string) int { return len(strings.ReplaceAll(arn, "*", "")) }

// taggers are who may ask for a session with a tag of a role that looks at it: services, and roles of the set that none but services and such
// roles may assume. Of whoever else may, such as an account, nobody has said that it verifies which tenant asks.
func (g *guess) taggers(s *Set, roles []theorem.Role) []string {
	var all []string
	for i := range roles {
		if roles[i].Trust.Policy == nil || !g.looksAtTag(&roles[i]) {
			continue
		}
		for _, c := range roles[i].Trust.Policy.Clauses() {
			tags := slices.ContainsFunc(c.Actions, func(t policy.Text) bool { return like(strings.ToLower(t.Source), "sts:tagsession") })
			if c.Effect != policy.Allow || !tags {
				continue
			}
			for _, who := range c.Principals.Source {
				short := strings.TrimPrefix(who, "arn:aws:iam::"+s.Account+":role/")
				switch service := slices.Contains(c.Principals.Services, who); {
				case !service && !startsInside(s, roles, short, nil):
					g.notef("\"mayTag\": %s may ask for sessions of any tenant, by the trust policy of %s, and is not taken to have verified which tenant asks: name it where it has", who, roles[i].Name)
				case !slices.Contains(all, short):
					all = append(all, short)
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// startsInside reports whether name is a role of the set whose sessions services start, or roles of which that is true.
func startsInside(s *Set, roles []theorem.Role, name string, on []string) bool {
	i := slices.IndexFunc(roles, func(r theorem.Role) bool { return r.Name == name })
	if i < 0 || roles[i].Trust.Policy == nil {
		return false
	}
	if slices.Contains(on, name) {
		return true // a circle brings nobody else in
	}
	for _, c := range roles[i].Trust.Policy.Clauses() {
		for _, who := range c.Principals.Source {
			if c.Effect == policy.Allow && !slices.Contains(c.Principals.Services, who) &&
				!startsInside(s, roles, strings.TrimPrefix(who, "arn:aws:iam::"+s.Account+":role/"), append(on, name)) {
				return false
			}
		}
	}
	return true
}
