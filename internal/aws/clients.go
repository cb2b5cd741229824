package aws

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/mwaa"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
)

// clients are the SDK's clients of one account, by the names that the AWS CLI has for
// the services.
type clients struct {
	acm            *acm.Client
	batch          *batch.Client
	ec2            *ec2.Client
	ecs            *ecs.Client
	elbv2          *elasticloadbalancingv2.Client
	iam            *iam.Client
	kms            *kms.Client
	mwaa           *mwaa.Client
	route53        *route53.Client
	secretsmanager *secretsmanager.Client
	servicequotas  *servicequotas.Client
	ssm            *ssm.Client
	sts            *sts.Client
}

// newClients makes clients that try calls again as the retryer says. Each client gets a
// retryer of its own, so that a service that asks to slow down slows no other one.
func newClients(cfg sdk.Config, retryer func() sdk.Retryer) *clients {
	cfg.Retryer = retryer
	return &clients{
		acm:            acm.NewFromConfig(cfg),
		batch:          batch.NewFromConfig(cfg),
		ec2:            ec2.NewFromConfig(cfg),
		ecs:            ecs.NewFromConfig(cfg),
		elbv2:          elasticloadbalancingv2.NewFromConfig(cfg),
		iam:            iam.NewFromConfig(cfg),
		kms:            kms.NewFromConfig(cfg),
		mwaa:           mwaa.NewFromConfig(cfg, plainHost),
		route53:        route53.NewFromConfig(cfg),
		secretsmanager: secretsmanager.NewFromConfig(cfg),
		// Nothing waits for quotas, so one attempt is enough.
		servicequotas: servicequotas.NewFromConfig(cfg, func(o *servicequotas.Options) { o.Retryer = sdk.NopRetryer{} }),
		ssm:           ssm.NewFromConfig(cfg),
		sts:           sts.NewFromConfig(cfg),
	}
}

// limitCalls lets no more calls be under way at the same time than the limit, over all
// clients of an account. A call keeps its slot while it is tried again.
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

// follow reads a list to its end; each gets every page. What came before a page that
// fails was given to each by then.
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

// errEndless ends a list whose next page was read before.
var errEndless = errors.New("the list never ends: the same page is announced twice")

// askedKey is the context's key for the pages of one list that were asked for.
type askedKey struct{}

// refuseRepeats ends a list that never ends: one whose next page is one that was asked
// for already. The SDK's paginators either ask for it for ever or end without an error.
func refuseRepeats(s *middleware.Stack) error {
	return s.Initialize.Add(middleware.InitializeMiddlewareFunc("WizardPages", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		if asked, ok := ctx.Value(askedKey{}).(map[string]bool); ok {
			request, err := json.Marshal(in.Parameters)
			if err != nil {
				return middleware.InitializeOutput{}, middleware.Metadata{}, fmt.Errorf("the request of a page: %w", err)
			}
			if asked[string(request)] {
				return middleware.InitializeOutput{}, middleware.Metadata{}, errEndless
			}
			asked[string(request)] = true
		}
		return next.HandleInitialize(ctx, in)
	}), middleware.Before)
}

// tokens is a paginator of an operation for which the SDK has none.
type tokens[In, Out, O any] struct {
	call func(context.Context, *In, ...func(*O)) (*Out, error)
	in   *In
	// next puts the token of an answer into the request and returns it.
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
