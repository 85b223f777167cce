package request

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/lexed"
)

// partiqlReader parses a statement, in one or two parts, by one token of lookahead. Each method that reports false has
// found what is not in the grammar.
type partiqlReader struct {
	tokens []lexed.Token // all, without white space
	*lexed.Cursor
}

var (
	partiqlIdent  = partiqlLexer.Symbols()["Ident"]
	partiqlQuoted = partiqlLexer.Symbols()["Quoted"]
	partiqlString = partiqlLexer.Symbols()["String"]
	partiqlNumber = partiqlLexer.Symbols()["Number"]
)

// is reports whether a token is the keyword or sign given.
func is(t *lexed.Token, text string) bool {
	return t.Value == text || t.Type == partiqlIdent && strings.EqualFold(t.Value, text)
}

// take takes the next tokens if they are those given: all or none.
func (r *partiqlReader) take(texts ...string) bool {
	for i, text := range texts {
		if !is(r.Peek(i), text) {
			return false
		}
	}
	for range texts {
		r.Next()
	}
	return true
}

// oneOf takes the next token if it is one of those given.
func (r *partiqlReader) oneOf(texts ...string) (string, bool) {
	for _, text := range texts {
		if r.take(text) {
			return text, true
		}
	}
	return "", false
}

func (r *partiqlReader) head() (*statement, error) {
	s, ok := new(statement), false
	switch {
	case r.take("SELECT"):
		s.Select = new(selectHead)
		ok = r.selectHead(s.Select)
	case r.take("INSERT", "INTO"):
		s.Insert, ok = r.nameParts()
	case r.take("UPDATE"):
		s.Update, ok = r.nameParts()
	case r.take("DELETE", "FROM"):
		s.Delete, ok = r.nameParts()
	}
	if !ok {
		return nil, errStatement()
	}
	return s, nil
}

func (r *partiqlReader) selectHead(s *selectHead) bool {
	if s.All = r.take("*"); !s.All && !r.list(func() bool { return r.appendPath(&s.Paths) }) || !r.take("FROM") {
		return false
	}
	from, ok := r.nameParts()
	if ok {
		s.From = *from
	}
	return ok
}

// list reads what each reads, once or several times with commas between.
func (r *partiqlReader) list(each func() bool) bool {
	for {
		if !each() {
			return false
		}
		if !r.take(",") {
			return true
		}
	}
}

func (r *partiqlReader) nameParts() (*nameParts, bool) {
	n := new(nameParts)
	var ok bool
	if n.Table, ok = r.name(); ok && r.take(".") {
		n.Index, ok = r.name()
		ok = ok && n.Index != ""
	}
	return n, ok
}

func (r *partiqlReader) name() (string, bool) {
	switch t := r.Peek(0); t.Type {
	case partiqlQuoted:
		return unquote(r.Next().Value), true
	case partiqlIdent:
		return r.Next().Value, true
	}
	return "", false
}

func (r *partiqlReader) path() (p path, ok bool) {
	if p.Name, ok = r.name(); !ok {
		return p, false
	}
	for ; ; p.Nested = true {
		switch {
		case r.take("."):
			if _, ok = r.name(); !ok {
				return p, false
			}
		case r.take("["):
			if r.Next().Type != partiqlNumber || !r.take("]") {
				return p, false
			}
		default:
			return p, true
		}
	}
}

func (r *partiqlReader) appendPath(to *[]path) bool {
	p, ok := r.path()
	*to = append(*to, p)
	return ok
}

// clauses parses all that is left. It returns nil where that is outside of the grammar.
func (r *partiqlReader) clauses() *clauses {
	c := new(clauses)
	if r.take("WHERE") && !r.where(c) || r.take("ORDER", "BY") && !r.list(func() bool { return r.ordered(c) }) ||
		r.take("RETURNING") && !r.returning(c) || !r.Peek(0).EOF() {
		return nil
	}
	return c
}

func (r *partiqlReader) where(c *clauses) bool {
	for {
		t, ok := r.term()
		if !ok {
			return false
		}
		c.Where = append(c.Where, t)
		if !r.take("AND") {
			return true
		}
	}
}

func (r *partiqlReader) ordered(c *clauses) bool {
	ok := r.appendPath(&c.OrderBy)
	r.oneOf("ASC", "DESC")
	return ok
}

