package wire_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// services has a service for each protocol.
var services = map[string]wire.Service{
	"ec2": {Protocol: wire.EC2Query}, "iam": {Protocol: wire.AWSQuery}, "route53": {Protocol: wire.RESTXML}, "kms": {Protocol: wire.AWSJSON}, "batch": {Protocol: wire.RESTJSON},
}

// call reads a request to a service.
func call(service string) *wire.Call {
	req := httptest.NewRequest("POST", "http://sandbox/", nil)
	req.Header.Set("Authorization", scope(service))
	return wire.Read(req, nil, find)
}

// scope returns the header of a request that is signed for a service.
func scope(service string) string {
	return "AWS4-HMAC-SHA256 Credential=AKID/20260101/xx-east-1/" + service + "/aws4_request, SignedHeaders=host, Signature=0"
}

func find(name string) (wire.Service, bool) {
	s, ok := services[name]
	return s, ok
}

// TestErrors compares the codes that depend on the protocol, the status and where a client reads
// the code.
func TestErrors(t *testing.T) {
	for service, want := range map[string]struct {
		unsigned, region, denied string
		status                   [5]int // of the three codes, of a resource that does not exist and of a conflict
	}{
		"ec2":     {"MissingAuthenticationToken", "AuthFailure", "UnauthorizedOperation", [5]int{403, 401, 403, 404, 409}},
		"iam":     {"MissingAuthenticationToken", "SignatureDoesNotMatch", "AccessDenied", [5]int{403, 403, 403, 404, 409}},
		"route53": {"MissingAuthenticationToken", "SignatureDoesNotMatch", "AccessDenied", [5]int{403, 403, 403, 404, 409}},
		"kms":     {"MissingAuthenticationTokenException", "InvalidSignatureException", "AccessDeniedException", [5]int{400, 400, 400, 400, 400}},
		"batch":   {"MissingAuthenticationTokenException", "InvalidSignatureException", "AccessDeniedException", [5]int{403, 403, 403, 404, 409}},
	} {
		c := call(service)
		unsigned, region, denied := c.Unsigned(), c.NoSuchRegion(), c.Denied("me", "")
		if unsigned.Code != want.unsigned || region.Code != want.region || denied.Code != want.denied || !strings.Contains(region.Message, "'xx-east-1'") || !strings.Contains(denied.Message, "User: me is not") {
			t.Errorf("%s: %v, %v, %v", service, unsigned, region, denied)
		}
		for i, err := range []*wire.Error{unsigned, region, denied, wire.Fail("ResourceNotFoundException", ""), wire.Fail("DeleteConflict", "")} {
			r := c.Reply("id", nil, err)
			w := httptest.NewRecorder()
			r.Send(w)
			in := "<Code>" + err.Code + "</Code>"
			if c := w.Header().Get("X-Amzn-Errortype"); c != "" {
				in = `"__type":"` + c + `"`
			}
			if w.Code != want.status[i] || !strings.Contains(w.Body.String(), in) {
				t.Errorf("%s %s: %d %s, want %d", service, err.Code, w.Code, w.Body, want.status[i])
			}
		}
		for code, status := range map[string]int{"NotImplemented": 501, "InternalError": 500, "Unavailable": 503, "ValidationError": 400} {
			if got := c.Reply("id", nil, c.Denied("me", code)); got.Status != status {
				t.Errorf("%s %s: %d, want %d", service, code, got.Status, status)
			}
		}
	}
}
