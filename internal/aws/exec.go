package aws

import (
	"cmp"
	"context"
	"encoding/base64"
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
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/mwaa"
	"github.com/aws/aws-sdk-go-v2/service/route53"
)

// Call does one AWS call that is given as data: the service and operation as in
// "ec2", "CreateVpcEndpoint", and the request by AWS's field names. The answer is
// plain data (map[string]any, []any, string, float64, bool) with the field names
// that the AWS CLI prints; lists that come in pages come whole. Throttling of a
// call that changes something is not waited out but returned as an *Error.
func (c *Client) Call(ctx context.Context, service, op string, in map[string]any) (any, error) {
	o, ok := table[service+"."+op]
	if !ok {
		return nil, &Error{Op: service + ":" + op, Code: CodeRequest, Message: "this program does not know the operation"}
	}
	if err := c.vouch(ctx); err != nil {
		return nil, err
	}
	name := permission(service, op)
	if o.method == nil {
		return c.doUntyped(ctx, untypedServices[service], name, in, o.what)
	}
	return o.do(ctx, c, name, in)
}

// permissions are what services are called in permissions, where that is not what the
// AWS CLI calls them.
var permissions = map[string]string{"mwaa": "airflow", "elbv2": "elasticloadbalancing"}

// permission is what an operation is called in permissions, and by errors.
func permission(service, op string) string { return cmp.Or(permissions[service], service) + ":" + op }

// effect is what doing a call twice would do.
type effect int

const (
	reads    effect = iota
	repeats         // ends in the same state, or says that it is so already
	tokened         // repeats if the request holds one of clientTokens
	onceOnly        // may make a second thing
)

// clientTokens are the names under which services take what tells a call that is
// tried again from a second one.
var clientTokens = []string{"ClientToken", "ClientRequestToken", "clientToken", "IdempotencyToken"}

func hasToken(request map[string]any) bool {
	return slices.ContainsFunc(clientTokens, func(name string) bool { _, ok := request[name]; return ok })
}

// operation is a method of one of the SDK's clients, and what doing it twice would do.
type operation struct {
	// method is func(*service.Client, context.Context, *In, ...func(*service.Options)) (*Out, error);
	// nil of services that are called without the typed clients.
	method any
	what   effect
}

