package config_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/config"
)

type settings struct {
	Size    int           `env:"SIZE" envDefault:"100" help:"1 to 1000"`
	Name    string        `env:"NAME" help:"a name"`
	Verbose bool          `env:"VERBOSE" help:"true or false"`
	Target  string        `env:"TARGET,required" help:"where it goes"`
	Key     secret        `env:"KEY" secret:"true" help:"base64"`
	Timeout time.Duration `env:"TIMEOUT" envDefault:"5s"`
	client  *int          // no setting
}

type secret string

func (s *secret) UnmarshalText(b []byte) error {
	if strings.HasPrefix(string(b), "bad") {
		return errors.New("cannot decode " + string(b))
	}
	*s = secret(b)
	return nil
}

func (s *settings) Defaults() { s.Name = "here" }

func (s *settings) Validate() error {
	var wrong []error
	if s.Size < 1 || s.Size > 1000 {
		wrong = append(wrong, config.Invalid(&s.Size, "must be %d to %d", 1, 1000))
	}
	if s.client != nil {
		wrong = append(wrong, errors.New("a client was set"))
	}
	return errors.Join(wrong...)
}

func TestDefaultsAreTheTagsAndTheProgramsOwn(t *testing.T) {
	s, err := config.Load[settings]([]string{"TARGET=x"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Size != 100 || s.Name != "here" || s.Timeout != 5*time.Second || s.Verbose || s.Key != "" {
		t.Fatalf("got %+v, want every default", s)
	}
	s, err = config.Load[settings]([]string{
		"TARGET=x", "SIZE=7", "NAME=", "TIMEOUT=1s", "TIMEOUT=2s", "VERBOSE=true", "KEY=k", "no entry",
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Size != 7 || s.Timeout != 2*time.Second || !s.Verbose || s.Key != "k" {
		t.Fatalf("got %+v, want what the environment says last", s)
	}
	if s.Name != "here" {
		t.Fatalf("NAME= gave %q, want an empty variable to count as one that is not set", s.Name)
	}
}

func problems[T any](t *testing.T, environ ...string) []config.Problem {
	t.Helper()
	_, err := config.Load[T](environ)
	var all *config.Error
	if err != nil && !errors.As(err, &all) {
		t.Fatalf("Load(%v) = %v (%T), want a *config.Error", environ, err, err)
	}
	if all == nil {
		return nil
	}
	return all.Problems
}

func variables(found []config.Problem) []string {
	var names []string
	for _, p := range found {
		names = append(names, p.Variable)
	}
	return names
}

func TestEverythingWrongIsReportedAtOnceInTheOrderOfTheFields(t *testing.T) {
	found := problems[settings](t, "TIMEOUT=5", "VERBOSE=maybe", "SIZE=0")
	if got, want := variables(found), []string{"SIZE", "VERBOSE", "TARGET", "TIMEOUT"}; !slices.Equal(got, want) {
		t.Fatalf("reported %v, want %v", got, want)
	}
	_, err := config.Load[settings]([]string{"SIZE=0"})
	if got, want := err.Error(), "the configuration is wrong:\n  SIZE: must be 1 to 1000\n  TARGET: is required but not set; where it goes"; got != want {
		t.Fatalf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEachWrongValueIsRefusedAndItsNeighbourIsNot(t *testing.T) {
	for _, tt := range []struct{ variable, wrong, reason, right string }{
		{"SIZE", "many", "whole number", "1000"},
		{"SIZE", "1001", "must be 1 to 1000", "1"},
		{"SIZE", "99999999999999999999", "whole number", "10"},
		{"SIZE", "7 ", "blank", "7"},
		{"VERBOSE", "yes", "true or false", "true"},
		{"TIMEOUT", "5", "duration such as", "5s"},
		{"TARGET", "x ", "begins or ends with a blank", "x"},
		{"TARGET", "\tx", "begins or ends with a blank", "x y"},
		{"TARGET", "x\n", "line break", "x"},
		{"TARGET", " ", "begins or ends with a blank", "."},
		{"TARGET", "a\x00b", "control character", "ab"},
		{"TARGET", "a\xffb", "UTF-8", "aÿb"},
	} {
		if found := problems[settings](t, "TARGET=t", tt.variable+"="+tt.right); found != nil {
			t.Errorf("%s=%q is refused: %v", tt.variable, tt.right, found)
		}
		found := problems[settings](t, "TARGET=t", tt.variable+"="+tt.wrong)
		if len(found) != 1 || found[0].Variable != tt.variable || !strings.Contains(found[0].Reason, tt.reason) {
			t.Errorf("%s=%q: got %v, want one problem with %q", tt.variable, tt.wrong, found, tt.reason)
		}
	}
}

func TestASecretsValueIsNotRepeated(t *testing.T) {
	found := problems[settings](t, "TARGET=x", "KEY=bad-hunter2")
	if len(found) != 1 || found[0].Variable != "KEY" || strings.Contains(found[0].Reason, "hunter2") {
		t.Fatalf("got %v, want KEY reported without its value", found)
	}
}

func TestErrorThatNamesNoSettingIsReportedAllTheSame(t *testing.T) {
	if found := problems[vague](t); len(found) != 1 || found[0] != (config.Problem{Variable: "environment", Reason: "not today"}) {
		t.Errorf("got %v, want the error as it is", found)
	}
}

type vague struct{}

func (*vague) Validate() error { return errors.New("not today") }

// Endpoint stands twice in a struct, with fields of one name.
type Endpoint struct {
	Port int    `env:"PORT,required" help:"its port"`
	Host string `env:"HOST" envDefault:"localhost"`
}

// Validate refuses the port 0.
func (e *Endpoint) Validate() error {
	if e.Port == 0 {
		return config.Invalid(&e.Port, "must not be 0")
	}
	return nil
}

type nested struct {
	From struct {
		Endpoint Endpoint `envPrefix:"IN_"`
	} `envPrefix:"FROM_"`
	Endpoint `envPrefix:"TO_"`
	Other    struct {
		Port int `env:"OTHER_PORT"`
	}
}

func TestPrefixesStandBeforeTheNames(t *testing.T) {
	s, err := config.Load[nested]([]string{"FROM_IN_PORT=1", "TO_PORT=2", "TO_HOST=there", "OTHER_PORT=3"})
	if err != nil || s.From.Endpoint.Port != 1 || s.Port != 2 || s.Host != "there" || s.Other.Port != 3 {
		t.Fatalf("got %+v, %v", s, err)
	}
	if usage := config.Usage[nested](); !strings.Contains(usage, "FROM_IN_HOST") || !strings.Contains(usage, "TO_PORT") {
		t.Errorf("the usage lacks prefixes:\n%s", usage)
	}
}

func TestTheVariableAtFaultIsNamedWhereFieldsShareAName(t *testing.T) {
	for name, tt := range map[string]struct {
		environ []string
		want    []string
	}{
		"nothing set":            {nil, []string{"FROM_IN_PORT", "TO_PORT"}},
		"the first malformed":    {[]string{"FROM_IN_PORT=x", "TO_PORT=2"}, []string{"FROM_IN_PORT"}},
		"the second malformed":   {[]string{"FROM_IN_PORT=1", "TO_PORT=x"}, []string{"TO_PORT"}},
		"the third malformed":    {[]string{"FROM_IN_PORT=1", "TO_PORT=2", "OTHER_PORT=x"}, []string{"OTHER_PORT"}},
		"the first not allowed":  {[]string{"FROM_IN_PORT=0", "TO_PORT=2"}, []string{"FROM_IN_PORT"}},
		"the second not allowed": {[]string{"FROM_IN_PORT=1", "TO_PORT=0"}, []string{"TO_PORT"}},
	} {
		if got := variables(problems[nested](t, tt.environ...)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: reported %v, want %v", name, got, tt.want)
		}
	}
}

type owner struct {
	Port string `env:"OWN_LINE_PORT"`
	Name string `env:"OWN_NAME"`
	Else string `env:"ELSE"`
}

func (*owner) Prefix() string { return "OWN_" }

func (o *owner) Validate() error {
	if o.Else == "bad" {
		return config.Problem{Variable: "FOREIGN", Reason: "is set, and something else reads it"}
	}
	return nil
}

func TestMisspelledVariableWithAPrefixOfOnesOwnIsRefused(t *testing.T) {
	for environ, want := range map[string][]string{
		"OWN_NAME=a ELSE=b OWN_LINE_PORT=1":                                    nil,
		"OWN_NAAM=a OWN_X=b ELSEWHERE=c":                                       {"OWN_NAAM", "OWN_X"},
		"OWN_NAAM= OWNER=x UNOWN_X=y":                                          nil,
		"OWN_SERVICE_HOST=h OWN_PORT=tcp://":                                   nil, // what Kubernetes sets for a service "own"
		"OWN_PORT_8081_TCP=x OWN_PORT_8081_TCP_ADDR=x OWN_SERVICE_PORT_HTTP=1": nil,
		"OWN_PORTS=1 OWN_HOST=h":                                               {"OWN_HOST", "OWN_PORTS"},
		"ELSE=bad":                                                             {"FOREIGN"},
	} {
		found := problems[owner](t, strings.Fields(environ)...)
		if got := variables(found); !slices.Equal(got, want) {
			t.Errorf("%s: reported %v, want %v", environ, got, want)
		}
		if len(want) > 1 && found[0].Reason != "is no setting; known are OWN_LINE_PORT, OWN_NAME" {
			t.Errorf("%s: %v, want the known ones named", environ, found)
		}
	}
}

type hidden struct {
	name string `env:"NAME"`
}

type hiding struct{ hidden }

type unknownOption struct {
	Name string `env:"NAME,expand"`
}

type unknownType struct {
	Names []string `env:"NAMES"`
}

func TestStructThatCannotBeReadIsNeverIgnored(t *testing.T) {
	_ = hiding{hidden{name: "for the compiler"}}
	for name, load := range map[string]func(){
		"a field that is not exported":     func() { _, _ = config.Load[hidden](nil) },
		"an embedded one, not exported":    func() { _, _ = config.Load[hiding](nil) },
		"an option that nobody knows":      func() { _, _ = config.Load[unknownOption](nil) },
		"a type that no variable is of":    func() { _, _ = config.Load[unknownType](nil) },
		"no panic, to see that it is seen": nil,
	} {
		func() {
			defer func() {
				text, _ := recover().(string)
				if strings.HasPrefix(text, "config: ") != (load != nil) {
					t.Errorf("%s: recovered %q", name, text)
				}
			}()
			if load != nil {
				load()
			}
		}()
	}
}

func TestUsageListsEveryVariable(t *testing.T) {
	usage := config.Usage[settings]()
	for _, line := range []string{`SIZE\s+100\s+1 to 1000`, `NAME\s+here\s`, `TARGET\s+\(required\)`, `TIMEOUT\s+5s`, `KEY\s+\(none\)\s+base64`} {
		if !regexp.MustCompile(line).MatchString(usage) {
			t.Errorf("usage lacks %q:\n%s", line, usage)
		}
	}
	if n := strings.Count(usage, "\n"); n != 6 {
		t.Errorf("usage has %d lines, want one for each of 6 variables", n)
	}
}

func TestCheckURL(t *testing.T) {
	for text, want := range map[string]string{
		"http://127.0.0.1:8081": "", "https://issuer.example.com/path/": "", "http://[::1]:80": "", "http://h:65535": "",
		"":                       "absolute URL",
		"issuer.example.com":     "absolute URL",
		"ftp://h":                "absolute URL",
		"http:///path":           "absolute URL",
		"http:h":                 "absolute URL",
		"http://h:http":          "absolute URL",
		"http://127.0.0.1:99999": "port from 1 to 65535",
		"http://h:0":             "port from 1 to 65535",
		"http://h:":              "port from 1 to 65535",
		"http://user:pass@h":     "no user",
		"http://h?":              "no query",
		"http://h?x=1":           "no query",
		"http://h#":              "no fragment",
		"http://h/#x":            "no fragment",
	} {
		err := config.CheckURL(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pass")) {
			t.Errorf("CheckURL(%q) = %v, want %q", text, err, want)
		}
	}
}
