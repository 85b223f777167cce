package theorem

import (
	"slices"
	"strings"
)

// regional are services each of whose resources has a region and an account in its ARN: AWS's Service Authorization Reference.
var regional = []string{"dynamodb", "sqs", "sns", "kms", "es", "logs", "lambda", "ssm", "secretsmanager", "execute-api"}

// partition is the one in which the roles' account is, as the ARNs of its resources have it: aws, unless a text names another.
func (p *prover) partition() string {
	if p.part == "" {
		p.part = p.partitionOf()
	}
	return p.part
}

func (p *prover) partitionOf() string {
	if slices.ContainsFunc(p.texts(), func(text string) bool { return strings.HasPrefix(text, "arn:aws-") }) {
		return "*"
	}
	return "aws"
}

// arnsOf are the ARNs that resources of a service can have, of those that pattern, a service's name with wildcards, stands for.
func (p *prover) arnsOf(pattern string) *automaton {
	place := ":*:*:*"
	if slices.Contains(regional, strings.ToLower(pattern)) {
		place = ":?*:?*:?*"
	}
	return p.ownedARN("arn:" + p.partition() + ":" + pattern + place)
}

// plainly is c with a resource in the region and the account that people know, or nil where there is none such.
func (o *obligation) plainly(c crossing) *crossing {
	s := c.clone()
	base := s.base[resource]
	if base == nil {
		return nil
	}
	segments := strings.SplitN(o.arn+":::::", ":", 6)
	if !slices.Contains(regional, segments[2]) {
		return nil
	}
	plain := o.ownedARN("arn:aws:" + segments[2] + ":us-east-1:" + o.account + ":?*")
	s.base = withBase(s.base, resource, base.and(plain))
	s.langs, s.known = nil, false
	if _, ok := s.languages(); !ok {
		return nil
	}
	c.situation = s
	if c.key == resource && c.named != nil {
		if c.named = c.named.and(plain); c.named.isEmpty() {
			return nil
		}
	}
	return &c
}
