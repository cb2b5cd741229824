package clitest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/jmespath/go-jmespath"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
)

// Exit codes of the AWS CLI.
// Source: "AWS CLI return codes", https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html
const (
	exitUsage   = 252 // the command line is wrong; nothing was sent
	exitService = 254 // AWS refused the call
	exitOther   = 255
)

// Version is what the stand-in answers to aws --version. It knows what version 2.32.0 does.
const Version = "aws-cli/2.32.0 Python/3.13.9 Linux/6.1 exe/x86_64"

// command is a command line of the AWS CLI, taken apart.
type command struct {
	service, op string         // as aws.Client.Call has them
	in          map[string]any // the request
	region      string
	endpoint    string
	once        bool // a request without an answer is not sent again
	asJSON      bool
	query       *jmespath.JMESPath
}

// usageError is a command line that the CLI would refuse, or that this stand-in does not know.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func refuse(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// process is a call of the program aws: its arguments, and what else it sees.
type process struct {
	args             []string
	dir              string
	region, endpoint string // of the environment
	attempts         string // the variable AWS_MAX_ATTEMPTS
	input            string // on standard input
}

// read reads a file as the process would.
func (p process) read(name string) ([]byte, error) {
	if name == "/dev/stdin" {
		return []byte(p.input), nil
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(p.dir, name)
	}
	return os.ReadFile(name)
}

// run acts as the AWS CLI and returns its exit code. It answers in text or JSON as the CLI does, but prints pages
// as one answer: how scripts read several is tested with answers that are made up.
func (p process) run(ctx context.Context, stdout, stderr io.Writer) int {
	if slices.Equal(p.args, []string{"--version"}) {
		fmt.Fprintln(stdout, Version)
		return 0
	}
	c, err := parse(p.args, p.read)
	if err == nil {
		c.region = cmp.Or(c.region, p.region)
		c.endpoint = cmp.Or(c.endpoint, p.endpoint)
		c.once = p.attempts == "1"
		err = c.answer(ctx, stdout)
	}
	if err == nil {
		return 0
	}
	var usage *usageError
	var refused *aws.Error
	switch {
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "\naws: error: %v\n", err)
		return exitUsage
	case !errors.As(err, &refused):
		fmt.Fprintf(stderr, "\n%v\n", err)
		return exitOther
	}
	switch refused.Code {
	case aws.CodeRequest:
		fmt.Fprintf(stderr, "\nParameter validation failed:\n%s\n", refused.Message)
		return exitUsage
	case aws.CodeNoRegion, aws.CodeNoProfile, aws.CodeNoCredentials, aws.CodeUnreachable, aws.CodeTimeout, aws.CodeUnreadable, aws.CodeCancelled:
		fmt.Fprintf(stderr, "\n%v\n", err)
		return exitOther
	}
	if refused.HTTPStatus < 300 {
		// AWS answered with success, and with a list of what failed. The CLI prints the answer, which Call keeps.
		fmt.Fprintf(stderr, "\naws of package clitest cannot print an answer that lists failures: %v\n", err)
		return exitOther
	}
	fmt.Fprintf(stderr, "\nAn error occurred (%s) when calling the %s operation: %s\n", cmp.Or(refused.Code, strconv.Itoa(refused.HTTPStatus)), c.op, refused.Message)
	return exitService
}

// answer makes the call and prints what comes back.
func (c *command) answer(ctx context.Context, stdout io.Writer) error {
	out, err := c.call(ctx)
	if err != nil {
		return err
	}
	if c.query != nil {
		if out, err = c.query.Search(out); err != nil {
			return err
		}
	}
	if c.asJSON {
		return printJSON(stdout, out)
	}
	return printText(stdout, out)
}

// noAnswer is the message of the CLI about a request without an answer.
type noAnswer struct{ text string }

func (e *noAnswer) Error() string { return e.text }

// account sends all requests to one address. As the CLI does, it sends a request without an answer again, except once.
// Where nobody answers, lost ends the call, which the SDK would try again.
type account struct {
	at   *url.URL
	once bool
	lost context.CancelCauseFunc
}

func (a account) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = a.at.Scheme, a.at.Host, a.at.Host
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	send := func() (*http.Response, error) {
		r.Body = io.NopCloser(bytes.NewReader(body))
		return http.DefaultTransport.RoundTrip(r)
	}
	resp, err := send()
	var op *net.OpError
	switch {
	case err == nil:
		return resp, nil
	case errors.As(err, &op) && op.Op == "dial":
		err = &noAnswer{fmt.Sprintf("Could not connect to the endpoint URL: \"%s\"", a.at)}
	case a.once:
		err = &noAnswer{fmt.Sprintf("Connection was closed before we received a valid response from endpoint URL: \"%s\".", a.at)}
	default:
		if resp, err = send(); err == nil {
			return resp, nil
		}
	}
	a.lost(err)
	return nil, err
}

