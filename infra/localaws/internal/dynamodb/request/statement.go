package request

import (
	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

type statementInput struct {
	Statement                           string
	Parameters                          awsjson.List[attr.Value, operands]
	ReturnValuesOnConditionCheckFailure string

	executionInput
}

// executionInput are members that decide nothing about authorization: a NextToken goes on in the statement
// that is given beside it.
type executionInput struct {
	ClientRequestToken     string
	ConsistentRead         bool
	Limit                  *int
	NextToken              string
	ReturnConsumedCapacity string
}

const maxStatement = 8192

func readExecuteStatement(r *reading) (any, error) {
	var in statementInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	return nil, r.statements([]statementInput{in})
}

func readBatchExecuteStatement(r *reading) (any, error) {
	var in struct {
		executionInput
		Statements awsjson.List[statementInput, batchStatements]
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	return nil, r.statements(in.Statements)
}

func readExecuteTransaction(r *reading) (any, error) {
	var in struct {
		executionInput
		TransactStatements awsjson.List[statementInput, transactStatements]
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if err := size("transactStatements", len(in.TransactStatements)); err != nil {
		return nil, err
	}
	r.enclosing = r.req.Operation
	return nil, r.statements(in.TransactStatements)
}

// statements adds a permission per statement.
func (r *reading) statements(all []statementInput) error {
	if err := size("statements", len(all)); err != nil {
		return err
	}
	r.several = len(all) > 1
	for i := range all {
		if err := r.statement(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) statement(in *statementInput) error {
	switch {
	case in.Statement == "":
		return exception.Missing("statement")
	case len(in.Statement) > maxStatement:
		return exception.Validation("1 validation error detected: Value at 'statement' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d", maxStatement)
	}
	if err := oneOf("returnValuesOnConditionCheckFailure", in.ReturnValuesOnConditionCheckFailure, ReturnAllOld, ReturnNone); err != nil {
		return err
	}
	text, err := lexPartiQL(in.Statement)
	if err != nil {
		return err
	}
	params, err := text.bind(in.Parameters)
	if err != nil {
		return err
	}
	head, err := text.head()
	if err != nil {
		return err
	}
	s := &partiqlStatement{params: params, text: text, access: access{keyed: true, enclosing: r.enclosing}}
	if in.ReturnValuesOnConditionCheckFailure == ReturnAllOld {
		s.access.unknownReturns = true
	}
	return s.permit(r, head)
}

// partiqlStatement is a statement while it is read.
type partiqlStatement struct {
	params parameters
	text   *partiqlReader // behind the head
	access access
	keys   table.KeySchema
	known  bool // keys are
}

func (s *partiqlStatement) permit(r *reading, head *statement) error {
	action, name := head.kind()
	index := name.Index
	t, err := r.target("statement", &name.Table, action, index)
	if err != nil {
		return err
	}
	arn := t.ARN
	if index != "" {
		if err := validName("statement", index); err != nil {
			return err
		}
		arn = r.place.indexARN(t.Name, index)
	}
	s.keys, s.known = t.Table.KeySchema(index)
	switch action {
	case "PartiQLSelect":
		s.readSelect(head.Select)
	case "PartiQLInsert":
		s.readInsert()
	default:
		s.readChange(action)
	}
	r.permit(action, arn, t.Table, s.access.context())
	return nil
}

func (st *statement) kind() (action string, name *nameParts) {
	switch {
	case st.Select != nil:
		return "PartiQLSelect", &st.Select.From
	case st.Insert != nil:
		return "PartiQLInsert", st.Insert
	case st.Update != nil:
		return "PartiQLUpdate", st.Update
	}
	return "PartiQLDelete", st.Delete
}

func (s *partiqlStatement) readSelect(head *selectHead) {
	s.access.selects = selectSpecific
	if head.All {
		s.access.selects = SelectAll
	}
	for i := range head.Paths {
		s.access.names(head.Paths[i].Name)
	}
	s.access.fullTableScan = "true"
	if c := s.clauses(); c != nil && s.where(c) {
		s.access.fullTableScan = "false"
	}
}

// readChange reads UPDATE and DELETE. What an UPDATE sets is not read: its attributes are unknown.
func (s *partiqlStatement) readChange(action string) {
	s.access.returnValues = ReturnNone
	if action == "PartiQLUpdate" {
		s.access.unknownAttributes = true
		s.text.toWhere()
	}
	c := s.clauses()
	if c == nil {
		s.access.unknownReturns = true
		return
	}
	if c.Returning != "" {
		s.access.returnValues = c.Returning
	}
	s.where(c)
}

// clauses reads what is left, or returns nil, keys and attributes being unknown.
func (s *partiqlStatement) clauses() *clauses {
	c := s.text.clauses()
	if c == nil {
		s.access.unknownKeys, s.access.unknownAttributes = true, true
	}
	return c
}

// where notes the partitions that the terms name, and reports whether they name any. The partition key
// must be compared once, by = or IN, else the keys are unknown.
func (s *partiqlStatement) where(c *clauses) bool {
	for i := range c.OrderBy {
		s.access.names(c.OrderBy[i].Name)
	}
	var partitions []operand
	count := 0
	for _, t := range c.Where {
		s.access.names(t.Path.Name)
		if !s.known || t.Path.Name != s.keys.Partition.Name {
			continue
		}
		count++
		switch {
		case t.Path.Nested:
			count++ // a part of the key is no key
		case t.Equal:
			partitions = append(partitions, t.Values...)
		}
	}
	if count != 1 || len(partitions) == 0 {
		s.access.unknownKeys = true
		return false
	}
	for _, o := range partitions {
		s.partition(o)
	}
	return true
}

func (s *partiqlStatement) partition(o operand) {
	v, ok := s.params.value(o)
	if !ok {
		s.access.unknownKeys = true
		return
	}
	s.access.partition(v)
}

func (s *partiqlStatement) readInsert() {
	fields, ok := s.text.insert()
	if !ok {
		s.access.unknownKeys, s.access.unknownAttributes = true, true
		return
	}
	count := 0
	for _, f := range fields {
		s.access.names(f.Name)
		if s.known && f.Name == s.keys.Partition.Name {
			count++
			s.partition(f.Value)
		}
	}
	if count != 1 {
		s.access.unknownKeys = true
	}
}
