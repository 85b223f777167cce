package kms

// paging are the members of a list's request.
type paging struct {
	Limit  *int
	Marker string // the last name of the page before
}

// read returns how many entries a page has: usual, unless the request says otherwise, and at most most.
func (p *paging) read(usual, most int) (int, error) {
	if p.Limit == nil {
		return usual, nil
	}
	if *p.Limit < 1 || *p.Limit > most {
		return 0, validation("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and %d", *p.Limit, most)
	}
	return *p.Limit, nil
}

// page is the end of a list's answer.
type page struct {
	NextMarker string `json:",omitzero"`
	Truncated  bool
}

// cut returns the first entries of all, and where the next page begins.
func cut[T any](all []T, size int, name func(T) string) ([]T, page) {
	if len(all) <= size {
		return all, page{}
	}
	return all[:size], page{NextMarker: name(all[size-1]), Truncated: true}
}

func readListKeys(r *reading) (answer, error) {
	var in paging
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	size, err := in.read(100, 1000)
	if err != nil {
		return nil, err
	}
	r.on("ListKeys", "*")
	type entry struct{ KeyId, KeyArn string }
	return func() (any, error) {
		ids, p := cut(r.store.keyIDs(in.Marker), size, func(id string) string { return id })
		keys := []entry{}
		for _, id := range ids {
			keys = append(keys, entry{id, r.place().keyARN(id)})
		}
		return struct {
			Keys []entry
			page
		}{keys, p}, nil
	}, nil
}

// readListGrants answers that a key has no grants: localaws makes none. Who looks for what else may use a key asks it.
func readListGrants(r *reading) (answer, error) {
	var in struct {
		KeyId, GrantId, GranteePrincipal string
		paging
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if _, err := in.read(50, 100); err != nil {
		return nil, err
	}
	t, err := r.keyByID("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	r.onKey("ListGrants", t)
	return func() (any, error) {
		return struct {
			Grants []struct{}
			page
		}{Grants: []struct{}{}}, nil
	}, nil
}

// defaultPolicyName is the name of the one policy that a key has.
const defaultPolicyName = "default"

func readListKeyPolicies(r *reading) (answer, error) {
	var in struct {
		KeyId string
		paging
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if _, err := in.read(100, 1000); err != nil {
		return nil, err
	}
	t, err := r.keyByID("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	r.onKey("ListKeyPolicies", t)
	return func() (any, error) {
		return struct {
			PolicyNames []string
			page
		}{[]string{defaultPolicyName}, page{}}, nil
	}, nil
}

func checkPolicyName(name string) error {
	if name == "" || name == defaultPolicyName {
		return nil
	}
	return notFound("No such policy exists")
}
