package aws

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyrand "github.com/aws/smithy-go/rand"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Services of which little is asked are called without the SDK's typed clients, which
// would make the program larger by half a megabyte each: what is sent and answered is
// plain data here anyway. Signing, trying again, errors and connections are the SDK's.

// untyped is a service that is called so.
type untyped struct {
	id      string // of the SDK, by which settings, the debug file and errors call it
	host    string // first label of its host, and the name it is signed by
	version string // of the Query protocol; empty: it speaks JSON
	target  string // what X-Amz-Target begins with, for JSON 1.1
	path    string // above its operations, for REST
	fips    bool   // its host for FIPS is called so in AWS GovCloud too
	both    bool   // its one host has IPv6 as well

	// These are set for single calls.
	region  string        // empty: the client's
	retryer sdk.Retryer   // of what only reads; nil: the client's
	page    time.Duration // how long one page is waited for; 0: as long as it takes
	pages   int           // how many are read at most, where the answer then has the next one's token; 0: all
}

var untypedServices = map[string]untyped{
	"acm":            {id: "ACM", host: "acm", target: "CertificateManager"},
	"batch":          {id: "Batch", host: "batch", path: "v1/"},
	"elbv2":          {id: "Elastic Load Balancing v2", host: "elasticloadbalancing", version: "2015-12-01"},
	"kms":            {id: "KMS", host: "kms", target: "TrentService", fips: true},
	"secretsmanager": {id: "Secrets Manager", host: "secretsmanager", target: "secretsmanager", fips: true, both: true},
	"servicequotas":  {id: "Service Quotas", host: "servicequotas", target: "ServiceQuotasV20190624", retryer: sdk.NopRetryer{}}, // nothing waits for it
	"ssm":            {id: "SSM", host: "ssm", target: "AmazonSSM"},
}

// ownTokens are the fields of requests that get a token of their own if none is given,
// as the SDK and the AWS CLI do, so that attempts of one call do not make two things.
var ownTokens = map[string]string{
	"secretsmanager:CreateSecret":   "ClientRequestToken",
	"secretsmanager:PutSecretValue": "ClientRequestToken",
}

// numbers are the fields of answers of the Query protocol that are numbers, which its
// XML does not tell.
var numbers = map[string]bool{"Port": true}

// endpoint is the address that a service is called at: what settings say for it or for
// all services, else the one of EC2 with another name.
func (c *Client) endpoint(ctx context.Context, s untyped) (string, error) {
	sources := c.cfg.ConfigSources // the environment, and then the profile
	if ignored, _, _ := config.GetIgnoreConfiguredEndpoints(ctx, sources); ignored {
		sources = nil
	}
	for _, source := range sources {
		if p, ok := source.(interface {
			GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
		}); ok {
			if at, found, err := p.GetServiceBaseEndpoint(ctx, s.id); err != nil || found {
				return at, err
			}
		}
		if env, ok := source.(config.EnvConfig); ok && env.BaseEndpoint != "" {
			break // for all services, and before what the profile says for one
		}
	}
	if b := sdk.ToString(c.cfg.BaseEndpoint); b != "" {
		return b, nil
	}
	o := c.ec2.Options() // settings that hold for all services
	fips := o.EndpointOptions.UseFIPSEndpoint == sdk.FIPSEndpointStateEnabled
	dual := o.EndpointOptions.UseDualStackEndpoint == sdk.DualStackEndpointStateEnabled && !s.both
	e, err := o.EndpointResolverV2.ResolveEndpoint(ctx, ec2.EndpointParameters{Region: &s.region, UseFIPS: &fips, UseDualStack: &dual})
	if err != nil {
		return "", err
	}
	name, suffix, _ := strings.Cut(e.URI.Host, ".")
	name = strings.Replace(name, "ec2", s.host, 1)
	if fips && s.fips && !strings.HasSuffix(name, "-fips") {
		name += "-fips"
	}
	if strings.HasSuffix(suffix, ".amazonaws.com") {
		name = strings.Replace(name, "batch-fips", "fips.batch", 1)
	}
	return "https://" + name + "." + suffix, nil
}

