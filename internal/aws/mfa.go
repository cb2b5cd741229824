package aws

import (
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
)

// Codes has the code of an MFA device that a person has typed, until the SDK takes it to assume a role. It is taken once and
// stored nowhere else: when the credentials of the role expire, a new code is needed.
type Codes struct {
	mu      sync.Mutex
	code    string
	device  string // that the last code was taken for
	refusal *Error // of the last code; nil if AWS accepted it
}

// Give sets the code for the next time that the role is assumed; empty if none is typed yet.
func (c *Codes) Give(code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.code, c.device, c.refusal = code, "", nil
}

// sent returns the MFA device with a code that AWS received; empty if it received none.
func (c *Codes) sent() string {
	if c == nil {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.device
}

// refuse stores the answer to a code. Parallel reads need the role too, and only one of them has sent the code.
func (c *Codes) refuse(answer Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refusal = &answer
}

// use lets the SDK take the code for a role. A role without an MFA device takes none.
func (c *Codes) use(o *stscreds.AssumeRoleOptions) {
	if o.SerialNumber == nil {
		return
	}
	device := *o.SerialNumber
	o.TokenProvider = func() (string, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.code == "" {
			return "", &codeError{device, c.refusal}
		}
		code := c.code
		c.code, c.device = "", device
		return code, nil
	}
}

// codeError is the error of a role that needs a code.
type codeError struct {
	device  string
	refusal *Error // of the last code; nil if AWS accepted it
}

func (e *codeError) Error() string {
	return fmt.Sprintf("a code of the MFA device %s is needed", e.device)
}
