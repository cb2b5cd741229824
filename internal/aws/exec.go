package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/mwaa"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// Call does one AWS call that is given as data: the service and operation as in
// "ec2", "CreateVpcEndpoint", and the request by AWS's field names. The answer is
// plain data (map[string]any, []any, string, float64, bool) with the field names
// that the AWS CLI prints; lists that come in pages come whole. Throttling of a
// call that changes something is not waited out but returned as an *Error.
func (c *Client) Call(ctx context.Context, service, op string, in map[string]any) (any, error) {
	do, ok := table[service+"."+op]
	if !ok {
		return nil, &Error{Op: service + ":" + op, Code: CodeRequest, Message: "this program does not know the operation"}
	}
	if err := c.vouch(ctx); err != nil {
		return nil, err
	}
	if service == "mwaa" {
		service = "airflow" // as permissions for it are called
	}
	return do(ctx, c, service+":"+op, in)
}

// effect is what doing a call twice would do.
type effect int

const (
	reads    effect = iota
	repeats         // ends in the same state, or says that it is so already
	tokened         // repeats if the request holds a ClientToken
	onceOnly        // may make a second thing
)

type operation func(ctx context.Context, c *Client, op string, in map[string]any) (any, error)

// table holds the operations that Call can do. Each names one method of the SDK,
// so that the linker keeps only these.
var table = map[string]operation{
	"ec2.DescribeDhcpOptions":           ec2Op((*ec2.Client).DescribeDhcpOptions, reads),
	"ec2.DescribeNetworkAcls":           ec2Op((*ec2.Client).DescribeNetworkAcls, reads),
	"ec2.DescribeNetworkInterfaces":     ec2Op((*ec2.Client).DescribeNetworkInterfaces, reads),
	"ec2.DescribeRouteTables":           ec2Op((*ec2.Client).DescribeRouteTables, reads),
	"ec2.DescribeSecurityGroupRules":    ec2Op((*ec2.Client).DescribeSecurityGroupRules, reads),
	"ec2.DescribeSecurityGroups":        ec2Op((*ec2.Client).DescribeSecurityGroups, reads),
	"ec2.DescribeSubnets":               ec2Op((*ec2.Client).DescribeSubnets, reads),
	"ec2.DescribeVpcAttribute":          ec2Op((*ec2.Client).DescribeVpcAttribute, reads),
	"ec2.DescribeVpcEndpoints":          ec2Op((*ec2.Client).DescribeVpcEndpoints, reads),
	"ec2.DescribeVpcs":                  ec2Op((*ec2.Client).DescribeVpcs, reads),
	"ec2.ModifyVpcAttribute":            ec2Op((*ec2.Client).ModifyVpcAttribute, repeats),
	"ec2.CreateSecurityGroup":           ec2Op((*ec2.Client).CreateSecurityGroup, onceOnly),
	"ec2.DeleteSecurityGroup":           ec2Op((*ec2.Client).DeleteSecurityGroup, repeats),
	"ec2.AuthorizeSecurityGroupIngress": ec2Op((*ec2.Client).AuthorizeSecurityGroupIngress, repeats),
	"ec2.AuthorizeSecurityGroupEgress":  ec2Op((*ec2.Client).AuthorizeSecurityGroupEgress, repeats),
	"ec2.RevokeSecurityGroupIngress":    ec2Op((*ec2.Client).RevokeSecurityGroupIngress, repeats),
	"ec2.RevokeSecurityGroupEgress":     ec2Op((*ec2.Client).RevokeSecurityGroupEgress, repeats),
	"ec2.CreateVpcEndpoint":             ec2Op((*ec2.Client).CreateVpcEndpoint, tokened),
	"ec2.ModifyVpcEndpoint":             ec2Op((*ec2.Client).ModifyVpcEndpoint, repeats),
	"ec2.DeleteVpcEndpoints":            ec2Op((*ec2.Client).DeleteVpcEndpoints, repeats),
	"ec2.CreateTags":                    ec2Op((*ec2.Client).CreateTags, repeats),
	"ec2.DeleteTags":                    ec2Op((*ec2.Client).DeleteTags, repeats),
	"ec2.RebootInstances":               ec2Op((*ec2.Client).RebootInstances, repeats),

	"ecs.DescribeClusters":              ecsOp((*ecs.Client).DescribeClusters, reads),
	"ecs.DescribeContainerInstances":    ecsOp((*ecs.Client).DescribeContainerInstances, reads),
	"ecs.DescribeServices":              ecsOp((*ecs.Client).DescribeServices, reads),
	"ecs.DescribeTaskDefinition":        ecsOp((*ecs.Client).DescribeTaskDefinition, reads),
	"ecs.TagResource":                   ecsOp((*ecs.Client).TagResource, repeats),
	"ecs.UpdateContainerAgent":          ecsOp((*ecs.Client).UpdateContainerAgent, repeats),
	"ecs.UpdateContainerInstancesState": ecsOp((*ecs.Client).UpdateContainerInstancesState, repeats),

	"mwaa.GetEnvironment": mwaaOp((*mwaa.Client).GetEnvironment, reads),

	"ssm.DescribeInstanceInformation": ssmOp((*ssm.Client).DescribeInstanceInformation, reads),
	"ssm.GetCommandInvocation":        ssmOp((*ssm.Client).GetCommandInvocation, reads),
	"ssm.ListCommandInvocations":      ssmOp((*ssm.Client).ListCommandInvocations, reads),
	"ssm.SendCommand":                 ssmOp((*ssm.Client).SendCommand, onceOnly),
}

