package request

import (
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// readDefinitions returns the types of the attributes that are defined.
func readDefinitions(definitions []table.AttributeDefinition) (map[string]string, error) {
	if len(definitions) == 0 {
		return nil, exception.Missing("attributeDefinitions")
	}
	types := make(map[string]string, len(definitions))
	for _, d := range definitions {
		if !slices.Contains([]string{"B", "N", "S"}, d.AttributeType) {
			return nil, exception.Constraint("'"+d.AttributeType+"'", "attributeDefinitions.member.attributeType", "Member must satisfy enum value set: [B, N, S]")
		}
		if len(d.AttributeName) < 1 || len(d.AttributeName) > 255 {
			return nil, exception.Constraint("'"+d.AttributeName+"'", "attributeDefinitions.member.attributeName", "Member must have length between 1 and 255")
		}
		if types[d.AttributeName] != "" {
			return nil, exception.Validation("Cannot have two attributes with the same name")
		}
		types[d.AttributeName] = d.AttributeType
	}
	return types, nil
}

// readKeySchema reads the key of a table or an index from the named member. Keys of several attributes,
// which AWS takes for global indexes, are refused.
func readKeySchema(member string, elements []table.KeySchemaElement, types map[string]string) (table.KeySchema, error) {
	var none, keys table.KeySchema
	if len(elements) == 0 {
		return none, exception.Missing(member)
	}
	for i, e := range elements {
		want := []string{"HASH", "RANGE"}
		switch {
		case i > 1:
			return none, exception.Constraint("'[...]'", member, "Member must have length less than or equal to 2")
		case !slices.Contains(want, e.KeyType):
			return none, exception.Constraint("'"+e.KeyType+"'", member+".member.keyType", "Member must satisfy enum value set: [HASH, RANGE]")
		case e.KeyType != want[i] && i == 0:
			return none, exception.Validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
		case e.KeyType != want[i]:
			return none, exception.Validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
		case types[e.AttributeName] == "":
			return none, exception.Validation("One or more parameter values were invalid: Some index key attributes are not defined in "+
				"AttributeDefinitions. Keys: [%s], AttributeDefinitions: %s", e.AttributeName, exception.List(slices.Sorted(maps.Keys(types))))
		}
		k := table.KeyAttribute{Name: e.AttributeName, Type: types[e.AttributeName]}
		if i == 0 {
			keys.Partition = k
		} else {
			keys.Sort = k
		}
	}
	if keys.Sort.Name == keys.Partition.Name {
		return none, exception.Validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
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
