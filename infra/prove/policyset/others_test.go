package policyset

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/prove/theorem"
)

// planWith is a plan in which Vendor and Reader keep tenants apart, with further resources, and texts of the configuration.
func planWith(t *testing.T, resources, configuration string) (file string) {
	t.Helper()
	folder := t.TempDir()
	role := func(name, trust string) string {
		return fmt.Sprintf(`{"address": "aws_iam_role.%[1]s", "mode": "managed", "type": "aws_iam_role", "name": "%[1]s", "values": {"name": "%[1]s", "path": "/", "assume_role_policy": %[2]s}}`, name, quote(t, document(trust)))
	}
	own := `{"address": "aws_iam_role_policy.own", "mode": "managed", "type": "aws_iam_role_policy", "name": "own", "values": {"name": "Own", "role": "Reader", "policy": ` + quote(t, document(objectsOf("${aws:PrincipalTag/org}/*"))) + `}}`
	if resources != "" {
		resources = ", " + resources
	}
	write(t, filepath.Join(folder, "plan.json"), `{"format_version": "1.2", "planned_values": {"root_module": {"resources": [`+role("Vendor", vendorTrust)+", "+role("Reader", accessTrust)+", "+own+resources+`]}},
		"configuration": {"root_module": {"resources": [`+configuration+`]}}}`)
	write(t, filepath.Join(folder, "ownership.json"), string(source(t, "ownership.json")))
	return filepath.Join(folder, "plan.json")
}

func document(statements string) string {
	return `{"Version": "2012-10-17", "Statement": [` + statements + `]}`
}

func quote(t *testing.T, text string) string {
	t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(quoted)
}

