package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// attempt is one attempt of a request. It has selected fields only, so that no log can contain secrets.
type attempt struct {
	service   string // the SDK's id of the service
	op        string
	resource  string // the change that the call is for, or the main id of the request
	number    int    // of the attempts of a call, from 1
	status    int    // 0 without an answer
	code      string // "ok", AWS's error code, or "failed" without one
	requestID string // empty without an answer
	took      time.Duration
}

// watch calls a function after each attempt of a request, never in parallel.
func watch(report func(attempt)) func(*middleware.Stack) error {
	var mu sync.Mutex
	return func(s *middleware.Stack) error {
		err := s.Initialize.Add(middleware.InitializeMiddlewareFunc("WizardResource", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(context.WithValue(ctx, resourceKey{}, cmp.Or(string(resource.ChangeOf(ctx)), mainID(in.Parameters))), in)
		}), middleware.Before)
		if err != nil {
			return err
		}
		return s.Deserialize.Add(middleware.DeserializeMiddlewareFunc("WizardWatch", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			start := time.Now()
			out, meta, err := next.HandleDeserialize(ctx, in)
			a := attempt{service: awsmiddleware.GetServiceID(ctx), op: awsmiddleware.GetOperationName(ctx), number: 1, code: "ok", took: time.Since(start)}
			a.resource, _ = ctx.Value(resourceKey{}).(string)
			if r, ok := out.RawResponse.(*smithyhttp.Response); ok && r != nil && r.Response != nil {
				a.status = r.StatusCode
			}
			if v, ok := awsmiddleware.GetRequestIDMetadata(meta); ok && v != "" {
				a.requestID = logField(v)
			} else if r := (*awshttp.ResponseError)(nil); errors.As(err, &r) {
				a.requestID = logField(r.ServiceRequestID())
			}
			var api smithy.APIError
			if errors.As(err, &api) {
				a.code = logField(api.ErrorCode())
			} else if err != nil {
				a.code = "failed"
			}
			if r, ok := in.Request.(*smithyhttp.Request); ok {
				a.number = attemptOf(r.Header)
			}
			// The calls of the instance metadata service have no name of their own, and are not calls of AWS's API.
			if a.op == s.ID() {
				mu.Lock()
				defer mu.Unlock()
				report(a)
			}
			return out, meta, err
		}), middleware.Before)
	}
}

type resourceKey struct{}

// debugLine returns a function that writes one line for each attempt of a request.
func debugLine(w io.Writer) func(attempt) {
	return func(a attempt) {
		status := "-"
		if a.status > 0 {
			status = fmt.Sprint(a.status)
		}
		fmt.Fprintf(w, "%s %s %s status=%s code=%s attempt=%d duration=%s request=%s\n", time.Now().Add(-a.took).UTC().Format("2006-01-02T15:04:05.000Z"),
			prefix(a.service), a.op, status, a.code, a.number, a.took.Round(time.Millisecond), cmp.Or(a.requestID, "-"))
	}
}

// auditEntry is one line of the audit file. Its keys are contracted.
type auditEntry struct {
	Time      time.Time `json:"time"`    // when the request was sent
	Service   string    `json:"service"` // as in IAM actions
	Operation string    `json:"operation"`
	Resource  string    `json:"resource,omitempty"`   // the change that the call is for, or the main id of the request
	Attempt   int       `json:"attempt"`              // of the attempts of a call, from 1
	Result    string    `json:"result"`               // "ok", AWS's error code, or "failed" without one
	RequestID string    `json:"request_id,omitempty"` // of AWS; empty without an answer
}

// auditLine returns a function that writes one JSON object for each attempt of a request, on one line.
func auditLine(w io.Writer, now func() time.Time) func(attempt) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(a attempt) {
		// The writer keeps the error.
		service, _, _ := strings.Cut(resource.Action(cmp.Or(traitsByID[a.service].command, prefix(a.service)), a.op), ":")
		_ = enc.Encode(auditEntry{now().Add(-a.took).UTC(), service, a.op, a.resource, a.number, a.code, a.requestID})
	}
}

// mainID returns the id of what a request is about: the first field that is an id, an ARN or a name, in this order, or the
// first id that a list is filtered by.
func mainID(request any) string {
	v := reflect.Indirect(reflect.ValueOf(request))
	if v.Kind() != reflect.Struct {
		return ""
	}
	for _, sort := range []string{"Id", "Arn", "Name", "Cluster", "Service"} {
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if id := firstText(v.Field(i)); id != "" && strings.HasSuffix(strings.TrimSuffix(name, "s"), sort) {
				return id
			}
		}
	}
	field := v.FieldByName("Filters")
	if !field.IsValid() {
		return ""
	}
	filters, _ := field.Interface().([]ec2types.Filter)
	for _, f := range filters {
		if strings.HasSuffix(sdk.ToString(f.Name), "-id") && len(f.Values) > 0 {
			return logField(f.Values[0])
		}
	}
	return ""
}

// firstText returns the text of a field, or the first one of a list.
func firstText(v reflect.Value) string {
	if !v.CanInterface() {
		return ""
	}
	switch v := v.Interface().(type) {
	case *string:
		return logField(sdk.ToString(v))
	case []string:
		if len(v) > 0 {
			return logField(v[0])
		}
	}
	return ""
}

// logField removes spaces and control characters, so that a value from the network cannot break a
// line of the log.
func logField(s string) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return '_'
		}
		return r
	}, s)
	if len(s) > 100 {
		s = s[:100]
	}
	return s
}
