package conformance

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// endpoint is one DynamoDB.
type endpoint struct {
	name   string
	client *dynamodb.Client
}

const embeddedName = "embedded"

// embedded is the store of localaws.
func embedded(t testing.TB) endpoint {
	t.Helper()
	return newEndpoint(embeddedName, localawstest.Start(t))
}

func newEndpoint(name string, l *localawstest.Local) endpoint {
	return endpoint{name, dynamodb.NewFromConfig(l.Config(localawstest.Root))}
}

// answer is what came of a request: the body as it was, and the error that the SDK made of it.
type answer struct {
	status        int
	code, message string
	body          []byte
}

// call performs an operation with a body as it is written: the SDK signs, sends, reads the answer into its
// own types and tells errors, but makes and checks no input of its own. With some bodies that is the point.
func (e endpoint) call(ctx context.Context, operation, body string) (answer, error) {
	method := reflect.ValueOf(e.client).MethodByName(operation)
	if !method.IsValid() {
		return answer{}, errors.New("the SDK has no operation " + operation)
	}
	var a answer
	options := func(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, withBody(body), a.record) }
	input := reflect.New(method.Type().In(1).Elem())
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx), input, reflect.ValueOf(options)})
	err, _ := out[1].Interface().(error)
	if err == nil {
		return a, nil
	}
	failed, known := errors.AsType[smithy.APIError](err)
	response, answered := errors.AsType[*awshttp.ResponseError](err)
	if !known || !answered {
		return a, err
	}
	a.status, a.code, a.message = response.HTTPStatusCode(), failed.ErrorCode(), failed.ErrorMessage()
	return a, nil
}

// withBody sends body in place of what the SDK would make of its input.
func withBody(body string) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		if _, err := stack.Initialize.Remove("OperationInputValidation"); err != nil && !strings.Contains(err.Error(), "not found") {
			return err
		}
		replace := middleware.SerializeMiddlewareFunc("WithBody", func(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (middleware.SerializeOutput, middleware.Metadata, error) {
			request, err := in.Request.(*smithyhttp.Request).SetStream(strings.NewReader(body))
			if err != nil {
				return middleware.SerializeOutput{}, middleware.Metadata{}, err
			}
			in.Request = request
			return next.HandleSerialize(ctx, in)
		})
		return stack.Serialize.Insert(replace, "OperationSerializer", middleware.After)
	}
}

// record keeps status and body of the answer.
func (a *answer) record(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("Record", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		response, ok := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !ok {
			return out, metadata, err
		}
		a.status = response.StatusCode
		a.body, err = io.ReadAll(response.Body)
		response.Body = io.NopCloser(bytes.NewReader(a.body))
		return out, metadata, err
	}), middleware.After)
}
