//go:build keycloak

package e2e

import (
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/authn"
)

// testProfiles lets a user write another tenant into his own attribute, by the API that Keycloak has for users (the account
// console's). Where the user profile lets him, he is in the other tenant, and nothing in Shiptrack can tell.
func testProfiles(t *testing.T, k *keycloak, p *pair) {
	attribute := func(editors ...string) []object {
		return []object{{"name": "tenant_id", "permissions": object{"view": []string{"admin", "user"}, "edit": editors}}}
	}
	for _, tc := range []struct {
		name       string
		attributes []object
		unmanaged  string // unmanagedAttributePolicy
		status     int
		says       string
		moves      bool
	}{
		{"administrators edit it", attribute("admin"), "", http.StatusBadRequest, "error-user-attribute-read-only", false},
		{"users edit it", attribute("admin", "user"), "", http.StatusNoContent, "", true},
		{"it is unmanaged, and users edit such attributes", nil, "ENABLED", http.StatusNoContent, "", true},
		{"it is unmanaged, and administrators edit such attributes", nil, "ADMIN_EDIT", http.StatusNoContent, "", false}, // left out without a word
	} {
		t.Run(tc.name, func(t *testing.T) {
			k.setProfile(t, "west", tc.attributes, tc.unmanaged)
			k.setTenant(t, "west", "ana", "yellow")
			before := k.token(t, "west", "shiptrack", "ana", "").Access
			p.servesAlone(t, "before the edit", before, "1002", "2002")

			status, answer := k.editAccount(t, "west", before, "blue")
			if status != tc.status || !strings.Contains(string(answer), tc.says) {
				t.Errorf("the edit is answered %d %s, want %d %s", status, answer, tc.status, tc.says)
			}
			after := k.token(t, "west", "shiptrack", "ana", "").Access
			if tc.moves {
				p.servesAlone(t, "WARNING SHOWN, after the edit", after, "2002", "1002")
			} else {
				p.servesAlone(t, "after the edit", after, "1002", "2002")
			}
		})
	}
}

// setProfile sets the user profile of a realm: Keycloak's own attributes, and more.
func (k *keycloak) setProfile(t *testing.T, realm string, more []object, unmanaged string) {
	t.Helper()
	var profile object
	k.manage(t, http.MethodGet, "/"+realm+"/users/profile", nil, &profile)
	var attributes []object
	for _, a := range profile["attributes"].([]any) {
		if a := a.(object); a["name"] != "tenant_id" {
			attributes = append(attributes, a)
		}
	}
	profile["attributes"] = append(attributes, more...)
	delete(profile, "unmanagedAttributePolicy")
	if unmanaged != "" {
		profile["unmanagedAttributePolicy"] = unmanaged
	}
	k.manage(t, http.MethodPut, "/"+realm+"/users/profile", profile, nil)
}

// setTenant writes a user's attribute, as an administrator.
func (k *keycloak) setTenant(t *testing.T, realm, name, tenant string) {
	t.Helper()
	path := "/" + realm + "/users/" + k.userID(t, realm, name)
	var user object
	k.manage(t, http.MethodGet, path, nil, &user)
	user["attributes"] = object{"tenant_id": []string{tenant}}
	k.manage(t, http.MethodPut, path, user, nil)
}

// editAccount writes a user's attribute, as that user.
func (k *keycloak) editAccount(t *testing.T, realm, token, tenant string) (status int, answer []byte) {
	t.Helper()
	claims := claimsOf(t, token)
	return k.call(t, http.MethodPost, "/realms/"+realm+"/account/", token, object{
		"username": claims["preferred_username"], "email": claims["email"], "firstName": claims["given_name"], "lastName": claims["family_name"],
		"attributes": object{"tenant_id": []string{tenant}},
	})
}

// testRotation rotates the realm's signing key twice. The services are not restarted. They fetch keys every ten minutes, and
// at once where a token has a key that they do not know: twice at most, then once in ten seconds.
func testRotation(t *testing.T, k *keycloak, p *pair) {
	signed := func() string { return k.token(t, "west", "shiptrack", "ana", "").Access }
	kid := func(token string) string { return partOf(t, token, 0)["kid"].(string) }

	first := signed()
	p.wants(t, "a token of the first key", first, "1002", http.StatusOK)
	p.wants(t, "the same, which is kept", first, "1002", http.StatusOK)

	firstKey := k.signingKey(t, "west", kid(first))
	k.addKey(t, "west", "200")
	k.setKey(t, "west", firstKey, "active", "false") // passive: it signs no more, and is still published
	second := signed()
	if kid(second) == kid(first) {
		t.Fatal("Keycloak still signs with the first key")
	}
	p.wants(t, "a token of the second key, at once", second, "1002", http.StatusOK)
	p.wants(t, "a token of the first key, now passive", first, "1002", http.StatusOK)
	p.wants(t, "the same, which is kept", first, "1002", http.StatusOK)

	k.setKey(t, "west", firstKey, "enabled", "false")
	k.manage(t, http.MethodDelete, "/west/components/"+k.signingKey(t, "west", kid(second)), nil, nil)
	k.addKey(t, "west", "300")
	third := signed()
	if kid(third) == kid(first) || kid(third) == kid(second) {
		t.Fatal("Keycloak signs with a key that was disabled or deleted")
	}
	p.wants(t, "a token of the third key, at once", third, "1002", http.StatusOK)
	p.refuses(t, "a token of the first key, disabled", first, authn.UnknownKey)
	p.refuses(t, "a token of the second key, deleted", second, authn.UnknownKey)
	p.wants(t, "a token of the third key", third, "1002", http.StatusOK)
}

// signingKey returns the id of the component that provides a key.
func (k *keycloak) signingKey(t *testing.T, realm, kid string) string {
	t.Helper()
	var all struct {
		Keys []struct{ Kid, ProviderID string }
	}
	k.manage(t, http.MethodGet, "/"+realm+"/keys", nil, &all)
	for _, key := range all.Keys {
		if key.Kid == kid {
			return key.ProviderID
		}
	}
	t.Fatalf("the realm %s has no key %s", realm, kid)
	return ""
}

// addKey makes the realm sign with a new key, if no other key has a higher priority.
func (k *keycloak) addKey(t *testing.T, realm, priority string) {
	t.Helper()
	k.manage(t, http.MethodPost, "/"+realm+"/components", object{
		"name": "key-" + priority, "providerId": "rsa-generated", "providerType": "org.keycloak.keys.KeyProvider",
		"config": object{
			"priority": []string{priority}, "enabled": []string{"true"}, "active": []string{"true"}, "algorithm": []string{"RS256"}, "keySize": []string{"2048"},
		},
	}, nil)
}

// setKey changes a setting of the component that provides a key.
func (k *keycloak) setKey(t *testing.T, realm, id, name, value string) {
	t.Helper()
	path := "/" + realm + "/components/" + id
	var component object
	k.manage(t, http.MethodGet, path, nil, &component)
	component["config"].(object)[name] = []string{value}
	k.manage(t, http.MethodPut, path, component, nil)
}
