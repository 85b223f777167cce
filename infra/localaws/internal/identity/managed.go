package identity

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"example.com/shiptrack/infra/localaws/policy"
)

// ManagedPolicy is a managed policy with its versions. One that was read from a Directory is shared and read-only; change a
// Clone.
type ManagedPolicy struct {
	Name        string    `json:"name"`
	Path        string    `json:"path"`
	ID          string    `json:"id"` // ANPA...
	ARN         string    `json:"arn"`
	Description string    `json:"description,omitzero"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated,omitzero"` // when the last version was created
	Tags        []Tag     `json:"tags,omitzero"`
	Versions    []Version `json:"versions,omitzero"` // by their numbers, upwards
	Default     int       `json:"default,omitzero"`  // the number of the version that counts
	Last        int       `json:"last,omitzero"`     // the highest number that was ever given
	// Text is the document of a record that was stored before there were versions.
	Text string `json:"text,omitzero"`

	compiled policy.Named
}

// Version is one document of a managed policy.
type Version struct {
	Number  int       `json:"number"` // from 1, never used again
	Text    string    `json:"text"`
	Created time.Time `json:"created"`
}

// ID is the version's id in the API, such as v1.
func (v *Version) ID() string { return "v" + strconv.Itoa(v.Number) }

// AddVersion adds a document as the newest version, and returns it.
func (m *ManagedPolicy) AddVersion(text string, now time.Time) *Version {
	m.Last++
	m.Updated = now.UTC()
	m.Versions = append(m.Versions, Version{Number: m.Last, Text: text, Created: m.Updated})
	return &m.Versions[len(m.Versions)-1]
}

// Version returns the version with this id, or nil.
func (m *ManagedPolicy) Version(id string) *Version {
	i := slices.IndexFunc(m.Versions, func(v Version) bool { return v.ID() == id })
	if i < 0 {
		return nil
	}
	return &m.Versions[i]
}

// DefaultVersion returns the version that counts.
func (m *ManagedPolicy) DefaultVersion() *Version { return m.Version("v" + strconv.Itoa(m.Default)) }

// Clone returns a copy that may be changed.
func (m *ManagedPolicy) Clone() *ManagedPolicy {
	c := *m
	c.Tags = slices.Clone(m.Tags)
	c.Versions = slices.Clone(m.Versions)
	return &c
}

// upgrade gives a record that was stored before there were versions its one version.
func (m *ManagedPolicy) upgrade() {
	if len(m.Versions) == 0 {
		m.AddVersion(m.Text, m.Created)
		m.Default, m.Text = 1, ""
	}
}

func (m *ManagedPolicy) compile() error {
	version := m.DefaultVersion()
	if version == nil {
		return fmt.Errorf("managed policy %s has no version %d", m.ARN, m.Default)
	}
	compiled, err := policy.Parse([]byte(version.Text), policy.Identity)
	if err != nil {
		return fmt.Errorf("managed policy %s: %w", m.ARN, err)
	}
	m.compiled = policy.Named{Name: m.ARN, Policy: compiled}
	return nil
}
