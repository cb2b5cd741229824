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

// debugLines writes one line for each attempt of a request. What it writes is
// picked field by field, so that nothing secret can slip in with a dump.
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
			id = oneWord(v)
		} else if r := (*awshttp.ResponseError)(nil); errors.As(err, &r) && r.ServiceRequestID() != "" {
			id = oneWord(r.ServiceRequestID())
		}
		code := "ok"
		var api smithy.APIError
		if errors.As(err, &api) {
			code = oneWord(api.ErrorCode())
		} else if err != nil {
			code = "failed"
		}
		attempt := "1"
		if r, ok := in.Request.(*smithyhttp.Request); ok {
			// The SDK tells the attempt in this header only: "attempt=2; max=6".
			for f := range strings.SplitSeq(r.Header.Get("Amz-Sdk-Request"), ";") {
				if n, ok := strings.CutPrefix(strings.TrimSpace(f), "attempt="); ok {
					attempt = n
				}
			}
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "%s %s %s status=%s code=%s attempt=%s duration=%s request=%s\n", start.UTC().Format("2006-01-02T15:04:05.000Z"),
			prefix(awsmiddleware.GetServiceID(ctx)), awsmiddleware.GetOperationName(ctx), status, code, attempt,
			time.Since(start).Round(time.Millisecond), id)
		return out, meta, err
	})
	return func(s *middleware.Stack) error { return s.Deserialize.Add(line, middleware.Before) }
}

// oneWord keeps what came from the network from breaking a line of the log.
func oneWord(s string) string {
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
