package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/shape"
)

// Call makes one AWS call from data: service and operation such as "ec2" and "CreateVpcEndpoint",
// and the request with AWS's field names. The answer is plain data (map[string]any, []any,
// string, float64, bool) with the field names of the AWS CLI. Lists with several pages are
// complete. If AWS throttles a call that changes something, Call does not wait but returns an
// *Error. It is also an *Error if AWS did not do what was asked, although it answered with the status 200.
func (c *Client) Call(ctx context.Context, service, op string, in map[string]any) (any, error) {
	answer, err := c.Answer(ctx, service, op, in)
	if err == nil {
		err = c.unsuccessful(service, op, answer)
	}
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// Answer is like Call, but every answer with the status 200 is a success, as it is for the AWS CLI.
func (c *Client) Answer(ctx context.Context, service, op string, in map[string]any) (any, error) {
	name := resource.Action(service, op)
	o, ok := c.operations()[service+"."+op]
	if !ok {
		return nil, &Error{Op: name, Code: CodeRequest, Message: "this program does not support the operation"}
	}
	if err := c.checkRegion(ctx); err != nil {
		return nil, err
	}
	answer, err := o.do(ctx, name, apis[service].names, in)
	if err != nil {
		err = c.fail(name, err)
		var e *Error
		if errors.As(err, &e) && e.unsure && !resource.Reads(op) {
			e.hint = "AWS may have applied this change. Run the wizard again: it finds what exists. " + e.hint
		}
		return nil, err
	}
	if service == "iam" {
		readPolicies(answer)
	}
	return answer, nil
}

// operation is one operation of a service. Requests and answers are data.
type operation struct {
	request func() any // a pointer to an empty request
	answer  func() any // a pointer to an empty answer
	do      func(ctx context.Context, name string, n shape.Names, in map[string]any) (map[string]any, error)
}

// single returns an operation for a method of one of the SDK's clients.
func single[In, Out, O any](call func(context.Context, *In, ...func(*O)) (*Out, error)) operation {
	return operation{
		request: func() any { return new(In) },
		answer:  func() any { return new(Out) },
		do: func(ctx context.Context, name string, n shape.Names, data map[string]any) (map[string]any, error) {
			in, err := request[In](name, n, data)
			if err != nil {
				return nil, err
			}
			out, err := call(ctx, in)
			if err != nil {
				return nil, err
			}
			return n.Plain(out), nil
		},
	}
}

// paged returns an operation for one of the SDK's paginators. The result takes the client, so
// that the compiler checks that both belong together.
func paged[API, In, Out, PO, O any, P pager[Out, O]](paginator func(API, *In, ...func(*PO)) P) func(API) operation {
	return func(client API) operation {
		return operation{
			request: func() any { return new(In) },
			answer:  func() any { return new(Out) },
			do: func(ctx context.Context, name string, n shape.Names, data map[string]any) (map[string]any, error) {
				in, err := request[In](name, n, data)
				if err != nil {
					return nil, err
				}
				var all map[string]any
				err = follow(ctx, paginator(client, in), func(out *Out) { all = join(all, n.Plain(out)) })
				return all, err
			},
		}
	}
}

// members are the union members that requests can contain. A described task definition is
// registered again with them.
var members = []any{&ecstypes.SharingStrategyMemberNvidiaMps{}}

func request[In any](name string, n shape.Names, data map[string]any) (*In, error) {
	in := new(In)
	if err := n.Fill(in, data, members...); err != nil {
		return nil, &Error{Op: name, Code: CodeRequest, Message: err.Error(), Err: err}
	}
	return in, nil
}

// readPolicies decodes the policies in an answer to structures, as the AWS CLI does. IAM sends
// them as URL-encoded text.
func readPolicies(v any) {
	m, _ := v.(map[string]any)
	for k, item := range m {
		text, isText := item.(string)
		if !isText || k != "PolicyDocument" && k != "AssumeRolePolicyDocument" && k != "Document" {
			readPolicies(item)
			continue
		}
		var policy any
		if json.Unmarshal([]byte(document(&text)), &policy) == nil {
			m[k] = policy
		}
	}
}

// unsuccessful returns an error for what AWS did not do although it answered with the status 200. Its code is that of the first
// resource.
func (c *Client) unsuccessful(service, op string, answer any) error {
	expression := resource.Unsuccessful(service, op)
	if expression == "" {
		return nil
	}
	found, err := resource.Query(expression, answer)
	items, _ := found.([]any)
	if err != nil || len(items) == 0 {
		return err
	}
	e := &Error{Op: resource.Action(service, op), HTTPStatus: http.StatusOK}
	var texts []string
	for _, item := range items {
		pair, _ := item.([]any)
		e.Code = cmp.Or(e.Code, resource.Text(pair[0]))
		texts = append(texts, brief(resource.Text(pair[1])))
	}
	e.Message = strings.Join(texts, "; ")
	c.advise(e)
	return e
}

// join appends the lists of a further page to those of the pages before.
func join(all, page map[string]any) map[string]any {
	if all == nil {
		return page
	}
	for k, v := range page {
		before, isList := all[k].([]any)
		more, _ := v.([]any)
		if isList {
			all[k] = append(before, more...)
		} else {
			all[k] = v
		}
	}
	return all
}
