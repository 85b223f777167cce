package request

import (
	"encoding/base64"
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
	"example.com/shiptrack/infra/localaws/policy"
)

// The condition keys of items ("Using IAM policy conditions for fine-grained access control", DynamoDB
// Developer Guide). localaws takes ReturnValuesOnConditionCheckFailure into dynamodb:ReturnValues, about
// which AWS documents nothing: both hand out the item as it was.
const (
	leadingKeys       = "dynamodb:LeadingKeys"
	attributesKey     = "dynamodb:Attributes"
	selectKey         = "dynamodb:Select"
	returnValuesKey   = "dynamodb:ReturnValues"
	returnCapacityKey = "dynamodb:ReturnConsumedCapacity"
	fullTableScanKey  = "dynamodb:FullTableScan"
	enclosingKey      = "dynamodb:EnclosingOperation"
)

// Values of Select, which a request always has: ALL_ATTRIBUTES unless it says otherwise.
const (
	SelectAll       = "ALL_ATTRIBUTES"
	selectProjected = "ALL_PROJECTED_ATTRIBUTES"
	selectSpecific  = "SPECIFIC_ATTRIBUTES"
	selectCount     = "COUNT"
)

// access is what one permission's part of a request does to items: the facts behind the condition keys.
// Empty strings are keys that the action does not have.
type access struct {
	keyed       bool     // the request names keys
	keys        []string // partition key values, each once
	unknownKeys bool     // it reaches items under keys that are not in keys

	attributes        []string // top-level attributes asked for or written
	unknownAttributes bool

	selects        string
	returnValues   string
	unknownReturns bool // more than one value of it says what may be handed out
	returnCapacity string
	enclosing      string
	fullTableScan  string
}

// key notes the item that key names, under keys where they are known.
func (a *access) key(keys table.KeySchema, known bool, key attr.Item) {
	a.attributes = slices.AppendSeq(slices.Grow(a.attributes, len(key)), maps.Keys(key))
	value, ok := key[keys.Partition.Name]
	if !known || !ok {
		a.keyed, a.unknownKeys = true, true
		return
	}
	a.partition(value)
}

// partition notes a partition key value. A value that no item can have, such as a text of megabytes, counts as
// unknown: the decision log must not hold it, and the answer refuses it.
func (a *access) partition(value attr.Value) {
	a.keyed = true
	text, ok := keyText(value)
	if !ok || attr.CheckKey(attr.PartitionKey, "", value) != nil {
		a.unknownKeys = true
		return
	}
	if !slices.Contains(a.keys, text) {
		a.keys = append(a.keys, text)
	}
}

// keyText is a key value as a policy compares it: a string as it is, a number in DynamoDB's own form, so
// that 1 and 1.0 are one key, binary in base64. Other types cannot be keys.
func keyText(v attr.Value) (string, bool) {
	switch v.Kind() {
	case attr.S, attr.N:
		return v.Text(), true
	case attr.B:
		return base64.StdEncoding.EncodeToString([]byte(v.Text())), true
	}
	return "", false
}

// names notes attributes.
func (a *access) names(names ...string) {
	a.attributes = append(a.attributes, names...)
}

func (a *access) context() *policy.Context {
	c := new(policy.Context)
	switch {
	case a.unknownKeys:
		c.SetUnknown(leadingKeys)
	case a.keyed:
		c.SetAll(leadingKeys, a.keys)
	}
	if a.unknownAttributes {
		c.SetUnknown(attributesKey)
	} else {
		slices.Sort(a.attributes)
		c.SetAll(attributesKey, slices.Compact(a.attributes))
	}
	if a.unknownReturns {
		a.returnValues = ""
		c.SetUnknown(returnValuesKey)
	}
	for _, one := range [...]struct{ key, value string }{
		{selectKey, a.selects}, {returnValuesKey, a.returnValues}, {returnCapacityKey, a.returnCapacity},
		{enclosingKey, a.enclosing}, {fullTableScanKey, a.fullTableScan},
	} {
		if one.value != "" {
			c.Set(one.key, one.value)
		}
	}
	return c
}
