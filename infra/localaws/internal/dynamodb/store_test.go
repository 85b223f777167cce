package dynamodb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

type response struct {
	Items            []map[string]map[string]any
	Count            int
	ScannedCount     int
	LastEvaluatedKey json.RawMessage
	Attributes       json.RawMessage
	ConsumedCapacity struct{ CapacityUnits float64 }
}

func ask(t testing.TB, s *Service, operation, body string) response {
	t.Helper()
	var out response
	if err := json.Unmarshal([]byte(must(t, s, operation, body)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// texts are the values of one attribute, in the order of the answer.
func (r response) texts(name string) string {
	var out []string
	for _, item := range r.Items {
		for _, v := range item[name] {
			out = append(out, fmt.Sprint(v))
		}
	}
	return strings.Join(out, " ")
}

func TestQueryEvaluatesEveryComparisonOfTheSortKey(t *testing.T) {
	s := newTracking(t)
	for _, tenant := range []string{"yello", "yellow", "yellow2"} { // neighbours must stay out
		for _, id := range []string{"a", "b", "ba", "bb", "c"} {
			must(t, s, "PutItem", `{"TableName":"TrackingData","Item":{"TenantID":{"S":"`+tenant+`"},"ShipmentID":{"S":"`+id+`"}}}`)
		}
	}
	for _, row := range []struct{ condition, forward, backward string }{
		{"", "a b ba bb c", "c bb ba b a"},
		{"AND ShipmentID = :a", "b", "b"},
		{"AND ShipmentID < :a", "a", "a"},
		{"AND ShipmentID <= :a", "a b", "b a"},
		{"AND ShipmentID > :a", "ba bb c", "c bb ba"},
		{"AND ShipmentID >= :a", "b ba bb c", "c bb ba b"},
		{"AND begins_with(ShipmentID, :a)", "b ba bb", "bb ba b"},
		{"AND ShipmentID BETWEEN :a AND :b", "b ba bb", "bb ba b"},
	} {
		values := `":t":{"S":"yellow"}`
		if strings.Contains(row.condition, ":a") {
			values += `,":a":{"S":"b"}`
		}
		if strings.Contains(row.condition, ":b") {
			values += `,":b":{"S":"bb"}`
		}
		body := query + `"KeyConditionExpression":"TenantID = :t ` + row.condition + `","ExpressionAttributeValues":{` + values + `}`
		if got := ask(t, s, "Query", body+`}`).texts("ShipmentID"); got != row.forward {
			t.Errorf("%s: got %q, want %q", row.condition, got, row.forward)
		}
		if got := ask(t, s, "Query", body+`,"ScanIndexForward":false}`).texts("ShipmentID"); got != row.backward {
			t.Errorf("%s backward: got %q, want %q", row.condition, got, row.backward)
		}
	}
}

func TestNumbersSortByValue(t *testing.T) {
	s := newTracking(t)
	for _, n := range []string{"10", "9", "-1", "0", "1.5", "-20", "1e3"} {
		must(t, s, "PutItem", `{"TableName":"Binary","Item":{"Bin":{"B":"/wA="},"Seq":{"N":"`+n+`"}}}`)
		must(t, s, "PutItem", `{"TableName":"Binary","Item":{"Bin":{"B":"/w=="},"Seq":{"N":"`+n+`"}}}`)
	}
	const body = `{"TableName":"Binary","KeyConditionExpression":"Bin = :b","ExpressionAttributeValues":{":b":{"B":"/wA="}}`
	if got, want := ask(t, s, "Query", body+`}`).texts("Seq"), "-20 -1 0 1.5 9 10 1000"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := ask(t, s, "Query", body+`,"ScanIndexForward":false,"Limit":2}`).texts("Seq"), "1000 10"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// pagesOf follows LastEvaluatedKey to the end, and returns the items of each page.
func pagesOf(t *testing.T, s *Service, operation, body string) [][]string {
	t.Helper()
	var pages [][]string
	start := ""
	for range 1000 {
		r := ask(t, s, operation, body+start+`}`)
		pages = append(pages, strings.Fields(r.texts("ShipmentID")))
		if r.LastEvaluatedKey == nil {
			return pages
		}
		start = `,"ExclusiveStartKey":` + string(r.LastEvaluatedKey)
	}
	t.Fatal("paging does not end")
	return nil
}

func seed(t testing.TB, s *Service, tenant string, n, bytes int) {
	t.Helper()
	for i := range n {
		must(t, s, "PutItem", fmt.Sprintf(`{"TableName":"TrackingData","Item":{"TenantID":{"S":"%s"},"ShipmentID":{"S":"%04d"},"Even":{"BOOL":%t},"x":{"S":"%s"}}}`,
			tenant, i, i%2 == 0, strings.Repeat("x", bytes)))
	}
}

func TestAPageEndsAtLimitWithTheKeyThatItEvaluatedLast(t *testing.T) {
	s := newTracking(t)
	seed(t, s, "yellow", 6, 1)
	const body = query + keyCond
	for limit, want := range map[int][]int{4: {4, 2}, 6: {6, 0}, 7: {6}, 1: {1, 1, 1, 1, 1, 1, 0}} {
		var got []int
		for _, page := range pagesOf(t, s, "Query", body+`,"Limit":`+strconv.Itoa(limit)) {
			got = append(got, len(page))
		}
		if !slices.Equal(got, want) { // a full page has a LastEvaluatedKey though nothing is behind it, as in AWS
			t.Errorf("limit %d: got pages of %v, want %v", limit, got, want)
		}
	}
}

func TestAFilteredPageCountsWhatItEvaluated(t *testing.T) {
	s := newTracking(t)
	seed(t, s, "yellow", 6, 1)
	const body = query + `"KeyConditionExpression":"TenantID = :t","FilterExpression":"Even = :e","ExpressionAttributeValues":{":t":{"S":"yellow"},":e":{"BOOL":true}},"Limit":4`
	r := ask(t, s, "Query", body+`}`)
	if r.Count != 2 || r.ScannedCount != 4 || !strings.Contains(string(r.LastEvaluatedKey), "0003") {
		t.Errorf("got Count %d, ScannedCount %d, LastEvaluatedKey %s, want 2, 4 and the evaluated item 0003", r.Count, r.ScannedCount, r.LastEvaluatedKey)
	}
	r = ask(t, s, "Query", body+`,"Select":"COUNT"}`)
	if r.Count != 2 || r.Items != nil {
		t.Errorf("COUNT: got Count %d and items %v, want 2 and none", r.Count, r.Items)
	}
}

func TestAPageHoldsAtMostOneMegabyte(t *testing.T) {
	s := newTracking(t)
	seed(t, s, "yellow", 7, 300<<10)
	const body = query + keyCond + `,"ProjectionExpression":"ShipmentID"`
	for _, more := range []string{``, `,"ScanIndexForward":false`} {
		var sizes []int
		for _, page := range pagesOf(t, s, "Query", body+more) {
			sizes = append(sizes, len(page))
		}
		if want := []int{3, 3, 1}; !slices.Equal(sizes, want) { // before the projection
			t.Errorf("%s: got pages of %v, want %v", more, sizes, want)
		}
	}
}

func TestSegmentsOfAScanAreDisjointAndComplete(t *testing.T) {
	s := newTracking(t)
	for i := range 20 {
		seed(t, s, fmt.Sprintf("tenant%d", i), 3, 1)
	}
	total := 0
	for segment := range 4 {
		for _, page := range pagesOf(t, s, "Scan", fmt.Sprintf(query+`"Limit":5,"TotalSegments":4,"Segment":%d`, segment)) {
			total += len(page)
		}
	}
	if total != 60 {
		t.Errorf("got %d items in all segments, want each of 60 once", total)
	}
	_, err := do(s, "Scan", query+`"TotalSegments":4,"Segment":0,"ExclusiveStartKey":`+startOutside(t, s)+`}`)
	wantCode(t, err, invalid, "does not map to the provided Segment", "a start key of another segment")
}

// startOutside is a key of segment 1 of 4.
func startOutside(t *testing.T, s *Service) string {
	t.Helper()
	return string(ask(t, s, "Scan", query+`"Limit":1,"TotalSegments":4,"Segment":1}`).LastEvaluatedKey)
}

func TestBatchGetAnswersWhatFitsAndRepeatsTheRest(t *testing.T) {
	if testing.Short() && alloctest.Race {
		t.Skip("one goroutine: the race detector finds nothing, and takes seconds")
	}
	s := newTracking(t)
	seed(t, s, "yellow", 50, 390<<10)
	var keys []string
	for i := range 50 {
		keys = append(keys, fmt.Sprintf(`{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"%04d"}}`, i))
	}
	request := `"Keys":[` + strings.Join(keys, ",") + `],"ProjectionExpression":"#s","ExpressionAttributeNames":{"#s":"ShipmentID"}`
	seen, rounds := 0, 0
	for body := `{"TrackingData":{` + request + `}}`; body != "{}"; rounds++ {
		var out struct {
			Responses       map[string][]json.RawMessage
			UnprocessedKeys json.RawMessage
		}
		if err := json.Unmarshal([]byte(must(t, s, "BatchGetItem", `{"RequestItems":`+body+`}`)), &out); err != nil {
			t.Fatal(err)
		}
		seen += len(out.Responses["TrackingData"])
		body = string(out.UnprocessedKeys)
	}
	if seen != 50 || rounds != 2 {
		t.Errorf("got %d items in %d rounds, want 50 in 2 of at most 16 MB", seen, rounds)
	}
}

// An item of control characters takes six times as many bytes as JSON.
func TestBatchGetAnswersWhatFitsAsJSON(t *testing.T) {
	if testing.Short() && alloctest.Race {
		t.Skip("one goroutine: the race detector finds nothing, and takes seconds")
	}
	s := newTracking(t)
	var keys []string
	for i := range 20 {
		key := fmt.Sprintf(`"TenantID":{"S":"yellow"},"ShipmentID":{"S":"%04d"}`, i)
		must(t, s, "PutItem", `{"TableName":"TrackingData","Item":{`+key+`,"a":{"S":"`+strings.Repeat(`\u0001`, 390<<10)+`"}}}`)
		keys = append(keys, "{"+key+"}")
	}
	answer := must(t, s, "BatchGetItem", `{"RequestItems":{"TrackingData":{"Keys":[`+strings.Join(keys, ",")+`]}}}`)
	if got := strings.Count(answer, `"a":`); got != 7 || len(answer) > 17<<20 {
		t.Errorf("got %d items in %d bytes, want 7 in 16 MB", got, len(answer))
	}
}

func TestTransactionOfReadsHasAtMostFourMegabytes(t *testing.T) {
	s := newTracking(t)
	seed(t, s, "yellow", 11, 390<<10)
	gets := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`{"Get":{"TableName":"TrackingData","Key":{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"%04d"}}}}`, i))
		}
		return `{"TransactItems":[` + strings.Join(all, ",") + `]}`
	}
	must(t, s, "TransactGetItems", gets(10))
	_, err := do(s, "TransactGetItems", gets(11))
	wantCode(t, err, invalid, "4 MB", "eleven items of 390 KB")
	must(t, s, "TransactGetItems", strings.ReplaceAll(gets(11), `}}}}`, `}},"ProjectionExpression":"Even"}}`)) // what is answered counts
}

