package request

// operation says how a request is read: which permissions it needs, on which resources, and the data for its
// answer. An operation without answered is one that AWS has and the store does not: it is authorized all the
// same, so that a denial never depends on what the store can do.
type operation struct {
	// rules derive permissions from the members that name resources.
	rules []rule
	// read adds the permissions of the item operations, whose keys stand in the body.
	read func(*reading) (any, error)
	// answered reads the operations whose permissions are all in rules once more, for the answer.
	answered func(*reading) (any, error)
}

// rule is one or more actions on one resource.
type rule struct {
	actions  []string // empty: the operation's own name
	resource resource
	// anyKey says that the operation reaches items whose keys it does not name, as bulk operations and
	// restores do: their LeadingKeys are unknown, not absent.
	anyKey bool
	// when, where set, says whether the rule holds for a request.
	when func(*members) bool
}

// itemActions are what creating a replica and restoring a table need on the target besides their own
// action ("API operations defined by Amazon DynamoDB", Service Authorization Reference).
var itemActions = []string{
	"BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem",
}

func on(resources ...resource) operation {
	var op operation
	for _, r := range resources {
		op.rules = append(op.rules, rule{resource: r})
	}
	return op
}

func (op operation) with(rules ...rule) operation {
	op.rules = append(op.rules, rules...)
	return op
}

func (op operation) from(read func(*reading) (any, error)) operation {
	op.answered = read
	return op
}

func items(read func(*reading) (any, error)) operation { return operation{read: read} }

// operations holds every operation of DynamoDB (2012-08-10) and of DynamoDB Streams (2012-08-10), with
// actions and resource types as the Service Authorization Reference, "Actions, resources, and condition
// keys for Amazon DynamoDB", lists them.
var operations = map[string]operation{
	// Items.
	"GetItem":               items(readGetItem),
	"PutItem":               items(readPutItem),
	"UpdateItem":            items(readUpdateItem),
	"DeleteItem":            items(readDeleteItem),
	"Query":                 items(readQuery),
	"Scan":                  items(readScan),
	"SearchVectors":         items(readSearchVectors),
	"BatchGetItem":          items(readBatchGet),
	"BatchWriteItem":        items(readBatchWrite),
	"TransactGetItems":      items(readTransactGet),
	"TransactWriteItems":    items(readTransactWrite),
	"ExecuteStatement":      items(readExecuteStatement),
	"BatchExecuteStatement": items(readBatchExecuteStatement),
	"ExecuteTransaction":    items(readExecuteTransaction),

	// Tables.
	"CreateTable": on(tableName).from(readCreateTable).with(
		rule{actions: []string{"TagResource"}, resource: tableName, when: hasTags},
		rule{actions: []string{"PutResourcePolicy"}, resource: tableName, when: hasResourcePolicy},
		rule{actions: []string{"AssociateTableReplica", "CreateTableReplica"}, resource: tableName, when: hasGlobalSource},
		rule{actions: itemActions, resource: tableName, anyKey: true, when: hasGlobalSource}),
	"DeleteTable":                     on(tableName).from(readDeleteTable),
	"DescribeTable":                   on(tableName).from(readDescribeTable),
	"ListTables":                      on(account).from(readListTables),
	"DescribeTimeToLive":              on(tableName).from(readDescribeTimeToLive),
	"ListTagsOfResource":              on(tableOrStream).from(readListTagsOfResource),
	"DescribeLimits":                  on(account),
	"DescribeEndpoints":               on(account),
	"UpdateTimeToLive":                on(tableName).from(readUpdateTimeToLive),
	"UpdateTableReplicaAutoScaling":   on(tableName),
	"DescribeTableReplicaAutoScaling": on(tableName),
	"TagResource":                     on(tableOrStream).from(readTagResource),
	"UntagResource":                   on(tableOrStream).from(readUntagResource),
	"PutResourcePolicy":               on(tableOrStream),
	"GetResourcePolicy":               on(tableOrStream).from(readGetResourcePolicy),
	"DeleteResourcePolicy":            on(tableOrStream),
	"UpdateTable": on(tableName).from(readUpdateTable).with(
		rule{actions: []string{"CreateTable", "CreateTableReplica", "DeleteTableReplica"}, resource: tableName, when: hasReplicas},
		rule{actions: itemActions, resource: tableName, anyKey: true, when: hasReplicas},
		rule{actions: []string{"CreateGlobalTableWitness", "DeleteGlobalTableWitness"}, resource: tableName, when: hasWitnesses}),
	"DescribeContributorInsights": on(tableOrIndex),
	"UpdateContributorInsights":   on(tableOrIndex),
	"ListContributorInsights":     on(account),

	// Backups, exports, imports, bulk writes.
	"CreateBackup":              on(tableName),
	"DeleteBackup":              on(backup),
	"DescribeBackup":            on(backup),
	"ListBackups":               on(account),
	"DescribeContinuousBackups": on(tableName).from(readDescribeContinuousBackups),
	"UpdateContinuousBackups":   on(tableName).from(readUpdateContinuousBackups),
	"RestoreTableFromBackup":    on(backup, targetTable).with(rule{actions: itemActions, resource: targetTable, anyKey: true}),
	"RestoreTableToPointInTime": on(sourceTable, targetTable).with(
		rule{actions: itemActions, resource: targetTable, anyKey: true},
		rule{actions: []string{"Scan", "Query"}, resource: sourceTable, anyKey: true}),
	"ExportTableToPointInTime": on(exportedTable),
	"DescribeExport":           on(export),
	"ListExports":              on(tableOrAccount),
	"ImportTable":              on(importedTable),
	"DescribeImport":           on(imported),
	"ListImports":              on(tableOrAccount),
	"StartBulkPutItems":        {rules: []rule{{resource: tableName, anyKey: true}}},
	"DescribeBulkOperation":    on(bulkOperation),
	"CancelBulkOperation":      on(bulkOperation),
	"ListBulkOperations":       on(account),

	// Global tables, version 2017.11.29.
	"CreateGlobalTable":           on(globalTable, globalTableReplica),
	"UpdateGlobalTable":           on(globalTable, globalTableReplica),
	"UpdateGlobalTableSettings":   on(globalTable, globalTableReplica),
	"DescribeGlobalTable":         on(globalTable),
	"DescribeGlobalTableSettings": on(globalTable),
	"ListGlobalTables":            on(account),

	// Kinesis and DynamoDB Streams.
	"EnableKinesisStreamingDestination":   on(tableName),
	"DisableKinesisStreamingDestination":  on(tableName),
	"UpdateKinesisStreamingDestination":   on(tableName),
	"DescribeKinesisStreamingDestination": on(tableName),
	"DescribeStream":                      on(stream),
	"GetShardIterator":                    on(stream),
	"GetRecords":                          on(iteratedStream),
	"ListStreams":                         on(account),
}
