package request

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// members are what the table operations name their resources by. Other members of their bodies decide
// nothing about authorization; the answers read them on their own.
type members struct {
	TableName        *string
	IndexName        string
	GlobalTableName  string
	TargetTableName  string
	SourceTableName  string
	SourceTableArn   string
	TableArn         string
	ResourceArn      string
	BackupArn        string
	ExportArn        string
	ImportArn        string
	BulkOperationArn string
	StreamArn        string
	ShardIterator    string

	TableCreationParameters   struct{ TableName *string }
	Tags                      awsjson.List[table.Tag, settings]
	TagKeys                   awsjson.List[string, settings]
	ResourcePolicy            jsontext.Value
	GlobalTableSourceArn      string
	ReplicaUpdates            jsontext.Value
	GlobalTableWitnessUpdates jsontext.Value
}

func hasTags(m *members) bool           { return len(m.Tags) > 0 }
func hasGlobalSource(m *members) bool   { return m.GlobalTableSourceArn != "" }
func hasResourcePolicy(m *members) bool { return given(m.ResourcePolicy) }
func hasReplicas(m *members) bool       { return given(m.ReplicaUpdates) }
func hasWitnesses(m *members) bool      { return given(m.GlobalTableWitnessUpdates) }

// given reports whether a member is there: awsJson reads null as absent.
func given(raw jsontext.Value) bool { return len(raw) > 0 && raw.Kind() != 'n' }

// resource derives an ARN from a request's members; table is the name of the table that it belongs to,
// or empty.
type resource func(p place, m *members) (arn, table string, err error)

// named is the table in one member, called member in errors.
func named(member string, get func(*members) *string) resource {
	return func(p place, m *members) (string, string, error) {
		value := get(m)
		if value == nil {
			return "", "", absent(member)
		}
		name, err := p.tableName(member, *value)
		if err != nil {
			return "", "", err
		}
		return p.tableARN(name), name, nil
	}
}

// absent refuses a request on a table that does not name it.
func absent(member string) error {
	if member == "tableName" {
		return exception.Required("TableName")
	}
	return exception.Missing(member)
}

// textOf is a member, nil where it is empty.
func textOf(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// sub is a table's sub-resource in one member, which holds its ARN.
func sub(kind, member string, get func(*members) string) resource {
	return func(p place, m *members) (string, string, error) {
		arn := get(m)
		if arn == "" {
			return "", "", exception.Missing(member)
		}
		table, err := p.subresource(arn, kind)
		return arn, table, err
	}
}

var (
	tableName     = named("tableName", func(m *members) *string { return m.TableName })
	targetTable   = named("targetTableName", func(m *members) *string { return textOf(m.TargetTableName) })
	exportedTable = named("tableArn", func(m *members) *string { return textOf(m.TableArn) })
	importedTable = named("tableCreationParameters.tableName", func(m *members) *string {
		return m.TableCreationParameters.TableName
	})
	// globalTableReplica is the table of a global table in this region: both have one name.
	globalTableReplica = named("globalTableName", func(m *members) *string { return textOf(m.GlobalTableName) })

	backup        = sub("backup", "backupArn", func(m *members) string { return m.BackupArn })
	export        = sub("export", "exportArn", func(m *members) string { return m.ExportArn })
	imported      = sub("import", "importArn", func(m *members) string { return m.ImportArn })
	bulkOperation = sub("bulk-operation", "bulkOperationArn", func(m *members) string { return m.BulkOperationArn })
	stream        = sub("stream", "streamArn", func(m *members) string { return m.StreamArn })

	// iteratedStream is the stream whose ARN starts a shard iterator: "ARN|1|opaque".
	iteratedStream = sub("stream", "shardIterator", func(m *members) string {
		arn, _, _ := strings.Cut(m.ShardIterator, "|")
		return arn
	})
)

// account is no resource at all.
func account(place, *members) (string, string, error) { return anyResource, "", nil }

// sourceTable is named or given by its ARN; both must not disagree.
func sourceTable(p place, m *members) (string, string, error) {
	if m.SourceTableName != "" && m.SourceTableArn != "" {
		return "", "", exception.Validation("Both SourceTableName and SourceTableArn are given")
	}
	return named("sourceTableName", func(m *members) *string { return textOf(m.SourceTableName + m.SourceTableArn) })(p, m)
}

func tableOrAccount(p place, m *members) (string, string, error) {
	if m.TableArn == "" {
		return account(p, m)
	}
	return exportedTable(p, m)
}

func tableOrIndex(p place, m *members) (string, string, error) {
	arn, table, err := tableName(p, m)
	if err != nil || m.IndexName == "" {
		return arn, table, err
	}
	return p.indexARN(table, m.IndexName), table, validName("indexName", m.IndexName)
}

// tableOrStream is ResourceArn, which must be an ARN.
func tableOrStream(p place, m *members) (string, string, error) {
	if m.ResourceArn == "" {
		return "", "", exception.Missing("resourceArn")
	}
	res, err := p.resourceOf(m.ResourceArn)
	if err != nil {
		return "", "", err
	}
	if strings.Count(res, "/") > 1 {
		table, err := p.subresource(m.ResourceArn, "stream")
		return m.ResourceArn, table, err
	}
	table, err := p.tableName("resourceArn", m.ResourceArn)
	return m.ResourceArn, table, err
}

func globalTable(p place, m *members) (string, string, error) {
	if m.GlobalTableName == "" {
		return "", "", exception.Missing("globalTableName")
	}
	return p.globalTableARN(m.GlobalTableName), "", validName("globalTableName", m.GlobalTableName)
}