// TestNothingOfAPlanIsLeftOutSilently has resources that grant something to what is no role of the plan. Each makes the verdict open, says what
// it is and what to do, until the ownership file says that it is administrative; where it reaches nothing of a tenant, it changes nothing.
func TestNothingOfAPlanIsLeftOutSilently(t *testing.T) {
	resource := func(kind, values string) string {
		return `{"address": "` + kind + `.x", "mode": "managed", "type": "` + kind + `", "name": "x", "values": {` + values + `}}`
	}
	configured := func(kind, attribute, references string) string {
		return `{"type": "` + kind + `", "name": "x", "expressions": {"` + attribute + `": {"references": [` + references + `]}}}`
	}
	objects := quote(t, document(objectsOf("*")))
	elsewhere := quote(t, document(strings.ReplaceAll(objectsOf("*"), ":::files", ":::site"))) // nobody's: see below
	toRole := func(principal string) string {
		return quote(t, document(strings.Replace(objectsOf("*"), `"Action"`, `"Principal": `+principal+`, "Action"`, 1)))
	}
	policy := resource("aws_iam_policy", `"name": "P", "policy": `+objects)
	attach := func(kind, values string) string {
		return policy + ", " + `{"address": "` + kind + `.y", "mode": "managed", "type": "` + kind + `", "name": "y", "values": {` + values + `}}`
	}
	attached := func(kind string) string {
		return strings.Replace(configured(kind, "policy_arn", `"aws_iam_policy.x.arn", "aws_iam_policy.x"`), `"name": "x"`, `"name": "y"`, 1)
	}
	for name, test := range map[string]struct {
		resources, configuration string
		of, want                 string // empty: nothing is open
	}{
		"nothing more":                        {"", "", "", ""},
		"an inline policy of a foreign role":  {resource("aws_iam_role_policy", `"name": "P", "role": "Elsewhere", "policy": `+objects), "", "role/Elsewhere", "role/Elsewhere is a role that is not in the file, and this statement may reach tenants' data: keep the role in the same configuration"},
		"one that reaches nothing":            {resource("aws_iam_role_policy", `"name": "P", "role": "Elsewhere", "policy": `+elsewhere), "", "", ""},
		"one of a role that is not known":     {resource("aws_iam_role_policy", `"name": "P", "policy": `+objects), configured("aws_iam_role_policy", "role", `"var.role"`), "aws_iam_role_policy.x", "is known only after the plan is applied"},
		"an attachment to a foreign role":     {attach("aws_iam_role_policy_attachment", `"role": "Elsewhere"`), attached("aws_iam_role_policy_attachment"), "role/Elsewhere", "a role that is not in the file"},
		"attachments to foreign roles":        {attach("aws_iam_policy_attachment", `"roles": ["Elsewhere"]`), attached("aws_iam_policy_attachment"), "role/Elsewhere", "a role that is not in the file"},
		"attachments to users":                {attach("aws_iam_policy_attachment", `"users": ["ana"]`), attached("aws_iam_policy_attachment"), "user/ana", "user/ana is a user, and no session of a tenant"},
		"attachments to groups":               {attach("aws_iam_policy_attachment", `"groups": ["all"]`), attached("aws_iam_policy_attachment"), "group/all", "a group of users"},
		"attachments to users not known":      {attach("aws_iam_policy_attachment", `"roles": []`), strings.Replace(attached("aws_iam_policy_attachment"), `"expressions": {`, `"expressions": {"users": {"references": ["var.users"]}, `, 1), "aws_iam_policy_attachment.y", "a user"},
		"an inline policy of a user":          {resource("aws_iam_user_policy", `"name": "P", "user": "ana", "policy": `+objects), "", "user/ana", "a user, and no session of a tenant, and this statement may reach tenants' data: take it away, or name it under"},
		"one by the user's own name":          {resource("aws_iam_user_policy", `"name": "P", "user": "ana", "policy": `+quote(t, document(objectsOf("${aws:username}/*")))), "", "user/ana", "a user, and no session of a tenant"},
		"an inline policy of a group":         {resource("aws_iam_group_policy", `"name": "P", "group": "all", "policy": `+objects), "", "group/all", "a group of users"},
		"a policy of AWS for a user":          {resource("aws_iam_user_policy_attachment", `"user": "ana", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"`), "", "user/ana", "whose text is not in the file"},
		"exclusive policies of a user":        {resource("aws_iam_user_policy_attachments_exclusive", `"user_name": "ana", "policy_arns": ["arn:aws:iam::aws:policy/AdministratorAccess"]`), "", "user/ana", "whose text is not in the file"},
		"a policy that nothing has":           {policy, "", "aws_iam_policy.x", "a policy that nothing in the file has"},
		"a permission set":                    {resource("aws_ssoadmin_permission_set_inline_policy", `"inline_policy": `+objects), "", "aws_ssoadmin_permission_set_inline_policy.x", "IAM Identity Center"},
		"a permission set, known after apply": {resource("aws_ssoadmin_permission_set_inline_policy", `"instance_arn": "x"`), configured("aws_ssoadmin_permission_set_inline_policy", "inline_policy", `"var.x"`), "aws_ssoadmin_permission_set_inline_policy.x", "is known only after"},
		"a managed policy of one":             {resource("aws_ssoadmin_managed_policy_attachment", `"managed_policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"`), "", "aws_ssoadmin_managed_policy_attachment.x", "whose text is not in the file"},
		"a policy of one by its name":         {attach("aws_ssoadmin_customer_managed_policy_attachment", `"customer_managed_policy_reference": [{"name": "P", "path": "/"}]`), "", "aws_ssoadmin_customer_managed_policy_attachment.y", "IAM Identity Center"},
		"exclusive inlines, the same":         {resource("aws_iam_role_policies_exclusive", `"role_name": "Reader", "policy_names": ["Own"]`), "", "", ""},
		"exclusive inlines, one more":         {resource("aws_iam_role_policies_exclusive", `"role_name": "Reader", "policy_names": ["Own", "More"]`), "", "Reader", "aws_iam_role_policies_exclusive.x lists More, Own, and the file has Own: let both have the same"},
		"exclusive inlines, one less":         {resource("aws_iam_role_policies_exclusive", `"role_name": "Reader", "policy_names": []`), "", "Reader", "lists none, and the file has Own"},
		"exclusive attachments, known later":  {policy + ", " + resource("aws_iam_role_policy_attachments_exclusive", `"role_name": "Reader", "policy_arns": [null]`), configured("aws_iam_role_policy_attachments_exclusive", "policy_arns", `"aws_iam_policy.x.arn", "aws_iam_policy.x"`), "Reader", "lists aws_iam_policy.x, and the file has none"},
		"exclusive attachments, one more":     {resource("aws_iam_role_policy_attachments_exclusive", `"role_name": "Reader", "policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]`), "", "Reader", "ReadOnlyAccess, and the file has none"},
		"a bucket's policy for everyone":      {resource("aws_s3_bucket_policy", `"policy": `+toRole(`"*"`)), "", "aws_s3_bucket_policy.x", "a policy of a resource, which grants beside the policies of roles, and this statement may reach tenants' data: let it only deny"},
		"for another account":                 {resource("aws_s3_bucket_policy", `"policy": `+toRole(`{"AWS": "999999999999"}`)), "", "aws_s3_bucket_policy.x", "a policy of a resource"},
		"for the account":                     {resource("aws_s3_bucket_policy", `"policy": `+toRole(`{"AWS": "arn:aws:iam::123456789012:root"}`)), "", "", ""},
		"for the account and a role":          {resource("aws_s3_bucket_policy", `"policy": `+toRole(`{"AWS": ["arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:role/Vendor"]}`)), "", "aws_s3_bucket_policy.x", "a policy of a resource"},
		"for a service":                       {resource("aws_s3_bucket_policy", `"policy": `+toRole(`{"Service": "cloudtrail.amazonaws.com"}`)), "", "", ""},
		"that denies":                         {resource("aws_s3_bucket_policy", `"policy": `+strings.Replace(toRole(`"*"`), "Allow", "Deny", 1)), "", "", ""},
		"known after apply":                   {resource("aws_s3_bucket_policy", `"bucket": "files"`), configured("aws_s3_bucket_policy", "policy", `"aws_s3_bucket.files.arn"`), "aws_s3_bucket_policy.x", "aws_s3_bucket_policy.x.policy is known only after"},
		"that is null":                        {resource("aws_s3_bucket_policy", `"policy": null`), configured("aws_s3_bucket_policy", "policy", `"var.policy"`), "", ""},
		"of another provider":                 {resource("awscc_s3_bucket_policy", `"policy_document": `+toRole(`"*"`)), "", "awscc_s3_bucket_policy.x", "a policy of a resource"},
		"a role of another provider":          {resource("awscc_iam_role", `"role_name": "R", "policies": [{"policy_document": `+objects+`}], "assume_role_policy_document": `+quote(t, document(vendorTrust))), "", "awscc_iam_role.x", "cannot be read as a policy"},
		"of an endpoint, which only limits":   {resource("aws_vpc_endpoint", `"policy": `+toRole(`"*"`)), "", "", ""},
		"a bucket that is public":             {resource("aws_s3_bucket_acl", `"bucket": "files", "acl": "public-read"`), "", "aws_s3_bucket_acl.x", `lets in "public-read"`},
		"a bucket that is private":            {resource("aws_s3_bucket_acl", `"bucket": "files", "acl": "private"`), "", "", ""},
		"a grant of a key":                    {resource("aws_kms_grant", `"grantee_principal": "arn:aws:iam::123456789012:role/Vendor"`), "", "aws_kms_grant.x", "lets in"},
		"a function for another account":      {resource("aws_lambda_permission", `"principal": "999999999999"`), "", "aws_lambda_permission.x", `lets in "999999999999"`},
		"a function for a service":            {resource("aws_lambda_permission", `"principal": "s3.amazonaws.com"`), "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := planWith(t, test.resources, test.configuration)
			owned := strings.Replace(string(source(t, "ownership.json")), `"stores": [`, `"stores": [{"name": "site", "resources": [{"arn": "arn:aws:s3:::site/*", "access": [{"actions": ["s3:*"], "owner": "nobody"}]}]}, `, 1)
			write(t, filepath.Join(filepath.Dir(file), "ownership.json"), owned)
			r := check(t, file)
			var out bytes.Buffer
			if err := r.Text(&out); err != nil {
				t.Fatal(err)
			}
			if test.want == "" {
				if r.Verdict != theorem.Proven {
					t.Errorf("%s", &out)
				}
				return
			}
			of := ""
			for _, f := range r.Findings {
				if f.Verdict == theorem.Undecided {
					of += f.Role + " "
				}
			}
			if r.Verdict != theorem.Undecided || r.ExitCode() != 3 || !strings.Contains(of, test.of+" ") {
				t.Errorf("%s of %s, want UNDECIDED of %s\n%s", r.Verdict, of, test.of, &out)
			}
			contains(t, out.String(), test.want)
			if test.of == "Reader" || strings.Contains(of, "Reader") {
				return // a role's own verdict
			}
			write(t, filepath.Join(filepath.Dir(file), "ownership.json"), strings.Replace(owned, `"stores": [`, `"administrative": {"`+test.of+`": "who it lets in is an operator"}, "stores": [`, 1))
			if r := check(t, file); r.Verdict != theorem.Proven || len(r.Notes) > 0 {
				t.Errorf("declared: %s, %q", r.Verdict, r.Notes)
			}
		})
	}
}

