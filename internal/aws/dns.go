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

// lookUpTime is how long a host name is looked up: what it leads to is good to know,
// and not worth waiting for.
const lookUpTime = 3 * time.Second

// resolver is what looks host names up: DNS of this computer, as *net.Resolver asks
// it, or that of a practice account.
type resolver interface {
	LookupCNAME(ctx context.Context, host string) (string, error) // the last name of the chain
	LookupHost(ctx context.Context, host string) ([]string, error)
}

// lookUp says what a host name leads to. That it leads nowhere is a fact too, and no
// error.
func (c *Client) lookUp(ctx context.Context, host string) inventory.DNS {
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	name, err := c.names.LookupCNAME(ctx, host)
	if err != nil {
		return inventory.DNS{Error: dnsWords(err)}
	}
	addresses, err := c.names.LookupHost(ctx, host)
	if err != nil {
		return inventory.DNS{Error: dnsWords(err)}
	}
	return inventory.DNS{Name: strings.ToLower(strings.TrimSuffix(name, ".")), Addresses: sorted(addresses)}
}

var errNotAsked = errors.New(inventory.DNSNotAsked)

// dnsWords says why a name leads nowhere in words of our own, since those of a resolver
// name its address.
func dnsWords(err error) string {
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

// practised is the DNS of a practice account. Other emulators have none.
type practised struct {
	client sdk.HTTPClient
	base   string
}

func (p practised) LookupCNAME(ctx context.Context, host string) (string, error) {
	name, _, err := p.ask(ctx, host)
	return name, err
}

func (p practised) LookupHost(ctx context.Context, host string) ([]string, error) {
	_, addresses, err := p.ask(ctx, host)
	return addresses, err
}

func (p practised) ask(ctx context.Context, host string) (string, []string, error) {
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
	case err != nil || found.Addresses == nil: // something else that knows no such path
		return "", nil, errNotAsked
	case resp.StatusCode == http.StatusNotFound:
		return "", nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	case resp.StatusCode != http.StatusOK:
		return "", nil, errNotAsked
	}
	return found.CNAME, found.Addresses, nil
}
