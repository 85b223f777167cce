package theorem

import (
	"strings"

	"pgregory.net/rapid"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
)

const (
	heldAccount = "000000000000"
	heldTag     = "T"
	compute     = "ecs-tasks.amazonaws.com"
)

// Texts that the sets are made of: few, so that statements, owners and requests often meet. # is the delimiter of the set.
var (
	heldVariables = []string{
		"${aws:PrincipalTag/T}", "${aws:PrincipalTag/T}", "${aws:PrincipalTag/T}", "${aws:PrincipalTag/t}", "${aws:PrincipalTag/T, 'a'}", "${aws:ResourceTag/T}", "${s3:prefix}", "${a:b, 'a'}",
		"${aws:PrincipalTag/U}",
	}
	heldPieces    = []string{"a", "b", "#", "#", "*", "?", "x", "A", ""}
	heldActions   = []string{"s3:GetObject", "s3:GetObject", "s3:*", "s3:ListBucket", "dynamodb:GetItem", "dynamodb:Scan", "dynamodb:*", "kms:Decrypt", "*", "s3:get*"}
	heldRequests  = []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket", "dynamodb:GetItem", "dynamodb:Scan", "kms:Decrypt", "S3:getobject"}
	heldResources = map[string]string{"s3": "arn:aws:s3:::b/", "dynamodb": "arn:aws:dynamodb:r:" + heldAccount + ":table/", "kms": "arn:aws:kms:r:" + heldAccount + ":key/"}
	heldKeys      = []string{"s3:prefix", "dynamodb:LeadingKeys", "aws:ResourceTag/T", "aws:PrincipalTag/T", "a:b", "aws:PrincipalTag/t", "aws:PrincipalTag/U"}
	heldOperators = []string{
		"StringEquals", "StringEquals", "StringLike", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
		"ArnLike", "ArnNotLike", "Bool", "Null", "Null", "NumericLessThan", "NumericNotEquals", "DateGreaterThan", "IpAddress", "NotIpAddress",
	}
	heldPrefixes = []string{"", "", "", "ForAllValues:", "ForAnyValue:"}
)

func pick(t *rapid.T, of []string) string { return rapid.SampledFrom(of).Draw(t, "text") }

// one reports true in one of n draws.
func one(t *rapid.T, n int) bool { return rapid.IntRange(0, n-1).Draw(t, "one") == n-1 }

func drawWorld(t *rapid.T) *world {
	w := &world{documents: map[string]string{}}
	delimiter := pick(t, []string{"/", "-", "_"})
	w.letters = "ab" + delimiter
	if one(t, 3) {
		w.letters = "aA" + delimiter
	}
	fill := func(list []string) (all []string) {
		for _, text := range list {
			all = append(all, strings.ReplaceAll(text, "#", delimiter))
		}
		return all
	}
	pieces := fill(heldPieces)
	w.owned = w.drawOwnership(t, delimiter)
	roles := []localaws.Role{{Name: "Service", Trust: w.document(t, "Service/trust", map[string]any{"Version": "2012-10-17", "Statement": map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"Service": compute}, "Action": "sts:AssumeRole",
	}})}}
	access := localaws.Role{Name: "Access", Trust: w.document(t, "Access/trust", w.drawTrust(t, delimiter, "Service"))}
	access.Policies = []localaws.PolicyDocument{{Name: "p", Document: w.document(t, "Access/p", w.drawPolicy(t, pieces, delimiter))}}
	roles = append(roles, access)
	if one(t, 2) {
		chained := localaws.Role{Name: "Chained", Trust: w.document(t, "Chained/trust", w.drawTrust(t, delimiter, "Access"))}
		chained.Policies = []localaws.PolicyDocument{{Name: "p", Document: w.document(t, "Chained/p", w.drawPolicy(t, pieces, delimiter))}}
		roles = append(roles, chained)
		if one(t, 2) {
			roles = append(roles, localaws.Role{Name: "Deep", Trust: w.document(t, "Deep/trust", w.drawTrust(t, delimiter, "Chained"))})
		}
	}
	w.roles = w.parsed(t, roles)
	if one(t, 6) {
		p, err := policy.Parse(w.document(t, "boundary", w.drawPolicy(t, pieces, delimiter)), policy.Identity)
		if err != nil {
			t.Fatalf("%v\n%s", err, w)
		}
		w.roles[1].Boundary = &policy.Named{Name: "boundary", Policy: p}
	}
	return w
}

