package request

import (
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
	"example.com/shiptrack/infra/localaws/policy"
)

// reading is one request while it is read.
type reading struct {
	req         *api.Request
	place       place
	tables      func(name string) (*table.Table, error) // nil, nil: there is no such table
	strict      bool                                    // members that are not known are refused
	permissions []api.Permission
	enclosing   string // the transaction that the items stand in
	// possible reports whether an action on a resource could be allowed; nil: nobody asks. several is set where the request
	// may name several tables. Once one of them is beyond the caller's policies the request is hopeless, and no further table
	// is looked up: a denied request must not make another endpoint describe a hundred.
	possible          func(action, resource string) bool
	several, hopeless bool
}

func newReading(req *api.Request, tables func(name string) (*table.Table, error)) *reading {
	return &reading{req: req, place: place{account: req.Account, region: req.Region}, tables: tables}
}

// apply reads a request by its operation's entry, and returns what the answer is made from.
func (op operation) apply(r *reading) (any, error) {
	if op.read != nil {
		return op.read(r)
	}
	var m members
	if err := r.decode(&m); err != nil {
		return nil, err
	}
	for i := range op.rules {
		if err := r.applyRule(&op.rules[i], &m); err != nil {
			return nil, err
		}
	}
	if op.answered == nil {
		return nil, nil
	}
	return op.answered(r)
}

func (r *reading) applyRule(rule *rule, m *members) error {
	if rule.when != nil && !rule.when(m) {
		return nil
	}
	arn, tableName, err := rule.resource(r.place, m)
	if err != nil {
		return err
	}
	t, err := r.tables(tableName)
	if err != nil {
		return err
	}
	actions := rule.actions
	if len(actions) == 0 {
		actions = []string{r.req.Operation}
	}
	for _, action := range actions {
		context, err := m.tagContext()
		if err != nil {
			return err
		}
		if rule.anyKey {
			context.SetUnknown(leadingKeys)
		}
		r.permit(action, arn, t, context)
	}
	return nil
}

// permit adds a permission; t is the table that the resource belongs to, or nil.
func (r *reading) permit(action, resource string, t *table.Table, context *policy.Context) {
	permission := api.Permission{Action: "dynamodb:" + action, Resource: resource, Context: context}
	if t != nil {
		setTags(context, "aws:ResourceTag/", t.Tags)
	} else if _, path, ok := strings.Cut(resource, ":table/"); ok && !r.hopeless {
		name, _, _ := strings.Cut(path, "/")
		permission.Note = "there is no table " + name + " in this region, so what keys the request names is not known: create the table first"
	}
	r.permissions = append(r.permissions, permission)
}

// maxTags is how many tags a table may have.
const maxTags = 50

// tagContext holds the tags in the request itself.
func (m *members) tagContext() (*policy.Context, error) {
	if len(m.Tags) > maxTags || len(m.TagKeys) > maxTags {
		return nil, exception.Validation("Too many tags, must be at most %d", maxTags)
	}
	context := new(policy.Context)
	keys := slices.Clone(m.TagKeys)
	for _, t := range m.Tags {
		if slices.Contains(keys, t.Key) {
			return nil, exception.Validation("One or more parameter values were invalid: Duplicate tag key: %s", t.Key)
		}
		keys = append(keys, t.Key)
	}
	setTags(context, "aws:RequestTag/", m.Tags)
	if len(keys) > 0 {
		context.SetAll("aws:TagKeys", keys)
	}
	return context, nil
}

// setTags gives each tag its condition key. DynamoDB tells tags apart that differ in case alone, condition
// keys do not: such a key matches "a resource tag key named either TagKey1 or tagkey1, but not both" (IAM
// User Guide, "AWS global condition context keys"). Where both are there its value is unknown.
func setTags(context *policy.Context, prefix string, tags []table.Tag) {
	for _, t := range tags {
		context.SetOnce(prefix+t.Key, t.Value)
	}
}

// decode reads the whole body into a struct, strictly: two members of one name, invalid UTF-8 and
// anything after the object are refused. Members that the struct does not have are ignored, as AWS ignores
// them: the answer does not use them either, so they cannot change what is authorized. Names are
// case-sensitive.
func (r *reading) decode(into any) error {
	if jsontext.Value(r.req.Body).Kind() == jsontext.KindNull {
		return exception.Serialization("The body of a request is an object, not null")
	}
	err := json.Unmarshal(r.req.Body, into, json.RejectUnknownMembers(r.strict))
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*attr.Error](err); ok {
		return wrong
	}
	if tooMany, ok := errors.AsType[tooManyOf](err); ok {
		return tooMany(entryOf(err))
	}
	return awsjson.Refusal(err)
}

// entryOf is the name of the entry of a map, itself a member of the request, in which err arose.
func entryOf(err error) string {
	wrong, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return ""
	}
	tokens := slices.Collect(wrong.JSONPointer.Tokens())
	if len(tokens) < 2 {
		return ""
	}
	return tokens[1]
}

// Target is the table that a request names.
type Target struct {
	Name  string
	ARN   string
	Table *table.Table // nil: there is none
}

// Found refuses a request that names a table which was not there when it was read.
func (t *Target) Found() error {
	if t.Table == nil {
		return exception.ResourceNotFound()
	}
	return nil
}

// target resolves a table name or ARN, found in the named member, for an action on it, or on its index where that is set.
func (r *reading) target(member string, given *string, action, index string) (*Target, error) {
	if given == nil {
		return nil, exception.Missing(member)
	}
	name, err := r.place.tableName(member, *given)
	if err != nil {
		return nil, err
	}
	t := &Target{Name: name, ARN: r.place.tableARN(name)}
	if !r.worthAsking(t, action, index) {
		return t, nil
	}
	t.Table, err = r.tables(name)
	return t, err
}

// worthAsking reports whether the table has to be known for a decision.
func (r *reading) worthAsking(t *Target, action, index string) bool {
	if r.possible == nil || !r.several {
		return true
	}
	arn := t.ARN
	if index != "" {
		arn = r.place.indexARN(t.Name, index)
	}
	r.hopeless = r.hopeless || !r.possible("dynamodb:"+action, arn)
	return !r.hopeless
}
