package prove

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/theorem"
	"example.com/shiptrack/pkg/authn/authntest"
)

// Placeholders stand for the names in what the attacks say and send: ~table~ and so on, see Names. A tilde is the one mark that JSON,
// forms and URLs all leave as it is.
const (
	table  = "~table~"
	bucket = "~bucket~"
)

// Names are the names that the attacks use: those of the table, the tag, the roles and so on of one set of policies. They are read from
// its ownership file. The zero Names are of a set that is not attacked.
type Names struct {
	Tag   string // the key of the session tag
	Table string

	bucket, domain string
	operated       bool              // the set has a role of the control plane, and its boundaries end sessions
	filler         *strings.Replacer // of placeholders; nil: no names
}

var errNoNames = errors.New(`the ownership file has no "attacked": the names of the roles, of the table's attributes and index, of the bucket and of the domain that are attacked; see infra/iam/ownership.json`)

// namePattern is what a name may be: nothing that JSON, forms, URLs or expressions of DynamoDB write in another way.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]*[A-Za-z][A-Za-z0-9_.-]*$`)

// ReadNames reads the names of an ownership file. A file without "attacked" has none, which is an error only of who attacks.
func ReadNames(file iam.Ownership) (Names, error) {
	owned, err := Owned(file, Names{}.Values())
	if err != nil || owned.Attacked == nil {
		return Names{}, err
	}
	of, roles := owned.Attacked, owned.Attacked.Roles
	all := map[string]string{
		"tag": owned.Tag, "table": tableOf(owned), "of-index": indexSuffix(owned),
		"partition": of.Partition, "sort": of.Sort, "table-index": of.Index, "bucket": of.Bucket, "domain": of.Domain,
		"service-role": roles.Service, "access-role": roles.Access, "write-role": roles.Write, "seed-task-role": roles.SeedTask, "seed-role": roles.Seed,
	}
	for _, name := range []string{"tag", "partition", "table"} {
		all[name+"-other-case"] = otherCase(all[name])
	}
	var pairs []string
	for name, value := range all {
		if !namePattern.MatchString(value) {
			return Names{}, fmt.Errorf("%s: %q is no name of the %s that the attacks could use: want letters, digits and the signs _ - . alone", file.Name, value, name)
		}
		pairs = append(pairs, "~"+name+"~", value)
	}
	if of.Operator != nil {
		more, err := operatorNames(file.Name, of.Operator)
		if err != nil {
			return Names{}, err
		}
		pairs = append(pairs, more...)
	}
	for _, name := range []string{"tag", "partition"} {
		pairs = append(pairs, "~"+name+"-escaped~", fmt.Sprintf(`\u%04x`, all[name][0])+all[name][1:])
	}
	return Names{owned.Tag, all["table"], of.Bucket, of.Domain, of.Operator != nil, strings.NewReplacer(pairs...)}, nil
}

// registryPattern is what the name of a partition of the registry may be: nothing that JSON writes in another way.
var registryPattern = regexp.MustCompile(`^[@A-Za-z0-9_.-]+$`)

// operatorNames are those of the role of the control plane, with their placeholders before them.
func operatorNames(file string, of *theorem.Operator) ([]string, error) {
	if !namePattern.MatchString(of.Role) || len(of.Registry) != 2 || !registryPattern.MatchString(of.Registry[0]) || !registryPattern.MatchString(of.Registry[1]) {
		return nil, fmt.Errorf(`%s: "operator" needs the name of a "role", and a "registry" of two partitions: of the tenants, and of those that are blocked`, file)
	}
	return []string{"~operator-role~", of.Role, "~registry~", of.Registry[0], "~registry-other-case~", otherCase(of.Registry[0]), "~blocked~", of.Registry[1]}, nil
}

// tableOf is the table whose rows have an owner.
func tableOf(owned *theorem.Ownership) string {
	for _, r := range resourcesOf(owned, "dynamodb") {
		if _, name, _ := strings.Cut(r.ARN, ":table/"); !strings.ContainsAny(name, "*?/") {
			return name
		}
	}
	return ""
}

// indexSuffix is what stands behind the owner in the name of an index of OpenSearch.
func indexSuffix(owned *theorem.Ownership) string {
	for _, r := range resourcesOf(owned, "es") {
		for _, a := range r.Access {
			if _, behind, ok := strings.Cut(a.Owner, "/{owner}"); ok {
				return strings.TrimSuffix(behind, "/*")
			}
		}
	}
	return ""
}

func resourcesOf(owned *theorem.Ownership, service string) (all []theorem.Resource) {
	for _, s := range owned.Stores {
		for _, r := range s.Resources {
			if strings.HasPrefix(r.ARN, "arn:aws:"+service+":") {
				all = append(all, r)
			}
		}
	}
	return all
}

// otherCase is name in small letters, or in capitals where it is in small ones.
func otherCase(name string) string {
	if lower := strings.ToLower(name); lower != name {
		return lower
	}
	return strings.ToUpper(name)
}

// fill replaces the placeholders in a text.
func (n Names) fill(text string) string {
	if n.filler == nil {
		return text
	}
	return n.filler.Replace(text)
}

// signWith is a token of claims, whose names may be placeholders.
func (n Names) signWith(key authntest.Key, claims, header map[string]any) string {
	filled := map[string]any{}
	for name, value := range claims {
		filled[n.fill(name)] = value
	}
	return authntest.SignWith(key, filled, header)
}

// Values are the ones with which Load fills policies.
func (n Names) Values() localaws.Values { return n.ValuesIn(region, account) }

// ValuesIn are those of an account.
func (n Names) ValuesIn(region, id string) localaws.Values {
	name := cmp.Or(n.bucket, "documents-"+account) // any: it is not attacked
	return localaws.Values{Region: region, Account: id, Bucket: strings.ReplaceAll(name, account, id), Domain: n.domain}
}
