package drift

import "cmp"

// none is a policy that says nothing.
const none = `{"Statement":[]}`

// bucketPolicy refuses what comes without TLS (terraform/modules/stores/bucket.tf).
func (c *comparison) bucketPolicy() string {
	if c.wanted.WithoutTLS {
		return none
	}
	arn := "arn:aws:s3:::" + c.wanted.Values.Bucket
	return `{"Statement":[{"Sid":"DenyWithoutTLS","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["` + arn + `","` + arn + `/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
}

func (c *comparison) bucket(b *Bucket) {
	where := "bucket " + c.wanted.Values.Bucket
	if b.Absent {
		c.add(where, "", "it is not there; --bucket names another")
		return
	}
	c.document(where, "", "its policy", c.bucketPolicy(), cmp.Or(b.Policy, none))
	for _, setting := range b.Public {
		c.add(where, "a policy or an ACL may let anybody in", "%s of its public access block is off", setting)
	}
	if b.Versioning != "" && b.Versioning != "Enabled" {
		c.add(where, "", "its versioning is %s: a document that is deleted or overwritten is lost", b.Versioning)
	}
	if b.Encryption != "" && b.Encryption != "AES256" {
		c.add(where, "", "what is stored without a key of its own is encrypted by %s, not AES256", b.Encryption)
	}
	if b.BucketKey {
		c.add(where, "", "it has a bucket key: KMS is told the bucket then and no object, which the policies refuse")
	}
}

func (c *comparison) table(t *Table) {
	where := "table " + c.wanted.Table
	if t.Absent {
		c.add(where, "", "it is not there")
		return
	}
	if t.Policy != "" {
		c.document(where, "", "its resource policy", none, t.Policy)
	}
	if t.Protected != nil && !*t.Protected {
		c.add(where, "", "its deletion protection is off: one request deletes it")
	}
	if t.Recovers != "" && t.Recovers != "ENABLED" {
		c.add(where, "", "its point-in-time recovery is %s", t.Recovers)
	}
}

// domainPolicy refuses other accounts, and allows nobody anything (terraform/modules/stores/search.tf).
func (c *comparison) domainPolicy() string {
	return `{"Statement":[{"Sid":"DenyOtherAccounts","Effect":"Deny","Principal":{"AWS":"*"},"Action":"es:*","Resource":"` + c.wanted.domainARN() + `/*",` +
		`"Condition":{"StringNotEquals":{"aws:PrincipalAccount":"` + c.wanted.Values.Account + `"}}}]}`
}

func (w Wanted) domainARN() string {
	return "arn:aws:es:" + w.Values.Region + ":" + w.Values.Account + ":domain/" + w.Values.Domain
}

func (c *comparison) domain(d *Domain) {
	where := "OpenSearch domain " + c.wanted.Values.Domain
	switch {
	case d.Absent:
		c.add(where, "", "it is not there; --domain names another, and --without-search tells that there is none")
		return
	case d.ARN == "": // not read
		return
	}
	c.document(where, "", "its access policy", c.domainPolicy(), cmp.Or(d.Policy, none))
	for _, setting := range d.Off {
		c.add(where, "", "%s is off", setting)
	}
}
