package request

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

const (
	maxTableKeys = 2
	maxIndexKeys = 8 // four attributes of each kind ("Multi-attribute keys", DynamoDB Developer Guide), which are not served
	maxKeyName   = 255
)

// definitionFaults notes what breaks a rule of the API's model.
func definitionFaults(f *faults, definitions []table.AttributeDefinition) {
	if definitions == nil {
		f.missing("attributeDefinitions")
	}
	for i, d := range definitions {
		member := fmt.Sprintf("attributeDefinitions.%d.member.", i+1)
		switch {
		case d.AttributeName == "":
			f.missing(member + "attributeName")
		case len(d.AttributeName) > maxKeyName:
			f.add(quoted(d.AttributeName), member+"attributeName", "Member must have length less than or equal to 255")
		}
		if d.AttributeType == "" {
			f.missing(member + "attributeType")
		}
		f.oneOf(member+"attributeType", d.AttributeType, "B", "N", "S")
	}
}

// keySchemaFaults notes what breaks a rule of the API's model in a key schema of at most so many elements.
func keySchemaFaults(f *faults, member string, elements []table.KeySchemaElement, most int) {
	switch {
	case elements == nil:
		f.missing(member)
	case len(elements) == 0:
		f.add("'[]'", member, "Member must have length greater than or equal to 1")
	case len(elements) > most:
		f.add(quoted(elementTexts(elements)), member, "Member must have length less than or equal to "+strconv.Itoa(most))
	}
	for i, e := range elements {
		at := fmt.Sprintf("%s.%d.member.", member, i+1)
		if e.AttributeName == "" {
			f.missing(at + "attributeName")
		}
		if e.KeyType == "" {
			f.missing(at + "keyType")
		}
		f.oneOf(at+"keyType", e.KeyType, "HASH", "RANGE")
	}
}

// elementTexts writes a key schema as AWS's messages do.
func elementTexts(elements []table.KeySchemaElement) string {
	texts := make([]string, len(elements))
	for i, e := range elements {
		texts[i] = fmt.Sprintf("KeySchemaElement(attributeName=%s, keyType=%s)", e.AttributeName, e.KeyType)
	}
	return exception.List(texts)
}

// several reports whether a key has more than one attribute of a kind, as AWS takes it for global indexes.
func several(elements []table.KeySchemaElement) bool {
	count := map[string]int{}
	for _, e := range elements {
		count[e.KeyType]++
	}
	return count["HASH"] > 1 || count["RANGE"] > 1
}

// readDefinitions returns the types of the attributes that are defined.
func readDefinitions(definitions []table.AttributeDefinition) (map[string]string, error) {
	types := make(map[string]string, len(definitions))
	for _, d := range definitions {
		if types[d.AttributeName] != "" {
			return nil, exception.Validation("Attribute Name is duplicated: %s", d.AttributeName)
		}
		types[d.AttributeName] = d.AttributeType
	}
	return types, nil
}

// readKeySchema reads the key of a table or an index, of which keySchemaFaults has found nothing.
func readKeySchema(elements []table.KeySchemaElement, types map[string]string) (table.KeySchema, error) {
	var none, keys table.KeySchema
	var names []string
	undefined := false
	for _, e := range elements {
		names = append(names, e.AttributeName)
		undefined = undefined || types[e.AttributeName] == ""
	}
	switch {
	case undefined:
		return none, invalidValue("Some index key attributes are not defined in AttributeDefinitions. Keys: %s, AttributeDefinitions: %s",
			exception.List(names), exception.List(slices.Sorted(maps.Keys(types))))
	case len(names) == 2 && names[0] == names[1]:
		return none, exception.Validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	case elements[0].KeyType != "HASH":
		return none, exception.Validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(elements) == 2 && elements[1].KeyType != "RANGE":
		return none, exception.Validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	keys.Partition = table.KeyAttribute{Name: names[0], Type: types[names[0]]}
	if len(names) == 2 {
		keys.Sort = table.KeyAttribute{Name: names[1], Type: types[names[1]]}
	}
	return keys, nil
}

// usesDefinitions refuses definitions of attributes that are no key.
func usesDefinitions(t *table.Table) error {
	used := keyNames(t)
	switch {
	case len(used) == len(t.Attributes):
		return nil
	case len(t.Indexes) == 0:
		return exception.Validation("One or more parameter values were invalid: Number of attributes in KeySchema does not " +
			"exactly match number of attributes defined in AttributeDefinitions")
	}
	var defined []string
	for _, d := range t.Attributes {
		defined = append(defined, d.AttributeName)
	}
	return exception.Validation("One or more parameter values were invalid: Some AttributeDefinitions are not used. "+
		"AttributeDefinitions: %s, keys used: %s", exception.List(defined), exception.List(slices.Sorted(maps.Keys(used))))
}

// keyNames are the attributes that are a key of the table or of an index.
func keyNames(t *table.Table) map[string]bool {
	names := map[string]bool{}
	for _, name := range t.Keys.Names() {
		names[name] = true
	}
	for _, x := range t.Indexes {
		for _, name := range x.Keys.Names() {
			names[name] = true
		}
	}
	return names
}