// send makes one request and reads its answer.
func (c *Client) send(ctx context.Context, s untyped, op string, in map[string]any, retryer sdk.Retryer) (map[string]any, error) {
	s.region = cmp.Or(s.region, c.region)
	stack := middleware.NewStack(op, smithyhttp.NewStackRequest)
	hash := "" // of the body
	write := middleware.SerializeMiddlewareFunc("OperationSerializer", func(ctx context.Context, req middleware.SerializeInput, next middleware.SerializeHandler) (middleware.SerializeOutput, middleware.Metadata, error) {
		body, err := s.write(req.Request.(*smithyhttp.Request), op, in)
		if err == nil {
			sum := sha256.Sum256(body)
			hash = hex.EncodeToString(sum[:])
			req.Request, err = req.Request.(*smithyhttp.Request).SetStream(bytes.NewReader(body))
		}
		if err != nil {
			return middleware.SerializeOutput{}, middleware.Metadata{}, &smithy.SerializationError{Err: err}
		}
		return next.HandleSerialize(ctx, req)
	})
	place := middleware.FinalizeMiddlewareFunc("ResolveEndpointV2", func(ctx context.Context, req middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		at, err := c.endpoint(ctx, s)
		if err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, err
		}
		at = strings.TrimSuffix(at, "/") + "/" + s.path
		if s.path != "" {
			at += strings.ToLower(op)
		}
		u, err := url.Parse(at)
		if err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, err
		}
		req.Request.(*smithyhttp.Request).URL = u
		return next.HandleFinalize(ctx, req)
	})
	sign := middleware.FinalizeMiddlewareFunc("Signing", func(ctx context.Context, req middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		r := req.Request.(*smithyhttp.Request)
		who, err := c.cfg.Credentials.Retrieve(ctx)
		if err == nil {
			err = v4.NewSigner().SignHTTP(ctx, who, r.Request, hash, s.host, s.region, time.Now().Add(time.Duration(c.skew.Load())))
		}
		if err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, err
		}
		out, meta, err := next.HandleFinalize(ctx, req)
		if skew, ok := awsmiddleware.GetAttemptSkew(meta); ok { // this computer's clock may be wrong
			c.skew.Store(int64(skew))
		}
		return out, meta, err
	})
	read := middleware.DeserializeMiddlewareFunc("OperationDeserializer", func(ctx context.Context, req middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, meta, err := next.HandleDeserialize(ctx, req)
		if err != nil {
			return out, meta, err
		}
		out.Result, err = s.read(out.RawResponse.(*smithyhttp.Response), op)
		return out, meta, err
	})
	// By these names the SDK's own parts find their places.
	err := errors.Join(
		stack.Initialize.Add(&awsmiddleware.RegisterServiceMetadata{ServiceID: s.id, Region: s.region, OperationName: op}, middleware.Before),
		stack.Serialize.Add(write, middleware.After),
		awsmiddleware.AddClientRequestIDMiddleware(stack),
		stack.Finalize.Add(place, middleware.After),
		stack.Finalize.Add(sign, middleware.After),
		retry.AddRetryMiddlewares(stack, retry.AddRetryMiddlewaresOptions{Retryer: retryer}),
		stack.Deserialize.Add(read, middleware.After),
		awsmiddleware.AddRequestIDRetrieverMiddleware(stack),
		awshttp.AddResponseErrorMiddleware(stack),
		awsmiddleware.AddRecordResponseTiming(stack),
	)
	for _, add := range c.cfg.APIOptions {
		err = errors.Join(err, add(stack))
	}
	if err != nil {
		return nil, err
	}
	out, _, err := middleware.DecorateHandler(smithyhttp.NewClientHandlerWithOptions(c.cfg.HTTPClient), stack).Handle(ctx, in)
	if err != nil {
		return nil, &smithy.OperationError{ServiceID: s.id, OperationName: op, Err: err}
	}
	answer, _ := out.(map[string]any)
	return answer, nil
}

// write makes the body of a request, and the headers that go with it.
func (s untyped) write(r *smithyhttp.Request, op string, in map[string]any) ([]byte, error) {
	r.Method = "POST"
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	if s.path != "" {
		r.Header.Set("Content-Type", "application/json")
		return raw, nil
	}
	if s.version == "" {
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", s.target+"."+op)
		return raw, nil
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return nil, err
	}
	form := url.Values{"Action": {op}, "Version": {s.version}}
	flat(form, "", plain)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return []byte(form.Encode()), nil
}

// flat writes a value as the Query protocol has it: Targets.member.1.Id.
func flat(form url.Values, at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			flat(form, strings.TrimPrefix(at+"."+k, "."), item)
		}
	case []any:
		for i, item := range v {
			flat(form, fmt.Sprintf("%s.member.%d", at, i+1), item)
		}
	case nil:
	default:
		form.Set(at, fmt.Sprint(v))
	}
}

// mostAnswer is far above any answer, and keeps one that never ends from filling memory.
const mostAnswer = 32 << 20

// read makes plain data of an answer, or an error of a refusal.
func (s untyped) read(r *smithyhttp.Response, op string) (map[string]any, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, mostAnswer))
	_ = r.Body.Close() // read to its end, or given up
	if err != nil {
		return nil, &smithy.DeserializationError{Err: err}
	}
	out, err := s.parse(body, op)
	if err != nil { // of a proxy, say
		return nil, &smithy.DeserializationError{Err: err}
	}
	if r.StatusCode < 300 {
		return out, nil
	}
	api := &smithy.GenericAPIError{Code: "UnknownError", Message: "UnknownError"}
	if inner, ok := out["Error"].(map[string]any); ok { // of the Query protocol
		out = inner
	}
	text := func(names ...string) string {
		for _, n := range names {
			if v, ok := out[n].(string); ok && v != "" {
				return v
			}
		}
		return ""
	}
	code, _, _ := strings.Cut(cmp.Or(text("__type", "code", "Code"), r.Header.Get("X-Amzn-Errortype")), ":")
	api.Code = cmp.Or(code[strings.LastIndex(code, "#")+1:], api.Code)
	api.Message = cmp.Or(text("message", "Message"), api.Message)
	return nil, api
}