func TestATransactionOfWritesHasAtMostFourMegabytesOfItsOwn(t *testing.T) {
	s := newTracking(t)
	seed(t, s, "yellow", 12, 390<<10)
	transaction := func(n int, one func(key string) string) string {
		var all []string
		for i := range n {
			all = append(all, one(fmt.Sprintf(`"TenantID":{"S":"yellow"},"ShipmentID":{"S":"%04d"}`, i)))
		}
		return `{"TransactItems":[` + strings.Join(all, ",") + `]}`
	}
	large := strings.Repeat("x", 390<<10)
	put := func(key string) string {
		return `{"Put":{"TableName":"TrackingData","Item":{` + key + `,"x":{"S":"` + large + `"}}}}`
	}
	update := func(key string) string {
		return `{"Update":{"TableName":"TrackingData","Key":{` + key + `},"UpdateExpression":"SET x = :x","ExpressionAttributeValues":{":x":{"S":"` + large + `"}}}}`
	}
	for name, one := range map[string]func(string) string{"put": put, "update": update} {
		must(t, s, "TransactWriteItems", transaction(10, one))
		_, err := do(s, "TransactWriteItems", transaction(11, one))
		wantCode(t, err, invalid, "4 MB", name)
	}
	touch := func(key string) string {
		return `{"Update":{"TableName":"TrackingData","Key":{` + key + `},"UpdateExpression":"SET y = :y","ExpressionAttributeValues":{":y":{"N":"1"}}}}`
	}
	remove := func(key string) string { return `{"Delete":{"TableName":"TrackingData","Key":{` + key + `}}}` }
	must(t, s, "TransactWriteItems", transaction(12, touch)) // the stored items do not count
	must(t, s, "TransactWriteItems", transaction(12, remove))
}