// table holds the operations that Call can do. Each names one method of the SDK,
// so that the linker keeps only these. They are called by reflection: a generic
// function would be compiled anew for each of them, at 8 kB.
var table = map[string]operation{
	"ec2.DescribeDhcpOptions":           {(*ec2.Client).DescribeDhcpOptions, reads},
	"ec2.DescribeNetworkAcls":           {(*ec2.Client).DescribeNetworkAcls, reads},
	"ec2.DescribeNetworkInterfaces":     {(*ec2.Client).DescribeNetworkInterfaces, reads},
	"ec2.DescribeRouteTables":           {(*ec2.Client).DescribeRouteTables, reads},
	"ec2.DescribeSecurityGroupRules":    {(*ec2.Client).DescribeSecurityGroupRules, reads},
	"ec2.DescribeSecurityGroups":        {(*ec2.Client).DescribeSecurityGroups, reads},
	"ec2.DescribeSubnets":               {(*ec2.Client).DescribeSubnets, reads},
	"ec2.DescribeVpcAttribute":          {(*ec2.Client).DescribeVpcAttribute, reads},
	"ec2.DescribeVpcEndpoints":          {(*ec2.Client).DescribeVpcEndpoints, reads},
	"ec2.DescribeVpcs":                  {(*ec2.Client).DescribeVpcs, reads},
	"ec2.ModifyVpcAttribute":            {(*ec2.Client).ModifyVpcAttribute, repeats},
	"ec2.CreateSecurityGroup":           {(*ec2.Client).CreateSecurityGroup, onceOnly},
	"ec2.DeleteSecurityGroup":           {(*ec2.Client).DeleteSecurityGroup, repeats},
	"ec2.AuthorizeSecurityGroupIngress": {(*ec2.Client).AuthorizeSecurityGroupIngress, repeats},
	"ec2.AuthorizeSecurityGroupEgress":  {(*ec2.Client).AuthorizeSecurityGroupEgress, repeats},
	"ec2.RevokeSecurityGroupIngress":    {(*ec2.Client).RevokeSecurityGroupIngress, repeats},
	"ec2.RevokeSecurityGroupEgress":     {(*ec2.Client).RevokeSecurityGroupEgress, repeats},
	"ec2.CreateVpcEndpoint":             {(*ec2.Client).CreateVpcEndpoint, tokened},
	"ec2.ModifyVpcEndpoint":             {(*ec2.Client).ModifyVpcEndpoint, repeats},
	"ec2.DeleteVpcEndpoints":            {(*ec2.Client).DeleteVpcEndpoints, repeats},
	"ec2.CreateTags":                    {(*ec2.Client).CreateTags, repeats},
	"ec2.DeleteTags":                    {(*ec2.Client).DeleteTags, repeats},
	"ec2.RebootInstances":               {(*ec2.Client).RebootInstances, repeats},
	"ec2.DescribeInstances":             {(*ec2.Client).DescribeInstances, reads},
	"ec2.DescribeKeyPairs":              {(*ec2.Client).DescribeKeyPairs, reads},
	"ec2.RunInstances":                  {(*ec2.Client).RunInstances, tokened},
	"ec2.TerminateInstances":            {(*ec2.Client).TerminateInstances, repeats},

	"ec2.AssociateClientVpnTargetNetwork":     {(*ec2.Client).AssociateClientVpnTargetNetwork, tokened},
	"ec2.AuthorizeClientVpnIngress":           {(*ec2.Client).AuthorizeClientVpnIngress, repeats}, // a second rule for a block is refused
	"ec2.CreateClientVpnEndpoint":             {(*ec2.Client).CreateClientVpnEndpoint, tokened},
	"ec2.DeleteClientVpnEndpoint":             {(*ec2.Client).DeleteClientVpnEndpoint, repeats},
	"ec2.DescribeClientVpnAuthorizationRules": {(*ec2.Client).DescribeClientVpnAuthorizationRules, reads},
	"ec2.DescribeClientVpnEndpoints":          {(*ec2.Client).DescribeClientVpnEndpoints, reads},
	"ec2.DescribeClientVpnTargetNetworks":     {(*ec2.Client).DescribeClientVpnTargetNetworks, reads},
	"ec2.DisassociateClientVpnTargetNetwork":  {(*ec2.Client).DisassociateClientVpnTargetNetwork, repeats},
	"ec2.ExportClientVpnClientConfiguration":  {(*ec2.Client).ExportClientVpnClientConfiguration, reads},
	"ec2.RevokeClientVpnIngress":              {(*ec2.Client).RevokeClientVpnIngress, repeats},

	"batch.DeregisterJobDefinition":     {nil, repeats},
	"batch.DescribeComputeEnvironments": {nil, reads},
	"batch.DescribeJobDefinitions":      {nil, reads},
	"batch.DescribeJobQueues":           {nil, reads},
	"batch.RegisterJobDefinition":       {nil, onceOnly},

	"ecs.DescribeClusters":              {(*ecs.Client).DescribeClusters, reads},
	"ecs.DescribeContainerInstances":    {(*ecs.Client).DescribeContainerInstances, reads},
	"ecs.DescribeServices":              {(*ecs.Client).DescribeServices, reads},
	"ecs.DescribeTaskDefinition":        {(*ecs.Client).DescribeTaskDefinition, reads},
	"ecs.DescribeTasks":                 {(*ecs.Client).DescribeTasks, reads},
	"ecs.RunTask":                       {(*ecs.Client).RunTask, repeats}, // the SDK puts a token in
	"ecs.DeregisterTaskDefinition":      {(*ecs.Client).DeregisterTaskDefinition, repeats},
	"ecs.RegisterTaskDefinition":        {(*ecs.Client).RegisterTaskDefinition, onceOnly},
	"ecs.StopTask":                      {(*ecs.Client).StopTask, repeats},
	"ecs.UpdateService":                 {(*ecs.Client).UpdateService, repeats},
	"ecs.TagResource":                   {(*ecs.Client).TagResource, repeats},
	"ecs.UpdateContainerAgent":          {(*ecs.Client).UpdateContainerAgent, repeats},
	"ecs.UpdateContainerInstancesState": {(*ecs.Client).UpdateContainerInstancesState, repeats},

	"ssm.DescribeInstanceInformation": {nil, reads},
	"ssm.GetCommandInvocation":        {nil, reads},
	"ssm.ListCommandInvocations":      {nil, reads},
	"ssm.SendCommand":                 {nil, onceOnly},

	"secretsmanager.CreateSecret":             {nil, tokened},
	"secretsmanager.DeleteSecret":             {nil, repeats},
	"secretsmanager.DescribeSecret":           {nil, reads},
	"secretsmanager.GetSecretValue":           {nil, reads},
	"secretsmanager.ListSecrets":              {nil, reads},
	"secretsmanager.PutSecretValue":           {nil, tokened},
	"secretsmanager.RestoreSecret":            {nil, repeats},
	"secretsmanager.UpdateSecretVersionStage": {nil, repeats},

	"kms.DescribeKey": {nil, reads},
	"kms.ListAliases": {nil, reads},

	"servicequotas.GetServiceQuota":           {nil, reads},
	"servicequotas.GetAWSDefaultServiceQuota": {nil, reads},

	"iam.AttachRolePolicy":         {(*iam.Client).AttachRolePolicy, repeats},
	"iam.CreateRole":               {(*iam.Client).CreateRole, repeats},
	"iam.DeleteRole":               {(*iam.Client).DeleteRole, repeats},
	"iam.DeleteRolePolicy":         {(*iam.Client).DeleteRolePolicy, repeats},
	"iam.DetachRolePolicy":         {(*iam.Client).DetachRolePolicy, repeats},
	"iam.GetRole":                  {(*iam.Client).GetRole, reads},
	"iam.GetRolePolicy":            {(*iam.Client).GetRolePolicy, reads},
	"iam.ListAttachedRolePolicies": {(*iam.Client).ListAttachedRolePolicies, reads},
	"iam.PutRolePolicy":            {(*iam.Client).PutRolePolicy, repeats},

	"iam.AddRoleToInstanceProfile":      {(*iam.Client).AddRoleToInstanceProfile, repeats},
	"iam.CreateInstanceProfile":         {(*iam.Client).CreateInstanceProfile, repeats},
	"iam.DeleteInstanceProfile":         {(*iam.Client).DeleteInstanceProfile, repeats},
	"iam.GetInstanceProfile":            {(*iam.Client).GetInstanceProfile, reads},
	"iam.ListInstanceProfiles":          {(*iam.Client).ListInstanceProfiles, reads},
	"iam.RemoveRoleFromInstanceProfile": {(*iam.Client).RemoveRoleFromInstanceProfile, repeats},

	"mwaa.GetEnvironment":    {(*mwaa.Client).GetEnvironment, reads},
	"mwaa.UpdateEnvironment": {(*mwaa.Client).UpdateEnvironment, repeats},

	"elbv2.CreateListener":        {nil, repeats}, // a second one on the port is refused
	"elbv2.CreateLoadBalancer":    {nil, repeats},
	"elbv2.CreateTargetGroup":     {nil, repeats},
	"elbv2.DeleteListener":        {nil, repeats},
	"elbv2.DeleteLoadBalancer":    {nil, repeats},
	"elbv2.DeleteTargetGroup":     {nil, repeats},
	"elbv2.DeregisterTargets":     {nil, repeats},
	"elbv2.DescribeListeners":     {nil, reads},
	"elbv2.DescribeLoadBalancers": {nil, reads},
	"elbv2.DescribeTargetGroups":  {nil, reads},
	"elbv2.DescribeTargetHealth":  {nil, reads},
	"elbv2.RegisterTargets":       {nil, repeats},

	"acm.DeleteCertificate":   {nil, repeats},
	"acm.DescribeCertificate": {nil, reads},
	"acm.ImportCertificate":   {nil, onceOnly},
	"acm.ListCertificates":    {nil, reads},
	"acm.RequestCertificate":  {nil, tokened},

	"route53.ChangeResourceRecordSets": {(*route53.Client).ChangeResourceRecordSets, repeats}, // a second record of the name is refused
	"route53.ListHostedZones":          {(*route53.Client).ListHostedZones, reads},
	"route53.ListResourceRecordSets":   {(*route53.Client).ListResourceRecordSets, reads},
}

