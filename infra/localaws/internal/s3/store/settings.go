package store

// Settings are what a bucket's owner sets. What is not set is empty or nil.
type Settings struct {
	Versioning        string             `json:"versioning,omitzero"` // Enabled or Suspended; empty: never was enabled
	Encryption        *Encryption        `json:"encryption,omitzero"`
	PublicAccessBlock *PublicAccessBlock `json:"publicAccessBlock,omitzero"`
	Ownership         string             `json:"ownership,omitzero"` // BucketOwnerEnforced and others
	Tags              []Tag              `json:"tags,omitzero"`      // in the order in which they were given
	Policy            *Policy            `json:"policy,omitzero"`
}

// States of Settings.Versioning.
const (
	VersioningEnabled   = "Enabled"
	VersioningSuspended = "Suspended"
)

// Encryption is how objects are encrypted of which a request does not say it.
type Encryption struct {
	Algorithm string `json:"algorithm"`    // AES256 or aws:kms
	Key       string `json:"key,omitzero"` // of aws:kms: the key, as it was given
}

// PublicAccessBlock are four settings. BlockPublicPolicy refuses policies; the others are kept and answered: localaws has no caller but the account's own.
type PublicAccessBlock struct {
	BlockPublicAcls       bool `json:"blockPublicAcls,omitzero"`
	IgnorePublicAcls      bool `json:"ignorePublicAcls,omitzero"`
	BlockPublicPolicy     bool `json:"blockPublicPolicy,omitzero"`
	RestrictPublicBuckets bool `json:"restrictPublicBuckets,omitzero"`
}

// Policy is the policy of a bucket.
type Policy struct {
	Document   string            `json:"document"`   // as it was given
	Principals map[string]string `json:"principals"` // unique ids of whom it names, by name; see identity.Bindings
}

// Tag is a tag of a bucket.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
