package aws

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// credentials are those of all clients of an account. Renew replaces them: the SDK keeps credentials until they expire,
// and an access key in a file never does.
//
// It marks errors during the search for credentials. Otherwise an error of its STS or SSO calls would look like the
// answer to the call that needed the credentials.
type credentials struct{ current atomic.Pointer[sourced] }

// sourced are credentials with their source.
type sourced struct {
	sdk.CredentialsProvider
	source source
	codes  *Codes // nil without a person who can type one
}

func newCredentials(p sdk.CredentialsProvider, s source, codes *Codes) *credentials {
	c := &credentials{}
	c.current.Store(&sourced{p, s, codes})
	return c
}

type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// Retrieve implements sdk.CredentialsProvider.
func (c *credentials) Retrieve(ctx context.Context) (sdk.Credentials, error) {
	out, err := c.current.Load().Retrieve(ctx)
	if err != nil {
		return out, &credentialsError{err}
	}
	return out, nil
}

// source returns the source of the current credentials.
func (c *Client) source() source { return c.credentials.current.Load().source }

// Renew gets new credentials for all clients. It reads the settings again as Open did, with the configuration files and the
// sessions of `aws sso login` and `aws login`, and asks AWS whether the credentials are valid. If they are not, or if they
// belong to another account than the one that the client has read, Renew returns an error and changes nothing.
func (c *Client) Renew(ctx context.Context) error {
	c.renewing.Lock()
	defer c.renewing.Unlock()
	return c.renew(ctx)
}

func (c *Client) renew(ctx context.Context) error {
	cfg, err := c.load(ctx)
	if err != nil {
		return err
	}
	renewed := &Client{region: c.region, override: c.override}
	renewed.credentials, _ = cfg.Credentials.(*credentials)
	o, err := stsClient(c).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}, func(o *sts.Options) { o.Credentials = renewed.credentials })
	if err != nil {
		return renewed.fail("sts:GetCallerIdentity", err) // with the next step for the source that is now configured
	}
	if was := c.account.Load(); was != nil && *was != sdk.ToString(o.Account) {
		return &Error{Op: "renew", Code: CodeOtherAccount, Message: fmt.Sprintf("the new credentials belong to account %s, but the wizard works in account %s", sdk.ToString(o.Account), *was),
			hint: "Log in to account " + *was + "."}
	}
	c.account.CompareAndSwap(nil, o.Account)
	c.credentials.current.Store(renewed.credentials.current.Load())
	c.lapsed = false
	return nil
}

// lapse records that a read failed because the credentials have expired.
func (c *Client) lapse(err error) {
	var e *Error
	if errors.As(err, &e) && e.Expired() {
		c.renewing.Lock()
		defer c.renewing.Unlock()
		c.lapsed = true
	}
}

// renewLapsed renews the credentials after a read that failed because they have expired.
func (c *Client) renewLapsed(ctx context.Context) error {
	c.renewing.Lock()
	defer c.renewing.Unlock()
	if !c.lapsed {
		return nil
	}
	return c.renew(ctx)
}
