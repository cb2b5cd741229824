package sandbox_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// Ids of the scenario "closed".
const (
	vpcID      = "vpc-0a1b2c3d4e5f60001"
	defaultVPC = "vpc-0a1b2c3d4e5f60002"
	appA       = "subnet-0a1b2c3d4e5f61001"
	appB       = "subnet-0a1b2c3d4e5f61002"
	appC       = "subnet-0a1b2c3d4e5f61003"
	dataA      = "subnet-0a1b2c3d4e5f62001"
	publicA    = "subnet-0a1b2c3d4e5f63001"
	publicE    = "subnet-0a1b2c3d4e5f63005"
	appTable   = "rtb-0a1b2c3d4e5f61001"
	mainTable  = "rtb-0a1b2c3d4e5f60001"
	appGroup   = "sg-0a1b2c3d4e5f64001"
	dbGroup    = "sg-0a1b2c3d4e5f64002"
	mainGroup  = "sg-0a1b2c3d4e5f60001"
	otherGroup = "sg-0a1b2c3d4e5f60002"
	mainACL    = "acl-0a1b2c3d4e5f60001"
)

// clock is a time that tests can change.
type clock struct{ t time.Time }

func newClock() *clock                       { return &clock{time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)} }
func (c *clock) now() time.Time              { return c.t }
func (c *clock) pass(d time.Duration)        { c.t = c.t.Add(d) }
func (c *clock) options() sandbox.Options    { return sandbox.Options{Now: c.now} }
func named(name string) sandbox.Options      { return sandbox.Options{Scenario: name} }
func fast(o sandbox.Options) sandbox.Options { o.Speed = 1e6; return o }

func open(t *testing.T, o sandbox.Options) *sandbox.Account {
	t.Helper()
	a, err := sandbox.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func config(a *sandbox.Account, region string) aws.Config {
	return aws.Config{
		Region: region, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		HTTPClient:       &http.Client{Transport: a},
		RetryMaxAttempts: 1,
	}
}

func ec2Of(a *sandbox.Account) *ec2.Client { return ec2.NewFromConfig(config(a, "us-east-1")) }
func ecsOf(a *sandbox.Account) *ecs.Client { return ecs.NewFromConfig(config(a, "us-east-1")) }
func stsOf(a *sandbox.Account) *sts.Client { return sts.NewFromConfig(config(a, "us-east-1")) }

// must returns the answer of a call that must succeed.
func must[T any](out T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// code returns the AWS error code of an error.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func message(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorMessage()
	}
	return ""
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("error is %q, want %q (%v)", got, want, err)
	}
}

func filters(nameAndValues ...string) []types.Filter {
	return []types.Filter{{Name: &nameAndValues[0], Values: nameAndValues[1:]}}
}

func ids[T any](list []T, id func(T) *string) []string {
	var all []string
	for _, v := range list {
		all = append(all, aws.ToString(id(v)))
	}
	return all
}
