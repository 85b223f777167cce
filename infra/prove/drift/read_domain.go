package drift

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/opensearch"
)

// domain reads who may search beside the roles, and the settings without which requests could be read or forged on their way.
func (r *reader) domain(ctx context.Context) error {
	d, name := &r.there.Domain, r.wanted.Values.Domain
	if r.wanted.WithoutSearch {
		return nil
	}
	got, err := opensearch.NewFromConfig(r.cfg).DescribeDomain(ctx, &opensearch.DescribeDomainInput{DomainName: &name})
	if d.Absent, err = absent(err, "ResourceNotFoundException"); d.Absent || err != nil {
		return r.unread("the domain "+name+" of OpenSearch Service", err)
	}
	s := got.DomainStatus
	d.ARN, d.Policy = aws.ToString(s.ARN), aws.ToString(s.AccessPolicies)
	if o := s.DomainEndpointOptions; o == nil || !aws.ToBool(o.EnforceHTTPS) {
		d.Off = append(d.Off, "HTTPS for each request")
	}
	if o := s.NodeToNodeEncryptionOptions; o == nil || !aws.ToBool(o.Enabled) {
		d.Off = append(d.Off, "encryption between nodes")
	}
	if o := s.EncryptionAtRestOptions; o == nil || !aws.ToBool(o.Enabled) {
		d.Off = append(d.Off, "encryption at rest")
	}
	if s.AdvancedOptions["rest.action.multi.allow_explicit_index"] != "false" {
		d.Off = append(d.Off, "the refusal of bodies that name an index")
	}
	return nil
}