func TestReturnValuesAnswerTheItemBeforeAndAfter(t *testing.T) {
	s := newTracking(t)
	const update = getOf + yellow1 + `,"UpdateExpression":"SET a = :n","ExpressionAttributeValues":{":n":{"N":"%d"}},"ReturnValues":"%s"}`
	for i, row := range []struct{ returns, want string }{
		{"ALL_OLD", ``}, // there is no item yet
		{"NONE", ``},
		{"UPDATED_OLD", `{"a":{"N":"1"}}`},
		{"UPDATED_NEW", `{"a":{"N":"3"}}`},
		{"ALL_OLD", `{"ShipmentID":{"S":"1"},"TenantID":{"S":"yellow"},"a":{"N":"3"}}`},
		{"ALL_NEW", `{"ShipmentID":{"S":"1"},"TenantID":{"S":"yellow"},"a":{"N":"5"}}`},
	} {
		if got := string(ask(t, s, "UpdateItem", fmt.Sprintf(update, i, row.returns)).Attributes); got != row.want {
			t.Errorf("update %d, %s: got %s, want %s", i, row.returns, got, row.want)
		}
	}
	put := `{"TableName":"TrackingData","Item":` + yellow1 + `,"ReturnValues":"ALL_OLD"}`
	if got := string(ask(t, s, "PutItem", put).Attributes); !strings.Contains(got, `"a":{"N":"5"}`) {
		t.Errorf("put: got %s, want the old item", got)
	}
	if got := string(ask(t, s, "DeleteItem", getOf+yellow1+`,"ReturnValues":"ALL_OLD"}`).Attributes); strings.Contains(got, `"a"`) || got == "" {
		t.Errorf("delete: got %s, want the item that replaced it", got)
	}
	if got := string(ask(t, s, "DeleteItem", getOf+yellow1+`,"ReturnValues":"ALL_OLD"}`).Attributes); got != "" {
		t.Errorf("second delete: got %s, want nothing", got)
	}
}