// TestUsersAndGroupsOfAnAccountAreDecided holds that what users and groups reach is told, and that those who reach nothing change nothing.
func TestUsersAndGroupsOfAnAccountAreDecided(t *testing.T) {
	account := strings.Replace(string(source(t, "account.json")), `"StringLike": {`, `"StringNotLike": {"aws:RequestTag/org": "*/*"}, "StringLike": {`, 1)
	list := func(kind, statement string) string {
		return `"` + kind + `DetailList": [{"` + kind + `Name": "ana", "Path": "/", "` + kind + `PolicyList": [{"PolicyName": "P", "PolicyDocument": ` + document(statement) + `}]}]`
	}
	for name, test := range map[string]struct{ more, of string }{
		"none":                     {`"GroupDetailList": []`, ""},
		"a user":                   {list("User", objectsOf("*")), "user/ana"},
		"a user of another bucket": {strings.Replace(list("User", objectsOf("*")), ":::files", ":::site", 1), ""},
		"a group":                  {list("Group", objectsOf("*")), "group/ana"},
		"a policy not printed":     {`"UserDetailList": [{"UserName": "ana", "Path": "/", "AttachedManagedPolicies": [{"PolicyName": "P", "PolicyArn": "arn:aws:iam::aws:policy/P"}]}]`, "user/ana"},
		"a user without a policy":  {`"UserDetailList": [{"UserName": "ana", "Path": "/"}]`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			begin, rest, _ := strings.Cut(account, "{")
			for _, kind := range []string{"User", "Group"} { // the file's own
				rest = strings.Replace(rest, `"`+kind+`DetailList"`, `"No`+kind+`"`, 1)
			}
			write(t, filepath.Join(folder, "account.json"), begin+"{"+test.more+","+rest)
			write(t, filepath.Join(folder, "ownership.json"), strings.Replace(string(source(t, "ownership.json")), `"stores": [`, `"stores": [{"name": "site", "resources": [{"arn": "arn:aws:s3:::site/*", "access": [{"actions": ["s3:*"], "owner": "nobody"}]}]}, `, 1))
			r := check(t, filepath.Join(folder, "account.json"))
			of := ""
			for _, f := range r.Findings {
				if f.Verdict == theorem.Undecided {
					of += f.Role
				}
			}
			want := theorem.Proven
			if test.of != "" {
				want = theorem.Undecided
			}
			if r.Verdict != want || of != test.of || r.Roles != 2 {
				t.Errorf("%s of %q, %d roles, want %q: %+v", r.Verdict, of, r.Roles, test.of, r.Findings)
			}
		})
	}
}
