package request

import (
	"net/http"
	"regexp"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// any resource: of actions that AWS lists without a resource type.
const anyResource = "*"

// labelPattern is what stands behind the kind in a table's sub-resources: a backup's, stream's, export's
// or import's label. It excludes what could change the meaning of the ARN: separators and wildcards.
var labelPattern = regexp.MustCompile(`^[a-zA-Z0-9_.:-]{1,255}$`)

// validName refuses a name, found in the named member, that no table or index can have.
func validName(member, name string) error {
	var f faults
	f.name(member, name)
	return f.err()
}

// place is the account and region that a request is sent to.
type place struct{ account, region string }

func (p place) tableARN(table string) string {
	return "arn:aws:dynamodb:" + p.region + ":" + p.account + ":table/" + table
}

func (p place) indexARN(table, index string) string { return p.tableARN(table) + "/index/" + index }

func (p place) globalTableARN(name string) string {
	return "arn:aws:dynamodb::" + p.account + ":global-table/" + name
}

// resourceOf returns the resource part of arn, which must be a DynamoDB ARN of this account and region.
func (p place) resourceOf(arn string) (string, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "dynamodb" {
		return "", exception.Validation("Invalid ARN: %s", arn)
	}
	if parts[4] != p.account {
		return "", api.Errorf(http.StatusBadRequest, "AccessDeniedException",
			"The resource %s belongs to another account, and no resource-based policy allows access to it", arn)
	}
	if parts[3] != p.region {
		return "", exception.Validation("Invalid ARN: %s is not in region %s", arn, p.region)
	}
	return parts[5], nil
}

// tableName returns the name of the table that the named member names, by its name or by its ARN.
func (p place) tableName(member, given string) (string, error) {
	name := given
	if strings.HasPrefix(given, "arn:") {
		resource, err := p.resourceOf(given)
		if err != nil {
			return "", err
		}
		var ok bool
		if name, ok = strings.CutPrefix(resource, "table/"); !ok {
			return "", exception.Validation("Invalid table ARN: %s", given)
		}
	}
	return name, validName(member, name)
}

// subresource checks an ARN of the form table/NAME/KIND/LABEL, and returns the table's name.
func (p place) subresource(arn, kind string) (table string, err error) {
	resource, err := p.resourceOf(arn)
	if err != nil {
		return "", err
	}
	parts := strings.Split(resource, "/")
	if len(parts) != 4 || parts[0] != "table" || parts[2] != kind || !labelPattern.MatchString(parts[3]) {
		return "", exception.Validation("Invalid %s ARN: %s", kind, arn)
	}
	return parts[1], validName(kind+"Arn", parts[1])
}
