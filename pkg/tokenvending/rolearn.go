package tokenvending

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// The parts of a role's ARN: IAM User Guide, "IAM identifiers", and IAM API Reference, CreateRole.
var (
	partition = regexp.MustCompile(`^aws(-[a-z]+)*$`)
	account   = regexp.MustCompile(`^[0-9]{12}$`)
	rolePath  = regexp.MustCompile(`^/([!-~]+/)?$`)
	roleName  = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
)

// CheckRoleARN returns nil where text is the ARN of one role, else what is wrong with it.
func CheckRoleARN(text string) error {
	if err := faultOfRoleARN(text); err != nil {
		return fmt.Errorf("role ARN %q %w; want arn:aws:iam::<account>:role/<name>", text, err)
	}
	return nil
}

func faultOfRoleARN(text string) error {
	role, err := arn.Parse(text)
	path, name := splitRole(role.Resource)
	switch {
	case err != nil || role.Service != "iam" || !strings.HasPrefix(role.Resource, "role/"):
		return errors.New("is not that of a role")
	case strings.ContainsAny(text, "*? \t\r\n"):
		return errors.New("must name one role: no blank and no wildcard")
	case !partition.MatchString(role.Partition):
		return errors.New("has no partition such as aws, aws-cn or aws-us-gov")
	case role.Region != "":
		return errors.New("has a region, which a role has not")
	case !account.MatchString(role.AccountID):
		return errors.New("has no account of 12 digits")
	case strings.Contains(path, "//"):
		return errors.New("has an empty part in its path: one / too many")
	case !rolePath.MatchString(path) || !roleName.MatchString(name):
		return errors.New(`has no well-formed name, which is 1 to 64 of [\w+=,.@-]`)
	}
	return nil
}

// splitRole returns the path and the name of a role: "/" and "R" of role/R, "/a/b/" and "R" of role/a/b/R.
func splitRole(resource string) (path, name string) {
	resource = strings.TrimPrefix(resource, "role")
	last := strings.LastIndexByte(resource, '/') + 1
	return resource[:last], resource[last:]
}

// sessionPrefix turns the ARN of a role into that of its sessions, up to their names. It has the role's name but not its path: IAM User
// Guide, IAM identifiers. Of a text that is no role's ARN it makes nothing that is a session's.
func sessionPrefix(roleARN string) string {
	role, _ := arn.Parse(roleARN)
	_, name := splitRole(role.Resource)
	role.Service = "sts"
	role.Resource = "assumed-role/" + name + "/"
	return role.String()
}
