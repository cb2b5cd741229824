package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
)

// limitCalls limits the number of parallel calls of all clients of an account. A call keeps its
// slot during its retries.
func limitCalls(limit int) func(*middleware.Stack) error {
	slots := make(chan struct{}, limit)
	wait := middleware.InitializeMiddlewareFunc("WizardSlots", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return middleware.InitializeOutput{}, middleware.Metadata{}, ctx.Err()
		}
		defer func() { <-slots }()
		return next.HandleInitialize(ctx, in)
	})
	return func(s *middleware.Stack) error { return s.Initialize.Add(wait, middleware.Before) }
}

// pager is one of the SDK's paginators.
type pager[Out, O any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*O)) (*Out, error)
}

// follow reads all pages of a list and calls each for every page. If a page fails, each has
// already received the pages before it.
func follow[Out, O any](ctx context.Context, p pager[Out, O], each func(*Out), opts ...func(*O)) error {
	ctx = context.WithValue(ctx, askedKey{}, map[string]bool{})
	for p.HasMorePages() {
		out, err := p.NextPage(ctx, opts...)
		if err != nil {
			return err
		}
		each(out)
	}
	return nil
}

// errEndless reports a list that repeats a page.
var errEndless = errors.New("endless list: AWS returned the same page token twice")

// askedKey is the context key for the page tokens that one list has requested.
type askedKey struct{}

// refuseRepeats ends a list that requests a page token for the second time. Without it the SDK's
// paginators either continue for ever or end without an error.
func refuseRepeats(s *middleware.Stack) error {
	return s.Initialize.Add(middleware.InitializeMiddlewareFunc("WizardPages", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		if asked, ok := ctx.Value(askedKey{}).(map[string]bool); ok {
			request, err := json.Marshal(in.Parameters)
			if err != nil {
				return middleware.InitializeOutput{}, middleware.Metadata{}, fmt.Errorf("read the page request: %w", err)
			}
			if asked[string(request)] {
				return middleware.InitializeOutput{}, middleware.Metadata{}, errEndless
			}
			asked[string(request)] = true
		}
		return next.HandleInitialize(ctx, in)
	}), middleware.Before)
}

// tokens is a paginator for an operation without one in the SDK.
type tokens[In, Out, O any] struct {
	call func(context.Context, *In, ...func(*O)) (*Out, error)
	in   *In
	// next copies the token of an answer to the request and returns it.
	next func(*In, *Out) *string
	done bool
}

func (t *tokens[In, Out, O]) HasMorePages() bool { return !t.done }

func (t *tokens[In, Out, O]) NextPage(ctx context.Context, opts ...func(*O)) (*Out, error) {
	out, err := t.call(ctx, t.in, opts...)
	if err == nil {
		t.done = sdk.ToString(t.next(t.in, out)) == ""
	}
	return out, err
}