// camel are the services whose own field names begin with a small letter, of those
// with typed clients.
var camel = []string{"ecs"}

// client finds the client that a method is of.
func (c *Client) client(of reflect.Type) reflect.Value {
	all := []any{c.ec2, c.ecs, c.iam, c.mwa, c.r53}
	i := slices.IndexFunc(all, func(client any) bool { return reflect.TypeOf(client) == of })
	return reflect.ValueOf(all[i]) // tests go through the whole table
}

// do does a call of which the method's types say all: what the request may hold, and
// what of the answer is to be plain data.
func (o operation) do(ctx context.Context, c *Client, op string, data map[string]any) (any, error) {
	method := reflect.ValueOf(o.method)
	service, _, _ := strings.Cut(op, ":")
	sp := spelling(slices.Contains(camel, service))
	in := reflect.New(method.Type().In(2).Elem())
	if err := sp.fill(in.Interface(), data); err != nil {
		return nil, &Error{Op: op, Code: CodeRequest, Message: err.Error(), Err: err}
	}
	args := []reflect.Value{c.client(method.Type().In(0)), {}, in}
	if o.what != reads {
		args = append(args, withRetryer(method.Type().In(3).Elem(), newWriteRetryer(o.what == repeats || o.what == tokened && hasToken(data))))
	}
	call := func(ctx context.Context) (any, error) {
		args[1] = reflect.ValueOf(ctx)
		out := method.Call(args)
		err, _ := out[1].Interface().(error)
		return out[0].Interface(), err
	}
	var all map[string]any
	var refused error
	err := followAny(ctx, c, op, call, in.Interface(), func(out any) {
		refused = unsuccessful(op, out)
		all = join(all, sp.answer(out))
	})
	if err = cmp.Or(err, refused); err != nil {
		return nil, err
	}
	if service == "iam" {
		readPolicies(all)
	}
	return all, nil
}