func (a account) Do(r *http.Request) (*http.Response, error) { return a.RoundTrip(r) }

func (c *command) call(ctx context.Context) (any, error) {
	at, err := url.Parse(c.endpoint)
	if err != nil || at.Host == "" {
		return nil, refuse("AWS_ENDPOINT_URL or --endpoint-url must lead to an account, and not to %q", c.endpoint)
	}
	ctx, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	to := account{at, c.once, lost}
	out, err := c.send(ctx, to)
	if err != nil && context.Cause(ctx) != nil {
		return nil, context.Cause(ctx)
	}
	return out, err
}

func (c *command) send(ctx context.Context, to account) (any, error) {
	if c.service == "sts" { // the program asks for the account elsewhere than in its table of calls
		out, err := sts.New(sts.Options{Region: c.region, HTTPClient: to, Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")}).GetCallerIdentity(ctx, nil)
		var api smithy.APIError
		if errors.As(err, &api) {
			return nil, &aws.Error{Code: api.ErrorCode(), Message: api.ErrorMessage(), HTTPStatus: http.StatusForbidden}
		}
		if err != nil {
			return nil, err
		}
		return map[string]any{"Account": *out.Account, "Arn": *out.Arn, "UserId": *out.UserId}, nil
	}
	client, err := aws.Open(ctx, aws.Options{Region: c.region, Transport: to})
	if err != nil {
		return nil, err
	}
	return client.Answer(ctx, c.service, c.op, c.in)
}

// parse takes a command line apart. Whatever it does not know, it refuses.
func parse(args []string, read func(string) ([]byte, error)) (*command, error) {
	c := &command{}
	var words []string             // the service and the operation
	var options []string           // in turn
	given := map[string][]string{} // the values of each
	last := ""                     // the option that the next value belongs to
	for _, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		if _, err := strconv.ParseFloat(arg, 64); err != nil && len(arg) > 1 && arg[0] == '-' && arg[1] != '-' && !strings.ContainsFunc(arg, unicode.IsSpace) {
			return nil, refuse("unknown options: %s", arg) // a value may begin with - only after =
		}
		switch {
		case strings.HasPrefix(arg, "--") && len(arg) > 2 && !strings.ContainsFunc(name, unicode.IsSpace):
			if given[name] == nil {
				options = append(options, name)
			}
			last, given[name] = name, []string{} // of several the last one counts
			if joined {
				given[name] = append(given[name], value)
				last = ""
			}
		case last != "" && (len(given[last]) == 0 || !slices.Contains(globals, last)):
			given[last] = append(given[last], arg)
		case len(words) < 2:
			words = append(words, arg)
		default:
			return nil, refuse("unknown options: %s", arg)
		}
	}
	if len(words) < 2 {
		return nil, refuse("the following arguments are required: command, operation")
	}
	request, err := c.find(words[0], words[1])
	if err != nil {
		return nil, err
	}
	if err := c.global(given); err != nil {
		return nil, err
	}
	input := given["--cli-input-json"]
	if c.in, err = c.request(reflect.TypeOf(request).Elem(), options, given, read); err != nil {
		return nil, err
	}
	if input == nil {
		return c, nil
	}
	return c, c.begin(reflect.TypeOf(request).Elem(), input, read)
}

// globals are the options that all operations have.
var globals = []string{"--region", "--output", "--endpoint-url", "--query", "--cli-input-json"}

func (c *command) global(given map[string][]string) error {
	for _, name := range globals {
		values, ok := given[name]
		if !ok {
			continue
		}
		if len(values) != 1 {
			return refuse("argument %s: expected one argument", name)
		}
		value := values[0]
		switch name {
		case "--region":
			c.region = value
		case "--endpoint-url":
			c.endpoint = value
		case "--query":
			query, err := jmespath.Compile(value)
			if err != nil {
				return refuse("Bad value for --query %s: %v", value, err)
			}
			c.query = query
		}
	}
	switch output := given["--output"]; {
	case output == nil || output[0] == "json":
		c.asJSON = true
	case output[0] != "text":
		return refuse("argument --output: %q is not json or text", output[0])
	}
	return nil
}

// find finds the operation, and returns a pointer to its request.
func (c *command) find(service, operation string) (any, error) {
	c.service = service
	for part := range strings.SplitSeq(operation, "-") {
		if part != "" {
			c.op += strings.ToUpper(part[:1]) + part[1:]
		}
	}
	request := aws.NewRequest(c.service, c.op)
	if c.service == "sts" && c.op == "GetCallerIdentity" {
		request = &sts.GetCallerIdentityInput{}
	}
	if request == nil || dashed(c.op) != operation {
		return nil, refuse("argument operation: the operation %s of %s is not known to package clitest", operation, service)
	}
	return request, nil
}

// request makes the request of an operation from its options.
func (c *command) request(of reflect.Type, options []string, given map[string][]string, read func(string) ([]byte, error)) (map[string]any, error) {
	in := map[string]any{}
	for _, option := range options {
		if slices.Contains(globals, option) {
			continue
		}
		values := given[option]
		if c.op == "RunInstances" && option == "--count" { // in the place of two members
			n, err := strconv.Atoi(strings.Join(values, " "))
			if err != nil {
				return nil, refuse("argument --count: %v", err)
			}
			in["MinCount"], in["MaxCount"] = n, n
			continue
		}
		field, negated, ok := c.member(of, option)
		if !ok {
			return nil, refuse("unknown options: %s", option)
		}
		name := c.spell(of.Name(), field.Name)
		if _, twice := in[name]; twice {
			return nil, refuse("argument %s: not allowed with its opposite", option)
		}
		t := field.Type
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() == reflect.Bool {
			if len(values) > 0 {
				return nil, refuse("unknown options: %s", strings.Join(values, " "))
			}
			in[name] = !negated
			continue
		}
		v, err := c.option(t, values, read)
		if err != nil {
			return nil, refuse("argument %s: %v", option, err)
		}
		in[name] = v
	}
	if c.op == "RunInstances" && in["MinCount"] == nil {
		in["MinCount"], in["MaxCount"] = 1, 1
	}
	return in, nil
}

// begin lets the request begin with JSON, where no option gives a member.
func (c *command) begin(of reflect.Type, input []string, read func(string) ([]byte, error)) error {
	text, err := content(input[0], read)
	if err != nil {
		return err
	}
	var base map[string]any
	if err := json.Unmarshal([]byte(text), &base); err != nil {
		return refuse("argument --cli-input-json: invalid JSON: %v", err)
	}
	if err := c.check(of, base); err != nil {
		return refuse("argument --cli-input-json: %v", err)
	}
	for k, v := range base {
		if _, ok := c.in[k]; !ok {
			c.in[k] = v
		}
	}
	return nil
}

// member finds the member of a request that an option gives; negated tells of --no-NAME, which a truth has beside --NAME.
func (c *command) member(of reflect.Type, option string) (field reflect.StructField, negated, ok bool) {
	for f := range fields(of) {
		if c.op == "RunInstances" && (f.Name == "MinCount" || f.Name == "MaxCount") {
			continue
		}
		name := dashed(f.Name)
		if option == "--"+name {
			return f, false, true
		}
		if t := f.Type; option == "--no-"+name && t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Bool || option == "--no-"+name && t.Kind() == reflect.Bool {
			return f, true, true
		}
	}
	return reflect.StructField{}, false, false
}

// fields are the members of a structure of the SDK.
func fields(of reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range of.NumField() {
			if f := of.Field(i); f.IsExported() && f.Name != "ResultMetadata" && !yield(f) {
				return
			}
		}
	}
}