func ec2Op[In, Out any](method func(*ec2.Client, context.Context, *In, ...func(*ec2.Options)) (*Out, error), what effect) operation {
	return perform(func(c *Client, ctx context.Context, in *In, retryer sdk.Retryer) (*Out, error) {
		return method(c.ec2, ctx, in, func(o *ec2.Options) {
			if retryer != nil {
				o.Retryer = retryer
			}
		})
	}, what, spelling(false))
}

func ecsOp[In, Out any](method func(*ecs.Client, context.Context, *In, ...func(*ecs.Options)) (*Out, error), what effect) operation {
	return perform(func(c *Client, ctx context.Context, in *In, retryer sdk.Retryer) (*Out, error) {
		return method(c.ecs, ctx, in, func(o *ecs.Options) {
			if retryer != nil {
				o.Retryer = retryer
			}
		})
	}, what, spelling(true))
}

func ssmOp[In, Out any](method func(*ssm.Client, context.Context, *In, ...func(*ssm.Options)) (*Out, error), what effect) operation {
	return perform(func(c *Client, ctx context.Context, in *In, retryer sdk.Retryer) (*Out, error) {
		return method(c.ssm, ctx, in, func(o *ssm.Options) {
			if retryer != nil {
				o.Retryer = retryer
			}
		})
	}, what, spelling(false))
}

// perform does a call of which the types say all: what the request may hold, and
// what of the answer is to be plain data.
func perform[In, Out any](method func(*Client, context.Context, *In, sdk.Retryer) (*Out, error), what effect, sp spelling) operation {
	return func(ctx context.Context, c *Client, op string, data map[string]any) (any, error) {
		var in In
		if err := sp.fill(&in, data); err != nil {
			return nil, &Error{Op: op, Code: CodeRequest, Message: err.Error(), Err: err}
		}
		var retryer sdk.Retryer
		if what != reads {
			_, token := data["ClientToken"]
			retryer = newWriteRetryer(what == repeats || what == tokened && token)
		}
		var all map[string]any
		call := func(ctx context.Context, in *In, _ ...func(*struct{})) (*Out, error) {
			return method(c, ctx, in, retryer)
		}
		var refused error
		err := follow(ctx, c, op, call, &in, func(out *Out) {
			refused = unsuccessful(op, out)
			all = join(all, sp.answer(out))
		})
		if err == nil {
			err = refused
		}
		if err != nil {
			return nil, err
		}
		return all, nil
	}
}