// withRetryer makes an option of a client, which sets how the call is tried again.
func withRetryer(option reflect.Type, retryer sdk.Retryer) reflect.Value {
	return reflect.MakeFunc(option, func(options []reflect.Value) []reflect.Value {
		options[0].Elem().FieldByName("Retryer").Set(reflect.ValueOf(retryer))
		return nil
	})
}

// readPolicies puts structures in the place of the policies of an answer, which IAM
// sends as text, encoded as in a URL. So does the AWS CLI.
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

// unsuccessful makes an error of what AWS reports inside an answer of success to a
// call that was to change something.
func unsuccessful(op string, out any) error {
	e := &Error{Op: op, HTTPStatus: 200}
	var words []string
	failures := func(fs []ecstypes.Failure, what string) {
		for _, f := range fs {
			e.Code = cmp.Or(e.Code, sdk.ToString(f.Reason), "Failure")
			words = append(words, sdk.ToString(f.Arn)+": "+cmp.Or(brief(sdk.ToString(f.Detail)), what))
		}
	}
	switch o := out.(type) {
	case *ec2.DeleteVpcEndpointsOutput:
		for _, u := range o.Unsuccessful {
			why := cmp.Or(u.Error, &types.UnsuccessfulItemError{Code: sdk.String("Unsuccessful")})
			e.Code = cmp.Or(e.Code, sdk.ToString(why.Code))
			words = append(words, sdk.ToString(u.ResourceId)+": "+cmp.Or(brief(sdk.ToString(why.Message)), "not deleted"))
		}
	case *ecs.UpdateContainerInstancesStateOutput:
		failures(o.Failures, "not changed")
	case *ecs.RunTaskOutput:
		failures(o.Failures, "no task was started")
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
	delete(m, lower.name("ResultMetadata"))
	delete(m, lower.name("NextToken"))
	delete(m, "NextMarker")
	return m
}

// plain makes plain data of a value; nil if AWS did not send it.
func (lower spelling) plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		if d, ok := v.Interface().(interface{ MarshalSmithyDocument() ([]byte, error) }); ok {
			var data any // of any shape
			if raw, err := d.MarshalSmithyDocument(); err != nil || json.Unmarshal(raw, &data) != nil {
				return nil
			}
			return data
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
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return base64.StdEncoding.EncodeToString(v.Bytes())
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