// spell is how the service spells a member of a structure, which the SDK begins with a capital letter.
func (c *command) spell(structure, field string) string {
	if c.service == "acm" && structure == "Filters" {
		return strings.ToLower(field[:1]) + field[1:]
	}
	return aws.FieldNames(c.service).Name(field)
}

// content is a value, or that of the file that it leads to.
func content(value string, read func(string) ([]byte, error)) (string, error) {
	path, ok := strings.CutPrefix(value, "file://")
	if !ok {
		return value, nil
	}
	b, err := read(path)
	if err != nil {
		return "", refuse("Error parsing parameter: Unable to load paramfile %s: %v", value, err)
	}
	return string(b), nil
}

// option reads the values of an option as what its member is.
func (c *command) option(t reflect.Type, values []string, read func(string) ([]byte, error)) (any, error) {
	bytes := t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
	list := t.Kind() == reflect.Slice && !bytes
	if list && len(values) == 0 {
		return []any{}, nil
	}
	if len(values) == 0 {
		return nil, refuse("expected one argument")
	}
	if len(values) > 1 && !list {
		return nil, refuse("expected one argument, and not %q", values)
	}
	if bytes {
		path, ok := strings.CutPrefix(values[0], "fileb://")
		if !ok {
			return nil, refuse("versions 1 and 2 of the CLI read binary data other than fileb:// differently")
		}
		b, err := read(path)
		if err != nil {
			return nil, refuse("Unable to load paramfile %s: %v", values[0], err)
		}
		return b, nil
	}
	first, err := content(values[0], read)
	if err != nil {
		return nil, err
	}
	if begin := strings.TrimSpace(first); len(values) == 1 && complicated(t) && (strings.HasPrefix(begin, "[") && list || strings.HasPrefix(begin, "{") && !list) {
		var v any
		d := json.NewDecoder(strings.NewReader(first))
		d.UseNumber()
		if err := d.Decode(&v); err != nil || d.More() {
			return nil, refuse("invalid JSON: %v\nJSON received: %s", err, first)
		}
		return v, c.check(t, v)
	}
	if !list {
		return c.one(t, first)
	}
	out := []any{}
	for i, value := range values {
		if i > 0 || len(values) > 1 { // a file that holds one of several values is not read
			first = value
		}
		v, err := c.one(t.Elem(), first)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// complicated tells whether a value may be given as JSON or in shorthand.
func complicated(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Struct
}

// one reads one value: a scalar, or a structure or map in shorthand or JSON.
func (c *command) one(t reflect.Type, text string) (any, error) {
	if !complicated(t) {
		return c.shape(t, text)
	}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			return nil, refuse("invalid JSON: %v", err)
		}
		return v, c.check(t, v)
	}
	v, err := shorthand(text)
	if err != nil {
		return nil, err
	}
	return c.shape(t, v)
}

