package identity

import (
	"crypto/sha256"
	_ "embed" // for awsmanaged.json
	"encoding/base32"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// awsManagedText are some of AWS's managed policies, by their names, in their default versions of 2026-05. They come from the dump
// that the project moto publishes (moto/iam/aws_managed_policies.py, Apache License 2.0).
//
//go:embed awsmanaged.json
var awsManagedText []byte

// awsPrefix begins the ARN of each managed policy of AWS.
const awsPrefix = "arn:aws:iam::aws:policy"

// IsAWSManaged reports whether arn is that of a managed policy of AWS, one that localaws has or another.
func IsAWSManaged(arn string) bool { return strings.HasPrefix(arn, awsPrefix+"/") }

// awsManaged returns AWS's managed policies by their ARNs, compiled. They are shared and read-only.
var awsManaged = sync.OnceValues(func() (map[string]*ManagedPolicy, error) {
	var records map[string]struct {
		Path, DefaultVersionId string //nolint:revive // as AWS spells it
		CreateDate, UpdateDate time.Time
		Document               jsontext.Value
	}
	if err := json.Unmarshal(awsManagedText, &records); err != nil {
		return nil, fmt.Errorf("managed policies of AWS: %w", err)
	}
	policies := make(map[string]*ManagedPolicy, len(records))
	for name, r := range records {
		m := &ManagedPolicy{
			Name: name, Path: r.Path, ID: awsPolicyID(name), ARN: awsPrefix + r.Path + name, Created: r.CreateDate, Updated: r.UpdateDate,
		}
		if _, err := fmt.Sscanf(r.DefaultVersionId, "v%d", &m.Default); err != nil {
			return nil, fmt.Errorf("managed policy %s: version %s: %w", name, r.DefaultVersionId, err)
		}
		m.Last, m.Versions = m.Default, []Version{{Number: m.Default, Text: string(r.Document), Created: r.UpdateDate}}
		if err := m.compile(); err != nil {
			return nil, err
		}
		policies[m.ARN] = m
	}
	return policies, nil
})

// awsPolicyID stands for AWS's own unique id, which the dump lacks. It is the same after a restart: sessions are bound to it.
func awsPolicyID(name string) string {
	sum := sha256.Sum256([]byte(awsPrefix + name))
	return "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}
