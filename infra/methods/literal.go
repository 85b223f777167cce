package methods

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// What an ABAC policy says of the tenant.
const (
	tagKey      = "aws:PrincipalTag/TenantID"
	tagVariable = "${" + tagKey + "}"
	ownerKey    = "aws:ResourceTag/TenantID"
	ownerOfKey  = "${" + ownerKey + "}"
)

// literal is the definition's policy with the name of one tenant in place of the session's tag. It does not look at the name: who asks
// has to.
func (d *Definition) literal(tenant string) ([]byte, error) {
	return d.rewrite(func(conditions map[string]any, key string, value any) {
		if value != ownerOfKey {
			conditions[key] = filled(value, tenant)
			return
		}
		delete(conditions, key) // the session's tag is the key's: the key's tag is the tenant
		conditions[ownerKey] = tenant
	}, tenant)
}

// everyone is the definition's policy for all tenants: what names one is left out.
func (d *Definition) everyone() ([]byte, error) {
	return d.rewrite(func(conditions map[string]any, key string, _ any) { delete(conditions, key) }, "*")
}

// rewrite rewrites each condition that speaks of the session's tag, and fills it in elsewhere. That a session has a tag is no condition any more.
func (d *Definition) rewrite(condition func(conditions map[string]any, key string, value any), resource string) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(d.policy, &document); err != nil {
		return nil, err
	}
	for _, s := range document["Statement"].([]any) {
		statement := s.(map[string]any)
		statement["Resource"] = filled(statement["Resource"], resource)
		operators, _ := statement["Condition"].(map[string]any)
		for operator, o := range operators {
			conditions := o.(map[string]any)
			if operator == "Null" {
				delete(conditions, tagKey)
			}
			for key, value := range conditions {
				if key == tagKey || strings.Contains(fmt.Sprint(value), tagVariable) {
					condition(conditions, key, value)
				}
			}
			if len(conditions) == 0 {
				delete(operators, operator)
			}
		}
		if len(operators) == 0 {
			delete(statement, "Condition")
		}
	}
	text, err := json.Marshal(document)
	if err == nil && bytes.Contains(text, []byte("PrincipalTag")) {
		return nil, fmt.Errorf("%s speaks of the session's tag in a way that cannot be written without it: %s", d.Name, text)
	}
	return text, err
}

// filled is a text, or a list of texts, with the tenant in place of the tag.
func filled(value any, tenant string) any {
	switch value := value.(type) {
	case string:
		return strings.ReplaceAll(value, tagVariable, tenant)
	case []any:
		all := make([]any, len(value))
		for i := range value {
			all[i] = filled(value[i], tenant)
		}
		return all
	}
	return value
}
