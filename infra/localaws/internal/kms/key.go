package kms

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// key is a symmetric KMS key. One that is in the store is shared and read-only.
type key struct {
	ID          string         `json:"id"` // a UUID, never used again
	Description string         `json:"description,omitzero"`
	Created     time.Time      `json:"created"`
	Enabled     bool           `json:"enabled"`
	Deletion    time.Time      `json:"deletion,omitzero"` // when the key goes; zero: it is not pending deletion
	Rotation    int            `json:"rotation,omitzero"` // days between two rotations; 0: it has none
	Policy      string         `json:"policy"`            // the document, as it was given
	Tags        []identity.Tag `json:"tags,omitzero"`
	Material    []byte         `json:"material"` // 32 bytes
	// Principals are the unique ids of those whom Policy names.
	Principals identity.Bindings `json:"principals,omitzero"`

	compiled policy.Named
}

// alias is a name of a key.
type alias struct {
	Name    string    `json:"name"` // alias/...
	KeyID   string    `json:"keyId"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

const keySize = 32

func newKey(now time.Time) *key {
	material, id := make([]byte, keySize), make([]byte, 16)
	rand.Read(material) // never fails (crypto/rand)
	rand.Read(id)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	text := hex.EncodeToString(id)
	return &key{
		ID:      strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-"),
		Created: now.UTC(), Enabled: true, Material: material,
	}
}

func (k *key) clone() *key {
	c := *k
	c.Tags = slices.Clone(k.Tags)
	return &c
}

// compile parses the key policy. A key that is read back must have one that parses: it is never left out.
func (k *key) compile() error {
	compiled, err := parseKeyPolicy(k.Policy)
	if err != nil {
		return err
	}
	k.compiled = policy.Named{Name: "policy of key " + k.ID, Policy: compiled.Bind(k.Principals)}
	return nil
}

func (k *key) pending() bool { return !k.Deletion.IsZero() }

// gone reports whether the waiting period of a deletion is over.
func (k *key) gone(now time.Time) bool { return k.pending() && !now.Before(k.Deletion) }

func (k *key) state() string {
	switch {
	case k.pending():
		return "PendingDeletion"
	case k.Enabled:
		return "Enabled"
	}
	return "Disabled"
}

// notPending refuses what a key that is pending deletion cannot do (KMS Developer Guide, "Key states of AWS KMS keys").
func (k *key) notPending(arn string) error {
	if k.pending() {
		return invalidState("%s is pending deletion.", arn)
	}
	return nil
}

// usable refuses what only an enabled key can do: all that encrypts and decrypts.
func (k *key) usable(arn string) error {
	if err := k.notPending(arn); err != nil {
		return err
	}
	if !k.Enabled {
		return exception("DisabledException", "%s is disabled.", arn)
	}
	return nil
}

// metadata is KeyMetadata of the API.
type metadata struct {
	AWSAccountId, KeyId, Arn, Description  string
	CreationDate                           float64
	DeletionDate                           float64 `json:",omitzero"`
	Enabled, MultiRegion                   bool
	KeyUsage, KeyState, Origin, KeyManager string
	KeySpec, CustomerMasterKeySpec         string
	EncryptionAlgorithms                   []string
}

const (
	symmetric      = "SYMMETRIC_DEFAULT"
	encryptDecrypt = "ENCRYPT_DECRYPT"
	originKMS      = "AWS_KMS"
)

func (k *key) describe(account, arn string) *metadata {
	m := &metadata{
		AWSAccountId: account, KeyId: k.ID, Arn: arn, Description: k.Description, CreationDate: seconds(k.Created),
		Enabled: k.state() == "Enabled", KeyUsage: encryptDecrypt, KeyState: k.state(), Origin: originKMS, KeyManager: "CUSTOMER",
		KeySpec: symmetric, CustomerMasterKeySpec: symmetric, EncryptionAlgorithms: []string{symmetric},
	}
	if k.pending() {
		m.DeletionDate = seconds(k.Deletion)
	}
	return m
}

// seconds is a time as AWS JSON writes it: seconds since 1970.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// place is where the keys of a request are.
type place struct{ region, account string }

func placeOf(req *api.Request) place { return place{req.Region, req.Account} }

func (p place) keyARN(id string) string {
	return fmt.Sprintf("arn:aws:kms:%s:%s:key/%s", p.region, p.account, id)
}

func (p place) aliasARN(name string) string {
	return fmt.Sprintf("arn:aws:kms:%s:%s:%s", p.region, p.account, name)
}
