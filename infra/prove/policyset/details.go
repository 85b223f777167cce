package policyset

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/policy"
)

// details is what `aws iam get-account-authorization-details` prints: IAM API reference, GetAccountAuthorizationDetails.
type details struct {
	Users       []detailedUser  `json:"UserDetailList"`
	Groups      []detailedGroup `json:"GroupDetailList"`
	Roles       []detailedRole  `json:"RoleDetailList"`
	Policies    []managed       `json:"Policies"`
	IsTruncated bool            `json:"IsTruncated"`
}

type detailedRole struct {
	Path, RoleName, Arn      string
	AssumeRolePolicyDocument jsontext.Value
	RolePolicyList           []inline
	AttachedManagedPolicies  []attached
	PermissionsBoundary      struct{ PermissionsBoundaryArn string }
	Tags                     []struct{ Key, Value string }
}

type detailedUser struct {
	Path, UserName          string
	UserPolicyList          []inline
	AttachedManagedPolicies []attached
}

type detailedGroup struct {
	Path, GroupName         string
	GroupPolicyList         []inline
	AttachedManagedPolicies []attached
}

type inline struct {
	PolicyName     string
	PolicyDocument jsontext.Value
}

type attached struct{ PolicyName, PolicyArn string }

type managed struct {
	PolicyName, Arn   string
	PolicyVersionList []struct {
		Document         jsontext.Value
		IsDefaultVersion bool
	}
}

// ofAWS is the path of roles that AWS services keep for themselves: nobody can change them, and no session of a tenant is one.
const ofAWS = "/aws-service-role/"

// detailsFile is such a file while it is read.
type detailsFile struct {
	details
	name     string
	text     *located
	places   map[string]int64
	managed  map[string]Document // by ARN
	accounts map[string]bool
}

func readDetails(name string, text []byte) (*Set, error) {
	f := &detailsFile{name: name, text: locate(text), managed: map[string]Document{}, accounts: map[string]bool{}}
	if err := json.Unmarshal(text, &f.details); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if f.IsTruncated {
		return nil, fmt.Errorf("%s: IsTruncated is true, so roles are missing: print it without --no-paginate and --max-items", name)
	}
	var err error
	if f.places, err = places(text); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := f.readManaged(); err != nil {
		return nil, err
	}
	s := &Set{Name: name}
	if err := f.readRoles(s); err != nil {
		return nil, err
	}
	if err := f.readOthers(s); err != nil {
		return nil, err
	}
	if len(f.accounts) > 1 {
		return nil, fmt.Errorf("%s: its roles are of several accounts: prove each account's set alone", name)
	}
	for s.Account = range f.accounts {
	}
	return s, nil
}

// readRoles adds the roles to s, but for those that AWS services keep.
func (f *detailsFile) readRoles(s *Set) error {
	services := 0
	for i := range f.Roles {
		if strings.HasPrefix(f.Roles[i].Path, ofAWS) {
			services++
			continue
		}
		r, err := f.role(i)
		if err != nil {
			return err
		}
		s.Roles = append(s.Roles, r)
	}
	if services > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d service-linked roles are left out: only AWS services assume them", services))
	}
	return nil
}

func (f *detailsFile) readManaged() error {
	for i := range f.Policies {
		m := &f.Policies[i]
		for j, v := range m.PolicyVersionList {
			if !v.IsDefaultVersion {
				continue
			}
			kind := policy.Identity
			if strings.Contains(m.Arn, ":iam::aws:policy/") {
				kind = policy.AWSManaged
			}
			d, err := f.document(fmt.Sprintf("/Policies/%d/PolicyVersionList/%d/Document", i, j), v.Document, m.PolicyName, "managed policy "+m.PolicyName, kind)
			if err != nil {
				return err
			}
			f.managed[m.Arn] = d
		}
	}
	return nil
}

func (f *detailsFile) document(pointer string, value jsontext.Value, name, in string, kind policy.Kind) (Document, error) {
	if value == nil {
		return Document{}, fmt.Errorf("%s: %s has no document", f.name, in)
	}
	text, at, err := f.text.document(value, f.places[pointer])
	if err != nil {
		return Document{}, fmt.Errorf("%s: %s: %w", f.name, in, err)
	}
	return Document{Name: name, Text: text, Kind: kind, File: f.name, In: in, At: at}, nil
}

