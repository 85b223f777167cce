package request

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// invalidValue words a setting that does not fit the others.
func invalidValue(format string, args ...any) error {
	return exception.Validation("One or more parameter values were invalid: "+format, args...)
}

// sseInput is SSESpecification.
type sseInput struct {
	Enabled        *bool
	SSEType        string
	KMSMasterKeyId string
}

// managedKey is the id of the key of DynamoDB's own that encrypts where no other is named.
const managedKey = "00000000-0000-4000-8000-0064796e616d"

// key returns the ARN of the KMS key, empty for a key that AWS owns, which is in no account.
func (in *sseInput) key(p place) (string, error) {
	switch {
	case in.Enabled == nil || !*in.Enabled:
		switch {
		case in.SSEType != "":
			return "", invalidValue("SSEType can not be specified if Enabled is false")
		case in.KMSMasterKeyId != "":
			return "", invalidValue("KMSMasterKeyId can not be specified if Enabled is false")
		}
		return "", nil
	case in.SSEType != "" && in.SSEType != "KMS":
		if err := oneOf("sSESpecification.sSEType", in.SSEType, "AES256", "KMS"); err != nil {
			return "", err
		}
		return "", invalidValue("SSEType %s is not supported", in.SSEType)
	case in.KMSMasterKeyId != "" && in.SSEType == "":
		return "", invalidValue("SSEType KMS is required if KMSMasterKeyId is specified")
	}
	return p.keyARN(in.KMSMasterKeyId), nil
}

// keyARN is the ARN of a KMS key that is named by id, alias or ARN, or of DynamoDB's own where the name is empty. It does not ask
// KMS: an alias stays one.
func (p place) keyARN(name string) string {
	prefix := "arn:aws:kms:" + p.region + ":" + p.account + ":"
	switch {
	case strings.HasPrefix(name, "arn:"):
		return name
	case strings.HasPrefix(name, "alias/") && name != "alias/aws/dynamodb":
		return prefix + name
	case name == "" || name == "alias/aws/dynamodb":
		name = managedKey
	}
	return prefix + "key/" + name
}

// onDemandInput is OnDemandThroughput. A limit of -1 is none.
type onDemandInput struct{ MaxReadRequestUnits, MaxWriteRequestUnits *int64 }

// limits reads it for a table, or for the index that is named.
func (in *onDemandInput) limits(index string, onDemand bool) (*table.OnDemandThroughput, error) {
	where, out := "table", &table.OnDemandThroughput{}
	if index != "" {
		where = "index : " + index
	}
	for _, one := range []struct {
		name  string
		units *int64
		to    **int64
	}{
		{"MaxReadRequestUnits", in.MaxReadRequestUnits, &out.MaxReadRequestUnits},
		{"MaxWriteRequestUnits", in.MaxWriteRequestUnits, &out.MaxWriteRequestUnits},
	} {
		switch {
		case one.units == nil || *one.units == -1:
		case !onDemand:
			return nil, invalidValue("%s for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED", one.name)
		case *one.units < 1:
			return nil, invalidValue("Requested %s for OnDemandThroughput for %s is outside of valid range", one.name, where)
		default:
			*one.to = one.units
		}
	}
	if *out == (table.OnDemandThroughput{}) {
		return nil, nil
	}
	return out, nil
}

// warmInput is WarmThroughput.
type warmInput struct{ ReadUnitsPerSecond, WriteUnitsPerSecond *int64 }

// raise returns what is asked for, which must not be less than now.
func (in *warmInput) raise(index string, now table.Throughput) (*table.Throughput, error) {
	where, out := "table", now
	if index != "" {
		where = "index " + index
	}
	for _, one := range []struct {
		name  string
		units *int64
		to    *int64
	}{
		{"ReadUnitsPerSecond", in.ReadUnitsPerSecond, &out.Read}, {"WriteUnitsPerSecond", in.WriteUnitsPerSecond, &out.Write},
	} {
		switch {
		case one.units == nil:
		case *one.units < *one.to:
			return nil, invalidValue("Requested %s for WarmThroughput for %s is lower than current WarmThroughput, decreasing WarmThroughput is not supported",
				one.name, where)
		default:
			*one.to = *one.units
		}
	}
	return &out, nil
}

// readClass refuses a TableClass that there is none of.
func readClass(class string) error {
	if oneOf("", class, "STANDARD", "STANDARD_INFREQUENT_ACCESS") != nil {
		return exception.Validation("Invalid table-class parameter provided. Please try again with a valid table-class value: " +
			"[STANDARD, STANDARD_INFREQUENT_ACCESS].")
	}
	return nil
}