// shape makes what shorthand gave fit a type: texts become numbers and truths, and one value becomes a list of one.
func (c *command) shape(t reflect.Type, v any) (any, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			of, err := c.of(t, k)
			if err != nil {
				return nil, err
			}
			if v[k], err = c.shape(of, item); err != nil {
				return nil, err
			}
		}
		return v, nil
	case []any:
		if t.Kind() != reflect.Slice {
			return nil, refuse("%v is a list, where one value is expected", v)
		}
		for i, item := range v {
			var err error
			if v[i], err = c.shape(t.Elem(), item); err != nil {
				return nil, err
			}
		}
		return v, nil
	}
	text := v.(string) // shorthand gives nothing else
	switch t.Kind() {
	case reflect.String:
		return text, nil
	case reflect.Bool:
		return strings.EqualFold(text, "true"), nil
	case reflect.Int32, reflect.Int64:
		return strconv.Atoi(text)
	case reflect.Float32, reflect.Float64:
		return strconv.ParseFloat(text, 64)
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			one, err := c.shape(t.Elem(), text)
			return []any{one}, err
		}
	}
	return nil, refuse("package clitest cannot read %q as %s", text, t)
}

// of is the type of what a structure or map has under a name.
func (c *command) of(t reflect.Type, name string) (reflect.Type, error) {
	switch t.Kind() {
	case reflect.Map:
		return t.Elem(), nil
	case reflect.Struct:
		for f := range fields(t) {
			if c.spell(t.Name(), f.Name) == name {
				return f.Type, nil
			}
		}
		return nil, refuse("unknown parameter: %q of %s", name, t.Name())
	}
	return nil, refuse("a structure with %q, where a %s is expected", name, t)
}

// check refuses JSON that does not fit a type.
func (c *command) check(t reflect.Type, v any) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	fits := true
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			of, err := c.of(t, k)
			if err != nil {
				return err
			}
			if err := c.check(of, item); err != nil {
				return err
			}
		}
	case []any:
		if t.Kind() != reflect.Slice {
			return refuse("a list, where a %s is expected", t)
		}
		for _, item := range v {
			if err := c.check(t.Elem(), item); err != nil {
				return err
			}
		}
	case string:
		fits = t.Kind() == reflect.String || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
	case bool:
		fits = t.Kind() == reflect.Bool
	case float64, json.Number:
		fits = slices.Contains([]reflect.Kind{reflect.Int32, reflect.Int64, reflect.Float32, reflect.Float64}, t.Kind())
	}
	if !fits {
		return refuse("%v, where a %s is expected", v, t)
	}
	return nil
}

// dashed is what the CLI calls a member or an operation: VpcEndpointIds is vpc-endpoint-ids, and a run of capital
// letters is one word; its last letter begins the next one: EBSOptimized is ebs-optimized.
func dashed(name string) string {
	var b strings.Builder
	r := []rune(name)
	for i, c := range r {
		upper := unicode.IsUpper(c)
		if upper && i > 0 && (!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
