package request

import (
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// Page is a reading of a Query or a Scan.
type Page struct {
	Target      *Target
	Scan        bool            // not a Query
	Index       string          // empty: the table
	From        *table.Index    // nil: the table, or there is no such index
	Keys        table.KeySchema // of what is read
	Select      string          // the effective one
	Terms       []expr.KeyTerm  // of a Query
	Backward    bool
	Filter      *expr.Condition
	Projection  *expr.Projection // nil: all of each item, or of what the index has
	Count       bool             // items are counted, not answered
	Limit       int              // 0: none
	Start       attr.Item        // nil: the first page
	Consistent  bool
	Capacity    string // the effective ReturnConsumedCapacity
	Segment     int
	Segments    int   // 0: the Scan is not parallel
	Unsupported error // why the store cannot do it, though it was read

	resource string
}

func readQuery(r *reading) (any, error) {
	var in queryInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	q, err := r.query(&in)
	if err != nil {
		return nil, prefixed(err)
	}
	return q, nil
}

func (r *reading) query(in *queryInput) (*Page, error) {
	f := in.faults()
	if in.Limit != nil && *in.Limit < 1 {
		f.add("", "Limit", "Member must have value greater than or equal to 1")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := in.oneKind(); err != nil {
		return nil, err
	}
	p, err := in.parser(in.expressions()...)
	if err != nil {
		return nil, err
	}
	q, a, err := r.page(&in.pageInput, p)
	if err != nil {
		return nil, err
	}
	q.Backward = in.ScanIndexForward != nil && !*in.ScanIndexForward
	if len(in.QueryFilter) > 0 {
		q.Unsupported = unsupported("QueryFilter", "FilterExpression")
	}
	a.names(slices.Collect(maps.Keys(in.QueryFilter))...)
	if in.KeyConditionExpression != nil {
		q.Terms, err = expr.ParseKeyCondition(*in.KeyConditionExpression, p)
	} else {
		q.Terms, err = readKeyConditions(in.KeyConditions)
	}
	if err != nil {
		return nil, err
	}
	if err := p.Unused(); err != nil {
		return nil, err
	}
	if err := q.readPartition(a); err != nil {
		return nil, err
	}
	r.permit("Query", q.resource, q.Target.Table, a.context())
	return q, nil
}

// readPartition notes the partition that a Query reads. It is known where the table is known and exactly one term
// compares the partition key, for equality. Several such terms are refused: no decision may rest on one of them. A
// start key names its partition too. One in another partition is refused by the answer, not here: a caller that may
// read neither must not learn the name of the table's key.
func (q *Page) readPartition(a *access) error {
	a.keyed = true
	keys, known := q.Target.Table.KeySchema(q.Index)
	var partition []expr.KeyTerm
	for _, term := range q.Terms {
		a.names(term.Attribute)
		if known && term.Attribute == keys.Partition.Name {
			partition = append(partition, term)
		}
	}
	switch {
	case len(partition) > 1:
		return exception.Validation("KeyConditionExpressions must only contain one condition per key")
	case len(partition) == 0 || partition[0].Op != expr.Equal:
		a.unknownKeys = true
		return nil
	}
	value := partition[0].Values[0]
	a.partition(value)
	if start, ok := q.Start[keys.Partition.Name]; ok {
		a.partition(start)
	}
	return nil
}

func readScan(r *reading) (any, error) {
	var in scanInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if err := in.shape(); err != nil {
		return nil, err
	}
	if err := notBoth(in.legacy("ScanFilter", in.ScanFilter != nil), in.expressions()); err != nil {
		return nil, err
	}
	if err := joins(in.ConditionalOperator, len(in.ScanFilter)); err != nil {
		return nil, err
	}
	p, err := in.parser(in.expressions()...)
	if err != nil {
		return nil, err
	}
	s, a, err := r.page(&in.pageInput, p)
	if err != nil {
		return nil, err
	}
	if len(in.ScanFilter) > 0 {
		s.Unsupported = unsupported("ScanFilter", "FilterExpression")
	}
	a.names(slices.Collect(maps.Keys(in.ScanFilter))...)
	if err := p.Unused(); err != nil {
		return nil, err
	}
	if err := s.readSegments(&in); err != nil {
		return nil, err
	}
	r.permit("Scan", s.resource, s.Target.Table, a.context())
	s.Scan = true
	return s, nil
}

func (q *Page) readSegments(in *scanInput) error {
	if in.Segment == nil && in.TotalSegments == nil {
		return nil
	}
	switch {
	case in.Segment == nil:
		return exception.Validation("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case in.TotalSegments == nil:
		return exception.Validation("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case *in.Segment >= *in.TotalSegments:
		return exception.Validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: "+
			"Segment: %d is not less than TotalSegments: %d", *in.Segment, *in.TotalSegments)
	}
	q.Segment, q.Segments = *in.Segment, *in.TotalSegments
	return nil
}

// page reads what Query and Scan have in common.
func (r *reading) page(in *pageInput, p *expr.Placeholders) (*Page, *access, error) {
	q := &Page{Index: in.IndexName, Start: in.ExclusiveStartKey, Consistent: in.ConsistentRead, Capacity: new(faults).capacity(in.ReturnConsumedCapacity)}
	var err error
	if q.Target, err = r.target("tableName", in.TableName, r.req.Operation, in.IndexName); err != nil {
		return nil, nil, err
	}
	q.resource, q.From = q.Target.ARN, q.Target.Table.Index(q.Index)
	q.Keys, _ = q.Target.Table.KeySchema(q.Index)
	if q.Index != "" {
		if err := validName("indexName", q.Index); err != nil {
			return nil, nil, err
		}
		q.resource = r.place.indexARN(q.Target.Name, q.Index)
	}
	if in.Limit != nil {
		q.Limit = *in.Limit
	}
	if q.Projection, err = readProjection(p, in.ProjectionExpression, in.AttributesToGet); err != nil {
		return nil, nil, err
	}
	a := &access{returnCapacity: q.Capacity}
	if in.FilterExpression != nil {
		if q.Filter, err = expr.ParseCondition(expr.FilterExpression, *in.FilterExpression, p); err != nil {
			return nil, nil, err
		}
		a.names(q.Filter.Attributes()...)
	}
	a.projected(q.Projection)
	for name := range q.Start {
		a.names(name)
	}
	if a.selects, err = q.readSelect(in); err != nil {
		return nil, nil, err
	}
	q.Select, q.Count = a.selects, a.selects == selectCount
	return q, a, nil
}

// readSelect returns the effective Select, and refuses one that contradicts the projection: a request
// that says SPECIFIC_ATTRIBUTES and names none would read all.
func (q *Page) readSelect(in *pageInput) (string, error) {
	switch {
	case in.Select == "" && q.Projection != nil:
		return selectSpecific, nil
	case in.Select == "" && q.Index != "":
		return selectProjected, nil
	case in.Select == "":
		return SelectAll, nil
	case in.Select == selectSpecific && q.Projection == nil:
		return "", exception.Validation("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case in.Select != selectSpecific && q.Projection != nil:
		return "", in.selectsTwice()
	case in.Select == selectProjected && q.Index == "":
		return "", exception.Validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	}
	return in.Select, nil
}

// readSearchVectors authorizes a search over an index and its table. Its result may come from any
// partition, and a condition on the partition key is not read: the keys are unknown.
func readSearchVectors(r *reading) (any, error) {
	var in struct {
		keyInput
		IndexName                 string
		ProjectionExpression      *string
		SearchConditionExpression *string
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	t, err := r.target("tableName", in.TableName, r.req.Operation, in.IndexName)
	if err != nil {
		return nil, err
	}
	if err := validName("indexName", in.IndexName); err != nil {
		return nil, err
	}
	for _, arn := range []string{t.ARN, r.place.indexARN(t.Name, in.IndexName)} {
		a := access{keyed: true, unknownKeys: true, unknownAttributes: true}
		r.permit("SearchVectors", arn, t.Table, a.context())
	}
	return nil, nil
}
