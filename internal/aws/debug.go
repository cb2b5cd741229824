package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// debugLines writes one line for each attempt of a request. It writes selected fields only, so
// that the log cannot contain secrets.
func debugLines(w io.Writer) func(*middleware.Stack) error {
	var mu sync.Mutex
	line := middleware.DeserializeMiddlewareFunc("WizardDebug", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		start := time.Now()
		out, meta, err := next.HandleDeserialize(ctx, in)
		status, id := "-", "-"
		if r, ok := out.RawResponse.(*smithyhttp.Response); ok && r != nil && r.Response != nil {
			status = fmt.Sprint(r.StatusCode)
		}
		if v, ok := awsmiddleware.GetRequestIDMetadata(meta); ok && v != "" {
			id = logField(v)
		} else if r := (*awshttp.ResponseError)(nil); errors.As(err, &r) && r.ServiceRequestID() != "" {
			id = logField(r.ServiceRequestID())
		}
		code := "ok"
		var api smithy.APIError
		if errors.As(err, &api) {
			code = logField(api.ErrorCode())
		} else if err != nil {
			code = "failed"
		}
		attempt := 1
		if r, ok := in.Request.(*smithyhttp.Request); ok {
			attempt = attemptOf(r.Header)
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "%s %s %s status=%s code=%s attempt=%d duration=%s request=%s\n", start.UTC().Format("2006-01-02T15:04:05.000Z"),
			prefix(awsmiddleware.GetServiceID(ctx)), awsmiddleware.GetOperationName(ctx), status, code, attempt,
			time.Since(start).Round(time.Millisecond), id)
		return out, meta, err
	})
	return func(s *middleware.Stack) error { return s.Deserialize.Add(line, middleware.Before) }
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
