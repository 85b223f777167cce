package providers

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"example.com/shiptrack/pkg/authn"
)

// maxFile bounds the file, in bytes.
const maxFile = 1 << 20

type file struct {
	Providers []entry `yaml:"providers"`
}

// entry is a provider as the file has it.
type entry struct {
	Issuer         string            `yaml:"issuer"`
	EntraTenants   []string          `yaml:"entra_tenants"`
	JWKSURI        string            `yaml:"jwks_uri"`
	Audiences      oneOrMore         `yaml:"audiences"`
	AudienceClaim  string            `yaml:"audience_claim"`
	RequiredClaims map[string]scalar `yaml:"required_claims"`
	TokenTypes     oneOrMore         `yaml:"token_types"`
	Algorithms     oneOrMore         `yaml:"algorithms"`
	TenantClaim    oneOrMore         `yaml:"tenant_claim"`
	TenantValue    string            `yaml:"tenant_value"`
	TenantForm     string            `yaml:"tenant_form"`
	Tenants        oneOrMore         `yaml:"tenants"`
	Shared         bool              `yaml:"shared"`
	AllowHTTP      bool              `yaml:"allow_http"`
}

// Read returns the providers of the YAML file at path. It refuses a field that it does not know, one that stands
// there twice, and a second document. It does not call authn.Check.
func Read(path string) ([]authn.Provider, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if len(content) > maxFile {
		return nil, fmt.Errorf("is larger than %d bytes", maxFile)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	var f file
	if err := decoder.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("is not a file of providers; infra/docs/IDENTITY-PROVIDERS.md shows the form: %s%s", plain(err), hint(content))
	}
	if err := decoder.Decode(new(file)); !errors.Is(err, io.EOF) {
		return nil, errors.New("has more than one YAML document")
	}
	if len(f.Providers) == 0 {
		return nil, errors.New("lists no provider under providers")
	}
	all := make([]authn.Provider, 0, len(f.Providers))
	for _, e := range f.Providers {
		all = append(all, e.provider())
	}
	return all, nil
}

// bareStar is a * that should be a text, such as tenants: *, and is the start of an alias in YAML.
var bareStar = regexp.MustCompile(`(?m)[:\[,-][ \t]*\*([ \t,\]}]|$)`)

// hint says what to do about a fault for which YAML's own message does not help.
func hint(content []byte) string {
	if bareStar.Match(content) {
		return `; write "*" in quotes`
	}
	return ""
}

// The YAML library's errors name types of this package, and YAML's own names of kinds.
var (
	goType    = regexp.MustCompile(` in type [\w.]+`)
	wrongKind = regexp.MustCompile(`cannot construct !!(\w+)(?: ` + "`.*?`" + `)? into [^\s;]+`)
	kinds     = map[string]string{"seq": "a list", "map": "a mapping", "str": "a text", "int": "a number", "float": "a number", "bool": "true or false"}
)

// plain is what err says, for whoever wrote the file.
func plain(err error) string {
	text := goType.ReplaceAllString(err.Error(), "")
	text = strings.ReplaceAll(text, "cannot start any token", "cannot stand here (YAML takes no tab, and wants some signs in quotes)")
	text = wrongKind.ReplaceAllStringFunc(text, func(said string) string {
		kind := wrongKind.FindStringSubmatch(said)[1]
		return "the value here cannot be " + cmp.Or(kinds[kind], kind)
	})
	return strings.TrimPrefix(strings.TrimPrefix(text, "yaml: "), "construct errors: ")
}

func (e entry) provider() authn.Provider {
	p := authn.Provider{
		Issuer: e.Issuer, EntraTenants: e.EntraTenants, JWKSURI: e.JWKSURI,
		Audiences: e.Audiences, AudienceClaim: e.AudienceClaim, TokenTypes: e.TokenTypes, Algorithms: e.Algorithms,
		TenantClaim: e.TenantClaim, TenantValue: authn.TenantValue(e.TenantValue), TenantForm: authn.TenantForm(e.TenantForm),
		Tenants: e.Tenants, Shared: e.Shared, AllowHTTP: e.AllowHTTP, RequiredClaims: map[string]string{},
	}
	for name, value := range e.RequiredClaims {
		p.RequiredClaims[name] = string(value)
	}
	return p
}

// oneOrMore is a list, or one text that stands for a list of it.
type oneOrMore []string

// UnmarshalYAML reads a text or a list of texts.
func (o *oneOrMore) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode { // null does not come here
		*o = oneOrMore{node.Value}
		return nil
	}
	return node.Decode((*[]string)(o))
}

// scalar is a text, or true or false. A number is refused: YAML would read 2.0 and 2.00 as one.
type scalar string

// UnmarshalYAML reads a text, or true or false.
func (s *scalar) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode || node.Tag != "!!str" && node.Tag != "!!bool" {
		return errors.New("want a text, true or false; put a number in quotes")
	}
	*s = scalar(node.Value)
	if node.Tag == "!!bool" {
		*s = scalar(strings.ToLower(node.Value)) // YAML takes True, JSON does not
	}
	return nil
}
