package methods

import (
	"bytes"
	"encoding/json"
	"fmt"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

// Definition is a role definition: the least that one kind of work needs. Its policy is one of the product's own, as ABAC has it; the other
// methods have the same policy with the tenant's name in place of the tag.
type Definition struct {
	Name   string // such as ReadShipments
	Store  string // as the ownership file calls it
	policy []byte // without white space
}

// sources are where the policies of the definitions stand, in the order in which a product would come to need them.
var sources = []struct{ name, store, role, policy string }{
	{"ReadShipments", "DynamoDB", "TrackingAccessRole", "TrackingAccessPolicyDynamoDB"},
	{"ReadDocuments", "S3", "TrackingAccessRole", "TrackingAccessPolicyS3"},
	{"Search", "OpenSearch", "TrackingAccessRole", "TrackingAccessPolicyOpenSearch"},
	{"WriteDocuments", "S3", "TrackingWriteRole", "TrackingWritePolicyS3"},
	{"WriteShipments", "DynamoDB", "TrackingSeedRole", "TrackingSeedPolicy"},
}

// MaxDefinitions is how many role definitions there are.
const MaxDefinitions = 5

// The account that policies are filled for.
const (
	region  = localaws.DefaultRegion
	account = localaws.DefaultAccount
	bucket  = "shiptrack-" + account
)

func values() localaws.Values {
	return localaws.Values{Region: region, Account: account, Bucket: bucket}
}

// Definitions returns the first n role definitions, 1 to MaxDefinitions.
func Definitions(n int) ([]Definition, error) {
	roles, err := iam.Load(iam.Hardened, values())
	if err != nil {
		return nil, err
	}
	all := make([]Definition, 0, n)
	for _, s := range sources[:n] {
		document := find(roles, s.role, s.policy)
		if document == nil {
			return nil, fmt.Errorf("the hardened policies have no %s/%s", s.role, s.policy)
		}
		var policy bytes.Buffer
		if err := json.Compact(&policy, document); err != nil {
			return nil, err
		}
		all = append(all, Definition{Name: s.name, Store: s.store, policy: policy.Bytes()})
	}
	return all, nil
}

// find is a policy of a role, or the trust policy where no name is given; nil: there is none.
func find(roles []localaws.Role, role, policy string) []byte {
	for _, r := range roles {
		if r.Name == role && policy == "" {
			return r.Trust
		}
		for _, p := range r.Policies {
			if r.Name == role && p.Name == policy {
				return p.Document
			}
		}
	}
	return nil
}