// returning reads what ReturnValues would be called.
func (r *partiqlReader) returning(c *clauses) bool {
	what, ok1 := r.oneOf("ALL", "MODIFIED")
	when, ok2 := r.oneOf("OLD", "NEW")
	c.Returning = map[string]string{"ALL": "ALL_", "MODIFIED": "UPDATED_"}[what] + when
	return ok1 && ok2 && r.take("*")
}

func (r *partiqlReader) term() (t term, ok bool) {
	for _, function := range []string{"BEGINS_WITH", "CONTAINS", "ATTRIBUTE_TYPE"} {
		if r.take(function, "(") {
			return r.call()
		}
	}
	if t.Path, ok = r.path(); !ok {
		return t, false
	}
	if op, compared := r.oneOf("=", "<>", "!=", "<=", ">=", "<", ">"); compared {
		t.Equal = op == "="
		return t, r.operand(&t.Values)
	}
	switch {
	case r.take("IN"):
		t.Equal = true
		return t, r.in(&t.Values)
	case r.take("BETWEEN"):
		return t, r.operand(nil) && r.take("AND") && r.operand(nil)
	case r.take("IS"):
		r.take("NOT")
		_, ok = r.oneOf("MISSING", "NULL")
		return t, ok
	}
	return t, false
}

func (r *partiqlReader) call() (t term, ok bool) {
	if t.Path, ok = r.path(); !ok {
		return t, false
	}
	for r.take(",") {
		if !r.operand(nil) {
			return t, false
		}
	}
	return t, r.take(")")
}

// maxIn is how many values IN may have (DynamoDB Developer Guide, "PartiQL operators").
const maxIn = 100

func (r *partiqlReader) in(values *[]operand) bool {
	end := "]"
	if r.take("(") {
		end = ")"
	} else if !r.take("[") {
		return false
	}
	return r.list(func() bool { return len(*values) < maxIn && r.operand(values) }) && r.take(end)
}

// operand reads a value, and adds it to values unless that is nil.
func (r *partiqlReader) operand(values *[]operand) bool {
	o, ok := operand{}, true
	switch t := r.Peek(0); {
	case t.Value == "?":
		o = operand{Kind: operandParameter, Offset: int(r.Next().Offset)}
	case t.Type == partiqlString:
		o = operand{Kind: operandString, Text: r.Next().Value}
	case t.Type == partiqlNumber:
		o = operand{Kind: operandNumber, Text: r.Next().Value}
	case r.take("["):
		ok = r.elements("]", func() bool { return r.operand(nil) })
	case r.take("<<"):
		ok = r.elements(">>", func() bool { return r.operand(nil) })
	case t.Value == "{":
		ok = r.tuple(nil)
	default:
		_, ok = r.oneOf("TRUE", "FALSE", "NULL", "MISSING")
	}
	if values != nil {
		*values = append(*values, o)
	}
	return ok
}

// elements reads what each reads, any number of times, and end.
func (r *partiqlReader) elements(end string, each func() bool) bool {
	return r.take(end) || r.list(each) && r.take(end)
}

// tuple reads a value with names, and adds its attributes to fields unless that is nil.
func (r *partiqlReader) tuple(fields *[]tupleField) bool {
	return r.take("{") && r.elements("}", func() bool {
		name := r.Next()
		if name.Type != partiqlString || !r.take(":") {
			return false
		}
		var value []operand
		if fields == nil {
			return r.operand(nil)
		}
		ok := r.operand(&value)
		*fields = append(*fields, tupleField{unquote(name.Value), value[0]})
		return ok
	})
}

// insert parses all that is left of an INSERT. It reports false where that is outside of the grammar.
func (r *partiqlReader) insert() ([]tupleField, bool) {
	var fields []tupleField
	ok := r.take("VALUE") && r.tuple(&fields) && r.Peek(0).EOF()
	return fields, ok
}

// toWhere goes on to the only WHERE; to the end where there is none, or more than one.
func (r *partiqlReader) toWhere() {
	isWhere := func(t *lexed.Token) bool { return strings.EqualFold(t.Value, "WHERE") }
	one := r.Count(isWhere) == 1
	r.SkipTo(func(t *lexed.Token) bool { return one && isWhere(t) })
}
