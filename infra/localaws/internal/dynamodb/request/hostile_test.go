package request_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

// repeated is open, as many of each as fit into size bytes, and end. each gets the number of the entry.
func repeated(size int, open, end string, each func(i int) string) string {
	var b strings.Builder
	b.WriteString(open)
	for i := 0; ; i++ {
		next := each(i)
		if b.Len()+len(next)+len(end) >= size {
			return strings.TrimSuffix(b.String(), ",") + end
		}
		b.WriteString(next)
	}
}

func same(text string) func(int) string { return func(int) string { return text } }

const mib = 1 << 20

// hostileBodies are about as large as their operation may be, and as expensive as their shape can be.
func hostileBodies() map[string][2]string {
	item := func(attributes string) string {
		return `{"PutRequest":{"Item":{"TenantID":{"S":"blue"},` + attributes + `}}},`
	}
	// items fills a BatchWriteItem with items of about 390 KB as DynamoDB counts, to a quarter of what it may have.
	items := func(open, end string, counted int, each func(i int) string) string {
		var one strings.Builder
		for i := range 390 << 10 / counted {
			one.WriteString(each(i))
		}
		n := max(1, 4*mib/(one.Len()+200))
		return `{"RequestItems":{"TrackingData":[` + strings.TrimSuffix(strings.Repeat(item(open+strings.TrimSuffix(one.String(), ",")+end), n), ",") + `]}}`
	}
	nested := strings.Repeat("[", 8000)
	partiql := func(text string) string { return `{"Statement":"` + text + `"},` }
	wide := func(head, each, tail string) string {
		return partiql(head + strings.TrimSuffix(strings.Repeat(each, (8100-len(head)-len(tail))/len(each)), ",") + tail)
	}
	return map[string][2]string{
		"empty statements":      {"BatchExecuteStatement", repeated(16*mib, `{"Statements":[`, `]}`, same("{},"))},
		"empty transaction":     {"ExecuteTransaction", repeated(16*mib, `{"TransactStatements":[`, `]}`, same("{},"))},
		"empty writes":          {"TransactWriteItems", repeated(16*mib, `{"TransactItems":[`, `]}`, same("{},"))},
		"empty puts":            {"TransactWriteItems", repeated(16*mib, `{"TransactItems":[`, `]}`, same(`{"Put":{},"Update":{},"Delete":{}},`))},
		"empty gets":            {"TransactGetItems", repeated(4*mib, `{"TransactItems":[`, `]}`, same(`{"Get":{}},`))},
		"empty keys":            {"BatchGetItem", repeated(4*mib, `{"RequestItems":{"TrackingData":{"Keys":[`, `]}}}`, same(`{},`))},
		"invented tables":       {"BatchGetItem", repeated(4*mib, `{"RequestItems":{`, `}}`, func(i int) string { return fmt.Sprintf(`"T%d":{},`, i) })},
		"empty requests":        {"BatchWriteItem", repeated(16*mib, `{"RequestItems":{"TrackingData":[`, `]}}`, same(`{},`))},
		"tables to write":       {"BatchWriteItem", repeated(16*mib, `{"RequestItems":{`, `}}`, func(i int) string { return fmt.Sprintf(`"T%d":[],`, i) })},
		"empty lists":           {"BatchWriteItem", items(`"a":{"L":[`, `]}`, 4, same(`{"L":[]},`))},
		"empty maps":            {"BatchWriteItem", items(`"a":{"L":[`, `]}`, 4, same(`{"M":{}},`))},
		"maps of one":           {"BatchWriteItem", items(`"a":{"L":[`, `]}`, 9, same(`{"M":{"a":{"L":[]}}},`))},
		"lists of one":          {"BatchWriteItem", items(`"a":{"L":[`, `]}`, 8, same(`{"L":[{"L":[]}]},`))},
		"nulls":                 {"BatchWriteItem", items(`"a":{"L":[`, `]}`, 2, same(`{"NULL":true},`))},
		"a string set":          {"BatchWriteItem", items(`"a":{"SS":[`, `]}`, 5, func(i int) string { return fmt.Sprintf(`"%x",`, i) })},
		"sets of one":           {"BatchWriteItem", items(`"a":{"L":[`, `]}`, 2, same(`{"SS":["a"]},`))},
		"a number set":          {"BatchWriteItem", items(`"a":{"NS":[`, `]}`, 4, func(i int) string { return fmt.Sprintf(`"%d",`, i) })},
		"attributes":            {"BatchWriteItem", items(``, ``, 6, func(i int) string { return fmt.Sprintf(`"%x":{"L":[]},`, i) })},
		"base64":                {"BatchWriteItem", items(`"a":{"L":[`, `]}`, 2, same(`{"B":"AA=="},`))},
		"an item beyond 400 KB": {"PutItem", repeated(4*mib, `{"TableName":"TrackingData","Item":{"a":{"L":[`, `]}}}`, same(`{"L":[]},`))},
		"a deep item":           {"PutItem", `{"TableName":"TrackingData","Item":{"a":` + strings.Repeat(`{"L":[`, mib/2)},
		"deep JSON":             {"PutItem", `{"TableName":"TrackingData","b":` + strings.Repeat(`[`, 4*mib-40)},
		"a deep filter":         {"Query", `{"TableName":"TrackingData","QueryFilter":{"a":` + strings.Repeat(`[`, 2*mib)},
		"long names in a key":   {"GetItem", repeated(4*mib, `{"TableName":"TrackingData","Key":{`, `}}`, func(i int) string { return fmt.Sprintf(`"%s%d":{"S":"a"},`, strings.Repeat("n", 65000), i) })},
		"short names in a key":  {"GetItem", repeated(4*mib, `{"TableName":"TrackingData","Key":{`, `}}`, func(i int) string { return fmt.Sprintf(`"%x":{"S":""},`, i) })},
		"names":                 {"GetItem", repeated(4*mib, `{"TableName":"TrackingData","Key":{},"ProjectionExpression":"a","ExpressionAttributeNames":{`, `}}`, func(i int) string { return fmt.Sprintf(`"#%x":"a",`, i) })},
		"values":                {"Query", repeated(4*mib, `{"TableName":"TrackingData","KeyConditionExpression":"a=:a","ExpressionAttributeValues":{`, `}}`, func(i int) string { return fmt.Sprintf(`":%x":{"L":[]},`, i) })},
		"attributes to get":     {"GetItem", repeated(4*mib, `{"TableName":"TrackingData","Key":{},"AttributesToGet":[`, `]}`, func(i int) string { return fmt.Sprintf(`"%x",`, i) })},
		"filters":               {"Scan", repeated(4*mib, `{"TableName":"TrackingData","ScanFilter":{`, `}}`, func(i int) string { return fmt.Sprintf(`"%x":0,`, i) })},
		"expectations":          {"PutItem", repeated(4*mib, `{"TableName":"TrackingData","Item":{},"Expected":{`, `}}`, func(i int) string { return fmt.Sprintf(`"%x":0,`, i) })},
		"key conditions": {"Query", repeated(4*mib, `{"TableName":"TrackingData","KeyConditions":{`, `}}`, func(i int) string {
			return fmt.Sprintf(`"%x":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]},`, i)
		})},
		"unknown members":        {"BatchWriteItem", repeated(4*mib, `{`, `}`, func(i int) string { return fmt.Sprintf(`"%x":0,`, i) })},
		"a long expression":      {"Scan", `{"TableName":"TrackingData","FilterExpression":"` + strings.Repeat("(", 4*mib-60) + `"}`},
		"a long statement":       {"ExecuteStatement", `{"Statement":"` + strings.Repeat("[", 4*mib-60) + `"}`},
		"a long name":            {"GetItem", `{"TableName":"` + strings.Repeat("[", 4*mib-60) + `"}`},
		"tags":                   {"TagResource", repeated(mib/4, `{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData","Tags":[`, `]}`, same(`{},`))},
		"tag keys":               {"UntagResource", repeated(mib/4, `{"ResourceArn":"arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData","TagKeys":[`, `]}`, same(`"",`))},
		"indexes":                {"CreateTable", repeated(mib/4, `{"TableName":"TrackingData","GlobalSecondaryIndexes":[`, `]}`, same(`{},`))},
		"nested lists":           {"BatchExecuteStatement", `{"Statements":[` + strings.TrimSuffix(strings.Repeat(partiql(`SELECT * FROM TrackingData WHERE a IN `+nested), 25), ",") + `]}`},
		"nested tuples":          {"BatchExecuteStatement", `{"Statements":[` + strings.TrimSuffix(strings.Repeat(partiql(`INSERT INTO TrackingData VALUE `+strings.Repeat(`{'a':`, 1600)), 25), ",") + `]}`},
		"unbalanced lists":       {"BatchExecuteStatement", `{"Statements":[` + strings.TrimSuffix(strings.Repeat(partiql(`SELECT * FROM TrackingData WHERE a IN `+strings.Repeat("][", 4000)), 25), ",") + `]}`},
		"wide lists":             {"ExecuteTransaction", `{"TransactStatements":[` + strings.TrimSuffix(strings.Repeat(wide(`SELECT * FROM TrackingData WHERE TenantID IN [`, "1,", "]"), 100), ",") + `]}`},
		"projections":            {"ExecuteTransaction", `{"TransactStatements":[` + strings.TrimSuffix(strings.Repeat(wide(`SELECT `, "a,", " FROM TrackingData"), 100), ",") + `]}`},
		"conjunctions":           {"ExecuteTransaction", `{"TransactStatements":[` + strings.TrimSuffix(strings.Repeat(wide(`SELECT * FROM TrackingData WHERE a=1`, " AND a=1", ""), 100), ",") + `]}`},
		"assignments":            {"ExecuteTransaction", `{"TransactStatements":[` + strings.TrimSuffix(strings.Repeat(wide(`UPDATE TrackingData`, " SET a=1", ""), 100), ",") + `]}`},
		"condition of many":      {"TransactWriteItems", `{"TransactItems":[` + strings.TrimSuffix(strings.Repeat(`{"ConditionCheck":{"TableName":"TrackingData","Key":{},"ConditionExpression":"`+strings.Repeat("a=b AND ", 149)+`a=b"}},`, 100), ",") + `]}`},
		"nested conditions":      {"TransactWriteItems", `{"TransactItems":[` + strings.TrimSuffix(strings.Repeat(`{"ConditionCheck":{"TableName":"TrackingData","Key":{},"ConditionExpression":"`+strings.Repeat("(a=b AND ", 149)+`a=b`+strings.Repeat(")", 149)+`"}},`, 100), ",") + `]}`},
		"overlapping projection": {"GetItem", `{"TableName":"TrackingData","Key":{},"ProjectionExpression":"` + strings.TrimSuffix(strings.Repeat("a.b.c.d.e,", 400), ",") + `"}`},
	}
}

