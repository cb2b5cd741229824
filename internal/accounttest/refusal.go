package accounttest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Refusal returns an error answer in the protocol of the service that a request is for.
func Refusal(r *http.Request, status int, code string) *http.Response {
	text, kind := fmt.Sprintf(`<Response><Errors><Error><Code>%[1]s</Code><Message>no</Message></Error></Errors><Error><Code>%[1]s</Code><Message>no</Message></Error><RequestID>r</RequestID></Response>`, code), "text/xml"
	service := r.Header.Get("Authorization")
	switch {
	case strings.Contains(service, "/iam/"), strings.Contains(service, "/sts/"), strings.Contains(service, "/elasticloadbalancing/"), strings.Contains(service, "/route53/"):
		text = fmt.Sprintf(`<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code)
	case !strings.Contains(service, "/ec2/"):
		text, kind = fmt.Sprintf(`{"__type":%q,"message":"no"}`, code), "application/x-amz-json-1.1"
	}
	return &http.Response{StatusCode: status, Request: r, Header: http.Header{"Content-Type": {kind}, "X-Amzn-Errortype": {code}}, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader(text))}
}