func (w *world) drawOwnership(t *rapid.T, delimiter string) *Ownership {
	hashed := func(texts ...string) string { return strings.ReplaceAll(pick(t, texts), "#", delimiter) }
	s3 := heldResources["s3"]
	object := Access{Actions: []string{"s3:GetObject"}, Owner: hashed(s3+"{owner}#*", s3+"{owner}#*", s3+"x{owner}#*", s3+"{owner}", s3+"*#{owner}", everybody, nobody)}
	list := Access{Actions: []string{"s3:ListBucket"}, Key: "s3:prefix", Owner: hashed("{owner}#*", "{owner}#*", "x#{owner}", "{owner}"), Always: one(t, 3)}
	item := Access{Actions: []string{"dynamodb:GetItem"}, Key: "dynamodb:LeadingKeys", Owner: hashed("{owner}", "{owner}", "{owner}#*", "a{owner}"), Always: one(t, 2)}
	key := Access{Actions: []string{"kms:Decrypt"}, Key: "aws:ResourceTag/T", Owner: "{owner}"}
	o := map[string]any{"tag": heldTag, "mayTag": []string{"Service", "Access"}, "stores": []Store{
		{"S3", []Resource{{s3 + "*", []Access{object, {Actions: []string{"s3:ListBucket"}, Owner: nobody}}}, {"arn:aws:s3:::b", []Access{list, {Actions: []string{"s3:*"}, Owner: nobody}}}}},
		{"DynamoDB", []Resource{{"arn:aws:dynamodb:*:*:table/*", []Access{item, {Actions: []string{"dynamodb:*"}, Owner: pick(t, []string{nobody, everybody})}}}}},
		{"KMS", []Resource{{"arn:aws:kms:*:*:key/*", []Access{key, {Actions: []string{"kms:*"}, Owner: nobody}}}}},
	}}
	owned, err := ReadOwnership(w.document(t, "ownership", o))
	if err != nil {
		t.Fatalf("%v\n%s", err, w)
	}
	return owned
}