func (f *detailsFile) role(i int) (r Role, err error) {
	from := &f.Roles[i]
	r = Role{Name: strings.TrimPrefix(from.Path, "/") + from.RoleName, Tags: map[string]string{}}
	if from.RoleName == "" {
		return r, fmt.Errorf("%s: the role number %d of RoleDetailList has no RoleName", f.name, i+1)
	}
	account := policy.ResourceAccount(from.Arn)
	if account == "" {
		return r, fmt.Errorf("%s: the role %s has no Arn, and that tells the account: print it without a --query that leaves Arn out", f.name, r.Name)
	}
	f.accounts[account] = true
	pointer := fmt.Sprintf("/RoleDetailList/%d", i)
	if r.Trust, err = f.document(pointer+"/AssumeRolePolicyDocument", from.AssumeRolePolicyDocument, "trust", "role "+r.Name+", trust policy", policy.Trust); err != nil {
		return r, err
	}
	if err := f.addPolicies(&r, pointer+"/RolePolicyList", "role "+r.Name, from.RolePolicyList, from.AttachedManagedPolicies); err != nil {
		return r, err
	}
	if arn := from.PermissionsBoundary.PermissionsBoundaryArn; arn != "" {
		if d, known := f.managed[arn]; known {
			r.Boundary = &d
		} else {
			r.Unknown = append(r.Unknown, missing(f.name, "the permissions boundary "+arn))
		}
	}
	for _, t := range from.Tags {
		r.Tags[t.Key] = t.Value
	}
	return r, nil
}

// readOthers adds users and groups to s, where they have policies. Whose groups a user is in says nothing more: each is looked at for itself.
func (f *detailsFile) readOthers(s *Set) error {
	add := func(kind, path, name, list string, policies []inline, attached []attached) error {
		r := Role{Name: kind + path + name, Other: others[kind]}
		if err := f.addPolicies(&r, list, kind+" "+name, policies, attached); err != nil {
			return err
		}
		if len(r.Policies)+len(r.Unknown) > 0 {
			s.Roles = append(s.Roles, r)
		}
		return nil
	}
	for i, u := range f.Users {
		if err := add("user", cmp.Or(u.Path, "/"), u.UserName, fmt.Sprintf("/UserDetailList/%d/UserPolicyList", i), u.UserPolicyList, u.AttachedManagedPolicies); err != nil {
			return err
		}
	}
	for i, g := range f.Groups {
		if err := add("group", cmp.Or(g.Path, "/"), g.GroupName, fmt.Sprintf("/GroupDetailList/%d/GroupPolicyList", i), g.GroupPolicyList, g.AttachedManagedPolicies); err != nil {
			return err
		}
	}
	return nil
}

// addPolicies adds inline policies, which stand in a list of the file, and managed ones to r; in is r for people.
func (f *detailsFile) addPolicies(r *Role, list, in string, policies []inline, attached []attached) error {
	for j, p := range policies {
		d, err := f.document(fmt.Sprintf("%s/%d/PolicyDocument", list, j), p.PolicyDocument, p.PolicyName, in+", policy "+p.PolicyName, policy.Identity)
		if err != nil {
			return err
		}
		r.Policies = append(r.Policies, d)
	}
	for _, p := range attached {
		f.attach(r, p.PolicyArn)
	}
	return nil
}

// attach adds a managed policy to r.
func (f *detailsFile) attach(r *Role, arn string) {
	d, known := f.managed[arn]
	if !known {
		r.Unknown = append(r.Unknown, missing(f.name, "the attached policy "+arn))
		return
	}
	r.Policies = append(r.Policies, unlike(r, d))
}

// unlike is d under a name that no other document of r has.
func unlike(r *Role, d Document) Document {
	for i := range r.Policies {
		if r.Policies[i].Name == d.Name || d.Name == r.Trust.Name {
			d.Name += "-attached"
			return unlike(r, d)
		}
	}
	return d
}

func missing(file, what string) Unknown {
	return Unknown{Where: file, What: what + " is not in the file", Do: "print it without --filter, or with --filter Role LocalManagedPolicy AWSManagedPolicy"}
}
