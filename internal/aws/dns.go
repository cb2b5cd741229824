package aws

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// resolveTimeout is the time limit for resolving one host name. The result is useful but not
// required.
const resolveTimeout = 3 * time.Second

// resolver resolves host names. It is the DNS of this computer (*net.Resolver) or that of a
// sandbox account.
type resolver interface {
	LookupCNAME(ctx context.Context, host string) (string, error) // the last name of the CNAME chain
	LookupHost(ctx context.Context, host string) ([]string, error)
}

// resolve resolves a host name. A name that does not resolve is a result too and not an error.
func (c *Client) resolve(ctx context.Context, host string) inventory.DNS {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	name, err := c.names.LookupCNAME(ctx, host)
	if err != nil {
		return inventory.DNS{Error: resolveErrorText(err)}
	}
	addresses, err := c.names.LookupHost(ctx, host)
	if err != nil {
		return inventory.DNS{Error: resolveErrorText(err)}
	}
	return inventory.DNS{Name: strings.ToLower(strings.TrimSuffix(name, ".")), Addresses: sorted(addresses)}
}

var errNotAsked = errors.New(inventory.DNSNotAsked)

// resolveErrorText returns a fixed text for a DNS error. The text of a resolver contains the address of
// its server.
func resolveErrorText(err error) string {
	var e *net.DNSError
	known := errors.As(err, &e)
	switch {
	case errors.Is(err, errNotAsked):
		return inventory.DNSNotAsked
	case known && e.IsNotFound:
		return inventory.DNSNoHost
	case known && e.IsTimeout, errors.Is(err, context.DeadlineExceeded):
		return inventory.DNSTimedOut
	}
	return inventory.DNSFailed
}

// sandboxResolver is the DNS of a sandbox account. Other emulators have no DNS.
type sandboxResolver struct {
	client sdk.HTTPClient
	base   string
}

func (p sandboxResolver) LookupCNAME(ctx context.Context, host string) (string, error) {
	name, _, err := p.ask(ctx, host)
	return name, err
}

func (p sandboxResolver) LookupHost(ctx context.Context, host string) ([]string, error) {
	_, addresses, err := p.ask(ctx, host)
	return addresses, err
}

func (p sandboxResolver) ask(ctx context.Context, host string) (string, []string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/_sandbox/dns?name="+url.QueryEscape(host), nil)
	if err != nil {
		return "", nil, errNotAsked
	}
	resp, err := p.client.Do(r)
	if err != nil {
		return "", nil, errNotAsked
	}
	defer resp.Body.Close()
	var found struct {
		CNAME     string   `json:"cname"`
		Addresses []string `json:"addresses"`
	}
	err = json.NewDecoder(resp.Body).Decode(&found)
	switch {
	case err != nil || found.Addresses == nil: // another emulator, without this path
		return "", nil, errNotAsked
	case resp.StatusCode == http.StatusNotFound:
		return "", nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	case resp.StatusCode != http.StatusOK:
		return "", nil, errNotAsked
	}
	return found.CNAME, found.Addresses, nil
}
