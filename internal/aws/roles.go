package aws

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// roleLoad collects the policies of one role while their calls are running.
type roleLoad struct {
	*loading
	g    *errgroup.Group
	role inventory.Role // loading.mu protects its policies
}

// role loads the permissions of one role. It reads inline and attached policies in parallel; the
// longest chain is list attached policies, get policy, get version.
func (l *loading) role(ctx context.Context, r inventory.Request) error {
	g, ctx := errgroup.WithContext(ctx)
	e := &roleLoad{loading: l, g: g, role: inventory.Role{ARN: r.Role, Name: r.Role[strings.LastIndex(r.Role, "/")+1:]}}
	name := &e.role.Name
	g.Go(func() error {
		return e.ignoreMissing(readAll(ctx, l, "iam:ListRolePolicies", iam.NewListRolePoliciesPaginator(iamClient(l.c), &iam.ListRolePoliciesInput{RoleName: name}), func(o *iam.ListRolePoliciesOutput) {
			for _, policy := range o.PolicyNames {
				g.Go(func() error { return e.inline(ctx, policy) })
			}
		}))
	})
	g.Go(func() error {
		return e.ignoreMissing(readAll(ctx, l, "iam:ListAttachedRolePolicies", iam.NewListAttachedRolePoliciesPaginator(iamClient(l.c), &iam.ListAttachedRolePoliciesInput{RoleName: name}), func(o *iam.ListAttachedRolePoliciesOutput) {
			for _, policy := range o.AttachedPolicies {
				p := inventory.RolePolicy{Name: sdk.ToString(policy.PolicyName), ARN: sdk.ToString(policy.PolicyArn)}
				g.Go(func() error { return e.attached(ctx, p) })
			}
		}))
	})
	if err := g.Wait(); err != nil {
		return err
	}
	slices.SortFunc(e.role.Policies, func(a, b inventory.RolePolicy) int {
		return cmp.Or(cmp.Compare(a.ARN, b.ARN), cmp.Compare(a.Name, b.Name))
	})
	l.out.Roles = []inventory.Role{e.role}
	return nil
}

// ignoreMissing records that the role does not exist, which both lists report. Its permissions are
// then unknown and not empty.
func (e *roleLoad) ignoreMissing(err error) error {
	var none *Error
	if !errors.As(err, &none) || none.Code != "NoSuchEntity" {
		return err
	}
	e.gap(&Error{Op: "iam:ListRolePolicies", Code: none.Code, Message: none.Message, RequestID: none.RequestID})
	return nil
}

func (e *roleLoad) inline(ctx context.Context, policy string) error {
	return ignoreDetached(read(ctx, e.loading, "iam:GetRolePolicy", iamClient(e.c).GetRolePolicy, iam.GetRolePolicyInput{RoleName: &e.role.Name, PolicyName: &policy}, func(o *iam.GetRolePolicyOutput) {
		e.add(inventory.RolePolicy{Name: policy, Document: document(o.PolicyDocument)})
	}))
}

func (e *roleLoad) attached(ctx context.Context, p inventory.RolePolicy) error {
	var version *string
	err := read(ctx, e.loading, "iam:GetPolicy", iamClient(e.c).GetPolicy, iam.GetPolicyInput{PolicyArn: &p.ARN}, func(o *iam.GetPolicyOutput) {
		if o.Policy != nil {
			version = o.Policy.DefaultVersionId
		}
	})
	if err != nil || version == nil {
		return ignoreDetached(err)
	}
	return ignoreDetached(read(ctx, e.loading, "iam:GetPolicyVersion", iamClient(e.c).GetPolicyVersion, iam.GetPolicyVersionInput{PolicyArn: &p.ARN, VersionId: version}, func(o *iam.GetPolicyVersionOutput) {
		if o.PolicyVersion != nil {
			p.Document = document(o.PolicyVersion.Document)
			e.add(p)
		}
	}))
}

func (e *roleLoad) add(p inventory.RolePolicy) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.role.Policies = append(e.role.Policies, p)
}

// ignoreDetached ignores the error for a policy that was deleted after it was listed.
func ignoreDetached(err error) error { return ignoreCode("NoSuchEntity", err) }

// document returns a policy as JSON. IAM sends it URL-encoded.
func document(s *string) string {
	raw := sdk.ToString(s)
	if strings.HasPrefix(strings.TrimSpace(raw), "{") { // not every emulator encodes it
		return raw
	}
	if decoded, err := url.PathUnescape(raw); err == nil {
		return decoded
	}
	return raw
}