func tracking(string) *table.Table {
	return &table.Table{Name: "TrackingData", Keys: table.KeySchema{
		Partition: table.KeyAttribute{Name: "TenantID", Type: "S"}, Sort: table.KeyAttribute{Name: "ShipmentID", Type: "S"},
	}}
}

type noTables struct{}

func (noTables) Schema(context.Context, string) (*request.Schema, error) {
	return &request.Schema{Partition: "TenantID"}, nil
}

// TestHostileBodyTakesFewTimesItsSize reads each body as the store and as the gateway do. What is allocated in all is
// bounded by 64 times the size, and 2 MiB for each text that is lexed; what a reading holds by the nine times that the
// budget of bodies reckons with, and by 10 MiB in a small body. The time is that of the processor: it does not depend on
// what else runs.
func TestHostileBodyTakesFewTimesItsSize(t *testing.T) {
	if testing.Short() || alloctest.Race {
		t.Skip("it takes half a minute, and measures what the race detector changes")
	}
	for name, body := range hostileBodies() {
		t.Run(name, func(t *testing.T) {
			operation, text := body[0], []byte(body[1])
			if limit := request.BodyLimit(operation); int64(len(text)) > limit {
				t.Fatalf("the body has %d bytes, the operation takes %d", len(text), limit)
			}
			req := &api.Request{Operation: operation, Body: text, Account: "000000000000", Region: "us-east-1", Caller: &identity.Principal{}}
			for reader, read := range map[string]func() any{
				"store": func() any { _, asked, err := request.Read(req, tracking); return [2]any{asked, err} },
				"gateway": func() any {
					needed, asked, err := request.Permissions(t.Context(), req, noTables{})
					return [3]any{needed, asked, err}
				},
			} {
				allocated, held, took := measure(read)
				t.Logf("%s: %d bytes, %.1f times allocated, %.1f times held, %v", reader, len(text), per(allocated, text), per(held, text), took)
				texts := 1 + strings.Count(body[1], `"Statement"`) + strings.Count(body[1], `Expression"`)
				if allocated > 64*uint64(len(text))+2*mib*uint64(texts) {
					t.Errorf("%s: %d bytes of JSON take %d bytes, more than 64 times as much and 2 MiB a text", reader, len(text), allocated)
				}
				if held > 9*uint64(len(text))+10*mib {
					t.Errorf("%s: %d bytes of JSON leave %d bytes, more than 9 times as much", reader, len(text), held)
				}
				if took > 5*time.Second {
					t.Errorf("%s: it takes %v", reader, took)
				}
			}
		})
	}
}

func per(n uint64, text []byte) float64 { return float64(n) / float64(len(text)) }

// measure returns the bytes that f allocates, those of them that its result holds, and how long f takes.
func measure(f func() any) (allocated, held uint64, took time.Duration) {
	var before, after, left runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := processorTime()
	result := f()
	took = processorTime() - start
	runtime.ReadMemStats(&after)
	runtime.GC()
	runtime.ReadMemStats(&left)
	runtime.KeepAlive(result)
	return after.TotalAlloc - before.TotalAlloc, left.HeapAlloc - min(left.HeapAlloc, before.HeapAlloc), took
}

func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // RUSAGE_SELF is known everywhere
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