// unsuccessful makes an error of what AWS reports inside an answer of success to a
// call that was to change something.
func unsuccessful(op string, out any) error {
	e := &Error{Op: op, HTTPStatus: 200}
	var words []string
	switch o := out.(type) {
	case *ec2.DeleteVpcEndpointsOutput:
		for _, u := range o.Unsuccessful {
			why := cmp.Or(u.Error, &types.UnsuccessfulItemError{Code: sdk.String("Unsuccessful")})
			e.Code = cmp.Or(e.Code, sdk.ToString(why.Code))
			words = append(words, sdk.ToString(u.ResourceId)+": "+cmp.Or(brief(sdk.ToString(why.Message)), "not deleted"))
		}
	case *ecs.UpdateContainerInstancesStateOutput:
		for _, f := range o.Failures {
			e.Code = cmp.Or(e.Code, sdk.ToString(f.Reason), "Failure")
			words = append(words, sdk.ToString(f.Arn)+": "+cmp.Or(brief(sdk.ToString(f.Detail)), "not changed"))
		}
	}
	if len(words) == 0 {
		return nil
	}
	e.Message = strings.Join(words, "; ")
	return e
}

// join adds a further page: its lists continue those before.
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

// spelling says whether a service's own field names begin with a small letter,
// where the SDK's begin with a capital one.
type spelling bool

func (lower spelling) name(field string) string {
	if !lower {
		return field
	}
	r, n := utf8.DecodeRuneInString(field)
	return string(unicode.ToLower(r)) + field[n:]
}

// fill puts a request's data into the SDK's type. A name that AWS does not know
// is refused, letter case included, as the AWS CLI would refuse it.
func (lower spelling) fill(in any, data map[string]any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return err
	}
	if err := lower.names(reflect.TypeOf(in), plain, ""); err != nil {
		return err
	}
	return json.Unmarshal(raw, in)
}

// names checks the field names of a request.
func (lower spelling) names(t reflect.Type, v any, at string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return nil // a map's keys are free, and other types are json's to refuse
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			field, ok := t.FieldByNameFunc(func(name string) bool { return lower.name(name) == k })
			if !ok || !field.IsExported() || k == "ResultMetadata" {
				return fmt.Errorf("the request has no field %q", at+k)
			}
			if err := lower.names(field.Type, v[k], at+k+"."); err != nil {
				return err
			}
		}
	case []any:
		if t.Kind() != reflect.Slice {
			return nil
		}
		for _, item := range v {
			if err := lower.names(t.Elem(), item, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer makes plain data of an answer. Its lists are there even if empty, as
// the AWS CLI has it, so that an expression can count on them.
func (lower spelling) answer(out any) map[string]any {
	v := reflect.ValueOf(out).Elem()
	m, _ := lower.plain(v).(map[string]any)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && f.Type.Kind() == reflect.Slice && v.Field(i).IsNil() {
			m[lower.name(f.Name)] = []any{}
		}
	}
	delete(m, "ResultMetadata")
	delete(m, lower.name("NextToken"))
	return m
}

// plain makes plain data of a value; nil if AWS did not send it.
func (lower spelling) plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.String {
			return v.Elem().String() // empty, but sent
		}
		return lower.plain(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return timestamp(t)
		}
		m := map[string]any{}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				if item := lower.plain(v.Field(i)); item != nil {
					m[lower.name(f.Name)] = item
				}
			}
		}
		return m
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = lower.plain(v.Index(i))
		}
		return list
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		m := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			m[it.Key().String()] = lower.plain(it.Value())
		}
		return m
	case reflect.String:
		if v.String() == "" {
			return nil // the SDK's enumerations have no other way to be absent
		}
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int32, reflect.Int64:
		return float64(v.Int())
	case reflect.Float32, reflect.Float64:
		return v.Float()
	}
	return nil
}

// timestamp writes a time as the AWS CLI does.
func timestamp(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05+00:00")
	}
	return t.Format("2006-01-02T15:04:05.000000+00:00")
}
