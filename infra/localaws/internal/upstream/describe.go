package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

var (
	errChanged  = errors.New("a table was changed while the request was being authorized")
	errNotAsked = errors.New("the upstream describes something else than it was asked for")
)

// maxDescription is the most that the upstream may answer about a table, in bytes.
const maxDescription = 1 << 20

// describe asks the upstream for a table, as root. It returns nil where there is none. Any other answer that
// does not describe the table is a failure: without the description no decision is possible.
func (e *endpoint) describe(ctx context.Context, name string) (*request.Schema, error) {
	var out struct{ Table description }
	code, err := e.ask(ctx, "DescribeTable", struct{ TableName string }{name}, &out)
	switch {
	case err != nil:
		return nil, err
	case code == "ResourceNotFoundException":
		return nil, nil
	case code != "":
		return nil, failed(fmt.Errorf("upstream %s answers DescribeTable with %s", e.address, code))
	}
	schema, err := out.Table.schema(name)
	if err != nil {
		return nil, failed(fmt.Errorf("upstream %s, table %s: %w", e.address, name, err))
	}
	schema.Tags, err = e.tags(ctx, out.Table.TableArn)
	return schema, err
}

type description struct {
	TableName, TableArn    string
	KeySchema              request.KeySchema
	AttributeDefinitions   []table.AttributeDefinition
	GlobalSecondaryIndexes []index
	LocalSecondaryIndexes  []index
}

type index struct {
	IndexName string
	KeySchema request.KeySchema
}

func (d *description) schema(name string) (*request.Schema, error) {
	if d.TableName != name {
		return nil, errNotAsked
	}
	keys, err := d.KeySchema.Names()
	if err != nil {
		return nil, err
	}
	s := &request.Schema{Partition: keys.Partition, Sort: keys.Sort, Indexes: map[string]request.IndexKeys{}, Types: map[string]string{}}
	for _, a := range d.AttributeDefinitions {
		s.Types[a.AttributeName] = a.AttributeType
	}
	for _, indexes := range [][]index{d.GlobalSecondaryIndexes, d.LocalSecondaryIndexes} {
		for _, one := range indexes {
			if _, twice := s.Indexes[one.IndexName]; twice || one.IndexName == "" {
				return nil, fmt.Errorf("an index is described without a name, or twice")
			}
			if s.Indexes[one.IndexName], err = one.KeySchema.Names(); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// maxTags is how many tags a table has at most, and so how many pages of them.
const maxTags = 50

// tags asks for the tags of a table. An upstream that does not know the operation has no tags.
func (e *endpoint) tags(ctx context.Context, arn string) (map[string]string, error) {
	tags, next := map[string]string{}, ""
	for range maxTags {
		var out struct {
			Tags      []struct{ Key, Value string }
			NextToken string
		}
		in := struct {
			ResourceArn string
			NextToken   string `json:",omitzero"`
		}{arn, next}
		code, err := e.ask(ctx, "ListTagsOfResource", in, &out)
		switch {
		case err != nil:
			return nil, err
		case code == "UnknownOperationException":
			return tags, nil
		case code != "":
			return nil, failed(fmt.Errorf("upstream %s answers ListTagsOfResource with %s", e.address, code))
		}
		for _, t := range out.Tags {
			tags[t.Key] = t.Value
		}
		if next = out.NextToken; next == "" {
			return tags, nil
		}
	}
	return nil, failed(fmt.Errorf("upstream %s lists tags without end", e.address))
}

// ask performs an operation as root. It reads the answer into out, or returns the code of an error of the
// caller's; an error of the upstream's is a failure.
func (e *endpoint) ask(ctx context.Context, operation string, in, out any) (code string, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	response, err := e.send(ctx, operationHeaders(operation), body)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxDescription+1))
	switch {
	case err != nil:
		return "", failed(fmt.Errorf("upstream %s, %s: %w", e.address, operation, err))
	case response.StatusCode >= http.StatusInternalServerError:
		return "", unavailable(fmt.Errorf("upstream %s answers %s with %s", e.address, operation, response.Status))
	case len(text) > maxDescription:
		return "", failed(fmt.Errorf("upstream %s answers %s without end", e.address, operation))
	case response.StatusCode == http.StatusOK:
		err = json.Unmarshal(text, out)
	default:
		code, err = errorCode(text)
	}
	if err != nil { // whose text may quote what tables hold
		return "", failed(fmt.Errorf("upstream %s answers %s with %s and something else than its JSON", e.address, operation, response.Status))
	}
	return code, nil
}

// errorCode is what stands behind the '#' of an error's __type.
func errorCode(text []byte) (string, error) {
	var wrong struct {
		Type string `json:"__type"`
	}
	if err := json.Unmarshal(text, &wrong); err != nil {
		return "", err
	}
	code := wrong.Type[strings.LastIndexByte(wrong.Type, '#')+1:]
	if code == "" {
		return "", errNotAsked
	}
	return code, nil
}