// drawTrust draws a trust policy for sessions of a role, from one that holds nothing to a strict one.
func (w *world) drawTrust(t *rapid.T, delimiter, by string) any {
	condition := map[string]map[string]any{}
	set := func(operator, key string, value any) {
		if condition[operator] == nil {
			condition[operator] = map[string]any{}
		}
		condition[operator][key] = value
	}
	if !one(t, 4) {
		set("StringLike", "aws:RequestTag/T", pick(t, []string{"?*", "?*", "a*", "?", "??", "[a]"}))
	}
	if !one(t, 3) {
		set("StringNotLike", "aws:RequestTag/T", []string{"*" + delimiter + "*"})
	}
	if one(t, 6) {
		set("StringEquals", "aws:RequestTag/T", []string{pick(t, []string{"a", "b", "ab"}), "b"})
	}
	if !one(t, 3) {
		set("ForAllValues:StringEquals", "aws:TagKeys", pick(t, []string{"T", "T", "t"}))
	}
	if one(t, 3) {
		set("Null", pick(t, []string{"aws:TagKeys", "aws:RequestTag/T", "sts:TransitiveTagKeys"}), pick(t, []string{"false", "false", "true"}))
	}
	if one(t, 8) {
		set("StringEquals", "aws:PrincipalTag/T", "${aws:RequestTag/T}")
	}
	principal := map[string]any{"AWS": pick(t, []string{roleARN(by), roleARN(by), roleARN(by), roleARN(by), roleARN(by), heldAccount})}
	statements := []any{map[string]any{"Effect": "Allow", "Principal": principal, "Action": []string{"sts:AssumeRole", "sts:TagSession"}, "Condition": condition}}
	if one(t, 4) { // where it is looked at, TagSession is allowed by a statement of its own
		names := map[string]map[string]any{pick(t, []string{"StringLike", "StringLike", "StringNotLike"}): {"sts:RoleSessionName": pick(t, []string{"${aws:RequestTag/T}@*", "${aws:RequestTag/T, 'x'}*", "a*"})}}
		statements = []any{
			map[string]any{"Effect": "Allow", "Principal": principal, "Action": pick(t, []string{"sts:AssumeRole", "sts:*"}), "Condition": names},
			map[string]any{"Effect": "Allow", "Principal": principal, "Action": "sts:TagSession", "Condition": condition},
		}
	}
	if one(t, 4) {
		statements = append(statements, map[string]any{"Effect": "Allow", "Principal": map[string]any{"Service": compute}, "Action": "sts:AssumeRole"})
	}
	if one(t, 4) {
		statements = append(statements, map[string]any{"Effect": "Deny", "Principal": map[string]any{"AWS": "*"}, "Action": pick(t, []string{"sts:AssumeRole", "sts:TagSession"}),
			"Condition": map[string]any{pick(t, []string{"StringLike", "StringNotLike"}): map[string]any{"aws:RequestTag/T": pick(t, []string{"?", "*a", "${aws:PrincipalTag/T}"})}}})
	}
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

func (w *world) drawPolicy(t *rapid.T, pieces []string, delimiter string) any {
	var statements []any
	for range rapid.IntRange(1, 2).Draw(t, "allows") {
		statements = append(statements, w.drawStatement(t, "Allow", pieces, delimiter))
	}
	for range max(0, rapid.IntRange(-2, 2).Draw(t, "denies")) {
		statements = append(statements, w.drawStatement(t, "Deny", pieces, delimiter))
	}
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

func (w *world) drawStatement(t *rapid.T, effect string, pieces []string, delimiter string) any {
	service := pick(t, []string{"s3", "s3", "dynamodb", "kms"})
	actions := []string{pick(t, heldActions)}
	if !one(t, 4) {
		actions = []string{map[string]string{"s3": "s3:GetObject", "dynamodb": "dynamodb:GetItem", "kms": "kms:Decrypt"}[service]}
	}
	element, resource := "Action", "Resource"
	if one(t, 8) {
		element = "NotAction"
	}
	if one(t, 6) {
		resource = "NotResource"
	}
	var resources []string
	for range rapid.IntRange(1, 2).Draw(t, "resources") {
		resources = append(resources, w.drawResource(t, service, pieces, delimiter))
	}
	s := map[string]any{"Effect": effect, element: actions, resource: resources}
	condition := map[string]map[string]any{}
	defer func() { w.statements = append(w.statements, statement{actions[0], resources, condition}) }()
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		w.drawCondition(t, condition, service, pieces)
	}
	if len(condition) > 0 {
		s["Condition"] = condition
	}
	return s
}

func (w *world) drawResource(t *rapid.T, service string, pieces []string, delimiter string) string {
	head := heldResources[service]
	switch {
	case one(t, 12):
		return "*"
	case service == "s3" && one(t, 5):
		return "arn:aws:s3:::b"
	case service != "s3":
		return head + pick(t, []string{"*", "T", "a"})
	case one(t, 2):
		return head + "${aws:PrincipalTag/T}" + delimiter + pick(t, []string{"*", "a", "?", "${s3:prefix}"})
	}
	return head + w.drawText(t, pieces)
}

// drawText draws a text with variables and wildcards.
func (w *world) drawText(t *rapid.T, pieces []string) string {
	text := ""
	for range rapid.IntRange(1, 4).Draw(t, "pieces") {
		if one(t, 2) {
			text += pick(t, heldVariables)
		} else {
			text += pick(t, pieces)
		}
	}
	return text + pick(t, []string{"", "", "a"})
}

func (w *world) drawCondition(t *rapid.T, into map[string]map[string]any, service string, pieces []string) {
	base, key := pick(t, heldOperators), pick(t, heldKeys)
	if !one(t, 3) {
		key = map[string]string{"s3": "s3:prefix", "dynamodb": "dynamodb:LeadingKeys", "kms": "aws:ResourceTag/T"}[service]
	}
	operator := base
	if base != "Null" {
		operator = pick(t, heldPrefixes) + base
		if one(t, 6) {
			operator += "IfExists"
		}
	}
	var values []string
	for range rapid.IntRange(1, 2).Draw(t, "values") {
		switch {
		case strings.HasPrefix(base, "String"):
			values = append(values, pick(t, []string{"${aws:PrincipalTag/T}", "${aws:PrincipalTag/T}", w.drawText(t, pieces)}))
		case strings.HasPrefix(base, "Arn"):
			values = append(values, pick(t, []string{"arn:aws:s3:::b/${aws:PrincipalTag/T}", "arn:*:s3:::${aws:PrincipalTag/T}:*", "${s3:prefix}"}))
		case strings.HasPrefix(base, "Numeric"):
			values = append(values, pick(t, []string{"1", "5"}))
		case strings.HasPrefix(base, "Date"):
			values = append(values, "2026-01-01T00:00:00Z")
		case strings.Contains(base, "Ip"):
			values = append(values, "10.0.0.0/8")
		default:
			values = append(values, pick(t, []string{"true", "false"}))
		}
	}
	if into[operator] == nil {
		into[operator] = map[string]any{}
	}
	for written := range into[operator] {
		if strings.EqualFold(written, key) {
			key = written // the parser takes no key twice
		}
	}
	into[operator][key] = values
}

// drawID draws a tenant's id.
func (w *world) drawID(t *rapid.T) string {
	id := ""
	for range rapid.IntRange(1, 3).Draw(t, "length") {
		i := rapid.IntRange(0, 2).Draw(t, "letter")
		id += w.letters[i : i+1]
	}
	return id
}

func (w *world) drawSession(t *rapid.T) *session {
	s := &session{role: "Access", by: "Service", name: "x"}
	if len(w.roles) > 2 && one(t, 3) {
		s.role, s.by = "Chained", "Access"
	}
	switch {
	case one(t, 6):
		s.by = compute
	case one(t, 8):
		s.tags = map[string]string{heldTag: ""}
	case !one(t, 8):
		s.tags = map[string]string{pick(t, []string{heldTag, heldTag, heldTag, "t"}): w.drawID(t)}
		s.name = s.tenant() + "@x"
		if one(t, 6) {
			s.tags["U"] = w.drawID(t)
		}
		if one(t, 4) {
			s.transitive = []string{heldTag}
		}
	}
	if strings.Contains(s.name, "/") {
		s.name = "x"
	}
	return s
}

// drawRequest draws a request of a session from the texts of its set.
func (w *world) drawRequest(t *rapid.T, s *session) *policy.Request {
	r := &policy.Request{Action: pick(t, heldRequests), Context: new(policy.Context)}
	for key, value := range s.tags {
		r.Context.Set("aws:PrincipalTag/"+key, value)
	}
	ids := []string{w.drawID(t), w.drawID(t), s.tenant()}
	of := rapid.SampledFrom(w.statements).Draw(t, "statement")
	r.Resource = w.filled(t, pick(t, of.resources), ids)
	if service, _, _ := strings.Cut(of.action, ":"); !strings.Contains(of.action, "*") && !one(t, 4) {
		r.Action = of.action
	} else if len(service) > 1 && !one(t, 3) {
		r.Action = map[string]string{"s3": "s3:GetObject", "dynamodb": "dynamodb:GetItem", "kms": "kms:Decrypt"}[service]
	}
	if r.Resource == "*" || one(t, 12) {
		r.Resource = pick(t, []string{"arn:aws:s3:::b/a", "arn:aws:s3:::b", "arn:aws:dynamodb:r:000000000000:table/T", "arn:aws:kms:r:000000000000:key/a"})
	}
	wanted := map[string][]string{}
	for _, keys := range of.condition {
		for key, values := range keys {
			wanted[key] = append(wanted[key], values.([]string)...)
		}
	}
	for _, key := range []string{"s3:prefix", "dynamodb:LeadingKeys", "aws:ResourceTag/T", "a:b"} {
		value := func() string {
			if list := wanted[key]; len(list) > 0 && !one(t, 3) {
				return w.filled(t, pick(t, list), ids)
			}
			return pick(t, append([]string{"", "a", "5", "true", "10.0.0.1"}, append(ids, ids...)...))
		}
		switch rapid.IntRange(0, 4).Draw(t, "key") {
		case 0, 1, 2:
			r.Context.Set(key, value())
		case 3:
			var values []string
			for range rapid.IntRange(0, 2).Draw(t, "values") {
				values = append(values, value())
			}
			r.Context.SetAll(key, values)
		}
	}
	return r
}

// filled puts ids into the variables of a text of a policy, and something into its wildcards.
func (w *world) filled(t *rapid.T, text string, ids []string) string {
	var b strings.Builder
	for text != "" {
		switch {
		case strings.HasPrefix(text, "${"):
			b.WriteString(pick(t, ids))
			_, text, _ = strings.Cut(text, "}")
			continue
		case text[0] == '*':
			b.WriteString(pick(t, append([]string{"", "a", "/"}, ids...)))
		case text[0] == '?':
			b.WriteString(pick(t, []string{"a", "/", "b"}))
		default:
			b.WriteByte(text[0])
		}
		text = text[1:]
	}
	return b.String()
}