func TestConsumedCapacityCountsUnits(t *testing.T) {
	s := newTracking(t)
	seed(t, s, "yellow", 2, 5000) // two read units, five write units each
	key := `{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"0000"}}`
	for _, row := range []struct {
		operation, body string
		want            float64
	}{
		{"GetItem", getOf + key, 1},
		{"GetItem", getOf + key + `,"ConsistentRead":true`, 2},
		{"GetItem", getOf + yellow1, 0.5},
		{"Query", query + keyCond, 1.5}, // 10 KB are three units together
		{"PutItem", `{"TableName":"TrackingData","Item":` + yellow1, 1},
		{"DeleteItem", getOf + key, 5},
	} {
		got := ask(t, s, row.operation, row.body+`,"ReturnConsumedCapacity":"TOTAL"}`).ConsumedCapacity.CapacityUnits
		if got != row.want {
			t.Errorf("%s: got %v units, want %v: %s", row.operation, got, row.want, row.body)
		}
	}
}

func TestDescribeTableCountsItemsAndBytes(t *testing.T) {
	s := newTracking(t)
	seed(t, s, "yellow", 3, 100)
	seed(t, s, "yellow", 2, 50) // replaces two of them
	must(t, s, "DeleteItem", getOf+`{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"0000"}}}`)
	must(t, s, "DeleteItem", getOf+`{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"none"}}}`)
	// names 8+10+4+1, values 6+4+1, and the load
	if got, want := must(t, s, "DescribeTable", tName), fmt.Sprintf(`"ItemCount":2,"TableSizeBytes":%d`, 2*34+100+50); !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestListTablesPages(t *testing.T) {
	s := newTracking(t)
	for _, row := range []struct{ body, want string }{
		{`{}`, `{"TableNames":["Binary","Numbered","Other","TrackingData"]}`},
		{`{"Limit":2}`, `{"TableNames":["Binary","Numbered"],"LastEvaluatedTableName":"Numbered"}`},
		{`{"Limit":2,"ExclusiveStartTableName":"Numbered"}`, `{"TableNames":["Other","TrackingData"]}`},
		{`{"ExclusiveStartTableName":"Zzz"}`, `{"TableNames":[]}`},
	} {
		if got := must(t, s, "ListTables", row.body); got != row.want {
			t.Errorf("%s: got %s, want %s", row.body, got, row.want)
		}
	}
}

func TestATokenMakesATransactionIdempotentForTenMinutes(t *testing.T) {
	now := testTime
	s := newServiceAt(t, func() time.Time { return now })
	must(t, s, "CreateTable", createBody("TrackingData", "TenantID", "S", "ShipmentID", "S"))
	const add = `{"ClientRequestToken":"%s","TransactItems":[{"Update":` + getOf + yellow1 + `,"UpdateExpression":"ADD Hits :n","ExpressionAttributeValues":{":n":{"N":"%d"}}}}]}`
	hits := func() string {
		return ask(t, s, "Query", query+keyCond+`}`).texts("Hits")
	}
	for _, row := range []struct {
		token string
		n     int
		after time.Duration
		want  string
	}{
		{"one", 1, 0, "1"},
		{"one", 1, 9 * time.Minute, "1"},
		{"two", 1, 0, "2"},
		{"one", 1, time.Minute, "3"}, // ten minutes after the first
		{"", 1, 0, "4"},
		{"", 1, 0, "5"},
	} {
		now = now.Add(row.after)
		must(t, s, "TransactWriteItems", fmt.Sprintf(add, row.token, row.n))
		if got := hits(); got != row.want {
			t.Errorf("token %q: got %s hits, want %s", row.token, got, row.want)
		}
	}
	_, err := do(s, "TransactWriteItems", fmt.Sprintf(add, "one", 2))
	wantCode(t, err, "IdempotentParameterMismatchException", "", "another request with the token")
}

// useToken sets Hits of yellow's shipment to n in a transaction with a token, as a session with these tags.
func useToken(t *testing.T, s *Service, session string, tags map[string]string, token string, n int) error {
	t.Helper()
	quoted, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	r := requestOf("TransactWriteItems", fmt.Sprintf(`{"ClientRequestToken":%s,"TransactItems":[{"Update":`+getOf+yellow1+
		`,"UpdateExpression":"SET Hits = :n","ExpressionAttributeValues":{":n":{"N":"%d"}}}}]}`, quoted, n))
	r.Caller = &identity.Principal{ARN: "arn:aws:sts::000000000000:assumed-role/r/" + session, Tags: tags}
	_, err = answerOf(t.Context(), s, r)
	return err
}

// TestTokenThatSpellsAnotherCallersTagsIsNotItsToken: no separator makes a token of one caller that of another.
func TestTokenThatSpellsAnotherCallersTagsIsNotItsToken(t *testing.T) {
	yellow := map[string]string{"TenantID": "yellow"}
	for _, separator := range []string{"\n", "\x00", "", "/", ",", "=", "\x00\x00\x00\x00\x00\x00\x00\x06"} {
		s := newTracking(t)
		if err := useToken(t, s, "same", yellow, "X", 1); err != nil {
			t.Fatal(err)
		}
		wantCode(t, useToken(t, s, "same", yellow, "X", 2), "IdempotentParameterMismatchException", "", "the caller's own token")
		token := "TenantID" + separator + "yellow" + separator + "X"
		if err := useToken(t, s, "same", nil, token, 2); err != nil {
			t.Errorf("the token %q of a session without tags: got %v, want no error", token, err)
		}
		if err := useToken(t, s, "same", map[string]string{"TenantID" + separator + "yellow": "X"}, "X", 2); err != nil {
			t.Errorf("a tag with the separator %q: got %v, want no error", separator, err)
		}
	}
}

func TestCallersDoNotShareTokens(t *testing.T) {
	s := newTracking(t)
	use := func(session, tenant string, n int) error {
		return useToken(t, s, session, map[string]string{"TenantID": tenant}, "one", n)
	}
	if err := use("same", "yellow", 1); err != nil {
		t.Fatal(err)
	}
	wantCode(t, use("same", "yellow", 2), "IdempotentParameterMismatchException", "", "the same caller's other request")
	if err := use("other", "yellow", 2); err != nil {
		t.Errorf("another session's token of the same name: got %v, want no error", err)
	}
	if err := use("same", "blue", 2); err != nil {
		t.Errorf("the token of another tenant's session of the same name: got %v, want no error", err)
	}
}

func TestAPartiQLStatementOfAnyFormIsReadOrRefused(t *testing.T) {
	s := newTracking(t)
	for statement, want := range map[string]string{
		`select * from TrackingData where TenantID='y' and ShipmentID<>'1' order by ShipmentID desc`:           "[y]",
		`SELECT a.b[0], "c" FROM "TrackingData" WHERE "TenantID" IN ('y', 'z')`:                                "[y z]",
		`SELECT * FROM TrackingData WHERE a IS MISSING AND TenantID = 'y'`:                                     "[y]",
		`SELECT * FROM TrackingData WHERE a = {'x': [1, <<2>>, TRUE]} AND TenantID = 'y'`:                      "[y]",
		`INSERT INTO TrackingData VALUE {'TenantID': 'y', 'a': {'TenantID': 'z'}}`:                             "[y]",
		`INSERT INTO TrackingData VALUE {'a': 'y'}`:                                                            "?",
		`UPDATE TrackingData SET a = 1 REMOVE b WHERE TenantID = 'y' AND ShipmentID = '1' RETURNING ALL NEW *`: "[y]",
		`UPDATE TrackingData SET a = 1`:                                                                        "?",
		`DELETE FROM TrackingData WHERE TenantID = 'it''s'`:                                                    "[it's]",
		`DELETE FROM TrackingData WHERE TenantID = TRUE`:                                                       "?",
		`SELECT * FROM TrackingData WHERE TenantID = 'y' LIMIT 1`:                                              "?",
		`DROP TABLE TrackingData`:                                                                              invalid,
		`SELECT * FROM "TrackingData`:                                                                          invalid,
		`EXISTS(SELECT * FROM T)`:                                                                              invalid,
		`SELECT * FROM TrackingData.a`:                                                                         invalid, // an index name has three characters
		strings.Repeat(" ", 8193):                                                                              invalid,
		``:                                                                                                     invalid,
	} {
		body, err := json.Marshal(map[string]string{"Statement": statement})
		if err != nil {
			t.Fatal(err)
		}
		call, err := read(s, "ExecuteStatement", string(body))
		if want == invalid {
			wantCode(t, err, invalid, "", statement[:min(len(statement), 60)])
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", statement, err)
		} else if got := keyFacts(call.Permissions[0], leadingKeys); got != want {
			t.Errorf("%s: got %s, want %s", statement, got, want)
		}
	}
}