func (s untyped) parse(body []byte, op string) (map[string]any, error) {
	if s.version == "" {
		var out map[string]any
		if len(bytes.TrimSpace(body)) == 0 {
			return map[string]any{}, nil
		}
		err := json.Unmarshal(body, &out)
		s.tidy(out)
		return out, err
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		if start, ok := t.(xml.StartElement); ok {
			if n := start.Name.Local; n != op+"Response" && n != "ErrorResponse" {
				return nil, fmt.Errorf("it is a document %q", n)
			}
			v, err := element(d, start.Name.Local)
			out, _ := v.(map[string]any)
			if start.Name.Local != "ErrorResponse" {
				out, _ = out[op+"Result"].(map[string]any)
			}
			if out == nil {
				out = map[string]any{} // an empty result
			}
			return out, err
		}
	}
}

// moments is how the names of fields end that are times, which JSON 1.1 has as seconds.
var moments = regexp.MustCompile(`(Date|DateTime|At|After|NotBefore)$`)

// tidy puts times as the AWS CLI writes them in the place of seconds, and leaves out
// what is null, as the AWS CLI does. With REST what is called so are plain numbers.
func (s untyped) tidy(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			if seconds, ok := item.(float64); ok && s.path == "" && moments.MatchString(k) {
				v[k] = timestamp(time.UnixMicro(int64(math.Round(seconds * 1e6))))
			}
			if item == nil {
				delete(v, k)
			}
			s.tidy(item)
		}
	case []any:
		for _, item := range v {
			s.tidy(item)
		}
	}
}

// element reads an element up to its end: a list where its parts are called member, a
// structure where it has others, else a text. An empty one is nothing.
func element(d *xml.Decoder, name string) (any, error) {
	var text strings.Builder
	var list []any
	fields := map[string]any{}
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			v, err := element(d, t.Name.Local)
			if err != nil {
				return nil, err
			}
			if t.Name.Local == "member" {
				list = append(list, v)
			} else if v != nil {
				fields[t.Name.Local] = v
			}
		case xml.EndElement:
			s := strings.TrimSpace(text.String())
			n, err := strconv.ParseFloat(s, 64)
			switch {
			case list != nil:
				return list, nil
			case len(fields) > 0:
				return fields, nil
			case s == "":
				return nil, nil
			case s == "true" || s == "false":
				return s == "true", nil
			case numbers[name] && err == nil:
				return n, nil
			}
			return s, nil
		}
	}
}

// doUntyped does a call of such a service, with its further pages. Where one of them
// fails, what came before is returned too.
func (c *Client) doUntyped(ctx context.Context, s untyped, name string, data map[string]any, what effect) (map[string]any, error) {
	_, op, _ := strings.Cut(name, ":")
	retryer := s.retryer
	switch {
	case what != reads:
		retryer = newWriteRetryer(what == repeats || what == tokened && hasToken(data))
	case retryer == nil:
		retryer = c.retryers[s.id]
	}
	given := data
	data = map[string]any{}
	for k, v := range given {
		if v != nil { // what an expression did not find
			data[k] = v
		}
	}
	if field, ok := ownTokens[name]; ok && data[field] == nil {
		token, err := smithyrand.NewUUID(rand.Reader).GetUUID()
		if err != nil {
			return nil, c.fail(name, err)
		}
		data[field] = token
	}
	var all map[string]any
	in, seen := data, ""
	for {
		out, err := c.page(ctx, s, op, in, retryer)
		if err != nil {
			return all, c.fail(name, err)
		}
		next, field := "", ""
		for _, pair := range [][2]string{{"NextToken", "NextToken"}, {"nextToken", "nextToken"}, {"NextMarker", "Marker"}} {
			if v, ok := out[pair[0]].(string); ok && v != "" {
				next, field = v, pair[1]
			}
			delete(out, pair[0])
		}
		if all = join(all, out); next == "" {
			return all, nil
		}
		if s.pages--; s.pages == 0 {
			all[field] = next
			return all, nil
		}
		if next == seen {
			return all, &Error{Op: name, Code: CodeUnreadable, Message: "the list never ends: the same page is announced twice"}
		}
		seen, in = next, maps.Clone(data)
		in[field] = next
	}
}

// page does one request of a call, in one of the client's slots.
func (c *Client) page(ctx context.Context, s untyped, op string, in map[string]any, retryer sdk.Retryer) (map[string]any, error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-c.slots }()
	if s.page > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.page)
		defer cancel()
	}
	return c.send(ctx, s, op, in, retryer)
}
